//! Splits as `RRMPolicyRatio` of the 5G network resource model (3GPP TS 28.541, clause 4.3.36), out
//! and in.
//!
//! The document is JSON by the OpenAPI definition of that specification (`TS28541_NrNrm.yaml`,
//! Releases 16 to 18): `SubNetwork` contains `ManagedElement`, that `GnbDuFunction`, that `NrCellDu`
//! (`NRCellDU` in the specification's text and in older tools), and that `RRMPolicyRatio`, whose
//! `attributes` are `resourceType`, `rRMPolicyMemberList` (each with `plmnId` and `snssai`),
//! `rRMPolicyMaxRatio`, `rRMPolicyMinRatio` and `rRMPolicyDedicatedRatio`. Ratios are whole percent,
//! dedicated <= minimum <= maximum, and the minima of a cell sum to at most 100.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cells::{MOST_SLICES, SNssai};
use crate::error::InputError;

use super::nr_cell::{NodeCells, PlacedCell};

/// The resource that is shared: physical resource blocks in the downlink.
pub const RESOURCE_TYPE: &str = "PRB_DL";
/// The same in both directions.
pub const BOTH_DIRECTIONS: &str = "PRB";

/// A cell with its split, as every export reads it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellSplit<'a> {
    /// Name of the cell.
    pub cell: &'a str,
    /// Its slices.
    pub slices: &'a [SNssai],
    /// Their shares, 0 to 1, which sum to at most 1.
    pub shares: &'a [f64],
}

/// A public land mobile network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plmn {
    /// Mobile country code: three digits.
    pub mcc: String,
    /// Mobile network code: two or three digits.
    pub mnc: String,
}

/// How firmly a slice holds its share. The standard counts dedicated blocks among the minimum, so that a
/// dedicated share is a minimum too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Firmness {
    /// Minimum and maximum are the share: what the planner's estimators describe.
    #[default]
    Exact,
    /// The share is the minimum, and idle blocks of others may be used beyond it: maximum 100.
    Minimum,
    /// The share is kept free for the slice even while it is idle, and is all it gets: dedicated, minimum
    /// and maximum.
    Dedicated,
    /// The share is kept free for the slice, and idle blocks of others may be used beyond it: dedicated
    /// and minimum, maximum 100.
    Both,
}

impl Firmness {
    /// All of them, with what is said of them.
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Exact, "exact", "minimum and maximum are the share, as planned"),
        (Self::Minimum, "minimum", "minimum: idle blocks of others come on top"),
        (Self::Dedicated, "dedicated", "dedicated: kept free, and not more"),
        (Self::Both, "both", "both: kept free, and idle blocks of others on top"),
    ];
}

/// The ratios of one slice, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratios {
    /// Kept free for the slice, 0 to `minimum`.
    pub dedicated: u8,
    /// Guaranteed to the slice when it needs it, 0 to `maximum`.
    pub minimum: u8,
    /// What it may use at most, 0 to 100.
    pub maximum: u8,
}

/// A policy that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The members that it is for.
    pub members: Vec<(Plmn, SNssai)>,
    /// The resource that it shares: [`RESOURCE_TYPE`] or [`BOTH_DIRECTIONS`].
    pub resource: &'static str,
    /// Its ratios.
    pub ratios: Ratios,
}

/// The policies of a cell that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellPolicies {
    /// Name of the cell: the distinguished name where the document has it; none where the document holds
    /// the policies alone.
    pub cell: Option<String>,
    /// Its policies for PRB in the downlink.
    pub policies: Vec<Policy>,
    /// Policies for other resources, which were passed over: the place and the resource of each.
    pub passed_over: Vec<String>,
}

/// Shares as whole percent by the largest remainders. They sum to the shares' sum in percent,
/// rounded down, so to at most 100. A share above 0 never becomes 0: it gets at least 1, if need be
/// taken from the slice whose percentage exceeds its share most, and the sum grows where it is
/// smaller than the number of such slices. Each percentage is within 1 of its share unless it had
/// to give, and of two shares the larger never gets less.
pub fn percentages(shares: &[f64]) -> Vec<u8> {
    let quotas: Vec<f64> = shares.iter().map(|share| 100.0 * share.clamp(0.0, 1.0)).collect();
    // 100 times 0.29 is a little less than 29.
    let whole = |quota: f64| (quota + 1e-9).floor();
    let present = quotas.iter().filter(|quota| **quota > 0.0).count() as f64;
    let total = whole(quotas.iter().sum()).clamp(present.min(100.0), 100.0);
    let mut percent: Vec<f64> =
        quotas.iter().map(|quota| whole(*quota).max(f64::from(*quota > 0.0))).collect();
    let mut missing = total - percent.iter().sum::<f64>();
    while missing > 0.0 {
        let Some(index) = most(&quotas, &percent, |remainder| remainder, 0.0) else { break };
        percent[index] += 1.0;
        missing -= 1.0;
    }
    while missing < 0.0 {
        let Some(index) = most(&quotas, &percent, |remainder| -remainder, 2.0) else { break };
        percent[index] -= 1.0;
        missing += 1.0;
    }
    percent.iter().map(|percent| *percent as u8).collect()
}

