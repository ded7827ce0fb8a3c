//! Sales and certificates of origin.

use crate::{
    backend::{OwnerRow, SaleRow},
    views::{DueView, Show, hex_of},
};
use althing_ledger::energy::Certificate;
use althing_types::{Amount, Height};
use serde::Serialize;
use utoipa::ToSchema;

/// What a provider was paid for a sale.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SalePaymentView {
    /// How much, in base units.
    pub amount: String,
    /// The same for people.
    pub amount_display: String,
    /// What went to the treasury, in base units.
    pub fee: String,
    /// The same for people.
    pub fee_display: String,
    /// When.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
}

/// A sale.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SaleView {
    /// The number of its certificate.
    pub certificate: u64,
    /// Who bought.
    pub buyer: String,
    /// The zone.
    pub zone: String,
    /// When the slot began.
    pub slot: u64,
    /// How much was sold, in Wh.
    pub wh: u64,
    /// At what price, in base units a kWh.
    pub price: String,
    /// The same for people, a kWh.
    pub price_display: String,
    /// What the buyer paid, in base units.
    pub paid: String,
    /// The same for people.
    pub paid_display: String,
    /// When it was sold.
    pub sold: u64,
    /// The time of that block.
    pub sold_ms: u64,
    /// What disputes took back of it, in Wh.
    pub revoked_wh: u64,
    /// What the buyer got back for that, in base units.
    pub refund: String,
    /// The same for people.
    pub refund_display: String,
    /// What the provider was paid; absent until it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<SalePaymentView>,
}

impl SaleView {
    pub(crate) fn new(of: &SaleRow, show: Show<'_>) -> Self {
        Self {
            certificate: of.number,
            buyer: of.buyer.to_string(),
            zone: of.zone.to_string(),
            slot: of.slot,
            wh: of.wh,
            price: of.price.to_string(),
            price_display: show.amount(of.price),
            paid: of.paid.to_string(),
            paid_display: show.amount(of.paid),
            sold: of.sold.get(),
            sold_ms: of.sold_time.get(),
            revoked_wh: of.revoked_wh,
            refund: of.refund.to_string(),
            refund_display: show.amount(of.refund),
            payment: of.payment.map(|payment| SalePaymentView {
                amount: payment.amount.to_string(),
                amount_display: show.amount(payment.amount),
                fee: payment.fee.to_string(),
                fee_display: show.amount(payment.fee),
                height: payment.height.get(),
                time_ms: payment.time.get(),
            }),
        }
    }
}

/// A page of sales of a provider.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SalePage {
    /// The provider.
    pub provider: String,
    /// Newest first.
    pub settlements: Vec<SaleView>,
    /// `before` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// Who had a certificate.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OwnerView {
    /// Who.
    pub owner: String,
    /// Since when.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
}

/// A certificate of origin.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CertificateView {
    /// Its number.
    pub number: u64,
    /// `held`, `retired` if it was used up, or `revoked` if the sale was undone.
    #[schema(example = "held")]
    pub state: String,
    /// Who has it.
    pub owner: String,
    /// Who bought the energy, and is paid back if the sale is undone.
    pub buyer: String,
    /// Who made the energy.
    pub provider: String,
    /// The zone.
    pub zone: String,
    /// When the slot began.
    pub slot: u64,
    /// How much it stands for, in Wh; nothing if all of it was revoked.
    pub wh: u64,
    /// At what price, in base units a kWh.
    pub price: String,
    /// The same for people, a kWh.
    pub price_display: String,
    /// The hash over all readings that were attested for the slot when it was sold; absent once the state
    /// has forgotten it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// When it was sold.
    pub sold: u64,
    /// What is not paid to the provider yet, in base units.
    pub unpaid: String,
    /// The same for people.
    pub unpaid_display: String,
    /// When the provider is paid, unless the sale is disputed; absent once it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<DueView>,
    /// The dispute that holds it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispute: Option<u64>,
    /// When it was used up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired: Option<u64>,
    /// What was sold, and what became of the money; absent if this node keeps no index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sale: Option<SaleView>,
    /// Who had it since when, oldest first, the last ones; absent in listings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<OwnerView>,
    /// How it stands, in a sentence; absent in listings.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub standing: String,
}

