//! The configuration of the network that the chain keeps.

/// Number of the configuration that every chain begins with.
pub const GENESIS_SPEC: u64 = 1;
