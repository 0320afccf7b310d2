//! What the twin expects to be measured, and how noisy that is.
//!
//! A mean delay is off by what the mean waits of the queues on the way are off, which all flows that cross them share,
//! and by the flow's own sampling. The mean wait of a queue is off by its sampling, since waits come in busy periods
//! (for M/M/1 the variance of the mean of n waits is r (2 + 5 r - 4 r^2 + r^3) / (1 - r)^4 service times squared over
//! n: Blomqvist, "The covariance function of the M/G/1 queuing system", 1967), and by a share that the formula misses.
//! A flow's rate is off by its sampling, which all links on its way share.

use slicewise_core::InputError;
use slicewise_core::twin::diagnosis::Measurements;
use slicewise_core::twin::{Answer, FlowState, Scenario};

use super::gaussian::{Gaussian, Prepared};
use crate::formula::Formula;
use crate::problem::Problem;
use crate::routing::{RoutedFlow, RoutedNetwork, Routes};

/// Share of its wait by which the formula misses a queue, and each flow in it once more, at low loads and at a load of
/// 1 and above: without weights of classes and with them. Set by simulations of networks that the evaluation with its
/// own seeds does not use.
const MISSED_WAIT: [[f64; 2]; 2] = [[0.03, 0.10], [0.05, 0.12]];
/// Share of the variance by sampling that all queues of a port have in common.
const COMMON: f64 = 0.5;
/// Load from which it misses more.
const MISSES_MORE: f64 = 0.6;
/// Share of a mean delay by which clocks and the known lengths of routes are off.
const CLOCK: f64 = 5e-3;
/// Share of a utilisation by which counters and their periods are off.
const COUNTER: f64 = 5e-3;
/// Share of what is lost by which the formula misses it.
const MISSED_LOSS: f64 = 0.3;
/// Utilisation that no counter tells apart from none.
const LEAST_UTILISATION: f64 = 1e-4;
/// Links up to which the noise of utilisations counts as shared; above it each counts alone.
const MOST_DENSE: usize = 600;

/// Which flows of a scenario each measured row is about, and which links.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// Flows of each measured flow.
    pub(super) flows: Vec<Vec<u32>>,
    /// Packets that each measured mean is of; NaN where that is not told.
    packets: Vec<f64>,
    /// The measured links.
    pub(super) links: Vec<u32>,
    seconds: f64,
}

impl Rows {
    /// The rows of `measured`, for `seconds` where packets are not told.
    pub(super) fn of(scenario: &Scenario, measured: &Measurements, seconds: f64) -> Self {
        let mut by_pair: std::collections::HashMap<(u32, u32), Vec<u32>> = Default::default();
        for (flow, index) in scenario.flows.iter().zip(0..) {
            by_pair.entry((flow.source, flow.target)).or_default().push(index);
        }
        let flows_of = |row: &slicewise_core::twin::diagnosis::MeasuredFlow| {
            let all = by_pair.get(&(row.source, row.target)).into_iter().flatten().copied();
            let fits =
                |flow: &u32| row.class.is_none_or(|c| c == scenario.flows[*flow as usize].class);
            all.filter(fits).collect()
        };
        Self {
            flows: measured.flows.iter().map(flows_of).collect(),
            packets: measured.flows.iter().map(|row| row.packets.unwrap_or(f64::NAN)).collect(),
            links: measured.links.iter().map(|row| row.link).collect(),
            seconds,
        }
    }
}

/// What is expected of each measured row.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    /// Mean delays, in seconds; 0 where nothing arrives.
    pub(super) delays: Vec<f64>,
    /// Variances of the delay.
    pub(super) jitters: Vec<f64>,
    /// Shares of lost packets.
    pub(super) losses: Vec<f64>,
    /// Utilisations.
    pub(super) utilisations: Vec<f64>,
}

/// How what is measured scatters around what is expected.
#[derive(Clone, Debug)]
pub(super) struct Noise {
    delays: Gaussian,
    utilisations: Gaussian,
    /// Standard deviation of each delay.
    pub(super) of_delays: Vec<f64>,
    /// Standard deviation of each utilisation.
    pub(super) of_utilisations: Vec<f64>,
}

/// Residuals, ready for inner products: of delays and of utilisations.
#[derive(Clone, Debug)]
pub(super) struct Whitened(Prepared, Prepared);

/// By how much noise exceeds what is expected of it, at least 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scales {
    pub(super) delays: f64,
    pub(super) utilisations: f64,
}

