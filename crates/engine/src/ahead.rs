//! The channels of the next epoch, opened while the present one lasts.
//!
//! Validators finish an epoch at slightly different times. What the faster ones send in the new
//! epoch would be lost at the slower ones, and its first view with it: nobody sends a vote twice.
//! So a validator opens the channels of the next epoch early, and its engine finds there what has
//! arrived before it.

use crate::types::PublicKey;
use commonware_p2p::{
    Message, Receiver, Sender,
    utils::mux::{MuxHandle, SubReceiver, SubSender},
};
use std::{collections::VecDeque, num::NonZeroUsize};

/// Votes that are kept for the next epoch; its first views need one or two of each validator.
const KEPT: usize = 1_024;

/// A receiver that first yields what was taken out of it before.
#[derive(Debug)]
pub(crate) struct Early {
    kept: VecDeque<Message<PublicKey>>,
    receiver: SubReceiver<PublicKey>,
}

impl Early {
    /// Waits for a message, keeps it for the engine, and tells who sent it.
    pub(crate) async fn listen(&mut self) -> Option<PublicKey> {
        let message = self.receiver.recv().await.ok()?;
        let from = message.0.clone();
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
        match self.kept.pop_front() {
            Some(message) => Ok(message),
            None => self.receiver.recv().await,
        }
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
            votes: (sender, Early { kept: VecDeque::new(), receiver }),
            certificates: self.certificates.register(epoch).await.expect(open),
            resolver: self.resolver.register(epoch).await.expect(open),
        }
    }
}
