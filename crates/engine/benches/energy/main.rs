//! Prints what metered energy costs: 10,000 meters of ten providers count in intervals of 15 minutes,
//! three oracles report, batches are closed; on the storage and the caches of a real node, with the
//! blocks of the devnet. Meters sign before the clock runs. What nobody buys lapses after an interval,
//! so that the state shows whether anything is left of what is over.
//!
//!     cargo bench -p althing-engine --bench energy [-- METERS [INTERVALS]]
#![allow(clippy::unwrap_used, missing_docs, reason = "a program for developers")]
#![allow(clippy::disallowed_types, reason = "a benchmark reads the clock; the ledger does not")]

#[path = "../common/mod.rs"]
mod common;
mod figures;

use althing_ledger::energy::{OracleEntry, OracleSet, query};
use althing_state::{StateKey, StateValue};
use althing_types::{
    Address, Amount, Gas, GasPrice, Hash, Height, KeyScheme, List, Nonce, Payload, Ppm, SecretKey,
    SignedTransaction, Transaction,
    energy::{MeterKey, MeterSignature, Reading, ReportItem, bind_bytes, meter_id},
    message::{AttestReadings, RegisterMeter, RegisterOracle, RegisterProvider, SubmitReadings},
    params::ChainParams,
};
use common::{Done, Node, Random, authorization, genesis, runner, transfer};
use commonware_codec::Encode as _;
use commonware_runtime::{Runner as _, tokio::Context};
use figures::{Interval, Spent};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Users: first providers, then oracles, then who sends transfers.
const PROVIDERS: usize = 10;
const ORACLES: usize = 3;
const SENDERS: usize = 20_000;
/// Transfers in a block that readings are compared with.
const TRANSFERS: usize = 5_000;
/// Most readings of a batch, and batches of a report.
const BATCH: usize = 64;
const REPORT: usize = 32;
/// Most gas of a message with so many; the block has room for so many such messages.
const BATCH_GAS: u64 = 2_500_000;
const REPORT_GAS: u64 = 8_000_000;
/// The length of an interval and of a slot, in seconds, and when the first one begins.
const INTERVAL_S: u64 = 900;
const START_S: u64 = 1_700_000_100;
/// What a meter can measure, in W.
const METER_W: u64 = 5_000;
/// The table of batches that are not over, and that of what is due.
const BATCHES: u8 = 0x48;
const DUE: u8 = 0x44;

/// A meter, and what it says next.
struct Device {
    provider: usize,
    secret: SecretKey,
    key: MeterKey,
    id: Hash,
    sequence: u64,
    total_wh: u64,
}

/// A chain with meters on it.
struct Bench {
    node: Node,
    devices: Vec<Device>,
    /// The time of the last block, in milliseconds.
    time: u64,
    /// The size of each record of the state, its key included, and of all of them.
    sizes: HashMap<StateKey, u64>,
    bytes: u64,
    random: Random,
}

fn address(user: usize) -> Address {
    authorization(user).address()
}

fn tokens(tokens: u64) -> Amount {
    Amount::from_tokens(tokens).unwrap()
}

impl Bench {
    async fn new(context: &Context, meters: usize) -> Self {
        let users: Vec<Address> = (0..PROVIDERS + ORACLES + SENDERS).map(address).collect();
        let mut genesis = genesis(&users);
        genesis.params.block_gas_limit = ChainParams::devnet().block_gas_limit;
        genesis.params.energy.slot_s = INTERVAL_S;
        genesis.params.energy.credit_life_s = INTERVAL_S;
        let mut bench = Self {
            node: Node::new(context, genesis, users.len()).await,
            devices: Vec::new(),
            time: (START_S - 10_000) * 1_000,
            sizes: HashMap::new(),
            bytes: 0,
            random: Random(0x9e37_79b9_7f4a_7c15),
        };
        bench.block(Vec::new()).await;
        bench.register(meters).await;
        bench.admit().await;
        bench
    }

    fn count(&mut self, key: StateKey, value: Option<&StateValue>) {
        let size = value.map(|value| (key.len() + value.len()) as u64);
        let before = match size {
            Some(size) => self.sizes.insert(key, size),
            None => self.sizes.remove(&key),
        };
        self.bytes = self.bytes + size.unwrap_or(0) - before.unwrap_or(0);
    }

