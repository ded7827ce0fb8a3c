//! Commands that need no node: `althing verify`, `althing completions`.

use althing_types::Address;
use clap::Args;
use std::path::PathBuf;

/// `althing verify`
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// What `althing query account --proof` or `althing query tx --proof` printed; '-' is
    /// standard input
    pub bundle: PathBuf,
    /// The genesis file of the chain; it is all that is trusted
    #[arg(long, value_name = "FILE")]
    pub genesis: PathBuf,
    /// Also require that the proof is about this account
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,
    /// Also require that the proof is about this transaction
    #[arg(long, value_name = "HASH")]
    pub tx: Option<String>,
}

impl VerifyArgs {
    /// The account that the proof must be about.
    ///
    /// # Errors
    /// If the text is no address of the chain whose genesis was read before.
    pub fn expected_address(&self) -> Result<Option<Address>, althing_types::AddressError> {
        self.address.as_deref().map(str::parse).transpose()
    }
}

/// `althing completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
