use super::*;
use crate::record::{Direction, Interval, Quality, Refusal};
use std::io::Cursor;

const POINT: &str = r#"<entry><link rel="self" href="/RC/1/UsagePoint/7"/><content><UsagePoint><ServiceCategory><kind>0</kind></ServiceCategory></UsagePoint></content></entry>"#;
const READING: &str = r#"<entry><link rel="self" href="/RC/1/UsagePoint/7/MeterReading/01"/><link rel="up" href="/RC/1/UsagePoint/7/MeterReading"/><link rel="related" href="/ReadingType/3"/><content><MeterReading/></content></entry>"#;

fn kind(numbers: &str) -> String {
    format!(
        r#"<entry><link rel="self" href="/ReadingType/3"/><content><ReadingType>{numbers}</ReadingType></content></entry>"#
    )
}

const WH: &str = "<accumulationBehaviour>4</accumulationBehaviour><flowDirection>1</flowDirection><intervalLength>900</intervalLength><powerOfTenMultiplier>0</powerOfTenMultiplier><uom>72</uom>";

fn block(readings: &str) -> String {
    format!(
        r#"<entry><link rel="self" href="/RC/1/UsagePoint/7/MeterReading/01/IntervalBlock/1"/><link rel="up" href="/RC/1/UsagePoint/7/MeterReading/01/IntervalBlock"/><content><IntervalBlock>{readings}</IntervalBlock></content></entry>"#
    )
}

fn value(value: &str, start: u64, more: &str) -> String {
    format!(
        "<IntervalReading><timePeriod><duration>900</duration><start>{start}</start></timePeriod><value>{value}</value>{more}</IntervalReading>"
    )
}

fn feed(entries: &[&str]) -> String {
    format!(
        r#"<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{}</feed>"#,
        entries.concat()
    )
}

fn read(text: &str) -> (Vec<Record>, Option<Fault>) {
    let mut found = vec![];
    for record in GreenButton::new(Cursor::new(text.as_bytes())) {
        match record {
            Ok(record) => found.push(record),
            Err(fault) => return (found, Some(fault)),
        }
    }
    (found, None)
}

fn code(text: &str) -> &'static str {
    read(text).1.unwrap_or_else(|| panic!("accepted: {text}")).code()
}

fn energies(text: &str) -> Vec<(u64, Direction, Quality)> {
    let (found, fault) = read(text);
    assert_eq!(fault, None, "{text}");
    let of = |record: &Record| match record {
        Record::Interval(_, i) => (i.milliwatt_hours, i.direction, i.quality),
        other => panic!("{other:?}"),
    };
    found.iter().map(of).collect()
}

#[test]
fn a_reading_gets_its_unit_from_its_type() {
    let text = feed(&[POINT, READING, &kind(WH), &block(&value("282", 900, ""))]);
    let (found, fault) = read(&text);
    assert_eq!(fault, None);
    let [Record::Interval(meter, interval)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (meter.id.as_str(), meter.channel.as_str(), meter.unit.as_str()),
        ("/RC/1/UsagePoint/7", "01", "Wh")
    );
    let want = Interval {
        start: 900,
        seconds: 900,
        milliwatt_hours: 282_000,
        quality: Quality::Actual,
        direction: Direction::Import,
    };
    assert_eq!(*interval, want);
}

#[test]
fn entries_may_stand_in_any_order_and_links_behind_the_content() {
    let behind = r#"<entry><content><IntervalBlock><IntervalReading><timePeriod><start>5</start></timePeriod><value>1</value></IntervalReading></IntervalBlock></content><link rel="self" href="/RC/1/UsagePoint/7/MeterReading/01/IntervalBlock/1"/></entry>"#;
    let text = feed(&[&block(&value("1", 0, "")), behind, &kind(WH), READING]);
    let (found, fault) = read(&text);
    assert_eq!(fault, None);
    assert!(matches!(
        &found[1],
        Record::Interval(_, Interval { start: 5, seconds: 900, milliwatt_hours: 1_000, .. })
    ));
}

