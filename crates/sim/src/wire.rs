//! The network of a simulated validator. A dishonest one has a twist in its wire: its messages are
//! dropped, changed, doubled, or sent to some only.

use crate::rng::Rng;
use althing_engine::types::{Digest, PublicKey, Scheme};
use althing_types::hash;
use commonware_actor::{Feedback, Unreliable};
use commonware_codec::{DecodeExt as _, Encode as _, ReadExt as _, varint::UInt};
use commonware_consensus::{
    simplex::types::{Finalize, Notarize, Nullify, Proposal, Vote},
    types::Round,
};
use commonware_p2p::{CheckedSender, LimitedSender, Recipients, Sender as _, simulated};
use commonware_runtime::{IoBuf, IoBufs, deterministic};
use commonware_utils::sync::Mutex;
use std::{fmt, sync::Arc, time::SystemTime};

type Inner = simulated::Sender<PublicKey, deterministic::Context>;

/// What becomes of the messages of one channel of a dishonest validator.
#[derive(Clone)]
pub enum Twist {
    /// Nothing is sent.
    Drop,
    /// Sent to these only.
    Only(Arc<Vec<PublicKey>>),
    /// Each vote is followed by votes that contradict it.
    Contradict(Arc<Scheme>),
    /// A vote for a block of one member becomes a vote to skip it.
    Oppose {
        /// Signs.
        scheme: Arc<Scheme>,
        /// The position of the member among all, who are so many.
        victim: (u64, u64),
    },
    /// Each message is followed by damaged copies of itself.
    Garble(Arc<Mutex<Rng>>),
}

/// Sends as the simulated network does, with a twist or without.
#[derive(Clone)]
pub struct WireSender {
    inner: Inner,
    twist: Option<Twist>,
}

impl WireSender {
    /// Wraps a sender of the simulated network.
    pub const fn new(inner: Inner, twist: Option<Twist>) -> Self {
        Self { inner, twist }
    }
}

impl fmt::Debug for WireSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireSender").field("twisted", &self.twist.is_some()).finish()
    }
}

impl LimitedSender for WireSender {
    type PublicKey = PublicKey;
    type Checked<'a> = WireChecked<'a>;

    fn check(
        &mut self,
        recipients: Recipients<PublicKey>,
    ) -> Result<Self::Checked<'_>, SystemTime> {
        match self.twist.clone() {
            None => Ok(WireChecked::Plain(self.inner.check(recipients)?)),
            Some(twist) => {
                let checked = self.inner.check(recipients.clone())?;
                let listed = checked.recipients();
                drop(checked);
                Ok(WireChecked::Twisted { inner: &mut self.inner, twist, recipients, listed })
            }
        }
    }
}

/// A message that may be sent now.
pub enum WireChecked<'a> {
    /// As it is.
    Plain(<Inner as LimitedSender>::Checked<'a>),
    /// With a twist.
    Twisted {
        /// The channel.
        inner: &'a mut Inner,
        /// What becomes of the message.
        twist: Twist,
        /// To whom it shall go.
        recipients: Recipients<PublicKey>,
        /// The same, as a list.
        listed: Vec<PublicKey>,
    },
}

impl CheckedSender for WireChecked<'_> {
    type PublicKey = PublicKey;

    fn recipients(&self) -> Vec<PublicKey> {
        match self {
            Self::Plain(checked) => checked.recipients(),
            Self::Twisted { listed, .. } => listed.clone(),
        }
    }

    fn send(self, message: impl Into<IoBufs> + Send, priority: bool) -> Unreliable<Feedback> {
        match self {
            Self::Plain(checked) => checked.send(message, priority),
            Self::Twisted { inner, twist, recipients, listed } => {
                let message = message.into().coalesce();
                for (recipients, message) in twist.apply(recipients, &listed, message) {
                    inner.send(recipients, message, priority);
                }
                Unreliable::Outcome(Feedback::Ok)
            }
        }
    }
}

