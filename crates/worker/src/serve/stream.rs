//! A whole result, row after row.

use crate::{job::JobKey, results::Results};
use althing_compute::Batch;
use axum::body::Body;
use futures::stream;
use std::{io, sync::Arc, time::Duration};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

/// Rows that are read at once: at most 4 MiB.
const ROWS: u64 = 64;

/// Rows of a batch, counted through all products.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) first: u64,
    pub(super) count: u64,
}

struct Reading {
    results: Arc<Results>,
    key: JobKey,
    m: u64,
    next: u64,
    end: u64,
    ends: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Reading {
    fn read(&self, until: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for number in self.next..until {
            let (product, row) = ((number / self.m) as u32, (number % self.m) as u32);
            let opening = self.results.open(self.key, product, row).map_err(io::Error::other)?;
            bytes.extend_from_slice(&opening.bytes);
        }
        Ok(bytes)
    }
}

/// A body with the rows of `range`. Who reads too slowly is cut off after `time`.
pub(super) fn rows(
    results: Arc<Results>,
    key: JobKey,
    (batch, range): (Batch, Range),
    time: Duration,
    permit: OwnedSemaphorePermit,
) -> Body {
    let reading = Reading {
        results,
        key,
        m: batch.shape.m().into(),
        next: range.first,
        end: range.first + range.count,
        ends: Instant::now() + time,
        _permit: permit,
    };
    let next = async |mut reading: Reading| -> io::Result<Option<(Vec<u8>, Reading)>> {
        if reading.next == reading.end {
            return Ok(None);
        }
        if Instant::now() > reading.ends {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the reader is too slow"));
        }
        let until = (reading.next + ROWS).min(reading.end);
        let read = tokio::task::spawn_blocking(move || {
            let bytes = reading.read(until)?;
            reading.next = until;
            Ok((bytes, reading))
        });
        read.await.map_err(io::Error::other)?.map(Some)
    };
    Body::from_stream(stream::try_unfold(reading, next))
}
