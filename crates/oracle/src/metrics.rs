//! Counters for Prometheus, in the OpenMetrics format.

use crate::progress::Progress;
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use std::{collections::BTreeMap, sync::atomic::AtomicU64};

/// Labels of a metric: at most a source and a reason.
type Labels = Vec<(&'static str, String)>;
type Counts = Family<Labels, Counter<u64, AtomicU64>>;
type Values = Family<Labels, Gauge>;

struct Page {
    registry: Registry,
}

impl Page {
    fn counter(
        &mut self,
        (name, help): (&str, &str),
        values: impl IntoIterator<Item = (Labels, u64)>,
    ) {
        let family = Counts::default();
        for (labels, value) in values {
            family.get_or_create(&labels).inc_by(value);
        }
        self.registry.register(name, help, family);
    }

    fn gauge(
        &mut self,
        (name, help): (&str, &str),
        values: impl IntoIterator<Item = (Labels, i64)>,
    ) {
        let family = Values::default();
        for (labels, value) in values {
            family.get_or_create(&labels).set(value);
        }
        self.registry.register(name, help, family);
    }

    fn total(&mut self, (name, help): (&str, &str), value: u64) {
        let counter = Counter::<u64, AtomicU64>::default();
        counter.inc_by(value);
        self.registry.register(name, help, counter);
    }

    fn level(&mut self, (name, help): (&str, &str), value: i64) {
        let gauge = Gauge::<i64>::default();
        gauge.set(value);
        self.registry.register(name, help, gauge);
    }

    fn sources(&mut self, progress: &Progress) {
        let of = |name: &str| vec![("source", name.to_owned())];
        let by = |name: &str, key: &'static str, counts: &BTreeMap<String, u64>| {
            let with = |(value, count): (&String, &u64)| {
                (vec![("source", name.to_owned()), (key, value.clone())], *count)
            };
            counts.iter().map(with).collect::<Vec<_>>()
        };
        let sources = &progress.sources;
        let read = sources.iter().map(|source| (of(&source.name), source.read));
        self.counter(("oracle_records_read", "Records that were read"), read);
        let counted = sources.iter().map(|source| (of(&source.name), source.counted));
        self.counter(("oracle_intervals_counted", "Intervals that count"), counted);
        let out = sources.iter().flat_map(|one| by(&one.name, "reason", &one.left_out));
        self.counter(("oracle_records_left_out", "Records that do not count"), out);
        let found = sources.iter().flat_map(|one| by(&one.name, "kind", &one.findings));
        self.counter(("oracle_findings", "What was found in sources"), found);
        let faults = sources.iter().map(|one| (of(&one.name), i64::from(one.fault.is_some())));
        self.gauge(("oracle_source_fault", "1 if a source cannot be read now"), faults);
    }

    fn feed(&mut self, progress: &Progress) {
        let Some(feed) = &progress.feed else { return };
        self.level(
            ("oracle_intervals_queued", "Intervals that wait to be sent"),
            i64::try_from(feed.queued).unwrap_or(i64::MAX),
        );
        self.total(("oracle_readings_sent", "Readings that the chain took"), feed.sent);
        self.total(("oracle_sent_wh", "What they say together, in Wh"), feed.sent_wh);
        self.total(("oracle_readings_attested", "Readings that were attested"), feed.attested);
        let refused = feed.refused.iter().map(|(code, n)| (vec![("code", code.clone())], *n));
        self.counter(("oracle_readings_refused", "What was refused"), refused);
        let blocked = i64::try_from(feed.blocked.len()).unwrap_or(i64::MAX);
        self.level(("oracle_meters_blocked", "Meters that cannot be sent for now"), blocked);
    }

    fn oracle(&mut self, progress: &Progress) {
        let Some(oracle) = &progress.oracle else { return };
        self.total(("oracle_reports", "Batches that were reported about"), oracle.reports);
        let found = [
            ("agree", oracle.agreed),
            ("contradict", oracle.contradicted),
            ("abstain", oracle.abstained),
        ];
        let found = found.map(|(name, count)| (vec![("verdict", name.to_owned())], count));
        self.counter(("oracle_readings_judged", "Readings of reports, by verdict"), found);
        self.total(
            ("oracle_batches_missed", "Batches that expired without a report"),
            oracle.missed,
        );
        self.total(("oracle_batches_late", "Batches that others decided before"), oracle.late);
    }
}

/// The counters of a daemon, as Prometheus reads them.
///
/// # Errors
/// None that can happen: writing to a string does not fail.
pub fn render(progress: &Progress) -> Result<String, std::fmt::Error> {
    let mut page = Page { registry: Registry::default() };
    page.level(("oracle_node_connected", "1 if the node answers"), i64::from(progress.connected));
    page.level(
        ("oracle_clock_off_seconds", "How far this clock is ahead of the last block"),
        progress.clock_off_s,
    );
    let flying = i64::try_from(progress.in_flight).unwrap_or(i64::MAX);
    page.level(("oracle_transactions_in_flight", "Transactions on their way"), flying);
    let retries = |job: &str, count| (vec![("job", job.to_owned())], count);
    let feed = progress.feed.as_ref().map(|feed| retries("feed", feed.retries));
    let attest = progress.oracle.as_ref().map(|oracle| retries("attest", oracle.retries));
    let what = ("oracle_retries", "Transactions that were tried again");
    page.counter(what, feed.into_iter().chain(attest));
    page.sources(progress);
    page.feed(progress);
    page.oracle(progress);
    let mut text = String::new();
    encode(&mut text, &page.registry)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::{FeedProgress, OracleProgress, SourceProgress};

    #[test]
    fn counters_are_named_with_their_labels() {
        let progress = Progress {
            clock_off_s: -7,
            sources: vec![SourceProgress {
                name: "roof".into(),
                read: 9,
                left_out: [("quality_missing".into(), 2)].into(),
                ..SourceProgress::default()
            }],
            feed: Some(FeedProgress {
                sent: 5,
                refused: [("capacity_exceeded".into(), 1)].into(),
                ..FeedProgress::default()
            }),
            oracle: Some(OracleProgress { contradicted: 3, ..OracleProgress::default() }),
            ..Progress::default()
        };
        let text = render(&progress).unwrap();
        for line in [
            "oracle_records_read_total{source=\"roof\"} 9",
            "oracle_records_left_out_total{source=\"roof\",reason=\"quality_missing\"} 2",
            "oracle_readings_sent_total 5",
            "oracle_readings_refused_total{code=\"capacity_exceeded\"} 1",
            "oracle_readings_judged_total{verdict=\"contradict\"} 3",
            "oracle_clock_off_seconds -7",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }
}
