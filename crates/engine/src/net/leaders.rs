//! Who proposes when: the schedule of leaders, and where consensus stands.

use crate::{
    evidence::Observer,
    sets::{self, Sets},
    types::{Activity, PublicKey, Scheme},
};
use althing_types::{Epoch, View};
use commonware_consensus::{
    Epochable as _, Viewable as _,
    simplex::elector::{Config, Elector as _, RoundRobin},
    types::{Epoch as ConsensusEpoch, Round, View as ConsensusView},
};
use commonware_cryptography::Sha256;
use commonware_utils::{ordered::Set, sync::Mutex};
use std::sync::Arc;
use tokio::sync::watch;

type Elector = <RoundRobin<Sha256> as Config<Scheme>>::Elector;

/// How consensus elects leaders.
pub fn elector() -> RoundRobin<Sha256> {
    RoundRobin::default()
}

struct Elected {
    epoch: Epoch,
    keys: Set<PublicKey>,
    elector: Elector,
}

/// The leaders of the epochs that this node knows. Cloning is cheap.
#[derive(Clone)]
pub struct Schedule {
    sets: Sets,
    cached: Arc<Mutex<Option<Arc<Elected>>>>,
}

impl Schedule {
    /// The schedule of these validator sets.
    pub fn new(sets: Sets) -> Self {
        Self { sets, cached: Arc::default() }
    }

    fn elected(&self, epoch: Epoch) -> Option<Arc<Elected>> {
        let mut cached = self.cached.lock();
        if let Some(elected) = cached.as_ref().filter(|elected| elected.epoch == epoch) {
            return Some(elected.clone());
        }
        let keys = sets::keys_of(&*self.sets.set(epoch)?);
        let elector = Config::<Scheme>::build(elector(), &keys);
        let elected = Arc::new(Elected { epoch, keys, elector });
        *cached = Some(elected.clone());
        Some(elected)
    }

    /// How many validators lead in turn, 0 if the epoch is unknown.
    pub fn leaders(&self, epoch: Epoch) -> usize {
        self.elected(epoch).map_or(0, |elected| elected.keys.len())
    }

    /// Who proposes in this view, if the epoch is known.
    pub fn leader(&self, epoch: Epoch, view: View) -> Option<PublicKey> {
        let elected = self.elected(epoch)?;
        let round = Round::new(ConsensusEpoch::new(epoch.get()), ConsensusView::new(view.get()));
        let place = Elector::elect(&elected.elector, round, ());
        elected.keys.get(place.into()).cloned()
    }
}

/// Epoch and view that consensus has reached: the leader of that view has proposed, or was
/// skipped.
pub type Position = (Epoch, View);

/// Follows the position. Give it to the validator as an observer.
pub struct Positions(watch::Sender<Position>);

impl Default for Positions {
    fn default() -> Self {
        Self(watch::Sender::new((Epoch::ZERO, View::new(0))))
    }
}

impl Positions {
    /// Changes whenever the position does.
    pub fn subscribe(&self) -> watch::Receiver<Position> {
        self.0.subscribe()
    }

    /// Moves forward to `position`; never back.
    pub fn advance(&self, position: Position) {
        self.0.send_if_modified(|present| {
            let moved = position > *present;
            *present = position.max(*present);
            moved
        });
    }
}

impl Observer for Positions {
    fn epoch_began(&self, epoch: Epoch, _: &Arc<Scheme>) {
        self.advance((epoch, View::new(0)));
    }
    fn activity(&self, activity: &Activity) {
        let epoch = Epoch::new(activity.epoch().get());
        // Votes of other epochs say nothing about this one's views.
        if epoch == self.0.borrow().0 {
            self.advance((epoch, View::new(activity.view().get())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::PrivateKey;
    use althing_types::{Amount, ValidatorEntry, ValidatorKey, ValidatorSet, hash};
    use commonware_cryptography::Signer as _;

    fn sets(count: u64) -> Sets {
        let entries = (0..count).map(|seed| ValidatorEntry {
            key: ValidatorKey::from_public_key(&PrivateKey::from_seed(seed).public_key()),
            endpoint: "127.0.0.1:1".to_owned(),
            stake: Amount::new(1),
        });
        let set = ValidatorSet::new(entries.collect()).unwrap();
        Sets::new(&hash::sha256(&[b"g"]), set, None)
    }

    #[test]
    fn each_validator_leads_once_in_as_many_views_and_epochs_shift_the_order() {
        let sets = sets(4);
        let set = ValidatorSet::clone(&sets.set(Epoch::ZERO).unwrap());
        sets.insert(Epoch::new(1), set);
        let schedule = Schedule::new(sets.clone());
        let leaders = |epoch: u64, first: u64| -> Vec<PublicKey> {
            let leader = |view| schedule.leader(Epoch::new(epoch), View::new(view)).unwrap();
            (first..first + 4).map(leader).collect()
        };
        let mut distinct = leaders(0, 1);
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), 4);
        assert_eq!(leaders(0, 1), leaders(0, 5));
        assert_eq!(leaders(1, 1), leaders(0, 2));
        let keys = sets::keys_of(&sets.set(Epoch::ZERO).unwrap());
        assert_eq!(leaders(0, 1)[0], *keys.get(1).unwrap());
        assert_eq!(schedule.leader(Epoch::new(7), View::new(1)), None);
    }

    #[test]
    fn the_ledger_knows_the_leader_of_every_view() {
        for count in 1..=100 {
            let sets = sets(count);
            let set = sets.set(Epoch::ZERO).unwrap();
            for epoch in [0, 1, 2, 7, 99, 100, 1_000_003, u64::MAX - 1] {
                sets.insert(Epoch::new(epoch), ValidatorSet::clone(&set));
                let schedule = Schedule::new(sets.clone());
                for view in (1..=2 * count + 1).chain([1_000_000_007]) {
                    let (epoch, view) = (Epoch::new(epoch), View::new(view));
                    let elected = schedule.leader(epoch, view).unwrap();
                    let expected = set.leader(epoch, view);
                    assert_eq!(ValidatorKey::from_public_key(&elected), expected.key);
                }
            }
        }
    }

    #[test]
    fn the_position_never_goes_back() {
        let positions = Positions::default();
        let at = |epoch, view| (Epoch::new(epoch), View::new(view));
        positions.advance(at(1, 5));
        positions.advance(at(0, 9));
        positions.advance(at(1, 4));
        assert_eq!(*positions.subscribe().borrow(), at(1, 5));
        positions.advance(at(2, 0));
        assert_eq!(*positions.subscribe().borrow(), at(2, 0));
    }
}
