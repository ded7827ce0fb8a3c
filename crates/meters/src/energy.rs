//! Exact energies. Texts become femtojoules without a float; femtojoules become milliwatt-hours and
//! a rest that is carried.

use crate::{
    Cause,
    fault::shown,
    record::{Interval, Register},
};
use serde::{Deserialize, Serialize};

/// One milliwatt-hour in femtojoules: 3.6 J.
pub const FEMTOJOULES_PER_MILLIWATT_HOUR: u128 = 3_600_000_000_000_000;

/// The most that one value may be: 10^15 Wh, in femtojoules.
pub const MAX_FEMTOJOULES: u128 = FEMTOJOULES_PER_MILLIWATT_HOUR * 1_000 * 1_000_000_000_000_000;

/// The most digits of a number, leading zeros included.
const MAX_DIGITS: usize = 36;

/// A unit in which energy is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EnergyUnit {
    /// Watt-hours.
    Wh,
    /// Kilowatt-hours.
    #[serde(rename = "kWh")]
    KiloWh,
    /// Megawatt-hours.
    #[serde(rename = "MWh")]
    MegaWh,
    /// Joules.
    J,
    /// Kilojoules.
    #[serde(rename = "kJ")]
    KiloJ,
    /// Megajoules.
    #[serde(rename = "MJ")]
    MegaJ,
    /// Average power in watts; times the length of the interval it is energy.
    W,
    /// Average power in kilowatts.
    #[serde(rename = "kW")]
    KiloW,
    /// Average power in megawatts.
    #[serde(rename = "MW")]
    MegaW,
}

impl EnergyUnit {
    /// Reads `Wh`, `kWh`, `MWh` in any case, other than `mWh`, which could mean milliwatt-hours.
    pub fn parse_watt_hours(text: &str) -> Option<Self> {
        if text == "mWh" {
            return None;
        }
        match text.to_ascii_lowercase().as_str() {
            "wh" => Some(Self::Wh),
            "kwh" => Some(Self::KiloWh),
            "mwh" => Some(Self::MegaWh),
            _ => None,
        }
    }

    /// Its usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wh => "Wh",
            Self::KiloWh => "kWh",
            Self::MegaWh => "MWh",
            Self::J => "J",
            Self::KiloJ => "kJ",
            Self::MegaJ => "MJ",
            Self::W => "W",
            Self::KiloW => "kW",
            Self::MegaW => "MW",
        }
    }

    /// Whether it is power, so that energy depends on the length of the interval.
    pub fn is_power(self) -> bool {
        matches!(self, Self::W | Self::KiloW | Self::MegaW)
    }

    /// Femtojoules of one unit over an interval of `seconds`.
    fn femtojoules(self, seconds: u32) -> u128 {
        const JOULE: u128 = 1_000_000_000_000_000;
        let seconds = u128::from(seconds);
        match self {
            Self::Wh => JOULE * 3_600,
            Self::KiloWh => JOULE * 3_600_000,
            Self::MegaWh => JOULE * 3_600_000_000,
            Self::J => JOULE,
            Self::KiloJ => JOULE * 1_000,
            Self::MegaJ => JOULE * 1_000_000,
            Self::W => JOULE * seconds,
            Self::KiloW => JOULE * 1_000 * seconds,
            Self::MegaW => JOULE * 1_000_000 * seconds,
        }
    }
}

