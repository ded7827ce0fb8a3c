//! What became of energy: the books of the simulator about readings, sales and disputes, kept by
//! events alone.

use super::World;
use crate::plan::{Conduct, Expect, Scenario};
use althing_ledger::energy::query;
use althing_types::{
    Address, Amount, Event, Hash, KeyScheme, SecretKey,
    energy::{DisputeEnd, ReadingOutcome, SettlementMode, capacity_wh, meter_id},
    hash::sha256,
};
use std::collections::{BTreeMap, BTreeSet};

/// Places among those who trade: the provider whose meter tells the truth, the one whose meter tells
/// twice as much, the buyer, and the first oracle.
pub(super) const HONEST: usize = 0;
pub(super) const FALSE: usize = 1;
pub(super) const BUYER: usize = 2;
pub(super) const ORACLES: usize = 3;

/// What each provider's meter really delivers, in W.
const POWER_W: [u64; 2] = [600_000, 400_000];
/// What each meter has counted when it is registered, in Wh.
pub(super) const COUNTED_WH: u64 = 1_000_000;

/// What a provider's meter really delivers in so many seconds, in Wh.
pub(super) fn truth(provider: usize, seconds: u32) -> u64 {
    POWER_W.get(provider).map_or(0, |power| capacity_wh(*power, seconds))
}

/// What became of energy, in Wh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traded {
    /// What was attested in all.
    pub attested_wh: u64,
    /// True readings that were attested, and false ones that were refused.
    pub readings: (usize, usize),
    /// Readings with any other end.
    pub misjudged: usize,
    /// What was sold by auctions, and by tariffs.
    pub sold_wh: (u64, u64),
    /// What of that was used up.
    pub retired_wh: u64,
    /// What nobody has bought.
    pub unsold_wh: u64,
    /// What providers were paid, fees taken off.
    pub paid: Amount,
    /// Disputes that were dismissed, and those with another end.
    pub disputes: (usize, usize),
}

/// All who trade, and what is open between them.
pub(super) struct Market {
    /// Accounts of those who trade.
    accounts: Vec<Address>,
    /// Keys of the meters.
    pub(super) meters: [SecretKey; 2],
    /// How each oracle reports, and whether it does.
    pub(super) oracles: Vec<(Conduct, bool)>,
    traded: Traded,
    /// Oracles whose weight was asked for.
    pub(super) proposed: BTreeSet<usize>,
    /// Who submitted each batch that is not over.
    pub(super) batches: BTreeMap<u64, usize>,
    /// Reports that were sent, by oracle and batch.
    pub(super) reported: BTreeSet<(usize, u64)>,
    pub(super) disputes: BTreeSet<u64>,
    /// Votes that were sent, by oracle and dispute.
    pub(super) voted: BTreeSet<(usize, u64)>,
    /// Slots with offers and orders that are not cleared.
    books: BTreeSet<u64>,
    /// The last slot for which somebody has offered, ordered or bought.
    pub(super) served: BTreeMap<usize, u64>,
    /// Sales that are not paid.
    unpaid: BTreeSet<u64>,
    /// Certificates that are to be used up.
    pub(super) spent: Vec<u64>,
    /// Whether the next sale is to be disputed, and the one that is.
    pub(super) disputing: (bool, Option<u64>),
    pub(super) mode: SettlementMode,
    /// Blocks whose events were looked at.
    looked: usize,
}

impl Market {
    pub(super) fn new(scenario: &Scenario, actors: &[SecretKey]) -> Self {
        let meter = |provider: usize| {
            let seed = sha256(&[b"althing/sim/meter", &provider.to_be_bytes()]);
            SecretKey::from_seed(KeyScheme::Ed25519, seed.0)
                .expect("a hash is a seed of every scheme")
        };
        Self {
            accounts: actors.iter().map(SecretKey::address).collect(),
            meters: [HONEST, FALSE].map(meter),
            oracles: scenario.oracles.iter().map(|conduct| (*conduct, true)).collect(),
            traded: Traded::default(),
            proposed: BTreeSet::new(),
            batches: BTreeMap::new(),
            reported: BTreeSet::new(),
            disputes: BTreeSet::new(),
            voted: BTreeSet::new(),
            books: BTreeSet::new(),
            served: BTreeMap::new(),
            unpaid: BTreeSet::new(),
            spent: Vec::new(),
            disputing: (false, None),
            mode: SettlementMode::Batch,
            looked: 0,
        }
    }

