//! What becomes of readings: attested, refused, expired, and at last absorbed into the roots of
//! their meters.

use super::{
    Batch, DueItem, OracleSet, batch_key,
    desk::{Desk, grow, shrink},
    meter_key, oracle_key, oracle_set_key, provider_key, store,
};
use crate::{error::Fault, modules::staking};
use althing_types::{
    Due, Event, Hash, Height, Ppm,
    energy::{EnergySlashReason, ReadingOutcome},
    hash,
};

/// Millionths in a whole.
const ONE: u128 = 1_000_000;
/// A height that never comes.
const NEVER: Height = Height::new(u64::MAX);

/// Whether `part` of `all` weight is a quorum.
pub(super) fn is_quorum(part: u64, all: u64, quorum: Ppm) -> bool {
    let needed = u128::from(all).saturating_mul(quorum.get().into());
    all > 0 && u128::from(part).saturating_mul(ONE) >= needed
}

/// Whether `part` of `all` weight is so much that the rest is no quorum.
pub(super) fn blocks_quorum(part: u64, all: u64, quorum: Ppm) -> bool {
    let rest = ONE.saturating_sub(quorum.get().into());
    let spare = u128::from(all).saturating_mul(rest);
    all > 0 && u128::from(part).saturating_mul(ONE) > spare
}

/// The weight of all oracles of a set.
pub(super) fn weight(set: &OracleSet) -> u64 {
    set.iter().fold(0u64, |sum, entry| sum.saturating_add(entry.weight.into()))
}

/// The numbers of the bits that are set.
pub(super) fn bits(map: u64) -> impl Iterator<Item = u8> {
    (0..64).filter(move |bit| map >> bit & 1 == 1)
}

impl Batch {
    /// All bits of its readings.
    pub(super) fn all(&self) -> u64 {
        let unused = 64usize.saturating_sub(self.readings.len());
        u64::MAX.checked_shr(u32::try_from(unused).unwrap_or(64)).unwrap_or(0)
    }

    /// What became of a reading, if it is decided.
    pub fn outcome(&self, reading: u8) -> Option<ReadingOutcome> {
        let has = |map: u64| map.checked_shr(reading.into()).unwrap_or(0) & 1 == 1;
        [
            (self.attested, ReadingOutcome::Attested),
            (self.refused, ReadingOutcome::Refused),
            (self.expired, ReadingOutcome::Expired),
            (self.disproved, ReadingOutcome::Disproved),
        ]
        .into_iter()
        .find_map(|(map, outcome)| has(map).then_some(outcome))
    }

    /// What these readings say together, in Wh. It was checked when they came that it fits.
    fn wh(&self, readings: u64) -> u64 {
        let of = bits(readings).filter_map(|bit| self.readings.get(usize::from(bit)));
        of.fold(0u64, |sum, reading| sum.saturating_add(reading.wh))
    }

    /// What the reports decide now: readings to attest, and readings to refuse.
    fn decided(&self, set: &OracleSet) -> (u64, u64) {
        let all = weight(set);
        let (mut attested, mut refused) = (0u64, 0u64);
        for bit in bits(self.undecided) {
            let (mut agree, mut contradict) = (0u64, 0u64);
            for report in self.reports.iter() {
                let entry = set.get(usize::from(report.oracle));
                let weight = entry.map_or(0, |entry| entry.weight).into();
                if report.agree >> bit & 1 == 1 {
                    agree = agree.saturating_add(weight);
                } else if report.contradict >> bit & 1 == 1 {
                    contradict = contradict.saturating_add(weight);
                }
            }
            if is_quorum(agree, all, self.quorum) {
                attested |= 1 << bit;
            } else if blocks_quorum(contradict, all, self.quorum) {
                refused |= 1 << bit;
            }
        }
        (attested, refused)
    }
}

