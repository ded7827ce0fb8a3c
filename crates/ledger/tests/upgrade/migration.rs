//! What migrations change, and what is left of those that fail.

use super::*;
use althing_ledger::{governance::Turnout, migrations::drill};
use althing_state::{StateKey, StateValue};
use althing_types::governance::{Kind, UpgradeFailure};
use commonware_codec::Encode as _;

fn own_vote(proposal: u64, choice: Choice) -> Payload {
    Payload::Vote(Vote { proposal, ballot: Ballot::all(choice), validator: None })
}

/// The kinds on the agenda, by the numbers of proposals.
fn kinds(world: &World) -> Vec<(u64, Option<&'static str>)> {
    let entries = world.agenda().entries;
    entries.iter().map(|entry| (entry.proposal, entry.kind.map(Kind::name))).collect()
}

#[test]
fn the_agenda_says_what_proposals_are_about_from_the_upgrade_on() {
    let mut world = World::new();
    world.planned(V1_1);
    let text = world.chain.transaction(1, 0, submit(Criticality::Standard, Action::Text {}));
    // Voted on when the upgrade comes: it is put off until one was submitted.
    let mut chain = world.chain.clone();
    chain.advance(&[text]);
    let mut after = World { chain };
    assert_eq!(kinds(&after), [(2, Some("text"))]);
    let cancel = Payload::CancelProposal(CancelProposal { proposal: 2 });
    after.does(1, cancel);
    assert!(kinds(&after).is_empty());
    let number = after.submit(to(V1_2));
    assert_eq!(kinds(&after), [(number, Some("upgrade"))]);
}

#[test]
fn proposals_that_were_open_at_the_upgrade_are_described_and_count_voters_from_then_on() {
    let mut world = World::new();
    let number = world.submit(to(V1_1));
    world.turn();
    world.agree(number);
    let (waiting, voting) = (number + 2, number + 1);
    let text = || submit(Criticality::Standard, Action::Text {});
    world.turn();
    world.does(1, text());
    world.beat(0..VALIDATORS, V1_1);
    world.turn();
    assert_eq!(kinds(&world), [(voting, None)]);
    // The vote on the second one has begun; it goes on under the new rules.
    assert_eq!(world.standing(voting).turnout, None);
    assert_eq!(world.step()[0].name(), "upgraded");
    let since = Height::new(world.height());
    assert_eq!(kinds(&world), [(voting, Some("text"))]);
    let nobody = Turnout { since, accounts: 0, validators: 0 };
    assert_eq!(world.standing(voting).turnout, Some(nobody));
    world.does(operator(0), vote(voting, 0));
    world.does(operator(0), vote(voting, 0));
    world.does(operator(0), own_vote(voting, Choice::No));
    world.does(operator(0), own_vote(voting, Choice::Yes));
    world.does(operator(1), own_vote(voting, Choice::Yes));
    let counted = Turnout { since, accounts: 2, validators: 1 };
    assert_eq!(world.standing(voting).turnout, Some(counted));
    world.does(1, text());
    let fresh = world.standing(waiting).turnout.unwrap();
    assert_eq!((fresh.since.get(), fresh.accounts, fresh.validators), (world.height(), 0, 0));
    assert_eq!(kinds(&world), [(voting, Some("text")), (waiting, Some("text"))]);
    // What was over before stays as it was.
    assert_eq!(world.standing(number).turnout, None);
}

#[test]
fn votes_before_the_upgrade_count_in_the_tally_and_not_in_the_turnout() {
    let mut world = World::new();
    let upgrade = world.submit(at(V1_1, Some(world.height() + 38)));
    world.turn();
    world.agree(upgrade);
    world.turn();
    world.does(1, submit(Criticality::Standard, Action::Text {}));
    let voting = upgrade + 1;
    world.beat(0..VALIDATORS, V1_1);
    world.turn();
    world.does(operator(0), vote(voting, 0));
    let due = world.protocol().plan.unwrap().height.get();
    while world.height() < due {
        world.step();
    }
    assert_eq!(world.protocol().version, V1_1);
    let before = world.standing(voting);
    assert_eq!(before.stake.yes, tokens(10_000));
    assert_eq!(before.turnout.map(|turnout| turnout.validators), Some(0));
    // A changed vote is no further voter.
    world.does(operator(0), vote(voting, 0));
    world.does(operator(1), vote(voting, 1));
    let after = world.standing(voting);
    assert_eq!(after.stake.yes, tokens(20_000));
    assert_eq!(after.turnout.map(|turnout| turnout.validators), Some(1));
}

