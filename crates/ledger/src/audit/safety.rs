//! What a recount of the safety override remembers.

use super::records::{BAD, Wrong, array};
use crate::{
    modules::safety::{
        CHANGES, Call, Changes, SAFETY, Safety, call_key,
        query::{decode_call, decode_changes, decode_safety},
    },
    prefix,
};
use althing_state::StateKey;
use althing_types::{Address, Hash};
use std::collections::{BTreeMap, BTreeSet};

/// All records of the safety override.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    safety: Option<Safety>,
    changes: Option<Changes>,
    calls: BTreeMap<[u8; 32], Call>,
}

impl Overrides {
    /// Takes a record, if it belongs here. Returns whether it does.
    pub(super) fn add(
        &mut self,
        key: StateKey,
        rest: &[u8],
        value: &[u8],
    ) -> Result<bool, &'static str> {
        match key.prefix() {
            prefix::SAFETY => self.safety = Some(decode_safety(value).map_err(|_| BAD)?),
            prefix::CHANGES => self.changes = Some(decode_changes(value).map_err(|_| BAD)?),
            prefix::CALL => {
                self.calls.insert(array(rest)?, decode_call(value).map_err(|_| BAD)?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether the records fit together.
    pub(super) fn judge(&self) -> Result<(), Wrong> {
        let changes = self.changes.as_ref().ok_or((CHANGES, "the record is absent"))?;
        let numbers = changes.open.iter().map(|change| change.number);
        let later = numbers.clone().skip(1).chain([changes.next]);
        if !numbers.zip(later).all(|(one, next)| one < next) {
            return Err((CHANGES, "the numbers of changes are not in order"));
        }
        let things: BTreeSet<u16> = changes.open.iter().map(|change| change.before.tag()).collect();
        if things.len() != changes.open.len() {
            return Err((CHANGES, "two changes of the same thing hold"));
        }
        let Some(safety) = &self.safety else {
            return match self.calls.keys().next() {
                Some(id) => Err((key(id), "a call waits, and there is no override")),
                None => Ok(()),
            };
        };
        if safety.rules.uses().is_some_and(|uses| safety.used > uses) {
            return Err((SAFETY, "the override was used more often than it may be"));
        }
        let listed: BTreeSet<[u8; 32]> = safety.open.iter().map(|call| call.id.0).collect();
        let began: BTreeSet<Address> = safety.open.iter().map(|call| call.by).collect();
        if !listed.iter().eq(self.calls.keys()) || began.len() != safety.open.len() {
            return Err((SAFETY, "the calls that wait are not those that are listed"));
        }
        for (id, call) in &self.calls {
            judge_call(safety, id, call).map_err(|what| (key(id), what))?;
        }
        Ok(())
    }
}

fn key(id: &[u8; 32]) -> StateKey {
    call_key(&Hash::from(*id))
}

/// Whether a call waits for more members, and only members have approved it, each once.
fn judge_call(safety: &Safety, id: &[u8; 32], call: &Call) -> Result<(), &'static str> {
    if Call::id(call.number, &call.order).0 != *id {
        return Err("a call is not what its key says");
    }
    let approvals: BTreeSet<&Address> = call.approvals.iter().collect();
    let members = approvals.iter().all(|account| safety.rules.has(account));
    if approvals.len() != call.approvals.len() || !members {
        return Err("somebody approves a call who is no member, or twice");
    }
    let count = u32::try_from(approvals.len()).unwrap_or(u32::MAX);
    if count == 0 || count >= safety.rules.needed() {
        return Err("a call waits that nobody approves, or enough members do");
    }
    if safety.rules.allows(call.order.kind()) {
        Ok(())
    } else {
        Err("a call waits that the override is not allowed")
    }
}
