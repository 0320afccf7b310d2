//! The same cell with the same slices as many systems name it: KPI tables, performance files, events and
//! policies in the spellings of the field.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use slicewise_core::cells::{SNssai, ServiceProfile};
use slicewise_core::formats::kpi_table::{
    DelayUnit, KpiOptions, KpiTable, Requirement, Requirements, ThroughputUnit, read_csv,
};
use slicewise_core::formats::open_air_interface;
use slicewise_core::formats::performance_file::PerformanceFiles;
use slicewise_core::formats::rrm_policy::{self, CellPolicies, Plmn};

const SLICES: [SNssai; 2] = [SNssai { sst: 1, sd: Some(1) }, SNssai { sst: 2, sd: None }];

/// What the slices of every table require.
fn options() -> KpiOptions {
    let mut defaults = Requirements::default();
    let profile = &ServiceProfile::of_the_paper()[0];
    for slice in SLICES {
        let requirement = Requirement {
            throughput_mbps: Some(profile.required_throughput_mbps),
            delay_ms: Some(profile.required_delay_ms),
            ..Requirement::default()
        };
        defaults.add(slice, requirement);
    }
    KpiOptions { defaults, defaults_of: "the test", ..KpiOptions::default() }
}

/// Checks that a table is one cell with both slices, read without a bad row.
fn check(name: &str, table: &KpiTable, rows: u64) {
    let (report, found) = (table.report(), table.cells(0..table.len()));
    assert_eq!((report.rows, report.bad_rows), (rows, 0), "{name}: {:?}", report.problems);
    assert_eq!(found.slices, SLICES, "{name}: {report:?}");
    assert_eq!(found.cells.len(), 1, "{name}: {:?}", found.cells);
    // The users of the last period, in the planner's features.
    let users: Vec<f64> = (0..2).map(|slice| found.batch.features_of(slice)[4]).collect();
    assert_eq!(users, [5.0, 2.5], "{name}");
}

fn read(name: &str, text: &str) -> KpiTable {
    read_csv(text.as_bytes(), &options(), &mut |_| ())
        .unwrap_or_else(|error| panic!("{name}: {error}\n{text}"))
}

/// A table of two periods with the given headings of period, cell, slice, users and CQI.
fn table(headings: [&str; 5], stamps: [&str; 2], cell: &str, slices: [&str; 2]) -> String {
    let mut text = headings.join(";") + "\n";
    for (period, stamp) in stamps.iter().enumerate() {
        for (slice, users) in slices.iter().zip(["5", "2,5"]) {
            let users = if period == 0 { "1" } else { users };
            text += &format!("{stamp};{cell};{slice};{users};9\n");
        }
    }
    text
}

const HEADINGS: [&str; 5] =
    ["period_start", "NRCellDU", "SNSSAI", "DRB.MeanActiveUeDl.SNSSAI", "CARR.WBCQIMean.SNSSAI"];
const STAMPS: [&str; 2] = ["2026-11-21T07:00:00Z", "2026-11-21T07:15:00Z"];
const NAMES: [&str; 2] = ["1-000001", "2"];

#[test]
fn headings_are_known_in_many_spellings() {
    for (column, names) in [
        (
            0,
            &[
                "period_start",
                "PERIOD_START_TIME",
                "beginTime",
                "Begin Time",
                "Start Time",
                "startTime",
                "start_time",
                "timestamp",
                "Timestamp",
                "TIME",
                "Date Time",
                "date_time",
                "Datetime",
                "ts",
                "resultTime",
                "Result Time",
                "meas_start_time",
                "granularityPeriodStart",
                "time_utc",
                "Collection Time",
                "\"Period\"",
            ][..],
        ),
        (
            1,
            &[
                "NRCellDU",
                "nrcelldu",
                "NR Cell DU",
                "NRCellDUId",
                "nRCellIdentity",
                "cell",
                "Cell",
                "cell_id",
                "cellId",
                "Cell ID",
                "Cell Name",
                "cellName",
                "NR Cell",
                "NR Cell Name",
                "NCI",
                "NRCGI",
                "nr_cell_id",
                "measObjLdn",
            ],
        ),
        (
            2,
            &[
                "SNSSAI",
                "sNSSAI",
                "snssai",
                "S-NSSAI",
                "s_nssai",
                "slice",
                "Slice",
                "slice_id",
                "Slice ID",
                "sliceId",
                "snssai_id",
                "networkSlice",
                "slice name",
            ],
        ),
        (
            3,
            &[
                "DRB.MeanActiveUeDl.SNSSAI",
                "DRB.MeanActiveUeDl",
                "DRB_MeanActiveUeDl_SNSSAI",
                "DRB:MeanActiveUeDl:SNSSAI",
                "DRB/MeanActiveUeDl/SNSSAI",
                "DRB MeanActiveUeDl SNSSAI",
                "drb.meanactiveuedl.snssai",
                "DRB_MeanActiveUeDl",
                "drb_mean_active_ue_dl",
                "DRB.MeanActiveUeDl.SNSSAI (users)",
            ],
        ),
        (
            4,
            &[
                "CARR.WBCQIMean.SNSSAI",
                "CARR.WBCQIMean",
                "CARR_WBCQIMean",
                "cqi",
                "CQI",
                "carr.wbcqimean.snssai",
            ],
        ),
    ] {
        for name in names {
            let mut headings = HEADINGS;
            headings[column] = name;
            check(name, &read(name, &table(headings, STAMPS, "A", NAMES)), 4);
        }
    }
}

