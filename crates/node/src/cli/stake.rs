//! `althing tx stake|unstake|update-validator|delegate|undelegate|redelegate|unjail|submit-evidence`.

use super::{
    args::{
        TxDelegate, TxRedelegate, TxStake, TxSubmitEvidence, TxUndelegate, TxUnjail, TxUnstake,
        TxUpdateValidator,
    },
    context::{Context, Signer, read_text},
    error::{CliError, Exit},
    online::with_chain,
    outlook::{Outlook, describe, find, operated_by, standing},
    output,
    tx::{Plan, carry_out},
};
use althing_client::{
    builder::Builder,
    http::{Client, ValidatorInfo},
};
use althing_types::{
    Amount, Evidence, Text, ValidatorDetails,
    message::{Registration, UpdateValidator},
};
use commonware_codec::DecodeExt as _;
use serde_json::Value;

/// A text of a validator within its bound.
fn text<const MAX: usize>(name: &str, value: &str) -> Result<Text<MAX>, CliError> {
    Text::new(value).map_err(|error| CliError::usage(format!("--{name}: {error}")))
}

fn optional<const MAX: usize>(
    name: &str,
    value: Option<&String>,
) -> Result<Option<Text<MAX>>, CliError> {
    value.map(|value| text(name, value)).transpose()
}

/// The validator that the signer operates.
async fn own(client: &Client, signer: &Signer) -> Result<ValidatorInfo, CliError> {
    let operator = signer.address();
    operated_by(client, operator).await?.ok_or_else(|| {
        CliError::new(
            Exit::NotFound,
            "not_operator",
            format!(
                "{operator} operates no validator: register one with `althing tx stake AMOUNT \
                 --name NAME --endpoint HOST:PORT`, or choose its operator with --from"
            ),
        )
    })
}

/// `althing tx stake`
pub(super) fn stake(context: &Context, args: &TxStake) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let (builder, plan) = match (&args.name, &args.endpoint) {
            (Some(name), Some(endpoint)) => {
                let id = args.sending.fees.chain_id.or_else(|| chain.chain_id.parse().ok());
                let id = id.ok_or_else(|| CliError::usage("the node's chain id is malformed"))?;
                let key = context.consensus_key(args.key.validator_key.as_deref())?;
                let registration = Registration {
                    details: ValidatorDetails {
                        name: text("name", name)?,
                        website: text("website", &args.website)?,
                        description: text("description", &args.description)?,
                    },
                    endpoint: text("endpoint", endpoint)?,
                    commission: args.commission,
                    possession: key.possession(id, signer.address()),
                };
                let plan = registering(args, &client, &chain.symbol, key.validator()).await?;
                let public = signer.public_key();
                (Builder::register(public, key.validator(), args.amount, registration), plan)
            }
            _ => {
                let validator = own(&client, &signer).await?;
                let query = format!(
                    "validator={}&stake={}",
                    validator.key,
                    sum(validator.own_stake, args.amount,)
                );
                let outlook = Outlook::ask(&client, &chain.symbol, &query).await?;
                let amount = outlook.tokens(args.amount);
                let plan = Plan {
                    facts: vec![
                        ("validator", describe(&validator)),
                        ("amount", amount.clone()),
                        ("counts", outlook.epoch(1)),
                        ("earns", outlook.earns(args.amount)),
                    ],
                    question: format!("Stake {amount} in {}", validator.name),
                };
                (Builder::stake(signer.public_key(), validator.key, args.amount), plan)
            }
        };
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

fn sum(a: Amount, b: Amount) -> Amount {
    Amount::new(a.units().saturating_add(b.units()))
}

/// What registering a validator brings.
async fn registering(
    args: &TxStake,
    client: &Client,
    symbol: &str,
    key: althing_types::ValidatorKey,
) -> Result<Plan, CliError> {
    let query = format!("stake={}&commission={}", args.amount, args.commission.get());
    let outlook = Outlook::ask(client, symbol, &query).await?;
    let staking = &outlook.params.staking;
    let others = client.validators().await?;
    let ahead = others
        .iter()
        .filter(|v| matches!(v.status.as_str(), "active" | "waiting") && v.tokens >= args.amount)
        .count() as u64;
    let place = if ahead < staking.max_validators {
        format!("in the set {}", outlook.epoch(2))
    } else {
        format!(
            "in no set yet: {ahead} validators have as much, and the set has {} places",
            staking.max_validators
        )
    };
    let income = output::about(outlook.money("operator_income"), symbol);
    let allowance = outlook.params.registry.node_allowance;
    let (name, amount) = (args.name.as_deref().unwrap_or_default(), outlook.tokens(args.amount));
    Ok(Plan {
        facts: vec![
            ("registers", format!("{name} ({})", output::short(&key.to_string()))),
            ("own stake", amount.clone()),
            ("commission", output::percent(args.commission.get().into())),
            ("endpoint", args.endpoint.clone().unwrap_or_default()),
            ("also pays", format!("{} to its node's account", outlook.tokens(allowance))),
            ("counts", outlook.epoch(1)),
            ("validates", place),
            ("earns", format!("about {income} a year, once it is in the set")),
            ("leaves", "with `althing tx unstake`, after the unbonding period".to_owned()),
        ],
        question: format!("Register the validator {name} with {amount}"),
    })
}

