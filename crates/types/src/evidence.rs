//! Proof that a validator contradicted itself in consensus: two of its signed messages that no
//! honest validator signs both.
//!
//! The messages are those of Commonware's `simplex`, signed with Ed25519 under
//! `consensus_namespace(genesis)` followed by `_NOTARIZE`, `_NULLIFY` or `_FINALIZE`. A test of the
//! engine checks that evidence made here is what consensus signs.

use crate::{
    Epoch, Hash, ValidatorKey, View,
    codec::re,
    consensus_namespace, struct_codec,
    validator::{Signature64, verify},
};
use commonware_codec::{ReadExt as _, Write as _};
use serde::{Deserialize, Serialize};

/// A proposal that a validator voted for, with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedProposal {
    /// View of the parent.
    pub parent: View,
    /// Digest of the block.
    #[serde(with = "crate::hash::serde_hex")]
    pub block: Hash,
    /// Signature of the vote.
    pub signature: Signature64,
}

struct_codec!(SignedProposal { parent, block, signature });

/// The two messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Conflict {
    /// Votes to notarize two proposals in one view. A leader's proposal is such a vote, so two
    /// proposals of one leader are this too.
    Notarize {
        /// One.
        first: SignedProposal,
        /// The other.
        second: SignedProposal,
    },
    /// Votes to finalize two proposals in one view.
    Finalize {
        /// One.
        first: SignedProposal,
        /// The other.
        second: SignedProposal,
    },
    /// A vote to skip a view, and one to finalize a proposal in it.
    NullifyFinalize {
        /// Signature of the vote to skip.
        nullify: Signature64,
        /// The vote to finalize.
        finalize: SignedProposal,
    },
}

/// Two messages of one validator in one view that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Who signed both.
    pub validator: ValidatorKey,
    /// Epoch of both.
    pub epoch: Epoch,
    /// View of both.
    pub view: View,
    /// The messages.
    pub conflict: Conflict,
}

struct_codec!(Evidence { validator, epoch, view, conflict });

impl Conflict {
    /// A stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Notarize { .. } => "conflicting_notarize",
            Self::Finalize { .. } => "conflicting_finalize",
            Self::NullifyFinalize { .. } => "nullify_finalize",
        }
    }
}

impl Evidence {
    /// Whether the messages contradict each other and the validator signed both on the chain with
    /// this genesis hash. Takes two signature checks.
    pub fn verify(&self, genesis: &Hash) -> bool {
        let differ = |first: &SignedProposal, second: &SignedProposal| {
            (first.parent, first.block) != (second.parent, second.block)
        };
        match &self.conflict {
            Conflict::Notarize { first, second } => {
                differ(first, second)
                    && self.voted(genesis, b"_NOTARIZE", first)
                    && self.voted(genesis, b"_NOTARIZE", second)
            }
            Conflict::Finalize { first, second } => {
                differ(first, second)
                    && self.voted(genesis, b"_FINALIZE", first)
                    && self.voted(genesis, b"_FINALIZE", second)
            }
            Conflict::NullifyFinalize { nullify, finalize } => {
                let message = self.round();
                self.signed(genesis, b"_NULLIFY", &message, nullify)
                    && self.voted(genesis, b"_FINALIZE", finalize)
            }
        }
    }

    /// Epoch and view, as consensus encodes them.
    fn round(&self) -> Vec<u8> {
        let mut message = Vec::new();
        self.epoch.write(&mut message);
        self.view.write(&mut message);
        message
    }

    fn voted(&self, genesis: &Hash, kind: &[u8], vote: &SignedProposal) -> bool {
        let mut message = self.round();
        vote.parent.write(&mut message);
        vote.block.write(&mut message);
        self.signed(genesis, kind, &message, &vote.signature)
    }

    fn signed(&self, genesis: &Hash, kind: &[u8], message: &[u8], by: &Signature64) -> bool {
        let mut namespace = consensus_namespace(genesis);
        namespace.extend_from_slice(kind);
        verify(&self.validator, &namespace, message, by)
    }
}

