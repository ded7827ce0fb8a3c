//! Whether a transaction may enter a block. Shared with the mempool, which asks the same
//! questions earlier.

use crate::{Account, Invalid, dispatch, gas};
use althing_types::{
    ChainId, ChainParams, Height, SignedTransaction,
    keys::KeyError,
    limits::{MAX_MEMO_BYTES, MAX_TRANSACTION_BYTES},
};

/// Everything that can be said without the state: chain, sizes, prices, gas limits, expiry, that
/// the key belongs to the sender, and the fields of the message. Signatures are not checked; see
/// [`signature`]. `height` is that of the block it would enter.
///
/// # Errors
/// The first rule that is broken.
pub fn stateless(
    transaction: &SignedTransaction,
    params: &ChainParams,
    chain_id: ChainId,
    height: Height,
) -> Result<(), Invalid> {
    unsigned(transaction, params, chain_id, height)?;
    if transaction.authorization().address() != transaction.sender() {
        return Err(Invalid::WrongKey);
    }
    Ok(())
}

/// [`stateless`] without the key: for dry runs of transactions that are not signed yet.
pub(crate) fn unsigned(
    transaction: &SignedTransaction,
    params: &ChainParams,
    chain_id: ChainId,
    height: Height,
) -> Result<(), Invalid> {
    let body = transaction.body();
    if body.chain_id != chain_id {
        return Err(Invalid::WrongChain { expected: chain_id, found: body.chain_id });
    }
    let length = transaction.bytes().len();
    if length > MAX_TRANSACTION_BYTES {
        return Err(Invalid::TransactionTooLarge { length, maximum: MAX_TRANSACTION_BYTES });
    }
    if body.memo.len() > MAX_MEMO_BYTES {
        return Err(Invalid::MemoTooLong { length: body.memo.len(), maximum: MAX_MEMO_BYTES });
    }
    lifetime(body.valid_until, params, height)?;
    if body.gas_price < params.min_gas_price {
        return Err(Invalid::GasPriceTooLow {
            minimum: params.min_gas_price,
            found: body.gas_price,
        });
    }
    let minimum = gas::intrinsic(transaction);
    if body.gas_limit < minimum {
        return Err(Invalid::GasLimitTooLow { minimum, found: body.gas_limit });
    }
    if body.gas_limit > params.block_gas_limit {
        return Err(Invalid::GasLimitTooHigh {
            maximum: params.block_gas_limit,
            found: body.gas_limit,
        });
    }
    dispatch::validate(&body.payload)
}

/// Whether a transaction with this `valid_until` may enter a block of this `height`.
///
/// # Errors
/// [`Invalid::Expired`] or [`Invalid::ValidUntilTooFar`].
pub fn lifetime(valid_until: Height, params: &ChainParams, height: Height) -> Result<(), Invalid> {
    if valid_until < height {
        return Err(Invalid::Expired { valid_until, height });
    }
    let maximum = height.checked_add(params.max_validity_blocks).unwrap_or(Height::new(u64::MAX));
    if valid_until > maximum {
        return Err(Invalid::ValidUntilTooFar { maximum, valid_until });
    }
    Ok(())
}

/// Whether the account may send this transaction next: its nonce, and that it can pay
/// `gas_limit * gas_price`. The balance is what may be spent: without what is locked. An account that does not exist is `Account::default()`.
///
/// # Errors
/// [`Invalid::NonceTooLow`], [`Invalid::NonceTooHigh`] or [`Invalid::InsufficientFunds`].
pub fn against_account(transaction: &SignedTransaction, account: &Account) -> Result<(), Invalid> {
    let body = transaction.body();
    let (expected, found) = (account.nonce, body.nonce);
    if found < expected {
        return Err(Invalid::NonceTooLow { expected, found });
    }
    if found > expected {
        return Err(Invalid::NonceTooHigh { expected, found });
    }
    let required = body.max_fee();
    if required > account.balance {
        return Err(Invalid::InsufficientFunds { required, available: account.balance });
    }
    Ok(())
}

/// Checks the signature, one by one. Blocks are checked in batches; see
/// [`althing_types::keys::verify_batch`].
///
/// # Errors
/// [`Invalid::WrongKey`] or [`Invalid::BadSignature`].
pub fn signature(transaction: &SignedTransaction) -> Result<(), Invalid> {
    transaction.verify_signature().map_err(|error| match error {
        KeyError::PublicKey => Invalid::WrongKey,
        error => Invalid::BadSignature(error.to_string()),
    })
}
