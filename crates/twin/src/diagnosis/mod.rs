//! What is wrong with a network, by what was measured of it.
//!
//! Mean delays of flows and utilisations of links are compared with what the formula expects, under correlated normal
//! noise (`expected`) whose size is estimated too: where the middle half of the residuals scatters more than the
//! twin expects, all noise counts as that much larger. Everything that may be wrong is tried as an edit of the twin
//! (`causes`), one at a time: all of it by its direction, in which the residuals have to point, then what fits best
//! by the likelihood of what was measured, with the factor that makes it most likely.
//!
//! The alarm goes off where the largest of all statistics exceeds its threshold: one per cause that was tried, how far
//! the residuals point its way, and two per flow and link, how far it lies above or below. Each is standard normal
//! where nothing is wrong, so that by Bonferroni's inequality the threshold that one of n exceeds with probability
//! alpha / n keeps the chance of a false alarm below alpha, however they depend on one another, as long as the noise
//! is as assumed. What the formula misses is not quite normal, so that the threshold lies a margin above that one, which
//! healthy simulated runs have set.

mod causes;
pub mod evaluation;
mod expected;
mod gaussian;

use slicewise_core::InputError;
use slicewise_core::error::{check_count, check_range};
use slicewise_core::twin::Scenario;
use slicewise_core::twin::diagnosis::{
    Cause, CauseKind, ComparedFlow, ComparedLink, Diagnosis, DiagnosisOrder,
    MOST_MEASURED_UTILISATION, Measurements, USUAL_SECONDS,
};
use slicewise_core::twin::topology::check_index;
use slicewise_optim::monitor::{Halted, Monitor, Progress};

use self::causes::{Factors, Suspect, suspects};
use self::expected::{Expectation, Expected, Noise, Rows, Scales, Whitened};
use self::gaussian::normal_above;
use crate::problem::Problem;
use crate::routing::Routes;

/// Suspects of all kinds that are looked at closely, and at least so many of each kind.
const MOST_LIKELY: usize = 24;
const LEAST_OF_A_KIND: usize = 3;
/// Steps of the search for a factor.
const STEPS: usize = 14;
/// What a factor that may be anything costs, as so many factors do that may be one of some.
const ANYTHING: f64 = 12.0;
/// The alarm's threshold over that of normal noise, set by 69 healthy simulated runs, of which one came to more: about
/// the usual share of false alarms.
const MARGIN: f64 = 1.7;
/// Scale of the median of absolute normal numbers.
const MEDIAN_OF_NORMAL: f64 = 0.674_489_750_196_081_7;

/// What `measured` says of `problem`.
///
/// # Errors
/// Names the first field that cannot be used, or tells that the search was asked to stop.
pub async fn diagnose(
    problem: &Problem,
    measured: &Measurements,
    order: &DiagnosisOrder,
    monitor: &impl Monitor,
    progress: &mut impl Progress<()>,
) -> Result<Diagnosis, Halted> {
    order.validate()?;
    validate(&problem.scenario, measured)?;
    let mut search = Search::new(problem, measured)?;
    let suspects = suspects(&problem.scenario);
    let seen = search.look(&suspects, monitor, progress).await?;
    let likely = likely(&suspects, &seen);
    let mut causes = Vec::new();
    for (done, suspect) in likely.iter().enumerate() {
        monitor.checkpoint().await?;
        causes.extend(search.cause(&suspects[*suspect])?);
        progress.share(0.6 + 0.4 * done as f64 / likely.len() as f64);
    }
    let statistics = seen.len() + 2 * (measured.flows.len() + measured.links.len());
    let threshold = MARGIN * normal_above(order.false_alarms / statistics as f64);
    let interval = normal_above(0.5 * (1.0 - order.coverage));
    let (flows, links) = search.compared(interval);
    let alone = flows.iter().map(|flow| flow.deviations.abs());
    let alone = alone.chain(links.iter().map(|link| link.deviations.abs()));
    let largest = seen.iter().map(|seen| seen.deviations).chain(alone);
    let statistic = largest.filter(|value| value.is_finite()).fold(0.0, f64::max);
    let nothing_wrong = weigh(&suspects, &mut causes);
    causes.truncate(order.causes);
    Ok(Diagnosis {
        alarm: statistic > threshold,
        statistic,
        threshold,
        statistics,
        delay_noise: search.scales.delays,
        utilisation_noise: search.scales.utilisations,
        causes,
        nothing_wrong,
        flows,
        links,
        tried: seen.len(),
    })
}

