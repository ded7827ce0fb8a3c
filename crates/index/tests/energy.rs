//! What the index says about metered energy.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a failed unwrap is a failed test"
)]

#[path = "common/energy.rs"]
mod story;

use althing_index::{BatchQuery, DisputeQuery, Index, ProviderQuery, SaleQuery};
use althing_types::{
    Address, Amount, Height,
    energy::{DisputeEnd, DisputeSubject, ProviderState, ReadingOutcome},
};
use story::{
    ABOUT_READING, ABOUT_SALE, BUYER, DELEGATE, EXPIRED, GIVEN, HEIR, LAST, LATER, LEAVER, MAKER,
    OPEN, OPENER, ORACLES, OVER, RETIRED, REVOKED, SLOT, START, UNDECIDED, address, meter, over,
    story, zone,
};

/// The story, indexed in batches of three blocks.
fn indexed() -> Index {
    let index = Index::in_memory().unwrap();
    let blocks = story();
    assert_eq!(blocks.len() as u64, LAST);
    blocks.chunks(3).for_each(|batch| index.apply(batch).unwrap());
    index
}

fn until(height: usize) -> Index {
    let index = Index::in_memory().unwrap();
    index.apply(&story()[..height]).unwrap();
    index
}

#[test]
fn a_batch_is_known_for_ever_with_what_its_meters_signed() {
    let index = indexed();
    let batch = index.energy_batch(OVER).unwrap().unwrap();
    assert_eq!((batch.provider, batch.height), (address(MAKER), Height::new(2)));
    assert_eq!((batch.count, batch.wh, batch.attested_wh), (3, 350, 100));
    assert_eq!([batch.undecided, batch.attested, batch.refused], [0, 1, 1]);
    assert_eq!([batch.expired, batch.disproved], [0, 1]);
    assert_eq!(batch.closed, Some(Height::new(7)));
    let readings = index.batch_readings(OVER).unwrap();
    for (row, signed) in readings.iter().zip(over()) {
        assert_eq!(
            (row.meter, row.sequence, row.start),
            (signed.meter, signed.sequence, signed.start)
        );
        assert_eq!((row.wh, row.total_wh, row.seconds), (signed.wh, signed.total_wh, 900));
        assert_eq!(row.signed_at, signed.signed_at);
    }
    let outcomes: Vec<_> = readings.iter().map(|row| row.outcome.unwrap()).collect();
    let [attested, disproved, refused] =
        [ReadingOutcome::Attested, ReadingOutcome::Disproved, ReadingOutcome::Refused];
    assert_eq!(outcomes, [attested, disproved, refused]);
    assert_eq!(index.energy_batch(99).unwrap(), None);
    assert_eq!(index.batch_readings(u64::MAX).unwrap(), []);
}

#[test]
fn what_is_decided_moves_from_count_to_count() {
    let before = until(2).energy_batch(OVER).unwrap().unwrap();
    assert_eq!((before.undecided, before.attested, before.attested_wh), (3, 0, 0));
    let after = until(3).energy_batch(OVER).unwrap().unwrap();
    assert_eq!([after.undecided, after.attested, after.refused], [0, 2, 1]);
    assert_eq!((after.attested_wh, after.closed), (300, None));
    let expired = indexed().energy_batch(EXPIRED).unwrap().unwrap();
    assert_eq!([expired.undecided, expired.expired, expired.attested], [0, 1, 0]);
}

#[test]
fn batches_are_found_by_provider_and_whether_they_are_over_and_paged() {
    let index = indexed();
    let numbers = |query: BatchQuery, limit| -> Vec<u64> {
        index.energy_batches(&query, limit).unwrap().iter().map(|row| row.number).collect()
    };
    let all = BatchQuery::default();
    assert_eq!(numbers(all, 10), [EXPIRED, OPEN, OVER]);
    assert_eq!(numbers(BatchQuery { before: Some(EXPIRED), ..all }, 1), [OPEN]);
    assert_eq!(numbers(BatchQuery { open: Some(true), ..all }, 10), [EXPIRED, OPEN]);
    assert_eq!(numbers(BatchQuery { open: Some(false), ..all }, 10), [OVER]);
    let maker = BatchQuery { provider: Some(address(MAKER)), open: Some(true), ..all };
    assert_eq!(numbers(maker, 10), [EXPIRED, OPEN]);
    assert_eq!(numbers(BatchQuery { provider: Some(address(LEAVER)), ..all }, 10), [0u64; 0]);
}

