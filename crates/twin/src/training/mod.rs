//! How the networks that correct scheduled ports are made: drawn ports are simulated one by one, and the networks
//! learn to give what was measured.

pub mod drawn_port;
pub mod fit;
pub mod graph;
pub mod port_run;

use std::collections::BTreeMap;

use slicewise_core::InputError;
use slicewise_core::card::{DataSource, fingerprint};
use slicewise_core::error::{check_count, check_range};
use slicewise_core::seed::stream;
use slicewise_core::twin::card::{PortsMetrics, TrainedInput};
use slicewise_core::twin::queueing::MOST_CLASSES;
use slicewise_core::twin::{Buffer, Policy, PortsCard};
use slicewise_nets::files::{Tensors, round_to_12_bits, to_bytes};
use slicewise_optim::{Halted, Monitor, Progress};

use self::drawn_port::DrawnPort;
use self::fit::{Fit, Lesson, Row};
use self::port_run::{LinkRun, PortRun};
use crate::formula::port::{ClassInput, PortInput};
use crate::formula::scheduled::description::{Description, FEATURES, describe};
use crate::formula::scheduled::network::Network;
use crate::formula::scheduled::{corrected, tensors};

/// What to make.
#[derive(Clone, Debug, PartialEq)]
pub struct PortsOrder {
    /// Policies that get a network.
    pub policies: Vec<Policy>,
    /// Drawn ports of each; one in ten is kept to measure the network by.
    pub ports: usize,
    /// Packets that come to each port.
    pub packets: usize,
    /// How the networks learn.
    pub lesson: Lesson,
    /// Seed of ports, packets and weights.
    pub seed: u64,
}

impl Default for PortsOrder {
    /// As the model that ships was made.
    fn default() -> Self {
        Self {
            policies: vec![
                Policy::StrictPriority,
                Policy::GnnetWfq,
                Policy::GnnetDrr,
                Policy::WeightedFair,
                Policy::DeficitRoundRobin,
            ],
            ports: 8_000,
            packets: 20_000,
            lesson: Lesson { hidden: vec![48, 32], epochs: 150, batch: 64, learning_rate: 3e-3 },
            seed: 1,
        }
    }
}

impl PortsOrder {
    /// Checks counts.
    ///
    /// # Errors
    /// Names the first that cannot be used.
    pub fn validate(&self) -> Result<(), InputError> {
        check_count("policies", self.policies.len(), 1, Policy::ALL.len())?;
        if self.policies.contains(&Policy::Fifo) {
            return Err(InputError::new("policies", "fifo", "policies that have classes"));
        }
        check_count("ports", self.ports, 20, 1_000_000)?;
        check_count("packets", self.packets, 1_000, 1_000_000_000)?;
        check_count("epochs", self.lesson.epochs, 1, 100_000)?;
        check_count("batch", self.lesson.batch, 1, 100_000)?;
        check_range("learning_rate", self.lesson.learning_rate, 1e-6, 1.0, "")
    }

    fn command(&self) -> String {
        format!(
            "slicewise train twin --model ports --ports {} --packets {} --epochs {} --seed {}",
            self.ports, self.packets, self.lesson.epochs, self.seed
        )
    }
}

/// What is told on the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PortsMoment {
    /// Policy whose network learns.
    pub policy: Policy,
    /// Passes over the rows so far.
    pub epoch: usize,
    /// Mean error of the last pass.
    pub error: f64,
}

/// A model as its two files.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedPorts {
    /// Its card.
    pub card: PortsCard,
    /// Its weight file.
    pub weights: Vec<u8>,
}

/// A drawn port with what a run measured of it.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredPort {
    /// Which packet goes next.
    pub policy: Policy,
    /// Weight of each class.
    pub weights: Vec<f64>,
    /// Packets that may wait in each queue.
    pub buffer_packets: f64,
    /// What it sends, in bit/s.
    pub capacity_bit_per_s: f64,
    /// What was measured.
    pub run: PortRun,
}

/// Draws port `number` of `policy` and lets `packets` packets come to it. Ports of one seed do not depend on one
/// another.
pub fn measured_port(policy: Policy, seed: u64, number: u64, packets: usize) -> MeasuredPort {
    let kind = Policy::ALL.iter().position(|other| *other == policy).unwrap_or(0) as u64;
    let streams = (kind << 40) + 2 * number;
    let port = drawn_port::draw(policy, &mut stream(seed, streams));
    let run = port_run::run(&port, packets, seed, streams + 1);
    let DrawnPort { queueing, capacity_bit_per_s, .. } = port;
    let buffer_packets = match queueing.buffer {
        Buffer::Packets(packets) => f64::from(packets),
        Buffer::Bits(bits) => bits,
    };
    let weights = queueing.weights;
    MeasuredPort { policy, weights, buffer_packets, capacity_bit_per_s, run }
}

