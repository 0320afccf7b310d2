//! What a network is worth where it was shown nothing: whole allocations are left out of its training,
//! and it promises for them.
//!
//! The rows of one traffic and allocation are a *cell*. They follow one another within a minute, so
//! that cells differ by more than chance: a row left out says little, a cell left out says how far a
//! promise can be wrong.

use slicewise_core::card::{Better, Confidence, Scale};
use slicewise_core::formats::measurements::Measurement;
use slicewise_core::seed::{shuffle, stream};
use slicewise_nets::Network;
use slicewise_nets::dense::head::Measure;
use slicewise_nets::dense::limits::Limits;

/// Parts into which the cells are dealt; each is left out once.
pub const FOLDS: usize = 5;
/// Cells of fewer rows are not judged by.
pub const LEAST_ROWS: usize = 20;
/// Degradation thresholds at which confidence is measured.
pub const PROMISES: [f64; 4] = [0.05, 0.1, 0.2, 0.3];
/// Confidences that a card tells.
pub const CONFIDENCES: [f64; 8] = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99];
/// The part of an interval's 90 % below it, and above it.
const TAIL: f64 = 0.05;

/// The rows of one traffic and allocation.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Traffic, then the allocation.
    pub inputs: Vec<f64>,
    /// Measured QoS, ascending.
    pub qos: Vec<f64>,
}

/// The cells of `rows`, by their inputs.
pub fn cells(rows: &[Measurement]) -> Vec<Cell> {
    let mut order: Vec<&Measurement> = rows.iter().collect();
    let by_inputs = |a: &[f64], b: &[f64]| {
        let pairs = a.iter().zip(b);
        pairs.map(|(a, b)| a.total_cmp(b)).find(|o| o.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    };
    order.sort_by(|a, b| by_inputs(&a.inputs, &b.inputs).then(a.qos.total_cmp(&b.qos)));
    let mut cells: Vec<Cell> = Vec::new();
    for row in order {
        match cells.last_mut() {
            Some(cell) if cell.inputs == row.inputs => cell.qos.push(row.qos),
            _ => cells.push(Cell { inputs: row.inputs.clone(), qos: vec![row.qos] }),
        }
    }
    cells
}

/// In which fold each of `count` cells is left out.
pub fn folds(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    shuffle(&mut order, &mut stream(seed, 0xf01d));
    let mut folds = vec![0; count];
    for (place, cell) in order.into_iter().enumerate() {
        folds[cell] = place % FOLDS;
    }
    folds
}

/// A network, and the cells that it was not shown.
#[derive(Clone, Debug)]
pub struct Fold {
    /// Trained without the cells.
    pub network: Network,
    /// Left out.
    pub cells: Vec<Cell>,
}

impl Cell {
    /// Share of the rows that miss `qos`.
    pub fn degradation(&self, qos: f64, better: Better) -> f64 {
        let missed = match better {
            Better::Higher => self.qos.partition_point(|q| *q <= qos),
            Better::Lower => self.qos.len() - self.qos.partition_point(|q| *q < qos),
        };
        missed as f64 / self.qos.len() as f64
    }

    /// The strictest QoS threshold that all but a share `degradation` of the rows keep.
    fn kept(&self, degradation: f64, better: Better) -> f64 {
        let missed = (degradation * self.qos.len() as f64).floor() as usize;
        match better {
            Better::Higher => self.qos[missed.min(self.qos.len() - 1)],
            Better::Lower => self.qos[self.qos.len() - 1 - missed.min(self.qos.len() - 1)],
        }
    }
}

/// Degradation of a cell by a network, as its threshold moves.
struct Promised<'a> {
    network: &'a Network,
    limits: Limits,
    inputs: &'a [f64],
    outputs: Vec<f64>,
}

impl<'a> Promised<'a> {
    fn new(network: &'a Network, inputs: &'a [f64]) -> Self {
        let limits = Limits::new(&network.card);
        Self { network, limits, inputs, outputs: network.outputs(inputs) }
    }

    fn degradation(&self, qos: f64) -> f64 {
        let threshold = self.network.card.output.scale.forward(qos);
        let value = self.network.head.value(&self.outputs, threshold, &Measure::Expected);
        self.limits.apply(self.inputs, threshold, value)
    }

