//! Splits for a gNB of srsRAN Project or OCUDU, which went on from it: the slicing section of its
//! configuration, and the command that changes a running gNB.
//!
//! The configuration has one list `cells`, whose entries overwrite `cell_cfg` cell by cell; each has
//! `slicing`, a list of slices with `sst`, `sd` and `sched_cfg` (`min_prb_policy_ratio`,
//! `max_prb_policy_ratio`, `ded_prb_policy_ratio`). The command is `rrm_policy_ratio_set` of the remote
//! control (a websocket, port 8001 by default), one slice at a time for all cells of the gNB. Both as
//! `du_high_config_cli11_schema.cpp`, `du_high_config_validator.cpp` and `du_high_remote_commands.cpp`
//! read them (srsRAN Project 4bf1543 of February 2026, OCUDU 9b0cfa6 of July 2026).

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::error::InputError;

use super::nr_cell::NodeCells;
use super::rrm_policy::{BOTH_DIRECTIONS, CellSplit, Firmness, Plmn, ratios};

/// The least `max_prb_policy_ratio` that the configuration takes.
const LEAST_MAXIMUM: u8 = 1;

/// The configuration of one gNB, whose identity has `gnb_bits` bits, as YAML: `cells` with the split of
/// each, its name as a comment, and its `sector_id` where its identity is known. `sd` is a decimal number
/// there, and left out where the slice has none; so is the dedicated ratio where it is 0, which is not
/// taken. A slice without a share keeps a maximum of 1 %, the least that is taken.
pub fn gnb_config(of_node: &NodeCells<'_>, gnb_bits: u32, firmness: Firmness) -> String {
    let mut text = format!(
        "# {}. Entries overwrite cell_cfg in this order: put each beside its cell's own settings.\ncells:\n",
        plain(&of_node.node.title())
    );
    for cell in &of_node.cells {
        let _ = writeln!(text, "  # {}", plain(cell.split.cell));
        text += match cell.identity {
            Some(identity) => {
                format!("  - sector_id: {}\n    slicing:\n", identity.sector(gnb_bits))
            }
            None => "  - slicing:\n".to_owned(),
        }
        .as_str();
        push_slices(&mut text, &cell.split, firmness);
    }
    text
}

fn push_slices(text: &mut String, split: &CellSplit<'_>, firmness: Firmness) {
    for (snssai, ratios) in split.slices.iter().zip(ratios(split, firmness)) {
        let _ = writeln!(text, "      - sst: {}", snssai.sst);
        if let Some(sd) = snssai.sd {
            let _ = writeln!(text, "        sd: {sd}");
        }
        let maximum = ratios.maximum.max(LEAST_MAXIMUM);
        let _ = writeln!(text, "        sched_cfg:");
        let _ = writeln!(text, "          min_prb_policy_ratio: {}", ratios.minimum);
        let _ = writeln!(text, "          max_prb_policy_ratio: {maximum}");
        if ratios.dedicated > 0 {
            let _ = writeln!(text, "          ded_prb_policy_ratio: {}", ratios.dedicated);
        }
    }
}

/// Text on one line, for a comment.
fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// The commands that set the split of a running gNB, one JSON object per line and slice.
///
/// # Errors
/// Names two cells of the gNB whose splits differ: a command is for all of its cells.
pub fn gnb_commands(
    of_node: &NodeCells<'_>,
    plmn: &Plmn,
    firmness: Firmness,
) -> Result<String, InputError> {
    let Some((first, others)) = of_node.cells.split_first() else { return Ok(String::new()) };
    let percent = ratios(&first.split, firmness);
    for other in others {
        if other.split.slices != first.split.slices || ratios(&other.split, firmness) != percent {
            let found =
                format!("{} and {} with different splits", first.split.cell, other.split.cell);
            let allowed = "one split for all cells of a gNB: rrm_policy_ratio_set names no cell";
            return Err(InputError::new(of_node.node.title(), found, allowed));
        }
    }
    let command = |(snssai, ratios): (&crate::cells::SNssai, super::rrm_policy::Ratios)| {
        let mut member = json!({ "plmn": format!("{}{}", plmn.mcc, plmn.mnc), "sst": snssai.sst });
        if let Some(sd) = snssai.sd {
            member["sd"] = Value::from(sd);
        }
        let policies = json!({
            "resourceType": BOTH_DIRECTIONS,
            "rRMPolicyMemberList": [member],
            "min_prb_policy_ratio": ratios.minimum,
            "max_prb_policy_ratio": ratios.maximum,
            "dedicated_ratio": ratios.dedicated,
        });
        format!("{}\n", json!({ "cmd": "rrm_policy_ratio_set", "policies": policies }))
    };
    Ok(first.split.slices.iter().zip(percent).map(command).collect())
}

