//! Submits what meters of a provider counted. All or nothing.

use super::{active, own_meter, register_meter::extra_gas};
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    gas,
    modules::{
        energy::{
            AGENDA, Batch, DueItem, ENERGY, HeldReading, Meter, Provider,
            desk::{Desk, grow},
            error::EnergyError,
            grants, meter_key, meter_public_key, oracle_set_key, pending_limit, provider_key,
            split, store,
        },
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, ChainId, Due, Event, Height, List, Timestamp,
    energy::{EnergyRole, EnergyScope, MeterState, Reading, capacity_wh},
    hash,
    message::SubmitReadings,
};

/// Gas of the message itself, one reading with an Ed25519 signature included.
pub(crate) const GAS: u64 = 60_000;
/// Gas for each further reading.
pub(crate) const GAS_PER_READING: u64 = 25_000;

/// There must be readings.
pub(crate) fn validate(message: &SubmitReadings) -> Result<(), Invalid> {
    if message.readings.is_empty() { Err(Invalid::NothingToDo) } else { Ok(()) }
}

/// The provider and the meters.
pub(crate) fn keys(message: &SubmitReadings, sender: &Address, out: &mut Vec<StateKey>) {
    grants::keys(sender, (&message.provider, EnergyRole::Provider), out);
    out.extend([ENERGY, AGENDA, provider_key(&message.provider)]);
    let meters = message.readings.iter().map(|reading| &reading.meter);
    out.extend(meters.flat_map(|meter| [meter_key(meter), meter_public_key(meter)]));
}

pub(crate) fn execute(
    message: &SubmitReadings,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let moment = BlockMoment::from(context.block);
    let address = message.provider;
    let role = EnergyRole::Provider;
    grants::authorize(context, &address, (role, EnergyScope::SubmitReading))?;
    grants::count(context.view, &moment, (&address, role))?;
    let count = u64::try_from(message.readings.len()).unwrap_or(u64::MAX);
    context.meter.charge(count.saturating_sub(1).saturating_mul(GAS_PER_READING))?;
    let mut desk = Desk::begin(context.view, &moment)?;
    let mut provider = active(&desk, &address)?;
    // All of it before a signature is checked: what is missed later has them checked again.
    let meters = message.readings.iter().map(|reading| &reading.meter);
    let keys = meters.flat_map(|meter| [meter_key(meter), meter_public_key(meter)]);
    let others = [oracle_set_key(desk.totals.oracle_set), desk.due_key(desk.expiry())];
    staking::know(desk.view, keys.chain(others))?;
    admit(&desk, &provider, count)?;
    let mut held = Vec::new();
    let mut wh = 0u64;
    for reading in message.readings.iter() {
        let means = (context.block.chain_id, &mut *context.meter);
        let taken = desk.take_reading((&address, &mut provider), reading, means)?;
        wh = wh.checked_add(reading.wh).ok_or(EnergyError::Overflow)?;
        held.push(taken);
    }
    desk.claim(wh)?;
    grow(&mut provider.pending, count)?;
    grow(&mut provider.batches, 1)?;
    grow(&mut provider.counters.readings, count)?;
    store::save_provider(desk.view, &address, &provider)?;
    let batch = desk.open_batch(address, held)?;
    let readings = u32::try_from(count).unwrap_or(u32::MAX);
    desk.events.push(Event::ReadingsSubmitted { provider: address, batch, readings, wh });
    Ok(desk.finish()?)
}

/// Whether a provider may have so many readings more undecided, and somebody can decide them.
fn admit(desk: &Desk<'_>, provider: &Provider, count: u64) -> Result<(), Failure> {
    let limit = pending_limit(desk.params(), provider.reputation.score(desk.params()));
    if provider.pending.saturating_add(count) > limit {
        return Err(EnergyError::TooManyPending.into());
    }
    if store::require_set(desk.view, desk.totals.oracle_set)?.is_empty() {
        return Err(EnergyError::NoOracles.into());
    }
    Ok(())
}

