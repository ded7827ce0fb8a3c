//! One transaction, from its checks to its receipt.

use crate::{
    ApplyError, Invalid, check, dispatch,
    error::{Failure, Fault},
    gas::{self, Meter},
    modules::{accounts, bank, vesting},
};
use althing_state::View;
use althing_types::{
    Address, Amount, ChainId, ChainParams, Code, Epoch, Event, Gas, Hash, Height, Receipt,
    SignedTransaction, Timestamp, Version,
};

/// What stays the same for all transactions of a block.
pub(crate) struct Environment<'a> {
    pub(crate) chain_id: ChainId,
    /// Hash of the genesis.
    pub(crate) genesis: Hash,
    pub(crate) height: Height,
    pub(crate) epoch: Epoch,
    /// Time of the block.
    pub(crate) time: Timestamp,
    /// The version of the rules.
    pub(crate) version: Version,
    pub(crate) params: &'a ChainParams,
    pub(crate) protocol: &'a bank::ProtocolAccounts,
    /// Most that `staking.max_validators` can ever be on this chain.
    pub(crate) validator_ceiling: u64,
}

/// What a message works with.
pub(crate) struct Context<'a> {
    pub(crate) view: &'a mut View,
    pub(crate) meter: &'a mut Meter,
    pub(crate) sender: Address,
    pub(crate) block: &'a Environment<'a>,
}

/// Whether the key of a transaction must be the sender's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    Checked,
    Ignored,
}

/// Runs one transaction. On success the changes are committed; on an error the view is as before.
pub(crate) fn transaction(
    view: &mut View,
    environment: &Environment<'_>,
    transaction: &SignedTransaction,
    keys: Keys,
) -> Result<Receipt, ApplyError> {
    let Environment { chain_id, height, params, .. } = *environment;
    match keys {
        Keys::Checked => check::stateless(transaction, params, chain_id, height)?,
        Keys::Ignored => check::unsigned(transaction, params, chain_id, height)?,
    }
    let result = enter(view, environment, transaction);
    match result {
        Ok(receipt) => {
            view.commit();
            Ok(receipt)
        }
        Err(error) => {
            view.rollback();
            Err(error)
        }
    }
}

/// Reserves the largest fee, runs the message, and gives back what was not used. A message that
/// fails keeps nothing but the fee and the nonce.
fn enter(
    view: &mut View,
    environment: &Environment<'_>,
    transaction: &SignedTransaction,
) -> Result<Receipt, ApplyError> {
    let height = environment.height;
    let body = transaction.body();
    let at = |fault: Fault| fault.at::<ApplyError>(height);
    let before = accounts::load(view, &body.sender).map_err(at)?.unwrap_or_default();
    // Locked money pays no fees.
    let spendable =
        vesting::spendable(view, &body.sender, &before, environment.time).map_err(at)?;
    check::against_account(transaction, &accounts::Account { balance: spendable, ..before })?;
    let nonce = before.nonce.next().ok_or(Invalid::NonceExhausted)?;
    let max_fee = body.max_fee();
    let reserved = before
        .balance
        .checked_sub(max_fee)
        .map_err(|_| Invalid::InsufficientFunds { required: max_fee, available: before.balance })?;
    let entered = accounts::Account { nonce, balance: reserved, ..before };
    accounts::save(view, &body.sender, &entered).map_err(at)?;

    let mut meter = Meter::new(body.gas_limit, gas::intrinsic(transaction));
    let mut context =
        Context { view: &mut *view, meter: &mut meter, sender: body.sender, block: environment };
    let (code, events) = match dispatch::execute(&body.payload, &mut context) {
        Ok(events) => (Code::OK, events),
        Err(Failure::Rule(code)) => {
            view.rollback();
            accounts::save(view, &body.sender, &entered).map_err(at)?;
            (code, Vec::new())
        }
        Err(Failure::Fault(fault)) => return Err(at(fault)),
    };
    let gas_used = meter.used();
    let fee = body.gas_price.cost(gas_used);
    refund(view, &body.sender, max_fee, fee).map_err(at)?;
    Ok(receipt(transaction, code, gas_used, fee, events))
}

fn refund(view: &mut View, sender: &Address, reserve: Amount, fee: Amount) -> Result<(), Fault> {
    let corrupt = |what| Fault::Corrupt { key: accounts::key(sender), what };
    let rest = reserve.checked_sub(fee).map_err(|_| corrupt("a fee is above its reserve"))?;
    if rest.is_zero() {
        return Ok(());
    }
    let mut account = accounts::load(view, sender)?.unwrap_or_default();
    account.balance =
        account.balance.checked_add(rest).map_err(|_| corrupt("a refund overflows the balance"))?;
    accounts::save(view, sender, &account)
}

fn receipt(
    transaction: &SignedTransaction,
    code: Code,
    gas_used: Gas,
    fee: Amount,
    events: Vec<Event>,
) -> Receipt {
    Receipt { transaction: transaction.hash(), code, gas_used, fee, events }
}
