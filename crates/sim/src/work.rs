//! What a simulated worker computes, and what a member of a committee finds in it: real products of
//! real matrices, with real openings.

use althing_compute::{
    Backend as _, Batch, CheckError, Checker, Control, Digest, Matrix, Operands, Portable,
    Position, RowOpening, TILE_COLUMNS, TileOpening, batch_tree, merkle::Tree, recompute,
};
use althing_ledger::compute::query::batch_of;
use althing_types::{Blob, Hash, compute::Shape, hash::sha256, message::Opening};

/// Of so many rows of a wrong result, one is wrong.
const WRONG_OF_ROWS: usize = 4;

/// A batch that was computed.
pub struct Work {
    products: Vec<Matrix>,
    trees: Vec<Tree>,
    batch: Tree,
}

impl Work {
    /// Computes a batch out of its seed; a quarter of the rows of a wrong one are wrong. `None` if
    /// the shape is illegal.
    pub fn compute(shape: &Shape, count: u32, seed: &Hash, is_right: bool) -> Option<Self> {
        let checked = batch_of(shape, count)?.shape;
        let operands = Operands::from_seed(checked, seed.0);
        let mut products = Vec::new();
        for product in 0..count {
            let right = Portable.multiply(&operands, product, &Control::default()).ok()?;
            let mut entries = right.entries().to_vec();
            if !is_right {
                let rows = entries.chunks_mut(checked.n() as usize).step_by(WRONG_OF_ROWS);
                rows.filter_map(<[i32]>::first_mut).for_each(|entry| *entry ^= 1);
            }
            products.push(Matrix::new(checked, entries)?);
        }
        let trees: Vec<Tree> =
            (0..).zip(&products).map(|(product, matrix)| matrix.tree(product)).collect();
        let roots: Vec<Digest> = trees.iter().map(Tree::root).collect();
        Some(Self { batch: batch_tree(checked, &roots), products, trees })
    }

    /// What the worker commits to.
    pub fn root(&self) -> Hash {
        Hash::from(self.batch.root())
    }

    /// SHA-256 of the bytes of all products.
    pub fn digest(&self) -> Hash {
        let bytes: Vec<u8> = self.products.iter().flat_map(Matrix::to_bytes).collect();
        sha256(&[&bytes])
    }

    /// Shows these rows; `None` if there is no such row.
    pub fn open(&self, rows: &[(u32, u32)]) -> Option<Vec<RowOpening>> {
        let open = |(product, row): &(u32, u32)| {
            let place = *product as usize;
            let tree = self.trees.get(place)?;
            let position = Position::open(&self.batch, tree, *product, *row)?;
            let bytes = self.products.get(place)?.row_bytes(*row)?;
            Some(RowOpening { position, bytes })
        };
        rows.iter().map(open).collect()
    }
}

/// What a worker is bound to, and what a member checks it with.
pub struct Claim {
    /// The batch.
    pub batch: Batch,
    /// The seed of its matrices.
    pub seed: Hash,
    /// What the worker committed to.
    pub root: Hash,
    /// Out of which the member's random vector follows.
    pub member_seed: Hash,
}

/// What a member found in rows.
#[derive(Debug)]
pub enum Finding {
    /// All are right; their values, in order.
    Right(Vec<u64>),
    /// This entry is wrong.
    Wrong(Box<Opening>),
    /// They are not what the worker is bound to, or cannot be judged.
    Unclear,
}

impl Claim {
    /// Checks rows that were shown.
    pub fn examine(&self, openings: &[RowOpening]) -> Finding {
        if openings.iter().any(|opening| opening.verify(self.batch, &self.root.0).is_err()) {
            return Finding::Unclear;
        }
        let operands = Operands::from_seed(self.batch.shape, self.seed.0);
        let Ok(checker) = Checker::new(&operands, &self.member_seed.0) else {
            return Finding::Unclear;
        };
        let place = |opening: &RowOpening| (opening.position.product, opening.position.row);
        let rows: Vec<(u32, u32, &[u8])> = openings
            .iter()
            .map(|opening| (opening.position.product, opening.position.row, &opening.bytes[..]))
            .collect();
        match checker.values(&rows) {
            Ok(values) => Finding::Right(values),
            Err(CheckError::Wrong { product, row } | CheckError::Range { product, row, .. }) => {
                let wrong = openings.iter().find(|opening| place(opening) == (product, row));
                let entry = wrong.and_then(|opening| prove(&operands, opening));
                entry.map_or(Finding::Unclear, |opening| Finding::Wrong(Box::new(opening)))
            }
            Err(_) => Finding::Unclear,
        }
    }
}

/// Opens the first wrong entry of a wrong row.
fn prove(operands: &Operands, row: &RowOpening) -> Option<Opening> {
    let right = recompute::row(operands, row.position.product, row.position.row).ok()?;
    let shown = row.bytes.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes));
    let (column, _) = (0..).zip(shown.zip(&right)).find(|(_, (shown, right))| shown != *right)?;
    let tile = TileOpening::open(row.position.clone(), &row.bytes, column / TILE_COLUMNS)?;
    Some(Opening { column, tile: Blob::new(tile.to_bytes())?, lines: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_ledger::compute::query::{judge, samples};
    use althing_types::compute::{Operands as Source, ProductKind};

    const SHAPE: Shape = Shape { kind: ProductKind::Int8, m: 256, n: 256, k: 256 };

    fn examined(is_right: bool) -> (Work, Finding) {
        let [seed, member_seed] = [b"seed", b"mine"].map(|text| sha256(&[text]));
        let work = Work::compute(&SHAPE, 1, &seed, is_right).expect("the shape is legal");
        let rows = samples(&SHAPE, 1, &member_seed, 64);
        let openings = work.open(&rows).expect("the rows exist");
        let batch = batch_of(&SHAPE, 1).expect("the shape is legal");
        let claim = Claim { batch, seed, root: work.root(), member_seed };
        (work, claim.examine(&openings))
    }

    #[test]
    fn a_right_result_passes() {
        let (_, found) = examined(true);
        assert!(matches!(found, Finding::Right(values) if values.len() == 64));
    }

    #[test]
    fn a_wrong_result_is_found_and_the_ledger_takes_the_proof() {
        let (work, found) = examined(false);
        let Finding::Wrong(opening) = found else { panic!("{found:?}") };
        let seed = sha256(&[b"seed"]);
        let judged = judge(&SHAPE, 1, (&Source::Seed {}, &seed), &work.root(), &opening);
        assert!(judged.is_some_and(|judged| judged.wrong), "{judged:?}");
    }

    #[test]
    fn rows_of_another_result_say_nothing() {
        let [seed, member_seed] = [b"seed", b"mine"].map(|text| sha256(&[text]));
        let work = Work::compute(&SHAPE, 1, &seed, true).expect("the shape is legal");
        let openings = work.open(&[(0, 7)]).expect("the row exists");
        let batch = batch_of(&SHAPE, 1).expect("the shape is legal");
        let claim = Claim { batch, seed, root: member_seed, member_seed };
        assert!(matches!(claim.examine(&openings), Finding::Unclear));
    }
}
