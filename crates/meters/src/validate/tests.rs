use super::*;

const HOUR: u64 = 3_600;
/// A Monday at midnight in UTC: 2024-01-01.
const MONDAY: u64 = 1_704_067_200;

fn meter() -> Meter {
    Meter { id: "m".into(), channel: "E1".into(), unit: "kWh".into(), serial: None }
}

fn hour(start: u64, watt_hours: u64) -> Interval {
    Interval {
        start,
        seconds: 3_600,
        milliwatt_hours: watt_hours * 1_000,
        quality: Quality::Actual,
        direction: Direction::Import,
    }
}

fn report(limits: Limits, intervals: &[Interval]) -> Report {
    let mut validator = Validator::new(limits);
    for interval in intervals {
        validator.take_interval(&meter(), interval);
    }
    validator.finish()
}

fn found(intervals: &[Interval]) -> Vec<(Finding, u64)> {
    let report = report(Limits::default(), intervals);
    report.channels[0].findings.iter().map(|(finding, count)| (*finding, count.count)).collect()
}

#[test]
fn good_readings_are_clean() {
    let day: Vec<Interval> = (0..24).map(|h| hour(MONDAY + h * HOUR, 300)).collect();
    let report = report(Limits::default(), &day);
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(
        (report.channels[0].intervals, report.channels[0].import_milliwatt_hours),
        (24, 7_200_000)
    );
}

#[test]
fn gaps_repetitions_and_overlaps_are_told_apart() {
    let day: Vec<Interval> = (0..5).map(|h| hour(MONDAY + h * HOUR, 1)).collect();
    assert_eq!(found(&[day[0], day[1], day[3]]), [(Finding::Gap, 1)]);
    assert_eq!(found(&[day[0], day[1], day[1]]), [(Finding::Repeated, 1)]);
    assert_eq!(found(&[day[0], hour(MONDAY + 1_800, 1)]), [(Finding::Overlap, 1)]);
    assert_eq!(found(&[day[0], day[2], day[1]]), [(Finding::Disordered, 1)], "late, but complete");
    let gap = report(Limits::default(), &[day[0], day[4]]);
    let want = Example { start: day[0].end(), seconds: 3 * HOUR, milliwatt_hours: 0 };
    assert_eq!(gap.channels[0].findings[&Finding::Gap].first, [want]);
}

#[test]
fn each_record_is_told_what_was_found_with_it() {
    let mut validator = Validator::new(Limits { capacity_watts: Some(400), ..Limits::default() });
    let mut take =
        |interval: Interval| validator.examine(&Record::Interval(meter().into(), interval));
    assert_eq!(take(hour(MONDAY, 300)), []);
    assert_eq!(take(hour(MONDAY, 300)), [Finding::Repeated]);
    assert_eq!(take(hour(MONDAY + HOUR, 401)), [Finding::OverCapacity]);
    assert_eq!(take(hour(MONDAY + 2 * HOUR, 400)), []);
}

#[test]
fn capacity_and_spikes_are_found() {
    let mut day: Vec<Interval> = (0..40).map(|h| hour(MONDAY + h * HOUR, 300 + h % 3)).collect();
    day[30].milliwatt_hours = 60_000_000;
    let limits = Limits { capacity_watts: Some(50_000), ..Limits::default() };
    let report = report(limits, &day);
    assert_eq!((report.count(Finding::OverCapacity), report.count(Finding::Spike)), (1, 1));
    assert_eq!(report.channels[0].findings[&Finding::Spike].first[0].start, day[30].start);
    day[30].milliwatt_hours = 9_000_000;
    assert_eq!(found(&day), []);
}

#[test]
fn missing_values_are_no_readings_of_zero() {
    let mut day: Vec<Interval> = (0..40).map(|h| hour(MONDAY + h * HOUR, 300)).collect();
    for interval in &mut day[..20] {
        *interval = Interval { quality: Quality::Missing, milliwatt_hours: 0, ..*interval };
    }
    day[20].quality = Quality::Estimated;
    let report = report(Limits::default(), &day);
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(
        (report.channels[0].missing_ppm, report.channels[0].estimated_ppm),
        (500_000, 25_000)
    );
}

