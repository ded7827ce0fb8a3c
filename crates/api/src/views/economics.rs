//! The forecast of a year as JSON.

use super::Show;
use crate::economics::{BreakEven, Chain, Plan, YEAR_MS, Year};
use althing_types::Amount;
use serde::Serialize;
use utoipa::ToSchema;

/// An amount of base units, and the same for people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Money {
    /// Base units.
    pub amount: String,
    /// The same for people.
    pub amount_display: String,
}

impl Money {
    pub(crate) fn new(amount: Amount, show: Show<'_>) -> Self {
        Self { amount: amount.to_string(), amount_display: show.amount(amount) }
    }
}

/// What a year brings to a validator, its operator and its delegators, if everything stays as it
/// is now. Ratios are in parts per million. The formulas are in the guide to module `staking`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EconomicsView {
    /// The height this was computed at.
    pub height: u64,
    /// The validator whose numbers were taken for what was not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validator: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validator_name: Option<String>,
    /// Time from block to block, over the last blocks.
    pub block_time_ms: u64,
    /// Blocks in a year at that pace.
    pub blocks_per_year: u64,
    /// Blocks in an epoch.
    pub epoch_length: u64,
    /// Blocks until this epoch ends.
    pub blocks_to_epoch_end: u64,
    /// Members of the set, this validator included.
    pub members: usize,
    /// Emission to validators and delegators in a year.
    pub emission: Money,
    /// Stake of the set that counts, this validator's included.
    pub counted_stake: Money,
    /// Own stake of the operator.
    pub stake: Money,
    /// What others delegate to it.
    pub delegated: Money,
    /// What of both counts.
    pub weight: Money,
    /// What it keeps of its delegators' rewards.
    pub commission_rate: u32,
    /// The part of its proposals that it is taken to make.
    pub score: u32,
    /// What the validator earns for itself and its delegators.
    pub reward: Money,
    /// The operator's commission.
    pub commission: Money,
    /// What the operator's own stake earns.
    pub own_reward: Money,
    /// Both together.
    pub operator_income: Money,
    /// What the delegators earn.
    pub delegators_reward: Money,
    /// What a delegator earns a year for what it delegates.
    pub delegator_rate: u32,
    /// What the operator pays a year.
    pub costs: Money,
    /// Whether income covers costs.
    pub profitable: bool,
    /// What is left of income, or missing to costs.
    pub surplus_or_gap: Money,
    /// The least that others must delegate to cover costs; absent if no delegation is enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub break_even_delegated: Option<Money>,
    /// The least commission that covers costs; absent if the highest legal one is not enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub break_even_commission: Option<u32>,
}

impl EconomicsView {
    pub(crate) fn new(
        validator: Option<(String, String)>,
        chain: &Chain,
        plan: &Plan,
        show: Show<'_>,
    ) -> Self {
        let (year, even): (Year, BreakEven) = (chain.year(plan), chain.break_even(plan));
        let money = |amount| Money::new(amount, show);
        let total = plan.own.units().saturating_add(plan.delegated.units());
        let net = year.reward.units().saturating_sub(year.commission.units());
        let rate = Amount::new(net).mul_div(1_000_000, total.max(1));
        let rate = rate.ok().and_then(|rate| u32::try_from(rate.units()).ok()).unwrap_or(u32::MAX);
        let income = year.income();
        let (key, name) = validator.unzip();
        let length = chain.params.epoch_length.max(1);
        Self {
            height: chain.height,
            validator: key,
            validator_name: name,
            block_time_ms: chain.block_time_ms,
            blocks_per_year: YEAR_MS / chain.block_time_ms.max(1),
            epoch_length: length,
            blocks_to_epoch_end: length - 1 - chain.height % length,
            members: chain.others.len() + 1,
            emission: money(year.emission),
            counted_stake: money(year.counted),
            stake: money(plan.own),
            delegated: money(plan.delegated),
            weight: money(year.weight),
            commission_rate: plan.commission.get(),
            score: plan.score.get(),
            reward: money(year.reward),
            commission: money(year.commission),
            own_reward: money(year.own_reward),
            operator_income: money(income),
            delegators_reward: money(year.delegators_reward),
            delegator_rate: if total == 0 { 0 } else { rate },
            costs: money(plan.costs),
            profitable: income >= plan.costs,
            surplus_or_gap: money(Amount::new(income.units().abs_diff(plan.costs.units()))),
            break_even_delegated: even.delegated.map(money),
            break_even_commission: even.commission.map(althing_types::Ppm::get),
        }
    }
}