/// Classes of which fewer packets came tell nothing.
const LEAST_PACKETS: f64 = 100.0;
/// Classes of which fewer packets were sent are not measured by.
const LEAST_SENT: f64 = 500.0;

impl MeasuredPort {
    /// What came to the port.
    pub fn inputs(&self) -> Vec<ClassInput> {
        let classes = self.run.classes.iter().enumerate();
        classes
            .map(|(class, run)| ClassInput { shaping: self.shaping(class), ..run.input })
            .collect()
    }

    /// As [`ClassInput::shaping`] defines it.
    fn shaping(&self, class: usize) -> f64 {
        let all = self.run.classes[class].input.packets_per_s;
        let part = |link: &LinkRun| {
            let share = (link.packets_per_s[class] / all).min(1.0);
            let brought = link.packets_per_s.iter().zip(&self.run.classes);
            let bits: f64 = brought.map(|(rate, class)| rate * class.input.mean_bits).sum();
            share * (bits / link.capacity_bit_per_s).min(1.0) * link.utilisation
        };
        if all > 0.0 { self.run.links.iter().map(part).sum() } else { 0.0 }
    }

    /// What a network learns from it.
    pub fn rows(&self) -> Vec<Row> {
        let inputs = self.inputs();
        let input = PortInput {
            policy: self.policy,
            weights: &self.weights,
            buffer_packets: self.buffer_packets,
            capacity_bit_per_s: self.capacity_bit_per_s,
            classes: &inputs,
        };
        let mut descriptions = [Description::default(); MOST_CLASSES];
        describe(&input, &mut descriptions);
        let (packets, bits) = inputs.iter().fold((0.0, 0.0), |(packets, bits), class| {
            (packets + class.packets_per_s, bits + class.packets_per_s * class.mean_bits)
        });
        let send_s = bits / packets / self.capacity_bit_per_s;
        let classes = self.run.classes.iter().zip(descriptions);
        let told = classes.filter(|(class, _)| class.packets >= LEAST_PACKETS);
        told.map(|(class, description)| Row {
            description,
            send_s,
            wait_s: if class.sent > 0.0 { class.mean_wait_s } else { description.wait_s },
            variance_s2: class.wait_variance_s2,
            loss: class.lost / class.packets,
            sent: class.sent,
        })
        .collect()
    }
}

/// Makes a model. Every draw comes from the order's seed, so that the same order makes the same weights.
///
/// # Errors
/// Names what cannot be used of the order, or says that `monitor` ended the work.
pub async fn train(
    order: &PortsOrder,
    monitor: &impl Monitor,
    progress: &mut impl Progress<PortsMoment>,
) -> Result<TrainedPorts, Halted> {
    order.validate()?;
    let mut parts = Vec::new();
    for (index, policy) in order.policies.iter().enumerate() {
        let mut ports = Vec::with_capacity(order.ports);
        for number in 0..order.ports {
            ports.push(measured_port(*policy, order.seed, number as u64, order.packets));
            let done = 0.5 * (number + 1) as f64 / order.ports as f64;
            progress.share((index as f64 + done) / order.policies.len() as f64);
            monitor.checkpoint().await?;
        }
        parts.push(learn(order, index, &ports, monitor, progress).await?);
    }
    Ok(finished(order, parts)?)
}

/// A network with what it learned from.
pub struct Learned {
    policy: Policy,
    tensors: Tensors,
    rows: Vec<Row>,
    kept: Vec<Row>,
    network: Network,
}

