//! What blocks of transfers do, written down a second time and as plainly as possible: balances
//! and nonces in a map, and the fees that validators earn. It shares the types with the ledger and
//! nothing else. It knows validators that only their own operators back, and no emission.

use althing_types::{
    Address, Amount, Block, Code, Event, Genesis, GenesisValidator, Hash, Header, KeyScheme,
    Payload, Receipt, SecretKey, SignedTransaction, Transfer, ValidatorKey, ValidatorSet, View,
    merkle,
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

/// A validator that only its own operator backs.
#[derive(Clone, Debug)]
struct Member {
    operator: Address,
    commission: u128,
    stake: u128,
    made: u128,
    missed: u128,
    fees: u128,
}

/// A chain of transfers.
#[derive(Clone)]
pub struct Model {
    genesis: Arc<Genesis>,
    accounts: Accounts,
    history: Vec<Arc<Accounts>>,
    members: BTreeMap<ValidatorKey, Member>,
    burned: u128,
    /// What the treasury got in this epoch.
    income: u128,
    parent: Option<Block>,
    included: BTreeSet<Hash>,
}

impl Model {
    /// The chain at height 0.
    pub fn new(genesis: Arc<Genesis>) -> Self {
        let member = |validator: &GenesisValidator| Member {
            operator: validator.account,
            commission: u128::from(validator.commission.get()),
            stake: validator.stake.units(),
            made: 0,
            missed: 0,
            fees: 0,
        };
        let members = genesis.validators.iter().map(|entry| (entry.key, member(entry))).collect();
        Self {
            genesis,
            members,
            accounts: Accounts::new(),
            history: vec![Arc::default()],
            burned: 0,
            income: 0,
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

    /// Executes the next block, which has these receipts.
    ///
    /// # Errors
    /// The rule that the block or a receipt breaks.
    pub fn execute(&mut self, block: &Block, receipts: &[Receipt]) -> Result<(), String> {
        self.check_header(block)?;
        let expected = self.receipts(block)?;
        let hashes: Vec<Hash> = block.transactions.iter().map(SignedTransaction::hash).collect();
        if block.header.transactions_root != merkle::root(&hashes) {
            return Err("transactions_root is wrong".to_owned());
        }
        let (own, of_block) = receipts.split_at(expected.len().min(receipts.len()));
        if own != expected {
            let same = own.iter().zip(&expected).take_while(|(one, other)| one == other).count();
            let (found, expected) = (own.get(same), expected.get(same));
            return Err(format!("receipt {same} is {found:?} and not {expected:?}"));
        }
        let ended = self.end_epoch(block);
        check_of_block(&ended, of_block)?;
        self.check_outcome(block, receipts)?;
        self.history.push(Arc::new(self.accounts.clone()));
        self.parent = Some(block.clone());
        Ok(())
    }

    /// Runs the transactions of the next block, whatever its header says about their outcome.
    fn receipts(&mut self, block: &Block) -> Result<Vec<Receipt>, String> {
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
        self.count_turns(&block.header)?;
        Ok(receipts)
    }

    /// Who used a turn to propose, and who did not.
    fn count_turns(&mut self, header: &Header) -> Result<(), String> {
        let set = self.genesis.validator_set().map_err(|error| error.to_string())?;
        // Nobody misses a turn before the first block.
        let first = if header.height.get() > 1 { header.parent_view.get() + 1 } else { u64::MAX };
        for view in first..header.view.get() {
            let absent = set.leader(header.epoch, View::new(view)).key;
            self.members.get_mut(&absent).ok_or("a leader is no validator")?.missed += 1;
        }
        self.members.get_mut(&header.leader).ok_or("the leader is no validator")?.made += 1;
        Ok(())
    }

    /// Pays what was earned in an epoch after its last block: to each validator its fees, and of the
    /// fees of all a part by stake and by turns used. What nobody earned is burned.
    fn end_epoch(&mut self, block: &Block) -> Ended {
        let mut paid = BTreeMap::new();
        let length = self.genesis.params.epoch_length;
        if !(block.header.height.get() + 1).is_multiple_of(length) {
            return Ended::default();
        }
        let stakers = Address::of_module("stakers");
        let held = self.accounts.get(&stakers).map_or(0, |entry| entry.balance);
        let fees: u128 = self.members.values().map(|member| member.fees).sum();
        let stakes: u128 = self.members.values().map(|member| member.stake).sum();
        let (pot, mut rest) = (held - fees, held);
        for (key, member) in &mut self.members {
            let part = pot * member.stake / stakes;
            // Without a turn in the epoch it used all of them.
            let due = member.made + member.missed;
            let part = (part * member.made).checked_div(due).unwrap_or(part);
            let earned = part + member.fees;
            let commission = earned * member.commission / 1_000_000;
            rest -= earned;
            (member.made, member.missed, member.fees) = (0, 0, 0);
            if earned > 0 {
                member.stake += earned - commission;
                let stake = self.accounts.entry(Address::of_module("stake")).or_default();
                stake.balance += earned - commission;
                paid.insert(*key, earned);
            }
            if commission > 0 {
                self.accounts.entry(member.operator).or_default().balance += commission;
            }
        }
        if held > 0 {
            self.burned += rest;
            self.accounts.entry(stakers).or_default().balance = 0;
        }
        Ended { paid, income: std::mem::take(&mut self.income) }
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
        let leaves: Vec<Hash> = receipts.iter().map(Receipt::hash).collect();
        let gas: u64 = receipts.iter().map(|receipt| receipt.gas_used.get()).sum();
        rule(header.receipts_root == merkle::root(&leaves), "receipts_root is wrong")?;
        rule(header.results_root == merkle::root(&[]), "results_root is wrong")?;
        rule(header.gas_used.get() == gas, "gas_used is wrong")?;
        let length = self.genesis.params.epoch_length;
        let last = (header.height.get() + 1).is_multiple_of(length);
        let keys = |set: &ValidatorSet| -> Vec<ValidatorKey> {
            set.entries().iter().map(|entry| entry.key).collect()
        };
        let set = last.then(|| self.genesis.validator_set().ok()).flatten();
        let named = header.next_validators.as_ref().map(keys);
        rule(named == set.as_ref().map(keys), "next_validators is wrong")?;
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
        let Payload::Transfer(Transfer { to, amount }) = body.payload else {
            return Err("the model knows transfers only".to_owned());
        };
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
        let earned = fees * u128::from(split.proposer.get()) / 1_000_000;
        self.members.get_mut(leader).ok_or("the leader is no validator")?.fees += earned;
        self.income += fees * u128::from(split.treasury.get()) / 1_000_000;
        let stakers = Address::of_module("stakers");
        let mut rest = fees;
        for (account, part) in [
            (stakers, split.proposer),
            (stakers, split.stakers),
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

/// What an epoch that ended with a block paid; nothing if it goes on.
#[derive(Default)]
struct Ended {
    /// What each validator earned, in base units.
    paid: BTreeMap<ValidatorKey, u128>,
    /// What the treasury got of fees, in base units.
    income: u128,
}

/// Whether the receipt of a block says of the end of an epoch what the model says.
fn check_of_block(ended: &Ended, of_block: &[Receipt]) -> Result<(), String> {
    let (mut said, mut income) = (BTreeMap::new(), 0);
    for event in of_block.iter().flat_map(|receipt| &receipt.events) {
        match event {
            Event::Rewarded { validator, reward, .. } => {
                said.insert(*validator, reward.units());
            }
            Event::Emitted { validators, miners, .. }
                if validators.is_zero() && miners.is_zero() => {}
            Event::TreasuryEarned { fees, penalties, deposits, .. }
                if penalties.is_zero() && deposits.is_zero() && income == 0 =>
            {
                income = fees.units();
            }
            other => return Err(format!("the block says {other:?}")),
        }
    }
    if !of_block.iter().all(Receipt::is_of_block) || of_block.len() > 1 {
        return Err(format!("{} receipts are of the block", of_block.len()));
    }
    if said != ended.paid {
        return Err(format!("the rewards are {said:?} and not {:?}", ended.paid));
    }
    if income != ended.income {
        return Err(format!("the treasury earned {income} and not {}", ended.income));
    }
    Ok(())
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