    /// Providers, meters and oracles register themselves.
    async fn register(&mut self, meters: usize) {
        let mut first = Vec::new();
        let capacity_w = METER_W * meters.div_ceil(PROVIDERS) as u64;
        for user in 0..PROVIDERS {
            let (name, zone) = (format!("provider {user}"), "NEM-VIC".parse().unwrap());
            let (name, stake) = (name.parse().unwrap(), tokens(100_000));
            let payload = RegisterProvider { name, zone, capacity_w, stake };
            first.push(self.transaction(user, 200_000, Payload::RegisterProvider(payload)));
        }
        for user in PROVIDERS..PROVIDERS + ORACLES {
            let (name, stake) = (format!("oracle {user}").parse().unwrap(), tokens(1_000));
            let payload = Payload::RegisterOracle(RegisterOracle { name, stake });
            first.push(self.transaction(user, 200_000, payload));
        }
        self.block(first).await;
        let mut rest = Vec::new();
        for number in 0..meters {
            let mut seed = [0x7a; 32];
            seed[..8].copy_from_slice(&(number as u64).to_be_bytes());
            let secret = SecretKey::from_seed(KeyScheme::Ed25519, seed).unwrap();
            let key = MeterKey::new(secret.public_key()).unwrap();
            let provider = number % PROVIDERS;
            let bytes = bind_bytes(&self.node.genesis.chain_id, &address(provider));
            let signature = MeterSignature::sign(&secret, &bytes).unwrap();
            let (max_w, total_wh) = (METER_W, 1_000_000);
            let payload = RegisterMeter { key: key.clone(), max_w, total_wh, signature };
            rest.push(self.transaction(provider, 200_000, Payload::RegisterMeter(payload)));
            let id = meter_id(&key, &address(provider));
            self.devices.push(Device { provider, secret, key, id, sequence: 0, total_wh });
        }
        for some in rest.chunks(2_000) {
            self.block(some.to_vec()).await;
        }
    }

    /// Writes the weights of oracles as proposals would.
    async fn admit(&mut self) {
        let mut entries = Vec::new();
        let mut written = Vec::new();
        for user in PROVIDERS..PROVIDERS + ORACLES {
            let key = query::oracle_key(address(user));
            let mut oracle = query::decode_oracle(&self.get(key).await).unwrap();
            oracle.weight = Ppm::new(300_000).unwrap();
            entries.push(OracleEntry { oracle: address(user), weight: oracle.weight.get() });
            written.push((key, oracle.encode()));
        }
        entries.sort_by_key(|entry| entry.oracle);
        let set: OracleSet = List::new(entries).unwrap();
        let mut energy = query::decode_energy(&self.get(query::energy_key()).await).unwrap();
        energy.oracle_set = 1;
        written.push((query::oracle_set_key(1), set.encode()));
        written.push((query::energy_key(), energy.encode()));
        let written =
            written.into_iter().map(|(key, bytes)| (key, StateValue::new(bytes).unwrap()));
        let written: Vec<_> = written.collect();
        for (key, value) in &written {
            self.count(*key, Some(value));
        }
        self.node.put(written).await;
    }

    async fn get(&self, key: StateKey) -> StateValue {
        let mut values = self.node.state.read().await.get_many(&[&key]).await.unwrap();
        values.remove(0).unwrap()
    }

    fn transaction(&mut self, user: usize, gas: u64, payload: Payload) -> SignedTransaction {
        let body = Transaction {
            chain_id: self.node.genesis.chain_id,
            sender: address(user),
            nonce: Nonce::new(self.node.nonces[user]),
            gas_limit: Gas::new(gas),
            gas_price: GasPrice::new(1_000_000_000),
            valid_until: Height::new(self.node.height + 50),
            memo: String::new(),
            payload,
        };
        self.node.nonces[user] += 1;
        SignedTransaction::new(body, authorization(user))
    }

    /// Executes and stores a block, a second after the last one.
    async fn block(&mut self, transactions: Vec<SignedTransaction>) -> Spent {
        self.time += 1_000;
        let count = transactions.len() as u32;
        let done = self.node.block(self.time, transactions).await;
        for (key, value) in done.writes.iter() {
            self.count(*key, value.as_ref());
        }
        let Done { read, execute, store, gas, .. } = done;
        Spent { execute: read + execute, store, gas, transactions: count }
    }

    /// Executes blocks with as many of these as fit.
    async fn blocks(&mut self, transactions: Vec<SignedTransaction>, gas: u64) -> Spent {
        let room = self.node.genesis.params.block_gas_limit.get() / gas;
        let mut spent = Spent::default();
        for some in transactions.chunks(room as usize) {
            spent.add(self.block(some.to_vec()).await);
        }
        spent
    }

    /// Executes empty blocks until a table is empty.
    async fn until_gone(&mut self, prefix: u8) -> Spent {
        let mut spent = Spent::default();
        while self.sizes.keys().any(|key| key.prefix() == prefix) {
            spent.add(self.block(Vec::new()).await);
        }
        spent
    }

    /// What all meters say about an interval, signed.
    fn measure(&mut self, start: u64, signed_at: u64) -> Vec<(usize, Reading)> {
        let chain = self.node.genesis.chain_id;
        let mut readings = Vec::new();
        for device in &mut self.devices {
            let wh = 200 + self.random.below(1_000) as u64;
            device.total_wh += wh;
            let mut reading = Reading {
                meter: device.id,
                sequence: device.sequence,
                start,
                seconds: INTERVAL_S as u32,
                wh,
                total_wh: device.total_wh,
                signed_at,
                signature: MeterSignature::sign(&device.secret, &[]).unwrap(),
            };
            let bytes = reading.signed_bytes(&chain);
            reading.signature = MeterSignature::sign(&device.secret, &bytes).unwrap();
            device.sequence += 1;
            readings.push((device.provider, reading));
        }
        readings
    }

