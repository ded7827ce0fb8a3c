use super::*;
use crate::{Interval, energy::EnergyUnit};

fn config() -> CsvConfig {
    CsvConfig {
        delimiter: ',',
        decimal_point: '.',
        time: CsvTime {
            column: "time".into(),
            form: TimeForm::Rfc3339,
            stamp: Stamp::Start,
            offset_seconds: 0,
        },
        seconds: Some(900),
        end_column: None,
        meter: MeterName::Column("meter".into()),
        quality_column: None,
        qualities: BTreeMap::new(),
        missing: vec![String::new()],
        values: vec![value("kWh", EnergyUnit::KiloWh)],
    }
}

fn value(column: &str, unit: EnergyUnit) -> ValueColumn {
    ValueColumn {
        column: column.into(),
        channel: None,
        unit,
        kind: ValueKind::default(),
        direction: ValueDirection::default(),
    }
}

fn read(config: CsvConfig, text: &str) -> Result<Vec<Record>, Fault> {
    Csv::new(text.as_bytes(), config).collect()
}

fn intervals(config: CsvConfig, text: &str) -> Vec<Interval> {
    let of = |record| match record {
        Record::Interval(_, interval) => interval,
        other => panic!("{other:?}"),
    };
    read(config, text).expect(text).into_iter().map(of).collect()
}

fn fault(config: CsvConfig, text: &str) -> (&'static str, Place) {
    let fault = read(config, text).expect_err(text);
    (fault.code(), fault.place)
}

#[test]
fn lines_become_intervals_of_their_meters() {
    let text = "meter,time,note,kWh\na,1970-01-01T01:00:00+01:00,x,0.25\n\"b\",1970-01-01T00:15:00Z,\"y, z\",1\n";
    let found = read(config(), text).expect("good");
    let [Record::Interval(a, first), Record::Interval(b, second)] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (a.id.as_str(), a.channel.as_str(), a.unit.as_str(), b.id.as_str()),
        ("a", "kWh", "kWh", "b")
    );
    assert_eq!((first.start, first.seconds, first.milliwatt_hours), (0, 900, 250_000));
    assert_eq!((second.start, second.milliwatt_hours), (900, 1_000_000));
}

#[test]
fn a_configuration_is_read_from_toml() {
    let text = r#"
        delimiter = ";"
        decimal_point = ","
        seconds = 60
        meter = { name = "house" }
        missing = ["", "?"]
        quality_column = "flag"
        qualities = { ok = "actual", est = "estimated" }
        [time]
        column = "Zeit"
        form = "%d.%m.%Y %H:%M"
        stamp = "end"
        offset_seconds = 3600
        [[values]]
        column = "Leistung"
        unit = "kW"
        direction = "signed"
        [[values]]
        column = "Zähler"
        channel = "total"
        unit = "kWh"
        kind = "counter"
        direction = "export"
    "#;
    let config: CsvConfig = toml::from_str(text).expect("a configuration");
    let file = "Zeit;Leistung;Zähler;flag\r\n1.1.1970 01:01;-1,2;1000,5;ok\r\n\r\n01.01.1970 1:02;?;;est\r\n";
    let found = read(config, file).expect("good");
    let [Record::Interval(_, net), Record::Register(total, counter), Record::Interval(_, missing)] =
        found.as_slice()
    else {
        panic!("{found:?}")
    };
    assert_eq!(
        (net.start, net.seconds, net.milliwatt_hours, net.direction),
        (0, 60, 20_000, Direction::Export)
    );
    assert_eq!(
        (total.channel.as_str(), counter.at, counter.watt_hours()),
        ("total", 60, 1_000_500)
    );
    assert_eq!(
        (missing.start, missing.quality, missing.milliwatt_hours),
        (60, Quality::Missing, 0)
    );
    assert!(toml::from_str::<CsvConfig>(&text.replace("seconds = 60", "secs = 60")).is_err());
}

#[test]
fn ends_may_have_a_column_and_times_may_be_unix() {
    let mut config = config();
    config.time.form = TimeForm::Unix;
    config.seconds = None;
    config.end_column = Some("end".into());
    let found = intervals(config.clone(), "meter,time,end,kWh\na,100,160,1\n");
    assert_eq!((found[0].start, found[0].seconds), (100, 60));
    assert_eq!(fault(config.clone(), "meter,time,end,kWh\na,100,100,1\n").0, "period_invalid");
    assert_eq!(fault(config.clone(), "meter,time,end,kWh\na,-1,100,1\n").0, "time_invalid");
    assert_eq!(fault(config, "meter,time,end,kWh\na,99999999999,1,1\n").0, "time_out_of_range");
}

