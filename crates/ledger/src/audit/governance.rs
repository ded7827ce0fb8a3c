//! What a recount of votes remembers: every proposal that is voted on, and every vote.

use super::records::{BAD, SUM, Wrong, array, sum};
use crate::{
    modules::governance::{
        self, AGENDA, Agenda, Entry, Power, Proposal, Standing, Status, Turnout, ValidatorVote,
        query::{
            decode_account_vote, decode_agenda, decode_electorate, decode_power,
            decode_preferences, decode_proposal, decode_standing, decode_validator_vote,
        },
        tally::{Heads, StakeCount},
    },
    prefix, query,
    versions::V1_1,
};
use althing_state::StateKey;
use althing_types::{
    Amount, Epoch, ValidatorKey, Version,
    governance::{Criticality, Kind},
};
use std::collections::{BTreeMap, BTreeSet};

/// All records of governance.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    agenda: Option<Agenda>,
    proposals: BTreeMap<u64, Proposal>,
    standings: BTreeMap<u64, Standing>,
    electorates: BTreeSet<Epoch>,
    snapshots: Vec<Epoch>,
    powers: BTreeMap<(Epoch, ValidatorKey), Power>,
    validators: BTreeMap<(u64, ValidatorKey), ValidatorVote>,
    accounts: BTreeMap<u64, Counted>,
}

/// What the votes of accounts add up to.
#[derive(Debug, Default)]
struct Counted {
    accounts: u32,
    weight: Amount,
    stake: StakeCount,
}

