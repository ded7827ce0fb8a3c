//! The chain behind a node's HTTP API.

use super::{Chain, ChainError, Identity, Outcome, Tip};
use crate::views::{BeaconView, TaskView, WorkerView};
use althing_client::{
    builder::Builder,
    http::{ApiError, Client, ClientError, Events, TransactionInfo},
};
use althing_types::{
    Address, Amount, ChainParams, GasPrice, Hash, Height, Payload, PublicKey, SignedTransaction,
    Timestamp, Transaction, hash,
};
use async_trait::async_trait;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long the event stream may be silent before the height is asked for.
const LONGEST_SILENCE: Duration = Duration::from_secs(5);
/// From one question for the height to the next, where there is no event stream.
const POLL: Duration = Duration::from_millis(500);
/// Codes by which a node says that it has the transaction already.
const KNOWN: [&str; 2] = ["already_pending", "already_included"];

/// A node.
pub struct HttpChain {
    client: Client,
    /// Blocks as they come; none if the node has no stream for us.
    events: Mutex<Option<Events>>,
}

impl HttpChain {
    /// The node at `url`, for example `http://127.0.0.1:8080`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ChainError::Malformed`] if the text is no URL of a node.
    pub fn new(url: &str) -> Result<Self, ChainError> {
        let client = Client::new(url).map_err(|error| ChainError::Malformed(error.to_string()))?;
        let events = Mutex::new(Some(client.events(&["block"], &[], None)));
        Ok(Self { client, events })
    }

    /// Reads a route that says 404 of what is not there.
    async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, ChainError> {
        match self.client.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(ClientError::Api(ApiError { status: 404, code, .. })) if code != "http" => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for any block, or a while.
    async fn hear(&self) {
        let mut events = self.events.lock().await;
        let Some(stream) = events.as_mut() else { return tokio::time::sleep(POLL).await };
        if let Ok(Err(error)) = tokio::time::timeout(LONGEST_SILENCE, stream.next()).await {
            tracing::info!(%error, "no event stream; asking for the height instead");
            *events = None;
        }
    }
}

impl From<ClientError> for ChainError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Api(api) if ClientError::Api(api.clone()).is_temporary() => {
                Self::Away(api.message)
            }
            ClientError::Api(ApiError { code, message, .. }) => Self::Refused { code, message },
            ClientError::Unreachable { .. }
            | ClientError::Interrupted { .. }
            | ClientError::TimedOut(_) => Self::Away(error.to_string()),
            other => Self::Malformed(other.to_string()),
        }
    }
}

fn outcome(info: TransactionInfo) -> Outcome {
    match (info.status.as_str(), info.receipt, info.height) {
        ("finalized", Some(receipt), Some(height)) if receipt.success => Outcome::Done { height },
        ("finalized", Some(receipt), Some(height)) => {
            Outcome::Failed { height, code: receipt.code_name, message: receipt.message }
        }
        ("dropped", ..) => {
            let reason = info.reason.map_or_else(String::new, |reason| reason.message);
            Outcome::Dropped { reason }
        }
        ("unknown", ..) => Outcome::Unknown,
        // Finalized without its receipt: the node is still writing it.
        _ => Outcome::Waiting,
    }
}

#[async_trait]
impl Chain for HttpChain {
    async fn identity(&self) -> Result<Identity, ChainError> {
        let version = self.client.version().await?;
        let malformed = |what: &str| ChainError::Malformed(what.to_owned());
        let chain_id = version.chain_id.parse().map_err(|_| malformed("the chain id"))?;
        let genesis =
            hash::parse(&version.genesis_hash).ok_or_else(|| malformed("the genesis hash"))?;
        Ok(Identity { chain_id, genesis })
    }

    async fn tip(&self) -> Result<Tip, ChainError> {
        let status = self.client.status().await?;
        Ok(Tip { height: status.height, time: Timestamp::new(status.block_time_ms) })
    }

    async fn next(&self, height: Height) -> Result<Tip, ChainError> {
        loop {
            let tip = self.tip().await?;
            if tip.height > height {
                return Ok(tip);
            }
            self.hear().await;
        }
    }

