//! What `governance` asks of the treasury, as a proposal goes on.

use super::{
    Disbursement, PENDING, TREASURY, Waiting, dependents_key, disbursement_key,
    error::TreasuryError,
    executor::{Executor, NOW},
    graph, store,
};
use crate::{
    error::{Failure, Fault},
    gas::Meter,
    modules::{
        accounts, bank,
        staking::{self, BlockMoment},
    },
};
use althing_state::{StateKey, View};
use althing_types::{
    Amount, Due, Event, List, Period, Ppm,
    governance::{
        Dependencies, DisbursementReason as Reason, DisbursementState as State, Payments,
    },
};

/// What a proposal wants to disburse.
pub(crate) struct Plan<'a> {
    pub(crate) payments: &'a Payments,
    pub(crate) deps: &'a Dependencies,
}

/// Checks and writes the disbursement of proposal `number`, while `open` others are on the agenda.
pub(crate) fn draft(
    view: &mut View,
    meter: &mut Meter,
    moment: &BlockMoment<'_>,
    (number, open): (u64, usize),
    plan: &Plan<'_>,
) -> Result<Vec<Event>, Failure> {
    let protocol = moment.protocol;
    staking::know(view, [TREASURY, accounts::key(&protocol.treasury)])?;
    let treasury = store::load_treasury(view)?;
    let most = usize::try_from(moment.params.treasury.max_pending).unwrap_or(usize::MAX);
    let waiting = usize::try_from(treasury.pending).unwrap_or(usize::MAX);
    if waiting.saturating_add(open) >= most {
        return Err(TreasuryError::TooMany.into());
    }
    let total = total(plan.payments).ok_or(TreasuryError::InsufficientFunds)?;
    let owned = bank::balance_of(view, &protocol.treasury)?;
    let wanted = treasury.reserved.checked_add(total);
    if !wanted.is_ok_and(|wanted| wanted <= owned) {
        return Err(TreasuryError::InsufficientFunds.into());
    }
    let closed = |to| protocol.is_closed(to) || *to == protocol.treasury;
    if plan.payments.iter().any(|payment| closed(&payment.to)) {
        return Err(TreasuryError::InvalidTarget.into());
    }
    graph::link(view, meter, number, plan.deps)?;
    let mut record = Disbursement {
        state: State::Draft,
        history: List::default(),
        payments: plan.payments.clone(),
        deps: plan.deps.clone(),
        total,
        delay: Period::default(),
        due: Due::default(),
        expires: Due::default(),
        short: false,
        executed: None,
        paid: 0,
    };
    record.enter(State::Draft, Reason::Planned, moment.height);
    store::save_disbursement(view, number, &record)?;
    Ok(vec![advanced(number, &record, Reason::Planned)])
}

/// The sum of all payments; `None` if it does not fit.
pub(crate) fn total(payments: &Payments) -> Option<Amount> {
    let amounts = payments.iter().map(|payment| payment.amount);
    amounts.into_iter().try_fold(Amount::ZERO, |sum, amount| sum.checked_add(amount).ok())
}

const fn advanced(disbursement: u64, record: &Disbursement, reason: Reason) -> Event {
    let (state, total) = (record.state, record.total);
    Event::DisbursementAdvanced { disbursement, state, reason, total }
}

/// The vote on it begins.
pub(crate) fn open(view: &mut View, moment: &BlockMoment<'_>, number: u64) -> Result<Event, Fault> {
    let mut record = store::require_disbursement(view, number)?;
    record.enter(State::Voting, Reason::Planned, moment.height);
    store::save_disbursement(view, number, &record)?;
    Ok(advanced(number, &record, Reason::Planned))
}

