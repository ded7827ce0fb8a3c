//! Who this node should be connected to: the validators of the present epoch, those of the epoch
//! before, who may still have to catch up, and those who are chosen for later ones, who have to
//! catch up before they sign.
//!
//! The set of an epoch is chosen a whole epoch before it begins, and is in the state from then on.
//! A node that joins is therefore accepted by all others one epoch before its first vote, whatever
//! it knows itself; it replays the chain in that time.

use althing_types::{Epoch, ValidatorKey, ValidatorSet, network::NetworkSpec};
use commonware_utils::sync::Mutex;
use std::{collections::BTreeMap, sync::Arc};
use tracing::{info, warn};

/// Told who the peers are whenever that changes.
pub trait Track: Send + 'static {
    /// Nodes with these keys, at these endpoints.
    fn track(&mut self, peers: &BTreeMap<ValidatorKey, String>);

    /// What the configuration of the network says of peers: where to begin, and how many at most.
    fn begin_with(&mut self, _: &NetworkSpec) {}
}

/// A network whose peers are fixed elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Untracked;

impl Track for Untracked {
    fn track(&mut self, _: &BTreeMap<ValidatorKey, String>) {}
}

struct Inner {
    own: ValidatorKey,
    tracker: Box<dyn Track>,
    epoch: Option<Epoch>,
    present: Option<Arc<ValidatorSet>>,
    previous: Option<Arc<ValidatorSet>>,
    /// Sets of later epochs.
    chosen: BTreeMap<u64, Arc<ValidatorSet>>,
    /// Whether anything was said about this node yet.
    announced: bool,
}

/// The validators around the present epoch. Cloning is cheap.
#[derive(Clone)]
pub struct Neighbours(Arc<Mutex<Inner>>);

impl Neighbours {
    /// Tells `tracker` who the peers of the node with key `own` are.
    pub fn new(own: ValidatorKey, tracker: impl Track) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            own,
            tracker: Box::new(tracker),
            epoch: None,
            present: None,
            previous: None,
            chosen: BTreeMap::new(),
            announced: false,
        })))
    }

    /// Consensus of `epoch` begins with this set; `previous` validated the epoch before.
    pub fn entered(
        &self,
        epoch: Epoch,
        present: Arc<ValidatorSet>,
        previous: Option<Arc<ValidatorSet>>,
    ) {
        let mut inner = self.0.lock();
        inner.chosen.retain(|chosen, _| *chosen > epoch.get());
        inner.epoch = Some(epoch);
        inner.present = Some(present);
        inner.previous = previous;
        inner.announce();
        inner.tell();
    }

    /// The node runs another configuration of the network.
    pub fn begin_with(&self, spec: &NetworkSpec) {
        self.0.lock().tracker.begin_with(spec);
    }

    /// The state names the validators of a later epoch.
    pub fn chosen(&self, epoch: Epoch, set: Arc<ValidatorSet>) {
        let mut inner = self.0.lock();
        if inner.epoch.is_some_and(|present| epoch <= present) {
            return;
        }
        let known = inner.chosen.insert(epoch.get(), set.clone());
        if inner.epoch.is_none() || known.is_some_and(|known| known == set) {
            return;
        }
        inner.foretell(epoch, &set);
        inner.tell();
    }
}

impl Inner {
    fn is_member(&self, set: Option<&Arc<ValidatorSet>>) -> bool {
        set.is_some_and(|set| set.position(&self.own).is_some())
    }

    /// Says in plain words what this node does in the epoch that begins.
    fn announce(&mut self) {
        let is_news =
            !std::mem::replace(&mut self.announced, true) || self.is_member(self.previous.as_ref());
        let (Some(epoch), Some(present)) = (self.epoch, &self.present) else { return };
        let validators = present.entries().len();
        let member = self.is_member(Some(present));
        info!(%epoch, validators, member, "entering an epoch");
        if member {
            return;
        }
        let next = self.chosen.iter().find(|(_, set)| self.is_member(Some(set)));
        match next {
            Some((from, _)) => {
                info!(%epoch, from, "this node is chosen and will validate; it follows until then");
            }
            None if is_news => warn!(
                %epoch,
                "this node is not a validator in this epoch: it follows without a vote, and waits \
                 to be chosen by stake"
            ),
            None => {}
        }
    }

