//! Why an engine does not start, or stopped.

use std::path::PathBuf;

/// An engine failed. Every variant has a stable [`code`](Self::code).
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The data folder cannot be used.
    #[error("the data folder {path} cannot be used: {reason}")]
    DataFolder {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// Another process uses the data folder.
    #[error("another process uses the data folder {0}: stop it first, or choose another folder")]
    Locked(PathBuf),
    /// The folder holds another chain.
    #[error(
        "the data folder {path} holds the chain with genesis {found}, not {expected}: \
         choose another folder, or the genesis file of that chain"
    )]
    OtherGenesis {
        /// The folder.
        path: PathBuf,
        /// Hash of the genesis that the data belongs to.
        found: String,
        /// Hash of the genesis that was given.
        expected: String,
    },
    /// The genesis is no legal genesis.
    #[error("the genesis is refused: {0}")]
    Genesis(String),
    /// The p2p address is taken or illegal.
    #[error("cannot listen for peers on {address}: {reason}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the operating system says.
        reason: String,
    },
    /// The operating system gave no thread.
    #[error("cannot start the engine's thread: {0}")]
    Thread(String),
    /// The next block has rules that this software does not know.
    #[error("{0}")]
    UpgradeNeeded(String),
    /// The engine stopped on a fault: damaged storage, a full disk, or an internal error.
    #[error("the engine stopped: {0}")]
    Stopped(String),
}

impl EngineError {
    /// Stable machine-readable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::DataFolder { .. } => "data_folder",
            Self::Locked(_) => "data_folder_locked",
            Self::OtherGenesis { .. } => "other_genesis",
            Self::Genesis(_) => "genesis_refused",
            Self::Listen { .. } => "listen_failed",
            Self::Thread(_) => "thread_failed",
            Self::UpgradeNeeded(_) => "upgrade_needed",
            Self::Stopped(_) => "engine_stopped",
        }
    }
}
