//! Names of NR cells: identities in decimal or hexadecimal digits, distinguished names, and the gNB that
//! a cell belongs to.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::InputError;

use super::rrm_policy::CellSplit;

/// NR cell identity: 36 bits, the gNB's identity first, then the cell's number in it (3GPP TS 38.413,
/// clause 9.3.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NrCellIdentity(u64);

/// How nine digits without a letter are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityForm {
    /// As a decimal number.
    Decimal,
    /// As the hexadecimal digits of 36 bits.
    Hexadecimal,
}

/// Bits of a gNB's identity where nothing else is said: the least that 3GPP TS 38.413 allows, and what
/// srsRAN and OCUDU take by default.
pub const GNB_ID_BITS: u32 = 22;

/// What the name of a cell says of its identity.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reading {
    /// It is this one.
    Is(NrCellIdentity, Evidence),
    /// Nine digits that may be either.
    Either,
    /// Nothing.
    Nothing,
}

/// What a name says of the others of its table.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Evidence {
    Decimal,
    Hexadecimal,
    None,
}

impl NrCellIdentity {
    /// The largest identity.
    pub const LARGEST: u64 = (1 << 36) - 1;
    /// Bits of an identity.
    pub const BITS: u32 = 36;

    /// The identity of a generated cell: three cells to a gNB, numbered from 0.
    pub fn generated(index: usize) -> Self {
        let (gnb, cell) = (index as u64 / 3, index as u64 % 3);
        Self((gnb << (Self::BITS - GNB_ID_BITS) | cell) & Self::LARGEST)
    }

    /// Reads one name by itself: hexadecimal digits behind `0x`, nine hexadecimal digits that begin
    /// with 0 or hold a letter, a decimal number of more or fewer digits, or a distinguished name that
    /// ends in `NRCellDU=` and one of these. Nine digits that may be either need the other names of
    /// their table: [`identities`].
    ///
    /// # Errors
    /// Names `field`, what was found and what is allowed.
    pub fn parse(field: &str, text: &str) -> Result<Self, InputError> {
        match read(text, None) {
            Reading::Is(identity, _) => Ok(identity),
            Reading::Either => Err(either(field, text)),
            Reading::Nothing => Err(nothing(field, text)),
        }
    }

    fn new(number: u64) -> Option<Self> {
        (number <= Self::LARGEST).then_some(Self(number))
    }

    /// The identity as a number.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The identity of its gNB, which has `bits` bits: 22 to 32.
    pub fn gnb(self, bits: u32) -> u64 {
        self.0 >> (Self::BITS - bits)
    }

    /// The cell's number in its gNB, whose identity has `bits` bits.
    pub fn sector(self, bits: u32) -> u64 {
        self.0 & ((1 << (Self::BITS - bits)) - 1)
    }
}

impl fmt::Display for NrCellIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:09x}", self.0)
    }
}

fn nothing(field: &str, text: &str) -> InputError {
    let allowed = format!(
        "an NR cell identity: nine hexadecimal digits, a number of up to {}, or a name that ends in \
         NRCellDU= and one of these",
        NrCellIdentity::LARGEST
    );
    InputError::new(field, text, allowed)
}

fn either(field: &str, text: &str) -> InputError {
    let allowed = "a name that is either decimal or hexadecimal: nine digits are both, and the other \
                   names of the table do not tell; say which by --cell-identities decimal or \
                   hexadecimal, on the page under Export, NR cell identities";
    InputError::new(field, text, allowed)
}

/// What stands behind the last `NRCellDU=` of a distinguished name, or the whole name.
fn local_name(name: &str) -> (&str, bool) {
    let last = name.rsplit(',').next().unwrap_or(name);
    match last.split_once('=') {
        Some((class, id)) if is_class(class, "NRCellDU") || is_class(class, "NRCellCU") => {
            (id.trim(), true)
        }
        _ => (name.trim(), false),
    }
}

fn is_class(found: &str, class: &str) -> bool {
    found.trim().eq_ignore_ascii_case(class)
}

