use crate::{
    Text,
    codec::re,
    limits::{MAX_PARAMETER_CHANGES, MAX_PARAMETER_NAME_BYTES},
    params::ParameterValue,
    struct_codec, tagged_enum,
};
use commonware_codec::RangeCfg;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

tagged_enum! {
    /// What happens when a proposal is enacted.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
    pub enum Action {
        /// Nothing: the vote is what it is about.
        0x0501 "text" Text {},
        /// Parameters of the chain change.
        0x0502 "parameters" Parameters {
            /// Which, from what, to what; 1 to 16 of them.
            changes: ParameterChanges,
        },
    }
}

/// One parameter that is to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterChange {
    /// The parameter, as `docs/parameters.md` names it.
    pub name: Text<MAX_PARAMETER_NAME_BYTES>,
    /// What it is now. If it is anything else by then, nothing happens.
    pub from: ParameterValue,
    /// What it will be.
    pub to: ParameterValue,
}

struct_codec!(ParameterChange { name, from, to });

/// At most 16 parameters that are to change together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ParameterChanges(Vec<ParameterChange>);

impl ParameterChanges {
    /// These; `None` if there are more than 16.
    pub fn new(changes: Vec<ParameterChange>) -> Option<Self> {
        (changes.len() <= MAX_PARAMETER_CHANGES).then_some(Self(changes))
    }
}

impl core::ops::Deref for ParameterChanges {
    type Target = [ParameterChange];
    fn deref(&self) -> &[ParameterChange] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for ParameterChanges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let changes = Vec::deserialize(deserializer)?;
        Self::new(changes).ok_or_else(|| D::Error::custom("at most 16 parameters at a time"))
    }
}

impl re::Write for ParameterChanges {
    fn write(&self, buf: &mut impl re::BufMut) {
        self.0.write(buf);
    }
}
impl re::EncodeSize for ParameterChanges {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}
impl re::Read for ParameterChanges {
    type Cfg = ();
    fn read_cfg(buf: &mut impl re::Buf, _: &()) -> Result<Self, re::Error> {
        let most = RangeCfg::from(0..=MAX_PARAMETER_CHANGES);
        Ok(Self(Vec::read_cfg(buf, &(most, ()))?))
    }
}
