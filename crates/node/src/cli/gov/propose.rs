//! `althing gov propose …`, and what of `althing gov treasury` proposes.

use super::{
    file, network, safety,
    terms::{Way, least},
    value,
};
use crate::cli::{
    args::{
        About, GovPropose, ProposeCommand, ProposeEmergency, ProposeParams, ProposeRollback,
        ProposeText, ProposeTreasury, ProposeUpgrade, ProposeUpgradeCancel, Sending,
        TreasurySubmit,
    },
    context::Context,
    error::{CliError, Exit},
    online::with_chain,
    output,
    tx::{Plan, carry_out_with, parse_hash},
};
use althing_client::{
    builder::Builder,
    http::{Client, Version},
};
use althing_types::{
    ChainParams, Height, List, Payload, Ppm, Text,
    energy::OracleChange,
    governance::{Action, Criticality, ParameterChange, Payment},
    limits::MAX_PROPOSAL_TITLE_BYTES,
    message::SubmitProposal,
    params::{PARAMETERS, Parameter},
};
use serde_json::{Value, json};
use std::path::Path;

/// Runs `althing gov propose …`.
///
/// # Errors
/// Those of transactions.
pub(super) fn run(context: &Context, args: &GovPropose) -> Result<(), CliError> {
    match (&args.what, &args.file) {
        (Some(ProposeCommand::Text(args)), _) => text(context, args),
        (Some(ProposeCommand::Params(args)), _) => params(context, args),
        (Some(ProposeCommand::Network(args)), _) => network::propose(context, args),
        (Some(ProposeCommand::Treasury(args)), _) => treasury(context, args),
        (Some(ProposeCommand::Rollback(args)), _) => rollback(context, args),
        (Some(ProposeCommand::Emergency(args)), _) => emergency(context, args),
        (Some(ProposeCommand::Ratify(args)), _) => safety::ratify(context, args),
        (Some(ProposeCommand::SafetyRules(args)), _) => safety::propose_rules(context, args),
        (Some(ProposeCommand::Upgrade(args)), _) => upgrade(context, args),
        (Some(ProposeCommand::UpgradeCancel(args)), _) => upgrade_cancel(context, args),
        (None, Some(path)) => from_file(context, path, &args.sending),
        (None, None) => Err(CliError::usage(
            "say what to propose: text, params, network, treasury, rollback, upgrade, upgrade-cancel, \
             emergency, ratify or safety-rules, or --file FILE; `althing gov propose --help` has \
             examples",
        )),
    }
}

fn from_file(context: &Context, path: &Path, sending: &Sending) -> Result<(), CliError> {
    let Payload::SubmitProposal(proposal) = file::read(path)? else {
        return Err(CliError::new(
            Exit::Usage,
            "payload_file",
            format!(
                "{}: this is no proposal: its type must be \"submit-proposal\"",
                path.display()
            ),
        ));
    };
    with_chain(context, async |client, chain| {
        let params = client.params().await?;
        propose(context, (&client, &chain, &params), proposal, sending).await
    })
}

/// `althing gov treasury submit`
///
/// # Errors
/// Those of transactions, and exit code 2 if the file proposes something else.
pub(super) fn submit(context: &Context, args: &TreasurySubmit) -> Result<(), CliError> {
    match file::read(&args.file)? {
        Payload::SubmitProposal(proposal) if is_treasury(&proposal.action) => {
            with_chain(context, async |client, chain| {
                let params = client.params().await?;
                propose(context, (&client, &chain, &params), proposal, &args.sending).await
            })
        }
        _ => Err(CliError::new(
            Exit::Usage,
            "payload_file",
            format!(
                "{}: this is no proposal about the treasury: its action must be \"treasury\" or \
                 \"treasury-rollback\"",
                args.file.display()
            ),
        )),
    }
}

const fn is_treasury(action: &Action) -> bool {
    matches!(action, Action::Treasury { .. } | Action::TreasuryRollback { .. })
}

fn text(context: &Context, args: &ProposeText) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let params = client.params().await?;
        let proposal = complete(&params, &args.about, args.title.clone(), Action::Text {});
        propose(context, (&client, &chain, &params), proposal, &args.sending).await
    })
}

