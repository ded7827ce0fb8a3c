//! What the node of a validator does by itself: it describes itself in the registry, says once in a
//! while that it is well, reports contradictions of other validators, commits to the
//! randomness that it will reveal, runs the configuration of the network that the chain says, and votes where its operator has left that to it. It pays from an account of
//! its own, whose key is the consensus key.
//!
//! Every transaction is tried on the newest state before it is sent: what would fail is not sent.
//! Nothing is sent while another one waits; votes go together. Nothing here is needed for consensus.

mod errands;
mod follow;
mod govern;
mod randomness;

pub use errands::{Busy, Errands};

use crate::{
    admit::Admitter,
    chain::Chain,
    dry,
    evidence::{Fault, Watch},
    metrics::Metrics,
    neighbours::Neighbours,
    pace,
    randomness::Randomness,
    reads,
    sets::Sets,
    types::{Dbs, PrivateKey, PublicKey, Runtime},
};
use althing_ledger::{Account, Invalid, Ledger, Node, codes, prefix, query, staking::Validator};
use althing_mempool::Origin;
use althing_state::StateKey;
use althing_types::{
    Address, ChainParams, Epoch, Gas, Header, Height, KeyScheme, Nonce, Payload, SecretKey,
    SignedTransaction, Text, Timestamp, Transaction, ValidatorKey, Version,
    limits::{MAX_ENDPOINT_BYTES, MAX_NODE_TEXT_BYTES},
    message::{Health, Heartbeat, RegisterNode, SubmitEvidence},
};
use commonware_codec::{Copying, DecodeExt as _, Encode as _};
use commonware_cryptography::Signer as _;
use commonware_parallel::Strategy;
use commonware_runtime::Handle;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tracing::{debug, info, warn};

/// Time between looks at what is to be done.
const PERIOD: Duration = Duration::from_secs(1);
/// A node whose last block is older than this catches up, and has nothing to say, in milliseconds.
const BEHIND_MS: u64 = 30_000;
/// Blocks that a transaction may wait.
const VALID_BLOCKS: u64 = 100;
/// Most votes and errands that a node sends at a time.
const AT_ONCE: u64 = 8;
/// Gas that a trial may use.
const TRIAL_GAS: u64 = 1_000_000;
/// Validators report a fault one after the other, so many looks apart, until one report is in the
/// chain.
const TURN: u64 = 3;

/// What a node says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Where its API is reached from outside, or empty.
    pub endpoint: Text<MAX_ENDPOINT_BYTES>,
    /// The version of its software.
    pub version: Text<MAX_NODE_TEXT_BYTES>,
    /// The commit that its software was built from, or empty.
    pub commit: Text<MAX_NODE_TEXT_BYTES>,
    /// Where in the world it stands, or empty.
    pub region: Text<MAX_NODE_TEXT_BYTES>,
}

/// What a node measures about its machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Resident memory, in MiB.
    pub memory_mib: u32,
    /// Free space on the disk of its data, in MiB.
    pub free_disk_mib: u32,
    /// Time since it started, in seconds.
    pub uptime_s: u32,
    /// Peers that it is connected to.
    pub peers: u32,
}

/// Measures the machine. Calls must return at once.
pub type Measure = Arc<dyn Fn() -> Machine + Send + Sync>;

/// What the duties of a node work with.
pub struct Config<E: Runtime, S: Strategy> {
    /// The consensus key.
    pub key: PrivateKey,
    /// What the node says about itself.
    pub about: About,
    /// Measures the machine.
    pub measure: Measure,
    /// The state machine.
    pub ledger: Ledger,
    /// The tip and the pool.
    pub chain: Arc<Chain>,
    /// The state.
    pub database: Dbs<E, S>,
    /// How its transactions enter the pool.
    pub admitter: Admitter<E, S>,
    /// Faults that were seen.
    pub watch: Watch,
    /// Who validates when.
    pub sets: Sets,
    /// What this node reveals in the blocks that it leads.
    pub randomness: Randomness,
    /// What other parts of the node want its account to send.
    pub errands: Errands,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Told where the configuration of the network says that nodes are.
    pub neighbours: Neighbours,
    /// The newest protocol that this software can run.
    pub protocol: Version,
}

/// Fulfils the duties of a node.
pub struct Duties<E: Runtime, S: Strategy> {
    context: E,
    config: Config<E, S>,
    secret: SecretKey,
    own: ValidatorKey,
    account: Address,
    looks: u64,
    /// Transactions that this look has sent.
    sent: u64,
    /// The slot of the last heartbeat.
    beaten: Option<u64>,
    /// Faults that are not to be reported any more, by validator and epoch.
    settled: BTreeSet<(ValidatorKey, Epoch)>,
    /// When faults were seen first, in looks.
    seen: BTreeMap<(ValidatorKey, Epoch), u64>,
    /// Whether the account cannot pay, and that was said.
    poor: bool,
    /// The configuration of the network that it cannot run, if that was said.
    refused: Option<u64>,
    /// The upgrade that it does not know, and its height, if that was said.
    unknown: Option<(Version, Height)>,
    /// Votes that are left to it.
    governing: govern::Governing,
}