    /// Says what a set that was just chosen means for this node.
    fn foretell(&self, epoch: Epoch, set: &Arc<ValidatorSet>) {
        let before = epoch.previous().and_then(|before| self.chosen.get(&before.get()));
        let before = before.or(self.present.as_ref());
        match (self.is_member(before), self.is_member(Some(set))) {
            (false, true) => {
                info!(from = %epoch, "this node was chosen: it validates from then on")
            }
            (true, false) => warn!(
                from = %epoch,
                "this node was not chosen: it follows without a vote from then on"
            ),
            _ => {}
        }
    }

    fn tell(&mut self) {
        let mut peers = BTreeMap::new();
        // What is chosen for later says where a validator is now, or will be in a moment.
        let sets = self.chosen.values().rev().chain(&self.present).chain(&self.previous);
        for entry in sets.flat_map(|set| set.entries()) {
            peers.entry(entry.key).or_insert_with(|| entry.endpoint.clone());
        }
        self.tracker.track(&peers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::PrivateKey;
    use althing_types::{Amount, ValidatorEntry};
    use commonware_cryptography::Signer as _;
    use std::sync::mpsc;

    struct Told(mpsc::Sender<BTreeMap<ValidatorKey, String>>);

    impl Track for Told {
        fn track(&mut self, peers: &BTreeMap<ValidatorKey, String>) {
            self.0.send(peers.clone()).unwrap();
        }
    }

    fn key(seed: u64) -> ValidatorKey {
        ValidatorKey::from_public_key(&PrivateKey::from_seed(seed).public_key())
    }

    fn set(members: &[(u64, &str)]) -> Arc<ValidatorSet> {
        let entries = members.iter().map(|(seed, endpoint)| ValidatorEntry {
            key: key(*seed),
            endpoint: (*endpoint).to_owned(),
            stake: Amount::new(1),
        });
        Arc::new(ValidatorSet::new(entries.collect()).unwrap())
    }

    #[test]
    fn peers_are_those_who_validate_did_and_will() {
        let (sender, told) = mpsc::channel();
        let around = Neighbours::new(key(1), Told(sender));
        let last = || told.try_iter().last();
        let map = |members: &[(u64, &str)]| -> Option<BTreeMap<ValidatorKey, String>> {
            Some(members.iter().map(|(seed, at)| (key(*seed), (*at).to_owned())).collect())
        };
        // Nothing is known to be present yet.
        around.chosen(Epoch::new(1), set(&[(1, "a"), (2, "b")]));
        assert_eq!(last(), None);
        around.entered(Epoch::ZERO, set(&[(1, "a")]), None);
        assert_eq!(last(), map(&[(1, "a"), (2, "b")]));
        // The same again changes nothing; what is over changes nothing.
        around.chosen(Epoch::new(1), set(&[(1, "a"), (2, "b")]));
        around.chosen(Epoch::ZERO, set(&[(9, "z")]));
        assert_eq!(last(), None);
        // The next set may be known before its epoch begins; the newest endpoint counts.
        around.chosen(Epoch::new(2), set(&[(2, "moved"), (3, "c")]));
        assert_eq!(last(), map(&[(1, "a"), (2, "moved"), (3, "c")]));
        around.entered(Epoch::new(1), set(&[(1, "a"), (2, "b")]), Some(set(&[(1, "a")])));
        assert_eq!(last(), map(&[(1, "a"), (2, "moved"), (3, "c")]));
        let present = set(&[(2, "moved"), (3, "c")]);
        around.entered(Epoch::new(2), present.clone(), Some(set(&[(1, "a"), (2, "b")])));
        assert_eq!(last(), map(&[(1, "a"), (2, "moved"), (3, "c")]));
        around.chosen(Epoch::new(3), present.clone());
        around.entered(Epoch::new(3), present.clone(), Some(present));
        assert_eq!(last(), map(&[(2, "moved"), (3, "c")]));
    }
}
