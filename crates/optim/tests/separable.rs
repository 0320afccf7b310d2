//! Sums under one budget against exhaustive search, closed forms and each other.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use slicewise_core::seed::{self, Rng};
use slicewise_optim::separable::grid::{Grid, Whole};
use slicewise_optim::separable::level::Levels;
use slicewise_optim::separable::{Effort, Found, Gain, Problem, Search, interpolate};

const EFFORT: Effort = Effort { tolerance: 1e-6, acceptable: 1e-3, nodes: 200, most_nodes: 10_000 };

/// One function: points, values, gain and least x.
struct Function {
    points: Vec<f64>,
    values: Vec<f64>,
    gain: Gain,
    least: f64,
}

impl Function {
    fn new(points: &[f64], values: &[f64]) -> Self {
        let gain = Gain::Logarithm;
        Self { points: points.to_vec(), values: values.to_vec(), gain, least: 0.0 }
    }

    fn at(&self, x: f64) -> f64 {
        self.gain.of(interpolate(&self.points, &self.values, x))
    }
}

fn problem(functions: &[Function], budget: f64) -> Problem {
    let least: f64 = functions.iter().map(|f| f.least).sum();
    let mut problem = Problem::default();
    problem.begin(budget);
    for f in functions {
        problem.push(&f.points, &f.values, f.gain, f.least, (budget - least + f.least).min(1.0));
    }
    problem
}

/// Maximises and checks what must hold whatever the functions are.
fn maximise(functions: &[Function], budget: f64, effort: &Effort) -> (Found, Vec<f64>) {
    let problem = problem(functions, budget);
    let mut search = Search::default();
    let found = search.maximise(&problem, effort);
    let x = search.allocation().to_vec();
    assert!(x.iter().sum::<f64>() <= budget, "{x:?}");
    assert!(x.iter().zip(functions).all(|(x, f)| *x >= f.least), "{x:?}");
    let sum: f64 = x.iter().zip(functions).map(|(x, f)| f.at(*x)).sum();
    assert!((sum - found.value).abs() < 1e-12, "{sum} {found:?}");
    assert!(found.bound >= found.value);
    (found, x)
}

/// The best sum over all allocations on a grid of `steps` steps of the unit interval.
fn exhaustive(functions: &[Function], budget: f64, steps: usize) -> f64 {
    fn best(functions: &[Function], left: usize, steps: usize) -> f64 {
        let Some((first, rest)) = functions.split_first() else { return 0.0 };
        let lowest = (first.least * steps as f64).ceil() as usize;
        (lowest..=left.min(steps))
            .map(|k| first.at(k as f64 / steps as f64) + best(rest, left - k, steps))
            .fold(f64::NEG_INFINITY, f64::max)
    }
    best(functions, (budget * steps as f64 + 1e-9).floor() as usize, steps)
}

/// Rising and falling steps of random width: nothing concave about it.
fn ragged(generator: &mut impl Rng, rising: bool) -> Function {
    let count = 3 + (seed::uniform(generator) * 12.0) as usize;
    let mut points: Vec<f64> = (0..count - 2).map(|_| seed::uniform(generator)).collect();
    points.extend([0.0, 1.0]);
    points.sort_by(f64::total_cmp);
    let mut values: Vec<f64> = points.iter().map(|_| seed::uniform(generator)).collect();
    if rising {
        values.sort_by(f64::total_cmp);
    }
    Function::new(&points, &values)
}

/// A smoothed step from `low` to 1 at `middle`, over `width`.
fn s_shape(middle: f64, width: f64, low: f64) -> Function {
    let points: Vec<f64> = (0..=40).map(|k| f64::from(k) / 40.0).collect();
    let height = |x: f64| low + (1.0 - low) / (1.0 + (-(x - middle) / width).exp());
    let values: Vec<f64> = points.iter().map(|x| height(*x)).collect();
    Function::new(&points, &values)
}

