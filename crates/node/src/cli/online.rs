//! What commands that ask a node share.

use super::{
    context::Context,
    error::{CliError, Exit},
};
use althing_client::http::{ApiError, Client, ClientError, Version};
use althing_types::address::set_prefix;
use serde_json::json;
use std::future::Future;

impl From<ClientError> for CliError {
    fn from(error: ClientError) -> Self {
        let exit = match &error {
            ClientError::BadUrl(_) | ClientError::NoTls(_) => Exit::Usage,
            ClientError::Unreachable { .. } | ClientError::Interrupted { .. } => Exit::Unreachable,
            ClientError::Api(refusal) => exit_of(refusal),
            ClientError::Malformed(_) => Exit::Failed,
            ClientError::TimedOut(_) => Exit::TimedOut,
            ClientError::Key(_) => Exit::Key,
        };
        let advice = match &error {
            ClientError::Unreachable { .. } => {
                "; `althing dev` starts a network here, --node names another node"
            }
            _ => "",
        };
        let detail = match &error {
            ClientError::Api(refusal) => refusal.detail.clone(),
            ClientError::Unreachable { url, .. } | ClientError::Interrupted { url, .. } => {
                json!({ "node": url })
            }
            _ => serde_json::Value::Null,
        };
        Self::new(exit, error.code().to_owned(), format!("{error}{advice}")).detail(detail)
    }
}

/// The node's rules refuse a transaction with 409, 422 and, where it is full, 429 or 503.
fn exit_of(refusal: &ApiError) -> Exit {
    match (refusal.status, refusal.code.as_str()) {
        (
            _,
            "rate_limited" | "overloaded" | "not_ready" | "stopping" | "engine_stopped"
            | "chain_not_started",
        ) => Exit::Failed,
        (400 | 405 | 413 | 415, _) => Exit::Usage,
        (404, _) => Exit::NotFound,
        (504, _) => Exit::TimedOut,
        (409 | 422 | 429, _) | (503, "pool_full") => Exit::Rejected,
        _ => Exit::Failed,
    }
}

/// Runs a command that asks the node.
///
/// # Errors
/// Those of the command; exit code 3 if the node does not answer.
pub(crate) fn with_node<T, F>(
    context: &Context,
    work: impl FnOnce(Client) -> F,
) -> Result<T, CliError>
where
    F: Future<Output = Result<T, CliError>>,
{
    let client = Client::new(&context.global.node_url())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::new(Exit::Failed, "runtime", error.to_string()))?;
    runtime.block_on(work(client))
}

/// Runs a command that asks the node and reads or prints addresses or amounts: they look as the
/// node's chain says.
///
/// # Errors
/// As [`with_node`].
pub(crate) fn with_chain<T, F>(
    context: &Context,
    work: impl FnOnce(Client, Version) -> F,
) -> Result<T, CliError>
where
    F: Future<Output = Result<T, CliError>>,
{
    with_node(context, async |client: Client| {
        let chain = client.version().await?;
        set_prefix(&chain.address_prefix)
            .map_err(|error| CliError::usage(format!("the node's address prefix: {error}")))?;
        work(client, chain).await
    })
}