/// The slice with the largest `rank` of quota - percentage, among those with a quota and at least
/// `least` percent; of equals the one with the larger quota if something is given, with the smaller
/// one if something is taken, then the first.
fn most(quotas: &[f64], percent: &[f64], rank: fn(f64) -> f64, least: f64) -> Option<usize> {
    let mut best: Option<(usize, f64, f64)> = None;
    for (index, (quota, percent)) in quotas.iter().zip(percent).enumerate() {
        if *quota <= 0.0 || *percent < least {
            continue;
        }
        let candidate = (rank(quota - percent), rank(*quota));
        if best.is_none_or(|(_, first, second)| candidate > (first, second)) {
            best = Some((index, candidate.0, candidate.1));
        }
    }
    best.map(|(index, ..)| index)
}

impl Plmn {
    /// The network of tests: 001-01 (ITU-T E.212 keeps country code 001 for them).
    pub fn of_tests() -> Self {
        Self { mcc: "001".to_owned(), mnc: "01".to_owned() }
    }

    /// Reads `001-01`, `001-001`, `00101` or `001001`.
    ///
    /// # Errors
    /// Names `field`, what was found and what is allowed.
    pub fn parse(field: &str, text: &str) -> Result<Self, InputError> {
        let (mcc, mnc) = match text.split_once('-') {
            Some(parts) => parts,
            None => text.split_at_checked(3).unwrap_or((text, "")),
        };
        let plmn = Self { mcc: mcc.to_owned(), mnc: mnc.to_owned() };
        if plmn.is_valid() { Ok(plmn) } else { Err(InputError::new(field, text, PLMN_FORM)) }
    }

    fn is_valid(&self) -> bool {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let lengths = self.mcc.len() == 3 && matches!(self.mnc.len(), 2 | 3);
        lengths && digits(&self.mcc) && digits(&self.mnc)
    }

    /// As the standards' JSON has it.
    pub fn json(&self) -> Value {
        json!({ "mcc": self.mcc, "mnc": self.mnc })
    }
}

const PLMN_FORM: &str = "a country code of three digits and a network code of two or three: 001-01";

impl fmt::Display for Plmn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.mcc, self.mnc)
    }
}

/// An S-NSSAI as the standards' JSON has it: `sst` as a number, `sd` as six hexadecimal digits.
pub fn snssai_json(snssai: SNssai) -> Value {
    match snssai.sd {
        Some(sd) => json!({ "sst": snssai.sst, "sd": format!("{sd:06x}") }),
        None => json!({ "sst": snssai.sst }),
    }
}

impl Ratios {
    /// What the standard assumes where nothing is said: nothing is kept free or guaranteed, and
    /// everything may be used.
    pub const DEFAULT: Self = Self { dedicated: 0, minimum: 0, maximum: 100 };

    /// The ratios of a slice that has `percent` of the cell.
    pub fn of_share(percent: u8, firmness: Firmness) -> Self {
        match firmness {
            Firmness::Exact => Self { dedicated: 0, minimum: percent, maximum: percent },
            Firmness::Minimum => Self { dedicated: 0, minimum: percent, maximum: 100 },
            Firmness::Dedicated => Self { dedicated: percent, minimum: percent, maximum: percent },
            Firmness::Both => Self { dedicated: percent, minimum: percent, maximum: 100 },
        }
    }
}

/// The ratios of each slice of a split.
pub fn ratios(split: &CellSplit<'_>, firmness: Firmness) -> Vec<Ratios> {
    let percent = percentages(split.shares);
    percent.into_iter().map(|percent| Ratios::of_share(percent, firmness)).collect()
}

/// The attributes of an `RRMPolicyRatio` of `resource` for one slice.
pub fn attributes(plmn: &Plmn, snssai: SNssai, resource: &str, ratios: Ratios) -> Value {
    json!({
        "resourceType": resource,
        "rRMPolicyMemberList": [{ "plmnId": plmn.json(), "snssai": snssai_json(snssai) }],
        "rRMPolicyMaxRatio": ratios.maximum,
        "rRMPolicyMinRatio": ratios.minimum,
        "rRMPolicyDedicatedRatio": ratios.dedicated,
    })
}

