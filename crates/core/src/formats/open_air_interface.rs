//! A cell's split as `rrmPolicy.json`, which gNBs of OpenAirInterface with slices read anew every 1280
//! frames while they run. Two forms are in use:
//!
//! - ORANSlice (wineslab/ORANSlice 8d3a156 of October 2024, `gNB_scheduler_dlsch.c`): `sst`, `sd`,
//!   `dedicated_ratio`, `min_ratio`, `max_ratio`. A missing `sd`, and 0, are no differentiator; minima
//!   or dedicated ratios of more than 100 together are set to 0.
//! - the forks before it (wineslab/OAI-Slicing-Intel, FCCLab/openairinterface5g): `sST`, `sD_flag`,
//!   `sD`, `min_ratio`, `max_ratio`, without a dedicated ratio.

use serde_json::{Value, json};

use crate::cells::SNssai;
use crate::error::InputError;

use super::rrm_policy::{
    CellPolicies, CellSplit, Firmness, Plmn, Policy, RESOURCE_TYPE, check_minima, list, ratios,
    read_ratios, wrong,
};

/// Names of the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `sst`, `sd`, `dedicated_ratio`: ORANSlice.
    OranSlice,
    /// `sST`, `sD_flag`, `sD`: the forks before it.
    Flagged,
}

/// The file for one cell.
///
/// # Errors
/// Names a slice with the differentiator 0, which ORANSlice takes for none.
pub fn policy(
    split: &CellSplit<'_>,
    firmness: Firmness,
    dialect: Dialect,
) -> Result<Value, InputError> {
    let mut policies = Vec::with_capacity(split.slices.len());
    for (snssai, ratios) in split.slices.iter().zip(ratios(split, firmness)) {
        let mut policy = json!({ "min_ratio": ratios.minimum, "max_ratio": ratios.maximum });
        match dialect {
            Dialect::OranSlice => {
                policy["sst"] = Value::from(snssai.sst);
                policy["dedicated_ratio"] = Value::from(ratios.dedicated);
                match snssai.sd {
                    Some(0) => {
                        let allowed =
                            "a differentiator above 0 or none: ORANSlice takes 0 for none";
                        return Err(InputError::new(
                            format!("cell {}", split.cell),
                            snssai,
                            allowed,
                        ));
                    }
                    Some(sd) => policy["sd"] = Value::from(sd),
                    None => {}
                }
            }
            Dialect::Flagged => {
                policy["sST"] = Value::from(snssai.sst);
                policy["sD_flag"] = Value::from(u8::from(snssai.sd.is_some()));
                policy["sD"] = Value::from(snssai.sd.unwrap_or(0));
            }
        }
        policies.push(policy);
    }
    Ok(json!({ "rrmPolicyRatio": policies }))
}

/// Reads the file of a cell in either form; the slices are those of `plmn`, which it does not name.
///
/// # Errors
/// Names the first field that is wrong by its path.
pub fn read(text: &str, plmn: &Plmn) -> Result<CellPolicies, InputError> {
    let allowed = "JSON with rrmPolicyRatio";
    let document: Value =
        serde_json::from_str(text).map_err(|error| InputError::new("document", error, allowed))?;
    let field = "rrmPolicyRatio";
    let alone = || Some(&document).filter(|list| list.get(0).is_some());
    let values = list(field, document.get(field).or_else(alone).unwrap_or(&Value::Null))?;
    let policy = |(index, value): (usize, &Value)| {
        read_policy(value, plmn).map_err(|error| error.within(&format!("{field}[{index}]")))
    };
    let policies: Vec<Policy> =
        values.iter().enumerate().map(policy).collect::<Result<_, InputError>>()?;
    check_minima(&policies)?;
    Ok(CellPolicies { policies, ..CellPolicies::default() })
}

fn read_policy(value: &Value, plmn: &Plmn) -> Result<Policy, InputError> {
    let is_flagged = value.get("sST").is_some();
    let (sst, sd) = if is_flagged { ("sST", "sD") } else { ("sst", "sd") };
    let number = |field: &str, most: u32| match value.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(found) => match whole_number(found).filter(|number| *number <= most) {
            Some(number) => Ok(Some(number)),
            None => Err(wrong(field, Some(found), &format!("a whole number from 0 to {most}"))),
        },
    };
    let Some(found_sst) = number(sst, 255)?.and_then(|sst| u8::try_from(sst).ok()) else {
        return Err(wrong(sst, None, "a whole number from 0 to 255"));
    };
    let flag = value.get("sD_flag");
    let is_unset = flag.is_some_and(|flag| flag.as_u64() == Some(0) || flag == &Value::Bool(false));
    let is_none = |sd: u32| match is_flagged {
        true => is_unset,
        false => sd == 0,
    };
    let found = number(sd, SNssai::LARGEST_SD + 1)?;
    let sd = found.filter(|sd| !is_none(*sd) && *sd <= SNssai::LARGEST_SD);
    let ratios = read_ratios(value, ["max_ratio", "min_ratio", "dedicated_ratio"])?;
    let members = vec![(plmn.clone(), SNssai { sst: found_sst, sd })];
    Ok(Policy { members, resource: RESOURCE_TYPE, ratios })
}

