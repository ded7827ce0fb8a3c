//! Describes a device of the sender's worker, and proves what can be proven about it.

use super::present;
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        compute::{
            COMPUTE, DRIVERS, MODELS, desk::Desk, device_key, error::ComputeError, evidence_key,
            fleet::bit, store, worker_key,
        },
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, compute::DeviceId, limits::MAX_DEVICES, message::Attest};

/// Gas of the message itself: both lists of the whitelist are read.
pub(crate) const GAS: u64 = 200_000;

/// There must be some evidence.
pub(crate) fn validate(message: &Attest) -> Result<(), Invalid> {
    if message.evidence.is_empty() { Err(Invalid::NothingToDo) } else { Ok(()) }
}

/// The worker, the device and the whitelist.
pub(crate) fn keys(message: &Attest, sender: &Address, out: &mut Vec<StateKey>) {
    let id = DeviceId { worker: *sender, device: message.device };
    out.extend([COMPUTE, worker_key(sender), device_key(&id), evidence_key(&id), DRIVERS, MODELS]);
}

pub(crate) fn execute(message: &Attest, context: &mut Context<'_>) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let mut worker = present(context.view, &sender)?;
    if message.device >= MAX_DEVICES {
        return Err(ComputeError::UnknownDevice.into());
    }
    let id = DeviceId { worker: sender, device: message.device };
    let mut desk = Desk::begin(context.view, &moment)?;
    staking::know(desk.view, [device_key(&id), evidence_key(&id)])?;
    desk.attest(&id, &worker, &message.evidence)?;
    worker.devices |= bit(message.device);
    store::save_worker(desk.view, &sender, &worker)?;
    Ok(desk.finish()?)
}
