//! What a search asks about its constraint g(x) <= limit.

/// Evaluates one constraint on batches of points in the unit box.
#[allow(async_fn_in_trait, reason = "searches run on one thread, no Send bound is wanted")]
pub trait Constraint {
    /// Number of variables.
    fn dimension(&self) -> usize;

    /// g at each point; `points` holds points x [`Self::dimension`] numbers, point by point.
    async fn values(&mut self, points: &[f64], values: &mut [f64]);

    /// g and its gradient at each point.
    async fn gradients(&mut self, points: &[f64], values: &mut [f64], gradients: &mut [f64]);
}
