//! The chain behind the HTTP API of nodes.

use super::{
    BatchAt, Chain, ChainError, Identity, MeterAt, OracleAt, Outcome, ProviderAt, ReadingAt, Tip,
    Undecided,
};
use althing_client::{
    builder::Builder,
    http::{
        ApiError, BatchInfo, Client, ClientError, Events, MeterInfo, OracleInfo, TransactionInfo,
    },
};
use althing_types::{
    Address, ChainParams, Hash, Height, Payload, PublicKey, SignedTransaction, Timestamp,
    Transaction,
    energy::{MeterState, ProviderState},
    hash,
};
use async_trait::async_trait;
use serde_json::Value;
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use tokio::sync::Mutex;

/// How long the event stream may be silent before the height is asked for.
const LONGEST_SILENCE: Duration = Duration::from_secs(5);
/// From one question for the height to the next, where there is no event stream.
const POLL: Duration = Duration::from_millis(500);
/// Batches asked for at a time.
const PAGE: usize = 50;
/// Codes by which a node says that it has the transaction already.
const KNOWN: [&str; 2] = ["already_pending", "already_included"];

/// Nodes, of which one is asked; the next one when it does not answer.
pub struct HttpChain {
    clients: Vec<Client>,
    present: AtomicUsize,
    /// Blocks as they come, of the node with this number; none if it has no stream for us.
    events: Mutex<Option<(usize, Events)>>,
}

impl HttpChain {
    /// The nodes at these URLs, for example `http://127.0.0.1:8080`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ChainError::Malformed`] if one is no URL of a node, or there is none.
    pub fn new<T: AsRef<str>>(urls: &[T]) -> Result<Self, ChainError> {
        let client = |url: &T| {
            Client::new(url.as_ref()).map_err(|error| ChainError::Malformed(error.to_string()))
        };
        let clients: Vec<Client> = urls.iter().map(client).collect::<Result<_, _>>()?;
        if clients.is_empty() {
            return Err(ChainError::Malformed("there is no node to ask".to_owned()));
        }
        Ok(Self { clients, present: AtomicUsize::new(0), events: Mutex::new(None) })
    }

    fn number(&self) -> usize {
        self.present.load(Ordering::Relaxed) % self.clients.len()
    }

    fn client(&self) -> &Client {
        &self.clients[self.number()]
    }

    /// What a call gave; after a node that does not answer the next one is asked.
    fn heard<T>(&self, result: Result<T, ClientError>) -> Result<T, ChainError> {
        let result = result.map_err(ChainError::from);
        if matches!(result, Err(ChainError::Away(_))) {
            self.present.fetch_add(1, Ordering::Relaxed);
        }
        result
    }

    /// The same for a route that says 404 of what is not there.
    fn found<T>(&self, result: Result<T, ClientError>) -> Result<Option<T>, ChainError> {
        match result {
            Err(ClientError::Api(ApiError { status: 404, code, .. })) if code != "http" => Ok(None),
            result => self.heard(result).map(Some),
        }
    }

