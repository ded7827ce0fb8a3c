//! Looks for what is wrong with readings that can be read: gaps, repetitions, overlaps, spikes,
//! counters that go back, traps of daylight saving, estimates.
//!
//! The report depends on the records and the limits alone, and gaps and overlaps do not even depend
//! on the order of the records. Everything is integers.

mod coverage;
mod spikes;

use crate::{
    record::{Direction, Interval, Meter, Quality, Record, Register},
    time,
};
use coverage::{Coverage, Placed};
use serde::{Deserialize, Serialize};
use spikes::Window;
use std::collections::BTreeMap;

/// What counts as wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The most that can go through a meter, in watts; nothing checks no capacity.
    pub capacity_watts: Option<u64>,
    /// A spike is this many times the usual deviation above the running median.
    pub spike_factor: u32,
    /// Deviations smaller than this, in milliwatts, count as this much.
    pub spike_floor_milliwatts: u64,
    /// Seconds by which local standard time is ahead of UTC, for traps of daylight saving.
    pub offset_seconds: i32,
    /// How many examples of each finding are kept, up to 100.
    pub examples: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            capacity_watts: None,
            spike_factor: 10,
            spike_floor_milliwatts: 1_000_000,
            offset_seconds: 0,
            examples: 5,
        }
    }
}

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// A span between the first and the last interval that no interval covers.
    Gap,
    /// An interval whose whole time other intervals had covered already.
    Repeated,
    /// An interval a part of whose time other intervals had covered already.
    Overlap,
    /// An interval that begins before the one before it, or a counter read before the one before it.
    Disordered,
    /// More power than the capacity.
    OverCapacity,
    /// Far more power than in the intervals before.
    Spike,
    /// A counter that shows less than before.
    CounterDecreased,
    /// A counter that shows two values at one time.
    CounterConflict,
    /// A gap of one hour in the night of a Sunday in spring or autumn: local time was taken for
    /// standard time.
    DaylightGap,
    /// An hour twice, at such a time.
    DaylightRepeat,
}

/// Where something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// Begin, or time of the reading, in unix seconds.
    pub start: u64,
    /// Length in seconds; 0 for a counter.
    pub seconds: u64,
    /// Energy or what the counter shows, in milliwatt-hours; 0 for a gap.
    pub milliwatt_hours: u64,
}

/// How often something was found, and the first places.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How often.
    pub count: u64,
    /// Seconds of all of them together.
    pub seconds: u64,
    /// The first in the order of the source; gaps in the order of time.
    pub first: Vec<Example>,
}

/// What was found in one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelReport {
    /// The metering point.
    pub id: String,
    /// Its channel.
    pub channel: String,
    /// Intervals.
    pub intervals: u64,
    /// Counter readings.
    pub registers: u64,
    /// Energy to and from the customer, in milliwatt-hours.
    pub import_milliwatt_hours: u128,
    /// The same for the other direction.
    pub export_milliwatt_hours: u128,
    /// Intervals of each quality.
    pub qualities: BTreeMap<Quality, u64>,
    /// Intervals that are substituted, estimated or questionable, in millionths of all.
    pub estimated_ppm: u64,
    /// Intervals without a value, in millionths of all.
    pub missing_ppm: u64,
    /// What was found, ordered by kind.
    pub findings: BTreeMap<Finding, Count>,
}

/// What was found in a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Channels, ordered by meter and name.
    pub channels: Vec<ChannelReport>,
}

impl Report {
    /// How often something was found in all channels together.
    pub fn count(&self, finding: Finding) -> u64 {
        self.channels
            .iter()
            .filter_map(|channel| channel.findings.get(&finding))
            .map(|c| c.count)
            .sum()
    }

    /// Whether nothing was found at all; estimates and missing values are no findings.
    pub fn is_clean(&self) -> bool {
        self.channels.iter().all(|channel| channel.findings.is_empty())
    }
}

/// Takes records one by one. Its memory grows with channels and gaps, not with records.
#[derive(Debug, Default)]
pub struct Validator {
    limits: Limits,
    channels: BTreeMap<(String, String), Channel>,
}

/// What is known about one channel. Meters that were exchanged keep the channel of their point.
#[derive(Debug, Default)]
struct Channel {
    intervals: u64,
    registers: u64,
    energy: [u128; 2],
    qualities: BTreeMap<Quality, u64>,
    findings: BTreeMap<Finding, Count>,
    covered: Coverage,
    repeated: Coverage,
    last_start: Option<u64>,
    windows: [Window; 2],
    counters: [Option<Register>; 2],
    /// What was found since the last record was taken.
    now: Vec<Finding>,
}

impl Validator {
    /// Begins with nothing.
    pub fn new(limits: Limits) -> Self {
        Self { limits, channels: BTreeMap::new() }
    }

    /// Takes the next record. Refused channels are passed over.
    pub fn take(&mut self, record: &Record) {
        self.examine(record);
    }

    /// The same, and says what was found with it. Gaps stand in the report alone, as a rule: one that is
    /// not far behind may still be filled.
    pub fn examine(&mut self, record: &Record) -> Vec<Finding> {
        let limits = self.limits;
        let channel = match record {
            Record::Interval(meter, interval) => {
                let channel = self.channel(meter);
                channel.interval(interval, &limits);
                channel
            }
            Record::Register(meter, register) => {
                let channel = self.channel(meter);
                channel.register(register, &limits);
                channel
            }
            Record::Refused(..) => return Vec::new(),
        };
        std::mem::take(&mut channel.now)
    }

