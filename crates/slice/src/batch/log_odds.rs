//! The promise on a scale on which a coarse descent finds it nearly linear.

use slicewise_optim::Constraint;

use crate::question::Question;

/// Degradations are kept this far from 0 and 1, where odds end.
pub const EDGE: f64 = 1e-9;
/// The limit on this scale, whatever the question's.
pub const LIMIT: f64 = 1.0;

/// ln(D / (1 - D)) of a degradation.
pub fn log_odds(degradation: f64) -> f64 {
    let kept = degradation.clamp(EDGE, 1.0 - EDGE);
    libm::log(kept / (1.0 - kept))
}

/// A constraint on degradations D as one on log-odds: ln(D / (1 - D)) less that of the question's limit,
/// plus [`LIMIT`]. A degradation is Φ of a nearly piecewise linear function of the allocation; its
/// log-odds bend far less than itself, and still slope where it has all but reached 0 or 1.
pub struct LogOdds<'a, C> {
    constraint: C,
    questions: &'a [Question],
}

impl<'a, C: Constraint> LogOdds<'a, C> {
    /// Rescales `constraint`, whose owner i is question i.
    pub fn new(constraint: C, questions: &'a [Question]) -> Self {
        Self { constraint, questions }
    }

    /// The constraint on degradations.
    pub fn into_inner(self) -> C {
        self.constraint
    }

    fn rescale(&self, owner: usize, degradation: f64) -> f64 {
        log_odds(degradation) - log_odds(self.questions[owner].limit) + LIMIT
    }
}

impl<C: Constraint> Constraint for LogOdds<'_, C> {
    fn dimension(&self) -> usize {
        self.constraint.dimension()
    }

    async fn values(&mut self, owners: &[usize], points: &[f64], values: &mut [f64]) {
        self.constraint.values(owners, points, values).await;
        for (value, owner) in values.iter_mut().zip(owners) {
            *value = self.rescale(*owner, *value);
        }
    }

    async fn gradients(
        &mut self,
        owners: &[usize],
        points: &[f64],
        values: &mut [f64],
        gradients: &mut [f64],
    ) {
        let dimension = self.dimension();
        self.constraint.gradients(owners, points, values, gradients).await;
        let found = values.iter_mut().zip(gradients.chunks_exact_mut(dimension));
        for ((value, gradient), owner) in found.zip(owners) {
            let kept = value.clamp(EDGE, 1.0 - EDGE);
            let slope = 1.0 / (kept * (1.0 - kept));
            gradient.iter_mut().for_each(|part| *part *= slope);
            *value = self.rescale(*owner, *value);
        }
    }
}
