//! Lists with a bound that is part of their type.

use commonware_codec::{Buf, EncodeSize, Error, RangeCfg, Read, Write};
use core::ops::Deref;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// At most `MAX` values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct List<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> List<T, MAX> {
    /// These values; `None` if there are more than `MAX`.
    pub fn new(values: Vec<T>) -> Option<Self> {
        (values.len() <= MAX).then_some(Self(values))
    }
}

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> Deref for List<T, MAX> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = Vec::deserialize(deserializer)?;
        let too_long = || D::Error::custom(format!("the list has at most {MAX} entries"));
        Self::new(values).ok_or_else(too_long)
    }
}

impl<T: Write, const MAX: usize> Write for List<T, MAX> {
    fn write(&self, buf: &mut impl bytes::BufMut) {
        self.0.write(buf);
    }
}
impl<T: EncodeSize, const MAX: usize> EncodeSize for List<T, MAX> {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}
impl<T: Read<Cfg = ()>, const MAX: usize> Read for List<T, MAX> {
    type Cfg = ();
    fn read_cfg(buf: &mut impl Buf, _: &()) -> Result<Self, Error> {
        Ok(Self(Vec::read_cfg(buf, &(RangeCfg::from(0..=MAX), ()))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use commonware_codec::{DecodeExt as _, Encode as _};

    #[test]
    fn a_list_keeps_its_bound_however_it_is_made() {
        let list = List::<u64, 2>::new(vec![7, 8]).unwrap();
        assert_eq!(List::<u64, 2>::decode(list.encode()).unwrap(), list);
        assert!(List::<u64, 2>::new(vec![7; 3]).is_none());
        let longer = List::<u64, 3>::new(vec![7; 3]).unwrap();
        assert!(List::<u64, 2>::decode(longer.encode()).is_err());
        assert_eq!(serde_json::from_str::<List<u64, 2>>("[7,8]").unwrap(), list);
        let error = serde_json::from_str::<List<u64, 2>>("[7,8,9]").unwrap_err();
        assert!(error.to_string().contains("at most 2 entries"));
        assert_eq!((list.len(), list.first()), (2, Some(&7)));
    }
}
