//! The market: energy on sale, books, cleared slots, tariffs, open orders.

use super::EnergyMoment;
use crate::{
    backend::{OrderRow, SlotRow},
    views::{DueView, Show, hex_of},
};
use althing_ledger::energy::{Book, Credit, Offer, Order, Provider, Tariff};
use althing_types::{
    Address, Amount,
    energy::{SettlementMode, Zone},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A provider's attested energy of a slot.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EnergyCreditView {
    /// Whose.
    pub provider: String,
    /// The zone.
    pub zone: String,
    /// When the slot began.
    pub slot: u64,
    /// What can be sold, in Wh.
    pub available: u64,
    /// What disputes hold back, in Wh.
    pub frozen: u64,
    /// The hash over all readings that were attested for it.
    pub origin: String,
    /// Certificates that are not paid to the provider yet, oldest first.
    pub unpaid: Vec<u64>,
    /// When what is left lapses.
    pub lapses: DueView,
}

impl EnergyCreditView {
    pub(crate) fn new((zone, slot, provider): (&Zone, u64, Address), of: &Credit) -> Self {
        Self {
            provider: provider.to_string(),
            zone: zone.to_string(),
            slot,
            available: of.available,
            frozen: of.frozen,
            origin: hex_of(&of.origin),
            unpaid: of.unpaid.iter().copied().collect(),
            lapses: of.lapses.into(),
        }
    }
}

/// Attested energy of a provider.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EnergyCreditPage {
    /// The height this was read at.
    pub height: u64,
    /// The provider.
    pub provider: String,
    /// Oldest slot first; slots of which nothing is left are not there.
    pub credits: Vec<EnergyCreditView>,
    /// `slot_from` of the next page. A page may be short, or empty, and not be the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// An offer in a book.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OfferView {
    /// Its number: earlier ones come first.
    pub number: u64,
    /// Who sells.
    pub provider: String,
    /// How much, in Wh.
    pub wh: u64,
    /// The least price, in base units a kWh.
    pub min_price: String,
    /// The same for people, a kWh.
    pub min_price_display: String,
}

impl OfferView {
    fn new(of: &Offer, show: Show<'_>) -> Self {
        Self {
            number: of.number,
            provider: of.provider.to_string(),
            wh: of.wh,
            min_price: of.min_price.to_string(),
            min_price_display: show.amount(of.min_price),
        }
    }
}

/// An order in a book.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderView {
    /// Its number: earlier ones come first.
    pub number: u64,
    /// Who buys.
    pub buyer: String,
    /// How much, in Wh.
    pub wh: u64,
    /// The highest price, in base units a kWh.
    pub max_price: String,
    /// The same for people, a kWh.
    pub max_price_display: String,
    /// What is set aside for it, in base units.
    pub escrow: String,
    /// The same for people.
    pub escrow_display: String,
}

impl OrderView {
    fn new(of: &Order, show: Show<'_>) -> Self {
        Self {
            number: of.number,
            buyer: of.buyer.to_string(),
            wh: of.wh,
            max_price: of.max_price.to_string(),
            max_price_display: show.amount(of.max_price),
            escrow: of.escrow.to_string(),
            escrow_display: show.amount(of.escrow),
        }
    }
}

/// A slot that was cleared.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SlotView {
    /// The number of the clearing, by the index of this node.
    pub number: u64,
    /// The zone.
    pub zone: String,
    /// When the slot began.
    pub slot: u64,
    /// The price of all that was sold, in base units a kWh; nothing if nothing was.
    pub price: String,
    /// The same for people, a kWh.
    pub price_display: String,
    /// How much was sold, in Wh.
    pub wh: u64,
    /// What buyers paid, in base units.
    pub paid: String,
    /// The same for people.
    pub paid_display: String,
    /// What buyers got back of what they had set aside, in base units.
    pub refunds: String,
    /// The same for people.
    pub refunds_display: String,
    /// How many sales were made.
    pub sales: u32,
    /// When it was cleared.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
}

impl SlotView {
    pub(crate) fn new(of: &SlotRow, show: Show<'_>) -> Self {
        Self {
            number: of.number,
            zone: of.zone.to_string(),
            slot: of.slot,
            price: of.price.to_string(),
            price_display: show.amount(of.price),
            wh: of.wh,
            paid: of.paid.to_string(),
            paid_display: show.amount(of.paid),
            refunds: of.refunds.to_string(),
            refunds_display: show.amount(of.refunds),
            sales: of.sales,
            height: of.height.get(),
            time_ms: of.time.get(),
        }
    }
}

