//! Random plays on the world of these tests: what users may try, and what came of it.

use super::{
    acts::{Act, Flaw, Opinion, REFUSALS, code_name, codes_of},
    common::{
        address,
        network::{operator, validator_key},
        tokens,
    },
    messages::*,
    model::Model,
    world::*,
};
use althing_ledger::{
    codes,
    energy::{Energy, query},
};
use althing_types::{
    Address, Amount, Event, KeyScheme, Payload, Receipt, SecretKey,
    energy::{MeterState, SettlementMode},
    governance::{Action, Ballot, Choice},
    message::Vote,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a transaction changes for those who sent it, if it succeeds.
enum Then {
    Nothing,
    Read(Flaw),
    Rotated {
        device: usize,
        key: Box<SecretKey>,
    },
    /// The provider has this meter instead.
    Replaced {
        device: usize,
        with: Box<Device>,
    },
}

/// The chain, its users, and how often everything has happened.
pub(crate) struct Play<'a> {
    world: World,
    model: Model,
    ends: &'a mut BTreeMap<&'static str, u64>,
    /// Proposals that can be voted on from now on.
    opened: Vec<u64>,
    sent: Vec<(usize, Payload, Then)>,
    /// Meters that something was sent about in this block: what they say next depends on that.
    touched: BTreeSet<usize>,
    seen: usize,
    seed: u8,
}

/// A world for plays: times are short, so that everything comes to its end, and two oracles have
/// staked so much that slashes do not cost them their weight.
pub(crate) fn stage(mode: SettlementMode) -> World {
    let mut world = World::with(|genesis| genesis.params.energy.credit_life_s = 300);
    for oracle in &ORACLES[..2] {
        world.does(*oracle, stake_oracle(tokens(40_000)));
    }
    world.enact(vec![(ADMIN, settlement(mode, 666_666, 12))]);
    world
}

/// One of these, if there are any.
fn choose<T>(mut of: impl ExactSizeIterator<Item = T>, place: usize) -> Option<T> {
    let place = place.checked_rem(of.len())?;
    of.nth(place)
}

/// Who has this address.
fn user(of: Address) -> usize {
    (0..=STRANGER).find(|user| address(*user) == of).unwrap()
}

impl<'a> Play<'a> {
    pub(crate) fn begin(world: World, ends: &'a mut BTreeMap<&'static str, u64>) -> Self {
        let seen = world.log.len();
        let (model, opened, sent) = (Model::default(), Vec::new(), Vec::new());
        let touched = BTreeSet::new();
        Self { world, model, ends, opened, sent, touched, seen, seed: 100 }
    }

    /// One block, in which these are tried in this order.
    pub(crate) fn block(&mut self, acts: &[Act]) {
        for act in acts {
            self.prepare(act);
        }
        let ballot = Ballot::all(Choice::Yes);
        for proposal in std::mem::take(&mut self.opened) {
            for number in 0..VALIDATORS {
                let validator = Some(validator_key(number));
                let vote = Payload::Vote(Vote { proposal, ballot, validator });
                self.send(operator(number), vote);
            }
        }
        let sent = std::mem::take(&mut self.sent);
        let payloads: Vec<_> =
            sent.iter().map(|(user, payload, _)| (*user, payload.clone())).collect();
        let receipts = self.world.try_all(&payloads);
        for ((_, payload, then), receipt) in sent.into_iter().zip(receipts) {
            self.after(&payload, then, &receipt);
        }
        for device in std::mem::take(&mut self.touched) {
            let meter = self.world.meter(device);
            let device = &mut self.world.devices[device];
            (device.sequence, device.total_wh) = (meter.sequence, meter.total_wh);
        }
        self.learn();
        self.compare();
    }

    fn send(&mut self, user: usize, payload: Payload) {
        self.sent.push((user, payload, Then::Nothing));
    }

    fn next_key(&mut self) -> SecretKey {
        self.seed = self.seed.wrapping_add(1).max(100);
        secret(self.seed)
    }

