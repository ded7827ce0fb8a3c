//! A typed client of a node's HTTP API.
//!
//! Reads are repeated with growing pauses when the network fails or the node asks to wait; what
//! changes something is sent once.

mod compute;
mod decisions;
mod energy;
mod error;
mod events;
mod governance;
mod models;
mod routes;
#[cfg(test)]
mod tests;

pub use compute::*;
pub use decisions::*;
pub use energy::*;
pub use error::{ApiError, ClientError};
pub use events::{Event, Events};
pub use governance::disbursement_error;
pub use models::*;
pub use routes::encode_batch;

use backon::{ExponentialBuilder, Retryable as _};
use bytes::Bytes;
use reqwest::{Method, RequestBuilder, Response, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const REPETITIONS: usize = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// A node that asks for a longer pause than this gets no repetition.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A client of one node. Cloning is cheap, and clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
}

impl Client {
    /// A client of the node at `url`, for example `http://127.0.0.1:8080`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError::BadUrl`], and [`ClientError::NoTls`] for `https`.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        let bad = || ClientError::BadUrl(url.to_owned());
        let parsed = reqwest::Url::parse(url).map_err(|_| bad())?;
        if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
            return Err(bad());
        }
        if parsed.scheme() == "https" {
            return Err(ClientError::NoTls(url.to_owned()));
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
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

    async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let response =
            request.send().await.map_err(|error| ClientError::network(&self.base, &error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let body =
            response.bytes().await.map_err(|error| ClientError::network(&self.base, &error))?;
        Err(ClientError::Api(ApiError::read(status, &headers, &body)))
    }

    async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T, ClientError> {
        let body =
            response.bytes().await.map_err(|error| ClientError::network(&self.base, &error))?;
        serde_json::from_slice(&body).map_err(|error| ClientError::Malformed(error.to_string()))
    }

    /// Reads `path`, with repetitions if the node cannot answer now.
    ///
    /// # Errors
    /// [`ClientError`] of the last attempt.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let attempt = || async {
            let response = self.send(self.request(Method::GET, path)).await?;
            self.read(response).await
        };
        let pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(REPETITIONS)
            .with_jitter();
        attempt
            .retry(pauses)
            .when(|error| error.is_temporary() && !error.is_refused())
            .adjust(|error, pause| match (error.retry_after(), pause) {
                (Some(asked), Some(_)) => Some(asked).filter(|asked| *asked <= LONGEST_PAUSE),
                (_, pause) => pause,
            })
            .await
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
        body: Bytes,
    ) -> Result<T, ClientError> {
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(body);
        let response = self.send(request).await?;
        self.read(response).await
    }
}
