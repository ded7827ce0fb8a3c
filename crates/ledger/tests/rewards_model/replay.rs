//! What the model makes of a block: first what its transactions asked for, then what it did by
//! itself.

use crate::model::{Entry, Liable, Member, Model, ONE, Part, exact, missed};
use althing_ledger::{BlockContext, Outcome};
use althing_types::{
    Address, Amount, Event, Payload, Receipt, SignedTransaction, ValidatorKey, ValidatorSet,
    params::Schedule,
};
use ruint::aliases::U512;

impl Model {
    /// The height that is due to begin.
    pub fn begin(&mut self, context: &BlockContext) {
        self.height = context.height.get();
        assert_eq!(self.epoch, context.epoch.get());
    }

    /// An included transaction.
    pub fn transaction(&mut self, transaction: &SignedTransaction, receipt: &Receipt) {
        let sender = transaction.sender();
        self.take(sender, receipt.fee.units());
        if !receipt.code.is_ok() {
            assert!(receipt.events.is_empty());
            return;
        }
        let mut burned = Vec::new();
        for event in &receipt.events {
            match event {
                Event::RedelegationSlashed { to, delegator, amount, .. } => {
                    burned.push((*to, *delegator, amount.units()));
                }
                event => self.event(event, &transaction.body().payload, &mut burned),
            }
        }
        assert!(burned.is_empty());
    }

    /// Brings a delegation up to date, and compares what that burned with what the ledger says.
    fn touch(
        &mut self,
        key: ValidatorKey,
        owner: Address,
        burned: &mut Vec<(ValidatorKey, Address, u128)>,
    ) {
        let mut part = self.part(key, owner).clone();
        let lost = self.settled(&mut part);
        *self.part(key, owner) = part;
        let told = burned.iter().filter(|(to, by, _)| (*to, *by) == (key, owner));
        let told: u128 = told.map(|(_, _, amount)| amount).sum();
        burned.retain(|(to, by, _)| (*to, *by) != (key, owner));
        self.member(&key).claims += 1;
        self.member(&key).tokens -= told;
        self.compare("what a redelegation pays", &key, told, lost);
    }

    fn event(
        &mut self,
        event: &Event,
        payload: &Payload,
        burned: &mut Vec<(ValidatorKey, Address, u128)>,
    ) {
        match event {
            Event::Transferred { from, to, amount } => {
                self.take(*from, amount.units());
                self.pay(*to, amount.units());
            }
            Event::ValidatorRegistered { validator, operator } => {
                let Payload::Stake(stake) = payload else { panic!("{payload:?}") };
                let registration = stake.registration.as_ref().unwrap();
                let allowance = self.params.registry.node_allowance.units();
                assert!(stake.amount >= self.params.staking.min_validator_stake);
                assert!(registration.commission <= self.params.staking.max_commission);
                self.take(*operator, allowance);
                self.pay(validator.node_account(), allowance);
                let slashes = self.slashes.get(validator).map_or(0, Vec::len);
                let new = new_member(*operator, registration.commission.get(), slashes);
                assert!(self.members.insert(*validator, new).is_none());
            }
            Event::Staked { validator, operator, amount } => {
                self.give(*validator, *operator, *amount, burned);
                self.member(validator).leaving = false;
            }
            Event::Delegated { validator, delegator, amount } => {
                assert!(*amount >= self.params.staking.min_delegation);
                self.give(*validator, *delegator, *amount, burned);
                self.check_validators_of(*delegator);
            }
            Event::Undelegated { validator, delegator, .. } => {
                let amount = match payload {
                    Payload::Undelegate(message) => message.amount,
                    Payload::Unstake(message) => message.amount,
                    _ => panic!("{payload:?}"),
                };
                self.unbond(event, amount, burned);
                let rest = self.part(*validator, *delegator).total();
                if matches!(payload, Payload::Unstake(message) if message.amount.is_some()) {
                    let least = self.params.staking.min_validator_stake.units();
                    assert!(rest + exact(1_000) >= exact(least), "too little own stake is left");
                }
            }
            Event::Redelegated { from, to, delegator, amount, penalty } => {
                let Payload::Redelegate(message) = payload else { panic!("{payload:?}") };
                let moved = (amount.units(), penalty.units());
                self.redelegate(*from, *to, *delegator, moved, message.amount, burned);
                self.check_validators_of(*delegator);
            }
            Event::ValidatorLeaving { validator } => {
                let operator = self.members[validator].operator;
                self.touch(*validator, operator, burned);
                self.member(validator).leaving = true;
            }
            Event::CommissionAnnounced { validator, commission, due } => {
                let most = self.params.staking.max_commission_step.get();
                let member = self.member(validator);
                assert!(member.announced.is_none());
                assert!(commission.get().saturating_sub(member.commission) <= most);
                member.announced = Some((commission.get(), due.height.get()));
            }
            Event::ValidatorUpdated { .. } => {}
            Event::Unjailed { validator, fee } => self.unjail(validator, fee.units()),
            Event::EvidenceAccepted { .. } | Event::Slashed { .. } | Event::Ejected { .. } => {
                self.evidence(event);
            }
            other => panic!("{other:?} in a transaction"),
        }
    }

