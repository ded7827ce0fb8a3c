//! Where an account stands in the state, and how it is encoded.

use althing_state::StateKey;
use althing_types::{Address, Amount, Nonce};

/// The state key of an account.
pub(crate) fn key(address: Address) -> StateKey {
    StateKey::fixed(1, address.as_bytes())
}

/// Nonce and balance of an encoded account; `None` if the encoding is unknown.
pub(crate) fn decode(value: &[u8]) -> Option<(Nonce, Amount)> {
    use commonware_codec::DecodeExt as _;
    <(Nonce, Amount)>::decode(value.to_vec()).ok()
}

#[cfg(test)]
pub(crate) fn encode(nonce: Nonce, balance: Amount) -> Vec<u8> {
    use commonware_codec::Encode as _;
    (nonce, balance).encode().to_vec()
}
