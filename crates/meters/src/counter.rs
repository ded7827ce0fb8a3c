//! Counters of devices: 32 bits that wrap around, times a power of ten.

use crate::{
    Cause,
    record::{Direction, Interval, Quality},
};
use serde::{Deserialize, Serialize};

/// What a device's counter shows: `raw * 10^scale` watt-hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawCounter {
    /// The number itself. After 2^32 - 1 comes 0.
    pub raw: u32,
    /// The power of ten, -10 to 10.
    pub scale: i16,
}

impl RawCounter {
    /// What it shows, in milliwatt-hours, rounded down, after `wraps` wrap-arounds.
    ///
    /// # Errors
    /// `sunspec_scale`, `energy_too_large`.
    pub fn milliwatt_hours(self, wraps: u32) -> Result<u64, Cause> {
        let count = (u128::from(wraps) << 32) + u128::from(self.raw);
        times_power_of_ten(count, self.scale)
    }
}

/// `count * 10^(scale + 3)`, rounded down: watt-hours to milliwatt-hours.
fn times_power_of_ten(count: u128, scale: i16) -> Result<u64, Cause> {
    if !(-10..=10).contains(&scale) {
        return Err(Cause::SunspecScale { scale });
    }
    let power = 10_u128.pow(u32::from((scale + 3).unsigned_abs()));
    // 2^64 * 10^13 is far below 2^128.
    let value = if scale >= -3 { count * power } else { count / power };
    u64::try_from(value)
        .map_err(|_| Cause::EnergyTooLarge { text: format!("{count} * 10^{scale}") })
}

/// Follows a counter from reading to reading, through wrap-arounds. It can be kept on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follower {
    at: u64,
    last: RawCounter,
    wraps: u32,
    direction: Direction,
}

impl Follower {
    /// Begins with a first reading at `at` unix seconds.
    ///
    /// # Errors
    /// `sunspec_scale`, `energy_too_large`.
    pub fn start(at: u64, first: RawCounter, direction: Direction) -> Result<Self, Cause> {
        first.milliwatt_hours(0)?;
        Ok(Self { at, last: first, wraps: 0, direction })
    }

    /// Takes the next reading and gives the energy since the last.
    ///
    /// A counter that went back has wrapped around if `capacity_watts`, the most that can go through
    /// the meter, explains the distance in the time that passed, within one count; otherwise it was
    /// reset. After an error nothing has changed.
    ///
    /// # Errors
    /// `counter_time`, `counter_scale_changed`, `counter_reset`, `period_invalid`,
    /// `energy_too_large`.
    pub fn advance(
        &mut self,
        at: u64,
        next: RawCounter,
        capacity_watts: u64,
    ) -> Result<Interval, Cause> {
        let elapsed = at.checked_sub(self.at).filter(|elapsed| *elapsed > 0);
        let elapsed = elapsed.ok_or(Cause::CounterTime { before: self.at, after: at })?;
        let seconds =
            u32::try_from(elapsed).map_err(|_| Cause::PeriodInvalid { start: self.at, end: at })?;
        if next.scale != self.last.scale {
            return Err(Cause::CounterScaleChanged { before: self.last.scale, after: next.scale });
        }
        let mut wraps = self.wraps;
        if next.raw < self.last.raw {
            let reset = Cause::CounterReset { before: self.last.raw, after: next.raw };
            let distance = (1_u128 << 32) + u128::from(next.raw) - u128::from(self.last.raw);
            // One count less: both readings were rounded down.
            let energy = u128::from(times_power_of_ten(distance - 1, next.scale)?);
            if energy * 3_600 > u128::from(capacity_watts) * 1_000 * u128::from(elapsed) {
                return Err(reset);
            }
            wraps = wraps.checked_add(1).ok_or(reset)?;
        }
        let before = self.milliwatt_hours()?;
        let after = next.milliwatt_hours(wraps)?;
        let interval = Interval {
            start: self.at,
            seconds,
            milliwatt_hours: after.saturating_sub(before),
            quality: Quality::Actual,
            direction: self.direction,
        };
        (self.at, self.last, self.wraps) = (at, next, wraps);
        Ok(interval)
    }

    /// Everything counted, wrap-arounds included, in milliwatt-hours, rounded down.
    ///
    /// # Errors
    /// As for [`RawCounter::milliwatt_hours`].
    pub fn milliwatt_hours(&self) -> Result<u64, Cause> {
        self.last.milliwatt_hours(self.wraps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(raw: u32, scale: i16) -> RawCounter {
        RawCounter { raw, scale }
    }

    fn follow(raw: u32, scale: i16) -> Follower {
        Follower::start(1_000, counter(raw, scale), Direction::Import).expect("a good scale")
    }

    #[test]
    fn scales_are_exact() {
        assert_eq!(counter(5, 3).milliwatt_hours(0), Ok(5_000_000));
        assert_eq!(counter(5, -3).milliwatt_hours(0), Ok(5));
        assert_eq!(counter(59, -4).milliwatt_hours(0), Ok(5));
        assert_eq!(counter(0, 0).milliwatt_hours(1), Ok(4_294_967_296_000));
        assert_eq!(counter(1, 11).milliwatt_hours(0), Err(Cause::SunspecScale { scale: 11 }));
        assert_eq!(
            counter(u32::MAX, 10).milliwatt_hours(9).expect_err("large").code(),
            "energy_too_large"
        );
    }

    #[test]
    fn the_energy_between_readings_is_given() {
        let mut follower = follow(100, 0);
        let interval = follower.advance(1_900, counter(350, 0), 1_000).expect("forward");
        assert_eq!(
            (interval.start, interval.seconds, interval.milliwatt_hours),
            (1_000, 900, 250_000)
        );
    }

    #[test]
    fn a_wrap_is_followed_when_capacity_explains_it() {
        let mut follower = follow(u32::MAX - 9, 0);
        // 20 Wh in a minute: 1,200 W, of which one count may be rounding.
        assert_eq!(
            follower.advance(1_060, counter(10, 0), 1_139).expect_err("too much").code(),
            "counter_reset"
        );
        assert_eq!(follower, follow(u32::MAX - 9, 0), "nothing has changed");
        let interval = follower.advance(1_060, counter(10, 0), 1_140).expect("a wrap");
        assert_eq!(interval.milliwatt_hours, 20_000);
        assert_eq!(follower.milliwatt_hours(), Ok((4_294_967_296 + 10) * 1_000));
    }

    #[test]
    fn a_reset_a_new_scale_and_time_that_stands_are_refused() {
        let mut follower = follow(5_000, 0);
        assert_eq!(
            follower.advance(1_060, counter(0, 0), 10_000).expect_err("reset").code(),
            "counter_reset"
        );
        let scaled = follower.advance(1_060, counter(6_000, 1), 10_000).expect_err("scale");
        assert_eq!(scaled.code(), "counter_scale_changed");
        assert_eq!(
            follower.advance(1_000, counter(6_000, 0), 1).expect_err("time").code(),
            "counter_time"
        );
        assert_eq!(
            follower.advance(999, counter(6_000, 0), 1).expect_err("time").code(),
            "counter_time"
        );
    }

    #[test]
    fn small_counts_are_never_lost() {
        let mut follower = follow(0, -4);
        let given: Vec<u64> = (1..=20)
            .map(|raw| {
                follower.advance(1_000 + u64::from(raw), counter(raw, -4), 1).expect("forward")
            })
            .map(|interval| interval.milliwatt_hours)
            .collect();
        assert_eq!(given.iter().sum::<u64>(), 2);
    }
}
