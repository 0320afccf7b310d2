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

/// A constraint on two variables as formulas, for tests.
#[cfg(test)]
pub(crate) struct Formula {
    pub(crate) value: fn(&[f64]) -> f64,
    pub(crate) gradient: fn(&[f64]) -> [f64; 2],
}

#[cfg(test)]
impl Constraint for Formula {
    fn dimension(&self) -> usize {
        2
    }

    async fn values(&mut self, _: &[usize], points: &[f64], values: &mut [f64]) {
        for (value, point) in values.iter_mut().zip(points.chunks_exact(2)) {
            *value = (self.value)(point);
        }
    }

    async fn gradients(
        &mut self,
        owners: &[usize],
        points: &[f64],
        values: &mut [f64],
        gradients: &mut [f64],
    ) {
        self.values(owners, points, values).await;
        for (gradient, point) in gradients.chunks_exact_mut(2).zip(points.chunks_exact(2)) {
            gradient.copy_from_slice(&(self.gradient)(point));
        }
    }
}

/// What one owner wants: least c·x subject to g(x) <= limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms<'a> {
    /// Cost per variable, more than 0.
    pub costs: &'a [f64],
    /// Limit on g.
    pub limit: f64,
}
