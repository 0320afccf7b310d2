//! Whole tables: damaged, irregular, written and read back.

use crate::cells::scenario::SliceKpis;
use crate::cells::{FEATURES, HISTORY, MOST_SLICES, PAPER_FEATURES, ServiceProfile};

use super::*;

const HEADER: &str = "period_start,NRCellDU,SNSSAI,DRB.MeanActiveUeDl.SNSSAI,CARR.WBCQIMean.SNSSAI,\
                      dLThptPerUE,dLLatency,weight,leastRatio,share,DRB.UEThpDl.SNSSAI\n";

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
                2,A,1,2,9,1,100,,,,\n\
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
        "row 9, column dLThptPerUE is 1; allowed: 10 to 100000 kbit/s",
        "row 10, column dLLatency is 0; allowed: 1 to 10000 ms",
        "row 11, column weight is -1; allowed: 0 to 1000000",
        "row 12, column leastRatio is 101; allowed: 0 to 100 %",
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
    // What was measured beyond users and CQI may be missing.
    assert_eq!((table.report().rows, table.report().bad_rows), (18, 15));
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
    assert!(refused(&"x".repeat(70_000)).starts_with("column period_start is missing"));
    let bytes = [HEADER.as_bytes(), b"1,\xff\xfe,1,2,9,2000,100,,,,\n"].concat();
    let mut table = read_csv(bytes.as_slice(), &KpiOptions::default(), &mut |_| ()).unwrap();
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
        "cell A, leastRatio is 101 %; allowed: at most 100 % over its slices",
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
    let table = read(&written(3, 7, |_| ())).unwrap();
    assert_eq!(table.report().problems, []);
    let found = table.cells(0..9);
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

fn by(options: &KpiOptions, text: &str) -> KpiTable {
    read_with(text, options).unwrap()
}

fn notes(table: &KpiTable) -> &[String] {
    &table.report().notes
}

#[test]
fn numbers_of_the_cell_beside_those_of_its_slices_are_passed_over() {
    let both = "time,timestamp,cell,NRCellDU,SNSSAI,DRB.MeanActiveUeDl,DRB.MeanActiveUeDl.SNSSAI,cqi,\
                RRU_PrbUsedDl,RRU_PrbUsedDl_SNSSAI,RRU_PrbAvailDl,dLThptPerUE,dLLatency\n\
                9,1,x,A,1,18,10,9,98,61,107,2000,100\n9,1,x,A,2,18,3,8,98,19,107,500,60\n";
    let plain = "step,cell,slice,DRB.MeanActiveUeDl.SNSSAI,cqi,RRU.PrbUsedDl.SNSSAI,RRU.PrbAvailDl,\
                 dLThptPerUE,dLLatency\n1,A,1,10,9,61,107,2000,100\n1,A,2,3,8,19,107,500,60\n";
    let (both, plain) = (read(both).unwrap(), read(plain).unwrap());
    assert_eq!(format!("{:?}", both.cells(0..2)), format!("{:?}", plain.cells(0..2)));
    let passed_over = ["time", "cell", "DRB.MeanActiveUeDl", "RRU_PrbUsedDl"];
    assert_eq!(both.report().unknown_columns, passed_over);
    assert_eq!(both.cells(0..1).prb_shares, [61.0 / 107.0, 19.0 / 107.0]);
}

#[test]
fn a_row_of_many_slices_becomes_a_row_of_each() {
    let wide = "time,NRCellDU,cqi,DRB.MeanActiveUeDl,DRB.MeanActiveUeDl.1-000001,DRB.MeanActiveUeDl.02000003,\
                DRB.UEThpDl.SNSSAI.1-000001,DRB.UEThpDl.SNSSAI_2_000003,dLThptPerUE,dLLatency\n\
                1,A,9,7,3,4,1500,700,2000,100\n2,A,8,5,5,,1000,,2000,100\n1,B,8,2,,2,,x,2000,100\n";
    let table = read(wide).unwrap();
    assert_eq!((table.report().rows, table.report().bad_rows), (4, 0));
    assert_eq!(table.report().unknown_columns, ["DRB.MeanActiveUeDl"]);
    assert_eq!(notes(&table), ["the CQI is the cell's for each of its slices"]);
    let message = "row 4, column DRB.UEThpDl.SNSSAI of slice 2-000003 is x; allowed: a number";
    assert_eq!(table.report().problems[0].to_string(), message);
    let found = table.cells(0..2);
    assert_eq!(found.batch.offsets, [0, 1, 2]);
    assert_eq!(
        found.slices.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["1-000001", "2-000003"]
    );
    assert_eq!(
        found.batch.features_of(0)[..2 * HISTORY],
        [3.0, 3.0, 3.0, 3.0, 5.0, 9.0, 9.0, 9.0, 9.0, 8.0]
    );
    assert_eq!(table.report().slices_gone, 1);
}

