//! Reports that devices signed themselves: what the state keeps of them, and why one was refused, which
//! it does not keep.

use crate::{error::ApiError, state::App, views::KnownDevice};
use althing_ledger::compute::query::{self as compute, ReportError};
use althing_types::{Address, Block, Height, Payload, Receipt, compute::DeviceId};

/// The evidence of the last attestation of a device in a block that succeeded.
fn evidence(block: &Block, receipts: &[Receipt], id: DeviceId) -> Option<Vec<u8>> {
    let sent = block.transactions.iter().zip(receipts).filter(|(_, receipt)| receipt.code.is_ok());
    let of = sent.filter(|(transaction, _)| transaction.sender() == id.worker);
    let mut attested = of.filter_map(|(transaction, _)| match &transaction.body().payload {
        Payload::Attest(attest) if attest.device == id.device => Some(&attest.evidence),
        _ => None,
    });
    attested.next_back().map(|evidence| evidence.to_vec())
}

/// Why the chain refused the report that a device brought at a height: it is verified once more, as it
/// came in that block. [`ReportError::Recorded`] where this node has the block or its randomness no more.
async fn refusal(app: &App, id: DeviceId, attested: Height) -> Result<ReportError, ApiError> {
    if let Some(known) = app.refusals.get((id, attested)) {
        return Ok(known);
    }
    let (block, receipts) =
        (app.backend.block(attested).await, app.backend.receipts(attested).await);
    let sent = block.zip(receipts).and_then(|(block, receipts)| {
        Some((evidence(&block, &receipts, id)?, block.header.timestamp))
    });
    let Some((evidence, time)) = sent else { return Ok(ReportError::Recorded) };
    let Some(height) = compute::report_height(&evidence) else { return Ok(ReportError::Recorded) };
    let Some(mark) = app.randomness(height).await? else { return Ok(ReportError::Recorded) };
    let genesis = app.backend.info().genesis_hash;
    // Up to seven signatures: milliseconds, which belong on no thread that answers others.
    let again = move || compute::refusal(&id, &evidence, (&genesis, &mark.value), time);
    let error = tokio::task::spawn_blocking(again).await.ok().flatten();
    let Some(error) = error else { return Ok(ReportError::Recorded) };
    app.refusals.keep((id, attested), error);
    Ok(error)
}

/// Finds why the refused reports of devices of a worker were refused.
pub(super) async fn explain(
    app: &App,
    worker: Address,
    devices: &mut [KnownDevice],
) -> Result<(), ApiError> {
    for device in devices {
        if device.report.as_ref().is_some_and(|report| !report.verified) {
            let id = DeviceId { worker, device: device.number };
            let error = refusal(app, id, device.record.attested).await?;
            device.doubt = Some(error.to_string());
        }
    }
    Ok(())
}

/// Finds what in the verified reports of devices contradicts what their workers say.
pub(super) async fn compare(
    app: &App,
    mut devices: Vec<(Address, &mut KnownDevice)>,
) -> Result<(), ApiError> {
    devices.retain(|(_, device)| device.report.as_ref().is_some_and(|report| report.verified));
    if devices.is_empty() {
        return Ok(());
    }
    let key = |worker: Address, device: &KnownDevice| {
        compute::evidence_key(DeviceId { worker, device: device.number })
    };
    let evidence = devices.iter().map(|(worker, device)| key(*worker, device));
    let (drivers, models) = (compute::drivers_key(), compute::models_key());
    let records = app.read(evidence.chain([drivers, models]).collect()).await?;
    let drivers = records.get(drivers, compute::decode_drivers).unwrap_or_default();
    let models = records.get(models, compute::decode_models).unwrap_or_default();
    for (worker, device) in devices {
        let evidence = records.get(key(worker, device), compute::decode_evidence);
        device.doubt = device.report.as_ref().zip(evidence).and_then(|(report, evidence)| {
            compute::contradiction(&evidence, report, (&drivers, &models))
        });
    }
    Ok(())
}
