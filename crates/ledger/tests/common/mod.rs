//! A chain in memory: the state as an ordered map, and blocks executed on it.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::disallowed_types,
    reason = "shared by tests"
)]

pub mod network;

use althing_ledger::{
    Account, ApplyError, BeginError, BlockContext, BlockExecution, FinishError, Invalid, Ledger,
    Outcome, Performance, Supply, audit, query, staking,
};
use althing_state::{Missing, StateKey, StateValue, View as StateView};
use althing_types::{
    Address, Allocation, Amount, Authorization, ChainParams, Epoch, Gas, GasPrice, Genesis,
    GenesisValidator, Hash, Height, KeyScheme, Nonce, Payload, Ppm, Receipt, SecretKey,
    SignedTransaction, Text, Timestamp, Transaction, Transfer, ValidatorKey, ValidatorSet, View,
    hash, params::EmissionParams,
};
use std::{cell::Cell, collections::BTreeMap, rc::Rc, sync::Arc};

pub const PRICE: u64 = 1_000_000_000;
pub const FUNDED: usize = 4;

/// A key whose signature is never checked here.
pub fn authorization(user: usize) -> Authorization {
    Authorization::Ed25519 { public_key: [user as u8 + 1; 32], signature: [0; 64] }
}

pub fn address(user: usize) -> Address {
    authorization(user).address()
}

pub fn validator() -> (ValidatorKey, Address) {
    let key = SecretKey::from_seed(KeyScheme::Ed25519, [200; 32]).unwrap().public_key();
    (ValidatorKey::new(key.bytes().as_ref().try_into().unwrap()), key.address())
}

pub fn tokens(tokens: u64) -> Amount {
    Amount::from_tokens(tokens).unwrap()
}

/// Users `0..FUNDED` own 10 tokens each; fees go four ways; epochs have 10 blocks.
pub fn genesis() -> Genesis {
    let (key, account) = validator();
    let ppm = |value| Ppm::new(value).unwrap();
    let mut params = ChainParams { epoch_length: 10, ..ChainParams::devnet() };
    params.max_validity_blocks = 100;
    params.fee_split.proposer = ppm(333_333);
    params.fee_split.stakers = ppm(100_000);
    params.fee_split.treasury = ppm(66_667);
    params.fee_split.burn = ppm(500_000);
    params.staking.min_validator_stake = tokens(5);
    params.emission = EmissionParams::none();
    let allocation =
        |user| Allocation { address: address(user), amount: tokens(10), vesting: None };
    Genesis {
        chain_id: "ledger-test".parse().unwrap(),
        genesis_time: Timestamp::ZERO,
        address_prefix: "cpc".into(),
        symbol: "CPC".into(),
        params,
        validators: vec![GenesisValidator {
            name: "one".parse().unwrap(),
            website: Text::default(),
            description: Text::default(),
            key,
            endpoint: "127.0.0.1:1".into(),
            account,
            stake: tokens(5),
            commission: Ppm::ZERO,
        }],
        allocations: (0..FUNDED).map(allocation).collect(),
        reserve: Amount::ZERO,
        network: None,
        safety: None,
        load_accounts: None,
    }
    .normalized()
    .unwrap()
}

pub fn body(user: usize, nonce: u64, to: Address, amount: Amount) -> Transaction {
    Transaction {
        chain_id: "ledger-test".parse().unwrap(),
        sender: address(user),
        nonce: Nonce::new(nonce),
        gas_limit: Gas::new(60_000),
        gas_price: GasPrice::new(PRICE),
        valid_until: Height::new(90),
        memo: String::new(),
        payload: Payload::Transfer(Transfer { to, amount }),
    }
}

pub fn transfer(user: usize, nonce: u64, to: Address, amount: Amount) -> SignedTransaction {
    SignedTransaction::new(body(user, nonce, to, amount), authorization(user))
}

/// How the keys of a block get into its view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetch {
    All,
    AllBackwards,
    /// Nothing is fetched before it is missed.
    OnDemand,
}

