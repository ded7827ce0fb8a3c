//! `althing gov vote|cancel|preferences`.

use super::value;
use crate::cli::{
    args::{GovAdopt, GovCancel, GovVote, PreferencesCommand, PreferencesSet},
    context::{Context, Signer},
    error::{CliError, Exit},
    fields,
    online::with_chain,
    outlook::{describe, find, operated_by},
    output,
    tx::{Plan, carry_out, carry_out_with},
};
use althing_client::{
    builder::Builder,
    http::{Client, ValidatorInfo},
};
use althing_types::{
    Payload,
    governance::Preferences,
    message::{AdoptSpec, CancelProposal, SetPreferences, Vote},
};
use serde_json::{Value, json};

/// The validator that the signer operates.
async fn own(client: &Client, signer: &Signer) -> Result<ValidatorInfo, CliError> {
    let operator = signer.address();
    operated_by(client, operator).await?.ok_or_else(|| {
        let message = format!("{operator} operates no validator: choose its operator with --from");
        CliError::new(Exit::NotFound, "not_operator", message)
    })
}

/// `althing gov vote`
///
/// # Errors
/// Those of transactions.
pub(super) fn vote(context: &Context, args: &GovVote) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let validator = match args.validator {
            true => Some(own(&client, &signer).await?),
            false => None,
        };
        let voter = match &validator {
            Some(validator) => format!(
                "{}: one vote of the validators, and the stake in it that does not vote itself",
                describe(validator)
            ),
            None => "the own stake; a validator's vote needs --validator".to_owned(),
        };
        let ballot = value::ballot(&args.ballot);
        let plan = Plan {
            facts: vec![
                ("proposal", args.proposal.to_string()),
                ("votes", ballot.clone()),
                ("as", voter),
                ("changes", "can be made until the vote is over".to_owned()),
            ],
            question: format!("Vote {ballot} on proposal {}", args.proposal),
        };
        let message = Vote {
            proposal: args.proposal,
            ballot: args.ballot,
            validator: validator.map(|validator| validator.key),
        };
        let detail = json!({ "vote": message });
        let builder = Builder::new(signer.public_key(), Payload::Vote(message));
        let node = (&client, &chain);
        carry_out_with(context, node, &signer, builder, &args.sending, &plan, detail)
            .await
            .map_err(|error| advise(error, args.validator))
    })
}

/// What to do about a refused vote.
fn advise(mut error: CliError, as_validator: bool) -> CliError {
    if error.code == "house_not_asked" && !as_validator {
        error.message += "; an operator votes for its validator with --validator";
    }
    error
}

/// `althing gov cancel`
///
/// # Errors
/// Those of transactions.
pub(super) fn cancel(context: &Context, args: &GovCancel) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let governance = client.params().await?.governance;
        let fee = governance.deposit.share(governance.cancel_fee);
        let plan = Plan {
            facts: vec![
                ("takes back", format!("proposal {}", args.proposal)),
                (
                    "costs",
                    format!(
                        "{} of its deposit, about {}; the rest comes back at once",
                        value::percent(governance.cancel_fee),
                        output::tokens_of(fee, &chain.symbol)
                    ),
                ),
            ],
            question: format!("Take proposal {} back", args.proposal),
        };
        let message = CancelProposal { proposal: args.proposal };
        let builder = Builder::new(signer.public_key(), Payload::CancelProposal(message));
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

/// `althing gov adopt`
///
/// # Errors
/// Those of transactions.
pub(super) fn adopt(context: &Context, args: &GovAdopt) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let validator = own(&client, &signer).await?;
        let plan = Plan {
            facts: vec![
                ("validator", describe(&validator)),
                ("runs", format!("version {} of the configuration of the network", args.version)),
                ("applies", "to its node, without a restart".to_owned()),
            ],
            question: format!("Let the node of {} run version {}", validator.name, args.version),
        };
        let message = AdoptSpec { validator: validator.key, version: args.version };
        let builder = Builder::new(signer.public_key(), Payload::AdoptSpec(message));
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

/// Runs `althing gov preferences …`.
///
/// # Errors
/// Those of transactions; exit code 5 if there is no such validator.
pub(super) fn preferences(context: &Context, command: &PreferencesCommand) -> Result<(), CliError> {
    match command {
        PreferencesCommand::Set(args) => {
            set(context, args.sending.from.as_deref(), Some(wanted(args)), &args.sending)
        }
        PreferencesCommand::Clear(args) => {
            set(context, args.sending.from.as_deref(), None, &args.sending)
        }
        PreferencesCommand::Show { validator } => with_chain(context, async |client, _| {
            let validator = find(context, &client, validator).await?;
            show(context, &validator, &client.preferences(validator.key).await?);
            Ok(())
        }),
    }
}

const fn wanted(args: &PreferencesSet) -> Preferences {
    Preferences {
        auto_adopt_optional: args.auto_adopt_optional,
        minimum_criticality: args.minimum_criticality,
        max_delay_tolerance: args.max_delay_tolerance,
    }
}

fn facts(preferences: Option<Preferences>) -> Vec<(&'static str, String)> {
    let Some(preferences) = preferences else {
        return vec![("the node votes", "on nothing".to_owned())];
    };
    vec![
        (
            "the node votes",
            format!(
                "on what only validators decide about, of criticality {} or more, unless the \
                 operator has voted by hand",
                preferences.minimum_criticality
            ),
        ),
        ("it agrees", format!("to what happens within {} blocks", preferences.max_delay_tolerance)),
        (
            "it adopts",
            match preferences.auto_adopt_optional {
                true => "also what is each validator's own choice".to_owned(),
                false => "nothing that is each validator's own choice".to_owned(),
            },
        ),
    ]
}

fn set(
    context: &Context,
    from: Option<&str>,
    preferences: Option<Preferences>,
    sending: &crate::cli::args::Sending,
) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(from)?;
        let validator = own(&client, &signer).await?;
        let mut told = vec![("validator", describe(&validator))];
        told.extend(facts(preferences));
        let question = match preferences {
            Some(_) => format!("Leave these votes of {} to its node", validator.name),
            None => format!("Leave no votes of {} to its node", validator.name),
        };
        let plan = Plan { facts: told, question };
        let message = SetPreferences { preferences };
        let builder = Builder::new(signer.public_key(), Payload::SetPreferences(message));
        carry_out(context, (&client, &chain), &signer, builder, sending, &plan).await
    })
}

/// What a validator leaves to its node, as the node that is asked says it.
fn read(value: &Value) -> Option<Preferences> {
    let set = value.get("set").and_then(Value::as_bool).unwrap_or(false);
    let level = fields::text(value, "minimum_criticality").parse().ok().filter(|_| set)?;
    Some(Preferences {
        auto_adopt_optional: value.get("auto_adopt_optional").and_then(Value::as_bool)?,
        minimum_criticality: level,
        max_delay_tolerance: fields::number(value, "max_delay_tolerance"),
    })
}

fn show(context: &Context, validator: &ValidatorInfo, value: &Value) {
    if context.global.json {
        output::json(value);
        return;
    }
    let mut told = vec![("validator", describe(validator))];
    told.extend(facts(read(value)));
    output::facts(&told);
}
