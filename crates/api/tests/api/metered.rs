//! What the canned node knows about energy: the story of the index's tests, read through the real
//! index as the node reads it, and the records of the state that go with it.

#[path = "../../../node/src/run/energy.rs"]
mod rows;
#[path = "../../../index/tests/common/energy.rs"]
pub mod story;

use crate::world::{World, due, entry, ppm};
use althing_api::backend::EnergyIndex;
use althing_index::IndexedBlock;
use althing_ledger::energy::{
    Batch, Beta, Book, Certificate, Credit, Dispute, Energy, Grant, HeldReading, HeldReport, Meter,
    MeterId, Offer, Oracle, OracleCounters, OracleEntry, OracleSet, Provider, ProviderCounters,
    Reputation, Settlement, Tariff, query as energy,
};
use althing_state::{StateKey, StateValue};
use althing_types::{
    Address, Amount, Epoch, Hash, Height, KeyScheme, List, SecretKey, Timestamp,
    energy::{
        DisputeReason, DisputeSubject, EnergyRole, EnergySettlementPayload, MeterKey, MeterState,
        ProviderState, Reading, Scopes, SettlementMode,
    },
    hash::{sha256, zero},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};
use story::{
    BUYER, DELEGATE, EXPIRED, GIVEN, HEIR, LATER, MAKER, OPEN, OPENER, ORACLES, RETIRED, SLOT,
    START, UNDECIDED, address, meter, zone,
};

/// As the node asks the index, without its threads.
mod lookup {
    use althing_index::{Index, IndexError};
    use std::sync::Arc;

    pub(super) async fn ask<T: Send + 'static>(
        index: &Arc<Index>,
        query: impl FnOnce(&Index) -> Result<T, IndexError> + Send + 'static,
    ) -> Option<T> {
        query(index).ok()
    }
}

struct Metered {
    world: World,
    rows: rows::EnergyRows,
}

static WORLD: LazyLock<Metered> = LazyLock::new(|| {
    let world = World::new(story::story(), state());
    let rows = rows::EnergyRows { index: Arc::clone(&world.index) };
    Metered { world, rows }
});

pub fn index() -> &'static dyn EnergyIndex {
    &WORLD.rows
}

pub fn record(key: &StateKey) -> Option<StateValue> {
    WORLD.world.record(key)
}

/// A block of the story, as if it came behind the canned chain.
pub fn block(number: usize) -> IndexedBlock {
    WORLD.world.block(number)
}

/// The present key of a meter; meter B had another one before.
pub fn key(letter: u8) -> MeterKey {
    let secret = SecretKey::from_seed(KeyScheme::Ed25519, [letter; 32]).unwrap();
    MeterKey::new(secret.public_key()).unwrap()
}

fn totals() -> Energy {
    Energy {
        next_batch: 3,
        next_order: 4,
        next_certificate: 3,
        next_dispute: 3,
        stakes: Amount::from_tokens(700).unwrap(),
        escrow: Amount::ZERO,
        unpaid: Amount::new(200),
        bonds: Amount::new(50),
        pending_wh: 300,
        attested_wh: 300,
        sold_wh: 70,
        retired_wh: 10,
        revoked_wh: 220,
        lapsed_wh: 3,
        providers: 1,
        oracle_set: 3,
        version: 1,
        settlement: EnergySettlementPayload {
            mode: SettlementMode::RealTime,
            ..EnergySettlementPayload::initial()
        },
    }
}

fn provider() -> Provider {
    Provider {
        name: "Sunny".parse().unwrap(),
        zone: zone(),
        capacity_w: 10_000,
        metered_w: 10_000,
        stake: Amount::from_tokens(90).unwrap(),
        state: ProviderState::Suspended,
        registered: Height::new(1),
        meters: 2,
        pending: 1,
        batches: 2,
        unpaid: 1,
        disputes: 1,
        unbonds: due(0),
        reputation: Reputation {
            accuracy: Beta { good: 4_000_000, bad: 0 },
            epoch: Epoch::new(2),
            ..Reputation::default()
        },
        counters: ProviderCounters {
            readings: 5,
            attested: 2,
            attested_wh: 300,
            sold_wh: 90,
            earned: Amount::new(1_194),
            quorum: 1,
            expiry: 1,
            conflict: 2,
        },
    }
}

/// Meter A has just counted; the key of meter B was revoked two days ago.
fn counted(letter: u8) -> Meter {
    let fresh = letter == b'A';
    let last_end = if fresh { START + 2_700 } else { START - 172_800 };
    Meter {
        provider: address(MAKER),
        state: if fresh { MeterState::Active } else { MeterState::Revoked },
        generation: 0,
        keyed: Height::new(1),
        cooled: due(90),
        sequence: 3,
        total_wh: if fresh { u64::MAX } else { 120 },
        last_end,
        signed_at: last_end + 1,
        max_w: 5_000,
        attested_wh: 300,
        root: sha256(&[b"root"]),
        absorbed: 2,
    }
}

fn held(reading: &Reading) -> HeldReading {
    HeldReading {
        meter: reading.meter,
        sequence: reading.sequence,
        start: reading.start,
        seconds: reading.seconds,
        wh: reading.wh,
        digest: digest(reading),
    }
}

pub fn digest(reading: &Reading) -> Hash {
    sha256(&[&reading.signed_bytes(&story::chain_id())])
}

