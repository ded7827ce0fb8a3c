//! Describes a device of the sender's worker, and proves what can be proven about it.

use super::present;
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        beacon,
        compute::{
            COMPUTE, DRIVERS, MODELS, attestation, desk::Desk, device_key, error::ComputeError,
            evidence_key, fleet::bit, report_key, reports, store, worker_key,
        },
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, compute::DeviceId, limits::MAX_DEVICES, message::Attest};

/// Gas of the message itself: both lists of the whitelist are read.
pub(crate) const GAS: u64 = 200_000;

/// Gas of verifying a report that the device signed: up to seven signatures over secp384r1, of 0.8
/// milliseconds each.
pub(crate) const GAS_PER_REPORT: u64 = 400_000;

/// There must be some evidence.
pub(crate) fn validate(message: &Attest) -> Result<(), Invalid> {
    if message.evidence.is_empty() { Err(Invalid::NothingToDo) } else { Ok(()) }
}

/// The worker, the device, the whitelist, and the randomness that a report answers to.
pub(crate) fn keys(message: &Attest, sender: &Address, out: &mut Vec<StateKey>) {
    let id = DeviceId { worker: *sender, device: message.device };
    out.extend([COMPUTE, worker_key(sender), device_key(&id), evidence_key(&id), report_key(&id)]);
    out.extend([DRIVERS, MODELS]);
    out.extend(reports::height_of(&message.evidence).map(beacon::mark_key));
}

pub(crate) fn execute(message: &Attest, context: &mut Context<'_>) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let mut worker = present(context.view, &sender)?;
    if message.device >= MAX_DEVICES {
        return Err(ComputeError::UnknownDevice.into());
    }
    let evidence = attestation::parse(&message.evidence)?;
    if evidence.report.is_some() {
        context.meter.charge(GAS_PER_REPORT)?;
    }
    let genesis = context.block.genesis;
    let id = DeviceId { worker: sender, device: message.device };
    let mut desk = Desk::begin(context.view, &moment)?;
    staking::know(desk.view, [device_key(&id), evidence_key(&id)])?;
    desk.attest(&id, &worker, &genesis, (&message.evidence, &evidence))?;
    worker.devices |= bit(message.device);
    store::save_worker(desk.view, &sender, &worker)?;
    Ok(desk.finish()?)
}
