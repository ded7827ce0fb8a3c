//! The event stream: filters, resumption, and what happens to a client that is too slow.
//!
//! Blocks are durable, so a stream is a cursor over them: the broadcast channel only says when to
//! look. A stream that missed messages tells its client so (`lagged`) and goes on from the block
//! where it stopped.

mod topics;

use crate::{
    backend::{ChainEvent, Rejection},
    error::ApiError,
    parse,
    state::App,
    views::{TransactionStatusView, concerns, hex_of, message},
};
use althing_types::{
    Address, Block, Event as ChainFact, Hash, Height, Payload, Receipt, SignedTransaction,
    ValidatorKey,
};
use axum::response::sse::Event;
use serde::Serialize;
use serde_json::{Value, json};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::sync::{
    OwnedSemaphorePermit,
    broadcast::{Receiver, error::RecvError},
};
use tokio_util::sync::CancellationToken;

use topics::Topic;

/// What a browser waits before it reconnects.
const RECONNECT: Duration = Duration::from_secs(2);

/// What one client wants to see.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    topics: Vec<Topic>,
    addresses: Vec<Address>,
    proposals: Vec<u64>,
    tasks: Vec<u64>,
    validators: Vec<ValidatorKey>,
}

/// Most entries in one list of a filter.
const MAX_ENTRIES: usize = 64;

/// A filter as it stands in a query: comma-separated lists. An absent list lets everything pass.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FilterText<'a> {
    pub(crate) topics: Option<&'a str>,
    pub(crate) addresses: Option<&'a str>,
    pub(crate) proposals: Option<&'a str>,
    pub(crate) tasks: Option<&'a str>,
    pub(crate) validators: Option<&'a str>,
}

fn list<'a, T>(
    name: &str,
    text: Option<&'a str>,
    parse: impl Fn(&'a str) -> Result<T, ApiError>,
) -> Result<Vec<T>, ApiError> {
    let parts = text.unwrap_or_default().split(',').map(str::trim);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    if parts.len() > MAX_ENTRIES {
        let message = format!("A stream filters by at most {MAX_ENTRIES} of these.");
        return Err(ApiError::parameter(name, message));
    }
    parts.into_iter().map(parse).collect()
}

fn topics(name: &str) -> Result<&'static [Topic], ApiError> {
    Topic::named(name).ok_or_else(|| {
        let known: Vec<&str> = Topic::ALL.iter().map(|topic| topic.name()).collect();
        let message = format!("There is no topic {name:?}; there are {}.", known.join(", "));
        ApiError::parameter("topics", message)
    })
}

fn number(name: &str, text: &str) -> Result<u64, ApiError> {
    let failed = |_| ApiError::parameter(name, format!("A {name} is named by its number."));
    text.parse().map_err(failed)
}

impl Filter {
    pub(crate) fn parse(text: FilterText<'_>) -> Result<Self, ApiError> {
        let mut wanted = list("topics", text.topics, topics)?.concat();
        if wanted.is_empty() {
            wanted = Topic::ALL.to_vec();
        }
        Ok(Self {
            topics: wanted,
            addresses: list("address", text.addresses, parse::address)?,
            proposals: list("proposal", text.proposals, |text| number("proposal", text))?,
            tasks: list("task", text.tasks, |text| number("task", text))?,
            validators: list("validator", text.validators, parse::validator)?,
        })
    }

    fn wants(&self, topic: Topic) -> bool {
        self.topics.contains(&topic)
    }

    fn wants_receipts(&self) -> bool {
        self.wants(Topic::Confirmed)
            || self.wants(Topic::Failed)
            || Topic::FACTS.into_iter().any(|topic| self.wants(topic))
    }

    /// Whether an event may pass: with lists, only one that names an entry of each.
    fn concerns_event(&self, event: &ChainFact) -> bool {
        let named = |account: &Address| self.addresses.contains(account);
        (self.addresses.is_empty() || event.accounts().iter().any(named))
            && self.allows_proposal(event.proposal())
            && self.allows_task(event.task())
            && self.allows_validator(event.validator())
    }

