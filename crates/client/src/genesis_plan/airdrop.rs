//! A part of a share for many accounts: a CSV file with `address,weight`, divided exactly.

use althing_types::{Address, Allocation, Amount, genesis::Vesting};
use std::{collections::BTreeMap, fs::File, io::Read as _, path::Path};

/// Most bytes of a list.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Divides `amount` among the accounts of a list, in proportion to their weights: each gets what is
/// its part rounded down, and the first accounts by address get one base unit more until nothing is
/// left.
///
/// # Errors
/// A sentence that names the line of the file.
pub(super) fn divide(
    path: &Path,
    amount: Amount,
    vesting: Option<Vesting>,
) -> Result<Vec<Allocation>, String> {
    let weights = read(path)?;
    let all: u128 = weights.values().map(|weight| u128::from(*weight)).sum();
    let mut left = amount.units();
    let mut allocations = Vec::with_capacity(weights.len());
    for (address, weight) in weights {
        let part = amount.mul_div(weight.into(), all).map_err(|error| error.to_string())?;
        left = left.saturating_sub(part.units());
        allocations.push(Allocation { address, amount: part, vesting });
    }
    for entry in &mut allocations {
        if left == 0 {
            break;
        }
        entry.amount = Amount::new(entry.amount.units().saturating_add(1));
        left -= 1;
    }
    match allocations.iter().find(|entry| entry.amount.is_zero()) {
        Some(entry) => Err(format!("{}: {} would get nothing", path.display(), entry.address)),
        None => Ok(allocations),
    }
}

fn read(path: &Path) -> Result<BTreeMap<Address, u64>, String> {
    let name = path.display();
    let file = File::open(path).map_err(|error| format!("{name}: {error}"))?;
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file.take(MAX_BYTES));
    let headers = reader.headers().map_err(|error| format!("{name}: {error}"))?;
    if headers.iter().ne(["address", "weight"]) {
        return Err(format!("{name}: line 1: the first line must be \"address,weight\""));
    }
    let mut weights = BTreeMap::new();
    for record in reader.deserialize() {
        let (address, weight): (String, u64) =
            record.map_err(|error| format!("{name}: {error}"))?;
        let parsed: Address =
            address.parse().map_err(|error| format!("{name}: {address:?}: {error}"))?;
        if weight == 0 {
            return Err(format!("{name}: {address}: its weight must be at least 1"));
        }
        if weights.insert(parsed, weight).is_some() {
            return Err(format!("{name}: {address} is listed twice"));
        }
    }
    if weights.is_empty() {
        return Err(format!("{name}: lists nobody"));
    }
    Ok(weights)
}