fn params(context: &Context, args: &ProposeParams) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let params = client.params().await?;
        let mut changes = Vec::new();
        for setting in &args.set {
            let parameter = find(&setting.name)?;
            let to = value::parse(parameter, &params, &setting.value, &chain.symbol);
            changes.push(ParameterChange {
                name: Text::new(parameter.name).unwrap_or_default(),
                from: parameter.get(&params),
                to: to.map_err(CliError::usage)?,
            });
        }
        let names: Vec<&str> = args.set.iter().map(|setting| &*setting.name).collect();
        let title = title(args.with.title.as_ref(), || format!("Change {}", names.join(", ")))?;
        let changes = List::new(changes)
            .ok_or_else(|| CliError::usage("one proposal changes at most 16 parameters"))?;
        let proposal = complete(&params, &args.with.about, title, Action::Parameters { changes });
        propose(context, (&client, &chain, &params), proposal, &args.with.sending).await
    })
}

/// The parameter of a name.
///
/// # Errors
/// Exit code 5 with those that have similar names.
pub(super) fn find(name: &str) -> Result<&'static Parameter, CliError> {
    Parameter::find(name).ok_or_else(|| {
        let last = name.rsplit('.').next().unwrap_or(name);
        let alike: Vec<&str> = PARAMETERS
            .iter()
            .map(|parameter| parameter.name)
            .filter(|known| !last.is_empty() && known.contains(last))
            .take(5)
            .collect();
        let hint = match alike.as_slice() {
            [] => "`althing gov params` lists them".to_owned(),
            alike => format!("did you mean {}?", alike.join(" or ")),
        };
        let message = format!("no proposal can change a parameter {name:?}: {hint}");
        CliError::new(Exit::NotFound, "parameter_unknown", message)
    })
}

fn treasury(context: &Context, args: &ProposeTreasury) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let params = client.params().await?;
        let mut payments = Vec::new();
        for payee in &args.pay {
            let to = context.address(&payee.to)?;
            payments.push(Payment { to, amount: payee.amount, milestone: payee.milestone });
        }
        let payments = List::new(payments)
            .ok_or_else(|| CliError::usage("one disbursement has at most 32 payments"))?;
        let deps = List::new(args.deps.clone())
            .ok_or_else(|| CliError::usage("one disbursement depends on at most 100 others"))?;
        let title = title(args.with.title.as_ref(), || match args.purpose.as_str() {
            "" => format!("A disbursement of {}", output::count(payments.len() as u64, "payment")),
            purpose => purpose.chars().take(70).collect(),
        })?;
        let action = Action::Treasury { payments, deps, memo: args.purpose.clone() };
        let proposal = complete(&params, &args.with.about, title, action);
        propose(context, (&client, &chain, &params), proposal, &args.with.sending).await
    })
}

/// `althing gov propose rollback`, `althing gov treasury rollback`
///
/// # Errors
/// Those of transactions.
pub(super) fn rollback(context: &Context, args: &ProposeRollback) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let params = client.params().await?;
        let (disbursement, compensation) = (args.disbursement, args.compensation);
        let title =
            title(args.with.title.as_ref(), || format!("Roll disbursement {disbursement} back"))?;
        let action = Action::TreasuryRollback { disbursement, compensation };
        let proposal = complete(&params, &args.with.about, title, action);
        propose(context, (&client, &chain, &params), proposal, &args.with.sending).await
    })
}

fn emergency(context: &Context, args: &ProposeEmergency) -> Result<(), CliError> {
    let order = safety::order(&args.order)?;
    with_chain(context, async |client, chain| {
        let params = client.params().await?;
        let title = title(args.with.title.as_ref(), || {
            format!("Emergency: {} {}", args.order.order.name(), args.order.value)
        })?;
        let about = About { criticality: Some(Criticality::Emergency), ..args.with.about.clone() };
        let action = Action::Emergency { order };
        let proposal = complete(&params, &about, title, action);
        propose(context, (&client, &chain, &params), proposal, &args.with.sending).await
    })
}

fn upgrade(context: &Context, args: &ProposeUpgrade) -> Result<(), CliError> {
    let digest = args.digest.as_deref().map(parse_hash).transpose()?;
    with_chain(context, async |client, chain| {
        let params = client.params().await?;
        let title = title(args.with.title.as_ref(), || format!("Upgrade to {}", args.version))?;
        let (version, notes) = (args.version, args.notes.clone());
        let action =
            Action::Upgrade { version, height: args.height.map(Height::new), notes, digest };
        let proposal = complete(&params, &args.with.about, title, action);
        propose(context, (&client, &chain, &params), proposal, &args.with.sending).await
    })
}

