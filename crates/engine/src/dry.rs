//! What a transaction would do if it entered the next block, without keeping anything.

use crate::{
    chain::Chain,
    reads,
    types::{Dbs, Runtime},
};
use althing_ledger::{ApplyError, Invalid, Ledger};
use althing_state::{Missing, View};
use althing_types::{Height, Receipt, SignedTransaction, Timestamp};
use commonware_parallel::Strategy;

/// Reads that one dry run may need, one after the other. Messages ask for all that they know of at once,
/// so what they need does not grow with what they are about.
const ROUNDS: usize = 64;

/// The height that the transaction would enter at, and its receipt, or why it may not enter.
/// Signature and key are not checked. `None` if the storage fails.
pub(crate) async fn run<E: Runtime, S: Strategy>(
    ledger: &Ledger,
    database: &Dbs<E, S>,
    chain: &Chain,
    time: Timestamp,
    transaction: &SignedTransaction,
) -> Option<(Height, Result<Receipt, Invalid>)> {
    let mut keys = Vec::new();
    ledger.simulation_keys(transaction, &mut keys);
    let mut view = View::new();
    for _ in 0..ROUNDS {
        let (height, values) = reads::newest(database, chain, &keys).await?;
        keys.drain(..).zip(values).for_each(|(key, value)| view.prefetch(key, value));
        let height = height.next()?;
        match ledger.simulate(height, time, transaction, &view) {
            Ok(receipt) => return Some((height, Ok(receipt))),
            Err(ApplyError::Missing(Missing(missing))) => keys = missing,
            Err(ApplyError::Invalid(invalid)) => return Some((height, Err(invalid))),
            Err(error) => {
                tracing::error!(%error, "a dry run failed");
                return None;
            }
        }
    }
    tracing::error!(hash = %transaction.hash(), rounds = ROUNDS, "a dry run finds no end of records to read");
    None
}
