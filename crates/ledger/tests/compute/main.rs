//! Proof of compute on whole blocks: workers, tasks, committees, disputes, weights. Products are
//! small and real. After every block the audit looks at every record again.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a failed unwrap is a failed test"
)]

mod attest;
mod bounds;
mod commit;
#[path = "../common/mod.rs"]
mod common;
mod govern;
mod life;
mod paid;
mod plants;
mod prop;
mod prove;
mod rounds;
mod solve;
mod thousand;
mod vote;
mod weights;
mod workers;

use althing_ledger::{
    codes,
    compute::{Compute, Device, Task, Worker, query},
};
use althing_types::{
    Address, Allocation, Amount, Authorization, Blob, Event, Gas, Genesis, Height, Nonce, Payload,
    Period, Ppm, Receipt, Signature64, SignedTransaction, ValidatorKey,
    compute::{DeviceId, Operands, ProductKind, Shape, TaskState, Verdict},
    hash::sha256,
    message::{
        Attest, CommitResults, Commitment, CreateTask, RegisterWorker, RequestBenchmark,
        ResultVote, TakeWork, VoteResults,
    },
    params::{EmissionParams, FeeSplit},
};
use common::{
    Chain, address, authorization,
    network::{network, own_events, validator_key},
    tokens,
};
use solve::{Solved, solve};
use std::collections::BTreeMap;

/// From one block to the next, in milliseconds.
const BLOCK_MS: u64 = 1_000;
const VALIDATORS: usize = 4;
/// Users `0..WORKERS` may become workers.
const WORKERS: usize = 12;
/// Who orders tasks.
const REQUESTER: usize = 12;
/// Who has nothing to do with anything.
const STRANGER: usize = 13;

/// The smallest product.
const SHAPE: Shape = Shape { kind: ProductKind::Int8, m: 256, n: 256, k: 256 };

fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}

fn genesis() -> Genesis {
    let stakes = vec![tokens(10_000); VALIDATORS];
    let mut genesis = network(&stakes, STRANGER + 1, VALIDATORS, tokens(100_000));
    let [proposer, stakers, treasury] = [Ppm::ZERO; 3];
    let params = &mut genesis.params;
    params.fee_split = FeeSplit { proposer, stakers, treasury, burn: Ppm::ONE };
    params.emission = EmissionParams::devnet();
    params.slashing.max_consecutive_misses = 10_000;
    params.slashing.min_score = Ppm::ZERO;
    params.staking.max_validators = 10;
    // No heartbeat is due unless a test is about them.
    params.registry.heartbeat_interval_ms = Period::DAY_MS;
    let compute = &mut params.compute;
    compute.beacon_delay = 2;
    compute.unbonding = Period::blocks(10);
    compute.vote_window = Period::blocks(6);
    compute.dispute_window = Period::blocks(4);
    compute.base_time = Period::blocks(6);
    compute.open_time = Period::blocks(9);
    compute.retention = Period::blocks(30);
    (compute.unit_time_us, compute.cpu_unit_time_us) = (1, 1);
    (compute.samples, compute.own_samples) = (32, 0);
    compute.cpu_benchmark_size = 256;
    compute.spot_check = Ppm::ZERO;
    genesis.allocations.extend((0..VALIDATORS).map(|number| Allocation {
        address: validator_key(number).node_account(),
        amount: tokens(100),
        vesting: None,
    }));
    genesis
}

/// Evidence of a processor, which is one of several.
fn evidence(number: u8) -> Vec<u8> {
    format!(
        r#"{{"version":1,"device":{{"kind":"cpu","index":{number},"model":"AMD EPYC 9354 32-Core Processor","memory_bytes":34359738368,"cores":64,"compute_capability":null,"driver_version":null,"cuda_version":null,"uuid":null,"pci":null,"multi_instance":null,"confidential_computing":null,"features":["avx2"]}},"driver":null,"host_pci":[]}}"#
    )
    .into_bytes()
}

