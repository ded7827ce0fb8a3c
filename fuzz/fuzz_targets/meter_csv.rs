//! CSV meter data: no bytes make the reader panic, how they arrive does not matter, and neither
//! does a configuration from outside.
#![no_main]

use althing_meters::csv::{Csv, CsvConfig};
use libfuzzer_sys::fuzz_target;
use std::io::BufReader;

/// Columns of one letter, so that a header is found soon.
const CONFIG: &str = r#"{
    "time": { "column": "t", "form": "%Y-%m-%d %H:%M" },
    "seconds": 900,
    "meter": { "column": "m" },
    "values": [
        { "column": "a", "unit": "kWh", "direction": "signed" },
        { "column": "b", "unit": "Wh", "kind": "counter" }
    ]
}"#;

fuzz_target!(|data: &[u8]| {
    // A configuration may stand before the first zero byte.
    let split = data.iter().position(|byte| *byte == 0);
    let (config, data) = split.map_or((&[][..], data), |at| (&data[..at], &data[at + 1..]));
    let config: CsvConfig = serde_json::from_slice(config)
        .unwrap_or_else(|_| serde_json::from_str(CONFIG).expect("a configuration"));
    let whole: Vec<_> = Csv::new(data, config.clone()).collect();
    let chunks: Vec<_> = Csv::new(BufReader::with_capacity(3, data), config).collect();
    assert_eq!(whole, chunks, "chunks change what is read");
});
