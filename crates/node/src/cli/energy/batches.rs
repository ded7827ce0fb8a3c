//! Batches of readings.

use super::{
    told,
    units::{block_time, energy, moment},
};
use crate::cli::{args::EnergyBatches, context::Context, error::CliError, output};
use althing_client::http::{BatchInfo, BatchQuery, BatchReadingInfo, Client};
use althing_types::Address;

/// `althing energy batches`
///
/// # Errors
/// As any question to a node.
pub(super) async fn list(
    context: &Context,
    client: &Client,
    args: &EnergyBatches,
) -> Result<(), CliError> {
    let provider = args.provider.as_deref().map(|name| context.address(name)).transpose()?;
    let open = args.state.as_deref().map(|state| state == "open");
    let limit = Some(args.limit as usize);
    let query = BatchQuery { open, provider, before: args.before, limit };
    let page = client.energy_batches(&query).await?;
    if told(context, &page)? {
        return Ok(());
    }
    if page.batches.is_empty() {
        output::line("no batches");
        return Ok(());
    }
    let row = |batch: &BatchInfo| {
        vec![
            batch.number.to_string(),
            batch.provider.to_string(),
            block_time(batch.time_ms),
            batch.count.to_string(),
            energy(batch.wh),
            batch.undecided.to_string(),
            batch.attested.to_string(),
            batch.refused.to_string(),
            batch.expired.to_string(),
            batch.disproved.to_string(),
            if batch.over { "over" } else { "open" }.to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = page.batches.iter().map(row).collect();
    let header = [
        "batch",
        "provider",
        "came",
        "readings",
        "energy",
        "undecided",
        "attested",
        "refused",
        "expired",
        "disproved",
        "is",
    ];
    output::rows(&header, &[0, 3, 4, 5, 6, 7, 8, 9], &rows);
    if let Some(next) = page.next {
        output::note(format!("more: --before {next}"));
    }
    Ok(())
}

/// `althing energy batch`
///
/// # Errors
/// As any question to a node; exit code 5 if there never was such a batch.
pub(super) async fn show(context: &Context, client: &Client, number: u64) -> Result<(), CliError> {
    let batch = client.energy_batch(number).await?;
    if told(context, &batch)? {
        return Ok(());
    }
    let mut facts = vec![
        ("batch", batch.number.to_string()),
        ("provider", batch.provider.to_string()),
        ("came", format!("in block {}, {}", batch.height, block_time(batch.time_ms))),
        (
            "energy",
            format!("{}, of which {} is attested", energy(batch.wh), energy(batch.attested_wh)),
        ),
    ];
    match batch.closed {
        Some(height) => facts.push(("over", format!("since block {height}"))),
        None => facts.push(("over", "no".to_owned())),
    }
    if let Some(expires) = batch.expires.filter(|_| batch.undecided > 0) {
        let undecided = output::count(batch.undecided.into(), "undecided reading");
        facts.push(("expires", format!("in block {expires}: {undecided}")));
    }
    if let Some(quorum) = batch.quorum {
        let quorum = output::percent(quorum.get().into());
        facts.push(("attested by", format!("{quorum} of the weight of oracles")));
    }
    output::facts(&facts);
    output::line("");
    let row = |reading: &BatchReadingInfo| reading_row(reading, &batch);
    let rows: Vec<Vec<String>> = batch.readings.iter().map(row).collect();
    let header = ["place", "meter", "sequence", "from", "for", "energy", "is", "right", "wrong"];
    output::rows(&header, &[0, 2, 4, 5, 7, 8], &rows);
    reports(&batch);
    Ok(())
}

fn reading_row(reading: &BatchReadingInfo, batch: &BatchInfo) -> Vec<String> {
    let said = |list: fn(&althing_client::http::BatchReportInfo) -> &Vec<u8>| {
        batch.reports.iter().filter(|report| list(report).contains(&reading.place)).count()
    };
    let disputed = if reading.disputed { ", disputed" } else { "" };
    vec![
        reading.place.to_string(),
        output::short(&hex::encode(reading.meter)),
        reading.sequence.to_string(),
        moment(reading.start),
        output::duration(u64::from(reading.seconds).saturating_mul(1_000)),
        energy(reading.wh),
        format!("{}{disputed}", reading.state),
        said(|report| &report.agree).to_string(),
        said(|report| &report.contradict).to_string(),
    ]
}

fn reports(batch: &BatchInfo) {
    if batch.reports.is_empty() {
        output::line("\nno oracle has reported");
        return;
    }
    output::line("");
    let row = |report: &althing_client::http::BatchReportInfo| {
        let (agree, contradict) = (report.agree.len(), report.contradict.len());
        let silent = (batch.count as usize).saturating_sub(agree).saturating_sub(contradict);
        let oracle: Address = report.oracle;
        vec![
            oracle.to_string(),
            agree.to_string(),
            contradict.to_string(),
            silent.to_string(),
            report.height.map_or_else(|| "-".to_owned(), |height| height.to_string()),
            match report.late {
                Some(true) => "late".to_owned(),
                _ => String::new(),
            },
        ]
    };
    let rows: Vec<Vec<String>> = batch.reports.iter().map(row).collect();
    output::rows(&["oracle", "right", "wrong", "silent", "block", ""], &[1, 2, 3, 4], &rows);
}
