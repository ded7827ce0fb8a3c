//! What a delegation is, once everything that happened since its last touch is counted. Pure; the
//! messages, the turn of the epoch and the API all ask here.

use super::{Contradiction, Conversion, Delegation, Liability, Now, Slash, Slashes, Validator};
use althing_types::{Amount, Epoch, Ppm, Shares, ValidatorKey, amount::mul_div_up};

/// A delegation and its validator, brought up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The validator, without what was burned.
    pub validator: Validator,
    /// The delegation, with what began to count.
    pub delegation: Delegation,
    /// What is burned, in base units.
    pub burned: Amount,
    /// What slashes of former validators took, in base units, slash by slash.
    pub slashed: Vec<(ValidatorKey, Amount)>,
    /// The epoch whose conversion was counted, and what is left of its record.
    pub converted: Option<(Epoch, Option<Conversion>)>,
    /// The shares of the delegation before slashes of former validators took any: those that it had
    /// when the epoch began, unless it was touched in it before.
    pub counted: Shares,
}

/// The epoch whose conversion settling needs, if it needs one.
pub fn conversion_needed(delegation: &Delegation, epoch: Epoch) -> Option<Epoch> {
    delegation.pending.map(|pending| pending.epoch).filter(|pending| *pending < epoch)
}

/// The validators whose slashes settling needs.
pub fn slashes_needed(delegation: &Delegation) -> impl Iterator<Item = ValidatorKey> {
    delegation.liabilities.iter().map(|liability| liability.from)
}

/// Counts what began to count, and takes what slashes of former validators cost.
///
/// # Errors
/// [`Contradiction`] if the records do not fit together, or one that is needed is not given.
pub fn settle(
    validator: Validator,
    delegation: Delegation,
    now: Now,
    conversion: Option<Conversion>,
    slashes: &[(ValidatorKey, Slashes)],
) -> Result<Settled, Contradiction> {
    let mut settled = Settled {
        validator,
        delegation,
        burned: Amount::ZERO,
        slashed: Vec::new(),
        converted: None,
        counted: Shares::ZERO,
    };
    settled.count_pending(now, conversion)?;
    settled.counted = settled.delegation.shares;
    let mut liabilities = core::mem::take(&mut settled.delegation.liabilities);
    for liability in &mut liabilities {
        settled.charge(liability, now, slashes)?;
    }
    let is_free = |part: &Liability| part.due.is_reached(now.height, now.time);
    liabilities.retain(|part| part.epoch >= now.epoch || !is_free(part) && !part.shares.is_zero());
    settled.delegation.liabilities = liabilities;
    Ok(settled)
}

impl Settled {
    /// Turns the pending amount of an epoch that is over into shares.
    fn count_pending(
        &mut self,
        now: Now,
        conversion: Option<Conversion>,
    ) -> Result<(), Contradiction> {
        let Some(epoch) = conversion_needed(&self.delegation, now.epoch) else { return Ok(()) };
        let Some(pending) = self.delegation.pending.take() else { return Ok(()) };
        let mut conversion = conversion
            .ok_or(Contradiction("a pending amount of an earlier epoch has no conversion"))?;
        let gained = conversion.shares_of(pending.amount)?;
        for liability in &mut self.delegation.liabilities {
            if liability.epoch == epoch {
                liability.shares = conversion.shares_of(liability.amount)?;
            }
        }
        self.delegation.shares = self.delegation.shares.checked_add(gained)?;
        conversion.left = conversion.left.checked_sub(gained)?;
        conversion.open = conversion
            .open
            .checked_sub(1)
            .ok_or(Contradiction("a conversion was counted too often"))?;
        let is_open = conversion.open > 0;
        if !is_open {
            self.drop_shares(conversion.left)?;
        }
        self.converted = Some((epoch, is_open.then_some(conversion)));
        Ok(())
    }

