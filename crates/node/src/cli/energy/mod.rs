//! `althing energy`: providers, meters, readings, oracles, the market, disputes.

mod batches;
mod certificates;
mod disputes;
mod market;
mod meters;
mod oracles;
mod providers;
mod readings;
mod status;
pub(crate) mod units;

use super::{
    args::EnergyCommand,
    context::{Context, Signer},
    error::CliError,
    online::with_chain,
    output,
    tx::{Plan, carry_out},
};
use althing_client::{
    builder::Builder,
    http::{Client, Version},
};
use althing_types::{Address, Payload};
use serde::Serialize;

/// Runs `althing energy …`.
///
/// # Errors
/// Exit code 2 for files, 3 if the node does not answer, 4 if the chain refuses, 5 if there is no such
/// provider, meter, batch, oracle, certificate or dispute, 7 for keys.
pub(crate) fn run(context: &Context, command: &EnergyCommand) -> Result<(), CliError> {
    match command {
        EnergyCommand::Status => {
            with_chain(context, async |client, chain| status::run(context, &client, &chain).await)
        }
        EnergyCommand::Provider(command) => providers::run(context, command),
        EnergyCommand::Meter(command) => meters::run(context, command),
        EnergyCommand::SubmitReading(args) => readings::submit(context, args),
        EnergyCommand::Batches(args) => {
            with_chain(context, async |client, _| batches::list(context, &client, args).await)
        }
        EnergyCommand::Batch { number } => {
            with_chain(context, async |client, _| batches::show(context, &client, *number).await)
        }
        EnergyCommand::Oracle(command) => oracles::run(context, command),
        EnergyCommand::Attest(args) => oracles::attest(context, args),
        EnergyCommand::Offer(args) => market::offer(context, args),
        EnergyCommand::Order(args) => market::order(context, args),
        EnergyCommand::Cancel(args) => market::cancel(context, args),
        EnergyCommand::Tariff(args) => market::tariff(context, args),
        EnergyCommand::Buy(args) => market::buy(context, args),
        EnergyCommand::Market { zone, slot } => with_chain(context, async |client, chain| {
            market::show(context, &client, &chain, (zone, *slot)).await
        }),
        EnergyCommand::Slots(args) => with_chain(context, async |client, chain| {
            market::slots(context, &client, &chain, args).await
        }),
        EnergyCommand::Tariffs(args) => with_chain(context, async |client, chain| {
            market::tariffs(context, &client, &chain, args).await
        }),
        EnergyCommand::Orders { account } => with_chain(context, async |client, chain| {
            market::orders(context, &client, &chain, account.as_deref()).await
        }),
        EnergyCommand::Certificate(command) => certificates::run(context, command),
        EnergyCommand::Dispute(command) => disputes::run(context, command),
        EnergyCommand::Grant(args) => providers::grant(context, args),
        EnergyCommand::Grants { account } => with_chain(context, async |client, _| {
            providers::grants(context, &client, account.as_deref()).await
        }),
    }
}

/// An account that is named, or the only key there is.
fn account(context: &Context, name: Option<&str>) -> Result<Address, CliError> {
    match name {
        Some(name) => context.address(name),
        None => Ok(context.signer(None)?.address()),
    }
}

/// For whom the sender acts.
fn acts_for(context: &Context, name: Option<&str>, signer: &Signer) -> Result<Address, CliError> {
    name.map_or_else(|| Ok(signer.address()), |name| context.address(name))
}

/// Sends one message.
async fn send(
    context: &Context,
    (client, chain): (&Client, &Version),
    signer: &Signer,
    (payload, sending): (Payload, &super::args::Sending),
    plan: Plan,
) -> Result<(), CliError> {
    let builder = Builder::new(signer.public_key(), payload);
    carry_out(context, (client, chain), signer, builder, sending, &plan).await
}

/// Prints an answer if programs want it; says whether it did.
fn told(context: &Context, answer: &impl Serialize) -> Result<bool, CliError> {
    if context.global.json {
        let value = serde_json::to_value(answer);
        output::json(&value.map_err(|error| CliError::usage(error.to_string()))?);
    }
    Ok(context.global.json)
}
