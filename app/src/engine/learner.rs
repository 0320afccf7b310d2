//! The worker that trains: on the GPU if that is wanted and there, else on the processor.

use std::rc::Rc;

use leptos::prelude::*;
use slicewise_protocol::{JobId, Planner, Reply, Request};

use crate::engine::compute::gpu_words;
use crate::engine::worker::{EngineWorker, GPU_SCRIPT, LEARNING_SCRIPT, UPDATED};
use crate::shell::browser;

/// Number of the only job that a training's worker gets.
pub const JOB: JobId = 1;

/// What a training hears of its worker.
#[allow(clippy::large_enum_variant, reason = "an event is handled at once, none is kept")]
pub enum LearnerEvent<P: Planner> {
    /// A worker loads, possibly after another one was lost: the training begins anew.
    Loading,
    /// What it says. After [`Reply::Ready`] it wants the order; after [`Reply::Crashed`] there is no
    /// worker any more.
    Reply(Reply<P>),
}

/// Takes what is heard; an error says that the worker is of no more use.
type Listener<P> = Rc<dyn Fn(LearnerEvent<P>) -> Result<(), String>>;

/// The worker of a training; a copyable handle.
#[derive(Clone, Copy)]
pub struct Learner<P: Planner> {
    /// The device, and why it is not the one that was asked for.
    pub device: RwSignal<String>,
    worker: StoredValue<Option<EngineWorker<P>>, LocalStorage>,
    /// Tells the words of a former worker from those of the present one.
    generation: StoredValue<u32>,
}

impl<P: Planner> Learner<P> {
    /// No worker yet.
    pub fn new() -> Self {
        Self {
            device: RwSignal::new(String::new()),
            worker: StoredValue::new_local(None),
            generation: StoredValue::new(0),
        }
    }

    /// Loads a worker; all that comes of it goes to `listener`, whose error ends it.
    pub fn start(
        self,
        on_gpu: bool,
        listener: impl Fn(LearnerEvent<P>) -> Result<(), String> + 'static,
    ) {
        let listener: Listener<P> = Rc::new(listener);
        match (on_gpu, browser::has_webgpu()) {
            (true, true) => self.load(GPU_SCRIPT, "GPU", listener),
            (true, false) => {
                let device = "CPU; GPU not used: this browser has no WebGPU";
                self.load(LEARNING_SCRIPT, device, listener);
            }
            (false, _) => self.load(LEARNING_SCRIPT, "CPU", listener),
        }
    }

    /// Sends `requests`, if there is a worker.
    ///
    /// # Errors
    /// Says why one cannot cross.
    pub fn post(self, requests: &[Request<P>]) -> Result<(), String> {
        self.worker.with_value(|worker| match worker {
            Some(worker) => requests.iter().try_for_each(|request| worker.post(request)),
            None => Ok(()),
        })
    }

    /// Ends the worker at once.
    pub fn end(self) {
        self.generation.update_value(|generation| *generation += 1);
        self.worker.set_value(None);
    }

    fn load(self, script: &'static str, device: &str, listener: Listener<P>) {
        self.device.set(device.to_owned());
        self.generation.update_value(|generation| *generation += 1);
        let generation = self.generation.get_value();
        let begun = listener(LearnerEvent::Loading);
        let hearing = listener.clone();
        let started = begun.and_then(|()| {
            EngineWorker::start(script, move |reply| {
                if self.generation.get_value() == generation
                    && let Err(reason) = self.hear(reply, &hearing)
                {
                    self.lost(script, &reason, hearing.clone());
                }
            })
        });
        match started {
            Ok(worker) => self.worker.set_value(Some(worker)),
            Err(reason) => self.lost(script, &reason, listener),
        }
    }

    fn hear(self, reply: Reply<P>, listener: &Listener<P>) -> Result<(), String> {
        match reply {
            Reply::Crashed { message, .. } => Err(message),
            Reply::NoGpu(fault) => Err(fault.to_string()),
            Reply::OtherBuild { .. } => Err(UPDATED.to_owned()),
            Reply::Gpu(report) => {
                self.device.set(gpu_words(&report));
                Ok(())
            }
            reply => listener(LearnerEvent::Reply(reply)),
        }
    }

    /// The worker is gone: a training on the GPU begins anew on the CPU, another one is lost.
    fn lost(self, script: &'static str, reason: &str, listener: Listener<P>) {
        if script == GPU_SCRIPT {
            let device = format!("CPU; GPU not used: {reason}");
            return self.load(LEARNING_SCRIPT, &device, listener);
        }
        self.end();
        // Nothing is left that an error could end.
        let message = format!("the engine stopped: {reason}");
        let _ = listener(LearnerEvent::Reply(Reply::Crashed { message, again: None }));
    }
}
