//! Estimators on panels of rows, with explicit SIMD and no allocation per row.

use pulp::{Arch, Simd, WithSimd};
use slicewise_core::cells::Curves;
use slicewise_core::cells::card::EstimatorForm;

use super::Estimator;
use super::line::Lines;
use crate::dense::evaluator::Evaluator;
use crate::dense::layer::VECTORS;
use crate::dense::panel::{DensePanel, MOST_LANES};
use crate::lane_math::{self, Lanes};

/// The largest number below 1: slopes at the share 1 are those just below it.
const BELOW_ONE: f64 = 1.0 - f64::EPSILON / 2.0;

/// An estimator ready for fast evaluation on this CPU.
#[derive(Clone, Debug)]
pub struct EstimatorEvaluator {
    arch: Arch,
    inputs: usize,
    form: Form,
    dense: DensePanel,
}

#[derive(Clone, Debug)]
enum Form {
    Plain(Lines),
    Monotone(Knots),
}

#[derive(Clone, Debug)]
struct Knots {
    shares: Vec<f64>,
    /// 1 / width of each interval.
    inverses: Vec<f64>,
}

impl EstimatorEvaluator {
    /// Packs the weights of `estimator` and allocates the workspace.
    pub fn new(estimator: &Estimator) -> Self {
        let form = match &estimator.card.architecture.form {
            EstimatorForm::Plain => Form::Plain(Lines::default()),
            EstimatorForm::Monotone { knots } => {
                let inverses = knots.windows(2).map(|pair| 1.0 / (pair[1] - pair[0])).collect();
                Form::Monotone(Knots { shares: knots.clone(), inverses })
            }
        };
        let dense = DensePanel::new(&estimator.layers);
        Self { arch: Arch::new(), inputs: estimator.inputs(), form, dense }
    }

    /// Features per slice.
    pub fn features(&self) -> usize {
        self.inputs - 1
    }

    /// Satisfaction, 0 to 1, of each row `[share, features..]`; shares outside 0 to 1 count as the
    /// nearest of these in the monotone form.
    pub fn values_now(&mut self, inputs: &[f64], values: &mut [f64]) {
        let arch = self.arch;
        arch.dispatch(Pass { evaluator: self, inputs, values, gradients: None });
    }

    /// Satisfaction of each row and its gradient with respect to the row's inputs. It is 0 where a
    /// plain network is cut at 0 or 1; where the slope changes, it is one of both sides'.
    pub fn gradients_now(&mut self, inputs: &[f64], values: &mut [f64], gradients: &mut [f64]) {
        let arch = self.arch;
        arch.dispatch(Pass { evaluator: self, inputs, values, gradients: Some(gradients) });
    }

    /// The exact curve of each slice over all shares, in the place of what `curves` held. `features`
    /// holds slices x [`Self::features`] numbers.
    ///
    /// In the monotone form all curves have their points at the knots. In the plain form they lie
    /// where a unit of the network, or the cut at 0 and 1, changes sides.
    pub fn curves(&mut self, features: &[f64], curves: &mut Curves) {
        curves.clear();
        curves.offsets.push(0);
        let arch = self.arch;
        arch.dispatch(CurvePass { evaluator: self, features, curves });
    }
}

impl Evaluator for EstimatorEvaluator {
    /// The value of a row is its satisfaction: there is nothing else to ask.
    type Question = ();

    fn inputs(&self) -> usize {
        self.inputs
    }

    async fn values(&mut self, inputs: &[f64], _: &(), values: &mut [f64]) {
        self.values_now(inputs, values);
    }

    async fn gradients(
        &mut self,
        inputs: &[f64],
        _: &(),
        values: &mut [f64],
        gradients: &mut [f64],
    ) {
        self.gradients_now(inputs, values, gradients);
    }
}

/// One batch of rows on its way through the network.
struct Pass<'a> {
    evaluator: &'a mut EstimatorEvaluator,
    inputs: &'a [f64],
    values: &'a mut [f64],
    gradients: Option<&'a mut [f64]>,
}

