//! The score of consensus: which part of its turns a validator used.

use super::{EpochScore, Performance, types::MAX_WINDOW};
use althing_types::{Epoch, Height, Ppm, event::SlashReason, params::SlashingParams};

/// Why a slash for missed turns is one.
pub(super) const REASON: SlashReason = SlashReason::Downtime;

/// Most members that may fail before it is a fault of the network: those that consensus of `n`
/// tolerates.
pub(super) const fn tolerated(n: usize) -> usize {
    n.saturating_sub(1) / 3
}

/// The part of its turns that a validator used over several epochs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WindowScore {
    pub(super) made: u64,
    pub(super) due: u64,
    /// The first epoch that counts.
    pub(super) from: Epoch,
}

impl WindowScore {
    /// Whether it is too low: enough turns were due, and less than `min_score` of them used.
    pub(super) fn fails(&self, params: &SlashingParams) -> bool {
        self.due >= params.min_due && self.part().is_some_and(|part| part < params.min_score)
    }

    /// The part that was used, rounded down; `None` if no turn was due.
    fn part(&self) -> Option<Ppm> {
        let used = u128::from(self.made).saturating_mul(1_000_000);
        let part = used.checked_div(self.due.into())?;
        u32::try_from(part).ok().and_then(Ppm::new)
    }

    /// The height at which the first epoch that counts began.
    pub(super) fn since(&self, epoch_length: u64) -> Height {
        Height::new(self.from.get().saturating_mul(epoch_length).max(1))
    }
}

/// The consensus score of a validator while `epoch` runs: the part of its turns that it used over
/// the last `window` epochs, this one included, rounded down. Turns that were the network's fault and
/// turns that it was jailed for do not count. `None` if no turn was due that counts.
///
/// `epoch` must be the epoch of the block that follows the state that holds the record, so that an
/// epoch that has just ended counts once; `window` is the parameter `slashing.score_window`.
pub fn score(record: &Performance, epoch: Epoch, window: u64) -> Option<Ppm> {
    over_window(record, epoch, window).part()
}

/// This epoch's score of a record; `None` if nothing was due that counts, or if it was jailed for it.
pub(super) fn present(record: &Performance, epoch: Epoch) -> Option<EpochScore> {
    let turns = record.turns(epoch);
    let (made, missed) = (turns.made, turns.blamed());
    let counts = record.judged_from <= epoch && (made > 0 || missed > 0);
    counts.then_some(EpochScore { epoch, made, missed })
}

/// The score over the window that ends with `epoch`.
pub(super) fn over_window(record: &Performance, epoch: Epoch, epochs: u64) -> WindowScore {
    let mut score = WindowScore { from: epoch, ..WindowScore::default() };
    let counted = record.window.iter().copied().filter(|entry| recent(entry, epoch, epochs));
    for entry in counted.chain(present(record, epoch)) {
        let due = u64::from(entry.made).saturating_add(entry.missed.into());
        score.made = score.made.saturating_add(entry.made.into());
        score.due = score.due.saturating_add(due);
        score.from = score.from.min(entry.epoch);
    }
    score
}

/// Moves this epoch into the window, and what is too old out of it. Returns whether that changed
/// the record.
pub(super) fn turn_window(record: &mut Performance, epoch: Epoch, epochs: u64) -> bool {
    let next = epoch.next().unwrap_or(epoch);
    let before = record.window.len();
    let entry = present(record, epoch);
    record.window.extend(entry);
    record.window.retain(|entry| recent(entry, next, epochs));
    let surplus = record.window.len().saturating_sub(MAX_WINDOW);
    record.window.drain(..surplus);
    entry.is_some() || record.window.len() != before
}

/// Whether an entry is of the last `epochs` epochs, `epoch` included.
fn recent(entry: &EpochScore, epoch: Epoch, epochs: u64) -> bool {
    entry.epoch.get().saturating_add(epochs) > epoch.get()
}

#[cfg(test)]
mod tests {
    use super::{super::Turns, *};

