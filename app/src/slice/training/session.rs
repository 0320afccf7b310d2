//! One training: the worker that does it, its epochs and its end.

use leptos::prelude::*;
use slicewise_core::compute::Device;
use slicewise_core::slice::job::Installed;
use slicewise_core::slice::training::{TrainingMoment, TrainingOrder};
use slicewise_core::slice::{Slice, SliceJob, SliceNews, SliceOutcome};
use slicewise_protocol::{Reply, Request};

use crate::engine::learner::{JOB, Learner, LearnerEvent};
use crate::shell::browser;
use crate::slice::{models, own_networks};

/// How far a training is.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// There is none.
    Idle,
    /// Its engine loads.
    Starting,
    /// Epochs come in.
    Running,
    /// It ended with a network.
    Done(Box<Installed>),
    /// The visitor ended it.
    Cancelled,
    /// It ended without a network: the field, where one is to blame, and why.
    Failed(Option<String>, String),
}

/// The training of the dialogue; a copyable handle.
#[derive(Clone, Copy)]
pub struct Session {
    /// How far it is.
    pub stage: RwSignal<Stage>,
    /// Its epochs so far.
    pub moments: RwSignal<Vec<TrainingMoment>>,
    /// The device, and why it is not the one that was asked for.
    pub device: RwSignal<String>,
    started_ms: StoredValue<f64>,
    learner: Learner<Slice>,
    order: StoredValue<Option<TrainingOrder>>,
}

impl Session {
    /// No training yet.
    pub fn new() -> Self {
        let learner = Learner::new();
        Self {
            stage: RwSignal::new(Stage::Idle),
            moments: RwSignal::new(Vec::new()),
            device: learner.device,
            started_ms: StoredValue::new(0.0),
            learner,
            order: StoredValue::new(None),
        }
    }

    /// Whether a training is under way.
    pub fn is_running(self) -> bool {
        self.stage.with(|stage| matches!(stage, Stage::Starting | Stage::Running))
    }

    /// Trains as `order` says, on the GPU if `device` says so and there is one.
    pub fn start(self, order: TrainingOrder, device: Device) {
        self.order.set_value(Some(order));
        self.learner.start(device == Device::Gpu, move |event| self.hear(event));
    }

    /// Ends the training at once.
    pub fn cancel(self) {
        self.end(Stage::Cancelled);
    }

    /// Time left in milliseconds, once an epoch is over.
    pub fn time_left_ms(self) -> Option<f64> {
        let (done, all) = self.moments.with(|m| m.last().map(|last| (last.epoch, last.epochs)))?;
        let passed = browser::now_ms() - self.started_ms.get_value();
        (done > 0).then(|| passed / done as f64 * all.saturating_sub(done) as f64)
    }

    /// Follows the worker.
    ///
    /// # Errors
    /// Says why the worker is of no more use.
    fn hear(self, event: LearnerEvent<Slice>) -> Result<(), String> {
        let reply = match event {
            LearnerEvent::Loading => {
                self.moments.set(Vec::new());
                self.stage.set(Stage::Starting);
                return Ok(());
            }
            LearnerEvent::Reply(reply) => reply,
        };
        match reply {
            Reply::Ready => return self.send(),
            Reply::News { news: SliceNews::Epoch(moment), .. } => {
                self.moments.update(|moments| moments.push(moment));
            }
            Reply::Crashed { message, .. } => self.end(Stage::Failed(None, message)),
            Reply::Done { outcome: SliceOutcome::Trained(network), .. } => {
                own_networks::keep_learnt(&network);
                self.end(Stage::Done(network));
            }
            Reply::Refused { error, .. } => {
                self.end(Stage::Failed(Some(error.field.clone()), error.to_string()));
            }
            Reply::Stopped { .. } => self.end(Stage::Cancelled),
            Reply::Done { .. } => {
                self.end(Stage::Failed(None, "the engine answered another question".to_owned()));
            }
            _ => {}
        }
        Ok(())
    }

    fn send(self) -> Result<(), String> {
        let Some(order) = self.order.get_value() else { return Ok(()) };
        let start = order.start_from.as_deref().and_then(models::installed);
        let install = start.map(|network| Request::Install(Box::new((*network).clone())));
        let job = Request::Start { id: JOB, job: SliceJob::Train(Box::new(order)) };
        let requests: Vec<Request<Slice>> = install.into_iter().chain([job]).collect();
        self.learner.post(&requests)?;
        self.started_ms.set_value(browser::now_ms());
        self.stage.set(Stage::Running);
        Ok(())
    }

    fn end(self, stage: Stage) {
        self.learner.end();
        self.stage.set(stage);
    }
}
