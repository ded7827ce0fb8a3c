//! The messages of energy.

pub(crate) mod attest_readings;
pub(crate) mod buy_energy;
pub(crate) mod cancel_energy_order;
pub(crate) mod grant_energy_role;
pub(crate) mod leave_oracle;
pub(crate) mod leave_provider;
pub(crate) mod offer_energy;
pub(crate) mod open_energy_dispute;
pub(crate) mod order_energy;
pub(crate) mod post_tariff;
pub(crate) mod register_meter;
pub(crate) mod register_oracle;
pub(crate) mod register_provider;
pub(crate) mod retire_certificate;
pub(crate) mod revoke_meter;
pub(crate) mod rotate_meter;
pub(crate) mod submit_readings;
pub(crate) mod transfer_certificate;
pub(crate) mod update_provider;
pub(crate) mod vote_energy_dispute;

use super::{
    Book, Certificate, Meter, MeterId, Provider, book_key, certificate_key, desk::Desk,
    error::EnergyError, meter_key, meter_of_key, provider_key, store,
};
use crate::{error::Failure, modules::staking};
use althing_state::View;
use althing_types::{
    Address, Hash, List,
    energy::{MeterKey, ProviderState, SettlementMode, Zone},
};

/// A provider, with what it is known for brought to this epoch.
fn known(desk: &Desk<'_>, address: &Address) -> Result<Provider, Failure> {
    staking::know(desk.view, [provider_key(address)])?;
    let provider = store::load_provider(desk.view, address)?;
    let mut provider = provider.ok_or(EnergyError::UnknownProvider)?;
    provider.reputation.turn(desk.moment.epoch, desk.params());
    Ok(provider)
}

/// The same, if it may submit and sell.
fn active(desk: &Desk<'_>, address: &Address) -> Result<Provider, Failure> {
    let provider = known(desk, address)?;
    if provider.state == ProviderState::Active {
        Ok(provider)
    } else {
        Err(EnergyError::ProviderNotActive.into())
    }
}

/// A meter of this provider. One that it had before it left does not count.
fn own_meter(
    view: &View,
    (address, provider): (&Address, &Provider),
    meter: &Hash,
) -> Result<Meter, Failure> {
    staking::know(view, [meter_key(meter)])?;
    let record = store::load_meter(view, meter)?.ok_or(EnergyError::MeterMismatch)?;
    if record.provider == *address && record.keyed >= provider.registered {
        Ok(record)
    } else {
        Err(EnergyError::MeterMismatch.into())
    }
}

/// A key serves one meter for ever: nobody counts the same energy for two providers, and what an
/// earlier key of a meter has signed never counts again.
fn claim_key(view: &mut View, key: &MeterKey, meter: Hash) -> Result<(), Failure> {
    staking::know(view, [meter_of_key(key)])?;
    if store::load_owner(view, key)?.is_some() {
        return Err(EnergyError::MeterExists.into());
    }
    Ok(store::save_owner(view, key, &MeterId { meter })?)
}

/// Whether energy is sold in this mode now.
fn in_mode(desk: &Desk<'_>, mode: SettlementMode) -> Result<(), EnergyError> {
    let right = desk.totals.settlement.mode == mode;
    if right { Ok(()) } else { Err(EnergyError::WrongMode) }
}

/// The book of a slot that can still be traded. A new one is cleared in its time.
fn open_book(desk: &mut Desk<'_>, zone: &Zone, slot: u64) -> Result<Book, Failure> {
    let params = desk.params();
    let begins = super::credits::slot_of(slot, params.slot_s) == slot;
    if !begins || slot > desk.now_s().saturating_add(params.ahead_s) {
        return Err(EnergyError::SlotInvalid.into());
    }
    let clears = desk.clears_at(slot);
    if desk.now_s() >= clears {
        return Err(EnergyError::SlotClosed.into());
    }
    staking::know(desk.view, [book_key(zone, slot)])?;
    if let Some(book) = store::load_book(desk.view, zone, slot)? {
        return Ok(book);
    }
    let due = desk.at_second(clears);
    desk.enqueue(due, &super::DueItem::Slot { zone: zone.clone(), slot })?;
    Ok(Book { offers: List::default(), orders: List::default() })
}

/// A certificate that its owner may still use.
fn own_certificate(view: &View, number: u64, owner: &Address) -> Result<Certificate, Failure> {
    staking::know(view, [certificate_key(number)])?;
    let certificate = store::load_certificate(view, number)?;
    let certificate = certificate.ok_or(EnergyError::UnknownCertificate)?;
    if certificate.owner != *owner {
        return Err(EnergyError::NotCertificateOwner.into());
    }
    if certificate.retired.is_some() {
        return Err(EnergyError::CertificateRetired.into());
    }
    if certificate.is_disputed() {
        return Err(EnergyError::SettlementConflict.into());
    }
    Ok(certificate)
}