#[test]
fn the_mean_cqi_is_that_of_its_distribution_over_ranks_and_tables() {
    let text = "step,cell,slice,DRB.MeanActiveUeDl,CARR.WBCQIDist.Bin7.Bin1.Bin1,CARR.WBCQIDist.Bin7.Bin2.Bin1,\
                CARR.WBCQIDist.Bin12.Bin1.Bin2,dLThptPerUE,dLLatency\n\
                1,A,1,2,10,20,10,2000,100\n2,A,1,2,,40,,2000,100\n3,A,1,2,0,0,0,2000,100\n4,A,1,2,-1,0,0,2000,100\n";
    let table = read(text).unwrap();
    // (30 times 7 and 10 times 12) over 40.
    assert_eq!(table.cells(0..1).batch.features_of(0)[2 * HISTORY - 2..2 * HISTORY], [8.25, 7.0]);
    assert!(notes(&table)[0].starts_with("the CQI is the mean of CARR.WBCQIDist"));
    let messages: Vec<String> = table.report().problems.iter().map(ToString::to_string).collect();
    assert!(
        messages[0].starts_with("row 4, column CARR.WBCQIMean.SNSSAI is empty"),
        "{messages:?}"
    );
    assert!(messages[1].starts_with("row 5, column CARR.WBCQIMean.SNSSAI is -1"), "{messages:?}");
}

const BARE: &str =
    "step,cell,slice,DRB.MeanActiveUeDl,cqi\n1,A,1-000001,2,9\n1,A,2,2,9\n1,B,2,1,8\n";

#[test]
fn requirements_come_from_options_the_table_or_the_defaults() {
    assert_eq!(
        refused(BARE),
        "requirement of slices 1-000001, 2 is missing; allowed: the columns dLThptPerUE (kbit/s) and \
         dLLatency (ms), or --requirement SNSSAI=2000kbps,100ms for each"
    );
    let mut requirements = Requirements::default();
    requirements.add_option("1-000001=2Mbps,100ms").unwrap();
    let options = KpiOptions { requirements: requirements.clone(), ..KpiOptions::default() };
    let error = read_with(BARE, &options).map(|_| ()).unwrap_err();
    assert_eq!(error.field, "requirement of slice 2");
    let mut defaults = Requirements::default();
    defaults.add_option("2=1Mbps,50ms").unwrap();
    defaults.add_option("1-000001=1Mbps,50ms").unwrap();
    requirements.add_option("7=1Mbps,50ms").unwrap();
    let options =
        KpiOptions { requirements, defaults, defaults_of: "the page", ..KpiOptions::default() };
    let table = by(&options, BARE);
    let batch = table.cells(0..2).batch;
    assert_eq!(batch.features_of(0)[2 * HISTORY..PAPER_FEATURES], [2.0, 100.0]);
    assert_eq!(batch.features_of(2)[2 * HISTORY..PAPER_FEATURES], [1.0, 50.0]);
    assert_eq!(
        notes(&table),
        [
            "requirements are given for slice 7, of which the table has no row",
            "the table lacks requirements of slice 2: those of the page count"
        ]
    );
    // The option counts before the table, the table before the defaults.
    let with_columns = "step,cell,slice,DRB.MeanActiveUeDl,cqi,dLThptPerUE,dLLatency\n\
                        1,A,1-000001,2,9,500,10\n1,A,2,2,9,500,10\n2,A,2,2,9,,\n";
    let batch = by(&options, with_columns).cells(0..1).batch;
    // Slice 1 has gone; slice 2 requires what its row before says.
    assert_eq!(batch.features_of(0)[2 * HISTORY..PAPER_FEATURES], [0.5, 10.0]);
}