impl Twist {
    fn apply(
        &self,
        recipients: Recipients<PublicKey>,
        listed: &[PublicKey],
        message: IoBuf,
    ) -> Vec<(Recipients<PublicKey>, IoBuf)> {
        match self {
            Self::Drop => Vec::new(),
            Self::Only(group) => {
                let some = listed.iter().filter(|key| group.contains(key)).cloned().collect();
                vec![(Recipients::Some(some), message)]
            }
            Self::Contradict(scheme) => {
                let more = contradictions(scheme, &message);
                let mut all = vec![(recipients.clone(), message)];
                all.extend(more.into_iter().map(|vote| (recipients.clone(), vote)));
                all
            }
            Self::Oppose { scheme, victim } => {
                let message = oppose(scheme, *victim, message);
                message.into_iter().map(|message| (recipients.clone(), message)).collect()
            }
            Self::Garble(rng) => {
                let mut bytes = message.as_ref().to_vec();
                let mut rng = rng.lock();
                if let Some(index) = bytes.len().checked_sub(1).map(|last| rng.index(last + 1)) {
                    bytes[index] ^= 1 << rng.below(8);
                }
                if rng.chance(30) {
                    bytes.truncate(rng.index(bytes.len().max(1)));
                }
                vec![(recipients.clone(), message), (recipients, IoBuf::from(bytes))]
            }
        }
    }
}

/// Votes of the same signer in the same view that no honest validator casts besides this one.
fn contradictions(scheme: &Scheme, message: &IoBuf) -> Vec<IoBuf> {
    let mut rest = message.clone();
    let Ok(epoch) = UInt::<u64>::read(&mut rest) else { return Vec::new() };
    let epoch: u64 = epoch.into();
    let Ok(vote) = Vote::<Scheme, Digest>::decode(rest) else { return Vec::new() };
    let other = |proposal: &Proposal<Digest>| {
        let payload = hash::sha256(&[b"another", proposal.payload.as_ref()]);
        Proposal::new(proposal.round, proposal.parent, payload)
    };
    let votes = match vote {
        Vote::Notarize(vote) => {
            vec![Notarize::sign(scheme, other(&vote.proposal)).map(Vote::Notarize)]
        }
        Vote::Finalize(vote) => vec![
            Finalize::sign(scheme, other(&vote.proposal)).map(Vote::Finalize),
            Nullify::sign::<Digest>(scheme, vote.proposal.round).map(Vote::Nullify),
        ],
        Vote::Nullify(_) => Vec::new(),
    };
    votes.into_iter().flatten().map(|vote| encode_vote(epoch, &vote)).collect()
}

/// What a colluder sends instead of a vote, if anything.
fn oppose(scheme: &Scheme, (victim, members): (u64, u64), message: IoBuf) -> Option<IoBuf> {
    let mut rest = message.clone();
    let Ok(epoch) = UInt::<u64>::read(&mut rest) else { return Some(message) };
    let epoch: u64 = epoch.into();
    let Ok(vote) = Vote::<Scheme, Digest>::decode(rest) else { return Some(message) };
    let led = |round: Round| (epoch + round.view().get()) % members == victim;
    match vote {
        Vote::Notarize(vote) if led(vote.proposal.round) => {
            let vote = Nullify::sign::<Digest>(scheme, vote.proposal.round)?;
            Some(encode_vote(epoch, &Vote::Nullify(vote)))
        }
        Vote::Finalize(vote) if led(vote.proposal.round) => None,
        _ => Some(message),
    }
}

/// A vote as the channel of its epoch carries it.
fn encode_vote(epoch: u64, vote: &Vote<Scheme, Digest>) -> IoBuf {
    let mut bytes = UInt(epoch).encode().to_vec();
    bytes.extend_from_slice(&vote.encode());
    IoBuf::from(bytes)
}
