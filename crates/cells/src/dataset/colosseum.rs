//! Measured records of slices on the Colosseum emulator (GitHub wineslab/explora): one cell of 50
//! resource blocks, a record a second and slice.
//!
//! r = min(rate / offered, 100 ms / delay, 1) with delay = 8 buffer / rate: what lies in the buffer
//! leaves it at that rate. An empty buffer has no delay. Rows with more than two estimated users are
//! merged reports and left out, also as the past of others.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use slicewise_core::InputError;
use slicewise_core::cells::HISTORY;

use super::CellRows;

/// Resource blocks of the cell.
pub const CELL_PRB: f64 = 50.0;
/// Required delay in ms.
pub const REQUIRED_DELAY_MS: f64 = 100.0;
/// The most estimated users of a row that is no merged report.
pub const MOST_USERS: f64 = 2.0;

/// Features per past record.
const PAST: [(&str, &str); 4] =
    [("satisfaction", ""), ("log10 delay", "log10 ms"), ("granted ratio", ""), ("share", "")];
/// Features of the last record alone.
const LAST: [(&str, &str); 5] = [
    ("rate over offered", ""),
    ("least rate over offered", ""),
    ("log10 largest delay", "log10 ms"),
    ("log10 packets", "log10 packets"),
    ("users", "users"),
];

/// Inputs of a row: share, offered rate and the past.
pub const INPUTS: usize = 2 + HISTORY * PAST.len() + LAST.len();

/// Names and units of the inputs, share first.
pub fn inputs() -> Vec<(String, &'static str)> {
    let mut inputs =
        vec![("share".to_owned(), ""), ("log10 offered rate per user".to_owned(), "log10 Mbit/s")];
    for back in (1..=HISTORY).rev() {
        inputs.extend(PAST.map(|(name, unit)| (format!("{name}[t-{back}]"), unit)));
    }
    inputs.extend(LAST.map(|(name, unit)| (format!("{name}[t-1]"), unit)));
    inputs
}

/// One record that is used.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Record {
    time_ms: f64,
    share: f64,
    users: f64,
    offered_mbps: f64,
    rate_mbps: f64,
    least_rate_mbps: f64,
    buffer_bytes: f64,
    largest_buffer_bytes: f64,
    granted_ratio: f64,
    packets: f64,
}

/// Records of any number of files, by run and slice.
#[derive(Clone, Debug, Default)]
pub struct Colosseum {
    runs: BTreeMap<Vec<String>, BTreeMap<u32, Vec<Record>>>,
    /// Rows left out: merged reports, and rows without a number that is needed.
    pub left_out: usize,
}

/// Columns that name a run.
const RUN: [&str; 4] = ["campaign", "exp", "agent", "traffic"];
/// Place of the experiment in [`RUN`].
const EXPERIMENT: usize = 1;
/// Columns of numbers, in the order in which a record takes them.
const NUMBERS: [&str; 12] = [
    "slice_id",
    "time_ms",
    "slice_prb",
    "n_ue_est",
    "offered_mbps_per_ue",
    "tx_brate_mean_mbps",
    "tx_brate_min_mbps",
    "dl_buffer_mean_bytes",
    "dl_buffer_max_bytes",
    "ratio_granted_req_mean",
    "tx_pkts_mean",
    // The column is only asked for: its presence tells this table from others.
    "n_reports",
];

impl Colosseum {
    /// Whether a table with this first line is of this kind.
    pub fn recognises(header: &str) -> bool {
        RUN.iter().chain(&NUMBERS).all(|name| header.split(',').any(|field| field.trim() == *name))
    }

