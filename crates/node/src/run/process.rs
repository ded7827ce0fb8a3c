//! What the operating system says about this process, as Prometheus text.

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _, text::encode},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::{Registry, Unit},
};
use std::time::{SystemTime, UNIX_EPOCH};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

/// A reading. Zero where the platform does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Reading {
    /// Bytes of memory in use.
    pub resident_bytes: u64,
    /// Seconds of processor time used.
    pub cpu_seconds: f64,
    /// Open files and sockets.
    pub open_files: u64,
    /// Threads.
    pub threads: u64,
}

impl Reading {
    /// Asks the operating system.
    pub(super) fn take() -> Self {
        let Ok(id) = sysinfo::get_current_pid() else { return Self::default() };
        let Ok(mut system) = System::new() else { return Self::default() };
        let what = ProcessRefreshKind::nothing().with_memory().with_cpu().with_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[id]), false, what);
        let Some(process) = system.process(id) else { return Self::default() };
        Self {
            resident_bytes: process.memory(),
            cpu_seconds: process.accumulated_cpu_time() as f64 / 1_000.0,
            open_files: process.open_files().map_or(0, |count| count as u64),
            threads: process.tasks().map_or(0, |tasks| tasks.len() as u64),
        }
    }
}

#[derive(Debug)]
struct Process {
    started_at_ms: u64,
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let reading = Reading::take();
        let mut gauge = |name: &str, help: &str, unit: Option<&Unit>, value: f64| {
            let metric = ConstGauge::new(value);
            let place = encoder.encode_descriptor(name, help, unit, metric.metric_type())?;
            metric.encode(place)
        };
        let resident = reading.resident_bytes as f64;
        gauge("process_resident_memory", "Memory in use", Some(&Unit::Bytes), resident)?;
        gauge("process_open_fds", "Open files and sockets", None, reading.open_files as f64)?;
        gauge("process_threads", "Threads", None, reading.threads as f64)?;
        let started = self.started_at_ms as f64 / 1_000.0;
        gauge("process_start_time", "Start of the process", Some(&Unit::Seconds), started)?;
        let cpu = ConstCounter::new(reading.cpu_seconds);
        let (name, help) = ("process_cpu", "Processor time used");
        let place =
            encoder.encode_descriptor(name, help, Some(&Unit::Seconds), cpu.metric_type())?;
        cpu.encode(place)
    }
}

/// Milliseconds since the Unix epoch.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The process as Prometheus text, with the build it came from.
pub(super) fn metrics(started_at_ms: u64, build: &[(&'static str, String)]) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Process { started_at_ms }));
    let labels: Vec<(&'static str, String)> = build.to_vec();
    let info = prometheus_client::metrics::info::Info::new(labels);
    registry.register("althing_build", "The software that runs", info);
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = encode(&mut text, &registry);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_process_uses_memory_and_threads() {
        let text = metrics(5_000, &[("version", "1.2.3".to_owned())]);
        let value = |name: &str| -> f64 {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            line.rsplit(' ').next().unwrap().parse().unwrap()
        };
        assert!(value("process_resident_memory_bytes ") > 100_000.0);
        assert!(value("process_threads ") >= 1.0);
        assert_eq!(value("process_start_time_seconds "), 5.0);
        assert!(text.contains("althing_build_info{version=\"1.2.3\"} 1"));
    }
}