/// A decimal number as written: `mantissa / 10^scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    /// `value * 10^power`, as Green Button and SunSpec write numbers. `None` on overflow.
    pub fn scaled(value: i64, power: i32) -> Option<Self> {
        let mantissa = i128::from(value);
        let size = power.unsigned_abs();
        if power < 0 {
            return (size <= 36).then(|| Self { mantissa, scale: size }.reduced());
        }
        let mantissa = mantissa.checked_mul(10_i128.checked_pow(size)?)?;
        Some(Self { mantissa, scale: 0 })
    }

    /// Reads digits with an optional sign and an optional `point`, such as `-12.5` or `.005`.
    /// Neither exponents nor separators of thousands.
    pub fn parse(text: &str, point: u8) -> Option<Self> {
        let bytes = text.as_bytes();
        let (negative, digits) = match bytes.first()? {
            b'-' => (true, &bytes[1..]),
            b'+' => (false, &bytes[1..]),
            _ => (false, bytes),
        };
        let mut mantissa: i128 = 0;
        let mut scale = None;
        let mut count = 0;
        for &byte in digits {
            if byte == point && scale.is_none() {
                scale = Some(0_u32);
                continue;
            }
            if !byte.is_ascii_digit() || count == MAX_DIGITS {
                return None;
            }
            count += 1;
            mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
            scale = scale.map(|scale| scale + 1);
        }
        // `5.` and `.` are slips of a pen.
        if count == 0 || digits.last() == Some(&point) {
            return None;
        }
        let mantissa = if negative { -mantissa } else { mantissa };
        Some(Self { mantissa, scale: scale.unwrap_or(0) }.reduced())
    }

    /// Without zeros at the end of its decimals.
    fn reduced(mut self) -> Self {
        while self.scale > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }

    /// The energy in femtojoules, exactly; negative if the number is. `seconds` counts only for
    /// units of power.
    ///
    /// # Errors
    /// `too_many_decimals` when it is not a whole number of femtojoules (17 decimals of Wh, 20 of
    /// kWh, 15 of W always are), `energy_too_large` above 10^15 Wh.
    pub fn femtojoules(self, unit: EnergyUnit, seconds: u32) -> Result<i128, Cause> {
        let text = || self.to_text();
        let unit = unit.femtojoules(seconds);
        let divisor =
            10_u128.checked_pow(self.scale).filter(|divisor| unit.is_multiple_of(*divisor));
        let divisor = divisor.ok_or_else(|| Cause::TooManyDecimals { text: text() })?;
        let size = self.mantissa.unsigned_abs().checked_mul(unit / divisor);
        let size = size.filter(|size| *size <= MAX_FEMTOJOULES);
        let size = size.and_then(|size| i128::try_from(size).ok());
        let size = size.ok_or_else(|| Cause::EnergyTooLarge { text: text() })?;
        Ok(if self.mantissa < 0 { -size } else { size })
    }

    /// The number as text, for messages.
    fn to_text(self) -> String {
        let digits = self.mantissa.unsigned_abs().to_string();
        let scale = self.scale as usize;
        let sign = if self.mantissa < 0 { "-" } else { "" };
        if scale == 0 {
            return shown(&format!("{sign}{digits}"));
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, decimals) = padded.split_at(padded.len() - scale);
        shown(&format!("{sign}{whole}.{decimals}"))
    }
}

/// Reads energy that must not be negative, in femtojoules.
///
/// # Errors
/// `not_a_number`, `too_many_decimals`, `energy_too_large`, `negative_energy`.
pub(crate) fn unsigned(
    field: &'static str,
    text: &str,
    unit: EnergyUnit,
    seconds: u32,
) -> Result<u128, Cause> {
    let number = Decimal::parse(text, b'.')
        .ok_or_else(|| Cause::NotANumber { field, text: shown(text) })?
        .femtojoules(unit, seconds)?;
    u128::try_from(number).map_err(|_| Cause::NegativeEnergy { text: shown(text) })
}

/// Milliwatt-hours of a counter, rounded down. A counter has no rest: it is absolute.
pub(crate) fn counter_milliwatt_hours(femtojoules: u128) -> u64 {
    u64::try_from(femtojoules / FEMTOJOULES_PER_MILLIWATT_HOUR).unwrap_or(u64::MAX)
}

/// The rest below one milliwatt-hour of a channel.
///
/// Each interval is given as the difference of two floors: what the channel has counted up to its
/// end, rounded down, less what it had counted up to its begin, rounded down. So the sum of the
/// intervals of a channel is always the exact sum of the source, rounded down once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carry {
    femtojoules: u128,
}

impl Carry {
    /// Takes an exact energy of at most [`MAX_FEMTOJOULES`] and gives whole milliwatt-hours.
    pub fn round(&mut self, femtojoules: u128) -> u64 {
        let total = self.femtojoules.saturating_add(femtojoules);
        self.femtojoules = total % FEMTOJOULES_PER_MILLIWATT_HOUR;
        counter_milliwatt_hours(total)
    }

    /// What is left, in femtojoules; less than one milliwatt-hour.
    pub fn femtojoules(&self) -> u128 {
        self.femtojoules
    }
}

/// A cumulative counter in watt-hours that is fed with intervals, exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cumulative {
    milliwatt_hours: u64,
}

impl Cumulative {
    /// A counter that begins at what a register shows.
    pub fn from_register(register: &Register) -> Self {
        Self { milliwatt_hours: register.milliwatt_hours }
    }

    /// Adds an interval. `None`, and no change, when 2^64 milliwatt-hours are passed.
    pub fn add(&mut self, interval: &Interval) -> Option<()> {
        self.milliwatt_hours = self.milliwatt_hours.checked_add(interval.milliwatt_hours)?;
        Some(())
    }

    /// What it shows, in watt-hours, rounded down. It never goes back.
    pub fn watt_hours(&self) -> u64 {
        self.milliwatt_hours / 1_000
    }

    /// What it holds, in milliwatt-hours.
    pub fn milliwatt_hours(&self) -> u64 {
        self.milliwatt_hours
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn energy(text: &str, unit: EnergyUnit, seconds: u32) -> Result<i128, &'static str> {
        let number = Decimal::parse(text, b'.').ok_or("not_a_number")?;
        number.femtojoules(unit, seconds).map_err(|cause| cause.code())
    }

    const MWH: i128 = FEMTOJOULES_PER_MILLIWATT_HOUR as i128;

