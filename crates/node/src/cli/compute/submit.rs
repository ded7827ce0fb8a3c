//! `althing compute submit`: orders products and follows them until they are paid.

use super::{shape::shape_text, tasks};
use crate::cli::{
    args::ComputeSubmit,
    context::Context,
    error::{CliError, Exit},
    fields::{amount, number, text},
    online::with_chain,
    output,
    tx::{Plan, carry_out_and_tell},
};
use althing_client::{
    builder::Builder,
    http::{Client, TransactionInfo, Version},
};
use althing_types::{
    Amount,
    compute::{Operands, TaskState},
    message::CreateTask,
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// From one question to the next while a task is followed.
const PAUSE: Duration = Duration::from_millis(500);

/// What is ordered.
fn order(args: &ComputeSubmit) -> Result<CreateTask, CliError> {
    let operands = match (args.a_root, args.b_root) {
        (Some(a), Some(b)) => Operands::Content { a, b },
        _ => Operands::Seed {},
    };
    let source = args
        .source
        .as_deref()
        .unwrap_or_default()
        .parse()
        .map_err(|error| CliError::usage(format!("--source: {error}: give a short URL")))?;
    let (shape, count, price) = (args.shape, args.count, args.price);
    Ok(CreateTask { shape, count, price, operands, source })
}

/// Runs `althing compute submit`.
///
/// # Errors
/// Those of transactions; with `--wait` exit code 4 if the task fails, 8 if it is not over in time.
pub(super) fn run(context: &Context, args: &ComputeSubmit) -> Result<(), CliError> {
    let order = order(args)?;
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let params = client.params().await?.compute;
        let total = order.price.units().saturating_mul(order.count.into());
        let total = output::tokens_of(Amount::new(total), &chain.symbol);
        let units = order.shape.units().saturating_mul(order.count.into());
        let operands = match order.operands {
            Operands::Seed {} => "random, drawn for the worker once it has the task".to_owned(),
            Operands::Content { .. } => format!("yours, from {}", order.source),
        };
        let share = |part: u32| output::percent(part.into());
        let (own, checkers) = (params.worker_share.get(), params.validator_share.get());
        let burned = 1_000_000u32.saturating_sub(own).saturating_sub(checkers);
        let plan = Plan {
            facts: vec![
                ("multiplies", format!("{} x {}", order.count, shape_text(&order.shape))),
                ("work", output::count(units, "unit")),
                ("matrices", operands),
                ("price", output::tokens_of(order.price, &chain.symbol) + " a product"),
                ("in all", total.clone()),
                (
                    "goes to",
                    format!(
                        "its worker {}, validators {}, burned {}; all of it back if nobody does it",
                        share(own),
                        share(checkers),
                        share(burned)
                    ),
                ),
            ],
            question: format!("Order {} for {total}", output::count(order.count.into(), "product")),
        };
        let builder = Builder::create_task(signer.public_key(), order.clone());
        let parties = (&client, &chain);
        let sent = carry_out_and_tell(context, parties, &signer, builder, &args.sending, &plan);
        match sent.await? {
            Some(info) => follow(context, &client, &chain, (&info, args.sending.timeout)).await,
            None => Ok(()),
        }
    })
}

/// The number of the task that a transaction made.
fn created(info: &TransactionInfo) -> Option<u64> {
    let receipt = info.receipt.as_ref()?;
    let event = receipt.events.iter().find(|event| text(event, "type") == "task-created")?;
    Some(number(event, "task"))
}

