//! What accounts have staked.

use super::{Records, Stake, Tries};
use althing_api::backend::{DelegationState, DelegatorState, UnbondingState, VestingState};
use althing_ledger::{
    query,
    staking::{
        Slashes,
        query::{Now, Owned, conversion_needed, settle_keys, slashes_needed, unbonding_worth},
    },
};
use althing_types::{Address, Amount, Due, Epoch, Timestamp, ValidatorKey};

/// What an account owns of a validator at `now`, from records that were read.
pub(super) fn owned(
    records: &Records,
    now: Now,
    delegator: Address,
    validator: ValidatorKey,
) -> Option<Owned> {
    let entry = records.get(query::validator_key(validator), query::decode_validator)?;
    let key = query::delegation_key(delegator, validator);
    let delegation = records.get(key, query::decode_delegation)?;
    let conversion = conversion_needed(&delegation, now.epoch).and_then(|epoch| {
        records.get(query::conversion_key(validator, epoch), query::decode_conversion)
    });
    let slashes: Vec<(ValidatorKey, Slashes)> =
        slashes_needed(&delegation).map(|from| (from, slashes_of(records, from))).collect();
    althing_ledger::staking::query::owned(entry, delegation, now, conversion, &slashes).ok()
}

fn slashes_of(records: &Records, validator: ValidatorKey) -> Slashes {
    records.get(query::slashes_key(validator), query::decode_slashes).unwrap_or_default()
}

/// As the API shows it.
pub(super) fn view(validator: ValidatorKey, owned: &Owned) -> DelegationState {
    let Owned { delegation, worth } = owned;
    let free = delegation.liabilities.iter().map(|part| part.due).reduce(Due::max);
    let counts = worth.total.units().saturating_sub(worth.pending.units());
    DelegationState {
        validator,
        amount: Amount::new(counts),
        pending: worth.pending,
        shares: delegation.shares,
        locked: worth.liable,
        locked_until: free,
        created: delegation.created,
    }
}

impl Stake {
    /// Reads what [`owned`] needs of these delegations; the validators are read already.
    pub(super) async fn fetch_delegations(
        &self,
        records: &mut Records,
        pairs: &[(Address, ValidatorKey)],
        epoch: Epoch,
    ) -> Option<()> {
        let key = |(delegator, validator): &(Address, ValidatorKey)| {
            query::delegation_key(*delegator, *validator)
        };
        self.fetch(records, pairs.iter().map(key).collect()).await?;
        let mut keys = Vec::new();
        for pair in pairs {
            if let Some(delegation) = records.get(key(pair), query::decode_delegation) {
                keys.extend(settle_keys(pair.1, &delegation, epoch));
            }
        }
        self.fetch(records, keys).await
    }

    /// What an account has staked.
    pub(in crate::run) async fn delegator(&self, address: Address) -> DelegatorState {
        let mut tries = Tries::new();
        loop {
            let mut records = Records::default();
            let outcome = self.read_delegator(&mut records, address).await;
            if let Some(read) = tries.settle(&records, outcome) {
                return read.unwrap_or_default();
            }
        }
    }

    async fn read_delegator(
        &self,
        records: &mut Records,
        address: Address,
    ) -> Option<DelegatorState> {
        self.fetch(records, vec![query::delegator_key(address)]).await?;
        let lists = records.get(query::delegator_key(address), query::decode_delegator);
        let lists = lists.unwrap_or_default();
        let mut keys: Vec<_> =
            lists.unbonding.iter().map(|number| query::unbonding_key(*number)).collect();
        keys.extend(lists.validators.iter().map(|validator| query::validator_key(*validator)));
        self.fetch(records, keys).await?;
        let now = self.now(records);
        let pairs: Vec<_> = lists.validators.iter().map(|key| (address, *key)).collect();
        self.fetch_delegations(records, &pairs, now.epoch).await?;
        let entry = |records: &Records, number: u64| {
            records.get(query::unbonding_key(number), query::decode_unbonding)
        };
        let waiting = lists.unbonding.iter().filter_map(|number| entry(records, *number));
        let slashes = waiting.map(|entry| query::slashes_key(entry.validator)).collect();
        self.fetch(records, slashes).await?;
        let delegations = lists
            .validators
            .iter()
            .filter_map(|key| Some(view(*key, &owned(records, now, address, *key)?)))
            .collect();
        let unbonding = lists.unbonding.iter().filter_map(|number| {
            let entry = entry(records, *number)?;
            let left = unbonding_worth(&entry, &slashes_of(records, entry.validator));
            Some(UnbondingState {
                entry: *number,
                validator: entry.validator,
                amount: left,
                slashed: Amount::new(entry.amount.units().saturating_sub(left.units())),
                began: entry.began,
                due: entry.due,
                paid: None,
            })
        });
        Some(DelegatorState {
            height: records.height,
            time: now.time,
            delegations,
            unbonding: unbonding.collect(),
        })
    }

    /// Delegations of these accounts to one validator; who has none is left out.
    pub(super) async fn delegations(
        &self,
        validator: ValidatorKey,
        delegators: &[Address],
    ) -> Option<Vec<(Address, DelegationState)>> {
        let mut tries = Tries::new();
        loop {
            let mut records = Records::default();
            let outcome = self.read_delegations(&mut records, validator, delegators).await;
            if let Some(read) = tries.settle(&records, outcome) {
                return read;
            }
        }
    }

    async fn read_delegations(
        &self,
        records: &mut Records,
        validator: ValidatorKey,
        delegators: &[Address],
    ) -> Option<Vec<(Address, DelegationState)>> {
        self.fetch(records, vec![query::validator_key(validator)]).await?;
        let now = self.now(records);
        let pairs: Vec<_> = delegators.iter().map(|who| (*who, validator)).collect();
        self.fetch_delegations(records, &pairs, now.epoch).await?;
        let mut found = Vec::with_capacity(pairs.len());
        for who in delegators {
            if let Some(owned) = owned(records, now, *who, validator) {
                found.push((*who, view(validator, &owned)));
            }
        }
        Some(found)
    }

    /// The vesting schedule of an account, if it has one.
    pub(in crate::run) async fn vesting(&self, address: Address) -> Option<VestingState> {
        let mut records = Records::default();
        self.fetch(&mut records, vec![query::vesting_key(address)]).await?;
        let record = records.get(query::vesting_key(address), query::decode_vesting)?;
        let time: Timestamp = self.now(&records).time;
        Some(VestingState {
            total: record.total,
            line: record.line,
            locked: record.line.locked(record.total, time),
            staked: record.staked,
        })
    }
}
