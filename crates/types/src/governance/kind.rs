use super::Action;
use crate::codec::{UnknownName, re};
use core::{fmt, str::FromStr};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// What a proposal is about: the kind of its action, by the action's tag and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(u16);

impl Kind {
    /// The kind of this action.
    pub const fn of(action: &Action) -> Self {
        Self(action.tag())
    }

    /// The tag of the action on the wire.
    pub const fn tag(self) -> u16 {
        self.0
    }

    /// The name of the action, for example `text`.
    pub fn name(self) -> &'static str {
        Self::entry(self.0).map_or("unknown", |(_, name)| name)
    }

    fn entry(tag: u16) -> Option<(u16, &'static str)> {
        Action::NAMES.iter().copied().find(|(known, _)| *known == tag)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let found = Action::NAMES.iter().find(|(_, name)| *name == text);
        found.map(|(tag, _)| Self(*tag)).ok_or(UnknownName { names: &["the name of an action"] })
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl re::Write for Kind {
    fn write(&self, buf: &mut impl re::BufMut) {
        self.0.write(buf);
    }
}
impl re::EncodeSize for Kind {
    fn encode_size(&self) -> usize {
        2
    }
}
impl re::Read for Kind {
    type Cfg = ();
    fn read_cfg(buf: &mut impl re::Buf, _: &()) -> Result<Self, re::Error> {
        use re::ReadExt as _;
        let tag = u16::read(buf)?;
        Self::entry(tag).map(|_| Self(tag)).ok_or(re::Error::Invalid("Kind", "unknown action"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{DecodeExt as _, Encode as _};

    #[test]
    fn every_action_has_a_kind_that_is_its_tag_and_its_name() {
        for (tag, name) in Action::NAMES {
            let kind: Kind = name.parse().unwrap();
            assert_eq!((kind.tag(), kind.name(), kind.to_string()), (*tag, *name, (*name).into()));
            assert_eq!(Kind::decode(kind.encode()).unwrap(), kind);
            let text = serde_json::to_string(&kind).unwrap();
            assert_eq!(serde_json::from_str::<Kind>(&text).unwrap(), kind);
        }
        assert_eq!(Kind::of(&Action::Text {}).name(), "text");
        assert!(Kind::decode(vec![0u8, 1]).is_err());
        assert!("war".parse::<Kind>().is_err());
    }
}