    fn prepare(&mut self, act: &Act) {
        let here = self.world.slot();
        match *act {
            Act::Read { device, wh, flaw } => self.read(device, wh, flaw),
            Act::Report { oracle, batch, opinion } => {
                // The others are over, or the oracle is late.
                let from = match batch {
                    0..3 => &self.model.undecided,
                    _ => &self.model.batches,
                };
                let Some(batch) = choose(from.iter().rev(), batch) else { return };
                let (agree, contradict) = match opinion {
                    Opinion::Right => (u64::MAX, 0),
                    Opinion::Wrong => (0, u64::MAX),
                    Opinion::Nothing => (0, 0),
                };
                let payload = report(ORACLES[oracle], &[(*batch, agree, contradict)]);
                self.send(ORACLES[oracle], payload);
            }
            Act::Vote { oracle, dispute, uphold } => {
                let Some(dispute) = choose(self.model.disputes.keys(), dispute) else { return };
                let payload = vote(ORACLES[oracle], *dispute, uphold);
                self.send(ORACLES[oracle], payload);
            }
            Act::DisputeReading { user, batch } => {
                let from = match batch {
                    0..3 => &self.model.on_sale,
                    _ => &self.model.batches,
                };
                let Some(batch) = choose(from.iter().rev(), batch) else { return };
                let payload = dispute(user, reading(*batch, 0));
                self.send(user, payload);
            }
            Act::Offer { provider, slots, wh, price } => {
                let price = super::world::price(price);
                self.send(provider, offer(provider, here + slots * SLOT_S, wh, price));
            }
            Act::Order { buyer, slots, wh, price } => {
                let price = super::world::price(price);
                self.send(buyer, order(here + slots * SLOT_S, wh, price));
            }
            Act::Cancel { order, by_owner } => {
                let Some((number, (slot, owner))) = choose(self.model.orders.iter(), order) else {
                    return;
                };
                let sender = if by_owner { user(*owner) } else { STRANGER };
                let payload = cancel(*slot, *number);
                self.send(sender, payload);
            }
            Act::Tariff { provider, wh, price } => {
                self.send(provider, tariff(provider, super::world::price(price), wh));
            }
            Act::Buy { buyer, provider, back, wh } => {
                let price = super::world::price(1_000);
                self.send(buyer, buy(provider, here - back * SLOT_S, wh, price));
            }
            Act::Transfer { .. }
            | Act::Retire { .. }
            | Act::Steal { .. }
            | Act::DisputeSale { .. } => self.prepare_certificate(act),
            _ => self.prepare_member(act),
        }
    }

    fn read(&mut self, device: usize, wh: u64, flaw: Flaw) {
        let here = self.world.slot();
        let end = self.world.meter(device).last_end;
        let start = (here - SLOT_S).max(end);
        let seconds = u32::try_from(here - start).unwrap();
        if seconds == 0 || !self.touched.insert(device) {
            return;
        }
        let wh = wh * u64::from(seconds) / SLOT_S;
        let mut draft = self.world.draft(device, start, seconds, wh);
        match flaw {
            Flaw::Nothing => {}
            Flaw::Replayed if draft.sequence == 0 => return,
            Flaw::Replayed => draft.sequence -= 1,
            Flaw::OutOfOrder => draft.sequence += 1,
            Flaw::Skewed => draft.signed_at += 301,
            Flaw::Forged => draft.wh ^= 1,
        }
        if !matches!(flaw, Flaw::Nothing | Flaw::Forged) {
            draft = self.world.sign(device, draft);
        }
        let provider = self.world.devices[device].provider;
        self.sent.push((provider, submit(provider, vec![draft]), Then::Read(flaw)));
    }

    fn prepare_certificate(&mut self, act: &Act) {
        let (Act::Transfer { certificate, .. }
        | Act::Retire { certificate }
        | Act::Steal { certificate }
        | Act::DisputeSale { certificate, .. }) = *act
        else {
            return;
        };
        let known = self.model.certificates.iter().rev().filter(|(_, (_, wh, _))| *wh > 0);
        let known: Vec<_> = known.collect();
        let Some((number, (owner, ..))) = choose(known.into_iter(), certificate) else { return };
        let (number, owner) = (*number, user(*owner));
        match *act {
            Act::Transfer { to, .. } => self.send(owner, transfer_certificate(number, to)),
            Act::Retire { .. } => self.send(owner, retire(number)),
            Act::DisputeSale { user, .. } => self.send(user, dispute(user, sale(number))),
            _ => self.send(STRANGER, retire(number)),
        }
    }

    /// What changes who takes part, and how.
    fn prepare_member(&mut self, act: &Act) {
        match *act {
            Act::AddStake { provider } => self.send(provider, update(None, tokens(500))),
            Act::Rotate { device } if self.touched.insert(device) => {
                let meter = self.world.meter(device);
                let key = self.next_key();
                let consent = meter.state == MeterState::Active;
                let held = &self.world.devices[device];
                let (provider, next) = (held.provider, meter.generation + 1);
                let payload = held.rotation(&key, next, consent);
                self.sent.push((provider, payload, Then::Rotated { device, key: Box::new(key) }));
            }
            Act::Revoke { device } => {
                let Device { provider, id, .. } = self.world.devices[device];
                self.send(provider, revoke(id));
            }
            Act::Leave { provider } => self.send(provider, leave()),
            Act::Join { provider } => self.join(provider),
            Act::LeaveOracle => self.send(ORACLES[2], leave_oracle()),
            Act::Weigh => {
                self.send(ORACLES[2], stake_oracle(tokens(ORACLE_STAKE)));
                self.propose(weigh(ORACLES[2], 300_000));
            }
            Act::Mode { mode } => self.propose(settlement(mode, 666_666, 12)),
            _ => {}
        }
    }

