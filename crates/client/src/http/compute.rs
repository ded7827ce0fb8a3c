//! Workers, tasks, and what they earn.

use super::{Client, ClientError, governance::path};
use althing_types::{
    Address, Amount, Due, Hash, Height, Ppm, Timestamp,
    compute::{
        DeviceId, Factors, Inventory, Operands, Points, Purpose, RefundReason, RejectReason, Shape,
        TaskState, WorkerState,
    },
    hash::{serde_hex, serde_hex_option},
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Credits asked for at a time.
const CREDIT_PAGE: usize = 100;

/// Which tasks are wanted. What is left open is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskQuery {
    /// Where they are in their lives.
    pub state: Option<TaskState>,
    /// Why they exist.
    pub purpose: Option<Purpose>,
    /// Who pays for them.
    pub requester: Option<Address>,
    /// Who has, or had, them.
    pub worker: Option<Address>,
    /// Only those with a lower number.
    pub before: Option<u64>,
    /// Entries wanted.
    pub limit: Option<usize>,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct TaskInfo {
    /// Its number.
    pub number: u64,
    /// Where it is in its life.
    pub state: TaskState,
    /// Why it exists.
    pub purpose: Purpose,
    /// Who pays for it, if somebody does.
    #[serde(default)]
    pub requester: Option<Address>,
    /// The shape of its products.
    pub shape: Shape,
    /// How many there are.
    pub count: u32,
    /// What is paid for each of them, in base units.
    pub price: Amount,
    /// How many devices had it.
    pub attempt: u32,
    /// Who has it, or had it last.
    #[serde(default)]
    pub worker: Option<Address>,
    /// Root of the roots of its products, once a worker is bound to it.
    #[serde(default, with = "serde_hex_option")]
    pub root: Option<Hash>,
    /// Why the last attempt that failed did so.
    #[serde(default)]
    pub reason: Option<RejectReason>,
    /// Why its price went back.
    #[serde(default)]
    pub refund: Option<RefundReason>,
    /// Where the matrices come from, while the state knows it.
    #[serde(default)]
    pub operands: Option<Operands>,
    /// Who has it.
    #[serde(default)]
    pub assignment: Option<AssignmentInfo>,
    /// What its worker is bound to.
    #[serde(default)]
    pub result: Option<ResultInfo>,
    /// How far it is, in a sentence; empty in listings.
    #[serde(default)]
    pub standing: String,
    /// Everything else that the node says.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Who has a task.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct AssignmentInfo {
    /// The device.
    pub device: DeviceId,
    /// The randomness of this height draws the seed of the matrices.
    pub seed_height: Height,
    /// The seed, once it is drawn.
    #[serde(default, with = "serde_hex_option")]
    pub seed: Option<Hash>,
    /// A result after this does not count.
    pub deadline: Due,
}

/// What a worker is bound to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ResultInfo {
    /// Root of the roots of its products.
    #[serde(with = "serde_hex")]
    pub root: Hash,
    /// The seed of its matrices.
    #[serde(with = "serde_hex")]
    pub seed: Hash,
    /// When it was committed.
    pub height: Height,
}

/// A page of tasks, newest first.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct TaskPage {
    /// The tasks.
    pub tasks: Vec<TaskInfo>,
    /// `before` of the next page.
    #[serde(default)]
    pub next: Option<u64>,
}

/// A worker. Parts are in parts per million.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct WorkerInfo {
    /// Its account.
    pub address: Address,
    /// What it does.
    pub state: WorkerState,
    /// Where others fetch what it has computed.
    pub endpoint: String,
    /// Its stake, in base units.
    pub stake: Amount,
    /// Its tasks that are not over for it.
    pub tasks: Vec<u64>,
    /// Wrong results so far.
    pub strikes: u32,
    /// The time of its last heartbeat.
    #[serde(default)]
    pub heard: Option<Timestamp>,
    /// The part of its results that were right.
    pub success: Ppm,
    /// The part of its results that were in time.
    pub timeliness: Ppm,
    /// The part of its heartbeats that it sent.
    pub uptime: Ppm,
    /// `success * timeliness`.
    pub reputation: Ppm,
    /// Its devices.
    pub devices: Vec<DeviceInfo>,
    /// What it can claim now, in base units.
    pub claimable: Amount,
    /// Everything else that the node says.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// A device of a worker.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct DeviceInfo {
    /// Its number, 0 to 15.
    pub device: u8,
    /// What it says about itself.
    pub inventory: Inventory,
    /// What its attestation gave.
    pub points: Points,
    /// What became of the report that it signed itself.
    #[serde(default)]
    pub report: DeviceReportInfo,
    /// What its work counts.
    pub tier: Ppm,
    /// Whether it computed much more or less than the last time.
    pub flagged: bool,
    /// Whether it may work now.
    pub eligible: bool,
    /// Why it may not, each with what to do.
    pub obstacles: Vec<String>,
    /// Everything else that the node says.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Whether the hardware of a device signed for itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportState {
    /// The last evidence brought no report.
    #[default]
    None,
    /// It was verified up to its maker's root.
    Verified,
    /// It was not.
    Refused,
}

