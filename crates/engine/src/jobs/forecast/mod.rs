//! Jobs for the Forecast planner.

mod admit;
mod explore;
#[cfg(feature = "burn")]
pub mod learn;
mod reserve;

use std::collections::HashMap;
use std::rc::Rc;

use slicewise_core::InputError;
use slicewise_core::card::fingerprint;
use slicewise_core::error::check_range;
use slicewise_core::forecast::job::{ForecastJob, ForecastOutcome};
use slicewise_core::forecast::job::{HELD_BACK, LearnedNetworks, Terms, TraceSource};
use slicewise_core::forecast::{DemandSeries, ForecasterCard, Service, TEST_DAYS, TRAINING_DAYS};
use slicewise_forecast::files;
use slicewise_forecast::model::NetworkSet;
use slicewise_optim::Monitor;

use super::JobError;
use admit::Admissions;
use reserve::Decided;

/// The most of revenue and penalty, in units of the peak, and of the over-provisioning price.
pub const MOST_TERMS: f64 = 1000.0;

/// Networks that are ready to decide.
#[derive(Debug)]
pub struct Networks {
    /// What they are.
    pub card: ForecasterCard,
    /// The networks.
    pub set: NetworkSet,
}

impl Networks {
    /// Reads a card and its weight file.
    ///
    /// # Errors
    /// Names what is wrong with either.
    pub fn read(card: ForecasterCard, weights: &[u8]) -> Result<Self, InputError> {
        let set = files::read(&card, weights)?;
        Ok(Self { card, set })
    }

    /// Reads networks that were learnt in the tab, or that the visitor opened.
    ///
    /// # Errors
    /// Names what is wrong with them.
    pub fn of_visitor(networks: &LearnedNetworks) -> Result<Self, InputError> {
        let read = Self::read(networks.card.clone(), &networks.weights);
        read.map_err(|error| error.within("networks"))
    }
}

/// What an engine keeps between jobs.
#[derive(Debug, Default)]
pub struct Forecasters {
    loaded: HashMap<String, Rc<Networks>>,
    decided: Option<Rc<Decided>>,
    admissions: Option<Rc<Admissions>>,
}

impl Forecasters {
    /// The networks that were kept under `key`.
    pub fn get(&self, key: &str) -> Option<Rc<Networks>> {
        self.loaded.get(key).cloned()
    }

    /// Keeps networks under `key`.
    pub fn keep(&mut self, key: &str, networks: Networks) -> Rc<Networks> {
        let networks = Rc::new(networks);
        self.loaded.insert(key.to_owned(), networks.clone());
        networks
    }

    /// Our admissions for `key`, if that was the last question.
    pub fn admissions(&self, key: &str) -> Option<Rc<Admissions>> {
        self.admissions.as_ref().filter(|admissions| admissions.key == key).cloned()
    }

    /// Keeps our admissions, in place of the last ones.
    pub fn keep_admissions(&mut self, admissions: Rc<Admissions>) {
        self.admissions = Some(admissions);
    }

    /// What was decided for `key`, if that was the last trace and networks.
    pub fn decided(&self, key: &str) -> Option<Rc<Decided>> {
        self.decided.as_ref().filter(|decided| decided.key() == key).cloned()
    }

    /// Keeps what was decided, in place of the last one.
    pub fn keep_decided(&mut self, decided: Rc<Decided>) {
        self.decided = Some(decided);
    }
}

/// The engine's memory between jobs, shared by all jobs under way.
pub type Memory = std::cell::RefCell<Forecasters>;