struct World {
    chain: Chain,
    /// Everything that happened, with the height.
    log: Vec<(u64, Event)>,
    /// What honest workers have computed, by task and attempt.
    solved: BTreeMap<(u64, u32), Solved>,
}

impl World {
    fn new() -> Self {
        Self::with(|_| {})
    }

    /// With other parameters.
    fn with(change: impl FnOnce(&mut Genesis)) -> Self {
        let mut genesis = genesis();
        change(&mut genesis);
        let mut chain = Chain::new(genesis.normalized().unwrap());
        chain.interval = BLOCK_MS;
        let mut world = Self { chain, log: Vec::new(), solved: BTreeMap::new() };
        world.pass(1);
        world
    }

    /// A world with so many workers, each with one processor that was measured.
    fn working(workers: usize) -> Self {
        let mut world = Self::new();
        world.equip(workers);
        world
    }

    fn equip(&mut self, workers: usize) {
        let join: Vec<_> = (0..workers).map(|user| (user, register())).collect();
        self.all(&join);
        let attest: Vec<_> = (0..workers).map(|user| (user, self::attest(0, 0))).collect();
        self.all(&attest);
        let measure = Payload::RequestBenchmark(RequestBenchmark { device: 0 });
        self.all(&(0..workers).map(|user| (user, measure.clone())).collect::<Vec<_>>());
        let tasks: Vec<u64> =
            (0..workers).flat_map(|user| self.worker(user).tasks.to_vec()).collect();
        self.finish(&tasks);
        assert!((0..workers).all(|user| self.device(user, 0).passed));
    }

    /// Carries tasks that were just assigned through to their settlement, honestly.
    fn finish(&mut self, tasks: &[u64]) {
        self.pass(3);
        self.commit_all(tasks);
        self.pass(2);
        self.vote_all(tasks, Verdict::Valid);
        self.pass(5);
        for task in tasks {
            assert_eq!(self.task(*task).state, TaskState::Settled);
        }
    }

    /// Executes a block with these transactions; all enter.
    fn block(&mut self, transactions: &[SignedTransaction]) -> Vec<Receipt> {
        let (outcome, results) = self.chain.advance(transactions);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        let height = self.chain.height;
        let receipts = &outcome.receipts[..transactions.len()];
        let events = receipts.iter().flat_map(|receipt| receipt.events.clone());
        let events = events.chain(own_events(&outcome));
        self.log.extend(events.map(|event| (height, event)));
        receipts.to_vec()
    }

    /// So many blocks without transactions; what they did.
    fn pass(&mut self, blocks: usize) -> Vec<Event> {
        let before = self.log.len();
        for _ in 0..blocks {
            self.block(&[]);
        }
        self.log[before..].iter().map(|(_, event)| event.clone()).collect()
    }

    fn transaction(&self, sender: Sender, earlier: u64, payload: Payload) -> SignedTransaction {
        let mut body = self.chain.transaction(0, 0, payload).body().clone();
        let (sender, authorization) = match sender {
            Sender::User(user) => (address(user), authorization(user)),
            Sender::Node(number) => {
                let key = validator_key(number);
                let public_key = *key.as_bytes();
                (key.node_account(), Authorization::Ed25519 { public_key, signature: [0; 64] })
            }
        };
        body.sender = sender;
        body.gas_limit = Gas::new(4_000_000);
        body.nonce = Nonce::new(self.chain.account(sender).nonce.get() + earlier);
        SignedTransaction::new(body, authorization)
    }

    /// One transaction in a block of its own.
    fn send(&mut self, sender: Sender, payload: Payload) -> Receipt {
        let transaction = self.transaction(sender, 0, payload);
        self.block(&[transaction]).remove(0)
    }

    /// A transaction of a user that succeeds; its events.
    fn does(&mut self, user: usize, payload: Payload) -> Vec<Event> {
        let receipt = self.send(Sender::User(user), payload);
        assert_eq!(codes::name_of(receipt.code), "ok");
        receipt.events
    }

