//! Whole files: opened by their format, collected in memory, or summed without it.

use crate::{
    Cause, Fault, NemOptions, Place,
    csv::{Csv, CsvConfig},
    detect::Format,
    green_button::GreenButton,
    nem12::Nem12,
    nem13::Nem13,
    record::{Direction, Interval, Meter, Quality, Record, Refusal, Register, Source},
};
use serde::Serialize;
use std::{collections::BTreeMap, fs::File, io::BufReader, path::Path, sync::Arc};

/// Opens a file of a format. CSV needs its configuration.
///
/// # Errors
/// `io`, and `configuration` for CSV without one.
pub fn open(
    path: &Path,
    format: Format,
    nem: NemOptions,
    csv: Option<&CsvConfig>,
) -> Result<Box<dyn Source + Send>, Fault> {
    let fault = |cause| Fault::new(Place::Source, cause);
    let file = File::open(path).map_err(|error| fault(Cause::Io { message: error.to_string() }))?;
    let reader = BufReader::with_capacity(64 * 1024, file);
    Ok(match format {
        Format::Nem12 => Box::new(Nem12::new(reader, nem)),
        Format::Nem13 => Box::new(Nem13::new(reader, nem)),
        Format::GreenButton => Box::new(GreenButton::new(reader)),
        Format::Csv => {
            let message = "CSV needs a description of its columns".to_owned();
            let config = csv.ok_or_else(|| fault(Cause::Configuration { message }))?;
            Box::new(Csv::new(reader, config.clone()))
        }
    })
}

/// What becomes of a file with a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing of it is given.
    Strict,
    /// What came before the fault is given, and the fault with it.
    Lenient,
}

/// Everything a source says about one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// The channel.
    pub meter: Arc<Meter>,
    /// Its intervals, in the order of the source.
    pub intervals: Vec<Interval>,
    /// Its counters, in the order of the source.
    pub registers: Vec<Register>,
}

/// A source in memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Collected {
    /// Channels with energy, ordered by meter.
    pub series: Vec<Series>,
    /// Channels that were left out, ordered by meter, each once.
    pub refused: Vec<(Arc<Meter>, Refusal)>,
    /// The fault that ended the source, in lenient mode only.
    pub fault: Option<Fault>,
}

/// Reads a source into memory, grouped by channel, up to `limit` records.
///
/// # Errors
/// The fault of the source in strict mode; `too_many_records` in both.
pub fn collect(source: impl Source, mode: Mode, limit: usize) -> Result<Collected, Fault> {
    let mut source = source;
    let (mut series, mut refused) = (BTreeMap::<Arc<Meter>, Series>::new(), BTreeMap::new());
    let mut fault = None;
    let mut count = 0;
    while let Some(record) = source.next() {
        let record = match (record, mode) {
            (Ok(record), _) => record,
            (Err(found), Mode::Strict) => return Err(found),
            (Err(found), Mode::Lenient) => {
                fault = Some(found);
                break;
            }
        };
        if count == limit {
            return Err(Fault::new(source.place(), Cause::TooManyRecords { limit }));
        }
        count += 1;
        let meter = record.meter().clone();
        let entry = |meter: Arc<Meter>| Series { meter, intervals: vec![], registers: vec![] };
        match record {
            Record::Refused(meter, refusal) => {
                refused.insert(meter, refusal);
            }
            Record::Interval(_, interval) => {
                series
                    .entry(meter.clone())
                    .or_insert_with(|| entry(meter))
                    .intervals
                    .push(interval);
            }
            Record::Register(_, register) => {
                series
                    .entry(meter.clone())
                    .or_insert_with(|| entry(meter))
                    .registers
                    .push(register);
            }
        }
    }
    Ok(Collected {
        series: series.into_values().collect(),
        refused: refused.into_iter().collect(),
        fault,
    })
}