fn read(name: &str, form: Option<IdentityForm>) -> Reading {
    let (text, is_distinguished) = local_name(name);
    let is = |number: Option<u64>, evidence| match number.and_then(NrCellIdentity::new) {
        Some(identity) => Reading::Is(identity, evidence),
        None => Reading::Nothing,
    };
    let hexadecimal = |text| u64::from_str_radix(text, 16).ok();
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        return is(hexadecimal(digits).filter(|_| is_plain), Evidence::None);
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Reading::Nothing;
    }
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = text.len() == 9;
    match (is_decimal, form) {
        // All 36 bits are written as nine digits; decimal numbers are not filled up with zeros.
        (true, _) if is_whole && text.starts_with('0') => {
            is(hexadecimal(text), Evidence::Hexadecimal)
        }
        (true, None) if is_whole => Reading::Either,
        (true, Some(IdentityForm::Hexadecimal)) if text.len() <= 9 => {
            is(hexadecimal(text), Evidence::None)
        }
        (true, _) => {
            let number = text.parse().ok();
            // A small number in a distinguished name is the cell's number in its gNB (cellLocalId).
            let is_local = is_distinguished && number.is_some_and(|number: u64| number < 1 << 14);
            if is_local { Reading::Nothing } else { is(number, Evidence::Decimal) }
        }
        (false, Some(IdentityForm::Hexadecimal)) if text.len() < 9 => {
            is(hexadecimal(text), Evidence::None)
        }
        (false, _) if is_whole => is(hexadecimal(text), Evidence::Hexadecimal),
        (false, _) => Reading::Nothing,
    }
}

/// The identities that the cells of one table are named by; none for a name that is no identity. Nine
/// digits are read as the table's other names show: hexadecimal where one of them holds a letter or
/// begins with 0, decimal where one has more or fewer digits. `form` says it where they do not.
///
/// # Errors
/// Names the first cell that may be either, where neither the others nor `form` tell.
pub fn identities<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
    form: Option<IdentityForm>,
) -> Result<Vec<Option<NrCellIdentity>>, InputError> {
    let shown = form_shown(names.clone());
    let one = |name| match (read(name, form), shown) {
        (Reading::Is(identity, _), _) => Ok(Some(identity)),
        (Reading::Nothing, _) => Ok(None),
        (Reading::Either, None) => Err(either(&format!("cell {name}"), name)),
        (Reading::Either, shown) => match read(name, shown) {
            Reading::Is(identity, _) => Ok(Some(identity)),
            _ => Ok(None),
        },
    };
    names.map(one).collect()
}

/// How nine digits are read by the names of a table; none where they do not tell, or tell both.
pub fn form_shown<'a>(names: impl Iterator<Item = &'a str>) -> Option<IdentityForm> {
    let (mut decimal, mut hexadecimal) = (false, false);
    for name in names {
        if let Reading::Is(_, evidence) = read(name, None) {
            decimal |= evidence == Evidence::Decimal;
            hexadecimal |= evidence == Evidence::Hexadecimal;
        }
    }
    match (decimal, hexadecimal) {
        (true, false) => Some(IdentityForm::Decimal),
        (false, true) => Some(IdentityForm::Hexadecimal),
        _ => None,
    }
}

/// The first two names that are the same NR cell, as places in `identities`.
pub fn same_cell(identities: &[Option<NrCellIdentity>]) -> Option<(usize, usize)> {
    let mut seen = BTreeMap::new();
    for (index, identity) in identities.iter().enumerate() {
        if let Some(first) = identity.and_then(|identity| seen.insert(identity, index)) {
            return Some((first, index));
        }
    }
    None
}

/// A gNB, or what the names of cells say of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// Name of the `SubNetwork`.
    pub sub_network: String,
    /// Name of the `ManagedElement`.
    pub managed_element: String,
    /// Name of the `GnbDuFunction`.
    pub gnb_du_function: String,
    /// Identity of the gNB; none where the names do not tell.
    pub gnb: Option<u64>,
}

/// A cell of a [`Node`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlacedCell<'a> {
    /// Its split, under the name of the table.
    pub split: CellSplit<'a>,
    /// Its name within its gNB.
    pub id: &'a str,
    /// Whether the table names it by a distinguished name.
    pub is_distinguished: bool,
    /// Its identity; none where its name is none.
    pub identity: Option<NrCellIdentity>,
}

