//! `althing gov propose safety-rules` and `althing gov propose ratify`.

use crate::cli::{
    args::{About, ProposeRatify, ProposeSafetyRules},
    context::Context,
    error::{CliError, Exit},
    fields::{list, number, text},
    gov::propose,
    online::with_chain,
};
use althing_types::{
    Address,
    governance::{Action, OrderKind, SafetyRules},
};
use serde_json::{Value, json};

fn form(reason: impl std::fmt::Display) -> CliError {
    let message = format!("the node says something else of the safety override: {reason}");
    CliError::new(Exit::Failed, "safety_form", message)
}

/// `althing gov propose safety-rules`
///
/// # Errors
/// Those of transactions; exit code 2 if nothing would change, 5 if there is no override.
pub(in crate::cli::gov) fn propose_rules(
    context: &Context,
    args: &ProposeSafetyRules,
) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let present = present(&client.safety().await?)?;
        let members = |names: &[String]| -> Result<Vec<Address>, CliError> {
            names.iter().map(|name| context.address(name)).collect()
        };
        let (more, fewer) = (members(&args.add_member)?, members(&args.remove_member)?);
        let rules = match args.abolish {
            true => None,
            false => Some(changed(&present, args, &more, &fewer)?),
        };
        let title = propose::title(args.with.title.as_ref(), || match args.abolish {
            true => "Abolish the safety override".to_owned(),
            false => "Other rules of the safety override".to_owned(),
        })?;
        let params = client.params().await?;
        let action = Action::SafetyRules { rules };
        let proposal = propose::complete(&params, &args.with.about, title, action);
        propose::propose(context, (&client, &chain, &params), proposal, &args.with.sending).await
    })
}

/// The rules that hold.
fn present(safety: &Value) -> Result<SafetyRules, CliError> {
    let held = safety.get("override").ok_or_else(|| {
        let message = "nobody holds a safety override on this chain, and no proposal can make one";
        CliError::new(Exit::NotFound, "nothing_to_override", message)
    })?;
    let field = |name: &str| held.get(name).cloned().unwrap_or_default();
    let written = json!({
        "members": field("members"), "needed": field("needed"), "allowed": field("allowed"),
        "uses": field("uses"), "cooldown": field("cooldown"),
    });
    serde_json::from_value(written).map_err(form)
}

/// Rules with the changes that are asked for.
fn changed(
    present: &SafetyRules,
    args: &ProposeSafetyRules,
    more: &[Address],
    fewer: &[Address],
) -> Result<SafetyRules, CliError> {
    let mut members = present.members().to_vec();
    for member in fewer {
        if !present.has(member) {
            return Err(CliError::usage(format!("{member} is no member")));
        }
        members.retain(|held| held != member);
    }
    members.extend(more.iter().filter(|member| !present.has(member)));
    for kind in &args.forbid {
        if !present.allows(*kind) {
            return Err(CliError::usage(format!("{} is not allowed now", kind.name())));
        }
    }
    let allowed = present.allowed().iter().filter(|kind| !args.forbid.contains(kind)).copied();
    let uses = match args.unlimited {
        true => None,
        false => args.uses.or(present.uses()),
    };
    let rules = SafetyRules::new(
        members,
        args.needed.unwrap_or(present.needed()),
        allowed.collect(),
        uses,
        args.cooldown.unwrap_or(present.cooldown()),
    );
    let rules = rules.map_err(|error| CliError::usage(error.to_string()))?;
    // Naming the present limit of uses is a change: they are counted anew.
    match rules == *present && args.uses.is_none() {
        true => Err(CliError::usage("name at least one thing to change, or --abolish")),
        false => Ok(rules),
    }
}

/// `althing gov propose ratify`
///
/// # Errors
/// Those of transactions; exit code 5 if there is no such change.
pub(in crate::cli::gov) fn ratify(context: &Context, args: &ProposeRatify) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let (change, order) = (args.change, order_of(&client.safety().await?, args.change)?);
        let title = || format!("Ratify change {change}: {}", order.name());
        let title = propose::title(args.with.title.as_ref(), title)?;
        let params = client.params().await?;
        let action = Action::Ratify { change, order };
        let about: &About = &args.with.about;
        let proposal = propose::complete(&params, about, title, action);
        propose::propose(context, (&client, &chain, &params), proposal, &args.with.sending).await
    })
}

/// What made a change that holds.
fn order_of(safety: &Value, change: u64) -> Result<OrderKind, CliError> {
    let changes = list(safety, "changes");
    let found = changes.iter().find(|found| number(found, "change") == change);
    let found = found.ok_or_else(|| {
        let message =
            format!("no change {change} holds: `althing gov override status` lists those that do");
        CliError::new(Exit::NotFound, "nothing_to_override", message)
    })?;
    text(found, "order").parse().map_err(form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, Command, GovCommand, ProposeCommand};
    use althing_types::Period;
    use clap::Parser as _;

    fn args(words: &str) -> ProposeSafetyRules {
        let line = format!("althing gov propose safety-rules {words}");
        match Cli::try_parse_from(line.split_whitespace()).unwrap().command {
            Command::Gov(GovCommand::Propose(propose)) => match propose.what {
                Some(ProposeCommand::SafetyRules(args)) => *args,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    fn member(byte: u8) -> Address {
        Address::new([byte; 20])
    }

    fn rules() -> SafetyRules {
        let safety = json!({ "override": {
            "members": [member(1), member(2)], "needed": 1, "allowed": ["cancel-proposal", "set-spec"],
            "uses": 4, "cooldown": { "blocks": 7, "ms": 0 }, "status": "ready",
        } });
        present(&safety).unwrap()
    }

    #[test]
    fn what_is_not_named_stays_as_it_is() {
        let after = changed(&rules(), &args("--forbid set-spec"), &[member(3)], &[member(1)]);
        let after = after.unwrap();
        assert_eq!(after.members(), [member(2), member(3)]);
        assert_eq!(after.allowed(), [OrderKind::CancelProposal]);
        assert_eq!((after.needed(), after.uses()), (1, Some(4)));
        assert_eq!(after.cooldown(), Period::blocks(7));
        let after = changed(&rules(), &args("--unlimited --needed 2"), &[], &[]).unwrap();
        assert_eq!((after.needed(), after.uses()), (2, None));
    }

    #[test]
    fn nothing_to_change_and_what_cannot_be_is_refused() {
        for (words, fewer) in [
            ("", vec![]),
            ("", vec![member(9)]),
            ("--forbid pause-treasury", vec![]),
            ("--needed 3", vec![]),
        ] {
            let refused = changed(&rules(), &args(words), &[], &fewer).unwrap_err();
            assert_eq!(refused.code, "usage", "{words}");
        }
        assert!(changed(&rules(), &args("--uses 4"), &[], &[]).is_ok());
    }

    #[test]
    fn only_what_holds_is_ratified() {
        let safety = json!({ "changes": [{ "change": 2, "order": "set-spec" }] });
        assert_eq!(order_of(&safety, 2).unwrap(), OrderKind::SetSpec);
        assert_eq!(order_of(&safety, 1).unwrap_err().code, "nothing_to_override");
        assert_eq!(present(&json!({})).unwrap_err().code, "nothing_to_override");
    }
}
