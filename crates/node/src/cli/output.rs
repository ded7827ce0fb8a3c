//! What people and scripts read: aligned tables, JSON lines, numbers with their unit.

use althing_types::Amount;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use serde_json::Value;
use std::io::{IsTerminal as _, Write as _};

/// Prints a line. A reader that has gone away (`| head`) is no failure.
pub fn line(text: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{}", text.as_ref());
}

/// `1 validator`, `2 validators`.
pub fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Prints a line to standard error. Nobody may be there to read it, which is no reason to end.
pub fn note(text: impl AsRef<str>) {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{}", text.as_ref());
}

/// Tells people something beside the answer, on standard error.
pub fn warning(text: &str) {
    note(format!("warning: {text}"));
}

/// Prints a JSON document on one line.
pub fn json(value: &Value) {
    line(value.to_string());
}

/// An amount in whole tokens with the symbol of the default token.
pub fn tokens(amount: Amount) -> String {
    tokens_of(amount, "CPC")
}

/// An amount in whole tokens with the symbol of its chain.
pub fn tokens_of(amount: Amount, symbol: &str) -> String {
    format!("{} {symbol}", amount.to_tokens())
}

/// An amount for a table: whole tokens with at most six decimals, rounded down.
pub fn about(amount: Amount, symbol: &str) -> String {
    const KEPT: u128 = 1_000_000_000_000;
    let units = amount.units();
    tokens_of(Amount::new(units - units % KEPT), symbol)
}

/// The same, rounded up.
pub fn about_up(amount: Amount, symbol: &str) -> String {
    const KEPT: u128 = 1_000_000_000_000;
    let units = amount.units().div_ceil(KEPT).saturating_mul(KEPT);
    tokens_of(Amount::new(units), symbol)
}

/// A ratio in parts per million as a percentage.
pub fn percent(ppm: u64) -> String {
    let (whole, rest) = (ppm / 10_000, ppm % 10_000);
    let fraction = format!("{rest:04}");
    match fraction.trim_end_matches('0') {
        "" => format!("{whole} %"),
        fraction => format!("{whole}.{fraction} %"),
    }
}

/// A length of time, to the second.
pub fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds.div_ceil(1_000);
    humantime::format_duration(std::time::Duration::from_secs(seconds)).to_string()
}

fn table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

/// Prints pairs of a name and a value, aligned.
pub fn facts<N: AsRef<str>>(pairs: &[(N, String)]) {
    let width = pairs.iter().map(|(name, _)| name.as_ref().chars().count()).max().unwrap_or(0);
    for (name, value) in pairs {
        line(format!("{:width$}  {value}", name.as_ref()).trim_end());
    }
}

/// Prints rows under a header. Columns named in `right` are aligned to the right.
pub fn rows(header: &[&str], right: &[usize], body: &[Vec<String>]) {
    let bold = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut table = table();
    table.set_header(header.iter().map(|title| Cell::new(title.to_uppercase())));
    for row in body {
        table.add_row(row);
    }
    for index in right {
        if let Some(column) = table.column_mut(*index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for (index, text) in table.lines().enumerate() {
        let text = text.trim_end();
        if index == 0 && bold {
            line(format!("\u{1b}[1m{text}\u{1b}[0m"));
        } else {
            line(text);
        }
    }
}

/// A hash shortened for a table: its first 8 and last 4 characters.
pub fn short(hash: &str) -> String {
    match (hash.get(..8), hash.get(hash.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if hash.len() > 16 => format!("{head}…{tail}"),
        _ => hash.to_owned(),
    }
}

/// A time in milliseconds since the Unix epoch, as RFC 3339 in UTC.
pub fn time(milliseconds: u64) -> String {
    let time = std::time::UNIX_EPOCH.checked_add(std::time::Duration::from_millis(milliseconds));
    match time {
        // humantime formats years up to 9999.
        Some(time) if milliseconds < 253_402_300_800_000 => {
            humantime::format_rfc3339_millis(time).to_string()
        }
        _ => format!("{milliseconds} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people_are_short_and_never_too_large() {
        assert_eq!(about(Amount::new(1_234_567_899_999_999_999), "X"), "1.234567 X");
        assert_eq!(percent(50_000), "5 %");
        assert_eq!(percent(333_333), "33.3333 %");
        assert_eq!(percent(1), "0.0001 %");
        assert_eq!(duration(99_001), "1m 40s");
    }
}
