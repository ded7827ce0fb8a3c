//! What the index of the node knows about metered energy. Everything else that the API says about it,
//! it reads from records of the state.

use althing_types::{
    Address, Amount, Hash, Height, Timestamp,
    energy::{
        DisputeEnd, DisputeReason, DisputeSubject, ProviderState, ReadingOutcome, ReportItem, Zone,
    },
};
use async_trait::async_trait;

/// Which providers are wanted, in the order of their accounts. What is left open is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderFilter {
    /// Only those in this state; those that have left are never among them.
    pub state: Option<ProviderState>,
    /// Only those of this zone.
    pub zone: Option<Zone>,
    /// Only those that have posted a tariff that they did not end.
    pub selling: bool,
    /// Only those behind this account.
    pub after: Option<Address>,
}

/// How much of everything there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnergyCountsState {
    /// Providers that submit and sell.
    pub active: u64,
    /// Providers that leave.
    pub leaving: u64,
    /// Providers that must add to their stake.
    pub suspended: u64,
    /// Meters that were ever registered.
    pub meters: u64,
    /// Batches that are not over.
    pub open_batches: u64,
    /// Disputes that are not over.
    pub open_disputes: u64,
}

/// Which batches are wanted, newest first. What is left open is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchFilter {
    /// Only those that are not over, or that are.
    pub open: Option<bool>,
    /// Only those of this provider.
    pub provider: Option<Address>,
    /// Only those with a lower number.
    pub before: Option<u64>,
}

/// A batch of readings, also one that the state has forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHistory {
    /// Its number.
    pub number: u64,
    /// Its provider.
    pub provider: Address,
    /// When it came.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// Its readings.
    pub count: u32,
    /// What they say together, in Wh.
    pub wh: u64,
    /// What those that are attested say together, in Wh.
    pub attested_wh: u64,
    /// Those that are not decided.
    pub undecided: u32,
    /// Those that are attested.
    pub attested: u32,
    /// Those that oracles contradicted.
    pub refused: u32,
    /// Those that expired.
    pub expired: u32,
    /// Those that were attested and disproved.
    pub disproved: u32,
    /// When it was over.
    pub closed: Option<Height>,
}

/// A reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterReading {
    /// The number of its batch.
    pub batch: u64,
    /// Its place in the batch, from 0.
    pub place: u8,
    /// The meter.
    pub meter: Hash,
    /// Its sequence.
    pub sequence: u64,
    /// When its interval began, in seconds since 1970 (UTC).
    pub start: u64,
    /// The length of the interval, in seconds.
    pub seconds: u32,
    /// What was counted in it, in Wh.
    pub wh: u64,
    /// What the meter has counted in all, in Wh.
    pub total_wh: u64,
    /// When the meter signed, in seconds since 1970 (UTC).
    pub signed_at: u64,
    /// What became of it, if that is decided.
    pub outcome: Option<ReadingOutcome>,
    /// When its batch came.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

/// What an oracle found about a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportHistory {
    /// The oracle.
    pub oracle: Address,
    /// What it found.
    pub report: ReportItem,
    /// Whether all was decided already.
    pub late: bool,
    /// When it came.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

/// An open offer or order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOrder {
    /// Its number.
    pub number: u64,
    /// Whether it is an offer; else it is an order.
    pub offer: bool,
    /// The zone.
    pub zone: Zone,
    /// When the slot begins, in seconds since 1970 (UTC).
    pub slot: u64,
    /// How much, in Wh.
    pub wh: u64,
    /// The least price of an offer, the highest one of an order, in base units a kWh.
    pub price: Amount,
}

/// A slot that was cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotHistory {
    /// The number of the clearing, in the order of this index.
    pub number: u64,
    /// The zone.
    pub zone: Zone,
    /// When the slot began, in seconds since 1970 (UTC).
    pub slot: u64,
    /// The price of all that was sold, in base units a kWh.
    pub price: Amount,
    /// How much was sold, in Wh.
    pub wh: u64,
    /// What buyers paid, in base units.
    pub paid: Amount,
    /// What buyers got back of what they had set aside, in base units.
    pub refunds: Amount,
    /// How many sales were made.
    pub sales: u32,
    /// When.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

/// Which sales are wanted, newest first. What is left open is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaleFilter {
    /// Who has the certificate.
    pub owner: Option<Address>,
    /// Who sold.
    pub provider: Option<Address>,
    /// Who bought.
    pub buyer: Option<Address>,
    /// `held`, `retired` or `revoked`.
    pub state: Option<&'static str>,
    /// Only those with a lower number.
    pub before: Option<u64>,
}

/// A sale, and its certificate of origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleHistory {
    /// The number of the certificate.
    pub number: u64,
    /// `held`, `retired`, or `revoked` if nothing is left of it.
    pub state: String,
    /// Who has the certificate.
    pub owner: Address,
    /// Who bought.
    pub buyer: Address,
    /// Who sold.
    pub provider: Address,
    /// The zone.
    pub zone: Zone,
    /// When the slot began, in seconds since 1970 (UTC).
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
    pub sold_time: Timestamp,
    /// What disputes took back of it, in Wh.
    pub revoked_wh: u64,
    /// What the buyer got back for that, in base units.
    pub refund: Amount,
    /// When the certificate was used up.
    pub retired: Option<Height>,
    /// What the provider was paid, once it was.
    pub payment: Option<SalePaymentState>,
}

/// What a provider was paid for a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SalePaymentState {
    /// How much, in base units.
    pub amount: Amount,
    /// What went to the treasury, in base units.
    pub fee: Amount,
    /// When.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

/// Who had a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerHistory {
    /// Who.
    pub owner: Address,
    /// Since when.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

