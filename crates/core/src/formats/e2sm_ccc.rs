//! Splits as control requests of the O-RAN E2 service model "cell configuration and control"
//! (O-RAN.WG3.E2SM-CCC): the configuration structure `O-RRMPolicyRatio` of each cell, one request per
//! E2 node.
//!
//! Header (format 1, style 2: cells) and message (format 2) are JSON in octet strings of the E2
//! control request, the cell's identity as nine hexadecimal digits. Every structure carries the new
//! values of its attributes, and the old ones where the current policy is known: a node answers
//! "incompatible state" to old values that are not its own.

use serde_json::{Value, json};

use crate::cells::SNssai;
use crate::error::InputError;

pub use super::nr_cell::NrCellIdentity;
use super::rrm_policy::{
    CellPolicies, CellSplit, Firmness, Plmn, Policy, RESOURCE_TYPE, attributes, cell_policies,
    list, ratios, wrong,
};

/// Style "cell configuration and control" of the control service.
const CELL_STYLE: u8 = 2;
/// The most cells of a message.
pub const MOST_CELLS: usize = 65_535;
/// Name of the configuration structure.
const STRUCTURE: &str = "O-RRMPolicyRatio";

/// A cell of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ControlledCell<'a> {
    /// Its identity.
    pub identity: NrCellIdentity,
    /// Its split.
    pub split: CellSplit<'a>,
    /// The policies that it has now, where they are known.
    pub current: Option<&'a CellPolicies>,
}

impl ControlledCell<'_> {
    /// The policy that `snssai` alone has now in `plmn`.
    pub fn current_policy(&self, plmn: &Plmn, snssai: SNssai) -> Option<&Policy> {
        let is_its_own = |policy: &&Policy| matches!(&policy.members[..], [(of, member)] if of == plmn && *member == snssai);
        self.current?.policies.iter().find(is_its_own)
    }
}

/// The header of the control request.
pub fn control_header() -> Value {
    json!({ "controlHeaderFormat": { "ricStyleType": CELL_STYLE } })
}

