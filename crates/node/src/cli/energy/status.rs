//! `althing energy status`

use super::{
    told,
    units::{energy, moment},
};
use crate::cli::{context::Context, error::CliError, output};
use althing_client::http::{Client, Version};

/// Runs `althing energy status`.
///
/// # Errors
/// As any question to a node.
pub(super) async fn run(
    context: &Context,
    client: &Client,
    chain: &Version,
) -> Result<(), CliError> {
    let now = client.energy().await?;
    if told(context, &now)? {
        return Ok(());
    }
    let money = |amount| output::tokens_of(amount, &chain.symbol);
    let (rules, sums) = (&now.settlement, &now.sums);
    let quorum = output::percent(rules.quorum_threshold_ppm.get().into());
    let mut facts = vec![
        ("energy is sold", format!("in mode {} (rules {})", rules.mode, now.version)),
        (
            "attested by",
            format!("{quorum} of the weight of oracles, within {} blocks", rules.expiry_blocks),
        ),
        (
            "slot now",
            format!("{} to {}", moment(now.slot), moment(now.slot.saturating_add(now.slot_s))),
        ),
        ("attested so far", energy(sums.attested_wh)),
        (
            "of that sold",
            format!("{}, of which {} is used up", energy(sums.sold_wh), energy(sums.retired_wh)),
        ),
        ("on sale or held back", energy(sums.open_wh)),
        ("lapsed", energy(sums.lapsed_wh)),
        ("revoked", energy(sums.revoked_wh)),
        ("not decided", energy(sums.pending_wh)),
        ("stakes", money(sums.stakes)),
        ("set aside for orders", money(sums.escrow)),
        ("not paid to providers yet", money(sums.unpaid)),
        ("bonds of disputes", money(sums.bonds)),
    ];
    if let Some(counts) = &now.counts {
        facts.push((
            "providers",
            format!(
                "{} active, {} suspended, {} leaving",
                counts.active, counts.suspended, counts.leaving
            ),
        ));
        facts.push(("meters", counts.meters.to_string()));
        facts.push(("open batches", counts.open_batches.to_string()));
        facts.push(("open disputes", counts.open_disputes.to_string()));
    }
    output::facts(&facts);
    if now.oracles.is_empty() {
        output::line("\nno oracle has a weight: no readings can be submitted");
        return Ok(());
    }
    output::line("");
    let rows: Vec<Vec<String>> = now
        .oracles
        .iter()
        .map(|oracle| vec![oracle.oracle.to_string(), output::percent(oracle.part.get().into())])
        .collect();
    output::rows(&["oracle", "part of the weight"], &[1], &rows);
    Ok(())
}
