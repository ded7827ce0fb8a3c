//! One account's stake in one validator while a message works on it: opened, brought up to date,
//! changed by deposits and withdrawals, closed.

use super::{
    BlockMoment, Contradiction, Delegation, Delegator, Liability, MAX_LIABILITIES,
    MAX_UNBONDING_ENTRIES, Pending, QUEUE, TOTALS, Totals, Unbonding, Validator, cap,
    delegation_key, error::StakingError, past, settle, store, validator_key,
};
use crate::{
    error::{Failure, Fault},
    modules::{accounts, bank},
};
use althing_state::{StateKey, View};
use althing_types::{Address, Amount, AmountError, Due, Event, Height, Shares, ValidatorKey};

/// Changes the sums over all validators.
pub(super) fn change_totals(
    view: &mut View,
    change: impl FnOnce(&mut Totals) -> Result<(), Contradiction>,
) -> Result<(), Fault> {
    let mut totals = store::load_totals(view)?;
    change(&mut totals).map_err(|contradiction| contradiction.at(TOTALS))?;
    store::save_totals(view, &totals)
}

/// Takes money out of the account `stake` that no stake stands for any more: a part of it goes to the
/// treasury, the rest is burned.
pub(super) fn burn_bonded(
    view: &mut View,
    moment: &BlockMoment<'_>,
    amount: Amount,
) -> Result<(), Fault> {
    if amount.is_zero() {
        return Ok(());
    }
    lose(view, moment, amount)?;
    change_totals(view, |totals| {
        totals.bonded = totals.bonded.checked_sub(amount)?;
        Ok(())
    })
}

/// The same, where the sums over all stake are changed elsewhere.
pub(super) fn lose(view: &mut View, moment: &BlockMoment<'_>, amount: Amount) -> Result<(), Fault> {
    let share = moment.params.treasury.penalty_share;
    bank::forfeit(view, moment.protocol, &moment.protocol.stake, (amount, share))
}

/// One account's stake in one validator, up to date.
#[derive(Debug)]
pub(super) struct Position {
    pub(super) delegator: Address,
    pub(super) key: ValidatorKey,
    pub(super) validator: Validator,
    pub(super) delegation: Delegation,
    /// Whether the delegation has a record.
    known: bool,
    /// The sums over all validators, which the position changes until it is closed.
    totals: Totals,
}

/// What was taken out of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// What its owner gets, in base units.
    pub(super) amount: Amount,
    /// What was burned of it as the penalty for withdrawing in jail, in base units.
    pub(super) penalty: Amount,
}

/// How much is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// So much, in base units.
    Exactly(Amount),
    /// All that is free. What must stay stays.
    All,
    /// All that is free, by an operator who leaves: nothing has to stay.
    Leave,
}

impl Position {
    /// Keys that opening, changing and closing a position touch, as far as they are known before.
    pub(super) fn keys(
        delegator: &Address,
        validator: &ValidatorKey,
    ) -> impl Iterator<Item = StateKey> {
        [
            validator_key(validator),
            delegation_key(delegator, validator),
            super::delegator_key(delegator),
            TOTALS,
            accounts::key(bank::stake_account()),
        ]
        .into_iter()
        .chain(past::keys(delegator))
    }

    /// Brings a position up to date. What that takes is burned, and an event is added for it.
    pub(super) fn open(
        view: &mut View,
        moment: &BlockMoment<'_>,
        delegator: Address,
        key: ValidatorKey,
        validator: Validator,
        events: &mut Vec<Event>,
    ) -> Result<Self, Fault> {
        let delegation = store::load_delegation(view, &delegator, &key)?;
        let known = delegation.is_some();
        let new = || Delegation { created: moment.height, ..Delegation::default() };
        let delegation = delegation.unwrap_or_else(new);
        let sources = Sources::load(view, &key, &delegation, moment)?;
        let Sources { conversion, slashes } = sources;
        let settled = settle::settle(validator, delegation, moment.now(), conversion, &slashes)
            .map_err(|contradiction| contradiction.at(delegation_key(&delegator, &key)))?;
        let settle::Settled { validator, delegation, burned, slashed, converted, counted } =
            settled;
        past::note(view, &delegator, &key, moment.epoch, counted)?;
        if let Some((epoch, left)) = converted {
            store::save_conversion(view, &key, epoch, left.as_ref())?;
        }
        burn_bonded(view, moment, burned)?;
        events.extend(slashed.into_iter().map(|(from, amount)| Event::RedelegationSlashed {
            from,
            to: key,
            delegator,
            amount,
        }));
        let totals = store::load_totals(view)?;
        Ok(Self { delegator, key, validator, delegation, known, totals })
    }

    /// As what stops the node.
    pub(super) fn broken(&self, contradiction: impl Into<Contradiction>) -> Fault {
        contradiction.into().at(validator_key(&self.key))
    }