    /// Adds the records of one table.
    ///
    /// # Errors
    /// Names the column that is missing, or the line that cannot be read.
    pub fn read(&mut self, table: impl Read) -> Result<(), InputError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(table);
        let unreadable = |error: csv::Error| {
            let line = error.position().map_or(0, csv::Position::line);
            InputError::new(format!("line {line}"), error, "a row of the table")
        };
        let header = reader.headers().map_err(unreadable)?.clone();
        let place = |name: &str| {
            let found = header.iter().position(|column| column == name);
            found.ok_or_else(|| InputError::new(format!("column {name}"), "missing", "a column"))
        };
        let run = RUN.map(place).into_iter().collect::<Result<Vec<_>, _>>()?;
        let numbers = NUMBERS.map(place).into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut row = csv::StringRecord::new();
        while reader.read_record(&mut row).map_err(unreadable)? {
            let number = |place: &usize| row.get(*place).and_then(|text| text.parse::<f64>().ok());
            let values: Option<Vec<f64>> = numbers.iter().map(number).collect();
            let Some((slice, record)) = values.as_deref().and_then(record) else {
                self.left_out += 1;
                continue;
            };
            let name = run.iter().map(|place| row.get(*place).unwrap_or_default().to_owned());
            let slices = self.runs.entry(name.collect()).or_default();
            slices.entry(slice).or_default().push(record);
        }
        Ok(())
    }

    /// Number of runs.
    pub fn runs(&self) -> usize {
        self.runs.len()
    }

    /// One row per record, with the records before it of the same run and slice as its past. The
    /// oldest record stands for those before it; before the first one a slice counts as satisfied,
    /// with an empty buffer, all requests granted and the same share.
    ///
    /// All runs of an experiment, in whatever campaign, have its number among the `runs` of the rows.
    pub fn rows(&self) -> CellRows {
        let mut rows = CellRows::new(INPUTS);
        let names: BTreeSet<&String> = self.runs.keys().map(|run| &run[EXPERIMENT]).collect();
        let experiments: BTreeMap<&String, u32> = names.into_iter().zip(0..).collect();
        for (run, slices) in &self.runs {
            let experiment = experiments[&run[EXPERIMENT]];
            for (slice, records) in slices {
                let mut records = records.clone();
                records.sort_by(|a, b| a.time_ms.total_cmp(&b.time_ms));
                for (index, record) in records.iter().enumerate() {
                    let past = &records[index.saturating_sub(HISTORY)..index];
                    push_inputs(record, past, &mut rows.inputs);
                    rows.satisfaction.push(record.satisfaction());
                    rows.previous.push(past.last().map_or(1.0, Record::satisfaction));
                    rows.services.push(*slice);
                    rows.runs.push(experiment);
                }
            }
        }
        rows
    }
}

/// The slice and the record of a row of [`NUMBERS`]; none where it is not to be used.
fn record(numbers: &[f64]) -> Option<(u32, Record)> {
    let record = Record {
        time_ms: numbers[1],
        share: numbers[2] / CELL_PRB,
        users: numbers[3],
        offered_mbps: numbers[4],
        rate_mbps: numbers[5],
        least_rate_mbps: numbers[6],
        buffer_bytes: numbers[7],
        largest_buffer_bytes: numbers[8],
        granted_ratio: numbers[9],
        packets: numbers[10],
    };
    let finite = numbers.iter().all(|value| value.is_finite() && *value >= 0.0);
    let usable = finite && record.users <= MOST_USERS && record.share <= 1.0;
    usable.then_some((numbers[0] as u32, record))
}

impl Record {
    fn delay_ms(&self, buffer_bytes: f64) -> f64 {
        const BITS_PER_MS: f64 = 1000.0;
        if buffer_bytes == 0.0 { 0.0 } else { 8.0 * buffer_bytes / (BITS_PER_MS * self.rate_mbps) }
    }

    /// Rate over offered rate; 1 where nothing is offered.
    fn throughput(&self, rate_mbps: f64) -> f64 {
        if self.offered_mbps > 0.0 { rate_mbps / self.offered_mbps } else { 1.0 }
    }

    fn satisfaction(&self) -> f64 {
        let delay_ms = self.delay_ms(self.buffer_bytes);
        let delay = if delay_ms > 0.0 { REQUIRED_DELAY_MS / delay_ms } else { 1.0 };
        self.throughput(self.rate_mbps).min(delay).clamp(0.0, 1.0)
    }

    /// Logarithm of a delay in ms, between those of 1 ms and 100 s.
    fn log_delay(&self, buffer_bytes: f64) -> f64 {
        libm::log10(self.delay_ms(buffer_bytes).clamp(1.0, 1e5))
    }
}

