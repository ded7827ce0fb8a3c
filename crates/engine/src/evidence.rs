//! Shows verified consensus activity to whoever collects evidence, and keeps the faults that this
//! node itself saw.

use crate::{
    metrics::Metrics,
    types::{Activity, Digest, Scheme},
};
use althing_types::{
    Epoch, Evidence, Header, Signature64, ValidatorKey, View,
    evidence::{Conflict, SignedProposal},
};
use bytes::Bytes;
use commonware_actor::Feedback;
use commonware_codec::{Encode as _, ReadExt as _};
use commonware_consensus::{
    Epochable as _, Reporter, Viewable as _,
    simplex::types::{Finalize, Notarize, Nullify, Proposal},
};
use commonware_cryptography::certificate::{Attestation, Scheme as _};
use commonware_utils::{Participant, sync::Mutex};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tracing::warn;

/// How many faults are remembered.
const FAULTS: usize = 1_024;

/// A consensus fault that anybody can verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `conflicting_notarize`, `conflicting_finalize` or `nullify_finalize`.
    pub kind: &'static str,
    /// Who did it.
    pub validator: ValidatorKey,
    /// Epoch of both messages.
    pub epoch: Epoch,
    /// View of both messages.
    pub view: View,
    /// The two signed messages, encoded.
    pub proof: Vec<u8>,
}

impl Fault {
    /// The proof as a transaction carries it. `None` if the proof is malformed, which it never is
    /// after it was verified.
    pub fn evidence(&self) -> Option<Evidence> {
        let mut proof = Bytes::from(self.proof.clone());
        let conflict = match self.kind {
            "conflicting_notarize" => {
                let mut vote = || {
                    let vote = Notarize::<Scheme, Digest>::read(&mut proof).ok()?;
                    signed(&vote.proposal, &vote.attestation)
                };
                Conflict::Notarize { first: vote()?, second: vote()? }
            }
            "conflicting_finalize" => {
                let mut vote = || {
                    let vote = Finalize::<Scheme, Digest>::read(&mut proof).ok()?;
                    signed(&vote.proposal, &vote.attestation)
                };
                Conflict::Finalize { first: vote()?, second: vote()? }
            }
            _ => {
                let nullify = Nullify::<Scheme>::read(&mut proof).ok()?;
                let finalize = Finalize::<Scheme, Digest>::read(&mut proof).ok()?;
                Conflict::NullifyFinalize {
                    nullify: signature(&nullify.attestation)?,
                    finalize: signed(&finalize.proposal, &finalize.attestation)?,
                }
            }
        };
        let Self { validator, epoch, view, .. } = *self;
        Some(Evidence { validator, epoch, view, conflict })
    }
}

fn signed(
    proposal: &Proposal<Digest>,
    attestation: &Attestation<Scheme>,
) -> Option<SignedProposal> {
    Some(SignedProposal {
        parent: View::new(proposal.parent.get()),
        block: proposal.payload,
        signature: signature(attestation)?,
    })
}

fn signature(attestation: &Attestation<Scheme>) -> Option<Signature64> {
    let bytes = attestation.signature.get()?.encode();
    Some(Signature64::new(bytes.as_ref().try_into().ok()?))
}

/// Told of everything that consensus reports. Calls must return at once.
pub trait Observer: Send + Sync + 'static {
    /// Consensus of `epoch` begins, with the scheme of its validators.
    fn epoch_began(&self, _epoch: Epoch, _scheme: &Arc<Scheme>) {}
    /// The last block of an epoch is final.
    fn epoch_ended(&self, _boundary: &Header) {}
    /// A message whose signatures are verified.
    fn activity(&self, activity: &Activity);
}

/// Receives what consensus reports. Cloning is cheap.
#[derive(Clone)]
pub struct Watch(Arc<Inner>);

struct Inner {
    epoch: AtomicU64,
    view: AtomicU64,
    schemes: Mutex<BTreeMap<u64, Arc<Scheme>>>,
    faults: Mutex<VecDeque<Fault>>,
    observers: Vec<Arc<dyn Observer>>,
    metrics: Arc<Metrics>,
}

