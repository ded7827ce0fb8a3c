//! What users of energy may try in random plays, right and wrong, and how often.

use althing_types::energy::SettlementMode;
use proptest::prelude::*;

/// What is wrong with a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    Nothing,
    /// Its sequence was used.
    Replayed,
    /// A reading before it is missing.
    OutOfOrder,
    /// Somebody else signed it.
    Forged,
    /// The clock is off by 301 seconds.
    Skewed,
}

/// What an oracle says about a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opinion {
    Right,
    Wrong,
    Nothing,
}

/// Something that somebody tries. Numbers choose among what is there, whatever that is.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Read {
        device: usize,
        wh: u64,
        flaw: Flaw,
    },
    Report {
        oracle: usize,
        batch: usize,
        opinion: Opinion,
    },
    Offer {
        provider: usize,
        slots: u64,
        wh: u64,
        price: u128,
    },
    Order {
        buyer: usize,
        slots: u64,
        wh: u64,
        price: u128,
    },
    Cancel {
        order: usize,
        by_owner: bool,
    },
    Tariff {
        provider: usize,
        wh: u64,
        price: u128,
    },
    Buy {
        buyer: usize,
        provider: usize,
        back: u64,
        wh: u64,
    },
    Transfer {
        certificate: usize,
        to: usize,
    },
    Retire {
        certificate: usize,
    },
    Steal {
        certificate: usize,
    },
    DisputeReading {
        user: usize,
        batch: usize,
    },
    DisputeSale {
        user: usize,
        certificate: usize,
    },
    Vote {
        oracle: usize,
        dispute: usize,
        uphold: bool,
    },
    AddStake {
        provider: usize,
    },
    Rotate {
        device: usize,
    },
    Revoke {
        device: usize,
    },
    Leave {
        provider: usize,
    },
    Join {
        provider: usize,
    },
    LeaveOracle,
    /// The oracle that lies stakes again, and governance decides about its weight.
    Weigh,
    /// Governance decides about the mode.
    Mode {
        mode: SettlementMode,
    },
}

/// What the acts of these users may be refused for: what the state does not allow. Never a broken
/// sum, nor a message that can never be right.
pub(crate) const REFUSALS: &[&str] = &[
    "ok",
    "provider_exists",
    "unknown_provider",
    "provider_not_active",
    "meter_mismatch",
    "meter_exists",
    "meter_revoked",
    "key_cooldown",
    "interval_overlap",
    "too_many_pending",
    "no_oracles",
    "oracle_leaving",
    "unknown_oracle",
    "oracle_not_admitted",
    "no_report_counts",
    "wrong_settlement_mode",
    "slot_closed",
    "energy_book_full",
    "unknown_energy_order",
    "not_energy_order_owner",
    "no_tariff",
    "energy_price_too_high",
    "nothing_for_sale",
    "unknown_certificate",
    "not_certificate_owner",
    "certificate_retired",
    "settlement_conflict",
    "quorum_failed",
    "unknown_dispute",
    "dispute_too_late",
    "dispute_voted",
    "energy_stake_too_low",
    "rate_limited",
    "trade_too_small",
];

/// What a flawed reading is refused for, besides what no reading would be taken for.
pub(crate) fn codes_of(flaw: Flaw) -> &'static [&'static str] {
    match flaw {
        Flaw::Nothing => &[],
        Flaw::Replayed => &["reading_replayed"],
        Flaw::OutOfOrder => &["reading_gap"],
        Flaw::Forged => &["signature_invalid"],
        Flaw::Skewed => &["timestamp_skew"],
    }
}

pub(crate) const fn code_name(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::Nothing => "right",
        Flaw::Replayed => "replayed",
        Flaw::OutOfOrder => "out of order",
        Flaw::Forged => "forged",
        Flaw::Skewed => "skewed",
    }
}

pub(crate) fn mode() -> impl Strategy<Value = SettlementMode> {
    prop_oneof![Just(SettlementMode::Batch), Just(SettlementMode::RealTime)]
}

