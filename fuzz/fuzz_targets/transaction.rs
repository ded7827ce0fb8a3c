//! A decoded transaction encodes to the same bytes, and checking its signature never panics.
#![no_main]

use althing_types::SignedTransaction;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(transaction) = SignedTransaction::from_bytes(Bytes::copy_from_slice(data)) {
        let again =
            SignedTransaction::new(transaction.body().clone(), transaction.authorization().clone());
        assert_eq!(again.bytes().as_ref(), data, "the encoding is not canonical");
        let _ = transaction.verify_signature();
    }
});
