use super::{
    COMPUTE, Checker, Compute, Credits, DRIVERS, Device, DeviceReport, Drivers, MODELS, MinerPool,
    Models, Task, VERIFYING, Verifying, Worker, beats_key, checker_key, credits_key, device_key,
    eligible_key, evidence_key, pool_key, report_key, task_key, uuid_key, worker_key,
};
use crate::{error::Fault, modules::registry::Node, store};
use althing_state::View;
use althing_types::{
    Address, Blob, Epoch, Hash, ValidatorKey,
    compute::{DeviceId, DeviceKind},
    limits::MAX_EVIDENCE_BYTES,
};

/// For each kind of record, how it is read and written. `require` is for records that must be
/// there; `load` says `None`, or what stands for no record.
macro_rules! records {
    ($( $load:ident, $save:ident: $record:ty = $key:expr, $what:literal; )*) => {
        $(
            pub(super) fn $load(view: &View) -> Result<$record, Fault> {
                store::require(view, &$key, $what)
            }

            pub(super) fn $save(view: &mut View, record: &$record) -> Result<(), Fault> {
                store::save(view, $key, record)
            }
        )*
    };
}

records! {
    load_compute, save_compute: Compute = COMPUTE, "the sums of compute are absent or do not decode";
    load_verifying, save_verifying: Verifying = VERIFYING, "the list of what awaits votes is absent or does not decode";
    load_drivers, save_drivers: Drivers = DRIVERS, "the list of drivers is absent or does not decode";
    load_models, save_models: Models = MODELS, "the list of models is absent or does not decode";
}

/// A worker; `None` if the account never was one.
pub(super) fn load_worker(view: &View, worker: &Address) -> Result<Option<Worker>, Fault> {
    store::load(view, &worker_key(worker), "a worker does not decode")
}

pub(super) fn require_worker(view: &View, worker: &Address) -> Result<Worker, Fault> {
    store::require(view, &worker_key(worker), "a worker is absent or does not decode")
}

pub(super) fn save_worker(view: &mut View, worker: &Address, record: &Worker) -> Result<(), Fault> {
    store::save(view, worker_key(worker), record)
}

/// The heartbeats of a worker; `None` if it has sent none.
pub(super) fn load_beats(view: &View, worker: &Address) -> Result<Option<Node>, Fault> {
    store::load(view, &beats_key(worker), "the heartbeats of a worker do not decode")
}

pub(super) fn save_beats(view: &mut View, worker: &Address, beats: &Node) -> Result<(), Fault> {
    store::save(view, beats_key(worker), beats)
}

/// A device; `None` if the worker has none of this number.
pub(super) fn load_device(view: &View, id: &DeviceId) -> Result<Option<Device>, Fault> {
    store::load(view, &device_key(id), "a device does not decode")
}

pub(super) fn require_device(view: &View, id: &DeviceId) -> Result<Device, Fault> {
    store::require(view, &device_key(id), "a device is absent or does not decode")
}

pub(super) fn save_device(view: &mut View, id: &DeviceId, device: &Device) -> Result<(), Fault> {
    store::save(view, device_key(id), device)
}

pub(super) fn remove_device(view: &mut View, id: &DeviceId) {
    view.set(device_key(id), None);
    view.set(evidence_key(id), None);
}

pub(super) fn require_evidence(
    view: &View,
    id: &DeviceId,
) -> Result<Blob<MAX_EVIDENCE_BYTES>, Fault> {
    store::require(view, &evidence_key(id), "evidence is absent or does not decode")
}

pub(super) fn save_evidence(
    view: &mut View,
    id: &DeviceId,
    evidence: &Blob<MAX_EVIDENCE_BYTES>,
) -> Result<(), Fault> {
    store::save(view, evidence_key(id), evidence)
}

/// What became of the report of a device; `None` if there was none.
pub(super) fn load_report(view: &View, id: &DeviceId) -> Result<Option<DeviceReport>, Fault> {
    store::load(view, &report_key(id), "the report of a device does not decode")
}

pub(super) fn save_report(
    view: &mut View,
    id: &DeviceId,
    report: &DeviceReport,
) -> Result<(), Fault> {
    store::save(view, report_key(id), report)
}

pub(super) fn remove_report(view: &mut View, id: &DeviceId) {
    view.set(report_key(id), None);
}

/// Who has the device with this UUID.
pub(super) fn load_uuid(view: &View, uuid: &Hash) -> Result<Option<DeviceId>, Fault> {
    store::load(view, &uuid_key(uuid), "the owner of a device does not decode")
}

pub(super) fn save_uuid(view: &mut View, uuid: &Hash, id: &DeviceId) -> Result<(), Fault> {
    store::save(view, uuid_key(uuid), id)
}

pub(super) fn remove_uuid(view: &mut View, uuid: &Hash) {
    view.set(uuid_key(uuid), None);
}

/// The device at a place of the list of those that may work.
pub(super) fn require_eligible(
    view: &View,
    kind: DeviceKind,
    place: u32,
) -> Result<DeviceId, Fault> {
    let what = "a place of the list of devices is absent or does not decode";
    store::require(view, &eligible_key(kind, place), what)
}

pub(super) fn save_eligible(
    view: &mut View,
    (kind, place): (DeviceKind, u32),
    id: &DeviceId,
) -> Result<(), Fault> {
    store::save(view, eligible_key(kind, place), id)
}

pub(super) fn remove_eligible(view: &mut View, kind: DeviceKind, place: u32) {
    view.set(eligible_key(kind, place), None);
}

/// A task; `None` if there is none of this number, or none any more.
pub(super) fn load_task(view: &View, number: u64) -> Result<Option<Task>, Fault> {
    store::load(view, &task_key(number), "a task does not decode")
}

pub(super) fn save_task(view: &mut View, number: u64, task: &Task) -> Result<(), Fault> {
    store::save(view, task_key(number), task)
}

pub(super) fn remove_task(view: &mut View, number: u64) {
    view.set(task_key(number), None);
}

/// What a worker has earned in epochs that it can claim.
pub(super) fn load_credits(view: &View, worker: &Address) -> Result<Credits, Fault> {
    let what = "the credits of a worker do not decode";
    Ok(store::load(view, &credits_key(worker), what)?.unwrap_or_default())
}

pub(super) fn save_credits(
    view: &mut View,
    worker: &Address,
    credits: &Credits,
) -> Result<(), Fault> {
    if credits.is_empty() {
        view.set(credits_key(worker), None);
        return Ok(());
    }
    store::save(view, credits_key(worker), credits)
}

/// The miners' pool of an epoch; `None` if nobody earned anything in it, or it can be claimed no
/// more.
pub(super) fn load_pool(view: &View, epoch: Epoch) -> Result<Option<MinerPool>, Fault> {
    store::load(view, &pool_key(epoch), "the miners' pool of an epoch does not decode")
}

pub(super) fn save_pool(view: &mut View, epoch: Epoch, pool: &MinerPool) -> Result<(), Fault> {
    store::save(view, pool_key(epoch), pool)
}

pub(super) fn remove_pool(view: &mut View, epoch: Epoch) {
    view.set(pool_key(epoch), None);
}

/// How a validator has checked results.
pub(super) fn load_checker(view: &View, validator: &ValidatorKey) -> Result<Checker, Fault> {
    let what = "the record of a checker does not decode";
    Ok(store::load(view, &checker_key(validator), what)?.unwrap_or_default())
}

pub(super) fn save_checker(
    view: &mut View,
    validator: &ValidatorKey,
    checker: &Checker,
) -> Result<(), Fault> {
    store::save(view, checker_key(validator), checker)
}
