//! The vocabulary of Althing: amounts, heights, addresses, keys, transactions, blocks, receipts
//! and genesis, each with one canonical byte encoding.
//!
//! Nothing here reads a clock, a disk or a network, and nothing here depends on another crate of
//! this workspace. Every type that is signed or hashed has a golden vector in `tests/vectors.rs`.

pub mod address;
pub mod amount;
pub mod blob;
pub mod block;
pub mod codec;
pub mod compute;
pub mod energy;
pub mod event;
pub mod evidence;
pub mod genesis;
pub mod governance;
pub mod hash;
pub mod keys;
pub mod limits;
pub mod list;
pub mod merkle;
pub mod message;
pub mod network;
pub mod params;
pub mod period;
pub mod receipt;
pub mod shares;
pub mod text;
pub mod transaction;
pub mod units;
pub mod validator;
pub mod version;

pub use address::{Address, AddressError};
pub use amount::{Amount, AmountError, GasPrice, Ppm};
pub use blob::Blob;
pub use block::{Block, Header, SyncRange};
pub use event::Event;
pub use evidence::Evidence;
pub use genesis::{Allocation, Genesis, GenesisError, GenesisValidator};
pub use hash::Hash;
pub use keys::{Authorization, KeyScheme, PublicKey, SecretKey};
pub use list::List;
pub use message::{Payload, Transfer, ValidatorDetails};
pub use params::{ChainParams, ParamsError};
pub use period::{Due, Period};
pub use receipt::{Code, Receipt};
pub use shares::Shares;
pub use text::Text;
pub use transaction::{ChainId, SignedTransaction, Transaction};
pub use units::{Epoch, Gas, Height, Nonce, Timestamp, View};
pub use validator::{Signature64, ValidatorEntry, ValidatorKey, ValidatorSet, consensus_namespace};
pub use version::{Version, VersionError};