fn upgrade_cancel(context: &Context, args: &ProposeUpgradeCancel) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let params = client.params().await?;
        let version = args.version;
        let title =
            title(args.with.title.as_ref(), || format!("Give up the upgrade to {version}"))?;
        let proposal =
            complete(&params, &args.with.about, title, Action::UpgradeCancel { version });
        propose(context, (&client, &chain, &params), proposal, &args.with.sending).await
    })
}

type Title = Text<MAX_PROPOSAL_TITLE_BYTES>;

/// The title that was given, or one that is made.
///
/// # Errors
/// Exit code 2 if that would be too long.
pub(super) fn title(
    given: Option<&Title>,
    made: impl FnOnce() -> String,
) -> Result<Title, CliError> {
    match given {
        Some(title) => Ok(title.clone()),
        None => Text::new(made()).map_err(|_| {
            CliError::usage("the made title would be too long: give one with --title")
        }),
    }
}

/// A proposal with what is left out.
pub(super) fn complete(
    params: &ChainParams,
    about: &About,
    title: Title,
    action: Action,
) -> SubmitProposal {
    let criticality = about.criticality.unwrap_or_else(|| least(params, &action));
    let (summary, link) = (about.summary.clone(), about.link.clone());
    SubmitProposal { title, summary, link, criticality, action }
}

/// Shows what a proposal would do, and submits it.
///
/// # Errors
/// Those of transactions.
pub(super) async fn propose(
    context: &Context,
    (client, chain, params): (&Client, &Version, &ChainParams),
    proposal: SubmitProposal,
    sending: &Sending,
) -> Result<(), CliError> {
    let signer = context.signer(sending.from.as_deref())?;
    let status = client.status().await?;
    let way = Way::of(params, &status, &proposal.action, proposal.criticality);
    let mut facts = vec![("proposes", proposal.title.as_str().to_owned())];
    facts.extend(describe(params, Some(params), &proposal.action, &chain.symbol));
    match &way {
        Some(way) => facts.extend(way.facts(params, &chain.symbol)),
        None if matches!(proposal.action, Action::Emergency { .. })
            && proposal.criticality == Criticality::Emergency =>
        {
            facts.extend(safety::way(params));
        }
        None => facts.push((
            "criticality",
            format!(
                "{}, which this cannot have: at least {}",
                proposal.criticality,
                least(params, &proposal.action)
            ),
        )),
    }
    let detail = json!({
        "proposal": proposal,
        "way": way.map(|way| way.json(params)),
        "changes": changes(params, &proposal.action),
    });
    let deposit = output::tokens_of(params.governance.deposit, &chain.symbol);
    let plan = Plan {
        facts,
        question: format!("Propose {:?} with a deposit of {deposit}", proposal.title.as_str()),
    };
    let builder = Builder::new(signer.public_key(), Payload::SubmitProposal(proposal));
    carry_out_with(context, (client, chain), &signer, builder, sending, &plan, detail).await
}

