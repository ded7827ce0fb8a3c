//! Bounds on a computation: time, memory, cancellation.
//!
//! Memory is bounded before the work begins: shapes have an exact price, so that work which does not
//! fit is refused instead of stopped half-way. Time is bounded by a thread of its own: the caller
//! gets its answer at the deadline, and the work, which asks its [`Cancel`] often, ends soon after. A
//! [`Runner`] counts work that has not ended yet and refuses more than its share, so that late work
//! cannot pile up. A product on a graphics device is not interrupted: it ends within its own time,
//! milliseconds to seconds, and the next one is not begun.
//!
//! There is no child process and no `setrlimit`. Workers run this crate's products only, never code
//! of a stranger; and the address space of a process with CUDA is hundreds of gigabytes by design,
//! so that a limit on it (`RLIMIT_AS`) would stop honest devices and bound nothing else.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{RecvTimeoutError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

/// Why a computation gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// Too large, known before it began.
    #[error(
        "the computation needs {needed} bytes, but at most {allowed} are allowed: take smaller tasks or raise the limit"
    )]
    Memory {
        /// Bytes that the work needs.
        needed: u64,
        /// Bytes that are allowed.
        allowed: u64,
    },
    /// Too late.
    #[error("the computation did not end within {0:?}: take smaller tasks or raise the limit")]
    Deadline(Duration),
    /// Too much at once.
    #[error("{0} computations are still running: wait for one to end")]
    Busy(usize),
    /// The work broke.
    #[error("the computation failed inside ({0}): run the self-test")]
    Panicked(String),
    /// No thread.
    #[error("the system gives no further thread: {0}")]
    NoThread(String),
}

/// Bounds of one computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest time.
    pub deadline: Duration,
    /// Most memory, bytes.
    pub memory_bytes: u64,
}

/// A request to stop, shared by who asks and who computes.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    requested: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl Cancel {
    /// Asks the work to stop. It stops at its next look at [`Cancel::is_cancelled`].
    pub fn cancel(&self) {
        self.requested.store(true, Ordering::Relaxed);
    }

    /// Whether the work should stop: somebody asked, or its time is over.
    pub fn is_cancelled(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    fn until(&self, deadline: Option<Instant>) -> Self {
        Self { requested: Arc::clone(&self.requested), deadline }
    }
}

/// Runs computations within bounds.
#[derive(Clone, Debug)]
pub struct Runner {
    running: Arc<AtomicUsize>,
    most: usize,
}

/// Counts one computation until it has really ended.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Runner {
    /// A runner of at most `most` computations at a time, late ones counted in.
    pub fn new(most: usize) -> Self {
        Self { running: Arc::default(), most }
    }

    /// Computations that have not ended.
    pub fn running(&self) -> usize {
        self.running.load(Ordering::Acquire)
    }

    fn place(&self) -> Result<Place, LimitError> {
        let taken = self.running.fetch_update(Ordering::AcqRel, Ordering::Acquire, |running| {
            (running < self.most).then_some(running + 1)
        });
        match taken {
            Ok(_) => Ok(Place(Arc::clone(&self.running))),
            Err(running) => Err(LimitError::Busy(running)),
        }
    }

    /// Runs `work`, which needs `needed_bytes`, in a thread of its own. `work` gets a [`Cancel`] that
    /// fires at the deadline or when `cancel` does, and must look at it at least once a second.
    ///
    /// # Errors
    /// [`LimitError`].
    pub fn run<T: Send + 'static>(
        &self,
        limits: Limits,
        needed_bytes: u64,
        cancel: &Cancel,
        work: impl FnOnce(&Cancel) -> T + Send + 'static,
    ) -> Result<T, LimitError> {
        if needed_bytes > limits.memory_bytes {
            return Err(LimitError::Memory { needed: needed_bytes, allowed: limits.memory_bytes });
        }
        let place = self.place()?;
        let cancel = cancel.until(Instant::now().checked_add(limits.deadline));
        // One place in the channel: late work can always leave its answer and end.
        let (answer, answered) = sync_channel(1);
        thread::Builder::new()
            .name("compute".to_owned())
            .spawn(move || {
                let result = catch_unwind(AssertUnwindSafe(|| work(&cancel)));
                // Freed before the answer, so that whoever has the answer finds the place free.
                drop(place);
                let _ = answer.send(result.map_err(|panic| text_of(panic.as_ref())));
            })
            .map_err(|error| LimitError::NoThread(error.to_string()))?;
        match answered.recv_timeout(limits.deadline) {
            Ok(result) => result.map_err(LimitError::Panicked),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                Err(LimitError::Deadline(limits.deadline))
            }
        }
    }
}

/// The words of a panic.
pub(crate) fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { deadline: Duration::from_millis(50), memory_bytes: 1_000 };

    fn wait_until_idle(runner: &Runner) {
        let start = Instant::now();
        while runner.running() > 0 {
            assert!(start.elapsed() < Duration::from_secs(10), "the work ends after its deadline");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn work_within_its_bounds_answers() {
        let runner = Runner::new(1);
        let generous = Limits { deadline: Duration::from_secs(60), ..LIMITS };
        for _ in 0..3 {
            assert_eq!(runner.run(generous, 1_000, &Cancel::default(), |_| 7), Ok(7));
        }
    }

    #[test]
    fn work_that_does_not_fit_never_begins() {
        let refusal = Runner::new(1).run(LIMITS, 1_001, &Cancel::default(), |_| panic!("began"));
        assert_eq!(refusal, Err::<(), _>(LimitError::Memory { needed: 1_001, allowed: 1_000 }));
    }

    #[test]
    fn late_work_is_given_up_stops_and_keeps_its_place_meanwhile() {
        let runner = Runner::new(1);
        let (release, released) = std::sync::mpsc::channel::<()>();
        let late = runner.run(LIMITS, 0, &Cancel::default(), move |cancel| {
            let _ = released.recv();
            while !cancel.is_cancelled() {
                thread::yield_now();
            }
        });
        assert_eq!(late, Err(LimitError::Deadline(LIMITS.deadline)));
        let second = runner.run(LIMITS, 0, &Cancel::default(), |_| ());
        assert_eq!(second, Err(LimitError::Busy(1)));
        release.send(()).expect("the work waits");
        wait_until_idle(&runner);
    }

    #[test]
    fn work_is_cancelled_from_outside() {
        let runner = Runner::new(1);
        let cancel = Cancel::default();
        cancel.cancel();
        let generous = Limits { deadline: Duration::from_secs(60), ..LIMITS };
        assert_eq!(runner.run(generous, 0, &cancel, |cancel| cancel.is_cancelled()), Ok(true));
    }

    #[test]
    fn a_panic_is_an_error() {
        let generous = Limits { deadline: Duration::from_secs(60), ..LIMITS };
        let cancel = Cancel::default();
        let result = Runner::new(1).run(generous, 0, &cancel, |_| panic!("broken device"));
        assert_eq!(result, Err::<(), _>(LimitError::Panicked("broken device".to_owned())));
    }
}
