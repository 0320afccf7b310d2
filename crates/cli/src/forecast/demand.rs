//! Where demand comes from: a series of a table, or a generated service.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use slicewise_core::forecast::demand_table::{DemandChoices, DemandTable, TableSeries};
use slicewise_core::forecast::network_steps::{may_plan, nearest_network_step};
use slicewise_core::forecast::sampling::{Part, Together};
use slicewise_core::forecast::{
    DEMAND_SEED, DemandSeries, ForecasterCard, Service, ServiceName, TEST_DAYS, TRAINING_DAYS,
};
use slicewise_core::formats::stamps::{DateOrder, TimeUnit};
use slicewise_core::formats::table::{DecimalSign, Table};
use slicewise_core::reader::DemandForm;

use crate::table_file::{self, DecimalOption, date_order};
use crate::time_zone::TimeZone;

/// Days that are generated to train on.
pub const GENERATED_DAYS: usize = TRAINING_DAYS + TEST_DAYS;

/// Where demand comes from.
#[derive(clap::Args, Debug)]
pub struct DemandSource {
    /// Trace: a table with a column of time stamps and columns of demand, as CSV (also packed as .gz or
    /// .zip) or Parquet.
    #[arg(long, conflicts_with = "service")]
    pub input: Option<PathBuf>,
    /// Column of the demand [default: the one whose heading says so most clearly].
    #[arg(long)]
    column: Option<String>,
    /// Series of a table that holds several, as --explain lists them [default: the first one].
    #[arg(long, value_name = "NAME")]
    series: Option<String>,
    /// Column of the time stamps [default: the one whose heading says so].
    #[arg(long, value_name = "NAME")]
    time_column: Option<String>,
    /// What stamps that are numbers count: ns, us, ms, s, min, h or d.
    #[arg(long, value_name = "UNIT", value_parser = time_unit)]
    time_unit: Option<TimeUnit>,
    /// Which stands first in dates such as 01/02/2026: day or month.
    #[arg(long, value_name = "FIRST", value_parser = date_order)]
    date_order: Option<DateOrder>,
    /// Zone of stamps that name none, such as Europe/Zurich [default: hours that daylight saving repeats
    /// or leaves out are recognised].
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<TimeZone>,
    /// Decimal sign of the numbers: point or comma [default: what the columns show].
    #[arg(long, value_name = "SIGN")]
    decimal: Option<DecimalOption>,
    /// Unit of the demand [default: what the heading names, else Mbit/s].
    #[arg(long)]
    unit: Option<String>,
    /// Minutes of a step; several samples within one are averaged, or summed where the unit is a volume
    /// [default: the distance of the stamps].
    #[arg(long)]
    pub step_minutes: Option<u32>,
    /// What samples within a step come to: mean or sum [default: by the unit].
    #[arg(long, value_name = "HOW", value_parser = together)]
    together: Option<Together>,
    /// Which part is taken of a trace that long gaps divide: longest or latest.
    #[arg(long, default_value = "longest", value_parser = part)]
    part: Part,
    /// Print what the file was taken for.
    #[arg(long)]
    explain: bool,
    /// Generated service: video-streaming, web-browsing, social-media or cloud-gaming.
    #[arg(long)]
    pub service: Option<String>,
}

fn time_unit(text: &str) -> Result<TimeUnit, String> {
    TimeUnit::of_word(text).ok_or_else(|| "ns, us, ms, s, min, h or d".to_owned())
}

fn together(text: &str) -> Result<Together, String> {
    match text {
        "mean" => Ok(Together::Mean),
        "sum" => Ok(Together::Sum),
        _ => Err("mean or sum".to_owned()),
    }
}

fn part(text: &str) -> Result<Part, String> {
    match text {
        "longest" => Ok(Part::Longest),
        "latest" => Ok(Part::Latest),
        _ => Err("longest or latest".to_owned()),
    }
}

/// The name that asks for all series of a table.
const ALL_SERIES: &str = "all";

impl DemandSource {
    /// The series of the demand; says what was done to its samples.
    ///
    /// # Errors
    /// Says which file, column, series or service there is not, or what has to be chosen by which option.
    pub fn read(&self) -> anyhow::Result<DemandSeries> {
        let mut found = self.read_wanted(self.series.as_deref())?;
        if found.len() > 1 {
            bail!("--series is {ALL_SERIES}; allowed here: the name of one series");
        }
        found.pop().context("no series")
    }