/// What became of a report that a device signed itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct DeviceReportInfo {
    /// Whether there is one, and whether it was verified.
    pub state: ReportState,
    /// Whether it counts where the device is scored now: one that was refused takes points away.
    pub counts: bool,
    /// Why it was refused, as a sentence; not in listings.
    #[serde(default)]
    pub reason: Option<String>,
    /// What in a verified one contradicts what the worker says, as a sentence.
    #[serde(default)]
    pub contradiction: Option<String>,
    /// The height of the block that verified or refused it.
    #[serde(default)]
    pub height: Option<Height>,
    /// The height whose randomness is in its nonce.
    #[serde(default)]
    pub answers: Option<Height>,
    /// Until when it counts.
    #[serde(default)]
    pub expires: Option<Due>,
    /// The chip, by its maker's certificate.
    #[serde(default)]
    pub chip: Option<String>,
    /// Which chip it is: a hash of the key that its maker fused into it.
    #[serde(default, with = "serde_hex_option")]
    pub identity: Option<Hash>,
    /// The version of the driver that signed with it.
    #[serde(default)]
    pub driver: Option<String>,
    /// The version of its firmware.
    #[serde(default)]
    pub vbios: Option<String>,
    /// The kind of board, in its maker's numbers.
    #[serde(default)]
    pub board: Option<String>,
}

/// A page of workers, in the order of their accounts' bytes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct WorkerPage {
    /// The workers.
    pub workers: Vec<WorkerInfo>,
    /// `after` of the next page.
    #[serde(default)]
    pub next: Option<Address>,
}

/// A credited result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct CreditInfo {
    /// The task.
    pub task: u64,
    /// The worker.
    pub worker: Address,
    /// The height whose receipts say the same.
    pub height: Height,
    /// The shape of its products.
    pub shape: Shape,
    /// What the weight is made of.
    pub factors: Factors,
    /// The weight, in millionths of a unit of work.
    pub credit: Amount,
}

/// The weight of a worker in an epoch, as the state keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MinerWeightInfo {
    /// The worker.
    pub worker: Address,
    /// Its weight, in millionths of a unit of work; none if it was claimed.
    #[serde(default)]
    pub weight: Option<Amount>,
    /// Its part of the miners' pool, in base units, once the epoch is over and until it is claimed.
    #[serde(default)]
    pub reward: Option<MoneyInfo>,
}

/// An amount.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MoneyInfo {
    /// Base units.
    pub amount: Amount,
}

/// Weights of an epoch, with every credit that they are made of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct WeightsInfo {
    /// The height this was read at.
    pub height: Height,
    /// The epoch.
    pub epoch: u64,
    /// Whether it is over.
    pub over: bool,
    /// All weights together by the state.
    #[serde(default)]
    pub total: Option<Amount>,
    /// The pool that they share, once the epoch is over.
    #[serde(default)]
    pub pool: Option<MoneyInfo>,
    /// Workers, by the state.
    pub workers: Vec<MinerWeightInfo>,
    /// Credits in the order of their tasks.
    pub credits: Vec<CreditInfo>,
    /// `after` of the next page.
    #[serde(default)]
    pub next: Option<u64>,
}

