//! A typed client of a node's HTTP API.
//!
//! Reads are repeated with growing pauses when the node cannot be reached or asks to wait; what
//! changes something is sent once.

mod events;
mod models;
mod routes;

pub use events::{Event, Events};
pub use models::*;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Why a call failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ClientError {
    /// The text is no URL of a node.
    #[error("{0:?} is not the URL of a node: expected something like http://127.0.0.1:8080")]
    BadUrl(String),
    /// The node did not answer.
    #[error(
        "no node answers at {url}: check that it runs and that the address is right ({reason})"
    )]
    Unreachable {
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
    #[error("{0} did not happen in time")]
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
            Self::Unreachable { .. } => "unreachable",
            Self::Api(error) => &error.code,
            Self::Malformed(_) => "malformed_answer",
            Self::TimedOut(_) => "timed_out",
            Self::Key(_) => "key",
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
}

/// A client of one node. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
}

impl Client {
    /// A client of the node at `url`, for example `http://127.0.0.1:8080`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError::BadUrl`].
    pub fn new(url: &str) -> Result<Self, ClientError> {
        let bad = || ClientError::BadUrl(url.to_owned());
        let parsed = reqwest::Url::parse(url).map_err(|_| bad())?;
        if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
            return Err(bad());
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("althing-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| ClientError::Malformed(error.to_string()))?;
        Ok(Self { http, base: parsed.as_str().trim_end_matches('/').to_owned() })
    }

    /// The node's URL, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.base
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).timeout(REQUEST_TIMEOUT)
    }

    fn unreachable(&self, error: &reqwest::Error) -> ClientError {
        if error.is_timeout() && !error.is_connect() {
            return ClientError::TimedOut("the answer of the node".to_owned());
        }
        // The innermost cause is the one that says something.
        let mut source: &dyn std::error::Error = error;
        while let Some(inner) = source.source() {
            source = inner;
        }
        ClientError::Unreachable { url: self.base.clone(), reason: source.to_string() }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        let mut error = serde_json::from_slice(&body).unwrap_or_else(|_| ApiError {
            status: 0,
            code: "http".to_owned(),
            message: format!("the node answered {status}"),
            detail: Value::Null,
        });
        error.status = status.as_u16();
        Err(ClientError::Api(error))
    }

    async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T, ClientError> {
        let body = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        serde_json::from_slice(&body).map_err(|error| ClientError::Malformed(error.to_string()))
    }

    /// Reads `path`, with repetitions if the node cannot answer now.
    ///
    /// # Errors
    /// [`ClientError`] of the last attempt.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            let result = self.send(self.request(Method::GET, path)).await;
            match result {
                Ok(response) => return self.read(response).await,
                Err(error) if attempt < ATTEMPTS && is_temporary(&error) => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends a JSON document to `path`, once.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, ClientError> {
        let response = self.send(self.request(Method::POST, path).json(body)).await?;
        self.read(response).await
    }

    async fn post_bytes<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Vec<u8>,
    ) -> Result<T, ClientError> {
        let request = self
            .request(Method::POST, path)
            .header(reqwest::header::CONTENT_TYPE, "application/octet-stream")
            .body(body);
        let response = self.send(request).await?;
        self.read(response).await
    }
}

fn is_temporary(error: &ClientError) -> bool {
    match error {
        // A port that nobody listens on stays closed; waiting would only delay the message.
        ClientError::Unreachable { reason, .. } => !reason.contains("refused"),
        ClientError::Api(error) => matches!(
            StatusCode::from_u16(error.status),
            Ok(StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT)
        ),
        _ => false,
    }
}
