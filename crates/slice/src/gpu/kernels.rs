//! The batched search as kernels: look at a table, choose starts, descend, pick the best.
//!
//! One unit looks at one node for one problem, or descends from one start of one problem. The state
//! of every descent stays on the device between launches; its layout is that of `State`.

#![allow(
    missing_docs,
    clippy::manual_clamp,
    clippy::manual_is_multiple_of,
    clippy::too_many_arguments,
    reason = "the macro cube writes undocumented items, and kernels know few methods and no structures"
)]

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Cube, Dispatch, backend_extension};
use burn::cubecl;
use burn::cubecl::prelude::*;
use burn::tensor::Tensor;
use slicewise_nets::gpu::dense::{
    LANES, NetworkShape, expected, forward, fraction_below, value_lane,
};
use slicewise_nets::gpu::launch::{cubes, output, units};

/// Shape of a batch: kernels are compiled once per shape.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BatchShape {
    /// Resources, 1 to 3.
    pub resources: usize,
    /// Descents per problem.
    pub starts: usize,
    /// Nodes of the table along each resource.
    pub per_axis: usize,
    /// The network.
    pub network: NetworkShape,
}

impl BatchShape {
    /// Numbers per problem: threshold, limit, its log-odds, then costs, least allocations and
    /// extents.
    pub fn problem_size(&self) -> usize {
        3 + 3 * self.resources
    }

    /// Numbers per descent: reach, penalty, value, multiplier, best cost, best value, then point,
    /// gradient and best point.
    pub fn state_size(&self) -> usize {
        6 + 3 * self.resources
    }
}

/// Where the numbers of a descent lie.
struct State;

impl State {
    /// Reach of the next step; 0 once the descent has ended.
    const REACH: usize = 0;
    /// Of the exact penalty; negative before the first evaluation.
    const PENALTY: usize = 1;
    /// g at the point, on the scale of [`crate::batch::log_odds`].
    const VALUE: usize = 2;
    const MULTIPLIER: usize = 3;
    const BEST_COST: usize = 4;
    const BEST_VALUE: usize = 5;
    const POINT: usize = 6;
}

/// How far and how fine to descend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reaches {
    /// Reach of the longest step.
    pub longest: f32,
    /// A descent has arrived at this reach or below.
    pub shortest: f32,
    /// Factor of the reach after a step that was not taken.
    pub shrink: f32,
    /// Descents this close to a better one end.
    pub following: f32,
}

/// Value of a node outside a problem's box: more than any degradation.
const OUTSIDE: f32 = 4.0;
/// Degradations are kept this far from 0 and 1, where odds end: what f32 resolves beside 1.
const EDGE: f32 = 2e-7;
/// The limit on the scale of log-odds, as on the processor.
const LIMIT: f32 = crate::batch::log_odds::LIMIT as f32;
/// What descents aim at, and what counts as kept: inside the limit by more than f32 rounds.
const TARGET: f32 = LIMIT - 1e-4;
const KEPT: f32 = LIMIT - 2e-5;

/// What the kernels compute, for burn's dispatch.
#[backend_extension(Cube)]
pub trait BatchKernels: Backend {
    /// Problems x nodes: the degradation at each node of the table, by its tabulated distributions.
    ///
    /// `table`: the means, then the steepnesses, then the shares of a [`crate::batch::Table`], each
    /// levels x components x nodes; `nodes`: nodes x resources in the resources' units; `shares`:
    /// problems x traffic levels.
    fn look(
        table: FloatTensor<Self>,
        nodes: FloatTensor<Self>,
        shares: FloatTensor<Self>,
        problems: FloatTensor<Self>,
        shape: BatchShape,
    ) -> FloatTensor<Self>;

    /// Problems x descents x state: where the descents begin, at least `apart` from one another.
    fn choose(
        values: FloatTensor<Self>,
        nodes: FloatTensor<Self>,
        problems: FloatTensor<Self>,
        shape: BatchShape,
        apart: f32,
        first_reach: f32,
    ) -> FloatTensor<Self>;

