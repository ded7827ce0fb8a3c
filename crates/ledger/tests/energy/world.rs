//! The world of these tests: four validators, two providers with two meters each, buyers, oracles.

use super::{
    common::{
        Chain, address, authorization,
        network::{network, operator, own_events, validator_key},
        tokens,
    },
    messages::*,
};
use althing_ledger::{
    codes,
    energy::{Batch, Certificate, Credit, Dispute, Energy, Meter, Oracle, Provider, query},
};
use althing_types::{
    Amount, Event, Gas, GasPrice, Genesis, Hash, KeyScheme, Nonce, Payload, Period, Ppm, Receipt,
    SecretKey, SignedTransaction, Timestamp,
    energy::{
        MeterKey, MeterSignature, Reading, ReadingOutcome, Zone, bind_bytes, meter_id, rotate_bytes,
    },
    governance::{Action, Ballot, Choice},
    hash,
    message::{RegisterMeter, RotateMeter, Vote},
    params::{EmissionParams, FeeSplit},
};
use std::collections::BTreeMap;

/// From one block to the next, in milliseconds.
const BLOCK_MS: u64 = 10_000;
pub(crate) const VALIDATORS: usize = 4;
/// A slot is six blocks.
pub(crate) const SLOT_S: u64 = 60;
/// When the chain begins: a slot begins, too.
const START_S: u64 = 1_700_000_040;

pub(crate) const PROVIDER: usize = 0;
pub(crate) const OTHER: usize = 1;
pub(crate) const BUYER: usize = 2;
pub(crate) const RIVAL: usize = 3;
pub(crate) const ORACLES: [usize; 3] = [4, 5, 6];
pub(crate) const DELEGATE: usize = 7;
pub(crate) const ADMIN: usize = 8;
/// Who has nothing to do with anything.
pub(crate) const STRANGER: usize = 9;
const USERS: usize = 10;

/// What each user owns at first.
pub(crate) const FUNDS: u64 = 100_000;
/// The capacity of each provider: 100,000 Wh in a slot.
pub(crate) const CAPACITY_W: u64 = 6_000_000;
/// The limit of each meter: 50,000 Wh in a slot.
pub(crate) const METER_W: u64 = 3_000_000;
/// What a new provider of this capacity stakes: 100 CPC and a tenth for each of 6,000 kW, and half
/// of that again.
pub(crate) const STAKE: u64 = 1_050;
pub(crate) const ORACLE_STAKE: u64 = 1_000;

pub(crate) fn zone() -> Zone {
    "NEM-VIC".parse().unwrap()
}

pub(crate) fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}

/// A price, in millions of base units a kWh.
pub(crate) fn price(parts: u128) -> Amount {
    Amount::new(parts * 1_000_000)
}

fn genesis() -> Genesis {
    let stakes = vec![tokens(10_000); VALIDATORS];
    let mut genesis = network(&stakes, USERS, VALIDATORS, tokens(FUNDS));
    genesis.genesis_time = Timestamp::new(START_S * 1_000);
    let [proposer, stakers, treasury] = [Ppm::ZERO; 3];
    let params = &mut genesis.params;
    params.fee_split = FeeSplit { proposer, stakers, treasury, burn: Ppm::ONE };
    params.min_gas_price = GasPrice::new(0);
    params.idle_interval_ms = BLOCK_MS;
    params.emission = EmissionParams::none();
    params.slashing.max_consecutive_misses = 10_000;
    params.slashing.min_score = Ppm::ZERO;
    params.registry.heartbeat_interval_ms = Period::DAY_MS;
    let track = &mut params.governance.standard;
    (track.voting, track.delay) = (Period::blocks(5), Period::blocks(5));
    let energy = &mut params.energy;
    (energy.slot_s, energy.clear_delay_s) = (SLOT_S, 60);
    energy.unbonding = Period::blocks(10);
    energy.dispute_window = Period::blocks(8);
    energy.key_cooldown = Period::blocks(5);
    energy.credit_life_s = 3_600;
    energy.rate_window = 10;
    genesis
}

