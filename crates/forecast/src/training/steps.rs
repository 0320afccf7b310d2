//! Single steps of both networks.

use burn::module::Module;
use burn::optim::grad_clipping::GradientClippingConfig;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use slicewise_core::InputError;
use slicewise_core::seed::{self, Rng};
use slicewise_nets::recurrent::module::{DenseModule, RecurrentModule, numbers, tensor};
use slicewise_nets::recurrent::{DenseStack, Recurrent};

use crate::losses::ExpertLoss;
use crate::model::{FAR, Forecaster, LOSS_INPUTS, LearnedLoss, REJECTED, loss_inputs};
use crate::windows::Scale;

use super::batches::{Batch, EVALUATED_ROWS, Rows};
use super::exploration::{explored, explored_demand, make_fit, noise};
use super::{Measured, Objective, Settings};

/// Largest norm of a tensor's gradient in a step.
const LARGEST_GRADIENT: f32 = 1.0;
/// Outcomes that set the scale of the cost before the first step.
const FIRST_OUTCOMES: usize = 4096;

fn optimiser() -> ModuleOptimizer {
    AdamConfig::new()
        .with_grad_clipping(Some(GradientClippingConfig::Norm(LARGEST_GRADIENT)))
        .init()
}

/// The regressor and its optimiser.
pub(super) struct RegressorLearner {
    module: RecurrentModule,
    optimiser: ModuleOptimizer,
}

impl RegressorLearner {
    pub fn new(forecaster: &Forecaster, device: &Device) -> Self {
        let module = RecurrentModule::new(&forecaster.network, &device.clone().autodiff());
        Self { module, optimiser: optimiser() }
    }

    pub async fn network(&self) -> Result<Recurrent, InputError> {
        self.module.valid().network().await
    }

    /// One step through the loss network for the rows `part`; returns the decisions that were taken,
    /// row by row.
    pub async fn step_through(
        &mut self,
        rows: &Rows,
        part: &[usize],
        batch: &Batch,
        loss: &mut LossLearner<'_>,
        rate: f64,
    ) -> Result<Vec<Vec<f64>>, InputError> {
        let outputs = self.module.forward(&batch.window);
        let read = numbers(outputs.clone().inner()).await?;
        let mut decided: Vec<Vec<f64>> = part
            .iter()
            .zip(read.chunks_exact(rows.outputs()))
            .map(|(row, outputs)| rows.decision(*row, outputs))
            .collect();
        let mut shares = batch.decision_share(&outputs);
        if loss.capacity.is_some() {
            decided.iter_mut().for_each(|decision| loss.make_fit(decision));
            shares = batch.with_rejected(shares, &decided, &loss.device);
        }
        let cost = loss.frozen().forward(batch.loss_inputs(shares)).mean();
        self.step(cost, rate);
        Ok(decided)
    }

    /// One step on an expert's loss; returns its mean.
    pub async fn step_on_expert(
        &mut self,
        batch: &Batch,
        expert: ExpertLoss,
        rate: f64,
    ) -> Result<f64, InputError> {
        let outputs = self.module.forward(&batch.window);
        let distance = batch.decision_share(&outputs) - batch.demand_share.clone();
        let value = expert_loss(expert, distance);
        let mean = value.mean();
        let read = mean.clone().inner();
        self.step(mean, rate);
        Ok(numbers(read).await?.first().copied().unwrap_or(f64::NAN))
    }

    fn step(&mut self, loss: Tensor<1>, rate: f64) {
        let gradients = GradientsParams::from_grads(loss.backward(), &self.module);
        self.module = self.optimiser.step(rate, self.module.clone(), gradients);
    }