    /// What the position is worth, all parts together, in base units.
    pub(super) fn worth(&self) -> Result<settle::Worth, Fault> {
        settle::worth(&self.validator, &self.delegation).map_err(|error| self.broken(error))
    }

    /// Whether the delegation has a record.
    pub(super) const fn is_known(&self) -> bool {
        self.known
    }

    /// Whether the operator's own.
    pub(super) fn is_own(&self) -> bool {
        self.delegator == self.validator.operator
    }

    /// Adds money, which counts from the next epoch on. The caller moves it to the account `stake`,
    /// or has left it there.
    pub(super) fn deposit(
        &mut self,
        moment: &BlockMoment<'_>,
        amount: Amount,
    ) -> Result<Amount, Failure> {
        self.check_room(moment, amount)?;
        let broken = |error| Contradiction::from(error).at(validator_key(&self.key));
        let (now, given) = (self.validator.pending, self.validator.pending_nominal);
        let nominal = if now == given {
            amount
        } else {
            // What slashes left next to nothing of has no price that can be counted.
            let nominal = amount.mul_div(given.units(), now.units());
            nominal.map_err(|_| StakingError::ValidatorClosed)?
        };
        let validator = &mut self.validator;
        validator.pending = now.checked_add(amount).map_err(broken)?;
        validator.pending_nominal =
            given.checked_add(nominal).map_err(|_| StakingError::ValidatorClosed)?;
        let before = self.delegation.pending.map(|pending| pending.amount);
        if before.is_none() {
            let count = validator.pending_count.checked_add(1);
            validator.pending_count = count.ok_or(TOO_MANY.at(validator_key(&self.key)))?;
        }
        let sum = before.unwrap_or(Amount::ZERO).checked_add(nominal).map_err(broken)?;
        self.delegation.pending = Some(Pending { epoch: moment.epoch, amount: sum });
        self.totals.bonded = self.totals.bonded.checked_add(amount).map_err(broken)?;
        Ok(nominal)
    }

    /// Whether the validator takes so much more.
    fn check_room(&self, moment: &BlockMoment<'_>, amount: Amount) -> Result<(), Failure> {
        let validator = &self.validator;
        if validator.ejected {
            return Err(StakingError::ValidatorEjected.into());
        }
        // What a slash took everything of has no price.
        let priced = validator.shares.is_zero()
            || validator
                .pending
                .checked_add(amount)
                .and_then(|sum| {
                    Shares::new(sum.units())
                        .mul_div(validator.shares.count(), validator.tokens.units())
                })
                .and_then(|minted| minted.checked_add(validator.shares))
                .is_ok();
        let worthless = validator.pending.is_zero() && !validator.pending_nominal.is_zero();
        if !priced || worthless || validator.leaving && !self.is_own() {
            return Err(StakingError::ValidatorClosed.into());
        }
        let staking = &moment.params.staking;
        let totals = &self.totals;
        let broken = |error| Contradiction::from(error).at(TOTALS);
        let stake = validator.tokens.checked_add(validator.pending).map_err(broken)?;
        let fits = cap::has_room(stake, totals.bonded, amount, totals.active, staking);
        if fits.map_err(broken)? { Ok(()) } else { Err(StakingError::PowerCap.into()) }
    }

    /// Makes the last deposit of `nominal` liable for the validator it came from.
    pub(super) fn bind(
        &mut self,
        moment: &BlockMoment<'_>,
        from: ValidatorKey,
        slashes: u32,
        nominal: Amount,
    ) -> Result<(), Failure> {
        if self.delegation.liabilities.len() >= MAX_LIABILITIES {
            return Err(StakingError::TooManyRedelegations.into());
        }
        self.delegation.liabilities.push(Liability {
            from,
            began: moment.height,
            slashes,
            due: moment.after(moment.params.staking.unbonding),
            epoch: moment.epoch,
            amount: nominal,
            shares: Shares::ZERO,
        });
        Ok(())
    }

