//! The treasury as JSON.

use super::{DueView, Money, Show, SimulationView};
use althing_ledger::{
    Income,
    governance::Proposal,
    treasury::{Disbursement, Treasury},
};
use althing_types::{
    Amount, Due, Event, Height, Timestamp, Transaction,
    governance::{Action, DisbursementReason, DisbursementState},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Disbursements that are in the same state.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DisbursementStateView {
    /// The state.
    #[schema(example = "queued")]
    pub state: String,
    /// How many.
    pub count: u64,
    /// The sum of their payments, in base units.
    pub total: String,
    /// The same for people.
    pub total_display: String,
}

/// What the treasury earned, by where it came from. What accounts sent it is not counted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IncomeView {
    /// Its part of the fees.
    pub fees: Money,
    /// Its part of slashes and penalties.
    pub penalties: Money,
    /// Deposits of proposals that did not go back.
    pub deposits: Money,
}

impl IncomeView {
    pub(crate) fn new(income: Income, show: Show<'_>) -> Self {
        let Income { fees, penalties, deposits } = income;
        let [fees, penalties, deposits] =
            [fees, penalties, deposits].map(|amount| Money::new(amount, show));
        Self { fees, penalties, deposits }
    }
}

/// What the treasury earned in an epoch.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EpochIncomeView {
    /// The epoch.
    pub epoch: u64,
    /// What it earned.
    #[serde(flatten)]
    pub income: IncomeView,
}

impl EpochIncomeView {
    /// What an event says; `None` if it is about something else.
    pub(crate) fn of(event: &Event, show: Show<'_>) -> Option<Self> {
        let Event::TreasuryEarned { epoch, fees, penalties, deposits } = *event else {
            return None;
        };
        let income = IncomeView::new(Income { fees, penalties, deposits }, show);
        Some(Self { epoch: epoch.get(), income })
    }
}

/// The treasury as a whole.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TreasurySummary {
    /// The height this was read at.
    pub height: u64,
    /// What it owns.
    pub balance: Money,
    /// What of that is accepted and not executed yet.
    pub reserved: Money,
    /// What is left for new proposals.
    pub available: Money,
    /// What is executed and not paid yet; the treasury does not own it any more.
    pub held: Money,
    /// All that was ever paid.
    pub paid: Money,
    /// Disbursements that are accepted and not over.
    pub pending: u32,
    /// Most of them.
    pub max_pending: u64,
    /// Epochs in a row that ended with a backlog.
    pub stalled_epochs: u32,
    /// Whether that is a stall.
    pub stalled: bool,
    /// Not before this anything happens by itself; absent if nothing is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wake: Option<DueView>,
    /// Before this nothing is executed or paid: the treasury is paused. Absent if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<DueView>,
    /// What it has earned in the running epoch.
    pub income: IncomeView,
    /// What it earned in the last epoch in which it earned anything; absent if there is none, or if
    /// this node keeps no index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_income: Option<EpochIncomeView>,
    /// Both houses decide about more than this.
    pub grant_limit: Money,
    /// Disbursements by state; absent if this node keeps no index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub states: Option<Vec<DisbursementStateView>>,
}

impl TreasurySummary {
    pub(crate) fn new(
        (height, time): (Height, Timestamp),
        (treasury, balance): (&Treasury, Amount),
        params: &althing_types::params::TreasuryParams,
        (income, last_income): (IncomeView, Option<EpochIncomeView>),
        states: Option<Vec<DisbursementStateView>>,
        show: Show<'_>,
    ) -> Self {
        let paused = treasury.is_paused(height, time);
        let available = balance.units().saturating_sub(treasury.reserved.units());
        let money = |amount| Money::new(amount, show);
        Self {
            height: height.get(),
            balance: money(balance),
            reserved: money(treasury.reserved),
            available: money(Amount::new(available)),
            held: money(treasury.held),
            paid: money(treasury.paid),
            pending: treasury.pending,
            max_pending: params.max_pending,
            stalled_epochs: treasury.stalled,
            stalled: u64::from(treasury.stalled) > params.stall_epochs,
            wake: (treasury.pending > 0).then(|| DueView::from(treasury.wake)),
            paused_until: paused.then(|| DueView::from(treasury.paused_until)),
            income,
            last_income,
            grant_limit: money(params.grant_limit),
            states,
        }
    }
}

