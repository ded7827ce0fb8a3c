//! What a validator does with its consensus key besides voting: it proves that it holds the key
//! when it registers, and signs the transactions of its node.

use crate::{key_file::KeyFileError, validator_key};
use althing_types::{
    Address, ChainId, KeyScheme, SecretKey, Signature64, ValidatorKey, message::Possession,
};
use commonware_codec::DecodeExt as _;
use commonware_cryptography::ed25519;
use std::path::Path;
use zeroize::Zeroizing;

/// A consensus key that can sign.
pub struct ConsensusKey {
    seed: Zeroizing<[u8; 32]>,
    public: ValidatorKey,
}

impl core::fmt::Debug for ConsensusKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("ConsensusKey").field(&self.public).finish()
    }
}

impl ConsensusKey {
    /// From its seed.
    pub fn from_seed(seed: Zeroizing<[u8; 32]>) -> Self {
        let public = validator_key::public_key(&seed);
        Self { seed, public }
    }

    /// From a validator key file.
    ///
    /// # Errors
    /// [`KeyFileError`], also if it is encrypted and no password is given.
    pub fn read(path: &Path, password: Option<&str>) -> Result<Self, KeyFileError> {
        validator_key::read(path, password).map(Self::from_seed)
    }

    /// The public half.
    pub const fn validator(&self) -> ValidatorKey {
        self.public
    }

    /// Proves to `chain` that whoever sends from `operator` holds this key.
    pub fn possession(&self, chain: ChainId, operator: Address) -> Signature64 {
        let key = ed25519::PrivateKey::decode(self.seed.to_vec());
        let key = key.expect("every 32 bytes are an Ed25519 seed");
        Possession { chain, operator }.sign(&key)
    }

    /// The key of the node's own account, which pays for heartbeats and evidence.
    pub fn account(&self) -> SecretKey {
        let key = SecretKey::from_seed(KeyScheme::Ed25519, *self.seed);
        key.expect("every 32 bytes are an Ed25519 seed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_possession_convinces_the_chain_it_was_made_for() {
        let key = ConsensusKey::from_seed(Zeroizing::new([5; 32]));
        let chain: ChainId = "cpc-test-1".parse().unwrap();
        let operator = Address::new([1; 20]);
        let signature = key.possession(chain, operator);
        assert!(Possession { chain, operator }.verify(&key.validator(), &signature));
        let other = Possession { chain, operator: Address::new([2; 20]) };
        assert!(!other.verify(&key.validator(), &signature));
    }

    #[test]
    fn the_account_of_the_node_is_the_one_that_the_chain_funds() {
        let key = ConsensusKey::from_seed(Zeroizing::new([5; 32]));
        assert_eq!(key.account().address(), key.validator().node_account());
    }

    #[test]
    fn its_debug_form_keeps_the_secret() {
        let key = ConsensusKey::from_seed(Zeroizing::new([5; 32]));
        let text = format!("{key:?}");
        assert!(text.contains(&key.validator().to_string()), "{text}");
        assert!(!text.contains(&hex::encode([5; 32])), "{text}");
    }
}
