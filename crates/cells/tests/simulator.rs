//! What every run of the simulated network keeps to.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use slicewise_cells::simulator::{
    CELL_PRB, Goal, MOST_PLACES, NetworkSimulator, best_split, collect, satisfaction,
};
use slicewise_core::cells::scenario::{CELLS, SimulatedStep};
use slicewise_core::cells::{HISTORY, Objective, Scenario, ServiceProfile};
use slicewise_core::formats::kpi_table::{self, KpiRow, Period};

fn equal(slices: usize) -> Vec<f64> {
    vec![1.0 / slices as f64; CELLS * slices]
}

fn run(scenario: &Scenario, steps: usize, share: impl Fn(usize) -> f64) -> Vec<SimulatedStep> {
    let mut network = NetworkSimulator::new(scenario).unwrap();
    (0..steps)
        .map(|_| {
            let groups = CELLS * network.present().len();
            let shares: Vec<f64> = (0..groups).map(&share).collect();
            network.advance(&shares)
        })
        .collect()
}

#[test]
fn the_same_seed_and_shares_give_the_same_steps_and_another_seed_does_not() {
    let scenario = Scenario::of_the_paper(&[1, 2, 4], 5);
    let steps = run(&scenario, 6, |_| 0.3);
    assert_eq!(steps, run(&scenario, 6, |_| 0.3));
    assert_ne!(steps, run(&Scenario { seed: 6, ..scenario }, 6, |_| 0.3));
}

#[test]
fn users_and_their_traffic_do_not_depend_on_the_shares() {
    let scenario = Scenario::of_the_paper(&[1, 2, 3, 4], 5);
    let (small, large) =
        (run(&scenario, 8, |_| 0.01), run(&scenario, 8, |group| [0.1, 0.4][group % 2]));
    for (small, large) in small.iter().zip(&large) {
        assert_eq!(small.users, large.users);
        for (small, large) in small.kpis.iter().zip(&large.kpis) {
            assert_eq!(small.offered_mbps, large.offered_mbps);
            assert_eq!(small.active_users, large.active_users);
        }
    }
}

#[test]
fn a_slice_lives_the_same_life_whatever_the_other_slices_are() {
    let alone = run(&Scenario::of_the_paper(&[2], 5), 8, |_| 0.5);
    let together = run(&Scenario::of_the_paper(&[1, 2, 3, 4], 5), 8, |_| 0.2);
    for (alone, together) in alone.iter().zip(&together) {
        for cell in 0..CELLS {
            assert_eq!(alone.kpis[cell].offered_mbps, together.kpis[4 * cell + 1].offered_mbps);
        }
    }
}

#[test]
fn every_kpi_is_in_its_range_and_no_cell_uses_more_than_it_has() {
    let scenario = Scenario::of_the_paper(&[1, 2, 3, 4], 9);
    // Shares of up to 2.4 in a cell shrink to 1; the others stay.
    for step in
        run(&scenario, 96, |group| [0.0, 0.3, 1.2, 0.9][group % 4] * [0.1, 1.0][group / 4 % 2])
    {
        for cell in step.kpis.chunks(4) {
            assert!(cell.iter().map(|kpis| kpis.share).sum::<f64>() <= 1.0 + 1e-9);
            for (kpis, slice) in cell.iter().zip(&scenario.slices) {
                assert!((0.0..=1.0).contains(&kpis.share));
                assert!((0.0..=kpis.share).contains(&kpis.prb_used));
                assert!((0.0..=15.0).contains(&kpis.cqi));
                assert!((0.0..=1.0).contains(&kpis.satisfaction));
                assert!(kpis.active_users >= 0.0 && kpis.offered_mbps >= 0.0);
                assert!(kpis.throughput_mbps.is_finite() && kpis.throughput_mbps >= 0.0);
                assert!(kpis.delay_ms.is_finite() && kpis.delay_ms >= 0.0);
                let idle = kpis.throughput_mbps == 0.0 && kpis.delay_ms == 0.0;
                let r = satisfaction(&slice.service, kpis.throughput_mbps, kpis.delay_ms);
                assert_eq!(kpis.satisfaction, if idle { 1.0 } else { r });
            }
        }
        assert!(step.users.len() <= MOST_PLACES);
        assert!(step.users.iter().all(|user| usize::from(user.cell) < CELLS));
    }
}