/// Fits the network of policy `index` of the order to `ports`.
///
/// # Errors
/// As [`train`].
pub async fn learn(
    order: &PortsOrder,
    index: usize,
    ports: &[MeasuredPort],
    monitor: &impl Monitor,
    progress: &mut impl Progress<PortsMoment>,
) -> Result<Learned, Halted> {
    let policy = order.policies[index];
    let (lessons, kept) = ports.split_at(ports.len() - ports.len() / 10);
    let rows: Vec<Row> = lessons.iter().flat_map(MeasuredPort::rows).collect();
    if rows.is_empty() {
        return Err(InputError::new("ports", ports.len(), "enough to learn from").into());
    }
    let generator = stream(order.seed, (1 << 60) + index as u64);
    let mut fit = Fit::new(&rows, order.lesson.clone(), generator);
    for epoch in 0..order.lesson.epochs {
        let mut error = 0.0;
        for step in 0..fit.start_pass() {
            error += fit.learn(step);
            monitor.checkpoint().await?;
        }
        let done = 0.5 + 0.5 * (epoch + 1) as f64 / order.lesson.epochs as f64;
        progress.share((index as f64 + done) / order.policies.len() as f64);
        progress.news(PortsMoment { policy, epoch: epoch + 1, error: error / rows.len() as f64 });
    }
    let mut network = fit.network();
    for layer in &mut network.layers {
        layer.weight.iter_mut().chain(&mut layer.bias).for_each(shorten);
    }
    let tensors = tensors(policy, &network);
    let kept = kept.iter().flat_map(MeasuredPort::rows).collect();
    Ok(Learned { policy, tensors, rows, kept, network })
}

/// Rounds a weight as weight files hold it.
fn shorten(weight: &mut f64) {
    let mut short = *weight as f32;
    round_to_12_bits(&mut short);
    *weight = f64::from(short);
}

/// Writes the files of a model.
///
/// # Errors
/// Says which weight cannot be written.
pub fn finished(order: &PortsOrder, parts: Vec<Learned>) -> Result<TrainedPorts, InputError> {
    let mut all = Tensors::new();
    let (mut metrics, mut counts) = (BTreeMap::new(), BTreeMap::new());
    let mut seen = Vec::new();
    for part in &parts {
        all.extend(part.tensors.clone());
        metrics.insert(part.policy.name().to_owned(), measure(&part.kept, &part.network));
        counts.insert(format!("{}-train", part.policy.name()), part.rows.len());
        counts.insert(format!("{}-test", part.policy.name()), part.kept.len());
        let numbers = part.rows.iter().flat_map(|row| [row.wait_s, row.variance_s2, row.loss]);
        seen.extend(numbers.flat_map(f64::to_le_bytes));
    }
    let weights = to_bytes(&all)?;
    let input = |(index, name): (usize, &&str)| {
        let values =
            || parts.iter().flat_map(|part| &part.rows).map(|row| row.description.features[index]);
        TrainedInput {
            name: (*name).to_owned(),
            trained_minimum: values().fold(f64::INFINITY, f64::min),
            trained_maximum: values().fold(f64::NEG_INFINITY, f64::max),
        }
    };
    let card = PortsCard {
        format: 1,
        name: "ports".to_owned(),
        title: "Wait, its variance and loss of each class at a scheduled port".to_owned(),
        task: "port-classes".to_owned(),
        inputs: FEATURES.iter().enumerate().map(input).collect(),
        outputs: ["log_mean_wait", "log_wait_variance", "loss_log_odds"]
            .map(str::to_owned)
            .to_vec(),
        hidden: order.lesson.hidden.clone(),
        policies: order.policies.clone(),
        data: DataSource {
            source: "ports drawn at random, simulated packet by packet by this project".to_owned(),
            licence: "MIT OR Apache-2.0".to_owned(),
            rows: counts,
            fingerprint: fingerprint(&seen),
        },
        metrics,
        seed: order.seed,
        command: order.command(),
        weights_fingerprint: fingerprint(&weights),
    };
    Ok(TrainedPorts { card, weights })
}

/// How near `network` comes to `rows`.
pub fn measure(rows: &[Row], network: &Network) -> PortsMetrics {
    let rows = || rows.iter().filter(|row| row.sent >= LEAST_SENT);
    let off =
        |told: f64, measured: f64, beside: f64| ((told + beside) / (measured + beside) - 1.0).abs();
    let told = |row: &Row| corrected(&row.description, network);
    let delays: Vec<f64> =
        rows().map(|row| off(told(row).mean_wait_s, row.wait_s, row.send_s)).collect();
    let variances: Vec<f64> = rows()
        .map(|row| off(told(row).wait_variance_s2, row.variance_s2, 0.1 * row.send_s * row.send_s))
        .collect();
    let losses: Vec<f64> = rows().map(|row| (told(row).loss - row.loss).abs()).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    PortsMetrics {
        delay_mape: mean(&delays),
        delay_median_ape: median(delays),
        variance_median_ape: median(variances),
        loss_mae: mean(&losses),
        classes: losses.len(),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