/// A staircase of `steps` equal steps, each rising over `rise` of its width.
fn staircase(steps: usize, rise: f64) -> Function {
    let (mut points, mut values) = (vec![0.0], vec![0.0]);
    for step in 0..steps {
        let from = step as f64 / steps as f64;
        let width = 1.0 / steps as f64;
        points.extend([from + width * (1.0 - rise), from + width]);
        values.extend([from, (step + 1) as f64 / steps as f64]);
    }
    Function::new(&points, &values)
}

#[test]
fn two_concave_functions_share_as_the_closed_form_says() {
    // ln(1 + x) + ln(1 + 2x'): both slopes equal at 1 + x = x' + 1/2, so x = 1/4.
    let functions =
        [Function::new(&[0.0, 1.0], &[0.0, 1.0]), Function::new(&[0.0, 1.0], &[0.0, 2.0])];
    let (found, x) = maximise(&functions, 1.0, &EFFORT);
    assert!((x[0] - 0.25).abs() < 1e-12 && (x[1] - 0.75).abs() < 1e-12, "{x:?}");
    assert!((found.price - 0.8).abs() < 1e-9, "{found:?}");
    assert!(found.gap() < 1e-10 && found.nodes == 1, "{found:?}");
}

#[test]
fn what_is_not_scarce_has_no_price_and_takes_no_more_than_it_needs() {
    let functions = [
        Function::new(&[0.0, 0.2, 1.0], &[0.0, 1.0, 1.0]),
        Function::new(&[0.0, 0.3, 1.0], &[0.5, 1.0, 1.0]),
        Function::new(&[0.0, 1.0], &[0.7, 0.7]),
    ];
    let (found, x) = maximise(&functions, 1.0, &EFFORT);
    assert_eq!((x.as_slice(), found.price), ([0.2, 0.3, 0.0].as_slice(), 0.0));
    assert!(found.gap() < 1e-10);
}

#[test]
fn a_linear_gain_fills_the_steepest_piece_first() {
    let mut functions = [
        Function::new(&[0.0, 0.5, 1.0], &[0.0, 0.8, 1.0]),
        Function::new(&[0.0, 1.0], &[0.0, 1.0]),
    ];
    functions[0].gain = Gain::Linear { weight: 0.5 };
    functions[1].gain = Gain::Linear { weight: 0.5 };
    functions[1].least = 0.1;
    let (found, x) = maximise(&functions, 1.0, &EFFORT);
    assert!((found.value - 0.65).abs() < 1e-12 && found.gap() < 1e-10, "{found:?}");
    assert!((x[0] - 0.5).abs() < 1e-12 && (x[1] - 0.5).abs() < 1e-12, "{x:?}");
}

#[test]
fn no_allocation_on_a_fine_grid_exceeds_the_bound_or_beats_the_optimum_by_more_than_the_gap() {
    let mut generator = seed::stream(4, 0);
    for case in 0..120 {
        let count = 2 + case % 2;
        let steps = if count == 2 { 2000 } else { 200 };
        let mut functions: Vec<Function> =
            (0..count).map(|_| ragged(&mut generator, case % 4 < 2)).collect();
        if case % 3 == 0 {
            functions.iter_mut().for_each(|f| f.gain = Gain::Linear { weight: 0.4 });
        }
        if case % 5 == 0 {
            functions[0].least = 0.125;
        }
        let (found, _) = maximise(&functions, 1.0, &EFFORT);
        let best = exhaustive(&functions, 1.0, steps);
        assert!(found.bound >= best, "case {case}: {found:?} {best}");
        assert!(found.value >= best * (1.0 - 1e-6), "case {case}: {found:?} {best}");
        assert!(found.gap() <= 1e-6, "case {case}: {found:?}");
    }
}

