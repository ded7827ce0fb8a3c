//! One value of every message, event and action of energy.

use super::{
    digest, ppm, secret,
    stake::{amount, operator},
};
use althing_types::{
    Address, Event, Height, KeyScheme, List, Payload,
    energy::{
        DisputeEnd, DisputeReason, DisputeSubject, EnergyRole, EnergySettlementPayload,
        EnergySlashReason, MeterKey, MeterSignature, OracleChange, ProviderState, Reading,
        ReadingOutcome, ReportItem, Scopes, SettlementMode, Zone, bind_bytes, meter_id,
        rotate_bytes,
    },
    governance::{Action, Criticality},
    message::{
        AttestReadings, BuyEnergy, CancelEnergyOrder, GrantEnergyRole, LeaveOracle, LeaveProvider,
        OfferEnergy, OpenEnergyDispute, OrderEnergy, PostTariff, RegisterMeter, RegisterOracle,
        RegisterProvider, RetireCertificate, RevokeMeter, RotateMeter, SubmitProposal,
        SubmitReadings, TransferCertificate, UpdateProvider, VoteEnergyDispute,
    },
};

const PROVIDER: Address = Address::new([0x55; 20]);
const SLOT: u64 = 1_700_000_100;

fn zone() -> Zone {
    "NEM-VIC".parse().unwrap()
}

pub fn meter_key(scheme: KeyScheme, seed: u8) -> MeterKey {
    MeterKey::new(secret(scheme, seed).public_key()).unwrap()
}

/// A reading that is really signed.
pub fn reading(scheme: KeyScheme) -> Reading {
    let meter = meter_id(&meter_key(scheme, 7), &PROVIDER);
    let signature = MeterSignature::sign(&secret(scheme, 7), b"").unwrap();
    let reading = Reading {
        meter,
        sequence: 258,
        start: SLOT,
        seconds: 900,
        wh: 1_250,
        total_wh: 1_000_000,
        signed_at: SLOT + 901,
        signature,
    };
    let bytes = reading.signed_bytes(&"cpc-devnet-1".parse().unwrap());
    let signature = MeterSignature::sign(&secret(scheme, 7), &bytes).unwrap();
    Reading { signature, ..reading }
}

