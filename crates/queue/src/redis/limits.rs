//! Limits in Redis, and a share of them here while Redis is away.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use redis::Script;
use tokio::{sync::Notify, task::AbortHandle, time};

use super::{Redis, wire::Wire};
use crate::{
    Error, Limits,
    limits::{
        Account, Entry, Pass, Rate, Wait, Why,
        local::{Accounts, PLACE},
    },
};

mod holding;

use self::holding::{Holding, Left, Place};

/// Without Redis a process keeps to a quarter of every limit, unless it is told otherwise.
const SHARE: f64 = 0.25;

/// How long things take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// A holder that gave no sign of life for so long is gone.
    pub(crate) lease: Duration,
    /// Between two signs of life.
    pub(crate) beat: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { lease: Duration::from_secs(10), beat: Duration::from_secs(1) }
    }
}

impl Timing {
    /// Everybody who lives has given a sign within this time.
    fn sure(self) -> Duration {
        self.beat * 2
    }
}

/// What this process has in flight, and who says so again and again.
pub(super) struct Keeper {
    inner: Arc<Inner>,
    task: AbortHandle,
}

struct Inner {
    wire: Arc<Wire>,
    timing: Timing,
    scripts: Scripts,
    holding: Mutex<Holding>,
    bell: Notify,
    /// Everything that this process has in flight, whoever gave leave: by it the share is counted.
    here: Accounts,
    state: Mutex<State>,
}

struct State {
    share: f64,
    away_since: Option<Instant>,
}

struct Scripts {
    enter: Script,
    hold: Script,
    leave: Script,
    block: Script,
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Redis {
    /// The part of every limit that this process may use while Redis is away: one divided by the number of processes
    /// at most. A quarter unless told otherwise.
    #[must_use]
    pub fn with_share(self, share: f64) -> Self {
        self.keeper.inner.state().share = share.clamp(0.0, 1.0);
        self
    }

    #[cfg(test)]
    pub(crate) fn with_timing(mut self, timing: Timing) -> Self {
        self.keeper = Keeper::open(self.wire.clone(), timing);
        self
    }
}

impl Keeper {
    pub(super) fn open(wire: Arc<Wire>, timing: Timing) -> Self {
        let inner = Arc::new(Inner {
            wire,
            timing,
            scripts: Scripts {
                enter: Script::new(include_str!("enter.lua")),
                hold: Script::new(include_str!("hold.lua")),
                leave: Script::new(include_str!("leave.lua")),
                block: Script::new(include_str!("block.lua")),
            },
            holding: Mutex::default(),
            bell: Notify::new(),
            here: Accounts::default(),
            state: Mutex::new(State { share: SHARE, away_since: None }),
        });
        let task = tokio::spawn(keep(inner.clone())).abort_handle();
        Self { inner, task }
    }
}

/// Gives places back at once, and says at every beat what is still in flight.
async fn keep(inner: Arc<Inner>) {
    let mut beat = time::interval(inner.timing.beat);
    beat.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = beat.tick() => {
                if let Err(error) = inner.renew().await {
                    tracing::debug!(%error, "leases are not renewed now");
                }
            }
            () = inner.bell.notified() => {}
        }
        let all_left = inner.holding().take_left();
        for left in all_left {
            // One that cannot be said ends with its lease.
            if let Err(error) = inner.leave(&left).await {
                tracing::debug!(%error, "a lease ends by itself");
            }
        }
    }
}

impl Inner {
    async fn enter(&self, account: &Account, holder: &str, tokens: u64) -> Result<Entry, Error> {
        if self.state().away_since.is_some() {
            // Redis may be back without what we hold.
            self.renew().await?;
        }
        let mut call = self.scripts.enter.prepare_invoke();
        call.key(self.account(&account.id)).key(self.holders(&account.id)).key(self.birth());
        call.arg(holder).arg(micros(self.timing.lease));
        call.arg(account.at_once.map_or(-1, i64::from)).arg(micros(self.timing.sure()));
        for (rate, wanted) in account.rates().into_iter().zip([1, tokens]) {
            let (each, burst) = rate.map_or((0.0, 0.0), |Rate { each, burst }| (each, burst));
            call.arg(if each.is_finite() { each } else { -1.0 }).arg(burst).arg(wanted);
        }
        let said: Vec<u64> =
            self.asked(self.wire.call(async |mut r| call.invoke_async(&mut r).await).await)?;
        let after = Duration::from_micros(said.get(1).copied().unwrap_or(0));
        let wait = |after, why| Ok(Entry::Wait(Wait { after, why }));
        match said.first() {
            Some(0) => Ok(Entry::Go(Pass::new(|_| {}))),
            Some(1) => wait(after, Why::Blocked),
            Some(2) => wait(after, Why::Requests),
            Some(3) => wait(after, Why::Tokens),
            Some(4) => wait(PLACE, Why::AtOnce),
            Some(5) => wait(after, Why::Unsure),
            _ => Err(Error::Unreadable(format!("{said:?}"))),
        }
    }