    /// Carries the descents whose indices are in `active` up to `steps` steps further, in place.
    ///
    /// `levels`: problems x levels x (traffic, share).
    fn descend(
        state: FloatTensor<Self>,
        active: FloatTensor<Self>,
        levels: FloatTensor<Self>,
        problems: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        shape: BatchShape,
        reaches: Reaches,
        steps: usize,
    ) -> FloatTensor<Self>;

    /// Ends the descents of `state` that follow a better one of their problem, in place, and gives the
    /// reach of every descent.
    fn retire(state: FloatTensor<Self>, shape: BatchShape, reaches: Reaches) -> FloatTensor<Self>;

    /// Problems x (1 + resources) x state: descents from the best point of each problem, and from the
    /// points that have `aside` more of one resource.
    fn polish(
        state: FloatTensor<Self>,
        shape: BatchShape,
        aside: f32,
        first_reach: f32,
    ) -> FloatTensor<Self>;

    /// Problems x resources: the best point of each problem's descents.
    fn best(state: FloatTensor<Self>, shape: BatchShape) -> FloatTensor<Self>;
}

impl BatchKernels for Cube {
    fn look(
        table: FloatTensor<Self>,
        nodes: FloatTensor<Self>,
        shares: FloatTensor<Self>,
        problems: FloatTensor<Self>,
        shape: BatchShape,
    ) -> FloatTensor<Self> {
        let count = problems.meta.shape()[0];
        let (node_count, levels) = (nodes.meta.shape()[0], shares.meta.shape()[1]);
        let result = output(&problems, [count, node_count]);
        look_kernel::launch(
            &problems.client.clone(),
            cubes(count * node_count),
            units(),
            table.into_buffer_arg(),
            nodes.into_buffer_arg(),
            shares.into_buffer_arg(),
            problems.into_buffer_arg(),
            result.clone().into_buffer_arg(),
            count as u32,
            node_count as u32,
            levels as u32,
            shape,
        );
        result
    }

    fn choose(
        values: FloatTensor<Self>,
        nodes: FloatTensor<Self>,
        problems: FloatTensor<Self>,
        shape: BatchShape,
        apart: f32,
        first_reach: f32,
    ) -> FloatTensor<Self> {
        let count = problems.meta.shape()[0];
        let node_count = nodes.meta.shape()[0];
        let result = output(&problems, [count, shape.starts, shape.state_size()]);
        choose_kernel::launch(
            &problems.client.clone(),
            cubes(count),
            units(),
            values.into_buffer_arg(),
            nodes.into_buffer_arg(),
            problems.into_buffer_arg(),
            result.clone().into_buffer_arg(),
            count as u32,
            node_count as u32,
            first_reach,
            apart,
            shape,
        );
        result
    }

    fn descend(
        state: FloatTensor<Self>,
        active: FloatTensor<Self>,
        levels: FloatTensor<Self>,
        problems: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        shape: BatchShape,
        reaches: Reaches,
        steps: usize,
    ) -> FloatTensor<Self> {
        let count = active.meta.shape()[0];
        let level_count = levels.meta.shape()[1];
        descend_kernel::launch(
            &problems.client.clone(),
            cubes(count),
            units(),
            LANES,
            state.clone().into_buffer_arg(),
            active.into_buffer_arg(),
            levels.into_buffer_arg(),
            problems.into_buffer_arg(),
            weights.into_buffer_arg(),
            count as u32,
            level_count as u32,
            steps as u32,
            shape.starts as u32,
            reaches.longest,
            reaches.shortest,
            reaches.shrink,
            // One kernel for both rounds: it is the one that takes long to compile.
            BatchShape { starts: 0, ..shape },
        );
        state
    }

