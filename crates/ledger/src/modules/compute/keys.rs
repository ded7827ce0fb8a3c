use crate::{modules::schedule::Schedule, prefix};
use althing_state::StateKey;
use althing_types::{
    Address, Epoch, Hash, ValidatorKey,
    compute::{DeviceId, DeviceKind},
};

/// The key of the sums over all workers and tasks.
pub(crate) const COMPUTE: StateKey = StateKey::fixed(prefix::COMPUTE, &[]);

/// The key of what is due, and how far it is done.
pub(crate) const AGENDA: StateKey = StateKey::fixed(prefix::COMPUTE_AGENDA, &[]);

/// Where what is due stands.
pub(crate) const SCHEDULE: Schedule =
    Schedule { agenda: AGENDA, due: prefix::DUE, entry: prefix::DUE_ENTRY };

/// The key of the results that await votes.
pub(crate) const VERIFYING: StateKey = StateKey::fixed(prefix::VERIFYING, &[]);

/// The key of the drivers on the whitelist.
pub(crate) const DRIVERS: StateKey = StateKey::fixed(prefix::DRIVERS, &[]);

/// The key of the models on the whitelist.
pub(crate) const MODELS: StateKey = StateKey::fixed(prefix::MODELS, &[]);

/// The key of a worker.
pub(crate) const fn worker_key(worker: &Address) -> StateKey {
    StateKey::fixed(prefix::WORKER, worker.as_bytes())
}

/// The key of the heartbeats of a worker.
pub(crate) const fn beats_key(worker: &Address) -> StateKey {
    StateKey::fixed(prefix::WORKER_BEATS, worker.as_bytes())
}

/// The key of what a worker has earned in epochs that it can claim.
pub(crate) const fn credits_key(worker: &Address) -> StateKey {
    StateKey::fixed(prefix::CREDITS, worker.as_bytes())
}

/// The bytes of a device: its worker and its number.
const fn device_bytes(id: &DeviceId) -> [u8; 21] {
    let mut bytes = [0; 21];
    let (worker, number) = bytes.split_at_mut(20);
    worker.copy_from_slice(id.worker.as_bytes());
    number.copy_from_slice(&[id.device]);
    bytes
}

/// The key of a device.
pub(crate) const fn device_key(id: &DeviceId) -> StateKey {
    StateKey::fixed(prefix::DEVICE, &device_bytes(id))
}

/// The key of the evidence about a device.
pub(crate) const fn evidence_key(id: &DeviceId) -> StateKey {
    StateKey::fixed(prefix::DEVICE_EVIDENCE, &device_bytes(id))
}

/// The key of what became of the report that a device signed.
pub(crate) const fn report_key(id: &DeviceId) -> StateKey {
    StateKey::fixed(prefix::DEVICE_REPORT, &device_bytes(id))
}

/// The key of who has the device with this UUID.
pub(crate) const fn uuid_key(uuid: &Hash) -> StateKey {
    StateKey::fixed(prefix::DEVICE_UUID, &uuid.0)
}

/// The key of a place in the list of devices of a kind that may work.
pub(crate) const fn eligible_key(kind: DeviceKind, place: u32) -> StateKey {
    let mut bytes = [kind.byte(); 5];
    let (_, number) = bytes.split_at_mut(1);
    number.copy_from_slice(&place.to_be_bytes());
    StateKey::fixed(prefix::ELIGIBLE, &bytes)
}

/// The key of a task.
pub(crate) const fn task_key(number: u64) -> StateKey {
    StateKey::fixed(prefix::TASK, &number.to_be_bytes())
}

/// The key of the miners' pool of an epoch.
pub(crate) const fn pool_key(epoch: Epoch) -> StateKey {
    StateKey::fixed(prefix::MINER_POOL, &epoch.get().to_be_bytes())
}

/// The key of how a validator has checked results.
pub(crate) const fn checker_key(validator: &ValidatorKey) -> StateKey {
    StateKey::fixed(prefix::CHECKER, validator.as_bytes())
}
