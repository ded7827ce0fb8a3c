//! Read-only views of the safety override: keys and records.

use super::{Call, Changes, Safety};
use althing_state::StateKey;
use althing_types::Hash;
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
    /// The key of the safety override; absent if there is none.
    safety_key() decode_safety -> Safety = super::SAFETY;
    /// The key of a call that waits for approvals, by [`Call::id`].
    call_key(id: Hash) decode_call -> Call = super::call_key(&id);
    /// The key of what holds until it lapses.
    changes_key() decode_changes -> Changes = super::CHANGES;
}
