//! A chain with one validator and transfers on it, for benchmarks of several crates. Signatures are
//! not valid: nothing here checks them.

#![allow(dead_code, reason = "shared by benchmarks")]

use althing_types::{
    Address, Allocation, Amount, Authorization, ChainParams, Gas, GasPrice, Genesis,
    GenesisValidator, Height, KeyScheme, Nonce, Payload, Ppm, SecretKey, SignedTransaction, Text,
    Timestamp, Transaction, Transfer, ValidatorKey,
};

/// Of the account with this number.
pub(crate) fn authorization(index: usize) -> Authorization {
    let mut public_key = [0x5a; 32];
    public_key[..8].copy_from_slice(&(index as u64).to_be_bytes());
    Authorization::Ed25519 { public_key, signature: [7; 64] }
}

/// A genesis that funds these accounts.
pub(crate) fn genesis(addresses: &[Address]) -> Genesis {
    let key = SecretKey::from_seed(KeyScheme::Ed25519, [1; 32]).unwrap();
    let bytes: [u8; 32] = key.public_key().bytes().as_ref().try_into().unwrap();
    Genesis {
        chain_id: "bench".parse().unwrap(),
        genesis_time: Timestamp::ZERO,
        address_prefix: "cpc".into(),
        symbol: "CPC".into(),
        params: ChainParams { block_gas_limit: Gas::new(1_000_000_000), ..ChainParams::devnet() },
        validators: vec![GenesisValidator {
            name: "v".parse().unwrap(),
            website: Text::default(),
            description: Text::default(),
            key: ValidatorKey::new(bytes),
            endpoint: "127.0.0.1:1".into(),
            account: key.address(),
            stake: Amount::from_tokens(1_000).unwrap(),
            commission: Ppm::ZERO,
        }],
        allocations: addresses
            .iter()
            .map(|address| Allocation {
                address: *address,
                amount: Amount::from_tokens(1_000_000).unwrap(),
                vesting: None,
            })
            .collect(),
        reserve: Amount::ZERO,
        network: None,
        safety: None,
        load_accounts: None,
    }
    .normalized()
    .unwrap()
}

/// A transfer.
pub(crate) fn transfer(
    genesis: &Genesis,
    from: Authorization,
    nonce: u64,
    to: Address,
) -> SignedTransaction {
    let body = Transaction {
        chain_id: genesis.chain_id,
        sender: from.address(),
        nonce: Nonce::new(nonce),
        gas_limit: Gas::new(50_000),
        gas_price: GasPrice::new(1_000_000_000),
        valid_until: Height::new(10_000),
        memo: String::new(),
        payload: Payload::Transfer(Transfer { to, amount: Amount::new(1 << 60) }),
    };
    SignedTransaction::new(body, from)
}

/// Numbers that are the same in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The next one below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}
