//! The channels of the next epoch, opened while the present one lasts.
//!
//! Validators finish an epoch at slightly different times. What the faster ones send in the new
//! epoch would be lost at the slower ones, and its first view with it: nobody sends a vote twice.
//! So a validator opens the channels of the next epoch early, and its engine finds there what has
//! arrived before it.
//!
//! An engine skips a leader that was silent while a quorum spoke. A new engine has heard nobody, and
//! the votes of a quorum end its first view: whoever voted a moment later would lose a turn for
//! nothing. So the engine is told at its start who spoke in the epoch before.

use crate::types::{Digest, PublicKey, Scheme};
use commonware_codec::Encode as _;
use commonware_consensus::{
    simplex::types::{Nullify, Vote},
    types::{Epoch as ConsensusEpoch, Round, View},
};
use commonware_cryptography::certificate::Scheme as _;
use commonware_p2p::{
    Message, Receiver, Sender,
    utils::mux::{MuxHandle, SubReceiver, SubSender},
};
use commonware_runtime::IoBuf;
use commonware_utils::{Participant, sync::Mutex};
use std::{
    collections::{BTreeSet, VecDeque},
    num::NonZeroUsize,
    sync::Arc,
};

/// Votes that are kept for the next epoch; its first views need one or two of each validator.
const KEPT: usize = 1_024;

/// Who spoke in an epoch. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(Arc<Mutex<BTreeSet<PublicKey>>>);

impl Heard {
    fn note(&self, from: &PublicKey) {
        let mut heard = self.0.lock();
        if !heard.contains(from) {
            heard.insert(from.clone());
        }
    }

    /// Whether this peer spoke.
    pub(crate) fn contains(&self, peer: &PublicKey) -> bool {
        self.0.lock().contains(peer)
    }
}

/// A receiver that first yields what was taken out of it before.
#[derive(Debug)]
pub(crate) struct Early {
    kept: VecDeque<Message<PublicKey>>,
    receiver: SubReceiver<PublicKey>,
    heard: Heard,
}

impl Early {
    /// Who speaks in this epoch.
    pub(crate) fn heard(&self) -> Heard {
        self.heard.clone()
    }

    /// Lets the engine of `epoch` believe that it has heard those members whom `lively` names: it
    /// finds a vote of each for the view before the first, which counts for nothing else. The votes
    /// are no messages of theirs and go nowhere.
    pub(crate) fn vouch(
        &mut self,
        epoch: u64,
        scheme: &Scheme,
        lively: impl Fn(&PublicKey) -> bool,
    ) {
        let round = Round::new(ConsensusEpoch::new(epoch), View::zero());
        let Some(mut vote) = Nullify::<Scheme>::sign::<Digest>(scheme, round) else { return };
        for (index, key) in (0..).zip(scheme.participants().iter()) {
            if lively(key) {
                vote.attestation.signer = Participant::new(index);
                let message = Vote::<Scheme, Digest>::Nullify(vote.clone()).encode();
                self.kept.push_front((key.clone(), IoBuf::from(message)));
            }
        }
    }

    /// Waits for a message, keeps it for the engine, and tells who sent it.
    pub(crate) async fn listen(&mut self) -> Option<PublicKey> {
        let message = self.receiver.recv().await.ok()?;
        let from = message.0.clone();
        self.heard.note(&from);
        if self.kept.len() < KEPT {
            self.kept.push_back(message);
        }
        Some(from)
    }
}

impl Receiver for Early {
    type Error = commonware_p2p::utils::mux::Error;
    type PublicKey = PublicKey;

    async fn recv(&mut self) -> Result<Message<PublicKey>, Self::Error> {
        if let Some(message) = self.kept.pop_front() {
            return Ok(message);
        }
        let message = self.receiver.recv().await?;
        self.heard.note(&message.0);
        Ok(message)
    }

    fn capacity(&self) -> NonZeroUsize {
        self.receiver.capacity()
    }
}

/// The muxes of the three channels of consensus.
pub(crate) struct Muxes<X: Sender> {
    pub(crate) votes: MuxHandle<X>,
    pub(crate) certificates: MuxHandle<X>,
    pub(crate) resolver: MuxHandle<X>,
}

/// One kind of traffic of an epoch.
type Channel<X> = (SubSender<X>, SubReceiver<PublicKey>);

/// The channels of one epoch.
pub(crate) struct Channels<X: Sender> {
    pub(crate) votes: (SubSender<X>, Early),
    pub(crate) certificates: Channel<X>,
    pub(crate) resolver: Channel<X>,
}

impl<X: Sender<PublicKey = PublicKey>> Muxes<X> {
    /// Opens the channels of an epoch, which must not be open.
    pub(crate) async fn open(&mut self, epoch: u64) -> Channels<X> {
        let open = "the channels of consensus outlive its engines";
        let (sender, receiver) = self.votes.register(epoch).await.expect(open);
        Channels {
            votes: (sender, Early { kept: VecDeque::new(), receiver, heard: Heard::default() }),
            certificates: self.certificates.register(epoch).await.expect(open),
            resolver: self.resolver.register(epoch).await.expect(open),
        }
    }
}
