//! Handshakes and positions: who a peer is, whether it may stay, how far it is and how fast it
//! answers. Connections are authenticated below this layer; here nodes tell whether they are on
//! the same chain and run the same software.

use super::{
    greeting::{Hello, Message, PROTOCOL, Report},
    peers::{Command, Greeting, Offence, PeerTable, Software},
    stamp,
};
use crate::{chain::Chain, types::PublicKey};
use althing_types::{ChainId, Hash, Height, Timestamp, Version, network::Strictness};
use commonware_actor::Feedback;
use commonware_macros::select;
use commonware_p2p::{
    BlockedSubscription, Blocker, CheckedSender as _, Receiver, Recipients, Sender,
};
use commonware_runtime::{Clock, Handle, Spawner};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::sync::mpsc;
use tracing::{debug, info, warn};

/// Time between pings.
const PING: Duration = Duration::from_secs(1);
/// A hello is repeated after so many pings.
const HELLO: u64 = 30;
/// A node without a connection says so after so many pings, and first after a sixth of them.
const LONELY: u64 = 60;
/// Time that a refusal has to reach the other side.
const GRACE: Duration = Duration::from_millis(300);
/// How long a peer whose consensus messages are wrong has to show which chain it is on.
const DOUBT: Duration = Duration::from_secs(2);
/// How long a refused peer stays out, in milliseconds.
const REFUSED_MS: u64 = 60_000;
/// How long a peer whose consensus messages are wrong stays out, in milliseconds.
const FAULTY_MS: u64 = 5 * 60_000;

/// The namespace of connections. It is the same for all chains, so that nodes of different chains
/// can tell each other why they part; votes are signed under the chain's own.
pub const NAMESPACE: &[u8] = b"althing-p2p";

/// What this node says of itself.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its software.
    pub software: Software,
    /// The chain it is on.
    pub chain_id: ChainId,
    /// The hash of that chain's genesis.
    pub genesis: Hash,
    /// When it started.
    pub started_at: Timestamp,
    /// Whether it refuses peers with another version.
    pub strict: bool,
    /// The newest protocol of the chain that this software can run.
    pub newest: Version,
}

/// Stands between consensus and the network: a peer that consensus wants shut out may simply be on
/// another chain, which its hello shows.
#[derive(Clone)]
pub struct Gate<B> {
    blocker: B,
    suspects: mpsc::UnboundedSender<PublicKey>,
}

impl<B> Gate<B> {
    /// A gate, and who is suspected.
    pub fn new(blocker: B) -> (Self, mpsc::UnboundedReceiver<PublicKey>) {
        let (suspects, receiver) = mpsc::unbounded_channel();
        (Self { blocker, suspects }, receiver)
    }
}

impl<B: Blocker<PublicKey = PublicKey>> Blocker for Gate<B> {
    type PublicKey = PublicKey;
    fn block(&mut self, peer: PublicKey) -> Feedback {
        match self.suspects.send(peer) {
            Ok(()) => Feedback::Ok,
            Err(_) => Feedback::Closed,
        }
    }
    fn blocked(&mut self) -> BlockedSubscription<PublicKey> {
        self.blocker.blocked()
    }
}

/// Where the decisions about peers come from and go to.
pub struct Wires<B> {
    /// Ends connections.
    pub blocker: B,
    /// What the table wants done.
    pub commands: mpsc::UnboundedReceiver<Command>,
    /// Whom consensus suspects.
    pub suspects: mpsc::UnboundedReceiver<PublicKey>,
    /// Told of each new connection to this chain.
    pub newcomers: mpsc::UnboundedSender<PublicKey>,
    /// Called when peers were added or removed by hand.
    pub repeer: Box<dyn FnMut() + Send>,
}

/// Why a peer is to be shut out at a time.
struct Sentence {
    at: SystemTime,
    peer: PublicKey,
    reason: String,
    ban_ms: u64,
}

/// Greets peers and keeps the table up to date.
pub struct Greeter<E, X, B> {
    context: E,
    identity: Identity,
    chain: Arc<Chain>,
    table: PeerTable,
    sender: X,
    wires: Wires<B>,
    ticks: u64,
    pings: BTreeMap<PublicKey, (u64, SystemTime)>,
    /// Versions that were warned of.
    warned: BTreeMap<PublicKey, (u32, String)>,
    /// Peers whose software is too old, and for what.
    outdated: BTreeMap<PublicKey, Version>,
    sentences: Vec<Sentence>,
}

