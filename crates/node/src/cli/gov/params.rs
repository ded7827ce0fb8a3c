//! `althing gov params` and `althing gov tracks`.

use super::{
    list::pages,
    propose,
    terms::{LEVELS, area_houses},
    value,
};
use crate::cli::{args::GovParams, context::Context, error::CliError, fields, output};
use althing_client::http::{Client, Version};
use althing_types::{
    ChainParams,
    params::{Area, PARAMETERS, Parameter, ParameterValue},
};
use serde_json::{Value, json};

/// `althing gov params`
///
/// # Errors
/// As any question to a node; exit code 5 if there is no such parameter.
pub(super) async fn params(
    context: &Context,
    client: &Client,
    chain: &Version,
    args: &GovParams,
) -> Result<(), CliError> {
    if args.history {
        return history(context, client, chain, args).await;
    }
    let params = client.params().await?;
    let listed: Vec<&Parameter> = match &args.name {
        Some(name) => match Parameter::find(name) {
            Some(parameter) => return one(context, &params, parameter, chain),
            None => {
                let found: Vec<&Parameter> =
                    PARAMETERS.iter().filter(|known| known.name.starts_with(&**name)).collect();
                if found.is_empty() {
                    return propose::find(name).map(drop);
                }
                found
            }
        },
        None => PARAMETERS.iter().collect(),
    };
    let listed = listed.into_iter().filter(|known| args.area.is_none_or(|area| known.area == area));
    if context.global.json {
        let all: Vec<Value> = listed.map(|parameter| entry(&params, parameter)).collect();
        output::json(&json!({ "parameters": all }));
        return Ok(());
    }
    let rows: Vec<Vec<String>> = listed
        .map(|parameter| {
            vec![
                parameter.name.to_owned(),
                value::show(parameter, parameter.get(&params), &chain.symbol),
                area_houses(parameter.area).to_owned(),
                parameter.about.to_owned(),
            ]
        })
        .collect();
    output::rows(&["name", "value", "decides", "what it is"], &[], &rows);
    Ok(())
}

fn entry(params: &ChainParams, parameter: &Parameter) -> Value {
    let present = parameter.get(params);
    let value = serde_json::to_value(present).unwrap_or_default();
    json!({
        "name": parameter.name, "type": present.name(), "value": value.get("value"),
        "area": parameter.area, "houses": parameter.area.houses(), "about": parameter.about,
    })
}

fn one(
    context: &Context,
    params: &ChainParams,
    parameter: &Parameter,
    chain: &Version,
) -> Result<(), CliError> {
    if context.global.json {
        output::json(&entry(params, parameter));
        return Ok(());
    }
    let present = parameter.get(params);
    let least = match parameter.area {
        Area::Network | Area::Economy => "standard",
        Area::Governance => "important",
    };
    output::facts(&[
        ("name", parameter.name.to_owned()),
        ("value", value::show(parameter, present, &chain.symbol)),
        ("what it is", parameter.about.to_owned()),
        ("type", present.name().to_owned()),
        ("decides", format!("{}, criticality {least} or more", area_houses(parameter.area))),
        ("change it", format!("althing gov propose params --set {}=VALUE", parameter.name)),
    ]);
    Ok(())
}

/// Changes so far, newest first.
async fn history(
    context: &Context,
    client: &Client,
    chain: &Version,
    args: &GovParams,
) -> Result<(), CliError> {
    let Some(name) = &args.name else {
        return Err(CliError::usage(
            "name the parameter whose history you want: `althing gov params NAME --history`",
        ));
    };
    let path = format!("/v1/governance/params/{}/history?limit=100", propose::find(name)?.name);
    let value = pages(client, &path, "changes", usize::MAX).await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    let shown = |change: &Value, field: &str| {
        let parameter = Parameter::find(&fields::text(change, "name"));
        let read = change.get(field).cloned().map(serde_json::from_value::<ParameterValue>);
        match (parameter, read) {
            (Some(parameter), Some(Ok(value))) => value::show(parameter, value, &chain.symbol),
            _ => change.get(field).map(ToString::to_string).unwrap_or_default(),
        }
    };
    let rows: Vec<Vec<String>> = fields::list(&value, "changes")
        .iter()
        .map(|change| {
            vec![
                fields::number(change, "height").to_string(),
                fields::text(change, "name"),
                shown(change, "from"),
                shown(change, "to"),
                fields::number(change, "proposal").to_string(),
            ]
        })
        .collect();
    if rows.is_empty() {
        output::line("nothing has changed since the genesis");
        return Ok(());
    }
    output::rows(&["block", "name", "from", "to", "proposal"], &[0, 4], &rows);
    Ok(())
}