impl Whitened {
    /// The inner product where the noise is `scales` times as large.
    pub(super) fn inner(&self, other: &Self, scales: Scales) -> f64 {
        self.0.inner(&other.0) / (scales.delays * scales.delays)
            + self.1.inner(&other.1) / (scales.utilisations * scales.utilisations)
    }
}

impl Noise {
    /// `delays` and `utilisations` less what is expected, ready for inner products.
    pub(super) fn whitened(&self, delays: &[f64], utilisations: &[f64]) -> Whitened {
        Whitened(self.delays.prepare(delays), self.utilisations.prepare(utilisations))
    }

    /// Natural logarithm of the covariance's determinant where the noise is `scales` times as large.
    pub(super) fn log_determinant(&self, scales: Scales) -> f64 {
        let (delays, utilisations) =
            (self.of_delays.len() as f64, self.of_utilisations.len() as f64);
        self.delays.log_determinant()
            + 2.0 * delays * libm::log(scales.delays)
            + self.utilisations.log_determinant()
            + 2.0 * utilisations * libm::log(scales.utilisations)
    }
}

/// Answers by formula for the measured rows, its memory kept.
#[derive(Clone, Debug)]
pub(super) struct Expectation {
    rows: Rows,
    formula: Formula,
}

impl Expectation {
    pub(super) fn new(rows: Rows) -> Self {
        Self { rows, formula: Formula::default() }
    }

    /// What is expected of `problem`.
    pub(super) fn expected(&mut self, problem: &Problem, routes: &mut Routes) -> Expected {
        let network = RoutedNetwork::new(problem, routes);
        let answer = self.formula.brief(&network);
        self.of_answer(problem, &answer)
    }

    /// The same with its noise.
    pub(super) fn with_noise(
        &mut self,
        problem: &Problem,
        routes: &mut Routes,
    ) -> Result<(Expected, Noise), InputError> {
        let network = RoutedNetwork::new(problem, routes);
        let answer = self.formula.brief(&network);
        let expected = self.of_answer(problem, &answer);
        let noise = self.noise(&network, &answer, &expected)?;
        Ok((expected, noise))
    }

    fn of_answer(&self, problem: &Problem, answer: &Answer) -> Expected {
        let mut expected = Expected::default();
        for flows in &self.rows.flows {
            let row = row_of(&problem.scenario, answer, flows);
            expected.delays.push(row.mean_s);
            expected.jitters.push(row.variance_s2);
            expected.losses.push(row.loss);
        }
        let links = &answer.links;
        let busy = |link: &u32| {
            let at = *link as usize;
            let carried = links.utilisation[at] * (1.0 - links.loss[at]);
            if carried.is_nan() { 0.0 } else { carried.min(1.0) }
        };
        expected.utilisations = self.rows.links.iter().map(busy).collect();
        expected
    }

    fn noise(
        &self,
        network: &RoutedNetwork<'_>,
        answer: &Answer,
        expected: &Expected,
    ) -> Result<Noise, InputError> {
        let (delays, of_delays) = self.delay_noise(network, answer, expected)?;
        let (utilisations, of_utilisations) = self.utilisation_noise(network, answer, expected)?;
        Ok(Noise { delays, utilisations, of_delays, of_utilisations })
    }

