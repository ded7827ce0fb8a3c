//! What the treasury earns, counted until the epoch ends.

use super::{INCOME, Income, api::move_held, types::ProtocolAccounts};
use crate::{error::Fault, store};
use althing_state::View;
use althing_types::{Address, Amount, AmountError};

/// Where money of the treasury comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Fees of transactions.
    Fees,
    /// Slashes, and penalties that their payers chose.
    Penalties,
    /// Deposits of proposals.
    Deposits,
}

/// What was earned so far in this epoch.
fn load(view: &View) -> Result<Income, Fault> {
    let what = "what the treasury has earned does not decode";
    Ok(store::load(view, &INCOME, what)?.unwrap_or_default())
}

/// Counts what the treasury has got. Nothing is written for nothing.
pub(super) fn count(view: &mut View, source: Source, amount: Amount) -> Result<(), Fault> {
    if amount.is_zero() {
        return Ok(());
    }
    let mut income = load(view)?;
    let sum = match source {
        Source::Fees => &mut income.fees,
        Source::Penalties => &mut income.penalties,
        Source::Deposits => &mut income.deposits,
    };
    let too_much = |_: AmountError| {
        let what = "the treasury has earned more than there is";
        Fault::Corrupt { key: INCOME, what }
    };
    *sum = sum.checked_add(amount).map_err(too_much)?;
    store::save(view, INCOME, &income)
}

/// Moves money that is known to be there to the treasury, which earns it from this source.
pub(crate) fn earn(
    view: &mut View,
    protocol: &ProtocolAccounts,
    from: &Address,
    (source, amount): (Source, Amount),
) -> Result<(), Fault> {
    move_held(view, from, &protocol.treasury, amount)?;
    count(view, source, amount)
}

/// What the treasury has earned since this was called last; it begins anew with nothing.
pub(crate) fn take_income(view: &mut View) -> Result<Income, Fault> {
    let income = load(view)?;
    if income != Income::default() {
        view.set(INCOME, None);
    }
    Ok(income)
}
