//! Values that the tests of encodings share.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "shared by tests")]

pub mod compute;
pub mod energy;
pub mod governance;
pub mod stake;

use althing_types::{
    Address, Allocation, Amount, Authorization, Block, ChainParams, Code, Epoch, Event, Gas,
    GasPrice, Genesis, GenesisValidator, Hash, Header, Height, KeyScheme, Nonce, Payload, Period,
    Ppm, Receipt, SecretKey, SignedTransaction, SyncRange, Text, Timestamp, Transaction, Transfer,
    ValidatorEntry, ValidatorKey, ValidatorSet, View,
    genesis::{LoadAccounts, Vesting},
    hash::sha256,
    keys::{WebAuthnAssertion, signing_bytes},
};
use bytes::Bytes;
use commonware_codec::Encode as _;

pub fn secret(scheme: KeyScheme, seed: u8) -> SecretKey {
    SecretKey::from_seed(scheme, [seed; 32]).unwrap()
}

pub fn validator_key(seed: u8) -> ValidatorKey {
    let key = secret(KeyScheme::Ed25519, seed).public_key();
    ValidatorKey::new(key.bytes().as_ref().try_into().unwrap())
}

pub fn digest(text: &str) -> Hash {
    sha256(&[text.as_bytes()])
}

pub fn transaction(sender: Address) -> Transaction {
    Transaction {
        chain_id: "cpc-devnet-1".parse().unwrap(),
        sender,
        nonce: Nonce::new(300),
        gas_limit: Gas::new(50_000),
        gas_price: GasPrice::new(1_000_000_000),
        valid_until: Height::new(4_321),
        memo: "Þing".to_owned(),
        payload: Payload::Transfer(Transfer {
            to: Address::new([0x22; 20]),
            amount: Amount::new(12_500_000_000_000_000_000),
        }),
    }
}

pub fn signed(scheme: KeyScheme) -> SignedTransaction {
    let key = secret(scheme, 7);
    transaction(key.address()).sign(&key).unwrap()
}

/// Not a valid assertion: only its encoding matters.
pub fn passkey() -> SignedTransaction {
    let public_key: [u8; 33] =
        secret(KeyScheme::Secp256r1, 7).public_key().bytes().as_ref().try_into().unwrap();
    let assertion = WebAuthnAssertion {
        public_key,
        signature: [0x33; 64],
        authenticator_data: Bytes::from_static(&[0x44; 37]),
        client_data_json: Bytes::from_static(br#"{"type":"webauthn.get","challenge":"AA"}"#),
    };
    let authorization = Authorization::WebAuthn(Box::new(assertion));
    SignedTransaction::new(transaction(authorization.address()), authorization)
}

/// A valid passkey assertion: what an authenticator would sign, signed here.
pub fn valid_passkey() -> SignedTransaction {
    valid_passkey_of(7, transaction)
}

pub fn valid_passkey_of(seed: u8, body: impl FnOnce(Address) -> Transaction) -> SignedTransaction {
    use base64::Engine as _;
    let key = secret(KeyScheme::Secp256r1, seed);
    let body = body(key.address());
    let challenge = sha256(&[&signing_bytes(&body.encode())]);
    let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(challenge);
    let client_data_json = format!(
        r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"https://wallet.example"}}"#
    );
    // The hash of the relying party, the flags "present" and "verified", a counter.
    let mut authenticator_data = [0x44; 37];
    authenticator_data[32..].copy_from_slice(&[0x05, 0, 0, 0, 9]);
    let mut signed = authenticator_data.to_vec();
    signed.extend_from_slice(sha256(&[client_data_json.as_bytes()]).as_ref());
    let Authorization::Secp256r1 { public_key, signature } = key.sign(&signed).unwrap() else {
        panic!("a secp256r1 key signs with secp256r1")
    };
    let assertion = WebAuthnAssertion {
        public_key,
        signature,
        authenticator_data: Bytes::copy_from_slice(&authenticator_data),
        client_data_json: Bytes::from(client_data_json),
    };
    SignedTransaction::new(body, Authorization::WebAuthn(Box::new(assertion)))
}

