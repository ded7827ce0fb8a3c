//! The world of these tests: a chain of one process.

use super::*;

/// A chain of one process: every record is in the view.
#[derive(Clone)]
pub(super) struct World {
    pub(super) view: View,
    pub(super) params: ChainParams,
    pub(super) protocol: ProtocolAccounts,
    pub(super) height: u64,
    /// Keys that were asked for one by one, because no message had named them.
    pub(super) unforeseen: Vec<StateKey>,
}

impl World {
    /// Validators 1 to `validators` run since genesis. Epoch 1 begins.
    pub(super) fn new(validators: u8) -> Self {
        Self::with(validators, small())
    }

    pub(super) fn with(count: u8, params: ChainParams) -> Self {
        let protocol = ProtocolAccounts::new();
        let mut world =
            Self { view: View::new(), params, protocol, height: 1, unforeseen: Vec::new() };
        let file = world.file(count);
        let set = file.validator_set().unwrap();
        for epoch in 0..2 {
            validators::save_set(&mut world.view, Epoch::new(epoch), &set).unwrap();
        }
        params::save(&mut world.view, &world.params).unwrap();
        genesis(&mut world.view, &file).unwrap();
        let supply = Supply::default();
        bank::save(&mut world.view, &supply).unwrap();
        world.view.commit();
        let stake = world.protocol.stake;
        world.mint(stake, OWN * u128::from(count));
        for n in (0..16).chain(101..116) {
            world.mint(user(n), FUNDS);
        }
        world.check();
        world.turn();
        world
    }

    pub(super) fn file(&self, count: u8) -> Genesis {
        let validator = |n| GenesisValidator {
            name: format!("v{n}").parse().unwrap(),
            website: Default::default(),
            description: Default::default(),
            key: key(n),
            endpoint: format!("10.0.0.{n}:1"),
            account: operator(n),
            stake: units(OWN),
            commission: ppm(100_000),
        };
        Genesis {
            chain_id: "stake-test".parse().unwrap(),
            genesis_time: Timestamp::ZERO,
            address_prefix: "cpc".into(),
            symbol: "CPC".into(),
            params: self.params.clone(),
            validators: (1..=count).map(validator).collect(),
            allocations: Vec::new(),
            reserve: Amount::ZERO,
            network: None,
            safety: None,
            load_accounts: None,
        }
    }

    pub(super) fn mint(&mut self, to: Address, amount: u128) {
        self.run(|view, _| bank::mint(view, &to, units(amount)));
    }

    pub(super) fn epoch(&self) -> Epoch {
        Height::new(self.height).epoch(EPOCH)
    }

