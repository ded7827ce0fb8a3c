//! The messages of module `compute`.

pub(crate) mod attest;
pub(crate) mod cancel_task;
pub(crate) mod claim_rewards;
pub(crate) mod commit_results;
pub(crate) mod create_task;
pub(crate) mod leave_work;
pub(crate) mod prove_wrong;
pub(crate) mod register_worker;
pub(crate) mod request_benchmark;
pub(crate) mod reveal_plant;
pub(crate) mod take_work;
pub(crate) mod update_worker;
pub(crate) mod vote_results;
pub(crate) mod worker_heartbeat;

use super::{Device, Worker, device_key, error::ComputeError, store, worker_key};
use crate::{error::Failure, modules::staking};
use althing_state::View;
use althing_types::{
    Address,
    compute::{DeviceId, WorkerState},
};

/// The worker of an account.
fn worker_of(view: &View, account: &Address) -> Result<Worker, Failure> {
    staking::know(view, [worker_key(account)])?;
    Ok(store::load_worker(view, account)?.ok_or(ComputeError::UnknownWorker)?)
}

/// A device that was attested.
fn device_of(view: &View, id: &DeviceId) -> Result<Device, Failure> {
    staking::know(view, [device_key(id)])?;
    Ok(store::load_device(view, id)?.ok_or(ComputeError::UnknownDevice)?)
}

/// The worker of an account, which may take work.
fn active(view: &View, account: &Address) -> Result<Worker, Failure> {
    let worker = worker_of(view, account)?;
    match worker.state {
        WorkerState::Active => Ok(worker),
        WorkerState::Banned => Err(ComputeError::WorkerBanned.into()),
        WorkerState::Paused | WorkerState::Leaving | WorkerState::Left => {
            Err(ComputeError::WorkerNotActive.into())
        }
    }
}

/// The worker of an account that has not left and does not leave.
fn present(view: &View, account: &Address) -> Result<Worker, Failure> {
    let worker = worker_of(view, account)?;
    match worker.state {
        WorkerState::Active | WorkerState::Paused => Ok(worker),
        WorkerState::Banned => Err(ComputeError::WorkerBanned.into()),
        WorkerState::Leaving | WorkerState::Left => Err(ComputeError::WorkerNotActive.into()),
    }
}
