use super::{
    Batch, Book, Certificate, Credit, Dispute, ENERGY, Energy, Grant, Meter, MeterId, Oracle,
    OracleSet, Provider, Rate, Settlement, Tariff, batch_key, book_key, certificate_key,
    credit_key, dispute_key, grant_key, meter_key, meter_of_key, meter_public_key, oracle_key,
    oracle_set_key, provider_key, rate_key, settlement_key, tariff_key,
};
use crate::{error::Fault, store};
use althing_state::View;
use althing_types::{
    Address, Hash,
    energy::{EnergyRole, MeterKey, Zone},
};

/// For each kind of record, how it is read and written.
macro_rules! records {
    ($(
        $load:ident $save:ident ($($name:ident: $ty:ty),*): $record:ty = $key:expr, $what:literal;
    )*) => { $(
        pub(super) fn $load(view: &View, $($name: $ty),*) -> Result<Option<$record>, Fault> {
            store::load(view, &$key, $what)
        }

        pub(super) fn $save(view: &mut View, $($name: $ty,)* record: &$record) -> Result<(), Fault> {
            store::save(view, $key, record)
        }
    )* };
}

records! {
    find_energy save_energy (): Energy = ENERGY, "the sums of energy do not decode";
    load_provider save_provider (provider: &Address): Provider = provider_key(provider), "a provider does not decode";
    load_meter save_meter (meter: &Hash): Meter = meter_key(meter), "a meter does not decode";
    load_meter_key save_meter_key (meter: &Hash): MeterKey = meter_public_key(meter), "the key of a meter does not decode";
    load_owner save_owner (key: &MeterKey): MeterId = meter_of_key(key), "the meter of a key does not decode";
    load_batch save_batch (number: u64): Batch = batch_key(number), "a batch does not decode";
    load_oracle save_oracle (oracle: &Address): Oracle = oracle_key(oracle), "an oracle does not decode";
    load_set save_set (version: u32): OracleSet = oracle_set_key(version), "a set of oracles does not decode";
    load_credit save_credit (zone: &Zone, slot: u64, provider: &Address): Credit = credit_key(zone, slot, provider), "the energy of a slot does not decode";
    load_book save_book (zone: &Zone, slot: u64): Book = book_key(zone, slot), "a book does not decode";
    load_tariff save_tariff (provider: &Address): Tariff = tariff_key(provider), "a tariff does not decode";
    load_certificate save_certificate (number: u64): Certificate = certificate_key(number), "a certificate does not decode";
    load_dispute save_dispute (number: u64): Dispute = dispute_key(number), "a dispute does not decode";
    load_grant save_grant (grantor: &Address, account: &Address): Grant = grant_key(grantor, account), "a grant does not decode";
    load_rate save_rate (account: &Address, role: EnergyRole): Rate = rate_key(account, role), "a rate does not decode";
}

/// Writes rules of settlement. Blocks never read old ones: they are history for those who ask.
pub(super) fn save_settlement(
    view: &mut View,
    version: u32,
    rules: &Settlement,
) -> Result<(), Fault> {
    store::save(view, settlement_key(version), rules)
}

/// For each kind of record that can go, how it is removed.
macro_rules! removed {
    ($( $remove:ident ($($name:ident: $ty:ty),*) = $key:expr; )*) => { $(
        pub(super) fn $remove(view: &mut View, $($name: $ty),*) {
            view.set($key, None);
        }
    )* };
}

removed! {
    remove_provider(provider: &Address) = provider_key(provider);
    remove_batch(number: u64) = batch_key(number);
    remove_oracle(oracle: &Address) = oracle_key(oracle);
    remove_credit(zone: &Zone, slot: u64, provider: &Address) = credit_key(zone, slot, provider);
    remove_book(zone: &Zone, slot: u64) = book_key(zone, slot);
    remove_tariff(provider: &Address) = tariff_key(provider);
    remove_certificate(number: u64) = certificate_key(number);
    remove_dispute(number: u64) = dispute_key(number);
    remove_grant(grantor: &Address, account: &Address) = grant_key(grantor, account);
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
    require_provider(provider: &Address): Provider = load_provider, provider_key(provider), "a provider is absent";
    require_meter(meter: &Hash): Meter = load_meter, meter_key(meter), "a meter is absent";
    require_meter_key(meter: &Hash): MeterKey = load_meter_key, meter_public_key(meter), "the key of a meter is absent";
    require_batch(number: u64): Batch = load_batch, batch_key(number), "a batch is absent";
    require_oracle(oracle: &Address): Oracle = load_oracle, oracle_key(oracle), "an oracle is absent";
    require_set(version: u32): OracleSet = load_set, oracle_set_key(version), "a set of oracles is absent";
    require_credit(zone: &Zone, slot: u64, provider: &Address): Credit = load_credit, credit_key(zone, slot, provider), "the energy of a slot is absent";
    require_certificate(number: u64): Certificate = load_certificate, certificate_key(number), "a certificate is absent";
}
