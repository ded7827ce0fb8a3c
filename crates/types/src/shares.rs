//! Parts of a validator's stake.

use crate::{
    Amount, AmountError,
    amount::{mul_div, mul_div_up},
    codec,
};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, Write};
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A number of equal parts of the stake of one validator. What a share is worth follows from the
/// stake and from how many there are: rewards raise it, slashes lower it, and nobody's record has
/// to be touched for that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shares(u128);

impl Shares {
    /// None.
    pub const ZERO: Self = Self(0);

    /// So many.
    pub const fn new(count: u128) -> Self {
        Self(count)
    }

    /// How many.
    pub const fn count(self) -> u128 {
        self.0
    }

    /// Whether there are none.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `self + other`.
    ///
    /// # Errors
    /// [`AmountError::Overflow`].
    pub fn checked_add(self, other: Self) -> Result<Self, AmountError> {
        self.0.checked_add(other.0).map(Self).ok_or(AmountError::Overflow)
    }

    /// `self - other`.
    ///
    /// # Errors
    /// [`AmountError::Underflow`] if `other` is larger.
    pub fn checked_sub(self, other: Self) -> Result<Self, AmountError> {
        self.0.checked_sub(other.0).map(Self).ok_or(AmountError::Underflow)
    }

    /// `self * numerator / denominator`, rounded down.
    ///
    /// # Errors
    /// [`AmountError::Overflow`] if the result does not fit or `denominator` is 0.
    pub fn mul_div(self, numerator: u128, denominator: u128) -> Result<Self, AmountError> {
        mul_div(self.0, numerator, denominator).map(Self)
    }

    /// What these shares are worth where `all` shares own `tokens`, rounded down. Nothing where
    /// there are no shares.
    ///
    /// # Errors
    /// [`AmountError::Overflow`] if the worth does not fit, which takes more shares than `all`.
    pub fn worth(self, tokens: Amount, all: Self) -> Result<Amount, AmountError> {
        if all.is_zero() { Ok(Amount::ZERO) } else { tokens.mul_div(self.0, all.0) }
    }

    /// The fewest shares that are worth at least `amount` where `all` shares own `tokens`.
    ///
    /// # Errors
    /// [`AmountError::Overflow`] if `tokens` is nothing or the number does not fit.
    pub fn for_amount(amount: Amount, tokens: Amount, all: Self) -> Result<Self, AmountError> {
        mul_div_up(amount.units(), all.0, tokens.units()).map(Self)
    }
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Serialize for Shares {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Shares {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| D::Error::custom("expected a string of digits"))
    }
}

impl Write for Shares {
    fn write(&self, buf: &mut impl BufMut) {
        codec::write_u128(self.0, buf);
    }
}

impl EncodeSize for Shares {
    fn encode_size(&self) -> usize {
        codec::size_u128(self.0)
    }
}

impl Read for Shares {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        codec::read_u128(buf).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_worth_their_part_and_rounding_favours_the_pool() {
        let (tokens, all) = (Amount::new(100), Shares::new(30));
        assert_eq!(Shares::new(7).worth(tokens, all), Ok(Amount::new(23)));
        assert_eq!(Shares::for_amount(Amount::new(23), tokens, all), Ok(Shares::new(7)));
        assert_eq!(Shares::for_amount(Amount::new(24), tokens, all), Ok(Shares::new(8)));
        assert_eq!(Shares::ZERO.worth(Amount::ZERO, Shares::ZERO), Ok(Amount::ZERO));
        assert!(Shares::for_amount(Amount::new(1), Amount::ZERO, all).is_err());
    }
}
