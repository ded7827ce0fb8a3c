//! `althing gov treasury …`

use super::{history, list::pages, propose};
use crate::cli::{
    args::{TreasuryCommand, TreasuryStep},
    context::Context,
    error::{CliError, Exit},
    fields::{amount, due, list, number, text},
    online::with_chain,
    output,
    tx::{Plan, carry_out},
};
use althing_client::{
    builder::Builder,
    http::{Client, Version},
};
use althing_types::{Payload, message::AdvanceDisbursement};
use serde_json::{Value, json};

/// Disbursements that `status` lists.
const LISTED: usize = 20;

/// Runs `althing gov treasury …`.
///
/// # Errors
/// Those of transactions and of questions to a node; exit code 2 for payload files, 5 if there is no
/// such disbursement.
pub(super) fn run(context: &Context, command: &TreasuryCommand) -> Result<(), CliError> {
    match command {
        TreasuryCommand::Submit(args) => propose::submit(context, args),
        TreasuryCommand::Rollback(args) => propose::rollback(context, args),
        TreasuryCommand::Queue(args) => step(context, args, Step::Queue),
        TreasuryCommand::Execute(args) => step(context, args, Step::Execute),
        TreasuryCommand::Status { disbursement } => {
            with_chain(context, async |client, chain| match disbursement {
                Some(number) => one(context, &client, &chain, *number).await,
                None => all(context, &client, &chain).await,
            })
        }
        TreasuryCommand::Income { limit } => with_chain(context, async |client, chain| {
            income(context, &client, &chain, *limit).await
        }),
        TreasuryCommand::Export { disbursement } => {
            with_chain(context, async |client, _| export(&client, *disbursement).await)
        }
    }
}

async fn ask(client: &Client, disbursement: u64) -> Result<Value, CliError> {
    Ok(client.get(&format!("/v1/treasury/disbursements/{disbursement}")).await?)
}

/// Which step is meant.
#[derive(Clone, Copy)]
enum Step {
    Queue,
    Execute,
}

impl Step {
    /// Whether it is the next one of a disbursement in this state.
    fn fits(self, state: &str) -> bool {
        match self {
            Self::Queue => state == "queued",
            Self::Execute => matches!(state, "timelocked" | "executed"),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Execute => "execute",
        }
    }
}

fn step(context: &Context, args: &TreasuryStep, step: Step) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let value = ask(&client, args.disbursement).await?;
        let state = text(&value, "state");
        if !step.fits(&state) {
            let message = format!(
                "disbursement {} is {state}: nothing is there to {}",
                args.disbursement,
                step.name()
            );
            return Err(CliError::new(Exit::Rejected, "wrong_state", message));
        }
        let plan = Plan {
            facts: vec![
                ("disbursement", format!("{}: {}", args.disbursement, text(&value, "title"))),
                ("is", state),
                ("not before", due(value.get("due"))),
                ("in all", output::tokens_of(amount(&value, "/total"), &chain.symbol)),
            ],
            question: format!("Take the next step of disbursement {}", args.disbursement),
        };
        let message = AdvanceDisbursement { disbursement: args.disbursement };
        let builder = Builder::new(signer.public_key(), Payload::AdvanceDisbursement(message));
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

/// What the treasury earned, by where it came from, in a summary.
fn earned(income: Option<&Value>, symbol: &str) -> String {
    let income = income.unwrap_or(&Value::Null);
    format!(
        "{} of fees, {} of penalties, {} of deposits",
        money(income, "fees", symbol),
        money(income, "penalties", symbol),
        money(income, "deposits", symbol),
    )
}

/// `althing gov treasury income`
async fn income(
    context: &Context,
    client: &Client,
    chain: &Version,
    limit: u32,
) -> Result<(), CliError> {
    let events = history::ask(client, "/v1/treasury/income", limit).await?;
    if context.global.json {
        output::json(&json!({ "events": events }));
        return Ok(());
    }
    let row = |entry: &Value| {
        let event = entry.get("event").unwrap_or(&Value::Null);
        let money = |name: &str| output::about(amount(event, &format!("/{name}")), &chain.symbol);
        let epoch = number(event, "epoch").to_string();
        vec![epoch, money("fees"), money("penalties"), money("deposits")]
    };
    let rows: Vec<Vec<String>> = events.iter().map(row).collect();
    output::rows(&["epoch", "of fees", "of penalties", "of deposits"], &[0, 1, 2, 3], &rows);
    Ok(())
}

/// Money of the summary.
fn money(summary: &Value, name: &str, symbol: &str) -> String {
    output::tokens_of(amount(summary, &format!("/{name}/amount")), symbol)
}

