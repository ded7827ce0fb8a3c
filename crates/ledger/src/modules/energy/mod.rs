#![doc = include_str!("README.md")]

mod block;
mod clearing;
mod credits;
mod decisions;
mod desk;
mod disputes;
mod error;
mod genesis;
mod grants;
mod keys;
pub mod query;
mod reputation;
mod sales;
mod settlement;
mod stakes;
mod store;
pub(crate) mod tx;
mod types;

pub(crate) use block::{missing_for_block, run};
pub use credits::split;
pub use decisions::absorb;
pub(crate) use genesis::genesis;
pub(crate) use keys::*;
pub use reputation::{TRAIT_PERCENT, pending_limit, required_stake};
pub(crate) use settlement::{
    admin_key, change_oracle, check_oracle, check_settlement, oracle_keys, set_admin,
    set_settlement, settlement_keys,
};
pub use types::*;