#[test]
fn clocks_that_were_changed_are_noticed() {
    // 2024-03-31 and 2024-10-27 were Sundays on which Europe changed its clocks.
    let (spring, autumn) = (MONDAY + 90 * 24 * HOUR, MONDAY + 300 * 24 * HOUR);
    assert_eq!(
        found(&[hour(spring + HOUR, 1), hour(spring + 3 * HOUR, 1)]),
        [(Finding::Gap, 1), (Finding::DaylightGap, 1)]
    );
    let twice = [
        hour(autumn, 1),
        hour(autumn + HOUR, 1),
        hour(autumn + 2 * HOUR, 1),
        hour(autumn + 2 * HOUR, 1),
    ];
    assert_eq!(found(&twice), [(Finding::Repeated, 1), (Finding::DaylightRepeat, 1)]);
    let monday = spring + 24 * HOUR;
    assert_eq!(found(&[hour(monday + HOUR, 1), hour(monday + 3 * HOUR, 1)]), [(Finding::Gap, 1)]);
    let noon = spring + 12 * HOUR;
    assert_eq!(found(&[hour(noon, 1), hour(noon + 2 * HOUR, 1)]), [(Finding::Gap, 1)]);
    let limits = Limits { offset_seconds: -12 * 3_600, ..Limits::default() };
    let report = report(limits, &[hour(noon, 1), hour(noon + 2 * HOUR, 1)]);
    assert_eq!(report.count(Finding::DaylightGap), 1, "noon in UTC is midnight there");
}

#[test]
fn counters_may_only_grow() {
    let read = |at, milliwatt_hours| Register {
        at,
        milliwatt_hours,
        quality: Quality::Actual,
        direction: Direction::Import,
    };
    let mut validator = Validator::new(Limits::default());
    for register in [read(1, 10), read(2, 20), read(2, 20), read(2, 21), read(3, 5), read(2, 9)] {
        validator.take_register(&meter(), &register);
    }
    validator.take_register(&meter(), &Register { direction: Direction::Export, ..read(1, 1) });
    let report = validator.finish();
    for finding in [Finding::CounterConflict, Finding::CounterDecreased, Finding::Disordered] {
        assert_eq!(report.count(finding), 1, "{finding:?}");
    }
    assert_eq!(report.channels[0].registers, 7);
}

#[test]
fn examples_are_bounded_and_counts_are_not() {
    let day: Vec<Interval> = (0..50).map(|h| hour(MONDAY + h * 2 * HOUR, 1)).collect();
    let limits = Limits { examples: 2, ..Limits::default() };
    let gaps = &report(limits, &day).channels[0].findings[&Finding::Gap];
    assert_eq!((gaps.count, gaps.seconds, gaps.first.len()), (49, 49 * HOUR, 2));
}

#[test]
fn gaps_do_not_depend_on_the_order() {
    let mut day: Vec<Interval> =
        (0..48).filter(|h| h % 5 != 0).map(|h| hour(MONDAY + h * HOUR, 1)).collect();
    let gaps = |day: &[Interval]| {
        report(Limits::default(), day).channels[0].findings[&Finding::Gap].clone()
    };
    let forward = gaps(&day);
    day.reverse();
    assert_eq!(gaps(&day), forward);
}

#[test]
fn a_report_can_be_written_as_json() {
    let report = report(Limits::default(), &[hour(MONDAY, 1), hour(MONDAY + 9 * HOUR, 1)]);
    let text = serde_json::to_string(&report).expect("json");
    assert!(text.contains("\"gap\":{\"count\":1"), "{text}");
    assert_eq!(serde_json::from_str::<Report>(&text).expect("again"), report);
}