#[test]
fn a_cell_that_alone_lacks_a_requirement_is_left_out() {
    let table = table("1,A,1,2,9,2000,100,,,,\n1,B,1,2,9,,,,,,\n");
    assert_eq!((table.len(), table.report().cells_left_out), (1, 1));
    let problem = table.report().problems[0].to_string();
    assert!(problem.starts_with("cell B, requirement of slice 1 is missing"), "{problem}");
}

/// One slice whose PRB used and available are these, period by period.
fn prb(pairs: &[(u32, u32)]) -> String {
    let mut text =
        "step,cell,slice,DRB.MeanActiveUeDl,cqi,RRU.PrbUsedDl,RRU.PrbAvailDl,dLThptPerUE,\
                    dLLatency\n"
            .to_owned();
    for (step, (used, available)) in pairs.iter().enumerate() {
        text += &format!("{step},A,1,2,9,{used},{available},2000,100\n");
    }
    text
}

#[test]
fn free_prb_are_recognised_where_they_sum_with_the_used_to_the_carrier() {
    let near = |table: &KpiTable, expected: f64| {
        let share = table.cells(0..1).prb_shares[0];
        assert!((share - expected).abs() < 1e-12, "{share} for {expected}");
    };
    let free = prb(&[(20, 32), (5, 47), (11, 41)]);
    let table = read(&free).unwrap();
    near(&table, 11.0 / 52.0);
    assert!(notes(&table)[0].starts_with("RRU.PrbAvailDl is taken for the free PRB"));
    let options = |prb_available| KpiOptions { prb_available, ..KpiOptions::default() };
    near(&by(&options(PrbAvailable::Total), &free), 11.0 / 41.0);
    let total = prb(&[(20, 52), (5, 52), (11, 52)]);
    near(&read(&total).unwrap(), 11.0 / 52.0);
    near(&by(&options(PrbAvailable::Free), &total), 11.0 / 63.0);
    // One period does not tell.
    near(&read(&prb(&[(11, 41)])).unwrap(), 11.0 / 41.0);
    let options = KpiOptions { carrier_prb: Some(106.0), ..KpiOptions::default() };
    near(&by(&options, &free), 11.0 / 106.0);
}

#[test]
fn total_prb_count_where_they_go_with_the_others_and_are_no_percentage() {
    let text = |rows: &str| {
        format!(
            "step,cell,slice,DRB.MeanActiveUeDl,cqi,RRU.PrbUsedDl,RRU.PrbAvailDl,RRU.PrbTotDl,\
             dLThptPerUE,dLLatency\n{rows}"
        )
    };
    let table = read(&text("1,A,1,2,9,11,41,52,2000,100\n")).unwrap();
    assert_eq!(table.cells(0..1).prb_shares, [11.0 / 52.0]);
    let table = read(&text("1,A,1,2,9,11,,106,2000,100\n")).unwrap();
    assert_eq!(table.cells(0..1).prb_shares, [11.0 / 106.0]);
    let table = read(&text("1,A,1,2,9,11,52,21,2000,100\n")).unwrap();
    assert_eq!(table.cells(0..1).prb_shares, [11.0 / 52.0]);
    assert!(notes(&table)[0].contains("--carrier-prb"));
}

#[test]
fn impossible_measurements_are_named_and_count_as_missing() {
    let table = read(&prb(&[(3, 15), (82, 15)])).unwrap();
    assert!(table.cells(0..1).prb_shares[0].is_nan());
    assert_eq!(
        table.report().problems[0].to_string(),
        "row 3, column RRU.PrbUsedDl.SNSSAI is 82; allowed: 0 to 15 PRB, as RRU.PrbAvailDl has it; \
         --prb-available free where that counts the free ones"
    );
    let table = self::table("1,A,1,2,1835,2000,100,,,,\n2,A,1,2,9,2000,100,,,,-1\n");
    let messages: Vec<String> = table.report().problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "row 2, column CARR.WBCQIMean.SNSSAI is 1835; allowed: 0 to 15",
            "row 3, column DRB.UEThpDl.SNSSAI is -1; allowed: 0 to 1000000000000 kbit/s"
        ]
    );
    assert_eq!(table.report().bad_rows, 1);
    assert!(table.cells(0..1).throughput_mbps[0].is_nan());
}

