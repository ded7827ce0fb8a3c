//! NEM13: accumulated meter data, records 100, 250, 550 and 900.

use crate::{
    Cause, Fault, NemOptions, Place,
    channels::Channels,
    energy::{self, EnergyUnit},
    fault::shown,
    nem::{self, Records, field},
    record::{Direction, Meter, Quality, Record, Register, Source},
    time,
};
use std::{collections::VecDeque, io::BufRead};

/// Reads a NEM13 file record by record.
///
/// Each record 250 gives two registers (the previous read and the current one) and the interval
/// between them, whose energy is the quantity that the file states: it may differ from the
/// difference of the reads by the multiplier of the meter.
pub struct Nem13<R> {
    records: Records<R>,
    state: State,
    done: bool,
}

impl<R: BufRead> Nem13<R> {
    /// Reads from the beginning of a file.
    pub fn new(reader: R, options: NemOptions) -> Self {
        Self {
            records: Records::new(reader, "NEM13", options),
            state: State::default(),
            done: false,
        }
    }
}

impl<R: BufRead> Iterator for Nem13<R> {
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
            match self.records.read(|fields, options, _| state.take(fields, options)) {
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

impl<R: BufRead> Source for Nem13<R> {
    fn place(&self) -> Place {
        self.records.place()
    }
}

#[derive(Default)]
struct State {
    channels: Channels,
    found: VecDeque<Record>,
    /// Whether the record before is a 250, to which a 550 may belong.
    explained: bool,
}

/// One of the two reads of a record 250: value, time, quality, reason, its text.
struct Read {
    at: u64,
    quality: Quality,
}

impl State {
    fn take(&mut self, fields: &[&str], options: NemOptions) -> Result<(), Cause> {
        match fields[0] {
            "250" => {
                self.explained = true;
                self.reading(fields, options)
            }
            "550" if self.explained => {
                self.explained = false;
                nem::count("550", fields, 1, 5)
            }
            "550" => {
                let rule = "it explains a record 250 and must follow it";
                Err(Cause::NemRecordMisplaced { record: "550", rule })
            }
            "900" => nem::count("900", fields, 1, 1),
            found => Err(Cause::NemRecordUnknown { found: shown(found) }),
        }
    }

    /// Record 250: NMI, configuration, register, suffix, data stream, serial, direction, previous
    /// read (5 fields), current read (5 fields), quantity, unit, next scheduled read, times of
    /// update and load.
    fn reading(&mut self, fields: &[&str], options: NemOptions) -> Result<(), Cause> {
        nem::count("250", fields, 20, 23)?;
        let direction = match fields[7] {
            "E" => Direction::Import,
            "I" => Direction::Export,
            text => return Err(Cause::NemDirection { text: shown(text) }),
        };
        nem::date("the next scheduled read", field(fields, 20))?;
        nem::stamp("the time of update", field(fields, 21))?;
        nem::stamp("the time of loading", field(fields, 22))?;
        let unit = nem::unit(fields[19])?;
        let channel = self.channels.open(Meter {
            id: nem::identifier("the NMI", fields[1])?,
            channel: nem::suffix(fields[4])?,
            unit: unit.map_or_else(|_| fields[19].to_owned(), |unit| unit.name().to_owned()),
            serial: nem::optional("the serial number", fields[6])?,
        })?;
        let unit = match unit {
            Ok(unit) => unit,
            Err(refusal) => {
                self.found.push_back(Record::Refused(channel.meter, refusal));
                return Ok(());
            }
        };
        let previous = read(&fields[8..13], "the time of the previous read", options)?;
        let current = read(&fields[13..18], "the time of the current read", options)?;
        let quality = previous.quality.max(current.quality);
        let span = span(previous.at, current.at)?;
        let quantity = value("the quantity", fields[18], unit, quality)?;
        // A record with a fault gives nothing, so nothing is found before all of it is read.
        let mut registers = Vec::with_capacity(2);
        for (read, text) in [(&previous, fields[8]), (&current, fields[13])] {
            if read.quality == Quality::Missing && text.is_empty() {
                continue;
            }
            let register = Register {
                at: read.at,
                milliwatt_hours: energy::counter_milliwatt_hours(value(
                    "a read",
                    text,
                    unit,
                    read.quality,
                )?),
                quality: read.quality,
                direction,
            };
            registers.push(Record::Register(channel.meter.clone(), register));
        }
        self.found.extend(registers);
        let interval = self.channels.interval(&channel, span, quantity, quality, direction);
        self.found.push_back(Record::Interval(channel.meter, interval));
        Ok(())
    }
}

fn read(fields: &[&str], name: &'static str, options: NemOptions) -> Result<Read, Cause> {
    let at = time::compact_unix(name, fields[1], "YYYYMMDDhhmmss", options.offset_seconds)?;
    let quality = nem::quality(fields[2])?;
    let quality = quality.ok_or_else(|| Cause::QualityInvalid { text: shown(fields[2]) })?;
    nem::reason(fields[3])?;
    Ok(Read { at, quality })
}

fn span(start: u64, end: u64) -> Result<(u64, u32), Cause> {
    let seconds = end.checked_sub(start).filter(|seconds| *seconds > 0);
    let seconds = seconds.and_then(|seconds| u32::try_from(seconds).ok());
    Ok((start, seconds.ok_or(Cause::PeriodInvalid { start, end })?))
}

/// A value, which may be empty when it is missing.
fn value(
    name: &'static str,
    text: &str,
    unit: EnergyUnit,
    quality: Quality,
) -> Result<u128, Cause> {
    if text.is_empty() && quality == Quality::Missing {
        return Ok(0);
    }
    if text.is_empty() {
        return Err(Cause::FieldEmpty { field: name });
    }
    energy::unsigned(name, text, unit, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Interval;

    const GOOD: &str = "250,NMI1,11,1,11,11,M1,E,006342.8,20031005093055,A,,,007654.9,20040107100333,A,,,\
                        1312.1,kWh,20040407, 20040108100333,20040108091133";

    fn read(body: &str) -> Result<Vec<Record>, Fault> {
        let text = format!("100,NEM13,200401101030,MDA1,Ret1\n{body}");
        Nem13::new(text.as_bytes(), NemOptions::default()).collect()
    }

    fn code(line: &str) -> &'static str {
        read(&format!("{line}\n900\n")).expect_err(line).code()
    }

    /// The good record with one field replaced.
    fn with(index: usize, text: &str) -> String {
        let mut fields: Vec<&str> = GOOD.split(',').collect();
        fields[index] = text;
        fields.join(",")
    }

    #[test]
    fn a_reading_is_two_registers_and_the_energy_between() {
        let found = read(&format!("{GOOD}\n550,N,,E,\n900\n")).expect("good");
        let [
            Record::Register(meter, before),
            Record::Register(_, after),
            Record::Interval(_, between),
        ] = found.as_slice()
        else {
            panic!("{found:?}")
        };
        assert_eq!((meter.id.as_str(), meter.channel.as_str()), ("NMI1", "11"));
        assert_eq!((before.at, before.watt_hours()), (1_065_310_255, 6_342_800));
        assert_eq!((after.at, after.watt_hours()), (1_073_433_813, 7_654_900));
        let want = Interval {
            start: before.at,
            seconds: 8_123_558,
            milliwatt_hours: 1_312_100_000,
            quality: Quality::Actual,
            direction: Direction::Import,
        };
        assert_eq!(*between, want);
    }

    #[test]
    fn the_worse_quality_of_the_two_reads_counts() {
        let found = read(&format!("{}\n900\n", with(15, "E64"))).expect("good");
        assert!(
            matches!(&found[2], Record::Interval(_, interval) if interval.quality == Quality::Estimated)
        );
        let missing = with(15, "N").replace("007654.9", "").replace("1312.1", "");
        let found = read(&format!("{missing}\n900\n")).expect("good");
        assert_eq!(found.len(), 2, "a missing read has no register");
    }

    #[test]
    fn a_record_with_a_fault_gives_nothing() {
        for index in [8, 13, 18] {
            let text =
                format!("100,NEM13,200401101030,MDA1,Ret1\n{}\n900\n", with(index, "<00999"));
            let found: Vec<_> = Nem13::new(text.as_bytes(), NemOptions::default()).collect();
            let [Err(fault)] = found.as_slice() else { panic!("field {index}: {found:?}") };
            assert_eq!((fault.code(), &fault.place), ("not_a_number", &Place::Line(2)));
        }
    }

    #[test]
    fn generation_and_reactive_energy_are_told_apart() {
        let found = read(&format!("{}\n900\n", with(7, "I"))).expect("good");
        assert!(matches!(&found[2], Record::Interval(_, i) if i.direction == Direction::Export));
        let found = read(&format!("{}\n900\n", with(19, "kVArh"))).expect("good");
        assert!(matches!(found.as_slice(), [Record::Refused(..)]));
    }

    #[test]
    fn every_fault_has_its_code() {
        for (index, text, want) in [
            (1, "", "field_empty"),
            (4, "1", "nem_suffix"),
            (7, "X", "nem_direction"),
            (8, "", "field_empty"),
            (8, "x", "not_a_number"),
            (9, "20031005", "time_invalid"),
            (9, "20500101000000", "period_invalid"),
            (10, "V", "quality_invalid"),
            (11, "abc", "not_a_number"),
            (14, "20031005093055", "period_invalid"),
            (15, "", "quality_invalid"),
            (18, "", "field_empty"),
            (18, "-1", "negative_energy"),
            (19, "", "unit_unknown"),
            (20, "soon", "time_invalid"),
            (21, "1", "time_invalid"),
        ] {
            assert_eq!(code(&with(index, text)), want, "field {index} = {text:?}");
        }
        assert_eq!(code("250,NMI1"), "nem_field_count");
        assert_eq!(code("550,N"), "nem_record_misplaced");
        assert_eq!(code("300,20040201"), "nem_record_unknown");
        let twice = read(&format!("{GOOD}\n550,N\n550,N\n900\n")).expect_err("twice");
        assert_eq!((twice.code(), twice.place), ("nem_record_misplaced", Place::Line(4)));
        assert_eq!(read(GOOD).expect_err("cut off").code(), "nem_end_missing");
    }
}
