use super::{
    Candidates, Delegation, Delegator, Profile, Queue, TOTALS, Totals, Validator, store,
    validator_key,
};
use crate::error::Fault;
use althing_state::View;
use althing_types::{
    Epoch, Genesis, GenesisValidator, Height, Shares, Text, ValidatorDetails, ValidatorKey,
};

/// Writes the validators of genesis with their own stakes. The money is in the account `stake`
/// already.
pub(crate) fn genesis(view: &mut View, genesis: &Genesis) -> Result<(), Fault> {
    let mut totals = Totals::default();
    let count = genesis.validators.len();
    let corrupt = |what| Fault::Corrupt { key: TOTALS, what };
    totals.active = u32::try_from(count).map_err(|_| corrupt("there are too many validators"))?;
    totals.delegations =
        u64::try_from(count).map_err(|_| corrupt("there are too many validators"))?;
    let mut candidates: Vec<ValidatorKey> = Vec::with_capacity(count);
    for entry in &genesis.validators {
        totals.bonded = totals
            .bonded
            .checked_add(entry.stake)
            .map_err(|_| corrupt("the stakes add up to too much"))?;
        candidates.push(entry.key);
        found(view, entry)?;
    }
    candidates.sort_unstable();
    store::save_candidates(view, &Candidates(candidates))?;
    store::save_totals(view, &totals)?;
    store::save_queue(view, &Queue::default())
}

fn found(view: &mut View, entry: &GenesisValidator) -> Result<(), Fault> {
    let GenesisValidator { key, account, stake, commission, .. } = entry;
    let shares = Shares::new(stake.units());
    let validator = Validator {
        tokens: *stake,
        shares,
        delegations: 1,
        epoch_tokens: *stake,
        chosen_until: Some(Epoch::new(1)),
        ..Validator::new(*account, *commission)
    };
    store::save_validator(view, key, &validator)?;
    let endpoint = Text::new(entry.endpoint.clone()).map_err(|_| Fault::Corrupt {
        key: validator_key(key),
        what: "the endpoint in the genesis file is not legal",
    })?;
    let (name, website) = (entry.name.clone(), entry.website.clone());
    let details = ValidatorDetails { name, website, description: entry.description.clone() };
    store::save_profile(view, key, &Profile { details, endpoint, registered: Height::ZERO })?;
    store::save_operator(view, account, key)?;
    let delegation = Delegation { shares, created: Height::ZERO, ..Delegation::default() };
    store::save_delegation(view, account, key, Some(&delegation))?;
    let lists = Delegator { validators: vec![*key], unbonding: Vec::new() };
    store::save_delegator(view, account, &lists)
}
