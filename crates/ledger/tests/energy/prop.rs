//! Random interleavings of readings, reports, orders, sales, disputes, votes and leaving: energy and
//! money are conserved. The audit recounts both after every block; here everything then comes to its
//! end, and what is left over is compared.

use super::{common::*, messages::*, world::*};
use althing_ledger::codes;
use althing_types::{Amount, Payload, energy::SettlementMode};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Read { device: usize, wh: u64 },
    Report { oracle: usize, batch: u64, agree: u64, contradict: u64 },
    Offer { provider: usize, slots: u64, wh: u64, price: u128 },
    Order { buyer: usize, slots: u64, wh: u64, price: u128 },
    Cancel { user: usize, slots: u64, number: u64 },
    Tariff { provider: usize, wh: u64, price: u128 },
    Buy { buyer: usize, provider: usize, back: u64, wh: u64 },
    Transfer { from: usize, to: usize, certificate: u64 },
    Retire { owner: usize, certificate: u64 },
    DisputeReading { user: usize, back: u64 },
    DisputeSale { user: usize, back: u64 },
    Vote { oracle: usize, back: u64, uphold: bool },
    AddStake { provider: usize },
    Pass { blocks: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let (user, oracle) = (0..4usize, 0..3usize);
    prop_oneof![
        6 => (0..4usize, 0..50_000u64).prop_map(|(device, wh)| Step::Read { device, wh }),
        8 => (oracle.clone(), 0..4u64, 0..8u64, 0..3u64).prop_map(
            |(oracle, batch, agree, contradict)| Step::Report {
                oracle,
                batch,
                agree: if agree < 6 { u64::MAX } else { 0 },
                contradict: if agree >= 6 && contradict > 0 { u64::MAX } else { 0 },
            }
        ),
        3 => (0..2usize, 0..3u64, 1..60_000u64, 0..400u128).prop_map(
            |(provider, slots, wh, price)| Step::Offer { provider, slots, wh, price }
        ),
        3 => (0..4usize, 0..3u64, 1..60_000u64, 1..400u128).prop_map(
            |(buyer, slots, wh, price)| Step::Order { buyer, slots, wh, price }
        ),
        1 => (user.clone(), 0..3u64, 0..8u64).prop_map(
            |(user, slots, number)| Step::Cancel { user, slots, number }
        ),
        2 => (0..2usize, 0..60_000u64, 1..400u128).prop_map(
            |(provider, wh, price)| Step::Tariff { provider, wh, price }
        ),
        4 => (user.clone(), 0..2usize, 1..6u64, 1..20_000u64).prop_map(
            |(buyer, provider, back, wh)| Step::Buy { buyer, provider, back, wh }
        ),
        1 => (user.clone(), user.clone(), 0..6u64).prop_map(
            |(from, to, certificate)| Step::Transfer { from, to, certificate }
        ),
        1 => (user.clone(), 0..6u64).prop_map(
            |(owner, certificate)| Step::Retire { owner, certificate }
        ),
        2 => (user.clone(), 0..3u64).prop_map(|(user, back)| Step::DisputeReading { user, back }),
        2 => (user, 0..3u64).prop_map(|(user, back)| Step::DisputeSale { user, back }),
        4 => (oracle, 0..2u64, any::<bool>()).prop_map(
            |(oracle, back, uphold)| Step::Vote { oracle, back, uphold }
        ),
        1 => (0..2usize).prop_map(|provider| Step::AddStake { provider }),
        3 => (1..5usize).prop_map(|blocks| Step::Pass { blocks }),
    ]
}

/// What a step may be refused for, besides having succeeded: whatever a state that is not known in
/// advance does not allow. Never a signature, a sequence, a bound of numbers, or a broken sum.
const REFUSALS: [&str; 24] = [
    "ok",
    "provider_not_active",
    "interval_overlap",
    "too_many_pending",
    "no_report_counts",
    "wrong_settlement_mode",
    "slot_closed",
    "energy_book_full",
    "unknown_energy_order",
    "not_energy_order_owner",
    "no_tariff",
    "energy_price_too_high",
    "nothing_for_sale",
    "unknown_certificate",
    "not_certificate_owner",
    "certificate_retired",
    "settlement_conflict",
    "quorum_failed",
    "unknown_dispute",
    "dispute_too_late",
    "dispute_voted",
    "insufficient_balance",
    "trade_too_small",
    "unknown_provider",
];

struct Play {
    world: World,
    disputed: usize,
}

impl Play {
    fn new(mode: SettlementMode) -> Self {
        let mut world = World::with(|genesis| genesis.params.energy.credit_life_s = 600);
        world.enact(vec![(ADMIN, settlement(mode, 666_666, 12))]);
        Self { world, disputed: 0 }
    }

    fn send(&mut self, user: usize, payload: Payload) -> bool {
        let receipt = self.world.send(user, payload);
        let code = codes::name_of(receipt.code);
        assert!(REFUSALS.contains(&code), "{code}");
        code == "ok"
    }

