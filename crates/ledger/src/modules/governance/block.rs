//! The turn of the epoch: votes end, what was decided happens, votes begin.

use super::{
    AGENDA, Agenda, Entry, Proposal, Standing, Status, Terms, action, electorate_key, proposal_key,
    snapshot::{self, Snapshot},
    standing_key, store, tally,
};
use crate::{
    error::{Failure, Fault},
    modules::{
        accounts, bank, params,
        staking::{self, BlockMoment},
    },
};
use althing_state::{StateKey, View};
use althing_types::{
    Amount, ChainParams, Epoch, Event, Ppm,
    governance::{DisbursementReason, Rejection},
};

/// Ends votes that are over, enacts what is due, and begins the votes on what was proposed in the
/// epoch that ends. One step a proposal and turn, however many voted.
///
/// # Errors
/// [`Fault`]: nothing is missing once [`missing_for_epoch_end`] is satisfied.
pub(crate) fn end_epoch(view: &mut View, moment: &BlockMoment<'_>) -> Result<Vec<Event>, Fault> {
    let before = store::load_agenda(view)?;
    if before.entries.is_empty() && staking::load_snapshots(view)?.is_empty() {
        return Ok(Vec::new());
    }
    let mut events = Vec::new();
    let mut entries = Vec::with_capacity(before.entries.len());
    let due: Vec<u64> = due(&before, moment).map(|entry| entry.proposal).collect();
    for entry in &before.entries {
        if due.contains(&entry.proposal) {
            entries.extend(advance(view, moment, *entry, &mut events)?);
        } else {
            entries.push(*entry);
        }
    }
    if entries.iter().any(is_waiting) {
        // The rules are those of the epoch that begins.
        let params = params::load(view)?;
        let snapshot = snapshot::take(view, moment, &params.governance, next(moment)?)?;
        for entry in entries.iter_mut().filter(|entry| is_waiting(entry)) {
            open(view, moment, &params, snapshot, entry, &mut events)?;
        }
    }
    keep_snapshots(view, &entries)?;
    let after = Agenda { entries, ..before.clone() };
    if after != before {
        store::save_agenda(view, &after)?;
    }
    Ok(events)
}

/// Most proposals that are decided or enacted by one turn of the epoch. Each may change 16 parameters,
/// and the receipt of a block holds an event for each.
const MAX_STEPS: usize = 128;

/// The proposals that take a step now: the first that are due.
fn due<'a>(agenda: &'a Agenda, moment: &'a BlockMoment<'_>) -> impl Iterator<Item = &'a Entry> {
    let is_due = |entry: &&Entry| entry.due.is_some_and(|due| moment.is_reached(due));
    agenda.entries.iter().filter(is_due).take(MAX_STEPS)
}

const fn is_waiting(entry: &Entry) -> bool {
    entry.due.is_none()
}

fn next(moment: &BlockMoment<'_>) -> Result<Epoch, Fault> {
    let last = Fault::Corrupt { key: AGENDA, what: "there are no epochs left" };
    moment.epoch.next().ok_or(last)
}

fn corrupt(number: u64, what: &'static str) -> Fault {
    Fault::Corrupt { key: standing_key(number), what }
}

/// Does what is due. Returns the entry if something is to happen yet.
fn advance(
    view: &mut View,
    moment: &BlockMoment<'_>,
    entry: Entry,
    events: &mut Vec<Event>,
) -> Result<Option<Entry>, Fault> {
    let number = entry.proposal;
    let proposal = store::require_proposal(view, number)?;
    let mut standing = store::require_standing(view, number)?;
    let left = match standing.status {
        Status::Voting { .. } => close(view, moment, entry, &proposal, &mut standing, events)?,
        Status::Queued { .. } => {
            standing.status = enact(view, moment, number, &proposal, events)?;
            None
        }
        _ => {
            return Err(corrupt(number, "a proposal on the agenda is neither voted on nor queued"));
        }
    };
    store::save_standing(view, number, &standing)?;
    Ok(left)
}

/// Ends a vote.
fn close(
    view: &mut View,
    moment: &BlockMoment<'_>,
    entry: Entry,
    proposal: &Proposal,
    standing: &mut Standing,
    events: &mut Vec<Event>,
) -> Result<Option<Entry>, Fault> {
    let number = entry.proposal;
    let terms = standing.terms.ok_or(corrupt(number, "a vote has no terms"))?;
    let governance = &moment.params.governance;
    match tally::judge(standing, &terms) {
        Ok(()) => {
            give_back(view, moment.protocol, proposal, Ppm::ZERO)?;
            let due = moment.after(terms.delay);
            events.push(Event::ProposalPassed { proposal: number, due });
            let what = (&proposal.action, terms.delay);
            if action::pass(view, moment, number, what, events)? {
                standing.status = Status::Enacted { height: moment.height };
                events.push(Event::ProposalEnacted { proposal: number });
                return Ok(None);
            }
            standing.status = Status::Queued { due };
            Ok(Some(Entry { due: Some(due), snapshot: None, ..entry }))
        }
        Err(reason) => {
            let part = match reason {
                Rejection::Veto => Ppm::ONE,
                Rejection::NoQuorum => governance.forfeit_no_quorum,
                Rejection::Threshold => Ppm::ZERO,
            };
            let forfeited = give_back(view, moment.protocol, proposal, part)?;
            standing.status = Status::Rejected { height: moment.height, reason };
            events.push(Event::ProposalRejected { proposal: number, reason, forfeited });
            let what = (&proposal.action, DisbursementReason::Rejected);
            events.extend(action::give_up(view, moment, number, what)?);
            Ok(None)
        }
    }
}

