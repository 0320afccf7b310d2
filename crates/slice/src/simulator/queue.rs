//! A first-in, first-out queue with a finite buffer and one server.

use std::collections::VecDeque;

/// A single-server queue that remembers, for each packet inside, its size and when it leaves.
///
/// Service is in order, so a packet's departure is known at its arrival: it starts when the packet
/// before it has left (Lindley's recursion). Packets must be offered in order of arrival.
#[derive(Clone, Debug)]
pub(super) struct FifoQueue {
    inside: VecDeque<Departure>,
    occupied: u64,
    capacity: u64,
    free_from: f64,
}

#[derive(Clone, Copy, Debug)]
struct Departure {
    time: f64,
    size: u64,
}

impl FifoQueue {
    /// An empty queue that holds up to `capacity` units, the packet in service included.
    pub(super) fn new(capacity: u64) -> Self {
        Self { inside: VecDeque::new(), occupied: 0, capacity, free_from: 0.0 }
    }

    /// Offers a packet of `size` units at time `arrival`: its departure, or nothing if the buffer
    /// has no room for it. `serve` takes the start of service to its end.
    pub(super) fn offer(
        &mut self,
        arrival: f64,
        size: u64,
        serve: impl FnOnce(f64) -> f64,
    ) -> Option<f64> {
        self.release(arrival);
        if self.occupied + size > self.capacity {
            return None;
        }
        let time = serve(arrival.max(self.free_from));
        self.free_from = time;
        self.occupied += size;
        self.inside.push_back(Departure { time, size });
        Some(time)
    }

    /// Takes out what has left by `now`.
    fn release(&mut self, now: f64) {
        while let Some(first) = self.inside.front().filter(|first| first.time <= now) {
            self.occupied -= first.size;
            self.inside.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use slicewise_core::seed;

    use super::*;

    const PACKETS: usize = 600_000;

    /// Mean sojourn time and share of packets blocked of a queue with Poisson arrivals of rate
    /// `arrivals` and services drawn by `service` from a uniform number.
    fn observe(capacity: u64, arrivals: f64, service: impl Fn(f64) -> f64) -> (f64, f64) {
        let mut generator = seed::stream(11, 0);
        let mut queue = FifoQueue::new(capacity);
        let (mut now, mut sojourn, mut blocked) = (0.0, 0.0, 0);
        for _ in 0..PACKETS {
            now += exponential(seed::uniform(&mut generator)) / arrivals;
            let time = service(seed::uniform(&mut generator));
            match queue.offer(now, 1, |start| start + time) {
                Some(departure) => sojourn += departure - now,
                None => blocked += 1,
            }
        }
        (sojourn / (PACKETS - blocked) as f64, blocked as f64 / PACKETS as f64)
    }

    fn exponential(uniform: f64) -> f64 {
        -libm::log(1.0 - uniform)
    }

    fn assert_close(found: f64, expected: f64, relative: f64) {
        assert!((found / expected - 1.0).abs() < relative, "{found} instead of {expected}");
    }

    #[test]
    fn exponential_service_gives_the_mean_delay_of_m_m_1() {
        for load in [0.3, 0.6, 0.8] {
            let (delay, _) = observe(u64::MAX, load, exponential);
            assert_close(delay, 1.0 / (1.0 - load), 0.03);
        }
    }

    #[test]
    fn constant_service_gives_the_mean_delay_of_m_d_1() {
        for load in [0.3, 0.6, 0.8] {
            let (delay, _) = observe(u64::MAX, load, |_| 1.0);
            assert_close(delay, 1.0 + load / (2.0 * (1.0 - load)), 0.03);
        }
    }

    #[test]
    fn a_finite_buffer_blocks_and_delays_as_m_m_1_k() {
        const K: i32 = 5;
        for load in [0.7_f64, 1.5] {
            let (delay, blocked) = observe(K as u64, load, exponential);
            let normalisation: f64 = (0..=K).map(|n| load.powi(n)).sum();
            let full = load.powi(K) / normalisation;
            let inside: f64 =
                (0..=K).map(|n| f64::from(n) * load.powi(n)).sum::<f64>() / normalisation;
            assert_close(blocked, full, 0.03);
            // Little's law over the packets that enter.
            assert_close(delay, inside / (load * (1.0 - full)), 0.03);
        }
    }

    #[test]
    fn what_is_offered_is_blocked_gone_or_inside() {
        let mut generator = seed::stream(12, 0);
        let mut queue = FifoQueue::new(20);
        let (mut now, mut blocked, mut departures) = (0.0, 0, Vec::new());
        for offered in 1..=5000 {
            now += exponential(seed::uniform(&mut generator));
            let size = 1 + (5.0 * seed::uniform(&mut generator)) as u64;
            let time = exponential(seed::uniform(&mut generator));
            match queue.offer(now, size, |start| start + time) {
                Some(departure) => departures.push(departure),
                None => blocked += 1,
            }
            let gone = departures.iter().filter(|departure| **departure <= now).count();
            assert_eq!(offered, blocked + gone + queue.inside.len());
            assert_eq!(queue.occupied, queue.inside.iter().map(|packet| packet.size).sum::<u64>());
            assert!(queue.occupied <= queue.capacity);
        }
        assert!(blocked > 0 && departures.is_sorted());
    }

    #[test]
    fn room_is_counted_in_units_and_freed_at_departure() {
        let mut queue = FifoQueue::new(10);
        assert_eq!(queue.offer(0.0, 6, |start| start + 1.0), Some(1.0));
        assert_eq!(queue.offer(0.5, 5, |start| start + 1.0), None);
        assert_eq!(queue.offer(0.5, 4, |start| start + 1.0), Some(2.0));
        assert_eq!(queue.offer(1.0, 6, |start| start + 1.0), Some(3.0));
    }
}
