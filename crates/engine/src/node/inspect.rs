//! Reads the folder of a node that does not run, and checks that its parts agree.

use super::{Context, PREFIX, folder};
use crate::{
    assemble,
    block::Block,
    error::EngineError,
    exec,
    outcomes::MAX_RECEIPTS,
    storage::{self, Archive, Bounded, Memory},
    types::{Db, Digest, Finalization},
};
use althing_types::{Genesis, Hash, Height, Receipt};
use commonware_cryptography::certificate::Verifier as _;
use commonware_parallel::{Rayon, Sequential};
use commonware_runtime::{Runner as _, Supervisor as _, tokio as runtime};
use commonware_storage::archive::{Archive as _, Identifier};
use std::path::Path;

type Blocks = Archive<Context, Block>;
type Receipts = Archive<Context, Bounded<Receipt, MAX_RECEIPTS>>;
type Finalizations = Archive<Context, Finalization>;

/// Disagreements that are listed; more are only counted.
const LISTED: usize = 20;

/// What a folder holds.
#[derive(Clone, Debug, Default)]
pub struct Inspection {
    /// Finalized blocks.
    pub blocks: u64,
    /// The highest of them.
    pub last: Height,
    /// Certificates of finalization.
    pub certificates: u64,
    /// Transactions in those blocks.
    pub transactions: u64,
    /// Blocks whose receipts are stored.
    pub receipts: u64,
    /// The height of the state.
    pub state_height: Option<Height>,
    /// Root of the state.
    pub state_root: Option<Hash>,
    /// Operations in the log of the state.
    pub state_operations: u64,
    /// What does not agree.
    pub problems: Vec<String>,
    /// How many disagreements there are, listed or not.
    pub problem_count: u64,
}

impl Inspection {
    fn problem(&mut self, text: String) {
        self.problem_count += 1;
        if self.problems.len() < LISTED {
            self.problems.push(text);
        }
    }
}

/// Opens the folder, which no process may use meanwhile, and walks all blocks. `progress` is told
/// the height that was checked and the last one.
///
/// # Errors
/// [`EngineError`] if the folder is in use, of another chain, or cannot be opened.
pub fn inspect(
    genesis: &Genesis,
    data_dir: &Path,
    progress: impl FnMut(u64, u64) + Send + 'static,
) -> Result<Inspection, EngineError> {
    let folder = folder::Folder::open(data_dir, &genesis.hash())?;
    let settings = runtime::Config::new().with_storage_directory(folder.storage());
    let first = assemble::genesis_block::<Context, Rayon>(genesis);
    runtime::Runner::new(settings).start(|context| walk(context, first, progress))
}

fn damaged(part: &str, error: &dyn std::fmt::Display) -> EngineError {
    EngineError::Stopped(format!("{part} cannot be opened: {error}"))
}

async fn walk(
    context: Context,
    genesis: Block,
    mut progress: impl FnMut(u64, u64),
) -> Result<Inspection, EngineError> {
    let memory = Memory::node();
    let cache = memory.archive_cache();
    let config = storage::archive(PREFIX, "blocks", &memory, cache.clone(), ());
    let blocks = Blocks::init(context.child("blocks"), config).await;
    let blocks = blocks.map_err(|error| damaged("the archive of blocks", &error))?;
    let config = storage::archive(PREFIX, "receipts", &memory, cache.clone(), ());
    let receipts = Receipts::init(context.child("receipts"), config).await;
    let receipts = receipts.map_err(|error| damaged("the archive of receipts", &error))?;
    let codec = crate::types::Scheme::certificate_codec_config_unbounded();
    let config = storage::archive(PREFIX, "finalizations", &memory, cache, codec);
    let certificates = Finalizations::init(context.child("certificates"), config).await;
    let certificates = certificates.map_err(|error| damaged("the certificates", &error))?;
    let config = storage::state(&context, PREFIX, &memory, Sequential).await;
    let config = config.map_err(|error| damaged("the state", &error))?;
    let state = Db::<Context, Sequential>::init(context.child("state"), config, None).await;
    let state = state.map_err(|error| damaged("the state", &error))?;

    let mut found = Inspection {
        last: Height::new(blocks.last_index().unwrap_or(0)),
        state_root: Some(state.root()),
        state_operations: *state.bounds().end,
        ..Inspection::default()
    };
    let mut parent = genesis.hash();
    for height in 1..=found.last.get() {
        match blocks.get(Identifier::Index(height)).await {
            Ok(Some(block)) => {
                check_block(&mut found, &block, parent);
                check_receipts(&mut found, &block, &receipts).await;
                check_certificate(&mut found, &block, &certificates).await;
                parent = block.hash();
            }
            Ok(None) => found.problem(format!("block {height} is missing")),
            Err(error) => found.problem(format!("block {height} cannot be read: {error}")),
        }
        progress(height, found.last.get());
    }
    if found.state_height.is_none() && found.last > Height::ZERO {
        found.problem("the state is that of no block in the archive".to_owned());
    }
    Ok(found)
}

fn check_block(found: &mut Inspection, block: &Block, parent: Digest) {
    found.blocks += 1;
    found.transactions += block.transactions.len() as u64;
    let height = block.header.height;
    if block.header.parent != parent {
        found.problem(format!("block {height} does not follow the block before it"));
    }
    if Some(block.header.state_root) == found.state_root {
        found.state_height = Some(height);
    }
}

async fn check_receipts(found: &mut Inspection, block: &Block, receipts: &Receipts) {
    let height = block.header.height;
    match receipts.get(Identifier::Index(height.get())).await {
        Ok(Some(stored)) => {
            found.receipts += 1;
            if exec::receipts_root(&stored.0) != block.header.receipts_root {
                found.problem(format!("the receipts of block {height} are not its own"));
            }
        }
        // The last blocks may be final and not yet executed; a start does that.
        Ok(None) if found.state_height.is_some() => {}
        Ok(None) => found.problem(format!("the receipts of block {height} are missing")),
        Err(error) => {
            found.problem(format!("the receipts of block {height} cannot be read: {error}"));
        }
    }
}

async fn check_certificate(found: &mut Inspection, block: &Block, certificates: &Finalizations) {
    let height = block.header.height;
    match certificates.get(Identifier::Index(height.get())).await {
        Ok(Some(certificate)) => {
            found.certificates += 1;
            if certificate.proposal.payload != block.hash() {
                found.problem(format!("the certificate of height {height} is of another block"));
            }
        }
        // A block is final through any descendant that has a certificate.
        Ok(None) => {}
        Err(error) => {
            found.problem(format!("the certificate of height {height} cannot be read: {error}"));
        }
    }
}

/// Whether a folder is of this chain and no process uses it now.
///
/// # Errors
/// [`EngineError`] if not.
pub fn unused(genesis: &Genesis, data_dir: &Path) -> Result<(), EngineError> {
    folder::Folder::open(data_dir, &genesis.hash()).map(drop)
}
