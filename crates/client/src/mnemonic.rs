//! BIP-39 mnemonics of 24 words, and the account keys that derive from them.
//!
//! Paths (every step hardened): Ed25519 and secp256r1 use `m/44'/4411459'/account'/0'/0'` on their
//! own SLIP-0010 curve; the seed of an ML-DSA-65 key is `m/44'/4411459'/account'/2'/0'` on the
//! Ed25519 tree.

use crate::slip10::{Curve, HARDENED, Node};
use althing_types::{KeyScheme, SecretKey};
use std::fmt;
use zeroize::Zeroizing;

/// Coin type of the derivation paths: the ASCII codes of `CPC`.
pub const COIN_TYPE: u32 = 0x0043_5043;

const PURPOSE: u32 = 44;
const BRANCH_CLASSIC: u32 = 0;
const BRANCH_ML_DSA: u32 = 2;

/// Why a text is no mnemonic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MnemonicError {
    /// Not 24 words.
    #[error("expected 24 words, found {0}")]
    WordCount(usize),
    /// A word that is not in the list.
    #[error("word {0} is not in the BIP-39 list: check its spelling")]
    UnknownWord(usize),
    /// The checksum does not match.
    #[error("the words do not belong together: check their order and spelling")]
    Checksum,
    /// An account number above 2^31 - 1.
    #[error("the account number must be below 2147483648")]
    Account,
}

impl MnemonicError {
    /// Stable machine-readable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::WordCount(_) => "mnemonic_word_count",
            Self::UnknownWord(_) => "mnemonic_unknown_word",
            Self::Checksum => "mnemonic_checksum",
            Self::Account => "mnemonic_account",
        }
    }
}

/// 24 words. Never printed by `Debug`, wiped from memory on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Mnemonic(Zeroizing<[u8; 32]>);

impl fmt::Debug for Mnemonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mnemonic(..)")
    }
}

impl Mnemonic {
    /// New random words.
    pub fn generate() -> Self {
        Self(Zeroizing::new(rand::random()))
    }

    /// The words of 32 bytes of entropy.
    pub fn from_entropy(entropy: [u8; 32]) -> Self {
        Self(Zeroizing::new(entropy))
    }

