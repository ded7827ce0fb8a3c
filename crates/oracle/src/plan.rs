//! Cuts the next reading of a meter out of its intervals, as the ledger takes it.
//!
//! Every rule of the ledger that can be checked here is checked here, so that a refusal has a sentence with
//! the channel and the time and costs no fee.

use crate::series::{Span, wh_between};
use althing_types::{energy::capacity_wh, limits::MAX_READING_SLOTS};
use std::time::{Duration, UNIX_EPOCH};

/// Where a meter stands on the chain, readings that are on their way not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The sequence of its next reading.
    pub sequence: u64,
    /// What it has counted in all, in Wh.
    pub total_wh: u64,
    /// When its last interval ended, in unix seconds.
    pub last_end: u64,
    /// What it can measure at most, in W.
    pub max_w: u64,
}

/// What the ledger asks of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Length of a slot, in seconds; a reading touches at most 8.
    pub slot_s: u64,
    /// Oldest interval that is taken, in seconds; 0 for any.
    pub max_age_s: u64,
    /// Longest interval that is split, in seconds.
    pub split_longest_s: u32,
}

/// What comes next of an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The chain has all of it.
    Past,
    /// It is not over yet.
    Wait,
    /// A reading.
    Reading {
        /// When it begins, in unix seconds.
        start: u64,
        /// How long it is, in seconds.
        seconds: u32,
        /// What was counted, in Wh.
        wh: u64,
        /// What the meter has then counted in all, in Wh.
        total_wh: u64,
    },
    /// The ledger would not take it.
    Refuse {
        /// A stable name: that of the ledger's rule, where there is one.
        code: &'static str,
        /// Why, and what to do.
        words: String,
    },
}

/// A time as people read it, in UTC.
pub fn time(unix_s: u64) -> String {
    match UNIX_EPOCH.checked_add(Duration::from_secs(unix_s)) {
        Some(at) if unix_s < 253_402_300_800 => humantime::format_rfc3339_seconds(at).to_string(),
        _ => format!("{unix_s} s"),
    }
}

/// How many slots a time touches.
fn slots(start: u64, end: u64, slot_s: u64) -> u64 {
    let slot_s = slot_s.max(1);
    end.saturating_sub(1) / slot_s - start / slot_s + 1
}

fn refuse(code: &'static str, words: String) -> Cut {
    Cut::Refuse { code, words }
}

/// The next reading of an interval, where a meter stands at `head` and it is `now_s`.
pub fn cut(span: &Span, head: &Head, rules: &Rules, now_s: u64) -> Cut {
    if span.end() <= head.last_end {
        return Cut::Past;
    }
    let most = u64::try_from(MAX_READING_SLOTS).unwrap_or(u64::MAX);
    let split = slots(span.start, span.end(), rules.slot_s) > most;
    if split && span.seconds > rules.split_longest_s {
        let (seconds, longest) = (span.seconds, rules.split_longest_s);
        return refuse(
            "interval_too_long",
            format!(
                "{seconds} seconds are longer than limits.split_longest_s, {longest}: raise that, or \
                 use a source with shorter intervals"
            ),
        );
    }
    let start = span.start.max(head.last_end);
    if start > span.start && !split {
        let until = time(head.last_end);
        return refuse(
            "interval_overlap",
            format!("the chain has the meter's energy until {until}; correct the source"),
        );
    }
    let mut end = span.end();
    if split {
        let slot_s = rules.slot_s.max(1);
        end = end.min((start / slot_s).saturating_add(most).saturating_mul(slot_s));
    }
    reading(span, (start, end), head, (rules, now_s))
}