    fn give(
        &mut self,
        key: ValidatorKey,
        owner: Address,
        amount: Amount,
        burned: &mut Vec<(ValidatorKey, Address, u128)>,
    ) {
        self.touch(key, owner, burned);
        self.take(owner, amount.units());
        self.deposit(key, amount.units(), false);
        self.part(key, owner).pending += exact(amount.units());
    }

    fn check_validators_of(&self, owner: Address) {
        let holds = |part: &crate::model::Part| !part.total().is_zero();
        let mine = self.parts.iter().filter(|((_, by), part)| *by == owner && holds(part));
        let most = self.params.staking.max_validators_per_delegator;
        assert!(mine.count() as u64 <= most, "too many validators of one account");
    }

    fn redelegate(
        &mut self,
        from: ValidatorKey,
        to: ValidatorKey,
        owner: Address,
        (amount, penalty): (u128, u128),
        asked: Option<Amount>,
        burned: &mut Vec<(ValidatorKey, Address, u128)>,
    ) {
        self.touch(from, owner, burned);
        self.touch(to, owner, burned);
        assert_eq!(penalty, self.jail_penalty(from, owner, amount + penalty));
        self.withdraw(from, owner, amount + penalty, asked.map(Amount::units));
        self.deposit(to, amount, true);
        let unbonding = self.params.staking.unbonding.blocks;
        let paid = self.slashes.get(&from).map_or(0, Vec::len);
        let (began, epoch) = (self.height, self.epoch);
        let due = began + unbonding;
        let value = exact(amount);
        let liable = Liable { from, began, due, paid, epoch, value };
        self.part(to, owner).liable.push(liable);
    }

    fn unbond(
        &mut self,
        event: &Event,
        amount: Option<Amount>,
        burned: &mut Vec<(ValidatorKey, Address, u128)>,
    ) {
        let Event::Undelegated { validator, delegator, amount: paid, penalty, entry, due } = event
        else {
            panic!("{event:?}")
        };
        let (key, owner) = (*validator, *delegator);
        let is_leaving = self.members[&key].leaving && self.members[&key].operator == owner;
        // What leaves was touched when it was announced, if that was in this transaction.
        if !is_leaving || !burned.is_empty() || amount.is_some() {
            self.touch(key, owner, burned);
        } else {
            let mut part = self.part(key, owner).clone();
            self.settled(&mut part);
            *self.part(key, owner) = part;
        }
        let taken = paid.units() + penalty.units();
        self.withdraw(key, owner, taken, amount.map(Amount::units));
        assert_eq!(penalty.units(), self.jail_penalty(key, owner, taken));
        let paid_for = self.slashes.get(&key).map_or(0, Vec::len);
        self.queue.push_back(Entry {
            number: *entry,
            owner,
            from: key,
            amount: paid.units(),
            began: self.height,
            paid: paid_for,
            due: due.height.get(),
        });
        assert!(self.queue.iter().filter(|entry| entry.owner == owner).count() <= 32);
    }

    /// What is burned of own stake that leaves a validator in jail.
    fn jail_penalty(&self, key: ValidatorKey, owner: Address, taken: u128) -> u128 {
        let member = &self.members[&key];
        if member.operator != owner || member.jailed_until.is_none() {
            return 0;
        }
        (taken * u128::from(self.params.slashing.jailed_unstake_penalty.get())).div_ceil(ONE)
    }