/// A cell with its policies: an `NrCellDu` object, with its distinguished name where the table has it.
pub fn cell(cell: &PlacedCell<'_>, plmn: &Plmn, firmness: Firmness) -> Value {
    let policies: Vec<Value> = cell
        .split
        .slices
        .iter()
        .zip(ratios(&cell.split, firmness))
        .map(|(snssai, ratios)| {
            let attributes = attributes(plmn, *snssai, RESOURCE_TYPE, ratios);
            json!({ "id": snssai.to_string(), "attributes": attributes })
        })
        .collect();
    let mut object = json!({ "id": cell.id, "RRMPolicyRatio": policies });
    if cell.is_distinguished {
        object["objectInstance"] = Value::from(cell.split.cell);
    }
    object
}

/// The document with the policies of all cells of `nodes`, as JSON on one line per cell: a city's document
/// is never held as a tree. It has no attributes of the objects above: `gnbId` is text in Release 16 and a
/// number in Release 18, and nobody wants it changed.
pub fn document(nodes: &[NodeCells<'_>], plmn: &Plmn, firmness: Firmness) -> String {
    let mut text = "{\"SubNetwork\":[".to_owned();
    let mut previous: Option<&NodeCells<'_>> = None;
    for of_node in nodes {
        let node = &of_node.node;
        let same_network = previous.is_some_and(|NodeCells { node: previous, .. }| {
            previous.sub_network == node.sub_network
        });
        let same_element = same_network
            && previous.is_some_and(|NodeCells { node: previous, .. }| {
                previous.managed_element == node.managed_element
            });
        text += match (previous.is_some(), same_network, same_element) {
            (_, _, true) => ",",
            (_, true, false) => "]},",
            (true, ..) => "]}]},",
            (false, ..) => "",
        };
        // Writing to text cannot fail.
        if !same_network {
            let _ = write!(text, "{{\"id\":{},\"ManagedElement\":[", json!(node.sub_network));
        }
        if !same_element {
            let _ = write!(text, "\n{{\"id\":{},\"GnbDuFunction\":[", json!(node.managed_element));
        }
        let _ = write!(text, "{{\"id\":{},", json!(node.gnb_du_function));
        text += "\"NrCellDu\":[\n";
        for (index, placed) in of_node.cells.iter().enumerate() {
            let separator = if index == 0 { "" } else { ",\n" };
            let _ = write!(text, "{separator}{}", cell(placed, plmn, firmness));
        }
        text += "\n]}";
        previous = Some(of_node);
    }
    text + if previous.is_some() { "]}]}]}\n" } else { "]}\n" }
}

/// Objects that contain cells, and cells, under the names of the OpenAPI definition and of the
/// specification's text.
const CONTAINERS: [&str; 4] = ["data", "SubNetwork", "ManagedElement", "GnbDuFunction"];
const CELLS: [&str; 1] = ["NrCellDu"];

/// Reads a document with policies for PRB in the downlink and checks what the standard demands: one
/// with `NrCellDu` (or `NRCellDU`), alone or inside its `GnbDuFunction`, `ManagedElement` and
/// `SubNetwork`, or `RRMPolicyRatio` alone. A missing ratio is the standard's default: maximum 100,
/// minimum and dedicated 0. Policies for other resources are passed over and told; other attributes and
/// objects are passed over. `sNSSAI` and `pLMNId`, as the specification's text names them, are understood
/// like `snssai` and `plmnId`. So are an object in place of a list of one, names in another case and behind a
/// YANG module's (`_3gpp-nr-nrm-nrcelldu:NRCellDU`), what is wrapped with its `objectClass`, and `sd` as
/// octets or as a number.
///
/// # Errors
/// Names the first field that is wrong by its path.
pub fn read(text: &str) -> Result<Vec<CellPolicies>, InputError> {
    let allowed =
        "JSON with NrCellDu (or NRCellDU), in the objects that contain it, or RRMPolicyRatio";
    let document: Value =
        serde_json::from_str(text).map_err(|error| InputError::new("document", error, allowed))?;
    let document = in_its_class(document);
    let mut found = Vec::new();
    if read_cells_in(&document, &mut found)? {
        return Ok(found);
    }
    if member(&document, "RRMPolicyRatio").is_none() {
        return Err(InputError::new("document", "without them", allowed));
    }
    Ok(vec![read_policies(&document)?])
}

/// An object that names its class, or a list of such, below their class's name.
fn in_its_class(document: Value) -> Value {
    let class_of =
        |value: &Value| value.get("objectClass").and_then(Value::as_str).map(str::to_owned);
    let first = document.as_array().and_then(|list| list.first());
    let class = class_of(first.unwrap_or(&document));
    match class {
        Some(class) => json!({ class: document }),
        None if first.is_some_and(|first| first.get("attributes").is_some()) => {
            json!({ "RRMPolicyRatio": document })
        }
        None => document,
    }
}

/// The member of this name, in any case and behind the name of a YANG module or not.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.get(name).or_else(|| named_member(value, name).map(|(_, found)| found))
}

