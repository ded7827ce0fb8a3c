//! Orders a batch of products.

use super::take_work::check_size;
use crate::{
    Invalid,
    error::Failure,
    execute::Context,
    modules::{
        accounts, bank,
        compute::{
            AGENDA, COMPUTE,
            desk::{Desk, broken},
            error::ComputeError,
            tasks::Order,
        },
        staking::{self, BlockMoment},
    },
};
use althing_state::StateKey;
use althing_types::{
    Address, Event,
    compute::{Operands, Purpose},
    message::CreateTask,
};

/// Gas of the message itself: validators check the result.
pub(crate) const GAS: u64 = 150_000;

/// It must pay something.
pub(crate) fn validate(message: &CreateTask) -> Result<(), Invalid> {
    if message.price.is_zero() { Err(Invalid::ZeroAmount) } else { Ok(()) }
}

/// Where the price goes.
pub(crate) fn keys(_: &CreateTask, _: &Address, out: &mut Vec<StateKey>) {
    out.extend([COMPUTE, AGENDA, accounts::key(bank::compute_account())]);
}

pub(crate) fn execute(
    message: &CreateTask,
    context: &mut Context<'_>,
) -> Result<Vec<Event>, Failure> {
    let (sender, moment) = (context.sender, BlockMoment::from(context.block));
    let CreateTask { shape, count, price, operands, source } = message.clone();
    if !shape.is_legal() {
        return Err(ComputeError::ShapeIllegal.into());
    }
    let mut desk = Desk::begin(context.view, &moment)?;
    check_size(&desk, shape.units(), count)?;
    let from_requester = matches!(operands, Operands::Content { .. });
    if from_requester == source.is_empty() {
        return Err(ComputeError::BatchSize.into());
    }
    let (purpose, requester) = (Purpose::Paid, Some(sender));
    let order = Order { purpose, requester, price, shape, count, operands, source };
    let (number, mut task) = desk.create(order)?;
    let total = task.total().ok_or(ComputeError::BatchSize)?;
    let (to, time) = (moment.protocol.compute, moment.time);
    staking::know(desk.view, [accounts::key(&sender), accounts::key(&to)])?;
    bank::transfer(desk.view, &sender, &to, total, time)?;
    let prices = desk.totals.prices.checked_add(total);
    desk.totals.prices = prices.map_err(|_| broken("the sum of prices does not fit"))?;
    desk.open(number, &mut task)?;
    Ok(desk.finish()?)
}
