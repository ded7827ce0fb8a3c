//! Reports that a device signs itself: verified once, when the evidence comes.

use super::{
    DeviceReport, Drivers, Models,
    attestation::{fitted, parse},
    desk::Desk,
    error::ComputeError,
    report_key, store, whitelist,
};
use crate::{
    error::{Failure, Fault},
    modules::{beacon, staking},
};
use althing_devices::{
    attestation::{ReportOutcome, doubt},
    evidence::Evidence,
    report::{Expected, HardwareReport, ReportError, Statement, nonce},
    text,
};
use althing_types::{
    Due, Hash, Height, Text, Timestamp,
    compute::DeviceId,
    hash::{self, sha256},
};
use serde::Deserialize;

/// Most blocks between the height whose randomness is in the nonce of a report and the block that it
/// comes in. Less than the ring of the beacon holds.
pub(super) const MAX_REPORT_AGE: u64 = 256;

/// Most bytes of evidence without its report.
pub(super) const MAX_WORDS_BYTES: usize = 8 * 1024;

const _: () = assert!(MAX_REPORT_AGE < beacon::RING, "the randomness is still there");

/// What the identity of a device is hashed with, in the place of its UUID.
const IDENTITY: &[u8] = b"althing-device-identity-v1";

/// The height that a report names, without reading the rest; `None` where nothing can be read.
pub fn height_of(evidence: &[u8]) -> Option<Height> {
    #[derive(Deserialize)]
    struct Outer {
        report: Option<Inner>,
    }
    #[derive(Deserialize)]
    struct Inner {
        height: u64,
    }
    let outer: Outer = serde_json::from_slice(evidence).ok()?;
    outer.report.map(|report| Height::new(report.height))
}

/// The evidence as it is kept: without the report, which is in the block.
pub(super) fn without_report(evidence: &Evidence) -> Result<Vec<u8>, ComputeError> {
    let words = Evidence { report: None, ..evidence.clone() };
    serde_json::to_vec(&words).map_err(|_| ComputeError::EvidenceMalformed)
}

impl DeviceReport {
    fn of(outcome: &ReportOutcome, height: Height, expires: Due) -> Self {
        let refused = Self {
            verified: false,
            chip: Text::default(),
            identity: hash::zero(),
            driver: Text::default(),
            vbios: Text::default(),
            board: Text::default(),
            height,
            expires,
        };
        let Some(statement) = outcome.statement() else { return refused };
        Self {
            verified: true,
            chip: fitted(statement.chip.as_str()),
            identity: sha256(&[IDENTITY, &statement.identity.0]),
            driver: fitted(statement.driver.as_str()),
            vbios: fitted(statement.vbios.as_str()),
            board: fitted(statement.board.as_str()),
            ..refused
        }
    }

    /// What the score goes by.
    fn outcome(&self) -> ReportOutcome {
        if !self.verified {
            return ReportOutcome::Refused { error: ReportError::Recorded };
        }
        ReportOutcome::Verified {
            statement: Statement {
                chip: text::Text::fitted(&self.chip),
                identity: text::Digest(self.identity.0),
                driver: text::Text::fitted(&self.driver),
                vbios: text::Text::fitted(&self.vbios),
                board: text::Text::fitted(&self.board),
            },
        }
    }
}

impl Desk<'_> {
    /// Verifies a report for a device of this chain.
    pub(super) fn examine(
        &self,
        id: &DeviceId,
        genesis: &Hash,
        report: &HardwareReport,
    ) -> Result<DeviceReport, Failure> {
        let height = Height::new(report.height);
        let age = self.moment.height.get().checked_sub(report.height);
        if age.is_none_or(|age| age > MAX_REPORT_AGE) {
            return Err(ComputeError::EvidenceMalformed.into());
        }
        staking::know(self.view, [beacon::mark_key(height)])?;
        let randomness = beacon::at(self.view, height)?.ok_or(ComputeError::EvidenceMalformed)?;
        let expected = expected(id, (genesis, &randomness), report, self.moment.time);
        let outcome = ReportOutcome::of(report, &expected);
        let expires = self.moment.after(self.params().attestation);
        Ok(DeviceReport::of(&outcome, height, expires))
    }

    /// Keeps what became of the report of a device, or that there was none.
    pub(super) fn keep_report(
        &mut self,
        id: &DeviceId,
        report: Option<&DeviceReport>,
    ) -> Result<(), Fault> {
        staking::know(self.view, [report_key(id)])?;
        match report {
            Some(report) => store::save_report(self.view, id, report),
            None => {
                if store::load_report(self.view, id)?.is_some() {
                    store::remove_report(self.view, id);
                }
                Ok(())
            }
        }
    }

    /// What became of the report of a device, while it counts.
    pub(super) fn report(&self, id: &DeviceId) -> Result<Option<ReportOutcome>, Fault> {
        staking::know(self.view, [report_key(id)])?;
        let report = store::load_report(self.view, id)?;
        let counts = |report: &DeviceReport| !self.moment.is_reached(report.expires);
        Ok(report.filter(counts).map(|report| report.outcome()))
    }
}

/// What a report must answer to in a block of this time.
fn expected(
    id: &DeviceId,
    (genesis, randomness): (&Hash, &Hash),
    report: &HardwareReport,
    time: Timestamp,
) -> Expected {
    let worker = id.worker.as_bytes();
    Expected {
        nonce: nonce(&genesis.0, worker, id.device, report.height, &randomness.0),
        time_seconds: time.get().checked_div(1_000).unwrap_or(0),
    }
}

/// Why the report in evidence was refused in a block of this time: it is verified once more, because
/// the state keeps that it was refused, and not why. `None` where no report can be read, or where it
/// is right. `randomness` is that of the height that the report names.
pub fn refusal(
    id: &DeviceId,
    evidence: &[u8],
    (genesis, randomness): (&Hash, &Hash),
    time: Timestamp,
) -> Option<ReportError> {
    let report = parse(evidence).ok()?.report?;
    match ReportOutcome::of(&report, &expected(id, (genesis, randomness), &report, time)) {
        ReportOutcome::Refused { error } => Some(error),
        ReportOutcome::Verified { .. } => None,
    }
}

/// What in a verified report contradicts what the worker says of its device, as a sentence. `None`
/// where nothing does, or where the report was refused. `evidence` is what the state keeps of it.
pub fn contradiction(
    evidence: &[u8],
    report: &DeviceReport,
    (drivers, models): (&Drivers, &Models),
) -> Option<String> {
    let evidence = parse(evidence).ok().filter(|_| report.verified)?;
    let list = whitelist::of_records(drivers, models);
    doubt(&evidence, report.outcome(), &list).map(|reason| reason.to_string())
}

/// By which key one device is one device: the identity that the hardware signed, or the UUID that the
/// worker says.
pub(super) fn identity(said: Hash, report: Option<&DeviceReport>) -> Hash {
    report.filter(|report| report.verified).map_or(said, |report| report.identity)
}
