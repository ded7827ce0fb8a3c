//! `althing upgrade status` and `althing upgrade history`: which rules hold, what is planned, who is
//! ready, and what became of every upgrade.

use super::history;
use crate::cli::{
    context::Context,
    error::CliError,
    fields::{list, number, ratio, text},
    online::with_chain,
    output,
};
use althing_client::http::Client;
use serde_json::{Value, json};

/// `althing upgrade status`, `althing gov upgrade`
///
/// # Errors
/// As any question to a node.
pub(crate) fn status(context: &Context) -> Result<(), CliError> {
    with_chain(context, async |client, _| show(context, &client).await)
}

/// `althing upgrade history`
///
/// # Errors
/// As any question to a node; exit code 1 if the node keeps no index.
pub(crate) fn history(context: &Context, limit: u32) -> Result<(), CliError> {
    history::run(context, "/v1/upgrade/history", limit)
}

async fn show(context: &Context, client: &Client) -> Result<(), CliError> {
    let upgrade = client.upgrade().await?;
    let plan = upgrade.get("plan").filter(|plan| !plan.is_null());
    let readiness = match plan {
        Some(_) => client.readiness(None).await?,
        None => Value::Null,
    };
    if context.global.json {
        output::json(&json!({ "upgrade": upgrade, "readiness": readiness }));
        return Ok(());
    }
    let mut facts = vec![(
        "rules",
        format!(
            "version {}, since block {}",
            text(&upgrade, "version"),
            number(&upgrade, "since_height")
        ),
    )];
    let known: Vec<String> =
        list(&upgrade, "known").iter().map(|release| text(release, "version")).collect();
    facts.push(("the node knows", known.join(", ")));
    match plan {
        None => facts.push(("planned", "nothing".to_owned())),
        Some(plan) => {
            let doubt = match plan.get("known").and_then(Value::as_bool) {
                Some(false) => "; this node does NOT know it and will stop there: install it",
                _ => "",
            };
            facts.push((
                "planned",
                format!(
                    "version {} at block {}, in {} (proposal {}, postponed {} times){doubt}",
                    text(plan, "version"),
                    number(plan, "height"),
                    output::count(number(plan, "blocks_left"), "block"),
                    number(plan, "proposal"),
                    number(plan, "postponed"),
                ),
            ));
            facts.push((
                "ready",
                format!(
                    "{} of {} validators, {} of the {} that must be",
                    number(&readiness, "ready"),
                    number(&readiness, "members"),
                    ratio(&readiness, "ready_part"),
                    ratio(&readiness, "needed_part"),
                ),
            ));
        }
    }
    if let Some(failed) = upgrade.get("failed").filter(|failed| !failed.is_null()) {
        facts.push((
            "failed",
            format!(
                "version {} at block {}: {}; the chain goes on with the rules that it had",
                text(failed, "version"),
                number(failed, "height"),
                text(failed, "reason")
            ),
        ));
    }
    output::facts(&facts);
    let rows: Vec<Vec<String>> = list(&readiness, "nodes")
        .iter()
        .map(|node| {
            vec![
                text(node, "name"),
                output::short(&text(node, "validator")),
                text(node, "protocol"),
                match node.get("ready").and_then(Value::as_bool) {
                    Some(true) => "ready".to_owned(),
                    _ => "not ready".to_owned(),
                },
            ]
        })
        .collect();
    if !rows.is_empty() {
        output::line("");
        output::rows(&["validator", "key", "runs up to", "is"], &[], &rows);
    }
    Ok(())
}
