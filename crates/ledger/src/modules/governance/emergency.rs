//! Votes in an emergency: they begin when they are proposed, and what is proposed happens with the vote
//! that reaches the threshold.

use super::{
    AGENDA, Standing, Status, Terms,
    block::give_back,
    chain::take_off,
    proposal_key,
    snapshot::{self, Snapshot},
    store, tally,
};
use crate::{
    error::{Failure, Fault},
    execute::Context,
    modules::{
        accounts, safety,
        staking::{self, BlockMoment},
    },
};
use althing_types::{
    Event, Period, Ppm,
    governance::{Action, Criticality},
};

/// Gas of what happens, which the deciding vote pays.
const GAS_TO_ACT: u64 = 60_000;

/// Begins the vote on what was proposed just now.
pub(super) fn begin(context: &mut Context<'_>, number: u64) -> Result<Event, Failure> {
    let moment = BlockMoment::from(context.block);
    let found = snapshot::take_heads(context.view, context.meter, &moment)?;
    let Snapshot { epoch, stake, validators } = found;
    let params = &moment.params.safety;
    let closes = moment.after(params.voting);
    let mut standing = store::require_standing(context.view, number)?;
    standing.status = Status::Voting { closes };
    standing.terms = Some(Terms {
        snapshot: epoch,
        stake,
        validators,
        quorum: Ppm::ZERO,
        threshold: params.threshold,
        veto: moment.params.governance.veto,
        delay: Period::default(),
    });
    store::save_standing(context.view, number, &standing)?;
    let mut agenda = store::load_agenda(context.view)?;
    for entry in agenda.entries.iter_mut().filter(|entry| entry.proposal == number) {
        (entry.due, entry.snapshot) = (Some(closes), Some(epoch));
    }
    store::save_agenda(context.view, &agenda)?;
    let proposal = number;
    Ok(Event::ProposalOpened { proposal, snapshot: epoch, stake, validators, closes })
}

/// Acts, if nearly all validators are for it with the vote that was counted just now. What cannot
/// happen any more fails, and the vote is counted all the same.
pub(super) fn act_if_decided(
    context: &mut Context<'_>,
    number: u64,
    standing: &Standing,
) -> Result<Vec<Event>, Failure> {
    let decided = standing.terms.is_some_and(|terms| tally::judge(standing, &terms).is_ok());
    if standing.criticality != Criticality::Emergency || !decided {
        return Ok(Vec::new());
    }
    context.meter.charge(GAS_TO_ACT)?;
    let moment = BlockMoment::from(context.block);
    let view = &mut *context.view;
    staking::know(view, [AGENDA, proposal_key(number)])?;
    let proposal = store::require_proposal(view, number)?;
    let protocol = moment.protocol;
    let parties = [&protocol.governance, &protocol.treasury, &proposal.proposer];
    staking::know(view, parties.map(accounts::key))?;
    give_back(view, protocol, &proposal, Ppm::ZERO)?;
    take_off(view, number)?;
    let due = moment.after(Period::default());
    let mut events = vec![Event::ProposalPassed { proposal: number, due }];
    let height = moment.height;
    let Action::Emergency { order } = &proposal.action else {
        let what = "something else than an emergency is decided at once";
        return Err(Fault::Corrupt { key: proposal_key(number), what }.into());
    };
    let possible = safety::check_emergency(view, &moment, order);
    let status = match possible.and_then(|()| safety::emergency(view, &moment, number, order)) {
        Ok(done) => {
            events.extend(done);
            events.push(Event::ProposalEnacted { proposal: number });
            Status::Enacted { height }
        }
        Err(Failure::Rule(code)) => {
            events.push(Event::ProposalFailed { proposal: number, code: code.get() });
            Status::Failed { height, code: code.get() }
        }
        Err(fault) => return Err(fault),
    };
    store::save_standing(view, number, &Standing { status, ..*standing })?;
    Ok(events)
}
