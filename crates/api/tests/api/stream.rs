//! The event stream.

use crate::{
    chain,
    fixture::{Api, request},
    node::{TIP, rejection},
};
use althing_api::{ApiConfig, backend::ChainEvent};
use axum::{
    body::BodyDataStream,
    extract::ConnectInfo,
    http::{HeaderValue, Method, Response},
};
use futures::StreamExt as _;
use serde_json::Value;
use std::time::Duration;
use tower::ServiceExt as _;

#[derive(Debug, PartialEq)]
struct Event {
    name: String,
    id: Option<String>,
    data: Value,
}

struct Stream {
    body: BodyDataStream,
    text: String,
}

impl Stream {
    async fn open(api: &Api, query: &str, last: Option<&str>) -> Self {
        let mut request = request(Method::GET, &format!("/v1/events{query}"), None, vec![]);
        request.extensions_mut().insert(ConnectInfo(api.from));
        if let Some(last) = last {
            request.headers_mut().insert("last-event-id", HeaderValue::from_str(last).unwrap());
        }
        let response: Response<_> = api.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut stream =
            Self { body: response.into_body().into_data_stream(), text: String::new() };
        // The greeting says that the subscription stands.
        let greeting = stream.block().await.unwrap();
        assert!(greeting.contains("connected"), "{greeting}");
        stream
    }

    /// Text up to the next empty line; `None` if nothing comes for a while.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let block = self.text[..end].to_owned();
                self.text.drain(..end + 2);
                return Some(block);
            }
            let next = tokio::time::timeout(Duration::from_millis(200), self.body.next()).await;
            let chunk = next.ok()??.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn next(&mut self) -> Option<Event> {
        let block = self.block().await?;
        let field = |name: &str| {
            let lines = block.lines().filter_map(|line| line.split_once(": "));
            lines.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        let data = serde_json::from_str(&field("data")?).unwrap();
        Some(Event { name: field("event")?, id: field("id"), data })
    }

    /// Everything that comes until there is a pause.
    async fn rest(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

fn ids(events: &[Event]) -> Vec<String> {
    events.iter().filter_map(|event| event.id.clone()).collect()
}

/// The ids of everything in blocks `from..=to`.
fn all_ids(api: &Api, from: u64, to: u64) -> Vec<String> {
    let blocks = api.node.blocks.lock().unwrap();
    (from..=to)
        .flat_map(|height| {
            let count = blocks[height as usize].block.transactions.len();
            (0..=count).map(move |index| format!("{height}-{index}"))
        })
        .collect()
}

#[tokio::test]
async fn a_block_comes_behind_its_transactions() {
    let api = Api::new();
    let mut stream = Stream::open(&api, "", None).await;
    api.node.finalize(vec![chain::transfer(1, 30), chain::transfer(99, 30)], false);
    let events = stream.rest().await;
    let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["transaction_confirmed", "transaction_failed", "block"]);
    assert_eq!(ids(&events), ["25-0", "25-1", "25-2"]);
    assert_eq!(events[0].data["hash"], hex::encode(chain::transfer(1, 30).hash()));
    assert_eq!(events[1].data["receipt"]["success"], false);
    let block = &events[2].data;
    assert_eq!((&block["height"], &block["transaction_count"]), (&25.into(), &2.into()));
    assert_eq!(block["failed_count"], 1);
    assert!(block["time_ms"].is_u64() && block["hash"].is_string());
}

#[tokio::test]
async fn topics_and_addresses_filter() {
    let api = Api::new();
    let mut blocks = Stream::open(&api, "?topics=block", None).await;
    let mut transactions = Stream::open(&api, "?topics=transaction", None).await;
    let receiver = chain::address(2);
    let mut ours =
        Stream::open(&api, &format!("?topics=tx_confirmed&addresses={receiver}"), None).await;
    api.node.finalize(vec![chain::transfer(1, 30), chain::transfer(40, 1)], false);
    assert_eq!(ids(&blocks.rest().await), ["25-2"]);
    assert_eq!(ids(&transactions.rest().await), ["25-0", "25-1"]);
    assert_eq!(ids(&ours.rest().await), ["25-0"]);
    api.get("/v1/events?topics=weather").await.fails(400, "invalid_parameter");
    api.get("/v1/events?addresses=nobody").await.fails(400, "invalid_parameter");
    let many = vec![receiver.to_string(); 65].join(",");
    api.get(&format!("/v1/events?address={many}")).await.fails(400, "invalid_parameter");
}

#[tokio::test]
async fn waiting_and_dropped_transactions_are_told_of() {
    let api = Api::new();
    let mut stream = Stream::open(&api, "", None).await;
    let transaction = chain::transfer(1, 30);
    let send = |event| api.node.events.send(event).unwrap();
    send(ChainEvent::Pending { transaction: transaction.clone() });
    let (late, pushed_out) = (rejection("expired"), rejection("evicted"));
    send(ChainEvent::Dropped { transaction: transaction.clone(), reason: late });
    send(ChainEvent::Dropped { transaction, reason: pushed_out });
    let events = stream.rest().await;
    let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["transaction_pending", "transaction_expired", "transaction_dropped"]);
    assert_eq!(events[0].data["status"], "pending");
    assert_eq!(events[2].data["reason"]["code"], "evicted");
    assert!(ids(&events).is_empty());
}

