//! Who voted, as this node saw it: the signers of the finalization certificates that it stored.
//!
//! A certificate needs a quorum only, and nodes may store different ones for the same block, so
//! this is what one node observed since it started: a hint for people, never a rule of the chain.

use crate::{
    chain::Chain,
    metrics::Metrics,
    sets::Sets,
    types::{Finalization, Marshal},
};
use althing_types::{Epoch, ValidatorKey};
use commonware_consensus::types::Height as ConsensusHeight;
use commonware_runtime::Clock;
use commonware_utils::sync::Mutex;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Time between looks at the tip.
const PERIOD: Duration = Duration::from_secs(1);
/// Blocks that one look takes; a node that catches up leaves out what is more.
const BLOCKS: u64 = 256;
/// Validators that are remembered.
const VALIDATORS: usize = 1_000;

/// How often a validator's signature was in a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoteCount {
    /// Certificates that it signed.
    pub signed: u64,
    /// Certificates of epochs in which it was a validator.
    pub certificates: u64,
}

/// Counts by validator. Cloning shares them.
#[derive(Clone, Default)]
pub struct Votes {
    counts: Arc<Mutex<BTreeMap<ValidatorKey, VoteCount>>>,
    metrics: Arc<Metrics>,
}

impl Votes {
    /// Nothing was observed yet. Counts are shown in `metrics` too.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { counts: Arc::default(), metrics }
    }

    /// What was observed since the node started, ordered by key.
    pub fn counts(&self) -> BTreeMap<ValidatorKey, VoteCount> {
        self.counts.lock().clone()
    }

    /// Takes note of a certificate.
    fn observe(&self, finalization: &Finalization, sets: &Sets) {
        let epoch = Epoch::new(finalization.proposal.round.epoch().get());
        let Some(set) = sets.set(epoch) else { return };
        let mut signed = vec![false; set.entries().len()];
        for signer in finalization.certificate.signers.iter() {
            if let Some(place) = signed.get_mut(usize::from(signer)) {
                *place = true;
            }
        }
        let mut counts = self.counts.lock();
        for (entry, signed) in set.entries().iter().zip(signed) {
            let count = counts.entry(entry.key).or_default();
            count.certificates += 1;
            count.signed += u64::from(signed);
            self.metrics.votes(&entry.key, Some(*count));
        }
        while counts.len() > VALIDATORS {
            let least = counts.iter().min_by_key(|(_, count)| count.certificates);
            let Some(least) = least.map(|(key, _)| *key) else { break };
            counts.remove(&least);
            self.metrics.votes(&least, None);
        }
    }
}

/// Observes the certificates of blocks that become final from now on.
pub(crate) async fn run(
    clock: impl Clock,
    votes: Votes,
    chain: Arc<Chain>,
    marshal: Marshal,
    sets: Sets,
) {
    let mut last = chain.tip().header.height.get();
    loop {
        clock.sleep(PERIOD).await;
        let tip = chain.tip().header.height.get();
        for height in last.max(tip.saturating_sub(BLOCKS)) + 1..=tip {
            // A block that is final through a descendant has no certificate of its own.
            if let Some(found) = marshal.get_finalization(ConsensusHeight::new(height)).await {
                votes.observe(&found, &sets);
            }
        }
        last = tip;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sets, types::PrivateKey, types::Scheme};
    use althing_types::{Amount, ValidatorEntry, ValidatorSet, consensus_namespace, hash};
    use commonware_consensus::{
        simplex::types::{Finalize, Proposal},
        types::{Epoch as ConsensusEpoch, Round, View},
    };
    use commonware_cryptography::Signer as _;
    use commonware_parallel::Sequential;
    use commonware_utils::non_empty;

    #[test]
    fn signers_of_certificates_are_counted_for_members_of_the_epoch() {
        let genesis = hash::sha256(&[b"g"]);
        let mut keys: Vec<PrivateKey> = (0..4).map(PrivateKey::from_seed).collect();
        keys.sort_by_key(|key| key.public_key());
        let entries = keys.iter().map(|key| ValidatorEntry {
            key: ValidatorKey::from_public_key(&key.public_key()),
            endpoint: "127.0.0.1:1".to_owned(),
            stake: Amount::new(1),
        });
        let set = ValidatorSet::new(entries.collect()).unwrap();
        let members = sets::keys_of(&set);
        let known = Sets::new(&genesis, set.clone(), None);
        let certificate = |signers: &[usize]| {
            let round = Round::new(ConsensusEpoch::new(0), View::new(5));
            let proposal = Proposal::new(round, View::new(4), hash::sha256(&[b"block"]));
            let finalizes: Vec<_> = signers
                .iter()
                .map(|index| {
                    let namespace = consensus_namespace(&genesis);
                    let key = keys[*index].clone();
                    let scheme = Scheme::signer(&namespace, members.clone(), key).unwrap();
                    Finalize::sign(&scheme, proposal.clone()).unwrap()
                })
                .collect();
            let scheme = sets::verifier(&genesis, &set);
            Finalization::from_finalizes(&scheme, non_empty![@finalizes.iter()], &Sequential)
                .unwrap()
        };
        let votes = Votes::default();
        votes.observe(&certificate(&[0, 1, 3]), &known);
        votes.observe(&certificate(&[0, 1, 2]), &known);
        let counts = votes.counts();
        let signed: Vec<(u64, u64)> = set
            .entries()
            .iter()
            .map(|entry| (counts[&entry.key].signed, counts[&entry.key].certificates))
            .collect();
        assert_eq!(signed, [(2, 2), (2, 2), (1, 2), (1, 2)]);
    }
}
