//! Attested energy, by zone, slot and provider.

use super::{
    Credit, DueItem, HeldReading, credit_key,
    desk::{Desk, grow, shrink},
    store,
};
use crate::{error::Fault, modules::staking};
use althing_state::StateKey;
use althing_types::{Address, Due, Event, Period, energy::Zone, hash, limits::MAX_READING_SLOTS};
use std::collections::BTreeSet;

/// When the slot begins that this second belongs to.
pub(super) const fn slot_of(second: u64, length: u64) -> u64 {
    match second.checked_rem(length) {
        Some(rest) => second.saturating_sub(rest),
        None => second,
    }
}

/// The slots that an interval spans, with the seconds and the Wh of each: in proportion to the
/// seconds, rounded down, and what is left goes to the last one. `None` if there are more than a
/// reading may span, or the interval is empty.
pub fn split(start: u64, seconds: u32, wh: u64, length: u64) -> Option<Vec<(u64, u64)>> {
    let end = start.checked_add(seconds.into())?;
    let (mut parts, mut from, mut left) = (Vec::new(), start, wh);
    while from < end {
        if parts.len() == MAX_READING_SLOTS {
            return None;
        }
        let slot = slot_of(from, length);
        let to = slot.checked_add(length)?.min(end);
        let share = u128::from(wh).saturating_mul(to.saturating_sub(from).into());
        let share = u64::try_from(share.checked_div(seconds.into())?).ok()?;
        let part = if to == end { left } else { share };
        left = left.checked_sub(part)?;
        parts.push((slot, part));
        from = to;
    }
    (!parts.is_empty()).then_some(parts)
}

impl Desk<'_> {
    /// Puts the energy of an attested reading on sale. [`Self::sale_keys`] are known.
    pub(super) fn mint(
        &mut self,
        (provider, zone): (&Address, &Zone),
        reading: &HeldReading,
        length: u64,
    ) -> Result<(), Fault> {
        for (slot, wh) in reading.sold_parts(length) {
            let known = store::load_credit(self.view, zone, slot, provider)?;
            let mut credit = match known {
                Some(credit) => credit,
                None => self.open_credit(provider, zone, (slot, length))?,
            };
            grow(&mut credit.available, wh)?;
            credit.origin = hash::sha256(&[&credit.origin.0, &reading.digest.0]);
            store::save_credit(self.view, zone, slot, provider, &credit)?;
        }
        grow(&mut self.totals.attested_wh, reading.wh)
    }

    /// What [`Self::mint`] touches if it is called for these readings.
    pub(super) fn sale_keys<'r>(
        &self,
        (provider, zone): (&Address, &Zone),
        readings: impl IntoIterator<Item = &'r HeldReading>,
        length: u64,
    ) -> Vec<StateKey> {
        let parts = readings.into_iter().flat_map(|reading| reading.sold_parts(length));
        let slots: BTreeSet<u64> = parts.map(|(slot, _)| slot).collect();
        let keys_of =
            |slot| [credit_key(zone, slot, provider), self.due_key(self.lapses((slot, length)))];
        slots.into_iter().flat_map(keys_of).collect()
    }

    /// When energy of a slot lapses that is attested now.
    fn lapses(&self, (slot, length): (u64, u64)) -> Due {
        let begins = slot.saturating_add(length).max(self.now_s());
        self.at_second(begins.saturating_add(self.params().credit_life_s))
    }

    fn open_credit(
        &mut self,
        provider: &Address,
        zone: &Zone,
        (slot, length): (u64, u64),
    ) -> Result<Credit, Fault> {
        let lapses = self.lapses((slot, length));
        let item = DueItem::Credit { zone: zone.clone(), slot, provider: *provider };
        self.enqueue(lapses, &item)?;
        Ok(Credit::until(lapses))
    }

    /// Lets what nobody bought lapse, once its time has come.
    pub(super) fn lapse(
        &mut self,
        zone: &Zone,
        slot: u64,
        provider: &Address,
    ) -> Result<(), Fault> {
        staking::know(self.view, [credit_key(zone, slot, provider)])?;
        let Some(mut credit) = store::load_credit(self.view, zone, slot, provider)? else {
            return Ok(());
        };
        let item = DueItem::Credit { zone: zone.clone(), slot, provider: *provider };
        if !self.moment.is_reached(credit.lapses) {
            self.enqueue(credit.lapses, &item)?;
            return Ok(());
        }
        let wh = core::mem::take(&mut credit.available);
        if wh > 0 {
            grow(&mut self.totals.lapsed_wh, wh)?;
            let (zone, provider) = (zone.clone(), *provider);
            self.events.push(Event::EnergyLapsed { provider, zone, slot, wh });
        }
        if credit.frozen == 0 && credit.unpaid.is_empty() {
            store::remove_credit(self.view, zone, slot, provider);
            return Ok(());
        }
        // What a dispute gives back, or who a sale is undone for, comes before the next look.
        let again = self.params().dispute_window;
        let again = self.moment.after(Period { blocks: again.blocks.max(1), ms: again.ms });
        self.enqueue(again, &item)?;
        store::save_credit(self.view, zone, slot, provider, &credit)
    }

    /// Holds back what is left of a part of a slot. Returns how much that is.
    pub(super) fn freeze(
        &mut self,
        zone: &Zone,
        (slot, wh): (u64, u64),
        provider: &Address,
    ) -> Result<u64, Fault> {
        let Some(mut credit) = store::load_credit(self.view, zone, slot, provider)? else {
            return Ok(0);
        };
        let held = credit.available.min(wh);
        shrink(&mut credit.available, held)?;
        grow(&mut credit.frozen, held)?;
        store::save_credit(self.view, zone, slot, provider, &credit)?;
        Ok(held)
    }

    /// Ends that: the energy is back on sale, or gone.
    pub(super) fn thaw(
        &mut self,
        zone: &Zone,
        (slot, wh): (u64, u64),
        provider: &Address,
        revoke: bool,
    ) -> Result<(), Fault> {
        if wh == 0 {
            return Ok(());
        }
        let mut credit = store::require_credit(self.view, zone, slot, provider)?;
        shrink(&mut credit.frozen, wh)?;
        if revoke {
            grow(&mut self.totals.revoked_wh, wh)?;
        } else {
            grow(&mut credit.available, wh)?;
        }
        store::save_credit(self.view, zone, slot, provider, &credit)
    }
}

