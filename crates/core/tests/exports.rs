//! The exports of a plan against schemas written after the standards.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod schema_check;

use serde_json::{Value, json};
use slicewise_core::cells::{SNssai, ServiceProfile};
use slicewise_core::formats::a1::{self, SliceTarget};
use slicewise_core::formats::e2sm_ccc::{NrCellIdentity, control_header, control_message};
use slicewise_core::formats::rrm_policy::{CellSplit, Firmness, Plmn, Ratios, document, ratios};

const POLICIES: &str = include_str!("schemas/rrm_policy_ratio.json");
const CONTROL: &str = include_str!("schemas/e2sm_ccc_control.json");
const TARGET: &str = include_str!("schemas/a1_slice_sla_target.json");
const FIRMNESS: [Firmness; 3] = [Firmness::Exact, Firmness::Guaranteed, Firmness::Dedicated];

fn check(schema: &str, document: &Value) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    if let Err(problem) = schema_check::check(&schema, document) {
        panic!("{problem}");
    }
}

fn is_valid(schema: &str, document: &Value) -> bool {
    schema_check::check(&serde_json::from_str(schema).unwrap(), document).is_ok()
}

/// Names of cells with splits of 1 to 16 slices, some with next to nothing.
fn cells() -> Vec<(String, Vec<SNssai>, Vec<f64>)> {
    (1..=16)
        .map(|slices: usize| {
            let name = NrCellIdentity::generated(slices).to_string();
            let snssai = |index: usize| SNssai {
                sst: index as u8,
                sd: (!index.is_multiple_of(3)).then_some(0x00ab_cd00 + index as u32),
            };
            let weight = |index: usize| f64::from(1 << (2 * index).min(20));
            let all: f64 = (0..slices).map(weight).sum();
            let shares = (0..slices).map(|index| weight(index) / all).collect();
            (name, (0..slices).map(snssai).collect(), shares)
        })
        .collect()
}

fn splits(cells: &[(String, Vec<SNssai>, Vec<f64>)]) -> Vec<CellSplit<'_>> {
    cells.iter().map(|(cell, slices, shares)| CellSplit { cell, slices, shares }).collect()
}

#[test]
fn policies_keep_to_the_schema_and_to_what_no_schema_can_say() {
    let cells = cells();
    for firmness in FIRMNESS {
        let text = document(splits(&cells), &Plmn::of_tests(), firmness);
        check(POLICIES, &serde_json::from_str(&text).unwrap());
        for split in splits(&cells) {
            let ratios = ratios(&split, firmness);
            let sum: u32 = ratios.iter().map(|ratios| u32::from(ratios.minimum)).sum();
            assert!(sum <= 100, "{ratios:?}");
            let ordered = |ratios: &Ratios| {
                ratios.dedicated <= ratios.minimum && ratios.minimum <= ratios.maximum
            };
            assert!(ratios.iter().all(|ratios| ordered(ratios) && ratios.minimum > 0));
        }
    }
}

#[test]
fn control_messages_keep_to_the_schema() {
    let cells = cells();
    for firmness in FIRMNESS {
        let message = control_message(&splits(&cells), &Plmn::of_tests(), firmness, None).unwrap();
        check(CONTROL, &json!({ "header": control_header(), "message": message }));
    }
}

#[test]
fn slice_targets_keep_to_the_schema() {
    let cells = cells();
    let names: Vec<&str> = cells.iter().map(|(name, ..)| name.as_str()).collect();
    for (index, service) in ServiceProfile::of_the_paper().iter().enumerate() {
        let mut target = SliceTarget::new(service);
        for cell in 0..4 {
            target.add_cell(2.5, service.required_throughput_mbps, 1.0 - 0.1 * f64::from(cell));
        }
        let cells = if index == 0 { &[] } else { names.as_slice() };
        check(TARGET, &a1::policy(&target, &Plmn::of_tests(), cells).unwrap());
    }
}

#[test]
fn the_schemas_refuse_what_the_standards_refuse() {
    let cells = cells();
    let text = document(splits(&cells), &Plmn::of_tests(), Firmness::Exact);
    let whole: Value = serde_json::from_str(&text).unwrap();
    let at = "/NRCellDU/1/RRMPolicyRatio/1/attributes";
    for (field, value) in [
        ("/rRMPolicyMaxRatio", json!(101)),
        ("/rRMPolicyMinRatio", json!(1.5)),
        ("/resourceType", json!("PRBS")),
        ("/rRMPolicyMemberList", json!([])),
        ("/rRMPolicyMemberList/0/snssai/sd", json!("abc")),
        ("/rRMPolicyMemberList/0/plmnId/mnc", json!("1")),
    ] {
        let mut damaged = whole.clone();
        *damaged.pointer_mut(&format!("{at}{field}")).unwrap() = value;
        assert!(!is_valid(POLICIES, &damaged), "{field}");
    }
}

#[test]
fn the_check_of_schemas_knows_its_keywords_and_names_the_place() {
    let schema = json!({
        "type": "object",
        "required": ["a"],
        "additionalProperties": false,
        "properties": { "a": { "type": "array", "items": { "$ref": "#/$defs/b" }, "minItems": 1 } },
        "$defs": { "b": { "type": "string", "pattern": "^[0-9a-f]{2,3}$" } },
    });
    let error = |document: Value| schema_check::check(&schema, &document).unwrap_err();
    schema_check::check(&schema, &json!({ "a": ["0f", "123"] })).unwrap();
    assert_eq!(error(json!({ "a": ["0f", "1234"] })), "/a/1: \"1234\" against pattern");
    assert_eq!(error(json!({ "a": ["0g"] })), "/a/0: \"0g\" against pattern");
    assert_eq!(error(json!({ "a": [1] })), "/a/0: 1 against type");
    assert_eq!(error(json!({ "a": [] })), "/a: [] against minItems");
    assert_eq!(error(json!({})), ": {} against required");
    assert!(error(json!({ "a": ["00"], "b": 1 })).ends_with("against additionalProperties"));
    let unknown = json!({ "oneOf": [] });
    assert!(std::panic::catch_unwind(|| schema_check::check(&unknown, &json!(1))).is_err());
}
