//! Sums, prices, whitelists, what is being checked, who checks.

use super::{shape::shape_of, workers::speed};
use crate::cli::{
    context::Context,
    error::CliError,
    fields::{list, number, ratio, text},
    output,
};
use althing_client::http::Client;
use serde_json::Value;

/// Asks, and prints the answer if programs want it.
async fn ask(context: &Context, client: &Client, path: &str) -> Result<Option<Value>, CliError> {
    let value: Value = client.get(path).await?;
    if context.global.json {
        output::json(&value);
        return Ok(None);
    }
    Ok(Some(value))
}

fn money(value: &Value, name: &str) -> String {
    value.get(name).map(|money| text(money, "amount_display")).unwrap_or_default()
}

/// `althing compute summary`
///
/// # Errors
/// As any question to a node.
pub(super) async fn summary(context: &Context, client: &Client) -> Result<(), CliError> {
    let Some(value) = ask(context, client, "/v1/compute/summary").await? else { return Ok(()) };
    let count = |name: &str| number(&value, name).to_string();
    output::facts(&[
        ("workers", count("workers")),
        ("graphics processors", count("gpus")),
        ("processors", count("cpus")),
        ("tasks so far", count("tasks")),
        (
            "await votes",
            format!(
                "{} of at most {}",
                number(&value, "verifying"),
                number(&value, "max_verifying")
            ),
        ),
        ("stakes", money(&value, "stakes")),
        ("prices in escrow", money(&value, "prices")),
        ("rewards to claim", money(&value, "rewards")),
        ("miners' pool", money(&value, "pool")),
        ("weight of this epoch", text(&value, "weight")),
        ("least stake", money(&value, "min_stake")),
    ]);
    let rows: Vec<Vec<String>> = list(&value, "states")
        .iter()
        .filter(|state| number(state, "count") > 0)
        .map(|state| vec![text(state, "state"), number(state, "count").to_string()])
        .collect();
    if !rows.is_empty() {
        output::line("");
        output::rows(&["state", "tasks"], &[1], &rows);
    }
    Ok(())
}

/// `althing compute prices`
///
/// # Errors
/// As any question to a node.
pub(super) async fn prices(context: &Context, client: &Client) -> Result<(), CliError> {
    let Some(value) = ask(context, client, "/v1/compute/prices").await? else { return Ok(()) };
    let gas = |price: &Value, name: &str| match price.get(name).and_then(Value::as_u64) {
        Some(gas) => gas.to_string(),
        None => "-".to_owned(),
    };
    let cpu = |price: &Value| price.get("cpu").and_then(Value::as_bool) == Some(true);
    let row = |price: &Value| {
        vec![
            shape_of(price),
            number(price, "units").to_string(),
            ratio(price, "difficulty_ppm"),
            number(price, "max_count").to_string(),
            output::duration(number(price, "gpu_time_ms")),
            match cpu(price) {
                true => output::duration(number(price, "cpu_time_ms")),
                false => "-".to_owned(),
            },
            gas(price, "take_gas"),
            gas(price, "commit_gas"),
        ]
    };
    let rows: Vec<Vec<String>> = list(&value, "prices").iter().map(row).collect();
    let header = [
        "shape",
        "work",
        "counts",
        "at most",
        "gpu time",
        "cpu time",
        "gas to take",
        "gas to commit",
    ];
    output::rows(&header, &[1, 2, 3, 4, 5, 6, 7], &rows);
    output::line(format!(
        "\nwork, counts and times are those of one product; every batch has {} and {} besides",
        output::duration(number(&value, "base_time_ms")),
        output::count(number(&value, "base_blocks"), "block")
    ));
    output::line(format!(
        "of a price {} goes to the worker, {} to validators; the rest is burned",
        ratio(&value, "worker_share"),
        ratio(&value, "validator_share")
    ));
    Ok(())
}

