//! The exports of a plan against what is known of their receivers: schemas written after the standards,
//! and rules of the readers of public software, in our own words. What each rule comes from is told in
//! `docs/documents.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use serde::Deserialize;
use serde_json::{Value, json};
use slicewise_core::cells::{CellBatch, CellPlans, HISTORY, SNssai};
use slicewise_core::formats::a1::PolicyType;
use slicewise_core::formats::open_air_interface::{self, Dialect};
use slicewise_core::formats::plan_documents::{
    Document, Format, PlannedCells, Settings, read_current,
};
use slicewise_core::formats::rrm_policy::{Firmness, Plmn, percentages};

const CONTROL: &str = include_str!("schemas/e2sm_ccc_control.json");
const TARGETS: [(PolicyType, &str); 2] = [
    (PolicyType::Current, include_str!("schemas/a1_slice_sla_target_4.0.1.json")),
    (PolicyType::First, include_str!("schemas/a1_slice_sla_target_1.0.0.json")),
];

fn is_valid(schema: &str, document: &Value) -> bool {
    jsonschema::is_valid(&serde_json::from_str(schema).unwrap(), document)
}

fn check(schema: &str, document: &Value) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    if let Err(problem) = jsonschema::validate(&schema, document) {
        panic!("{}: {problem}", problem.instance_path());
    }
}

/// Two gNBs, of two cells and of one, each cell with a split of its own over 1 to 3 slices.
const CELLS: [(&str, &[f64]); 3] =
    [("000004001", &[0.7, 0.29, 0.01]), ("000004002", &[0.25, 0.75]), ("000008001", &[1.0])];
const SLICES: [SNssai; 3] = [
    SNssai { sst: 1, sd: Some(0x01_0203) },
    SNssai { sst: 1, sd: None },
    SNssai { sst: 3, sd: Some(0xff_fffe) },
];

fn planned() -> PlannedCells {
    let mut batch = CellBatch::new(2 * HISTORY + 2);
    let mut plans = CellPlans { offsets: vec![0], ..CellPlans::default() };
    let mut slices = Vec::new();
    for (_, shares) in CELLS {
        for (index, share) in shares.iter().enumerate() {
            let mut features = vec![2.5; 2 * HISTORY + 2];
            features[2 * HISTORY..].copy_from_slice(&[2.0, 100.0]);
            // Nobody uses the last slice.
            features[HISTORY - 1] = if index == 2 { 0.0 } else { 2.5 };
            batch.push_slice(&features, 1.0);
            slices.push(SLICES[index]);
            plans.shares.push(*share);
            plans.satisfaction.push(1.0 - 0.1 * index as f64);
        }
        batch.end_cell();
        plans.offsets.push(plans.shares.len() as u32);
        plans.utilities.push(1.0);
        plans.bounds.push(1.0);
        plans.prices.push(0.0);
    }
    let names = CELLS.map(|(name, _)| name.to_owned());
    let mut planned = PlannedCells::default();
    planned.add(&names, &slices, &batch, &plans).unwrap();
    planned
}

fn written(format: Format, firmness: Firmness) -> Vec<Document> {
    let plmn = Plmn::parse("plmn", "310-150").unwrap();
    let settings = Settings { firmness, ..Settings::new(&plmn) };
    planned().write(format, &settings).unwrap().documents
}

fn json_of(document: &Document) -> Value {
    serde_json::from_str(&document.text).unwrap()
}

#[test]
fn control_requests_are_one_header_and_message_per_gnb_and_keep_to_the_schema() {
    for (firmness, ..) in Firmness::ALL {
        let documents = written(Format::E2smCcc, firmness);
        assert_eq!(documents.len(), 4);
        for pair in documents.chunks(2) {
            let (header, message) = (json_of(&pair[0]), json_of(&pair[1]));
            check(CONTROL, &json!({ "header": header, "message": message }));
        }
        let cells: Vec<String> = documents
            .iter()
            .filter(|document| document.path.ends_with("message.json"))
            .flat_map(|document| read_current(&document.text).unwrap())
            .map(|cell| cell.cell.unwrap())
            .collect();
        assert_eq!(cells, CELLS.map(|(name, _)| name));
    }
}

