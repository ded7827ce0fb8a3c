use super::*;
use crate::Interval;

const HEADER: &str = "100,NEM12,200405011135,MDA1,Ret1\n";
const E1: &str = "200,NMI1,E1B1,1,E1,N1,METER1,kWh,30,\n";

fn read(body: &str) -> (Vec<Record>, Option<Fault>) {
    read_raw(&format!("{HEADER}{body}"))
}

fn read_raw(text: &str) -> (Vec<Record>, Option<Fault>) {
    let mut found = vec![];
    for record in Nem12::new(text.as_bytes(), NemOptions::default()) {
        match record {
            Ok(record) => found.push(record),
            Err(fault) => return (found, Some(fault)),
        }
    }
    (found, None)
}

fn fault(body: &str) -> (&'static str, Place) {
    let fault = read(body).1.unwrap_or_else(|| panic!("accepted: {body}"));
    (fault.code(), fault.place)
}

fn day(value: &str, tail: &str) -> String {
    format!("300,20040201{},{tail}\n", format!(",{value}").repeat(48))
}

#[test]
fn a_day_becomes_intervals_in_utc() {
    let (found, fault) = read(&format!("{E1}{}900\n", day("1.111", "A,,,20040202120025,")));
    assert_eq!(fault, None);
    assert_eq!(found.len(), 48);
    let Record::Interval(meter, first) = &found[0] else { panic!("not an interval") };
    assert_eq!(
        (meter.id.as_str(), meter.channel.as_str(), meter.unit.as_str()),
        ("NMI1", "E1", "kWh")
    );
    assert_eq!(meter.serial.as_deref(), Some("METER1"));
    // 2004-02-01 00:00 in Brisbane is 14:00 of the day before in UTC.
    assert_eq!(
        (first.start, first.seconds, first.milliwatt_hours),
        (1_075_557_600, 1_800, 1_111_000)
    );
    assert_eq!((first.quality, first.direction), (Quality::Actual, Direction::Import));
    let Record::Interval(_, last) = &found[47] else { panic!("not an interval") };
    assert_eq!(last.end(), first.start + 86_400);
}

#[test]
fn the_offset_can_be_chosen() {
    let text = format!("{HEADER}{E1}{}900\n", day("1", "A"));
    let options = NemOptions { offset_seconds: 0 };
    let first = Nem12::new(text.as_bytes(), options).next().expect("a record").expect("good");
    assert!(matches!(first, Record::Interval(_, Interval { start: 1_075_593_600, .. })));
}
#[test]
fn channels_have_the_direction_of_the_customer() {
    for (suffix, want) in
        [("E1", Direction::Import), ("B1", Direction::Export), ("D2", Direction::Import)]
    {
        let open = format!("200,N,,,{suffix},,,kWh,30\n");
        let (found, _) = read(&format!("{open}{}900\n", day("1", "A")));
        assert!(matches!(&found[0], Record::Interval(_, interval) if interval.direction == want));
    }
}

#[test]
fn what_is_not_energy_is_refused_once_and_never_counted() {
    for (suffix, unit, minutes) in
        [("Q1", "kVArh", 30), ("E1", "kVArh", 30), ("Q1", "kWh", 30), ("V1", "", 30)]
    {
        let open = format!("200,N,,,{suffix},,,{unit},{minutes}\n");
        let (found, fault) = read(&format!("{open}{}900\n", day("x", "A")));
        assert_eq!(fault, None);
        assert!(matches!(found.as_slice(), [Record::Refused(_, Refusal::NotEnergy)]), "{found:?}");
    }
}

#[test]
fn variable_quality_is_told_by_ranges() {
    let body = format!(
        "{E1}{}400,1,20,F14,76,\n400,21,24,A,,\n400,25,47,S14,1,\n400,48,48,N\n900\n",
        day("1", "V")
    );
    let (found, fault) = read(&body);
    assert_eq!(fault, None);
    let qualities: Vec<(Quality, u64)> = found
        .iter()
        .map(|record| match record {
            Record::Interval(_, interval) => (interval.quality, interval.milliwatt_hours),
            _ => panic!("not an interval"),
        })
        .collect();
    assert!(qualities[..20].iter().all(|q| *q == (Quality::Substituted, 1_000_000)));
    assert!(qualities[20..24].iter().all(|q| *q == (Quality::Actual, 1_000_000)));
    assert!(qualities[24..47].iter().all(|q| *q == (Quality::Substituted, 1_000_000)));
    assert_eq!(qualities[47], (Quality::Missing, 0));
}

#[test]
fn ranges_must_cover_the_day_without_gap_or_overlap() {
    let with = |ranges: &str| format!("{E1}{}{ranges}", day("1", "V"));
    for ranges in [
        "900\n",
        "400,2,48,A\n",
        "400,1,20,A\n400,20,48,A\n",
        "400,1,20,A\n900\n",
        "400,1,49,A\n",
        "400,1,0,A\n",
    ] {
        assert_eq!(fault(&with(ranges)).0, "nem_quality_ranges", "{ranges}");
    }
    assert_eq!(fault(&with("400,1,48,V\n")).0, "quality_invalid");
    assert_eq!(fault(&with("400,+1,48,A\n")).0, "not_a_number");
    assert_eq!(fault(&with("400,1,48\n")).0, "nem_field_count");
    assert_eq!(fault(&with("400,1,48,A\n400,1,48,A\n")).0, "nem_record_misplaced");
}

