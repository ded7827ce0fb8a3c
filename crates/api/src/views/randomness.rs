//! The randomness of the chain as JSON.

use super::hex_of;
use althing_ledger::beacon::Mark;
use serde::Serialize;
use utoipa::ToSchema;

/// The randomness as of a height.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RandomnessView {
    /// The height.
    pub height: u64,
    /// The value: 64 hex characters.
    pub value: String,
    /// Reveals of validators that it rests on, since the chain began.
    pub reveals: u64,
}

impl From<Mark> for RandomnessView {
    fn from(mark: Mark) -> Self {
        let Mark { height, value, reveals } = mark;
        Self { height: height.get(), value: hex_of(&value), reveals }
    }
}
