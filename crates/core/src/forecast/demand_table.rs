//! A visitor's own table of demand: which column holds the time, which the demand, and whose it is.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::error::InputError;
use crate::formats::stamps::{
    self, StampChoices, StampForm, Stamps, TimeUnit, calendar, local_clock,
};
use crate::formats::table::{Column, Table, is_missing};

use super::sampling::{Sample, Sampling, Together, Treatment};
use super::series::DemandSeries;

/// The field of the error that says that the step is unknown.
pub const STEP: &str = "step";
/// The field of the error that says that the column of the time is unknown.
pub const TIME_COLUMN: &str = "time column";
/// The most series that are told apart by labels.
pub const MOST_SERIES: usize = 10_000;

/// Headings of the column of time stamps, in order of preference, without what is no letter or digit.
const TIME_NAMES: [&str; 28] = [
    "timeutc",
    "timestamp",
    "datetime",
    "time",
    "date",
    "stamp",
    "periodstart",
    "begintime",
    "starttime",
    "starttimeutc",
    "measstarttime",
    "measurementtime",
    "resulttime",
    "reporttime",
    "ts",
    "epoch",
    "epochtime",
    "unixtime",
    "unixtimestamp",
    "minute",
    "minutes",
    "hour",
    "hours",
    "second",
    "seconds",
    "t",
    "datum",
    "zeit",
];
/// Parts of headings that nearly say time.
const TIME_PARTS: [&str; 5] = ["time", "date", "stamp", "period", "clock"];
/// Parts of headings that say demand, the surest first.
const DEMAND_PARTS: [&str; 16] = [
    "demand",
    "traffic",
    "throughput",
    "thp",
    "bandwidth",
    "mbps",
    "kbps",
    "gbps",
    "bps",
    "bitrate",
    "volume",
    "bytes",
    "rate",
    "load",
    "value",
    "activity",
];
/// Last words of headings of numbers that name a place or a thing instead of measuring it.
const NAMING_WORDS: [&str; 22] = [
    "id", "identity", "cell", "cellid", "site", "bts", "btsid", "enb", "gnb", "node", "sector",
    "square", "slice", "snssai", "series", "host", "instance", "device", "pci", "eci", "nci",
    "table",
];
/// Last words of headings of numbers that count rows or runs.
const COUNTING_WORDS: [&str; 7] = ["index", "iteration", "no", "nr", "number", "row", "run"];

/// Units of demand that a heading can name.
pub const UNITS: [&str; 9] =
    ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "B", "kB", "MB", "GB", "users"];
/// The unit of demand where nothing names it.
pub const ASSUMED_UNIT: &str = "Mbit/s";

/// A rule that turns stamps of a wall's clock, in order, into UTC.
pub type Clock<'a> = &'a dyn Fn(&mut [i64]) -> Result<(), InputError>;

/// What is chosen where the table leaves it open, or where the visitor knows better.
#[derive(Clone, Copy, Default)]
pub struct DemandChoices<'a> {
    /// Column of the demand.
    pub column: Option<&'a str>,
    /// Column of the time stamps.
    pub time_column: Option<&'a str>,
    /// How stamps are written.
    pub stamps: StampChoices,
    /// Unit of the demand.
    pub unit: Option<&'a str>,
    /// How samples are brought into steps; what several come to follows the unit where
    /// `together` is not given.
    pub sampling: Sampling,
    /// What several samples within a step come to.
    pub together: Option<Together>,
    /// The zone of stamps that name none.
    pub clock: Option<Clock<'a>>,
}

/// What a column is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Time stamps.
    Time,
    /// Demand.
    Demand,
    /// Tells the series of a table apart.
    Label,
    /// Nothing.
    PassedOver,
}

impl Role {
    /// What a column is, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Demand => "demand",
            Self::Label => "tells series apart",
            Self::PassedOver => "passed over",
        }
    }
}

/// What the stamps of a series say of its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The date and the time of day.
    Dated,
    /// The time of day alone.
    TimeOfDay,
    /// Nothing: they count from it.
    Counted,
}

/// One series of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableSeries {
    /// Demand. Without a date its first day is a Monday, 1970-01-05.
    pub series: DemandSeries,
    /// What was done to its samples.
    pub treatment: Treatment,
    /// What is known of its start.
    pub start: Start,
    /// Whether neither its heading nor a choice names the unit.
    pub unit_assumed: bool,
}

/// A table whose columns are understood.
#[derive(Clone, Debug)]
pub struct DemandTable<'a> {
    table: &'a Table,
    stamps: Option<Stamps>,
    roles: Vec<Role>,
    demand: Vec<usize>,
    /// Columns of the times of a day with those times in ms, where a row holds a whole day.
    of_day: Vec<(usize, i64)>,
    /// Whether rows of one day follow one another by the step that is chosen.
    within_days: bool,
    /// Rows of each label, by its name; one entry without a name where there is no label.
    groups: Vec<(String, Vec<usize>)>,
    told: Vec<String>,
}

