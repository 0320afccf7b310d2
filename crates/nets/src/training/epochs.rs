//! What all trainings do: passes over rows in a drawn order, under a falling learning rate.

use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};
use slicewise_core::InputError;
use slicewise_core::seed;
use slicewise_core::slice::training::TrainingMoment;
use slicewise_optim::{Halted, Monitor};

use super::Settings;

/// Held-back rows that are evaluated between two checkpoints.
const EVALUATED_ROWS: usize = 4096;
/// Rows that are brought into an epoch's order at a time, about.
const ORDERED_ROWS: usize = 16_384;

/// Rows on a device, in `N` tensors of rows x numbers.
pub(crate) struct DeviceRows<const N: usize> {
    pub(crate) count: usize,
    pub(crate) columns: [Tensor<2>; N],
}

impl<const N: usize> DeviceRows<N> {
    /// `count` rows; each part of `columns` holds its numbers row by row and how many a row has.
    pub(crate) fn new(count: usize, columns: [(Vec<f32>, usize); N], device: &Device) -> Self {
        let tensor = |(values, width): (Vec<f32>, usize)| {
            Tensor::from_data(TensorData::new(values, [count, width]), device)
        };
        Self { count, columns: columns.map(tensor) }
    }

    fn map(&self, count: usize, part: impl Fn(&Tensor<2>) -> Tensor<2>) -> Self {
        Self { count, columns: self.columns.each_ref().map(part) }
    }

    /// The rows `order`, in that order.
    fn in_order(&self, order: &[usize], device: &Device) -> Self {
        let indices: Vec<i32> = order.iter().map(|row| *row as i32).collect();
        let indices: Tensor<1, Int> =
            Tensor::from_data(TensorData::new(indices, [order.len()]), device);
        self.map(order.len(), |tensor| tensor.clone().select(0, indices.clone()))
    }

    /// Parts of `size` rows, the last of what is left.
    fn parts(&self, size: usize) -> impl Iterator<Item = Self> {
        (0..self.count).step_by(size).map(move |start| {
            let count = size.min(self.count - start);
            self.map(count, |tensor| tensor.clone().narrow(0, start, count))
        })
    }
}

/// What a training goes through.
pub(crate) struct Course<'a, const N: usize> {
    /// Rows to learn from, at least one.
    pub(crate) training: DeviceRows<N>,
    /// Rows that are only looked at, after each epoch.
    pub(crate) held_back: DeviceRows<N>,
    pub(crate) settings: &'a Settings,
    pub(crate) device: &'a Device,
    /// What is added to the losses that are told.
    pub(crate) loss_offset: f64,
}

/// Trains `module` to a small mean loss of rows; `step_loss` is that of a step, `loss` that of rows
/// which are only looked at.
///
/// # Errors
/// Says that the loss left the finite numbers, that the device did not answer, or that `monitor`
/// ended the training.
pub(crate) async fn learn<M: Module, const N: usize>(
    mut module: M,
    course: &Course<'_, N>,
    monitor: &impl Monitor,
    learned: &mut impl FnMut(TrainingMoment),
    mut step_loss: impl FnMut(&M, DeviceRows<N>) -> Tensor<1>,
    loss: impl Fn(&M, &DeviceRows<N>) -> Tensor<1>,
) -> Result<M, Halted> {
    let Course { training, held_back, settings, device, loss_offset } = course;
    let device = *device;
    let mut optimiser: ModuleOptimizer =
        AdamWConfig::new().with_weight_decay(settings.weight_decay).init();
    let mut order: Vec<usize> = (0..training.count).collect();
    let mut generator = seed::stream(settings.seed, 2);
    for epoch in 0..settings.epochs {
        seed::shuffle(&mut order, &mut generator);
        let rate = learning_rate(settings, epoch);
        let mut total = Tensor::<1>::zeros([1], device);
        for block in order.chunks(whole_batches(settings.batch)) {
            let block = training.in_order(block, device);
            for part in block.parts(settings.batch) {
                let count = part.count as f64;
                let loss = step_loss(&module, part);
                total = total + loss.clone().inner().mul_scalar(count);
                let gradients = GradientsParams::from_grads(loss.backward(), &module);
                module = optimiser.step(rate, module, gradients);
                monitor.checkpoint().await?;
            }
        }
        let training_loss = first(total).await? / training.count as f64 + loss_offset;
        let held_back_loss =
            mean_loss(&module.valid(), held_back, device, monitor, &loss).await? + loss_offset;
        if !training_loss.is_finite() {
            let allowed = format!("less: the loss is no number any more in epoch {}", epoch + 1);
            return Err(InputError::new("learning_rate", settings.learning_rate, allowed).into());
        }
        let (epoch, epochs) = (epoch + 1, settings.epochs);
        learned(TrainingMoment { epoch, epochs, training_loss, held_back_loss });
    }
    Ok(module)
}

/// Mean loss of `rows`; NaN where there is none.
async fn mean_loss<M, const N: usize>(
    module: &M,
    rows: &DeviceRows<N>,
    device: &Device,
    monitor: &impl Monitor,
    loss: impl Fn(&M, &DeviceRows<N>) -> Tensor<1>,
) -> Result<f64, Halted> {
    let mut total = Tensor::<1>::zeros([1], device);
    for part in rows.parts(EVALUATED_ROWS) {
        total = total + loss(module, &part).mul_scalar(part.count as f64);
        monitor.checkpoint().await?;
    }
    Ok(first(total).await? / rows.count as f64)
}

/// About [`ORDERED_ROWS`] rows, as whole batches.
fn whole_batches(batch: usize) -> usize {
    batch * ORDERED_ROWS.div_ceil(batch)
}

async fn first(tensor: Tensor<1>) -> Result<f64, Halted> {
    Ok(read(tensor).await?.first().copied().map_or(f64::NAN, f64::from))
}

/// The numbers of `tensor`, once the device has them.
pub(crate) async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, Halted> {
    match tensor.into_data_async().await {
        Ok(data) => Ok(data.iter::<f32>().collect()),
        Err(error) => {
            Err(InputError::new("device", format!("{error:?}"), "one that answers").into())
        }
    }
}

fn learning_rate(settings: &Settings, epoch: usize) -> f64 {
    let share = epoch as f64 / settings.epochs as f64;
    let cosine = 0.5 * (1.0 + (std::f64::consts::PI * share).cos());
    settings.learning_rate * (0.01 + 0.99 * cosine)
}