/// The same with the name that it has.
fn named_member<'a>(value: &'a Value, name: &str) -> Option<(&'a str, &'a Value)> {
    let is_it = |(found, _): &(&String, &Value)| {
        let local = found.rsplit_once(':').map_or(found.as_str(), |(_, local)| local);
        local.eq_ignore_ascii_case(name)
    };
    value.as_object()?.iter().find(is_it).map(|(name, found)| (name.as_str(), found))
}

/// The objects of a list, or the only one that stands in its place.
fn objects<'a>(field: &str, value: &'a Value) -> Result<&'a [Value], InputError> {
    match value {
        Value::Object(_) => Ok(std::slice::from_ref(value)),
        value => list(field, value).map(Vec::as_slice),
    }
}

/// Adds the cells in `parent`; false where it has no object that could contain one.
fn read_cells_in(parent: &Value, found: &mut Vec<CellPolicies>) -> Result<bool, InputError> {
    let mut any = false;
    for (is_cell, class) in
        CONTAINERS.map(|class| (false, class)).into_iter().chain(CELLS.map(|class| (true, class)))
    {
        let Some((class, inside)) = named_member(parent, class) else { continue };
        any = true;
        for (index, object) in objects(class, inside)?.iter().enumerate() {
            let read = match is_cell {
                true => read_cell(object).map(|cell| found.push(cell)),
                false => read_cells_in(object, found).map(drop),
            };
            read.map_err(|error| error.within(&format!("{class}[{index}]")))?;
        }
    }
    Ok(any)
}

