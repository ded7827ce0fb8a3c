//! `althing tx`.

mod offline;
mod shown;

pub(crate) use offline::write;
pub(crate) use shown::show;

use super::{
    args::{Fees, Sending, TxCommand, TxSend, TxWait},
    context::{Context, Signer},
    error::{CliError, Exit},
    online::with_chain,
    output, stake,
};
use althing_client::{
    builder::{self, Builder, Draft, Method},
    http::{Client, ClientError, TransactionInfo, Version},
};
use althing_types::{
    Gas, GasPrice, Hash, Height, KeyScheme, Nonce, SignedTransaction, Transaction,
};
use serde_json::{Value, json};
use std::time::Duration;

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
        TxCommand::Build(args) => offline::build(context, args),
        TxCommand::Sign(args) => offline::sign(context, args),
        TxCommand::Broadcast(args) => offline::broadcast(context, args),
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
        shown::show_draft(context, &draft, plan, detail, &chain.symbol);
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