#[derive(Clone)]
pub struct Chain {
    pub ledger: Ledger,
    pub state: BTreeMap<StateKey, StateValue>,
    pub height: u64,
    /// The view of the last block, within its epoch.
    pub view: u64,
    /// How many views pass without a block before the next one.
    pub skip: u64,
    /// The time of the last block, in milliseconds.
    pub time: u64,
    /// From one block to the next, in milliseconds.
    pub interval: u64,
    /// Every how many blocks the whole state is audited.
    pub audit_every: u64,
    /// What the leader of the next block reveals.
    pub reveal: Hash,
    /// How often the end of a block missed a key, so that the block was executed again.
    pub repeats: Rc<Cell<u64>>,
}

impl Chain {
    /// At height 0.
    pub fn new(genesis: Genesis) -> Self {
        let ledger = Ledger::new(Arc::new(genesis)).unwrap();
        let repeats = Rc::default();
        let state = BTreeMap::new();
        Self {
            ledger,
            state,
            height: 0,
            view: 0,
            skip: 0,
            time: 0,
            interval: 1,
            audit_every: 1,
            reveal: hash::zero(),
            repeats,
        }
    }

    /// At height 1: genesis is applied.
    pub fn started() -> Self {
        let mut chain = Self::new(genesis());
        chain.advance(&[]);
        chain
    }

    pub fn next(&self) -> BlockContext {
        let height = Height::new(self.height + 1);
        let length = self.ledger.genesis().params.epoch_length;
        let epoch = height.epoch(length);
        let parent = if height.get().is_multiple_of(length) { 0 } else { self.view };
        let view = View::new(parent + 1 + self.skip);
        BlockContext {
            height,
            epoch,
            timestamp: Timestamp::new(self.time + self.interval),
            proposer: self.set(epoch).leader(epoch, view).key,
            view,
            parent_view: View::new(parent),
            parent: hash::sha256(&[&self.height.to_be_bytes()]),
            reveal: self.reveal,
        }
    }

    /// The validators of an epoch.
    pub fn set(&self, epoch: Epoch) -> ValidatorSet {
        match self.state.get(&query::validators_key(epoch)) {
            Some(value) => query::decode_validators(value).unwrap(),
            None => self.ledger.genesis().validator_set().unwrap(),
        }
    }

    pub fn fetch(&self, view: &mut StateView, missing: &Missing) {
        for key in &missing.0 {
            view.prefetch(*key, self.state.get(key).cloned());
        }
    }

    /// A view of every key that the transactions surely touch.
    pub fn view(&self, transactions: &[SignedTransaction], fetch: Fetch) -> StateView {
        let mut keys = self.ledger.block_keys(&self.next());
        for transaction in transactions {
            self.ledger.transaction_keys(transaction, &mut keys);
        }
        match fetch {
            Fetch::All => {}
            Fetch::AllBackwards => keys.reverse(),
            Fetch::OnDemand => keys.clear(),
        }
        let mut view = StateView::new();
        self.fetch(&mut view, &Missing(keys));
        view
    }

