//! What stake is worth, the plain way: every delegation by itself, credited in every epoch, in
//! numbers with 64 bits after the point. It reads what transactions asked for and whether they
//! succeeded, never a record of the ledger.

use althing_types::{Address, ChainParams, Epoch, Event, ValidatorKey};
use ruint::aliases::U512;
use std::collections::{BTreeMap, VecDeque};

pub const ONE: u128 = 1_000_000;

/// A number of base units with 64 bits after the point.
pub fn exact(units: u128) -> U512 {
    U512::from(units) << 64
}

pub fn scaled(value: U512, numerator: U512, denominator: U512) -> U512 {
    if denominator.is_zero() { U512::ZERO } else { value * numerator / denominator }
}

/// Stake that came from another validator.
#[derive(Clone, Debug)]
pub struct Liable {
    pub from: ValidatorKey,
    pub began: u64,
    pub due: u64,
    /// How many slashes of `from` it need not pay for.
    pub paid: usize,
    pub epoch: u64,
    pub value: U512,
}

/// What one account has with one validator.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Counts and earns.
    pub free: U512,
    /// Counts and earns, once its epoch is over.
    pub liable: Vec<Liable>,
    /// Counts from the next epoch on, without what is liable.
    pub pending: U512,
}

impl Part {
    pub fn counted(&self, epoch: u64) -> U512 {
        let liable = self.liable.iter().filter(|part| part.epoch < epoch);
        liable.fold(self.free, |sum, part| sum + part.value)
    }

    pub fn total(&self) -> U512 {
        self.liable.iter().fold(self.free + self.pending, |sum, part| sum + part.value)
    }

    fn each(&mut self, mut change: impl FnMut(&mut U512)) {
        change(&mut self.free);
        change(&mut self.pending);
        self.liable.iter_mut().for_each(|part| change(&mut part.value));
    }
}

#[derive(Clone, Debug)]
pub struct Member {
    pub operator: Address,
    pub tokens: u128,
    pub pending: u128,
    pub commission: u32,
    pub announced: Option<(u32, u64)>,
    pub jailed_until: Option<u64>,
    pub ejected: bool,
    pub leaving: bool,
    pub chosen_until: Option<u64>,
    pub epoch_tokens: u128,
    pub left: u128,
    pub made: u32,
    pub missed: u32,
    pub fees: u128,
    pub streak: u64,
    /// The height of the first miss of the streak.
    pub since: u64,
    pub jails: usize,
    /// Delegations that were touched, each of which may leave a unit of dust with the others.
    pub claims: u64,
}

#[derive(Clone, Debug)]
pub struct Slash {
    pub since: u64,
    pub height: u64,
    pub fraction: u32,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub number: u64,
    pub owner: Address,
    pub from: ValidatorKey,
    pub amount: u128,
    pub began: u64,
    pub paid: usize,
    pub due: u64,
}

/// Everything that is remembered.
pub struct Model {
    pub params: ChainParams,
    pub balances: BTreeMap<Address, u128>,
    /// What the treasury had when the chain last said what it earned.
    pub treasury_told: u128,
    pub members: BTreeMap<ValidatorKey, Member>,
    pub parts: BTreeMap<(ValidatorKey, Address), Part>,
    pub slashes: BTreeMap<ValidatorKey, Vec<Slash>>,
    pub queue: VecDeque<Entry>,
    /// Keys and counted stakes of the sets by epoch.
    pub sets: BTreeMap<u64, Vec<(ValidatorKey, u128)>>,
    pub height: u64,
    pub epoch: u64,
    /// The account `stakers`.
    pub pool: u128,
    pub minted: u128,
    /// The largest difference between a claim and what it should be, with 64 bits after the point,
    /// and how many claims there were.
    pub worst: U512,
    pub claims: u64,
}

impl Model {
    pub fn member(&mut self, key: &ValidatorKey) -> &mut Member {
        self.members.get_mut(key).unwrap()
    }

    pub fn part(&mut self, key: ValidatorKey, owner: Address) -> &mut Part {
        self.parts.entry((key, owner)).or_default()
    }