#[test]
fn oracles_see_what_they_have_not_reported_on_oldest_first() {
    let index = until(7);
    let numbers = |index: &Index, oracle, after| -> Vec<u64> {
        let rows = index.undecided(oracle, after, 10).unwrap();
        rows.iter().map(|row| row.number).collect()
    };
    assert_eq!(numbers(&index, None, None), [OPEN, EXPIRED]);
    assert_eq!(numbers(&index, Some(address(ORACLES[0])), Some(OPEN)), [EXPIRED]);
    let index = indexed();
    assert_eq!(numbers(&index, Some(address(ORACLES[0])), None), [EXPIRED]);
    assert_eq!(numbers(&index, Some(address(ORACLES[1])), None), [OPEN, EXPIRED]);
    // Two have decided a batch; until it is over, the third can say late what it found.
    let third = Some(address(ORACLES[2]));
    assert_eq!(numbers(&until(3), None, None), [0u64; 0]);
    assert_eq!(numbers(&until(3), third, None), [OVER]);
    assert_eq!(numbers(&until(4), third, None), [0u64; 0]);
    let reports = index.oracle_reports(address(ORACLES[0]), None, 10).unwrap();
    let seen: Vec<_> = reports.iter().map(|row| (row.report.batch, row.report.agree)).collect();
    assert_eq!(seen, [(OPEN, 1), (OVER, 0b011)]);
    let older = index.oracle_reports(address(ORACLES[0]), Some(OPEN), 10).unwrap();
    assert_eq!(older.len(), 1);
    let late: Vec<_> =
        index.batch_reports(OVER).unwrap().iter().map(|row| (row.oracle, row.late)).collect();
    let [first, second, third] = ORACLES.map(address);
    assert_eq!(late, [(first, false), (second, false), (third, true)]);
}

#[test]
fn readings_of_a_meter_go_back_page_by_page() {
    let index = indexed();
    let page = index.meter_readings(meter(b'A'), None, 2).unwrap();
    let at: Vec<_> = page.iter().map(|row| (row.batch, row.place, row.outcome)).collect();
    assert_eq!(at, [(OPEN, 0, None), (OVER, 1, Some(ReadingOutcome::Disproved))]);
    assert_eq!(page[0].total_wh, u64::MAX);
    let next = index.meter_readings(meter(b'A'), Some(OVER * 64 + 1), 2).unwrap();
    assert_eq!((next.len(), next[0].place, next[0].wh), (1, 0, 100));
    assert_eq!(index.meter_readings(meter(b'Z'), None, 2).unwrap(), []);
}

#[test]
fn providers_meters_oracles_and_grants_are_listed_while_they_are_there() {
    let index = indexed();
    let providers = |query: ProviderQuery| index.energy_providers(&query, 10).unwrap();
    let all = ProviderQuery::default();
    assert_eq!(providers(all.clone()), [address(MAKER)]);
    let both = until(10).energy_providers(&all, 10).unwrap();
    assert_eq!(both, [address(MAKER), address(LEAVER)]);
    let state = |state| providers(ProviderQuery { state: Some(state), ..ProviderQuery::default() });
    assert_eq!(state(ProviderState::Suspended), [address(MAKER)]);
    assert_eq!(state(ProviderState::Active), []);
    let here = ProviderQuery { zone: Some(zone()), selling: true, ..all.clone() };
    assert_eq!(providers(here.clone()), [address(MAKER)]);
    assert_eq!(until(8).energy_providers(&here, 10).unwrap(), []);
    assert_eq!(providers(ProviderQuery { after: Some(address(MAKER)), ..all }), []);
    let meters = index.meters_of(address(MAKER), None, 10).unwrap();
    let mut known = [meter(b'A'), meter(b'B')];
    known.sort();
    assert_eq!(meters, known);
    assert_eq!(index.meters_of(address(MAKER), Some(known[0]), 10).unwrap(), [known[1]]);
    let [first, second, third] = ORACLES.map(address);
    assert_eq!(index.oracles(None, 10).unwrap(), [first, second]);
    assert_eq!(until(10).oracles(Some(first), 10).unwrap(), [second, third]);
    let grants = |grantor| index.energy_grants(grantor, None, 10).unwrap();
    assert_eq!(grants(address(MAKER)), [address(DELEGATE)]);
    assert_eq!(grants(first), []);
    assert_eq!(grants(Address::of_module("governance")), [address(DELEGATE)]);
    let counts = index.energy_counts().unwrap();
    assert_eq!((counts.active, counts.suspended, counts.meters), (0, 1, 2));
    assert_eq!((counts.open_batches, counts.open_disputes), (2, 1));
}