    /// Waits for any block, or a while.
    async fn hear(&self) {
        let number = self.number();
        let mut events = self.events.lock().await;
        if events.as_ref().is_none_or(|(of, _)| *of != number) {
            *events = Some((number, self.clients[number].events(&["block"], &[], None)));
        }
        let Some((_, stream)) = events.as_mut() else { return };
        if let Ok(Err(error)) = tokio::time::timeout(LONGEST_SILENCE, stream.next()).await {
            tracing::info!(%error, "no event stream; asking for the height instead");
            tokio::time::sleep(POLL).await;
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

impl From<MeterInfo> for MeterAt {
    fn from(info: MeterInfo) -> Self {
        Self {
            height: info.height,
            provider: info.provider,
            revoked: info.state == MeterState::Revoked,
            key: info.key,
            sequence: info.sequence,
            total_wh: info.total_wh,
            last_end: info.last_end,
            max_w: info.max_w,
        }
    }
}

impl From<BatchInfo> for BatchAt {
    fn from(info: BatchInfo) -> Self {
        let readings = info.readings.into_iter().map(|reading| ReadingAt {
            meter: reading.meter,
            start: reading.start,
            seconds: reading.seconds,
            wh: reading.wh,
            status: reading.state,
        });
        Self {
            number: info.number,
            expires: info.expires,
            closes: info.closes,
            readings: readings.collect(),
            reported: info.reports.into_iter().map(|report| report.oracle).collect(),
        }
    }
}

/// The numbers of batches in events: the one that was made, and those that were reported about.
fn batches(events: &[Value]) -> (Option<u64>, Vec<u64>) {
    let of = |kind: &'static str| {
        events.iter().filter(move |event| event.get("type").and_then(Value::as_str) == Some(kind))
    };
    let made = of("readings-submitted").find_map(|event| event.get("batch")?.as_u64());
    let reported =
        of("oracle-reported").filter_map(|event| event.pointer("/report/batch")?.as_u64());
    (made, reported.collect())
}

fn outcome(info: TransactionInfo) -> Outcome {
    match (info.status.as_str(), info.receipt, info.height) {
        ("finalized", Some(receipt), Some(height)) if receipt.success => {
            let (batch, reported) = batches(&receipt.events);
            Outcome::Done { height, batch, reported }
        }
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
        let version = self.heard(self.client().version().await)?;
        let malformed = |what: &str| ChainError::Malformed(what.to_owned());
        let chain_id = version.chain_id.parse().map_err(|_| malformed("the chain id"))?;
        let genesis =
            hash::parse(&version.genesis_hash).ok_or_else(|| malformed("the genesis hash"))?;
        Ok(Identity { chain_id, genesis })
    }

    async fn tip(&self) -> Result<Tip, ChainError> {
        let status = self.heard(self.client().status().await)?;
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
        self.heard(self.client().params().await)
    }

    async fn meter(&self, meter: Hash) -> Result<Option<MeterAt>, ChainError> {
        Ok(self.found(self.client().meter(meter).await)?.map(MeterAt::from))
    }

    async fn provider(&self, provider: Address) -> Result<Option<ProviderAt>, ChainError> {
        let info = self.found(self.client().energy_provider(provider).await)?;
        Ok(info.map(|info| ProviderAt {
            pending: info.pending,
            passes: info.state == ProviderState::Active && info.meters > 0,
            obstacles: info.obstacles,
        }))
    }

    async fn oracle(&self, oracle: Address) -> Result<Option<OracleAt>, ChainError> {
        let info = self.found(self.client().oracle(oracle).await)?;
        let at =
            |info: OracleInfo| OracleAt { admitted: info.weight.get() > 0, leaving: info.leaving };
        Ok(info.map(at))
    }

    async fn undecided(
        &self,
        oracle: Address,
        after: Option<u64>,
    ) -> Result<Undecided, ChainError> {
        let page = self.heard(self.client().undecided(Some(oracle), after, Some(PAGE)).await)?;
        let batches = page.batches.into_iter().map(BatchAt::from).collect();
        Ok(Undecided { batches, next: page.next })
    }

    async fn batch(&self, number: u64) -> Result<Option<BatchAt>, ChainError> {
        Ok(self.found(self.client().energy_batch(number).await)?.map(BatchAt::from))
    }

    async fn prepare(
        &self,
        sender: &PublicKey,
        payload: &Payload,
        valid_until: Height,
    ) -> Result<Transaction, ChainError> {
        let builder = Builder::new(sender.clone(), payload.clone()).valid_until(Some(valid_until));
        let draft = self.heard(builder.prepare(self.client()).await)?;
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
        match self.client().submit(transaction).await {
            Err(ClientError::Api(error)) if KNOWN.contains(&error.code.as_str()) => Ok(()),
            result => self.heard(result).map(drop),
        }
    }

    async fn outcome(&self, hash: &Hash) -> Result<Outcome, ChainError> {
        Ok(outcome(self.heard(self.client().transaction(hash).await)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn info(value: Value) -> Outcome {
        outcome(serde_json::from_value(value).unwrap())
    }

    #[test]
    fn outcomes_name_the_batches_of_readings_and_of_reports() {
        let receipt = |events: Value| {
            json!({"success": true, "code": 0, "code_name": "ok", "message": "", "gas_used": 1,
                   "fee": "1", "events": events})
        };
        let finalized = |receipt: Value| {
            info(json!({"hash": "", "status": "finalized", "height": 7, "receipt": receipt}))
        };
        let height = Height::new(7);
        let submitted = json!([{"type": "readings-submitted", "batch": 5, "readings": 2}]);
        let done = Outcome::Done { height, batch: Some(5), reported: vec![] };
        assert_eq!(finalized(receipt(submitted)), done);
        let report = |batch: u64| {
            let report = json!({"batch": batch, "agree": 1, "contradict": 0});
            json!({"type": "oracle-reported", "report": report, "late": false})
        };
        let done = Outcome::Done { height, batch: None, reported: vec![3, 4] };
        assert_eq!(finalized(receipt(json!([report(3), report(4)]))), done);
    }

    #[test]
    fn what_waits_is_told_from_what_is_lost() {
        assert_eq!(info(json!({"hash": "", "status": "pending"})), Outcome::Waiting);
        assert_eq!(info(json!({"hash": "", "status": "unknown"})), Outcome::Unknown);
        assert_eq!(info(json!({"hash": "", "status": "finalized"})), Outcome::Waiting);
        let reason = json!({"code": "expired", "message": "expired"});
        let dropped = info(json!({"hash": "", "status": "dropped", "reason": reason}));
        assert_eq!(dropped, Outcome::Dropped { reason: "expired".into() });
    }

    #[test]
    fn the_events_that_are_looked_for_are_those_of_the_ledger() {
        let oracle = Address::new([1; 20]);
        let report = althing_types::energy::ReportItem { batch: 9, agree: 1, contradict: 0 };
        let events = [
            althing_types::Event::OracleReported { oracle, report, late: false },
            althing_types::Event::ReadingsSubmitted {
                provider: oracle,
                batch: 8,
                readings: 1,
                wh: 2,
            },
        ];
        let events = events.map(|event| serde_json::to_value(event).unwrap());
        assert_eq!(batches(&events), (Some(8), vec![9]));
    }

    #[tokio::test]
    async fn the_next_node_is_asked_when_one_does_not_answer() {
        let chain = HttpChain::new(&["http://127.0.0.1:1", "http://127.0.0.1:2"]).unwrap();
        for node in [":1", ":2", ":1"] {
            let error = chain.tip().await.unwrap_err();
            assert!(error.is_temporary() && error.to_string().contains(node), "{error}");
        }
        assert!(HttpChain::new::<&str>(&[]).is_err());
    }
}