#[test]
fn units_that_can_hardly_be_right_are_asked_about() {
    let text = |throughput: &str, delay: &str| {
        format!(
            "step,cell,slice,DRB.MeanActiveUeDl,cqi,DRB.UEThpDl,DRB.RlcSduDelayDl,dLThptPerUE,\
             dLLatency\n1,A,1,2,9,{throughput},{delay},2000,100\n"
        )
    };
    let problems = |text: &str, options: &KpiOptions| -> Vec<String> {
        by(options, text).report().problems.iter().map(ToString::to_string).collect()
    };
    let plain = KpiOptions::default();
    assert_eq!(problems(&text("1500", "300"), &plain), [""; 0]);
    assert_eq!(
        problems(&text("1500000", "300"), &plain),
        [
            "column DRB.UEThpDl.SNSSAI is 1500000 kbit/s in the median, where 2000 is required; allowed: \
          kbit/s; --throughput-unit bit/s where it is in that"
        ]
    );
    assert!(
        problems(&text("1.5", "300"), &plain)[0]
            .ends_with("--throughput-unit Mbit/s where it is in that")
    );
    assert_eq!(
        problems(&text("1500", "30000"), &plain),
        [
            "column DRB.RlcSduDelayDl.SNSSAI is 3000 ms in the median, where 100 ms is required; allowed: \
          0.1ms; --delay-unit us where it is in that"
        ]
    );
    let options = KpiOptions {
        throughput_unit: Some(ThroughputUnit::Bit),
        delay_unit: Some(DelayUnit::Microsecond),
        ..KpiOptions::default()
    };
    let table = by(&options, &text("1500000", "30000"));
    assert_eq!(table.report().problems, []);
    let found = table.cells(0..1);
    assert!(
        (found.throughput_mbps[0] - 1.5).abs() < 1e-12 && (found.delay_ms[0] - 30.0).abs() < 1e-9
    );
}

#[test]
fn a_chosen_unit_counts_before_that_of_the_heading_also_where_it_is_the_usual_one() {
    let text = "step,cell,slice,DRB.MeanActiveUeDl,cqi,dLThptPerUE,dLLatency,DRB.UEThpDl (Mbit/s)\n\
                1,A,1,2,9,2000,100,1500\n";
    let throughput = |throughput_unit| {
        let options = KpiOptions { throughput_unit, ..KpiOptions::default() };
        by(&options, text).cells(0..1).throughput_mbps[0]
    };
    assert_eq!(throughput(None), 1500.0);
    assert_eq!(throughput(Some(ThroughputUnit::Kilobit)), 1.5);
    assert_eq!(throughput(Some(ThroughputUnit::Bit)), 0.0015);
}

#[test]
fn a_policy_in_force_is_the_share_that_was_and_leaves_the_plan_free() {
    let text = "step,cell,slice,DRB.MeanActiveUeDl,cqi,dLThptPerUE,dLLatency,rRMPolicyMinRatio,share,\
                leastRatio\n1,A,1,2,9,2000,100,60,,\n1,A,2,2,9,2000,100,40,0.3,5\n";
    let batch = read(text).unwrap().cells(0..1).batch;
    assert_eq!(batch.minimum_shares, [0.0, 0.05]);
    assert_eq!(batch.previous_shares, [0.6, 0.3]);
}

/// Stamps of one slice with the users of each.
fn stamps(slice: &str, rows: &[(&str, u32)]) -> String {
    let row = |(time, users): &(&str, u32)| format!("{time},A,{slice},{users},9,2000,100,,,,\n");
    rows.iter().map(row).collect()
}

