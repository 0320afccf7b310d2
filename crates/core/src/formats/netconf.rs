//! Splits as the `config` of a NETCONF `edit-config` (RFC 6241, clause 7.2) for the YANG modules of 3GPP
//! TS 28.541, annex E: `_3gpp-nr-nrm-rrmpolicy` inside `_3gpp-nr-nrm-nrcelldu`,
//! `_3gpp-nr-nrm-gnbdufunction` and `_3gpp-common-managed-element`.
//!
//! `rRMPolicyMemberList` is a list with the key `mcc mnc sd sst`, so that a slice without a
//! differentiator has FF:FF:FF, as octets in hexadecimal digits. The resource is `PRB`, in both
//! directions: the module's text knows no other block, and OCUDU's O1 adapter takes no other.

use std::fmt::Write as _;

use super::nr_cell::{NodeCells, PlacedCell};
use super::rrm_policy::{BOTH_DIRECTIONS, Firmness, Plmn, ratios};

/// The `config` for the cells of `nodes`, which are those of one `ManagedElement`.
pub fn config(nodes: &[NodeCells<'_>], plmn: &Plmn, firmness: Firmness) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <config xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\">\n"
        .to_owned();
    let element = nodes.first().map_or("", |of_node| &of_node.node.managed_element);
    open(&mut text, 1, "ManagedElement", "_3gpp-common-managed-element", element);
    for of_node in nodes {
        let function = &of_node.node.gnb_du_function;
        open(&mut text, 2, "GNBDUFunction", "_3gpp-nr-nrm-gnbdufunction", function);
        for cell in &of_node.cells {
            push_cell(&mut text, cell, plmn, firmness);
        }
        text += "    </GNBDUFunction>\n";
    }
    text + "  </ManagedElement>\n</config>\n"
}

fn push_cell(text: &mut String, cell: &PlacedCell<'_>, plmn: &Plmn, firmness: Firmness) {
    open(text, 3, "NRCellDU", "_3gpp-nr-nrm-nrcelldu", cell.id);
    let Plmn { mcc, mnc } = plmn;
    for (snssai, ratios) in cell.split.slices.iter().zip(ratios(&cell.split, firmness)) {
        open(text, 4, "RRMPolicyRatio", "_3gpp-nr-nrm-rrmpolicy", &snssai.to_string());
        let [_, high, middle, low] = snssai.sd.unwrap_or(0xff_ffff).to_be_bytes();
        // Writing to text cannot fail.
        let _ = writeln!(
            text,
            "          <attributes>\n            \
             <resourceType>{BOTH_DIRECTIONS}</resourceType>\n            \
             <rRMPolicyMemberList><mcc>{mcc}</mcc><mnc>{mnc}</mnc>\
             <sd>{high:02x}:{middle:02x}:{low:02x}</sd><sst>{}</sst></rRMPolicyMemberList>\n            \
             <rRMPolicyMaxRatio>{}</rRMPolicyMaxRatio>\n            \
             <rRMPolicyMinRatio>{}</rRMPolicyMinRatio>\n            \
             <rRMPolicyDedicatedRatio>{}</rRMPolicyDedicatedRatio>\n          \
             </attributes>\n        </RRMPolicyRatio>",
            snssai.sst, ratios.maximum, ratios.minimum, ratios.dedicated
        );
    }
    *text += "      </NRCellDU>\n";
}

fn open(text: &mut String, depth: usize, class: &str, module: &str, id: &str) {
    let indent = "  ".repeat(depth);
    let _ = write!(text, "{indent}<{class} xmlns=\"urn:3gpp:sa5:{module}\">\n{indent}  <id>");
    for character in id.chars() {
        match character {
            '&' => *text += "&amp;",
            '<' => *text += "&lt;",
            '>' => *text += "&gt;",
            // XML knows no other control characters.
            control if control.is_control() => text.push(' '),
            other => text.push(other),
        }
    }
    *text += "</id>\n";
}

#[cfg(test)]
mod tests {
    use crate::cells::SNssai;

    use super::super::nr_cell::{GNB_ID_BITS, nodes};
    use super::super::rrm_policy::CellSplit;
    use super::*;

    #[test]
    fn a_cell_stands_in_its_gnb_and_its_slices_under_their_keys() {
        let slices = [SNssai { sst: 1, sd: Some(0x01_0203) }, SNssai { sst: 3, sd: None }];
        let cell = "ManagedElement=ran<1>,GNBDUFunction=du1,NRCellDU=nrcelldu1";
        let split = CellSplit { cell, slices: &slices, shares: &[0.7, 0.3] };
        let nodes = nodes(&[split], &[None], GNB_ID_BITS);
        let text = config(&nodes, &Plmn::of_tests(), Firmness::Minimum);
        for part in [
            "<config xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\">\n",
            "<ManagedElement xmlns=\"urn:3gpp:sa5:_3gpp-common-managed-element\">\n    <id>ran&lt;1&gt;</id>\n",
            "<GNBDUFunction xmlns=\"urn:3gpp:sa5:_3gpp-nr-nrm-gnbdufunction\">\n      <id>du1</id>\n",
            "<NRCellDU xmlns=\"urn:3gpp:sa5:_3gpp-nr-nrm-nrcelldu\">\n        <id>nrcelldu1</id>\n",
            "<RRMPolicyRatio xmlns=\"urn:3gpp:sa5:_3gpp-nr-nrm-rrmpolicy\">\n          <id>1-010203</id>\n",
            "<mcc>001</mcc><mnc>01</mnc><sd>01:02:03</sd><sst>1</sst>",
            "<sd>ff:ff:ff</sd><sst>3</sst>",
            "<rRMPolicyMaxRatio>100</rRMPolicyMaxRatio>\n            <rRMPolicyMinRatio>70</rRMPolicyMinRatio>",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let opened = text.matches('<').count() - text.matches("</").count() - 1;
        assert_eq!(opened, text.matches("</").count(), "{text}");
    }
}
