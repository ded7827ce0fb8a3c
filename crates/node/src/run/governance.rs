//! What the index knows about governance and the treasury, as the API asks for it.

use super::lookup::ask;
use althing_api::backend::{
    DisbursementCount, HistoryEvent, HistoryTopic, ParameterChangeState, ProposalEvent,
    ProposalFilter, VoteState,
};
use althing_engine::node::EngineHandle;
use althing_index::{
    ChangeRow, DisbursementSum, FactRow, Index, Position, ProposalQuery, Topic, VoteRow,
};
use althing_types::governance::DisbursementState;
use std::sync::Arc;

/// Events of one proposal that are told.
const MAX_EVENTS: usize = 500;

/// Asks the index, and the archive where the index knows only a place.
pub(super) struct Decisions<'a> {
    pub(super) engine: &'a EngineHandle,
    pub(super) index: &'a Arc<Index>,
}

impl Decisions<'_> {
    pub(super) async fn proposals(
        &self,
        filter: ProposalFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<u64>> {
        let ProposalFilter { status, kind, proposer } = filter;
        let query = ProposalQuery { status, kind, proposer, before };
        let rows = ask(self.index, move |index| index.proposals(&query, limit)).await?;
        Some(rows.into_iter().map(|row| row.number).collect())
    }

    pub(super) async fn proposal_events(&self, proposal: u64) -> Option<Vec<ProposalEvent>> {
        let query = move |index: &Index| index.proposal_events(proposal, MAX_EVENTS);
        let places = ask(self.index, query).await?;
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
            found.push(ProposalEvent { height, time, event });
        }
        Some(found)
    }

    pub(super) async fn votes(
        &self,
        proposal: u64,
        before: Option<Position>,
        limit: usize,
    ) -> Option<Vec<VoteState>> {
        let state = |row: VoteRow| {
            let VoteRow { at, time, voter, validator, ballot, weight } = row;
            VoteState { at, time, voter, validator, ballot, weight }
        };
        let rows = ask(self.index, move |index| index.votes(proposal, before, limit)).await?;
        Some(rows.into_iter().map(state).collect())
    }

    pub(super) async fn parameter_changes(
        &self,
        name: Option<String>,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<ParameterChangeState>> {
        let state = |row: ChangeRow| {
            let ChangeRow { number, height, time, proposal, change } = row;
            ParameterChangeState { number, height, time, proposal, change }
        };
        let query = move |index: &Index| index.parameter_changes(name.as_deref(), before, limit);
        Some(ask(self.index, query).await?.into_iter().map(state).collect())
    }

    pub(super) async fn disbursements(
        &self,
        state: Option<DisbursementState>,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<u64>> {
        let query = move |index: &Index| index.disbursements(state, before, limit);
        Some(ask(self.index, query).await?.into_iter().map(|row| row.number).collect())
    }

    pub(super) async fn disbursement_counts(&self) -> Option<Vec<DisbursementCount>> {
        let count = |sum: DisbursementSum| {
            let DisbursementSum { state, count, total } = sum;
            DisbursementCount { state, count, total }
        };
        let sums = ask(self.index, Index::disbursement_sums).await?;
        Some(sums.into_iter().map(count).collect())
    }

    pub(super) async fn facts(
        &self,
        topic: HistoryTopic,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<HistoryEvent>> {
        let topic = match topic {
            HistoryTopic::Safety => Topic::Safety,
            HistoryTopic::Upgrade => Topic::Upgrade,
            HistoryTopic::Network => Topic::Network,
            HistoryTopic::Income => Topic::Income,
        };
        let event = |row: FactRow| {
            let FactRow { number, height, time, event } = row;
            HistoryEvent { number, height, time, event }
        };
        let rows = ask(self.index, move |index| index.facts(topic, before, limit)).await?;
        Some(rows.into_iter().map(event).collect())
    }
}
