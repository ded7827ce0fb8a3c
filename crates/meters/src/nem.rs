//! What NEM12 and NEM13 share: fields, header, end, quality flags, units.
//!
//! Both are described in AEMO's "Meter Data File Format Specification NEM12 & NEM13".

use crate::{
    Cause, Fault, Place,
    energy::EnergyUnit,
    fault::shown,
    lines::Lines,
    record::{Quality, Refusal},
    time,
};
use serde::{Deserialize, Serialize};
use std::io::BufRead;

/// Seconds by which Australian Eastern Standard Time is ahead of UTC. The market knows no daylight
/// saving.
pub const AEST: i32 = 36_000;

/// The longest text of an identifier.
const MAX_TEXT: usize = 20;

/// How a NEM file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NemOptions {
    /// Seconds by which the times of the file are ahead of UTC; 36,000 (AEST) unless said otherwise.
    pub offset_seconds: i32,
}

impl Default for NemOptions {
    fn default() -> Self {
        Self { offset_seconds: AEST }
    }
}

impl NemOptions {
    /// No place on Earth is further from UTC than a day.
    fn check(self) -> Result<Self, Fault> {
        if self.offset_seconds.unsigned_abs() < 86_400 {
            return Ok(self);
        }
        let message = "offset_seconds must be less than a day".to_owned();
        Err(Fault::new(Place::Source, Cause::Configuration { message }))
    }
}

/// Records of a NEM file: header first, end last, nothing after.
pub(crate) struct Records<R> {
    lines: Lines<R>,
    version: &'static str,
    options: Result<NemOptions, Fault>,
    stage: Stage,
    data: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begin,
    Open,
    Ended,
}

impl<R: BufRead> Records<R> {
    pub(crate) fn new(reader: R, version: &'static str, options: NemOptions) -> Self {
        let options = options.check();
        Self { lines: Lines::new(reader), version, options, stage: Stage::Begin, data: false }
    }

    pub(crate) fn place(&self) -> Place {
        Place::Line(self.lines.number())
    }

    /// The next record between header and end, given to `take` with its fields. False at the end
    /// of the file, which must be after record 900.
    pub(crate) fn read(
        &mut self,
        take: impl FnOnce(&[&str], NemOptions, u64) -> Result<(), Cause>,
    ) -> Result<bool, Fault> {
        let options = self.options.clone()?;
        loop {
            let Some((line, text)) = self.lines.read()? else { return self.end() };
            let at = |cause| Fault::new(Place::Line(line), cause);
            let fields = split(text);
            let Some(&indicator) = fields.first() else { continue };
            match (self.stage, indicator) {
                (Stage::Begin, "100") => {
                    header(&fields, self.version).map_err(at)?;
                    self.stage = Stage::Open;
                }
                (Stage::Begin, found) => {
                    return Err(at(Cause::NemHeaderMissing { found: shown(found) }));
                }
                (Stage::Open, "100") => {
                    let rule = "the file has one header";
                    return Err(at(Cause::NemRecordMisplaced { record: "100", rule }));
                }
                (Stage::Ended, _) => return Err(at(Cause::NemAfterEnd)),
                (Stage::Open, record) => {
                    if record == "900" {
                        self.stage = Stage::Ended;
                    } else {
                        self.data = true;
                    }
                    take(&fields, options, line).map_err(at)?;
                    return Ok(true);
                }
            }
        }
    }

    fn end(&self) -> Result<bool, Fault> {
        let cause = match self.stage {
            Stage::Begin => Cause::Empty,
            Stage::Open => Cause::NemEndMissing,
            Stage::Ended if !self.data => Cause::NemNoData,
            Stage::Ended => return Ok(false),
        };
        Err(Fault::new(self.place(), cause))
    }
}

/// Fields without spaces around them and without empty ones at the end: some producers fill every
/// line with commas to the width of the longest.
fn split(line: &str) -> Vec<&str> {
    let line = line.trim_end_matches([',', ' ', '\t']);
    if line.is_empty() { Vec::new() } else { line.split(',').map(str::trim).collect() }
}

fn header(fields: &[&str], version: &'static str) -> Result<(), Cause> {
    count("100", fields, 2, 5)?;
    if fields[1] != version {
        return Err(Cause::NemVersion { found: shown(fields[1]), expected: version });
    }
    if let Some(&created) = fields.get(2).filter(|text| !text.is_empty()) {
        let form = "YYYYMMDDhhmm";
        if created.len() != form.len() || time::compact(created).is_none() {
            let (text, form) = (shown(created), form.into());
            return Err(Cause::TimeInvalid { field: "the time of creation", text, form });
        }
    }
    Ok(())
}

/// Checks the number of fields of a record.
pub(crate) fn count(
    record: &'static str,
    fields: &[&str],
    least: usize,
    most: usize,
) -> Result<(), Cause> {
    if (least..=most).contains(&fields.len()) {
        return Ok(());
    }
    Err(Cause::NemFieldCount { record, found: fields.len(), least, most })
}

/// A field that may have been left out at the end of the line.
pub(crate) fn field<'a>(fields: &[&'a str], index: usize) -> &'a str {
    fields.get(index).copied().unwrap_or("")
}

