//! Stake as the API shows it: records of the finalized state, brought up to date as the ledger would,
//! and histories from the index.

mod delegator;
mod history;
mod metrics;
mod validators;

use althing_api::backend::{StakeState, SupplyState, ValidatorState};
use althing_engine::node::EngineHandle;
use althing_index::{EnergyCounts, Index};
use althing_ledger::{query, staking::query::Now};
use althing_state::{StateKey, StateValue};
use althing_types::{Address, Amount, ChainParams, Genesis, Height, Timestamp};
use commonware_codec::Error;
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

/// Tries to read everything from the state of one height.
const TRIES: usize = 4;
/// Validators that have left or were ejected and are listed.
const FORMER: usize = 1_000;
/// How often what metrics show is read again, at most.
const REFRESH: Duration = Duration::from_secs(1);

/// Everything about all validators at one height.
pub(super) struct Snapshot {
    pub(super) height: Height,
    pub(super) validators: Arc<Vec<ValidatorState>>,
    pub(super) stake: StakeState,
    pub(super) supply: SupplyState,
    /// How much metered energy there is of everything; none without an index.
    pub(super) energy: Option<EnergyCounts>,
}

/// Records of the state, from one height if nothing came in between.
#[derive(Default)]
struct Records {
    height: Height,
    torn: bool,
    values: BTreeMap<StateKey, StateValue>,
}

impl Records {
    fn get<T>(&self, key: StateKey, decode: fn(&[u8]) -> Result<T, Error>) -> Option<T> {
        decode(self.values.get(&key)?).ok()
    }
}

/// Reads of the same records until all are of one height; after some tries as they come, because
/// blocks may come faster than that.
struct Tries<T> {
    left: usize,
    last: Option<T>,
}

impl<T> Tries<T> {
    const fn new() -> Self {
        Self { left: TRIES, last: None }
    }

    /// Takes what one read led to, and returns what counts if there is to be no other.
    fn settle(&mut self, records: &Records, outcome: Option<T>) -> Option<Option<T>> {
        if outcome.is_some() && !records.torn {
            return Some(outcome);
        }
        self.left = self.left.saturating_sub(1);
        self.last = outcome.or(self.last.take());
        (self.left == 0).then(|| self.last.take())
    }
}

/// Reads stake.
#[derive(Clone)]
pub(super) struct Stake {
    engine: EngineHandle,
    index: Option<Arc<Index>>,
    genesis: Arc<Genesis>,
    newest: Arc<RwLock<Option<Arc<Snapshot>>>>,
    reading: Arc<tokio::sync::Mutex<()>>,
}

impl Stake {
    pub(super) fn new(
        engine: EngineHandle,
        index: Option<Arc<Index>>,
        genesis: Arc<Genesis>,
    ) -> Self {
        Self { engine, index, genesis, newest: Arc::default(), reading: Arc::default() }
    }

    /// Keeps what metrics show up to date until the engine stops. Call it inside a runtime.
    pub(super) fn keep_fresh(&self) {
        let (stake, mut tip) = (self.clone(), self.engine.watch_tip());
        tokio::spawn(async move {
            while tip.changed().await.is_ok() {
                stake.snapshot().await;
                tokio::time::sleep(REFRESH).await;
            }
        });
    }

    /// What was read last.
    fn known(&self) -> Option<Arc<Snapshot>> {
        self.newest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everything about all validators now. Callers of one height share one reading.
    pub(super) async fn snapshot(&self) -> Option<Arc<Snapshot>> {
        let is_new = |snapshot: &Arc<Snapshot>| snapshot.height >= self.engine.status().tip.height;
        if let Some(known) = self.known().filter(is_new) {
            return Some(known);
        }
        let _turn = self.reading.lock().await;
        if let Some(known) = self.known().filter(is_new) {
            return Some(known);
        }
        let Some(snapshot) = self.read_validators().await else { return self.known() };
        let snapshot = Arc::new(snapshot);
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = Some(snapshot.clone());
        Some(snapshot)
    }

    /// Adds records of the newest state to what was read before.
    async fn fetch(&self, records: &mut Records, keys: Vec<StateKey>) -> Option<()> {
        let keys: Vec<StateKey> =
            keys.into_iter().filter(|key| !records.values.contains_key(key)).collect();
        if keys.is_empty() {
            return Some(());
        }
        let (height, values) = self.engine.read(keys.clone()).await?;
        records.torn |= !records.values.is_empty() && height != records.height;
        records.height = height;
        let found = keys.into_iter().zip(values);
        records.values.extend(found.filter_map(|(key, value)| Some((key, value?))));
        Some(())
    }

    fn params(&self, records: &Records) -> ChainParams {
        let params = records.get(query::params_key(), query::decode_params);
        params.unwrap_or_else(|| self.genesis.params.clone())
    }

    /// The moment that the next block begins from.
    fn now(&self, records: &Records) -> Now {
        let next = records.height.next().unwrap_or(records.height);
        let status = self.engine.status();
        Now {
            height: records.height,
            epoch: next.epoch(self.genesis.params.epoch_length.max(1)),
            time: Timestamp::new(status.tip.timestamp.get()),
        }
    }

    fn supply(records: &Records) -> SupplyState {
        let supply = records.get(query::supply_key(), query::decode_supply).unwrap_or_default();
        SupplyState {
            height: records.height,
            genesis: supply.genesis,
            minted: supply.minted,
            burned: supply.burned,
        }
    }
}

/// The protocol accounts that hold money which nobody spends freely.
fn pool(name: &str) -> StateKey {
    query::account_key(Address::of_module(name))
}

fn balance(records: &Records, name: &str) -> Amount {
    let account = records.get(pool(name), query::decode_account);
    account.map_or(Amount::ZERO, |account| account.balance)
}
