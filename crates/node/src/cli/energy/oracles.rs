//! Oracles, and what they report.

use super::{
    account, acts_for, send, told,
    units::{block_time, places},
};
use crate::cli::{
    args::{EnergyAttest, EnergyOnly, EnergyOracleCommand, OracleRegister},
    context::Context,
    error::CliError,
    online::with_chain,
    output,
    tx::Plan,
};
use althing_client::http::{OracleInfo, Version};
use althing_types::{
    List, Payload,
    energy::ReportItem,
    message::{AttestReadings, LeaveOracle, RegisterOracle},
};

/// Runs `althing energy oracle …`.
///
/// # Errors
/// Those of transactions and of questions to a node.
pub(super) fn run(context: &Context, command: &EnergyOracleCommand) -> Result<(), CliError> {
    match command {
        EnergyOracleCommand::Register(args) => register(context, args),
        EnergyOracleCommand::Leave(args) => leave(context, args),
        EnergyOracleCommand::Show { account: name } => {
            with_chain(context, async |client, chain| {
                let oracle = client.oracle(account(context, name.as_deref())?).await?;
                if !told(context, &oracle)? {
                    show(&oracle, &chain);
                }
                Ok(())
            })
        }
        EnergyOracleCommand::List => with_chain(context, async |client, chain| {
            let oracles = client.oracles().await?;
            if !told(context, &oracles)? {
                list(&oracles, &chain);
            }
            Ok(())
        }),
    }
}

fn register(context: &Context, args: &OracleRegister) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let params = client.params().await?.energy;
        let stake = args.stake.unwrap_or(params.oracle_stake);
        let amount = output::tokens_of(stake, &chain.symbol);
        let slash = output::percent(params.oracle_slash.get().into());
        let plan = Plan {
            facts: vec![
                ("name", args.name.to_string()),
                ("stake", amount.clone()),
                ("to agree with what is false", format!("costs {slash} of it")),
                ("counts", "once a proposal `energy-oracle` gives it a weight".to_owned()),
            ],
            question: format!("Stake {amount} as an oracle"),
        };
        let payload = Payload::RegisterOracle(RegisterOracle { name: args.name.clone(), stake });
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

fn leave(context: &Context, args: &EnergyOnly) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let oracle = client.oracle(signer.address()).await?;
        let plan = Plan {
            facts: vec![
                ("oracle", oracle.name.to_string()),
                ("stake", output::tokens_of(oracle.stake, &chain.symbol)),
                ("loses", "its weight, with this block".to_owned()),
            ],
            question: "Leave as an oracle".to_owned(),
        };
        let payload = Payload::LeaveOracle(LeaveOracle {});
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

/// `althing energy attest`
///
/// # Errors
/// Those of transactions; exit code 2 for places that are none, 5 if there is no such batch.
pub(super) fn attest(context: &Context, args: &EnergyAttest) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let oracle = acts_for(context, args.oracle.as_deref(), &signer)?;
        let batch = client.energy_batch(args.batch).await?;
        let bits = |list: &Option<String>| {
            let list = list.as_deref().map(|text| places(text, batch.count)).transpose();
            list.map(Option::unwrap_or_default).map_err(CliError::usage)
        };
        let (agree, contradict) = (bits(&args.agree)?, bits(&args.contradict)?);
        if agree & contradict != 0 {
            let message = "a reading is right or wrong, not both: --agree and --contradict overlap";
            return Err(CliError::usage(message));
        }
        let count = |bits: u64| output::count(bits.count_ones().into(), "reading");
        let silent = batch.count.saturating_sub((agree | contradict).count_ones());
        let plan = Plan {
            facts: vec![
                ("batch", args.batch.to_string()),
                ("right", count(agree)),
                ("wrong", count(contradict)),
                ("nothing about", output::count(silent.into(), "reading")),
                ("oracle", oracle.to_string()),
            ],
            question: format!("Report about batch {}", args.batch),
        };
        let items = List::new(vec![ReportItem { batch: args.batch, agree, contradict }]);
        let items = items.ok_or_else(|| CliError::usage("a report is about a batch"))?;
        let payload = Payload::AttestReadings(AttestReadings { oracle, items });
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

/// When an oracle reported last.
fn last(oracle: &OracleInfo) -> String {
    if oracle.reported.get() == 0 {
        return "never".to_owned();
    }
    let stale = if oracle.stale { ", stale" } else { "" };
    format!("block {}, {}{stale}", oracle.reported, block_time(oracle.reported_at))
}

fn show(oracle: &OracleInfo, chain: &Version) {
    let counters = &oracle.counters;
    let mut facts = vec![
        ("oracle", oracle.address.to_string()),
        ("name", oracle.name.to_string()),
        ("weight", output::percent(oracle.weight.get().into())),
        ("part of all", output::percent(oracle.part.get().into())),
        ("stake", output::tokens_of(oracle.stake, &chain.symbol)),
        ("last report", last(oracle)),
        ("found right", counters.agreed.to_string()),
        ("found wrong", counters.contradicted.to_string()),
        ("said nothing about", counters.abstained.to_string()),
        ("was overruled about", counters.overruled.to_string()),
        ("late reports", counters.late.to_string()),
        ("batches missed", counters.absent.to_string()),
        ("slashes", counters.slashed.to_string()),
    ];
    if let Some(due) = oracle.unbonds.filter(|_| oracle.leaving) {
        facts.push(("stake is paid", format!("from block {} on", due.height)));
    }
    output::facts(&facts);
}

fn list(oracles: &[OracleInfo], chain: &Version) {
    if oracles.is_empty() {
        output::line("no oracles: `althing energy oracle register --help` says how to become one");
        return;
    }
    let row = |oracle: &OracleInfo| {
        let counters = &oracle.counters;
        vec![
            oracle.address.to_string(),
            oracle.name.to_string(),
            output::percent(oracle.part.get().into()),
            output::about(oracle.stake, &chain.symbol),
            counters.agreed.to_string(),
            counters.contradicted.to_string(),
            counters.overruled.to_string(),
            counters.late.to_string(),
            counters.absent.to_string(),
            counters.slashed.to_string(),
            last(oracle),
        ]
    };
    let rows: Vec<Vec<String>> = oracles.iter().map(row).collect();
    let header = [
        "oracle",
        "name",
        "part",
        "stake",
        "right",
        "wrong",
        "overruled",
        "late",
        "missed",
        "slashed",
        "last report",
    ];
    output::rows(&header, &[2, 3, 4, 5, 6, 7, 8, 9], &rows);
}