/// Runs `job` with `networks`. `observe` hears the share of the work done; `now` gives milliseconds.
///
/// # Errors
/// Names what is wrong with the job, or says that `monitor` stopped it.
pub async fn run(
    job: &ForecastJob,
    networks: Option<&Networks>,
    memory: &Memory,
    monitor: &impl Monitor,
    observe: &mut impl FnMut(f64),
    now: &impl Fn() -> f64,
) -> Result<ForecastOutcome, JobError> {
    match job {
        ForecastJob::Reserve(question) => {
            let networks = needed(networks)?;
            check_terms(&question.terms)?;
            let trace = Trace::of(&question.trace)?;
            let decided = decided(trace, networks, memory, monitor, observe, now).await?;
            let plan = decided.plan(question, networks, monitor, observe).await?;
            Ok(ForecastOutcome::Reserved(Box::new(plan)))
        }
        ForecastJob::Admit(question) => {
            let plan = match networks {
                Some(networks) => admit::ours(question, networks, memory, monitor, observe).await?,
                None => admit::overbooked(question)?,
            };
            Ok(ForecastOutcome::Admitted(Box::new(plan)))
        }
        ForecastJob::Explore(question) => {
            let (trace, networks) = (Trace::of(&question.trace)?, needed(networks)?);
            let decided = decided(trace, networks, memory, monitor, observe, now).await?;
            let picture = explore::picture(&decided, networks, monitor).await?;
            Ok(ForecastOutcome::Explored(Box::new(picture)))
        }
        ForecastJob::Surface(question) => {
            let surface = explore::surface(question, needed(networks)?, monitor).await?;
            Ok(ForecastOutcome::Surface(Box::new(surface)))
        }
        ForecastJob::Learn(_) | ForecastJob::LearnAdmission(_) => {
            let allowed = "a job without training: only the build slicewise-learning trains";
            Err(InputError::new("job", "learn", allowed).into())
        }
    }
}

/// What was decided for `trace` with `networks`, now or the last time.
async fn decided(
    trace: Trace,
    networks: &Networks,
    memory: &Memory,
    monitor: &impl Monitor,
    observe: &mut impl FnMut(f64),
    now: &impl Fn() -> f64,
) -> Result<Rc<Decided>, JobError> {
    let key = format!("{} {}", trace.fingerprint, networks.card.weights_fingerprint);
    let kept = memory.borrow().decided(&key);
    if let Some(decided) = kept {
        return Ok(decided);
    }
    let decided = Rc::new(Decided::new(key, trace, networks, monitor, observe, now).await?);
    memory.borrow_mut().keep_decided(decided.clone());
    Ok(decided)
}

fn needed(networks: Option<&Networks>) -> Result<&Networks, InputError> {
    networks.ok_or_else(|| InputError::new("networks", "none", "networks for this job"))
}

/// A trace, its test being the last third.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Demand.
    pub series: DemandSeries,
    /// First step of the test.
    pub test_from: usize,
    /// FNV-1a fingerprint of the values.
    pub fingerprint: String,
}

impl Trace {
    /// Generates or takes the demand.
    ///
    /// # Errors
    /// Names the field of the trace that cannot be used.
    pub fn of(source: &TraceSource) -> Result<Self, InputError> {
        let series = match source {
            TraceSource::Generated { service, seed } => {
                let days = TRAINING_DAYS + TEST_DAYS;
                Service::of(*service).generate(service.as_str(), days, *seed)?
            }
            TraceSource::Given(given) => DemandSeries::from(given),
        };
        series.validate().map_err(|error| error.within("trace"))?;
        let steps = series.values.len();
        let test_from = steps - (HELD_BACK * steps as f64) as usize;
        let least = 3 * slicewise_forecast::windows::LOOK_BACK;
        check_range("length of the trace", steps as f64, least as f64, f64::INFINITY, "samples")?;
        let bytes: Vec<u8> = series.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Ok(Self { series, test_from, fingerprint: fingerprint(&bytes) })
    }

    /// Largest demand before the test; 1 where there was none.
    pub fn peak(&self) -> f64 {
        slicewise_forecast::windows::Scale::of(&self.series.values[..self.test_from]).peak
    }
}

fn check_terms(terms: &Terms) -> Result<(), InputError> {
    check_range("revenue", terms.revenue, 0.0, MOST_TERMS, "of the peak")?;
    check_range("penalty", terms.penalty, 0.0, MOST_TERMS, "of the peak")?;
    check_range("overprovisioning_price", terms.overprovisioning_price, 0.0, MOST_TERMS, "")?;
    if terms.revenue + terms.penalty <= 0.0 {
        return Err(InputError::new("revenue + penalty", 0, "more than 0"));
    }
    Ok(())
}
