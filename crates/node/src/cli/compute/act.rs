//! `althing compute cancel` and `althing compute prove-wrong`.

use super::shape::shape_text;
use crate::cli::{
    args::{ComputeCancel, ComputeProveWrong},
    context::{Context, read_text},
    error::{CliError, Exit},
    online::with_chain,
    output,
    tx::{Plan, carry_out},
};
use althing_client::builder::Builder;
use althing_types::message::Opening;

/// `althing compute cancel`
///
/// # Errors
/// Those of transactions; exit code 5 if there is no such task.
pub(super) fn cancel(context: &Context, args: &ComputeCancel) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let task = client.task(args.task).await?;
        let total = task.price.units().saturating_mul(task.count.into());
        let total = output::tokens_of(althing_types::Amount::new(total), &chain.symbol);
        let plan = Plan {
            facts: vec![
                ("task", format!("{}: {} x {}", task.number, task.count, shape_text(&task.shape))),
                ("is", task.state.to_string()),
                ("comes back", total),
            ],
            question: format!("Take task {} back", task.number),
        };
        let builder = Builder::cancel_task(signer.public_key(), args.task);
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

/// Reads the opening of an entry.
fn opening(text: &str) -> Result<Opening, CliError> {
    serde_json::from_str(text).map_err(|error| {
        let message = format!("this is no opening of an entry: {error}");
        CliError::new(Exit::Usage, "invalid_opening", message)
    })
}

/// `althing compute prove-wrong`
///
/// # Errors
/// Those of transactions; exit code 2 for the file, 5 if there is no such task.
pub(super) fn prove_wrong(context: &Context, args: &ComputeProveWrong) -> Result<(), CliError> {
    let opening = opening(&read_text(&args.opening)?)?;
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let task = client.task(args.task).await?;
        let params = client.params().await?.compute;
        let bond = output::tokens_of(params.dispute_bond, &chain.symbol);
        let worker = task.worker.map(|worker| worker.to_string()).unwrap_or_default();
        let plan = Plan {
            facts: vec![
                ("task", format!("{}: {} x {}", task.number, task.count, shape_text(&task.shape))),
                ("is", task.state.to_string()),
                ("worker", worker),
                ("column", opening.column.to_string()),
                (
                    "if it is wrong",
                    format!(
                        "the worker loses {} of its stake, and {} of that is yours",
                        output::percent(params.wrong_slash.get().into()),
                        output::percent(params.prover_share.get().into())
                    ),
                ),
                ("if it is right", format!("you lose {bond}")),
            ],
            question: format!("Dispute the result of task {}, at the risk of {bond},", args.task),
        };
        let builder = Builder::prove_wrong(signer.public_key(), args.task, opening.clone());
        carry_out(context, (&client, &chain), &signer, builder, &args.sending, &plan).await
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_is_read_whole_or_refused() {
        let read = opening(r#"{"column": 3, "tile": "0102"}"#).unwrap();
        assert_eq!((read.column, &read.tile[..], read.lines), (3, &[1u8, 2][..], None));
        assert_eq!(opening("{}").unwrap_err().code, "invalid_opening");
        assert!(opening(r#"{"column": 3, "tile": "0x0"}"#).is_err());
    }
}