    pub fn begin(&self, mut view: StateView) -> Result<BlockExecution<'_>, BeginError> {
        loop {
            match self.ledger.begin(self.next(), view) {
                Ok(block) => return Ok(block),
                Err((mut back, BeginError::Missing(missing))) => {
                    self.fetch(&mut back, &missing);
                    view = back;
                }
                Err((_, error)) => return Err(error),
            }
        }
    }

    /// Executes the next block, without moving on.
    pub fn execute(
        &self,
        transactions: &[SignedTransaction],
        fetch: Fetch,
    ) -> (Outcome, Vec<Result<(), Invalid>>) {
        let mut late = Vec::new();
        loop {
            let mut view = self.view(transactions, fetch);
            self.fetch(&mut view, &Missing(late.clone()));
            let (block, results) = self.apply(view, transactions);
            match block.finish() {
                Ok(outcome) => return (outcome, results),
                Err(FinishError::Missing(missing)) => {
                    self.repeats.set(self.repeats.get() + 1);
                    late.extend(missing.0);
                }
                Err(FinishError::Fatal(broken)) => panic!("{broken}"),
            }
        }
    }

    fn apply(
        &self,
        view: StateView,
        transactions: &[SignedTransaction],
    ) -> (BlockExecution<'_>, Vec<Result<(), Invalid>>) {
        let mut block = self.begin(view).unwrap();
        let mut results = Vec::new();
        for transaction in transactions {
            results.push(loop {
                match block.apply(transaction) {
                    Ok(()) => break Ok(()),
                    Err(ApplyError::Invalid(invalid)) => break Err(invalid),
                    Err(ApplyError::Missing(missing)) => self.fetch(block.view_mut(), &missing),
                    Err(ApplyError::Fatal(broken)) => panic!("{broken}"),
                }
            });
        }
        (block, results)
    }

    /// How often a transaction waits for reads if it is tried on the present state, as in a dry run of
    /// a node: once for what it names beforehand, and each time that it misses something else.
    pub fn rounds(&self, transaction: &SignedTransaction) -> (u64, Receipt) {
        let mut keys = Vec::new();
        self.ledger.simulation_keys(transaction, &mut keys);
        let (mut view, mut rounds) = (StateView::new(), 0);
        let BlockContext { height, timestamp, .. } = self.next();
        loop {
            rounds += 1;
            self.fetch(&mut view, &Missing(keys));
            match self.ledger.simulate(height, timestamp, transaction, &view) {
                Ok(receipt) => return (rounds, receipt),
                Err(ApplyError::Missing(missing)) => keys = missing.0,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The same of the next block if it has no transactions: it ends with what it began with.
    pub fn block_rounds(&self) -> u64 {
        let (mut view, mut rounds) = (self.view(&[], Fetch::All), 1);
        loop {
            match self.ledger.begin(self.next(), view) {
                Ok(block) => {
                    block.finish().unwrap();
                    return rounds;
                }
                Err((mut back, BeginError::Missing(missing))) => {
                    rounds += 1;
                    self.fetch(&mut back, &missing);
                    view = back;
                }
                Err((_, error)) => panic!("{error}"),
            }
        }
    }

    /// Executes the next block, writes its changes, and checks every invariant.
    pub fn advance(
        &mut self,
        transactions: &[SignedTransaction],
    ) -> (Outcome, Vec<Result<(), Invalid>>) {
        let context = self.next();
        let (outcome, results) = self.execute(transactions, Fetch::All);
        (self.view, self.skip) = (context.view.get(), 0);
        self.time = context.timestamp.get();
        for (key, value) in &outcome.writes {
            match value {
                Some(value) => self.state.insert(*key, value.clone()),
                None => self.state.remove(key),
            };
        }
        self.height += 1;
        if self.height.is_multiple_of(self.audit_every) {
            self.audit();
        }
        (outcome, results)
    }

    /// Checks every invariant of the whole state.
    pub fn audit(&self) -> audit::SupplyReport {
        let records = self.state.iter().map(|(key, value)| (*key, &**value));
        let report = audit::invariants(Height::new(self.height), records).unwrap();
        assert!(report.agrees());
        report
    }

    pub fn account(&self, address: Address) -> Account {
        let value = self.state.get(&query::account_key(address));
        value.map_or_else(Account::default, |value| query::decode_account(value).unwrap())
    }

    pub fn performance(&self, key: ValidatorKey) -> Performance {
        let value = self.state.get(&query::performance_key(key));
        value.map_or_else(Performance::default, |value| query::decode_performance(value).unwrap())
    }

    pub fn validator(&self, key: ValidatorKey) -> staking::Validator {
        query::decode_validator(&self.state[&query::validator_key(key)]).unwrap()
    }

    pub fn supply(&self) -> Supply {
        query::decode_supply(&self.state[&query::supply_key()]).unwrap()
    }
}
