//! Watches what becomes of batches that were sent.

use super::{Daemon, OracleError, send::merged};
use crate::{
    chain::BatchAt,
    plan,
    store::{Count, Held, Refusal},
};
use althing_client::http::ReadingStatus;
use althing_types::energy::ReadingOutcome;

/// Batches that are asked about after a block.
const ASKED: usize = 32;

impl Daemon {
    /// Asks about the oldest batches that are not decided.
    pub(super) async fn watch_batches(&mut self) -> Result<(), OracleError> {
        let held = self.store.batches()?;
        for one in held.into_iter().take(ASKED) {
            match self.chain.batch(one.number).await? {
                Some(batch) if !batch.is_decided() => {}
                Some(batch) => self.decided(&one, &batch)?,
                // The node has forgotten it, and keeps no index that knows more.
                None => {
                    let count = u64::try_from(one.readings.len()).unwrap_or(u64::MAX);
                    let counts = [("feed".to_owned(), "forgotten".to_owned(), count)];
                    self.store.close(one.number, &[], &counts)?;
                }
            }
        }
        Ok(())
    }

    /// Counts what became of the readings of a batch.
    fn decided(&mut self, held: &Held, batch: &BatchAt) -> Result<(), OracleError> {
        let (mut counts, mut refusals): (Vec<Count>, Vec<Refusal>) = (Vec::new(), Vec::new());
        for (sent, found) in held.readings.iter().zip(&batch.readings) {
            let line = self.lines.iter().find(|line| line.id == sent.series);
            let ReadingStatus::Decided(outcome) = found.status else { continue };
            if outcome == ReadingOutcome::Attested {
                counts.push(("feed".to_owned(), "attested".to_owned(), 1));
                counts.push(("feed".to_owned(), "attested-wh".to_owned(), sent.wh));
                if let Some(line) = line {
                    let source = format!("source {}", line.channel.source);
                    counts.push((source, "attested".to_owned(), 1));
                }
                continue;
            }
            let code = format!("oracles_{}", outcome.name());
            let what = line.map_or_else(String::new, |line| {
                format!("{} {} (meter {:?})", line.channel.id, line.channel.channel, line.name)
            });
            let words = format!(
                "{what}, {} s from {}: batch {}, {} Wh: oracles found it {}",
                sent.seconds,
                plan::time(sent.start),
                held.number,
                sent.wh,
                outcome.name()
            );
            tracing::warn!("{words}");
            counts.push(("feed".to_owned(), format!("refused {code}"), 1));
            refusals.push(Refusal {
                series: sent.series,
                start: sent.start,
                seconds: sent.seconds,
                energy: sent.wh.saturating_mul(1_000),
                code,
                words,
            });
        }
        if let Some(refusal) = refusals.last() {
            self.trouble(refusal.words.clone());
        }
        Ok(self.store.close(held.number, &refusals, &merged(counts))?)
    }
}