    fn retire(state: FloatTensor<Self>, shape: BatchShape, reaches: Reaches) -> FloatTensor<Self> {
        let count = state.meta.shape()[0];
        let result = output(&state, [count, shape.starts]);
        retire_kernel::launch(
            &state.client.clone(),
            cubes(count),
            units(),
            state.into_buffer_arg(),
            result.clone().into_buffer_arg(),
            count as u32,
            reaches.following,
            reaches.shortest,
            shape,
        );
        result
    }

    fn polish(
        state: FloatTensor<Self>,
        shape: BatchShape,
        aside: f32,
        first_reach: f32,
    ) -> FloatTensor<Self> {
        let count = state.meta.shape()[0];
        let result = output(&state, [count, 1 + shape.resources, shape.state_size()]);
        polish_kernel::launch(
            &state.client.clone(),
            cubes(count),
            units(),
            state.into_buffer_arg(),
            result.clone().into_buffer_arg(),
            count as u32,
            aside,
            first_reach,
            shape,
        );
        result
    }

    fn best(state: FloatTensor<Self>, shape: BatchShape) -> FloatTensor<Self> {
        let count = state.meta.shape()[0];
        let result = output(&state, [count, shape.resources]);
        best_kernel::launch(
            &state.client.clone(),
            cubes(count),
            units(),
            state.into_buffer_arg(),
            result.clone().into_buffer_arg(),
            count as u32,
            shape,
        );
        result
    }
}

/// [`BatchKernels::look`] and [`BatchKernels::choose`] on burn tensors.
pub fn starts(
    table: Tensor<1>,
    nodes: Tensor<2>,
    shares: Tensor<2>,
    problems: Tensor<2>,
    shape: &BatchShape,
    apart: f32,
    first_reach: f32,
) -> Tensor<3> {
    let (nodes, problems) = (nodes.into_dispatch(), problems.into_dispatch());
    let values = Dispatch::look(
        table.into_dispatch(),
        nodes.clone(),
        shares.into_dispatch(),
        problems.clone(),
        shape.clone(),
    );
    let chosen = Dispatch::choose(values, nodes, problems, shape.clone(), apart, first_reach);
    Tensor::from_dispatch(chosen)
}

/// [`BatchKernels::descend`] on burn tensors.
pub fn descend(
    state: Tensor<3>,
    active: Tensor<1>,
    levels: Tensor<3>,
    problems: Tensor<2>,
    weights: Tensor<1>,
    shape: &BatchShape,
    reaches: Reaches,
    steps: usize,
) -> Tensor<3> {
    Tensor::from_dispatch(Dispatch::descend(
        state.into_dispatch(),
        active.into_dispatch(),
        levels.into_dispatch(),
        problems.into_dispatch(),
        weights.into_dispatch(),
        shape.clone(),
        reaches,
        steps,
    ))
}

/// [`BatchKernels::retire`] on burn tensors.
pub fn retire(state: Tensor<3>, shape: &BatchShape, reaches: Reaches) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::retire(state.into_dispatch(), shape.clone(), reaches))
}

/// [`BatchKernels::polish`] on burn tensors.
pub fn polish(state: Tensor<3>, shape: &BatchShape, aside: f32, first_reach: f32) -> Tensor<3> {
    let found = Dispatch::polish(state.into_dispatch(), shape.clone(), aside, first_reach);
    Tensor::from_dispatch(found)
}

/// [`BatchKernels::best`] on burn tensors.
pub fn best(state: Tensor<3>, shape: &BatchShape) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::best(state.into_dispatch(), shape.clone()))
}

