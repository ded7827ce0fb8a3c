//! A node in memory: the ledger on a thread of its own, asked as a node is asked.

use crate::{
    common::{Fetch, address},
    messages::grant,
    world::{ORACLES, OTHER, PROVIDER, World},
};
use althing_client::http::ReadingStatus;
use althing_ledger::{
    codes,
    energy::{Batch, query},
};
use althing_oracle::{
    Chain, ChainError, Clock,
    chain::{BatchAt, Identity, MeterAt, OracleAt, Outcome, ProviderAt, ReadingAt, Tip, Undecided},
};
use althing_types::{
    Address, Authorization, ChainParams, Event, Gas, GasPrice, Genesis, Hash, Height, KeyScheme,
    Nonce, Payload, PublicKey, Receipt, SecretKey, SignedTransaction, Timestamp, Transaction,
    energy::{EnergyRole, MeterState, ProviderState, ReadingOutcome, Scopes},
    hash::sha256,
};
use async_trait::async_trait;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
        mpsc,
    },
    time::Duration,
};

/// The account that sends for the first provider.
pub(crate) fn gateway() -> SecretKey {
    SecretKey::from_seed(KeyScheme::Ed25519, [90; 32]).unwrap()
}

/// The account that reports for an oracle.
pub(crate) fn reporter(oracle: usize) -> SecretKey {
    SecretKey::from_seed(KeyScheme::Ed25519, [100 + oracle as u8; 32]).unwrap()
}

/// What runs on the thread.
pub(crate) struct Inside {
    pub(crate) world: World,
    waiting: Vec<SignedTransaction>,
    outcomes: BTreeMap<Hash, Outcome>,
    /// Every batch as it was last, also after the state forgot it.
    batches: BTreeMap<u64, BatchAt>,
    /// Whether it hides what meters can measure, so that only the ledger knows it.
    pub(crate) blind: bool,
    /// Transactions that the node loses when they are submitted.
    pub(crate) loses: usize,
    /// Whether no block comes, however long somebody waits for one.
    pub(crate) still: bool,
    /// Everything that happened.
    pub(crate) events: Vec<Event>,
}

type Job = Box<dyn FnOnce(&mut Inside) + Send>;

/// The node.
#[derive(Clone)]
pub(crate) struct Node {
    jobs: mpsc::Sender<Job>,
    /// Whether blocks come by themselves, and not when somebody waits for one.
    paced: bool,
}

impl Node {
    /// Two providers with two meters each, three oracles; gateway and reporters act for them.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Genesis) + Send + 'static) -> Self {
        let (jobs, work) = mpsc::channel::<Job>();
        std::thread::spawn(move || {
            let mut world = World::with(change);
            world.chain.audit_every = 10;
            let mut inside = Inside {
                world,
                waiting: Vec::new(),
                outcomes: BTreeMap::new(),
                batches: BTreeMap::new(),
                blind: false,
                loses: 0,
                still: false,
                events: Vec::new(),
            };
            inside.grant();
            while let Ok(job) = work.recv() {
                job(&mut inside);
            }
        });
        Self { jobs, paced: false }
    }

    /// The same node, seen by who waits for blocks that come by themselves.
    pub(crate) fn paced(mut self) -> Self {
        self.paced = true;
        self
    }

    /// Does something on the thread, and waits for it.
    pub(crate) fn on<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Inside) -> T + Send + 'static,
    ) -> T {
        let (sender, answer) = mpsc::channel();
        let job: Job = Box::new(move |inside| {
            let _ = sender.send(work(inside));
        });
        self.jobs.send(job).unwrap();
        answer.recv().expect("the ledger panicked; see above")
    }

    /// How often something happened.
    pub(crate) fn count(&self, name: &'static str) -> usize {
        self.on(move |inside| inside.events.iter().filter(|event| event.name() == name).count())
    }

    /// What a meter has counted since it was registered, in Wh.
    pub(crate) fn counted(&self, device: usize) -> u64 {
        self.on(move |inside| inside.world.meter(device).total_wh - 1_000_000)
    }

    /// What of it was attested, in Wh.
    pub(crate) fn attested(&self, device: usize) -> u64 {
        self.on(move |inside| inside.world.meter(device).attested_wh)
    }

    /// A clock that is wrong by so many seconds.
    pub(crate) fn clock(&self, off: i64) -> Arc<dyn Clock> {
        Arc::new(NodeClock { node: self.clone(), off: AtomicI64::new(off) })
    }

    /// Does something in the way of a network: the daemon can be cut off before and after it.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Inside) -> T + Send + 'static,
    ) -> T {
        tokio::task::yield_now().await;
        let answer = self.on(work);
        tokio::task::yield_now().await;
        answer
    }
}

