//! Messages of module `bank`.

use crate::{Address, Amount, struct_codec};
use serde::{Deserialize, Serialize};

/// Moves `amount` from the sender to `to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Who receives. The account need not exist yet.
    pub to: Address,
    /// How much, in base units; more than zero.
    pub amount: Amount,
}

struct_codec!(Transfer { to, amount });
