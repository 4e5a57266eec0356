//! The press: a list of pictures, each composed and encoded by whichever thread is free next.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

/// Does jobs `0..count` on this many threads and gives their results in order. Put the largest first, so that no thread waits
/// for it at the end.
pub fn run<T: Send>(count: usize, threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = threads.clamp(1, count.max(1));
    if threads == 1 {
        return (0..count).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(count));
    let take = || {
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            if job >= count {
                break;
            }
            let made = work(job);
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((job, made));
        }
    };
    std::thread::scope(|scope| {
        // The caller works too.
        (1..threads).for_each(|_| drop(scope.spawn(take)));
        take();
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(job, _)| *job);
    done.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_job_is_done_once_and_results_stand_in_order() {
        for threads in [0, 1, 2, 7, 100] {
            assert_eq!(super::run(9, threads, |n| n * n), [0, 1, 4, 9, 16, 25, 36, 49, 64], "{threads}");
        }
        assert!(super::run(0, 4, |n| n).is_empty());
    }
}
