//! What the index knows about workers and tasks, as the API asks for it.

use super::lookup::ask;
use althing_api::backend::TaskEvent;
use althing_engine::node::EngineHandle;
use althing_index::{
    AttemptRow, DeviceReading, Index, SettlementRow, TaskQuery, TaskRow, VerdictRow, WorkerQuery,
};
use althing_types::{Address, Epoch, compute::TaskState};
use std::sync::Arc;

/// Events of one task that are told.
const MAX_EVENTS: usize = 1_000;

/// Asks the index, and the archive where the index knows only a place.
pub(super) struct Work<'a> {
    pub(super) engine: &'a EngineHandle,
    pub(super) index: &'a Arc<Index>,
}

impl Work<'_> {
    pub(super) async fn tasks(&self, query: TaskQuery, limit: usize) -> Option<Vec<TaskRow>> {
        ask(self.index, move |index| index.tasks(&query, limit)).await
    }

    pub(super) async fn task(&self, number: u64) -> Option<Option<TaskRow>> {
        ask(self.index, move |index| index.task(number)).await
    }

    pub(super) async fn task_events(&self, number: u64) -> Option<Vec<TaskEvent>> {
        let places = ask(self.index, move |index| index.task_events(number, MAX_EVENTS)).await?;
        let mut found = Vec::with_capacity(places.len());
        for place in places {
            let (height, receipt) = place.at;
            let block = self.engine.block(height).await;
            let receipts = self.engine.receipts(height).await;
            let (Some(block), Some(receipts)) = (block, receipts) else { continue };
            let at = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
            let event = receipts.get(at(receipt)).and_then(|it| it.events.get(at(place.seq)));
            let Some(event) = event else { continue };
            let (time, event) = (block.header.timestamp, event.clone());
            found.push(TaskEvent { height, time, event });
        }
        Some(found)
    }

    pub(super) async fn task_counts(&self) -> Option<Vec<(TaskState, u64)>> {
        ask(self.index, Index::task_counts).await
    }

    pub(super) async fn verdicts(&self, number: u64) -> Option<Vec<VerdictRow>> {
        ask(self.index, move |index| index.verdicts(number)).await
    }

    pub(super) async fn settlement(&self, number: u64) -> Option<Option<SettlementRow>> {
        ask(self.index, move |index| index.settlement(number)).await
    }

    pub(super) async fn credited(
        &self,
        epoch: Epoch,
        after: Option<u64>,
        limit: usize,
    ) -> Option<Vec<SettlementRow>> {
        ask(self.index, move |index| index.credited(epoch, after, limit)).await
    }

    pub(super) async fn attempts(
        &self,
        worker: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<AttemptRow>> {
        ask(self.index, move |index| index.attempts(worker, before, limit)).await
    }

    pub(super) async fn workers(&self, query: WorkerQuery, limit: usize) -> Option<Vec<Address>> {
        let rows = ask(self.index, move |index| index.workers(&query, limit)).await?;
        Some(rows.into_iter().map(|row| row.address).collect())
    }

    pub(super) async fn readings(
        &self,
        worker: Address,
        limit: usize,
    ) -> Option<Vec<DeviceReading>> {
        ask(self.index, move |index| index.device_readings(worker, limit)).await
    }
}
