//! The agents per cell.
#![cfg(feature = "burn")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_cells::baselines::td3::{AgentSettings, CellAgents};
use slicewise_cells::closed_loop::ClosedLoop;
use slicewise_cells::memory::SliceMemory;
use slicewise_core::cells::card::EstimatorForm;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::scenario::CELLS;
use slicewise_core::cells::{FEATURES, Objective, Scenario, Scheme};
use slicewise_nets::estimator::Estimator;
use slicewise_optim::Unmonitored;

fn quick(exploration: usize) -> AgentSettings {
    let mut settings = AgentSettings::new(2);
    settings.first_exploration = exploration;
    settings.later_exploration = 2;
    settings.td3.batch = 4;
    settings.td3.hidden = vec![8, 8];
    settings
}

#[test]
fn agents_split_feasibly_and_begin_anew_where_the_slices_change() {
    let estimator = Estimator::random(EstimatorForm::Plain, FEATURES, &[4], 1).unwrap();
    let mut scenario = Scenario::of_the_paper(&[1, 2, 3, 4], 9);
    scenario.slices[2].arrives = 10;
    let method = Method::new("random", Objective::LogSum, Scheme::Td3, 4);
    let mut network = ClosedLoop::new(&scenario, &estimator, method).unwrap();
    network.set_agents(quick(4));
    for index in 0..16 {
        let step = block_on(network.step(&|| 0.0, &Unmonitored)).unwrap();
        for cell in step.kpis.chunks(step.present.len()) {
            let sum: f64 = cell.iter().map(|kpis| kpis.share).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{sum}");
        }
        let wanted: &[usize] = match index {
            0 => &[],
            // In the step of its arrival the new slice has an equal share and the old agents act.
            1..=10 => &[0, 1, 3],
            _ => &[0, 1, 2, 3],
        };
        assert_eq!(network.agents().slices(), wanted, "step {index}");
        if index == 10 {
            assert!(step.kpis.iter().skip(2).step_by(4).all(|kpis| kpis.share == 0.25));
        }
    }
}

/// KPIs of slices that are satisfied in proportion to their share of what each needs.
fn toy_memory(shares: &[f64], needs: [f64; 3]) -> Vec<SliceMemory> {
    let of = |(index, share): (usize, &f64)| {
        let mut memory = SliceMemory::default();
        memory.observation.push(3.0, 9.0);
        memory.last.share = *share;
        memory.last.satisfaction = (share / needs[index % 3]).min(1.0);
        memory
    };
    shares.iter().enumerate().map(of).collect()
}

#[test]
fn agents_learn_the_split_that_their_slices_need() {
    let needs = [0.55, 0.3, 0.1];
    let scenario = Scenario::of_the_paper(&[1, 2, 4], 1);
    let mut settings = AgentSettings::new(5);
    settings.first_exploration = 200;
    let mut agents = CellAgents::new(settings);
    let mut memory = toy_memory(&[1.0 / 3.0; 3 * CELLS], needs);
    let mut rewards = Vec::new();
    for step in 0..600 {
        agents.learn(&scenario, step, &[0, 1, 2], &memory).unwrap();
        let shares = block_on(agents.act(&scenario, step, &[0, 1, 2], &memory)).unwrap();
        memory = toy_memory(&shares, needs);
        let least = |cell: &[SliceMemory]| {
            cell.iter().map(|memory| memory.last.satisfaction).fold(1.0, f64::min)
        };
        rewards.push(memory.chunks(3).map(least).sum::<f64>() / CELLS as f64);
    }
    let mean = |steps: &[f64]| steps.iter().sum::<f64>() / steps.len() as f64;
    let (random, learned) = (mean(&rewards[..200]), mean(&rewards[500..]));
    assert!(learned > 0.9, "random {random}, learned {learned}");
    assert!(random < 0.6, "{random}");
}
