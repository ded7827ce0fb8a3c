//! Who decides about a proposal, what it needs, and when it would happen.

use super::value::{percent, period};
use crate::cli::output;
use althing_client::http::Status;
use althing_ledger::governance::query;
use althing_types::{
    ChainParams, Height, Period, Timestamp,
    governance::{Action, Criticality, Houses},
    params::{Area, Track},
};
use serde_json::{Value, json};

/// Those that are voted on with a threshold and a delay, the least first.
pub(super) const LEVELS: [Criticality; 4] =
    [Criticality::Optional, Criticality::Standard, Criticality::Important, Criticality::Critical];

/// The least criticality that an action can have and that binds everybody; standard if it can have
/// none.
pub(super) fn least(params: &ChainParams, action: &Action) -> Criticality {
    let allowed = |level: &Criticality| query::houses(params, action, *level).is_some();
    LEVELS.into_iter().skip(1).find(allowed).unwrap_or(Criticality::Standard)
}

/// Who decides, in words.
pub(super) const fn who(houses: Houses) -> &'static str {
    match (houses.stake, houses.validators) {
        (true, true) => "both houses: those who stake, and the validators",
        (true, false) => "those who stake, by their stake",
        (false, true) => "the validators, one vote each",
        (false, false) => "nobody",
    }
}

/// Who decides about parameters of an area, in a word or two.
pub(super) const fn area_houses(area: Area) -> &'static str {
    match area {
        Area::Network => "validators",
        Area::Economy => "stake",
        Area::Governance => "both houses",
    }
}

/// The way of a proposal that would be submitted now.
pub(super) struct Way {
    pub(super) criticality: Criticality,
    pub(super) houses: Houses,
    pub(super) track: Track,
    /// Heights at which the vote would begin and end, and at which it would be enacted; about.
    pub(super) opens: u64,
    pub(super) closes: u64,
    pub(super) enacts: u64,
}

impl Way {
    /// The way of an action; `None` if it cannot have that criticality.
    pub(super) fn of(
        params: &ChainParams,
        status: &Status,
        action: &Action,
        criticality: Criticality,
    ) -> Option<Self> {
        let houses = query::houses(params, action, criticality)?;
        let track = params.governance.track(criticality)?;
        let opens = epoch_end(params, status.height.get().saturating_add(1));
        let closes = after(params, opens, track.voting);
        // What the treasury pays is handed over when the vote ends.
        let enacts = after(params, closes, track.delay);
        Some(Self { criticality, houses, track, opens, closes, enacts })
    }

    /// What the vote needs.
    pub(super) fn needs(&self, params: &ChainParams) -> String {
        let threshold = percent(self.track.threshold);
        let stake = format!(
            "{} of all stake takes part, and {threshold} of what decides says yes",
            percent(params.governance.quorum)
        );
        let heads = format!("{threshold} of all validators say yes");
        match (self.houses.stake, self.houses.validators) {
            (true, true) => format!("{stake}; and {heads}"),
            (true, false) => stake,
            (false, _) => heads,
        }
    }

    /// What happens then: what is each validator's own choice is only offered.
    const fn happens(&self) -> &'static str {
        match self.criticality {
            Criticality::Optional => "offered",
            _ => "happens",
        }
    }

    /// Facts for people.
    pub(super) fn facts(&self, params: &ChainParams, symbol: &str) -> Vec<(&'static str, String)> {
        let governance = &params.governance;
        vec![
            ("decides", who(self.houses).to_owned()),
            ("criticality", self.criticality.name().to_owned()),
            ("needs", self.needs(params)),
            ("harmful", format!("with {} of vetoes", percent(governance.veto))),
            (
                "vote",
                format!(
                    "{}, about from block {} to {}",
                    period(self.track.voting),
                    self.opens,
                    self.closes
                ),
            ),
            (self.happens(), {
                let (delay, at) = (self.track.delay, self.enacts);
                match delay == Period::default() {
                    true => format!("with the end of the vote, about at block {at}"),
                    false => format!("{} after that, about at block {at}", period(delay)),
                }
            }),
            (
                "deposit",
                format!(
                    "{}, which comes back after the vote; less {} without a quorum; not if it is \
                     harmful",
                    output::tokens_of(governance.deposit, symbol),
                    percent(governance.forfeit_no_quorum)
                ),
            ),
        ]
    }

    /// The same for programs.
    pub(super) fn json(&self, params: &ChainParams) -> Value {
        let governance = &params.governance;
        json!({
            "criticality": self.criticality, "houses": self.houses,
            "threshold": self.track.threshold, "voting": self.track.voting,
            "delay": self.track.delay, "quorum": governance.quorum, "veto": governance.veto,
            "deposit": governance.deposit, "opens": self.opens, "closes": self.closes,
            "enacts": self.enacts,
        })
    }
}

/// The last block of the epoch of a height.
fn epoch_end(params: &ChainParams, height: u64) -> u64 {
    let length = params.epoch_length.max(1);
    (height / length).saturating_add(1).saturating_mul(length).saturating_sub(1)
}

/// The end of the first epoch that ends a period after a height; about, where it counts time.
fn after(params: &ChainParams, height: u64, period: Period) -> u64 {
    let due = period.from(Height::new(height), Timestamp::new(0));
    let pace = params.idle_interval_ms.max(1);
    let by_time = height.saturating_add(period.ms.div_ceil(pace));
    epoch_end(params, due.height.get().max(by_time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(height: u64) -> Status {
        let value = json!({ "chain_id": "t", "genesis_hash": "", "height": height,
            "block_time_ms": 9, "network_height": height, "epoch": 0, "peers": 0,
            "mempool_transactions": 0, "ready": true });
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_way_ends_with_epochs() {
        let params = ChainParams::devnet();
        let way = Way::of(&params, &status(40), &Action::Text {}, Criticality::Standard).unwrap();
        assert_eq!((way.opens, way.closes, way.enacts), (99, 199, 299));
        assert!(way.needs(&params).starts_with("33 % of all stake"));
        let last = Way::of(&params, &status(99), &Action::Text {}, Criticality::Standard).unwrap();
        assert_eq!(last.opens, 199);
    }

    #[test]
    fn the_least_criticality_is_the_one_that_is_allowed() {
        let params = ChainParams::devnet();
        assert_eq!(least(&params, &Action::Text {}), Criticality::Standard);
        let compensation = althing_types::Ppm::ZERO;
        let rollback = Action::TreasuryRollback { disbursement: 1, compensation };
        assert_eq!(least(&params, &rollback), Criticality::Important);
        assert!(Way::of(&params, &status(1), &rollback, Criticality::Standard).is_none());
    }
}
