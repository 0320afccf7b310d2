//! Scheduled ports beside closed forms and beside simulations that no network has learned from.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures::executor::block_on;
use slicewise_core::twin::{Policy, PortsCard};
use slicewise_optim::monitor::Unmonitored;
use slicewise_twin::formula::port::{ClassInput, ClassOutput, PortInput, closed, port};
use slicewise_twin::formula::scheduled::{Ports, SHIPPED, ports};
use slicewise_twin::training::fit::Lesson;
use slicewise_twin::training::{PortsOrder, measured_port, train};

const CAPACITY_BIT_PER_S: f64 = 40_000.0;
const SCHEDULED: [Policy; 5] = [
    Policy::StrictPriority,
    Policy::WeightedFair,
    Policy::DeficitRoundRobin,
    Policy::GnnetWfq,
    Policy::GnnetDrr,
];

/// A class of that load, with packets of 300 and 1,700 bits.
fn class(load: f64) -> ClassInput {
    ClassInput {
        packets_per_s: load * CAPACITY_BIT_PER_S / 1000.0,
        mean_bits: 1000.0,
        mean_square_bits: 1.49e6,
        mean_cube_bits: 2.47e9,
        arrival_scv: 1.0,
        shaping: 0.0,
    }
}

/// A class of that load, with exponential packet sizes.
fn exponential(load: f64) -> ClassInput {
    ClassInput { mean_square_bits: 2e6, mean_cube_bits: 6e9, ..class(load) }
}

fn seen(policy: Policy, weights: &[f64], buffer: f64, classes: &[ClassInput]) -> Vec<ClassOutput> {
    let weights = if policy.has_weights() { weights } else { &[] };
    let input = PortInput {
        policy,
        weights,
        buffer_packets: buffer,
        capacity_bit_per_s: CAPACITY_BIT_PER_S,
        classes,
    };
    let mut output = vec![ClassOutput::default(); classes.len()];
    port(&input, &mut output);
    output
}

/// Mean wait and loss of M/M/1/K with `places`, by its states one by one.
fn single_queue(load: f64, places: i32) -> (f64, f64) {
    let states: Vec<f64> = (0..=places).map(|packets| load.powi(packets)).collect();
    let sum: f64 = states.iter().sum();
    let full = states[places as usize] / sum;
    let found: f64 = (0..places).map(|n| f64::from(n) * states[n as usize] / sum).sum();
    (found / (1.0 - full) * 1000.0 / CAPACITY_BIT_PER_S, full)
}

#[test]
fn one_class_waits_as_in_a_single_limited_queue() {
    let sending = 1000.0 / CAPACITY_BIT_PER_S;
    for policy in SCHEDULED {
        for load in [0.2, 0.5, 0.8, 0.9, 1.1, 1.4] {
            let answer = seen(policy, &[1.0], 32.0, &[exponential(load)])[0];
            let (wait, loss) = single_queue(load, 33);
            let off = (answer.mean_wait_s + sending) / (wait + sending) - 1.0;
            assert!(off.abs() < 0.05, "{policy:?} at {load}: delay off by {off}");
            assert!(
                (answer.loss - loss).abs() < 0.01,
                "{policy:?}, {load}: {} {loss}",
                answer.loss
            );
        }
    }
}

#[test]
fn two_classes_in_order_wait_as_cobham_has_it() {
    let sending = 1000.0 / CAPACITY_BIT_PER_S;
    for (first, second) in [(0.1, 0.2), (0.3, 0.3), (0.4, 0.2), (0.2, 0.5)] {
        let answer = seen(Policy::StrictPriority, &[], 32.0, &[class(first), class(second)]);
        let residual = 0.5 * 1.49 * sending * (first + second);
        let waits = [residual / (1.0 - first), residual / ((1.0 - first) * (1.0 - first - second))];
        for (answer, wait) in answer.iter().zip(waits) {
            let off = (answer.mean_wait_s + sending) / (wait + sending) - 1.0;
            assert!(off.abs() < 0.03, "{first} {second}: delay off by {off}");
        }
    }
}

