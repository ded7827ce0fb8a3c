//! What a delegator earned, epoch by epoch. Nothing is written for that: a reward raises what a
//! share is worth, so it follows from the delegator's own changes and from what the validator was
//! paid.
//!
//! The shares of a delegation are found again by replaying its changes with the price of a share at
//! their time. The ledger rounds at moments that events do not tell, so a reward here may differ
//! from the ledger's by a few base units.

use crate::{
    Index, IndexError,
    history::{EpochRow, PaidRow, epoch_row},
    stake::{FOUNDED, after_slash, key_at, narrow},
};
use althing_types::{Address, Amount, Epoch, Ppm, Shares, ValidatorKey};
use rusqlite::{Connection, OptionalExtension as _, params};

/// What an account earned with one validator in one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reward {
    /// The epoch.
    pub epoch: Epoch,
    /// The validator.
    pub validator: ValidatorKey,
    /// What its delegation was worth before, in base units.
    pub stake: Amount,
    /// What the delegation earned, in base units.
    pub reward: Amount,
    /// What the account earned as the operator of the validator, in base units.
    pub commission: Amount,
}

/// A moment: position, and twice the place in the receipt. The end of an epoch, which has no event,
/// has an odd number.
type Moment = (i64, i64);

fn moment(position: i64, seq: i64) -> Moment {
    (position, seq.saturating_mul(2))
}

/// Something that happened to a delegation or to the price of its shares.
enum Step {
    /// Money that counts at once, which only genesis gives.
    Founded(Amount),
    /// Money that counts from the end of the epoch on, as what it counts beside the rest.
    Came(u128),
    /// Money that left.
    Left(Amount),
    /// A slash of the validator.
    Slashed(Ppm),
    /// A payment, at the end of an epoch.
    Paid(Epoch, PaidRow),
    /// The end of an epoch in which delegators gave `nominal`, of which `kept` was left then.
    Turned { nominal: u128, kept: u128 },
}

/// `tokens` owned by `shares`.
#[derive(Clone, Copy)]
struct Price {
    tokens: u128,
    shares: u128,
}

impl Price {
    /// The price of the first share: one base unit.
    const FIRST: Self = Self { tokens: 1 << 64, shares: 1 << 64 };

    fn worth(self, shares: u128) -> u128 {
        let worth = Shares::new(shares).worth(Amount::new(self.tokens), Shares::new(self.shares));
        worth.map_or(0, Amount::units)
    }

    /// Shares that `amount` buys.
    fn bought(self, amount: u128) -> u128 {
        althing_types::amount::mul_div(amount, self.shares, self.tokens).unwrap_or(0)
    }

    /// Shares that must go for `amount`.
    fn sold(self, amount: u128) -> u128 {
        althing_types::amount::mul_div_up(amount, self.shares, self.tokens).unwrap_or(0)
    }
}

/// A delegation while its history is replayed.
struct Replay {
    price: Price,
    shares: u128,
    pending: u128,
}

impl Replay {
    fn step(&mut self, step: &Step) -> Option<(Epoch, Amount, Amount)> {
        match step {
            Step::Founded(amount) => self.shares = self.shares.saturating_add(amount.units()),
            Step::Came(nominal) => self.pending = self.pending.saturating_add(*nominal),
            Step::Left(amount) => {
                self.shares = self.shares.saturating_sub(self.price.sold(amount.units()));
                if self.price.worth(self.shares) == 0 {
                    self.shares = 0;
                }
            }
            Step::Slashed(fraction) => {
                self.price.tokens = after_slash(self.price.tokens, *fraction);
            }
            Step::Paid(epoch, paid) => {
                let gain = paid.reward.units().saturating_sub(paid.commission.units());
                let after = Price { tokens: paid.tokens.units(), shares: paid.shares.count() };
                let before = Price { tokens: after.tokens.saturating_sub(gain), ..after };
                self.price = after;
                let stake = Amount::new(before.worth(self.shares));
                let reward = Price { tokens: gain, ..after }.worth(self.shares);
                return Some((*epoch, stake, Amount::new(reward)));
            }
            Step::Turned { nominal, kept } => {
                let mine = std::mem::take(&mut self.pending);
                let minted = self.price.bought(*kept);
                let share = althing_types::amount::mul_div(mine, minted, *nominal).unwrap_or(0);
                self.shares = self.shares.saturating_add(share);
            }
        }
        None
    }
}

impl Index {
    /// What an account earned, newest epoch first, at most `limit` entries of epochs before
    /// `before`. An epoch is never cut in two: there may be some more entries.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn rewards(
        &self,
        delegator: Address,
        before: Option<Epoch>,
        limit: usize,
    ) -> Result<Vec<Reward>, IndexError> {
        self.read(|db| {
            let mut found = Vec::new();
            for validator in validators_of(db, delegator)? {
                found.extend(replay(db, delegator, validator)?);
            }
            found.retain(|reward| before.is_none_or(|before| reward.epoch < before));
            found.sort_by_key(|reward| (std::cmp::Reverse(reward.epoch), reward.validator));
            let end = match limit.checked_sub(1).and_then(|last| found.get(last)) {
                Some(last) => {
                    let epoch = last.epoch;
                    found.iter().take_while(|reward| reward.epoch >= epoch).count()
                }
                None => found.len(),
            };
            found.truncate(end);
            Ok(found)
        })
    }
}

