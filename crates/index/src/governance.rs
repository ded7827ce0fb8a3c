//! Writes what blocks say about proposals, votes, parameters and disbursements: one row, or one
//! change of a row, for each event.

use crate::{
    IndexError, IndexedBlock, facts, pack,
    stake::{int, wide},
};
use althing_types::{
    Address, Amount, Event, Payload, SignedTransaction, ValidatorKey,
    governance::{Ballot, Criticality, DisbursementState, ParameterChange},
};
use commonware_codec::Encode as _;
use rusqlite::{Transaction, params};

/// Where an event happened.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    position: i64,
    seq: i64,
    pub(crate) height: i64,
    pub(crate) time_ms: i64,
}

/// Writes what a block says.
pub(crate) fn write(db: &Transaction<'_>, entry: &IndexedBlock) -> Result<(), IndexError> {
    let header = &entry.block.header;
    for (index, receipt) in (0u32..).zip(entry.receipts.iter()) {
        let position = pack((header.height, index));
        let position = position.ok_or(IndexError::OutOfRange(header.height))?;
        let transaction = usize::try_from(index).ok();
        let transaction = transaction.and_then(|index| entry.block.transactions.get(index));
        for (seq, event) in (0i64..).zip(&receipt.events) {
            let (height, time_ms) = (int(header.height.get()), int(header.timestamp.get()));
            let place = Place { position, seq, height, time_ms };
            note(db, place, event)?;
            facts::write(db, place, event)?;
            write_event(db, place, transaction, event)?;
        }
    }
    Ok(())
}

/// Writes where an event of a proposal is.
fn note(db: &Transaction<'_>, place: Place, event: &Event) -> rusqlite::Result<()> {
    let Some(proposal) = event.proposal() else { return Ok(()) };
    if matches!(event, Event::Voted { .. }) {
        return Ok(());
    }
    db.prepare_cached("INSERT OR REPLACE INTO proposal_event VALUES (?1, ?2, ?3)")?
        .execute(params![int(proposal), place.position, place.seq])?;
    Ok(())
}

fn write_event(
    db: &Transaction<'_>,
    place: Place,
    transaction: Option<&SignedTransaction>,
    event: &Event,
) -> rusqlite::Result<()> {
    match event {
        Event::ProposalSubmitted { proposal, proposer, criticality, .. } => {
            submitted(db, place, *proposal, (*proposer, kind_of(transaction), *criticality))
        }
        Event::ProposalOpened { proposal, .. } => {
            let sql = "UPDATE proposal SET status = 'voting', opened = ?2 WHERE number = ?1";
            step(db, place, sql, *proposal)
        }
        Event::ProposalPassed { proposal, .. } => {
            let sql = "UPDATE proposal SET status = 'queued', closed = ?2 WHERE number = ?1";
            step(db, place, sql, *proposal)
        }
        Event::ProposalRejected { proposal, .. } => {
            let sql = "UPDATE proposal SET status = 'rejected', closed = ?2, ended = ?2
                       WHERE number = ?1";
            step(db, place, sql, *proposal)
        }
        Event::ProposalEnacted { proposal } => {
            let sql = "UPDATE proposal SET status = 'enacted', ended = ?2 WHERE number = ?1";
            step(db, place, sql, *proposal)
        }
        Event::ProposalFailed { proposal, .. } => {
            let sql = "UPDATE proposal SET status = 'failed', ended = ?2 WHERE number = ?1";
            step(db, place, sql, *proposal)
        }
        Event::ProposalCancelled { proposal, .. } => {
            let sql = "UPDATE proposal SET status = 'cancelled', ended = ?2 WHERE number = ?1";
            step(db, place, sql, *proposal)
        }
        Event::Voted { proposal, voter, validator, ballot, weight } => {
            Cast { voter, validator: validator.as_ref(), ballot, weight: *weight }
                .write(db, place, *proposal)
        }
        Event::ParameterChanged { proposal, change } => changed(db, place, *proposal, change),
        Event::DisbursementAdvanced { disbursement, state, total, .. } => {
            advanced(db, place, *disbursement, *state, *total)
        }
        _ => Ok(()),
    }
}

/// Name of the action that a transaction proposes; nothing if the chain proposed it by itself.
fn kind_of(transaction: Option<&SignedTransaction>) -> &'static str {
    match transaction.map(|transaction| &transaction.body().payload) {
        Some(Payload::SubmitProposal(submit)) => submit.action.name(),
        _ => "",
    }
}

fn submitted(
    db: &Transaction<'_>,
    place: Place,
    number: u64,
    (proposer, kind, criticality): (Address, &str, Criticality),
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO proposal
         VALUES (?1, ?2, ?3, ?4, 'waiting', ?5, NULL, NULL, NULL)",
    )?
    .execute(params![
        int(number),
        proposer.as_bytes().as_slice(),
        kind,
        criticality.name(),
        place.height
    ])?;
    Ok(())
}

fn step(db: &Transaction<'_>, place: Place, sql: &str, number: u64) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute(params![int(number), place.height])?;
    Ok(())
}

/// A vote.
struct Cast<'a> {
    voter: &'a Address,
    validator: Option<&'a ValidatorKey>,
    ballot: &'a Ballot,
    weight: Amount,
}

impl Cast<'_> {
    fn write(self, db: &Transaction<'_>, place: Place, proposal: u64) -> rusqlite::Result<()> {
        let voter = self.voter.as_bytes().as_slice();
        let validator = self.validator.map(|validator| validator.as_bytes().as_slice());
        db.prepare_cached("INSERT OR REPLACE INTO vote VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(params![
            int(proposal),
            validator.unwrap_or(voter),
            voter,
            validator,
            self.ballot.encode().as_ref(),
            wide(self.weight.units()),
            place.position,
            place.time_ms,
        ])?;
        Ok(())
    }
}

fn changed(
    db: &Transaction<'_>,
    place: Place,
    proposal: u64,
    change: &ParameterChange,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO parameter_change (name, height, time_ms, proposal, change)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        change.name.as_str(),
        place.height,
        place.time_ms,
        int(proposal),
        change.encode().as_ref()
    ])?;
    Ok(())
}

fn advanced(
    db: &Transaction<'_>,
    place: Place,
    number: u64,
    state: DisbursementState,
    total: Amount,
) -> rusqlite::Result<()> {
    let at = |wanted| (state == wanted).then_some(place.time_ms);
    db.prepare_cached(
        "INSERT INTO disbursement VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET
         state = ?2, queued_ms = coalesce(queued_ms, ?4), executed_ms = coalesce(executed_ms, ?5)",
    )?
    .execute(params![
        int(number),
        state.name(),
        wide(total.units()),
        at(DisbursementState::Queued),
        at(DisbursementState::Executed)
    ])?;
    Ok(())
}