/// What the state says that a node must know.
struct Now {
    tip: Header,
    time: Timestamp,
    params: ChainParams,
    account: Account,
}

/// What became of a message.
enum Sent {
    /// It waits in the pool.
    Waits,
    /// It would fail, for this reason.
    Fails(&'static str),
    /// Not now.
    Later,
}

impl<E: Runtime, S: Strategy> Duties<E, S> {
    /// The duties of the node with the key in `config`. `None` if the key is no account's, which
    /// does not happen.
    pub fn new(context: E, config: Config<E, S>) -> Option<Self> {
        let seed = <[u8; 32]>::try_from(config.key.encode().as_ref()).ok()?;
        let secret = SecretKey::from_seed(KeyScheme::Ed25519, seed).ok()?;
        let public: PublicKey = config.key.public_key();
        let own = ValidatorKey::from_public_key(&public);
        let account = own.node_account();
        Some(Self {
            context,
            config,
            secret,
            own,
            account,
            looks: 0,
            sent: 0,
            beaten: None,
            settled: BTreeSet::new(),
            seen: BTreeMap::new(),
            poor: false,
            refused: None,
            unknown: None,
            governing: govern::Governing::default(),
        })
    }

    /// Runs until the node stops.
    pub fn start(mut self) -> Handle<()> {
        let context = self.context.child("run");
        context.spawn(move |context| async move {
            loop {
                context.sleep(PERIOD).await;
                // A storage error ends the node elsewhere; here the look is left out.
                let _ = self.look().await;
            }
        })
    }

    /// Does what is to be done now: one thing at most, but for votes.
    async fn look(&mut self) -> Option<()> {
        self.looks += 1;
        self.sent = 0;
        // What cannot be read now is read at the next look.
        let _ = self.follow().await;
        let _ = self.watch_upgrade().await;
        let Some(now) = self.now().await? else { return Some(()) };
        if self.report(&now).await? || self.register(&now).await? || self.beat(&now).await? {
            return Some(());
        }
        if self.commit_randomness(&now).await? {
            return Some(());
        }
        if self.run_errands(&now).await? {
            return Some(());
        }
        self.govern(&now).await
    }

    /// What the state says. `Some(None)` if there is nothing to do for this node.
    async fn now(&self) -> Option<Option<Now>> {
        let chain = &self.config.chain;
        let tip = chain.tip().header;
        let clock = pace::now(&self.context);
        let behind = clock.get().saturating_sub(tip.timestamp.get()) > BEHIND_MS;
        let waits = chain.pool().with(|pool| pool.pending_nonce(&self.account)).is_some();
        if tip.height == Height::ZERO || behind || waits {
            return Some(None);
        }
        let keys = [
            query::params_key(),
            query::account_key(self.account),
            StateKey::fixed(prefix::VALIDATOR, self.own.as_bytes()),
        ];
        let read = reads::newest(&self.config.database, chain, &keys).await;
        let Ok([params, account, validator]) = <[_; 3]>::try_from(read?.1) else { return None };
        let params = query::decode_params(&params?).ok()?;
        let account = account.and_then(|value| query::decode_account(&value).ok());
        let time = chain.tempo(&params).stamp(&tip, clock);
        let now = Now { tip, time, params, account: account.unwrap_or_default() };
        let validator = validator.and_then(|value| Validator::decode(Copying(&value)).ok());
        Some(validator.is_some_and(|validator| !validator.ejected).then_some(now))
    }

    /// Tries a message, and sends it if it would succeed.
    async fn send(&mut self, now: &Now, payload: Payload) -> Option<Sent> {
        let name = payload.name();
        let nonce = now.account.nonce;
        let trial = self.sign(now, payload.clone(), (nonce, Gas::new(TRIAL_GAS)));
        let (ledger, chain) = (&self.config.ledger, &self.config.chain);
        // A trial needs no money: what it uses is what is asked for.
        let used = dry::run(ledger, &self.config.database, chain, now.time, &trial?).await?.1;
        let gas = match used {
            Ok(receipt) if receipt.code.is_ok() => receipt.gas_used,
            Ok(receipt) => return Some(Sent::Fails(codes::name_of(receipt.code))),
            Err(Invalid::InsufficientFunds { .. } | Invalid::GasLimitTooLow { .. }) => {
                self.cannot_pay(now, name);
                return Some(Sent::Later);
            }
            Err(invalid) => return Some(Sent::Fails(invalid.code())),
        };
        let gas = Gas::new(gas.get().saturating_add(gas.get() / 10));
        let nonce = Nonce::new(nonce.get().saturating_add(self.sent));
        let signed = self.sign(now, payload, (nonce, gas))?;
        let answers = self.config.admitter.admit(vec![signed], Origin::Local).await;
        match answers.into_iter().next()? {
            Ok(()) => {
                debug!(name, "this node sent a transaction of its own");
                self.poor = false;
                self.sent += 1;
                self.config.metrics.duty(name);
                Some(Sent::Waits)
            }
            Err(refusal) => {
                debug!(name, %refusal, "the pool refuses a transaction of this node");
                Some(Sent::Later)
            }
        }
    }

