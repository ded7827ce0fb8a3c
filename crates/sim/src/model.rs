//! What blocks of transfers do, written down a second time and as plainly as possible: balances
//! and nonces in a map. It shares the types with the ledger and nothing else.

use althing_types::{
    Address, Amount, Block, Code, Event, Genesis, Hash, KeyScheme, Payload, Receipt, SecretKey,
    SignedTransaction, Transfer, ValidatorKey, merkle,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const TRANSFER_GAS: u64 = 21_000;
const NEW_ACCOUNT_GAS: u64 = 25_000;
const MAX_STEP_MS: u64 = 600_000;

/// An account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Transactions included so far.
    pub nonce: u64,
    /// Base units.
    pub balance: u128,
}

/// All accounts after a block.
pub type Accounts = BTreeMap<Address, Entry>;

/// A chain of transfers.
#[derive(Clone)]
pub struct Model {
    genesis: Arc<Genesis>,
    accounts: Accounts,
    history: Vec<Arc<Accounts>>,
    burned: u128,
    parent: Option<Block>,
    included: BTreeSet<Hash>,
}

impl Model {
    /// The chain at height 0.
    pub fn new(genesis: Arc<Genesis>) -> Self {
        Self {
            genesis,
            accounts: Accounts::new(),
            history: vec![Arc::default()],
            burned: 0,
            parent: None,
            included: BTreeSet::new(),
        }
    }

    /// The last height.
    pub fn height(&self) -> u64 {
        self.parent.as_ref().map_or(0, |block| block.header.height.get())
    }

    /// Accounts after the block of a height that was executed.
    pub fn at(&self, height: u64) -> Option<&Arc<Accounts>> {
        self.history.get(usize::try_from(height).ok()?)
    }

    /// What was burned so far, in base units.
    pub const fn burned(&self) -> u128 {
        self.burned
    }

    /// Whether a transaction was included.
    pub fn includes(&self, hash: &Hash) -> bool {
        self.included.contains(hash)
    }

    /// How many transactions were included.
    pub fn transactions(&self) -> usize {
        self.included.len()
    }

    /// Executes the next block and returns the receipts that it must have.
    ///
    /// # Errors
    /// The rule that the block breaks.
    pub fn execute(&mut self, block: &Block) -> Result<Vec<Receipt>, String> {
        self.check_header(block)?;
        let receipts = self.receipts(block)?;
        self.check_outcome(block, &receipts)?;
        self.history.push(Arc::new(self.accounts.clone()));
        self.parent = Some(block.clone());
        Ok(receipts)
    }

    /// Runs the transactions of the next block, whatever its header says about their outcome.
    ///
    /// # Errors
    /// The rule that a transaction breaks.
    pub fn receipts(&mut self, block: &Block) -> Result<Vec<Receipt>, String> {
        if self.parent.is_none() {
            self.accounts = opening(&self.genesis);
        }
        let mut receipts = Vec::new();
        for (index, transaction) in block.transactions.iter().enumerate() {
            let receipt = self
                .transaction(block.header.height.get(), transaction)
                .map_err(|reason| format!("transaction {index}: {reason}"))?;
            receipts.push(receipt);
        }
        let fees = receipts.iter().map(|receipt| receipt.fee.units()).sum();
        self.settle_fees(&block.header.leader, fees)?;
        Ok(receipts)
    }

    fn check_header(&self, block: &Block) -> Result<(), String> {
        let header = &block.header;
        let rule = |holds: bool, rule: &str| if holds { Ok(()) } else { Err(rule.to_owned()) };
        let length = self.genesis.params.epoch_length;
        let height = header.height.get();
        rule(height == self.height() + 1, "the height does not follow")?;
        rule(header.epoch.get() == height / length, "the height is of another epoch")?;
        rule(
            self.genesis.validators.iter().any(|validator| validator.key == header.leader),
            "the leader is no validator",
        )?;
        match &self.parent {
            Some(parent) => {
                let before = parent.header.timestamp.get();
                let now = header.timestamp.get();
                rule(header.parent == parent.header.hash(), "the parent is another block")?;
                let busy = self.genesis.params.busy_interval_ms;
                rule(now >= before + busy, "the block is too early")?;
                rule(now <= before + MAX_STEP_MS, "the timestamp leaps")?;
            }
            None => rule(
                header.timestamp >= self.genesis.genesis_time,
                "block 1 is earlier than genesis",
            )?,
        }
        let bytes: usize = block.transactions.iter().map(|tx| tx.bytes().len()).sum();
        rule(bytes as u64 <= self.genesis.params.max_block_bytes, "the block is too large")
    }

    fn check_outcome(&self, block: &Block, receipts: &[Receipt]) -> Result<(), String> {
        let header = &block.header;
        let rule = |holds: bool, rule: &str| if holds { Ok(()) } else { Err(rule.to_owned()) };
        let hashes: Vec<Hash> = block.transactions.iter().map(SignedTransaction::hash).collect();
        let leaves: Vec<Hash> = receipts.iter().map(Receipt::hash).collect();
        let gas: u64 = receipts.iter().map(|receipt| receipt.gas_used.get()).sum();
        rule(header.transactions_root == merkle::root(&hashes), "transactions_root is wrong")?;
        rule(header.receipts_root == merkle::root(&leaves), "receipts_root is wrong")?;
        rule(header.results_root == merkle::root(&[]), "results_root is wrong")?;
        rule(header.gas_used.get() == gas, "gas_used is wrong")?;
        let length = self.genesis.params.epoch_length;
        let last = (header.height.get() + 1).is_multiple_of(length);
        let set = last.then(|| self.genesis.validator_set().ok()).flatten();
        rule(header.next_validators == set, "next_validators is wrong")?;
        self.check_supply()
    }

