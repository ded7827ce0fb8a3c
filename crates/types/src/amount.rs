//! Money and ratios. Arithmetic that can overflow returns `Result`; nothing here rounds up.

use crate::codec;
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error, Read, Write};
use core::{fmt, str::FromStr};
use ruint::aliases::U256;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Decimals of the native token: 1 CPC = 10^18 base units.
pub const DECIMALS: u32 = 18;
/// Base units in one CPC.
pub const UNITS_PER_TOKEN: u128 = 10u128.pow(DECIMALS);

/// Why an amount could not be computed or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// The result does not fit 128 bits.
    #[error("the amount is too large")]
    Overflow,
    /// The result would be negative.
    #[error("the amount would be negative")]
    Underflow,
    /// The text is not a decimal number with at most 18 digits after the point.
    #[error("expected a decimal number such as 12.5, with at most 18 digits after the point")]
    Malformed,
}

/// An amount of the native token in base units (10^-18 CPC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u128);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount that can be represented.
    pub const MAX: Self = Self(u128::MAX);

    /// From base units.
    pub const fn new(units: u128) -> Self {
        Self(units)
    }

    /// From whole tokens.
    ///
    /// # Errors
    /// [`AmountError::Overflow`] above about 3.4 * 10^20 tokens.
    pub fn from_tokens(tokens: u64) -> Result<Self, AmountError> {
        UNITS_PER_TOKEN.checked_mul(u128::from(tokens)).map(Self).ok_or(AmountError::Overflow)
    }

    /// Base units.
    pub const fn units(self) -> u128 {
        self.0
    }

    /// Whether this is nothing.
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

    /// `self * numerator / denominator`, rounded down; the product may have 256 bits.
    ///
    /// # Errors
    /// [`AmountError::Overflow`] if the result does not fit 128 bits or `denominator` is 0.
    pub fn mul_div(self, numerator: u128, denominator: u128) -> Result<Self, AmountError> {
        mul_div(self.0, numerator, denominator).map(Self)
    }

    /// `self * numerator / denominator`, rounded up; the product may have 256 bits.
    ///
    /// # Errors
    /// [`AmountError::Overflow`] if the result does not fit 128 bits or `denominator` is 0.
    pub fn mul_div_up(self, numerator: u128, denominator: u128) -> Result<Self, AmountError> {
        mul_div_up(self.0, numerator, denominator).map(Self)
    }

    /// The share `ppm` of this amount, rounded down.
    pub fn share(self, ppm: Ppm) -> Self {
        let (whole, rest) = (self.0 / Ppm::ONE_U128, self.0 % Ppm::ONE_U128);
        let share = u128::from(ppm.get());
        // whole * share <= self and rest * share < 10^12, so neither product nor sum can overflow.
        Self(whole * share + rest * share / Ppm::ONE_U128)
    }

    /// Reads whole tokens with an optional fraction, for example `12.5`.
    ///
    /// # Errors
    /// [`AmountError::Malformed`] or [`AmountError::Overflow`].
    pub fn parse_tokens(text: &str) -> Result<Self, AmountError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() && fraction.is_empty() || !digits(whole) || !digits(fraction) {
            return Err(AmountError::Malformed);
        }
        if fraction.len() > DECIMALS as usize {
            return Err(AmountError::Malformed);
        }
        let number = |part: &str| match part {
            "" => Ok(0),
            part => part.parse::<u128>().map_err(|_| AmountError::Overflow),
        };
        let whole = number(whole)?.checked_mul(UNITS_PER_TOKEN).ok_or(AmountError::Overflow)?;
        let fraction = number(&format!("{fraction:0<18}"))?;
        whole.checked_add(fraction).map(Self).ok_or(AmountError::Overflow)
    }

    /// Whole tokens with the fraction that is needed, for example `12.5`.
    pub fn to_tokens(self) -> String {
        let (whole, fraction) = (self.0 / UNITS_PER_TOKEN, self.0 % UNITS_PER_TOKEN);
        if fraction == 0 {
            return whole.to_string();
        }
        let fraction = format!("{fraction:018}");
        format!("{whole}.{}", fraction.trim_end_matches('0'))
    }
}

/// `a * b / c`, rounded down; the product may have 256 bits.
///
/// # Errors
/// [`AmountError::Overflow`] if the result does not fit 128 bits or `c` is 0.
pub fn mul_div(a: u128, b: u128, c: u128) -> Result<u128, AmountError> {
    divide(a, b, c).map(|(quotient, _)| quotient)
}

/// `a * b / c`, rounded up; the product may have 256 bits.
///
/// # Errors
/// [`AmountError::Overflow`] if the result does not fit 128 bits or `c` is 0.
pub fn mul_div_up(a: u128, b: u128, c: u128) -> Result<u128, AmountError> {
    let (quotient, exact) = divide(a, b, c)?;
    if exact { Ok(quotient) } else { quotient.checked_add(1).ok_or(AmountError::Overflow) }
}