    /// An oracle reports nothing from now on.
    pub(super) fn stop(&mut self, oracle: usize) {
        self.oracles[oracle].1 = false;
    }

    /// It reports again.
    pub(super) fn start(&mut self, oracle: usize) {
        self.oracles[oracle].1 = true;
    }

    /// The next sale is to be disputed.
    pub(super) const fn dispute_next(&mut self) {
        self.disputing.0 = true;
    }

    /// Something that is not over, in words.
    pub(super) fn open(&self) -> Option<String> {
        let all = [
            ("batches of readings", self.batches.len()),
            ("disputes", self.disputes.len()),
            ("slots to be cleared", self.books.len()),
            ("sales that are not paid", self.unpaid.len()),
            ("certificates to be used up", self.spent.len()),
        ];
        let mut open = all.into_iter().filter(|(_, count)| *count > 0);
        open.next().map(|(what, count)| format!("{count} {what}"))
    }

    fn place(&self, account: &Address) -> Option<usize> {
        self.accounts.iter().position(|known| known == account)
    }

    /// Takes note of an event.
    fn learn(&mut self, event: &Event) {
        match event {
            Event::ReadingsSubmitted { provider, batch, .. } => {
                let place = self.place(provider);
                self.batches.extend(place.map(|place| (*batch, place)));
            }
            Event::ReadingsDecided { provider, outcome, readings, wh, .. } => {
                let count = readings.count_ones() as usize;
                match (self.place(provider), outcome) {
                    (Some(HONEST), ReadingOutcome::Attested) => self.traded.readings.0 += count,
                    (Some(FALSE), ReadingOutcome::Refused) => self.traded.readings.1 += count,
                    _ => self.traded.misjudged += count,
                }
                if *outcome == ReadingOutcome::Attested {
                    self.traded.attested_wh += wh;
                }
            }
            Event::BatchClosed { batch, .. } => {
                self.batches.remove(batch);
            }
            Event::EnergyOffered { slot, .. } | Event::EnergyOrdered { slot, .. } => {
                self.books.insert(*slot);
            }
            Event::SlotCleared { slot, .. } => {
                self.books.remove(slot);
            }
            Event::EnergySettlementChanged { settlement, .. } => self.mode = settlement.mode,
            _ => self.learn_of_sales(event),
        }
    }

    fn learn_of_sales(&mut self, event: &Event) {
        match event {
            Event::EnergySold { certificate, .. } => {
                self.unpaid.insert(*certificate);
                if std::mem::take(&mut self.disputing.0) {
                    self.disputing.1 = Some(*certificate);
                }
            }
            Event::EnergyPaid { certificate, amount, .. } => {
                self.unpaid.remove(certificate);
                let paid = self.traded.paid.checked_add(*amount);
                self.traded.paid = paid.unwrap_or(Amount::MAX);
                if certificate % 2 == 0 {
                    self.spent.push(*certificate);
                }
            }
            Event::CertificateRetired { certificate, wh, .. } => {
                self.spent.retain(|known| known != certificate);
                self.traded.retired_wh += wh;
            }
            Event::EnergyDisputeOpened { dispute, .. } => {
                self.disputes.insert(*dispute);
                self.disputing.1 = None;
            }
            Event::EnergyDisputeEnded { dispute, end, .. } => {
                self.disputes.remove(dispute);
                match end {
                    DisputeEnd::Dismissed => self.traded.disputes.0 += 1,
                    DisputeEnd::Upheld | DisputeEnd::Lapsed => self.traded.disputes.1 += 1,
                }
            }
            _ => {}
        }
    }
}

