//! What validating and delegating will earn, if everything stays as it is now. The formulas are
//! explained with worked numbers in `docs/modules/staking.md`.
//!
//! This is a forecast for people: it rounds, and assumes a year of 365 days at the present pace of
//! blocks. The ledger computes rewards by itself, exactly.

use althing_types::{
    Amount, ChainParams, Ppm, Timestamp,
    amount::{UNITS_PER_TOKEN, mul_div},
    params::Schedule,
};

/// A year, in milliseconds.
pub const YEAR_MS: u64 = 365 * 24 * 3_600_000;
const WHOLE: u128 = 1_000_000;
/// No delegation is larger, for the search of what covers costs: ten billion tokens.
const LARGEST: u128 = 10_000_000_000 * UNITS_PER_TOKEN;

/// The chain as it is now.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The parameters in force.
    pub params: ChainParams,
    /// Last finalized height.
    pub height: u64,
    /// Its time.
    pub time: Timestamp,
    /// When the chain began.
    pub genesis_time: Timestamp,
    /// Time from block to block.
    pub block_time_ms: u64,
    /// What the schedule `target-apr` has left to release, in base units.
    pub reserve: Amount,
    /// Stakes of the other members of the validator set, in base units.
    pub others: Vec<Amount>,
}

/// A validator as it is, or as it might be.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The operator's own stake, in base units.
    pub own: Amount,
    /// What others delegate to it, in base units.
    pub delegated: Amount,
    /// What it keeps of its delegators' rewards.
    pub commission: Ppm,
    /// What running it costs in a year, in base units.
    pub costs: Amount,
    /// Fees that an average block pays, in base units.
    pub fees: Amount,
    /// The part of its proposals that it makes.
    pub score: Ppm,
}

/// What a year brings, in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Year {
    /// Blocks.
    pub blocks: u64,
    /// Emission to validators and delegators together.
    pub emission: Amount,
    /// Emission and the stakers' part of fees.
    pub pot: Amount,
    /// Stake of the whole set, this validator's included.
    pub counted: Amount,
    /// What of this validator's stake earns: less than it has if it is above the power cap.
    pub weight: Amount,
    /// What the validator earns for itself and its delegators.
    pub reward: Amount,
    /// The operator's commission.
    pub commission: Amount,
    /// What the operator's own stake earns.
    pub own_reward: Amount,
    /// What the delegators earn.
    pub delegators_reward: Amount,
}

impl Year {
    /// Commission and the reward of the own stake.
    pub fn income(&self) -> Amount {
        Amount::new(self.commission.units().saturating_add(self.own_reward.units()))
    }
}

/// What would cover the costs, the rest of the plan unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BreakEven {
    /// The least that others must delegate; `None` if no delegation is enough.
    pub delegated: Option<Amount>,
    /// The least commission; `None` if the highest that is legal is not enough.
    pub commission: Option<Ppm>,
}

fn part(amount: u128, numerator: u128, denominator: u128) -> u128 {
    if denominator == 0 { 0 } else { mul_div(amount, numerator, denominator).unwrap_or(u128::MAX) }
}

impl Chain {
    /// Blocks in a year.
    pub fn blocks(&self) -> u64 {
        YEAR_MS / self.block_time_ms.max(1)
    }

    /// Emission to validators and delegators over the coming year, if the set has so much stake.
    pub fn emission(&self, counted: Amount) -> Amount {
        let emission = &self.params.emission;
        let blocks = self.blocks();
        match emission.schedule {
            Schedule::Halving { initial, period } => {
                let share = |units: u128| Amount::new(units).share(emission.validator_share);
                let mut sum = 0u128;
                let (mut height, end) = (self.height, self.height.saturating_add(blocks));
                while height < end {
                    let halvings = height / period.max(1);
                    let units = initial.units().checked_shr(u32::try_from(halvings).unwrap_or(128));
                    let block = share(units.unwrap_or(0)).min(emission.validator_cap);
                    if block.is_zero() {
                        break;
                    }
                    let next = (halvings + 1).saturating_mul(period.max(1)).min(end);
                    let whole = block.units().saturating_mul(u128::from(next - height));
                    sum = sum.saturating_add(whole);
                    height = next;
                }
                Amount::new(sum)
            }
            Schedule::TargetApr { start, step, floor } => {
                let age = self.time.get().saturating_sub(self.genesis_time.get()) / YEAR_MS;
                let fallen = u64::from(step.get()).saturating_mul(age);
                let rate = u64::from(start.get()).saturating_sub(fallen).max(floor.get().into());
                let released = part(counted.units(), rate.into(), WHOLE).min(self.reserve.units());
                let share = Amount::new(released).share(emission.validator_share);
                let cap = emission.validator_cap.units().saturating_mul(blocks.into());
                share.min(Amount::new(cap))
            }
        }
    }

