//! What runs for long: a node, a development network, a load test, and care of the data.

mod backend;
mod bench;
mod checks;
mod compute;
mod db;
mod dev;
mod dev_chain;
mod energy;
mod faucet;
mod governance;
mod indexer;
mod logging;
mod lookup;
mod node;
mod oracle;
mod process;
mod stake;
mod start;
mod upgrade;
mod work;

pub(crate) use dev_chain::{operator as dev_operator, validator as dev_validator};

use crate::cli::{CliError, Exit, args, context::Context};
use std::future::Future;

/// `althing start`
///
/// # Errors
/// The node cannot start, or its engine stopped on a fault.
pub fn start(context: &Context, args: &args::StartArgs) -> Result<(), CliError> {
    start::run(context, args)
}

/// `althing dev`
///
/// # Errors
/// The network cannot start, or an engine stopped on a fault.
pub fn dev(context: &Context, args: &args::DevArgs) -> Result<(), CliError> {
    dev::run(context, args)
}

/// `althing bench`
///
/// # Errors
/// The node is unreachable, or has no load accounts.
pub fn bench(context: &Context, args: &args::BenchArgs) -> Result<(), CliError> {
    on_runtime(bench::run(args, &context.global))
}

/// `althing db …`
///
/// # Errors
/// There is no node here, or its data do not agree.
pub fn db(context: &Context, command: &args::DbCommand) -> Result<(), CliError> {
    db::run(context, command)
}

/// `althing oracle …`
///
/// # Errors
/// The configuration or a key is wrong, or the daemon cannot go on.
pub fn oracle(context: &Context, command: &args::OracleCommand) -> Result<(), CliError> {
    oracle::run(context, command)
}

/// `althing worker run`
///
/// # Errors
/// It cannot start, or it was banned.
pub fn worker(
    context: &Context,
    args: &args::WorkerRun,
    key: althing_types::SecretKey,
) -> Result<(), CliError> {
    work::run(context, args, key)
}

/// `althing worker selftest`
///
/// # Errors
/// A device computes something else than it should.
pub fn worker_selftest(context: &Context, args: &args::WorkerSelftest) -> Result<(), CliError> {
    work::selftest(context, args)
}

/// `althing upgrade …`
///
/// # Errors
/// There is no node here, or the upgrade would fail.
pub fn upgrade(context: &Context, command: &args::UpgradeCommand) -> Result<(), CliError> {
    upgrade::run(context, command)
}

/// Runs a command on a runtime of its own.
fn on_runtime<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("althing-api")
        .enable_all()
        .build()
        .map_err(|error| CliError::new(Exit::Failed, "runtime", error.to_string()))?;
    let outcome = runtime.block_on(work);
    // Blocking work of a command that has ended is of no use to anybody.
    runtime.shutdown_background();
    outcome
}

/// Resolves when the operator asks the process to stop: Ctrl-C or SIGTERM.
async fn asked_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        outcome = tokio::signal::ctrl_c() => outcome,
        _ = terminate.recv() => Ok(()),
    }
}
