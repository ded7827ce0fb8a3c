//! What holds between all records of stake after every block, checked with everything in memory,
//! apart from how the audit of a whole state does it.

use super::super::{
    CANDIDATES, Candidates, Contradiction, Conversion, Delegation, Delegator, QUEUE, Queue,
    Slashes, TOTALS, Totals, Unbonding, Validator, conversion_key, delegation_key, delegator_key,
    operator_key, unbonding_key, validator_key,
};
use crate::prefix;
use althing_state::StateKey;
use althing_types::{Address, Amount, Epoch, Shares, ValidatorKey};
use commonware_codec::{Copying, DecodeExt as _, Read};
use std::collections::{BTreeMap, BTreeSet};

/// All records of stake.
#[derive(Debug, Default)]
pub(crate) struct Records {
    validators: BTreeMap<ValidatorKey, Validator>,
    profiles: BTreeSet<ValidatorKey>,
    operators: BTreeMap<Address, ValidatorKey>,
    slashes: BTreeMap<ValidatorKey, Slashes>,
    candidates: Candidates,
    totals: Totals,
    queue: Queue,
    unbonding: BTreeMap<u64, Unbonding>,
    delegations: BTreeMap<(Address, ValidatorKey), Delegation>,
    delegators: BTreeMap<Address, Delegator>,
    conversions: BTreeMap<(ValidatorKey, Epoch), Conversion>,
}

/// A record, and what does not hold about it.
type Found = (StateKey, &'static str);

fn value<T: Read<Cfg = ()>>(bytes: &[u8]) -> Result<T, &'static str> {
    T::decode(Copying(bytes)).map_err(|_| "the record does not decode")
}

fn part<T: Read<Cfg = ()>>(bytes: Option<&[u8]>) -> Result<T, &'static str> {
    let bytes = bytes.ok_or("the key is too short")?;
    T::decode(Copying(bytes)).map_err(|_| "the key does not decode")
}

fn number(bytes: Option<&[u8]>) -> Result<u64, &'static str> {
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map(u64::from_be_bytes).ok_or("the key holds no number")
}

