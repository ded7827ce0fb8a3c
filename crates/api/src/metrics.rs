//! What the HTTP server measures, in the Prometheus text format.

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use std::{borrow::Cow, time::Duration};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: Cow<'static, str>,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabel {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QuotaLabel {
    quota: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    latency: Family<RouteLabel, Histogram, fn() -> Histogram>,
    limited: Family<QuotaLabel, Counter>,
    submitted: Family<OutcomeLabel, Counter>,
    /// Event streams that are open.
    pub(crate) subscribers: Gauge,
    /// Requests being served.
    pub(crate) in_flight: Gauge,
    /// Times that an event stream fell behind and was resumed from blocks.
    pub(crate) lagged: Counter,
}

/// From 0.2 ms to 6.5 s.
fn latency_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_2, 2.0, 16))
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("althing_http");
        let metrics = Self {
            requests: Family::default(),
            latency: Family::new_with_constructor(latency_histogram),
            limited: Family::default(),
            submitted: Family::default(),
            subscribers: Gauge::default(),
            in_flight: Gauge::default(),
            lagged: Counter::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "Requests answered", metrics.requests.clone());
        registry.register("request_seconds", "Time to answer", metrics.latency.clone());
        registry.register("rate_limited", "Requests refused by a quota", metrics.limited.clone());
        registry.register("submitted", "Transactions submitted", metrics.submitted.clone());
        registry.register("sse_subscribers", "Open event streams", metrics.subscribers.clone());
        registry.register("in_flight", "Requests being served", metrics.in_flight.clone());
        registry.register("sse_lagged", "Event streams that fell behind", metrics.lagged.clone());
        Self { registry, ..metrics }
    }

    /// Notes an answered request. `route` is the pattern, never the path, so labels are bounded.
    pub(crate) fn answered(
        &self,
        route: &str,
        method: &axum::http::Method,
        status: u16,
        took: Duration,
    ) {
        let method = match method.as_str() {
            "GET" => "GET",
            "POST" => "POST",
            "DELETE" => "DELETE",
            "HEAD" => "HEAD",
            "OPTIONS" => "OPTIONS",
            _ => "other",
        };
        let labels =
            RequestLabels { route: route.to_owned(), method: Cow::Borrowed(method), status };
        self.requests.get_or_create(&labels).inc();
        let label = RouteLabel { route: route.to_owned() };
        self.latency.get_or_create(&label).observe(took.as_secs_f64());
    }

    /// Notes a request refused by the quota of this name.
    pub(crate) fn limited(&self, quota: &'static str) {
        self.limited.get_or_create(&QuotaLabel { quota }).inc();
    }

    /// Notes submitted transactions.
    pub(crate) fn submitted(&self, accepted: usize, rejected: usize) {
        for (outcome, count) in [("accepted", accepted), ("rejected", rejected)] {
            self.submitted.get_or_create(&OutcomeLabel { outcome }).inc_by(count as u64);
        }
    }

    /// The node's metrics and ours as one OpenMetrics document.
    pub(crate) fn text(&self, node: &str) -> String {
        let mut own = String::new();
        // Writing to a string cannot fail.
        encode(&mut own, &self.registry).unwrap_or_default();
        let mut text = String::with_capacity(node.len() + own.len() + 8);
        for part in [node, own.as_str()] {
            let part = part.trim_end().trim_end_matches("# EOF").trim_end();
            if !part.is_empty() {
                text.push_str(part);
                text.push('\n');
            }
        }
        text.push_str("# EOF\n");
        text
    }
}
