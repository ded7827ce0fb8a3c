use super::{
    ProtocolAccounts, SUPPLY,
    error::BankError,
    income::{self, Source},
    store,
};
use crate::{
    error::Fault,
    modules::{
        accounts::{self, Account},
        vesting,
    },
};
use althing_state::View;
use althing_types::{Address, Amount, Ppm, Timestamp, params::FeeSplit};

/// What a transfer did besides moving money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transferred {
    /// The recipient had a record.
    ToKnown,
    /// The recipient's record is new.
    ToNew,
}

/// Moves money between two accounts. `time` is that of the block: locked money does not move.
pub(crate) fn transfer(
    view: &mut View,
    from: &Address,
    to: &Address,
    amount: Amount,
    time: Timestamp,
) -> Result<Transferred, BankError> {
    let (mut payer, left) = spend(view, from, amount, time)?;
    if from == to {
        return Ok(Transferred::ToKnown);
    }
    let known = accounts::load(view, to)?;
    let payee = add(known.unwrap_or_default(), amount).ok_or(BankError::BalanceOverflow)?;
    payer.balance = left;
    accounts::save(view, from, &payer)?;
    accounts::save(view, to, &payee)?;
    Ok(if known.is_some() { Transferred::ToKnown } else { Transferred::ToNew })
}

/// Destroys money of an account by its owner's wish.
fn burn_own(
    view: &mut View,
    from: &Address,
    amount: Amount,
    time: Timestamp,
) -> Result<(), BankError> {
    let (account, balance) = spend(view, from, amount, time)?;
    if !amount.is_zero() {
        accounts::save(view, from, &Account { balance, ..account })?;
    }
    Ok(burn_held(view, amount)?)
}

/// Moves an account's money to the account `stake`. Locked money may go there too.
pub(crate) fn take_for_stake(
    view: &mut View,
    protocol: &ProtocolAccounts,
    from: &Address,
    amount: Amount,
    time: Timestamp,
) -> Result<(), BankError> {
    let account = accounts::load(view, from)?.unwrap_or_default();
    let left = account.balance.checked_sub(amount).map_err(|_| BankError::InsufficientBalance)?;
    vesting::stake(view, from, &account, amount, time)?;
    accounts::save(view, from, &Account { balance: left, ..account })?;
    Ok(credit(view, &protocol.stake, amount)?)
}

/// Pays an account out of the account `stake`. What was locked when it went there is locked again.
/// Touches [`vesting::keys_of`] the account besides both accounts.
pub(crate) fn pay_from_stake(
    view: &mut View,
    protocol: &ProtocolAccounts,
    to: &Address,
    amount: Amount,
) -> Result<(), Fault> {
    let account = accounts::load(view, to)?.unwrap_or_default();
    vesting::unstake(view, to, &account, amount)?;
    move_held(view, &protocol.stake, to, amount)
}

/// The account and what it owns once it has spent `amount` of what is not locked.
fn spend(
    view: &View,
    from: &Address,
    amount: Amount,
    time: Timestamp,
) -> Result<(Account, Amount), BankError> {
    let account = accounts::load(view, from)?.unwrap_or_default();
    let left = account.balance.checked_sub(amount).map_err(|_| BankError::InsufficientBalance)?;
    if amount > vesting::spendable(view, from, &account, time)? {
        return Err(BankError::FundsLocked);
    }
    Ok((account, left))
}

/// What an account owns, in base units.
pub(crate) fn balance_of(view: &View, address: &Address) -> Result<Amount, Fault> {
    Ok(accounts::load(view, address)?.unwrap_or_default().balance)
}

/// Moves money that is known to be there, such as that of a protocol account.
pub(crate) fn move_held(
    view: &mut View,
    from: &Address,
    to: &Address,
    amount: Amount,
) -> Result<(), Fault> {
    debit(view, from, amount)?;
    credit(view, to, amount)
}

/// Destroys money that is known to be there.
pub(crate) fn burn(view: &mut View, from: &Address, amount: Amount) -> Result<(), Fault> {
    debit(view, from, amount)?;
    burn_held(view, amount)
}