fn batch(number: u64) -> Batch {
    let expired = number == EXPIRED;
    let readings = if expired { story::expired() } else { story::open() };
    let report = HeldReport { oracle: 0, agree: 1, contradict: 0 };
    Batch {
        provider: address(MAKER),
        height: Height::new(7),
        time: Timestamp::new(7_000),
        oracles: 3,
        quorum: ppm(666_666),
        slot_s: 900,
        expires: Height::new(607),
        closes: expired.then(|| due(28)),
        wake: Height::new(28),
        undecided: u64::from(!expired),
        attested: 0,
        refused: 0,
        expired: u64::from(expired),
        disproved: 0,
        disputed: 0,
        readings: List::new(readings.iter().map(held).collect()).unwrap(),
        reports: List::new(if expired { vec![] } else { vec![report] }).unwrap(),
    }
}

/// The first oracle reported just now, the second one never.
fn oracle(place: usize) -> Oracle {
    let first = place == 0;
    Oracle {
        name: "Delphi".parse().unwrap(),
        stake: Amount::from_tokens(100).unwrap(),
        weight: ppm(100_000),
        leaving: !first,
        unbonds: due(50),
        open: 0,
        reported: Height::new(if first { 8 } else { 0 }),
        reported_at: Timestamp::new(if first { 1_700_000_000_000 } else { 0 }),
        counters: OracleCounters { agreed: 3, contradicted: 1, ..OracleCounters::default() },
    }
}

fn credit(available: u64) -> Credit {
    let unpaid = if available > 0 { vec![RETIRED] } else { vec![] };
    let (origin, unpaid) = (sha256(&[b"origin"]), List::new(unpaid).unwrap());
    Credit { available, frozen: 0, origin, unpaid, lapses: due(700) }
}

fn certificate(number: u64) -> Certificate {
    let given = number == GIVEN;
    Certificate {
        owner: address(if given { HEIR } else { BUYER }),
        buyer: address(BUYER),
        provider: address(MAKER),
        zone: zone(),
        slot: SLOT,
        wh: if given { 60 } else { 10 },
        price: Amount::new(20_000),
        origin: sha256(&[b"origin"]),
        sold: Height::new(if given { 5 } else { 9 }),
        unpaid: Amount::new(if given { 0 } else { 200 }),
        due: (!given).then(|| due(29)),
        dispute: (!given).then_some(UNDECIDED),
        retired: (!given).then(|| Height::new(9)),
    }
}

fn dispute() -> Dispute {
    Dispute {
        opener: address(OPENER),
        subject: DisputeSubject::Certificate { certificate: RETIRED },
        reason: DisputeReason::FalseReading,
        evidence: sha256(&[b"evidence"]),
        provider: address(MAKER),
        bond: Amount::new(50),
        opened: Height::new(10),
        epoch: Epoch::new(1),
        ends: Height::new(300),
        oracles: 3,
        quorum: ppm(666_666),
        uphold: 0,
        dismiss: 0b1,
        frozen: List::default(),
        sales: List::new(vec![RETIRED]).unwrap(),
    }
}

fn state() -> BTreeMap<StateKey, StateValue> {
    let maker = address(MAKER);
    let set = ORACLES.map(|seed| OracleEntry { oracle: address(seed), weight: 100_000 });
    let set: OracleSet = List::new(set.to_vec()).unwrap();
    let rules =
        |since, proposal, payload| Settlement { since: Height::new(since), proposal, payload };
    let offer = Offer { number: 3, provider: maker, wh: 40, min_price: Amount::new(15_000) };
    let book = Book { offers: List::new(vec![offer]).unwrap(), orders: List::default() };
    let grant = |role, scopes| Grant { role, scopes, expires: Height::new(900) };
    let settle = Scopes { settle: true, ..Scopes::NONE };
    let governance = Address::of_module("governance");
    let delegate = address(DELEGATE);
    BTreeMap::from([
        entry(energy::energy_key(), &totals()),
        entry(energy::oracle_set_key(3), &set),
        entry(energy::settlement_key(0), &rules(1, None, EnergySettlementPayload::initial())),
        entry(energy::settlement_key(1), &rules(6, Some(4), totals().settlement)),
        entry(energy::provider_key(maker), &provider()),
        entry(energy::tariff_key(maker), &Tariff { price: Amount::new(20_000), wh: 470 }),
        entry(energy::meter_key(meter(b'A')), &counted(b'A')),
        entry(energy::meter_key(meter(b'B')), &counted(b'B')),
        entry(energy::meter_public_key(meter(b'A')), &key(b'A')),
        entry(energy::meter_public_key(meter(b'B')), &key(b'B')),
        entry(energy::meter_of_key(&key(b'A')), &MeterId { meter: meter(b'A') }),
        entry(energy::batch_key(OPEN), &batch(OPEN)),
        entry(energy::batch_key(EXPIRED), &batch(EXPIRED)),
        entry(energy::oracle_key(address(ORACLES[0])), &oracle(0)),
        entry(energy::oracle_key(address(ORACLES[1])), &oracle(1)),
        entry(energy::credit_key(&zone(), SLOT, &maker), &credit(7)),
        entry(energy::credit_key(&zone(), SLOT + 900, &maker), &credit(0)),
        entry(energy::book_key(&zone(), LATER), &book),
        entry(energy::certificate_key(GIVEN), &certificate(GIVEN)),
        entry(energy::certificate_key(RETIRED), &certificate(RETIRED)),
        entry(energy::dispute_key(UNDECIDED), &dispute()),
        entry(energy::grant_key(maker, delegate), &grant(EnergyRole::Provider, Scopes::ALL)),
        entry(energy::grant_key(governance, delegate), &grant(EnergyRole::Admin, settle)),
    ])
}

/// Nothing that was ever hashed.
pub fn nobody() -> Hash {
    zero()
}
