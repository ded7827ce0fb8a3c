//! What the index knows about metered energy, as the API asks for it.

use super::lookup::ask;
use althing_api::backend::{
    BatchFilter, BatchHistory, DisputeOutcomeState, DisputeVoteState, EnergyCountsState,
    EnergyDisputeFilter, EnergyDisputeHistory, EnergyIndex, MeterReading, OpenOrder, OwnerHistory,
    ProviderFilter, ReportHistory, SaleFilter, SaleHistory, SalePaymentState, SlotHistory,
};
use althing_index::{
    BatchQuery, BatchRow, DisputeOutcome, DisputeQuery, DisputeRow, DisputeVoteRow, EnergyCounts,
    Index, OrderRow, OwnerRow, ProviderQuery, ReadingRow, ReportRow, SalePayment, SaleQuery,
    SaleRow, SlotRow,
};
use althing_types::{Address, Hash, energy::Zone};
use async_trait::async_trait;
use std::sync::Arc;

/// Asks the index.
pub(super) struct EnergyRows {
    pub(super) index: Arc<Index>,
}

/// For each row of the index, what the API calls it. The fields are the same.
macro_rules! rows {
    ($( $name:ident: $row:ident => $state:ident { $($field:ident),* } )*) => { $(
        fn $name(row: $row) -> $state {
            let $row { $($field),* } = row;
            $state { $($field),* }
        }
    )* };
}

rows! {
    counted: EnergyCounts => EnergyCountsState {
        active, leaving, suspended, meters, open_batches, open_disputes
    }
    batch: BatchRow => BatchHistory {
        number, provider, height, time, count, wh, attested_wh, undecided, attested, refused,
        expired, disproved, closed
    }
    reading: ReadingRow => MeterReading {
        batch, place, meter, sequence, start, seconds, wh, total_wh, signed_at, outcome, height,
        time
    }
    report: ReportRow => ReportHistory { oracle, report, late, height, time }
    order: OrderRow => OpenOrder { number, offer, zone, slot, wh, price }
    slot: SlotRow => SlotHistory {
        number, zone, slot, price, wh, paid, refunds, sales, height, time
    }
    payment: SalePayment => SalePaymentState { amount, fee, height, time }
    owner: OwnerRow => OwnerHistory { owner, height, time }
    outcome: DisputeOutcome => DisputeOutcomeState { end, revoked_wh, reward, height, time }
    vote: DisputeVoteRow => DisputeVoteState { oracle, uphold, height, time }
}

fn sale(row: SaleRow) -> SaleHistory {
    SaleHistory {
        number: row.number,
        state: row.state,
        owner: row.owner,
        buyer: row.buyer,
        provider: row.provider,
        zone: row.zone,
        slot: row.slot,
        wh: row.wh,
        price: row.price,
        paid: row.paid,
        sold: row.sold,
        sold_time: row.sold_time,
        revoked_wh: row.revoked_wh,
        refund: row.refund,
        retired: row.retired,
        payment: row.payment.map(payment),
    }
}

fn dispute(row: DisputeRow) -> EnergyDisputeHistory {
    EnergyDisputeHistory {
        number: row.number,
        opener: row.opener,
        subject: row.subject,
        reason: row.reason,
        evidence: row.evidence,
        provider: row.provider,
        opened: row.opened,
        ends: row.ends,
        uphold: row.uphold,
        dismiss: row.dismiss,
        ended: row.ended.map(outcome),
    }
}

fn all<Row, State>(rows: Vec<Row>, state: impl Fn(Row) -> State) -> Vec<State> {
    rows.into_iter().map(state).collect()
}

#[async_trait]
impl EnergyIndex for EnergyRows {
    async fn providers(&self, filter: ProviderFilter, limit: usize) -> Option<Vec<Address>> {
        let ProviderFilter { state, zone, selling, after } = filter;
        let query = ProviderQuery { state, zone, selling, after };
        ask(&self.index, move |index| index.energy_providers(&query, limit)).await
    }