/// Takes what somebody loses and is known to be there: `share` of it, rounded down, goes to the treasury, the
/// rest is destroyed.
pub(crate) fn forfeit(
    view: &mut View,
    protocol: &ProtocolAccounts,
    from: &Address,
    (amount, share): (Amount, Ppm),
) -> Result<(), Fault> {
    let (kept, rest) = parts(amount, share);
    income::earn(view, protocol, from, (Source::Penalties, kept))?;
    burn(view, from, rest)
}

/// Takes a penalty that its payer chose: `share` of it, rounded down, goes to the treasury, the rest is
/// destroyed.
pub(crate) fn pay_penalty(
    view: &mut View,
    protocol: &ProtocolAccounts,
    from: &Address,
    (amount, share): (Amount, Ppm),
    time: Timestamp,
) -> Result<(), BankError> {
    let (kept, rest) = parts(amount, share);
    if !kept.is_zero() {
        transfer(view, from, &protocol.treasury, kept, time)?;
        income::count(view, Source::Penalties, kept)?;
    }
    burn_own(view, from, rest, time)
}

/// The part of an amount, rounded down, and what is left of it.
fn parts(amount: Amount, share: Ppm) -> (Amount, Amount) {
    let part = amount.share(share);
    (part, amount.checked_sub(part).unwrap_or(Amount::ZERO))
}

/// Creates money.
pub(crate) fn mint(view: &mut View, to: &Address, amount: Amount) -> Result<(), Fault> {
    count_minted(view, amount)?;
    credit(view, to, amount)
}

/// Creates money and destroys it at once: it counts, and nobody has it.
pub(crate) fn mint_and_burn(view: &mut View, amount: Amount) -> Result<(), Fault> {
    count_minted(view, amount)?;
    burn_held(view, amount)
}

/// Hands out the fees of a block, which were taken from their payers before. The proposer's part
/// waits with that of those who stake; it is returned. What no share takes is burned.
pub(crate) fn settle_fees(
    view: &mut View,
    split: &FeeSplit,
    protocol: &ProtocolAccounts,
    fees: Amount,
) -> Result<Amount, Fault> {
    let too_much =
        |_| Fault::Corrupt { key: SUPPLY, what: "the shares of fees are more than the whole" };
    let [proposer, stakers, treasury] =
        [split.proposer, split.stakers, split.treasury].map(|share| fees.share(share));
    let waiting = proposer.checked_add(stakers).map_err(too_much)?;
    let rest = fees.checked_sub(waiting).and_then(|rest| rest.checked_sub(treasury));
    credit(view, &protocol.stakers, waiting)?;
    credit(view, &protocol.treasury, treasury)?;
    income::count(view, Source::Fees, treasury)?;
    burn_held(view, rest.map_err(too_much)?)?;
    Ok(proposer)
}

/// Takes money that is known to be there. Nothing is written for nothing.
fn debit(view: &mut View, address: &Address, amount: Amount) -> Result<(), Fault> {
    if amount.is_zero() {
        return Ok(());
    }
    let mut account = accounts::load(view, address)?.unwrap_or_default();
    account.balance = account.balance.checked_sub(amount).map_err(|_| Fault::Corrupt {
        key: accounts::key(address),
        what: "money that must be there is not there",
    })?;
    accounts::save(view, address, &account)
}

/// Adds money that was taken elsewhere or is new. Nothing is written for nothing.
fn credit(view: &mut View, address: &Address, amount: Amount) -> Result<(), Fault> {
    if amount.is_zero() {
        return Ok(());
    }
    let account = accounts::load(view, address)?.unwrap_or_default();
    let account = add(account, amount).ok_or_else(|| Fault::Corrupt {
        key: accounts::key(address),
        what: "a balance overflows though the supply does not",
    })?;
    accounts::save(view, address, &account)
}

