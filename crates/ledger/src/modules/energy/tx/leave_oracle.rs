//! Lets the sender's oracle leave.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        energy::{AGENDA, ENERGY, desk::Desk, error::EnergyError, oracle_key, store},
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, message::LeaveOracle};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 50_000;

/// It has no fields.
pub(crate) const fn validate(_: &LeaveOracle) -> Result<(), Invalid> {
    Ok(())
}

/// The oracle.
pub(crate) fn keys(_: &LeaveOracle, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend([ENERGY, AGENDA, oracle_key(sender)]);
}

pub(crate) fn execute(_: &LeaveOracle, context: &mut Context<'_>) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let mut desk = Desk::begin(context.view, &moment)?;
    staking::know(desk.view, [oracle_key(&sender)])?;
    let oracle = store::load_oracle(desk.view, &sender)?.ok_or(EnergyError::UnknownOracle)?;
    if oracle.leaving {
        return Err(EnergyError::OracleLeaving.into());
    }
    desk.dismiss_oracle(&sender)?;
    Ok(desk.finish()?)
}