/// `althing compute models`
///
/// # Errors
/// As any question to a node.
pub(super) async fn models(context: &Context, client: &Client) -> Result<(), CliError> {
    let Some(value) = ask(context, client, "/v1/compute/models").await? else { return Ok(()) };
    let rate = |model: &Value, kind: &str| {
        let of = |name: &str| {
            model.pointer(&format!("/{kind}/{name}")).and_then(Value::as_u64).unwrap_or(0)
        };
        format!("{} to {}", speed(of("low")).replace(" TFLOPS", ""), speed(of("high")))
    };
    let ids = |model: &Value| {
        let all = list(model, "pci_devices");
        let ids: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
        ids.join(" ")
    };
    let row = |model: &Value| {
        vec![
            text(model, "name"),
            ids(model),
            text(model, "capability"),
            format!("{} MiB", number(model, "memory_mib")),
            ratio(model, "tier"),
            rate(model, "fp16"),
            rate(model, "int8"),
        ]
    };
    let rows: Vec<Vec<String>> = list(&value, "models").iter().map(row).collect();
    let header = ["model", "pci ids", "capability", "memory", "counts", "fp16", "int8"];
    output::rows(&header, &[3, 4, 5, 6], &rows);
    output::line(format!("\na model that is not listed counts {}", ratio(&value, "unknown_tier")));
    Ok(())
}

/// `althing compute drivers`
///
/// # Errors
/// As any question to a node.
pub(super) async fn drivers(context: &Context, client: &Client) -> Result<(), CliError> {
    let Some(value) = ask(context, client, "/v1/compute/drivers").await? else { return Ok(()) };
    let row = |driver: &Value| {
        vec![
            text(driver, "version"),
            text(driver, "architecture"),
            number(driver, "bytes").to_string(),
            text(driver, "digest"),
        ]
    };
    let rows: Vec<Vec<String>> = list(&value, "drivers").iter().map(row).collect();
    if rows.is_empty() {
        output::line(
            "no drivers are listed: nobody gets the 20 points of that level, and 80 remain",
        );
        return Ok(());
    }
    output::rows(&["version", "built for", "bytes", "sha-256 of its library"], &[2], &rows);
    Ok(())
}

/// `althing compute verifying`
///
/// # Errors
/// As any question to a node.
pub(super) async fn verifying(context: &Context, client: &Client) -> Result<(), CliError> {
    let Some(value) = ask(context, client, "/v1/compute/verifying").await? else { return Ok(()) };
    let row = |result: &Value| {
        let awaited = list(result, "awaited");
        let awaited: Vec<String> =
            awaited.iter().filter_map(Value::as_str).map(output::short).collect();
        vec![
            number(result, "task").to_string(),
            format!("{} x {}", number(result, "count"), shape_of(result)),
            text(result, "state"),
            format!("block {}", number(result, "challenge_height")),
            (number(result, "round") + 1).to_string(),
            format!("{} of {}", number(result, "voted"), number(result, "members")),
            awaited.join(" "),
        ]
    };
    let rows: Vec<Vec<String>> = list(&value, "results").iter().map(row).collect();
    if rows.is_empty() {
        output::line("no result awaits votes");
        return Ok(());
    }
    let header =
        ["task", "products", "state", "challenge", "committee", "voted", "awaits the votes of"];
    output::rows(&header, &[0, 4, 5], &rows);
    Ok(())
}

/// `althing compute checkers`
///
/// # Errors
/// As any question to a node.
pub(super) async fn checkers(context: &Context, client: &Client) -> Result<(), CliError> {
    let Some(value) = ask(context, client, "/v1/compute/checkers").await? else { return Ok(()) };
    let names = ["drawn", "valid", "unavailable", "abstained", "missed", "faults"];
    let row = |checker: &Value| {
        let mut row =
            vec![text(checker, "validator_name"), output::short(&text(checker, "validator"))];
        row.extend(names.map(|name| number(checker, name).to_string()));
        row.push(ratio(checker, "answered"));
        row
    };
    let rows: Vec<Vec<String>> = list(&value, "checkers").iter().map(row).collect();
    if rows.is_empty() {
        output::line("no validator was drawn to check a result yet");
        return Ok(());
    }
    let header = [
        "name",
        "validator",
        "drawn",
        "valid",
        "unavailable",
        "abstained",
        "missed",
        "faults",
        "answered",
    ];
    output::rows(&header, &[2, 3, 4, 5, 6, 7, 8], &rows);
    Ok(())
}
