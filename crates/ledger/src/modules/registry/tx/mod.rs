//! The messages of module `registry`.

pub(crate) mod heartbeat;
pub(crate) mod register_node;
