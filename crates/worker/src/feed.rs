//! The feeder: keeps a bounded window of tickets in the lines, takes back what dead sessions left, and brings what was put
//! off when its time has come. The database knows all of it, so the lines may be lost at any moment.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use handbill_domain::{
    ids::{RunId, WorkspaceId},
    step::{Lane, RunState},
};
use handbill_queue::{Class, Dispatcher, Place, Ticket};
use handbill_store::{
    feed::{self, Line},
    runs,
    sessions::{self, Watch},
    steps,
};
use tokio::time::{self, Instant};

use crate::{
    Error,
    crew::{Crew, LANES, Serves},
};

/// How often a feeder looks when nobody calls it.
const TICK: Duration = Duration::from_millis(300);
/// How often what is too old is forgotten.
const TIDY: Duration = Duration::from_secs(600);
/// Shortest time between two looks.
const BREATH: Duration = Duration::from_millis(10);
/// The same for a feeder of all runs.
const DEEP_BREATH: Duration = Duration::from_millis(50);
/// How long a leader is believed to live without a sign.
const LEADS: Duration = Duration::from_millis(1500);
/// Name of this office.
pub(crate) const OFFICE: &str = "feeder";

/// Feeds until a stop is asked for ([`Error::Stopped`]), or the one run ends or rests.
pub(crate) async fn feed(crew: &Arc<Crew>) -> Result<(), Error> {
    let breath = if matches!(crew.serves, Serves::One(..)) { BREATH } else { DEEP_BREATH };
    let mut looked = Instant::now();
    let mut guard = Guard::default();
    loop {
        let rung = crew.bell.notified();
        if crew.stop.is_requested() {
            return Err(Error::Stopped);
        }
        let fed = match &crew.serves {
            Serves::One(workspace, id) => one(crew, workspace, id, &mut guard).await,
            Serves::All(_) => all(crew, &mut guard).await.map(Some),
        };
        let wait = match fed {
            Ok(None) => return Ok(()),
            Ok(Some(wait)) => wait.min(TICK),
            Err(error) if matches!(crew.serves, Serves::One(..)) => {
                // A run's own command tells when it cannot go on for long.
                if looked.elapsed() > crew.engine.settings.lease() {
                    return Err(error);
                }
                tracing::warn!(%error, "the run could not be looked after");
                time::sleep(TICK).await;
                continue;
            }
            Err(error) => {
                tracing::warn!(%error, "the lines could not be filled");
                TICK
            }
        };
        looked = Instant::now();
        tokio::select! {
            () = async { rung.await; time::sleep(breath).await } => {}
            () = time::sleep(wait.max(Duration::from_millis(1))) => {}
            () = crew.stop.requested() => {}
        }
    }
}

/// One run: everything that can be claimed. `None`: it ended, or rests.
async fn one(
    crew: &Crew,
    workspace: &WorkspaceId,
    id: &RunId,
    guard: &mut Guard,
) -> Result<Option<Duration>, Error> {
    let store = &crew.engine.store;
    recover(crew, guard).await?;
    match runs::state(store, workspace, id).await? {
        RunState::Running => crew.rest(id, false),
        RunState::Paused => {
            crew.rest(id, true);
            return Ok(Some(TICK));
        }
        _ => return Ok(None),
    }
    for (step, lane) in steps::claimable(store, workspace, id).await? {
        crew.line.push(lane, &[Ticket { workspace: workspace.clone(), step }]).await?;
    }
    // What is left when nothing moves waits for money.
    if steps::is_moving(store, workspace, id).await? {
        Ok(Some(feed::due(store, 0).await?.1.unwrap_or(TICK)))
    } else if runs::state(store, workspace, id).await? == RunState::Running
        && !steps::is_moving(store, workspace, id).await?
    {
        Ok(None)
    } else {
        Ok(Some(Duration::ZERO))
    }
}

/// All runs. Tells how long nothing is due.
async fn all(crew: &Crew, guard: &mut Guard) -> Result<Duration, Error> {
    let store = &crew.engine.store;
    let leads = feed::lead(store, OFFICE, crew.living.session().id(), LEADS).await?;
    if leads {
        recover(crew, guard).await?;
    } else if guard.is_time() {
        // Who leads next knows already who is silent, and since when.
        guard.watch.look(store).await?;
    }
    crew.taken.store(0, Ordering::Relaxed);
    // Without a shared line everybody has to feed themselves.
    let alone = crew.line.is_local();
    if !leads && !alone && !crew.line.is_away() {
        return Ok(TICK);
    }
    let window = crew.engine.settings.window.max(8);
    let (due, next) = feed::due(store, window).await?;
    for (step, bulk) in due {
        let ticket = Ticket { workspace: step.workspace, step: step.step };
        crew.line.push_as(step.lane, class(bulk), &[ticket]).await?;
    }
    let lines = feed::lines(store).await?;
    let places: Vec<(&Line, Place)> =
        lines.iter().flat_map(|line| LANES.map(|lane| (line, place(line, lane)))).collect();
    let asked: Vec<Place> = places.iter().map(|(_, place)| place.clone()).collect();
    for ((line, place), waiting) in places.into_iter().zip(crew.line.waiting(&asked).await?) {
        if waiting >= window as u64 / 2 {
            continue;
        }
        let ready = feed::ready(store, line, place.lane, window).await?;
        // In a line of our own nobody else could take what we cannot.
        let ours = ready.into_iter().filter(|r| !alone || !crew.is_strange(&r.workspace, &r.run));
        let tickets: Vec<Ticket> = ours.map(|r| Ticket { workspace: r.workspace, step: r.step }).collect();
        if !tickets.is_empty() {
            crew.line.push_as(place.lane, place.class, &tickets).await?;
        }
    }
    Ok(next.unwrap_or(TICK))
}

/// Who is watched, and when that was last done.
#[derive(Default)]
struct Guard {
    watch: Watch,
    looked: Option<Instant>,
    tidied: Option<Instant>,
}

impl Guard {
    /// Is it time to look? Not at every look at the lines.
    fn is_time(&mut self) -> bool {
        is_due(&mut self.looked, TICK)
    }
}

/// Did so much time pass since the last time, or was there none? Then this is the last time.
fn is_due(last: &mut Option<Instant>, every: Duration) -> bool {
    let is_due = last.is_none_or(|at| at.elapsed() >= every);
    if is_due {
        *last = Some(Instant::now());
    }
    is_due
}

/// Takes back what dead sessions left, and ends what canceled runs left.
async fn recover(crew: &Crew, guard: &mut Guard) -> Result<(), Error> {
    if !guard.is_time() {
        return Ok(());
    }
    let (own, limit) = (crew.living.session(), crew.engine.settings.crashes);
    if let Some(back) = sessions::recover(&crew.engine.store, &mut guard.watch, own.id(), limit).await?
        && !back.is_empty()
    {
        tracing::info!(steps = back.len(), "took over what dead workers left");
        crew.engine.meter.recovered(back.len());
        crew.bring(&back).await;
    }
    feed::sweep(&crew.engine.store).await?;
    if is_due(&mut guard.tidied, TIDY) {
        feed::forget(&crew.engine.store).await?;
    }
    Ok(())
}

fn place(line: &Line, lane: Lane) -> Place {
    Place { lane, class: class(line.bulk), workspace: line.workspace.clone() }
}

fn class(bulk: bool) -> Class {
    if bulk { Class::Bulk } else { Class::Interactive }
}