#[test]
fn hours_say_where_energy_can_be_on_sale() {
    let index = indexed();
    let hour = START - START % 3_600;
    let hours = |from, to| index.energy_hours(address(MAKER), (from, to), 10).unwrap();
    // Both attested readings, together half an hour from half past on, lie in one hour.
    assert_eq!(hours(0, u64::MAX), [hour]);
    assert_eq!(hours(START, START + 1), [hour]);
    assert_eq!(hours(hour + 3_600, u64::MAX), [0u64; 0]);
    assert_eq!(hours(0, hour), [0u64; 0]);
    let makers = |after| index.energy_makers(&zone(), (SLOT, SLOT + 900), after, 10).unwrap();
    assert_eq!(makers(None), [address(MAKER)]);
    assert_eq!(makers(Some(address(MAKER))), []);
    let elsewhere = index.energy_makers(&"NSW".parse().unwrap(), (SLOT, SLOT + 900), None, 10);
    assert_eq!(elsewhere.unwrap(), []);
}

#[test]
fn what_is_cleared_or_taken_back_is_not_open_any_more() {
    let index = until(4);
    let numbers = |index: &Index, seed| -> Vec<u64> {
        let rows = index.energy_orders(address(seed), None, 10).unwrap();
        rows.iter().map(|row| row.number).collect()
    };
    assert_eq!((numbers(&index, MAKER), numbers(&index, BUYER)), (vec![0], vec![1]));
    assert_eq!(numbers(&index, HEIR), [0u64; 0]);
    let order = &index.energy_orders(address(BUYER), None, 10).unwrap()[0];
    assert_eq!((order.offer, order.wh, order.price), (false, 60, Amount::new(30_000)));
    let index = indexed();
    assert_eq!(numbers(&index, BUYER), [0u64; 0]);
    let open = &index.energy_orders(address(MAKER), None, 10).unwrap()[0];
    assert_eq!((open.number, open.slot, open.offer), (3, LATER, true));
    assert_eq!(index.energy_orders(address(MAKER), Some(3), 10).unwrap(), []);
    let slot = index.energy_slot(&zone(), SLOT).unwrap().unwrap();
    assert_eq!((slot.price, slot.wh, slot.sales), (Amount::new(20_000), 60, 1));
    assert_eq!((slot.paid, slot.refunds), (Amount::new(1_200), Amount::new(600)));
    assert_eq!(slot.height, Height::new(5));
    assert_eq!(index.energy_slots(Some(&zone()), None, 10).unwrap(), std::slice::from_ref(&slot));
    assert_eq!(index.energy_slots(None, Some(slot.number), 10).unwrap(), []);
    assert_eq!(index.energy_slot(&zone(), LATER).unwrap(), None);
}

