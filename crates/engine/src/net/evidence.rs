//! Tells peers of consensus faults, and takes theirs when the proof holds.

use super::{
    peers::{Offence, PeerTable},
    stamp,
    wire::{finished, invalid, read_length},
};
use crate::{
    evidence::{Fault, Observer, Watch},
    sets::Sets,
    types::{Activity, Digest, PublicKey, Scheme},
};
use althing_types::{Epoch, ValidatorKey, View};
use bytes::{BufMut as _, Bytes, BytesMut};
use commonware_codec::{Buf, DecodeExt as _, Error, ReadExt as _, Write as _, varint::UInt};
use commonware_consensus::{
    Epochable, Viewable,
    simplex::types::{Attributable, ConflictingFinalize, ConflictingNotarize, NullifyFinalize},
};
use commonware_cryptography::certificate::Scheme as _;
use commonware_macros::select;
use commonware_p2p::{Receiver, Recipients, Sender};
use commonware_parallel::Sequential;
use commonware_runtime::{Clock, Handle, Spawner};
use rand_core::CryptoRng;
use std::{collections::BTreeSet, sync::Arc};
use tokio::sync::{Notify, mpsc};
use tracing::debug;

/// Most proofs in one message.
pub const MAX_PROOFS: usize = 64;
/// Largest proof, in bytes: two votes.
pub const MAX_PROOF: usize = 1_024;
/// Faults of one validator in one epoch that are taken from peers: enough to punish it.
const ENOUGH: usize = 8;

/// Kinds of faults, by their number on the wire.
const KINDS: [&str; 3] = ["conflicting_notarize", "conflicting_finalize", "nullify_finalize"];

/// A proof as it travels: the kind's number, and two encoded votes.
pub type Proof = (u8, Bytes);

/// Encodes proofs. At most [`MAX_PROOFS`], each at most [`MAX_PROOF`] bytes.
pub fn encode(proofs: &[Proof]) -> Bytes {
    let mut buf =
        BytesMut::with_capacity(8 + proofs.iter().map(|(_, p)| p.len() + 4).sum::<usize>());
    UInt(proofs.len() as u64).write(&mut buf);
    for (kind, proof) in proofs {
        buf.put_u8(*kind);
        proof.write(&mut buf);
    }
    buf.freeze()
}

/// Decodes proofs, without looking into them.
///
/// # Errors
/// A codec error that says what is malformed.
pub fn decode(mut message: impl Buf) -> Result<Vec<Proof>, Error> {
    let buf = &mut message;
    let count = read_length(buf, MAX_PROOFS)?;
    let mut proofs = Vec::with_capacity(count);
    for _ in 0..count {
        let kind = u8::read(buf)?;
        if usize::from(kind) >= KINDS.len() {
            return Err(invalid("an unknown kind of fault"));
        }
        let length = read_length(buf, MAX_PROOF)?;
        if buf.remaining() < length {
            return Err(Error::EndOfBuffer);
        }
        proofs.push((kind, buf.copy_to_bytes(length)));
    }
    finished(buf)?;
    Ok(proofs)
}

/// A decoded proof.
enum Claim {
    Notarize(ConflictingNotarize<Scheme, Digest>),
    Finalize(ConflictingFinalize<Scheme, Digest>),
    Nullify(NullifyFinalize<Scheme, Digest>),
}

impl Claim {
    fn decode((kind, proof): &Proof) -> Result<Self, Error> {
        let proof = proof.clone();
        Ok(match kind {
            0 => Self::Notarize(ConflictingNotarize::decode(proof)?),
            1 => Self::Finalize(ConflictingFinalize::decode(proof)?),
            _ => Self::Nullify(NullifyFinalize::decode(proof)?),
        })
    }

    fn place(&self) -> (Epoch, View, commonware_utils::Participant) {
        fn of<T: Epochable + Viewable + Attributable>(
            claim: &T,
        ) -> (Epoch, View, commonware_utils::Participant) {
            let (epoch, view) = (claim.epoch().get(), claim.view().get());
            (Epoch::new(epoch), View::new(view), claim.signer())
        }
        match self {
            Self::Notarize(claim) => of(claim),
            Self::Finalize(claim) => of(claim),
            Self::Nullify(claim) => of(claim),
        }
    }

    fn holds(&self, rng: &mut impl CryptoRng, scheme: &Scheme) -> bool {
        match self {
            Self::Notarize(claim) => claim.verify(rng, scheme, &Sequential),
            Self::Finalize(claim) => claim.verify(rng, scheme, &Sequential),
            Self::Nullify(claim) => claim.verify(rng, scheme, &Sequential),
        }
    }
}

/// Wakes the gossip when consensus reports a fault. Give it to the validator as an observer.
#[derive(Default)]
pub struct Alarm(Notify);

