//! The columns of a KPI table, and where a header has them.

use crate::cells::SNssai;
use crate::error::InputError;

use super::field::Field;
use super::options::{DelayUnit, KpiOptions, ThroughputUnit};
use crate::formats::table::DecimalSign;

/// Number of columns that a KPI table may have.
pub const COLUMNS: usize = 16;
/// Number of columns that are written.
pub const WRITTEN_COLUMNS: usize = 14;

/// The place among the names of the CQI of the one that is not of a slice.
const CQI_OF_CELL: usize = 1;

/// A column of a KPI table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// `period_start` (our name): start of the granularity period, an ISO 8601 time or a step number.
    Period,
    /// `NRCellDU`: name or identity of the cell (TS 28.541).
    Cell,
    /// `SNSSAI`: the slice, as `1` or `1-00000a`.
    Snssai,
    /// `DRB.MeanActiveUeDl.SNSSAI`: mean number of active users (TS 28.552, clause 5.1.1.23.1).
    ActiveUsers,
    /// `CARR.WBCQIMean.SNSSAI` (our name): mean wideband CQI, 0 to 15, that is the mean of the
    /// distribution `CARR.WBCQIDist` over its bins (TS 28.552, clause 5.1.1.11.1).
    Cqi,
    /// `RRU.PrbUsedDl.SNSSAI`: mean number of PRB used (TS 28.552, clause 5.1.1.2.5).
    PrbUsed,
    /// `RRU.PrbAvailDl`: mean number of PRB that the cell has (TS 28.552, clause 5.1.1.2.6).
    PrbAvailable,
    /// `RRU.PrbTotDl`: the carrier's PRB as some collectors count them. By TS 28.552, clause
    /// 5.1.1.2.1, it is the part used in percent, which says nothing here.
    PrbTotal,
    /// `DRB.UEThpDl.SNSSAI`: mean throughput per user in kbit/s (TS 28.552, clause 5.1.1.3.1).
    Throughput,
    /// `DRB.RlcSduDelayDl.SNSSAI`: mean delay in 0.1 ms (TS 28.552, clause 5.1.3.3.3).
    Delay,
    /// `dLThptPerUE`: required throughput per user in kbit/s (TS 28.541, `guaThpt` of `XLThpt`).
    RequiredThroughput,
    /// `dLLatency`: required delay in ms (TS 28.541).
    RequiredDelay,
    /// `weight` (our name): weight of the slice in a weighted sum, 0 or more; 1 where missing.
    Weight,
    /// `leastRatio` (our name): what a plan must leave to the slice, in percent; 0 where missing.
    LeastRatio,
    /// `rRMPolicyMinRatio`: the policy in force, in percent (TS 28.541): the share that the slice had
    /// where `share` does not say it.
    MinimumRatio,
    /// `share` (our name): share that the slice had, 0 to 1, from which searches start.
    Share,
}

impl Column {
    /// Whether numbers of this column are read in `unit`, as a heading names it. A capital B may be bytes.
    fn is_read_in(self, unit: &str) -> bool {
        let of_bits = || unit.parse::<ThroughputUnit>().ok().filter(|_| !unit.contains('B'));
        let of_time = || unit.parse::<DelayUnit>().ok();
        match self {
            Self::Throughput => of_bits().is_some(),
            Self::RequiredThroughput => of_bits() == Some(ThroughputUnit::Kilobit),
            Self::Delay => of_time().is_some(),
            Self::RequiredDelay => of_time() == Some(DelayUnit::Millisecond),
            Self::MinimumRatio | Self::LeastRatio => unit == "%",
            _ => unit != "%",
        }
    }

    /// All columns.
    pub const ALL: [Self; COLUMNS] = [
        Self::Period,
        Self::Cell,
        Self::Snssai,
        Self::ActiveUsers,
        Self::Cqi,
        Self::PrbUsed,
        Self::PrbAvailable,
        Self::PrbTotal,
        Self::Throughput,
        Self::Delay,
        Self::RequiredThroughput,
        Self::RequiredDelay,
        Self::Weight,
        Self::LeastRatio,
        Self::MinimumRatio,
        Self::Share,
    ];