/// Which disputes are wanted, newest first. What is left open is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnergyDisputeFilter {
    /// Only open ones (`Some(None)`), or those that ended so.
    pub state: Option<Option<DisputeEnd>>,
    /// Only those about this provider.
    pub provider: Option<Address>,
    /// Only those with a lower number.
    pub before: Option<u64>,
}

/// A dispute, also one that the state has forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnergyDisputeHistory {
    /// Its number.
    pub number: u64,
    /// Who opened it.
    pub opener: Address,
    /// About what.
    pub subject: DisputeSubject,
    /// Why.
    pub reason: DisputeReason,
    /// SHA-256 of the evidence.
    pub evidence: Hash,
    /// The provider that it is about; unknown to an index that began behind what is disputed.
    pub provider: Option<Address>,
    /// When it was opened.
    pub opened: Height,
    /// The height at which it ends by itself.
    pub ends: Height,
    /// Oracles that uphold it.
    pub uphold: u32,
    /// Oracles that dismiss it.
    pub dismiss: u32,
    /// How it ended.
    pub ended: Option<DisputeOutcomeState>,
}

/// How a dispute ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisputeOutcomeState {
    /// How.
    pub end: DisputeEnd,
    /// What was revoked, in Wh.
    pub revoked_wh: u64,
    /// What who opened it got besides its bond, in base units.
    pub reward: Amount,
    /// When.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

/// What an oracle said about a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisputeVoteState {
    /// The oracle.
    pub oracle: Address,
    /// Whether who opened it is right.
    pub uphold: bool,
    /// When.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

/// The index, asked about energy. Every method answers `None` if the question failed, which is logged
/// where it did.
#[async_trait]
pub trait EnergyIndex: Send + Sync {
    /// Accounts of providers that have not left, in their order.
    async fn providers(&self, filter: ProviderFilter, limit: usize) -> Option<Vec<Address>>;
    /// How much of everything there is.
    async fn counts(&self) -> Option<EnergyCountsState>;
    /// Meters that were ever bound to a provider, in the order of their ids.
    async fn meters_of(
        &self,
        provider: Address,
        after: Option<Hash>,
        limit: usize,
    ) -> Option<Vec<Hash>>;
    /// When hours began in which a provider made energy that was attested, oldest first, in seconds
    /// since 1970 (UTC): those of which a part is from `between.0` to before `between.1`.
    async fn hours(&self, provider: Address, between: (u64, u64), limit: usize)
    -> Option<Vec<u64>>;
    /// Providers of a zone that made energy that was attested in hours of which a part is in that
    /// time, in the order of their accounts.
    async fn makers(
        &self,
        zone: Zone,
        between: (u64, u64),
        after: Option<Address>,
        limit: usize,
    ) -> Option<Vec<Address>>;
    /// Accounts that have staked for an oracle and not left, in their order.
    async fn oracles(&self, after: Option<Address>, limit: usize) -> Option<Vec<Address>>;
    /// Accounts to which another one has granted something, in their order.
    async fn grants(
        &self,
        grantor: Address,
        after: Option<Address>,
        limit: usize,
    ) -> Option<Vec<Address>>;
    /// Batches, newest first.
    async fn batches(&self, filter: BatchFilter, limit: usize) -> Option<Vec<BatchHistory>>;
    /// The batch with this number, if there ever was one.
    async fn batch(&self, number: u64) -> Option<Option<BatchHistory>>;
    /// Batches with undecided readings, oldest first, from behind a number; with an oracle, all that
    /// are not over and about which it has not reported.
    async fn undecided(
        &self,
        oracle: Option<Address>,
        after: Option<u64>,
        limit: usize,
    ) -> Option<Vec<BatchHistory>>;
    /// The readings of a batch, in their order.
    async fn batch_readings(&self, number: u64) -> Option<Vec<MeterReading>>;
    /// What oracles found about a batch, in the order of their accounts.
    async fn batch_reports(&self, number: u64) -> Option<Vec<ReportHistory>>;
    /// Readings of a meter, newest first, before the one at `batch * 64 + place`.
    async fn meter_readings(
        &self,
        meter: Hash,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<MeterReading>>;
    /// Reports of an oracle, newest batch first, below a batch.
    async fn oracle_reports(
        &self,
        oracle: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<ReportHistory>>;
    /// Open offers and orders of an account, oldest first, from behind a number.
    async fn orders(
        &self,
        account: Address,
        after: Option<u64>,
        limit: usize,
    ) -> Option<Vec<OpenOrder>>;
    /// Slots that were cleared, newest clearing first, of one zone or of all, below a number.
    async fn slots(
        &self,
        zone: Option<Zone>,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<SlotHistory>>;
    /// How a slot of a zone was cleared last, if it was.
    async fn slot(&self, zone: Zone, slot: u64) -> Option<Option<SlotHistory>>;
    /// Sales with their certificates, newest first.
    async fn sales(&self, filter: SaleFilter, limit: usize) -> Option<Vec<SaleHistory>>;
    /// The sale of this certificate, if there ever was one.
    async fn sale(&self, certificate: u64) -> Option<Option<SaleHistory>>;
    /// Who had a certificate, newest first.
    async fn owners(&self, certificate: u64, limit: usize) -> Option<Vec<OwnerHistory>>;
    /// Disputes, newest first.
    async fn disputes(
        &self,
        filter: EnergyDisputeFilter,
        limit: usize,
    ) -> Option<Vec<EnergyDisputeHistory>>;
    /// The dispute with this number, if there ever was one.
    async fn dispute(&self, number: u64) -> Option<Option<EnergyDisputeHistory>>;
    /// What oracles said about a dispute, in the order of their accounts.
    async fn votes(&self, dispute: u64) -> Option<Vec<DisputeVoteState>>;
}
