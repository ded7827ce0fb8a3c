//! Feeds the read model from finalized blocks, behind the chain's back: however slow it is, blocks
//! are made on.

use althing_engine::FinalizedBlock;
use althing_index::{Index, IndexError, IndexedBlock};
use althing_types::Height;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::mpsc;
use tracing::{error, warn};

/// Finalized blocks that may wait for the writer.
pub(super) const WAITING_BLOCKS: usize = 16;
/// Most transactions written at once; a batch always has one block at least.
const BATCH_TRANSACTIONS: usize = 20_000;
/// Pause after a failed write, for example on a full disk.
const RETRY: Duration = Duration::from_secs(2);

/// Where the index stands. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress(Arc<AtomicU64>);

impl Progress {
    /// The highest block that was written.
    pub(super) fn height(&self) -> Height {
        Height::new(self.0.load(Ordering::Relaxed))
    }

    /// Sets the highest block that was written.
    pub(super) fn set(&self, height: Height) {
        self.0.store(height.get(), Ordering::Relaxed);
    }
}

/// Writes what arrives until nothing more comes, or the chain is not the one that was indexed.
pub(super) async fn run(
    index: Arc<Index>,
    mut blocks: mpsc::Receiver<FinalizedBlock>,
    progress: Progress,
) {
    while let Some(first) = blocks.recv().await {
        let mut count = first.receipts.len();
        let mut batch = vec![indexed(first)];
        while count < BATCH_TRANSACTIONS {
            let Ok(next) = blocks.try_recv() else { break };
            count += next.receipts.len();
            batch.push(indexed(next));
        }
        let Some(last) = batch.last().map(|entry| entry.block.header.height) else { continue };
        if !write(&index, Arc::new(batch)).await {
            return;
        }
        progress.set(last);
    }
}

fn indexed(block: FinalizedBlock) -> IndexedBlock {
    IndexedBlock { block: block.block, hash: block.hash, receipts: block.receipts }
}

/// Writes a batch; false if it can never be written.
async fn write(index: &Arc<Index>, batch: Arc<Vec<IndexedBlock>>) -> bool {
    loop {
        let (index, entries) = (index.clone(), batch.clone());
        let outcome = tokio::task::spawn_blocking(move || index.apply(&entries)).await;
        match outcome {
            Ok(Ok(())) => return true,
            Ok(Err(IndexError::Sqlite(failure))) => {
                warn!(%failure, "the index cannot be written; trying again");
            }
            Ok(Err(failure)) => {
                error!(%failure, "the index does not fit the chain: `althing db reindex` builds it anew");
                return false;
            }
            Err(failure) => {
                error!(%failure, "the writer of the index failed");
                return false;
            }
        }
        tokio::time::sleep(RETRY).await;
    }
}
