use super::{Agenda, Energy, SCHEDULE, Settlement, store};
use crate::error::Fault;
use althing_state::View;
use althing_types::{Amount, Height, List, energy::EnergySettlementPayload};

/// Nobody is registered, no oracle has a weight, and the first rules hold.
pub(crate) fn genesis(view: &mut View) -> Result<(), Fault> {
    let payload = EnergySettlementPayload::initial();
    let settlement = Settlement { since: Height::new(1), proposal: None, payload };
    store::save_settlement(view, 0, &settlement)?;
    store::save_set(view, 0, &List::default())?;
    SCHEDULE.save(view, &Agenda { height: Height::new(1), ..Agenda::default() })?;
    store::save_energy(view, &first(payload))
}

const fn first(settlement: EnergySettlementPayload) -> Energy {
    Energy {
        next_batch: 0,
        next_order: 0,
        next_certificate: 0,
        next_dispute: 0,
        stakes: Amount::ZERO,
        escrow: Amount::ZERO,
        unpaid: Amount::ZERO,
        bonds: Amount::ZERO,
        pending_wh: 0,
        attested_wh: 0,
        sold_wh: 0,
        retired_wh: 0,
        revoked_wh: 0,
        lapsed_wh: 0,
        providers: 0,
        oracle_set: 0,
        version: 0,
        settlement,
    }
}
