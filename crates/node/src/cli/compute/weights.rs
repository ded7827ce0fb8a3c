//! `althing compute weights`: what workers earned in an epoch, and whether it is right.
//!
//! `--verify` trusts the node for nothing but its receipts: it reads the blocks that settled something,
//! takes the factors of each result from their events, multiplies them here, adds the products up, and
//! compares with what the state says.

use super::shape::shape_text;
use crate::cli::{
    args::ComputeWeights,
    context::Context,
    error::{CliError, Exit},
    output,
};
use althing_client::http::{Client, CreditInfo, Version, WeightsInfo};
use althing_types::{
    Address, Amount, Event,
    compute::{Factors, Shape},
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Receipts asked for at a time.
const RECEIPTS: usize = 100;
/// 10^6, four times: parts per million of difficulty, tier, uptime and reputation, of which one million
/// remains because weights are in millionths.
const SCALE: u128 = 1_000_000_000_000_000_000;

/// Why a weight is false.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Flaw {
    task: Option<u64>,
    what: String,
}

/// What was recomputed.
#[derive(Debug, Default)]
struct Sheet {
    /// Weights by worker.
    weights: BTreeMap<Address, u128>,
    /// How many results of each.
    results: BTreeMap<Address, u64>,
    flaws: Vec<Flaw>,
}

/// Runs `althing compute weights`.
///
/// # Errors
/// As any question to a node; exit code 6 if a weight is false.
pub(super) async fn run(
    context: &Context,
    client: &Client,
    chain: &Version,
    args: &ComputeWeights,
) -> Result<(), CliError> {
    let epoch = match args.epoch {
        Some(epoch) => epoch,
        None => client.status().await?.epoch.saturating_sub(1),
    };
    let said = client.weights(epoch).await?;
    if !args.verify {
        show(context, chain, &said);
        return Ok(());
    }
    let mut sheet = recompute(&said.credits);
    for flaw in on_chain(client, &said).await? {
        sheet.flaws.push(flaw);
    }
    compare(&mut sheet, &said);
    verdict(context, chain, &said, &sheet)
}

/// The weight of a result out of its factors, with nothing but integers: the exact product in 256 bits,
/// divided by 10^18 and rounded down. `None` if it does not fit.
fn weight(factors: &Factors) -> Option<u128> {
    // Two halves, each below 2^127: count * units * difficulty, and tier * uptime * reputation.
    let work = u128::from(factors.count).checked_mul(factors.units.into())?;
    let work = work.checked_mul(factors.difficulty_ppm.into())?;
    let parts = u128::from(factors.tier.get()).checked_mul(factors.uptime.get().into())?;
    let parts = parts.checked_mul(factors.reputation.get().into())?;
    // work * parts / SCALE without a product of 256 bits: the quotient of work, then that of the rest.
    // parts is at most SCALE, and SCALE^2 is below 2^120.
    let (whole, rest) = (work / SCALE, work % SCALE);
    whole.checked_mul(parts)?.checked_add(rest.checked_mul(parts)? / SCALE)
}

/// Units of work of a product: multiplications in blocks of 2^24, rounded up.
fn units(shape: &Shape) -> u128 {
    (u128::from(shape.m) * u128::from(shape.n) * u128::from(shape.k)).div_ceil(1 << 24).max(1)
}

/// Multiplies and adds up.
fn recompute(credits: &[CreditInfo]) -> Sheet {
    let mut sheet = Sheet::default();
    let mut seen = BTreeSet::new();
    for credit in credits {
        let mut flaw = |what: String| sheet.flaws.push(Flaw { task: Some(credit.task), what });
        if !seen.insert(credit.task) {
            flaw("is credited twice".to_owned());
            continue;
        }
        if u128::from(credit.factors.units) != units(&credit.shape) {
            flaw(format!(
                "counts {} units for {}, which has {}",
                credit.factors.units,
                shape_text(&credit.shape),
                units(&credit.shape)
            ));
        }
        let Some(weight) = weight(&credit.factors) else {
            flaw("has factors whose product does not fit".to_owned());
            continue;
        };
        if weight != credit.credit.units() {
            flaw(format!("is credited {}, and its factors give {weight}", credit.credit));
        }
        let sum = sheet.weights.entry(credit.worker).or_default();
        *sum = sum.saturating_add(weight);
        *sheet.results.entry(credit.worker).or_default() += 1;
    }
    sheet
}

