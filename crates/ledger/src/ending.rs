//! What a block does by itself, after its transactions: it settles the fees, counts who had a turn,
//! pays what has unbonded, and on the last block of an epoch turns everything over.

use crate::{
    error::Fault,
    modules::{
        bank, compute, energy, governance, network,
        performance::{self, Turn},
        rewards, safety,
        staking::{self, BlockMoment},
        treasury, validators,
    },
};
use althing_state::{StateKey, View};
use althing_types::{Amount, Event, Timestamp, ValidatorSet};

/// The block that ends.
pub(crate) struct Ending<'a> {
    pub(crate) moment: BlockMoment<'a>,
    pub(crate) turn: Turn,
    /// When the chain began.
    pub(crate) genesis_time: Timestamp,
    /// Whether the epoch ends with it.
    pub(crate) is_epoch_end: bool,
}

/// What the end of a block did.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    pub(crate) events: Vec<Event>,
    /// At the end of an epoch: the sets of the next one and of the one after it.
    pub(crate) sets: Option<(ValidatorSet, ValidatorSet)>,
}

impl Ending<'_> {
    /// Does it. `fees` were taken from their payers before.
    pub(crate) fn run(&self, view: &mut View, fees: Amount) -> Result<Ended, Fault> {
        let moment = &self.moment;
        let waiting = bank::settle_fees(view, &moment.params.fee_split, moment.protocol, fees)?;
        let mut events = performance::record_turn(view, moment, &self.turn, waiting)?;
        events.extend(staking::pay_unbonding(view, moment)?);
        events.extend(treasury::run(view, moment)?);
        events.extend(compute::run(view, moment)?);
        events.extend(energy::run(view, moment)?);
        let mut sets = None;
        if self.is_epoch_end {
            sets = Some(self.turn_epoch(view, &mut events)?);
        }
        Ok(Ended { events, sets })
    }

    fn turn_epoch(
        &self,
        view: &mut View,
        events: &mut Vec<Event>,
    ) -> Result<(ValidatorSet, ValidatorSet), Fault> {
        let moment = &self.moment;
        let set = validators::load_set(view, moment.epoch)?;
        events.extend(performance::end_epoch(view, moment, &set)?);
        events.extend(rewards::end_epoch(view, moment, self.genesis_time, &set)?);
        events.extend(compute::end_epoch(view, moment)?);
        events.extend(staking::end_epoch_commissions(view, moment)?);
        staking::end_epoch_conversions(view, moment)?;
        events.extend(network::end_epoch(view, moment)?);
        events.extend(governance::end_epoch(view, moment)?);
        events.extend(safety::end_epoch(view, moment)?);
        events.extend(treasury::end_epoch(view, moment)?);
        events.extend(staking::end_epoch_leaving(view, moment)?);
        let sets = validators::choose(view, moment)?;
        events.extend(staking::end_epoch_removals(view, moment)?);
        Ok(sets)
    }

    /// Keys that the end needs and the view does not know, as far as what it knows tells: ask again
    /// once they are there. Nothing is missing if transactions change nothing about it.
    pub(crate) fn missing(&self, view: &View) -> Result<Vec<StateKey>, Fault> {
        let moment = &self.moment;
        let mut keys = Vec::new();
        performance::missing_for_block(view, moment, &self.turn, &mut keys)?;
        staking::missing_for_block(view, moment, &mut keys)?;
        treasury::missing_for_block(view, moment, &mut keys)?;
        compute::missing_for_block(view, moment, &mut keys)?;
        energy::missing_for_block(view, moment, &mut keys)?;
        if self.is_epoch_end {
            performance::missing_for_epoch_end(view, moment, &mut keys)?;
            rewards::missing_for_epoch_end(view, moment, &mut keys)?;
            staking::missing_for_epoch_end(view, moment, &mut keys)?;
            network::missing_for_epoch_end(view, &mut keys)?;
            governance::missing_for_epoch_end(view, moment, &mut keys)?;
            safety::missing_for_epoch_end(view, &mut keys)?;
            compute::missing_for_epoch_end(view, moment, &mut keys)?;
        }
        keys.retain(|key| !view.knows(key));
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }
}
