//! Checks rows that are at hand.

use althing_compute::{
    Batch, CheckError, Checker, Operands, Row, RowOpening, TILE_COLUMNS, TileOpening, field,
    recompute,
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

/// `c · r` in the field: what a member vouches for. Below `2^28 · 2^61 · 2^14` before it is reduced.
fn value(row: &[u8], r: &[u64]) -> u64 {
    let entries = row.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes));
    let sum = entries.zip(r).fold(0i128, |sum, (entry, r)| {
        // 2^31 · 2^61 · 2^14 is below 2^107.
        sum + i128::from(entry) * i128::from(*r)
    });
    field::reduce_signed(sum)
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
        for opening in &self.openings {
            let (product, row) = (opening.position.product, opening.position.row);
            match checker.row(product, row, &opening.bytes) {
                Ok(()) => {}
                Err(CheckError::Wrong { .. } | CheckError::Range { .. }) => {
                    return self.locate(opening);
                }
                Err(error) => return Found::Unclear(error.to_string()),
            }
        }
        let r = field::expand(&self.seed.0, self.batch.shape.n() as usize);
        let values: BTreeMap<Row, u64> = self
            .openings
            .iter()
            .map(|opening| {
                let position = &opening.position;
                ((position.product, position.row), value(&opening.bytes, &r))
            })
            .collect();
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