    fn allows_task(&self, task: Option<u64>) -> bool {
        self.tasks.is_empty() || task.is_some_and(|it| self.tasks.contains(&it))
    }

    fn allows_proposal(&self, proposal: Option<u64>) -> bool {
        self.proposals.is_empty() || proposal.is_some_and(|it| self.proposals.contains(&it))
    }

    fn allows_validator(&self, validator: Option<ValidatorKey>) -> bool {
        self.validators.is_empty() || validator.is_some_and(|it| self.validators.contains(&it))
    }

    fn concerns(&self, transaction: &SignedTransaction, receipt: Option<&Receipt>) -> bool {
        let events = || receipt.into_iter().flat_map(|receipt| &receipt.events);
        let (proposal, validator) = named(&transaction.body().payload);
        let by_proposal = || {
            self.allows_proposal(proposal)
                || events().any(|event| self.allows_proposal(event.proposal()))
        };
        let by_validator = || {
            self.allows_validator(validator)
                || events().any(|event| self.allows_validator(event.validator()))
        };
        let by_account = || {
            self.addresses.is_empty()
                || self.addresses.iter().any(|address| concerns(transaction, receipt, address))
        };
        let by_task = || {
            tasks_of(&transaction.body().payload).iter().any(|task| self.allows_task(Some(*task)))
                || self.allows_task(None)
                || events().any(|event| self.allows_task(event.task()))
        };
        by_account() && by_proposal() && by_validator() && by_task()
    }
}

/// The proposal and the validator that a message names, also when it fails.
const fn named(payload: &Payload) -> (Option<u64>, Option<ValidatorKey>) {
    match payload {
        Payload::Stake(message) => (None, Some(message.validator)),
        Payload::Delegate(message) => (None, Some(message.validator)),
        Payload::Undelegate(message) => (None, Some(message.validator)),
        Payload::Redelegate(message) => (None, Some(message.to)),
        Payload::Heartbeat(message) => (None, Some(message.validator)),
        Payload::Vote(message) => (Some(message.proposal), message.validator),
        Payload::CancelProposal(message) => (Some(message.proposal), None),
        Payload::AdoptSpec(message) => (None, Some(message.validator)),
        Payload::CommitRandomness(message) => (None, Some(message.validator)),
        Payload::AdvanceDisbursement(message) => (Some(message.disbursement), None),
        Payload::VoteResults(message) => (None, Some(message.validator)),
        _ => (None, None),
    }
}

/// The tasks that a message names, also when it fails.
fn tasks_of(payload: &Payload) -> Vec<u64> {
    match payload {
        Payload::CancelTask(message) => vec![message.task],
        Payload::CommitResults(message) => message.results.iter().map(|it| it.task).collect(),
        Payload::VoteResults(message) => message.votes.iter().map(|it| it.task).collect(),
        Payload::ProveWrong(message) => vec![message.task],
        Payload::RevealPlant(message) => vec![message.task],
        _ => Vec::new(),
    }
}

/// A block being delivered: `next` is the first receipt not looked at yet; the block itself comes
/// after its last receipt.
struct Delivery {
    block: Arc<Block>,
    hash: Hash,
    receipts: Arc<Vec<Receipt>>,
    next: usize,
}

/// One client's stream.
pub(crate) struct Feed {
    app: Arc<App>,
    filter: Filter,
    receiver: Receiver<ChainEvent>,
    stopping: CancellationToken,
    queue: VecDeque<Event>,
    delivery: Option<Delivery>,
    /// Heights to read from the archive, both included.
    replay: Option<(Height, Height)>,
    /// Everything up to and including this height was delivered or reported as missed.
    done: Height,
    _place: OwnedSemaphorePermit,
}

