//! Histories of the chain as JSON.

use super::{Show, message};
use crate::backend::HistoryEvent;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An event of a history.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FactView {
    /// Its number in the order of the chain; numbers may be left out.
    pub number: u64,
    /// The height.
    pub height: u64,
    /// The time of that block.
    pub time_ms: u64,
    /// What happened: `type` and the fields of that event.
    pub event: Value,
}

/// A history, newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FactPage {
    /// The events.
    pub events: Vec<FactView>,
    /// Give this as `before` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl FactPage {
    pub(crate) fn new(events: &[HistoryEvent], next: Option<u64>, show: Show<'_>) -> Self {
        let view = |fact: &HistoryEvent| FactView {
            number: fact.number,
            height: fact.height.get(),
            time_ms: fact.time.get(),
            event: message::event(&fact.event, show),
        };
        Self { events: events.iter().map(view).collect(), next }
    }
}
