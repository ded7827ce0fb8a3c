//! What the chain says now.

use super::{LONGEST_PAUSE, RunError, Worker, pauses};
use crate::{
    chain::{Chain, ChainError, Identity, Tip},
    job::JobKey,
    machine::{Observation, Observed},
    views::{TaskView, WorkerView},
};
use althing_types::{Amount, ChainParams, GasPrice, Hash, Height, compute::TaskState};
use std::collections::{BTreeMap, BTreeSet};

/// Blocks after which parameters, prices and balances are asked for again.
const REFRESH: u64 = 8;

/// What changes seldom.
#[derive(Debug, Default)]
pub(super) struct Cache {
    slow: Option<(Height, Slow)>,
    beacons: BTreeMap<Height, Hash>,
}

#[derive(Clone, Debug)]
struct Slow {
    params: ChainParams,
    gas_price: GasPrice,
    balance: Amount,
}

/// Asks which chain it is until somebody answers.
pub(super) async fn identity(chain: &dyn Chain) -> Result<Identity, ChainError> {
    let mut waits = pauses();
    loop {
        match chain.identity().await {
            Err(error) if error.is_temporary() => {
                tracing::warn!(%error, "waiting for the node");
                tokio::time::sleep(waits.next().unwrap_or(LONGEST_PAUSE)).await;
            }
            result => return result,
        }
    }
}

impl Worker {
    /// Looks at the chain after a block, and at what became of the transaction that is on its way.
    pub(super) async fn look(&mut self, tip: Tip) -> Result<Vec<Observation>, RunError> {
        // First what became of the transaction, then the state that it led to.
        let mut observations = self.ask_outcome(tip).await?;
        match self.read(tip).await {
            Ok(observed) => {
                self.live.send_modify(|live| live.connected = true);
                observations.push(Observation::Chain(Box::new(observed)));
            }
            Err(error) => {
                self.live.send_modify(|live| live.connected = !error.is_temporary());
                self.trouble(error.to_string());
            }
        }
        Ok(observations)
    }

    async fn read(&mut self, tip: Tip) -> Result<Observed, ChainError> {
        let address = self.key.address();
        let slow = self.slow(tip).await?;
        let worker = self.chain.worker(address).await?;
        let tasks = self.tasks(worker.as_ref()).await?;
        let beacons = self.beacons(&tasks, tip).await?;
        Ok(Observed {
            tip,
            params: slow.params.compute,
            heartbeat_ms: slow.params.registry.heartbeat_interval_ms,
            balance: slow.balance,
            gas_price: slow.gas_price,
            worker,
            tasks,
            beacons,
        })
    }

    async fn slow(&mut self, tip: Tip) -> Result<Slow, ChainError> {
        if let Some((height, slow)) = &self.cache.slow
            && tip.height.get() < height.get().saturating_add(REFRESH)
        {
            return Ok(slow.clone());
        }
        let slow = Slow {
            params: self.chain.params().await?,
            gas_price: self.chain.gas_price().await?,
            balance: self.chain.balance(self.key.address()).await?,
        };
        self.cache.slow = Some((tip.height, slow.clone()));
        Ok(slow)
    }

    /// Forgets what changes with a transaction of this worker.
    pub(super) fn forget_slow(&mut self) {
        self.cache.slow = None;
    }

    async fn tasks(
        &self,
        worker: Option<&WorkerView>,
    ) -> Result<BTreeMap<u64, TaskView>, ChainError> {
        let mut numbers: BTreeSet<u64> =
            worker.iter().flat_map(|worker| worker.tasks.iter().copied()).collect();
        numbers.extend(self.machine.jobs().keys().map(|key| key.task));
        let mut tasks = BTreeMap::new();
        for number in numbers {
            if let Some(task) = self.chain.task(number).await? {
                tasks.insert(number, task);
            }
        }
        Ok(tasks)
    }

    /// The randomness that seeds of new tasks are drawn by.
    async fn beacons(
        &mut self,
        tasks: &BTreeMap<u64, TaskView>,
        tip: Tip,
    ) -> Result<BTreeMap<Height, Hash>, ChainError> {
        let mut wanted = BTreeSet::new();
        for (number, task) in tasks {
            let key = JobKey { task: *number, attempt: task.attempt };
            let new = task.state == TaskState::Assigned && !self.machine.jobs().contains_key(&key);
            let height = task.of(self.key.address()).map(|assignment| assignment.seed_height);
            wanted.extend(height.filter(|height| new && *height <= tip.height));
        }
        self.cache.beacons.retain(|height, _| wanted.contains(height));
        for height in wanted {
            if self.cache.beacons.contains_key(&height) {
                continue;
            }
            if let Some(value) = self.chain.beacon(height).await? {
                self.cache.beacons.insert(height, value);
            }
        }
        Ok(self.cache.beacons.clone())
    }
}