// IDLA, equation (3), by hand.
#[test]
fn satisfaction_is_the_least_of_both_requirements_ratios_and_one() {
    let [video, ..] = ServiceProfile::of_the_paper();
    assert_eq!(satisfaction(&video, 1.0, 50.0), 0.5);
    assert_eq!(satisfaction(&video, 4.0, 400.0), 0.25);
    assert_eq!(satisfaction(&video, 2.0, 100.0), 1.0);
    assert_eq!(satisfaction(&video, 9.0, 0.0), 1.0);
}

#[test]
fn the_coming_traffic_is_what_is_then_offered() {
    let mut network = NetworkSimulator::new(&Scenario::of_the_paper(&[1, 2, 3, 4], 2)).unwrap();
    for _ in 0..5 {
        let coming = network.coming_traffic_mbps();
        let step = network.advance(&equal(4));
        for (coming, kpis) in coming.iter().zip(&step.kpis) {
            assert!((coming - kpis.offered_mbps).abs() < 1e-9);
        }
    }
}

#[test]
fn slices_come_and_go_when_the_scenario_says() {
    let mut scenario = Scenario::of_the_paper(&[1, 2, 3], 2);
    scenario.slices[1].leaves = Some(3);
    scenario.slices[2].arrives = 2;
    let present: Vec<Vec<usize>> =
        run(&scenario, 5, |_| 0.3).into_iter().map(|step| step.present).collect();
    assert_eq!(present, [vec![0, 1], vec![0, 1], vec![0, 1, 2], vec![0, 2], vec![0, 2]]);
}

#[test]
fn a_network_without_any_slice_goes_on() {
    let mut scenario = Scenario::of_the_paper(&[1], 2);
    scenario.slices[0].arrives = 2;
    let steps = run(&scenario, 3, |_| 1.0);
    assert!(steps[0].kpis.is_empty() && steps[1].users.is_empty());
    assert_eq!(steps[2].kpis.len(), CELLS);
}

#[test]
fn a_slice_without_load_is_satisfied_by_nothing() {
    let mut scenario = Scenario::of_the_paper(&[1, 2], 2);
    scenario.slices[0].load = 0.0;
    for step in run(&scenario, 3, |group| [0.0, 1.0][group % 2]) {
        for cell in step.kpis.chunks(2) {
            assert_eq!((cell[0].satisfaction, cell[0].active_users), (1.0, 0.0));
        }
    }
}

#[test]
fn shares_that_are_missing_or_no_number_count_as_none() {
    let mut network = NetworkSimulator::new(&Scenario::of_the_paper(&[1, 2], 2)).unwrap();
    let step = network.advance(&[f64::NAN, -1.0, f64::INFINITY]);
    assert!(step.kpis.iter().all(|kpis| kpis.share == 0.0 && kpis.prb_used == 0.0));
}

#[test]
fn extreme_requirements_are_simulated_too() {
    let mut scenario = Scenario::of_the_paper(&[1, 2, 3, 4], 2);
    let extremes = [(0.01, 1.0), (100.0, 1.0), (0.01, 10_000.0), (100.0, 10_000.0)];
    for (slice, (throughput, delay)) in scenario.slices.iter_mut().zip(extremes) {
        slice.service.required_throughput_mbps = throughput;
        slice.service.required_delay_ms = delay;
        slice.load = 5.0;
    }
    for step in run(&scenario, 2, |_| 0.25) {
        assert!(step.kpis.iter().all(|kpis| (0.0..=1.0).contains(&kpis.satisfaction)));
    }
}

#[test]
fn a_wrong_scenario_is_named() {
    let mut scenario = Scenario::of_the_paper(&[1, 2], 2);
    scenario.slices[1].load = 7.0;
    let error = NetworkSimulator::new(&scenario).unwrap_err();
    assert_eq!(error.field, "slices[1].load");
}

#[test]
fn the_best_split_is_feasible_true_and_not_below_the_equal_one() {
    let mut network = NetworkSimulator::new(&Scenario::of_the_paper(&[1, 2, 3, 4], 4)).unwrap();
    for _ in 0..50 {
        network.advance(&equal(4));
    }
    let goal = Goal::Utility(Objective::LogSum);
    let best = best_split(&network, goal, 20, 2);
    assert!(best.shares.chunks(4).all(|cell| cell.iter().sum::<f64>() <= 1.0 + 1e-9));
    let utility = |step: &SimulatedStep| {
        step.kpis.iter().map(|kpis| (kpis.satisfaction + 1.0).ln()).sum::<f64>()
    };
    let lived = network.clone().advance(&best.shares);
    assert!((utility(&lived) - best.value).abs() < 1e-9);
    assert!(best.value >= utility(&network.clone().advance(&equal(4))));
    let most = best_split(&network, Goal::Satisfied(0.99), 20, 2);
    let satisfied = |kpis: &[slicewise_core::cells::scenario::SliceKpis]| {
        kpis.iter().filter(|kpis| kpis.satisfaction >= 0.99).count()
    };
    assert!(satisfied(&most.kpis) >= satisfied(&best.kpis));
}

