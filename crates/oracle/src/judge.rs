//! Compares readings with the own data of an oracle.

use crate::series::{Span, wh_between};

const PPM: u128 = 1_000_000;
const MILLI: u64 = 1_000;

/// What an oracle finds about a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The own data say the same.
    Agree,
    /// They say something else.
    Contradict,
    /// They say nothing.
    Abstain(Why),
}

/// Why an oracle says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has no source for the meter.
    NoMeter,
    /// Its source has gone past this time and lacks a part of it.
    NoData,
    /// Its source has not come to this time.
    NotYet,
    /// Its data have other borders, and what they leave open may be right.
    OtherBorders,
}

/// By how much a reading may differ from the own data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tolerance {
    /// In millionths of the own data.
    pub ppm: u64,
    /// And besides, in Wh.
    pub wh: u64,
}

impl Tolerance {
    /// The most Wh by which a reading may differ from `own`.
    fn of(self, own: u64) -> u64 {
        let part = u128::from(own) * u128::from(self.ppm) / PPM;
        u64::try_from(part).unwrap_or(u64::MAX).saturating_add(self.wh)
    }
}

/// What a reading says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// When it began, in unix seconds.
    pub start: u64,
    /// When it ended, in unix seconds.
    pub end: u64,
    /// What was counted, in Wh.
    pub wh: u64,
}

/// Judges a reading by the own intervals that share seconds with it, in the order of time.
/// `last_end` is where the own data end.
///
/// Where the borders of the reading are borders of own intervals, another number is wrong. Where they are
/// not, an own interval is shared by its seconds, as a provider with the same data does it; another number is
/// then wrong only if it is more than all the own intervals hold that the reading touches.
pub fn judge(claim: Claim, spans: &[Span], last_end: u64, tolerance: Tolerance) -> Verdict {
    if !covered(claim, spans) {
        let why = if last_end < claim.end { Why::NotYet } else { Why::NoData };
        return Verdict::Abstain(why);
    }
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
        return Verdict::Abstain(Why::NoData);
    };
    let own = wh_between(first.counted(claim.start), last.counted(claim.end));
    if claim.wh.abs_diff(own) <= tolerance.of(own) {
        return Verdict::Agree;
    }
    if first.start == claim.start && last.end() == claim.end {
        return Verdict::Contradict;
    }
    let whole = last.counted(last.end()).saturating_sub(first.before).div_ceil(MILLI);
    if claim.wh > whole.saturating_add(1).saturating_add(tolerance.of(whole)) {
        Verdict::Contradict
    } else {
        Verdict::Abstain(Why::OtherBorders)
    }
}

/// Whether the intervals cover every second.
fn covered(claim: Claim, spans: &[Span]) -> bool {
    let begins = spans.first().is_some_and(|first| first.start <= claim.start);
    let ends = spans.last().is_some_and(|last| last.end() >= claim.end);
    begins && ends && spans.windows(2).all(|pair| pair[0].end() == pair[1].start)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quarters of an hour from 0 on, with these milliwatt-hours.
    fn spans(energies: &[u64]) -> Vec<Span> {
        let mut before = 0;
        let span = |(n, energy): (usize, &u64)| {
            let span = Span { start: n as u64 * 900, seconds: 900, before, energy: *energy };
            before += energy;
            span
        };
        energies.iter().enumerate().map(span).collect()
    }

    fn said(start: u64, end: u64, wh: u64, own: &[Span]) -> Verdict {
        judge(Claim { start, end, wh }, own, 1_800, Tolerance::default())
    }

    #[test]
    fn the_same_seconds_must_have_the_same_wh() {
        let own = spans(&[250_600, 250_600]);
        assert_eq!(said(0, 900, 250, &own[..1]), Verdict::Agree);
        assert_eq!(said(900, 1_800, 251, &own[1..]), Verdict::Agree);
        assert_eq!(said(900, 1_800, 250, &own[1..]), Verdict::Contradict);
        assert_eq!(said(0, 1_800, 501, &own), Verdict::Agree);
        assert_eq!(said(0, 1_800, 502, &own), Verdict::Contradict);
    }

    #[test]
    fn without_data_nothing_is_said() {
        let own = spans(&[1_000, 1_000]);
        assert_eq!(said(1_800, 2_700, 1, &[]), Verdict::Abstain(Why::NotYet));
        assert_eq!(said(0, 900, 1, &[]), Verdict::Abstain(Why::NoData));
        assert_eq!(said(900, 2_700, 1, &own[1..]), Verdict::Abstain(Why::NotYet));
        let gap = [own[0], Span { start: 1_000, ..own[1] }];
        assert_eq!(said(0, 1_800, 2, &gap), Verdict::Abstain(Why::NoData));
    }

    #[test]
    fn parts_of_an_interval_are_shared_by_seconds_and_never_more_than_the_whole() {
        let own = spans(&[900_000]);
        assert_eq!(said(0, 450, 450, &own), Verdict::Agree);
        assert_eq!(said(0, 450, 500, &own), Verdict::Abstain(Why::OtherBorders));
        assert_eq!(said(450, 900, 901, &own), Verdict::Abstain(Why::OtherBorders));
        assert_eq!(said(450, 900, 902, &own), Verdict::Contradict);
    }

    #[test]
    fn a_tolerance_is_part_of_the_own_data_and_some_wh() {
        let own = spans(&[1_000_000]);
        let with = |wh, ppm, extra| {
            let tolerance = Tolerance { ppm, wh: extra };
            judge(Claim { start: 0, end: 900, wh }, &own, 900, tolerance)
        };
        assert_eq!(with(1_001, 999, 0), Verdict::Contradict);
        assert_eq!(with(1_001, 1_000, 0), Verdict::Agree);
        assert_eq!(with(999, 0, 1), Verdict::Agree);
        assert_eq!(with(997, 1_000, 1), Verdict::Contradict);
    }
}
