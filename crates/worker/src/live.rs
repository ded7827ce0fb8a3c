//! What a live view of a worker shows. The command line prints it; nothing here prints.

use crate::job::JobKey;
use althing_types::{
    Address, Amount, Height, Ppm,
    compute::{Purpose, Shape, WorkerState},
};
use serde::Serialize;

/// A worker at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Live {
    /// Its account.
    pub worker: Address,
    /// What it does; none if it is not registered.
    pub state: Option<WorkerState>,
    /// The chain's last height; none before it was reached.
    pub height: Option<Height>,
    /// Whether the node answers.
    pub connected: bool,
    /// Whether it stops as soon as its tasks are over.
    pub stopping: bool,
    /// What its account can spend, in base units.
    pub balance: Amount,
    /// Its stake, in base units.
    pub stake: Amount,
    /// How good its results were.
    pub reputation: Option<Ppm>,
    /// The part of its heartbeats that it sent.
    pub uptime: Option<Ppm>,
    /// Wrong results so far.
    pub strikes: u32,
    /// Its devices.
    pub devices: Vec<LiveDevice>,
    /// Results that wait for a commitment.
    pub ready: u32,
    /// Results that are being judged.
    pub committed: u32,
    /// Results that were settled since the program began.
    pub settled: u64,
    /// Tasks that ended without a payment since the program began.
    pub failed: u64,
    /// What paid tasks paid since the program began, in base units.
    pub paid: Amount,
    /// What it can claim of the miners' pool, in base units.
    pub claimable: Amount,
    /// The message that is on its way.
    pub sending: Option<String>,
    /// The last thing that went wrong. The rest says whether it was mended.
    pub trouble: Option<String>,
}

/// A device at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LiveDevice {
    /// Its number.
    pub device: u8,
    /// Its name.
    pub name: String,
    /// Its score of 100 points; none if it was not attested.
    pub score: Option<u8>,
    /// What it computes by its last benchmark, in milli-TFLOPS.
    pub performance: Option<u64>,
    /// What it computes now.
    pub task: Option<LiveTask>,
}

/// A task that is being computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LiveTask {
    /// Which.
    pub key: JobKey,
    /// Why it exists.
    pub purpose: Purpose,
    /// The shape of its products.
    pub shape: Shape,
    /// How many there are.
    pub count: u32,
    /// Rows that are done.
    pub rows: u64,
    /// All rows.
    pub rows_total: u64,
    /// Rows a second, since it began.
    pub rows_per_second: u64,
    /// The block by which it has to be committed.
    pub deadline: Height,
}

impl LiveTask {
    /// How much is done, 0 to 100.
    pub const fn percent(&self) -> u8 {
        let whole = if self.rows_total == 0 { 1 } else { self.rows_total };
        let done = if self.rows < whole { self.rows } else { whole };
        (done as u128 * 100 / whole as u128) as u8
    }
}

impl Live {
    /// A worker before anything is known.
    pub const fn new(worker: Address) -> Self {
        Self {
            worker,
            state: None,
            height: None,
            connected: false,
            stopping: false,
            balance: Amount::ZERO,
            stake: Amount::ZERO,
            reputation: None,
            uptime: None,
            strikes: 0,
            devices: Vec::new(),
            ready: 0,
            committed: 0,
            settled: 0,
            failed: 0,
            paid: Amount::ZERO,
            claimable: Amount::ZERO,
            sending: None,
            trouble: None,
        }
    }
}
