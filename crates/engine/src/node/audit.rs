//! Reads every record of the newest state, and counts.

use super::handle::EngineHandle;
use althing_ledger::{
    Broken,
    audit::{Audit, SupplyReport},
};
use futures::StreamExt as _;
use std::time::{Duration, Instant};

/// What a count of the whole state found.
#[derive(Clone, Debug)]
pub struct Audited {
    /// The sums, as far as the count came.
    pub report: SupplyReport,
    /// Records that were read.
    pub records: u64,
    /// The first rule that does not hold.
    pub broken: Option<Broken>,
    /// How long it took.
    pub took: Duration,
}

impl EngineHandle {
    /// Counts every record of the newest state. No block is applied here meanwhile: the records are
    /// those of one moment. `None` if the storage fails or the engine stops.
    pub async fn audit(&self) -> Option<Audited> {
        let parts = self.parts.clone();
        let work = async move {
            let started = Instant::now();
            let database = parts.database.read().await;
            let height = parts.validator.chain.with_root(&database.root())?.height;
            let (mut audit, mut records, mut broken) = (Audit::new(height), 0u64, None);
            {
                let mut stream = std::pin::pin!(database.stream_range(..));
                while let Some(record) = stream.next().await {
                    let (key, value) = record.ok()?;
                    records = records.saturating_add(1);
                    if let Err(wrong) = audit.add(key, &value) {
                        broken = Some(wrong);
                        break;
                    }
                }
            }
            drop(database);
            let report = *audit.report();
            if broken.is_none() {
                broken = audit.finish().err();
            }
            Some(Audited { report, records, broken, took: started.elapsed() })
        };
        self.on_engine(work).await?
    }
}
