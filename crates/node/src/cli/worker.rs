//! `althing worker`: the single steps of a worker, by hand.

use super::{
    args::{
        WorkerAttest, WorkerClaim, WorkerCommand, WorkerDevice, WorkerOnly, WorkerRegister,
        WorkerTake, WorkerUpdate,
    },
    compute,
    context::{Context, read_text},
    error::CliError,
    online::with_chain,
    output,
    tx::{Plan, carry_out},
};
use althing_client::builder::Builder;
use althing_types::{
    Blob, Hash, Text, compute::Shape, limits::MAX_EVIDENCE_BYTES, message::UpdateWorker,
};

/// Runs `althing worker …`.
///
/// # Errors
/// Those of transactions and of questions to a node; exit code 2 for files.
pub(crate) fn run(context: &Context, command: &WorkerCommand) -> Result<(), CliError> {
    match command {
        WorkerCommand::Run(args) => {
            let key = context.unlock(&context.signer(args.from.as_deref())?)?;
            crate::run::worker(context, args, key)
        }
        WorkerCommand::Selftest(args) => crate::run::worker_selftest(context, args),
        WorkerCommand::Register(args) => register(context, args),
        WorkerCommand::Update(args) => update(context, args),
        WorkerCommand::Leave(args) => leave(context, args),
        WorkerCommand::Attest(args) => attest(context, args),
        WorkerCommand::Benchmark(args) => benchmark(context, args),
        WorkerCommand::Take(args) => take(context, args),
        WorkerCommand::Claim(args) => claim(context, args),
        WorkerCommand::Status { account } => with_chain(context, async |client, _| {
            let address = match account {
                Some(account) => context.address(account)?,
                None => context.signer(None)?.address(),
            };
            compute::worker(context, &client, address).await
        }),
    }
}

/// A text with a bound.
fn text<const MAX: usize>(option: &str, value: &str) -> Result<Text<MAX>, CliError> {
    value
        .parse()
        .map_err(|_| CliError::usage(format!("{option} is plain text of at most {MAX} bytes")))
}