    /// Mean cost, or expert's loss, of the decisions on `rows`; NaN without rows or where nothing can
    /// be measured.
    pub async fn validation_cost(
        &self,
        rows: &Rows,
        objective: Objective<'_>,
        loss: Option<&LossLearner<'_>>,
        device: &Device,
    ) -> Result<f64, InputError> {
        let module = self.module.valid();
        let order: Vec<usize> = (0..rows.len()).collect();
        let mut total = 0.0;
        for part in order.chunks(EVALUATED_ROWS) {
            let outputs = numbers(module.forward(&rows.batch(part, device).window)).await?;
            for (row, outputs) in part.iter().zip(outputs.chunks_exact(rows.outputs())) {
                let (decision, demand) = (rows.decision(*row, outputs), rows.demand(*row));
                total += match (objective, loss) {
                    (Objective::Expert(expert), _) => mean_expert(expert, rows, &decision, demand),
                    (Objective::Learned { measured: Measured::By(metric), .. }, _) => {
                        metric(&decision, demand)
                    }
                    _ => f64::NAN,
                };
            }
        }
        Ok(total / rows.len() as f64)
    }
}

fn mean_expert(expert: ExpertLoss, rows: &Rows, decision: &[f64], demand: &[f64]) -> f64 {
    let distances = decision.iter().zip(demand).zip(rows.scales());
    let total: f64 = distances.map(|((c, y), scale)| expert.value((c - y) / scale.peak)).sum();
    total / demand.len() as f64
}

/// The loss of distances as shares of the peak.
fn expert_loss(expert: ExpertLoss, distance: Tensor<2>) -> Tensor<2> {
    let lines = expert.lines();
    let mut loss = relu(distance.clone()).mul_scalar(lines.over)
        + relu(distance.clone().neg()).mul_scalar(lines.short);
    if lines.beyond != 0.0 {
        loss = loss + relu(distance.sub_scalar(lines.knee)).mul_scalar(lines.beyond);
    }
    loss.add_scalar(lines.at_zero)
}

impl Batch {
    /// The decisions as shares of the peak where the regressor gives `outputs`.
    fn decision_share(&self, outputs: &Tensor<2>) -> Tensor<2> {
        let slices = self.last_share.dims()[1];
        let parts = outputs.clone() * self.change_share.clone();
        let (local, overall) =
            (parts.clone().narrow(1, 0, slices), parts.narrow(1, slices, slices));
        self.last_share.clone() + local + overall
    }

    /// The decisions with those that are rejected in `decided` put in their place.
    fn with_rejected(&self, shares: Tensor<2>, decided: &[Vec<f64>], device: &Device) -> Tensor<2> {
        let slices = self.last_share.dims()[1];
        let served: Vec<f64> = decided
            .iter()
            .flatten()
            .map(|decision| if *decision >= 0.0 { 1.0 } else { 0.0 })
            .collect();
        let served = tensor(&served, [decided.len(), slices], device);
        let rejected = (served.clone().neg() + 1.0).mul_scalar(REJECTED);
        shares * served + rejected
    }

    /// The loss network's inputs for decisions as shares of the peak.
    fn loss_inputs(&self, decision: Tensor<2>) -> Tensor<2> {
        let distance = (decision.clone() - self.demand_share.clone()) * self.sharpness.clone();
        let distance = distance.clone() / (distance.abs().div_scalar(FAR) + 1.0);
        Tensor::cat(vec![distance, decision, self.demand_share.clone()], 1)
    }
}

/// The loss network, its optimiser and where it measures.
pub(super) struct LossLearner<'a> {
    module: DenseModule,
    optimiser: ModuleOptimizer,
    measured: Measured<'a>,
    scales: Vec<Scale>,
    mean: f64,
    deviation: f64,
    explored: usize,
    capacity: Option<f64>,
    generator: Box<dyn Rng>,
    device: Device,
}

/// Inputs and costs of a step.
#[derive(Default)]
struct Outcomes {
    inputs: Vec<f64>,
    costs: Vec<f64>,
}

