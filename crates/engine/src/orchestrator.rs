//! One consensus engine for each epoch. The engine of epoch `e` ends when the last block of `e` is
//! final; that block's header names the validators of `e + 1`.

use crate::{
    ahead::{Channels, Heard, Muxes},
    block::Block,
    chain::Chain,
    evidence::Watch,
    neighbours::Neighbours,
    net::leaders,
    sets::{Boundaries, Sets},
    types::{Epochs, Marshal, PublicKey, Runtime, Update},
};
use althing_types::{Epoch, Height, ValidatorKey};
use commonware_actor::Feedback;
use commonware_consensus::{
    Application, Heightable as _, Reporter, Reporters,
    marshal::standard::Deferred,
    simplex::{
        self,
        config::{Floor, ForwardPolicy, SkipPolicy},
        scheme::reporter::AttributableReporter,
    },
    types::{Epoch as ConsensusEpoch, Epocher as _, ViewDelta},
};
use commonware_cryptography::{Digested, Digestible as _};
use commonware_macros::select;
use commonware_p2p::{
    Blocker, Receiver, Sender,
    utils::mux::{Builder as _, Muxer},
};
use commonware_parallel::Strategy;
use commonware_runtime::{Handle, buffer::paged::CacheRef};
use commonware_utils::{
    Acknowledgement as _, NZDuration, NZUsize, acknowledgement::Exact, vec::NonEmptyVec,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;
use tracing::debug;

/// Views of the past whose votes and certificates are kept, as evidence and for stragglers.
pub const VIEW_RETENTION: u64 = 256;

/// Receives finalized blocks from the archive and passes them to the orchestrator.
#[derive(Clone)]
pub struct Inbox(mpsc::UnboundedSender<(Digested<Block>, Exact)>);

impl Inbox {
    /// An inbox and the orchestrator's end of it. The archive has at most `max_pending_acks`
    /// blocks unacknowledged, which bounds the queue.
    pub fn new() -> (Self, mpsc::UnboundedReceiver<(Digested<Block>, Exact)>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }
}

impl Reporter for Inbox {
    type Activity = Update;
    fn report(&mut self, update: Update) -> Feedback {
        if let Update::Block(block, acknowledgement) = update {
            let _ = self.0.send((block, acknowledgement));
        }
        Feedback::Ok
    }
}

/// How long consensus waits.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a proposal.
    pub leader: Duration,
    /// For a certificate; more than `leader`.
    pub certification: Duration,
    /// Between repeated votes to skip a view.
    pub retry: Duration,
    /// Silence after which a leader is skipped at once; more than `certification`.
    pub skip: Duration,
    /// For an answer of a peer.
    pub fetch: Duration,
}

impl Timeouts {
    /// For a chain whose blocks come `idle_ms` apart when nothing happens.
    pub fn for_idle_interval(idle_ms: u64) -> Self {
        let leader = Duration::from_millis(idle_ms) + Duration::from_secs(1);
        Self {
            leader,
            certification: leader + Duration::from_secs(1),
            retry: Duration::from_millis(500),
            skip: leader * 5 + Duration::from_secs(5),
            fetch: Duration::from_secs(2),
        }
    }
}

/// What every engine shares.
pub struct Config<E: Runtime, A: Application<E>, B, S: Strategy> {
    /// The application behind pacing.
    pub automaton: Deferred<E, crate::types::Scheme, A, Block, Epochs>,
    /// The block archive.
    pub marshal: Marshal,
    /// Validator sets.
    pub sets: Sets,
    /// Boundary headers on disk.
    pub boundaries: Boundaries<E>,
    /// Shuts peers out.
    pub blocker: B,
    /// Told which epoch begins.
    pub neighbours: Neighbours,
    /// Votes and certificates are shown to it.
    pub watch: Watch,
    /// For signatures.
    pub strategy: S,
    /// Prefix of partitions.
    pub prefix: String,
    /// Blocks in an epoch.
    pub epocher: Epochs,
    /// Digest of the genesis block.
    pub genesis: crate::types::Digest,
    /// Timeouts; without, those that follow from the parameters when an epoch begins.
    pub timeouts: Option<Timeouts>,
    /// Knows the parameters.
    pub chain: Arc<Chain>,
    /// Caches.
    pub cache: CacheRef,
}

