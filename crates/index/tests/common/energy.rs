//! A story of metered energy: blocks with the messages and events that the ledger would write.

use althing_index::IndexedBlock;
use althing_types::{
    Address, Amount, Authorization, Block, Code, Event, Gas, GasPrice, Hash, Header, Height,
    KeyScheme, List, Nonce, Payload, Ppm, Receipt, SecretKey, SignedTransaction, SyncRange,
    Timestamp, Transaction,
    energy::{
        DisputeEnd, DisputeReason, DisputeSubject, EnergyRole, EnergySlashReason, MeterSignature,
        ProviderState, Reading, ReadingOutcome, ReportItem, Scopes, Zone,
    },
    hash::{sha256, zero},
    message::SubmitReadings,
};
use std::sync::Arc;

/// Accounts: a provider that goes on, one that leaves, three oracles, a delegate, who disputes, and
/// two buyers.
pub const MAKER: u8 = 1;
pub const LEAVER: u8 = 2;
pub const ORACLES: [u8; 3] = [3, 4, 5];
pub const DELEGATE: u8 = 6;
pub const OPENER: u8 = 7;
pub const HEIR: u8 = 8;
pub const BUYER: u8 = 9;

/// When the first interval began: half past an hour.
pub const START: u64 = 1_699_997_400;
/// The slot that was cleared.
pub const SLOT: u64 = START;
/// The slot that can still be traded.
pub const LATER: u64 = SLOT + 7_200;

/// A batch that is over: an attested reading, a disproved and a refused one.
pub const OVER: u64 = 0;
/// A batch that oracles have not decided.
pub const OPEN: u64 = 1;
/// A batch that expired, and is not over.
pub const EXPIRED: u64 = 2;

/// Certificates: given away, used up, undone.
pub const GIVEN: u64 = 0;
pub const RETIRED: u64 = 1;
pub const REVOKED: u64 = 2;

/// Disputes: about a reading, about a sale, and one that is open.
pub const ABOUT_READING: u64 = 0;
pub const ABOUT_SALE: u64 = 1;
pub const UNDECIDED: u64 = 2;

/// Heights of the story.
pub const LAST: u64 = 11;

pub fn address(seed: u8) -> Address {
    Address::new([seed; 20])
}

/// The meters A and B.
pub fn meter(letter: u8) -> Hash {
    sha256(&[b"meter", &[letter]])
}

pub fn zone() -> Zone {
    "NEM VIC&".parse().unwrap()
}

pub fn chain_id() -> althing_types::ChainId {
    "test-1".parse().unwrap()
}

pub fn reading(letter: u8, sequence: u64, wh: u64, total_wh: u64) -> Reading {
    let start = START + 900 * sequence;
    let key = SecretKey::from_seed(KeyScheme::Ed25519, [letter; 32]).unwrap();
    let mut reading = Reading {
        meter: meter(letter),
        sequence,
        start,
        seconds: 900,
        wh,
        total_wh,
        signed_at: start + 901,
        signature: MeterSignature::sign(&key, b"").unwrap(),
    };
    reading.signature = MeterSignature::sign(&key, &reading.signed_bytes(&chain_id())).unwrap();
    reading
}

/// Readings of the batch that is over. The second count of meter A does not fit 63 bits.
pub fn over() -> Vec<Reading> {
    vec![
        reading(b'A', 0, 100, u64::MAX - 500),
        reading(b'A', 1, 200, u64::MAX - 300),
        reading(b'B', 0, 50, 50),
    ]
}

pub fn open() -> Vec<Reading> {
    vec![reading(b'A', 2, 300, u64::MAX)]
}

pub fn expired() -> Vec<Reading> {
    vec![reading(b'B', 1, 70, 120)]
}

fn submit(nonce: u64, readings: Vec<Reading>) -> SignedTransaction {
    let message =
        SubmitReadings { provider: address(MAKER), readings: List::new(readings).unwrap() };
    let body = Transaction {
        chain_id: chain_id(),
        sender: address(DELEGATE),
        nonce: Nonce::new(nonce),
        gas_limit: Gas::new(200_000),
        gas_price: GasPrice::new(1),
        valid_until: Height::new(1_000),
        memo: String::new(),
        payload: Payload::SubmitReadings(message),
    };
    let authorization = Authorization::Ed25519 { public_key: [1; 32], signature: [2; 64] };
    SignedTransaction::new(body, authorization)
}

fn submitted(batch: u64, readings: &[Reading]) -> Event {
    Event::ReadingsSubmitted {
        provider: address(MAKER),
        batch,
        readings: readings.len() as u32,
        wh: readings.iter().map(|reading| reading.wh).sum(),
    }
}

