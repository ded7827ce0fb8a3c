//! Reads what the next blocks will move, before they do.
//!
//! Each block rewrites the oldest records that are still valid at the end of the state's log, so
//! that what lies before them can be forgotten. In a large state those records were written long
//! ago: a block that reads them itself waits for the disk, several times. Reading them while no
//! block waits leaves their pages in the cache.

use crate::{
    chain::Chain,
    types::{Dbs, Runtime},
};
use althing_types::SyncRange;
use commonware_parallel::Strategy;
use commonware_storage::mmr::Location;
use std::{num::NonZeroU64, ops::Range, sync::Arc};
use tracing::debug;

/// Operations that are read ahead of the first valid one: what the largest block can move.
const AHEAD: u64 = 1 << 16;
/// Operations that are read at a time, about 25 pages; a block that is applied waits for them.
const STEP: u64 = 1 << 10;
/// Bytes of the cache that an operation needs, with its place in the log.
const OPERATION: usize = 128;

/// Reads ahead of the tip of `chain`, for as long as there is one. `cache` are the bytes of memory
/// for pages of the state: while all of it fits, nothing is read.
pub(crate) async fn run<E: Runtime, S: Strategy>(
    database: Dbs<E, S>,
    chain: Arc<Chain>,
    cache: usize,
) {
    let mut moved = chain.watch_log();
    let mut reached = 0;
    loop {
        let log = *moved.borrow_and_update();
        reached = ahead(&database, &log, cache, reached).await;
        if moved.changed().await.is_err() {
            return;
        }
    }
}

/// Reads what the next blocks will move of a state whose log spans `log`, from `reached` on. `cache`
/// as above. Returns how far it came.
pub async fn ahead<E: Runtime, S: Strategy>(
    database: &Dbs<E, S>,
    log: &SyncRange,
    cache: usize,
    mut reached: u64,
) -> u64 {
    let fits = u64::try_from(cache / OPERATION).unwrap_or(u64::MAX);
    while let Some(next) = next(log, fits, reached) {
        let database = database.read().await;
        let (end, count) = (database.bounds().end, NonZeroU64::MIN.saturating_add(STEP - 1));
        let read = database.ops_historical_proof(end, Location::new(next.start), count).await;
        drop(database);
        if let Err(error) = read {
            // The block that needs them reads them again, and says what is wrong.
            debug!(%error, ?next, "cannot read ahead");
            break;
        }
        reached = next.end;
    }
    reached
}

/// What to read next of a log, if it is larger than `fits` operations and was read up to `reached`.
fn next(log: &SyncRange, fits: u64, reached: u64) -> Option<Range<u64>> {
    if log.end.saturating_sub(log.start) <= fits {
        return None;
    }
    let start = reached.max(log.start);
    let end = start.saturating_add(STEP);
    (end <= log.start.saturating_add(AHEAD) && end <= log.end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(log: SyncRange, fits: u64, mut reached: u64) -> Vec<Range<u64>> {
        let steps = std::iter::from_fn(|| {
            let step = next(&log, fits, reached)?;
            reached = step.end;
            Some(step)
        });
        steps.collect()
    }

    #[test]
    fn a_log_that_fits_the_cache_is_not_read() {
        assert_eq!(next(&SyncRange { start: 10, end: 5_010 }, 5_000, 0), None);
        assert!(next(&SyncRange { start: 10, end: 5_011 }, 5_000, 0).is_some());
    }

    #[test]
    fn steps_follow_each_other_up_to_the_bound_and_go_on_when_the_log_moves() {
        let first = all(SyncRange { start: 100, end: 1 << 30 }, 5_000, 0);
        assert_eq!(first.first(), Some(&(100..100 + STEP)));
        assert!(first.windows(2).all(|pair| pair[0].end == pair[1].start));
        let reached = first.last().map_or(0, |step| step.end);
        assert_eq!(reached, 100 + AHEAD);
        assert_eq!(all(SyncRange { start: 101, end: 1 << 30 }, 5_000, reached), []);
        let moved = SyncRange { start: 100 + STEP, end: 1 << 30 };
        assert_eq!(all(moved, 5_000, reached), std::slice::from_ref(&(reached..reached + STEP)));
        // The blocks were faster.
        let far = SyncRange { start: 1 << 20, end: 1 << 30 };
        assert_eq!(all(far, 5_000, reached)[0].start, 1 << 20);
    }

    #[test]
    fn nothing_is_read_past_the_end() {
        let log = SyncRange { start: 0, end: 3 * STEP + 1 };
        assert_eq!(all(log, 10, 0).last(), Some(&(2 * STEP..3 * STEP)));
    }
}
