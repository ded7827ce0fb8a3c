//! A channel as the ledger can take it: intervals in the order of time, none twice, and the count of a
//! meter at every moment.
//!
//! What a channel has counted by a time `t` is `C(t)`, in milliwatt-hours: the sum of all intervals that
//! count and ended by then, and of an interval that `t` falls into the part of its seconds, rounded down.
//! A reading from `s` to `e` says `floor(C(e) / 1000) - floor(C(s) / 1000)` Wh. So readings that follow each other
//! sum to the sum of the source, rounded down once, wherever they are cut; and two programs with the same
//! source get the same Wh for the same seconds, whatever they did before.

use althing_meters::{Cumulative, Follower, Interval, Quality, RawCounter, Register};
use serde::{Deserialize, Serialize};

/// Milliwatt-hours in a Wh.
const MILLI: u64 = 1_000;
/// What fits into a column of the queue.
const MOST: u64 = i64::MAX as u64;

/// An interval that counts, and what its channel had counted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// When it began, in unix seconds.
    pub start: u64,
    /// How long it was, in seconds, at least 1.
    pub seconds: u32,
    /// What the channel had counted before, in milliwatt-hours.
    pub before: u64,
    /// What was counted in it, in milliwatt-hours.
    pub energy: u64,
}

impl Span {
    /// The first second that no longer belongs to it.
    pub const fn end(&self) -> u64 {
        self.start.saturating_add(self.seconds as u64)
    }

    /// `C(at)`; times outside are taken as the nearest border.
    pub fn counted(&self, at: u64) -> u64 {
        let passed = at.clamp(self.start, self.end()) - self.start;
        let part = u128::from(self.energy) * u128::from(passed) / u128::from(self.seconds.max(1));
        // Not above `energy`, and the sum was checked when the interval was taken.
        self.before.saturating_add(u64::try_from(part).unwrap_or(u64::MAX))
    }
}

/// Whole Wh between two counts in milliwatt-hours.
pub const fn wh_between(from: u64, to: u64) -> u64 {
    (to / MILLI).saturating_sub(from / MILLI)
}

/// Why a record of a source does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeftOut {
    /// Its quality is not one of those that count.
    #[error("its quality is {0:?}, which the configuration does not let count")]
    Quality(Quality),
    /// The channel has this time already.
    #[error("the source had this time before; what came first counts")]
    Repeated,
    /// The channel has a part of this time already.
    #[error("it begins before the interval before it ended, at {0}; correct the source")]
    Overlap(u64),
    /// Far more power than before, and the configuration holds such intervals back.
    #[error("it is a spike, and the configuration holds spikes back")]
    Spike,
    /// A counter that shows less than before.
    #[error("the counter shows less than before: it was reset, and is followed from here")]
    Reset,
    /// A first reading of a counter: there is nothing to compare it with.
    #[error("it is the first reading of a counter, which gives no interval yet")]
    First,
    /// The sum does not fit.
    #[error("the channel has counted more than 9.2 * 10^15 Wh; check the unit of the source")]
    TooLarge,
}

impl LeftOut {
    /// A stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Quality(Quality::Actual) => "quality_actual",
            Self::Quality(Quality::Substituted) => "quality_substituted",
            Self::Quality(Quality::Estimated) => "quality_estimated",
            Self::Quality(Quality::Questionable) => "quality_questionable",
            Self::Quality(Quality::Missing) => "quality_missing",
            Self::Repeated => "interval_repeated",
            Self::Overlap(_) => "interval_overlap",
            Self::Spike => "spike",
            Self::Reset => "counter_reset",
            Self::First => "counter_first",
            Self::TooLarge => "energy_too_large",
        }
    }

    /// Whether it is a fault of the source, and not what the configuration or the way of counting
    /// wants.
    pub const fn is_refusal(self) -> bool {
        matches!(self, Self::Overlap(_) | Self::Reset | Self::TooLarge)
    }
}

/// Where a channel stands. It is kept in the queue with the intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    counted: Cumulative,
    last_end: u64,
    register: Option<Register>,
    follower: Option<Follower>,
}

impl Series {
    /// When the last interval that counts ended, in unix seconds; 0 before the first.
    pub const fn last_end(&self) -> u64 {
        self.last_end
    }

    /// What has been counted, in milliwatt-hours.
    pub fn milliwatt_hours(&self) -> u64 {
        self.counted.milliwatt_hours()
    }

    /// Takes the next interval.
    ///
    /// # Errors
    /// [`LeftOut`], and nothing changes.
    pub fn interval(&mut self, interval: &Interval, allowed: &[Quality]) -> Result<Span, LeftOut> {
        if !allowed.contains(&interval.quality) {
            return Err(LeftOut::Quality(interval.quality));
        }
        if interval.end() <= self.last_end {
            return Err(LeftOut::Repeated);
        }
        if interval.start < self.last_end {
            return Err(LeftOut::Overlap(self.last_end));
        }
        let before = self.counted.milliwatt_hours();
        let mut counted = self.counted;
        counted.add(interval).ok_or(LeftOut::TooLarge)?;
        if counted.milliwatt_hours() > MOST || interval.end() > MOST {
            return Err(LeftOut::TooLarge);
        }
        (self.counted, self.last_end) = (counted, interval.end());
        let (start, seconds, energy) =
            (interval.start, interval.seconds.max(1), interval.milliwatt_hours);
        Ok(Span { start, seconds, before, energy })
    }

