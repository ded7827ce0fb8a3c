//! The running tally: pure arithmetic. A ballot divides a weight into whole units; what rounding
//! leaves counts as abstention, so that the parts always add up to the weight.

use super::{Standing, Terms};
use althing_types::{
    Amount, AmountError, Ppm,
    governance::{Ballot, Choice, Rejection},
    struct_codec,
};
use serde::{Deserialize, Serialize};

/// Stake by what it says, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StakeCount {
    /// For it.
    pub yes: Amount,
    /// Against it.
    pub no: Amount,
    /// Neither.
    pub abstain: Amount,
    /// Against it as harmful.
    pub veto: Amount,
}

struct_codec!(StakeCount { yes, no, abstain, veto });

/// Validators by what they say, in parts per million of one: a validator may divide its vote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heads {
    /// For it.
    pub yes: u64,
    /// Against it.
    pub no: u64,
    /// Neither.
    pub abstain: u64,
    /// Against it as harmful.
    pub veto: u64,
}

struct_codec!(Heads { yes, no, abstain, veto });

/// One validator, in the unit of [`Heads`].
pub const HEAD: u64 = 1_000_000;

impl StakeCount {
    /// What a ballot makes of a weight. The parts add up to it.
    pub fn of(weight: Amount, ballot: &Ballot) -> Self {
        let part = |choice| weight.share(ballot.part(choice));
        let (yes, no, veto) = (part(Choice::Yes), part(Choice::No), part(Choice::Veto));
        // Three rounded parts of a whole are never more than the whole.
        let rest = [yes, no, veto]
            .into_iter()
            .try_fold(weight, Amount::checked_sub)
            .unwrap_or(Amount::ZERO);
        Self { yes, no, abstain: rest, veto }
    }

    /// With a ballot of this weight more.
    ///
    /// # Errors
    /// [`AmountError`] if a sum does not fit.
    pub fn add(&mut self, weight: Amount, ballot: &Ballot) -> Result<(), AmountError> {
        self.combine(weight, ballot, Amount::checked_add)
    }

    /// With a ballot of this weight less.
    ///
    /// # Errors
    /// [`AmountError`] if the ballot was not counted.
    pub fn remove(&mut self, weight: Amount, ballot: &Ballot) -> Result<(), AmountError> {
        self.combine(weight, ballot, Amount::checked_sub)
    }

    fn combine(
        &mut self,
        weight: Amount,
        ballot: &Ballot,
        by: impl Fn(Amount, Amount) -> Result<Amount, AmountError>,
    ) -> Result<(), AmountError> {
        let parts = Self::of(weight, ballot);
        let (yes, no) = (by(self.yes, parts.yes)?, by(self.no, parts.no)?);
        let (abstain, veto) = (by(self.abstain, parts.abstain)?, by(self.veto, parts.veto)?);
        *self = Self { yes, no, abstain, veto };
        Ok(())
    }

    /// All that took part. Never more than all stake.
    pub fn cast(&self) -> Amount {
        [self.no, self.abstain, self.veto]
            .into_iter()
            .try_fold(self.yes, Amount::checked_add)
            .unwrap_or(Amount::MAX)
    }

    /// All that is for or against it.
    fn decided(&self) -> Amount {
        self.cast().checked_sub(self.abstain).unwrap_or(Amount::ZERO)
    }
}

impl Heads {
    /// With a validator's vote more.
    pub fn add(&mut self, ballot: &Ballot) {
        self.combine(ballot, u64::saturating_add);
    }

    /// With a validator's vote less.
    pub fn remove(&mut self, ballot: &Ballot) {
        self.combine(ballot, u64::saturating_sub);
    }

    fn combine(&mut self, ballot: &Ballot, by: impl Fn(u64, u64) -> u64) {
        let part = |choice| u64::from(ballot.part(choice).get());
        self.yes = by(self.yes, part(Choice::Yes));
        self.no = by(self.no, part(Choice::No));
        self.abstain = by(self.abstain, part(Choice::Abstain));
        self.veto = by(self.veto, part(Choice::Veto));
    }

    /// All that took part.
    pub const fn cast(&self) -> u64 {
        self.yes.saturating_add(self.no).saturating_add(self.abstain).saturating_add(self.veto)
    }
}

/// Whether `part` of `whole` is at least `least`. Exact; nothing is part of nothing.
fn reaches(part: Amount, whole: Amount, least: Ppm) -> bool {
    let needed = whole.mul_div_up(least.get().into(), ONE);
    !whole.is_zero() && needed.is_ok_and(|needed| part >= needed)
}

const ONE: u128 = 1_000_000;

