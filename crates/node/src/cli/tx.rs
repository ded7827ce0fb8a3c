//! `althing tx`.

use super::{
    args::{Fees, Sending, TxBroadcast, TxBuild, TxCommand, TxSend, TxSign, TxWait},
    context::{Context, Signer, read_text},
    error::{CliError, Exit},
    fields,
    online::with_chain,
    output, stake,
};
use althing_client::{
    builder::{self, Builder, Draft, Method},
    http::{Client, ClientError, ReceiptInfo, TransactionInfo, Version},
};
use althing_types::{
    Address, Gas, GasPrice, Hash, Height, KeyScheme, Nonce, SignedTransaction, Transaction,
};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};

/// Runs `althing tx …`.
///
/// # Errors
/// Exit code 3 if the node does not answer, 4 if the chain refuses or the transaction fails, 7 for
/// keys, 8 if it is not finalized in time.
pub(crate) fn run(context: &Context, command: &TxCommand) -> Result<(), CliError> {
    match command {
        TxCommand::Send(args) => send(context, args),
        TxCommand::Stake(args) => stake::stake(context, args),
        TxCommand::Unstake(args) => stake::unstake(context, args),
        TxCommand::UpdateValidator(args) => stake::update(context, args),
        TxCommand::Delegate(args) => stake::delegate(context, args),
        TxCommand::Undelegate(args) => stake::undelegate(context, args),
        TxCommand::Redelegate(args) => stake::redelegate(context, args),
        TxCommand::Unjail(args) => stake::unjail(context, args),
        TxCommand::SubmitEvidence(args) => stake::submit_evidence(context, args),
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

/// Takes over what the caller decided; the chain is the node's unless it is named.
fn with_fees(builder: Builder, fees: &Fees, chain: &Version) -> Builder {
    let builder = decided(builder, fees);
    match fees.chain_id {
        Some(_) => builder,
        None => builder.chain_id(chain.chain_id.parse().ok()),
    }
}

fn decided(builder: Builder, fees: &Fees) -> Builder {
    builder
        .memo(fees.memo.as_str())
        .chain_id(fees.chain_id)
        .nonce(fees.nonce.map(Nonce::new))
        .gas_limit(fees.gas_limit.map(Gas::new))
        .gas_price(fees.gas_price.map(GasPrice::new))
        .valid_until(fees.valid_until)
}

/// How a key will sign.
///
/// # Errors
/// Exit code 2 if passkeys have no keys of this scheme.
fn method(signer: &Signer, passkey: bool) -> Result<Method, CliError> {
    let scheme = signer.public_key().scheme();
    match (passkey, scheme) {
        (false, _) => Ok(Method::Plain),
        (true, KeyScheme::Secp256r1) => Ok(Method::Passkey),
        (true, _) => Err(CliError::usage(format!(
            "--passkey needs a secp256r1 key, and this one is of {scheme}: make one with `althing \
             keys add NAME --scheme secp256r1`"
        ))),
    }
}

fn sign_with(
    context: &Context,
    signer: &Signer,
    transaction: Transaction,
    method: Method,
) -> Result<SignedTransaction, CliError> {
    let key = context.unlock(signer)?;
    builder::sign(transaction, &key, method)
        .map_err(|error| CliError::new(Exit::Key, "key", error.to_string()))
}

fn send(context: &Context, args: &TxSend) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let to = context.address(&args.to)?;
        let signer = context.signer(args.sending.from.as_deref())?;
        let builder = Builder::transfer(signer.public_key(), to, args.amount);
        let amount = output::tokens_of(args.amount, &chain.symbol);
        let plan = Plan {
            facts: vec![("to", to.to_string()), ("amount", amount.clone())],
            question: format!("Send {amount} to {to}"),
        };
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

/// What people are told about a transaction before they agree to it.
pub(crate) struct Plan {
    /// What it is, what will happen and when.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// What is asked, up to the fee.
    pub(crate) question: String,
}

/// Tries a transaction, shows what it does and costs, asks, signs and submits.
///
/// # Errors
/// Exit code 4 if it would fail, or fails.
pub(crate) async fn carry_out(
    context: &Context,
    (client, chain): (&Client, &Version),
    signer: &Signer,
    builder: Builder,
    sending: &Sending,
    plan: &Plan,
) -> Result<(), CliError> {
    carry_out_with(context, (client, chain), signer, builder, sending, plan, Value::Null).await
}

/// The same, with what programs want to know more about the plan.
///
/// # Errors
/// As [`carry_out`].
pub(crate) async fn carry_out_with(
    context: &Context,
    (client, chain): (&Client, &Version),
    signer: &Signer,
    builder: Builder,
    sending: &Sending,
    plan: &Plan,
    detail: Value,
) -> Result<(), CliError> {
    let parties = (client, chain);
    carry(context, parties, signer, builder, sending, (plan, detail)).await.map(drop)
}

/// The same as [`carry_out`], for those who go on with what the transaction made; nothing if it was
/// not waited for.
///
/// # Errors
/// As [`carry_out`].
pub(crate) async fn carry_out_and_tell(
    context: &Context,
    (client, chain): (&Client, &Version),
    signer: &Signer,
    builder: Builder,
    sending: &Sending,
    plan: &Plan,
) -> Result<Option<TransactionInfo>, CliError> {
    carry(context, (client, chain), signer, builder, sending, (plan, Value::Null)).await
}

async fn carry(
    context: &Context,
    (client, chain): (&Client, &Version),
    signer: &Signer,
    builder: Builder,
    sending: &Sending,
    (plan, detail): (&Plan, Value),
) -> Result<Option<TransactionInfo>, CliError> {
    let method = method(signer, sending.passkey)?;
    let builder = with_fees(builder.passkey(method == Method::Passkey), &sending.fees, chain);
    warn_of_a_node_that_does_not_follow(client).await;
    let draft = builder.prepare(client).await?;
    if sending.dry_run || !context.global.json {
        show_draft(context, &draft, plan, detail, &chain.symbol);
    }
    would_fail(&draft)?;
    if sending.dry_run {
        return Ok(None);
    }
    let fee = output::tokens_of(draft.expected_fee(), &chain.symbol);
    let question = format!("{} for a fee of about {fee}?", plan.question);
    context.confirm(&question, sending.yes)?;
    let signed = sign_with(context, signer, draft.transaction, method)?;
    submit(context, client, &signed, chain, sending.wait.then_some(sending.timeout)).await
}

/// A node that has lost the network answers from what it knew then, and passes nothing on.
async fn warn_of_a_node_that_does_not_follow(client: &Client) {
    let Ok(status) = client.status().await else { return };
    if status.ready || status.height == Height::ZERO {
        return;
    }
    let since = output::time(status.block_time_ms);
    output::warning(&format!(
        "this node is not ready ({}): it stands at block {} of {since} with {} peers. What it says \
         may be old, and it may not pass the transaction on; `--node URL` asks another one",
        status.failing.join(", "),
        status.height,
        status.peers
    ));
}

/// Prints what a transaction would do and cost.
fn show_draft(context: &Context, draft: &Draft, plan: &Plan, detail: Value, symbol: &str) {
    let tx = &draft.transaction;
    let run = draft.simulation.as_ref();
    let receipt = run.and_then(|run| run.receipt.as_ref());
    if context.global.json {
        let mut document = json!({
            "transaction": tx,
            "expected_fee": draft.expected_fee(),
            "max_fee": tx.max_fee(),
            "gas_used": receipt.map(|receipt| receipt.gas_used),
            "gas_limit": tx.gas_limit,
            "valid": run.map(|run| run.valid),
            "success": receipt.map(|receipt| receipt.success),
            "outcome": receipt.map(|receipt| receipt.code_name.clone()),
            "sent": false,
            "notes": plan.facts.iter().map(|(name, text)| ((*name).to_owned(), text.clone()))
                .collect::<std::collections::BTreeMap<_, _>>(),
            "events": receipt.map(|receipt| receipt.events.clone()),
            "reason": run.and_then(|run| run.reason.as_ref()).map(|reason| reason.code.clone()),
        });
        if !detail.is_null() {
            document["plan"] = detail;
        }
        output::json(&document);
        return;
    }
    let gas = receipt.map_or(String::new(), |receipt| format!("{}, ", receipt.gas_used));
    let mut facts = vec![("from", tx.sender.to_string())];
    facts.extend(plan.facts.iter().cloned());
    facts.extend([
        ("fee", output::tokens_of(draft.expected_fee(), symbol)),
        ("fee at most", output::tokens_of(tx.max_fee(), symbol)),
        ("gas", format!("{gas}at most {}", tx.gas_limit)),
        ("gas price", format!("{} units", tx.gas_price)),
        ("nonce", tx.nonce.to_string()),
        ("valid until", format!("block {}", tx.valid_until)),
    ]);
    if !tx.memo.is_empty() {
        facts.push(("memo", tx.memo.clone()));
    }
    match (receipt, run.and_then(|run| run.reason.as_ref())) {
        (Some(receipt), _) => {
            facts.push(("outcome", outcome(receipt)));
            facts.extend(happened(&receipt.events, symbol));
        }
        (None, Some(reason)) => facts.push(("outcome", format!("refused: {}", reason.message))),
        (None, None) => {}
    }
    output::facts(&facts);
}

/// What of the events people need to go on: the number of their proposal, the weight of their vote.
fn happened(events: &[Value], symbol: &str) -> Vec<(&'static str, String)> {
    let kind = |event: &Value| fields::text(event, "type");
    let fact = |event: &Value| match kind(event).as_str() {
        "proposal-submitted" => Some(("proposal", fields::number(event, "proposal").to_string())),
        "task-created" => Some(("task", fields::number(event, "task").to_string())),
        "dispute-failed" => {
            Some(("lost", output::tokens_of(fields::amount(event, "/bond"), symbol)))
        }
        "rewards-claimed" => {
            Some(("paid", output::tokens_of(fields::amount(event, "/amount"), symbol)))
        }
        "voted" => {
            let weight = output::about(fields::amount(event, "/weight"), symbol);
            Some(("weighs", format!("{weight} of stake")))
        }
        "disbursement-advanced" => Some((
            "is now",
            format!("{} ({})", fields::text(event, "state"), fields::text(event, "reason")),
        )),
        _ => None,
    };
    events.iter().filter_map(fact).collect()
}

fn outcome(receipt: &ReceiptInfo) -> String {
    let mark = if receipt.success { "success" } else { "failed" };
    format!("{mark}: {}", receipt.message)
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
    chain: &Version,
    wait: Option<Duration>,
) -> Result<Option<TransactionInfo>, CliError> {
    let hash = hex::encode(signed.hash());
    let Some(timeout) = wait else {
        let submitted = client.submit(signed).await.map_err(|error| maybe_sent(error, &hash))?;
        if context.global.json {
            output::json(&json!({ "hash": submitted.hash, "status": submitted.status }));
        } else {
            output::line(format!("\nsubmitted {hash}"));
            output::line(format!("follow it with: althing tx wait {hash}"));
        }
        return Ok(None);
    };
    let waited = client.submit_and_wait(signed, timeout).await;
    let info = waited.map_err(|error| maybe_sent(error, &hash))?;
    if !context.global.json {
        output::line("");
    }
    show(context, &info, &chain.symbol);
    settled(&info)?;
    Ok(Some(info))
}

/// After these failures nobody knows whether the transaction is on its way.
fn maybe_sent(error: ClientError, hash: &str) -> CliError {
    let unknown = matches!(error, ClientError::Interrupted { .. } | ClientError::TimedOut(_));
    let mut error = CliError::from(error);
    if unknown {
        error.message += &format!("; it may still be included: `althing tx wait {hash}` tells");
        error.detail = json!({ "hash": hash });
    }
    error
}

/// Prints where a transaction is.
pub(crate) fn show(context: &Context, info: &TransactionInfo, symbol: &str) {
    if context.global.json {
        output::json(&json!({
            "hash": info.hash,
            "status": info.status,
            "height": info.height,
            "index": info.index,
            "time_ms": info.time_ms,
            "block_hash": info.block_hash,
            "success": info.receipt.as_ref().map(|receipt| receipt.success),
            "code": info.receipt.as_ref().map(|receipt| receipt.code_name.clone()),
            "gas_used": info.receipt.as_ref().map(|receipt| receipt.gas_used),
            "fee": info.receipt.as_ref().map(|receipt| receipt.fee),
            "events": info.receipt.as_ref().map(|receipt| receipt.events.clone()),
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
    facts.extend(info.transaction.as_ref().map(body).unwrap_or_default());
    if let Some(receipt) = &info.receipt {
        facts.push(("outcome", outcome(receipt)));
        facts.extend(happened(&receipt.events, symbol));
        facts.push(("gas used", receipt.gas_used.to_string()));
        facts.push(("fee", output::tokens_of(receipt.fee, symbol)));
    }
    if let Some(reason) = &info.reason {
        facts.push(("reason", format!("{} ({})", reason.message, reason.code)));
    }
    output::facts(&facts);
}

/// What a transaction says, from its JSON form.
fn body(transaction: &Value) -> Vec<(&'static str, String)> {
    let facts = [
        ("from", "/sender"),
        ("message", "/payload/type"),
        ("to", "/payload/to"),
        ("validator", "/payload/validator"),
        ("amount", "/payload/amount_display"),
        ("nonce", "/nonce"),
        ("memo", "/memo"),
    ];
    let text = |pointer| match transaction.pointer(pointer)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    facts.into_iter().filter_map(|(name, pointer)| Some((name, text(pointer)?))).collect()
}

/// Whether a settled transaction did what it asked for.
///
/// # Errors
/// Exit code 4 with the code of the rule that it broke.
pub(crate) fn settled(info: &TransactionInfo) -> Result<(), CliError> {
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

/// Where a transaction is.
///
/// # Errors
/// Exit code 5 if the node has never heard of it.
pub(crate) fn status(context: &Context, hash: &str) -> Result<(), CliError> {
    let hash = parse_hash(hash)?;
    with_chain(context, async |client, chain| {
        let info = client.transaction(&hash).await?;
        if info.status == "unknown" {
            let message = format!("this node does not know a transaction {}", info.hash);
            return Err(CliError::new(Exit::NotFound, "transaction_not_found", message));
        }
        show(context, &info, &chain.symbol);
        Ok(())
    })
}

fn wait(context: &Context, args: &TxWait) -> Result<(), CliError> {
    let hash = parse_hash(&args.hash)?;
    with_chain(context, async |client, chain| {
        let info = client.wait(&hash, args.timeout).await?;
        show(context, &info, &chain.symbol);
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

fn sign(context: &Context, args: &TxSign) -> Result<(), CliError> {
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

fn broadcast(context: &Context, args: &TxBroadcast) -> Result<(), CliError> {
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
