//! Certificates of origin.

use super::{
    send, told,
    units::{energy, moment, price},
};
use crate::cli::{
    args::{CertificateCommand, CertificateList, CertificateRetire, CertificateTransfer},
    context::Context,
    error::CliError,
    online::with_chain,
    output,
    tx::Plan,
};
use althing_client::http::{CertificateInfo, CertificateQuery, CertificateState, Client, Version};
use althing_types::{
    Payload,
    message::{RetireCertificate, TransferCertificate},
};

/// Runs `althing energy certificate …`.
///
/// # Errors
/// Those of transactions and of questions to a node; exit code 5 if there is no such certificate.
pub(super) fn run(context: &Context, command: &CertificateCommand) -> Result<(), CliError> {
    match command {
        CertificateCommand::Show { certificate } => with_chain(context, async |client, chain| {
            let certificate = client.certificate(*certificate).await?;
            if !told(context, &certificate)? {
                show(&certificate, &chain);
            }
            Ok(())
        }),
        CertificateCommand::List(args) => {
            with_chain(context, async |client, chain| list(context, &client, &chain, args).await)
        }
        CertificateCommand::Transfer(args) => transfer(context, args),
        CertificateCommand::Retire(args) => retire(context, args),
    }
}

/// What a certificate stands for.
fn of(certificate: &CertificateInfo) -> Vec<(&'static str, String)> {
    vec![
        ("certificate", certificate.number.to_string()),
        ("energy", energy(certificate.wh)),
        ("made by", format!("{} in {}", certificate.provider, certificate.zone)),
        ("in the slot from", moment(certificate.slot)),
    ]
}

fn show(certificate: &CertificateInfo, chain: &Version) {
    let mut facts = of(certificate);
    facts.extend([
        ("state", certificate.state.name().to_owned()),
        ("owner", certificate.owner.to_string()),
        ("bought by", format!("{} in block {}", certificate.buyer, certificate.sold)),
        ("price", price(certificate.price, &chain.symbol)),
    ]);
    if let Some(origin) = certificate.origin {
        facts.push(("readings", format!("{} (hash over all of the slot)", hex::encode(origin))));
    }
    if !certificate.unpaid.is_zero() {
        facts.push(("not paid yet", output::tokens_of(certificate.unpaid, &chain.symbol)));
    }
    if let Some(dispute) = certificate.dispute {
        facts.push(("disputed", format!("`althing energy dispute show {dispute}`")));
    }
    if !certificate.standing.is_empty() {
        facts.push(("stands", certificate.standing.clone()));
    }
    output::facts(&facts);
    if certificate.owners.len() > 1 {
        let owners = certificate.owners.iter();
        let rows: Vec<Vec<String>> =
            owners.map(|owner| vec![owner.owner.to_string(), owner.height.to_string()]).collect();
        output::line("");
        output::rows(&["owner", "since block"], &[1], &rows);
    }
}

async fn list(
    context: &Context,
    client: &Client,
    chain: &Version,
    args: &CertificateList,
) -> Result<(), CliError> {
    let named =
        |name: &Option<String>| name.as_deref().map(|name| context.address(name)).transpose();
    let states = [CertificateState::Held, CertificateState::Retired, CertificateState::Revoked];
    let wanted = args.state.as_deref();
    let query = CertificateQuery {
        owner: named(&args.owner)?,
        provider: named(&args.provider)?,
        buyer: None,
        state: states.into_iter().find(|state| Some(state.name()) == wanted),
        before: args.before,
        limit: Some(args.limit as usize),
    };
    let page = client.certificates(&query).await?;
    if told(context, &page)? {
        return Ok(());
    }
    if page.certificates.is_empty() {
        output::line("no certificates");
        return Ok(());
    }
    let row = |certificate: &CertificateInfo| {
        vec![
            certificate.number.to_string(),
            certificate.state.name().to_owned(),
            energy(certificate.wh),
            price(certificate.price, &chain.symbol),
            certificate.zone.to_string(),
            moment(certificate.slot),
            certificate.provider.to_string(),
            certificate.owner.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = page.certificates.iter().map(row).collect();
    let header = ["certificate", "state", "energy", "price", "zone", "slot", "made by", "owner"];
    output::rows(&header, &[0, 2, 3], &rows);
    if let Some(next) = page.next {
        output::note(format!("more: --before {next}"));
    }
    Ok(())
}

fn transfer(context: &Context, args: &CertificateTransfer) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let to = context.address(&args.to)?;
        let signer = context.signer(args.sending.from.as_deref())?;
        let certificate = client.certificate(args.certificate).await?;
        let mut facts = of(&certificate);
        facts.push(("to", to.to_string()));
        let question = format!("Give certificate {} to {to}", args.certificate);
        let payload =
            Payload::TransferCertificate(TransferCertificate { certificate: args.certificate, to });
        let plan = Plan { facts, question };
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

fn retire(context: &Context, args: &CertificateRetire) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let certificate = client.certificate(args.certificate).await?;
        let mut facts = of(&certificate);
        facts.push(("afterwards", "it cannot be transferred or used any more".to_owned()));
        let question = format!("Use certificate {} up", args.certificate);
        let certificate = args.certificate;
        let payload = Payload::RetireCertificate(RetireCertificate { certificate });
        let plan = Plan { facts, question };
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}