    fn delay_noise(
        &self,
        network: &RoutedNetwork<'_>,
        answer: &Answer,
        expected: &Expected,
    ) -> Result<(Gaussian, Vec<f64>), InputError> {
        let scenario = &network.problem.scenario;
        let classes = scenario.classes();
        let waits = self.formula.waits();
        let deviations = self.wait_deviations(scenario, answer);
        let links = deviations.len();
        let hops = hop_shares(network);
        let (mut variances, mut rows) = (Vec::new(), Vec::new());
        let mut sources = Sources::new(links + waits.len());
        for (row, flows) in self.rows.flows.iter().enumerate() {
            let (mut arriving, mut packets) = (Vec::new(), 0.0);
            for flow in flows {
                let rate = packet_rate(scenario, *flow);
                if answer.flows.state[*flow as usize] == FlowState::Arrives && rate > 0.0 {
                    arriving.push((*flow, rate));
                    packets += rate;
                }
            }
            let mut parts: Vec<(u32, f64)> = Vec::new();
            let mut own = 0.0;
            for (flow, rate) in arriving {
                let class = scenario.flows[flow as usize].class as usize;
                for (link, share) in &hops[flow as usize] {
                    let queue = *link as usize * classes + class;
                    let wait = rate / packets * share * waits[queue];
                    let [of_port, of_queue, of_flow] = deviations[*link as usize];
                    own += wait * of_flow * wait * of_flow;
                    for (source, part) in
                        [(*link as usize, wait * of_port), (links + queue, wait * of_queue)]
                    {
                        let source = sources.place(source);
                        match parts.iter_mut().find(|(own, _)| *own == source) {
                            Some((_, sum)) => *sum += part,
                            None => parts.push((source, part)),
                        }
                    }
                }
            }
            let told = self.rows.packets[row];
            let sampled = if told.is_nan() { packets * self.rows.seconds } else { told }.max(1.0);
            let clock = CLOCK * expected.delays[row];
            variances.push(clock * clock + own + expected.jitters[row] / sampled + 1e-18);
            rows.push(parts);
        }
        let total = |(variance, row): (&f64, &Vec<(u32, f64)>)| {
            (variance + row.iter().map(|(_, part)| part * part).sum::<f64>()).sqrt()
        };
        let deviations = variances.iter().zip(&rows).map(total).collect();
        Ok((Gaussian::shared(&variances, rows, sources.count as usize)?, deviations))
    }

    /// By which share the mean waits at each link are off: of all its queues together, of
    /// each of them, and of each flow, since the formula sees only roughly where a flow's packets come from.
    fn wait_deviations(&self, scenario: &Scenario, answer: &Answer) -> Vec<[f64; 3]> {
        let rates = self.formula.packet_rates();
        let deviation = |(index, rate): (usize, &f64)| {
            let load = answer.links.utilisation[index];
            if load.is_nan() {
                return [0.0; 3];
            }
            let queueing = &scenario.queueings[scenario.topology.links[index].queueing as usize];
            let places = match queueing.buffer {
                slicewise_core::twin::Buffer::Packets(packets) => f64::from(packets) + 1.0,
                slicewise_core::twin::Buffer::Bits(bits) => bits / 12_000.0 + 1.0,
            };
            // A limited buffer ends busy periods that would last longer.
            let idle = (1.0 - load).abs().max(1.0 / places.max(2.0));
            let load = load.clamp(0.02, 1.0);
            let numerator = 2.0 + 5.0 * load - 4.0 * load * load + load * load * load;
            let sampled = numerator / (load * idle * idle) / (rate * self.rows.seconds).max(1.0);
            let above = ((load - MISSES_MORE) / (1.0 - MISSES_MORE)).clamp(0.0, 1.0);
            let shares = MISSED_WAIT[usize::from(queueing.policy.has_weights())];
            let missed = shares[0] + (shares[1] - shares[0]) * above;
            let of_queue = (missed * missed + (1.0 - COMMON) * sampled).sqrt();
            [(COMMON * sampled).sqrt(), of_queue, missed]
        };
        rates.iter().enumerate().map(deviation).collect()
    }

    fn utilisation_noise(
        &self,
        network: &RoutedNetwork<'_>,
        answer: &Answer,
        expected: &Expected,
    ) -> Result<(Gaussian, Vec<f64>), InputError> {
        let scenario = &network.problem.scenario;
        let size = self.rows.links.len();
        let mut matrix = vec![0.0; if size <= MOST_DENSE { size * size } else { 0 }];
        let mut variances = vec![0.0; size];
        for (row, link) in self.rows.links.iter().enumerate() {
            let own = expected.utilisations[row];
            let loss = answer.links.loss[*link as usize];
            let lost = if loss.is_nan() { 0.0 } else { MISSED_LOSS * loss * own };
            let counter = COUNTER * own;
            variances[row] =
                counter * counter + lost * lost + LEAST_UTILISATION * LEAST_UTILISATION;
        }
        let mut row_of = vec![usize::MAX; scenario.topology.links.len()];
        self.rows.links.iter().enumerate().for_each(|(row, link)| row_of[*link as usize] = row);
        for routed in &network.flows {
            let own = &scenario.flows[routed.flow as usize];
            let sizes = &scenario.packets[own.packets as usize];
            let sent = (packet_rate(scenario, routed.flow) * self.rows.seconds).max(1.0);
            let squares = sizes.mean_square_bits() / (sizes.mean_bits() * sizes.mean_bits());
            let relative = (squares / sent).sqrt() * own.rate_bit_per_s;
            for (one, other, both) in crossings(network, routed) {
                let (row, column) = (row_of[one as usize], row_of[other as usize]);
                if row == usize::MAX || column == usize::MAX {
                    continue;
                }
                let capacity =
                    |link: u32| scenario.topology.links[link as usize].capacity_bit_per_s;
                let part = both * relative / capacity(one) * relative / capacity(other);
                if row == column {
                    variances[row] += part;
                } else if !matrix.is_empty() {
                    matrix[row.max(column) * size + row.min(column)] += part;
                }
            }
        }
        let deviations = variances.iter().map(|variance| variance.sqrt()).collect();
        if matrix.is_empty() {
            return Ok((Gaussian::shared(&variances, vec![Vec::new(); size], 0)?, deviations));
        }
        variances
            .iter()
            .enumerate()
            .for_each(|(row, variance)| matrix[row * size + row] = *variance);
        Ok((Gaussian::dense(&matrix, size)?, deviations))
    }
}

