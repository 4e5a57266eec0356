//! What this process has in flight at providers.

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    time::Duration,
};

use crate::limits::{Account, End};

#[derive(Debug, Default)]
pub(super) struct Holding {
    /// Account and holder → passes that live.
    passes: HashMap<(String, String), u32>,
    left: Vec<Left>,
}

/// A place that is given back.
#[derive(Debug, PartialEq)]
pub(super) struct Left {
    pub(super) account: String,
    pub(super) holder: String,
    pub(super) place: Place,
    /// By how many microseconds the bucket of tokens is corrected.
    pub(super) correction: f64,
}

/// What becomes of the place of a request that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Free,
    /// The job goes on without us, so long at most.
    Parked(Duration),
    /// The same holder has entered again since.
    Taken,
}

impl Holding {
    pub(super) fn add(&mut self, account: &str, holder: &str) {
        *self.passes.entry((account.to_owned(), holder.to_owned())).or_default() += 1;
    }

    pub(super) fn end(&mut self, account: &Account, holder: &str, estimated: u64, how: End) {
        let key = (account.id.clone(), holder.to_owned());
        let Some(passes) = self.passes.get_mut(&key) else { return };
        *passes -= 1;
        if *passes > 0 {
            return;
        }
        self.passes.remove(&key);
        let (place, used) = match how {
            End::Parked(at_most) => (Place::Parked(at_most), None),
            End::Over(used) => (Place::Free, used),
        };
        let each = account.rates()[1].map_or(0.0, |rate| if rate.each.is_finite() { rate.each } else { 0.0 });
        #[allow(clippy::cast_precision_loss, reason = "a count of tokens")]
        let correction = used.map_or(0.0, |used| (used as f64 - estimated as f64) * each);
        self.left.push(Left { account: key.0, holder: key.1, place, correction });
    }

    pub(super) fn take_left(&mut self) -> Vec<Left> {
        let mut all = mem::take(&mut self.left);
        for left in &mut all {
            if self.passes.contains_key(&(left.account.clone(), left.holder.clone())) {
                left.place = Place::Taken;
            }
        }
        all
    }

    pub(super) fn by_account(&self) -> BTreeMap<String, Vec<String>> {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (account, holder) in self.passes.keys() {
            all.entry(account.clone()).or_default().push(holder.clone());
        }
        all
    }
}