impl Decisions {
    /// Takes a record, if it belongs here. Returns whether it does.
    pub(super) fn add(
        &mut self,
        key: StateKey,
        rest: &[u8],
        value: &[u8],
    ) -> Result<bool, &'static str> {
        let number = || number(rest.get(..8));
        match key.prefix() {
            prefix::AGENDA => self.agenda = Some(decode_agenda(value).map_err(|_| BAD)?),
            prefix::PROPOSAL => {
                self.proposals.insert(number()?, decode_proposal(value).map_err(|_| BAD)?);
            }
            prefix::STANDING => {
                self.standings.insert(number()?, decode_standing(value).map_err(|_| BAD)?);
            }
            prefix::ELECTORATE => {
                decode_electorate(value).map_err(|_| BAD)?;
                self.electorates.insert(Epoch::new(number()?));
            }
            prefix::SNAPSHOTS => {
                let list = query::decode_snapshots(value).map_err(|_| BAD)?;
                self.snapshots = list.0;
            }
            prefix::PAST => {
                query::decode_past(value).map_err(|_| BAD)?;
            }
            prefix::POWER => {
                let of = (Epoch::new(number()?), validator(rest)?);
                self.powers.insert(of, decode_power(value).map_err(|_| BAD)?);
            }
            prefix::VALIDATOR_VOTE => {
                let of = (number()?, validator(rest)?);
                self.validators.insert(of, decode_validator_vote(value).map_err(|_| BAD)?);
            }
            prefix::PREFERENCES => {
                decode_preferences(value).map_err(|_| BAD)?;
            }
            prefix::ACCOUNT_VOTE => {
                let vote = decode_account_vote(value).map_err(|_| BAD)?;
                let counted = self.accounts.entry(number()?).or_default();
                counted.accounts = counted.accounts.saturating_add(1);
                sum(&mut counted.weight, vote.weight)?;
                counted.stake.add(vote.weight, &vote.ballot).map_err(|_| SUM)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether the records fit together; `held` is what the account `governance` owns, `version` that
    /// of the rules.
    pub(super) fn judge(&self, held: Amount, version: Version) -> Result<(), Wrong> {
        let agenda = self.agenda.as_ref().ok_or((AGENDA, "the record is absent"))?;
        let wrong = |what| Err((AGENDA, what));
        let ordered = agenda.entries.iter().zip(agenda.entries.iter().skip(1));
        if !ordered.into_iter().all(|(a, b)| a.proposal < b.proposal) {
            return wrong("the agenda is not in order");
        }
        let known = u64::try_from(self.proposals.len()).unwrap_or(u64::MAX);
        if agenda.next.checked_sub(1) != Some(known)
            || !self.proposals.keys().copied().eq(1..agenda.next)
            || !self.proposals.keys().eq(self.standings.keys())
        {
            return wrong("the numbers of proposals have a gap");
        }
        let mut deposits = Amount::ZERO;
        for (number, standing) in &self.standings {
            let open = matches!(standing.status, Status::Waiting {} | Status::Voting { .. });
            let listed = agenda.entries.iter().find(|entry| entry.proposal == *number);
            if listed.is_some() != (open || matches!(standing.status, Status::Queued { .. })) {
                return wrong("the agenda lacks a proposal, or has one that is over");
            }
            if let Some(entry) = listed {
                self.judge_entry(entry, standing, version >= V1_1)?;
            }
            if open {
                let deposit = self.proposals.get(number).map_or(Amount::ZERO, |of| of.deposit);
                sum(&mut deposits, deposit).map_err(|what| (AGENDA, what))?;
            }
            if let Status::Voting { .. } = standing.status {
                let key = governance::standing_key(*number);
                self.recount(*number, standing).map_err(|what| (key, what))?;
            }
        }
        if deposits != held {
            return wrong("the account `governance` does not hold the deposits");
        }
        let used = agenda.entries.iter().filter_map(|entry| entry.snapshot);
        let kept: BTreeSet<Epoch> = self.snapshots.iter().copied().collect();
        if kept != self.electorates || !used.into_iter().all(|epoch| kept.contains(&epoch)) {
            return wrong("the weights that votes use are not those that are kept");
        }
        if !self.powers.keys().all(|(epoch, _)| kept.contains(epoch)) {
            return wrong("weights are kept that no vote uses");
        }
        Ok(())
    }

    /// Whether what is to happen to a proposal is described as the version says.
    fn judge_entry(
        &self,
        entry: &Entry,
        standing: &Standing,
        described: bool,
    ) -> Result<(), Wrong> {
        let action = self.proposals.get(&entry.proposal).map(|proposal| &proposal.action);
        if entry.kind != action.map(Kind::of).filter(|_| described) {
            return Err((AGENDA, "an entry of the agenda is of another kind than its proposal"));
        }
        if standing.turnout.is_some() != described {
            let what = "a proposal counts voters, or does not, against the rules of its version";
            return Err((governance::standing_key(entry.proposal), what));
        }
        Ok(())
    }

    /// Whether as many voted as a proposal says: all of them, or those since an upgrade.
    fn judge_turnout(
        &self,
        number: u64,
        turnout: &Turnout,
        voted: (u32, u32),
    ) -> Result<(), &'static str> {
        let submitted = self.proposals.get(&number).map(|proposal| proposal.submitted);
        let counted = (turnout.accounts, turnout.validators);
        let all = submitted.is_some_and(|submitted| turnout.since <= submitted);
        let right =
            if all { counted == voted } else { counted.0 <= voted.0 && counted.1 <= voted.1 };
        if right { Ok(()) } else { Err("another number of voters is counted than voted") }
    }

    /// Adds up every vote on a proposal.
    fn recount(&self, number: u64, standing: &Standing) -> Result<(), &'static str> {
        let terms = standing.terms.ok_or("a vote has no terms")?;
        let (mut stake, mut heads, mut own) =
            (StakeCount::default(), Heads::default(), Amount::ZERO);
        let mut voted = (0u32, 0u32);
        if let Some(counted) = self.accounts.get(&number) {
            (stake, voted.0) = (counted.stake, counted.accounts);
        }
        let first = (number, ValidatorKey::new([0; 32]));
        let of = self.validators.range(first..).take_while(|((of, _), _)| *of == number);
        for ((_, key), vote) in of {
            sum(&mut own, vote.own)?;
            let power = self.powers.get(&(terms.snapshot, *key));
            let power = power.ok_or("a validator without a weight votes")?;
            let rest = power.tokens.checked_sub(vote.own);
            let rest = rest.map_err(|_| "more stake votes itself than there is")?;
            let Some(ballot) = vote.ballot else { continue };
            voted.1 = voted.1.saturating_add(1);
            if standing.houses.stake {
                stake.add(rest, &ballot).map_err(|_| SUM)?;
            }
            if standing.houses.validators && power.head {
                heads.add(&ballot);
            }
        }
        if let Some(turnout) = &standing.turnout {
            self.judge_turnout(number, turnout, voted)?;
        }
        if own != self.accounts.get(&number).map_or(Amount::ZERO, |counted| counted.weight) {
            return Err("the stake that votes itself is not what validators lack");
        }
        if (stake, heads) != (standing.stake, standing.validators) {
            return Err("the tally is not what the votes add up to");
        }
        let first = (terms.snapshot, ValidatorKey::new([0; 32]));
        let powers = self.powers.range(first..).take_while(|((of, _), _)| *of == terms.snapshot);
        let (mut all, mut count) = (Amount::ZERO, 0u32);
        for (_, power) in powers {
            sum(&mut all, power.tokens)?;
            count = count.saturating_add(power.head.into());
        }
        // In an emergency nobody's stake counts.
        let emergency = standing.criticality == Criticality::Emergency;
        let whole = if emergency { Amount::ZERO } else { all };
        let same = (whole, count) == (terms.stake, terms.validators) && stake.cast() <= whole;
        if same { Ok(()) } else { Err("the terms of a vote are not what the weights add up to") }
    }
}

fn number(bytes: Option<&[u8]>) -> Result<u64, &'static str> {
    Ok(u64::from_be_bytes(array(bytes.unwrap_or_default())?))
}

fn validator(rest: &[u8]) -> Result<ValidatorKey, &'static str> {
    Ok(ValidatorKey::new(array(rest.get(8..).unwrap_or_default())?))
}
