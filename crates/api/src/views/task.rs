//! Tasks as JSON. Fields of records have the names that the ledger gives them.

use super::{
    AssignmentView, CheckStateView, DueView, Names, ResultView, SettlementView, ShapeView, Show,
    VerdictView, hex_of, task_words::standing,
};
use crate::backend::{AttemptRow, SettlementRow, TaskEvent, TaskRow, VerdictRow};
use althing_ledger::compute::Task;
use althing_types::{Amount, Height, Timestamp, compute::Operands, params::ComputeParams};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// When a task came where, in milliseconds since the Unix epoch. What is absent has not happened, or
/// this node keeps no index.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct TaskTimes {
    /// It was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_ms: Option<u64>,
    /// A worker got it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_ms: Option<u64>,
    /// That worker committed to a result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub committed_ms: Option<u64>,
    /// A committee was drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenged_ms: Option<u64>,
    /// It accepted the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_ms: Option<u64>,
    /// The task was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<u64>,
}

impl From<&TaskRow> for TaskTimes {
    fn from(history: &TaskRow) -> Self {
        let of = |time: Option<Timestamp>| time.map(|time| time.get());
        Self {
            created_ms: Some(history.created_time.get()),
            assigned_ms: of(history.assigned),
            committed_ms: of(history.committed),
            challenged_ms: of(history.challenged),
            accepted_ms: of(history.accepted),
            ended_ms: of(history.ended_time),
        }
    }
}

/// A task in a listing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskRowView {
    /// Its number.
    pub number: u64,
    /// `open`, `assigned`, `committed`, `challenged`, `accepted`, `disproved`, `settled`, `failed` or
    /// `cancelled`.
    #[schema(example = "settled")]
    pub state: String,
    /// `paid`, `network` or `benchmark`.
    #[schema(example = "paid")]
    pub purpose: String,
    /// Who pays for it, if somebody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester: Option<String>,
    /// The shape of its products.
    pub shape: ShapeView,
    /// How many there are.
    pub count: u32,
    /// Units of work of the whole batch.
    pub units: u64,
    /// What is paid for each product, in base units.
    pub price: String,
    /// The same for people.
    pub price_display: String,
    /// What is paid for all of them, in base units.
    pub total: String,
    /// The same for people.
    pub total_display: String,
    /// How many devices had it.
    pub attempt: u32,
    /// Who has it, or had it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// The number of that worker's device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<u8>,
    /// Root of the roots of its products, once a worker is bound to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Why the last attempt that failed did so: `wrong`, `withheld`, `unverified` or `late`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why its price went back: `cancelled`, `no-worker` or `attempts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund: Option<String>,
    /// The height at which it was created.
    pub created_height: u64,
    /// The height at which it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_height: Option<u64>,
    /// When it came where.
    pub times: TaskTimes,
}

impl TaskRowView {
    pub(crate) fn of_history(history: &TaskRow, show: Show<'_>) -> Self {
        let total = total(history.price, history.count);
        Self {
            number: history.number,
            state: history.state.name().to_owned(),
            purpose: history.purpose.name().to_owned(),
            requester: history.requester.map(|it| it.to_string()),
            shape: history.shape.into(),
            count: history.count,
            units: history.shape.units().saturating_mul(history.count.into()),
            price: history.price.to_string(),
            price_display: show.amount(history.price),
            total: total.to_string(),
            total_display: show.amount(total),
            attempt: history.attempt,
            worker: history.worker.map(|it| it.to_string()),
            device: history.device,
            root: history.root.as_ref().map(hex_of),
            reason: history.reason.map(|reason| reason.name().to_owned()),
            refund: history.refund.map(|reason| reason.name().to_owned()),
            created_height: history.created.get(),
            ended_height: history.ended.map(Height::get),
            times: history.into(),
        }
    }

    /// What the state says; times are known to the index alone.
    fn of_record(number: u64, task: &Task, show: Show<'_>) -> Self {
        let total = total(task.price, task.count);
        let device = task.assignment.map(|assignment| assignment.device);
        Self {
            number,
            state: task.state.name().to_owned(),
            purpose: task.purpose.name().to_owned(),
            requester: task.requester.map(|it| it.to_string()),
            shape: task.shape.into(),
            count: task.count,
            units: task.units(),
            price: task.price.to_string(),
            price_display: show.amount(task.price),
            total: total.to_string(),
            total_display: show.amount(total),
            attempt: task.attempt,
            worker: device.map(|device| device.worker.to_string()),
            device: device.map(|device| device.device),
            root: task.result.as_ref().map(|result| hex_of(&result.root)),
            reason: task.reason.map(|reason| reason.name().to_owned()),
            refund: None,
            created_height: task.created.get(),
            ended_height: None,
            times: TaskTimes::default(),
        }
    }
}

fn total(price: Amount, count: u32) -> Amount {
    Amount::new(price.units().saturating_mul(count.into()))
}

