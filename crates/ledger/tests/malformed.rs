//! Damaged transactions on the way that every transaction takes: decoder, stateless rules,
//! signature, pool, block. Each ends with a typed error or is admissible; nothing panics, and the
//! pool stays within its bounds. The same seed gives the same transactions every time.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;
#[path = "../../types/tests/common/mod.rs"]
mod values;

use althing_ledger::{check, codes};
use althing_mempool::{Limits, Origin, Pool, PoolConfig, Verifier, VerifierConfig};
use althing_types::{
    Address, Allocation, Amount, Gas, GasPrice, Height, KeyScheme, Nonce, Payload, Period, Receipt,
    SecretKey, SignedTransaction, Transaction, Transfer,
    governance::{OrderKind, SafetyRules},
};
use bytes::Bytes;
use common::{Chain, Fetch, PRICE, genesis, tokens};
use commonware_codec::{Copying, DecodeExt as _, Encode as _};
use std::collections::BTreeMap;

const CASES: usize = 14_000;
const CASES_PER_BLOCK: usize = 500;
const SENDERS_PER_KIND: u8 = 4;
/// A number of nine bytes that says 2^63 - 1.
const BOMB: [u8; 9] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];

fn bounds() -> PoolConfig {
    PoolConfig {
        max_transactions: 10,
        max_bytes: 40 * 1024,
        max_sender_transactions: 8,
        max_sender_bytes: 24 * 1024,
        max_sender_gapped: 4,
        max_nonce_gap: 16,
        max_waiting: 4,
        recent: 64,
        ..PoolConfig::default()
    }
}

/// Xorshift64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// A sender and how it signs.
#[derive(Clone, Copy)]
enum Signer {
    Key(KeyScheme, u8),
    Passkey(u8),
}

/// Sends nothing until the end.
const HONEST: Signer = Signer::Key(KeyScheme::Ed25519, 99);

impl Signer {
    fn all() -> Vec<Self> {
        (1..=SENDERS_PER_KIND)
            .flat_map(|seed| {
                let keys = KeyScheme::ALL.map(|scheme| Self::Key(scheme, seed));
                keys.into_iter().chain([Self::Passkey(100 + seed)])
            })
            .collect()
    }

    fn key(self) -> SecretKey {
        match self {
            Self::Key(scheme, seed) => values::secret(scheme, seed),
            Self::Passkey(seed) => values::secret(KeyScheme::Secp256r1, seed),
        }
    }

    fn sign(self, body: Transaction) -> SignedTransaction {
        match self {
            Self::Key(..) => body.sign(&self.key()).unwrap(),
            Self::Passkey(seed) => values::valid_passkey_of(seed, |_| body),
        }
    }
}

fn body(sender: Address, nonce: Nonce) -> Transaction {
    Transaction {
        chain_id: "ledger-test".parse().unwrap(),
        sender,
        nonce,
        gas_limit: Gas::new(200_000),
        gas_price: GasPrice::new(PRICE),
        valid_until: Height::new(90),
        memo: "memo".to_owned(),
        payload: Payload::Transfer(Transfer { to: Address::new([7; 20]), amount: Amount::new(1) }),
    }
}

fn damage(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let place = random.below(bytes.len());
    match random.below(8) {
        0 => bytes[place] ^= 1 << random.below(8),
        1 => bytes.truncate(place),
        2 => {
            bytes.truncate(place);
            bytes.extend_from_slice(&other[random.below(other.len())..]);
        }
        3 => drop(bytes.splice(place..place, BOMB)),
        4 => {
            let end = (place + BOMB.len()).min(bytes.len());
            bytes.splice(place..end, BOMB);
        }
        5 => bytes.extend((0..random.below(100_000)).map(|byte| byte as u8)),
        6 => {
            let end = place + random.below(bytes.len() - place);
            let again = bytes[place..end].to_vec();
            bytes.splice(place..place, again);
        }
        _ => bytes.iter_mut().skip(place).take(8).for_each(|byte| *byte = random.next() as u8),
    }
}

