//! Files with a message: read strictly, and what was read says the same again.

use crate::cli::{
    context::read_text,
    error::{CliError, Exit},
};
use althing_client::payload::{self, PayloadError};
use althing_types::Payload;
use serde::de::IgnoredAny;
use std::path::Path;

/// A message from a file, or from standard input if the path is `-`.
///
/// # Errors
/// Exit code 2 with the line and the name of what is wrong.
pub(super) fn read(path: &Path) -> Result<Payload, CliError> {
    parse(&read_text(path)?).map_err(|error| {
        let name = if path == Path::new("-") {
            "standard input".into()
        } else {
            path.display().to_string()
        };
        CliError::new(Exit::Usage, "payload_file", format!("{name}: {error}"))
    })
}

/// A message from its JSON form.
fn parse(text: &str) -> Result<Payload, String> {
    let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
    let keys = if is_json { Scanner::keys(text) } else { Vec::new() };
    for (index, key) in keys.iter().enumerate() {
        if keys.iter().take(index).any(|earlier| earlier.path == key.path) {
            return Err(format!("line {}: the field {:?} stands there twice", key.line, key.name));
        }
    }
    payload::parse(text).map_err(|error| {
        let key = match &error {
            PayloadError::Field { field } => {
                let path = format!("/{}", field.replace(['.', '['], "/").replace(']', ""));
                keys.iter().find(|key| key.path == path)
            }
            PayloadError::Message(error) => {
                let error = error.to_string();
                let rest = error.strip_prefix("unknown field `");
                let named = rest.and_then(|rest| rest.split('`').next());
                named.and_then(|name| keys.iter().find(|key| key.name == name))
            }
            PayloadError::File { .. } => None,
        };
        match key {
            Some(key) => format!("line {}: {error}", key.line),
            None => error.to_string(),
        }
    })
}

/// A key of an object.
struct Key {
    /// Where, as a JSON pointer.
    path: String,
    name: String,
    /// From 1.
    line: usize,
}

/// Finds the keys of a text that is known to be JSON.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    keys: Vec<Key>,
}

impl<'a> Scanner<'a> {
    fn keys(text: &'a str) -> Vec<Key> {
        let mut scanner = Self { text, at: 0, keys: Vec::new() };
        scanner.value("");
        scanner.keys
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Skips that byte if it is this one.
    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, path: &str) {
        match self.peek() {
            Some(b'{') => self.object(path),
            Some(b'[') => self.array(path),
            Some(b'"') => {
                self.string();
            }
            _ => {
                let rest = self.text.get(self.at..).unwrap_or_default();
                let end = rest.find([',', ']', '}', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
                self.at += end;
            }
        }
    }

    fn object(&mut self, path: &str) {
        self.at += 1;
        while self.peek() == Some(b'"') {
            let line = self.line();
            let name = self.string();
            let inner = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
            self.keys.push(Key { path: inner.clone(), name, line });
            self.skip(b':');
            self.value(&inner);
            self.skip(b',');
        }
        self.skip(b'}');
    }

    fn array(&mut self, path: &str) {
        self.at += 1;
        let mut index = 0_usize;
        while self.peek().is_some_and(|byte| byte != b']') {
            self.value(&format!("{path}/{index}"));
            index += 1;
            self.skip(b',');
        }
        self.skip(b']');
    }

    /// The string that begins here.
    fn string(&mut self) -> String {
        let begin = self.at;
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(byte) = bytes.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                break;
            }
        }
        let literal = self.text.get(begin..self.at).unwrap_or_default();
        serde_json::from_str(literal).unwrap_or_default()
    }

    fn line(&self) -> usize {
        let before = self.text.get(..self.at).unwrap_or_default();
        1 + before.bytes().filter(|byte| *byte == b'\n').count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOTE: &str = r#"{
  "type": "vote",
  "proposal": 8,
  "ballot": { "yes": 600000, "no": 0, "abstain": 400000 },
  "validator": null
}"#;

    const CHANGE: &str = include_str!("../../../../../examples/governance/parameter_change.json");

    #[test]
    fn what_is_written_again_says_the_same_for_every_example() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/governance");
        let mut read_files = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let payload = read(&path).unwrap_or_else(|error| panic!("{error}"));
            let text = serde_json::to_string_pretty(&payload).unwrap();
            assert_eq!(parse(&text).unwrap(), payload, "{}", path.display());
            read_files += 1;
        }
        assert!(read_files >= 4);
    }

    #[test]
    fn unknown_fields_are_named_with_their_line() {
        assert!(matches!(parse(VOTE), Ok(Payload::Vote(_))));
        for (text, line, name) in [
            (VOTE.replace("\"proposal\"", "\"weight\": 3, \"proposal\""), 3, "weight"),
            (VOTE.replace("\"abstain\"", "\"maybe\": 0, \"abstain\""), 4, "maybe"),
            (CHANGE.replace("\"summary\"", "\"sumary\": \"\",\n\"summary\""), 4, "sumary"),
            (CHANGE.replace("\"changes\"", "\"change\": [], \"changes\""), 9, "change"),
            (CHANGE.replace("\"from\"", "\"since\": 1, \"from\""), 12, "since"),
            (CHANGE.replace("\"to\": {", "\"to\": { \"unit\": 1,"), 13, "unit"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.starts_with(&format!("line {line}:")), "{error}\n{text}");
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_field_that_stands_there_twice_is_refused() {
        let twice = VOTE.replace("\"proposal\": 8", "\"proposal\": 8,\n  \"proposal\": 9");
        let error = parse(&twice).unwrap_err();
        assert!(error.starts_with("line 4:") && error.contains("twice"), "{error}");
    }

    #[test]
    fn what_is_no_message_is_refused_with_the_reason() {
        for (text, expected) in [
            ("", "EOF"),
            ("[]", "no message of the chain"),
            ("{\"type\":\"vote\",}", "trailing comma"),
            ("{\"type\":\"vote\",\"proposal\":1}", "ballot"),
            ("{\"type\":\"levy\"}", "levy"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let long = CHANGE.replace("Smaller delegations", &"x".repeat(141));
        assert!(parse(&long).unwrap_err().contains("141 bytes"));
    }

    #[test]
    fn lines_are_counted_through_strings_with_quotes_and_brackets() {
        let text = "{\"a\": \"}]\\\"\\\\\",\n \"b/c\": [1, {\"d\": null},\n{\"e\" : true}]}";
        let keys = Scanner::keys(text);
        let seen: Vec<(&str, usize)> = keys.iter().map(|key| (&*key.path, key.line)).collect();
        assert_eq!(seen, [("/a", 1), ("/b~1c", 2), ("/b~1c/1/d", 2), ("/b~1c/2/e", 3)]);
    }
}
