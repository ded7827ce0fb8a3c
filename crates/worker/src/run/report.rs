//! Has a device vouch for itself when it is attested.

use super::Worker;
use althing_devices::{collect, evidence::Evidence, report::nonce, system_probe};
use althing_types::{Blob, limits::MAX_EVIDENCE_BYTES, message::Attest};

impl Worker {
    /// The attestation with a report that the device signs for it. A device that signs none now is
    /// attested without.
    pub(super) async fn with_report(&self, attest: &Attest) -> Attest {
        match self.reported(attest).await {
            Ok(Some(evidence)) => Attest { device: attest.device, evidence },
            Ok(None) => attest.clone(),
            Err(reason) => {
                self.trouble(format!("device {} signed no report: {reason}", attest.device));
                attest.clone()
            }
        }
    }

    async fn reported(&self, attest: &Attest) -> Result<Option<Blob<MAX_EVIDENCE_BYTES>>, String> {
        let Ok(mut evidence) = serde_json::from_slice::<Evidence>(&attest.evidence) else {
            return Ok(None);
        };
        let Some(observed) = self.machine.observed().filter(|_| evidence.device.signs_reports())
        else {
            return Ok(None);
        };
        let height = observed.tip.height;
        let randomness = self.chain.beacon(height).await.map_err(|error| error.to_string())?;
        let randomness = randomness.ok_or("its nonce is not drawn yet")?;
        let (genesis, worker) = (self.machine.genesis(), self.key.address());
        let nonce =
            nonce(&genesis.0, worker.as_bytes(), attest.device, height.get(), &randomness.0);
        let device = evidence.device.clone();
        let ask =
            move || collect::signed_report(system_probe().as_ref(), &device, height.get(), nonce);
        let asked = tokio::task::spawn_blocking(ask).await.map_err(|error| error.to_string())?;
        evidence.report = asked.map_err(|error| error.to_string())?;
        if evidence.report.is_none() {
            return Ok(None);
        }
        let bytes = serde_json::to_vec(&evidence).map_err(|error| error.to_string())?;
        Blob::new(bytes).map(Some).ok_or_else(|| "the evidence is too large with it".to_owned())
    }
}
