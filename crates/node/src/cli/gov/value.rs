//! Values of parameters, lengths of time and ballots, as people write and read them.

use crate::cli::{
    args::{Setting, parse_percent},
    error::CliError,
    output,
};
use althing_client::builder;
use althing_types::{
    Amount, ChainParams, Period, Ppm,
    governance::{Ballot, Choice},
    params::{FeeSplit, Parameter, ParameterValue, Schedule},
};
use std::time::Duration;

/// The new value of a parameter from its text.
///
/// # Errors
/// A sentence with the forms that the parameter takes.
pub(crate) fn parse(
    parameter: &Parameter,
    params: &ChainParams,
    text: &str,
    symbol: &str,
) -> Result<ParameterValue, String> {
    let present = parameter.get(params);
    let text = text.trim();
    let value = if text.starts_with('{') {
        document(present, text)
    } else {
        plain(parameter, present, text, symbol)
    };
    value.ok_or_else(|| {
        format!("{}={text}: expected {}", parameter.name, forms(parameter, present, symbol))
    })
}

/// Sets parameters of a chain that does not run yet.
///
/// # Errors
/// Exit code 2 for values of another form, 5 for names that do not exist.
pub(crate) fn configure(
    params: &mut ChainParams,
    settings: &[Setting],
    symbol: &str,
) -> Result<(), CliError> {
    for setting in settings {
        let parameter = super::propose::find(&setting.name)?;
        let value = parse(parameter, params, &setting.value, symbol).map_err(CliError::usage)?;
        // It is of the type of the present one.
        parameter.set(params, value);
    }
    Ok(())
}

/// A value as JSON has it.
fn document(present: ParameterValue, text: &str) -> Option<ParameterValue> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    serde_json::from_value(serde_json::json!({ "type": present.name(), "value": value })).ok()
}

fn plain(
    parameter: &Parameter,
    present: ParameterValue,
    text: &str,
    symbol: &str,
) -> Option<ParameterValue> {
    Some(match present {
        ParameterValue::Number { .. } => {
            ParameterValue::Number { value: number(text, is_time(parameter))? }
        }
        ParameterValue::Amount { .. } => ParameterValue::Amount { value: amount(text, symbol)? },
        ParameterValue::Part { .. } => ParameterValue::Part { value: part(text)? },
        ParameterValue::Period { .. } => ParameterValue::Period { value: parse_period(text).ok()? },
        ParameterValue::FeeSplit { .. } => ParameterValue::FeeSplit { value: fee_split(text)? },
        ParameterValue::Schedule { .. } => {
            ParameterValue::Schedule { value: schedule(text, symbol)? }
        }
    })
}

/// What the parameter takes, with an example.
fn forms(parameter: &Parameter, present: ParameterValue, symbol: &str) -> String {
    match present {
        ParameterValue::Number { .. } if is_time(parameter) => {
            "milliseconds, for example 500 or 500ms".to_owned()
        }
        ParameterValue::Number { .. } => "a whole number, for example 7".to_owned(),
        ParameterValue::Amount { .. } => {
            format!("an amount, for example 50{symbol} or 12.5{symbol}")
        }
        ParameterValue::Part { .. } => "a part, for example 40% or 334000ppm".to_owned(),
        ParameterValue::Period { .. } => {
            "a length of time, for example 90blocks, 48h or 90blocks+48h".to_owned()
        }
        ParameterValue::FeeSplit { .. } => {
            "four parts of a whole, for example proposer=40%,stakers=40%,treasury=15%,burn=5%"
                .to_owned()
        }
        ParameterValue::Schedule { .. } => format!(
            "a schedule, for example halving:initial=50{symbol},period=2100000 or \
             target-apr:start=8%,step=1%,floor=2%"
        ),
    }
}

/// Whether the number is one of milliseconds.
fn is_time(parameter: &Parameter) -> bool {
    parameter.name.ends_with("_ms")
}

fn number(text: &str, is_time: bool) -> Option<u64> {
    let digits = text.replace('_', "");
    if let Ok(number) = digits.parse() {
        return Some(number);
    }
    let time = humantime::parse_duration(text).ok().filter(|_| is_time)?;
    u64::try_from(time.as_millis()).ok()
}

fn amount(text: &str, symbol: &str) -> Option<Amount> {
    let tail = text.len().checked_sub(symbol.len()).and_then(|at| text.split_at_checked(at));
    let number = match tail {
        Some((number, unit)) if unit.eq_ignore_ascii_case(symbol) => number,
        _ => text,
    };
    Amount::parse_tokens(number.trim()).ok()
}

/// A part with its unit, without which it would be unclear.
fn part(text: &str) -> Option<Ppm> {
    match text.strip_suffix("ppm") {
        Some(parts) => parts.trim().parse().ok().and_then(Ppm::new),
        None => parse_percent(text).ok().filter(|_| text.ends_with('%')),
    }
}

/// `a=…,b=…`, each name once.
fn pairs(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for pair in text.split(',') {
        let (name, value) = pair.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        if pairs.iter().any(|(known, _)| *known == name) {
            return None;
        }
        pairs.push((name, value));
    }
    Some(pairs)
}

