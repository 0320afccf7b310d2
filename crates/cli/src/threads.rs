//! Independent pieces of work on several threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::bail;

/// Results of `work` for `0..count`, in that order, `threads` of them at a time. Once one has failed
/// no other is begun.
///
/// # Errors
/// One of `work`; that a thread has panicked.
pub fn on_threads<T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(usize) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let worker = || -> anyhow::Result<Vec<(usize, T)>> {
        let mut results = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return Ok(results);
            }
            let result = work(index).inspect_err(|_| next.store(count, Ordering::Relaxed))?;
            results.push((index, result));
        }
    };
    let mut results = Vec::new();
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads.clamp(1, count.max(1))).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            match worker.join() {
                Ok(part) => results.extend(part?),
                Err(_) => bail!("a thread has failed"),
            }
        }
        Ok(())
    })?;
    results.sort_unstable_by_key(|(index, _)| *index);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_their_order_on_any_number_of_threads() {
        for threads in [0, 1, 3, 200] {
            let squares = on_threads(100, threads, |index| Ok(index * index)).unwrap();
            assert_eq!(squares, (0..100).map(|index| index * index).collect::<Vec<_>>());
        }
        assert!(on_threads(0, 4, Ok).unwrap().is_empty());
    }

    #[test]
    fn after_an_error_nothing_is_begun() {
        let begun = AtomicUsize::new(0);
        let result = on_threads(100, 1, |index| {
            begun.fetch_add(1, Ordering::Relaxed);
            if index == 2 { bail!("no third result") } else { Ok(index) }
        });
        assert_eq!(result.unwrap_err().to_string(), "no third result");
        assert_eq!(begun.into_inner(), 3);
    }
}
