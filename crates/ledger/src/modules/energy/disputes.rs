//! Disputes: what they hold back, how oracles decide them, and what follows.

use super::{
    Batch, Certificate, Dispute, DueItem, Frozen, batch_key, certificate_key, credit_key,
    decisions::{bits, blocks_quorum, is_quorum},
    desk::{Desk, add, broken, subtract},
    dispute_key,
    error::EnergyError,
    oracle_key, oracle_set_key, provider_key, store,
};
use crate::{
    error::{Failure, Fault},
    modules::{accounts, staking},
    rounds::Missed,
};
use althing_state::StateKey;
use althing_types::{
    Address, Amount, Event, List,
    energy::{DisputeEnd, DisputeSubject, EnergySlashReason, ReadingOutcome},
    limits::MAX_DISPUTED_SALES,
};

/// What a dispute holds back.
pub(super) struct Held {
    pub(super) provider: Address,
    pub(super) frozen: Vec<Frozen>,
    pub(super) sales: Vec<u64>,
}

impl Desk<'_> {
    /// Holds back what a dispute is about.
    pub(super) fn hold(&mut self, number: u64, subject: &DisputeSubject) -> Result<Held, Failure> {
        match subject {
            DisputeSubject::Reading { batch, reading } => {
                self.hold_reading(number, *batch, *reading)
            }
            DisputeSubject::Certificate { certificate } => self.hold_sale(number, *certificate),
        }
    }

    fn hold_reading(&mut self, number: u64, batch: u64, reading: u8) -> Result<Held, Failure> {
        staking::know(self.view, [batch_key(batch)])?;
        let mut record = store::load_batch(self.view, batch)?.ok_or(EnergyError::NotDisputable)?;
        let place = usize::from(reading);
        let held = record.readings.get(place).cloned().ok_or(EnergyError::NotDisputable)?;
        match record.outcome(reading) {
            Some(ReadingOutcome::Attested) => {}
            Some(ReadingOutcome::Refused | ReadingOutcome::Expired) => {
                return Err(EnergyError::QuorumFailed.into());
            }
            Some(ReadingOutcome::Disproved) | None => {
                return Err(EnergyError::NotDisputable.into());
            }
        }
        if record.closes.is_some_and(|closes| self.moment.is_reached(closes)) {
            return Err(EnergyError::NotDisputable.into());
        }
        let bit = 1u64.checked_shl(reading.into()).unwrap_or(0);
        if record.disputed & bit != 0 {
            return Err(EnergyError::SettlementConflict.into());
        }
        record.disputed |= bit;
        let provider = record.provider;
        let zone = self.provider(&provider)?.zone;
        let (mut frozen, mut sales) = (Vec::new(), Vec::new());
        let parts = held.parts(record.slot_s);
        staking::know(
            self.view,
            parts.iter().map(|(slot, _)| credit_key(&zone, *slot, &provider)),
        )?;
        let mut missed = Missed::default();
        for (slot, wh) in parts {
            let back = self.freeze(&zone, (slot, wh), &provider)?;
            let sold = wh.saturating_sub(back);
            frozen.push(Frozen { slot, wh: back, sold });
            missed.step(self.hold_sales(number, (&zone, slot, &provider), sold, &mut sales))?;
        }
        missed.end()?;
        store::save_batch(self.view, batch, &record)?;
        Ok(Held { provider, frozen, sales })
    }

    /// Holds back the latest unpaid sales of a slot, until they make up `wh` or there are as many as
    /// one dispute holds.
    fn hold_sales(
        &mut self,
        number: u64,
        (zone, slot, provider): (&althing_types::energy::Zone, u64, &Address),
        wh: u64,
        sales: &mut Vec<u64>,
    ) -> Result<(), Fault> {
        let Some(credit) = store::load_credit(self.view, zone, slot, provider)? else {
            return Ok(());
        };
        let mut left = wh;
        let latest: Vec<u64> = credit.unpaid.iter().rev().copied().collect();
        for (place, sale) in latest.iter().copied().enumerate() {
            if left == 0 || sales.len() == MAX_DISPUTED_SALES {
                break;
            }
            if place.is_multiple_of(MAX_DISPUTED_SALES) {
                let next = latest.iter().skip(place).take(MAX_DISPUTED_SALES);
                staking::know(self.view, next.map(|sale| certificate_key(*sale)))?;
            }
            let mut certificate = store::require_certificate(self.view, sale)?;
            if certificate.dispute.is_none() {
                certificate.dispute = Some(number);
                left = left.saturating_sub(certificate.wh);
                store::save_certificate(self.view, sale, &certificate)?;
                sales.push(sale);
            }
        }
        Ok(())
    }

    fn hold_sale(&mut self, number: u64, sale: u64) -> Result<Held, Failure> {
        staking::know(self.view, [certificate_key(sale)])?;
        let known = store::load_certificate(self.view, sale)?;
        let mut certificate = known.ok_or(EnergyError::UnknownCertificate)?;
        if certificate.dispute.is_some() {
            return Err(EnergyError::SettlementConflict.into());
        }
        if certificate.due.is_none_or(|due| self.moment.is_reached(due)) {
            return Err(EnergyError::NotDisputable.into());
        }
        certificate.dispute = Some(number);
        let provider = certificate.provider;
        store::save_certificate(self.view, sale, &certificate)?;
        Ok(Held { provider, frozen: Vec::new(), sales: vec![sale] })
    }

    /// What the votes about a dispute decide now, if they do.
    pub(super) fn verdict(&self, dispute: &Dispute) -> Result<Option<DisputeEnd>, Fault> {
        staking::know(self.view, [oracle_set_key(dispute.oracles)])?;
        let set = store::require_set(self.view, dispute.oracles)?;
        let all = super::decisions::weight(&set);
        let of = |votes: u32| {
            let votes = bits(votes.into()).filter_map(|place| set.get(usize::from(place)));
            votes.fold(0u64, |sum, entry| sum.saturating_add(entry.weight.into()))
        };
        if is_quorum(of(dispute.uphold), all, dispute.quorum) {
            return Ok(Some(DisputeEnd::Upheld));
        }
        let blocked = blocks_quorum(of(dispute.dismiss), all, dispute.quorum);
        Ok(blocked.then_some(DisputeEnd::Dismissed))
    }

    /// Ends a dispute by itself, if it is still open and its time has come.
    pub(super) fn wake_dispute(&mut self, number: u64) -> Result<(), Fault> {
        staking::know(self.view, [dispute_key(number)])?;
        let Some(dispute) = store::load_dispute(self.view, number)? else { return Ok(()) };
        if self.moment.height < dispute.ends {
            let due = althing_types::Due { height: dispute.ends, time: self.moment.time };
            self.enqueue(due, &DueItem::Dispute { dispute: number })?;
            return Ok(());
        }
        self.end_dispute(number, &dispute, DisputeEnd::Lapsed)
    }

    /// Ends a dispute.
    pub(super) fn end_dispute(
        &mut self,
        number: u64,
        dispute: &Dispute,
        end: DisputeEnd,
    ) -> Result<(), Fault> {
        let upheld = end == DisputeEnd::Upheld;
        self.know_disputed(dispute)?;
        let revoked_wh = self.release(dispute, upheld)?;
        let mut batch = self.disputed_batch(dispute)?;
        if let Some((batch, record)) = &mut batch {
            let DisputeSubject::Reading { reading, .. } = dispute.subject else {
                return Err(broken("a dispute about a sale has a batch"));
            };
            let bit = 1u64.checked_shl(reading.into()).unwrap_or(0);
            record.disputed &= !bit;
            if upheld {
                record.attested &= !bit;
                record.disproved |= bit;
            }
            self.release_batch(*batch, record)?;
        }
        let batch = batch.map(|(_, record)| record);
        let reward = if upheld { self.punish(dispute, batch.as_ref())? } else { Amount::ZERO };
        self.settle_bond(dispute, end)?;
        let address = dispute.provider;
        let mut provider = self.provider(&address)?;
        let open = provider.disputes.checked_sub(1);
        provider.disputes = open.ok_or(broken("a dispute is not counted"))?;
        self.settle_provider(&address, &provider)?;
        store::remove_dispute(self.view, number);
        let provider = address;
        let event =
            Event::EnergyDisputeEnded { dispute: number, provider, end, revoked_wh, reward };
        self.events.push(event);
        Ok(())
    }

    /// Makes sure that all can be read that the end of a dispute touches, however it ends.
    fn know_disputed(&self, dispute: &Dispute) -> Result<(), Fault> {
        let (provider, set) = (dispute.provider, self.totals.oracle_set);
        let mut keys = vec![provider_key(&provider), oracle_set_key(set)];
        keys.extend([&dispute.opener, &provider].map(accounts::key));
        keys.extend(self.treasury_keys());
        keys.extend(dispute.sales.iter().map(|sale| certificate_key(*sale)));
        if let DisputeSubject::Reading { batch, .. } = dispute.subject {
            keys.push(batch_key(batch));
        }
        staking::know(self.view, keys)?;
        let zone = self.provider(&provider)?.zone;
        let frozen = dispute.frozen.iter();
        let mut keys: Vec<StateKey> =
            frozen.map(|frozen| credit_key(&zone, frozen.slot, &provider)).collect();
        for sale in dispute.sales.iter() {
            let sold = store::require_certificate(self.view, *sale)?;
            keys.push(credit_key(&sold.zone, sold.slot, &provider));
            keys.push(accounts::key(&sold.buyer));
            keys.extend(sold.due.map(|due| self.due_key(due)));
        }
        let batch = self.disputed_batch(dispute)?;
        if let Some((_, batch)) = &batch {
            keys.push(oracle_set_key(batch.oracles));
            keys.push(self.due_key(batch.closes.unwrap_or_default()));
        }
        staking::know(self.view, keys)?;
        let Some((_, batch)) = batch else { return Ok(()) };
        let judges = store::require_set(self.view, batch.oracles)?;
        staking::know(self.view, judges.iter().map(|entry| oracle_key(&entry.oracle)))
    }

    /// Ends what a dispute holds back. Returns how much energy is revoked, in Wh.
    fn release(&mut self, dispute: &Dispute, upheld: bool) -> Result<u64, Fault> {
        let provider = dispute.provider;
        let zone = self.provider(&provider)?.zone;
        let mut revoked = 0u64;
        let mut owed: Vec<(u64, u64)> = Vec::new();
        for frozen in dispute.frozen.iter() {
            self.thaw(&zone, (frozen.slot, frozen.wh), &provider, upheld)?;
            owed.push((frozen.slot, frozen.sold));
            if upheld {
                revoked = revoked.saturating_add(frozen.wh);
            }
        }
        let whole = matches!(dispute.subject, DisputeSubject::Certificate { .. });
        for sale in dispute.sales.iter() {
            let mut certificate = store::require_certificate(self.view, *sale)?;
            if upheld {
                let owed = owed.iter_mut().find(|(slot, _)| *slot == certificate.slot);
                let most = match &owed {
                    Some((_, wh)) => *wh,
                    None if whole => certificate.wh,
                    None => 0,
                };
                let undone = self.undo_sale(*sale, &mut certificate, most)?;
                if let Some((_, wh)) = owed {
                    *wh = wh.saturating_sub(undone);
                }
                revoked = revoked.saturating_add(undone);
            }
            self.release_sale(*sale, &mut certificate)?;
        }
        Ok(revoked)
    }

    /// The batch that a dispute is about. It is there as long as the dispute is open.
    fn disputed_batch(&self, dispute: &Dispute) -> Result<Option<(u64, Batch)>, Fault> {
        let DisputeSubject::Reading { batch, .. } = dispute.subject else { return Ok(None) };
        staking::know(self.view, [batch_key(batch)])?;
        Ok(Some((batch, store::require_batch(self.view, batch)?)))
    }

    /// Slashes the provider and the oracles that had agreed; those whose stake is too low now lose
    /// their weight. Returns what who opened the dispute gets of it.
    fn punish(&mut self, dispute: &Dispute, batch: Option<&Batch>) -> Result<Amount, Fault> {
        let address = dispute.provider;
        let mut provider = self.provider(&address)?;
        provider.reputation.accuracy.observe(0, 1);
        let part = self.params().conflict_slash;
        let reason = EnergySlashReason::Conflict;
        let mut lost = self.slash_provider((&address, &mut provider), reason, part)?;
        store::save_provider(self.view, &address, &provider)?;
        if let (Some(batch), DisputeSubject::Reading { reading, .. }) = (batch, dispute.subject) {
            staking::know(self.view, [oracle_set_key(batch.oracles)])?;
            let set = store::require_set(self.view, batch.oracles)?;
            let mut short = Vec::new();
            for report in batch.reports.iter() {
                let agreed = report.agree.checked_shr(reading.into()).unwrap_or(0) & 1 == 1;
                if agreed && let Some(entry) = set.get(usize::from(report.oracle)) {
                    let (more, is_short) = self.slash_oracle(&entry.oracle)?;
                    add(&mut lost, more)?;
                    short.extend(is_short.then_some(entry.oracle));
                }
            }
            self.unweigh(&short)?;
        }
        let reward = lost.share(self.params().dispute_reward);
        self.pay(&dispute.opener, reward)?;
        subtract(&mut lost, reward)?;
        self.forfeit(lost)?;
        Ok(reward)
    }

    fn settle_bond(&mut self, dispute: &Dispute, end: DisputeEnd) -> Result<(), Fault> {
        subtract(&mut self.totals.bonds, dispute.bond)?;
        match end {
            DisputeEnd::Upheld => self.pay(&dispute.opener, dispute.bond),
            DisputeEnd::Dismissed => self.pay(&dispute.provider, dispute.bond),
            DisputeEnd::Lapsed => {
                let fee = self.params().dispute_fee.get().into();
                let fee = dispute.bond.mul_div_up(fee, 1_000_000);
                let fee = fee.map_err(|_| broken("a fee does not fit"))?;
                let mut rest = dispute.bond;
                subtract(&mut rest, fee)?;
                self.pay_treasury(fee)?;
                self.pay(&dispute.opener, rest)
            }
        }
    }
}

impl Certificate {
    /// Whether a dispute holds it back.
    pub const fn is_disputed(&self) -> bool {
        self.dispute.is_some()
    }
}

/// The lists of a dispute, which its bounds let fit.
pub(super) fn lists<const A: usize, const B: usize>(
    held: Held,
) -> Result<(List<Frozen, A>, List<u64, B>), Fault> {
    let frozen = List::new(held.frozen).ok_or(broken("a reading spans too many slots"))?;
    let sales = List::new(held.sales).ok_or(broken("a dispute holds back too many sales"))?;
    Ok((frozen, sales))
}
