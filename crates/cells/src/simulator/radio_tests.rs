use slicewise_core::cells::Scenario;
use slicewise_core::cells::scenario::CELLS;

use super::NetworkSimulator;
use super::demand::PARTS;
use super::radio::Interference;

fn network(numbers: &[usize], step: usize) -> NetworkSimulator {
    let mut network = NetworkSimulator::new(&Scenario::of_the_paper(numbers, 3)).unwrap();
    for _ in 0..step {
        network.prepare();
        network.step += 1;
    }
    network
}

#[test]
fn no_bit_is_lost_or_made() {
    let network = network(&[1, 2, 3, 4], 60);
    for share in [0.0, 0.05, 0.25] {
        let shares = vec![share; CELLS * 4];
        let measured = network.try_out(&shares, Interference::Lived(&[0.5; CELLS]));
        // Handed over users take their queues along: the balance holds for each slice over all cells.
        for slice in 0..4 {
            let (mut came, mut went) = (0.0, 0.0);
            for tally in measured.tallies.iter().skip(slice).step_by(4) {
                came += tally.found_mbit + tally.offered_mbit;
                went += tally.served_mbit + tally.dropped_mbit + tally.left_mbit;
            }
            assert!(came > 0.0);
            assert!((came - went).abs() < 1e-9 * came, "share {share}: {came} Mbit, {went} Mbit");
        }
    }
}

#[test]
fn without_any_share_nothing_is_served_and_buffers_overflow() {
    let network = network(&[1], 80);
    let measured = network.try_out(&[0.0; CELLS], Interference::Lived(&[0.5; CELLS]));
    assert!(measured.tallies.iter().all(|tally| tally.served_mbit == 0.0 && tally.used_s == 0.0));
    assert!(measured.tallies.iter().any(|tally| tally.dropped_mbit > 0.0));
}

#[test]
fn interference_falls_with_the_neighbours_load() {
    let network = network(&[1, 2, 4], 60);
    let shares = vec![1.0 / 3.0; CELLS * 3];
    let under = |load: f64| {
        let loads = [[load; CELLS]; PARTS];
        let measured = network.try_out(&shares, Interference::Given(&loads));
        let kpis = measured.kpis(&network.coming, &shares);
        let mean = |value: fn(&slicewise_core::cells::scenario::SliceKpis) -> f64| {
            kpis.iter().map(value).sum::<f64>() / kpis.len() as f64
        };
        (mean(|kpis| kpis.cqi), mean(|kpis| kpis.throughput_mbps), mean(|kpis| kpis.prb_used))
    };
    let (idle, half, full) = (under(0.0), under(0.5), under(1.0));
    assert!(idle.0 > half.0 && half.0 > full.0, "CQI {} {} {}", idle.0, half.0, full.0);
    assert!(idle.1 > half.1 && half.1 > full.1, "Mbit/s {} {} {}", idle.1, half.1, full.1);
    assert!(idle.2 < half.2 && half.2 < full.2, "PRB {} {} {}", idle.2, half.2, full.2);
}

#[test]
fn more_share_hardly_ever_hurts_a_slice() {
    let network = network(&[1, 2, 3, 4], 50);
    let loads = [[0.7; CELLS]; PARTS];
    let at = |share: f64| {
        let shares = vec![share; CELLS * 4];
        network.try_out(&shares, Interference::Given(&loads)).kpis(&network.coming, &shares)
    };
    let runs: Vec<_> = (0..=20).map(|point| at(f64::from(point) / 20.0)).collect();
    let mut fallen = 0.0;
    for pair in runs.windows(2) {
        for (less, more) in pair[0].iter().zip(&pair[1]) {
            let fall = (less.satisfaction - more.satisfaction).max(0.0);
            assert!(fall < 0.1, "{} to {}: {fall}", less.share, more.share);
            fallen += fall;
        }
    }
    let mean = fallen / (CELLS * 4 * 20) as f64;
    assert!(mean < 0.001, "{mean} per step of 0.05");
    let all = |kpis: &[slicewise_core::cells::scenario::SliceKpis]| {
        kpis.iter().map(|kpis| kpis.satisfaction).sum::<f64>() / kpis.len() as f64
    };
    assert!(all(&runs[20]) > 0.95 && all(&runs[1]) < 0.5, "{} {}", all(&runs[20]), all(&runs[1]));
}
