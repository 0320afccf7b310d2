//! Traces as they come out of databases, spreadsheets and management systems.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use slicewise_core::InputError;
use slicewise_core::forecast::demand_table::{
    DemandChoices, DemandTable, TIME_COLUMN, TableSeries,
};
use slicewise_core::forecast::sampling::Sampling;
use slicewise_core::formats::stamps::{DATE_ORDER, StampChoices, TIME_UNIT, TimeUnit};
use slicewise_core::formats::table::Table;

/// Series by their names, and what was told of the table.
type Found = (Vec<(String, TableSeries)>, Vec<String>);

/// All series of `bytes`, and what was told of the table.
fn read(bytes: &[u8], choices: DemandChoices<'_>) -> Result<Found, InputError> {
    let table = Table::of_bytes(bytes, None)?;
    let demand = DemandTable::of(&table, choices)?;
    let names = demand.names();
    let series: Result<Vec<_>, InputError> =
        (0..names.len()).map(|index| demand.series(index, choices)).collect();
    Ok((names.into_iter().zip(series?).collect(), demand.told()))
}

fn plain(text: &str) -> Result<Found, InputError> {
    read(text.as_bytes(), DemandChoices::default())
}

fn first(text: &str) -> TableSeries {
    plain(text).unwrap().0.swap_remove(0).1
}

fn field(text: &str) -> String {
    plain(text).unwrap_err().field
}

#[test]
fn labels_beside_demand_are_passed_over_and_told() {
    let text = "time,site,traffic_mbps,remark\n2026-03-02 00:00,North,40,ok\n\
                2026-03-02 00:05,North,50,\n2026-03-02 00:10,North,60,\n";
    let (series, told) = plain(text).unwrap();
    assert_eq!(series.len(), 1);
    assert_eq!(series[0].0, "traffic_mbps");
    assert_eq!(series[0].1.series.values, [40.0, 50.0, 60.0]);
    assert_eq!(told, ["columns 'site', 'remark' passed over"]);
}

#[test]
fn cells_below_one_another_are_series_of_their_own() {
    let mut text = String::from("timestamp,cell_id,traffic\n");
    for step in 0..6 {
        for (cell, base) in [("A_1", 10), ("B_2", 20)] {
            text += &format!("2026-03-02T00:{:02}:00Z,{cell},{}\n", 5 * step, base + step);
        }
    }
    let (series, told) = plain(&text).unwrap();
    let names: Vec<&str> = series.iter().map(|(name, _)| &name[..]).collect();
    assert_eq!(names, ["A_1", "B_2"]);
    assert_eq!(series[1].1.series.values, [20.0, 21.0, 22.0, 23.0, 24.0, 25.0]);
    assert_eq!(told, ["2 series told apart by 'cell_id'"]);
    // One after the other, at other times.
    let apart = "time,cell,mbps\n2026-03-02 00:00,A,1\n2026-03-02 00:05,A,2\n\
                 2026-03-04 00:00,B,3\n2026-03-04 00:05,B,4\n";
    assert_eq!(plain(apart).unwrap().0[1].1.series.values, [3.0, 4.0]);
}

#[test]
fn counters_and_identities_are_no_demand() {
    let text = "Iteration,Total time (sec),Time (sec),Bandwidth (kbps)\n1,0,0,10\n1,60,60,20\n\
                2,120,0,30\n2,180,60,40\n2,240,120,50\n";
    let (series, _) = plain(text).unwrap();
    assert_eq!(series.len(), 1);
    let found = &series[0].1.series;
    assert_eq!((found.step_minutes, &found.unit[..]), (1, "kbit/s"));
    assert_eq!(found.values, [10.0, 20.0, 30.0, 40.0, 50.0]);
    let cell = "time,cell,traffic_mbps\n2026-03-02 00:00,1,5\n2026-03-02 00:05,1,6\n";
    let (series, told) = plain(cell).unwrap();
    assert_eq!((series.len(), told), (1, vec!["column 'cell' passed over".to_owned()]));
}

#[test]
fn what_nearly_says_time_is_asked_about() {
    let text = "busy_time,demand\n0.5,1\n0.7,2\n0.6,3\n";
    assert_eq!(field(text), TIME_COLUMN);
    let choices = DemandChoices {
        sampling: Sampling { step_minutes: Some(5), ..Sampling::default() },
        column: Some("busy_time"),
        ..DemandChoices::default()
    };
    assert_eq!(read(text.as_bytes(), choices).unwrap().0[0].1.series.values, [0.5, 0.7, 0.6]);
}

#[test]
fn a_step_that_nothing_tells_is_asked_for() {
    assert_eq!(field("demand\n1\n2\n3\n"), "step");
    let sampling = Sampling { step_minutes: Some(15), ..Sampling::default() };
    let choices = DemandChoices { sampling, ..DemandChoices::default() };
    let (series, _) = read(b"demand\n1\n2\n3\n", choices).unwrap();
    assert_eq!((series[0].1.series.step_minutes, series[0].1.series.weekday(0)), (15, 0));
}

