//! NEM12: interval meter data, records 100, 200, 300, 400, 500 and 900.

use crate::{
    Cause, Fault, NemOptions, Place,
    channels::{Channel, Channels},
    energy::{self, EnergyUnit},
    fault::shown,
    nem::{self, Records, field},
    record::{Direction, Meter, Quality, Record, Refusal, Register, Source},
    time,
};
use std::{collections::VecDeque, io::BufRead};

const MINUTES_OF_DAY: usize = 1_440;

/// Reads a NEM12 file record by record.
///
/// One day of one channel is in memory at a time. See the crate's documentation for the rules.
pub struct Nem12<R> {
    records: Records<R>,
    state: State,
    done: bool,
}

impl<R: BufRead> Nem12<R> {
    /// Reads from the beginning of a file.
    pub fn new(reader: R, options: NemOptions) -> Self {
        Self {
            records: Records::new(reader, "NEM12", options),
            state: State::default(),
            done: false,
        }
    }
}

impl<R: BufRead> Iterator for Nem12<R> {
    type Item = Result<Record, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.state.found.pop_front() {
                return Some(Ok(record));
            }
            if self.done {
                return None;
            }
            let state = &mut self.state;
            match self.records.read(|fields, options, line| state.take(fields, options, line)) {
                Ok(true) => {}
                Ok(false) => self.done = true,
                Err(fault) => {
                    self.done = true;
                    return Some(Err(fault));
                }
            }
        }
    }
}

impl<R: BufRead> Source for Nem12<R> {
    fn place(&self) -> Place {
        self.records.place()
    }
}

/// What the records before the next one have said.
#[derive(Default)]
struct State {
    channels: Channels,
    stream: Option<Stream>,
    day: Option<Day>,
    found: VecDeque<Record>,
    /// Whether a record 300 has been seen since the last 200.
    dated: bool,
}

/// What a record 200 opens.
struct Stream {
    channel: Channel,
    /// Unit and direction, or nothing where the channel is refused.
    energy: Option<(EnergyUnit, Direction)>,
    minutes: usize,
}

/// A day with quality `V`, which waits for its 400 records.
struct Day {
    line: u64,
    start: u64,
    values: Vec<Option<u128>>,
    qualities: Vec<Quality>,
}

impl State {
    fn take(&mut self, fields: &[&str], options: NemOptions, line: u64) -> Result<(), Cause> {
        let indicator = fields[0];
        if indicator != "400" {
            self.day_is_covered()?;
        }
        match indicator {
            "200" => self.open(fields),
            "300" => self.day(fields, options, line),
            "400" => self.range(fields),
            "500" => self.manual(fields, options),
            "900" => nem::count("900", fields, 1, 1),
            found => Err(Cause::NemRecordUnknown { found: shown(found) }),
        }
    }

    /// Fails when the 400 records of the last day are not complete.
    fn day_is_covered(&self) -> Result<(), Cause> {
        let Some(day) = &self.day else { return Ok(()) };
        Err(Self::gap(day))
    }

    fn gap(day: &Day) -> Cause {
        let covered = day.qualities.len();
        let next = format!("a record 400 that begins with interval {}", covered + 1);
        Cause::NemQualityRanges { day: day.line, covered, count: day.values.len(), next }
    }

    /// Record 200: NMI, configuration, register, suffix, data stream, serial, unit, length, next
    /// scheduled read.
    fn open(&mut self, fields: &[&str]) -> Result<(), Cause> {
        nem::count("200", fields, 9, 10)?;
        let suffix = nem::suffix(fields[4])?;
        let direction = direction(&suffix);
        let unit = match (fields[7], direction) {
            ("", Some(_)) => return Err(Cause::UnitMissing { channel: suffix }),
            ("", None) => Err(Refusal::NotEnergy),
            (text, _) => nem::unit(text)?,
        };
        let energy = unit.ok().zip(direction);
        let minutes = fields[8].parse().ok().filter(|minutes| match (energy, *minutes) {
            (Some(_), minutes) => matches!(minutes, 5 | 15 | 30),
            (None, minutes) => MINUTES_OF_DAY.is_multiple_of(minutes),
        });
        let minutes = minutes.ok_or_else(|| Cause::NemIntervalLength { text: shown(fields[8]) })?;
        nem::date("the next scheduled read", field(fields, 9))?;
        let channel = self.channels.open(Meter {
            id: nem::identifier("the NMI", fields[1])?,
            channel: suffix,
            unit: unit.map_or_else(|_| fields[7].to_owned(), |unit| unit.name().to_owned()),
            serial: nem::optional("the serial number", fields[6])?,
        })?;
        if energy.is_none() {
            self.found.push_back(Record::Refused(channel.meter.clone(), Refusal::NotEnergy));
        }
        self.stream = Some(Stream { channel, energy, minutes });
        self.dated = false;
        Ok(())
    }

