//! What a recount remembers: sums, and a little for each validator.

use super::{
    SupplyReport, beacon::Values, compute::Computing, energy::Market, governance::Decisions,
    network::Configurations, safety::Overrides, treasury::Disbursements,
};
use crate::{
    modules::{
        accounts, bank, params,
        staking::{self, Candidates, Queue, Totals, Validator},
        upgrade::{self, Protocol},
        validators,
    },
    prefix, query,
};
use althing_state::StateKey;
use althing_types::{
    Address, Amount, AmountError, ChainParams, Epoch, Height, Shares, ValidatorKey,
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const BAD: &str = "the record does not decode";
pub(super) const SUM: &str = "a sum over all records does not fit";

/// A record and what is wrong with it.
pub(super) type Wrong = (StateKey, &'static str);

#[derive(Debug)]
pub(super) struct Records {
    pub(super) report: SupplyReport,
    protocol: bank::ProtocolAccounts,
    params: Option<ChainParams>,
    totals: Option<Totals>,
    queue: Option<Queue>,
    candidates: Option<Candidates>,
    emission: bool,
    has_supply: bool,
    sets: BTreeMap<Epoch, Vec<ValidatorKey>>,
    validators: BTreeMap<ValidatorKey, Validator>,
    profiles: BTreeSet<ValidatorKey>,
    operators: BTreeMap<Address, ValidatorKey>,
    owned: BTreeMap<ValidatorKey, Owned>,
    /// Fees that wait for proposers, by the epoch of the record.
    fees: BTreeMap<Epoch, Amount>,
    /// Smallest and largest number in the unbonding queue.
    numbers: Option<(u64, u64)>,
    /// Delegations and unbonding entries that the lists of accounts name.
    listed: (u64, u64),
    decisions: Decisions,
    disbursements: Disbursements,
    computing: Computing,
    market: Market,
    configurations: Configurations,
    overrides: Overrides,
    values: Values,
    protocol_version: Option<Protocol>,
}

/// What the records of delegations and conversions say about a validator.
#[derive(Debug, Default)]
struct Owned {
    shares: Shares,
    /// Shares of conversions that nobody has counted yet.
    open: Shares,
    delegations: u32,
    /// Delegations with a pending amount, by its epoch, and what conversions expect.
    pending: BTreeMap<Epoch, (u32, Amount)>,
    conversions: BTreeMap<Epoch, u32>,
}

pub(super) fn sum(to: &mut Amount, amount: Amount) -> Result<(), &'static str> {
    *to = to.checked_add(amount).map_err(|_: AmountError| SUM)?;
    Ok(())
}

fn count(to: &mut u64, more: usize) -> Result<(), &'static str> {
    let more = u64::try_from(more).map_err(|_| SUM)?;
    *to = to.checked_add(more).ok_or(SUM)?;
    Ok(())
}

pub(super) fn array<const N: usize>(key: &[u8]) -> Result<[u8; N], &'static str> {
    key.try_into().map_err(|_| "the key has the wrong length")
}

impl Records {
    pub(super) fn new(height: Height) -> Self {
        Self {
            report: SupplyReport { height, ..SupplyReport::default() },
            protocol: bank::ProtocolAccounts::new(),
            params: None,
            totals: None,
            queue: None,
            candidates: None,
            emission: false,
            has_supply: false,
            sets: BTreeMap::new(),
            validators: BTreeMap::new(),
            profiles: BTreeSet::new(),
            operators: BTreeMap::new(),
            owned: BTreeMap::new(),
            fees: BTreeMap::new(),
            numbers: None,
            listed: (0, 0),
            decisions: Decisions::default(),
            disbursements: Disbursements::default(),
            computing: Computing::default(),
            market: Market::default(),
            configurations: Configurations::default(),
            overrides: Overrides::default(),
            values: Values::default(),
            protocol_version: None,
        }
    }

