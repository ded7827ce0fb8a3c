//! What came of it.

use crate::cli::output;
use hdrhistogram::Histogram;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

/// The figures of a run.
pub(super) struct Report {
    /// Nodes that were sent to.
    pub nodes: usize,
    /// How long the load lasted.
    pub elapsed: Duration,
    /// Transactions sent.
    pub submitted: u64,
    /// Transactions that a node took.
    pub accepted: u64,
    /// Transactions seen in finalized blocks.
    pub finalized: u64,
    /// Finalized before the load ended.
    pub finalized_in_window: u64,
    /// Accepted, and not finalized a minute after the load ended.
    pub unfinished: u64,
    /// Refusals by code.
    pub rejected: BTreeMap<String, u64>,
    /// Finalized transactions of each second.
    pub per_second: Vec<u64>,
    /// Time in milliseconds and transactions of each block.
    pub blocks: Vec<(u64, u64)>,
    /// Submit to final, in microseconds.
    pub latency: Histogram<u64>,
    /// Probes that got no receipt.
    pub probes_lost: u64,
}

impl Report {
    /// Prints the figures, as lines or as JSON.
    pub(super) fn print(&self, as_json: bool) {
        let seconds = self.elapsed.as_secs_f64();
        let rate = self.finalized_in_window as f64 / seconds.max(0.001);
        let milliseconds = |quantile| self.latency.value_at_quantile(quantile) as f64 / 1000.0;
        let blocks = self.blocks.iter().filter(|(_, count)| *count > 0).count();
        let largest = self.blocks.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let span = match (self.blocks.first(), self.blocks.last()) {
            (Some(first), Some(last)) if self.blocks.len() > 1 => {
                last.0.saturating_sub(first.0) as f64 / (self.blocks.len() - 1) as f64
            }
            _ => 0.0,
        };
        if as_json {
            let value = json!({
                "nodes": self.nodes, "seconds": seconds, "submitted": self.submitted,
                "accepted": self.accepted, "finalized": self.finalized, "unfinished": self.unfinished,
                "finalized_per_second": rate, "rejected": self.rejected,
                "per_second": self.per_second, "blocks": self.blocks.len(),
                "largest_block": largest, "block_interval_ms": span,
                "finality_ms": { "p50": milliseconds(0.5), "p90": milliseconds(0.9),
                    "p99": milliseconds(0.99), "samples": self.latency.len() },
                "probes_lost": self.probes_lost,
            });
            output::json(&value);
            return;
        }
        output::line(format!("nodes                {}", self.nodes));
        output::line(format!("duration             {seconds:.1} s"));
        output::line(format!("submitted            {}", self.submitted));
        output::line(format!("accepted             {}", self.accepted));
        output::line(format!("finalized            {}", self.finalized));
        output::line(format!("unfinished           {}", self.unfinished));
        output::line(format!("finalized a second   {rate:.0}"));
        output::line(format!(
            "blocks               {} ({blocks} with transactions)",
            self.blocks.len()
        ));
        output::line(format!("largest block        {largest} transactions"));
        output::line(format!("block interval       {span:.0} ms"));
        output::line(format!(
            "finality             p50 {:.0} ms · p90 {:.0} ms · p99 {:.0} ms ({} probes, {} lost)",
            milliseconds(0.5),
            milliseconds(0.9),
            milliseconds(0.99),
            self.latency.len(),
            self.probes_lost
        ));
        for (code, count) in &self.rejected {
            output::line(format!("refused              {count} × {code}"));
        }
    }
}