fn read_cell(value: &Value) -> Result<CellPolicies, InputError> {
    let text = |field: &str| match member(value, field)? {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let Some(name) = text("objectInstance").or_else(|| text("id")) else {
        return Err(wrong("id", value.get("id"), "the cell's name"));
    };
    Ok(CellPolicies { cell: Some(name), ..read_policies(value)? })
}

fn read_policies(parent: &Value) -> Result<CellPolicies, InputError> {
    let values = match member(parent, "RRMPolicyRatio") {
        Some(values) => objects("RRMPolicyRatio", values)?,
        None => return Err(wrong("RRMPolicyRatio", None, "a list of policies")),
    };
    let policies = values.iter().enumerate().map(|(index, value)| {
        let place = format!("RRMPolicyRatio[{index}]");
        // Some leave the level of the attributes out.
        let attributes =
            member(value, "attributes").or(member(value, "resourceType").map(|_| value));
        let Some(attributes) = attributes.filter(|attributes| attributes.is_object()) else {
            return Err(wrong("attributes", value.get("attributes"), "an object").within(&place));
        };
        Ok((format!("{place}.attributes"), attributes))
    });
    let policies = policies.collect::<Result<Vec<_>, InputError>>()?;
    cell_policies(policies, "RRMPolicyRatio")
}

/// The policies of a cell from their attributes, each with its place; `list` is what holds them.
pub(super) fn cell_policies(
    attributes: Vec<(String, &Value)>,
    list: &str,
) -> Result<CellPolicies, InputError> {
    let (mut policies, mut passed_over) = (Vec::new(), Vec::new());
    for (place, attributes) in attributes {
        match read_attributes(attributes).map_err(|error| error.within(&place))? {
            Read::Policy(policy) => {
                check_members(&policies, &policy).map_err(|error| error.within(&place))?;
                policies.push(policy);
            }
            Read::Other(resource) => passed_over.push(format!("{place}: {resource}")),
        }
    }
    let is_empty = policies.is_empty() && passed_over.is_empty();
    if is_empty || policies.len() > MOST_SLICES {
        let allowed = format!("1 to {MOST_SLICES} policies");
        return Err(InputError::new(list, format!("{} of them", policies.len()), allowed));
    }
    check_minima(&policies)?;
    Ok(CellPolicies { cell: None, policies, passed_over })
}

fn check_members(policies: &[Policy], policy: &Policy) -> Result<(), InputError> {
    let is_taken = |member| policies.iter().any(|other| other.members.contains(member));
    let Some((plmn, snssai)) = policy.members.iter().find(|member| is_taken(member)) else {
        return Ok(());
    };
    let allowed = "members that no other policy of the cell has";
    Err(InputError::new("rRMPolicyMemberList", format!("{snssai} of {plmn}"), allowed))
}

/// Checks that the minima of a cell sum to at most 100.
pub(super) fn check_minima(policies: &[Policy]) -> Result<(), InputError> {
    let minimum: u32 = policies.iter().map(|policy| u32::from(policy.ratios.minimum)).sum();
    if minimum <= 100 {
        return Ok(());
    }
    let allowed = "at most 100 over the policies of a cell";
    Err(InputError::new("sum of rRMPolicyMinRatio", minimum, allowed))
}

/// Attributes that were read.
enum Read {
    Policy(Policy),
    /// Those of a policy for this resource.
    Other(String),
}

fn read_attributes(attributes: &Value) -> Result<Read, InputError> {
    let field = member(attributes, "resourceType");
    let resource = match field.and_then(Value::as_str) {
        Some(name) if name.eq_ignore_ascii_case(RESOURCE_TYPE) => RESOURCE_TYPE,
        Some(name) if name.eq_ignore_ascii_case(BOTH_DIRECTIONS) => BOTH_DIRECTIONS,
        Some(other) => return Ok(Read::Other(other.to_owned())),
        None => return Err(wrong("resourceType", field, "PRB_DL or PRB; others are passed over")),
    };
    let ratios = read_ratios(
        attributes,
        ["rRMPolicyMaxRatio", "rRMPolicyMinRatio", "rRMPolicyDedicatedRatio"],
    )?;
    let field = "rRMPolicyMemberList";
    let members = match self::member(attributes, field) {
        Some(members) => objects(field, members)?,
        None => return Err(wrong(field, None, "a list of members")),
    };
    if members.is_empty() {
        return Err(InputError::new(field, "", "at least one member"));
    }
    let member = |(index, value): (usize, &Value)| {
        read_member(value).map_err(|error| error.within(&format!("{field}[{index}]")))
    };
    let members = members.iter().enumerate().map(member).collect::<Result<_, _>>()?;
    Ok(Read::Policy(Policy { members, resource, ratios }))
}

/// The ratios of `attributes` under the names of maximum, minimum and dedicated.
pub(super) fn read_ratios(
    attributes: &Value,
    [maximum, minimum, dedicated]: [&str; 3],
) -> Result<Ratios, InputError> {
    let default = Ratios::DEFAULT;
    let most = ratio(attributes, maximum, default.maximum, (100, ""))?;
    let above = format!(": {maximum}");
    let least = ratio(attributes, minimum, default.minimum, (most, &above))?;
    let above = format!(": {minimum}");
    let kept = ratio(attributes, dedicated, default.dedicated, (least, &above))?;
    Ok(Ratios { dedicated: kept, minimum: least, maximum: most })
}

fn ratio(
    attributes: &Value,
    field: &str,
    default: u8,
    (largest, reason): (u8, &str),
) -> Result<u8, InputError> {
    let Some(value) = member(attributes, field).filter(|value| !value.is_null()) else {
        return Ok(default);
    };
    let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    let number = number.and_then(|number| u8::try_from(number).ok());
    number.filter(|number| *number <= largest).ok_or_else(|| {
        wrong(field, Some(value), &format!("a whole number from 0 to {largest}{reason}"))
    })
}

fn read_member(value: &Value) -> Result<(Plmn, SNssai), InputError> {
    // NETCONF's lists have the codes beside the slice.
    let network = member(value, "plmnId").or(member(value, "mcc").map(|_| value));
    let digits = |name: &str| match member(network?, name)? {
        Value::String(text) => Some(text.clone()),
        // A code of three digits loses none as a number; a shorter one may have begun with 0.
        Value::Number(number) => Some(number.to_string()).filter(|digits| digits.len() == 3),
        _ => None,
    };
    let plmn = match network {
        Some(Value::String(text)) => Plmn::parse("plmnId", text).ok(),
        _ => digits("mcc").zip(digits("mnc")).map(|(mcc, mnc)| Plmn { mcc, mnc }),
    };
    let Some(plmn) = plmn.filter(Plmn::is_valid) else {
        return Err(wrong("plmnId", network, PLMN_FORM));
    };
    let field = if value.get("sNSSAI").is_some() { "sNSSAI" } else { "snssai" };
    let slice = member(value, field).or(member(value, "sst").map(|_| value));
    if let Some(Value::String(text)) = slice {
        return Ok((plmn, SNssai::parse(field, text)?));
    }
    let sst = slice.and_then(|slice| member(slice, "sst"));
    let sst = sst.and_then(|sst| sst.as_u64().or_else(|| sst.as_str()?.trim().parse().ok()));
    let Some(sst) = sst.and_then(|sst| u8::try_from(sst).ok()) else {
        return Err(wrong(field, slice, "an object with sst from 0 to 255"));
    };
    let sd = match slice.and_then(|slice| member(slice, "sd")) {
        None | Some(Value::Null) => None,
        // Octets, as YANG has them, are the same digits; a number is what it is.
        Some(Value::String(text)) => Some(text.replace(':', "")),
        Some(Value::Number(number)) => {
            Some(number.as_u64().map_or_else(|| number.to_string(), |sd| format!("0x{sd:06x}")))
        }
        Some(other) => Some(other.to_string()),
    };
    // Six digits f mean that there is no differentiator (3GPP TS 23.003, clause 28.4.2).
    let snssai = match sd {
        None => Ok(SNssai { sst, sd: None }),
        Some(sd) => SNssai::parse(field, &format!("{sst}-{sd}")),
    };
    Ok((plmn, snssai?))
}

pub(super) fn list<'a>(field: &str, value: &'a Value) -> Result<&'a Vec<Value>, InputError> {
    value.as_array().ok_or_else(|| wrong(field, Some(value), "a list"))
}