/// Tells every step of a task until it is over.
async fn follow(
    context: &Context,
    client: &Client,
    chain: &Version,
    (info, timeout): (&TransactionInfo, Duration),
) -> Result<(), CliError> {
    let Some(task) = created(info) else {
        let message = "the receipt names no task: look for it with `althing compute list`";
        return Err(CliError::new(Exit::Failed, "task_unknown", message.to_owned()));
    };
    let deadline = Instant::now() + timeout;
    let mut heard = String::new();
    if !context.global.json {
        output::line("");
    }
    loop {
        let value: Value = client.get(&format!("/v1/compute/tasks/{task}")).await?;
        let standing = text(&value, "standing");
        if standing != heard {
            step(context, &value, &standing);
            heard = standing;
        }
        let state: Option<TaskState> = text(&value, "state").parse().ok();
        if let Some(state) = state.filter(|state| state.is_over()) {
            return over(context, client, chain, (task, state)).await;
        }
        if Instant::now() + PAUSE > deadline {
            let message = format!(
                "task {task} is not over: {heard} `althing compute show {task}` tells how it goes on"
            );
            return Err(
                CliError::new(Exit::TimedOut, "timed_out", message).detail(json!({ "task": task }))
            );
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A step, on one line.
fn step(context: &Context, task: &Value, standing: &str) {
    let (height, task_number) = (number(task, "height"), number(task, "number"));
    if context.global.json {
        output::json(&json!({
            "task": task_number,
            "height": height,
            "state": text(task, "state"),
            "standing": standing,
        }));
    } else {
        let state = text(task, "state");
        output::line(format!("block {height}  task {task_number} {state:<10}  {standing}"));
    }
}

/// What it came to.
async fn over(
    context: &Context,
    client: &Client,
    chain: &Version,
    (task, state): (u64, TaskState),
) -> Result<(), CliError> {
    // What the index adds comes a moment after the state.
    let mut value: Value = client.get(&format!("/v1/compute/tasks/{task}")).await?;
    for _ in 0..10 {
        if state != TaskState::Settled || value.get("settlement").is_some() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        value = client.get(&format!("/v1/compute/tasks/{task}")).await?;
    }
    if context.global.json {
        output::json(&value);
    } else {
        output::line("");
        output::facts(&tasks::facts(&value, chain));
    }
    if state == TaskState::Settled {
        return Ok(());
    }
    let back = output::tokens_of(amount(&value, "/total"), &chain.symbol);
    let message = format!("task {task}: {} ({back})", text(&value, "standing"));
    Err(CliError::new(Exit::Rejected, "task_failed", message).detail(json!({ "task": task })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, Command, ComputeCommand};
    use althing_types::compute::{ProductKind, Shape};
    use clap::Parser as _;

    fn ordered(arguments: &[&str]) -> Result<CreateTask, String> {
        let all = ["althing", "compute", "submit"].iter().chain(arguments);
        let cli = Cli::try_parse_from(all).map_err(|error| error.to_string())?;
        let Command::Compute(ComputeCommand::Submit(args)) = cli.command else {
            return Err("another command".to_owned());
        };
        order(&args).map_err(|error| error.message)
    }

    #[test]
    fn an_order_has_a_seed_unless_it_names_its_own_matrices() {
        let plain = ordered(&["--price", "0.5", "--count", "4"]).unwrap();
        assert_eq!(plain.shape, Shape::square(ProductKind::Int8, 1_024));
        assert_eq!((plain.count, plain.operands), (4, Operands::Seed {}));
        assert_eq!(plain.price, Amount::new(500_000_000_000_000_000));
        let (a, b) = ("11".repeat(32), "22".repeat(32));
        let own = ["--price", "1", "--a-root", &a, "--b-root", &b, "--source", "http://x:1"];
        let own = ordered(&own).unwrap();
        let roots = [[0x11; 32], [0x22; 32]].map(althing_types::Hash::from);
        assert_eq!(own.operands, Operands::Content { a: roots[0], b: roots[1] });
        assert_eq!(own.source.as_str(), "http://x:1");
    }

    #[test]
    fn an_order_that_makes_no_sense_is_refused_before_anybody_is_asked() {
        let a = "11".repeat(32);
        for wrong in [
            &[][..],
            &["--price", "-1"],
            &["--price", "1", "--count", "0"],
            &["--price", "1", "--count", "65"],
            &["--price", "1", "--shape", "int8:300"],
            &["--price", "1", "--a-root", &a],
            &["--price", "1", "--source", "http://x:1"],
            &["--price", "1", "--a-root", "11", "--b-root", &a, "--source", "x"],
        ] {
            assert!(ordered(wrong).is_err(), "{wrong:?}");
        }
    }
}