    /// Takes from a part that moved what the slashes of its former validator cost it.
    fn charge(
        &mut self,
        liability: &mut Liability,
        now: Now,
        slashes: &[(ValidatorKey, Slashes)],
    ) -> Result<(), Contradiction> {
        if liability.epoch >= now.epoch {
            return Ok(());
        }
        let (_, Slashes(slashes)) = slashes
            .iter()
            .find(|(validator, _)| *validator == liability.from)
            .ok_or(Contradiction("the slashes of a former validator are not given"))?;
        for slash in slashes.iter().skip(index(liability.slashes)) {
            if slash.since > liability.began || liability.due.is_reached(slash.height, slash.time) {
                continue;
            }
            let lost = part_up(liability.shares, slash)?;
            let worth = lost.worth(self.validator.tokens, self.validator.shares)?;
            liability.shares = liability.shares.checked_sub(lost)?;
            self.delegation.shares = self.delegation.shares.checked_sub(lost)?;
            self.validator.tokens = self.validator.tokens.checked_sub(worth)?;
            self.burned = self.burned.checked_add(worth)?;
            self.drop_shares(lost)?;
            self.slashed.push((liability.from, worth));
        }
        let count = u32::try_from(slashes.len());
        liability.slashes = count.map_err(|_| Contradiction("there are too many slashes"))?;
        Ok(())
    }

    /// Takes shares away from everybody. Tokens that nobody owns any more are burned.
    fn drop_shares(&mut self, shares: Shares) -> Result<(), Contradiction> {
        self.validator.shares = self.validator.shares.checked_sub(shares)?;
        if self.validator.shares.is_zero() {
            self.burned = self.burned.checked_add(self.validator.tokens)?;
            self.validator.tokens = Amount::ZERO;
        }
        Ok(())
    }
}

/// The part of `shares` that a slash takes, rounded up.
fn part_up(shares: Shares, slash: &Slash) -> Result<Shares, Contradiction> {
    let part = mul_div_up(shares.count(), slash.fraction.get().into(), ONE)?;
    Ok(Shares::new(part))
}

/// The part of `amount` that a slash takes, rounded up. Never more than the amount.
pub(super) fn slashed(amount: Amount, fraction: Ppm) -> Amount {
    amount.mul_div_up(fraction.get().into(), ONE).unwrap_or(amount)
}

const ONE: u128 = 1_000_000;

/// What is left of `amount` once the slashes from number `first` on were taken whose cause lies
/// not after `began`.
pub(super) fn after_slashes(
    amount: Amount,
    Slashes(slashes): &Slashes,
    first: u32,
    began: althing_types::Height,
) -> Amount {
    let liable = slashes.iter().skip(index(first)).filter(|slash| slash.since <= began);
    liable.fold(amount, |left, slash| {
        left.checked_sub(slashed(left, slash.fraction)).unwrap_or(Amount::ZERO)
    })
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// What parts of a settled delegation are worth now, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worth {
    /// What counts and can be taken.
    pub free: Amount,
    /// What counts and came from other validators not long ago: it can be taken later.
    pub liable: Amount,
    /// What counts and can be taken from the next epoch on.
    pub pending: Amount,
    /// All together. May be a base unit more than the parts, which are rounded down.
    pub total: Amount,
}

/// Shares that came from other validators and are liable still.
pub(super) fn liable_shares(delegation: &Delegation) -> Result<Shares, Contradiction> {
    let mut sum = Shares::ZERO;
    for liability in &delegation.liabilities {
        sum = sum.checked_add(liability.shares)?;
    }
    Ok(sum)
}

/// What the pending amount of a settled delegation is worth, in base units.
pub(super) fn pending_worth(
    validator: &Validator,
    delegation: &Delegation,
) -> Result<Amount, Contradiction> {
    match &delegation.pending {
        None => Ok(Amount::ZERO),
        Some(pending) => {
            let (now, given) = (validator.pending.units(), validator.pending_nominal.units());
            Ok(pending.amount.mul_div(now, given)?)
        }
    }
}

/// What a settled delegation is worth.
///
/// # Errors
/// [`Contradiction`] if the records do not fit together.
pub fn worth(validator: &Validator, delegation: &Delegation) -> Result<Worth, Contradiction> {
    let of = |shares: Shares| shares.worth(validator.tokens, validator.shares);
    let liable = liable_shares(delegation)?;
    let pending = pending_worth(validator, delegation)?;
    Ok(Worth {
        free: of(delegation.shares.checked_sub(liable)?)?,
        liable: of(liable)?,
        pending,
        total: of(delegation.shares)?.checked_add(pending)?,
    })
}
