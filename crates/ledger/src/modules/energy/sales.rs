//! Sales: a certificate of origin for the buyer, and money that waits for the provider until nobody
//! can dispute it any more.

use super::{
    Certificate, DueItem, certificate_key, credit_key,
    desk::{Desk, add, broken, grow, shrink, subtract},
    provider_key, store,
};
use crate::{
    error::Fault,
    modules::{accounts, staking},
};
use althing_state::StateKey;
use althing_types::{Address, Amount, Event, List, energy::Zone};

/// What is sold.
pub(super) struct Sale<'a> {
    pub(super) provider: Address,
    pub(super) buyer: Address,
    pub(super) zone: &'a Zone,
    pub(super) slot: u64,
    pub(super) wh: u64,
    /// In base units a kWh.
    pub(super) price: Amount,
    /// What the buyer paid, in base units. It is in the account `energy` already.
    pub(super) paid: Amount,
}

impl Desk<'_> {
    /// What [`Self::sell`] touches. Nothing can stand under the number of the new certificate yet.
    pub(super) fn sold_keys(
        &self,
        (provider, zone, slot): (&Address, &Zone, u64),
    ) -> [StateKey; 3] {
        let due = self.moment.after(self.params().dispute_window);
        [credit_key(zone, slot, provider), provider_key(provider), self.due_key(due)]
    }

    /// Sells energy that is known to be there. The list of unpaid sales is known to have room.
    pub(super) fn sell(&mut self, sale: &Sale<'_>) -> Result<u64, Fault> {
        let Sale { provider: address, buyer, zone, slot, wh, price, paid } = *sale;
        let number = self.totals.next_certificate;
        grow(&mut self.totals.next_certificate, 1)?;
        let due = self.moment.after(self.params().dispute_window);
        staking::know(self.view, self.sold_keys((&address, zone, slot)))?;
        let mut credit = store::require_credit(self.view, zone, slot, &address)?;
        shrink(&mut credit.available, wh)?;
        let mut unpaid = credit.unpaid.to_vec();
        unpaid.push(number);
        credit.unpaid = List::new(unpaid).ok_or(broken("a slot has too many unpaid sales"))?;
        store::save_credit(self.view, zone, slot, &address, &credit)?;
        self.enqueue(due, &DueItem::Sale { certificate: number })?;
        let certificate = Certificate {
            owner: buyer,
            buyer,
            provider: address,
            zone: zone.clone(),
            slot,
            wh,
            price,
            origin: credit.origin,
            sold: self.moment.height,
            unpaid: paid,
            due: Some(due),
            dispute: None,
            retired: None,
        };
        store::save_certificate(self.view, number, &certificate)?;
        grow(&mut self.totals.sold_wh, wh)?;
        add(&mut self.totals.unpaid, paid)?;
        let mut provider = self.provider(&address)?;
        grow(&mut provider.unpaid, 1)?;
        grow(&mut provider.counters.sold_wh, wh)?;
        store::save_provider(self.view, &address, &provider)?;
        let zone = zone.clone();
        let event = (number, address, buyer);
        let (certificate, provider, buyer) = event;
        let sold = Event::EnergySold { certificate, provider, buyer, zone, slot, wh, price, paid };
        self.events.push(sold);
        Ok(number)
    }

    /// Pays a sale that nobody disputes any more.
    pub(super) fn pay_sale(&mut self, number: u64) -> Result<(), Fault> {
        staking::know(self.view, [certificate_key(number)])?;
        let Some(mut certificate) = store::load_certificate(self.view, number)? else {
            return Ok(());
        };
        // The end of a dispute looks at it again.
        if certificate.dispute.is_some() {
            return Ok(());
        }
        // It was paid: a dispute had it looked at twice.
        let Some(due) = certificate.due else { return Ok(()) };
        if !self.moment.is_reached(due) {
            self.enqueue(due, &DueItem::Sale { certificate: number })?;
            return Ok(());
        }
        let Certificate { provider, zone, slot, .. } = &certificate;
        let keys = [credit_key(zone, *slot, provider), provider_key(provider)];
        let accounts = [accounts::key(provider)].into_iter().chain(self.treasury_keys());
        staking::know(self.view, keys.into_iter().chain(accounts))?;
        self.forget_unpaid(number, &certificate)?;
        certificate.due = None;
        let paid = core::mem::take(&mut certificate.unpaid);
        subtract(&mut self.totals.unpaid, paid)?;
        let fee = paid.mul_div_up(self.params().fee.get().into(), 1_000_000);
        let fee = fee.map_err(|_| broken("a fee does not fit"))?;
        let amount = paid.checked_sub(fee).map_err(|_| broken("a fee is above its sale"))?;
        let address = certificate.provider;
        self.pay_treasury(fee)?;
        self.pay(&address, amount)?;
        let mut provider = self.provider(&address)?;
        shrink(&mut provider.unpaid, 1)?;
        add(&mut provider.counters.earned, amount)?;
        self.settle_provider(&address, &provider)?;
        self.keep_certificate(number, &certificate)?;
        let event = Event::EnergyPaid { certificate: number, provider: address, amount, fee };
        self.events.push(event);
        Ok(())
    }

    /// Saves a certificate, or deletes it if it was used up and nothing of it is unpaid or disputed
    /// any more.
    pub(super) fn keep_certificate(
        &mut self,
        number: u64,
        certificate: &Certificate,
    ) -> Result<(), Fault> {
        let over = certificate.due.is_none() && certificate.dispute.is_none();
        if over && certificate.retired.is_some() {
            store::remove_certificate(self.view, number);
            return Ok(());
        }
        store::save_certificate(self.view, number, certificate)
    }

    /// Takes a sale out of the list of those that are not paid.
    fn forget_unpaid(&mut self, number: u64, certificate: &Certificate) -> Result<(), Fault> {
        let Certificate { zone, slot, provider, .. } = certificate;
        staking::know(self.view, [credit_key(zone, *slot, provider)])?;
        let mut credit = store::require_credit(self.view, zone, *slot, provider)?;
        let rest: Vec<u64> =
            credit.unpaid.iter().copied().filter(|other| *other != number).collect();
        if rest.len() == credit.unpaid.len() {
            return Err(broken("an unpaid sale is not in the list of its slot"));
        }
        credit.unpaid = List::new(rest).unwrap_or_default();
        store::save_credit(self.view, zone, *slot, provider, &credit)
    }

    /// Undoes up to `wh` of a sale that is not paid: that energy is revoked, and its part of the
    /// price goes back to the buyer, rounded down unless all is undone. Returns how much was undone.
    pub(super) fn undo_sale(
        &mut self,
        number: u64,
        certificate: &mut Certificate,
        wh: u64,
    ) -> Result<u64, Fault> {
        let wh = wh.min(certificate.wh);
        if wh == 0 {
            return Ok(0);
        }
        let refund = certificate.unpaid.mul_div(wh.into(), certificate.wh.into());
        let refund = refund.map_err(|_| broken("a refund does not fit"))?;
        shrink(&mut certificate.wh, wh)?;
        subtract(&mut certificate.unpaid, refund)?;
        shrink(&mut self.totals.sold_wh, wh)?;
        grow(&mut self.totals.revoked_wh, wh)?;
        if certificate.retired.is_some() {
            shrink(&mut self.totals.retired_wh, wh)?;
        }
        subtract(&mut self.totals.unpaid, refund)?;
        let buyer = certificate.buyer;
        self.pay(&buyer, refund)?;
        let event = Event::CertificateRevoked { certificate: number, wh, buyer, refund };
        self.events.push(event);
        Ok(wh)
    }

    /// Ends that a dispute holds a sale back. A sale of which nothing is left is forgotten.
    pub(super) fn release_sale(
        &mut self,
        number: u64,
        certificate: &mut Certificate,
    ) -> Result<(), Fault> {
        certificate.dispute = None;
        if certificate.wh > 0 {
            let due = certificate.due.ok_or(broken("a sale was disputed after it was paid"))?;
            self.enqueue(due, &DueItem::Sale { certificate: number })?;
            return store::save_certificate(self.view, number, certificate);
        }
        self.forget_unpaid(number, certificate)?;
        let mut provider = self.provider(&certificate.provider)?;
        shrink(&mut provider.unpaid, 1)?;
        self.settle_provider(&certificate.provider, &provider)?;
        store::remove_certificate(self.view, number);
        Ok(())
    }
}