// One cell's split changed to every other on the grid, the neighbours' shares kept: none is better
// by more than the interference between cells explains.
#[test]
fn no_single_cell_can_do_much_better_than_its_best_split() {
    let mut network = NetworkSimulator::new(&Scenario::of_the_paper(&[1, 2, 4], 4)).unwrap();
    for _ in 0..60 {
        network.advance(&equal(3));
    }
    let best = best_split(&network, Goal::Utility(Objective::LogSum), 10, 3);
    for cell in [0, 5, 11] {
        let own = |step: &SimulatedStep| {
            let slices = &step.kpis[3 * cell..3 * cell + 3];
            slices.iter().map(|kpis| (kpis.satisfaction + 1.0).ln()).sum::<f64>()
        };
        let found = own(&network.clone().advance(&best.shares));
        for first in 0..=10 {
            for second in 0..=10 - first {
                let mut shares = best.shares.clone();
                let units = [first, second, 10 - first - second];
                for (slice, units) in units.iter().enumerate() {
                    shares[3 * cell + slice] = f64::from(*units) / 10.0;
                }
                let other = own(&network.clone().advance(&shares));
                assert!(other <= found + 0.05, "cell {cell}, {units:?}: {other} over {found}");
            }
        }
    }
}

#[test]
fn records_hold_what_was_known_before_and_what_came_of_the_share() {
    let scenario = Scenario::of_the_paper(&[1, 2, 4], 8);
    let records = collect(&scenario, 12, 1).unwrap();
    assert_eq!(records, collect(&scenario, 12, 1).unwrap());
    assert_eq!(records.len(), (12 - HISTORY) * CELLS * 3);
    let of_first = |record: &&slicewise_cells::simulator::TrainingRecord| {
        (record.cell, record.slice) == (0, 0)
    };
    let first: Vec<_> = records.iter().filter(of_first).collect();
    for pair in first.windows(2) {
        assert_eq!(pair[1].observation.active_users[HISTORY - 1], pair[0].kpis.active_users);
        assert_eq!(pair[1].observation.cqi[HISTORY - 1], pair[0].kpis.cqi);
        assert_eq!(pair[1].previous_satisfaction, pair[0].kpis.satisfaction);
        assert_ne!(pair[1].kpis.share, pair[0].kpis.share);
    }
}

#[test]
fn a_run_is_a_kpi_table_without_bad_rows() {
    let scenario = Scenario::of_the_paper(&[1, 2, 4], 8);
    let steps = run(&scenario, 8, |group| [0.0, 0.2, 0.6][group % 3]);
    let names: Vec<String> = (0..CELLS).map(|cell| format!("cell {cell}")).collect();
    let rows = steps.iter().flat_map(|step| {
        let period = Period::Step(step.step as i64);
        step.kpis.iter().enumerate().map({
            let (names, slices) = (&names, &scenario.slices);
            move |(group, kpis)| {
                let service = &slices[group % 3].service;
                KpiRow::simulated(period, &names[group / 3], service, kpis, CELL_PRB)
            }
        })
    });
    let mut text = Vec::new();
    kpi_table::write_csv(rows, &mut text).unwrap();
    let table = kpi_table::read(&String::from_utf8(text).unwrap()).unwrap();
    let report = table.report();
    assert_eq!((report.rows, report.bad_rows), ((8 * CELLS * 3) as u64, 0));
    assert_eq!(table.len(), CELLS);
    let cells = table.cells(0..CELLS);
    let last = &steps[7].kpis;
    for (group, throughput) in cells.throughput_mbps.iter().enumerate() {
        let name = cells.cells[group / 3].as_str();
        let cell = names.iter().position(|other| other == name).unwrap();
        assert!((throughput - last[3 * cell + group % 3].throughput_mbps).abs() < 1e-9);
    }
}