#[test]
fn a_text_waits_for_its_delay_before_the_upgrade_and_for_nothing_after_it() {
    for (version, status) in [(V1, "queued"), (V1_1, "enacted")] {
        let mut world = World::new();
        if version == V1_1 {
            world.planned(V1_1);
            world.step();
        }
        let number = world.submit(Action::Text {});
        world.turn();
        world.agree(number);
        let events = world.turn();
        assert_eq!(world.standing(number).status.name(), status);
        let enacted = events.contains(&Event::ProposalEnacted { proposal: number });
        assert_eq!(
            (enacted, world.agenda().entries.is_empty()),
            (version == V1_1, version == V1_1)
        );
        world.turn();
        assert_eq!(world.standing(number).status.name(), "enacted");
    }
}

#[test]
fn a_text_that_waited_for_its_delay_at_the_upgrade_is_enacted_when_it_is_due() {
    let mut world = World::new();
    let upgrade = world.submit(to(V1_1));
    world.turn();
    let text = world.submit(Action::Text {});
    world.agree(upgrade);
    world.turn();
    world.agree(text);
    world.beat(0..VALIDATORS, V1_1);
    world.turn();
    assert_eq!(world.standing(text).status.name(), "queued");
    assert_eq!(world.step()[0].name(), "upgraded");
    assert!(world.turn().contains(&Event::ProposalEnacted { proposal: text }));
}

/// What is left of an upgrade to `version` with these releases.
fn fails(releases: Releases, version: Version, reason: UpgradeFailure) {
    let mut world = World::with(releases.clone());
    let plan = world.planned(version);
    let mut without = World { chain: world.chain.clone() };
    let mut protocol = without.protocol();
    protocol.plan = None;
    let value = StateValue::new(protocol.encode()).unwrap();
    without.chain.state.insert(upgrade::protocol_key(), value);
    without.step();
    let events = world.step();
    let failed = Event::UpgradeFailed { proposal: plan.proposal, version, reason };
    assert_eq!(events[0], failed);
    assert!(world.records() == without.records(), "a failed upgrade left something behind");
    let Protocol { version: kept, plan: none, failed, previous, .. } = world.protocol();
    assert_eq!((kept, none, previous), (V1, None, None));
    let failed = failed.unwrap();
    assert_eq!((failed.version, failed.height.get()), (version, world.height()));
    assert_eq!((failed.proposal, failed.reason), (plan.proposal, reason));
    // The chain goes on, and the mended version succeeds.
    world.turn();
    let mended = Version { patch: version.patch + 1, ..version };
    world.install(Releases::default().and(release(mended, |_, _| Ok(()))));
    world.planned(mended);
    assert_eq!(world.step()[0].name(), "upgraded");
    assert_eq!(world.protocol().failed, None);
}

#[test]
fn planned_to_failed_when_a_migration_refuses_keeps_the_old_state_and_the_old_rules() {
    fails(Releases::default().and(drill::FAILS), drill::FAILS.version, UpgradeFailure::Refused);
}

#[test]
fn planned_to_failed_when_a_migration_meets_a_record_that_it_cannot_read() {
    let run: fn(&mut View, &Moment) -> Result<(), MigrationError> = |view, moment| {
        let broken = StateValue::new(vec![0xff].into()).unwrap();
        view.set(query::agenda_key(), Some(broken));
        let again = althing_ledger::versions::KNOWN[1].migration.unwrap();
        (again.run)(view, moment)
    };
    fails(Releases::default().and(release(V1_2, run)), V1_2, UpgradeFailure::Record);
}