    #[test]
    fn decimals_are_exact_in_every_unit() {
        assert_eq!(energy("1.111", EnergyUnit::KiloWh, 0), Ok(1_111_000 * MWH));
        assert_eq!(energy(".005", EnergyUnit::KiloWh, 0), Ok(5_000 * MWH));
        assert_eq!(energy("-0.5", EnergyUnit::Wh, 0), Ok(-500 * MWH));
        assert_eq!(energy("0.0000001", EnergyUnit::MegaWh, 0), Ok(100 * MWH));
        assert_eq!(energy("3.6", EnergyUnit::J, 0), Ok(MWH));
        assert_eq!(energy("1.2", EnergyUnit::KiloW, 60), Ok(20_000 * MWH));
        assert_eq!(energy("007654.900", EnergyUnit::KiloWh, 0), Ok(7_654_900_000 * MWH));
    }

    #[test]
    fn what_is_not_a_plain_decimal_is_refused() {
        for text in ["", "-", ".", "5.", "1e3", "1,5", "1.2.3", "NaN", " 1", "٣", "--1", "0x1"] {
            assert_eq!(energy(text, EnergyUnit::Wh, 0), Err("not_a_number"), "{text:?}");
        }
        let long = "1".repeat(MAX_DIGITS + 1);
        assert_eq!(energy(&long, EnergyUnit::Wh, 0), Err("not_a_number"));
    }

    #[test]
    fn what_cannot_be_kept_exactly_is_refused() {
        assert_eq!(energy("0.00000000000000001", EnergyUnit::Wh, 0), Ok(36));
        assert_eq!(energy("0.000000000000000001", EnergyUnit::Wh, 0), Err("too_many_decimals"));
        assert_eq!(energy("0.00000000000000000100", EnergyUnit::Wh, 0), Err("too_many_decimals"));
        assert_eq!(energy("1000000000000000", EnergyUnit::Wh, 0), Ok(MAX_FEMTOJOULES as i128));
        assert_eq!(energy("1000000000000000.1", EnergyUnit::Wh, 0), Err("energy_too_large"));
        assert_eq!(energy(&"9".repeat(36), EnergyUnit::MegaWh, 0), Err("energy_too_large"));
    }

    #[test]
    fn powers_of_ten_scale_both_ways() {
        let value =
            |value, power| Decimal::scaled(value, power).map(|d| d.femtojoules(EnergyUnit::Wh, 0));
        assert_eq!(value(282, 0), Some(Ok(282_000 * MWH)));
        assert_eq!(value(282, -3), Some(Ok(282 * MWH)));
        assert_eq!(value(-5, 2), Some(Ok(-500_000 * MWH)));
        assert_eq!(value(1, -12), Some(Ok(3_600_000)));
        assert_eq!(value(i64::MAX, 30), None);
        assert_eq!(value(1, -37), None);
    }

    #[test]
    fn the_rest_is_carried_so_that_sums_are_exact() {
        let third = FEMTOJOULES_PER_MILLIWATT_HOUR / 3;
        let mut carry = Carry::default();
        let given: Vec<u64> = (0..6).map(|_| carry.round(third + 1)).collect();
        assert_eq!(given, [0, 0, 1, 0, 0, 1]);
        assert_eq!(carry.femtojoules(), 6);
        assert_eq!(carry.round(MAX_FEMTOJOULES), 1_000_000_000_000_000_000);
    }

    #[test]
    fn a_counter_never_passes_its_range_and_shows_whole_watt_hours() {
        let interval = |milliwatt_hours| Interval {
            start: 0,
            seconds: 1,
            milliwatt_hours,
            quality: crate::Quality::Actual,
            direction: crate::Direction::Import,
        };
        let mut counter = Cumulative::default();
        assert_eq!(counter.add(&interval(999)), Some(()));
        assert_eq!(counter.watt_hours(), 0);
        assert_eq!(counter.add(&interval(1)), Some(()));
        assert_eq!(counter.watt_hours(), 1);
        assert_eq!(counter.add(&interval(u64::MAX)), None);
        assert_eq!(counter.milliwatt_hours(), 1_000);
    }

    #[test]
    fn messages_show_the_number() {
        assert_eq!(Decimal { mantissa: -5, scale: 3 }.to_text(), "-0.005");
        assert_eq!(Decimal { mantissa: 1250, scale: 2 }.to_text(), "12.50");
        assert_eq!(Decimal { mantissa: 7, scale: 0 }.to_text(), "7");
    }

    #[test]
    fn units_are_read_in_any_case_except_the_ambiguous_one() {
        assert_eq!(EnergyUnit::parse_watt_hours("KWH"), Some(EnergyUnit::KiloWh));
        assert_eq!(EnergyUnit::parse_watt_hours("MWh"), Some(EnergyUnit::MegaWh));
        assert_eq!(EnergyUnit::parse_watt_hours("mWh"), None);
        assert_eq!(EnergyUnit::parse_watt_hours("kVArh"), None);
    }
}