    /// What a plan brings in a year.
    pub fn year(&self, plan: &Plan) -> Year {
        let total = plan.own.units().saturating_add(plan.delegated.units());
        let counted = self.rest().saturating_add(total);
        let members = self.others.len().saturating_add(1);
        let weight = match self.cap() {
            None => total,
            Some(cap) => total.min(Amount::new(counted).share(cap).units()),
        };
        let blocks = self.blocks();
        let emission = self.emission(Amount::new(counted));
        let fees = plan.fees.units().saturating_mul(blocks.into());
        let stakers = Amount::new(fees).share(self.params.fee_split.stakers);
        let pot = emission.units().saturating_add(stakers.units());
        let proposer = Amount::new(fees).share(self.params.fee_split.proposer).units();
        let turns = u128::try_from(members).unwrap_or(1);
        let whole = part(pot, weight, counted).saturating_add(proposer / turns);
        let reward = Amount::new(whole).share(plan.score);
        let commission = reward.share(plan.commission);
        let rest = reward.units().saturating_sub(commission.units());
        let own_reward = part(rest, plan.own.units(), total);
        Year {
            blocks,
            emission,
            pot: Amount::new(pot),
            counted: Amount::new(counted),
            weight: Amount::new(weight),
            reward,
            commission,
            own_reward: Amount::new(own_reward),
            delegators_reward: Amount::new(rest.saturating_sub(own_reward)),
        }
    }

    /// What would cover the costs of a plan.
    pub fn break_even(&self, plan: &Plan) -> BreakEven {
        let covers = |plan: &Plan| self.year(plan).income() >= plan.costs;
        let most = self.largest_useful(plan.own);
        let delegated =
            least(most, |units| covers(&Plan { delegated: Amount::new(units), ..*plan }));
        let highest = self.params.staking.max_commission.get();
        let commission = least(highest.into(), |ppm| {
            let ppm = u32::try_from(ppm).ok().and_then(Ppm::new).unwrap_or(Ppm::ONE);
            covers(&Plan { commission: ppm, ..*plan })
        });
        BreakEven {
            delegated: delegated.map(Amount::new),
            commission: commission.and_then(|ppm| u32::try_from(ppm).ok()).and_then(Ppm::new),
        }
    }

    /// The part of all stake that earns, of one more member than the others.
    fn cap(&self) -> Option<Ppm> {
        let members = u64::try_from(self.others.len()).ok()?.saturating_add(1);
        self.params.staking.cap_among(members)
    }

    /// The stake of the other members.
    fn rest(&self) -> u128 {
        self.others.iter().fold(0u128, |sum, stake| sum.saturating_add(stake.units()))
    }

    /// The largest delegation that still earns in full: `stake = cap * (stake + rest)`.
    fn largest_useful(&self, own: Amount) -> u128 {
        let Some(cap) = self.cap().filter(|cap| *cap < Ppm::ONE) else { return LARGEST };
        let cap = u128::from(cap.get());
        part(self.rest(), cap, WHOLE.saturating_sub(cap)).saturating_sub(own.units())
    }
}