/// The quotient, and whether nothing is left over.
fn divide(a: u128, b: u128, c: u128) -> Result<(u128, bool), AmountError> {
    if c == 0 {
        return Err(AmountError::Overflow);
    }
    if let Some(product) = a.checked_mul(b) {
        return Ok((product / c, product % c == 0));
    }
    // The product of two 128-bit numbers fits 256 bits.
    let product = U256::from(a) * U256::from(b);
    let (quotient, rest) = product.div_rem(U256::from(c));
    let quotient = u128::try_from(quotient).map_err(|_| AmountError::Overflow)?;
    Ok((quotient, rest.is_zero()))
}

impl fmt::Display for Amount {
    /// Base units, without a symbol.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Amount {
    type Err = AmountError;
    /// Reads base units.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        text.parse().map(Self).map_err(|_| AmountError::Malformed)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(|_| D::Error::custom("expected a string of base units, such as \"1000\""))
    }
}

impl Write for Amount {
    fn write(&self, buf: &mut impl BufMut) {
        codec::write_u128(self.0, buf);
    }
}
impl EncodeSize for Amount {
    fn encode_size(&self) -> usize {
        codec::size_u128(self.0)
    }
}
impl Read for Amount {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        codec::read_u128(buf).map(Self)
    }
}

/// Price of one unit of gas, in base units.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct GasPrice(u64);

impl GasPrice {
    /// From base units a gas.
    pub const fn new(units: u64) -> Self {
        Self(units)
    }

    /// Base units a gas.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// What `gas` costs at this price. The product of two 64-bit numbers always fits.
    pub fn cost(self, gas: crate::Gas) -> Amount {
        Amount(u128::from(self.0) * u128::from(gas.get()))
    }
}

impl fmt::Display for GasPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

codec::varint_codec!(GasPrice);

/// A ratio in parts per million, from 0 to 1,000,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Ppm(u32);

impl Ppm {
    const ONE_U128: u128 = 1_000_000;
    /// The whole.
    pub const ONE: Self = Self(1_000_000);
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From parts per million; `None` above 1,000,000.
    pub const fn new(ppm: u32) -> Option<Self> {
        if ppm <= 1_000_000 { Some(Self(ppm)) } else { None }
    }

    /// Parts per million.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Ppm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ppm = u32::deserialize(deserializer)?;
        Self::new(ppm).ok_or_else(|| D::Error::custom("a ratio is at most 1000000 ppm"))
    }
}

impl Write for Ppm {
    fn write(&self, buf: &mut impl BufMut) {
        codec::write_u64(u64::from(self.0), buf);
    }
}
impl EncodeSize for Ppm {
    fn encode_size(&self) -> usize {
        codec::size_u64(u64::from(self.0))
    }
}
impl Read for Ppm {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        u32::try_from(codec::read_u64(buf)?)
            .ok()
            .and_then(Self::new)
            .ok_or(Error::Invalid("Ppm", "above 1000000"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_round_trip_through_text() {
        for (text, units) in [
            ("0", 0),
            ("1", UNITS_PER_TOKEN),
            ("12.5", 12 * UNITS_PER_TOKEN + UNITS_PER_TOKEN / 2),
            ("0.000000000000000001", 1),
        ] {
            let amount = Amount::parse_tokens(text).unwrap();
            assert_eq!(amount.units(), units, "{text}");
            assert_eq!(amount.to_tokens(), text);
        }
    }

    #[test]
    fn malformed_token_amounts_are_rejected() {
        for text in ["", ".", "-1", "1e3", "1.2.3", "0.0000000000000000001", " 1", "1 "] {
            assert_eq!(Amount::parse_tokens(text), Err(AmountError::Malformed), "{text:?}");
        }
        let huge = "9".repeat(40);
        assert_eq!(Amount::parse_tokens(&huge), Err(AmountError::Overflow));
    }

    #[test]
    fn shares_round_down_and_never_overflow() {
        let third = Ppm::new(333_333).unwrap();
        assert_eq!(Amount::new(10).share(third), Amount::new(3));
        assert_eq!(Amount::MAX.share(Ppm::ONE), Amount::MAX);
        assert!(Amount::MAX.share(third) < Amount::MAX);
    }

    #[test]
    fn a_product_of_256_bits_divides_exactly_and_rounds_as_asked() {
        let large = u128::MAX;
        assert_eq!(mul_div(large, large, large), Ok(large));
        assert_eq!(mul_div(large, 3, 4), Ok(large / 4 * 3 + 2));
        assert_eq!(mul_div_up(large, 3, 4), Ok(large / 4 * 3 + 3));
        assert_eq!(mul_div(large, 2, 1), Err(AmountError::Overflow));
        assert_eq!(mul_div(1, 1, 0), Err(AmountError::Overflow));
        assert_eq!(
            (mul_div(7, 1, 2), mul_div_up(7, 1, 2), mul_div_up(8, 1, 2)),
            (Ok(3), Ok(4), Ok(4))
        );
    }

    #[test]
    fn subtraction_below_zero_is_an_error() {
        assert_eq!(Amount::new(1).checked_sub(Amount::new(2)), Err(AmountError::Underflow));
        assert_eq!(Amount::MAX.checked_add(Amount::new(1)), Err(AmountError::Overflow));
    }
}
