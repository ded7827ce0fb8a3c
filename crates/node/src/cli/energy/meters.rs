//! Meters and their keys.

use super::{
    account, send, told,
    units::{energy, moment, power},
};
use crate::cli::{
    args::{
        MeterCommand, MeterList, MeterNewKey, MeterReadings, MeterRegister, MeterRevoke,
        MeterRotate,
    },
    context::Context,
    error::{CliError, Exit},
    online::with_chain,
    output,
    tx::Plan,
};
use althing_client::{
    http::{Client, MeterInfo, MeterReadingInfo, Version},
    meter_key::MeterSecret,
};
use althing_types::{
    ChainId, Hash, Payload,
    message::{RegisterMeter, RevokeMeter, RotateMeter},
};
use serde_json::json;
use std::path::Path;

/// Runs `althing energy meter …`.
///
/// # Errors
/// Those of transactions and of questions to a node; exit code 7 for files of keys.
pub(super) fn run(context: &Context, command: &MeterCommand) -> Result<(), CliError> {
    match command {
        MeterCommand::NewKey(args) => new_key(context, args),
        MeterCommand::Register(args) => register(context, args),
        MeterCommand::Rotate(args) => rotate(context, args),
        MeterCommand::Revoke(args) => revoke(context, args),
        MeterCommand::Show { meter } => with_chain(context, async |client, _| {
            let meter = client.meter(*meter).await?;
            if !told(context, &meter)? {
                show(&meter);
            }
            Ok(())
        }),
        MeterCommand::List(args) => {
            with_chain(context, async |client, _| list(context, &client, args).await)
        }
        MeterCommand::Readings(args) => {
            with_chain(context, async |client, _| readings(context, &client, args).await)
        }
    }
}

/// The key of a meter in a file, with its password if it has one.
///
/// # Errors
/// Exit code 7.
pub(crate) fn read_key(context: &Context, path: &Path) -> Result<MeterSecret, CliError> {
    let encrypted = MeterSecret::encrypted(path)?;
    let purpose = format!("the key of a meter in {}", path.display());
    let password = if encrypted { Some(context.password(&purpose)?) } else { None };
    Ok(MeterSecret::read(path, password.as_ref().map(|password| password.as_str()))?)
}

/// The chain that a node follows, as it stands in what meters sign.
///
/// # Errors
/// Exit code 1 if its name is none.
pub(super) fn chain_id(chain: &Version) -> Result<ChainId, CliError> {
    chain.chain_id.parse().map_err(|_| {
        let message = format!("the node's chain has a name that is none: {:?}", chain.chain_id);
        CliError::new(Exit::Failed, "bad_answer", message)
    })
}

fn new_key(context: &Context, args: &MeterNewKey) -> Result<(), CliError> {
    let secret = MeterSecret::generate(args.scheme).map_err(|_| {
        CliError::usage(format!("meters have no {} keys: use ed25519 or ml-dsa-65", args.scheme))
    })?;
    let purpose = "the key of a meter";
    let password = if args.encrypt { Some(context.new_password(purpose)?) } else { None };
    secret.write(&args.file, password.as_ref().map(|password| password.as_str()))?;
    let (file, key) = (args.file.display().to_string(), secret.public().to_string());
    if context.global.json {
        output::json(&json!({ "file": file, "key": key, "encrypted": args.encrypt }));
    } else {
        output::facts(&[("file", file), ("key", key)]);
    }
    Ok(())
}

