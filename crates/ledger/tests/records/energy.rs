//! Keys and records of module `energy`.

use super::{record, same};
use althing_ledger::energy::{
    Agenda, Batch, Beta, Book, Certificate, Credit, Dispute, DueCount, DueItem, Energy, Frozen,
    Grant, HeldReading, HeldReport, Meter, MeterId, Offer, Oracle, OracleCounters, OracleEntry,
    OracleSet, Order, Provider, ProviderCounters, Rate, Reputation, Settlement, Tariff, query::*,
};
use althing_types::{
    Address, Amount, Due, Epoch, Hash, Height, KeyScheme, List, Ppm, SecretKey, Timestamp,
    energy::{
        DisputeReason, DisputeSubject, EnergyRole, EnergySettlementPayload, MeterKey, MeterState,
        ProviderState, Scopes, SettlementMode, Zone,
    },
};

const PROVIDER: Address = Address::new([0x11; 20]);
const BUYER: Address = Address::new([0x66; 20]);
const SLOT: u64 = 258;

fn zone() -> Zone {
    "NEM-VIC".parse().unwrap()
}

fn hash(byte: u8) -> Hash {
    Hash::from([byte; 32])
}

fn due(height: u64, time: u64) -> Due {
    Due { height: Height::new(height), time: Timestamp::new(time) }
}

fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}

fn meter_key() -> MeterKey {
    let secret = SecretKey::from_seed(KeyScheme::Ed25519, [7; 32]).unwrap();
    MeterKey::new(secret.public_key()).unwrap()
}

#[test]
fn keys_of_energy_keep_their_bytes() {
    let (provider, buyer) = ("11".repeat(20), "66".repeat(20));
    let (meter, height) = ("22".repeat(32), Height::new(258));
    let place = format!("4e454d2d564943{}0000000000000102", "00".repeat(9));
    for (what, actual, expected) in [
        ("energy key", energy_key(), "41".to_owned()),
        ("agenda key", agenda_key(), "42".to_owned()),
        ("due key", due_key(height), "430000000000000102".to_owned()),
        ("entry key", entry_key(height, 7), "44000000000000010200000007".to_owned()),
        ("provider key", provider_key(PROVIDER), format!("45{provider}")),
        ("meter key", meter_record_key(), format!("46{meter}")),
        ("meter public key", meter_public_key(hash(0x22)), format!("47{meter}")),
        ("batch key", batch_key(258), "480000000000000102".to_owned()),
        ("oracle key", oracle_key(PROVIDER), format!("49{provider}")),
        ("oracle set key", oracle_set_key(258), "4a00000102".to_owned()),
        ("settlement key", settlement_key(258), "4b00000102".to_owned()),
        ("credit key", credit_key(&zone(), SLOT, &PROVIDER), format!("4c{place}{provider}")),
        ("book key", book_key(&zone(), SLOT), format!("4d{place}")),
        ("tariff key", tariff_key(PROVIDER), format!("4e{provider}")),
        ("certificate key", certificate_key(258), "4f0000000000000102".to_owned()),
        ("dispute key", dispute_key(258), "500000000000000102".to_owned()),
        ("grant key", grant_key(PROVIDER, BUYER), format!("51{provider}{buyer}")),
        ("rate key", rate_key(PROVIDER, EnergyRole::Oracle), format!("52{provider}01")),
        ("key of a meter's key", meter_of_key(&meter_key()), KEY_OF_KEY.to_owned()),
    ] {
        same(what, &actual, &expected);
    }
}

/// The name `meter_key` means a public key here.
fn meter_record_key() -> althing_state::StateKey {
    althing_ledger::energy::query::meter_key(hash(0x22))
}

fn rules() -> EnergySettlementPayload {
    let (mode, quorum_threshold_ppm) = (SettlementMode::RealTime, ppm(666_666));
    EnergySettlementPayload { mode, quorum_threshold_ppm, expiry_blocks: 600 }
}

