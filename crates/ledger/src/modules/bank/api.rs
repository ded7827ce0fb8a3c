use super::{ProtocolAccounts, SUPPLY, error::BankError, store};
use crate::{
    error::Fault,
    modules::accounts::{self, Account},
};
use althing_state::View;
use althing_types::{Address, Amount, params::FeeSplit};

/// What a transfer did besides moving money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transferred {
    /// The recipient had a record.
    ToKnown,
    /// The recipient's record is new.
    ToNew,
}

/// Moves money between two accounts.
pub(crate) fn transfer(
    view: &mut View,
    from: &Address,
    to: &Address,
    amount: Amount,
) -> Result<Transferred, BankError> {
    let mut payer = accounts::load(view, from)?.unwrap_or_default();
    let left = payer.balance.checked_sub(amount).map_err(|_| BankError::InsufficientBalance)?;
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

/// Hands out the fees of a block, which were taken from their payers before. What no share takes
/// is burned.
pub(crate) fn settle_fees(
    view: &mut View,
    split: &FeeSplit,
    protocol: &ProtocolAccounts,
    proposer: &Address,
    fees: Amount,
) -> Result<(), Fault> {
    let mut rest = fees;
    for (account, share) in [
        (proposer, split.proposer),
        (&protocol.stakers, split.stakers),
        (&protocol.treasury, split.treasury),
    ] {
        let part = fees.share(share);
        rest = rest.checked_sub(part).map_err(|_| Fault::Corrupt {
            key: SUPPLY,
            what: "the shares of fees are more than the whole",
        })?;
        credit(view, account, part)?;
    }
    burn_held(view, rest)
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

fn add(account: Account, amount: Amount) -> Option<Account> {
    Some(Account { balance: account.balance.checked_add(amount).ok()?, ..account })
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{Nonce, Ppm};

    const A: Address = Address::new([1; 20]);
    const B: Address = Address::new([2; 20]);

    fn view(a: u128, b: u128) -> View {
        let mut view = View::new();
        for (address, balance) in [(A, a), (B, b)] {
            let account = Account { nonce: Nonce::new(3), balance: Amount::new(balance) };
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
        let result = transfer(&mut view, &A, &B, Amount::new(5));
        assert_eq!(result, Err(BankError::BalanceOverflow));
        assert_eq!(balances(&view), (10, u128::MAX - 4));
        assert_eq!(transfer(&mut view, &A, &B, Amount::new(4)), Ok(Transferred::ToKnown));
        assert_eq!(balances(&view), (6, u128::MAX));
    }

    #[test]
    fn a_transfer_keeps_nonces() {
        let mut view = view(10, 0);
        transfer(&mut view, &A, &B, Amount::new(4)).unwrap();
        for address in [A, B] {
            assert_eq!(accounts::load(&view, &address).unwrap().unwrap().nonce, Nonce::new(3));
        }
    }

    #[test]
    fn fees_that_would_overflow_a_balance_are_a_fault() {
        let mut view = view(0, u128::MAX);
        let [stakers, treasury, burn] = [Ppm::ZERO; 3];
        let split = FeeSplit { proposer: Ppm::ONE, stakers, treasury, burn };
        let protocol = ProtocolAccounts::new();
        let result = settle_fees(&mut view, &split, &protocol, &B, Amount::new(1));
        assert!(matches!(result, Err(Fault::Corrupt { key, .. }) if key == accounts::key(&B)));
    }
}
