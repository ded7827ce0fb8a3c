//! Writers of the formats, and ways to read bytes: what the tests share.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]

use althing_meters::{
    Direction, EnergyUnit, Fault, Interval, NemOptions, Quality, Record,
    csv::{
        Csv, CsvConfig, CsvTime, MeterName, Stamp, TimeForm, ValueColumn, ValueDirection, ValueKind,
    },
    green_button::GreenButton,
    nem12::Nem12,
    nem13::Nem13,
};
use std::{
    fmt::Write as _,
    io::{BufReader, Cursor},
    path::PathBuf,
};

/// What a reader gave, and what it ended with.
pub type Outcome = (Vec<Record>, Option<Fault>);

/// Reads to the end or to the first fault, and that nothing follows.
pub fn drain(mut source: impl Iterator<Item = Result<Record, Fault>>) -> Outcome {
    let mut found = vec![];
    for record in source.by_ref() {
        match record {
            Ok(record) => found.push(record),
            Err(fault) => {
                assert!(source.next().is_none(), "something follows a fault");
                return (found, Some(fault));
            }
        }
    }
    (found, None)
}

/// Every reader over the same bytes, through a buffer of the given size.
pub fn read_all_ways(bytes: &[u8], buffer: usize) -> [Outcome; 4] {
    let reader = || BufReader::with_capacity(buffer, Cursor::new(bytes));
    [
        drain(Nem12::new(reader(), NemOptions::default())),
        drain(Nem13::new(reader(), NemOptions::default())),
        drain(GreenButton::new(reader())),
        drain(Csv::new(reader(), csv_config())),
    ]
}

/// The files of others.
pub fn data(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(path)
}

/// A configuration with a time, a meter and energy both ways.
pub fn csv_config() -> CsvConfig {
    let value = |column: &str, unit, direction| ValueColumn {
        column: column.into(),
        channel: None,
        unit,
        kind: ValueKind::Interval,
        direction,
    };
    CsvConfig {
        delimiter: ',',
        decimal_point: '.',
        time: CsvTime {
            column: "time".into(),
            form: TimeForm::Unix,
            stamp: Stamp::Start,
            offset_seconds: 0,
        },
        seconds: Some(1_800),
        end_column: None,
        meter: MeterName::Column("meter".into()),
        quality_column: None,
        qualities: [].into(),
        missing: vec![String::new()],
        values: vec![
            value("net", EnergyUnit::KiloWh, ValueDirection::Signed),
            value("made", EnergyUnit::Wh, ValueDirection::Export),
        ],
    }
}

/// Milliwatt-hours as kilowatt-hours.
pub fn kilowatt_hours(milliwatt_hours: u64) -> String {
    format!("{}.{:06}", milliwatt_hours / 1_000_000, milliwatt_hours % 1_000_000)
}

/// A day of one channel: suffix, date, minutes of an interval, values with their qualities.
#[derive(Debug, Clone)]
pub struct Day {
    pub suffix: String,
    pub date: u32,
    pub minutes: u32,
    pub values: Vec<(u64, Quality)>,
}

/// Writes a NEM12 file, with variable quality where a day has several.
pub fn write_nem12(days: &[Day]) -> String {
    let mut out = "100,NEM12,202401010000,WRITER,READER\r\n".to_owned();
    for day in days {
        let _ =
            write!(out, "200,NMI0000001,E1B1,1,{},N1,SERIAL,kWh,{},\r\n", day.suffix, day.minutes);
        let _ = write!(out, "300,{}", day.date);
        for (value, quality) in &day.values {
            out.push(',');
            if *quality != Quality::Missing {
                out.push_str(&kilowatt_hours(*value));
            }
        }
        let mut runs: Vec<(usize, usize, Quality)> = vec![];
        for (at, (_, quality)) in day.values.iter().enumerate() {
            match runs.last_mut() {
                Some((_, last, same)) if same == quality => *last = at + 1,
                _ => runs.push((at + 1, at + 1, *quality)),
            }
        }
        if let [(_, _, quality)] = runs.as_slice() {
            let _ = write!(out, ",{},,,20240102000000,\r\n", flag(*quality));
            continue;
        }
        out.push_str(",V,,,20240102000000,\r\n");
        for (first, last, quality) in runs {
            let _ = write!(out, "400,{first},{last},{},,\r\n", flag(quality));
        }
    }
    out + "900\r\n"
}

fn flag(quality: Quality) -> &'static str {
    match quality {
        Quality::Actual => "A",
        Quality::Substituted => "S14",
        Quality::Estimated => "E52",
        Quality::Questionable => panic!("NEM12 has no such flag"),
        Quality::Missing => "N",
    }
}

/// Writes a CSV file for [`csv_config`]: time, meter, net energy, energy made.
pub fn write_csv(lines: &[(u64, String, i64, u64)]) -> String {
    let mut out = "made,time,meter,net\n".to_owned();
    for (time, meter, net, made) in lines {
        let sign = if *net < 0 { "-" } else { "" };
        let net = kilowatt_hours(net.unsigned_abs());
        let _ =
            writeln!(out, "{}.{:03},{time},\"{meter}\",{sign}{net}", made / 1_000, made % 1_000);
    }
    out
}

/// The energy of an interval with the sign of its direction.
pub fn signed(interval: &Interval) -> i64 {
    let energy = i64::try_from(interval.milliwatt_hours).expect("small");
    if interval.direction == Direction::Export { -energy } else { energy }
}
