//! Disputes a reading or a sale. What it is about is held back until it is decided.

use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        accounts, bank,
        energy::{
            AGENDA, Dispute, DueItem, ENERGY, batch_key, certificate_key,
            desk::{Desk, add, grow},
            disputes,
            error::EnergyError,
            grant_key, grants, store,
        },
        staking::BlockMoment,
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Amount, Due, Event, Height,
    energy::{DisputeSubject, EnergyRole, EnergyScope},
    message::OpenEnergyDispute,
};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 150_000;

/// What it is about is looked at when it runs.
pub(crate) const fn validate(_: &OpenEnergyDispute) -> Result<(), Invalid> {
    Ok(())
}

/// What it is about, and where the bond goes.
pub(crate) fn keys(message: &OpenEnergyDispute, sender: &Address, out: &mut Vec<StateKey>) {
    // An account may dispute for itself without a grant, and as an admin with one.
    let grantor =
        if message.opener == *sender { bank::governance_account() } else { &message.opener };
    out.push(grant_key(grantor, sender));
    out.extend([ENERGY, AGENDA, accounts::key(bank::energy_account())]);
    out.push(accounts::key(&message.opener));
    out.push(match message.subject {
        DisputeSubject::Reading { batch, .. } => batch_key(batch),
        DisputeSubject::Certificate { certificate } => certificate_key(certificate),
    });
}

/// An admin with the scope `dispute` sets no bond aside.
pub(crate) fn execute(
    message: &OpenEnergyDispute,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (opener, moment) = (message.opener, BlockMoment::from(context.block));
    grants::authorize(context, &opener, (EnergyRole::Provider, EnergyScope::Dispute))?;
    let admin = opener == context.sender && grants::is_admin(context, EnergyScope::Dispute)?;
    if admin {
        grants::count(context.view, &moment, (&opener, EnergyRole::Admin))?;
    }
    let mut desk = Desk::begin(context.view, &moment)?;
    let bond = if admin { Amount::ZERO } else { desk.params().dispute_bond };
    let number = desk.totals.next_dispute;
    grow(&mut desk.totals.next_dispute, 1)?;
    // Nothing stands under that number yet.
    let held = desk.hold(number, &message.subject)?;
    let address = held.provider;
    let (frozen, sales) = disputes::lists(held)?;
    desk.take(&opener, bond)?;
    add(&mut desk.totals.bonds, bond)?;
    let mut provider = desk.provider(&address)?;
    provider.disputes = provider.disputes.checked_add(1).ok_or(EnergyError::Overflow)?;
    store::save_provider(desk.view, &address, &provider)?;
    let ends = last_height(&moment);
    let due = Due { height: ends, time: moment.time };
    desk.enqueue(due, &DueItem::Dispute { dispute: number })?;
    let OpenEnergyDispute { subject, reason, evidence, .. } = *message;
    let dispute = Dispute {
        opener,
        subject,
        reason,
        evidence,
        provider: address,
        bond,
        opened: moment.height,
        epoch: moment.epoch,
        ends,
        oracles: desk.totals.oracle_set,
        quorum: desk.totals.settlement.quorum_threshold_ppm,
        uphold: 0,
        dismiss: 0,
        frozen,
        sales,
    };
    store::save_dispute(desk.view, number, &dispute)?;
    let dispute = number;
    let event = Event::EnergyDisputeOpened { dispute, opener, subject, reason, evidence, ends };
    desk.events.push(event);
    Ok(desk.finish()?)
}

/// The last height of the last epoch in which a dispute that is opened now may be decided. The
/// epoch in which it is opened is the first.
fn last_height(moment: &BlockMoment<'_>) -> Height {
    let length = moment.params.epoch_length;
    let epochs = moment.epoch.get().saturating_add(moment.params.energy.dispute_epochs);
    // Heights of epoch e are e * length to (e + 1) * length - 1.
    Height::new(epochs.saturating_mul(length).saturating_sub(1).max(moment.height.get()))
}