pub(super) fn wrong(field: &str, value: Option<&Value>, allowed: &str) -> InputError {
    let found = value.map_or_else(|| "missing".to_owned(), Value::to_string);
    InputError::new(field, found, allowed)
}

#[cfg(test)]
mod tests {
    use super::super::nr_cell::{GNB_ID_BITS, identities, nodes};
    use super::*;

    /// All ways to write `total` as `parts` whole numbers.
    fn partitions(total: u32, parts: usize, found: &mut Vec<u32>, visit: &mut dyn FnMut(&[u32])) {
        if parts == 1 {
            found.push(total);
            visit(found);
            found.pop();
            return;
        }
        for part in 0..=total {
            found.push(part);
            partitions(total - part, parts - 1, found, visit);
            found.pop();
        }
    }

    fn check(shares: &[f64]) {
        let percent = percentages(shares);
        let sum: u32 = percent.iter().map(|percent| u32::from(*percent)).sum();
        let quota_sum: f64 = shares.iter().sum::<f64>() * 100.0;
        let present = shares.iter().filter(|share| **share > 0.0).count() as u32;
        let expected = ((quota_sum + 1e-9).floor() as u32).max(present);
        assert_eq!(sum, expected.min(100), "{shares:?}: {percent:?}");
        let nothing_to_give = shares.iter().all(|share| *share == 0.0 || 100.0 * share >= 1.0);
        for (index, (share, percent)) in shares.iter().zip(&percent).enumerate() {
            assert_eq!(*share > 0.0, *percent > 0, "{shares:?}: {percent:?}");
            let off = (f64::from(*percent) - 100.0 * share).abs();
            assert!(!nothing_to_give || off < 1.0, "{shares:?}: {index} is off by {off}");
        }
        for (one, of_one) in shares.iter().zip(&percent) {
            for (other, of_other) in shares.iter().zip(&percent) {
                assert!(one <= other || of_one >= of_other, "{shares:?}: {percent:?}");
            }
        }
    }

    #[test]
    fn rounded_shares_sum_up_starve_nobody_and_keep_their_order_in_every_split() {
        let mut splits = 0;
        for (grid, slices, sums) in [(401, 2, 3), (150, 3, 150), (60, 4, 60), (30, 5, 30)] {
            for total in (0..=grid).rev().take(sums) {
                partitions(total, slices, &mut Vec::new(), &mut |parts| {
                    let shares: Vec<f64> =
                        parts.iter().map(|part| f64::from(*part) / f64::from(grid)).collect();
                    check(&shares);
                    splits += 1;
                });
            }
        }
        assert!(splits > 1_000_000, "{splits}");
    }

    #[test]
    fn sixteen_slices_of_which_fifteen_have_next_to_nothing_all_get_some() {
        let mut shares = vec![1e-7; 15];
        shares.push(1.0 - 15e-7);
        check(&shares);
        assert_eq!(percentages(&shares)[15], 85);
        check(&[1e-9; 16]);
        check(&[1.0 / 16.0; 16]);
        check(&[0.29, 0.57, 0.14]);
        assert_eq!(percentages(&[0.29, 0.57, 0.14]), [29, 57, 14]);
        assert_eq!(percentages(&[1.0 / 3.0; 3]), [34, 33, 33]);
        assert_eq!(percentages(&[0.0, 0.0]), [0, 0]);
        assert_eq!(percentages(&[]), Vec::<u8>::new());
    }

    fn split() -> (Vec<SNssai>, Vec<f64>) {
        let slice = |sst, sd| SNssai { sst, sd };
        (
            vec![slice(1, Some(1)), slice(1, Some(0xabcdef)), slice(3, None)],
            vec![0.505, 0.29, 0.205],
        )
    }

