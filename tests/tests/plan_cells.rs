//! `slicewise generate city` and `slicewise plan cells` as a script would call them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use slicewise_core::formats::rrm_policy;
use slicewise_tests::command_line::slicewise;

/// Runs the command in `folder`'s files.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = slicewise().unwrap();
    for argument in arguments {
        match argument.strip_prefix("file:") {
            Some(name) => command.arg(folder.join(name)),
            None => command.arg(argument),
        };
    }
    command.output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn plan(folder: &Path, input: &str, output: &str) -> Value {
    let files = (format!("file:{input}"), format!("file:{output}"));
    let arguments = ["plan", "cells", "--input", &files.0, "--output", &files.1, "--json"];
    json(&run(folder, &arguments))
}

#[test]
fn a_city_in_either_format_and_order_gives_the_same_plan() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for (name, order) in [("a.csv", "cell"), ("b.parquet", "time")] {
        let output = format!("file:{name}");
        let arguments =
            ["generate", "city", "--cells", "700", "--output", &output, "--order", order];
        assert!(run(path, &arguments).status.success());
    }
    let summary = plan(path, "a.csv", "a-plan.csv");
    assert_eq!(summary["cells"], 700);
    assert_eq!(summary["slices"], 2800);
    assert_eq!(summary["rows"], 14_000);
    assert_eq!(summary["bad_rows"], 0);
    let gap = summary["gap_max"].as_f64().unwrap();
    assert!((0.0..=0.001).contains(&gap), "{gap}");
    assert!(summary["gap_median"].as_f64().unwrap() <= gap);
    let satisfaction = summary["satisfaction_mean"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&satisfaction), "{satisfaction}");
    plan(path, "b.parquet", "b-plan.csv");
    let read = |name: &str| std::fs::read_to_string(path.join(name)).unwrap();
    assert_eq!(read("a-plan.csv"), read("b-plan.csv"));
    plan(path, "b.parquet", "plan.json");
    assert_eq!(rrm_policy::read(&read("plan.json")).unwrap().len(), 700);
    let left = std::fs::read_dir(path).unwrap().count();
    assert_eq!(left, 5, "temporary files are left");
}

#[test]
fn requirements_are_told_beside_the_table_or_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let table = "time,cell,DRB_MeanActiveUeDl_1-FFFFFF,DRB_MeanActiveUeDl_2-00000a,CARR_WBCQIDist_Bin9\n\
                 2026-11-21T07:15:00Z,A,2,3,40\n";
    std::fs::write(folder.path().join("kpis.csv"), table).unwrap();
    std::fs::write(folder.path().join("slices.csv"), "SNSSAI,dLThptPerUE,dLLatency\n1,2000,100\n")
        .unwrap();
    let arguments = ["plan", "cells", "--input", "file:kpis.csv", "--output", "file:plan.csv"];
    let refused = run(folder.path(), &arguments);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(message.contains("requirement of slices 1, 2-00000a is missing"), "{message}");
    let told = ["--requirements", "file:slices.csv", "--requirement", "2-00000a=500kbps,0.3s"];
    let output = run(folder.path(), &[&arguments[..], &told[..], &["--json"]].concat());
    let summary = json(&output);
    assert_eq!((&summary["cells"], &summary["slices"]), (&Value::from(1), &Value::from(2)));
    assert_eq!(summary["problems"], serde_json::json!([]));
    assert!(summary["notes"][0].as_str().unwrap().contains("CARR.WBCQIDist"), "{summary}");
}

#[test]
fn bad_rows_are_reported_and_the_rest_is_planned() {
    let folder = tempfile::tempdir().unwrap();
    let table = "time,cell,slice,DRB.MeanActiveUeDl.SNSSAI,cqi,dLThptPerUE,dLLatency,remark\n\
                 2026-11-21T07:15:00Z,A,1,2,9,2000,100,\n\
                 2026-11-21T07:15:00Z,A,2,three,9,2000,100,\n\
                 2026-11-21T07:15:00Z,B,1,2,16,2000,100,\n";
    std::fs::write(folder.path().join("kpis.csv"), table).unwrap();
    let summary = plan(folder.path(), "kpis.csv", "plan.csv");
    assert_eq!((&summary["cells"], &summary["bad_rows"]), (&Value::from(1), &Value::from(2)));
    assert_eq!(summary["cells_left_out"], 1);
    assert_eq!(summary["unknown_columns"][0], "remark");
    let problems = summary["problems"].to_string();
    for part in [
        "row 3, column DRB.MeanActiveUeDl.SNSSAI is three; allowed: a number",
        "row 4, column CARR.WBCQIMean.SNSSAI is 16; allowed: 0 to 15",
        "cell A, slice 2 is without a good row",
        "cell B, slices is 0",
    ] {
        assert!(problems.contains(part), "{part}: {problems}");
    }
}

