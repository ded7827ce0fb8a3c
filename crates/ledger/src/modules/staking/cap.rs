//! How much stake counts: nobody more than his part of the whole.

use althing_types::{Amount, ValidatorKey, params::StakingParams};

const ONE: u128 = 1_000_000;

/// What of each stake counts, in the order given. Once there are `power_cap_from` of them, none
/// counts for more than `power_cap` of the sum of what counts; where that is impossible, because
/// there are too few of them, all count as the least does.
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
    let capped = u64::try_from(count).is_ok_and(|count| count >= params.power_cap_from);
    if capped { all.share(params.power_cap) } else { all }
}

/// The most that one stake counts for; `None` if there is no cap.
///
/// With the `k` largest cut to the cap `c`, `c = p (k c + rest)`, so `c = p rest / (1 - k p)`.
/// The smallest `k` is looked for whose cap is not below the largest that is not cut.
fn cap(stakes: &[(ValidatorKey, Amount)], params: &StakingParams) -> Option<Amount> {
    let count = u64::try_from(stakes.len()).ok()?;
    if count == 0 || count < params.power_cap_from {
        return None;
    }
    let mut sorted: Vec<Amount> = stakes.iter().map(|(_, stake)| *stake).collect();
    sorted.sort_unstable();
    let part = u128::from(params.power_cap.get());
    if u128::from(count).saturating_mul(part) <= ONE {
        return sorted.first().copied();
    }
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
    use althing_types::Ppm;
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
    fn where_equal_parts_are_the_cap_all_count_as_the_least() {
        assert_eq!(counted(&[100, 7, 9, 8, 50], 200_000, 5), [7, 7, 7, 7, 7]);
        assert_eq!(counted(&[100, 7], 200_000, 2), [7, 7]);
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
            if stakes.len() as u128 * u128::from(cap) > ONE {
                let part = althing_types::amount::mul_div(sum, cap.into(), ONE).unwrap();
                prop_assert!(most <= part);
            } else {
                prop_assert_eq!(most, *stakes.iter().min().unwrap());
            }
        }
    }
}
