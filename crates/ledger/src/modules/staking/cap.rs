//! How much stake counts: nobody more than his part of the whole.

use althing_types::{Amount, AmountError, Ppm, ValidatorKey, params::StakingParams};

const ONE: u128 = 1_000_000;

/// What of each stake counts, in the order given. Once there are `power_cap_from` of them, none
/// counts for more than its part under the power cap ([`StakingParams::cap_among`]) of the sum of
/// what counts.
pub(crate) fn counted_stakes(
    stakes: &[(ValidatorKey, Amount)],
    params: &StakingParams,
) -> Vec<Amount> {
    let most = cap(stakes, params).unwrap_or(Amount::MAX);
    stakes.iter().map(|(_, stake)| (*stake).min(most)).collect()
}

/// The most of one stake that earns, where the `count` members of a set hold `all` together: its
/// part under the power cap. What counts for the others has no part in this, as it has in
/// [`counted_stakes`]: whoever is cut, nobody else earns more for it.
pub(crate) fn most_that_earns(all: Amount, count: usize, params: &StakingParams) -> Amount {
    let cap = u64::try_from(count).ok().and_then(|count| params.cap_among(count));
    cap.map_or(all, |cap| all.share(cap))
}

/// Whether a validator that holds `stake` of the `bonded` stake of all may be given `amount` more,
/// which is new to both, while `active` validators are chosen.
pub(super) fn has_room(
    stake: Amount,
    bonded: Amount,
    amount: Amount,
    active: u32,
    params: &StakingParams,
) -> Result<bool, AmountError> {
    let Some(cap) = params.cap_among(active.into()) else { return Ok(true) };
    Ok(stake.checked_add(amount)? <= bonded.checked_add(amount)?.share(cap))
}

/// The most that [`has_room`] allows; `None` if there is no cap.
pub(super) fn room(
    stake: Amount,
    bonded: Amount,
    active: u32,
    params: &StakingParams,
) -> Option<Amount> {
    params.cap_among(active.into()).filter(|cap| *cap < Ppm::ONE)?;
    let fits = |units| has_room(stake, bonded, Amount::new(units), active, params) == Ok(true);
    // What fits is all up to some amount: each bit of it, from the highest, is there if it still
    // fits with it.
    let most = (0..u128::BITS).rev().fold(0u128, |most, bit| {
        let with = most | 1u128.checked_shl(bit).unwrap_or(0);
        if fits(with) { with } else { most }
    });
    Some(Amount::new(most))
}

/// The most that one stake counts for; `None` if there is no cap.
///
/// With the `k` largest cut to the cap `c`, `c = p (k c + rest)`, so `c = p rest / (1 - k p)`.
/// The smallest `k` is looked for whose cap is not below the largest that is not cut. There is one:
/// all parts together are more than the whole.
fn cap(stakes: &[(ValidatorKey, Amount)], params: &StakingParams) -> Option<Amount> {
    let part = params.cap_among(u64::try_from(stakes.len()).ok()?)?;
    let part = u128::from(part.get());
    let mut sorted: Vec<Amount> = stakes.iter().map(|(_, stake)| *stake).collect();
    sorted.sort_unstable();
    let mut rest = sorted
        .iter()
        .fold(Amount::ZERO, |sum, stake| sum.checked_add(*stake).unwrap_or(Amount::MAX));
    let mut open = ONE;
    for largest in sorted.iter().rev() {
        let cap = rest.mul_div(part, open).unwrap_or(Amount::MAX);
        if *largest <= cap {
            return Some(cap);
        }
        rest = rest.checked_sub(*largest).unwrap_or(Amount::ZERO);
        open = open.checked_sub(part).filter(|open| *open > 0)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counted(stakes: &[u128], cap: u32, from: u64) -> Vec<u128> {
        let params = StakingParams {
            power_cap: Ppm::new(cap).unwrap(),
            power_cap_from: from,
            ..StakingParams::devnet()
        };
        let listed: Vec<_> =
            stakes.iter().map(|units| (ValidatorKey::new([0; 32]), Amount::new(*units))).collect();
        counted_stakes(&listed, &params).into_iter().map(Amount::units).collect()
    }

    #[test]
    fn few_validators_have_no_cap() {
        assert_eq!(counted(&[100, 1, 1, 1], 200_000, 5), [100, 1, 1, 1]);
        assert!(counted(&[], 200_000, 2).is_empty());
    }

    #[test]
    fn where_equal_parts_are_the_cap_some_slack_above_them_counts() {
        // 22 %: 0.22 * (3 c + 7 + 8) = c, so c = 9.7 cuts two, and 0.22 * (2 c + 24) = c is 9.4.
        assert_eq!(counted(&[100, 7, 9, 8, 50], 200_000, 5), [9, 7, 9, 8, 9]);
        assert_eq!(counted(&[100, 7], 200_000, 2), [8, 7]);
        assert_eq!(counted(&[10; 5], 200_000, 5), [10; 5]);
    }

    #[test]
    fn the_room_is_none_or_zero_or_what_still_fits() {
        let params = StakingParams::devnet();
        let room = |stake, bonded, active| {
            room(Amount::new(stake), Amount::new(bonded), active, &params).map(Amount::units)
        };
        assert_eq!(room(100_000, 400_000, 4), None);
        // (100,000 + a) / (500,000 + a) <= 0.22 holds up to a = 12,820.
        assert_eq!(room(100_000, 500_000, 5), Some(12_820));
        assert_eq!(room(0, 0, 5), Some(0));
        assert_eq!((room(110_000, 500_000, 5), room(120_000, 500_000, 5)), (Some(0), Some(0)));
        assert_eq!(room(100_000, 600_000, 6), Some(25_000));
    }

    #[test]
    fn the_largest_are_cut_to_their_part_of_what_counts() {
        // 0.2 * (c + 30 + 20 + 20 + 20 + 10) = c, so c = 25, and 30 is cut too: c = 0.2 * 70 / 0.6.
        assert_eq!(counted(&[900, 30, 20, 20, 20, 10], 200_000, 5), [23, 23, 20, 20, 20, 10]);
        assert_eq!(counted(&[10, 10, 10, 10, 10, 10], 200_000, 5), [10; 6]);
    }

    proptest! {
        #[test]
        fn nobody_counts_for_more_than_the_cap_and_nobody_below_it_is_cut(
            stakes in proptest::collection::vec(0u128..1 << 100, 2..60),
            cap in 10_000u32..=1_000_000,
        ) {
            let counted = counted(&stakes, cap, 2);
            let most = *counted.iter().max().unwrap();
            prop_assert!(counted.iter().zip(&stakes).all(|(counted, stake)| counted <= stake));
            prop_assert!(counted.iter().zip(&stakes).all(|(c, s)| c == s || *c == most));
            let sum: u128 = counted.iter().sum();
            let share = (1_100_000 / stakes.len() as u128).min(ONE).max(cap.into());
            let part = althing_types::amount::mul_div(sum, share, ONE).unwrap();
            prop_assert!(most <= part);
        }

        #[test]
        fn what_is_given_fits_up_to_the_room_and_no_further(
            stake in 0u128..1 << 100,
            others in 0u128..1 << 100,
            active in 5u32..=100,
        ) {
            let params = StakingParams::devnet();
            let (stake, bonded) = (Amount::new(stake), Amount::new(stake + others));
            let room = room(stake, bonded, active, &params).unwrap().units();
            let fits = |amount| has_room(stake, bonded, Amount::new(amount), active, &params);
            prop_assert_eq!(fits(room + 1), Ok(false));
            prop_assert!(room == 0 || fits(room) == Ok(true));
        }
    }
}
