//! Messages of module `compute`. All but votes are signed by accounts; votes by the account of a
//! validator's node.

use crate::{
    Address, Amount, Blob, Hash, List, Signature64, Text, ValidatorKey,
    codec::re,
    compute::{Operands, Shape, Verdict},
    limits::{
        MAX_COMMITMENTS, MAX_ENDPOINT_BYTES, MAX_EVIDENCE_BYTES, MAX_LINE_BYTES,
        MAX_NODE_TEXT_BYTES, MAX_PATH_BYTES, MAX_RESULT_VOTES, MAX_TILE_BYTES,
    },
    struct_codec,
};
use serde::{Deserialize, Serialize};

/// Makes the sender a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterWorker {
    /// Where others fetch what it has computed.
    pub endpoint: Text<MAX_ENDPOINT_BYTES>,
    /// What it stakes, in base units.
    pub stake: Amount,
    /// SHA-256 over the secret that says which of its results are planted.
    #[serde(with = "crate::hash::serde_hex")]
    pub plant: Hash,
}

struct_codec!(RegisterWorker { endpoint, stake, plant });

/// Changes what the sender's worker says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateWorker {
    /// Where others fetch what it has computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Text<MAX_ENDPOINT_BYTES>>,
    /// More stake, in base units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_stake: Option<Amount>,
    /// Whether it takes no new work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// Another secret, for the tasks that it gets from now on.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::hash::serde_hex_option"
    )]
    pub plant: Option<Hash>,
    /// A device that it has no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove_device: Option<u8>,
}

struct_codec!(UpdateWorker { endpoint, add_stake, paused, plant, remove_device });

/// Lets the sender's worker leave: its stake unbonds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveWork {}

struct_codec!(LeaveWork {});

/// Says that the sender's worker is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerHeartbeat {
    /// The version of its software.
    pub version: Text<MAX_NODE_TEXT_BYTES>,
}

struct_codec!(WorkerHeartbeat { version });

/// Describes a device of the sender's worker, and proves what can be proven about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attest {
    /// The number of the device, 0 to 15.
    pub device: u8,
    /// What was read from its driver and from the operating system: JSON, as `althing-devices`
    /// collects it.
    pub evidence: Blob<MAX_EVIDENCE_BYTES>,
}

struct_codec!(Attest { device, evidence });

/// Asks for a task that measures a device of the sender's worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestBenchmark {
    /// The number of the device.
    pub device: u8,
}

struct_codec!(RequestBenchmark { device });

/// Takes work of the network for a device of the sender's worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeWork {
    /// The number of the device.
    pub device: u8,
    /// One of the shapes that the chain prices.
    pub shape: Shape,
    /// Products in the batch, 1 to 64.
    pub count: u32,
}

struct_codec!(TakeWork { device, shape, count });

/// Orders a batch of products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateTask {
    /// The shape of each.
    pub shape: Shape,
    /// Products in the batch, 1 to 64.
    pub count: u32,
    /// What is paid for each of them, in base units.
    pub price: Amount,
    /// Where the matrices come from.
    pub operands: Operands,
    /// Where the worker and those who check it fetch matrices that the requester has; else empty.
    #[serde(default)]
    pub source: Text<MAX_ENDPOINT_BYTES>,
}

struct_codec!(CreateTask { shape, count, price, operands, source });

/// Takes a task back that nobody works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelTask {
    /// Its number.
    pub task: u64,
}

struct_codec!(CancelTask { task });

/// Binds the sender's worker to results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitResults {
    /// Of which tasks; 1 to 16 of them, each once.
    pub results: List<Commitment, MAX_COMMITMENTS>,
}

struct_codec!(CommitResults { results });

/// What binds a worker to the result of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment {
    /// The number of the task.
    pub task: u64,
    /// Root of the roots of its products.
    #[serde(with = "crate::hash::serde_hex")]
    pub root: Hash,
    /// SHA-256 of the bytes of the result; benchmarks need it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::hash::serde_hex_option"
    )]
    pub digest: Option<Hash>,
}

struct_codec!(Commitment { task, root, digest });

/// What a member of committees found. The sender is the account of the validator's node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteResults {
    /// The validator.
    pub validator: ValidatorKey,
    /// About which tasks; 1 to 64 of them, each once.
    pub votes: List<ResultVote, MAX_RESULT_VOTES>,
}

struct_codec!(VoteResults { validator, votes });

/// What a member of a committee found about one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultVote {
    /// The number of the task.
    pub task: u64,
    /// What it found.
    pub verdict: Verdict,
    /// The validator's signature over the challenge, out of which its own samples follow.
    pub seed: Signature64,
    /// SHA-256 over the values that it got for its samples: who audits it compares.
    #[serde(with = "crate::hash::serde_hex")]
    pub transcript: Hash,
}

struct_codec!(ResultVote { task, verdict, seed, transcript });

/// Shows one entry of a result as the worker committed to it, and what it is computed of. Formats
/// are those of `althing-compute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The column of the entry, from 0.
    pub column: u32,
    /// The tile of the result that holds it, with its proof. It says which product and which row.
    pub tile: Blob<MAX_TILE_BYTES>,
    /// Of a task whose matrices the requester has, the lines that the entry is computed of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Lines>,
}

struct_codec!(Opening { column, tile, lines });

/// A row of A and a column of B, with their proofs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    /// The row of A.
    pub a: Line,
    /// The column of B.
    pub b: Line,
}

struct_codec!(Lines { a, b });

/// A row or a column of an operand, with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its entries: a byte each, with a sign.
    pub entries: Blob<MAX_LINE_BYTES>,
    /// The neighbours that lead to the root of the operand: 32 bytes each.
    pub path: Blob<MAX_PATH_BYTES>,
}

struct_codec!(Line { entries, path });

/// Proves that a result is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProveWrong {
    /// The number of the task.
    pub task: u64,
    /// The wrong entry.
    pub opening: Opening,
}

struct_codec!(ProveWrong { task, opening });

/// Shows that a wrong result was planted to keep those honest who check results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevealPlant {
    /// The number of the task.
    pub task: u64,
    /// The secret.
    #[serde(with = "crate::hash::serde_hex")]
    pub secret: Hash,
    /// SHA-256 over the next secret.
    #[serde(with = "crate::hash::serde_hex")]
    pub next: Hash,
    /// A wrong entry.
    pub opening: Opening,
}

struct_codec!(RevealPlant { task, secret, next, opening });

/// Pays a worker its parts of the miners' pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRewards {
    /// The worker; anybody may do it for it.
    pub worker: Address,
}

struct_codec!(ClaimRewards { worker });

/// Something that both a vote and its audit name: the bytes that a validator signs for its own
/// samples of a task. Signed under the chain's consensus namespace with the suffix `_COMPUTE`.
pub fn seed_message(task: u64, challenge: &Hash) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(40);
    re::Write::write(&task, &mut bytes);
    re::Write::write(challenge, &mut bytes);
    bytes
}
