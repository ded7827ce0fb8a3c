//! Random sequences of messages, rewards, punishments and turns. Every invariant is checked after
//! each step by the harness; here, that nobody gets more than was given.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Send(Address, Box<Payload>),
    Reward(u8, u128),
    Slash(u8, u32, u64),
    Jail(u8),
    Unjail(u8),
    Eject(u8),
    Skip(u64),
    Turn,
}

fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![1u128..300, 100u128..5_000, 1_000u128..200_000]
}

fn some_amount() -> impl Strategy<Value = Option<u128>> {
    prop_oneof![2 => amount().prop_map(Some), 1 => Just(None)]
}

fn message() -> impl Strategy<Value = Step> {
    let who = prop_oneof![3 => (1u8..6).prop_map(user), 1 => (1u8..7).prop_map(operator)];
    let delegator = (who, 1u8..7, 1u8..7, amount(), some_amount(), 0u8..4).prop_map(
        |(who, from, to, amount, part, kind)| {
            let payload = match kind {
                0 | 1 => delegate(to, amount),
                2 => undelegate(from, part),
                _ => redelegate(from, to, part),
            };
            Step::Send(who, Box::new(payload))
        },
    );
    let own = (1u8..7, amount(), some_amount(), 0u8..4).prop_map(|(n, amount, part, kind)| {
        let payload = match kind {
            0 => register(n, amount),
            1 => add_stake(n, amount),
            2 => unstake(part),
            _ => Payload::UpdateValidator(UpdateValidator {
                commission: Some(ppm(u32::try_from(amount % 200_000).unwrap())),
                ..UpdateValidator::default()
            }),
        };
        Step::Send(operator(n), Box::new(payload))
    });
    prop_oneof![3 => delegator, 1 => own]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        14 => message(),
        3 => (1u8..7, 1u128..20_000).prop_map(|(n, amount)| Step::Reward(n, amount)),
        1 => (1u8..7, 0u32..=1_000_000, 0u64..40)
            .prop_map(|(n, fraction, ago)| Step::Slash(n, fraction, ago)),
        1 => (1u8..7).prop_map(Step::Jail),
        1 => (1u8..7).prop_map(Step::Unjail),
        1 => (1u8..7, 0u8..6).prop_map(|(n, luck)| if luck == 0 { Step::Eject(n) } else { Step::Turn }),
        2 => (1u64..9).prop_map(Step::Skip),
        4 => Just(Step::Turn),
    ]
}

impl World {
    fn take_step(&mut self, step: Step) {
        match step {
            Step::Send(who, payload) => drop(self.try_send(who, *payload, 0)),
            Step::Reward(n, amount) => {
                if self.is_registered(n) && !self.validator(n).shares.is_zero() {
                    self.reward(n, amount);
                }
            }
            Step::Slash(n, fraction, ago) => {
                if self.is_registered(n) && self.validator(n).slashes < 8 {
                    self.slash(n, fraction, self.height.saturating_sub(ago));
                }
            }
            Step::Jail(n) if self.is_registered(n) => self.jail(n),
            Step::Unjail(n) if self.is_registered(n) => {
                self.run(|view, _| api::unjail(view, &key(n)));
            }
            Step::Eject(n) if self.is_registered(n) => self.eject(n),
            Step::Jail(_) | Step::Unjail(_) | Step::Eject(_) => {}
            Step::Skip(blocks) => drop(self.skip(blocks)),
            Step::Turn => drop(self.turn()),
        }
    }

    /// What all accounts own of all validators, by the question that the API asks.
    fn all_worth(&self) -> u128 {
        let people = (1..6).map(user).chain((1..7).map(operator));
        people
            .flat_map(|who| (1..7).map(move |n| (who, n)))
            .map(|(who, n)| self.worth(who, n))
            .sum()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_keeps_every_invariant_and_pays_nobody_too_much(
        steps in proptest::collection::vec(step(), 1..120),
    ) {
        let mut world = World::new(4);
        for step in steps {
            world.take_step(step);
            let bonded = world.totals().bonded.units();
            prop_assert!(world.all_worth() <= bonded, "{} of {bonded}", world.all_worth());
        }
        // All money that left is paid, what is liable or leaves at a turn included.
        world.skip(100);
        prop_assert_eq!(world.totals().unbonding, Amount::ZERO);
        prop_assert_eq!(world.queue().head, world.queue().tail);
    }

    /// A naive model: each of the stakes grows by its part of each reward, in exact fractions of a
    /// common denominator. The shares may differ from it by one base unit a message.
    #[test]
    fn rewards_by_shares_are_what_a_loop_over_delegators_would_pay(
        stakes in proptest::collection::vec(100u128..100_000, 1..5),
        rewards in proptest::collection::vec(1u128..50_000, 1..12),
    ) {
        let mut world = World::new(1);
        for (n, stake) in stakes.iter().enumerate() {
            world.does(user(u8::try_from(n).unwrap()), delegate(1, *stake));
        }
        world.turn();
        let total = OWN + stakes.iter().sum::<u128>();
        let earned: u128 = rewards.iter().sum();
        for reward in rewards {
            world.reward(1, reward);
        }
        for (n, stake) in stakes.iter().enumerate() {
            let exact = stake * (total + earned) / total;
            let worth = world.worth(user(u8::try_from(n).unwrap()), 1);
            prop_assert!(worth == exact, "{worth} instead of {exact}");
        }
    }
}
