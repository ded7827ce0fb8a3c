//! `althing tx build`, `sign` and `broadcast`: a transaction goes from one machine to another in files.

use super::{decided, method, sign_with, submit, with_fees, would_fail};
use crate::cli::{
    args::{TxBroadcast, TxBuild, TxSign},
    context::{Context, Signer, read_text},
    error::{CliError, Exit},
    online::with_chain,
    output,
};
use althing_client::builder::{Builder, Method};
use althing_types::{Address, SignedTransaction, Transaction};
use serde_json::{Value, json};
use std::path::Path;

/// The key of a text: a name, `dev:N`, or the address of a key in the keystore.
fn payer(context: &Context, text: &str) -> Result<Signer, CliError> {
    let Ok(address) = text.parse::<Address>() else { return context.signer(Some(text)) };
    for entry in context.keystore().list()? {
        let entry = entry?;
        if entry.address() == address {
            return Ok(Signer::Stored(Box::new(entry)));
        }
    }
    Err(CliError::new(
        Exit::Key,
        "key_unknown",
        format!("no key in the keystore has the address {address}: give the name of the key"),
    ))
}

pub(super) fn build(context: &Context, args: &TxBuild) -> Result<(), CliError> {
    let builder = || -> Result<Builder, CliError> {
        let to = context.address(&args.to)?;
        let signer = payer(context, &args.from)?;
        let passkey = method(&signer, args.passkey)? == Method::Passkey;
        Ok(Builder::transfer(signer.public_key(), to, args.amount).passkey(passkey))
    };
    let fees = &args.fees;
    let complete = fees.chain_id.is_some()
        && fees.nonce.is_some()
        && fees.gas_limit.is_some()
        && fees.gas_price.is_some()
        && fees.valid_until.is_some();
    let offline = if complete { decided(builder()?, fees).offline() } else { None };
    let draft = match offline {
        Some(draft) => draft,
        None => with_chain(context, async |client, chain| {
            let draft = with_fees(builder()?, fees, &chain).prepare(&client).await?;
            would_fail(&draft)?;
            Ok(draft)
        })?,
    };
    write(args.output.as_deref(), &serde_json::to_value(&draft.transaction).unwrap_or_default())
}

pub(super) fn sign(context: &Context, args: &TxSign) -> Result<(), CliError> {
    let text = read_text(&args.file)?;
    let transaction: Transaction = serde_json::from_str(&text).map_err(|error| {
        let message = format!("{}: {error}", args.file.display());
        CliError::new(Exit::Usage, "unsigned_transaction", message)
    })?;
    let sender = transaction.sender.to_string();
    let signer = payer(context, args.from.as_deref().unwrap_or(&sender))?;
    if signer.address() != transaction.sender {
        let message = format!("the transaction is of {sender}, the key of {}", signer.address());
        return Err(CliError::new(Exit::Key, "wrong_key", message));
    }
    let method = method(&signer, args.passkey)?;
    let signed = sign_with(context, &signer, transaction, method)?;
    let value = json!({
        "hash": hex::encode(signed.hash()),
        "transaction": hex::encode(signed.bytes()),
    });
    write(args.output.as_deref(), &value)
}

pub(super) fn broadcast(context: &Context, args: &TxBroadcast) -> Result<(), CliError> {
    let text = read_text(&args.file)?;
    let value: Option<Value> = serde_json::from_str(&text).ok();
    let encoded = value.as_ref().and_then(|value| value.get("transaction")?.as_str());
    let bytes = hex::decode(encoded.unwrap_or(text.trim())).ok();
    let signed = bytes.and_then(|bytes| SignedTransaction::from_bytes(bytes.into()).ok());
    let signed = signed.ok_or_else(|| {
        CliError::new(
            Exit::Usage,
            "signed_transaction",
            format!(
                "{}: no signed transaction, as `althing tx sign` writes it",
                args.file.display()
            ),
        )
    })?;
    with_chain(context, async |client, chain| {
        let wait = args.wait.then_some(args.timeout);
        submit(context, &client, &signed, &chain, wait).await.map(drop)
    })
}

/// Writes a document to a file, or prints it.
///
/// # Errors
/// Exit code 1 if the file cannot be written.
pub(crate) fn write(path: Option<&Path>, value: &Value) -> Result<(), CliError> {
    match path {
        Some(path) => {
            std::fs::write(path, format!("{value:#}\n")).map_err(|error| CliError::io(path, &error))
        }
        None => {
            output::line(format!("{value:#}"));
            Ok(())
        }
    }
}