    pub(super) fn add(&mut self, key: StateKey, value: &[u8]) -> Result<(), &'static str> {
        let rest = key.get(1..).unwrap_or_default();
        match key.prefix() {
            prefix::ACCOUNT => self.account(Address::new(array(rest)?), value)?,
            prefix::SUPPLY => {
                self.report.supply = query::decode_supply(value).map_err(|_| BAD)?;
                self.has_supply = true;
            }
            prefix::INCOME => {
                query::decode_income(value).map_err(|_| BAD)?;
            }
            prefix::PARAMS => {
                self.params = Some(query::decode_params(value).map_err(|_| BAD)?);
            }
            prefix::VALIDATOR_SET => {
                let set = query::decode_validators(value).map_err(|_| BAD)?;
                let members = set.entries().iter().map(|entry| entry.key).collect();
                self.sets.insert(Epoch::new(u64::from_be_bytes(array(rest)?)), members);
            }
            prefix::PROTOCOL => {
                let protocol = upgrade::query::decode_protocol(value).map_err(|_| BAD)?;
                self.protocol_version = Some(protocol);
            }
            prefix::EMISSION => {
                query::decode_emission(value).map_err(|_| BAD)?;
                self.emission = true;
            }
            prefix::PERFORMANCE => {
                let record = query::decode_performance(value).map_err(|_| BAD)?;
                sum(self.fees.entry(record.epoch).or_default(), record.fees)?;
            }
            prefix::NODE => {
                query::decode_node(value).map_err(|_| BAD)?;
            }
            prefix::VESTING => {
                query::decode_vesting(value).map_err(|_| BAD)?;
            }
            _ if self.decisions.add(key, rest, value)? => {}
            _ if self.disbursements.add(key, rest, value)? => {}
            _ if self.computing.add(key, rest, value)? => {}
            _ if self.market.add(key, rest, value)? => {}
            _ if self.configurations.add(key, rest, value)? => {}
            _ if self.overrides.add(key, rest, value)? => {}
            _ if self.values.add(key, rest, value)? => {}
            _ => self.stake(key, rest, value)?,
        }
        Ok(())
    }

    fn account(&mut self, address: Address, value: &[u8]) -> Result<(), &'static str> {
        let balance = query::decode_account(value).map_err(|_| BAD)?.balance;
        let (report, protocol) = (&mut self.report, &self.protocol);
        count(&mut report.account_count, 1)?;
        sum(&mut report.counted, balance)?;
        let pool = match address {
            _ if address == protocol.stake => &mut report.stake,
            _ if address == protocol.stakers => &mut report.stakers,
            _ if address == protocol.miners => &mut report.miners,
            _ if address == protocol.treasury => &mut report.treasury,
            _ if address == protocol.reserve => &mut report.reserve,
            _ if address == protocol.governance => &mut report.governance,
            _ if address == protocol.disbursements => &mut report.disbursements,
            _ if address == protocol.compute => &mut report.compute,
            _ if address == protocol.energy => &mut report.energy,
            _ => &mut report.accounts,
        };
        sum(pool, balance)
    }

    fn stake(&mut self, key: StateKey, rest: &[u8], value: &[u8]) -> Result<(), &'static str> {
        match key.prefix() {
            prefix::VALIDATOR => {
                let validator = query::decode_validator(value).map_err(|_| BAD)?;
                sum(&mut self.report.bonded, validator.tokens)?;
                sum(&mut self.report.pending, validator.pending)?;
                count(&mut self.report.validator_count, 1)?;
                self.validators.insert(ValidatorKey::new(array(rest)?), validator);
            }
            prefix::PROFILE => {
                query::decode_profile(value).map_err(|_| BAD)?;
                self.profiles.insert(ValidatorKey::new(array(rest)?));
            }
            prefix::OPERATOR => {
                let validator = query::decode_operator(value).map_err(|_| BAD)?;
                self.operators.insert(Address::new(array(rest)?), validator);
            }
            prefix::SLASHES => {
                query::decode_slashes(value).map_err(|_| BAD)?;
            }
            prefix::CANDIDATES => {
                self.candidates = Some(query::decode_candidates(value).map_err(|_| BAD)?);
            }
            prefix::STAKING_TOTALS => {
                self.totals = Some(query::decode_totals(value).map_err(|_| BAD)?);
            }
            prefix::UNBONDING_QUEUE => {
                self.queue = Some(query::decode_queue(value).map_err(|_| BAD)?);
            }
            prefix::UNBONDING => self.unbonding(u64::from_be_bytes(array(rest)?), value)?,
            prefix::DELEGATION => self.delegation(rest, value)?,
            prefix::DELEGATOR => {
                let lists = query::decode_delegator(value).map_err(|_| BAD)?;
                count(&mut self.listed.0, lists.validators.len())?;
                count(&mut self.listed.1, lists.unbonding.len())?;
            }
            prefix::CONVERSION => self.conversion(rest, value)?,
            _ => return Err("no table has this prefix"),
        }
        Ok(())
    }

    fn unbonding(&mut self, number: u64, value: &[u8]) -> Result<(), &'static str> {
        let entry = query::decode_unbonding(value).map_err(|_| BAD)?;
        sum(&mut self.report.unbonding, entry.amount)?;
        count(&mut self.report.unbonding_count, 1)?;
        let (first, last) = self.numbers.unwrap_or((number, number));
        self.numbers = Some((first.min(number), last.max(number)));
        Ok(())
    }

    fn delegation(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        let delegation = query::decode_delegation(value).map_err(|_| BAD)?;
        let key: [u8; 52] = array(key)?;
        let validator = ValidatorKey::new(array(key.get(20..).unwrap_or_default())?);
        count(&mut self.report.delegation_count, 1)?;
        let owned = self.owned.entry(validator).or_default();
        owned.delegations = owned.delegations.saturating_add(1);
        owned.shares = owned.shares.checked_add(delegation.shares).map_err(|_| SUM)?;
        if let Some(pending) = delegation.pending {
            let (delegations, amount) = owned.pending.entry(pending.epoch).or_default();
            *delegations = delegations.saturating_add(1);
            sum(amount, pending.amount)?;
        }
        let mut liable = Shares::ZERO;
        for liability in &delegation.liabilities {
            liable = liable.checked_add(liability.shares).map_err(|_| SUM)?;
        }
        if liable > delegation.shares {
            return Err("more shares are liable than there are");
        }
        Ok(())
    }

    fn conversion(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        let conversion = query::decode_conversion(value).map_err(|_| BAD)?;
        let key: [u8; 40] = array(key)?;
        let validator = ValidatorKey::new(array(key.get(..32).unwrap_or_default())?);
        let epoch = u64::from_be_bytes(array(key.get(32..).unwrap_or_default())?);
        let owned = self.owned.entry(validator).or_default();
        owned.open = owned.open.checked_add(conversion.left).map_err(|_| SUM)?;
        owned.conversions.insert(Epoch::new(epoch), conversion.open);
        Ok(())
    }

    /// Whether the records fit together.
    pub(super) fn judge(&self) -> Result<(), Wrong> {
        const ABSENT: &str = "the record is absent";
        if !self.has_supply {
            return Err((bank::SUPPLY, ABSENT));
        }
        if !self.emission {
            return Err((query::emission_key(), ABSENT));
        }
        let params = self.params.as_ref().ok_or((params::PARAMS, ABSENT))?;
        let totals = self.totals.ok_or((staking::TOTALS, ABSENT))?;
        let queue = self.queue.ok_or((staking::QUEUE, ABSENT))?;
        let candidates = self.candidates.as_ref().ok_or((staking::CANDIDATES, ABSENT))?;
        self.judge_totals(&totals, &queue)?;
        self.judge_candidates(candidates)?;
        // The epoch that the next block belongs to: on the last block of one it has turned already.
        let height = self.report.height;
        let next = height.next().unwrap_or(height).epoch(params.epoch_length);
        self.judge_sets(next, &totals)?;
        self.judge_validators(next)?;
        let protocol = self.protocol_version.ok_or((upgrade::PROTOCOL, ABSENT))?;
        judge_protocol(&protocol, height).map_err(|what| (upgrade::PROTOCOL, what))?;
        self.decisions.judge(self.report.governance, protocol.version)?;
        self.disbursements.judge(self.report.disbursements)?;
        self.computing.judge(self.report.compute)?;
        self.market.judge(self.report.energy)?;
        self.configurations.judge()?;
        self.overrides.judge()?;
        self.values.judge(height)?;
        self.judge_pool(height, params)
    }

    fn judge_totals(&self, totals: &Totals, queue: &Queue) -> Result<(), Wrong> {
        let report = &self.report;
        let wrong = |what| Err((staking::TOTALS, what));
        if report.bonded.checked_add(report.pending) != Ok(totals.bonded) {
            return wrong("the sum of all stake is not the sum of validators' stakes");
        }
        if report.unbonding != totals.unbonding {
            return wrong("the sum of what unbonds is not the sum of the queue");
        }
        if report.delegation_count != totals.delegations
            || self.listed != (report.delegation_count, report.unbonding_count)
        {
            return wrong("the lists of accounts and the records of delegations differ in number");
        }
        let range = self
            .numbers
            .map_or((queue.head, queue.head), |(first, last)| (first, last.saturating_add(1)));
        let length = range.1.saturating_sub(range.0);
        if range != (queue.head, queue.tail) || length != report.unbonding_count {
            return Err((staking::QUEUE, "the numbers in the unbonding queue have a gap"));
        }
        Ok(())
    }

    fn judge_candidates(&self, Candidates(candidates): &Candidates) -> Result<(), Wrong> {
        let wrong = |what| Err((staking::CANDIDATES, what));
        let ordered = candidates.iter().zip(candidates.iter().skip(1)).all(|(a, b)| a < b);
        if !ordered {
            return wrong("the candidates are not in order");
        }
        // Who is ejected leaves the list when the epoch ends.
        let listed: BTreeSet<&ValidatorKey> = candidates.iter().collect();
        if !listed.iter().all(|key| self.validators.contains_key(*key)) {
            return wrong("a candidate is no validator");
        }
        // So does who has left its delegators behind, until it comes back.
        let open = |validator: &Validator| {
            !validator.ejected && (!validator.leaving || validator.pending_count > 0)
        };
        let mut open = self.validators.iter().filter(|(_, validator)| open(validator));
        if !open.all(|(key, _)| listed.contains(key)) {
            return wrong("a validator that was not ejected is no candidate");
        }
        Ok(())
    }

    fn judge_sets(&self, next: Epoch, totals: &Totals) -> Result<(), Wrong> {
        let after = next.next().unwrap_or(next);
        for epoch in [next, after] {
            if !self.sets.contains_key(&epoch) {
                return Err((validators::set_key(epoch), "the record is absent"));
            }
        }
        for (epoch, members) in &self.sets {
            // A validator may be removed once it is in no set that runs or comes.
            if *epoch >= next && !members.iter().all(|key| self.validators.contains_key(key)) {
                let what = "a member of a set is no validator";
                return Err((validators::set_key(*epoch), what));
            }
        }
        let chosen = self.sets.get(&after).map_or(0, Vec::len);
        if u32::try_from(chosen) != Ok(totals.active) {
            return Err((staking::TOTALS, "the size of the last set is another one"));
        }
        Ok(())
    }

    fn judge_validators(&self, next: Epoch) -> Result<(), Wrong> {
        let stray = self.owned.keys().find(|key| !self.validators.contains_key(*key));
        if let Some(key) = stray {
            return Err((staking::validator_key(key), "a delegation is with no validator"));
        }
        for (key, validator) in &self.validators {
            let nothing = Owned::default();
            let owned = self.owned.get(key).unwrap_or(&nothing);
            judge_validator(validator, owned, next)
                .map_err(|what| (staking::validator_key(key), what))?;
            if !self.profiles.contains(key) {
                return Err((staking::profile_key(key), "a validator has no profile"));
            }
        }
        for (operator, key) in &self.operators {
            let operates = |validator: &Validator| validator.operator == *operator;
            if !self.validators.get(key).is_some_and(operates) {
                let what = "an account operates a validator that does not know it";
                return Err((staking::operator_key(operator), what));
            }
        }
        Ok(())
    }

    /// The account `stakers` holds the fees that wait, and nothing after the end of an epoch.
    fn judge_pool(&self, height: Height, params: &ChainParams) -> Result<(), Wrong> {
        let key = accounts::key(&self.protocol.stakers);
        if height.is_epoch_end(params.epoch_length) {
            let empty = self.report.stakers.is_zero();
            return if empty { Ok(()) } else { Err((key, "rewards of an epoch were not paid")) };
        }
        let present = height.epoch(params.epoch_length);
        let waiting = self.fees.get(&present).copied().unwrap_or_default();
        if waiting > self.report.stakers {
            return Err((key, "the fees that wait for proposers are not there"));
        }
        Ok(())
    }
}

