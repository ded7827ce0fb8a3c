//! The market: energy on sale, books, cleared slots, tariffs, certificates of origin.

use super::{WHOLE_PAGE, encoded, text};
use crate::http::{Client, ClientError, governance::path};
use althing_types::{
    Address, Amount, Due, Hash, Height, Timestamp,
    energy::{EnergyName, SettlementMode, Zone},
    hash::{serde_hex, serde_hex_option},
};
use serde::{Deserialize, Serialize};

/// A provider's attested energy of a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnergyCreditInfo {
    /// Whose.
    pub provider: Address,
    /// The zone.
    pub zone: Zone,
    /// When the slot began.
    pub slot: u64,
    /// What can be sold, in Wh.
    pub available: u64,
    /// What disputes hold back, in Wh.
    pub frozen: u64,
    /// The hash over all readings that were attested for it.
    #[serde(with = "serde_hex")]
    pub origin: Hash,
    /// Certificates that are not paid to the provider yet, oldest first.
    pub unpaid: Vec<u64>,
    /// When what is left lapses.
    pub lapses: Due,
}

/// Attested energy of a provider, oldest slot first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnergyCreditPage {
    /// The height this was read at.
    pub height: Height,
    /// The provider.
    pub provider: Address,
    /// What it has of each slot; slots of which nothing is left are not there.
    pub credits: Vec<EnergyCreditInfo>,
    /// `slot_from` of the next page. A page may be short, or empty, and not be the last.
    #[serde(default)]
    pub next: Option<u64>,
}

/// A sale of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleInfo {
    /// The number of its certificate.
    pub certificate: u64,
    /// Who bought.
    pub buyer: Address,
    /// The zone.
    pub zone: Zone,
    /// When the slot began.
    pub slot: u64,
    /// How much was sold, in Wh.
    pub wh: u64,
    /// At what price, in base units a kWh.
    pub price: Amount,
    /// What the buyer paid, in base units.
    pub paid: Amount,
    /// When it was sold.
    pub sold: Height,
    /// The time of that block.
    pub sold_ms: Timestamp,
    /// What disputes took back of it, in Wh.
    pub revoked_wh: u64,
    /// What the buyer got back for that, in base units.
    pub refund: Amount,
    /// What the provider was paid, once it was.
    #[serde(default)]
    pub payment: Option<SalePaymentInfo>,
}

/// What a provider was paid for a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalePaymentInfo {
    /// How much, in base units.
    pub amount: Amount,
    /// What went to the treasury, in base units.
    pub fee: Amount,
    /// When.
    pub height: Height,
    /// The time of that block.
    pub time_ms: Timestamp,
}

/// A page of sales, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalePage {
    /// The provider.
    pub provider: Address,
    /// The sales.
    pub settlements: Vec<SaleInfo>,
    /// `before` of the next page.
    #[serde(default)]
    pub next: Option<u64>,
}

/// The market of a slot of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketInfo {
    /// The height this was read at.
    pub height: Height,
    /// The zone.
    pub zone: Zone,
    /// When the slot begins.
    pub slot: u64,
    /// When it ends.
    pub ends: u64,
    /// From when on it is cleared.
    pub clears: u64,
    /// How energy is sold now.
    pub mode: SettlementMode,
    /// Offers in the order in which they came.
    pub offers: Vec<OfferInfo>,
    /// Orders in the order in which they came.
    pub orders: Vec<OrderInfo>,
    /// Attested energy, in the order of the providers; empty if the node keeps no index.
    pub credits: Vec<EnergyCreditInfo>,
    /// How the slot was cleared, if it was.
    #[serde(default)]
    pub cleared: Option<SlotInfo>,
    /// `after` of the next page of credits.
    #[serde(default)]
    pub next: Option<Address>,
}

/// An offer in a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferInfo {
    /// Its number: earlier ones come first.
    pub number: u64,
    /// Who sells.
    pub provider: Address,
    /// How much, in Wh.
    pub wh: u64,
    /// The least price, in base units a kWh.
    pub min_price: Amount,
}

/// An order in a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderInfo {
    /// Its number: earlier ones come first.
    pub number: u64,
    /// Who buys.
    pub buyer: Address,
    /// How much, in Wh.
    pub wh: u64,
    /// The highest price, in base units a kWh.
    pub max_price: Amount,
    /// What is set aside for it, in base units.
    pub escrow: Amount,
}