    /// A provider that has left comes back, with the meters that still have their first key and new
    /// ones for the others.
    fn join(&mut self, provider: usize) {
        // Who says twice in one block that it is back brings its meters once.
        let twice = self.sent.iter().any(|(user, payload, _)| {
            *user == provider && matches!(payload, Payload::RegisterProvider(_))
        });
        if twice || self.world.find_provider(provider).is_some() {
            return;
        }
        self.send(provider, register(CAPACITY_W, tokens(STAKE)));
        for device in 0..self.world.devices.len() {
            if self.world.devices[device].provider != provider {
                continue;
            }
            self.touched.insert(device);
            let meter = self.world.meter(device);
            if meter.generation == 0 && meter.state == MeterState::Active {
                let payload = self.world.devices[device].registration(METER_W);
                self.send(provider, payload);
            } else {
                self.seed = self.seed.wrapping_add(1).max(100);
                let with = Device::new(provider, KeyScheme::Ed25519, self.seed);
                let payload = with.registration(METER_W);
                let then = Then::Replaced { device, with: Box::new(with) };
                self.sent.push((provider, payload, then));
            }
        }
    }

    fn propose(&mut self, action: Action) {
        self.send(ADMIN, propose(action));
    }

    fn after(&mut self, payload: &Payload, then: Then, receipt: &Receipt) {
        let code = codes::name_of(receipt.code);
        let flaw = if let Then::Read(flaw) = then { flaw } else { Flaw::Nothing };
        let known = REFUSALS.contains(&code) || codes_of(flaw).contains(&code);
        assert!(known, "{code} for {payload:?}");
        assert!(flaw == Flaw::Nothing || code != "ok", "{flaw:?} was taken: {payload:?}");
        if codes_of(flaw).contains(&code) {
            self.end(code_name(flaw));
        }
        if code != "ok" {
            return;
        }
        match then {
            Then::Nothing | Then::Read(_) => {}
            Then::Rotated { device, key } => self.world.devices[device].key = *key,
            Then::Replaced { device, with } => self.world.devices[device] = *with,
        }
    }

    fn end(&mut self, what: &'static str) {
        *self.ends.entry(what).or_default() += 1;
    }

    /// Adds up what happened.
    fn learn(&mut self) {
        let new: Vec<Event> =
            self.world.log[self.seen..].iter().map(|(_, event)| event.clone()).collect();
        self.seen = self.world.log.len();
        for event in &new {
            if let Event::ProposalOpened { proposal, .. } = event {
                self.opened.push(*proposal);
            }
            if let Some(end) = self.model.learn(event) {
                self.end(end);
            }
        }
    }

    /// The sums of the ledger are those of the events, and what is neither sold, revoked nor lapsed
    /// is there to be sold or held back.
    fn compare(&self) {
        let energy = self.world.energy();
        let Energy { pending_wh, attested_wh, sold_wh, retired_wh, revoked_wh, lapsed_wh, .. } =
            energy;
        let model = &self.model;
        assert_eq!((pending_wh, attested_wh), (model.pending, model.attested));
        assert_eq!((sold_wh, retired_wh), (model.sold, model.retired));
        assert_eq!((revoked_wh, lapsed_wh), (model.revoked, model.lapsed));
        let credits = self.world.chain.state.iter().filter(|(key, _)| key.prefix() == 0x4c);
        let open: u64 = credits
            .map(|(_, value)| query::decode_credit(value).unwrap())
            .map(|credit| credit.available + credit.frozen)
            .sum();
        assert_eq!(open + sold_wh + revoked_wh + lapsed_wh, attested_wh);
    }

    /// Counts that somebody left in the midst of it, if so.
    pub(crate) fn left(&mut self) {
        if self.ends.contains_key("stake paid") {
            self.end("left before the end");
        }
    }

    /// Lets everything come to its end, and judges what is left.
    pub(crate) fn judge(mut self) {
        for user in [PROVIDER, OTHER] {
            self.send(user, leave());
        }
        for oracle in ORACLES {
            self.send(oracle, leave_oracle());
        }
        self.block(&[]);
        let mut blocks = 0;
        while self.open() > 0 {
            self.block(&[]);
            blocks += 1;
            assert!(blocks < 120, "something never ends");
        }
        let energy = self.world.energy();
        assert_eq!(energy.attested_wh, energy.sold_wh + energy.revoked_wh + energy.lapsed_wh);
        let money = [energy.stakes, energy.escrow, energy.unpaid, energy.bonds];
        assert_eq!((energy.pending_wh, money, energy.providers), (0, [Amount::ZERO; 4], 0));
        let account = self.world.chain.account(Address::of_module("energy"));
        assert_eq!(account.balance, Amount::ZERO);
        // Certificates are what is left: those that were used up are gone, the others are not.
        let left = self.world.chain.state.keys().filter(|key| key.prefix() == 0x4f).count();
        let unused = self.model.certificates.values().filter(|(_, wh, used)| *wh > 0 && !used);
        assert_eq!(left, unused.count());
        assert!(self.model.batches.is_empty() && self.model.disputes.is_empty());
        let meters = self.world.chain.state.iter().filter(|(key, _)| key.prefix() == 0x46);
        let metered = meters.map(|(_, value)| query::decode_meter(value).unwrap().attested_wh);
        assert_eq!(metered.sum::<u64>(), energy.attested_wh);
    }

    /// How much is due, now and later.
    fn open(&self) -> u64 {
        let agenda = &self.world.chain.state[&query::agenda_key()];
        query::decode_agenda(agenda).unwrap().open
    }
}
