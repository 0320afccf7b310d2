//! `RRMPolicyRatio` documents against the OpenAPI definitions that 3GPP publishes. They are not ours to
//! hand on: the test reads them from `shared/standards` beside the checkout, and is left out without it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};
use slicewise_core::cells::SNssai;
use slicewise_core::formats::nr_cell::{GNB_ID_BITS, identities, nodes};
use slicewise_core::formats::rrm_policy::{CellSplit, Firmness, Plmn, document, ratios, read};

/// The definition of Release 18, and that of Release 16 beside it.
const RELEASES: [&str; 2] = ["TS28541_NrNrm.yaml", "TS28541_NrNrm_Rel-16.yaml"];

/// The published definitions as one, file by file; none where the folder is not there.
fn definitions() -> Option<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/standards");
    let files = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let is_definition =
            |path: &PathBuf| path.extension().is_some_and(|ending| ending == "yaml");
        entries.map(|entry| entry.path()).filter(is_definition).collect()
    };
    let paths = [files(&folder), files(&folder.join("3gpp"))].concat();
    if paths.is_empty() {
        println!("left out: shared/standards is not there beside the checkout");
        return None;
    }
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let names: Vec<String> = paths.iter().map(|path| name(path)).collect();
    let mut whole = Map::new();
    for (path, name) in paths.iter().zip(&names) {
        let text = std::fs::read_to_string(path).unwrap();
        let mut definition = serde_yaml_ng::from_str(&text).unwrap();
        adapt(&mut definition, name, &names);
        whole.insert(name.clone(), definition);
    }
    Some(Value::from(whole))
}

/// From OpenAPI 3.0 in `file` to JSON Schema in one document: what is nullable may be null, and references
/// lead to the files in it. Those to files that are not there, of the core network, allow everything.
fn adapt(value: &mut Value, file: &str, names: &[String]) {
    match value {
        Value::Object(object) => {
            if let Some((other, place)) = object
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|reference| reference.split_once('#'))
            {
                let other = if other.is_empty() { file } else { other };
                let target = names.iter().any(|name| name == other);
                let reference = target.then(|| format!("#/files/{other}{place}"));
                *object = Map::new();
                object.extend(reference.map(|reference| ("$ref".to_owned(), reference.into())));
            }
            if object.remove("nullable") == Some(Value::Bool(true))
                && let Some(found) = object.get("type").cloned()
            {
                object.insert("type".to_owned(), json!([found, "null"]));
            }
            object.values_mut().for_each(|value| adapt(value, file, names));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| adapt(value, file, names)),
        _ => {}
    }
}

fn validator(definitions: &Value, file: &str, name: &str) -> Validator {
    let reference = format!("#/files/{file}/components/schemas/{name}");
    let schema = json!({ "allOf": [{ "$ref": reference }], "files": definitions });
    jsonschema::options().with_draft(Draft::Draft4).build(&schema).unwrap()
}

fn check(validator: &Validator, value: &Value) {
    let problems: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{problems:?} in {value}");
}

const NAMES: [&str; 5] = [
    "000004001",
    "000004002",
    "000008001",
    "SubNetwork=2,ManagedElement=north,GNBDUFunction=1,NRCellDU=1",
    "Main Street",
];
const SLICES: [SNssai; 3] = [
    SNssai { sst: 1, sd: Some(1) },
    SNssai { sst: 1, sd: Some(0xab_cdef) },
    SNssai { sst: 3, sd: None },
];
const SHARES: [f64; 3] = [0.505, 0.29, 0.205];

fn written(firmness: Firmness) -> Value {
    let splits = NAMES.map(|cell| CellSplit { cell, slices: &SLICES, shares: &SHARES });
    let identities = identities(NAMES.into_iter(), None).unwrap();
    let nodes = nodes(&splits, &identities, GNB_ID_BITS);
    let text = document(&nodes, &Plmn::of_tests(), firmness);
    let cells = read(&text).unwrap();
    assert_eq!(cells.len(), NAMES.len());
    for cell in cells {
        let found: Vec<_> = cell.policies.iter().map(|policy| policy.ratios).collect();
        assert_eq!(found, ratios(&splits[0], firmness));
    }
    serde_json::from_str(&text).unwrap()
}

/// What lies at the end of `path` in `value`, through all lists on the way.
fn at<'a>(value: &'a Value, path: &[&str]) -> Vec<&'a Value> {
    let Some((first, rest)) = path.split_first() else { return vec![value] };
    let items = value[*first].as_array().unwrap_or_else(|| panic!("no list {first} in {value}"));
    items.iter().flat_map(|item| at(item, rest)).collect()
}

const CELLS: [&str; 4] = ["SubNetwork", "ManagedElement", "GnbDuFunction", "NrCellDu"];

#[test]
fn each_document_keeps_to_the_published_definitions() {
    let Some(definitions) = definitions() else { return };
    for file in RELEASES {
        let of = |name: &str| validator(&definitions, file, name);
        let networks = of("SubNetwork-Multiple");
        let (cell, policy) = (of("NrCellDu-Single"), of("RRMPolicyRatio-Single"));
        for (firmness, ..) in Firmness::ALL {
            let document = written(firmness);
            check(&networks, &document["SubNetwork"]);
            let cells = at(&document, &CELLS);
            assert_eq!(cells.len(), NAMES.len());
            for found in cells {
                check(&cell, found);
                at(found, &["RRMPolicyRatio"]).iter().for_each(|found| check(&policy, found));
            }
        }
    }
}

#[test]
fn the_published_definitions_reach_each_policy_of_a_document() {
    let Some(definitions) = definitions() else { return };
    let whole = written(Firmness::Exact);
    let cell = "/0/ManagedElement/0/GnbDuFunction/0/NrCellDu/1";
    let policy = format!("{cell}/RRMPolicyRatio/2");
    for file in RELEASES {
        let networks = validator(&definitions, file, "SubNetwork-Multiple");
        for (place, value) in [
            (format!("{cell}/id"), json!(1)),
            (format!("{policy}/id"), json!(1)),
            (format!("{policy}/attributes/rRMPolicyMaxRatio"), json!(101)),
            (format!("{policy}/attributes/rRMPolicyMinRatio"), json!(1.5)),
            (format!("{policy}/attributes/resourceType"), json!(1)),
            (format!("{policy}/attributes/rRMPolicyMemberList/0/snssai/sst"), json!(256)),
            (format!("{policy}/attributes/rRMPolicyMemberList/0/plmnId/mnc"), json!("1")),
        ] {
            let mut damaged = whole["SubNetwork"].clone();
            *damaged.pointer_mut(&place).unwrap_or_else(|| panic!("{place}")) = value;
            assert!(!networks.is_valid(&damaged), "{file}: {place}");
        }
    }
}