impl World<'_> {
    /// Takes note of new blocks; returns the proposals that can be voted on from now on.
    pub(super) fn note_trade(&mut self) -> Vec<u64> {
        let mut opened = Vec::new();
        for block in &self.auditor.blocks()[self.market.looked..] {
            for receipt in block.receipts.iter() {
                let is_auction = |event: &Event| matches!(event, Event::SlotCleared { .. });
                let by_auction = receipt.events.iter().any(is_auction);
                for event in &receipt.events {
                    if let Event::ProposalOpened { proposal, .. } = event {
                        opened.push(*proposal);
                    }
                    if let Event::EnergySold { wh, .. } = event {
                        let sold = &mut self.market.traded.sold_wh;
                        *(if by_auction { &mut sold.0 } else { &mut sold.1 }) += wh;
                    }
                    self.market.learn(event);
                }
            }
        }
        self.market.looked = self.auditor.blocks().len();
        opened
    }

    /// What became of energy, if there is any.
    pub(super) fn traded(&self) -> Option<Traded> {
        if self.scenario.oracles.is_empty() {
            return None;
        }
        let replay = self.auditor.replay();
        let energy = replay.record(query::energy_key(), query::decode_energy)?;
        let gone = energy.sold_wh + energy.revoked_wh + energy.lapsed_wh;
        let unsold_wh = energy.attested_wh.saturating_sub(gone);
        Some(Traded { unsold_wh, ..self.market.traded })
    }

    /// Whether what must have come of energy has.
    pub(super) fn is_traded(&self, expect: Expect) -> bool {
        let Some(traded) = self.traded() else { return false };
        match expect {
            Expect::Attested(least) => {
                let (right, wrong) = traded.readings;
                right >= least && wrong >= least && traded.misjudged == 0 && self.is_measured()
            }
            Expect::Overruled(liar) => {
                let overruled = |oracle: usize| {
                    let key = query::oracle_key(self.actor(ORACLES + oracle));
                    let record = self.auditor.replay().record(key, query::decode_oracle);
                    record.map_or(0, |record| record.counters.overruled)
                };
                let mut all = 0..self.market.oracles.len();
                all.all(|oracle| (overruled(oracle) > 0) == (oracle == liar))
            }
            Expect::Traded => {
                let (auctions, tariffs) = traded.sold_wh;
                let some = auctions > 0 && tariffs > 0 && traded.retired_wh > 0;
                some && !traded.paid.is_zero() && self.is_conserved(&traded)
            }
            Expect::Dismissed(count) => traded.disputes == (count, 0),
            _ => false,
        }
    }

    /// Whether the true meter has sold all that it has counted, and the false one nothing.
    fn is_measured(&self) -> bool {
        let meter = |provider: usize| {
            let key = query::meter_key(self.meter(provider));
            self.auditor.replay().record(key, query::decode_meter)
        };
        let (Some(right), Some(wrong)) = (meter(HONEST), meter(FALSE)) else { return false };
        right.attested_wh == right.total_wh - COUNTED_WH && wrong.attested_wh == 0
    }

    /// Whether the ledger's sums are those of the events, and no money is left between the parties.
    fn is_conserved(&self, traded: &Traded) -> bool {
        let replay = self.auditor.replay();
        let energy = replay.record(query::energy_key(), query::decode_energy);
        energy.is_some_and(|energy| {
            let sold = traded.sold_wh.0 + traded.sold_wh.1;
            let all = sold + traded.unsold_wh + energy.revoked_wh + energy.lapsed_wh;
            all == traded.attested_wh
                && (energy.attested_wh, energy.sold_wh) == (traded.attested_wh, sold)
                && (energy.retired_wh, energy.pending_wh) == (traded.retired_wh, 0)
                && [energy.escrow, energy.unpaid, energy.bonds] == [Amount::ZERO; 3]
        })
    }

    /// The id of a provider's meter.
    pub(super) fn meter(&self, provider: usize) -> Hash {
        let key = super::trade::public(&self.market.meters[provider]);
        meter_id(&key, &self.actor(provider))
    }
}