#[cube(launch)]
fn look_kernel(
    table: &[f32],
    nodes: &[f32],
    shares: &[f32],
    problems: &[f32],
    result: &mut [f32],
    count: u32,
    node_count: u32,
    levels: u32,
    #[comptime] shape: BatchShape,
) {
    let node_count = node_count as usize;
    let levels = levels as usize;
    if ABSOLUTE_POS >= count as usize * node_count {
        terminate!();
    }
    let problem = ABSOLUTE_POS / node_count;
    let node = ABSOLUTE_POS % node_count;
    let resources = comptime!(shape.resources);
    let terms = problem * comptime!(shape.problem_size());
    let components = comptime!(shape.network.components);
    let sign = comptime!(if shape.network.higher_is_better { 1.0f32 } else { -1.0f32 });
    let part = levels * components * node_count;
    let mut outside = 0.0f32;
    #[unroll]
    for k in 0..resources {
        let lowest = problems[terms + 3 + resources + k];
        let extent = problems[terms + 3 + 2 * resources + k];
        let above = nodes[node * resources + k] - lowest;
        outside = outside.max(select(above < -1e-5f32 * extent, 1.0f32, 0.0f32));
        outside = outside.max(select(above > 1.000_01f32 * extent, 1.0f32, 0.0f32));
    }
    let mut total = OUTSIDE * outside;
    if outside < 0.5f32 {
        for level in 0..levels {
            let share = shares[problem * levels + level];
            if share > 0.0f32 {
                #[unroll]
                for j in 0..components {
                    let place = (level * components + j) * node_count + node;
                    let z = sign * (problems[terms] - table[place]) * table[part + place];
                    total += share * table[2 * part + place] * fraction_below(z);
                }
            }
        }
    }
    result[ABSOLUTE_POS] = total;
}

#[cube(launch)]
fn choose_kernel(
    values: &[f32],
    nodes: &[f32],
    problems: &[f32],
    state: &mut [f32],
    count: u32,
    node_count: u32,
    first_reach: f32,
    apart: f32,
    #[comptime] shape: BatchShape,
) {
    if ABSOLUTE_POS >= count as usize {
        terminate!();
    }
    let resources = comptime!(shape.resources);
    let node_count = node_count as usize;
    let terms = ABSOLUTE_POS * comptime!(shape.problem_size());
    let limit = problems[terms + 1];
    let size = comptime!(shape.state_size());
    let first_state = ABSOLUTE_POS * comptime!(shape.starts * shape.state_size());
    let first_value = ABSOLUTE_POS * node_count;
    for start in 0..comptime!(shape.starts) {
        let at = first_state + start * size;
        let mut chosen = node_count;
        let mut lowest = 1e30f32;
        for node in 0..node_count {
            let value = values[first_value + node];
            if value < 0.5f32 * OUTSIDE {
                let mut cost = 0.0f32;
                let mut most = 0.0f32;
                #[unroll]
                for k in 0..resources {
                    let x = unit_position(nodes, problems, node, terms, k, resources);
                    cost += problems[terms + 3 + k] * x;
                    if value <= limit {
                        let down =
                            way_down(values, nodes, problems, node, first_value, terms, k, &shape);
                        most = most.max(problems[terms + 3 + k] * down);
                    }
                }
                cost -= most;
                // An infeasible node counts for less than every feasible one.
                let key = select(value > limit, 1e20f32 * (1.0f32 + value), cost);
                let mut far = 1.0f32;
                for other in 0..start {
                    let place = first_state + other * size + State::POINT;
                    let mut distance = 0.0f32;
                    #[unroll]
                    for k in 0..resources {
                        let x = unit_position(nodes, problems, node, terms, k, resources);
                        distance = distance.max((x - state[place + k]).abs());
                    }
                    far = far.min(select(distance < apart, 0.0f32, 1.0f32));
                }
                if far > 0.5f32 && key < lowest {
                    lowest = key;
                    chosen = node;
                }
            }
        }
        // The start lies where the promise is met, on the way to the cheaper neighbour.
        let mut most = 0.0f32;
        let mut kept = false;
        if chosen < node_count {
            kept = values[first_value + chosen] <= limit;
        }
        if kept {
            #[unroll]
            for k in 0..resources {
                let down = way_down(values, nodes, problems, chosen, first_value, terms, k, &shape);
                most = most.max(problems[terms + 3 + k] * down);
            }
        }
        let mut moved = false;
        #[unroll]
        for k in 0..resources {
            let mut x = 1.0f32;
            if chosen < node_count {
                x = unit_position(nodes, problems, chosen, terms, k, resources);
                if most > 0.0f32 && !moved {
                    let down =
                        way_down(values, nodes, problems, chosen, first_value, terms, k, &shape);
                    if problems[terms + 3 + k] * down >= most {
                        moved = true;
                        x -= down;
                    }
                }
            }
            state[at + State::POINT + k] = x;
        }
        begin(state, at, first_reach, resources);
    }
}