#[test]
fn numbers_as_stamps_are_understood_or_asked_about_never_guessed() {
    let seconds = first("time,demand\n0,1\n300,2\n600,3\n");
    assert_eq!(seconds.series.step_minutes, 5);
    let dates = first("date,demand\n20260302,1\n20260303,2\n20260304,3\n");
    assert_eq!((dates.series.step_minutes, dates.series.weekday(0)), (1440, 0));
    assert_eq!(field("t,demand\n0,1\n1,2\n2,3\n"), TIME_UNIT);
    let stamps = StampChoices { unit: Some(TimeUnit::Hours), ..StampChoices::default() };
    let choices = DemandChoices { stamps, ..DemandChoices::default() };
    let (series, _) = read(b"t,demand\n0,1\n1,2\n2,3\n", choices).unwrap();
    assert_eq!(series[0].1.series.step_minutes, 60);
}

#[test]
fn a_trace_without_a_date_is_not_told_one() {
    let told = |text: &str| first(text).told();
    let counted = "3 steps of 5 minutes counted from the start";
    assert_eq!(told("minute,traffic_mbps\n0,1\n5,2\n10,3\n"), counted);
    let sampling = Sampling { step_minutes: Some(5), ..Sampling::default() };
    let choices = DemandChoices { sampling, ..DemandChoices::default() };
    let (series, _) = read(b"traffic_mbps,site\n1,A\n2,A\n3,A\n", choices).unwrap();
    assert_eq!(series[0].1.told(), counted);
    assert_eq!(
        told("time,traffic_mbps\n23:50,1\n23:55,2\n00:00,3\n"),
        "3 steps of 5 minutes from 23:50 of a day without a date"
    );
    let dated = told("time,traffic_mbps\n1772409600,1\n1772409900,2\n1772410200,3\n");
    assert_eq!(dated, "3 steps of 5 minutes from 2026-03-02 00:00");
}

#[test]
fn a_unit_that_nothing_names_is_told_as_assumed() {
    let text = "Time,Value\n2026-03-02 00:00,1\n2026-03-02 00:05,2\n2026-03-02 00:10,3\n";
    let found = first(text);
    assert_eq!((&found.series.unit[..], found.unit_assumed), ("Mbit/s", true));
    assert!(
        found.told().ends_with("Mbit/s assumed, as its heading names no known unit"),
        "{}",
        found.told()
    );
    let choices = DemandChoices { unit: Some("GB"), ..DemandChoices::default() };
    let (series, _) = read(text.as_bytes(), choices).unwrap();
    assert_eq!((&series[0].1.series.unit[..], series[0].1.unit_assumed), ("GB", false));
    assert!(!series[0].1.told().contains("assumed"));
    assert!(!first(&text.replace("Value", "Value (kbps)")).unit_assumed);
}

#[test]
fn date_beside_time_and_a_frame_of_other_lines_are_an_export() {
    let text = "Report Name,LTE_Cell_Hourly\nCreator,operator1\n\nDate,Time,Cell Name,Data Volume (GB)\n\
                2026-11-21,00:00,A_1,5.0\n2026-11-21,01:00,A_1,NIL\n2026-11-21,02:00,A_1,7.0\n\
                2026-11-21,03:00,A_1,8.0\nTotal 4 Records\n";
    let found = first(text);
    assert_eq!(found.series.values, [5.0, 6.0, 7.0, 8.0]);
    assert_eq!((found.series.step_minutes, &found.series.unit[..]), (60, "GB"));
    assert_eq!(
        found.told(),
        "4 steps hourly from 2026-11-21 00:00; 1 missing step filled along a line"
    );
}

#[test]
fn dates_that_can_be_read_in_two_ways_are_asked_about() {
    assert_eq!(field("time,demand\n01/02/2026 00:00,1\n01/02/2026 01:00,2\n"), DATE_ORDER);
    let american = first("time,demand\n10/23/2017 0:00,1\n10/23/2017 1:00,2\n");
    assert_eq!(american.series.step_minutes, 60);
}

#[test]
fn a_clock_with_daylight_saving_goes_on_evenly() {
    let mut text = String::from("time,mbps\n");
    for minute in (60..180).chain(120..240).step_by(15) {
        text += &format!("2013-10-27 {:02}:{:02}:00,{minute}\n", minute / 60, minute % 60);
    }
    let found = first(&text);
    assert_eq!((found.series.values.len(), found.treatment.duplicates), (16, 0));
    assert!(found.told().contains("1 repeated hour"), "{}", found.told());
    let offsets = text.replace(":00,", ":00+01:00,");
    assert!(first(&offsets).treatment.duplicates > 0);
}

