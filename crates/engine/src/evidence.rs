//! Shows verified consensus activity to whoever collects evidence, and keeps the faults that this
//! node itself saw.

use crate::{
    metrics::Metrics,
    types::{Activity, Scheme},
};
use althing_types::{Epoch, Header, ValidatorKey, View};
use commonware_actor::Feedback;
use commonware_codec::Encode as _;
use commonware_consensus::{Epochable as _, Reporter, Viewable as _};
use commonware_cryptography::certificate::Scheme as _;
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
