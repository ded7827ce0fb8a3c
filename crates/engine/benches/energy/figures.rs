//! What was measured, and the tables of it.

use crate::ORACLES;
use std::time::Duration;

/// What some blocks took and did.
#[derive(Clone, Copy, Default)]
pub(crate) struct Spent {
    /// Reading from the state and executing.
    pub(crate) execute: Duration,
    /// The new root, and storing it.
    pub(crate) store: Duration,
    pub(crate) gas: u64,
    pub(crate) transactions: u32,
}

impl Spent {
    pub(crate) fn add(&mut self, other: Self) {
        self.execute += other.execute;
        self.store += other.store;
        self.gas += other.gas;
        self.transactions += other.transactions;
    }
}

/// What one interval took and left.
#[derive(Default)]
pub(crate) struct Interval {
    pub(crate) submit: Spent,
    /// For each oracle: the second one decides, the third is late.
    pub(crate) reports: [Spent; ORACLES],
    pub(crate) close: Spent,
    pub(crate) signatures: Duration,
    /// Bytes of the state before, with all readings open, and when all is closed.
    pub(crate) before: u64,
    pub(crate) open: u64,
    pub(crate) after: u64,
}

/// Microseconds for each of `count`.
fn micros(spent: Duration, count: usize) -> f64 {
    spent.as_secs_f64() * 1e6 / count as f64
}

/// A row of the table of intervals.
pub(crate) fn print_interval(number: u64, meters: usize, interval: &Interval) {
    let Interval { submit, reports, close, signatures, before, open, after } = interval;
    let report = reports.iter().fold(Duration::ZERO, |sum, report| sum + report.execute);
    let all = submit.execute + report + close.execute;
    let store = reports.iter().fold(submit.store + close.store, |sum, report| sum + report.store);
    println!(
        "{number:>8} {:>7.1} {:>10.1} {:>7.1} {:>6.1} {:>6.1} {:>10.0} {:>11.0} {:>6.0} {:>11.1}",
        micros(submit.execute, meters),
        micros(*signatures, meters),
        micros(report, meters),
        micros(close.execute, meters),
        micros(store, meters),
        meters as f64 / all.as_secs_f64(),
        meters as f64 / all.saturating_sub(*signatures).as_secs_f64(),
        (open - before) as f64 / meters as f64,
        *after as f64 / meters as f64,
    );
}

/// A row of the table of gas: what it took with one signature of the sender, and storing.
fn row(what: &str, spent: Spent, signature: Duration, units: usize, transfer: Option<f64>) -> f64 {
    let all = spent.execute + spent.store + signature * spent.transactions;
    let rate = spent.gas as f64 / (all.as_secs_f64() * 1e6);
    println!(
        "{what:<44} {:>8.0} {:>8.1} {:>8.0} {:>6.2}",
        spent.gas as f64 / units as f64,
        micros(all, units),
        rate,
        rate / transfer.unwrap_or(rate),
    );
    rate
}

/// The table of gas: what messages took in all intervals but the first, which warms up.
pub(crate) fn print_gas(meters: usize, all: &[Interval], transfers: Spent) {
    let rest = &all[usize::from(all.len() > 1)..];
    let readings = meters * rest.len();
    let sum = |of: &dyn Fn(&Interval) -> Spent| {
        let mut sum = Spent::default();
        rest.iter().for_each(|interval| sum.add(of(interval)));
        sum
    };
    let signatures = rest.iter().fold(Duration::ZERO, |sum, interval| sum + interval.signatures);
    let signature = signatures / readings as u32;
    println!("\ngas, with one signature of the sender a transaction, and storing\n");
    println!("{:<44} {:>8} {:>8} {:>8} {:>6}", "", "gas", "us", "gas/us", "ratio");
    let count = transfers.transactions as usize;
    let base = row("transfer", transfers, signature, count, None);
    let print = |what: &str, spent: Spent| {
        row(what, spent, signature, readings, Some(base));
    };
    print("submit-readings, a reading", sum(&|interval| interval.submit));
    for (place, what) in ["first", "decides", "late"].into_iter().enumerate() {
        let what = format!("attest-readings, a reading, report that {what}");
        print(
            &what.replace("that first", "that is first").replace("that late", "that is late"),
            sum(&|interval| interval.reports[place]),
        );
    }
    print(
        "a reading in all, closing included",
        sum(&|interval| {
            let mut sum = interval.submit;
            interval.reports.iter().for_each(|report| sum.add(*report));
            sum.add(interval.close);
            sum
        }),
    );
}
