//! `althing compute`: tasks, workers, prices, weights.

mod act;
mod shape;
mod submit;
mod tables;
mod tasks;
mod weights;
mod workers;

pub(crate) use shape::{parse_shape, parse_state};
pub(super) use workers::one as worker;

use super::{args::ComputeCommand, context::Context, error::CliError, online::with_chain};

/// Runs `althing compute …`.
///
/// # Errors
/// Exit code 2 for files, 3 if the node does not answer, 4 if the chain refuses, 5 if there is no such
/// task or worker, 6 if a weight is false, 8 if a task is not over in time.
pub(crate) fn run(context: &Context, command: &ComputeCommand) -> Result<(), CliError> {
    match command {
        ComputeCommand::Submit(args) => submit::run(context, args),
        ComputeCommand::Cancel(args) => act::cancel(context, args),
        ComputeCommand::ProveWrong(args) => act::prove_wrong(context, args),
        ComputeCommand::Show { task } => with_chain(context, async |client, chain| {
            tasks::show(context, &client, &chain, *task).await
        }),
        ComputeCommand::List(args) => with_chain(context, async |client, chain| {
            tasks::list(context, &client, &chain, args).await
        }),
        ComputeCommand::Workers(args) => with_chain(context, async |client, chain| {
            workers::list(context, &client, &chain, args).await
        }),
        ComputeCommand::Worker { account } => with_chain(context, async |client, _| {
            workers::one(context, &client, context.address(account)?).await
        }),
        ComputeCommand::Weights(args) => with_chain(context, async |client, chain| {
            weights::run(context, &client, &chain, args).await
        }),
        ComputeCommand::Summary => {
            with_chain(context, async |client, _| tables::summary(context, &client).await)
        }
        ComputeCommand::Prices => {
            with_chain(context, async |client, _| tables::prices(context, &client).await)
        }
        ComputeCommand::Models => {
            with_chain(context, async |client, _| tables::models(context, &client).await)
        }
        ComputeCommand::Drivers => {
            with_chain(context, async |client, _| tables::drivers(context, &client).await)
        }
        ComputeCommand::Verifying => {
            with_chain(context, async |client, _| tables::verifying(context, &client).await)
        }
        ComputeCommand::Checkers => {
            with_chain(context, async |client, _| tables::checkers(context, &client).await)
        }
    }
}
