//! Asks for a task that measures a device of the sender's worker.

use super::{active, device_of};
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        compute::{
            AGENDA, COMPUTE, desk::Desk, device_key, error::ComputeError, tasks::Order, worker_key,
        },
        staking::BlockMoment,
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Event,
    compute::{DeviceId, DeviceKind, ProductKind, Purpose, Shape},
    message::RequestBenchmark,
    params::ComputeParams,
};

/// Gas of the message itself: validators check the result.
pub(crate) const GAS: u64 = 150_000;

/// Nothing can be wrong with it.
pub(crate) const fn validate(_: &RequestBenchmark) -> Result<(), Invalid> {
    Ok(())
}

/// The worker and the device.
pub(crate) fn keys(message: &RequestBenchmark, sender: &Address, out: &mut Vec<StateKey>) {
    let id = DeviceId { worker: *sender, device: message.device };
    out.extend([COMPUTE, AGENDA, worker_key(sender), device_key(&id)]);
}

/// The batch that measures a device of this kind.
fn batch(params: &ComputeParams, kind: DeviceKind) -> (Shape, u32) {
    let (side, count) = match kind {
        DeviceKind::Gpu => (params.benchmark_size, params.benchmark_count),
        DeviceKind::Cpu => (params.cpu_benchmark_size, 1),
    };
    let small = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    (Shape::square(ProductKind::Fp16, small(side)), small(count))
}

pub(crate) fn execute(
    message: &RequestBenchmark,
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
    // It may come on top of other tasks: a spot check does not have to wait for them.
    if device.benchmark.is_some() {
        return Err(ComputeError::DeviceBusy.into());
    }
    let (shape, count) = batch(desk.params(), device.inventory.kind);
    let (number, mut task) = desk.create(Order::unpaid(Purpose::Benchmark, shape, count))?;
    desk.assign((number, &mut task), (id, &mut device), &mut worker)?;
    Ok(desk.finish()?)
}