    /// The strictest threshold whose degradation is at most `limit`, by bisection.
    fn strictest(&self, limit: f64) -> f64 {
        let output = &self.network.card.output;
        let lowest = if output.scale == Scale::Logarithmic { 1e-6 } else { 0.0 };
        let (mut low, mut high) = (lowest, 10.0 * output.measured_maximum.max(1e-6));
        for _ in 0..80 {
            let middle = 0.5 * (low + high);
            let kept = self.degradation(middle) <= limit;
            if kept == (output.better == Better::Higher) { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }
}

/// By what the promised threshold of each cell that was left out must be raised for the promise to
/// hold on what was measured there: more than 1 where the network promised too much.
pub fn factors(folds: &[Fold], degradation: f64) -> Vec<f64> {
    let judged = folds.iter().flat_map(|fold| {
        let cells = fold.cells.iter().filter(|cell| cell.qos.len() >= LEAST_ROWS);
        cells.map(|cell| (&fold.network, cell))
    });
    judged
        .map(|(network, cell)| {
            let better = network.card.output.better;
            let promised = Promised::new(network, &cell.inputs).strictest(degradation);
            let kept = cell.kept(degradation, better);
            if better == Better::Higher { promised / kept } else { kept / promised }
        })
        .collect()
}

/// By what thresholds are raised at each of [`CONFIDENCES`], so that the promises of that share of
/// the cells left out hold at every one of [`PROMISES`]; the split-conformal quantile with its
/// correction for the number of cells.
pub fn confidence_levels(folds: &[Fold]) -> Vec<Confidence> {
    let mut sorted: Vec<Vec<f64>> = PROMISES.iter().map(|p| factors(folds, *p)).collect();
    sorted.iter_mut().for_each(|factors| factors.sort_by(f64::total_cmp));
    let factor = |confidence: f64| {
        let at = |factors: &Vec<f64>| {
            let place = (confidence * (factors.len() + 1) as f64).ceil() as usize;
            factors.get(place.max(1) - 1).copied()
        };
        sorted.iter().map(at).collect::<Option<Vec<_>>>()?.into_iter().reduce(f64::max)
    };
    let levels = CONFIDENCES.into_iter();
    levels
        .filter_map(|confidence| Some(Confidence { confidence, factor: factor(confidence)? }))
        .collect()
}

/// How often 90 % intervals hold the rows of cells left out, as a mean over cells.
pub fn coverage(folds: &[Fold]) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    for fold in folds {
        for cell in fold.cells.iter().filter(|cell| cell.qos.len() >= LEAST_ROWS) {
            let promised = Promised::new(&fold.network, &cell.inputs);
            let inside = |qos: &&f64| (TAIL..=1.0 - TAIL).contains(&promised.degradation(**qos));
            sum += cell.qos.iter().filter(inside).count() as f64 / cell.qos.len() as f64;
            count += 1;
        }
    }
    sum / f64::from(count.max(1))
}

/// Promises for cells left out, beside what was measured there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Promises {
    /// Cells judged.
    pub cells: usize,
    /// Share of the promises that are broken by more than two standard errors of what was measured.
    pub broken: f64,
    /// Mean of the measured degradations.
    pub measured_degradation: f64,
    /// Mean of the promised QoS over the QoS that could have been promised.
    pub promised_share: f64,
}

/// Promises of `degradation` for the cells of each fold with `confidence`, whose factor is that of the
/// other folds: nothing that a promise is judged by was used to make it. Without a confidence the
/// networks are taken at their word.
pub fn promises(folds: &[Fold], degradation: f64, confidence: Option<f64>) -> Promises {
    let mut found = Promises::default();
    for (index, fold) in folds.iter().enumerate() {
        let others: Vec<Fold> =
            folds.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, f)| f.clone()).collect();
        let factor = confidence.map_or(1.0, |confidence| {
            let levels = confidence_levels(&others);
            levels.iter().find(|l| l.confidence >= confidence).map_or(f64::NAN, |l| l.factor)
        });
        let better = fold.network.card.output.better;
        for cell in fold.cells.iter().filter(|cell| cell.qos.len() >= LEAST_ROWS) {
            let strictest = Promised::new(&fold.network, &cell.inputs).strictest(degradation);
            let best = cell.kept(degradation, better);
            let (qos, share) = match better {
                Better::Higher => (strictest / factor, strictest / factor / best),
                Better::Lower => (strictest * factor, best / (strictest * factor)),
            };
            let measured = cell.degradation(qos, better);
            let error = (degradation * (1.0 - degradation) / cell.qos.len() as f64).sqrt();
            found.cells += 1;
            found.broken += f64::from(u8::from(measured - degradation > 2.0 * error));
            found.measured_degradation += measured;
            found.promised_share += share;
        }
    }
    let count = found.cells.max(1) as f64;
    found.broken /= count;
    found.measured_degradation /= count;
    found.promised_share /= count;
    found
}