    /// The entropy of the words.
    pub fn entropy(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 24 words, separated by white space, in upper or lower case.
    ///
    /// # Errors
    /// [`MnemonicError`] naming what is wrong; words are counted from 1.
    pub fn parse(text: &str) -> Result<Self, MnemonicError> {
        let text = Zeroizing::new(text.to_lowercase());
        let words = Zeroizing::new(text.split_whitespace().collect::<Vec<_>>().join(" "));
        let count = text.split_whitespace().count();
        if count != 24 {
            return Err(MnemonicError::WordCount(count));
        }
        let parsed = bip39::Mnemonic::parse_in_normalized(bip39::Language::English, &words);
        match parsed {
            Ok(parsed) => {
                let (entropy, len) = parsed.to_entropy_array();
                let entropy = Zeroizing::new(entropy);
                let entropy: [u8; 32] =
                    entropy[..len].try_into().map_err(|_| MnemonicError::Checksum)?;
                Ok(Self::from_entropy(entropy))
            }
            Err(bip39::Error::UnknownWord(index)) => Err(MnemonicError::UnknownWord(index + 1)),
            Err(_) => Err(MnemonicError::Checksum),
        }
    }

    fn words(&self) -> bip39::Mnemonic {
        bip39::Mnemonic::from_entropy(self.0.as_ref()).expect("32 bytes make 24 words")
    }

    /// The 24 words, separated by spaces.
    pub fn phrase(&self) -> Zeroizing<String> {
        Zeroizing::new(self.words().to_string())
    }

    /// The key of an account.
    ///
    /// # Errors
    /// [`MnemonicError::Account`] if `account` is 2^31 or more.
    pub fn key(&self, scheme: KeyScheme, account: u32) -> Result<SecretKey, MnemonicError> {
        if account >= HARDENED {
            return Err(MnemonicError::Account);
        }
        let (curve, branch) = match scheme {
            KeyScheme::Ed25519 => (Curve::Ed25519, BRANCH_CLASSIC),
            KeyScheme::Secp256r1 => (Curve::Nist256p1, BRANCH_CLASSIC),
            KeyScheme::MlDsa65 => (Curve::Ed25519, BRANCH_ML_DSA),
        };
        let path = [PURPOSE, COIN_TYPE, account, branch, 0].map(|step| step | HARDENED);
        let seed = Zeroizing::new(self.words().to_seed_normalized(""));
        let node = Node::master(curve, seed.as_ref()).descend(&path);
        let node = node.expect("every step of the path is hardened");
        Ok(SecretKey::from_seed(scheme, *node.key()).expect("SLIP-0010 yields legal scalars"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bip39_vectors_of_24_words_hold() {
        // From the reference vectors: entropy, words, seed with the passphrase TREZOR.
        for (entropy, words, seed) in [
            (
                "0000000000000000000000000000000000000000000000000000000000000000",
                "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                 abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                 abandon abandon abandon art",
                "bda85446c68413707090a52022edd26a1c9462295029f2e60cd7c4f2bbd3097170af7a4d73245caf\
                 a9c3cca8d561a7c3de6f5d4a10be8ed2a5e608d68f92fcc8",
            ),
            (
                "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo \
                 zoo zoo zoo vote",
                "dd48c104698c30cfe2b6142103248622fb7bb0ff692eebb00089b32d22484e1613912f0a5b694407\
                 be899ffd31ed3992c456cdf60f5d4564b8ba3f05a69890ad",
            ),
        ] {
            let mnemonic = Mnemonic::parse(words).unwrap();
            assert_eq!(hex::encode(mnemonic.entropy()), entropy);
            assert_eq!(*mnemonic.phrase(), words);
            assert_eq!(hex::encode(mnemonic.words().to_seed_normalized("TREZOR")), seed);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let words = Mnemonic::from_entropy([7; 32]).phrase().to_string();
        assert_eq!(Mnemonic::parse("abandon"), Err(MnemonicError::WordCount(1)));
        let typo = words.replacen(words.split(' ').nth(2).unwrap(), "abandonn", 1);
        assert!(matches!(Mnemonic::parse(&typo), Err(MnemonicError::UnknownWord(_))));
        let mut swapped: Vec<&str> = words.split(' ').collect();
        swapped.swap(0, 23);
        assert_eq!(Mnemonic::parse(&swapped.join(" ")), Err(MnemonicError::Checksum));
        let shouted = words.to_uppercase().replace(' ', "  \n");
        assert_eq!(Mnemonic::parse(&shouted).unwrap().entropy(), &[7; 32]);
    }

    #[test]
    fn schemes_and_accounts_get_different_keys_that_never_change() {
        let mnemonic = Mnemonic::from_entropy([0; 32]);
        let mut seeds = Vec::new();
        for scheme in KeyScheme::ALL {
            for account in [0, 1] {
                seeds.push(hex::encode(mnemonic.key(scheme, account).unwrap().expose_seed()));
            }
        }
        assert_eq!(seeds, GOLDEN_SEEDS);
        let error = mnemonic.key(KeyScheme::Ed25519, HARDENED).unwrap_err();
        assert_eq!(error, MnemonicError::Account);
    }

    const GOLDEN_SEEDS: [&str; 6] = [
        "f16c9c7fadc86864dc943a34f51dff0256d05b00bb93e2c3dbb32de0cee81151",
        "a66663052104c7a086ae87815a551eefc3c21d1e81399290e80625ba51f2ef1b",
        "997f2139344acfdb91142c12596456fd4a68790eba794acdadf5a73209159f2d",
        "76fa507da6d8c35dd59d1be367ab930125bf0aa363a03567a061d8f9abc9800a",
        "164ee779969d6beb9960794b07abde7cf5b5a0398f3804041921878d4ab9c531",
        "9809534f3e38276bf85c57da9877e99815f40a1206ae465670fbf9aab23b89f3",
    ];
}
