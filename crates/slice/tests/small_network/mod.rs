//! Networks with other numbers of resources than those that ship.

use slicewise_core::card::{Better, InputField, Scale};
use slicewise_core::seed::{stream, uniform};
use slicewise_nets::Network;
use slicewise_nets::dense::head::Head;
use slicewise_nets::dense::network::Layer;
use slicewise_slice::model::shipped;

/// A random network of a traffic and `resources` resources of capacity 1 in which QoS tends to rise
/// with every resource and to fall with traffic.
pub fn network(resources: usize) -> Network {
    let mut generator = stream(40, resources as u64);
    let mut draw = |low: f64, high: f64| low + (high - low) * uniform(&mut generator);
    let mut layer = |inputs: usize, outputs: usize, sign: &dyn Fn(usize) -> f64| Layer {
        inputs,
        outputs,
        weight: (0..inputs * outputs).map(|i| sign(i % inputs) * draw(-0.2, 1.0)).collect(),
        bias: (0..outputs).map(|_| draw(-0.2, 0.3)).collect(),
    };
    let inputs = 1 + resources;
    let first = layer(inputs, 10, &|input| if input == 0 { -0.2 } else { 1.5 });
    let second = layer(10, 10, &|_| 0.5);
    let mut last = layer(10, 2, &|_| 0.4);
    last.bias[0] = 3.0;
    last.weight[10..].iter_mut().for_each(|weight| *weight *= 0.1);
    let mut card = shipped("testbed-gaussian").unwrap().card;
    card.output.threshold_maximum = 1e3;
    card.inputs.truncate(1);
    card.inputs.extend((0..resources).map(|k| InputField {
        name: format!("resource {k}"),
        unit: "units".to_owned(),
        trained_minimum: 0.0,
        trained_maximum: 1.0,
        default_capacity: 1.0,
        scale: Scale::Linear,
    }));
    let head = Head {
        components: 1,
        deviation_scale: 0.5,
        deviation_floor: 0.01,
        better: Better::Higher,
        fixed: None,
    };
    Network { card, layers: vec![first, second, last], head }
}