/// The least number up to `most` for which `enough` holds, where it holds for all above if for one;
/// `None` if for none.
fn least(most: u128, enough: impl Fn(u128) -> bool) -> Option<u128> {
    if enough(0) {
        return Some(0);
    }
    if !enough(most) {
        return None;
    }
    let (mut low, mut high) = (0, most);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(count: u64) -> Amount {
        Amount::from_tokens(count).unwrap()
    }

    fn ppm(value: u32) -> Ppm {
        Ppm::new(value).unwrap()
    }

    fn devnet(others: &[u64]) -> Chain {
        Chain {
            params: ChainParams::devnet(),
            height: 0,
            time: Timestamp::new(0),
            genesis_time: Timestamp::new(0),
            block_time_ms: 1_000,
            reserve: Amount::ZERO,
            others: others.iter().map(|count| tokens(*count)).collect(),
        }
    }

    fn plan(own: u64, delegated: u64, commission: u32) -> Plan {
        Plan {
            own: tokens(own),
            delegated: tokens(delegated),
            commission: ppm(commission),
            costs: Amount::ZERO,
            fees: Amount::ZERO,
            score: Ppm::ONE,
        }
    }

    #[test]
    fn no_stake_earns_above_its_part_of_all_stake_and_nobody_else_earns_more_for_it() {
        let others = [10_000, 10_000, 10_000, 10_000, 10_000];
        let (small, large) = (devnet(&others), devnet(&others));
        let at_cap = small.year(&plan(12_500, 0, 0));
        let above = large.year(&plan(100_000, 0, 0));
        assert_eq!((at_cap.weight, above.weight), (tokens(12_500), tokens(30_000)));
        for year in [at_cap, above] {
            assert!(year.reward.units().abs_diff(year.pot.units() / 5) < 10);
        }
        // Below five members the cap sleeps.
        assert_eq!(devnet(&[10, 10, 10]).year(&plan(900, 0, 0)).weight, tokens(900));
        assert_eq!(small.largest_useful(tokens(2_500)), tokens(10_000).units());
        assert_eq!(devnet(&[1]).largest_useful(tokens(1)), LARGEST);
    }

    #[test]
    fn emission_halves_where_the_schedule_says() {
        let chain = devnet(&[]);
        // 31,536,000 blocks from height 0: periods of a million blocks at 7, 3.5, 1.75 … CPC.
        let sum: u128 = (0..32u32)
            .map(|k| {
                let blocks = if k == 31 { 536_000 } else { 1_000_000 };
                (tokens(10).units() >> k) * 7 / 10 * blocks
            })
            .sum();
        let said = chain.emission(tokens(1)).units();
        assert!(said.abs_diff(sum) < 100_000_000, "{said} is not {sum}");
    }

    #[test]
    fn a_target_rate_falls_by_the_year_and_ends_with_its_reserve() {
        let mut chain = devnet(&[]);
        chain.params = ChainParams::mainnet();
        chain.reserve = tokens(1_000_000);
        let first = chain.emission(tokens(1_000_000));
        assert_eq!(first, tokens(84_000));
        chain.time = Timestamp::new(YEAR_MS * 3 / 2);
        assert_eq!(chain.emission(tokens(1_000_000)), tokens(70_000));
        chain.time = Timestamp::new(YEAR_MS * 20);
        assert_eq!(chain.emission(tokens(1_000_000)), tokens(28_000));
        chain.reserve = tokens(10_000);
        assert_eq!(chain.emission(tokens(1_000_000)), tokens(7_000));
    }

    #[test]
    fn the_parts_of_a_year_add_up() {
        let chain = devnet(&[100_000, 250_000, 40_000, 70_000, 90_000]);
        let fees = Amount::new(123_456_789_012);
        let plan = Plan { fees, ..plan(30_000, 45_000, 123_456) };
        let year = chain.year(&plan);
        let sum =
            year.commission.units() + year.own_reward.units() + year.delegators_reward.units();
        assert_eq!(sum, year.reward.units());
        assert_eq!(year.income().units(), year.commission.units() + year.own_reward.units());
        let half = chain.year(&Plan { score: ppm(500_000), ..plan });
        assert_eq!(half.reward.units(), year.reward.units() / 2);
    }

    #[test]
    fn costs_are_just_covered_at_the_break_even() {
        let chain = devnet(&[100_000, 250_000, 140_000]);
        let plan = Plan { costs: tokens(300_000), ..plan(10_000, 20_000, 50_000) };
        let even = chain.break_even(&plan);
        let covers = |plan: &Plan| chain.year(plan).income() >= plan.costs;
        let delegated = even.delegated.unwrap();
        assert!(covers(&Plan { delegated, ..plan }));
        let less = Amount::new(delegated.units() - 1);
        assert!(!covers(&Plan { delegated: less, ..plan }));
        let commission = even.commission.unwrap();
        assert!(covers(&Plan { commission, ..plan }));
        assert!(!covers(&Plan { commission: ppm(commission.get() - 1), ..plan }));
        let dear = Plan { costs: tokens(1_000_000_000), ..plan };
        assert_eq!(chain.break_even(&dear), BreakEven::default());
        let free = Plan { costs: Amount::ZERO, ..plan };
        let nothing = BreakEven { delegated: Some(Amount::ZERO), commission: Some(Ppm::ZERO) };
        assert_eq!(chain.break_even(&free), nothing);
    }

    /// The numbers of the section "What it earns" of docs/modules/staking.md.
    #[test]
    fn the_guide_says_what_the_formulas_say() {
        let guide = include_str!("../../../docs/modules/staking.md");
        let mut rows = Vec::new();
        let dev = devnet(&[100_000, 100_000, 100_000, 100_000]);
        let mut main = devnet(&[1_000_000; 10]);
        main.params = ChainParams::mainnet();
        main.reserve = tokens(100_000_000);
        let whole = |amount: Amount| (amount.units() / UNITS_PER_TOKEN).to_string();
        for (name, chain, plan) in [
            ("devnet", &dev, plan(60_000, 40_000, 50_000)),
            ("mainnet", &main, plan(200_000, 300_000, 100_000)),
            ("mainnet", &main, plan(500_000, 4_500_000, 100_000)),
        ] {
            let year = chain.year(&plan);
            rows.push(format!(
                "| {name} | {} | {} | {} % | {} | {} | {} | {} |",
                whole(plan.own),
                whole(plan.delegated),
                plan.commission.get() / 10_000,
                whole(year.weight),
                whole(year.reward),
                whole(year.income()),
                whole(year.delegators_reward),
            ));
        }
        for row in &rows {
            assert!(guide.contains(row), "docs/modules/staking.md lacks the row\n{row}");
        }
        let plan = Plan { costs: tokens(20_000), ..plan(200_000, 0, 100_000) };
        let even = main.break_even(&plan).delegated.unwrap();
        let sentence = format!("{} CPC of delegations", even.units().div_ceil(UNITS_PER_TOKEN));
        assert!(guide.contains(&sentence), "docs/modules/staking.md lacks {sentence}");
    }
}