/// What an action would do, or did, for people. With what is present, changes say where that is
/// something else than they start from.
pub(super) fn describe(
    params: &ChainParams,
    present: Option<&ChainParams>,
    action: &Action,
    symbol: &str,
) -> Vec<(&'static str, String)> {
    let tokens = |amount| output::tokens_of(amount, symbol);
    match action {
        Action::ComputeWhitelist { change } => {
            let list = serde_json::to_string(change).unwrap_or_default();
            vec![("changes", format!("the lists of drivers and models: {list}"))]
        }
        Action::ComputePrices { prices } => prices
            .iter()
            .map(|price| ("prices", serde_json::to_string(price).unwrap_or_default()))
            .collect(),
        Action::EnergySettlement { settlement } => vec![
            ("sells energy", format!("in the mode {}", settlement.mode.name())),
            (
                "quorum",
                format!("{} of the oracles", value::percent(settlement.quorum_threshold_ppm)),
            ),
            ("expiry", format!("{} blocks", settlement.expiry_blocks)),
        ],
        Action::EnergyOracle { oracle, change } => {
            let does = match change {
                OracleChange::Weight { weight } => format!("the weight {} ppm", weight.get()),
                OracleChange::Remove {} => "no weight any more, and its stake unbonds".to_owned(),
            };
            vec![("oracle", oracle.to_string()), ("gets", does)]
        }
        Action::EnergyAdmin { account, scopes, expires } => vec![
            ("account", account.to_string()),
            ("may", serde_json::to_string(scopes).unwrap_or_default()),
            ("before", format!("block {expires}")),
        ],
        Action::Text {} => vec![("does", "nothing: the vote is what it is about".to_owned())],
        Action::Parameters { changes } => changes
            .iter()
            .map(|change| match Parameter::find(&change.name) {
                Some(parameter) => {
                    let show = |value| value::show(parameter, value, symbol);
                    let now = present.map(|present| parameter.get(present));
                    let other = match now.filter(|now| *now != change.from) {
                        Some(now) => format!(" (but now it is {})", show(now)),
                        None => String::new(),
                    };
                    (parameter.name, format!("{} → {}{other}", show(change.from), show(change.to)))
                }
                None => ("changes", format!("{}, which does not exist", change.name)),
            })
            .collect(),
        Action::Network { base, spec, rollout } => {
            let mut facts =
                vec![("configures", format!("the network anew, in place of version {base}"))];
            facts.extend(network::describe(spec));
            facts.push(network::reaches(rollout.as_ref()));
            facts
        }
        Action::Treasury { payments, deps, memo } => {
            let mut facts: Vec<(&'static str, String)> = payments
                .iter()
                .map(|payment| {
                    let when = match payment.milestone {
                        milestone if milestone == althing_types::Period::default() => {
                            "when it can be rolled back no more".to_owned()
                        }
                        milestone => format!("{} after its execution", value::period(milestone)),
                    };
                    ("pays", format!("{} to {}, {when}", tokens(payment.amount), payment.to))
                })
                .collect();
            facts.push(("in all", total(payments.iter().map(|payment| payment.amount), symbol)));
            if !deps.is_empty() {
                let deps: Vec<String> = deps.iter().map(ToString::to_string).collect();
                facts.push(("waits for", format!("disbursement {}", deps.join(", "))));
            }
            if !memo.is_empty() {
                facts.push(("for", memo.as_str().to_owned()));
            }
            let limit = tokens(params.treasury.grant_limit);
            facts.push(("grants", format!("up to {limit} ask those who stake alone")));
            facts
        }
        Action::Upgrade { version, height, notes, digest } => {
            let from = match height {
                Some(height) => format!("block {height}"),
                None => "the first block that is possible".to_owned(),
            };
            let mut facts = vec![
                ("upgrades", format!("the rules of the chain to version {version}")),
                ("from", format!("{from}, if enough nodes are ready by then")),
            ];
            if !notes.is_empty() {
                facts.push(("software", notes.as_str().to_owned()));
            }
            facts.extend(digest.map(|digest| ("its SHA-256", hex::encode(digest))));
            facts
        }
        Action::Emergency { order } => safety::describe(order),
        Action::SafetyRules { rules } => safety::rules(rules.as_ref()),
        Action::Ratify { change, order } => {
            vec![("ratifies", format!("change {change}: {}", order.name()))]
        }
        Action::UpgradeCancel { version } => {
            vec![("gives up", format!("the upgrade to version {version}"))]
        }
        Action::TreasuryRollback { disbursement, compensation } => {
            let kept = match *compensation {
                Ppm::ZERO => "all of it".to_owned(),
                part => format!("all but {}, which its recipients get", value::percent(part)),
            };
            vec![
                ("rolls back", format!("disbursement {disbursement}")),
                ("returns", format!("what it has not paid: {kept}")),
            ]
        }
    }
}

fn total(amounts: impl Iterator<Item = althing_types::Amount>, symbol: &str) -> String {
    let sum = amounts.map(althing_types::Amount::units).try_fold(0_u128, u128::checked_add);
    sum.map_or_else(
        || "more than there can be".to_owned(),
        |units| output::tokens_of(althing_types::Amount::new(units), symbol),
    )
}

/// What would change, for programs: each parameter with what it is now.
fn changes(params: &ChainParams, action: &Action) -> Value {
    let changes = match action {
        Action::Parameters { changes } => changes,
        Action::Network { base, spec, .. } => return json!([network::plan(*base, spec)]),
        _ => return json!([]),
    };
    let entry = |change: &ParameterChange| {
        let now = Parameter::find(&change.name).map(|parameter| parameter.get(params));
        json!({ "name": change.name, "now": now, "from": change.from, "to": change.to })
    };
    changes.iter().map(entry).collect()
}