impl Desk<'_> {
    /// Decides what the reports about a batch decide, and saves it.
    pub(super) fn decide(
        &mut self,
        number: u64,
        batch: &mut Batch,
        set: &OracleSet,
    ) -> Result<(), Fault> {
        let (attested, refused) = batch.decided(set);
        self.know_decision(batch, (attested, refused))?;
        if attested != 0 {
            self.attest(number, batch, attested)?;
        }
        if refused != 0 {
            self.refuse(number, batch, refused)?;
        }
        self.settle_batch(number, batch)
    }

    /// Makes sure that all can be read that a decision touches.
    fn know_decision(&self, batch: &Batch, (attested, refused): (u64, u64)) -> Result<(), Fault> {
        if attested | refused == 0 {
            return Ok(());
        }
        let address = batch.provider;
        let zone = self.provider(&address)?.zone;
        let readings = || bits(attested).filter_map(|bit| batch.readings.get(usize::from(bit)));
        let mut keys = self.sale_keys((&address, &zone), readings(), batch.slot_s);
        keys.extend(readings().map(|reading| meter_key(&reading.meter)));
        if refused != 0 {
            keys.extend(self.treasury_keys());
        }
        keys.push(self.due_key(self.dispute_end()));
        staking::know(self.view, keys)
    }

    /// The end of the time in which what happens now can be disputed.
    fn dispute_end(&self) -> Due {
        self.moment.after(self.params().dispute_window)
    }

    /// When all is decided, the time begins in which it can be disputed.
    fn settle_batch(&mut self, number: u64, batch: &mut Batch) -> Result<(), Fault> {
        if batch.undecided == 0 && batch.closes.is_none() {
            let closes = self.dispute_end();
            batch.closes = Some(closes);
            batch.wake = self.enqueue(closes, &DueItem::Batch { batch: number })?;
        }
        store::save_batch(self.view, number, batch)
    }

    fn attest(&mut self, number: u64, batch: &mut Batch, readings: u64) -> Result<(), Fault> {
        let address = batch.provider;
        let mut provider = self.provider(&address)?;
        let zone = provider.zone.clone();
        for bit in bits(readings) {
            let Some(reading) = batch.readings.get(usize::from(bit)) else { continue };
            self.mint((&address, &zone), reading, batch.slot_s)?;
            let mut meter = store::require_meter(self.view, &reading.meter)?;
            grow(&mut meter.attested_wh, reading.wh)?;
            store::save_meter(self.view, &reading.meter, &meter)?;
            grow(&mut provider.counters.attested_wh, reading.wh)?;
            shrink(&mut self.totals.pending_wh, reading.wh)?;
        }
        let count = u64::from(readings.count_ones());
        grow(&mut provider.counters.attested, count)?;
        shrink(&mut provider.pending, count)?;
        provider.reputation.accuracy.observe(count, 0);
        store::save_provider(self.view, &address, &provider)?;
        batch.undecided &= !readings;
        batch.attested |= readings;
        self.tell(number, batch, ReadingOutcome::Attested, readings);
        Ok(())
    }

    /// Refuses readings. A batch costs its provider stake once, however many are refused.
    fn refuse(&mut self, number: u64, batch: &mut Batch, readings: u64) -> Result<(), Fault> {
        let address = batch.provider;
        let mut provider = self.provider(&address)?;
        let count = u64::from(readings.count_ones());
        shrink(&mut provider.pending, count)?;
        provider.reputation.accuracy.observe(0, count);
        if batch.refused == 0 {
            let part = self.params().quorum_slash;
            let reason = EnergySlashReason::Quorum;
            let lost = self.slash_provider((&address, &mut provider), reason, part)?;
            self.forfeit(lost)?;
        }
        store::save_provider(self.view, &address, &provider)?;
        shrink(&mut self.totals.pending_wh, batch.wh(readings))?;
        batch.undecided &= !readings;
        batch.refused |= readings;
        self.tell(number, batch, ReadingOutcome::Refused, readings);
        Ok(())
    }

    /// What nobody decided in time expires. It costs no stake.
    fn expire(&mut self, number: u64, batch: &mut Batch) -> Result<(), Fault> {
        let (address, readings) = (batch.provider, batch.undecided);
        let mut provider = self.provider(&address)?;
        let count = u64::from(readings.count_ones());
        shrink(&mut provider.pending, count)?;
        provider.reputation.latency.observe(0, count);
        self.slash_provider((&address, &mut provider), EnergySlashReason::Expiry, Ppm::ZERO)?;
        store::save_provider(self.view, &address, &provider)?;
        shrink(&mut self.totals.pending_wh, batch.wh(readings))?;
        batch.undecided = 0;
        batch.expired |= readings;
        self.tell(number, batch, ReadingOutcome::Expired, readings);
        Ok(())
    }

    fn tell(&mut self, number: u64, batch: &Batch, outcome: ReadingOutcome, readings: u64) {
        let (provider, wh) = (batch.provider, batch.wh(readings));
        let event = Event::ReadingsDecided { provider, batch: number, outcome, readings, wh };
        self.events.push(event);
    }

    /// A batch is looked at: it expires, or is over. Returns the units of work that took.
    pub(super) fn wake_batch(&mut self, number: u64) -> Result<u64, Fault> {
        staking::know(self.view, [batch_key(number)])?;
        let Some(mut batch) = store::load_batch(self.view, number)? else { return Ok(1) };
        // It went on before, and is due another time.
        if batch.wake > self.moment.height {
            return Ok(1);
        }
        if batch.undecided != 0 {
            let keys = [provider_key(&batch.provider), self.due_key(self.dispute_end())];
            staking::know(self.view, keys)?;
            self.expire(number, &mut batch)?;
            self.settle_batch(number, &mut batch)?;
            return Ok(1);
        }
        let Some(closes) = batch.closes else { return Ok(1) };
        if !self.moment.is_reached(closes) {
            batch.wake = self.enqueue(closes, &DueItem::Batch { batch: number })?;
            store::save_batch(self.view, number, &batch)?;
            return Ok(1);
        }
        if batch.disputed != 0 {
            // The end of the dispute looks at it again.
            batch.wake = NEVER;
            store::save_batch(self.view, number, &batch)?;
            return Ok(1);
        }
        self.close_batch(number, &batch)?;
        let readings = u64::try_from(batch.readings.len()).unwrap_or(0);
        Ok(readings.div_ceil(8).max(1))
    }

    /// After a dispute: the batch is over soon, if nothing else holds it up.
    pub(super) fn release_batch(&mut self, number: u64, batch: &mut Batch) -> Result<(), Fault> {
        if batch.wake == NEVER && batch.disputed == 0 {
            let closes = batch.closes.unwrap_or_default();
            batch.wake = self.enqueue(closes, &DueItem::Batch { batch: number })?;
        }
        store::save_batch(self.view, number, batch)
    }

    /// What is known of the readings goes into the roots of their meters and the counts of oracles.
    fn close_batch(&mut self, number: u64, batch: &Batch) -> Result<(), Fault> {
        let meters = batch.readings.iter().map(|reading| meter_key(&reading.meter));
        let others = [provider_key(&batch.provider), oracle_set_key(batch.oracles)];
        staking::know(self.view, meters.chain(others))?;
        let set = store::require_set(self.view, batch.oracles)?;
        staking::know(self.view, set.iter().map(|entry| oracle_key(&entry.oracle)))?;
        for (bit, reading) in (0u8..).zip(batch.readings.iter()) {
            let mut meter = store::require_meter(self.view, &reading.meter)?;
            let outcome = batch.outcome(bit).map_or(u8::MAX, ReadingOutcome::byte);
            meter.root = absorb(&meter.root, &reading.digest, outcome);
            grow(&mut meter.absorbed, 1)?;
            store::save_meter(self.view, &reading.meter, &meter)?;
        }
        self.judge_oracles(batch, &set)?;
        let mut provider = self.provider(&batch.provider)?;
        shrink(&mut provider.batches, 1)?;
        self.settle_provider(&batch.provider, &provider)?;
        store::remove_batch(self.view, number);
        self.events.push(Event::BatchClosed { provider: batch.provider, batch: number });
        Ok(())
    }

    fn judge_oracles(&mut self, batch: &Batch, set: &OracleSet) -> Result<(), Fault> {
        for (place, entry) in (0u8..).zip(set.iter()) {
            let Some(mut oracle) = store::load_oracle(self.view, &entry.oracle)? else { continue };
            let counters = &mut oracle.counters;
            match batch.reports.iter().find(|report| report.oracle == place) {
                None => counters.absent = counters.absent.saturating_add(1),
                Some(report) => {
                    let right = batch.attested;
                    let wrong = batch.refused | batch.disproved;
                    let against = (report.agree & wrong) | (report.contradict & right);
                    let against = u64::from(against.count_ones());
                    counters.overruled = counters.overruled.saturating_add(against);
                    shrink(&mut oracle.open, 1)?;
                }
            }
            self.settle_oracle(&entry.oracle, &oracle)?;
        }
        Ok(())
    }
}

