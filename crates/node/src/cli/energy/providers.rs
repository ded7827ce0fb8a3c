//! Providers, and who acts for whom.

use super::{
    account, send, told,
    units::{energy, power, price},
};
use crate::cli::{
    args::{
        EnergyGrant, EnergyOnly, ProviderCommand, ProviderList, ProviderRegister, ProviderUpdate,
    },
    context::Context,
    error::CliError,
    online::with_chain,
    output,
    tx::Plan,
};
use althing_client::http::{Client, ProviderInfo, ProviderQuery, TraitInfo, Version};
use althing_types::{
    Amount, Height, Payload, Ppm,
    energy::{EnergyScope, Scopes},
    message::{GrantEnergyRole, LeaveProvider, RegisterProvider, UpdateProvider},
    params::EnergyParams,
};

/// Blocks for which a grant lasts unless something else is wanted.
const GRANT_BLOCKS: u64 = 100_000;

/// Runs `althing energy provider …`.
///
/// # Errors
/// Those of transactions and of questions to a node.
pub(super) fn run(context: &Context, command: &ProviderCommand) -> Result<(), CliError> {
    match command {
        ProviderCommand::Register(args) => register(context, args),
        ProviderCommand::Update(args) => update(context, args),
        ProviderCommand::Leave(args) => leave(context, args),
        ProviderCommand::Show { account: name } => with_chain(context, async |client, chain| {
            let provider = account(context, name.as_deref())?;
            let provider = client.energy_provider(provider).await?;
            if !told(context, &provider)? {
                show(&provider, &chain);
            }
            Ok(())
        }),
        ProviderCommand::List(args) => {
            with_chain(context, async |client, chain| list(context, &client, &chain, args).await)
        }
    }
}

/// What a provider without a past stakes for a capacity. As the ledger asks for it.
fn newcomer_stake(params: &EnergyParams, capacity_w: u64) -> Option<Amount> {
    use althing_ledger::energy::{Reputation, required_stake};
    required_stake(params, capacity_w, Reputation::default().score(params))
}

fn register(context: &Context, args: &ProviderRegister) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let params = client.params().await?.energy;
        let least = newcomer_stake(&params, args.capacity);
        let stake = args.stake.or(least).ok_or_else(|| {
            CliError::usage("no stake is large enough for this capacity: give a smaller one")
        })?;
        let amount = output::tokens_of(stake, &chain.symbol);
        let lost = |part: Ppm| output::percent(part.get().into());
        let plan = Plan {
            facts: vec![
                ("name", args.name.to_string()),
                ("zone", format!("{}, for good", args.zone)),
                ("capacity", power(args.capacity)),
                ("stake", amount.clone()),
                ("a refused batch", format!("costs {} of it", lost(params.quorum_slash))),
                ("an upheld dispute", format!("costs {} of it", lost(params.conflict_slash))),
            ],
            question: format!("Stake {amount} as a provider of energy"),
        };
        let payload = Payload::RegisterProvider(RegisterProvider {
            name: args.name.clone(),
            zone: args.zone.clone(),
            capacity_w: args.capacity,
            stake,
        });
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

fn update(context: &Context, args: &ProviderUpdate) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let mut facts = Vec::new();
        if let Some(name) = &args.name {
            facts.push(("name", name.to_string()));
        }
        if let Some(capacity) = args.capacity {
            facts.push(("capacity", power(capacity)));
        }
        if let Some(stake) = args.add_stake {
            facts.push(("more stake", output::tokens_of(stake, &chain.symbol)));
        }
        let payload = Payload::UpdateProvider(UpdateProvider {
            name: args.name.clone(),
            capacity_w: args.capacity,
            add_stake: args.add_stake.unwrap_or(Amount::ZERO),
        });
        let plan = Plan { facts, question: "Change the provider".to_owned() };
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

