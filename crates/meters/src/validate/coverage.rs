//! Which time is covered, as ranges that neither touch nor overlap.

use std::collections::BTreeMap;

/// The most ranges of a channel: bounds the memory of a file full of gaps.
const MAX_RANGES: usize = 50_000;

/// Covered time: begin to end.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    ranges: BTreeMap<u64, u64>,
}

/// What was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placed {
    /// Nothing.
    Free,
    /// Everything.
    Covered,
    /// A part.
    Partly,
}

impl Coverage {
    /// Covers a span. When there would be too many ranges, the earliest gap is closed and given: later
    /// intervals in it count as repeated.
    pub(super) fn add(&mut self, start: u64, end: u64) -> (Placed, Option<(u64, u64)>) {
        let (mut from, mut to, mut covered) = (start, end, 0);
        // Ranges that overlap or touch, from the last that begins before the end.
        while let Some((&left, &right)) = self.ranges.range(..=to).next_back() {
            if right < from {
                break;
            }
            covered += right.min(end).saturating_sub(left.max(start));
            (from, to) = (from.min(left), to.max(right));
            self.ranges.remove(&left);
        }
        self.ranges.insert(from, to);
        let placed = match covered {
            0 => Placed::Free,
            covered if covered >= end - start => Placed::Covered,
            _ => Placed::Partly,
        };
        (placed, self.close_earliest())
    }

    fn close_earliest(&mut self) -> Option<(u64, u64)> {
        if self.ranges.len() <= MAX_RANGES {
            return None;
        }
        let (first, gap_start) = self.ranges.pop_first()?;
        let (gap_end, end) = self.ranges.pop_first()?;
        self.ranges.insert(first, end);
        Some((gap_start, gap_end))
    }

    /// Covered ranges in order.
    pub(super) fn ranges(self) -> impl Iterator<Item = (u64, u64)> {
        self.ranges.into_iter()
    }

    /// What is not covered between the first and the last, in order.
    pub(super) fn gaps(self) -> impl Iterator<Item = (u64, u64)> {
        let mut last = None;
        self.ranges.into_iter().filter_map(move |(start, end)| {
            let before = last.replace(end);
            before.map(|before| (before, start))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Span = (u64, u64);

    fn cover(spans: &[Span]) -> (Vec<Placed>, Vec<Span>) {
        let mut coverage = Coverage::default();
        let placed = spans.iter().map(|(start, end)| coverage.add(*start, *end).0).collect();
        (placed, coverage.ranges().collect())
    }

    #[test]
    fn spans_are_merged_in_any_order() {
        use Placed::{Covered, Free, Partly};
        let cases: &[(&[Span], &[Placed], &[Span])] = &[
            (&[(0, 5), (5, 10), (20, 30)], &[Free, Free, Free], &[(0, 10), (20, 30)]),
            (&[(20, 30), (0, 5), (5, 10)], &[Free, Free, Free], &[(0, 10), (20, 30)]),
            (&[(0, 10), (3, 6), (0, 10)], &[Free, Covered, Covered], &[(0, 10)]),
            (&[(0, 10), (5, 15)], &[Free, Partly], &[(0, 15)]),
            (&[(0, 1), (2, 3), (4, 5), (0, 5)], &[Free, Free, Free, Partly], &[(0, 5)]),
            (&[(5, 10), (0, 20)], &[Free, Partly], &[(0, 20)]),
        ];
        for (spans, placed, ranges) in cases {
            assert_eq!(cover(spans), (placed.to_vec(), ranges.to_vec()), "{spans:?}");
        }
    }

    #[test]
    fn ranges_are_bounded_and_every_gap_is_told_once() {
        let mut coverage = Coverage::default();
        let many = MAX_RANGES as u64 + 10;
        let mut gaps: Vec<(u64, u64)> =
            (0..many).filter_map(|n| coverage.add(n * 10, n * 10 + 1).1).collect();
        assert_eq!(gaps.len(), 10);
        gaps.extend(coverage.gaps());
        let want: Vec<(u64, u64)> = (0..many - 1).map(|n| (n * 10 + 1, n * 10 + 10)).collect();
        assert_eq!(gaps, want);
    }
}