    pub fn pay(&mut self, to: Address, amount: u128) {
        *self.balances.entry(to).or_default() += amount;
    }

    pub fn take(&mut self, from: Address, amount: u128) {
        let balance = self.balances.get_mut(&from).unwrap();
        *balance = balance.checked_sub(amount).expect("nobody spends more than it has");
    }

    /// All that counts with a validator.
    pub fn counted(&self, key: &ValidatorKey) -> U512 {
        let all = self.parts.range((*key, Address::new([0; 20]))..=(*key, Address::new([255; 20])));
        all.fold(U512::ZERO, |sum, (_, part)| sum + part.counted(self.epoch))
    }

    fn each_part(&mut self, key: &ValidatorKey, mut change: impl FnMut(&mut Part)) {
        let range = (*key, Address::new([0; 20]))..=(*key, Address::new([255; 20]));
        self.parts.range_mut(range).for_each(|(_, part)| change(part));
    }

    /// Brings a part up to date: what is liable pays for slashes, and is free when it is due.
    /// Returns what it paid.
    pub fn settled(&self, part: &mut Part) -> U512 {
        let mut lost = U512::ZERO;
        let mut kept = Vec::new();
        for mut liable in std::mem::take(&mut part.liable) {
            if liable.epoch < self.epoch {
                let slashes = self.slashes.get(&liable.from).map_or(&[][..], Vec::as_slice);
                for slash in slashes.iter().skip(liable.paid) {
                    if slash.since <= liable.began && slash.height < liable.due {
                        let cut = scaled(liable.value, U512::from(slash.fraction), U512::from(ONE));
                        liable.value -= cut;
                        lost += cut;
                    }
                }
                liable.paid = slashes.len();
                if self.height >= liable.due {
                    part.free += liable.value;
                    continue;
                }
            }
            kept.push(liable);
        }
        part.liable = kept;
        lost
    }

    /// Whether two values differ by no more than one base unit for each claim on the validator.
    pub fn compare(&mut self, what: &str, key: &ValidatorKey, is: u128, should: U512) {
        let claims = self.members[key].claims + 1;
        let error = exact(is).abs_diff(should);
        let allowed = exact(claims.into());
        assert!(
            error <= allowed,
            "{what} of {key} at height {}: {is} is not {}, {claims} claims",
            self.height,
            should >> 64,
        );
        // By claim, to be reported.
        self.worst = self.worst.max(error / U512::from(claims));
        self.claims += 1;
    }

    /// Takes what a withdrawal paid out of a part. `amount` is `None` if it took all that is free.
    pub fn withdraw(
        &mut self,
        key: ValidatorKey,
        owner: Address,
        paid: u128,
        amount: Option<u128>,
    ) {
        let free = self.part(key, owner).free;
        match amount {
            Some(amount) => assert_eq!(amount, paid),
            None => self.compare("all of a delegation", &key, paid, free),
        }
        let rest = free.saturating_sub(exact(paid));
        // A rest of dust is the difference to the ledger, which takes all shares for all they are
        // worth.
        let least = exact(1_000);
        self.part(key, owner).free =
            if amount.is_none() || rest < least { U512::ZERO } else { rest };
        let (epoch, limit) = (self.epoch, self.params.staking.max_unbonding_per_epoch.get());
        let member = self.member(&key);
        member.tokens = member.tokens.checked_sub(paid).expect("a validator pays what it has");
        member.left += paid;
        if member.chosen_until.is_some_and(|until| until >= epoch) && !member.ejected {
            assert!(
                member.left <= member.epoch_tokens * u128::from(limit) / ONE,
                "unbonding limit"
            );
        }
        if self.counted(&key).is_zero() {
            self.member(&key).tokens = 0;
        }
    }

