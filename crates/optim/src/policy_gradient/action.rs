//! What an agent's action may be, and how a network's output becomes one.

use burn::tensor::activation::softmax;
use burn::tensor::{Tensor, TensorData};
use slicewise_core::InputError;
use slicewise_core::seed::{self, Rng};

/// Bound of the numbers that [`ActionForm::Simplex`] exponentiates: parts differ by e⁶ at most, so
/// that a policy that has gone too far still has a gradient to come back by.
pub const LARGEST_LOGIT: f64 = 3.0;

/// The set that actions come from.
#[derive(Clone, Debug, PartialEq)]
pub enum ActionForm {
    /// Numbers between bounds of their own. Noise is added to the action in units of half its
    /// range, and what leaves the box is clipped (Fujimoto et al. 2018, algorithm 1).
    Box {
        /// Least value of each number.
        lowest: Vec<f64>,
        /// Largest value of each number.
        highest: Vec<f64>,
    },
    /// `parts` numbers of 0 or more that sum to 1: a softmax. Noise is added before it, so that
    /// every noisy action is a split as well.
    Simplex {
        /// Number of parts.
        parts: usize,
    },
}

impl ActionForm {
    /// Numbers per action.
    pub fn width(&self) -> usize {
        match self {
            Self::Box { lowest, .. } => lowest.len(),
            Self::Simplex { parts } => *parts,
        }
    }

    /// Checks widths and bounds.
    ///
    /// # Errors
    /// Names the field that is out of range.
    pub fn validate(&self) -> Result<(), InputError> {
        if self.width() == 0 {
            return Err(InputError::new("action", "no number", "one or more"));
        }
        let Self::Box { lowest, highest } = self else { return Ok(()) };
        if lowest.len() != highest.len() {
            let allowed = format!("{}, as many as lowest", lowest.len());
            return Err(InputError::new("highest", format!("{} numbers", highest.len()), allowed));
        }
        let wrong = lowest
            .iter()
            .zip(highest)
            .find(|(low, high)| !low.is_finite() || !high.is_finite() || low >= high);
        match wrong {
            Some((low, high)) => {
                Err(InputError::new("highest", high, format!("finite and more than {low}")))
            }
            None => Ok(()),
        }
    }

    /// Actions of the raw outputs `raw`, agents x rows x width, with `noise` of the same shape.
    pub(super) fn actions(&self, raw: Tensor<3>, noise: Option<Tensor<3>>) -> Tensor<3> {
        match self {
            Self::Box { lowest, highest } => {
                let device = raw.device();
                let row = |values: Vec<f32>| {
                    let shape = [1, 1, values.len()];
                    Tensor::<3>::from_data(TensorData::new(values, shape), &device)
                };
                let bounds = lowest.iter().zip(highest);
                let centre = row(bounds.clone().map(|(l, h)| (0.5 * (l + h)) as f32).collect());
                let half = row(bounds.map(|(l, h)| (0.5 * (h - l)) as f32).collect());
                let unit = match noise {
                    Some(noise) => (raw.tanh() + noise).clamp(-1.0, 1.0),
                    None => raw.tanh(),
                };
                unit * half + centre
            }
            Self::Simplex { .. } => {
                let bounded = raw.div_scalar(LARGEST_LOGIT).tanh().mul_scalar(LARGEST_LOGIT);
                match noise {
                    Some(noise) => softmax(bounded + noise, 2),
                    None => softmax(bounded, 2),
                }
            }
        }
    }

    /// An action drawn uniformly from the set.
    pub(super) fn random(&self, generator: &mut impl Rng) -> Vec<f64> {
        match self {
            Self::Box { lowest, highest } => lowest
                .iter()
                .zip(highest)
                .map(|(low, high)| low + (high - low) * seed::uniform(generator))
                .collect(),
            Self::Simplex { parts } => {
                // Exponential numbers over their sum are uniform on the simplex.
                let draws: Vec<f64> =
                    (0..*parts).map(|_| -libm::log(1.0 - seed::uniform(generator))).collect();
                let sum: f64 = draws.iter().sum();
                draws.iter().map(|draw| draw / sum).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn tensor(values: &[f32], width: usize) -> Tensor<3> {
        let shape = [1, values.len() / width, width];
        Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
    }

    fn numbers(tensor: Tensor<3>) -> Vec<f32> {
        tensor.into_data().iter::<f32>().collect()
    }

    #[test]
    fn a_box_is_filled_by_the_hyperbolic_tangent_and_noise_is_clipped_at_its_walls() {
        let form = ActionForm::Box { lowest: vec![0.0, -4.0], highest: vec![1.0, 4.0] };
        let raw = tensor(&[0.0, 0.5], 2);
        let plain = numbers(form.actions(raw.clone(), None));
        assert!((plain[0] - 0.5).abs() < 1e-6);
        assert!((plain[1] - 4.0 * 0.5f32.tanh()).abs() < 1e-5);
        let noisy = numbers(form.actions(raw, Some(tensor(&[0.2, 9.0], 2))));
        assert!((noisy[0] - 0.6).abs() < 1e-6);
        assert!((noisy[1] - 4.0).abs() < 1e-6);
    }

    #[test]
    fn a_noisy_point_of_the_simplex_still_sums_to_one() {
        let form = ActionForm::Simplex { parts: 3 };
        let parts = numbers(form.actions(tensor(&[50.0, -1.0, 0.0], 3), None));
        assert!((parts.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!(parts.iter().all(|part| *part > 0.0));
        let noise = tensor(&[-2.0, 7.0, 1.0], 3);
        let parts = numbers(form.actions(tensor(&[50.0, -1.0, 0.0], 3), Some(noise)));
        assert!((parts.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn random_actions_cover_their_set_evenly() {
        let mut generator = seed::stream(5, 0);
        let form = ActionForm::Simplex { parts: 3 };
        let draws: Vec<Vec<f64>> = (0..4000).map(|_| form.random(&mut generator)).collect();
        assert!(draws.iter().all(|draw| (draw.iter().sum::<f64>() - 1.0).abs() < 1e-12));
        // A uniform point of the triangle has its first part below 1/2 with probability 3/4.
        let below = draws.iter().filter(|draw| draw[0] < 0.5).count() as f64 / 4000.0;
        assert!((below - 0.75).abs() < 0.03, "{below}");
        let form = ActionForm::Box { lowest: vec![-1.0], highest: vec![3.0] };
        let mean = (0..4000).map(|_| form.random(&mut generator)[0]).sum::<f64>() / 4000.0;
        assert!((mean - 1.0).abs() < 0.08, "{mean}");
    }

    #[test]
    fn bounds_that_make_no_box_are_named() {
        let wrong = |lowest: &[f64], highest: &[f64]| {
            let form = ActionForm::Box { lowest: lowest.to_vec(), highest: highest.to_vec() };
            form.validate().unwrap_err().field
        };
        assert_eq!(wrong(&[0.0], &[0.0]), "highest");
        assert_eq!(wrong(&[0.0], &[1.0, 2.0]), "highest");
        assert_eq!(wrong(&[], &[]), "action");
        assert_eq!(ActionForm::Simplex { parts: 0 }.validate().unwrap_err().field, "action");
    }
}
