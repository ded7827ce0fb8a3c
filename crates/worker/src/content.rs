//! Matrices that a requester has: sent line by line to whoever computes with them or checks, each line
//! proven against the root that the task names. The worker shows them on, so that its result can be
//! checked even if the requester goes away.

use crate::{
    endpoint::Endpoint,
    wire::{self, MAX_LINES, WireError},
};
use althing_compute::{
    Batch, Content, OperandError, Operands, Shape, Side, Source, TileOpening,
    merkle::{Path, Tree},
};
use althing_types::{
    Blob, Hash,
    message::{Line, Lines as OpenedLines, Opening},
};
use futures::StreamExt as _;
use std::{sync::Arc, time::Duration};

/// How long one answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Why matrices of a requester are not at hand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Nobody sends them.
    #[error("{from} does not send lines of the operand {root}: {reason}")]
    Unavailable {
        /// Who was asked.
        from: String,
        /// Which operand, by its root.
        root: String,
        /// What went wrong.
        reason: String,
    },
    /// They are not those that the task names.
    #[error(transparent)]
    Operand(#[from] OperandError),
    /// The whole operand was sent, and it has another root.
    #[error("the lines that were sent lead to another root than {0}")]
    Root(String),
    /// Larger than allowed.
    #[error("the matrices need {needed} bytes of memory, {limit} are allowed; raise the limit")]
    Memory {
        /// What they need.
        needed: u64,
        /// What is allowed.
        limit: u64,
    },
}

/// Number of lines of an operand.
pub const fn line_count(side: Side, batch: Batch) -> u64 {
    match side {
        Side::A => batch.rows(),
        Side::B => batch.shape.n() as u64,
    }
}

/// Bytes of both operands of a batch in memory, with what proves their lines.
pub const fn memory_needed(batch: Batch) -> u64 {
    let lines = line_count(Side::A, batch) + line_count(Side::B, batch);
    lines * (batch.shape.k() as u64 + 128)
}

/// Both operands of a batch as a whole, with what proves their lines.
#[derive(Clone, Debug)]
pub struct Matrices {
    batch: Batch,
    operands: Arc<Operands>,
    a: (Hash, Arc<Tree>),
    b: (Hash, Arc<Tree>),
}

impl Matrices {
    /// Matrices whose lines are at hand: rows of all A, one matrix after the other, and columns of B.
    ///
    /// # Errors
    /// [`OperandError`] if they do not fit the batch.
    pub fn new(batch: Batch, a: Vec<Vec<i8>>, b: Vec<Vec<i8>>) -> Result<Self, OperandError> {
        let (shape, products) = (batch.shape, batch.products());
        let (a, a_tree) = Content::whole(Side::A, shape, products, a)?;
        let (b, b_tree) = Content::whole(Side::B, shape, products, b)?;
        let root = |content: &Content| commonware_cryptography::sha256::Digest(*content.root());
        let (a_root, b_root) = (root(&a), root(&b));
        let operands = Operands::new(shape, Source::Content(a), Source::Content(b));
        Ok(Self {
            batch,
            operands: Arc::new(operands),
            a: (a_root, Arc::new(a_tree)),
            b: (b_root, Arc::new(b_tree)),
        })
    }

    /// The batch that they are of.
    pub const fn batch(&self) -> Batch {
        self.batch
    }

    /// The roots that a task names: of A, of B.
    pub const fn roots(&self) -> (Hash, Hash) {
        (self.a.0, self.b.0)
    }

    /// For the computation.
    pub const fn operands(&self) -> &Arc<Operands> {
        &self.operands
    }

    /// Which operand has this root.
    pub fn side(&self, root: &Hash) -> Option<Side> {
        [(Side::A, self.a.0), (Side::B, self.b.0)]
            .into_iter()
            .find_map(|(side, found)| (found == *root).then_some(side))
    }

    /// A line with its proof; `None` if there is no such line.
    pub fn line(&self, side: Side, index: u64) -> Option<(Vec<i8>, Path)> {
        let path = match side {
            Side::A => self.a.1.path(index)?,
            Side::B => self.b.1.path(index)?,
        };
        let mut entries = vec![0; self.batch.shape.k() as usize];
        match side {
            Side::A => {
                let m = u64::from(self.batch.shape.m());
                let (product, row) = ((index / m) as u32, (index % m) as u32);
                self.operands.a_row(product, row, &mut entries).ok()?;
            }
            Side::B => self.operands.b_column(index as u32, &mut entries).ok()?,
        }
        Some((entries, path))
    }

    /// The lines that entry (`product`, `row`, `column`) is computed of, for a dispute.
    pub fn opened(&self, product: u32, row: u32, column: u32) -> Option<OpenedLines> {
        let index = u64::from(product) * u64::from(self.batch.shape.m()) + u64::from(row);
        let a = dispute_line(self.line(Side::A, index)?)?;
        let b = dispute_line(self.line(Side::B, u64::from(column))?)?;
        Some(OpenedLines { a, b })
    }
}

/// A line as a dispute carries it; `None` if it is too long.
pub fn dispute_line((entries, path): (Vec<i8>, Path)) -> Option<Line> {
    let bytes = entries.iter().map(|entry| entry.cast_unsigned()).collect();
    let path = path.siblings.as_flattened().to_vec();
    Some(Line { entries: Blob::new(bytes)?, path: Blob::new(path)? })
}

/// An opening as a transaction carries it; `None` if it is too large.
pub fn opening(tile: &TileOpening, column: u32, lines: Option<OpenedLines>) -> Option<Opening> {
    Some(Opening { column, tile: Blob::new(tile.to_bytes())?, lines })
}