    fn unjail(&mut self, key: &ValidatorKey, fee: u128) {
        let (height, early) = (self.height, self.params.slashing.unjail_fee.units());
        let member = self.member(key);
        let until = member.jailed_until.take().expect("it was in jail");
        assert!(!member.ejected);
        member.streak = 0;
        assert_eq!(fee, if height < until { early } else { 0 });
        let operator = member.operator;
        self.take(operator, fee);
    }

    fn evidence(&mut self, event: &Event) {
        match event {
            Event::EvidenceAccepted { validator, reporter, epoch, reward, .. } => {
                let first = (epoch.get() * self.params.epoch_length).max(1);
                let fraction = self.params.slashing.equivocation.get();
                let own = (*validator, self.members[validator].operator);
                let own = self.parts.get(&own).map_or(U512::ZERO, Part::total);
                let amount = self.slash(validator, fraction, first);
                let part = u128::from(self.params.slashing.reporter_reward.get());
                let half = own * U512::from(fraction) / U512::from(2 * ONE);
                assert!(
                    reward.units() <= amount * part / ONE
                        && exact(reward.units()) <= half + exact(1)
                );
                self.pay(*reporter, reward.units());
                self.member(validator).since = 0;
                self.member(validator).ejected = true;
            }
            Event::Slashed { validator, .. } => assert!(self.members[validator].ejected),
            Event::Ejected { validator } => assert!(self.members[validator].ejected),
            other => panic!("{other:?}"),
        }
    }

    /// The fees of the block and whose turn it was; returns who must be jailed.
    fn turns(&mut self, context: &BlockContext, fees: u128) -> Vec<ValidatorKey> {
        let split = self.params.fee_split;
        let share = |part: althing_types::Ppm| fees * u128::from(part.get()) / ONE;
        self.pool += share(split.proposer) + share(split.stakers);
        self.pay(Address::of_module("treasury"), share(split.treasury));
        let set = self.sets[&self.epoch].clone();
        let most = self.params.slashing.max_consecutive_misses;
        let (parent, view) = (context.parent_view.get(), context.view.get());
        let mut suspects = Vec::new();
        let skipped = missed(&set, context.epoch, parent, view);
        let late = |key: &ValidatorKey| skipped.contains_key(key) || self.members[key].streak > 0;
        let blamed = set.iter().filter(|(key, _)| late(key)).count() <= (set.len() - 1) / 3;
        for (key, count) in missed(&set, context.epoch, parent, view) {
            let height = self.height;
            let member = self.member(&key);
            member.missed += count as u32;
            member.since = if member.streak == 0 { height } else { member.since };
            member.streak = if blamed { member.streak + count } else { member.streak.max(1) };
            if blamed && member.streak >= most && key != context.proposer {
                suspects.push(key);
            }
        }
        let proposer = self.member(&context.proposer);
        proposer.made += 1;
        proposer.streak = 0;
        proposer.fees += share(split.proposer);
        let jailed = |member: &Member| member.jailed_until.is_some() || member.ejected;
        suspects.retain(|key| !jailed(&self.members[key]));
        suspects
    }

