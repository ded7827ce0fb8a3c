//! Black-box tests of the binary. One target: see Cargo.toml.

mod cli;