/// Checks what was measured.
///
/// # Errors
/// Names the first field that cannot be used.
pub fn validate(scenario: &Scenario, measured: &Measurements) -> Result<(), InputError> {
    let topology = &scenario.topology;
    let rows = measured.flows.len() + measured.links.len();
    check_count("measured flows and links", rows, 1, 1_000_000)?;
    if let Some(seconds) = measured.seconds {
        check_range("seconds", seconds, 1e-6, 1e9, "s")?;
    }
    for (index, flow) in measured.flows.iter().enumerate() {
        let at = |field: &str| format!("flows[{index}].{field}");
        check_index(&at("source"), flow.source, topology.nodes.len())?;
        check_index(&at("target"), flow.target, topology.nodes.len())?;
        check_range(&at("mean_delay_s"), flow.mean_delay_s, 0.0, 1e6, "s")?;
    }
    for (index, link) in measured.links.iter().enumerate() {
        check_index(&format!("links[{index}].link"), link.link, topology.links.len())?;
        let field = format!("links[{index}].utilisation");
        check_range(&field, link.utilisation, 0.0, MOST_MEASURED_UTILISATION, "")?;
    }
    Ok(())
}

/// A suspect with one factor, as it looks at first.
#[derive(Clone, Copy, Debug)]
struct Seen {
    suspect: usize,
    /// How far the residuals point its way, in standard deviations.
    deviations: f64,
    /// By how much it makes the measurements more likely, with the best multiple of its effect.
    gain: f64,
}

/// What is measured, expected, and known of the noise.
struct Search<'a> {
    problem: &'a Problem,
    measured: &'a Measurements,
    delays: Vec<f64>,
    utilisations: Vec<f64>,
    /// Rows that count: something is expected to arrive.
    counts: Vec<bool>,
    expectation: Expectation,
    routes: Routes,
    expected: Expected,
    noise: Noise,
    scales: Scales,
    /// Logarithm of the likelihood where nothing is wrong.
    sound: f64,
}

impl<'a> Search<'a> {
    fn new(problem: &'a Problem, measured: &'a Measurements) -> Result<Self, InputError> {
        let seconds = measured.seconds.unwrap_or(USUAL_SECONDS);
        let rows = Rows::of(&problem.scenario, measured, seconds);
        let mut expectation = Expectation::new(rows);
        let mut routes = Routes::default();
        let (expected, noise) = expectation.with_noise(problem, &mut routes)?;
        let mut search = Self {
            problem,
            measured,
            delays: measured.flows.iter().map(|flow| flow.mean_delay_s).collect(),
            utilisations: measured.links.iter().map(|link| link.utilisation.min(1.0)).collect(),
            counts: expected.delays.iter().map(|delay| *delay > 0.0).collect(),
            expectation,
            routes,
            expected,
            noise,
            scales: Scales { delays: 1.0, utilisations: 1.0 },
            sound: 0.0,
        };
        let (delays, utilisations) = search.residuals(&search.expected);
        search.scales = Scales {
            delays: scale(&delays, &search.noise.of_delays, |row| search.counts[row]),
            utilisations: scale(&utilisations, &search.noise.of_utilisations, |_| true),
        };
        search.sound = search.log_likelihood(&search.expected, &search.noise);
        Ok(search)
    }

    /// Measured less `expected`; 0 in rows that do not count.
    fn residuals(&self, expected: &Expected) -> (Vec<f64>, Vec<f64>) {
        let less = |measured: &[f64], expected: &[f64]| -> Vec<f64> {
            measured.iter().zip(expected).map(|(measured, expected)| measured - expected).collect()
        };
        let mut delays = less(&self.delays, &expected.delays);
        delays
            .iter_mut()
            .zip(&self.counts)
            .filter(|(_, counts)| !**counts)
            .for_each(|(d, _)| *d = 0.0);
        (delays, less(&self.utilisations, &expected.utilisations))
    }

    fn whitened_residuals(&self, expected: &Expected, noise: &Noise) -> Whitened {
        let (delays, utilisations) = self.residuals(expected);
        noise.whitened(&delays, &utilisations)
    }

    fn log_likelihood(&self, expected: &Expected, noise: &Noise) -> f64 {
        let residuals = self.whitened_residuals(expected, noise);
        -0.5 * (residuals.inner(&residuals, self.scales) + noise.log_determinant(self.scales))
    }

    fn edited(&self, suspect: &Suspect, factor: f64) -> Result<(Problem, Routes), InputError> {
        let problem = self.problem.clone().with(&suspect.edits(&self.problem.scenario, factor))?;
        let routes = match suspect.kind {
            CauseKind::LinkWeight => Routes::default(),
            CauseKind::FailedMember => self.routes.without(&problem),
            _ => self.routes.clone(),
        };
        Ok((problem, routes))
    }

