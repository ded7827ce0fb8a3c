//! Plain CSV: a header, then one line for each time, in columns that a configuration names.

mod config;
mod feed;

pub use config::{
    CsvConfig, CsvTime, MeterName, Stamp, TimeForm, ValueColumn, ValueDirection, ValueKind,
};

use crate::{
    Cause, Fault, Place,
    channels::{Channel, Channels},
    energy::{self, Decimal},
    fault::shown,
    record::{Direction, Meter, Quality, Record, Register, Source},
    time,
};
use ::csv::StringRecord;
use feed::Feed;
use std::{
    collections::{BTreeMap, VecDeque},
    io::BufRead,
};

/// The longest name of a meter.
const MAX_NAME: usize = 128;

/// Reads a CSV file line by line.
pub struct Csv<R> {
    reader: ::csv::Reader<Feed<R>>,
    config: CsvConfig,
    columns: Option<Columns>,
    channels: Channels,
    /// Channels of each meter name, in the order of the configuration's values.
    meters: BTreeMap<String, Vec<Channel>>,
    record: StringRecord,
    found: VecDeque<Record>,
    done: bool,
}

/// Where the configured columns stand.
struct Columns {
    time: usize,
    end: Option<usize>,
    meter: Option<usize>,
    quality: Option<usize>,
    values: Vec<usize>,
}

impl<R: BufRead> Csv<R> {
    /// Reads from the beginning of a file. A wrong configuration is the first fault.
    pub fn new(reader: R, config: CsvConfig) -> Self {
        let reader = ::csv::ReaderBuilder::new()
            .delimiter(u8::try_from(config.delimiter).unwrap_or(b','))
            .has_headers(false)
            .flexible(true)
            .from_reader(Feed::new(reader));
        Self {
            reader,
            config,
            columns: None,
            channels: Channels::default(),
            meters: BTreeMap::new(),
            record: StringRecord::new(),
            found: VecDeque::new(),
            done: false,
        }
    }

    /// Reads one line into `self.record`; false at the end.
    fn line(&mut self) -> Result<bool, Fault> {
        self.reader.get_mut().begin_record();
        let read = self.reader.read_record(&mut self.record);
        let feed = self.reader.get_mut();
        if let Some(fault) = feed.fault.take() {
            return Err(fault);
        }
        let place = Place::Line(feed.first_line());
        let malformed = |message: String| Cause::CsvMalformed { message };
        let more =
            read.map_err(|error| Fault::new(place.clone(), malformed(shown(&error.to_string()))))?;
        // A quote that is not closed swallows the end of its line.
        let open_quote = feed.lines() > 1 || self.record.iter().any(|field| field.contains('\n'));
        if more && open_quote {
            let message = "a quoted field does not end on its line".to_owned();
            return Err(Fault::new(place, malformed(message)));
        }
        Ok(more)
    }

    /// Reads the header and finds the columns.
    fn header(&mut self) -> Result<Columns, Fault> {
        let wrong = |message: String| Fault::new(Place::Source, Cause::Configuration { message });
        self.config.check().map_err(wrong)?;
        if !self.line()? {
            return Err(Fault::new(Place::Source, Cause::Empty));
        }
        let place = self.place();
        let find = |name: &str| {
            let mut at = (0..self.record.len()).filter(|at| self.field(*at) == name);
            let name = || shown(name);
            let cause = match (at.next(), at.next()) {
                (Some(at), None) => return Ok(at),
                (Some(_), Some(_)) => Cause::CsvColumnTwice { name: name() },
                (None, _) => Cause::CsvColumnMissing { name: name() },
            };
            Err(Fault::new(place.clone(), cause))
        };
        let config = &self.config;
        let meter = match &config.meter {
            MeterName::Column(name) => Some(find(name)?),
            MeterName::Name(_) => None,
        };
        Ok(Columns {
            time: find(&config.time.column)?,
            end: config.end_column.as_deref().map(find).transpose()?,
            meter,
            quality: config.quality_column.as_deref().map(find).transpose()?,
            values: config
                .values
                .iter()
                .map(|value| find(&value.column))
                .collect::<Result<_, _>>()?,
        })
    }

    fn advance(&mut self) -> Result<bool, Fault> {
        let width = self.record.len();
        let columns = match self.columns.take() {
            Some(columns) => columns,
            None => self.header()?,
        };
        let width = if width == 0 { self.record.len() } else { width };
        let more = self.line()?;
        if more {
            let place = self.place();
            let taken = if self.record.len() == width {
                self.take(&columns)
            } else {
                let message = format!("{} fields where the header has {width}", self.record.len());
                Err(Cause::CsvMalformed { message })
            };
            taken.map_err(|cause| Fault::new(place, cause))?;
        }
        self.columns = Some(columns);
        Ok(more)
    }

    /// A field without spaces around it.
    fn field(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or("").trim_matches([' ', '\t'])
    }

