#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
use futures::executor::block_on;
use slicewise_core::{SliceProblem, Traffic, Method};
use slicewise_core::sweep::*;
use slicewise_nets::gpu::{GpuDevice, GpuNetwork};
use slicewise_nets::{FusedEvaluator, Network};
use slicewise_slice::gpu::kernels::{BatchShape, Reaches, best, descend, starts};
use slicewise_slice::model::shipped;
use slicewise_slice::question::Question;
use slicewise_slice::solver::first_plans;
use slicewise_optim::Unmonitored;

fn table(network: &Network, q: &[Question], nodes_per: usize, levels: usize) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let hi: Vec<f64> = (0..2).map(|k| q.iter().map(|q| q.lowest[k] + q.extent[k]).fold(0.0, f64::max)).collect();
    let all: Vec<f64> = q.iter().flat_map(|q| q.traffic.clone()).collect();
    let (a, b) = (all.iter().copied().fold(f64::INFINITY, f64::min), all.iter().copied().fold(0.0, f64::max));
    let mut nodes = vec![]; let mut rows = vec![];
    for j in 0..nodes_per { for i in 0..nodes_per {
        let p = [hi[0] * i as f64 / (nodes_per - 1) as f64, hi[1] * j as f64 / (nodes_per - 1) as f64];
        nodes.extend(p.iter().map(|v| *v as f32));
        for l in 0..levels { let t = a + (b - a) * l as f64 / (levels - 1) as f64; rows.extend([t, p[0], p[1]]); }
    } }
    let c = network.head.components;
    let mut d = vec![0.0; rows.len() / 3 * 3 * c];
    FusedEvaluator::new(network).distributions_now(&rows, &mut d);
    let mut shares = vec![0.0f32; q.len() * levels];
    for (i, q) in q.iter().enumerate() { for (t, w) in q.traffic.iter().zip(&q.weights) {
        let x = (t - a) / (b - a) * (levels - 1) as f64; let l = (x as usize).min(levels - 2); let f = x - l as f64;
        shares[i * levels + l] += (w * (1.0 - f)) as f32; shares[i * levels + l + 1] += (w * f) as f32;
    } }
    (d.iter().map(|v| *v as f32).collect(), nodes, shares)
}

#[test]
fn scratch() {
    let device = block_on(GpuDevice::start()).unwrap();
    for name in ["testbed-gaussian", "testbed-mixture", "delay"] {
        let network = shipped(name).unwrap();
        let out = &network.card.output;
        let base = SliceProblem::single(&network.card, Traffic::Normal { mean: 3.0, deviation: 0.6 }, out.threshold_default, 0.1);
        let (lo, hi) = if name == "delay" { (20.0, 200.0) } else { (2.0, 7.0) };
        let n = std::env::var("N").map(|v| v.parse().unwrap()).unwrap_or(16usize);
        let sweep = Sweep::Surface(Surface { problem: base, x: Axis { quantity: Quantity::Traffic, from: 1.0, to: 4.5, points: n }, y: Axis { quantity: Quantity::QosThreshold, from: lo, to: hi, points: n } });
        let problems: Vec<SliceProblem> = (0..sweep.len()).map(|i| sweep.problem(i)).collect();
        let _ = Method::Certified;
        let questions: Vec<Question> = problems.iter().map(|p| Question::new(p, &network, 0)).collect();
        let count = questions.len();
        let (t, nodes, shares) = table(&network, &questions, 13, 17);
        let gn = GpuNetwork::new(&network, &device);
        let shape = BatchShape { resources: 2, starts: 3, network: gn.shape.clone() };
        let mut p = vec![]; let mut levels = vec![];
        for q in &questions {
            let m = (1e-4 * q.limit).max(5e-6); let l = (2e-5 * q.limit).max(3e-6);
            p.push(q.threshold as f32); p.push((q.limit - m) as f32); p.push((q.limit - l) as f32);
            p.extend(q.costs.iter().chain(&q.lowest).chain(&q.extent).map(|v| *v as f32));
            for (t, w) in q.traffic.iter().zip(&q.weights) { levels.push(*t as f32); levels.push(*w as f32); }
        }
        let lc = questions[0].traffic.len();
        let reaches = Reaches { first: 1.0 / 12.0, longest: 0.3, shortest: 2e-4, apart: 0.15 };
        let problems_t = device.upload(p.clone(), [count, shape.problem_size()]);
        let nodes_t = device.upload(nodes.clone(), [nodes.len() / 2, 2]);
        let table_t = device.upload(t.clone(), [nodes.len() / 2, 17, 3 * gn.shape.components]);
        let shares_t = device.upload(shares.clone(), [count, 17]);
        let levels_t = device.upload(levels.clone(), [count, lc, 2]);
        for round in 0..2 {
        let start = std::time::Instant::now();
        let mut state = starts(table_t.clone(), nodes_t.clone(), shares_t.clone(), problems_t.clone(), &shape, reaches);
        let _ = block_on(device.read(state.clone())).unwrap();
        let looked = start.elapsed();
        for _ in 0..6 { state = descend(state, levels_t.clone(), problems_t.clone(), gn.weights.clone(), &shape, reaches, 4);
            if round == 0 { let s = block_on(device.read(state.clone())).unwrap();
            println!("{name} active {} / {}", s.chunks(shape.state_size()).filter(|s| s[0] > 2e-4).count(), count * 3); } }
        let found = block_on(device.read(best(state, problems_t.clone(), &shape))).unwrap();
        println!("{name} {count} look {looked:?} total {:?}", start.elapsed());
        if round == 1 {
            let t0 = std::time::Instant::now();
            let plans = block_on(first_plans(&network, &problems, &Unmonitored)).unwrap();
            println!("cpu {:?}", t0.elapsed());
            let mut diffs = vec![]; let mut wrong = 0; let mut infeasible = 0;
            for (i, q) in questions.iter().enumerate() {
                let x: Vec<f64> = found[4 * i + 2..4 * i + 4].iter().map(|v| f64::from(*v)).collect();
                let cost = q.base_cost + x.iter().zip(&q.costs).map(|(a, b)| a * b).sum::<f64>();
                let ok = q.strict_degradation(&network, &q.allocation(&x)) <= q.limit;
                let cpu_ok = plans[i].slices[0].degradation <= q.limit;
                if ok != cpu_ok { wrong += 1; println!("{i}: gpu {ok} cpu {cpu_ok} {x:?} {} {}", found[4*i], q.limit); continue; }
                if !ok { infeasible += 1; continue; }
                diffs.push(cost / plans[i].cost - 1.0);
            }
            diffs.sort_by(f64::total_cmp);
            println!("{name} wrong {wrong} infeasible {infeasible} diffs min {:.2e} med {:.2e} 99% {:.2e} max {:.2e}", diffs[0], diffs[diffs.len() / 2], diffs[diffs.len() * 99 / 100], diffs[diffs.len() - 1]);
        }
        }
    }
}
