use super::{Changes, Safety, store};
use crate::error::Fault;
use althing_state::View;
use althing_types::{List, governance::SafetyRules};

/// Writes who holds the override, if anybody does, and that nothing has been changed by it.
pub(crate) fn genesis(view: &mut View, rules: Option<&SafetyRules>) -> Result<(), Fault> {
    if let Some(rules) = rules {
        let (rules, open) = (rules.clone(), List::default());
        store::save_safety(view, &Safety { rules, used: 0, last: None, open })?;
    }
    store::save_changes(view, &Changes::default())
}
