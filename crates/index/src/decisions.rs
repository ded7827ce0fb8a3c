//! What the index can be asked about proposals, votes, parameters and disbursements.

use crate::{
    Index, IndexError, Position,
    history::{amount_at, before_of, limit_of},
    pack,
    stake::int,
    unpack,
};
use althing_types::{
    Address, Amount, Height, Timestamp, ValidatorKey,
    governance::{Ballot, DisbursementState, ParameterChange},
};
use commonware_codec::{Copying, DecodeExt};
use rusqlite::{Row, params, types::Type};

/// Which proposals are wanted. What is left open is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProposalQuery {
    /// Name of the state, for example `voting`.
    pub status: Option<String>,
    /// Name of the action, for example `parameters`.
    pub kind: Option<String>,
    /// Who proposed it.
    pub proposer: Option<Address>,
    /// Only those with a lower number.
    pub before: Option<u64>,
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalRow {
    /// Its number.
    pub number: u64,
    /// Who proposed it.
    pub proposer: Address,
    /// Name of its action; empty if the chain proposed it by itself.
    pub kind: String,
    /// Name of its criticality.
    pub criticality: String,
    /// Name of its state.
    pub status: String,
    /// The height at which it was submitted.
    pub submitted: Height,
    /// The height at which its vote began.
    pub opened: Option<Height>,
    /// The height at which its vote ended.
    pub closed: Option<Height>,
    /// The height at which it was enacted, rejected, cancelled, or failed.
    pub ended: Option<Height>,
}

/// Where an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPlace {
    /// The block, and the receipt in it.
    pub at: Position,
    /// Its place in the receipt.
    pub seq: u32,
}

/// A vote as it was last cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoteRow {
    /// Where it was cast.
    pub at: Position,
    /// The time of that block.
    pub time: Timestamp,
    /// Who sent it.
    pub voter: Address,
    /// The validator whose vote it is; none if it is that of the voter's own stake.
    pub validator: Option<ValidatorKey>,
    /// How the weight is divided.
    pub ballot: Ballot,
    /// The stake behind it when it was cast, in base units.
    pub weight: Amount,
}

/// A parameter that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRow {
    /// Number of the change, from 1 in the order of the chain.
    pub number: u64,
    /// The height at whose end it changed.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
    /// The proposal that changed it.
    pub proposal: u64,
    /// Which, from what, to what.
    pub change: ParameterChange,
}

/// A disbursement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisbursementRow {
    /// The number of its proposal.
    pub number: u64,
    /// Where it is in its life.
    pub state: DisbursementState,
    /// The sum of its payments, in base units.
    pub total: Amount,
    /// When it was accepted.
    pub queued: Option<Timestamp>,
    /// When it was executed.
    pub executed: Option<Timestamp>,
}

/// Disbursements that are in the same state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisbursementSum {
    /// The state.
    pub state: DisbursementState,
    /// How many.
    pub count: u64,
    /// The sum of their payments, in base units.
    pub total: Amount,
}

pub(crate) fn address_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Address> {
    let bytes: [u8; 20] = row.get(column)?;
    Ok(Address::new(bytes))
}

pub(crate) fn height_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Height>> {
    let height: Option<u64> = row.get(column)?;
    Ok(height.map(Height::new))
}

pub(crate) fn time_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let time: Option<u64> = row.get(column)?;
    Ok(time.map(Timestamp::new))
}

/// A value of the chain, as it is encoded there.
pub(crate) fn decoded<T: DecodeExt<()>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let bytes: Vec<u8> = row.get(column)?;
    T::decode(Copying(&bytes)).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, Box::new(error))
    })
}