/// A page of cleared slots.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SlotPage {
    /// Newest clearing first.
    pub slots: Vec<SlotView>,
    /// `before` of the next page: the number of the last clearing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// The market of a slot of a zone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MarketView {
    /// The height this was read at.
    pub height: u64,
    /// The zone.
    pub zone: String,
    /// When the slot begins.
    pub slot: u64,
    /// When it ends.
    pub ends: u64,
    /// From when on it is cleared.
    pub clears: u64,
    /// How energy is sold now: `batch` or `real-time`.
    #[schema(example = "batch")]
    pub mode: String,
    /// Offers in the order in which they came.
    pub offers: Vec<OfferView>,
    /// Orders in the order in which they came.
    pub orders: Vec<OrderView>,
    /// Attested energy, in the order of the providers' accounts; empty if this node keeps no index.
    pub credits: Vec<EnergyCreditView>,
    /// How the slot was cleared, if it was and this node keeps an index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleared: Option<SlotView>,
    /// `after` of the next page of credits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What is known of the market of a slot.
pub(crate) struct KnownMarket {
    pub(crate) zone: Zone,
    pub(crate) slot: u64,
    pub(crate) mode: SettlementMode,
    pub(crate) book: Option<Book>,
    pub(crate) credits: Vec<(Address, Credit)>,
    pub(crate) cleared: Option<SlotRow>,
    pub(crate) next: Option<Address>,
}

impl MarketView {
    pub(crate) fn new(known: &KnownMarket, now: EnergyMoment<'_>, show: Show<'_>) -> Self {
        let KnownMarket { zone, slot, mode, book, credits, cleared, next } = known;
        let ends = slot.saturating_add(now.params.slot_s);
        let (offers, orders) = match book {
            Some(book) => (
                book.offers.iter().map(|offer| OfferView::new(offer, show)).collect(),
                book.orders.iter().map(|order| OrderView::new(order, show)).collect(),
            ),
            None => (Vec::new(), Vec::new()),
        };
        let credit = |(provider, credit): &(Address, Credit)| {
            EnergyCreditView::new((zone, *slot, *provider), credit)
        };
        Self {
            height: now.height.get(),
            zone: zone.to_string(),
            slot: *slot,
            ends,
            clears: ends.saturating_add(now.params.clear_delay_s),
            mode: mode.name().to_owned(),
            offers,
            orders,
            credits: credits.iter().map(credit).collect(),
            cleared: cleared.as_ref().map(|of| SlotView::new(of, show)),
            next: next.map(|account| account.to_string()),
        }
    }
}

/// What a provider sells at once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TariffView {
    /// Who sells.
    pub provider: String,
    /// Its name.
    pub name: String,
    /// Its zone.
    pub zone: String,
    /// The price, in base units a kWh.
    pub price: String,
    /// The same for people, a kWh.
    pub price_display: String,
    /// How much is left at it, in Wh.
    pub wh: u64,
}

impl TariffView {
    pub(crate) fn new(address: Address, provider: &Provider, of: &Tariff, show: Show<'_>) -> Self {
        Self {
            provider: address.to_string(),
            name: provider.name.to_string(),
            zone: provider.zone.to_string(),
            price: of.price.to_string(),
            price_display: show.amount(of.price),
            wh: of.wh,
        }
    }
}

/// A page of tariffs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TariffPage {
    /// The height this was read at.
    pub height: u64,
    /// In the order of the providers' accounts.
    pub tariffs: Vec<TariffView>,
    /// `after` of the next page. A page may be short, or empty, and not be the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An open offer or order of an account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OpenOrderView {
    /// Its number.
    pub number: u64,
    /// Whether it is an offer; else it is an order.
    pub offer: bool,
    /// The zone.
    pub zone: String,
    /// When the slot begins.
    pub slot: u64,
    /// How much, in Wh.
    pub wh: u64,
    /// The least price of an offer, the highest one of an order, in base units a kWh.
    pub price: String,
    /// The same for people, a kWh.
    pub price_display: String,
    /// What is set aside for it, in base units; nothing for offers.
    pub escrow: String,
    /// The same for people.
    pub escrow_display: String,
}

impl OpenOrderView {
    /// As the book has it; nothing if the book has it no more.
    pub(crate) fn new(of: &OrderRow, book: &Book, show: Show<'_>) -> Option<Self> {
        let (wh, price, escrow) = if of.offer {
            let offer = book.offers.iter().find(|offer| offer.number == of.number)?;
            (offer.wh, offer.min_price, Amount::ZERO)
        } else {
            let order = book.orders.iter().find(|order| order.number == of.number)?;
            (order.wh, order.max_price, order.escrow)
        };
        Some(Self {
            number: of.number,
            offer: of.offer,
            zone: of.zone.to_string(),
            slot: of.slot,
            wh,
            price: price.to_string(),
            price_display: show.amount(price),
            escrow: escrow.to_string(),
            escrow_display: show.amount(escrow),
        })
    }
}

/// A page of open offers and orders of an account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OpenOrderPage {
    /// The height this was read at.
    pub height: u64,
    /// The account.
    pub account: String,
    /// Oldest first.
    pub orders: Vec<OpenOrderView>,
    /// `after` of the next page. A page may be short, or empty, and not be the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}