pub fn validator_set() -> ValidatorSet {
    let entry = |seed: u8| ValidatorEntry {
        key: validator_key(seed),
        endpoint: format!("10.0.0.{seed}:4000"),
        stake: Amount::new(u128::from(seed) << 70),
    };
    ValidatorSet::new(vec![entry(1), entry(2), entry(3), entry(4)]).unwrap()
}

pub fn header(transactions: &[SignedTransaction]) -> Header {
    Header {
        height: Height::new(199),
        epoch: Epoch::new(1),
        view: View::new(104),
        leader: validator_key(2),
        parent: digest("parent"),
        parent_view: View::new(102),
        timestamp: Timestamp::new(1_700_000_000_123),
        transactions_root: Block::transactions_root(transactions),
        receipts_root: digest("receipts"),
        results_root: digest("results"),
        reveal: digest("reveal"),
        gas_used: Gas::new(63_000),
        state_root: digest("state"),
        operations_root: digest("operations"),
        operations: SyncRange { start: 17, end: 90_001 },
        next_validators: Some(validator_set()),
    }
}

pub fn block() -> Block {
    let transactions = vec![signed(KeyScheme::Ed25519), signed(KeyScheme::Secp256r1), passkey()];
    Block { header: header(&transactions), transactions }
}

pub fn event() -> Event {
    Event::Transferred {
        from: Address::new([0x11; 20]),
        to: Address::new([0x22; 20]),
        amount: Amount::new(1_000_000),
    }
}

pub fn receipt() -> Receipt {
    Receipt {
        transaction: digest("transaction"),
        code: Code::new(2),
        gas_used: Gas::new(21_000),
        fee: Amount::new(21_000_000_000_000),
        events: vec![event(), event()],
    }
}

pub fn genesis(load: bool) -> Genesis {
    let validator = |seed: u8| GenesisValidator {
        name: format!("validator-{seed}").parse().unwrap(),
        website: Text::default(),
        description: Text::default(),
        key: validator_key(seed),
        endpoint: format!("10.0.0.{seed}:4000"),
        account: Address::new([seed; 20]),
        stake: Amount::from_tokens(1_000).unwrap(),
        commission: Ppm::ZERO,
    };
    let load_accounts = LoadAccounts {
        seed: "load".to_owned(),
        count: 10,
        amount: Amount::from_tokens(3).unwrap(),
    };
    Genesis {
        chain_id: "cpc-devnet-1".parse().unwrap(),
        genesis_time: Timestamp::new(1_700_000_000_000),
        address_prefix: "cpc".to_owned(),
        symbol: "CPC".to_owned(),
        params: ChainParams::devnet(),
        validators: vec![validator(3), validator(1), validator(2)],
        allocations: vec![
            Allocation { address: Address::new([9; 20]), amount: Amount::new(5), vesting: None },
            Allocation { address: Address::new([8; 20]), amount: Amount::new(6), vesting: None },
        ],
        reserve: Amount::ZERO,
        network: None,
        safety: None,
        load_accounts: load.then_some(load_accounts),
    }
    .normalized()
    .unwrap()
}

/// Every optional field is there.
pub fn full_genesis() -> Genesis {
    let mut genesis = genesis(true);
    let first = &mut genesis.validators[0];
    first.website = "https://one.example".parse().unwrap();
    first.description = "The first, from Þingvellir.".parse().unwrap();
    first.commission = ppm(50_000);
    genesis.allocations[0].vesting = Some(vesting());
    genesis.reserve = Amount::from_tokens(250_000_000).unwrap();
    genesis.network = Some(governance::spec());
    genesis.safety = Some(governance::rules());
    genesis.normalized().unwrap()
}

/// Four years from the genesis time of [`genesis`], with a cliff after the first.
pub fn vesting() -> Vesting {
    const YEAR_MS: u64 = 365 * Period::DAY_MS;
    let start = 1_700_000_000_000;
    Vesting {
        start: Timestamp::new(start),
        cliff: Timestamp::new(start + YEAR_MS),
        end: Timestamp::new(start + 4 * YEAR_MS),
    }
}

pub fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}
