//! `althing gov propose network` and `althing gov network …`: the configuration of the network.

use super::{propose, value};
use crate::cli::{
    args::{NetworkCommand, ProposeNetwork},
    context::Context,
    error::CliError,
    fields::{due, number},
    online::with_chain,
    output,
};
use althing_client::http::{Client, NetworkSpecInfo};
use althing_types::{
    List,
    governance::{Action, Criticality},
    network::{NetworkSpec, RolloutPlan},
};
use serde_json::{Value, json};

/// What a version says.
///
/// # Errors
/// Exit code 1 if the node is so new that this program does not know its form.
fn document(spec: &NetworkSpecInfo) -> Result<NetworkSpec, CliError> {
    let mut document = spec.document.clone();
    if let Some(fields) = document.as_object_mut() {
        fields.retain(|name, _| !matches!(name.as_str(), "format" | "version"));
    }
    serde_json::from_value(document).map_err(|error| {
        let message = format!("the configuration of the network is of another form: {error}");
        CliError::new(crate::cli::Exit::Failed, "spec_form", message)
    })
}

/// `althing gov propose network`
///
/// # Errors
/// Those of transactions; exit code 2 if nothing would change.
pub(super) fn propose(context: &Context, args: &ProposeNetwork) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let base = client.network(None).await?.current;
        let present = document(&client.network_spec(base).await?)?;
        let spec = changed(&present, args)?;
        let rollout = args.first.map(|first| RolloutPlan {
            first,
            watch: args.watch,
            min_health: args.min_health,
        });
        let params = client.params().await?;
        let title = format!("Configure the network anew, in place of version {base}");
        let mut about = args.with.about.clone();
        about.criticality = about.criticality.or(Some(Criticality::Standard));
        let title = propose::title(args.with.title.as_ref(), || title)?;
        let action = Action::Network { base, spec, rollout };
        let proposal = propose::complete(&params, &about, title, action);
        propose::propose(context, (&client, &chain, &params), proposal, &args.with.sending).await
    })
}

/// A configuration with the changes that are asked for.
fn changed(present: &NetworkSpec, args: &ProposeNetwork) -> Result<NetworkSpec, CliError> {
    let mut spec = present.clone();
    let mut nodes = present.boot_nodes.to_vec();
    for key in &args.remove_boot_node {
        if !nodes.iter().any(|node| node.key == *key) {
            return Err(CliError::usage(format!("{key} is no boot node")));
        }
        nodes.retain(|node| node.key != *key);
    }
    for added in &args.add_boot_node {
        // A key that is there already moves to another address.
        nodes.retain(|node| node.key != added.key);
        nodes.push(added.clone());
    }
    spec.boot_nodes =
        List::new(nodes).ok_or_else(|| CliError::usage("there are at most 64 boot nodes"))?;
    spec.min_version = args.min_version.unwrap_or(spec.min_version);
    spec.strictness = args.strictness.unwrap_or(spec.strictness);
    spec.limits.max_peers = args.max_peers.unwrap_or(spec.limits.max_peers);
    spec.limits.gossip_bytes_per_second =
        args.gossip_bytes_per_second.unwrap_or(spec.limits.gossip_bytes_per_second);
    match spec == *present {
        true => Err(CliError::usage("name at least one thing to change")),
        false => Ok(spec),
    }
}

/// Runs `althing gov network …`.
///
/// # Errors
/// As any question to a node; exit code 5 if there is no such version.
pub(super) fn run(context: &Context, command: &NetworkCommand) -> Result<(), CliError> {
    with_chain(context, async |client, _| match command {
        NetworkCommand::Show { version } => show(context, &client, *version).await,
        NetworkCommand::History => history(context, &client).await,
        NetworkCommand::Events { limit } => {
            super::history::show(context, &client, "/v1/network/history", *limit).await
        }
    })
}

async fn show(context: &Context, client: &Client, version: Option<u64>) -> Result<(), CliError> {
    let network: Value = client.get("/v1/network/specs?limit=1").await?;
    let wanted = version.unwrap_or_else(|| number(&network, "current"));
    let value: Value = client.get(&format!("/v1/network/specs/{wanted}")).await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    let info: NetworkSpecInfo = client.network_spec(wanted).await?;
    let mut facts = vec![
        ("version", wanted.to_string()),
        ("is", stands(&info)),
        (
            "made by",
            match info.proposal {
                0 => "the genesis".to_owned(),
                number => format!("proposal {number}"),
            },
        ),
        ("chosen by", output::count(info.adopted.into(), "validator")),
    ];
    facts.extend(describe(&document(&info)?));
    if let Some(health) = info.health {
        facts.push((
            "health",
            format!(
                "{} of {} that try it said so; they missed {} of {} turns, the others {} of {}",
                health.applied,
                health.cohort,
                health.missed,
                health.turns,
                health.other_missed,
                health.other_turns
            ),
        ));
    }
    if let Some(staged) = network.get("staged").filter(|_| version.is_none()) {
        facts.push((
            "tried",
            format!(
                "version {}, not longer than until {} and the end of that epoch",
                number(staged, "version"),
                due(staged.get("until"))
            ),
        ));
    }
    output::facts(&facts);
    Ok(())
}

fn stands(info: &NetworkSpecInfo) -> String {
    let why = info.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{}{why} since block {}", info.status, info.since_height)
}

/// What a configuration says.
pub(super) fn describe(spec: &NetworkSpec) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    for node in spec.boot_nodes.iter() {
        let key = output::short(&node.key.to_string());
        facts.push(("boot node", format!("{key} at {}", node.endpoint)));
    }
    let limits = &spec.limits;
    facts.push(("least version", format!("{}, strictness {}", spec.min_version, spec.strictness)));
    facts.push((
        "limits",
        format!(
            "{} boot nodes, {} bytes of gossip a second",
            limits.max_peers, limits.gossip_bytes_per_second
        ),
    ));
    facts
}

/// How a configuration reaches everybody.
pub(super) fn reaches(rollout: Option<&RolloutPlan>) -> (&'static str, String) {
    let text = match rollout {
        None => "everybody at once".to_owned(),
        Some(plan) => format!(
            "{} of the validators first, for {}; then everybody if their health is at least {}, else \
             it is rolled back",
            value::percent(plan.first),
            value::period(plan.watch),
            value::percent(plan.min_health)
        ),
    };
    ("reaches", text)
}

async fn history(context: &Context, client: &Client) -> Result<(), CliError> {
    let path = "/v1/network/specs?limit=100";
    if context.global.json {
        output::json(&super::list::pages(client, path, "specs", usize::MAX).await?);
        return Ok(());
    }
    let mut page = client.network(None).await?;
    let current = page.current;
    let mut specs = page.specs;
    while let Some(next) = page.next {
        page = client.network(Some(next)).await?;
        specs.append(&mut page.specs);
    }
    let rows: Vec<Vec<String>> = specs
        .iter()
        .map(|info| {
            let nodes = document(info).map(|spec| spec.boot_nodes.len().to_string());
            let mark = if info.version == current { " *" } else { "" };
            vec![
                format!("{}{mark}", info.version),
                stands(info),
                info.proposal.to_string(),
                nodes.unwrap_or_default(),
                info.adopted.to_string(),
            ]
        })
        .collect();
    output::rows(&["version", "is", "proposal", "boot nodes", "chosen by"], &[2, 3, 4], &rows);
    Ok(())
}

/// What would change, for programs.
pub(super) fn plan(base: u64, spec: &NetworkSpec) -> Value {
    json!({ "name": "network", "from": base, "to": spec })
}
