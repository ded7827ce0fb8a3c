//! What upgrades do to the records of proposals.

use super::{AGENDA, Turnout, proposal_key, standing_key, store};
use crate::{error::Fault, modules::staking};
use althing_state::View;
use althing_types::{Height, governance::Kind};

/// Writes on the agenda what each proposal is about, and begins to count who votes on it.
pub(crate) fn add_kinds_and_turnout(view: &mut View, height: Height) -> Result<(), Fault> {
    staking::know(view, [AGENDA])?;
    let mut agenda = store::load_agenda(view)?;
    let keys = |number| [proposal_key(number), standing_key(number)];
    staking::know(view, agenda.entries.iter().flat_map(|entry| keys(entry.proposal)))?;
    for entry in &mut agenda.entries {
        let proposal = store::require_proposal(view, entry.proposal)?;
        entry.kind = Some(Kind::of(&proposal.action));
        let mut standing = store::require_standing(view, entry.proposal)?;
        standing.turnout = Some(Turnout::since(height));
        store::save_standing(view, entry.proposal, &standing)?;
    }
    store::save_agenda(view, &agenda)
}
