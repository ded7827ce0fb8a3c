//! What the index knows about metered energy, as the API asks for it.

use super::lookup::ask;
use althing_api::backend::EnergyIndex;
use althing_index::{
    BatchQuery, BatchRow, DisputeQuery, DisputeRow, DisputeVoteRow, EnergyCounts, Index, OrderRow,
    OwnerRow, ProviderQuery, ReadingRow, ReportRow, SaleQuery, SaleRow, SlotRow,
};
use althing_types::{Address, Hash, energy::Zone};
use async_trait::async_trait;
use std::sync::Arc;

/// Asks the index.
pub(super) struct EnergyRows {
    pub(super) index: Arc<Index>,
}

#[async_trait]
impl EnergyIndex for EnergyRows {
    async fn providers(&self, query: ProviderQuery, limit: usize) -> Option<Vec<Address>> {
        ask(&self.index, move |index| index.energy_providers(&query, limit)).await
    }

    async fn counts(&self) -> Option<EnergyCounts> {
        ask(&self.index, Index::energy_counts).await
    }

    async fn meters_of(
        &self,
        provider: Address,
        after: Option<Hash>,
        limit: usize,
    ) -> Option<Vec<Hash>> {
        ask(&self.index, move |index| index.meters_of(provider, after, limit)).await
    }

    async fn hours(
        &self,
        provider: Address,
        between: (u64, u64),
        limit: usize,
    ) -> Option<Vec<u64>> {
        ask(&self.index, move |index| index.energy_hours(provider, between, limit)).await
    }

    async fn makers(
        &self,
        zone: Zone,
        between: (u64, u64),
        after: Option<Address>,
        limit: usize,
    ) -> Option<Vec<Address>> {
        ask(&self.index, move |index| index.energy_makers(&zone, between, after, limit)).await
    }

    async fn oracles(&self, after: Option<Address>, limit: usize) -> Option<Vec<Address>> {
        ask(&self.index, move |index| index.oracles(after, limit)).await
    }

    async fn grants(
        &self,
        grantor: Address,
        after: Option<Address>,
        limit: usize,
    ) -> Option<Vec<Address>> {
        ask(&self.index, move |index| index.energy_grants(grantor, after, limit)).await
    }

    async fn batches(&self, query: BatchQuery, limit: usize) -> Option<Vec<BatchRow>> {
        ask(&self.index, move |index| index.energy_batches(&query, limit)).await
    }

    async fn batch(&self, number: u64) -> Option<Option<BatchRow>> {
        ask(&self.index, move |index| index.energy_batch(number)).await
    }

    async fn undecided(
        &self,
        oracle: Option<Address>,
        after: Option<u64>,
        limit: usize,
    ) -> Option<Vec<BatchRow>> {
        ask(&self.index, move |index| index.undecided(oracle, after, limit)).await
    }

    async fn batch_readings(&self, number: u64) -> Option<Vec<ReadingRow>> {
        ask(&self.index, move |index| index.batch_readings(number)).await
    }

    async fn batch_reports(&self, number: u64) -> Option<Vec<ReportRow>> {
        ask(&self.index, move |index| index.batch_reports(number)).await
    }

    async fn meter_readings(
        &self,
        meter: Hash,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<ReadingRow>> {
        ask(&self.index, move |index| index.meter_readings(meter, before, limit)).await
    }

    async fn oracle_reports(
        &self,
        oracle: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<ReportRow>> {
        ask(&self.index, move |index| index.oracle_reports(oracle, before, limit)).await
    }

    async fn orders(
        &self,
        account: Address,
        after: Option<u64>,
        limit: usize,
    ) -> Option<Vec<OrderRow>> {
        ask(&self.index, move |index| index.energy_orders(account, after, limit)).await
    }

    async fn slots(
        &self,
        zone: Option<Zone>,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<SlotRow>> {
        let query = move |index: &Index| index.energy_slots(zone.as_ref(), before, limit);
        ask(&self.index, query).await
    }

    async fn slot(&self, zone: Zone, start: u64) -> Option<Option<SlotRow>> {
        ask(&self.index, move |index| index.energy_slot(&zone, start)).await
    }

    async fn sales(&self, query: SaleQuery, limit: usize) -> Option<Vec<SaleRow>> {
        ask(&self.index, move |index| index.energy_sales(&query, limit)).await
    }

    async fn sale(&self, certificate: u64) -> Option<Option<SaleRow>> {
        ask(&self.index, move |index| index.energy_sale(certificate)).await
    }

    async fn owners(&self, certificate: u64, limit: usize) -> Option<Vec<OwnerRow>> {
        let query = move |index: &Index| index.certificate_owners(certificate, limit);
        ask(&self.index, query).await
    }

    async fn disputes(&self, query: DisputeQuery, limit: usize) -> Option<Vec<DisputeRow>> {
        ask(&self.index, move |index| index.energy_disputes(&query, limit)).await
    }

    async fn dispute(&self, number: u64) -> Option<Option<DisputeRow>> {
        ask(&self.index, move |index| index.energy_dispute(number)).await
    }

    async fn votes(&self, dispute: u64) -> Option<Vec<DisputeVoteRow>> {
        ask(&self.index, move |index| index.dispute_votes(dispute)).await
    }
}
