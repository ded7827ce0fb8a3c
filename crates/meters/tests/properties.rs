//! What holds for every input.

mod common;

use althing_meters::{Interval, NemOptions, Quality, Record, nem12::Nem12};
use common::{Day, data, read_all_ways, signed, write_csv, write_nem12};
use proptest::prelude::*;
use std::io::{BufReader, Read};

const SAMPLES: &[&str] = &[
    "nem12/Example_NEM12_multiple_quality.csv",
    "nem12/Example_NEM12_multiple_meters.csv",
    "nem12/Example_NEM13_forward_estimate.csv",
    "nem12/Example_WesternPower.csv",
];

/// A short feed with everything that is read.
const FEED: &str = r#"<?xml version="1.0"?><feed><entry><link rel="self" href="/UP/1/MeterReading/2"/><link rel="up" href="/UP/1/MeterReading"/><link rel="related" href="/RT/3"/><content><MeterReading/></content></entry><entry><link rel="self" href="/RT/3"/><content><ReadingType><flowDirection>4</flowDirection><intervalLength>900</intervalLength><powerOfTenMultiplier>-4</powerOfTenMultiplier><uom>72</uom></ReadingType></content></entry><entry><link rel="up" href="/UP/1/MeterReading/2/IntervalBlock"/><content><IntervalBlock><IntervalReading><timePeriod><duration>900</duration><start>900</start></timePeriod><value>12345</value><ReadingQuality><quality>8</quality></ReadingQuality></IntervalReading><IntervalReading><timePeriod><start>1800</start></timePeriod><value>&#45;7</value></IntervalReading></IntervalBlock></content></entry></feed>"#;

const LINES: &str = "made,time,meter,net\n0.5,900,\"a\",-1.25\n,2700,b,3\n";

fn sample() -> impl Strategy<Value = Vec<u8>> {
    let mut samples: Vec<Vec<u8>> =
        SAMPLES.iter().map(|path| std::fs::read(data(path)).expect("a file")).collect();
    samples.extend([FEED.as_bytes().to_vec(), LINES.as_bytes().to_vec()]);
    proptest::sample::select(samples)
}

/// A good file in which bytes were changed, inserted or taken away.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let byte =
        prop_oneof![Just(b','), Just(b'\n'), Just(b'<'), Just(b'"'), Just(b'9'), any::<u8>()];
    let damage = prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, byte), 0..6);
    (sample(), damage).prop_map(|(mut bytes, damage)| {
        for (at, kind, byte) in damage {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => {
                    bytes.remove(at);
                }
                _ => bytes.truncate(at),
            }
        }
        bytes
    })
}

fn quality() -> impl Strategy<Value = Quality> {
    prop_oneof![
        6 => Just(Quality::Actual),
        1 => Just(Quality::Substituted),
        1 => Just(Quality::Estimated),
        1 => Just(Quality::Missing),
    ]
}

fn day() -> impl Strategy<Value = Day> {
    let suffix = prop_oneof![Just("E1"), Just("B1"), Just("E2")];
    let minutes = prop_oneof![Just(5_u32), Just(15), Just(30)];
    (suffix, 1_u32..29, minutes).prop_flat_map(|(suffix, day, minutes)| {
        let count = (1_440 / minutes) as usize;
        let values = prop_oneof![
            prop::collection::vec((0..10_000_000_000_u64, quality()), count),
            prop::collection::vec((0..1_000_u64, Just(Quality::Actual)), count),
        ];
        values.prop_map(move |values| Day {
            suffix: suffix.into(),
            date: 20_240_200 + day,
            minutes,
            values,
        })
    })
}

