//! The one spelling of a document whose digest others compare: keys in the order of their bytes,
//! integers as strings, no white space.

use serde_json::Value;
use std::fmt::Write as _;

/// The canonical text of a value.
pub(crate) fn text(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| name.as_bytes());
            list(out, ('{', '}'), fields, |(name, value), out| {
                write(&Value::from(name.as_str()), out);
                out.push(':');
                write(value, out);
            });
        }
        Value::Array(values) => list(out, ('[', ']'), values, write),
        Value::Number(number) => {
            // Writing to a string does not fail.
            let _ = write!(out, "\"{number}\"");
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {
            let _ = write!(out, "{value}");
        }
    }
}

fn list<T>(
    out: &mut String,
    (open, close): (char, char),
    entries: impl IntoIterator<Item = T>,
    each: impl Fn(T, &mut String),
) {
    out.push(open);
    for (place, entry) in entries.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        each(entry, out);
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_documents_have_one_text_whatever_the_order_of_their_fields() {
        let one = json!({ "b": [1, true, null], "a": { "z": "ö\n\"", "y": -7 }, "Z": {} });
        let text = text(&one);
        assert_eq!(text, r#"{"Z":{},"a":{"y":"-7","z":"ö\n\""},"b":["1",true,null]}"#);
        let other: Value = serde_json::from_str(
            r#" { "a": {"y": -7, "z": "\u00f6\n\""}, "b": [ 1, true, null ], "Z": {} } "#,
        )
        .unwrap();
        assert_eq!(super::text(&other), text);
    }
}
