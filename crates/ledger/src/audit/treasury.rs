//! What a recount of disbursements remembers.

use super::records::{BAD, Wrong, array, sum};
use crate::{
    modules::treasury::{
        Disbursement, Pending, TREASURY, Treasury,
        query::{decode_dependents, decode_disbursement, decode_pending, decode_treasury},
    },
    prefix,
};
use althing_state::StateKey;
use althing_types::{Amount, governance::DisbursementState as State};
use std::collections::{BTreeMap, BTreeSet};

/// All records of the treasury.
#[derive(Debug, Default)]
pub(super) struct Disbursements {
    treasury: Option<Treasury>,
    pending: Option<Pending>,
    records: BTreeMap<u64, Disbursement>,
}

impl Disbursements {
    /// Takes a record, if it belongs here. Returns whether it does.
    pub(super) fn add(
        &mut self,
        key: StateKey,
        rest: &[u8],
        value: &[u8],
    ) -> Result<bool, &'static str> {
        match key.prefix() {
            prefix::TREASURY => self.treasury = Some(decode_treasury(value).map_err(|_| BAD)?),
            prefix::PENDING => self.pending = Some(decode_pending(value).map_err(|_| BAD)?),
            prefix::DISBURSEMENT => {
                let number = u64::from_be_bytes(array(rest)?);
                self.records.insert(number, decode_disbursement(value).map_err(|_| BAD)?);
            }
            prefix::DEPENDENTS => {
                decode_dependents(value).map_err(|_| BAD)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether the records fit together; `held` is what the account `disbursements` owns.
    pub(super) fn judge(&self, held: Amount) -> Result<(), Wrong> {
        let wrong = |what| (TREASURY, what);
        let treasury = self.treasury.ok_or(wrong("the record is absent"))?;
        let pending = self.pending.as_ref().ok_or(wrong("the list is absent"))?;
        let (mut reserved, mut unpaid, mut paid) = (Amount::ZERO, Amount::ZERO, Amount::ZERO);
        let mut waiting = BTreeSet::new();
        for (number, record) in &self.records {
            if record.is_pending() {
                waiting.insert(*number);
            }
            if matches!(record.state, State::Queued | State::Timelocked) {
                sum(&mut reserved, record.total).map_err(wrong)?;
            }
            let bits = (0u32..).map(|place| 1u32.checked_shl(place).unwrap_or(0));
            for (payment, bit) in record.payments.iter().zip(bits) {
                if record.paid & bit != 0 {
                    sum(&mut paid, payment.amount).map_err(wrong)?;
                } else if record.state == State::Executed {
                    sum(&mut unpaid, payment.amount).map_err(wrong)?;
                } else if record.state == State::Finalized {
                    return Err(wrong("a disbursement is final, and something is not paid"));
                }
            }
        }
        if reserved != treasury.reserved {
            return Err(wrong("what is reserved is not what is accepted"));
        }
        if unpaid != treasury.held || unpaid != held {
            return Err(wrong("the account `disbursements` does not hold what is to be paid"));
        }
        // Compensations are paid too.
        if paid > treasury.paid {
            return Err(wrong("more was paid than was counted"));
        }
        let listed: BTreeSet<u64> = pending.iter().map(|waiting| waiting.number).collect();
        let count = u32::try_from(pending.len()).ok();
        if listed != waiting || listed.len() != pending.len() || count != Some(treasury.pending) {
            return Err(wrong("what is pending is not what is listed"));
        }
        Ok(())
    }
}
