//! Commits to the randomness that this node will reveal, in time before the last commitment is used up.

use super::{Duties, Now, Sent};
use crate::{randomness, types::Runtime};
use althing_ledger::beacon::{Randomness, query};
use althing_types::{Payload, message::CommitRandomness};
use commonware_parallel::Strategy;
use tracing::debug;

/// Reveals that are left when the next chain is committed to: an eighth.
const EARLY: u32 = randomness::STEPS / 8;

impl<E: Runtime, S: Strategy> Duties<E, S> {
    /// Commits to the next chain of hashes if it is time. Whether something waits now.
    pub(super) async fn commit_randomness(&mut self, now: &Now) -> Option<bool> {
        let [record] = self.values([query::randomness_key(self.own)]).await?;
        let record = record.and_then(|value| query::decode_randomness(&value).ok());
        let Some(generation) = due(record.as_ref()) else { return Some(false) };
        let (validator, steps) = (self.own, randomness::STEPS);
        let tip = self.config.randomness.tip(generation)?;
        let message = CommitRandomness { validator, tip, steps, generation };
        let sent = self.send(now, Payload::CommitRandomness(message)).await?;
        if let Sent::Fails(code) = sent {
            debug!(code, "the chain does not take this node's randomness");
        }
        Some(matches!(sent, Sent::Waits))
    }
}

/// The chain that is to be committed to now.
fn due(record: Option<&Randomness>) -> Option<u32> {
    match record {
        None | Some(Randomness { chain: None, next: None }) => Some(0),
        Some(Randomness { chain: Some(chain), next: None }) if chain.left <= EARLY => {
            chain.generation.checked_add(1)
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_ledger::beacon::{Chain, Next};
    use althing_types::{Epoch, hash::zero};

    #[test]
    fn the_next_chain_is_committed_to_once_the_last_one_runs_out() {
        let chain = |left, generation| Chain { tip: zero(), left, generation };
        let next = Next { chain: chain(9, 4), from: Epoch::ZERO };
        let of = |chain, next| due(Some(&Randomness { chain, next }));
        assert_eq!(due(None), Some(0));
        assert_eq!(of(Some(chain(EARLY + 1, 3)), None), None);
        assert_eq!(of(Some(chain(EARLY, 3)), None), Some(4));
        assert_eq!(of(Some(chain(0, 3)), None), Some(4));
        assert_eq!(of(Some(chain(0, 3)), Some(next)), None);
        assert_eq!(of(None, Some(next)), None);
        assert_eq!(of(Some(chain(0, u32::MAX)), None), None);
    }
}
