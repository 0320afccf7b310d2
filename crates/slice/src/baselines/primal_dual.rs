//! The paper's own method: MicroOpt, Algorithm 1.

use slicewise_core::seed::{stream, uniform};
use slicewise_core::slice::plan::{BoundsAt, DescentPath};
use slicewise_core::slice::problem::SliceProblem;
use slicewise_core::slice::{SliceNews, SlicePlan};
use slicewise_nets::Network;
use slicewise_nets::dense::head::Measure;
use slicewise_optim::primal_dual::{self, Parts, Settings};
use slicewise_optim::{Monitor, Progress, Stopped};

use crate::plan::{Evidence, assemble};
use crate::question::Question;
use crate::solver::{TOLERANCE, constraint, measure};

/// Random initial points.
const STARTS: usize = 8;

/// Runs Algorithm 1 on all slices together.
///
/// # Errors
/// [`Stopped`] when `monitor` says so.
pub(crate) async fn primal_dual(
    network: &Network,
    problem: &SliceProblem,
    monitor: &impl Monitor,
    progress: &mut impl Progress<SliceNews>,
) -> Result<SlicePlan, Stopped> {
    let questions = Question::of_all(problem, network);
    let resources = questions[0].resources();
    let mut surrogate = constraint(network, &questions, measure(problem));
    let mut strict = constraint(network, &questions, Measure::Expected);
    let limits: Vec<f64> = questions.iter().map(|q| q.limit).collect();
    let room = vec![1.0; resources];
    let costs = &questions[0].costs;
    progress.share(0.0);
    // Every start is a full allocation for one of its points, the safe choice of section VI-D.
    let width = questions.len() * resources;
    let mut generator = stream(problem.seed, 2);
    let mut starts = vec![1.0 / questions.len() as f64; width];
    starts.extend((0..(STARTS - 1) * width).map(|_| uniform(&mut generator)));
    let mut parts = Parts {
        surrogate: &mut surrogate,
        strict: &mut strict,
        limits: &limits,
        costs,
        room: &room,
    };
    let found =
        primal_dual::primal_dual(&mut parts, &starts, &Settings::default(), monitor).await?;
    let base_cost: f64 = questions.iter().map(|q| q.base_cost).sum();
    let split = |x: &[f64]| -> Vec<Vec<f64>> {
        x.chunks_exact(resources).zip(&questions).map(|(x, q)| q.allocation(x)).collect()
    };
    let evidence = Evidence {
        paths: found
            .paths
            .iter()
            .flat_map(|path| {
                (0..questions.len()).map(|slice| DescentPath {
                    slice,
                    points: path.iter().map(|x| split(x).swap_remove(slice)).collect(),
                })
            })
            .collect(),
        history: found
            .history
            .iter()
            .enumerate()
            .map(|(index, (lower, upper))| BoundsAt {
                iteration: index as u64 + 1,
                lower: Some(base_cost + lower),
                upper: upper.map(|upper| base_cost + upper),
            })
            .collect(),
        evaluations: surrogate.evaluations + strict.evaluations,
        ..Evidence::default()
    };
    let points = found.points.unwrap_or_else(|| starts[..width].to_vec());
    Ok(assemble(network, problem, split(&points), TOLERANCE, evidence))
}
