//! Uses a certificate of origin up. That can be done once.

use super::own_certificate;
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::energy::{certificate_key, store},
};
use althing_state::StateKey;
use althing_types::{Address, Event, message::RetireCertificate};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 30_000;

/// The certificate is looked at when it runs.
pub(crate) const fn validate(_: &RetireCertificate) -> Result<(), Invalid> {
    Ok(())
}

/// The certificate.
pub(crate) fn keys(message: &RetireCertificate, _: &Address, out: &mut Vec<StateKey>) {
    out.push(certificate_key(message.certificate));
}

pub(crate) fn execute(
    message: &RetireCertificate,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (owner, number) = (context.sender, message.certificate);
    let mut certificate = own_certificate(context.view, number, &owner)?;
    certificate.retired = Some(context.block.height);
    store::save_certificate(context.view, number, &certificate)?;
    Ok(vec![Event::CertificateRetired { certificate: number, owner, wh: certificate.wh }])
}
