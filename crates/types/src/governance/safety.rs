use crate::{
    Address, List, Period, Version,
    codec::{byte_enum, re},
    limits::MAX_SAFETY_MEMBERS,
    network::NetworkSpec,
    struct_codec, tagged_enum,
};
use serde::{Deserialize, Serialize};

byte_enum! {
    /// What an order is about.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum OrderKind {
        /// A proposal will not happen.
        0 "cancel-proposal" CancelProposal,
        /// A configuration of the network is taken back.
        1 "rollback-spec" RollbackSpec,
        /// The network gets another configuration.
        2 "set-spec" SetSpec,
        /// The treasury pays nothing for a while.
        3 "pause-treasury" PauseTreasury,
        /// A disbursement is rolled back.
        4 "rollback-disbursement" RollbackDisbursement,
        /// An upgrade that is planned will not happen.
        5 "cancel-upgrade" CancelUpgrade,
    }
}

tagged_enum! {
    /// What the safety override, or nearly all validators in an emergency, can do at once. Nothing
    /// else.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
    pub enum Order {
        /// A proposal that the override may stop is taken off the agenda, and gets its deposit back.
        0x0001 "cancel-proposal" CancelProposal {
            /// Its number.
            proposal: u64,
        },
        /// A configuration of the network that some try is tried no more; in the place of one that is in
        /// force, that one returns that it was made for.
        0x0002 "rollback-spec" RollbackSpec {
            /// Its version.
            version: u64,
        },
        /// The network gets another configuration.
        0x0003 "set-spec" SetSpec {
            /// The version that is in force now. If it is any other by then, nothing happens.
            base: u64,
            /// What the configuration will be.
            spec: NetworkSpec,
        },
        /// The treasury pays nothing and executes nothing.
        0x0004 "pause-treasury" PauseTreasury {
            /// For how long, at most `safety.max_pause`.
            period: Period,
        },
        /// A disbursement that is accepted and not final is rolled back, without compensation.
        0x0005 "rollback-disbursement" RollbackDisbursement {
            /// Its number.
            disbursement: u64,
        },
        /// An upgrade that is planned will not happen.
        0x0006 "cancel-upgrade" CancelUpgrade {
            /// To which version.
            version: Version,
        },
    }
}

impl Order {
    /// What it is about.
    pub const fn kind(&self) -> OrderKind {
        match self {
            Self::CancelProposal { .. } => OrderKind::CancelProposal,
            Self::RollbackSpec { .. } => OrderKind::RollbackSpec,
            Self::SetSpec { .. } => OrderKind::SetSpec,
            Self::PauseTreasury { .. } => OrderKind::PauseTreasury,
            Self::RollbackDisbursement { .. } => OrderKind::RollbackDisbursement,
            Self::CancelUpgrade { .. } => OrderKind::CancelUpgrade,
        }
    }
}

byte_enum! {
    /// What became of a change that held provisionally.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum ChangeEnd {
        /// It was ratified, and stays.
        0 "ratified" Ratified,
        /// It was not, and what it changed is as before.
        1 "lapsed" Lapsed,
        /// Another change took its place.
        2 "replaced" Replaced,
    }
}

/// Accounts that hold the safety override together: 1 to 16, ordered.
pub type SafetyMembers = List<Address, MAX_SAFETY_MEMBERS>;
/// Kinds of orders, ordered.
pub type OrderKinds = List<OrderKind, { OrderKind::ALL.len() }>;

/// Who holds the safety override, and within which limits. A value keeps every rule of [`Self::new`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct SafetyRules {
    members: SafetyMembers,
    needed: u32,
    allowed: OrderKinds,
    #[serde(skip_serializing_if = "Option::is_none")]
    uses: Option<u32>,
    cooldown: Period,
}

/// The rules as a file has them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    members: Vec<Address>,
    needed: u32,
    allowed: Vec<OrderKind>,
    #[serde(default)]
    uses: Option<u32>,
    #[serde(default)]
    cooldown: Period,
}

