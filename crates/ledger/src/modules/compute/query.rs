//! Read-only views of compute: keys, records, and what follows from them. What is drawn out of
//! randomness stands in [`althing_types::compute::draw`], which is repeated here.

use super::{
    Agenda, Checker, Compute, Credits, Device, DeviceReport, Drivers, DueCount, DueItem, MinerPool,
    Models, Task, Verifying, Worker,
};
use crate::modules::registry::Node;
use althing_types::{
    Address, Blob, Epoch, Hash, Height, ValidatorKey,
    compute::{DeviceId, DeviceKind},
    limits::MAX_EVIDENCE_BYTES,
};

pub use super::{
    proof::{Judged, batch_of, judge, samples},
    reports::{contradiction, height_of as report_height, refusal},
    reputation::{Standing, standing},
};
pub use althing_devices::report::ReportError;
pub use althing_types::compute::draw::{
    Attempt, challenge, committee, is_planted, member_seed, operand_seed, plant_commitment,
    transcript,
};

crate::records::records! {
    /// The key of the sums over all workers and tasks.
    compute_key() decode_compute -> Compute = super::COMPUTE;
    /// The key of what is due, and how far it is done.
    agenda_key() decode_agenda -> Agenda = super::AGENDA;
    /// The key of the results that await votes.
    verifying_key() decode_verifying -> Verifying = super::VERIFYING;
    /// The key of the drivers on the whitelist.
    drivers_key() decode_drivers -> Drivers = super::DRIVERS;
    /// The key of the models on the whitelist.
    models_key() decode_models -> Models = super::MODELS;
    /// The key of a worker.
    worker_key(worker: Address) decode_worker -> Worker = super::worker_key(&worker);
    /// The key of the heartbeats of a worker; absent if it has sent none.
    beats_key(worker: Address) decode_beats -> Node = super::beats_key(&worker);
    /// The key of what a worker has earned in epochs that it can claim; absent if that is nothing.
    credits_key(worker: Address) decode_credits -> Credits = super::credits_key(&worker);
    /// The key of a device.
    device_key(id: DeviceId) decode_device -> Device = super::device_key(&id);
    /// The key of the evidence about a device.
    evidence_key(id: DeviceId) decode_evidence -> Blob<MAX_EVIDENCE_BYTES> = super::evidence_key(&id);
    /// The key of what became of the report of a device; absent if there was none.
    report_key(id: DeviceId) decode_report -> DeviceReport = super::report_key(&id);
    /// The key of who has the device with this UUID.
    uuid_key(uuid: Hash) decode_uuid -> DeviceId = super::uuid_key(&uuid);
    /// The key of a place in the list of devices of a kind that may work.
    eligible_key(kind: DeviceKind, place: u32) decode_eligible -> DeviceId =
        super::eligible_key(kind, place);
    /// The key of a task. Absent once its retention is over.
    task_key(number: u64) decode_task -> Task = super::task_key(number);
    /// The key of how much is due at a height.
    due_key(height: Height) decode_due -> DueCount = super::SCHEDULE.due_key(height);
    /// The key of one thing that is due at a height.
    entry_key(height: Height, place: u32) decode_entry -> DueItem = super::SCHEDULE.entry_key(height, place);
    /// The key of the miners' pool of an epoch.
    pool_key(epoch: Epoch) decode_pool -> MinerPool = super::pool_key(epoch);
    /// The key of how a validator has checked results; absent if it never did.
    checker_key(validator: ValidatorKey) decode_checker -> Checker = super::checker_key(&validator);
}
