//! Clears a slot: offers and orders meet once, at one price.
//!
//! Offers are ranked by least price, orders by highest price, both then by number. They are matched
//! from the best on while the order pays at least what the offer asks. The last pair that is matched
//! is the marginal one; the price of all is the middle of its two prices, rounded down. Whoever is
//! strictly better than the marginal price of its side gets all; those at the marginal price share
//! what is left in proportion, rounded down, and single Wh that remain go to the earliest.

use super::{
    Book, DueItem, Offer, Order, book_key,
    desk::{Desk, add, broken, subtract},
    sales::Sale,
    store,
};
use crate::{
    error::Fault,
    modules::{accounts, staking},
};
use althing_state::StateKey;
use althing_types::{
    Address, Amount, Event,
    energy::{self, Zone},
    limits::MAX_SLOT_SALES,
};
use std::collections::BTreeMap;

/// One side of a book: what each entry has, and at what price, in rank.
type Side = Vec<(u64, Amount)>;

/// What is traded of each entry, in the order of the ranks.
#[derive(Debug, PartialEq, Eq)]
struct Match {
    price: Amount,
    sold: Vec<u64>,
    bought: Vec<u64>,
}

/// Matches ranked offers and orders; `None` if nothing is traded.
fn matched(offers: &Side, orders: &Side) -> Option<Match> {
    let (mut seller, mut buyer) = (0usize, 0usize);
    let mut left_to_sell = offers.first()?.0;
    let mut left_to_buy = orders.first()?.0;
    let (mut volume, mut marginal) = (0u64, None);
    while let (Some((_, ask)), Some((_, bid))) = (offers.get(seller), orders.get(buyer)) {
        if bid < ask {
            break;
        }
        let wh = left_to_sell.min(left_to_buy);
        if wh > 0 {
            marginal = Some((*ask, *bid));
            volume = volume.saturating_add(wh);
        }
        left_to_sell = left_to_sell.saturating_sub(wh);
        left_to_buy = left_to_buy.saturating_sub(wh);
        if left_to_sell == 0 {
            seller = seller.saturating_add(1);
            left_to_sell = offers.get(seller).map_or(0, |(wh, _)| *wh);
        }
        if left_to_buy == 0 {
            buyer = buyer.saturating_add(1);
            left_to_buy = orders.get(buyer).map_or(0, |(wh, _)| *wh);
        }
    }
    let (ask, bid) = marginal?;
    // Prices are at most 2^128 - 1; halves are added so that nothing overflows.
    let both_odd = ask.units() & bid.units() & 1;
    let half = |price: Amount| price.units() / 2;
    let price = half(ask).saturating_add(half(bid)).saturating_add(both_odd);
    let sold = shares(offers, volume, |price| price < ask, ask);
    let bought = shares(orders, volume, |price| price > bid, bid);
    Some(Match { price: Amount::new(price), sold, bought })
}

/// What each entry of a side trades of the whole volume.
fn shares(side: &Side, volume: u64, better: impl Fn(Amount) -> bool, marginal: Amount) -> Vec<u64> {
    let sum = |chosen: &dyn Fn(Amount) -> bool| {
        let of = side.iter().filter(|(_, price)| chosen(*price));
        of.fold(0u128, |sum, (wh, _)| sum.saturating_add((*wh).into()))
    };
    let level = sum(&|price| price == marginal);
    let rest = u128::from(volume).saturating_sub(sum(&better));
    let share = |wh: u64, price: Amount| {
        if better(price) {
            return wh;
        }
        if price != marginal {
            return 0;
        }
        let part = u128::from(wh).saturating_mul(rest).checked_div(level);
        part.and_then(|part| u64::try_from(part).ok()).unwrap_or(0)
    };
    let mut all: Vec<u64> = side.iter().map(|(wh, price)| share(*wh, *price)).collect();
    // What rounding left: fewer Wh than entries, one each, from the earliest on.
    let given = all.iter().fold(0u64, |sum, wh| sum.saturating_add(*wh));
    let mut left = volume.saturating_sub(given);
    for (share, (wh, price)) in all.iter_mut().zip(side) {
        if left > 0 && *price == marginal && *share < *wh {
            *share = share.saturating_add(1);
            left = left.saturating_sub(1);
        }
    }
    all
}

/// What was sold, to whom, for what.
#[derive(Default)]
struct Sums {
    price: Amount,
    wh: u64,
    paid: Amount,
    refunds: Amount,
}

