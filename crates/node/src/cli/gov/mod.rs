//! `althing gov`: proposals, votes, parameters, the treasury.

mod file;
mod history;
mod list;
mod network;
mod params;
mod propose;
mod safety;
mod tally;
mod terms;
mod treasury;
mod upgrade;
mod value;
mod vote;

pub(crate) use list::pages;
pub(crate) use upgrade::{history as upgrade_history, status as upgrade_status};
pub(crate) use value::{configure, parse_ballot, parse_period};

use super::{
    args::{GovCommand, OverrideCommand},
    context::Context,
    error::CliError,
    online::with_chain,
};

/// Runs `althing gov …`.
///
/// # Errors
/// Exit code 2 for payload files, 3 if the node does not answer, 4 if the chain refuses, 5 if there is
/// no such proposal.
pub(crate) fn run(context: &Context, command: &GovCommand) -> Result<(), CliError> {
    match command {
        GovCommand::Propose(args) => propose::run(context, args),
        GovCommand::Vote(args) => vote::vote(context, args),
        GovCommand::Cancel(args) => vote::cancel(context, args),
        GovCommand::Adopt(args) => vote::adopt(context, args),
        GovCommand::Preferences(command) => vote::preferences(context, command),
        GovCommand::Params(args) => with_chain(context, async |client, chain| {
            params::params(context, &client, &chain, args).await
        }),
        GovCommand::Tracks => with_chain(context, async |client, chain| {
            params::tracks(context, &client, &chain).await
        }),
        GovCommand::Tally(args) => tally::run(context, args),
        GovCommand::List(args) => {
            with_chain(context, async |client, _| list::list(context, &client, args).await)
        }
        GovCommand::Show { proposal, votes } => with_chain(context, async |client, chain| {
            list::show(context, &client, &chain, (*proposal, *votes)).await
        }),
        GovCommand::Override(args) => match args.show {
            Some(OverrideCommand::Status { events }) => safety::status(context, events),
            None => safety::call(context, args),
        },
        GovCommand::Network(command) => network::run(context, command),
        GovCommand::Upgrade => upgrade::status(context),
        GovCommand::Treasury(command) => treasury::run(context, command),
    }
}