    /// What the ledger spends on the signatures of readings alone.
    fn verify(&self, readings: &[(usize, Reading)]) -> Duration {
        let chain = self.node.genesis.chain_id;
        let start = Instant::now();
        for ((_, reading), device) in readings.iter().zip(&self.devices) {
            device.key.verify(&reading.signed_bytes(&chain), &reading.signature).unwrap();
        }
        start.elapsed()
    }

    async fn interval(&mut self, number: u64) -> Interval {
        let start = START_S + number * INTERVAL_S;
        self.time = self.time.max((start + INTERVAL_S) * 1_000);
        let readings = self.measure(start, self.time / 1_000 + 1);
        let mut result = Interval { signatures: self.verify(&readings), ..Interval::default() };
        result.before = self.bytes;
        let first = query::decode_energy(&self.get(query::energy_key()).await).unwrap().next_batch;
        let mut batches = Vec::new();
        for provider in 0..PROVIDERS {
            let own = readings.iter().filter(|(of, _)| *of == provider);
            let own: Vec<Reading> = own.map(|(_, reading)| reading.clone()).collect();
            for some in own.chunks(BATCH) {
                let readings = List::new(some.to_vec()).unwrap();
                let payload = SubmitReadings { provider: address(provider), readings };
                let payload = Payload::SubmitReadings(payload);
                batches.push(self.transaction(provider, BATCH_GAS, payload));
            }
        }
        let last = first + batches.len() as u64;
        result.submit = self.blocks(batches, BATCH_GAS).await;
        result.open = self.bytes;
        let item = |batch| ReportItem { batch, agree: u64::MAX, contradict: 0 };
        let items: Vec<ReportItem> = (first..last).map(item).collect();
        for (place, spent) in result.reports.iter_mut().enumerate() {
            let user = PROVIDERS + place;
            let mut reports = Vec::new();
            for some in items.chunks(REPORT) {
                let items = List::new(some.to_vec()).unwrap();
                let payload = AttestReadings { oracle: address(user), items };
                reports.push(self.transaction(user, REPORT_GAS, Payload::AttestReadings(payload)));
            }
            *spent = self.blocks(reports, REPORT_GAS).await;
        }
        result.close = self.until_gone(BATCHES).await;
        result.after = self.bytes;
        result
    }

    /// Transfers between accounts that are there, to compare with.
    async fn transfers(&mut self) -> Spent {
        let mut spent = Spent::default();
        for _ in 0..20 {
            let mut transactions = Vec::new();
            for _ in 0..TRANSFERS {
                let sender = |random: &mut Random| PROVIDERS + ORACLES + random.below(SENDERS);
                let (from, to) = (sender(&mut self.random), sender(&mut self.random));
                let nonce = self.node.nonces[from];
                self.node.nonces[from] += 1;
                transactions.push(transfer(
                    &self.node.genesis,
                    authorization(from),
                    nonce,
                    address(to),
                ));
            }
            spent.add(self.block(transactions).await);
        }
        spent
    }
}

async fn run(context: Context, meters: usize, intervals: u64) {
    let mut bench = Bench::new(&context, meters).await;
    let empty = bench.bytes;
    println!(
        "{meters} meters of {PROVIDERS} providers, {intervals} intervals of {INTERVAL_S} s, \
         {ORACLES} oracles\n\nmicroseconds for each reading, one thread\n"
    );
    println!(
        "interval  submit signatures reports  close  store readings/s  unsigned/s \
         B open B for meter"
    );
    let mut all = Vec::new();
    for number in 0..intervals {
        let interval = bench.interval(number).await;
        figures::print_interval(number + 1, meters, &interval);
        all.push(interval);
    }
    // What nobody bought lapses; then nothing is left but the meters.
    bench.time += 3 * INTERVAL_S * 1_000;
    bench.until_gone(DUE).await;
    let (first, end) = (all[0].after, bench.bytes);
    let of = |bytes: u64| bytes as f64 / meters as f64;
    println!(
        "\nbytes of state for each meter: {:.1} registered, {:.1} after one interval, {:.1} after \
         {intervals}, {:.1} when all is over (ratio {:.4})",
        of(empty),
        of(first),
        of(all[all.len() - 1].after),
        of(end),
        end as f64 / first as f64,
    );
    let transfers = bench.transfers().await;
    figures::print_gas(meters, &all, transfers);
}

fn main() {
    let numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let numbers: Vec<u64> = numbers.collect();
    let meters = numbers.first().map_or(10_000, |meters| *meters as usize);
    let intervals = numbers.get(1).copied().unwrap_or(8).max(1);
    let folder = tempfile::tempdir().unwrap();
    runner(&folder).start(|context| run(context, meters, intervals));
}