#[test]
fn what_cannot_be_planned_is_named_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("lame.csv"), "time,cell\n1,A\n").unwrap();
    std::fs::write(path.join("cut.parquet"), b"PAR1\x15\x04").unwrap();
    for (input, output, more, expected) in [
        (
            "lame.csv",
            "p.csv",
            ["--seed", "1"],
            "lame.csv: column SNSSAI is missing among time, cell",
        ),
        ("cut.parquet", "p.csv", ["--seed", "1"], "cut.parquet is no Parquet file, or cut off"),
        ("absent.csv", "p.csv", ["--seed", "1"], "cannot read"),
        ("lame.xlsx", "p.csv", ["--seed", "1"], "input is"),
        (
            "lame.csv",
            "p.xlsx",
            ["--seed", "1"],
            "allowed: a file that ends in .csv, .parquet or .json",
        ),
        ("lame.csv", "p.csv", ["--model", "nothing"], "nothing"),
        ("lame.csv", "p.csv", ["--workers", "0"], "workers is 0"),
        ("lame.csv", "p.json", ["--plmn", "1-1"], "plmn is 1-1"),
        ("lame.csv", "p.csv", ["--scheme", "best"], "best"),
    ] {
        let files = (format!("file:{input}"), format!("file:{output}"));
        let arguments =
            ["plan", "cells", "--input", &files.0, "--output", &files.1, more[0], more[1]];
        let output = run(path, &arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(expected), "{expected}: {error}");
    }
    assert_eq!(std::fs::read_dir(path).unwrap().count(), 2);
}

/// A table of cells of these names with two slices each.
fn cells_named(names: &[&str]) -> String {
    let header = "period_start,NRCellDU,SNSSAI,DRB.MeanActiveUeDl.SNSSAI,CARR.WBCQIMean.SNSSAI,\
                  dLThptPerUE,dLLatency\n";
    let row = |name: &&str| format!("0,{name},1-000001,4,9,2000,100\n0,{name},3,6,8,500,300\n");
    names.iter().map(row).fold(header.to_owned(), |table, rows| table + &rows)
}

/// Plans `kpis.csv` in `folder` to `output` with more options.
fn plan_to(folder: &Path, output: &str, more: &[&str]) -> Output {
    let output = format!("file:{output}");
    let arguments = ["plan", "cells", "--input", "file:kpis.csv", "--output", &output, "--json"];
    run(folder, &[&arguments[..], more].concat())
}

#[test]
fn documents_are_written_into_a_file_a_folder_or_an_archive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("kpis.csv"), cells_named(&["6733824", "6733825", "0x000000010"]))
        .unwrap();
    let plmn = ["--plmn", "310-150"];
    let read = |name: &str| std::fs::read_to_string(path.join(name)).unwrap();
    for (output, format, expected) in [
        ("e2", "e2sm", "e2/gNB-411-message.json"),
        ("a1", "a1", "a1/ORAN_SliceSLATarget_4.0.1/1-000001.json"),
        ("a1", "a1-1.0.0", "a1/ORAN_SliceSLATarget_1.0.0/3.json"),
        ("gnbs/", "srsran", "gnbs/gNB-0.yml"),
        ("oai", "oai", "oai/6733825/rrmPolicy.json"),
        ("old", "oai-flag", "old/0x000000010/rrmPolicy.json"),
        ("nodes", "netconf", "nodes/gNB-411.xml"),
        ("policies.txt", "rrm", "policies.txt"),
    ] {
        let more = [&plmn[..], &["--format", format]].concat();
        let summary = json(&plan_to(path, output, &more));
        let text = read(expected);
        assert!(text.contains("rrmPolicy") || text.contains("310") || text.contains("cells:"));
        let told = summary["notes"].as_array().unwrap().len();
        // Old values are not known, and OCUDU refuses a dedicated ratio of 0.
        assert_eq!(told, if format == "e2sm" { 2 } else { 0 }, "{format}: {summary}");
    }
    let message = read("e2/gNB-411-message.json");
    assert!(message.contains("00066c000") && !message.contains("oldValues"), "{message}");
    assert!(read("a1/ORAN_SliceSLATarget_4.0.1/3.json").contains("6733824"));
    assert!(plan_to(path, "all.zip", &["--format", "a1"]).status.success());
    assert!(std::fs::read(path.join("all.zip")).unwrap().starts_with(b"PK"));
    let refused = plan_to(path, "request.json", &["--format", "e2sm"]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains("allowed: a folder or a file that ends in .zip"), "{words}");
}

