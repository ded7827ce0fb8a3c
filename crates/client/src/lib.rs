//! What a wallet, a worker or another chain needs to talk to Althing: keys on disk, mnemonics, a
//! typed HTTP client, a transaction builder, and verification that trusts no node.

mod account;
pub mod builder;
pub mod dev;
mod file;
pub mod genesis_plan;
pub mod http;
mod key_file;
pub mod keystore;
pub mod meter_key;
pub mod mnemonic;
pub mod nonces;
pub mod passkey;
pub mod payload;
mod sealed;
pub mod slip10;
pub mod validator;
pub mod validator_key;
pub mod verify;

pub use key_file::KeyFileError;
