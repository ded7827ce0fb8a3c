use super::{VestingRecord, key, store};
use crate::{
    error::Fault,
    modules::accounts::{self, Account},
};
use althing_state::{StateKey, View};
use althing_types::{Address, Amount, Timestamp, genesis::Vesting};

/// Locks `total` of what an account owns. Genesis alone does this.
pub(crate) fn begin(
    view: &mut View,
    address: &Address,
    total: Amount,
    line: Vesting,
) -> Result<(), Fault> {
    let account = accounts::load(view, address)?.unwrap_or_default();
    accounts::save(view, address, &Account { vesting: true, ..account })?;
    store::save(view, address, &VestingRecord { total, line, staked: Amount::ZERO })
}

/// The key of the account's schedule, which a payment out of stake touches. `None` if it has none;
/// [`Fault::Missing`] if its account is not known.
pub(crate) fn keys_of(view: &View, address: &Address) -> Result<Option<StateKey>, Fault> {
    let vesting = accounts::load(view, address)?.is_some_and(|account| account.vesting);
    Ok(vesting.then(|| key(address)))
}

/// What of the account's balance is locked, in base units.
fn locked(
    view: &View,
    address: &Address,
    account: &Account,
    time: Timestamp,
) -> Result<Amount, Fault> {
    if !account.vesting {
        return Ok(Amount::ZERO);
    }
    Ok(store::load(view, address)?.locked(time))
}

/// What of the account's balance may be spent, in base units.
pub(crate) fn spendable(
    view: &View,
    address: &Address,
    account: &Account,
    time: Timestamp,
) -> Result<Amount, Fault> {
    let locked = locked(view, address, account, time)?;
    Ok(account.balance.checked_sub(locked).unwrap_or(Amount::ZERO))
}

/// Counts what is about to leave the account's balance for stake.
pub(crate) fn stake(
    view: &mut View,
    address: &Address,
    account: &Account,
    amount: Amount,
    time: Timestamp,
) -> Result<(), Fault> {
    change(view, address, account, |record| record.stake(account.balance, amount, time))
}

/// Counts what comes back from stake to the account's balance.
pub(crate) fn unstake(
    view: &mut View,
    address: &Address,
    account: &Account,
    amount: Amount,
) -> Result<(), Fault> {
    change(view, address, account, |record| record.unstake(amount))
}

fn change(
    view: &mut View,
    address: &Address,
    account: &Account,
    change: impl FnOnce(VestingRecord) -> VestingRecord,
) -> Result<(), Fault> {
    if !account.vesting {
        return Ok(());
    }
    let before = store::load(view, address)?;
    let after = change(before);
    if after == before { Ok(()) } else { store::save(view, address, &after) }
}

#[cfg(test)]
mod tests;