fn register(context: &Context, args: &WorkerRegister) -> Result<(), CliError> {
    let endpoint = text("--endpoint", &args.endpoint)?;
    // Of a number that nobody remembers nobody knows a secret: such a worker plants nothing.
    let plant = args.plant.unwrap_or_else(|| Hash::from(rand::random::<[u8; 32]>()));
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let params = client.params().await?.compute;
        let stake = args.stake.unwrap_or(params.min_stake);
        let amount = output::tokens_of(stake, &chain.symbol);
        let slash = output::percent(params.wrong_slash.get().into());
        let plan = Plan {
            facts: vec![
                ("endpoint", endpoint.to_string()),
                ("stake", amount.clone()),
                (
                    "a wrong result",
                    format!("costs {slash} of it; {} of them ban the worker", params.max_strikes),
                ),
            ],
            question: format!("Stake {amount} as a worker"),
        };
        let builder = Builder::register_worker(signer.public_key(), endpoint.clone(), stake, plant);
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

/// What is to change.
fn change(args: &WorkerUpdate) -> Result<UpdateWorker, CliError> {
    let endpoint = args.endpoint.as_deref().map(|it| text("--endpoint", it)).transpose()?;
    let paused = match (args.pause, args.resume) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    let (add_stake, plant, remove_device) = (args.add_stake, args.plant, args.remove_device);
    let update = UpdateWorker { endpoint, add_stake, paused, plant, remove_device };
    if update == UpdateWorker::default() {
        let options = "--endpoint, --add-stake, --pause, --resume, --plant or --remove-device";
        return Err(CliError::usage(format!("nothing is to change; give {options}")));
    }
    Ok(update)
}

fn update(context: &Context, args: &WorkerUpdate) -> Result<(), CliError> {
    let update = change(args)?;
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let mut facts = Vec::new();
        if let Some(endpoint) = &update.endpoint {
            facts.push(("endpoint", endpoint.to_string()));
        }
        if let Some(stake) = update.add_stake {
            facts.push(("more stake", output::tokens_of(stake, &chain.symbol)));
        }
        match update.paused {
            Some(true) => facts.push(("takes", "no new work".to_owned())),
            Some(false) => facts.push(("takes", "work again".to_owned())),
            None => {}
        }
        if let Some(plant) = &update.plant {
            facts.push(("plants", hex::encode(plant)));
        }
        if let Some(device) = update.remove_device {
            facts.push(("has no more", format!("device {device}")));
        }
        let plan = Plan { facts, question: "Change the worker".to_owned() };
        let builder = Builder::update_worker(signer.public_key(), update.clone());
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

fn leave(context: &Context, args: &WorkerOnly) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let worker = client.worker(signer.address()).await?;
        let unbonding = client.params().await?.compute.unbonding;
        let stake = output::tokens_of(worker.stake, &chain.symbol);
        let after = format!(
            "{} and {}",
            output::count(unbonding.blocks, "block"),
            output::duration(unbonding.ms)
        );
        let plan = Plan {
            facts: vec![("stake", stake), ("paid after", after)],
            question: "Leave, and take no work any more".to_owned(),
        };
        let builder = Builder::leave_work(signer.public_key());
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

/// The evidence in a text: without white space, as it is sent.
fn evidence(text: &str) -> Result<Blob<MAX_EVIDENCE_BYTES>, CliError> {
    let value: serde_json::Value = serde_json::from_str(text)
        .map_err(|error| CliError::usage(format!("the evidence is no JSON: {error}")))?;
    if !value.is_object() {
        return Err(CliError::usage("the evidence is no JSON object"));
    }
    // As it was collected, if that fits: its digest is what the chain keeps.
    Blob::new(text.trim().as_bytes().to_vec())
        .ok_or_else(|| CliError::usage(format!("evidence has at most {MAX_EVIDENCE_BYTES} bytes")))
}

fn attest(context: &Context, args: &WorkerAttest) -> Result<(), CliError> {
    let evidence = evidence(&read_text(&args.evidence)?)?;
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let plan = Plan {
            facts: vec![
                ("device", args.device.to_string()),
                ("evidence", format!("{} bytes", evidence.len())),
            ],
            question: format!("Attest device {}", args.device),
        };
        let builder = Builder::attest(signer.public_key(), args.device, evidence.clone());
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

fn benchmark(context: &Context, args: &WorkerDevice) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let worker = client.worker(signer.address()).await?;
        let device = worker.devices.iter().find(|device| device.device == args.device);
        let model = device.map(|device| device.inventory.model.to_string()).unwrap_or_default();
        let plan = Plan {
            facts: vec![("device", format!("{} {model}", args.device))],
            question: format!("Ask for a benchmark of device {}", args.device),
        };
        let builder = Builder::request_benchmark(signer.public_key(), args.device);
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

/// `fp16:4096x4096x4096`
fn named(shape: &Shape) -> String {
    format!("{}:{}x{}x{}", shape.kind, shape.m, shape.n, shape.k)
}

fn take(context: &Context, args: &WorkerTake) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let params = client.params().await?.compute;
        let units = args.shape.units().saturating_mul(args.count.into());
        let counts = match params.price(&args.shape) {
            Some(price) => output::percent(price.difficulty_ppm.into()),
            None => "nothing: the chain prices other shapes".to_owned(),
        };
        let plan = Plan {
            facts: vec![
                ("device", args.device.to_string()),
                ("multiplies", format!("{} x {}", args.count, named(&args.shape))),
                ("work", output::count(units, "unit")),
                ("counts", counts),
            ],
            question: format!("Take work for device {}", args.device),
        };
        let builder = Builder::take_work(signer.public_key(), args.device, args.shape, args.count);
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

fn claim(context: &Context, args: &WorkerClaim) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let address = match &args.worker {
            Some(account) => context.address(account)?,
            None => signer.address(),
        };
        let worker = client.worker(address).await?;
        let amount = output::tokens_of(worker.claimable, &chain.symbol);
        let plan = Plan {
            facts: vec![("worker", address.to_string()), ("is paid", amount.clone())],
            question: format!("Claim {amount} for {address}"),
        };
        let builder = Builder::claim_rewards(signer.public_key(), address);
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, Command};
    use clap::Parser as _;

    fn update_of(arguments: &[&str]) -> Result<UpdateWorker, String> {
        let all = ["althing", "worker", "update"].iter().chain(arguments);
        let cli = Cli::try_parse_from(all).map_err(|error| error.to_string())?;
        let Command::Worker(WorkerCommand::Update(args)) = cli.command else {
            return Err("another command".to_owned());
        };
        change(&args).map_err(|error| error.message)
    }

    #[test]
    fn an_update_changes_what_it_names_and_nothing_else() {
        let only = UpdateWorker { paused: Some(true), ..UpdateWorker::default() };
        assert_eq!(update_of(&["--pause"]), Ok(only));
        let on = update_of(&["--resume", "--remove-device", "3"]).unwrap();
        assert_eq!((on.paused, on.remove_device, on.endpoint), (Some(false), Some(3), None));
        assert!(update_of(&[]).is_err());
        assert!(update_of(&["--pause", "--resume"]).is_err());
        assert!(update_of(&["--remove-device", "16"]).is_err());
        assert!(update_of(&["--endpoint", &"x".repeat(2_000)]).is_err());
    }

    #[test]
    fn evidence_is_sent_as_it_was_collected() {
        let sent = evidence(" {\"version\": 1}\n").unwrap();
        assert_eq!(&sent[..], b"{\"version\": 1}");
        assert!(evidence("[]").is_err());
        assert!(evidence("no").is_err());
        assert!(evidence(&format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_EVIDENCE_BYTES))).is_err());
    }
}