fn flaw() -> impl Strategy<Value = Flaw> {
    prop_oneof![
        12 => Just(Flaw::Nothing),
        1 => Just(Flaw::Replayed),
        1 => Just(Flaw::OutOfOrder),
        1 => Just(Flaw::Forged),
        1 => Just(Flaw::Skewed),
    ]
}

/// The last oracle lies as often as not; the others are mistaken at times, and silent.
fn reporting() -> impl Strategy<Value = Act> {
    let opinion = |right: u32, wrong: u32| {
        prop_oneof![
            right => Just(Opinion::Right),
            wrong => Just(Opinion::Wrong),
            1 => Just(Opinion::Nothing),
        ]
    };
    let honest = (0..2usize, 0..4usize, opinion(10, 1));
    let liar = (2..3usize, 0..4usize, opinion(4, 4));
    let report = |(oracle, batch, opinion)| Act::Report { oracle, batch, opinion };
    prop_oneof![3 => honest.prop_map(report), 1 => liar.prop_map(report)]
}

fn trading() -> impl Strategy<Value = Act> {
    let user = || 0..4usize;
    prop_oneof![
        5 => (0..2usize, 0..2u64, 1_000..40_000u64, 0..200u128).prop_map(
            |(provider, slots, wh, price)| Act::Offer { provider, slots, wh, price }
        ),
        5 => (user(), 0..2u64, 1_000..40_000u64, 100..400u128).prop_map(
            |(buyer, slots, wh, price)| Act::Order { buyer, slots, wh, price }
        ),
        1 => (0..8usize, prop::bool::weighted(0.8)).prop_map(
            |(order, by_owner)| Act::Cancel { order, by_owner }
        ),
        4 => (0..2usize, 0..60_000u64, 1..400u128).prop_map(
            |(provider, wh, price)| Act::Tariff { provider, wh, price }
        ),
        8 => (user(), 0..2usize, 1..4u64, 1..20_000u64).prop_map(
            |(buyer, provider, back, wh)| Act::Buy { buyer, provider, back, wh }
        ),
        2 => (0..6usize, user()).prop_map(|(certificate, to)| Act::Transfer { certificate, to }),
        3 => (0..6usize).prop_map(|certificate| Act::Retire { certificate }),
        1 => (0..6usize).prop_map(|certificate| Act::Steal { certificate }),
    ]
}

fn disputing() -> impl Strategy<Value = Act> {
    let user = || 0..4usize;
    prop_oneof![
        2 => (user(), 0..4usize).prop_map(|(user, batch)| Act::DisputeReading { user, batch }),
        2 => (user(), 0..3usize).prop_map(
            |(user, certificate)| Act::DisputeSale { user, certificate }
        ),
        6 => (0..3usize, 0..2usize, any::<bool>()).prop_map(
            |(oracle, dispute, uphold)| Act::Vote { oracle, dispute, uphold }
        ),
    ]
}

fn membership() -> impl Strategy<Value = Act> {
    let (device, provider) = (|| 0..4usize, || 0..2usize);
    prop_oneof![
        2 => provider().prop_map(|provider| Act::AddStake { provider }),
        2 => device().prop_map(|device| Act::Rotate { device }),
        1 => device().prop_map(|device| Act::Revoke { device }),
        1 => provider().prop_map(|provider| Act::Leave { provider }),
        3 => provider().prop_map(|provider| Act::Join { provider }),
        1 => Just(Act::LeaveOracle),
        1 => Just(Act::Weigh),
        1 => mode().prop_map(|mode| Act::Mode { mode }),
    ]
}

pub(crate) fn act() -> impl Strategy<Value = Act> {
    let read = (0..4usize, 1..50_000u64, flaw());
    prop_oneof![
        6 => read.prop_map(|(device, wh, flaw)| Act::Read { device, wh, flaw }),
        12 => reporting(),
        10 => trading(),
        5 => disputing(),
        1 => membership(),
    ]
}
