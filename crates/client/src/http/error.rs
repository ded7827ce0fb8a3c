//! Why a call failed.

use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use serde::Deserialize;
use serde_json::Value;
use std::{error::Error, io, time::Duration};

/// Why a call failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ClientError {
    /// The text is no URL of a node.
    #[error("{0:?} is not the URL of a node: expected something like http://127.0.0.1:8080")]
    BadUrl(String),
    /// The URL needs TLS, which this client does not speak.
    #[error(
        "{0:?} needs TLS, which this program does not speak: use http, on this machine or \
             through a tunnel"
    )]
    NoTls(String),
    /// Nothing answers there.
    #[error(
        "no node answers at {url} ({reason}): check that it runs and that the address is right"
    )]
    Unreachable {
        /// The node.
        url: String,
        /// What the network said.
        reason: String,
        /// Whether nobody listens there, as opposed to a network that fails.
        refused: bool,
    },
    /// The connection broke after the request was sent; the node may have acted on it.
    #[error(
        "the connection to {url} broke before the answer came ({reason}): the node may have \
             stopped"
    )]
    Interrupted {
        /// The node.
        url: String,
        /// What the network said.
        reason: String,
    },
    /// The node refused.
    #[error("{}", .0.message)]
    Api(ApiError),
    /// The answer is not what this version expects.
    #[error("the node answered something unexpected: {0}; its version may differ from this one")]
    Malformed(String),
    /// It took too long.
    #[error("{0} did not come in time")]
    TimedOut(String),
    /// A key could not sign.
    #[error(transparent)]
    Key(#[from] althing_types::keys::KeyError),
}

impl ClientError {
    /// Stable machine-readable name: the node's code where the node refused.
    pub fn code(&self) -> &str {
        match self {
            Self::BadUrl(_) => "bad_url",
            Self::NoTls(_) => "no_tls",
            Self::Unreachable { .. } => "node_unreachable",
            Self::Interrupted { .. } => "node_interrupted",
            Self::Api(error) => &error.code,
            Self::Malformed(_) => "malformed_answer",
            Self::TimedOut(_) => "timed_out",
            Self::Key(_) => "key",
        }
    }

    /// Whether the same call may succeed later: the network failed, or the node is busy.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Interrupted { .. } => true,
            Self::Api(error) => matches!(
                StatusCode::from_u16(error.status),
                Ok(StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::BAD_GATEWAY
                    | StatusCode::SERVICE_UNAVAILABLE
                    | StatusCode::GATEWAY_TIMEOUT)
            ),
            _ => false,
        }
    }

    /// Whether nobody listens there. Waiting a moment would only delay the message.
    pub(super) const fn is_refused(&self) -> bool {
        matches!(self, Self::Unreachable { refused: true, .. })
    }

    /// The pause that the node asks for.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api(error) => error.retry_after,
            _ => None,
        }
    }

    pub(super) fn network(url: &str, error: &reqwest::Error) -> Self {
        if error.is_timeout() && !error.is_connect() {
            return Self::TimedOut(format!("the answer of {url}"));
        }
        // The innermost cause is the one that says something.
        let mut refused = false;
        let mut cause: &dyn Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
            let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
            refused |= kind == Some(io::ErrorKind::ConnectionRefused);
        }
        let (url, reason) = (url.to_owned(), cause.to_string());
        if error.is_connect() {
            Self::Unreachable { url, reason, refused }
        } else {
            Self::Interrupted { url, reason }
        }
    }
}

/// A refusal by the node.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ApiError {
    /// HTTP status.
    #[serde(skip)]
    pub status: u16,
    /// Stable machine-readable name.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// What a program may want to know more.
    #[serde(default)]
    pub detail: Value,
    /// The pause that the node asks for before the next attempt.
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

impl ApiError {
    /// From an answer. One that is not of a node (a proxy's page) gets the code `http`.
    pub(super) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let error = serde_json::from_slice(body).unwrap_or_else(|_| Self {
            status: 0,
            code: "http".to_owned(),
            message: format!("the node, or something before it, answered {status}"),
            detail: Value::Null,
            retry_after: None,
        });
        Self { status: status.as_u16(), retry_after: seconds.map(Duration::from_secs), ..error }
    }
}
