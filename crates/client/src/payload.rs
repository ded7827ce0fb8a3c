//! Payloads of transactions in JSON files, such as those under `examples/governance`.

use althing_types::Payload;
use serde_json::Value;
use std::path::Path;

/// Why a file holds no payload.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// The file cannot be read.
    #[error("{path} cannot be read: {error}")]
    File {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The text is no JSON, or no message of this chain.
    #[error("this is no message of the chain: {0}")]
    Message(#[from] serde_json::Error),
    /// The message has a field that means nothing, or that the chain writes in another way.
    #[error("{field} means nothing here, or is not written as the chain writes it")]
    Field {
        /// Where it is, such as `action.payments[0].amount`.
        field: String,
    },
}

impl PayloadError {
    /// Stable machine-readable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "file_unreadable",
            Self::Message(_) => "invalid_payload",
            Self::Field { .. } => "unknown_field",
        }
    }
}

/// Reads a payload from a file.
///
/// # Errors
/// [`PayloadError`].
pub fn read(path: &Path) -> Result<Payload, PayloadError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| PayloadError::File { path: path.display().to_string(), error })?;
    parse(&text)
}

/// Reads a payload, and writes it again: what the file says and the chain does not is refused, so
/// that a field that is misspelt is never lost.
///
/// # Errors
/// [`PayloadError::Message`], [`PayloadError::Field`].
pub fn parse(text: &str) -> Result<Payload, PayloadError> {
    let said: Value = serde_json::from_str(text)?;
    let payload: Payload = serde_json::from_value(said.clone())?;
    let kept = serde_json::to_value(&payload)?;
    match lost(&said, &kept, String::new()) {
        Some(field) => Err(PayloadError::Field { field }),
        None => Ok(payload),
    }
}

/// The first part of `said` that is not in `kept`.
fn lost(said: &Value, kept: &Value, at: String) -> Option<String> {
    match (said, kept) {
        (Value::Object(said), Value::Object(kept)) => said.iter().find_map(|(name, value)| {
            let dot = if at.is_empty() { "" } else { "." };
            let at = format!("{at}{dot}{name}");
            match kept.get(name) {
                Some(kept) => lost(value, kept, at),
                // What is left out and what is empty are the same.
                None => (!is_nothing(value)).then_some(at),
            }
        }),
        (Value::Array(said), Value::Array(kept)) if said.len() == kept.len() => said
            .iter()
            .zip(kept)
            .enumerate()
            .find_map(|(place, (said, kept))| lost(said, kept, format!("{at}[{place}]"))),
        (said, kept) => (said != kept).then_some(at),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Number(number) => number.as_u64() == Some(0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_read_and_comes_back_the_same() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/governance");
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let payload = read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let text = serde_json::to_string(&payload).unwrap();
            assert_eq!(parse(&text).unwrap(), payload, "{}", path.display());
            count += 1;
        }
        assert!(count >= 4, "{count}");
    }

    #[test]
    fn what_would_be_lost_is_refused_by_its_place() {
        let example = include_str!("../../../examples/governance/treasury_disbursement.json");
        let misspelt = example.replace("\"summary\"", "\"sumary\"");
        let error = parse(&misspelt).unwrap_err();
        assert!(matches!(&error, PayloadError::Field { field } if field == "sumary"), "{error}");
        let deep = example.replace("\"milestone\"", "\"mileston\"");
        assert_eq!(parse(&deep).unwrap_err().code(), "invalid_payload");
        let ballot =
            r#"{"type":"vote","proposal":8,"ballot":{"yes":1000000,"no":0},"validator":null}"#;
        assert!(parse(ballot).is_ok());
        for bad in ["", "{}", r#"{"type":"luck"}"#, r#"{"type":"vote","proposal":8,"ballot":{}}"#] {
            assert_eq!(parse(bad).unwrap_err().code(), "invalid_payload", "{bad}");
        }
        let absent = read(Path::new("/nowhere/at/all.json")).unwrap_err();
        assert_eq!(absent.code(), "file_unreadable");
    }
}
