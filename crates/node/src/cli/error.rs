//! Failures of a command: one sentence, how to mend it, and the exit code.

use super::output;
use serde_json::{Value, json};
use std::process::ExitCode;

/// How the process ends. The numbers are stable; scripts depend on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The command did what it was asked for.
    Done = 0,
    /// It failed for a reason without a code of its own.
    Failed = 1,
    /// The arguments make no sense.
    Usage = 2,
    /// The node did not answer.
    Unreachable = 3,
    /// The chain refused or failed the transaction.
    Rejected = 4,
    /// What was asked for does not exist.
    NotFound = 5,
    /// A proof or a check is false.
    False = 6,
    /// The key is missing, damaged or locked.
    Key = 7,
    /// It did not happen in time.
    TimedOut = 8,
    /// The next block has rules that this software does not know: install other software. A service
    /// manager should not start this one again.
    Outdated = 75,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    /// How the process ends.
    pub exit: Exit,
    /// Stable machine-readable name.
    pub code: String,
    /// One sentence, and how to mend it.
    pub message: String,
    /// What a program may want to know more; null if there is nothing.
    pub detail: Value,
}

impl CliError {
    /// A failure with its exit code, its stable name and its sentence.
    pub fn new(exit: Exit, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { exit, code: code.into(), message: message.into(), detail: Value::Null }
    }

    /// Adds facts for programs.
    #[must_use]
    pub fn detail(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }

    /// Arguments that make no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    /// Prints the failure to standard error, as a line or as JSON.
    pub fn print(&self, json: bool) {
        if json {
            let mut value = json!({ "code": self.code, "message": self.message });
            if !self.detail.is_null() {
                value["detail"] = self.detail.clone();
            }
            output::note(value.to_string());
        } else {
            output::note(format!("error: {}", self.message));
        }
    }
}

impl CliError {
    /// A file that cannot be read or written.
    pub fn io(path: &std::path::Path, error: &std::io::Error) -> Self {
        let exit = if error.kind() == std::io::ErrorKind::NotFound {
            Exit::NotFound
        } else {
            Exit::Failed
        };
        Self::new(exit, "io", format!("{}: {error}", path.display()))
    }
}

impl From<althing_client::keystore::KeystoreError> for CliError {
    fn from(error: althing_client::keystore::KeystoreError) -> Self {
        Self::new(Exit::Key, error.code(), error.to_string())
    }
}

impl From<althing_client::mnemonic::MnemonicError> for CliError {
    fn from(error: althing_client::mnemonic::MnemonicError) -> Self {
        Self::new(Exit::Key, error.code(), error.to_string())
    }
}

impl From<althing_client::KeyFileError> for CliError {
    fn from(error: althing_client::KeyFileError) -> Self {
        Self::new(Exit::Key, error.code(), error.to_string())
    }
}

impl From<althing_types::GenesisError> for CliError {
    fn from(error: althing_types::GenesisError) -> Self {
        Self::new(Exit::False, error.code(), error.to_string())
    }
}

impl From<althing_types::genesis::CeremonyError> for CliError {
    fn from(error: althing_types::genesis::CeremonyError) -> Self {
        Self::new(Exit::False, error.code(), error.to_string())
    }
}
