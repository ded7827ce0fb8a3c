//! Checks rows that are at hand.

use althing_compute::{
    Batch, CheckError, Checker, Operands, Row, RowOpening, TILE_COLUMNS, TileOpening, recompute,
};
use althing_types::{Hash, compute::Entry};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Rows, and what they are checked against.
pub(super) struct Checked {
    pub(super) batch: Batch,
    pub(super) operands: Operands,
    pub(super) root: Hash,
    pub(super) seed: Hash,
    /// Each row once.
    pub(super) openings: Vec<RowOpening>,
    /// The rows in the order in which the member vouches for them.
    pub(super) order: Vec<Row>,
}

pub(super) enum Found {
    /// The value of each row, in order.
    Right(Vec<u64>),
    /// A row is not the one that the worker is bound to.
    NotCommitted(String),
    /// An entry is wrong.
    Wrong { entry: Entry, tile: Box<TileOpening> },
    /// The check itself failed.
    Unclear(String),
}

fn place(opening: &RowOpening) -> (u32, u32, &[u8]) {
    (opening.position.product, opening.position.row, &opening.bytes)
}

impl Checked {
    pub(super) fn run(self) -> (Found, Duration) {
        let begun = Instant::now();
        let found = self.check();
        (found, begun.elapsed())
    }

    fn check(&self) -> Found {
        for opening in &self.openings {
            if let Err(error) = opening.verify(self.batch, &self.root.0) {
                return Found::NotCommitted(error.to_string());
            }
        }
        let checker = match Checker::new(&self.operands, &self.seed.0) {
            Ok(checker) => checker,
            Err(error) => return Found::Unclear(error.to_string()),
        };
        // Rows of one product are cheaper one after the other.
        let mut rows: Vec<(u32, u32, &[u8])> = self.openings.iter().map(place).collect();
        rows.sort_unstable_by_key(|(product, row, _)| (*product, *row));
        let values = match checker.values(&rows) {
            Ok(values) => values,
            Err(CheckError::Wrong { product, row } | CheckError::Range { product, row, .. }) => {
                let wrong = |opening: &&RowOpening| {
                    (opening.position.product, opening.position.row) == (product, row)
                };
                return self.openings.iter().find(wrong).map_or_else(
                    || Found::Unclear("a row is wrong that nobody asked for".to_owned()),
                    |opening| self.locate(opening),
                );
            }
            Err(error) => return Found::Unclear(error.to_string()),
        };
        let places = rows.iter().map(|(product, row, _)| (*product, *row));
        let values: BTreeMap<Row, u64> = places.zip(values).collect();
        let values: Option<Vec<u64>> =
            self.order.iter().map(|row| values.get(row).copied()).collect();
        values.map_or_else(|| Found::Unclear("a row is missing".to_owned()), Found::Right)
    }

    /// Finds a wrong entry of a wrong row.
    fn locate(&self, opening: &RowOpening) -> Found {
        let (product, row) = (opening.position.product, opening.position.row);
        let right = match recompute::row(&self.operands, product, row) {
            Ok(right) => right,
            Err(error) => return Found::Unclear(error.to_string()),
        };
        let found = opening.bytes.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes));
        let column = (0..).zip(found.zip(&right)).find(|(_, (found, right))| found != *right);
        let tile = |column: u32| {
            TileOpening::open(opening.position.clone(), &opening.bytes, column / TILE_COLUMNS)
        };
        match column.and_then(|(column, _)| Some((column, tile(column)?))) {
            Some((column, tile)) => {
                Found::Wrong { entry: Entry { product, row, column }, tile: Box::new(tile) }
            }
            // A right row always passes the check, so this says that the check is broken.
            None => Found::Unclear("a row was refused that is right: run the self-test".to_owned()),
        }
    }
}
