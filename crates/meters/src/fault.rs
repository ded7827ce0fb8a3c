//! What can be wrong with a file or a device: the place, the cause, and a code that never changes.

use std::fmt;

/// A fault of a source: where it is and what it is. Reading ends with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {cause}")]
pub struct Fault {
    /// Where the fault was found.
    pub place: Place,
    /// What is wrong.
    pub cause: Cause,
}

impl Fault {
    /// Puts a cause at a place.
    pub fn new(place: Place, cause: Cause) -> Self {
        Self { place, cause }
    }

    /// The stable name of the cause, for programs.
    pub fn code(&self) -> &'static str {
        self.cause.code()
    }
}

/// Where in a source something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The source as a whole.
    Source,
    /// A line of a text file, counted from 1.
    Line(u64),
    /// An element of an XML document.
    Element {
        /// Names from the root, such as `feed/entry[7]/content/IntervalBlock`; entries and readings
        /// are counted from 1.
        path: String,
        /// Bytes of the document before this place.
        offset: u64,
    },
    /// A register of a Modbus device.
    Register(u16),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source => f.write_str("source"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Element { path, offset } => write!(f, "{path} (byte {offset})"),
            Self::Register(register) => write!(f, "register {register}"),
        }
    }
}

macro_rules! causes {
    ($($(#[doc = $doc:literal])+ $code:literal, $message:literal,
        $name:ident $({ $($field:ident : $kind:ty),+ })?;)+) => {
        /// What is wrong. Each variant is one rule; [`Cause::code`] is its stable name.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[allow(missing_docs, reason = "the fields are named after what the message shows")]
        pub enum Cause {
            $($(#[doc = $doc])+ #[error($message)] $name $({ $($field: $kind),+ })?,)+
        }

        impl Cause {
            /// A name that stays the same from release to release.
            pub fn code(&self) -> &'static str {
                match self { $(Self::$name { .. } => $code,)+ }
            }

            /// Every code, in the order of the documentation.
            pub const CODES: &'static [&'static str] = &[$($code,)+];
        }
    };
}

causes! {
    /// The file or the connection could not be read.
    "io", "cannot read: {message}; check the path, the permissions and the disk, then read again",
        Io { message: String };
    /// Nothing in it.
    "empty", "the file is empty; ask for it again", Empty;
    /// Not text.
    "not_utf8", "the text is not UTF-8; convert the file", NotUtf8;
    /// A line that no meter data file has.
    "line_too_long", "longer than {limit} bytes; this is not a file of meter data", LineTooLong { limit: usize };
    /// A text that no meter data file has.
    "text_too_long", "{field} is longer than {limit} bytes; shorten it", TextTooLong { field: &'static str, limit: usize };
    /// A required field is empty.
    "field_empty", "{field} is empty; fill it in", FieldEmpty { field: &'static str };
    /// More meters than are kept at once.
    "too_many_meters", "more than {limit} meters in one source; split it", TooManyMeters { limit: usize };
    /// More records than the caller lets into memory.
    "too_many_records", "more than {limit} records; read them one by one or raise the limit", TooManyRecords { limit: usize };
    /// A number is not plain decimal.
    "not_a_number", "{field} is \"{text}\", not a decimal number such as 1.25", NotANumber { field: &'static str, text: String };
    /// More decimals than can be kept exactly.
    "too_many_decimals", "\"{text}\" has more decimals than can be kept exactly; round it at its source", TooManyDecimals { text: String };
    /// More energy than a meter can count.
    "energy_too_large", "\"{text}\" is more than 10^15 watt-hours; check the unit", EnergyTooLarge { text: String };
    /// Energy below zero where a direction is already given.
    "negative_energy", "\"{text}\" is below zero in a channel that has a direction; use a signed channel or correct the file", NegativeEnergy { text: String };
    /// A time that does not exist or has another form.
    "time_invalid", "{field} is \"{text}\", not a time of the form {form}", TimeInvalid { field: &'static str, text: String, form: String };
    /// A time outside 1970 to 2200.
    "time_out_of_range", "{field} is \"{text}\", outside the years 1970 to 2200", TimeOutOfRange { field: &'static str, text: String };
    /// A period that ends before it begins or is longer than can be kept.
    "period_invalid", "the period from {start} to {end} (unix seconds) is empty, negative or longer than 2^32 seconds", PeriodInvalid { start: u64, end: u64 };
    /// A unit nobody knows.
    "unit_unknown", "the unit \"{text}\" is not known; use Wh, kWh or MWh for energy", UnitUnknown { text: String };
    /// An energy channel without a unit.
    "unit_missing", "channel {channel} measures energy but has no unit; write Wh, kWh or MWh", UnitMissing { channel: String };
    /// A quality flag nobody knows.
    "quality_invalid", "the quality \"{text}\" is not known here", QualityInvalid { text: String };

    /// No record 100.
    "nem_header_missing", "found a record {found} where the header record 100 must stand; put the header first", NemHeaderMissing { found: String };
    /// Another version.
    "nem_version", "the header names \"{found}\", not {expected}; choose the other reader", NemVersion { found: String, expected: &'static str };
    /// No record 900.
    "nem_end_missing", "the file ends without record 900; it is cut off, fetch it again", NemEndMissing;
    /// Records after record 900.
    "nem_after_end", "a record follows record 900; split files that were joined", NemAfterEnd;
    /// Header and end, nothing between.
    "nem_no_data", "the file holds a header and an end but no readings", NemNoData;
    /// A record indicator nobody knows.
    "nem_record_unknown", "the record indicator \"{found}\" is not known in this format", NemRecordUnknown { found: String };
    /// A record in a place where it may not stand.
    "nem_record_misplaced", "a record {record} may not stand here: {rule}", NemRecordMisplaced { record: &'static str, rule: &'static str };
    /// Too few or too many fields.
    "nem_field_count", "record {record} has {found} fields, not {least} to {most}; check the interval length of its channel", NemFieldCount { record: &'static str, found: usize, least: usize, most: usize };
    /// An interval length that the format does not know.
    "nem_interval_length", "the interval length \"{text}\" is not 5, 15 or 30 minutes", NemIntervalLength { text: String };
    /// A channel name of another form.
    "nem_suffix", "the channel \"{text}\" is not two letters or digits such as E1", NemSuffix { text: String };
    /// A direction nobody knows.
    "nem_direction", "the direction \"{text}\" is not I or E", NemDirection { text: String };
    /// A value is missing and no flag says so.
    "nem_value_missing", "interval {interval} has no value and its quality is not N", NemValueMissing { interval: usize };
    /// The 400 records of a day do not cover it.
    "nem_quality_ranges", "the 400 records of the day on line {day} cover intervals 1 to {covered} of {count}; next must come {next}", NemQualityRanges { day: u64, covered: usize, count: usize, next: String };

    /// Not well-formed.
    "xml_malformed", "the XML is not well-formed: {message}", XmlMalformed { message: String };
    /// A document type, in which entities could be declared.
    "xml_doctype", "a document type is not allowed; remove the DOCTYPE", XmlDoctype;
    /// An entity other than the five of XML.
    "xml_entity", "the entity \"{name}\" is not allowed; write the character itself", XmlEntity { name: String };
    /// Deeper than any feed.
    "xml_too_deep", "elements are nested deeper than {limit}", XmlTooDeep { limit: usize };
    /// Longer than any element of a feed.
    "xml_too_long", "a tag, text or comment is longer than {limit} bytes", XmlTooLong { limit: usize };
    /// Another kind of document.
    "espi_not_a_feed", "the root element is \"{root}\", not an Atom feed or entry", EspiNotAFeed { root: String };
    /// A required element is absent.
    "espi_element_missing", "the element {name} is missing", EspiElementMissing { name: &'static str };
    /// A single element stands twice.
    "espi_element_twice", "the element {name} stands twice in one reading", EspiElementTwice { name: &'static str };
    /// A code outside its list.
    "espi_code", "{element} is \"{text}\", which is not known", EspiCode { element: &'static str, text: String };
    /// Links lead nowhere.
    "espi_link", "no {what} is linked to this block; the feed is incomplete, fetch all of it", EspiLink { what: &'static str };
    /// More meter readings and types than are kept.
    "espi_too_many_resources", "more than {limit} meter readings and reading types; split the feed", EspiTooManyResources { limit: usize };

    /// The CSV cannot be split into records.
    "csv_malformed", "the CSV cannot be split: {message}", CsvMalformed { message: String };
    /// A column of the configuration is not in the header.
    "csv_column_missing", "the header has no column \"{name}\"; correct the configuration", CsvColumnMissing { name: String };
    /// The same column twice.
    "csv_column_twice", "the header has the column \"{name}\" twice; rename one", CsvColumnTwice { name: String };
    /// The configuration contradicts itself.
    "configuration", "the configuration is wrong: {message}", Configuration { message: String };

    /// No SunSpec device at the known addresses.
    "sunspec_not_found", "no SunSpec marker at registers 0, 40000 or 50000; check the address and the unit", SunspecNotFound;
    /// The list of models is broken.
    "sunspec_models", "the list of models is broken: {message}", SunspecModels { message: &'static str };
    /// None of the models that are read.
    "sunspec_model_missing", "the device has no {what}", SunspecModelMissing { what: &'static str };
    /// A scale factor outside -10 to 10.
    "sunspec_scale", "the scale factor {scale} is not between -10 and 10", SunspecScale { scale: i16 };
    /// The device was silent.
    "timeout", "no answer within {milliseconds} ms; check the network, then try again", Timeout { milliseconds: u64 };
    /// The device answered with an exception.
    "modbus_exception", "the device answered with the Modbus exception {exception}", ModbusException { exception: String };
    /// The device answered what it was not asked.
    "modbus_protocol", "the answer does not fit the request: {message}", ModbusProtocol { message: String };
    /// A counter went back by more than a wrap-around explains.
    "counter_reset", "the counter went from {before} to {after}: more than the meter can have counted since; start again from the new value after inspection", CounterReset { before: u32, after: u32 };
    /// A counter changed its unit.
    "counter_scale_changed", "the scale factor changed from {before} to {after}; start again from the new value", CounterScaleChanged { before: i16, after: i16 };
    /// Time ran backwards between two readings of a counter.
    "counter_time", "the reading at {after} (unix seconds) is not later than the one at {before}", CounterTime { before: u64, after: u64 };

    /// None of the formats.
    "format_unknown", "this is neither NEM12, NEM13, Green Button nor CSV", FormatUnknown;
    /// An archive.
    "format_compressed", "this is a {kind} archive; unpack it first", FormatCompressed { kind: &'static str };
    /// The file is not the one the cursor belongs to.
    "source_changed", "the first {records} records are not those that were read before; start this file again", SourceChanged { records: u64 };
}

/// The first characters of a text from outside, printable, for a message.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut out: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_plain() {
        let mut codes = Cause::CODES.to_vec();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Cause::CODES.len());
        for code in codes {
            assert!(code.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit()));
        }
    }

    #[test]
    fn a_fault_names_place_cause_and_code() {
        let fault = Fault::new(Place::Line(7), Cause::NemEndMissing);
        assert_eq!(fault.code(), "nem_end_missing");
        assert_eq!(
            fault.to_string(),
            "line 7: the file ends without record 900; it is cut off, fetch it again"
        );
    }

    #[test]
    fn foreign_text_is_shortened_and_escaped() {
        assert_eq!(shown("a\u{7}\n"), "a\\u{7}\\n");
        assert_eq!(shown(&"x".repeat(50)), format!("{}…", "x".repeat(40)));
    }
}