    /// Record 300: date, values of the day, quality, reason, its text, times of update and load.
    fn day(&mut self, fields: &[&str], options: NemOptions, line: u64) -> Result<(), Cause> {
        let rule = "a record 200 must open its channel first";
        let stream =
            self.stream.as_ref().ok_or(Cause::NemRecordMisplaced { record: "300", rule })?;
        let count = MINUTES_OF_DAY / stream.minutes;
        nem::count("300", fields, count + 3, count + 7)?;
        let start =
            time::compact_unix("the interval date", fields[1], "YYYYMMDD", options.offset_seconds)?;
        let quality = nem::quality(fields[count + 2])?;
        nem::reason(field(fields, count + 3))?;
        nem::stamp("the time of update", field(fields, count + 5))?;
        nem::stamp("the time of loading", field(fields, count + 6))?;
        let unit = stream.energy.map(|(unit, _)| unit);
        let value = |text: &&str| match unit {
            Some(unit) if !text.is_empty() => energy::unsigned("a value", text, unit, 0).map(Some),
            _ => Ok(None),
        };
        let values = fields[2..count + 2].iter().map(value).collect::<Result<Vec<_>, _>>()?;
        let day = Day { line, start, values, qualities: vec![] };
        self.dated = true;
        match quality {
            Some(quality) => self.give(Day { qualities: vec![quality; count], ..day }),
            None => {
                self.day = Some(day);
                Ok(())
            }
        }
    }

    /// Record 400: first interval, last interval, quality, reason, its text.
    fn range(&mut self, fields: &[&str]) -> Result<(), Cause> {
        let rule = "it explains a day whose quality is V and must follow it";
        let day = self.day.as_mut().ok_or(Cause::NemRecordMisplaced { record: "400", rule })?;
        nem::count("400", fields, 4, 6)?;
        let number = |text: &str| -> Result<usize, Cause> {
            let number =
                text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
            number.ok_or_else(|| Cause::NotANumber { field: "the interval", text: shown(text) })
        };
        let (first, last) = (number(fields[1])?, number(fields[2])?);
        let quality = nem::quality(fields[3])?;
        let quality = quality.ok_or_else(|| Cause::QualityInvalid { text: shown(fields[3]) })?;
        nem::reason(field(fields, 4))?;
        if first != day.qualities.len() + 1 || last < first || last > day.values.len() {
            return Err(Self::gap(day));
        }
        day.qualities.resize(last, quality);
        if last < day.values.len() {
            return Ok(());
        }
        match self.day.take() {
            Some(day) => self.give(day),
            None => Ok(()),
        }
    }

    /// Gives every interval of a day.
    fn give(&mut self, day: Day) -> Result<(), Cause> {
        let Some(Stream { channel, energy: Some((_, direction)), minutes }) = &self.stream else {
            return Ok(());
        };
        let seconds = u32::try_from(minutes * 60).unwrap_or(u32::MAX);
        let mut start = day.start;
        let values = day.values.iter().zip(&day.qualities);
        for (interval, (value, quality)) in values.clone().enumerate() {
            if value.is_none() && *quality != Quality::Missing {
                return Err(Cause::NemValueMissing { interval: interval + 1 });
            }
        }
        for (value, quality) in values {
            let exact = value.unwrap_or(0);
            let interval =
                self.channels.interval(channel, (start, seconds), exact, *quality, *direction);
            self.found.push_back(Record::Interval(channel.meter.clone(), interval));
            start += u64::from(seconds);
        }
        Ok(())
    }

    /// Record 500: transaction, service order, time and value of a read at the meter.
    fn manual(&mut self, fields: &[&str], options: NemOptions) -> Result<(), Cause> {
        let rule = "it belongs to a day of a channel";
        let misplaced = Cause::NemRecordMisplaced { record: "500", rule };
        let stream = self.stream.as_ref().filter(|_| self.dated).ok_or(misplaced)?;
        nem::count("500", fields, 1, 5)?;
        let (at, value) = (field(fields, 3), field(fields, 4));
        if value.is_empty() {
            return nem::stamp("the time of the read", at);
        }
        let Some((unit, direction)) = stream.energy else { return Ok(()) };
        let at = time::compact_unix(
            "the time of the read",
            at,
            "YYYYMMDDhhmmss",
            options.offset_seconds,
        )?;
        let shown = energy::unsigned("the index read", value, unit, 0)?;
        let register = Register {
            at,
            milliwatt_hours: energy::counter_milliwatt_hours(shown),
            quality: Quality::Actual,
            direction,
        };
        self.found.push_back(Record::Register(stream.channel.meter.clone(), register));
        Ok(())
    }
}

/// Direction of a channel by the first character of its suffix. The market counts from its own side:
/// its "import" (A, B, C) is what a customer delivers, its "export" (D, E, F) what a customer takes.
/// Every other letter is reactive or apparent energy, demand, voltage or current.
fn direction(suffix: &str) -> Option<Direction> {
    match suffix.as_bytes().first()? {
        b'A'..=b'C' => Some(Direction::Export),
        b'D'..=b'F' => Some(Direction::Import),
        _ => None,
    }
}

#[cfg(test)]
#[path = "nem12_tests.rs"]
mod tests;
