//! The second reading of a feed: the values, one at a time.

use super::{
    catalog::{Catalog, Reading, number},
    codes::{self, Flow, Kind},
    xml::{Step, Walker},
};
use crate::{
    Cause, Fault, Place,
    energy::{self, Decimal},
    fault::shown,
    record::{Direction, Quality, Record, Register},
    time,
};
use std::io::BufRead;

/// Walks through the blocks of a feed.
pub(super) struct Values<R> {
    walker: Walker<R>,
    catalog: Catalog,
    /// Which of the entries with blocks is read.
    entry: usize,
    /// Whether the entry that is read has blocks.
    has_blocks: bool,
    /// For each stream, whether its refusal has been told.
    told: Vec<bool>,
    reading: Draft,
}

/// The `IntervalReading` that is being read.
#[derive(Default)]
struct Draft {
    start: Option<u64>,
    seconds: Option<u32>,
    value: Option<i64>,
    quality: Option<Quality>,
}

impl<R: BufRead> Values<R> {
    pub(super) fn new(walker: Walker<R>, catalog: Catalog) -> Self {
        let told = vec![false; catalog.streams.len()];
        Self { walker, catalog, entry: 0, has_blocks: false, told, reading: Draft::default() }
    }

    pub(super) fn place(&self) -> Place {
        self.walker.place()
    }

    /// The next value; nothing at the end of the feed.
    pub(super) fn read(&mut self) -> Result<Option<Record>, Fault> {
        loop {
            let step = self.walker.step()?;
            let found = match step {
                Step::Open => self.open(),
                Step::Close => self.close(),
                Step::Link(..) => Ok(None),
                // What the first reading could not keep is a fault here, too.
                Step::End => return self.catalog.fault.take().map_or(Ok(None), Err),
            };
            match found {
                Ok(Some(record)) => return Ok(Some(record)),
                Ok(None) => {}
                Err(cause) => {
                    let first = self.catalog.fault.take().filter(|first| first.cause == cause);
                    return Err(first.unwrap_or_else(|| self.walker.fault(cause)));
                }
            }
        }
    }

    /// The stream of the blocks of this entry.
    fn stream(&self) -> Result<usize, Cause> {
        let missing = Cause::EspiLink { what: "meter reading" };
        match (self.catalog.blocks.get(self.entry), &self.catalog.fault) {
            (Some(Ok(stream)), _) => Ok(*stream),
            // The link may stand behind the place where the first reading had to stop.
            (_, Some(fault)) => Err(fault.cause.clone()),
            (Some(Err(cause)), None) => Err(cause.clone()),
            (None, None) => Err(missing),
        }
    }

    fn open(&mut self) -> Result<Option<Record>, Cause> {
        if self.walker.resource_is(&["IntervalBlock", "IntervalReading"]) {
            self.reading = Draft::default();
            return Ok(None);
        }
        if !self.walker.resource_is(&["IntervalBlock"]) {
            return Ok(None);
        }
        self.has_blocks = true;
        let number = self.stream()?;
        let stream = &self.catalog.streams[number];
        match stream.reading {
            Err(refusal) if !self.told[number] => {
                self.told[number] = true;
                Ok(Some(Record::Refused(stream.channel.meter.clone(), refusal)))
            }
            _ => Ok(None),
        }
    }

    fn close(&mut self) -> Result<Option<Record>, Cause> {
        if self.walker.is_entry() && self.has_blocks {
            self.entry += 1;
            self.has_blocks = false;
        }
        if self.walker.resource_is(&["IntervalBlock", "IntervalReading"]) {
            return self.finish();
        }
        let text = self.walker.text();
        let inside = |names: &[&str]| {
            let mut path = vec!["IntervalBlock", "IntervalReading"];
            path.extend(names);
            self.walker.resource_is(&path)
        };
        if inside(&["value"]) {
            let value = text.parse().ok();
            let value =
                value.ok_or_else(|| Cause::NotANumber { field: "value", text: shown(text) })?;
            once(&mut self.reading.value, value, "value")?;
        } else if inside(&["timePeriod", "start"]) {
            let start = start(text)?;
            once(&mut self.reading.start, start, "timePeriod/start")?;
        } else if inside(&["timePeriod", "duration"]) {
            let seconds = number("timePeriod/duration", text)?;
            once(&mut self.reading.seconds, seconds, "timePeriod/duration")?;
        } else if inside(&["ReadingQuality", "quality"]) {
            let quality = codes::quality(number("quality", text)?);
            let quality =
                quality.ok_or_else(|| Cause::EspiCode { element: "quality", text: shown(text) })?;
            // A reading may have several qualities; the worst counts.
            self.reading.quality =
                Some(self.reading.quality.map_or(quality, |old| old.max(quality)));
        }
        Ok(None)
    }

    /// A reading is complete.
    fn finish(&mut self) -> Result<Option<Record>, Cause> {
        let stream = &self.catalog.streams[self.stream()?];
        let Ok(reading) = stream.reading else { return Ok(None) };
        let draft = std::mem::take(&mut self.reading);
        let start = draft.start.ok_or(Cause::EspiElementMissing { name: "timePeriod/start" })?;
        let value = draft.value.ok_or(Cause::EspiElementMissing { name: "value" })?;
        let quality = draft.quality.unwrap_or(reading.quality);
        let (exact, direction) = energy(value, &reading)?;
        let meter = stream.channel.meter.clone();
        if reading.kind == Kind::Register {
            let at = start + u64::from(draft.seconds.unwrap_or(0));
            let milliwatt_hours = energy::counter_milliwatt_hours(exact);
            let register = Register { at, milliwatt_hours, quality, direction };
            return Ok(Some(Record::Register(meter, register)));
        }
        let seconds = draft.seconds.filter(|seconds| *seconds > 0).or(reading.seconds);
        let seconds = seconds.ok_or(Cause::EspiElementMissing { name: "timePeriod/duration" })?;
        let channel = &stream.channel;
        let interval =
            self.catalog.channels.interval(channel, (start, seconds), exact, quality, direction);
        Ok(Some(Record::Interval(meter, interval)))
    }
}

/// Exact energy and direction of a value.
fn energy(value: i64, reading: &Reading) -> Result<(u128, Direction), Cause> {
    let text = || value.to_string();
    let number = Decimal::scaled(value, reading.power_of_ten);
    let number = number.ok_or_else(|| Cause::EnergyTooLarge { text: text() })?;
    let exact = number.femtojoules(reading.unit, 0)?;
    match reading.flow {
        Flow::Signed if exact < 0 => Ok((exact.unsigned_abs(), Direction::Export)),
        Flow::Signed => Ok((exact.unsigned_abs(), Direction::Import)),
        Flow::One(_) if exact < 0 => Err(Cause::NegativeEnergy { text: text() }),
        Flow::One(direction) => Ok((exact.unsigned_abs(), direction)),
    }
}

fn once<T>(slot: &mut Option<T>, value: T, name: &'static str) -> Result<(), Cause> {
    if slot.replace(value).is_some() {
        return Err(Cause::EspiElementTwice { name });
    }
    Ok(())
}

/// A time in unix seconds.
fn start(text: &str) -> Result<u64, Cause> {
    let field = "timePeriod/start";
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain {
        return Err(Cause::TimeInvalid { field, text: shown(text), form: "unix seconds".into() });
    }
    let start = text.parse().ok().filter(|start| *start <= time::LAST_SECOND);
    start.ok_or_else(|| Cause::TimeOutOfRange { field, text: shown(text) })
}
