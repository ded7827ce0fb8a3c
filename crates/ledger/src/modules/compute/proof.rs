//! The one place that asks `althing-compute`: shapes, samples, and whether an entry is wrong.

use super::{Task, TaskResult, error::ComputeError};
use althing_compute::{
    Batch, Content, Kind, Operands as Matrices, Shape as CheckedShape, Side, Source, TILE_COLUMNS,
    TileOpening, merkle::Path, recompute, sample,
};
use althing_types::{
    Hash,
    compute::{Entry, Operands, ProductKind, Shape},
    message::{Line, Opening},
};

/// What became of an opening that leads to the committed root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Which entry it is about.
    pub entry: Entry,
    /// Whether the committed entry is wrong.
    pub wrong: bool,
}

/// The shape as `althing-compute` knows it; `None` if its sides are not legal.
fn checked(shape: &Shape) -> Option<CheckedShape> {
    let kind = match shape.kind {
        ProductKind::Int8 => Kind::Int8,
        ProductKind::Fp16 => Kind::Fp16,
    };
    CheckedShape::new(kind, shape.m, shape.n, shape.k).ok()
}

/// The batch of so many products of a shape; `None` if neither is legal.
pub fn batch_of(shape: &Shape, count: u32) -> Option<Batch> {
    Batch::new(checked(shape)?, count).ok()
}

/// The rows of a batch that follow from a challenge or a member's seed: product and row. As many as
/// there are, if that is less than `count`.
pub fn samples(shape: &Shape, products: u32, seed: &Hash, count: u64) -> Vec<(u32, u32)> {
    let Some(batch) = batch_of(shape, products) else { return Vec::new() };
    let count = u32::try_from(count.min(batch.rows())).unwrap_or(u32::MAX);
    sample(&seed.0, batch, count).unwrap_or_default()
}

/// Judges an opening of the result of a task: one entry is computed again.
///
/// # Errors
/// [`ComputeError::OpeningInvalid`] if it does not lead to what the worker is bound to.
pub(super) fn judge_task(
    task: &Task,
    result: &TaskResult,
    opening: &Opening,
) -> Result<Judged, ComputeError> {
    judge(&task.shape, task.count, (&task.operands, &result.seed), &result.root, opening)
        .ok_or(ComputeError::OpeningInvalid)
}

/// Judges an opening: `None` if it does not lead to `root`, or its operands not to theirs.
pub fn judge(
    shape: &Shape,
    count: u32,
    (operands, seed): (&Operands, &Hash),
    root: &Hash,
    opening: &Opening,
) -> Option<Judged> {
    let batch = batch_of(shape, count)?;
    let tile = TileOpening::from_bytes(batch, &opening.tile).ok()?;
    tile.verify(batch, &root.0).ok()?;
    let (product, row) = (tile.position.product, tile.position.row);
    let (number, place) =
        (opening.column.checked_div(TILE_COLUMNS)?, opening.column.checked_rem(TILE_COLUMNS)?);
    if number != tile.tile {
        return None;
    }
    let committed = *tile.entries().get(usize::try_from(place).ok()?)?;
    let entry = Entry { product, row, column: opening.column };
    let matrices = match operands {
        Operands::Seed {} => Matrices::from_seed(batch.shape, seed.0),
        Operands::Content { a, b } => {
            let lines = opening.lines.as_ref()?;
            let of_a = u64::from(product).checked_mul(u64::from(shape.m))?;
            let of_a = of_a.checked_add(u64::from(row))?;
            let a = opened(Side::A, batch, a, of_a, &lines.a)?;
            let b = opened(Side::B, batch, b, u64::from(opening.column), &lines.b)?;
            Matrices::new(batch.shape, Source::Content(a), Source::Content(b))
        }
    };
    let right = recompute::entry(&matrices, product, row, opening.column).ok()?;
    Some(Judged { entry, wrong: right != committed })
}

/// An operand of which one line is known.
fn opened(side: Side, batch: Batch, root: &Hash, index: u64, line: &Line) -> Option<Content> {
    let mut content = Content::opened(side, batch.shape, batch.products(), root.0);
    let entries = line.entries.iter().map(|byte| byte.cast_signed()).collect();
    let (chunks, rest) = line.path.as_chunks::<32>();
    if !rest.is_empty() {
        return None;
    }
    content.insert(index, entries, &Path { siblings: chunks.to_vec() }).ok()?;
    Some(content)
}
