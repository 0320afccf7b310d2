//! Splits as a control request of the O-RAN E2 service model "cell configuration and control"
//! (O-RAN.WG3.E2SM-CCC): the configuration structure `O-RRMPolicyRatio` of each cell.
//!
//! Header (format 1, style 2: cells) and message (format 2) are JSON in octet strings of the E2
//! control request. Every structure carries the old and the new values of its attributes.

use std::fmt;

use serde_json::{Value, json};

use crate::error::InputError;

use super::rrm_policy::{CellSplit, Firmness, Plmn, Ratios, attributes, ratios};

/// Style "cell configuration and control" of the control service.
const CELL_STYLE: u8 = 2;
/// The most cells of a message.
pub const MOST_CELLS: usize = 65_535;

/// NR cell identity: 36 bits, the gNB's identity first, then the cell's number in it (3GPP TS 38.413,
/// clause 9.3.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NrCellIdentity(u64);

impl NrCellIdentity {
    /// The largest identity.
    pub const LARGEST: u64 = (1 << 36) - 1;
    /// Bits of the cell's number where the gNB's identity has 22.
    const CELL_BITS: u32 = 14;

    /// The identity of a generated cell: three cells to a gNB, numbered from 0.
    pub fn generated(index: usize) -> Self {
        let (gnb, cell) = (index as u64 / 3, index as u64 % 3);
        Self((gnb << Self::CELL_BITS | cell) & Self::LARGEST)
    }

    /// Reads nine hexadecimal digits, or another number in decimal digits.
    ///
    /// # Errors
    /// Names `field`, what was found and what is allowed.
    pub fn parse(field: &str, text: &str) -> Result<Self, InputError> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = match text.len() {
            9 if is_hexadecimal => u64::from_str_radix(text, 16).ok(),
            _ if is_number => text.parse().ok(),
            _ => None,
        };
        number.filter(|number| *number <= Self::LARGEST).map(Self).ok_or_else(|| {
            let largest = Self::LARGEST;
            let allowed = format!("nine hexadecimal digits, or a number of up to {largest}");
            InputError::new(field, text, allowed)
        })
    }

    /// The identity as a number.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for NrCellIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:09x}", self.0)
    }
}

/// The header of the control request.
pub fn control_header() -> Value {
    json!({ "controlHeaderFormat": { "ricStyleType": CELL_STYLE } })
}

/// The message of the control request: `O-RRMPolicyRatio` of every slice of `cells`. The old values
/// are `previous` if given, one list of ratios per cell and slice, and the standard's defaults (no
/// limit, no guarantee) if not.
///
/// # Errors
/// Names the cell whose name is no NR cell identity, or previous ratios that do not fit the cells, or
/// more than [`MOST_CELLS`].
pub fn control_message(
    cells: &[CellSplit<'_>],
    plmn: &Plmn,
    firmness: Firmness,
    previous: Option<&[Vec<Ratios>]>,
) -> Result<Value, InputError> {
    if cells.is_empty() || cells.len() > MOST_CELLS {
        let allowed = format!("1 to {MOST_CELLS} cells in a message");
        return Err(InputError::new("cells", format!("{} of them", cells.len()), allowed));
    }
    let mut controlled = Vec::with_capacity(cells.len());
    for (index, split) in cells.iter().enumerate() {
        let identity = NrCellIdentity::parse(&format!("cell {}", split.cell), split.cell)?;
        let new = ratios(split, firmness);
        let old = match previous {
            None => vec![Ratios::DEFAULT; new.len()],
            Some(previous) => previous.get(index).cloned().unwrap_or_default(),
        };
        if old.len() != new.len() {
            let found = format!("{} ratios", old.len());
            let allowed = format!("{}, one per slice of cell {}", new.len(), split.cell);
            return Err(InputError::new("previous", found, allowed));
        }
        let structures: Vec<Value> = (0..new.len())
            .map(|slice| structure(plmn, split, slice, old[slice], new[slice]))
            .collect();
        controlled.push(json!({
            "cellGlobalId": { "plmnIdentity": plmn.json(), "nRCellIdentity": identity.to_string() },
            "listOfConfigurationStructures": structures,
        }));
    }
    Ok(json!({ "controlMessageFormat": { "listOfCellsControlled": controlled } }))
}

fn structure(plmn: &Plmn, split: &CellSplit<'_>, slice: usize, old: Ratios, new: Ratios) -> Value {
    let values = |ratios| json!({ "ranConfigurationStructure": attributes(plmn, split.slices[slice], ratios) });
    json!({
        "ranConfigurationStructureName": "O-RRMPolicyRatio",
        "oldValuesOfAttributes": values(old),
        "newValuesOfAttributes": values(new),
    })
}

#[cfg(test)]
mod tests {
    use crate::cells::SNssai;

    use super::*;

    #[test]
    fn cell_identities_are_read_as_they_are_written() {
        for (text, number) in [("00066c000", 0x66c000), ("fffffffff", NrCellIdentity::LARGEST)] {
            let identity = NrCellIdentity::parse("cell", text).unwrap();
            assert_eq!((identity.number(), identity.to_string()), (number, text.to_owned()));
        }
        assert_eq!(NrCellIdentity::parse("cell", "17").unwrap().to_string(), "000000011");
        assert_eq!(NrCellIdentity::generated(4).to_string(), "000004001");
        for text in ["", "A1", "fffffffffff", "68719476736", "-1", "+00000001"] {
            assert_eq!(NrCellIdentity::parse("cell", text).unwrap_err().field, "cell", "{text}");
        }
    }

    #[test]
    fn old_values_are_the_previous_ones_and_must_fit() {
        let slices = [SNssai { sst: 1, sd: None }, SNssai { sst: 2, sd: Some(7) }];
        let split = CellSplit { cell: "000000011", slices: &slices, shares: &[0.6, 0.4] };
        let plmn = Plmn::of_tests();
        let before = vec![vec![Ratios { dedicated: 1, minimum: 2, maximum: 3 }; 2]];
        let message = control_message(&[split], &plmn, Firmness::Exact, Some(&before)).unwrap();
        let old = "/controlMessageFormat/listOfCellsControlled/0/listOfConfigurationStructures/1\
                   /oldValuesOfAttributes/ranConfigurationStructure/rRMPolicyMaxRatio";
        assert_eq!(message.pointer(old), Some(&json!(3)));
        let new = old.replace("oldValues", "newValues");
        assert_eq!(message.pointer(&new), Some(&json!(40)));
        let error = |cells: &[CellSplit<'_>], previous: Option<&[Vec<Ratios>]>| {
            control_message(cells, &plmn, Firmness::Exact, previous).unwrap_err().to_string()
        };
        assert!(
            error(&[split], Some(&[])).starts_with("previous is 0 ratios; allowed: 2, one per")
        );
        assert!(error(&[], None).starts_with("cells is 0 of them"));
        let named = CellSplit { cell: "north", ..split };
        assert!(
            error(&[named], None).starts_with("cell north is north; allowed: nine hexadecimal")
        );
    }
}