impl<'a> DemandTable<'a> {
    /// Decides what the columns of `table` are.
    ///
    /// The time is the column whose heading says so, or a date beside a time of day; a heading that only
    /// nearly says time is never taken as demand. Numbers are demand unless they count rows or name
    /// things. A column of texts, or of numbers that name, tells series apart where each of its values has
    /// stamps of its own; else it is passed over.
    ///
    /// # Errors
    /// Names the column that there is not, or what has to be chosen: [`TIME_COLUMN`], [`STEP`], or those
    /// of [`stamps::read`].
    pub fn of(table: &'a Table, choices: DemandChoices<'_>) -> Result<Self, InputError> {
        let mut told = table.told();
        let (time, parts) = time_columns(table, choices.time_column, choices.column)?;
        let stamps = match parts {
            Some(parts) => Some(parts.read(table, choices.stamps)?),
            None => read_stamps(table, &time, choices.stamps)?,
        };
        if stamps.is_none() && choices.sampling.step_minutes.is_none() {
            let names: Vec<&str> = table.columns().iter().map(|column| &column.name[..]).collect();
            let found = format!("unknown: no column of time stamps among {}", names.join(", "));
            return Err(InputError::new(
                STEP,
                found,
                "minutes from one row to the next, or a time column",
            ));
        }
        told.extend(stamps.as_ref().and_then(|stamps| stamps.told.clone()));
        let mut demand = demand_columns(table, &time, choices.column)?;
        let is_daily = stamps.as_ref().is_some_and(holds_days_alone);
        let is_wide = is_daily && choices.column.is_none();
        let of_day = if is_wide { times_of_day(table, &time) } else { Vec::new() };
        if !of_day.is_empty() {
            demand = of_day.iter().map(|(column, _)| *column).collect();
            told.push(format!("{} columns are times of the day", of_day.len()));
        }
        let labels = label_columns(table, &time, &demand, stamps.as_ref());
        let counts = stamps.as_ref().is_some_and(|s| matches!(s.form, StampForm::FromStart(_)));
        let comes_again = stamps.as_ref().is_some_and(|stamps| {
            (is_daily || counts) && 2 * clashes(table, stamps, &labels) >= table.len()
        });
        if comes_again && choices.sampling.step_minutes.is_none() {
            let heading = &table.columns()[time[0]].name;
            let found = format!(
                "unknown: {heading} is the same in several rows, and nothing tells their time"
            );
            return Err(InputError::new(STEP, found, "minutes from one row to the next"));
        }
        // A count that begins again tells less than the order of the rows.
        let stamps = stamps.filter(|_| !(counts && comes_again));
        let within_days = is_daily && comes_again;
        let mut roles = vec![Role::PassedOver; table.columns().len()];
        time.iter().for_each(|column| roles[*column] = Role::Time);
        demand.iter().for_each(|column| roles[*column] = Role::Demand);
        labels.iter().for_each(|column| roles[*column] = Role::Label);
        let groups = groups(table, &labels)?;
        demand.truncate(if of_day.is_empty() { demand.len() } else { 1 });
        Ok(Self { table, stamps, roles, demand, of_day, within_days, groups, told })
    }

    /// What each column is taken for.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// What was decided about the table as a whole, one phrase each.
    pub fn told(&self) -> Vec<String> {
        let mut told = self.told.clone();
        let passed = self.named(Role::PassedOver);
        if !passed.is_empty() {
            let columns = if passed.len() == 1 { "column" } else { "columns" };
            told.push(format!("{columns} {} passed over", listed(&passed)));
        }
        if self.groups.len() > 1 {
            let labels = listed(&self.named(Role::Label));
            told.push(format!("{} series told apart by {labels}", self.groups.len()));
        }
        told
    }

    fn named(&self, role: Role) -> Vec<&str> {
        let columns = self.table.columns().iter().zip(&self.roles);
        columns.filter(|(_, found)| **found == role).map(|(column, _)| &column.name[..]).collect()
    }

    /// Names of all series: columns of demand, labels, or both.
    pub fn names(&self) -> Vec<String> {
        let pairs = self
            .groups
            .iter()
            .flat_map(|(label, _)| self.demand.iter().map(move |column| self.name(label, *column)));
        pairs.collect()
    }

    fn name(&self, label: &str, column: usize) -> String {
        let column = match self.of_day.is_empty() {
            true => &self.table.columns()[column].name[..],
            false => "demand",
        };
        match (self.groups.len(), self.demand.len()) {
            (1, _) => column.to_owned(),
            (_, 1) => label.to_owned(),
            _ => format!("{label}, {column}"),
        }
    }

