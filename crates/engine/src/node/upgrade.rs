//! An upgrade tried out on the folder of a node that does not run.

use super::{Context, PREFIX, folder};
use crate::{
    assemble,
    block::Block,
    error::EngineError,
    storage::{self, Archive, Memory},
    types::Db,
};
use althing_ledger::{
    Broken,
    audit::SupplyReport,
    migrations::Moment,
    upgrade::{
        Check, CheckError, Protocol, Report,
        query::{decode_protocol, protocol_key},
    },
    versions::Releases,
};
use althing_state::Missing;
use althing_types::{Genesis, Height, Timestamp, Version};
use commonware_parallel::{Rayon, Sequential};
use commonware_runtime::{Runner as _, Supervisor as _, tokio as runtime};
use commonware_storage::archive::{Archive as _, Identifier};
use futures::StreamExt as _;
use std::{
    path::Path,
    time::{Duration, Instant},
};

type State = Db<Context, Sequential>;

/// What an upgrade would do to the state in a folder.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The height of the state.
    pub height: Height,
    /// The version of its rules, and what is planned.
    pub protocol: Protocol,
    /// What the migrations would do.
    pub report: Report,
    /// How long they took, reads included.
    pub took: Duration,
    /// Records of the state.
    pub records: u64,
    /// What an audit of the state finds as it would be.
    pub audit: Result<SupplyReport, Broken>,
}

/// Opens the folder, which no process may use meanwhile, and tries an upgrade out on its state, which
/// stays as it is. Without `to`: the upgrade that is planned, or to the newest version that is known.
///
/// # Errors
/// [`EngineError`] if the folder is in use, of another chain, or cannot be opened, and if nothing leads
/// from its version to the other one.
pub fn try_upgrade(
    genesis: &Genesis,
    data_dir: &Path,
    releases: Releases,
    to: Option<Version>,
) -> Result<Trial, EngineError> {
    let folder = folder::Folder::open(data_dir, &genesis.hash())?;
    let settings = runtime::Config::new().with_storage_directory(folder.storage());
    let first = assemble::genesis_block::<Context, Rayon>(genesis);
    runtime::Runner::new(settings).start(|context| run(context, first, releases, to))
}

fn failed(part: &str, error: &dyn std::fmt::Display) -> EngineError {
    EngineError::Stopped(format!("{part}: {error}"))
}

async fn run(
    context: Context,
    first: Block,
    releases: Releases,
    to: Option<Version>,
) -> Result<Trial, EngineError> {
    let memory = Memory::node();
    let config = storage::state(&context, PREFIX, &memory, Sequential).await;
    let config = config.map_err(|error| failed("the state cannot be opened", &error))?;
    let state = State::init(context.child("state"), config, None).await;
    let state = state.map_err(|error| failed("the state cannot be opened", &error))?;
    let (height, time) = position(&context, &state, &first, &memory).await?;
    let value = state.get(&protocol_key()).await;
    let value = value.map_err(|error| failed("the state cannot be read", &error))?;
    let protocol = value.and_then(|value| decode_protocol(&value).ok());
    let absent = EngineError::Stopped("the state has no version of its rules".to_owned());
    let protocol = protocol.ok_or(absent)?;
    let to = to.or(protocol.plan.map(|plan| plan.version)).unwrap_or_else(|| releases.newest());
    let moment = Moment { height: height.next().unwrap_or(height), time };
    let started = Instant::now();
    let report = migrate(&state, Check::new(releases, moment, to)).await?;
    let took = started.elapsed();
    let (audit, records) = audit(&state, &report, height).await?;
    Ok(Trial { height, protocol, report, took, records, audit })
}

/// The height of the state, and the time of the block after which it is.
async fn position(
    context: &Context,
    state: &State,
    first: &Block,
    memory: &Memory,
) -> Result<(Height, Timestamp), EngineError> {
    let config = storage::archive(PREFIX, "blocks", memory, memory.archive_cache(), ());
    let blocks = Archive::<Context, Block>::init(context.child("blocks"), config).await;
    let blocks =
        blocks.map_err(|error| failed("the archive of blocks cannot be opened", &error))?;
    let root = state.root();
    if first.header.state_root == root {
        return Err(EngineError::Stopped("the chain has no block yet".to_owned()));
    }
    for height in (1..=blocks.last_index().unwrap_or(0)).rev() {
        let block = blocks.get(Identifier::Index(height)).await;
        let block =
            block.map_err(|error| failed("the archive of blocks cannot be read", &error))?;
        if let Some(block) = block.filter(|block| block.header.state_root == root) {
            return Ok((block.header.height, block.header.timestamp));
        }
    }
    Err(EngineError::Stopped("the state is that of no block in the archive".to_owned()))
}

async fn migrate(state: &State, mut check: Check) -> Result<Report, EngineError> {
    loop {
        match check.run() {
            Ok(report) => return Ok(report),
            Err(CheckError::Missing(Missing(keys))) => {
                for key in keys {
                    let value = state.get(&key).await;
                    let value =
                        value.map_err(|error| failed("the state cannot be read", &error))?;
                    check.give(key, value);
                }
            }
            Err(error) => return Err(EngineError::Stopped(error.to_string())),
        }
    }
}

async fn audit(
    state: &State,
    report: &Report,
    height: Height,
) -> Result<(Result<SupplyReport, Broken>, u64), EngineError> {
    let (mut audit, mut records) = (report.audit(height), 0u64);
    let mut stream = std::pin::pin!(state.stream_range(..));
    while let Some(record) = stream.next().await {
        let (key, value) = record.map_err(|error| failed("the state cannot be read", &error))?;
        records = records.saturating_add(1);
        if let Err(broken) = audit.add(key, &value) {
            return Ok((Err(broken), records));
        }
    }
    Ok((audit.finish(), records))
}
