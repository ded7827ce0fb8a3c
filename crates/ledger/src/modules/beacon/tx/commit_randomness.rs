//! Commits a validator to the randomness that it will reveal.

use crate::{
    Invalid, codes,
    error::Failure,
    execute::Context,
    modules::{
        beacon::{Chain, Next, Randomness, randomness_key, store},
        registry, staking,
    },
};
use althing_state::StateKey;
use althing_types::{Address, Epoch, Event, message::CommitRandomness};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 30_000;
/// Reveals of the longest chain.
const MAX_STEPS: u32 = 1 << 20;
/// Epochs from the commitment to its first use: the running one and the next are too near.
const DELAY: u64 = 2;

/// The chain must have reveals, and not more than can be made in a second.
pub(crate) fn validate(message: &CommitRandomness) -> Result<(), Invalid> {
    if message.steps == 0 || message.steps > MAX_STEPS {
        return Err(Invalid::BadSteps { found: message.steps, maximum: MAX_STEPS });
    }
    Ok(())
}

/// The validator and its chains.
pub(crate) fn keys(message: &CommitRandomness, _: &Address, out: &mut Vec<StateKey>) {
    out.extend([staking::validator_key(&message.validator), randomness_key(&message.validator)]);
}

pub(crate) fn execute(
    message: &CommitRandomness,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let CommitRandomness { validator, tip, steps, generation } = *message;
    registry::check_sender(context.view, &context.sender, &validator)?;
    let epoch = context.block.epoch;
    let record = store::load(context.view, &validator)?;
    let record = record.unwrap_or(Randomness { chain: None, next: None }).turned(epoch);
    if record.next.is_some() {
        return Err(Failure::Rule(codes::RANDOMNESS_COMMITTED));
    }
    let expected = record.chain.map_or(Some(0), |chain| chain.generation.checked_add(1));
    if Some(generation) != expected {
        return Err(Failure::Rule(codes::RANDOMNESS_GENERATION));
    }
    let from = epoch.get().checked_add(DELAY).map(Epoch::new);
    let from = from.ok_or(Failure::Rule(codes::RANDOMNESS_GENERATION))?;
    let next = Next { chain: Chain { tip, left: steps, generation }, from };
    store::save(context.view, &validator, &Randomness { next: Some(next), ..record })?;
    Ok(vec![Event::RandomnessCommitted { validator, generation, steps, from }])
}