    /// A transaction of a user that fails with this code, and changes nothing of compute.
    fn fails(&mut self, user: usize, payload: Payload, code: &str) {
        self.fails_by(Sender::User(user), payload, code);
    }

    fn fails_by(&mut self, sender: Sender, payload: Payload, code: &str) {
        // What is due changes by itself: a copy of the world does the block without it.
        let mut other = self.chain.clone();
        other.advance(&[]);
        let receipt = self.send(sender, payload);
        assert_eq!(codes::name_of(receipt.code), code);
        assert!(receipt.events.is_empty());
        let own = |chain: &Chain| -> Vec<_> {
            let own = |prefix: u8| (0x30..=0x40).contains(&prefix) || prefix == 0x54;
            let all = chain.state.iter().filter(|(key, _)| own(key.prefix()));
            all.map(|(key, value)| (*key, value.clone())).collect()
        };
        assert_eq!(own(&other), own(&self.chain), "{code} changed something");
    }

    /// Transactions of users in one block; all succeed.
    fn all(&mut self, payloads: &[(usize, Payload)]) -> Vec<Receipt> {
        let mut sent: BTreeMap<usize, u64> = BTreeMap::new();
        let mut transactions = Vec::new();
        for (user, payload) in payloads {
            let earlier = sent.entry(*user).or_default();
            transactions.push(self.transaction(Sender::User(*user), *earlier, payload.clone()));
            *earlier += 1;
        }
        let receipts = self.block(&transactions);
        for receipt in &receipts {
            assert_eq!(codes::name_of(receipt.code), "ok");
        }
        receipts
    }

    fn compute(&self) -> Compute {
        query::decode_compute(&self.chain.state[&query::compute_key()]).unwrap()
    }

    fn worker(&self, user: usize) -> Worker {
        query::decode_worker(&self.chain.state[&query::worker_key(address(user))]).unwrap()
    }

    fn device(&self, user: usize, device: u8) -> Device {
        let id = DeviceId { worker: address(user), device };
        query::decode_device(&self.chain.state[&query::device_key(id)]).unwrap()
    }

    fn find(&self, number: u64) -> Option<Task> {
        let value = self.chain.state.get(&query::task_key(number));
        value.map(|value| query::decode_task(value).unwrap())
    }

    fn task(&self, number: u64) -> Task {
        self.find(number).unwrap()
    }

    /// The randomness of a height that is there.
    fn beacon(&self, height: Height) -> althing_types::Hash {
        let key = althing_ledger::beacon::query::value_key(height);
        let mark = althing_ledger::beacon::query::decode_value(&self.chain.state[&key]).unwrap();
        assert_eq!(mark.height, height);
        mark.value
    }

    /// The seed of the present attempt at a task.
    fn seed(&self, number: u64) -> althing_types::Hash {
        let task = self.task(number);
        let assignment = task.assignment.unwrap();
        let attempt =
            query::Attempt { task: number, attempt: task.attempt, device: assignment.device };
        let genesis = self.chain.ledger.genesis().hash();
        query::operand_seed(&genesis, &attempt, &self.beacon(assignment.seed_height))
    }

    /// The right result of the present attempt at a task.
    fn right(&mut self, number: u64) -> &Solved {
        let task = self.task(number);
        let seed = self.seed(number);
        let key = (number, task.attempt);
        self.solved.entry(key).or_insert_with(|| solve(&task.shape, task.count, &seed, |_, _| {}))
    }

    /// A result of the present attempt with some entries changed.
    fn wrong(&self, number: u64, cheat: impl Fn(u32, &mut [i32])) -> Solved {
        let task = self.task(number);
        solve(&task.shape, task.count, &self.seed(number), cheat)
    }

    /// Who has a task.
    fn owner(&self, number: u64) -> usize {
        let worker = self.task(number).assignment.unwrap().device.worker;
        (0..WORKERS).find(|user| address(*user) == worker).unwrap()
    }

    fn commitment(&mut self, number: u64) -> Commitment {
        let solved = self.right(number);
        Commitment { task: number, root: solved.root, digest: Some(solved.digest) }
    }