    /// The series at `index` of [`Self::names`].
    ///
    /// # Errors
    /// Names the line of what is no number, or those of [`DemandSeries::from_samples`].
    pub fn series(
        &self,
        index: usize,
        choices: DemandChoices<'_>,
    ) -> Result<TableSeries, InputError> {
        let (group, column) = (index / self.demand.len(), self.demand[index % self.demand.len()]);
        let Some((label, rows)) = self.groups.get(group) else {
            let allowed = format!("0 to {}", self.names().len().saturating_sub(1));
            return Err(InputError::new("series", index, allowed));
        };
        let about = &self.table.columns()[column];
        let named = choices.unit.or(about.unit).or_else(|| unit_of(&about.name));
        let unit = named.unwrap_or(ASSUMED_UNIT).to_owned();
        let together = choices.together.unwrap_or_else(|| together_of(&unit));
        let sampling = Sampling { together, ..choices.sampling };
        let samples = self.samples(rows, column, choices)?;
        let name = self.name(label, column);
        let (series, treatment) = DemandSeries::from_samples(&name, &unit, &samples.0, sampling)?;
        Ok(TableSeries {
            series,
            treatment: Treatment { changes: samples.1, ..treatment },
            start: self.start(),
            unit_assumed: named.is_none(),
        })
    }

    fn start(&self) -> Start {
        match self.stamps.as_ref().map(|stamps| stamps.form) {
            None | Some(StampForm::FromStart(_)) => Start::Counted,
            Some(StampForm::TimeOfDay) => Start::TimeOfDay,
            Some(_) => Start::Dated,
        }
    }

    fn samples(
        &self,
        rows: &[usize],
        column: usize,
        choices: DemandChoices<'_>,
    ) -> Result<(Vec<Sample>, Option<ClockChanges>), InputError> {
        const MONDAY_MS: i64 = 4 * calendar::DAY_MS;
        let step_ms = i64::from(choices.sampling.step_minutes.unwrap_or(1)) * 60_000;
        let of_day = [(column, 0)];
        let of_day = if self.of_day.is_empty() { &of_day[..] } else { &self.of_day };
        let mut samples = Vec::with_capacity(rows.len() * of_day.len());
        let (mut day, mut rows_of_day) = (i64::MIN, 0);
        for (place, row) in rows.iter().enumerate() {
            let ms = match &self.stamps {
                Some(stamps) => stamps.milliseconds[*row],
                None => Some(MONDAY_MS + place as i64 * step_ms),
            };
            // A row without a stamp is no sample.
            let Some(mut ms) = ms else { continue };
            if self.within_days {
                rows_of_day = if ms == day { rows_of_day + 1 } else { 0 };
                day = ms;
                ms += rows_of_day * step_ms;
            }
            for (column, time_ms) in of_day {
                let value = self.table.number(*row, *column)?;
                samples.push(Sample { ms: ms + time_ms, value, line: self.table.line(*row) });
            }
        }
        let is_local = self.stamps.as_ref().is_some_and(|stamps| !stamps.zoned);
        let changes = if is_local { in_order_of_time(&mut samples, choices.clock)? } else { None };
        Ok((samples, changes))
    }
}

/// What daylight saving did to a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockChanges {
    /// Hours that came twice and are both kept.
    pub repeated: u32,
    /// Hours that were left out and are no gaps.
    pub left_out: u32,
}

/// Brings stamps of a wall's clock to a clock that goes on evenly.
fn in_order_of_time(
    samples: &mut [Sample],
    clock: Option<Clock<'_>>,
) -> Result<Option<ClockChanges>, InputError> {
    let falls = samples.windows(2).filter(|pair| pair[1].ms < pair[0].ms).count();
    // The newest first.
    if 2 * falls > samples.len() {
        samples.reverse();
    }
    let mut stamps: Vec<i64> = samples.iter().map(|sample| sample.ms).collect();
    let changes = match clock {
        Some(clock) => {
            clock(&mut stamps)?;
            None
        }
        None => {
            let changes = local_clock::unwound(&mut stamps);
            let count = |days: &[i64]| days.len() as u32;
            let found = ClockChanges {
                repeated: count(&changes.repeated),
                left_out: count(&changes.left_out),
            };
            (found.repeated + found.left_out > 0).then_some(found)
        }
    };
    samples.iter_mut().zip(stamps).for_each(|(sample, ms)| sample.ms = ms);
    Ok(changes)
}

