//! Reading a plan: TOML, then every rule, each fault with its line.

use super::{Plan, Share, airdrop, line};
use althing_types::{
    Address, Allocation, Amount, ChainId, ChainParams, GenesisError, Ppm, Timestamp, address,
    genesis::Vesting,
};
use serde::{Deserialize, de::DeserializeOwned};
use std::{collections::BTreeMap, path::Path};
use toml::{
    Spanned,
    value::{Datetime, Offset},
};

/// Most shares of a plan.
const MAX_SHARES: usize = 100;
/// A billion tokens.
const TOTAL_TOKENS: &str = "1000000000";

/// Why a plan is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Not TOML, or a field is missing, unknown or of another kind.
    #[error("the plan cannot be read: {0}")]
    Toml(String),
    /// A field says something that cannot be.
    #[error("line {line}: {field}: {problem}")]
    Field {
        /// The line, from 1.
        line: usize,
        /// The field, for example `share "team": accounts[0].amount`.
        field: String,
        /// What is wrong, and how to mend it.
        problem: String,
    },
    /// The result breaks a rule of a genesis.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
}

impl PlanError {
    /// Stable machine-readable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Toml(_) => "plan_unreadable",
            Self::Field { .. } => "plan_field",
            Self::Genesis(error) => error.code(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    chain_id: Spanned<String>,
    preset: Spanned<String>,
    genesis_time: Spanned<Datetime>,
    #[serde(default = "prefix")]
    address_prefix: Spanned<String>,
    #[serde(default = "symbol")]
    symbol: String,
    #[serde(default = "total")]
    total: Spanned<String>,
    network: Option<Spanned<toml::Value>>,
    safety: Option<Spanned<toml::Value>>,
    share: Vec<Spanned<ShareFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShareFile {
    name: Spanned<String>,
    part: Spanned<u32>,
    vesting: Option<Spanned<VestingFile>>,
    reserve: Option<Spanned<String>>,
    stakes: Option<AccountFile>,
    #[serde(default)]
    accounts: Vec<AccountFile>,
    airdrop: Option<AirdropFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VestingFile {
    cliff_days: u32,
    days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    address: Spanned<String>,
    amount: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AirdropFile {
    file: Spanned<String>,
    amount: Spanned<String>,
}

fn default(text: &str) -> Spanned<String> {
    Spanned::new(0..0, text.to_owned())
}

fn prefix() -> Spanned<String> {
    default(address::DEFAULT_PREFIX)
}

fn symbol() -> String {
    "CPC".to_owned()
}

fn total() -> Spanned<String> {
    default(TOTAL_TOKENS)
}

/// What faults are reported against, and where other files are.
#[derive(Clone, Copy)]
struct Source<'a>(&'a str, &'a Path);

impl Source<'_> {
    fn fault<T>(
        self,
        at: &Spanned<T>,
        field: impl Into<String>,
        problem: impl Into<String>,
    ) -> PlanError {
        let before = self.0.get(..at.span().start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        PlanError::Field { line, field: field.into(), problem: problem.into() }
    }

    /// A document as the genesis file has it. It is read once the address prefix is known.
    fn document<T: DeserializeOwned>(
        self,
        table: Option<&Spanned<toml::Value>>,
        field: &str,
    ) -> Result<Option<T>, PlanError> {
        let Some(table) = table else { return Ok(None) };
        let read = table.get_ref().clone().try_into();
        read.map(Some)
            .map_err(|error: toml::de::Error| self.fault(table, field, error.message().to_owned()))
    }

    fn amount(self, text: &Spanned<String>, field: &str) -> Result<Amount, PlanError> {
        let amount = Amount::parse_tokens(text.get_ref())
            .map_err(|error| self.fault(text, field, error.to_string()))?;
        if amount.is_zero() {
            return Err(self.fault(text, field, "is nothing: leave it out"));
        }
        Ok(amount)
    }
}

pub(super) fn plan(text: &str, folder: &Path) -> Result<Plan, PlanError> {
    let file: File = toml::from_str(text).map_err(|error| PlanError::Toml(error.to_string()))?;
    let source = Source(text, folder);
    address::set_prefix(file.address_prefix.get_ref())
        .map_err(|error| source.fault(&file.address_prefix, "address_prefix", error.to_string()))?;
    let chain_id: ChainId = file
        .chain_id
        .get_ref()
        .parse()
        .map_err(|error| source.fault(&file.chain_id, "chain_id", format!("{error}")))?;
    let params = match file.preset.get_ref().as_str() {
        "devnet" => ChainParams::devnet(),
        "testnet" => ChainParams::testnet(),
        "mainnet" => ChainParams::mainnet(),
        _ => {
            return Err(source.fault(&file.preset, "preset", "must be devnet, testnet or mainnet"));
        }
    };
    let genesis_time = time(source, &file.genesis_time)?;
    let total = source.amount(&file.total, "total")?;
    let shares = shares(source, &file, genesis_time, total)?;
    if params.emission.schedule.needs_reserve() && shares.iter().all(|s| s.reserve.is_zero()) {
        let problem = "pays rewards from a reserve: give one share a `reserve`";
        return Err(source.fault(&file.preset, "preset", problem));
    }
    let pool = shares.iter().find_map(|share| share.pool.as_ref()).map(|pool| pool.address);
    let network = source.document(file.network.as_ref(), "network")?;
    let safety = source.document(file.safety.as_ref(), "safety")?;
    let address_prefix = file.address_prefix.into_inner();
    let symbol = file.symbol;
    Ok(Plan {
        chain_id,
        genesis_time,
        address_prefix,
        symbol,
        params,
        total,
        shares,
        pool,
        network,
        safety,
    })
}

fn shares(
    source: Source<'_>,
    file: &File,
    genesis_time: Timestamp,
    total: Amount,
) -> Result<Vec<Share>, PlanError> {
    let mut shares = Vec::new();
    let (mut parts, mut pools) = (0u64, 0);
    let mut seen = Seen::default();
    for spanned in file.share.iter().take(MAX_SHARES) {
        let entry = spanned.get_ref();
        let share = share(source, spanned, genesis_time, total, &mut seen)?;
        parts += u64::from(*entry.part.get_ref());
        if parts > 1_000_000 {
            let field = format!("share {:?}: part", share.name);
            let problem = format!("with it the parts add up to {parts} ppm, more than 1000000");
            return Err(source.fault(&entry.part, field, problem));
        }
        pools += usize::from(share.pool.is_some());
        if let Some(second) = entry.stakes.as_ref().filter(|_| pools > 1) {
            let problem = "stakes are paid from one account: another share names one already";
            return Err(source.fault(
                &second.address,
                format!("share {:?}: stakes", share.name),
                problem,
            ));
        }
        shares.push(share);
    }
    let last = file.share.last();
    if parts != 1_000_000 || file.share.len() > MAX_SHARES {
        let problem = format!(
            "the parts of at most {MAX_SHARES} shares must add up to 1000000 ppm, not {parts}"
        );
        return Err(match last {
            Some(last) => source.fault(&last.get_ref().part, "share", problem),
            None => source.fault(&file.total, "share", problem),
        });
    }
    let sum: u128 = shares.iter().map(|share| share.amount.units()).sum();
    if sum != total.units() {
        let problem = "cannot be divided into these parts without a rest: choose other parts";
        return Err(source.fault(&file.total, "total", problem));
    }
    Ok(shares)
}

/// Names and addresses so far, with where they were.
#[derive(Default)]
struct Seen {
    names: BTreeMap<String, ()>,
    addresses: BTreeMap<Address, String>,
}

fn share(
    source: Source<'_>,
    spanned: &Spanned<ShareFile>,
    genesis_time: Timestamp,
    total: Amount,
    seen: &mut Seen,
) -> Result<Share, PlanError> {
    let file = spanned.get_ref();
    let name = file.name.get_ref().clone();
    if name.is_empty() || seen.names.insert(name.clone(), ()).is_some() {
        return Err(source.fault(&file.name, "share: name", "is empty, or another share's"));
    }
    let path = |field: &str| format!("share {name:?}: {field}");
    let part = Ppm::new(*file.part.get_ref())
        .filter(|part| *part > Ppm::ZERO)
        .ok_or_else(|| source.fault(&file.part, path("part"), "must be from 1 to 1000000 ppm"))?;
    let amount = total.share(part);
    let vesting = vesting(source, file.vesting.as_ref(), genesis_time, &path("vesting"))?;
    let reserve = match &file.reserve {
        Some(reserve) => source.amount(reserve, &path("reserve"))?,
        None => Amount::ZERO,
    };
    let mut account = |entry: &AccountFile, field: &str, vesting| {
        let amount = source.amount(&entry.amount, &path(&format!("{field}.amount")))?;
        let field = path(&format!("{field}.address"));
        let address = entry
            .address
            .get_ref()
            .parse::<Address>()
            .map_err(|error| source.fault(&entry.address, field.as_str(), error.to_string()))?;
        if let Some(first) = seen.addresses.insert(address, field.clone()) {
            let problem = format!("the account has money in {first} already: each account once");
            return Err(source.fault(&entry.address, field, problem));
        }
        Ok(Allocation { address, amount, vesting })
    };
    let pool = file.stakes.as_ref().map(|pool| account(pool, "stakes", None)).transpose()?;
    let mut accounts = Vec::with_capacity(file.accounts.len());
    for (index, entry) in file.accounts.iter().enumerate() {
        accounts.push(account(entry, &format!("accounts[{index}]"), vesting)?);
    }
    if let Some(entry) = &file.airdrop {
        let amount = source.amount(&entry.amount, &path("airdrop.amount"))?;
        let fault = |problem: String| source.fault(&entry.file, path("airdrop.file"), problem);
        let list = source.1.join(entry.file.get_ref());
        for entry in airdrop::divide(&list, amount, vesting).map_err(fault)? {
            if let Some(first) = seen.addresses.insert(entry.address, path("airdrop")) {
                let problem = format!("{} has money in {first} already", entry.address);
                return Err(fault(problem));
            }
            accounts.push(entry);
        }
    }
    let share = Share { name: name.clone(), part, amount, reserve, pool, accounts };
    check_sum(&share).map_err(|problem| source.fault(&file.name, path("accounts"), problem))?;
    Ok(share)
}

/// Whether the reserve, the pool and the accounts of a share are the whole share.
fn check_sum(share: &Share) -> Result<(), String> {
    let pool = share.pool.iter();
    let mut sum = share.reserve;
    for entry in pool.chain(&share.accounts) {
        sum = sum.checked_add(entry.amount).map_err(|_| "the amounts do not fit".to_owned())?;
    }
    let (is, should) = (sum.to_tokens(), share.amount.to_tokens());
    match share.amount.checked_sub(sum) {
        Ok(Amount::ZERO) => Ok(()),
        Ok(less) => {
            let less = less.to_tokens();
            Err(format!("reserve, stakes and accounts add up to {is}, {less} less than {should}"))
        }
        Err(_) => {
            let more = sum.checked_sub(share.amount).unwrap_or(Amount::ZERO).to_tokens();
            Err(format!("reserve, stakes and accounts add up to {is}, {more} more than {should}"))
        }
    }
}

fn vesting(
    source: Source<'_>,
    file: Option<&Spanned<VestingFile>>,
    genesis_time: Timestamp,
    field: &str,
) -> Result<Option<Vesting>, PlanError> {
    let Some(spanned) = file else { return Ok(None) };
    let VestingFile { cliff_days, days } = *spanned.get_ref();
    let line = line(genesis_time, cliff_days, days);
    if line.is_legal() {
        Ok(Some(line))
    } else {
        Err(source.fault(spanned, field, "days must be at least 1, and cliff_days at most days"))
    }
}

/// Reads a time: UTC, such as `2027-01-15T12:00:00Z`, or milliseconds since the Unix epoch.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let ms = text.parse().ok().or_else(|| unix_ms(&text.parse().ok()?));
    ms.map(Timestamp::new)
}

fn time(source: Source<'_>, at: &Spanned<Datetime>) -> Result<Timestamp, PlanError> {
    unix_ms(at.get_ref()).map(Timestamp::new).ok_or_else(|| {
        let problem = "must be a time in UTC, for example 2027-01-15T12:00:00Z";
        source.fault(at, "genesis_time", problem)
    })
}

fn unix_ms(at: &Datetime) -> Option<u64> {
    let (date, time) = (at.date?, at.time?);
    if !matches!(at.offset?, Offset::Z | Offset::Custom { minutes: 0 }) {
        return None;
    }
    let (year, month, day) = (i64::from(date.year), i64::from(date.month), i64::from(date.day));
    // Days since 1970-01-01 of a date of the Gregorian calendar, counting years from March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468;
    let days = u64::try_from(days).ok()?;
    let (hour, minute) = (u64::from(time.hour), u64::from(time.minute));
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + u64::from(time.second.unwrap_or(0));
    Some(seconds * 1_000 + u64::from(time.nanosecond.unwrap_or(0)) / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_milliseconds_since_the_epoch() {
        for (text, ms) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.25Z", 250),
            ("2000-02-29T12:00:00Z", 951_825_600_000),
            ("2000-03-01T00:00:00+00:00", 951_868_800_000),
            ("2023-11-14T22:13:20Z", 1_700_000_000_000),
            ("2100-03-01T00:00:00Z", 4_107_542_400_000),
        ] {
            assert_eq!(unix_ms(&text.parse().unwrap()), Some(ms), "{text}");
        }
        for text in ["2027-01-15", "12:00:00", "2027-01-15T12:00:00", "2027-01-15T12:00:00+01:00"] {
            assert_eq!(unix_ms(&text.parse().unwrap()), None, "{text}");
        }
        assert_eq!(parse_time("1970-01-01T00:00:01Z"), parse_time("1000"));
        assert_eq!(parse_time("soon"), None);
        assert_eq!(unix_ms(&"1969-12-31T23:59:59Z".parse().unwrap()), None);
    }
}