/// A meter, and what its owner knows about it.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) provider: usize,
    pub(crate) key: SecretKey,
    pub(crate) id: Hash,
    pub(crate) sequence: u64,
    pub(crate) total_wh: u64,
}

impl Device {
    /// A meter with the key of this seed, counting from 1,000,000 Wh.
    pub(crate) fn new(provider: usize, scheme: KeyScheme, seed: u8) -> Self {
        let key = SecretKey::from_seed(scheme, [seed; 32]).unwrap();
        let id = meter_id(&public(&key), &address(provider));
        Self { provider, key, id, sequence: 0, total_wh: 1_000_000 }
    }

    pub(crate) fn bind(&self, provider: usize) -> MeterSignature {
        let chain = "ledger-test".parse().unwrap();
        MeterSignature::sign(&self.key, &bind_bytes(&chain, &address(provider))).unwrap()
    }

    pub(crate) fn registration(&self, max_w: u64) -> Payload {
        Payload::RegisterMeter(RegisterMeter {
            key: public(&self.key),
            max_w,
            total_wh: self.total_wh,
            signature: self.bind(self.provider),
        })
    }

    /// Another key for it, with or without the consent of the present one.
    pub(crate) fn rotation(&self, next: &SecretKey, generation: u32, consent: bool) -> Payload {
        let chain = "ledger-test".parse().unwrap();
        let key = public(next);
        let bytes = rotate_bytes(&chain, &self.id, (generation, &key), self.total_wh);
        let bind = bind_bytes(&chain, &address(self.provider));
        Payload::RotateMeter(RotateMeter {
            meter: self.id,
            key,
            total_wh: self.total_wh,
            signature: MeterSignature::sign(next, &bind).unwrap(),
            consent: consent.then(|| MeterSignature::sign(&self.key, &bytes).unwrap()),
        })
    }
}

pub(crate) fn public(key: &SecretKey) -> MeterKey {
    MeterKey::new(key.public_key()).unwrap()
}

pub(crate) fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed(KeyScheme::Ed25519, [seed; 32]).unwrap()
}

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) chain: Chain,
    /// Everything that happened, with the height.
    pub(crate) log: Vec<(u64, Event)>,
    pub(crate) devices: Vec<Device>,
}

impl World {
    /// Nobody is registered.
    pub(crate) fn empty(change: impl FnOnce(&mut Genesis)) -> Self {
        let mut genesis = genesis();
        change(&mut genesis);
        let mut chain = Chain::new(genesis.normalized().unwrap());
        chain.interval = BLOCK_MS;
        chain.time = START_S * 1_000;
        let mut world = Self { chain, log: Vec::new(), devices: Vec::new() };
        world.pass(1);
        world
    }