/// What an operator loses that takes its own stake out of jail.
fn penalty(
    outlook: &Outlook,
    validator: &ValidatorInfo,
    signer: &Signer,
) -> Option<(&'static str, String)> {
    let is_own = validator.operator == signer.address();
    (is_own && validator.jailed_until.is_some()).then(|| {
        let part = outlook.params.slashing.jailed_unstake_penalty;
        let part = output::percent(part.get().into());
        ("penalty", format!("{part} is burned, because {} is in jail", validator.name))
    })
}

/// `althing tx unstake`
pub(super) fn unstake(context: &Context, args: &TxUnstake) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let validator = own(&client, &signer).await?;
        let query = format!("validator={}", validator.key);
        let outlook = Outlook::ask(&client, &chain.symbol, &query).await?;
        let unbonding = outlook.params.staking.unbonding;
        let mut facts = vec![("validator", describe(&validator))];
        let what = match args.amount {
            Some(amount) => {
                facts.push(("amount", outlook.tokens(amount)));
                facts.push(("paid", outlook.after(unbonding)));
                outlook.tokens(amount)
            }
            None => {
                let all = sum(validator.own_stake, Amount::ZERO);
                facts.push(("amount", format!("all: {}", outlook.tokens(all))));
                facts.push(("leaves", format!("the set at the latest {}", outlook.epoch(2))));
                facts.push(("paid", format!("{}, counted from then", outlook.after(unbonding))));
                "everything and leave".to_owned()
            }
        };
        facts.extend(penalty(&outlook, &validator, &signer));
        let question = format!("Take {what} out of {}", validator.name);
        let builder = Builder::unstake(signer.public_key(), args.amount);
        let plan = Plan { facts, question };
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

