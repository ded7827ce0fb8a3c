use crate::modules::network::Replaced;
use althing_types::{
    Address, Due, Hash, Height, List, Timestamp,
    governance::{Order, OrderKind, SafetyMembers, SafetyRules},
    hash::sha256,
    limits::MAX_SAFETY_MEMBERS,
    struct_codec, tagged_enum,
};
use commonware_codec::Encode as _;
use serde::{Deserialize, Serialize};

/// The safety override: who holds it, within which limits, and how far these are used up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Safety {
    /// Who holds it, and within which limits.
    pub rules: SafetyRules,
    /// How often it was used under these rules.
    pub used: u32,
    /// When it was used last, under whatever rules.
    pub last: Option<Used>,
    /// Calls that wait for approvals, at most one that each member began.
    pub open: List<OpenCall, MAX_SAFETY_MEMBERS>,
}

struct_codec!(Safety { rules, used, last, open });

/// When the override was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// The height.
    pub height: Height,
    /// The time of the block.
    pub time: Timestamp,
}

struct_codec!(Used { height, time });

impl Safety {
    /// When it can be used again; `None` if it was never used.
    pub fn ready(&self) -> Option<Due> {
        self.last.map(|Used { height, time }| self.rules.cooldown().from(height, time))
    }

    /// Whether it was used as often as it may be.
    pub fn is_spent(&self) -> bool {
        self.rules.uses().is_some_and(|uses| self.used >= uses)
    }
}

/// A call that waits for approvals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCall {
    /// What [`Call::id`] says.
    #[serde(with = "althing_types::hash::serde_hex")]
    pub id: Hash,
    /// The member that began it.
    pub by: Address,
    /// When it is too late.
    pub expires: Due,
}

struct_codec!(OpenCall { id, by, expires });

/// A call and who approves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The number that its members gave it.
    pub number: u64,
    /// What it is about.
    pub order: Order,
    /// Members that approve, in the order in which they did.
    pub approvals: SafetyMembers,
    /// When it is too late.
    pub expires: Due,
}

struct_codec!(Call { number, order, approvals, expires });

impl Call {
    /// What tells calls apart: their number and their order.
    pub fn id(number: u64, order: &Order) -> Hash {
        sha256(&[b"althing/override", &number.encode(), &order.encode()])
    }
}

/// Most changes that hold provisionally: one of the treasury, one of the network.
pub(super) const MAX_CHANGES: usize = 2;

/// What holds until it lapses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// The number of the next one, from 1.
    pub next: u64,
    /// Those that hold now, oldest first.
    pub open: List<Change, MAX_CHANGES>,
}

struct_codec!(Changes { next, open });

impl Default for Changes {
    fn default() -> Self {
        Self { next: 1, open: List::default() }
    }
}

/// Something that holds until it lapses, unless it is ratified before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its number.
    pub number: u64,
    /// What made it.
    pub order: OrderKind,
    /// What was before, and will be again if it lapses.
    pub before: Before,
    /// It lapses with the first epoch that ends at or after this.
    pub lapses: Due,
    /// The proposal to ratify it that the chain made; none if the agenda was full.
    pub proposal: Option<u64>,
}

struct_codec!(Change { number, order, before, lapses, proposal });

tagged_enum! {
    /// What a change took the place of.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "kebab-case")]
    pub enum Before {
        /// The treasury paid, or was paused for less long.
        0x0001 "pause" Pause {
            /// Until when; past if it paid.
            until: Due,
        },
        /// Another version of the network's configuration was in force.
        0x0002 "spec" Spec {
            /// Which.
            version: u64,
            /// The version that took its place.
            now: u64,
        },
    }
}

impl From<Replaced> for Before {
    fn from(Replaced { before, now }: Replaced) -> Self {
        Self::Spec { version: before, now }
    }
}

impl Before {
    /// Whether both are about the same thing, so that one takes the place of the other.
    pub(super) const fn is_like(&self, other: &Self) -> bool {
        self.tag() == other.tag()
    }

    /// What is to return in the end, if a change that this was noted for came after one that `first` was
    /// noted for.
    pub(super) const fn after(self, first: Self) -> Self {
        match (first, self) {
            (Self::Spec { version, .. }, Self::Spec { now, .. }) => Self::Spec { version, now },
            (first, _) => first,
        }
    }

    /// Whether what holds is what was before.
    pub(super) const fn is_restored(&self) -> bool {
        matches!(self, Self::Spec { version, now } if *version == *now)
    }
}
