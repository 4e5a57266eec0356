//! Memory of canvases that are gone, kept by each thread for the next ones: fresh pages cost more than a resize of what they hold.

use std::cell::RefCell;

/// Smaller ones are not worth keeping, larger ones would be missed elsewhere.
const KEPT: std::ops::RangeInclusive<usize> = 1_000_000..=20_000_000;
/// How many a thread keeps: a photo's and a canvas's.
const MOST: usize = 2;

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// This many bytes of anything: for those who write every one of them.
pub(super) fn take(len: usize) -> Vec<u8> {
    let kept = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        let fits = |data: &Vec<u8>| data.capacity() >= len && data.capacity() / 4 <= len;
        let smallest = (0..spare.len()).filter(|n| fits(&spare[*n])).min_by_key(|n| spare[*n].capacity())?;
        Some(spare.swap_remove(smallest))
    });
    match kept {
        Ok(Some(mut data)) => {
            data.resize(len, 0);
            data
        }
        _ => vec![0; len],
    }
}

/// For the next one; the smallest goes where there are too many.
pub(super) fn give(data: Vec<u8>) {
    if !KEPT.contains(&data.capacity()) {
        return;
    }
    // A thread that ends has no more use for it.
    let _ = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        spare.push(data);
        if spare.len() > MOST
            && let Some(least) = (0..spare.len()).min_by_key(|n| spare[*n].capacity())
        {
            spare.swap_remove(least);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_is_taken_again_and_has_the_length_that_is_asked_for() {
        let big = vec![7u8; 4_000_000];
        let place = big.as_ptr();
        give(big);
        let again = take(3_000_000);
        assert_eq!((again.as_ptr(), again.len()), (place, 3_000_000));
        give(again);
        let longer = take(4_000_000);
        assert_eq!((longer.as_ptr(), longer.len()), (place, 4_000_000));
    }

    #[test]
    fn a_thread_keeps_a_few_of_fair_size_only() {
        std::thread::spawn(|| {
            [10, 2_000_000, 3_000_000, 5_000_000, 4_000_000, 90_000_000]
                .iter()
                .for_each(|n| give(vec![0; *n]));
            let mut kept = SPARE.with(|s| s.borrow().iter().map(Vec::capacity).collect::<Vec<_>>());
            kept.sort_unstable();
            assert_eq!(kept, [4_000_000, 5_000_000]);
        })
        .join()
        .unwrap();
    }
}
