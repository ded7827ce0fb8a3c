//! Votes, or changes a vote. What the tally needs is paid for here.

use crate::{
    Invalid,
    error::{Failure, Fault},
    execute::Context,
    modules::{
        governance::{
            AccountVote, Standing, Status, Terms, ValidatorVote, account_vote_key, emergency,
            error::GovernanceError, power_key, preferences_key, standing_key, store,
            validator_vote_key,
        },
        staking::{self, operator_key},
    },
};
use althing_state::{StateKey, View};
use althing_types::{
    Address, Amount, AmountError, Event, ValidatorKey,
    governance::{Ballot, Criticality, Houses},
    message::Vote,
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 40_000;
/// Gas for each validator, the first one aside, that the voter had stake with: at the first vote.
pub(crate) const GAS_PER_VALIDATOR: u64 = 10_000;

/// Nothing can be wrong with it: a ballot is a whole.
pub(crate) const fn validate(_: &Vote) -> Result<(), Invalid> {
    Ok(())
}

/// How the proposal stands, and who votes. Whose stake it is comes in a second round.
pub(crate) fn keys(message: &Vote, sender: &Address, out: &mut Vec<StateKey>) {
    out.push(standing_key(message.proposal));
    match &message.validator {
        Some(validator) => {
            out.extend([operator_key(sender), validator_vote_key(message.proposal, validator)]);
            if validator.node_account() == *sender {
                out.push(preferences_key(validator));
            }
        }
        None => out.extend([
            account_vote_key(message.proposal, sender),
            staking::delegator_key(sender),
            staking::past_key(sender),
        ]),
    }
}

pub(crate) fn execute(message: &Vote, context: &mut Context<'_>) -> Result<Vec<Event>, Failure> {
    let Vote { proposal, ballot, validator } = *message;
    let standing = store::load_standing(context.view, proposal)?;
    let mut standing = standing.ok_or(GovernanceError::UnknownProposal)?;
    let terms = match (standing.status, standing.terms) {
        (Status::Voting { .. }, Some(terms)) => terms,
        _ => return Err(GovernanceError::NotVoting.into()),
    };
    let mut poll = Poll { number: proposal, standing: &mut standing, terms: &terms, ballot };
    let weight = match validator {
        Some(key) => poll.as_validator(context, &key)?,
        None => poll.as_account(context)?,
    };
    store::save_standing(context.view, proposal, &standing)?;
    let voted = Event::Voted { proposal, voter: context.sender, validator, ballot, weight };
    let acted = emergency::act_if_decided(context, proposal, &standing)?;
    Ok([vec![voted], acted].concat())
}

/// A vote while it is counted.
struct Poll<'a> {
    number: u64,
    standing: &'a mut Standing,
    terms: &'a Terms,
    ballot: Ballot,
}

