//! What a report that the hardware signed adds to the machine's own words.
#![deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::indexing_slicing)]

use super::{Reason, ReportOutcome, Verified};
use crate::{
    evidence::{DeviceKind, Evidence, Release},
    text::Text,
    whitelist::{Model, Whitelist},
};

/// Compute capabilities of the chips that sign reports, by the names in their certificates.
const CHIPS: [(&str, Release); 1] = [("GH100", Release { major: 9, minor: 0 })];

/// What a report does to the levels that are a machine's own words.
pub(super) enum Hardware {
    /// There is none, or none that can be compared: the words count for themselves.
    Silent,
    /// It confirms the claimed model's chip: the words are not needed.
    Vouches,
    /// It does not count, or says something else: the words are not believed.
    Doubtful(Reason),
}

impl Hardware {
    /// The reasons of a level that rests on words.
    pub(super) fn instead_of(&self, words: Vec<Reason>) -> Vec<Reason> {
        match self {
            Self::Silent => words,
            Self::Vouches => Vec::new(),
            Self::Doubtful(reason) => vec![reason.clone()],
        }
    }
}

/// Compares a report with what the worker says.
pub(super) fn compare(evidence: &Evidence, verified: &Verified, model: Option<&Model>) -> Hardware {
    let statement = match &verified.report {
        None => return Hardware::Silent,
        Some(ReportOutcome::Refused { error }) => {
            return Hardware::Doubtful(Reason::ReportRefused { error: *error });
        }
        Some(ReportOutcome::Verified { statement }) => statement,
    };
    let device = &evidence.device;
    if device.kind == DeviceKind::Cpu || device.confidential_computing == Some(false) {
        return Hardware::Doubtful(Reason::ReportContradicts);
    }
    if let Some(said) = device.driver_version.as_ref().filter(|said| **said != statement.driver) {
        return Hardware::Doubtful(Reason::ReportDriver {
            signed: statement.driver.clone(),
            said: said.clone(),
        });
    }
    match (model, capability(&statement.chip)) {
        (Some(model), Some(capability)) if model.compute_capability == capability => {
            Hardware::Vouches
        }
        (Some(model), Some(_)) => Hardware::Doubtful(Reason::ReportChip {
            chip: statement.chip.clone(),
            claimed: model.name.clone(),
        }),
        // A chip without an entry, or a model without one: there is nothing to compare.
        _ => Hardware::Silent,
    }
}

fn capability(chip: &Text<16>) -> Option<Release> {
    CHIPS.iter().find(|(name, _)| *name == chip.as_str()).map(|(_, capability)| *capability)
}

/// The tier that a report alone confirms: a chip is in several models, and the report does not say in
/// which, so that the least of them counts.
pub(super) fn least_tier(model: &Model, whitelist: &Whitelist) -> u32 {
    let same = |other: &&Model| other.compute_capability == model.compute_capability;
    let tiers = whitelist.models.iter().filter(same).map(|model| model.tier_ppm);
    tiers.min().unwrap_or(whitelist.unknown_tier_ppm)
}