/// Runs consensus, epoch after epoch.
pub struct Orchestrator<E: Runtime, A: Application<E>, B, S: Strategy> {
    context: E,
    config: Config<E, A, B, S>,
    inbox: mpsc::UnboundedReceiver<(Digested<Block>, Exact)>,
    epoch: Epoch,
    /// The latest epoch that a peer was seen in, and who that was.
    ahead: Option<(u64, PublicKey)>,
}

impl<E, A, B, S> Orchestrator<E, A, B, S>
where
    E: Runtime,
    A: Application<
            E,
            SigningScheme = crate::types::Scheme,
            Context = crate::types::BlockContext,
            Block = Block,
            Input = (),
        > + Sync,
    B: Blocker<PublicKey = PublicKey> + Sync,
    S: Strategy,
{
    /// An orchestrator that resumes at `epoch`, the epoch of the next block to be finalized.
    pub const fn new(
        context: E,
        config: Config<E, A, B, S>,
        inbox: mpsc::UnboundedReceiver<(Digested<Block>, Exact)>,
        epoch: Epoch,
    ) -> Self {
        Self { context, config, inbox, epoch, ahead: None }
    }

    /// Starts it on the three channels of consensus.
    pub fn start<X, R>(
        mut self,
        votes: (X, R),
        certificates: (X, R),
        resolver: (X, R),
    ) -> Handle<()>
    where
        X: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
    {
        let context = self.context.child("run");
        context.spawn(move |_| async move {
            let mux = self.context.child("votes");
            let (task, handle, mut backup) =
                Muxer::builder(mux, votes.0, votes.1).with_backup().build();
            task.start();
            let mux = self.context.child("certificates");
            let (task, certificates) = Muxer::new(mux, certificates.0, certificates.1);
            task.start();
            let mux = self.context.child("resolver");
            let (task, resolver) = Muxer::new(mux, resolver.0, resolver.1);
            task.start();
            let mut muxes = Muxes { votes: handle, certificates, resolver };
            let mut floor = self.floor().await;
            let mut channels = muxes.open(self.epoch.get()).await;
            self.vouch(&mut channels, None);
            loop {
                let heard = channels.votes.1.heard();
                let engine = self.enter(channels, floor).await;
                // Who was ahead when this node was an epoch behind is so still.
                if let Some((_, from)) =
                    self.ahead.clone().filter(|(epoch, _)| *epoch > self.epoch.get())
                {
                    self.config.marshal.hint_finalized(self.last(), NonEmptyVec::new(from));
                }
                let mut next = muxes.open(self.epoch.get() + 1).await;
                let last = self.last();
                loop {
                    select! {
                        update = self.inbox.recv() => {
                            let Some((block, acknowledgement)) = update else { return };
                            if block.height() != last {
                                acknowledgement.acknowledge();
                                continue;
                            }
                            floor = block.digest();
                            self.leave(&block).await;
                            acknowledgement.acknowledge();
                            engine.abort();
                            break;
                        },
                        early = next.votes.1.listen() => {
                            let Some(from) = early else { return };
                            self.seen_in(self.epoch.get() + 1, from);
                        },
                        message = backup.recv() => {
                            let Some((epoch, (from, _))) = message else { return };
                            if epoch > self.epoch.get() {
                                self.seen_in(epoch, from);
                            }
                        },
                    }
                }
                self.vouch(&mut next, Some(&heard));
                channels = next;
            }
        })
    }

    /// A peer is in a later epoch: it has the certificate that ends this one.
    fn seen_in(&mut self, epoch: u64, from: PublicKey) {
        debug!(epoch, %from, "a peer is in a later epoch");
        self.config.marshal.hint_finalized(self.last(), NonEmptyVec::new(from.clone()));
        if self.ahead.as_ref().is_none_or(|(latest, _)| *latest <= epoch) {
            self.ahead = Some((epoch, from));
        }
    }

    /// Tells the engine that is about to start who need not speak first to count as alive: those
    /// who spoke in the epoch before, and those who had nothing to say in it.
    fn vouch<X: Sender<PublicKey = PublicKey>>(
        &self,
        channels: &mut Channels<X>,
        heard: Option<&Heard>,
    ) {
        let sets = &self.config.sets;
        let Some(scheme) = sets.scheme_at(self.epoch) else { return };
        let before = self.epoch.previous().and_then(|before| sets.set(before));
        let lively = |key: &PublicKey| {
            let voted = before
                .as_ref()
                .is_some_and(|set| set.position(&ValidatorKey::from_public_key(key)).is_some());
            !voted || heard.is_none_or(|heard| heard.contains(key))
        };
        channels.votes.1.vouch(self.epoch.get(), &scheme, lively);
    }

    /// The last height of the present epoch.
    fn last(&self) -> commonware_consensus::types::Height {
        let epoch = ConsensusEpoch::new(self.epoch.get());
        self.config.epocher.last(epoch).expect("the epoch length is fixed for all epochs")
    }

    /// The block that the present epoch's first block builds on.
    async fn floor(&mut self) -> crate::types::Digest {
        let Some(previous) = self.epoch.previous() else { return self.config.genesis };
        let header = self.config.boundaries.get(previous).await;
        header.expect("the boundary of every finished epoch is stored").hash()
    }

    /// Learns the next set durably, before the boundary is acknowledged, and moves on.
    async fn leave(&mut self, block: &Digested<Block>) {
        let header = &block.inner().header;
        let next = self.epoch.next().expect("epochs are fewer than 2^64");
        self.config.boundaries.put(block.digest(), header).await;
        if let Some(set) = header.next_validators.clone() {
            self.config.sets.insert(next, set);
        }
        self.config.watch.epoch_ended(header);
        if let Some(old) = self.epoch.get().checked_sub(1) {
            let partition = format!("{}-simplex-{old}", self.config.prefix);
            if let Err(error) = self.context.remove(&partition, None).await {
                debug!(%error, partition, "a consensus journal was not there to remove");
            }
        }
        self.epoch = next;
    }

    /// How long the engine of the present epoch waits. Parameters change at the end of an epoch, so
    /// its last block must be applied before.
    async fn timeouts(&self) -> Timeouts {
        if let Some(timeouts) = self.config.timeouts {
            return timeouts;
        }
        let chain = &self.config.chain;
        let before = self
            .epoch
            .previous()
            .and_then(|epoch| self.config.epocher.last(ConsensusEpoch::new(epoch.get())));
        chain.applied(Height::new(before.map_or(0, |height| height.get()))).await;
        Timeouts::for_idle_interval(chain.params().idle_interval_ms)
    }

    /// Starts the engine of the present epoch.
    async fn enter<X: Sender<PublicKey = PublicKey>>(
        &mut self,
        channels: Channels<X>,
        floor: crate::types::Digest,
    ) -> Handle<()> {
        let timeouts = self.timeouts().await;
        let config = &mut self.config;
        let epoch = self.epoch;
        let set = config.sets.set(epoch).expect("the set of an entered epoch is known");
        let scheme = config.sets.scheme_at(epoch).expect("the set of an entered epoch is known");
        let previous = epoch.previous().and_then(|previous| config.sets.set(previous));
        config.neighbours.entered(epoch, set, previous);
        config.watch.epoch_began(epoch, scheme.clone());
        let reporter = AttributableReporter::new(
            self.context.child("evidence").with_attribute("epoch", epoch),
            (*scheme).clone(),
            config.watch.clone(),
            config.strategy.clone(),
            true,
        );
        let engine = simplex::Engine::new(
            self.context.child("simplex").with_attribute("epoch", epoch),
            simplex::Config {
                scheme: (*scheme).clone(),
                elector: leaders::elector(),
                blocker: config.blocker.clone(),
                automaton: config.automaton.clone(),
                relay: config.automaton.clone(),
                reporter: Reporters::from((config.automaton.clone(), reporter)),
                strategy: config.strategy.clone(),
                partition: format!("{}-simplex-{epoch}", config.prefix),
                mailbox_size: NZUsize!(1024),
                epoch: ConsensusEpoch::new(epoch.get()),
                floor: Floor::Genesis(floor),
                replay_buffer: NZUsize!(64 * 1024),
                write_buffer: NZUsize!(64 * 1024),
                page_cache: config.cache.clone(),
                leader_timeout: timeouts.leader,
                certification_timeout: timeouts.certification,
                timeout_retry: timeouts.retry,
                view_retention: ViewDelta::new(VIEW_RETENTION),
                skip: SkipPolicy::Enabled {
                    timeout: timeouts.skip,
                    budget: simplex::SkipBudget::Participants,
                },
                fetch_timeout: NZDuration!(timeouts.fetch),
                fetch_retry_delay: Duration::from_millis(500),
                forward: ForwardPolicy::SilentVoters,
                track_historical_votes: true,
            },
        );
        engine.start(channels.votes, channels.certificates, channels.resolver)
    }
}
