//! A plan in which providers sell energy that meters count and oracles attest.

use super::{Byzantine, Draft, Event, Expect, LinkSpec, Rules};
use althing_types::energy::SettlementMode;

/// How a simulated oracle reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// It agrees with what is true and contradicts what is false.
    Honest,
    /// It does the opposite.
    Liar,
}

/// Those who break the rules and stay validators.
const KINDS: [Byzantine; 4] =
    [Byzantine::Silent, Byzantine::Liar, Byzantine::Withholder, Byzantine::Garbler];

/// Three oracles of the same weight, of which one lies and one is down for a while: what comes then
/// is decided once it is back. Slots have a minute. Energy is sold by auctions at first and by
/// tariffs when the network has decided so. Meanwhile a minority of seven validators is cut off,
/// some crash, one or two are bad, and sometimes all lose power.
pub(super) fn energy(draft: &mut Draft) {
    draft.scenario.validators = 7;
    draft.changing(0);
    // Slots take long, so blocks may be slow.
    draft.scenario.rules =
        Rules { idle_ms: 1_000, heartbeat_ms: 60_000, voting_blocks: 30, ..Rules::LENIENT };
    draft.scenario.load_every_ms = 5_000;
    draft.scenario.oracles = vec![Conduct::Honest, Conduct::Honest, Conduct::Liar];
    for _ in 0..draft.rng.range(1, 2) {
        let kind = KINDS[draft.rng.index(KINDS.len())];
        draft.corrupt(kind);
    }
    draft.at(70_000, Event::DisputeSale);
    let down = draft.rng.range(105_000, 118_000);
    draft.at(down, Event::OracleDown(1));
    let up = draft.rng.range(150_000, 170_000);
    draft.at(up, Event::OracleUp(1));
    let proposed = draft.rng.range(172_000, 180_000);
    draft.at(proposed, Event::SettleBy(SettlementMode::RealTime));
    draft.scenario.heal_ms = 330_000;
    for _ in 0..6 {
        draft.crash(60_000, 320_000);
    }
    let from = draft.rng.range(60_000, 160_000);
    draft.cut(2, from, from + 8_000);
    let lossy = draft.rng.range(240_000, 300_000);
    draft.at(lossy, Event::Link(LinkSpec { loss_percent: 10, ..LinkSpec::GOOD }));
    if draft.rng.chance(40) {
        let at = draft.rng.range(60_000, 320_000);
        draft.at(at, Event::PowerLoss { kept_percent: 50 });
    }
    draft.at(330_000, Event::Link(LinkSpec::GOOD));
    draft.expect([Expect::Attested(4), Expect::Overruled(2), Expect::Traded]);
    draft.expect([Expect::Dismissed(1), Expect::Enacted(4)]);
    draft.scenario.blocks_after = 20;
    draft.scenario.patience_ms = 300_000;
}
