//! `althing tx`.

use super::{
    args::{Fees, TxBroadcast, TxBuild, TxCommand, TxSend, TxSign, TxWait},
    context::{Context, Signer, read_text},
    error::{CliError, Exit},
    online::with_node,
    output,
};
use althing_client::{
    builder::{self, Builder, Draft},
    http::{Client, TransactionInfo},
};
use althing_types::{
    Address, Gas, GasPrice, Hash, Nonce, Payload, SignedTransaction, Transaction, Transfer,
};
use serde_json::{Value, json};
use std::{io::Read as _, path::Path, time::Duration};

/// Runs `althing tx …`.
///
/// # Errors
/// Exit code 3 if the node does not answer, 4 if the chain refuses or the transaction fails, 7 for
/// keys, 8 if it is not finalized in time.
pub(crate) fn run(context: &Context, command: &TxCommand) -> Result<(), CliError> {
    match command {
        TxCommand::Send(args) => send(context, args),
        TxCommand::Build(args) => build(context, args),
        TxCommand::Sign(args) => sign(context, args),
        TxCommand::Broadcast(args) => broadcast(context, args),
        TxCommand::Status { hash } => status(context, hash),
        TxCommand::Wait(args) => wait(context, args),
    }
}

/// The hash that a text stands for.
///
/// # Errors
/// Exit code 2 if it is none.
pub(crate) fn parse_hash(text: &str) -> Result<Hash, CliError> {
    let bytes = hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok();
    let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map(Hash::from).ok_or_else(|| {
        CliError::usage(format!("{text:?} is no hash: expected 64 hexadecimal characters"))
    })
}

fn with_fees(builder: Builder, fees: &Fees) -> Builder {
    builder
        .memo(fees.memo.as_str())
        .chain_id(fees.chain_id)
        .nonce(fees.nonce.map(Nonce::new))
        .gas_limit(fees.gas_limit.map(Gas::new))
        .gas_price(fees.gas_price.map(GasPrice::new))
        .valid_until(fees.valid_until)
}

fn send(context: &Context, args: &TxSend) -> Result<(), CliError> {
    let to = context.address(&args.to)?;
    let signer = context.signer(args.from.as_deref())?;
    let builder = Builder::transfer(signer.public_key(), to, args.amount);
    let builder = with_fees(builder, &args.fees);
    with_node(context, async |client| {
        let draft = builder.prepare(&client).await?;
        if args.dry_run || !context.global.json {
            show_draft(context, &draft);
        }
        would_fail(&draft)?;
        if args.dry_run {
            return Ok(());
        }
        context.confirm("Send it?", args.yes)?;
        let key = context.unlock(&signer)?;
        let signed = builder::sign(draft.transaction, &key)
            .map_err(|error| CliError::new(Exit::Key, "key", error.to_string()))?;
        submit(context, &client, &signed, args.wait.then_some(args.timeout)).await
    })
}

/// Prints what a transaction would do and cost.
fn show_draft(context: &Context, draft: &Draft) {
    let tx = &draft.transaction;
    let receipt = draft.simulation.as_ref().and_then(|run| run.receipt.as_ref());
    if context.global.json {
        output::json(&json!({
            "transaction": tx,
            "expected_fee": draft.expected_fee(),
            "max_fee": tx.max_fee(),
            "outcome": receipt.map(|receipt| receipt.code_name.clone()),
            "sent": false,
        }));
        return;
    }
    let Payload::Transfer(Transfer { to, amount }) = &tx.payload;
    let mut facts = vec![
        ("from", tx.sender.to_string()),
        ("to", to.to_string()),
        ("amount", output::tokens(*amount)),
        ("fee", output::tokens(draft.expected_fee())),
        ("fee at most", output::tokens(tx.max_fee())),
        ("nonce", tx.nonce.to_string()),
        ("valid until", format!("block {}", tx.valid_until)),
    ];
    if !tx.memo.is_empty() {
        facts.push(("memo", tx.memo.clone()));
    }
    if let Some(receipt) = receipt {
        facts.push(("dry run", receipt.message.clone()));
    }
    output::facts(&facts);
}

/// The failure that a dry run foresees.
fn would_fail(draft: &Draft) -> Result<(), CliError> {
    let Some(run) = &draft.simulation else { return Ok(()) };
    if let Some(reason) = &run.reason {
        return Err(CliError::new(Exit::Rejected, &*reason.code, reason.message.clone()));
    }
    match &run.receipt {
        Some(receipt) if !receipt.success => {
            Err(CliError::new(Exit::Rejected, &*receipt.code_name, receipt.message.clone()))
        }
        _ => Ok(()),
    }
}

async fn submit(
    context: &Context,
    client: &Client,
    signed: &SignedTransaction,
    wait: Option<Duration>,
) -> Result<(), CliError> {
    let submitted = client.submit(signed).await?;
    let hash = signed.hash();
    let Some(timeout) = wait else {
        if context.global.json {
            output::json(&json!({ "hash": submitted.hash, "status": submitted.status }));
        } else {
            output::line(format!("\nsubmitted {}", submitted.hash));
            output::line(format!("follow it with: althing tx wait {}", submitted.hash));
        }
        return Ok(());
    };
    let info = client.wait(&hash, timeout).await?;
    if !context.global.json {
        output::line("");
    }
    show(context, &info);
    settled(&info)
}

