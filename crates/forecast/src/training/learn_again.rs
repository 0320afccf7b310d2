//! "Learn again": both networks from the visitor's trace and his agreement or recorded costs, or for the
//! four services under his terms.

use std::cell::{Cell, RefCell};

use burn::tensor::Device;
use slicewise_core::InputError;
use slicewise_core::error::check_range;
use slicewise_core::forecast::learning::{
    AdmissionLearnOrder, LearnOrder, LearningMoment, LossSeen,
};
use slicewise_core::forecast::networks::LearnedNetworks;
use slicewise_core::forecast::trace::HELD_BACK;
use slicewise_core::forecast::{CostRecord, ForecastNews, ServiceAgreement};
use slicewise_optim::{Halted, Monitor, Progress, Stopped};

use super::orders::{AdmissionOrder, Costs, LearnedPlanner, LearningOrder, learn, learn_admission};
use super::{Moment, Settings, share_done};
use crate::admission::plan::setting;
use crate::admission::training::admission_settings;
use crate::jobs::Trainer;
use crate::model::{LearnedLoss, Size};
use crate::networks::Networks;
use crate::reservation::problem::{Trace, check_terms};

/// The most passes over a trace.
const MOST_EPOCHS: usize = 500;
/// Steps that the loss network takes alone, before and after, for each batch at the most.
const LOSS_STEPS_PER_BATCH: usize = 10;
/// The most recorded outcomes.
const MOST_RECORDS: usize = 500_000;
/// Points of the loss that is shown after each epoch.
const POINTS: usize = 121;
/// Numbers of a recorded outcome: decision, demand, cost.
const RECORD: usize = 3;

/// Trains on the device that burn is given.
#[derive(Clone, Debug)]
pub struct BurnTrainer(pub Device);

/// Counts the steps of a training.
struct Counted<'a, M: Monitor, P: Progress<ForecastNews>> {
    monitor: &'a M,
    /// Steps of each phase, and the time of one of them.
    phases: Vec<(usize, f64)>,
    done: Cell<usize>,
    progress: &'a RefCell<&'a mut P>,
}

impl<M: Monitor, P: Progress<ForecastNews>> Monitor for Counted<'_, M, P> {
    async fn checkpoint(&self) -> Result<(), Stopped> {
        self.done.set(self.done.get() + 1);
        self.progress.borrow_mut().share(share_done(&self.phases, self.done.get()));
        self.monitor.checkpoint().await
    }
}

impl Trainer for BurnTrainer {
    async fn train(
        &self,
        order: &LearnOrder,
        trace: &Trace,
        start: Option<&Networks>,
        monitor: &impl Monitor,
        progress: &mut impl Progress<ForecastNews>,
    ) -> Result<LearnedNetworks, Halted> {
        check_terms(&order.terms)?;
        check_range("epochs", order.epochs as f64, 1.0, MOST_EPOCHS as f64, "")?;
        let records = records(order)?;
        let start = match start {
            Some(networks) => Some(networks.set.loss.clone().ok_or_else(|| {
                InputError::new("start", "without a loss network", "networks with one")
            })?),
            None => None,
        };
        let agreement = order.terms.agreement(trace.peak());
        let known = records.is_empty().then_some(agreement);
        let costs = known.map_or(Costs::Recorded(records), Costs::Agreement);
        let learning = LearningOrder {
            name: order.name.clone(),
            series: trace.series.clone(),
            source: order.source.clone(),
            licence: "unknown".to_owned(),
            costs,
            held_back: HELD_BACK,
            start,
            rivals: order.rivals,
            settings: settings(order, trace.test_from),
            command: format!("learned again in the page, {} epochs", order.epochs),
        };
        let progress = RefCell::new(progress);
        let phases = learning.phases()?;
        let monitor = Counted { monitor, phases, done: Cell::new(0), progress: &progress };
        let mut tell = |moment: &Moment, loss: Option<&LearnedLoss>| {
            let seen = loss.map(|loss| Box::new(seen(trace, loss, known)));
            progress.borrow_mut().news(ForecastNews::Epoch { moment: told(moment), seen });
        };
        Ok(networks(learn(&learning, &self.0, &monitor, true, &mut tell).await?))
    }

