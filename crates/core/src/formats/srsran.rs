//! A cell's split as the slicing section of an srsRAN gNB's configuration: `cell_cfg.slicing`, each
//! slice with `sst`, `sd` and `sched_cfg` (`min_prb_policy_ratio`, `max_prb_policy_ratio`,
//! `ded_prb_policy_ratio`), as `du_high_config_cli11_schema.cpp` of the srsRAN project reads them.

use std::fmt::Write as _;

use super::rrm_policy::{CellSplit, Firmness, ratios};

/// The least `max_prb_policy_ratio` that srsRAN takes.
const LEAST_MAXIMUM: u8 = 1;

/// The section for one cell, as YAML. `sd` is a decimal number there, and left out where the slice
/// has none; so is the dedicated ratio where it is 0, which srsRAN does not take. A slice without a
/// share keeps a maximum of 1 %, the least that srsRAN takes.
pub fn cell_config(split: &CellSplit<'_>, firmness: Firmness) -> String {
    let mut text = String::from("cell_cfg:\n  slicing:\n");
    for (snssai, ratios) in split.slices.iter().zip(ratios(split, firmness)) {
        let _ = writeln!(text, "    - sst: {}", snssai.sst);
        if let Some(sd) = snssai.sd {
            let _ = writeln!(text, "      sd: {sd}");
        }
        let maximum = ratios.maximum.max(LEAST_MAXIMUM);
        let _ = writeln!(text, "      sched_cfg:");
        let _ = writeln!(text, "        min_prb_policy_ratio: {}", ratios.minimum);
        let _ = writeln!(text, "        max_prb_policy_ratio: {maximum}");
        if ratios.dedicated > 0 {
            let _ = writeln!(text, "        ded_prb_policy_ratio: {}", ratios.dedicated);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::cells::SNssai;

    use super::*;

    #[test]
    fn differentiators_are_decimal_and_ratios_whole() {
        let slice = |sst, sd| SNssai { sst, sd };
        let slices = [slice(1, Some(0x01_0203)), slice(2, None), slice(3, Some(0))];
        let split = CellSplit { cell: "A", slices: &slices, shares: &[0.7, 0.3, 0.0] };
        assert_eq!(
            cell_config(&split, Firmness::Exact),
            "cell_cfg:\n  slicing:\n\
             \x20   - sst: 1\n      sd: 66051\n      sched_cfg:\n\
             \x20       min_prb_policy_ratio: 70\n        max_prb_policy_ratio: 70\n\
             \x20   - sst: 2\n      sched_cfg:\n\
             \x20       min_prb_policy_ratio: 30\n        max_prb_policy_ratio: 30\n\
             \x20   - sst: 3\n      sd: 0\n      sched_cfg:\n\
             \x20       min_prb_policy_ratio: 0\n        max_prb_policy_ratio: 1\n"
        );
        let dedicated = cell_config(&split, Firmness::Dedicated);
        assert_eq!(dedicated.matches("ded_prb_policy_ratio: ").count(), 2);
    }
}