impl<'a> LossLearner<'a> {
    pub fn new(
        stack: DenseStack,
        rows: &Rows,
        measured: Measured<'a>,
        capacity: Option<f64>,
        settings: &Settings,
        device: &Device,
    ) -> Result<Self, InputError> {
        if let Measured::In(records) = measured {
            check_records(records, rows.slices())?;
        }
        let mut learner = Self {
            module: DenseModule::new(&stack, &device.clone().autodiff()),
            optimiser: optimiser(),
            measured,
            scales: rows.scales().to_vec(),
            mean: 0.0,
            deviation: 1.0,
            explored: settings.explored,
            capacity,
            generator: Box::new(seed::stream(settings.seed, 14)),
            device: device.clone(),
        };
        let first = learner.explored(rows, FIRST_OUTCOMES)?;
        let count = first.costs.len() as f64;
        learner.mean = first.costs.iter().sum::<f64>() / count;
        let squares = first.costs.iter().map(|cost| (cost - learner.mean).powi(2)).sum::<f64>();
        let deviation = libm::sqrt(squares / count);
        learner.deviation = if deviation > 0.0 { deviation } else { 1.0 };
        Ok(learner)
    }

    pub fn frozen(&self) -> DenseModule {
        self.module.clone().valid()
    }

    /// Goes on from other weights.
    pub fn go_on_from(&mut self, stack: &DenseStack) {
        self.module = DenseModule::new(stack, &self.device.clone().autodiff());
    }

    pub async fn learned(&self) -> Result<LearnedLoss, InputError> {
        Ok(LearnedLoss {
            network: self.module.valid().stack().await?,
            scales: self.scales.clone(),
            mean: self.mean,
            deviation: self.deviation,
        })
    }

    /// One step on explored decisions (or records) alone.
    pub async fn step_on_explored(
        &mut self,
        rows: &Rows,
        count: usize,
        rate: f64,
    ) -> Result<f64, InputError> {
        let outcomes = self.explored(rows, count * (1 + self.explored))?;
        self.step(outcomes, rate).await
    }

    /// One step on the regressor's decisions for the rows `part`, with noise, and on explored ones.
    /// Returns the mean measured cost and the mean squared error in deviations of the cost.
    pub async fn step_on_decisions(
        &mut self,
        rows: &Rows,
        part: &[usize],
        decided: &[Vec<f64>],
        progress: f64,
        rate: f64,
    ) -> Result<(f64, f64), InputError> {
        let Measured::By(metric) = self.measured else {
            let square = self.step_on_explored(rows, part.len(), rate).await?;
            return Ok((self.estimated(rows, part, decided).await?, square));
        };
        let mut outcomes = Outcomes::default();
        for (row, decided) in part.iter().zip(decided) {
            let mut decision = decided.clone();
            for (decision, scale) in decision.iter_mut().zip(&self.scales) {
                *decision += scale.peak * noise(progress) * seed::normal(&mut self.generator);
            }
            self.keep_within(&mut decision, decided);
            let demand = rows.demand(*row);
            outcomes.push(&self.scales, &decision, demand, metric(&decision, demand))?;
        }
        let cost = outcomes.costs.iter().sum::<f64>() / part.len() as f64;
        for (row, decided) in part.iter().zip(decided) {
            for _ in 0..self.explored {
                self.explore(rows, *row, decided, metric, &mut outcomes)?;
            }
        }
        Ok((cost, self.step(outcomes, rate).await?))
    }

    /// Takes `decision` back to `decided` where noise alone made it exceed the capacity.
    fn keep_within(&self, decision: &mut [f64], decided: &[f64]) {
        let reserved: f64 = decision.iter().map(|decision| decision.max(0.0)).sum();
        if self.capacity.is_some_and(|capacity| reserved > capacity) {
            decision.copy_from_slice(decided);
        }
    }

    /// Rejects slices at random until the others fit.
    pub fn make_fit(&mut self, decision: &mut [f64]) {
        if let Some(capacity) = self.capacity {
            make_fit(decision, &self.scales, capacity, &mut self.generator);
        }
    }

    /// Mean cost of the decisions as the network estimates it, where no metric can be asked.
    async fn estimated(
        &self,
        rows: &Rows,
        part: &[usize],
        decided: &[Vec<f64>],
    ) -> Result<f64, InputError> {
        let mut inputs = Vec::new();
        for (row, decision) in part.iter().zip(decided) {
            inputs.extend(loss_inputs(&self.scales, decision, rows.demand(*row)));
        }
        let width = LOSS_INPUTS * self.scales.len();
        let inputs = tensor(&inputs, [part.len(), width], &self.device);
        let costs = numbers(self.module.valid().forward(inputs)).await?;
        let mean = costs.iter().sum::<f64>() / costs.len() as f64;
        Ok(self.mean + self.deviation * mean)
    }

