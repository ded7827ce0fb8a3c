//! What an oracle found about readings: one report about many batches.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        energy::{
            AGENDA, Batch, ENERGY, HeldReport, Oracle, batch_key,
            desk::{Desk, grow},
            error::EnergyError,
            grants, oracle_key, oracle_set_key, provider_key, store,
        },
        staking::{self, BlockMoment},
    },
    rounds::Missed,
};
use althing_state::StateKey;
use althing_types::{
    Address, Event, List,
    energy::{EnergyRole, EnergyScope, ReportItem},
    message::AttestReadings,
};

/// Gas of the message itself, one batch included.
pub(crate) const GAS: u64 = 60_000;
/// Gas for each further batch.
pub(crate) const GAS_PER_BATCH: u64 = 30_000;
/// Gas for each reading that an oracle finds right: its energy may go on sale.
pub(crate) const GAS_PER_READING: u64 = 3_000;

/// There must be batches, each once, and no reading is both right and wrong.
pub(crate) fn validate(message: &AttestReadings) -> Result<(), Invalid> {
    let mut numbers: Vec<u64> = message.items.iter().map(|item| item.batch).collect();
    numbers.sort_unstable();
    let once = numbers.is_sorted_by(|one, next| one < next);
    let clear = message.items.iter().all(|item| item.agree & item.contradict == 0);
    if numbers.is_empty() || !once || !clear { Err(Invalid::NothingToDo) } else { Ok(()) }
}

/// The oracle and the batches.
pub(crate) fn keys(message: &AttestReadings, sender: &Address, out: &mut Vec<StateKey>) {
    grants::keys(sender, (&message.oracle, EnergyRole::Oracle), out);
    out.extend([ENERGY, AGENDA, oracle_key(&message.oracle)]);
    out.extend(message.items.iter().map(|item| batch_key(item.batch)));
}

/// Reports that do not count, because a batch went on meanwhile, are passed over; one must count.
pub(crate) fn execute(
    message: &AttestReadings,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (address, moment) = (message.oracle, BlockMoment::from(context.block));
    grants::authorize(context, &address, (EnergyRole::Oracle, EnergyScope::SubmitReading))?;
    grants::count(context.view, &moment, (&address, EnergyRole::Oracle))?;
    let further = u64::try_from(message.items.len().saturating_sub(1)).unwrap_or(u64::MAX);
    let found = message.items.iter().map(|item| u64::from(item.agree.count_ones()));
    let found = found.fold(0u64, u64::saturating_add).saturating_mul(GAS_PER_READING);
    context.meter.charge(further.saturating_mul(GAS_PER_BATCH).saturating_add(found))?;
    let mut desk = Desk::begin(context.view, &moment)?;
    staking::know(desk.view, [oracle_key(&address)])?;
    let known = store::load_oracle(desk.view, &address)?;
    let mut oracle = known.ok_or(EnergyError::UnknownOracle)?;
    staking::know(desk.view, message.items.iter().map(|item| batch_key(item.batch)))?;
    let mut outcome = Err(EnergyError::NoReportCounts);
    let mut missed = Missed::default();
    for item in message.items.iter() {
        match missed.step(desk.report((&address, &mut oracle), item))? {
            Some(Counted::Yes) => outcome = Ok(()),
            Some(Counted::NotAdmitted) if outcome == Err(EnergyError::NoReportCounts) => {
                outcome = Err(EnergyError::NotAdmitted);
            }
            Some(Counted::NotAdmitted | Counted::No) | None => {}
        }
    }
    missed.end()?;
    outcome?;
    oracle.reported = moment.height;
    oracle.reported_at = moment.time;
    store::save_oracle(desk.view, &address, &oracle)?;
    Ok(desk.finish()?)
}

/// What became of a report about a batch.
enum Counted {
    Yes,
    /// The batch is over, or the oracle has reported about it.
    No,
    /// The oracle had no weight when the batch came.
    NotAdmitted,
}

impl Desk<'_> {
    fn report(
        &mut self,
        (address, oracle): (&Address, &mut Oracle),
        item: &ReportItem,
    ) -> Result<Counted, Failure> {
        let Some(mut batch) = store::load_batch(self.view, item.batch)? else {
            return Ok(Counted::No);
        };
        // While it is open this report may decide it.
        let provider = (batch.undecided != 0).then(|| provider_key(&batch.provider));
        let keys = [oracle_set_key(batch.oracles)].into_iter().chain(provider);
        staking::know(self.view, keys)?;
        let set = store::require_set(self.view, batch.oracles)?;
        let place = set.iter().position(|entry| entry.oracle == *address);
        let place = place.and_then(|place| u8::try_from(place).ok());
        let Some(place) = place else { return Ok(Counted::NotAdmitted) };
        let mut reports = batch.reports.to_vec();
        if reports.iter().any(|report| report.oracle == place) {
            return Ok(Counted::No);
        }
        let (agree, contradict) = (item.agree & batch.all(), item.contradict & batch.all());
        reports.push(HeldReport { oracle: place, agree, contradict });
        batch.reports = List::new(reports).ok_or(EnergyError::OracleLimit)?;
        grow(&mut oracle.open, 1)?;
        let late = batch.undecided == 0;
        count(oracle, &batch, (agree, contradict), late);
        let report = ReportItem { batch: item.batch, agree, contradict };
        self.events.push(Event::OracleReported { oracle: *address, report, late });
        if late {
            store::save_batch(self.view, item.batch, &batch)?;
        } else {
            self.decide(item.batch, &mut batch, &set)?;
        }
        Ok(Counted::Yes)
    }
}

fn count(oracle: &mut Oracle, batch: &Batch, (agree, contradict): (u64, u64), late: bool) {
    let counters = &mut oracle.counters;
    let silent = batch.all() & !(agree | contradict);
    for (counter, readings) in [
        (&mut counters.agreed, agree),
        (&mut counters.contradicted, contradict),
        (&mut counters.abstained, silent),
    ] {
        *counter = counter.saturating_add(readings.count_ones().into());
    }
    counters.late = counters.late.saturating_add(late.into());
}
