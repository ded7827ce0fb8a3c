//! Computes, shows and forgets results.

use super::{News, RunError, Running, Worker};
use crate::{
    content::Fetcher,
    endpoint::Endpoint,
    executor::{self, Watch},
    job::{self, JobKey},
    journal::{Entry, Found, JobRecord},
    machine::{Action, Observation},
    plant::Plant,
    results::{ResultError, Stored},
    serve::Contents,
};
use althing_compute::{Batch, Operands};
use althing_types::compute::Operands as WireOperands;
use std::sync::Arc;

/// Where matrices come from, and how they are fetched.
struct Getting {
    http: reqwest::Client,
    contents: Arc<Contents>,
    allow_private: bool,
    memory_bytes: u64,
}

impl Getting {
    async fn operands(
        &self,
        key: JobKey,
        record: &JobRecord,
        batch: Batch,
    ) -> Result<Arc<Operands>, String> {
        let WireOperands::Content { a, b } = &record.operands else {
            return Ok(Arc::new(job::seeded(batch, &record.seed)));
        };
        if let Some(matrices) = self.contents.get(key.task) {
            return Ok(Arc::clone(matrices.operands()));
        }
        let endpoint = Endpoint::parse(&record.source, self.allow_private)
            .map_err(|error| error.to_string())?;
        let fetcher = Fetcher::new(self.http.clone(), endpoint);
        let fetched = fetcher.matrices((a, b), batch, self.memory_bytes).await;
        let matrices = fetched.map_err(|error| error.to_string())?;
        let operands = Arc::clone(matrices.operands());
        self.contents.insert(key.task, matrices);
        Ok(operands)
    }
}

impl Worker {
    /// Does what the machine says, and returns what it has to know of it.
    pub(super) async fn act(&mut self, action: Action) -> Result<Vec<Observation>, RunError> {
        match action {
            Action::Remember(key, record) => {
                self.journal.write(Entry::Job { key, job: *record })?;
            }
            Action::Compute(key) => self.compute(key),
            Action::Cancel(key) => {
                if let Some(running) = self.running.get(&key) {
                    running.watch.cancel();
                }
            }
            Action::Show(key) => return Ok(self.show_result(key)),
            Action::Forget(key) => {
                if self.journal.memory().jobs.contains_key(&key) {
                    self.journal.write(Entry::Over { key })?;
                }
                self.results.remove(key);
                if !self.machine.jobs().keys().any(|other| other.task == key.task) {
                    self.contents.remove(key.task);
                }
            }
            Action::Send(message) => return self.send(message).await,
            Action::Finish(_) => {}
        }
        Ok(Vec::new())
    }

    fn plant(&self, record: &JobRecord, batch: Batch) -> Option<Plant> {
        let secret = self.secrets.secret(record.plant?);
        Some(Plant::new(&secret, &record.seed, batch.shape))
    }

    /// Computes a task in the background; news come when it is done.
    fn compute(&mut self, key: JobKey) {
        let Some(record) = self.machine.jobs().get(&key).map(|job| job.record.clone()) else {
            return;
        };
        let device = self.devices.iter().find(|device| device.number == record.device);
        let engine = device.map(|device| Arc::clone(&device.engine));
        let watch = Arc::new(Watch::default());
        let begun = std::time::Instant::now();
        self.running.insert(key, Running { watch: Arc::clone(&watch), begun });
        let getting = Getting {
            http: self.http.clone(),
            contents: Arc::clone(&self.contents),
            allow_private: self.config.allow_private,
            memory_bytes: self.config.memory_bytes(),
        };
        let (results, news) = (Arc::clone(&self.results), self.news.0.clone());
        let batch = job::batch(&record.shape, record.count).map_err(|error| error.to_string());
        let plant = batch.as_ref().ok().and_then(|batch| self.plant(&record, *batch));
        let work = async move {
            let (batch, engine) = (batch?, engine.ok_or("the device is not there any more")?);
            let operands = getting.operands(key, &record, batch).await?;
            let compute = move || {
                let work = (batch, operands.as_ref());
                executor::compute(engine.as_ref(), &results, key, work, plant.as_ref(), &watch)
            };
            let done = tokio::task::spawn_blocking(compute).await;
            done.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
        };
        tokio::spawn(async move {
            let found: Result<Found, String> = work.await;
            // Nobody listens any more once the worker has stopped.
            let _ = news.send(News::Computed(key, found)).await;
        });
    }

    /// Lets others see a result; one whose files are damaged is computed again.
    fn show_result(&self, key: JobKey) -> Vec<Observation> {
        let lost = || vec![Observation::Lost(key)];
        let Some(job) = self.machine.jobs().get(&key) else { return Vec::new() };
        let (Some(found), Ok(batch)) = (job.found, job::batch(&job.record.shape, job.record.count))
        else {
            return lost();
        };
        let operands = match job.record.operands {
            WireOperands::Seed {} => Some(Arc::new(job::seeded(batch, &job.record.seed))),
            WireOperands::Content { .. } => {
                self.contents.get(key.task).map(|matrices| Arc::clone(matrices.operands()))
            }
        };
        // Matrices of the requester are fetched again with the computation.
        let Some(operands) = operands else { return lost() };
        let plant = self.plant(&job.record, batch);
        match self.results.show(key, Stored { batch, root: found.root, operands, plant }) {
            Ok(()) => Vec::new(),
            Err(error @ ResultError::Lost(_)) => {
                self.trouble(error.to_string());
                lost()
            }
            Err(error) => {
                self.trouble(format!("the result of {key} is not shown: {error}"));
                lost()
            }
        }
    }
}