impl Desk<'_> {
    /// Clears a slot whose time has come. Returns the units of work that took.
    pub(super) fn clear(&mut self, zone: &Zone, slot: u64) -> Result<u64, Fault> {
        staking::know(self.view, [book_key(zone, slot)])?;
        let Some(book) = store::load_book(self.view, zone, slot)? else { return Ok(1) };
        let due = self.at_second(self.clears_at(slot));
        if !self.moment.is_reached(due) {
            self.enqueue(due, &DueItem::Slot { zone: zone.clone(), slot })?;
            return Ok(1);
        }
        let Book { offers, orders } = book;
        let work = offers.len().saturating_add(orders.len());
        let (mut offers, mut orders) = (offers.to_vec(), orders.to_vec());
        offers.sort_by_key(|offer| (offer.min_price, offer.number));
        orders.sort_by_key(|order| (core::cmp::Reverse(order.max_price), order.number));
        self.know_traders((zone, slot), &offers, &orders)?;
        self.trim(zone, slot, &mut offers, orders.len())?;
        let bids: Side = orders.iter().map(|order| (order.wh, order.max_price)).collect();
        let asks: Side = offers.iter().map(|offer| (offer.wh, offer.min_price)).collect();
        let mut sums = Sums::default();
        if let Some(found) = matched(&asks, &bids) {
            sums.price = found.price;
            self.trade((zone, slot), (&offers, &mut orders), &found, &mut sums)?;
        }
        for order in &orders {
            self.release_escrow(order)?;
            add(&mut sums.refunds, order.escrow)?;
        }
        store::remove_book(self.view, zone, slot);
        let Sums { price, wh, paid, refunds } = sums;
        let zone = zone.clone();
        self.events.push(Event::SlotCleared { zone, slot, price, wh, paid, refunds });
        Ok(u64::try_from(work).unwrap_or(u64::MAX).max(1))
    }

    /// Makes sure that all can be read that a clearing touches, whoever trades.
    fn know_traders(
        &self,
        (zone, slot): (&Zone, u64),
        offers: &[Offer],
        orders: &[Order],
    ) -> Result<(), Fault> {
        let sold = |offer: &Offer| self.sold_keys((&offer.provider, zone, slot));
        let mut keys: Vec<StateKey> = offers.iter().flat_map(sold).collect();
        keys.extend(orders.iter().map(|order| accounts::key(&order.buyer)));
        keys.push(accounts::key(&self.moment.protocol.energy));
        keys.sort_unstable();
        keys.dedup();
        staking::know(self.view, keys)
    }

    /// When a slot is cleared, in seconds since 1970 (UTC).
    pub(super) const fn clears_at(&self, slot: u64) -> u64 {
        let params = self.params();
        slot.saturating_add(params.slot_s).saturating_add(params.clear_delay_s)
    }

    /// Cuts offers to what their providers really have, the better ones first, and remembers who
    /// did not have it.
    fn trim(
        &mut self,
        zone: &Zone,
        slot: u64,
        offers: &mut [Offer],
        orders: usize,
    ) -> Result<(), Fault> {
        // A provider makes at most one sale for each offer and each order.
        let sales = offers.len().saturating_add(orders);
        let room = MAX_SLOT_SALES.saturating_sub(sales);
        let mut left: BTreeMap<Address, u64> = BTreeMap::new();
        for offer in offers {
            let address = offer.provider;
            // Who has left sells nothing any more.
            let Some(mut provider) = store::load_provider(self.view, &address)? else {
                offer.wh = 0;
                continue;
            };
            let known = match left.get(&address) {
                Some(wh) => *wh,
                None => {
                    let credit = store::load_credit(self.view, zone, slot, &address)?;
                    let free = credit.filter(|credit| credit.unpaid.len() <= room);
                    free.map_or(0, |credit| credit.available)
                }
            };
            let has = known.min(offer.wh);
            left.insert(address, known.saturating_sub(has));
            provider.reputation.turn(self.moment.epoch, self.params());
            let kept = u64::from(has == offer.wh);
            provider.reputation.delivery.observe(kept, 1u64.saturating_sub(kept));
            store::save_provider(self.view, &address, &provider)?;
            offer.wh = has;
        }
        Ok(())
    }

    /// Sells what is matched: the ranks of both sides meet one after the other. What is left of an
    /// order's escrow stays in it.
    fn trade(
        &mut self,
        (zone, slot): (&Zone, u64),
        (offers, orders): (&[Offer], &mut [Order]),
        found: &Match,
        sums: &mut Sums,
    ) -> Result<(), Fault> {
        let mut sellers = offers.iter().zip(found.sold.iter().copied());
        let mut seller = sellers.next();
        for (order, bought) in orders.iter_mut().zip(found.bought.iter().copied()) {
            let mut open = bought;
            while open > 0 {
                let (offer, sold) = seller.ok_or(broken("more is bought than is sold"))?;
                let wh = open.min(sold);
                if wh > 0 {
                    self.sell_to(order, (offer.provider, zone, slot, wh), found.price, sums)?;
                    open = open.saturating_sub(wh);
                }
                let rest = sold.saturating_sub(wh);
                seller = if rest == 0 { sellers.next() } else { Some((offer, rest)) };
            }
        }
        Ok(())
    }

    fn sell_to(
        &mut self,
        order: &mut Order,
        (provider, zone, slot, wh): (Address, &Zone, u64, u64),
        price: Amount,
        sums: &mut Sums,
    ) -> Result<(), Fault> {
        let paid = energy::cost(wh, price).map_err(|_| broken("a price does not fit"))?;
        subtract(&mut order.escrow, paid)?;
        subtract(&mut self.totals.escrow, paid)?;
        let buyer = order.buyer;
        self.sell(&Sale { provider, buyer, zone, slot, wh, price, paid })?;
        sums.wh = sums.wh.saturating_add(wh);
        add(&mut sums.paid, paid)
    }

    /// Gives back what is set aside for an order.
    pub(super) fn release_escrow(&mut self, order: &Order) -> Result<(), Fault> {
        subtract(&mut self.totals.escrow, order.escrow)?;
        self.pay(&order.buyer, order.escrow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn side(entries: &[(u64, u128)]) -> Side {
        entries.iter().map(|(wh, price)| (*wh, Amount::new(*price))).collect()
    }

    #[test]
    fn the_price_is_the_middle_of_the_marginal_pair() {
        let offers = side(&[(100, 10), (100, 20), (100, 30)]);
        let orders = side(&[(150, 40), (100, 23), (50, 5)]);
        let found = matched(&offers, &orders).unwrap();
        // 100 at 10, 50 at 20, then 50 at 20 to the second order; 30 is above 23.
        assert_eq!(found.price, Amount::new(21));
        assert_eq!(found.sold, [100, 100, 0]);
        assert_eq!(found.bought, [150, 50, 0]);
    }

    #[test]
    fn equal_prices_share_what_is_left_in_proportion_and_the_earliest_get_the_rest() {
        let offers = side(&[(100, 10)]);
        let orders = side(&[(40, 50), (100, 20), (50, 20), (50, 20)]);
        let found = matched(&offers, &orders).unwrap();
        assert_eq!(found.bought, [40, 30, 15, 15]);
        let orders = side(&[(10, 20), (10, 20), (10, 20)]);
        let found = matched(&side(&[(11, 10)]), &orders).unwrap();
        assert_eq!(found.bought, [4, 4, 3]);
    }

    #[test]
    fn nothing_is_traded_below_what_is_asked_or_of_nothing() {
        assert_eq!(matched(&side(&[(1, 10)]), &side(&[(1, 9)])), None);
        assert_eq!(matched(&side(&[(0, 10)]), &side(&[(1, 90)])), None);
        assert_eq!(matched(&side(&[]), &side(&[(1, 90)])), None);
    }

    fn entries() -> impl Strategy<Value = Vec<(u64, u128)>> {
        proptest::collection::vec((0u64..1_000, 0u128..20), 0..12)
    }

    proptest! {
        #[test]
        fn both_sides_trade_the_same_nobody_loses_and_the_better_come_first(
            mut offers in entries(),
            mut orders in entries(),
        ) {
            offers.sort_by_key(|(_, price)| *price);
            orders.sort_by_key(|(_, price)| core::cmp::Reverse(*price));
            let (offers, orders) = (side(&offers), side(&orders));
            let Some(found) = matched(&offers, &orders) else { return Ok(()) };
            prop_assert_eq!(found.sold.iter().sum::<u64>(), found.bought.iter().sum::<u64>());
            for ((wh, ask), sold) in offers.iter().zip(&found.sold) {
                prop_assert!(sold <= wh && (*sold == 0 || *ask <= found.price));
            }
            for ((wh, bid), bought) in orders.iter().zip(&found.bought) {
                prop_assert!(bought <= wh && (*bought == 0 || *bid >= found.price));
            }
            // Whoever is strictly better than somebody who trades trades all.
            let last = offers.iter().zip(&found.sold).filter(|(_, sold)| **sold > 0).map(|((_, ask), _)| *ask).max();
            for ((wh, ask), sold) in offers.iter().zip(&found.sold) {
                prop_assert!(last.is_none_or(|last| *ask >= last) || sold == wh);
            }
        }
    }
}