    /// Checks the rules for adding `amount`, which the balance or another validator paid for.
    pub fn deposit(&mut self, key: ValidatorKey, amount: u128, moved: bool) {
        let active = self.sets.last_key_value().unwrap().1.len() as u128;
        let cap = power_cap(&self.params, active);
        let member = self.member(&key);
        assert!(!member.ejected, "nobody delegates to who was ejected");
        member.pending += amount;
        let stake = member.tokens + member.pending;
        let all: u128 = self.members.values().map(|member| member.tokens + member.pending).sum();
        // What moves was taken out of its first validator and is added again by now.
        assert!(cap.is_none_or(|cap| stake <= all * cap / ONE), "power cap, moved {moved}");
    }

    /// A slash of present stake.
    pub fn slash(&mut self, key: &ValidatorKey, fraction: u32, since: u64) -> u128 {
        let up = |amount: u128| (amount * u128::from(fraction)).div_ceil(ONE);
        let member = self.member(key);
        let (tokens, pending) = (up(member.tokens), up(member.pending));
        member.tokens -= tokens;
        member.pending -= pending;
        let left = U512::from(ONE - u128::from(fraction));
        self.each_part(key, |part| part.each(|value| *value = *value * left / U512::from(ONE)));
        let height = self.height;
        self.slashes.entry(*key).or_default().push(Slash { since, height, fraction });
        tokens + pending
    }

    /// Pays the entry at the head of the queue: what is left of it after slashes.
    pub fn pay_unbonding(&mut self, number: u64) -> (u128, u128) {
        let entry = self.queue.pop_front().unwrap();
        assert_eq!((entry.number, entry.due <= self.height), (number, true));
        let slashes = self.slashes.get(&entry.from).map_or(&[][..], Vec::as_slice);
        let mut amount = entry.amount;
        for slash in slashes.iter().skip(entry.paid).filter(|slash| slash.since <= entry.began) {
            amount -= (amount * u128::from(slash.fraction)).div_ceil(ONE);
        }
        self.pay(entry.owner, amount);
        (amount, entry.amount - amount)
    }

    /// Credits every delegation with its part of what its validator earned.
    fn credit(&mut self, key: &ValidatorKey, shared: u128) {
        let all = self.counted(key);
        let epoch = self.epoch;
        let reward = U512::from(shared);
        self.each_part(key, |part| {
            let grow = |value: U512| value + scaled(value, reward << 64, all);
            part.free = grow(part.free);
            for liable in part.liable.iter_mut().filter(|liable| liable.epoch < epoch) {
                liable.value = grow(liable.value);
            }
        });
        self.member(key).tokens += shared;
    }

