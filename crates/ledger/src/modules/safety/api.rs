//! What `governance` asks for.

use super::{SAFETY, Safety, changes, error::SafetyError, orders, store};
use crate::{
    error::Failure,
    modules::staking::{self, BlockMoment},
};
use althing_state::View;
use althing_types::{
    Event, List,
    governance::{Order, SafetyRules},
};

/// Whether the override could get these rules, or be abolished: there is one, and it is allowed nothing
/// that it was not allowed before.
pub(crate) fn check_rules(view: &View, rules: Option<&SafetyRules>) -> Result<(), Failure> {
    staking::know(view, [SAFETY])?;
    let present = store::load_safety(view)?.ok_or(SafetyError::Nothing)?.rules;
    let fewer = |rules: &SafetyRules| rules.allowed().iter().all(|kind| present.allows(*kind));
    if rules.is_none_or(fewer) { Ok(()) } else { Err(SafetyError::NotAllowed.into()) }
}

/// Gives the override other rules, or abolishes it. Calls that wait for approvals are void.
pub(crate) fn set_rules(
    view: &mut View,
    proposal: u64,
    rules: Option<&SafetyRules>,
) -> Result<Vec<Event>, Failure> {
    check_rules(view, rules)?;
    let present = store::load_safety(view)?.ok_or(SafetyError::Nothing)?;
    for call in present.open.iter() {
        store::remove_call(view, &call.id);
    }
    match rules {
        Some(rules) => {
            let (rules, open) = (rules.clone(), List::default());
            let after = Safety { rules, used: 0, last: present.last, open };
            store::save_safety(view, &after)?;
        }
        None => store::remove_safety(view),
    }
    Ok(vec![Event::SafetyRulesChanged { proposal, rules: rules.cloned() }])
}

/// Whether nearly all validators could let this happen now.
pub(crate) fn check_emergency(
    view: &View,
    moment: &BlockMoment<'_>,
    order: &Order,
) -> Result<(), Failure> {
    orders::check(view, moment, order)
}

/// Lets happen what nearly all validators want.
pub(crate) fn emergency(
    view: &mut View,
    moment: &BlockMoment<'_>,
    proposal: u64,
    order: &Order,
) -> Result<Vec<Event>, Failure> {
    let mut events = vec![Event::EmergencyUsed { proposal, order: order.clone() }];
    if let Some(before) = orders::run(view, moment, (order, proposal), &mut events)? {
        events.extend(changes::begin(view, moment, order.kind(), before)?);
    }
    Ok(events)
}