    /// Takes what a counter shows, and gives the interval since it was read before.
    ///
    /// # Errors
    /// [`LeftOut`]; a counter that was reset is followed from where it stands now.
    pub fn register(&mut self, register: &Register, allowed: &[Quality]) -> Result<Span, LeftOut> {
        if !allowed.contains(&register.quality) {
            return Err(LeftOut::Quality(register.quality));
        }
        let Some(last) = self.register else {
            self.register = Some(*register);
            return Err(LeftOut::First);
        };
        let seconds = register.at.checked_sub(last.at).and_then(|gone| u32::try_from(gone).ok());
        let Some(seconds) = seconds.filter(|seconds| *seconds > 0) else {
            return Err(LeftOut::Repeated);
        };
        self.register = Some(*register);
        let gone = register.milliwatt_hours.checked_sub(last.milliwatt_hours);
        let interval = Interval {
            start: last.at,
            seconds,
            milliwatt_hours: gone.ok_or(LeftOut::Reset)?,
            quality: register.quality.max(last.quality),
            direction: register.direction,
        };
        self.interval(&interval, allowed)
    }

    /// Takes what the counter of a device shows.
    ///
    /// # Errors
    /// The sentence of the fault; the device is followed from where it stands now.
    pub fn device(
        &mut self,
        (at, counter): (u64, RawCounter),
        direction: althing_meters::Direction,
        capacity_w: u64,
    ) -> Result<Span, (&'static str, String)> {
        let words = |cause: althing_meters::Cause| (cause.code(), cause.to_string());
        let out = |left: LeftOut| (left.code(), left.to_string());
        let Some(mut follower) = self.follower else {
            self.follower = Some(Follower::start(at, counter, direction).map_err(words)?);
            return Err(out(LeftOut::First));
        };
        match follower.advance(at, counter, capacity_w) {
            Ok(interval) => {
                self.follower = Some(follower);
                self.interval(&interval, &Quality::ALL).map_err(out)
            }
            Err(cause) => {
                // A clock that stands gives no new beginning.
                if !matches!(cause, althing_meters::Cause::CounterTime { .. }) {
                    self.follower = Follower::start(at, counter, direction).ok();
                }
                Err(words(cause))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_meters::Direction;

    fn interval(start: u64, seconds: u32, milliwatt_hours: u64) -> Interval {
        let (quality, direction) = (Quality::Actual, Direction::Export);
        Interval { start, seconds, milliwatt_hours, quality, direction }
    }

    #[test]
    fn the_rest_below_a_wh_is_carried_and_parts_sum_to_the_whole() {
        let mut series = Series::default();
        let spans: Vec<Span> = (0..3)
            .map(|n| series.interval(&interval(n * 900, 900, 333), &[Quality::Actual]).unwrap())
            .collect();
        let wh: Vec<u64> = spans.iter().map(|s| wh_between(s.before, s.counted(s.end()))).collect();
        assert_eq!(wh, [0, 0, 0]);
        let last = series.interval(&interval(2_700, 900, 1_001), &[Quality::Actual]).unwrap();
        assert_eq!(wh_between(last.before, last.counted(last.end())), 2);
        let cut = [2_700, 2_701, 3_000, 3_599, 3_600].map(|at| last.counted(at));
        let parts: u64 = cut.windows(2).map(|pair| wh_between(pair[0], pair[1])).sum();
        assert_eq!(parts, 2);
    }

    #[test]
    fn what_overlaps_repeats_or_is_doubted_is_left_out_and_changes_nothing() {
        let mut series = Series::default();
        series.interval(&interval(0, 900, 5), &[Quality::Actual]).unwrap();
        let kept = series;
        let take = |series: &mut Series, one: Interval| series.interval(&one, &[Quality::Actual]);
        assert_eq!(take(&mut series, interval(0, 900, 6)), Err(LeftOut::Repeated));
        assert_eq!(take(&mut series, interval(899, 2, 6)), Err(LeftOut::Overlap(900)));
        let doubted = Interval { quality: Quality::Questionable, ..interval(900, 900, 1) };
        let quality = Err(LeftOut::Quality(Quality::Questionable));
        assert_eq!(take(&mut series, doubted), quality);
        assert_eq!(take(&mut series, interval(900, 900, u64::MAX)), Err(LeftOut::TooLarge));
        assert_eq!(series, kept);
    }

    #[test]
    fn counters_become_intervals_and_are_followed_through_a_reset() {
        let mut series = Series::default();
        let register = |at, milliwatt_hours| Register {
            at,
            milliwatt_hours,
            quality: Quality::Actual,
            direction: Direction::Export,
        };
        let mut take = |one| series.register(&one, &[Quality::Actual]);
        assert_eq!(take(register(100, 5_000)), Err(LeftOut::First));
        assert_eq!(take(register(200, 6_500)).map(|s| (s.start, s.energy)), Ok((100, 1_500)));
        assert_eq!(take(register(200, 7_000)), Err(LeftOut::Repeated));
        assert_eq!(take(register(300, 10)), Err(LeftOut::Reset));
        assert_eq!(take(register(400, 30)).map(|s| (s.start, s.energy)), Ok((300, 20)));
    }

    #[test]
    fn a_device_is_followed_and_begun_anew_after_a_reset() {
        let mut series = Series::default();
        let mut take = |at, raw| {
            let counter = RawCounter { raw, scale: 0 };
            series.device((at, counter), Direction::Export, 1_000)
        };
        assert_eq!(take(0, 500).map_err(|(code, _)| code), Err("counter_first"));
        assert_eq!(take(60, 510).map(|span| span.energy), Ok(10_000));
        assert_eq!(take(60, 511).map_err(|(code, _)| code), Err("counter_time"));
        assert_eq!(take(120, 0).map_err(|(code, _)| code), Err("counter_reset"));
        assert_eq!(take(180, 4).map(|span| (span.start, span.energy)), Ok((120, 4_000)));
    }
}