impl Client {
    /// Sums over all workers and tasks.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn compute_summary(&self) -> Result<Value, ClientError> {
        self.get("/v1/compute/summary").await
    }

    /// Tasks, newest first.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn tasks(&self, query: &TaskQuery) -> Result<TaskPage, ClientError> {
        let parameters = [
            ("state", query.state.map(|state| state.name().to_owned())),
            ("purpose", query.purpose.map(|purpose| purpose.name().to_owned())),
            ("requester", query.requester.map(|address| address.to_string())),
            ("worker", query.worker.map(|address| address.to_string())),
            ("before", query.before.map(|number| number.to_string())),
            ("limit", query.limit.map(|limit| limit.to_string())),
        ];
        self.get(&path("/v1/compute/tasks", &parameters)).await
    }

    /// A task.
    ///
    /// # Errors
    /// [`ClientError`]; the code `task_not_found`.
    pub async fn task(&self, number: u64) -> Result<TaskInfo, ClientError> {
        self.get(&format!("/v1/compute/tasks/{number}")).await
    }

    /// Workers, in the order of their accounts' bytes, from behind one.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn workers(
        &self,
        state: Option<WorkerState>,
        after: Option<Address>,
        limit: Option<usize>,
    ) -> Result<WorkerPage, ClientError> {
        let parameters = [
            ("state", state.map(|state| state.name().to_owned())),
            ("after", after.map(|address| address.to_string())),
            ("limit", limit.map(|limit| limit.to_string())),
        ];
        self.get(&path("/v1/compute/workers", &parameters)).await
    }

    /// A worker.
    ///
    /// # Errors
    /// [`ClientError`]; the code `worker_not_found`.
    pub async fn worker(&self, address: Address) -> Result<WorkerInfo, ClientError> {
        self.get(&format!("/v1/compute/workers/{address}")).await
    }

    /// All weights of an epoch, with every credit.
    ///
    /// # Errors
    /// [`ClientError`]; the codes `epoch_not_found` and `index_disabled`.
    pub async fn weights(&self, epoch: u64) -> Result<WeightsInfo, ClientError> {
        let base = format!("/v1/compute/weights/{epoch}?limit={CREDIT_PAGE}");
        let mut whole: WeightsInfo = self.get(&base).await?;
        while let Some(after) = whole.next.take() {
            let page: WeightsInfo = self.get(&format!("{base}&after={after}")).await?;
            for weight in page.workers {
                // Each page says them of its own credits.
                if whole.workers.iter().all(|known| known.worker != weight.worker) {
                    whole.workers.push(weight);
                }
            }
            whole.credits.extend(page.credits);
            whole.next = page.next;
            (whole.height, whole.over) = (page.height, page.over);
            (whole.total, whole.pool) = (page.total, page.pool);
        }
        Ok(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_of_a_device_is_read_as_the_node_tells_it() {
        let none: DeviceReportInfo =
            serde_json::from_value(json!({ "state": "none", "counts": false })).unwrap();
        assert_eq!(none, DeviceReportInfo::default());
        let report: DeviceReportInfo = serde_json::from_value(json!({
            "state": "verified", "counts": true, "height": 12, "answers": 9,
            "expires": { "height": 40, "time": 5 }, "chip": "GH100",
            "identity": "22".repeat(32), "driver": "550.54.15", "vbios": "96.00.9F.00.01",
        }))
        .unwrap();
        assert_eq!((report.state, report.counts), (ReportState::Verified, true));
        assert_eq!(report.identity, Some(Hash::from([0x22; 32])));
        assert_eq!((report.height, report.answers), (Some(Height::new(12)), Some(Height::new(9))));
        let refused = json!({ "state": "refused", "counts": true, "reason": "Too late." });
        let refused: DeviceReportInfo = serde_json::from_value(refused).unwrap();
        assert_eq!(refused.reason.as_deref(), Some("Too late."));
    }

    #[test]
    fn a_task_is_read_from_a_listing_and_from_its_own_page() {
        let mut value = json!({
            "number": 7, "state": "assigned", "purpose": "paid",
            "shape": { "kind": "int8", "m": 256, "n": 256, "k": 256 },
            "count": 4, "price": "5", "attempt": 1,
        });
        let row: TaskInfo = serde_json::from_value(value.clone()).unwrap();
        assert_eq!((row.number, row.count, row.root, row.standing.as_str()), (7, 4, None, ""));
        let worker = Address::new([1; 20]);
        value["assignment"] = json!({
            "device": { "worker": worker, "device": 2 }, "seed_height": 9,
            "deadline": { "height": 20, "time": 5 }, "seed": "11".repeat(32),
        });
        value["operands"] = json!({ "type": "seed" });
        let task: TaskInfo = serde_json::from_value(value).unwrap();
        let assignment = task.assignment.unwrap();
        assert_eq!(assignment.device, DeviceId { worker, device: 2 });
        assert_eq!(assignment.seed, Some(Hash::from([0x11; 32])));
        assert_eq!(task.operands, Some(Operands::Seed {}));
    }
}