async fn all(context: &Context, client: &Client, chain: &Version) -> Result<(), CliError> {
    let summary: Value = client.get("/v1/treasury/summary").await?;
    if context.global.json {
        output::json(&summary);
        return Ok(());
    }
    let money = |name| money(&summary, name, &chain.symbol);
    let backlog = match summary.get("stalled").and_then(Value::as_bool) {
        Some(true) => format!("STALLED for {} epochs", number(&summary, "stalled_epochs")),
        _ => "none".to_owned(),
    };
    let mut facts = vec![
        ("owns", money("balance")),
        ("accepted, not executed", money("reserved")),
        ("free", money("available")),
        ("executed, not paid", money("held")),
        ("paid so far", money("paid")),
        (
            "pending",
            format!("{} of {}", number(&summary, "pending"), number(&summary, "max_pending")),
        ),
        ("backlog", backlog),
        ("grant limit", money("grant_limit")),
        ("earned in this epoch", earned(summary.get("income"), &chain.symbol)),
    ];
    if let Some(last) = summary.get("last_income") {
        let text =
            format!("epoch {}: {}", number(last, "epoch"), earned(Some(last), &chain.symbol));
        facts.push(("earned before", text));
    }
    if let Some(until) = summary.get("paused_until") {
        facts.push(("PAUSED", format!("it pays and executes nothing until {}", due(Some(until)))));
    }
    output::facts(&facts);
    let path = format!("/v1/treasury/disbursements?limit={LISTED}");
    let page = pages(client, &path, "disbursements", LISTED).await?;
    let rows: Vec<Vec<String>> = list(&page, "disbursements")
        .iter()
        .map(|entry| {
            let deps: Vec<String> = list(entry, "deps").iter().map(Value::to_string).collect();
            vec![
                number(entry, "number").to_string(),
                text(entry, "title"),
                output::about(amount(entry, "/total"), &chain.symbol),
                output::about(amount(entry, "/paid"), &chain.symbol),
                text(entry, "state"),
                text(entry, "reason"),
                deps.join(" "),
                due(entry.get("due")),
            ]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    output::line("");
    let header = ["number", "title", "in all", "paid", "state", "why", "waits for", "not before"];
    output::rows(&header, &[0, 2, 3], &rows);
    Ok(())
}

async fn one(
    context: &Context,
    client: &Client,
    chain: &Version,
    disbursement: u64,
) -> Result<(), CliError> {
    let value = ask(client, disbursement).await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    let numbers = |name: &str| {
        let all: Vec<String> = list(&value, name).iter().map(Value::to_string).collect();
        all.join(" ")
    };
    let mut facts = vec![
        ("number", number(&value, "number").to_string()),
        ("title", text(&value, "title")),
        ("for", text(&value, "memo")),
        ("proposer", text(&value, "proposer")),
        ("state", format!("{} ({})", text(&value, "state"), text(&value, "reason"))),
        ("in all", output::tokens_of(amount(&value, "/total"), &chain.symbol)),
        ("paid", output::tokens_of(amount(&value, "/paid"), &chain.symbol)),
        ("waits for", numbers("deps")),
        ("others wait", numbers("dependents")),
        ("not before", due(value.get("due"))),
        ("given up", due(value.get("expires"))),
    ];
    if let Some(error) = value.get("error") {
        facts.push(("error", text(error, "error")));
        facts.push(("recovery", text(error, "recovery")));
    }
    facts.retain(|(_, text)| !text.is_empty());
    output::facts(&facts);
    let rows: Vec<Vec<String>> = list(&value, "payments")
        .iter()
        .map(|payment| {
            vec![
                text(payment, "to"),
                output::tokens_of(amount(payment, "/amount"), &chain.symbol),
                match payment.get("paid").and_then(Value::as_bool) {
                    Some(true) => "paid".to_owned(),
                    _ => "not paid".to_owned(),
                },
                due(payment.get("due")),
            ]
        })
        .collect();
    output::line("");
    output::rows(&["to", "amount", "is", "not before"], &[1], &rows);
    let rows: Vec<Vec<String>> = list(&value, "history")
        .iter()
        .map(|step| {
            vec![number(step, "height").to_string(), text(step, "state"), text(step, "reason")]
        })
        .collect();
    output::line("");
    output::rows(&["block", "became", "why"], &[0], &rows);
    Ok(())
}

/// Prints canonical snapshots: always JSON.
async fn export(client: &Client, disbursement: Option<u64>) -> Result<(), CliError> {
    if let Some(number) = disbursement {
        // Word for word: others compare its digest.
        output::line(client.disbursement_snapshot(number).await?.0);
        return Ok(());
    }
    let summary: Value = client.get("/v1/treasury/summary").await?;
    let page = pages(client, "/v1/treasury/disbursements?limit=100", "disbursements", usize::MAX);
    let mut snapshots = Vec::new();
    for entry in list(&page.await?, "disbursements").iter().rev() {
        let (text, _) = client.disbursement_snapshot(number(entry, "number")).await?;
        snapshots.push(serde_json::from_str::<Value>(&text).unwrap_or_default());
    }
    output::json(&json!({
        "schema": "althing.treasury.v1", "summary": summary, "disbursements": snapshots,
    }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_at_most_one_step_that_somebody_can_take() {
        for state in ["draft", "voting", "finalized", "rolled_back"] {
            assert!(!Step::Queue.fits(state) && !Step::Execute.fits(state), "{state}");
        }
        assert!(Step::Queue.fits("queued") && !Step::Execute.fits("queued"));
        assert!(Step::Execute.fits("timelocked") && Step::Execute.fits("executed"));
    }
}