/// Letters and digits of a heading, in lower case.
fn plain(heading: &str) -> String {
    heading.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The words of a heading in lower case: parted by what is no letter or digit, and where a capital
/// follows a small letter.
fn words(heading: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut was_small = false;
    for letter in heading.chars() {
        if !letter.is_alphanumeric() || (was_small && letter.is_uppercase()) {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        was_small = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The heading without a unit in brackets or at its end.
fn without_unit(heading: &str) -> &str {
    if TimeUnit::of_heading(heading).is_none() {
        return heading;
    }
    let end = heading.rfind(|letter: char| !letter.is_alphanumeric() && !")]".contains(letter));
    end.map_or(heading, |end| &heading[..end])
}

/// How surely a heading says time: its place in [`TIME_NAMES`]; none where it does not.
fn time_rank(heading: &str) -> Option<usize> {
    let rank = |text: &str| TIME_NAMES.iter().position(|name| *name == plain(text));
    let since_1970 = plain(heading).ends_with("since1970").then_some(0);
    since_1970.or_else(|| rank(heading)).or_else(|| rank(without_unit(heading)))
}

fn nearly_says_time(heading: &str) -> bool {
    let words = words(heading);
    let says = |word: &String| {
        TIME_PARTS.iter().any(|part| word.starts_with(part) || word.ends_with(part))
    };
    words.iter().any(says)
}

fn texts(table: &Table, column: usize) -> Vec<&str> {
    (0..table.len()).map(|row| table.text(row, column)).collect()
}

/// Whether all stamps are days.
fn holds_days_alone(stamps: &Stamps) -> bool {
    let is_day = |ms: &i64| ms.rem_euclid(calendar::DAY_MS) == 0;
    stamps.form == StampForm::Date && stamps.milliseconds.iter().flatten().all(is_day)
}

/// The columns that are headed by times of the day, `00:15` or hours, with their times in ms; none where
/// not all columns of numbers beside the time are, or where they are not the parts of a day.
fn times_of_day(table: &Table, time: &[usize]) -> Vec<(usize, i64)> {
    const HOURS: usize = 24;
    const HOUR_MS: i64 = 3_600_000;
    let heading = |column: usize| &table.columns()[column].name[..];
    let clock = |text: &str| stamps::written(text).filter(|stamp| stamp.date.is_none())?.time_ms;
    let holds_numbers = |column: &usize| {
        let about = &table.columns()[*column];
        about.texts == 0 && about.missing < table.len()
    };
    let columns: Vec<usize> = (0..table.columns().len())
        .filter(|column| !time.contains(column) && holds_numbers(column))
        .collect();
    let clocks: Option<Vec<i64>> = columns.iter().map(|column| clock(heading(*column))).collect();
    let hour = |column: &usize| {
        let digits: String = heading(*column).chars().filter(char::is_ascii_digit).collect();
        let letters: String = heading(*column).chars().filter(char::is_ascii_alphabetic).collect();
        let is_hour = letters.is_empty() || TimeUnit::of_word(&letters) == Some(TimeUnit::Hours);
        digits.parse::<u8>().ok().filter(|_| is_hour).map(i64::from)
    };
    let hours: Option<Vec<i64>> = columns.iter().map(hour).collect();
    let hours = hours.filter(|hours| hours.len() == HOURS);
    // Hours from 1 to 24 are named by their ends.
    let hours = hours.map(|hours| hours.iter().map(|hour| (hour - hours[0]) * HOUR_MS).collect());
    let Some(times) = clocks.or(hours) else { return Vec::new() };
    let step = times.get(1).map_or(0, |second| second - times[0]);
    let is_day = times.len() >= HOURS && step * times.len() as i64 == calendar::DAY_MS;
    let is_even = times.windows(2).all(|pair| pair[1] - pair[0] == step);
    if is_day && is_even { columns.into_iter().zip(times).collect() } else { Vec::new() }
}

/// Columns that hold the parts of a stamp as numbers.
#[derive(Clone, Copy, Debug, Default)]
struct TimeParts {
    date: Option<usize>,
    /// Year, month and day where no column has the date.
    day: Option<[usize; 3]>,
    hour: Option<usize>,
    minute: Option<usize>,
    /// A time of day without signs, such as 715 or 71500.
    clock: Option<usize>,
}

impl TimeParts {
    /// The parts among `columns`, of which `dates` hold dates alone; none where they make no stamp.
    fn of(table: &Table, columns: &[usize], dates: &[usize]) -> Option<Self> {
        let part = |names: &[&str], least: f64, most: f64| {
            let fits = |column: &&usize| {
                let about = &table.columns()[**column];
                let range = about.minimum.zip(about.maximum);
                let is_in = range.is_some_and(|(low, high)| low >= least && high <= most);
                let plain = plain(&about.name);
                names.contains(&&plain[..]) && is_in && holds_whole_numbers(table, **column)
            };
            columns.iter().find(fits).copied()
        };
        let day = || {
            Some([
                part(&["year", "yyyy", "yr", "jahr", "ano", "annee"], 1970.0, 2100.0)?,
                part(&["month", "mon", "mm", "mo", "monat", "mes", "mois"], 1.0, 12.0)?,
                part(&["day", "dd", "tag", "dayofmonth", "dia", "jour"], 1.0, 31.0)?,
            ])
        };
        let date = if let [date] = dates { Some(*date) } else { None };
        let day = if date.is_none() { day() } else { None };
        if date.is_none() && day.is_none() {
            return None;
        }
        const HOURS: [&str; 11] = [
            "hour",
            "hours",
            "hr",
            "hrs",
            "hh",
            "h",
            "he",
            "stunde",
            "hourending",
            "hourofday",
            "time",
        ];
        let hour = part(&HOURS, 0.0, 24.0);
        let minute =
            hour.and_then(|_| part(&["minute", "minutes", "min", "mins", "mi"], 0.0, 59.0));
        let clock = part(&["time", "clock", "hhmm", "hhmmss", "zeit", "uhrzeit"], 0.0, 240_000.0);
        let clock = clock.filter(|clock| hour != Some(*clock) && Some(*clock) != date);
        let found = Self { date, day, hour, minute, clock: clock.filter(|_| hour.is_none()) };
        (day.is_some() || hour.is_some() || found.clock.is_some()).then_some(found)
    }

    fn columns(self) -> Vec<usize> {
        let parts = [self.date, self.hour, self.minute, self.clock];
        self.day.into_iter().flatten().chain(parts.into_iter().flatten()).collect()
    }

    fn read(self, table: &Table, choices: StampChoices) -> Result<Stamps, InputError> {
        let number = |row: usize, column: usize| table.number(row, column).ok().flatten();
        let whole = |row, column| number(row, column).map(|number| number as i64);
        let ends = |column: usize| {
            let about = &table.columns()[column];
            about.minimum >= Some(1.0) && about.maximum == Some(24.0)
        };
        let (mut dates, mut clocks) = (Vec::new(), Vec::new());
        // An hour may be named by its end.
        let earlier = self.hour.map_or(0, |hour| i64::from(ends(hour)));
        let has_seconds = self.clock.is_some_and(|column| holds_seconds(table, column));
        for row in 0..table.len() {
            let date = match (self.date, self.day) {
                (Some(date), _) => table.text(row, date).to_owned(),
                (None, Some(parts)) => match parts.map(|part| whole(row, part)) {
                    [Some(year), Some(month), Some(day)] => format!("{year}-{month:02}-{day:02}"),
                    _ => String::new(),
                },
                (None, None) => String::new(),
            };
            // A row without one of its parts has no stamp: midnight would be another row's.
            let part = |column: Option<usize>| column.map_or(Some(0), |column| whole(row, column));
            let (hour, minute, clock) = (part(self.hour), part(self.minute), part(self.clock));
            let (Some(hour), Some(minute), Some(clock)) = (hour, minute, clock) else {
                dates.push(String::new());
                clocks.push(String::new());
                continue;
            };
            let hour = hour - earlier;
            let clock = match self.clock {
                Some(_) if has_seconds => {
                    format!("{:02}:{:02}:{:02}", clock / 10_000, clock / 100 % 100, clock % 100)
                }
                Some(_) => format!("{:02}:{:02}", clock / 100, clock % 100),
                None => format!("{hour:02}:{minute:02}"),
            };
            dates.push(date);
            clocks.push(clock);
        }
        let heading = self.columns().first().map_or("", |column| &table.columns()[*column].name);
        let dates: Vec<&str> = dates.iter().map(String::as_str).collect();
        let clocks: Vec<&str> = clocks.iter().map(String::as_str).collect();
        let line = |row: usize| table.line(row);
        stamps::read_joined((heading, &dates), &clocks, &line, choices)
    }
}

/// Whether a time of day without signs has seconds.
fn holds_seconds(table: &Table, column: usize) -> bool {
    table.columns()[column].maximum > Some(2400.0)
}

/// Whether most texts of a column are dates and times, of a date alone, or of a time alone.
fn written_kind(table: &Table, column: usize) -> (bool, bool) {
    const LOOKED_AT: usize = 1000;
    let first: Vec<&str> = (0..table.len())
        .map(|row| table.text(row, column))
        .filter(|text| !is_missing(text))
        .take(LOOKED_AT)
        .collect();
    let given = stamps::beginnings(&first);
    let (mut all, mut dates, mut times) = (0, 0, 0);
    for text in given {
        all += 1;
        if let Some(stamp) = stamps::written(text) {
            dates += usize::from(stamp.date.is_some());
            times += usize::from(stamp.time_ms.is_some());
        }
    }
    (all > 0 && 2 * dates > all, all > 0 && 2 * times > all)
}

/// The columns of the time: one, or one of dates and one of times of day, or those of its parts; none where
/// there is none.
fn time_columns(
    table: &Table,
    chosen: Option<&str>,
    demand: Option<&str>,
) -> Result<(Vec<usize>, Option<TimeParts>), InputError> {
    if let Some(name) = chosen {
        let column = column_named(table, "time column", name)?;
        return Ok((vec![column], None));
    }
    let is_demand = |column: usize| demand.is_some_and(|name| table.position(name) == Some(column));
    let columns: Vec<usize> =
        (0..table.columns().len()).filter(|column| !is_demand(*column)).collect();
    let heading = |column: usize| &table.columns()[column].name[..];
    let mut named: Vec<(usize, usize)> =
        columns.iter().filter_map(|column| Some((time_rank(heading(*column))?, *column))).collect();
    named.sort_unstable();
    let kinds: BTreeMap<usize, (bool, bool)> = columns
        .iter()
        .filter(|column| {
            !table.columns()[**column].numeric || time_rank(heading(**column)).is_some()
        })
        .map(|column| (*column, written_kind(table, *column)))
        .collect();
    let is = |column: usize, kind: (bool, bool)| kinds.get(&column) == Some(&kind);
    let dates: Vec<usize> = columns.iter().copied().filter(|c| is(*c, (true, false))).collect();
    let times: Vec<usize> = columns.iter().copied().filter(|c| is(*c, (false, true))).collect();
    if let ([date], [time]) = (&dates[..], &times[..]) {
        return Ok((vec![*date, *time], None));
    }
    // What holds dates and times is the time, whatever its heading.
    let whole: Vec<usize> = columns.iter().copied().filter(|c| is(*c, (true, true))).collect();
    if let Some((_, column)) = named.iter().find(|(_, column)| whole.contains(column)) {
        return Ok((vec![*column], None));
    }
    if !whole.is_empty() {
        return Ok((vec![begin_of_period(table, &whole)?], None));
    }
    if let Some(parts) = TimeParts::of(table, &columns, &dates) {
        return Ok((parts.columns(), Some(parts)));
    }
    one_named(table, &columns, &named).map(|column| (column, None))
}

/// Of several columns of stamps the one of the same moments with a zone, or the one at which periods begin.
fn begin_of_period(table: &Table, columns: &[usize]) -> Result<usize, InputError> {
    let [first, others @ ..] = columns else { return Ok(0) };
    let heading = |column: usize| &table.columns()[column].name[..];
    let line = |row: usize| table.line(row);
    let read = |column: usize| {
        stamps::read(heading(column), &texts(table, column), &line, StampChoices::default()).ok()
    };
    let (mut best, mut of_best) = (*first, read(*first));
    for column in others {
        let found = read(*column);
        let (Some(one), Some(other)) = (&of_best, &found) else {
            return Err(unclear(table, columns));
        };
        let distances = one.milliseconds.iter().zip(&other.milliseconds);
        let distances = distances.filter_map(|(one, other)| Some((*other)? - (*one)?));
        let (mut least, mut most) = (i64::MAX, i64::MIN);
        distances.for_each(|distance| (least, most) = (least.min(distance), most.max(distance)));
        let is_better = match (one.zoned, other.zoned) {
            (false, true) => true,
            (true, false) => false,
            // One goes on beside the other.
            _ if least <= most && most - least <= 1000 => least < 0,
            _ => return Err(unclear(table, columns)),
        };
        if is_better {
            (best, of_best) = (*column, found);
        }
    }
    Ok(best)
}

fn unclear(table: &Table, columns: &[usize]) -> InputError {
    let names: Vec<&str> =
        columns.iter().map(|column| &table.columns()[*column].name[..]).collect();
    let found = format!("unclear: {}", names.join(", "));
    InputError::new(TIME_COLUMN, found, "the column that holds the time of each row")
}

/// The column of the time by its heading.
fn one_named(
    table: &Table,
    columns: &[usize],
    named: &[(usize, usize)],
) -> Result<Vec<usize>, InputError> {
    let heading = |column: usize| &table.columns()[column].name[..];
    let nearly: Vec<usize> = columns
        .iter()
        .copied()
        .filter(|column| {
            time_rank(heading(*column)).is_none() && nearly_says_time(heading(*column))
        })
        .collect();
    match (named.first(), &nearly[..]) {
        (Some((_, column)), []) => Ok(vec![*column]),
        (Some((_, column)), nearly) => {
            // A clock that starts again with every run is none where another one goes on.
            let going_on = nearly.iter().find(|nearly| ascends(table, **nearly));
            match going_on {
                Some(other) if !ascends(table, *column) => Ok(vec![*other]),
                _ => Ok(vec![*column]),
            }
        }
        (None, []) => Ok(Vec::new()),
        (None, nearly) => Err(unclear(table, nearly)),
    }
}

/// Whether the numbers of a column never fall.
fn ascends(table: &Table, column: usize) -> bool {
    let numbers: Vec<f64> =
        (0..table.len()).filter_map(|row| table.number(row, column).ok().flatten()).collect();
    !numbers.is_empty() && numbers.windows(2).all(|pair| pair[1] >= pair[0])
}

fn read_stamps(
    table: &Table,
    time: &[usize],
    choices: StampChoices,
) -> Result<Option<Stamps>, InputError> {
    let line = |row: usize| table.line(row);
    let heading = |column: usize| &table.columns()[column].name[..];
    match time {
        [] => Ok(None),
        [column] => {
            stamps::read(heading(*column), &texts(table, *column), &line, choices).map(Some)
        }
        [date, time, ..] => {
            let dates = texts(table, *date);
            let joined = (heading(*date), &dates[..]);
            stamps::read_joined(joined, &texts(table, *time), &line, choices).map(Some)
        }
    }
}

/// The columns of demand, the likeliest first.
fn demand_columns(
    table: &Table,
    time: &[usize],
    chosen: Option<&str>,
) -> Result<Vec<usize>, InputError> {
    if let Some(name) = chosen {
        let column = column_named(table, "column", name)?;
        let about = &table.columns()[column];
        if time.contains(&column) || 2 * about.texts > table.len() {
            return Err(InputError::new("column", name, "a column of numbers beside the time"));
        }
        return Ok(vec![column]);
    }
    let mut found: Vec<usize> = (0..table.columns().len())
        .filter(|column| !time.contains(column) && may_be_demand(table, *column))
        .collect();
    found.sort_by_key(|column| demand_rank(&table.columns()[*column].name));
    if found.is_empty() {
        let names: Vec<&str> = table.columns().iter().map(|column| &column.name[..]).collect();
        let allowed = "at least one column of numbers beside the time";
        return Err(InputError::new("header", names.join(", "), allowed));
    }
    Ok(found)
}

fn may_be_demand(table: &Table, column: usize) -> bool {
    let about = &table.columns()[column];
    let numbers = table.len() - about.missing - about.texts;
    if numbers == 0 || about.texts >= numbers {
        return false;
    }
    let says_time = time_rank(&about.name).is_some() || nearly_says_time(&about.name);
    let names_or_counts = names_something(about) || ends_with_one_of(about, &COUNTING_WORDS);
    let is_number_of = names_or_counts && holds_whole_numbers(table, column);
    !says_time && !is_number_of && !counts_rows(table, column)
}

fn names_something(column: &Column) -> bool {
    ends_with_one_of(column, &NAMING_WORDS)
}

fn ends_with_one_of(column: &Column, known: &[&str]) -> bool {
    words(&column.name).last().is_some_and(|word| known.contains(&&word[..]))
}

fn holds_whole_numbers(table: &Table, column: usize) -> bool {
    (0..table.len())
        .filter_map(|row| table.number(row, column).ok().flatten())
        .all(|n| n.fract() == 0.0)
}

/// Whether a column rises by the same amount from row to row.
fn counts_rows(table: &Table, column: usize) -> bool {
    const FEW: usize = 5;
    let numbers: Vec<f64> =
        (0..table.len()).filter_map(|row| table.number(row, column).ok().flatten()).collect();
    let step = numbers.get(1).zip(numbers.first()).map_or(0.0, |(second, first)| second - first);
    step == 1.0 && numbers.len() >= FEW && numbers.windows(2).all(|pair| pair[1] - pair[0] == step)
}

fn demand_rank(heading: &str) -> usize {
    let plain = plain(heading);
    DEMAND_PARTS.iter().position(|part| plain.contains(part)).unwrap_or(DEMAND_PARTS.len())
}

/// The columns that tell the series of a table apart.
fn label_columns(
    table: &Table,
    time: &[usize],
    demand: &[usize],
    stamps: Option<&Stamps>,
) -> Vec<usize> {
    let Some(stamps) = stamps else { return Vec::new() };
    let candidates: Vec<usize> = (0..table.columns().len())
        .filter(|column| !time.contains(column) && !demand.contains(column))
        .filter(|column| {
            let about = &table.columns()[*column];
            about.texts > 0 || names_something(about)
        })
        .collect();
    let distinct = |column: usize| texts(table, column).into_iter().collect::<HashSet<_>>().len();
    let mut counted: Vec<(usize, usize)> = candidates
        .iter()
        .map(|column| (distinct(*column), *column))
        .filter(|(count, _)| *count > 1 && *count <= MOST_SERIES.min(table.len() / 2))
        .collect();
    counted.sort_unstable();
    let clashes = |columns: &[usize]| clashes(table, stamps, columns);
    let without = clashes(&[]);
    // A column that names places divides even where stamps would not clash.
    let names_places = |column: &usize| {
        words(&table.columns()[*column].name).iter().any(|word| NAMING_WORDS.contains(&&word[..]))
    };
    if let Some((_, column)) = counted
        .iter()
        .find(|(_, column)| names_places(column) && clashes(&[*column]) <= without / 20)
    {
        return vec![*column];
    }
    if 20 * without <= table.len() {
        return Vec::new();
    }
    if let Some((_, column)) =
        counted.iter().find(|(_, column)| 20 * clashes(&[*column]) <= without)
    {
        return vec![*column];
    }
    let all: Vec<usize> = counted.iter().map(|(_, column)| *column).collect();
    if 20 * clashes(&all) <= without { all } else { Vec::new() }
}

/// Rows whose stamp another row of the same labels has.
fn clashes(table: &Table, stamps: &Stamps, labels: &[usize]) -> usize {
    let mut seen = HashSet::new();
    let key = |row: &usize| {
        let labels: Vec<&str> = labels.iter().map(|column| table.text(*row, *column)).collect();
        (stamps.milliseconds[*row], labels)
    };
    (0..table.len()).filter(|row| !seen.insert(key(row))).count()
}

/// Rows by the values of the label columns, in the order in which these come first.
fn groups(table: &Table, labels: &[usize]) -> Result<Vec<(String, Vec<usize>)>, InputError> {
    if labels.is_empty() {
        return Ok(vec![(String::new(), (0..table.len()).collect())]);
    }
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for row in 0..table.len() {
        let values: Vec<&str> = labels.iter().map(|column| table.text(row, *column)).collect();
        let name = values.join(", ");
        let next = groups.len();
        let place = *places.entry(name.clone()).or_insert(next);
        if place == next {
            groups.push((name, Vec::new()));
        }
        groups[place].1.push(row);
        if groups.len() > MOST_SERIES {
            let allowed = format!("at most {MOST_SERIES} series");
            return Err(InputError::new("series", groups.len(), allowed));
        }
    }
    Ok(groups)
}

fn column_named(table: &Table, field: &str, name: &str) -> Result<usize, InputError> {
    table.position(name).ok_or_else(|| {
        let names: Vec<&str> = table.columns().iter().map(|column| &column.name[..]).collect();
        InputError::new(field, name, format!("one of {}", names.join(", ")))
    })
}

/// The unit that a heading names.
fn unit_of(heading: &str) -> Option<&'static str> {
    const UNITS: [(&str, &str); 16] = [
        ("mbps", "Mbit/s"),
        ("mbit/s", "Mbit/s"),
        ("mb/s", "Mbit/s"),
        ("kbps", "kbit/s"),
        ("kbit/s", "kbit/s"),
        ("gbps", "Gbit/s"),
        ("gbit/s", "Gbit/s"),
        ("bps", "bit/s"),
        ("gb", "GB"),
        ("gbyte", "GB"),
        ("mb", "MB"),
        ("mbyte", "MB"),
        ("kb", "kB"),
        ("kbyte", "kB"),
        ("bytes", "B"),
        ("users", "users"),
    ];
    let lower = heading.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_alphanumeric() && letter != '/');
    let mut found = words.filter_map(|word| UNITS.iter().find(|(name, _)| *name == word));
    found.next_back().map(|(_, unit)| *unit)
}

/// What several samples of this unit come to: volumes add up.
fn together_of(unit: &str) -> Together {
    if matches!(unit, "B" | "kB" | "MB" | "GB" | "TB") { Together::Sum } else { Together::Mean }
}

fn listed(names: &[&str]) -> String {
    const MOST: usize = 6;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("'{name}'")).collect();
    let more = names.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

impl TableSeries {
    /// What was read, in one sentence with counts.
    pub fn told(&self) -> String {
        let Self { series, treatment, .. } = self;
        let stamp = calendar::shown(series.start_minute * 60_000);
        let start = match self.start {
            Start::Dated => format!("from {stamp}"),
            Start::TimeOfDay => {
                let time = stamp.split_once(' ').map_or("", |(_, time)| time);
                format!("from {time} of a day without a date")
            }
            Start::Counted => "counted from the start".to_owned(),
        };
        let step = step_in_words(series.step_minutes);
        let mut told = vec![format!("{} steps {step} {start}", series.values.len())];
        let mut tell = |count: usize, one: &str, many: &str, done: &str| {
            if count > 0 {
                let thing = if count == 1 { one } else { many };
                told.push(format!("{count} {thing} {done}"));
            }
        };
        let on_a_line = treatment.filled - treatment.from_other_days;
        tell(on_a_line, "missing step", "missing steps", "filled along a line");
        let days = "filled by other days at the same time";
        tell(treatment.from_other_days, "missing step", "missing steps", days);
        tell(treatment.duplicates, "repeated stamp", "repeated stamps", "averaged");
        tell(treatment.unsorted, "sample", "samples", "out of order sorted");
        tell(treatment.snapped, "stamp", "stamps", "moved onto a step");
        if let Some(changes) = treatment.changes {
            let hour = "of a clock with daylight saving";
            tell(
                changes.repeated as usize,
                "repeated hour",
                "repeated hours",
                &format!("{hour} kept twice"),
            );
            tell(
                changes.left_out as usize,
                "hour left out",
                "hours left out",
                &format!("{hour} closed"),
            );
        }
        if treatment.sampled_seconds > 0.0 {
            let how = if treatment.summed { "summed" } else { "averaged" };
            told.push(format!("samples {} s apart {how}", treatment.sampled_seconds));
        }
        if treatment.parts > 1 {
            let left = treatment.left_out;
            let parts = treatment.parts;
            told.push(format!("the longest or chosen of {parts} parts between gaps that nothing fills, {left} samples left out"));
        }
        if self.unit_assumed {
            told.push(format!("{} assumed, as its heading names no known unit", series.unit));
        }
        told.join("; ")
    }
}

/// `hourly`, `daily`, or `of 5 minutes`.
pub fn step_in_words(minutes: u32) -> String {
    match minutes {
        60 => "hourly".to_owned(),
        1440 => "daily".to_owned(),
        1 => "of 1 minute".to_owned(),
        minutes => format!("of {minutes} minutes"),
    }
}
