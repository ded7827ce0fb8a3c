//! Prints the whitelist entry of an official NVIDIA driver, for a proposal to governance:
//!
//! ```text
//! sh NVIDIA-Linux-x86_64-<version>.run --extract-only
//! cargo run --release -p althing-devices --example driver_entry -- \
//!     NVIDIA-Linux-x86_64-<version>/libnvidia-ml.so.<version> <where it was fetched>
//! ```

use althing_devices::collect::driver_entry;
use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, source] = arguments.as_slice() else {
        eprintln!("usage: driver_entry <libnvidia-ml.so.version> <where it was fetched>");
        return ExitCode::from(2);
    };
    let entry = driver_entry(Path::new(path), source).map_err(|error| error.to_string());
    match entry
        .and_then(|entry| serde_json::to_string_pretty(&entry).map_err(|error| error.to_string()))
    {
        Ok(json) => {
            println!("{json}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