    /// What the block did by itself.
    pub fn end(&mut self, context: &BlockContext, outcome: &Outcome, fees: u128) {
        let mut expected = self.turns(context, fees);
        expected.reverse();
        let events = match outcome.receipts.last() {
            Some(receipt) if receipt.is_of_block() => receipt.events.as_slice(),
            _ => &[],
        };
        let mut burned = Vec::new();
        for event in events {
            match event {
                Event::Jailed { validator, count, until } => {
                    assert_eq!(Some(*validator), expected.pop());
                    let member = self.member(validator);
                    member.jails += 1;
                    assert_eq!(*count as usize, member.jails);
                    member.jailed_until = Some(until.height.get());
                }
                Event::Slashed { validator, fraction, amount, .. } => {
                    let slashing = &self.params.slashing;
                    let ladder = [slashing.first_jail, slashing.second_jail, slashing.third_jail];
                    let (jails, since) = {
                        let member = &self.members[validator];
                        (member.jails, member.since)
                    };
                    assert_eq!(*fraction, ladder[jails - 1]);
                    assert_eq!(amount.units(), self.slash(validator, fraction.get(), since));
                    self.member(validator).streak = 0;
                }
                Event::Ejected { validator } => {
                    let last = self.params.slashing.ejecting_jail;
                    assert_eq!(self.members[validator].jails as u64, last);
                    self.member(validator).ejected = true;
                }
                Event::UnbondingPaid { entry, amount, slashed, .. } => {
                    let paid = (amount.units(), slashed.units());
                    assert_eq!(self.pay_unbonding(*entry), paid);
                }
                Event::Rewarded { .. } => {}
                Event::Emitted { validators, miners, .. } => {
                    let emitted = self.emission();
                    assert_eq!((validators.units(), miners.units()), emitted);
                    self.pay_epoch(validators.units(), events);
                    self.turn();
                }
                Event::CommissionChanged { validator, commission } => {
                    let height = self.height;
                    let member = self.member(validator);
                    let (announced, due) = member.announced.take().unwrap();
                    assert_eq!((announced, due <= height), (commission.get(), true));
                    member.commission = announced;
                }
                Event::RedelegationSlashed { to, delegator, amount, .. } => {
                    burned.push((*to, *delegator, amount.units()));
                }
                Event::Undelegated { .. } => self.unbond(event, None, &mut burned),
                Event::ValidatorRemoved { validator } => {
                    let gone = self.members.remove(validator).unwrap();
                    assert_eq!((gone.tokens, gone.pending), (0, 0));
                    self.parts.retain(|(key, _), _| key != validator);
                }
                Event::TreasuryEarned { fees, penalties, deposits, .. } => {
                    let sources = [fees, penalties, deposits].map(|amount| amount.units());
                    let held = self.balances[&Address::of_module("treasury")];
                    let earned = held - std::mem::replace(&mut self.treasury_told, held);
                    assert_eq!(sources, [earned, 0, 0], "only fees go to the treasury here");
                }
                other => panic!("{other:?} by a block"),
            }
        }
        assert!(expected.is_empty(), "{expected:?} should be in jail");
        let due = |entry: &Entry| entry.due <= self.height;
        assert!(!self.queue.front().is_some_and(due), "an entry is paid when it is due");
        if outcome.next_validators.is_some() {
            self.end_epoch(outcome);
        }
        self.parts.retain(|_, part| !part.total().is_zero());
    }

    fn end_epoch(&mut self, outcome: &Outcome) {
        let late = |member: &Member| member.announced.is_some_and(|(_, due)| due <= self.height);
        // Who has left its delegators behind changes nothing before it is back.
        let takes_part = |member: &Member| !member.ejected && !member.leaving;
        let open = self.members.values().find(|member| late(member) && takes_part(member));
        assert!(open.is_none(), "a commission did not change in time");
        self.choose();
        let told = |set: &Option<ValidatorSet>| -> Vec<(ValidatorKey, u128)> {
            let entries = set.as_ref().unwrap().entries().iter();
            entries.map(|entry| (entry.key, entry.stake.units())).collect()
        };
        assert_eq!(told(&outcome.next_validators), self.sets[&self.epoch]);
        assert_eq!(told(&outcome.following_validators), self.sets[&(self.epoch + 1)]);
    }

    /// What the blocks of this epoch emitted, one by one.
    fn emission(&mut self) -> (u128, u128) {
        let emission = &self.params.emission;
        let Schedule::Halving { initial, period } = emission.schedule else { unreachable!() };
        let first = (self.epoch * self.params.epoch_length).max(1);
        let (mut validators, mut miners) = (0, 0);
        for height in first..=self.height {
            let each = initial.units() >> (height / period).min(127);
            let share = each * u128::from(emission.validator_share.get()) / ONE;
            validators += share.min(emission.validator_cap.units());
            miners += (each - share).min(emission.miner_cap.units());
            self.minted += each;
        }
        (validators, miners)
    }

    /// The largest difference of one claim, in millionths of a base unit.
    pub fn worst_millionths(&self) -> u128 {
        u128::try_from((self.worst * U512::from(ONE)) >> 64).unwrap()
    }
}

pub fn new_member(operator: Address, commission: u32, jails: usize) -> Member {
    Member {
        operator,
        tokens: 0,
        pending: 0,
        commission,
        announced: None,
        jailed_until: None,
        ejected: false,
        leaving: false,
        chosen_until: None,
        epoch_tokens: 0,
        left: 0,
        made: 0,
        missed: 0,
        fees: 0,
        streak: 0,
        since: 0,
        jails,
        claims: 0,
    }
}
