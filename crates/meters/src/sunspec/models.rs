//! The registers of the models that are read. Offsets are those of the SunSpec information model
//! reference, counted from the first register after the model's number and length.

use crate::{
    Cause,
    counter::RawCounter,
    record::{Direction, Meter, Quality, Register},
};
use serde::{Deserialize, Serialize};

/// `SunS`, which stands before the list of models.
pub(super) const MARKER: [u16; 2] = [0x5375, 0x6e53];

/// Where the marker may stand.
pub(super) const BASES: [u16; 3] = [40_000, 0, 50_000];

/// The number that ends the list of models.
pub(super) const END: u16 = 0xffff;

/// The number of the model that names the device.
pub(super) const COMMON: u16 = 1;

/// Registers of the common model that are read.
pub(super) const COMMON_LENGTH: u16 = 64;

/// The name of a device, from its common model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Who made it.
    pub manufacturer: String,
    /// What it is.
    pub model: String,
    /// Its firmware.
    pub version: String,
    /// Its serial number.
    pub serial: String,
}

impl Device {
    pub(super) fn read(registers: &[u16]) -> Result<Self, Cause> {
        Ok(Self {
            manufacturer: text(registers, 0, 16)?,
            model: text(registers, 16, 16)?,
            version: text(registers, 40, 8)?,
            serial: text(registers, 48, 16)?,
        })
    }
}

/// What one meter or inverter shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The device, from the common model before this one.
    pub device: Device,
    /// The number of the model: 201 to 204, or 101 to 103.
    pub model: u16,
    /// All energy that left the customer: of a meter, what was exported; of an inverter, what it made.
    pub exported: RawCounter,
    /// All energy that reached the customer. Inverters have no such counter.
    pub imported: Option<RawCounter>,
    /// Power now, in milliwatts, where the device tells it.
    pub milliwatts: Option<i64>,
}

/// Where a model keeps what is read.
struct Layout {
    length: u16,
    power: usize,
    power_scale: usize,
    exported: usize,
    imported: Option<usize>,
    scale: usize,
}

fn layout(model: u16) -> Option<Layout> {
    match model {
        101..=103 => Some(Layout {
            length: 25,
            power: 12,
            power_scale: 13,
            exported: 22,
            imported: None,
            scale: 24,
        }),
        201..=204 => Some(Layout {
            length: 53,
            power: 16,
            power_scale: 20,
            exported: 36,
            imported: Some(44),
            scale: 52,
        }),
        _ => None,
    }
}

/// How many registers of a model are read; nothing for models that are passed over.
pub(super) fn length(model: u16) -> Option<u16> {
    layout(model).map(|layout| layout.length)
}

impl Reading {
    pub(super) fn read(device: &Device, model: u16, registers: &[u16]) -> Result<Self, Cause> {
        let missing =
            Cause::SunspecModelMissing { what: "meter model 201-204 or inverter model 101-103" };
        let layout = layout(model).ok_or(missing)?;
        let scale = signed(registers, layout.scale)?;
        let counter = |at| -> Result<RawCounter, Cause> {
            let raw = u32::from(word(registers, at)?) << 16 | u32::from(word(registers, at + 1)?);
            let counter = RawCounter { raw, scale };
            counter.milliwatt_hours(0)?;
            Ok(counter)
        };
        let power = signed(registers, layout.power)?;
        let power_scale = signed(registers, layout.power_scale)?;
        Ok(Self {
            device: device.clone(),
            model,
            exported: counter(layout.exported)?,
            imported: layout.imported.map(counter).transpose()?,
            milliwatts: milliwatts(power, power_scale),
        })
    }

    /// The counters as registers of a meter, read at `at` unix seconds. Wrap-arounds are the matter of
    /// [`crate::Follower`].
    ///
    /// # Errors
    /// `energy_too_large`.
    pub fn registers(&self, at: u64) -> Result<Vec<(Meter, Register)>, Cause> {
        let mut found = Vec::new();
        let counters = [
            (Direction::Export, "export", Some(self.exported)),
            (Direction::Import, "import", self.imported),
        ];
        for (direction, name, counter) in counters {
            let Some(counter) = counter else { continue };
            let milliwatt_hours = counter.milliwatt_hours(0)?;
            let meter = Meter {
                id: format!("{} {}", self.device.manufacturer, self.device.model),
                channel: format!("{} {name}", self.model),
                unit: "Wh".to_owned(),
                serial: Some(self.device.serial.clone()),
            };
            let quality = Quality::Actual;
            found.push((meter, Register { at, milliwatt_hours, quality, direction }));
        }
        Ok(found)
    }
}

fn word(registers: &[u16], at: usize) -> Result<u16, Cause> {
    let short = Cause::SunspecModels { message: "a model is shorter than its fields" };
    registers.get(at).copied().ok_or(short)
}

fn signed(registers: &[u16], at: usize) -> Result<i16, Cause> {
    Ok(i16::from_be_bytes(word(registers, at)?.to_be_bytes()))
}

/// Power, or nothing where the device says that it does not know it (0x8000).
fn milliwatts(power: i16, scale: i16) -> Option<i64> {
    if power == i16::MIN || !(-10..=10).contains(&scale) {
        return None;
    }
    let factor = 10_i64.pow(u32::from((scale + 3).unsigned_abs()));
    Some(if scale >= -3 { i64::from(power) * factor } else { i64::from(power) / factor })
}

/// A text of `length` registers, two characters in each, filled with zeros.
fn text(registers: &[u16], at: usize, length: usize) -> Result<String, Cause> {
    let mut out = String::new();
    for index in at..at + length {
        for byte in word(registers, index)?.to_be_bytes() {
            match byte {
                0 => return Ok(out.trim().to_owned()),
                b' '..=b'~' => out.push(char::from(byte)),
                _ => out.push('?'),
            }
        }
    }
    Ok(out.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_end_at_a_zero_and_hold_no_control_characters() {
        assert_eq!(text(&[0x4142, 0x4300, 0x4444], 0, 3), Ok("ABC".into()));
        assert_eq!(text(&[0x4107, 0x2020], 0, 2), Ok("A?".into()));
        assert_eq!(text(&[0x4141], 0, 2).expect_err("short").code(), "sunspec_models");
    }

    #[test]
    fn power_is_scaled_and_may_be_unknown() {
        assert_eq!(milliwatts(-125, 1), Some(-1_250_000));
        assert_eq!(milliwatts(12_345, -4), Some(1_234));
        assert_eq!(milliwatts(i16::MIN, 0), None);
        assert_eq!(milliwatts(1, i16::MIN), None);
        assert_eq!(milliwatts(i16::MAX, 10), Some(327_670_000_000_000_000));
    }

    #[test]
    fn a_counter_without_a_scale_is_refused() {
        let mut registers = [0; 53];
        registers[52] = 0x8000;
        let cause = Reading::read(&Device::default(), 203, &registers).expect_err("no scale");
        assert_eq!(cause, Cause::SunspecScale { scale: i16::MIN });
    }

    #[test]
    fn counters_become_registers() {
        let mut registers = [0; 53];
        (registers[37], registers[44], registers[45], registers[52]) = (7, 1, 0, 1);
        let reading = Reading::read(&Device::default(), 203, &registers).expect("good");
        let found = reading.registers(99).expect("small");
        let of = |index: usize| {
            (found[index].1.direction, found[index].1.watt_hours(), found[index].1.at)
        };
        assert_eq!(of(0), (Direction::Export, 70, 99));
        assert_eq!(of(1), (Direction::Import, 655_360, 99));
    }
}