fn state_at(row: &Row<'_>, column: usize) -> rusqlite::Result<DisbursementState> {
    let name: String = row.get(column)?;
    name.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

fn proposal(row: &Row<'_>) -> rusqlite::Result<ProposalRow> {
    Ok(ProposalRow {
        number: row.get(0)?,
        proposer: address_at(row, 1)?,
        kind: row.get(2)?,
        criticality: row.get(3)?,
        status: row.get(4)?,
        submitted: Height::new(row.get(5)?),
        opened: height_at(row, 6)?,
        closed: height_at(row, 7)?,
        ended: height_at(row, 8)?,
    })
}

fn vote(row: &Row<'_>) -> rusqlite::Result<VoteRow> {
    let validator: Option<[u8; 32]> = row.get(3)?;
    Ok(VoteRow {
        at: unpack(row.get(0)?),
        time: Timestamp::new(row.get(1)?),
        voter: address_at(row, 2)?,
        validator: validator.map(ValidatorKey::new),
        ballot: decoded(row, 4)?,
        weight: amount_at(row, 5)?,
    })
}

fn disbursement(row: &Row<'_>) -> rusqlite::Result<DisbursementRow> {
    Ok(DisbursementRow {
        number: row.get(0)?,
        state: state_at(row, 1)?,
        total: amount_at(row, 2)?,
        queued: time_at(row, 3)?,
        executed: time_at(row, 4)?,
    })
}

impl Index {
    /// Proposals, newest first.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn proposals(
        &self,
        query: &ProposalQuery,
        limit: usize,
    ) -> Result<Vec<ProposalRow>, IndexError> {
        self.read(|db| {
            let proposer = query.proposer.as_ref().map(|address| address.as_bytes().as_slice());
            db.prepare_cached(
                "SELECT number, proposer, kind, criticality, status, submitted, opened, closed, ended
                 FROM proposal WHERE number < ?1 AND (?2 IS NULL OR status = ?2)
                 AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR proposer = ?4)
                 ORDER BY number DESC LIMIT ?5",
            )?
            .query_map(
                params![
                    before_of(query.before),
                    query.status,
                    query.kind,
                    proposer,
                    limit_of(limit)
                ],
                proposal,
            )?
            .collect()
        })
    }

    /// How many proposals are in each state, by the name of the state.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn proposal_counts(&self) -> Result<Vec<(String, u64)>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT status, count(*) FROM proposal GROUP BY status ORDER BY status",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
        })
    }

    /// Where the events of a proposal and of its disbursement are, oldest first, but for votes.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn proposal_events(
        &self,
        proposal: u64,
        limit: usize,
    ) -> Result<Vec<EventPlace>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT position, seq FROM proposal_event WHERE proposal = ?1
                 ORDER BY position, seq LIMIT ?2",
            )?
            .query_map(params![int(proposal), limit_of(limit)], |row| {
                Ok(EventPlace { at: unpack(row.get(0)?), seq: row.get(1)? })
            })?
            .collect()
        })
    }

    /// The last vote of each voter on a proposal, newest first, before `before` (exclusive).
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn votes(
        &self,
        proposal: u64,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<VoteRow>, IndexError> {
        self.read(|db| {
            let before = before.and_then(pack).unwrap_or(i64::MAX);
            db.prepare_cached(
                "SELECT position, time_ms, voter, validator, ballot, weight FROM vote
                 WHERE proposal = ?1 AND position < ?2 ORDER BY position DESC LIMIT ?3",
            )?
            .query_map(params![int(proposal), before, limit_of(limit)], vote)?
            .collect()
        })
    }

    /// How many accounts and validators have voted, on all proposals: with their own stake, and as
    /// validators.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn vote_counts(&self) -> Result<(u64, u64), IndexError> {
        self.read(|db| {
            db.prepare_cached("SELECT count(*) - count(validator), count(validator) FROM vote")?
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        })
    }

    /// Changes of a parameter, or of all, newest first, below a number.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn parameter_changes(
        &self,
        name: Option<&str>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<ChangeRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT number, height, time_ms, proposal, change FROM parameter_change
                 WHERE number < ?1 AND (?2 IS NULL OR name = ?2) ORDER BY number DESC LIMIT ?3",
            )?
            .query_map(params![before_of(before), name, limit_of(limit)], |row| {
                Ok(ChangeRow {
                    number: row.get(0)?,
                    height: Height::new(row.get(1)?),
                    time: Timestamp::new(row.get(2)?),
                    proposal: row.get(3)?,
                    change: decoded(row, 4)?,
                })
            })?
            .collect()
        })
    }

    /// Disbursements, newest first, below a number.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn disbursements(
        &self,
        state: Option<DisbursementState>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<DisbursementRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT number, state, total, queued_ms, executed_ms FROM disbursement
                 WHERE number < ?1 AND (?2 IS NULL OR state = ?2) ORDER BY number DESC LIMIT ?3",
            )?
            .query_map(
                params![before_of(before), state.map(DisbursementState::name), limit_of(limit)],
                disbursement,
            )?
            .collect()
        })
    }

    /// How many disbursements are in each state, and what they pay together; states without any
    /// are there, too.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn disbursement_sums(&self) -> Result<Vec<DisbursementSum>, IndexError> {
        self.read(|db| {
            let mut sums: Vec<DisbursementSum> = DisbursementState::ALL
                .iter()
                .map(|state| DisbursementSum { state: *state, count: 0, total: Amount::ZERO })
                .collect();
            let mut select = db.prepare_cached("SELECT state, total FROM disbursement")?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                let (state, total) = (state_at(row, 0)?, amount_at(row, 1)?);
                for sum in sums.iter_mut().filter(|sum| sum.state == state) {
                    sum.count += 1;
                    sum.total = Amount::new(sum.total.units().saturating_add(total.units()));
                }
            }
            Ok(sums)
        })
    }
}
