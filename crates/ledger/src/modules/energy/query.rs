//! Read-only views of energy: keys, records, and values that are not stale.

use super::{
    Agenda, Batch, Book, Certificate, Credit, Dispute, DueCount, DueItem, Energy, Grant, Meter,
    MeterId, Oracle, OracleSet, Provider, Rate, Settlement, Tariff,
};
use althing_state::StateKey;
use althing_types::{
    Address, Hash, Height, Timestamp,
    energy::{EnergyRole, MeterKey, Zone},
    params::EnergyParams,
};

crate::records::records! {
    /// The key of the sums over everything.
    energy_key() decode_energy -> Energy = super::ENERGY;
    /// The key of what is due, and how far it is done.
    agenda_key() decode_agenda -> Agenda = super::AGENDA;
    /// The key of how much is due at a height.
    due_key(height: Height) decode_due -> DueCount = super::SCHEDULE.due_key(height);
    /// The key of one thing that is due at a height.
    entry_key(height: Height, place: u32) decode_entry -> DueItem = super::SCHEDULE.entry_key(height, place);
    /// The key of a provider.
    provider_key(provider: Address) decode_provider -> Provider = super::provider_key(&provider);
    /// The key of a meter.
    meter_key(meter: Hash) decode_meter -> Meter = super::meter_key(&meter);
    /// The key of the public key of a meter.
    meter_public_key(meter: Hash) decode_meter_key -> MeterKey = super::meter_public_key(&meter);
    /// The key of a batch; gone when it is over.
    batch_key(number: u64) decode_batch -> Batch = super::batch_key(number);
    /// The key of an oracle.
    oracle_key(oracle: Address) decode_oracle -> Oracle = super::oracle_key(&oracle);
    /// The key of a version of the set of oracles.
    oracle_set_key(version: u32) decode_oracle_set -> OracleSet = super::oracle_set_key(version);
    /// The key of rules that were or are in force.
    settlement_key(version: u32) decode_settlement -> Settlement = super::settlement_key(version);
    /// The key of a provider's tariff; absent if it sells nothing at once.
    tariff_key(provider: Address) decode_tariff -> Tariff = super::tariff_key(&provider);
    /// The key of a certificate.
    certificate_key(number: u64) decode_certificate -> Certificate = super::certificate_key(number);
    /// The key of a dispute; gone when it has ended.
    dispute_key(number: u64) decode_dispute -> Dispute = super::dispute_key(number);
    /// The key of what `account` may do for `grantor`; absent if nothing.
    grant_key(grantor: Address, account: Address) decode_grant -> Grant = super::grant_key(&grantor, &account);
    /// The key of how many messages an account sent in a role.
    rate_key(account: Address, role: EnergyRole) decode_rate -> Rate = super::rate_key(&account, role);
}

/// The key of a provider's attested energy of a slot.
pub fn credit_key(zone: &Zone, slot: u64, provider: &Address) -> StateKey {
    super::credit_key(zone, slot, provider)
}

/// Reads the record under [`credit_key`].
///
/// # Errors
/// A codec error if the bytes are no such record.
pub fn decode_credit(value: &[u8]) -> Result<Credit, commonware_codec::Error> {
    <Credit as commonware_codec::DecodeExt<()>>::decode(commonware_codec::Copying(value))
}

/// The key of what is offered and ordered of a slot of a zone.
pub fn book_key(zone: &Zone, slot: u64) -> StateKey {
    super::book_key(zone, slot)
}

/// Reads the record under [`book_key`].
///
/// # Errors
/// A codec error if the bytes are no such record.
pub fn decode_book(value: &[u8]) -> Result<Book, commonware_codec::Error> {
    <Book as commonware_codec::DecodeExt<()>>::decode(commonware_codec::Copying(value))
}

/// The key of which meter a public key serves, or has served.
pub fn meter_of_key(key: &MeterKey) -> StateKey {
    super::meter_of_key(key)
}

/// Reads the record under [`meter_of_key`].
///
/// # Errors
/// A codec error if the bytes are no such record.
pub fn decode_meter_of_key(value: &[u8]) -> Result<MeterId, commonware_codec::Error> {
    <MeterId as commonware_codec::DecodeExt<()>>::decode(commonware_codec::Copying(value))
}

/// A value that is too old to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the last value is {age_s} seconds old and values count for {stale_s}: wait for a newer one, or ask for stale ones too"
)]
pub struct Stale {
    /// Its age, in seconds.
    pub age_s: u64,
    /// From which age on a value is stale, in seconds.
    pub stale_s: u64,
}

fn fresh(then_s: u64, now: Timestamp, params: &EnergyParams, allow: bool) -> Result<(), Stale> {
    let age_s = (now.get() / 1_000).saturating_sub(then_s);
    let stale_s = params.stale_s;
    if allow || age_s < stale_s { Ok(()) } else { Err(Stale { age_s, stale_s }) }
}

/// What a meter has counted in all, in Wh, and when its last interval ended, in seconds since 1970
/// (UTC). `now` is the time of the last block.
///
/// # Errors
/// [`Stale`], unless `allow_stale`.
pub fn latest_value(
    meter: &Meter,
    now: Timestamp,
    params: &EnergyParams,
    allow_stale: bool,
) -> Result<(u64, u64), Stale> {
    fresh(meter.last_end, now, params, allow_stale)?;
    Ok((meter.total_wh, meter.last_end))
}

/// The height of an oracle's last report. `now` is the time of the last block.
///
/// # Errors
/// [`Stale`], unless `allow_stale`.
pub fn latest_report(
    oracle: &Oracle,
    now: Timestamp,
    params: &EnergyParams,
    allow_stale: bool,
) -> Result<Height, Stale> {
    fresh(oracle.reported_at.get() / 1_000, now, params, allow_stale)?;
    Ok(oracle.reported)
}
