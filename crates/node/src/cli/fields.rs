//! Fields of answers as people read them. What is absent is empty, nothing, or a dash.

use super::output;
use althing_types::Amount;
use serde_json::Value;

pub(super) fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub(super) fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or(0)
}

pub(super) fn amount(value: &Value, pointer: &str) -> Amount {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.and_then(|text| text.parse().ok()).unwrap_or(Amount::ZERO)
}

/// An amount for a table; nothing is a dash.
pub(super) fn cell(value: &Value, name: &str) -> String {
    let amount = amount(value, &format!("/{name}"));
    if amount.is_zero() {
        return "-".to_owned();
    }
    let text = output::about(amount, "");
    text.trim_end().to_owned()
}

pub(super) fn ratio(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_u64).map_or_else(|| "-".to_owned(), output::percent)
}

pub(super) fn list(value: &Value, name: &str) -> Vec<Value> {
    value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// A moment in the future.
pub(super) fn due(value: Option<&Value>) -> String {
    let Some(due) = value else { return String::new() };
    let (height, time) = (number(due, "height"), number(due, "time"));
    match (height, time) {
        (0, time) => output::time(time),
        // Before a period of blocks only, the time is that of its beginning.
        (height, _) => format!("block {height}"),
    }
}