fn reported(oracle: usize, batch: u64, agree: u64, contradict: u64, late: bool) -> Event {
    let report = ReportItem { batch, agree, contradict };
    Event::OracleReported { oracle: address(ORACLES[oracle]), report, late }
}

fn decided(batch: u64, outcome: ReadingOutcome, readings: u64, wh: u64) -> Event {
    Event::ReadingsDecided { provider: address(MAKER), batch, outcome, readings, wh }
}

fn slashed(reason: EnergySlashReason) -> Event {
    Event::ProviderSlashed { provider: address(MAKER), reason, amount: Amount::new(3) }
}

fn registered() -> Vec<Event> {
    let provider = |seed, zone: &str| Event::ProviderRegistered {
        provider: address(seed),
        zone: zone.parse().unwrap(),
        capacity_w: 10_000,
        stake: Amount::new(500),
    };
    let bound = |letter| Event::MeterRegistered {
        meter: meter(letter),
        provider: address(MAKER),
        max_w: 5_000,
    };
    let staked = |seed: &u8| Event::OracleStaked { oracle: address(*seed), stake: Amount::new(9) };
    let weighted = |(set, seed): (u32, &u8)| Event::OracleWeighted {
        oracle: address(*seed),
        weight: Ppm::new(100_000).unwrap(),
        set,
    };
    let mut events = vec![provider(MAKER, &zone()), provider(LEAVER, "NSW")];
    events.extend([bound(b'A'), bound(b'B')]);
    events.extend(ORACLES.iter().map(staked));
    events.extend((1u32..).zip(&ORACLES).map(weighted));
    events
}

fn traded() -> Vec<Event> {
    let ordered = |buyer, number, wh| Event::EnergyOrdered {
        buyer: address(buyer),
        zone: zone(),
        slot: SLOT,
        number,
        wh,
        max_price: Amount::new(30_000),
    };
    vec![
        Event::EnergyOffered {
            provider: address(MAKER),
            zone: zone(),
            slot: SLOT,
            number: 0,
            wh: 100,
            min_price: Amount::new(10_000),
        },
        ordered(BUYER, 1, 60),
        ordered(HEIR, 2, 10),
        Event::EnergyOrderCancelled { account: address(HEIR), number: 2, refund: Amount::new(300) },
    ]
}

fn sold(certificate: u64, wh: u64) -> Event {
    Event::EnergySold {
        certificate,
        provider: address(MAKER),
        buyer: address(BUYER),
        zone: zone(),
        slot: SLOT,
        wh,
        price: Amount::new(20_000),
        paid: Amount::new(u128::from(wh) * 20),
    }
}

fn cleared() -> Vec<Event> {
    vec![
        sold(GIVEN, 60),
        Event::SlotCleared {
            zone: zone(),
            slot: SLOT,
            price: Amount::new(20_000),
            wh: 60,
            paid: Amount::new(1_200),
            refunds: Amount::new(600),
        },
    ]
}

fn opened(dispute: u64, subject: DisputeSubject) -> Event {
    Event::EnergyDisputeOpened {
        dispute,
        opener: address(OPENER),
        subject,
        reason: DisputeReason::FalseReading,
        evidence: sha256(&[b"evidence"]),
        ends: Height::new(300),
    }
}

fn voted(dispute: u64, oracle: usize, uphold: bool) -> Event {
    Event::EnergyDisputeVoted { dispute, oracle: address(ORACLES[oracle]), uphold }
}

fn upheld(dispute: u64, revoked_wh: u64) -> Event {
    Event::EnergyDisputeEnded {
        dispute,
        provider: address(MAKER),
        end: DisputeEnd::Upheld,
        revoked_wh,
        reward: Amount::new(17),
    }
}

fn granted(grantor: Option<u8>, role: EnergyRole, scopes: Scopes) -> Event {
    Event::EnergyRoleGranted {
        grantor: grantor.map(address),
        account: address(DELEGATE),
        role,
        scopes,
        expires: Height::new(900),
    }
}

fn undone() -> Vec<Event> {
    let certificate = REVOKED;
    vec![
        sold(RETIRED, 10),
        sold(REVOKED, 20),
        Event::CertificateRetired { certificate: RETIRED, owner: address(BUYER), wh: 10 },
        Event::TariffPosted { provider: address(MAKER), price: Amount::new(20_000), wh: 500 },
        opened(ABOUT_SALE, DisputeSubject::Certificate { certificate }),
        voted(ABOUT_SALE, 0, false),
        voted(ABOUT_SALE, 1, true),
        voted(ABOUT_SALE, 2, true),
        Event::CertificateRevoked {
            certificate,
            wh: 20,
            buyer: address(BUYER),
            refund: Amount::new(400),
        },
        upheld(ABOUT_SALE, 20),
    ]
}