const NOTARIZE: u8 = 0;
const FINALIZE: u8 = 1;
const NULLIFY_FINALIZE: u8 = 2;

impl re::Write for Conflict {
    fn write(&self, buf: &mut impl re::BufMut) {
        match self {
            Self::Notarize { first, second } => {
                NOTARIZE.write(buf);
                first.write(buf);
                second.write(buf);
            }
            Self::Finalize { first, second } => {
                FINALIZE.write(buf);
                first.write(buf);
                second.write(buf);
            }
            Self::NullifyFinalize { nullify, finalize } => {
                NULLIFY_FINALIZE.write(buf);
                nullify.write(buf);
                finalize.write(buf);
            }
        }
    }
}

impl re::EncodeSize for Conflict {
    fn encode_size(&self) -> usize {
        1 + match self {
            Self::Notarize { first, second } | Self::Finalize { first, second } => {
                first.encode_size() + second.encode_size()
            }
            Self::NullifyFinalize { nullify, finalize } => {
                nullify.encode_size() + finalize.encode_size()
            }
        }
    }
}

impl re::Read for Conflict {
    type Cfg = ();
    fn read_cfg(buf: &mut impl re::Buf, _: &()) -> Result<Self, re::Error> {
        match u8::read(buf)? {
            NOTARIZE => Ok(Self::Notarize {
                first: SignedProposal::read(buf)?,
                second: SignedProposal::read(buf)?,
            }),
            FINALIZE => Ok(Self::Finalize {
                first: SignedProposal::read(buf)?,
                second: SignedProposal::read(buf)?,
            }),
            NULLIFY_FINALIZE => Ok(Self::NullifyFinalize {
                nullify: Signature64::read(buf)?,
                finalize: SignedProposal::read(buf)?,
            }),
            _ => Err(re::Error::Invalid("Conflict", "unknown kind")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{hash::sha256, validator::sign};
    use commonware_codec::{DecodeExt as _, Encode as _};
    use commonware_cryptography::{Signer as _, ed25519};

    fn evidence(genesis: &Hash, blocks: [&[u8]; 2]) -> Evidence {
        let key = ed25519::PrivateKey::from_seed(5);
        let validator = ValidatorKey::from_public_key(&key.public_key());
        let blank = Signature64::new([0; 64]);
        let vote = |block: &[u8]| SignedProposal {
            parent: View::new(6),
            block: sha256(&[block]),
            signature: blank,
        };
        let (first, second) = (vote(blocks[0]), vote(blocks[1]));
        let conflict = Conflict::Notarize { first, second };
        let mut evidence =
            Evidence { validator, epoch: Epoch::new(2), view: View::new(7), conflict };
        let mut namespace = consensus_namespace(genesis);
        namespace.extend_from_slice(b"_NOTARIZE");
        let signature = |block: &[u8]| {
            let mut message = evidence.round();
            View::new(6).write(&mut message);
            sha256(&[block]).write(&mut message);
            sign(&key, &namespace, &message)
        };
        let signatures = blocks.map(signature);
        let Conflict::Notarize { first, second } = &mut evidence.conflict else { unreachable!() };
        (first.signature, second.signature) = (signatures[0], signatures[1]);
        evidence
    }

    #[test]
    fn two_different_votes_of_one_view_are_evidence() {
        let genesis = sha256(&[b"genesis"]);
        let evidence = evidence(&genesis, [b"a", b"b"]);
        assert!(evidence.verify(&genesis));
        assert_eq!(Evidence::decode(evidence.encode()).unwrap(), evidence);
    }

    #[test]
    fn one_vote_twice_another_chain_or_another_view_are_no_evidence() {
        let genesis = sha256(&[b"genesis"]);
        assert!(!evidence(&genesis, [b"a", b"a"]).verify(&genesis));
        let evidence = evidence(&genesis, [b"a", b"b"]);
        assert!(!evidence.verify(&sha256(&[b"another"])));
        assert!(!Evidence { view: View::new(8), ..evidence }.verify(&genesis));
    }
}
