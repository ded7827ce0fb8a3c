//! Times as files write them, to unix seconds. Integers only; no clock, no table of time zones.

use crate::{Cause, fault::shown};

const DAY: i64 = 86_400;
const FIRST_YEAR: i64 = 1970;
const LAST_YEAR: i64 = 2200;

/// The last second that is accepted: the end of the year 2200.
pub(crate) const LAST_SECOND: u64 = 7_289_654_399;

/// A date and a time of day without an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    /// Second of the day, 0 to 86,400: the last is the midnight that ends the day.
    pub(crate) second: i64,
}

impl Civil {
    /// Checks the calendar. `24:00:00` is the end of the day.
    fn new(date: [i64; 3], time: [i64; 3]) -> Option<Self> {
        let [year, month, day] = date;
        let [hour, minute, second] = time;
        let valid = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
        let clock =
            minute < 60 && second < 60 && (hour < 24 || (hour, minute, second) == (24, 0, 0));
        let second = hour * 3_600 + minute * 60 + second;
        (valid && clock).then_some(Self { year, month, day, second })
    }

    /// Unix seconds, where local time is `offset` seconds ahead of UTC. `None` outside 1970 to 2200.
    pub(crate) fn unix(self, offset: i32) -> Option<u64> {
        if !(FIRST_YEAR - 1..=LAST_YEAR + 1).contains(&self.year) {
            return None;
        }
        let days = days_from_civil(self.year, self.month, self.day);
        u64::try_from(days * DAY + self.second - i64::from(offset))
            .ok()
            .filter(|at| *at <= LAST_SECOND)
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar. The year is taken to begin in March,
/// so that the leap day is its last and months have 30.6 days on average.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let day_of_year = (month * 153 + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + day_of_year - 719_468
}

/// Month (1 to 12) and day of the week (0 is Sunday) of a unix time seen at an offset.
pub(crate) fn month_and_weekday(unix: u64, offset: i32) -> (i64, i64) {
    let days = local_days(unix, offset);
    let weekday = (days + 4).rem_euclid(7);
    // The first guess is never late, and at most three years early.
    let mut year = 1970 + (days - 365).div_euclid(366);
    let mut month = 1;
    loop {
        let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        if days < days_from_civil(next_year, next_month, 1) {
            return (month, weekday);
        }
        (year, month) = (next_year, next_month);
    }
}

/// Second of the local day of a unix time seen at an offset.
pub(crate) fn second_of_day(unix: u64, offset: i32) -> i64 {
    local_seconds(unix, offset).rem_euclid(DAY)
}

fn local_seconds(unix: u64, offset: i32) -> i64 {
    // No time later than LAST_SECOND enters, so nothing is lost here.
    i64::try_from(unix.min(LAST_SECOND)).unwrap_or(0) + i64::from(offset)
}

fn local_days(unix: u64, offset: i32) -> i64 {
    local_seconds(unix, offset).div_euclid(DAY)
}

/// Reads exactly `width` digits.
fn digits(text: &mut &[u8], width: usize) -> Option<i64> {
    let (head, tail) = text.split_at_checked(width)?;
    let mut value = 0;
    for byte in head {
        value = value * 10 + i64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    *text = tail;
    Some(value)
}

fn literal(text: &mut &[u8], byte: u8) -> Option<()> {
    let (head, tail) = text.split_first()?;
    (*head == byte).then_some(())?;
    *text = tail;
    Some(())
}

/// Reads `YYYYMMDD`, `YYYYMMDDhhmm` or `YYYYMMDDhhmmss`.
pub(crate) fn compact(text: &str) -> Option<Civil> {
    let mut rest = text.as_bytes();
    let date = [digits(&mut rest, 4)?, digits(&mut rest, 2)?, digits(&mut rest, 2)?];
    let mut time = [0; 3];
    match rest.len() {
        0 => {}
        4 => time[..2].copy_from_slice(&[digits(&mut rest, 2)?, digits(&mut rest, 2)?]),
        6 => {
            time = [digits(&mut rest, 2)?, digits(&mut rest, 2)?, digits(&mut rest, 2)?];
        }
        _ => return None,
    }
    Civil::new(date, time)
}

/// Reads RFC 3339, such as `2026-03-29T01:30:00+02:00` or `…Z`. A space may stand for the `T`.
/// Fractions of a second must be zero: meters count in whole seconds.
pub(crate) fn rfc3339(text: &str) -> Option<(Civil, i32)> {
    let mut rest = text.as_bytes();
    let year = digits(&mut rest, 4)?;
    literal(&mut rest, b'-')?;
    let month = digits(&mut rest, 2)?;
    literal(&mut rest, b'-')?;
    let day = digits(&mut rest, 2)?;
    if !matches!(rest.first()?, b'T' | b't' | b' ') {
        return None;
    }
    rest = &rest[1..];
    let hour = digits(&mut rest, 2)?;
    literal(&mut rest, b':')?;
    let minute = digits(&mut rest, 2)?;
    literal(&mut rest, b':')?;
    let second = digits(&mut rest, 2)?;
    if literal(&mut rest, b'.').is_some() {
        let zeros = rest.iter().take_while(|byte| **byte == b'0').count();
        if zeros == 0 {
            return None;
        }
        rest = &rest[zeros..];
    }
    // RFC 3339 has no 24:00.
    if hour == 24 {
        return None;
    }
    Some((Civil::new([year, month, day], [hour, minute, second])?, offset(rest)?))
}

/// Reads `Z`, `+hh:mm` or `-hh:mm`, in seconds.
fn offset(mut rest: &[u8]) -> Option<i32> {
    if matches!(rest, b"Z" | b"z") {
        return Some(0);
    }
    let sign = match rest.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    rest = &rest[1..];
    let hours = digits(&mut rest, 2)?;
    literal(&mut rest, b':')?;
    let minutes = digits(&mut rest, 2)?;
    let valid = rest.is_empty() && hours < 24 && minutes < 60;
    valid.then_some(())?;
    i32::try_from(sign * (hours * 3_600 + minutes * 60)).ok()
}

/// Reads a time by a pattern of `%Y %m %d %H %M %S`, where `%m %d %H` may have one digit in the text.
/// Every other character stands for itself. Parts that the pattern lacks are the first: January, the
/// first, midnight.
pub(crate) fn pattern(form: &str, text: &str) -> Option<Civil> {
    let mut rest = text.as_bytes();
    let (mut date, mut time) = ([1970, 1, 1], [0; 3]);
    let mut form = form.bytes();
    while let Some(byte) = form.next() {
        if byte != b'%' {
            literal(&mut rest, byte)?;
            continue;
        }
        match form.next()? {
            b'Y' => date[0] = digits(&mut rest, 4)?,
            b'm' => date[1] = one_or_two(&mut rest)?,
            b'd' => date[2] = one_or_two(&mut rest)?,
            b'H' => time[0] = one_or_two(&mut rest)?,
            b'M' => time[1] = digits(&mut rest, 2)?,
            b'S' => time[2] = digits(&mut rest, 2)?,
            _ => return None,
        }
    }
    rest.is_empty().then_some(())?;
    Civil::new(date, time)
}

fn one_or_two(rest: &mut &[u8]) -> Option<i64> {
    let two = rest.get(1).is_some_and(u8::is_ascii_digit);
    digits(rest, if two { 2 } else { 1 })
}

/// Whether a pattern names year, month and day and knows every part.
pub(crate) fn pattern_is_valid(form: &str) -> bool {
    let mut seen = Vec::new();
    let mut bytes = form.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            continue;
        }
        match bytes.next() {
            Some(part @ (b'Y' | b'm' | b'd' | b'H' | b'M' | b'S')) if !seen.contains(&part) => {
                seen.push(part)
            }
            _ => return false,
        }
    }
    [b'Y', b'm', b'd'].iter().all(|part| seen.contains(part))
}

