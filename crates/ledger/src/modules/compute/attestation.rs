//! What is known about devices: evidence, benchmarks, and the score that follows. The scoring itself
//! is `althing-devices`; the chain adds what it knows by itself.

use super::{
    DRIVERS, Device, MODELS, Measured, Task, Worker,
    desk::{Desk, broken},
    device_key,
    error::ComputeError,
    evidence_key, report_key, reports, store, uuid_key, whitelist, worker_key,
};
use crate::{
    error::{Failure, Fault},
    modules::staking,
};
use althing_devices::{
    attestation::{Benchmark, Challenge, Policy, Precision, Report, Verified, score},
    evidence::{DeviceInfo, DeviceKind as EvidenceKind, Evidence, MAX_EVIDENCE_BYTES as MOST},
    whitelist::Whitelist,
};
use althing_types::{
    Blob, Due, Event, Hash, Ppm, Text,
    compute::{DeviceId, DeviceKind, Inventory, Points, ProductKind},
    hash::{self, sha256},
    limits::MAX_EVIDENCE_BYTES,
    params::ComputeParams,
};

const _: () = assert!(MOST == MAX_EVIDENCE_BYTES, "both bound the same message");

/// Least time that counts, in microseconds: less says nothing about speed.
const LEAST_MICROS: u64 = 1_000;

/// Points of a processor that has shown all that one can: what it is, what it computes, who signs.
const CPU_SCORE: u32 = 50;

/// Reads evidence.
pub(super) fn parse(bytes: &[u8]) -> Result<Evidence, ComputeError> {
    let evidence: Evidence =
        serde_json::from_slice(bytes).map_err(|_| ComputeError::EvidenceMalformed)?;
    evidence.check().map_err(|_| ComputeError::EvidenceMalformed)?;
    Ok(evidence)
}

/// What evidence says about its device, as the chain keeps it.
pub(super) fn inventory(evidence: &Evidence) -> Inventory {
    let DeviceInfo { kind, model, memory_bytes, cores, .. } = &evidence.device;
    let device = &evidence.device;
    let uuid = device.uuid.as_ref().map(|uuid| sha256(&[uuid.as_str().as_bytes()]));
    Inventory {
        kind: match kind {
            EvidenceKind::Cpu => DeviceKind::Cpu,
            EvidenceKind::Gpu => DeviceKind::Gpu,
        },
        model: fitted(model.as_str()),
        memory_mib: memory_bytes >> 20,
        capability: device.compute_capability.map_or_else(Text::default, |release| {
            fitted(&format!("{}.{}", release.major, release.minor))
        }),
        driver: device
            .driver_version
            .as_ref()
            .map_or_else(Text::default, |version| fitted(version.as_str())),
        pci_id: device.pci.map_or_else(Text::default, |function| {
            fitted(&format!("{}:{}", function.vendor, function.device))
        }),
        uuid: uuid.unwrap_or_else(hash::zero),
        cores: cores.unwrap_or(0),
    }
}

/// As much of a text as fits, without control characters.
pub(super) fn fitted<const MAX: usize>(text: &str) -> Text<MAX> {
    let mut fitting = String::new();
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        if fitting.len().saturating_add(letter.len_utf8()) > MAX {
            break;
        }
        fitting.push(letter);
    }
    Text::new(fitting).unwrap_or_default()
}

/// What the network asks of a device of this kind. A processor is asked to be what it says, to
/// compute, and to sign, if processors get work at all.
fn policy(params: &ComputeParams, kind: DeviceKind) -> Policy {
    let small = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    let variance_ppm = params.max_variance.get();
    match kind {
        DeviceKind::Gpu => Policy {
            minimum_score: small(params.min_score),
            minimum_memory_bytes: params.min_memory_mib.saturating_mul(1 << 20),
            minimum_fp16_milli_tflops: params.min_performance,
            minimum_int8_milli_tflops: params.min_performance,
            variance_ppm,
            admits_processors: false,
        },
        DeviceKind::Cpu => Policy {
            minimum_score: CPU_SCORE,
            minimum_memory_bytes: 0,
            minimum_fp16_milli_tflops: 0,
            minimum_int8_milli_tflops: 0,
            variance_ppm,
            admits_processors: params.cpu_tier > Ppm::ZERO,
        },
    }
}

fn benchmark(measured: &Measured) -> Benchmark {
    Benchmark {
        precision: Precision::Fp16,
        multiply_adds: measured.multiply_adds,
        duration_micros: measured.micros,
    }
}

/// The points of a report by the names of their levels.
fn points(report: &Report) -> Points {
    let of = |name: &str| {
        let level = report.levels.iter().find(|level| level.name == name);
        level.and_then(|level| u8::try_from(level.points).ok()).unwrap_or(0)
    };
    Points {
        info: of("device"),
        driver: of("driver"),
        pci: of("bus"),
        benchmark: of("challenge"),
        signature: of("signature"),
    }
}

