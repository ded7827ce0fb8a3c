//! `althing query validator-economics|supply`.

use super::{
    args::EconomicsArgs,
    context::Context,
    error::CliError,
    fields::{amount, number, ratio, text},
    outlook::find,
    output,
};
use althing_client::http::{Client, Version};
use serde_json::{Value, json};

/// `althing query validator-economics`
///
/// # Errors
/// As any question to a node.
pub(super) async fn economics(
    context: &Context,
    client: &Client,
    chain: &Version,
    args: &EconomicsArgs,
) -> Result<(), CliError> {
    let mut query = Vec::new();
    if let Some(name) = &args.validator {
        query.push(format!("validator={}", find(context, client, name).await?.key));
    }
    let amounts = [
        ("stake", args.stake),
        ("delegate", args.delegate),
        ("costs", args.costs),
        ("fees", args.fees),
    ];
    query
        .extend(amounts.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))));
    let ratios = [("commission", args.commission), ("score", args.score)];
    query.extend(
        ratios.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?.get()))),
    );
    let value: Value = client.get(&format!("/v1/economics?{}", query.join("&"))).await?;
    if context.global.json {
        output::json(&value);
        return Ok(());
    }
    let money =
        |name: &str| output::about(amount(&value, &format!("/{name}/amount")), &chain.symbol);
    let who = match value.get("validator_name").and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => "one that joins".to_owned(),
    };
    let profitable = value.get("profitable").and_then(Value::as_bool) == Some(true);
    let even = |there: Option<String>, what: &str| {
        there.unwrap_or_else(|| format!("no {what} covers the costs"))
    };
    let delegated = value.get("break_even_delegated").map(|_| money("break_even_delegated"));
    let commission =
        value.get("break_even_commission").and_then(Value::as_u64).map(output::percent);
    output::facts(&[
        ("validator", who),
        ("own stake", money("stake")),
        ("delegated", money("delegated")),
        ("commission", ratio(&value, "commission_rate")),
        (
            "counts",
            format!(
                "{} of {} in a set of {}",
                money("weight"),
                money("counted_stake"),
                number(&value, "members")
            ),
        ),
        (
            "blocks a year",
            format!(
                "{}, one in {} ms",
                number(&value, "blocks_per_year"),
                number(&value, "block_time_ms")
            ),
        ),
        ("emission a year", format!("{} to all who stake", money("emission"))),
        ("", String::new()),
        ("it earns", format!("{} a year", money("reward"))),
        (
            "operator",
            format!(
                "{} = {} commission + {} for its own stake",
                money("operator_income"),
                money("commission"),
                money("own_reward")
            ),
        ),
        (
            "delegators",
            format!(
                "{}, {} a year on what they delegate",
                money("delegators_reward"),
                ratio(&value, "delegator_rate")
            ),
        ),
        ("costs", money("costs")),
        (if profitable { "surplus" } else { "gap" }, money("surplus_or_gap")),
        (
            "covers costs with",
            even(delegated.map(|text| format!("{text} of delegations")), "delegation"),
        ),
        (
            "or with",
            even(commission.map(|text| format!("a commission of {text}")), "legal commission"),
        ),
    ]);
    Ok(())
}

/// Prints the supply, and the audit if there is one.
pub(super) fn show_supply(value: &Value) {
    let plain = |name: &str| text(value, &format!("{name}_display"));
    let money = |name: &str| {
        let display = value.pointer(&format!("/{name}/amount_display"));
        display.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut facts = vec![("height", number(value, "height").to_string())];
    facts.extend(["total", "genesis", "minted", "burned"].map(|name| (name, plain(name))));
    let parts = [
        "staked",
        "delegated",
        "unbonding",
        "treasury",
        "stakers",
        "miners",
        "reserve",
        "released",
    ];
    facts.extend(parts.map(|name| (name, money(name))));
    output::facts(&facts);
    let Some(audit) = value.get("audit") else { return };
    let of = |name: &str| text(audit, &format!("{name}_display"));
    let agrees = audit.get("agrees") == Some(&json!(true));
    output::line("");
    output::facts(&[
        ("audit at height", number(audit, "height").to_string()),
        (
            "records read",
            format!("{} in {} ms", number(audit, "records"), number(audit, "took_ms")),
        ),
        ("accounts", number(audit, "accounts").to_string()),
        ("they own", of("balances")),
        ("genesis + minted - burned", of("supply")),
        ("account of stake", of("stake_account")),
        ("validators + unbonding", of("stake_records")),
        ("verdict", if agrees { "agrees to the unit" } else { "DOES NOT AGREE" }.to_owned()),
    ]);
}
