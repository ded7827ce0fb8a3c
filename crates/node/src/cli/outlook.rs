//! When things count, and what they earn: what people are told before they stake.

use super::{
    context::Context,
    error::{CliError, Exit},
    output,
};
use althing_client::http::{Client, ClientError, Status, ValidatorInfo};
use althing_types::{Amount, ChainParams, Period, ValidatorKey};
use serde_json::Value;

/// The chain as it is now, and the forecast of a year.
pub(super) struct Outlook {
    /// The parameters in force.
    pub(super) params: ChainParams,
    /// Where the chain stands.
    pub(super) status: Status,
    /// The answer of `/v1/economics`.
    pub(super) forecast: Value,
    symbol: String,
}

impl Outlook {
    /// Asks a node; `query` is that of `/v1/economics`.
    ///
    /// # Errors
    /// As any question to a node.
    pub(super) async fn ask(client: &Client, symbol: &str, query: &str) -> Result<Self, CliError> {
        let forecast = client.get(&format!("/v1/economics?{query}")).await?;
        let (params, status) = (client.params().await?, client.status().await?);
        Ok(Self { params, status, forecast, symbol: symbol.to_owned() })
    }

    fn number(&self, name: &str) -> u64 {
        self.forecast.get(name).and_then(Value::as_u64).unwrap_or(0)
    }

    /// An amount of the forecast.
    pub(super) fn money(&self, name: &str) -> Amount {
        let text = self.forecast.pointer(&format!("/{name}/amount")).and_then(Value::as_str);
        text.and_then(|text| text.parse().ok()).unwrap_or(Amount::ZERO)
    }

    /// What a delegator earns a year, in parts per million.
    pub(super) fn delegator_rate(&self) -> u64 {
        self.number("delegator_rate")
    }

    /// So many blocks, as people say it.
    fn blocks(&self, blocks: u64) -> String {
        let time = output::duration(blocks.saturating_mul(self.number("block_time_ms")));
        format!("{blocks} blocks, about {time}")
    }

    /// When something counts that begins with an epoch: 1 is the next.
    pub(super) fn epoch(&self, ahead: u64) -> String {
        let length = self.number("epoch_length");
        let blocks = self
            .number("blocks_to_epoch_end")
            .saturating_add(ahead.saturating_sub(1).saturating_mul(length));
        let epoch = self.status.height.get() / length.max(1) + ahead;
        format!("from epoch {epoch} on, in {}", self.blocks(blocks.saturating_add(1)))
    }

    /// When a period is over that begins now.
    pub(super) fn after(&self, period: Period) -> String {
        let pace = self.number("block_time_ms").max(1);
        let by_time = period.ms.div_ceil(pace);
        let blocks = period.blocks.max(by_time);
        let height = self.status.height.get().saturating_add(blocks);
        let time = output::duration(blocks.saturating_mul(pace).max(period.ms));
        format!("in about {time}, at block {height} or a little later")
    }

    /// What an amount earns a year as a delegation.
    pub(super) fn earns(&self, amount: Amount) -> String {
        let rate = self.delegator_rate();
        let earned = amount.mul_div(rate.into(), 1_000_000).unwrap_or(Amount::ZERO);
        format!(
            "about {} a year ({}), added to the delegation by itself",
            output::about(earned, &self.symbol),
            output::percent(rate)
        )
    }

    /// An amount in whole tokens.
    pub(super) fn tokens(&self, amount: Amount) -> String {
        output::tokens_of(amount, &self.symbol)
    }
}

/// A validator in a sentence.
pub(super) fn describe(validator: &ValidatorInfo) -> String {
    format!("{} ({})", validator.name, output::short(&validator.key.to_string()))
}

/// How a validator does.
pub(super) fn standing(validator: &ValidatorInfo) -> String {
    let commission = output::percent(validator.commission.get().into());
    match validator.more.get("score").and_then(Value::as_u64) {
        Some(score) => format!(
            "{}, commission {commission}, performance {}",
            validator.status,
            output::percent(score)
        ),
        None => format!("{}, commission {commission}, no turns yet", validator.status),
    }
}

/// The validator that a text names: a key, `dev:N`, the address of an operator or the name of its
/// key, or the name of exactly one validator.
///
/// # Errors
/// Exit code 5 if there is none, 2 if several have the name.
pub(super) async fn find(
    context: &Context,
    client: &Client,
    text: &str,
) -> Result<ValidatorInfo, CliError> {
    if let Some(index) = text.strip_prefix("dev:") {
        let index = index.parse().map_err(|_| CliError::usage("expected dev:N, such as dev:0"))?;
        use commonware_cryptography::Signer as _;
        let public = crate::run::dev_validator(index).public_key();
        let key = ValidatorKey::from_public_key(&public).to_string();
        return Ok(client.validator(&key).await?);
    }
    if text.parse::<ValidatorKey>().is_ok() || text.parse::<althing_types::Address>().is_ok() {
        return Ok(client.validator(text).await?);
    }
    let all = client.validators().await?;
    let mut named: Vec<&ValidatorInfo> = all.iter().filter(|v| v.name == text).collect();
    if named.is_empty() {
        let wanted = text.to_lowercase();
        named = all.iter().filter(|v| v.name.to_lowercase() == wanted).collect();
    }
    match named.as_slice() {
        [one] => Ok((*one).clone()),
        [] => match context.address(text) {
            Ok(operator) => Ok(client.validator(&operator.to_string()).await?),
            Err(_) => Err(CliError::new(
                Exit::NotFound,
                "validator_not_found",
                format!("no validator is called {text:?}: `althing validators ls` lists them"),
            )),
        },
        several => {
            let keys: Vec<String> = several.iter().map(|v| v.key.to_string()).collect();
            let keys = keys.join(", ");
            Err(CliError::usage(format!(
                "{} validators are called {text:?}: name one by its key: {keys}",
                several.len()
            )))
        }
    }
}

/// The validator that an account operates; `None` if it operates none.
///
/// # Errors
/// As any question to a node.
pub(super) async fn operated_by(
    client: &Client,
    operator: althing_types::Address,
) -> Result<Option<ValidatorInfo>, CliError> {
    match client.validator(&operator.to_string()).await {
        Ok(validator) => Ok(Some(validator)),
        Err(ClientError::Api(error)) if error.code == "validator_not_found" => Ok(None),
        Err(error) => Err(error.into()),
    }
}