#[test]
fn planned_to_failed_when_a_migration_makes_money() {
    let run: fn(&mut View, &Moment) -> Result<(), MigrationError> = |view, _| {
        let key = records::supply_key();
        let mut supply = records::decode_supply(view.get(&key)?.unwrap()).unwrap();
        supply.minted = supply.minted.checked_add(Amount::new(1)).unwrap();
        view.set(key, Some(StateValue::new(supply.encode()).unwrap()));
        Ok(())
    };
    fails(Releases::default().and(release(V1_2, run)), V1_2, UpgradeFailure::Supply);
}

#[test]
fn planned_to_failed_when_a_migration_breaks_a_bound_of_the_parameters() {
    let run: fn(&mut View, &Moment) -> Result<(), MigrationError> = |view, _| {
        let key = records::params_key();
        let mut params = records::decode_params(view.get(&key)?.unwrap()).unwrap();
        params.upgrade.patience = 101;
        view.set(key, Some(StateValue::new(params.encode()).unwrap()));
        Ok(())
    };
    fails(Releases::default().and(release(V1_2, run)), V1_2, UpgradeFailure::Params);
}

#[test]
fn planned_to_failed_when_a_migration_panics() {
    let run: fn(&mut View, &Moment) -> Result<(), MigrationError> = |view, _| {
        view.set(records::supply_key(), None);
        panic!("a mistake of the migration")
    };
    fails(Releases::default().and(release(V1_2, run)), V1_2, UpgradeFailure::Panicked);
}

/// Where the migrations of the next test leave their traces.
const TRACE: StateKey = StateKey::fixed(0x12, &[0x77; 32]);

fn leave_trace(view: &mut View, mark: u8) -> Result<(), MigrationError> {
    let mut trace = view.get(&TRACE)?.map(|value| value.to_vec()).unwrap_or_default();
    trace.push(mark);
    view.set(TRACE, Some(StateValue::new(trace.into()).unwrap()));
    Ok(())
}

#[test]
fn the_migrations_of_all_versions_between_run_in_order_in_one_block() {
    let (second, third) = (V1_2, Version::new(2, 0, 0));
    let releases = Releases::default()
        .and(release(second, |view, _| leave_trace(view, 2)))
        .and(release(third, |view, _| leave_trace(view, 3)));
    let mut world = World::with(releases);
    let number = world.submit(Action::Text {});
    world.planned(third);
    let outcome = world.chain.execute(&[], common::Fetch::OnDemand).0;
    let (_, trace) = outcome.writes.iter().find(|(key, _)| *key == TRACE).unwrap();
    assert_eq!(trace.as_ref().unwrap().to_vec(), [2, 3]);
    assert_eq!(own_events(&outcome)[0], Event::Upgraded { proposal: 2, from: V1, to: third });
    assert_eq!(number, 1);
}

#[test]
fn an_upgrade_with_the_fullest_agenda_is_one_block() {
    let mut genesis = genesis();
    let governance = &mut genesis.params.governance;
    (governance.max_open, governance.max_open_per_account) = (500, 500);
    governance.deposit = Amount::new(1);
    let mut chain = Chain::new(genesis);
    chain.interval = 100;
    chain.audit_every = 50;
    chain.advance(&[]);
    let mut world = World { chain };
    world.turn();
    let number = world.submit(to(V1_1));
    world.turn();
    world.agree(number);
    world.turn();
    let fill: Vec<_> =
        (0..499).map(|_| (1, submit(Criticality::Standard, Action::Text {}))).collect();
    world.chain.advance_without(&[], &fill);
    world.beat(0..VALIDATORS, V1_1);
    world.turn();
    assert_eq!(world.agenda().entries.len(), 499);
    assert_eq!(world.step()[0].name(), "upgraded");
    world.chain.audit();
    assert!(world.agenda().entries.iter().all(|entry| entry.kind.is_some()));
}
