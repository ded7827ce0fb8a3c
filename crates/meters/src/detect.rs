//! Guesses the format of a file from its first bytes.

use crate::{Cause, Fault, Place};
use serde::{Deserialize, Serialize};
use std::{fs::File, io::Read as _, path::Path};

/// How many bytes are looked at.
const HEAD: u64 = 4_096;

/// A format that can be read from a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// AEMO interval data.
    Nem12,
    /// AEMO accumulated data.
    Nem13,
    /// NAESB ESPI, an Atom feed.
    GreenButton,
    /// CSV with a header; needs a configuration.
    Csv,
}

/// Looks at the first bytes of a file.
///
/// # Errors
/// `io`, `empty`, `format_compressed`, `format_unknown`.
pub fn detect(path: &Path) -> Result<Format, Fault> {
    let fault = |cause| Fault::new(Place::Source, cause);
    let io = |error: std::io::Error| fault(Cause::Io { message: error.to_string() });
    let mut head = Vec::new();
    File::open(path).map_err(io)?.take(HEAD).read_to_end(&mut head).map_err(io)?;
    detect_bytes(&head).map_err(fault)
}

/// The same for bytes in memory: the first 4,096 are enough.
///
/// # Errors
/// `empty`, `format_compressed`, `format_unknown`.
pub fn detect_bytes(head: &[u8]) -> Result<Format, Cause> {
    for (magic, kind) in [
        (&b"\x1f\x8b"[..], "gzip"),
        (b"PK\x03\x04", "zip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ", "xz"),
    ] {
        if head.starts_with(magic) {
            return Err(Cause::FormatCompressed { kind });
        }
    }
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    // The cut may have gone through a character.
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or("")
        }
        Err(_) => return Err(Cause::FormatUnknown),
    };
    let Some(line) = text.lines().map(str::trim).find(|line| !line.is_empty()) else {
        return Err(if head.is_empty() { Cause::Empty } else { Cause::FormatUnknown });
    };
    let mut fields = line.split(',').map(str::trim);
    match (fields.next(), fields.next()) {
        (Some("100"), Some("NEM13")) => return Ok(Format::Nem13),
        // A file without its header is given to the reader, which says so.
        (Some("100"), Some("NEM12")) | (Some("200" | "300"), _) => return Ok(Format::Nem12),
        (Some("250"), _) => return Ok(Format::Nem13),
        _ => {}
    }
    if line.starts_with('<') {
        let known = ["<feed", "<entry", "naesb.org/espi", ":feed", "<!--", "<?xml"];
        let known = known.iter().any(|part| text.contains(part)) && !text.contains("<html");
        return if known { Ok(Format::GreenButton) } else { Err(Cause::FormatUnknown) };
    }
    let printable = text.chars().all(|c| !c.is_control() || c.is_whitespace());
    if printable && line.contains([',', ';', '\t', '|']) {
        return Ok(Format::Csv);
    }
    Err(Cause::FormatUnknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        let cases: &[(&[u8], Result<Format, &str>)] = &[
            (b"100,NEM12,2004", Ok(Format::Nem12)),
            (b"\xef\xbb\xbf\r\n100, NEM12 ", Ok(Format::Nem12)),
            (b"200,NMI,E1", Ok(Format::Nem12)),
            (b"100,NEM13", Ok(Format::Nem13)),
            (b"<?xml version=\"1.0\"?><feed>", Ok(Format::GreenButton)),
            (b"<!DOCTYPE html><html>", Err("format_unknown")),
            (b"time;kWh\n", Ok(Format::Csv)),
            ("Zeit,Zähler\n".as_bytes(), Ok(Format::Csv)),
            ("Zeit,Zä".as_bytes().split_last().expect("bytes").1, Ok(Format::Csv)),
            (b"hello", Err("format_unknown")),
            (b"a,b\x00", Err("format_unknown")),
            (b"\xff\xfea,b", Err("format_unknown")),
            (b"", Err("empty")),
            (b" \n", Err("format_unknown")),
            (b"\x1f\x8b\x08", Err("format_compressed")),
            (b"PK\x03\x04", Err("format_compressed")),
        ];
        for (head, want) in cases {
            let found = detect_bytes(head).map_err(|cause| cause.code());
            assert_eq!(found, *want, "{:?}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn a_file_is_read_only_at_its_beginning() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        std::io::Write::write_all(&mut file, b"100,NEM12\n").expect("written");
        assert_eq!(detect(file.path()), Ok(Format::Nem12));
        assert_eq!(detect(Path::new("/no/such/file")).expect_err("absent").code(), "io");
    }
}
