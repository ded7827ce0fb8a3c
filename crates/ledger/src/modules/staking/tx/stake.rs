//! Registers a validator, or adds to the own stake of one.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    gas,
    modules::{
        accounts,
        bank::{self, Transferred},
        staking::{
            BlockMoment, CANDIDATES, Candidates, Profile, Validator,
            error::StakingError,
            know, load_candidates, load_slashes, load_validator, operated_by, operator_key,
            position::Position,
            profile_key, slashes_key,
            store::{list_candidate, save_candidates, save_operator, save_profile},
        },
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Event, Text, ValidatorKey,
    limits::MAX_ENDPOINT_BYTES,
    message::{Possession, Registration, Stake},
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 40_000;

/// The amount must be more than nothing, and a registration must have a name and an endpoint.
pub(crate) fn validate(message: &Stake) -> Result<(), Invalid> {
    if message.amount.is_zero() {
        return Err(Invalid::ZeroAmount);
    }
    let Some(registration) = &message.registration else { return Ok(()) };
    if registration.details.name.is_empty() {
        return Err(Invalid::NameMissing);
    }
    check_endpoint(&registration.endpoint)
}

/// Whether the endpoint is `host:port`: a host without white space, and a port from 1 to 65535.
pub(super) fn check_endpoint(endpoint: &Text<MAX_ENDPOINT_BYTES>) -> Result<(), Invalid> {
    let legal = endpoint.rsplit_once(':').is_some_and(|(host, port)| {
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let host = !host.is_empty() && !host.chars().any(char::is_whitespace);
        host && digits && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    if legal { Ok(()) } else { Err(Invalid::BadEndpoint(endpoint.to_string())) }
}

/// The validator, the own delegation and what sums them up; for a registration all that it writes.
pub(crate) fn keys(message: &Stake, sender: &Address, out: &mut Vec<StateKey>) {
    let key = &message.validator;
    out.extend(Position::keys(sender, key));
    if message.registration.is_some() {
        let node = accounts::key(&key.node_account());
        out.extend([CANDIDATES, operator_key(sender), profile_key(key), slashes_key(key), node]);
    }
}

pub(crate) fn execute(message: &Stake, context: &mut Context<'_>) -> Result<Vec<Event>, Failure> {
    let Stake { validator: key, amount, ref registration } = *message;
    let operator = context.sender;
    let mut events = Vec::new();
    let validator = match (load_validator(context.view, &key)?, registration) {
        (Some(_), Some(_)) => return Err(StakingError::ValidatorExists.into()),
        (None, None) => return Err(StakingError::RegistrationMissing.into()),
        (None, Some(registration)) => {
            let validator = register(message, registration, context)?;
            events.push(Event::ValidatorRegistered { validator: key, operator });
            validator
        }
        (Some(validator), None) if validator.operator != operator => {
            return Err(StakingError::NotOperator.into());
        }
        (Some(validator), None) => validator,
    };
    let moment = BlockMoment::from(context.block);
    let view = &mut *context.view;
    let mut own = Position::open(view, &moment, operator, key, validator, &mut events)?;
    own.deposit(&moment, amount)?;
    if own.validator.leaving {
        if own.worth()?.total < moment.params.staking.min_validator_stake {
            return Err(StakingError::StakeTooLow.into());
        }
        let most = moment.params.staking.max_candidates;
        if !list_candidate(view, &key, most)? {
            return Err(StakingError::TooManyCandidates.into());
        }
        own.validator.leaving = false;
    }
    bank::take_for_stake(view, moment.protocol, &operator, amount, moment.time)?;
    own.close(view, &moment)?;
    events.push(Event::Staked { validator: key, operator, amount });
    Ok(events)
}

/// Writes everything about a new validator but its stake.
fn register(
    message: &Stake,
    registration: &Registration,
    context: &mut Context<'_>,
) -> Result<Validator, Failure> {
    let (key, operator) = (message.validator, context.sender);
    let mut keys = Vec::new();
    self::keys(message, &operator, &mut keys);
    know(context.view, keys)?;
    let params = context.block.params;
    let Candidates(mut candidates) = load_candidates(context.view)?;
    if u64::try_from(candidates.len()).is_ok_and(|count| count >= params.staking.max_candidates) {
        return Err(StakingError::TooManyCandidates.into());
    }
    if operated_by(context.view, &operator)?.is_some() {
        return Err(StakingError::OperatorTaken.into());
    }
    let claim = Possession { chain: context.block.chain_id, operator };
    if !claim.verify(&key, &registration.possession) {
        return Err(StakingError::BadPossession.into());
    }
    if registration.commission > params.staking.max_commission {
        return Err(StakingError::CommissionTooHigh.into());
    }
    if message.amount < params.staking.min_validator_stake {
        return Err(StakingError::StakeTooLow.into());
    }
    let at = candidates.binary_search(&key).err().ok_or(crate::error::Fault::Corrupt {
        key: CANDIDATES,
        what: "a candidate is no validator",
    })?;
    candidates.insert(at, key);
    let slashes = load_slashes(context.view, &key)?.0.len();
    let validator = Validator {
        slashes: u32::try_from(slashes).unwrap_or(u32::MAX),
        ..Validator::new(operator, registration.commission)
    };
    let Registration { details, endpoint, .. } = registration.clone();
    let profile = Profile { details, endpoint, registered: context.block.height };
    save_candidates(context.view, &Candidates(candidates))?;
    save_profile(context.view, &key, &profile)?;
    save_operator(context.view, &operator, &key)?;
    allow_node(context, &key)?;
    Ok(validator)
}

/// Gives the node's own account what it pays for heartbeats and evidence with.
fn allow_node(context: &mut Context<'_>, key: &ValidatorKey) -> Result<(), Failure> {
    let (node, allowance) = (key.node_account(), context.block.params.registry.node_allowance);
    if allowance.is_zero() {
        return Ok(());
    }
    let moved =
        bank::transfer(context.view, &context.sender, &node, allowance, context.block.time)?;
    if moved == Transferred::ToNew {
        context.meter.charge(gas::NEW_ACCOUNT)?;
    }
    Ok(())
}
