//! The randomness that this node reveals in the blocks that it leads: chains of hashes that follow from
//! its consensus key, so that nothing has to be kept, and nothing can be lost.

use crate::{
    exec::ExecError,
    types::{Batch, PrivateKey, Runtime},
};
use althing_ledger::beacon::{self, query, step};
use althing_types::{
    Epoch, Hash, ValidatorKey,
    hash::{sha256, zero},
};
use commonware_codec::Encode as _;
use commonware_parallel::Strategy;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use zeroize::Zeroizing;

/// What the first preimage of a chain is hashed with.
const SECRET: &[u8] = b"althing-randomness-secret-v1";
/// Reveals of one chain: an hour and a half of blocks for one of four validators under load, and
/// some milliseconds to derive.
pub const STEPS: u32 = 1 << 16;
/// Steps between preimages that are kept.
const STRIDE: u32 = 256;

/// What this node reveals. Cloning is cheap.
#[derive(Clone)]
pub struct Randomness(Arc<Inner>);

struct Inner {
    /// The seed of the consensus key.
    seed: Zeroizing<Vec<u8>>,
    genesis: Hash,
    /// The chain that was asked for last.
    derived: Mutex<Option<Derived>>,
}

/// One chain: every [`STRIDE`]th preimage, that of the last reveal first.
struct Derived {
    generation: u32,
    kept: Vec<Hash>,
}

impl fmt::Debug for Randomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Randomness(..)")
    }
}

impl Randomness {
    /// That of the validator with this key on the chain with this genesis.
    pub fn new(key: &PrivateKey, genesis: Hash) -> Self {
        let seed = Zeroizing::new(key.encode().to_vec());
        Self(Arc::new(Inner { seed, genesis, derived: Mutex::new(None) }))
    }

    /// The end of a chain of [`STEPS`]: what the validator commits to.
    pub fn tip(&self, generation: u32) -> Option<Hash> {
        self.preimage(generation, STEPS)
    }

    /// What a block upon `batch` reveals that `leader` leads: zeros if it owes nothing.
    ///
    /// # Errors
    /// [`ExecError`] if the state cannot be read.
    pub async fn owed<E: Runtime, S: Strategy>(
        &self,
        batch: &Batch<E, S>,
        leader: &ValidatorKey,
        epoch: Epoch,
    ) -> Result<Hash, ExecError> {
        let Some(value) = batch.get(&query::randomness_key(*leader)).await? else {
            return Ok(zero());
        };
        let record = query::decode_randomness(&value)
            .map_err(|_| ExecError::Broken("the randomness of a leader does not decode".into()))?;
        Ok(self.reveal(&record, epoch).unwrap_or_else(zero))
    }

    /// What a block of `epoch` reveals; `None` if nothing is owed, or this node does not know it.
    pub fn reveal(&self, record: &beacon::Randomness, epoch: Epoch) -> Option<Hash> {
        let chain = record.owing(epoch)?;
        self.preimage(chain.generation, chain.left.checked_sub(1)?)
    }

    /// The preimage that `left` further reveals lead on from.
    fn preimage(&self, generation: u32, left: u32) -> Option<Hash> {
        let mut derived = self.0.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if derived.as_ref().is_none_or(|derived| derived.generation != generation) {
            let first =
                sha256(&[SECRET, self.0.genesis.as_ref(), &self.0.seed, &generation.to_be_bytes()]);
            let kept = std::iter::successors(Some(first), |from| Some(walk(*from, STRIDE)));
            let kept = kept.take((STEPS / STRIDE) as usize + 1).collect();
            *derived = Some(Derived { generation, kept });
        }
        let kept = &derived.as_ref()?.kept;
        let place = kept.get((left / STRIDE) as usize)?;
        Some(walk(*place, left % STRIDE))
    }
}

fn walk(from: Hash, steps: u32) -> Hash {
    (0..steps).fold(from, |preimage, _| step(&preimage))
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_cryptography::Signer as _;

    #[test]
    fn every_reveal_is_a_step_before_the_one_before_it() {
        let key = PrivateKey::from_seed(7);
        let randomness = Randomness::new(&key, sha256(&[b"genesis"]));
        let tip = randomness.tip(0).unwrap();
        let mut record = beacon::Randomness {
            chain: Some(beacon::Chain { tip, left: STEPS, generation: 0 }),
            next: None,
        };
        for _ in 0..2 * STRIDE + 3 {
            let chain = record.chain.unwrap();
            let reveal = randomness.reveal(&record, Epoch::ZERO).unwrap();
            assert_eq!(step(&reveal), chain.tip);
            let left = chain.left - 1;
            record.chain = Some(beacon::Chain { tip: reveal, left, ..chain });
        }
        let last = beacon::Chain { tip, left: 1, generation: 0 };
        let last = beacon::Randomness { chain: Some(last), next: None };
        let first = randomness.reveal(&last, Epoch::ZERO).unwrap();
        assert_eq!(walk(first, STEPS), tip);
        let over = beacon::Chain { tip, left: 0, generation: 0 };
        let over = beacon::Randomness { chain: Some(over), next: None };
        assert_eq!(randomness.reveal(&over, Epoch::ZERO), None);
    }

    #[test]
    fn chains_of_other_generations_keys_and_geneses_differ() {
        let of = |seed, genesis: &[u8], generation| {
            let key = PrivateKey::from_seed(seed);
            Randomness::new(&key, sha256(&[genesis])).tip(generation).unwrap()
        };
        let tips = [of(1, b"a", 0), of(2, b"a", 0), of(1, b"b", 0), of(1, b"a", 1)];
        for (index, tip) in tips.iter().enumerate() {
            assert!(!tips[..index].contains(tip));
        }
    }
}