impl Watch {
    /// A watch that passes everything on to `observers`.
    pub fn new(observers: Vec<Arc<dyn Observer>>, metrics: Arc<Metrics>) -> Self {
        Self(Arc::new(Inner {
            epoch: AtomicU64::new(0),
            view: AtomicU64::new(0),
            schemes: Mutex::default(),
            faults: Mutex::default(),
            observers,
            metrics,
        }))
    }

    /// Present epoch and view of consensus.
    pub fn position(&self) -> (Epoch, View) {
        let epoch = self.0.epoch.load(Ordering::Relaxed);
        (Epoch::new(epoch), View::new(self.0.view.load(Ordering::Relaxed)))
    }

    /// Faults that this node saw, newest first.
    pub fn faults(&self) -> Vec<Fault> {
        self.0.faults.lock().iter().rev().cloned().collect()
    }

    /// Adds a fault whose proof was verified; `false` if it is known.
    pub fn record(&self, fault: Fault) -> bool {
        let mut faults = self.0.faults.lock();
        let same = |known: &Fault| {
            known.kind == fault.kind
                && known.validator == fault.validator
                && known.epoch == fault.epoch
                && known.view == fault.view
        };
        if faults.iter().any(same) {
            return false;
        }
        warn!(
            kind = fault.kind, validator = %fault.validator, epoch = %fault.epoch,
            view = %fault.view, "a validator broke the rules of consensus"
        );
        self.0.metrics.fault();
        faults.push_back(fault);
        if faults.len() > FAULTS {
            faults.pop_front();
        }
        true
    }

    /// Consensus of `epoch` begins.
    pub fn epoch_began(&self, epoch: Epoch, scheme: Arc<Scheme>) {
        self.0.epoch.store(epoch.get(), Ordering::Relaxed);
        self.0.view.store(0, Ordering::Relaxed);
        self.0.metrics.epoch(epoch, scheme.participants().len());
        for observer in &self.0.observers {
            observer.epoch_began(epoch, &scheme);
        }
        let mut schemes = self.0.schemes.lock();
        schemes.insert(epoch.get(), scheme);
        while schemes.len() > 4 {
            schemes.pop_first();
        }
    }

    /// The last block of an epoch is final.
    pub fn epoch_ended(&self, boundary: &Header) {
        for observer in &self.0.observers {
            observer.epoch_ended(boundary);
        }
    }

    fn fault(&self, kind: &'static str, activity: &Activity, signer: Participant, proof: Vec<u8>) {
        let epoch = activity.epoch().get();
        let Some(scheme) = self.0.schemes.lock().get(&epoch).cloned() else { return };
        let Some(key) = scheme.participants().get(signer.into()) else { return };
        self.record(Fault {
            kind,
            validator: ValidatorKey::from_public_key(key),
            epoch: Epoch::new(epoch),
            view: View::new(activity.view().get()),
            proof,
        });
    }
}

impl Reporter for Watch {
    type Activity = Activity;
    fn report(&mut self, activity: Activity) -> Feedback {
        use commonware_consensus::simplex::types::Attributable as _;
        match &activity {
            Activity::ConflictingNotarize(proof) => {
                let bytes = proof.encode().to_vec();
                self.fault("conflicting_notarize", &activity, proof.signer(), bytes);
            }
            Activity::ConflictingFinalize(proof) => {
                let bytes = proof.encode().to_vec();
                self.fault("conflicting_finalize", &activity, proof.signer(), bytes);
            }
            Activity::NullifyFinalize(proof) => {
                let bytes = proof.encode().to_vec();
                self.fault("nullify_finalize", &activity, proof.signer(), bytes);
            }
            Activity::Nullification(_) => self.0.metrics.skipped_view(),
            _ => {}
        }
        if activity.epoch().get() == self.0.epoch.load(Ordering::Relaxed) {
            self.0.view.fetch_max(activity.view().get(), Ordering::Relaxed);
        }
        for observer in &self.0.observers {
            observer.activity(&activity);
        }
        Feedback::Ok
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sets, types::PrivateKey};
    use althing_types::{
        Amount, Hash, ValidatorEntry, ValidatorSet, consensus_namespace, hash::sha256,
    };
    use commonware_consensus::{
        simplex::types::{
            Attributable as _, ConflictingFinalize, ConflictingNotarize, NullifyFinalize,
        },
        types::{Epoch as ConsensusEpoch, Round, View as ConsensusView},
    };
    use commonware_cryptography::Signer as _;

