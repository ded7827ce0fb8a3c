//! The one way to execute a block: for the leader that builds it, for those who check it, and for
//! dry runs.
//!
//! All keys that the transactions surely touch are read in one batch; the ledger then runs
//! synchronously over that view. A read outside it is answered by fetching the missing keys and
//! running that transaction again. The writes of the ledger are ordered by key and become the
//! state's next root.

pub use crate::reads::Reads;
use crate::types::{Batch, Merkleized, Runtime};
use althing_ledger::{
    ApplyError, BeginError, BlockContext, BlockExecution, FinishError, Invalid, Ledger, Outcome,
    query,
};
use althing_state::{StateKey, Write};
use althing_types::{ChainParams, Gas, Hash, Receipt, SignedTransaction, ValidatorSet, merkle};
use commonware_parallel::Strategy;
use commonware_runtime::utils::reschedule;
use commonware_storage::{mmr, qmdb};
use std::sync::Arc;

/// How many transactions run before other tasks of the same thread get a turn.
const TURN: usize = 512;

/// What a block did.
pub struct Executed<M> {
    /// The transactions that are in the block.
    pub transactions: Vec<SignedTransaction>,
    /// Their outcomes, in order; then that of the block itself, if it has one.
    pub receipts: Arc<Vec<Receipt>>,
    /// Root over the results of computation that the block accepted.
    pub results_root: Hash,
    /// Gas used by all of them.
    pub gas_used: Gas,
    /// On the last block of an epoch: the validators of the next.
    pub next_validators: Option<ValidatorSet>,
    /// Candidates that may not enter a block on this branch, with the reason.
    pub refused: Vec<(SignedTransaction, Invalid)>,
    /// Everything that the block wrote, ordered by key.
    pub writes: Arc<Vec<Write>>,
    /// The state after the block.
    pub state: M,
}

/// Where the transactions come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Candidates for a new block: those that may not enter, or do not fit, are left out.
    Build,
    /// A block of somebody: one transaction that may not enter makes it invalid.
    Check,
}

/// Why a block was not executed.
#[derive(Debug)]
pub enum ExecError {
    /// The block breaks a rule, for good.
    Invalid(String),
    /// The state was overtaken by a finalized block of another branch; nobody waits for the
    /// outcome any more.
    Stale,
    /// The block has rules that this software does not know: a sentence that says so. The node must
    /// stop before it, and other software can go on.
    Outdated(String),
    /// The state breaks an invariant, or the storage failed. The node must stop.
    Broken(String),
}

type StorageError = qmdb::Error<mmr::Family>;

impl From<StorageError> for ExecError {
    fn from(error: StorageError) -> Self {
        match error {
            qmdb::Error::StaleRead | qmdb::Error::StaleBatch => Self::Stale,
            error => Self::Broken(format!("the state database failed: {error}")),
        }
    }
}

/// Root over the hashes of receipts.
pub fn receipts_root(receipts: &[Receipt]) -> Hash {
    let leaves: Vec<Hash> = receipts.iter().map(Receipt::hash).collect();
    merkle::root(&leaves)
}

