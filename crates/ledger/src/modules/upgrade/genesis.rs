use super::{Protocol, store};
use crate::error::Fault;
use althing_state::View;
use althing_types::{Height, Version};

/// Writes that the rules are those that every chain begins with.
pub(crate) fn genesis(view: &mut View, height: Height) -> Result<(), Fault> {
    let (version, since) = (Version::GENESIS, height);
    store::save(view, &Protocol { version, since, previous: None, plan: None, failed: None })
}