    /// Takes an interval.
    pub fn take_interval(&mut self, meter: &Meter, interval: &Interval) {
        let limits = self.limits;
        let channel = self.channel(meter);
        channel.interval(interval, &limits);
        channel.now.clear();
    }

    /// Takes a counter.
    pub fn take_register(&mut self, meter: &Meter, register: &Register) {
        let limits = self.limits;
        let channel = self.channel(meter);
        channel.register(register, &limits);
        channel.now.clear();
    }

    fn channel(&mut self, meter: &Meter) -> &mut Channel {
        self.channels.entry((meter.id.clone(), meter.channel.clone())).or_default()
    }

    /// What was found in everything that was taken.
    pub fn finish(self) -> Report {
        let limits = self.limits;
        let report =
            |((id, name), channel): ((String, String), Channel)| channel.finish(id, name, &limits);
        Report { channels: self.channels.into_iter().map(report).collect() }
    }
}

impl Channel {
    fn find(&mut self, limits: &Limits, finding: Finding, example: Example) {
        self.now.push(finding);
        let count = self.findings.entry(finding).or_default();
        count.count += 1;
        count.seconds = count.seconds.saturating_add(example.seconds);
        if count.first.len() < usize::from(limits.examples.min(100)) {
            count.first.push(example);
        }
    }

    fn interval(&mut self, interval: &Interval, limits: &Limits) {
        let side = usize::from(interval.direction == Direction::Export);
        let example = Example {
            start: interval.start,
            seconds: interval.seconds.into(),
            milliwatt_hours: interval.milliwatt_hours,
        };
        self.intervals += 1;
        self.energy[side] += u128::from(interval.milliwatt_hours);
        *self.qualities.entry(interval.quality).or_default() += 1;
        if self.last_start.is_some_and(|last| interval.start < last) {
            self.find(limits, Finding::Disordered, example);
        }
        self.last_start = Some(interval.start);
        let (placed, closed) = self.covered.add(interval.start, interval.end());
        if let Some((start, end)) = closed {
            self.gap(limits, start, end);
        }
        match placed {
            Placed::Free => {}
            Placed::Covered => {
                self.find(limits, Finding::Repeated, example);
                self.repeated.add(interval.start, interval.end());
            }
            Placed::Partly => self.find(limits, Finding::Overlap, example),
        }
        if interval.quality == Quality::Missing {
            return;
        }
        let power = interval.milliwatts();
        if limits.capacity_watts.is_some_and(|capacity| power > u128::from(capacity) * 1_000) {
            self.find(limits, Finding::OverCapacity, example);
        }
        let (factor, floor) = (limits.spike_factor, limits.spike_floor_milliwatts);
        if self.windows[side].is_spike(power, factor, floor) {
            self.find(limits, Finding::Spike, example);
        }
    }

    fn register(&mut self, register: &Register, limits: &Limits) {
        let side = usize::from(register.direction == Direction::Export);
        let example =
            Example { start: register.at, seconds: 0, milliwatt_hours: register.milliwatt_hours };
        self.registers += 1;
        let last = self.counters[side].replace(*register);
        let Some(last) = last else { return };
        let (shown, before) = (register.milliwatt_hours, last.milliwatt_hours);
        if register.at < last.at {
            self.find(limits, Finding::Disordered, example);
        } else if register.at == last.at && shown != before {
            self.find(limits, Finding::CounterConflict, example);
        } else if shown < before {
            self.find(limits, Finding::CounterDecreased, example);
        }
    }

    fn gap(&mut self, limits: &Limits, start: u64, end: u64) {
        let example = Example { start, seconds: end - start, milliwatt_hours: 0 };
        self.find(limits, Finding::Gap, example);
        if is_daylight_change(start, end, limits.offset_seconds) {
            self.find(limits, Finding::DaylightGap, example);
        }
    }

    fn finish(mut self, id: String, channel: String, limits: &Limits) -> ChannelReport {
        for (start, end) in std::mem::take(&mut self.covered).gaps() {
            self.gap(limits, start, end);
        }
        for (start, end) in std::mem::take(&mut self.repeated).ranges() {
            if is_daylight_change(start, end, limits.offset_seconds) {
                let example = Example { start, seconds: end - start, milliwatt_hours: 0 };
                self.find(limits, Finding::DaylightRepeat, example);
            }
        }
        let of = |quality| self.qualities.get(&quality).copied().unwrap_or(0);
        let doubted = of(Quality::Substituted) + of(Quality::Estimated) + of(Quality::Questionable);
        ChannelReport {
            estimated_ppm: ppm(doubted, self.intervals),
            missing_ppm: ppm(of(Quality::Missing), self.intervals),
            id,
            channel,
            intervals: self.intervals,
            registers: self.registers,
            import_milliwatt_hours: self.energy[0],
            export_milliwatt_hours: self.energy[1],
            qualities: self.qualities,
            findings: self.findings,
        }
    }
}

/// Millionths, rounded down.
fn ppm(part: u64, whole: u64) -> u64 {
    part.saturating_mul(1_000_000).checked_div(whole).unwrap_or(0)
}

/// Whether a span is one hour in the first hours of a Sunday in a month in which somebody changes
/// clocks: March, April, September, October, November.
fn is_daylight_change(start: u64, end: u64, offset: i32) -> bool {
    let (month, weekday) = time::month_and_weekday(start, offset);
    end - start == 3_600
        && weekday == 0
        && matches!(month, 3 | 4 | 9 | 10 | 11)
        && time::second_of_day(start, offset) <= 4 * 3_600
}

#[cfg(test)]
#[path = "validate/tests.rs"]
mod tests;
