//! A worker that computes a batch, commits to it and opens rows.
#![allow(dead_code, reason = "every test binary uses a part")]

use althing_compute::{
    Backend as _, Batch, Control, Digest, Kind, Operands, Portable, Position, RowOpening, Shape,
    TileOpening, batch_tree, merkle::Tree, product_tree, row_bytes, row_digest, sample,
};

/// A small shape whose dimensions all differ.
pub(crate) fn shape(kind: Kind) -> Shape {
    Shape::new(kind, 320, 512, 448).unwrap()
}

pub(crate) struct Worker {
    pub(crate) batch: Batch,
    pub(crate) operands: Operands,
    /// For each product, the bytes of each row.
    pub(crate) results: Vec<Vec<Vec<u8>>>,
    pub(crate) trees: Vec<Tree>,
    pub(crate) tree: Tree,
}

impl Worker {
    pub(crate) fn honest(shape: Shape, seed: [u8; 32], products: u32) -> Self {
        let operands = Operands::from_seed(shape, seed);
        let compute = |product| {
            let result = Portable.multiply(&operands, product, &Control::default()).unwrap();
            result.rows().map(row_bytes).collect()
        };
        let results = (0..products).map(compute).collect();
        let batch = Batch::new(shape, products).unwrap();
        let mut worker =
            Self { batch, operands, results, trees: Vec::new(), tree: Tree::new(Vec::new()) };
        worker.commit();
        worker
    }

    /// Commits to the results as they are.
    pub(crate) fn commit(&mut self) {
        let shape = self.batch.shape;
        self.trees = (0..)
            .zip(&self.results)
            .map(|(product, rows)| {
                let digests: Vec<Digest> = rows.iter().map(|row| row_digest(row)).collect();
                product_tree(shape, product, &digests)
            })
            .collect();
        let roots: Vec<Digest> = self.trees.iter().map(Tree::root).collect();
        self.tree = batch_tree(shape, &roots);
    }

    /// Changes each row of a product and commits to it.
    pub(crate) fn replace(&mut self, product: usize, mut change: impl FnMut(u32, &mut Vec<u8>)) {
        for (row, bytes) in (0..).zip(&mut self.results[product]) {
            change(row, bytes);
        }
        self.commit();
    }

    pub(crate) fn root(&self) -> Digest {
        self.tree.root()
    }

    pub(crate) fn position(&self, product: u32, row: u32) -> Position {
        Position::open(&self.tree, &self.trees[product as usize], product, row).unwrap()
    }

    pub(crate) fn row(&self, product: u32, row: u32) -> RowOpening {
        let bytes = self.results[product as usize][row as usize].clone();
        RowOpening { position: self.position(product, row), bytes }
    }

    pub(crate) fn tile(&self, product: u32, row: u32, tile: u32) -> TileOpening {
        let bytes = &self.results[product as usize][row as usize];
        TileOpening::open(self.position(product, row), bytes, tile).unwrap()
    }

    pub(crate) fn open(&self, challenge: &[u8; 32], count: u32) -> Vec<RowOpening> {
        let rows = sample(challenge, self.batch, count).unwrap();
        rows.into_iter().map(|(product, row)| self.row(product, row)).collect()
    }
}
