//! What is sent: every transaction of the run, signed before the clock starts.

use super::failed;
use crate::cli::{
    CliError,
    args::{BenchArgs, Recipients},
};
use althing_types::{
    Address, Amount, Gas, GasPrice, Genesis, Height, KeyScheme, Nonce, Payload, SecretKey,
    SignedTransaction, Transaction, Transfer, genesis::LoadAccounts, hash::sha256,
};
use bytes::{BufMut as _, Bytes, BytesMut};
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Arc;

/// Gas limit of a transfer, with room for the creation of the recipient's account and a memo.
const TRANSFER_GAS: Gas = Gas::new(50_000);
/// The same for the largest keys and signatures.
const OTHER_GAS: Gas = Gas::new(200_000);
/// Enough for a transfer, not for the creation of an account.
const TOO_LITTLE_GAS: Gas = Gas::new(30_000);
/// How far ahead the transactions stay valid, in blocks.
const VALIDITY: u64 = 50_000;
/// Single transfers that measure latency.
const PROBES: u64 = 5_000;
/// Accounts of each other key scheme in mixed load.
const OTHERS: u64 = 8;
/// One in so many transactions of mixed load: creates an account, fails, or carries a memo.
const NEW_ACCOUNT: u64 = 20;
const FAILING: u64 = 25;
const MEMO: u64 = 10;

/// Transactions that are ready to be posted together.
pub(super) struct Batch {
    /// Each transaction as its length (4 bytes, big endian) and its encoding.
    pub body: Bytes,
    /// How many.
    pub transactions: u64,
}

/// Collects a batch.
#[derive(Default)]
struct Open {
    body: BytesMut,
    transactions: u64,
}

impl Open {
    fn push(&mut self, transaction: &SignedTransaction) -> Result<(), CliError> {
        let bytes = transaction.bytes();
        let length = u32::try_from(bytes.len()).map_err(|_| failed("a transaction is too long"))?;
        self.body.put_u32(length);
        self.body.put_slice(bytes);
        self.transactions += 1;
        Ok(())
    }

    fn close(&mut self) -> Batch {
        let done = std::mem::take(self);
        Batch { body: done.body.freeze(), transactions: done.transactions }
    }
}

/// What the chain says before the run.
pub(super) struct Start {
    /// The genesis of the network.
    pub genesis: Genesis,
    /// The last finalized height.
    pub height: u64,
    /// Nonces of the senders, by index; of the last load account after them.
    pub nonces: Vec<u64>,
    /// Nonce of the probe's account.
    pub probe_nonce: u64,
}

/// Who sends what to whom.
pub(super) struct Plan {
    start: Start,
    load: LoadAccounts,
    keys: Vec<SecretKey>,
    addresses: Arc<Vec<Address>>,
    others: Vec<SecretKey>,
    rounds: u64,
    batch: u64,
    threads: u64,
    nodes: u64,
    mixed: bool,
    to: Recipients,
    valid_until: Height,
    gas_price: GasPrice,
}

/// The load accounts that send, at most all but the last, which is the probe's.
pub(super) fn senders(args: &BenchArgs, load: &LoadAccounts) -> u64 {
    args.accounts.min(load.count.saturating_sub(1))
}

/// The key of a load account.
pub(super) fn secret_of(load: &LoadAccounts, index: u64) -> Result<SecretKey, CliError> {
    SecretKey::from_seed(KeyScheme::Ed25519, load.secret(index))
        .map_err(|error| failed(error.to_string()))
}

/// The accounts with other key schemes that take part in mixed load.
pub(super) fn others() -> Result<Vec<SecretKey>, CliError> {
    let schemes = [KeyScheme::Secp256r1, KeyScheme::MlDsa65];
    let keys = schemes.into_iter().flat_map(|scheme| {
        (0..OTHERS).map(move |index| {
            let seed = sha256(&[b"althing/bench-account", &index.to_be_bytes()]).0;
            SecretKey::from_seed(scheme, seed).map_err(|error| failed(error.to_string()))
        })
    });
    keys.collect()
}