/// Queues that some row crosses, counted as they come.
struct Sources {
    place: Vec<u32>,
    count: u32,
}

impl Sources {
    fn new(queues: usize) -> Self {
        Self { place: vec![u32::MAX; queues], count: 0 }
    }

    fn place(&mut self, queue: usize) -> u32 {
        if self.place[queue] == u32::MAX {
            self.place[queue] = self.count;
            self.count += 1;
        }
        self.place[queue]
    }
}

/// What some flows together see.
struct Row {
    mean_s: f64,
    variance_s2: f64,
    loss: f64,
}

/// The flows of a row, weighted by the packets that arrive.
fn row_of(scenario: &Scenario, answer: &Answer, flows: &[u32]) -> Row {
    let of = &answer.flows;
    let (mut sent, mut arriving, mut sum, mut squares) = (0.0, 0.0, 0.0, 0.0);
    for flow in flows {
        let at = *flow as usize;
        let rate = packet_rate(scenario, *flow);
        sent += rate;
        let mean = of.mean_delay_s[at];
        if mean.is_nan() {
            continue;
        }
        let passing = rate * (1.0 - of.loss[at]);
        arriving += passing;
        sum += passing * mean;
        squares += passing * (of.jitter_s2[at] + mean * mean);
    }
    if arriving <= 0.0 {
        return Row { mean_s: 0.0, variance_s2: 0.0, loss: 1.0 };
    }
    let mean_s = sum / arriving;
    let variance_s2 = (squares / arriving - mean_s * mean_s).max(0.0);
    Row { mean_s, variance_s2, loss: 1.0 - arriving / sent }
}

/// Packets per second that a flow sends.
fn packet_rate(scenario: &Scenario, flow: u32) -> f64 {
    let flow = &scenario.flows[flow as usize];
    flow.rate_bit_per_s / scenario.packets[flow.packets as usize].mean_bits()
}

/// Pairs of links, each with the share of a flow's packets that cross both, and each link with itself: packets choose
/// their ways by themselves, so that those on two ways that part are independent.
fn crossings(network: &RoutedNetwork<'_>, routed: &RoutedFlow) -> Vec<(u32, u32, f64)> {
    let mut found = Vec::new();
    let hops = network.hops_of(routed);
    let shares: Vec<f64> =
        network.shares(routed, &mut Vec::new()).map(|(_, share)| share).collect();
    let mut reaching = vec![0.0; routed.stations as usize];
    for (at, (one, share)) in hops.iter().zip(&shares).enumerate() {
        found.push((one.link, one.link, *share));
        reaching.fill(0.0);
        reaching[one.to as usize] = *share;
        for other in &hops[at + 1..] {
            let both = reaching[other.from as usize] * other.share;
            if both > 0.0 {
                reaching[other.to as usize] += both;
                found.push((one.link, other.link, both));
            }
        }
    }
    found
}

/// Links of every flow of the scenario, each with the share of the flow that takes it.
fn hop_shares(network: &RoutedNetwork<'_>) -> Vec<Vec<(u32, f64)>> {
    let mut shares = vec![Vec::new(); network.problem.scenario.flows.len()];
    let mut reaching = Vec::new();
    for routed in &network.flows {
        let own = network.shares(routed, &mut reaching);
        shares[routed.flow as usize] = own.map(|(hop, share)| (hop.link, share)).collect();
    }
    shares
}
