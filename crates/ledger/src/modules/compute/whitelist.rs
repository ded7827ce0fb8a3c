//! The governed lists of drivers and models, and the first ones.

use super::{DRIVERS, Drivers, MODELS, Models, desk::broken, error::ComputeError, store};
use crate::{
    error::{Failure, Fault},
    modules::staking,
};
use althing_devices::{
    attestation::Precision,
    evidence::Release,
    text::{Digest, PciId, Text as DeviceText},
    whitelist::{DriverEntry, Model, Rate, WHITELIST_VERSION, Whitelist},
};
use althing_state::View;
use althing_types::{
    Event, Hash, List, Ppm, Text,
    compute::{KnownDriver, KnownModel, KnownRate, WhitelistChange},
};

/// The greatest tier that there can be, as a factor: tiers in records are parts of it.
const GREATEST_TIER: u32 = 10;

/// A factor of `althing-devices`, in parts per million, as a part of the greatest one; `None` above that.
pub(super) fn tier(factor_ppm: u32) -> Option<Ppm> {
    Ppm::new(factor_ppm.checked_div(GREATEST_TIER)?)
}

/// The other way round.
const fn factor(tier: Ppm) -> u32 {
    tier.get().saturating_mul(GREATEST_TIER)
}

/// The list as `althing-devices` reads it. Sources of drivers stand in the software, not in the
/// state.
pub(super) fn of_records(drivers: &Drivers, models: &Models) -> Whitelist {
    Whitelist {
        version: WHITELIST_VERSION,
        unknown_tier_ppm: factor(models.unknown_tier),
        memory_low_ppm: models.memory_low_ppm,
        memory_high_ppm: models.memory_high_ppm,
        models: models.models.iter().map(of_model).collect(),
        drivers: drivers.iter().map(of_driver).collect(),
    }
}

fn of_driver(known: &KnownDriver) -> DriverEntry {
    DriverEntry {
        sha256: Digest(known.digest.0),
        version: DeviceText::fitted(&known.version),
        architecture: DeviceText::fitted(&known.architecture),
        bytes: known.bytes,
        source: DeviceText::fitted(""),
    }
}

const fn of_rate(known: KnownRate) -> Rate {
    Rate { peak: known.peak, low: known.low, high: known.high }
}

fn of_model(known: &KnownModel) -> Model {
    Model {
        name: DeviceText::fitted(&known.name),
        pci_devices: known.pci_devices.iter().copied().map(PciId).collect(),
        compute_capability: Release {
            major: known.capability_major,
            minor: known.capability_minor,
        },
        memory_mib: known.memory_mib,
        tier_ppm: factor(known.tier),
        fp16: of_rate(known.fp16),
        int8: of_rate(known.int8),
    }
}

/// The lists that this version of the software brings; `None` if they do not fit the records, which
/// a test excludes.
fn built_in() -> Option<(Drivers, Models)> {
    let list = Whitelist::built_in().ok()?;
    let driver = |entry: &DriverEntry| {
        Some(KnownDriver {
            digest: Hash::from(entry.sha256.0),
            version: Text::new(entry.version.as_str()).ok()?,
            architecture: Text::new(entry.architecture.as_str()).ok()?,
            bytes: entry.bytes,
        })
    };
    let known = |rate: Rate| KnownRate { peak: rate.peak, low: rate.low, high: rate.high };
    let model = |model: &Model| {
        Some(KnownModel {
            name: Text::new(model.name.as_str()).ok()?,
            pci_devices: List::new(model.pci_devices.iter().map(|id| id.0).collect())?,
            capability_major: model.compute_capability.major,
            capability_minor: model.compute_capability.minor,
            memory_mib: model.memory_mib,
            tier: tier(model.tier_ppm)?,
            fp16: known(model.rate(Precision::Fp16)),
            int8: known(model.rate(Precision::Int8)),
        })
    };
    let drivers = list.drivers.iter().map(driver).collect::<Option<Vec<_>>>()?;
    let models = Models {
        unknown_tier: tier(list.unknown_tier_ppm)?,
        memory_low_ppm: list.memory_low_ppm,
        memory_high_ppm: list.memory_high_ppm,
        models: List::new(list.models.iter().map(model).collect::<Option<Vec<_>>>()?)?,
    };
    Some((Drivers::new(drivers)?, models))
}

/// Writes the first lists.
pub(super) fn genesis(view: &mut View) -> Result<(), Fault> {
    let (drivers, models) = built_in().ok_or(broken("the first lists do not fit"))?;
    store::save_drivers(view, &drivers)?;
    store::save_models(view, &models)
}

/// The lists after a change, if they stay in their bounds.
fn changed(view: &View, change: &WhitelistChange) -> Result<(Drivers, Models), Failure> {
    staking::know(view, [DRIVERS, MODELS])?;
    let bounds = || Failure::from(ComputeError::WhitelistBounds);
    if change.is_empty() {
        return Err(bounds());
    }
    let (drivers, models) = (store::load_drivers(view)?, store::load_models(view)?);
    let removed = |digest: &Hash| {
        change.remove_drivers.iter().any(|old| old.0 == *digest)
            || change.add_drivers.iter().any(|new| new.digest == *digest)
    };
    let mut all: Vec<KnownDriver> =
        drivers.iter().filter(|known| !removed(&known.digest)).cloned().collect();
    all.extend(change.add_drivers.iter().cloned());
    all.sort_unstable_by_key(|known| known.digest);
    let drivers = Drivers::new(all).ok_or_else(bounds)?;
    let removed = |name: &str| {
        change.remove_models.iter().any(|old| **old == *name)
            || change.add_models.iter().any(|new| *new.name == *name)
    };
    let mut all: Vec<KnownModel> =
        models.models.iter().filter(|known| !removed(&known.name)).cloned().collect();
    all.extend(change.add_models.iter().cloned());
    all.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    let models = Models { models: List::new(all).ok_or_else(bounds)?, ..models };
    let unique = drivers.is_sorted_by(|one, next| one.digest < next.digest);
    match of_records(&drivers, &models).check() {
        Ok(()) if unique => Ok((drivers, models)),
        _ => Err(bounds()),
    }
}

/// Whether the change could be made now.
pub(crate) fn check_whitelist(view: &View, change: &WhitelistChange) -> Result<(), Failure> {
    changed(view, change).map(|_| ())
}

/// Makes the change.
pub(crate) fn change_whitelist(
    view: &mut View,
    proposal: u64,
    change: &WhitelistChange,
) -> Result<Vec<Event>, Failure> {
    let (drivers, models) = changed(view, change)?;
    store::save_drivers(view, &drivers)?;
    store::save_models(view, &models)?;
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let (drivers, models) = (count(drivers.len()), count(models.models.len()));
    Ok(vec![Event::WhitelistChanged { proposal, drivers, models }])
}