fn fee_split(text: &str) -> Option<FeeSplit> {
    let [mut proposer, mut stakers, mut treasury, mut burn] = [Ppm::ZERO; 4];
    for (name, value) in pairs(text)? {
        let field = match name {
            "proposer" => &mut proposer,
            "stakers" => &mut stakers,
            "treasury" => &mut treasury,
            "burn" => &mut burn,
            _ => return None,
        };
        *field = part(value)?;
    }
    let sum: u64 = [proposer, stakers, treasury, burn].iter().map(|ppm| u64::from(ppm.get())).sum();
    (sum == u64::from(Ppm::ONE.get())).then_some(FeeSplit { proposer, stakers, treasury, burn })
}

fn schedule(text: &str, symbol: &str) -> Option<Schedule> {
    let (kind, rest) = text.split_once(':')?;
    let pairs = pairs(rest)?;
    let find = |wanted| pairs.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    match (kind.trim(), pairs.len()) {
        ("halving", 2) => Some(Schedule::Halving {
            initial: amount(find("initial")?, symbol)?,
            period: number(find("period")?, false)?,
        }),
        ("target-apr", 3) => Some(Schedule::TargetApr {
            start: part(find("start")?)?,
            step: part(find("step")?)?,
            floor: part(find("floor")?)?,
        }),
        _ => None,
    }
}

/// Blocks, a time, or both of which must pass: `90blocks`, `48h`, `90blocks+48h`.
///
/// # Errors
/// A sentence that shows the expected form.
pub(crate) fn parse_period(text: &str) -> Result<Period, String> {
    let bad =
        || format!("{text:?}: expected blocks or a time, such as 90blocks, 48h or 90blocks+48h");
    let mut period = Period::default();
    for term in text.split('+') {
        let term = term.trim();
        let blocks = term.strip_suffix("blocks").or_else(|| term.strip_suffix("block"));
        if let Some(blocks) = blocks {
            let blocks: u64 = blocks.trim().replace('_', "").parse().map_err(|_| bad())?;
            period.blocks = period.blocks.checked_add(blocks).ok_or_else(bad)?;
        } else {
            let time = humantime::parse_duration(term).map_err(|_| bad())?;
            let ms = u64::try_from(time.as_millis()).map_err(|_| bad())?;
            period.ms = period.ms.checked_add(ms).ok_or_else(bad)?;
        }
    }
    Ok(period)
}

/// One choice, or parts in percent that add up to a hundred: `yes=60,no=40`.
///
/// # Errors
/// A sentence that shows the expected form.
pub(crate) fn parse_ballot(text: &str) -> Result<Ballot, String> {
    builder::parse_ballot(text).ok_or_else(|| {
        format!(
            "{text:?} is no ballot: expected yes, no, abstain, veto, or parts in percent that add up \
             to 100, such as yes=60,no=40"
        )
    })
}

/// A part of a whole for people.
pub(crate) fn percent(part: Ppm) -> String {
    output::percent(part.get().into())
}

/// A length of time for people, exact.
pub(crate) fn period(period: Period) -> String {
    let time = || humantime::format_duration(Duration::from_millis(period.ms)).to_string();
    match (period.blocks, period.ms) {
        (0, 0) => "nothing".to_owned(),
        (blocks, 0) => output::count(blocks, "block"),
        (0, _) => time(),
        (blocks, _) => format!("{} and {}", output::count(blocks, "block"), time()),
    }
}

/// A value for people.
pub(crate) fn show(parameter: &Parameter, value: ParameterValue, symbol: &str) -> String {
    match value {
        ParameterValue::Number { value } if is_time(parameter) => format!("{value} ms"),
        ParameterValue::Number { value } => value.to_string(),
        ParameterValue::Amount { value } => output::tokens_of(value, symbol),
        ParameterValue::Part { value } => percent(value),
        ParameterValue::Period { value } => period(value),
        ParameterValue::FeeSplit { value } => format!(
            "proposer {}, stakers {}, treasury {}, burn {}",
            percent(value.proposer),
            percent(value.stakers),
            percent(value.treasury),
            percent(value.burn)
        ),
        ParameterValue::Schedule { value: Schedule::Halving { initial, period } } => format!(
            "{} a block, half as much after each {period} blocks",
            output::tokens_of(initial, symbol)
        ),
        ParameterValue::Schedule { value: Schedule::TargetApr { start, step, floor } } => format!(
            "{} a year, {} less each year, down to {}",
            percent(start),
            percent(step),
            percent(floor)
        ),
    }
}

