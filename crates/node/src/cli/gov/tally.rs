//! `althing gov tally`: the numbers that decide, what is still needed, the time left.

use super::terms::who;
use crate::cli::{
    args::GovTally,
    context::Context,
    error::CliError,
    fields::{amount, number, text},
    online::with_chain,
    output,
};
use althing_client::http::{Client, Version};
use althing_types::{Amount, governance::Houses};
use serde_json::Value;
use std::io::IsTerminal as _;

/// Characters of a bar.
const WIDTH: u64 = 30;
const ONE: u64 = 1_000_000;

/// `althing gov tally`
///
/// # Errors
/// As any question to a node; exit code 5 if there is no such proposal.
pub(super) fn run(context: &Context, args: &GovTally) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let mut last = None;
        loop {
            let proposal = ask(&client, args.proposal).await?;
            let tally = proposal.get("tally").cloned().unwrap_or_default();
            if context.global.json {
                if last.as_ref() != Some(&tally) {
                    output::json(&tally);
                }
            } else if args.watch && std::io::stdout().is_terminal() {
                // To the upper left corner of an empty screen.
                output::line(format!("\u{1b}[2J\u{1b}[H{}", page(&proposal, &chain)));
            } else if last.as_ref() != Some(&tally) {
                output::line(format!("{}\n", page(&proposal, &chain)).trim_end());
            }
            if !args.watch || is_over(&proposal) {
                return Ok(());
            }
            last = Some(tally);
            tokio::time::sleep(args.every).await;
        }
    })
}

/// A proposal with its tally.
///
/// # Errors
/// As any question to a node.
pub(super) async fn ask(client: &Client, proposal: u64) -> Result<Value, CliError> {
    Ok(client.get(&format!("/v1/governance/proposals/{proposal}")).await?)
}

/// Whether nothing that is cast counts any more.
fn is_over(proposal: &Value) -> bool {
    !matches!(text(proposal, "status").as_str(), "waiting" | "voting")
}

fn page(proposal: &Value, chain: &Version) -> String {
    let head = format!("proposal {}: {}", number(proposal, "number"), text(proposal, "title"));
    let mut lines = vec![head, stands(proposal), String::new()];
    lines.extend(houses(proposal, &chain.symbol));
    lines.join("\n")
}

/// Where a proposal is in its life.
pub(super) fn stands(proposal: &Value) -> String {
    let tally = proposal.get("tally").unwrap_or(&Value::Null);
    let height = number(tally, "height");
    let left = left(tally);
    let ended = number(proposal, "ended_height");
    match text(proposal, "status").as_str() {
        "waiting" => format!("waiting at block {height}: its vote begins with the next epoch"),
        "voting" => format!("voting at block {height}: the vote ends {left}"),
        "queued" => format!("accepted; at block {height} it waits: it happens {left}"),
        "enacted" => format!("enacted at block {ended}"),
        "rejected" => {
            let why = match text(proposal, "rejection").as_str() {
                "no-quorum" => "too little stake took part",
                "veto" => "too many called it harmful",
                _ => "too few said yes",
            };
            format!("rejected at block {ended}: {why}")
        }
        "failed" => {
            let failure = proposal.get("failure").unwrap_or(&Value::Null);
            format!(
                "accepted, but it could not happen at block {ended}: {} ({})",
                text(failure, "message"),
                text(failure, "code_name")
            )
        }
        "cancelled" => format!("taken back by its proposer at block {ended}"),
        other => other.to_owned(),
    }
}

/// The time left of a period; it ends with an epoch.
fn left(tally: &Value) -> String {
    let (blocks, ms) = (number(tally, "blocks_left"), number(tally, "ms_left"));
    let then = "with the first epoch that ends";
    match (blocks, ms) {
        (0, 0) => "with this epoch".to_owned(),
        (blocks, 0) => format!("{then} in {} or later", output::count(blocks, "block")),
        (0, ms) => format!("{then} in {} or later", output::duration(ms)),
        (blocks, ms) => {
            format!("{then} after {} and {}", output::count(blocks, "block"), output::duration(ms))
        }
    }
}

