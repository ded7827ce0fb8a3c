//! What a validator leaves to its node, as JSON.

use althing_types::{ValidatorKey, governance::Preferences, network::Adoption};
use serde::Serialize;
use utoipa::ToSchema;

/// What a validator leaves to its node.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PreferencesView {
    /// The validator.
    pub validator: String,
    /// Whether it leaves anything to it.
    pub set: bool,
    /// The node adopts what is each validator's own choice.
    pub auto_adopt_optional: bool,
    /// The node votes by itself on proposals of at least this criticality; absent if on none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_criticality: Option<String>,
    /// The longest delay, in blocks, of what the node agrees to by itself; absent if to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_delay_tolerance: Option<u64>,
    /// The version of the network's configuration that the validator chose last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adopted_spec: Option<u64>,
    /// Whether its operator chose it, and not its node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adopted_by_hand: Option<bool>,
}

impl PreferencesView {
    pub(crate) fn new(
        validator: ValidatorKey,
        preferences: Option<Preferences>,
        adoption: Option<Adoption>,
    ) -> Self {
        Self {
            validator: validator.to_string(),
            set: preferences.is_some(),
            auto_adopt_optional: preferences.is_some_and(|it| it.auto_adopt_optional),
            minimum_criticality: preferences.map(|it| it.minimum_criticality.name().to_owned()),
            max_delay_tolerance: preferences.map(|it| it.max_delay_tolerance),
            adopted_spec: adoption.map(|it| it.version),
            adopted_by_hand: adoption.map(|it| it.by_hand),
        }
    }
}