/// A ballot for people.
pub(crate) fn ballot(ballot: &Ballot) -> String {
    let parts: Vec<String> = Choice::ALL
        .iter()
        .filter(|choice| ballot.part(**choice) > Ppm::ZERO)
        .map(|choice| match ballot.part(*choice) {
            Ppm::ONE => choice.name().to_owned(),
            part => format!("{} {}", percent(part), choice.name()),
        })
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::params::PARAMETERS;

    fn read(name: &str, text: &str) -> Result<ParameterValue, String> {
        parse(Parameter::find(name).unwrap(), &ChainParams::devnet(), text, "CPC")
    }

    #[test]
    fn a_value_is_read_as_the_type_of_its_parameter() {
        let tokens = |text| ParameterValue::Amount { value: Amount::parse_tokens(text).unwrap() };
        for text in ["50CPC", "50 cpc", "50", "50.0"] {
            assert_eq!(read("staking.min_delegation", text), Ok(tokens("50")), "{text}");
        }
        let part = |ppm| ParameterValue::Part { value: Ppm::new(ppm).unwrap() };
        assert_eq!(read("governance.quorum", "40%"), Ok(part(400_000)));
        assert_eq!(read("governance.quorum", "334001ppm"), Ok(part(334_001)));
        let number = |value| ParameterValue::Number { value };
        assert_eq!(read("block_gas_limit", "30_000_000"), Ok(number(30_000_000)));
        assert_eq!(read("idle_interval_ms", "2s"), Ok(number(2_000)));
        assert_eq!(read("idle_interval_ms", "250"), Ok(number(250)));
        let period = |blocks, ms| ParameterValue::Period { value: Period { blocks, ms } };
        assert_eq!(read("staking.unbonding", "90 blocks + 1h"), Ok(period(90, 3_600_000)));
        assert_eq!(read("staking.unbonding", r#"{"blocks":1,"ms":2}"#), Ok(period(1, 2)));
        let split = read("fee_split", "proposer=40%,treasury=60%").unwrap();
        let ParameterValue::FeeSplit { value } = split else { panic!("no split: {split:?}") };
        assert_eq!((value.proposer.get(), value.burn.get()), (400_000, 0));
        let schedule = read("emission.schedule", "target-apr:start=8%,step=1%,floor=2%").unwrap();
        assert!(matches!(schedule, ParameterValue::Schedule { value: Schedule::TargetApr { .. } }));
    }

    #[test]
    fn a_value_of_another_form_is_refused_with_an_example() {
        for (name, text, example) in [
            ("staking.min_delegation", "50TST", "50CPC"),
            ("staking.min_delegation", "-1", "50CPC"),
            ("governance.quorum", "0.4", "40%"),
            ("governance.quorum", "40", "40%"),
            ("governance.quorum", "101%", "40%"),
            ("block_gas_limit", "2s", "whole number"),
            ("block_gas_limit", "18446744073709551616", "whole number"),
            ("staking.unbonding", "5", "90blocks"),
            ("staking.unbonding", r#"{"blocks":1}"#, "90blocks"),
            ("fee_split", "proposer=40%", "burn=5%"),
            ("fee_split", "proposer=50%,proposer=50%", "burn=5%"),
            ("emission.schedule", "halving:initial=1", "target-apr"),
        ] {
            let error = read(name, text).unwrap_err();
            assert!(error.starts_with(name) && error.contains(example), "{error}");
        }
    }

    #[test]
    fn every_present_value_can_be_shown_and_typed_again() {
        for params in [ChainParams::devnet(), ChainParams::mainnet()] {
            for parameter in PARAMETERS {
                let value = parameter.get(&params);
                assert!(!show(parameter, value, "CPC").is_empty());
                let json = serde_json::to_value(value).unwrap()["value"].clone();
                let text = match &json {
                    serde_json::Value::Object(_) => json.to_string(),
                    _ => show(parameter, value, "CPC").replace(" %", "%"),
                };
                let again = parse(parameter, &params, &text, "CPC");
                assert_eq!(again, Ok(value), "{}", parameter.name);
            }
        }
    }

    #[test]
    fn a_period_has_blocks_or_a_time_or_both() {
        assert_eq!(parse_period("1block"), Ok(Period::blocks(1)));
        assert_eq!(parse_period("7d"), Ok(Period::ms(7 * Period::DAY_MS)));
        assert_eq!(period(Period { blocks: 10, ms: 3_600_000 }), "10 blocks and 1h");
        assert_eq!(period(Period::default()), "nothing");
        for bad in ["", "5", "blocks", "1h+", "99999999999999999999blocks"] {
            assert!(parse_period(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_ballot_is_one_word_or_parts_of_a_hundred() {
        assert_eq!(parse_ballot("veto"), Ok(Ballot::all(Choice::Veto)));
        let divided = parse_ballot("yes=60,no=39.9999%,abstain=0.0001").unwrap();
        assert_eq!(divided.part(Choice::No).get(), 399_999);
        assert_eq!(ballot(&divided), "60 % yes, 39.9999 % no, 0.0001 % abstain");
        assert_eq!(ballot(&Ballot::all(Choice::No)), "no");
        for bad in ["", "maybe", "yes=60", "yes=60,yes=40", "yes=60,no=50", "yes", "yes=", "no=x"]
            .into_iter()
            .filter(|text| *text != "yes")
        {
            assert!(parse_ballot(bad).is_err(), "{bad}");
        }
        assert!(parse_ballot("yes=60,no=50").unwrap_err().contains("add up"));
    }
}
