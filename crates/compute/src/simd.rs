//! Runs a loop compiled for the vector instructions that this processor has.

/// Calls `work`, compiled once for each set of vector instructions that is known, in the best
/// version. The results are the same integers in all of them.
#[cfg(feature = "parallel")]
#[inline(always)]
pub(crate) fn dispatch<T>(work: impl FnOnce() -> T) -> T {
    pulp::Arch::new().dispatch(work)
}

/// Calls `work`.
#[cfg(not(feature = "parallel"))]
#[inline(always)]
pub(crate) fn dispatch<T>(work: impl FnOnce() -> T) -> T {
    work()
}