impl<E, X, B> Greeter<E, X, B>
where
    E: Clock + Spawner,
    X: Sender<PublicKey = PublicKey>,
    B: Blocker<PublicKey = PublicKey>,
{
    /// A greeter that speaks for this node.
    pub const fn new(
        context: E,
        identity: Identity,
        chain: Arc<Chain>,
        table: PeerTable,
        sender: X,
        wires: Wires<B>,
    ) -> Self {
        Self {
            context,
            identity,
            chain,
            table,
            sender,
            wires,
            ticks: 0,
            pings: BTreeMap::new(),
            warned: BTreeMap::new(),
            outdated: BTreeMap::new(),
            sentences: Vec::new(),
        }
    }

    /// Runs it.
    pub fn start<R>(mut self, receiver: R) -> Handle<()>
    where
        R: Receiver<PublicKey = PublicKey>,
    {
        let context = self.context.child("run");
        context.spawn(move |_| async move { self.run(receiver).await })
    }

    async fn run<R: Receiver<PublicKey = PublicKey>>(&mut self, mut receiver: R) {
        let mut blocked = self.wires.blocker.blocked();
        let mut next = self.context.current();
        loop {
            let sentence = self.sentences.iter().map(|sentence| sentence.at).min();
            let wake = sentence.map_or(next, |at| at.min(next));
            select! {
                () = self.context.sleep_until(wake) => {
                    self.execute();
                    if self.context.current() >= next {
                        self.tick();
                        next = self.context.current() + PING;
                    }
                },
                received = receiver.recv() => {
                    let Ok((peer, message)) = received else { return };
                    self.table.metrics().message_in(message.len());
                    match Message::decode(message) {
                        Ok(message) => self.received(&peer, message),
                        Err(error) => {
                            debug!(%peer, %error, "a malformed status message");
                            self.table.offend(&peer, Offence::Malformed, stamp(&self.context));
                        }
                    }
                },
                command = self.wires.commands.recv() => match command {
                    Some(Command::ShutOut(peer)) => self.shut_out(peer),
                    Some(Command::Repeer) => (self.wires.repeer)(),
                    None => return,
                },
                suspect = self.wires.suspects.recv() => {
                    let Some(peer) = suspect else { return };
                    self.suspected(peer);
                },
                now = blocked.recv() => {
                    // The network forgets after a while; a ban may last longer.
                    let Some(now) = now else { return };
                    for peer in self.table.expire(stamp(&self.context)) {
                        if now.position(&peer).is_none() {
                            self.shut_out(peer);
                        }
                    }
                },
            }
        }
    }

    fn shut_out(&mut self, peer: PublicKey) {
        if self.table.is_banned(&peer, stamp(&self.context)) {
            #[allow(clippy::disallowed_methods, reason = "the reason was logged by the table")]
            let _ = self.wires.blocker.block(peer);
        }
    }

    fn height(&self) -> Height {
        self.chain.tip().header.height
    }

    fn report(&self) -> Report {
        Report { height: self.height(), backlog: self.chain.pool().stats().local as u64 }
    }

    fn hello(&self) -> Message {
        Message::Hello(Hello {
            protocol: PROTOCOL,
            software: self.identity.software.clone(),
            chain_id: self.identity.chain_id,
            genesis: self.identity.genesis,
            height: self.height(),
            started_at: self.identity.started_at,
            newest: self.identity.newest,
        })
    }

    fn send(&mut self, peer: &PublicKey, message: &Message, priority: bool) {
        let bytes = message.encode();
        let size = bytes.len();
        if !self.sender.send(Recipients::One(peer.clone()), bytes, priority).is_empty() {
            self.table.metrics().message_out(size, 1);
        }
    }

    /// Pings everybody, greets those who are new, ends bans whose time is over.
    fn tick(&mut self) {
        self.ticks += 1;
        let message = Message::Ping(self.ticks, self.report()).encode();
        let size = message.len();
        let now = self.context.current();
        let mut connected = BTreeSet::new();
        if let Ok(checked) = self.sender.check(Recipients::All) {
            connected.extend(checked.recipients());
            connected.remove(self.table.local());
            if checked.send(message, false).accepted() {
                self.table.metrics().message_out(size, connected.len());
            }
        }
        for peer in self.table.expire(stamp(&self.context)) {
            if connected.remove(&peer) {
                self.shut_out(peer);
            }
        }
        if connected.is_empty() && self.ticks % LONELY == LONELY / 6 && self.table.has_named() {
            warn!(
                "no peer is connected: this node keeps trying. Validators accept a connection when \
                 the chain has chosen this node, one epoch before it validates, or when their \
                 operators have added it by hand (`althing peers add`)"
            );
        }
        self.pings.retain(|peer, _| connected.contains(peer));
        self.pings.extend(connected.iter().map(|peer| (peer.clone(), (self.ticks, now))));
        let fresh = self.table.connected(&connected);
        let hello = self.hello();
        let all = self.ticks.is_multiple_of(HELLO);
        let greet = if all { connected.into_iter().collect() } else { fresh };
        for peer in greet {
            self.send(&peer, &hello, true);
        }
    }

    fn received(&mut self, peer: &PublicKey, message: Message) {
        if self.sentences.iter().any(|sentence| sentence.peer == *peer)
            && !matches!(message, Message::Hello(_) | Message::Refused(_))
        {
            return;
        }
        match message {
            Message::Hello(hello) => self.greeted(peer, hello),
            Message::Ping(number, report) => {
                self.table.reported(peer, report);
                let pong = Message::Pong(number, self.report());
                self.send(peer, &pong, true);
            }
            Message::Pong(number, report) => {
                self.table.reported(peer, report);
                if let Some((_, sent)) = self.pings.get(peer).filter(|(sent, _)| *sent == number) {
                    let took = self.context.current().duration_since(*sent).unwrap_or_default();
                    self.pings.remove(peer);
                    self.table.round_trip(peer, took);
                }
            }
            Message::Refused(reason) => {
                let reason = reason.replace(char::is_control, " ");
                warn!(%peer, reason, "a peer refuses this node");
                self.table.refused_by(peer, reason);
            }
        }
    }

    fn greeted(&mut self, peer: &PublicKey, hello: Hello) {
        let mine = &self.identity;
        if hello.chain_id != mine.chain_id || hello.genesis != mine.genesis {
            let reason = format!(
                "it is on another chain: chain {} with genesis {}, the other node is on chain {} \
                 with genesis {}",
                hello.chain_id, hello.genesis, mine.chain_id, mine.genesis
            );
            return self.refuse(peer, reason);
        }
        let differs = hello.protocol != PROTOCOL || hello.software.version != mine.software.version;
        if differs {
            let what = format!(
                "it runs {:?} with protocol {}, the other node runs {:?} with protocol {PROTOCOL}",
                hello.software.to_string(),
                hello.protocol,
                mine.software.to_string(),
            );
            if mine.strict {
                self.table.metrics().mismatch();
                return self.refuse(peer, what);
            }
            let version = (hello.protocol, hello.software.version.clone());
            if self.warned.insert(peer.clone(), version.clone()) != Some(version) {
                self.table.metrics().mismatch();
                warn!(%peer, what, "a peer runs another version");
            }
        }
        if !self.is_new_enough(peer, hello.newest) {
            return;
        }
        let height = hello.height;
        let software = hello.software.to_string();
        let greeting = Greeting {
            protocol: hello.protocol,
            software: hello.software,
            started_at: hello.started_at,
            differs,
        };
        if self.table.greeted(peer, greeting, height) {
            info!(%peer, software, %height, "a peer is here");
            let hello = self.hello();
            self.send(peer, &hello, true);
            let _ = self.wires.newcomers.send(peer.clone());
        }
    }

    /// Whether a peer's software can run what the configuration of the network asks for, or need
    /// not.
    fn is_new_enough(&mut self, peer: &PublicKey, newest: Version) -> bool {
        let applied = self.chain.applied_spec();
        let (least, strictness) = (applied.spec.min_version, applied.spec.judge(newest));
        if strictness == Strictness::Off {
            self.outdated.remove(peer);
            return true;
        }
        let what = format!("it can run protocol {newest} at most, the network asks for {least}");
        self.table.metrics().mismatch();
        if strictness == Strictness::Hard {
            self.refuse(peer, what);
            return false;
        }
        if self.outdated.insert(peer.clone(), least) != Some(least) {
            warn!(%peer, what, "a peer should be updated");
        }
        true
    }

    /// Tells a peer why it may not stay, and shuts it out a moment later.
    fn refuse(&mut self, peer: &PublicKey, reason: String) {
        let pending =
            |sentence: &&mut Sentence| sentence.peer == *peer && sentence.ban_ms == REFUSED_MS;
        if self.sentences.iter_mut().find(pending).is_some() {
            return;
        }
        // What was suspected is explained.
        self.sentences.retain(|sentence| sentence.peer != *peer);
        warn!(%peer, reason, "refusing a peer");
        self.table.metrics().refused();
        let hello = self.hello();
        self.send(peer, &hello, true);
        self.send(peer, &Message::Refused(reason.clone()), true);
        let at = self.context.current() + GRACE;
        self.sentences.push(Sentence { at, peer: peer.clone(), reason, ban_ms: REFUSED_MS });
    }

    /// Consensus wants this peer shut out.
    fn suspected(&mut self, peer: PublicKey) {
        if self.sentences.iter().any(|sentence| sentence.peer == peer) {
            return;
        }
        let now = self.context.current();
        let at = if self.table.is_greeted(&peer) { now } else { now + DOUBT };
        let reason = "sent wrong messages of consensus".to_owned();
        self.sentences.push(Sentence { at, peer, reason, ban_ms: FAULTY_MS });
        self.execute();
    }

    /// Shuts out those whose time has come.
    fn execute(&mut self) {
        let now = self.context.current();
        let present = stamp(&self.context);
        let (due, later) =
            std::mem::take(&mut self.sentences).into_iter().partition(|one| one.at <= now);
        self.sentences = later;
        let due: Vec<Sentence> = due;
        for Sentence { peer, reason, ban_ms, .. } in due {
            let until = Timestamp::new(present.get().saturating_add(ban_ms));
            self.table.ban(&peer, &reason, Some(until));
        }
    }
}