/// The message of the control request: `O-RRMPolicyRatio` of every slice of `cells`, all of one E2 node.
///
/// # Errors
/// When there is no cell, or more than [`MOST_CELLS`].
pub fn control_message(
    cells: &[ControlledCell<'_>],
    plmn: &Plmn,
    firmness: Firmness,
) -> Result<Value, InputError> {
    if cells.is_empty() || cells.len() > MOST_CELLS {
        let allowed = format!("1 to {MOST_CELLS} cells in a message");
        return Err(InputError::new("cells", format!("{} of them", cells.len()), allowed));
    }
    let controlled: Vec<Value> = cells
        .iter()
        .map(|cell| {
            let identity = cell.identity.to_string();
            json!({
                "cellGlobalId": { "plmnIdentity": plmn.json(), "nRCellIdentity": identity },
                "listOfConfigurationStructures": structures(cell, plmn, firmness),
            })
        })
        .collect();
    Ok(json!({ "controlMessageFormat": { "listOfCellsControlled": controlled } }))
}

fn structures(cell: &ControlledCell<'_>, plmn: &Plmn, firmness: Firmness) -> Vec<Value> {
    let values = |snssai, resource, ratios| json!({ "ranConfigurationStructure": attributes(plmn, snssai, resource, ratios) });
    let new = ratios(&cell.split, firmness);
    let structure = |(snssai, new): (&SNssai, _)| {
        let old = cell.current_policy(plmn, *snssai);
        let mut structure = json!({
            "ranConfigurationStructureName": STRUCTURE,
            "newValuesOfAttributes": values(*snssai, RESOURCE_TYPE, new),
        });
        if let Some(old) = old {
            structure["oldValuesOfAttributes"] = values(*snssai, old.resource, old.ratios);
        }
        structure
    };
    cell.split.slices.iter().zip(new).map(structure).collect()
}

/// Reads the new values of a control message back: the policies of each cell, under its identity.
///
/// # Errors
/// Names the first field that is wrong by its path.
pub fn read(text: &str) -> Result<Vec<CellPolicies>, InputError> {
    let allowed = "JSON with controlMessageFormat";
    let document: Value =
        serde_json::from_str(text).map_err(|error| InputError::new("document", error, allowed))?;
    let field = "controlMessageFormat";
    let cells = document.get(field).and_then(|format| format.get("listOfCellsControlled"));
    let Some(cells) = cells else { return Err(wrong(field, None, "listOfCellsControlled in it")) };
    let read_cell = |(index, value): (usize, &Value)| {
        read_cell(value).map_err(|error| error.within(&format!("listOfCellsControlled[{index}]")))
    };
    list("listOfCellsControlled", cells)?.iter().enumerate().map(read_cell).collect()
}

fn read_cell(value: &Value) -> Result<CellPolicies, InputError> {
    let name = value.get("cellGlobalId").and_then(|cell| cell.get("nRCellIdentity"));
    let Some(name) = name.and_then(Value::as_str) else {
        return Err(wrong("cellGlobalId.nRCellIdentity", name, "nine hexadecimal digits"));
    };
    let field = "listOfConfigurationStructures";
    let structures = value.get(field);
    let structures = list(field, structures.unwrap_or(&Value::Null))?;
    let mut all = Vec::with_capacity(structures.len());
    for (index, structure) in structures.iter().enumerate() {
        let place = format!("{field}[{index}].newValuesOfAttributes");
        let new = structure.get("newValuesOfAttributes");
        let Some(new) = new.and_then(|new| new.get("ranConfigurationStructure")) else {
            return Err(wrong(&place, new, "an object with ranConfigurationStructure"));
        };
        all.push((place, new));
    }
    Ok(CellPolicies { cell: Some(name.to_owned()), ..cell_policies(all, field)? })
}

#[cfg(test)]
mod tests {
    use super::super::rrm_policy::Ratios;
    use super::*;

    const SLICES: [SNssai; 2] = [SNssai { sst: 1, sd: None }, SNssai { sst: 2, sd: Some(7) }];

    fn cell() -> ControlledCell<'static> {
        ControlledCell {
            identity: NrCellIdentity::parse("cell", "000000011").unwrap(),
            split: CellSplit { cell: "17", slices: &SLICES, shares: &[0.6, 0.4] },
            current: None,
        }
    }

    #[test]
    fn old_values_are_those_of_the_current_policy_and_none_are_made_up() {
        let plmn = Plmn::of_tests();
        let ratios = Ratios { dedicated: 1, minimum: 2, maximum: 3 };
        let members = vec![(plmn.clone(), SLICES[1])];
        let current = CellPolicies {
            policies: vec![Policy { members, resource: RESOURCE_TYPE, ratios }],
            ..CellPolicies::default()
        };
        let cell = ControlledCell { current: Some(&current), ..cell() };
        let message = control_message(&[cell], &plmn, Firmness::Exact).unwrap();
        let place = "/controlMessageFormat/listOfCellsControlled/0/listOfConfigurationStructures/1\
                     /oldValuesOfAttributes/ranConfigurationStructure/rRMPolicyMaxRatio";
        assert_eq!(message.pointer(place), Some(&json!(3)));
        assert_eq!(message.pointer(&place.replace("old", "new")), Some(&json!(40)));
        assert_eq!(message.to_string().matches("oldValues").count(), 1);
        let other = Plmn::parse("plmn", "310-150").unwrap();
        let message = control_message(&[cell], &other, Firmness::Exact).unwrap();
        assert!(!message.to_string().contains("oldValues"));
    }

    #[test]
    fn a_message_is_read_back_to_the_same_split() {
        let plmn = Plmn::of_tests();
        for (firmness, ..) in Firmness::ALL {
            let message = control_message(&[cell()], &plmn, firmness).unwrap();
            let read = read(&message.to_string()).unwrap();
            assert_eq!(read[0].cell.as_deref(), Some("000000011"));
            let found: Vec<_> = read[0].policies.iter().map(|policy| policy.ratios).collect();
            assert_eq!(found, ratios(&cell().split, firmness));
            assert_eq!(read[0].policies[1].members, [(plmn.clone(), SLICES[1])]);
        }
    }

    #[test]
    fn damaged_messages_are_named_by_their_field() {
        let error = |text: &str| read(text).map(|_| ()).unwrap_err().to_string();
        assert!(error("").starts_with("document is EOF"));
        assert!(error("{}").starts_with("controlMessageFormat is missing"));
        let of = |cells: Value| {
            json!({ "controlMessageFormat": { "listOfCellsControlled": cells } }).to_string()
        };
        assert!(error(&of(json!(1))).starts_with("listOfCellsControlled is 1; allowed: a list"));
        assert!(error(&of(json!([{}]))).starts_with("listOfCellsControlled[0].cellGlobalId"));
        let cell = json!([{ "cellGlobalId": { "nRCellIdentity": "000000011" },
            "listOfConfigurationStructures": [{ "newValuesOfAttributes": {} }] }]);
        assert!(error(&of(cell)).contains("[0].newValuesOfAttributes is {}"));
        let none = control_message(&[], &Plmn::of_tests(), Firmness::Exact).unwrap_err();
        assert!(none.to_string().starts_with("cells is 0 of them"));
    }
}
