//! Messages of module `registry`. They are signed by the node's own account, whose key is the
//! validator's consensus key.

use crate::{
    Height, Text, ValidatorKey, Version,
    limits::{MAX_ENDPOINT_BYTES, MAX_NODE_TEXT_BYTES},
    struct_codec,
};
use serde::{Deserialize, Serialize};

/// Describes the sender's node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterNode {
    /// The validator that the node serves; the sender is the account of its consensus key.
    pub validator: ValidatorKey,
    /// Where the node's API is reached from outside, or empty.
    #[serde(default)]
    pub endpoint: Text<MAX_ENDPOINT_BYTES>,
    /// The version of its software.
    pub version: Text<MAX_NODE_TEXT_BYTES>,
    /// The commit that its software was built from, or empty.
    #[serde(default)]
    pub commit: Text<MAX_NODE_TEXT_BYTES>,
    /// Where in the world it stands, or empty; free text such as `eu-north`.
    #[serde(default)]
    pub region: Text<MAX_NODE_TEXT_BYTES>,
}

struct_codec!(RegisterNode { validator, endpoint, version, commit, region });

/// Says that the sender's node is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The validator that the node serves; the sender is the account of its consensus key.
    pub validator: ValidatorKey,
    /// What the node measured about itself.
    pub health: Health,
}

struct_codec!(Heartbeat { validator, health });

/// What a node measured about itself. Nobody else can check it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The height that it had finalized.
    pub height: Height,
    /// Peers that it was connected to.
    pub peers: u32,
    /// Transactions that waited in its mempool.
    pub mempool: u32,
    /// Resident memory, in MiB.
    pub memory_mib: u32,
    /// Free space on the disk of its data, in MiB.
    pub free_disk_mib: u32,
    /// Time since it started, in seconds.
    pub uptime_s: u32,
    /// The version of the network's configuration that it applied; 1 is that of the genesis, 0 says
    /// nothing.
    #[serde(default)]
    pub spec: u64,
    /// The newest protocol that its software can run; 0.0.0 says nothing.
    #[serde(default)]
    pub protocol: Version,
}

struct_codec!(Health {
    height,
    peers,
    mempool,
    memory_mib,
    free_disk_mib,
    uptime_s,
    spec,
    protocol,
});