    /// The columns that are written, in their order.
    pub const WRITTEN: [Self; WRITTEN_COLUMNS] = [
        Self::Period,
        Self::Cell,
        Self::Snssai,
        Self::ActiveUsers,
        Self::Cqi,
        Self::PrbUsed,
        Self::PrbAvailable,
        Self::Throughput,
        Self::Delay,
        Self::RequiredThroughput,
        Self::RequiredDelay,
        Self::Weight,
        Self::LeastRatio,
        Self::Share,
    ];

    /// The name that is written.
    pub fn name(self) -> &'static str {
        self.names()[0]
    }

    /// The names that are understood; the first is written, and of several in one header the first
    /// counts. Case does not matter, and `_`, `:`, `/` and blanks stand for dots.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Period => &[
                "period_start",
                "beginTime",
                "timestamp",
                "time",
                "step",
                "startTime",
                "measStartTime",
                "periodStartTime",
                "granularityPeriodStart",
                "resultTime",
                "dateTime",
                "collectionTime",
                "reportTime",
                "timeUtc",
                "timestampUtc",
                "period",
                "ts",
                "hour",
            ],
            Self::Cell => &[
                "NRCellDU",
                "NRCellDUId",
                "nRCellIdentity",
                "cell",
                "cellId",
                "cellName",
                "nrCell",
                "nrCellId",
                "nrCellName",
                "nrCellDuName",
                "cellIdentity",
                "NCI",
                "NCGI",
                "NRCGI",
                "cellDn",
                "measObjLdn",
                "managedObject",
            ],
            Self::Snssai => &[
                "SNSSAI",
                "S-NSSAI",
                "slice",
                "sliceId",
                "snssaiId",
                "networkSlice",
                "networkSliceId",
                "sliceName",
                "nssai",
            ],
            Self::ActiveUsers => &["DRB.MeanActiveUeDl.SNSSAI", "DRB.MeanActiveUeDl"],
            Self::Cqi => &["CARR.WBCQIMean.SNSSAI", "CARR.WBCQIMean", "cqi"],
            Self::PrbUsed => &["RRU.PrbUsedDl.SNSSAI", "RRU.PrbUsedDl"],
            Self::PrbAvailable => &["RRU.PrbAvailDl"],
            Self::PrbTotal => &["RRU.PrbTotDl"],
            Self::Throughput => &["DRB.UEThpDl.SNSSAI", "DRB.UEThpDl"],
            Self::Delay => &["DRB.RlcSduDelayDl.SNSSAI", "DRB.RlcSduDelayDl"],
            Self::RequiredThroughput => &["dLThptPerUE", "dLThptPerUE.guaThpt"],
            Self::RequiredDelay => &["dLLatency"],
            Self::Weight => &["weight"],
            Self::LeastRatio => &["leastRatio"],
            Self::MinimumRatio => &["rRMPolicyMinRatio"],
            Self::Share => &["share"],
        }
    }

    /// Whether nothing can be planned without it.
    pub fn needed(self) -> bool {
        matches!(self, Self::Period | Self::Cell | Self::Snssai | Self::ActiveUsers | Self::Cqi)
    }

    /// Whether it is a number of a slice, of which a header may have one per S-NSSAI.
    fn is_of_slice(self) -> bool {
        !matches!(
            self,
            Self::Period | Self::Cell | Self::Snssai | Self::PrbAvailable | Self::PrbTotal
        )
    }

    /// Whether it names what a row is about.
    pub(in crate::formats) fn is_name(self) -> bool {
        matches!(self, Self::Period | Self::Cell | Self::Snssai)
    }

    /// Whether a number of the whole cell says nothing of its slices.
    pub(in crate::formats) fn is_sum(self) -> bool {
        matches!(self, Self::ActiveUsers | Self::PrbUsed | Self::Throughput | Self::Delay)
    }
}