    async fn params(&self) -> Result<ChainParams, ChainError> {
        Ok(self.client.params().await?)
    }

    async fn balance(&self, account: Address) -> Result<Amount, ChainError> {
        let account = self.client.account(account).await?;
        Ok(account.spendable.unwrap_or(account.balance))
    }

    async fn worker(&self, account: Address) -> Result<Option<WorkerView>, ChainError> {
        self.find(&format!("/v1/compute/workers/{account}")).await
    }

    async fn task(&self, number: u64) -> Result<Option<TaskView>, ChainError> {
        self.find(&format!("/v1/compute/tasks/{number}")).await
    }

    async fn beacon(&self, height: Height) -> Result<Option<Hash>, ChainError> {
        let found: Option<BeaconView> = self.find(&format!("/v1/randomness/{height}")).await?;
        Ok(found.map(|beacon| beacon.value))
    }

    async fn gas_price(&self) -> Result<GasPrice, ChainError> {
        Ok(self.client.fees().await?.gas_price.normal)
    }

    async fn prepare(
        &self,
        sender: &PublicKey,
        payload: &Payload,
        valid_until: Height,
    ) -> Result<Transaction, ChainError> {
        let builder = Builder::new(sender.clone(), payload.clone()).valid_until(Some(valid_until));
        let draft = builder.prepare(&self.client).await?;
        let Some(run) = draft.simulation else { return Ok(draft.transaction) };
        let refused = match (run.reason, run.receipt) {
            (Some(reason), _) => Some((reason.code, reason.message)),
            (None, Some(receipt)) if !receipt.success => Some((receipt.code_name, receipt.message)),
            _ => None,
        };
        match refused {
            Some((code, message)) => Err(ChainError::Refused { code, message }),
            None => Ok(draft.transaction),
        }
    }

    async fn submit(&self, transaction: &SignedTransaction) -> Result<(), ChainError> {
        match self.client.submit(transaction).await {
            Err(ClientError::Api(error)) if KNOWN.contains(&error.code.as_str()) => Ok(()),
            result => Ok(result.map(drop)?),
        }
    }

    async fn outcome(&self, hash: &Hash) -> Result<Outcome, ChainError> {
        Ok(outcome(self.client.transaction(hash).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn info(value: serde_json::Value) -> Outcome {
        outcome(serde_json::from_value(value).unwrap())
    }

    #[test]
    fn outcomes_are_read_from_what_a_node_says() {
        let receipt = json!({
            "success": false, "code": 107, "code_name": "commit_late", "message": "too late",
            "gas_used": 1, "fee": "1"
        });
        assert_eq!(info(json!({"hash": "", "status": "pending"})), Outcome::Waiting);
        assert_eq!(info(json!({"hash": "", "status": "unknown"})), Outcome::Unknown);
        assert_eq!(
            info(json!({"hash": "", "status": "finalized", "height": 7, "receipt": receipt})),
            Outcome::Failed {
                height: Height::new(7),
                code: "commit_late".into(),
                message: "too late".into()
            }
        );
        assert_eq!(info(json!({"hash": "", "status": "finalized"})), Outcome::Waiting);
        let dropped = json!({
            "hash": "", "status": "dropped", "reason": {"code": "expired", "message": "expired"}
        });
        assert_eq!(info(dropped), Outcome::Dropped { reason: "expired".into() });
    }

    #[test]
    fn what_may_succeed_later_is_told_from_what_may_not() {
        let api = |status| {
            ChainError::from(ClientError::Api(ApiError {
                status,
                code: "rate_limited".into(),
                message: "wait".into(),
                detail: serde_json::Value::Null,
                retry_after: None,
            }))
        };
        assert!(api(429).is_temporary());
        assert!(api(503).is_temporary());
        assert!(!api(400).is_temporary());
        assert!(ChainError::from(ClientError::TimedOut("x".into())).is_temporary());
        assert!(!ChainError::from(ClientError::Malformed("x".into())).is_temporary());
    }
}
