//! The configuration of a CSV file: which column means what.

use crate::{energy::EnergyUnit, record::Quality, time};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// Says what the columns of a file mean. It can be written in TOML; see the crate's documentation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvConfig {
    /// Between fields: one ASCII character, a comma unless said otherwise.
    #[serde(default = "comma")]
    pub delimiter: char,
    /// Between whole and decimals: a point or a comma, a point unless said otherwise.
    #[serde(default = "point")]
    pub decimal_point: char,
    /// The column of time.
    pub time: CsvTime,
    /// The length of every interval in seconds. Needed for intervals unless `end_column` is given.
    #[serde(default)]
    pub seconds: Option<u32>,
    /// The column of the end of the interval, in the form of the time.
    #[serde(default)]
    pub end_column: Option<String>,
    /// Who was metered.
    pub meter: MeterName,
    /// The column of a quality flag; every flag must stand in `qualities`.
    #[serde(default)]
    pub quality_column: Option<String>,
    /// What each flag means.
    #[serde(default)]
    pub qualities: BTreeMap<String, Quality>,
    /// Texts of a value that mean that there is none; the empty text unless said otherwise.
    #[serde(default = "nothing")]
    pub missing: Vec<String>,
    /// The columns of values, 1 to 64.
    pub values: Vec<ValueColumn>,
}

/// The column of time and its form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvTime {
    /// Its name in the header.
    pub column: String,
    /// How times are written.
    pub form: TimeForm,
    /// Whether it is the begin of an interval or its end.
    #[serde(default)]
    pub stamp: Stamp,
    /// For a pattern: seconds by which the times are ahead of UTC, all year round.
    #[serde(default)]
    pub offset_seconds: i32,
}

/// How times are written: `rfc3339`, `unix` (seconds), or a pattern of `%Y %m %d %H %M %S` such as
/// `%d/%m/%Y %H:%M`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum TimeForm {
    /// With an offset in every time.
    Rfc3339,
    /// Seconds since 1970 in UTC.
    Unix,
    /// By a pattern, without an offset.
    Pattern(String),
}

impl From<String> for TimeForm {
    fn from(text: String) -> Self {
        match text.as_str() {
            "rfc3339" => Self::Rfc3339,
            "unix" => Self::Unix,
            _ => Self::Pattern(text),
        }
    }
}

impl From<TimeForm> for String {
    fn from(form: TimeForm) -> Self {
        form.to_string()
    }
}

impl fmt::Display for TimeForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rfc3339 => "rfc3339",
            Self::Unix => "unix",
            Self::Pattern(form) => form,
        })
    }
}

/// What the time of a line is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stamp {
    /// The begin of its interval.
    #[default]
    Start,
    /// The end of its interval.
    End,
}

/// Who was metered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeterName {
    /// A column tells.
    Column(String),
    /// One meter for the whole file.
    Name(String),
}

/// A column of values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueColumn {
    /// Its name in the header.
    pub column: String,
    /// The name of the channel; the column's unless said otherwise.
    #[serde(default)]
    pub channel: Option<String>,
    /// The unit of its values.
    pub unit: EnergyUnit,
    /// Whether values are energy of intervals or what a counter shows.
    #[serde(default)]
    pub kind: ValueKind,
    /// Which way the energy went.
    #[serde(default)]
    pub direction: ValueDirection,
}

/// What values are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// Energy (or average power) of the interval.
    #[default]
    Interval,
    /// A counter that only grows.
    Counter,
}

/// Which way the energy of a column went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueDirection {
    /// To the customer.
    #[default]
    Import,
    /// From the customer.
    Export,
    /// To the customer where it is positive, from the customer where it is negative.
    Signed,
}

fn comma() -> char {
    ','
}

fn point() -> char {
    '.'
}

fn nothing() -> Vec<String> {
    vec![String::new()]
}

impl CsvConfig {
    /// Checks that the configuration does not contradict itself.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn check(&self) -> Result<(), String> {
        let say = |message: &str| Err(message.to_owned());
        if !self.delimiter.is_ascii() || matches!(self.delimiter, '"' | '\n' | '\r' | ' ') {
            return say("delimiter must be one ASCII character other than a quote or a space");
        }
        if !matches!(self.decimal_point, '.' | ',') || self.decimal_point == self.delimiter {
            return say("decimal_point must be . or , and not the delimiter");
        }
        if let TimeForm::Pattern(form) = &self.time.form
            && !time::pattern_is_valid(form)
        {
            return say("time.form must be rfc3339, unix or a pattern with %Y, %m and %d");
        }
        if self.time.offset_seconds.unsigned_abs() >= 86_400 {
            return say("time.offset_seconds must be less than a day");
        }
        if self.quality_column.is_none() != self.qualities.is_empty() {
            return say("quality_column and qualities need each other");
        }
        if !(1..=64).contains(&self.values.len()) {
            return say("values must name 1 to 64 columns");
        }
        self.check_values()
    }

    fn check_values(&self) -> Result<(), String> {
        let say = |message: &str| Err(message.to_owned());
        if self.seconds.is_some() && self.end_column.is_some() {
            return say("give seconds or end_column, not both");
        }
        if self.end_column.is_some() && self.time.stamp == Stamp::End {
            return say("with end_column, time.stamp must be start");
        }
        let intervals = self.values.iter().any(|value| value.kind == ValueKind::Interval);
        if intervals && self.end_column.is_none() && self.seconds.unwrap_or(0) == 0 {
            return say("intervals need seconds or end_column");
        }
        for (at, value) in self.values.iter().enumerate() {
            if value.kind == ValueKind::Counter && value.unit.is_power() {
                return say("a counter needs a unit of energy, not of power");
            }
            if value.kind == ValueKind::Counter && value.direction == ValueDirection::Signed {
                return say("a counter cannot be signed");
            }
            let name =
                |value: &ValueColumn| value.channel.clone().unwrap_or_else(|| value.column.clone());
            if self.values[..at].iter().any(|other| name(other) == name(value)) {
                return Err(format!("two values have the channel {}", name(value)));
            }
        }
        Ok(())
    }
}