    /// Looks at all suspects.
    async fn look(
        &mut self,
        suspects: &[Suspect],
        monitor: &impl Monitor,
        progress: &mut impl Progress<()>,
    ) -> Result<Vec<Seen>, Halted> {
        let residuals = self.whitened_residuals(&self.expected, &self.noise);
        let mut seen = Vec::new();
        for (index, suspect) in suspects.iter().enumerate() {
            monitor.checkpoint().await?;
            for factor in suspect.first_factors(&self.problem.scenario) {
                let (problem, mut routes) = self.edited(suspect, factor)?;
                let expected = self.expectation.expected(&problem, &mut routes);
                let less = |new: &[f64], old: &[f64]| -> Vec<f64> {
                    new.iter().zip(old).map(|(new, old)| new - old).collect()
                };
                let mut delays = less(&expected.delays, &self.expected.delays);
                // What no longer arrives says nothing about its delay.
                delays
                    .iter_mut()
                    .zip(&expected.delays)
                    .filter(|(_, now)| **now <= 0.0)
                    .for_each(|(d, _)| *d = 0.0);
                let utilisations = less(&expected.utilisations, &self.expected.utilisations);
                let effect = self.noise.whitened(&delays, &utilisations);
                let length = effect.inner(&effect, self.scales);
                let along = effect.inner(&residuals, self.scales);
                // What would hardly be seen has no direction.
                let deviations = if length > 1e-6 { along / length.sqrt() } else { 0.0 };
                let multiple = (along / length.max(1e-300)).clamp(0.0, 4.0);
                let gain = multiple * (along - 0.5 * multiple * length);
                seen.push(Seen { suspect: index, deviations, gain });
            }
            progress.share(0.6 * (index + 1) as f64 / suspects.len() as f64);
        }
        Ok(seen)
    }

    /// The suspect with the factor that makes the measurements most likely; none where nothing fits.
    fn cause(&mut self, suspect: &Suspect) -> Result<Option<Cause>, InputError> {
        let mut best: Option<(f64, f64)> = None;
        match suspect.factors(&self.problem.scenario) {
            Factors::Some(factors) => {
                for factor in factors {
                    self.try_factor(suspect, factor, &mut best)?;
                }
            }
            Factors::Between(least, most) => {
                let at = |share: f64| least * libm::pow(most / least, share);
                const COARSE: usize = 6;
                let mut values = [0.0; COARSE + 1];
                for (step, value) in values.iter_mut().enumerate() {
                    *value =
                        self.try_factor(suspect, at(step as f64 / COARSE as f64), &mut best)?;
                }
                let mut middle = 0;
                for (step, value) in values.iter().enumerate() {
                    if *value > values[middle] {
                        middle = step;
                    }
                }
                self.narrow(
                    suspect,
                    &at,
                    middle as f64 / COARSE as f64,
                    1.0 / COARSE as f64,
                    &mut best,
                )?;
            }
        }
        Ok(best.map(|(log_likelihood, factor)| Cause {
            kind: suspect.kind,
            site: suspect.site,
            factor,
            class: suspect.class,
            edits: suspect.edits(&self.problem.scenario, factor),
            log_likelihood_ratio: log_likelihood - self.sound,
            probability: 0.0,
        }))
    }

    /// Searches around `middle` by golden sections.
    fn narrow(
        &mut self,
        suspect: &Suspect,
        at: &impl Fn(f64) -> f64,
        middle: f64,
        reach: f64,
        best: &mut Option<(f64, f64)>,
    ) -> Result<(), InputError> {
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        let (mut low, mut high) = ((middle - reach).max(0.0), (middle + reach).min(1.0));
        let (mut one, mut two) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        let mut of_one = self.try_factor(suspect, at(one), best)?;
        let mut of_two = self.try_factor(suspect, at(two), best)?;
        for _ in 0..STEPS - 2 {
            if of_one > of_two {
                (high, two, of_two) = (two, one, of_one);
                one = high - GOLDEN * (high - low);
                of_one = self.try_factor(suspect, at(one), best)?;
            } else {
                (low, one, of_one) = (one, two, of_two);
                two = low + GOLDEN * (high - low);
                of_two = self.try_factor(suspect, at(two), best)?;
            }
        }
        Ok(())
    }