#[cfg(test)]
mod tests {
    use crate::cells::SNssai;

    use super::super::nr_cell::{GNB_ID_BITS, identities, nodes};
    use super::*;

    const SLICES: [SNssai; 3] = [
        SNssai { sst: 1, sd: Some(0x01_0203) },
        SNssai { sst: 2, sd: None },
        SNssai { sst: 3, sd: Some(0) },
    ];

    fn gnb<'a>(cells: [(&'a str, &'a [f64]); 2]) -> NodeCells<'a> {
        let splits = cells.map(|(cell, shares)| CellSplit { cell, slices: &SLICES, shares });
        let identities = identities(cells.iter().map(|(cell, _)| *cell), None).unwrap();
        nodes(&splits, &identities, GNB_ID_BITS).remove(0)
    }

    #[test]
    fn each_cell_of_a_gnb_keeps_its_own_split() {
        let gnb = gnb([("000004001", &[0.7, 0.3, 0.0]), ("000004002", &[0.2, 0.3, 0.5])]);
        let text = gnb_config(&gnb, GNB_ID_BITS, Firmness::Exact);
        let start = "# gNB 1. Entries overwrite cell_cfg in this order: put each beside its cell's own settings.\n\
             cells:\n\
             \x20 # 000004001\n\
             \x20 - sector_id: 1\n\
             \x20   slicing:\n\
             \x20     - sst: 1\n        sd: 66051\n        sched_cfg:\n\
             \x20         min_prb_policy_ratio: 70\n          max_prb_policy_ratio: 70\n\
             \x20     - sst: 2\n        sched_cfg:\n\
             \x20         min_prb_policy_ratio: 30\n          max_prb_policy_ratio: 30\n\
             \x20     - sst: 3\n        sd: 0\n        sched_cfg:\n\
             \x20         min_prb_policy_ratio: 0\n          max_prb_policy_ratio: 1\n\
             \x20 # 000004002\n\
             \x20 - sector_id: 2\n\
             \x20   slicing:\n";
        assert!(text.starts_with(start), "{text}");
        let dedicated = gnb_config(&gnb, GNB_ID_BITS, Firmness::Dedicated);
        assert_eq!(dedicated.matches("ded_prb_policy_ratio: ").count(), 5);
    }

    #[test]
    fn names_stay_comments() {
        let gnb = gnb([("north\n- slicing: x", &[1.0, 0.0, 0.0]), ("south", &[1.0, 0.0, 0.0])]);
        let text = gnb_config(&gnb, GNB_ID_BITS, Firmness::Exact);
        assert!(text.contains("  # north - slicing: x\n  - slicing:\n"), "{text}");
    }

    #[test]
    fn a_running_gnb_is_set_slice_by_slice_where_its_cells_are_alike() {
        let plmn = Plmn::of_tests();
        let alike = gnb([("000004001", &[0.7, 0.2, 0.1]), ("000004002", &[0.7, 0.2, 0.1])]);
        let commands = gnb_commands(&alike, &plmn, Firmness::Both).unwrap();
        let first: Value = serde_json::from_str(commands.lines().next().unwrap()).unwrap();
        assert_eq!(
            first,
            json!({ "cmd": "rrm_policy_ratio_set", "policies": {
                "resourceType": "PRB",
                "rRMPolicyMemberList": [{ "plmn": "00101", "sst": 1, "sd": 66051 }],
                "min_prb_policy_ratio": 70, "max_prb_policy_ratio": 100, "dedicated_ratio": 70,
            }})
        );
        assert_eq!(commands.lines().count(), 3);
        let different = gnb([("000004001", &[0.7, 0.2, 0.1]), ("000004002", &[0.6, 0.3, 0.1])]);
        let error = gnb_commands(&different, &plmn, Firmness::Both).unwrap_err();
        assert!(error.to_string().starts_with("gNB 1 is 000004001 and 000004002"), "{error}");
    }
}
