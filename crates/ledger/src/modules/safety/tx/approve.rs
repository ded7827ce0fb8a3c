//! Approves a call of the safety override. The approval that makes them enough executes it.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        safety::{
            Call, OpenCall, SAFETY, Safety, Used, block::drop_calls, call_key, changes,
            error::SafetyError, orders, store,
        },
        staking::BlockMoment,
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Event, Hash, List,
    governance::{Order, SafetyMembers},
    message::Override,
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 60_000;

/// It does something.
pub(crate) fn validate(message: &Override) -> Result<(), Invalid> {
    orders::validate(&message.order)
}

/// The override and the call. What the order touches comes in a second round.
pub(crate) fn keys(message: &Override, _: &Address, out: &mut Vec<StateKey>) {
    out.extend([SAFETY, call_key(&Call::id(message.call, &message.order))]);
}

pub(crate) fn execute(
    message: &Override,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let Override { call: number, order } = message;
    let member = context.sender;
    let moment = BlockMoment::from(context.block);
    let mut safety = store::load_safety(context.view)?.ok_or(SafetyError::NotMember)?;
    check(&safety, &moment, (&member, order))?;
    let id = Call::id(*number, order);
    let call = store::load_call(context.view, &id)?;
    if let Some(call) = &call {
        if moment.is_reached(call.expires) {
            return Err(SafetyError::Expired.into());
        }
        if call.approvals.contains(&member) {
            return Err(SafetyError::AlreadyApproved.into());
        }
    }
    orders::check(context.view, &moment, order)?;
    let call = match call {
        Some(call) => approved(call, member)?,
        None => begin(context, &mut safety, (id, *number, order))?,
    };
    let approvals = u32::try_from(call.approvals.len()).unwrap_or(u32::MAX);
    let needed = safety.rules.needed();
    let (number, kind) = (call.number, order.kind());
    let mut events =
        vec![Event::OverrideApproved { member, call: number, order: kind, approvals, needed }];
    if approvals < needed {
        store::save_call(context.view, &id, &call)?;
        store::save_safety(context.view, &safety)?;
        return Ok(events);
    }
    store::remove_call(context.view, &id);
    drop_calls(&mut safety, |open| open.id == id);
    safety.used = safety.used.saturating_add(1);
    safety.last = Some(Used { height: moment.height, time: moment.time });
    store::save_safety(context.view, &safety)?;
    let (order, used) = (order.clone(), safety.used);
    events.push(Event::OverrideUsed { call: number, order, used });
    let what = (&message.order, 0);
    if let Some(before) = orders::run(context.view, &moment, what, &mut events)? {
        events.extend(changes::begin(context.view, &moment, kind, before)?);
    }
    Ok(events)
}

/// Whether the override may be used now, by this member and for this.
fn check(
    safety: &Safety,
    moment: &BlockMoment<'_>,
    (member, order): (&Address, &Order),
) -> Result<(), SafetyError> {
    if !safety.rules.has(member) {
        return Err(SafetyError::NotMember);
    }
    if !safety.rules.allows(order.kind()) {
        return Err(SafetyError::NotAllowed);
    }
    if safety.is_spent() {
        return Err(SafetyError::Spent);
    }
    if safety.ready().is_some_and(|ready| !moment.is_reached(ready)) {
        return Err(SafetyError::Cooldown);
    }
    Ok(())
}

/// The call with one more approval.
fn approved(mut call: Call, member: Address) -> Result<Call, Failure> {
    let mut approvals = call.approvals.to_vec();
    approvals.push(member);
    // No more approve than there are members, which another list of this length holds.
    call.approvals = SafetyMembers::new(approvals).ok_or(SafetyError::NotMember)?;
    Ok(call)
}

/// A new call. A member that has begun one takes that back, so nobody can keep others from calling.
fn begin(
    context: &mut Context<'_>,
    safety: &mut Safety,
    (id, number, order): (Hash, u64, &Order),
) -> Result<Call, Failure> {
    let by = context.sender;
    let moment = BlockMoment::from(context.block);
    for call in safety.open.iter().filter(|call| call.by == by) {
        store::remove_call(context.view, &call.id);
    }
    drop_calls(safety, |call| call.by == by);
    let expires = moment.after(moment.params.safety.call);
    let mut open = safety.open.to_vec();
    open.push(OpenCall { id, by, expires });
    // Each member has begun at most one.
    safety.open = List::new(open).ok_or(SafetyError::NotMember)?;
    let approvals = SafetyMembers::new(vec![by]).ok_or(SafetyError::NotMember)?;
    Ok(Call { number, order: order.clone(), approvals, expires })
}
