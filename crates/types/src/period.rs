//! Lengths of time that rules name, and the moments they lead to.
//!
//! A rule says "100 blocks" on a development network and "21 days" on a public one. A [`Period`]
//! holds both, and is over when both are: so a time stays what it says however fast blocks come.

use crate::{Height, Timestamp, struct_codec};
use serde::{Deserialize, Serialize};

/// A number of blocks and a time, both of which must pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// Blocks, 0 to 10^9.
    pub blocks: u64,
    /// Milliseconds of block time, 0 to 10^12 (about 31 years).
    pub ms: u64,
}

/// When a [`Period`] is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// Not before this height.
    pub height: Height,
    /// Not before this block time.
    pub time: Timestamp,
}

struct_codec!(Period { blocks, ms });
struct_codec!(Due { height, time });

impl Period {
    /// Most blocks of a legal period.
    pub const MAX_BLOCKS: u64 = 1_000_000_000;
    /// Most milliseconds of a legal period.
    pub const MAX_MS: u64 = 1_000_000_000_000;
    /// A minute, in milliseconds.
    pub const MINUTE_MS: u64 = 60_000;
    /// An hour, in milliseconds.
    pub const HOUR_MS: u64 = 60 * Self::MINUTE_MS;
    /// A day, in milliseconds.
    pub const DAY_MS: u64 = 24 * Self::HOUR_MS;

    /// So many blocks.
    pub const fn blocks(blocks: u64) -> Self {
        Self { blocks, ms: 0 }
    }

    /// So much block time, in milliseconds.
    pub const fn ms(ms: u64) -> Self {
        Self { blocks: 0, ms }
    }

    /// When the period is over that begins with the block of this height and time. Saturates.
    pub const fn from(self, height: Height, time: Timestamp) -> Due {
        Due {
            height: Height::new(height.get().saturating_add(self.blocks)),
            time: Timestamp::new(time.get().saturating_add(self.ms)),
        }
    }
}

impl Due {
    /// Whether a block of this height and time is late enough.
    pub const fn is_reached(self, height: Height, time: Timestamp) -> bool {
        height.get() >= self.height.get() && time.get() >= self.time.get()
    }

    /// The later of two, in both respects.
    pub fn max(self, other: Self) -> Self {
        Self { height: self.height.max(other.height), time: self.time.max(other.time) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_over_when_its_blocks_and_its_time_have_passed() {
        let due = Period { blocks: 10, ms: 500 }.from(Height::new(5), Timestamp::new(1_000));
        assert!(!due.is_reached(Height::new(14), Timestamp::new(9_999)));
        assert!(!due.is_reached(Height::new(99), Timestamp::new(1_499)));
        assert!(due.is_reached(Height::new(15), Timestamp::new(1_500)));
    }

    #[test]
    fn a_period_beyond_the_end_of_time_is_the_end_of_time() {
        let due = Period { blocks: 1, ms: 1 }.from(Height::new(u64::MAX), Timestamp::new(u64::MAX));
        assert_eq!(due.height.get(), u64::MAX);
        assert_eq!(due.time.get(), u64::MAX);
    }
}
