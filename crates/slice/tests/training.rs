//! Networks trained from a visitor's order.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(feature = "burn")]

mod training_order;

use std::cell::Cell;

use futures::executor::block_on;
use slicewise_core::card::{Better, Scale, fingerprint};
use slicewise_core::slice::training::{TrainingMoment, TrainingOrder};
use slicewise_core::slice::{SliceNews, SliceProblem, Traffic};
use slicewise_nets::Network;
use slicewise_nets::dense::head;
use slicewise_nets::dense::weights;
use slicewise_optim::{Halted, Monitor, Progress, Stopped, Unmonitored};
use slicewise_slice::model::shipped;
use slicewise_slice::training::{Device, Trained, train_from_order};
use slicewise_slice::{Effort, solve};
use training_order::{LOSSES, NOISE, mean_qos, order};

#[derive(Default)]
struct Heard(Vec<TrainingMoment>);

impl Progress<SliceNews> for Heard {
    fn news(&mut self, news: SliceNews) {
        if let SliceNews::Epoch(moment) = news {
            self.0.push(moment);
        }
    }
}

fn trained(order: &TrainingOrder, start: Option<&Network>) -> (Trained, Vec<TrainingMoment>) {
    let (device, mut heard) = (Device::flex(), Heard::default());
    let training = train_from_order(order, start, &device, &Unmonitored, &mut heard);
    (block_on(training).unwrap(), heard.0)
}

fn network(trained: &Trained) -> Network {
    weights::load(&trained.card, &trained.weights).unwrap()
}

