//! One training of both networks: the worker that does it, its epochs and its end.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_protocol::forecast::{LearnOrder, LearnedNetworks, LearningMoment, LossSeen};
use slicewise_protocol::{ForecastJob, ForecastOutcome, Job, Outcome, Reply, Request};

use crate::browser;
use crate::learner::{JOB, Learner, LearnerEvent};

/// How far a training is.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// There is none.
    Idle,
    /// Its engine loads.
    Starting,
    /// Epochs come in.
    Running,
    /// It rests.
    Paused,
    /// It ended with networks.
    Done(Arc<LearnedNetworks>),
    /// The visitor ended it.
    Cancelled,
    /// It ended without networks, and why.
    Failed(String),
}

impl Stage {
    /// In one word, for tests and styles.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done(_) => "done",
            Self::Cancelled => "cancelled",
            Self::Failed(_) => "failed",
        }
    }
}

/// A training that is over, for comparison with the next one.
#[derive(Clone, Debug, PartialEq)]
pub struct FormerRun {
    /// How it began: from nothing, or from which networks.
    pub start: String,
    /// Its epochs.
    pub moments: Vec<LearningMoment>,
}

/// The training of the view; a copyable handle.
#[derive(Clone, Copy)]
pub struct Session {
    /// How far it is.
    pub stage: RwSignal<Stage>,
    /// Its epochs so far.
    pub moments: RwSignal<Vec<LearningMoment>>,
    /// What its loss network says after the last epoch.
    pub seen: RwSignal<Option<Arc<LossSeen>>>,
    /// How it began, in words.
    pub start: RwSignal<String>,
    /// The last training on the same demand and costs that came to its end.
    pub former: RwSignal<Option<FormerRun>>,
    /// The device, and why it is not the one that was asked for.
    pub device: RwSignal<String>,
    /// Time in milliseconds that was worked before the last pause.
    worked_ms: StoredValue<f64>,
    since_ms: StoredValue<f64>,
    learner: Learner,
    order: StoredValue<Option<LearnOrder>>,
}

impl Session {
    /// No training yet.
    pub fn new() -> Self {
        let learner = Learner::new();
        Self {
            stage: RwSignal::new(Stage::Idle),
            moments: RwSignal::new(Vec::new()),
            seen: RwSignal::new(None),
            start: RwSignal::new(String::new()),
            former: RwSignal::new(None),
            device: learner.device,
            worked_ms: StoredValue::new(0.0),
            since_ms: StoredValue::new(0.0),
            learner,
            order: StoredValue::new(None),
        }
    }

    /// Trains as `order` says, which begins as `start` tells; on the GPU if that is wanted and there.
    pub fn begin(self, order: LearnOrder, start: String, on_gpu: bool) {
        let same = self.order.with_value(|last| {
            let asked =
                |order: &LearnOrder| (order.trace.clone(), order.terms, order.records.clone());
            last.as_ref().is_some_and(|last| asked(last) == asked(&order))
        });
        let whole = self.stage.with_untracked(|stage| matches!(stage, Stage::Done(_)));
        if !same {
            self.former.set(None);
        } else if whole {
            self.former.set(Some(FormerRun {
                start: self.start.get_untracked(),
                moments: self.moments.get_untracked(),
            }));
        }
        self.start.set(start);
        self.order.set_value(Some(order));
        self.learner.start(on_gpu, move |event| self.hear(event));
    }

    /// Ends the training at once.
    pub fn cancel(self) {
        self.end(Stage::Cancelled);
    }

    /// Lets the training rest, or go on.
    pub fn pause(self) {
        let paused = self.stage.with_untracked(|stage| *stage == Stage::Running);
        if let Err(reason) = self.learner.post(&[Request::Pause { id: JOB, paused }]) {
            return self.end(Stage::Failed(reason));
        }
        let now = browser::now_ms();
        if paused {
            self.worked_ms.update_value(|worked| *worked += now - self.since_ms.get_value());
            self.stage.set(Stage::Paused);
        } else {
            self.since_ms.set_value(now);
            self.stage.set(Stage::Running);
        }
    }

    /// Time left in milliseconds, once an epoch is over.
    pub fn time_left_ms(self) -> Option<f64> {
        let (done, all) = self.moments.with(|m| m.last().map(|last| (last.epoch, last.epochs)))?;
        let passed = self.worked_ms.get_value() + browser::now_ms() - self.since_ms.get_value();
        (done > 0).then(|| passed / done as f64 * all.saturating_sub(done) as f64)
    }

    /// Follows the worker.
    ///
    /// # Errors
    /// Says why the worker is of no more use.
    fn hear(self, event: LearnerEvent) -> Result<(), String> {
        let reply = match event {
            LearnerEvent::Loading => {
                self.moments.set(Vec::new());
                self.seen.set(None);
                self.stage.set(Stage::Starting);
                return Ok(());
            }
            LearnerEvent::Lost(reason) => {
                self.end(Stage::Failed(reason));
                return Ok(());
            }
            LearnerEvent::Reply(reply) => reply,
        };
        match reply {
            Reply::Ready => return self.send(),
            Reply::Learning { moment, seen, .. } => {
                self.moments.update(|moments| moments.push(moment));
                self.seen.set(seen.map(Arc::from));
            }
            Reply::Done {
                outcome: Outcome::Forecast(ForecastOutcome::Learned(networks)), ..
            } => self.end(Stage::Done(Arc::from(networks))),
            Reply::Refused { error, .. } => self.end(Stage::Failed(error.to_string())),
            Reply::Stopped { .. } => self.end(Stage::Cancelled),
            Reply::Done { .. } => {
                self.end(Stage::Failed("the engine answered another question".to_owned()));
            }
            _ => {}
        }
        Ok(())
    }

    fn send(self) -> Result<(), String> {
        let Some(order) = self.order.get_value() else { return Ok(()) };
        let job = Job::Forecast(ForecastJob::Learn(Box::new(order)));
        self.learner.post(&[Request::Start { id: JOB, job }])?;
        self.worked_ms.set_value(0.0);
        self.since_ms.set_value(browser::now_ms());
        self.stage.set(Stage::Running);
        Ok(())
    }

    fn end(self, stage: Stage) {
        self.learner.end();
        self.stage.set(stage);
    }
}