    /// The owners of tasks commit to right results, in one block.
    fn commit_all(&mut self, tasks: &[u64]) {
        let payloads: Vec<_> = tasks
            .iter()
            .map(|task| (self.owner(*task), commit(vec![self.commitment(*task)])))
            .collect();
        self.all(&payloads);
    }

    /// All members of the committees of these tasks say the same, in one block.
    fn vote_all(&mut self, tasks: &[u64], verdict: Verdict) {
        let mut ballots: BTreeMap<usize, Vec<ResultVote>> = BTreeMap::new();
        for task in tasks {
            for member in self.task(*task).check.unwrap().members.iter() {
                ballots.entry(number_of(&member.validator)).or_default().push(vote(*task, verdict));
            }
        }
        let transactions: Vec<_> = ballots
            .into_iter()
            .map(|(number, votes)| {
                self.transaction(Sender::Node(number), 0, votes_of(number, votes))
            })
            .collect();
        for receipt in self.block(&transactions) {
            let code = codes::name_of(receipt.code);
            // More than a third without the rows close the vote before the others are heard.
            let closed = verdict == Verdict::Unavailable && code == "no_vote_counts";
            assert!(code == "ok" || closed, "{code}");
        }
    }

    /// A worker takes a batch; its number.
    fn take(&mut self, user: usize, count: u32) -> u64 {
        let events = self.does(user, take_work(0, SHAPE, count));
        created(&events)
    }

    /// Somebody orders a batch; its number.
    fn order(&mut self, count: u32, price: Amount) -> u64 {
        let events = self.does(REQUESTER, create(SHAPE, count, price));
        created(&events)
    }

    fn balance(&self, user: usize) -> Amount {
        self.chain.account(address(user)).balance
    }

    /// How often something happened.
    fn count(&self, name: &str) -> usize {
        self.log.iter().filter(|(_, event)| event.name() == name).count()
    }
}

/// Who sends a transaction.
#[derive(Clone, Copy)]
enum Sender {
    User(usize),
    Node(usize),
}

fn created(events: &[Event]) -> u64 {
    let found = events.iter().find_map(|event| match event {
        Event::TaskCreated { task, .. } => Some(*task),
        _ => None,
    });
    found.unwrap()
}

fn number_of(key: &ValidatorKey) -> usize {
    (0..VALIDATORS).find(|number| validator_key(*number) == *key).unwrap()
}

fn secret(number: u8) -> althing_types::Hash {
    sha256(&[b"secret", &[number]])
}

fn register() -> Payload {
    Payload::RegisterWorker(RegisterWorker {
        endpoint: "https://worker.example".parse().unwrap(),
        stake: tokens(1_000),
        plant: query::plant_commitment(&secret(0)),
    })
}

fn attest(device: u8, number: u8) -> Payload {
    Payload::Attest(Attest { device, evidence: Blob::new(evidence(number)).unwrap() })
}

fn take_work(device: u8, shape: Shape, count: u32) -> Payload {
    Payload::TakeWork(TakeWork { device, shape, count })
}

fn create(shape: Shape, count: u32, price: Amount) -> Payload {
    let (operands, source) = (Operands::Seed {}, "".parse().unwrap());
    Payload::CreateTask(CreateTask { shape, count, price, operands, source })
}

fn commit(results: Vec<Commitment>) -> Payload {
    Payload::CommitResults(CommitResults { results: althing_types::List::new(results).unwrap() })
}

fn vote(task: u64, verdict: Verdict) -> ResultVote {
    let transcript = query::transcript(task, &[1, 2, 3]);
    ResultVote { task, verdict, seed: Signature64::new([7; 64]), transcript }
}

fn votes_of(number: usize, votes: Vec<ResultVote>) -> Payload {
    let votes = althing_types::List::new(votes).unwrap();
    Payload::VoteResults(VoteResults { validator: validator_key(number), votes })
}

/// The account of a user, in the form that events have.
fn account(user: usize) -> Address {
    address(user)
}
