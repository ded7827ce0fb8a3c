//! What other modules may ask of stake. See also `slash.rs` and `block.rs`.

pub(crate) use super::{
    block::{
        end_epoch_commissions, end_epoch_conversions, end_epoch_leaving, end_epoch_removals,
        missing_for_block, missing_for_epoch_end, pay_unbonding,
    },
    cap::{counted_stakes, most_that_earns},
    genesis::genesis,
    moment::BlockMoment,
    past::{load_snapshots, save_snapshots, shares_at},
    slash::{SlashOrder, add_reward, eject, jail, slash, slash_keys, unjail},
    store::{
        know, load_candidates, load_profile, load_slashes, load_totals, load_validator,
        operated_by, require_validator, save_totals, save_validator,
    },
};