/// It was accepted: from now on the treasury looks after it.
pub(crate) fn accept(
    view: &mut View,
    moment: &BlockMoment<'_>,
    number: u64,
    delay: Period,
) -> Result<Vec<Event>, Fault> {
    let mut executor = Executor::begin(view, moment)?;
    let mut record = store::require_disbursement(executor.view, number)?;
    record.delay = delay;
    record.expires = moment.after(moment.params.treasury.max_age);
    let sum = executor.treasury.reserved.checked_add(record.total);
    let what = "more is accepted than can be counted";
    executor.treasury.reserved = sum.map_err(|_| Fault::Corrupt { key: TREASURY, what })?;
    executor.pending.push(Waiting { number, wake: NOW });
    executor.enter(number, &mut record, State::Queued, Reason::Planned);
    store::save_disbursement(executor.view, number, &record)?;
    executor.finish()
}

/// It was not accepted, or taken back.
pub(crate) fn drop_one(
    view: &mut View,
    moment: &BlockMoment<'_>,
    number: u64,
    reason: Reason,
) -> Result<Vec<Event>, Fault> {
    staking::know(view, [TREASURY, PENDING, disbursement_key(number), dependents_key(number)])?;
    let mut executor = Executor::begin(view, moment)?;
    let mut record = store::require_disbursement(executor.view, number)?;
    executor.end(number, &mut record, reason, Ppm::ZERO)?;
    store::save_disbursement(executor.view, number, &record)?;
    executor.finish()
}

/// Whether a disbursement could be rolled back now.
pub(crate) fn check_rollback(view: &View, number: u64) -> Result<(), Failure> {
    staking::know(view, [disbursement_key(number)])?;
    let record = store::load_disbursement(view, number)?.ok_or(TreasuryError::Unknown)?;
    if record.is_pending() { Ok(()) } else { Err(TreasuryError::NotReady.into()) }
}

/// Whether a pause until then would be longer than what holds now.
pub(crate) fn would_pause(
    view: &View,
    moment: &BlockMoment<'_>,
    until: Due,
) -> Result<bool, Fault> {
    staking::know(view, [TREASURY])?;
    let present = store::load_treasury(view)?.paused_until;
    let later_height = until.height > present.height.max(moment.height);
    Ok(later_height || until.time > present.time.max(moment.time))
}

/// Lets nothing be executed or paid until then, or until a pause ends that holds already. Returns until
/// when it was paused before.
pub(crate) fn pause(view: &mut View, until: Due) -> Result<Due, Fault> {
    let present = store::load_treasury(view)?.paused_until;
    set_pause(view, present.max(until))?;
    Ok(present)
}

/// Lets nothing be executed or paid until then.
pub(crate) fn set_pause(view: &mut View, paused_until: Due) -> Result<(), Fault> {
    let treasury = store::load_treasury(view)?;
    store::save_treasury(view, &super::Treasury { paused_until, ..treasury })
}

/// Rolls a disbursement back.
pub(crate) fn roll_back(
    view: &mut View,
    moment: &BlockMoment<'_>,
    number: u64,
    (compensation, reason): (Ppm, Reason),
) -> Result<Vec<Event>, Failure> {
    let mut executor = Executor::begin(view, moment)?;
    executor.decided(number, reason, compensation)?;
    Ok(executor.finish()?)
}

/// Keys that anything about a disbursement touches, as far as what the view knows tells.
pub(crate) fn keys_of(
    view: &View,
    moment: &BlockMoment<'_>,
    number: u64,
    out: &mut Vec<StateKey>,
) -> Result<(), Fault> {
    let protocol = moment.protocol;
    out.extend([TREASURY, PENDING, disbursement_key(number), dependents_key(number)]);
    out.extend([accounts::key(&protocol.treasury), accounts::key(&protocol.disbursements)]);
    if view.knows(&disbursement_key(number))
        && let Some(record) = store::load_disbursement(view, number)?
    {
        out.extend(record.deps.iter().map(|dep| disbursement_key(*dep)));
        if record.state == State::Executed {
            out.extend(record.payments.iter().map(|payment| accounts::key(&payment.to)));
        }
    }
    Ok(())
}
