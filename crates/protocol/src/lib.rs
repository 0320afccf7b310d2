//! The messages between a page and an engine, for any planner. Types only: neither side needs the
//! other's code.
//!
//! Messages cross as structured clones (serde-wasm-bindgen). An engine says [`Reply::Ready`]; the
//! page's first message is [`Request::Open`]. The page numbers its jobs; a newer job of the same
//! [`Job::kind`] replaces the older one, whose outcome never arrives.

use serde::{Deserialize, Serialize};
use slicewise_core::InputError;
use slicewise_core::compute::{GpuFault, GpuReport};

pub use slicewise_core::planner::{Job, Message, Network, Never, Planner};

/// Number of a job, unique within one page.
pub type JobId = u32;

/// From the page to an engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum Request<P: Planner> {
    /// The page's first message. An engine of another build answers [`Reply::OtherBuild`], one that
    /// does not serve the planner [`Reply::Refused`] with the number 0.
    Open {
        /// Name of the page's planner.
        planner: String,
        /// Which build of the site the page belongs to.
        build: String,
    },
    /// Start `job`; it replaces an unfinished job of the same kind.
    Start {
        /// Number of the job.
        id: JobId,
        /// What to do.
        job: P::Job,
    },
    /// Keep a network that does not ship with the page; jobs ask for it by its name. The engine
    /// answers nothing, or [`Reply::Refused`] with the number 0.
    Install(Box<P::Network>),
    /// Let job `id` rest, or go on.
    Pause {
        /// Number of the job.
        id: JobId,
        /// Whether it rests.
        paused: bool,
    },
    /// Stop job `id`; the engine answers [`Reply::Stopped`].
    Cancel {
        /// Number of the job.
        id: JobId,
    },
    /// Crash on purpose, so that recovery can be tested.
    Crash,
}

/// From an engine to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum Reply<P: Planner> {
    /// The engine has loaded and takes jobs.
    Ready,
    /// The GPU engine has examined its device and takes jobs; it comes before [`Self::Ready`].
    Gpu(GpuReport),
    /// The GPU engine found no device that can be trusted, or lost it; it takes no more jobs.
    NoGpu(GpuFault),
    /// The engine is of another build than the page and takes no jobs.
    OtherBuild {
        /// The engine's build.
        build: String,
    },
    /// At most 30 a second per job.
    Progress {
        /// Number of the job.
        id: JobId,
        /// Share of the work done, 0 to 1.
        fraction: f64,
    },
    /// What there is to tell before the job is done.
    News {
        /// Number of the job.
        id: JobId,
        /// What it is.
        news: P::News,
    },
    /// The job is done.
    Done {
        /// Number of the job.
        id: JobId,
        /// Its result.
        outcome: P::Outcome,
        /// How long the engine worked on it, in milliseconds.
        elapsed_ms: f64,
    },
    /// The job cannot be done as asked.
    Refused {
        /// Number of the job.
        id: JobId,
        /// Which field is wrong.
        error: InputError,
    },
    /// The job was cancelled or replaced.
    Stopped {
        /// Number of the job.
        id: JobId,
    },
    /// The engine crashed, could not be loaded or sent nonsense; it takes no more jobs.
    Crashed {
        /// What it said last, and what the page did about it.
        message: String,
        /// The one job that the page has given to a fresh engine, if any: all others are lost.
        again: Option<JobId>,
    },
}

/// No planner: for what an engine says and hears before a page has named its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nobody;

impl Planner for Nobody {
    const NAME: &'static str = "";
    type Job = Never;
    type News = Never;
    type Outcome = Never;
    type Network = Never;
}
