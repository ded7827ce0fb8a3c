//! Decoded receipts, validator sets, parameters, evidence and Merkle proofs encode to the same
//! bytes, and no evidence that nobody signed is valid.
#![no_main]

use althing_types::{ChainParams, Evidence, Receipt, ValidatorSet, hash, merkle::Proof};
use commonware_codec::{DecodeExt as _, Encode as _};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(receipt) = Receipt::decode(data.to_vec()) {
        assert_eq!(receipt.encode().as_ref(), data, "the encoding is not canonical");
    }
    if let Ok(set) = ValidatorSet::decode(data.to_vec()) {
        assert_eq!(set.encode().as_ref(), data, "the encoding is not canonical");
    }
    if let Ok(params) = ChainParams::decode(data.to_vec()) {
        assert_eq!(params.encode().as_ref(), data, "the encoding is not canonical");
    }
    if let Ok(evidence) = Evidence::decode(data.to_vec()) {
        assert_eq!(evidence.encode().as_ref(), data, "the encoding is not canonical");
        assert!(!evidence.verify(&hash::zero()), "forged evidence is accepted");
    }
    if let Ok(proof) = Proof::from_bytes(data) {
        assert_eq!(proof.to_bytes(), data, "the encoding is not canonical");
        let _ = proof.verify(&hash::zero(), &hash::zero());
    }
});
