//! Gives a certificate of origin to another account.

use super::own_certificate;
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::energy::{certificate_key, store},
};
use althing_state::StateKey;
use althing_types::{Address, Event, message::TransferCertificate};

/// Gas of the message itself.
pub(crate) const GAS: u64 = 30_000;

/// The certificate is looked at when it runs.
pub(crate) const fn validate(_: &TransferCertificate) -> Result<(), Invalid> {
    Ok(())
}

/// The certificate.
pub(crate) fn keys(message: &TransferCertificate, _: &Address, out: &mut Vec<StateKey>) {
    out.push(certificate_key(message.certificate));
}

pub(crate) fn execute(
    message: &TransferCertificate,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (from, to, number) = (context.sender, message.to, message.certificate);
    let mut certificate = own_certificate(context.view, number, &from)?;
    certificate.owner = to;
    store::save_certificate(context.view, number, &certificate)?;
    Ok(vec![Event::CertificateTransferred { certificate: number, from, to }])
}