    /// Pays the epoch and compares with what the ledger says it paid.
    pub fn pay_epoch(&mut self, validators: u128, events: &[Event]) {
        self.pool += validators;
        let set = self.sets[&self.epoch].clone();
        let waiting: u128 = set.iter().map(|(key, _)| self.members[key].fees).sum();
        let pot = self.pool - waiting;
        let earns = |member: &Member| member.jailed_until.is_none() && !member.ejected;
        let earning: Vec<ValidatorKey> = set
            .iter()
            .map(|(key, _)| *key)
            .filter(|key| earns(&self.members[key]) && !self.counted(key).is_zero())
            .collect();
        let all: u128 = set.iter().map(|(key, _)| self.members[key].tokens).sum();
        let cap = power_cap(&self.params, set.len() as u128);
        let most = cap.map_or(all, |cap| all * cap / ONE);
        let weights = earning.iter().map(|key| self.members[key].tokens.min(most));
        let weights: Vec<u128> = weights.collect();
        let mut expected = Vec::new();
        for (key, weight) in earning.iter().zip(weights) {
            let member = &self.members[key];
            let part = U512::from(pot) * U512::from(weight) / U512::from(all);
            let due = member.made + member.missed;
            let part =
                if due == 0 { part } else { part * U512::from(member.made) / U512::from(due) };
            let reward = u128::try_from(part).unwrap() + member.fees;
            if reward == 0 {
                continue;
            }
            let commission = reward * u128::from(member.commission) / ONE;
            let operator = member.operator;
            self.pay(operator, commission);
            self.credit(key, reward - commission);
            expected.push((*key, reward, commission, self.members[key].tokens));
        }
        let told: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                Event::Rewarded { validator, reward, commission, tokens, .. } => {
                    Some((*validator, reward.units(), commission.units(), tokens.units()))
                }
                _ => None,
            })
            .collect();
        assert_eq!(told, expected, "rewards of epoch {}", self.epoch);
        self.pool = 0;
    }

    /// Begins to count what was delegated, and turns to the next epoch.
    pub fn turn(&mut self) {
        for member in self.members.values_mut() {
            member.tokens += std::mem::take(&mut member.pending);
            (member.epoch_tokens, member.left) = (member.tokens, 0);
            (member.made, member.missed, member.fees) = (0, 0, 0);
        }
        for part in self.parts.values_mut() {
            part.free += std::mem::take(&mut part.pending);
        }
        self.epoch += 1;
    }

    /// The sets of the next epoch and of the one after it, which `turn` has made the present one
    /// and the next.
    pub fn choose(&mut self) {
        let (next, after) = (self.epoch, self.epoch + 1);
        let frozen = self.sets[&next].clone();
        let stays = |member: &Member| member.jailed_until.is_none() && !member.ejected;
        let kept = frozen.iter().filter(|(key, _)| stays(&self.members[key]));
        let kept: Vec<_> = kept.copied().collect();
        let kept = if kept.is_empty() { frozen.clone() } else { kept };
        for (key, _) in frozen {
            if !kept.iter().any(|(member, _)| *member == key) {
                self.member(&key).chosen_until = Some(next - 1);
            }
        }
        let least = self.params.staking.min_validator_stake.units();
        let mut ranked: Vec<(u128, ValidatorKey)> = self
            .members
            .iter()
            .filter(|(_, member)| stays(member) && !member.leaving && member.tokens >= least)
            .map(|(key, member)| (member.tokens, *key))
            .collect();
        ranked.sort_by_key(|(tokens, key)| (std::cmp::Reverse(*tokens), *key));
        ranked.truncate(self.params.staking.max_validators as usize);
        let stakes: Vec<u128> = ranked.iter().map(|(tokens, _)| *tokens).collect();
        let counted = counted_stakes(&stakes, &self.params);
        let mut chosen: Vec<_> =
            ranked.iter().zip(counted).map(|((_, key), stake)| (*key, stake)).collect();
        chosen.sort_unstable();
        if chosen.is_empty() {
            chosen.clone_from(&kept);
        }
        for (key, _) in &chosen {
            self.member(key).chosen_until = Some(after);
        }
        self.sets.insert(next, kept);
        self.sets.insert(after, chosen);
        self.sets.retain(|epoch, _| *epoch + 20 > next);
    }
}

/// The part that one of so many validators may hold: the cap, or an equal share and the slack.
fn power_cap(params: &ChainParams, members: u128) -> Option<u128> {
    let staking = &params.staking;
    let equal = (ONE + u128::from(staking.power_cap_slack.get())) / members.max(1);
    let capped = members >= u128::from(staking.power_cap_from);
    capped.then(|| equal.max(staking.power_cap.get().into()))
}

/// The stakes under the power cap, found by halving an interval.
fn counted_stakes(stakes: &[u128], params: &ChainParams) -> Vec<u128> {
    let Some(cap) = power_cap(params, stakes.len() as u128) else { return stakes.to_vec() };
    let sum = |most: u128| stakes.iter().map(|stake| (*stake).min(most)).sum::<u128>();
    let (mut low, mut high) = (0, stakes.iter().max().copied().unwrap_or_default());
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if middle * ONE <= cap * sum(middle) { low = middle } else { high = middle - 1 }
    }
    stakes.iter().map(|stake| (*stake).min(low)).collect()
}

/// Who led the views that passed without a block.
pub fn missed(
    set: &[(ValidatorKey, u128)],
    epoch: Epoch,
    parent: u64,
    view: u64,
) -> BTreeMap<ValidatorKey, u64> {
    let mut missed = BTreeMap::new();
    for skipped in parent + 1..view {
        let leader = set[((epoch.get() + skipped) % set.len() as u64) as usize].0;
        *missed.entry(leader).or_default() += 1;
    }
    missed
}