    fn step(&mut self, step: &Step) {
        let energy = self.world.energy();
        let here = self.world.slot();
        match *step {
            Step::Read { device, wh } => {
                let end = self.world.meter(device).last_end;
                let start = (here - SLOT_S).max(end);
                // The meter measures without a gap, and what nobody took it says again.
                let seconds = u32::try_from(here - start).unwrap();
                if seconds > 0 {
                    let wh = wh * u64::from(seconds) / SLOT_S;
                    let reading = self.world.draft(device, start, seconds, wh);
                    let provider = self.world.devices[device].provider;
                    if self.send(provider, submit(provider, vec![reading])) {
                        self.world.devices[device].sequence += 1;
                        self.world.devices[device].total_wh += wh;
                    }
                }
            }
            Step::Report { oracle, batch, agree, contradict } => {
                let Some(batch) = energy.next_batch.checked_sub(1 + batch) else { return };
                let oracle = ORACLES[oracle];
                self.send(oracle, report(oracle, &[(batch, agree, contradict)]));
            }
            Step::Offer { provider, slots, wh, price } => {
                let slot = here + slots * SLOT_S;
                self.send(provider, offer(provider, slot, wh, super::world::price(price)));
            }
            Step::Order { buyer, slots, wh, price } => {
                self.send(buyer, order(here + slots * SLOT_S, wh, super::world::price(price)));
            }
            Step::Cancel { user, slots, number } => {
                let Some(number) = energy.next_order.checked_sub(1 + number) else { return };
                self.send(user, cancel(here + slots * SLOT_S, number));
            }
            Step::Tariff { provider, wh, price } => {
                self.send(provider, tariff(provider, super::world::price(price), wh));
            }
            Step::Buy { buyer, provider, back, wh } => {
                let price = super::world::price(1_000);
                self.send(buyer, buy(provider, here - back * SLOT_S, wh, price));
            }
            Step::Transfer { from, to, certificate } => {
                let Some(number) = energy.next_certificate.checked_sub(1 + certificate) else {
                    return;
                };
                self.send(from, transfer_certificate(number, to));
            }
            Step::Retire { owner, certificate } => {
                let Some(number) = energy.next_certificate.checked_sub(1 + certificate) else {
                    return;
                };
                self.send(owner, retire(number));
            }
            Step::DisputeReading { user, back } => {
                let Some(batch) = energy.next_batch.checked_sub(1 + back) else { return };
                self.disputed += usize::from(self.send(user, dispute(user, reading(batch, 0))));
            }
            Step::DisputeSale { user, back } => {
                let Some(number) = energy.next_certificate.checked_sub(1 + back) else { return };
                self.disputed += usize::from(self.send(user, dispute(user, sale(number))));
            }
            Step::Vote { oracle, back, uphold } => {
                let Some(number) = energy.next_dispute.checked_sub(1 + back) else { return };
                self.send(ORACLES[oracle], vote(ORACLES[oracle], number, uphold));
            }
            Step::AddStake { provider } => {
                self.send(provider, update(None, tokens(500)));
            }
            Step::Pass { blocks } => {
                self.world.pass(blocks);
            }
        }
    }

    /// Lets everything come to its end, and judges what is left.
    fn judge(mut self) {
        for user in [PROVIDER, OTHER] {
            self.send(user, leave());
        }
        for oracle in ORACLES {
            self.send(oracle, leave_oracle());
        }
        self.world.pass(150);
        let energy = self.world.energy();
        let kept = energy.sold_wh + energy.revoked_wh + energy.lapsed_wh;
        assert_eq!((energy.pending_wh, energy.attested_wh), (0, kept));
        let money = [energy.stakes, energy.escrow, energy.unpaid, energy.bonds];
        assert_eq!((money, energy.providers), ([Amount::ZERO; 4], 0));
        let account = althing_types::Address::of_module("energy");
        assert_eq!(self.world.chain.account(account).balance, Amount::ZERO);
        assert_eq!(self.world.count("energy-dispute-ended"), self.disputed);
        // What meters say was attested is what certificates and the three sums say.
        let metered: u64 = (0..4).map(|device| self.world.meter(device).attested_wh).sum();
        assert_eq!(metered, energy.attested_wh);
        let agenda = althing_ledger::energy::query::agenda_key();
        let agenda = &self.world.chain.state[&agenda];
        assert_eq!(althing_ledger::energy::query::decode_agenda(agenda).unwrap().open, 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn energy_and_money_are_conserved_in_batches(
        steps in proptest::collection::vec(step(), 30..120),
    ) {
        let mut play = Play::new(SettlementMode::Batch);
        for step in &steps {
            play.step(step);
        }
        play.judge();
    }

    #[test]
    fn energy_and_money_are_conserved_in_real_time(
        steps in proptest::collection::vec(step(), 30..120),
    ) {
        let mut play = Play::new(SettlementMode::RealTime);
        for step in &steps {
            play.step(step);
        }
        play.judge();
    }
}
