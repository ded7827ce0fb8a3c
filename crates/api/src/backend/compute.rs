//! What the index of the node knows about workers and tasks is told in its own rows. Everything else
//! that the API says about them it reads from records of the state.

use althing_types::{Event, Height, Timestamp};

/// Something that happened to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskEvent {
    /// The height.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// What happened.
    pub event: Event,
}