/// Why rules of the safety override are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SafetyRulesError {
    /// Nobody, or too many.
    #[error("the safety override has 1 to {MAX_SAFETY_MEMBERS} members")]
    Members,
    /// One member twice.
    #[error("the account {0} is a member of the safety override twice")]
    DuplicateMember(Address),
    /// Nobody would be asked, or more than there are.
    #[error("the safety override needs the approval of 1 to all of its members")]
    Needed,
    /// Nothing would be allowed, or one thing twice.
    #[error("the safety override is allowed one or more kinds of orders, each named once")]
    Allowed,
    /// Beyond the bounds of a period.
    #[error("the cooldown of the safety override is longer than a period can be")]
    Cooldown,
}

impl SafetyRules {
    /// The override of these members, in any order.
    ///
    /// # Errors
    /// [`SafetyRulesError`]: there are 1 to 16 different members, `needed` are 1 to all of them, one
    /// or more kinds of orders are allowed, and the cooldown is a legal period.
    pub fn new(
        mut members: Vec<Address>,
        needed: u32,
        mut allowed: Vec<OrderKind>,
        uses: Option<u32>,
        cooldown: Period,
    ) -> Result<Self, SafetyRulesError> {
        members.sort_unstable();
        allowed.sort_unstable();
        if let Some([twice, _]) = members.array_windows().find(|[a, b]| a == b) {
            return Err(SafetyRulesError::DuplicateMember(*twice));
        }
        let count = members.len();
        let members = SafetyMembers::new(members).filter(|members| !members.is_empty());
        let members = members.ok_or(SafetyRulesError::Members)?;
        if needed == 0 || usize::try_from(needed).map_or(true, |needed| needed > count) {
            return Err(SafetyRulesError::Needed);
        }
        let different = !allowed.array_windows().any(|[a, b]| a == b);
        let allowed = OrderKinds::new(allowed).filter(|kinds| different && !kinds.is_empty());
        let allowed = allowed.ok_or(SafetyRulesError::Allowed)?;
        if cooldown.blocks > Period::MAX_BLOCKS || cooldown.ms > Period::MAX_MS {
            return Err(SafetyRulesError::Cooldown);
        }
        Ok(Self { members, needed, allowed, uses, cooldown })
    }

    /// The members, ordered.
    pub fn members(&self) -> &[Address] {
        &self.members
    }

    /// How many members must approve: 1 to all of them.
    pub const fn needed(&self) -> u32 {
        self.needed
    }

    /// What may be ordered, ordered.
    pub fn allowed(&self) -> &[OrderKind] {
        &self.allowed
    }

    /// How often it may be used; `None`: without end.
    pub const fn uses(&self) -> Option<u32> {
        self.uses
    }

    /// From one use to the next.
    pub const fn cooldown(&self) -> Period {
        self.cooldown
    }

    /// Whether this account is a member.
    pub fn has(&self, account: &Address) -> bool {
        self.members.contains(account)
    }

    /// Whether this may be ordered.
    pub fn allows(&self, kind: OrderKind) -> bool {
        self.allowed.contains(&kind)
    }
}

impl TryFrom<Written> for SafetyRules {
    type Error = SafetyRulesError;
    fn try_from(written: Written) -> Result<Self, SafetyRulesError> {
        let Written { members, needed, allowed, uses, cooldown } = written;
        Self::new(members, needed, allowed, uses, cooldown)
    }
}

/// The fields one after the other.
struct Fields {
    members: SafetyMembers,
    needed: u32,
    allowed: OrderKinds,
    uses: Option<u32>,
    cooldown: Period,
}

struct_codec!(Fields { members, needed, allowed, uses, cooldown });

