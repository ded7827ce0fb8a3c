//! Writes what blocks say about stake: one row, or one change of a row, for each event, and one for
//! each proposal. Nothing here walks over delegators or validators.

use crate::{Index, IndexError, IndexedBlock, pack};
use althing_types::{
    Address, Amount, Epoch, Event, Genesis, Header, Height, Ppm, Shares, ValidatorKey, Version,
    VersionError, View, event::SlashReason,
};
use rusqlite::{OptionalExtension as _, Row, Transaction, params, types::Type};
use std::collections::BTreeMap;

/// Heartbeats that are kept of each node.
pub const KEPT_HEARTBEATS: usize = 288;
/// Most skipped views that one block accounts for, as in the ledger.
const MAX_SKIPPED_VIEWS: u64 = 1_000;

/// An amount or a number of shares, as it is stored.
pub(crate) fn wide(value: u128) -> [u8; 16] {
    value.to_be_bytes()
}

/// Undoes [`wide`]; `column` is named if the value is damaged.
pub(crate) fn narrow(column: usize, value: &[u8]) -> rusqlite::Result<u128> {
    let bytes = <[u8; 16]>::try_from(value).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, Box::new(error))
    })?;
    Ok(u128::from_be_bytes(bytes))
}

/// A version of the protocol that was stored as text.
pub(crate) fn version_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Version> {
    row.get::<_, String>(column)?.parse().map_err(|error: VersionError| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

/// A number of the chain as SQLite holds it.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// What the stake of a batch is written with.
#[derive(Default)]
pub(crate) struct StakeRows {
    /// Members of the epochs that were looked up; empty if they are unknown.
    members: BTreeMap<Epoch, Vec<ValidatorKey>>,
    /// Proposals made and missed.
    turns: BTreeMap<(ValidatorKey, Epoch), (u64, u64)>,
}

/// Kind of the money that a delegation began with at genesis.
pub(crate) const FOUNDED: &str = "genesis";

/// Where an event happened.
#[derive(Clone, Copy)]
struct Place {
    position: i64,
    seq: i64,
    epoch: Epoch,
    time_ms: i64,
}

impl Index {
    /// Tells the index how the chain began: the first validators, who operates them, and their own
    /// stake, none of which any event says. Call it before the first block is applied, and at every
    /// start; it changes nothing the second time.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn begin(&self, genesis: &Genesis) -> Result<(), IndexError> {
        let mut connection = self.writer();
        let db = connection.transaction()?;
        let mut keys: Vec<ValidatorKey> =
            genesis.validators.iter().map(|validator| validator.key).collect();
        keys.sort_unstable();
        write_members(&db, Epoch::ZERO, &keys)?;
        for (seq, validator) in (0i64..).zip(&genesis.validators) {
            let place = Place { position: 0, seq, epoch: Epoch::ZERO, time_ms: 0 };
            write_operator(&db, validator.key, validator.account)?;
            let (key, delegator, amount) = (validator.key, validator.account, validator.stake);
            Flow { validator: key, delegator, amount }.came(&db, place, FOUNDED)?;
        }
        db.commit()?;
        Ok(())
    }
}

fn write_members(
    db: &Transaction<'_>,
    epoch: Epoch,
    keys: &[ValidatorKey],
) -> rusqlite::Result<()> {
    let mut insert = db.prepare_cached("INSERT OR REPLACE INTO member VALUES (?1, ?2, ?3)")?;
    for (place, key) in (0i64..).zip(keys) {
        insert.execute(params![int(epoch.get()), place, key.as_bytes().as_slice()])?;
    }
    Ok(())
}

fn write_operator(
    db: &Transaction<'_>,
    validator: ValidatorKey,
    operator: Address,
) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO operator VALUES (?1, ?2)")?
        .execute(params![validator.as_bytes().as_slice(), operator.as_bytes().as_slice()])?;
    Ok(())
}

/// Money that comes to a delegation or leaves it.
#[derive(Clone, Copy)]
struct Flow {
    validator: ValidatorKey,
    delegator: Address,
    amount: Amount,
}

impl Flow {
    /// Writes money that came. It counts from the next epoch on, except where the chain begins.
    fn came(self, db: &Transaction<'_>, place: Place, kind: &str) -> rusqlite::Result<()> {
        let nominal = match kind {
            FOUNDED => self.amount.units(),
            _ => grow_pending(db, self.validator, place.epoch, self.amount)?,
        };
        self.write(db, place, (kind, 1), nominal)?;
        db.prepare_cached("INSERT OR IGNORE INTO delegation VALUES (?1, ?2, ?3)")?.execute(
            params![
                self.validator.as_bytes().as_slice(),
                self.delegator.as_bytes().as_slice(),
                place.position
            ],
        )?;
        Ok(())
    }