    /// Two providers with two meters each, and three oracles of the same weight.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Genesis)) -> Self {
        let mut world = Self::empty(change);
        world.equip();
        world.admit(&ORACLES.map(|oracle| (oracle, 300_000)));
        world
    }

    /// Registers both providers and their meters.
    pub(crate) fn equip(&mut self) {
        for provider in [PROVIDER, OTHER] {
            self.does(provider, register(CAPACITY_W, tokens(STAKE)));
        }
        for (provider, seed) in [(PROVIDER, 1), (PROVIDER, 2), (OTHER, 3), (OTHER, 4)] {
            let device = Device::new(provider, KeyScheme::Ed25519, seed);
            self.does(provider, device.registration(METER_W));
            self.devices.push(device);
        }
    }

    /// Oracles stake, and proposals give them weights.
    pub(crate) fn admit(&mut self, oracles: &[(usize, u32)]) {
        for (oracle, _) in oracles {
            self.does(*oracle, stake_oracle(tokens(ORACLE_STAKE)));
        }
        let actions: Vec<_> =
            oracles.iter().map(|(oracle, weight)| (*oracle, weigh(*oracle, *weight))).collect();
        self.enact(actions);
        for (oracle, weight) in oracles {
            assert_eq!(self.oracle(*oracle).weight, ppm(*weight));
        }
    }

    /// Proposes, votes and waits; what happened meanwhile.
    pub(crate) fn enact(&mut self, actions: Vec<(usize, Action)>) -> Vec<Event> {
        let begun = self.log.len();
        let mut proposals = Vec::new();
        for (user, action) in actions {
            let events = self.does(user, propose(action));
            let Some(Event::ProposalSubmitted { proposal, .. }) = events.first() else {
                panic!("{events:?}")
            };
            proposals.push(*proposal);
        }
        while !self.chain.height.is_multiple_of(10) {
            self.pass(1);
        }
        let ballot = Ballot::all(Choice::Yes);
        let votes: Vec<_> = (0..VALIDATORS)
            .flat_map(|number| {
                let validator = Some(validator_key(number));
                let vote = move |proposal: &u64| {
                    let vote = Vote { proposal: *proposal, ballot, validator };
                    (operator(number), Payload::Vote(vote))
                };
                proposals.iter().map(vote).collect::<Vec<_>>()
            })
            .collect();
        self.all(&votes);
        self.pass(20);
        self.log[begun..].iter().map(|(_, event)| event.clone()).collect()
    }

    /// Executes a block with these transactions; all enter.
    pub(crate) fn block(&mut self, transactions: &[SignedTransaction]) -> Vec<Receipt> {
        let (outcome, results) = self.chain.advance(transactions);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        let height = self.chain.height;
        let receipts = &outcome.receipts[..transactions.len()];
        let events = receipts.iter().flat_map(|receipt| receipt.events.clone());
        let events = events.chain(own_events(&outcome));
        self.log.extend(events.map(|event| (height, event)));
        receipts.to_vec()
    }

    /// So many blocks without transactions; what they did.
    pub(crate) fn pass(&mut self, blocks: usize) -> Vec<Event> {
        let before = self.log.len();
        for _ in 0..blocks {
            self.block(&[]);
        }
        self.log[before..].iter().map(|(_, event)| event.clone()).collect()
    }

    /// Lets blocks pass until the next one is not before this second.
    pub(crate) fn until(&mut self, second: u64) -> Vec<Event> {
        let before = self.log.len();
        while self.now_s() < second {
            self.block(&[]);
        }
        self.log[before..].iter().map(|(_, event)| event.clone()).collect()
    }

    pub(crate) fn transaction(
        &self,
        user: usize,
        earlier: u64,
        payload: Payload,
    ) -> SignedTransaction {
        let mut body = self.chain.transaction(user, 0, payload).body().clone();
        body.gas_limit = Gas::new(10_000_000);
        body.gas_price = GasPrice::new(0);
        body.nonce = Nonce::new(self.chain.account(address(user)).nonce.get() + earlier);
        SignedTransaction::new(body, authorization(user))
    }

    /// One transaction in a block of its own.
    pub(crate) fn send(&mut self, user: usize, payload: Payload) -> Receipt {
        let transaction = self.transaction(user, 0, payload);
        self.block(&[transaction]).remove(0)
    }

    /// A transaction that succeeds; its events.
    pub(crate) fn does(&mut self, user: usize, payload: Payload) -> Vec<Event> {
        let receipt = self.send(user, payload);
        assert_eq!(codes::name_of(receipt.code), "ok");
        receipt.events
    }

    /// A transaction that fails with this code, and changes nothing of energy.
    pub(crate) fn fails(&mut self, user: usize, payload: Payload, code: &str) {
        // What is due changes by itself: a copy of the world does the block without it.
        let mut other = self.chain.clone();
        other.advance(&[]);
        let receipt = self.send(user, payload);
        assert_eq!(codes::name_of(receipt.code), code);
        assert!(receipt.events.is_empty());
        let own = |chain: &Chain| -> Vec<_> {
            let own = |prefix: u8| (0x41..=0x53).contains(&prefix);
            let all = chain.state.iter().filter(|(key, _)| own(key.prefix()));
            all.map(|(key, value)| (*key, value.clone())).collect()
        };
        assert_eq!(own(&other), own(&self.chain), "{code} changed something");
    }

    /// Transactions in one block; all enter, and whether they succeed is seen from the receipts.
    pub(crate) fn try_all(&mut self, payloads: &[(usize, Payload)]) -> Vec<Receipt> {
        let mut sent: BTreeMap<usize, u64> = BTreeMap::new();
        let mut transactions = Vec::new();
        for (user, payload) in payloads {
            let earlier = sent.entry(*user).or_default();
            transactions.push(self.transaction(*user, *earlier, payload.clone()));
            *earlier += 1;
        }
        self.block(&transactions)
    }

    /// Transactions in one block; all succeed.
    pub(crate) fn all(&mut self, payloads: &[(usize, Payload)]) -> Vec<Receipt> {
        let receipts = self.try_all(payloads);
        for receipt in &receipts {
            assert_eq!(codes::name_of(receipt.code), "ok");
        }
        receipts
    }

    /// The time of the next block, in seconds.
    pub(crate) fn now_s(&self) -> u64 {
        (self.chain.time + self.chain.interval) / 1_000
    }

    /// The slot that the next block belongs to.
    pub(crate) fn slot(&self) -> u64 {
        self.now_s() / SLOT_S * SLOT_S
    }

    /// What a meter says next, signed in the next block.
    pub(crate) fn draft(&self, device: usize, start: u64, seconds: u32, wh: u64) -> Reading {
        let Device { id: meter, sequence, total_wh, .. } = self.devices[device].clone();
        let signature = self.devices[device].bind(0);
        let (total_wh, signed_at) = (total_wh + wh, self.now_s());
        let reading =
            Reading { meter, sequence, start, seconds, wh, total_wh, signed_at, signature };
        self.sign(device, reading)
    }

    pub(crate) fn sign(&self, device: usize, mut reading: Reading) -> Reading {
        let bytes = reading.signed_bytes(&"ledger-test".parse().unwrap());
        reading.signature = MeterSignature::sign(&self.devices[device].key, &bytes).unwrap();
        reading
    }

    /// The same, and the meter goes on.
    pub(crate) fn measure(&mut self, device: usize, start: u64, seconds: u32, wh: u64) -> Reading {
        let reading = self.draft(device, start, seconds, wh);
        self.devices[device].sequence += 1;
        self.devices[device].total_wh += wh;
        reading
    }

    /// Submits what a meter counted in a whole slot; the number of the batch.
    pub(crate) fn read(&mut self, device: usize, slot: u64, wh: u64) -> u64 {
        let reading = self.measure(device, slot, SLOT_S as u32, wh);
        let provider = self.devices[device].provider;
        batch_of(&self.does(provider, submit(provider, vec![reading])))
    }

    /// Two oracles attest all of a batch in one block.
    pub(crate) fn attest(&mut self, batch: u64) {
        let [one, two, _] = ORACLES.map(|oracle| (oracle, report(oracle, &[(batch, u64::MAX, 0)])));
        self.all(&[one, two]);
        assert_eq!(self.batch(batch).undecided, 0);
    }

    /// Attested energy of the slot before this one; the slot.
    pub(crate) fn produce(&mut self, device: usize, wh: u64) -> u64 {
        let slot = self.slot() - SLOT_S;
        let batch = self.read(device, slot, wh);
        self.attest(batch);
        slot
    }

    pub(crate) fn energy(&self) -> Energy {
        query::decode_energy(&self.chain.state[&query::energy_key()]).unwrap()
    }

    pub(crate) fn provider(&self, user: usize) -> Provider {
        self.find_provider(user).unwrap()
    }

    pub(crate) fn find_provider(&self, user: usize) -> Option<Provider> {
        let value = self.chain.state.get(&query::provider_key(address(user)));
        value.map(|value| query::decode_provider(value).unwrap())
    }

    pub(crate) fn meter(&self, device: usize) -> Meter {
        let id = self.devices[device].id;
        query::decode_meter(&self.chain.state[&query::meter_key(id)]).unwrap()
    }

    pub(crate) fn oracle(&self, user: usize) -> Oracle {
        query::decode_oracle(&self.chain.state[&query::oracle_key(address(user))]).unwrap()
    }

    pub(crate) fn find_batch(&self, number: u64) -> Option<Batch> {
        let value = self.chain.state.get(&query::batch_key(number));
        value.map(|value| query::decode_batch(value).unwrap())
    }

    pub(crate) fn batch(&self, number: u64) -> Batch {
        self.find_batch(number).unwrap()
    }

    pub(crate) fn credit(&self, user: usize, slot: u64) -> Option<Credit> {
        let key = query::credit_key(&zone(), slot, &address(user));
        self.chain.state.get(&key).map(|value| query::decode_credit(value).unwrap())
    }

    pub(crate) fn find_certificate(&self, number: u64) -> Option<Certificate> {
        let value = self.chain.state.get(&query::certificate_key(number));
        value.map(|value| query::decode_certificate(value).unwrap())
    }

    pub(crate) fn certificate(&self, number: u64) -> Certificate {
        self.find_certificate(number).unwrap()
    }

    pub(crate) fn dispute(&self, number: u64) -> Dispute {
        query::decode_dispute(&self.chain.state[&query::dispute_key(number)]).unwrap()
    }

    pub(crate) fn balance(&self, user: usize) -> Amount {
        self.chain.account(address(user)).balance
    }

    /// What a user owns less than at first.
    pub(crate) fn spent(&self, user: usize) -> Amount {
        tokens(FUNDS).checked_sub(self.balance(user)).unwrap()
    }

    pub(crate) fn treasury(&self) -> Amount {
        self.chain.account(althing_types::Address::of_module("treasury")).balance
    }

    /// How often something happened.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.log.iter().filter(|(_, event)| event.name() == name).count()
    }
}