    /// Takes stake out of the validator. The money stays in the account `stake`, the caller says
    /// what for.
    pub(super) fn take(
        &mut self,
        view: &mut View,
        moment: &BlockMoment<'_>,
        want: Want,
    ) -> Result<Taken, Failure> {
        let (paid, shares) = self.price(want)?;
        let broken = |error| Contradiction::from(error).at(validator_key(&self.key));
        let validator = &mut self.validator;
        validator.tokens = validator.tokens.checked_sub(paid).map_err(broken)?;
        validator.shares = validator.shares.checked_sub(shares).map_err(broken)?;
        let delegation = &mut self.delegation;
        delegation.shares = delegation.shares.checked_sub(shares).map_err(broken)?;
        let left = validator.left.checked_add(paid).map_err(broken)?;
        let most = validator.epoch_tokens.share(moment.params.staking.max_unbonding_per_epoch);
        if validator.is_active(moment.epoch) && !validator.ejected && left > most {
            return Err(StakingError::UnbondingLimit.into());
        }
        validator.left = left;
        let dust = if validator.shares.is_zero() {
            core::mem::take(&mut validator.tokens)
        } else {
            Amount::ZERO
        };
        self.check_rest(moment, want)?;
        let penalty = self.penalty(moment, paid);
        lose(view, moment, dust.checked_add(penalty).map_err(broken)?)?;
        let gone = paid.checked_add(dust).map_err(broken)?;
        self.totals.bonded = self.totals.bonded.checked_sub(gone).map_err(broken)?;
        let amount = paid.checked_sub(penalty).map_err(broken)?;
        Ok(Taken { amount, penalty })
    }

    /// What is paid, and for how many shares.
    fn price(&self, want: Want) -> Result<(Amount, Shares), Failure> {
        let broken = |error| self.broken(error);
        let worth = self.worth()?;
        let liable = settle::liable_shares(&self.delegation).map_err(broken)?;
        let free = self
            .delegation
            .shares
            .checked_sub(liable)
            .map_err(|error| self.broken(Contradiction::from(error)))?;
        let sum = |a: Amount, b: Amount| a.checked_add(b).map_err(|error| self.broken(error));
        let amount = match want {
            Want::All | Want::Leave if !free.is_zero() => return Ok((worth.free, free)),
            Want::All | Want::Leave if !liable.is_zero() => {
                return Err(StakingError::RedelegationLocked.into());
            }
            Want::All | Want::Leave if self.delegation.pending.is_some() => {
                return Err(StakingError::StakePending.into());
            }
            // A delegation that is worth nothing any more goes for nothing.
            Want::All | Want::Leave if self.known => return Ok((Amount::ZERO, Shares::ZERO)),
            Want::All | Want::Leave => return Err(StakingError::InsufficientDelegation.into()),
            Want::Exactly(amount) => amount,
        };
        if amount == worth.free {
            return Ok((amount, free));
        }
        if amount < worth.free {
            let Validator { tokens, shares, .. } = self.validator;
            let broken = |error: AmountError| self.broken(error);
            let needed = Shares::for_amount(amount, tokens, shares).map_err(broken)?;
            let rest = free.checked_sub(needed).map_err(broken)?;
            // Shares that are worth nothing do not stay behind.
            let worthless = rest.worth(tokens, shares).map_err(broken)?.is_zero();
            return Ok((amount, if worthless { free } else { needed }));
        }
        let with_liable = sum(worth.free, worth.liable)?;
        Err(if amount <= with_liable {
            StakingError::RedelegationLocked.into()
        } else if amount <= sum(with_liable, worth.pending)? {
            StakingError::StakePending.into()
        } else {
            StakingError::InsufficientDelegation.into()
        })
    }

    /// Whether what is left may be left.
    fn check_rest(&self, moment: &BlockMoment<'_>, want: Want) -> Result<(), Failure> {
        let staking = &moment.params.staking;
        let rest = self.worth()?.total;
        if want == Want::Leave {
            Ok(())
        } else if self.is_own() {
            if rest < staking.min_validator_stake {
                return Err(StakingError::StakeTooLow.into());
            }
            Ok(())
        } else if !rest.is_zero() && rest < staking.min_delegation {
            Err(StakingError::DelegationDust.into())
        } else {
            Ok(())
        }
    }

    /// What the operator of a jailed validator pays for taking `paid` of its own stake.
    fn penalty(&self, moment: &BlockMoment<'_>, paid: Amount) -> Amount {
        if self.is_own() && self.validator.jailed_until.is_some() {
            settle::slashed(paid, moment.params.slashing.jailed_unstake_penalty)
        } else {
            Amount::ZERO
        }
    }

    /// Puts what was taken into the unbonding queue.
    pub(super) fn unbond(
        &mut self,
        view: &mut View,
        moment: &BlockMoment<'_>,
        taken: Taken,
    ) -> Result<Event, Failure> {
        let (delegator, validator) = (self.delegator, self.key);
        let mut lists = store::load_delegator(view, &delegator)?;
        if lists.unbonding.len() >= MAX_UNBONDING_ENTRIES {
            return Err(StakingError::TooManyUnbonding.into());
        }
        let mut queue = store::load_queue(view)?;
        let entry = queue.tail;
        let full = Contradiction("the unbonding queue has used every number").at(QUEUE);
        queue.tail = queue.tail.checked_add(1).ok_or(full)?;
        let due = self.due(moment).max(queue.tail_due);
        queue.tail_due = due;
        if queue.head == entry {
            queue.head_due = due;
        }
        store::save_queue(view, &queue)?;
        let Taken { amount, penalty } = taken;
        let (began, slashes) = (moment.height, self.validator.slashes);
        let record = Unbonding { delegator, validator, amount, began, slashes, due };
        store::save_unbonding(view, entry, &record)?;
        lists.unbonding.push(entry);
        store::save_delegator(view, &delegator, &lists)?;
        let owed = self.totals.unbonding.checked_add(amount);
        self.totals.unbonding = owed.map_err(|error| Contradiction::from(error).at(TOTALS))?;
        Ok(Event::Undelegated { validator, delegator, amount, penalty, entry, due })
    }

