//! How transactions reach the chain: users send and repeat transfers, and what operators and those
//! who compute or trade want is sent until it is final.

use super::{Machine, World};
use crate::{audit::Violation, chain::START_MS, model::Entry, node::Node};
use althing_mempool::{Account, Origin};
use althing_types::{
    Address, Amount, Gas, Height, Nonce, Payload, SecretKey, SignedTransaction, Timestamp,
    Transaction,
};
use std::collections::BTreeSet;

/// Time between two attempts to get an order into a block, in milliseconds.
const REPEAT_MS: u64 = 500;
/// Gas limit of an order of an operator, and of those who compute or trade.
const GAS_OF_OPERATOR: u64 = 200_000;
const GAS_OF_ACTOR: u64 = 400_000;

/// Whose account sends an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sender {
    Operator(usize),
    Actor(usize),
}

/// What somebody wants in the chain.
struct Order {
    sender: Sender,
    payload: Payload,
    /// Whether something that nobody could know beforehand may make it fail.
    may_fail: bool,
    sent: Option<SignedTransaction>,
    next_ms: u64,
}

/// What is wanted and not final.
#[derive(Default)]
pub(super) struct Orders(Vec<Order>);

impl World<'_> {
    /// Users send new transactions, and repeat old ones.
    pub(super) fn send(&mut self, machine: &Machine) {
        if self.now_ms < self.next_load_ms {
            return;
        }
        self.next_load_ms = self.now_ms + self.scenario.load_every_ms;
        let height = self.auditor.height();
        let mut transactions = self.load.make(self.scenario.load, height);
        if self.now_ms >= self.next_repeat_ms {
            self.next_repeat_ms = self.now_ms + 1_000;
            if let Some(accounts) = self.auditor.accounts_at(height) {
                transactions.extend(self.load.repeat(height, accounts));
            }
        }
        for transaction in transactions {
            self.shared.verifier.verify(&transaction);
            let everywhere = self.rng.chance(30);
            let one = self.rng.index(self.lives.len());
            for (index, node) in &machine.nodes {
                if everywhere || *index == one {
                    self.submit(node, &transaction);
                }
            }
        }
    }

    fn submit(&self, node: &Node, transaction: &SignedTransaction) {
        let Some(live) = node.live() else { return };
        let height = live.chain.tip().header.height.get();
        let accounts = self.auditor.accounts_at(height);
        let entry = accounts.and_then(|all| all.get(&transaction.sender()).copied());
        // At height 0 nobody owns anything yet; users know the genesis.
        let entry =
            entry.or_else(|| self.allocation(&transaction.sender()).filter(|_| height == 0));
        let entry = entry.unwrap_or_default();
        let account =
            Account { nonce: Nonce::new(entry.nonce), balance: Amount::new(entry.balance) };
        let now = Timestamp::new(START_MS + self.now_ms);
        let known = Some((account, Height::new(height)));
        let _ = live.pool.insert(vec![(transaction.clone(), known)], Origin::Local, now);
    }

    fn allocation(&self, address: &Address) -> Option<Entry> {
        let mut all = self.shared.setup.genesis.allocations.iter();
        let found = all.find(|allocation| allocation.address == *address)?;
        Some(Entry { nonce: 0, balance: found.amount.units() })
    }

    /// An operator wants this, and it must succeed.
    pub(super) fn order(&mut self, operator: usize, payload: Payload) {
        self.enqueue(Sender::Operator(operator), payload, false);
    }

    /// Somebody who computes or trades wants this, and it must succeed.
    pub(super) fn instruct(&mut self, actor: usize, payload: Payload) {
        self.enqueue(Sender::Actor(actor), payload, false);
    }

    /// The same, but the chain may have gone on meanwhile, so that it fails.
    pub(super) fn attempt(&mut self, actor: usize, payload: Payload) {
        self.enqueue(Sender::Actor(actor), payload, true);
    }

    fn enqueue(&mut self, sender: Sender, payload: Payload, may_fail: bool) {
        self.orders.0.push(Order { sender, payload, may_fail, sent: None, next_ms: 0 });
    }

    /// Whether nothing waits of somebody who computes or trades.
    pub(super) fn is_idle(&self, actor: usize) -> bool {
        self.orders.0.iter().all(|order| order.sender != Sender::Actor(actor))
    }

    /// The account of somebody who computes or trades.
    pub(super) fn actor(&self, actor: usize) -> Address {
        self.shared.setup.actors[actor].address()
    }

    /// Sends what somebody wants until it is final.
    pub(super) fn follow_orders(&mut self, machine: &Machine) {
        let mut orders = std::mem::take(&mut self.orders.0);
        // One after the other, as each takes a nonce.
        let mut busy = BTreeSet::new();
        orders.retain_mut(|order| {
            if !busy.insert(order.sender) {
                return true;
            }
            let address = self.key_of(order.sender).address();
            let nonce = self.auditor.replay().account(&address).nonce;
            if let Some(sent) = &order.sent
                && nonce > sent.body().nonce.get()
            {
                self.judge(order, sent);
                return false;
            }
            if order.next_ms <= self.now_ms {
                order.next_ms = self.now_ms + REPEAT_MS;
                let sent = order.sent.take().or_else(|| self.sign(order, nonce));
                for node in machine.nodes.values() {
                    sent.iter().for_each(|sent| self.submit(node, sent));
                }
                order.sent = sent;
            }
            true
        });
        orders.append(&mut self.orders.0);
        self.orders.0 = orders;
        self.note_progress();
    }

    fn key_of(&self, sender: Sender) -> &SecretKey {
        let setup = &self.shared.setup;
        match sender {
            Sender::Operator(index) => &setup.operators[index],
            Sender::Actor(index) => &setup.actors[index],
        }
    }

    fn sign(&self, order: &Order, nonce: u64) -> Option<SignedTransaction> {
        let genesis = &self.shared.setup.genesis;
        let key = self.key_of(order.sender);
        let gas = match order.sender {
            Sender::Operator(_) => GAS_OF_OPERATOR,
            Sender::Actor(_) => GAS_OF_ACTOR,
        };
        let body = Transaction {
            chain_id: genesis.chain_id,
            sender: key.address(),
            nonce: Nonce::new(nonce),
            gas_limit: Gas::new(gas),
            gas_price: genesis.params.min_gas_price,
            valid_until: Height::new(self.auditor.height() + 900),
            memo: String::new(),
            payload: order.payload.clone(),
        };
        let signed = body.sign(key).ok()?;
        self.shared.verifier.verify(&signed);
        Some(signed)
    }

    /// What somebody wanted must have succeeded, unless it may fail.
    fn judge(&mut self, order: &Order, sent: &SignedTransaction) {
        let hash = sent.hash();
        let receipts = self.auditor.blocks().iter().flat_map(|block| block.receipts.iter());
        let found = receipts.into_iter().find(|receipt| receipt.transaction == hash);
        let (name, sender) = (sent.body().payload.name(), order.sender);
        let broken = match found {
            Some(receipt) if receipt.code.is_ok() || order.may_fail => return,
            Some(receipt) => {
                let code = althing_ledger::codes::name_of(receipt.code);
                format!("{name} of {sender:?} failed with {code}")
            }
            None => format!("{name} of {sender:?} got lost"),
        };
        self.auditor.report(Violation::Membership(broken));
    }

    /// Everything that must succeed must be final in the end.
    pub(super) fn check_orders(&mut self) {
        let waiting = self.orders.0.iter().filter(|order| !order.may_fail).count();
        if waiting > 0 {
            let text = format!("{waiting} orders did not become final");
            self.auditor.report(Violation::Membership(text));
        }
    }
}
