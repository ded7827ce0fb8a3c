//! Disputes about readings and sales.

use super::{acts_for, send, told, units::energy};
use crate::cli::{
    args::{DisputeCommand, DisputeList, DisputeOpen, DisputeVote},
    context::Context,
    error::CliError,
    online::with_chain,
    output,
    tx::Plan,
};
use althing_client::http::{
    Client, DisputeVoteInfo, EnergyDisputeInfo, EnergyDisputeQuery, Version,
};
use althing_types::{
    Payload,
    energy::DisputeSubject,
    hash::sha256,
    message::{OpenEnergyDispute, VoteEnergyDispute},
};

/// Runs `althing energy dispute …`.
///
/// # Errors
/// Those of transactions and of questions to a node; exit code 5 if there is no such dispute.
pub(super) fn run(context: &Context, command: &DisputeCommand) -> Result<(), CliError> {
    match command {
        DisputeCommand::Open(args) => open(context, args),
        DisputeCommand::Vote(args) => vote(context, args),
        DisputeCommand::Show { dispute } => with_chain(context, async |client, chain| {
            let dispute = client.energy_dispute(*dispute).await?;
            if !told(context, &dispute)? {
                show(&dispute, &chain);
            }
            Ok(())
        }),
        DisputeCommand::List(args) => {
            with_chain(context, async |client, _| list(context, &client, args).await)
        }
    }
}

fn about(subject: &DisputeSubject) -> String {
    match subject {
        DisputeSubject::Reading { batch, reading } => format!("reading {reading} of batch {batch}"),
        DisputeSubject::Certificate { certificate } => {
            format!("the sale of certificate {certificate}")
        }
    }
}

fn subject(args: &DisputeOpen) -> Result<DisputeSubject, CliError> {
    match (args.batch, args.reading, args.certificate) {
        (Some(batch), Some(reading), _) => Ok(DisputeSubject::Reading { batch, reading }),
        (_, _, Some(certificate)) => Ok(DisputeSubject::Certificate { certificate }),
        _ => Err(CliError::usage("give --batch with --reading, or --certificate")),
    }
}