    /// Writes money that left.
    fn left(self, db: &Transaction<'_>, place: Place, kind: &str) -> rusqlite::Result<()> {
        self.write(db, place, (kind, -1), 0)
    }

    fn write(
        self,
        db: &Transaction<'_>,
        place: Place,
        (kind, sign): (&str, i64),
        nominal: u128,
    ) -> rusqlite::Result<()> {
        db.prepare_cached(
            "INSERT OR REPLACE INTO delegation_change
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            self.delegator.as_bytes().as_slice(),
            self.validator.as_bytes().as_slice(),
            place.position,
            place.seq,
            int(place.epoch.get()),
            kind,
            sign,
            wide(self.amount.units()),
            wide(nominal),
        ])?;
        Ok(())
    }
}

impl StakeRows {
    /// Writes what a block says.
    pub(crate) fn add(
        &mut self,
        db: &Transaction<'_>,
        entry: &IndexedBlock,
    ) -> Result<(), IndexError> {
        let header = &entry.block.header;
        self.turns(db, header)?;
        if let (Some(set), Some(next)) = (&header.next_validators, header.epoch.next()) {
            let keys: Vec<ValidatorKey> = set.entries().iter().map(|entry| entry.key).collect();
            write_members(db, next, &keys)?;
            self.members.insert(next, keys);
            let last = u32::try_from(entry.block.transactions.len()).ok();
            let position = last.and_then(|last| pack((header.height, last)));
            db.prepare_cached("INSERT OR REPLACE INTO epoch_end VALUES (?1, ?2)")?
                .execute(params![int(header.epoch.get()), position])?;
        }
        for (index, receipt) in (0u32..).zip(entry.receipts.iter()) {
            let position = pack((header.height, index));
            let position = position.ok_or(IndexError::OutOfRange(header.height))?;
            for (seq, event) in (0i64..).zip(&receipt.events) {
                let time_ms = int(header.timestamp.get());
                write_event(db, Place { position, seq, epoch: header.epoch, time_ms }, event)?;
            }
        }
        Ok(())
    }

    /// Counts who proposed the block, and who let views pass before it.
    fn turns(&mut self, db: &Transaction<'_>, header: &Header) -> rusqlite::Result<()> {
        let epoch = header.epoch;
        if header.height == Height::ZERO {
            return Ok(());
        }
        self.turns.entry((header.leader, epoch)).or_default().0 += 1;
        let first = header.parent_view.get().saturating_add(1);
        let last = header.view.get();
        // The ledger counts no turn before the first block of the chain either.
        if first >= last || header.height.get() == 1 {
            return Ok(());
        }
        let members = self.members(db, epoch)?;
        if members.is_empty() {
            return Ok(());
        }
        let first = first.max(last.saturating_sub(MAX_SKIPPED_VIEWS));
        let missed: Vec<ValidatorKey> =
            (first..last).filter_map(|view| leader(members, epoch, View::new(view))).collect();
        for key in missed {
            self.turns.entry((key, epoch)).or_default().1 += 1;
        }
        Ok(())
    }

    fn members(&mut self, db: &Transaction<'_>, epoch: Epoch) -> rusqlite::Result<&[ValidatorKey]> {
        if let std::collections::btree_map::Entry::Vacant(vacant) = self.members.entry(epoch) {
            let mut select =
                db.prepare_cached("SELECT validator FROM member WHERE epoch = ?1 ORDER BY place")?;
            let rows = select.query_map([int(epoch.get())], |row| key_at(row, 0))?;
            vacant.insert(rows.collect::<rusqlite::Result<_>>()?);
        }
        Ok(self.members.get(&epoch).map_or(&[], Vec::as_slice))
    }

    /// Writes what was counted over the batch.
    pub(crate) fn write(self, db: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut upsert = db.prepare_cached(
            "INSERT INTO validator_epoch (validator, epoch, made, missed) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET made = made + ?3, missed = missed + ?4",
        )?;
        for ((validator, epoch), (made, missed)) in &self.turns {
            let key = validator.as_bytes().as_slice();
            upsert.execute(params![key, int(epoch.get()), int(*made), int(*missed)])?;
        }
        Ok(())
    }
}

/// Who proposes in a view: the rule of `ValidatorSet::leader`.
fn leader(members: &[ValidatorKey], epoch: Epoch, view: View) -> Option<ValidatorKey> {
    let turn = epoch.get().wrapping_add(view.get()).checked_rem(members.len() as u64)?;
    members.get(usize::try_from(turn).ok()?).copied()
}