/// Sets all but the point of a descent that begins.
#[cube]
fn begin(state: &mut [f32], at: usize, first_reach: f32, #[comptime] resources: usize) {
    state[at + State::REACH] = first_reach;
    state[at + State::PENALTY] = -1.0f32;
    state[at + State::VALUE] = 0.0f32;
    state[at + State::MULTIPLIER] = 0.0f32;
    state[at + State::BEST_COST] = 1e30f32;
    state[at + State::BEST_VALUE] = 1e30f32;
    #[unroll]
    for k in 0..resources {
        state[at + State::POINT + resources + k] = 0.0f32;
        state[at + State::POINT + 2 * resources + k] = state[at + State::POINT + k];
    }
}

/// How far resource `k` can fall from a node that keeps the promise towards its cheaper neighbour
/// until the promise breaks, in the unit box; 0 where the neighbour keeps it as well.
#[cube]
fn way_down(
    values: &[f32],
    nodes: &[f32],
    problems: &[f32],
    node: usize,
    first_value: usize,
    terms: usize,
    #[comptime] k: usize,
    #[comptime] shape: &BatchShape,
) -> f32 {
    let resources = comptime!(shape.resources);
    let stride = comptime!(shape.per_axis.pow(k as u32));
    let mut down = 0.0f32;
    if (node / stride) % comptime!(shape.per_axis) > 0 {
        let value = values[first_value + node - stride];
        if value > problems[terms + 1] && value < 0.5f32 * OUTSIDE {
            let here = log_odds(values[first_value + node]);
            let share = (problems[terms + 2] - here) / (log_odds(value) - here);
            let x = unit_position(nodes, problems, node, terms, k, resources);
            let below = unit_position(nodes, problems, node - stride, terms, k, resources);
            down = share * (x - below);
        }
    }
    down
}

/// ln(D / (1 - D)) of a degradation.
#[cube]
fn log_odds(degradation: f32) -> f32 {
    let kept = degradation.max(EDGE).min(1.0f32 - EDGE);
    (kept / (1.0f32 - kept)).ln()
}

/// Coordinate `k` of a node in the unit box of the problem whose terms begin at `terms`.
#[cube]
fn unit_position(
    nodes: &[f32],
    problems: &[f32],
    node: usize,
    terms: usize,
    k: usize,
    #[comptime] resources: usize,
) -> f32 {
    let lowest = problems[terms + 3 + resources + k];
    let extent = problems[terms + 3 + 2 * resources + k];
    let x = (nodes[node * resources + k] - lowest) / extent.max(1e-30f32);
    x.max(0.0f32).min(1.0f32)
}