#[test]
fn a_value_may_be_empty_only_when_it_is_missing() {
    let (found, fault_) = read(&format!("{E1}{}900\n", day("", "N")));
    assert_eq!((found.len(), fault_), (48, None));
    assert_eq!(fault(&format!("{E1}{}", day("", "A"))), ("nem_value_missing", Place::Line(3)));
}

#[test]
fn a_manual_read_is_a_register() {
    let body =
        format!("{E1}{}500,S,RETNSRVCEORD1,20040202120000,001123.5\n500,O\n900\n", day("1", "A"));
    let (found, fault_) = read(&body);
    assert_eq!(fault_, None);
    let Some(Record::Register(_, register)) = found.last() else { panic!("no register") };
    assert_eq!((register.at, register.watt_hours()), (1_075_687_200, 1_123_500));
    assert_eq!(fault(&format!("{E1}500,S,R,20040202120000,1\n")).0, "nem_record_misplaced");
    assert_eq!(fault(&format!("{E1}{}500,S,R,,1\n", day("1", "A"))).0, "time_invalid");
}

#[test]
fn every_fault_has_its_code_and_line() {
    let cases: &[(&str, &str, u64)] = &[
        ("200,N,,,E1,,,kWh,10\n", "nem_interval_length", 2),
        ("200,N,,,E1,,,kWh,1\n", "nem_interval_length", 2),
        ("200,N,,,Q1,,,kVArh,7\n", "nem_interval_length", 2),
        ("200,N,,,Q1,,,kVArh,0\n", "nem_interval_length", 2),
        ("200,N,,,E1,,,,30\n", "unit_missing", 2),
        ("200,N,,,E1,,,furlong,30\n", "unit_unknown", 2),
        ("200,N,,,E,,,kWh,30\n", "nem_suffix", 2),
        ("200,,,,E1,,,kWh,30\n", "field_empty", 2),
        ("200,NNNNNNNNNNNNNNNNNNNNN,,,E1,,,kWh,30\n", "text_too_long", 2),
        ("200,N,,,E1,,,kWh\n", "nem_field_count", 2),
        ("200,N,,,E1,,,kWh,30,2004\n", "time_invalid", 2),
        ("300,20040201,1\n", "nem_record_misplaced", 2),
        ("400,1,48,A\n", "nem_record_misplaced", 2),
        ("600\n", "nem_record_unknown", 2),
        ("\n\n100,NEM12\n", "nem_record_misplaced", 4),
        ("900\n", "nem_no_data", 2),
        ("200,N,,,E1,,,kWh,30\n", "nem_end_missing", 2),
        ("200,N,,,E1,,,kWh,30\n900\n200\n", "nem_after_end", 4),
        ("200,N,,,E1,,,kWh,30\n900,1\n", "nem_field_count", 3),
    ];
    for (body, code, line) in cases {
        assert_eq!(fault(body), (*code, Place::Line(*line)), "{body}");
    }
}

#[test]
fn a_header_comes_first_and_names_the_version() {
    let code = |text: &str| read_raw(text).1.map(|fault| (fault.code(), fault.place));
    assert_eq!(code(""), Some(("empty", Place::Line(0))));
    assert_eq!(code("\n200,N\n"), Some(("nem_header_missing", Place::Line(2))));
    assert_eq!(code("100,NEM13\n"), Some(("nem_version", Place::Line(1))));
    assert_eq!(code("100,NEM12,2004\n"), Some(("time_invalid", Place::Line(1))));
    assert_eq!(code("100\n"), Some(("nem_field_count", Place::Line(1))));
}

#[test]
fn days_are_checked_field_by_field() {
    let with = |line: String| fault(&format!("{E1}{line}")).0;
    let values = ",1".repeat(48);
    assert_eq!(with(format!("300,20040230{values},A\n")), "time_invalid");
    assert_eq!(with(format!("300,19600101{values},A\n")), "time_out_of_range");
    assert_eq!(with(format!("300,20040201{values},Z\n")), "quality_invalid");
    assert_eq!(with(format!("300,20040201{values},A,x\n")), "not_a_number");
    assert_eq!(with(format!("300,20040201{values},A,,,x\n")), "time_invalid");
    assert_eq!(with(format!("300,20040201{values}\n")), "nem_field_count");
    assert_eq!(with(format!("300,20040201{values},1,A,,,,,,x\n")), "nem_field_count");
    assert_eq!(with(day("-1", "A")), "negative_energy");
    assert_eq!(with(day("1e3", "A")), "not_a_number");
    assert_eq!(with(day("9999999999999", "A")), "energy_too_large");
    assert_eq!(with(day("0.000000000000000000001", "A")), "too_many_decimals");
}
