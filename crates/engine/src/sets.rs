//! Validator sets by epoch: who may sign, and what a certificate of that epoch must satisfy.
//!
//! The set of epoch 0 is in the genesis; the set of every later epoch is in the header of the last
//! block of the epoch before. Those headers are kept in an archive of their own, so that the sets
//! are known before anything else starts.

use crate::{
    storage::{self, Archive, Memory},
    types::{Digest, PrivateKey, PublicKey, Runtime, Scheme},
};
use althing_types::{Epoch, Hash, Header, ValidatorSet, consensus_namespace};
use commonware_consensus::types::Epoch as ConsensusEpoch;
use commonware_cryptography::certificate::{Provider, Scoped};
use commonware_runtime::buffer::paged::CacheRef;
use commonware_storage::archive::{Archive as _, Identifier};
use commonware_utils::{TryCollect as _, ordered::Set, sync::Mutex};
use std::{collections::BTreeMap, sync::Arc};

/// How many epochs' sets are in memory. Evidence of older ones is of no use to the ledger, and
/// their certificates are checked before the epoch after them begins.
pub const KEPT: usize = 2_050;

fn same_keys(one: &ValidatorSet, other: &ValidatorSet) -> bool {
    let keys =
        |set: &ValidatorSet| -> Vec<_> { set.entries().iter().map(|entry| entry.key).collect() };
    keys(one) == keys(other)
}

/// The keys of a set, as consensus orders them.
///
/// # Panics
/// Never: a [`ValidatorSet`] holds only distinct keys that are points of the curve.
pub fn keys_of(set: &ValidatorSet) -> Set<PublicKey> {
    set.entries()
        .iter()
        .filter_map(|entry| entry.key.to_public_key())
        .try_collect()
        .expect("a validator set has no duplicate keys")
}

/// The scheme that verifies certificates of a set, without a key to sign.
pub fn verifier(genesis: &Hash, set: &ValidatorSet) -> Scheme {
    Scheme::verifier(&consensus_namespace(genesis), keys_of(set))
}

#[derive(Clone)]
struct Entry {
    set: Arc<ValidatorSet>,
    scheme: Arc<Scheme>,
}

struct Inner {
    namespace: Vec<u8>,
    key: Option<PrivateKey>,
    entries: Mutex<BTreeMap<u64, Entry>>,
}

/// All validator sets that this node knows, with their schemes. Cloning is cheap.
#[derive(Clone)]
pub struct Sets(Arc<Inner>);

impl Sets {
    /// Knows the set of epoch 0. `key` signs where it belongs to the set.
    pub fn new(genesis: &Hash, first: ValidatorSet, key: Option<PrivateKey>) -> Self {
        let inner = Inner {
            namespace: consensus_namespace(genesis),
            key,
            entries: Mutex::new(BTreeMap::new()),
        };
        let sets = Self(Arc::new(inner));
        sets.insert(Epoch::ZERO, first);
        sets
    }

    /// Learns the set of an epoch. A set equal to the one before shares its memory; one that
    /// differs in stakes and endpoints only shares its scheme. Of old epochs, all but the newest
    /// [`KEPT`] are forgotten.
    pub fn insert(&self, epoch: Epoch, set: ValidatorSet) {
        let mut entries = self.0.entries.lock();
        let previous = entries.range(..epoch.get()).next_back().map(|(_, entry)| entry.clone());
        let entry = match previous {
            Some(previous) if *previous.set == set => previous,
            Some(previous) if same_keys(&previous.set, &set) => {
                Entry { scheme: previous.scheme, set: Arc::new(set) }
            }
            _ => Entry { scheme: Arc::new(self.scheme_of(&set)), set: Arc::new(set) },
        };
        entries.insert(epoch.get(), entry);
        while entries.len() > KEPT {
            entries.pop_first();
        }
    }

    fn scheme_of(&self, set: &ValidatorSet) -> Scheme {
        let keys = keys_of(set);
        let signer =
            self.0.key.clone().and_then(|key| Scheme::signer(&self.0.namespace, keys.clone(), key));
        signer.unwrap_or_else(|| Scheme::verifier(&self.0.namespace, keys))
    }

    /// The validators of an epoch, if known.
    pub fn set(&self, epoch: Epoch) -> Option<Arc<ValidatorSet>> {
        self.0.entries.lock().get(&epoch.get()).map(|entry| entry.set.clone())
    }

    /// The scheme of an epoch, if known.
    pub fn scheme_at(&self, epoch: Epoch) -> Option<Arc<Scheme>> {
        self.0.entries.lock().get(&epoch.get()).map(|entry| entry.scheme.clone())
    }

    /// The highest epoch whose set is known.
    pub fn latest(&self) -> Epoch {
        let entries = self.0.entries.lock();
        Epoch::new(entries.last_key_value().map_or(0, |(epoch, _)| *epoch))
    }
}