    /// Without Redis: nothing until every lease from before is over, then a share.
    fn enter_alone(&self, account: &Account, holder: &str, tokens: u64) -> Entry {
        let (share, away) = {
            let state = self.state();
            (state.share, state.away_since.map_or(Duration::ZERO, |since| since.elapsed()))
        };
        if away < self.timing.lease {
            return Entry::Wait(Wait { after: self.timing.lease - away, why: Why::Unsure });
        }
        self.here.enter(&account.share(share), holder, tokens)
    }

    async fn renew(&self) -> Result<(), Error> {
        let all = self.holding().by_account();
        let away = self.state().away_since.is_some();
        if all.is_empty() && away {
            // Is it back?
            return self.hold("", &[]).await;
        }
        for (account, holders) in all {
            for some in holders.chunks(1000) {
                self.hold(&account, some).await?;
            }
        }
        Ok(())
    }

    async fn hold(&self, account: &str, holders: &[String]) -> Result<(), Error> {
        let mut call = self.scripts.hold.prepare_invoke();
        call.key(self.holders(account)).key(self.birth());
        call.arg(micros(self.timing.lease)).arg(holders);
        let _: u64 = self.asked(self.wire.call(async |mut r| call.invoke_async(&mut r).await).await)?;
        Ok(())
    }

    async fn leave(&self, left: &Left) -> Result<(), Error> {
        let lease = match left.place {
            Place::Free => 0,
            Place::Parked(at_most) => micros(at_most),
            Place::Taken => micros(self.timing.lease),
        };
        let mut call = self.scripts.leave.prepare_invoke();
        call.key(self.account(&left.account)).key(self.holders(&left.account));
        call.arg(&left.holder).arg(lease).arg(left.correction);
        let _: u64 = self.asked(self.wire.call(async |mut r| call.invoke_async(&mut r).await).await)?;
        Ok(())
    }

    /// Remembers since when Redis is away.
    fn asked<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        let mut state = self.state();
        match &answer {
            Ok(_) => state.away_since = None,
            Err(_) => {
                state.away_since.get_or_insert_with(Instant::now);
            }
        }
        answer
    }

    /// A pass that is said at every beat while it lives. `counted` is its place here.
    fn pass(self: &Arc<Self>, account: &Account, holder: &str, tokens: u64, counted: Pass) -> Pass {
        self.holding().add(&account.id, holder);
        let (inner, account, holder) = (self.clone(), account.clone(), holder.to_owned());
        Pass::new(move |end| {
            drop(counted);
            inner.holding().end(&account, &holder, tokens, end);
            inner.bell.notify_one();
        })
    }

    fn account(&self, id: &str) -> String {
        self.wire.key(&format!("account:{id}"))
    }

    fn holders(&self, id: &str) -> String {
        self.wire.key(&format!("flight:{id}"))
    }

    fn birth(&self) -> String {
        self.wire.key("flights")
    }

    fn holding(&self) -> MutexGuard<'_, Holding> {
        self.holding.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Limits for Redis {
    async fn enter(&self, account: &Account, holder: &str, tokens: u64) -> Result<Entry, Error> {
        let inner = &self.keeper.inner;
        let entry = match inner.enter(account, holder, tokens).await {
            Ok(Entry::Go(_)) => {
                // What is asked through Redis is asked before anything is asked alone.
                inner.here.empty(&account.share(inner.state().share));
                Entry::Go(inner.here.hold(account, holder))
            }
            Ok(wait) => return Ok(wait),
            Err(error @ Error::Unreadable(_)) => return Err(error),
            Err(_) => inner.enter_alone(account, holder, tokens),
        };
        Ok(match entry {
            Entry::Go(counted) => Entry::Go(inner.pass(account, holder, tokens, counted)),
            wait @ Entry::Wait(_) => wait,
        })
    }

    async fn hold(&self, account: &Account, holder: &str) -> Result<Pass, Error> {
        let inner = &self.keeper.inner;
        let pass = inner.pass(account, holder, 0, inner.here.hold(account, holder));
        // Without Redis it is said at the next beat.
        if let Err(error) = inner.hold(&account.id, &[holder.to_owned()]).await {
            tracing::debug!(%error, "a place is taken later");
        }
        Ok(pass)
    }

    async fn block(&self, account: &str, wait: Duration) -> Result<(), Error> {
        let inner = &self.keeper.inner;
        inner.here.block(account, wait);
        let mut call = inner.scripts.block.key(inner.account(account));
        call.arg(micros(wait));
        let _: u64 = inner.asked(inner.wire.call(async |mut r| call.invoke_async(&mut r).await).await)?;
        Ok(())
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX / 4)
}