#[test]
fn slices_are_the_same_however_they_are_named() {
    for names in [
        ["1-000001", "2-FFFFFF"],
        ["01-000001", "02-ffffff"],
        ["01000001", "02FFFFFF"],
        ["0x01000001", "0x02"],
        ["1-1", "2.0"],
        ["1-0x000001", "2-"],
        ["1:000001", "2:FFFFFF"],
        ["1/000001", "2"],
        ["1_000001", "2_ffffff"],
        ["1|000001", "2"],
        ["SST1-SD000001", "SST2"],
        ["sst=1,sd=000001", "sst=2"],
        ["sd=000001,sst=1", "sst=2"],
        ["\"{\"\"sd\"\":\"\"000001\"\",\"\"sst\"\":1}\"", "\"{\"\"sst\"\":2}\""],
        ["SST:1 SD:000001", "SST:2"],
        ["\"{\"\"sst\"\":1,\"\"sd\"\":\"\"000001\"\"}\"", "\"{\"\"sst\"\":2}\""],
        ["(1, 000001)", "(2, None)"],
        ["S-NSSAI 1-000001", "S-NSSAI 2"],
        ["eMBB-000001", "URLLC"],
        ["slice 1-000001", "slice 2"],
        ["1-000001 ", " 2"],
        ["1-16777215-", "2"].map(|name| if name == "2" { "2" } else { "1-000001" }),
    ] {
        check(names[0], &read(names[0], &table(HEADINGS, STAMPS, "A", names)), 4);
    }
    let parts = "time;cell;sst;sd;DRB.MeanActiveUeDl;cqi\n";
    for sd in [["000001", "FFFFFF"], ["0x000001", ""], ["1", "-"], ["000001", "null"]] {
        let mut text = parts.to_owned();
        for (period, stamp) in STAMPS.iter().enumerate() {
            let users = if period == 0 { ["1", "1"] } else { ["5", "2.5"] };
            text += &format!(
                "{stamp};A;1;{};{};9\n{stamp};A;02;{};{};9\n",
                sd[0], users[0], sd[1], users[1]
            );
        }
        check("type and differentiator", &read("parts", &text), 4);
    }
}

#[test]
fn stamps_of_periods_are_read_as_those_of_traces_are() {
    for stamps in [
        ["2026-11-21T07:00:00Z", "2026-11-21T07:15:00Z"],
        ["2026-11-21 07:00:00", "2026-11-21 07:15:00"],
        ["2026-11-21T08:00+01:00", "2026-11-21T08:15+01:00"],
        ["20261121T0700Z", "20261121T0715Z"],
        ["20261121070000", "20261121071500"],
        ["202611210700", "202611210715"],
        ["2026.11.21_07.00.00", "2026.11.21_07.15.00"],
        ["21.11.2026 07:00", "21.11.2026 07:15"],
        ["21/11/2026 07:00:00", "21/11/2026 07:15:00"],
        ["11/21/2026 7:00 AM", "11/21/2026 7:15 AM"],
        ["21-Nov-2026 07:00", "21-Nov-2026 07:15"],
        ["Sat Nov 21 07:00:00 2026", "Sat Nov 21 07:15:00 2026"],
        ["1795244400", "1795245300"],
        ["1795244400000", "1795245300000"],
        ["1795244400.0", "1795245300.0"],
        ["1.7952444e9", "1.7952453e9"],
        ["46347.2916667", "46347.3020833"],
        ["46347,2916667", "46347,3020833"],
        ["46347", "46347.0104167"],
        ["2026-11-21 07:00 - 07:15", "2026-11-21 07:15 - 07:30"],
        ["0", "1"],
        ["2026-11-20", "2026-11-21"],
    ] {
        check(stamps[0], &read(stamps[0], &table(HEADINGS, stamps, "A", NAMES)), 4);
    }
    for (time, clocks) in
        [("Time", ["07:00", "07:15"]), ("Hour", ["7", "8"]), ("Time", ["07:00:00", "07:15:00"])]
    {
        let mut text = format!("Date;{time};cell;slice;DRB.MeanActiveUeDl;cqi\n");
        for (period, clock) in clocks.iter().enumerate() {
            let users = if period == 0 { ["1", "1"] } else { ["5", "2.5"] };
            for (slice, users) in NAMES.iter().zip(users) {
                text += &format!("21.11.2026;{clock};A;{slice};{users};9\n");
            }
        }
        check(time, &read(time, &text), 4);
    }
}