#[test]
fn work_is_conserved_whoever_goes_first() {
    // Kleinrock's law: waits weighted by load add up to that of one queue for all.
    for policy in SCHEDULED {
        for loads in [[0.1, 0.2, 0.1], [0.2, 0.2, 0.2], [0.05, 0.3, 0.35], [0.4, 0.1, 0.2]] {
            let answer = seen(policy, &[60.0, 30.0, 10.0], 128.0, &loads.map(class));
            let load: f64 = loads.iter().sum();
            let sum: f64 = loads.iter().zip(&answer).map(|(load, a)| load * a.mean_wait_s).sum();
            let together = 0.5 * 1.49 * load / (1.0 - load) * 1000.0 / CAPACITY_BIT_PER_S;
            let off = sum / load / together - 1.0;
            assert!(off.abs() < 0.1, "{policy:?} {loads:?}: off by {off}");
        }
    }
}

#[test]
fn an_overloaded_port_sends_all_that_it_can() {
    for policy in SCHEDULED {
        for loads in [[0.3, 0.5, 0.6], [0.8, 0.5, 0.3], [1.5, 0.2, 0.4], [0.4, 0.4, 1.2]] {
            let answer = seen(policy, &[60.0, 30.0, 10.0], 32.0, &loads.map(class));
            let sent: f64 = loads.iter().zip(&answer).map(|(load, a)| load * (1.0 - a.loss)).sum();
            assert!((sent - 1.0).abs() < 0.05, "{policy:?} {loads:?}: sends {sent}");
        }
    }
}

#[test]
fn more_traffic_means_more_waiting_and_more_loss() {
    for policy in SCHEDULED {
        for weights in [[60.0, 30.0, 10.0], [33.3, 33.3, 33.3]] {
            let (mut before, mut lost) = (0.0, 0.0);
            for step in 1..=30 {
                let load = 0.05 * f64::from(step);
                let loads = [0.25 * load, 0.3 * load, 0.45 * load];
                let answer = seen(policy, &weights, 32.0, &loads.map(class));
                let (wait, loss) =
                    loads.iter().zip(&answer).fold((0.0, 0.0), |(w, l), (load, a)| {
                        (w + load * (1.0 - a.loss) * a.mean_wait_s, l + load * a.loss)
                    });
                assert!(wait > before, "{policy:?} {weights:?} at {load}: {wait} after {before}");
                assert!(
                    loss >= lost - 1e-4,
                    "{policy:?} {weights:?} at {load}: {loss} after {lost}"
                );
                (before, lost) = (wait, loss);
            }
        }
    }
}

#[test]
fn ports_that_no_network_has_seen_are_answered_as_simulated() {
    for policy in SCHEDULED {
        let mut errors = Vec::new();
        let mut losses = Vec::new();
        for number in 0..40 {
            let measured = measured_port(policy, 90_210, number, 40_000);
            let inputs = measured.inputs();
            let input = PortInput {
                policy,
                weights: &measured.weights,
                buffer_packets: measured.buffer_packets,
                capacity_bit_per_s: measured.capacity_bit_per_s,
                classes: &inputs,
            };
            let mut output = vec![ClassOutput::default(); inputs.len()];
            assert!(ports().unwrap().answer(&input, &mut output));
            for (answer, run) in output.iter().zip(&measured.run.classes) {
                if run.sent < 2_000.0 {
                    continue;
                }
                let sending = run.input.mean_bits / measured.capacity_bit_per_s;
                let delay = answer.mean_wait_s + sending;
                errors.push((delay / (run.mean_wait_s + sending) - 1.0).abs());
                losses.push((answer.loss - run.lost / run.packets).abs());
            }
        }
        errors.sort_by(f64::total_cmp);
        let median = errors[errors.len() / 2];
        let mean_loss = losses.iter().sum::<f64>() / losses.len() as f64;
        let bound = if policy == Policy::GnnetDrr { 0.04 } else { 0.025 };
        assert!(median < bound, "{policy:?}: median error of the delay {median}");
        assert!(mean_loss < 0.008, "{policy:?}: error of the loss {mean_loss}");
    }
}