/// Fetches lines.
#[derive(Clone, Debug)]
pub struct Fetcher {
    http: reqwest::Client,
    endpoint: Endpoint,
}

impl Fetcher {
    /// Fetches from `endpoint`.
    pub const fn new(http: reqwest::Client, endpoint: Endpoint) -> Self {
        Self { http, endpoint }
    }

    fn unavailable(&self, root: &Hash, reason: impl ToString) -> ContentError {
        let (from, root) = (self.endpoint.to_string(), hex::encode(root));
        ContentError::Unavailable { from, root, reason: reason.to_string() }
    }

    async fn part(
        &self,
        root: &Hash,
        shape: Shape,
        query: &str,
        count: usize,
    ) -> Result<Vec<(Vec<i8>, Path)>, ContentError> {
        let url = self.endpoint.route(&format!("/v1/lines/{}?{query}", hex::encode(root)));
        let most = count * (4 + shape.k() as usize + 40 * 32);
        let failed = |reason: String| self.unavailable(root, reason);
        let bytes = fetch(&self.http, &url, most, ANSWER_TIMEOUT).await.map_err(failed)?;
        let read = || -> Result<Vec<_>, WireError> {
            wire::parts(&bytes)?.into_iter().map(|part| wire::read_line(shape, part)).collect()
        };
        let lines = read().map_err(|error| failed(error.to_string()))?;
        if lines.len() != count {
            return Err(failed(format!("{} lines instead of {count}", lines.len())));
        }
        Ok(lines)
    }

    /// All lines of an operand, in order. Their root is compared by whoever uses them.
    ///
    /// # Errors
    /// [`ContentError`].
    pub async fn all(
        &self,
        root: &Hash,
        side: Side,
        batch: Batch,
    ) -> Result<Vec<Vec<i8>>, ContentError> {
        let mut lines = Vec::new();
        let total = line_count(side, batch);
        while (lines.len() as u64) < total {
            let first = lines.len() as u64;
            let count = (total - first).min(u64::from(MAX_LINES));
            let query = format!("first={first}&count={count}");
            let part = self.part(root, batch.shape, &query, count as usize).await?;
            lines.extend(part.into_iter().map(|(entries, _)| entries));
        }
        Ok(lines)
    }

    /// Some lines of an operand, each proven.
    ///
    /// # Errors
    /// [`ContentError`].
    pub async fn some(
        &self,
        root: &Hash,
        side: Side,
        batch: Batch,
        indices: &[u64],
    ) -> Result<Content, ContentError> {
        let mut content = Content::opened(side, batch.shape, batch.products(), root.0);
        for chunk in indices.chunks(wire::MAX_ROWS) {
            let list: Vec<String> = chunk.iter().map(u64::to_string).collect();
            let query = format!("lines={}", list.join(","));
            let part = self.part(root, batch.shape, &query, chunk.len()).await?;
            for (index, (entries, path)) in chunk.iter().zip(part) {
                content.insert(*index, entries, &path)?;
            }
        }
        Ok(content)
    }

    /// A line of an operand as a dispute carries it.
    ///
    /// # Errors
    /// [`ContentError`].
    pub async fn line(
        &self,
        root: &Hash,
        side: Side,
        batch: Batch,
        index: u64,
    ) -> Result<Line, ContentError> {
        let mut part = self.part(root, batch.shape, &format!("lines={index}"), 1).await?;
        let mut content = Content::opened(side, batch.shape, batch.products(), root.0);
        let missing = || self.unavailable(root, "no line");
        let (entries, path) = part.pop().ok_or_else(missing)?;
        content.insert(index, entries.clone(), &path)?;
        dispute_line((entries, path)).ok_or_else(missing)
    }

    /// Both operands of a batch as a whole.
    ///
    /// # Errors
    /// [`ContentError`]; lines that do not lead to their roots are refused.
    pub async fn matrices(
        &self,
        (a, b): (&Hash, &Hash),
        batch: Batch,
        memory_bytes: u64,
    ) -> Result<Matrices, ContentError> {
        let needed = memory_needed(batch);
        if needed > memory_bytes {
            return Err(ContentError::Memory { needed, limit: memory_bytes });
        }
        let lines = (self.all(a, Side::A, batch).await?, self.all(b, Side::B, batch).await?);
        let matrices = Matrices::new(batch, lines.0, lines.1)?;
        if matrices.roots() != (*a, *b) {
            return Err(ContentError::Root(hex::encode(a)));
        }
        Ok(matrices)
    }
}

/// Reads a whole answer of at most `most` bytes.
pub(crate) async fn fetch(
    http: &reqwest::Client,
    url: &str,
    most: usize,
    timeout: Duration,
) -> Result<Vec<u8>, String> {
    // The cause of an error says more than the error.
    let words = |error: reqwest::Error| {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        source.unwrap_or_else(|| error.to_string())
    };
    let read = async {
        let response = http.get(url).send().await.map_err(words)?;
        let status = response.status();
        // A refusal is a few words; nobody reads more of it.
        let most = if status.is_success() { most } else { 4_096 };
        let mut bytes = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(words)?;
            if bytes.len() + chunk.len() > most {
                return Err("the answer is longer than what was asked for".to_owned());
            }
            bytes.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return Ok(bytes);
        }
        Err(match serde_json::from_slice::<wire::Refusal>(&bytes) {
            Ok(refusal) => format!("{status}, {}: {}", refusal.code, refusal.message),
            Err(_) => status.to_string(),
        })
    };
    match tokio::time::timeout(timeout, read).await {
        Ok(result) => result,
        Err(_) => Err(format!("no whole answer within {} seconds", timeout.as_secs())),
    }
}
