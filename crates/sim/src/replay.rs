//! The chain once more, on the ledger without an engine: every final block is executed on a state in
//! memory, and every invariant of the whole state is checked after each.

use crate::model::{Accounts, Entry};
use althing_ledger::{
    ApplyError, BeginError, BlockContext, BlockExecution, FinishError, Ledger, Outcome, audit,
    prefix, query,
};
use althing_state::{Missing, StateKey, StateValue, View, Write};
use althing_types::{
    Address, Block, ChainParams, Genesis, Hash, Header, Height, Receipt, ValidatorKey,
    ValidatorSet, merkle,
};
use std::{collections::BTreeMap, sync::Arc};

type State = BTreeMap<StateKey, StateValue>;

/// A chain on the ledger alone.
#[derive(Clone)]
pub struct Replay {
    ledger: Ledger,
    state: State,
    /// The changes of each block, from height 1 on.
    writes: Vec<Arc<Vec<Write>>>,
    /// All accounts after each block, from height 0 on.
    accounts: Vec<Arc<Accounts>>,
    /// The validators of the epoch of the next block.
    set: ValidatorSet,
    parent: Option<Header>,
    /// The longest time between two blocks, in milliseconds, and the height it led to.
    longest: (u64, u64),
}

impl Replay {
    /// The chain at height 0.
    ///
    /// # Panics
    /// If the genesis is illegal.
    pub fn new(genesis: Arc<Genesis>) -> Self {
        let set = genesis.validator_set().expect("the genesis has validators");
        let ledger = Ledger::new(genesis).expect("the genesis is legal");
        Self {
            ledger,
            state: State::new(),
            writes: Vec::new(),
            accounts: vec![Arc::default()],
            set,
            parent: None,
            longest: (0, 0),
        }
    }

    /// The last height.
    pub fn height(&self) -> u64 {
        self.parent.as_ref().map_or(0, |header| header.height.get())
    }

    /// Accounts after the block of a height that was executed.
    pub fn accounts_at(&self, height: u64) -> Option<&Arc<Accounts>> {
        self.accounts.get(usize::try_from(height).ok()?)
    }

    /// An account now.
    pub fn account(&self, address: &Address) -> Entry {
        self.accounts.last().and_then(|all| all.get(address).copied()).unwrap_or_default()
    }

    /// The validators of the epoch of the next block.
    pub const fn set(&self) -> &ValidatorSet {
        &self.set
    }

    /// The parameters that bind the next block.
    pub fn params(&self) -> Option<ChainParams> {
        self.record(query::params_key(), query::decode_params)
    }

    /// A record of the present state.
    pub fn record<T, E>(&self, key: StateKey, decode: fn(&[u8]) -> Result<T, E>) -> Option<T> {
        decode(self.state.get(&key)?).ok()
    }

    /// Turns that a validator has missed since it registered.
    pub fn missed(&self, key: &ValidatorKey) -> u64 {
        let record = self.state.get(&query::performance_key(*key));
        let record = record.and_then(|value| query::decode_performance(value).ok());
        record.map_or(0, |record| record.missed_total)
    }

    /// The longest time between two blocks, in milliseconds, and the height it led to.
    pub const fn longest_gap(&self) -> (u64, u64) {
        self.longest
    }

    /// All records after the block of a height that was executed.
    pub fn state_at(&self, height: Height) -> Option<State> {
        let count = usize::try_from(height.get()).ok()?;
        let mut state = State::new();
        self.writes.get(..count)?.iter().for_each(|writes| apply(&mut state, writes));
        Some(state)
    }