#[test]
fn certificates_are_found_by_everybody_concerned_and_know_their_owners() {
    let index = indexed();
    let numbers = |query: SaleQuery| -> Vec<u64> {
        index.energy_sales(&query, 10).unwrap().iter().map(|row| row.number).collect()
    };
    let all = SaleQuery::default();
    assert_eq!(numbers(all), [REVOKED, RETIRED, GIVEN]);
    assert_eq!(numbers(SaleQuery { owner: Some(address(HEIR)), ..all }), [GIVEN]);
    assert_eq!(numbers(SaleQuery { buyer: Some(address(BUYER)), ..all }).len(), 3);
    let retired = SaleQuery { owner: Some(address(BUYER)), state: Some("retired"), ..all };
    assert_eq!(numbers(retired), [RETIRED]);
    let before = SaleQuery { provider: Some(address(MAKER)), before: Some(RETIRED), ..all };
    assert_eq!(numbers(before), [GIVEN]);
    let given = index.energy_sale(GIVEN).unwrap().unwrap();
    let payment = given.payment.unwrap();
    assert_eq!((payment.amount, payment.fee), (Amount::new(1_194), Amount::new(6)));
    assert_eq!((payment.height, given.state.as_str()), (Height::new(6), "held"));
    let owners: Vec<_> =
        index.certificate_owners(GIVEN, 10).unwrap().iter().map(|row| row.owner).collect();
    assert_eq!(owners, [address(HEIR), address(BUYER)]);
    let revoked = index.energy_sale(REVOKED).unwrap().unwrap();
    assert_eq!((revoked.state.as_str(), revoked.revoked_wh), ("revoked", 20));
    assert_eq!((revoked.refund, revoked.payment), (Amount::new(400), None));
    let retired = index.energy_sale(RETIRED).unwrap().unwrap();
    assert_eq!((retired.state.as_str(), retired.retired), ("retired", Some(Height::new(9))));
    assert_eq!(index.energy_sale(99).unwrap(), None);
}

#[test]
fn disputes_are_kept_with_their_votes_and_how_they_ended() {
    let index = indexed();
    let numbers = |query: DisputeQuery| -> Vec<u64> {
        index.energy_disputes(&query, 10).unwrap().iter().map(|row| row.number).collect()
    };
    let all = DisputeQuery::default();
    assert_eq!(numbers(all), [UNDECIDED, ABOUT_SALE, ABOUT_READING]);
    assert_eq!(numbers(DisputeQuery { state: Some(None), ..all }), [UNDECIDED]);
    let upheld = DisputeQuery { state: Some(Some(DisputeEnd::Upheld)), ..all };
    assert_eq!(numbers(upheld), [ABOUT_SALE, ABOUT_READING]);
    let maker = DisputeQuery { provider: Some(address(MAKER)), before: Some(1), ..all };
    assert_eq!(numbers(maker), [ABOUT_READING]);
    let row = index.energy_dispute(ABOUT_SALE).unwrap().unwrap();
    assert_eq!((row.opener, row.provider), (address(OPENER), Some(address(MAKER))));
    assert_eq!(row.subject, DisputeSubject::Certificate { certificate: REVOKED });
    assert_eq!((row.uphold, row.dismiss, row.opened), (2, 1, Height::new(9)));
    let ended = row.ended.unwrap();
    assert_eq!((ended.end, ended.revoked_wh), (DisputeEnd::Upheld, 20));
    assert_eq!((ended.reward, ended.height), (Amount::new(17), Height::new(9)));
    // The provider of an open one is that of what it is about.
    let open = index.energy_dispute(UNDECIDED).unwrap().unwrap();
    assert_eq!((open.provider, open.ended), (Some(address(MAKER)), None));
    let votes: Vec<_> = index
        .dispute_votes(ABOUT_SALE)
        .unwrap()
        .iter()
        .map(|row| (row.oracle, row.uphold))
        .collect();
    let [first, second, third] = ORACLES.map(address);
    assert_eq!(votes, [(first, false), (second, true), (third, true)]);
    assert_eq!(index.energy_dispute(99).unwrap(), None);
}

#[test]
fn an_index_that_began_later_knows_what_came_since() {
    let index = Index::in_memory().unwrap();
    index.apply(&story()[6..]).unwrap();
    let batch = index.energy_batch(OPEN).unwrap().unwrap();
    assert_eq!((batch.count, batch.undecided), (1, 1));
    assert_eq!(index.meter_readings(meter(b'A'), None, 10).unwrap().len(), 1);
    assert_eq!(index.energy_batch(OVER).unwrap(), None);
}