#[test]
fn old_values_come_from_the_current_policy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("kpis.csv"), cells_named(&["6733824"])).unwrap();
    let firm = ["--plmn", "310-150", "--firmness", "both"];
    json(&plan_to(path, "now.json", &firm));
    let more = [&firm[..], &["--format", "e2sm", "--current-policy", "file:now.json"]].concat();
    let summary = json(&plan_to(path, "e2", &more));
    assert_eq!(summary["notes"], Value::Array(Vec::new()));
    let message = std::fs::read_to_string(path.join("e2/gNB-411-message.json")).unwrap();
    assert_eq!(message.matches("oldValuesOfAttributes").count(), 2);
}

#[test]
fn identities_of_nine_digits_are_asked_for_and_two_names_of_one_cell_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let table = |names: &[&str]| std::fs::write(path.join("kpis.csv"), cells_named(names)).unwrap();
    table(&["135282688", "135282689"]);
    let refused = plan_to(path, "e2", &["--format", "e2sm"]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && words.contains("--cell-identities decimal"), "{words}");
    for (form, gnb, identity) in
        [("decimal", 8257, "008104000"), ("hexadecimal", 316_576, "135282688")]
    {
        json(&plan_to(path, form, &["--format", "e2sm", "--cell-identities", form]));
        let name = format!("{form}/gNB-{gnb}-message.json");
        assert!(std::fs::read_to_string(path.join(name)).unwrap().contains(identity));
    }
    table(&["6733824", "00066C000"]);
    let refused = plan_to(path, "twice", &["--format", "a1"]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && words.contains("6733824 and 00066C000"), "{words}");
    for output in ["plan.csv", "plan.json"] {
        let notes = json(&plan_to(path, output, &["--plmn", "310-150"]))["notes"].to_string();
        assert!(notes.contains("6733824 and 00066C000 name the same NR cell"), "{notes}");
    }
}

#[test]
fn a_graphics_processor_plans_a_city_with_gaps_as_small() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let arguments = ["generate", "city", "--cells", "600", "--output", "file:city.csv"];
    assert!(run(path, &arguments).status.success());
    let on = |device: &str, scheme: &str| {
        let files = ["--input", "file:city.csv", "--output", "file:plan.csv"];
        let how = ["--device", device, "--scheme", scheme, "--json"];
        run(path, &[&["plan", "cells"][..], &files, &how].concat())
    };
    let refused = on("gpu", "idla");
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && words.contains("scheme idla; allowed: the exact"),
        "{words}"
    );
    let found = on("gpu", "exact");
    if !found.status.success() && std::env::var_os("SLICEWISE_GPU").is_none() {
        return println!("left out: {}", String::from_utf8_lossy(&found.stderr));
    }
    let (found, expected) = (json(&found), json(&on("cpu", "exact")));
    assert_eq!(expected["device"], "cpu");
    assert_ne!(found["device"], "cpu");
    assert_eq!(found["cells"], 600);
    let number = |summary: &Value, key: &str| summary[key].as_f64().unwrap();
    // Curves in f32 are wrong by a hundred-thousandth, and so are what is lost and the gaps.
    assert!(number(&found, "gap_max") <= 1e-4, "{found}");
    let lost = number(&expected, "utility_mean") - number(&found, "utility_mean");
    assert!(lost.abs() <= 1e-4, "{lost}");
}
