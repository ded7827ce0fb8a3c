//! Decoded blocks and headers encode to the same bytes.
#![no_main]

use althing_types::{Block, Header};
use commonware_codec::{DecodeExt as _, Encode as _};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(header) = Header::decode(data.to_vec()) {
        assert_eq!(header.encode().as_ref(), data, "the encoding is not canonical");
    }
    if let Ok(block) = Block::decode(data.to_vec()) {
        assert_eq!(block.encode().as_ref(), data, "the encoding is not canonical");
    }
});
