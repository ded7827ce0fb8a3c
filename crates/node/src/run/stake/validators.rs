//! All validators, read in three batches however many there are.

use super::{FORMER, Records, Snapshot, Stake, Tries, balance, delegator::owned, pool};
use crate::run::lookup::ask;
use althing_api::backend::{NodeState, PerformanceState, StakeState, ValidatorState, VotesState};
use althing_engine::votes::VoteCount;
use althing_index::Index;
use althing_ledger::{
    Performance, query,
    staking::{Validator, query::Now},
};
use althing_types::{Address, Amount, Epoch, ValidatorKey, ValidatorSet};
use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

/// What is known of all validators together.
#[derive(Clone, Copy)]
struct Beside<'a> {
    set: Option<&'a ValidatorSet>,
    votes: &'a BTreeMap<ValidatorKey, VoteCount>,
}

const POOLS: [&str; 4] = ["treasury", "stakers", "miners", "reserve"];

impl Stake {
    pub(super) async fn read_validators(&self) -> Option<Snapshot> {
        let former = match &self.index {
            Some(index) => ask(index, |index| index.former(FORMER)).await.unwrap_or_default(),
            None => Vec::new(),
        };
        self.read_with(&former).await
    }

    /// A validator that the state has a record of.
    pub(in crate::run) async fn validator(&self, key: ValidatorKey) -> Option<ValidatorState> {
        let all = self.snapshot().await?;
        if let Some(known) = all.validators.iter().find(|validator| validator.key == key) {
            return Some(known.clone());
        }
        let (_, values) = self.engine.read(vec![query::validator_key(key)]).await?;
        values.into_iter().next().flatten()?;
        let all = self.read_with(&[key]).await?;
        all.validators.iter().find(|validator| validator.key == key).cloned()
    }

    /// The validator that an account operates.
    pub(in crate::run) async fn validator_of(&self, operator: Address) -> Option<ValidatorState> {
        let (_, values) = self.engine.read(vec![query::operator_key(operator)]).await?;
        let value = values.into_iter().next().flatten()?;
        self.validator(query::decode_operator(&value).ok()?).await
    }

    /// All candidates, and others that the state has a record of.
    async fn read_with(&self, others: &[ValidatorKey]) -> Option<Snapshot> {
        let mut tries = Tries::new();
        loop {
            let mut records = Records::default();
            let outcome = self.read_all(&mut records, others).await;
            if let Some(read) = tries.settle(&records, outcome) {
                return read;
            }
        }
    }

    async fn read_all(&self, records: &mut Records, others: &[ValidatorKey]) -> Option<Snapshot> {
        let mut keys = vec![
            query::params_key(),
            query::supply_key(),
            query::candidates_key(),
            query::totals_key(),
            query::emission_key(),
        ];
        keys.extend(POOLS.map(pool));
        self.fetch(records, keys).await?;
        let now = self.now(records);
        let candidates = records.get(query::candidates_key(), query::decode_candidates);
        let mut all: Vec<ValidatorKey> = candidates.map_or_else(Vec::new, |list| list.0);
        all.extend(others.iter().filter(|key| !all.contains(key)).copied().collect::<Vec<_>>());
        let mut keys = vec![query::validators_key(now.epoch)];
        for key in &all {
            keys.extend([
                query::validator_key(*key),
                query::profile_key(*key),
                query::performance_key(*key),
                query::node_key(*key),
            ]);
        }
        self.fetch(records, keys).await?;
        let set = records.get(query::validators_key(now.epoch), query::decode_validators);
        let validator =
            |key: &ValidatorKey| records.get(query::validator_key(*key), query::decode_validator);
        let found: Vec<(ValidatorKey, Validator)> =
            all.iter().filter_map(|key| Some((*key, validator(key)?))).collect();
        let pairs: Vec<_> = found.iter().map(|(key, entry)| (entry.operator, *key)).collect();
        self.fetch_delegations(records, &pairs, now.epoch).await?;
        let votes = self.engine.observed_votes();
        let beside = Beside { set: set.as_ref(), votes: &votes };
        let views =
            found.into_iter().map(|(key, entry)| self.view(records, now, beside, key, entry));
        let mut views: Vec<ValidatorState> = views.collect();
        views.sort_by_key(|view| (view.ejected, Reverse(view.tokens), view.key));
        let stake = stake(records, &views);
        let energy = match &self.index {
            Some(index) => ask(index, Index::energy_counts).await,
            None => None,
        };
        Some(Snapshot {
            height: records.height,
            validators: Arc::new(views),
            stake,
            supply: Self::supply(records),
            energy,
        })
    }

