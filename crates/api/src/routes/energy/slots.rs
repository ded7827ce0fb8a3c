//! In which slots of the market an hour lies.

use crate::state::App;
use althing_types::params::ParameterValue;
use std::collections::BTreeSet;

/// Changes of the length of slots that are looked at.
const MAX_CHANGES: usize = 8;
/// Seconds in an hour.
const HOUR: u64 = 3_600;

/// The lengths that slots have and had, in seconds: energy of before a change keeps its slots.
pub(super) async fn lengths(app: &App, present: u64) -> BTreeSet<u64> {
    let name = Some("energy.slot_s".to_owned());
    let changes = app.backend.parameter_changes(name, None, MAX_CHANGES).await.unwrap_or_default();
    let values = changes.iter().flat_map(|change| [&change.change.from, &change.change.to]);
    let known = values.filter_map(|value| match value {
        ParameterValue::Number { value } => Some(*value),
        _ => None,
    });
    known.chain([present]).filter(|length| *length > 0).collect()
}

/// When the slots of these lengths begin of which a part is in the hour that begins at `hour`.
pub(super) fn of_hour(hour: u64, lengths: &BTreeSet<u64>) -> BTreeSet<u64> {
    let end = hour.saturating_add(HOUR);
    let mut found = BTreeSet::new();
    for length in lengths.iter().copied().filter(|length| *length > 0) {
        let mut slot = hour - hour % length;
        while slot < end {
            found.insert(slot);
            slot = slot.saturating_add(length);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_lies_in_the_slots_that_it_touches() {
        let of = |hour, lengths: &[u64]| {
            let lengths = lengths.iter().copied().collect();
            of_hour(hour, &lengths).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(of(7_200, &[900]), [7_200, 8_100, 9_000, 9_900]);
        assert_eq!(of(7_200, &[7_000]), [7_000]);
        assert_eq!(of(3_600, &[2_400]), [2_400, 4_800]);
        assert_eq!(of(0, &[1_800, 3_600]), [0, 1_800]);
        assert_eq!(of(86_400, &[86_400]), [86_400]);
    }
}