fn leave(context: &Context, args: &EnergyOnly) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let provider = client.energy_provider(signer.address()).await?;
        let plan = Plan {
            facts: vec![
                ("provider", provider.name.to_string()),
                ("stake", output::tokens_of(provider.stake, &chain.symbol)),
                (
                    "is settled first",
                    format!(
                        "{}, {}, {}, {}",
                        output::count(provider.pending, "undecided reading"),
                        format_args!("{} open batches", provider.batches),
                        output::count(provider.unpaid, "unpaid sale"),
                        output::count(provider.disputes.into(), "open dispute"),
                    ),
                ),
                ("from now on", "nothing is submitted or sold at tariffs any more".to_owned()),
            ],
            question: "Leave as a provider of energy".to_owned(),
        };
        let payload = Payload::LeaveProvider(LeaveProvider {});
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

fn show(provider: &ProviderInfo, chain: &Version) {
    let money = |amount| output::tokens_of(amount, &chain.symbol);
    let counters = &provider.counters;
    let mut facts = vec![
        ("provider", provider.address.to_string()),
        ("name", provider.name.to_string()),
        ("zone", provider.zone.to_string()),
        ("state", provider.state.to_string()),
        (
            "capacity",
            format!(
                "{}, of which {} is metered by {}",
                power(provider.capacity_w),
                power(provider.metered_w),
                output::count(provider.meters.into(), "meter")
            ),
        ),
        (
            "stake",
            format!(
                "{} (at least {}; {} if it grows)",
                money(provider.stake),
                money(provider.least_stake),
                money(provider.required_stake)
            ),
        ),
        (
            "undecided readings",
            format!("{} of at most {}", provider.pending, provider.pending_limit),
        ),
        ("unpaid sales", provider.unpaid.to_string()),
        ("open disputes", provider.disputes.to_string()),
        ("attested", format!("{} in {} readings", energy(counters.attested_wh), counters.attested)),
        ("sold", energy(counters.sold_wh)),
        ("earned", money(counters.earned)),
        (
            "against it",
            format!(
                "{} refused, {} expired, {} disproved",
                counters.quorum, counters.expiry, counters.conflict
            ),
        ),
    ];
    if let Some(tariff) = &provider.tariff {
        let price = price(tariff.price, &chain.symbol);
        facts.push(("sells at once", format!("{} at {price}", energy(tariff.wh))));
    }
    if let Some(due) = provider.unbonds {
        facts.push(("stake is paid", format!("from block {} on, if all is settled", due.height)));
    }
    let score = provider.reputation.score.get();
    facts.push(("reputation", output::percent(score.into())));
    facts.extend(provider.obstacles.iter().map(|obstacle| ("may not submit", obstacle.clone())));
    output::facts(&facts);
    output::line("");
    let reputation = &provider.reputation;
    let traits = [
        ("delivery", reputation.delivery),
        ("accuracy", reputation.accuracy),
        ("latency", reputation.latency),
        ("capacity", reputation.capacity),
    ];
    let rows: Vec<Vec<String>> = traits.into_iter().map(trait_row).collect();
    output::rows(&["trait", "expected", "counts", "good", "bad"], &[1, 2, 3, 4], &rows);
}

fn trait_row((name, known): (&str, TraitInfo)) -> Vec<String> {
    let percent = |part: Ppm| output::percent(part.get().into());
    // Millionths of an observation, with three digits behind the point.
    let seen = |count: u64| format!("{}.{:03}", count / 1_000_000, count % 1_000_000 / 1_000);
    vec![
        name.to_owned(),
        percent(known.expected),
        percent(known.part),
        seen(known.good),
        seen(known.bad),
    ]
}

