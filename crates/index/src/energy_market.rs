//! What the index can be asked about orders, cleared slots, sales and certificates.

use crate::{
    Index, IndexError,
    decisions::{address_at, height_at},
    energy::{word_at, zone_at},
    history::{amount_at, before_of, limit_of},
    stake::int,
};
use althing_types::{Address, Amount, Height, Timestamp, energy::Zone};
use rusqlite::{OptionalExtension as _, Row, params};

/// An open offer or order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// Its number.
    pub number: u64,
    /// Whether it is an offer; else it is an order.
    pub offer: bool,
    /// The zone.
    pub zone: Zone,
    /// When the slot begins, in seconds since 1970 (UTC).
    pub slot: u64,
    /// How much, in Wh.
    pub wh: u64,
    /// The least price of an offer, the highest one of an order, in base units a kWh.
    pub price: Amount,
}

/// A slot that was cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotRow {
    /// The number of the clearing, in the order of this index.
    pub number: u64,
    /// The zone.
    pub zone: Zone,
    /// When the slot began, in seconds since 1970 (UTC).
    pub slot: u64,
    /// The price of all that was sold, in base units a kWh.
    pub price: Amount,
    /// How much was sold, in Wh.
    pub wh: u64,
    /// What buyers paid, in base units.
    pub paid: Amount,
    /// What buyers got back of what they had set aside, in base units.
    pub refunds: Amount,
    /// How many sales were made.
    pub sales: u32,
    /// When.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

/// Which sales are wanted, newest first. What is left open is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaleQuery {
    /// Who has the certificate.
    pub owner: Option<Address>,
    /// Who sold.
    pub provider: Option<Address>,
    /// Who bought.
    pub buyer: Option<Address>,
    /// `held`, `retired` or `revoked`.
    pub state: Option<&'static str>,
    /// Only those with a lower number.
    pub before: Option<u64>,
}

/// A sale, and its certificate of origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleRow {
    /// The number of the certificate.
    pub number: u64,
    /// `held`, `retired`, or `revoked` if nothing is left of it.
    pub state: String,
    /// Who has the certificate.
    pub owner: Address,
    /// Who bought.
    pub buyer: Address,
    /// Who sold.
    pub provider: Address,
    /// The zone.
    pub zone: Zone,
    /// When the slot began, in seconds since 1970 (UTC).
    pub slot: u64,
    /// How much was sold, in Wh.
    pub wh: u64,
    /// At what price, in base units a kWh.
    pub price: Amount,
    /// What the buyer paid, in base units.
    pub paid: Amount,
    /// When it was sold.
    pub sold: Height,
    /// The time of that block.
    pub sold_time: Timestamp,
    /// What disputes took back of it, in Wh.
    pub revoked_wh: u64,
    /// What the buyer got back for that, in base units.
    pub refund: Amount,
    /// When the certificate was used up.
    pub retired: Option<Height>,
    /// What the provider was paid, once it was.
    pub payment: Option<SalePayment>,
}

/// What a provider was paid for a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SalePayment {
    /// How much, in base units.
    pub amount: Amount,
    /// What went to the treasury, in base units.
    pub fee: Amount,
    /// When.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

/// Who had a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerRow {
    /// Who.
    pub owner: Address,
    /// Since when.
    pub height: Height,
    /// The time of that block.
    pub time: Timestamp,
}

fn slot(row: &Row<'_>) -> rusqlite::Result<SlotRow> {
    Ok(SlotRow {
        number: row.get(0)?,
        zone: zone_at(row, 1)?,
        slot: row.get(2)?,
        price: amount_at(row, 3)?,
        wh: word_at(row, 4)?,
        paid: amount_at(row, 5)?,
        refunds: amount_at(row, 6)?,
        sales: row.get(7)?,
        height: Height::new(row.get(8)?),
        time: Timestamp::new(row.get(9)?),
    })
}

fn sale(row: &Row<'_>) -> rusqlite::Result<SaleRow> {
    let payment = match height_at(row, 17)? {
        None => None,
        Some(height) => Some(SalePayment {
            amount: amount_at(row, 15)?,
            fee: amount_at(row, 16)?,
            height,
            time: Timestamp::new(row.get(18)?),
        }),
    };
    Ok(SaleRow {
        number: row.get(0)?,
        state: row.get(1)?,
        owner: address_at(row, 2)?,
        buyer: address_at(row, 3)?,
        provider: address_at(row, 4)?,
        zone: zone_at(row, 5)?,
        slot: row.get(6)?,
        wh: word_at(row, 7)?,
        price: amount_at(row, 8)?,
        paid: amount_at(row, 9)?,
        sold: Height::new(row.get(10)?),
        sold_time: Timestamp::new(row.get(11)?),
        revoked_wh: word_at(row, 12)?,
        refund: amount_at(row, 13)?,
        retired: height_at(row, 14)?,
        payment,
    })
}

