//! The questions of a sweep.

use slicewise_core::slice::Sweep;
use slicewise_core::slice::problem::{Method, SliceProblem};
use slicewise_core::slice::sweep::{Axis, Day, Quantity, Surface, set};
use slicewise_nets::Network;

use super::table::Span;
use crate::question::{Levels, Question};

/// The questions of problems `first` to `first + count` of a validated `sweep`: each is that of
/// [`Sweep::problem`], without preparing a shared traffic again for each.
pub fn questions(network: &Network, sweep: &Sweep, first: usize, count: usize) -> Vec<Question> {
    let indices = first..first + count;
    match sweep {
        Sweep::Surface(surface) => {
            let mut maker = Maker::new(network, surface);
            indices.map(|i| maker.question(i % surface.x.points, i / surface.x.points)).collect()
        }
        Sweep::Day(_) => indices.map(|i| Question::new(&sweep.problem(i), network, 0)).collect(),
    }
}

/// What all problems of a validated `sweep` span, found from a few of them.
pub fn span(network: &Network, sweep: &Sweep) -> Span {
    match sweep {
        Sweep::Surface(surface) => {
            let mut maker = Maker::new(network, surface);
            let mut edges: Vec<Question> =
                (0..surface.x.points).map(|x| maker.question(x, 0)).collect();
            edges.extend((1..surface.y.points).map(|y| maker.question(0, y)));
            Span::of(&edges)
        }
        Sweep::Day(day) => Span::of(&extremes(network, day)).evenly(),
    }
}

/// The questions of the day's quietest and busiest slots.
fn extremes(network: &Network, day: &Day) -> Vec<Question> {
    let slots = || day.trace.iter().copied().filter(|users| *users > 0.0);
    let slot = |users: Option<f64>| {
        let trace = vec![users.unwrap_or(0.0)];
        let day = Day { trace, slots_per_interval: 1, ..day.clone() };
        Question::new(&day.problem_at(0), network, 0)
    };
    vec![slot(slots().reduce(f64::min)), slot(slots().reduce(f64::max))]
}

/// Makes the questions of a surface.
struct Maker<'a> {
    network: &'a Network,
    surface: &'a Surface,
    problem: SliceProblem,
    base: Levels,
    /// Levels by index along the axis of the traffic, once they were asked for.
    known: Vec<Option<Levels>>,
}

impl<'a> Maker<'a> {
    fn new(network: &'a Network, surface: &'a Surface) -> Self {
        let problem = SliceProblem { method: Method::Certified, ..surface.problem.clone() };
        let base = Levels::of(&problem.slices[0].traffic, network);
        let points = traffic_axis(surface).map_or(0, |axis| axis.points);
        Self { network, surface, problem, base, known: vec![None; points] }
    }

    fn question(&mut self, x: usize, y: usize) -> Question {
        let surface = self.surface;
        let mut levels = None;
        for (axis, index) in [(&surface.x, x), (&surface.y, y)] {
            if axis.quantity == Quantity::Traffic {
                let base = &surface.problem.slices[0].traffic;
                let known = self.known[index].get_or_insert_with(|| {
                    Levels::of(&base.with_mean(axis.value(index)), self.network)
                });
                levels = Some(known.clone());
            } else {
                set(&mut self.problem, axis.quantity, axis.value(index));
            }
        }
        let levels = levels.unwrap_or_else(|| self.base.clone());
        Question::with_levels(&self.problem, self.network, 0, levels)
    }
}

fn traffic_axis(surface: &Surface) -> Option<&Axis> {
    [&surface.x, &surface.y].into_iter().find(|axis| axis.quantity == Quantity::Traffic)
}