    /// Executes the next block, and returns its receipts.
    ///
    /// # Errors
    /// The rule that the block or the state after it breaks.
    pub fn execute(&mut self, block: &Block) -> Result<Vec<Receipt>, String> {
        let header = &block.header;
        let rule = |holds: bool, rule: &str| if holds { Ok(()) } else { Err(rule.to_owned()) };
        rule(header.height.get() == self.height() + 1, "the height does not follow")?;
        let leader = self.set.leader(header.epoch, header.view).key;
        rule(header.leader == leader, "another validator leads this view")?;
        if let (Some(params), Some(parent)) = (self.params(), &self.parent) {
            let gap = header.timestamp.get().saturating_sub(parent.timestamp.get());
            rule(gap >= params.busy_interval_ms, "the block is too early")?;
            rule(header.gas_used <= params.block_gas_limit, "the block uses too much gas")?;
        }
        let outcome = self.run(block)?;
        let leaves: Vec<Hash> = outcome.receipts.iter().map(Receipt::hash).collect();
        rule(header.receipts_root == merkle::root(&leaves), "receipts_root is wrong")?;
        rule(header.gas_used == outcome.gas_used, "gas_used is wrong")?;
        rule(header.next_validators == outcome.next_validators, "next_validators is wrong")?;
        apply(&mut self.state, &outcome.writes);
        let records = self.state.iter().map(|(key, value)| (*key, &value[..]));
        audit::invariants(header.height, records).map_err(|broken| broken.to_string())?;
        self.accounts.push(Arc::new(self.all_accounts()?));
        self.writes.push(Arc::new(outcome.writes));
        if let Some(set) = outcome.next_validators {
            self.set = set;
        }
        if let Some(parent) = &self.parent {
            let gap = header.timestamp.get().saturating_sub(parent.timestamp.get());
            self.longest = self.longest.max((gap, header.height.get()));
        }
        self.parent = Some(header.clone());
        Ok(outcome.receipts)
    }

    /// What a block does on the present state, whatever its header says about that.
    ///
    /// # Errors
    /// Why it cannot be executed.
    pub fn run(&self, block: &Block) -> Result<Outcome, String> {
        let header = &block.header;
        let context = BlockContext::of(header);
        let mut known = View::new();
        loop {
            let mut execution = self.begin(context, known.clone())?;
            for (index, transaction) in block.transactions.iter().enumerate() {
                loop {
                    match execution.apply(transaction) {
                        Ok(()) => break,
                        Err(ApplyError::Missing(missing)) => {
                            self.fetch(missing, execution.view_mut());
                        }
                        Err(error) => return Err(format!("transaction {index}: {error}")),
                    }
                }
            }
            match execution.finish() {
                Ok(outcome) => return Ok(outcome),
                Err(FinishError::Missing(missing)) => self.fetch(missing, &mut known),
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    fn begin(&self, context: BlockContext, mut view: View) -> Result<BlockExecution<'_>, String> {
        loop {
            match self.ledger.begin(context, view) {
                Ok(execution) => return Ok(execution),
                Err((returned, BeginError::Missing(missing))) => {
                    view = returned;
                    self.fetch(missing, &mut view);
                }
                Err((_, error)) => return Err(error.to_string()),
            }
        }
    }

    fn fetch(&self, Missing(keys): Missing, view: &mut View) {
        for key in keys {
            view.prefetch(key, self.state.get(&key).cloned());
        }
    }

    fn all_accounts(&self) -> Result<Accounts, String> {
        let mut accounts = Accounts::new();
        let records = self.state.iter().filter(|(key, _)| key.prefix() == prefix::ACCOUNT);
        for (key, value) in records {
            let address = key.get(1..).and_then(|bytes| <[u8; 20]>::try_from(bytes).ok());
            let address = Address::new(address.ok_or("a key of an account holds no address")?);
            let account = query::decode_account(value).map_err(|error| error.to_string())?;
            let (nonce, balance) = (account.nonce.get(), account.balance.units());
            accounts.insert(address, Entry { nonce, balance });
        }
        Ok(accounts)
    }
}

fn apply(state: &mut State, writes: &[Write]) {
    for (key, value) in writes {
        match value {
            Some(value) => state.insert(*key, value.clone()),
            None => state.remove(key),
        };
    }
}