impl Index {
    /// Open offers and orders of an account, oldest first, from behind a number.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn energy_orders(
        &self,
        account: Address,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<OrderRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT number, offer, zone, slot, wh, price FROM energy_order
                 WHERE account = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
            )?
            .query_map(
                params![account.as_bytes().as_slice(), after.map_or(-1, int), limit_of(limit)],
                |row| {
                    Ok(OrderRow {
                        number: row.get(0)?,
                        offer: row.get(1)?,
                        zone: zone_at(row, 2)?,
                        slot: row.get(3)?,
                        wh: word_at(row, 4)?,
                        price: amount_at(row, 5)?,
                    })
                },
            )?
            .collect()
        })
    }

    /// Slots that were cleared, newest clearing first, of one zone or of all, below a number.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn energy_slots(
        &self,
        zone: Option<&Zone>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<SlotRow>, IndexError> {
        let sql = match zone {
            Some(_) => {
                "SELECT * FROM energy_slot WHERE number < ?1 AND zone = ?2
                 ORDER BY number DESC LIMIT ?3"
            }
            None => "SELECT * FROM energy_slot WHERE number < ?1 ORDER BY number DESC LIMIT ?3",
        };
        self.read(|db| {
            db.prepare_cached(sql)?
                .query_map(
                    params![before_of(before), zone.map(Zone::as_str), limit_of(limit)],
                    slot,
                )?
                .collect()
        })
    }

    /// How a slot of a zone was cleared last; `None` if it was not.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn energy_slot(&self, zone: &Zone, start: u64) -> Result<Option<SlotRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT * FROM energy_slot WHERE zone = ?1 AND slot = ?2
                 ORDER BY number DESC LIMIT 1",
            )?
            .query_row(params![zone.as_str(), int(start)], slot)
            .optional()
        })
    }

    /// Sales with their certificates, newest first.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn energy_sales(
        &self,
        query: &SaleQuery,
        limit: usize,
    ) -> Result<Vec<SaleRow>, IndexError> {
        let mut sql = "SELECT * FROM energy_sale WHERE number < ?1".to_owned();
        for (wanted, clause) in [
            (query.owner.is_some(), " AND owner = ?2"),
            (query.provider.is_some(), " AND provider = ?3"),
            (query.buyer.is_some(), " AND buyer = ?4"),
            (query.state.is_some(), " AND state = ?5"),
        ] {
            if wanted {
                sql.push_str(clause);
            }
        }
        sql.push_str(" ORDER BY number DESC LIMIT ?6");
        let bytes = |address: &Option<Address>| address.map(|it| it.as_bytes().to_vec());
        self.read(|db| {
            db.prepare_cached(&sql)?
                .query_map(
                    params![
                        before_of(query.before),
                        bytes(&query.owner),
                        bytes(&query.provider),
                        bytes(&query.buyer),
                        query.state,
                        limit_of(limit)
                    ],
                    sale,
                )?
                .collect()
        })
    }

    /// A sale by the number of its certificate; `None` if there never was one.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn energy_sale(&self, number: u64) -> Result<Option<SaleRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached("SELECT * FROM energy_sale WHERE number = ?1")?
                .query_row(params![int(number)], sale)
                .optional()
        })
    }

    /// Who had a certificate, newest first.
    ///
    /// # Errors
    /// [`IndexError::Sqlite`].
    pub fn certificate_owners(
        &self,
        number: u64,
        limit: usize,
    ) -> Result<Vec<OwnerRow>, IndexError> {
        self.read(|db| {
            db.prepare_cached(
                "SELECT owner, height, time_ms FROM energy_owner WHERE certificate = ?1
                 ORDER BY position DESC, seq DESC LIMIT ?2",
            )?
            .query_map(params![int(number), limit_of(limit)], |row| {
                Ok(OwnerRow {
                    owner: address_at(row, 0)?,
                    height: Height::new(row.get(1)?),
                    time: Timestamp::new(row.get(2)?),
                })
            })?
            .collect()
        })
    }
}
