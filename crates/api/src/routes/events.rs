//! The event stream.

use crate::{
    error::ApiError,
    extract::UrlQuery,
    parse,
    serve::Stopping,
    sse::{Feed, Filter, FilterText},
    state::App,
};
use axum::{
    Extension,
    extract::State,
    http::HeaderMap,
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use futures::{Stream, stream};
use serde::Deserialize;
use std::{convert::Infallible, sync::Arc};
use tokio_util::sync::CancellationToken;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// Topics, comma-separated: `block`, `transaction_pending`, `transaction_confirmed`,
    /// `transaction_failed`, `transaction_expired`, `transaction_dropped`, or `transaction` for all
    /// of the latter; `stake` (money that is staked, delegated, unbonds), `validator` (jails,
    /// slashes, commission …), `reward`, `governance` (proposals, votes, parameters), `treasury`
    /// (disbursements), `network`, `upgrade`, `safety`, `task` (every step of every task), `worker`
    /// (registrations, scores of devices, slashes, rewards), `energy` (providers, meters, readings,
    /// oracles, the market, disputes). Everything if left out.
    topics: Option<String>,
    /// Only transactions and events that concern one of these accounts, comma-separated.
    addresses: Option<String>,
    /// The same as `addresses`.
    address: Option<String>,
    /// The same as `addresses`.
    account: Option<String>,
    /// Only transactions and events about one of these proposals, or its disbursement,
    /// comma-separated numbers.
    proposal: Option<String>,
    /// Only transactions and events that concern one of these workers: the same as `addresses`.
    worker: Option<String>,
    /// Only transactions and events about one of these tasks, comma-separated numbers.
    task: Option<String>,
    /// Only transactions and events about one of these validators, comma-separated keys.
    validator: Option<String>,
    /// The id of the last event that was seen, for clients that cannot send `Last-Event-ID`.
    last_event_id: Option<String>,
}

/// What happens, as it happens: server-sent events
///
/// Events of blocks and included transactions have an id, `height-index`. Give the last one as
/// `Last-Event-ID` to go on behind it.
#[utoipa::path(get, path = "/v1/events", tag = "events",
    params(EventsQuery, ("Last-Event-ID" = Option<String>, Header,
        description = "The id of the last event that was seen")),
    responses((status = 200, description = "An endless stream", content_type = "text/event-stream",
        body = String)))]
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    UrlQuery(query): UrlQuery<EventsQuery>,
    stopping: Option<Extension<Stopping>>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let addresses = query.addresses.as_deref().or(query.address.as_deref());
    let filter = Filter::parse(FilterText {
        topics: query.topics.as_deref(),
        addresses: addresses.or(query.account.as_deref()).or(query.worker.as_deref()),
        proposals: query.proposal.as_deref(),
        tasks: query.task.as_deref(),
        validators: query.validator.as_deref(),
    })?;
    let header = match headers.get("last-event-id").map(|value| value.to_str()) {
        Some(Ok(text)) => Some(text),
        Some(Err(_)) => Some("?"),
        None => None,
    };
    let resume = header.or(query.last_event_id.as_deref()).filter(|text| !text.is_empty());
    let resume = resume.map(|text| parse::position("last_event_id", text)).transpose()?;
    let stopping = stopping.map_or_else(CancellationToken::new, |Extension(Stopping(token))| token);
    let keep_alive = KeepAlive::new().interval(app.config.keep_alive);
    let feed = Feed::open(app, filter, resume, stopping).await?;
    let events = stream::unfold(feed, async |mut feed| {
        let event = feed.next().await?;
        Some((Ok(event), feed))
    });
    Ok(Sse::new(events).keep_alive(keep_alive))
}
