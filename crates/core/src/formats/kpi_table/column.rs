//! The columns of a KPI table, and where a header has them.

use crate::error::InputError;

/// Number of columns that a KPI table may have.
pub const COLUMNS: usize = 14;

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
    /// `rRMPolicyMinRatio`: least share of the slice in percent (TS 28.541); 0 where missing.
    MinimumRatio,
    /// `share` (our name): share that the slice had, 0 to 1, from which searches start.
    Share,
}

impl Column {
    /// All columns in the order in which they are written.
    pub const ALL: [Self; COLUMNS] = [
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
        Self::MinimumRatio,
        Self::Share,
    ];

    /// The name that is written.
    pub fn name(self) -> &'static str {
        self.names()[0]
    }

    /// The names that are understood, in upper or lower case; the first is written.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Period => &["period_start", "beginTime", "timestamp", "time", "step"],
            Self::Cell => &["NRCellDU", "NRCellDUId", "nRCellIdentity", "cell"],
            Self::Snssai => &["SNSSAI", "S-NSSAI", "slice"],
            Self::ActiveUsers => &["DRB.MeanActiveUeDl.SNSSAI", "DRB.MeanActiveUeDl"],
            Self::Cqi => &["CARR.WBCQIMean.SNSSAI", "CARR.WBCQIMean", "cqi"],
            Self::PrbUsed => &["RRU.PrbUsedDl.SNSSAI", "RRU.PrbUsedDl"],
            Self::PrbAvailable => &["RRU.PrbAvailDl"],
            Self::Throughput => &["DRB.UEThpDl.SNSSAI", "DRB.UEThpDl"],
            Self::Delay => &["DRB.RlcSduDelayDl.SNSSAI", "DRB.RlcSduDelayDl"],
            Self::RequiredThroughput => &["dLThptPerUE", "dLThptPerUE.guaThpt"],
            Self::RequiredDelay => &["dLLatency"],
            Self::Weight => &["weight"],
            Self::MinimumRatio => &["rRMPolicyMinRatio"],
            Self::Share => &["share"],
        }
    }

    /// Whether nothing can be planned without it.
    pub fn needed(self) -> bool {
        matches!(
            self,
            Self::Period
                | Self::Cell
                | Self::Snssai
                | Self::ActiveUsers
                | Self::Cqi
                | Self::RequiredThroughput
                | Self::RequiredDelay
        )
    }
}

/// Where a header has each column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Position of each of [`Column::ALL`]; none where the header lacks it.
    pub positions: [Option<usize>; COLUMNS],
    /// Names that mean nothing here, in the header's order.
    pub unknown: Vec<String>,
    /// Number of columns of the header.
    pub width: usize,
}

impl Columns {
    /// Finds the columns among `names`.
    ///
    /// # Errors
    /// Names a column that is needed and missing, or that is there twice.
    pub fn find<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, InputError> {
        let mut columns = Self::default();
        let mut found = Vec::new();
        for (position, name) in names.into_iter().enumerate() {
            let name = name.trim();
            found.push(name);
            columns.width = position + 1;
            match Column::ALL.iter().position(|column| is_name_of(name, *column)) {
                None => columns.unknown.push(name.to_owned()),
                Some(index) if columns.positions[index].is_some() => {
                    let field = format!("header, column {}", position + 1);
                    let allowed = format!("{} once", Column::ALL[index].name());
                    return Err(InputError::new(field, name, allowed));
                }
                Some(index) => columns.positions[index] = Some(position),
            }
        }
        let is_missing = |index: &usize| columns.positions[*index].is_none();
        let missing = (0..COLUMNS).find(|index| Column::ALL[*index].needed() && is_missing(index));
        let Some(index) = missing else { return Ok(columns) };
        let found = format!("missing among {}", found.join(", "));
        let needed: Vec<&str> = Column::ALL
            .iter()
            .filter(|column| column.needed())
            .map(|column| column.name())
            .collect();
        let allowed = format!("a table with the columns {}", needed.join(", "));
        Err(InputError::new(format!("column {}", Column::ALL[index].name()), found, allowed))
    }
}

fn is_name_of(name: &str, column: Column) -> bool {
    column.names().iter().any(|known| known.eq_ignore_ascii_case(name))
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
    fn missing_and_double_columns_are_named() {
        let error = |header: &str| Columns::find(header.split(',')).unwrap_err().to_string();
        assert!(
            error("step,cell").starts_with("column SNSSAI is missing among step, cell; allowed")
        );
        assert!(error("step,time").starts_with("header, column 2 is time; allowed: period_start"));
    }

    #[test]
    fn the_order_of_all_columns_is_that_of_their_numbers() {
        for (index, column) in Column::ALL.iter().enumerate() {
            assert_eq!(*column as usize, index);
        }
    }
}