#[test]
fn a_lone_entry_and_prefixes_are_read() {
    let text = feed(&[READING, &kind(WH), &block(&value("1", 0, ""))]);
    for name in ["IntervalBlock", "IntervalReading", "value", "content"] {
        let text = text.replace(&format!("<{name}>"), &format!("<espi:{name}>"));
        let text = text.replace(&format!("</{name}>"), &format!("</espi:{name}>"));
        assert_eq!(energies(&text).len(), 1, "{name}");
    }
    assert_eq!(code(&block(&value("1", 0, ""))), "espi_link", "an entry alone has no type");
}

#[test]
fn powers_of_ten_directions_and_signs_are_applied() {
    let with = |from: &str, to: &str, v: &str| {
        feed(&[READING, &kind(&WH.replace(from, to)), &block(&value(v, 0, ""))])
    };
    let ten = |n: i32| format!("<powerOfTenMultiplier>{n}<");
    assert_eq!(energies(&with(&ten(0), &ten(3), "2"))[0].0, 2_000_000);
    assert_eq!(energies(&with(&ten(0), &ten(-3), "2500"))[0].0, 2_500);
    assert_eq!(energies(&with(">1<", ">19<", "5"))[0].1, Direction::Export);
    assert_eq!(energies(&with(">1<", ">4<", "-5"))[0], (5_000, Direction::Export, Quality::Actual));
    assert_eq!(energies(&with(">1<", ">4<", "5"))[0].1, Direction::Import);
    assert_eq!(energies(&with(">72<", ">31<", "7200"))[0].0, 2_000, "joules");
    assert_eq!(code(&with(">1<", ">1<", "-5")), "negative_energy");
    assert_eq!(code(&with(&ten(0), &ten(13), "5")), "espi_code");
    assert_eq!(code(&with(&ten(0), &ten(12), "5000")), "energy_too_large");
}

#[test]
fn small_values_are_carried_and_never_lost() {
    let tiny = WH.replace("Multiplier>0<", "Multiplier>-6<");
    let readings: String = (0..4).map(|i| value("300", i * 900, "")).collect();
    let found = energies(&feed(&[READING, &kind(&tiny), &block(&readings)]));
    let sum: Vec<u64> = found.iter().map(|found| found.0).collect();
    assert_eq!(sum, [0, 0, 0, 1], "4 times 0.3 mWh");
}

#[test]
fn the_worst_quality_counts_and_the_type_has_a_default() {
    let quality = |n: u32| format!("<ReadingQuality><quality>{n}</quality></ReadingQuality>");
    let readings = [
        value("1", 0, &quality(8)),
        value("1", 900, &(quality(0) + &quality(7))),
        value("1", 1_800, ""),
    ];
    let typed = format!("{WH}<defaultQuality>10</defaultQuality>");
    let found = energies(&feed(&[READING, &kind(&typed), &block(&readings.concat())]));
    let qualities: Vec<Quality> = found.iter().map(|found| found.2).collect();
    assert_eq!(qualities, [Quality::Estimated, Quality::Substituted, Quality::Questionable]);
    let bad = feed(&[READING, &kind(WH), &block(&value("1", 0, &quality(5)))]);
    assert_eq!(code(&bad), "espi_code");
}

#[test]
fn counters_become_registers() {
    let counter = WH.replace(">4<", ">1<");
    let (found, _) = read(&feed(&[READING, &kind(&counter), &block(&value("1000", 0, ""))]));
    assert!(
        matches!(&found[..], [Record::Register(_, r)] if r.at == 900 && r.watt_hours() == 1_000)
    );
}

#[test]
fn what_is_not_electric_energy_is_refused_once() {
    let blocks = block(&value("1", 0, "")) + &block(&value("2", 900, ""));
    let gas = POINT.replace("<kind>0<", "<kind>1<");
    let cases = [
        (feed(&[READING, &kind(&WH.replace(">72<", ">73<")), &blocks]), Refusal::NotEnergy),
        (feed(&[&gas, READING, &kind(WH), &blocks]), Refusal::NotElectricity),
        (
            feed(&[READING, &kind(&(WH.to_owned() + "<commodity>7</commodity>")), &blocks]),
            Refusal::NotElectricity,
        ),
        (feed(&[READING, &kind(&WH.replace(">4<", ">12<")), &blocks]), Refusal::Unsupported),
    ];
    for (text, want) in cases {
        let (found, fault) = read(&text);
        assert_eq!(fault, None);
        assert!(
            matches!(&found[..], [Record::Refused(_, refusal)] if *refusal == want),
            "{found:?}"
        );
    }
}