async fn list(
    context: &Context,
    client: &Client,
    chain: &Version,
    args: &ProviderList,
) -> Result<(), CliError> {
    let query = ProviderQuery {
        state: args.state,
        zone: args.zone.clone(),
        after: args.after,
        limit: Some(args.limit as usize),
    };
    let page = client.energy_providers(&query).await?;
    if told(context, &page)? {
        return Ok(());
    }
    if page.providers.is_empty() {
        output::line(
            "no providers: `althing energy provider register --help` says how to become one",
        );
        return Ok(());
    }
    let row = |provider: &ProviderInfo| {
        vec![
            provider.address.to_string(),
            provider.name.to_string(),
            provider.zone.to_string(),
            provider.state.to_string(),
            power(provider.capacity_w),
            provider.meters.to_string(),
            output::about(provider.stake, &chain.symbol),
            output::percent(provider.reputation.score.get().into()),
            energy(provider.counters.attested_wh),
            energy(provider.counters.sold_wh),
        ]
    };
    let rows: Vec<Vec<String>> = page.providers.iter().map(row).collect();
    let header = [
        "provider",
        "name",
        "zone",
        "state",
        "capacity",
        "meters",
        "stake",
        "reputation",
        "attested",
        "sold",
    ];
    output::rows(&header, &[4, 5, 6, 7, 8, 9], &rows);
    if let Some(next) = page.next {
        output::note(format!("more: --after {next}"));
    }
    Ok(())
}

/// What is granted.
fn scopes(list: &[EnergyScope]) -> Scopes {
    Scopes {
        submit_reading: list.contains(&EnergyScope::SubmitReading),
        dispute: list.contains(&EnergyScope::Dispute),
        settle: list.contains(&EnergyScope::Settle),
    }
}

fn names(scopes: Scopes) -> String {
    let all = [EnergyScope::SubmitReading, EnergyScope::Dispute, EnergyScope::Settle];
    let has = all.into_iter().filter(|scope| scopes.has(*scope));
    let names: Vec<&str> = has.map(EnergyScope::name).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// `althing energy grant`
///
/// # Errors
/// Those of transactions.
pub(super) fn grant(context: &Context, args: &EnergyGrant) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let grantee = context.address(&args.account)?;
        let expires = match args.expires {
            Some(expires) => expires,
            None => {
                let now = client.energy().await?.height;
                Height::new(now.get().saturating_add(GRANT_BLOCKS))
            }
        };
        let scopes = scopes(&args.scopes);
        let plan = Plan {
            facts: vec![
                ("account", grantee.to_string()),
                ("acts for you as", args.role.to_string()),
                ("may", names(scopes)),
                ("until block", expires.to_string()),
            ],
            question: match scopes.is_empty() {
                true => format!("End what {grantee} may do for you"),
                false => format!("Let {grantee} act for you"),
            },
        };
        let (account, role) = (grantee, args.role);
        let payload = Payload::GrantEnergyRole(GrantEnergyRole { account, role, scopes, expires });
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

/// `althing energy grants`
///
/// # Errors
/// As any question to a node.
pub(super) async fn grants(
    context: &Context,
    client: &Client,
    name: Option<&str>,
) -> Result<(), CliError> {
    let grants = client.energy_grants(account(context, name)?).await?;
    if told(context, &grants)? {
        return Ok(());
    }
    if grants.is_empty() {
        output::line("nobody acts for this account");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = grants
        .iter()
        .map(|grant| {
            vec![
                grant.account.to_string(),
                grant.role.to_string(),
                names(grant.scopes),
                grant.expires.to_string(),
                if grant.active { "yes" } else { "no" }.to_owned(),
            ]
        })
        .collect();
    output::rows(&["account", "as", "may", "until block", "now"], &[3], &rows);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_those_that_are_named() {
        let some = scopes(&[EnergyScope::Dispute, EnergyScope::SubmitReading]);
        assert_eq!(names(some), "submit_reading, dispute");
        assert_eq!(names(scopes(&[])), "nothing");
    }

    #[test]
    fn a_newcomer_stakes_what_the_chain_asks_for() {
        let stake = newcomer_stake(&EnergyParams::devnet(), 5_000).unwrap();
        assert_eq!(stake, Amount::new(150_750_000_000_000_000_000), "150.75 CPC, as the docs say");
    }
}
