//! Where demand comes from: a column of a trace, or a generated service.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use slicewise_core::forecast::{
    DEMAND_SEED, DemandSeries, ForecasterCard, Service, ServiceName, TEST_DAYS, TRAINING_DAYS,
    Treatment, demand_csv, published,
};

use crate::input_file::read_text;

/// How the table of the Barcelona cells begins, which holds several cells below one another.
const BARCELONA_HEADER: &str = "time,cell,";
/// How the table of kaNSaaS begins, whose minutes count from a Monday.
const KANSAAS_HEADER: &str = "minute,emBB_0,";
/// Days that are generated to train on.
pub const GENERATED_DAYS: usize = TRAINING_DAYS + TEST_DAYS;

/// Where demand comes from.
#[derive(clap::Args, Debug)]
pub struct DemandSource {
    /// Trace: a table with a column of time stamps and columns of demand.
    #[arg(long, conflicts_with = "service")]
    pub input: Option<PathBuf>,
    /// Column of the demand [default: the first one].
    #[arg(long)]
    column: Option<String>,
    /// Unit of the demand.
    #[arg(long, default_value = "Mbit/s")]
    pub unit: String,
    /// Minutes from one sample to the next [default: the shortest distance of two stamps].
    #[arg(long)]
    pub step_minutes: Option<u32>,
    /// Generated service: video-streaming, web-browsing, social-media or cloud-gaming.
    #[arg(long)]
    pub service: Option<String>,
}

impl DemandSource {
    /// The series of the demand.
    ///
    /// # Errors
    /// Says which file, column or service there is not.
    pub fn read(&self) -> anyhow::Result<DemandSeries> {
        match (&self.input, &self.service) {
            (Some(path), _) => column(path, self.column.as_deref(), &self.unit, self.step_minutes),
            (None, Some(service)) => {
                let name = service_name(service)?;
                Ok(Service::of(name).generate(name.as_str(), GENERATED_DAYS, DEMAND_SEED)?)
            }
            (None, None) => bail!("name a trace with --input, or a generated one with --service"),
        }
    }

    /// What a card says of it.
    pub fn describe(&self) -> String {
        match &self.input {
            Some(path) => file_name(path),
            None => "the project's own generator of demand".to_owned(),
        }
    }

    /// The flags that name it.
    pub fn arguments(&self) -> String {
        if let Some(service) = &self.service {
            return format!("--service {service}");
        }
        let mut arguments = format!("--input {}", self.describe());
        if let Some(column) = &self.column {
            arguments += &format!(" --column {column}");
        }
        if let Some(minutes) = self.step_minutes {
            arguments += &format!(" --step-minutes {minutes}");
        }
        arguments
    }
}

/// Reads one column of a trace, and says what was done to it.
///
/// # Errors
/// Says what is wrong with the trace, or which columns there are.
pub fn column(
    path: &Path,
    column: Option<&str>,
    unit: &str,
    step_minutes: Option<u32>,
) -> anyhow::Result<DemandSeries> {
    let text = read_text(path)?;
    if text.starts_with(BARCELONA_HEADER) {
        return Ok(published::barcelona(&text, column.unwrap_or("PobleSec"))?.0);
    }
    let columns = if text.starts_with(KANSAAS_HEADER) {
        published::kansaas(&text)?
    } else {
        demand_csv::read(&text, unit, step_minutes)?
    };
    let names: Vec<String> = columns.iter().map(|(series, _)| series.name.clone()).collect();
    let wanted = |series: &DemandSeries| column.is_none_or(|name| series.name == name);
    let Some((series, treatment)) = columns.into_iter().find(|(series, _)| wanted(series)) else {
        bail!("no column {}; there are {}", column.unwrap_or_default(), names.join(", "));
    };
    if treatment != Treatment::default() {
        eprintln!(
            "{}: {} steps filled, {} duplicates averaged, {} samples sorted",
            series.name, treatment.filled, treatment.duplicates, treatment.unsorted
        );
    }
    Ok(series)
}

/// The service of that name.
///
/// # Errors
/// Lists the names.
pub fn service_name(text: &str) -> anyhow::Result<ServiceName> {
    let found = ServiceName::ALL.into_iter().find(|name| name.as_str() == text);
    found.with_context(|| {
        format!(
            "no service {text}; there are {}",
            ServiceName::ALL.map(ServiceName::as_str).join(", ")
        )
    })
}

/// Minutes since 1970 at which `step` begins.
pub fn minute(series: &DemandSeries, step: usize) -> i64 {
    series.start_minute + step as i64 * i64::from(series.step_minutes)
}

/// Refuses a trace whose steps are not those of the networks.
pub fn check_step(card: &ForecasterCard, series: &DemandSeries) -> anyhow::Result<()> {
    if card.step_minutes != series.step_minutes {
        bail!(
            "{} has a step of {} min; {} was trained on a step of {} min",
            series.name,
            series.step_minutes,
            card.name,
            card.step_minutes
        );
    }
    Ok(())
}

/// The last part of the path, as it stands in a card.
pub fn file_name(path: &Path) -> String {
    path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
}
