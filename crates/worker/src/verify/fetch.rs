//! Fetches rows from a worker.

use crate::{content::fetch, endpoint::Endpoint, job::JobKey, wire};
use althing_compute::{Batch, Row, RowOpening};
use backon::{ExponentialBuilder, Retryable as _};
use std::time::Duration;
use tokio::time::Instant;

/// Repetitions of a request that failed: a network may lose one.
const REPETITIONS: usize = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

pub(super) struct Fetching<'a> {
    pub(super) http: &'a reqwest::Client,
    pub(super) endpoint: &'a Endpoint,
    pub(super) answer: Duration,
    pub(super) ends: Instant,
}

impl Fetching<'_> {
    /// All rows, in order, and how many bytes came.
    pub(super) async fn rows(
        &self,
        key: JobKey,
        batch: Batch,
        rows: &[Row],
    ) -> Result<(Vec<RowOpening>, u64), String> {
        let late = |_| "the rows did not come in time".to_owned();
        let (mut openings, mut bytes) = (Vec::with_capacity(rows.len()), 0);
        for chunk in rows.chunks(wire::MAX_ROWS) {
            let part = tokio::time::timeout_at(self.ends, self.repeated(key, batch, chunk));
            let (opened, length) = part.await.map_err(late)??;
            openings.extend(opened);
            bytes += length;
        }
        Ok((openings, bytes))
    }

    async fn repeated(
        &self,
        key: JobKey,
        batch: Batch,
        rows: &[Row],
    ) -> Result<(Vec<RowOpening>, u64), String> {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(REPETITIONS)
            .with_jitter();
        (|| self.once(key, batch, rows)).retry(pauses).await
    }

    async fn once(
        &self,
        key: JobKey,
        batch: Batch,
        rows: &[Row],
    ) -> Result<(Vec<RowOpening>, u64), String> {
        let url = self.endpoint.route(&wire::rows_path(key, rows));
        let bytes =
            fetch(self.http, &url, wire::most_bytes(batch, rows.len()), self.answer).await?;
        let openings = wire::read_rows(batch, rows, &bytes).map_err(|error| error.to_string())?;
        Ok((openings, bytes.len() as u64))
    }
}