/// What is known of a certificate: what the state says counts.
pub(crate) struct KnownCertificate<'a> {
    pub(crate) number: u64,
    pub(crate) record: Option<&'a Certificate>,
    pub(crate) history: Option<&'a SaleRow>,
}

impl CertificateView {
    /// As in a listing; nothing of a certificate that never was.
    pub(crate) fn new(known: &KnownCertificate<'_>, show: Show<'_>) -> Option<Self> {
        let mut view = match (known.record, known.history) {
            (Some(record), _) => Self::of_record(known.number, record, show),
            (None, Some(history)) => Self::of_history(history, show),
            (None, None) => return None,
        };
        view.sale = known.history.map(|history| SaleView::new(history, show));
        Some(view)
    }

    fn of_record(number: u64, record: &Certificate, show: Show<'_>) -> Self {
        let paid = record.unpaid.is_zero() && record.dispute.is_none();
        Self {
            number,
            state: if record.retired.is_some() { "retired" } else { "held" }.to_owned(),
            owner: record.owner.to_string(),
            buyer: record.buyer.to_string(),
            provider: record.provider.to_string(),
            zone: record.zone.to_string(),
            slot: record.slot,
            wh: record.wh,
            price: record.price.to_string(),
            price_display: show.amount(record.price),
            origin: Some(hex_of(&record.origin)),
            sold: record.sold.get(),
            unpaid: record.unpaid.to_string(),
            unpaid_display: show.amount(record.unpaid),
            due: record.due.filter(|_| !paid).map(Into::into),
            dispute: record.dispute,
            retired: record.retired.map(Height::get),
            sale: None,
            owners: Vec::new(),
            standing: String::new(),
        }
    }

    /// The state has forgotten it: it was used up, and its provider was paid; or nothing is left of it.
    fn of_history(of: &SaleRow, show: Show<'_>) -> Self {
        let left = of.wh.saturating_sub(of.revoked_wh);
        let retired = of.retired.is_some() && left > 0;
        Self {
            number: of.number,
            state: if retired { "retired" } else { "revoked" }.to_owned(),
            owner: of.owner.to_string(),
            buyer: of.buyer.to_string(),
            provider: of.provider.to_string(),
            zone: of.zone.to_string(),
            slot: of.slot,
            wh: if retired { left } else { 0 },
            price: of.price.to_string(),
            price_display: show.amount(of.price),
            origin: None,
            sold: of.sold.get(),
            unpaid: Amount::ZERO.to_string(),
            unpaid_display: show.amount(Amount::ZERO),
            due: None,
            dispute: None,
            retired: of.retired.map(Height::get),
            sale: None,
            owners: Vec::new(),
            standing: String::new(),
        }
    }

    /// Adds who had it, newest first in `owners`, and how it stands.
    pub(crate) fn whole(mut self, owners: &[OwnerRow]) -> Self {
        let owner = |of: &OwnerRow| OwnerView {
            owner: of.owner.to_string(),
            height: of.height.get(),
            time_ms: of.time.get(),
        };
        self.owners = owners.iter().rev().map(owner).collect();
        self.standing = self.sentence();
        self
    }

    fn sentence(&self) -> String {
        let mut text = match (self.state.as_str(), self.retired, self.dispute, &self.due) {
            ("revoked", ..) => {
                let back = self.sale.as_ref().map_or("", |sale| sale.refund_display.as_str());
                return format!("The sale was undone by a dispute; the buyer got {back} back.");
            }
            (_, Some(height), ..) => format!("It was used up at height {height}."),
            _ => "It can be given away, or used up once.".to_owned(),
        };
        let money = match (self.dispute, &self.due) {
            (Some(dispute), _) => {
                format!(" Dispute {dispute} holds it back: nobody is paid before that ends.")
            }
            (None, Some(due)) => format!(
                " Its provider is paid from height {} and time {} ms on, unless the sale is \
                 disputed.",
                due.height, due.time
            ),
            (None, None) => " Its provider was paid.".to_owned(),
        };
        text.push_str(&money);
        let revoked = self.sale.as_ref().map_or(0, |sale| sale.revoked_wh);
        if revoked > 0 {
            text.push_str(&format!(" {revoked} Wh of it were revoked."));
        }
        text
    }
}

/// A page of certificates.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CertificatePage {
    /// The height this was read at.
    pub height: u64,
    /// Newest first.
    pub certificates: Vec<CertificateView>,
    /// `before` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}