impl Desk<'_> {
    /// A device of a worker is described, anew or again.
    pub(super) fn attest(
        &mut self,
        id: &DeviceId,
        worker: &Worker,
        genesis: &Hash,
        (bytes, evidence): (&Blob<MAX_EVIDENCE_BYTES>, &Evidence),
    ) -> Result<(), Failure> {
        let report = evidence.report.as_ref();
        let report = report.map(|report| self.examine(id, genesis, report)).transpose()?;
        let mut inventory = inventory(evidence);
        inventory.uuid = reports::identity(inventory.uuid, report.as_ref());
        let known = store::load_device(self.view, id)?;
        let uuid = known.as_ref().map_or_else(hash::zero, |device| device.inventory.uuid);
        let other = known.as_ref().is_some_and(|device| {
            device.inventory.kind != inventory.kind || uuid != inventory.uuid
        });
        if other && known.as_ref().is_some_and(|device| device.open > 0) {
            return Err(ComputeError::DeviceBusy.into());
        }
        if other {
            self.remove_device(worker, id)?;
        }
        self.take_uuid(id, &inventory.uuid)?;
        // A report is in the block; what became of it, and the words, are in the state.
        let words = match report {
            Some(_) => Blob::new(reports::without_report(evidence)?)
                .ok_or(ComputeError::EvidenceMalformed)?,
            None => bytes.clone(),
        };
        if words.len() > reports::MAX_WORDS_BYTES {
            return Err(ComputeError::EvidenceMalformed.into());
        }
        let digest = sha256(&[&words]);
        let mut device = match known.filter(|_| !other) {
            Some(device) => Device { inventory, evidence: digest, ..device },
            None => self.fresh(inventory, digest),
        };
        device.attested = self.moment.height;
        store::save_evidence(self.view, id, &words)?;
        self.keep_report(id, report.as_ref())?;
        self.judge((id, worker), &mut device, evidence, None)?;
        Ok(())
    }

    /// A device that nothing is known about yet.
    fn fresh(&self, inventory: Inventory, evidence: Hash) -> Device {
        Device {
            inventory,
            evidence,
            points: Points::default(),
            passed: false,
            attested: self.moment.height,
            expires: Due::default(),
            tier: Ppm::ZERO,
            flagged: false,
            measured: None,
            benchmark: None,
            must_measure: false,
            open: 0,
            place: None,
        }
    }

    /// Nobody else has the device with this UUID. One without a UUID cannot be told from others.
    fn take_uuid(&mut self, id: &DeviceId, uuid: &Hash) -> Result<(), Failure> {
        if *uuid == hash::zero() {
            return Ok(());
        }
        staking::know(self.view, [uuid_key(uuid)])?;
        match store::load_uuid(self.view, uuid)? {
            Some(owner) if owner != *id => Err(ComputeError::DeviceTaken.into()),
            _ => Ok(store::save_uuid(self.view, uuid, id)?),
        }
    }

    /// Scores a device by its evidence and its last benchmark, puts it into the list of those that
    /// may work or takes it out, and saves it. `earlier` is the benchmark before the last one.
    fn judge(
        &mut self,
        (id, worker): (&DeviceId, &Worker),
        device: &mut Device,
        evidence: &Evidence,
        earlier: Option<Measured>,
    ) -> Result<(), Fault> {
        let list = self.whitelist()?;
        let counts = |measured: &Measured| !self.moment.is_reached(measured.expires);
        let measured = device.measured.filter(counts);
        let verified = Verified {
            // The transaction that brought the evidence is signed by the worker's key.
            signature: true,
            challenge: measured
                .map(|last| Challenge { correct: true, benchmark: benchmark(&last) }),
            earlier: earlier.iter().map(benchmark).collect(),
            report: self.report(id)?,
        };
        let kind = device.inventory.kind;
        let report = score(evidence, &verified, &list, &policy(self.params(), kind))
            .map_err(|_| broken("evidence that was accepted breaks a bound"))?;
        device.points = points(&report);
        device.passed = report.is_eligible();
        device.flagged = !report.flags.is_empty();
        device.expires = measured.map_or(Due::default(), |measured| measured.expires);
        device.tier = match kind {
            DeviceKind::Cpu => self.params().cpu_tier,
            DeviceKind::Gpu => whitelist::tier(report.tier_ppm).unwrap_or(Ppm::ONE),
        };
        self.enlist(worker, id, device)?;
        self.events.push(Event::DeviceAttested {
            worker: id.worker,
            device: id.device,
            kind,
            points: device.points,
            performance: measured.map_or(0, |measured| measured.performance),
            tier: device.tier,
            flagged: device.flagged,
            expires: device.expires,
        });
        Ok(())
    }

    fn whitelist(&self) -> Result<Whitelist, Fault> {
        staking::know(self.view, [DRIVERS, MODELS])?;
        let (drivers, models) = (store::load_drivers(self.view)?, store::load_models(self.view)?);
        Ok(whitelist::of_records(&drivers, &models))
    }

    /// The benchmark of a device was accepted: it is known what it computes.
    pub(super) fn measured(&mut self, number: u64, task: &Task) -> Result<(), Fault> {
        let (Some(assignment), Some(result)) = (task.assignment, task.result) else {
            return Err(broken("a benchmark that was accepted has no worker"));
        };
        let id = assignment.device;
        let keys = [worker_key(&id.worker), device_key(&id), evidence_key(&id), report_key(&id)];
        staking::know(self.view, keys.into_iter().chain([DRIVERS, MODELS]))?;
        let began = assignment.seed_time.unwrap_or(result.time);
        let elapsed_ms = result.time.get().saturating_sub(began.get());
        let mut device = store::require_device(self.view, &id)?;
        let worker = store::require_worker(self.view, &id.worker)?;
        let bytes = store::require_evidence(self.view, &id)?;
        let evidence = parse(&bytes).map_err(|_| broken("evidence does not decode any more"))?;
        let operations = task.shape.multiplications().saturating_mul(task.count.into());
        let multiply_adds = u64::try_from(operations).unwrap_or(u64::MAX);
        let fastest = self.fastest(&evidence, task.shape.kind, multiply_adds)?;
        let micros = counted(elapsed_ms, self.params().benchmark_latency_ms, fastest);
        let expires = self.moment.after(self.params().attestation);
        let mut measured =
            Measured { task: number, multiply_adds, micros, elapsed_ms, performance: 0, expires };
        measured.performance = benchmark(&measured).milli_tflops();
        let earlier = device.measured.replace(measured);
        device.must_measure = false;
        self.judge((&id, &worker), &mut device, &evidence, earlier)
    }

    /// The time that the fastest device of the claimed model needs, in microseconds.
    fn fastest(
        &self,
        evidence: &Evidence,
        kind: ProductKind,
        multiply_adds: u64,
    ) -> Result<u64, Fault> {
        let list = self.whitelist()?;
        let precision = match kind {
            ProductKind::Fp16 => Precision::Fp16,
            ProductKind::Int8 => Precision::Int8,
        };
        let model = list.model(&evidence.device.model);
        let model = model.filter(|_| evidence.device.kind == EvidenceKind::Gpu);
        let per_ms =
            model.map(|model| u128::from(model.rate(precision).high).saturating_mul(1_000));
        let operations = u128::from(multiply_adds).saturating_mul(2);
        let micros = per_ms.filter(|rate| *rate > 0).map_or(0, |rate| operations.div_ceil(rate));
        Ok(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// A benchmark was proven wrong: what it said counts no more.
    pub(super) fn forget_measurement(
        &mut self,
        id: &DeviceId,
        worker: &Worker,
    ) -> Result<(), Fault> {
        staking::know(self.view, [device_key(id), evidence_key(id)])?;
        let mut device = store::require_device(self.view, id)?;
        let bytes = store::require_evidence(self.view, id)?;
        let evidence = parse(&bytes).map_err(|_| broken("evidence does not decode any more"))?;
        device.measured = None;
        self.judge((id, worker), &mut device, &evidence, None)
    }

    /// Forgets a device.
    pub(super) fn remove_device(&mut self, worker: &Worker, id: &DeviceId) -> Result<(), Fault> {
        staking::know(self.view, [device_key(id), evidence_key(id)])?;
        let mut device = store::require_device(self.view, id)?;
        device.passed = false;
        self.enlist(worker, id, &mut device)?;
        if device.inventory.uuid != hash::zero() {
            store::remove_uuid(self.view, &device.inventory.uuid);
        }
        self.keep_report(id, None)?;
        store::remove_device(self.view, id);
        self.events.push(Event::DeviceRemoved { worker: id.worker, device: id.device });
        Ok(())
    }
}

/// The time of a benchmark that counts, in microseconds: what blocks and messages take is left out,
/// but never so much that the device would be faster than the fastest of its model. Time on the chain
/// can show that a device is too slow; it cannot show how fast it is to less than that latency.
fn counted(elapsed_ms: u64, latency_ms: u64, fastest: u64) -> u64 {
    let all = elapsed_ms.saturating_mul(1_000).max(LEAST_MICROS);
    let own = elapsed_ms.saturating_sub(latency_ms).saturating_mul(1_000);
    // Nobody knows how fast a model is that is not listed.
    let least = if fastest == 0 { LEAST_MICROS } else { fastest };
    own.max(least).min(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_blocks_take_does_not_count_and_nobody_is_too_fast_for_it() {
        assert_eq!(counted(8_000, 2_000, 50_000), 6_000_000);
        assert_eq!(counted(1_500, 2_000, 50_000), 50_000);
        assert_eq!(counted(1_500, 2_000, 3), 3);
        assert_eq!(counted(1_500, 2_000, 0), LEAST_MICROS);
        assert_eq!(counted(10, 2_000, 50_000), 10_000);
        assert_eq!(counted(0, 0, 50_000), LEAST_MICROS);
    }
}