#[test]
fn bounds_hold_even_where_the_search_is_cut_short() {
    let mut generator = seed::stream(5, 0);
    for nodes in [1, 2, 5] {
        let effort = Effort { nodes, most_nodes: nodes, ..EFFORT };
        for case in 0..30 {
            let functions: Vec<Function> =
                (0..2).map(|_| ragged(&mut generator, case % 2 == 0)).collect();
            let (found, _) = maximise(&functions, 1.0, &effort);
            assert!(found.bound >= exhaustive(&functions, 1.0, 1000), "{case}: {found:?}");
        }
    }
}

#[test]
fn steps_that_fit_only_in_part_are_proven() {
    // Each wants 0.3 and gives nothing before: three of sixteen are served.
    let functions: Vec<Function> =
        (0..16).map(|_| Function::new(&[0.0, 0.299, 0.3, 1.0], &[0.0, 0.0, 1.0, 1.0])).collect();
    let (found, _) = maximise(&functions, 1.0, &EFFORT);
    assert!((found.value - 3.0 * 2f64.ln()).abs() < 1e-9, "{found:?}");
    assert!(found.gap() <= 1e-3, "{found:?}");
}

#[test]
fn s_shapes_and_staircases_are_closed_to_the_acceptable_gap() {
    let mut generator = seed::stream(6, 0);
    for case in 0..200 {
        let count = 2 + case % 15;
        let functions: Vec<Function> = (0..count)
            .map(|_| {
                let mut draw = || seed::uniform(&mut generator);
                match case % 3 {
                    0 => s_shape(0.05 + 0.5 * draw(), 0.01 + 0.05 * draw(), 0.3 * draw()),
                    1 => staircase(1 + (draw() * 9.0) as usize, 0.05 + 0.5 * draw()),
                    _ => s_shape(1.5 / count as f64, 0.02, 0.1),
                }
            })
            .collect();
        let (found, _) = maximise(&functions, 1.0, &EFFORT);
        assert!(found.gap() <= 1e-3, "case {case}: {found:?}");
    }
}

#[test]
fn steps_of_nearly_the_same_width_are_closed() {
    let mut generator = seed::stream(7, 0);
    for share in [0.4, 0.15, 0.118, 0.09] {
        for spread in [0.0, 0.001, 0.1] {
            let functions: Vec<Function> = (0..16)
                .map(|_| share * (1.0 + spread * (seed::uniform(&mut generator) - 0.5)))
                .map(|at| Function::new(&[0.0, at - 0.001, at, 1.0], &[0.0, 0.0, 1.0, 1.0]))
                .collect();
            let (found, _) = maximise(&functions, 1.0, &Effort::default());
            assert!(found.gap() <= 1e-3, "{share} {spread}: {found:?}");
        }
    }
}

#[test]
fn functions_without_room_stay_at_their_least() {
    let mut functions: Vec<Function> = (0..3).map(|_| s_shape(0.5, 0.05, 0.0)).collect();
    functions.iter_mut().for_each(|f| f.least = 1.0 / 3.0);
    let (found, x) = maximise(&functions, 1.0, &Effort::default());
    assert!(x.iter().all(|x| (x - 1.0 / 3.0).abs() < 1e-12), "{x:?}");
    assert!(found.gap() < 1e-9, "{found:?}");
}

/// The best least value over all allocations on a grid.
fn exhaustive_level(functions: &[Function], left: usize, steps: usize) -> f64 {
    let Some((first, rest)) = functions.split_first() else { return f64::INFINITY };
    let lowest = (first.least * steps as f64).ceil() as usize;
    (lowest..=left)
        .map(|k| {
            let own = interpolate(&first.points, &first.values, k as f64 / steps as f64);
            own.min(exhaustive_level(rest, left - k, steps))
        })
        .fold(f64::NEG_INFINITY, f64::max)
}