#[test]
fn layouts_of_the_field_are_the_same_table() {
    let plain = table(HEADINGS, STAMPS, "A", NAMES);
    let commas = plain.replace("2,5", "2.5").replace(';', ",");
    let units: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes) in [
        ("semicolons", plain.clone().into_bytes()),
        ("commas", commas.clone().into_bytes()),
        ("quoted decimal commas", plain.replace("2,5", "\"2,5\"").replace(';', ",").into_bytes()),
        ("tabs", plain.replace(';', "\t").into_bytes()),
        ("bars", plain.replace(';', "|").into_bytes()),
        ("CRLF", plain.replace('\n', "\r\n").into_bytes()),
        ("CR", plain.replace('\n', "\r").into_bytes()),
        ("BOM", format!("\u{feff}{plain}").into_bytes()),
        ("sep line", format!("sep=;\n{plain}").into_bytes()),
        ("UTF-16", [b"\xff\xfe", &units[..]].concat()),
        ("UTF-16 without mark", units),
        (
            "Windows-1252",
            [plain
                .replace(";A;", ";Z?rich;")
                .replace('?', "\u{fc}")
                .chars()
                .map(|c| c as u8)
                .collect::<Vec<u8>>()]
            .concat(),
        ),
        ("frame", format!("Report;Slices\nCreated;today\n\n{plain}Total 4 Records\n").into_bytes()),
        ("separators at the ends", plain.replace('\n', ";\n").into_bytes()),
        (
            "quotes",
            plain
                .lines()
                .map(|line| format!("\"{}\"\n", line.replace(';', "\";\"")))
                .collect::<String>()
                .into_bytes(),
        ),
        ("newest first", {
            let lines: Vec<&str> = commas.lines().collect();
            let rows: Vec<&str> = lines[1..].iter().rev().copied().collect();
            format!("{}\n{}\n", lines[0], rows.join("\n")).into_bytes()
        }),
    ] {
        let found = read_csv(&bytes[..], &options(), &mut |_| ())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        check(name, &found, 4);
    }
}

#[test]
fn columns_of_each_slice_become_rows() {
    for (first, second) in [
        ("DRB.MeanActiveUeDl.1-000001", "DRB.MeanActiveUeDl.2-FFFFFF"),
        ("DRB.MeanActiveUeDl.SNSSAI.1-000001", "DRB.MeanActiveUeDl.SNSSAI.2"),
        ("DRB_MeanActiveUeDl_01-000001", "DRB_MeanActiveUeDl_02-FFFFFF"),
        ("DRB.MeanActiveUeDl.01000001", "DRB.MeanActiveUeDl.02FFFFFF"),
        ("DRB.MeanActiveUeDl.1.000001", "DRB.MeanActiveUeDl.2.FFFFFF"),
        ("DRB.MeanActiveUeDl_1_000001", "DRB.MeanActiveUeDl_2_FFFFFF"),
        ("DRB.MeanActiveUeDl[1-000001]", "DRB.MeanActiveUeDl[2-FFFFFF]"),
        ("DRB.MeanActiveUeDl.SNSSAI=1-000001", "DRB.MeanActiveUeDl.SNSSAI=2"),
        ("DRB.MeanActiveUeDl.SST1.SD000001", "DRB.MeanActiveUeDl.SST2"),
        ("DRB.MeanActiveUeDl.SNSSAI_1-000001", "DRB.MeanActiveUeDl.SNSSAI_2"),
    ] {
        let text = format!(
            "time,cell,{first},{second},CARR.WBCQIDist.Bin8,CARR.WBCQIDist.Bin10\n\
             {},A,1,1,3,3\n{},A,5,2.5,3,3\n",
            STAMPS[0], STAMPS[1]
        );
        check(first, &read(first, &text), 4);
    }
}

#[test]
fn units_that_headings_name_count() {
    for (throughput, delay, users) in [
        ("DRB.UEThpDl.SNSSAI (kbps)", "DRB.RlcSduDelayDl.SNSSAI (0.1ms)", ("1500", "200")),
        ("DRB.UEThpDl (Mbps)", "DRB.RlcSduDelayDl (ms)", ("1.5", "20")),
        ("DRB.UEThpDl [Mbit/s]", "DRB.RlcSduDelayDl [s]", ("1.5", "0.02")),
        ("DRB_UEThpDl (bit/s)", "DRB_RlcSduDelayDl (us)", ("1500000", "20000")),
    ] {
        let text = format!(
            "time,cell,slice,DRB.MeanActiveUeDl,cqi,{throughput},{delay}\n{},A,1-000001,5,9,{},{}\n\
             {},A,2,2.5,9,{},{}\n",
            STAMPS[0], users.0, users.1, STAMPS[0], users.0, users.1
        );
        let found = read(throughput, &text);
        check(throughput, &found, 2);
        let cells = found.cells(0..1);
        assert!(
            (cells.throughput_mbps[0] - 1.5).abs() < 1e-9,
            "{throughput}: {:?}",
            cells.throughput_mbps
        );
        assert!((cells.delay_ms[1] - 20.0).abs() < 1e-9, "{delay}: {:?}", cells.delay_ms);
    }
    // What was chosen counts before what a heading says.
    let text =
        "time,cell,slice,DRB.MeanActiveUeDl,cqi,DRB.UEThpDl (Mbps)\n0,A,1-000001,5,9,1500000\n";
    let chosen = KpiOptions {
        throughput_unit: Some(ThroughputUnit::Bit),
        delay_unit: Some(DelayUnit::Millisecond),
        ..options()
    };
    let found = read_csv(text.as_bytes(), &chosen, &mut |_| ()).unwrap().cells(0..1);
    assert_eq!(found.throughput_mbps, [1.5]);
}

