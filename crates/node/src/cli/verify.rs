//! `althing verify`: true or false, and why.

use super::{
    args::VerifyArgs,
    context::{Context, read_text},
    error::{CliError, Exit},
    genesis, output,
};
use althing_client::verify::{self, Failure, Position, Step, Verified};
use althing_ledger::compute::{Credit, Credits, MinerPool, query as compute};
use althing_state::StateKey;
use althing_types::{Address, Amount, Epoch};
use serde_json::{Value, json};

/// Runs `althing verify`.
///
/// # Errors
/// Exit code 6 if the proof is false; the sentence names the step.
pub(crate) fn run(context: &Context, args: &VerifyArgs) -> Result<(), CliError> {
    let genesis = genesis::load(&args.genesis)?;
    let bundle = read_text(&args.bundle)?;
    let verified = verify::verify(&genesis, bundle.trim())
        .and_then(|verified| about(args, &verified).map(|()| verified))
        .map_err(|failure| {
            if context.global.json {
                output::json(&json!({ "verified": false, "step": failure.step.name() }));
            }
            CliError::new(Exit::False, format!("proof_{}", failure.step), failure.to_string())
        })?;
    if context.global.json {
        output::json(&describe(&verified));
    } else {
        print(&verified, &genesis.symbol);
    }
    Ok(())
}

fn about(args: &VerifyArgs, verified: &Verified) -> Result<(), Failure> {
    let subject = |reason: String| Err(Failure::new(Step::Subject, reason));
    let expected = match args.expected_address() {
        Ok(expected) => expected,
        Err(error) => return subject(format!("--address: {error}")),
    };
    match (verified, expected, args.tx.as_deref()) {
        (_, None, None) => Ok(()),
        (Verified::Account { address, .. }, Some(expected), None) if *address == expected => Ok(()),
        (Verified::Transaction { transaction, .. }, None, Some(expected))
            if hex::encode(transaction.hash()) == expected.to_lowercase() =>
        {
            Ok(())
        }
        _ => subject("it holds, but it is about something else than asked".to_owned()),
    }
}

/// A record that people want to read.
enum Known {
    /// What a worker has earned in epochs that it can claim.
    Credits(Credits),
    /// The miners' pool of an epoch.
    Pool(MinerPool),
}

impl Known {
    fn read(key: &StateKey, value: &[u8]) -> Option<Self> {
        let prefix = key.prefix();
        if prefix == compute::credits_key(Address::new([0; 20])).prefix() {
            compute::decode_credits(value).ok().map(Self::Credits)
        } else if prefix == compute::pool_key(Epoch::ZERO).prefix() {
            compute::decode_pool(value).ok().map(Self::Pool)
        } else {
            None
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Credits(credits) => json!({ "credits": credits }),
            Self::Pool(pool) => json!({ "pool": pool }),
        }
    }

    fn facts(&self, symbol: &str) -> Vec<(&'static str, String)> {
        let units = |weight: Amount| format!("{} millionths of a unit of work", weight.units());
        match self {
            Self::Credits(credits) => {
                let line = |credit: &Credit| {
                    ("weight", format!("epoch {}: {}", credit.epoch, units(credit.weight)))
                };
                credits.iter().map(line).collect()
            }
            Self::Pool(pool) => vec![
                ("all weights", units(pool.total)),
                ("pool", output::tokens_of(pool.pool, symbol)),
                ("not claimed", output::tokens_of(pool.left, symbol)),
            ],
        }
    }
}

fn describe_position(at: &Position) -> Value {
    json!({
        "height": at.height,
        "hash": hex::encode(at.hash),
        "timestamp": at.timestamp,
        "signers": at.signers,
        "validators": at.validators,
    })
}

fn describe(verified: &Verified) -> Value {
    match verified {
        Verified::Account { address, account, at } => json!({
            "verified": true,
            "kind": "account",
            "address": address,
            "exists": account.is_some(),
            "nonce": account.map_or(0, |(nonce, _)| nonce.get()),
            "balance": account.map_or_else(Default::default, |(_, balance)| balance),
            "block": describe_position(at),
        }),
        Verified::Record { key, value, at } => json!({
            "verified": true,
            "kind": "record",
            "key": key.to_string(),
            "exists": value.is_some(),
            "value": value.as_ref().map(hex::encode),
            "record": value.as_ref().and_then(|value| Known::read(key, value)).map(|it| it.json()),
            "block": describe_position(at),
        }),
        Verified::Transaction { transaction, receipt, index, at } => json!({
            "verified": true,
            "kind": "transaction",
            "hash": hex::encode(transaction.hash()),
            "transaction": transaction.body(),
            "receipt": receipt,
            "index": index,
            "block": describe_position(at),
        }),
    }
}

fn print(verified: &Verified, symbol: &str) {
    let (mut facts, at) = match verified {
        Verified::Account { address, account, at } => {
            let mut facts = vec![("true", format!("the account {address}"))];
            match account {
                Some((nonce, balance)) => {
                    facts.push(("balance", output::tokens_of(*balance, symbol)));
                    facts.push(("nonce", nonce.to_string()));
                }
                None => facts.push(("balance", "the account does not exist".to_owned())),
            }
            (facts, at)
        }
        Verified::Record { key, value, at } => {
            let mut facts = vec![("true", format!("the record {key}"))];
            match value {
                Some(value) => match Known::read(key, value) {
                    Some(known) => facts.extend(known.facts(symbol)),
                    None => facts.push(("value", hex::encode(value))),
                },
                None => facts.push(("value", "there is none".to_owned())),
            }
            (facts, at)
        }
        Verified::Transaction { transaction, receipt, index, at } => {
            let outcome = match receipt.code.is_ok() {
                true => "succeeded".to_owned(),
                false => format!("failed with code {}", receipt.code.get()),
            };
            let facts = vec![
                ("true", format!("the transaction {}", hex::encode(transaction.hash()))),
                ("outcome", outcome),
                ("fee", output::tokens_of(receipt.fee, symbol)),
                ("place", format!("transaction {index} of its block")),
            ];
            (facts, at)
        }
    };
    facts.push(("block", format!("{} ({})", at.height, hex::encode(at.hash))));
    facts.push(("block time", output::time(at.timestamp.get())));
    facts.push(("signed by", format!("{} of {} validators", at.signers, at.validators)));
    output::facts(&facts);
}