    fn check_supply(&self) -> Result<(), String> {
        let genesis = self.genesis.supply().map_err(|error| error.to_string())?.units();
        let sum: u128 = self.accounts.values().map(|entry| entry.balance).sum();
        if sum + self.burned == genesis {
            return Ok(());
        }
        Err(format!("balances {sum} and burned {} are not genesis {genesis}", self.burned))
    }

    fn transaction(&mut self, height: u64, signed: &SignedTransaction) -> Result<Receipt, String> {
        let body = signed.body();
        if !self.included.insert(signed.hash()) {
            return Err("it was included before".to_owned());
        }
        signed.verify_signature().map_err(|error| error.to_string())?;
        let sender = self.accounts.get(&body.sender).copied().unwrap_or_default();
        let reserve = u128::from(body.gas_limit.get()) * u128::from(body.gas_price.get());
        let bytes = signed.bytes().len() as u64;
        let intrinsic = TRANSFER_GAS + bytes.saturating_sub(256) * 16 + scheme_gas(signed);
        for (holds, rule) in [
            (body.chain_id == self.genesis.chain_id, "it is for another chain"),
            (body.nonce.get() == sender.nonce, "its nonce is out of order"),
            (body.valid_until.get() >= height, "it is expired"),
            (body.gas_price >= self.genesis.params.min_gas_price, "its price is too low"),
            (body.gas_limit.get() >= intrinsic, "its gas limit is too low"),
            (sender.balance >= reserve, "its sender cannot pay"),
        ] {
            if !holds {
                return Err(rule.to_owned());
            }
        }
        let Payload::Transfer(Transfer { to, amount }) = body.payload;
        let amount = amount.units();
        let new = !self.accounts.contains_key(&to);
        let (code, gas) = if is_closed(&to) {
            (4, intrinsic)
        } else if sender.balance - reserve < amount {
            (2, intrinsic)
        } else if new && intrinsic + NEW_ACCOUNT_GAS > body.gas_limit.get() {
            (1, body.gas_limit.get())
        } else {
            (0, intrinsic + if new { NEW_ACCOUNT_GAS } else { 0 })
        };
        let fee = u128::from(gas) * u128::from(body.gas_price.get());
        let entry = self.accounts.entry(body.sender).or_default();
        entry.nonce += 1;
        entry.balance -= fee;
        if code == 0 {
            entry.balance -= amount;
            self.accounts.entry(to).or_default().balance += amount;
        }
        let event = Event::Transferred { from: body.sender, to, amount: Amount::new(amount) };
        Ok(Receipt {
            transaction: signed.hash(),
            code: Code::new(code),
            gas_used: althing_types::Gas::new(gas),
            fee: Amount::new(fee),
            events: if code == 0 { vec![event] } else { Vec::new() },
        })
    }

    fn settle_fees(&mut self, leader: &ValidatorKey, fees: u128) -> Result<(), String> {
        let split = self.genesis.params.fee_split;
        let proposer = self.genesis.validators.iter().find(|validator| validator.key == *leader);
        let proposer = proposer.ok_or("the leader is no validator")?.account;
        let mut rest = fees;
        for (account, part) in [
            (proposer, split.proposer),
            (Address::of_module("stakers"), split.stakers),
            (Address::of_module("treasury"), split.treasury),
        ] {
            let share = fees * u128::from(part.get()) / 1_000_000;
            rest -= share;
            if share > 0 {
                self.accounts.entry(account).or_default().balance += share;
            }
        }
        self.burned += rest;
        Ok(())
    }
}

fn is_closed(address: &Address) -> bool {
    [Address::of_module("stake"), Address::of_module("stakers")].contains(address)
}

fn scheme_gas(signed: &SignedTransaction) -> u64 {
    use althing_types::Authorization;
    match signed.authorization() {
        Authorization::Ed25519 { .. } => 0,
        Authorization::Secp256r1 { .. } => 7_000,
        Authorization::WebAuthn(_) => 9_000,
        Authorization::MlDsa65 { .. } => 12_000,
    }
}

/// Who owns what before the first transaction.
fn opening(genesis: &Genesis) -> Accounts {
    let mut accounts = Accounts::new();
    let mut give = |address: Address, amount: Amount| {
        accounts.entry(address).or_default().balance += amount.units();
    };
    for allocation in &genesis.allocations {
        give(allocation.address, allocation.amount);
    }
    for validator in &genesis.validators {
        give(Address::of_module("stake"), validator.stake);
    }
    if let Some(load) = &genesis.load_accounts {
        for index in 0..load.count {
            if let Ok(key) = SecretKey::from_seed(KeyScheme::Ed25519, load.secret(index)) {
                give(key.address(), load.amount);
            }
        }
    }
    accounts
}
