//! Lines of a text file, one at a time, each bounded.

use crate::{Cause, Fault, Place};
use std::io::{BufRead, ErrorKind};

/// The longest line: a day of 1,440 values with room to spare.
pub(crate) const MAX_LINE: usize = 64 * 1024;

/// Reads a file line by line and keeps one line in memory.
pub(crate) struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, line: Vec::new(), number: 0 }
    }

    /// The number of the line that was read last, from 1; 0 before the first.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next line with its number, without its end. `None` after the last.
    pub(crate) fn read(&mut self) -> Result<Option<(u64, &str)>, Fault> {
        self.line.clear();
        self.number += 1;
        let place = Place::Line(self.number);
        if !self.fill().map_err(|cause| Fault::new(place.clone(), cause))? {
            self.number -= 1;
            return Ok(None);
        }
        let mut line = self.line.as_slice();
        if self.number == 1 {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        line = line.strip_suffix(b"\n").unwrap_or(line);
        line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = std::str::from_utf8(line).map_err(|_| Fault::new(place, Cause::NotUtf8))?;
        Ok(Some((self.number, text)))
    }

    /// Takes bytes up to and with the next line feed; false at the end of the file.
    fn fill(&mut self) -> Result<bool, Cause> {
        loop {
            let bytes = match self.reader.fill_buf() {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(Cause::Io { message: error.to_string() }),
            };
            if bytes.is_empty() {
                return Ok(!self.line.is_empty());
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let take = end.map_or(bytes.len(), |at| at + 1);
            if self.line.len() + take > MAX_LINE {
                return Err(Cause::LineTooLong { limit: MAX_LINE });
            }
            self.line.extend_from_slice(&bytes[..take]);
            self.reader.consume(take);
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn all(bytes: &[u8], capacity: usize) -> Result<Vec<String>, Fault> {
        let mut lines = Lines::new(BufReader::with_capacity(capacity, bytes));
        let mut out = Vec::new();
        while let Some((number, line)) = lines.read()? {
            assert_eq!(number, out.len() as u64 + 1);
            out.push(line.to_owned());
        }
        Ok(out)
    }

    #[test]
    fn every_end_of_line_is_understood_at_every_size_of_buffer() {
        for capacity in 1..8 {
            let lines = all(b"\xef\xbb\xbfa,b\r\nc\n\nd", capacity).expect("four lines");
            assert_eq!(lines, ["a,b", "c", "", "d"]);
            assert_eq!(all(b"", capacity), Ok(vec![]));
            assert_eq!(all(b"x\n", capacity), Ok(vec!["x".into()]));
        }
    }

    #[test]
    fn a_line_without_end_is_refused_at_its_limit() {
        let mut bytes = vec![b'x'; MAX_LINE - 1];
        bytes.push(b'\n');
        assert!(all(&bytes, 4_096).is_ok());
        bytes.insert(0, b'x');
        for capacity in [100, 4_096, 1 << 20] {
            let fault = all(&bytes, capacity).expect_err("too long");
            assert_eq!(
                (fault.place, fault.cause),
                (Place::Line(1), Cause::LineTooLong { limit: MAX_LINE })
            );
        }
    }

    #[test]
    fn what_is_not_text_is_named_with_its_line() {
        let fault = all(b"ok\n\xff\n", 16).expect_err("not text");
        assert_eq!((fault.code(), fault.place), ("not_utf8", Place::Line(2)));
    }
}
