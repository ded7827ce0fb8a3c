//! What the index of the node knows about metered energy, in its own rows. Everything else that the API
//! says about it, it reads from records of the state.

use althing_index::{
    BatchQuery, BatchRow, DisputeQuery, DisputeRow, DisputeVoteRow, EnergyCounts, OrderRow,
    OwnerRow, ProviderQuery, ReadingRow, ReportRow, SaleQuery, SaleRow, SlotRow,
};
use althing_types::{Address, Hash, energy::Zone};
use async_trait::async_trait;

/// The index, asked about energy. Every method answers `None` if the question failed, which is logged
/// where it did.
#[async_trait]
pub trait EnergyIndex: Send + Sync {
    /// Accounts of providers that have not left, in their order.
    async fn providers(&self, query: ProviderQuery, limit: usize) -> Option<Vec<Address>>;
    /// How much of everything there is.
    async fn counts(&self) -> Option<EnergyCounts>;
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
    async fn batches(&self, query: BatchQuery, limit: usize) -> Option<Vec<BatchRow>>;
    /// The batch with this number, if there ever was one.
    async fn batch(&self, number: u64) -> Option<Option<BatchRow>>;
    /// Batches with undecided readings, oldest first, from behind a number; with an oracle, all that
    /// are not over and about which it has not reported.
    async fn undecided(
        &self,
        oracle: Option<Address>,
        after: Option<u64>,
        limit: usize,
    ) -> Option<Vec<BatchRow>>;
    /// The readings of a batch, in their order.
    async fn batch_readings(&self, number: u64) -> Option<Vec<ReadingRow>>;
    /// What oracles found about a batch, in the order of their accounts.
    async fn batch_reports(&self, number: u64) -> Option<Vec<ReportRow>>;
    /// Readings of a meter, newest first, before the one at `batch * 64 + place`.
    async fn meter_readings(
        &self,
        meter: Hash,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<ReadingRow>>;
    /// Reports of an oracle, newest batch first, below a batch.
    async fn oracle_reports(
        &self,
        oracle: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<ReportRow>>;
    /// Open offers and orders of an account, oldest first, from behind a number.
    async fn orders(
        &self,
        account: Address,
        after: Option<u64>,
        limit: usize,
    ) -> Option<Vec<OrderRow>>;
    /// Slots that were cleared, newest clearing first, of one zone or of all, below a number.
    async fn slots(
        &self,
        zone: Option<Zone>,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<SlotRow>>;
    /// How a slot of a zone was cleared last, if it was.
    async fn slot(&self, zone: Zone, slot: u64) -> Option<Option<SlotRow>>;
    /// Sales with their certificates, newest first.
    async fn sales(&self, query: SaleQuery, limit: usize) -> Option<Vec<SaleRow>>;
    /// The sale of this certificate, if there ever was one.
    async fn sale(&self, certificate: u64) -> Option<Option<SaleRow>>;
    /// Who had a certificate, newest first.
    async fn owners(&self, certificate: u64, limit: usize) -> Option<Vec<OwnerRow>>;
    /// Disputes, newest first.
    async fn disputes(&self, query: DisputeQuery, limit: usize) -> Option<Vec<DisputeRow>>;
    /// The dispute with this number, if there ever was one.
    async fn dispute(&self, number: u64) -> Option<Option<DisputeRow>>;
    /// What oracles said about a dispute, in the order of their accounts.
    async fn votes(&self, dispute: u64) -> Option<Vec<DisputeVoteRow>>;
}