#[tokio::test]
async fn a_stream_resumes_behind_every_event_without_gap_or_repetition() {
    let api = Api::new();
    let everything = all_ids(&api, 20, TIP);
    for (position, last) in everything.iter().enumerate() {
        let mut stream = Stream::open(&api, "", Some(last)).await;
        for expected in &everything[position + 1..] {
            assert_eq!(stream.next().await.unwrap().id.as_ref(), Some(expected), "behind {last}");
        }
    }
    let mut stream = Stream::open(&api, "?last_event_id=22-1&topics=block", None).await;
    let head = [stream.next().await, stream.next().await].map(|event| event.unwrap().id.unwrap());
    assert_eq!(head, ["22-2", "23-3"]);
}

#[tokio::test]
async fn a_replay_goes_over_into_the_present() {
    let api = Api::new();
    let mut stream = Stream::open(&api, "?topics=block", Some("22-2")).await;
    api.node.finalize(vec![], false);
    api.node.finalize(vec![chain::transfer(1, 30)], false);
    assert_eq!(ids(&stream.rest().await), ["23-3", "24-0", "25-0", "26-1"]);
}

#[tokio::test]
async fn an_id_from_the_future_means_from_now_on() {
    let api = Api::new();
    let mut stream = Stream::open(&api, "?topics=block", Some("900-0")).await;
    api.node.finalize(vec![], false);
    assert_eq!(ids(&stream.rest().await), ["25-0"]);
}

#[tokio::test]
async fn a_malformed_id_is_refused() {
    let api = Api::new();
    for last in ["x", "1", "1-", "-", "1-2-3", "99999999999999999999-0"] {
        let path = format!("/v1/events?last_event_id={last}");
        api.get(&path).await.fails(400, "invalid_parameter");
    }
    let mut odd = request(Method::GET, "/v1/events", None, vec![]);
    odd.headers_mut().insert("last-event-id", HeaderValue::from_bytes(b"\xff").unwrap());
    api.send(odd).await.fails(400, "invalid_parameter");
}

#[tokio::test]
async fn blocks_beyond_the_replay_are_reported_as_missed() {
    let api = Api::with(ApiConfig { max_replay_blocks: 3, ..ApiConfig::default() });
    let mut stream = Stream::open(&api, "?topics=block", Some("10-2")).await;
    let events = stream.rest().await;
    assert_eq!(events[0].name, "lagged");
    assert_eq!(
        (&events[0].data["missed_from"], &events[0].data["missed_to"]),
        (&11.into(), &21.into())
    );
    assert_eq!(ids(&events), ["22-2", "23-3", "24-0"]);
}

#[tokio::test]
async fn a_slow_client_is_told_and_gets_every_block() {
    let api = Api::new();
    let mut stream = Stream::open(&api, "?topics=block", None).await;
    // Nobody reads meanwhile, and the channel holds 64 messages.
    for _ in 0..100 {
        api.node.finalize(vec![], false);
    }
    let events = stream.rest().await;
    assert_eq!(events.iter().filter(|event| event.name == "lagged").count(), 1);
    let expected: Vec<String> = (25..125).map(|height| format!("{height}-0")).collect();
    assert_eq!(ids(&events), expected);
}

#[tokio::test]
async fn a_block_that_was_announced_late_brings_those_before_it() {
    let api = Api::new();
    let mut stream = Stream::open(&api, "?topics=block", None).await;
    api.node.finalize(vec![], true);
    api.node.finalize(vec![], true);
    api.node.finalize(vec![], false);
    assert_eq!(ids(&stream.rest().await), ["25-0", "26-0", "27-0"]);
}

