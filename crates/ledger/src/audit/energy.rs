//! What a recount of the energy market remembers.

use super::{
    records::{BAD, SUM, Wrong, array, sum},
    schedule::Queued,
};
use crate::{
    modules::energy::{
        AGENDA, Batch, Book, Certificate, Credit, Dispute, DueItem, ENERGY, Energy, Meter, Oracle,
        OracleSet, Provider, batch_key, certificate_key, dispute_key, oracle_key, oracle_set_key,
        provider_key,
        query::{
            decode_agenda, decode_batch, decode_book, decode_certificate, decode_credit,
            decode_dispute, decode_due, decode_energy, decode_entry, decode_grant, decode_meter,
            decode_meter_key, decode_meter_of_key, decode_oracle, decode_oracle_set,
            decode_provider, decode_rate, decode_settlement, decode_tariff,
        },
    },
    prefix,
};
use althing_state::StateKey;
use althing_types::{
    Address, Amount,
    energy::{EnergyRole, ProviderState},
};
use std::collections::{BTreeMap, BTreeSet};

/// All records of energy.
#[derive(Debug, Default)]
pub(super) struct Market {
    energy: Option<Energy>,
    queued: Queued,
    providers: BTreeMap<Address, Provider>,
    meters: BTreeMap<[u8; 32], Meter>,
    meter_keys: u64,
    oracles: BTreeMap<Address, Oracle>,
    sets: BTreeMap<u32, OracleSet>,
    batches: BTreeMap<u64, Batch>,
    credits: Vec<Credit>,
    books: Vec<Book>,
    certificates: BTreeMap<u64, Certificate>,
    disputes: BTreeMap<u64, Dispute>,
    /// Batches, sales and disputes that something is due for.
    due: BTreeSet<(u8, u64)>,
    /// Providers and oracles whose stake is due.
    unbonding: BTreeSet<(u8, Address)>,
}

/// Kinds of what is due that has a number.
const BATCH: u8 = 0;
const SALE: u8 = 1;
const DISPUTE: u8 = 2;

/// `sum + more`, of Wh or of things.
fn more(sum: &mut u64, wh: u64) -> Result<(), &'static str> {
    *sum = sum.checked_add(wh).ok_or(SUM)?;
    Ok(())
}