/// A body with strange fields.
fn strange(random: &mut Random, mut body: Transaction, others: &[Address]) -> Transaction {
    let numbers = [0, 1, PRICE - 1, PRICE * 11 / 10, u64::MAX / 2, u64::MAX];
    let nonce = body.nonce.get();
    for _ in 0..random.below(3) {
        match random.below(8) {
            0 => {
                let ahead = random.pick(&[0, 0, 1, 2, 3, 10, 40]);
                body.nonce = Nonce::new(nonce + ahead);
            }
            1 => body.nonce = Nonce::new(random.pick(&[0, u64::MAX, u64::MAX - 1])),
            2 => body.gas_price = GasPrice::new(random.pick(&numbers)),
            3 => body.gas_limit = Gas::new(random.pick(&[0, 20_999, 21_000, 46_000, u64::MAX])),
            4 => body.valid_until = Height::new(random.pick(&[0, 1, 60, 100, 500, u64::MAX])),
            5 => body.memo = "m".repeat(random.pick(&[0, 256, 257, 5_000, 70_000])),
            6 => body.sender = random.pick(others),
            _ => {
                let amount = random.pick(&[0, 1, tokens(1).units(), tokens(11).units(), u128::MAX]);
                let to = random.pick(others);
                body.payload = Payload::Transfer(Transfer { to, amount: Amount::new(amount) });
            }
        }
    }
    body
}

struct World {
    /// What good transactions ask for; transfers if there is nothing here.
    payloads: Vec<Payload>,
    /// The codes of receipts so far.
    codes: BTreeMap<&'static str, usize>,
    random: Random,
    signers: Vec<(Signer, Address)>,
    addresses: Vec<Address>,
    chain: Chain,
    pool: Pool,
    verifier: Verifier,
    outcomes: BTreeMap<&'static str, usize>,
}

impl World {
    fn new() -> Self {
        Self::of(Vec::new(), tokens(10))
    }

    /// Senders that own so much and send these; the first ones hold the safety override.
    fn of(payloads: Vec<Payload>, funds: Amount) -> Self {
        let named = |signer: Signer| (signer, signer.key().address());
        let signers: Vec<_> = Signer::all().into_iter().map(named).collect();
        let mut addresses: Vec<Address> = signers.iter().map(|(_, address)| *address).collect();
        addresses.push(HONEST.key().address());
        let mut file = genesis();
        file.allocations = addresses
            .iter()
            .map(|address| Allocation { vesting: None, address: *address, amount: funds })
            .collect();
        if !payloads.is_empty() {
            let members = addresses.iter().take(8).copied().collect();
            let kinds = OrderKind::ALL.to_vec();
            let rules = SafetyRules::new(members, 2, kinds, None, Period::default());
            file.safety = Some(rules.unwrap());
        }
        let mut chain = Chain::new(file.normalized().unwrap());
        chain.advance(&[]);
        addresses.extend([Address::of_module("stake"), Address::new([7; 20])]);
        let verifier = Verifier::new(VerifierConfig { keys: 32, verified: 32 });
        Self {
            payloads,
            codes: BTreeMap::new(),
            random: Random(0x005e_ed0f_a17b_1d60),
            signers,
            addresses,
            chain,
            pool: Pool::new(bounds()),
            verifier,
            outcomes: BTreeMap::new(),
        }
    }

