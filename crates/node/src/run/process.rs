//! What the operating system says about this process, as Prometheus text.

use althing_engine::duties::Machine;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _, text::encode},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::{Registry, Unit},
};
use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};
use sysinfo::{Disk, Disks, ProcessRefreshKind, ProcessesToUpdate, System};

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

/// What a heartbeat says about the machine: memory of this process, free space on the disk that
/// holds `data`, and the time since `started_at_ms`. Zero where the platform does not tell.
pub(super) fn machine(data: &Path, started_at_ms: u64) -> Machine {
    let mib = |bytes: u64| u32::try_from(bytes >> 20).unwrap_or(u32::MAX);
    let uptime = now_ms().saturating_sub(started_at_ms) / 1_000;
    Machine {
        memory_mib: mib(Reading::take().resident_bytes),
        free_disk_mib: mib(free_space(data)),
        uptime_s: u32::try_from(uptime).unwrap_or(u32::MAX),
        peers: 0,
    }
}

/// Bytes free on the disk that holds a folder.
fn free_space(folder: &Path) -> u64 {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let Ok(disks) = Disks::new_with_refreshed_list() else { return 0 };
    let holds = |disk: &&Disk| folder.starts_with(disk.mount_point());
    let nearest =
        disks.iter().filter(holds).max_by_key(|disk| disk.mount_point().as_os_str().len());
    nearest.map_or(0, Disk::available_space)
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
    fn a_heartbeat_measures_the_machine() {
        let machine = machine(Path::new("."), now_ms() - 7_000);
        assert!(machine.memory_mib > 0 && machine.free_disk_mib > 0, "{machine:?}");
        assert!((7..60).contains(&machine.uptime_s));
    }

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
