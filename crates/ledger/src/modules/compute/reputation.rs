//! How good a worker is, in parts per million, from what the chain has counted.

use super::Counters;
use crate::modules::registry::Node;
use althing_types::{Ppm, Timestamp};
use serde::{Deserialize, Serialize};

/// What a worker without a past is taken for: so many results, of which so many were right and in
/// time (a prior of Beta(8, 2)).
const PRIOR: (u64, u64) = (8, 10);

/// How good a worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The part of its results that were right: `(right + 8) / (all + 10)`, where `right` are those
    /// settled, plants included, and `all` these and the wrong and withheld ones.
    pub success: Ppm,
    /// The part of its results that were in time: `(timely + 8) / (all + 10)`, where `all` are those
    /// it committed to and those that expired, and a late one counts half.
    pub timeliness: Ppm,
    /// The part of its due heartbeats that came; the whole if none was due yet.
    pub uptime: Ppm,
    /// `success * timeliness`, rounded down: the factor of its weights, besides the uptime.
    pub reputation: Ppm,
}

impl Standing {
    /// Its chance when tasks are assigned: `reputation * uptime`, rounded down.
    pub fn weight(&self) -> Ppm {
        product(self.reputation, self.uptime)
    }
}

/// How good a worker is now.
pub fn standing(counters: &Counters, beats: Option<&Node>, now: Timestamp) -> Standing {
    let right = counters.accepted.saturating_add(counters.planted);
    let judged = right.saturating_add(counters.wrong).saturating_add(counters.withheld);
    let success = part(right, judged);
    // In halves, so that a late one can count as one.
    let halves = |count: u64| count.saturating_mul(2);
    let timely = halves(counters.committed).saturating_sub(counters.late);
    let all = halves(counters.committed.saturating_add(counters.expired));
    let (prior, of) = (halves(PRIOR.0), halves(PRIOR.1));
    let timeliness = ratio(timely.saturating_add(prior), all.saturating_add(of));
    let uptime = beats.map_or(Ppm::ZERO, |beats| match beats.heard(now) {
        (_, 0) => Ppm::ONE,
        _ => beats.score(now),
    });
    Standing { success, timeliness, uptime, reputation: product(success, timeliness) }
}

/// A part of all with the prior.
fn part(of: u64, all: u64) -> Ppm {
    ratio(of.saturating_add(PRIOR.0), all.saturating_add(PRIOR.1))
}

/// In parts per million, rounded down; at most the whole.
fn ratio(of: u64, all: u64) -> Ppm {
    let parts = u128::from(of).saturating_mul(1_000_000).checked_div(u128::from(all));
    parts.and_then(|parts| u32::try_from(parts).ok()).and_then(Ppm::new).unwrap_or(Ppm::ONE)
}

fn product(one: Ppm, other: Ppm) -> Ppm {
    let product = u64::from(one.get()).saturating_mul(other.get().into());
    let parts = product.checked_div(1_000_000).and_then(|parts| u32::try_from(parts).ok());
    parts.and_then(Ppm::new).unwrap_or(Ppm::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::new(1_000_000);

    fn of(counters: Counters) -> (u32, u32, u32) {
        let standing = standing(&counters, None, NOW);
        (standing.success.get(), standing.timeliness.get(), standing.reputation.get())
    }

    #[test]
    fn a_worker_without_a_past_is_taken_for_eight_of_ten() {
        assert_eq!(of(Counters::default()), (800_000, 800_000, 640_000));
    }

    #[test]
    fn good_work_raises_and_bad_work_lowers_it() {
        let good = Counters { accepted: 90, committed: 90, ..Counters::default() };
        assert_eq!(of(good), (980_000, 980_000, 960_400));
        let wrong = Counters { wrong: 10, ..good };
        assert_eq!(of(wrong).0, 98 * 1_000_000 / 110);
        let late = Counters { late: 90, ..good };
        assert_eq!(of(late).1, (180 - 90 + 16) * 1_000_000 / 200);
        let expired = Counters { expired: 90, ..good };
        assert_eq!(of(expired).1, (180 + 16) * 1_000_000 / 380);
        let planted = Counters { planted: 10, accepted: 80, committed: 90, ..Counters::default() };
        assert_eq!(of(planted), of(good));
        let most = Counters { accepted: u64::MAX, committed: u64::MAX, ..Counters::default() };
        assert!(of(most).0 <= 1_000_000);
    }
}
