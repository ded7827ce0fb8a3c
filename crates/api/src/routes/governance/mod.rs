//! Proposals, votes and parameters.

mod check;
mod draft;
mod parameters;
mod proposals;
mod votes;

pub(super) use check::{__path_check, check};
pub(super) use draft::{Wanted, draft};
pub(super) use parameters::{
    __path_history, __path_list as __path_parameters, __path_one as __path_parameter,
    __path_tracks, history, list as parameters, one as parameter, tracks,
};
pub(super) use proposals::{
    __path_events, __path_list, __path_one, __path_tally, events, list, load, one, tally,
};
pub(super) use votes::{
    __path_one as __path_vote, __path_votes, __path_weight, one as vote, votes, weight,
};