    #[test]
    fn a_document_is_read_as_it_is_written() {
        let (slices, shares) = split();
        let plmn = Plmn::parse("plmn", "001-01").unwrap();
        let cell = |cell| CellSplit { cell, slices: &slices, shares: &shares };
        let distinguished = "SubNetwork=a,ManagedElement=b,GNBDUFunction=c,NRCellDU=1";
        let names = ["A", "B \"north\"", distinguished, "000004001", "000008001"];
        let splits = names.map(cell);
        let identities = identities(names.into_iter(), None).unwrap();
        let nodes = nodes(&splits, &identities, GNB_ID_BITS);
        for (firmness, ratios) in [
            (Firmness::Exact, (0, 29, 29)),
            (Firmness::Minimum, (0, 29, 100)),
            (Firmness::Dedicated, (29, 29, 29)),
            (Firmness::Both, (29, 29, 100)),
        ] {
            let text = document(&nodes, &plmn, firmness);
            let read = read(&text).unwrap();
            let found: Vec<_> = read.iter().filter_map(|cell| cell.cell.as_deref()).collect();
            assert_eq!(found, ["A", "B \"north\"", "000004001", "000008001", distinguished]);
            let policies = &read[0].policies;
            let members: Vec<_> = policies.iter().flat_map(|policy| &policy.members).collect();
            assert!(members.iter().zip(&slices).all(|(member, slice)| member.1 == *slice));
            let (dedicated, minimum, maximum) = ratios;
            assert_eq!(policies[1].ratios, Ratios { dedicated, minimum, maximum });
            let sum: u32 = policies.iter().map(|policy| u32::from(policy.ratios.minimum)).sum();
            assert_eq!(sum, 100);
        }
    }

