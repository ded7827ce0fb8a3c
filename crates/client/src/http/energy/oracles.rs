//! Oracles, their reports, and who may act for whom.

use super::{WHOLE_PAGE, text};
use crate::http::{Client, ClientError, governance::path};
use althing_types::{
    Address, Amount, Due, Height, Ppm, Timestamp,
    energy::{EnergyName, EnergyRole, EnergySettlementPayload, Scopes},
};
use serde::{Deserialize, Serialize};

/// An oracle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OracleInfo {
    /// The height this was read at.
    pub height: Height,
    /// Its account.
    pub address: Address,
    /// Its name.
    pub name: EnergyName,
    /// Its stake, in base units.
    pub stake: Amount,
    /// Its weight; nothing while it is not admitted.
    pub weight: Ppm,
    /// Its part of the weights of all, rounded down.
    pub part: Ppm,
    /// Whether it leaves, or was removed.
    pub leaving: bool,
    /// When its stake is paid, if it leaves.
    #[serde(default)]
    pub unbonds: Option<Due>,
    /// The height of its last report; 0 before the first.
    pub reported: Height,
    /// The time of that block.
    pub reported_at: Timestamp,
    /// How long ago that was, by the time of the last block, in seconds.
    pub age_s: u64,
    /// Whether that is too long to rely on it.
    pub stale: bool,
    /// What it has done.
    pub counters: OracleCountersInfo,
}

/// What an oracle has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OracleCountersInfo {
    /// Readings that it found right.
    pub agreed: u64,
    /// Readings that it found wrong.
    pub contradicted: u64,
    /// Readings of its reports about which it said nothing.
    pub abstained: u64,
    /// Readings about which the others decided against it.
    pub overruled: u64,
    /// Reports that came when all was decided.
    pub late: u64,
    /// Batches about which it did not report.
    pub absent: u64,
    /// Disputes that showed that it had agreed with what was false.
    pub slashed: u64,
}

/// A page of oracles, in the order of their accounts' bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OraclePage {
    /// The height this was read at.
    pub height: Height,
    /// The version of the set of those that have a weight now.
    pub oracle_set: u32,
    /// The sum of their weights.
    pub oracle_weight: u64,
    /// The oracles, also such without a weight.
    pub oracles: Vec<OracleInfo>,
    /// `after` of the next page.
    #[serde(default)]
    pub next: Option<Address>,
}

/// When an oracle last reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OracleValue {
    /// The height this was read at.
    pub height: Height,
    /// The oracle.
    pub oracle: Address,
    /// The height of its last report.
    pub reported: Height,
    /// The time of that block.
    pub reported_at: Timestamp,
    /// How long ago that was, in seconds.
    pub age_s: u64,
    /// From which age on a value is stale, in seconds.
    pub stale_s: u64,
    /// Whether it is.
    pub stale: bool,
}

/// A report of an oracle about a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OracleReportInfo {
    /// The batch.
    pub batch: u64,
    /// Places of readings that it found right.
    pub agree: Vec<u8>,
    /// Places of readings that it found wrong.
    pub contradict: Vec<u8>,
    /// Whether all was decided already.
    pub late: bool,
    /// When it came.
    pub height: Height,
    /// The time of that block.
    pub time_ms: Timestamp,
}

/// A page of reports of an oracle, newest batch first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OracleReportPage {
    /// The oracle.
    pub oracle: Address,
    /// The reports.
    pub reports: Vec<OracleReportInfo>,
    /// `before` of the next page.
    #[serde(default)]
    pub next: Option<u64>,
}

/// Rules that were or are in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnergyRulesInfo {
    /// Their number, from 0.
    pub version: u32,
    /// Since when.
    pub since: Height,
    /// The proposal that wanted them; none for those of genesis.
    #[serde(default)]
    pub proposal: Option<u64>,
    /// The rules.
    pub payload: EnergySettlementPayload,
}

#[derive(Deserialize)]
struct RulesPage {
    versions: Vec<EnergyRulesInfo>,
    #[serde(default)]
    next: Option<u32>,
}

/// What an account may do for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantInfo {
    /// Who granted it; the account of governance, if the chain did.
    pub grantor: Address,
    /// To whom.
    pub account: Address,
    /// What the grantor is.
    pub role: EnergyRole,
    /// What may be done.
    pub scopes: Scopes,
    /// The first height at which it may be done no more.
    pub expires: Height,
    /// Whether it may be done now.
    pub active: bool,
}

#[derive(Deserialize)]
struct GrantPage {
    grants: Vec<GrantInfo>,
    #[serde(default)]
    next: Option<Address>,
}

impl Client {
    /// Every oracle, in the order of their accounts' bytes.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn oracles(&self) -> Result<Vec<OracleInfo>, ClientError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let parameters = [("after", text(after)), ("limit", text(Some(WHOLE_PAGE)))];
            let page: OraclePage = self.get(&path("/v1/energy/oracles", &parameters)).await?;
            all.extend(page.oracles);
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    /// An oracle.
    ///
    /// # Errors
    /// [`ClientError`]; the code `oracle_not_found`.
    pub async fn oracle(&self, address: Address) -> Result<OracleInfo, ClientError> {
        self.get(&format!("/v1/energy/oracles/{address}")).await
    }

    /// When an oracle last reported.
    ///
    /// # Errors
    /// [`ClientError`]; the code `stale_value` if that is too long ago, unless `allow_stale`, and
    /// `oracle_not_found`.
    pub async fn oracle_latest(
        &self,
        address: Address,
        allow_stale: bool,
    ) -> Result<OracleValue, ClientError> {
        self.get(&format!("/v1/energy/oracles/{address}/latest?allow_stale={allow_stale}")).await
    }

    /// Reports of an oracle, newest batch first, below a batch.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn oracle_reports(
        &self,
        address: Address,
        before: Option<u64>,
        limit: Option<usize>,
    ) -> Result<OracleReportPage, ClientError> {
        let parameters = [("before", text(before)), ("limit", text(limit))];
        self.get(&path(&format!("/v1/energy/oracles/{address}/reports"), &parameters)).await
    }

    /// All versions of the rules, newest first.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn energy_settlement(&self) -> Result<Vec<EnergyRulesInfo>, ClientError> {
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let parameters = [("before", text(before)), ("limit", text(Some(WHOLE_PAGE)))];
            let page: RulesPage = self.get(&path("/v1/energy/settlement", &parameters)).await?;
            all.extend(page.versions);
            before = page.next;
            if before.is_none() {
                return Ok(all);
            }
        }
    }

    /// Who may act for an account, in the order of their accounts' bytes.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn energy_grants(&self, grantor: Address) -> Result<Vec<GrantInfo>, ClientError> {
        self.all_grants(&format!("/v1/energy/grants/{grantor}")).await
    }

    /// Who looks after the market for the chain, in the order of their accounts' bytes.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn energy_admins(&self) -> Result<Vec<GrantInfo>, ClientError> {
        self.all_grants("/v1/energy/admins").await
    }

    async fn all_grants(&self, base: &str) -> Result<Vec<GrantInfo>, ClientError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let parameters = [("after", text(after)), ("limit", text(Some(WHOLE_PAGE)))];
            let page: GrantPage = self.get(&path(base, &parameters)).await?;
            all.extend(page.grants);
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }
}