/// A slot that was cleared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotInfo {
    /// The number of the clearing, by the node's index.
    pub number: u64,
    /// The zone.
    pub zone: Zone,
    /// When the slot began.
    pub slot: u64,
    /// The price of all that was sold, in base units a kWh; nothing if nothing was.
    pub price: Amount,
    /// How much was sold, in Wh.
    pub wh: u64,
    /// What buyers paid, in base units.
    pub paid: Amount,
    /// What buyers got back of what they had set aside, in base units.
    pub refunds: Amount,
    /// How many sales were made.
    pub sales: u32,
    /// When it was cleared.
    pub height: Height,
    /// The time of that block.
    pub time_ms: Timestamp,
}

/// A page of cleared slots, newest clearing first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotPage {
    /// The slots.
    pub slots: Vec<SlotInfo>,
    /// `before` of the next page: the number of the last clearing.
    #[serde(default)]
    pub next: Option<u64>,
}

/// What a provider sells at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TariffInfo {
    /// Who sells.
    pub provider: Address,
    /// Its name.
    pub name: EnergyName,
    /// Its zone.
    pub zone: Zone,
    /// The price, in base units a kWh.
    pub price: Amount,
    /// How much is left at it, in Wh.
    pub wh: u64,
}

/// A page of tariffs, in the order of the providers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TariffPage {
    /// The height this was read at.
    pub height: Height,
    /// The tariffs.
    pub tariffs: Vec<TariffInfo>,
    /// `after` of the next page. A page may be short, or empty, and not be the last.
    #[serde(default)]
    pub next: Option<Address>,
}

/// An open offer or order of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenOrderInfo {
    /// Its number.
    pub number: u64,
    /// Whether it is an offer; else it is an order.
    pub offer: bool,
    /// The zone.
    pub zone: Zone,
    /// When the slot begins.
    pub slot: u64,
    /// How much, in Wh.
    pub wh: u64,
    /// The least price of an offer, the highest one of an order, in base units a kWh.
    pub price: Amount,
    /// What is set aside for it, in base units; nothing for offers.
    pub escrow: Amount,
}

#[derive(Deserialize)]
struct OpenOrderPage {
    orders: Vec<OpenOrderInfo>,
    #[serde(default)]
    next: Option<u64>,
}

/// What a certificate of origin is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateState {
    /// Somebody has it.
    Held,
    /// It was used up.
    Retired,
    /// The sale was undone.
    Revoked,
}

impl CertificateState {
    /// The name that the API gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }
}

/// Which certificates are wanted, newest first. What is left open is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CertificateQuery {
    /// Who has them.
    pub owner: Option<Address>,
    /// Who made the energy.
    pub provider: Option<Address>,
    /// Who bought the energy.
    pub buyer: Option<Address>,
    /// What they are good for.
    pub state: Option<CertificateState>,
    /// Only those with a lower number.
    pub before: Option<u64>,
    /// Entries wanted.
    pub limit: Option<usize>,
}

/// A certificate of origin: energy that was sold once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateInfo {
    /// Its number.
    pub number: u64,
    /// What it is good for.
    pub state: CertificateState,
    /// Who has it.
    pub owner: Address,
    /// Who bought the energy.
    pub buyer: Address,
    /// Who made the energy.
    pub provider: Address,
    /// The zone.
    pub zone: Zone,
    /// When the slot began.
    pub slot: u64,
    /// How much it stands for, in Wh; nothing if all of it was revoked.
    pub wh: u64,
    /// At what price, in base units a kWh.
    pub price: Amount,
    /// The hash over all readings that were attested for the slot when it was sold; absent once the
    /// state has forgotten it.
    #[serde(default, with = "serde_hex_option")]
    pub origin: Option<Hash>,
    /// When it was sold.
    pub sold: Height,
    /// What is not paid to the provider yet, in base units.
    pub unpaid: Amount,
    /// When the provider is paid, unless the sale is disputed; absent once it is.
    #[serde(default)]
    pub due: Option<Due>,
    /// The dispute that holds it back.
    #[serde(default)]
    pub dispute: Option<u64>,
    /// When it was used up.
    #[serde(default)]
    pub retired: Option<Height>,
    /// What was sold, and what became of the money; absent if the node keeps no index.
    #[serde(default)]
    pub sale: Option<SaleInfo>,
    /// Who had it since when, oldest first; empty in listings.
    #[serde(default)]
    pub owners: Vec<OwnerInfo>,
    /// How it stands, in a sentence; empty in listings.
    #[serde(default)]
    pub standing: String,
}

