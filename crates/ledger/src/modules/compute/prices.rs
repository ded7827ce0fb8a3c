//! The prices of work, which proposals of their own kind change.

use crate::{
    codes,
    error::Failure,
    modules::{params, staking},
};
use althing_state::View;
use althing_types::{ChainParams, Event, compute::Prices};

/// The parameters with other prices, if they are legal.
fn repriced(present: &ChainParams, prices: &Prices) -> Result<ChainParams, Failure> {
    let mut after = present.clone();
    after.compute.prices = prices.clone();
    after.validate().map_err(|_| Failure::Rule(codes::PARAMETER_BOUNDS))?;
    Ok(after)
}

/// Whether the prices are legal.
pub(crate) fn check_prices(present: &ChainParams, prices: &Prices) -> Result<(), Failure> {
    repriced(present, prices).map(|_| ())
}

/// Sets the prices.
pub(crate) fn set_prices(
    view: &mut View,
    proposal: u64,
    prices: &Prices,
) -> Result<Vec<Event>, Failure> {
    staking::know(view, [params::PARAMS])?;
    let after = repriced(&params::load(view)?, prices)?;
    params::save(view, &after)?;
    let shapes = u32::try_from(prices.len()).unwrap_or(u32::MAX);
    Ok(vec![Event::PricesChanged { proposal, shapes }])
}