impl Market {
    /// Takes a record, if it belongs here. Returns whether it does.
    pub(super) fn add(
        &mut self,
        key: StateKey,
        rest: &[u8],
        value: &[u8],
    ) -> Result<bool, &'static str> {
        let number = || array(rest).map(u64::from_be_bytes);
        match key.prefix() {
            prefix::ENERGY => self.energy = Some(decode_energy(value).map_err(|_| BAD)?),
            prefix::ENERGY_AGENDA => {
                self.queued.agenda = Some(decode_agenda(value).map_err(|_| BAD)?);
            }
            prefix::ENERGY_DUE => {
                self.queued.bucket(decode_due(value).map_err(|_| BAD)?)?;
            }
            prefix::ENERGY_DUE_ENTRY => self.entry(value)?,
            prefix::ENERGY_PROVIDER => {
                let provider = decode_provider(value).map_err(|_| BAD)?;
                self.providers.insert(Address::new(array(rest)?), provider);
            }
            prefix::METER => {
                self.meters.insert(array(rest)?, decode_meter(value).map_err(|_| BAD)?);
            }
            prefix::METER_KEY => {
                decode_meter_key(value).map_err(|_| BAD)?;
                more(&mut self.meter_keys, 1)?;
            }
            prefix::ENERGY_BATCH => {
                self.batches.insert(number()?, decode_batch(value).map_err(|_| BAD)?);
            }
            prefix::ENERGY_ORACLE => {
                let oracle = decode_oracle(value).map_err(|_| BAD)?;
                self.oracles.insert(Address::new(array(rest)?), oracle);
            }
            prefix::ORACLE_SET => {
                let set = decode_oracle_set(value).map_err(|_| BAD)?;
                self.sets.insert(u32::from_be_bytes(array(rest)?), set);
            }
            prefix::ENERGY_CREDIT => {
                self.credits.push(decode_credit(value).map_err(|_| BAD)?);
            }
            prefix::ENERGY_BOOK => self.books.push(decode_book(value).map_err(|_| BAD)?),
            prefix::CERTIFICATE => {
                let certificate = decode_certificate(value).map_err(|_| BAD)?;
                self.certificates.insert(number()?, certificate);
            }
            prefix::ENERGY_DISPUTE => {
                self.disputes.insert(number()?, decode_dispute(value).map_err(|_| BAD)?);
            }
            _ => return Self::decodes(key.prefix(), value),
        }
        Ok(true)
    }

    fn entry(&mut self, value: &[u8]) -> Result<(), &'static str> {
        match decode_entry(value).map_err(|_| BAD)? {
            DueItem::Batch { batch } => self.due.insert((BATCH, batch)),
            DueItem::Sale { certificate } => self.due.insert((SALE, certificate)),
            DueItem::Dispute { dispute } => self.due.insert((DISPUTE, dispute)),
            DueItem::Unbond { account, role } => self.unbonding.insert((role.byte(), account)),
            DueItem::Slot { .. } | DueItem::Credit { .. } => true,
        };
        self.queued.entry()
    }

    /// Records of which nothing but that they decode is asked.
    fn decodes(prefix: u8, value: &[u8]) -> Result<bool, &'static str> {
        let decodes = match prefix {
            prefix::ENERGY_SETTLEMENT => decode_settlement(value).is_ok(),
            prefix::TARIFF => decode_tariff(value).is_ok(),
            prefix::ENERGY_GRANT => decode_grant(value).is_ok(),
            prefix::ENERGY_RATE => decode_rate(value).is_ok(),
            prefix::METER_OF_KEY => decode_meter_of_key(value).is_ok(),
            _ => return Ok(false),
        };
        if decodes { Ok(true) } else { Err(BAD) }
    }

    /// Whether the records fit together; `held` is what the account `energy` owns.
    pub(super) fn judge(&self, held: Amount) -> Result<(), Wrong> {
        let energy = self.energy.as_ref().ok_or((ENERGY, "the record is absent"))?;
        self.judge_money(energy, held).map_err(|what| (ENERGY, what))?;
        self.judge_energy(energy).map_err(|what| (ENERGY, what))?;
        self.judge_providers(energy)?;
        self.judge_oracles(energy)?;
        self.judge_disputes()?;
        self.judge_agenda()
    }

    /// Every sum of money is that of its records, and the account holds all of it.
    fn judge_money(&self, energy: &Energy, held: Amount) -> Result<(), &'static str> {
        let [mut stakes, mut escrow, mut unpaid, mut bonds] = [Amount::ZERO; 4];
        for provider in self.providers.values() {
            sum(&mut stakes, provider.stake)?;
        }
        for oracle in self.oracles.values() {
            sum(&mut stakes, oracle.stake)?;
        }
        for order in self.books.iter().flat_map(|book| book.orders.iter()) {
            sum(&mut escrow, order.escrow)?;
        }
        for certificate in self.certificates.values() {
            sum(&mut unpaid, certificate.unpaid)?;
        }
        for dispute in self.disputes.values() {
            sum(&mut bonds, dispute.bond)?;
        }
        if (stakes, escrow) != (energy.stakes, energy.escrow)
            || (unpaid, bonds) != (energy.unpaid, energy.bonds)
        {
            return Err("the sums of stakes, orders, unpaid sales and bonds are not the records'");
        }
        let mut all = stakes;
        for part in [escrow, unpaid, bonds] {
            sum(&mut all, part)?;
        }
        let whole = all == held;
        if whole { Ok(()) } else { Err("the account `energy` holds something else than it owes") }
    }

    /// What was attested is on sale, held back, sold, revoked or lapsed, to the Wh.
    fn judge_energy(&self, energy: &Energy) -> Result<(), &'static str> {
        let [mut pending, mut attested, mut open, mut sold] = [0u64; 4];
        for batch in self.batches.values() {
            for (bit, reading) in (0u8..).zip(batch.readings.iter()) {
                if batch.outcome(bit).is_none() {
                    more(&mut pending, reading.wh)?;
                }
            }
        }
        for meter in self.meters.values() {
            more(&mut attested, meter.attested_wh)?;
        }
        for credit in &self.credits {
            more(&mut open, credit.available)?;
            more(&mut open, credit.frozen)?;
        }
        let mut used = 0u64;
        for certificate in self.certificates.values() {
            let sum = if certificate.retired.is_some() { &mut used } else { &mut sold };
            more(sum, certificate.wh)?;
        }
        if used > energy.retired_wh {
            return Err("more certificates were used up than were counted");
        }
        // What was used up and is paid has no record any more.
        more(&mut sold, energy.retired_wh)?;
        if (pending, attested, sold) != (energy.pending_wh, energy.attested_wh, energy.sold_wh) {
            return Err("the sums of energy are not those of readings, meters and certificates");
        }
        for part in [sold, energy.revoked_wh, energy.lapsed_wh] {
            more(&mut open, part)?;
        }
        let whole = open == energy.attested_wh;
        if whole { Ok(()) } else { Err("attested energy was lost, or is there twice") }
    }

    /// What providers count is what is there, and no meter is without its provider's key.
    fn judge_providers(&self, energy: &Energy) -> Result<(), Wrong> {
        let counted = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
        if counted(self.providers.len()) != u64::from(energy.providers)
            || counted(self.meters.len()) != self.meter_keys
            || self.batches.keys().any(|number| *number >= energy.next_batch)
            || self.certificates.keys().any(|number| *number >= energy.next_certificate)
        {
            return Err((ENERGY, "other providers, meters, batches or sales than are counted"));
        }
        for (address, provider) in &self.providers {
            let wrong = |what| Err((provider_key(address), what));
            let own = self.batches.values().filter(|batch| batch.provider == *address);
            let (batches, pending) = own.fold((0u64, 0u64), |(count, pending), batch| {
                let undecided = u64::from(batch.undecided.count_ones());
                (count.saturating_add(1), pending.saturating_add(undecided))
            });
            if (batches, pending) != (provider.batches, provider.pending) {
                return wrong("a provider has other batches or undecided readings than it counts");
            }
            let unpaid = self.certificates.values().filter(|certificate| {
                certificate.provider == *address && certificate.due.is_some()
            });
            if counted(unpaid.count()) != provider.unpaid {
                return wrong("a provider has other unpaid sales than it counts");
            }
            let disputes = self.disputes.values().filter(|dispute| dispute.provider == *address);
            if counted(disputes.count()) != u64::from(provider.disputes) {
                return wrong("a provider has other disputes than it counts");
            }
            let mut measured = 0u64;
            let since = provider.registered;
            let meters = self
                .meters
                .values()
                .filter(|meter| meter.provider == *address && meter.keyed >= since);
            for meter in meters {
                measured = measured.saturating_add(meter.max_w);
            }
            if measured != provider.metered_w || measured > provider.capacity_w {
                return wrong("the meters of a provider measure something else than it counts");
            }
        }
        let orphan =
            self.batches.iter().find(|(_, batch)| !self.providers.contains_key(&batch.provider));
        orphan.map_or(Ok(()), |(number, _)| Err((batch_key(*number), "a batch has no provider")))
    }

    /// Oracles have the weight that the present set gives them, and count the batches that they have
    /// reported about.
    fn judge_oracles(&self, energy: &Energy) -> Result<(), Wrong> {
        let mut open: BTreeMap<Address, u64> = BTreeMap::new();
        for (number, batch) in &self.batches {
            let set = self.sets.get(&batch.oracles);
            let set = set.ok_or((batch_key(*number), "a batch is decided by nobody"))?;
            for report in batch.reports.iter() {
                let entry = set.get(usize::from(report.oracle));
                let entry = entry.ok_or((batch_key(*number), "a report is nobody's"))?;
                let count = open.entry(entry.oracle).or_default();
                *count = count.saturating_add(1);
            }
        }
        let set = self.sets.get(&energy.oracle_set);
        let set = set.ok_or((oracle_set_key(energy.oracle_set), "the record is absent"))?;
        for (address, oracle) in &self.oracles {
            if open.remove(address).unwrap_or(0) != oracle.open {
                let what = "an oracle has reported about other open batches than it counts";
                return Err((oracle_key(address), what));
            }
            let entry = set.iter().find(|entry| entry.oracle == *address);
            if entry.map_or(0, |entry| entry.weight) != oracle.weight.get() {
                return Err((oracle_key(address), "an oracle has another weight than in its set"));
            }
        }
        if open.is_empty() {
            Ok(())
        } else {
            Err((ENERGY, "an oracle has got its stake back while it could be slashed"))
        }
    }

    /// What is held back is held back by a dispute that is open, and nothing else is.
    fn judge_disputes(&self) -> Result<(), Wrong> {
        let mut held = BTreeMap::new();
        for (number, dispute) in &self.disputes {
            if !self.sets.contains_key(&dispute.oracles) {
                return Err((dispute_key(*number), "a dispute is decided by nobody"));
            }
            held.extend(dispute.sales.iter().map(|sale| (*sale, *number)));
        }
        for (number, certificate) in &self.certificates {
            if certificate.dispute != held.remove(number) {
                let what = "a sale is held back without a dispute, or not by the one that says so";
                return Err((certificate_key(*number), what));
            }
        }
        let mut frozen = 0u64;
        for dispute in self.disputes.values() {
            let parts = dispute.frozen.iter().map(|part| part.wh);
            frozen = parts.fold(frozen, u64::saturating_add);
        }
        let credits = self.credits.iter().map(|credit| credit.frozen);
        if held.is_empty() && frozen == credits.fold(0, u64::saturating_add) {
            Ok(())
        } else {
            Err((ENERGY, "disputes hold back something that is not there"))
        }
    }

    /// Something is due for every batch, unpaid sale and dispute that nothing else moves on.
    fn judge_agenda(&self) -> Result<(), Wrong> {
        self.queued.judge(AGENDA)?;
        for (number, batch) in &self.batches {
            if batch.disputed == 0 && !self.due.contains(&(BATCH, *number)) {
                return Err((batch_key(*number), "nothing will ever happen to a batch"));
            }
        }
        for (number, certificate) in &self.certificates {
            let (waits, disputed) = (certificate.due.is_some(), certificate.dispute.is_some());
            if waits && !disputed && !self.due.contains(&(SALE, *number)) {
                return Err((certificate_key(*number), "a sale will never be paid"));
            }
            if !waits && (disputed || certificate.retired.is_some()) {
                return Err((certificate_key(*number), "a certificate should be gone"));
            }
            if !waits && !certificate.unpaid.is_zero() {
                return Err((certificate_key(*number), "money is left that is for nobody"));
            }
        }
        for (address, provider) in &self.providers {
            let leaves = provider.state == ProviderState::Leaving && provider.is_settled();
            if leaves && !self.unbonding.contains(&(EnergyRole::Provider.byte(), *address)) {
                return Err((provider_key(address), "a stake will never be paid"));
            }
        }
        for (address, oracle) in &self.oracles {
            let leaves = oracle.leaving && oracle.open == 0;
            if leaves && !self.unbonding.contains(&(EnergyRole::Oracle.byte(), *address)) {
                return Err((oracle_key(address), "a stake will never be paid"));
            }
        }
        for number in self.disputes.keys() {
            if !self.due.contains(&(DISPUTE, *number)) {
                return Err((dispute_key(*number), "a dispute will never end"));
            }
        }
        Ok(())
    }
}