/// A payment of a disbursement.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PaymentView {
    /// Who is paid.
    pub to: String,
    /// How much, in base units.
    pub amount: String,
    /// The same for people.
    pub amount_display: String,
    /// Blocks from the execution on.
    pub milestone_blocks: u64,
    /// Milliseconds from the execution on.
    pub milestone_ms: u64,
    /// When it is paid; absent before the execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<DueView>,
    /// Whether it was paid.
    pub paid: bool,
}

/// A step in the life of a disbursement.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StepView {
    /// Where it came.
    #[schema(example = "queued")]
    pub state: String,
    /// Why.
    #[schema(example = "planned")]
    pub reason: String,
    /// When.
    pub height: u64,
}

/// Why a disbursement could not go on, and what to do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DisbursementErrorView {
    /// `InsufficientFunds`, `InvalidTarget`, `StaleDependency`, `CircularDependency` or
    /// `ExecutionFailed`.
    pub error: String,
    /// What to do.
    pub recovery: String,
}

impl DisbursementErrorView {
    /// The error that a reason stands for.
    pub(crate) fn of(reason: DisbursementReason) -> Option<Self> {
        let (error, recovery) = match reason {
            DisbursementReason::InsufficientFunds => (
                "InsufficientFunds",
                "fund the treasury before the disbursement is too old; otherwise propose it again",
            ),
            DisbursementReason::InvalidTarget => {
                ("InvalidTarget", "propose it again with another recipient")
            }
            DisbursementReason::StaleDependency => {
                ("StaleDependency", "propose it again, with dependencies that live")
            }
            DisbursementReason::CircularDependency => {
                ("CircularDependency", "leave one dependency of the circle out")
            }
            DisbursementReason::ExecutionFailed => {
                ("ExecutionFailed", "propose it again with a recipient that can be paid")
            }
            _ => return None,
        };
        Some(Self { error: error.to_owned(), recovery: recovery.to_owned() })
    }

    /// The error that a code of a receipt stands for.
    pub(crate) fn of_code(name: &str) -> Option<Self> {
        Self::of(match name {
            "treasury_insufficient_funds" => DisbursementReason::InsufficientFunds,
            "invalid_target" => DisbursementReason::InvalidTarget,
            "stale_dependency" => DisbursementReason::StaleDependency,
            "circular_dependency" => DisbursementReason::CircularDependency,
            _ => return None,
        })
    }
}

/// A disbursement. Its number is that of its proposal.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DisbursementView {
    /// Its number.
    pub number: u64,
    /// A line for people.
    pub title: String,
    /// What it is for.
    pub memo: String,
    /// Who proposed it.
    pub proposer: String,
    /// `draft`, `voting`, `queued`, `timelocked`, `executed`, `finalized` or `rolled_back`.
    #[schema(example = "timelocked")]
    pub state: String,
    /// Why it is there.
    #[schema(example = "planned")]
    pub reason: String,
    /// What went wrong, if anything did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<DisbursementErrorView>,
    /// The sum of its payments, in base units.
    pub total: String,
    /// The same for people.
    pub total_display: String,
    /// What of that was paid, in base units.
    pub paid: String,
    /// The same for people.
    pub paid_display: String,
    /// Its payments.
    pub payments: Vec<PaymentView>,
    /// What must be executed before.
    pub deps: Vec<u64>,
    /// What depends on it.
    pub dependents: Vec<u64>,
    /// When it may be executed, or when its rollback window ends; absent before it is timelocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<DueView>,
    /// When it is given up if it is not executed; absent before it is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<DueView>,
    /// Whether the treasury could not pay it when it was due.
    pub short: bool,
    /// When it was executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executed_height: Option<u64>,
    /// The time of that block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executed_ms: Option<u64>,
    /// How it came where it is, oldest first.
    pub history: Vec<StepView>,
}