    /// All series that are asked for: with `--series all` every one of the table.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub fn read_several(&self) -> anyhow::Result<Vec<DemandSeries>> {
        self.read_wanted(self.series.as_deref())
    }

    /// Every series of the table, whatever is asked for.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub fn read_every(&self) -> anyhow::Result<Vec<DemandSeries>> {
        self.read_wanted(Some(ALL_SERIES))
    }

    fn read_wanted(&self, series: Option<&str>) -> anyhow::Result<Vec<DemandSeries>> {
        match (&self.input, &self.service) {
            (Some(path), _) => self.read_file(path, series),
            (None, Some(service)) => {
                let name = service_name(service)?;
                Ok(vec![Service::of(name).generate(name.as_str(), GENERATED_DAYS, DEMAND_SEED)?])
            }
            (None, None) => bail!("name a trace with --input, or a generated one with --service"),
        }
    }

    fn form(&self) -> DemandForm {
        DemandForm {
            column: self.column.clone(),
            time_column: self.time_column.clone(),
            time_unit: self.time_unit,
            date_order: self.date_order,
            decimal: self.decimal.map(DecimalSign::from),
            unit: self.unit.clone(),
            step_minutes: self.step_minutes,
            together: self.together,
            part: self.part,
        }
    }

    fn read_file(&self, path: &Path, series: Option<&str>) -> anyhow::Result<Vec<DemandSeries>> {
        let table = table_file::read(path, self.decimal.map(DecimalSign::from))?;
        let place = || path.display().to_string();
        let (form, clock) = (self.form(), self.time_zone.as_ref().map(TimeZone::clock));
        let clock = clock.as_ref().map(|clock| &**clock as _);
        let choices = DemandChoices { clock, ..form.choices() };
        let demand = DemandTable::of(&table, choices).map_err(asked).with_context(place)?;
        if self.explain {
            explain(&table, &demand);
        }
        let names = demand.names();
        let wanted: Vec<usize> = match series {
            Some(ALL_SERIES) => (0..names.len()).collect(),
            Some(name) => {
                let found = names.iter().position(|other| other == name);
                let found = found.with_context(|| {
                    format!("--series is {name}; allowed: {}, or {ALL_SERIES}", shortened(&names))
                })?;
                vec![found]
            }
            None => vec![0],
        };
        for told in demand.told() {
            eprintln!("{}: {told}", file_name(path));
        }
        if series.is_none() && names.len() > 1 {
            eprintln!("{}: {} is taken of {}", file_name(path), names[0], shortened(&names));
        }
        let mut found = Vec::new();
        for index in wanted {
            let read = demand.series(index, choices).map_err(asked);
            let read: TableSeries = read.with_context(place)?;
            eprintln!("{}: {}", read.series.name, read.told());
            found.push(read.series);
        }
        Ok(found)
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
        for (flag, value) in [("column", &self.column), ("series", &self.series)] {
            if let Some(value) = value {
                arguments += &format!(" --{flag} {value}");
            }
        }
        if let Some(minutes) = self.step_minutes {
            arguments += &format!(" --step-minutes {minutes}");
        }
        arguments
    }
}

/// The error with the option that answers what has to be chosen.
fn asked(error: slicewise_core::InputError) -> anyhow::Error {
    use slicewise_core::forecast::demand_table::{STEP, TIME_COLUMN};
    use slicewise_core::formats::stamps::{DATE_ORDER, TIME_UNIT};
    let options = [
        (STEP, "--step-minutes or --time-column"),
        (TIME_COLUMN, "--time-column, or --step-minutes with --column"),
        (DATE_ORDER, "--date-order"),
        (TIME_UNIT, "--time-unit"),
    ];
    table_file::asked(error, &options)
}

/// Prints what each column was taken for, and which series there are.
fn explain(table: &Table, demand: &DemandTable<'_>) {
    for (column, role) in table.columns().iter().zip(demand.roles()) {
        let role = role.words();
        let range = column.minimum.zip(column.maximum);
        let range = range.map_or(String::new(), |(least, most)| format!(", {least} to {most}"));
        println!("column {}: {role}{range}, {} missing", column.name, column.missing);
    }
    for name in demand.names() {
        println!("series {name}");
    }
}

/// Some names of many.
fn shortened(names: &[String]) -> String {
    const MOST: usize = 12;
    let shown = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(MOST);
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// Reads one column of a trace, and says what was done to it.
///
/// # Errors
/// Says what is wrong with the trace, or which columns there are.
pub fn column(path: &Path, column: Option<&str>) -> anyhow::Result<DemandSeries> {
    let table = table_file::read(path, None)?;
    let choices = DemandChoices { column, ..DemandChoices::default() };
    let demand = DemandTable::of(&table, choices).with_context(|| path.display().to_string())?;
    let read = demand.series(0, choices)?;
    eprintln!("{}: {}", read.series.name, read.told());
    Ok(read.series)
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

/// Refuses a trace whose steps other shipped networks are nearer to than these.
pub fn check_step(card: &ForecasterCard, series: &DemandSeries) -> anyhow::Result<()> {
    let (trained, planned) = (card.step_minutes, series.step_minutes);
    if !may_plan(trained, planned) {
        bail!(
            "{} has a step of {planned} min; {} was trained on a step of {trained} min, and those \
             for {} min are nearer: leave --model out, or train networks on such a trace",
            series.name,
            card.name,
            nearest_network_step(planned)
        );
    }
    Ok(())
}

/// The last part of the path, as it stands in a card.
pub fn file_name(path: &Path) -> String {
    path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
}
