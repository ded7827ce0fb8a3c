//! The event stream: server-sent events, resumed where it was cut.

use super::{Client, ClientError};
use althing_types::Address;
use futures::{Stream, stream};
use serde_json::Value;
use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A node says something at least every 15 seconds; a connection that is silent for longer is dead.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);
const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Where to resume after it.
    pub id: Option<String>,
    /// Its kind, for example `block`.
    pub kind: String,
    /// What happened.
    pub data: Value,
}

/// An event stream. When the connection is cut it is made anew, and goes on after the last event.
#[derive(Debug)]
pub struct Events {
    client: Client,
    path: String,
    last_id: Option<String>,
    response: Option<reqwest::Response>,
    parser: Parser,
    pause: Duration,
}

impl Client {
    /// The events of these topics (`block`, `transaction` …; all if empty), of these accounts (all
    /// if empty), from now on or after the event `last_id`. Nothing is sent before the first
    /// [`Events::next`].
    pub fn events(
        &self,
        topics: &[&str],
        addresses: &[Address],
        last_id: Option<String>,
    ) -> Events {
        let mut query = Vec::new();
        if !topics.is_empty() {
            query.push(format!("topics={}", topics.join(",")));
        }
        if !addresses.is_empty() {
            let addresses: Vec<String> = addresses.iter().map(Address::to_string).collect();
            query.push(format!("addresses={}", addresses.join(",")));
        }
        let mut path = "/v1/events".to_owned();
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        Events {
            client: self.clone(),
            path,
            last_id,
            response: None,
            parser: Parser::default(),
            pause: FIRST_PAUSE,
        }
    }
}

impl Events {
    /// The id of the last event, to resume after it.
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// Waits for the next event. Reconnects for ever; bound it with a timeout if it must end.
    ///
    /// # Errors
    /// [`ClientError::Api`] if the node refuses the subscription for good.
    pub async fn next(&mut self) -> Result<Event, ClientError> {
        loop {
            if let Some(event) = self.parser.next() {
                if event.id.is_some() {
                    self.last_id.clone_from(&event.id);
                }
                return Ok(event);
            }
            self.fill().await?;
        }
    }

    /// The same as a stream, which ends after an error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Event, ClientError>> {
        stream::unfold(Some(self), async |events| {
            let mut events = events?;
            match events.next().await {
                Ok(event) => Some((Ok(event), Some(events))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    async fn fill(&mut self) -> Result<(), ClientError> {
        if self.response.is_none() {
            self.connect().await?;
        }
        let Some(response) = &mut self.response else { return Ok(()) };
        match tokio::time::timeout(LONGEST_SILENCE, response.chunk()).await {
            Ok(Ok(Some(chunk))) if self.parser.push(&chunk) => self.pause = FIRST_PAUSE,
            _ => {
                self.response = None;
                self.parser = Parser::default();
                self.rest().await;
            }
        }
        Ok(())
    }

    async fn rest(&mut self) {
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    async fn connect(&mut self) -> Result<(), ClientError> {
        let mut request = self
            .client
            .http
            .get(format!("{}{}", self.client.base, self.path))
            .header(reqwest::header::ACCEPT, "text/event-stream");
        if let Some(id) = &self.last_id {
            request = request.header("last-event-id", id);
        }
        match tokio::time::timeout(LONGEST_SILENCE, self.client.send(request)).await {
            Ok(Ok(response)) => self.response = Some(response),
            Ok(Err(ClientError::Api(error)))
                if (400..500).contains(&error.status) && error.status != 429 =>
            {
                return Err(ClientError::Api(error));
            }
            _ => self.rest().await,
        }
        Ok(())
    }
}

/// Splits a byte stream into events as the HTML standard says, section 9.2.
#[derive(Debug, Default)]
struct Parser {
    buffer: Vec<u8>,
    ready: std::collections::VecDeque<Event>,
    id: Option<String>,
    kind: String,
    data: Vec<String>,
}

impl Parser {
    /// Takes bytes in; false if an event is absurdly large.
    fn push(&mut self, bytes: &[u8]) -> bool {
        let mut parts = bytes.split(|byte| *byte == b'\n');
        // What follows the last line feed is the beginning of a line.
        let rest = parts.next_back().unwrap_or_default();
        for part in parts {
            self.buffer.extend_from_slice(part);
            let line = std::mem::take(&mut self.buffer);
            self.line(String::from_utf8_lossy(&line).trim_end_matches('\r'));
        }
        self.buffer.extend_from_slice(rest);
        let held: usize = self.data.iter().map(String::len).sum();
        self.buffer.len() + held <= MAX_EVENT_BYTES
    }

    fn line(&mut self, line: &str) {
        if line.is_empty() {
            let data = std::mem::take(&mut self.data).join("\n");
            let kind = std::mem::take(&mut self.kind);
            let id = self.id.clone();
            if !data.is_empty() {
                let data = serde_json::from_str(&data).unwrap_or(Value::String(data));
                self.ready.push_back(Event { id, kind, data });
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.kind),
            "data" => self.data.push(value.to_owned()),
            // A line that starts with a colon is a comment, which keeps the connection open.
            _ => {}
        }
    }

    fn next(&mut self) -> Option<Event> {
        self.ready.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const STREAM: &[u8] = b": hello\n\nid: 7\nevent: block\ndata: {\"height\":\ndata: 7}\n\n\
        event: transaction\r\ndata:{\"x\":1}\r\n\r\nid: 9\ndata: \"tail\"\n\nid: 10\ndata: cut";

    fn events(chunk: usize) -> Vec<Event> {
        let mut parser = Parser::default();
        let mut events = Vec::new();
        for part in STREAM.chunks(chunk) {
            assert!(parser.push(part));
            events.extend(std::iter::from_fn(|| parser.next()));
        }
        events
    }

    #[test]
    fn events_are_the_same_however_the_stream_is_cut() {
        let event = |id: &str, kind: &str, data: Value| Event {
            id: Some(id.to_owned()),
            kind: kind.to_owned(),
            data,
        };
        let expected = vec![
            event("7", "block", json!({"height": 7})),
            event("7", "transaction", json!({"x": 1})),
            event("9", "", json!("tail")),
        ];
        for chunk in 1..STREAM.len() {
            assert_eq!(events(chunk), expected, "chunks of {chunk}");
        }
    }

    #[test]
    fn an_endless_event_is_given_up() {
        let mut parser = Parser::default();
        assert!(!parser.push(&vec![b'x'; MAX_EVENT_BYTES + 1]));
    }
}