/// `althing tx update-validator`
pub(super) fn update(context: &Context, args: &TxUpdateValidator) -> Result<(), CliError> {
    let update = UpdateValidator {
        name: optional("name", args.name.as_ref())?,
        website: optional("website", args.website.as_ref())?,
        description: optional("description", args.description.as_ref())?,
        endpoint: optional("endpoint", args.endpoint.as_ref())?,
        commission: args.commission,
    };
    if update == UpdateValidator::default() {
        return Err(CliError::usage("name at least one thing to change"));
    }
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let validator = own(&client, &signer).await?;
        let outlook =
            Outlook::ask(&client, &chain.symbol, &format!("validator={}", validator.key)).await?;
        let staking = &outlook.params.staking;
        let mut facts = vec![("validator", describe(&validator))];
        let changes =
            [("name", &args.name), ("website", &args.website), ("description", &args.description)];
        for (name, value) in changes {
            facts.extend(value.as_ref().map(|value| (name, format!("{value:?}, at once"))));
        }
        facts.extend(
            args.endpoint
                .as_ref()
                .map(|endpoint| ("endpoint", format!("{endpoint}, {}", outlook.epoch(2)))),
        );
        if let Some(commission) = args.commission {
            let percent = |ppm: althing_types::Ppm| output::percent(ppm.get().into());
            let (now, then) = (percent(validator.commission), percent(commission));
            facts.push(("commission", format!("{now}, then {then}")));
            let announced = outlook.after(staking.commission_announcement);
            facts.push((
                "applies",
                format!("with the first epoch that begins after that: {announced}"),
            ));
            facts.push(("changes again", outlook.after(staking.commission_cooldown)));
        }
        let question = format!("Change {}", validator.name);
        let builder = Builder::update_validator(signer.public_key(), update);
        let plan = Plan { facts, question };
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

/// `althing tx delegate`
pub(super) fn delegate(context: &Context, args: &TxDelegate) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let validator = find(context, &client, &args.validator).await?;
        let signer = context.signer(args.sending.from.as_deref())?;
        let query = format!("validator={}&add={}", validator.key, args.amount);
        let outlook = Outlook::ask(&client, &chain.symbol, &query).await?;
        let staking = &outlook.params.staking;
        let amount = outlook.tokens(args.amount);
        let plan = Plan {
            facts: vec![
                ("validator", describe(&validator)),
                ("stands", standing(&validator)),
                ("amount", amount.clone()),
                ("counts", outlook.epoch(1)),
                ("earns", outlook.earns(args.amount)),
                (
                    "takes back",
                    format!("{}, if it were asked for now", outlook.after(staking.unbonding)),
                ),
            ],
            question: format!("Delegate {amount} to {}", validator.name),
        };
        let builder = Builder::delegate(signer.public_key(), validator.key, args.amount);
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

/// What the signer delegates to a validator, in base units, as the node shows it: what counts, and
/// what counts later.
async fn delegated(
    client: &Client,
    signer: &Signer,
    validator: &ValidatorInfo,
) -> Result<Amount, CliError> {
    let value: Value =
        client.get(&format!("/v1/delegator/{}/delegations", signer.address())).await?;
    let list = value.get("delegations").and_then(Value::as_array).cloned().unwrap_or_default();
    let key = validator.key.to_string();
    let ours = list.iter().find(|entry| entry.get("validator") == Some(&Value::from(&*key)));
    let part = |name: &str| -> Option<Amount> {
        ours.and_then(|entry| entry.get(name))?.as_str()?.parse().ok()
    };
    Ok(sum(part("amount").unwrap_or(Amount::ZERO), part("pending").unwrap_or(Amount::ZERO)))
}

/// An amount, or all there is.
fn wanted(outlook: &Outlook, amount: Option<Amount>, all: Amount) -> String {
    match amount {
        Some(amount) => outlook.tokens(amount),
        None => format!("all of {}", outlook.tokens(all)),
    }
}

/// `althing tx undelegate`
pub(super) fn undelegate(context: &Context, args: &TxUndelegate) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let validator = find(context, &client, &args.validator).await?;
        let signer = context.signer(args.sending.from.as_deref())?;
        let query = format!("validator={}", validator.key);
        let outlook = Outlook::ask(&client, &chain.symbol, &query).await?;
        let all = delegated(&client, &signer, &validator).await?;
        let what = wanted(&outlook, args.amount, all);
        let mut facts = vec![
            ("validator", describe(&validator)),
            ("amount", what.clone()),
            ("stops earning", "at once".to_owned()),
            ("paid", outlook.after(outlook.params.staking.unbonding)),
        ];
        facts.extend(penalty(&outlook, &validator, &signer));
        let plan = Plan { facts, question: format!("Take {what} back from {}", validator.name) };
        let builder = Builder::undelegate(signer.public_key(), validator.key, args.amount);
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

/// `althing tx redelegate`
pub(super) fn redelegate(context: &Context, args: &TxRedelegate) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let from = find(context, &client, &args.from_validator).await?;
        let to = find(context, &client, &args.to_validator).await?;
        let signer = context.signer(args.sending.from.as_deref())?;
        let all = delegated(&client, &signer, &from).await?;
        let add = args.amount.unwrap_or(all);
        let query = format!("validator={}&add={add}", to.key);
        let outlook = Outlook::ask(&client, &chain.symbol, &query).await?;
        let what = wanted(&outlook, args.amount, all);
        let mut facts = vec![
            ("from validator", describe(&from)),
            ("to validator", describe(&to)),
            ("stands", standing(&to)),
            ("amount", what.clone()),
            ("counts", outlook.epoch(1)),
            ("earns", outlook.earns(add)),
            ("moves again", outlook.after(outlook.params.staking.unbonding)),
            ("risk", format!("until then it also pays for earlier faults of {}", from.name)),
        ];
        facts.extend(penalty(&outlook, &from, &signer));
        let question = format!("Move {what} from {} to {}", from.name, to.name);
        let plan = Plan { facts, question };
        let keys = (from.key, to.key);
        let builder = Builder::redelegate(signer.public_key(), keys, args.amount);
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

/// `althing tx unjail`
pub(super) fn unjail(context: &Context, args: &TxUnjail) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let validator = own(&client, &signer).await?;
        let outlook =
            Outlook::ask(&client, &chain.symbol, &format!("validator={}", validator.key)).await?;
        let status = &outlook.status;
        let now = althing_types::Timestamp::new(status.block_time_ms);
        let over = validator.jailed_until.is_none_or(|due| due.is_reached(status.height, now));
        let fee = outlook.params.slashing.unjail_fee;
        let costs = match (validator.jailed_until.is_some(), over) {
            (false, _) => "nothing: it is in no jail".to_owned(),
            (true, true) => "nothing: its time is over".to_owned(),
            (true, false) => {
                format!("{}, burned, because its time is not over", outlook.tokens(fee))
            }
        };
        let is_member = validator.more.get("active").and_then(Value::as_bool).unwrap_or(false);
        let validates = match is_member {
            true => "still, and goes on: it is in the set of this epoch".to_owned(),
            false => format!("at the earliest {}", outlook.epoch(2)),
        };
        let mut facts =
            vec![("validator", describe(&validator)), ("costs", costs), ("validates", validates)];
        if let Some(due) = validator.jailed_until.filter(|_| !over) {
            facts.insert(
                1,
                (
                    "jailed until",
                    format!("block {} and {}", due.height, output::time(due.time.get())),
                ),
            );
        }
        let plan = Plan { facts, question: format!("Let {} out of jail", validator.name) };
        let builder = Builder::unjail(signer.public_key());
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

/// Evidence from JSON, from an entry of `/v1/evidence`, or from its encoding in hex.
fn parse_evidence(text: &str) -> Option<Evidence> {
    let decode = |text: &str| Evidence::decode(hex::decode(text.trim()).ok()?).ok();
    let Ok(value) = serde_json::from_str::<Value>(text) else { return decode(text) };
    match serde_json::from_value(value.clone()) {
        Ok(evidence) => Some(evidence),
        Err(_) => {
            let entry = value.pointer("/evidence/0").unwrap_or(&value);
            decode(entry.get("proof")?.as_str()?)
        }
    }
}

/// `althing tx submit-evidence`
pub(super) fn submit_evidence(context: &Context, args: &TxSubmitEvidence) -> Result<(), CliError> {
    let evidence = parse_evidence(&read_text(&args.file)?).ok_or_else(|| {
        let message = format!(
            "{}: no evidence: expected JSON of it, an entry of `althing query evidence --json`, or \
             its encoding in hex",
            args.file.display()
        );
        CliError::new(Exit::Usage, "evidence", message)
    })?;
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let params = client.params().await?;
        let percent = |ppm: althing_types::Ppm| output::percent(ppm.get().into());
        let slashing = &params.slashing;
        let plan = Plan {
            facts: vec![
                ("validator", evidence.validator.to_string()),
                ("fault", evidence.conflict.name().to_owned()),
                ("when", format!("epoch {}, view {}", evidence.epoch, evidence.view)),
                (
                    "costs it",
                    format!("{} of its stake, and its place", percent(slashing.equivocation)),
                ),
                ("you earn", format!("{} of that", percent(slashing.reporter_reward))),
            ],
            question: "Report this fault".to_owned(),
        };
        let builder = Builder::submit_evidence(signer.public_key(), evidence.clone());
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{
        Epoch, Hash, ValidatorKey, View,
        evidence::{Conflict, SignedProposal},
        validator::Signature64,
    };
    use commonware_codec::Encode as _;

    fn evidence() -> Evidence {
        let signature = || Signature64::new([7; 64]);
        let vote = |byte: u8| SignedProposal {
            parent: View::new(8),
            block: Hash::from([byte; 32]),
            signature: signature(),
        };
        Evidence {
            validator: ValidatorKey::new([3; 32]),
            epoch: Epoch::new(2),
            view: View::new(9),
            conflict: Conflict::Notarize { first: vote(1), second: vote(2) },
        }
    }

    #[test]
    fn evidence_is_read_from_every_form_that_the_api_and_the_command_line_print() {
        let evidence = evidence();
        let hex = hex::encode(evidence.encode());
        let entry = serde_json::json!({ "kind": "conflicting_notarize", "proof": &hex });
        let forms = [
            serde_json::to_string(&evidence).unwrap(),
            format!("{hex}\n"),
            entry.to_string(),
            serde_json::json!({ "evidence": [entry] }).to_string(),
        ];
        for form in forms {
            assert_eq!(parse_evidence(&form), Some(evidence.clone()), "{form}");
        }
        for form in ["", "{}", "00", "{\"evidence\": []}", &hex[2..]] {
            assert_eq!(parse_evidence(form), None, "{form}");
        }
    }
}