    pub(super) fn moment(&self) -> BlockMoment<'_> {
        BlockMoment {
            height: Height::new(self.height),
            epoch: self.epoch(),
            time: Timestamp::new(self.height * 1_000),
            version: althing_types::Version::GENESIS,
            params: &self.params,
            protocol: &self.protocol,
            validator_ceiling: 100,
        }
    }

    /// Runs a step, fetching what it misses: there is nothing outside the view.
    pub(super) fn run<T>(
        &mut self,
        step: impl Fn(&mut View, &BlockMoment<'_>) -> Result<T, Fault>,
    ) -> T {
        let mut view = core::mem::take(&mut self.view);
        loop {
            match step(&mut view, &self.moment()) {
                Ok(value) => {
                    view.commit();
                    self.view = view;
                    return value;
                }
                Err(Fault::Missing(Missing(keys))) => {
                    view.rollback();
                    keys.into_iter().for_each(|key| view.prefetch(key, None));
                }
                Err(Fault::Corrupt { key, what }) => panic!("{key}: {what}"),
            }
        }
    }

    /// What a step that changes nothing reads.
    pub(super) fn read<T>(&self, step: impl Fn(&mut View) -> Result<T, Fault>) -> T {
        self.clone().run(|view, _| step(view))
    }

    pub(super) fn transaction(
        &self,
        sender: Address,
        payload: Payload,
        price: u64,
    ) -> SignedTransaction {
        let nonce = self.account(sender).nonce;
        let body = Transaction {
            chain_id: "stake-test".parse().unwrap(),
            sender,
            nonce,
            gas_limit: Gas::new(100_000),
            gas_price: GasPrice::new(price),
            valid_until: Height::new(self.height + 1),
            memo: String::new(),
            payload,
        };
        let authorization = Authorization::Ed25519 { public_key: [0; 32], signature: [0; 64] };
        SignedTransaction::new(body, authorization)
    }

    /// Runs a transaction and checks every invariant. What it misses after the keys that it names
    /// is noted in `unforeseen`.
    pub(super) fn try_send(
        &mut self,
        sender: Address,
        payload: Payload,
        price: u64,
    ) -> Result<Receipt, Invalid> {
        let transaction = self.transaction(sender, payload, price);
        let mut keys = vec![accounts::key(&sender), bank::SUPPLY];
        crate::dispatch::keys(&transaction.body().payload, &sender, &mut keys);
        keys.into_iter().for_each(|key| self.view.prefetch(key, None));
        let mut view = core::mem::take(&mut self.view);
        let moment = self.moment();
        let environment = Environment {
            chain_id: "stake-test".parse().unwrap(),
            genesis: althing_types::hash::sha256(&[]),
            height: moment.height,
            epoch: moment.epoch,
            time: moment.time,
            version: moment.version,
            params: moment.params,
            protocol: moment.protocol,
            validator_ceiling: moment.validator_ceiling,
        };
        let mut unforeseen = Vec::new();
        let result = loop {
            match execute::transaction(&mut view, &environment, &transaction, Keys::Ignored) {
                Ok(receipt) => break Ok(receipt),
                Err(ApplyError::Invalid(invalid)) => break Err(invalid),
                Err(ApplyError::Fatal(broken)) => panic!("{broken}"),
                Err(ApplyError::Missing(Missing(keys))) => {
                    keys.iter().for_each(|key| view.prefetch(*key, None));
                    unforeseen.extend(keys);
                }
            }
        };
        self.view = view;
        self.unforeseen = unforeseen;
        let fee = result.as_ref().map_or(Amount::ZERO, |receipt| receipt.fee);
        let [proposer, stakers, treasury] = [Ppm::ZERO; 3];
        let split = FeeSplit { proposer, stakers, treasury, burn: Ppm::ONE };
        self.run(|view, moment| bank::settle_fees(view, &split, moment.protocol, fee));
        self.check();
        result
    }

    pub(super) fn send(&mut self, sender: Address, payload: Payload) -> Receipt {
        self.try_send(sender, payload, 0).unwrap()
    }

    /// A transaction that does what it asks for.
    pub(super) fn does(&mut self, sender: Address, payload: Payload) -> Vec<Event> {
        let receipt = self.send(sender, payload);
        assert_eq!(crate::codes::name_of(receipt.code), "ok");
        receipt.events
    }

    /// A transaction that fails with this code, and leaves nothing behind but its nonce and a fee.
    pub(super) fn fails(&mut self, sender: Address, payload: Payload, code: Code) {
        let mut before = self.records();
        let receipt = self.try_send(sender, payload, 1).unwrap();
        let names = (crate::codes::name_of(receipt.code), crate::codes::name_of(code));
        assert_eq!(names.0, names.1);
        assert!(receipt.events.is_empty() && !receipt.fee.is_zero());
        let mut after = self.records();
        let account = accounts::key(&sender);
        let (old, new) = (before.remove(&account), after.remove(&account));
        let decode = |value: Option<StateValue>| {
            value.map(|value| crate::query::decode_account(&value).unwrap()).unwrap_or_default()
        };
        let (old, new): (Account, Account) = (decode(old), decode(new));
        let paid = old.balance.checked_sub(receipt.fee).unwrap();
        assert_eq!((new.nonce, new.balance), (old.nonce.next().unwrap(), paid));
        before.remove(&bank::SUPPLY);
        after.remove(&bank::SUPPLY);
        assert_eq!(before, after);
    }

    /// Every record of the state.
    pub(super) fn records(&self) -> BTreeMap<StateKey, StateValue> {
        let writes = self.view.clone().into_writes();
        writes.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }

    /// Checks every invariant, and that all money is where it belongs.
    pub(super) fn check(&self) {
        let (mut records, mut sum) = (invariants::Records::default(), Amount::ZERO);
        for (key, value) in self.records() {
            records.add(&key, &value).unwrap();
            if key.prefix() == prefix::ACCOUNT {
                let account = crate::query::decode_account(&value).unwrap();
                sum = sum.checked_add(account.balance).unwrap();
            }
        }
        let held = self.balance(self.protocol.stake);
        records.check(self.epoch(), units(held)).unwrap();
        assert_eq!(self.supply().total(), Some(sum));
    }

    /// Goes on to the next block. The last block of an epoch turns it.
    pub(super) fn next(&mut self) -> Vec<Event> {
        let mut view = core::mem::take(&mut self.view);
        let is_end = Height::new(self.height).is_epoch_end(EPOCH);
        loop {
            let mut keys = Vec::new();
            block::missing_for_block(&view, &self.moment(), &mut keys).unwrap();
            if is_end {
                block::missing_for_epoch_end(&view, &self.moment(), &mut keys).unwrap();
            }
            keys.retain(|key| !view.knows(key));
            if keys.is_empty() {
                break;
            }
            keys.into_iter().for_each(|key| view.prefetch(key, None));
        }
        let moment = self.moment();
        let mut events = block::pay_unbonding(&mut view, &moment).unwrap();
        if is_end {
            events.extend(block::end_epoch_commissions(&mut view, &moment).unwrap());
            events.extend(block::end_epoch_conversions(&mut view, &moment).unwrap());
            events.extend(block::end_epoch_leaving(&mut view, &moment).unwrap());
            validators::choose(&mut view, &moment).unwrap();
            events.extend(block::end_epoch_removals(&mut view, &moment).unwrap());
        }
        view.commit();
        self.view = view;
        self.height += 1;
        self.check();
        events
    }

    /// Goes on until the first block of the next epoch.
    pub(super) fn turn(&mut self) -> Vec<Event> {
        let epoch = self.epoch();
        let mut events = Vec::new();
        while self.epoch() == epoch {
            events.extend(self.next());
        }
        events
    }

    pub(super) fn skip(&mut self, blocks: u64) -> Vec<Event> {
        (0..blocks).flat_map(|_| self.next()).collect()
    }

    /// Validator `n` earns, for all of its delegators.
    pub(super) fn reward(&mut self, n: u8, amount: u128) {
        let stake = self.protocol.stake;
        self.run(|view, _| {
            bank::mint(view, &stake, units(amount))?;
            api::add_reward(view, &key(n), units(amount))
        });
        self.check();
    }

    pub(super) fn slash(&mut self, n: u8, fraction: u32, since: u64) -> SlashResult {
        let order = SlashOrder {
            fraction: ppm(fraction),
            since: Height::new(since),
            reason: SlashReason::Downtime,
            reward: None,
        };
        let result = self.run(|view, moment| api::slash(view, moment, &key(n), order));
        self.check();
        result
    }

    pub(super) fn jail(&mut self, n: u8) {
        let until = self.moment().after(Period::blocks(50));
        self.run(|view, _| api::jail(view, &key(n), until));
    }

    pub(super) fn eject(&mut self, n: u8) {
        self.run(|view, _| api::eject(view, &key(n)));
        self.check();
    }

    pub(super) fn account(&self, address: Address) -> Account {
        self.read(|view| accounts::load(view, &address)).unwrap_or_default()
    }

    pub(super) fn balance(&self, address: Address) -> u128 {
        self.account(address).balance.units()
    }

    pub(super) fn supply(&self) -> Supply {
        let record = self.view.get(&bank::SUPPLY).unwrap().unwrap();
        crate::query::decode_supply(record).unwrap()
    }

    pub(super) fn validator(&self, n: u8) -> Validator {
        self.read(|view| api::require_validator(view, &key(n)))
    }

    pub(super) fn is_registered(&self, n: u8) -> bool {
        self.read(|view| api::load_validator(view, &key(n))).is_some()
    }

    pub(super) fn tokens(&self, n: u8) -> u128 {
        self.validator(n).tokens.units()
    }

    pub(super) fn delegation(&self, who: Address, n: u8) -> Option<Delegation> {
        self.read(|view| store::load_delegation(view, &who, &key(n)))
    }

    pub(super) fn delegator(&self, who: Address) -> Delegator {
        self.read(|view| store::load_delegator(view, &who))
    }

    pub(super) fn entry(&self, number: u64) -> Unbonding {
        self.read(|view| store::require_unbonding(view, number))
    }

    pub(super) fn queue(&self) -> Queue {
        self.read(|view| store::load_queue(view))
    }

    pub(super) fn totals(&self) -> Totals {
        self.read(|view| api::load_totals(view))
    }

    pub(super) fn set(&self, epoch: u64) -> ValidatorSet {
        self.read(|view| validators::load_set(view, Epoch::new(epoch)))
    }

    pub(super) fn members(&self, epoch: u64) -> Vec<ValidatorKey> {
        self.set(epoch).entries().iter().map(|entry| entry.key).collect()
    }

    /// What an account owns of a validator, as the API says it.
    pub(super) fn owned(&self, who: Address, n: u8) -> Owned {
        let Some(delegation) = self.delegation(who, n) else { return Owned::default() };
        let now = self.moment().now();
        let conversion = query::conversion_needed(&delegation, now.epoch)
            .and_then(|epoch| self.read(|view| store::load_conversion(view, &key(n), epoch)));
        let slashes: Vec<_> = query::slashes_needed(&delegation)
            .map(|from| (from, self.read(|view| api::load_slashes(view, &from))))
            .collect();
        query::owned(self.validator(n), delegation, now, conversion, &slashes).unwrap()
    }

    pub(super) fn worth(&self, who: Address, n: u8) -> u128 {
        self.owned(who, n).worth.total.units()
    }

    pub(super) fn due_in(&self, blocks: u64) -> Due {
        Period::blocks(blocks).from(self.moment().height, self.moment().time)
    }
}