/// An address that nothing else pays.
fn fresh_address(index: u64, nonce: u64) -> Address {
    let digest = sha256(&[b"new", &index.to_be_bytes(), &nonce.to_be_bytes()]).0;
    let mut bytes = [0; 20];
    bytes.copy_from_slice(&digest[..20]);
    Address::new(bytes)
}

impl Plan {
    /// Derives the senders' keys.
    pub(super) fn new(args: &BenchArgs, start: Start, nodes: usize) -> Result<Self, CliError> {
        let load = start.genesis.load_accounts.clone();
        let load = load.ok_or_else(|| failed("the genesis has no load accounts"))?;
        let count = senders(args, &load);
        let guess = match (args.rate, nodes) {
            (0, 1) => 70_000,
            (0, _) => 30_000,
            (rate, _) => rate,
        };
        let total = guess.saturating_mul(args.duration.as_secs().max(1));
        let keys: Result<Vec<SecretKey>, CliError> =
            (0..count).map(|index| secret_of(&load, index)).collect();
        let keys = keys?;
        let addresses = Arc::new(keys.iter().map(SecretKey::address).collect());
        let params = &start.genesis.params;
        let validity = VALIDITY.min(params.max_validity_blocks.saturating_sub(10));
        Ok(Self {
            load,
            keys,
            addresses,
            others: if args.mixed { others()? } else { Vec::new() },
            rounds: total.div_ceil(count.max(1)).max(1),
            batch: u64::from(args.batch),
            threads: u64::from(args.threads),
            nodes: nodes as u64,
            mixed: args.mixed,
            to: args.to,
            valid_until: Height::new(start.height.saturating_add(validity)),
            gas_price: params.min_gas_price,
            start,
        })
    }

    fn sign_one(
        &self,
        key: &SecretKey,
        nonce: u64,
        to: Address,
        amount: Amount,
        gas_limit: Gas,
        memo: String,
    ) -> Result<SignedTransaction, CliError> {
        Transaction {
            chain_id: self.start.genesis.chain_id,
            sender: key.address(),
            nonce: Nonce::new(nonce),
            gas_limit,
            gas_price: self.gas_price,
            valid_until: self.valid_until,
            memo,
            payload: Payload::Transfer(Transfer { to, amount }),
        }
        .sign(key)
        .map_err(|error| failed(error.to_string()))
    }

    /// One of the accounts that earlier runs made, spread evenly by multiplicative hashing.
    fn created(&self, index: u64, round: u64) -> Option<Address> {
        let spread = (index << 20 | round).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
        let maker = spread % self.keys.len() as u64;
        let made = self.start.nonces.get(maker as usize).copied().filter(|made| *made > 0)?;
        Some(fresh_address(maker, (spread >> 24) % made))
    }

    /// The transaction of a sender in a round.
    fn transfer(&self, index: u64, round: u64) -> Result<SignedTransaction, CliError> {
        let count = self.keys.len() as u64;
        let key = &self.keys[index as usize];
        let nonce = self.start.nonces.get(index as usize).copied().unwrap_or(0) + round;
        let mut to = self.addresses[((index + round + 1) % count) as usize];
        // Transfers between accounts that exist need no more than this, and fill blocks to the brim.
        let (mut gas, mut memo) = (Gas::new(althing_ledger::gas::TRANSFER), String::new());
        if self.to == Recipients::New {
            gas = TRANSFER_GAS;
            to = fresh_address(index, nonce);
        } else if self.to == Recipients::Created {
            gas = TRANSFER_GAS;
            to = self.created(index, round).unwrap_or(to);
        } else if self.mixed {
            gas = TRANSFER_GAS;
            let turn = index + 7 * round;
            let fails = turn % FAILING == 1;
            if turn.is_multiple_of(NEW_ACCOUNT) || fails {
                to = fresh_address(index, nonce);
                if fails {
                    gas = TOO_LITTLE_GAS;
                }
            } else if turn % MEMO == 2 {
                memo = format!("invoice {index}-{round}");
            }
        }
        self.sign_one(key, nonce, to, Amount::new(1), gas, memo)
    }