/// What a name says of the numbers below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::formats) enum Meaning {
    /// A column, and the place of the name among the column's names.
    Column(Column, usize),
    /// A column of one slice: `DRB.UEThpDl.1-000001` or `DRB.UEThpDl.SNSSAI.1-000001`.
    OfSlice(Column, SNssai),
    /// How often a CQI was reported: `CARR.WBCQIDist.Bin7`, with or without rank and table.
    CqiBin(u8),
}

impl Meaning {
    /// The meaning of `name`; none where it has none here, or where it names a unit in which the column's
    /// numbers are not read.
    pub fn of(name: &str) -> Option<Self> {
        let (name, unit) = without_unit(name);
        Self::of_plain(&plain(name)).filter(|meaning| match meaning {
            Self::Column(column, _) | Self::OfSlice(column, _) => {
                unit.is_none_or(|unit| column.is_read_in(unit))
            }
            Self::CqiBin(_) => unit.is_none(),
        })
    }

    fn of_plain(name: &str) -> Option<Self> {
        if let Some(bin) = name.strip_prefix("carr.wbcqidist.") {
            return cqi_bin(bin).map(Self::CqiBin);
        }
        let mut of_slice = None;
        for column in Column::ALL {
            for (place, known) in column.names().iter().enumerate() {
                if squeezed(name) == squeezed(known) {
                    return Some(Self::Column(column, place));
                }
                let known = plain(known);
                let Some(rest) = name.strip_prefix(known.as_str()) else { continue };
                let is_named = known.ends_with(".snssai");
                let slice = rest.strip_prefix(['.', '-', '=', '[', '(']);
                let slice = slice.map(|text| text.trim_end_matches([']', ')']));
                let slice = slice.and_then(|text| slice_of(text, is_named));
                if let Some(slice) = slice.filter(|_| column.is_of_slice()) {
                    of_slice = Some(Self::OfSlice(column, slice));
                }
            }
        }
        of_slice
    }
}

/// A name in one spelling: lower case, with dots between its parts.
fn plain(name: &str) -> String {
    let spelled = |letter: char| match letter {
        '_' | ':' | '/' | ' ' => '.',
        letter => letter.to_ascii_lowercase(),
    };
    name.trim().chars().map(spelled).collect()
}

/// Letters and digits of a name in lower case.
fn squeezed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// A name without a unit in brackets at its end, and this unit.
fn without_unit(name: &str) -> (&str, Option<&str>) {
    let parted = |open: char, close: char| name.trim_end().strip_suffix(close)?.rsplit_once(open);
    match parted('(', ')').or_else(|| parted('[', ']')) {
        // A slice may stand in brackets too.
        Some((name, unit)) if !unit.contains(|c: char| c.is_ascii_digit()) || unit == "0.1ms" => {
            (name.trim_end(), Some(unit.trim()))
        }
        _ => (name, None),
    }
}

/// The slice that ends a name. Where nothing says that it is one, a number alone may be anything else.
fn slice_of(text: &str, is_named: bool) -> Option<SNssai> {
    let text = text.replace('.', "-");
    let says_slice = is_named || ["sst", "snssai", "slice"].iter().any(|word| text.contains(word));
    if !says_slice && !text.contains('-') && text.len() != 8 {
        return None;
    }
    SNssai::read(&text)
}

/// The CQI of a sub-counter: `bin7`, `bincqi7` or `7`, before rank and table.
fn cqi_bin(text: &str) -> Option<u8> {
    let first = text.split('.').next()?;
    let digits = first.strip_prefix("bin").unwrap_or(first);
    let digits = digits.strip_prefix("cqi").unwrap_or(digits);
    let is_number = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|cqi| is_number && *cqi <= 15)
}

