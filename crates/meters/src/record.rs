//! The one form in which every reader gives what it found.

use crate::{Fault, Place};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One channel of one meter. Readers give the same `Arc` for all records of a channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Meter {
    /// The metering point: NMI, usage point, or what the configuration says.
    pub id: String,
    /// The channel or register of the meter, such as `E1`.
    pub channel: String,
    /// The unit as the source writes it, such as `kWh`. Energies here are always milliwatt-hours.
    pub unit: String,
    /// The serial number of the device, where the source gives one.
    pub serial: Option<String>,
}

/// Which way energy went, seen from the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the grid to the customer: consumption.
    Import,
    /// From the customer to the grid: generation that was delivered.
    Export,
}

/// How far a value can be trusted. Ordered from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Measured.
    Actual,
    /// Replaced by its provider by a rule, provisionally or finally.
    Substituted,
    /// Estimated, derived or forecast.
    Estimated,
    /// Measured or mixed, and doubted by its provider.
    Questionable,
    /// No value: the energy is 0 and means nothing.
    Missing,
}

impl Quality {
    /// Every quality, from best to worst.
    pub const ALL: [Self; 5] =
        [Self::Actual, Self::Substituted, Self::Estimated, Self::Questionable, Self::Missing];
}

/// Energy that went through a channel in a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Interval {
    /// Begin, in unix seconds (UTC).
    pub start: u64,
    /// Length in seconds, at least 1.
    pub seconds: u32,
    /// Energy in milliwatt-hours. The rest below one is carried into the next interval of the
    /// channel, so sums are exact (see `energy::Carry`).
    pub milliwatt_hours: u64,
    /// How far the value can be trusted.
    pub quality: Quality,
    /// Which way the energy went.
    pub direction: Direction,
}

impl Interval {
    /// The end, in unix seconds: the first second that no longer belongs to it.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.seconds.into())
    }

    /// Average power in milliwatts, rounded down.
    pub fn milliwatts(&self) -> u128 {
        u128::from(self.milliwatt_hours) * 3_600 / u128::from(self.seconds.max(1))
    }
}

/// What a cumulative counter showed at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Register {
    /// When it was read, in unix seconds.
    pub at: u64,
    /// What it showed, in milliwatt-hours, rounded down.
    pub milliwatt_hours: u64,
    /// How far the value can be trusted.
    pub quality: Quality,
    /// Which way the energy went that it counts.
    pub direction: Direction,
}

impl Register {
    /// What it showed, in watt-hours, rounded down.
    pub fn watt_hours(&self) -> u64 {
        self.milliwatt_hours / 1_000
    }
}

/// Why a channel is not taken as energy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Its unit is reactive or apparent energy, power, voltage, current or volume.
    NotEnergy,
    /// It measures something other than electricity.
    NotElectricity,
    /// Its direction or its way of counting is not one of those that are read.
    Unsupported,
}

/// One finding of a reader, in the order of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// Energy of a span of time.
    Interval(Arc<Meter>, Interval),
    /// What a counter showed.
    Register(Arc<Meter>, Register),
    /// A channel whose values are left out, once for each place where the source opens it.
    Refused(Arc<Meter>, Refusal),
}

impl Record {
    /// The channel it belongs to.
    pub fn meter(&self) -> &Arc<Meter> {
        match self {
            Self::Interval(meter, _) | Self::Register(meter, _) | Self::Refused(meter, _) => meter,
        }
    }
}

/// A reader of one source. After an error it gives nothing more.
pub trait Source: Iterator<Item = Result<Record, Fault>> {
    /// Where it has read to.
    fn place(&self) -> Place;
}

impl<S: Source + ?Sized> Source for Box<S> {
    fn place(&self) -> Place {
        (**self).place()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_is_energy_over_time() {
        let interval = Interval {
            start: 100,
            seconds: 900,
            milliwatt_hours: 250_000,
            quality: Quality::Actual,
            direction: Direction::Import,
        };
        assert_eq!(interval.milliwatts(), 1_000_000, "250 Wh in a quarter of an hour is 1 kW");
        assert_eq!(interval.end(), 1_000);
    }

    #[test]
    fn qualities_are_ordered_from_best_to_worst() {
        assert!(Quality::ALL.is_sorted());
        assert_eq!(Quality::Actual.max(Quality::Estimated), Quality::Estimated);
    }
}