#[tokio::test]
async fn streams_are_bounded_in_number_and_free_their_place() {
    let api = Api::with(ApiConfig { max_subscribers: 2, ..ApiConfig::default() });
    let first = Stream::open(&api, "", None).await;
    let second = Stream::open(&api, "", None).await;
    api.get("/v1/events").await.fails(503, "too_many_subscribers");
    assert!(api.get("/metrics").await.text().contains("althing_http_sse_subscribers 2\n"));
    drop(first);
    let third = Stream::open(&api, "", None).await;
    drop((second, third));
    assert!(api.get("/metrics").await.text().contains("althing_http_sse_subscribers 0\n"));
}

#[tokio::test]
async fn an_idle_stream_is_kept_open() {
    let config = ApiConfig { keep_alive: Duration::from_millis(20), ..ApiConfig::default() };
    let api = Api::with(config);
    let mut stream = Stream::open(&api, "", None).await;
    let comment = stream.block().await.unwrap();
    assert!(comment.starts_with(':'), "{comment}");
}

#[tokio::test]
async fn events_of_stake_have_topics_and_are_resumed_without_repetition() {
    use althing_types::{Amount, Event as Fact, Receipt};
    let api = Api::new();
    let validator = crate::canned::key(0);
    let delegator = chain::address(7);
    let height = TIP + 1;
    {
        let mut blocks = api.node.blocks.lock().unwrap();
        let parent = std::sync::Arc::clone(&blocks.last().unwrap().block);
        let mut next = chain::block_after(Some(&parent), vec![chain::transfer(1, 77)]);
        let mut receipts = next.receipts.as_ref().clone();
        let amount = Amount::new(5);
        receipts[0].events.push(Fact::Delegated { validator, delegator, amount });
        receipts.push(Receipt::of_block(vec![
            Fact::Ejected { validator },
            Fact::UnbondingPaid { validator, delegator, entry: 1, amount, slashed: Amount::ZERO },
        ]));
        next.receipts = std::sync::Arc::new(receipts);
        blocks.push(next);
    }
    let mut stream =
        Stream::open(&api, "?topics=stake,validator,block", Some(&format!("{TIP}-9"))).await;
    let mut told = Vec::new();
    for _ in 0..4 {
        let event = stream.next().await.unwrap();
        told.push((event.name.clone(), event.id.clone().unwrap()));
    }
    let id = |index: u32| format!("{height}-{index}");
    let expected = [("stake", 0), ("stake", 1), ("validator", 1), ("block", 2)];
    assert_eq!(told, expected.map(|(name, index)| (name.to_owned(), id(index))));
    for (last, names) in [(id(0), vec!["stake", "validator", "block"]), (id(1), vec!["block"])] {
        let mut stream = Stream::open(&api, "?topics=stake,validator,block", Some(&last)).await;
        for name in names {
            assert_eq!(stream.next().await.unwrap().name, name);
        }
    }
    let mut stream = Stream::open(&api, "?topics=block", Some(&id(2))).await;
    assert!(stream.next().await.is_none());
    let query = format!("?topics=stake&addresses={}", chain::address(8));
    let mut stream = Stream::open(&api, &query, Some(&format!("{TIP}-9"))).await;
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn events_of_governance_are_filtered_by_proposal_account_and_validator() {
    use crate::governed::{
        self,
        world::{OPEN, ROLLBACK, ledger::address, ledger::network::validator_key},
    };
    let api = Api::new();
    let mut streams = Vec::new();
    for query in [
        "?topics=governance".to_owned(),
        format!("?topics=governance&proposal={ROLLBACK}"),
        format!("?topics=governance&account={}", address(1)),
        format!("?topics=governance&validator={}", validator_key(0)),
        format!("?topics=governance&proposal={OPEN},{ROLLBACK}&validator={}", validator_key(1)),
        format!("?topics=transaction&proposal={ROLLBACK}"),
        "?topics=treasury".to_owned(),
    ] {
        streams.push(Stream::open(&api, &query, None).await);
    }
    // The last block of the story: three votes and a proposal.
    api.node.tell(governed::last_block());
    let mut seen = Vec::new();
    for stream in &mut streams {
        let events = stream.rest().await;
        let facts = events.iter().filter_map(|event| event.data["events"].as_array());
        let facts: Vec<(u64, String)> = facts
            .flatten()
            .map(|fact| {
                let kind = fact["type"].as_str().unwrap();
                (fact["proposal"].as_u64().unwrap(), kind.to_owned())
            })
            .collect();
        seen.push((events.len(), facts));
    }
    let voted = |number: u64| (number, "voted".to_owned());
    let (all, rollback, open) = (&seen[0], &seen[1], &seen[2]);
    assert_eq!(all.1.len(), 4);
    assert_eq!(rollback.1, [voted(ROLLBACK)]);
    assert_eq!(open.1, [voted(OPEN)]);
    assert_eq!(seen[3].1, [voted(OPEN)]);
    assert_eq!(seen[4].1, [voted(ROLLBACK)]);
    assert_eq!(seen[5], (1, vec![]), "one transaction");
    assert_eq!(seen[6], (0, vec![]));
    for bad in ["proposal=x", "validator=x", "account=x", "topics=luck"] {
        api.get(&format!("/v1/events?{bad}")).await.fails(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn tasks_and_workers_have_topics_of_their_own() {
    use crate::worked::{
        self,
        story::{WRONG, address},
    };
    let api = Api::new();
    let mut streams = Vec::new();
    for query in [
        "?topics=task".to_owned(),
        "?topics=worker".to_owned(),
        format!("?topics=task&task={WRONG}"),
        "?topics=task&task=99".to_owned(),
        format!("?topics=task,worker&worker={}", address(2)),
        format!("?topics=worker&worker={}", address(7)),
        "?topics=validator".to_owned(),
    ] {
        streams.push(Stream::open(&api, &query, None).await);
    }
    // A worker is slashed, its task ends, and another one is scored.
    api.node.tell(worked::block(14));
    let mut seen = Vec::new();
    for stream in &mut streams {
        let events = stream.rest().await;
        let facts = events.iter().filter_map(|event| event.data["events"].as_array());
        let kinds: Vec<String> =
            facts.flatten().map(|fact| fact["type"].as_str().unwrap().to_owned()).collect();
        seen.push(kinds);
    }
    assert_eq!(seen[0], ["task-rejected"]);
    assert_eq!(seen[1], ["worker-slashed", "device-attested"]);
    assert_eq!(seen[2], ["task-rejected"]);
    assert_eq!(seen[3], [""; 0]);
    assert_eq!(seen[4], ["task-rejected", "worker-slashed"]);
    assert_eq!((&seen[5], &seen[6]), (&vec![], &vec![]));
}

#[tokio::test]
async fn energy_has_a_topic_that_finds_everybody_concerned() {
    use crate::metered::{
        self,
        story::{BUYER, DELEGATE, HEIR, MAKER, OPENER, ORACLES, address},
    };
    let api = Api::new();
    let mut streams = Vec::new();
    for query in [
        "?topics=energy".to_owned(),
        format!("?topics=energy&addresses={}", address(OPENER)),
        format!("?topics=energy&addresses={}", address(ORACLES[1])),
        format!("?topics=energy&addresses={}", address(HEIR)),
        format!("?topics=energy&addresses={},{}", address(BUYER), address(HEIR)),
        format!("?topics=energy&addresses={}", address(DELEGATE)),
        "?topics=task,worker,validator".to_owned(),
    ] {
        streams.push(Stream::open(&api, &query, None).await);
    }
    // A dispute is opened, voted on and upheld, a sale is paid, its certificate is given away.
    api.node.tell(metered::block(6));
    let mut seen = Vec::new();
    for stream in &mut streams {
        let events = stream.rest().await;
        let facts = events.iter().filter_map(|event| event.data["events"].as_array());
        let kinds: Vec<String> =
            facts.flatten().map(|fact| fact["type"].as_str().unwrap().to_owned()).collect();
        seen.push(kinds);
    }
    let all = [
        "energy-dispute-opened",
        "energy-dispute-voted",
        "energy-dispute-voted",
        "energy-dispute-ended",
        "energy-paid",
        "certificate-transferred",
    ];
    assert_eq!(seen[0], all);
    assert_eq!(seen[1], ["energy-dispute-opened"]);
    assert_eq!(seen[2], ["energy-dispute-voted"]);
    assert_eq!(seen[3], ["certificate-transferred"]);
    assert_eq!(seen[4], ["certificate-transferred"]);
    assert_eq!((&seen[5], &seen[6]), (&vec![], &vec![]));
    let mut maker =
        Stream::open(&api, &format!("?topics=energy&addresses={}", address(MAKER)), None).await;
    api.node.tell(metered::block(7));
    let kinds: Vec<Value> = maker
        .rest()
        .await
        .iter()
        .flat_map(|event| event.data["events"].as_array().unwrap().clone())
        .map(|fact| fact["type"].clone())
        .collect();
    assert_eq!(kinds, ["readings-submitted", "readings-submitted", "batch-closed"]);
}