/// A validator key in a row.
pub(crate) fn key_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<ValidatorKey> {
    let bytes: [u8; 32] = row.get(column)?;
    Ok(ValidatorKey::new(bytes))
}

fn write_event(db: &Transaction<'_>, place: Place, event: &Event) -> rusqlite::Result<()> {
    match event {
        Event::ValidatorRegistered { validator, operator } => {
            write_operator(db, *validator, *operator)?;
            note(db, place, event.name(), *validator, None, None)
        }
        Event::Staked { validator, operator: delegator, amount }
        | Event::Delegated { validator, delegator, amount } => {
            let (validator, delegator, amount) = (*validator, *delegator, *amount);
            Flow { validator, delegator, amount }.came(db, place, event.name())
        }
        Event::Undelegated { validator, delegator, amount, penalty, entry, due } => {
            let gone = Amount::new(amount.units().saturating_add(penalty.units()));
            Flow { validator: *validator, delegator: *delegator, amount: gone }.left(
                db,
                place,
                event.name(),
            )?;
            db.prepare_cached(
                "INSERT OR REPLACE INTO unbonding VALUES
                 (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL, NULL, NULL)",
            )?
            .execute(params![
                int(*entry),
                delegator.as_bytes().as_slice(),
                validator.as_bytes().as_slice(),
                wide(amount.units()),
                wide(penalty.units()),
                place.position,
                int(due.height.get()),
                int(due.time.get()),
            ])?;
            Ok(())
        }
        Event::Redelegated { from, to, delegator, amount, penalty } => {
            let (delegator, amount) = (*delegator, *amount);
            let gone = Amount::new(amount.units().saturating_add(penalty.units()));
            let away = Flow { validator: *from, delegator, amount: gone };
            away.left(db, place, "redelegated-away")?;
            Flow { validator: *to, delegator, amount }.came(db, place, event.name())
        }
        Event::RedelegationSlashed { to, delegator, amount, .. } => {
            Flow { validator: *to, delegator: *delegator, amount: *amount }.left(
                db,
                place,
                event.name(),
            )
        }
        Event::UnbondingPaid { entry, amount, slashed, .. } => {
            db.prepare_cached(
                "UPDATE unbonding SET paid_position = ?2, paid = ?3, slashed = ?4 WHERE entry = ?1",
            )?
            .execute(params![
                int(*entry),
                place.position,
                wide(amount.units()),
                wide(slashed.units())
            ])?;
            Ok(())
        }
        Event::Rewarded { .. } => write_reward(db, place, event),
        Event::Heartbeat { .. } => write_heartbeat(db, place, event),
        _ => write_standing(db, place, event),
    }
}

/// Events that change how a validator stands.
fn write_standing(db: &Transaction<'_>, place: Place, event: &Event) -> rusqlite::Result<()> {
    let Some(validator) = event.validator() else { return Ok(()) };
    let name = event.name();
    match event {
        Event::Slashed { reason, fraction, amount, .. } => {
            let reason = match reason {
                SlashReason::Downtime => "downtime",
                SlashReason::Equivocation => "equivocation",
            };
            let detail = Some((Some(*fraction), Some(*amount)));
            note(db, place, name, validator, Some(reason), detail)?;
            cut_pending(db, validator, place.epoch, *fraction)
        }
        Event::CommissionAnnounced { commission, .. }
        | Event::CommissionChanged { commission, .. } => {
            note(db, place, name, validator, None, Some((Some(*commission), None)))
        }
        Event::Unjailed { fee, .. } => {
            note(db, place, name, validator, None, Some((None, Some(*fee))))
        }
        Event::EvidenceAccepted { reward, .. } => {
            note(db, place, name, validator, None, Some((None, Some(*reward))))
        }
        Event::ValidatorUpdated { .. }
        | Event::ValidatorRemoved { .. }
        | Event::ValidatorLeaving { .. }
        | Event::Jailed { .. }
        | Event::Ejected { .. }
        | Event::NodeRegistered { .. } => note(db, place, name, validator, None, None),
        _ => Ok(()),
    }
}

fn note(
    db: &Transaction<'_>,
    place: Place,
    kind: &str,
    validator: ValidatorKey,
    reason: Option<&str>,
    detail: Option<(Option<Ppm>, Option<Amount>)>,
) -> rusqlite::Result<()> {
    let (ppm, amount) = detail.unwrap_or((None, None));
    db.prepare_cached(
        "INSERT OR REPLACE INTO validator_event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        validator.as_bytes().as_slice(),
        place.position,
        place.seq,
        int(place.epoch.get()),
        place.time_ms,
        kind,
        reason,
        ppm.map(Ppm::get),
        amount.map(|amount| wide(amount.units())),
    ])?;
    Ok(())
}