    /// Signs everything: one list of batches for each node. A sender always uses the same node, so
    /// its nonces arrive in order.
    pub(super) fn sign(&self, quiet: bool) -> Result<Vec<Vec<Batch>>, CliError> {
        let total = self.keys.len() as u64 * self.rounds;
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(total) };
        if let Ok(style) = ProgressStyle::with_template("signing {wide_bar} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        let slices: Result<Vec<_>, CliError> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..self.threads)
                .map(|thread| {
                    let bar = bar.clone();
                    scope.spawn(move || self.sign_slice(thread, &bar))
                })
                .collect();
            let join = |handle: std::thread::ScopedJoinHandle<'_, _>| {
                handle.join().unwrap_or_else(|_| Err(failed("a signing thread died")))
            };
            handles.into_iter().map(join).collect()
        });
        bar.finish_and_clear();
        let mut nodes: Vec<Vec<Batch>> = (0..self.nodes).map(|_| Vec::new()).collect();
        let mut sources: Vec<Vec<std::vec::IntoIter<Batch>>> = slices?
            .into_iter()
            .map(|lists| lists.into_iter().map(Vec::into_iter).collect())
            .collect();
        // In turns, so that every sender's first transaction comes before anyone's second.
        for (node, batches) in nodes.iter_mut().enumerate() {
            loop {
                let before = batches.len();
                batches.extend(sources.iter_mut().filter_map(|lists| lists[node].next()));
                if batches.len() == before {
                    break;
                }
            }
        }
        Ok(nodes)
    }

    /// The share of one thread: for each node, batches in the order of rounds.
    fn sign_slice(&self, thread: u64, bar: &ProgressBar) -> Result<Vec<Vec<Batch>>, CliError> {
        let mut batches: Vec<Vec<Batch>> = (0..self.nodes).map(|_| Vec::new()).collect();
        let mut open: Vec<Open> = (0..self.nodes).map(|_| Open::default()).collect();
        for round in 0..self.rounds {
            let mut index = thread;
            while index < self.keys.len() as u64 {
                let node = (index % self.nodes) as usize;
                open[node].push(&self.transfer(index, round)?)?;
                if open[node].transactions >= self.batch {
                    batches[node].push(open[node].close());
                }
                index += self.threads;
            }
            bar.inc(self.keys.len() as u64 / self.threads);
        }
        Ok(batches)
    }

    /// Single transfers of the probe's account, signed ahead. In mixed load, the first ones give
    /// money to the accounts with other key schemes.
    pub(super) fn probes(&self) -> Result<Vec<SignedTransaction>, CliError> {
        let key = secret_of(&self.load, self.load.count.saturating_sub(1))?;
        let first = self.start.probe_nonce;
        let funded = self.others.len() as u64;
        let mut probes = Vec::new();
        for (place, other) in (0..).zip(&self.others) {
            let amount = Amount::from_tokens(1).map_err(|error| failed(error.to_string()))?;
            probes.push(self.sign_one(
                &key,
                first + place,
                other.address(),
                amount,
                TRANSFER_GAS,
                String::new(),
            )?);
        }
        for round in funded..PROBES {
            let to = self.addresses[(round % self.addresses.len() as u64) as usize];
            probes.push(self.sign_one(
                &key,
                first + round,
                to,
                Amount::new(1),
                TRANSFER_GAS,
                String::new(),
            )?);
        }
        Ok(probes)
    }

    /// What one of the accounts with other key schemes sends, from its present nonce on.
    pub(super) fn of_other(
        &self,
        key: &SecretKey,
        nonce: u64,
    ) -> Result<SignedTransaction, CliError> {
        self.sign_one(key, nonce, self.addresses[0], Amount::new(1), OTHER_GAS, String::new())
    }

    /// The accounts with other key schemes.
    pub(super) fn others(&self) -> &[SecretKey] {
        &self.others
    }
}
