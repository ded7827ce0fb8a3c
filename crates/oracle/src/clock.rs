//! What time it is here. Tests have clocks that are wrong.

use std::time::{SystemTime, UNIX_EPOCH};

/// A clock.
pub trait Clock: Send + Sync {
    /// Seconds since 1970 (UTC).
    fn now_s(&self) -> u64;
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_s(&self) -> u64 {
        // A clock that stands before 1970 is as wrong as one that stands at 1970.
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}

/// How far a clock is from the time of a block, if that is more than readings may be off.
///
/// `skew_s` is the parameter `energy.clock_skew_s`. The sentence names the difference and what to do.
pub fn skewed(now_s: u64, block_s: u64, skew_s: u64) -> Option<String> {
    let off = now_s.abs_diff(block_s);
    if off <= skew_s {
        return None;
    }
    let side = if now_s > block_s { "ahead of" } else { "behind" };
    Some(format!(
        "the clock of this machine is {off} seconds {side} the last block, and readings may be off by \
         {skew_s}: they would fail with timestamp_skew, so none is sent. Set the clock; if it is right, \
         the node lags behind or the chain stands still"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_off_from_the_first_second_above_the_limit_on_either_side() {
        assert_eq!(skewed(1_300, 1_000, 300), None);
        assert_eq!(skewed(700, 1_000, 300), None);
        let ahead = skewed(1_301, 1_000, 300).expect("off");
        assert!(ahead.contains("301 seconds ahead of"), "{ahead}");
        let behind = skewed(699, 1_000, 300).expect("off");
        assert!(behind.contains("301 seconds behind"), "{behind}");
    }
}