type Pending = (u128, u128);

/// What delegators gave for the stake that begins to count after `epoch`, and what is left of it.
fn pending(
    db: &Transaction<'_>,
    validator: ValidatorKey,
    epoch: Epoch,
) -> rusqlite::Result<Option<Pending>> {
    let mut select = db.prepare_cached(
        "SELECT nominal, pending FROM validator_epoch
         WHERE validator = ?1 AND epoch = ?2 AND nominal IS NOT NULL",
    )?;
    let row = params![validator.as_bytes().as_slice(), int(epoch.get())];
    let found = select.query_row(row, |row| {
        let (nominal, kept): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        Ok((narrow(0, &nominal)?, narrow(1, &kept)?))
    });
    found.optional()
}

fn set_pending(
    db: &Transaction<'_>,
    validator: ValidatorKey,
    epoch: Epoch,
    (nominal, kept): Pending,
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO validator_epoch (validator, epoch, nominal, pending) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET nominal = ?3, pending = ?4",
    )?
    .execute(params![
        validator.as_bytes().as_slice(),
        int(epoch.get()),
        wide(nominal),
        wide(kept)
    ])?;
    Ok(())
}

/// Adds to what begins to count; returns what it counts beside the rest. After a slash in the same
/// epoch, money that comes counts more than what was slashed.
fn grow_pending(
    db: &Transaction<'_>,
    validator: ValidatorKey,
    epoch: Epoch,
    amount: Amount,
) -> rusqlite::Result<u128> {
    let (nominal, kept) = pending(db, validator, epoch)?.unwrap_or_default();
    let counts = match nominal == kept {
        true => amount.units(),
        false => amount.mul_div(nominal, kept).map_or(0, Amount::units),
    };
    let grown = (nominal.saturating_add(counts), kept.saturating_add(amount.units()));
    set_pending(db, validator, epoch, grown)?;
    Ok(counts)
}

fn cut_pending(
    db: &Transaction<'_>,
    validator: ValidatorKey,
    epoch: Epoch,
    fraction: Ppm,
) -> rusqlite::Result<()> {
    let Some((nominal, kept)) = pending(db, validator, epoch)? else { return Ok(()) };
    set_pending(db, validator, epoch, (nominal, after_slash(kept, fraction)))
}

/// What a slash leaves of an amount; what it takes is rounded up.
pub(crate) fn after_slash(units: u128, fraction: Ppm) -> u128 {
    let taken = Amount::new(units).mul_div_up(fraction.get().into(), 1_000_000);
    units.saturating_sub(taken.map_or(units, Amount::units))
}

fn write_reward(db: &Transaction<'_>, place: Place, event: &Event) -> rusqlite::Result<()> {
    let Event::Rewarded { validator, epoch, reward, commission, tokens, shares } = event else {
        return Ok(());
    };
    db.prepare_cached(
        "INSERT INTO validator_epoch
         (validator, epoch, position, seq, reward, commission, tokens, shares)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET position = ?3, seq = ?4, reward = ?5, commission = ?6,
         tokens = ?7, shares = ?8",
    )?
    .execute(params![
        validator.as_bytes().as_slice(),
        int(epoch.get()),
        place.position,
        place.seq,
        wide(reward.units()),
        wide(commission.units()),
        wide(tokens.units()),
        wide(Shares::count(*shares)),
    ])?;
    Ok(())
}

fn write_heartbeat(db: &Transaction<'_>, place: Place, event: &Event) -> rusqlite::Result<()> {
    let Event::Heartbeat { validator, health } = event else { return Ok(()) };
    let key = validator.as_bytes().as_slice();
    db.prepare_cached(
        "INSERT OR REPLACE INTO heartbeat
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        key,
        place.position,
        place.time_ms,
        int(health.height.get()),
        health.peers,
        health.mempool,
        health.memory_mib,
        health.free_disk_mib,
        health.uptime_s,
        int(health.spec),
        health.protocol.to_string(),
    ])?;
    db.prepare_cached(
        "DELETE FROM heartbeat WHERE validator = ?1 AND position <=
         (SELECT position FROM heartbeat WHERE validator = ?1
          ORDER BY position DESC LIMIT 1 OFFSET ?2)",
    )?
    .execute(params![key, int(KEPT_HEARTBEATS as u64)])?;
    Ok(())
}
