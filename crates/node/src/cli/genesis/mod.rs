//! `althing genesis`: everything here works without a node.

mod ceremony;
mod new;

use super::{
    args::{GenesisAddAccount, GenesisAddValidator, GenesisCommand, GenesisDetails, GenesisFile},
    context::{Context, read_text, replace, write_new},
    error::{CliError, Exit},
    output,
};
use althing_types::{
    Address, Allocation, Genesis, GenesisValidator, ValidatorKey, address::set_prefix,
    genesis::Vesting,
};
use serde_json::json;
use std::{fs, path::Path};

/// Runs `althing genesis …`.
///
/// # Errors
/// Exit code 6 if a file breaks a rule, 1 if it cannot be read or written.
pub(crate) fn run(context: &Context, command: &GenesisCommand) -> Result<(), CliError> {
    match command {
        GenesisCommand::New(args) => new::new(context, args),
        GenesisCommand::Plan => {
            ceremony::example();
            Ok(())
        }
        GenesisCommand::Entry(args) => ceremony::entry(context, args),
        GenesisCommand::Merge(args) => ceremony::merge(context, args),
        GenesisCommand::Verify(args) => ceremony::verify(context, args),
        GenesisCommand::AddValidator(args) => add_validator(context, args),
        GenesisCommand::AddAccount(args) => add_account(context, args),
        GenesisCommand::Validate(args) => validate(context, args),
        GenesisCommand::Hash(args) => hash(context, args),
    }
}

/// Reads and checks a genesis file.
///
/// # Errors
/// Exit code 6 if it breaks a rule.
pub(crate) fn load(path: &Path) -> Result<Genesis, CliError> {
    let text = read_text(path)?;
    Genesis::from_json(&text).map_err(|error| {
        let error = CliError::from(error);
        CliError::new(error.exit, error.code, format!("{}: {}", path.display(), error.message))
    })
}

// A file that is still being put together may lack validators, so its rules are not checked.
fn load_draft(path: &Path) -> Result<Genesis, CliError> {
    #[derive(serde::Deserialize)]
    struct Prefix {
        address_prefix: String,
    }
    let text = read_text(path)?;
    let broken = |error: serde_json::Error| {
        let sentence = format!("{}: {error}", path.display());
        CliError::new(Exit::False, "genesis_unreadable", sentence)
    };
    let prefix: Prefix = serde_json::from_str(&text).map_err(broken)?;
    use_prefix(&prefix.address_prefix)?;
    serde_json::from_str(&text).map_err(broken)
}

fn use_prefix(prefix: &str) -> Result<(), CliError> {
    set_prefix(prefix).map_err(|error| CliError::usage(format!("the address prefix: {error}")))
}

/// What the options say about a validator.
fn described(
    context: &Context,
    details: &GenesisDetails,
    key: ValidatorKey,
) -> Result<GenesisValidator, CliError> {
    Ok(GenesisValidator {
        name: details.name.clone(),
        website: details.website.clone(),
        description: details.description.clone(),
        key,
        endpoint: details.endpoint.clone(),
        account: context.address(&details.account)?,
        stake: details.stake,
        commission: details.commission,
    })
}

/// Writes a hex seed to a new file that only its owner may read.
///
/// # Errors
/// Exit code 1 if the file exists or cannot be written.
pub(crate) fn write_secret(path: &Path, seed: &str) -> Result<(), CliError> {
    write_new(path, "")?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(path, mode).map_err(|error| CliError::io(path, &error))?;
    }
    fs::write(path, format!("{seed}\n")).map_err(|error| CliError::io(path, &error))
}

fn add_validator(context: &Context, args: &GenesisAddValidator) -> Result<(), CliError> {
    let genesis = load_draft(&args.file)?;
    let validator = described(context, &args.details, args.key)?;
    save(context, &args.file, genesis.with_validators(vec![validator], None)?)
}

fn add_account(context: &Context, args: &GenesisAddAccount) -> Result<(), CliError> {
    let mut genesis = load_draft(&args.file)?;
    let address: Address = context.address(&args.address)?;
    if args.amount.is_zero() {
        return Err(CliError::usage("the amount is zero: leave the account out"));
    }
    if genesis.allocations.iter().any(|entry| entry.address == address) {
        return Err(CliError::new(
            Exit::Failed,
            "genesis_duplicate_account",
            format!("the account {address} is listed already: change its amount in the file"),
        ));
    }
    let vesting = args.vesting_end.map(|end| {
        let start = args.vesting_start.unwrap_or(genesis.genesis_time);
        Vesting { start, cliff: args.vesting_cliff.unwrap_or(start), end }
    });
    if vesting.is_some_and(|line| !line.is_legal()) {
        return Err(althing_types::GenesisError::Vesting(address).into());
    }
    genesis.allocations.push(Allocation { address, amount: args.amount, vesting });
    genesis.allocations.sort_by_key(|entry| entry.address);
    if !genesis.validators.is_empty() {
        genesis = genesis.normalized()?;
    }
    save(context, &args.file, genesis)
}

fn save(context: &Context, path: &Path, genesis: Genesis) -> Result<(), CliError> {
    replace(path, &(genesis.to_json() + "\n"))?;
    summary(context, &genesis)
}

fn summary(context: &Context, genesis: &Genesis) -> Result<(), CliError> {
    let hash = hex::encode(genesis.hash());
    let supply = genesis.supply()?;
    if context.global.json {
        output::json(&json!({
            "chain_id": genesis.chain_id,
            "hash": hash,
            "validators": genesis.validators.len(),
            "accounts": genesis.allocations.len(),
            "supply": supply,
        }));
    } else {
        output::facts(&[
            ("chain id", genesis.chain_id.to_string()),
            ("validators", genesis.validators.len().to_string()),
            ("accounts", genesis.allocations.len().to_string()),
            ("supply", format!("{} {}", supply.to_tokens(), genesis.symbol)),
            ("hash", hash),
        ]);
    }
    Ok(())
}

fn validate(context: &Context, args: &GenesisFile) -> Result<(), CliError> {
    let genesis = load(&args.file)?;
    summary(context, &genesis)
}

fn hash(context: &Context, args: &GenesisFile) -> Result<(), CliError> {
    let hash = hex::encode(load(&args.file)?.hash());
    if context.global.json {
        output::json(&json!({ "hash": hash }));
    } else {
        output::line(hash);
    }
    Ok(())
}
