//! Histories of validators and delegators, from the index.

use super::Stake;
use crate::run::lookup::ask;
use althing_api::backend::{
    AuditState, BeatState, DelegationState, EpochState, PaidState, RewardState, StandingState,
    UnbondingState,
};
use althing_index::{Standing, UnbondingRow};
use althing_types::{Address, Epoch, ValidatorKey};

/// Events of a validator that are shown with one page of its epochs.
const EVENTS: usize = 1_000;

fn told(standing: &Standing) -> StandingState {
    StandingState {
        kind: standing.kind.clone(),
        height: standing.at.0,
        time: standing.time,
        reason: standing.reason.clone(),
        ppm: standing.ppm,
        amount: standing.amount,
    }
}

fn paid(row: UnbondingRow) -> Option<UnbondingState> {
    let (height, amount, slashed) = row.paid?;
    Some(UnbondingState {
        entry: row.entry,
        validator: row.validator,
        amount,
        slashed,
        began: row.began,
        due: row.due,
        paid: Some(height),
    })
}

impl Stake {
    pub(in crate::run) async fn validator_epochs(
        &self,
        validator: ValidatorKey,
        before: Option<Epoch>,
        limit: usize,
    ) -> Option<Vec<EpochState>> {
        let index = self.index.as_ref()?;
        let query = move |index: &althing_index::Index| {
            let rows = index.validator_epochs(validator, before, limit)?;
            // What happened between two epochs in which it had a turn belongs to the later page.
            let first = match rows.last() {
                Some(last) if rows.len() >= limit => last.epoch,
                _ => Epoch::ZERO,
            };
            let last = before.map_or(u64::MAX, |before| before.get().saturating_sub(1));
            let events = index.validator_standings(validator, first, Epoch::new(last), EVENTS)?;
            Ok((rows, events))
        };
        let (rows, events) = ask(index, query).await?;
        let mut epochs: Vec<EpochState> = rows
            .into_iter()
            .map(|row| EpochState {
                epoch: row.epoch,
                made: row.made,
                missed: row.missed,
                paid: row.paid.map(|paid| PaidState {
                    reward: paid.reward,
                    commission: paid.commission,
                    tokens: paid.tokens,
                }),
                events: Vec::new(),
            })
            .collect();
        for event in &events {
            let place = epochs.iter().position(|entry| entry.epoch <= event.epoch);
            match place.and_then(|place| epochs.get_mut(place)) {
                Some(entry) if entry.epoch == event.epoch => entry.events.push(told(event)),
                _ => {
                    let place = place.unwrap_or(epochs.len());
                    let (epoch, events) = (event.epoch, vec![told(event)]);
                    epochs.insert(
                        place,
                        EpochState { epoch, made: 0, missed: 0, paid: None, events },
                    );
                }
            }
        }
        epochs.truncate(limit);
        Some(epochs)
    }

    pub(in crate::run) async fn heartbeats(
        &self,
        validator: ValidatorKey,
        limit: usize,
    ) -> Option<Vec<BeatState>> {
        let beats = ask(self.index.as_ref()?, move |index| index.heartbeats(validator, limit));
        let state = |beat: althing_index::Beat| BeatState {
            height: beat.height,
            time: beat.time,
            health: beat.health,
        };
        Some(beats.await?.into_iter().map(state).collect())
    }

    pub(in crate::run) async fn rewards(
        &self,
        address: Address,
        before: Option<Epoch>,
        limit: usize,
    ) -> Option<Vec<RewardState>> {
        let rows = ask(self.index.as_ref()?, move |index| index.rewards(address, before, limit));
        let state = |row: althing_index::Reward| RewardState {
            epoch: row.epoch,
            validator: row.validator,
            stake: row.stake,
            reward: row.reward,
            commission: row.commission,
        };
        Some(rows.await?.into_iter().map(state).collect())
    }

    pub(in crate::run) async fn paid_unbonding(
        &self,
        address: Address,
        before: Option<u64>,
        limit: usize,
    ) -> Option<Vec<UnbondingState>> {
        // What waits has the highest numbers, and there is little of it.
        let more = limit.saturating_add(althing_ledger::staking::MAX_UNBONDING_ENTRIES);
        let rows = ask(self.index.as_ref()?, move |index| index.unbondings(address, before, more));
        Some(rows.await?.into_iter().filter_map(paid).take(limit).collect())
    }

    pub(in crate::run) async fn delegations_to(
        &self,
        validator: ValidatorKey,
        after: Option<Address>,
        limit: usize,
    ) -> Option<(Vec<(Address, DelegationState)>, Option<Address>)> {
        let index = self.index.as_ref()?;
        let more = limit.saturating_add(1);
        let rows = ask(index, move |index| index.delegators(validator, after, more)).await?;
        let is_more = rows.len() > limit;
        let found: Vec<Address> = rows.into_iter().take(limit).map(|row| row.delegator).collect();
        let next = found.last().copied().filter(|_| is_more);
        Some((self.delegations(validator, &found).await?, next))
    }

    pub(in crate::run) async fn audit(&self) -> Option<AuditState> {
        let audited = self.engine.audit().await?;
        let report = audited.report;
        Some(AuditState {
            height: report.height,
            records: audited.records,
            accounts: report.account_count,
            balances: report.counted,
            supply: report.supply.total().unwrap_or_default(),
            stake_account: report.stake,
            stake_records: report.staked().unwrap_or_default(),
            broken: audited.broken.map(|broken| broken.to_string()),
            took_ms: u64::try_from(audited.took.as_millis()).unwrap_or(u64::MAX),
        })
    }
}
