//! What modules show of their records: for each, its key and how it is read.

/// For each record, a public function for its key and one that decodes what stands under that.
macro_rules! records {
    ($( $(#[$doc:meta])* $key:ident($($arg:ident: $ty:ty),*) $decode:ident -> $record:ty = $of:expr; )*) => {
        $(
            $(#[$doc])*
            pub const fn $key($($arg: $ty),*) -> ::althing_state::StateKey {
                $of
            }

            /// Reads the record under that key.
            ///
            /// # Errors
            /// A codec error if the bytes are no such record.
            pub fn $decode(value: &[u8]) -> Result<$record, ::commonware_codec::Error> {
                <$record as ::commonware_codec::DecodeExt<()>>::decode(::commonware_codec::Copying(value))
            }
        )*
    };
}

pub(crate) use records;
