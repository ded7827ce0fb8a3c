//! A running median in integers: robust, so a spike does not hide the next one.

use std::collections::VecDeque;

/// How many intervals before count.
const WINDOW: usize = 31;

/// How many are needed before anything is judged.
const LEAST: usize = 15;

/// The powers of the last intervals of a channel, in milliwatts.
#[derive(Debug, Default)]
pub(super) struct Window {
    recent: VecDeque<u128>,
    sorted: Vec<u128>,
}

impl Window {
    /// Whether `power` is above the median of the intervals before by more than `factor` times the
    /// median deviation (at least `floor`). It is then one of the intervals before.
    pub(super) fn is_spike(&mut self, power: u128, factor: u32, floor: u64) -> bool {
        let spike = self.recent.len() >= LEAST && {
            let median = self.sorted[self.sorted.len() / 2];
            let mut deviations: Vec<u128> =
                self.sorted.iter().map(|value| value.abs_diff(median)).collect();
            let middle = deviations.len() / 2;
            let (_, deviation, _) = deviations.select_nth_unstable(middle);
            let limit = (*deviation).max(floor.into()).saturating_mul(factor.into());
            power > median.saturating_add(limit)
        };
        if self.recent.len() == WINDOW
            && let Some(oldest) = self.recent.pop_front()
            && let Ok(at) = self.sorted.binary_search(&oldest)
        {
            self.sorted.remove(at);
        }
        self.recent.push_back(power);
        let at = self.sorted.partition_point(|value| *value < power);
        self.sorted.insert(at, power);
        spike
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spike_stands_out_and_does_not_hide_the_next() {
        let mut window = Window::default();
        for n in 0..40_u128 {
            assert!(!window.is_spike(1_000 + n % 7, 10, 5));
        }
        assert!(window.is_spike(2_000, 10, 5));
        assert!(window.is_spike(2_000, 10, 5));
        assert!(!window.is_spike(1_003 + 50, 10, 5), "ten times the floor is still usual");
    }

    #[test]
    fn nothing_is_judged_without_a_past() {
        let mut window = Window::default();
        for _ in 0..LEAST {
            assert!(!window.is_spike(0, 1, 0));
        }
        assert!(window.is_spike(1, 1, 0));
    }

    #[test]
    fn the_window_forgets() {
        let mut window = Window::default();
        for power in (0..1_000_u128).map(|n| n * 1_000) {
            window.is_spike(power, 10, 1);
        }
        assert_eq!((window.recent.len(), window.sorted.len()), (WINDOW, WINDOW));
        assert_eq!(window.sorted[0], 969_000);
    }
}