#[test]
fn power_is_carried_exactly_over_intervals() {
    let mut config = config();
    config.seconds = Some(1);
    config.values = vec![value("W", EnergyUnit::W)];
    let lines: String =
        (0..3600).map(|s| format!("a,1970-01-01T00:{:02}:{:02}Z,1\n", s / 60, s % 60)).collect();
    let found = intervals(config, &format!("meter,time,W\n{lines}"));
    let sum: u64 = found.iter().map(|interval| interval.milliwatt_hours).sum();
    assert_eq!(sum, 1_000, "one watt for an hour");
}

#[test]
fn every_fault_has_its_code_and_line() {
    let head = "meter,time,kWh\n";
    let good = "a,1970-01-01T00:00:00Z,1\n";
    let cases: &[(String, &str, Place)] = &[
        (String::new(), "empty", Place::Source),
        ("meter,time\n".into(), "csv_column_missing", Place::Line(1)),
        ("\nmeter,time,kWh,kWh\n".into(), "csv_column_twice", Place::Line(2)),
        (format!("{head}\r\n{good}\na,1\n"), "csv_malformed", Place::Line(5)),
        (format!("{head}{good}a,x,1\n"), "time_invalid", Place::Line(3)),
        (format!("{head}a,1969-12-31T00:00:00Z,1\n"), "time_out_of_range", Place::Line(2)),
        (format!("{head}a,1970-01-01T00:00:00Z,x\n"), "not_a_number", Place::Line(2)),
        (format!("{head}a,1970-01-01T00:00:00Z,-1\n"), "negative_energy", Place::Line(2)),
        (format!("{head},1970-01-01T00:00:00Z,1\n"), "field_empty", Place::Line(2)),
        (
            format!("{head}{},1970-01-01T00:00:00Z,1\n", "m".repeat(129)),
            "text_too_long",
            Place::Line(2),
        ),
        (format!("{head}\"a\n{good}"), "csv_malformed", Place::Line(2)),
        (format!("{head}{good}a,1970-01-01T00:00:00Z,\"1"), "csv_malformed", Place::Line(3)),
        (format!("{head}\"{}", "x".repeat(70_000)), "line_too_long", Place::Line(2)),
    ];
    for (text, code, place) in cases {
        assert_eq!(fault(config(), text), (*code, place.clone()), "{text:.80}");
    }
    let mut flagged = config();
    flagged.quality_column = Some("q".into());
    flagged.qualities = [("A".to_owned(), Quality::Actual)].into();
    let bad = "meter,time,kWh,q\na,1970-01-01T00:00:00Z,1,B\n";
    assert_eq!(fault(flagged, bad), ("quality_invalid", Place::Line(2)));
    let bytes = [head.as_bytes(), b"\xff,1970-01-01T00:00:00Z,1\n"].concat();
    let found: Result<Vec<Record>, Fault> = Csv::new(bytes.as_slice(), config()).collect();
    assert_eq!(found.expect_err("not text").place, Place::Line(2));
}

#[test]
fn contradictions_of_the_configuration_are_named() {
    let wrong = |change: &dyn Fn(&mut CsvConfig)| {
        let mut config = config();
        change(&mut config);
        assert_eq!(
            fault(config.clone(), "meter,time,kWh\n"),
            ("configuration", Place::Source),
            "{config:?}"
        );
    };
    wrong(&|c| c.delimiter = 'é');
    wrong(&|c| c.decimal_point = ',');
    wrong(&|c| c.time.form = TimeForm::Pattern("%H".into()));
    wrong(&|c| c.time.offset_seconds = 90_000);
    wrong(&|c| c.quality_column = Some("q".into()));
    wrong(&|c| c.values.clear());
    wrong(&|c| c.seconds = None);
    wrong(&|c| c.end_column = Some("end".into()));
    wrong(&|c| (c.seconds, c.end_column, c.time.stamp) = (None, Some("end".into()), Stamp::End));
    wrong(&|c| c.values.push(value("kWh", EnergyUnit::Wh)));
    wrong(&|c| (c.values[0].kind, c.values[0].unit) = (ValueKind::Counter, EnergyUnit::KiloW));
    wrong(&|c| {
        (c.values[0].kind, c.values[0].direction) = (ValueKind::Counter, ValueDirection::Signed)
    });
}