/// Where a header has each column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Position of each of [`Column::ALL`]; none where the header lacks it.
    pub positions: [Option<usize>; COLUMNS],
    /// The columns of single slices, in a table without a column for the slice: each of its rows is
    /// one row per slice.
    pub slices: Vec<SliceColumns>,
    /// Positions of the bins of the CQI's distribution with their CQI, where nothing says its mean.
    pub cqi_bins: Vec<(usize, u8)>,
    /// Position of the date, where the period's column holds the time of day alone.
    pub date: Option<usize>,
    /// Position of the slice differentiator, where the slice's column holds the type alone.
    pub differentiator: Option<usize>,
    /// Unit of throughput that its heading names.
    pub throughput_unit: Option<ThroughputUnit>,
    /// Unit of delay that its heading names.
    pub delay_unit: Option<DelayUnit>,
    /// Names that are passed over, in the header's order: those that mean nothing here, and those
    /// beside which a better one stands.
    pub unknown: Vec<String>,
    /// What the columns are taken for where that is not plain, in sentences.
    pub notes: Vec<String>,
    /// Number of columns of the header.
    pub width: usize,
}

/// The columns of one slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceColumns {
    /// The slice.
    pub snssai: SNssai,
    /// As [`Columns::positions`].
    pub positions: [Option<usize>; COLUMNS],
}

impl Columns {
    /// Finds the columns among `names`.
    ///
    /// # Errors
    /// Names a column that is needed and missing.
    pub fn find<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, InputError> {
        let names: Vec<&str> = names.into_iter().map(str::trim).collect();
        let mut columns = Self { width: names.len(), ..Self::default() };
        let mut places = [usize::MAX; COLUMNS];
        for (position, name) in names.iter().enumerate() {
            match Meaning::of(name) {
                Some(Meaning::Column(column, place)) if place < places[column as usize] => {
                    places[column as usize] = place;
                    columns.positions[column as usize] = Some(position);
                }
                Some(Meaning::OfSlice(column, snssai)) => {
                    columns.of_slice(snssai)[column as usize].get_or_insert(position);
                }
                Some(Meaning::CqiBin(cqi)) => columns.cqi_bins.push((position, cqi)),
                Some(Meaning::Column(..)) | None => {}
            }
        }
        let named =
            |known: &[&str]| names.iter().position(|name| known.contains(&&squeezed(name)[..]));
        if columns.positions[Column::Snssai as usize].is_none()
            && let Some(sst) = named(&["sst", "slicetype", "sliceservicetype"])
        {
            columns.positions[Column::Snssai as usize] = Some(sst);
            columns.differentiator = named(&["sd", "slicedifferentiator"]);
        }
        columns.settle(places[Column::Cqi as usize] == CQI_OF_CELL);
        columns.find_units(&names)?;
        let date = names.iter().position(|name| plain(name) == "date");
        match columns.positions[Column::Period as usize] {
            Some(_) => columns.date = date,
            None => columns.positions[Column::Period as usize] = date,
        }
        let used = columns.used();
        let is_unused = |position: usize| used.iter().all(|(_, used)| *used != position);
        columns.unknown = (0..names.len())
            .filter(|position| is_unused(*position))
            .map(|position| names[position].to_owned())
            .collect();
        columns.check(&names)?;
        Ok(columns)
    }

    /// Notes the units that headings name; all columns of a kind are in one.
    fn find_units(&mut self, names: &[&str]) -> Result<(), InputError> {
        let used = self.used();
        let unit = |wanted: Column| {
            let places = used.iter().filter(|(column, _)| *column == wanted);
            let mut units =
                places.map(|(_, place)| without_unit(names[*place]).1.unwrap_or_default());
            let first = units.next().unwrap_or_default();
            match units.find(|unit| *unit != first) {
                None => Ok(first),
                Some(other) => {
                    let found = format!("in {first:?} and in {other:?}");
                    Err(InputError::new(wanted.name(), found, "columns of one unit"))
                }
            }
        };
        let (throughput, delay) = (unit(Column::Throughput)?, unit(Column::Delay)?);
        self.throughput_unit = throughput.parse().ok();
        self.delay_unit = delay.parse().ok();
        let throughput = self.throughput_unit.map(|unit| ("throughput", unit.name()));
        let delay = self.delay_unit.map(|unit| ("delay", unit.name()));
        for (what, unit) in throughput.into_iter().chain(delay) {
            self.notes.push(format!("the heading says that {what} is in {unit}"));
        }
        Ok(())
    }