/// Batches that come in a block, with their readings, and what the block says.
type Step = (Vec<(u64, Vec<Reading>)>, Vec<Event>);

/// What happens at each height, from 1: readings that come, and events.
fn heights() -> Vec<Step> {
    let reading = DisputeSubject::Reading { batch: OVER, reading: 1 };
    let left = |role, seed| Event::EnergyStakePaid {
        account: address(seed),
        role,
        amount: Amount::new(500),
    };
    vec![
        (vec![], registered()),
        (vec![(OVER, over())], vec![]),
        (
            vec![],
            vec![
                reported(0, OVER, 0b011, 0b100, false),
                reported(1, OVER, 0b011, 0b100, false),
                decided(OVER, ReadingOutcome::Attested, 0b011, 300),
                decided(OVER, ReadingOutcome::Refused, 0b100, 50),
                slashed(EnergySlashReason::Quorum),
            ],
        ),
        (vec![], [traded(), vec![reported(2, OVER, 0b111, 0, true)]].concat()),
        (vec![], cleared()),
        (
            vec![],
            vec![
                opened(ABOUT_READING, reading),
                voted(ABOUT_READING, 0, true),
                voted(ABOUT_READING, 1, true),
                upheld(ABOUT_READING, 200),
                Event::EnergyPaid {
                    certificate: GIVEN,
                    provider: address(MAKER),
                    amount: Amount::new(1_194),
                    fee: Amount::new(6),
                },
                Event::CertificateTransferred {
                    certificate: GIVEN,
                    from: address(BUYER),
                    to: address(HEIR),
                },
            ],
        ),
        (
            vec![(OPEN, open()), (EXPIRED, expired())],
            vec![Event::BatchClosed { provider: address(MAKER), batch: OVER }],
        ),
        (
            vec![],
            vec![
                reported(0, OPEN, 0b1, 0, false),
                decided(EXPIRED, ReadingOutcome::Expired, 0b1, 70),
                slashed(EnergySlashReason::Expiry),
            ],
        ),
        (vec![], undone()),
        (
            vec![],
            vec![
                granted(Some(MAKER), EnergyRole::Provider, Scopes::ALL),
                granted(Some(ORACLES[0]), EnergyRole::Oracle, Scopes::ALL),
                granted(Some(ORACLES[0]), EnergyRole::Oracle, Scopes::NONE),
                granted(None, EnergyRole::Admin, Scopes { settle: true, ..Scopes::NONE }),
                opened(UNDECIDED, DisputeSubject::Certificate { certificate: RETIRED }),
                voted(UNDECIDED, 0, false),
            ],
        ),
        (
            vec![],
            vec![
                Event::EnergyOffered {
                    provider: address(MAKER),
                    zone: zone(),
                    slot: LATER,
                    number: 3,
                    wh: 40,
                    min_price: Amount::new(15_000),
                },
                Event::ProviderUpdated {
                    provider: address(MAKER),
                    state: ProviderState::Suspended,
                    capacity_w: 10_000,
                    stake: Amount::new(490),
                },
                left(EnergyRole::Provider, LEAVER),
                left(EnergyRole::Oracle, ORACLES[2]),
            ],
        ),
    ]
}

fn receipt(transaction: Hash, events: Vec<Event>) -> Receipt {
    Receipt { transaction, code: Code::OK, gas_used: Gas::new(0), fee: Amount::ZERO, events }
}

/// A block of submissions, whose own receipt holds the rest. Blocks are one second apart.
fn block(height: u64, batches: Vec<(u64, Vec<Reading>)>, events: Vec<Event>) -> IndexedBlock {
    let mut header = Header::genesis(zero(), zero(), SyncRange { start: 0, end: 1 });
    header.height = Height::new(height);
    header.timestamp = Timestamp::new(height * 1_000);
    let (mut transactions, mut receipts) = (Vec::new(), Vec::new());
    for (batch, readings) in batches {
        let event = submitted(batch, &readings);
        let transaction = submit(batch, readings);
        receipts.push(receipt(transaction.hash(), vec![event]));
        transactions.push(transaction);
    }
    receipts.push(receipt(zero(), events));
    let hash = header.hash();
    let block = Arc::new(Block { header, transactions });
    IndexedBlock { block, hash, receipts: Arc::new(receipts) }
}

/// All blocks.
pub fn story() -> Vec<IndexedBlock> {
    let heights = (1..).zip(heights());
    heights.map(|(height, (batches, events))| block(height, batches, events)).collect()
}
