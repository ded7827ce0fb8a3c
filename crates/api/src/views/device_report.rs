//! Reports that devices sign themselves, as JSON.

use super::{DueView, device::KnownDevice, hex_of};
use althing_types::{Height, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

const REFUSED: &str = "refused";

/// What became of a report that the hardware of a device signed itself (confidential computing). The
/// chain verified it up to its maker's root when it came.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct DeviceReportView {
    /// `none` if the last evidence brought none, `verified` or `refused`.
    #[schema(example = "verified")]
    pub state: String,
    /// Whether it counts where the device is scored now: one that was verified gives points, one that
    /// was refused takes them away, until it expires.
    pub counts: bool,
    /// Why it was refused, as a sentence. Of one device of one worker alone, not in listings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What in a verified one contradicts what the worker says of the device, as a sentence. It takes
    /// points away like one that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contradiction: Option<String>,
    /// The height of the block that verified or refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// The height whose randomness is in its nonce: it was made after that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<u64>,
    /// Until when it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<DueView>,
    /// The chip, by its maker's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "GH100")]
    pub chip: Option<String>,
    /// Which chip it is: a hash of the key that its maker fused into it. No two devices have the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The version of the driver that signed with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// The version of its firmware.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vbios: Option<String>,
    /// The kind of board, in its maker's numbers; absent if the report leaves it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1010-0200-882")]
    pub board: Option<String>,
}

impl DeviceReportView {
    pub(super) fn new(known: &KnownDevice, (height, time): (Height, Timestamp)) -> Self {
        let Some(report) = &known.report else {
            return Self { state: "none".to_owned(), ..Self::default() };
        };
        let verified = report.verified;
        let said = |text: &str| (verified && !text.is_empty()).then(|| text.to_owned());
        Self {
            state: if verified { "verified" } else { REFUSED }.to_owned(),
            counts: !report.expires.is_reached(height, time),
            reason: known.doubt.clone().filter(|_| !verified),
            contradiction: known.doubt.clone().filter(|_| verified),
            // Every attestation brings another report, or forgets the one before.
            height: Some(known.record.attested.get()),
            answers: Some(report.height.get()),
            expires: Some(report.expires.into()),
            chip: said(&report.chip),
            identity: verified.then(|| hex_of(&report.identity)),
            driver: said(&report.driver),
            vbios: said(&report.vbios),
            board: said(&report.board),
        }
    }

    /// Whether it takes away the points of the levels that rest on the worker's words.
    pub(super) fn doubts(&self) -> bool {
        self.state == REFUSED || self.contradiction.is_some()
    }
}
