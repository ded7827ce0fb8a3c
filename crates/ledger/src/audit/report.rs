use super::records::Records;
use crate::{
    Broken, Supply,
    modules::{bank, staking},
};
use althing_state::StateKey;
use althing_types::{Amount, Height};
use serde::{Deserialize, Serialize};

/// What exists, counted record by record, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupplyReport {
    /// The height after whose block this was counted.
    pub height: Height,
    /// What the chain says about itself.
    pub supply: Supply,
    /// All balances together.
    pub counted: Amount,
    /// Balances of accounts with a key.
    pub accounts: Amount,
    /// Balance of the account `stake`.
    pub stake: Amount,
    /// Balance of the account `stakers`: fees and emission of the running epoch.
    pub stakers: Amount,
    /// Balance of the account `miners`.
    pub miners: Amount,
    /// Balance of the account `treasury`.
    pub treasury: Amount,
    /// Balance of the account `reserve`.
    pub reserve: Amount,
    /// Balance of the account `governance`: deposits of proposals that are not decided.
    pub governance: Amount,
    /// Balance of the account `disbursements`: what is executed and not paid.
    pub disbursements: Amount,
    /// Balance of the account `compute`: stakes of workers, prices of tasks, what miners can claim.
    pub compute: Amount,
    /// Balance of the account `energy`: stakes of providers and oracles, orders, sales that are not
    /// paid, bonds of disputes.
    pub energy: Amount,
    /// Stake that counts, of all validators.
    pub bonded: Amount,
    /// Stake that counts from the next epoch on, of all validators.
    pub pending: Amount,
    /// What the entries of the unbonding queue owe.
    pub unbonding: Amount,
    /// How many accounts there are, those of the protocol included.
    pub account_count: u64,
    /// How many validators there are.
    pub validator_count: u64,
    /// How many delegations there are.
    pub delegation_count: u64,
    /// How many entries the unbonding queue has.
    pub unbonding_count: u64,
}

impl SupplyReport {
    /// Whether what was counted is what the chain says, to the unit.
    pub fn agrees(&self) -> bool {
        self.supply.total() == Some(self.counted) && self.staked() == Some(self.stake)
    }

    /// What the records of stake say that the account `stake` holds.
    pub fn staked(&self) -> Option<Amount> {
        self.bonded.checked_add(self.pending).and_then(|sum| sum.checked_add(self.unbonding)).ok()
    }
}

/// Counts a state, record by record.
#[derive(Debug)]
pub struct Audit {
    records: Records,
}

impl Audit {
    /// Of the state after the block of this height.
    pub fn new(height: Height) -> Self {
        Self { records: Records::new(height) }
    }

    /// Counts a record. The order of records does not matter; each comes once.
    ///
    /// # Errors
    /// [`Broken`] if the record does not decode, belongs to no table, or a sum overflows.
    pub fn add(&mut self, key: StateKey, value: &[u8]) -> Result<(), Broken> {
        let height = self.records.report.height;
        self.records.add(key, value).map_err(|what| Broken { height, key, what })
    }

    /// What was counted so far, without any judgement.
    pub const fn report(&self) -> &SupplyReport {
        &self.records.report
    }

    /// Judges the whole.
    ///
    /// # Errors
    /// [`Broken`] naming a record that breaks an invariant.
    pub fn finish(self) -> Result<SupplyReport, Broken> {
        let report = self.records.report;
        let broken = |key, what| Broken { height: report.height, key, what };
        match report.supply.total() {
            None => return Err(broken(bank::SUPPLY, "more was burned than ever existed")),
            Some(total) if total != report.counted => {
                let what = "the balances do not add up to genesis + minted - burned";
                return Err(broken(bank::SUPPLY, what));
            }
            Some(_) => {}
        }
        if report.staked() != Some(report.stake) {
            let what = "the account `stake` does not hold what is staked and unbonds";
            return Err(broken(staking::TOTALS, what));
        }
        self.records.judge().map_err(|(key, what)| broken(key, what))?;
        Ok(report)
    }
}
