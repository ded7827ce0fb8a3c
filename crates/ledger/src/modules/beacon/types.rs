use althing_types::{Epoch, Hash, Height, hash::sha256, struct_codec};
use serde::{Deserialize, Serialize};

/// What a reveal is hashed with.
const STEP: &[u8] = b"althing-randomness-step-v1";

/// One step of a chain of hashes: what a reveal must lead to.
pub fn step(preimage: &Hash) -> Hash {
    sha256(&[STEP, preimage.as_ref()])
}

/// The chains of hashes of a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Randomness {
    /// The chain that its reveals come from; `None` until the first one takes its turn.
    pub chain: Option<Chain>,
    /// The chain that follows when that one is used up.
    pub next: Option<Next>,
}

struct_codec!(Randomness { chain, next });

/// A chain of hashes that is being revealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// What the next reveal hashes to.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub tip: Hash,
    /// Reveals that are left.
    pub left: u32,
    /// Which chain of the validator it is, from 0.
    pub generation: u32,
}

struct_codec!(Chain { tip, left, generation });

/// A chain of hashes that waits for its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// The chain.
    pub chain: Chain,
    /// The first epoch that may use it: so late that nobody could choose it for the values that its
    /// first reveals lead to.
    pub from: Epoch,
}

struct_codec!(Next { chain, from });

/// The randomness of the chain as of one height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The height.
    pub height: Height,
    /// The value.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub value: Hash,
    /// Reveals that it rests on, since the chain began.
    pub reveals: u64,
}

struct_codec!(Mark { height, value, reveals });

impl Randomness {
    /// As it stands in `epoch`: a chain that is used up makes way for the next one.
    pub fn turned(self, epoch: Epoch) -> Self {
        let used_up = self.chain.is_none_or(|chain| chain.left == 0);
        match self.next {
            Some(next) if used_up && next.from <= epoch => {
                Self { chain: Some(next.chain), next: None }
            }
            _ => self,
        }
    }

    /// The chain that owes a reveal to a block of `epoch`.
    pub fn owing(&self, epoch: Epoch) -> Option<Chain> {
        self.turned(epoch).chain.filter(|chain| chain.left > 0)
    }
}