impl re::Write for SafetyRules {
    fn write(&self, buf: &mut impl re::BufMut) {
        self.members.write(buf);
        self.needed.write(buf);
        self.allowed.write(buf);
        self.uses.write(buf);
        self.cooldown.write(buf);
    }
}
impl re::EncodeSize for SafetyRules {
    fn encode_size(&self) -> usize {
        self.members.encode_size()
            + self.needed.encode_size()
            + self.allowed.encode_size()
            + self.uses.encode_size()
            + self.cooldown.encode_size()
    }
}
impl re::Read for SafetyRules {
    type Cfg = ();
    fn read_cfg(buf: &mut impl re::Buf, _: &()) -> Result<Self, re::Error> {
        use re::ReadExt as _;
        let Fields { members, needed, allowed, uses, cooldown } = Fields::read(buf)?;
        let rules = Self::new(members.to_vec(), needed, allowed.to_vec(), uses, cooldown);
        let same = |rules: &Self| *rules.members == *members && *rules.allowed == *allowed;
        let illegal = re::Error::Invalid("SafetyRules", "a rule is broken, or a list not ordered");
        rules.ok().filter(same).ok_or(illegal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{DecodeExt as _, Encode as _};

    fn member(byte: u8) -> Address {
        Address::new([byte; 20])
    }

    fn rules(members: &[u8], needed: u32) -> Result<SafetyRules, SafetyRulesError> {
        let members = members.iter().copied().map(member).collect();
        let allowed = vec![OrderKind::PauseTreasury, OrderKind::CancelProposal];
        SafetyRules::new(members, needed, allowed, Some(3), Period::blocks(7))
    }

    #[test]
    fn rules_are_ordered_and_come_back_from_bytes_and_from_json() {
        let rules = rules(&[9, 1, 5], 2).unwrap();
        assert_eq!(rules.members(), [1, 5, 9].map(member));
        assert_eq!(rules.allowed(), [OrderKind::CancelProposal, OrderKind::PauseTreasury]);
        assert!(rules.has(&member(5)) && !rules.has(&member(2)));
        assert!(rules.allows(OrderKind::PauseTreasury) && !rules.allows(OrderKind::SetSpec));
        assert_eq!(SafetyRules::decode(rules.encode()).unwrap(), rules);
        let text = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<SafetyRules>(&text).unwrap(), rules);
    }

    #[test]
    fn rules_that_could_never_be_followed_are_refused() {
        use SafetyRulesError as Error;
        assert_eq!(rules(&[], 1), Err(Error::Members));
        assert_eq!(rules(&(0..17).collect::<Vec<u8>>(), 1), Err(Error::Members));
        assert_eq!(rules(&[1, 2, 1], 1), Err(Error::DuplicateMember(member(1))));
        assert_eq!(rules(&[1, 2], 0), Err(Error::Needed));
        assert_eq!(rules(&[1, 2], 3), Err(Error::Needed));
        let of = |allowed, cooldown| {
            SafetyRules::new(vec![member(1)], 1, allowed, None, cooldown).unwrap_err()
        };
        assert_eq!(of(Vec::new(), Period::default()), Error::Allowed);
        assert_eq!(of(vec![OrderKind::SetSpec; 2], Period::default()), Error::Allowed);
        let long = Period::ms(Period::MAX_MS + 1);
        assert_eq!(of(vec![OrderKind::SetSpec], long), Error::Cooldown);
    }

    #[test]
    fn bytes_that_are_no_rules_are_refused() {
        let bytes = rules(&[1, 2], 2).unwrap().encode();
        let mut swapped = bytes.to_vec();
        swapped[1..41].rotate_left(20);
        assert!(SafetyRules::decode(swapped).is_err());
        let mut more = bytes.to_vec();
        more[44] = 3;
        assert!(SafetyRules::decode(more).is_err());
        let text = serde_json::to_string(&rules(&[1, 2], 2).unwrap()).unwrap();
        let text = text.replace("\"needed\":2", "\"needed\":3");
        let error = serde_json::from_str::<SafetyRules>(&text).unwrap_err().to_string();
        assert!(error.contains("1 to all of its members"), "{error}");
    }
}
