//! What others do to proposals: the chain itself proposes, and the safety override or an emergency stops
//! what is under way.

use super::{
    AGENDA, Agenda, Entry, Proposal, Standing, Status, Turnout, action, block::give_back,
    proposal_key, standing_key, store,
};
use crate::{
    error::Fault,
    modules::{
        accounts, bank,
        staking::{self, BlockMoment},
    },
    versions::V1_1,
};
use althing_state::View;
use althing_types::{
    Amount, Event, Ppm, Text,
    governance::{Action, Criticality, DisbursementReason, Houses, Kind},
    limits::MAX_PROPOSAL_TITLE_BYTES,
    params::GovernanceParams,
};

/// Writes a proposal down, which its number is made for, and puts it on the agenda. The caller saves
/// that.
pub(super) fn enter(
    view: &mut View,
    moment: &BlockMoment<'_>,
    agenda: &mut Agenda,
    proposal: &Proposal,
) -> Result<Event, Fault> {
    let number = agenda.next;
    let full = Fault::Corrupt { key: AGENDA, what: "every number of a proposal is used" };
    agenda.next = number.checked_add(1).ok_or(full)?;
    let Proposal { proposer, deposit, criticality, houses, .. } = *proposal;
    let described = moment.version >= V1_1;
    let kind = described.then(|| Kind::of(&proposal.action));
    let turnout = described.then(|| Turnout::since(moment.height));
    agenda.entries.push(Entry { proposal: number, proposer, due: None, snapshot: None, kind });
    store::save_proposal(view, number, proposal)?;
    let standing = Standing { turnout, ..Standing::new(criticality, houses) };
    store::save_standing(view, number, &standing)?;
    Ok(Event::ProposalSubmitted { proposal: number, proposer, criticality, houses, deposit })
}

/// Lets the chain propose something, without a deposit. Returns the number, or nothing if the agenda is
/// full.
pub(crate) fn propose_by_chain(
    view: &mut View,
    moment: &BlockMoment<'_>,
    title: Text<MAX_PROPOSAL_TITLE_BYTES>,
    (houses, action): (Houses, Action),
) -> Result<Option<(u64, Event)>, Fault> {
    staking::know(view, [AGENDA])?;
    let mut agenda = store::load_agenda(view)?;
    let most = usize::try_from(GovernanceParams::MAX_OPEN).unwrap_or(usize::MAX);
    if agenda.entries.len() >= most {
        return Ok(None);
    }
    let number = agenda.next;
    let proposal = Proposal {
        proposer: *bank::safety_account(),
        deposit: Amount::ZERO,
        submitted: moment.height,
        title,
        summary: Text::default(),
        link: Text::default(),
        criticality: Criticality::Standard,
        houses,
        action,
    };
    let event = enter(view, moment, &mut agenda, &proposal)?;
    store::save_agenda(view, &agenda)?;
    Ok(Some((number, event)))
}

/// A proposal and how it stands; `None` if there is no such proposal.
pub(crate) fn under_way(view: &View, number: u64) -> Result<Option<(Proposal, Standing)>, Fault> {
    staking::know(view, [AGENDA, proposal_key(number), standing_key(number)])?;
    let Some(standing) = store::load_standing(view, number)? else { return Ok(None) };
    Ok(Some((store::require_proposal(view, number)?, standing)))
}

/// Takes a proposal that is under way off the agenda. Its proposer gets the whole deposit back, if it
/// has not got it yet.
pub(crate) fn stop(
    view: &mut View,
    moment: &BlockMoment<'_>,
    number: u64,
) -> Result<Vec<Event>, Fault> {
    let proposal = store::require_proposal(view, number)?;
    let mut standing = store::require_standing(view, number)?;
    let (protocol, proposer) = (moment.protocol, proposal.proposer);
    let parties = [&protocol.governance, &protocol.treasury, &proposer];
    staking::know(view, parties.map(accounts::key))?;
    if matches!(standing.status, Status::Waiting {} | Status::Voting { .. }) {
        give_back(view, protocol, &proposal, Ppm::ZERO)?;
    }
    take_off(view, number)?;
    standing.status = Status::Cancelled { height: moment.height };
    store::save_standing(view, number, &standing)?;
    let why = (&proposal.action, DisbursementReason::Overridden);
    let given_up = action::give_up(view, moment, number, why)?;
    let event = Event::ProposalCancelled { proposal: number, proposer, forfeited: Amount::ZERO };
    Ok([vec![event], given_up].concat())
}

/// Takes a proposal off the agenda.
pub(super) fn take_off(view: &mut View, number: u64) -> Result<(), Fault> {
    let mut agenda = store::load_agenda(view)?;
    agenda.entries.retain(|entry| entry.proposal != number);
    store::save_agenda(view, &agenda)
}