/// A page of tasks.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskPage {
    /// Tasks, newest first.
    pub tasks: Vec<TaskRowView>,
    /// `before` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// Everything about a task.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskView {
    /// The height this was read at.
    pub height: u64,
    /// What every listing says.
    #[serde(flatten)]
    pub task: TaskRowView,
    /// Where the matrices come from: `type` is `seed`, or `content` with the roots `a` and `b`.
    pub operands: Value,
    /// Where matrices that the requester has are fetched, or empty.
    pub source: String,
    /// When it goes on by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<DueView>,
    /// Who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment: Option<AssignmentView>,
    /// What its worker is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ResultView>,
    /// How it is checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckStateView>,
    /// Who proved it wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prover: Option<String>,
    /// Every verdict on any attempt; absent if this node keeps no index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdicts: Option<Vec<VerdictView>>,
    /// What it earned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settlement: Option<SettlementView>,
    /// How far it is, in a sentence.
    pub standing: String,
}

/// What is known about a task.
pub(crate) struct KnownTask<'a> {
    pub(crate) number: u64,
    pub(crate) record: Option<&'a Task>,
    pub(crate) history: Option<&'a TaskRow>,
    /// The seed of its present attempt, hex, once it is drawn.
    pub(crate) seed: Option<String>,
    pub(crate) verdicts: Option<Vec<VerdictRow>>,
    pub(crate) settlement: Option<SettlementRow>,
}

impl TaskView {
    /// `None` if neither the state nor the index knows it.
    pub(crate) fn new(
        height: Height,
        known: KnownTask<'_>,
        params: &ComputeParams,
        names: &Names,
        show: Show<'_>,
    ) -> Option<Self> {
        let KnownTask { number, record, history, seed, verdicts, settlement } = known;
        let mut task = match (record, history) {
            (Some(record), _) => TaskRowView::of_record(number, record, show),
            (None, Some(history)) => TaskRowView::of_history(history, show),
            (None, None) => return None,
        };
        if let Some(history) = history {
            task.times = history.into();
            task.refund = history.refund.map(|reason| reason.name().to_owned());
            task.ended_height = history.ended.map(Height::get);
        }
        let (from, source) = match (record, history) {
            (Some(record), _) => (record.operands, record.source.to_string()),
            (None, Some(history)) => (history.operands, history.source.clone()),
            (None, None) => return None,
        };
        let assignment = record.and_then(|record| record.assignment.as_ref());
        let prover = record.map_or_else(|| history.and_then(|it| it.prover), |it| it.prover);
        let standing = standing(&task, record, verdicts.as_deref().unwrap_or_default(), params);
        let over = record.is_none_or(|record| record.state.is_over());
        Some(Self {
            height: height.get(),
            operands: operands(&from),
            source,
            due: record.filter(|_| !over).map(|record| record.due.into()),
            assignment: assignment.map(|assignment| AssignmentView::new(assignment, seed)),
            result: record.and_then(|record| record.result.as_ref()).map(ResultView::from),
            check: record
                .and_then(|record| record.check.as_ref())
                .map(|check| CheckStateView::new(check, names)),
            prover: prover.map(|prover| prover.to_string()),
            verdicts: verdicts
                .map(|all| all.iter().map(|it| VerdictView::new(it, names)).collect()),
            settlement: settlement.map(|settled| SettlementView::new(&settled, show)),
            standing,
            task,
        })
    }
}

fn operands(operands: &Operands) -> Value {
    // Operands hold strings only, which always serialize.
    serde_json::to_value(operands).unwrap_or_default()
}

/// Something that happened to a task.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskEventView {
    /// The height.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
    /// What happened: `type` and the fields of that event.
    pub event: Value,
}

impl TaskEventView {
    pub(crate) fn new(happened: &TaskEvent, show: Show<'_>) -> Self {
        Self {
            height: happened.height.get(),
            time_ms: happened.time.get(),
            event: super::message::event(&happened.event, show),
        }
    }
}

/// What happened to a task, oldest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskEventList {
    /// The task.
    pub number: u64,
    /// What happened.
    pub events: Vec<TaskEventView>,
}

/// An attempt of a worker at a task.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AttemptView {
    /// How many workers had the task, this one included.
    pub attempt: u32,
    /// The number of the device.
    pub device: u8,
    /// When it was assigned.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
    /// What became of this attempt: a state of tasks, or why it failed (`wrong`, `withheld`,
    /// `unverified`, `late`).
    pub outcome: String,
    /// The task as it is now.
    pub task: TaskRowView,
}

impl AttemptView {
    pub(crate) fn new(attempt: &AttemptRow, show: Show<'_>) -> Self {
        Self {
            attempt: attempt.attempt,
            device: attempt.device,
            height: attempt.height.get(),
            time_ms: attempt.time.get(),
            outcome: attempt.outcome.clone(),
            task: TaskRowView::of_history(&attempt.task, show),
        }
    }
}

/// A page of attempts of a worker.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AttemptPage {
    /// Attempts, newest task first.
    pub tasks: Vec<AttemptView>,
    /// `before` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}
