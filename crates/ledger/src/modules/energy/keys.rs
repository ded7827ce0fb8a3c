use crate::{modules::schedule::Schedule, prefix};
use althing_state::StateKey;
use althing_types::{
    Address, Hash,
    energy::{EnergyRole, MeterKey, Zone},
    hash,
    limits::MAX_ZONE_BYTES,
};
use commonware_codec::Encode as _;

/// The key of the sums over everything.
pub(crate) const ENERGY: StateKey = StateKey::fixed(prefix::ENERGY, &[]);

/// The key of what is due, and how far it is done.
pub(crate) const AGENDA: StateKey = StateKey::fixed(prefix::ENERGY_AGENDA, &[]);

/// Where what is due stands.
pub(crate) const SCHEDULE: Schedule =
    Schedule { agenda: AGENDA, due: prefix::ENERGY_DUE, entry: prefix::ENERGY_DUE_ENTRY };

/// Two parts of a key, one after the other.
const fn joined<const A: usize, const B: usize, const N: usize>(
    first: &[u8; A],
    second: &[u8; B],
) -> [u8; N] {
    const { assert!(A + B == N, "the parts fill the key") };
    let mut bytes = [0; N];
    let (head, tail) = bytes.split_at_mut(A);
    head.copy_from_slice(first);
    tail.copy_from_slice(second);
    bytes
}

/// A zone and a slot. Zones hold no zero bytes, so filling up with them keeps them apart.
fn place(zone: &Zone, slot: u64) -> [u8; MAX_ZONE_BYTES + 8] {
    let mut name = [0; MAX_ZONE_BYTES];
    for (byte, letter) in name.iter_mut().zip(zone.as_bytes()) {
        *byte = *letter;
    }
    joined(&name, &slot.to_be_bytes())
}

/// The key of a provider.
pub(crate) const fn provider_key(provider: &Address) -> StateKey {
    StateKey::fixed(prefix::ENERGY_PROVIDER, provider.as_bytes())
}

/// The key of a meter.
pub(crate) const fn meter_key(meter: &Hash) -> StateKey {
    StateKey::fixed(prefix::METER, &meter.0)
}

/// The key of the public key of a meter.
pub(crate) const fn meter_public_key(meter: &Hash) -> StateKey {
    StateKey::fixed(prefix::METER_KEY, &meter.0)
}

/// The key of the meter that a public key serves, or has served.
pub(crate) fn meter_of_key(key: &MeterKey) -> StateKey {
    StateKey::fixed(prefix::METER_OF_KEY, &hash::sha256(&[&key.encode()]).0)
}

/// The key of a batch.
pub(crate) const fn batch_key(number: u64) -> StateKey {
    StateKey::fixed(prefix::ENERGY_BATCH, &number.to_be_bytes())
}

/// The key of an oracle.
pub(crate) const fn oracle_key(oracle: &Address) -> StateKey {
    StateKey::fixed(prefix::ENERGY_ORACLE, oracle.as_bytes())
}

/// The key of a version of the set of oracles.
pub(crate) const fn oracle_set_key(version: u32) -> StateKey {
    StateKey::fixed(prefix::ORACLE_SET, &version.to_be_bytes())
}

/// The key of rules that were or are in force.
pub(crate) const fn settlement_key(version: u32) -> StateKey {
    StateKey::fixed(prefix::ENERGY_SETTLEMENT, &version.to_be_bytes())
}

/// The key of a provider's attested energy of a slot.
pub(crate) fn credit_key(zone: &Zone, slot: u64, provider: &Address) -> StateKey {
    let bytes: [u8; MAX_ZONE_BYTES + 28] = joined(&place(zone, slot), provider.as_bytes());
    StateKey::fixed(prefix::ENERGY_CREDIT, &bytes)
}

/// The key of what is offered and ordered of a slot of a zone.
pub(crate) fn book_key(zone: &Zone, slot: u64) -> StateKey {
    StateKey::fixed(prefix::ENERGY_BOOK, &place(zone, slot))
}

/// The key of a provider's tariff.
pub(crate) const fn tariff_key(provider: &Address) -> StateKey {
    StateKey::fixed(prefix::TARIFF, provider.as_bytes())
}

/// The key of a certificate.
pub(crate) const fn certificate_key(number: u64) -> StateKey {
    StateKey::fixed(prefix::CERTIFICATE, &number.to_be_bytes())
}

/// The key of a dispute.
pub(crate) const fn dispute_key(number: u64) -> StateKey {
    StateKey::fixed(prefix::ENERGY_DISPUTE, &number.to_be_bytes())
}

/// The key of what `account` may do for `grantor`.
pub(crate) const fn grant_key(grantor: &Address, account: &Address) -> StateKey {
    let bytes: [u8; 40] = joined(grantor.as_bytes(), account.as_bytes());
    StateKey::fixed(prefix::ENERGY_GRANT, &bytes)
}

/// The key of how many messages an account sent in a role.
pub(crate) const fn rate_key(account: &Address, role: EnergyRole) -> StateKey {
    let bytes: [u8; 21] = joined(account.as_bytes(), &[role.byte()]);
    StateKey::fixed(prefix::ENERGY_RATE, &bytes)
}