#[test]
fn damage_is_named_with_its_line() {
    let message = |text: &str| plain(text).unwrap_err().to_string();
    let many = message("minute,demand\n0,1\n5,many\n10,3\n");
    assert!(many.starts_with("line 3, column demand is many"), "{many}");
    assert!(
        message("time,demand\n2026-01-01 00:00,1\nnever,2\n2026-01-01 00:10,3\n")
            .starts_with("line 3, time is never")
    );
    assert!(message("minute,demand\n0,1\n5,-2\n").starts_with("line 3, demand is -2"));
    assert!(message("minute\n0\n5\n").starts_with("header is minute"));
}

/// A case from the field: what is read, and what it holds.
struct Case {
    file: &'static str,
    column: Option<&'static str>,
    series: &'static str,
    step_minutes: u32,
    samples: usize,
    /// Mean of the values, or the first of them where it is 0.
    mean: f64,
    filled: usize,
}

const fn case(
    file: &'static str,
    series: &'static str,
    (step_minutes, samples, filled): (u32, usize, usize),
    mean: f64,
) -> Case {
    Case { file, column: None, series, step_minutes, samples, mean, filled }
}

#[test]
fn cases_from_the_field_hold_what_is_known_of_them() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases");
    if !folder.exists() {
        println!("skipped: there is no folder of cases beside the checkout");
        return;
    }
    let traffic = "traffic_mbps";
    let cases = [
        case("05-text-beside-demand/long-two-cells.csv", "MI_5161_A", (5, 29, 0), 51.837_897),
        case("05-text-beside-demand/one-series-with-labels.csv", traffic, (5, 50, 0), 50.129_4),
        case("05-text-beside-demand/time-cell.csv", traffic, (5, 50, 0), 50.129_4),
        case("07-numeric-stamps/seconds-from-zero.csv", "demand", (5, 40, 0), 0.0),
        case("07-numeric-stamps/yyyymmdd.csv", "demand", (1440, 28, 0), 0.0),
        case("07-numeric-stamps/nanoseconds.csv", "demand", (5, 40, 0), 0.0),
        case("files/excel-serial-60-days.csv", "demand", (60, 1440, 0), 50.0),
        case("files/verge_iperf3_traffic.csv", "Bandwidth (kbps)", (1, 840, 0), 1_486.309_771),
        case("09-vendor-export/prs-traffic.csv", "Data Volume (GB)", (60, 36, 1), 0.0),
        case(
            "10-grafana-export/grafana-value-only.csv",
            "Value",
            (60, 13, 0),
            30_645_981_777.344 / 13.0,
        ),
        case(
            "10-grafana-export/grafana-sep-line.csv",
            "Value",
            (60, 13, 0),
            30_645_981_777.344 / 13.0,
        ),
        case("11-long-gap/prometheus-excerpt.csv", "value", (10, 7, 0), 0.0),
        case("files/varunkurri_train_Cell000113.csv", "Traffic", (60, 8592, 26), 0.0),
        case("files/varunkurri_Cell000113_iso.csv", "Traffic", (60, 8592, 26), 0.0),
        case("17-daylight-saving/autumn-offsets.csv", "mbps", (15, 24, 0), 0.0),
        case("17-daylight-saving/autumn-local.csv", "mbps", (15, 24, 0), 0.0),
        case("17-daylight-saving/spring-local-3min.csv", "mbps", (3, 56, 0), 0.0),
        Case {
            column: Some("Value"),
            ..case("10-grafana-export/grafana-5.csv", "Value", (60, 0, 0), 0.0)
        },
    ];
    for case in cases {
        let Ok(bytes) = std::fs::read(folder.join(case.file)) else {
            println!("skipped: there is no {}", case.file);
            continue;
        };
        let choices = DemandChoices { column: case.column, ..DemandChoices::default() };
        let (series, told) =
            read(&bytes, choices).unwrap_or_else(|error| panic!("{}: {error}", case.file));
        let found = series.iter().find(|(name, _)| name == case.series);
        let names: Vec<&String> = series.iter().map(|(name, _)| name).collect();
        let (_, found) = found.unwrap_or_else(|| panic!("{}: {names:?}", case.file));
        println!("{}: {}; {}", case.file, found.told(), told.join("; "));
        let values = &found.series.values;
        assert_eq!(found.series.step_minutes, case.step_minutes, "{}", case.file);
        if case.samples > 0 {
            assert_eq!(
                (values.len(), found.treatment.filled),
                (case.samples, case.filled),
                "{}",
                case.file
            );
        }
        if case.mean > 0.0 {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            assert!((mean / case.mean - 1.0).abs() < 1e-6, "{}: mean {mean}", case.file);
        }
    }
    let asked = std::fs::read(folder.join("07-numeric-stamps/hour-index.csv")).unwrap();
    assert_eq!(read(&asked, DemandChoices::default()).unwrap_err().field, TIME_UNIT);
}