    async fn train_admissions(
        &self,
        order: &AdmissionLearnOrder,
        monitor: &impl Monitor,
        progress: &mut impl Progress<ForecastNews>,
    ) -> Result<LearnedNetworks, Halted> {
        check_range("epochs", order.epochs as f64, 1.0, MOST_EPOCHS as f64, "")?;
        let setting = setting(order.demand_seed, &order.terms)?;
        let settings = for_epochs(order.epochs, setting.test_from, admission_settings(order.seed));
        let learning = AdmissionOrder {
            name: order.name.clone(),
            setting,
            source: format!("the page's own generator of demand, seed {}", order.demand_seed),
            licence: "MIT OR Apache-2.0".to_owned(),
            settings,
            command: format!("learned again in the page, {} epochs", order.epochs),
        };
        let progress = RefCell::new(progress);
        let phases = learning.phases();
        let monitor = Counted { monitor, phases, done: Cell::new(0), progress: &progress };
        let mut tell = |moment: &Moment| {
            progress.borrow_mut().news(ForecastNews::Epoch { moment: told(moment), seen: None })
        };
        Ok(networks(learn_admission(&learning, &self.0, &monitor, &mut tell).await?))
    }
}

fn told(moment: &Moment) -> LearningMoment {
    LearningMoment {
        epoch: moment.epoch,
        epochs: moment.epochs,
        training_cost: moment.training_cost,
        loss_error: moment.loss_error,
    }
}

fn networks(learned: LearnedPlanner) -> LearnedNetworks {
    LearnedNetworks { card: learned.card, weights: learned.weights }
}

/// What `loss` says over decisions at the median demand.
fn seen(trace: &Trace, loss: &LearnedLoss, known: Option<ServiceAgreement>) -> LossSeen {
    let mut sorted = trace.learned().to_vec();
    sorted.sort_by(f64::total_cmp);
    let demand = sorted[sorted.len() / 2];
    // From nothing to four times the demand, where the loss has all that matters of its shape.
    let highest = (4.0 * demand).max(0.2 * trace.peak());
    let decisions: Vec<f64> =
        (0..POINTS).map(|index| highest * index as f64 / (POINTS - 1) as f64).collect();
    let cost = |agreement: ServiceAgreement| {
        decisions.iter().map(|decision| agreement.cost(*decision, demand)).collect()
    };
    LossSeen {
        demand,
        learned: decisions.iter().map(|decision| loss.cost(&[*decision], &[demand])).collect(),
        measured: known.map(cost).unwrap_or_default(),
        decisions,
    }
}

fn settings(order: &LearnOrder, test_from: usize) -> Settings {
    let size = if order.paper_size { Size::of_the_paper() } else { Size::reduced() };
    for_epochs(order.epochs, test_from, Settings { size, ..Settings::reduced(order.seed) })
}

/// `usual` for so many epochs of the steps before the test: in a short training the loss network has
/// fewer steps alone, too.
fn for_epochs(epochs: usize, test_from: usize, usual: Settings) -> Settings {
    let settings = Settings { epochs, cycles: usual.cycles.min(epochs), ..usual };
    let most = LOSS_STEPS_PER_BATCH * settings.batches(test_from);
    Settings {
        loss_steps_before: settings.loss_steps_before.min(most),
        loss_steps_after: settings.loss_steps_after.min(most),
        ..settings
    }
}

fn records(order: &LearnOrder) -> Result<Vec<CostRecord>, InputError> {
    let (records, rest) = order.records.as_chunks::<RECORD>();
    if !rest.is_empty() {
        let allowed = "decision, demand and cost of each";
        return Err(InputError::new(
            "records",
            format!("{} numbers", order.records.len()),
            allowed,
        ));
    }
    check_range("records", records.len() as f64, 0.0, MOST_RECORDS as f64, "outcomes")?;
    let record = |[decision, demand, cost]: &[f64; RECORD]| CostRecord {
        decision: vec![*decision],
        demand: vec![*demand],
        cost: *cost,
    };
    Ok(records.iter().map(record).collect())
}