    /// The likelihood with that factor; keeps it where it is the best.
    fn try_factor(
        &mut self,
        suspect: &Suspect,
        factor: f64,
        best: &mut Option<(f64, f64)>,
    ) -> Result<f64, InputError> {
        let (problem, mut routes) = self.edited(suspect, factor)?;
        let (expected, noise) = self.expectation.with_noise(&problem, &mut routes)?;
        let value = self.log_likelihood(&expected, &noise);
        if value.is_finite() && best.is_none_or(|(most, _)| value > most) {
            *best = Some((value, factor));
        }
        Ok(value)
    }

    /// The measured rows beside what is expected, with intervals of so many deviations to both sides.
    fn compared(&self, interval: f64) -> (Vec<ComparedFlow>, Vec<ComparedLink>) {
        let flow = |row: usize| {
            let counts = self.counts[row];
            let known = |value: f64| if counts { value } else { f64::NAN };
            let expected_s = known(self.expected.delays[row]);
            let deviation = self.scales.delays * self.noise.of_delays[row];
            let deviations = (self.delays[row] - expected_s) / deviation;
            ComparedFlow {
                expected_s,
                interval_s: (
                    (expected_s - interval * deviation).max(0.0),
                    expected_s + interval * deviation,
                ),
                outside: !counts || deviations.abs() > interval,
                deviations,
                expected_jitter_s2: known(self.expected.jitters[row]),
                expected_loss: self.expected.losses[row],
            }
        };
        let link = |row: usize| {
            let expected = self.expected.utilisations[row];
            let deviation = self.scales.utilisations * self.noise.of_utilisations[row];
            let deviations = (self.utilisations[row] - expected) / deviation;
            ComparedLink {
                expected,
                interval: (
                    (expected - interval * deviation).max(0.0),
                    (expected + interval * deviation).min(1.0),
                ),
                outside: deviations.abs() > interval,
                deviations,
            }
        };
        let (flows, links) = (self.measured.flows.len(), self.measured.links.len());
        ((0..flows).map(flow).collect(), (0..links).map(link).collect())
    }
}

/// By how much `residuals` scatter more than `deviations` say, by the median of the rows that count, at least 1.
fn scale(residuals: &[f64], deviations: &[f64], counts: impl Fn(usize) -> bool) -> f64 {
    let rows = residuals.iter().zip(deviations).enumerate();
    let pairs = rows.filter(|(row, (_, own))| counts(*row) && **own > 0.0);
    let mut sizes: Vec<f64> = pairs.map(|(_, (residual, own))| (residual / own).abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let median = sizes.get(sizes.len() / 2).copied().unwrap_or(0.0);
    (median / MEDIAN_OF_NORMAL).max(1.0)
}

/// Suspects that gain most, some of each kind among them.
fn likely(suspects: &[Suspect], seen: &[Seen]) -> Vec<usize> {
    let mut order: Vec<&Seen> = seen.iter().collect();
    order.sort_by(|a, b| b.gain.total_cmp(&a.gain).then(a.suspect.cmp(&b.suspect)));
    let mut chosen: Vec<usize> = Vec::new();
    let mut of_kind = [0; CauseKind::ALL.len()];
    for (place, seen) in order.into_iter().enumerate() {
        let kind = suspects[seen.suspect].kind as usize;
        let is_wanted = place < MOST_LIKELY || of_kind[kind] < LEAST_OF_A_KIND;
        if is_wanted && !chosen.contains(&seen.suspect) {
            chosen.push(seen.suspect);
            of_kind[kind] += 1;
        }
    }
    chosen
}

/// Gives `causes` their probabilities, the most probable first, and tells that of none.
///
/// Every kind and none are as likely before measuring, every site of a kind too, and so are the factors that are tried
/// of it.
fn weigh(suspects: &[Suspect], causes: &mut [Cause]) -> f64 {
    let log_prior = |cause: &Cause| {
        let of_kind = suspects.iter().filter(|suspect| suspect.kind == cause.kind).count();
        let factors = match cause.kind {
            CauseKind::HalvedCapacity => 1.0,
            CauseKind::FailedMember => 3.0,
            _ => ANYTHING,
        };
        -libm::log(of_kind as f64 * factors)
    };
    let logs: Vec<f64> =
        causes.iter().map(|cause| cause.log_likelihood_ratio + log_prior(cause)).collect();
    let most = logs.iter().copied().fold(0.0, f64::max);
    let all = libm::exp(-most) + logs.iter().map(|log| libm::exp(log - most)).sum::<f64>();
    for (cause, log) in causes.iter_mut().zip(&logs) {
        cause.probability = libm::exp(log - most) / all;
    }
    let key = |cause: &Cause| cause.log_likelihood_ratio + log_prior(cause);
    causes.sort_by(|a, b| key(b).total_cmp(&key(a)));
    libm::exp(-most) / all
}