/// Credits by the receipts of a block: task, worker, factors and credit of each event.
fn settled(receipts: &[Value], epoch: u64) -> Vec<(u64, Address, Factors, Amount)> {
    let events = receipts.iter().filter_map(|receipt| receipt.get("events")?.as_array());
    events
        .flatten()
        .filter_map(|event| {
            let mut event = event.clone();
            // Texts for people beside the fields of the chain.
            event.as_object_mut()?.retain(|name, _| !name.ends_with("_display"));
            match serde_json::from_value(event).ok()? {
                Event::TaskSettled { task, worker, epoch: of, factors, credit, .. }
                    if of.get() == epoch =>
                {
                    Some((task, worker, factors?, credit))
                }
                _ => None,
            }
        })
        .collect()
}

/// Compares credits with the receipts of the blocks that they name.
async fn on_chain(client: &Client, said: &WeightsInfo) -> Result<Vec<Flaw>, CliError> {
    let mut blocks: BTreeMap<u64, Vec<&CreditInfo>> = BTreeMap::new();
    for credit in &said.credits {
        blocks.entry(credit.height.get()).or_default().push(credit);
    }
    let mut flaws = Vec::new();
    for (height, credits) in blocks {
        let found = settled(&receipts(client, height).await?, said.epoch);
        for credit in &credits {
            let (worker, factors) = (credit.worker, credit.factors);
            if !found.contains(&(credit.task, worker, factors, credit.credit)) {
                let what = format!("has no event that says the same in block {height}");
                flaws.push(Flaw { task: Some(credit.task), what });
            }
        }
        for (task, ..) in found {
            if credits.iter().all(|credit| credit.task != task) {
                let what = format!("was settled in block {height}, and is left out");
                flaws.push(Flaw { task: Some(task), what });
            }
        }
    }
    Ok(flaws)
}

/// All receipts of a block, its own included.
async fn receipts(client: &Client, height: u64) -> Result<Vec<Value>, CliError> {
    let (mut all, mut offset) = (Vec::new(), 0usize);
    loop {
        let path = format!("/v1/blocks/{height}/receipts?limit={RECEIPTS}&offset={offset}");
        let page: Value = client.get(&path).await?;
        let found = page.get("receipts").and_then(Value::as_array).cloned().unwrap_or_default();
        offset += found.len();
        let more = page.get("next").is_some_and(|next| !next.is_null()) && !found.is_empty();
        all.extend(found);
        if !more {
            return Ok(all);
        }
    }
}

/// Compares sums with the state.
fn compare(sheet: &mut Sheet, said: &WeightsInfo) {
    let mut flaw = |what: String| sheet.flaws.push(Flaw { task: None, what });
    let sum = sheet.weights.values().fold(0u128, |sum, weight| sum.saturating_add(*weight));
    match said.total {
        Some(total) if total.units() != sum => {
            flaw(format!("the state says {total} for all together, and the results give {sum}"));
        }
        // Also where the pool went back because nobody claimed it in time.
        _ => {}
    }
    for known in &said.workers {
        let own = sheet.weights.get(&known.worker).copied().unwrap_or(0);
        let Some(weight) = known.weight else { continue };
        if weight.units() != own {
            flaw(format!(
                "the state says {weight} for {}, and its results give {own}",
                known.worker
            ));
        }
        let (Some(reward), Some(pool), Some(total)) = (&known.reward, &said.pool, said.total)
        else {
            continue;
        };
        let part = part_of(pool.amount.units(), own, total.units());
        if Some(reward.amount.units()) != part {
            flaw(format!("the part of {} of the pool is not {}", known.worker, reward.amount));
        }
    }
}

/// `pool * weight / total`, rounded down, by long division in base 2; `None` without a total.
fn part_of(pool: u128, weight: u128, total: u128) -> Option<u128> {
    if total == 0 || weight > total {
        return None;
    }
    // Adds the pool bit by bit of itself: quotient and remainder of pool * weight by total.
    let (mut quotient, mut rest) = (0u128, 0u128);
    for bit in (0..128).rev() {
        quotient = quotient.checked_mul(2)?;
        rest = rest.checked_mul(2)?;
        if pool >> bit & 1 == 1 {
            rest = rest.checked_add(weight)?;
        }
        while rest >= total {
            rest -= total;
            quotient = quotient.checked_add(1)?;
        }
    }
    Some(quotient)
}

