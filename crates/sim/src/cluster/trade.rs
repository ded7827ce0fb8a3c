//! Providers, oracles and a buyer of energy, and operators who vote about how it is sold: what they
//! send when.

use super::{
    World,
    energy::{BUYER, COUNTED_WH, FALSE, HONEST, ORACLES, truth},
};
use crate::plan::Conduct;
use althing_ledger::energy::{Meter, query};
use althing_types::{
    Amount, List, Payload, Ppm, SecretKey, Text,
    energy::{
        DisputeReason, DisputeSubject, EnergySettlementPayload, MeterKey, MeterSignature,
        OracleChange, Reading, ReportItem, SettlementMode, Zone, bind_bytes,
    },
    governance::{Action, Ballot, Choice, Criticality},
    hash::sha256,
    message::{
        AttestReadings, BuyEnergy, OfferEnergy, OpenEnergyDispute, OrderEnergy, PostTariff,
        RegisterMeter, RegisterOracle, RegisterProvider, RetireCertificate, SubmitProposal,
        SubmitReadings, Vote, VoteEnergyDispute,
    },
};

/// What a meter can measure at most, and a provider has, in W.
const CAPACITY_W: u64 = 1_000_000;
/// What providers and oracles stake, in tokens.
const STAKE: u64 = 2_000;
/// The weight of an oracle, in ppm.
const WEIGHT: u32 = 300_000;
/// What a provider offers of a slot, and what the buyer orders of it and buys at a tariff, in Wh.
const OFFERED_WH: u64 = 8_000;
const ORDERED_WH: u64 = 6_000;
const BOUGHT_WH: u64 = 3_000;
/// What a provider asks at least, and the buyer pays at most, in base units a kWh.
const LEAST_PRICE: Amount = Amount::new(1_000_000_000);
const HIGHEST_PRICE: Amount = Amount::new(3_000_000_000);
/// The longest interval of a reading, in slots.
const LONGEST_SLOTS: u64 = 8;

fn zone() -> Zone {
    Text::new("NEM-VIC".to_owned()).unwrap_or_default()
}

/// The public key of a meter.
pub(super) fn public(key: &SecretKey) -> MeterKey {
    MeterKey::new(key.public_key()).expect("meters have keys of this scheme")
}

fn tokens(tokens: u64) -> Amount {
    Amount::from_tokens(tokens).unwrap_or(Amount::ZERO)
}

