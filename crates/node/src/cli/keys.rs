//! `althing keys`.

use super::{
    args::{KeysAdd, KeysCommand, KeysDelete, KeysExport, KeysImport},
    context::{Context, read_text},
    error::{CliError, Exit},
    output,
};
use althing_client::{
    dev,
    keystore::{Entry, Secret},
    mnemonic::Mnemonic,
};
use serde_json::{Value, json};
use std::io::IsTerminal as _;
use zeroize::Zeroizing;

/// Runs `althing keys …`.
///
/// # Errors
/// Exit code 7 for keys and passwords, 2 for usage.
pub(crate) fn run(context: &Context, command: &KeysCommand) -> Result<(), CliError> {
    match command {
        KeysCommand::Add(args) => add(context, args),
        KeysCommand::Import(args) => import(context, args),
        KeysCommand::Export(args) => export(context, args),
        KeysCommand::List => list(context),
        KeysCommand::Show { name } => show(context, name),
        KeysCommand::Delete(args) => delete(context, args),
        KeysCommand::Mnemonic => {
            let phrase = Mnemonic::generate().phrase();
            if context.global.json {
                output::json(&json!({ "mnemonic": *phrase }));
            } else {
                output::line(&*phrase);
            }
            Ok(())
        }
    }
}

fn describe(entry: &Entry) -> Value {
    json!({
        "name": entry.name,
        "scheme": entry.public_key.scheme().name(),
        "address": entry.address().to_string(),
        "public_key": hex::encode(entry.public_key.bytes()),
    })
}

fn print(context: &Context, entry: &Entry, words: Option<&str>) {
    if context.global.json {
        let mut value = describe(entry);
        if let (Some(words), Some(object)) = (words, value.as_object_mut()) {
            object.insert("mnemonic".to_owned(), Value::from(words));
        }
        output::json(&value);
        return;
    }
    let key = hex::encode(entry.public_key.bytes());
    output::facts(&[
        ("name", entry.name.clone()),
        ("scheme", entry.public_key.scheme().to_string()),
        ("address", entry.address().to_string()),
        ("public key", if key.len() > 66 { output::short(&key) } else { key }),
    ]);
    if let Some(words) = words {
        output::line(
            "\nWrite these 24 words down and keep them secret. They are not shown again, and",
        );
        output::line(
            "they are the only way to the money if this computer or the password is lost:\n",
        );
        for chunk in words.split(' ').collect::<Vec<_>>().chunks(6) {
            output::line(format!("  {}", chunk.join(" ")));
        }
    }
}

fn check_free(context: &Context, name: &str) -> Result<(), CliError> {
    match context.keystore().show(name) {
        Err(error) if error.code() == "key_not_found" => Ok(()),
        Err(error) if error.code() == "key_bad_name" => Err(error.into()),
        _ => Err(CliError::new(
            Exit::Key,
            "key_exists",
            format!(
                "a key named {name:?} exists already: choose another name, or delete that key first"
            ),
        )),
    }
}

fn add(context: &Context, args: &KeysAdd) -> Result<(), CliError> {
    check_free(context, &args.name)?;
    let mnemonic = Mnemonic::generate();
    let phrase = mnemonic.phrase();
    let secret = Secret::from_mnemonic(mnemonic, args.scheme, args.account)?;
    let password = context.new_password(&format!("the key {:?}", args.name))?;
    let entry = context.keystore().add(&args.name, &secret, &password)?;
    print(context, &entry, Some(&phrase));
    Ok(())
}

fn import(context: &Context, args: &KeysImport) -> Result<(), CliError> {
    check_free(context, &args.name)?;
    let secret = match args.dev {
        Some(index) => Secret { key: dev::account(index), origin: None },
        None => {
            let text = secret_text(args)?;
            if args.seed {
                Secret::from_hex_seed(args.scheme, &text)?
            } else {
                Secret::from_mnemonic(Mnemonic::parse(&text)?, args.scheme, args.account)?
            }
        }
    };
    let password = context.new_password(&format!("the key {:?}", args.name))?;
    let entry = context.keystore().add(&args.name, &secret, &password)?;
    print(context, &entry, None);
    Ok(())
}

fn secret_text(args: &KeysImport) -> Result<Zeroizing<String>, CliError> {
    if let Some(path) = &args.file {
        return read_text(path).map(Zeroizing::new);
    }
    let prompt = if args.seed { "Seed (64 hex characters): " } else { "24 words: " };
    rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|_| {
        CliError::usage(
            "no terminal to ask for the secret: give it with --file, or --file - for \
                         standard input",
        )
    })
}

fn export(context: &Context, args: &KeysExport) -> Result<(), CliError> {
    let keystore = context.keystore();
    keystore.show(&args.name)?;
    if std::io::stdout().is_terminal() {
        let question = "The secret will be printed; whoever sees it owns the account. Go on?";
        context.confirm(question, args.yes)?;
    }
    let password = context.password(&format!("the key {:?}", args.name))?;
    let secret = keystore.unlock(&args.name, &password)?;
    let seed = Zeroizing::new(hex::encode(secret.key.expose_seed()));
    let scheme = secret.key.scheme().name();
    match &secret.origin {
        Some((mnemonic, account)) if !args.seed => {
            let phrase = mnemonic.phrase();
            if context.global.json {
                let value = json!({ "mnemonic": *phrase, "account": account, "scheme": scheme });
                output::json(&value);
            } else {
                output::line(&*phrase);
            }
        }
        _ if context.global.json => output::json(&json!({ "seed": *seed, "scheme": scheme })),
        _ => output::line(&*seed),
    }
    Ok(())
}

fn list(context: &Context) -> Result<(), CliError> {
    let keys = context.keystore().list()?;
    let mut damaged = None;
    let mut entries = Vec::new();
    for key in keys {
        match key {
            Ok(entry) => entries.push(entry),
            Err(error) => damaged = Some(error),
        }
    }
    if context.global.json {
        output::json(&Value::Array(entries.iter().map(describe).collect()));
    } else if entries.is_empty() && damaged.is_none() {
        output::line("No keys yet. Make one with `althing keys add NAME`.");
    } else {
        let rows: Vec<_> = entries
            .iter()
            .map(|entry| {
                let scheme = entry.public_key.scheme().to_string();
                vec![entry.name.clone(), scheme, entry.address().to_string()]
            })
            .collect();
        output::rows(&["name", "scheme", "address"], &[], &rows);
    }
    damaged.map_or(Ok(()), |error| Err(error.into()))
}

fn show(context: &Context, name: &str) -> Result<(), CliError> {
    let entry = context.keystore().show(name)?;
    print(context, &entry, None);
    Ok(())
}

fn delete(context: &Context, args: &KeysDelete) -> Result<(), CliError> {
    let keystore = context.keystore();
    if !keystore.path(&args.name)?.exists() {
        keystore.show(&args.name)?;
    }
    let question = format!(
        "Delete the key {:?}? Without its 24 words or its seed, its money is lost.",
        args.name
    );
    context.confirm(&question, args.yes)?;
    keystore.delete(&args.name)?;
    if context.global.json {
        output::json(&json!({ "deleted": args.name }));
    } else {
        output::line(format!("deleted {:?}", args.name));
    }
    Ok(())
}
