//! Jobs for the reader of files.

use std::cell::RefCell;

use slicewise_core::InputError;
use slicewise_core::reader::{GivenFile, ReadJob, Reader, read};

use crate::worker::{Adapter, Outcome, Work, work};

/// The reader of files in an engine: it keeps the file that was given last.
#[derive(Debug, Default)]
pub struct ReaderEngine {
    file: RefCell<Option<Vec<u8>>>,
}

impl Adapter for ReaderEngine {
    type Planner = Reader;

    fn install(&self, file: GivenFile) -> Result<(), InputError> {
        *self.file.borrow_mut() = Some(file.bytes);
        Ok(())
    }
}

impl ReaderEngine {
    /// Traces of demand.
    pub const DEMAND: Work<Self> = work! {
        "demand", |engine, _turn| job @ ReadJob::Demand(_) => engine.read(job)
    };

    /// Users per second in slots.
    pub const TRAFFIC: Work<Self> = work! {
        "traffic", |engine, _turn| job @ ReadJob::Traffic => engine.read(job)
    };

    /// Columns of numbers.
    pub const NUMBERS: Work<Self> = work! {
        "numbers", |engine, _turn| job @ ReadJob::Numbers => engine.read(job)
    };

    /// Recorded outcomes of reservations.
    pub const RECORDS: Work<Self> = work! {
        "records", |engine, _turn| job @ ReadJob::Records => engine.read(job)
    };

    /// Cells of KPIs.
    pub const KPIS: Work<Self> = work! {
        "kpis", |engine, _turn| job @ ReadJob::Kpis(_) => engine.read(job)
    };

    async fn read(&self, job: &ReadJob) -> Outcome<Reader> {
        let file = self.file.borrow();
        let none = || InputError::new("file", "none", "a file that was given before");
        Ok(read(job, file.as_ref().ok_or_else(none)?)?)
    }
}