/// A text that identifies something.
pub(crate) fn identifier(name: &'static str, text: &str) -> Result<String, Cause> {
    if text.is_empty() {
        return Err(Cause::FieldEmpty { field: name });
    }
    if text.len() > MAX_TEXT {
        return Err(Cause::TextTooLong { field: name, limit: MAX_TEXT });
    }
    Ok(text.to_owned())
}

/// A text that may be empty.
pub(crate) fn optional(name: &'static str, text: &str) -> Result<Option<String>, Cause> {
    if text.is_empty() { Ok(None) } else { identifier(name, text).map(Some) }
}

/// The channel of a meter: two letters or digits.
pub(crate) fn suffix(text: &str) -> Result<String, Cause> {
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(text.to_ascii_uppercase());
    }
    Err(Cause::NemSuffix { text: shown(text) })
}

/// A quality method: `A`, `N`, `V` alone; `E`, `F`, `S` alone or with the two digits of a method.
/// `None` is `V`: the 400 records tell.
pub(crate) fn quality(text: &str) -> Result<Option<Quality>, Cause> {
    let (flag, method) = text.split_at_checked(1).unwrap_or(("", ""));
    let estimated =
        method.is_empty() || (method.len() == 2 && method.bytes().all(|b| b.is_ascii_digit()));
    match flag {
        "A" if method.is_empty() => Ok(Some(Quality::Actual)),
        "N" if method.is_empty() => Ok(Some(Quality::Missing)),
        "V" if method.is_empty() => Ok(None),
        "E" if estimated => Ok(Some(Quality::Estimated)),
        "F" | "S" if estimated => Ok(Some(Quality::Substituted)),
        _ => Err(Cause::QualityInvalid { text: shown(text) }),
    }
}

/// A reason code: up to three digits, or nothing.
pub(crate) fn reason(text: &str) -> Result<(), Cause> {
    if text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(Cause::NotANumber { field: "the reason code", text: shown(text) })
}

/// A time in a place where it is only kept for people: 12 or 14 digits, or nothing.
pub(crate) fn stamp(name: &'static str, text: &str) -> Result<(), Cause> {
    if text.is_empty() || (matches!(text.len(), 12 | 14) && time::compact(text).is_some()) {
        return Ok(());
    }
    Err(Cause::TimeInvalid { field: name, text: shown(text), form: "YYYYMMDDhhmmss".into() })
}

/// A date in a place where it is only kept for people: 8 digits, or nothing.
pub(crate) fn date(name: &'static str, text: &str) -> Result<(), Cause> {
    if text.is_empty() || (text.len() == 8 && time::compact(text).is_some()) {
        return Ok(());
    }
    Err(Cause::TimeInvalid { field: name, text: shown(text), form: "YYYYMMDD".into() })
}

/// Units of the specification that are not energy, in lower case.
const OTHER_UNITS: &[&str] = &[
    "mvarh", "kvarh", "varh", "mvar", "kvar", "var", "mw", "kw", "w", "mvah", "kvah", "vah", "mva",
    "kva", "va", "kv", "v", "ka", "a", "pf",
];

/// The unit of a channel: energy, or a known unit that is refused as energy.
pub(crate) fn unit(text: &str) -> Result<Result<EnergyUnit, Refusal>, Cause> {
    if let Some(unit) = EnergyUnit::parse_watt_hours(text) {
        return Ok(Ok(unit));
    }
    if OTHER_UNITS.contains(&text.to_ascii_lowercase().as_str()) && text != "mWh" {
        return Ok(Err(Refusal::NotEnergy));
    }
    Err(Cause::UnitUnknown { text: shown(text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_lose_spaces_and_empty_ends() {
        assert_eq!(split("300, 1 ,,2,,"), ["300", "1", "", "2"]);
        assert_eq!(split(",,,"), [""; 0]);
        assert_eq!(split(" "), [""; 0]);
    }

    #[test]
    fn quality_methods_have_one_form_each() {
        assert_eq!(quality("A"), Ok(Some(Quality::Actual)));
        assert_eq!(quality("E64"), Ok(Some(Quality::Estimated)));
        assert_eq!(quality("F14"), Ok(Some(Quality::Substituted)));
        assert_eq!(quality("S"), Ok(Some(Quality::Substituted)));
        assert_eq!(quality("N"), Ok(Some(Quality::Missing)));
        assert_eq!(quality("V"), Ok(None));
        for text in ["", "A1", "V14", "N14", "E1", "E123", "X", "é", "Eé", "a"] {
            assert_eq!(quality(text).expect_err(text).code(), "quality_invalid");
        }
    }

    #[test]
    fn units_are_energy_or_named_otherwise() {
        assert_eq!(unit("kWh"), Ok(Ok(EnergyUnit::KiloWh)));
        assert_eq!(unit("KVARH"), Ok(Err(Refusal::NotEnergy)));
        assert_eq!(unit("mWh").expect_err("ambiguous").code(), "unit_unknown");
        assert_eq!(unit("therm").expect_err("gas").code(), "unit_unknown");
    }

    #[test]
    fn an_offset_of_a_day_is_refused() {
        let options = NemOptions { offset_seconds: 86_400 };
        let mut records = Records::new("100,NEM12\n900\n".as_bytes(), "NEM12", options);
        let fault = records.read(|_, _, _| Ok(())).expect_err("wrong");
        assert_eq!(fault.code(), "configuration");
    }
}