    /// `count` outcomes of random rows or records.
    fn explored(&mut self, rows: &Rows, count: usize) -> Result<Outcomes, InputError> {
        let mut outcomes = Outcomes::default();
        for _ in 0..count {
            let draw = seed::uniform(&mut self.generator);
            match self.measured {
                Measured::By(metric) => {
                    let row = ((draw * rows.len() as f64) as usize).min(rows.len() - 1);
                    self.explore(rows, row, rows.demand(row), metric, &mut outcomes)?;
                }
                Measured::In(records) => {
                    let index = (draw * records.len() as f64) as usize;
                    let record = &records[index.min(records.len() - 1)];
                    let (decision, demand) = (&record.decision, &record.demand);
                    outcomes.push(&self.scales, decision, demand, record.cost)?;
                }
            }
        }
        Ok(outcomes)
    }

    /// Measures an explored decision for `row`: one slice, or about half of several, leave `base`.
    fn explore(
        &mut self,
        rows: &Rows,
        row: usize,
        base: &[f64],
        metric: &dyn Fn(&[f64], &[f64]) -> f64,
        outcomes: &mut Outcomes,
    ) -> Result<(), InputError> {
        let alone = self.scales.len() == 1;
        let demand = match &self.scales[..] {
            [scale] => vec![explored_demand(rows.demand(row)[0], scale, &mut self.generator)],
            // What comes together is part of what is learned.
            _ => rows.demand(row).to_vec(),
        };
        let mut decision = base.to_vec();
        for (decision, (scale, demand)) in decision.iter_mut().zip(self.scales.iter().zip(&demand))
        {
            if alone || seed::uniform(&mut self.generator) < 0.5 {
                *decision = explored(scale, *demand, &mut self.generator);
            }
        }
        self.make_fit(&mut decision);
        let cost = metric(&decision, &demand);
        outcomes.push(&self.scales, &decision, &demand, cost)
    }

    /// One step; returns the mean squared error before it.
    async fn step(&mut self, outcomes: Outcomes, rate: f64) -> Result<f64, InputError> {
        let rows = outcomes.costs.len();
        let width = LOSS_INPUTS * self.scales.len();
        let inputs = tensor(&outcomes.inputs, [rows, width], &self.device);
        let costs: Vec<f64> =
            outcomes.costs.iter().map(|cost| (cost - self.mean) / self.deviation).collect();
        let costs = tensor(&costs, [rows, 1], &self.device);
        let square = (self.module.forward(inputs) - costs).powi_scalar(2).mean();
        let read = square.clone().inner();
        let gradients = GradientsParams::from_grads(square.backward(), &self.module);
        self.module = self.optimiser.step(rate, self.module.clone(), gradients);
        Ok(numbers(read).await?.first().copied().unwrap_or(f64::NAN))
    }
}

impl Outcomes {
    fn push(
        &mut self,
        scales: &[Scale],
        decision: &[f64],
        demand: &[f64],
        cost: f64,
    ) -> Result<(), InputError> {
        if !cost.is_finite() {
            let found = format!("{cost} for decision {decision:?} at demand {demand:?}");
            return Err(InputError::new("metric", found, "a finite cost"));
        }
        self.inputs.extend(loss_inputs(scales, decision, demand));
        self.costs.push(cost);
        Ok(())
    }
}

fn check_records(records: &[super::CostRecord], slices: usize) -> Result<(), InputError> {
    if records.is_empty() {
        return Err(InputError::new("records", "none", "at least one"));
    }
    for (index, record) in records.iter().enumerate() {
        let allowed = || format!("{slices} finite numbers");
        for (name, values) in [("decision", &record.decision), ("demand", &record.demand)] {
            if values.len() != slices || values.iter().any(|value| !value.is_finite()) {
                let field = format!("records[{index}].{name}");
                return Err(InputError::new(field, format!("{values:?}"), allowed()));
            }
        }
    }
    Ok(())
}
