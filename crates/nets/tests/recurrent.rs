//! The recurrent network over burn and the plain one are the same function.
#![cfg(feature = "burn")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use burn::module::Module;
use burn::tensor::Device;
use futures::executor::block_on;
use slicewise_core::seed;
use slicewise_nets::recurrent::module::{DenseModule, RecurrentModule, numbers, tensor};
use slicewise_nets::recurrent::{DenseStack, Recurrent, RecurrentShape};

const STEPS: usize = 7;

fn network() -> Recurrent {
    let shape = RecurrentShape { branches: 2, units: vec![6, 5, 3], outputs: 2 };
    Recurrent::drawn(&shape, &mut seed::stream(4, 0))
}

/// Three windows: rows x branches x steps.
fn windows() -> Vec<f64> {
    let mut generator = seed::stream(4, 1);
    (0..3 * 2 * STEPS).map(|_| seed::normal(&mut generator)).collect()
}

#[test]
fn burn_and_the_plain_network_agree() {
    let (network, windows) = (network(), windows());
    let device = Device::flex();
    let module = RecurrentModule::new(&network, &device);
    let steps: Vec<Vec<_>> = (0..2)
        .map(|branch| {
            let step = |step: usize| {
                let at = |row: usize| windows[(row * 2 + branch) * STEPS + step];
                tensor(&[at(0), at(1), at(2)], [3, 1], &device)
            };
            (0..STEPS).map(step).collect()
        })
        .collect();
    let found = block_on(numbers(module.forward(&steps))).unwrap();
    for (row, found) in found.chunks_exact(2).enumerate() {
        let plain = network.forward(&windows[row * 2 * STEPS..][..2 * STEPS]);
        for (plain, found) in plain.iter().zip(found) {
            assert!((plain - found).abs() < 1e-5, "{plain} {found}");
        }
    }
}

#[test]
fn dense_stacks_agree_too_and_weights_come_back() {
    let stack = DenseStack::drawn(4, &[9, 5], 1, &mut seed::stream(4, 2));
    let device = Device::flex();
    let module = DenseModule::new(&stack, &device.clone().autodiff());
    let inputs = [0.3, -1.0, 2.0, 0.1];
    let rows = tensor(&inputs, [1, 4], &device);
    let found = block_on(numbers(module.forward(rows).inner())).unwrap()[0];
    assert!((found - stack.forward(&inputs)[0]).abs() < 1e-5);
    let back = block_on(module.valid().stack()).unwrap();
    assert!((back.forward(&inputs)[0] - stack.forward(&inputs)[0]).abs() < 1e-5);
    let network = network();
    let module = RecurrentModule::new(&network, &device);
    let back = block_on(module.network()).unwrap();
    let window = &windows()[..2 * STEPS];
    assert!((back.forward(window)[1] - network.forward(window)[1]).abs() < 1e-6);
}