/// The numbers of the houses that are asked, as lines.
pub(super) fn houses(proposal: &Value, symbol: &str) -> Vec<String> {
    let tally = proposal.get("tally").unwrap_or(&Value::Null);
    let (stake, heads) = (tally.get("stake"), tally.get("validators"));
    if stake.is_none() && heads.is_none() {
        let decides = match text(proposal, "houses").as_str() {
            "both" => Houses::BOTH,
            "stake" => Houses::STAKE,
            _ => Houses::VALIDATORS,
        };
        return vec![format!("decides: {}; weights are fixed when the vote begins", who(decides))];
    }
    let mut lines = Vec::new();
    if let Some(stake) = stake {
        lines.extend(stake_lines(stake, symbol));
        lines.push(String::new());
    }
    if let Some(heads) = heads {
        lines.extend(head_lines(heads));
        lines.push(String::new());
    }
    if let Some(turnout) = tally.get("turnout") {
        lines.push(turnout_line(turnout));
        lines.push(String::new());
    }
    let needs = needs(stake, heads, symbol);
    let voting = text(proposal, "status") == "voting";
    match text(tally, "outcome").as_str() {
        "passed" if voting => lines.push("now: would be accepted".to_owned()),
        "passed" => lines.push("accepted".to_owned()),
        reason if voting => {
            lines.push(format!("now: would be rejected ({reason})"));
            lines.extend(needs.into_iter().map(|need| format!("needs: {need}")));
        }
        reason => lines.push(format!("not accepted ({reason})")),
    }
    lines
}

/// How many voted.
fn turnout_line(turnout: &Value) -> String {
    format!(
        "voted: {} with their own stake, {}",
        output::count(number(turnout, "accounts"), "account"),
        output::count(number(turnout, "validators"), "validator"),
    )
}

/// A part with a mark at what is needed.
fn bar(part: u64, mark: u64) -> String {
    let place = |ppm: u64| ppm.min(ONE).saturating_mul(WIDTH) / ONE;
    let (full, mark) = (place(part), place(mark).min(WIDTH.saturating_sub(1)));
    let cell = |at: u64| match (at == mark, at < full) {
        (true, _) => '|',
        (false, true) => '█',
        (false, false) => '░',
    };
    (0..WIDTH).map(cell).collect()
}

fn line(name: &str, (part, mark): (u64, u64), of: &str) -> String {
    let (is, wanted) = (output::percent(part), output::percent(mark));
    format!("  {name:<9} {}  {is:>9}  {of} {wanted}", bar(part, mark))
}

fn stake_lines(stake: &Value, symbol: &str) -> Vec<String> {
    let money = |name: &str| output::about(amount(stake, &format!("/{name}")), symbol);
    let pair = |part, mark| (number(stake, part), number(stake, mark));
    vec![
        format!("those who stake: {} may take part", money("total")),
        line("take part", pair("turnout", "quorum"), "quorum"),
        line("yes", pair("yes_part", "threshold"), "threshold"),
        line("veto", pair("veto_part", "veto_limit"), "limit"),
        format!(
            "  yes {}, no {}, abstain {}, veto {}",
            money("yes"),
            money("no"),
            money("abstain"),
            money("veto")
        ),
    ]
}

/// Votes of validators; one can be divided.
fn heads_of(heads: &Value, name: &str) -> String {
    let (whole, rest) = (number(heads, name) / ONE, number(heads, name) % ONE);
    match rest {
        0 => whole.to_string(),
        rest => format!("{whole}.{}", format!("{rest:06}").trim_end_matches('0')),
    }
}

fn head_lines(heads: &Value) -> Vec<String> {
    let pair = |part, mark| (number(heads, part), number(heads, mark));
    vec![
        format!("the validators: {} may vote, one vote each", number(heads, "total")),
        line("yes", pair("yes_part", "threshold"), "threshold"),
        line("veto", pair("veto_part", "veto_limit"), "limit"),
        format!(
            "  yes {}, no {}, abstain {}, veto {}; {} took part",
            heads_of(heads, "yes"),
            heads_of(heads, "no"),
            heads_of(heads, "abstain"),
            heads_of(heads, "veto"),
            output::percent(number(heads, "turnout"))
        ),
    ]
}

/// What is missing, if whoever votes from now on says yes.
fn needs(stake: Option<&Value>, heads: Option<&Value>, symbol: &str) -> Vec<String> {
    let mut needs = Vec::new();
    if let Some(stake) = stake {
        let units = |name: &str| amount(stake, &format!("/{name}")).units();
        let count = StakeNeeds {
            total: units("total"),
            yes: units("yes"),
            against: units("no").saturating_add(units("veto")),
            abstain: units("abstain"),
            quorum: number(stake, "quorum"),
            threshold: number(stake, "threshold"),
        };
        let about = |units| output::about_up(Amount::new(units), symbol);
        match count.quorum() {
            0 => {}
            units => needs.push(format!("{} more that take part", about(units))),
        }
        match count.yes() {
            Some(0) => {}
            Some(units) => needs.push(format!("{} more that say yes", about(units))),
            None => needs.push("that who said no or veto votes otherwise".to_owned()),
        }
    }
    if let Some(heads) = heads {
        match head_needs(number(heads, "total"), number(heads, "yes"), number(heads, "threshold")) {
            0 => {}
            more => {
                let verb = if more == 1 { "says" } else { "say" };
                needs.push(format!("{} more that {verb} yes", output::count(more, "validator")));
            }
        }
    }
    needs
}

