//! Oracles, the versions of the rules, and who may act for whom.

use super::{EnergyMoment, EnergySettlementView, ScopesView, part_of_set, places};
use crate::{
    backend::ReportRow,
    views::{DueView, Show},
};
use althing_ledger::energy::{
    Grant, Oracle, OracleCounters, OracleSet, Settlement, query::latest_report,
};
use althing_types::Address;
use serde::Serialize;
use utoipa::ToSchema;

/// What an oracle has done.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct OracleCountersView {
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

impl From<OracleCounters> for OracleCountersView {
    fn from(of: OracleCounters) -> Self {
        let OracleCounters { agreed, contradicted, abstained, overruled, late, absent, slashed } =
            of;
        Self { agreed, contradicted, abstained, overruled, late, absent, slashed }
    }
}

/// An oracle.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OracleView {
    /// The height this was read at.
    pub height: u64,
    /// Its account.
    pub address: String,
    /// Its name.
    pub name: String,
    /// Its stake, in base units.
    pub stake: String,
    /// The same for people.
    pub stake_display: String,
    /// Its weight, in parts per million; nothing while it is not admitted.
    pub weight: u32,
    /// Its part of the weights of all, in parts per million, rounded down.
    pub part: u32,
    /// Whether it leaves, or was removed: its stake unbonds.
    pub leaving: bool,
    /// When its stake is paid, if it leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unbonds: Option<DueView>,
    /// The height of its last report; 0 before the first.
    pub reported: u64,
    /// The time of that block, in milliseconds since the Unix epoch.
    pub reported_at: u64,
    /// How long ago that was, by the time of the last block, in seconds.
    pub age_s: u64,
    /// Whether that is too long to rely on it.
    pub stale: bool,
    /// What it has done.
    pub counters: OracleCountersView,
}

impl OracleView {
    pub(crate) fn new(
        address: Address,
        oracle: &Oracle,
        set: &OracleSet,
        now: EnergyMoment<'_>,
        show: Show<'_>,
    ) -> Self {
        Self {
            height: now.height.get(),
            address: address.to_string(),
            name: oracle.name.to_string(),
            stake: oracle.stake.to_string(),
            stake_display: show.amount(oracle.stake),
            weight: oracle.weight.get(),
            part: part_of_set(set, &address),
            leaving: oracle.leaving,
            unbonds: oracle.leaving.then(|| oracle.unbonds.into()),
            reported: oracle.reported.get(),
            reported_at: oracle.reported_at.get(),
            age_s: now.age(oracle.reported_at.get() / super::MS),
            stale: latest_report(oracle, now.time, now.params, false).is_err(),
            counters: oracle.counters.into(),
        }
    }
}

/// A page of oracles.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OraclePage {
    /// The height this was read at.
    pub height: u64,
    /// The version of the set of those that have a weight now.
    pub oracle_set: u32,
    /// The sum of their weights.
    pub oracle_weight: u64,
    /// Oracles in the order of their accounts' bytes, also such without a weight.
    pub oracles: Vec<OracleView>,
    /// `after` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// When an oracle last reported.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OracleValueView {
    /// The height this was read at.
    pub height: u64,
    /// The oracle.
    pub oracle: String,
    /// The height of its last report.
    pub reported: u64,
    /// The time of that block, in milliseconds since the Unix epoch.
    pub reported_at: u64,
    /// How long ago that was, by the time of the last block, in seconds.
    pub age_s: u64,
    /// From which age on a value is stale, in seconds.
    pub stale_s: u64,
    /// Whether it is.
    pub stale: bool,
}

/// A report of an oracle about a batch. Where a place is in neither list it abstained.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OracleReportView {
    /// The batch.
    pub batch: u64,
    /// Places of readings that it found right.
    pub agree: Vec<u8>,
    /// Places of readings that it found wrong.
    pub contradict: Vec<u8>,
    /// Whether all was decided already.
    pub late: bool,
    /// When it came.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
}

impl From<&ReportRow> for OracleReportView {
    fn from(of: &ReportRow) -> Self {
        Self {
            batch: of.report.batch,
            agree: places(of.report.agree),
            contradict: places(of.report.contradict),
            late: of.late,
            height: of.height.get(),
            time_ms: of.time.get(),
        }
    }
}

/// A page of reports of an oracle.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OracleReportPage {
    /// The oracle.
    pub oracle: String,
    /// Newest batch first.
    pub reports: Vec<OracleReportView>,
    /// `before` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// Rules that were or are in force.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EnergyRulesView {
    /// Their number, from 0.
    pub version: u32,
    /// Since when.
    pub since: u64,
    /// The proposal that wanted them; absent for those of genesis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<u64>,
    /// The rules.
    pub payload: EnergySettlementView,
}

impl EnergyRulesView {
    pub(crate) fn new(version: u32, of: &Settlement) -> Self {
        Self { version, since: of.since.get(), proposal: of.proposal, payload: of.payload.into() }
    }
}

/// A page of versions of the rules.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EnergyRulesPage {
    /// The height this was read at.
    pub height: u64,
    /// Newest first.
    pub versions: Vec<EnergyRulesView>,
    /// `before` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// What an account may do for another one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GrantView {
    /// Who granted it; the account of governance, if the chain did.
    pub grantor: String,
    /// To whom.
    pub account: String,
    /// What the grantor is: `provider`, `oracle` or `admin`.
    #[schema(example = "provider")]
    pub role: String,
    /// What may be done.
    pub scopes: ScopesView,
    /// The first height at which it may be done no more.
    pub expires: u64,
    /// Whether it may be done in the next block.
    pub active: bool,
}

impl GrantView {
    pub(crate) fn new(grantor: Address, account: Address, of: &Grant, height: u64) -> Self {
        Self {
            grantor: grantor.to_string(),
            account: account.to_string(),
            role: of.role.name().to_owned(),
            scopes: of.scopes.into(),
            expires: of.expires.get(),
            active: height.saturating_add(1) < of.expires.get(),
        }
    }
}

/// A page of grants.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GrantPage {
    /// The height this was read at.
    pub height: u64,
    /// In the order of the accounts' bytes.
    pub grants: Vec<GrantView>,
    /// `after` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