    async fn counts(&self) -> Option<EnergyCountsState> {
        ask(&self.index, Index::energy_counts).await.map(counted)
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

    async fn batches(&self, filter: BatchFilter, limit: usize) -> Option<Vec<BatchHistory>> {
        let BatchFilter { open, provider, before } = filter;
        let query = BatchQuery { open, provider, before };
        let rows = ask(&self.index, move |index| index.energy_batches(&query, limit)).await?;
        Some(all(rows, batch))
    }

    async fn batch(&self, number: u64) -> Option<Option<BatchHistory>> {
        let row = ask(&self.index, move |index| index.energy_batch(number)).await?;
        Some(row.map(batch))
    }

    async fn undecided(
        &self,
        oracle: Option<Address>,
        after: Option<u64>,
        limit: usize,
    ) -> Option<Vec<BatchHistory>> {
        let rows = ask(&self.index, move |index| index.undecided(oracle, after, limit)).await?;
        Some(all(rows, batch))
    }

    async fn batch_readings(&self, number: u64) -> Option<Vec<MeterReading>> {
        let rows = ask(&self.index, move |index| index.batch_readings(number)).await?;
        Some(all(rows, reading))
    }

    async fn batch_reports(&self, number: u64) -> Option<Vec<ReportHistory>> {
        let rows = ask(&self.index, move |index| index.batch_reports(number)).await?;
        Some(all(rows, report))
    }

    async fn meter_readings(
        &self,
        meter: Hash,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<MeterReading>> {
        let rows =
            ask(&self.index, move |index| index.meter_readings(meter, before, limit)).await?;
        Some(all(rows, reading))
    }

    async fn oracle_reports(
        &self,
        oracle: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<ReportHistory>> {
        let rows =
            ask(&self.index, move |index| index.oracle_reports(oracle, before, limit)).await?;
        Some(all(rows, report))
    }

    async fn orders(
        &self,
        account: Address,
        after: Option<u64>,
        limit: usize,
    ) -> Option<Vec<OpenOrder>> {
        let rows =
            ask(&self.index, move |index| index.energy_orders(account, after, limit)).await?;
        Some(all(rows, order))
    }

    async fn slots(
        &self,
        zone: Option<Zone>,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<SlotHistory>> {
        let query = move |index: &Index| index.energy_slots(zone.as_ref(), before, limit);
        Some(all(ask(&self.index, query).await?, slot))
    }

    async fn slot(&self, zone: Zone, start: u64) -> Option<Option<SlotHistory>> {
        let row = ask(&self.index, move |index| index.energy_slot(&zone, start)).await?;
        Some(row.map(slot))
    }

    async fn sales(&self, filter: SaleFilter, limit: usize) -> Option<Vec<SaleHistory>> {
        let SaleFilter { owner, provider, buyer, state, before } = filter;
        let query = SaleQuery { owner, provider, buyer, state, before };
        let rows = ask(&self.index, move |index| index.energy_sales(&query, limit)).await?;
        Some(all(rows, sale))
    }

    async fn sale(&self, certificate: u64) -> Option<Option<SaleHistory>> {
        let row = ask(&self.index, move |index| index.energy_sale(certificate)).await?;
        Some(row.map(sale))
    }

    async fn owners(&self, certificate: u64, limit: usize) -> Option<Vec<OwnerHistory>> {
        let query = move |index: &Index| index.certificate_owners(certificate, limit);
        Some(all(ask(&self.index, query).await?, owner))
    }

    async fn disputes(
        &self,
        filter: EnergyDisputeFilter,
        limit: usize,
    ) -> Option<Vec<EnergyDisputeHistory>> {
        let EnergyDisputeFilter { state, provider, before } = filter;
        let query = DisputeQuery { state, provider, before };
        let rows = ask(&self.index, move |index| index.energy_disputes(&query, limit)).await?;
        Some(all(rows, dispute))
    }

    async fn dispute(&self, number: u64) -> Option<Option<EnergyDisputeHistory>> {
        let row = ask(&self.index, move |index| index.energy_dispute(number)).await?;
        Some(row.map(dispute))
    }

    async fn votes(&self, dispute: u64) -> Option<Vec<DisputeVoteState>> {
        let rows = ask(&self.index, move |index| index.dispute_votes(dispute)).await?;
        Some(all(rows, vote))
    }
}