impl DisbursementView {
    pub(crate) fn new(
        number: u64,
        record: &Disbursement,
        proposal: &Proposal,
        dependents: &[u64],
        show: Show<'_>,
    ) -> Self {
        let memo = match &proposal.action {
            Action::Treasury { memo, .. } => memo.to_string(),
            _ => String::new(),
        };
        let reason = last_reason(record);
        let short = record.short.then_some(DisbursementReason::InsufficientFunds);
        let waits = !matches!(record.state, DisbursementState::Draft | DisbursementState::Voting);
        let locked = waits && record.state != DisbursementState::Queued;
        Self {
            number,
            title: proposal.title.to_string(),
            memo,
            proposer: proposal.proposer.to_string(),
            state: record.state.name().to_owned(),
            reason: reason.name().to_owned(),
            error: DisbursementErrorView::of(reason)
                .or_else(|| short.and_then(DisbursementErrorView::of)),
            total: record.total.to_string(),
            total_display: show.amount(record.total),
            paid: paid(record).to_string(),
            paid_display: show.amount(paid(record)),
            payments: payments(record, show),
            deps: record.deps.to_vec(),
            dependents: dependents.to_vec(),
            due: locked.then(|| DueView::from(record.due)),
            expires: waits.then(|| DueView::from(record.expires)),
            short: record.short,
            executed_height: record.executed.map(|moment| moment.height.get()),
            executed_ms: record.executed.map(|moment| moment.time.get()),
            history: steps(record),
        }
    }
}

fn last_reason(record: &Disbursement) -> DisbursementReason {
    record.history.last().map_or(DisbursementReason::Planned, |step| step.reason)
}

/// Whether payment `place` was made.
const fn is_paid(record: &Disbursement, place: u32) -> bool {
    match 1u32.checked_shl(place) {
        Some(bit) => record.paid & bit != 0,
        None => false,
    }
}

/// What was paid.
fn paid(record: &Disbursement) -> Amount {
    let made = record.payments.iter().zip(0u32..).filter(|(_, place)| is_paid(record, *place));
    let units = made.map(|(payment, _)| payment.amount.units());
    Amount::new(units.fold(0, u128::saturating_add))
}

fn payments(record: &Disbursement, show: Show<'_>) -> Vec<PaymentView> {
    let due = |milestone: althing_types::Period| -> Option<Due> {
        let moment = record.executed?;
        Some(milestone.from(moment.height, moment.time).max(record.due))
    };
    let view = |(payment, place): (&althing_types::governance::Payment, u32)| PaymentView {
        to: payment.to.to_string(),
        amount: payment.amount.to_string(),
        amount_display: show.amount(payment.amount),
        milestone_blocks: payment.milestone.blocks,
        milestone_ms: payment.milestone.ms,
        due: due(payment.milestone).map(DueView::from),
        paid: is_paid(record, place),
    };
    record.payments.iter().zip(0u32..).map(view).collect()
}

fn steps(record: &Disbursement) -> Vec<StepView> {
    let view = |step: &althing_ledger::treasury::Step| StepView {
        state: step.state.name().to_owned(),
        reason: step.reason.name().to_owned(),
        height: step.height.get(),
    };
    record.history.iter().map(view).collect()
}

/// A page of disbursements, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DisbursementPage {
    /// The height this was read at.
    pub height: u64,
    /// The disbursements.
    pub disbursements: Vec<DisbursementView>,
    /// Give this as `before` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// The record of a disbursement as every node writes it at one height: the canonical text has its