/// g and its gradient at `point` of the unit box, on the scale of log-odds: value lane first.
#[cube]
fn degradation<N: Size>(
    units: &mut Array<Vector<f32, N>>,
    point: &Array<f32>,
    levels: &[f32],
    problems: &[f32],
    weights: &[f32],
    first_level: usize,
    level_count: usize,
    terms: usize,
    #[comptime] shape: &BatchShape,
) -> Vector<f32, N> {
    let resources = comptime!(shape.resources);
    let lane = value_lane::<N>();
    let mut total = Vector::<f32, N>::new(0.0f32);
    for level in 0..level_count {
        let traffic = levels[first_level + 2 * level];
        let share = levels[first_level + 2 * level + 1];
        if share > 0.0f32 {
            units[0] = lane * Vector::new(traffic);
            #[unroll]
            for k in 0..resources {
                let extent = problems[terms + 3 + 2 * resources + k];
                let allocation = problems[terms + 3 + resources + k] + extent * point[k];
                let mut lanes = lane * Vector::new(allocation);
                lanes.insert(comptime!(1 + k), extent);
                units[1 + k] = lanes;
            }
            let first = forward::<N>(units, weights, lane, comptime!(&shape.network));
            total += Vector::new(share)
                * expected::<N>(
                    &*units,
                    weights,
                    problems[terms],
                    lane,
                    first,
                    comptime!(&shape.network),
                );
        }
    }
    let value = total.extract(0usize);
    let kept = value.max(EDGE).min(1.0f32 - EDGE);
    let scaled = log_odds(value) - problems[terms + 2] + LIMIT;
    let slopes =
        (Vector::new(1.0f32) - lane) * total * Vector::new(1.0f32 / (kept * (1.0f32 - kept)));
    slopes + lane * Vector::new(scaled)
}