/// Who had a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerInfo {
    /// Who.
    pub owner: Address,
    /// Since when.
    pub height: Height,
    /// The time of that block.
    pub time_ms: Timestamp,
}

/// A page of certificates, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificatePage {
    /// The height this was read at.
    pub height: Height,
    /// The certificates.
    pub certificates: Vec<CertificateInfo>,
    /// `before` of the next page.
    #[serde(default)]
    pub next: Option<u64>,
}

impl Client {
    /// What a provider has to sell, oldest slot first; slots from `slot_from` to before `slot_to`.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn provider_credits(
        &self,
        provider: Address,
        slot_from: Option<u64>,
        slot_to: Option<u64>,
    ) -> Result<EnergyCreditPage, ClientError> {
        let parameters = [("slot_from", text(slot_from)), ("slot_to", text(slot_to))];
        self.get(&path(&format!("/v1/energy/providers/{provider}/credits"), &parameters)).await
    }

    /// Sales of a provider, newest first, below a certificate.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn provider_settlements(
        &self,
        provider: Address,
        before: Option<u64>,
        limit: Option<usize>,
    ) -> Result<SalePage, ClientError> {
        let parameters = [("before", text(before)), ("limit", text(limit))];
        self.get(&path(&format!("/v1/energy/providers/{provider}/settlements"), &parameters)).await
    }

    /// The market of a slot of a zone, with all attested energy of it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn energy_market(&self, zone: &Zone, slot: u64) -> Result<MarketInfo, ClientError> {
        let zone = encoded(zone);
        let base = format!("/v1/energy/market?zone={zone}&slot={slot}&limit={WHOLE_PAGE}");
        let mut whole: MarketInfo = self.get(&base).await?;
        while let Some(after) = whole.next.take() {
            let page: MarketInfo = self.get(&format!("{base}&after={after}")).await?;
            let mut credits = std::mem::take(&mut whole.credits);
            credits.extend(page.credits.iter().cloned());
            whole = MarketInfo { credits, ..page };
        }
        Ok(whole)
    }

    /// Cleared slots, newest clearing first, of one zone or of all.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn energy_slots(
        &self,
        zone: Option<&Zone>,
        before: Option<u64>,
        limit: Option<usize>,
    ) -> Result<SlotPage, ClientError> {
        let zone = zone.map(|zone| encoded(zone));
        let parameters = [("zone", zone), ("before", text(before)), ("limit", text(limit))];
        self.get(&path("/v1/energy/slots", &parameters)).await
    }

    /// Providers that sell at once, in the order of their accounts, of one zone or of all.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn tariffs(
        &self,
        zone: Option<&Zone>,
        after: Option<Address>,
        limit: Option<usize>,
    ) -> Result<TariffPage, ClientError> {
        let zone = zone.map(|zone| encoded(zone));
        let parameters = [("zone", zone), ("after", text(after)), ("limit", text(limit))];
        self.get(&path("/v1/energy/tariffs", &parameters)).await
    }

    /// All open offers and orders of an account, oldest first.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn energy_orders(&self, account: Address) -> Result<Vec<OpenOrderInfo>, ClientError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let parameters = [("after", text(after)), ("limit", text(Some(WHOLE_PAGE)))];
            let base = format!("/v1/energy/orders/{account}");
            let page: OpenOrderPage = self.get(&path(&base, &parameters)).await?;
            all.extend(page.orders);
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    /// Certificates of origin, newest first.
    ///
    /// # Errors
    /// [`ClientError`]; the code `index_disabled` if the node keeps no index.
    pub async fn certificates(
        &self,
        query: &CertificateQuery,
    ) -> Result<CertificatePage, ClientError> {
        let parameters = [
            ("owner", text(query.owner)),
            ("provider", text(query.provider)),
            ("buyer", text(query.buyer)),
            ("state", text(query.state.map(CertificateState::name))),
            ("before", text(query.before)),
            ("limit", text(query.limit)),
        ];
        self.get(&path("/v1/energy/certificates", &parameters)).await
    }

    /// A certificate of origin, with who had it.
    ///
    /// # Errors
    /// [`ClientError`]; the code `certificate_not_found`.
    pub async fn certificate(&self, number: u64) -> Result<CertificateInfo, ClientError> {
        self.get(&format!("/v1/energy/certificates/{number}")).await
    }
}