#[test]
fn a_local_hour_that_comes_twice_counts_twice() {
    let rows = [
        ("2013-10-27 01:30", 1),
        ("2013-10-27 01:45", 2),
        ("2013-10-27 02:00", 3),
        ("2013-10-27 02:15", 4),
        ("2013-10-27 02:30", 5),
        ("2013-10-27 02:45", 6),
        ("2013-10-27 02:00", 7),
        ("2013-10-27 02:15", 8),
        ("2013-10-27 02:30", 9),
        ("2013-10-27 02:45", 10),
        ("2013-10-27 03:00", 11),
    ];
    let table = table(&stamps("1", &rows));
    assert_eq!((table.report().bad_rows, table.report().problems.len()), (0, 0));
    assert_eq!(table.cells(0..1).batch.features_of(0)[..HISTORY], [7.0, 8.0, 9.0, 10.0, 11.0]);
    assert!(
        notes(&table)[0].contains("go back by an hour at 2013-10-27T02:00:00"),
        "{:?}",
        notes(&table)
    );
    // Another slice of the cell that comes and goes keeps step with it.
    let mut by_time = String::new();
    for row in &rows {
        by_time += &stamps("1", std::slice::from_ref(row));
        by_time += &stamps("2", std::slice::from_ref(row));
    }
    by_time += &stamps("1", &[("2013-10-27 03:15", 12)]);
    by_time += &stamps("3", &[("2013-10-27 03:15", 1)]);
    let table = self::table(&by_time);
    let slices: Vec<u8> = table.cells(0..1).slices.iter().map(|slice| slice.sst).collect();
    assert_eq!((slices, table.report().slices_gone), (vec![1, 3], 1));
}

#[test]
fn rows_that_come_twice_or_backwards_are_no_repeated_hour() {
    // A Sunday from its end to its begin, with an offset, and by day.
    let backwards: Vec<(String, u32)> =
        (0..12).rev().map(|q| (format!("2013-10-27 0{}:{:02}", q / 4, q % 4 * 15), q)).collect();
    let rows: Vec<(&str, u32)> = backwards.iter().map(|(t, u)| (t.as_str(), *u)).collect();
    let table = table(&stamps("1", &rows));
    assert_eq!((table.report().bad_rows, notes(&table).len()), (0, 0));
    let doubled = [("2013-10-28 02:00", 1), ("2013-10-28 02:15", 2), ("2013-10-28 02:15", 3)];
    assert_eq!(self::table(&stamps("1", &doubled)).report().bad_rows, 1);
    let zoned = [
        ("2013-10-27T02:00Z", 1),
        ("2013-10-27T02:15Z", 2),
        ("2013-10-27T02:30Z", 3),
        ("2013-10-27T02:45Z", 4),
        ("2013-10-27T02:00Z", 5),
    ];
    assert_eq!(self::table(&stamps("1", &zoned)).report().bad_rows, 1);
    // Out of order nothing tells the hours apart, which is said.
    let mixed = [("2013-10-27 02:15", 1), ("2013-10-27 02:00", 2), ("2013-10-27 02:15", 3)];
    let table = self::table(&stamps("1", &mixed));
    assert_eq!(table.report().bad_rows, 1);
    assert!(notes(&table)[0].starts_with("1 rows that come twice"), "{:?}", notes(&table));
}

#[test]
fn any_number_of_threads_reads_the_same() {
    let mut text = written(400, 9, |rows| rows.sort_by_key(|row| (row.period, row.snssai)));
    let bad = ["x,y\n", "z,A,1,,,,,,,,,,,\n", "2026-11-21,\"q\",7,-1,9,,,-5,,2000,100,,,\n", "\n"];
    for (place, row) in bad.iter().cycle().take(40).enumerate() {
        let at = text[place * 20_000..].find('\n').unwrap() + place * 20_000 + 1;
        text.insert_str(at, row);
    }
    let read = |threads| {
        let options = KpiOptions::default();
        read::read_on(threads, text.as_bytes(), &options, &mut |_| ()).unwrap()
    };
    let one = read(1);
    assert!(text.len() > 4 * 256 * 1024 && one.report().bad_rows > 20);
    for threads in [2, 3, 7] {
        let other = read(threads);
        assert_eq!(other.report(), one.report());
        // As text, in which NaN equals itself.
        assert!(format!("{:?}", other.cells(0..400)) == format!("{:?}", one.cells(0..400)));
    }
}

/// What the cases hold: rows, bad rows, cells, slices of all cells.
type Case = (&'static str, [u64; 4], &'static str);

