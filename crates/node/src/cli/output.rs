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
