//! What agents remember: the last transitions of each, in a ring.

use slicewise_core::seed::{self, Rng};

/// One transition of every agent.
#[derive(Clone, Copy, Debug)]
pub struct Transition<'a> {
    /// State of each agent: agents x state width.
    pub states: &'a [f64],
    /// Action of each agent: agents x action width.
    pub actions: &'a [f64],
    /// Reward of each agent.
    pub rewards: &'a [f64],
    /// State of each agent afterwards.
    pub next_states: &'a [f64],
    /// Whether the episode ended here: nothing after it counts.
    pub ended: bool,
}

/// A ring of transitions of agents that act in step.
#[derive(Clone, Debug)]
pub(super) struct Replay {
    agents: usize,
    state_width: usize,
    action_width: usize,
    capacity: usize,
    /// Where the next transition goes, once the ring is full.
    next: usize,
    count: usize,
    states: Vec<f32>,
    actions: Vec<f32>,
    rewards: Vec<f32>,
    next_states: Vec<f32>,
    /// 1 where the episode went on, 0 where it ended.
    continuing: Vec<f32>,
}

/// Rows drawn from a [`Replay`]: agent after agent, `rows` each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sample {
    pub rows: usize,
    pub states: Vec<f32>,
    pub actions: Vec<f32>,
    pub rewards: Vec<f32>,
    pub next_states: Vec<f32>,
    pub continuing: Vec<f32>,
}

impl Replay {
    pub fn new(agents: usize, state_width: usize, action_width: usize, capacity: usize) -> Self {
        Self {
            agents,
            state_width,
            action_width,
            capacity,
            next: 0,
            count: 0,
            states: Vec::new(),
            actions: Vec::new(),
            rewards: Vec::new(),
            next_states: Vec::new(),
            continuing: Vec::new(),
        }
    }

    /// Transitions held, per agent.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Adds a transition; a full ring forgets its oldest. Widths are the caller's duty.
    pub fn push(&mut self, transition: &Transition) {
        let slot = self.next;
        let (agents, state, action) = (self.agents, self.state_width, self.action_width);
        put(&mut self.states, slot * agents * state, transition.states);
        put(&mut self.actions, slot * agents * action, transition.actions);
        put(&mut self.rewards, slot * agents, transition.rewards);
        put(&mut self.next_states, slot * agents * state, transition.next_states);
        put(&mut self.continuing, slot, &[if transition.ended { 0.0 } else { 1.0 }]);
        self.next = (self.next + 1) % self.capacity;
        self.count = (self.count + 1).min(self.capacity);
    }

    /// `rows` transitions of each agent, drawn with replacement, for each agent on its own.
    pub fn sample(&self, rows: usize, generator: &mut impl Rng) -> Sample {
        let mut sample = Sample { rows, ..Sample::default() };
        for agent in 0..self.agents {
            for _ in 0..rows {
                let slot = (seed::uniform(generator) * self.count as f64) as usize;
                let row = slot * self.agents + agent;
                sample.states.extend_from_slice(part(&self.states, row, self.state_width));
                sample.actions.extend_from_slice(part(&self.actions, row, self.action_width));
                sample.rewards.push(self.rewards[row]);
                sample.next_states.extend_from_slice(part(
                    &self.next_states,
                    row,
                    self.state_width,
                ));
                sample.continuing.push(self.continuing[slot]);
            }
        }
        sample
    }
}

fn part(values: &[f32], row: usize, width: usize) -> &[f32] {
    &values[row * width..(row + 1) * width]
}

/// Writes `values` at `start`, which is at most one past the end.
fn put(column: &mut Vec<f32>, start: usize, values: &[f64]) {
    column.resize(column.len().max(start + values.len()), 0.0);
    for (slot, value) in column[start..].iter_mut().zip(values) {
        *slot = *value as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(transitions: usize, capacity: usize) -> Replay {
        let mut replay = Replay::new(2, 1, 1, capacity);
        for index in 0..transitions {
            let value = index as f64;
            replay.push(&Transition {
                states: &[value, 100.0 + value],
                actions: &[10.0 * value, 10.0 * value + 1.0],
                rewards: &[-value, -100.0 - value],
                next_states: &[value + 1.0, 101.0 + value],
                ended: index % 2 == 1,
            });
        }
        replay
    }

    #[test]
    fn a_full_ring_keeps_the_newest_transitions() {
        let replay = filled(7, 4);
        assert_eq!(replay.len(), 4);
        let sample = replay.sample(400, &mut seed::stream(1, 0));
        let mut seen: Vec<i64> = sample.states[..400].iter().map(|state| *state as i64).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [3, 4, 5, 6]);
    }

    #[test]
    fn a_sampled_row_is_one_transition_of_one_agent() {
        let sample = filled(6, 10).sample(50, &mut seed::stream(2, 0));
        for row in 0..100 {
            let offset = if row < 50 { 0.0 } else { 100.0 };
            let value = sample.states[row] - offset;
            assert_eq!(sample.actions[row], 10.0 * value + offset / 100.0);
            assert_eq!(sample.rewards[row], -value - offset);
            assert_eq!(sample.next_states[row], sample.states[row] + 1.0);
            assert_eq!(sample.continuing[row], if value as i64 % 2 == 1 { 0.0 } else { 1.0 });
        }
        assert_ne!(
            sample.states[..50],
            sample.states[50..].iter().map(|state| state - 100.0).collect::<Vec<_>>(),
            "agents draw on their own"
        );
    }
}
