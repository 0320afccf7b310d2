//! Files of the visitor's, read for the page of each planner.

use std::marker::PhantomData;

use slicewise_core::InputError;
use slicewise_core::cells::{CellJob, CellOutcome, Cells};
use slicewise_core::forecast::{Forecast, ForecastJob, ForecastOutcome};
use slicewise_core::formats::network;
use slicewise_core::slice::{Slice, SliceJob, SliceOutcome, SliceTable};
use slicewise_core::twin::improver::MeasurementReading;
use slicewise_core::twin::{Twin, TwinJob, TwinOutcome};
use slicewise_protocol::Planner;

use crate::worker::{Adapter, Work, work};

/// The reader of files for the page of planner `P`.
#[derive(Debug)]
pub struct FileReader<P>(PhantomData<P>);

impl<P> Default for FileReader<P> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<P: Planner> Adapter for FileReader<P> {
    type Planner = P;

    fn install(&self, _: P::Network) -> Result<(), InputError> {
        Err(InputError::new("network", "given", "none: this engine reads files"))
    }
}

impl FileReader<Slice> {
    /// Users per second in slots.
    pub const TRAFFIC: Work<Self> = work! {
        "read-traffic", |_engine, _turn| SliceJob::ReadTraffic(asked) =>
        async {
            let read = asked.file.traffic(&asked.form)?;
            Ok(SliceOutcome::Table(Box::new(read.map(SliceTable::Traffic))))
        }
    };

    /// Columns of numbers.
    pub const NUMBERS: Work<Self> = work! {
        "read-numbers", |_engine, _turn| SliceJob::ReadNumbers(asked) =>
        async {
            let read = asked.file.numbers(asked.form.decimal)?;
            Ok(SliceOutcome::Table(Box::new(read.map(SliceTable::Numbers))))
        }
    };
}

impl FileReader<Cells> {
    /// Cells of KPIs.
    pub const KPIS: Work<Self> = work! {
        "read-kpis", |_engine, _turn| CellJob::ReadKpis(asked) =>
        async { Ok(CellOutcome::Kpis(Box::new(asked.file.kpis(&asked.services, &asked.form)?))) }
    };
}

impl FileReader<Forecast> {
    /// Traces of demand.
    pub const DEMAND: Work<Self> = work! {
        "read-demand", |_engine, _turn| ForecastJob::ReadDemand(asked) =>
        async { Ok(ForecastOutcome::Demand(Box::new(asked.file.demand(&asked.form)?))) }
    };

    /// Recorded outcomes of reservations.
    pub const RECORDS: Work<Self> = work! {
        "read-records", |_engine, _turn| ForecastJob::ReadRecords(asked) =>
        async { Ok(ForecastOutcome::Records(Box::new(asked.file.records(&asked.form)?))) }
    };
}

impl FileReader<Twin> {
    /// A network.
    pub const NETWORK: Work<Self> = work! {
        "read-network", |_engine, _turn| TwinJob::Read { file, form } =>
        async { Ok(TwinOutcome::Read(Box::new(network::read(&file.bytes, form)))) }
    };
}

impl FileReader<MeasurementReading> {
    /// What was measured of a network.
    pub const MEASUREMENTS: Work<Self> = Work {
        name: "read-measurements",
        begin: |_engine, asked, _turn| Some(Box::pin(async { Ok(asked.read()?) })),
    };
}
