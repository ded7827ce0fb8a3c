//! The channels a reader has met, with what each carries.

use crate::{
    Cause,
    energy::Carry,
    record::{Direction, Interval, Meter, Quality},
};
use std::{collections::BTreeMap, sync::Arc};

/// The most channels of one source: bounds the memory of a reader.
pub const MAX_CHANNELS: usize = 100_000;

/// A channel that was met before or just now.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) meter: Arc<Meter>,
    index: usize,
}

/// Every channel of a source, each once.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    known: BTreeMap<Arc<Meter>, usize>,
    carries: Vec<[Carry; 2]>,
}

impl Channels {
    /// Finds the channel or adds it.
    pub(crate) fn open(&mut self, meter: Meter) -> Result<Channel, Cause> {
        if let Some((known, index)) = self.known.get_key_value(&meter) {
            return Ok(Channel { meter: known.clone(), index: *index });
        }
        if self.carries.len() == MAX_CHANNELS {
            return Err(Cause::TooManyMeters { limit: MAX_CHANNELS });
        }
        let (meter, index) = (Arc::new(meter), self.carries.len());
        self.carries.push([Carry::default(); 2]);
        self.known.insert(meter.clone(), index);
        Ok(Channel { meter, index })
    }

    /// The next interval of a channel, from its exact energy. A missing value has no energy.
    pub(crate) fn interval(
        &mut self,
        channel: &Channel,
        span: (u64, u32),
        femtojoules: u128,
        quality: Quality,
        direction: Direction,
    ) -> Interval {
        let femtojoules = if quality == Quality::Missing { 0 } else { femtojoules };
        let carry = &mut self.carries[channel.index][usize::from(direction == Direction::Export)];
        // A missing interval does not take what the one before it left over.
        let milliwatt_hours =
            if quality == Quality::Missing { 0 } else { carry.round(femtojoules) };
        Interval { start: span.0, seconds: span.1, milliwatt_hours, quality, direction }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::energy::FEMTOJOULES_PER_MILLIWATT_HOUR;

    fn meter(id: &str) -> Meter {
        Meter { id: id.into(), channel: "E1".into(), unit: "kWh".into(), serial: None }
    }

    #[test]
    fn a_channel_keeps_its_rest_and_its_name() {
        let mut channels = Channels::default();
        let a = channels.open(meter("a")).expect("room");
        let b = channels.open(meter("b")).expect("room");
        let half = FEMTOJOULES_PER_MILLIWATT_HOUR / 2;
        let mut take = |channel: &Channel, direction, quality| {
            channels.interval(channel, (0, 60), half, quality, direction).milliwatt_hours
        };
        assert_eq!(take(&a, Direction::Import, Quality::Actual), 0);
        assert_eq!(take(&b, Direction::Import, Quality::Actual), 0, "another channel");
        assert_eq!(take(&a, Direction::Export, Quality::Actual), 0, "another direction");
        assert_eq!(take(&a, Direction::Import, Quality::Missing), 0, "missing has no energy");
        assert_eq!(take(&a, Direction::Import, Quality::Actual), 1);
        let again = channels.open(meter("a")).expect("known");
        assert!(Arc::ptr_eq(&again.meter, &a.meter));
    }

    #[test]
    fn more_channels_than_fit_are_refused() {
        let mut channels = Channels::default();
        for id in 0..MAX_CHANNELS {
            channels.open(meter(&id.to_string())).expect("room");
        }
        let cause = channels.open(meter("one more")).expect_err("full");
        assert_eq!(cause, Cause::TooManyMeters { limit: MAX_CHANNELS });
        channels.open(meter("7")).expect("known channels are still found");
    }
}