    /// The next submission: damaged bytes, a damaged body with a good signature, or strange fields
    /// with a good signature.
    fn submission(&mut self) -> Vec<u8> {
        let random = &mut self.random;
        let (signer, other) = (random.pick(&self.signers), random.pick(&self.signers));
        let chain = &self.chain;
        let payload = |random: &mut Random| {
            let place = random.below(self.payloads.len());
            self.payloads.get(place).cloned()
        };
        let (first, second) = (payload(random), payload(random));
        let next = |address: Address, payload: Option<Payload>| {
            let body = body(address, chain.account(address).nonce);
            match payload {
                Some(payload) => Transaction { gas_limit: Gas::new(1_000_000), payload, ..body },
                None => body,
            }
        };
        let ((signer, address), (other, other_address)) = (signer, other);
        let (good, another) = (next(address, first), next(other_address, second));
        match random.below(4) {
            0 => signer.sign(strange(random, good, &self.addresses)).bytes().to_vec(),
            1 => {
                let mut bytes = good.encode().to_vec();
                damage(random, &mut bytes, &another.encode());
                match Transaction::decode(bytes.clone()) {
                    Ok(body) => signer.sign(body).bytes().to_vec(),
                    Err(_) => bytes,
                }
            }
            _ => {
                let mut bytes = signer.sign(good).bytes().to_vec();
                let other = other.sign(another);
                for _ in 0..=random.below(3) {
                    damage(random, &mut bytes, other.bytes());
                    if bytes.is_empty() {
                        break;
                    }
                }
                bytes
            }
        }
    }

    /// What a node does with bytes from outside, until something refuses them.
    fn submit(&mut self, bytes: Vec<u8>) -> &'static str {
        let Ok(transaction) = SignedTransaction::from_bytes(Bytes::from(bytes)) else {
            return "malformed";
        };
        let height = self.chain.height;
        let next = Height::new(height + 1);
        let params = self.chain.ledger.genesis().params.clone();
        let chain_id = self.chain.ledger.genesis().chain_id;
        let checked = check::stateless(&transaction, &params, chain_id, next);
        if let Err(invalid) = checked {
            // Who skips the check, as a dishonest leader may, is refused by the block: for the same
            // reason, or because it would need more room than a block has.
            let one = std::slice::from_ref(&transaction);
            let (outcome, results) = self.chain.execute(one, Fetch::OnDemand);
            assert!(outcome.receipts.iter().all(Receipt::is_of_block));
            let refused = results[0].as_ref().unwrap_err().code();
            assert!(refused == invalid.code() || refused == "block_full", "{refused}, {invalid}");
            assert!(!invalid.to_string().is_empty());
            return invalid.code();
        }
        let good = self.verifier.verify(&transaction);
        assert_eq!(good, check::signature(&transaction).is_ok());
        if !good {
            return "bad_signature";
        }
        let account = self.chain.account(transaction.sender());
        let account = althing_mempool::Account { nonce: account.nonce, balance: account.balance };
        let admitted =
            self.pool.insert(transaction, account, Origin::Peer, Height::new(height), height);
        match admitted {
            Ok(_) => "admitted",
            Err(rejection) => {
                assert!(!rejection.to_string().is_empty());
                rejection.code()
            }
        }
    }

    fn assert_bounds(&self) {
        let (stats, bounds) = (self.pool.stats(), bounds());
        assert!(stats.transactions <= bounds.max_transactions, "{stats:?}");
        assert!(stats.bytes <= bounds.max_bytes, "{stats:?}");
        assert!(stats.waiting <= bounds.max_waiting, "{stats:?}");
        assert!(stats.senders <= self.addresses.len(), "{stats:?}");
        assert_eq!(stats.ready + stats.waiting, stats.transactions);
    }

    /// A block of what is in the pool. Every invariant of the state is checked after it.
    fn block(&mut self) -> usize {
        let height = self.chain.height + 1;
        let limits = Limits {
            bytes: 1 << 20,
            gas: Gas::new(500_000_000),
            count: 1_000,
            sender_count: 1_000,
            height: Height::new(height),
        };
        let selected = self.pool.select(&limits, &|_| None);
        let (outcome, results) = self.chain.advance(&selected);
        let receipts = outcome.receipts.iter().filter(|receipt| !receipt.is_of_block());
        for receipt in receipts.clone() {
            *self.codes.entry(codes::name_of(receipt.code)).or_default() += 1;
        }
        assert_eq!(receipts.count(), results.iter().filter(|result| result.is_ok()).count());
        let kept = selected.iter().zip(&results).filter(|(_, result)| result.is_ok());
        let included: Vec<SignedTransaction> = kept.map(|(tx, _)| tx.clone()).collect();
        let accounts: Vec<_> = self
            .addresses
            .iter()
            .map(|address| {
                let account = self.chain.account(*address);
                let (nonce, balance) = (account.nonce, account.balance);
                (*address, althing_mempool::Account { nonce, balance })
            })
            .collect();
        self.pool.finalized(&included, Height::new(height), height, accounts);
        included.len()
    }
}