#[test]
fn decimal_commas_of_three_digits_are_not_taken_for_thousands() {
    let users = |text: &str, options: &KpiOptions| {
        read_csv(text.as_bytes(), options, &mut |_| ())
            .map(|table| table.cells(0..1).batch.features_of(0)[4])
    };
    let text = |first: &str, second: &str| {
        format!(
            "time;cell;slice;DRB.MeanActiveUeDl;cqi\n0;A;1-000001;{first};9\n1;A;1-000001;{second};9\n"
        )
    };
    assert_eq!(users(&text("1,25", "2,345"), &options()).unwrap(), 2.345);
    assert_eq!(users(&text("1.25", "2,345.5"), &options()).unwrap(), 2345.5);
    let open = text("1,250", "2,345");
    let error = users(&open, &options()).unwrap_err().to_string();
    assert!(error.contains("decimal"), "{error}");
    let chosen = |decimal| KpiOptions { decimal: Some(decimal), ..options() };
    use slicewise_core::formats::table::DecimalSign;
    assert_eq!(users(&open, &chosen(DecimalSign::Comma)).unwrap(), 2.345);
    assert_eq!(users(&open, &chosen(DecimalSign::Point)).unwrap(), 2345.0);
}

fn of_xml(name: &str, text: &str) -> KpiTable {
    let mut files = PerformanceFiles::default();
    files.add_xml(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
    files.finish(&options()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn performance_files_of_any_form_are_the_same_measurements() {
    let wrapped = |info: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<measCollecFile xmlns=\"http://www.3gpp.org/ftp/specs/archive/32_series/32.435#measCollec\">\
             <fileHeader fileFormatVersion=\"32.435 V10.0\" vendorName=\"x\"><fileSender localDn=\"ManagedElement=1\"/>\
             <measCollec beginTime=\"2026-11-21T07:00:00+00:00\"/></fileHeader><measData><managedElement localDn=\"ManagedElement=1\"/>\
             {info}</measData><fileFooter><measCollec endTime=\"2026-11-21T07:15:00+00:00\"/></fileFooter></measCollecFile>"
        )
    };
    let period = "<granPeriod duration=\"PT900S\" endTime=\"2026-11-21T07:15:00+00:00\"/>";
    let object = "GNBDUFunction=1,NRCellDU=1";
    let types = "<measType p=\"1\">DRB.MeanActiveUeDl.1-000001</measType>\
                 <measType p=\"2\">DRB.MeanActiveUeDl.2-FFFFFF</measType><measType p=\"3\">CARR.WBCQIMean</measType>";
    let forms = [
        ("in order", format!("<measInfo>{period}{types}<measValue measObjLdn=\"{object}\"><r p=\"1\">5</r><r p=\"2\">2.5</r><r p=\"3\">9</r></measValue></measInfo>")),
        ("results in another order", format!("<measInfo>{period}{types}<measValue measObjLdn=\"{object}\"><r p=\"3\">9</r><r p=\"1\">5</r><r p=\"2\">2.5</r></measValue></measInfo>")),
        ("numbers that are no places", format!("<measInfo>{period}{}<measValue measObjLdn=\"{object}\"><r p=\"17\">5</r><r p=\"9\">2.5</r><r p=\"30\">9</r></measValue></measInfo>",
            types.replace("p=\"1\"", "p=\"17\"").replace("p=\"2\"", "p=\"9\"").replace("p=\"3\"", "p=\"30\""))),
        ("lists", format!("<measInfo>{period}<measTypes>DRB.MeanActiveUeDl.1-000001 DRB.MeanActiveUeDl.2-FFFFFF CARR.WBCQIMean</measTypes><measValue measObjLdn=\"{object}\"><measResults>5 2.5 9</measResults></measValue></measInfo>")),
        ("a list with numbered results", format!("<measInfo>{period}<measTypes>DRB.MeanActiveUeDl.1-000001 DRB.MeanActiveUeDl.2-FFFFFF CARR.WBCQIMean</measTypes><measValue measObjLdn=\"{object}\"><r p=\"3\">9</r><r p=\"2\">2.5</r><r p=\"1\">5</r></measValue></measInfo>")),
        ("several groups", format!("<measInfo measInfoId=\"a\"><job jobId=\"1\"/>{period}<repPeriod duration=\"PT900S\"/><measType p=\"1\">DRB.MeanActiveUeDl.1-000001</measType><measType p=\"2\">DRB.MeanActiveUeDl.2-FFFFFF</measType>\
             <measType p=\"3\">RRU.PrbTotDl</measType><measValue measObjLdn=\"{object}\"><r p=\"1\">1</r><suspect>true</suspect></measValue></measInfo>\
             <measInfo measInfoId=\"b\">{period}{types}<measValue measObjLdn=\"{object}\"><r p=\"1\">5</r><r p=\"2\">2.5</r><r p=\"3\">9</r><suspect>false</suspect></measValue></measInfo>")),
        ("slices as objects", format!("<measInfo>{period}<measType p=\"1\">DRB.MeanActiveUeDl</measType><measType p=\"2\">CARR.WBCQIMean</measType>\
             <measValue measObjLdn=\"{object},SNSSAI=1-000001\"><r p=\"1\">5</r><r p=\"2\">9</r></measValue><measValue measObjLdn=\"{object},SNSSAI=2\"><r p=\"1\">2.5</r><r p=\"2\">9</r></measValue></measInfo>")),
        ("a prefix", format!("<measInfo>{period}{types}<measValue measObjLdn=\"{object}\"><r p=\"1\">5</r><r p=\"2\">2.5</r><r p=\"3\">9</r></measValue></measInfo>")
            .replace("<meas", "<pm:meas").replace("</meas", "</pm:meas").replace("<pm:measInfo>", "<pm:measInfo xmlns:pm=\"x\">")),
        ("CQI bins", format!("<measInfo>{period}<measType p=\"1\">DRB.MeanActiveUeDl.1-000001</measType><measType p=\"2\">DRB.MeanActiveUeDl.2-FFFFFF</measType>\
             <measType p=\"3\">CARR.WBCQIDist.Bin8</measType><measType p=\"4\">CARR.WBCQIDist.Bin10</measType><measValue measObjLdn=\"{object}\"><r p=\"1\">5</r><r p=\"2\">2.5</r><r p=\"3\">7</r><r p=\"4\">7</r></measValue></measInfo>")),
        ("minutes and zone", format!("<measInfo>{}{types}<measValue measObjLdn=\"{object}\"><r p=\"1\">5</r><r p=\"2\">2.5</r><r p=\"3\">9</r></measValue></measInfo>",
            "<granPeriod duration=\"PT15M\" endTime=\"2026-11-21T08:15:00.000+01:00\"/>")),
        ("missing beside", format!("<measInfo>{period}{types}<measType p=\"4\">DRB.UEThpDl.1-000001</measType><measValue measObjLdn=\"{object}\"><r p=\"1\">5</r><r p=\"2\">2.5</r><r p=\"3\">9</r><r p=\"4\">NIL</r></measValue></measInfo>")),
        ("comments and CDATA", format!("<measInfo><!-- x -->{period}{types}<measValue measObjLdn=\"{object}\"><r p=\"1\"><![CDATA[5]]></r><r p=\"2\"> 2.5 </r><r p=\"3\">9</r></measValue></measInfo>")),
    ];
    for (name, info) in &forms {
        let found = of_xml(name, &wrapped(info));
        check(name, &found, 2);
        assert_eq!(found.last_period().unwrap().to_string(), "2026-11-21T07:00:00Z", "{name}");
    }
    let before = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE mdc SYSTEM \"MeasDataCollection.dtd\"><mdc><mfh><ffv>1</ffv><cbt>20261121070000Z</cbt></mfh><md><neid>\
         <neun>gNB</neun><nedn>ManagedElement=1</nedn></neid><mi><mts>20261121071500Z</mts><gp>900</gp>\
         <mt>DRB.MeanActiveUeDl.1-000001</mt><mt>DRB.MeanActiveUeDl.2-FFFFFF</mt><mt>CARR.WBCQIMean</mt>\
         <mv><moid>{object}</moid><r>5</r><r>2.5</r><r>9</r><sf>FALSE</sf></mv>\
         <mv><moid>GNBDUFunction=1,NRCellDU=2</moid><r>5</r><r>2.5</r><r>9</r><sf>TRUE</sf></mv></mi></md><mff><ts>20261121071500Z</ts></mff></mdc>"
    );
    let found = of_xml("TS 32.401", &before);
    check("TS 32.401", &found, 2);
    assert_eq!(found.last_period().unwrap().to_string(), "2026-11-21T07:00:00Z");
}