/// Rows of workers: results, weight by the results, weight by the state, part of the pool.
fn rows(chain: &Version, said: &WeightsInfo, sheet: &Sheet) -> Vec<Vec<String>> {
    let row = |(worker, weight): (&Address, &u128)| {
        let known = said.workers.iter().find(|known| known.worker == *worker);
        let state = known.and_then(|known| known.weight);
        let right = state.is_none_or(|state| state.units() == *weight);
        let reward = known.and_then(|known| known.reward.as_ref());
        vec![
            worker.to_string(),
            sheet.results.get(worker).copied().unwrap_or(0).to_string(),
            weight.to_string(),
            state.map_or_else(|| "claimed".to_owned(), |state| state.to_string()),
            reward.map_or_else(
                || "-".to_owned(),
                |reward| output::tokens_of(reward.amount, &chain.symbol),
            ),
            if right { "right".to_owned() } else { "FALSE".to_owned() },
        ]
    };
    sheet.weights.iter().map(row).collect()
}

fn show(context: &Context, chain: &Version, said: &WeightsInfo) {
    let sheet = recompute(&said.credits);
    if context.global.json {
        output::json(&document(said, &sheet, None));
        return;
    }
    head(chain, said);
    let mut rows = rows(chain, said, &sheet);
    rows.iter_mut().for_each(|row| row.truncate(5));
    if rows.is_empty() {
        return;
    }
    output::line("");
    let header = ["worker", "results", "weight", "by the state", "earns"];
    output::rows(&header, &[1, 2, 3, 4], &rows);
}

fn head(chain: &Version, said: &WeightsInfo) {
    let pool = said.pool.as_ref().map_or_else(
        || "known when the epoch is over".to_owned(),
        |pool| output::tokens_of(pool.amount, &chain.symbol),
    );
    output::facts(&[
        ("epoch", format!("{} ({})", said.epoch, if said.over { "over" } else { "runs" })),
        ("results", said.credits.len().to_string()),
        ("weights together", said.total.map_or_else(|| "none".to_owned(), |it| it.to_string())),
        ("miners' pool", pool),
    ]);
}

/// All of it for programs.
fn document(said: &WeightsInfo, sheet: &Sheet, verified: Option<bool>) -> Value {
    let worker = |(worker, weight): (&Address, &u128)| {
        let known = said.workers.iter().find(|known| known.worker == *worker);
        json!({
            "worker": worker,
            "results": sheet.results.get(worker),
            "recomputed": weight.to_string(),
            "state": known.and_then(|known| known.weight),
            "reward": known.and_then(|known| known.reward.as_ref()).map(|reward| reward.amount),
        })
    };
    let mut value = json!({
        "epoch": said.epoch,
        "over": said.over,
        "total": said.total,
        "pool": said.pool.as_ref().map(|pool| pool.amount),
        "results": said.credits.len(),
        "workers": sheet.weights.iter().map(worker).collect::<Vec<_>>(),
    });
    if let Some(verified) = verified {
        let flaw = |flaw: &Flaw| json!({ "task": flaw.task, "what": flaw.what });
        value["verified"] = json!(verified);
        value["flaws"] = json!(sheet.flaws.iter().map(flaw).collect::<Vec<_>>());
    }
    value
}

/// Prints what was found.
fn verdict(
    context: &Context,
    chain: &Version,
    said: &WeightsInfo,
    sheet: &Sheet,
) -> Result<(), CliError> {
    let right = sheet.flaws.is_empty();
    if context.global.json {
        output::json(&document(said, sheet, Some(right)));
    } else {
        head(chain, said);
        let rows = rows(chain, said, sheet);
        if !rows.is_empty() {
            output::line("");
            let header = ["worker", "results", "recomputed", "by the state", "earns", "is"];
            output::rows(&header, &[1, 2, 3, 4], &rows);
        }
        output::line("");
        for flaw in &sheet.flaws {
            match flaw.task {
                Some(task) => output::line(format!("task {task} {}", flaw.what)),
                None => output::line(&flaw.what),
            }
        }
    }
    if !right {
        let count = output::count(sheet.flaws.len() as u64, "flaw");
        let message = format!("the weights of epoch {} are FALSE: {count}", said.epoch);
        return Err(CliError::new(Exit::False, "weights_false", message));
    }
    if !context.global.json {
        output::line(format!(
            "RIGHT: the weights of {} follow from {} of the receipts of the chain",
            output::count(sheet.weights.len() as u64, "worker"),
            output::count(said.credits.len() as u64, "result")
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