    /// `options` with the units that headings name, where none was chosen.
    pub fn with_units(&self, options: &KpiOptions) -> KpiOptions {
        let throughput_unit = options.throughput_unit.or(self.throughput_unit);
        let delay_unit = options.delay_unit.or(self.delay_unit);
        KpiOptions { throughput_unit, delay_unit, ..options.clone() }
    }

    fn of_slice(&mut self, snssai: SNssai) -> &mut [Option<usize>; COLUMNS] {
        let place = self.slices.iter().position(|slice| slice.snssai == snssai);
        let place = place.unwrap_or_else(|| {
            self.slices.push(SliceColumns { snssai, positions: [None; COLUMNS] });
            self.slices.len() - 1
        });
        &mut self.slices[place].positions
    }

    /// Decides between columns that say the same; the CQI may be named as the cell's.
    fn settle(&mut self, is_cqi_of_cell: bool) {
        if self.has(Column::Snssai) {
            self.slices.clear();
        }
        let is_wide = !self.slices.is_empty();
        for column in Column::ALL {
            // Beside numbers of the slices those of the cell are sums over them.
            if is_wide && column.is_sum() {
                self.positions[column as usize] = None;
            }
        }
        if self.has(Column::Cqi) || self.any_slice_has(Column::Cqi) {
            self.cqi_bins.clear();
        }
        if !self.cqi_bins.is_empty() {
            let note =
                "the CQI is the mean of CARR.WBCQIDist, which is the cell's for each of its slices";
            self.notes.push(note.to_owned());
        } else if (is_wide && self.has(Column::Cqi) && !self.any_slice_has(Column::Cqi))
            || (!is_wide && is_cqi_of_cell)
        {
            self.notes.push("the CQI is the cell's for each of its slices".to_owned());
        }
    }

    fn has(&self, column: Column) -> bool {
        self.positions[column as usize].is_some()
    }

    fn any_slice_has(&self, column: Column) -> bool {
        self.slices.iter().any(|slice| slice.positions[column as usize].is_some())
    }

    fn check(&self, names: &[&str]) -> Result<(), InputError> {
        let is_there = |column: Column| match column {
            Column::Snssai => self.has(column) || !self.slices.is_empty(),
            Column::Cqi if !self.cqi_bins.is_empty() => true,
            column => self.has(column) || self.any_slice_has(column),
        };
        let missing = Column::ALL.into_iter().find(|column| column.needed() && !is_there(*column));
        let Some(column) = missing else { return Ok(()) };
        let found = format!("missing among {}", names.join(", "));
        let needed: Vec<&str> =
            Column::ALL.into_iter().filter(|column| column.needed()).map(Column::name).collect();
        let allowed = format!("a table with the columns {}", needed.join(", "));
        Err(InputError::new(format!("column {}", column.name()), found, allowed))
    }

    /// The positions that are read, each with what it is read for.
    pub fn used(&self) -> Vec<(Column, usize)> {
        let of_slices = self.slices.iter().map(|slice| &slice.positions);
        let positions = std::iter::once(&self.positions).chain(of_slices);
        let places = positions.flat_map(|positions| Column::ALL.into_iter().zip(positions));
        let beside = [(Column::Period, self.date), (Column::Snssai, self.differentiator)];
        let beside = beside.iter().map(|(column, position)| (*column, position));
        let places = places.chain(beside);
        let single = places.filter_map(|(column, position)| position.map(|at| (column, at)));
        single.chain(self.cqi_bins.iter().map(|(position, _)| (Column::Cqi, *position))).collect()
    }

