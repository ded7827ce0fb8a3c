//! How validators who do not trust each other put a genesis together: `plan`, `entry`, `merge`,
//! `verify`.

use super::{described, load, load_draft, summary};
use crate::cli::{
    args::{GenesisEntryArgs, GenesisMerge, GenesisVerify},
    context::{Context, read_text, write_new},
    error::{CliError, Exit},
    output,
};
use althing_client::{
    genesis_plan::{self, Plan, PlanError},
    validator_key,
};
use althing_types::{Genesis, GenesisValidator, genesis::GenesisEntry};
use commonware_codec::DecodeExt as _;
use commonware_cryptography::ed25519;
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Prints an example of a plan.
pub(super) fn example() {
    output::line(genesis_plan::EXAMPLE.trim_end());
}

/// Reads and checks a plan.
///
/// # Errors
/// Exit code 6 with the line and the field of the first fault.
pub(super) fn read_plan(path: &Path) -> Result<Plan, CliError> {
    let text = read_text(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    Plan::parse(&text, folder).map_err(|error: PlanError| in_file(path, error.code(), &error))
}

fn in_file(path: &Path, code: &str, error: &dyn std::fmt::Display) -> CliError {
    CliError::new(Exit::False, code, format!("{}: {error}", path.display()))
}

/// Signs what a validator says, and writes it.
pub(super) fn entry(context: &Context, args: &GenesisEntryArgs) -> Result<(), CliError> {
    let draft = load_draft(&args.draft)?;
    let encrypted = validator_key::inspect(&args.key)?.encrypted;
    let password = if encrypted { Some(context.password("the validator key")?) } else { None };
    let seed = validator_key::read(&args.key, password.as_ref().map(|text| text.as_str()))?;
    let key = ed25519::PrivateKey::decode(seed.to_vec())
        .map_err(|error| CliError::new(Exit::Key, "key", error.to_string()))?;
    let validator = described(context, &args.details, validator_key::public_key(&seed))?;
    check_alone(&draft, &validator)?;
    let entry = GenesisEntry::sign(draft.chain_id, validator, &key);
    let text = serde_json::to_string_pretty(&entry).unwrap_or_default();
    write_new(&args.output, &(text + "\n"))?;
    if context.global.json {
        output::json(&json!({ "file": args.output, "entry": entry }));
    } else {
        output::facts(&[
            ("file", args.output.display().to_string()),
            ("chain id", entry.chain_id.to_string()),
            ("validator", entry.validator.name.to_string()),
            ("key", entry.validator.key.to_string()),
            ("stake", output::tokens_of(entry.validator.stake, &draft.symbol)),
        ]);
        output::line("\nSend this file to who puts the genesis together. It holds no secret.");
    }
    Ok(())
}

/// Whether the draft would take this validator, whoever else comes.
fn check_alone(draft: &Genesis, validator: &GenesisValidator) -> Result<(), CliError> {
    let alone = Genesis { validators: Vec::new(), ..draft.clone() };
    alone.with_validators(vec![validator.clone()], None)?;
    Ok(())
}

fn read_entry(path: &Path) -> Result<GenesisEntry, CliError> {
    let text = read_text(path)?;
    serde_json::from_str(&text).map_err(|error| in_file(path, "entry_unreadable", &error))
}

/// The files that the arguments name, and those in the folders that they name.
fn read_entries(paths: &[PathBuf]) -> Result<Vec<GenesisEntry>, CliError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let io = |error: std::io::Error| CliError::io(path, &error);
        for entry in fs::read_dir(path).map_err(io)? {
            let file = entry.map_err(io)?.path();
            if file.extension().is_some_and(|extension| extension == "json") {
                files.push(file);
            }
        }
    }
    files.sort();
    files.iter().map(|file| read_entry(file)).collect()
}

/// Puts entries into a draft.
pub(super) fn merge(context: &Context, args: &GenesisMerge) -> Result<(), CliError> {
    let draft = load_draft(&args.draft)?;
    let pool = match (&args.plan, &args.stakes_from) {
        (Some(plan), _) => {
            let plan = read_plan(plan)?;
            if draft.validators.is_empty() && plan.draft() != draft {
                return Err(in_file(
                    &args.draft,
                    "plan_differs",
                    &"this is not the draft of the plan: make it anew with `genesis new --plan`",
                ));
            }
            plan.pool()
        }
        (None, Some(account)) => Some(context.address(account)?),
        (None, None) => None,
    };
    let genesis = draft.merge(&read_entries(&args.entries)?, pool)?;
    write_new(&args.output, &(genesis.to_json() + "\n"))?;
    summary(context, &genesis)
}

/// Checks a genesis, its entries and its plan.
pub(super) fn verify(context: &Context, args: &GenesisVerify) -> Result<(), CliError> {
    let genesis = load(&args.file)?;
    if let Some(folder) = &args.entries {
        genesis.verify_entries(&read_entries(std::slice::from_ref(folder))?)?;
    }
    if let Some(path) = &args.plan {
        let plan = read_plan(path)?;
        if !plan.is_kept_by(&genesis)? {
            return Err(in_file(
                &args.file,
                "plan_differs",
                &"a parameter, an allocation or the reserve is not what the plan says",
            ));
        }
    }
    summary(context, &genesis)
}
