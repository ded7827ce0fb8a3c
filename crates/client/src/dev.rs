//! The well-known accounts of development networks. Everybody can derive their keys.

use althing_types::{KeyScheme, SecretKey, hash::sha256};

/// Account `index`: an Ed25519 key whose seed is SHA-256(`"althing/dev-account"` ‖ index as 8
/// bytes, big endian).
pub fn account(index: u32) -> SecretKey {
    let seed = sha256(&[b"althing/dev-account", &u64::from(index).to_be_bytes()]).0;
    SecretKey::from_seed(KeyScheme::Ed25519, seed).expect("every 32 bytes are an Ed25519 seed")
}
