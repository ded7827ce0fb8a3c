//! Changes what the sender's worker says about itself, its stake, and its devices.

use super::{device_of, present, register_worker::take_stake};
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        compute::{
            COMPUTE, desk::Desk, device_key, error::ComputeError, fleet::bit, store, worker_key,
        },
        staking::BlockMoment,
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Event,
    compute::{DeviceId, WorkerState},
    message::UpdateWorker,
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 60_000;
/// Gas for each device of the worker when it pauses, goes on or adds stake.
pub(crate) const GAS_PER_DEVICE: u64 = 10_000;

/// Something must change.
pub(crate) fn validate(message: &UpdateWorker) -> Result<(), Invalid> {
    if *message == UpdateWorker::default() {
        return Err(Invalid::NothingToDo);
    }
    if message.endpoint.as_ref().is_some_and(|endpoint| endpoint.is_empty()) {
        return Err(Invalid::BadEndpoint(String::new()));
    }
    let nothing = message.add_stake.is_some_and(|stake| stake.is_zero());
    if nothing { Err(Invalid::ZeroAmount) } else { Ok(()) }
}

/// The worker and the device that it removes.
pub(crate) fn keys(message: &UpdateWorker, sender: &Address, out: &mut Vec<StateKey>) {
    out.extend([COMPUTE, worker_key(sender)]);
    if let Some(device) = message.remove_device {
        out.push(device_key(&DeviceId { worker: *sender, device }));
    }
}

pub(crate) fn execute(
    message: &UpdateWorker,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let mut worker = present(context.view, &sender)?;
    let devices = u64::from(worker.devices.count_ones());
    context.meter.charge(devices.saturating_mul(GAS_PER_DEVICE))?;
    let mut desk = Desk::begin(context.view, &moment)?;
    if let Some(endpoint) = &message.endpoint {
        worker.endpoint = endpoint.clone();
    }
    if let Some(plant) = message.plant {
        worker.plant = plant;
    }
    if let Some(amount) = message.add_stake {
        take_stake(&mut desk, &sender, amount)?;
        let stake = worker.stake.checked_add(amount);
        worker.stake = stake.map_err(|_| ComputeError::StakeTooLow)?;
    }
    if let Some(paused) = message.paused {
        worker.state = if paused { WorkerState::Paused } else { WorkerState::Active };
    }
    if let Some(device) = message.remove_device {
        let id = DeviceId { worker: sender, device };
        let known = device_of(desk.view, &id)?;
        if known.open > 0 {
            return Err(ComputeError::DeviceBusy.into());
        }
        desk.remove_device(&worker, &id)?;
        worker.devices &= !bit(device);
    }
    desk.enlist_all(&sender, &worker)?;
    store::save_worker(desk.view, &sender, &worker)?;
    let (state, stake) = (worker.state, worker.stake);
    desk.events.push(Event::WorkerUpdated { worker: sender, state, stake });
    Ok(desk.finish()?)
}