    /// Turns the fields of one line into records.
    fn take(&mut self, columns: &Columns) -> Result<(), Cause> {
        let at = self.config.time.read("the time", self.field(columns.time))?;
        let span = self.span(columns, at)?;
        let quality = match columns.quality {
            Some(column) => self.config.quality(self.field(column))?,
            None => Quality::Actual,
        };
        let name = match (columns.meter, &self.config.meter) {
            (Some(column), _) => self.field(column),
            (None, MeterName::Name(name) | MeterName::Column(name)) => name,
        };
        if name.is_empty() {
            return Err(Cause::FieldEmpty { field: "the meter" });
        }
        if name.len() > MAX_NAME {
            return Err(Cause::TextTooLong { field: "the meter", limit: MAX_NAME });
        }
        let name = name.to_owned();
        self.open(&name)?;
        let channels = self.meters.get(&name).map_or(&[][..], Vec::as_slice);
        for ((value, column), channel) in
            self.config.values.iter().zip(&columns.values).zip(channels)
        {
            let text = self.field(*column);
            let missing = self.config.missing.iter().any(|missing| missing == text);
            let quality = if missing { Quality::Missing } else { quality };
            let exact = if missing { 0 } else { self.config.energy(value, text, span.1)? };
            let direction = match value.direction {
                ValueDirection::Signed if exact < 0 => Direction::Export,
                ValueDirection::Signed | ValueDirection::Import => Direction::Import,
                ValueDirection::Export => Direction::Export,
            };
            if exact < 0 && value.direction != ValueDirection::Signed {
                return Err(Cause::NegativeEnergy { text: shown(text) });
            }
            let exact = exact.unsigned_abs();
            let meter = channel.meter.clone();
            self.found.push_back(match value.kind {
                ValueKind::Interval => {
                    let interval = self.channels.interval(channel, span, exact, quality, direction);
                    Record::Interval(meter, interval)
                }
                ValueKind::Counter if missing => continue,
                ValueKind::Counter => {
                    let milliwatt_hours = energy::counter_milliwatt_hours(exact);
                    Record::Register(meter, Register { at, milliwatt_hours, quality, direction })
                }
            });
        }
        Ok(())
    }

    /// Begin and length of the interval of a line; lengths do not matter for counters.
    fn span(&self, columns: &Columns, at: u64) -> Result<(u64, u32), Cause> {
        if let Some(column) = columns.end {
            let end = self.config.time.read("the end", self.field(column))?;
            let seconds = end.checked_sub(at).filter(|seconds| *seconds > 0);
            let seconds = seconds.and_then(|seconds| u32::try_from(seconds).ok());
            return Ok((at, seconds.ok_or(Cause::PeriodInvalid { start: at, end })?));
        }
        let seconds = self.config.seconds.unwrap_or(0);
        if self.config.time.stamp == Stamp::Start {
            return Ok((at, seconds));
        }
        let start = at
            .checked_sub(seconds.into())
            .ok_or_else(|| Cause::TimeOutOfRange { field: "the time", text: at.to_string() })?;
        Ok((start, seconds))
    }

    /// Opens the channels of a meter.
    fn open(&mut self, name: &str) -> Result<(), Cause> {
        if self.meters.contains_key(name) {
            return Ok(());
        }
        let mut channels = Vec::with_capacity(self.config.values.len());
        for value in &self.config.values {
            channels.push(self.channels.open(Meter {
                id: name.to_owned(),
                channel: value.channel.clone().unwrap_or_else(|| value.column.clone()),
                unit: value.unit.name().to_owned(),
                serial: None,
            })?);
        }
        self.meters.insert(name.to_owned(), channels);
        Ok(())
    }
}

impl CsvConfig {
    /// The exact energy of a value in femtojoules.
    fn energy(&self, value: &ValueColumn, text: &str, seconds: u32) -> Result<i128, Cause> {
        let point = u8::try_from(self.decimal_point).unwrap_or(b'.');
        let number = Decimal::parse(text, point);
        let number =
            number.ok_or_else(|| Cause::NotANumber { field: "a value", text: shown(text) })?;
        number.femtojoules(value.unit, seconds)
    }

    /// What a quality flag means.
    fn quality(&self, text: &str) -> Result<Quality, Cause> {
        let quality = self.qualities.get(text).copied();
        quality.ok_or_else(|| Cause::QualityInvalid { text: shown(text) })
    }
}

impl CsvTime {
    /// Unix seconds of a time as configured.
    fn read(&self, field: &'static str, text: &str) -> Result<u64, Cause> {
        let invalid =
            || Cause::TimeInvalid { field, text: shown(text), form: self.form.to_string() };
        let range = || Cause::TimeOutOfRange { field, text: shown(text) };
        let (civil, offset) = match &self.form {
            TimeForm::Unix => {
                let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                plain.then_some(()).ok_or_else(invalid)?;
                let at = text.parse().ok().filter(|at| *at <= time::LAST_SECOND);
                return at.ok_or_else(range);
            }
            TimeForm::Rfc3339 => time::rfc3339(text).ok_or_else(invalid)?,
            TimeForm::Pattern(form) => {
                (time::pattern(form, text).ok_or_else(invalid)?, self.offset_seconds)
            }
        };
        civil.unix(offset).ok_or_else(range)
    }
}

impl<R: BufRead> Iterator for Csv<R> {
    type Item = Result<Record, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.found.pop_front() {
                return Some(Ok(record));
            }
            if self.done {
                return None;
            }
            match self.advance() {
                Ok(more) => self.done = !more,
                Err(fault) => {
                    self.done = true;
                    self.found.clear();
                    return Some(Err(fault));
                }
            }
        }
    }
}

impl<R: BufRead> Source for Csv<R> {
    fn place(&self) -> Place {
        Place::Line(self.reader.get_ref().first_line())
    }
}

#[cfg(test)]
#[path = "csv/tests.rs"]
mod tests;
