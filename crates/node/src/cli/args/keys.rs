//! `althing keys`.

use althing_types::KeyScheme;
use clap::{Args, Subcommand, builder::PossibleValuesParser, builder::TypedValueParser as _};
use std::path::PathBuf;

/// `althing keys …`
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a new key and print its 24 words once
    Add(KeysAdd),
    /// Take in a key from 24 words or from a hex seed
    Import(KeysImport),
    /// Print a key's secret: the 24 words it came from, or its hex seed
    Export(KeysExport),
    /// List the keys; needs no password
    List,
    /// Show a key's scheme, address and public key; needs no password
    Show {
        /// Name of the key
        name: String,
    },
    /// Delete a key for good
    Delete(KeysDelete),
    /// Print 24 new words and keep nothing
    Mnemonic,
}

pub(super) fn scheme_parser() -> impl clap::builder::TypedValueParser<Value = KeyScheme> {
    PossibleValuesParser::new(KeyScheme::ALL.map(KeyScheme::name))
        .try_map(|name| KeyScheme::from_name(&name).ok_or("unknown scheme"))
}

/// `althing keys add`
#[derive(Debug, Args)]
pub struct KeysAdd {
    /// Name of the new key: letters, digits, '-', '_' and '.'
    pub name: String,
    /// Signature scheme
    #[arg(long, default_value = "ed25519", value_parser = scheme_parser())]
    pub scheme: KeyScheme,
    /// Account number in the derivation path
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub account: u32,
}

/// `althing keys import`
#[derive(Debug, Args)]
pub struct KeysImport {
    /// Name of the key: letters, digits, '-', '_' and '.'
    pub name: String,
    /// Signature scheme
    #[arg(long, default_value = "ed25519", value_parser = scheme_parser())]
    pub scheme: KeyScheme,
    /// Account number in the derivation path; for 24 words only
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub account: u32,
    /// The secret is a seed of 64 hex characters instead of 24 words
    #[arg(long)]
    pub seed: bool,
    /// Read the secret from this file instead of a prompt; '-' is standard input
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Import the well-known account N of development networks; its key is public
    #[arg(long, value_name = "N", conflicts_with_all = ["seed", "file", "account"])]
    pub dev: Option<u32>,
}

/// `althing keys export`
#[derive(Debug, Args)]
pub struct KeysExport {
    /// Name of the key
    pub name: String,
    /// Print the hex seed even if the key came from 24 words
    #[arg(long)]
    pub seed: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
}

/// `althing keys delete`
#[derive(Debug, Args)]
pub struct KeysDelete {
    /// Name of the key
    pub name: String,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
}
