//! Read-only views of the treasury: keys and records.

use super::{Dependents, Disbursement, Pending, Treasury};
use althing_state::StateKey;
use commonware_codec::{Copying, DecodeExt as _, Error};

macro_rules! records {
    ($( $(#[$doc:meta])* $key:ident($($arg:ident: $ty:ty),*) $decode:ident -> $record:ty = $of:expr; )*) => {
        $(
            $(#[$doc])*
            pub const fn $key($($arg: $ty),*) -> StateKey {
                $of
            }

            /// Reads the record under that key.
            ///
            /// # Errors
            /// A codec error if the bytes are no such record.
            pub fn $decode(value: &[u8]) -> Result<$record, Error> {
                <$record>::decode(Copying(value))
            }
        )*
    };
}

records! {
    /// The key of the sums over all disbursements.
    treasury_key() decode_treasury -> Treasury = super::TREASURY;
    /// The key of the disbursements that are accepted and not over.
    pending_key() decode_pending -> Pending = super::PENDING;
    /// The key of a disbursement. Its number is that of its proposal.
    disbursement_key(number: u64) decode_disbursement -> Disbursement =
        super::disbursement_key(number);
    /// The key of the disbursements that depend on one; absent if none do.
    dependents_key(number: u64) decode_dependents -> Dependents = super::dependents_key(number);
}