impl Observer for Alarm {
    fn activity(&self, activity: &Activity) {
        if matches!(
            activity,
            Activity::ConflictingNotarize(_)
                | Activity::ConflictingFinalize(_)
                | Activity::NullifyFinalize(_)
        ) {
            self.0.notify_one();
        }
    }
}

type Id = (&'static str, ValidatorKey, Epoch, View);

fn id(fault: &Fault) -> Id {
    (fault.kind, fault.validator, fault.epoch, fault.view)
}

/// Spreads faults.
pub struct Gossip<E, X> {
    context: E,
    watch: Watch,
    sets: Sets,
    table: PeerTable,
    sender: X,
    alarm: Arc<Alarm>,
    newcomers: mpsc::UnboundedReceiver<PublicKey>,
    told: BTreeSet<Id>,
}

impl<E, X> Gossip<E, X>
where
    E: Clock + Spawner + CryptoRng,
    X: Sender<PublicKey = PublicKey>,
{
    /// Gossip about the faults of `watch`. `newcomers` are told what is known.
    pub fn new(
        context: E,
        (watch, sets): (Watch, Sets),
        table: PeerTable,
        sender: X,
        alarm: Arc<Alarm>,
        newcomers: mpsc::UnboundedReceiver<PublicKey>,
    ) -> Self {
        Self { context, watch, sets, table, sender, alarm, newcomers, told: BTreeSet::new() }
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
        let alarm = self.alarm.clone();
        loop {
            select! {
                () = alarm.0.notified() => self.spread(),
                newcomer = self.newcomers.recv() => {
                    let Some(peer) = newcomer else { return };
                    let mut faults = self.watch.faults();
                    faults.truncate(MAX_PROOFS);
                    self.send(&Recipients::One(peer), &faults);
                },
                received = receiver.recv() => {
                    let Ok((peer, message)) = received else { return };
                    let now = stamp(&self.context);
                    if self.table.is_banned(&peer, now) {
                        continue;
                    }
                    self.table.metrics().message_in(message.len());
                    let learned = decode(message)
                        .map_err(|error| (Offence::Malformed, error))
                        .and_then(|proofs| self.learn(&proofs));
                    match learned {
                        Ok(true) => self.spread(),
                        Ok(false) => {}
                        Err((offence, error)) => {
                            debug!(%peer, %error, "wrong evidence");
                            self.table.offend(&peer, offence, now);
                        }
                    }
                },
            }
        }
    }

    /// Takes proofs that hold and are new. Whether there was one.
    fn learn(&mut self, proofs: &[Proof]) -> Result<bool, (Offence, Error)> {
        let mut any = false;
        for proof in proofs {
            let claim = Claim::decode(proof).map_err(|error| (Offence::Malformed, error))?;
            let (epoch, view, signer) = claim.place();
            // The set of an epoch that has not begun here is unknown: no fault of the peer.
            let Some(scheme) = self.sets.scheme_at(epoch) else { continue };
            let Some(key) = scheme.participants().get(signer.into()) else {
                return Err((Offence::Forged, invalid("no such validator")));
            };
            let fault = Fault {
                kind: KINDS[usize::from(proof.0)],
                validator: ValidatorKey::from_public_key(key),
                epoch,
                view,
                proof: proof.1.to_vec(),
            };
            let known = self.watch.faults();
            let same = |known: &&Fault| known.validator == fault.validator && known.epoch == epoch;
            if known.iter().any(|known| id(known) == id(&fault))
                || known.iter().filter(same).count() >= ENOUGH
            {
                continue;
            }
            if !claim.holds(&mut self.context, &scheme) {
                return Err((
                    Offence::Forged,
                    invalid("the votes are not signed by the validator"),
                ));
            }
            any |= self.watch.record(fault);
        }
        Ok(any)
    }

    /// Tells everybody what nobody was told.
    fn spread(&mut self) {
        let faults = self.watch.faults();
        let known: BTreeSet<Id> = faults.iter().map(id).collect();
        self.told.retain(|told| known.contains(told));
        let fresh: Vec<Fault> =
            faults.into_iter().filter(|fault| self.told.insert(id(fault))).collect();
        for some in fresh.chunks(MAX_PROOFS) {
            self.send(&Recipients::All, some);
        }
    }

    fn send(&mut self, recipients: &Recipients<PublicKey>, faults: &[Fault]) {
        let proof = |fault: &Fault| {
            let kind = KINDS.iter().position(|kind| *kind == fault.kind)?;
            (fault.proof.len() <= MAX_PROOF).then(|| (kind as u8, fault.proof.clone().into()))
        };
        let proofs: Vec<Proof> = faults.iter().filter_map(proof).collect();
        if proofs.is_empty() {
            return;
        }
        let message = encode(&proofs);
        let size = message.len();
        let reached = self.sender.send(recipients.clone(), message, false).len();
        self.table.metrics().message_out(size, reached);
    }
}