impl Feed {
    /// A stream from now on, or from behind the event with the id `resume`.
    pub(crate) async fn open(
        app: Arc<App>,
        filter: Filter,
        resume: Option<(Height, u32)>,
        stopping: CancellationToken,
    ) -> Result<Self, ApiError> {
        let place = app.subscribe()?;
        // Subscribe before reading the height: what is finalized in between comes twice, and the
        // second is skipped.
        let receiver = app.backend.events();
        let tip = app.backend.status().height;
        app.metrics.subscribers.inc();
        let mut feed = Self {
            app,
            filter,
            receiver,
            stopping,
            queue: VecDeque::from([Event::default().comment("connected").retry(RECONNECT)]),
            delivery: None,
            replay: None,
            done: tip,
            _place: place,
        };
        if let Some((height, index)) = resume
            && height <= tip
        {
            feed.done = height;
            feed.load(height).await;
            if let Some(delivery) = &mut feed.delivery {
                delivery.next = usize::try_from(index).unwrap_or(usize::MAX).saturating_add(1);
            }
            feed.replay_to(tip);
        }
        Ok(feed)
    }

    /// The next event; `None` when the server stops.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(event);
            }
            if let Some(event) = self.deliver() {
                return Some(event);
            }
            if let Some((height, to)) = self.replay {
                self.replay = height.next().filter(|next| *next <= to).map(|next| (next, to));
                self.load(height).await;
                continue;
            }
            let message = tokio::select! {
                () = self.stopping.cancelled() => return None,
                message = self.receiver.recv() => message,
            };
            match message {
                Ok(event) => self.accept(event),
                Err(RecvError::Lagged(missed)) => self.lagged(missed),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn accept(&mut self, event: ChainEvent) {
        match event {
            ChainEvent::Block { block, hash, receipts } => {
                let height = block.header.height;
                if height <= self.done {
                    return;
                }
                if self.done.next() == Some(height) {
                    self.done = height;
                    self.delivery = Some(Delivery { block, hash, receipts, next: 0 });
                } else {
                    self.replay_to(height);
                }
            }
            ChainEvent::Pending { transaction } => {
                if self.filter.wants(Topic::Pending) && self.filter.concerns(&transaction, None) {
                    let view = TransactionStatusView::pending(&transaction, self.app.show());
                    self.queue.push_back(event_of(Topic::Pending.name(), &view));
                }
            }
            ChainEvent::Dropped { transaction, reason } => self.dropped(&transaction, reason),
        }
    }

    fn dropped(&mut self, transaction: &SignedTransaction, reason: Rejection) {
        let expired = matches!(reason.code.as_str(), "expired" | "timed_out");
        let topic = if expired { Topic::Expired } else { Topic::Dropped };
        if self.filter.wants(topic) && self.filter.concerns(transaction, None) {
            let pending = TransactionStatusView::pending(transaction, self.app.show());
            let view = TransactionStatusView {
                transaction: pending.transaction,
                ..TransactionStatusView::dropped(&transaction.hash(), reason)
            };
            self.queue.push_back(event_of(topic.name(), &view));
        }
    }

    fn lagged(&mut self, missed: u64) {
        self.app.metrics.lagged.inc();
        let detail = json!({
            "reason": "slow_client",
            "missed_messages": missed,
            "resumed_after_height": self.done,
            "message": "You read too slowly. Blocks and included transactions follow without a \
                        gap; events of waiting transactions were lost.",
        });
        self.queue.push_back(event_of("lagged", &detail));
        self.replay_to(self.app.backend.status().height);
    }

    /// Reads the blocks after `done` up to `to` from the archive, or the newest of them if there
    /// are too many.
    fn replay_to(&mut self, to: Height) {
        let Some(from) = self.done.next().filter(|from| *from <= to) else { return };
        let count = to.get() - from.get() + 1;
        let skip = count.saturating_sub(self.app.config.max_replay_blocks);
        let first = from.checked_add(skip).unwrap_or(to);
        if skip > 0 {
            self.queue.push_back(missed_blocks(from, first));
        }
        self.replay = Some((first, to));
        self.done = to;
    }

    /// Starts the delivery of a block of the archive.
    async fn load(&mut self, height: Height) {
        let block = self.app.backend.block(height).await;
        let receipts = self.app.backend.receipts(height).await;
        if let (Some(block), Some(receipts)) = (block, receipts) {
            let hash = block.hash();
            self.delivery = Some(Delivery { block, hash, receipts, next: 0 });
        } else if height > Height::ZERO
            && let Some(next) = height.next()
        {
            self.queue.push_back(missed_blocks(height, next));
        }
    }

    /// The next event of the block under way that passes the filter.
    fn deliver(&mut self) -> Option<Event> {
        let mut delivery = self.delivery.take()?;
        let height = delivery.block.header.height;
        while self.filter.wants_receipts() && delivery.next < delivery.receipts.len() {
            let index = delivery.next;
            delivery.next += 1;
            self.look_at(&delivery, index);
            if let Some(event) = self.queue.pop_front() {
                self.delivery = Some(delivery);
                return Some(event);
            }
        }
        // A client that has seen the block itself resumes behind it.
        let seen = delivery.next > delivery.receipts.len();
        (self.filter.wants(Topic::Block) && !seen).then(|| {
            let id = format!("{height}-{}", delivery.receipts.len());
            event_of(Topic::Block.name(), &self.block_json(&delivery)).id(id)
        })
    }

    /// Queues what the filter wants of one receipt: its transaction, then what happened, by topic.
    fn look_at(&mut self, delivery: &Delivery, index: usize) {
        let Some(receipt) = delivery.receipts.get(index) else { return };
        let height = delivery.block.header.height;
        let id = format!("{height}-{index}");
        let show = self.app.show();
        let mut queue = Vec::new();
        if let Some(transaction) = delivery.block.transactions.get(index) {
            let topic = if receipt.code.is_ok() { Topic::Confirmed } else { Topic::Failed };
            if self.filter.wants(topic) && self.filter.concerns(transaction, Some(receipt)) {
                let block = (&delivery.hash, delivery.block.header.timestamp.get());
                let at = (height, u32::try_from(index).unwrap_or(u32::MAX));
                let view =
                    TransactionStatusView::included(at, Some(block), transaction, receipt, show);
                queue.push(event_of(topic.name(), &view).id(&id));
            }
        }
        for topic in Topic::FACTS.into_iter().filter(|topic| self.filter.wants(*topic)) {
            let ours = receipt.events.iter().filter(|event| {
                Topic::of(event) == Some(topic) && self.filter.concerns_event(event)
            });
            let events: Vec<Value> = ours.map(|event| message::event(event, show)).collect();
            if events.is_empty() {
                continue;
            }
            let mut data = json!({
                "height": height,
                "index": index,
                "time_ms": delivery.block.header.timestamp,
                "block_hash": hex_of(&delivery.hash),
                "events": events,
            });
            if !receipt.is_of_block() {
                data["transaction"] = Value::from(hex_of(&receipt.transaction));
            }
            queue.push(event_of(topic.name(), &data).id(&id));
        }
        self.queue.extend(queue);
    }

    fn block_json(&self, delivery: &Delivery) -> Value {
        let header = &delivery.block.header;
        let failed = delivery.receipts.iter().filter(|receipt| !receipt.code.is_ok()).count();
        json!({
            "height": header.height,
            "hash": hex_of(&delivery.hash),
            "epoch": header.epoch,
            "view": header.view,
            "leader": header.leader,
            "time_ms": header.timestamp,
            "transaction_count": delivery.block.transactions.len(),
            "failed_count": failed,
            "gas_used": header.gas_used,
            "state_root": hex_of(&header.state_root),
            "events": message::of_block(&delivery.receipts, self.app.show()),
        })
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.app.metrics.subscribers.dec();
    }
}

fn missed_blocks(from: Height, until: Height) -> Event {
    let detail = json!({
        "reason": "too_far_behind",
        "missed_from": from,
        "missed_to": until.previous(),
        "message": "These blocks are not replayed: read them from /v1/blocks.",
    });
    event_of("lagged", &detail)
}

fn event_of(name: &str, data: &impl Serialize) -> Event {
    // The views hold strings, numbers and lists only, which always serialize.
    let text = serde_json::to_string(data).unwrap_or_default();
    Event::default().event(name).data(text)
}
