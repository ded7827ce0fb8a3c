//! Stakes for an oracle. It has no weight before a proposal gives it one.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        accounts, bank,
        energy::{
            ENERGY, Oracle, OracleCounters,
            desk::{Desk, add},
            error::EnergyError,
            oracle_key, store,
        },
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{Address, Amount, Due, Event, Height, Ppm, Timestamp, message::RegisterOracle};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 50_000;

/// It has a name and a stake.
pub(crate) fn validate(message: &RegisterOracle) -> Result<(), Invalid> {
    if message.name.is_empty() {
        return Err(Invalid::NameMissing);
    }
    if message.stake.is_zero() { Err(Invalid::ZeroAmount) } else { Ok(()) }
}

/// The oracle, and where its stake goes.
pub(crate) fn keys(_: &RegisterOracle, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend([ENERGY, oracle_key(sender), accounts::key(bank::energy_account())]);
}

pub(crate) fn execute(
    message: &RegisterOracle,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let mut desk = Desk::begin(context.view, &moment)?;
    staking::know(desk.view, [oracle_key(&sender)])?;
    let mut oracle = store::load_oracle(desk.view, &sender)?.unwrap_or_else(|| Oracle {
        name: message.name.clone(),
        stake: Amount::ZERO,
        weight: Ppm::ZERO,
        leaving: false,
        unbonds: Due::default(),
        open: 0,
        reported: Height::new(0),
        reported_at: Timestamp::ZERO,
        counters: OracleCounters::default(),
    });
    if oracle.leaving {
        return Err(EnergyError::OracleLeaving.into());
    }
    add(&mut oracle.stake, message.stake)?;
    if oracle.stake < desk.params().oracle_stake {
        return Err(EnergyError::StakeTooLow.into());
    }
    desk.take_stake(&sender, message.stake)?;
    oracle.name = message.name.clone();
    store::save_oracle(desk.view, &sender, &oracle)?;
    desk.events.push(Event::OracleStaked { oracle: sender, stake: oracle.stake });
    Ok(desk.finish()?)
}