/// Sums of one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// Intervals, the missing ones among them.
    pub intervals: u64,
    /// Intervals without a value.
    pub missing: u64,
    /// Counter readings.
    pub registers: u64,
    /// Energy to the customer, in milliwatt-hours.
    pub import_milliwatt_hours: u128,
    /// Energy from the customer, in milliwatt-hours.
    pub export_milliwatt_hours: u128,
    /// The first begin and the last end of an interval, in unix seconds.
    pub span: Option<(u64, u64)>,
}

impl Totals {
    fn add(&mut self, interval: &Interval) {
        self.intervals += 1;
        self.missing += u64::from(interval.quality == Quality::Missing);
        let energy = u128::from(interval.milliwatt_hours);
        match interval.direction {
            Direction::Import => self.import_milliwatt_hours += energy,
            Direction::Export => self.export_milliwatt_hours += energy,
        }
        let (first, last) = self.span.unwrap_or((interval.start, interval.end()));
        self.span = Some((first.min(interval.start), last.max(interval.end())));
    }
}

/// Reads a source to its end and sums each channel; memory grows with channels, not with records.
///
/// To act on a large file only if all of it is good, run this first and read it again afterwards.
///
/// # Errors
/// The fault of the source.
pub fn check(source: impl Source) -> Result<BTreeMap<Arc<Meter>, Totals>, Fault> {
    let mut totals = BTreeMap::<Arc<Meter>, Totals>::new();
    for record in source {
        match record? {
            Record::Interval(meter, interval) => totals.entry(meter).or_default().add(&interval),
            Record::Register(meter, _) => totals.entry(meter).or_default().registers += 1,
            Record::Refused(..) => {}
        }
    }
    Ok(totals)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(end: &str) -> String {
        let values = ",1".repeat(48);
        format!(
            "100,NEM12\n200,N,,,E1,,,kWh,30\n300,20040201{values},A\n200,N,,,Q1,,,kVArh,30\n\
             300,20040201{values},A\n200,N,,,B1,,,kWh,30\n300,20040201{values},N\n{end}"
        )
    }

    fn source(text: &str) -> Nem12<&[u8]> {
        Nem12::new(text.as_bytes(), NemOptions::default())
    }

    #[test]
    fn channels_are_grouped_and_refusals_kept_apart() {
        let text = text("900\n");
        let found = collect(source(&text), Mode::Strict, 96 + 1).expect("good");
        let names: Vec<&str> =
            found.series.iter().map(|series| series.meter.channel.as_str()).collect();
        assert_eq!(names, ["B1", "E1"]);
        assert_eq!(found.refused.len(), 1);
        assert_eq!((found.series[1].intervals.len(), found.fault), (48, None));
    }

    #[test]
    fn a_fault_takes_everything_unless_the_caller_is_lenient() {
        let text = text("");
        assert_eq!(
            collect(source(&text), Mode::Strict, 1_000).expect_err("cut").code(),
            "nem_end_missing"
        );
        assert_eq!(check(source(&text)).expect_err("cut").code(), "nem_end_missing");
        let found = collect(source(&text), Mode::Lenient, 1_000).expect("lenient");
        assert_eq!(found.fault.map(|fault| fault.code()), Some("nem_end_missing"));
        assert_eq!(found.series.iter().map(|series| series.intervals.len()).sum::<usize>(), 96);
    }

    #[test]
    fn memory_is_bounded_by_the_caller() {
        let text = text("900\n");
        for mode in [Mode::Strict, Mode::Lenient] {
            assert_eq!(
                collect(source(&text), mode, 96).expect_err("full").code(),
                "too_many_records"
            );
        }
    }

    #[test]
    fn totals_are_sums_by_direction() {
        let totals = check(source(&text("900\n"))).expect("good");
        let totals: Vec<&Totals> = totals.values().collect();
        let want = Totals {
            intervals: 48,
            import_milliwatt_hours: 48_000_000,
            span: Some((1_075_557_600, 1_075_644_000)),
            ..Totals::default()
        };
        assert_eq!(*totals[1], want);
        assert_eq!((totals[0].missing, totals[0].export_milliwatt_hours), (48, 0));
    }
}
