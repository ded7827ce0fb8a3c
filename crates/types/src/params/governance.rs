//! Parameters of governance: deposits, quorum, and what each criticality asks for.

use super::{ParamsError, Range, ppm, tokens};
use crate::{Amount, Period, Ppm, governance::Criticality, struct_codec};
use serde::{Deserialize, Serialize};

/// Parameters of module `governance`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GovernanceParams {
    /// What a proposal costs until it is decided, in base units.
    pub deposit: Amount,
    /// Most proposals that are not decided or not enacted yet, 1 to 500.
    pub max_open: u64,
    /// Of these, most of one account, 1 to `max_open`.
    pub max_open_per_account: u64,
    /// The part of all stake that must take part in a vote of the house of stake.
    pub quorum: Ppm,
    /// The part of a house that rejects a proposal as harmful: of the stake that took part, or of
    /// all validators.
    pub veto: Ppm,
    /// The part of the deposit that a proposal costs which nobody cared about.
    pub forfeit_no_quorum: Ppm,
    /// The part of the deposit that it costs to take a proposal back.
    pub cancel_fee: Ppm,
    /// The least uptime of a validator that votes in the house of validators.
    pub min_uptime: Ppm,
    /// What it needs to offer something to those who want it.
    pub optional: Track,
    /// What a standard proposal needs.
    pub standard: Track,
    /// What an important proposal needs.
    pub important: Track,
    /// What a critical proposal needs.
    pub critical: Track,
}

/// What a criticality asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Track {
    /// The part that must be for it: of the stake that said yes or no, of all validators.
    pub threshold: Ppm,
    /// How long is voted, at least: voting ends with the epoch.
    pub voting: Period,
    /// From the end of the vote to the end of the epoch that enacts it, at least.
    pub delay: Period,
}

struct_codec!(Track { threshold, voting, delay });
struct_codec!(GovernanceParams {
    deposit,
    max_open,
    max_open_per_account,
    quorum,
    veto,
    forfeit_no_quorum,
    cancel_fee,
    min_uptime,
    optional,
    standard,
    important,
    critical,
});

impl GovernanceParams {
    /// Highest legal `max_open`: the agenda holds as many.
    pub const MAX_OPEN: u64 = 500;

    /// Development networks: votes of some minutes; uptime is measured, not asked for.
    pub fn devnet() -> Self {
        let track = |threshold, voting, delay| Track {
            threshold: ppm(threshold),
            voting: Period::blocks(voting),
            delay: Period::blocks(delay),
        };
        Self {
            deposit: tokens(100),
            max_open: 100,
            max_open_per_account: 10,
            quorum: ppm(330_000),
            veto: ppm(334_000),
            forfeit_no_quorum: ppm(200_000),
            cancel_fee: ppm(100_000),
            min_uptime: Ppm::ZERO,
            optional: track(100_000, 40, 0),
            standard: track(510_000, 90, 10),
            important: track(670_000, 90, 90),
            critical: track(900_000, 190, 190),
        }
    }

    /// Public networks.
    pub fn public() -> Self {
        let track = |threshold, voting: u64, delay: u64| Track {
            threshold: ppm(threshold),
            voting: Period::ms(voting * Period::HOUR_MS),
            delay: Period::ms(delay * Period::HOUR_MS),
        };
        Self {
            deposit: tokens(1_000),
            min_uptime: ppm(600_000),
            optional: track(100_000, 6, 0),
            standard: track(510_000, 24, 12),
            important: track(670_000, 24, 24),
            critical: track(900_000, 48, 48),
            ..Self::devnet()
        }
    }

    /// What a criticality asks for; `None` where nothing is voted in this way.
    pub const fn track(&self, criticality: Criticality) -> Option<Track> {
        match criticality {
            Criticality::Optional => Some(self.optional),
            Criticality::Standard => Some(self.standard),
            Criticality::Important => Some(self.important),
            Criticality::Critical => Some(self.critical),
            Criticality::Emergency => None,
        }
    }

    pub(super) fn validate(&self, range: &Range) -> Result<(), ParamsError> {
        range.amounts("governance.deposit", self.deposit, Amount::new(1), tokens(1_000_000))?;
        range.check("governance.max_open", self.max_open, 1, Self::MAX_OPEN)?;
        let each = self.max_open_per_account;
        range.check("governance.max_open_per_account", each, 1, self.max_open)?;
        let part =
            |name, part: Ppm, least: u64| range.check(name, part.get().into(), least, 1_000_000);
        part("governance.quorum", self.quorum, 10_000)?;
        part("governance.veto", self.veto, 100_000)?;
        let standard = self.standard.threshold;
        part("governance.standard.threshold", standard, 500_000)?;
        let optional = self.optional.threshold.get().into();
        range.check("governance.optional.threshold", optional, 10_000, standard.get().into())?;
        let important = self.important.threshold;
        part("governance.important.threshold", important, standard.get().into())?;
        part("governance.critical.threshold", self.critical.threshold, important.get().into())?;
        range.period("governance.optional.voting", self.optional.voting)?;
        range.period("governance.optional.delay", self.optional.delay)?;
        range.period("governance.standard.voting", self.standard.voting)?;
        range.period("governance.standard.delay", self.standard.delay)?;
        range.period("governance.important.voting", self.important.voting)?;
        range.period("governance.important.delay", self.important.delay)?;
        range.period("governance.critical.voting", self.critical.voting)?;
        range.period("governance.critical.delay", self.critical.delay)
    }
}
