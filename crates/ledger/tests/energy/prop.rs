//! Random interleavings of everything that users of energy do, right and wrong, over blocks and epochs,
//! in both modes and across changes between them. After every block the audit recounts all records
//! and the supply, and the sums of the ledger are compared with what events add up to. In the end
//! everything must come to an end, and over all plays every kind of end must have been seen.

use super::{
    acts::{act, mode},
    play::{Play, stage},
    world::World,
};
use althing_types::energy::SettlementMode;
use proptest::{
    prelude::*,
    test_runner::{TestCaseError, TestError, TestRunner},
};
use std::{cell::RefCell, collections::BTreeMap};

/// Plays in a run.
const PLAYS: u32 = 96;

/// What must have happened in a run.
const ENDS: [&str; 24] = [
    "attested",
    "refused",
    "expired",
    "disproved",
    "cleared",
    "cancelled",
    "paid",
    "lapsed",
    "upheld",
    "dismissed",
    "dispute lapsed",
    "transferred",
    "retired",
    "revoked",
    "stake paid",
    "weighted",
    "rotated",
    "key revoked",
    "mode changed",
    "replayed",
    "out of order",
    "forged",
    "skewed",
    "left before the end",
];

thread_local! {
    /// Both worlds, made once: registering everybody and deciding about oracles takes more blocks
    /// than a play.
    static STAGES: [World; 2] = [SettlementMode::Batch, SettlementMode::RealTime].map(stage);
}

#[test]
fn energy_and_money_are_conserved_whatever_happens_in_whatever_order() {
    let config = ProptestConfig { cases: PLAYS, failure_persistence: None, ..Default::default() };
    let blocks = prop::collection::vec(prop::collection::vec(act(), 0..12), 20..60);
    let ends = RefCell::new(BTreeMap::new());
    let played = TestRunner::new(config).run(&(mode(), blocks), |(mode, blocks)| {
        let place = usize::from(mode == SettlementMode::RealTime);
        let world = STAGES.with(|stages| stages[place].clone());
        let mut seen = BTreeMap::new();
        let mut play = Play::begin(world, &mut seen);
        for acts in &blocks {
            play.block(acts);
        }
        play.left();
        play.judge();
        for (end, times) in seen {
            *ends.borrow_mut().entry(end).or_insert(0) += times;
        }
        Ok::<_, TestCaseError>(())
    });
    match played {
        Ok(()) => {}
        Err(TestError::Fail(reason, (mode, blocks))) => {
            panic!("{reason}\n{mode:?}, block by block: {blocks:#?}")
        }
        Err(error) => panic!("{error}"),
    }
    let ends = ends.into_inner();
    for end in ENDS {
        assert!(ends.contains_key(end), "nothing was ever {end}: {ends:?}");
    }
    println!("{ends:?}");
}
