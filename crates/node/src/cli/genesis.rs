//! `althing genesis`: everything here works without a node.

use super::{
    args::{
        GenesisAddAccount, GenesisAddValidator, GenesisCommand, GenesisFile, GenesisNew, Preset,
    },
    config::{self, Template},
    context::{Context, read_text, replace, write_new},
    error::{CliError, Exit},
    output,
};
use althing_client::{dev, validator_key};
use althing_types::{
    Address, Allocation, Amount, ChainParams, Genesis, GenesisValidator, KeyScheme, Ppm, SecretKey,
    Timestamp, address::set_prefix, genesis::LoadAccounts, params::FeeSplit,
};
use serde_json::json;
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

const STAKE_TOKENS: u64 = 100_000;
const DEV_TOKENS: u64 = 1_000_000;
const LOAD_TOKENS: u64 = 1_000;
const LOAD_SEED: &str = "load";

/// Runs `althing genesis …`.
///
/// # Errors
/// Exit code 6 if the file breaks a rule, 1 if it cannot be read or written.
pub(crate) fn run(context: &Context, command: &GenesisCommand) -> Result<(), CliError> {
    match command {
        GenesisCommand::New(args) => new(context, args),
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

fn params(preset: Preset) -> ChainParams {
    let mut params = ChainParams::devnet();
    let ppm = |value| Ppm::new(value).unwrap_or(Ppm::ZERO);
    match preset {
        Preset::Devnet => {}
        Preset::Testnet => params.epoch_length = 600,
        Preset::Mainnet => {
            params.epoch_length = 3_600;
            params.fee_split = FeeSplit {
                proposer: Ppm::ZERO,
                stakers: ppm(400_000),
                treasury: ppm(100_000),
                burn: ppm(500_000),
            };
        }
    }
    params
}

fn tokens(count: u64) -> Result<Amount, CliError> {
    Amount::from_tokens(count).map_err(|error| CliError::usage(error.to_string()))
}

fn new(context: &Context, args: &GenesisNew) -> Result<(), CliError> {
    use_prefix(&args.address_prefix)?;
    let name = match args.preset {
        Preset::Devnet => "cpc-devnet-1",
        Preset::Testnet => "cpc-testnet-1",
        Preset::Mainnet => "cpc-mainnet-1",
    };
    let chain_id = match args.chain_id {
        Some(chain_id) => chain_id,
        None => name.parse().map_err(|error| CliError::usage(format!("{error}")))?,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let now = u64::try_from(now).unwrap_or(u64::MAX);
    let mut genesis = Genesis {
        chain_id,
        genesis_time: Timestamp::new(args.genesis_time.unwrap_or(now)),
        address_prefix: args.address_prefix.clone(),
        symbol: args.symbol.clone(),
        params: params(args.preset),
        validators: Vec::new(),
        allocations: Vec::new(),
        load_accounts: None,
    };
    if let Some(length) = args.epoch_length {
        genesis.params.epoch_length = length;
    }
    if let Some(interval) = args.idle_interval_ms {
        genesis.params.idle_interval_ms = interval;
        genesis.params.busy_interval_ms = genesis.params.busy_interval_ms.min(interval);
    }
    genesis.params.validate().map_err(|error| CliError::usage(error.to_string()))?;
    for index in 0..args.dev_accounts {
        let address = dev::account(index).address();
        genesis.allocations.push(Allocation { address, amount: tokens(DEV_TOKENS)? });
    }
    if args.load_accounts > 0 {
        genesis.load_accounts = Some(LoadAccounts {
            seed: LOAD_SEED.to_owned(),
            count: args.load_accounts,
            amount: tokens(LOAD_TOKENS)?,
        });
    }
    if args.output.exists() {
        write_new(&args.output, "")?;
    }
    let mut homes = Vec::new();
    if let Some(folder) = &args.homes {
        for index in 0..args.validators {
            homes.push(folder.join(format!("node{index}")));
            genesis.validators.push(make_home(args, folder, index)?);
        }
    }
    if !genesis.validators.is_empty() {
        genesis = genesis.normalized()?;
    }
    let text = genesis.to_json() + "\n";
    for home in &homes {
        write_new(&home.join("genesis.json"), &text)?;
    }
    write_new(&args.output, &text)?;
    report_new(context, args, &genesis);
    Ok(())
}

fn report_new(context: &Context, args: &GenesisNew, genesis: &Genesis) {
    let hash = hex::encode(genesis.hash());
    if context.global.json {
        output::json(&json!({
            "file": args.output,
            "chain_id": genesis.chain_id,
            "hash": hash,
            "validators": genesis.validators.len(),
            "homes": args.homes,
        }));
        return;
    }
    output::facts(&[
        ("file", args.output.display().to_string()),
        ("chain id", genesis.chain_id.to_string()),
        ("validators", genesis.validators.len().to_string()),
        ("hash", hash),
    ]);
    if genesis.validators.is_empty() {
        output::line("\nAdd validators with `althing genesis add-validator`, then check it with");
        output::line("`althing genesis validate`. Every change changes the hash.");
    }
    if let Some(homes) = &args.homes {
        let home = homes.join("node0");
        output::line(format!("\nStart each validator: althing start --home {}", home.display()));
    }
}

/// The folder of a validator of a local network: config, keys, nothing to fill in.
fn make_home(args: &GenesisNew, folder: &Path, index: u16) -> Result<GenesisValidator, CliError> {
    let home = folder.join(format!("node{index}"));
    fs::create_dir_all(home.join("data")).map_err(|error| CliError::io(&home, &error))?;
    let port = |first: u16| {
        let port = first.checked_add(index).filter(|port| *port > 0);
        port.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            .ok_or_else(|| CliError::usage("the ports go beyond 65535: choose a lower first port"))
    };
    let (api, p2p) = (port(args.api_port)?, port(args.p2p_port)?);
    let name = format!("node{index}");
    let template = Template { name: &name, api, p2p, faucet: false };
    write_new(&home.join(config::FILE), &template.render())?;
    let seed = validator_key::generate();
    let key = validator_key::write(&home.join("validator.key"), &seed, None)?;
    // The rewards go to an account of its own, whose key can be imported from this file.
    let reward = validator_key::generate();
    let account = SecretKey::from_seed(KeyScheme::Ed25519, *reward)
        .map_err(|error| CliError::new(Exit::Key, "key", error.to_string()))?
        .address();
    write_secret(&home.join("account.seed"), &hex::encode(*reward))?;
    Ok(GenesisValidator {
        name,
        key,
        endpoint: p2p.to_string(),
        account,
        stake: tokens(STAKE_TOKENS)?,
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
    let mut genesis = load_draft(&args.file)?;
    let account = context.address(&args.account)?;
    genesis.validators.push(GenesisValidator {
        name: args.name.clone(),
        key: args.key,
        endpoint: args.endpoint.clone(),
        account,
        stake: args.stake,
    });
    save(context, &args.file, genesis.normalized()?)
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
    genesis.allocations.push(Allocation { address, amount: args.amount });
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