/// Unix seconds of a compact time of a NEM file.
pub(crate) fn compact_unix(
    field: &'static str,
    text: &str,
    form: &str,
    offset: i32,
) -> Result<u64, Cause> {
    let civil = (text.len() == form.len())
        .then(|| compact(text))
        .flatten()
        .ok_or_else(|| Cause::TimeInvalid { field, text: shown(text), form: form.into() })?;
    civil.unix(offset).ok_or_else(|| Cause::TimeOutOfRange { field, text: shown(text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times_are_met() {
        let unix = |text| rfc3339(text).and_then(|(civil, offset)| civil.unix(offset));
        assert_eq!(unix("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(unix("2000-02-29T12:00:00Z"), Some(951_825_600));
        assert_eq!(unix("2012-03-01T00:00:00-05:00"), Some(1_330_578_000));
        assert_eq!(unix("2026-11-22 01:00:00.000+00:00"), Some(1_795_309_200));
        assert_eq!(unix("2200-12-31T23:59:59Z"), Some(LAST_SECOND));
        assert_eq!(unix("2201-01-01T00:00:00Z"), None);
        assert_eq!(unix("1969-12-31T23:59:59Z"), None);
        assert_eq!(unix("1970-01-01T00:00:00+01:00"), None);
    }

    #[test]
    fn times_that_do_not_exist_are_refused() {
        for text in [
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-00-01T00:00:00Z",
            "2023-04-31T00:00:00Z",
            "2023-01-01T24:00:00Z",
            "2023-01-01T23:60:00Z",
            "2023-01-01T23:59:60Z",
            "2023-01-01T00:00:00",
            "2023-01-01T00:00:00+2:00",
            "2023-01-01T00:00:00.5Z",
            "2023-01-01T00:00:00.Z",
            "2023-01-01X00:00:00Z",
            "2023-1-1T00:00:00Z",
            "",
            "Z",
        ] {
            assert_eq!(rfc3339(text), None, "{text}");
        }
        for text in ["2023", "202302290", "20230229", "202301012500", "2023010100000", "2023O101"] {
            assert_eq!(compact(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_two_centuries_follows_the_one_before() {
        let mut days = 0;
        for year in 1970..=2200 {
            for month in 1..=12 {
                for day in 1..=days_in_month(year, month) {
                    assert_eq!(days_from_civil(year, month, day), days);
                    let unix = u64::try_from(days * DAY).unwrap();
                    assert_eq!(month_and_weekday(unix, 0), (month, (days + 4) % 7));
                    days += 1;
                }
            }
        }
    }

    #[test]
    fn patterns_read_local_forms() {
        let read = |form, text| pattern(form, text).and_then(|civil| civil.unix(0));
        assert_eq!(read("%d/%m/%Y %H:%M", "29/02/2000 12:00"), Some(951_825_600));
        assert_eq!(read("%d/%m/%Y %H:%M", "1/1/1970 0:00"), Some(0));
        assert_eq!(read("%Y%m%d", "20000229"), Some(951_782_400));
        assert_eq!(read("%d.%m.%Y", "29.02.2000 "), None);
        assert_eq!(read("%d.%m.%Y %H:%M", "31.12.1999 24:00"), Some(946_684_800));
        assert!(pattern_is_valid("%Y-%m-%d %H:%M:%S"));
        assert!(!pattern_is_valid("%Y-%m-%Y"));
        assert!(!pattern_is_valid("%H:%M"));
        assert!(!pattern_is_valid("%Y-%m-%d %"));
    }

    #[test]
    fn offsets_move_the_local_day() {
        assert_eq!(second_of_day(0, 36_000), 36_000);
        assert_eq!(second_of_day(0, -3_600), 82_800);
        // 1970-01-01 was a Thursday.
        assert_eq!(month_and_weekday(0, 0), (1, 4));
        assert_eq!(month_and_weekday(0, -3_600), (12, 3));
    }
}
