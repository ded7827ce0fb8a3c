//! What worker and verifier say to each other over HTTP.
//!
//! `GET /v1/rows?task=7&attempt=1&rows=0-5,0-17,3-200` asks for rows, each as product and row; a single
//! one can be asked for by `product=0&row=5`. The answer holds, for each row and in their order, a
//! length (4 bytes, little endian) and [`RowOpening::to_bytes`].
//!
//! `GET /v1/result/7` is the whole result, row after row, as it was committed to: 4 bytes an entry,
//! little endian. `?product=2` is one product of it.
//!
//! `GET /v1/lines/{root}?first=0&count=64` are lines of an operand that its root names: for each a
//! length, its entries (a byte each) and the neighbours that lead to the root (32 bytes each).
//!
//! A refusal is JSON: `code`, `message`.

use crate::job::JobKey;
use althing_compute::{Batch, Row, RowOpening, Shape, merkle::Path};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Most rows of one request.
pub const MAX_ROWS: usize = 64;
/// Most lines of one request.
pub const MAX_LINES: u32 = 256;
/// Longest list of rows, in characters.
const MAX_LIST: usize = MAX_ROWS * 16;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable name.
    pub code: String,
    /// A sentence that says how to mend it.
    pub message: String,
}

/// Why bytes from outside are not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A list of rows that cannot be read.
    #[error("{0:?} is no list of rows: expected up to 64 like 0-5,0-17")]
    Rows(String),
    /// The answer ends too early, is too long, or holds something else.
    #[error("the answer is not what was asked for: {0}")]
    Answer(String),
}

/// The path of a request for rows.
pub fn rows_path(key: JobKey, rows: &[Row]) -> String {
    let mut path = format!("/v1/rows?task={}&attempt={}&rows=", key.task, key.attempt);
    for (place, (product, row)) in rows.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(path, "{comma}{product}-{row}");
    }
    path
}

/// Reads the list of a request for rows.
///
/// # Errors
/// [`WireError::Rows`].
pub fn parse_rows(text: &str) -> Result<Vec<Row>, WireError> {
    let bad = || WireError::Rows(text.chars().take(40).collect());
    if text.len() > MAX_LIST {
        return Err(bad());
    }
    let row = |part: &str| -> Option<Row> {
        let (product, row) = part.split_once('-')?;
        Some((product.parse().ok()?, row.parse().ok()?))
    };
    let rows: Option<Vec<Row>> = text.split(',').map(row).collect();
    rows.filter(|rows| rows.len() <= MAX_ROWS).ok_or_else(bad)
}

/// Adds a part with its length.
pub fn write_part(bytes: &mut Vec<u8>, part: &[u8]) {
    // No part is longer than a row of 16,384 entries with its path.
    bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
    bytes.extend_from_slice(part);
}

/// Splits an answer into its parts.
///
/// # Errors
/// [`WireError::Answer`] if it ends within a part.
pub fn parts(mut bytes: &[u8]) -> Result<Vec<&[u8]>, WireError> {
    let short = || WireError::Answer("it ends too early".to_owned());
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk().ok_or_else(short)?;
        let (part, rest) =
            rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(short)?;
        parts.push(part);
        bytes = rest;
    }
    Ok(parts)
}

/// Most bytes that the answer to a request for so many rows has.
pub fn most_bytes(batch: Batch, rows: usize) -> usize {
    let path = 2 * 32 * 40;
    rows * (4 + 8 + path + batch.shape.row_bytes())
}

/// Reads the answer to a request for these rows: each is the one that was asked for. Whether it belongs
/// to the commitment is another question.
///
/// # Errors
/// [`WireError::Answer`].
pub fn read_rows(batch: Batch, rows: &[Row], bytes: &[u8]) -> Result<Vec<RowOpening>, WireError> {
    let parts = parts(bytes)?;
    if parts.len() != rows.len() {
        let message = format!("{} rows instead of {}", parts.len(), rows.len());
        return Err(WireError::Answer(message));
    }
    let read = |(part, row): (&&[u8], &Row)| {
        let opening = RowOpening::from_bytes(batch, part)
            .map_err(|error| WireError::Answer(error.to_string()))?;
        if (opening.position.product, opening.position.row) == *row {
            return Ok(opening);
        }
        Err(WireError::Answer("another row".to_owned()))
    };
    parts.iter().zip(rows).map(read).collect()
}

/// A line of an operand with its proof, as one part.
pub fn line_bytes(entries: &[i8], path: &Path) -> Vec<u8> {
    let mut bytes: Vec<u8> = entries.iter().map(|entry| entry.cast_unsigned()).collect();
    bytes.extend_from_slice(path.siblings.as_flattened());
    bytes
}

/// Reads [`line_bytes`] of a product of this shape.
///
/// # Errors
/// [`WireError::Answer`].
pub fn read_line(shape: Shape, bytes: &[u8]) -> Result<(Vec<i8>, Path), WireError> {
    let short = || WireError::Answer("a line is too short".to_owned());
    let (entries, path) = bytes.split_at_checked(shape.k() as usize).ok_or_else(short)?;
    let (siblings, []) = path.as_chunks() else {
        return Err(WireError::Answer("a proof of half a hash".to_owned()));
    };
    let entries = entries.iter().map(|byte| byte.cast_signed()).collect();
    Ok((entries, Path { siblings: siblings.to_vec() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: JobKey = JobKey { task: 7, attempt: 2 };

    #[test]
    fn lists_of_rows_are_read_as_they_were_written() {
        let rows = [(0, 5), (3, 16_383), (63, 0)];
        let path = rows_path(KEY, &rows);
        assert_eq!(path, "/v1/rows?task=7&attempt=2&rows=0-5,3-16383,63-0");
        assert_eq!(parse_rows("0-5,3-16383,63-0").unwrap(), rows);
        for bad in ["", "1", "1-", "1-2,", "-1-2", "1-2-3", "a-b", "1-4294967296"] {
            assert!(parse_rows(bad).is_err(), "{bad:?}");
        }
        assert!(parse_rows(&vec!["1-2"; MAX_ROWS].join(",")).is_ok());
        assert!(parse_rows(&vec!["1-2"; MAX_ROWS + 1].join(",")).is_err());
    }

    proptest! {
        #[test]
        fn parts_are_split_as_they_were_joined(all in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6)) {
            let mut bytes = Vec::new();
            all.iter().for_each(|part| write_part(&mut bytes, part));
            prop_assert_eq!(parts(&bytes).unwrap(), all);
        }

        #[test]
        fn bytes_from_outside_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), text in prop::collection::vec(any::<char>(), 0..40)) {
            let shape = Shape::square(althing_compute::Kind::Int8, 256).unwrap();
            let batch = Batch::new(shape, 2).unwrap();
            let _ = parts(&bytes);
            let _ = read_rows(batch, &[(0, 1)], &bytes);
            let _ = read_line(shape, &bytes);
            let _ = parse_rows(&text.iter().collect::<String>());
        }
    }
}