fn refused(order: &TrainingOrder, start: Option<&Network>) -> String {
    let found = block_on(train_from_order(
        order,
        start,
        &Device::flex(),
        &Unmonitored,
        &mut Heard::default(),
    ));
    match found {
        Err(Halted::Input(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Mean and deviation of the network's prediction in its scale.
fn prediction(network: &Network, inputs: &[f64]) -> (f64, f64) {
    let mut distribution = vec![0.0; 3 * network.head.components];
    network.head.distribution(&network.outputs(inputs), &mut distribution);
    (head::mean(&distribution), distribution[network.head.components])
}

#[test]
fn losses_are_those_that_the_browser_test_expects() {
    let (_, heard) = trained(&order(1), None);
    let found: Vec<(f64, f64)> =
        heard.iter().map(|moment| (moment.training_loss, moment.held_back_loss)).collect();
    for (found, expected) in found.iter().zip(LOSSES) {
        let difference = (found.0 - expected.0).abs().max((found.1 - expected.1).abs());
        assert!(difference < 1e-3, "{found:?} {expected:?}");
    }
    assert_eq!(heard.last().map(|moment| (moment.epoch, moment.epochs)), Some((3, 3)));
}

#[test]
fn one_to_three_resources_are_learned_down_to_the_noise() {
    for resources in 1..=3 {
        let order = TrainingOrder { epochs: 150, ..order(resources) };
        let (trained, _) = trained(&order, None);
        let network = network(&trained);
        let inputs = [5.0, 4.0, 6.0, 5.0];
        let (mean, deviation) = prediction(&network, &inputs[..=resources]);
        assert!((mean - mean_qos(&inputs[..=resources])).abs() < 0.4 * NOISE, "{mean}");
        assert!((deviation / NOISE - 1.0).abs() < 0.3, "{deviation}");
        // The held-back error cannot be less than the noise's.
        let error = trained.card.metrics["val"].mse / (NOISE * NOISE);
        assert!((0.7..1.5).contains(&error), "{error}");
    }
}

#[test]
fn a_logarithmic_qos_that_is_better_low_is_learned() {
    let mut order = order(2);
    order.rows.chunks_exact_mut(4).for_each(|row| row[3] = (0.1 * row[3]).exp());
    order.output.better = Better::Lower;
    order.output.scale = Scale::Logarithmic;
    order.epochs = 60;
    let network = network(&trained(&order, None).0);
    let (mean, _) = prediction(&network, &[5.0, 5.0, 5.0]);
    assert!((mean - 0.1 * mean_qos(&[5.0, 5.0, 5.0])).abs() < 0.03, "{mean}");
    assert_eq!(network.card.output.better, Better::Lower);
}

#[test]
fn the_card_says_what_the_network_was_made_of() {
    let order = order(2);
    let card = trained(&order, None).0.card;
    assert!(card.validate().is_ok());
    assert_eq!((card.name.as_str(), card.seed), ("own", 7));
    assert_eq!(card.inputs[2].name, "power");
    assert!(card.inputs.iter().all(|i| i.trained_minimum >= 0.0 && i.trained_maximum <= 10.0));
    assert!(card.output.measured_minimum < card.output.measured_maximum);
    assert_eq!(card.data.rows["train"] + card.data.rows["val"], 1000);
    assert!((150..250).contains(&card.data.rows["val"]));
    let bytes: Vec<u8> = order.rows.iter().flat_map(|value| value.to_le_bytes()).collect();
    assert_eq!(card.data.fingerprint, fingerprint(&bytes));
    assert!(!card.data.rows.contains_key("test") && !card.metrics.contains_key("test"));
    assert_eq!(
        card.command,
        "trained in the browser: seed 7, 3 epochs, 32 rows per step, learning rate 0.01, weight \
         decay 0.01"
    );
}

#[test]
fn the_last_held_back_loss_is_the_likelihood_on_the_held_back_rows() {
    let order = TrainingOrder { epochs: 10, ..order(1) };
    let (trained, heard) = trained(&order, None);
    // Metrics are in QoS units, losses in units of the training rows' deviation.
    let scale = network(&trained).head.deviation_scale;
    let expected = trained.card.metrics["val"].nll - scale.ln();
    let found = heard.last().unwrap().held_back_loss;
    assert!((found - expected).abs() < 1e-4, "{found} {expected}");
}

#[test]
fn equal_rows_lie_on_one_side_only() {
    let mut order = order(1);
    // Every row twice: a network that had seen the held-back rows' twins would need twins there.
    let rows = order.rows.clone();
    order.rows.extend(rows);
    let card = trained(&order, None).0.card;
    assert!(card.data.rows.values().all(|count| count.is_multiple_of(2)), "{:?}", card.data.rows);
}

#[test]
fn fine_tuning_starts_where_the_network_stands() {
    let (first, fresh) = trained(&TrainingOrder { epochs: 40, ..order(2) }, None);
    let start = network(&first);
    // Other rows of the same formula, most of them in one corner.
    let mut order = order(2);
    order.rows.chunks_exact_mut(4).for_each(|row| {
        row[1] *= 0.5;
        row[3] = mean_qos(&row[..3]) + 0.1;
    });
    order.start_from = Some("own".to_owned());
    order.learning_rate = 1e-3;
    let (tuned, heard) = trained(&order, Some(&start));
    let unspoilt = trained(&TrainingOrder { start_from: None, ..order.clone() }, None).1;
    assert!(heard[0].held_back_loss < unspoilt[0].held_back_loss - 0.5, "{heard:?} {unspoilt:?}");
    assert!(heard[0].training_loss < fresh[0].training_loss - 0.5, "{heard:?} {fresh:?}");
    assert!(tuned.card.command.contains(", from own "), "{}", tuned.card.command);
}

#[test]
fn orders_that_cannot_be_trained_are_refused_by_field() {
    let with = |change: &dyn Fn(&mut TrainingOrder)| {
        let mut order = order(2);
        change(&mut order);
        refused(&order, None)
    };
    assert!(with(&|o| o.name = "delay".to_owned()).starts_with("name is delay"));
    assert!(with(&|o| o.name = "My net".to_owned()).starts_with("name is My net"));
    assert!(with(&|o| o.rows[5] = f64::NAN).starts_with("rows[1][1] is NaN"));
    assert!(with(&|o| o.rows[4] = -1.0).starts_with("rows[1][0] is -1; allowed: 0 to"));
    assert!(with(&|o| o.rows.truncate(40)).starts_with("rows is 10; allowed: 50 to"));
    assert!(with(&|o| o.rows.truncate(401)).starts_with("rows is 401; allowed: rows of equal"));
    assert!(with(&|o| o.inputs[2].name = "antennas".to_owned()).starts_with("inputs[2].name is"));
    assert!(with(&|o| o.architecture.shared[1] = 0).starts_with("architecture.shared[1] is 0"));
    assert!(with(&|o| o.output.threshold_default = 50.0).starts_with("output.threshold_default"));
    assert!(with(&|o| o.epochs = 0).starts_with("epochs is 0"));
    let slow = with(&|o| {
        o.architecture.shared = vec![256; 3];
        o.batch = 4096;
    });
    // 3 * 256 + 2 * 256 * 256 + 2 * 256 * 4 + 2 * 4 = 133,896 multiplications per row.
    assert!(slow.starts_with("batch is 4096; allowed: 8 to 119 rows"), "{slow}");
    let logarithmic = with(&|o| {
        o.output.scale = Scale::Logarithmic;
        o.rows[3] = 0.0;
    });
    assert!(logarithmic.starts_with("rows[0][3] is 0; allowed: 0.000000001 to"), "{logarithmic}");
    let alike = with(&|o| {
        let row = o.rows[..4].to_vec();
        o.rows.chunks_exact_mut(4).for_each(|other| other.copy_from_slice(&row));
    });
    assert!(alike.starts_with("rows is 1000 rows much alike"), "{alike}");
}

#[test]
fn only_a_network_of_the_same_form_can_be_started_from() {
    let start = shipped("testbed-gaussian").unwrap();
    let form = refused(&order(2), Some(&start));
    assert!(form.starts_with("architecture is") && form.contains("testbed-gaussian"), "{form}");
    let architecture = start.card.architecture.clone();
    let inputs = refused(&TrainingOrder { architecture, ..order(1) }, Some(&start));
    assert!(inputs.starts_with("inputs is 2 inputs; allowed: 3 inputs"), "{inputs}");
    let scale = refused(&order(2), Some(&shipped("delay").unwrap()));
    assert!(scale.starts_with("output.scale is Linear; allowed: Logarithmic"), "{scale}");
}

#[test]
fn a_training_that_diverges_names_the_learning_rate() {
    let mut order = TrainingOrder { learning_rate: 1.0, weight_decay: 10.0, ..order(1) };
    order.epochs = 60;
    order.batch = 8;
    let refusal = refused(&order, None);
    assert!(refusal.starts_with("learning_rate is 1; allowed: less"), "{refusal}");
}

/// Stops at the checkpoint of that number.
struct StopAt(Cell<usize>);

impl Monitor for StopAt {
    async fn checkpoint(&self) -> Result<(), Stopped> {
        self.0.set(self.0.get().saturating_sub(1));
        if self.0.get() == 0 { Err(Stopped) } else { Ok(()) }
    }
}

#[test]
fn a_training_can_be_stopped_between_any_two_steps() {
    for checkpoint in [1, 2, 3, 20, 70] {
        let (monitor, mut heard) = (StopAt(Cell::new(checkpoint)), Heard::default());
        let (order, device) = (order(1), Device::flex());
        let training = train_from_order(&order, None, &device, &monitor, &mut heard);
        assert!(matches!(block_on(training), Err(Halted::Stopped)), "{checkpoint}");
        // 25 steps and one look at the held-back rows per epoch.
        assert!(heard.0.len() <= checkpoint / 26, "{checkpoint} {:?}", heard.0);
    }
}

#[test]
fn plans_are_made_with_a_trained_network() {
    let (trained, _) = trained(&TrainingOrder { epochs: 60, ..order(1) }, None);
    let network = network(&trained);
    let traffic = Traffic::Constant { users_per_second: 5.0 };
    let problem = SliceProblem::in_whole_box(&network.card, traffic, 20.0, 0.1);
    let plan =
        block_on(solve(&network, &problem, Effort::default(), &Unmonitored, &mut ())).unwrap();
    // 20 - 5 + r + 0.5 z > 20 for nine users in ten: r = 5 + 0.5 * 1.2816.
    let needed = plan.total_allocation()[0];
    assert!((needed - 5.64).abs() < 0.4, "{needed}");
}
