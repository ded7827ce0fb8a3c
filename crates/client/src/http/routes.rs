//! One method for each route that wallets and tools use.

use super::{
    Account, BatchAnswer, Client, ClientError, Fees, Simulation, Status, Submitted,
    TransactionInfo, ValidatorInfo, ValidatorPage, Version,
};
use althing_state::StateKey;
use althing_types::{Address, ChainParams, Genesis, Hash, SignedTransaction, ValidatorKey};
use bytes::{BufMut as _, Bytes, BytesMut};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// Validators asked for at a time.
const VALIDATOR_PAGE: usize = 100;
const POLL_FIRST: Duration = Duration::from_millis(50);
const POLL_LONGEST: Duration = Duration::from_secs(1);
/// How long a node is asked to hold a request; below the request's own time limit.
const HOLD: Duration = Duration::from_secs(15);

/// The body of a batch: each transaction behind its length, 4 bytes, big endian.
pub fn encode_batch<'a>(transactions: impl IntoIterator<Item = &'a SignedTransaction>) -> Bytes {
    let mut body = BytesMut::new();
    for transaction in transactions {
        let bytes = transaction.bytes();
        // A transaction has at most 64 KiB.
        body.put_u32(bytes.len() as u32);
        body.put_slice(bytes);
    }
    body.freeze()
}