fn reading(
    span: &Span,
    (start, end): (u64, u64),
    head: &Head,
    (rules, now_s): (&Rules, u64),
) -> Cut {
    if end > now_s {
        return Cut::Wait;
    }
    let age = now_s - end;
    if rules.max_age_s > 0 && age > rules.max_age_s {
        return refuse(
            "reading_too_old",
            format!("it ended {age} seconds ago, and the chain takes {}", rules.max_age_s),
        );
    }
    let wh = wh_between(span.counted(start), span.counted(end));
    // Not longer than the span.
    let seconds = u32::try_from(end - start).unwrap_or(u32::MAX);
    let most = capacity_wh(head.max_w, seconds);
    if wh > most {
        return refuse(
            "capacity_exceeded",
            format!(
                "{wh} Wh in {seconds} seconds are more than the meter's {} W make, {most} Wh: correct the \
                 source, or register the real limit",
                head.max_w
            ),
        );
    }
    match head.total_wh.checked_add(wh) {
        Some(total_wh) => Cut::Reading { start, seconds, wh, total_wh },
        None => refuse("energy_overflow", "the count of the meter does not fit".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Head = Head { sequence: 0, total_wh: 100, last_end: 0, max_w: 10_000 };
    const RULES: Rules = Rules { slot_s: 900, max_age_s: 0, split_longest_s: 86_400 };

    fn span(start: u64, seconds: u32, energy: u64) -> Span {
        Span { start, seconds, before: 500, energy }
    }

    /// All readings of an interval.
    fn all(span: &Span, mut head: Head) -> Vec<(u64, u32, u64)> {
        let mut found = Vec::new();
        while let Cut::Reading { start, seconds, wh, total_wh } = cut(span, &head, &RULES, 1 << 40)
        {
            head.last_end = start + u64::from(seconds);
            head.total_wh = total_wh;
            found.push((start, seconds, wh));
        }
        assert_eq!(cut(span, &head, &RULES, 1 << 40), Cut::Past);
        found
    }

    fn code(span: &Span, head: Head, rules: Rules, now_s: u64) -> &'static str {
        match cut(span, &head, &rules, now_s) {
            Cut::Refuse { code, .. } => code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_interval_of_up_to_8_slots_is_one_reading() {
        assert_eq!(all(&span(900, 1_800, 1_500), HEAD), [(900, 1_800, 2)]);
        assert_eq!(all(&span(900, 7_200, 1_499), HEAD), [(900, 7_200, 1)]);
    }

    #[test]
    fn a_longer_one_is_split_at_slots_and_sums_to_the_same() {
        let parts = all(&span(1_000, 20_000, 7_777_777), HEAD);
        assert_eq!(parts.iter().map(|part| part.0).collect::<Vec<_>>(), [1_000, 8_100, 15_300]);
        assert_eq!(parts.iter().map(|part| part.2).sum::<u64>(), 7_778);
        assert!(parts.windows(2).all(|pair| pair[0].0 + u64::from(pair[0].1) == pair[1].0));
        let resumed = all(&span(1_000, 20_000, 7_777_777), Head { last_end: 8_100, ..HEAD });
        assert_eq!(resumed, parts[1..]);
    }

    #[test]
    fn what_the_ledger_would_refuse_is_refused_here() {
        let head = Head { last_end: 1_000, ..HEAD };
        assert_eq!(code(&span(900, 900, 0), head, RULES, 9_999), "interval_overlap");
        assert_eq!(code(&span(0, 90_000, 0), HEAD, RULES, 99_999), "interval_too_long");
        let aged = Rules { max_age_s: 100, ..RULES };
        assert_eq!(code(&span(0, 900, 0), HEAD, aged, 1_001), "reading_too_old");
        assert_eq!(code(&span(0, 900, 2_501_000), HEAD, RULES, 900), "capacity_exceeded");
        let full = Head { total_wh: u64::MAX, ..HEAD };
        assert_eq!(code(&span(0, 900, 500), full, RULES, 900), "energy_overflow");
    }

    #[test]
    fn what_is_not_over_waits_and_what_the_chain_has_is_past() {
        assert_eq!(cut(&span(0, 900, 5), &HEAD, &RULES, 899), Cut::Wait);
        assert!(matches!(cut(&span(0, 900, 5), &HEAD, &RULES, 900), Cut::Reading { .. }));
        let head = Head { last_end: 900, ..HEAD };
        assert_eq!(cut(&span(0, 900, 5), &head, &RULES, 900), Cut::Past);
    }

    #[test]
    fn times_are_written_for_people() {
        assert_eq!(time(1_704_067_200), "2024-01-01T00:00:00Z");
        assert_eq!(time(u64::MAX), format!("{} s", u64::MAX));
    }
}