struct NodeClock {
    node: Node,
    off: AtomicI64,
}

impl Clock for NodeClock {
    fn now_s(&self) -> u64 {
        let now = self.node.on(|inside| inside.world.chain.time / 1_000);
        now.checked_add_signed(self.off.load(Ordering::Relaxed)).unwrap()
    }
}

impl Inside {
    fn grant(&mut self) {
        let may = Scopes { submit_reading: true, ..Scopes::NONE };
        let mut act = |user, account: Address, role| {
            let mut payload = grant(0, role, may, 1_000_000);
            if let Payload::GrantEnergyRole(message) = &mut payload {
                message.account = account;
            }
            self.world.does(user, payload);
        };
        act(PROVIDER, gateway().address(), EnergyRole::Provider);
        act(OTHER, gateway().address(), EnergyRole::Provider);
        for oracle in ORACLES {
            act(oracle, reporter(oracle).address(), EnergyRole::Oracle);
        }
    }

    /// Executes a block with everything that waits.
    pub(crate) fn block(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let (outcome, results) = self.world.chain.advance(&waiting);
        let height = Height::new(self.world.chain.height);
        let mut receipts = outcome.receipts.iter();
        for (transaction, result) in waiting.iter().zip(results) {
            let became = match result {
                Ok(()) => became(receipts.next().unwrap(), height),
                Err(invalid) => Outcome::Dropped { reason: format!("{invalid:?}") },
            };
            self.outcomes.insert(transaction.hash(), became);
        }
        self.events.extend(outcome.receipts.iter().flat_map(|receipt| receipt.events.clone()));
        for number in 0..self.world.energy().next_batch {
            if self.batches.get(&number).is_some_and(|batch| batch.expires.is_none()) {
                continue;
            }
            if let Some(batch) = self.world.find_batch(number) {
                let view = self.view(number, &batch);
                self.batches.insert(number, view);
            } else if let Some(over) = self.batches.get_mut(&number) {
                over.expires = None;
            }
        }
    }

    fn view(&self, number: u64, batch: &Batch) -> BatchAt {
        let status = |place: usize| {
            let is = |bits: u64| bits >> place & 1 == 1;
            match () {
                () if is(batch.undecided) => ReadingStatus::Undecided,
                () if is(batch.disproved) => ReadingStatus::Decided(ReadingOutcome::Disproved),
                () if is(batch.attested) => ReadingStatus::Decided(ReadingOutcome::Attested),
                () if is(batch.refused) => ReadingStatus::Decided(ReadingOutcome::Refused),
                () => ReadingStatus::Decided(ReadingOutcome::Expired),
            }
        };
        let readings = batch.readings.iter().enumerate().map(|(place, reading)| ReadingAt {
            meter: reading.meter,
            start: reading.start,
            seconds: reading.seconds,
            wh: reading.wh,
            status: status(place),
        });
        let key = query::oracle_set_key(batch.oracles);
        let set = query::decode_oracle_set(&self.world.chain.state[&key]).unwrap();
        let place = |oracle: u8| set[usize::from(oracle)].oracle;
        BatchAt {
            number,
            expires: Some(batch.expires),
            closes: batch.closes,
            readings: readings.collect(),
            reported: batch.reports.iter().map(|report| place(report.oracle)).collect(),
        }
    }

