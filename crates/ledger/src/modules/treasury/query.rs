//! Read-only views of the treasury: keys and records.

use super::{Dependents, Disbursement, Pending, Treasury};

crate::records::records! {
    /// The key of the sums over all disbursements.
    treasury_key() decode_treasury -> Treasury = super::TREASURY;
    /// The key of the disbursements that are accepted and not over.
    pending_key() decode_pending -> Pending = super::PENDING;
    /// The key of a disbursement. Its number is that of its proposal.
    disbursement_key(number: u64) decode_disbursement -> Disbursement =
        super::disbursement_key(number);
    /// The key of the disbursements that depend on one; absent if none do.
    dependents_key(number: u64) decode_dependents -> Dependents = super::dependents_key(number);
}