#[test]
fn records_of_the_whole_keep_their_bytes() {
    let energy = Energy {
        next_batch: 1,
        next_order: 2,
        next_certificate: 3,
        next_dispute: 4,
        stakes: Amount::new(300),
        escrow: Amount::new(301),
        unpaid: Amount::new(302),
        bonds: Amount::new(303),
        pending_wh: 5,
        attested_wh: 6,
        sold_wh: 7,
        retired_wh: 3,
        revoked_wh: 8,
        lapsed_wh: 9,
        providers: 10,
        oracle_set: 11,
        version: 12,
        settlement: rules(),
    };
    record("energy", &energy, decode_energy, ENERGY);
    let settlement = Settlement { since: Height::new(300), proposal: Some(258), payload: rules() };
    record("settlement", &settlement, decode_settlement, SETTLEMENT);
    let agenda = Agenda { height: Height::new(300), place: 7, open: 8 };
    record("energy agenda", &agenda, decode_agenda, AGENDA);
    record("energy due count", &DueCount { entries: 7 }, decode_due, "00000007");
    for (what, item, expected) in [
        ("due batch", DueItem::Batch { batch: 258 }, DUE_BATCH),
        ("due slot", DueItem::Slot { zone: zone(), slot: SLOT }, DUE_SLOT),
        ("due sale", DueItem::Sale { certificate: 258 }, DUE_SALE),
        (
            "due credit",
            DueItem::Credit { zone: zone(), slot: SLOT, provider: PROVIDER },
            DUE_CREDIT,
        ),
        ("due dispute", DueItem::Dispute { dispute: 258 }, DUE_DISPUTE),
        (
            "due unbonding",
            DueItem::Unbond { account: PROVIDER, role: EnergyRole::Oracle },
            DUE_UNBOND,
        ),
    ] {
        record(what, &item, decode_entry, expected);
    }
    let scopes = Scopes { submit_reading: true, dispute: false, settle: true };
    let grant = Grant { role: EnergyRole::Provider, scopes, expires: Height::new(300) };
    record("grant", &grant, decode_grant, GRANT);
    record("rate", &Rate { window: 258, count: 3 }, decode_rate, RATE);
    let entry = OracleEntry { oracle: PROVIDER, weight: 333_333 };
    record("oracle set", &OracleSet::new(vec![entry]).unwrap(), decode_oracle_set, ORACLE_SET);
}

#[test]
fn records_of_providers_meters_and_oracles_keep_their_bytes() {
    let beta = |good| Beta { good, bad: good + 1 };
    let reputation = Reputation {
        delivery: beta(1),
        accuracy: beta(3),
        latency: beta(5),
        capacity: beta(7),
        epoch: Epoch::new(9),
    };
    let counters = ProviderCounters {
        readings: 1,
        attested: 2,
        attested_wh: 3,
        sold_wh: 4,
        earned: Amount::new(300),
        quorum: 5,
        expiry: 6,
        conflict: 7,
    };
    let provider = Provider {
        name: "Sun and wind".parse().unwrap(),
        zone: zone(),
        capacity_w: 6_000_000,
        metered_w: 3_000_000,
        stake: Amount::new(300),
        state: ProviderState::Leaving,
        registered: Height::new(301),
        meters: 1,
        pending: 2,
        batches: 3,
        unpaid: 4,
        disputes: 5,
        unbonds: due(302, 6),
        reputation,
        counters,
    };
    record("provider", &provider, decode_provider, PROVIDER_RECORD);
    let meter = Meter {
        provider: PROVIDER,
        state: MeterState::Revoked,
        generation: 1,
        keyed: Height::new(300),
        cooled: due(301, 2),
        sequence: 3,
        total_wh: 4,
        last_end: 5,
        signed_at: 6,
        max_w: 7,
        attested_wh: 8,
        root: hash(0x22),
        absorbed: 9,
    };
    record("meter", &meter, decode_meter, METER);
    record("public key of a meter", &meter_key(), decode_meter_key, METER_KEY);
    record("meter of a key", &MeterId { meter: hash(0x22) }, decode_meter_of_key, METER_ID);
    let counters = OracleCounters {
        agreed: 1,
        contradicted: 2,
        abstained: 3,
        overruled: 4,
        late: 5,
        absent: 6,
        slashed: 7,
    };
    let oracle = Oracle {
        name: "Lab".parse().unwrap(),
        stake: Amount::new(300),
        weight: ppm(333_333),
        leaving: true,
        unbonds: due(301, 2),
        open: 6,
        reported: Height::new(302),
        reported_at: Timestamp::new(3),
        counters,
    };
    record("oracle", &oracle, decode_oracle, ORACLE);
}

#[test]
fn records_of_batches_and_disputes_keep_their_bytes() {
    let reading = HeldReading {
        meter: hash(0x22),
        sequence: 1,
        start: 2,
        seconds: 900,
        wh: 1_250,
        digest: hash(0x33),
    };
    let report = HeldReport { oracle: 2, agree: 5, contradict: 2 };
    let batch = Batch {
        provider: PROVIDER,
        height: Height::new(300),
        time: Timestamp::new(1),
        oracles: 2,
        quorum: ppm(666_666),
        slot_s: 900,
        expires: Height::new(301),
        closes: Some(due(302, 3)),
        wake: Height::new(303),
        undecided: 1,
        attested: 2,
        refused: 4,
        expired: 8,
        disproved: 16,
        disputed: 32,
        readings: List::new(vec![reading]).unwrap(),
        reports: List::new(vec![report]).unwrap(),
    };
    record("batch", &batch, decode_batch, BATCH);
    let dispute = Dispute {
        opener: BUYER,
        subject: DisputeSubject::Reading { batch: 258, reading: 3 },
        reason: DisputeReason::DoubleCounting,
        evidence: hash(0x44),
        provider: PROVIDER,
        bond: Amount::new(300),
        opened: Height::new(301),
        epoch: Epoch::new(30),
        ends: Height::new(329),
        oracles: 2,
        quorum: ppm(666_666),
        uphold: 1,
        dismiss: 2,
        frozen: List::new(vec![Frozen { slot: SLOT, wh: 1, sold: 2 }]).unwrap(),
        sales: List::new(vec![258]).unwrap(),
    };
    record("dispute", &dispute, decode_dispute, DISPUTE);
}

