//! What happens next: one coming event per source, in a heap with four children per node.

/// An event: when, and what it is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Event {
    /// When, in seconds, at least 0.
    pub time_s: f64,
    /// Who; of events at the same time the lowest goes first.
    pub source: u32,
}

/// Bits of a time that is not negative sort as the time does.
type Key = (u64, u32);

/// The coming events.
#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    heap: Vec<Key>,
}

const CHILDREN: usize = 4;

impl Agenda {
    /// The next event, which stays.
    pub(super) fn first(&self) -> Option<Event> {
        self.heap
            .first()
            .map(|(bits, source)| Event { time_s: f64::from_bits(*bits), source: *source })
    }

    /// Adds an event.
    pub(super) fn add(&mut self, event: Event) {
        let key = key(event);
        let mut at = self.heap.len();
        self.heap.push(key);
        while at > 0 {
            let parent = (at - 1) / CHILDREN;
            if self.heap[parent] <= key {
                break;
            }
            self.heap[at] = self.heap[parent];
            at = parent;
        }
        self.heap[at] = key;
    }

    /// Takes the next event out.
    pub(super) fn remove_first(&mut self) {
        if let Some(last) = self.heap.pop()
            && !self.heap.is_empty()
        {
            self.sink(last);
        }
    }

    /// Puts `event` in the place of the next one.
    pub(super) fn replace_first(&mut self, event: Event) {
        if !self.heap.is_empty() {
            self.sink(key(event));
        }
    }

    /// Puts `key` where the first one was.
    fn sink(&mut self, key: Key) {
        let heap = &mut self.heap[..];
        let mut at = 0;
        loop {
            let first = CHILDREN * at + 1;
            let Some(children) = heap.get(first..heap.len().min(first + CHILDREN)) else { break };
            let Some((nearest, least)) =
                children.iter().enumerate().min_by(|(_, a), (_, b)| a.cmp(b))
            else {
                break;
            };
            if *least >= key {
                break;
            }
            heap[at] = *least;
            at = first + nearest;
        }
        heap[at] = key;
    }
}

fn key(event: Event) -> Key {
    (event.time_s.to_bits(), event.source)
}

#[cfg(test)]
mod tests {
    use slicewise_core::seed::{stream, uniform};

    use super::*;

    #[test]
    fn events_come_out_in_the_order_of_their_times_whatever_is_added_meanwhile() {
        let mut generator = stream(5, 0);
        let (mut agenda, mut listed) = (Agenda::default(), Vec::new());
        let mut now = 0.0;
        for round in 0..20_000 {
            let time_s = now + (uniform(&mut generator) * 50.0).floor();
            let event = Event { time_s, source: round };
            let first = agenda.first();
            match (first, uniform(&mut generator)) {
                (Some(first), draw) if draw < 0.6 => {
                    let least = listed.iter().copied().min_by(|a: &Event, b| {
                        (a.time_s, a.source).partial_cmp(&(b.time_s, b.source)).unwrap()
                    });
                    assert_eq!(Some(first), least);
                    now = first.time_s;
                    listed.retain(|event| *event != first);
                    if draw < 0.3 {
                        agenda.replace_first(event);
                        listed.push(event);
                    } else {
                        agenda.remove_first();
                    }
                }
                _ => {
                    agenda.add(event);
                    listed.push(event);
                }
            }
        }
    }
}
