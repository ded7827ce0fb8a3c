//! Counters and positions: height, epoch, view, nonce, gas, time.
//!
//! Each is a newtype over `u64` without `From<u64>`, so that a height cannot be passed for an
//! epoch. Arithmetic is checked: `next()` and the `checked_*` functions return `None` on overflow.

use crate::codec::varint_codec;
use core::fmt;
use serde::{Deserialize, Serialize};

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// The value 0.
            pub const ZERO: Self = Self(0);

            /// Wraps a plain integer.
            pub const fn new(value: u64) -> Self {
                Self(value)
            }

            /// The plain integer.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// One more, or `None` at `u64::MAX`.
            pub const fn next(self) -> Option<Self> {
                self.checked_add(1)
            }

            /// One less, or `None` at 0.
            pub const fn previous(self) -> Option<Self> {
                match self.0.checked_sub(1) {
                    Some(value) => Some(Self(value)),
                    None => None,
                }
            }

            /// `self + delta`, or `None` on overflow.
            pub const fn checked_add(self, delta: u64) -> Option<Self> {
                match self.0.checked_add(delta) {
                    Some(value) => Some(Self(value)),
                    None => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        varint_codec!($name);
    };
}

unit! {
    /// Position of a block in the chain; the genesis block has height 0.
    Height
}
unit! {
    /// A run of consecutive blocks with one validator set; epoch `e` holds heights
    /// `e * epoch_length ..= (e + 1) * epoch_length - 1`.
    Epoch
}
unit! {
    /// A round of consensus inside an epoch. Several views may pass for one height.
    View
}
unit! {
    /// Number of transactions an account has had included; the next transaction carries this value.
    Nonce
}
unit! {
    /// Units of execution work.
    Gas
}
unit! {
    /// Milliseconds since the Unix epoch, as agreed by consensus in a block header.
    Timestamp
}

impl Height {
    /// The epoch that this height belongs to, for a chain with `epoch_length` blocks an epoch.
    /// `epoch_length` is at least 2 (checked by genesis).
    pub const fn epoch(self, epoch_length: u64) -> Epoch {
        Epoch(self.0 / epoch_length)
    }

    /// Whether this is the last block of its epoch.
    pub const fn is_epoch_end(self, epoch_length: u64) -> bool {
        self.0 % epoch_length == epoch_length - 1
    }
}