#[test]
fn fourteen_thousand_damaged_transactions_end_in_typed_errors_or_are_admissible() {
    let mut world = World::new();
    let mut included = 0;
    for case in 1..=CASES {
        let submission = world.submission();
        let outcome = world.submit(submission);
        *world.outcomes.entry(outcome).or_default() += 1;
        world.assert_bounds();
        if case % CASES_PER_BLOCK == 0 {
            included += world.block();
            world.assert_bounds();
        }
    }
    println!("{:?}, {included} included", world.outcomes);
    assert_eq!(world.outcomes.values().sum::<usize>(), CASES);
    // Each station has refused something, and something passed all of them.
    for reached in [
        "malformed",
        "wrong_chain",
        "wrong_key",
        "bad_signature",
        "expired",
        "gas_limit_too_high",
        "zero_amount",
        "insufficient_funds",
        "nonce_too_high",
        "already_pending",
        "pool_full",
        "admitted",
    ] {
        assert!(world.outcomes.contains_key(reached), "nothing was {reached}");
    }
    assert!(included > 100, "{included} included");

    // And an honest transaction finds everything as it was.
    let sender = HONEST.key().address();
    let mut honest = body(sender, Nonce::ZERO);
    honest.gas_price = GasPrice::new(PRICE * 2);
    assert_eq!(world.submit(HONEST.sign(honest).bytes().to_vec()), "admitted");
    world.block();
    assert_eq!(world.chain.account(sender).nonce, Nonce::new(1));
}

/// Messages about proposals, upgrades, the override, the network and the treasury.
fn decisions() -> Vec<Payload> {
    values::governance::payloads().into_iter().map(|(_, payload)| payload).collect()
}

#[test]
fn damaged_decisions_end_in_typed_errors_or_are_admissible() {
    let payloads = decisions();
    // Every byte of every message, turned and cut off: what decodes is what its bytes say.
    for payload in &payloads {
        let bytes = payload.encode().to_vec();
        for place in 0..bytes.len() {
            assert!(
                Payload::decode(Copying(&bytes[..place])).is_err(),
                "{payload:?} cut off at {place}"
            );
            for other in [bytes[place] ^ 1, !bytes[place], 0xff] {
                let mut damaged = bytes.clone();
                damaged[place] = other;
                if let Ok(read) = Payload::decode(Copying(damaged.as_slice())) {
                    assert_eq!(read.encode().to_vec(), damaged, "two texts for {read:?}");
                }
            }
        }
    }
    let mut world = World::of(payloads, tokens(1_000_000));
    let mut included = 0;
    for case in 1..=6_000 {
        let submission = world.submission();
        let outcome = world.submit(submission);
        *world.outcomes.entry(outcome).or_default() += 1;
        world.assert_bounds();
        if case % 100 == 0 {
            included += world.block();
            world.assert_bounds();
        }
    }
    println!("{:?}, {included} included: {:?}", world.outcomes, world.codes);
    for reached in ["malformed", "bad_signature", "admitted"] {
        assert!(world.outcomes.contains_key(reached), "nothing was {reached}");
    }
    // The blocks executed what passed, and refused it each for its own reason.
    assert!(included > 100, "{included} included");
    assert!(world.codes.len() >= 8, "{:?}", world.codes);
}
