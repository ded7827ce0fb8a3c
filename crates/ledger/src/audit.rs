//! Invariants of the whole state. They need every record, so tests check them after every block,
//! and a node that wants to can check them against a dump.

use crate::{
    Account, Broken, Supply,
    modules::{bank, params, staking, validators},
    prefix, query,
};
use althing_state::StateKey;
use althing_types::{Address, Amount, Height, ValidatorSet};

/// Checks that the balances of all accounts add up to `genesis + minted - burned`.
///
/// # Errors
/// [`Broken`] at the key of the supply record.
pub fn supply_audit(
    height: Height,
    accounts: impl IntoIterator<Item = (Address, Account)>,
    supply: &Supply,
) -> Result<(), Broken> {
    let broken = |what| Broken { height, key: bank::SUPPLY, what };
    let mut sum = Amount::ZERO;
    for (_, account) in accounts {
        sum = sum
            .checked_add(account.balance)
            .map_err(|_| broken("the balances add up to more than 2^128"))?;
    }
    match supply.total() {
        None => Err(broken("more was burned than ever existed")),
        Some(total) if total != sum => {
            Err(broken("the balances do not add up to genesis + minted - burned"))
        }
        Some(_) => Ok(()),
    }
}

/// Checks every invariant over all records of the state after a block of this `height`, in any
/// order.
///
/// # Errors
/// [`Broken`] naming the first record that breaks one.
pub fn invariants<'a>(
    height: Height,
    records: impl IntoIterator<Item = (StateKey, &'a [u8])>,
) -> Result<(), Broken> {
    let mut found = Records::default();
    for (key, value) in records {
        found.add(key, value).map_err(|what| Broken { height, key, what })?;
    }
    let absent = |key| move || Broken { height, key, what: "the record is absent" };
    let supply = found.supply.ok_or_else(absent(bank::SUPPLY))?;
    let params = found.params.ok_or_else(absent(params::PARAMS))?;
    supply_audit(height, found.accounts, &supply)?;
    let epoch = height.epoch(params.epoch_length);
    for needed in [Some(epoch), epoch.next()].into_iter().flatten() {
        let key = validators::set_key(needed);
        if !found.sets.iter().any(|(known, _)| *known == key) {
            return Err(absent(key)());
        }
    }
    for (key, set) in &found.sets {
        let paid = |entry: &althing_types::ValidatorEntry| {
            found.validators.contains(&staking::validator_key(&entry.key))
        };
        if !set.entries().iter().all(paid) {
            return Err(Broken { height, key: *key, what: "a member is no validator" });
        }
    }
    Ok(())
}

#[derive(Default)]
struct Records {
    accounts: Vec<(Address, Account)>,
    supply: Option<Supply>,
    params: Option<althing_types::ChainParams>,
    sets: Vec<(StateKey, ValidatorSet)>,
    validators: std::collections::BTreeSet<StateKey>,
}

impl Records {
    fn add(&mut self, key: StateKey, value: &[u8]) -> Result<(), &'static str> {
        const BAD: &str = "the record does not decode";
        let rest = key.get(1..).unwrap_or_default();
        match key.prefix() {
            prefix::ACCOUNT => {
                let address = rest.try_into().map_err(|_| "the key holds no address")?;
                let account = query::decode_account(value).map_err(|_| BAD)?;
                self.accounts.push((Address::new(address), account));
            }
            prefix::SUPPLY => self.supply = Some(query::decode_supply(value).map_err(|_| BAD)?),
            prefix::PARAMS => self.params = Some(query::decode_params(value).map_err(|_| BAD)?),
            prefix::VALIDATOR_SET => {
                self.sets.push((key, query::decode_validators(value).map_err(|_| BAD)?));
            }
            prefix::VALIDATOR => {
                staking::query::decode_validator(value).map_err(|_| BAD)?;
                self.validators.insert(key);
            }
            other if prefix::name(other).is_some() => {}
            _ => return Err("no table has this prefix"),
        }
        Ok(())
    }
}