/// Every key that the block surely touches, ordered, without repetition.
fn keys_of(
    ledger: &Ledger,
    context: &BlockContext,
    transactions: &[SignedTransaction],
) -> Vec<StateKey> {
    let mut keys = ledger.block_keys(context);
    keys.reserve(3 * transactions.len());
    for transaction in transactions {
        ledger.transaction_keys(transaction, &mut keys);
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The parameters in the state that `batch` forks: those that bind a block upon it. The first block
/// writes the state of genesis, and is bound by that.
///
/// # Errors
/// [`ExecError::Stale`] or [`ExecError::Broken`].
pub async fn params<E: Runtime, S: Strategy>(
    ledger: &Ledger,
    batch: &Batch<E, S>,
) -> Result<ChainParams, ExecError> {
    let Some(value) = batch.get(&query::params_key()).await? else {
        return Ok(ledger.genesis().params.clone());
    };
    query::decode_params(&value)
        .map_err(|_| ExecError::Broken("the parameters do not decode".to_owned()))
}

/// Reads what `transactions` touch from `batch`, the state of the parent.
///
/// # Errors
/// [`ExecError::Stale`] or [`ExecError::Broken`].
pub async fn read<E: Runtime, S: Strategy>(
    ledger: &Ledger,
    context: &BlockContext,
    transactions: &[SignedTransaction],
    batch: Batch<E, S>,
) -> Result<Reads<E, S>, ExecError> {
    Reads::new(batch, keys_of(ledger, context, transactions)).await
}

/// Executes `transactions` on the state that `reads` began on.
///
/// # Errors
/// [`ExecError`]; only `Invalid` says something about the block.
pub async fn execute<E: Runtime, S: Strategy>(
    ledger: &Ledger,
    context: BlockContext,
    transactions: Vec<SignedTransaction>,
    mode: Mode,
    mut reads: Reads<E, S>,
) -> Result<Executed<Merkleized<E, S>>, ExecError> {
    loop {
        let (mut block, next) = begin(ledger, &context, reads).await?;
        reads = next;
        let run;
        (run, reads) = apply_all(&mut block, &transactions, mode, reads).await?;
        match block.finish() {
            Ok(outcome) => return seal(outcome, transactions, run, reads).await,
            Err(FinishError::Missing(missing)) => {
                let mut view = reads.view();
                reads = reads.fetch(missing, &mut view).await?;
            }
            Err(error) => return Err(ExecError::Broken(error.to_string())),
        }
    }
}

/// Which candidates entered, and which were refused.
struct Run {
    included: Vec<bool>,
    refused: Vec<(SignedTransaction, Invalid)>,
}

async fn begin<'a, E: Runtime, S: Strategy>(
    ledger: &'a Ledger,
    context: &BlockContext,
    mut reads: Reads<E, S>,
) -> Result<(BlockExecution<'a>, Reads<E, S>), ExecError> {
    let mut view = reads.view();
    loop {
        match ledger.begin(*context, view) {
            Ok(block) => return Ok((block, reads)),
            Err((mut returned, BeginError::Missing(missing))) => {
                reads = reads.fetch(missing, &mut returned).await?;
                view = returned;
            }
            Err((_, error @ BeginError::UpgradeNeeded { .. })) => {
                return Err(ExecError::Outdated(error.to_string()));
            }
            Err((_, error @ (BeginError::WrongReveal(_) | BeginError::UnaskedReveal(_)))) => {
                return Err(ExecError::Invalid(error.to_string()));
            }
            Err((_, error)) => return Err(ExecError::Broken(error.to_string())),
        }
    }
}

async fn apply_all<E: Runtime, S: Strategy>(
    block: &mut BlockExecution<'_>,
    transactions: &[SignedTransaction],
    mode: Mode,
    mut reads: Reads<E, S>,
) -> Result<(Run, Reads<E, S>), ExecError> {
    let mut run = Run { included: vec![true; transactions.len()], refused: Vec::new() };
    for (index, transaction) in transactions.iter().enumerate() {
        if index % TURN == TURN - 1 {
            reschedule().await;
        }
        if !block.fits(transaction) {
            if mode == Mode::Check {
                return Err(ExecError::Invalid("the block is over its limits".to_owned()));
            }
            run.included[index] = false;
            continue;
        }
        loop {
            match block.apply(transaction) {
                Ok(()) => break,
                Err(ApplyError::Missing(missing)) => {
                    reads = reads.fetch(missing, block.view_mut()).await?;
                }
                Err(ApplyError::Invalid(invalid)) if mode == Mode::Build => {
                    run.included[index] = false;
                    run.refused.push((transaction.clone(), invalid));
                    break;
                }
                Err(ApplyError::Invalid(invalid)) => {
                    let reason = format!("transaction {index} may not enter: {invalid}");
                    return Err(ExecError::Invalid(reason));
                }
                Err(error) => return Err(ExecError::Broken(error.to_string())),
            }
        }
    }
    Ok((run, reads))
}

async fn seal<E: Runtime, S: Strategy>(
    outcome: Outcome,
    mut transactions: Vec<SignedTransaction>,
    run: Run,
    reads: Reads<E, S>,
) -> Result<Executed<Merkleized<E, S>>, ExecError> {
    let state = reads.write(&outcome.writes).await?;
    let mut included = run.included.iter();
    transactions.retain(|_| *included.next().unwrap_or(&false));
    Ok(Executed {
        transactions,
        receipts: Arc::new(outcome.receipts),
        results_root: outcome.results_root,
        gas_used: outcome.gas_used,
        next_validators: outcome.next_validators,
        refused: run.refused,
        writes: Arc::new(outcome.writes),
        state,
    })
}