#[cube(launch)]
fn descend_kernel<N: Size>(
    state: &mut [f32],
    active: &[f32],
    levels: &[f32],
    problems: &[f32],
    weights: &[f32],
    count: u32,
    level_count: u32,
    steps: u32,
    starts: u32,
    longest: f32,
    shortest: f32,
    shrink: f32,
    #[comptime] shape: BatchShape,
) {
    if ABSOLUTE_POS >= count as usize {
        terminate!();
    }
    let resources = comptime!(shape.resources);
    let level_count = level_count as usize;
    let descent = u32::cast_from(active[ABSOLUTE_POS]) as usize;
    let problem = descent / starts as usize;
    let terms = problem * comptime!(shape.problem_size());
    let first_level = problem * level_count * 2;
    let at = descent * comptime!(shape.state_size());
    let mut units = Array::<Vector<f32, N>>::new(comptime!(2 * shape.network.widest));
    let mut point = Array::<f32>::new(resources);
    let mut gradient = Array::<f32>::new(resources);
    let mut trial = Array::<f32>::new(resources);
    let mut best_point = Array::<f32>::new(resources);
    let mut reach = state[at + State::REACH];
    let mut penalty = state[at + State::PENALTY];
    let mut value = state[at + State::VALUE];
    let mut multiplier = state[at + State::MULTIPLIER];
    let mut best_cost = state[at + State::BEST_COST];
    let mut best_value = state[at + State::BEST_VALUE];
    let mut cost = 0.0f32;
    #[unroll]
    for k in 0..resources {
        point[k] = state[at + State::POINT + k];
        gradient[k] = state[at + State::POINT + resources + k];
        best_point[k] = state[at + State::POINT + 2 * resources + k];
        cost += problems[terms + 3 + k] * point[k];
    }
    // A negative penalty marks a descent whose point was not evaluated yet: its first trial is its point.
    let mut step = 0u32;
    while step < steps && reach > shortest {
        step += 1u32;
        let fresh = penalty < 0.0f32;
        let mut restoring = false;
        let mut predicted = 0.0f32;
        let mut trial_cost = 0.0f32;
        if fresh {
            penalty = 0.0f32;
            #[unroll]
            for k in 0..resources {
                trial[k] = point[k];
            }
            trial_cost = cost;
        } else {
            // The linear programme: the cheapest corner first, then constraint where it is cheapest.
            let mut left = value - TARGET;
            let mut moved = Array::<f32>::new(resources);
            #[unroll]
            for k in 0..resources {
                moved[k] = (-reach).max(-point[k]);
                left += gradient[k] * moved[k];
            }
            let mut price = 0.0f32;
            let mut bought = Array::<f32>::new(resources);
            #[unroll]
            for k in 0..resources {
                bought[k] = 0.0f32;
            }
            #[unroll]
            for _turn in 0..resources {
                if left > 0.0f32 {
                    let mut cheapest = 1e30f32;
                    #[unroll]
                    for k in 0..resources {
                        if gradient[k] < 0.0f32 && bought[k] < 0.5f32 {
                            cheapest = cheapest.min(problems[terms + 3 + k] / -gradient[k]);
                        }
                    }
                    let mut open = cheapest < 1e29f32;
                    #[unroll]
                    for k in 0..resources {
                        if open && gradient[k] < 0.0f32 && bought[k] < 0.5f32 {
                            let rate = problems[terms + 3 + k] / -gradient[k];
                            if rate <= cheapest {
                                open = false;
                                bought[k] = 1.0f32;
                                let highest = reach.min(1.0f32 - point[k]);
                                let room = highest - moved[k];
                                let wanted = left / -gradient[k];
                                if wanted <= room {
                                    moved[k] += wanted;
                                    price = rate;
                                    left = 0.0f32;
                                } else {
                                    moved[k] = highest;
                                    left += gradient[k] * room;
                                }
                            }
                        }
                    }
                }
            }
            restoring = left > 0.0f32;
            if restoring {
                #[unroll]
                for k in 0..resources {
                    let low = (-reach).max(-point[k]);
                    let high = reach.min(1.0f32 - point[k]);
                    moved[k] = select(gradient[k] < 0.0f32, high, low);
                }
            } else {
                penalty = penalty.max(2.0f32 * price);
                multiplier = price;
            }
            let mut predicted_value = value;
            #[unroll]
            for k in 0..resources {
                trial[k] = (point[k] + moved[k]).max(0.0f32).min(1.0f32);
                trial_cost += problems[terms + 3 + k] * trial[k];
                predicted_value += gradient[k] * moved[k];
            }
            predicted = merit(cost, value, penalty, restoring)
                - merit(trial_cost, predicted_value, penalty, restoring);
        }

        let found = degradation::<N>(
            &mut units,
            &trial,
            levels,
            problems,
            weights,
            first_level,
            level_count,
            terms,
            &shape,
        );
        let trial_value = found.extract(0usize);

        // The cheapest feasible point so far, or the least infeasible one.
        let better = select(
            trial_value <= KEPT,
            best_value > KEPT || trial_cost < best_cost,
            best_value > KEPT && trial_value < best_value,
        );
        if better {
            best_cost = trial_cost;
            best_value = trial_value;
            #[unroll]
            for k in 0..resources {
                best_point[k] = trial[k];
            }
        }
        let actual = merit(cost, value, penalty, restoring)
            - merit(trial_cost, trial_value, penalty, restoring);
        if fresh || (predicted > 0.0f32 && actual > 0.1f32 * predicted) {
            value = trial_value;
            cost = trial_cost;
            #[unroll]
            for k in 0..resources {
                point[k] = trial[k];
                gradient[k] = found.extract(comptime!(1 + k));
            }
            if !fresh && actual > 0.5f32 * predicted {
                reach = (2.0f32 * reach).min(longest);
            }
        } else {
            reach *= shrink;
        }
    }

    state[at + State::REACH] = reach;
    state[at + State::PENALTY] = penalty;
    state[at + State::VALUE] = value;
    state[at + State::MULTIPLIER] = multiplier;
    state[at + State::BEST_COST] = best_cost;
    state[at + State::BEST_VALUE] = best_value;
    #[unroll]
    for k in 0..resources {
        state[at + State::POINT + k] = point[k];
        state[at + State::POINT + resources + k] = gradient[k];
        state[at + State::POINT + 2 * resources + k] = best_point[k];
    }
}

