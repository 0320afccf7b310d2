//! Whole tables: damaged, irregular, written and read back.

use crate::cells::scenario::SliceKpis;
use crate::cells::{FEATURES, HISTORY, MOST_SLICES, PAPER_FEATURES, ServiceProfile};

use super::*;

const HEADER: &str = "period_start,NRCellDU,SNSSAI,DRB.MeanActiveUeDl.SNSSAI,CARR.WBCQIMean.SNSSAI,\
                      dLThptPerUE,dLLatency,weight,rRMPolicyMinRatio,share,DRB.UEThpDl.SNSSAI\n";

/// A table with `rows` below the header.
fn table(rows: &str) -> KpiTable {
    read(&format!("{HEADER}{rows}")).unwrap()
}

fn problems(rows: &str) -> Vec<String> {
    table(rows).report().problems.iter().map(ToString::to_string).collect()
}

fn refused(text: &str) -> String {
    read(text).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn a_table_becomes_the_features_of_its_cells() {
    let table = table(
        "1,A,1-000001,2.5,9,2000,100,3,25,0.5,1500\n\
         1,A,3,4,7,500,300,,,0.5,\n\
         2,A,1-000001,3,8,2000,100,3,25,0.5,1000\n\
         2,A,3,0,,500,300,,,0.25,\n\
         1,B,1,1,15,1000,150,0.5,0,,\n",
    );
    assert_eq!(table.report().problems, []);
    assert_eq!(table.last_period(), Some(Period::Step(2)));
    let found = table.cells(0..9);
    assert_eq!(found.cells, ["A", "B"]);
    assert_eq!(
        found.slices.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["1-000001", "3", "1"]
    );
    let batch = &found.batch;
    assert_eq!(batch.offsets, [0, 2, 3]);
    assert_eq!(
        batch.features_of(0),
        // PRB use was not measured, so nothing is said of the last step.
        [2.5, 2.5, 2.5, 2.5, 3.0, 9.0, 9.0, 9.0, 9.0, 8.0, 2.0, 100.0, 0.0, 0.0, 0.0, 0.0]
    );
    assert_eq!(batch.features_of(1)[HISTORY - 1..HISTORY + 1], [0.0, 7.0]);
    assert_eq!(batch.features_of(1)[2 * HISTORY - 1..PAPER_FEATURES], [7.0, 0.5, 300.0]);
    assert_eq!(batch.traffic_mbps, [3.0, 0.0, 1.0]);
    assert_eq!(batch.weights, [3.0, 1.0, 0.5]);
    assert_eq!(batch.minimum_shares, [0.25, 0.0, 0.0]);
    assert_eq!(batch.previous_shares, [0.5, 0.25, 1.0]);
    assert_eq!(found.throughput_mbps[0], 1.0);
    assert!(found.throughput_mbps[1].is_nan() && found.prb_shares[0].is_nan());
    batch.validate(FEATURES).unwrap();
}

#[test]
fn separators_quotes_marks_and_times_are_understood() {
    let plain = "time,cell,slice,DRB.MeanActiveUeDl,cqi,dLThptPerUE,dLLatency\n\
                 2026-11-21T07:15:00Z,A,1,2.5,9,2000,100\n";
    let expected = read(plain).unwrap().cells(0..1);
    let tabs = plain.replace(',', "\t");
    let semicolons = format!("\u{feff}{}", plain.replace(',', ";").replace("2.5", "2,5"));
    let quoted = plain.replace(",A,", ",\"A\",").replace('\n', "\r\n");
    let blank_lines = format!("\n\n{plain}\n\n");
    for text in [tabs, semicolons, quoted, blank_lines] {
        let found = read(&text).unwrap().cells(0..1);
        assert_eq!(
            (found.cells, found.batch),
            (expected.cells.clone(), expected.batch.clone()),
            "{text}"
        );
    }
}

#[test]
fn bad_rows_are_reported_and_the_rest_is_read() {
    let rows = "1,A,1,2,9,2000,100,,,,\n\
                x,A,1,2,9,2000,100,,,,\n\
                2,,1,2,9,2000,100,,,,\n\
                2,A,one,2,9,2000,100,,,,\n\
                2,A,1,-2,9,2000,100,,,,\n\
                2,A,1,2,NaN,2000,100,,,,\n\
                2,A,1,2,15.5,2000,100,,,,\n\
                2,A,1,2,9,,100,,,,\n\
                2,A,1,2,9,2000,0,,,,\n\
                2,A,1,2,9,2000,100,-1,,,\n\
                2,A,1,2,9,2000,100,,101,,\n\
                2,A,1,2,9,2000,100,,,1.5,\n\
                2,A,1,2,9,2000,100,,,,fast\n\
                2,A,1,2,9\n\
                2,A,1,inf,9,2000,100,,,,\n\
                1,A,1,9,9,2000,100,,,,\n\
                2026-11-21,A,1,2,9,2000,100,,,,\n\
                3,A,1,4,9,2000,100,,,,\n";
    let messages = problems(rows);
    let expected = [
        "row 3, column period_start is x; allowed: a step number or a time",
        "row 4, column NRCellDU is empty; allowed: a name",
        "row 5, column SNSSAI is one; allowed: SST or SST-SD",
        "row 6, column DRB.MeanActiveUeDl.SNSSAI is -2; allowed: 0 to 100000 users",
        "row 7, column CARR.WBCQIMean.SNSSAI is NaN; allowed: a number from 0 to 15",
        "row 8, column CARR.WBCQIMean.SNSSAI is 15.5; allowed: 0 to 15",
        "row 9, column dLThptPerUE is empty; allowed: 10 to 100000 kbit/s",
        "row 10, column dLLatency is 0; allowed: 1 to 10000 ms",
        "row 11, column weight is -1; allowed: 0 to 1000000",
        "row 12, column rRMPolicyMinRatio is 101; allowed: 0 to 100 %",
        "row 13, column share is 1.5; allowed: 0 to 1",
        "row 14, column DRB.UEThpDl.SNSSAI is fast; allowed: a number",
        "row 15 is 5 fields; allowed: 11 fields, as in the header",
        "row 16, column DRB.MeanActiveUeDl.SNSSAI is inf; allowed: a number",
        "row 17 is a second one for 1, A, 1; allowed: one row per period, cell and slice",
        "row 18, column period_start is 2026-11-21T00:00:00Z; allowed: a step number, as in the rows",
    ];
    assert_eq!(messages.len(), expected.len(), "{messages:#?}");
    for (message, expected) in messages.iter().zip(expected) {
        assert!(message.starts_with(expected), "{message}");
    }
    let table = table(rows);
    assert_eq!((table.report().rows, table.report().bad_rows), (18, 16));
    assert_eq!(table.cells(0..1).batch.features[..HISTORY], [2.0, 2.0, 2.0, 2.0, 4.0]);
}

#[test]
fn tables_that_are_none_are_refused() {
    assert!(refused("").starts_with("header is empty"));
    assert!(refused("\n \n").starts_with("header is empty"));
    assert!(
        refused("a,b\n1,2\n").starts_with("column period_start is missing among a, b; allowed")
    );
    assert!(refused("\u{0}\u{1}PAR1").starts_with("column period_start is missing"));
    assert_eq!(
        refused(HEADER),
        "table is without a row; allowed: at least one row below the header"
    );
    let twice = HEADER.replace("weight", "cell");
    assert!(refused(&twice).starts_with("header, column 8 is cell; allowed: NRCellDU once"));
    assert!(refused(&"x".repeat(70_000)).starts_with("header is of 65536 bytes or more"));
    let bytes = [HEADER.as_bytes(), b"1,\xff\xfe,1,2,9,2000,100,,,,\n"].concat();
    let mut table = read_csv(bytes.as_slice(), &mut |_| ()).unwrap();
    table.finish().unwrap();
    assert_eq!(table.len(), 1);
}

#[test]
fn slices_come_and_go_and_bad_rows_do_not_drive_them_away() {
    let table = table(
        "1,A,1,2,9,2000,100,,,,\n\
         1,A,2,2,9,2000,100,,,,\n\
         1,A,3,2,9,2000,100,,,,\n\
         2,A,1,2,9,2000,100,,,,\n\
         2,A,2,bad,9,2000,100,,,,\n\
         2,A,4,bad,9,2000,100,,,,\n",
    );
    let found = table.cells(0..1);
    assert_eq!(found.slices.iter().map(|slice| slice.sst).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(table.report().slices_gone, 1);
    let last = table.report().problems.last().unwrap().to_string();
    assert_eq!(last, "cell A, slice 4 is without a good row; allowed: at least one");
}

#[test]
fn cells_that_cannot_be_planned_are_left_out_and_named() {
    let mut rows = String::from(
        "1,A,1,2,9,2000,100,,60,,\n1,A,2,2,9,2000,100,,41,,\n\
         1,B,1,2,9,2000,100,0,,,\n\
         1,C,1,bad,9,2000,100,0,,,\n\
         1,E,1,2,9,2000,100,,33.4,,\n1,E,2,2,9,2000,100,,66.6,,\n",
    );
    for sst in 0..=MOST_SLICES {
        rows += &format!("1,D,{sst},2,9,2000,100,,,,\n");
    }
    for sst in 0..=4 * MOST_SLICES {
        rows += &format!("{sst},F,{sst},2,9,2000,100,,,,\n");
    }
    let messages = problems(&rows);
    for expected in [
        "cell A, rRMPolicyMinRatio is 101 %; allowed: at most 100 % over its slices",
        "cell B, weight is 0; allowed: more than 0 over its slices",
        "cell C, slices is 0; allowed: 1 to 16 slices in its last period",
        "cell D, slices is 17; allowed: 1 to 16 slices in its last period",
        "row 89, column SNSSAI is one of more than 64 in its cell; allowed: at most 16 slices in a cell",
    ] {
        assert!(messages.iter().any(|message| message == expected), "{expected}: {messages:#?}");
    }
    let table = table(&rows);
    assert_eq!(table.report().cells_left_out, 5);
    assert_eq!(table.cells(0..9).cells, ["E"]);
}

#[test]
fn the_list_of_problems_ends_and_the_count_goes_on() {
    let rows = "1,A,1,bad,9,2000,100,,,,\n".repeat(MOST_LISTED + 7) + "2,A,1,2,9,2000,100,,,,\n";
    let table = table(&rows);
    assert_eq!(table.report().problems.len(), MOST_LISTED);
    assert_eq!(table.report().problems_not_listed, 7);
    assert_eq!(table.report().bad_rows as usize, MOST_LISTED + 7);
    assert_eq!(table.len(), 1);
}

/// Rows of cells x slices x periods, written by the writer.
fn written(cells: usize, periods: i64, write: impl Fn(&mut Vec<KpiRow<'_>>)) -> String {
    let services = ServiceProfile::of_the_paper();
    let names: Vec<String> = (0..cells).map(|cell| format!("cell; \"{cell}\", north")).collect();
    let mut rows = Vec::new();
    for (index, cell) in names.iter().enumerate() {
        for (slice, service) in services.iter().enumerate() {
            for period in 0..periods {
                let value = (index * 7 + slice * 3) as f64 + period as f64 / 7.0;
                let kpis = SliceKpis {
                    share: 0.2 + 0.01 * slice as f64,
                    prb_used: 0.1 + value / 1000.0,
                    active_users: value,
                    cqi: value % 15.0,
                    throughput_mbps: value / 3.0,
                    offered_mbps: 0.0,
                    delay_ms: value * 1.1,
                    satisfaction: 1.0,
                };
                let period = Period::Time(1_764_000_000_000 + 900_000 * period);
                rows.push(KpiRow::simulated(period, cell, service, &kpis, 51.0));
            }
        }
    }
    write(&mut rows);
    let mut bytes = Vec::new();
    write_csv(rows, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_written_is_read_back() {
    let found = read(&written(3, 7, |_| ())).unwrap().cells(0..9);
    assert_eq!(found.cells[2], "cell; \"2\", north");
    assert_eq!(found.slices.len(), 12);
    // Cell 1, slice 2, last period: 7 + 6 + 6 / 7.
    let value = 13.0 + 6.0 / 7.0;
    let slice = found.batch.features_of(6);
    assert_eq!(slice[HISTORY - 1], value);
    assert_eq!(slice[2 * HISTORY - 1], value);
    assert_eq!(slice[2 * HISTORY..PAPER_FEATURES], [1.5, 60.0]);
    let last = [0.22, 0.1 + value / 1000.0, value / 3.0, value * 1.1];
    for (found, expected) in slice[PAPER_FEATURES..].iter().zip(last) {
        assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
    }
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}");
    near(found.throughput_mbps[6], value / 3.0);
    near(found.delay_ms[6], value * 1.1);
    near(found.prb_shares[6], 0.1 + value / 1000.0);
    near(found.batch.previous_shares[6], 0.22);
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    let by_cell = read(&written(5, 7, |_| ())).unwrap().cells(0..5);
    let by_time = read(&written(5, 7, |rows| rows.sort_by_key(|row| row.period))).unwrap();
    assert_eq!(by_time.cells(0..5), by_cell);
    let backwards = read(&written(5, 7, |rows| rows.reverse())).unwrap().cells(0..5);
    for (index, name) in backwards.cells.iter().enumerate() {
        let other = by_cell.cells.iter().position(|other| other == name).unwrap();
        let (range, other) = (backwards.batch.range(index), by_cell.batch.range(other));
        assert_eq!(backwards.slices[range.clone()], by_cell.slices[other.clone()]);
        for (slice, other) in range.zip(other) {
            assert_eq!(backwards.batch.features_of(slice), by_cell.batch.features_of(other));
        }
    }
}

#[test]
fn pieces_of_a_table_are_its_cells() {
    let table = read(&written(5, 2, |_| ())).unwrap();
    let whole = table.cells(0..5);
    let mut cells = Vec::new();
    let mut features = Vec::new();
    for first in (0..5).step_by(2) {
        let piece = table.cells(first..first + 2);
        cells.extend(piece.cells);
        features.extend(piece.batch.features);
    }
    assert_eq!(cells, whole.cells);
    assert_eq!(features, whole.batch.features);
    assert!(table.cells(7..9).cells.is_empty());
}
