//! The lists of numbers that ESPI uses for meanings, as far as energy needs them.

use crate::{
    energy::EnergyUnit,
    record::{Direction, Quality, Refusal},
};

/// What the values of a meter reading are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Energy of each interval.
    Interval,
    /// What a counter shows at the end of each.
    Register,
}

/// Direction of a meter reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// One way.
    One(Direction),
    /// Net: negative values were delivered by the customer.
    Signed,
}

/// `accumulationBehaviour`: 4 is the difference over the interval, and so is none; 1 (bulk quantity)
/// and 9 (summation) are counters. 3 (cumulative), 6 (indicating), 12 (instantaneous) and the rest
/// are not energy of an interval nor a counter that only grows.
pub(super) fn kind(code: Option<u32>) -> Result<Kind, Refusal> {
    match code {
        None | Some(0 | 4) => Ok(Kind::Interval),
        Some(1 | 9) => Ok(Kind::Register),
        Some(_) => Err(Refusal::Unsupported),
    }
}

/// `flowDirection`: 1 is forward, from the grid to the customer, and so is none; 19 is reverse, 4 net.
pub(super) fn flow(code: Option<u32>) -> Result<Flow, Refusal> {
    match code {
        None | Some(0 | 1) => Ok(Flow::One(Direction::Import)),
        Some(19) => Ok(Flow::One(Direction::Export)),
        Some(4) => Ok(Flow::Signed),
        Some(_) => Err(Refusal::Unsupported),
    }
}

/// `uom`: 72 is watt-hours, 31 joules. 71 (VAh), 73 (VArh), 38 (W), 42 (m³) and the rest are not
/// energy, and a reading without a unit cannot be taken as energy either.
pub(super) fn unit(code: Option<u32>) -> Result<EnergyUnit, Refusal> {
    match code {
        Some(72) => Ok(EnergyUnit::Wh),
        Some(31) => Ok(EnergyUnit::J),
        _ => Err(Refusal::NotEnergy),
    }
}

/// `commodity`: 1 and 2 are electricity on either side of a transformer; 0 says nothing.
pub(super) fn commodity(code: Option<u32>) -> Result<(), Refusal> {
    match code {
        None | Some(0..=2) => Ok(()),
        Some(_) => Err(Refusal::NotElectricity),
    }
}

/// `ServiceCategory/kind`: 0 is electricity.
pub(super) fn service(code: Option<u32>) -> Result<(), Refusal> {
    match code {
        None | Some(0) => Ok(()),
        Some(_) => Err(Refusal::NotElectricity),
    }
}

/// `quality` of a reading. `None` for a number outside the list.
pub(super) fn quality(code: u32) -> Option<Quality> {
    match code {
        // Valid, raw, validated, verified, fit for revenue.
        0 | 14 | 17..=19 => Some(Quality::Actual),
        // Edited by hand.
        7 => Some(Quality::Substituted),
        // Estimated by a reference day or by interpolation, derived, projected, normalized.
        8 | 9 | 11 | 12 | 15 => Some(Quality::Estimated),
        // Questionable, mixed, other.
        10 | 13 | 16 => Some(Quality::Questionable),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_outside_the_lists_are_not_guessed() {
        assert_eq!(quality(20), None);
        assert_eq!(quality(1), None);
        assert_eq!(quality(8), Some(Quality::Estimated));
        assert_eq!(unit(Some(73)), Err(Refusal::NotEnergy));
        assert_eq!(unit(None), Err(Refusal::NotEnergy));
        assert_eq!(kind(Some(12)), Err(Refusal::Unsupported));
        assert_eq!(flow(Some(20)), Err(Refusal::Unsupported));
        assert_eq!(service(Some(1)), Err(Refusal::NotElectricity));
        assert_eq!(commodity(Some(7)), Err(Refusal::NotElectricity));
    }
}