/// The validators that an account ever delegated to.
fn validators_of(db: &Connection, delegator: Address) -> rusqlite::Result<Vec<ValidatorKey>> {
    db.prepare_cached("SELECT DISTINCT validator FROM delegation_change WHERE delegator = ?1")?
        .query_map([delegator.as_bytes().as_slice()], |row| key_at(row, 0))?
        .collect()
}

/// Rewards of one delegation, oldest first.
fn replay(
    db: &Connection,
    delegator: Address,
    validator: ValidatorKey,
) -> rusqlite::Result<Vec<Reward>> {
    let operates: bool = db
        .prepare_cached("SELECT count(*) FROM operator WHERE validator = ?1 AND operator = ?2")?
        .query_row(
            params![validator.as_bytes().as_slice(), delegator.as_bytes().as_slice()],
            |row| row.get::<_, i64>(0).map(|count| count > 0),
        )?;
    let mut rewards = Vec::new();
    let mut delegation = Replay { price: Price::FIRST, shares: 0, pending: 0 };
    for (_, step) in steps(db, delegator, validator)? {
        let Some((epoch, stake, reward)) = delegation.step(&step) else { continue };
        let commission = match &step {
            Step::Paid(_, paid) if operates => paid.commission,
            _ => Amount::ZERO,
        };
        if !reward.is_zero() || !commission.is_zero() {
            rewards.push(Reward { epoch, validator, stake, reward, commission });
        }
    }
    Ok(rewards)
}

/// Everything that matters to a delegation, in order.
fn steps(
    db: &Connection,
    delegator: Address,
    validator: ValidatorKey,
) -> rusqlite::Result<Vec<(Moment, Step)>> {
    let key = validator.as_bytes().as_slice();
    let mut steps: Vec<(Moment, Step)> = Vec::new();
    let mut select = db.prepare_cached(
        "SELECT position, seq, kind, sign, amount, nominal FROM delegation_change
         WHERE delegator = ?1 AND validator = ?2 ORDER BY position, seq",
    )?;
    let mut rows = select.query(params![delegator.as_bytes().as_slice(), key])?;
    while let Some(row) = rows.next()? {
        let (kind, sign): (String, i64) = (row.get(2)?, row.get(3)?);
        let value: Vec<u8> = row.get(4)?;
        let amount = Amount::new(narrow(4, &value)?);
        let nominal: Vec<u8> = row.get(5)?;
        let step = match (kind.as_str(), sign) {
            (FOUNDED, _) => Step::Founded(amount),
            (_, 1) => Step::Came(narrow(5, &nominal)?),
            _ => Step::Left(amount),
        };
        steps.push((moment(row.get(0)?, row.get(1)?), step));
    }
    let mut select = db.prepare_cached(
        "SELECT position, seq, ppm FROM validator_event
         WHERE validator = ?1 AND kind = 'slashed' ORDER BY position, seq",
    )?;
    let mut rows = select.query([key])?;
    while let Some(row) = rows.next()? {
        let ppm: u32 = row.get(2)?;
        let fraction = Ppm::new(ppm).unwrap_or(Ppm::ONE);
        steps.push((moment(row.get(0)?, row.get(1)?), Step::Slashed(fraction)));
    }
    turns(db, validator, &mut steps)?;
    Ok(steps)
}

/// Adds payments and ends of epochs, and puts everything in order.
fn turns(
    db: &Connection,
    validator: ValidatorKey,
    steps: &mut Vec<(Moment, Step)>,
) -> rusqlite::Result<()> {
    let mut select = db.prepare_cached(
        "SELECT epoch, made, missed, position, seq, reward, commission, tokens, shares,
                nominal, pending
         FROM validator_epoch
         WHERE validator = ?1 AND (reward IS NOT NULL OR nominal IS NOT NULL) ORDER BY epoch",
    )?;
    let mut rows = select.query([validator.as_bytes().as_slice()])?;
    while let Some(row) = rows.next()? {
        let EpochRow { epoch, paid, .. } = epoch_row(row)?;
        let (nominal, kept): (Option<Vec<u8>>, Option<Vec<u8>>) = (row.get(9)?, row.get(10)?);
        if let Some(paid) = paid {
            let (position, seq) = paid.at;
            let position = crate::pack(position).unwrap_or(i64::MAX);
            steps.push((moment(position, seq.into()), Step::Paid(epoch, paid)));
        }
        if let (Some(nominal), Some(kept)) = (nominal, kept) {
            let (nominal, kept) = (narrow(9, &nominal)?, narrow(10, &kept)?);
            let end = end_of(db, epoch)?;
            steps.push((turn_at(end, steps), Step::Turned { nominal, kept }));
        }
    }
    steps.sort_by_key(|(moment, _)| *moment);
    Ok(())
}

/// When what was delegated in an epoch begins to count: in the receipt that ends it, after slashes
/// and payments, before what leaves.
fn turn_at(end: i64, steps: &[(Moment, Step)]) -> Moment {
    let earlier = steps.iter().filter(|((position, _), step)| {
        *position == end && matches!(step, Step::Slashed(_) | Step::Paid(..))
    });
    let last = earlier.map(|((_, seq), _)| *seq).max();
    (end, last.map_or(-1, |last| last.saturating_add(1)))
}

/// The receipt of the last block of an epoch. An epoch that goes on ends after everything.
fn end_of(db: &Connection, epoch: Epoch) -> rusqlite::Result<i64> {
    let position: Option<i64> = db
        .prepare_cached("SELECT position FROM epoch_end WHERE epoch = ?1")?
        .query_row([epoch.get()], |row| row.get(0))
        .optional()?;
    Ok(position.unwrap_or(i64::MAX))
}
