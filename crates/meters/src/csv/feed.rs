//! Feeds the CSV parser one line at a time, so that every fault has its line and no record, however
//! its quotes stand, takes more memory than one line may.

use crate::{Fault, Place, lines::Lines};
use std::io::{self, BufRead, Read};

/// A file as the parser sees it.
pub(super) struct Feed<R> {
    lines: Lines<R>,
    line: Vec<u8>,
    given: usize,
    /// Lines given since the record began.
    taken: u64,
    first: u64,
    /// What stopped the parser, other than the form of the CSV.
    pub(super) fault: Option<Fault>,
}

impl<R: BufRead> Feed<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { lines: Lines::new(reader), line: vec![], given: 0, taken: 0, first: 0, fault: None }
    }

    /// Called before each record.
    pub(super) fn begin_record(&mut self) {
        self.taken = 0;
    }

    /// How many lines the record has taken.
    pub(super) fn lines(&self) -> u64 {
        self.taken
    }

    /// The line on which the record stands.
    pub(super) fn first_line(&self) -> u64 {
        self.first
    }

    /// Reads the next line that is not empty; false at the end.
    fn fill(&mut self) -> Result<bool, Fault> {
        loop {
            let Some((number, text)) = self.lines.read()? else { return Ok(false) };
            if text.trim().is_empty() {
                continue;
            }
            self.line.clear();
            self.line.extend_from_slice(text.as_bytes());
            self.line.push(b'\n');
            self.given = 0;
            self.taken += 1;
            if self.taken == 1 {
                self.first = number;
            }
            return Ok(true);
        }
    }
}

impl<R: BufRead> Read for Feed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.line.len() {
            // The second line of a record is already a fault; more of them would only take memory.
            if self.taken > 1 {
                return Ok(0);
            }
            match self.fill() {
                Ok(true) => {}
                Ok(false) => return Ok(0),
                Err(fault) => {
                    self.first = match fault.place {
                        Place::Line(line) => line,
                        _ => self.first,
                    };
                    self.fault = Some(fault);
                    return Err(io::Error::other("the source has a fault"));
                }
            }
        }
        let count = buffer.len().min(self.line.len() - self.given);
        buffer[..count].copy_from_slice(&self.line[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}
