//! What the canned node knows about governance: the story of the index's tests, executed by the
//! ledger and read through the real index.

#[path = "../../../index/tests/common/world.rs"]
pub mod world;

use crate::{node::rejection, world::World};
use althing_api::backend::{
    AccountState, DisbursementCount, HistoryEvent, HistoryTopic, ParameterChangeState,
    ProposalEvent, ProposalFilter, Simulation, VoteState,
};
use althing_index::{FactRow, Index, IndexedBlock, ProposalQuery, Topic};
use althing_ledger::{ApplyError, Ledger, query};
use althing_state::{StateKey, StateValue, View};
use althing_types::{
    Address, Height, Nonce, SignedTransaction, Timestamp, governance::DisbursementState,
};
use std::sync::{Arc, LazyLock};
use world::ledger::Chain;

pub struct Governed {
    world: World,
    time: u64,
}

static WORLD: LazyLock<Governed> = LazyLock::new(|| {
    let story = world::story();
    let index = Index::in_memory().unwrap();
    index.begin(&world::genesis()).unwrap();
    let Chain { state, time, .. } = story.chain;
    Governed { world: World::told(index, story.blocks, state), time }
});

pub fn world() -> &'static Governed {
    &WORLD
}

/// Who operates the first validator of the story, which is the canned one.
pub fn operator() -> Address {
    world::ledger::address(world::ledger::network::operator(0))
}

/// The last block of the story, as if it came behind the canned chain.
pub fn last_block() -> IndexedBlock {
    WORLD.world.block(WORLD.world.blocks.len())
}

pub fn height() -> Height {
    Height::new(WORLD.world.blocks.len() as u64)
}

pub fn records(keys: &[StateKey]) -> (Height, Vec<Option<StateValue>>) {
    (height(), keys.iter().map(|key| WORLD.world.state.get(key).cloned()).collect())
}

/// An account of the story.
pub fn account(address: Address) -> Option<AccountState> {
    let record =
        query::decode_account(WORLD.world.state.get(&query::account_key(address))?).unwrap();
    Some(AccountState {
        height: height(),
        nonce: record.nonce,
        pending_nonce: Nonce::new(record.nonce.get() + 1),
        balance: record.balance,
        exists: true,
        vesting: None,
    })
}

/// Executes a transaction on the story, as a node does for a dry run. It is made for the chain of
/// the canned node.
pub fn simulate(transaction: &SignedTransaction) -> Simulation {
    let ledger = Ledger::new(Arc::new(world::genesis())).unwrap();
    let mut body = transaction.body().clone();
    body.chain_id = world::genesis().chain_id;
    let transaction = SignedTransaction::new(body, transaction.authorization().clone());
    let (mut view, mut keys) = (View::new(), vec![query::params_key()]);
    ledger.transaction_keys(&transaction, &mut keys);
    let next = height().next().unwrap();
    let outcome = loop {
        keys.drain(..).for_each(|key| view.prefetch(key, WORLD.world.state.get(&key).cloned()));
        match ledger.simulate(next, Timestamp::new(WORLD.time + 1), &transaction, &view) {
            Ok(receipt) => break Ok(receipt),
            Err(ApplyError::Missing(missing)) => keys = missing.0,
            Err(ApplyError::Invalid(invalid)) => break Err(rejection(invalid.code())),
            Err(error) => panic!("{error}"),
        }
    };
    Simulation { outcome, height: next }
}

impl Governed {
    pub fn proposals(
        &self,
        filter: ProposalFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<u64>> {
        let ProposalFilter { status, kind, proposer } = filter;
        let query = ProposalQuery { status, kind, proposer, before };
        let rows = self.world.index.proposals(&query, limit).unwrap();
        Some(rows.iter().map(|row| row.number).collect())
    }

    pub fn proposal_events(&self, proposal: u64) -> Option<Vec<ProposalEvent>> {
        let places = self.world.index.proposal_events(proposal, 100).unwrap();
        let event = |place| {
            let (height, time, event) = self.world.event(place);
            ProposalEvent { height, time, event }
        };
        Some(places.iter().map(event).collect())
    }

    pub fn votes(
        &self,
        proposal: u64,
        before: Option<(Height, u32)>,
        limit: usize,
    ) -> Option<Vec<VoteState>> {
        let state = |row: althing_index::VoteRow| VoteState {
            at: row.at,
            time: row.time,
            voter: row.voter,
            validator: row.validator,
            ballot: row.ballot,
            weight: row.weight,
        };
        Some(
            self.world
                .index
                .votes(proposal, before, limit)
                .unwrap()
                .into_iter()
                .map(state)
                .collect(),
        )
    }

    pub fn parameter_changes(
        &self,
        name: Option<String>,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<ParameterChangeState>> {
        let state = |row: althing_index::ChangeRow| ParameterChangeState {
            number: row.number,
            height: row.height,
            time: row.time,
            proposal: row.proposal,
            change: row.change,
        };
        let rows = self.world.index.parameter_changes(name.as_deref(), before, limit).unwrap();
        Some(rows.into_iter().map(state).collect())
    }

    pub fn disbursements(
        &self,
        state: Option<DisbursementState>,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<u64>> {
        let rows = self.world.index.disbursements(state, before, limit).unwrap();
        Some(rows.iter().map(|row| row.number).collect())
    }

    pub fn disbursement_counts(&self) -> Option<Vec<DisbursementCount>> {
        let sums = self.world.index.disbursement_sums().unwrap();
        let count = |sum: &althing_index::DisbursementSum| DisbursementCount {
            state: sum.state,
            count: sum.count,
            total: sum.total,
        };
        Some(sums.iter().map(count).collect())
    }

    pub fn facts(
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
        let state = |row: FactRow| HistoryEvent {
            number: row.number,
            height: row.height,
            time: row.time,
            event: row.event,
        };
        Some(self.world.index.facts(topic, before, limit).unwrap().into_iter().map(state).collect())
    }
}