fn interval(record: &Record) -> Interval {
    match record {
        Record::Interval(_, interval) => *interval,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        read_all_ways(&bytes, 4_096);
    }

    #[test]
    fn no_damage_makes_a_reader_panic_and_chunks_do_not_matter(bytes in damaged(), buffer in 1_usize..50) {
        let whole = read_all_ways(&bytes, 1 << 20);
        let chunks = read_all_ways(&bytes, buffer);
        prop_assert_eq!(whole, chunks);
    }

    #[test]
    fn every_message_is_one_printable_line(bytes in damaged()) {
        for (_, fault) in read_all_ways(&bytes, 4_096) {
            if let Some(fault) = fault {
                let message = fault.to_string();
                prop_assert!(!message.chars().any(char::is_control), "{}", message);
                prop_assert!(message.len() < 2_000, "{}", message);
            }
        }
    }

    #[test]
    fn what_is_written_as_nem12_is_read_again(days in prop::collection::vec(day(), 1..4)) {
        let text = write_nem12(&days);
        let [(found, fault), ..] = read_all_ways(text.as_bytes(), 4_096);
        prop_assert_eq!(fault, None);
        let mut found = found.iter().map(interval);
        for day in &days {
            for (value, quality) in &day.values {
                let read = found.next().expect("as many as were written");
                let want = if *quality == Quality::Missing { 0 } else { *value };
                prop_assert_eq!((read.milliwatt_hours, read.quality), (want, *quality));
                prop_assert_eq!(read.seconds, day.minutes * 60);
            }
        }
        prop_assert_eq!(found.next(), None);
    }

    #[test]
    fn what_is_written_as_csv_is_read_again(
        lines in prop::collection::vec((0..7_000_000_000_u64, "[a-c]{1,2}", -1_000_000_000_000..1_000_000_000_000_i64, 0..1_000_000_000_u64), 0..50)
    ) {
        let text = write_csv(&lines);
        let [.., (found, fault)] = read_all_ways(text.as_bytes(), 4_096);
        prop_assert_eq!(fault, None);
        prop_assert_eq!(found.len(), lines.len() * 2);
        for (pair, (time, meter, net, made)) in found.chunks(2).zip(&lines) {
            prop_assert_eq!(&pair[0].meter().id, meter);
            let (first, second) = (interval(&pair[0]), interval(&pair[1]));
            prop_assert_eq!((first.start, signed(&first)), (*time, *net));
            prop_assert_eq!((second.start, second.milliwatt_hours), (*time, *made));
        }
    }

    #[test]
    fn sums_lose_less_than_one_unit(values in prop::collection::vec((0..1_000_000_u64, 0..1_000_000_000_u64), 1..200)) {
        // Kilowatt-hours with 15 decimals: far finer than a milliwatt-hour.
        let mut text = "made,time,meter,net\n".to_owned();
        for (at, (high, low)) in values.iter().enumerate() {
            text += &format!("0,{at},m,0.{high:06}{low:09}\n");
        }
        let [.., (found, fault)] = read_all_ways(text.as_bytes(), 4_096);
        prop_assert_eq!(fault, None);
        let sum: u128 = found.iter().map(interval).map(|i| u128::from(i.milliwatt_hours)).sum();
        let exact: u128 = values.iter().map(|(high, low)| u128::from(*high) * 1_000_000_000 + u128::from(*low)).sum();
        prop_assert_eq!(sum, exact / 1_000_000_000);
    }
}

#[test]
fn a_good_feed_is_good_in_chunks_of_one_byte() {
    let [_, _, (found, fault), _] = read_all_ways(FEED.as_bytes(), 1);
    assert_eq!(fault, None);
    let energies: Vec<i64> = found.iter().map(interval).map(|i| signed(&i)).collect();
    // 12345 and -7 times 10^-4 Wh: 1,234.5 mWh one way and 0.7 the other.
    assert_eq!(energies, [1_234, 0]);
}

/// Gives a text many times without holding it.
struct Times {
    text: Vec<u8>,
    at: usize,
    left: usize,
}

impl Read for Times {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.text.len() && self.left > 0 {
            (self.at, self.left) = (0, self.left - 1);
        }
        let count = buffer.len().min(self.text.len() - self.at);
        buffer[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[test]
fn a_file_of_twenty_megabytes_is_read_as_it_comes() {
    let text = format!("300,20240101{},A,,,20240102000000,\n", ",0.123".repeat(288)).into_bytes();
    let days = 20_000_000 / text.len();
    let body = Times { text, at: 0, left: days - 1 };
    let head = &b"100,NEM12\n200,N,,,E1,,,kWh,5\n"[..];
    let reader = BufReader::new(head.chain(body).chain(&b"900\n"[..]));
    let (mut count, mut sum) = (0, 0);
    for record in Nem12::new(reader, NemOptions::default()) {
        sum += interval(&record.expect("good")).milliwatt_hours;
        count += 1;
    }
    assert_eq!((count, sum), (days * 288, days as u64 * 288 * 123_000));
}