#[test]
fn records_of_the_market_keep_their_bytes() {
    let credit = Credit {
        available: 1,
        frozen: 2,
        origin: hash(0x33),
        unpaid: List::new(vec![258]).unwrap(),
        lapses: due(300, 3),
    };
    record("credit", &credit, decode_credit, CREDIT);
    let (wh, price) = (1_250, Amount::new(300));
    let offer = Offer { number: 1, provider: PROVIDER, wh, min_price: price };
    let order =
        Order { number: 2, buyer: BUYER, wh, max_price: price, escrow: Amount::new(375_000) };
    let book =
        Book { offers: List::new(vec![offer]).unwrap(), orders: List::new(vec![order]).unwrap() };
    record("book", &book, decode_book, BOOK);
    record("tariff", &Tariff { price, wh }, decode_tariff, TARIFF);
    let certificate = Certificate {
        owner: BUYER,
        buyer: PROVIDER,
        provider: PROVIDER,
        zone: zone(),
        slot: SLOT,
        wh,
        price,
        origin: hash(0x33),
        sold: Height::new(301),
        unpaid: Amount::new(302),
        due: Some(due(303, 4)),
        dispute: Some(258),
        retired: Some(Height::new(304)),
    };
    record("certificate", &certificate, decode_certificate, CERTIFICATE);
}

const KEY_OF_KEY: &str = "5353978472cbeb7e7dd26b21202f7cc05260ad66211cb4b2ea4cb39b1b2d90dde5";
const ENERGY: &str = "0000000000000001000000000000000200000000000000030000000000000004ac02ad02ae02af020000000000000005000000000000000600000000000000070000000000000003000000000000000800000000000000090000000a0000000b0000000c01aad8280000000000000258";
const SETTLEMENT: &str = "ac0201000000000000010201aad8280000000000000258";
const AGENDA: &str = "ac02000000070000000000000008";
const DUE_BATCH: &str = "00010000000000000102";
const DUE_SLOT: &str = "0002074e454d2d5649430000000000000102";
const DUE_SALE: &str = "00030000000000000102";
const DUE_CREDIT: &str =
    "0004074e454d2d56494300000000000001021111111111111111111111111111111111111111";
const DUE_DISPUTE: &str = "00050000000000000102";
const DUE_UNBOND: &str = "0006111111111111111111111111111111111111111101";
const GRANT: &str = "00010001ac02";
const RATE: &str = "00000000000001020000000000000003";
const ORACLE_SET: &str = "01111111111111111111111111111111111111111100051615";
const PROVIDER_RECORD: &str = "0c53756e20616e642077696e64074e454d2d56494300000000005b8d8000000000002dc6c0ac0201ad020000000100000000000000020000000000000003000000000000000400000005ae020600000000000000010000000000000002000000000000000300000000000000040000000000000005000000000000000600000000000000070000000000000008090000000000000001000000000000000200000000000000030000000000000004ac02000000000000000500000000000000060000000000000007";
const METER: &str = "11111111111111111111111111111111111111110100000001ac02ad020200000000000000030000000000000004000000000000000500000000000000060000000000000007000000000000000822222222222222222222222222222222222222222222222222222222222222220000000000000009";
const METER_KEY: &str = "00ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
const METER_ID: &str = "2222222222222222222222222222222222222222222222222222222222222222";
const ORACLE: &str = "034c6162ac0295ac1401ad02020000000000000006ae02030000000000000001000000000000000200000000000000030000000000000004000000000000000500000000000000060000000000000007";
const BATCH: &str = "1111111111111111111111111111111111111111ac020100000002aad8280000000000000384ad0201ae0203af02000000000000000100000000000000020000000000000004000000000000000800000000000000100000000000000020012222222222222222222222222222222222222222222222222222222222222222000000000000000100000000000000020000038400000000000004e23333333333333333333333333333333333333333333333333333333333333333010200000000000000050000000000000002";
const DISPUTE: &str = "666666666666666666666666666666666666666600010000000000000102030144444444444444444444444444444444444444444444444444444444444444441111111111111111111111111111111111111111ac02ad021ec90200000002aad828000000010000000201000000000000010200000000000000010000000000000002010000000000000102";
const CREDIT: &str = "000000000000000100000000000000023333333333333333333333333333333333333333333333333333333333333333010000000000000102ac0203";
const BOOK: &str = "010000000000000001111111111111111111111111111111111111111100000000000004e2ac02010000000000000002666666666666666666666666666666666666666600000000000004e2ac02d8f116";
const TARIFF: &str = "ac0200000000000004e2";
const CERTIFICATE: &str = "666666666666666666666666666666666666666611111111111111111111111111111111111111111111111111111111111111111111111111111111074e454d2d564943000000000000010200000000000004e2ac023333333333333333333333333333333333333333333333333333333333333333ad02ae0201af020401000000000000010201b002";