#[test]
fn tables_from_the_field_are_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases");
    let cases: [Case; 6] = [
        ("03-nci-nine-digits/kpis-without-0x.csv", [10, 0, 5, 10], ""),
        ("03-nci-nine-digits/kpis.csv", [12, 0, 6, 12], ""),
        ("04-cell-and-slice-columns/kpis-both-levels.csv", [15, 0, 1, 3], ""),
        ("04-cell-and-slice-columns/kpis-slice-level-only.csv", [15, 0, 1, 3], ""),
        ("06-sd-ffffff/kpis.csv", [20, 0, 1, 4], ""),
        ("17-daylight-saving/kpis-autumn-local.csv", [12, 0, 1, 1], "go back by an hour"),
    ];
    for (name, expected, note) in cases {
        let Ok(text) = std::fs::read_to_string(folder.join(name)) else {
            println!("skipped: {name} is not beside this checkout");
            continue;
        };
        let table = read(&text).unwrap();
        let report = table.report();
        let slices = table.cells(0..99).slices.len() as u64;
        assert_eq!([report.rows, report.bad_rows, report.cells, slices], expected, "{name}");
        assert_eq!(report.problems, [], "{name}");
        assert!(note.is_empty() || report.notes[0].contains(note), "{name}: {:?}", report.notes);
        if name.starts_with("17") {
            assert_eq!(
                table.cells(0..1).batch.features_of(0)[..HISTORY],
                [4.0, 9.0, 9.0, 9.0, 9.0]
            );
        }
    }
    let both = std::fs::read_to_string(folder.join(cases[2].0));
    let single = std::fs::read_to_string(folder.join(cases[3].0));
    if let (Ok(both), Ok(single)) = (both, single) {
        let (both, single) = (read(&both).unwrap(), read(&single).unwrap());
        assert_eq!(format!("{:?}", both.cells(0..9)), format!("{:?}", single.cells(0..9)));
        let passed_over = ["DRB.MeanActiveUeDl", "RRU.PrbUsedDl", "DRB.UEThpDl"];
        assert_eq!(both.report().unknown_columns, passed_over);
    }
}

#[test]
fn an_export_with_a_frame_and_dates_beside_times_is_read() {
    let text = "Report Name,LTE_Cell_Hourly\nCreator,operator1\n\n\
                Date,Time,NRCellDU,SNSSAI,DRB.MeanActiveUeDl.SNSSAI,CARR.WBCQIMean.SNSSAI,dLThptPerUE,dLLatency\n\
                21/11/2026,00:00,A,1-000001,4.2,9,2000,100\n21/11/2026,01:00,A,1-000001,5.2,9,2000,100\n\
                21/11/2026,02:00,A,1-000001,6.2,9,2000,100\nTotal 3 Records\n";
    let table = read(text).unwrap();
    assert_eq!((table.report().rows, table.report().bad_rows), (3, 0));
    assert_eq!(table.last_period().unwrap().to_string(), "2026-11-21T02:00:00Z");
    let notes = notes(&table).join("; ");
    assert!(
        notes.contains("2 lines above the header") && notes.contains("the last line"),
        "{notes}"
    );
}

#[test]
fn dates_that_can_be_read_in_two_ways_are_asked_about() {
    let text = format!("{HEADER}01/02/2026 00:00,A,1,2,9,2000,100,,,,\n");
    assert!(refused(&text).starts_with("order of day and month is open"), "{}", refused(&text));
}

#[test]
fn a_table_in_another_encoding_is_the_same() {
    let text = format!("{HEADER}1,M\u{fc}nchen,1,2,9,2000,100,,,,\n");
    let latin: Vec<u8> = text.chars().map(|letter| letter as u32 as u8).collect();
    let mut wide = vec![0xff, 0xfe];
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    for bytes in [latin, wide] {
        let mut table = read_csv(bytes.as_slice(), &KpiOptions::default(), &mut |_| ()).unwrap();
        table.finish().unwrap();
        assert_eq!(table.cells(0..1).cells, ["M\u{fc}nchen"]);
        assert!(notes(&table)[0].starts_with("read as"), "{:?}", notes(&table));
    }
}
