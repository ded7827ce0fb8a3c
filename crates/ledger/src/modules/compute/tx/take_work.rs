//! Takes work of the network for a device of the sender's worker.

use super::{active, device_of};
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        compute::{
            AGENDA, COMPUTE, Device, desk::Desk, device_key, error::ComputeError, tasks::Order,
            worker_key,
        },
        staking::BlockMoment,
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Event,
    compute::{DeviceId, DeviceKind, Purpose},
    limits::MAX_BATCH,
    message::TakeWork,
};

/// Gas of the message itself: validators check the result.
pub(crate) const GAS: u64 = 100_000;

/// What the chain prices is asked when it runs.
pub(crate) const fn validate(_: &TakeWork) -> Result<(), Invalid> {
    Ok(())
}

/// The worker and the device.
pub(crate) fn keys(message: &TakeWork, sender: &Address, out: &mut Vec<StateKey>) {
    let id = DeviceId { worker: *sender, device: message.device };
    out.extend([COMPUTE, AGENDA, worker_key(sender), device_key(&id)]);
}

pub(crate) fn execute(
    message: &TakeWork,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let mut worker = active(context.view, &sender)?;
    let id = DeviceId { worker: sender, device: message.device };
    let mut desk = Desk::begin(context.view, &moment)?;
    let mut device = device_of(desk.view, &id)?;
    if worker.stake < desk.params().min_stake {
        return Err(ComputeError::StakeTooLow.into());
    }
    check_device(&desk, &device)?;
    let price = desk.params().price(&message.shape);
    let for_it = |cpu: bool| cpu || device.inventory.kind == DeviceKind::Gpu;
    if !price.is_some_and(|price| for_it(price.cpu)) {
        return Err(ComputeError::ShapeNotPriced.into());
    }
    check_size(&desk, message.shape.units(), message.count)?;
    let order = Order::unpaid(Purpose::Network, message.shape, message.count);
    let (number, mut task) = desk.create(order)?;
    desk.assign((number, &mut task), (id, &mut device), &mut worker)?;
    Ok(desk.finish()?)
}

/// Whether the device may take something now.
fn check_device(desk: &Desk<'_>, device: &Device) -> Result<(), ComputeError> {
    if !device.passed || desk.moment.is_reached(device.expires) {
        return Err(ComputeError::DeviceNotEligible);
    }
    if device.must_measure {
        return Err(ComputeError::MustMeasure);
    }
    let free = u64::from(device.open) < desk.params().max_open_per_device;
    if free { Ok(()) } else { Err(ComputeError::DeviceBusy) }
}

/// Whether a batch has a legal size.
pub(super) fn check_size(desk: &Desk<'_>, units: u64, count: u32) -> Result<(), ComputeError> {
    let all = units.saturating_mul(count.into());
    let legal = (1..=MAX_BATCH).contains(&count) && all <= desk.params().max_units;
    if legal { Ok(()) } else { Err(ComputeError::BatchSize) }
}
