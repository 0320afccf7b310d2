//! What a search asks about its constraint g(x) <= limit.

/// Evaluates constraints on batches of points in the unit box.
///
/// Many problems are searched as one batch: each point has an owner, the index of the problem whose
/// constraint is asked for.
#[allow(async_fn_in_trait, reason = "searches run on one thread, no Send bound is wanted")]
pub trait Constraint {
    /// Number of variables, the same for every owner.
    fn dimension(&self) -> usize;

    /// g at each point; `points` holds owners x [`Self::dimension`] numbers, point by point.
    async fn values(&mut self, owners: &[usize], points: &[f64], values: &mut [f64]);

    /// g and its gradient at each point.
    async fn gradients(
        &mut self,
        owners: &[usize],
        points: &[f64],
        values: &mut [f64],
        gradients: &mut [f64],
    );
}

/// What one owner wants: least c·x subject to g(x) <= limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms<'a> {
    /// Cost per variable, more than 0.
    pub costs: &'a [f64],
    /// Limit on g.
    pub limit: f64,
}