/// Lets a proposal happen, or says why it cannot any more.
fn enact(
    view: &mut View,
    moment: &BlockMoment<'_>,
    number: u64,
    proposal: &Proposal,
    events: &mut Vec<Event>,
) -> Result<Status, Fault> {
    let height = moment.height;
    match action::enact(view, moment, (number, proposal.criticality), &proposal.action) {
        Ok(done) => {
            events.extend(done);
            events.push(Event::ProposalEnacted { proposal: number });
            Ok(Status::Enacted { height })
        }
        Err(Failure::Rule(code)) => {
            let code = code.get();
            events.push(Event::ProposalFailed { proposal: number, code });
            Ok(Status::Failed { height, code })
        }
        Err(Failure::Fault(fault)) => Err(fault),
    }
}

/// Gives a deposit back, without the part that is forfeited, rounded up, which goes to the treasury.
/// Returns that.
pub(super) fn give_back(
    view: &mut View,
    protocol: &bank::ProtocolAccounts,
    proposal: &Proposal,
    part: Ppm,
) -> Result<Amount, Fault> {
    let what = "a part of a deposit is more than the deposit";
    let broken = |_| Fault::Corrupt { key: AGENDA, what };
    let deposit = proposal.deposit;
    let forfeited = deposit.mul_div_up(part.get().into(), ONE).map_err(broken)?;
    let rest = deposit.checked_sub(forfeited).map_err(broken)?;
    bank::earn(view, protocol, &protocol.governance, (bank::Source::Deposits, forfeited))?;
    bank::move_held(view, &protocol.governance, &proposal.proposer, rest)?;
    Ok(forfeited)
}

const ONE: u128 = 1_000_000;

/// Begins a vote.
fn open(
    view: &mut View,
    moment: &BlockMoment<'_>,
    params: &ChainParams,
    snapshot: Snapshot,
    entry: &mut Entry,
    events: &mut Vec<Event>,
) -> Result<(), Fault> {
    let number = entry.proposal;
    let Proposal { criticality, action, .. } = store::require_proposal(view, number)?;
    let governance = &params.governance;
    let unvoted = corrupt(number, "a proposal has a criticality that is not voted on");
    let track = governance.track(criticality).ok_or(unvoted)?;
    let closes = action::closes(view, &action)?.unwrap_or(moment.after(track.voting));
    let Snapshot { epoch, stake, validators } = snapshot;
    let mut standing = store::require_standing(view, number)?;
    standing.status = Status::Voting { closes };
    standing.terms = Some(Terms {
        snapshot: epoch,
        stake,
        validators,
        quorum: governance.quorum,
        threshold: track.threshold,
        veto: governance.veto,
        delay: track.delay,
    });
    store::save_standing(view, number, &standing)?;
    (entry.due, entry.snapshot) = (Some(closes), Some(epoch));
    let proposal = number;
    events.push(Event::ProposalOpened { proposal, snapshot: epoch, stake, validators, closes });
    events.extend(action::open(view, moment, number, &action)?);
    Ok(())
}

/// Forgets the weights that no vote uses any more.
fn keep_snapshots(view: &mut View, entries: &[Entry]) -> Result<(), Fault> {
    let mut used: Vec<Epoch> = entries.iter().filter_map(|entry| entry.snapshot).collect();
    used.sort_unstable();
    used.dedup();
    let before = staking::load_snapshots(view)?;
    for epoch in before.iter().filter(|epoch| !used.contains(epoch)) {
        let electorate = store::require_electorate(view, *epoch)?;
        store::remove_electorate(view, *epoch, &electorate);
    }
    if used == before { Ok(()) } else { staking::save_snapshots(view, used) }
}

/// Adds the keys that the turn of the epoch touches here, as far as what the view knows tells: ask
/// again once they are there. Those of all candidates are asked for by `staking`.
pub(crate) fn missing_for_epoch_end(
    view: &View,
    moment: &BlockMoment<'_>,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    out.extend([AGENDA, staking::SNAPSHOTS]);
    if !view.knows(&AGENDA) || !view.knows(&staking::SNAPSHOTS) {
        return Ok(());
    }
    let agenda = store::load_agenda(view)?;
    let waiting = agenda.entries.iter().filter(|entry| is_waiting(entry));
    for entry in waiting.chain(due(&agenda, moment)) {
        let Entry { proposal, proposer, .. } = entry;
        out.extend([proposal_key(*proposal), standing_key(*proposal), accounts::key(proposer)]);
        if view.knows(&proposal_key(*proposal)) {
            let record = store::require_proposal(view, *proposal)?;
            action::keys(view, moment, (*proposal, &record), out)?;
        }
    }
    if due(&agenda, moment).next().is_some() {
        let protocol = moment.protocol;
        out.extend([&protocol.governance, &protocol.treasury].map(accounts::key));
    }
    // Also what the last block of the epoch may make necessary yet: a proposal whose vote begins, or
    // one taken back that was the last to use its weights.
    snapshot::keys(view, next(moment)?, out)?;
    out.extend(staking::load_snapshots(view)?.into_iter().map(electorate_key));
    Ok(())
}