#[test]
fn slice_targets_are_one_policy_per_document_and_keep_to_the_schema_of_their_type() {
    for (policy_type, schema) in TARGETS {
        let documents = written(Format::A1(policy_type), Firmness::Exact);
        assert_eq!(documents.len(), SLICES.len());
        for document in &documents {
            check(schema, &json_of(document));
            assert!(document.path.starts_with(policy_type.id()), "{}", document.path);
        }
        let (_, first) = TARGETS[1];
        let has_delay =
            json_of(&documents[0])["sliceSlaObjectives"].get("maxDlPacketDelayPerUe").is_some();
        assert_eq!(has_delay, policy_type == PolicyType::Current);
        assert_eq!(is_valid(first, &json_of(&documents[0])), policy_type == PolicyType::First);
    }
}

/// A configuration as a gNB of srsRAN Project or OCUDU reads it: names that are not here are refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GnbConfig {
    cells: Vec<CellConfig>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CellConfig {
    sector_id: u32,
    slicing: Vec<SliceConfig>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SliceConfig {
    sst: u8,
    #[serde(default = "no_differentiator")]
    sd: u32,
    sched_cfg: ScheduleConfig,
}

fn no_differentiator() -> u32 {
    0xff_ffff
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduleConfig {
    min_prb_policy_ratio: u8,
    max_prb_policy_ratio: u8,
    ded_prb_policy_ratio: Option<u8>,
}

#[test]
fn each_cell_of_a_gnb_configuration_has_its_own_split() {
    for (firmness, ..) in Firmness::ALL {
        let documents = written(Format::SrsRan, firmness);
        let mut expected = CELLS.iter();
        for document in &documents {
            // One document: a second one behind `---` would overwrite the first.
            assert!(!document.text.contains("---"), "{}", document.text);
            let config: GnbConfig = serde_yaml_ng::from_str(&document.text).unwrap();
            for cell in config.cells {
                let (name, shares) = expected.next().unwrap();
                let sector = u32::from_str_radix(name, 16).unwrap() & 0x3fff;
                assert_eq!((cell.sector_id, cell.slicing.len()), (sector, shares.len()));
                let comment = document.text.find(&format!("  # {name}\n")).unwrap();
                let own = format!("  - sector_id: {sector}\n");
                assert!(document.text[comment..].find(&own).unwrap() < 20, "{}", document.text);
                let percent = percentages(shares);
                for (index, slice) in cell.slicing.iter().enumerate() {
                    let SNssai { sst, sd } = SLICES[index];
                    assert_eq!((slice.sst, slice.sd), (sst, sd.unwrap_or_else(no_differentiator)));
                    let ScheduleConfig {
                        min_prb_policy_ratio: minimum,
                        max_prb_policy_ratio: maximum,
                        ded_prb_policy_ratio: dedicated,
                    } = slice.sched_cfg;
                    assert_eq!(minimum, percent[index]);
                    assert!((1..=100).contains(&maximum) && minimum <= maximum);
                    assert!(dedicated.is_none_or(|dedicated| (1..=minimum).contains(&dedicated)));
                }
            }
        }
        assert_eq!((documents.len(), expected.next()), (2, None));
    }
}

#[test]
fn commands_for_a_running_gnb_are_what_its_remote_control_takes() {
    let plmn = Plmn::parse("plmn", "310-150").unwrap();
    let mut alone = PlannedCells::default();
    let mut batch = CellBatch::new(2 * HISTORY + 2);
    SLICES.iter().for_each(|_| batch.push_slice(&[1.0; 2 * HISTORY + 2], 1.0));
    batch.end_cell();
    let plans = CellPlans {
        offsets: vec![0, 3],
        shares: vec![0.6, 0.4, 0.0],
        satisfaction: vec![1.0; 3],
        ..CellPlans::default()
    };
    let plans = CellPlans { utilities: vec![1.0], bounds: vec![1.0], prices: vec![0.0], ..plans };
    alone.add(&["17".to_owned()], &SLICES, &batch, &plans).unwrap();
    for (firmness, ..) in Firmness::ALL {
        let settings = Settings { firmness, ..Settings::new(&plmn) };
        let written = alone.write(Format::SrsRanCommand, &settings).unwrap();
        let lines: Vec<&str> = written.documents[0].text.lines().collect();
        assert_eq!(lines.len(), SLICES.len());
        for (line, snssai) in lines.iter().zip(SLICES) {
            let command: Value = serde_json::from_str(line).unwrap();
            assert_eq!(command["cmd"], "rrm_policy_ratio_set");
            let policies = &command["policies"];
            assert_eq!(policies["resourceType"], "PRB");
            let member = &policies["rRMPolicyMemberList"][0];
            assert_eq!(
                (&member["plmn"], member["sst"].as_u64()),
                (&json!("310150"), Some(snssai.sst.into()))
            );
            assert_eq!(member.get("sd").and_then(Value::as_u64), snssai.sd.map(u64::from));
            let ratio = |name: &str| policies[name].as_u64().unwrap();
            let (minimum, maximum) = (ratio("min_prb_policy_ratio"), ratio("max_prb_policy_ratio"));
            assert!(minimum <= maximum && maximum <= 100 && ratio("dedicated_ratio") <= minimum);
        }
    }
}

#[test]
fn files_for_open_air_interface_are_read_back_to_the_same_split() {
    let plmn = Plmn::parse("plmn", "310-150").unwrap();
    for dialect in [Dialect::OranSlice, Dialect::Flagged] {
        for (firmness, ..) in Firmness::ALL {
            let documents = written(Format::OpenAirInterface(dialect), firmness);
            assert_eq!(documents.len(), CELLS.len());
            for (document, (_, shares)) in documents.iter().zip(CELLS) {
                let policies = open_air_interface::read(&document.text, &plmn).unwrap().policies;
                let minima: Vec<u8> = policies.iter().map(|policy| policy.ratios.minimum).collect();
                assert_eq!(minima, percentages(shares));
                let slices: Vec<SNssai> =
                    policies.iter().map(|policy| policy.members[0].1).collect();
                assert_eq!(slices, SLICES[..shares.len()]);
                let kept: u32 =
                    policies.iter().map(|policy| u32::from(policy.ratios.dedicated)).sum();
                assert!(kept <= 100);
            }
        }
    }
}

#[test]
fn the_schemas_refuse_what_the_standards_refuse() {
    let documents = written(Format::E2smCcc, Firmness::Exact);
    let whole = json!({ "header": json_of(&documents[0]), "message": json_of(&documents[1]) });
    let at = "/message/controlMessageFormat/listOfCellsControlled/1";
    let policy = format!(
        "{at}/listOfConfigurationStructures/1/newValuesOfAttributes/ranConfigurationStructure"
    );
    for (place, value) in [
        (format!("{at}/cellGlobalId/nRCellIdentity"), json!("17")),
        (format!("{policy}/rRMPolicyMaxRatio"), json!(101)),
        (format!("{policy}/rRMPolicyMemberList"), json!([])),
        (format!("{policy}/rRMPolicyMemberList/0/plmnId/mnc"), json!("1")),
    ] {
        let mut damaged = whole.clone();
        *damaged.pointer_mut(&place).unwrap_or_else(|| panic!("{place}")) = value;
        assert!(!is_valid(CONTROL, &damaged), "{place}");
    }
    let target = json_of(&written(Format::A1(PolicyType::Current), Firmness::Exact)[0]);
    let (_, schema) = TARGETS[0];
    assert!(!is_valid(schema, &json!([target])), "a list of policies is none");
}