/// keys in order, its integers as strings, and no white space.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SnapshotView {
    /// Version of this form.
    #[schema(example = "althing.disbursement.v1")]
    pub schema: String,
    /// The chain.
    pub chain_id: String,
    /// Hash of the genesis file.
    pub genesis_hash: String,
    /// The height of the state.
    #[schema(value_type = String)]
    pub height: u64,
    /// The number of the disbursement and of its proposal.
    #[schema(value_type = String)]
    pub number: u64,
    /// What it is for.
    pub memo: String,
    /// Who proposed it.
    pub proposer: String,
    /// Where it is in its life.
    pub state: String,
    /// Why it is there.
    pub reason: String,
    /// The sum of its payments, in base units.
    pub total: String,
    /// What of that was paid, in base units.
    pub paid: String,
    /// Its payments.
    pub payments: Vec<SnapshotPayment>,
    /// What must be executed before.
    #[schema(value_type = Vec<String>)]
    pub deps: Vec<u64>,
    /// When it was executed; `null` before.
    #[schema(value_type = Option<String>)]
    pub executed_height: Option<u64>,
    /// How it came where it is, oldest first.
    pub history: Vec<SnapshotStep>,
}

/// A payment in a snapshot.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SnapshotPayment {
    /// Who is paid.
    pub to: String,
    /// How much, in base units.
    pub amount: String,
    /// Blocks from the execution on.
    #[schema(value_type = String)]
    pub milestone_blocks: u64,
    /// Milliseconds from the execution on.
    #[schema(value_type = String)]
    pub milestone_ms: u64,
    /// Whether it was paid.
    pub paid: bool,
}

/// A step in a snapshot.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SnapshotStep {
    /// Where it came.
    pub state: String,
    /// Why.
    pub reason: String,
    /// When.
    #[schema(value_type = String)]
    pub height: u64,
}

impl SnapshotView {
    pub(crate) fn new(
        (chain_id, genesis_hash): (String, String),
        height: Height,
        number: u64,
        record: &Disbursement,
        proposal: &Proposal,
    ) -> Self {
        let memo = match &proposal.action {
            Action::Treasury { memo, .. } => memo.to_string(),
            _ => String::new(),
        };
        let payments = record.payments.iter().zip(0u32..).map(|(payment, place)| SnapshotPayment {
            to: payment.to.to_string(),
            amount: payment.amount.to_string(),
            milestone_blocks: payment.milestone.blocks,
            milestone_ms: payment.milestone.ms,
            paid: is_paid(record, place),
        });
        let history = record.history.iter().map(|step| SnapshotStep {
            state: step.state.name().to_owned(),
            reason: step.reason.name().to_owned(),
            height: step.height.get(),
        });
        Self {
            schema: "althing.disbursement.v1".to_owned(),
            chain_id,
            genesis_hash,
            height: height.get(),
            number,
            memo,
            proposer: proposal.proposer.to_string(),
            state: record.state.name().to_owned(),
            reason: last_reason(record).name().to_owned(),
            total: record.total.to_string(),
            paid: paid(record).to_string(),
            payments: payments.collect(),
            deps: record.deps.to_vec(),
            executed_height: record.executed.map(|moment| moment.height.get()),
            history: history.collect(),
        }
    }
}

/// A transaction that waits for a signature.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnsignedView {
    /// The fields of the transaction; with `authorization` they can be submitted as they are.
    pub transaction: Value,
    /// Its encoding, hex; `althing_types::keys::signing_bytes` of it is what is signed.
    pub bytes: String,
    /// What it would do.
    pub simulation: SimulationView,
}

impl UnsignedView {
    pub(crate) fn new(transaction: &Transaction, simulation: SimulationView) -> Self {
        use commonware_codec::Encode as _;
        Self {
            // A transaction holds strings, numbers and lists only, which always serialize.
            transaction: serde_json::to_value(transaction).unwrap_or_default(),
            bytes: hex::encode(transaction.encode()),
            simulation,
        }
    }
}

/// The moment that things are compared with.
pub(crate) const fn now(height: Height, time_ms: u64) -> (Height, Timestamp) {
    (height, Timestamp::new(time_ms))
}