#[test]
fn events_of_every_domain_are_the_same_measurements() {
    let header = |domain: &str| {
        format!(
            "\"commonEventHeader\":{{\"domain\":\"{domain}\",\"sourceName\":\"gnb\",\"startEpochMicrosec\":1795244400000000,\
             \"lastEpochMicrosec\":1795245300000000,\"version\":\"4.1\"}}"
        )
    };
    let list = "\"measInfoList\":[{\"measInfoId\":{\"sMeasInfoId\":\"x\"},\"measTypes\":{\"sMeasTypesList\":\
                [\"DRB.MeanActiveUeDl.1-000001\",\"DRB.MeanActiveUeDl.2-FFFFFF\",\"CARR.WBCQIMean\"]},\"measValuesList\":[{\
                \"measObjInstId\":\"NRCellDU=1\",\"suspectFlag\":\"false\",\"measResults\":[{\"p\":1,\"sValue\":\"5\"},\
                {\"p\":2,\"sValue\":\"2.5\"},{\"p\":3,\"sValue\":\"9\"}]}]}]";
    let collection = format!(
        "{{\"formatVersion\":\"28.550\",\"measDataCollection\":{{\"granularityPeriod\":900,\"measuredEntityUserName\":\"\",\
         \"measuredEntityDn\":\"ManagedElement=1\",{list}}}}}"
    );
    let perf = format!("{{{},\"perf3gppFields\":{collection}}}", header("perf3gpp"));
    let numbers = "\"DRB.MeanActiveUeDl.1-000001\":\"5\",\"DRB.MeanActiveUeDl.2-FFFFFF\":2.5,\"CARR.WBCQIMean\":\"9\"";
    let groups = format!(
        "{{\"measurementInterval\":900,\"additionalMeasurements\":[{{\"name\":\"NRCellDU=1\",\"hashMap\":{{{numbers}}}}}]}}"
    );
    let fields: String = [
        ("DRB.MeanActiveUeDl.1-000001", "5"),
        ("DRB.MeanActiveUeDl.2-FFFFFF", "2.5"),
        ("CARR.WBCQIMean", "9"),
    ]
    .map(|(name, value)| format!("{{\"name\":\"{name}\",\"value\":\"{value}\"}}"))
    .join(",");
    let standard = |data: &str| {
        format!(
            "{{\"event\":{{{},\"stndDefinedFields\":{{\"schemaReference\":\"x\",\"data\":{data},\"stndDefinedFieldsVersion\":\"1.0\"}}}}}}",
            header("stndDefined")
        )
    };
    for (name, text) in [
        ("perf3gpp", format!("{{\"event\":{perf}}}")),
        ("bare", perf.clone()),
        ("list of events", format!("{{\"eventList\":[{perf}]}}")),
        ("array", format!("[{{\"event\":{perf}}}]")),
        ("lines", format!("{{\"event\":{perf}}}\n\n")),
        (
            "places as texts",
            format!(
                "{{\"event\":{}}}",
                perf.replace("\"p\":1", "\"p\":\"1\"").replace("\"p\":3", "\"p\":\"3\"")
            ),
        ),
        (
            "places in another order",
            format!(
                "{{\"event\":{}}}",
                perf.replace(
                    "{\"p\":1,\"sValue\":\"5\"},{\"p\":2,\"sValue\":\"2.5\"}",
                    "{\"p\":2,\"sValue\":\"2.5\"},{\"p\":1,\"sValue\":\"5\"}"
                )
            ),
        ),
        (
            "no places",
            format!(
                "{{\"event\":{}}}",
                perf.replace("\"p\":1,", "").replace("\"p\":2,", "").replace("\"p\":3,", "")
            ),
        ),
        (
            "whole numbers",
            format!("{{\"event\":{}}}", perf.replace("\"sValue\":\"9\"", "\"iValue\":9")),
        ),
        (
            "flags as truth",
            format!(
                "{{\"event\":{}}}",
                perf.replace("\"suspectFlag\":\"false\"", "\"suspectFlag\":false")
            ),
        ),
        (
            "epoch as text",
            format!("{{\"event\":{}}}", perf.replace("1795244400000000", "\"1795244400000000\"")),
        ),
        (
            "epoch in milliseconds",
            format!("{{\"event\":{}}}", perf.replace("1795244400000000", "1795244400000")),
        ),
        (
            "standard, event within",
            standard(&format!("{{\"event\":{{\"perf3gppFields\":{collection}}}}}")),
        ),
        ("standard, fields within", standard(&format!("{{\"perf3gppFields\":{collection}}}"))),
        ("standard, collection within", standard(&collection)),
        (
            "measurement",
            format!("{{\"event\":{{{},\"measurementFields\":{groups}}}}}", header("measurement")),
        ),
        (
            "measurement, cell among the numbers",
            format!(
                "{{\"event\":{{{},\"measurementFields\":{}}}}}",
                header("measurement"),
                groups
                    .replace("NRCellDU=1", "cell counters")
                    .replace("\"hashMap\":{", "\"hashMap\":{\"cellId\":\"NRCellDU=1\",")
            ),
        ),
        (
            "measurement, list of fields",
            format!(
                "{{\"event\":{{{},\"measurementFields\":{{\"additionalMeasurements\":[{{\"name\":\"NRCellDU=1\",\"arrayOfFields\":[{fields}]}}]}}}}}}",
                header("measurement")
            ),
        ),
        (
            "VES 5",
            format!(
                "{{\"event\":{{{},\"measurementsForVfScalingFields\":{{\"measurementInterval\":900,\"additionalMeasurements\":[{{\"name\":\"NRCellDU=1\",\"arrayOfFields\":[{fields}]}}]}}}}}}",
                header("measurementsForVfScaling")
            ),
        ),
        (
            "measurement, a group per slice",
            format!(
                "{{\"event\":{{{},\"measurementFields\":{{\"additionalMeasurements\":[\
            {{\"name\":\"NRCellDU=1\",\"hashMap\":{{\"SNSSAI\":\"1-000001\",\"DRB.MeanActiveUeDl\":\"5\",\"CARR.WBCQIMean\":\"9\"}}}},\
            {{\"name\":\"NRCellDU=1\",\"hashMap\":{{\"sliceId\":\"2\",\"DRB.MeanActiveUeDl\":\"2.5\",\"CARR.WBCQIMean\":\"9\"}}}}]}}}}}}",
                header("measurement")
            ),
        ),
    ] {
        let mut files = PerformanceFiles::default();
        files.add_events(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = files.finish(&options()).unwrap_or_else(|error| panic!("{name}: {error}"));
        check(name, &found, 2);
        assert_eq!(found.last_period().unwrap().to_string(), "2026-11-21T07:00:00Z", "{name}");
    }
}

fn check_policies(name: &str, cells: &[CellPolicies]) {
    let [cell] = cells else { panic!("{name}: {} cells", cells.len()) };
    let read: Vec<(SNssai, u8, u8, u8)> = cell
        .policies
        .iter()
        .map(|policy| {
            (
                policy.members[0].1,
                policy.ratios.minimum,
                policy.ratios.maximum,
                policy.ratios.dedicated,
            )
        })
        .collect();
    assert_eq!(read, [(SLICES[0], 40, 60, 5), (SLICES[1], 30, 100, 0)], "{name}");
}

#[test]
fn policies_of_other_releases_and_systems_are_the_same() {
    let member = |sst: u8, sd: &str| {
        format!(
            "{{\"plmnId\":{{\"mcc\":\"001\",\"mnc\":\"01\"}},\"snssai\":{{\"sst\":{sst}{sd}}}}}"
        )
    };
    let attributes = |member: &str, ratios: &str| {
        format!("{{\"resourceType\":\"PRB_DL\",\"rRMPolicyMemberList\":[{member}]{ratios}}}")
    };
    let first = attributes(
        &member(1, ",\"sd\":\"000001\""),
        ",\"rRMPolicyMaxRatio\":60,\"rRMPolicyMinRatio\":40,\"rRMPolicyDedicatedRatio\":5",
    );
    let second = attributes(&member(2, ""), ",\"rRMPolicyMinRatio\":30");
    let policies = format!(
        "[{{\"id\":\"a\",\"attributes\":{first}}},{{\"id\":\"b\",\"attributes\":{second}}}]"
    );
    let cell = format!(
        "{{\"id\":\"7\",\"attributes\":{{\"cellLocalId\":7}},\"RRMPolicyRatio\":{policies}}}"
    );
    let plain = format!("{{\"NrCellDu\":[{cell}]}}");
    let deep = format!(
        "{{\"ManagedElement\":[{{\"id\":\"1\",\"GnbDuFunction\":[{{\"id\":\"1\",\"NrCellDu\":[{cell}]}}]}}]}}"
    );
    for (name, text) in [
        ("NrCellDu", plain.clone()),
        ("NRCellDU", plain.replace("NrCellDu", "NRCellDU")),
        ("nrCellDu", plain.replace("NrCellDu", "nrCellDu")),
        ("tree", deep.clone()),
        ("tree of the text's names", deep.replace("GnbDuFunction", "GNBDUFunction").replace("NrCellDu", "NRCellDU")),
        ("subnetwork", format!("{{\"SubNetwork\":[{{\"id\":\"1\",{}]}}", &deep[1..])),
        ("one in place of a list", plain.replace("[{\"id\":\"7\"", "{\"id\":\"7\"").replace("}]}]}", "}]}}")),
        ("policies alone", format!("{{\"RRMPolicyRatio\":{policies}}}")),
        ("policies as an array", policies.clone()),
        ("an object with its class", format!("{{\"objectClass\":\"NrCellDu\",{}", &cell[1..])),
        ("policies with their class", policies.replace("{\"id\"", "{\"objectClass\":\"RRMPolicyRatio\",\"id\"")),
        ("no level of attributes", format!("{{\"RRMPolicyRatio\":[{{\"id\":\"a\",{},{{\"id\":\"b\",{}]}}", &first[1..], &second[1..])),
        ("sNSSAI and pLMNId", plain.replace("snssai", "sNSSAI").replace("plmnId", "pLMNId")),
        ("PRB", plain.replace("PRB_DL", "PRB")),
        ("lower case of the resource", plain.replace("PRB_DL", "prb_dl")),
        ("other resources beside", plain.replace("[{\"id\":\"a\"", &format!("[{{\"id\":\"c\",\"attributes\":{}}},{{\"id\":\"a\"", first.replace("PRB_DL", "RRC")))),
        ("network in one text", plain.replace("{\"mcc\":\"001\",\"mnc\":\"01\"}", "\"001-01\"")),
        ("network in one text of digits", plain.replace("{\"mcc\":\"001\",\"mnc\":\"01\"}", "\"00101\"")),
        ("type as text", plain.replace("\"sst\":1", "\"sst\":\"1\"").replace("\"sst\":2", "\"sst\":\"2\"")),
        ("differentiator with 0x", plain.replace("\"000001\"", "\"0x000001\"")),
        ("differentiator as a number", plain.replace("\"000001\"", "1")),
        ("differentiator as octets", plain.replace("\"000001\"", "\"00:00:01\"")),
        ("no differentiator as ffffff", plain.replace("\"sst\":2", "\"sst\":2,\"sd\":\"FFFFFF\"")),
        ("no differentiator as null", plain.replace("\"sst\":2", "\"sst\":2,\"sd\":null")),
        ("slices in one text", plain.replace("{\"sst\":1,\"sd\":\"000001\"}", "\"1-000001\"").replace("{\"sst\":2}", "\"2\"")),
        ("ratios as texts", plain.replace(":60", ":\"60\"").replace(":40", ":\"40\"")),
        ("cell named by a number", plain.replace("\"id\":\"7\"", "\"id\":7")),
        ("YANG as JSON", format!("{{\"_3gpp-nr-nrm-nrcelldu:NRCellDU\":[{}]}}", cell.replace("\"RRMPolicyRatio\"", "\"_3gpp-nr-nrm-rrmpolicy:RRMPolicyRatio\"")
            .replace("\"plmnId\":{\"mcc\":\"001\",\"mnc\":\"01\"},\"snssai\":{\"sst\":1,\"sd\":\"000001\"}", "\"mcc\":\"001\",\"mnc\":\"01\",\"sd\":\"00:00:01\",\"sst\":1")
            .replace("\"plmnId\":{\"mcc\":\"001\",\"mnc\":\"01\"},\"snssai\":{\"sst\":2}", "\"mcc\":\"001\",\"mnc\":\"01\",\"sd\":\"ff:ff:ff\",\"sst\":2"))),
        ("data of a NETCONF reply as JSON", format!("{{\"data\":{deep}}}")),
    ] {
        check_policies(name, &rrm_policy::read(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}")));
    }
}

#[test]
fn policies_of_open_air_interface_are_read_in_every_dialect() {
    let plmn = Plmn::parse("plmn", "001-01").unwrap();
    let read = |name: &str, text: &str| {
        let found = open_air_interface::read(text, &plmn)
            .unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
        check_policies(name, &[found]);
    };
    let new = "{\"rrmPolicyRatio\":[{\"sst\":1,\"sd\":1,\"dedicated_ratio\":5,\"min_ratio\":40,\"max_ratio\":60},\
               {\"sst\":2,\"dedicated_ratio\":0,\"min_ratio\":30,\"max_ratio\":100}]}";
    let old = "{\"rrmPolicyRatio\":[{\"sST\":1,\"sD_flag\":1,\"sD\":1,\"min_ratio\":40,\"max_ratio\":60,\"dedicated_ratio\":5},\
               {\"sST\":2,\"sD_flag\":0,\"sD\":0,\"min_ratio\":30,\"max_ratio\":100}]}";
    let second = "\"sst\":2,";
    for (name, text) in [
        ("new", new.to_owned()),
        ("old", old.to_owned()),
        ("new, sd 0", new.replace(second, "\"sst\":2,\"sd\":0,")),
        ("new, sd of all ones", new.replace(second, "\"sst\":2,\"sd\":16777215,")),
        ("new, sd null", new.replace(second, "\"sst\":2,\"sd\":null,")),
        ("new, sd as hexadecimal", new.replace("\"sd\":1,", "\"sd\":\"0x000001\",")),
        ("new, sd as six digits", new.replace("\"sd\":1,", "\"sd\":\"000001\",")),
        ("new, sd as text", new.replace("\"sd\":1,", "\"sd\":\"1\",")),
        ("new, sst as text", new.replace("\"sst\":1", "\"sst\":\"1\"")),
        ("new, ratios as texts", new.replace(":40", ":\"40\"")),
        (
            "new, other order",
            new.replace(
                "\"sst\":1,\"sd\":1,\"dedicated_ratio\":5",
                "\"dedicated_ratio\":5,\"sd\":1,\"sst\":1",
            ),
        ),
        ("new, more members", new.replace("\"sst\":1", "\"label\":\"x\",\"sst\":1")),
        ("new, the list alone", new["{\"rrmPolicyRatio\":".len()..new.len() - 1].to_owned()),
        ("new, blanks", new.replace(',', " ,\n ")),
        (
            "old, flags as truth",
            old.replace("\"sD_flag\":1", "\"sD_flag\":true")
                .replace("\"sD_flag\":0", "\"sD_flag\":false"),
        ),
        (
            "old, differentiator of all ones",
            old.replace("\"sD_flag\":0,\"sD\":0", "\"sD_flag\":1,\"sD\":16777215"),
        ),
        ("old, no differentiator", old.replace("\"sD_flag\":0,\"sD\":0,", "\"sD_flag\":0,")),
        (
            "old, differentiator left over",
            old.replace("\"sD_flag\":0,\"sD\":0", "\"sD_flag\":0,\"sD\":7"),
        ),
        ("old, hexadecimal", old.replace("\"sD\":1,", "\"sD\":\"0x000001\",")),
    ] {
        read(name, &text);
    }
}
