//! What the index can be asked about workers and their devices.

use crate::{
    Index, IndexError,
    decisions::{address_at, decoded, time_at},
    history::{amount_at, limit_of},
    unpack,
    work::{maybe_name_at, name_at},
};
use althing_types::{
    Address, Amount, Height, Ppm, Timestamp,
    compute::{DeviceKind, Points, WorkerState},
};
use rusqlite::{Row, params};

/// Which workers are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerQuery {
    /// Only those in this state.
    pub state: Option<WorkerState>,
    /// Only those behind this account, in the order of accounts.
    pub after: Option<Address>,
}

/// An account that is, or was, a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerRow {
    /// The account.
    pub address: Address,
    /// What it does.
    pub state: WorkerState,
    /// Its stake, in base units.
    pub stake: Amount,
    /// When it was registered for the first time.
    pub registered: Height,
    /// The version that its last heartbeat told; empty before the first.
    pub version: String,
    /// The time of its last heartbeat.
    pub heard: Option<Timestamp>,
}

/// How a device was scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceReading {
    /// The number of the device.
    pub device: u8,
    /// When.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// What it is; none if it was removed then.
    pub kind: Option<DeviceKind>,
    /// What each level gave.
    pub points: Points,
    /// What it computed by its last benchmark, in milli-TFLOPS; 0 without one.
    pub performance: u64,
    /// What its work counts.
    pub tier: Ppm,
    /// Whether it computed much more or less than the last time.
    pub flagged: bool,
}

fn ppm_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Ppm> {
    let value: u32 = row.get(column)?;
    Ppm::new(value).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, value.into()))
}

impl Index {
    /// Workers in the order of their accounts.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn workers(&self, query: &WorkerQuery, limit: usize) -> Result<Vec<WorkerRow>, IndexError> {
        self.read(|db| {
            let after = query.after.map_or_else(Vec::new, |it| it.as_bytes().to_vec());
            db.prepare_cached(
                "SELECT address, state, stake, registered, version, heard_ms FROM worker
                 WHERE address > ?1 AND (?2 IS NULL OR state = ?2) ORDER BY address LIMIT ?3",
            )?
            .query_map(
                params![after, query.state.map(WorkerState::name), limit_of(limit)],
                |row| {
                    Ok(WorkerRow {
                        address: address_at(row, 0)?,
                        state: name_at(row, 1)?,
                        stake: amount_at(row, 2)?,
                        registered: Height::new(row.get(3)?),
                        version: row.get(4)?,
                        heard: time_at(row, 5)?,
                    })
                },
            )?
            .collect()
        })
    }

    /// How the devices of a worker were scored, newest first.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn device_readings(
        &self,
        worker: Address,
        limit: usize,
    ) -> Result<Vec<DeviceReading>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT device, position, time_ms, kind, points, performance, tier, flagged
                 FROM device_reading WHERE worker = ?1 ORDER BY position DESC, seq DESC LIMIT ?2",
            )?
            .query_map(params![worker.as_bytes().as_slice(), limit_of(limit)], |row| {
                let kind = maybe_name_at(row, 3)?;
                Ok(DeviceReading {
                    device: row.get(0)?,
                    height: unpack(row.get(1)?).0,
                    time: Timestamp::new(row.get(2)?),
                    kind,
                    points: if kind.is_some() { decoded(row, 4)? } else { Points::default() },
                    performance: row.get(5)?,
                    tier: ppm_at(row, 6)?,
                    flagged: row.get(7)?,
                })
            })?
            .collect()
        })
    }
}
