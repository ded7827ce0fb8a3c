//! What commands that ask a node share.

use super::{
    context::Context,
    error::{CliError, Exit},
};
use althing_client::http::{Client, ClientError};
use std::future::Future;

impl From<ClientError> for CliError {
    fn from(error: ClientError) -> Self {
        let exit = match &error {
            ClientError::BadUrl(_) => Exit::Usage,
            ClientError::Unreachable { .. } => Exit::Unreachable,
            ClientError::Api(refusal) if refusal.status == 404 => Exit::NotFound,
            ClientError::Api(refusal) if (400..500).contains(&refusal.status) => Exit::Rejected,
            ClientError::Api(_) | ClientError::Malformed(_) => Exit::Failed,
            ClientError::TimedOut(_) => Exit::TimedOut,
            ClientError::Key(_) => Exit::Key,
        };
        let advice = match &error {
            ClientError::Unreachable { .. } => {
                "; `althing dev` starts a network here, --node names another node"
            }
            _ => "",
        };
        Self::new(exit, error.code().to_owned(), format!("{error}{advice}"))
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