/// Prints where a transaction is.
pub(crate) fn show(context: &Context, info: &TransactionInfo) {
    if context.global.json {
        output::json(&json!({
            "hash": info.hash,
            "status": info.status,
            "height": info.height,
            "index": info.index,
            "time_ms": info.time_ms,
            "success": info.receipt.as_ref().map(|receipt| receipt.success),
            "code": info.receipt.as_ref().map(|receipt| receipt.code_name.clone()),
            "gas_used": info.receipt.as_ref().map(|receipt| receipt.gas_used),
            "fee": info.receipt.as_ref().map(|receipt| receipt.fee),
            "reason": info.reason.as_ref().map(|reason| json!({
                "code": reason.code, "message": reason.message,
            })),
            "transaction": info.transaction,
        }));
        return;
    }
    let mut facts = vec![("hash", info.hash.clone()), ("status", info.status.clone())];
    if let (Some(height), Some(index)) = (info.height, info.index) {
        facts.push(("block", format!("{height}, position {index}")));
    }
    if let Some(time) = info.time_ms {
        facts.push(("time", output::time(time)));
    }
    if let Some(receipt) = &info.receipt {
        let mark = if receipt.success { "success" } else { "failed" };
        facts.push(("outcome", format!("{mark}: {}", receipt.message)));
        facts.push(("gas used", receipt.gas_used.to_string()));
        facts.push(("fee", output::tokens(receipt.fee)));
    }
    if let Some(reason) = &info.reason {
        facts.push(("reason", format!("{} ({})", reason.message, reason.code)));
    }
    output::facts(&facts);
}

/// Whether a settled transaction did what it asked for.
fn settled(info: &TransactionInfo) -> Result<(), CliError> {
    if let Some(reason) = &info.reason {
        return Err(CliError::new(Exit::Rejected, &*reason.code, reason.message.clone()));
    }
    match &info.receipt {
        Some(receipt) if !receipt.success => {
            Err(CliError::new(Exit::Rejected, &*receipt.code_name, receipt.message.clone()))
        }
        _ => Ok(()),
    }
}

fn status(context: &Context, hash: &str) -> Result<(), CliError> {
    let hash = parse_hash(hash)?;
    with_node(context, async |client| {
        let info = client.transaction(&hash).await?;
        if info.status == "unknown" {
            return Err(CliError::new(
                Exit::NotFound,
                "transaction_not_found",
                format!("this node does not know a transaction {}", info.hash),
            ));
        }
        show(context, &info);
        Ok(())
    })
}

fn wait(context: &Context, args: &TxWait) -> Result<(), CliError> {
    let hash = parse_hash(&args.hash)?;
    with_node(context, async |client| {
        let info = client.wait(&hash, args.timeout).await?;
        show(context, &info);
        settled(&info)
    })
}

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

fn build(context: &Context, args: &TxBuild) -> Result<(), CliError> {
    let to = context.address(&args.to)?;
    let signer = payer(context, &args.from)?;
    let builder = Builder::transfer(signer.public_key(), to, args.amount);
    let builder = with_fees(builder, &args.fees);
    let draft = match builder.offline() {
        Some(draft) => draft,
        None => with_node(context, async |client| Ok(builder.prepare(&client).await?))?,
    };
    write(args.output.as_deref(), &serde_json::to_value(&draft.transaction).unwrap_or_default())
}

fn sign(context: &Context, args: &TxSign) -> Result<(), CliError> {
    let text = read(&args.file)?;
    let transaction: Transaction = serde_json::from_str(&text).map_err(|error| {
        CliError::new(
            Exit::Usage,
            "unsigned_transaction",
            format!("{}: {error}", args.file.display()),
        )
    })?;
    let sender = transaction.sender.to_string();
    let signer = payer(context, args.from.as_deref().unwrap_or(&sender))?;
    if signer.address() != transaction.sender {
        return Err(CliError::new(
            Exit::Key,
            "wrong_key",
            format!("the transaction is of {sender}, the key is of {}", signer.address()),
        ));
    }
    let key = context.unlock(&signer)?;
    let signed = builder::sign(transaction, &key)
        .map_err(|error| CliError::new(Exit::Key, "key", error.to_string()))?;
    let value = json!({
        "hash": hex::encode(signed.hash()),
        "transaction": hex::encode(signed.bytes()),
    });
    write(args.output.as_deref(), &value)
}

fn broadcast(context: &Context, args: &TxBroadcast) -> Result<(), CliError> {
    let text = read(&args.file)?;
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
    with_node(context, async |client| {
        submit(context, &client, &signed, args.wait.then_some(args.timeout)).await
    })
}

/// Reads a file; `-` is standard input.
fn read(path: &Path) -> Result<String, CliError> {
    if path.as_os_str() != "-" {
        return read_text(path);
    }
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|error| CliError::io(path, &error))?;
    Ok(text)
}

/// Writes a document to a file, or prints it.
fn write(path: Option<&Path>, value: &Value) -> Result<(), CliError> {
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