/// The bytes that a meter signs: for a reading, for its provider, and for another key.
pub fn signed() -> [(&'static str, Vec<u8>); 3] {
    let chain = "cpc-devnet-1".parse().unwrap();
    let next = meter_key(KeyScheme::Ed25519, 8);
    let meter = reading(KeyScheme::Ed25519).meter;
    [
        ("reading", reading(KeyScheme::Ed25519).signed_bytes(&chain)),
        ("bind", bind_bytes(&chain, &PROVIDER)),
        ("rotate", rotate_bytes(&chain, &meter, (258, &next), 300)),
    ]
}

fn signature() -> MeterSignature {
    MeterSignature::sign(&secret(KeyScheme::Ed25519, 7), b"signed").unwrap()
}

fn submit(action: Action) -> Payload {
    Payload::SubmitProposal(SubmitProposal {
        title: "How energy is sold".parse().unwrap(),
        summary: "".parse().unwrap(),
        link: "".parse().unwrap(),
        criticality: Criticality::Standard,
        action,
    })
}

pub fn rules() -> EnergySettlementPayload {
    let (mode, quorum_threshold_ppm) = (SettlementMode::RealTime, ppm(666_666));
    EnergySettlementPayload { mode, quorum_threshold_ppm, expiry_blocks: 600 }
}

const ITEM: ReportItem = ReportItem { batch: 258, agree: 5, contradict: 2 };
const SCOPES: Scopes = Scopes { submit_reading: true, dispute: false, settle: true };

/// Every message of energy, with and without what is optional, and its proposals.
pub fn payloads() -> Vec<(&'static str, Payload)> {
    let mut all = makers();
    all.extend(traders());
    let (oracle, account) = (operator(), PROVIDER);
    let expires = Height::new(300);
    let weight = OracleChange::Weight { weight: ppm(333_333) };
    let change = OracleChange::Remove {};
    all.extend([
        ("energy-settlement", submit(Action::EnergySettlement { settlement: rules() })),
        ("energy-oracle.weight", submit(Action::EnergyOracle { oracle, change: weight })),
        ("energy-oracle.remove", submit(Action::EnergyOracle { oracle, change })),
        ("energy-admin", submit(Action::EnergyAdmin { account, scopes: SCOPES, expires })),
    ]);
    all
}

fn makers() -> Vec<(&'static str, Payload)> {
    let name = || "Sun and wind".parse().unwrap();
    let (provider, oracle, stake) = (PROVIDER, operator(), amount());
    let (meter, key) = (digest("meter"), meter_key(KeyScheme::Ed25519, 7));
    let register = RegisterProvider { name: name(), zone: zone(), capacity_w: 6_000_000, stake };
    let all = Some(name());
    let everything = UpdateProvider { name: all, capacity_w: Some(300), add_stake: stake };
    let nothing = UpdateProvider { name: None, capacity_w: None, add_stake: stake };
    let bind =
        RegisterMeter { key: key.clone(), max_w: 300, total_wh: 70_000, signature: signature() };
    let rotate = |consent| RotateMeter {
        meter,
        key: key.clone(),
        total_wh: 300,
        signature: signature(),
        consent,
    };
    let readings = List::new(vec![reading(KeyScheme::Ed25519)]).unwrap();
    let items = List::new(vec![ITEM]).unwrap();
    vec![
        ("", Payload::RegisterProvider(register)),
        ("everything", Payload::UpdateProvider(everything)),
        ("nothing", Payload::UpdateProvider(nothing)),
        ("", Payload::LeaveProvider(LeaveProvider {})),
        ("", Payload::RegisterMeter(bind)),
        ("agreed", Payload::RotateMeter(rotate(Some(signature())))),
        ("cooled", Payload::RotateMeter(rotate(None))),
        ("", Payload::RevokeMeter(RevokeMeter { meter })),
        ("", Payload::SubmitReadings(SubmitReadings { provider, readings })),
        ("", Payload::RegisterOracle(RegisterOracle { name: name(), stake })),
        ("", Payload::LeaveOracle(LeaveOracle {})),
        ("", Payload::AttestReadings(AttestReadings { oracle, items })),
    ]
}

fn traders() -> Vec<(&'static str, Payload)> {
    let (provider, oracle, price) = (PROVIDER, operator(), amount());
    let (slot, wh) = (SLOT, 1_250);
    let dispute = |subject| OpenEnergyDispute {
        opener: PROVIDER,
        subject,
        reason: DisputeReason::DoubleCounting,
        evidence: digest("evidence"),
    };
    let reading = dispute(DisputeSubject::Reading { batch: 258, reading: 3 });
    let certificate = dispute(DisputeSubject::Certificate { certificate: 258 });
    let order = OrderEnergy { zone: zone(), slot, wh, max_price: price };
    let grant = GrantEnergyRole {
        account: oracle,
        role: EnergyRole::Provider,
        scopes: SCOPES,
        expires: Height::new(300),
    };
    vec![
        ("", Payload::OfferEnergy(OfferEnergy { provider, slot, wh, min_price: price })),
        ("", Payload::OrderEnergy(order)),
        ("", Payload::CancelEnergyOrder(CancelEnergyOrder { zone: zone(), slot, number: 258 })),
        ("", Payload::PostTariff(PostTariff { provider, price, wh })),
        ("", Payload::BuyEnergy(BuyEnergy { provider, slot, wh, max_price: price })),
        ("", Payload::TransferCertificate(TransferCertificate { certificate: 258, to: oracle })),
        ("", Payload::RetireCertificate(RetireCertificate { certificate: 258 })),
        ("reading", Payload::OpenEnergyDispute(reading)),
        ("certificate", Payload::OpenEnergyDispute(certificate)),
        ("", Payload::VoteEnergyDispute(VoteEnergyDispute { oracle, dispute: 258, uphold: true })),
        ("", Payload::GrantEnergyRole(grant)),
    ]
}

/// Every event of energy.
pub fn events() -> Vec<Event> {
    [maker_events(), trade_events(), dispute_events()].concat()
}

fn maker_events() -> Vec<Event> {
    let (provider, oracle, stake) = (PROVIDER, operator(), amount());
    let (meter, capacity_w, wh) = (digest("meter"), 6_000_000, 1_250);
    let (state, reason) = (ProviderState::Suspended, EnergySlashReason::Conflict);
    let (batch, outcome) = (258, ReadingOutcome::Refused);
    vec![
        Event::ProviderRegistered { provider, zone: zone(), capacity_w, stake },
        Event::ProviderUpdated { provider, state, capacity_w, stake },
        Event::EnergyStakePaid { account: oracle, role: EnergyRole::Oracle, amount: stake },
        Event::ProviderSlashed { provider, reason, amount: stake },
        Event::MeterRegistered { meter, provider, max_w: 300 },
        Event::MeterRotated { meter, provider, generation: 258 },
        Event::MeterRevoked { meter, provider },
        Event::ReadingsSubmitted { provider, batch, readings: 64, wh },
        Event::ReadingsDecided { provider, batch, outcome, readings: 5, wh },
        Event::BatchClosed { provider, batch },
        Event::OracleStaked { oracle, stake },
        Event::OracleWeighted { oracle, weight: ppm(333_333), set: 258 },
        Event::OracleReported { oracle, report: ITEM, late: true },
        Event::OracleSlashed { oracle, amount: stake },
    ]
}

fn trade_events() -> Vec<Event> {
    let (provider, buyer, price) = (PROVIDER, operator(), amount());
    let (slot, number, wh, paid) = (SLOT, 258, 1_250, amount());
    let (certificate, zone) = (number, zone());
    vec![
        Event::EnergyOffered { provider, zone: zone.clone(), slot, number, wh, min_price: price },
        Event::EnergyOrdered { buyer, zone: zone.clone(), slot, number, wh, max_price: price },
        Event::EnergyOrderCancelled { account: buyer, number, refund: paid },
        Event::TariffPosted { provider, price, wh },
        Event::EnergySold {
            certificate,
            provider,
            buyer,
            zone: zone.clone(),
            slot,
            wh,
            price,
            paid,
        },
        Event::SlotCleared { zone: zone.clone(), slot, price, wh, paid, refunds: paid },
        Event::EnergyPaid { certificate, provider, amount: paid, fee: price },
        Event::CertificateTransferred { certificate, from: buyer, to: provider },
        Event::CertificateRetired { certificate, owner: buyer, wh },
        Event::CertificateRevoked { certificate, wh, buyer, refund: paid },
        Event::EnergyLapsed { provider, zone, slot, wh },
    ]
}

fn dispute_events() -> Vec<Event> {
    let (provider, opener, oracle, dispute) = (PROVIDER, operator(), operator(), 258);
    let subject = DisputeSubject::Reading { batch: 258, reading: 3 };
    let (reason, evidence) = (DisputeReason::FalseReading, digest("evidence"));
    let (ends, end) = (Height::new(300), DisputeEnd::Upheld);
    let (role, scopes, expires) = (EnergyRole::Provider, SCOPES, Height::new(300));
    let grantor = Some(provider);
    vec![
        Event::EnergyDisputeOpened { dispute, opener, subject, reason, evidence, ends },
        Event::EnergyDisputeVoted { dispute, oracle, uphold: true },
        Event::EnergyDisputeEnded { dispute, provider, end, revoked_wh: 1_250, reward: amount() },
        Event::EnergyRoleGranted { grantor, account: oracle, role, scopes, expires },
        Event::EnergySettlementChanged { proposal: 258, version: 3, settlement: rules() },
    ]
}
