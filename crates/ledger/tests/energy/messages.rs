//! The messages of energy, as the tests send them.

use super::{common::*, world::*};
use althing_types::{
    Address, Amount, Height, List, Payload, Ppm,
    energy::{
        DisputeReason, DisputeSubject, EnergyRole, OracleChange, Reading, ReportItem, Scopes,
        SettlementMode,
    },
    governance::{Action, Criticality},
    hash::sha256,
    message::{
        AttestReadings, BuyEnergy, CancelEnergyOrder, GrantEnergyRole, LeaveOracle, LeaveProvider,
        OfferEnergy, OpenEnergyDispute, OrderEnergy, PostTariff, RegisterOracle, RegisterProvider,
        RetireCertificate, RevokeMeter, SubmitProposal, SubmitReadings, TransferCertificate,
        UpdateProvider, VoteEnergyDispute,
    },
};

pub(crate) fn register(capacity_w: u64, stake: Amount) -> Payload {
    let (name, zone) = ("Sun and wind".parse().unwrap(), zone());
    Payload::RegisterProvider(RegisterProvider { name, zone, capacity_w, stake })
}

pub(crate) fn update(capacity_w: Option<u64>, add_stake: Amount) -> Payload {
    Payload::UpdateProvider(UpdateProvider { name: None, capacity_w, add_stake })
}

pub(crate) fn leave() -> Payload {
    Payload::LeaveProvider(LeaveProvider {})
}

pub(crate) fn revoke(meter: althing_types::Hash) -> Payload {
    Payload::RevokeMeter(RevokeMeter { meter })
}

pub(crate) fn submit(provider: usize, readings: Vec<Reading>) -> Payload {
    let (provider, readings) = (address(provider), List::new(readings).unwrap());
    Payload::SubmitReadings(SubmitReadings { provider, readings })
}

pub(crate) fn stake_oracle(stake: Amount) -> Payload {
    let name = "Oracle".parse().unwrap();
    Payload::RegisterOracle(RegisterOracle { name, stake })
}

pub(crate) fn leave_oracle() -> Payload {
    Payload::LeaveOracle(LeaveOracle {})
}

pub(crate) fn report(oracle: usize, items: &[(u64, u64, u64)]) -> Payload {
    let item = |(batch, agree, contradict): &(u64, u64, u64)| ReportItem {
        batch: *batch,
        agree: *agree,
        contradict: *contradict,
    };
    let items = List::new(items.iter().map(item).collect()).unwrap();
    Payload::AttestReadings(AttestReadings { oracle: address(oracle), items })
}

pub(crate) fn offer(provider: usize, slot: u64, wh: u64, min_price: Amount) -> Payload {
    let provider = address(provider);
    Payload::OfferEnergy(OfferEnergy { provider, slot, wh, min_price })
}

pub(crate) fn order(slot: u64, wh: u64, max_price: Amount) -> Payload {
    Payload::OrderEnergy(OrderEnergy { zone: zone(), slot, wh, max_price })
}

pub(crate) fn cancel(slot: u64, number: u64) -> Payload {
    Payload::CancelEnergyOrder(CancelEnergyOrder { zone: zone(), slot, number })
}

pub(crate) fn tariff(provider: usize, price: Amount, wh: u64) -> Payload {
    Payload::PostTariff(PostTariff { provider: address(provider), price, wh })
}

pub(crate) fn buy(provider: usize, slot: u64, wh: u64, max_price: Amount) -> Payload {
    Payload::BuyEnergy(BuyEnergy { provider: address(provider), slot, wh, max_price })
}

pub(crate) fn transfer_certificate(certificate: u64, to: usize) -> Payload {
    Payload::TransferCertificate(TransferCertificate { certificate, to: address(to) })
}

pub(crate) fn retire(certificate: u64) -> Payload {
    Payload::RetireCertificate(RetireCertificate { certificate })
}

pub(crate) fn dispute(opener: usize, subject: DisputeSubject) -> Payload {
    Payload::OpenEnergyDispute(OpenEnergyDispute {
        opener: address(opener),
        subject,
        reason: DisputeReason::FalseReading,
        evidence: sha256(&[b"a photograph of the meter"]),
    })
}

pub(crate) const fn reading(batch: u64, reading: u8) -> DisputeSubject {
    DisputeSubject::Reading { batch, reading }
}

pub(crate) const fn sale(certificate: u64) -> DisputeSubject {
    DisputeSubject::Certificate { certificate }
}

pub(crate) fn vote(oracle: usize, dispute: u64, uphold: bool) -> Payload {
    let oracle = address(oracle);
    Payload::VoteEnergyDispute(VoteEnergyDispute { oracle, dispute, uphold })
}

pub(crate) fn grant(account: usize, role: EnergyRole, scopes: Scopes, expires: u64) -> Payload {
    let (account, expires) = (address(account), Height::new(expires));
    Payload::GrantEnergyRole(GrantEnergyRole { account, role, scopes, expires })
}

pub(crate) fn propose(action: Action) -> Payload {
    Payload::SubmitProposal(SubmitProposal {
        title: "How energy is measured and sold".parse().unwrap(),
        summary: Default::default(),
        link: Default::default(),
        criticality: Criticality::Standard,
        action,
    })
}

pub(crate) fn weigh(oracle: usize, weight: u32) -> Action {
    let change = OracleChange::Weight { weight: Ppm::new(weight).unwrap() };
    Action::EnergyOracle { oracle: address(oracle), change }
}

pub(crate) fn settlement(mode: SettlementMode, quorum: u32, expiry_blocks: u64) -> Action {
    let quorum_threshold_ppm = Ppm::new(quorum).unwrap();
    let settlement = althing_types::energy::EnergySettlementPayload {
        mode,
        quorum_threshold_ppm,
        expiry_blocks,
    };
    Action::EnergySettlement { settlement }
}

pub(crate) fn admin(account: usize, scopes: Scopes, expires: u64) -> Action {
    let account: Address = address(account);
    Action::EnergyAdmin { account, scopes, expires: Height::new(expires) }
}