impl WithSimd for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { evaluator, inputs, values, mut gradients } = self;
        let EstimatorEvaluator { inputs: width, form, dense, .. } = evaluator;
        let panel = S::F64_LANES * VECTORS;
        let panels = inputs.chunks(panel * *width).zip(values.chunks_mut(panel));
        for (index, (rows, values)) in panels.enumerate() {
            let slope = match form {
                Form::Plain(_) => {
                    dense.forward(simd, rows, *width);
                    plain_head(simd, dense, values);
                    None
                }
                Form::Monotone(knots) => {
                    dense.forward(simd, &rows[1..], *width);
                    Some(knots.head(simd, dense, rows, *width, values))
                }
            };
            if let Some(gradients) = gradients.as_deref_mut() {
                dense.backward(simd);
                let target = &mut gradients[index * panel * *width..][..rows.len()];
                write_gradients(dense, target, *width, panel, slope.as_ref());
            }
        }
    }
}

/// A number per row of a panel.
type PanelNumbers = [f64; VECTORS * MOST_LANES];

/// The satisfaction of each row, and its derivative by the network's output in the first buffer.
#[inline(always)]
fn plain_head<S: Simd>(simd: S, dense: &mut DensePanel, values: &mut [f64]) {
    let start = dense.output_start() * VECTORS;
    let raw = Lanes::<S, VECTORS>::load(simd, &S::as_simd_f64s(&dense.activations).0[start..]);
    let (zero, one) = (Lanes::splat(simd, 0.0), Lanes::splat(simd, 1.0));
    let low = (-raw).if_less(0.0, one, zero);
    let partial = raw.if_less(1.0, low, zero);
    partial.store(S::as_mut_simd_f64s(&mut dense.gradients).0);
    raw.larger(zero).smaller(one).store_some(values);
}

/// Copies the gradients of a panel to its rows; `slope` is the share's where the network does not
/// read it.
#[inline(always)]
fn write_gradients(
    dense: &DensePanel,
    target: &mut [f64],
    width: usize,
    lanes: usize,
    slope: Option<&PanelNumbers>,
) {
    for (lane, row) in target.chunks_exact_mut(width).enumerate() {
        let first = usize::from(slope.is_some());
        for (unit, value) in row[first..].iter_mut().enumerate() {
            *value = dense.gradients[unit * lanes + lane];
        }
        if let Some(slope) = slope {
            row[0] = slope[lane];
        }
    }
}

impl Knots {
    /// The satisfaction of each row; its derivatives by the logits go to the first buffer, that by
    /// the share is returned.
    #[inline(always)]
    fn head<S: Simd>(
        &self,
        simd: S,
        dense: &mut DensePanel,
        rows: &[f64],
        width: usize,
        values: &mut [f64],
    ) -> PanelNumbers {
        let mut shares: PanelNumbers = [0.0; VECTORS * MOST_LANES];
        for (share, row) in shares.iter_mut().zip(rows.chunks_exact(width)) {
            *share = row[0];
        }
        let (zero, one) = (Lanes::<S, VECTORS>::splat(simd, 0.0), Lanes::splat(simd, 1.0));
        let share = Lanes::<S, VECTORS>::load_some(simd, &shares).larger(zero).smaller(one);
        let below_one = share.smaller(Lanes::splat(simd, BELOW_ONE));
        let parts = self.shares.len() + 1;
        let (partials, chances) = softmax(simd, dense, parts);
        let chance = |part: usize| Lanes::<S, VECTORS>::load(simd, &chances[part * VECTORS..]);
        let (mut total, mut slope) = (chance(0), zero);
        one.store(partials);
        zero.store(&mut partials[(parts - 1) * VECTORS..]);
        for (index, inverse) in self.inverses.iter().enumerate() {
            let (from, to) = (self.shares[index], self.shares[index + 1]);
            let place = ((share - from) * *inverse).larger(zero).smaller(one);
            let chance = chance(index + 1);
            total = total + chance * place;
            let inside = below_one.if_less(to, chance * *inverse, zero);
            slope = slope + below_one.if_less(from, zero, inside);
            place.store(&mut partials[(index + 1) * VECTORS..]);
        }
        for part in 0..parts {
            let place = Lanes::<S, VECTORS>::load(simd, &partials[part * VECTORS..]);
            let partial = (chance(part) * (place - total)).without_dust();
            partial.store(&mut partials[part * VECTORS..]);
        }
        total.smaller(one).store_some(values);
        let mut slopes: PanelNumbers = [0.0; VECTORS * MOST_LANES];
        slope.store_some(&mut slopes);
        slopes
    }

