//! Many seeds of one plan, on several threads.

use crate::{Plan, Report, run};
use std::{
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

/// Runs the seeds `from..from + count` and shows each report as it comes.
pub fn seeds(plan: &Plan, from: u64, count: u64, threads: usize, mut show: impl FnMut(Report)) {
    let next = AtomicU64::new(0);
    let (sender, reports) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            let sender = sender.clone();
            let next = &next;
            scope.spawn(move || {
                loop {
                    let offset = next.fetch_add(1, Ordering::Relaxed);
                    if offset >= count {
                        return;
                    }
                    let report = run(&plan.scenario(from + offset));
                    if sender.send(report).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for report in reports {
            show(report);
        }
    });
}
