//! Upgrades that are tried out without changing anything.

use super::*;
use althing_ledger::{
    migrations::drill,
    upgrade::{Check, CheckError, Report},
};
use althing_state::Missing;
use althing_types::{Timestamp, governance::UpgradeFailure};

fn check(world: &World, releases: Releases, to: Version) -> Result<Report, CheckError> {
    let (height, time) = (Height::new(world.height() + 1), Timestamp::new(world.chain.time + 100));
    let mut check = Check::new(releases, Moment { height, time }, to);
    loop {
        match check.run() {
            Err(CheckError::Missing(Missing(keys))) => {
                assert!(!keys.is_empty());
                for key in keys {
                    check.give(key, world.chain.state.get(&key).cloned());
                }
            }
            done => return done,
        }
    }
}

/// Whether the audit of the state as it would be finds nothing.
fn audit(world: &World, report: &Report) {
    let mut audit = report.audit(Height::new(world.height()));
    for (key, value) in &world.chain.state {
        audit.add(*key, value).unwrap();
    }
    assert!(audit.finish().unwrap().agrees());
}

#[test]
fn a_check_says_what_the_upgrade_then_does() {
    let mut world = World::new();
    let waiting = world.submit(Action::Text {});
    world.planned(V1_1);
    let other = world.submit_before();
    let report = check(&world, Releases::default(), V1_1).unwrap();
    assert_eq!((report.from, report.to, report.failure), (V1, V1_1, None));
    assert_eq!(report.steps.len(), 1);
    assert!(report.steps[0].migration.is_some_and(|what| what.contains("agenda")));
    audit(&world, &report);
    // The version, the agenda and the one proposal on it; besides these the proposal itself, the
    // supply and the parameters are read.
    assert_eq!((report.counts(), report.read), ((3, 0), 6));
    world.install(Releases::default());
    world.step();
    for (key, value) in &report.writes {
        assert_eq!(world.chain.state.get(key), value.as_ref(), "{key}");
    }
    assert!(waiting < other);
}

#[test]
fn a_check_of_an_upgrade_that_would_fail_says_why_and_writes_nothing() {
    let world = World::new();
    let releases = Releases::default().and(drill::FAILS);
    let report = check(&world, releases, drill::FAILS.version).unwrap();
    assert_eq!(report.failure, Some((UpgradeFailure::Refused, "an exercise")));
    assert!(report.writes.is_empty());
    assert_eq!(report.steps.len(), 2);
    audit(&world, &report);
}

#[test]
fn the_audit_of_a_check_finds_what_the_migration_forgot() {
    let world = World::new();
    let forgets = release(V1_2, |view, _| {
        view.set(query::agenda_key(), None);
        Ok(())
    });
    let report = check(&world, Releases::default().and(forgets), V1_2).unwrap();
    let mut audit = report.audit(Height::new(world.height()));
    for (key, value) in &world.chain.state {
        audit.add(*key, value).unwrap();
    }
    assert_eq!(audit.finish().unwrap_err().key, query::agenda_key());
    assert_eq!(report.counts().1, 1);
}

#[test]
fn a_check_needs_a_way_that_the_software_knows() {
    let world = World::new();
    let to = Version::new(7, 0, 0);
    let newest = Releases::default().newest();
    let error = check(&world, Releases::default(), to).unwrap_err();
    assert_eq!(error, CheckError::Unknown { from: V1, to, newest });
    let error = check(&world, Releases::default(), V1).unwrap_err();
    assert_eq!(error, CheckError::NotLater { from: V1, to: V1 });
    let mut empty = World::new();
    empty.chain.state.clear();
    assert!(matches!(check(&empty, Releases::default(), V1_1), Err(CheckError::Broken(_))));
}

impl World {
    /// A proposal on the agenda of a state whose next block upgrades: its own block puts the plan off by
    /// one.
    fn submit_before(&mut self) -> u64 {
        use commonware_codec::Encode as _;
        let mut protocol = self.protocol();
        let plan = protocol.plan.as_mut().unwrap();
        plan.height = plan.height.next().unwrap();
        let value = althing_state::StateValue::new(protocol.encode()).unwrap();
        self.chain.state.insert(upgrade::protocol_key(), value);
        self.submit(Action::Text {})
    }
}