impl Records {
    /// Takes a record of the state. Whether it belongs to this module.
    pub(crate) fn add(&mut self, key: &StateKey, bytes: &[u8]) -> Result<bool, &'static str> {
        let rest = key.get(1..);
        match key.prefix() {
            prefix::VALIDATOR => {
                self.validators.insert(part(rest)?, value(bytes)?);
            }
            prefix::PROFILE => {
                value::<super::super::Profile>(bytes)?;
                self.profiles.insert(part(rest)?);
            }
            prefix::OPERATOR => {
                self.operators.insert(part(rest)?, value(bytes)?);
            }
            prefix::SLASHES => {
                self.slashes.insert(part(rest)?, value(bytes)?);
            }
            prefix::CANDIDATES => self.candidates = value(bytes)?,
            prefix::STAKING_TOTALS => self.totals = value(bytes)?,
            prefix::UNBONDING_QUEUE => self.queue = value(bytes)?,
            prefix::UNBONDING => {
                self.unbonding.insert(number(rest)?, value(bytes)?);
            }
            prefix::DELEGATION => {
                let (account, validator) = (key.get(1..21), key.get(21..));
                self.delegations.insert((part(account)?, part(validator)?), value(bytes)?);
            }
            prefix::DELEGATOR => {
                self.delegators.insert(part(rest)?, value(bytes)?);
            }
            prefix::CONVERSION => {
                let epoch = Epoch::new(number(key.get(33..))?);
                self.conversions.insert((part(key.get(1..33))?, epoch), value(bytes)?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether this validator is registered.
    pub(crate) fn has_validator(&self, key: &ValidatorKey) -> bool {
        self.validators.contains_key(key)
    }

    /// Checks every invariant; `epoch` is that of the next block, `held` the balance of the account
    /// `stake`.
    pub(crate) fn check(&self, epoch: Epoch, held: Amount) -> Result<(), Found> {
        self.money(held)?;
        self.shares(epoch)?;
        self.lists()?;
        self.queue()?;
        self.candidates()
    }

    /// Every base unit of the account `stake` belongs to a validator or to an unbonding entry.
    fn money(&self, held: Amount) -> Result<(), Found> {
        let broken = |what| (TOTALS, what);
        let add = |sum: Amount, more: Amount| {
            sum.checked_add(more).map_err(|_| broken("the stakes add up to too much"))
        };
        let mut bonded = Amount::ZERO;
        for validator in self.validators.values() {
            bonded = add(add(bonded, validator.tokens)?, validator.pending)?;
        }
        let mut unbonding = Amount::ZERO;
        for entry in self.unbonding.values() {
            unbonding = add(unbonding, entry.amount)?;
        }
        if bonded != self.totals.bonded {
            return Err(broken("the stakes of validators do not add up to the total"));
        }
        if unbonding != self.totals.unbonding {
            return Err(broken("the unbonding entries do not add up to the total"));
        }
        if add(bonded, unbonding)? != held {
            return Err(broken("the account stake holds another amount than it owes"));
        }
        Ok(())
    }

    /// The shares of each validator are those of its delegations and of its conversions.
    fn shares(&self, epoch: Epoch) -> Result<(), Found> {
        let mut sums: BTreeMap<ValidatorKey, Sums> = BTreeMap::new();
        let mut open: BTreeMap<(ValidatorKey, Epoch), u32> = BTreeMap::new();
        for ((delegator, key), delegation) in &self.delegations {
            let at = delegation_key(delegator, key);
            let liable = super::super::settle::liable_shares(delegation);
            if !liable.is_ok_and(|liable| liable <= delegation.shares) {
                return Err((at, "more shares are liable than there are"));
            }
            let sums = sums.entry(*key).or_default();
            sums.add(delegation, epoch).map_err(|Contradiction(what)| (at, what))?;
            if let Some(pending) = delegation.pending.filter(|pending| pending.epoch < epoch) {
                let count = open.entry((*key, pending.epoch)).or_default();
                *count = count.saturating_add(1);
            }
        }
        for ((key, of), conversion) in &self.conversions {
            let at = conversion_key(key, *of);
            if open.remove(&(*key, *of)) != Some(conversion.open) {
                return Err((at, "another number of delegations waits for the conversion"));
            }
            let sums = sums.entry(*key).or_default();
            sums.shares =
                sums.shares.checked_add(conversion.left).map_err(|_| (at, "too many shares"))?;
        }
        if let Some(((key, of), _)) = open.first_key_value() {
            return Err((conversion_key(key, *of), "a conversion is absent"));
        }
        for (key, validator) in &self.validators {
            let counted = sums.remove(key).unwrap_or_default();
            if counted != Sums::of(validator) {
                return Err((validator_key(key), "the delegations do not add up to the validator"));
            }
        }
        match sums.first_key_value() {
            Some((key, _)) => Err((validator_key(key), "a delegation has no validator")),
            None => Ok(()),
        }
    }

    /// The lists of delegators name exactly their delegations and entries.
    fn lists(&self) -> Result<(), Found> {
        let mut delegations: BTreeSet<(Address, ValidatorKey)> = BTreeSet::new();
        let mut entries: BTreeSet<u64> = BTreeSet::new();
        for (delegator, lists) in &self.delegators {
            let at = delegator_key(delegator);
            if !lists.validators.is_sorted() || !lists.unbonding.is_sorted() {
                return Err((at, "a list of a delegator is not in order"));
            }
            delegations.extend(lists.validators.iter().map(|key| (*delegator, *key)));
            for number in &lists.unbonding {
                let known = self.unbonding.get(number);
                if known.is_none_or(|entry| entry.delegator != *delegator) {
                    return Err((at, "a delegator lists an entry that is not its own"));
                }
                entries.insert(*number);
            }
        }
        if !delegations.iter().eq(self.delegations.keys()) {
            return Err((TOTALS, "the lists of delegators do not name all delegations"));
        }
        if !entries.iter().eq(self.unbonding.keys()) {
            return Err((QUEUE, "the lists of delegators do not name all unbonding entries"));
        }
        if u64::try_from(self.delegations.len()) != Ok(self.totals.delegations) {
            return Err((TOTALS, "there is another number of delegations"));
        }
        Ok(())
    }

    /// The queue has an entry for each number, and no later one is paid earlier.
    fn queue(&self) -> Result<(), Found> {
        let Queue { head, tail, head_due, tail_due } = self.queue;
        if !(head..tail).eq(self.unbonding.keys().copied()) {
            return Err((QUEUE, "the queue has holes"));
        }
        if let Some((first, last)) =
            self.unbonding.values().next().zip(self.unbonding.values().last())
            && (first.due, last.due) != (head_due, tail_due)
        {
            return Err((QUEUE, "the queue does not know its first or last due date"));
        }
        let mut before = None;
        for (number, entry) in &self.unbonding {
            if before.is_some_and(|before: althing_types::Due| before.max(entry.due) != entry.due) {
                return Err((unbonding_key(*number), "an entry is due before an earlier one"));
            }
            before = Some(entry.due);
        }
        Ok(())
    }

    /// Candidates and operators are what their validators say, and slashes are counted.
    fn candidates(&self) -> Result<(), Found> {
        let listed: BTreeSet<ValidatorKey> = self.candidates.0.iter().copied().collect();
        if listed.len() != self.candidates.0.len() || !self.candidates.0.is_sorted() {
            return Err((CANDIDATES, "the candidates are not in order"));
        }
        if let Some(key) = listed.iter().find(|key| !self.has_validator(key)) {
            return Err((validator_key(key), "a candidate is no validator"));
        }
        for (key, validator) in &self.validators {
            let at = validator_key(key);
            let may_be_absent =
                validator.ejected || validator.leaving && validator.pending_count == 0;
            if !may_be_absent && !listed.contains(key) {
                return Err((at, "a validator is no candidate"));
            }
            if !self.profiles.contains(key) {
                return Err((at, "a validator has no profile"));
            }
            let operates = self.operators.get(&validator.operator) == Some(key);
            if !operates && !validator.ejected {
                return Err((operator_key(&validator.operator), "an operator is not known"));
            }
            let slashes = self.slashes.get(key).map_or(0, |slashes| slashes.0.len());
            if usize::try_from(validator.slashes) != Ok(slashes) {
                return Err((at, "a validator was slashed another number of times"));
            }
        }
        for (operator, key) in &self.operators {
            if self.validators.get(key).is_none_or(|known| known.operator != *operator) {
                return Err((operator_key(operator), "an operator has another validator"));
            }
        }
        Ok(())
    }
}

/// What the delegations of one validator add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    shares: Shares,
    pending_nominal: Amount,
    pending_count: u32,
    delegations: u32,
}

impl Sums {
    const fn of(validator: &Validator) -> Self {
        let Validator { shares, pending_nominal, pending_count, delegations, .. } = *validator;
        Self { shares, pending_nominal, pending_count, delegations }
    }

    fn add(&mut self, delegation: &Delegation, epoch: Epoch) -> Result<(), Contradiction> {
        self.shares = self.shares.checked_add(delegation.shares)?;
        self.delegations = self.delegations.saturating_add(1);
        if let Some(pending) = delegation.pending.filter(|pending| pending.epoch >= epoch) {
            if pending.epoch > epoch {
                return Err(Contradiction("an amount is pending in a later epoch"));
            }
            self.pending_nominal = self.pending_nominal.checked_add(pending.amount)?;
            self.pending_count = self.pending_count.saturating_add(1);
        }
        Ok(())
    }
}