    fn record(epoch: u64, made: u32, missed: u32, window: &[(u64, u32, u32)]) -> Performance {
        let window = window.iter().map(|(epoch, made, missed)| EpochScore {
            epoch: Epoch::new(*epoch),
            made: *made,
            missed: *missed,
        });
        let epoch = Epoch::new(epoch);
        Performance { epoch, made, missed, window: window.collect(), ..Performance::default() }
    }

    #[test]
    fn a_window_holds_the_last_epochs_and_the_present_one() {
        let record = record(9, 4, 1, &[(6, 1, 9), (7, 5, 0), (8, 0, 5)]);
        let score = over_window(&record, Epoch::new(9), 3);
        assert_eq!((score.made, score.due, score.from), (9, 15, Epoch::new(7)));
        let score = over_window(&record, Epoch::new(10), 3);
        assert_eq!((score.made, score.due, score.from), (0, 5, Epoch::new(8)));
    }

    #[test]
    fn the_window_turns_with_the_epoch() {
        let mut record = record(9, 4, 1, &[(7, 5, 0), (8, 0, 5)]);
        assert!(turn_window(&mut record, Epoch::new(9), 3));
        let epochs: Vec<u64> = record.window.iter().map(|entry| entry.epoch.get()).collect();
        assert_eq!(epochs, [8, 9]);
        assert!(turn_window(&mut record, Epoch::new(10), 1));
        assert!(record.window.is_empty());
    }

    #[test]
    fn misses_that_led_to_jail_do_not_count_again() {
        let mut record = record(9, 1, 20, &[]);
        record.judged_from = Epoch::new(10);
        assert_eq!(over_window(&record, Epoch::new(9), 3).due, 0);
        assert!(!turn_window(&mut record, Epoch::new(9), 3));
    }

    #[test]
    fn a_score_counts_neither_excused_misses_nor_those_of_a_jail_nor_an_earlier_epoch() {
        let mut record = record(9, 3, 5, &[(6, 0, 9), (7, 5, 0), (8, 0, 1)]);
        let shown = |record: &Performance, epoch| score(record, Epoch::new(epoch), 3);
        // 8 of 14, then 8 of 9 + 3.
        assert_eq!(shown(&record, 9), Ppm::new(571_428));
        record.excused = 2;
        assert_eq!(shown(&record, 9), Ppm::new(666_666));
        let turns = record.turns(Epoch::new(9));
        assert_eq!((turns.made, turns.missed, turns.excused, turns.blamed()), (3, 5, 2, 3));
        assert_eq!(shown(&record, 10), Some(Ppm::ZERO));
        assert_eq!(record.turns(Epoch::new(10)), Turns::default());
        record.window.clear();
        record.judged_from = Epoch::new(10);
        assert_eq!(shown(&record, 9), None);
        assert_eq!(shown(&Performance::default(), 9), None);
    }

    #[test]
    fn a_validator_whose_misses_were_all_excused_has_no_score() {
        let record = Performance { excused: 4, ..record(9, 0, 4, &[]) };
        assert_eq!(score(&record, Epoch::new(9), 3), None);
        assert!(!over_window(&record, Epoch::new(9), 3).fails(&SlashingParams::testnet()));
    }

    #[test]
    fn a_score_fails_below_the_least_and_only_with_enough_turns() {
        let params = SlashingParams::testnet();
        let score = |made, due| WindowScore { made, due, from: Epoch::ZERO }.fails(&params);
        assert!(score(7, 10) && !score(8, 10) && !score(0, 9));
        assert!(!score(3, 4) && score(74, 100) && !score(75, 100));
        assert!(
            !WindowScore { made: 0, due: 99, from: Epoch::ZERO }.fails(&SlashingParams::devnet())
        );
    }

    #[test]
    fn as_many_may_fail_as_consensus_tolerates() {
        let got = [1, 3, 4, 6, 7, 100].map(tolerated);
        assert_eq!(got, [0, 0, 1, 1, 2, 33]);
    }
}
