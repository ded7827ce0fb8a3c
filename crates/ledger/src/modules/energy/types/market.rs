//! What is offered, ordered, sold and disputed.

use althing_types::{
    Address, Amount, Due, Epoch, Hash, Height, List, Ppm,
    energy::{DisputeReason, DisputeSubject, Zone},
    limits::{MAX_BOOK_ENTRIES, MAX_DISPUTED_SALES, MAX_READING_SLOTS, MAX_SLOT_SALES},
    struct_codec,
};
use serde::{Deserialize, Serialize};

records! {
    /// An offer in a book.
    Offer {
        /// Its number: earlier ones come first.
        number: u64,
        /// Who sells.
        provider: Address,
        /// How much, in Wh.
        wh: u64,
        /// The least price, in base units a kWh.
        min_price: Amount,
    }

    /// An order in a book.
    Order {
        /// Its number: earlier ones come first.
        number: u64,
        /// Who buys.
        buyer: Address,
        /// How much, in Wh.
        wh: u64,
        /// The highest price, in base units a kWh.
        max_price: Amount,
        /// What is set aside for it, in base units.
        escrow: Amount,
    }

    /// What of a provider's energy can be sold at once.
    Tariff {
        /// The price, in base units a kWh.
        price: Amount,
        /// How much is left at it, in Wh.
        wh: u64,
    }

    /// A certificate of origin: energy that was sold once. It is gone when it is used up, and paid.
    Certificate {
        /// Who has it.
        owner: Address,
        /// Who bought the energy, and is paid back if the sale is undone.
        buyer: Address,
        /// Who made the energy.
        provider: Address,
        /// The zone.
        zone: Zone,
        /// When the slot began, in seconds since 1970 (UTC).
        slot: u64,
        /// How much, in Wh.
        wh: u64,
        /// At what price, in base units a kWh.
        price: Amount,
        /// The hash over all readings that were attested for the slot when it was sold.
        #[serde(with = "althing_types::hash::serde_hex")]
        origin: Hash,
        /// When it was sold.
        sold: Height,
        /// What is not paid to the provider yet, in base units.
        unpaid: Amount,
        /// When the provider is paid, unless the sale is disputed; none when it was paid.
        due: Option<Due>,
        /// The dispute that holds it back.
        dispute: Option<u64>,
        /// When it was used up, if something is still open about it.
        retired: Option<Height>,
    }

    /// A part of the energy of a slot that a dispute holds back.
    Frozen {
        /// When the slot began, in seconds since 1970 (UTC).
        slot: u64,
        /// How much is held back, in Wh.
        wh: u64,
        /// How much of the reading was sold already, in Wh.
        sold: u64,
    }

    /// An open dispute.
    Dispute {
        /// Who opened it.
        opener: Address,
        /// About what.
        subject: DisputeSubject,
        /// Why.
        reason: DisputeReason,
        /// SHA-256 of the evidence.
        #[serde(with = "althing_types::hash::serde_hex")]
        evidence: Hash,
        /// The provider that it is about.
        provider: Address,
        /// What is set aside, in base units.
        bond: Amount,
        /// When it was opened.
        opened: Height,
        /// The epoch of that block.
        epoch: Epoch,
        /// The height at which it ends by itself.
        ends: Height,
        /// The version of the set of oracles that decides.
        oracles: u32,
        /// The part of their weight that upholds it.
        quorum: Ppm,
        /// Oracles that uphold it: bit `n` is place `n` of the set.
        uphold: u32,
        /// Oracles that dismiss it.
        dismiss: u32,
        /// What it holds back of each slot.
        frozen: List<Frozen, MAX_READING_SLOTS>,
        /// The sales that it holds back.
        sales: List<u64, MAX_DISPUTED_SALES>,
    }

    /// Everything offered and ordered of a slot of a zone that is not cleared.
    Book {
        /// Offers, in the order in which they came.
        offers: List<Offer, MAX_BOOK_ENTRIES>,
        /// Orders, in the order in which they came.
        orders: List<Order, MAX_BOOK_ENTRIES>,
    }

    /// A provider's attested energy of a slot.
    Credit {
        /// What can be sold, in Wh.
        available: u64,
        /// What disputes hold back, in Wh.
        frozen: u64,
        /// The hash over all readings that were attested for it.
        #[serde(with = "althing_types::hash::serde_hex")]
        origin: Hash,
        /// Certificates that are not paid to the provider yet, oldest first.
        unpaid: List<u64, MAX_SLOT_SALES>,
        /// When what is left lapses.
        lapses: Due,
    }
}

impl Credit {
    /// Nothing, until this moment.
    pub(in super::super) fn until(lapses: Due) -> Self {
        let (available, frozen, unpaid) = (0, 0, List::default());
        Self { available, frozen, origin: althing_types::hash::zero(), unpaid, lapses }
    }
}