/// Whether a reading goes on where its meter was, and can be true.
fn check(desk: &Desk<'_>, meter: &Meter, reading: &Reading) -> Result<(), EnergyError> {
    let (params, now) = (desk.params(), desk.now_s());
    if reading.signed_at.abs_diff(now) > params.clock_skew_s {
        return Err(EnergyError::TimestampSkew);
    }
    if reading.sequence < meter.sequence {
        return Err(EnergyError::ReadingReplayed);
    }
    if reading.sequence > meter.sequence {
        return Err(EnergyError::ReadingGap);
    }
    if meter.total_wh.checked_add(reading.wh) != Some(reading.total_wh) {
        return Err(EnergyError::CounterMismatch);
    }
    let parts = split(reading.start, reading.seconds, reading.wh, params.slot_s);
    if parts.is_none() || reading.end() > reading.signed_at {
        return Err(EnergyError::IntervalInvalid);
    }
    if reading.start < meter.last_end {
        return Err(EnergyError::IntervalOverlap);
    }
    if reading.wh > capacity_wh(meter.max_w, reading.seconds) {
        return Err(EnergyError::CapacityExceeded);
    }
    if params.max_age_s > 0 && now.saturating_sub(reading.end()) > params.max_age_s {
        return Err(EnergyError::ReadingTooOld);
    }
    Ok(())
}

/// What a reading tells about its provider: whether it came in time, and whether the meter measured
/// without a gap. The first one of a key has nothing before it.
fn learn(desk: &Desk<'_>, provider: &mut Provider, meter: &Meter, reading: &Reading) {
    let timely = desk.now_s().saturating_sub(reading.end()) <= desk.params().timely_s;
    let bad = u64::from(!timely);
    provider.reputation.latency.observe(1u64.saturating_sub(bad), bad);
    if meter.sequence > 0 {
        let gap = u64::from(reading.start != meter.last_end);
        provider.reputation.capacity.observe(1u64.saturating_sub(gap), gap);
    }
}

impl Desk<'_> {
    /// Takes one reading: its meter goes on. Returns what its batch keeps of it.
    fn take_reading(
        &mut self,
        (address, provider): (&Address, &mut Provider),
        reading: &Reading,
        (chain, meter_of_gas): (ChainId, &mut gas::Meter),
    ) -> Result<HeldReading, Failure> {
        let Reading { meter: id, sequence, start, seconds, wh, .. } = *reading;
        let mut meter = own_meter(self.view, (address, provider), &id)?;
        let key = store::require_meter_key(self.view, &id)?;
        meter_of_gas.charge(extra_gas(&key))?;
        if meter.state == MeterState::Revoked {
            return Err(EnergyError::MeterRevoked.into());
        }
        let bytes = reading.signed_bytes(&chain);
        key.verify(&bytes, &reading.signature).map_err(|_| EnergyError::SignatureInvalid)?;
        check(self, &meter, reading)?;
        learn(self, provider, &meter, reading);
        meter.sequence = meter.sequence.checked_add(1).ok_or(EnergyError::Overflow)?;
        meter.total_wh = reading.total_wh;
        (meter.last_end, meter.signed_at) = (reading.end(), reading.signed_at);
        store::save_meter(self.view, &id, &meter)?;
        let digest = hash::sha256(&[&bytes]);
        Ok(HeldReading { meter: id, sequence, start, seconds, wh, digest })
    }

    /// Counts energy that waits for its decision, if that and all that was ever attested fit.
    fn claim(&mut self, wh: u64) -> Result<(), EnergyError> {
        let pending = self.totals.pending_wh.checked_add(wh);
        let all = pending.and_then(|pending| pending.checked_add(self.totals.attested_wh));
        let (Some(pending), Some(_)) = (pending, all) else { return Err(EnergyError::Overflow) };
        self.totals.pending_wh = pending;
        Ok(())
    }

    /// When what is submitted now expires.
    fn expiry(&self) -> Due {
        let blocks = self.totals.settlement.expiry_blocks;
        let height = Height::new(self.moment.height.get().saturating_add(blocks));
        Due { height, time: Timestamp::ZERO }
    }

    /// A batch that oracles can report about from now on. Nothing can stand under its number yet.
    fn open_batch(
        &mut self,
        provider: Address,
        readings: Vec<HeldReading>,
    ) -> Result<u64, Failure> {
        let number = self.totals.next_batch;
        grow(&mut self.totals.next_batch, 1)?;
        let due = self.expiry();
        let wake = self.enqueue(due, &DueItem::Batch { batch: number })?;
        let mut batch = Batch {
            provider,
            height: self.moment.height,
            time: self.moment.time,
            oracles: self.totals.oracle_set,
            quorum: self.totals.settlement.quorum_threshold_ppm,
            slot_s: self.params().slot_s,
            expires: due.height,
            closes: None,
            wake,
            undecided: 0,
            attested: 0,
            refused: 0,
            expired: 0,
            disproved: 0,
            disputed: 0,
            readings: List::new(readings).ok_or(EnergyError::Overflow)?,
            reports: List::default(),
        };
        batch.undecided = batch.all();
        store::save_batch(self.view, number, &batch)?;
        Ok(number)
    }
}
