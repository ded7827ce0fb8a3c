//! Uses a certificate of origin up. That can be done once: its event is what proves it.

use super::own_certificate;
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        energy::{
            AGENDA, ENERGY, certificate_key,
            desk::{Desk, grow},
        },
        staking::BlockMoment,
    },
};
use althing_state::StateKey;
use althing_types::{Address, Event, message::RetireCertificate};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 30_000;

/// The certificate is looked at when it runs.
pub(crate) const fn validate(_: &RetireCertificate) -> Result<(), Invalid> {
    Ok(())
}

/// The certificate, and the sum of those that are used up.
pub(crate) fn keys(message: &RetireCertificate, _: &Address, out: &mut Vec<StateKey>) {
    out.extend([ENERGY, AGENDA, certificate_key(message.certificate)]);
}

pub(crate) fn execute(
    message: &RetireCertificate,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (owner, number) = (context.sender, message.certificate);
    let moment = BlockMoment::from(context.block);
    let mut desk = Desk::begin(context.view, &moment)?;
    let mut certificate = own_certificate(desk.view, number, &owner)?;
    certificate.retired = Some(moment.height);
    grow(&mut desk.totals.retired_wh, certificate.wh)?;
    desk.keep_certificate(number, &certificate)?;
    let wh = certificate.wh;
    desk.events.push(Event::CertificateRetired { certificate: number, owner, wh });
    Ok(desk.finish()?)
}
