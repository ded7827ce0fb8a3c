//! Energy, power, prices and times as people write and read them.

use crate::cli::output;
use althing_types::{Amount, Hash, Timestamp, energy::Zone, hash};
use std::time::{Duration, UNIX_EPOCH};

/// A whole number of the smallest unit, from a decimal number with a unit behind it. `units` are the
/// names with what they are worth, the smallest one first; without a name that one is meant.
fn scaled(text: &str, units: [(&str, u64); 3]) -> Option<u64> {
    let [(smallest, _), ..] = units;
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let name = text.get(digits.len()..)?;
    let name = if name.is_empty() { smallest } else { name };
    let (_, worth) = units.into_iter().find(|(unit, _)| unit.eq_ignore_ascii_case(name))?;
    let digits = digits.trim_end();
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) || digits.ends_with('.') {
        return None;
    }
    let mut value = whole.parse::<u64>().ok()?.checked_mul(worth)?;
    let mut place = worth;
    for digit in fraction.trim_end_matches('0').bytes() {
        // What is smaller than the unit is not lost in silence.
        if place % 10 != 0 {
            return None;
        }
        place /= 10;
        value = value.checked_add(u64::from(digit - b'0').checked_mul(place)?)?;
    }
    Some(value)
}

/// Wh: `250`, `250Wh`, `1.25kWh`, `3MWh`.
pub(crate) fn parse_energy(text: &str) -> Result<u64, String> {
    scaled(text, [("Wh", 1), ("kWh", 1_000), ("MWh", 1_000_000)])
        .ok_or_else(|| "expected whole Wh, for example 250, 250Wh or 1.25kWh".to_owned())
}

/// W: `5000`, `5kW`, `1.2MW`.
pub(crate) fn parse_power(text: &str) -> Result<u64, String> {
    scaled(text, [("W", 1), ("kW", 1_000), ("MW", 1_000_000)])
        .ok_or_else(|| "expected whole W, for example 5000, 5kW or 1.2MW".to_owned())
}

/// Seconds since 1970: `1795305600` or `2026-11-22T00:00:00Z`.
pub(crate) fn parse_time(text: &str) -> Result<u64, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    humantime::parse_rfc3339_weak(text)
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map(|time| time.as_secs())
        .ok_or_else(|| "expected 2026-11-22T12:00:00Z, in UTC, or seconds since 1970".to_owned())
}

/// The code of a zone.
pub(crate) fn parse_zone(text: &str) -> Result<Zone, String> {
    let zone: Option<Zone> = text.parse().ok();
    zone.filter(|zone| !zone.is_empty())
        .ok_or_else(|| "expected the code of a zone, 1 to 16 bytes, for example NEM-VIC".to_owned())
}

/// The id of a meter.
pub(crate) fn parse_meter(text: &str) -> Result<Hash, String> {
    hash::parse(text)
        .ok_or_else(|| "expected the id of a meter: 64 hexadecimal characters".to_owned())
}

/// `1234.567 kWh`: exact.
pub(super) fn energy(wh: u64) -> String {
    unit(wh, "kWh")
}

/// `5 kW`: exact.
pub(super) fn power(watts: u64) -> String {
    unit(watts, "kW")
}

fn unit(thousandths: u64, name: &str) -> String {
    let (whole, rest) = (thousandths / 1_000, thousandths % 1_000);
    let rest = format!("{rest:03}");
    match rest.trim_end_matches('0') {
        "" => format!("{whole} {name}"),
        rest => format!("{whole}.{rest} {name}"),
    }
}

/// `0.25 CPC/kWh`
pub(super) fn price(price: Amount, symbol: &str) -> String {
    format!("{}/kWh", output::tokens_of(price, symbol))
}

/// A time of a meter or a slot, in seconds since 1970.
pub(super) fn moment(seconds: u64) -> String {
    let time = UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    match time {
        // humantime formats years up to 9999.
        Some(time) if seconds < 253_402_300_800 => {
            humantime::format_rfc3339_seconds(time).to_string()
        }
        _ => format!("{seconds} s"),
    }
}

/// The time of a block.
pub(super) fn block_time(time: Timestamp) -> String {
    moment(time.get() / 1_000)
}

/// When the slot began that has this time in it.
pub(super) fn slot_of(time: u64, slot_s: u64) -> u64 {
    time.checked_rem(slot_s).map_or(time, |rest| time.saturating_sub(rest))
}

/// Places of readings: `0,2,5-9`, or `all` of so many.
///
/// # Errors
/// A sentence that says what is expected.
pub(super) fn places(text: &str, count: u32) -> Result<u64, String> {
    let fault = || {
        let last = count.saturating_sub(1);
        format!("{text:?}: expected places from 0 to {last}, for example 0,2,5-9, or all")
    };
    let whole = |place: &str| place.trim().parse::<u32>().ok().filter(|place| *place < count);
    let mut bits = 0u64;
    for part in text.split(',') {
        let (first, last) = match part.split_once('-') {
            _ if part.trim() == "all" => (0, count.checked_sub(1).ok_or_else(fault)?),
            Some((first, last)) => {
                (whole(first).ok_or_else(fault)?, whole(last).ok_or_else(fault)?)
            }
            None => {
                let place = whole(part).ok_or_else(fault)?;
                (place, place)
            }
        };
        if first > last {
            return Err(fault());
        }
        for place in first..=last {
            bits |= 1u64.checked_shl(place).ok_or_else(fault)?;
        }
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energy_and_power_are_read_to_the_unit_or_refused() {
        assert_eq!(parse_energy("250"), Ok(250));
        assert_eq!(parse_energy("250Wh"), Ok(250));
        assert_eq!(parse_energy("1.25kWh"), Ok(1_250));
        assert_eq!(parse_energy("1.250000 kwh"), Ok(1_250));
        assert_eq!(parse_energy("3MWh"), Ok(3_000_000));
        assert_eq!(parse_power("5.5kW"), Ok(5_500));
        for wrong in ["", "kWh", "-1", "1.0001kWh", "0.5", "1,5kWh", "1.kWh", "5kW", "9e9MWh"] {
            assert!(parse_energy(wrong).is_err(), "{wrong}");
        }
        assert!(parse_energy("99999999999999999999").is_err());
        assert!(parse_energy("18446744073709551615MWh").is_err());
        assert_eq!(
            (energy(1_250), energy(7), power(5_000)),
            ("1.25 kWh".to_owned(), "0.007 kWh".to_owned(), "5 kW".to_owned())
        );
    }

    #[test]
    fn times_are_utc_or_seconds() {
        assert_eq!(parse_time("900"), Ok(900));
        assert_eq!(parse_time("1970-01-01T00:15:00Z"), Ok(900));
        assert_eq!(parse_time("1970-01-01 00:15:00"), Ok(900));
        assert!(parse_time("noon").is_err());
        assert!(parse_time("1969-12-31T00:00:00Z").is_err());
        assert_eq!(moment(900), "1970-01-01T00:15:00Z");
        assert_eq!((slot_of(1_799, 900), slot_of(1_800, 900)), (900, 1_800));
    }

    #[test]
    fn places_are_bits() {
        assert_eq!(places("0,2,5-7", 8), Ok(0b1110_0101));
        assert_eq!(places("all", 64), Ok(u64::MAX));
        assert_eq!(places("all", 3), Ok(7));
        for wrong in ["", "8", "3-1", "x", "1,,2", "-1"] {
            assert!(places(wrong, 8).is_err(), "{wrong}");
        }
        assert!(places("all", 0).is_err());
    }
}
