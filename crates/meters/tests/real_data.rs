//! Files that others published. Each sum is pinned, and computed a second time by splitting lines.

mod common;

use althing_meters::{
    Collected, Direction, Format, Mode, NemOptions, Place, Quality, Record, Source, check, collect,
    detect, open,
    validate::{Finding, Limits, Report, Validator},
};
use common::data;
use std::collections::BTreeMap;

fn source(path: &str) -> Box<dyn Source + Send> {
    let path = data(path);
    let format = detect(&path).expect("a known format");
    open(&path, format, NemOptions::default(), None).expect("a file")
}

fn read(path: &str) -> Collected {
    collect(source(path), Mode::Strict, 1_000_000).expect(path)
}

fn report(path: &str, limits: Limits) -> Report {
    let mut validator = Validator::new(limits);
    source(path).for_each(|record| validator.take(&record.expect(path)));
    validator.finish()
}

/// Milliwatt-hours of a number and a unit by moving the point.
fn move_point(text: &str, unit: &str) -> u128 {
    let places = match unit.to_lowercase().as_str() {
        "wh" => 3,
        "kwh" => 6,
        "mwh" => 9,
        other => panic!("{other} is not energy"),
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    assert!(decimals.len() <= places, "{text}");
    format!("0{whole}{decimals:0<places$}").parse().expect("digits")
}

/// Values and their sum, for each channel: lines, commas, nothing else.
fn split_lines(path: &str) -> BTreeMap<(String, String), (u64, u128)> {
    let text = std::fs::read_to_string(data(path)).expect("text");
    let mut sums = BTreeMap::new();
    let mut open: Option<Vec<String>> = None;
    for line in text.lines() {
        let fields: Vec<String> = line.split(',').map(|field| field.trim().to_owned()).collect();
        match fields[0].as_str() {
            "200" => open = Some(fields),
            "300" => {
                let channel = open.as_ref().expect("a channel");
                if !channel[7].to_lowercase().ends_with("wh") {
                    continue;
                }
                let count = 1_440 / channel[8].parse::<usize>().expect("minutes");
                let sum = sums.entry((channel[1].clone(), channel[4].clone())).or_insert((0, 0));
                sum.0 += count as u64;
                sum.1 +=
                    fields[2..2 + count].iter().map(|v| move_point(v, &channel[7])).sum::<u128>();
            }
            _ => {}
        }
    }
    sums
}

/// File, refused channels, and for each channel: NMI, name, intervals, milliwatt-hours.
type Golden = (&'static str, usize, &'static [(&'static str, &'static str, u64, u128)]);

const NEM12: &[Golden] = &[
    ("Example_NEM12_actual_interval.csv", 1, &[("VABD000163", "E1", 48, 53_328_000)]),
    (
        "Example_NEM12_different_interval_length.csv",
        1,
        &[("C123", "E1", 48, 254_000_000), ("C123", "E2", 48, 120_000_000)],
    ),
    (
        "Example_NEM12_month_solar.csv",
        0,
        &[("NMI1234567", "B1", 8_928, 589_172_000), ("NMI1234567", "E1", 8_928, 270_738_000)],
    ),
    (
        "Example_NEM12_multiple_meters.csv",
        2,
        &[
            ("NCDE001111", "B1", 192, 1_920_000),
            ("NCDE001111", "E1", 192, 1_920_000),
            ("NCDE001111", "E2", 192, 19_200_000),
            ("NDDD001888", "B1", 192, 3_840_000),
        ],
    ),
    ("Example_NEM12_multiple_quality.csv", 0, &[("CCCC123456", "E1", 48, 896_990_000)]),
    ("Example_NEM12_no_scheduled_read.csv", 0, &[("NMI111", "E1", 96, 5_840_000)]),
    (
        "Example_NEM12_partialchannel.csv",
        0,
        &[("NMI1234567", "B1", 288, 23_166_000), ("NMI1234567", "E1", 8_928, 270_738_000)],
    ),
    ("Example_NEM12_substituted_interval.csv", 1, &[("VBCD000022", "E1", 48, 110_976_000)]),
    ("Example_NEM12_upper_case_units.csv", 1, &[("VABD000163", "E1", 48, 53_328_000)]),
    ("Example_WesternPower.csv", 2, &[("9999999999", "B1", 48, 0), ("9999999999", "E1", 48, 0)]),
];

#[test]
fn every_nem12_file_gives_its_sums() {
    for (name, refused, want) in NEM12 {
        let path = format!("nem12/{name}");
        let found = read(&path);
        assert_eq!(found.refused.len(), *refused, "{name}");
        let sums: Vec<(&str, &str, u64, u128)> = found
            .series
            .iter()
            .map(|series| {
                let sum = series.intervals.iter().map(|i| u128::from(i.milliwatt_hours)).sum();
                let meter = &series.meter;
                (meter.id.as_str(), meter.channel.as_str(), series.intervals.len() as u64, sum)
            })
            .collect();
        assert_eq!(&sums, want, "{name}");
        let split: Vec<_> =
            split_lines(&path).into_iter().map(|((a, b), (n, sum))| (a, b, n, sum)).collect();
        let split: Vec<_> =
            split.iter().map(|(a, b, n, sum)| (a.as_str(), b.as_str(), *n, *sum)).collect();
        assert_eq!(split, sums, "{name}, by splitting lines");
        let generation = found.series.iter().filter(|series| series.meter.channel.starts_with('B'));
        for interval in generation.flat_map(|series| &series.intervals) {
            assert_eq!(interval.direction, Direction::Export);
        }
    }
}

#[test]
fn a_file_of_many_meters_gives_its_sums() {
    let path = "nem12/many_meters.csv";
    let totals = check(source(path)).expect("good");
    assert_eq!(totals.len(), 198);
    assert_eq!(totals.values().map(|totals| totals.intervals).sum::<u64>(), 57_024);
    let sum: u128 = totals.values().map(|totals| totals.import_milliwatt_hours).sum();
    assert_eq!(sum, 214_621_000_000);
    let split = split_lines(path);
    for (meter, totals) in &totals {
        let (count, sum) = split[&(meter.id.clone(), meter.channel.clone())];
        assert_eq!((totals.intervals, totals.import_milliwatt_hours), (count, sum), "{meter:?}");
        // 2020-01-01 in Brisbane.
        assert_eq!(totals.span, Some((1_577_800_800, 1_577_887_200)));
    }
}

#[test]
fn qualities_of_a_day_are_those_of_its_ranges() {
    let found = read("nem12/Example_NEM12_multiple_quality.csv");
    let qualities: Vec<Quality> = found.series[0].intervals.iter().map(|i| i.quality).collect();
    let want =
        [vec![Quality::Substituted; 20], vec![Quality::Actual; 4], vec![Quality::Substituted; 24]];
    assert_eq!(qualities, want.concat());
}

#[test]
fn nem13_files_give_reads_and_quantities() {
    let found = read("nem12/Example_NEM13_consumption_data.csv");
    let series = &found.series[0];
    assert_eq!((series.meter.id.as_str(), series.meter.channel.as_str()), ("VABC005890", "11"));
    let reads: Vec<u64> = series.registers.iter().map(|register| register.watt_hours()).collect();
    assert_eq!(reads, [6_342_800, 7_654_900]);
    assert_eq!(series.intervals[0].milliwatt_hours, 1_312_100_000);
    assert_eq!(
        series.registers[1].milliwatt_hours - series.registers[0].milliwatt_hours,
        1_312_100_000
    );
    let found = read("nem12/Example_NEM13_forward_estimate.csv");
    let energies: Vec<(&str, u64, Quality)> = found
        .series
        .iter()
        .map(|series| (series.meter.channel.as_str(), &series.intervals[0]))
        .map(|(channel, interval)| (channel, interval.milliwatt_hours, interval.quality))
        .collect();
    let want = [("11", 111_000_000, Quality::Estimated), ("41", 65_000_000, Quality::Estimated)];
    assert_eq!(energies, want);
}

#[test]
fn every_malformed_file_is_refused_with_line_and_cause() {
    let cases = [
        ("Example_NEM12_15min_200_30min_300.csv", "nem_field_count", 3),
        ("Example_NEM12_15min_200_30min_400.csv", "nem_quality_ranges", 6),
        ("Example_NEM12_30min_200_15min_300.csv", "nem_field_count", 3),
        ("Example_NEM12_30min_200_15min_400.csv", "nem_field_count", 3),
        ("Example_NEM12_empty.csv", "nem_no_data", 2),
        ("Example_NEM12_incomplete_interval.csv", "nem_field_count", 3),
        ("Example_NEM12_missing_header.csv", "nem_header_missing", 2),
        ("Example_NEM12_powercor.csv", "nem_header_missing", 2),
        ("Example_NEM12_powercor_missing_fields.csv", "nem_header_missing", 2),
    ];
    for (name, code, line) in cases {
        let path = format!("nem12/invalid/{name}");
        let fault = collect(source(&path), Mode::Strict, 1_000).expect_err(name);
        assert_eq!((fault.code(), &fault.place), (code, &Place::Line(line)), "{name}: {fault}");
        assert_eq!(check(source(&path)).expect_err(name), fault);
        let lenient = collect(source(&path), Mode::Lenient, 1_000).expect(name);
        assert_eq!(lenient.fault, Some(fault));
        assert!(lenient.series.is_empty(), "{name}: nothing stands before its fault");
    }
    let empty = data("nem12/invalid/Example_empty_file.csv");
    assert_eq!(detect(&empty).expect_err("empty").code(), "empty");
    let fault = open(&empty, Format::Nem12, NemOptions::default(), None).expect("a file").next();
    assert_eq!(fault.expect("a fault").expect_err("empty").code(), "empty");
    let files = std::fs::read_dir(data("nem12/invalid")).expect("a folder").count();
    assert_eq!(files, cases.len() + 1, "every file of the folder is tried");
}

/// Texts of `<value>` inside `<IntervalReading>`, found as text.
fn split_values(path: &str) -> (usize, u128) {
    let text = std::fs::read_to_string(data(path)).expect("text");
    let values = text.split("<IntervalReading>").skip(1).map(|part| {
        let value = part.split("<value>").nth(1).expect("a value");
        value.split("</value>").next().expect("its end").parse::<u128>().expect("digits")
    });
    let values: Vec<u128> = values.collect();
    (values.len(), values.iter().sum())
}

#[test]
fn every_green_button_feed_gives_its_sums() {
    for (name, count, watt_hours, span) in [
        ("test_usage_data.xml", 1_340, 1_391_666, (1_330_578_000, 1_331_784_000)),
        ("test_usage_data_1.xml", 480, 511_688, (1_330_578_000, 1_331_010_000)),
        ("test_usage_data_2.xml", 860, 879_978, (1_331_010_000, 1_331_784_000)),
    ] {
        let path = format!("green_button/{name}");
        assert_eq!(detect(&data(&path)), Ok(Format::GreenButton));
        let totals = check(source(&path)).expect(name);
        assert_eq!(totals.len(), 1);
        let (meter, totals) = totals.first_key_value().expect("one meter");
        assert!(meter.id.ends_with("/UsagePoint/5446AF3F"), "{}", meter.id);
        assert_eq!((meter.channel.as_str(), meter.unit.as_str()), ("01", "Wh"));
        assert_eq!((totals.intervals, totals.span), (count, Some(span)));
        assert_eq!(totals.import_milliwatt_hours, watt_hours * 1_000);
        assert_eq!(split_values(&path), (count as usize, watt_hours), "by splitting text");
    }
    let found = read("green_button/test_usage_data.xml");
    let qualities: Vec<Quality> =
        found.series[0].intervals[..3].iter().map(|i| i.quality).collect();
    assert_eq!(qualities, [Quality::Estimated, Quality::Substituted, Quality::Actual]);
}

#[test]
fn the_report_of_a_month_is_the_same_every_time() {
    let limits =
        Limits { offset_seconds: 36_000, capacity_watts: Some(15_000), ..Limits::default() };
    let month = report("nem12/Example_NEM12_month_solar.csv", limits);
    assert_eq!(month, report("nem12/Example_NEM12_month_solar.csv", limits));
    assert!(month.is_clean(), "{month:?}");
    assert_eq!(month.channels.iter().map(|channel| channel.estimated_ppm).max(), Some(0));
    let low = Limits { capacity_watts: Some(3_000), ..limits };
    let low = report("nem12/Example_NEM12_month_solar.csv", low);
    let values =
        std::fs::read_to_string(data("nem12/Example_NEM12_month_solar.csv")).expect("text");
    let above = values
        .lines()
        .filter(|line| line.starts_with("300"))
        .flat_map(|line| line.split(',').skip(2).take(288).map(|value| move_point(value, "kWh")));
    // 3 kW are 0.25 kWh in five minutes.
    let above = above.filter(|value| *value > 250_000).count() as u64;
    assert_eq!((low.count(Finding::OverCapacity), above > 0), (above, true));
}

#[test]
fn feeds_without_gaps_have_none_and_two_halves_make_the_whole() {
    let whole = report("green_button/test_usage_data.xml", Limits::default());
    assert_eq!((whole.count(Finding::Gap), whole.count(Finding::Repeated)), (0, 0));
    let mut validator = Validator::new(Limits::default());
    for path in ["green_button/test_usage_data_2.xml", "green_button/test_usage_data_1.xml"] {
        source(path).for_each(|record| validator.take(&record.expect(path)));
    }
    let halves = validator.finish();
    assert_eq!((halves.count(Finding::Gap), halves.count(Finding::Overlap)), (0, 0));
    assert_eq!(halves.count(Finding::Disordered), 1, "the second half came first");
    assert_eq!(halves.channels[0].intervals, 1_340);
    let energy = |report: &Report| report.channels[0].import_milliwatt_hours;
    assert_eq!(energy(&halves), energy(&whole));
}

#[test]
fn a_day_that_is_read_twice_is_repeated() {
    let mut validator = Validator::new(Limits::default());
    for _ in 0..2 {
        for record in source("nem12/Example_NEM12_actual_interval.csv") {
            validator.take(&record.expect("good"));
        }
    }
    let report = validator.finish();
    assert_eq!((report.count(Finding::Repeated), report.count(Finding::Disordered)), (48, 1));
}

#[test]
fn readers_can_be_sent_to_another_thread() {
    let source = source("nem12/many_meters.csv");
    let count = std::thread::spawn(move || {
        source.filter(|r| matches!(r, Ok(Record::Interval(..)))).count()
    });
    assert_eq!(count.join().expect("no panic"), 57_024);
}