fn register(context: &Context, args: &MeterRegister) -> Result<(), CliError> {
    let secret = read_key(context, &args.key)?;
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let provider = signer.address();
        let plan = Plan {
            facts: vec![
                ("meter", hex::encode(secret.id(&provider))),
                ("key", secret.public().to_string()),
                ("measures at most", power(args.max)),
                ("has counted", energy(args.total)),
            ],
            question: "Bind this meter to your provider".to_owned(),
        };
        let payload = Payload::RegisterMeter(RegisterMeter {
            key: secret.public().clone(),
            max_w: args.max,
            total_wh: args.total,
            signature: secret.binding(&chain_id(&chain)?, &provider),
        });
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

fn rotate(context: &Context, args: &MeterRotate) -> Result<(), CliError> {
    let next = read_key(context, &args.key)?;
    let old = args.old_key.as_deref().map(|path| read_key(context, path)).transpose()?;
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let meter = client.meter(args.meter).await?;
        let total_wh = args.total.unwrap_or(meter.total_wh);
        let generation = meter.generation.checked_add(1).ok_or_else(|| {
            CliError::usage("this meter has had all keys that it can have: register another one")
        })?;
        let id = chain_id(&chain)?;
        let consent = old
            .as_ref()
            .map(|old| old.consent(&id, &args.meter, (generation, next.public()), total_wh));
        let plan = Plan {
            facts: vec![
                ("meter", hex::encode(args.meter)),
                ("new key", next.public().to_string()),
                ("key number", generation.to_string()),
                ("counts from", energy(total_wh)),
                (
                    "the old key",
                    match consent {
                        Some(_) => "agrees".to_owned(),
                        None => {
                            "does not agree: it must have been revoked for the cool-down".to_owned()
                        }
                    },
                ),
            ],
            question: "Give the meter this key".to_owned(),
        };
        let payload = Payload::RotateMeter(RotateMeter {
            meter: args.meter,
            key: next.public().clone(),
            total_wh,
            signature: next.binding(&id, &meter.provider),
            consent,
        });
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

fn revoke(context: &Context, args: &MeterRevoke) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let meter = client.meter(args.meter).await?;
        let plan = Plan {
            facts: vec![
                ("meter", hex::encode(args.meter)),
                ("key", meter.key.to_string()),
                ("from this block on", "nothing that it signs counts".to_owned()),
            ],
            question: "Revoke the key of this meter".to_owned(),
        };
        let payload = Payload::RevokeMeter(RevokeMeter { meter: args.meter });
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

fn show(meter: &MeterInfo) {
    let mut facts = vec![
        ("meter", hex::encode(meter.meter)),
        ("provider", meter.provider.to_string()),
        ("state", meter.state.to_string()),
        ("key", meter.key.to_string()),
        ("key number", format!("{}, since block {}", meter.generation, meter.keyed)),
        ("next reading", format!("sequence {}", meter.sequence)),
        ("has counted", energy(meter.total_wh)),
        ("up to", last(meter)),
        ("attested", energy(meter.attested_wh)),
        ("measures at most", power(meter.max_w)),
        (
            "root",
            format!(
                "{}, over {}",
                hex::encode(meter.root),
                output::count(meter.absorbed, "reading")
            ),
        ),
    ];
    if let Some(due) = meter.cooled {
        facts.push(("another key", format!("may follow from block {} on", due.height)));
    }
    output::facts(&facts);
}

/// When the last interval of a meter ended.
fn last(meter: &MeterInfo) -> String {
    if meter.last_end == 0 {
        return "no reading yet".to_owned();
    }
    let stale = if meter.stale { ", stale" } else { "" };
    format!(
        "{} ({} ago{stale})",
        moment(meter.last_end),
        output::duration(meter.age_s.saturating_mul(1_000))
    )
}

async fn list(context: &Context, client: &Client, args: &MeterList) -> Result<(), CliError> {
    let provider = account(context, args.provider.as_deref())?;
    let mut page = client.provider_meters(provider, args.after, Some(args.limit as usize)).await?;
    if let Some(state) = args.state {
        page.meters.retain(|meter| meter.state == state);
    }
    if told(context, &page)? {
        return Ok(());
    }
    if page.meters.is_empty() {
        output::line("no meters: `althing energy meter register --help` says how to bind one");
        return Ok(());
    }
    let row = |meter: &MeterInfo| {
        vec![
            hex::encode(meter.meter),
            meter.state.to_string(),
            power(meter.max_w),
            meter.sequence.to_string(),
            energy(meter.total_wh),
            last(meter),
        ]
    };
    let rows: Vec<Vec<String>> = page.meters.iter().map(row).collect();
    output::rows(&["meter", "state", "at most", "next", "counted", "up to"], &[2, 3, 4], &rows);
    if let Some(next) = page.next {
        output::note(format!("more: --after {}", hex::encode(next)));
    }
    Ok(())
}

async fn readings(
    context: &Context,
    client: &Client,
    args: &MeterReadings,
) -> Result<(), CliError> {
    let page = client.meter_readings(args.meter, args.before, Some(args.limit as usize)).await?;
    if told(context, &page)? {
        return Ok(());
    }
    if page.readings.is_empty() {
        output::line("no readings of this meter yet");
        return Ok(());
    }
    let row = |reading: &MeterReadingInfo| {
        vec![
            reading.sequence.to_string(),
            moment(reading.start),
            output::duration(u64::from(reading.seconds).saturating_mul(1_000)),
            energy(reading.wh),
            energy(reading.total_wh),
            reading.outcome.to_string(),
            format!("{}/{}", reading.batch, reading.place),
            reading.height.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = page.readings.iter().map(row).collect();
    let header = ["sequence", "from", "for", "energy", "in all", "is", "batch/place", "block"];
    output::rows(&header, &[0, 2, 3, 4, 6, 7], &rows);
    if let Some(next) = page.next {
        output::note(format!("more: --before {next}"));
    }
    Ok(())
}

/// The id of a meter by the key that it signs with.
///
/// # Errors
/// Exit code 5 if no meter has this key.
pub(super) async fn served_by(client: &Client, secret: &MeterSecret) -> Result<Hash, CliError> {
    Ok(client.meter_by_key(secret.public()).await?.meter)
}
