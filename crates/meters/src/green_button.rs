//! Green Button: NAESB ESPI usage as an Atom feed.
//!
//! An `IntervalBlock` says nothing about its unit. Its entry links to a `MeterReading`, whose entry
//! links to a `ReadingType`, and entries stand in any order. So a feed is read twice: once for the
//! links and types, which are few, and once for the values, which are many and of which one is in
//! memory at a time.

mod catalog;
mod codes;
mod values;
mod xml;

use crate::{
    Cause, Fault, Place,
    record::{Record, Source},
};
use catalog::Catalog;
use std::io::{BufRead, Seek, SeekFrom};
use values::Values;
use xml::Walker;

/// Reads a Green Button feed record by record.
pub struct GreenButton<R> {
    stage: Stage<R>,
}

enum Stage<R> {
    Begin(R),
    Values(Box<Values<R>>),
    Done(Place),
}

impl<R: BufRead + Seek> GreenButton<R> {
    /// Reads a feed from its beginning, twice.
    pub fn new(reader: R) -> Self {
        Self { stage: Stage::Begin(reader) }
    }

    /// The first reading: what the values of the second are.
    fn begin(mut reader: R) -> Result<Values<R>, Fault> {
        let catalog = Catalog::read(Walker::new(&mut reader));
        reader
            .seek(SeekFrom::Start(0))
            .map_err(|error| Fault::new(Place::Source, Cause::Io { message: error.to_string() }))?;
        Ok(Values::new(Walker::new(reader), catalog))
    }
}

impl<R: BufRead + Seek> Iterator for GreenButton<R> {
    type Item = Result<Record, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match std::mem::replace(&mut self.stage, Stage::Done(Place::Source)) {
                Stage::Begin(reader) => match Self::begin(reader) {
                    Ok(values) => self.stage = Stage::Values(Box::new(values)),
                    Err(fault) => return Some(Err(fault)),
                },
                Stage::Values(mut values) => {
                    let found = values.read().transpose();
                    self.stage = match &found {
                        Some(Ok(_)) => Stage::Values(values),
                        _ => Stage::Done(values.place()),
                    };
                    return found;
                }
                Stage::Done(place) => {
                    self.stage = Stage::Done(place);
                    return None;
                }
            }
        }
    }
}

impl<R: BufRead + Seek> Source for GreenButton<R> {
    fn place(&self) -> Place {
        match &self.stage {
            Stage::Begin(_) => Place::Source,
            Stage::Values(values) => values.place(),
            Stage::Done(place) => place.clone(),
        }
    }
}

#[cfg(test)]
#[path = "green_button/tests.rs"]
mod tests;