impl World<'_> {
    /// All who trade look at the chain, and do what is next.
    pub(super) fn trade(&mut self) {
        if self.scenario.oracles.is_empty() || self.auditor.height() == 0 {
            return;
        }
        for proposal in self.note_trade() {
            for operator in 0..self.scenario.validators {
                let validator = Some(self.shared.setup.key(operator));
                let ballot = Ballot::all(Choice::Yes);
                self.order(operator, Payload::Vote(Vote { proposal, ballot, validator }));
            }
        }
        for provider in [HONEST, FALSE] {
            if self.is_idle(provider) {
                self.provide(provider);
            }
        }
        if self.is_idle(BUYER) {
            self.consume();
        }
        for oracle in 0..self.market.oracles.len() {
            if self.is_idle(ORACLES + oracle) && self.market.oracles[oracle].1 {
                self.attest(oracle);
            }
        }
    }

    /// An operator proposes that energy is sold in this way.
    pub(super) fn propose_settlement(&mut self, mode: SettlementMode) {
        let settlement = EnergySettlementPayload { mode, ..EnergySettlementPayload::initial() };
        self.propose_energy(0, Action::EnergySettlement { settlement });
    }

    fn propose_energy(&mut self, operator: usize, action: Action) {
        let proposal = SubmitProposal {
            title: Text::new("how energy is sold".to_owned()).unwrap_or_default(),
            summary: Text::default(),
            link: Text::default(),
            criticality: Criticality::Standard,
            action,
        };
        self.order(operator, Payload::SubmitProposal(proposal));
    }

    /// The time of the last block, in seconds, and the slot that it belongs to.
    fn clock(&self) -> (u64, u64) {
        let tip = self.auditor.blocks().last();
        let now = tip.map_or(0, |tip| tip.block.header.timestamp.get() / 1_000);
        let slot = self.shared.setup.genesis.params.energy.slot_s;
        (now, now / slot * slot)
    }

    /// Whether all oracles have a weight, and the scenario still goes on.
    fn is_market_open(&self) -> bool {
        let replay = self.auditor.replay();
        let energy = replay.record(query::energy_key(), query::decode_energy);
        let set = energy.and_then(|energy| {
            replay.record(query::oracle_set_key(energy.oracle_set), query::decode_oracle_set)
        });
        let all = set.is_some_and(|set| set.len() == self.market.oracles.len());
        all && self.now_ms < self.scenario.heal_ms
    }

    /// A provider registers, submits what its meter says, and sells it.
    fn provide(&mut self, provider: usize) {
        let address = self.actor(provider);
        let replay = self.auditor.replay();
        if replay.record(query::provider_key(address), query::decode_provider).is_none() {
            let name = Text::new(format!("provider {provider}")).unwrap_or_default();
            let (zone, stake) = (zone(), tokens(STAKE));
            let message = RegisterProvider { name, zone, capacity_w: CAPACITY_W, stake };
            return self.instruct(provider, Payload::RegisterProvider(message));
        }
        let meter = replay.record(query::meter_key(self.meter(provider)), query::decode_meter);
        let Some(meter) = meter else {
            return self.register_meter(provider);
        };
        if !self.is_market_open() {
            return;
        }
        if let Some(reading) = self.reading(provider, &meter) {
            let readings = List::new(vec![reading]).unwrap_or_default();
            let message = SubmitReadings { provider: address, readings };
            return self.instruct(provider, Payload::SubmitReadings(message));
        }
        let (_, slot) = self.clock();
        match self.market.mode {
            SettlementMode::Batch if self.market.served.get(&provider) != Some(&slot) => {
                self.market.served.insert(provider, slot);
                let (wh, min_price) = (OFFERED_WH, LEAST_PRICE);
                let message = OfferEnergy { provider: address, slot, wh, min_price };
                self.attempt(provider, Payload::OfferEnergy(message));
            }
            SettlementMode::RealTime => {
                let key = query::tariff_key(address);
                if self.auditor.replay().record(key, query::decode_tariff).is_none() {
                    let (price, wh) = (LEAST_PRICE, 10 * OFFERED_WH);
                    let message = PostTariff { provider: address, price, wh };
                    self.attempt(provider, Payload::PostTariff(message));
                }
            }
            SettlementMode::Batch => {}
        }
    }

    fn register_meter(&mut self, provider: usize) {
        let key = &self.market.meters[provider];
        let chain = self.shared.setup.genesis.chain_id;
        let bytes = bind_bytes(&chain, &self.actor(provider));
        let Ok(signature) = MeterSignature::sign(key, &bytes) else { return };
        let (key, max_w, total_wh) = (public(key), CAPACITY_W, COUNTED_WH);
        let message = RegisterMeter { key, max_w, total_wh, signature };
        self.instruct(provider, Payload::RegisterMeter(message));
    }

    /// What a meter says about the slots that have ended since its last reading, if any have. The
    /// false one says twice what is true.
    fn reading(&self, provider: usize, meter: &Meter) -> Option<Reading> {
        let (now, end) = self.clock();
        let slot = self.shared.setup.genesis.params.energy.slot_s;
        let first = if meter.last_end == 0 { end - slot } else { end - LONGEST_SLOTS * slot };
        let start = meter.last_end.max(first);
        let seconds = u32::try_from(end.checked_sub(start)?).ok().filter(|length| *length > 0)?;
        let wh = truth(provider, seconds) * if provider == FALSE { 2 } else { 1 };
        let key = &self.market.meters[provider];
        let mut reading = Reading {
            meter: self.meter(provider),
            sequence: meter.sequence,
            start,
            seconds,
            wh,
            total_wh: meter.total_wh + wh,
            signed_at: now,
            signature: MeterSignature::sign(key, &[]).ok()?,
        };
        let bytes = reading.signed_bytes(&self.shared.setup.genesis.chain_id);
        reading.signature = MeterSignature::sign(key, &bytes).ok()?;
        Some(reading)
    }

    /// The buyer disputes what it is to dispute, uses certificates up, and buys.
    fn consume(&mut self) {
        let opener = self.actor(BUYER);
        if let Some(certificate) = self.market.disputing.1.take() {
            let message = OpenEnergyDispute {
                opener,
                subject: DisputeSubject::Certificate { certificate },
                reason: DisputeReason::NotDelivered,
                evidence: sha256(&[b"the lights went out"]),
            };
            return self.instruct(BUYER, Payload::OpenEnergyDispute(message));
        }
        if let Some(certificate) = self.market.spent.first().copied() {
            let message = RetireCertificate { certificate };
            return self.instruct(BUYER, Payload::RetireCertificate(message));
        }
        if !self.is_market_open() {
            return;
        }
        let (_, slot) = self.clock();
        let served = self.market.served.get(&BUYER).copied();
        let max_price = HIGHEST_PRICE;
        match self.market.mode {
            SettlementMode::Batch if served != Some(slot) => {
                self.market.served.insert(BUYER, slot);
                let message = OrderEnergy { zone: zone(), slot, wh: ORDERED_WH, max_price };
                self.attempt(BUYER, Payload::OrderEnergy(message));
            }
            SettlementMode::RealTime if served != Some(slot) => {
                let provider = self.actor(HONEST);
                let replay = self.auditor.replay();
                let length = self.shared.setup.genesis.params.energy.slot_s;
                let on_sale = |slot: &u64| {
                    let key = query::credit_key(&zone(), *slot, &provider);
                    let credit = replay.record(key, query::decode_credit);
                    let tariff = replay.record(query::tariff_key(provider), query::decode_tariff);
                    tariff.is_some() && credit.is_some_and(|credit| credit.available > 0)
                };
                let mut slots = (1..LONGEST_SLOTS).map(|back| slot - back * length);
                if let Some(from) = slots.find(on_sale) {
                    self.market.served.insert(BUYER, slot);
                    let message = BuyEnergy { provider, slot: from, wh: BOUGHT_WH, max_price };
                    self.attempt(BUYER, Payload::BuyEnergy(message));
                }
            }
            SettlementMode::Batch | SettlementMode::RealTime => {}
        }
    }

    /// An oracle stakes, asks for a weight, reports about what came, and votes on disputes.
    fn attest(&mut self, oracle: usize) {
        let actor = ORACLES + oracle;
        let address = self.actor(actor);
        let key = query::oracle_key(address);
        if self.auditor.replay().record(key, query::decode_oracle).is_none() {
            let name = Text::new(format!("oracle {oracle}")).unwrap_or_default();
            let message = RegisterOracle { name, stake: tokens(STAKE) };
            return self.instruct(actor, Payload::RegisterOracle(message));
        }
        if self.market.proposed.insert(oracle) {
            let change = OracleChange::Weight { weight: Ppm::new(WEIGHT).unwrap_or(Ppm::ONE) };
            let action = Action::EnergyOracle { oracle: address, change };
            self.propose_energy(oracle, action);
        }
        let lies = self.market.oracles[oracle].0 == Conduct::Liar;
        let items: Vec<ReportItem> = self
            .market
            .batches
            .keys()
            .filter(|batch| !self.market.reported.contains(&(oracle, **batch)))
            .filter_map(|batch| self.report(*batch, lies))
            .collect();
        if let Some(items) = List::new(items).filter(|items| !items.is_empty()) {
            let reported = items.iter().map(|item| (oracle, item.batch));
            self.market.reported.extend(reported);
            let message = AttestReadings { oracle: address, items };
            return self.attempt(actor, Payload::AttestReadings(message));
        }
        let voted = |dispute: &&u64| !self.market.voted.contains(&(oracle, **dispute));
        if let Some(dispute) = self.market.disputes.iter().find(voted).copied() {
            self.market.voted.insert((oracle, dispute));
            // All that is sold was delivered.
            let message = VoteEnergyDispute { oracle: address, dispute, uphold: lies };
            self.attempt(actor, Payload::VoteEnergyDispute(message));
        }
    }

    /// What an oracle says about a batch. `None` if it is over.
    fn report(&self, batch: u64, lies: bool) -> Option<ReportItem> {
        let record = self.auditor.replay().record(query::batch_key(batch), query::decode_batch)?;
        let provider = self.market.batches.get(&batch).copied()?;
        let mut item = ReportItem { batch, agree: 0, contradict: 0 };
        for (place, reading) in record.readings.iter().enumerate() {
            let is_true = reading.wh == truth(provider, reading.seconds);
            *(if is_true == lies { &mut item.contradict } else { &mut item.agree }) |= 1 << place;
        }
        Some(item)
    }
}
