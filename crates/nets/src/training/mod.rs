//! What the trainings of all blocks share.

pub(crate) mod epochs;
pub(crate) mod layers;

/// How to train.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows per step of the optimiser.
    pub batch: usize,
    /// Learning rate of AdamW at the start; it falls to a hundredth along a half cosine.
    pub learning_rate: f64,
    /// Decay of the weights per step and unit of learning rate: keeps the surface smooth between
    /// the few allocations that were measured.
    pub weight_decay: f32,
    /// Seed of the initial weights and of the order of the rows.
    pub seed: u64,
}
