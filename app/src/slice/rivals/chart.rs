//! How far each method is above the proven bound, over rows or over seconds; and where the plans lie.

use std::sync::Arc;

use slicewise_core::slice::charts::Landscape;
use slicewise_core::slice::race::Milestone;

use super::method::PLANNER;
use super::race::{RaceQuestion, Racer};
use crate::charts::axes::Axes;
use crate::charts::drawing::{Cell, Chart, DataTable, Drawing, Ink, Probe, SIZE, ink};
use crate::controls::number_text;
use crate::slice::charts::landscape;
use crate::slice::models;

/// Costs this share above the bound, and what is less, are drawn on the floor.
const FLOOR: f64 = 1e-5;
/// Ends of the axis of costs, as powers of ten of the share above the bound.
const EXCESSES: (f64, f64) = (-5.0, 1.0);
/// Plans on the map.
const PLAN: Ink = ink("i-rival", r##"stroke="#fff" stroke-width="1.5""##);
/// Positions along the axis at which the chart is read.
const READINGS: usize = 61;

/// What runs along the horizontal axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Rows of the network.
    Rows,
    /// Seconds.
    Seconds,
}

impl Over {
    fn of(self, milestone: &Milestone) -> f64 {
        match self {
            Self::Rows => milestone.rows as f64,
            Self::Seconds => milestone.seconds,
        }
    }

    fn all(self, racer: &Racer) -> f64 {
        match self {
            Self::Rows => racer.rows as f64,
            Self::Seconds => racer.seconds,
        }
    }

    /// Powers of ten at which the axis begins, and to which it goes at least.
    fn ends(self) -> (f64, f64) {
        match self {
            Self::Rows => (0.0, 4.0),
            Self::Seconds => (-4.0, 1.0),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Rows => "rows of the network",
            Self::Seconds => "seconds",
        }
    }
}

/// The bound that costs are compared with: the planner's proof, else its cost; none before either is there.
pub fn bound(racers: &[Racer]) -> Option<f64> {
    let plan = racers.iter().find(|racer| racer.method.name == PLANNER)?.plan()?;
    let cost = plan.keeps_promises().then_some(plan.cost);
    plan.lower_bound.or(cost).filter(|bound| *bound > 0.0)
}

/// A method's cost above `bound` as it fell, where it kept the promise: position and share.
fn fall(racer: &Racer, over: Over, bound: f64) -> Vec<(f64, f64)> {
    let kept = racer.milestones.iter().filter(|milestone| milestone.feasible);
    kept.map(|milestone| (over.of(milestone), milestone.cost / bound - 1.0)).collect()
}

fn power(value: f64, least: f64) -> f64 {
    value.max(least).log10()
}

/// Text of a tick on an axis of powers of ten.
fn tenfold(power: f64) -> String {
    number_text::rounded(10_f64.powf(power))
}

/// The same for shares.
fn tenfold_share(power: f64) -> String {
    number_text::percent(10_f64.powf(power))
}

/// Draws the costs of all methods above the proven bound.
pub fn draw(racers: &Arc<Vec<Racer>>, over: Over) -> Option<Chart> {
    let bound = bound(racers)?;
    let (first, least_last) = over.ends();
    let least = 10_f64.powf(first);
    let ends = racers.iter().flat_map(|racer| {
        let met = racer.milestones.last().map(|milestone| over.of(milestone));
        met.into_iter().chain([over.all(racer)])
    });
    let last = ends.fold(10_f64.powf(least_last), f64::max).log10().ceil();
    let plot = Axes::new((first, last), EXCESSES, 18.0);
    let mut drawing = Drawing::default();
    plot.draw_grid(&mut drawing);
    let at = |position: f64, excess: f64| {
        plot.point(power(position, least), power(excess, FLOOR).min(EXCESSES.1))
    };
    for racer in racers.iter() {
        let mut line = Vec::new();
        let mut before = None;
        for (position, excess) in fall(racer, over, bound) {
            line.extend(before.map(|before| at(position, before)));
            line.push(at(position, excess));
            before = Some(excess);
        }
        line.extend(
            before
                .map(|before| at(over.all(racer).max(least), before))
                .filter(|_| racer.plan().is_some()),
        );
        drawing.polyline(racer.method.ink(), line);
    }
    plot.draw(
        &mut drawing,
        (over.title(), "cost above the proven bound"),
        (tenfold, tenfold_share),
    );
    let positions: Vec<f64> = (0..READINGS)
        .map(|index| first + (last - first) * index as f64 / (READINGS - 1) as f64)
        .collect();
    let columns = positions.iter().map(|position| plot.x.at(*position)).collect();
    let read = {
        let racers = racers.clone();
        move |column: usize| {
            positions
                .get(column)
                .map_or_else(String::new, |at| words(&racers, over, bound, 10_f64.powf(*at)))
        }
    };
    Some(Chart {
        size: SIZE,
        heat: None,
        markup: drawing.into_markup(),
        description: describe(racers, bound),
        key: racers
            .iter()
            .map(|racer| (racer.method.key(), racer.method.title.to_owned()))
            .collect(),
        table: table_of(racers.clone()),
        probe: Some(Probe::along(plot.area, columns, plot.area.right, read)),
        locate: None,
    })
}