/// Whether what is planned lies ahead.
fn judge_protocol(protocol: &Protocol, height: Height) -> Result<(), &'static str> {
    if protocol.since > height.next().unwrap_or(height) {
        return Err("the rules that hold begin later");
    }
    if protocol.previous.is_some_and(|previous| previous >= protocol.version) {
        return Err("the version before is not earlier");
    }
    match protocol.plan {
        Some(plan) if plan.version <= protocol.version => {
            Err("an upgrade is planned to no later version")
        }
        Some(plan) if plan.height <= height => Err("an upgrade that was due is still planned"),
        _ => Ok(()),
    }
}

/// Whether a validator's record says what the records of its delegations say.
fn judge_validator(validator: &Validator, owned: &Owned, next: Epoch) -> Result<(), &'static str> {
    if owned.delegations != validator.delegations {
        return Err("the number of delegations is another one");
    }
    if owned.shares.checked_add(owned.open) != Ok(validator.shares) {
        return Err("the shares of delegations do not add up to those of the validator");
    }
    if validator.shares.is_zero() && !validator.tokens.is_zero() {
        return Err("stake belongs to nobody");
    }
    let pending = owned.pending.get(&next).copied().unwrap_or_default();
    if pending != (validator.pending_count, validator.pending_nominal) {
        return Err("what is pending is not what delegations say");
    }
    let uncounted = owned.pending.iter().filter(|(epoch, _)| **epoch != next);
    let uncounted = uncounted.map(|(epoch, (delegations, _))| (*epoch, *delegations));
    let open = owned.conversions.iter().map(|(epoch, open)| (*epoch, *open));
    if !uncounted.eq(open) {
        return Err("a conversion waits for other delegations than there are");
    }
    Ok(())
}