pub(crate) fn batch_of(events: &[Event]) -> u64 {
    let found = events.iter().find_map(|event| match event {
        Event::ReadingsSubmitted { batch, .. } => Some(*batch),
        _ => None,
    });
    found.unwrap()
}

pub(crate) fn order_of(events: &[Event]) -> u64 {
    let found = events.iter().find_map(|event| match event {
        Event::EnergyOffered { number, .. } | Event::EnergyOrdered { number, .. } => Some(*number),
        _ => None,
    });
    found.unwrap()
}

pub(crate) fn dispute_of(events: &[Event]) -> u64 {
    let found = events.iter().find_map(|event| match event {
        Event::EnergyDisputeOpened { dispute, .. } => Some(*dispute),
        _ => None,
    });
    found.unwrap()
}

/// Number, energy and price of all sales, in order.
pub(crate) fn sales(events: &[Event]) -> Vec<(u64, u64, Amount)> {
    let sale = |event: &Event| match event {
        Event::EnergySold { certificate, wh, paid, .. } => Some((*certificate, *wh, *paid)),
        _ => None,
    };
    events.iter().filter_map(sale).collect()
}

/// What became of readings, in order.
pub(crate) fn outcomes(events: &[Event]) -> Vec<(ReadingOutcome, u64)> {
    let outcome = |event: &Event| match event {
        Event::ReadingsDecided { outcome, readings, .. } => Some((*outcome, *readings)),
        _ => None,
    };
    events.iter().filter_map(outcome).collect()
}

/// The root of a meter after one reading.
pub(crate) fn root_after(root: &Hash, reading: &Reading, outcome: ReadingOutcome) -> Hash {
    let bytes = reading.signed_bytes(&"ledger-test".parse().unwrap());
    althing_ledger::energy::absorb(root, &hash::sha256(&[&bytes]), outcome.byte())
}