    /// When what is taken now is paid: not in this block, which has no keys for that.
    fn due(&self, moment: &BlockMoment<'_>) -> Due {
        let due = moment.after(moment.params.staking.unbonding);
        let next = Height::new(moment.height.get().saturating_add(1));
        Due { height: due.height.max(next), ..due }
    }

    /// Writes the position. One that holds nothing is removed.
    pub(super) fn close(
        mut self,
        view: &mut View,
        moment: &BlockMoment<'_>,
    ) -> Result<(), Failure> {
        let Delegation { shares, pending, .. } = &self.delegation;
        let holds = !shares.is_zero() || pending.is_some();
        if holds != self.known {
            self.enlist(view, moment, holds)?;
        }
        let record = holds.then_some(&self.delegation);
        if holds || self.known {
            store::save_delegation(view, &self.delegator, &self.key, record)?;
        }
        store::save_totals(view, &self.totals)?;
        Ok(store::save_validator(view, &self.key, &self.validator)?)
    }

    /// Adds the position to all lists and counts, or takes it out.
    fn enlist(
        &mut self,
        view: &mut View,
        moment: &BlockMoment<'_>,
        holds: bool,
    ) -> Result<(), Failure> {
        let mut lists: Delegator = store::load_delegator(view, &self.delegator)?;
        let at = lists.validators.binary_search(&self.key);
        let counted = if holds {
            let most = moment.params.staking.max_validators_per_delegator;
            if u64::try_from(lists.validators.len()).is_ok_and(|count| count >= most) {
                return Err(StakingError::TooManyValidators.into());
            }
            let at = at.err().ok_or(self.broken(Contradiction("a delegator is listed twice")))?;
            lists.validators.insert(at, self.key);
            self.validator.delegations.checked_add(1)
        } else {
            let at = at.map_err(|_| self.broken(Contradiction("a delegator is not listed")))?;
            lists.validators.remove(at);
            if self.is_own() && self.validator.ejected {
                store::remove_operator(view, &self.delegator);
            }
            if self.validator.delegations == 1 && self.validator.leaving {
                // Nobody is left: the turn of the epoch forgets it.
                store::list_candidate(view, &self.key, u64::MAX)?;
            }
            self.validator.delegations.checked_sub(1)
        };
        self.validator.delegations = counted.ok_or(self.broken(TOO_MANY))?;
        store::save_delegator(view, &self.delegator, &lists)?;
        let all = self.totals.delegations;
        let counted = if holds { all.checked_add(1) } else { all.checked_sub(1) };
        self.totals.delegations = counted.ok_or(TOO_MANY.at(TOTALS))?;
        Ok(())
    }
}

const TOO_MANY: Contradiction = Contradiction("the number of delegations cannot be counted");

/// What settling one delegation needs.
struct Sources {
    conversion: Option<super::Conversion>,
    slashes: Vec<(ValidatorKey, super::Slashes)>,
}

impl Sources {
    fn load(
        view: &View,
        key: &ValidatorKey,
        delegation: &Delegation,
        moment: &BlockMoment<'_>,
    ) -> Result<Self, Fault> {
        store::know(view, settle_keys(key, delegation, moment.epoch))?;
        let conversion = match settle::conversion_needed(delegation, moment.epoch) {
            Some(epoch) => store::load_conversion(view, key, epoch)?,
            None => None,
        };
        let mut slashes = Vec::with_capacity(delegation.liabilities.len());
        for from in settle::slashes_needed(delegation) {
            slashes.push((from, store::load_slashes(view, &from)?));
        }
        Ok(Self { conversion, slashes })
    }
}

/// The records that bringing a delegation to `validator` up to date in `epoch` needs.
pub(super) fn settle_keys(
    validator: &ValidatorKey,
    delegation: &Delegation,
    epoch: althing_types::Epoch,
) -> Vec<StateKey> {
    let conversion = settle::conversion_needed(delegation, epoch);
    let conversion = conversion.map(|epoch| super::conversion_key(validator, epoch));
    let slashes = settle::slashes_needed(delegation).map(|from| super::slashes_key(&from));
    conversion.into_iter().chain(slashes).collect()
}