impl Client {
    /// Software, chain, address prefix.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn version(&self) -> Result<Version, ClientError> {
        self.get("/v1/version").await
    }

    /// Where the node stands.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn status(&self) -> Result<Status, ClientError> {
        self.get("/v1/status").await
    }

    /// The genesis file, checked.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn genesis(&self) -> Result<Genesis, ClientError> {
        let value: Value = self.get("/v1/genesis").await?;
        let genesis = value.get("genesis").unwrap_or(&value).to_string();
        Genesis::from_json(&genesis).map_err(|error| ClientError::Malformed(error.to_string()))
    }

    /// The parameters in force.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn params(&self) -> Result<ChainParams, ClientError> {
        self.get("/v1/params").await
    }

    /// Every validator that is registered, the largest stake first.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn validators(&self) -> Result<Vec<ValidatorInfo>, ClientError> {
        let (mut all, mut offset) = (Vec::new(), String::from("0"));
        loop {
            let path = format!("/v1/validators?limit={VALIDATOR_PAGE}&offset={offset}");
            let page: ValidatorPage = self.get(&path).await?;
            all.extend(page.validators);
            match page.next {
                Some(next) => offset = next,
                None => return Ok(all),
            }
        }
    }

    /// A validator, by its key or by the address of its operator.
    ///
    /// # Errors
    /// [`ClientError`]; the code `validator_not_found`.
    pub async fn validator(&self, id: &str) -> Result<ValidatorInfo, ClientError> {
        self.get(&format!("/v1/validators/{id}")).await
    }

    /// An account now.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn account(&self, address: Address) -> Result<Account, ClientError> {
        self.get(&format!("/v1/accounts/{address}")).await
    }

    /// A proof of an account, for [`crate::verify::verify`].
    ///
    /// # Errors
    /// [`ClientError`]; the code `proof_unavailable` before the first certificate.
    pub async fn account_proof(&self, address: Address) -> Result<Value, ClientError> {
        let mut value: Value = self.get(&format!("/v1/accounts/{address}?proof=true")).await?;
        match value.get_mut("proof").map(Value::take) {
            Some(proof @ Value::Object(_)) => Ok(proof),
            _ => Err(ClientError::Malformed("the account has no proof".to_owned())),
        }
    }

    /// A proof of a record of the state, or of its absence, for [`crate::verify::verify`].
    ///
    /// # Errors
    /// [`ClientError`]; the code `proof_unavailable` before the first certificate.
    pub async fn record_proof(&self, key: &StateKey) -> Result<Value, ClientError> {
        self.get(&format!("/v1/state/{key}")).await
    }

    /// A proof of a transaction and its receipt, for [`crate::verify::verify`].
    ///
    /// # Errors
    /// [`ClientError`]; the codes `transaction_not_found` and `not_finalized`.
    pub async fn transaction_proof(&self, hash: &Hash) -> Result<Value, ClientError> {
        self.get(&format!("/v1/transactions/{}/proof", hex::encode(hash))).await
    }

    /// Where a transaction is. A node that has never heard of it says `unknown`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn transaction(&self, hash: &Hash) -> Result<TransactionInfo, ClientError> {
        let result = self.get(&format!("/v1/transactions/{}", hex::encode(hash))).await;
        match result {
            Err(ClientError::Api(error)) if error.code == "transaction_not_found" => {
                Ok(TransactionInfo::unknown(hex::encode(hash)))
            }
            result => result,
        }
    }

    /// Waits until a transaction is finalized or dropped. A node that answered once may go away
    /// and come back meanwhile.
    ///
    /// # Errors
    /// [`ClientError::TimedOut`] after `timeout`.
    pub async fn wait(
        &self,
        hash: &Hash,
        timeout: Duration,
    ) -> Result<TransactionInfo, ClientError> {
        self.wait_until(hash, Instant::now() + timeout, None).await
    }

    async fn wait_until(
        &self,
        hash: &Hash,
        deadline: Instant,
        mut heard: Option<String>,
    ) -> Result<TransactionInfo, ClientError> {
        let mut pause = POLL_FIRST;
        loop {
            match self.transaction(hash).await {
                Ok(info) if info.is_settled() => return Ok(info),
                Ok(info) => heard = Some(info.status),
                Err(error) if heard.is_some() && error.is_temporary() => {}
                Err(error) => return Err(error),
            }
            if Instant::now() + pause > deadline {
                let (hash, heard) = (hex::encode(hash), heard.unwrap_or_default());
                let what = format!("finality of the transaction {hash} (last heard: {heard})");
                return Err(ClientError::TimedOut(what));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 5 / 4).min(POLL_LONGEST);
        }
    }

    /// What a transaction costs now.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn fees(&self) -> Result<Fees, ClientError> {
        self.get("/v1/fees").await
    }

    /// What a transaction would do; its signature is not looked at.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn simulate(
        &self,
        transaction: &SignedTransaction,
    ) -> Result<Simulation, ClientError> {
        self.post_bytes("/v1/transactions/simulate", transaction.bytes().clone()).await
    }

    /// Submits a transaction.
    ///
    /// # Errors
    /// [`ClientError::Api`] with the code of the rule that it breaks.
    pub async fn submit(&self, transaction: &SignedTransaction) -> Result<Submitted, ClientError> {
        self.post_bytes("/v1/transactions", transaction.bytes().clone()).await
    }

    /// Submits a transaction and waits until it is finalized or dropped, in one request where the
    /// node can hold it.
    ///
    /// # Errors
    /// [`ClientError::Api`] with the code of the rule that it breaks, [`ClientError::TimedOut`]
    /// after `timeout`. After an error of the latter kind, or of the network, it may still be
    /// included.
    pub async fn submit_and_wait(
        &self,
        transaction: &SignedTransaction,
        timeout: Duration,
    ) -> Result<TransactionInfo, ClientError> {
        let deadline = Instant::now() + timeout;
        let hold = timeout.min(HOLD).as_millis();
        let path = format!("/v1/transactions?wait=finalized&timeout_ms={hold}");
        let heard = match self.post_bytes(&path, transaction.bytes().clone()).await {
            Ok(info) => {
                let info: TransactionInfo = info;
                if info.is_settled() {
                    return Ok(info);
                }
                info.status
            }
            // Nobody can wait there now, so nothing was submitted.
            Err(ClientError::Api(error)) if error.code == "too_many_subscribers" => {
                self.submit(transaction).await?.status
            }
            Err(ClientError::Interrupted { .. }) => "nothing".to_owned(),
            Err(error) => return Err(error),
        };
        self.wait_until(&transaction.hash(), deadline, Some(heard)).await
    }

    /// Submits many transactions in one request; see [`encode_batch`].
    ///
    /// # Errors
    /// [`ClientError`] if the whole batch is refused. What a single one breaks is in the answer.
    pub async fn submit_batch(&self, body: Bytes) -> Result<BatchAnswer, ClientError> {
        self.post_bytes("/v1/transactions/batch", body).await
    }

    /// Asks a test network for money; returns the hash of the payment.
    ///
    /// # Errors
    /// [`ClientError::Api`] if there is no faucet, or if it says to wait.
    pub async fn faucet(&self, address: Address) -> Result<String, ClientError> {
        let value: Value = self.post("/v1/faucet", &json!({ "address": address })).await?;
        let hash = value.get("hash").and_then(Value::as_str);
        hash.map(str::to_owned).ok_or_else(|| ClientError::Malformed("no hash".to_owned()))
    }

    /// Connects the node to a peer at `endpoint`, `host:port`.
    ///
    /// # Errors
    /// [`ClientError::Api`] if the caller may not.
    pub async fn add_peer(&self, key: ValidatorKey, endpoint: &str) -> Result<(), ClientError> {
        let body = json!({ "key": key.to_string(), "endpoint": endpoint });
        self.send(self.request(Method::POST, "/v1/peers").json(&body)).await.map(drop)
    }

    /// Makes the node forget what [`add_peer`](Self::add_peer) said.
    ///
    /// # Errors
    /// [`ClientError::Api`] if the caller may not.
    pub async fn remove_peer(&self, key: ValidatorKey) -> Result<(), ClientError> {
        self.send(self.request(Method::DELETE, &format!("/v1/peers/{key}"))).await.map(drop)
    }

    /// Shuts a peer out for `duration`, or lets it in again.
    ///
    /// # Errors
    /// [`ClientError::Api`] if the caller may not.
    pub async fn ban(
        &self,
        key: ValidatorKey,
        duration: Option<Duration>,
    ) -> Result<(), ClientError> {
        let path = format!("/v1/peers/{key}/ban");
        let request = match duration {
            Some(duration) => {
                let seconds = duration.as_secs().max(1);
                self.request(Method::POST, &path).json(&json!({ "seconds": seconds }))
            }
            None => self.request(Method::DELETE, &path),
        };
        self.send(request).await.map(drop)
    }
}