    /// A document with one policy whose attribute `field` is `value`.
    fn refused(field: &str, value: Value) -> String {
        let (slices, _) = split();
        let ratios = Ratios { dedicated: 10, minimum: 20, maximum: 30 };
        let mut attributes = attributes(&Plmn::of_tests(), slices[0], RESOURCE_TYPE, ratios);
        attributes[field] = value;
        read(&json!({ "RRMPolicyRatio": [{ "id": "1", "attributes": attributes }] }).to_string())
            .map(|_| ())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn damaged_documents_are_named_by_their_field() {
        let path = "RRMPolicyRatio[0].attributes";
        for (field, value, expected) in [
            ("rRMPolicyMaxRatio", json!(101), "is 101; allowed: a whole number from 0 to 100"),
            (
                "rRMPolicyMaxRatio",
                json!(19),
                "rRMPolicyMinRatio is 20; allowed: a whole number from 0 to 19: rRMPolicyMaxRatio",
            ),
            (
                "rRMPolicyMinRatio",
                json!(9),
                "rRMPolicyDedicatedRatio is 10; allowed: a whole number from 0 to 9: rRMPolicyMinRatio",
            ),
            ("rRMPolicyMinRatio", json!(20.5), "is 20.5; allowed"),
            ("rRMPolicyMinRatio", json!("2x"), "is \"2x\"; allowed"),
            ("rRMPolicyDedicatedRatio", json!(-1), "is -1; allowed"),
            ("resourceType", json!(1), "is 1; allowed: PRB_DL or PRB"),
            ("rRMPolicyMemberList", json!([]), "is empty; allowed: at least one member"),
            ("rRMPolicyMemberList", json!(1), "is 1; allowed: a list"),
            (
                "rRMPolicyMemberList",
                json!([{"plmnId": {"mcc": "1", "mnc": "01"}}]),
                "[0].plmnId is {",
            ),
            (
                "rRMPolicyMemberList",
                json!([{"plmnId": {"mcc": "001", "mnc": "01"}}]),
                "[0].snssai is missing",
            ),
            (
                "rRMPolicyMemberList",
                json!([{"plmnId": {"mcc": "001", "mnc": "01"}, "snssai": {"sst": 256}}]),
                "[0].snssai is {\"sst\":256}",
            ),
            (
                "rRMPolicyMemberList",
                json!([{"plmnId": {"mcc": "001", "mnc": "01"}, "snssai": {"sst": 1, "sd": "10"}}]),
                "[0].snssai is 1-10; allowed",
            ),
            (
                "rRMPolicyMemberList",
                json!([{"plmnId": {"mcc": "001", "mnc": "01"}, "snssai": {"sst": 1, "sd": 5.5}}]),
                "[0].snssai is 1-5.5; allowed",
            ),
            (
                "rRMPolicyMemberList",
                json!([{"plmnId": {"mcc": "001", "mnc": "01"}, "snssai": {"sst": 1, "sd": 16_777_216}}]),
                "[0].snssai is 1-0x1000000; allowed",
            ),
        ] {
            let message = refused(field, value);
            assert!(message.starts_with(path) && message.contains(expected), "{message}");
        }
        let message = |text: &str| read(text).map(|_| ()).unwrap_err().to_string();
        assert!(message("").starts_with("document is EOF"));
        assert!(message("{}").starts_with("document is without them"));
        assert!(message("{\"NRCellDU\":1}").starts_with("NRCellDU is 1; allowed: a list"));
        assert!(message("{\"NRCellDU\":[{\"id\":\"\"}]}").starts_with("NRCellDU[0].id is \"\""));
        assert!(
            message("{\"NRCellDU\":[{\"id\":\"A\"}]}")
                .starts_with("NRCellDU[0].RRMPolicyRatio is missing")
        );
    }

    #[test]
    fn policies_for_other_resources_are_passed_over_and_told() {
        let (slices, _) = split();
        let policy = |resource: &str| {
            let attributes = attributes(
                &Plmn::of_tests(),
                slices[0],
                resource,
                Ratios::of_share(40, Firmness::Exact),
            );
            json!({ "id": resource, "attributes": attributes })
        };
        let all = ["RRC_CONNECTED_USERS", "PRB", "PRB_UL"].map(policy);
        let cell = json!({ "id": "A", "RRMPolicyRatio": all });
        let whole = json!({ "ManagedElement": [{ "GNBDUFunction": [{ "NRCellDU": [cell] }] }] });
        let found = read(&whole.to_string()).unwrap();
        assert_eq!((found.len(), found[0].policies.len()), (1, 1));
        assert_eq!(found[0].policies[0].resource, BOTH_DIRECTIONS);
        assert_eq!(
            found[0].passed_over,
            [
                "RRMPolicyRatio[0].attributes: RRC_CONNECTED_USERS",
                "RRMPolicyRatio[2].attributes: PRB_UL"
            ]
        );
        let only = json!({ "NrCellDu": [{ "id": "A", "RRMPolicyRatio": [policy("DRB")] }] });
        assert!(read(&only.to_string()).unwrap()[0].policies.is_empty());
    }

    #[test]
    fn minima_beyond_the_cell_and_members_named_twice_are_refused() {
        let (slices, _) = split();
        let policy = |index: usize, minimum| {
            let ratios = Ratios { dedicated: 0, minimum, maximum: 100 };
            json!({ "attributes": attributes(&Plmn::of_tests(), slices[index], RESOURCE_TYPE, ratios) })
        };
        let message = |policies: Vec<Value>| {
            let document = json!({ "NRCellDU": [{ "id": "A", "RRMPolicyRatio": policies }] });
            read(&document.to_string()).map(|_| ()).unwrap_err().to_string()
        };
        assert_eq!(
            message(vec![policy(0, 60), policy(1, 41)]),
            "NRCellDU[0].sum of rRMPolicyMinRatio is 101; allowed: at most 100 over the policies of a cell"
        );
        assert!(message(vec![policy(0, 10), policy(0, 10)]).starts_with(
            "NRCellDU[0].RRMPolicyRatio[1].attributes.rRMPolicyMemberList is 1-000001 of 001-01"
        ));
        assert!(message(Vec::new()).starts_with("NRCellDU[0].RRMPolicyRatio is 0 of them"));
    }

    #[test]
    fn ratios_that_are_not_there_are_the_standards_defaults() {
        let text = json!({ "RRMPolicyRatio": [{ "attributes": {
            "resourceType": "PRB",
            "rRMPolicyMemberList": [{
                "plmnId": { "mcc": "001", "mnc": "001" },
                "sNSSAI": { "sst": 1, "sd": "FFFFFF" },
            }],
        }}]});
        let read = read(&text.to_string()).unwrap();
        assert_eq!(read[0].policies[0].ratios, Ratios::DEFAULT);
        assert_eq!(read[0].policies[0].members[0].1, SNssai { sst: 1, sd: None });
    }

    #[test]
    fn networks_are_read_as_they_are_written() {
        for text in ["001-01", "310-150"] {
            assert_eq!(Plmn::parse("plmn", text).unwrap().to_string(), text);
        }
        assert_eq!(Plmn::parse("plmn", "00101").unwrap(), Plmn::of_tests());
        for text in ["", "1-01", "001-1", "001-0001", "00x-01", "ää"] {
            assert_eq!(Plmn::parse("plmn", text).unwrap_err().field, "plmn", "{text}");
        }
    }
}