/// Whether a proposal is accepted as it stands now.
///
/// # Errors
/// Why it is not.
pub fn judge(standing: &Standing, terms: &Terms) -> Result<(), Rejection> {
    let Standing { houses, stake, validators, .. } = standing;
    let all = u64::from(terms.validators).saturating_mul(HEAD);
    let [yes, veto, all] = [validators.yes, validators.veto, all].map(|n| Amount::new(n.into()));
    let harmful = houses.stake && reaches(stake.veto, stake.cast(), terms.veto)
        || houses.validators && reaches(veto, all, terms.veto);
    let quorum = !houses.stake || reaches(stake.cast(), terms.stake, terms.quorum);
    if !quorum {
        return Err(Rejection::NoQuorum);
    }
    if harmful {
        return Err(Rejection::Veto);
    }
    let agreed = (!houses.stake || reaches(stake.yes, stake.decided(), terms.threshold))
        && (!houses.validators || reaches(yes, all, terms.threshold));
    if agreed { Ok(()) } else { Err(Rejection::Threshold) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{
        Epoch, Period,
        governance::{Criticality, Houses},
    };
    use proptest::prelude::*;

    fn ppm(parts: u32) -> Ppm {
        Ppm::new(parts).unwrap()
    }

    fn terms() -> Terms {
        Terms {
            snapshot: Epoch::new(3),
            stake: Amount::new(1_000),
            validators: 10,
            quorum: ppm(330_000),
            threshold: ppm(510_000),
            veto: ppm(334_000),
            delay: Period::default(),
        }
    }

    fn stake(yes: u128, no: u128, abstain: u128, veto: u128) -> StakeCount {
        let [yes, no, abstain, veto] = [yes, no, abstain, veto].map(Amount::new);
        StakeCount { yes, no, abstain, veto }
    }

    fn by_stake(yes: u128, no: u128, abstain: u128, veto: u128) -> Result<(), Rejection> {
        let stake = stake(yes, no, abstain, veto);
        judge(&Standing { stake, ..Standing::new(Criticality::Standard, Houses::STAKE) }, &terms())
    }

    fn by_validators(yes: u64, no: u64, veto: u64) -> Result<(), Rejection> {
        let validators = Heads { yes: yes * HEAD, no: no * HEAD, abstain: 0, veto: veto * HEAD };
        judge(
            &Standing { validators, ..Standing::new(Criticality::Standard, Houses::VALIDATORS) },
            &terms(),
        )
    }

    #[test]
    fn the_house_of_stake_asks_for_a_quorum_and_then_for_its_threshold_of_what_decided() {
        assert_eq!(by_stake(329, 0, 0, 0), Err(Rejection::NoQuorum));
        assert_eq!(by_stake(330, 0, 0, 0), Ok(()));
        assert_eq!(by_stake(51, 49, 230, 0), Ok(()));
        assert_eq!(by_stake(50, 50, 230, 0), Err(Rejection::Threshold));
        assert_eq!(by_stake(0, 0, 330, 0), Err(Rejection::Threshold));
        assert_eq!(by_stake(0, 0, 0, 0), Err(Rejection::NoQuorum));
    }

    #[test]
    fn enough_vetoes_of_what_took_part_reject_as_harmful_and_fewer_do_not() {
        assert_eq!(by_stake(600, 66, 0, 333), Ok(()));
        assert_eq!(by_stake(600, 66, 0, 334), Err(Rejection::Veto));
        assert_eq!(by_stake(0, 0, 0, 329), Err(Rejection::NoQuorum));
    }

    #[test]
    fn in_the_house_of_validators_silence_is_no_consent() {
        assert_eq!(by_validators(5, 0, 0), Err(Rejection::Threshold));
        assert_eq!(by_validators(6, 4, 0), Ok(()));
        assert_eq!(by_validators(6, 0, 4), Err(Rejection::Veto));
        let nobody = Terms { validators: 0, ..terms() };
        let standing = Standing::new(Criticality::Standard, Houses::VALIDATORS);
        assert_eq!(judge(&standing, &nobody), Err(Rejection::Threshold));
    }

    #[test]
    fn both_houses_must_agree_where_both_are_asked() {
        let judge = |yes: u128, heads: u64| {
            let stake = stake(yes, 1_000 - yes, 0, 0);
            let validators = Heads { yes: heads * HEAD, ..Heads::default() };
            judge(
                &Standing {
                    stake,
                    validators,
                    ..Standing::new(Criticality::Standard, Houses::BOTH)
                },
                &terms(),
            )
        };
        assert_eq!(judge(510, 6), Ok(()));
        assert_eq!(judge(509, 10), Err(Rejection::Threshold));
        assert_eq!(judge(1_000, 5), Err(Rejection::Threshold));
    }

    /// Ballots of all kinds, many of them undivided.
    fn ballot() -> impl Strategy<Value = Ballot> {
        let divided = (0u32..=1_000_000, 0u32..=1_000_000, 0u32..=1_000_000).prop_map(|cuts| {
            let mut cuts = [cuts.0, cuts.1, cuts.2];
            cuts.sort_unstable();
            let [a, b, c] = cuts;
            let parts = [a, b - a, c - b, 1_000_000 - c].map(ppm);
            Ballot::new(parts[0], parts[1], parts[2], parts[3]).unwrap()
        });
        let whole = (0usize..4).prop_map(|at| Ballot::all(Choice::ALL[at]));
        prop_oneof![divided, whole]
    }

    proptest! {
        #[test]
        fn the_parts_of_a_weight_add_up_to_it_and_none_is_above_its_share(
            weight in any::<u128>(),
            ballot in ballot(),
        ) {
            let count = StakeCount::of(Amount::new(weight), &ballot);
            prop_assert_eq!(count.cast().units(), weight);
            for (choice, part) in [
                (Choice::Yes, count.yes),
                (Choice::No, count.no),
                (Choice::Veto, count.veto),
            ] {
                prop_assert_eq!(part, Amount::new(weight).share(ballot.part(choice)));
            }
        }

        #[test]
        fn what_was_added_can_be_removed(
            votes in proptest::collection::vec((0u128..1 << 100, ballot()), 1..20),
        ) {
            let (mut count, mut heads) = (StakeCount::default(), Heads::default());
            for (weight, ballot) in &votes {
                count.add(Amount::new(*weight), ballot).unwrap();
                heads.add(ballot);
            }
            prop_assert_eq!(heads.cast(), votes.len() as u64 * HEAD);
            for (weight, ballot) in votes.iter().rev() {
                count.remove(Amount::new(*weight), ballot).unwrap();
                heads.remove(ballot);
            }
            prop_assert_eq!((count, heads), (StakeCount::default(), Heads::default()));
        }
    }
}