    fn scheme(genesis: &Hash, signer: u64) -> Scheme {
        let entries = (0..4).map(|seed| ValidatorEntry {
            key: ValidatorKey::from_public_key(&PrivateKey::from_seed(seed).public_key()),
            endpoint: "127.0.0.1:1".to_owned(),
            stake: Amount::new(1),
        });
        let set = ValidatorSet::new(entries.collect()).unwrap();
        let key = PrivateKey::from_seed(signer);
        Scheme::signer(&consensus_namespace(genesis), sets::keys_of(&set), key).unwrap()
    }

    fn proposal(payload: &[u8], parent: u64) -> Proposal<Digest> {
        let round = Round::new(ConsensusEpoch::new(300), ConsensusView::new(70_000));
        Proposal::new(round, ConsensusView::new(parent), sha256(&[payload]))
    }

    /// What consensus reports when validator 2 does each kind of fault.
    fn activities(genesis: &Hash) -> [Activity; 3] {
        let scheme = scheme(genesis, 2);
        let (one, two) = (proposal(b"one", 69_999), proposal(b"two", 69_998));
        let notarize = |proposal: &Proposal<Digest>| {
            Notarize::<Scheme, Digest>::sign(&scheme, proposal.clone()).unwrap()
        };
        let finalize = |proposal: &Proposal<Digest>| {
            Finalize::<Scheme, Digest>::sign(&scheme, proposal.clone()).unwrap()
        };
        let nullify = Nullify::<Scheme>::sign::<Digest>(&scheme, one.round).unwrap();
        assert_eq!(notarize(&one).signer(), nullify.signer());
        [
            Activity::ConflictingNotarize(ConflictingNotarize::new(notarize(&one), notarize(&two))),
            Activity::ConflictingFinalize(ConflictingFinalize::new(finalize(&one), finalize(&two))),
            Activity::NullifyFinalize(NullifyFinalize::new(nullify, finalize(&one))),
        ]
    }

    #[test]
    fn what_consensus_reports_is_evidence_that_the_ledger_verifies() {
        let genesis = sha256(&[b"genesis"]);
        let mut watch = Watch::new(Vec::new(), Arc::default());
        watch.epoch_began(Epoch::new(300), Arc::new(scheme(&genesis, 0)));
        for activity in activities(&genesis) {
            watch.report(activity);
        }
        let faults = watch.faults();
        assert_eq!(faults.len(), 3);
        let guilty = ValidatorKey::from_public_key(&PrivateKey::from_seed(2).public_key());
        for fault in faults {
            let evidence = fault.evidence().unwrap();
            assert_eq!(evidence.validator, guilty);
            assert_eq!((evidence.epoch.get(), evidence.view.get()), (300, 70_000));
            assert_eq!(evidence.conflict.name(), fault.kind);
            assert!(evidence.verify(&genesis), "{}", fault.kind);
            assert!(!evidence.verify(&sha256(&[b"another chain"])));
            let others = ValidatorKey::from_public_key(&PrivateKey::from_seed(1).public_key());
            assert!(!Evidence { validator: others, ..evidence.clone() }.verify(&genesis));
            assert!(!Evidence { view: View::new(1), ..evidence.clone() }.verify(&genesis));
            assert!(!Evidence { epoch: Epoch::new(1), ..evidence }.verify(&genesis));
            let cut = fault.proof[..fault.proof.len() - 1].to_vec();
            assert!(Fault { proof: cut, ..fault }.evidence().is_none());
        }
    }
}