    /// Hands each slice's fields of a row to `take`, in the order of [`Column::ALL`], with the slice
    /// where the header names it; `at` gives the field at a position. A slice of the header without a
    /// value in the row is not in that cell.
    pub fn rows<'a>(
        &self,
        decimal: DecimalSign,
        at: impl Fn(usize) -> Field<'a>,
        mut take: impl FnMut(Option<SNssai>, &[Field<'a>; COLUMNS]),
    ) {
        let mut fields = [Field::Missing; COLUMNS];
        for (field, position) in fields.iter_mut().zip(self.positions) {
            if let Some(position) = position {
                *field = at(position);
            }
        }
        if !self.cqi_bins.is_empty() {
            fields[Column::Cqi as usize] = self.mean_cqi(decimal, &at);
        }
        if self.slices.is_empty() {
            return take(None, &fields);
        }
        for slice in &self.slices {
            let mut of_slice = fields;
            let mut any = false;
            for (field, position) in of_slice.iter_mut().zip(slice.positions) {
                let Some(position) = position else { continue };
                *field = at(position);
                any |= !field.is_missing();
            }
            if any {
                take(Some(slice.snssai), &of_slice);
            }
        }
    }

    /// The mean over the bins; a bin that holds no number stands for itself.
    fn mean_cqi<'a>(&self, decimal: DecimalSign, at: &impl Fn(usize) -> Field<'a>) -> Field<'a> {
        let (mut reports, mut sum) = (0.0, 0.0);
        for (position, cqi) in &self.cqi_bins {
            let field = at(*position);
            if field.is_missing() {
                continue;
            }
            match field.number(decimal) {
                Some(count) if count >= 0.0 => {
                    reports += count;
                    sum += count * f64::from(*cqi);
                }
                _ => return field,
            }
        }
        if reports > 0.0 { Field::Number(sum / reports) } else { Field::Missing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_in_any_order_and_case() {
        let header = "dllatency,cell,SNSSAI,note,step,CQI,DRB.MeanActiveUeDl.SNSSAI,dLThptPerUE";
        let columns = Columns::find(header.split(',')).unwrap();
        assert_eq!(columns.positions[Column::Cell as usize], Some(1));
        assert_eq!(columns.positions[Column::Period as usize], Some(4));
        assert_eq!(columns.positions[Column::Share as usize], None);
        assert_eq!(columns.unknown, ["note"]);
        assert_eq!(columns.width, 8);
    }

    #[test]
    fn numbers_in_a_unit_that_is_not_read_are_not_read_in_another() {
        for heading in [
            "DRB.UEThpDl (Gbps)",
            "DRB.UEThpDl.SNSSAI (MB/s)",
            "DRB.RlcSduDelayDl.SNSSAI (msec)",
            "dLThptPerUE (Mbps)",
            "dLLatency [s]",
            "RRU.PrbUsedDl.SNSSAI (%)",
        ] {
            assert_eq!(Meaning::of(heading), None, "{heading}");
        }
        for (heading, column) in [
            ("DRB.UEThpDl.SNSSAI (Mbps)", Column::Throughput),
            ("DRB.RlcSduDelayDl.SNSSAI (0.1ms)", Column::Delay),
            ("dLThptPerUE (kbit/s)", Column::RequiredThroughput),
            ("leastRatio (%)", Column::LeastRatio),
        ] {
            let found = Meaning::of(heading);
            assert!(matches!(found, Some(Meaning::Column(c, _)) if c == column), "{heading}");
        }
    }

    #[test]
    fn columns_of_one_kind_in_two_units_are_refused() {
        let header = "time,cell,DRB.MeanActiveUeDl.1-000001,DRB.MeanActiveUeDl.2-000002,\
                      CARR.WBCQIMean.SNSSAI,DRB.UEThpDl.1-000001 (Mbps),DRB.UEThpDl.2-000002 (kbps)";
        let error = Columns::find(header.split(',')).unwrap_err().to_string();
        assert!(error.contains("in \"Mbps\" and in \"kbps\""), "{error}");
    }

    #[test]
    fn missing_columns_are_named() {
        let error = |header: &str| Columns::find(header.split(',')).unwrap_err().to_string();
        let message = error("step,cell");
        assert!(message.starts_with("column SNSSAI is missing among step, cell; allowed"));
        assert!(message.ends_with("DRB.MeanActiveUeDl.SNSSAI, CARR.WBCQIMean.SNSSAI"), "{message}");
        assert!(error("step,time").starts_with("column NRCellDU is missing among step, time"));
    }

    #[test]
    fn of_several_names_of_a_column_the_best_counts_and_the_others_are_passed_over() {
        let header = "time,timestamp,cell,nRCellIdentity,slice,DRB.MeanActiveUeDl,\
                      DRB.MeanActiveUeDl.SNSSAI,cqi,cqi";
        let columns = Columns::find(header.split(',')).unwrap();
        assert_eq!(columns.positions[Column::Period as usize], Some(1));
        assert_eq!(columns.positions[Column::Cell as usize], Some(3));
        assert_eq!(columns.positions[Column::ActiveUsers as usize], Some(6));
        assert_eq!(columns.positions[Column::Cqi as usize], Some(7));
        assert_eq!(columns.unknown, ["time", "cell", "DRB.MeanActiveUeDl", "cqi"]);
    }

    #[test]
    fn a_cqi_that_is_named_as_the_cells_is_told() {
        let notes = |cqi: &str| {
            let header = format!("step,cell,slice,DRB.MeanActiveUeDl.SNSSAI,{cqi}");
            Columns::find(header.split(',')).unwrap().notes
        };
        assert_eq!(notes("CARR.WBCQIMean"), ["the CQI is the cell's for each of its slices"]);
        assert!(notes("cqi").is_empty() && notes("CARR.WBCQIMean.SNSSAI").is_empty());
        assert_eq!(Column::Cqi.names()[CQI_OF_CELL], "CARR.WBCQIMean");
    }

    #[test]
    fn names_have_one_meaning_in_any_spelling() {
        for name in ["RRU_PrbUsedDl", "rru:prbuseddl", " RRU/PrbUsedDl", "RRU PrbUsedDl"] {
            assert_eq!(Meaning::of(name), Some(Meaning::Column(Column::PrbUsed, 1)), "{name}");
        }
        let slice = SNssai { sst: 1, sd: Some(1) };
        for name in [
            "DRB.UEThpDl.1-000001",
            "DRB.UEThpDl.01-000001",
            "drb_uethpdl_01000001",
            "DRB.UEThpDl.SNSSAI.1-000001",
            "DRB.UEThpDl.SNSSAI_1-000001",
            "DRB.UEThpDl.SNSSAI_1_000001",
            "DRB_UEThpDl_SNSSAI-01000001",
        ] {
            let expected = Meaning::OfSlice(Column::Throughput, slice);
            assert_eq!(Meaning::of(name), Some(expected), "{name}");
        }
        let expected = Meaning::OfSlice(Column::Delay, SNssai { sst: 3, sd: None });
        assert_eq!(Meaning::of("DRB.RlcSduDelayDl.SNSSAI.3"), Some(expected));
        for (name, cqi) in [
            ("CARR.WBCQIDist.Bin0", 0),
            ("CARR.WBCQIDist.15", 15),
            ("carr_wbcqidist_bin7_bin1_bin2", 7),
            ("CARR.WBCQIDist.BinCQI9.BinTable2", 9),
        ] {
            assert_eq!(Meaning::of(name), Some(Meaning::CqiBin(cqi)), "{name}");
        }
        // A number alone may be a 5QI or a bin.
        for name in ["DRB.UEThpDl.1", "DRB.UEThpDl.QOS.1", "CARR.WBCQIDist.Bin16", "DRB.UEThpUl"] {
            assert_eq!(Meaning::of(name), None, "{name}");
        }
    }

    #[test]
    fn the_order_of_all_columns_is_that_of_their_numbers() {
        for (index, column) in Column::ALL.iter().enumerate() {
            assert_eq!(*column as usize, index);
        }
    }
}