/// The root of a meter after one more reading: SHA-256 of the root before, of SHA-256 of what the
/// meter signed, and of the byte of what became of it.
pub fn absorb(root: &Hash, digest: &Hash, outcome: u8) -> Hash {
    hash::sha256(&[b"althing/meter-root/1", &root.0, &digest.0, &[outcome]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ppm(parts: u32) -> Ppm {
        Ppm::new(parts).unwrap()
    }

    #[test]
    fn two_of_three_equal_oracles_are_a_quorum_of_two_thirds_and_one_blocks_none() {
        let quorum = ppm(666_666);
        assert!(is_quorum(2, 3, quorum));
        assert!(!is_quorum(1, 3, quorum));
        assert!(!blocks_quorum(1, 3, quorum));
        assert!(blocks_quorum(2, 3, quorum));
    }

    #[test]
    fn nobody_is_no_quorum() {
        assert!(!is_quorum(0, 0, ppm(500_001)));
        assert!(!blocks_quorum(0, 0, ppm(500_001)));
    }

    #[test]
    fn what_blocks_and_what_is_a_quorum_exclude_each_other() {
        for quorum in [500_001, 666_667, 1_000_000].map(ppm) {
            for part in 0..=100 {
                let rest = 100 - part;
                assert!(!(is_quorum(part, 100, quorum) && blocks_quorum(rest, 100, quorum)));
            }
        }
    }
}
