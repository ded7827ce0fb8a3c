//! What the chain is deciding about when a node starts, for its metrics.

use crate::{
    metrics::Metrics,
    types::{Dbs, Marshal, Runtime},
};
use althing_ledger::{governance, treasury, upgrade};
use althing_state::{StateKey, StateValue};
use althing_types::{Height, Timestamp, governance::DisbursementState};
use commonware_consensus::{marshal::Identifier, types::Height as ConsensusHeight};
use commonware_parallel::Strategy;

/// Reads what is on the agenda and which disbursements are not over. What cannot be read is left
/// out: it is shown when it moves on.
pub(super) async fn read<E: Runtime, S: Strategy>(
    database: &Dbs<E, S>,
    marshal: &Marshal,
    metrics: &Metrics,
) {
    let keys = vec![
        governance::query::agenda_key(),
        treasury::query::pending_key(),
        upgrade::query::protocol_key(),
    ];
    let mut values = values(database, keys).await.into_iter();
    let mut next = || values.next().flatten();
    let (agenda, pending, protocol) = (next(), next(), next());
    let protocol = protocol.and_then(|value| upgrade::query::decode_protocol(&value).ok());
    metrics.upgrade_planned(protocol.and_then(|protocol| protocol.plan).map(|plan| plan.height));
    let agenda = agenda.and_then(|value| governance::query::decode_agenda(&value).ok());
    let agenda = agenda.unwrap_or_default();
    let pending = pending.and_then(|value| treasury::query::decode_pending(&value).ok());
    let pending = pending.unwrap_or_default();
    let on_agenda = agenda.entries.iter().map(|entry| entry.proposal);
    let mut numbers: Vec<u64> = on_agenda.chain(pending.iter().map(|one| one.number)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let keys = numbers.iter().map(|number| treasury::query::disbursement_key(*number)).collect();
    let mut disbursements = Vec::new();
    for (number, value) in numbers.into_iter().zip(self::values(database, keys).await) {
        let found = value.and_then(|value| treasury::query::decode_disbursement(&value).ok());
        let Some(disbursement) = found else { continue };
        let accepted = disbursement.history.iter().find(|step| {
            matches!(step.state, DisbursementState::Queued | DisbursementState::Timelocked)
        });
        let accepted = match accepted.map(|step| step.height) {
            Some(height) => time_of(marshal, height).await,
            None => None,
        };
        disbursements.push((number, disbursement, accepted));
    }
    metrics.deciding(&agenda.entries, &disbursements);
}

async fn values<E: Runtime, S: Strategy>(
    database: &Dbs<E, S>,
    keys: Vec<StateKey>,
) -> Vec<Option<StateValue>> {
    let references: Vec<&StateKey> = keys.iter().collect();
    database.read().await.get_many(&references).await.unwrap_or_default()
}

async fn time_of(marshal: &Marshal, height: Height) -> Option<Timestamp> {
    let height = ConsensusHeight::new(height.get());
    let block = marshal.get_block(Identifier::Height(height)).await?;
    Some(block.inner().header.timestamp)
}