/// What the house of stake lacks, in base units.
struct StakeNeeds {
    total: u128,
    yes: u128,
    against: u128,
    abstain: u128,
    quorum: u64,
    threshold: u64,
}

impl StakeNeeds {
    /// More that takes part.
    fn quorum(&self) -> u128 {
        let cast = self.yes.saturating_add(self.against).saturating_add(self.abstain);
        share_up(self.total, self.quorum.into(), ONE.into()).saturating_sub(cast)
    }

    /// More that says yes: `yes + x` of `yes + against + x` is the threshold. `None` if no yes is
    /// enough.
    fn yes(&self) -> Option<u128> {
        let least = match ONE.saturating_sub(self.threshold) {
            0 if self.against > 0 => return None,
            0 => 0,
            rest => share_up(self.against, self.threshold.into(), rest.into()),
        };
        // Of nothing, nothing is yes.
        let least = if self.yes == 0 { least.max(1) } else { least };
        let missing = least.saturating_sub(self.yes);
        let free = self.total.saturating_sub(self.yes).saturating_sub(self.against);
        (missing <= free).then_some(missing)
    }
}

/// `whole * part / of`, rounded up.
fn share_up(whole: u128, part: u128, of: u128) -> u128 {
    Amount::new(whole).mul_div_up(part, of).map_or(u128::MAX, Amount::units)
}

/// Validators that must still say yes; `yes` in parts per million of one.
fn head_needs(total: u64, yes: u64, threshold: u64) -> u64 {
    let needed = u128::from(total).saturating_mul(threshold.into());
    let missing = needed.saturating_sub(yes.into());
    u64::try_from(missing.div_ceil(ONE.into())).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stake(yes: u128, against: u128, abstain: u128) -> StakeNeeds {
        StakeNeeds { total: 1_000, yes, against, abstain, quorum: 330_000, threshold: 510_000 }
    }

    #[test]
    fn what_is_needed_is_enough_and_one_less_is_not() {
        assert_eq!(stake(100, 0, 29).quorum(), 201);
        assert_eq!(stake(330, 0, 0).quorum(), 0);
        for (yes, against) in [(0_u128, 0_u128), (10, 100), (99, 100), (0, 333), (105, 100)] {
            let more = stake(yes, against, 0).yes().unwrap();
            let passes = |yes: u128| yes > 0 && yes * 1_000_000 >= 510_000 * (yes + against);
            assert!(passes(yes + more), "{yes} of {against}: {more}");
            assert!(more == 0 || !passes(yes + more - 1), "{yes} of {against}: {more}");
        }
        assert_eq!(stake(100, 600, 0).yes(), None);
        assert_eq!(StakeNeeds { threshold: 1_000_000, ..stake(1, 1, 0) }.yes(), None);
    }

    #[test]
    fn validators_are_missing_in_whole_numbers() {
        assert_eq!(head_needs(4, 2_000_000, 510_000), 1);
        assert_eq!(head_needs(4, 2_500_000, 900_000), 2);
        assert_eq!(head_needs(4, 4_000_000, 1_000_000), 0);
    }

    #[test]
    fn a_bar_has_its_width_and_its_mark() {
        for (part, mark) in [(0, 0), (510_000, 510_000), (1_000_000, 1_000_000), (7, 999_999)] {
            assert_eq!(bar(part, mark).chars().count() as u64, WIDTH);
            assert_eq!(bar(part, mark).matches('|').count(), 1);
        }
        assert_eq!(bar(500_000, 900_000).matches('█').count(), 15);
    }

    #[test]
    fn a_page_says_who_lacks_what() {
        let proposal = json!({
            "number": 7, "title": "Meet", "status": "voting", "houses": "both",
            "tally": {
                "height": 120, "outcome": "no-quorum", "blocks_left": 30, "ms_left": 0,
                "stake": { "total": "1000000000000000000000", "yes": "100000000000000000000",
                    "no": "0", "abstain": "0", "veto": "0", "turnout": 100_000,
                    "quorum": 330_000, "yes_part": 1_000_000, "threshold": 510_000,
                    "veto_part": 0, "veto_limit": 334_000 },
                "validators": { "total": 4, "yes": 1_500_000, "no": 500_000, "abstain": 0,
                    "veto": 0, "turnout": 500_000, "yes_part": 375_000, "threshold": 510_000,
                    "veto_part": 0, "veto_limit": 334_000 },
            },
        });
        let text = format!("{}\n{}", stands(&proposal), houses(&proposal, "CPC").join("\n"));
        for expected in [
            "ends with the first epoch that ends in 30 blocks or later",
            "1000 CPC may take part",
            "10 %  quorum 33 %",
            "4 may vote",
            "yes 1.5, no 0.5",
            "would be rejected (no-quorum)",
            "needs: 230 CPC more that take part",
            "needs: 1 validator more that says yes",
        ] {
            assert!(text.contains(expected), "{expected}:\n{text}");
        }
    }
}
