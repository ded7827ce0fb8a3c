//! NEM13 meter data: no bytes make the reader panic, and how they arrive does not matter.
#![no_main]

use althing_meters::{NemOptions, nem13::Nem13};
use libfuzzer_sys::fuzz_target;
use std::io::BufReader;

fuzz_target!(|data: &[u8]| {
    let whole: Vec<_> = Nem13::new(data, NemOptions::default()).collect();
    let chunks = BufReader::with_capacity(3, data);
    let chunks: Vec<_> = Nem13::new(chunks, NemOptions::default()).collect();
    assert_eq!(whole, chunks, "chunks change what is read");
});
