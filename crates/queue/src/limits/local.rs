//! Limits in this process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;

use super::{Account, End, Entry, Limits, Pass, Wait, Why};
use crate::{Error, Local};

/// When to ask again for a place that somebody has.
pub(crate) const PLACE: Duration = Duration::from_millis(200);

/// All accounts that were asked for.
#[derive(Clone, Debug)]
pub(crate) struct Accounts {
    began: Instant,
    known: Arc<Mutex<HashMap<String, State>>>,
}

#[derive(Debug, Default)]
struct State {
    /// When the buckets of requests and tokens are full again, in microseconds since we began.
    full_at: [f64; 2],
    blocked_until: Option<Instant>,
    holders: HashMap<String, Holder>,
}

#[derive(Debug, Default)]
struct Holder {
    /// Passes that live.
    passes: u32,
    parked_until: Option<Instant>,
}

impl Default for Accounts {
    fn default() -> Self {
        Self { began: Instant::now(), known: Arc::default() }
    }
}

impl Accounts {
    pub(crate) fn enter(&self, account: &Account, holder: &str, tokens: u64) -> Entry {
        let now = Instant::now();
        let mut known = self.known();
        let state = known.entry(account.id.clone()).or_default();
        let wait = |after, why| Entry::Wait(Wait { after, why });
        if let Some(until) = state.blocked_until.filter(|until| *until > now) {
            return wait(until - now, Why::Blocked);
        }
        state.holders.retain(|_, h| h.passes > 0 || h.parked_until.is_some_and(|until| until > now));
        let places = account.at_once.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        if !state.holders.contains_key(holder) && state.holders.len() >= places {
            return wait(PLACE, Why::AtOnce);
        }
        #[allow(clippy::cast_precision_loss, reason = "a count of tokens")]
        let wanted = [1.0, tokens as f64];
        let mut full_at = state.full_at;
        for (i, rate) in account.rates().into_iter().enumerate() {
            let Some(rate) = rate else { continue };
            match rate.take(full_at[i], self.micros(now), wanted[i]) {
                Ok(next) => full_at[i] = next,
                Err(after) => return wait(after, [Why::Requests, Why::Tokens][i]),
            }
        }
        state.full_at = full_at;
        Entry::Go(self.pass(state, account, holder, tokens))
    }

    pub(crate) fn hold(&self, account: &Account, holder: &str) -> Pass {
        let mut known = self.known();
        let state = known.entry(account.id.clone()).or_default();
        self.pass(state, account, holder, 0)
    }

    pub(crate) fn block(&self, account: &str, wait: Duration) {
        let until = Instant::now() + wait;
        let mut known = self.known();
        let state = known.entry(account.to_owned()).or_default();
        state.blocked_until = state.blocked_until.max(Some(until));
    }

    /// Empties the buckets of an account: what was asked before is not known here.
    pub(crate) fn empty(&self, account: &Account) {
        let now = self.micros(Instant::now());
        let mut known = self.known();
        let state = known.entry(account.id.clone()).or_default();
        for (full_at, rate) in state.full_at.iter_mut().zip(account.rates()) {
            *full_at = rate.map_or(*full_at, |rate| full_at.max(rate.empty(now)));
        }
    }

    fn pass(&self, state: &mut State, account: &Account, holder: &str, tokens: u64) -> Pass {
        let place = state.holders.entry(holder.to_owned()).or_default();
        place.passes += 1;
        place.parked_until = None;
        let (accounts, account, holder) = (self.clone(), account.clone(), holder.to_owned());
        Pass::new(move |end| accounts.end(&account, &holder, tokens, end))
    }

    fn end(&self, account: &Account, holder: &str, estimated: u64, end: End) {
        let mut known = self.known();
        let Some(state) = known.get_mut(&account.id) else { return };
        if let Some(place) = state.holders.get_mut(holder) {
            place.passes = place.passes.saturating_sub(1);
            if let End::Parked(at_most) = end {
                place.parked_until = Some(Instant::now() + at_most);
            }
            if place.passes == 0 && place.parked_until.is_none() {
                state.holders.remove(holder);
            }
        }
        if let (End::Over(Some(used)), [_, Some(rate)]) = (end, account.rates())
            && rate.each.is_finite()
        {
            #[allow(clippy::cast_precision_loss, reason = "a count of tokens")]
            let more = used as f64 - estimated as f64;
            state.full_at[1] += more * rate.each;
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, State>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[allow(clippy::cast_precision_loss, reason = "exact for two hundred years")]
    fn micros(&self, now: Instant) -> f64 {
        now.duration_since(self.began).as_micros() as f64
    }
}

#[async_trait]
impl Limits for Local {
    async fn enter(&self, account: &Account, holder: &str, tokens: u64) -> Result<Entry, Error> {
        Ok(self.limits.enter(account, holder, tokens))
    }

    async fn hold(&self, account: &Account, holder: &str) -> Result<Pass, Error> {
        Ok(self.limits.hold(account, holder))
    }

    async fn block(&self, account: &str, wait: Duration) -> Result<(), Error> {
        self.limits.block(account, wait);
        Ok(())
    }
}
