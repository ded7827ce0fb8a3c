//! `althing gov override` and `althing gov propose emergency`: orders that happen at once.

mod rules;
mod status;

pub(super) use rules::{propose_rules, ratify};
pub(super) use status::status;

use super::{network, value};
use crate::cli::{
    args::{GovOverride, OrderArgs},
    context::Context,
    error::CliError,
    fields,
    online::with_chain,
    tx::{Plan, carry_out_with},
};
use althing_client::builder::Builder;
use althing_types::{
    ChainParams, Payload,
    governance::{Order, OrderKind, SafetyRules},
    message::Override,
};
use serde_json::{Value, json};

/// The order that was typed.
///
/// # Errors
/// Exit code 2 with what the order takes.
pub(super) fn order(args: &OrderArgs) -> Result<Order, CliError> {
    let bad = |takes: &str| {
        CliError::usage(format!("{} takes {takes}, not {:?}", args.order.name(), args.value))
    };
    let number = |takes: &str| args.value.parse::<u64>().map_err(|_| bad(takes));
    Ok(match args.order {
        OrderKind::CancelProposal => {
            Order::CancelProposal { proposal: number("the number of a proposal")? }
        }
        OrderKind::RollbackSpec => {
            Order::RollbackSpec { version: number("the number of a configuration")? }
        }
        OrderKind::RollbackDisbursement => {
            Order::RollbackDisbursement { disbursement: number("the number of a disbursement")? }
        }
        OrderKind::PauseTreasury => Order::PauseTreasury {
            period: value::parse_period(&args.value)
                .map_err(|_| bad("a length of time, such as 24h or 100blocks"))?,
        },
        OrderKind::CancelUpgrade => Order::CancelUpgrade {
            version: args.value.parse().map_err(|_| bad("a version, such as 1.1.0"))?,
        },
        OrderKind::SetSpec => {
            return Err(CliError::usage(
                "a configuration is too long to type: `althing gov override --file FILE`, or \
                 `althing gov propose --file FILE`, as examples/governance/safety_set_spec.json",
            ));
        }
    })
}

/// What an order does, for people.
pub(super) fn describe(order: &Order) -> Vec<(&'static str, String)> {
    match order {
        Order::CancelProposal { proposal } => {
            vec![("orders", format!("proposal {proposal} is cancelled"))]
        }
        Order::RollbackSpec { version } => {
            vec![("orders", format!("version {version} of the configuration is rolled back"))]
        }
        Order::SetSpec { base, spec } => {
            let text = format!("the network is configured anew, in place of version {base}");
            let mut facts = vec![("orders", text)];
            facts.extend(network::describe(spec));
            facts
        }
        Order::PauseTreasury { period } => {
            vec![("orders", format!("the treasury pays nothing for {}", value::period(*period)))]
        }
        Order::RollbackDisbursement { disbursement } => {
            vec![("orders", format!("disbursement {disbursement} is rolled back"))]
        }
        Order::CancelUpgrade { version } => {
            vec![("orders", format!("the upgrade to {version} is given up"))]
        }
    }
}

/// What an order of a node's answer does, on one line.
pub(super) fn in_words(order: &Value) -> String {
    match serde_json::from_value::<Order>(order.clone()) {
        Ok(order) => describe(&order).first().map(|(_, text)| text.clone()).unwrap_or_default(),
        // Of a kind that this program does not know.
        Err(_) => order.to_string(),
    }
}

/// What an emergency asks for.
pub(super) fn way(params: &ChainParams) -> Vec<(&'static str, String)> {
    let safety = &params.safety;
    vec![
        ("decides", "the validators, one vote each".to_owned()),
        ("criticality", "emergency".to_owned()),
        ("needs", format!("{} of all validators say yes", value::percent(safety.threshold))),
        ("happens", "at once, with the vote that is enough".to_owned()),
        ("vote", format!("for {} at least; then it is over", value::period(safety.voting))),
        ("holds", format!("for {} if it is not ratified", value::period(safety.ratification))),
    ]
}

/// Rules of the safety override, for people.
pub(super) fn rules(rules: Option<&SafetyRules>) -> Vec<(&'static str, String)> {
    let Some(rules) = rules else {
        return vec![("abolishes", "the safety override, for good".to_owned())];
    };
    let value = serde_json::to_value(rules).unwrap_or_default();
    let words = |name: &str| {
        let words: Vec<String> = fields::list(&value, name)
            .iter()
            .filter_map(|word| word.as_str().map(str::to_owned))
            .collect();
        words.join(", ")
    };
    let uses = match value.get("uses").and_then(Value::as_u64) {
        Some(uses) => uses.to_string(),
        None => "without a limit".to_owned(),
    };
    vec![
        ("members", words("members")),
        ("needed", fields::number(&value, "needed").to_string()),
        ("may order", words("allowed")),
        ("uses", uses),
    ]
}

/// `althing gov override`
///
/// # Errors
/// Those of transactions; exit code 2 for files and orders.
pub(super) fn call(context: &Context, args: &GovOverride) -> Result<(), CliError> {
    let typed = match (args.order, &args.value) {
        (Some(order), Some(value)) => Some(OrderArgs { order, value: value.clone() }),
        _ => None,
    };
    let message = match (&args.file, args.call, &typed) {
        (Some(path), None, None) => match super::file::read(path)? {
            Payload::Override(message) => message,
            _ => {
                return Err(CliError::usage(format!(
                    "{}: this is no order: its type must be \"override\"",
                    path.display()
                )));
            }
        },
        (None, Some(call), Some(typed)) => Override { call, order: order(typed)? },
        _ => {
            return Err(CliError::usage(
                "expected a number that the members agree on, an order and what it is about, such as \
                 `althing gov override 3 cancel-proposal 12`, or --file FILE",
            ));
        }
    };
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let mut facts = vec![("call", message.call.to_string())];
        facts.extend(describe(&message.order));
        facts.push(("happens", "with the approval that makes them enough, at once".to_owned()));
        let plan = Plan { facts, question: format!("Approve call {}", message.call) };
        let detail = json!({ "override": message });
        let builder = Builder::new(signer.public_key(), Payload::Override(message.clone()));
        let node = (&client, &chain);
        carry_out_with(context, node, &signer, builder, &args.sending, &plan, detail).await
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_with_what_it_is_about() {
        let read = |kind, value: &str| order(&OrderArgs { order: kind, value: value.to_owned() });
        assert_eq!(
            read(OrderKind::CancelProposal, "12").unwrap(),
            Order::CancelProposal { proposal: 12 }
        );
        let paused = read(OrderKind::PauseTreasury, "24h").unwrap();
        assert!(describe(&paused)[0].1.contains("1day"));
        for (kind, value) in [
            (OrderKind::CancelProposal, "x"),
            (OrderKind::PauseTreasury, "5"),
            (OrderKind::CancelUpgrade, "one"),
            (OrderKind::SetSpec, "4"),
        ] {
            assert_eq!(read(kind, value).unwrap_err().code, "usage", "{value}");
        }
    }
}