/// The exact penalty that judges a step; only the excess while feasibility is sought at any cost.
#[cube]
fn merit(cost: f32, value: f32, penalty: f32, restoring: bool) -> f32 {
    let excess = (value - TARGET).max(0.0f32);
    select(restoring, excess, cost + penalty * excess)
}

#[cube(launch)]
fn retire_kernel(
    state: &mut [f32],
    result: &mut [f32],
    count: u32,
    following: f32,
    shortest: f32,
    #[comptime] shape: BatchShape,
) {
    if ABSOLUTE_POS >= count as usize {
        terminate!();
    }
    let starts = comptime!(shape.starts);
    let resources = comptime!(shape.resources);
    let size = comptime!(shape.state_size());
    let first = ABSOLUTE_POS * starts * size;
    for leader in 0..starts {
        let ahead = first + leader * size;
        let cost = state[ahead + State::BEST_COST];
        let under_way = state[ahead + State::REACH] > shortest;
        if under_way && state[ahead + State::BEST_VALUE] <= KEPT {
            for follower in 0..starts {
                let behind = first + follower * size;
                let other = state[behind + State::BEST_COST];
                let dearer = cost < other || (cost == other && follower > leader);
                if follower != leader && dearer {
                    let mut distance = 0.0f32;
                    #[unroll]
                    for k in 0..resources {
                        let gap =
                            state[ahead + State::POINT + k] - state[behind + State::POINT + k];
                        distance = distance.max(gap.abs());
                    }
                    if distance < following {
                        state[behind + State::REACH] = 0.0f32;
                    }
                }
            }
        }
    }
    for start in 0..starts {
        result[ABSOLUTE_POS * starts + start] = state[first + start * size + State::REACH];
    }
}

/// Where the state of the best descent of a problem begins, the first of whose states is at `first`.
#[cube]
fn best_state(state: &[f32], first: usize, #[comptime] shape: &BatchShape) -> usize {
    let size = comptime!(shape.state_size());
    let mut chosen = first;
    let mut lowest = 1e38f32;
    for start in 0..comptime!(shape.starts) {
        let at = first + start * size;
        let value = state[at + State::BEST_VALUE];
        let key = select(
            value > KEPT,
            1e10f32 + 1e6f32 * value.min(1e3f32),
            state[at + State::BEST_COST],
        );
        if key < lowest {
            lowest = key;
            chosen = at;
        }
    }
    chosen
}

#[cube(launch)]
fn polish_kernel(
    state: &[f32],
    result: &mut [f32],
    count: u32,
    aside: f32,
    first_reach: f32,
    #[comptime] shape: BatchShape,
) {
    if ABSOLUTE_POS >= count as usize {
        terminate!();
    }
    let resources = comptime!(shape.resources);
    let size = comptime!(shape.state_size());
    let first = ABSOLUTE_POS * comptime!(shape.starts * shape.state_size());
    let best = best_state(state, first, &shape);
    #[unroll]
    for start in 0..comptime!(1 + shape.resources) {
        let at = (ABSOLUTE_POS * comptime!(1 + shape.resources) + start) * size;
        #[unroll]
        for k in 0..resources {
            let more = comptime!(if start == k + 1 { 1.0f32 } else { 0.0f32 });
            let x = state[best + State::POINT + 2 * resources + k] + more * aside;
            result[at + State::POINT + k] = x.min(1.0f32);
        }
        begin(result, at, first_reach, resources);
    }
}

#[cube(launch)]
fn best_kernel(state: &[f32], result: &mut [f32], count: u32, #[comptime] shape: BatchShape) {
    if ABSOLUTE_POS >= count as usize {
        terminate!();
    }
    let resources = comptime!(shape.resources);
    let first = ABSOLUTE_POS * comptime!(shape.starts * shape.state_size());
    let best = best_state(state, first, &shape);
    #[unroll]
    for k in 0..resources {
        result[ABSOLUTE_POS * resources + k] = state[best + State::POINT + 2 * resources + k];
    }
}