    fn nonce(&self, sender: Address) -> Nonce {
        let waits = self.waiting.iter().filter(|one| one.body().sender == sender).count() as u64;
        Nonce::new(self.world.chain.account(sender).nonce.get() + waits)
    }

    fn prepare(
        &self,
        sender: &PublicKey,
        payload: &Payload,
        valid_until: Height,
    ) -> Result<Transaction, ChainError> {
        let mut body = Transaction {
            chain_id: "ledger-test".parse().unwrap(),
            sender: sender.address(),
            nonce: self.world.chain.account(sender.address()).nonce,
            gas_limit: Gas::new(10_000_000),
            gas_price: GasPrice::new(0),
            valid_until,
            memo: String::new(),
            payload: payload.clone(),
        };
        let public_key = sender.bytes().as_ref().try_into().unwrap();
        let unsigned = Authorization::Ed25519 { public_key, signature: [0; 64] };
        let trial = SignedTransaction::new(body.clone(), unsigned);
        let (outcome, results) = self.world.chain.execute(&[trial], Fetch::All);
        let refused = |code: &str| {
            let (code, message) = (code.to_owned(), code.to_owned());
            Err(ChainError::Refused { code, message })
        };
        match &results[0] {
            Err(invalid) => return refused(&format!("{invalid:?}")),
            Ok(()) if codes::name_of(outcome.receipts[0].code) != "ok" => {
                return refused(codes::name_of(outcome.receipts[0].code));
            }
            Ok(()) => {}
        }
        body.nonce = self.nonce(body.sender);
        Ok(body)
    }

    fn submit(&mut self, transaction: SignedTransaction) {
        assert_eq!(transaction.verify_signature(), Ok(()));
        let hash = transaction.hash();
        if self.loses > 0 {
            self.loses -= 1;
            return;
        }
        let known = self.waiting.iter().any(|one| one.hash() == hash);
        if !known && !self.outcomes.contains_key(&hash) {
            self.waiting.push(transaction);
        }
    }

    fn outcome(&self, hash: &Hash) -> Outcome {
        if self.waiting.iter().any(|one| one.hash() == *hash) {
            return Outcome::Waiting;
        }
        self.outcomes.get(hash).cloned().unwrap_or(Outcome::Unknown)
    }

    fn meter(&self, meter: Hash) -> Option<MeterAt> {
        let state = &self.world.chain.state;
        let found = query::decode_meter(state.get(&query::meter_key(meter))?).unwrap();
        let key = query::decode_meter_key(&state[&query::meter_public_key(meter)]).unwrap();
        Some(MeterAt {
            height: Height::new(self.world.chain.height),
            provider: found.provider,
            revoked: found.state == MeterState::Revoked,
            key,
            sequence: found.sequence,
            total_wh: found.total_wh,
            last_end: found.last_end,
            max_w: if self.blind { u64::MAX } else { found.max_w },
        })
    }

    fn tip(&self) -> Tip {
        let chain = &self.world.chain;
        Tip { height: Height::new(chain.height), time: Timestamp::new(chain.time) }
    }
}

fn became(receipt: &Receipt, height: Height) -> Outcome {
    if codes::name_of(receipt.code) != "ok" {
        let code = codes::name_of(receipt.code).to_owned();
        return Outcome::Failed { height, message: code.clone(), code };
    }
    let batch = receipt.events.iter().find_map(|event| match event {
        Event::ReadingsSubmitted { batch, .. } => Some(*batch),
        _ => None,
    });
    let reported = receipt.events.iter().filter_map(|event| match event {
        Event::OracleReported { report, .. } => Some(report.batch),
        _ => None,
    });
    Outcome::Done { height, batch, reported: reported.collect() }
}

