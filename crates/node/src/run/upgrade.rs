//! `althing upgrade`: what is planned, and an upgrade of the protocol tried out on what a node has on
//! disk.

use crate::cli::{
    CliError, Exit,
    args::UpgradeCommand,
    config::Config,
    context::{Context, read_text},
    gov, output,
};
use althing_engine::node::{self, Trial};
use althing_ledger::versions::Releases;
use althing_types::{Genesis, Version};
use serde_json::{Value, json};

/// Runs `althing upgrade …`.
///
/// # Errors
/// Exit code 5 if there is no node here, 6 if the upgrade would fail, 1 if a running node is in the way or
/// this software does not know the version; `status` and `history` as any question to a node.
pub(super) fn run(context: &Context, command: &UpgradeCommand) -> Result<(), CliError> {
    match command {
        UpgradeCommand::Status => gov::upgrade_status(context),
        UpgradeCommand::History { limit } => gov::upgrade_history(context, *limit),
        UpgradeCommand::Check { to } => check(context, &Config::load(&context.home())?, *to),
    }
}

fn check(context: &Context, config: &Config, to: Option<Version>) -> Result<(), CliError> {
    let genesis = Genesis::from_json(&read_text(&config.node.genesis)?)?;
    let found = node::try_upgrade(&genesis, &config.node.data, Releases::default(), to)?;
    if context.global.json {
        output::json(&value(&found));
    } else {
        show(&found);
    }
    match problem(&found) {
        None => Ok(()),
        Some(problem) => Err(CliError::new(Exit::False, "upgrade_check", problem)),
    }
}

/// Why the upgrade should not happen.
fn problem(found: &Trial) -> Option<String> {
    if let Some((reason, what)) = found.report.failure {
        return Some(format!("the upgrade would fail, and change nothing: {reason}: {what}"));
    }
    let broken = found.audit.as_ref().err()?;
    Some(format!("the audit does not agree with what the upgrade would leave: {broken}"))
}

fn value(found: &Trial) -> Value {
    let Trial { height, protocol, report, took, records, audit } = found;
    let (written, removed) = report.counts();
    let steps = report.steps.iter().map(
        |step| json!({ "version": step.version, "about": step.about, "migration": step.migration }),
    );
    json!({
        "height": height, "protocol": protocol, "from": report.from, "to": report.to,
        "steps": steps.collect::<Vec<_>>(), "read": report.read, "written": written,
        "removed": removed, "took_ms": took.as_secs_f64() * 1_000.0, "records": records,
        "failure": report.failure.map(|(reason, what)| json!({ "reason": reason, "what": what })),
        "supply": audit.as_ref().ok(),
        "problem": problem(found),
    })
}

fn show(found: &Trial) {
    let Trial { height, protocol, report, took, records, audit } = found;
    let (written, removed) = report.counts();
    let plan = protocol.plan.map_or("nothing".to_owned(), |plan| {
        format!("{} at height {}, proposal {}", plan.version, plan.height, plan.proposal)
    });
    let audit = match audit {
        Ok(report) => format!("{records} records, {} base units: agrees", report.counted),
        Err(broken) => broken.to_string(),
    };
    let migrations = match report.failure {
        None => format!("{written} records written, {removed} removed, {} read", report.read),
        Some((reason, what)) => format!("{reason}: {what}"),
    };
    let mut facts = vec![
        ("state at height".to_owned(), height.to_string()),
        ("planned".to_owned(), plan),
        ("from".to_owned(), report.from.to_string()),
        ("to".to_owned(), report.to.to_string()),
    ];
    for step in &report.steps {
        facts.push((step.version.to_string(), step.about.to_owned()));
        facts.push((String::new(), step.migration.unwrap_or("no migration").to_owned()));
    }
    facts.extend([
        ("migrations".to_owned(), migrations),
        ("time".to_owned(), format!("{:.1} ms", took.as_secs_f64() * 1_000.0)),
        ("audit".to_owned(), audit),
    ]);
    output::facts(&facts);
}