/// The cells of one gNB.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeCells<'a> {
    /// The gNB.
    pub node: Node,
    /// Its cells, in the table's order.
    pub cells: Vec<PlacedCell<'a>>,
}

/// Name of a subnetwork of which a cell's name says nothing.
const SUB_NETWORK: &str = "1";
/// The same of a gNB.
const UNNAMED: &str = "unnamed";

impl Node {
    /// The gNB of the cell `name`: by its distinguished name, else by its identity; cells that tell
    /// neither are taken for those of one gNB.
    fn of(name: &str, identity: Option<NrCellIdentity>, bits: u32) -> Self {
        let gnb = identity.map(|identity| identity.gnb(bits));
        let of_gnb = gnb.map_or_else(|| UNNAMED.to_owned(), |gnb| format!("gNB-{gnb}"));
        let part = |class: &str| {
            let mut parts = name.rsplit(',').filter_map(|part| part.split_once('='));
            parts.find(|(found, _)| is_class(found, class)).map(|(_, id)| id.trim().to_owned())
        };
        Self {
            sub_network: part("SubNetwork").unwrap_or_else(|| SUB_NETWORK.to_owned()),
            managed_element: part("ManagedElement").unwrap_or_else(|| of_gnb.clone()),
            gnb_du_function: part("GNBDUFunction").unwrap_or(of_gnb),
            gnb,
        }
    }

    /// The gNB for people.
    pub fn title(&self) -> String {
        match self.gnb {
            Some(gnb) => format!("gNB {gnb}"),
            None if self.managed_element == self.gnb_du_function => self.managed_element.clone(),
            None => format!("{} {}", self.managed_element, self.gnb_du_function),
        }
    }
}

