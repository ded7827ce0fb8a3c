//! How far a task is, in sentences.

use super::TaskRowView;
use crate::backend::VerdictRow;
use althing_ledger::compute::Task;
use althing_types::{
    compute::{RefundReason, RejectReason, TaskState, Verdict},
    params::ComputeParams,
};

/// How far a task is, in a sentence.
pub(super) fn standing(
    task: &TaskRowView,
    record: Option<&Task>,
    verdicts: &[VerdictRow],
    params: &ComputeParams,
) -> String {
    let state = TaskState::ALL.iter().find(|state| state.name() == task.state);
    let due = record.map(|record| record.due.height.get()).unwrap_or_default();
    let found = || tally(task, record, verdicts);
    match state {
        None => String::new(),
        Some(TaskState::Open) => match &task.reason {
            Some(reason) => format!(
                "{} It waits for another worker, {} of {} had it.",
                sentence_of(reason),
                task.attempt,
                params.max_attempts
            ),
            None => "It waits for a worker.".to_owned(),
        },
        Some(TaskState::Assigned) => {
            let deadline = record.and_then(|record| record.assignment).map(|it| it.deadline);
            let deadline = deadline.map_or(due, |deadline| deadline.height.get());
            format!("Its worker computes it, and has until block {deadline} at least.")
        }
        Some(TaskState::Committed) => {
            "Its worker is bound to a result; the challenge is not drawn yet.".to_owned()
        }
        Some(TaskState::Challenged) => format!("A committee checks the result: {}.", found()),
        Some(TaskState::Accepted) => format!(
            "The committee accepted the result ({}). It can be proven wrong until block {due}.",
            found()
        ),
        Some(TaskState::Disproved) => format!(
            "The result was proven wrong. Its worker has until block {due} to show that it was \
             planted."
        ),
        Some(TaskState::Settled) => format!(
            "Paid or credited: {}, each on {} rows that all check and {} of its own.",
            found(),
            params.samples,
            params.own_samples
        ),
        Some(TaskState::Failed) => {
            let why = task.reason.as_deref().map(sentence_of).unwrap_or_default();
            let refund = task.refund.as_deref().map(refund_of).unwrap_or_default();
            format!("{why} {refund}").trim().to_owned()
        }
        Some(TaskState::Cancelled) => refund_of(RefundReason::Cancelled.name()).to_owned(),
    }
}

/// `3 of 4 valid, 1 abstains`.
fn tally(task: &TaskRowView, record: Option<&Task>, verdicts: &[VerdictRow]) -> String {
    let check = record.and_then(|record| record.check.as_ref());
    let said: Vec<Option<Verdict>> = match check {
        Some(check) => check.members.iter().map(|member| member.verdict).collect(),
        None => {
            let last = verdicts.iter().filter(|it| it.attempt == task.attempt);
            let round = last.clone().map(|it| it.round).max();
            last.filter(|it| Some(it.round) == round).map(|it| Some(it.verdict)).collect()
        }
    };
    let count = |wanted: Option<Verdict>| said.iter().filter(|found| **found == wanted).count();
    let mut parts = vec![format!("{} of {} valid", count(Some(Verdict::Valid)), said.len())];
    for (wanted, words) in [
        (Some(Verdict::Unavailable), "did not get the rows"),
        (Some(Verdict::Abstain), "abstained"),
        (None, "silent"),
    ] {
        match count(wanted) {
            0 => {}
            number => parts.push(format!("{number} {words}")),
        }
    }
    parts.join(", ")
}

/// Why an attempt failed, as a sentence.
fn sentence_of(reason: &str) -> &'static str {
    match reason.parse() {
        Ok(RejectReason::Wrong) => "An entry of the result is proven wrong.",
        Ok(RejectReason::Withheld) => "Two committees did not get what they asked the worker for.",
        Ok(RejectReason::Unverified) => {
            "Two committees did not answer in time; nobody blames the worker."
        }
        Ok(RejectReason::Late) => "The worker committed to nothing in time.",
        Err(_) => "",
    }
}

/// Why a price went back, as a sentence.
fn refund_of(reason: &str) -> &'static str {
    match reason.parse() {
        Ok(RefundReason::Cancelled) => "The requester took it back, and got the whole price.",
        Ok(RefundReason::NoWorker) => {
            "No device could be found in time; the requester got the whole price back."
        }
        Ok(RefundReason::Attempts) => {
            "As many workers as may try have failed; the requester got the whole price back."
        }
        Err(_) => "",
    }
}
