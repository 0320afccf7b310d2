//! Rows of a training: windows, demands, and how they go to a device.

use std::ops::Range;

use burn::tensor::{Device, Tensor};
use slicewise_core::InputError;
use slicewise_nets::recurrent::Recurrent;
use slicewise_nets::recurrent::module::{RecurrentModule, numbers, tensor};

use crate::model::{DECISION_OUTPUTS, Forecaster, decisions};
use crate::windows::{Demands, LOOK_BACK, Scale};

use super::calibration::Decided;

/// Rows that are evaluated at once.
pub(super) const EVALUATED_ROWS: usize = 1024;

/// Windows and demands of some steps.
pub(super) struct Rows {
    scales: Vec<Scale>,
    /// Standardised windows: rows x slices x look-back.
    windows: Vec<f64>,
    /// Last demand before the step: rows x slices.
    last: Vec<f64>,
    /// Demand of the step: rows x slices.
    demand: Vec<f64>,
}

/// Some rows on a device.
pub(super) struct Batch {
    /// Per slice and past step: rows x 1.
    pub window: Vec<Vec<Tensor<2>>>,
    /// Last demand as a share of the peak: rows x slices.
    pub last_share: Tensor<2>,
    /// Demand as a share of the peak: rows x slices.
    pub demand_share: Tensor<2>,
    /// Usual change at the last demand, and overall, as shares of the peak: rows x slices, twice.
    pub change_share: Tensor<2>,
    /// Peaks per usual change at the demand: rows x slices.
    pub sharpness: Tensor<2>,
}

impl Rows {
    pub fn new(demands: &Demands, steps: Range<usize>, forecaster: &Forecaster) -> Self {
        let windows = steps.clone().flat_map(|step| forecaster.standardised(&demands.window(step)));
        Self {
            scales: forecaster.scales.clone(),
            windows: windows.collect(),
            last: steps.clone().flat_map(|step| demands.at(step - 1)).collect(),
            demand: steps.flat_map(|step| demands.at(step)).collect(),
        }
    }

    pub fn len(&self) -> usize {
        self.demand.len() / self.slices()
    }

    pub fn scales(&self) -> &[Scale] {
        &self.scales
    }

    pub fn slices(&self) -> usize {
        self.scales.len()
    }

    /// Demand of each slice in `row`.
    pub fn demand(&self, row: usize) -> &[f64] {
        &self.demand[row * self.slices()..][..self.slices()]
    }

    /// The decisions in `row` where the regressor gives `outputs`.
    pub fn decision(&self, row: usize, outputs: &[f64]) -> Vec<f64> {
        let last = &self.last[row * self.slices()..][..self.slices()];
        decisions(&self.scales, last, outputs)
    }

    /// What `network` decides on `device` for at most `most` rows, evenly spread.
    pub async fn decided(
        &self,
        network: &Recurrent,
        most: usize,
        device: &Device,
    ) -> Result<Decided, InputError> {
        let slices = self.slices();
        let module = RecurrentModule::new(network, device);
        let every = self.len().div_ceil(most).max(1);
        let order: Vec<usize> = (0..self.len()).step_by(every).collect();
        let mut decided = Decided { decisions: vec![], last: vec![], demands: vec![] };
        for part in order.chunks(EVALUATED_ROWS) {
            let outputs = numbers(module.forward(&self.batch(part, device).window)).await?;
            for (row, outputs) in part.iter().zip(outputs.chunks_exact(self.outputs())) {
                decided.decisions.push(self.decision(*row, outputs));
                decided.last.push(self.last[row * slices..][..slices].to_vec());
                decided.demands.push(self.demand(*row).to_vec());
            }
        }
        Ok(decided)
    }

    /// Outputs of the regressor per row.
    pub fn outputs(&self) -> usize {
        DECISION_OUTPUTS * self.slices()
    }

    /// The rows `part`, in that order.
    pub fn batch(&self, part: &[usize], device: &Device) -> Batch {
        let (rows, slices) = (part.len(), self.slices());
        let window = (0..slices)
            .map(|slice| {
                let step = |step: usize| {
                    let at = |row: &usize| self.windows[(row * slices + slice) * LOOK_BACK + step];
                    tensor(&part.iter().map(at).collect::<Vec<_>>(), [rows, 1], device)
                };
                (0..LOOK_BACK).map(step).collect()
            })
            .collect();
        let table = |value: &dyn Fn(usize, &Scale) -> f64| {
            let values: Vec<f64> = part
                .iter()
                .flat_map(|row| {
                    let scales = self.scales.iter().enumerate();
                    scales.map(move |(slice, scale)| value(row * slices + slice, scale))
                })
                .collect();
            tensor(&values, [rows, slices], device)
        };
        let local = table(&|at, scale| scale.local_change(self.last[at]) / scale.peak);
        let overall = table(&|_, scale| scale.change / scale.peak);
        Batch {
            window,
            last_share: table(&|at, scale| self.last[at] / scale.peak),
            demand_share: table(&|at, scale| self.demand[at] / scale.peak),
            change_share: Tensor::cat(vec![local, overall], 1),
            sharpness: table(&|at, scale| scale.peak / scale.local_change(self.demand[at])),
        }
    }
}