impl HeldReading {
    /// The slots that it spans. It was checked when it came.
    pub(super) fn parts(&self, length: u64) -> Vec<(u64, u64)> {
        split(self.start, self.seconds, self.wh, length).unwrap_or_default()
    }

    /// Those in which there is something to sell.
    fn sold_parts(&self, length: u64) -> impl Iterator<Item = (u64, u64)> + use<> {
        self.parts(length).into_iter().filter(|(_, wh)| *wh > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_reading_is_split_by_seconds_and_the_rest_goes_to_the_last() {
        assert_eq!(split(900, 900, 7, 900), Some(vec![(900, 7)]));
        // 100 s of 1,000, then 900 s.
        assert_eq!(split(1_700, 1_000, 15, 900), Some(vec![(900, 1), (1_800, 14)]));
        assert_eq!(split(0, 0, 5, 900), None);
        assert_eq!(split(0, 8 * 900, 0, 900).unwrap().len(), 8);
        assert_eq!(split(0, 8 * 900 + 1, 0, 900), None);
        assert_eq!(split(u64::MAX - 1, 5, 1, 900), None);
    }

    proptest! {
        #[test]
        fn no_wh_is_lost_or_made(start in 0u64..1 << 40, seconds in 1u32..7_200, wh: u64) {
            let parts = split(start, seconds, wh, 900).unwrap_or_default();
            if !parts.is_empty() {
                let sum: u128 = parts.iter().map(|(_, wh)| u128::from(*wh)).sum();
                prop_assert_eq!(sum, u128::from(wh));
                prop_assert!(parts.windows(2).all(|pair| pair[0].0 + 900 == pair[1].0));
            }
        }
    }
}
