//! `althing init`: a node's folder.

use super::{
    args::InitArgs,
    config::{self, Template},
    context::{Context, read_text, write_new},
    error::{CliError, Exit},
    genesis, output,
};
use althing_client::{keystore::Secret, validator_key};
use althing_types::{KeyScheme, ValidatorKey};
use serde_json::json;
use std::{fs, path::Path};

/// Runs `althing init`.
///
/// # Errors
/// Exit code 1 if the folder holds a node already, 6 if the genesis is no good, 7 if a key is.
pub(crate) fn run(context: &Context, args: &InitArgs) -> Result<(), CliError> {
    let home = context.home();
    let file = home.join(config::FILE);
    if file.exists() {
        return Err(CliError::new(
            Exit::Failed,
            "exists",
            format!("{} exists already: this folder holds a node", file.display()),
        ));
    }
    // Whatever can be wrong is found before the first file is written.
    let genesis = args.genesis.as_deref().map(genesis::load).transpose()?;
    let faucet = args.faucet_key.as_deref().map(read_text).transpose()?;
    if let Some(seed) = &faucet {
        Secret::from_hex_seed(KeyScheme::Ed25519, seed)?;
    }
    fs::create_dir_all(home.join("data")).map_err(|error| CliError::io(&home, &error))?;
    let key = place_validator_key(context, args, &home)?;
    if let Some(genesis) = &genesis {
        write_new(&home.join("genesis.json"), &(genesis.to_json() + "\n"))?;
    }
    if let Some(seed) = &faucet {
        genesis::write_secret(&home.join("faucet.key"), seed.trim())?;
    }
    let template =
        Template { name: &args.name, api: args.api, p2p: args.p2p, faucet: faucet.is_some() };
    write_new(&file, &template.render())?;

    let hash = genesis.as_ref().map(|genesis| hex::encode(genesis.hash()));
    if context.global.json {
        output::json(&json!({
            "home": home,
            "config": file,
            "validator": key.to_string(),
            "genesis_hash": hash,
        }));
        return Ok(());
    }
    output::facts(&[
        ("folder", home.display().to_string()),
        ("validator key", key.to_string()),
        ("genesis hash", hash.unwrap_or_else(|| "none yet".to_owned())),
    ]);
    if genesis.is_none() {
        let target = home.join("genesis.json");
        output::line(format!("\nPut the network's genesis file at {}, then:", target.display()));
    }
    output::line(format!("\n  althing start --home {}", home.display()));
    Ok(())
}

fn place_validator_key(
    context: &Context,
    args: &InitArgs,
    home: &Path,
) -> Result<ValidatorKey, CliError> {
    let target = home.join("validator.key");
    let password =
        if args.encrypt { Some(context.new_password("the new validator key")?) } else { None };
    let password = password.as_ref().map(|password| password.as_str());
    let seed = match &args.validator_key {
        None => validator_key::generate(),
        Some(path) => {
            let given = validator_key::inspect(path)?;
            let old = if given.encrypted {
                Some(context.password("the given validator key")?)
            } else {
                None
            };
            validator_key::read(path, old.as_ref().map(|old| old.as_str()))?
        }
    };
    Ok(validator_key::write(&target, &seed, password)?)
}