/// What is decided by whom, from which criticality on.
const SUBJECTS: [(&str, &str, &str); 12] = [
    ("a text", "stake", "standard"),
    ("a parameter of the network", "validators", "standard"),
    ("a parameter of the economy", "stake", "standard"),
    ("a parameter of governance", "both houses", "important"),
    ("the configuration of the network", "validators", "standard"),
    ("one that each validator may choose", "validators", "optional"),
    ("a disbursement up to the grant limit", "stake", "standard"),
    ("a larger disbursement", "both houses", "important"),
    ("an upgrade, or giving one up", "both houses", "important"),
    ("other rules of the safety override", "both houses", "critical"),
    ("an order in an emergency", "validators", "emergency"),
    ("rolling a disbursement back", "both houses", "important"),
];

/// `althing gov tracks`
///
/// # Errors
/// As any question to a node.
pub(super) async fn tracks(
    context: &Context,
    client: &Client,
    chain: &Version,
) -> Result<(), CliError> {
    let params = client.params().await?;
    let governance = &params.governance;
    let tracks = || LEVELS.iter().filter_map(|level| Some((level, governance.track(*level)?)));
    if context.global.json {
        let entry = |(level, track): (_, althing_types::params::Track)| {
            json!({ "criticality": level, "threshold": track.threshold, "voting": track.voting,
                "delay": track.delay })
        };
        let subject = |(what, houses, least): &(&str, &str, &str)| json!({ "what": what, "decides": houses, "least": least });
        output::json(&json!({
            "tracks": tracks().map(entry).collect::<Vec<_>>(),
            "subjects": SUBJECTS.iter().map(subject).collect::<Vec<_>>(),
            "quorum": governance.quorum, "veto": governance.veto, "deposit": governance.deposit,
            "grant_limit": params.treasury.grant_limit,
        }));
        return Ok(());
    }
    let rows: Vec<Vec<String>> = tracks()
        .map(|(level, track)| {
            vec![
                level.name().to_owned(),
                value::percent(track.threshold),
                value::period(track.voting),
                value::period(track.delay),
            ]
        })
        .collect();
    output::rows(&["criticality", "threshold", "vote", "delay"], &[1], &rows);
    output::line("");
    let rows: Vec<Vec<String>> = SUBJECTS
        .iter()
        .map(|(what, houses, least)| {
            vec![
                (*what).to_owned(),
                (*houses).to_owned(),
                match *least {
                    "optional" | "emergency" => (*least).to_owned(),
                    least => format!("{least} or more"),
                },
            ]
        })
        .collect();
    output::rows(&["what", "decides", "criticality"], &[], &rows);
    output::line("");
    output::facts(&[
        (
            "stake",
            format!(
                "{} of all stake takes part; of what says yes, no or veto the threshold says yes",
                value::percent(governance.quorum)
            ),
        ),
        (
            "validators",
            "of all that may vote, the threshold says yes: silence is no consent".to_owned(),
        ),
        ("harmful", format!("{} of vetoes in a house", value::percent(governance.veto))),
        ("deposit", output::tokens_of(governance.deposit, &chain.symbol)),
        ("grant limit", output::tokens_of(params.treasury.grant_limit, &chain.symbol)),
    ]);
    Ok(())
}