    fn view(
        &self,
        records: &Records,
        now: Now,
        Beside { set, votes }: Beside<'_>,
        key: ValidatorKey,
        entry: Validator,
    ) -> ValidatorState {
        let params = self.params(records);
        let profile = records.get(query::profile_key(key), query::decode_profile);
        let record = records.get(query::performance_key(key), query::decode_performance);
        let node = records.get(query::node_key(key), query::decode_node);
        let own =
            owned(records, now, entry.operator, key).map_or(Amount::ZERO, |own| own.worth.total);
        let most = entry.epoch_tokens.share(params.staking.max_unbonding_per_epoch);
        let may_leave = if entry.is_active(now.epoch) && !entry.ejected {
            most.checked_sub(entry.left).unwrap_or(Amount::ZERO).min(entry.tokens)
        } else {
            entry.tokens
        };
        ValidatorState {
            key,
            operator: entry.operator,
            details: profile.as_ref().map(|profile| profile.details.clone()).unwrap_or_default(),
            endpoint: profile.as_ref().map_or_else(String::new, |p| p.endpoint.to_string()),
            registered: profile.map_or(records.height, |profile| profile.registered),
            tokens: entry.tokens,
            shares: entry.shares,
            pending: entry.pending,
            own_stake: own,
            delegations: entry.delegations,
            may_leave,
            room: query::room(
                &entry,
                &records.get(query::totals_key(), query::decode_totals).unwrap_or_default(),
                &params.staking,
            ),
            commission: entry.commission,
            announced: entry.announced.map(|announced| (announced.commission, announced.due)),
            commission_cooldown: entry.commission_cooldown,
            active: set.is_some_and(|set| set.position(&key).is_some()),
            chosen_until: entry.chosen_until,
            jailed_until: entry.jailed_until,
            leaving: entry.leaving,
            ejected: entry.ejected,
            slashes: entry.slashes,
            performance: performance(
                &record.unwrap_or_default(),
                now.epoch,
                params.slashing.score_window,
            ),
            votes: votes
                .get(&key)
                .map(|count| VotesState { signed: count.signed, certificates: count.certificates }),
            node: node.map(|node| NodeState {
                score: node.score(now.time),
                endpoint: node.endpoint.to_string(),
                version: node.version.to_string(),
                commit: node.commit.to_string(),
                region: node.region.to_string(),
                registered: node.registered,
                last: node.last,
                health: node.health,
            }),
        }
    }
}

fn performance(record: &Performance, epoch: Epoch, window: u64) -> PerformanceState {
    let turns = record.turns(epoch);
    PerformanceState {
        made: turns.made,
        missed: turns.missed,
        excused: turns.excused,
        streak: record.streak,
        score: query::score(record, epoch, window),
        made_total: record.made_total,
        missed_total: record.missed_total,
        jails: record.jails,
    }
}

fn stake(records: &Records, validators: &[ValidatorState]) -> StakeState {
    let totals = records.get(query::totals_key(), query::decode_totals).unwrap_or_default();
    let emission = records.get(query::emission_key(), query::decode_emission).unwrap_or_default();
    let own = validators.iter().map(|v| v.own_stake.units()).fold(0, u128::saturating_add);
    let released = emission.validators.units().saturating_add(emission.miners.units());
    StakeState {
        bonded: totals.bonded,
        delegated: Amount::new(totals.bonded.units().saturating_sub(own)),
        unbonding: totals.unbonding,
        delegations: totals.delegations,
        treasury: balance(records, "treasury"),
        stakers: balance(records, "stakers"),
        miners: balance(records, "miners"),
        reserve: balance(records, "reserve"),
        released: Amount::new(released),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_ledger::EpochScore;
    use althing_types::Ppm;

    #[test]
    fn the_shown_score_is_that_of_the_ledger_and_nothing_where_nothing_was_due() {
        let past = |epoch, made, missed| EpochScore { epoch: Epoch::new(epoch), made, missed };
        let record = Performance {
            epoch: Epoch::new(9),
            made: 3,
            missed: 3,
            excused: 2,
            window: vec![past(6, 0, 9), past(7, 5, 0), past(8, 0, 1)],
            ..Performance::default()
        };
        let shown = |epoch| performance(&record, Epoch::new(epoch), 3);
        // 8 of 9 + 1: those of epoch 6 are too old, two of the present ones are excused.
        assert_eq!(shown(9).score.map(Ppm::get), Some(800_000));
        assert_eq!((shown(9).made, shown(9).missed, shown(9).excused), (3, 3, 2));
        assert_eq!((shown(10).made, shown(10).missed, shown(10).score), (0, 0, Some(Ppm::ZERO)));
        assert_eq!(performance(&Performance::default(), Epoch::new(9), 3).score, None);
    }
}
