//! What work costs, in gas. These numbers are consensus rules.
//!
//! `intrinsic = message + bytes beyond 256 * 16 + scheme`; creating an account record costs extra.

use althing_types::{Authorization, Gas, SignedTransaction};

/// A transfer between existing accounts.
pub const TRANSFER: u64 = 21_000;
/// A new account record in the state, on top of the message that creates it.
pub const NEW_ACCOUNT: u64 = 25_000;
/// Bytes of a transaction that its message pays for.
pub const FREE_BYTES: u64 = 256;
/// Each byte of the transaction beyond [`FREE_BYTES`].
pub const PER_BYTE: u64 = 16;
/// Checking a secp256r1 signature, on top of what an Ed25519 signature costs.
pub const SECP256R1: u64 = 7_000;
/// Checking a passkey's assertion, on top of what an Ed25519 signature costs.
pub const WEBAUTHN: u64 = 9_000;
/// Checking an ML-DSA-65 signature, on top of what an Ed25519 signature costs.
pub const ML_DSA_65: u64 = 12_000;

/// Gas of each message itself, by its name.
pub const MESSAGES: &[(&str, u64)] = crate::dispatch::GAS;

/// What the transaction needs before its message runs: the least legal `gas_limit`.
pub fn intrinsic(transaction: &SignedTransaction) -> Gas {
    let bytes = u64::try_from(transaction.bytes().len()).unwrap_or(u64::MAX);
    let scheme = match transaction.authorization() {
        Authorization::Ed25519 { .. } => 0,
        Authorization::Secp256r1 { .. } => SECP256R1,
        Authorization::WebAuthn(_) => WEBAUTHN,
        Authorization::MlDsa65 { .. } => ML_DSA_65,
    };
    let message = crate::dispatch::gas(&transaction.body().payload);
    Gas::new(bytes.saturating_sub(FREE_BYTES).saturating_mul(PER_BYTE))
        .checked_add(scheme)
        .and_then(|gas| gas.checked_add(message))
        .unwrap_or(Gas::new(u64::MAX))
}

/// The message ran out of gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfGas;

/// Counts the gas of one transaction.
#[derive(Debug)]
pub(crate) struct Meter {
    limit: u64,
    used: u64,
}

impl Meter {
    /// A meter that has spent `used` of `limit`; `used` is at most `limit`.
    pub(crate) fn new(limit: Gas, used: Gas) -> Self {
        Self { limit: limit.get(), used: used.get().min(limit.get()) }
    }

    /// Spends `amount`. When that is more than is left, all of it is spent.
    pub(crate) fn charge(&mut self, amount: u64) -> Result<(), OutOfGas> {
        match self.used.checked_add(amount) {
            Some(used) if used <= self.limit => {
                self.used = used;
                Ok(())
            }
            _ => {
                self.used = self.limit;
                Err(OutOfGas)
            }
        }
    }

    /// What was spent.
    pub(crate) const fn used(&self) -> Gas {
        Gas::new(self.used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_stops_at_its_limit_and_spends_all_of_it() {
        let mut meter = Meter::new(Gas::new(100), Gas::new(60));
        assert_eq!(meter.charge(40), Ok(()));
        assert_eq!(meter.used(), Gas::new(100));
        let mut meter = Meter::new(Gas::new(100), Gas::new(60));
        assert_eq!(meter.charge(41), Err(OutOfGas));
        assert_eq!(meter.used(), Gas::new(100));
        assert_eq!(Meter::new(Gas::new(9), Gas::ZERO).charge(u64::MAX), Err(OutOfGas));
    }
}