#[async_trait]
impl Chain for Node {
    async fn identity(&self) -> Result<Identity, ChainError> {
        let chain_id = "ledger-test".parse().unwrap();
        Ok(self.ask(move |_| Identity { chain_id, genesis: sha256(&[b"ledger-test"]) }).await)
    }

    async fn tip(&self) -> Result<Tip, ChainError> {
        Ok(self.ask(|inside| inside.tip()).await)
    }

    async fn next(&self, height: Height) -> Result<Tip, ChainError> {
        let paced = self.paced;
        while self.on(move |inside| (paced && inside.tip().height <= height) || inside.still) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let next = move |inside: &mut Inside| {
            if inside.world.chain.height <= height.get() {
                inside.block();
            }
            inside.tip()
        };
        Ok(self.ask(next).await)
    }

    async fn params(&self) -> Result<ChainParams, ChainError> {
        Ok(self.ask(|inside| inside.world.chain.ledger.genesis().params.clone()).await)
    }

    async fn meter(&self, meter: Hash) -> Result<Option<MeterAt>, ChainError> {
        Ok(self.ask(move |inside| inside.meter(meter)).await)
    }

    async fn provider(&self, provider: Address) -> Result<Option<ProviderAt>, ChainError> {
        let find = move |inside: &mut Inside| {
            let value = inside.world.chain.state.get(&query::provider_key(provider))?;
            let found = query::decode_provider(value).unwrap();
            let active = found.state == ProviderState::Active;
            let obstacles = if active { vec![] } else { vec!["it is not active".to_owned()] };
            Some(ProviderAt { pending: found.pending, obstacles, passes: active })
        };
        Ok(self.ask(find).await)
    }

    async fn oracle(&self, oracle: Address) -> Result<Option<OracleAt>, ChainError> {
        let find = move |inside: &mut Inside| {
            let value = inside.world.chain.state.get(&query::oracle_key(oracle))?;
            let found = query::decode_oracle(value).unwrap();
            Some(OracleAt { admitted: found.weight.get() > 0, leaving: found.leaving })
        };
        Ok(self.ask(find).await)
    }

    async fn undecided(
        &self,
        oracle: Address,
        after: Option<u64>,
    ) -> Result<Undecided, ChainError> {
        let find = move |inside: &mut Inside| {
            let from = after.map_or(0, |after| after + 1);
            let open = inside.batches.range(from..).map(|(_, batch)| batch);
            let open =
                open.filter(|batch| batch.expires.is_some() && !batch.reported.contains(&oracle));
            let batches: Vec<BatchAt> = open.take(3).cloned().collect();
            let next = (batches.len() == 3).then(|| batches[2].number);
            Undecided { batches, next }
        };
        Ok(self.ask(find).await)
    }

    async fn batch(&self, number: u64) -> Result<Option<BatchAt>, ChainError> {
        Ok(self.ask(move |inside| inside.batches.get(&number).cloned()).await)
    }

    async fn prepare(
        &self,
        sender: &PublicKey,
        payload: &Payload,
        valid_until: Height,
    ) -> Result<Transaction, ChainError> {
        let (sender, payload) = (sender.clone(), payload.clone());
        self.ask(move |inside| inside.prepare(&sender, &payload, valid_until)).await
    }

    async fn submit(&self, transaction: &SignedTransaction) -> Result<(), ChainError> {
        let transaction = transaction.clone();
        self.ask(move |inside| inside.submit(transaction)).await;
        Ok(())
    }

    async fn outcome(&self, hash: &Hash) -> Result<Outcome, ChainError> {
        let hash = *hash;
        Ok(self.ask(move |inside| inside.outcome(&hash)).await)
    }
}

/// The address of a user of the world.
pub(crate) fn user(number: usize) -> Address {
    address(number)
}