    /// The satisfaction of each slice of the panel at each knot, curve by curve.
    #[inline(always)]
    fn curve_panel<S: Simd>(&self, simd: S, dense: &mut DensePanel, target: &mut [f64]) {
        let count = self.shares.len();
        let one = Lanes::<S, VECTORS>::splat(simd, 1.0);
        let (sums, chances) = softmax(simd, dense, count + 1);
        let mut total = Lanes::<S, VECTORS>::splat(simd, 0.0);
        for knot in 0..count {
            total = total + Lanes::load(simd, &chances[knot * VECTORS..]);
            total.smaller(one).store(&mut sums[knot * VECTORS..]);
        }
        let lanes = Lanes::<S, VECTORS>::COUNT;
        for (lane, curve) in target.chunks_exact_mut(count).enumerate() {
            for (knot, value) in curve.iter_mut().enumerate() {
                *value = dense.gradients[knot * lanes + lane];
            }
        }
    }
}

/// Turns the network's outputs into chances that sum to 1, in the second buffer for gradients, and
/// returns both buffers.
#[inline(always)]
fn softmax<S: Simd>(
    simd: S,
    dense: &mut DensePanel,
    parts: usize,
) -> (&mut [S::f64s], &mut [S::f64s]) {
    let start = dense.output_start() * VECTORS;
    let outputs = &S::as_simd_f64s(&dense.activations).0[start..];
    let buffers = S::as_mut_simd_f64s(&mut dense.gradients).0;
    let (first, chances) = buffers.split_at_mut(buffers.len() / 2);
    let logit = |part: usize| Lanes::<S, VECTORS>::load(simd, &outputs[part * VECTORS..]);
    let mut highest = logit(0);
    for part in 1..parts {
        highest = highest.larger(logit(part));
    }
    let mut sum = Lanes::<S, VECTORS>::splat(simd, 0.0);
    for part in 0..parts {
        let grown = lane_math::exp(logit(part) - highest);
        sum = sum + grown;
        grown.store(&mut chances[part * VECTORS..]);
    }
    let inverse = Lanes::<S, VECTORS>::splat(simd, 1.0) / sum;
    for part in 0..parts {
        let place = &mut chances[part * VECTORS..];
        (Lanes::<S, VECTORS>::load(simd, place) * inverse).store(place);
    }
    (first, chances)
}

/// Slices on their way to their curves.
struct CurvePass<'a> {
    evaluator: &'a mut EstimatorEvaluator,
    features: &'a [f64],
    curves: &'a mut Curves,
}

impl WithSimd for CurvePass<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { evaluator, features, curves } = self;
        let width = evaluator.features();
        let EstimatorEvaluator { form, dense, .. } = evaluator;
        let knots = match form {
            Form::Plain(lines) => return lines.curves(simd, dense, features, width, curves),
            Form::Monotone(knots) => knots,
        };
        let (slices, count) = (features.len() / width, knots.shares.len());
        curves.satisfaction.resize(slices * count, 0.0);
        let panel = S::F64_LANES * VECTORS;
        let targets = curves.satisfaction.chunks_mut(panel * count);
        for (features, target) in features.chunks(panel * width).zip(targets) {
            dense.forward(simd, features, width);
            knots.curve_panel(simd, dense, target);
        }
        curves.shares.reserve(slices * count);
        for slice in 1..=slices {
            curves.shares.extend_from_slice(&knots.shares);
            curves.offsets.push((slice * count) as u32);
        }
    }
}