/// A number, or a text that holds one: hexadecimal behind `0x` or with six digits, else decimal.
fn whole_number(value: &Value) -> Option<u32> {
    let Some(text) = value.as_str() else { return value.as_u64()?.try_into().ok() };
    let text = text.trim();
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hexadecimal.or(Some(text).filter(|text| text.len() == 6)) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLICES: [SNssai; 3] = [
        SNssai { sst: 1, sd: Some(1) },
        SNssai { sst: 1, sd: None },
        SNssai { sst: 3, sd: Some(0xab_cdef) },
    ];

    fn split() -> CellSplit<'static> {
        CellSplit { cell: "A", slices: &SLICES, shares: &[0.5, 0.3, 0.2] }
    }

    #[test]
    fn both_forms_are_written_under_their_names_and_read_back_to_the_same_split() {
        let plmn = Plmn::of_tests();
        for dialect in [Dialect::OranSlice, Dialect::Flagged] {
            for (firmness, ..) in Firmness::ALL {
                let text = policy(&split(), firmness, dialect).unwrap().to_string();
                let read = read(&text, &plmn).unwrap().policies;
                let slices: Vec<SNssai> = read.iter().map(|policy| policy.members[0].1).collect();
                assert_eq!(slices, SLICES);
                for (policy, mut expected) in read.iter().zip(ratios(&split(), firmness)) {
                    if dialect == Dialect::Flagged {
                        expected.dedicated = 0;
                    }
                    assert_eq!(policy.ratios, expected);
                }
            }
        }
        let new = policy(&split(), Firmness::Dedicated, Dialect::OranSlice).unwrap();
        assert_eq!(
            new["rrmPolicyRatio"][0],
            json!({ "sst": 1, "sd": 1, "dedicated_ratio": 50, "min_ratio": 50, "max_ratio": 50 })
        );
        assert!(new["rrmPolicyRatio"][1].get("sd").is_none());
        let old = policy(&split(), Firmness::Exact, Dialect::Flagged).unwrap();
        assert_eq!(
            old["rrmPolicyRatio"][1],
            json!({ "sST": 1, "sD_flag": 0, "sD": 0, "min_ratio": 30, "max_ratio": 30 })
        );
    }

    #[test]
    fn files_of_the_field_are_read() {
        let text = r#"{"rrmPolicyRatio":[
            {"sst":1,"dedicated_ratio":5,"min_ratio":10,"max_ratio":100},
            {"sst":1,"sd":2,"dedicated_ratio":5,"min_ratio":10,"max_ratio":100},
            {"sst":2,"sd":16777215,"dedicated_ratio":5,"min_ratio":10,"max_ratio":100}]}"#;
        let read = read(text, &Plmn::of_tests()).unwrap().policies;
        let slices: Vec<String> =
            read.iter().map(|policy| policy.members[0].1.to_string()).collect();
        assert_eq!(slices, ["1", "1-000002", "2"]);
        assert_eq!(read[1].ratios.dedicated, 5);
    }

    #[test]
    fn what_the_receiver_would_misread_is_named() {
        let zero = [SNssai { sst: 1, sd: Some(0) }];
        let split = CellSplit { cell: "A", slices: &zero, shares: &[1.0] };
        let error = policy(&split, Firmness::Exact, Dialect::OranSlice).unwrap_err().to_string();
        assert!(
            error.starts_with("cell A is 1-000000; allowed: a differentiator above 0"),
            "{error}"
        );
        assert!(policy(&split, Firmness::Exact, Dialect::Flagged).is_ok());
        let error = |text: &str| read(text, &Plmn::of_tests()).unwrap_err().to_string();
        assert!(error("[]").starts_with("rrmPolicyRatio is null; allowed: a list"));
        assert!(
            error(r#"{"rrmPolicyRatio":[{}]}"#).starts_with("rrmPolicyRatio[0].sst is missing")
        );
        let of = |policy: &str| format!(r#"{{"rrmPolicyRatio":[{policy},{policy}]}}"#);
        assert!(
            error(&of(r#"{"sst":1,"min_ratio":60}"#))
                .starts_with("sum of rRMPolicyMinRatio is 120")
        );
        assert!(error(&of(r#"{"sST":300}"#)).contains("sST is 300; allowed: a whole number"));
        assert!(error(&of(r#"{"sst":1,"dedicated_ratio":3}"#)).contains("dedicated_ratio is 3"));
    }
}
