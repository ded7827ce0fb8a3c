use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

const MINUTE: u64 = 60_000;

fn at(slot: u64) -> Timestamp {
    Timestamp::new(slot * MINUTE + 7)
}

fn slots(interval_ms: u64, score_slots: u64) -> RegistryParams {
    RegistryParams { heartbeat_interval_ms: interval_ms, score_slots, ..RegistryParams::devnet() }
}

fn node(slot: u64) -> Node {
    Node::new(at(slot), &slots(MINUTE, 144))
}

fn beat(node: &mut Node, slot: u64) -> Result<(), Early> {
    beat_at(node, at(slot), MINUTE)
}

fn beat_at(node: &mut Node, time: Timestamp, interval_ms: u64) -> Result<(), Early> {
    node.beat(time, &slots(interval_ms, 144), Health::default())
}

fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}

#[test]
fn a_node_that_never_misses_has_the_full_score() {
    let mut node = node(1_000);
    assert_eq!((node.heard(at(1_000)), node.score(at(1_000))), ((0, 0), Ppm::ZERO));
    for slot in 1_000..2_000 {
        beat(&mut node, slot).unwrap();
        assert_eq!(node.score(at(slot)), Ppm::ONE);
        assert_eq!(node.heard(at(slot)).1, (slot - 999).min(144));
    }
}

#[test]
fn the_running_slot_is_due_once_its_heartbeat_is_there() {
    let mut node = node(10);
    beat(&mut node, 10).unwrap();
    assert_eq!(node.heard(at(11)), (1, 1));
    assert_eq!(node.heard(at(12)), (1, 2));
    beat(&mut node, 12).unwrap();
    assert_eq!((node.heard(at(12)), node.score(at(12))), ((2, 3), ppm(666_666)));
}

#[test]
fn one_heartbeat_a_slot_is_accepted() {
    let mut node = node(10);
    beat(&mut node, 10).unwrap();
    let before = node.clone();
    assert_eq!(beat(&mut node, 10), Err(Early));
    assert_eq!(beat_at(&mut node, Timestamp::new(11 * MINUTE - 1), MINUTE), Err(Early));
    assert_eq!(beat(&mut node, 9), Err(Early));
    assert_eq!(node, before);
    assert_eq!(beat_at(&mut node, Timestamp::new(11 * MINUTE), MINUTE), Ok(()));
}

#[test]
fn what_lies_behind_the_window_is_forgotten() {
    let mut node = node(0);
    for slot in 0..144 {
        beat(&mut node, slot).unwrap();
    }
    assert_eq!(node.heard(at(144 + 72)), (72, 144));
    assert_eq!(node.heard(at(2 * 144)), (0, 144));
    beat(&mut node, 10_000).unwrap();
    assert_eq!(node.heard(at(10_000)), (1, 144));
}

#[test]
fn slots_of_another_length_start_the_count_over() {
    let mut node = node(10);
    for slot in 10..20 {
        beat(&mut node, slot).unwrap();
    }
    let now = at(25);
    beat_at(&mut node, now, 10 * MINUTE).unwrap();
    assert_eq!((node.interval_ms, node.since, node.registered), (10 * MINUTE, now, at(10)));
    assert_eq!((node.heard(now), node.score(now)), ((1, 1), Ppm::ONE));
    assert_eq!(node.heard(at(45)), (1, 2));
    // Longer slots may hold the last heartbeat already.
    assert_eq!(beat_at(&mut node, at(26), 60 * MINUTE), Err(Early));
}

#[test]
fn the_score_looks_back_as_far_as_the_parameter_says_from_the_next_heartbeat_on() {
    let mut node = node(0);
    for slot in (0..400).filter(|slot| slot % 2 == 0) {
        beat(&mut node, slot).unwrap();
    }
    assert_eq!(node.heard(at(399)), (72, 144));
    for (slot, score_slots) in [(400, 8), (402, 256), (404, 100)] {
        node.beat(at(slot), &slots(MINUTE, score_slots), Health::default()).unwrap();
        assert_eq!(node.heard(at(slot)), (score_slots / 2, score_slots));
    }
    assert_eq!(node.heard(at(505)), (0, 100));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_score_is_that_of_a_list_of_all_slots(
        start in 0u64..1_000, gaps in prop::collection::vec(0u64..40, 0..120), after in 0u64..600,
        back in 8u64..=256,
    ) {
        let params = slots(MINUTE, back);
        let mut node = Node::new(at(start), &params);
        let (mut now, mut all) = (start, BTreeSet::new());
        for gap in gaps {
            now += gap;
            let heard = node.beat(at(now), &params, Health::default());
            prop_assert_eq!(heard.is_ok(), all.insert(now));
        }
        now += after;
        let end = if all.contains(&now) { now + 1 } else { now };
        let window = start.max(end.saturating_sub(back))..end;
        let heard = all.range(window.clone()).count() as u64;
        prop_assert_eq!(node.heard(at(now)), (heard, window.end - window.start));
    }
}
