//! Files and events in the shapes that gNBs, managers and collectors write.

use serde_json::{Value, json};

use crate::cells::{HISTORY, PAPER_FEATURES};
use crate::error::InputError;
use crate::formats::kpi_table::{KpiOptions, KpiTable, Period, ReadError, Requirements};

use super::measurements::{Object, duration_ms};
use super::*;

const TWO_CELLS: &str = include_str!("fixtures/two-cells.xml");

fn options() -> KpiOptions {
    let mut requirements = Requirements::default();
    requirements.add_option("1-000001=2Mbps,100ms").unwrap();
    requirements.add_option("3-000004=500kbps,300ms").unwrap();
    KpiOptions { requirements, ..KpiOptions::default() }
}

fn table(add: impl FnOnce(&mut PerformanceFiles) -> Result<(), ReadError>) -> KpiTable {
    let mut files = PerformanceFiles::default();
    add(&mut files).unwrap();
    files.finish(&options()).unwrap()
}

fn events(document: &Value) -> KpiTable {
    table(|files| files.add_events(document.to_string().as_bytes()))
}

fn refused(add: impl FnOnce(&mut PerformanceFiles) -> Result<(), ReadError>) -> String {
    let mut files = PerformanceFiles::default();
    let finish = |files: PerformanceFiles| files.finish(&options()).map(|_| ());
    match add(&mut files) {
        Ok(()) => finish(files).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

fn names(table: &KpiTable) -> (Vec<String>, Vec<String>) {
    let cells = table.cells(0..99);
    (cells.cells, cells.slices.iter().map(ToString::to_string).collect())
}

#[test]
fn a_file_becomes_the_rows_of_its_cells_and_slices() {
    let table = table(|files| files.add_xml(TWO_CELLS.as_bytes()));
    let north = "ManagedElement=gnb-1,GNBDUFunction=1,NRCellDU=7";
    let (cells, slices) = names(&table);
    assert_eq!(cells, [north, "ManagedElement=gnb-1,GNBDUFunction=1,NRCellDU=8"]);
    assert_eq!(slices, ["1-000001", "3-000004", "3-000004"]);
    let found = table.cells(0..2);
    // (30 times 7 and 10 times 11) over 40.
    let expected = [4.5, 4.5, 4.5, 4.5, 4.5, 8.0, 8.0, 8.0, 8.0, 8.0, 2.0, 100.0];
    assert_eq!(found.batch.features_of(0)[..PAPER_FEATURES], expected);
    assert_eq!(found.batch.features_of(2)[HISTORY - 1..HISTORY + 1], [1.0, 7.0]);
    assert_eq!((found.throughput_mbps[0], found.prb_shares[0]), (1.5, 0.5));
    let report = table.report();
    assert_eq!((report.rows, report.unknown_columns.clone()), (4, vec!["DRB.UEThpDl".to_owned()]));
    // Slice 1 of the second cell has no users in the file.
    assert_eq!(report.bad_rows, 1);
    let problem = report.problems[0].to_string();
    assert!(
        problem.starts_with(
            "cell ManagedElement=gnb-1,GNBDUFunction=1,NRCellDU=8, 2026-11-21T07:00:00Z"
        )
    );
    let notes = report.notes.join("; ");
    for part in ["CQI is the cell's", "3 suspect measurements", "1 measurements are of no cell"] {
        assert!(notes.contains(part), "{notes}");
    }
    assert_eq!(table.last_period(), Period::parse("2026-11-21T07:00:00Z"));
}

#[test]
fn several_files_are_several_periods() {
    let later =
        TWO_CELLS.replace("08:15:00+01:00", "07:30:00Z").replace("T07:15:00Z", "T07:30:00Z");
    let later = later.replace("<r p=\"1\">4.5</r>", "<r p=\"1\"><![CDATA[6]]></r>");
    let table = table(|files| {
        files.add_xml(later.as_bytes())?;
        files.add_xml(TWO_CELLS.as_bytes())
    });
    assert_eq!(table.cells(0..1).batch.features_of(0)[..HISTORY], [4.5, 4.5, 4.5, 4.5, 6.0]);
}

#[test]
fn damaged_files_are_named() {
    let xml = |text: &str| refused(|files| files.add_xml(text.as_bytes()));
    assert!(xml("").starts_with("file is without measurements"));
    assert!(xml("period_start,NRCellDU\n").starts_with("file is without measurements"));
    assert!(xml("<a><b></a>").starts_with("byte "));
    let whole_cell =
        TWO_CELLS.replace(".1-000001", "").replace(".SNSSAI.3-000004", "").replace(".01000001", "");
    assert!(xml(&whole_cell).starts_with("measurements is without one of a slice"));
    let cut = &TWO_CELLS[..TWO_CELLS.find("<fileFooter").unwrap()];
    let table = table(|files| files.add_xml(cut.as_bytes()));
    assert!(
        table
            .report()
            .problems
            .iter()
            .any(|problem| problem.to_string().starts_with("file is cut off"))
    );
    let more = TWO_CELLS.replace("<r p=\"2\">2</r>", "<r p=\"9\">2</r>");
    let table = self::table(|files| files.add_xml(more.as_bytes()));
    assert!(
        table.report().problems.iter().any(|problem| problem.allowed == "one result per measType")
    );
}

#[test]
fn files_with_any_byte_changed_are_read_or_refused() {
    for place in (0..TWO_CELLS.len()).step_by(3) {
        let mut bytes = TWO_CELLS.as_bytes().to_vec();
        bytes[place] ^= 0x15;
        let mut files = PerformanceFiles::default();
        if files.add_xml(bytes.as_slice()).is_ok() {
            let _: Result<KpiTable, InputError> = files.finish(&options());
        }
    }
}

#[test]
fn objects_name_cells_and_slices() {
    let of = |element: &str, name: &str| {
        let object = Object::of(element, name)?;
        Some((object.cell, object.slice.map(|slice| slice.to_string())))
    };
    let found = of("", "ManagedElement=1,GNBDUFunction=1,NRCellDU=7,SNSSAI=01-000001").unwrap();
    let cell = "ManagedElement=1,GNBDUFunction=1,NRCellDU=7";
    assert_eq!(found, (cell.to_owned(), Some("1-000001".to_owned())));
    let found = of("ManagedElement=1", "GNBDUFunction=1, NRCellDU=7,SST=1,SD=FFFFFF").unwrap();
    assert_eq!(
        found,
        ("ManagedElement=1,GNBDUFunction=1, NRCellDU=7".to_owned(), Some("1".to_owned()))
    );
    assert_eq!(of("", "cell-3"), Some(("cell-3".to_owned(), None)));
    assert_eq!(of("ManagedElement=1", "GNBDUFunction=1"), None);
    assert_eq!(of("", ""), None);
}

#[test]
fn durations_are_those_of_iso_8601() {
    for (text, expected) in [("PT900S", 900), ("PT15M", 900), ("P1DT1H0.5S", 90_000), ("PT0S", 0)] {
        let expected = if text.contains("0.5") { 90_000_500 } else { 1000 * expected };
        assert_eq!(duration_ms(text), Some(expected), "{text}");
    }
    for text in ["900", "PT900", "P1Y", "PTxS", ""] {
        assert_eq!(duration_ms(text), None, "{text}");
    }
}

fn header(domain: &str, quarter: u64) -> Value {
    let epoch = 1_795_244_400_000_000_u64 + quarter * 900_000_000;
    json!({"domain": domain, "sourceName": "gnb-7", "startEpochMicrosec": epoch})
}

fn performance(quarter: u64, users: &str) -> Value {
    json!({"event": {
        "commonEventHeader": header("perf3gpp", quarter),
        "perf3gppFields": {"perf3gppFieldsVersion": "1.0", "measDataCollection": {
            "granularityPeriod": 900,
            "measuredEntityDn": "ManagedElement=gnb-7",
            "measInfoList": [{
                "measInfoId": {"sMeasInfoId": "slices"},
                "measTypes": {"sMeasTypesList":
                    ["DRB.MeanActiveUeDl.SNSSAI", "CARR.WBCQIMean", "DRB.UEThpDl.SNSSAI"]},
                "measValuesList": [
                    {"measObjInstId": "NRCellDU=1,SNSSAI=1-000001", "suspectFlag": "false",
                     "measResults": [{"p": 1, "sValue": users}, {"p": 2, "sValue": "9"}, {"p": 3, "sValue": 1200}]},
                    {"measObjInstId": "NRCellDU=2,SNSSAI=1-000001", "suspectFlag": true,
                     "measResults": [{"p": 1, "sValue": "1"}]}
                ]
            }]
        }}
    }})
}

#[test]
fn performance_events_are_read_alone_in_lists_and_line_by_line() {
    let list = json!([performance(0, "3"), performance(1, "4")]);
    let lines = format!("{}\n{}\n", performance(0, "3"), performance(1, "4"));
    let inside = |quarter: u64, users: &str| performance(quarter, users)["event"].clone();
    let batch = json!({"eventList": [inside(0, "3"), inside(1, "4")]});
    let standard = |quarter: u64, users: &str| {
        let fields = performance(quarter, users)["event"]["perf3gppFields"].clone();
        json!({"event": {"commonEventHeader": header("stndDefined", quarter),
            "stndDefinedFields": {"data": {"event": {"perf3gppFields": fields}}}}})
    };
    let standard = json!([standard(0, "3"), standard(1, "4")]);
    for text in [list.to_string(), lines, batch.to_string(), standard.to_string()] {
        let table = table(|files| files.add_events(text.as_bytes()));
        let found = table.cells(0..9);
        assert_eq!(found.cells, ["ManagedElement=gnb-7,NRCellDU=1"], "{text}");
        assert_eq!(found.batch.features_of(0)[..HISTORY], [3.0, 3.0, 3.0, 3.0, 4.0], "{text}");
        assert_eq!(found.throughput_mbps, [1.2]);
        assert_eq!(table.last_period(), Period::parse("2026-11-21T07:15:00Z"));
    }
}

#[test]
fn additional_measurements_name_slices_in_their_names_and_cells_beside_them() {
    let maps = json!({"event": {
        "commonEventHeader": header("measurement", 0),
        "measurementFields": {"additionalMeasurements": [
            {"name": "pm", "hashMap": {"DRB.MeanActiveUeDl.1-000001": "3", "CARR.WBCQIMean": "9", "power": "7"}},
            {"name": "other", "hashMap": {"cellId": "south", "DRB.MeanActiveUeDl.SNSSAI.3-000004": "1", "cqi": "5"}},
            {"name": "ManagedElement=1,NRCellDU=9",
             "arrayOfFields": [{"name": "DRB.MeanActiveUeDl.1-000001", "value": "2"}, {"name": "cqi", "value": "6"}]}
        ], "networkSliceArray": [
            {"networkSliceIdentifier": "1-000001", "DRB.UEThpDl.SNSSAI": 400},
            {"networkSliceIdentifier": "1020", "DRB.UEThpDl.SNSSAI": 400}
        ]}
    }});
    let table = events(&maps);
    let found = table.cells(0..9);
    assert_eq!(found.cells, ["ManagedElement=1,NRCellDU=9", "gnb-7", "south"]);
    assert_eq!(found.throughput_mbps[1], 0.4);
    assert_eq!(table.report().unknown_columns, ["power"]);
    let problem = table.report().problems[0].to_string();
    assert!(problem.starts_with("slice of gnb-7 is 1020; allowed: SST or SST-SD"), "{problem}");
}

#[test]
fn streamed_measurements_join_the_others_of_their_cell() {
    let path = |kind: &str| {
        format!(
            "/o-ran-sc-du-hello-world:network-function/distributed-unit-functions[id='gnb-7']/\
             cell[id='cell-1']/supported-measurements[performance-measurement-type='(urn:x)\
             user-equipment-average-throughput-{kind}']/supported-snssai-subcounter-instances\
             [slice-differentiator='1'][slice-service-type='1']"
        )
    };
    let streamed = json!({"event": {
        "commonEventHeader": header("stndDefined", 0),
        "stndDefinedFields": {"data": {"measurements": [
            {"measurement-type-instance-reference": path("downlink"), "value": 5861, "unit": "kbit/s"},
            {"measurement-type-instance-reference": path("uplink"), "value": 1, "unit": "kbit/s"}
        ]}}
    }});
    let numbers = json!({"event": {
        "commonEventHeader": header("measurement", 0),
        "measurementFields": {"additionalMeasurements": [{"name": "pm", "hashMap": {
            "cell": "gnb-7/cell-1", "DRB.MeanActiveUeDl.1-000001": 2, "cqi": 8}}]}
    }});
    let table = events(&json!([streamed, numbers]));
    assert_eq!(table.cells(0..1).throughput_mbps, [5.861]);
    assert!(table.report().unknown_columns[0].ends_with("throughput-uplink"));
}

#[test]
fn documents_that_hold_no_measurements_are_refused() {
    let of = |text: &str| refused(|files| files.add_events(text.as_bytes()));
    assert!(of("").starts_with("events is without measurements"));
    assert!(
        of("{\"event\":{\"commonEventHeader\":{\"startEpochMicrosec\":1}}}")
            .starts_with("events is without")
    );
    assert!(of("{\"event\":").starts_with("document is EOF"));
    assert!(of("[1, \"a\", null, {}]").starts_with("events is without measurements"));
}
