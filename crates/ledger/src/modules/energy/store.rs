use super::{
    AGENDA, Agenda, Batch, Book, Certificate, Credit, Dispute, DueCount, DueItem, ENERGY, Energy,
    Grant, Meter, MeterId, Oracle, OracleSet, Provider, Rate, Settlement, Tariff, batch_key,
    book_key, certificate_key, credit_key, dispute_key, due_key, entry_key, grant_key, meter_key,
    meter_of_key, meter_public_key, oracle_key, oracle_set_key, provider_key, rate_key,
    settlement_key, tariff_key,
};
use crate::{error::Fault, store};
use althing_state::View;
use althing_types::{
    Address, Hash, Height,
    energy::{EnergyRole, MeterKey, Zone},
};

/// For each kind of record, how it is read, written and removed.
macro_rules! records {
    ($(
        $load:ident $save:ident $remove:ident ($($name:ident: $ty:ty),*): $record:ty = $key:expr, $what:literal;
    )*) => { $(
        #[allow(dead_code, reason = "not every record is removed")]
        pub(super) fn $load(view: &View, $($name: $ty),*) -> Result<Option<$record>, Fault> {
            store::load(view, &$key, $what)
        }

        #[allow(dead_code, reason = "not every record is removed")]
        pub(super) fn $save(view: &mut View, $($name: $ty,)* record: &$record) -> Result<(), Fault> {
            store::save(view, $key, record)
        }

        #[allow(dead_code, reason = "not every record is removed")]
        pub(super) fn $remove(view: &mut View, $($name: $ty),*) {
            view.set($key, None);
        }
    )* };
}

records! {
    find_energy save_energy remove_energy (): Energy = ENERGY, "the sums of energy do not decode";
    find_agenda save_agenda remove_agenda (): Agenda = AGENDA, "the agenda of energy does not decode";
    find_due save_due remove_due (height: Height): DueCount = due_key(height), "the number of what is due does not decode";
    find_entry save_entry remove_entry (height: Height, place: u32): DueItem = entry_key(height, place), "an entry of what is due does not decode";
    load_provider save_provider remove_provider (provider: &Address): Provider = provider_key(provider), "a provider does not decode";
    load_meter save_meter remove_meter (meter: &Hash): Meter = meter_key(meter), "a meter does not decode";
    load_meter_key save_meter_key remove_meter_key (meter: &Hash): MeterKey = meter_public_key(meter), "the key of a meter does not decode";
    load_owner save_owner remove_owner (key: &MeterKey): MeterId = meter_of_key(key), "the meter of a key does not decode";
    load_batch save_batch remove_batch (number: u64): Batch = batch_key(number), "a batch does not decode";
    load_oracle save_oracle remove_oracle (oracle: &Address): Oracle = oracle_key(oracle), "an oracle does not decode";
    load_set save_set remove_set (version: u32): OracleSet = oracle_set_key(version), "a set of oracles does not decode";
    load_settlement save_settlement remove_settlement (version: u32): Settlement = settlement_key(version), "rules of settlement do not decode";
    load_credit save_credit remove_credit (zone: &Zone, slot: u64, provider: &Address): Credit = credit_key(zone, slot, provider), "the energy of a slot does not decode";
    load_book save_book remove_book (zone: &Zone, slot: u64): Book = book_key(zone, slot), "a book does not decode";
    load_tariff save_tariff remove_tariff (provider: &Address): Tariff = tariff_key(provider), "a tariff does not decode";
    load_certificate save_certificate remove_certificate (number: u64): Certificate = certificate_key(number), "a certificate does not decode";
    load_dispute save_dispute remove_dispute (number: u64): Dispute = dispute_key(number), "a dispute does not decode";
    load_grant save_grant remove_grant (grantor: &Address, account: &Address): Grant = grant_key(grantor, account), "a grant does not decode";
    load_rate save_rate remove_rate (account: &Address, role: EnergyRole): Rate = rate_key(account, role), "a rate does not decode";
}

/// What must be there.
macro_rules! required {
    ($( $require:ident ($($name:ident: $ty:ty),*): $record:ty = $load:ident, $key:expr, $what:literal; )*) => { $(
        pub(super) fn $require(view: &View, $($name: $ty),*) -> Result<$record, Fault> {
            $load(view, $($name),*)?.ok_or(Fault::Corrupt { key: $key, what: $what })
        }
    )* };
}

required! {
    load_energy(): Energy = find_energy, ENERGY, "the sums of energy are absent";
    load_agenda(): Agenda = find_agenda, AGENDA, "the agenda of energy is absent";
    require_entry(height: Height, place: u32): DueItem = find_entry, entry_key(height, place), "an entry of what is due is absent";
    require_provider(provider: &Address): Provider = load_provider, provider_key(provider), "a provider is absent";
    require_meter(meter: &Hash): Meter = load_meter, meter_key(meter), "a meter is absent";
    require_meter_key(meter: &Hash): MeterKey = load_meter_key, meter_public_key(meter), "the key of a meter is absent";
    require_batch(number: u64): Batch = load_batch, batch_key(number), "a batch is absent";
    require_oracle(oracle: &Address): Oracle = load_oracle, oracle_key(oracle), "an oracle is absent";
    require_set(version: u32): OracleSet = load_set, oracle_set_key(version), "a set of oracles is absent";
    require_credit(zone: &Zone, slot: u64, provider: &Address): Credit = load_credit, credit_key(zone, slot, provider), "the energy of a slot is absent";
    require_certificate(number: u64): Certificate = load_certificate, certificate_key(number), "a certificate is absent";
}

/// How much is due at a height.
pub(super) fn load_due(view: &View, height: Height) -> Result<DueCount, Fault> {
    Ok(find_due(view, height)?.unwrap_or(DueCount { entries: 0 }))
}
