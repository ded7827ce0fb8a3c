//! How a result is checked: the challenge, the committee, its votes.

use super::{
    Awaiting, Check, Checker, Member, Task, VERIFYING, Verifying, checker_key,
    desk::{Desk, broken},
    store,
};
use crate::{
    error::Fault,
    modules::{beacon, staking, validators},
};
use althing_types::{
    Due, Event, Height, List, Timestamp, ValidatorKey,
    compute::{Purpose, RejectReason, TaskState, Verdict, draw},
    message::ResultVote,
};

/// What the votes of a round say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tally {
    Open,
    Valid,
    Unavailable,
}

fn tally(check: &Check) -> Tally {
    let count =
        |verdict| check.members.iter().filter(|member| member.verdict == Some(verdict)).count();
    let members = check.members.len();
    if count(Verdict::Valid).saturating_mul(3) >= members.saturating_mul(2) {
        Tally::Valid
    } else if count(Verdict::Unavailable).saturating_mul(3) > members {
        Tally::Unavailable
    } else {
        Tally::Open
    }
}

impl Desk<'_> {
    /// Lets a result wait for its challenge. Returns false if too many wait already.
    pub(super) fn await_challenge(
        &mut self,
        number: u64,
        task: &mut Task,
        round: u8,
    ) -> Result<bool, Fault> {
        let height = self.beacon_height();
        if !self.list(number, height)? {
            return Ok(false);
        }
        let (challenge, members, closes) = (None, List::default(), Due::default());
        task.check = Some(Check { round, height, challenge, members, closes });
        task.state = TaskState::Committed;
        self.wake_at(number, task, Due { height, time: Timestamp::ZERO })?;
        Ok(true)
    }

    /// Writes a result onto the list of those that await votes; one that stands there stays.
    fn list(&mut self, task: u64, height: Height) -> Result<bool, Fault> {
        staking::know(self.view, [VERIFYING])?;
        let list = store::load_verifying(self.view)?;
        let others = list.iter().filter(|awaiting| awaiting.task != task);
        let all: Vec<Awaiting> = others.copied().chain([Awaiting { task, height }]).collect();
        let most = usize::try_from(self.params().max_verifying).unwrap_or(usize::MAX);
        // A second round never has to wait.
        let grows = all.len() > list.len();
        let Some(all) = Verifying::new(all).filter(|all| !grows || all.len() <= most) else {
            return Ok(false);
        };
        store::save_verifying(self.view, &all)?;
        Ok(true)
    }

    /// Strikes it from that list.
    pub(super) fn unlist(&mut self, task: u64) -> Result<(), Fault> {
        staking::know(self.view, [VERIFYING])?;
        let list = store::load_verifying(self.view)?;
        let others = list.iter().copied().filter(|awaiting| awaiting.task != task).collect();
        store::save_verifying(self.view, &Verifying::new(others).unwrap_or_default())
    }

    /// The randomness of the challenge is there: draws it and who answers it.
    pub(super) fn challenge(&mut self, number: u64, task: &mut Task) -> Result<(), Fault> {
        let mut check = task.check.take().ok_or(broken("a committed task has no check"))?;
        let Some(beacon) = beacon::at(self.view, check.height)? else {
            // It was forgotten while other things were due: a later one does as well.
            return self.await_challenge(number, task, check.round).map(|_| ());
        };
        let challenge = draw::challenge(number, task.attempt, check.round, &beacon);
        staking::know(self.view, [validators::set_key(self.moment.epoch)])?;
        let set = validators::load_set(self.view, self.moment.epoch)?;
        let committee = draw::committee(&set, &challenge, self.params().committee);
        let member = |validator| Member { validator, verdict: None, faulted: false };
        check.members = List::new(committee.iter().copied().map(member).collect())
            .ok_or(broken("a committee has too many members"))?;
        (check.challenge, check.closes) =
            (Some(challenge), self.moment.after(self.params().vote_window));
        let (round, closes) = (check.round, check.closes);
        task.check = Some(check);
        task.state = TaskState::Challenged;
        self.events.push(Event::TaskChallenged {
            task: number,
            round,
            challenge,
            committee,
            closes,
        });
        self.wake_at(number, task, closes)
    }

    /// Counts a vote, if it counts: the member's first, while its vote is open. Returns whether.
    pub(super) fn vote(
        &mut self,
        validator: &ValidatorKey,
        vote: &ResultVote,
    ) -> Result<bool, Fault> {
        let number = vote.task;
        let Some(mut task) = store::load_task(self.view, number)? else { return Ok(false) };
        if !matches!(task.state, TaskState::Challenged | TaskState::Accepted) {
            return Ok(false);
        }
        let Some(check) = &task.check else { return Ok(false) };
        let place = check
            .members
            .iter()
            .position(|member| member.validator == *validator && member.verdict.is_none());
        let Some(place) = place.filter(|_| !self.moment.is_reached(check.closes)) else {
            return Ok(false);
        };
        let mut members = check.members.to_vec();
        if let Some(member) = members.get_mut(place) {
            member.verdict = Some(vote.verdict);
        }
        let members = List::new(members).unwrap_or_default();
        let check = Check { members, ..check.clone() };
        let tally = tally(&check);
        task.check = Some(check);
        let (verdict, transcript) = (vote.verdict, vote.transcript);
        let voted = Event::ResultVoted { task: number, validator: *validator, verdict, transcript };
        self.events.push(voted);
        match (task.state, tally) {
            (TaskState::Challenged, Tally::Valid) => self.accept(number, &mut task)?,
            (TaskState::Challenged, Tally::Unavailable) => self.close_round(number, &mut task)?,
            _ => store::save_task(self.view, number, &task)?,
        }
        Ok(true)
    }

    /// Two thirds of the committee found nothing wrong.
    fn accept(&mut self, number: u64, task: &mut Task) -> Result<(), Fault> {
        let (Some(assignment), Some(result)) = (task.assignment, task.result) else {
            return Err(broken("a result that is checked has no worker"));
        };
        self.unlist(number)?;
        task.state = TaskState::Accepted;
        let (worker, device) = (assignment.device.worker, assignment.device.device);
        let (attempt, shape, root) = (task.attempt, task.shape, result.root);
        self.events.push(Event::TaskAccepted {
            task: number,
            attempt,
            worker,
            device,
            shape,
            root,
        });
        if task.purpose == Purpose::Benchmark {
            self.measured(number, task)?;
        }
        let due = self.moment.after(self.params().dispute_window);
        self.wake_at(number, task, due)
    }

    /// A committee did not find that the result is right: a second one is asked, once.
    pub(super) fn close_round(&mut self, number: u64, task: &mut Task) -> Result<(), Fault> {
        let check = task.check.clone().ok_or(broken("a challenged task has no check"))?;
        self.count_checkers(&check)?;
        if check.round == 0 && self.await_challenge(number, task, 1)? {
            return Ok(());
        }
        self.unlist(number)?;
        let withheld = tally(&check) == Tally::Unavailable;
        let reason = if withheld { RejectReason::Withheld } else { RejectReason::Unverified };
        self.fail(number, task, reason)
    }

    /// Counts what the members of a committee did.
    pub(super) fn count_checkers(&mut self, check: &Check) -> Result<(), Fault> {
        let keys = check.members.iter().map(|member| checker_key(&member.validator));
        staking::know(self.view, keys)?;
        for member in check.members.iter() {
            let mut checker = store::load_checker(self.view, &member.validator)?;
            let Checker { valid, unavailable, abstained, missed, .. } = &mut checker;
            let counter = match member.verdict {
                Some(Verdict::Valid) => valid,
                Some(Verdict::Unavailable) => unavailable,
                Some(Verdict::Abstain) => abstained,
                None => missed,
            };
            *counter = counter.saturating_add(1);
            checker.drawn = checker.drawn.saturating_add(1);
            store::save_checker(self.view, &member.validator, &checker)?;
        }
        Ok(())
    }
}
