//! What would be sent, without a chain and without a queue: for `--dry-run`, and for a look at one file.

use crate::{
    plan,
    series::{Series, wh_between},
    settings::{Channel, Settings, Source, Spikes},
    source::{self, Reader, SourceFormat},
};
use althing_meters::{
    Direction, Fault, Meter, Quality, Record, backfill::Cursor, validate::Finding,
};
use serde::Serialize;
use std::{collections::BTreeMap, path::Path};

/// A channel of a source, and what of it would be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The source.
    pub source: String,
    /// The metering point.
    pub id: String,
    /// The channel.
    pub channel: String,
    /// Which way the energy goes; none of a channel that has no energy.
    pub direction: Option<Direction>,
    /// The meters that it is bound to; none of it is sent or checked if there are none.
    pub meters: Vec<String>,
    /// Intervals that count.
    pub intervals: u64,
    /// What they sum to, in Wh, rounded down once.
    pub wh: u64,
    /// When the first of them begins, in UTC.
    pub first: Option<String>,
    /// When the last of them ends, in UTC.
    pub last: Option<String>,
    /// Records that do not count, by reason.
    pub left_out: BTreeMap<String, u64>,
    /// What was found.
    pub findings: BTreeMap<Finding, u64>,
}

/// What all sources hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Channels, by source, metering point, channel and direction.
    pub rows: Vec<Row>,
    /// Sources that cannot be read, and devices, which are not asked, with the reason.
    pub faults: Vec<String>,
}

/// Looks at every file of a configuration.
pub fn preview(settings: &Settings) -> Preview {
    let mut preview = Preview::default();
    for source in &settings.sources {
        let Some(path) = source.path.as_ref().filter(|_| source.format != SourceFormat::Sunspec)
        else {
            preview.faults.push(format!("{}: a device, which is not asked here", source.name));
            continue;
        };
        let bound: Vec<(&str, Channel)> =
            settings.channels().filter(|(_, channel)| channel.source == source.name).collect();
        let mut table = Table { source, bound, rows: BTreeMap::new() };
        match source::files(path) {
            Ok(files) => {
                for file in files {
                    if let Err(fault) = table.file(&file.path) {
                        let (name, path) = (&source.name, file.path.display());
                        preview.faults.push(format!("{name}: {path}: {fault}"));
                    }
                }
            }
            Err(error) => {
                preview.faults.push(format!("{}: {}: {error}", source.name, path.display()));
            }
        }
        preview.rows.extend(table.rows.into_values().map(|(row, _)| row));
    }
    preview
}

/// Looks at one file, as a source without meters.
///
/// # Errors
/// The fault of the file.
pub fn check(source: &Source, path: &Path) -> Result<Vec<Row>, Fault> {
    let mut table = Table { source, bound: Vec::new(), rows: BTreeMap::new() };
    table.file(path)?;
    Ok(table.rows.into_values().map(|(row, _)| row).collect())
}

type Key = (String, String, Option<Direction>);

struct Table<'a> {
    source: &'a Source,
    bound: Vec<(&'a str, Channel)>,
    rows: BTreeMap<Key, (Row, Series)>,
}

impl Table<'_> {
    fn file(&mut self, path: &Path) -> Result<(), Fault> {
        // First to its end: a file with a fault is not taken in half.
        let survey = source::survey(self.source, path)?;
        let mut reader = Reader::open(self.source, path, Cursor::START)?;
        while let Some(portion) = reader.portion()? {
            for (record, found) in &portion.records {
                self.take(record, found);
            }
        }
        for channel in &survey.report.channels {
            let of_it = |(row, _): &&mut (Row, Series)| {
                row.id == channel.id && row.channel == channel.channel
            };
            let Some((row, _)) = self.rows.values_mut().find(of_it) else { continue };
            for (finding, count) in &channel.findings {
                *row.findings.entry(*finding).or_default() += count.count;
            }
        }
        Ok(())
    }

    fn row(&mut self, meter: &Meter, direction: Option<Direction>) -> &mut (Row, Series) {
        let key = (meter.id.clone(), meter.channel.clone(), direction);
        let (source, bound) = (self.source, &self.bound);
        self.rows.entry(key).or_insert_with(|| {
            let is_bound = |channel: &Channel| {
                channel.id == meter.id
                    && channel.channel == meter.channel
                    && Some(channel.direction) == direction
            };
            let meters = bound.iter().filter(|(_, channel)| is_bound(channel));
            let row = Row {
                source: source.name.clone(),
                id: meter.id.clone(),
                channel: meter.channel.clone(),
                direction,
                meters: meters.map(|(name, _)| (*name).to_owned()).collect(),
                ..Row::default()
            };
            (row, Series::default())
        })
    }

    fn take(&mut self, record: &Record, found: &[Finding]) {
        let qualities: &[Quality] = &self.source.qualities;
        let hold = self.source.spikes == Spikes::Hold && found.contains(&Finding::Spike);
        let counters = self.bound.iter().any(|(_, channel)| {
            channel.counter
                && channel.id == record.meter().id
                && channel.channel == record.meter().channel
        });
        let (row, result) = match record {
            Record::Interval(meter, interval) if !counters => {
                let (row, series) = self.row(meter, Some(interval.direction));
                let held = hold.then_some(Err(crate::series::LeftOut::Spike));
                let result = held.unwrap_or_else(|| series.interval(interval, qualities));
                row.wh = wh_between(0, series.milliwatt_hours());
                (row, result)
            }
            Record::Register(meter, register) if counters => {
                let (row, series) = self.row(meter, Some(register.direction));
                let result = series.register(register, qualities);
                row.wh = wh_between(0, series.milliwatt_hours());
                (row, result)
            }
            _ => return,
        };
        match result {
            Ok(span) => {
                row.intervals += 1;
                row.first.get_or_insert_with(|| plan::time(span.start));
                row.last = Some(plan::time(span.end()));
            }
            Err(left) => *row.left_out.entry(left.code().to_owned()).or_default() += 1,
        }
    }
}
