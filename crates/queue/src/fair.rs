//! One lane in memory: two classes, and in each the workspaces in turn. The Lua scripts beside this do the same in Redis.

use std::{
    collections::{BTreeSet, HashMap},
    mem,
};

use handbill_domain::ids::WorkspaceId;

use crate::{Class, Room, Taken, Ticket};

/// While both classes wait, bulk gets one pick after so many of the other.
pub(crate) const PICKS_BEFORE_BULK: u8 = 7;
/// So many workspaces that were served and went away are remembered, at least.
const REMEMBERED: usize = 64;

/// What waits in one lane.
#[derive(Debug, Default)]
pub(crate) struct Line {
    interactive: Turns,
    bulk: Turns,
    /// Picks since the last one of bulk, while bulk waited.
    passed: u8,
}

/// Start-time fair queueing: every pick costs its workspace one tick, and the workspace whose next pick starts at the
/// smallest tick comes next.
#[derive(Debug, Default)]
struct Turns {
    /// The start of the pick that was made last.
    now: u64,
    /// Next start → workspace, of those that wait.
    order: BTreeSet<(u64, WorkspaceId)>,
    waiting: HashMap<WorkspaceId, Waiting>,
    /// Where those stopped that wait for nothing now: who leaves and comes back at once has had its turn.
    left: HashMap<WorkspaceId, u64>,
}

#[derive(Debug)]
struct Waiting {
    start: u64,
    steps: BTreeSet<i64>,
}

impl Line {
    /// Adds tickets. `true`: the class was empty, and those who wait for it must be woken.
    pub(crate) fn push(&mut self, class: Class, tickets: &[Ticket]) -> bool {
        let was_empty = self.turns(class).waiting.is_empty();
        for ticket in tickets {
            match class {
                Class::Interactive => {
                    self.bulk.remove(ticket);
                }
                Class::Bulk if self.interactive.has(ticket) => continue,
                Class::Bulk => {}
            }
            self.turns(class).push(ticket);
        }
        was_empty && !self.turns(class).waiting.is_empty()
    }

    pub(crate) fn take(&mut self, room: Room) -> Vec<Taken> {
        let mut bulk = room.bulk.min(room.slots);
        let mut taken = Vec::new();
        while taken.len() < room.slots {
            let bulk_waits = bulk > 0 && !self.bulk.waiting.is_empty();
            let due = bulk_waits && self.passed >= PICKS_BEFORE_BULK;
            if let Some(ticket) = (!due).then(|| self.interactive.pick()).flatten() {
                self.passed = self.passed.saturating_add(u8::from(bulk_waits));
                taken.push(Taken { class: Class::Interactive, ticket });
            } else if let Some(ticket) = bulk_waits.then(|| self.bulk.pick()).flatten() {
                self.passed = 0;
                bulk -= 1;
                taken.push(Taken { class: Class::Bulk, ticket });
            } else {
                break;
            }
        }
        taken
    }

    pub(crate) fn remove(&mut self, ticket: &Ticket) -> bool {
        self.interactive.remove(ticket) | self.bulk.remove(ticket)
    }

    pub(crate) fn depth(&self) -> usize {
        let count = |turns: &Turns| turns.waiting.values().map(|w| w.steps.len()).sum::<usize>();
        count(&self.interactive) + count(&self.bulk)
    }

    pub(crate) fn waiting(&mut self, class: Class, workspace: &WorkspaceId) -> usize {
        self.turns(class).waiting.get(workspace).map_or(0, |w| w.steps.len())
    }

    fn turns(&mut self, class: Class) -> &mut Turns {
        match class {
            Class::Interactive => &mut self.interactive,
            Class::Bulk => &mut self.bulk,
        }
    }
}

impl Turns {
    fn has(&self, ticket: &Ticket) -> bool {
        self.waiting.get(&ticket.workspace).is_some_and(|w| w.steps.contains(&ticket.step))
    }

    fn push(&mut self, ticket: &Ticket) {
        if let Some(waiting) = self.waiting.get_mut(&ticket.workspace) {
            waiting.steps.insert(ticket.step);
            return;
        }
        let workspace = ticket.workspace.clone();
        let start = self.left.remove(&workspace).unwrap_or(0).max(self.now);
        self.order.insert((start, workspace.clone()));
        self.waiting.insert(workspace, Waiting { start, steps: BTreeSet::from([ticket.step]) });
    }

    fn pick(&mut self) -> Option<Ticket> {
        let (start, workspace) = self.order.pop_first()?;
        self.now = start;
        let waiting = self.waiting.get_mut(&workspace)?;
        let step = waiting.steps.pop_first()?;
        if waiting.steps.is_empty() {
            self.waiting.remove(&workspace);
            self.leave(workspace.clone(), start + 1);
        } else {
            waiting.start = start + 1;
            self.order.insert((start + 1, workspace.clone()));
        }
        Some(Ticket { workspace, step })
    }

    fn remove(&mut self, ticket: &Ticket) -> bool {
        let Some(waiting) = self.waiting.get_mut(&ticket.workspace) else { return false };
        let was_there = waiting.steps.remove(&ticket.step);
        if waiting.steps.is_empty() {
            let start = waiting.start;
            self.waiting.remove(&ticket.workspace);
            self.order.remove(&(start, ticket.workspace.clone()));
            self.leave(ticket.workspace.clone(), start);
        }
        was_there
    }

    /// Whoever stopped before now would begin now anyway, and need not be remembered.
    fn leave(&mut self, workspace: WorkspaceId, start: u64) {
        self.left.insert(workspace, start);
        if self.left.len() > REMEMBERED {
            let now = self.now;
            let left = mem::take(&mut self.left);
            self.left = left.into_iter().filter(|(_, start)| *start > now).collect();
        }
    }
}
