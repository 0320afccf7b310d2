//! The first rows of a KPI table, and what its columns are taken for, as a dialogue shows them.

use crate::formats::table::ShownColumn;
use crate::formats::table::dialect::{Dialect, SAMPLE_BYTES};
use crate::formats::table::shown::SHOWN_ROWS;
use crate::formats::table::text::decoded;

use super::column::{Column, Columns};
use super::field::Field;
use super::options::KpiOptions;
use super::records::{Records, first_record};

/// The columns of the delimited table that begins with `bytes`, read as `options` have it; none where
/// its header is no KPI table's.
pub fn shown_columns(bytes: &[u8], options: &KpiOptions) -> Vec<ShownColumn> {
    let (text, _) = decoded(&bytes[..bytes.len().min(SAMPLE_BYTES)]);
    let dialect = Dialect::of(&text);
    let body = text[dialect.begins_at..].trim_ascii_start().as_bytes();
    let (names, header_length) = first_record(body, dialect.separator);
    let Ok(columns) = Columns::find(names.iter().map(String::as_str)) else { return Vec::new() };
    let records = Records::of(body[header_length..].to_vec(), dialect.separator);
    let first: Vec<_> = records.iter().take(SHOWN_ROWS).collect();
    let roles = roles(&columns, &columns.with_units(options));
    let shown = |(position, (name, role)): (usize, (String, String))| {
        let field = |record: &super::records::Record<'_>| match record.field(position) {
            Field::Text(text) => text.to_owned(),
            _ => String::new(),
        };
        ShownColumn { name, role, first: first.iter().map(field).collect() }
    };
    names.into_iter().zip(roles).enumerate().map(shown).collect()
}

/// What each position of a header is read for, in words.
fn roles(columns: &Columns, options: &KpiOptions) -> Vec<String> {
    let mut roles = vec!["passed over".to_owned(); columns.width];
    let mut tell = |positions: &[Option<usize>], of: &str| {
        for (column, position) in Column::ALL.into_iter().zip(positions) {
            if let Some(role) = position.and_then(|position| roles.get_mut(position)) {
                *role = format!("{}{of}", words(column, options));
            }
        }
    };
    tell(&columns.positions, "");
    for slice in &columns.slices {
        tell(&slice.positions, &format!(" of slice {}", slice.snssai));
    }
    for (position, cqi) in &columns.cqi_bins {
        roles[*position] = format!("reports of CQI {cqi}");
    }
    if let Some(position) = columns.date {
        "date of the period".clone_into(&mut roles[position]);
    }
    if let Some(position) = columns.differentiator {
        "slice differentiator".clone_into(&mut roles[position]);
    }
    roles
}

/// What a column holds, with the unit that it is read in.
fn words(column: Column, options: &KpiOptions) -> String {
    let words = match column {
        Column::Period => "start of the period",
        Column::Cell => "cell",
        Column::Snssai => "slice",
        Column::ActiveUsers => "active users",
        Column::Cqi => "CQI",
        Column::PrbUsed => "PRB used",
        Column::PrbAvailable => "PRB available",
        Column::PrbTotal => "PRB of the carrier, or % used",
        Column::Throughput => {
            return format!("throughput, {}", options.throughput_unit.unwrap_or_default());
        }
        Column::Delay => return format!("delay, {}", options.delay_unit.unwrap_or_default()),
        Column::RequiredThroughput => "required throughput, kbit/s",
        Column::RequiredDelay => "required delay, ms",
        Column::Weight => "weight",
        Column::LeastRatio => "least share, %",
        Column::MinimumRatio => "policy in force, %",
        Column::Share => "share",
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::kpi_table::ThroughputUnit;

    fn shown(text: &str) -> Vec<(String, String, Vec<String>)> {
        let options =
            KpiOptions { throughput_unit: Some(ThroughputUnit::Bit), ..KpiOptions::default() };
        let columns = shown_columns(text.as_bytes(), &options);
        columns.into_iter().map(|column| (column.name, column.role, column.first)).collect()
    }

    #[test]
    fn columns_are_shown_with_their_role_and_first_fields() {
        let mut text =
            "Report,KPIs\n\nstep;cell;slice;DRB.MeanActiveUeDl;cqi;\"DRB.UEThpDl\";colour\n"
                .replace("Report,KPIs", "Report;KPIs");
        for step in 0..9 {
            text += &format!("{step};A;1-000001;2;9;\"1,5\";red\n");
        }
        let found = shown(&text);
        let (names, roles): (Vec<&str>, Vec<&str>) =
            found.iter().map(|(name, role, _)| (&name[..], &role[..])).unzip();
        assert_eq!(
            names,
            ["step", "cell", "slice", "DRB.MeanActiveUeDl", "cqi", "DRB.UEThpDl", "colour"]
        );
        assert_eq!(
            roles,
            [
                "start of the period",
                "cell",
                "slice",
                "active users",
                "CQI",
                "throughput, bit/s",
                "passed over"
            ]
        );
        assert_eq!(found[0].2, ["0", "1", "2", "3", "4"]);
        assert_eq!(found[5].2[0], "1,5");
    }

    #[test]
    fn columns_of_slices_and_bins_are_told_and_what_is_no_kpi_table_has_none() {
        let text = "Date,Time,cell,DRB.MeanActiveUeDl.1-000001,CARR.WBCQIDist.Bin7\n\
                    2026-11-21,00:00,A,2,5\n";
        let found = shown(text);
        let roles: Vec<&str> = found.iter().map(|(_, role, _)| &role[..]).collect();
        assert_eq!(
            roles,
            [
                "date of the period",
                "start of the period",
                "cell",
                "active users of slice 1-000001",
                "reports of CQI 7"
            ]
        );
        for text in ["", "\n", "a,b\n1,2\n", "<measCollecFile/>", "\u{feff}"] {
            assert_eq!(shown(text), [], "{text}");
        }
    }
}
