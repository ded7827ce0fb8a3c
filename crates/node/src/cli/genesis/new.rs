//! `althing genesis new`: a genesis from a preset or a plan, and the folders of local validators.

use super::{ceremony, use_prefix, write_secret};
use crate::cli::{
    args::{GenesisNew, Preset},
    config::{self, Template},
    context::{Context, read_text, write_new},
    error::{CliError, Exit},
    gov, output,
};
use althing_client::{dev, validator_key};
use althing_types::{
    Allocation, Amount, ChainParams, Genesis, GenesisValidator, KeyScheme, Ppm, SecretKey, Text,
    Timestamp, genesis::LoadAccounts,
};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

const STAKE_TOKENS: u64 = 100_000;
/// What the operator of each validator owns besides its stake: for fees, and to leave jail early.
const OPERATOR_TOKENS: u64 = 10_000;
const DEV_TOKENS: u64 = 1_000_000;
const LOAD_TOKENS: u64 = 1_000;
/// What rewards are released from where the schedule needs it, as in the example of a plan: 30 % of a
/// billion.
const RESERVE_TOKENS: u64 = 300_000_000;
const LOAD_SEED: &str = "load";

fn params(preset: Preset) -> ChainParams {
    match preset {
        Preset::Devnet => ChainParams::devnet(),
        Preset::Testnet => ChainParams::testnet(),
        Preset::Mainnet => ChainParams::mainnet(),
    }
}

fn tokens(count: u64) -> Result<Amount, CliError> {
    Amount::from_tokens(count).map_err(|error| CliError::usage(error.to_string()))
}

/// Writes a new genesis.
pub(super) fn new(context: &Context, args: &GenesisNew) -> Result<(), CliError> {
    if let Some(plan) = &args.plan {
        let draft = ceremony::read_plan(plan)?.draft();
        write_new(&args.output, &(draft.to_json() + "\n"))?;
        report_new(context, args, &draft);
        return Ok(());
    }
    let mut genesis = without_validators(args)?;
    if args.output.exists() {
        write_new(&args.output, "")?;
    }
    let (mut homes, mut validators) = (Vec::new(), Vec::new());
    if let Some(folder) = &args.homes {
        for index in 0..args.validators {
            homes.push(folder.join(format!("node{index}")));
            validators.push(make_home(args, folder, index)?);
        }
    }
    if !validators.is_empty() {
        for validator in &validators {
            let (address, amount) = (validator.account, tokens(OPERATOR_TOKENS)?);
            genesis.allocations.push(Allocation { address, amount, vesting: None });
        }
        genesis = genesis.with_validators(validators, None)?;
    }
    let text = genesis.to_json() + "\n";
    for home in &homes {
        write_new(&home.join("genesis.json"), &text)?;
    }
    write_new(&args.output, &text)?;
    report_new(context, args, &genesis);
    Ok(())
}

/// What the options say, without validators.
fn without_validators(args: &GenesisNew) -> Result<Genesis, CliError> {
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
        genesis_time: args.genesis_time.unwrap_or(Timestamp::new(now)),
        address_prefix: args.address_prefix.clone(),
        symbol: args.symbol.clone(),
        params: params(args.preset),
        validators: Vec::new(),
        allocations: Vec::new(),
        reserve: Amount::ZERO,
        network: document(args.network.as_deref())?,
        safety: document(args.safety.as_deref())?,
        load_accounts: None,
    };
    let staking = &mut genesis.params.staking;
    staking.max_validators = staking.max_validators.max(u64::from(args.validators));
    if let Some(length) = args.epoch_length {
        genesis.params.epoch_length = length;
    }
    if let Some(interval) = args.idle_interval_ms {
        genesis.params.idle_interval_ms = interval;
        genesis.params.busy_interval_ms = genesis.params.busy_interval_ms.min(interval);
    }
    gov::configure(&mut genesis.params, &args.params, &args.symbol)?;
    genesis.params.validate().map_err(|error| CliError::usage(error.to_string()))?;
    genesis.reserve = reserve(args, &genesis.params)?;
    genesis.check_reserve().map_err(|error| CliError::usage(error.to_string()))?;
    for index in 0..args.dev_accounts {
        let address = dev::account(index).address();
        genesis.allocations.push(Allocation {
            address,
            amount: tokens(DEV_TOKENS)?,
            vesting: None,
        });
    }
    if args.load_accounts > 0 {
        genesis.load_accounts = Some(LoadAccounts {
            seed: LOAD_SEED.to_owned(),
            count: args.load_accounts,
            amount: tokens(LOAD_TOKENS)?,
        });
    }
    Ok(genesis)
}

/// What a JSON file says that becomes a field of the genesis.
fn document<T: DeserializeOwned>(path: Option<&Path>) -> Result<Option<T>, CliError> {
    let Some(path) = path else { return Ok(None) };
    let bad = |error| CliError::usage(format!("{}: {error}", path.display()));
    serde_json::from_str(&read_text(path)?).map(Some).map_err(bad)
}

/// What `--reserve` says, or as much as the preset needs.
fn reserve(args: &GenesisNew, params: &ChainParams) -> Result<Amount, CliError> {
    match (args.reserve, params.emission.schedule.needs_reserve()) {
        (Some(reserve), true) => Ok(reserve),
        (None, true) => tokens(RESERVE_TOKENS),
        (None, false) => Ok(Amount::ZERO),
        (Some(_), false) => Err(CliError::usage(
            "--reserve is for presets whose schedule is target-apr: this preset mints its rewards, \
             and nothing would ever be paid from the reserve",
        )),
    }
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
        output::line(
            "\nAdd validators with `althing genesis merge` (from entries that they sign) or",
        );
        output::line("`althing genesis add-validator`. Every change changes the hash.");
    }
    if let Some(homes) = &args.homes {
        let home = homes.join("node0");
        let home = home.display();
        output::line(format!("\nStart each validator: althing --home {home} start"));
        output::line(format!(
            "Take in the key of its operator, who stakes, unstakes and earns: althing --home {home} \
             keys import operator --seed --file {home}/account.seed"
        ));
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
    let name = name.parse().map_err(|error| CliError::usage(format!("{error}")))?;
    let (website, description) = (Text::default(), Text::default());
    Ok(GenesisValidator {
        name,
        website,
        description,
        key,
        endpoint: p2p.to_string(),
        account,
        stake: tokens(STAKE_TOKENS)?,
        commission: Ppm::ZERO,
    })
}