/// What each method had reached by then.
fn words(racers: &[Racer], over: Over, bound: f64, by: f64) -> String {
    let reached = racers.iter().filter_map(|racer| {
        let fall = fall(racer, over, bound);
        let (_, excess) = fall.into_iter().rev().find(|(position, _)| *position <= by)?;
        Some([racer.method.title, " ", &number_text::percent(excess.max(0.0))].concat())
    });
    let reached: Vec<String> = reached.collect();
    let by = match over {
        Over::Rows => number_text::counted(by.round() as usize, "row"),
        Over::Seconds => number_text::quantity(by, "s"),
    };
    match reached.is_empty() {
        true => ["after ", &by, ": nobody keeps the promise yet"].concat(),
        false => ["after ", &by, ": ", &reached.join(", ")].concat(),
    }
}

fn describe(racers: &[Racer], bound: f64) -> String {
    let ended = racers.iter().filter_map(|racer| {
        let plan = racer.plan()?;
        let excess = number_text::percent((plan.cost / bound - 1.0).max(0.0));
        Some(match plan.keeps_promises() {
            true => [racer.method.title, " ends ", &excess, " above the bound."].concat(),
            false => [racer.method.title, " breaks the promise."].concat(),
        })
    });
    ended.collect::<Vec<_>>().join(" ")
}

/// Every better point of every method.
fn table_of(racers: Arc<Vec<Racer>>) -> crate::charts::drawing::MakeTable {
    Arc::new(move || {
        let rows = racers.iter().flat_map(|racer| {
            racer.milestones.iter().map(|met| {
                vec![
                    Cell::Text(racer.method.title.to_owned()),
                    Cell::Number(met.rows as f64),
                    Cell::Number(met.seconds),
                    Cell::Number(met.cost),
                    Cell::Text(if met.feasible { "kept" } else { "broken" }.to_owned()),
                ]
            })
        });
        let columns = ["method", "rows", "seconds", "cost", "promise"].map(str::to_owned).to_vec();
        DataTable { columns, rows: rows.collect() }
    })
}

/// Draws where the plans lie: the planner's with its descents, the others as points.
pub fn draw_map(
    field: &Arc<Landscape>,
    racers: &[Racer],
    question: &RaceQuestion,
) -> Option<Chart> {
    let card = models::named(&question.problem.model)?;
    let planner = racers.iter().find(|racer| racer.method.name == PLANNER)?;
    let mut chart = landscape::draw(field, &question.problem, &card, planner.plan(), None)?;
    let locate = chart.locate.clone()?;
    let mut drawing = Drawing::default();
    for racer in racers.iter().filter(|racer| racer.method.name != PLANNER) {
        let Some(slice) = racer.plan().and_then(|plan| plan.slices.first()) else { continue };
        let place = locate(&slice.allocation);
        if place.0.is_finite() && place.1.is_finite() {
            drawing.coloured_circle(PLAN, racer.method.colour(), place, 4.5);
            chart.key.push((racer.method.key(), racer.method.title.to_owned()));
        }
    }
    chart.markup.push_str(&drawing.into_markup());
    Some(chart)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::snapshot::saved;
    use slicewise_core::slice::SlicePlan;

    use crate::slice::precomputed;
    use crate::slice::rivals::method::METHODS;
    use crate::slice::rivals::race::Stage;

    fn racer(method: usize, stage: Stage, met: &[(usize, f64, f64, bool)]) -> Racer {
        let milestone = |(rows, seconds, cost, feasible): &(usize, f64, f64, bool)| Milestone {
            rows: *rows,
            seconds: *seconds,
            allocation: vec![1000.0, 20.0],
            cost: *cost,
            feasible: *feasible,
        };
        let milestones: Vec<Milestone> = met.iter().map(milestone).collect();
        Racer { method: METHODS[method], stage, milestones, rows: 2000, seconds: 3.0 }
    }

    fn racers() -> Arc<Vec<Racer>> {
        let mut plan = SlicePlan::clone(&precomputed::plan().unwrap());
        (plan.cost, plan.lower_bound) = (1.0, Some(0.9999));
        let planner = Stage::Done(Box::new(plan));
        Arc::new(vec![
            racer(0, planner, &[(100, 0.002, 1.01, true), (600, 0.01, 1.0, true)]),
            racer(
                3,
                Stage::Running,
                &[(10, 0.5, 0.4, false), (40, 2.0, 1.3, true), (90, 6.0, 1.002, true)],
            ),
            racer(7, Stage::Waiting, &[]),
        ])
    }

    #[test]
    fn costs_fall_towards_the_bound_and_broken_promises_do_not_count() {
        let racers = racers();
        let chart = draw(&racers, Over::Rows).unwrap();
        insta::assert_snapshot!("race-over-rows", saved(&chart));
        assert_eq!(
            words(&racers, Over::Rows, 0.9999, 20.0),
            "after 20 rows: nobody keeps the promise yet"
        );
        assert_eq!(
            words(&racers, Over::Seconds, 0.9999, 3.0),
            "after 3 s: Slicewise 0.01 %, SCBO 30 %"
        );
        assert_eq!((chart.table)().rows.len(), 5);
    }

    #[test]
    fn without_the_planners_plan_there_is_nothing_to_compare_with() {
        let unfinished = Arc::new(racers()[1..].to_vec());
        assert!(draw(&unfinished, Over::Seconds).is_none());
        assert_eq!(bound(&racers()), Some(0.9999));
    }
}