impl Provider for Sets {
    type Scope = ConsensusEpoch;
    type Scheme = Scheme;
    fn scoped(&self, epoch: ConsensusEpoch) -> Option<Scoped<Scheme>> {
        self.scheme_at(Epoch::new(epoch.get())).map(Scoped::scheme)
    }
}

/// The headers of the last blocks of all finished epochs, on disk.
pub struct Boundaries<E: Runtime> {
    archive: Option<Archive<E, Header>>,
}

impl<E: Runtime> Boundaries<E> {
    /// Opens the archive.
    ///
    /// # Panics
    /// On a storage error, which stops the node.
    pub async fn open(context: E, prefix: &str, memory: &Memory, cache: CacheRef) -> Self {
        let config = storage::archive(prefix, "boundaries", memory, cache, ());
        let archive = Archive::init(context, config).await;
        Self { archive: Some(archive.expect("the archive of epoch boundaries opens")) }
    }

    /// Gives `sets` every set that stored boundaries name, and returns how many epochs have ended.
    ///
    /// # Panics
    /// On a storage error, or if a boundary is missing between two others.
    pub async fn restore(&self, sets: &Sets) -> Epoch {
        let mut epoch = Epoch::ZERO;
        while let Some(header) = self.get(epoch).await {
            let next = epoch.next().expect("epochs are fewer than 2^64");
            if let Some(set) = header.next_validators {
                sets.insert(next, set);
            }
            epoch = next;
        }
        epoch
    }

    /// The header of the last block of `epoch`.
    ///
    /// # Panics
    /// On a storage error.
    pub async fn get(&self, epoch: Epoch) -> Option<Header> {
        let archive = self.archive.as_ref().expect("the archive is open");
        let found = archive.get(Identifier::Index(epoch.get())).await;
        found.expect("the archive of epoch boundaries is readable")
    }

    /// Stores the header of the last block of its epoch, durably. Storing it again changes
    /// nothing.
    ///
    /// # Panics
    /// On a storage error.
    pub async fn put(&mut self, digest: Digest, header: &Header) {
        let archive = self.archive.take().expect("the archive is open");
        let stored = archive.put_sync(header.epoch.get(), digest, header).await;
        self.archive = Some(stored.expect("the archive of epoch boundaries is writable"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{Amount, ValidatorEntry, ValidatorKey, hash};
    use commonware_cryptography::Signer as _;

    fn set(seeds: &[u64]) -> ValidatorSet {
        let entries = seeds.iter().map(|seed| ValidatorEntry {
            key: ValidatorKey::from_public_key(&PrivateKey::from_seed(*seed).public_key()),
            endpoint: "127.0.0.1:1".to_owned(),
            stake: Amount::new(1),
        });
        ValidatorSet::new(entries.collect()).unwrap()
    }

    #[test]
    fn equal_sets_share_one_scheme_and_changed_ones_do_not() {
        let sets = Sets::new(&hash::sha256(&[b"g"]), set(&[1, 2]), None);
        sets.insert(Epoch::new(1), set(&[1, 2]));
        sets.insert(Epoch::new(2), set(&[1, 3]));
        let scheme = |epoch| sets.scheme_at(Epoch::new(epoch)).unwrap();
        assert!(Arc::ptr_eq(&scheme(0), &scheme(1)));
        assert!(!Arc::ptr_eq(&scheme(1), &scheme(2)));
        assert_eq!(sets.latest(), Epoch::new(2));
        assert!(sets.scheme_at(Epoch::new(3)).is_none());
    }

    #[test]
    fn other_stakes_share_the_scheme_and_old_sets_are_forgotten() {
        let sets = Sets::new(&hash::sha256(&[b"g"]), set(&[1, 2]), None);
        for epoch in 1..KEPT as u64 + 10 {
            let mut entries = set(&[1, 2]).entries().to_vec();
            entries[0].stake = Amount::new(u128::from(epoch) + 1);
            sets.insert(Epoch::new(epoch), ValidatorSet::new(entries).unwrap());
        }
        let last = sets.latest();
        let scheme = |epoch| sets.scheme_at(epoch).unwrap();
        assert!(Arc::ptr_eq(&scheme(last), &scheme(last.previous().unwrap())));
        assert_ne!(sets.set(last), sets.set(last.previous().unwrap()));
        assert!(sets.set(Epoch::new(9)).is_none() && sets.set(Epoch::new(10)).is_some());
    }

    #[test]
    fn a_key_signs_only_where_it_is_a_member() {
        use commonware_cryptography::certificate::Scheme as _;
        let key = PrivateKey::from_seed(2);
        let sets = Sets::new(&hash::sha256(&[b"g"]), set(&[1, 2]), Some(key));
        sets.insert(Epoch::new(1), set(&[1, 3]));
        assert!(sets.scheme_at(Epoch::ZERO).unwrap().me().is_some());
        assert!(sets.scheme_at(Epoch::new(1)).unwrap().me().is_none());
    }
}