/// Destroys money that was taken from its owners already.
fn burn_held(view: &mut View, amount: Amount) -> Result<(), Fault> {
    if amount.is_zero() {
        return Ok(());
    }
    let mut supply = store::load(view)?;
    supply.burned = supply
        .burned
        .checked_add(amount)
        .map_err(|_| Fault::Corrupt { key: SUPPLY, what: "more was burned than can be counted" })?;
    store::save(view, &supply)
}

fn count_minted(view: &mut View, amount: Amount) -> Result<(), Fault> {
    if amount.is_zero() {
        return Ok(());
    }
    let mut supply = store::load(view)?;
    supply.minted = supply
        .minted
        .checked_add(amount)
        .map_err(|_| Fault::Corrupt { key: SUPPLY, what: "more was minted than can be counted" })?;
    store::save(view, &supply)
}

fn add(account: Account, amount: Amount) -> Option<Account> {
    Some(Account { balance: account.balance.checked_add(amount).ok()?, ..account })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Supply;
    use althing_types::Nonce;

    const A: Address = Address::new([1; 20]);
    const B: Address = Address::new([2; 20]);
    const NOW: Timestamp = Timestamp::ZERO;

    fn view(a: u128, b: u128) -> View {
        let mut view = View::new();
        for (address, balance) in [(A, a), (B, b)] {
            let account =
                Account { nonce: Nonce::new(3), balance: Amount::new(balance), vesting: false };
            accounts::save(&mut view, &address, &account).unwrap();
        }
        view
    }

    fn balances(view: &View) -> (u128, u128) {
        let balance = |address| accounts::load(view, &address).unwrap().unwrap().balance.units();
        (balance(A), balance(B))
    }

    #[test]
    fn a_balance_that_would_overflow_is_an_error_and_moves_nothing() {
        let mut view = view(10, u128::MAX - 4);
        let result = transfer(&mut view, &A, &B, Amount::new(5), NOW);
        assert_eq!(result, Err(BankError::BalanceOverflow));
        assert_eq!(balances(&view), (10, u128::MAX - 4));
        assert_eq!(transfer(&mut view, &A, &B, Amount::new(4), NOW), Ok(Transferred::ToKnown));
        assert_eq!(balances(&view), (6, u128::MAX));
    }

    #[test]
    fn a_transfer_keeps_nonces() {
        let mut view = view(10, 0);
        transfer(&mut view, &A, &B, Amount::new(4), NOW).unwrap();
        for address in [A, B] {
            assert_eq!(accounts::load(&view, &address).unwrap().unwrap().nonce, Nonce::new(3));
        }
    }

    #[test]
    fn fees_that_would_overflow_a_balance_are_a_fault() {
        let protocol = ProtocolAccounts::new();
        let mut view = View::new();
        let full = Account { balance: Amount::MAX, ..Account::default() };
        accounts::save(&mut view, &protocol.stakers, &full).unwrap();
        let [stakers, treasury, burn] = [Ppm::ZERO; 3];
        let split = FeeSplit { proposer: Ppm::ONE, stakers, treasury, burn };
        let result = settle_fees(&mut view, &split, &protocol, Amount::new(1));
        let stakers = accounts::key(&protocol.stakers);
        assert!(matches!(result, Err(Fault::Corrupt { key, .. }) if key == stakers));
    }

    #[test]
    fn held_money_moves_is_made_and_destroyed_and_the_supply_knows() {
        let mut view = view(10, 5);
        store::save(&mut view, &Supply { genesis: Amount::new(15), ..Supply::default() }).unwrap();
        move_held(&mut view, &A, &B, Amount::new(4)).unwrap();
        burn(&mut view, &B, Amount::new(3)).unwrap();
        mint(&mut view, &A, Amount::new(7)).unwrap();
        mint_and_burn(&mut view, Amount::new(2)).unwrap();
        assert_eq!(balances(&view), (13, 6));
        let supply = store::load(&view).unwrap();
        assert_eq!((supply.minted.units(), supply.burned.units()), (9, 5));
        assert_eq!(supply.total(), Some(Amount::new(19)));
        let result = burn(&mut view, &A, Amount::new(14));
        assert!(matches!(result, Err(Fault::Corrupt { key, .. }) if key == accounts::key(&A)));
    }
}