#[test]
fn many_classes_share_one_port() {
    for policy in SCHEDULED {
        for count in [4, 5, 6, 8] {
            let load = 1.4 / count as f64;
            let classes = vec![class(load); count];
            let weights = [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0];
            let answer = seen(policy, &weights[..count], 32.0, &classes);
            let sent: f64 = answer.iter().map(|answer| load * (1.0 - answer.loss)).sum();
            assert!((sent - 1.0).abs() < 0.05, "{policy:?}, {count} classes: sends {sent}");
            assert!(answer.iter().all(|a| a.mean_wait_s.is_finite() && a.mean_wait_s >= 0.0));
        }
    }
}

#[test]
fn far_from_what_was_learned_closed_forms_take_over_without_a_step() {
    let wait = |policy, buffer| {
        let classes = [0.3, 0.3, 0.3].map(class);
        seen(policy, &[60.0, 30.0, 10.0], buffer, &classes)
    };
    for policy in SCHEDULED {
        let input = PortInput {
            policy,
            weights: &[60.0, 30.0, 10.0],
            buffer_packets: 1000.0,
            capacity_bit_per_s: CAPACITY_BIT_PER_S,
            classes: &[0.3, 0.3, 0.3].map(class),
        };
        let mut plain = [ClassOutput::default(); 3];
        closed(&input, &mut plain);
        assert_eq!(wait(policy, 1000.0), plain);
        let mut before = wait(policy, 100.0);
        for step in 1..=200 {
            let now = wait(policy, 100.0 * 1.012_f64.powi(step));
            for (now, before) in now.iter().zip(&before) {
                let off = (now.mean_wait_s / before.mean_wait_s - 1.0).abs();
                assert!(off < 0.05, "{policy:?}: a step of {off} at step {step}");
            }
            before = now;
        }
    }
}

#[test]
fn an_idle_port_and_an_absurd_one_are_answered() {
    for policy in SCHEDULED {
        for load in [0.0, 1e-9, 1e3, 1e6] {
            let classes = [class(load), ClassInput::default(), class(0.5 * load)];
            for buffer in [0.0, 1.0, 1e6] {
                for answer in seen(policy, &[60.0, 30.0, 10.0], buffer, &classes) {
                    let numbers = [answer.mean_wait_s, answer.wait_variance_s2, answer.loss];
                    assert!(
                        numbers.iter().all(|number| number.is_finite() && *number >= 0.0),
                        "{policy:?} at {load}, {buffer}: {answer:?}"
                    );
                    assert!(answer.loss <= 1.0);
                }
            }
        }
    }
}

#[test]
fn a_damaged_weight_file_is_refused() {
    let shipped = SHIPPED[0];
    let card = PortsCard::from_json(shipped.card).unwrap();
    let mut bytes = shipped.weights.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    let error = Ports::load(&card, &bytes).unwrap_err();
    assert_eq!(error.field, "weights fingerprint");
    let cut = Ports::load(&card, &bytes[..bytes.len() / 2]).unwrap_err();
    assert_eq!(cut.field, "weights fingerprint");
    let more = PortsCard { policies: vec![Policy::Fifo], ..card.clone() };
    let error = Ports::load(&more, shipped.weights).unwrap_err();
    assert_eq!(error.field, "tensor fifo.0.weight");
    let mut fewer = card.clone();
    fewer.inputs.pop();
    assert_eq!(Ports::load(&fewer, shipped.weights).unwrap_err().field, "inputs");
    assert_eq!(Ports::shipped("other").unwrap_err().field, "model");
}

#[test]
fn the_same_order_makes_the_same_weights() {
    let order = PortsOrder {
        policies: vec![Policy::GnnetDrr],
        ports: 40,
        packets: 2_000,
        lesson: Lesson { hidden: vec![8], epochs: 3, batch: 16, learning_rate: 3e-3 },
        seed: 4,
    };
    let made = || block_on(train(&order, &Unmonitored, &mut ())).unwrap();
    let (first, second) = (made(), made());
    assert_eq!(first, second);
    assert!(Ports::load(&first.card, &first.weights).is_ok());
    let written = serde_json::to_string(&first.card).unwrap();
    let read = PortsCard::from_json(&written).unwrap();
    assert!(Ports::load(&read, &first.weights).is_ok());
}

#[test]
fn an_order_without_ports_is_refused() {
    let order = PortsOrder { ports: 0, ..PortsOrder::default() };
    let error = block_on(train(&order, &Unmonitored, &mut ())).unwrap_err();
    assert!(error.to_string().contains("ports"), "{error}");
}