    /// A transaction of this node's account. With `gas` or, if it owns less than that costs, with
    /// what it can pay.
    fn sign(
        &self,
        now: &Now,
        payload: Payload,
        (nonce, gas): (Nonce, Gas),
    ) -> Option<SignedTransaction> {
        let price = now.params.min_gas_price;
        let affordable = now.account.balance.units().checked_div(u128::from(price.get()));
        let affordable = affordable.and_then(|gas| u64::try_from(gas).ok()).unwrap_or(u64::MAX);
        let body = Transaction {
            chain_id: self.config.ledger.genesis().chain_id,
            sender: self.account,
            nonce,
            gas_limit: Gas::new(gas.get().min(affordable)),
            gas_price: price,
            valid_until: Height::new(now.tip.height.get().saturating_add(VALID_BLOCKS)),
            memo: String::new(),
            payload,
        };
        body.sign(&self.secret).ok()
    }

    fn cannot_pay(&mut self, now: &Now, name: &str) {
        self.config.metrics.duty_unpaid();
        if !std::mem::replace(&mut self.poor, true) {
            warn!(
                account = %self.account, balance = %now.account.balance, name,
                "the account of this node cannot pay: send it some money; until then the node \
                 sends no heartbeats and reports no faults"
            );
        }
    }

    /// Describes this node if the registry says something else. Whether something waits now.
    async fn register(&mut self, now: &Now) -> Option<bool> {
        let keys = [StateKey::fixed(prefix::NODE, self.own.as_bytes())];
        let read = reads::newest(&self.config.database, &self.config.chain, &keys).await?.1;
        let node = read.into_iter().next()?.and_then(|value| Node::decode(Copying(&value)).ok());
        let About { endpoint, version, commit, region } = self.config.about.clone();
        if node.is_some_and(|node| {
            (node.endpoint, node.version, node.commit, node.region)
                == (endpoint.clone(), version.clone(), commit.clone(), region.clone())
        }) {
            return Some(false);
        }
        let message = RegisterNode { validator: self.own, endpoint, version, commit, region };
        let sent = self.send(now, Payload::RegisterNode(message)).await?;
        if let Sent::Fails(code) = sent {
            debug!(code, "the registry does not take this node's description");
        }
        Some(matches!(sent, Sent::Waits))
    }

    /// Says that this node is well, once in each interval. Whether something waits now.
    async fn beat(&mut self, now: &Now) -> Option<bool> {
        let interval = now.params.registry.heartbeat_interval_ms.max(1);
        let slot = now.time.get() / interval;
        if self.beaten == Some(slot) {
            return Some(false);
        }
        let Machine { memory_mib, free_disk_mib, uptime_s, peers } = (self.config.measure)();
        let waiting = self.config.chain.pool().stats().transactions;
        let health = Health {
            height: now.tip.height,
            peers,
            mempool: u32::try_from(waiting).unwrap_or(u32::MAX),
            memory_mib,
            free_disk_mib,
            uptime_s,
            spec: self.config.chain.applied_spec().version,
            protocol: self.config.protocol,
        };
        let message = Heartbeat { validator: self.own, health };
        match self.send(now, Payload::Heartbeat(message)).await? {
            Sent::Waits => {
                self.beaten = Some(slot);
                return Some(true);
            }
            Sent::Fails(code) => {
                debug!(code, "no heartbeat is due");
                self.beaten = Some(slot);
            }
            Sent::Later => {}
        }
        Some(false)
    }

    /// Reports a fault that nobody has reported. Whether something waits now.
    async fn report(&mut self, now: &Now) -> Option<bool> {
        let mut faults = self.config.watch.faults();
        faults.reverse();
        let known: BTreeSet<_> = faults.iter().map(id).collect();
        self.settled.retain(|id| known.contains(id));
        self.seen.retain(|id, _| known.contains(id));
        for fault in faults {
            let id = id(&fault);
            let first = *self.seen.entry(id).or_insert(self.looks);
            let due = first.saturating_add(self.turn(&fault));
            if fault.validator == self.own || self.settled.contains(&id) || self.looks < due {
                continue;
            }
            let Some(evidence) = fault.evidence() else { continue };
            match self.send(now, Payload::SubmitEvidence(SubmitEvidence { evidence })).await? {
                Sent::Waits => {
                    info!(validator = %fault.validator, kind = fault.kind, "reporting a fault");
                    return Some(true);
                }
                Sent::Fails(code) => {
                    debug!(code, validator = %fault.validator, "a fault needs no report");
                    self.settled.insert(id);
                }
                Sent::Later => {}
            }
        }
        Some(false)
    }

    /// How many looks this node leaves others to report a fault before it does.
    fn turn(&self, fault: &Fault) -> u64 {
        let Some(set) = self.config.sets.set(fault.epoch) else { return 0 };
        let count = set.entries().len() as u64;
        let place = set.position(&self.own).map_or(count, |place| place as u64);
        (place + fault.view.get() % count) % count * TURN
    }
}

fn id(fault: &Fault) -> (ValidatorKey, Epoch) {
    (fault.validator, fault.epoch)
}
