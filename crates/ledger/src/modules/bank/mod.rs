#![doc = include_str!("README.md")]

mod api;
mod error;
mod income;
mod keys;
mod store;
pub(crate) mod tx;
mod types;

pub(crate) use api::{
    Transferred, balance_of, burn, forfeit, mint, mint_and_burn, move_held, pay_from_stake,
    pay_penalty, settle_fees, take_for_stake, transfer,
};
#[cfg(test)]
pub(crate) use error::BankError;
pub(crate) use income::{Source, earn, take_income};
pub(crate) use keys::{INCOME, SUPPLY};
pub(crate) use store::{load, save};
pub use types::{Income, Supply};
pub(crate) use types::{
    ProtocolAccounts, compute_account, energy_account, governance_account, safety_account,
    stake_account,
};