/// Appends the inputs of `record` after `past`, oldest first.
fn push_inputs(record: &Record, past: &[Record], inputs: &mut Vec<f64>) {
    inputs.push(record.share);
    inputs.push(libm::log10(record.offered_mbps.clamp(1e-3, 1e3)));
    let before = Record {
        rate_mbps: record.offered_mbps,
        least_rate_mbps: record.offered_mbps,
        buffer_bytes: 0.0,
        largest_buffer_bytes: 0.0,
        granted_ratio: 1.0,
        ..*record
    };
    let missing = HISTORY - past.len();
    let oldest = past.first().unwrap_or(&before);
    for record in std::iter::repeat_n(oldest, missing).chain(past) {
        inputs.push(record.satisfaction());
        inputs.push(record.log_delay(record.buffer_bytes));
        inputs.push(record.granted_ratio.min(1.0));
        inputs.push(record.share);
    }
    let last = past.last().unwrap_or(&before);
    inputs.push(last.throughput(last.rate_mbps).min(2.0));
    inputs.push(last.throughput(last.least_rate_mbps).min(2.0));
    inputs.push(last.log_delay(last.largest_buffer_bytes));
    inputs.push(libm::log10(last.packets.clamp(0.5, 1e4)));
    inputs.push(last.users);
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "campaign,exp,agent,traffic,time_ms,slice_id,slice_prb,sched,n_reports,\
        n_ue_est,offered_mbps_per_ue,tx_brate_mean_mbps,tx_brate_min_mbps,dl_buffer_mean_bytes,\
        dl_buffer_max_bytes,ratio_granted_req_mean,tx_pkts_mean\n";

    fn read(rows: &str) -> Colosseum {
        let mut colosseum = Colosseum::default();
        colosseum.read(format!("{HEADER}{rows}").as_bytes()).unwrap();
        colosseum
    }

    #[test]
    fn satisfaction_is_the_worse_of_rate_and_delay() {
        // Half the offered rate; an empty buffer.
        let rows = read("c,1,a,t,1000,0,25,2,4,2,4,2,1,0,0,1,9\n").rows();
        assert_eq!(rows.satisfaction, [0.5]);
        // 100,000 bytes at 4 Mbit/s take 200 ms.
        let rows = read("c,1,a,t,1000,0,25,2,4,2,4,4,4,100000,100000,1,9\n").rows();
        assert_eq!(rows.satisfaction, [0.5]);
        // A buffer that nothing leaves.
        let rows = read("c,1,a,t,1000,0,25,2,4,2,4,0,0,5,5,1,9\n").rows();
        assert_eq!(rows.satisfaction, [0.0]);
        assert!(rows.inputs.iter().all(|value| value.is_finite()));
    }

    #[test]
    fn the_past_is_that_of_the_same_run_and_slice_in_the_order_of_time() {
        let rows = read(
            "c,1,a,t,3000,0,30,2,4,2,4,4,4,0,0,1,9\n\
             c,1,a,t,1000,0,10,2,4,2,4,1,1,0,0,1,9\n\
             c,1,a,t,2000,1,20,2,4,2,4,2,2,0,0,1,9\n\
             c,2,a,t,2000,0,20,2,4,2,4,3,3,0,0,1,9\n",
        )
        .rows();
        assert_eq!(rows.satisfaction, [0.25, 1.0, 0.5, 0.75]);
        assert_eq!(rows.previous, [1.0, 0.25, 1.0, 1.0]);
        assert_eq!(rows.runs, [0, 0, 0, 1]);
        assert_eq!(rows.services, [0, 0, 1, 0]);
        assert_eq!(inputs().len(), INPUTS);
        // The second row sees the first one five times.
        assert_eq!(rows.row(1)[2], 0.25);
        assert_eq!(rows.row(1)[2 + 4 * PAST.len()], 0.25);
        assert_eq!(rows.row(1)[5], 0.2);
    }

    #[test]
    fn runs_of_an_experiment_are_one_in_every_campaign() {
        let rows = read(
            "c,1,a,t,1000,0,10,2,4,2,4,1,1,0,0,1,9\n\
             d,1,a,t,1000,0,10,2,4,2,4,4,4,0,0,1,9\n\
             d,1,b,t,2000,0,10,2,4,2,4,4,4,0,0,1,9\n\
             d,2,a,t,1000,0,10,2,4,2,4,4,4,0,0,1,9\n",
        )
        .rows();
        assert_eq!(rows.runs, [0, 0, 0, 1]);
        // They stay runs apart: no record is another one's past.
        assert_eq!(rows.previous, [1.0; 4]);
    }

    #[test]
    fn merged_reports_and_rows_without_numbers_are_left_out() {
        let colosseum = read(
            "c,1,a,t,1000,0,25,2,4,3,4,4,4,0,0,1,9\n\
             c,1,a,t,2000,0,25,2,4,2,4,,4,0,0,1,9\n\
             c,1,a,t,3000,0,25,,4,2,4,4,4,0,0,1,9\n\
             c,1,a,t,4000,0,25,2,4,2,4,4,4,nan,0,1,9\n",
        );
        assert_eq!((colosseum.left_out, colosseum.rows().len()), (3, 1));
    }

    #[test]
    fn other_tables_are_refused_with_the_column_that_they_lack() {
        let error = Colosseum::default().read("campaign,exp\n1,2\n".as_bytes()).unwrap_err();
        assert_eq!(error.field, "column agent");
        let text = format!("{HEADER}1,2\n");
        let error = Colosseum::default().read(text.as_bytes()).unwrap_err();
        assert_eq!(error.field, "line 2");
        assert!(Colosseum::recognises(HEADER));
        assert!(!Colosseum::recognises("a,b"));
    }
}
