//! What the index knows about workers and tasks, as the API asks for it.

use super::lookup::ask;
use althing_api::backend::{
    AttemptHistory, ReadingState, SettlementState, TaskEvent, TaskFilter, TaskHistory,
    VerdictState, WorkerFilter,
};
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

fn history(row: TaskRow) -> TaskHistory {
    let TaskRow {
        number,
        purpose,
        requester,
        shape,
        count,
        price,
        state,
        attempt,
        worker,
        device,
        root,
        digest,
        round,
        reason,
        refund,
        prover,
        created,
        created_time,
        assigned,
        committed,
        challenged,
        accepted,
        ended,
        ended_time,
        operands,
        source,
    } = row;
    TaskHistory {
        number,
        purpose,
        requester,
        shape,
        count,
        price,
        state,
        attempt,
        worker,
        device,
        root,
        digest,
        round,
        reason,
        refund,
        prover,
        created,
        created_time,
        assigned,
        committed,
        challenged,
        accepted,
        ended,
        ended_time,
        operands,
        source,
    }
}

fn attempt(row: AttemptRow) -> AttemptHistory {
    let AttemptRow { task, attempt, device, height, time, outcome } = row;
    AttemptHistory { task: history(task), attempt, device, height, time, outcome }
}

fn verdict(row: VerdictRow) -> VerdictState {
    let VerdictRow { attempt, round, validator, verdict, transcript, height, time } = row;
    VerdictState { attempt, round, validator, verdict, transcript, height, time }
}

fn settled(row: SettlementRow) -> SettlementState {
    let SettlementRow { task, worker, epoch, height, time, shape, payment, factors, credit } = row;
    SettlementState { task, worker, epoch, height, time, shape, payment, factors, credit }
}

fn reading(row: DeviceReading) -> ReadingState {
    let DeviceReading { device, height, time, kind, points, performance, tier, flagged } = row;
    ReadingState { device, height, time, kind, points, performance, tier, flagged }
}

impl Work<'_> {
    pub(super) async fn tasks(
        &self,
        filter: TaskFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<TaskHistory>> {
        let TaskFilter { state, purpose, requester, worker } = filter;
        let query = TaskQuery { state, purpose, requester, worker, before };
        let rows = ask(self.index, move |index| index.tasks(&query, limit)).await?;
        Some(rows.into_iter().map(history).collect())
    }

    pub(super) async fn task(&self, number: u64) -> Option<Option<TaskHistory>> {
        let row = ask(self.index, move |index| index.task(number)).await?;
        Some(row.map(history))
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

    pub(super) async fn verdicts(&self, number: u64) -> Option<Vec<VerdictState>> {
        let rows = ask(self.index, move |index| index.verdicts(number)).await?;
        Some(rows.into_iter().map(verdict).collect())
    }

    pub(super) async fn settlement(&self, number: u64) -> Option<Option<SettlementState>> {
        let row = ask(self.index, move |index| index.settlement(number)).await?;
        Some(row.map(settled))
    }

    pub(super) async fn credited(
        &self,
        epoch: Epoch,
        after: Option<u64>,
        limit: usize,
    ) -> Option<Vec<SettlementState>> {
        let rows = ask(self.index, move |index| index.credited(epoch, after, limit)).await?;
        Some(rows.into_iter().map(settled).collect())
    }

    pub(super) async fn attempts(
        &self,
        worker: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<AttemptHistory>> {
        let rows = ask(self.index, move |index| index.attempts(worker, before, limit)).await?;
        Some(rows.into_iter().map(attempt).collect())
    }

    pub(super) async fn workers(&self, filter: WorkerFilter, limit: usize) -> Option<Vec<Address>> {
        let WorkerFilter { state, after } = filter;
        let query = WorkerQuery { state, after };
        let rows = ask(self.index, move |index| index.workers(&query, limit)).await?;
        Some(rows.into_iter().map(|row| row.address).collect())
    }

    pub(super) async fn readings(
        &self,
        worker: Address,
        limit: usize,
    ) -> Option<Vec<ReadingState>> {
        let rows = ask(self.index, move |index| index.device_readings(worker, limit)).await?;
        Some(rows.into_iter().map(reading).collect())
    }
}
