//! Group commit: writes of many steps that come at the same moment share one transaction. Under load a transaction
//! carries hundreds of them; alone, a write goes at once.

use std::{
    marker::PhantomData,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use crate::{Error, Store, calls, steps};

/// Most writes in one transaction.
const MOST: usize = 512;

/// A kind of write that can be made for many at once.
pub(crate) trait Batch: Send + Sized + Clone + 'static {
    /// What one of them gives.
    type Done: Send + 'static;
    /// Writes all of them in one transaction; one that is void does not touch the others. The outer error: nothing was
    /// written.
    fn write(
        store: &Store,
        batch: &[Self],
    ) -> impl Future<Output = Result<Vec<Result<Self::Done, Error>>, Error>> + Send;
    /// Where they meet.
    fn group(groups: &Groups) -> &Group<Self>;
}

/// Where writes of one kind meet.
pub(crate) struct Group<B: Batch>(Mutex<Waiting<B>>);

/// A write, and who waits for it.
type Waits<B> = (B, oneshot::Sender<Result<<B as Batch>::Done, Error>>);

struct Waiting<B: Batch> {
    line: Vec<Waits<B>>,
    writers: usize,
}

impl<B: Batch> Default for Group<B> {
    fn default() -> Self {
        Self(Mutex::new(Waiting { line: Vec::new(), writers: 0 }))
    }
}

impl<B: Batch> Group<B> {
    /// The line is whole after every change, so a panic elsewhere does not spoil it.
    fn waiting(&self) -> MutexGuard<'_, Waiting<B>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what waits; nothing: this writer is done, and whoever comes next begins another one.
    fn take(&self, writer: &mut Writer<B>) -> Vec<Waits<B>> {
        let mut waiting = self.waiting();
        let many = waiting.line.len().min(MOST);
        if many == 0 {
            waiting.writers -= 1;
            writer.is_done = true;
        }
        waiting.line.drain(..many).collect()
    }
}

/// Somebody who writes. One that ends in the middle, by a panic, must not be waited for by those who come later.
struct Writer<B: Batch> {
    store: Store,
    is_done: bool,
    kind: PhantomData<fn() -> B>,
}

impl<B: Batch> Writer<B> {
    async fn work(mut self) {
        let store = self.store.clone();
        loop {
            let taken = B::group(&store.groups).take(&mut self);
            if taken.is_empty() {
                return;
            }
            together(&store, taken).await;
        }
    }
}

impl<B: Batch> Drop for Writer<B> {
    fn drop(&mut self) {
        if !self.is_done {
            B::group(&self.store.groups).waiting().writers -= 1;
        }
    }
}

/// All of them.
pub(crate) struct Groups {
    /// Transactions of one kind at once.
    writers: usize,
    pub(crate) claims: Group<steps::Claim>,
    pub(crate) begins: Group<calls::Begin>,
    pub(crate) notes: Group<calls::Note>,
    pub(crate) ends: Group<steps::Finish>,
}

impl std::fmt::Debug for Groups {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Groups")
    }
}

impl Groups {
    pub(crate) fn of(one_writer: bool) -> Self {
        Self {
            writers: if one_writer { 1 } else { 2 },
            claims: Group::default(),
            begins: Group::default(),
            notes: Group::default(),
            ends: Group::default(),
        }
    }
}

/// Writes one, together with whatever else waits. Once it waits it is written, even if the caller goes away.
pub(crate) async fn write<B: Batch>(store: &Store, one: B) -> Result<B::Done, Error> {
    let (done, answer) = oneshot::channel();
    let group = B::group(&store.groups);
    let begin = {
        let mut waiting = group.waiting();
        waiting.line.push((one, done));
        let begin = waiting.writers < store.groups.writers;
        waiting.writers += usize::from(begin);
        begin
    };
    if begin {
        let writer = Writer::<B> { store: store.clone(), is_done: false, kind: PhantomData };
        drop(tokio::spawn(writer.work()));
    }
    answer.await.map_err(|_| Error::Files("the process ends".into()))?
}

async fn together<B: Batch>(store: &Store, taken: Vec<Waits<B>>) {
    let (batch, tell): (Vec<B>, Vec<_>) = taken.into_iter().unzip();
    let mut done = B::write(store, &batch).await;
    for _ in 0..3 {
        // The database chose us as the victim of a deadlock, or two writers met: the same again is right.
        if !matches!(&done, Err(error) if error.is_collision()) {
            break;
        }
        done = B::write(store, &batch).await;
    }
    match done {
        Ok(done) => {
            for (tell, one) in tell.into_iter().zip(done) {
                // Who went away does not hear it.
                let _ = tell.send(one);
            }
        }
        Err(error) if batch.len() == 1 || error.is_connection() => {
            for tell in tell {
                let _ = tell.send(Err(error.again()));
            }
        }
        Err(_) => {
            // One of them is wrong: it must not hold up the others.
            for (one, tell) in batch.into_iter().zip(tell) {
                let alone = B::write(store, &[one]).await;
                let _ = tell.send(alone.and_then(|mut one| one.remove(0)));
            }
        }
    }
}
