//! Green Button feeds: no bytes make the reader panic, and how they arrive does not matter.
#![no_main]

use althing_meters::green_button::GreenButton;
use libfuzzer_sys::fuzz_target;
use std::io::{BufReader, Cursor};

fuzz_target!(|data: &[u8]| {
    let whole: Vec<_> = GreenButton::new(Cursor::new(data)).collect();
    let chunks = BufReader::with_capacity(3, Cursor::new(data));
    let chunks: Vec<_> = GreenButton::new(chunks).collect();
    assert_eq!(whole, chunks, "chunks change what is read");
});