impl Poll<'_> {
    /// As what stops the node.
    fn broken(&self, _: AmountError) -> Fault {
        let what = "the tally of a proposal is not what its votes add up to";
        Fault::Corrupt { key: standing_key(self.number), what }
    }

    /// The vote of a validator, for itself and for all of its stake that does not vote itself.
    fn as_validator(
        &mut self,
        context: &mut Context<'_>,
        key: &ValidatorKey,
    ) -> Result<Amount, Failure> {
        let view = &mut *context.view;
        let mut vote = store::load_validator_vote(view, self.number, key)?;
        let by_hand = staking::operated_by(view, &context.sender)? == Some(*key);
        if !by_hand {
            self.check_node(view, &context.sender, key, &vote)?;
        }
        staking::know(view, [power_key(self.terms.snapshot, key)])?;
        let power = store::load_power(view, self.terms.snapshot, key)?;
        let power = power.ok_or(GovernanceError::NoVotingPower)?;
        let in_house = self.standing.houses.validators && power.head;
        let with_stake = self.standing.houses.stake && !power.tokens.is_zero();
        if !in_house && !with_stake {
            let asked = self.standing.houses.stake;
            let power = GovernanceError::NoVotingPower;
            return Err(if asked { power } else { GovernanceError::NotEligible }.into());
        }
        vote.by_hand = by_hand;
        let before = vote.ballot.replace(self.ballot);
        if let (None, Some(turnout)) = (&before, &mut self.standing.turnout) {
            turnout.validators = turnout.validators.saturating_add(1);
        }
        let weight = power.tokens.checked_sub(vote.own).map_err(|error| self.broken(error))?;
        if in_house {
            if let Some(before) = &before {
                self.standing.validators.remove(before);
            }
            self.standing.validators.add(&self.ballot);
        }
        if self.standing.houses.stake {
            let before = before.map(|before| (weight, before));
            self.count(before, (weight, self.ballot))?;
        }
        store::save_validator_vote(view, self.number, key, &vote)?;
        Ok(weight)
    }

    /// Whether the operator has left this vote to the sender, the node of the validator.
    fn check_node(
        &self,
        view: &View,
        sender: &Address,
        key: &ValidatorKey,
        vote: &ValidatorVote,
    ) -> Result<(), Failure> {
        if key.node_account() != *sender {
            return Err(GovernanceError::NotOperator.into());
        }
        let preferences = store::load_preferences(view, key)?;
        let preferences = preferences.ok_or(GovernanceError::NodeMayNot)?;
        let Standing { criticality, houses, .. } = *self.standing;
        let optional = criticality == Criticality::Optional && preferences.auto_adopt_optional;
        let enough = criticality >= preferences.minimum_criticality || optional;
        let left = houses == Houses::VALIDATORS && enough;
        if left && !vote.by_hand { Ok(()) } else { Err(GovernanceError::NodeMayNot.into()) }
    }

    /// The vote of an account with its own stake, which its validators vote for no more.
    fn as_account(&mut self, context: &mut Context<'_>) -> Result<Amount, Failure> {
        if !self.standing.houses.stake {
            return Err(GovernanceError::HouseNotAsked.into());
        }
        let (number, voter) = (self.number, context.sender);
        let before = store::load_account_vote(context.view, number, &voter)?;
        let weight = match &before {
            Some(vote) => vote.weight,
            None => self.claim(context)?,
        };
        if let (None, Some(turnout)) = (&before, &mut self.standing.turnout) {
            turnout.accounts = turnout.accounts.saturating_add(1);
        }
        let ballot = self.ballot;
        self.count(before.map(|vote| (weight, vote.ballot)), (weight, ballot))?;
        store::save_account_vote(context.view, number, &voter, &AccountVote { ballot, weight })?;
        Ok(weight)
    }

    /// Takes the voter's stake out of what its validators vote for. Returns all of it together.
    fn claim(&mut self, context: &mut Context<'_>) -> Result<Amount, Failure> {
        let snapshot = self.terms.snapshot;
        let view = &mut *context.view;
        let owned = staking::shares_at(view, &context.sender, snapshot)?;
        let others = u64::try_from(owned.len().saturating_sub(1)).unwrap_or(u64::MAX);
        context.meter.charge(others.saturating_mul(GAS_PER_VALIDATOR))?;
        staking::know(
            view,
            owned.iter().flat_map(|(key, _)| {
                [power_key(snapshot, key), validator_vote_key(self.number, key)]
            }),
        )?;
        let mut sum = Amount::ZERO;
        for (key, shares) in owned {
            let Some(power) = store::load_power(view, snapshot, &key)? else { continue };
            let weight = shares.worth(power.tokens, power.shares);
            let weight = weight.map_err(|error| self.broken(error))?;
            let mut vote = store::load_validator_vote(view, self.number, &key)?;
            let left = power.tokens.checked_sub(vote.own).map_err(|error| self.broken(error))?;
            vote.own = vote.own.checked_add(weight).map_err(|error| self.broken(error))?;
            let rest = left.checked_sub(weight).map_err(|error| self.broken(error))?;
            if let Some(ballot) = vote.ballot {
                self.count(Some((left, ballot)), (rest, ballot))?;
            }
            store::save_validator_vote(view, self.number, &key, &vote)?;
            sum = sum.checked_add(weight).map_err(|error| self.broken(error))?;
        }
        if sum.is_zero() { Err(GovernanceError::NoVotingPower.into()) } else { Ok(sum) }
    }

    /// Lets the house of stake count a ballot in the place of another one.
    fn count(
        &mut self,
        before: Option<(Amount, Ballot)>,
        (weight, ballot): (Amount, Ballot),
    ) -> Result<(), Fault> {
        let mut stake = self.standing.stake;
        if let Some((weight, ballot)) = before {
            stake.remove(weight, &ballot).map_err(|error| self.broken(error))?;
        }
        stake.add(weight, &ballot).map_err(|error| self.broken(error))?;
        self.standing.stake = stake;
        Ok(())
    }
}
