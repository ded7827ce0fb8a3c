//! What people see of a transaction: before it is sent, and afterwards.

use super::Plan;
use crate::cli::{context::Context, fields, output};
use althing_client::{
    builder::Draft,
    http::{ReceiptInfo, TransactionInfo},
};
use serde_json::{Value, json};

/// Prints what a transaction would do and cost.
pub(super) fn show_draft(
    context: &Context,
    draft: &Draft,
    plan: &Plan,
    detail: Value,
    symbol: &str,
) {
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