fn open(context: &Context, args: &DisputeOpen) -> Result<(), CliError> {
    let subject = subject(args)?;
    let bytes =
        std::fs::read(&args.evidence).map_err(|error| CliError::io(&args.evidence, &error))?;
    let evidence = sha256(&[&bytes]);
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let opener = acts_for(context, args.opener.as_deref(), &signer)?;
        let params = client.params().await?.energy;
        let bond = output::tokens_of(params.dispute_bond, &chain.symbol);
        let fee = output::percent(params.dispute_fee.get().into());
        let reward = output::percent(params.dispute_reward.get().into());
        let plan = Plan {
            facts: vec![
                ("about", about(&subject)),
                ("because", args.reason.to_string()),
                ("evidence", format!("{} (SHA-256; keep the file)", hex::encode(evidence))),
                ("if it is upheld", format!("the bond comes back, and {reward} of the slashes")),
                ("if it is dismissed", format!("the provider gets {bond}")),
                ("if nobody decides", format!("the bond comes back without {fee} of it")),
            ],
            question: format!("Dispute {}, with a bond of {bond},", about(&subject)),
        };
        let reason = args.reason;
        let payload =
            Payload::OpenEnergyDispute(OpenEnergyDispute { opener, subject, reason, evidence });
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

fn vote(context: &Context, args: &DisputeVote) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let oracle = acts_for(context, args.oracle.as_deref(), &signer)?;
        let dispute = client.energy_dispute(args.dispute).await?;
        let vote = if args.uphold { "who opened it is right" } else { "who opened it is wrong" };
        let plan = Plan {
            facts: vec![
                ("dispute", args.dispute.to_string()),
                ("about", about(&dispute.subject)),
                ("because", dispute.reason.to_string()),
                ("evidence", hex::encode(dispute.evidence)),
                ("vote", vote.to_owned()),
                ("oracle", oracle.to_string()),
            ],
            question: format!("Vote on dispute {}: {vote}", args.dispute),
        };
        let (dispute, uphold) = (args.dispute, args.uphold);
        let payload = Payload::VoteEnergyDispute(VoteEnergyDispute { oracle, dispute, uphold });
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

fn show(dispute: &EnergyDisputeInfo, chain: &Version) {
    let mut facts = vec![
        ("dispute", dispute.number.to_string()),
        ("state", dispute.state.to_string()),
        ("about", about(&dispute.subject)),
        ("because", dispute.reason.to_string()),
        ("provider", dispute.provider.to_string()),
        ("opened by", format!("{} in block {}", dispute.opener, dispute.opened)),
        ("evidence", hex::encode(dispute.evidence)),
    ];
    if let Some(bond) = dispute.bond {
        facts.push(("bond", output::tokens_of(bond, &chain.symbol)));
        facts.push(("ends by itself", format!("in block {}", dispute.ends)));
    }
    if !dispute.frozen.is_empty() {
        let held = dispute.frozen.iter().fold(0u64, |sum, part| sum.saturating_add(part.wh));
        facts.push(("holds back", energy(held)));
    }
    if !dispute.sales.is_empty() {
        let sales: Vec<String> = dispute.sales.iter().map(u64::to_string).collect();
        facts.push(("holds back sales", sales.join(", ")));
    }
    if let Some(end) = &dispute.ended {
        facts.push(("revoked", energy(end.revoked_wh)));
        facts.push(("reward", output::tokens_of(end.reward, &chain.symbol)));
        facts.push(("ended", format!("in block {}", end.height)));
    }
    if !dispute.standing.is_empty() {
        facts.push(("stands", dispute.standing.clone()));
    }
    output::facts(&facts);
    if dispute.votes.is_empty() {
        return;
    }
    let row = |vote: &DisputeVoteInfo| {
        vec![
            vote.oracle.to_string(),
            if vote.uphold { "uphold" } else { "dismiss" }.to_owned(),
            vote.height.map_or_else(|| "-".to_owned(), |height| height.to_string()),
        ]
    };
    let rows: Vec<Vec<String>> = dispute.votes.iter().map(row).collect();
    output::line("");
    output::rows(&["oracle", "vote", "block"], &[2], &rows);
}

async fn list(context: &Context, client: &Client, args: &DisputeList) -> Result<(), CliError> {
    let provider = args.provider.as_deref().map(|name| context.address(name)).transpose()?;
    let state = args.state.as_deref().map(str::parse).transpose();
    let query = EnergyDisputeQuery {
        state: state
            .map_err(|_| CliError::usage("--state is open, upheld, dismissed or lapsed"))?,
        provider,
        before: args.before,
        limit: Some(args.limit as usize),
    };
    let page = client.energy_disputes(&query).await?;
    if told(context, &page)? {
        return Ok(());
    }
    if page.disputes.is_empty() {
        output::line("no disputes");
        return Ok(());
    }
    let row = |dispute: &EnergyDisputeInfo| {
        vec![
            dispute.number.to_string(),
            dispute.state.to_string(),
            about(&dispute.subject),
            dispute.reason.to_string(),
            dispute.provider.to_string(),
            dispute.opened.to_string(),
            format!("{} of {}", dispute.uphold, dispute.uphold.saturating_add(dispute.dismiss)),
        ]
    };
    let rows: Vec<Vec<String>> = page.disputes.iter().map(row).collect();
    let header = ["dispute", "state", "about", "because", "provider", "opened", "uphold"];
    output::rows(&header, &[0, 5, 6], &rows);
    if let Some(next) = page.next {
        output::note(format!("more: --before {next}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, Command, EnergyCommand};
    use clap::Parser as _;

    fn opened(arguments: &[&str]) -> Result<DisputeSubject, String> {
        let all = ["althing", "energy", "dispute", "open"].iter().chain(arguments);
        let cli = Cli::try_parse_from(all).map_err(|error| error.to_string())?;
        let Command::Energy(EnergyCommand::Dispute(DisputeCommand::Open(args))) = cli.command
        else {
            return Err("another command".to_owned());
        };
        subject(&args).map_err(|error| error.message)
    }

    #[test]
    fn a_dispute_is_about_a_reading_or_a_sale() {
        let why = ["--reason", "false-reading", "--evidence", "x"];
        let with = |more: &[&'static str]| {
            let all: Vec<&str> = why.iter().chain(more).copied().collect();
            opened(&all)
        };
        let reading = with(&["--batch", "7", "--reading", "63"]).unwrap();
        assert_eq!(reading, DisputeSubject::Reading { batch: 7, reading: 63 });
        assert_eq!(about(&reading), "reading 63 of batch 7");
        let sale = with(&["--certificate", "9"]).unwrap();
        assert_eq!(sale, DisputeSubject::Certificate { certificate: 9 });
        for wrong in [
            &[][..],
            &["--batch", "7"],
            &["--reading", "1"],
            &["--batch", "7", "--reading", "64"],
            &["--batch", "7", "--reading", "1", "--certificate", "2"],
        ] {
            assert!(with(wrong).is_err(), "{wrong:?}");
        }
        assert!(opened(&["--certificate", "9", "--reason", "spite", "--evidence", "x"]).is_err());
    }
}
