//! Results of batches, right and wrong, by the real kernels.

use althing_compute::{
    Backend as _, Control, Digest, Kind, Matrix, Operands, Portable, Position, RowOpening,
    Shape as Checked, TILE_COLUMNS, TileOpening, batch_tree, check_sample, merkle::Tree, row_bytes,
};
use althing_ledger::compute::query::batch_of;
use althing_types::{
    Blob, Hash,
    compute::{ProductKind, Shape},
    hash::sha256,
    message::Opening,
};

/// A batch that was computed, with its trees.
pub(crate) struct Solved {
    pub root: Hash,
    pub digest: Hash,
    pub shape: Shape,
    pub count: u32,
    pub seed: Hash,
    pub products: Vec<Matrix>,
    pub trees: Vec<Tree>,
    pub batch: Tree,
}

pub(crate) fn checked(shape: &Shape) -> Checked {
    let kind = match shape.kind {
        ProductKind::Int8 => Kind::Int8,
        ProductKind::Fp16 => Kind::Fp16,
    };
    Checked::new(kind, shape.m, shape.n, shape.k).unwrap()
}

/// Computes a batch out of its seed; `cheat` may change the entries of each product.
pub(crate) fn solve(
    shape: &Shape,
    count: u32,
    seed: &Hash,
    cheat: impl Fn(u32, &mut [i32]),
) -> Solved {
    let operands = Operands::from_seed(checked(shape), seed.0);
    solve_with(shape, count, (&operands, seed), cheat)
}

/// The same with operands of any kind.
pub(crate) fn solve_with(
    shape: &Shape,
    count: u32,
    (operands, seed): (&Operands, &Hash),
    cheat: impl Fn(u32, &mut [i32]),
) -> Solved {
    let checked = checked(shape);
    let products: Vec<Matrix> = (0..count)
        .map(|product| {
            let right = Portable.multiply(operands, product, &Control::default()).unwrap();
            let mut entries = right.entries().to_vec();
            cheat(product, &mut entries);
            Matrix::new(checked, entries).unwrap()
        })
        .collect();
    let trees: Vec<Tree> = (0..).zip(&products).map(|(index, matrix)| matrix.tree(index)).collect();
    let roots: Vec<Digest> = trees.iter().map(Tree::root).collect();
    let batch = batch_tree(checked, &roots);
    let bytes: Vec<u8> = products.iter().flat_map(Matrix::to_bytes).collect();
    Solved {
        root: Hash::from(batch.root()),
        digest: sha256(&[&bytes]),
        shape: *shape,
        count,
        seed: *seed,
        products,
        trees,
        batch,
    }
}

impl Solved {
    fn position(&self, product: u32, row: u32) -> Position {
        Position::open(&self.batch, &self.trees[product as usize], product, row).unwrap()
    }

    fn row(&self, product: u32, row: u32) -> Vec<u8> {
        self.products[product as usize].row_bytes(row).unwrap()
    }

    /// Opens an entry.
    pub(crate) fn opening(&self, product: u32, row: u32, column: u32) -> Opening {
        let bytes = self.row(product, row);
        let tile = TileOpening::open(self.position(product, row), &bytes, column / TILE_COLUMNS);
        Opening { column, tile: Blob::new(tile.unwrap().to_bytes()).unwrap(), lines: None }
    }

    /// Whether a member that asks for these rows finds nothing wrong: the real check.
    pub(crate) fn passes(&self, challenge: &Hash, count: u64) -> bool {
        let batch = batch_of(&self.shape, self.count).unwrap();
        let operands = Operands::from_seed(checked(&self.shape), self.seed.0);
        let rows =
            althing_ledger::compute::query::samples(&self.shape, self.count, challenge, count);
        let openings: Vec<RowOpening> = rows
            .iter()
            .map(|(product, row)| RowOpening {
                position: self.position(*product, *row),
                bytes: self.row(*product, *row),
            })
            .collect();
        let count = u32::try_from(rows.len()).unwrap();
        check_sample(batch, &operands, &self.root.0, &challenge.0, count, &openings).is_ok()
    }

    /// The first wrong entry.
    pub(crate) fn first_wrong(&self) -> Option<(u32, u32, u32)> {
        let right = solve(&self.shape, self.count, &self.seed, |_, _| {});
        for product in 0..self.count {
            let rows =
                self.products[product as usize].rows().zip(right.products[product as usize].rows());
            for (row, (mine, theirs)) in (0..).zip(rows) {
                if row_bytes(mine) != row_bytes(theirs) {
                    let column = mine.iter().zip(theirs).position(|(one, other)| one != other);
                    return Some((product, row, u32::try_from(column.unwrap()).unwrap()));
                }
            }
        }
        None
    }
}
