//! `althing energy submit-reading`

use super::{
    acts_for,
    meters::{chain_id, read_key, served_by},
    send,
    units::{energy, moment},
};
use crate::cli::{
    args::SubmitReading,
    context::{Context, read_text},
    error::{CliError, Exit},
    online::with_chain,
    output,
    tx::Plan,
};
use althing_client::{
    http::{Client, Version},
    meter_key::{MeterSecret, Unsigned},
};
use althing_types::{
    List, Payload, energy::Reading, limits::MAX_READINGS, message::SubmitReadings,
};
use std::time::{SystemTime, UNIX_EPOCH};

/// Signs and submits, or submits what is signed.
///
/// # Errors
/// Those of transactions; exit code 2 for a file that holds no readings, 5 if there is no such meter.
pub(super) fn submit(context: &Context, args: &SubmitReading) -> Result<(), CliError> {
    let secret = args.key.as_deref().map(|path| read_key(context, path)).transpose()?;
    let read = args.file.as_deref().map(|path| parse(&read_text(path)?)).transpose()?;
    with_chain(context, async |client, chain| {
        let readings = match (&secret, &read) {
            (Some(secret), _) => vec![sign(&client, &chain, secret, args).await?],
            (None, Some(read)) => read.clone(),
            (None, None) => return Err(CliError::usage("give --key or --file")),
        };
        if args.sign_only {
            let value = serde_json::to_value(&readings);
            output::json(&value.map_err(|error| CliError::usage(error.to_string()))?);
            return Ok(());
        }
        let signer = context.signer(args.sending.from.as_deref())?;
        let provider = acts_for(context, args.provider.as_deref(), &signer)?;
        let plan = plan(&readings);
        let most = || CliError::usage(format!("a batch has at most {MAX_READINGS} readings"));
        let readings = List::new(readings).ok_or_else(most)?;
        let payload = Payload::SubmitReadings(SubmitReadings { provider, readings });
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

/// One reading, or a list of them.
fn parse(text: &str) -> Result<Vec<Reading>, CliError> {
    let wrong = |error: serde_json::Error| {
        let message = format!("these are no signed readings: {error}");
        CliError::new(Exit::Usage, "invalid_readings", message)
    };
    let list = text.trim_start().starts_with('[');
    let readings: Vec<Reading> = match list {
        true => serde_json::from_str(text).map_err(wrong)?,
        false => vec![serde_json::from_str(text).map_err(wrong)?],
    };
    if readings.is_empty() {
        return Err(CliError::new(Exit::Usage, "invalid_readings", "there is no reading in it"));
    }
    Ok(readings)
}

/// What the file of a key counts now: sequence and sum follow from what the chain knows.
async fn sign(
    client: &Client,
    chain: &Version,
    secret: &MeterSecret,
    args: &SubmitReading,
) -> Result<Reading, CliError> {
    let id = match args.meter {
        Some(meter) => meter,
        None => served_by(client, secret).await?,
    };
    let meter = client.meter(id).await?;
    if meter.key != *secret.public() {
        let message = "the meter has another key now: sign with that one";
        return Err(CliError::new(Exit::Key, "meter_key_old", message));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let seconds = args.minutes.saturating_mul(60);
    let wh = args.wh.unwrap_or_default();
    let start = args.start.unwrap_or_else(|| now.saturating_sub(seconds.into()));
    let total_wh = meter.total_wh.checked_add(wh).ok_or_else(|| {
        CliError::usage("the meter cannot count so much: give it another key that counts from 0")
    })?;
    let sequence = meter.sequence;
    let unsigned = Unsigned { meter: id, sequence, start, seconds, wh, total_wh, signed_at: now };
    Ok(secret.reading(&chain_id(chain)?, unsigned))
}

fn plan(readings: &[Reading]) -> Plan {
    let sum = readings.iter().fold(0u64, |sum, reading| sum.saturating_add(reading.wh));
    let mut facts = vec![("energy", energy(sum))];
    let first = readings.iter().map(|reading| reading.start).min();
    let last = readings.iter().map(Reading::end).max();
    if let (Some(first), Some(last)) = (first, last) {
        facts.push(("counted", format!("from {} to {}", moment(first), moment(last))));
    }
    if let [reading] = readings {
        facts.push(("meter", hex::encode(reading.meter)));
        facts.push(("sequence", reading.sequence.to_string()));
        facts.push(("in all", energy(reading.total_wh)));
    }
    let question = format!("Submit {}", output::count(readings.len() as u64, "reading"));
    Plan { facts, question }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::{Hash, KeyScheme};

    #[test]
    fn readings_survive_their_text() {
        let secret = MeterSecret::generate(KeyScheme::Ed25519).unwrap();
        let unsigned = |sequence| Unsigned {
            meter: Hash::from([7; 32]),
            sequence,
            start: 900 * sequence,
            seconds: 900,
            wh: 5,
            total_wh: 5 * (sequence + 1),
            signed_at: 900 * (sequence + 1),
        };
        let chain = "test-1".parse().unwrap();
        let readings: Vec<Reading> =
            (0..3).map(|sequence| secret.reading(&chain, unsigned(sequence))).collect();
        let text = serde_json::to_string(&readings).unwrap();
        assert_eq!(parse(&text).unwrap(), readings);
        let one = serde_json::to_string(&readings[1]).unwrap();
        assert_eq!(parse(&one).unwrap(), readings[1..2]);
        let plan = plan(&readings);
        assert_eq!(plan.facts[0].1, "0.015 kWh");
        assert_eq!(plan.question, "Submit 3 readings");
        for wrong in ["", "[]", "{}", "[{}]", &text.replace("\"wh\"", "\"kwh\"")] {
            assert_eq!(parse(wrong).unwrap_err().code, "invalid_readings", "{wrong}");
        }
    }
}