#[test]
fn the_highest_level_is_that_of_an_exhaustive_search() {
    let mut generator = seed::stream(8, 0);
    let mut levels = Levels::default();
    for case in 0..60 {
        let count = 2 + case % 2;
        let steps = if count == 2 { 2000 } else { 200 };
        let mut functions: Vec<Function> =
            (0..count).map(|_| ragged(&mut generator, case % 4 < 2)).collect();
        functions[0].least = if case % 3 == 0 { 0.25 } else { 0.0 };
        let least: f64 = functions.iter().map(|f| f.least).sum();
        levels.begin(1.0);
        for f in &functions {
            levels.push(&f.points, &f.values, f.least, 1.0 - least + f.least);
        }
        let found = levels.highest();
        let x = levels.allocation();
        let reached = x
            .iter()
            .zip(&functions)
            .map(|(x, f)| interpolate(&f.points, &f.values, *x))
            .fold(f64::INFINITY, f64::min);
        assert!(x.iter().sum::<f64>() <= 1.0);
        assert!(x.iter().zip(&functions).all(|(x, f)| *x >= f.least));
        assert!((reached - found.level).abs() < 1e-9, "case {case}: {reached} {found:?}");
        assert!(found.bound >= reached && found.bound - reached < 1e-9, "case {case}: {found:?}");
        let best = exhaustive_level(&functions, steps, steps);
        assert!(found.bound >= best, "case {case}: {found:?} {best}");
    }
}

#[test]
fn levels_of_straight_lines_follow_the_closed_form() {
    // 0.1 + x and 2x': t - 0.1 + t/2 = 1, so t = 11/15; one more unit raises it by 1/(1 + 1/2).
    let mut levels = Levels::default();
    levels.begin(1.0);
    levels.push(&[0.0, 1.0], &[0.1, 1.1], 0.0, 1.0);
    levels.push(&[0.0, 1.0], &[0.0, 2.0], 0.0, 1.0);
    let found = levels.highest();
    assert!((found.level - 11.0 / 15.0).abs() < 1e-12, "{found:?}");
    assert!((found.price - 2.0 / 3.0).abs() < 1e-9, "{found:?}");
}

#[test]
fn dynamic_programming_finds_what_brute_force_finds() {
    let mut generator = seed::stream(9, 0);
    let mut grid = Grid::default();
    let units = 20;
    for whole in [Whole::Sum, Whole::Least] {
        for _ in 0..20 {
            let mut values: Vec<f64> =
                (0..3 * (units + 1)).map(|_| seed::uniform(&mut generator)).collect();
            values[0] = f64::NEG_INFINITY;
            let best = grid.maximise(&values, units, whole);
            let at = |part: usize, k: usize| values[part * (units + 1) + k];
            let of = |a: usize, b: usize, c: usize| match whole {
                Whole::Sum => at(0, a) + at(1, b) + at(2, c),
                Whole::Least => at(0, a).min(at(1, b)).min(at(2, c)),
            };
            let mut brute = f64::NEG_INFINITY;
            for a in 0..=units {
                for b in 0..=units - a {
                    for c in 0..=units - a - b {
                        brute = brute.max(of(a, b, c));
                    }
                }
            }
            let taken = grid.allocation();
            assert!((best - brute).abs() < 1e-12);
            let [a, b, c] = [taken[0], taken[1], taken[2]].map(|k| k as usize);
            assert!(a + b + c <= units && (of(a, b, c) - best).abs() < 1e-12);
        }
    }
}

#[test]
fn functions_that_are_worth_nothing_need_no_search() {
    // Bounds are raised for rounding: the relative gap of a worthless sum says nothing.
    let mut generator = seed::stream(10, 0);
    for _ in 0..20 {
        let mut functions: Vec<Function> = (0..8).map(|_| ragged(&mut generator, true)).collect();
        functions.iter_mut().flat_map(|f| &mut f.values).for_each(|value| *value *= 1e-13);
        let (found, _) = maximise(&functions, 1.0, &Effort::default());
        assert!(found.nodes <= 2, "{found:?}");
    }
}