#[test]
fn every_fault_names_its_element() {
    let bad = feed(&[READING, &kind(WH), &block(&(value("1", 0, "") + &value("x", 900, "")))]);
    let fault = read(&bad).1.expect("refused");
    let Place::Element { path, offset } = &fault.place else { panic!("{fault}") };
    assert_eq!(path, "feed/entry[3]/content/IntervalBlock[1]/IntervalReading[2]/value");
    assert_eq!(&bad[..*offset as usize].rsplit_once("<value>").expect("there").1[..1], "x");
    let good = |readings: &str| feed(&[READING, &kind(WH), &block(readings)]);
    let cases = [
        (good("<IntervalReading><value>1</value></IntervalReading>"), "espi_element_missing"),
        (
            good("<IntervalReading><timePeriod><start>1</start></timePeriod></IntervalReading>"),
            "espi_element_missing",
        ),
        (good(&value("1</value><value>2", 0, "")), "espi_element_twice"),
        (good(&value("1", 99_999_999_999, "")), "time_out_of_range"),
        (good(&value("1", 0, "").replace("<start>0", "<start>-5")), "time_invalid"),
        (feed(&[&kind(WH), &block("")]), "espi_link"),
        (feed(&[READING, &block("")]), "espi_link"),
        (feed(&[READING, &kind(&WH.replace(">72<", ">Wh<")), &block("")]), "espi_code"),
    ];
    for (text, want) in cases {
        assert_eq!(code(&text), want, "{text}");
    }
}

#[test]
fn hostile_documents_are_refused() {
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "aa">]><feed>&a;</feed>"#;
    assert_eq!(code(bomb), "xml_doctype");
    assert_eq!(code("<feed>&a;</feed>"), "xml_entity");
    assert_eq!(code("<feed>&#x110000;</feed>"), "xml_entity");
    assert_eq!(code(&"<feed>".repeat(40)), "xml_too_deep");
    assert_eq!(code(&format!("<feed><!--{}--></feed>", "x".repeat(300_000))), "xml_too_long");
    assert_eq!(code(&format!("<feed>{}</feed>", "&lt;".repeat(300_000))), "xml_too_long");
    assert_eq!(code("<html></html>"), "espi_not_a_feed");
    assert_eq!(code("<feed></feed><feed></feed>"), "espi_not_a_feed");
    assert_eq!(code("<feed></feed>x"), "xml_malformed");
    assert_eq!(code("<feed><a></b></feed>"), "xml_malformed");
    assert_eq!(code("<feed><entry>"), "xml_malformed");
    assert_eq!(code("<feed><link rel=\"self\" rel=\"up\"/></feed>"), "xml_malformed");
    assert_eq!(code(""), "empty");
    let link =
        format!("<feed><entry><link rel=\"self\" href=\"{}\"/></entry></feed>", "x".repeat(513));
    assert_eq!(code(&link), "text_too_long");
}

#[test]
fn a_cut_feed_gives_what_came_before_and_then_the_fault() {
    let text = feed(&[READING, &kind(WH), &block(&(value("1", 0, "") + &value("2", 900, "")))]);
    let cut = text.rfind("<value>").expect("there");
    let (found, fault) = read(&text[..cut]);
    assert_eq!(found.len(), 1);
    assert_eq!(fault.expect("cut").code(), "xml_malformed");
    // The type stands behind the cut, so nothing can be said about the values before it.
    let text = feed(&[READING, &block(&value("1", 0, "")), &kind(WH)]);
    let (found, fault) = read(&text[..text.len() - 60]);
    assert_eq!((found.len(), fault.expect("cut").code()), (0, "xml_malformed"));
}