/// The cells of `splits` by gNB, whose identities have `bits` bits. Those of one `SubNetwork` and of one
/// `ManagedElement` follow one another, otherwise the table's order stays.
pub fn nodes<'a>(
    splits: &[CellSplit<'a>],
    identities: &[Option<NrCellIdentity>],
    bits: u32,
) -> Vec<NodeCells<'a>> {
    let mut places: BTreeMap<Node, usize> = BTreeMap::new();
    let mut nodes: Vec<NodeCells<'a>> = Vec::new();
    for (index, split) in splits.iter().enumerate() {
        let identity = identities.get(index).copied().flatten();
        let node = Node::of(split.cell, identity, bits);
        let place = *places.entry(node).or_insert_with_key(|node| {
            nodes.push(NodeCells { node: node.clone(), cells: Vec::new() });
            nodes.len() - 1
        });
        let (id, is_distinguished) = local_name(split.cell);
        nodes[place].cells.push(PlacedCell { split: *split, id, is_distinguished, identity });
    }
    let mut networks = BTreeMap::new();
    let mut elements = BTreeMap::new();
    for (index, NodeCells { node, .. }) in nodes.iter().enumerate() {
        let network = *networks.entry(node.sub_network.clone()).or_insert(index);
        elements.entry((network, node.managed_element.clone())).or_insert(index);
    }
    nodes.sort_by_key(|NodeCells { node, .. }| {
        let network = networks.get(&node.sub_network).copied().unwrap_or_default();
        (network, elements.get(&(network, node.managed_element.clone())).copied())
    });
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(names: &[&str], form: Option<IdentityForm>) -> Result<Vec<Option<u64>>, InputError> {
        let found = identities(names.iter().copied(), form)?;
        Ok(found.into_iter().map(|found| found.map(NrCellIdentity::number)).collect())
    }

    #[test]
    fn cell_identities_are_read_as_they_are_written() {
        for (text, number) in [("00066c000", 0x66c000), ("fffffffff", NrCellIdentity::LARGEST)] {
            let identity = NrCellIdentity::parse("cell", text).unwrap();
            assert_eq!((identity.number(), identity.to_string()), (number, text.to_owned()));
        }
        for (text, number) in [
            ("17", 17),
            ("0x000000010", 16),
            ("0X66c000", 0x66c000),
            ("14567084500", 14_567_084_500),
            ("SubNetwork=a,ManagedElement=1,GNBDUFunction=2,NRCellDU=6733824", 6_733_824),
            ("ManagedElement=1, GnbDuFunction=2, NrCellDu=00066C000", 0x66c000),
        ] {
            assert_eq!(NrCellIdentity::parse("cell", text).unwrap().number(), number, "{text}");
        }
        assert_eq!(NrCellIdentity::generated(4).to_string(), "000004001");
        let long = format!("{}", NrCellIdentity::LARGEST + 1);
        for text in ["", "A1", "fffffffffff", &long, "-1", "+00000001", "0x", "0x+1", "NRCellDU=1"]
        {
            assert_eq!(NrCellIdentity::parse("cell", text).unwrap_err().field, "cell", "{text}");
        }
    }

    #[test]
    fn nine_digits_are_read_as_the_other_names_of_the_table_are() {
        let decimal = numbers(&["6733824", "135282688", "0x10"], None).unwrap();
        assert_eq!(decimal, [Some(6_733_824), Some(135_282_688), Some(16)]);
        for other in ["00066c000", "000000010"] {
            let found = numbers(&["135282688", other], None).unwrap();
            assert_eq!(found[0], Some(0x1_3528_2688), "{other}");
        }
        assert_eq!(numbers(&["north", "NRCellDU=2"], None).unwrap(), [None, None]);
    }

    #[test]
    fn nine_digits_of_which_nothing_tells_are_asked_for_and_never_guessed() {
        for names in [&["135282688", "135282689"][..], &["135282688", "6733824", "00066c000"]] {
            let error = numbers(names, None).unwrap_err();
            assert_eq!(error.field, "cell 135282688");
            assert!(error.allowed.contains("--cell-identities decimal or hexadecimal"), "{error}");
            let decimal = numbers(names, Some(IdentityForm::Decimal)).unwrap();
            assert_eq!(decimal[0], Some(135_282_688));
            let hexadecimal = numbers(names, Some(IdentityForm::Hexadecimal)).unwrap();
            assert_eq!(hexadecimal[0], Some(0x1_3528_2688));
        }
        let mixed = numbers(&["6733824", "00066C000"], Some(IdentityForm::Decimal)).unwrap();
        assert_eq!(mixed, [Some(6_733_824); 2]);
    }

    #[test]
    fn two_names_of_one_cell_are_found() {
        let found = identities(["17", "north", "south", "000000011"].into_iter(), None).unwrap();
        assert_eq!(same_cell(&found), Some((0, 3)));
        assert_eq!(same_cell(&found[..3]), None);
    }

    #[test]
    fn cells_are_grouped_by_their_gnb() {
        let names = [
            "ManagedElement=b,GNBDUFunction=1,NRCellDU=1",
            "000004001",
            "ManagedElement=c,GNBDUFunction=1,NRCellDU=1",
            "000004002",
            "ManagedElement=b,GNBDUFunction=2,NRCellDU=1",
            "ManagedElement=b,GNBDUFunction=1,NRCellDU=2",
            "north",
        ];
        let splits = names.map(|cell| CellSplit { cell, slices: &[], shares: &[] });
        let found = identities(names.into_iter(), None).unwrap();
        let nodes = nodes(&splits, &found, GNB_ID_BITS);
        let titles: Vec<_> =
            nodes.iter().map(|node| (node.node.title(), node.cells.len())).collect();
        let title = |text: &str, cells| (text.to_owned(), cells);
        assert_eq!(
            titles,
            [
                title("b 1", 2),
                title("b 2", 1),
                title("gNB 1", 2),
                title("c 1", 1),
                title("unnamed", 1)
            ]
        );
        assert_eq!(nodes[0].cells[1].id, "2");
        let identity = nodes[2].cells[1].identity.unwrap();
        assert_eq!((identity.gnb(22), identity.sector(22)), (1, 2));
        assert_eq!((identity.gnb(32), identity.sector(32)), (1024, 2));
    }
}
