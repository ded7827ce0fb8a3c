//! Messages and events as JSON: the fields that they have, and amounts for people beside them.

use super::Show;
use althing_types::{Amount, Event, Payload, Receipt, governance::Action};
use serde::Serialize;
use serde_json::Value;

/// Fields that hold base units where they are text. `commission` is a number where it is a ratio.
const AMOUNTS: [&str; 30] = [
    "add_stake",
    "amount",
    "bond",
    "bounty",
    "commission",
    "compensation",
    "deposit",
    "deposits",
    "fee",
    "fees",
    "forfeited",
    "max_price",
    "min_price",
    "miners",
    "paid",
    "penalties",
    "penalty",
    "pool",
    "price",
    "refund",
    "refunds",
    "returned",
    "reward",
    "slashed",
    "stake",
    "tokens",
    "total",
    "unearned",
    "validators",
    "weight",
];

/// What a transaction asks for: `type` and the fields of that message.
pub(crate) fn payload(payload: &Payload, show: Show<'_>) -> Value {
    displayed(payload, show)
}

/// Something that happened: `type` and the fields of that event.
pub(crate) fn event(event: &Event, show: Show<'_>) -> Value {
    displayed(event, show)
}

/// What a proposal does: `type` and its fields.
pub(crate) fn action(action: &Action, show: Show<'_>) -> Value {
    displayed(action, show)
}

/// What a block did by itself; nothing if it has no receipt of its own.
pub(crate) fn of_block(receipts: &[Receipt], show: Show<'_>) -> Vec<Value> {
    let own = receipts.last().filter(|receipt| receipt.is_of_block());
    own.map_or_else(Vec::new, |receipt| {
        receipt.events.iter().map(|happened| event(happened, show)).collect()
    })
}

fn displayed(message: &impl Serialize, show: Show<'_>) -> Value {
    // Messages and events hold strings, numbers and lists only, which always serialize.
    let mut value = serde_json::to_value(message).unwrap_or_default();
    let Some(fields) = value.as_object_mut() else { return value };
    // The sum of weights is no money.
    let weights = fields.get("type").and_then(Value::as_str) == Some("miners-released");
    for name in AMOUNTS.into_iter().filter(|name| !(weights && *name == "total")) {
        let units = fields.get(name).and_then(Value::as_str);
        if let Some(amount) = units.and_then(|units| units.parse::<Amount>().ok()) {
            fields.insert(format!("{name}_display"), Value::from(show.amount(amount)));
        }
    }
    value
}
