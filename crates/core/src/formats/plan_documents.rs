//! Planned cells as the documents that a network takes: every format, with what is known of its
//! receivers. Page and command write them by the same functions.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cells::{CellBatch, CellPlans, HISTORY, SNssai};
use crate::error::InputError;
use crate::packed_numbers;

use super::a1::{self, PolicyType, SliceTarget};
use super::e2sm_ccc::{self, ControlledCell};
use super::nr_cell::{
    GNB_ID_BITS, IdentityForm, NodeCells, NrCellIdentity, form_shown, identities, nodes, same_cell,
};
use super::open_air_interface::{self, Dialect};
use super::rrm_policy::{self, CellPolicies, CellSplit, Firmness, Plmn};
use super::{netconf, srsran, zip};

/// What planned cells can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `RRMPolicyRatio` (3GPP TS 28.541).
    RrmPolicy,
    /// `O-RRMPolicyRatio` (O-RAN E2SM-CCC).
    E2smCcc,
    /// Slice targets (O-RAN A1).
    A1(PolicyType),
    /// Configuration of a gNB of srsRAN Project or OCUDU.
    SrsRan,
    /// Commands for a running one.
    SrsRanCommand,
    /// `rrmPolicy.json` of OpenAirInterface.
    OpenAirInterface(Dialect),
    /// NETCONF for the YANG modules of 3GPP.
    Netconf,
}

/// A format in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Described {
    /// The format.
    pub format: Format,
    /// Its name for commands.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Which release, which software takes it, what was checked and how.
    pub note: &'static str,
}

/// All formats.
pub const FORMATS: [Described; 9] = [
    Described {
        format: Format::RrmPolicy,
        name: "rrm",
        title: "3GPP RRMPolicyRatio (JSON)",
        note: "3GPP TS 28.541, Releases 16 to 18, for management systems (O1). Checked against the \
               published OpenAPI definitions of Releases 16 and 18; not checked against a receiver",
    },
    Described {
        format: Format::E2smCcc,
        name: "e2sm",
        title: "O-RAN E2SM-CCC (JSON)",
        note: "E2SM-CCC, control style 2: header and message per gNB, for a near-RT RIC. Checked \
               against the rules by which OCUDU (July 2026) reads it; not checked against a receiver",
    },
    Described {
        format: Format::A1(PolicyType::Current),
        name: "a1",
        title: "O-RAN A1 slice targets (JSON)",
        note: "Policy type ORAN_SliceSLATarget_4.0.1 of A1TD R004 version 11: one policy per slice, for \
               a near-RT RIC. Checked against the type's schema; not checked against a receiver",
    },
    Described {
        format: Format::A1(PolicyType::First),
        name: "a1-1.0.0",
        title: "O-RAN A1, type 1.0.0 (JSON)",
        note: "Policy type ORAN_SliceSLATarget_1.0.0, without delays, for a near-RT RIC such as SD-RAN's. \
               Checked against the type's schema; not checked against a receiver",
    },
    Described {
        format: Format::SrsRan,
        name: "srsran",
        title: "srsRAN, OCUDU cells (YAML)",
        note: "Configuration of a gNB of srsRAN Project or OCUDU, one per gNB. Checked against the rules \
               of their readers (February and July 2026); not checked against a receiver",
    },
    Described {
        format: Format::SrsRanCommand,
        name: "srsran-command",
        title: "srsRAN, OCUDU command (JSON lines)",
        note: "rrm_policy_ratio_set for the remote control of a running gNB, whose cells are set alike. \
               Checked against the rules of its reader (July 2026); not checked against a receiver",
    },
    Described {
        format: Format::OpenAirInterface(Dialect::OranSlice),
        name: "oai",
        title: "OpenAirInterface rrmPolicy.json",
        note: "rrmPolicy.json of ORANSlice (October 2024), with dedicated_ratio: one per cell. Checked \
               against the rules of its reader; not checked against a receiver",
    },
    Described {
        format: Format::OpenAirInterface(Dialect::Flagged),
        name: "oai-flag",
        title: "OpenAirInterface, with sD_flag",
        note: "rrmPolicy.json of the forks before ORANSlice, with sST, sD_flag and sD, without a dedicated \
               ratio: one per cell. Written as their files are; not checked against a receiver",
    },
    Described {
        format: Format::Netconf,
        name: "netconf",
        title: "NETCONF edit-config (XML)",
        note: "The config for _3gpp-nr-nrm-rrmpolicy of 3GPP TS 28.541, one per ManagedElement. Written as \
               OCUDU's files are, whose O1 adapter (August 2026) hands on one policy of one cell; not \
               checked against a receiver",
    },
];

/// What the documents are written for.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The network of the slices and cells.
    pub plmn: &'a Plmn,
    /// How firmly slices hold their shares.
    pub firmness: Firmness,
    /// How nine digits are read as an identity, where the table does not tell.
    pub identities: Option<IdentityForm>,
    /// Bits of a gNB's identity, 22 to 32.
    pub gnb_bits: u32,
    /// The policies that cells have now, where they are known.
    pub current: &'a [CellPolicies],
}

impl<'a> Settings<'a> {
    /// Those of `plmn`, all else as it is by default.
    pub fn new(plmn: &'a Plmn) -> Self {
        Self {
            plmn,
            firmness: Firmness::default(),
            identities: None,
            gnb_bits: GNB_ID_BITS,
            current: &[],
        }
    }
}

/// Cells with their splits and with what their slices asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlannedCells {
    cells: Vec<String>,
    /// Where the slices of each cell end.
    ends: Vec<usize>,
    slices: Vec<SNssai>,
    shares: Vec<f64>,
    promises: Vec<Promise>,
}

/// What a slice of a cell asks for, and what of it the plan expects.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Promise {
    users: f64,
    required_mbps: f64,
    delay_ms: f64,
    satisfaction: f64,
}

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its path among the others.
    pub path: String,
    /// All of it.
    pub text: String,
}

/// The documents of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    /// One or more.
    pub documents: Vec<Document>,
    /// What whoever uses them has to know.
    pub notes: Vec<String>,
}

impl Documents {
    /// All of them as one `.zip`.
    ///
    /// # Errors
    /// Those of [`zip::archive`].
    pub fn archive(&self) -> Result<Vec<u8>, InputError> {
        let files = self.documents.iter().map(|document| (&*document.path, &*document.text));
        zip::archive(files)
    }

    fn push(&mut self, path: String, text: String) {
        self.documents.push(Document { path, text });
    }
}

impl PlannedCells {
    /// Adds the `plans` of a batch under the names of its cells and slices.
    ///
    /// # Errors
    /// When there are not as many names as cells or slices.
    pub fn add(
        &mut self,
        cells: &[String],
        slices: &[SNssai],
        batch: &CellBatch,
        plans: &CellPlans,
    ) -> Result<(), InputError> {
        self.add_shares(cells, slices, batch, &plans.shares, &plans.satisfaction)
    }

    fn add_shares(
        &mut self,
        cells: &[String],
        slices: &[SNssai],
        batch: &CellBatch,
        shares: &[f64],
        satisfaction: &[f64],
    ) -> Result<(), InputError> {
        for (what, found, wanted) in [
            ("cells", cells.len(), batch.len()),
            ("slices", slices.len(), batch.slices()),
            ("shares", shares.len(), batch.slices()),
            ("satisfaction", satisfaction.len(), batch.slices()),
        ] {
            if found != wanted {
                let allowed = format!("{wanted}, as in the plan");
                return Err(InputError::new(what, format!("{found} of them"), allowed));
            }
        }
        batch.validate(batch.width)?;
        if batch.width < 2 * HISTORY + 2 {
            let allowed = "the features of an estimator";
            return Err(InputError::new("width", batch.width, allowed));
        }
        let first = self.slices.len();
        self.cells.extend_from_slice(cells);
        self.ends.extend((0..batch.len()).map(|cell| first + batch.range(cell).end));
        self.slices.extend_from_slice(slices);
        self.shares.extend_from_slice(shares);
        self.promises.extend((0..slices.len()).map(|slice| {
            let features = batch.features_of(slice);
            Promise {
                users: features[HISTORY - 1],
                required_mbps: features[2 * HISTORY],
                delay_ms: features[2 * HISTORY + 1],
                satisfaction: satisfaction[slice],
            }
        }));
        Ok(())
    }

    /// Names of the cells.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.cells.iter().map(String::as_str)
    }

    fn range(&self, cell: usize) -> std::ops::Range<usize> {
        cell.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[cell]
    }

    fn splits(&self) -> Vec<CellSplit<'_>> {
        let split = |cell: usize| {
            let range = self.range(cell);
            let (slices, shares) = (&self.slices[range.clone()], &self.shares[range]);
            CellSplit { cell: &self.cells[cell], slices, shares }
        };
        (0..self.cells.len()).map(split).collect()
    }

    /// The documents in `format`.
    ///
    /// # Errors
    /// Names what the format cannot hold, such as a cell whose name is no NR cell identity where one is
    /// needed.
    pub fn write(&self, format: Format, settings: &Settings<'_>) -> Result<Documents, InputError> {
        let mut written = Documents::default();
        let found = identities_for(format, self.names(), settings.identities, &mut written.notes)?;
        let splits = self.splits();
        let nodes = nodes(&splits, &found, settings.gnb_bits);
        let Settings { plmn, firmness, gnb_bits, .. } = *settings;
        match format {
            Format::RrmPolicy => {
                let text = rrm_policy::document(&nodes, plmn, firmness);
                written.push("rrm-policy-ratio.json".to_owned(), text);
            }
            Format::E2smCcc => write_control(&nodes, settings, &mut written)?,
            Format::A1(policy_type) => {
                self.write_targets(&found, plmn, policy_type, &mut written)?;
            }
            Format::SrsRan => {
                for of_node in &nodes {
                    let path = format!("{}.yml", in_path(&of_node.node.title()));
                    written.push(path, srsran::gnb_config(of_node, gnb_bits, firmness));
                }
            }
            Format::SrsRanCommand => {
                for of_node in &nodes {
                    let path = format!("{}.jsonl", in_path(&of_node.node.title()));
                    written.push(path, srsran::gnb_commands(of_node, plmn, firmness)?);
                }
            }
            Format::OpenAirInterface(dialect) => {
                if dialect == Dialect::Flagged
                    && matches!(firmness, Firmness::Dedicated | Firmness::Both)
                {
                    let note =
                        "This form of rrmPolicy.json knows no dedicated ratio: shares are minima.";
                    written.notes.push(note.to_owned());
                }
                for split in &splits {
                    let policy = open_air_interface::policy(split, firmness, dialect)?;
                    let path = format!("{}/rrmPolicy.json", in_path(split.cell));
                    written.push(path, pretty(&policy));
                }
            }
            Format::Netconf => {
                let of_one = |one: &NodeCells<'_>, other: &NodeCells<'_>| {
                    let (one, other) = (&one.node, &other.node);
                    one.sub_network == other.sub_network
                        && one.managed_element == other.managed_element
                };
                for of_element in nodes.chunk_by(of_one) {
                    let path = format!("{}.xml", in_path(&of_element[0].node.managed_element));
                    written.push(path, netconf::config(of_element, plmn, firmness));
                }
            }
        }
        part_paths(&mut written.documents);
        Ok(written)
    }

    /// One policy per slice over all cells that have it.
    fn write_targets(
        &self,
        identities: &[Option<NrCellIdentity>],
        plmn: &Plmn,
        policy_type: PolicyType,
        written: &mut Documents,
    ) -> Result<(), InputError> {
        let mut targets: Vec<(SliceTarget, Vec<NrCellIdentity>)> = Vec::new();
        for (cell, identity) in identities.iter().enumerate() {
            for slice in self.range(cell) {
                let (snssai, promise) = (self.slices[slice], self.promises[slice]);
                let known = targets.iter().position(|(target, _)| target.snssai == snssai);
                let index = known.unwrap_or_else(|| {
                    targets.push((SliceTarget::new(snssai, promise.delay_ms), Vec::new()));
                    targets.len() - 1
                });
                let (target, cells) = &mut targets[index];
                target.add_cell(promise.users, promise.required_mbps, promise.satisfaction);
                cells.extend(identity);
            }
        }
        for (target, cells) in &targets {
            let policy = a1::policy(target, plmn, cells, policy_type)?;
            written.push(format!("{}/{}.json", policy_type.id(), target.snssai), pretty(&policy));
        }
        Ok(())
    }
}

/// What is asked of an engine: planned cells in a format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentRequest {
    /// Name of the format, one of [`FORMATS`].
    pub format: String,
    /// The network of the slices and cells.
    pub plmn: Plmn,
    /// How firmly slices hold their shares.
    pub firmness: Firmness,
    /// How nine digits are read as an identity, where the table does not tell.
    pub identities: Option<IdentityForm>,
    /// Bits of a gNB's identity, 22 to 32.
    pub gnb_bits: u32,
    /// The document of the policies that cells have now; empty where they are not known.
    pub current: String,
    /// Names of all cells of the table that the cells come from: they tell how names are meant.
    pub table: Vec<String>,
    /// Name of each cell.
    pub cells: Vec<String>,
    /// Name of each slice in the network, cell after cell.
    pub slices: Vec<SNssai>,
    /// What they asked for.
    pub batch: CellBatch,
    /// Share of each slice, 0 to 1.
    #[serde(with = "packed_numbers")]
    pub shares: Vec<f64>,
    /// Estimated satisfaction of each slice, 0 to 1.
    #[serde(with = "packed_numbers")]
    pub satisfaction: Vec<f64>,
}

/// Documents as one file: the only one, or an archive of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenDocuments {
    /// Name of the file.
    pub name: String,
    /// All of it.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
    /// What whoever uses them has to know.
    pub notes: Vec<String>,
}

/// Does what is asked.
///
/// # Errors
/// Names the field that cannot be used, or what the format cannot hold.
pub fn answer(request: &DocumentRequest) -> Result<WrittenDocuments, InputError> {
    let DocumentRequest { format, plmn, cells, slices, batch, .. } = request;
    let Some(described) = FORMATS.iter().find(|described| described.name == format) else {
        let names = FORMATS.map(|described| described.name);
        return Err(InputError::new("format", format, names.join(", ")));
    };
    Plmn::parse("plmn", &plmn.to_string())?;
    if !(22..=32).contains(&request.gnb_bits) {
        return Err(InputError::new("gnb_bits", request.gnb_bits, "22 to 32"));
    }
    let current = match request.current.is_empty() {
        true => Vec::new(),
        false => read_current(&request.current).map_err(|error| error.within("current policy"))?,
    };
    let mut planned = PlannedCells::default();
    planned.add_shares(cells, slices, batch, &request.shares, &request.satisfaction)?;
    let table = request.table.iter().map(String::as_str);
    let settings = Settings {
        plmn,
        firmness: request.firmness,
        identities: request.identities.or_else(|| form_shown(table)),
        gnb_bits: request.gnb_bits,
        current: &current,
    };
    let mut written = planned.write(described.format, &settings)?;
    let of_others: usize = current.iter().map(|cell| cell.passed_over.len()).sum();
    if of_others > 0 {
        let note = format!("{of_others} current policies for other resources are passed over.");
        written.notes.push(note);
    }
    let (name, bytes) = match &written.documents[..] {
        [only] => {
            let name = only.path.rsplit('/').next().unwrap_or_default();
            (name.to_owned(), only.text.clone().into_bytes())
        }
        _ => (format!("{format}.zip"), written.archive()?),
    };
    Ok(WrittenDocuments { name, bytes, notes: written.notes })
}

/// The identities of the cells of these names. Where `format` needs them, a cell without one and two names
/// of one cell are errors; elsewhere they are told in `notes`.
///
/// # Errors
/// Names the cell, or both.
pub fn identities_for<'a>(
    format: Format,
    names: impl Iterator<Item = &'a str> + Clone,
    form: Option<IdentityForm>,
    notes: &mut Vec<String>,
) -> Result<Vec<Option<NrCellIdentity>>, InputError> {
    let is_needed = matches!(format, Format::E2smCcc | Format::A1(_));
    let found = match identities(names.clone(), form) {
        Ok(found) => found,
        Err(error) if is_needed => return Err(error),
        Err(_) => {
            notes.push(
                "Cells named by nine digits are not put to a gNB: the table does not tell whether they are \
                 decimal or hexadecimal."
                    .to_owned(),
            );
            names.clone().map(|name| NrCellIdentity::parse("cell", name).ok()).collect()
        }
    };
    if is_needed && let Some(name) = names.clone().zip(&found).find(|(_, found)| found.is_none()) {
        NrCellIdentity::parse(&format!("cell {}", name.0), name.0)?;
    }
    if let Some(both) = names_of_one(names, &found) {
        if is_needed {
            return Err(InputError::new("cells", both, "one name per NR cell: these are the same"));
        }
        notes.push(told_twice(&both));
    }
    Ok(found)
}

/// Two of the names that are the same NR cell, in words; none where no two are.
pub fn same_names<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
    form: Option<IdentityForm>,
) -> Option<String> {
    let found = identities(names.clone(), form).ok()?;
    names_of_one(names, &found).map(|both| told_twice(&both))
}

fn names_of_one<'a>(
    mut names: impl Iterator<Item = &'a str>,
    found: &[Option<NrCellIdentity>],
) -> Option<String> {
    let (first, second) = same_cell(found)?;
    let (first_name, second_name) = (names.nth(first)?, names.nth(second - first - 1)?);
    Some(format!("{first_name} and {second_name}"))
}

fn told_twice(both: &str) -> String {
    format!("{both} name the same NR cell.")
}

/// A header and a message per gNB.
fn write_control(
    nodes: &[NodeCells<'_>],
    settings: &Settings<'_>,
    written: &mut Documents,
) -> Result<(), InputError> {
    let Settings { plmn, firmness, .. } = *settings;
    let (mut slices, mut unknown) = (0, 0);
    for of_node in nodes {
        let cells: Vec<ControlledCell<'_>> = of_node
            .cells
            .iter()
            .filter_map(|cell| {
                let identity = cell.identity?;
                let current = current_of(settings.current, cell.split.cell, identity);
                Some(ControlledCell { identity, split: cell.split, current })
            })
            .collect();
        for cell in &cells {
            slices += cell.split.slices.len();
            let is_unknown = |snssai: &&SNssai| cell.current_policy(plmn, **snssai).is_none();
            unknown += cell.split.slices.iter().filter(is_unknown).count();
        }
        let name = in_path(&of_node.node.title());
        written.push(format!("{name}-header.json"), pretty(&e2sm_ccc::control_header()));
        let message = e2sm_ccc::control_message(&cells, plmn, firmness)?;
        written.push(format!("{name}-message.json"), pretty(&message));
    }
    if unknown > 0 {
        written.notes.push(format!(
            "oldValuesOfAttributes are left out for {unknown} of {slices} slices, whose current policy is \
             not known, and the service model asks for them: open the current RRMPolicyRatio or E2SM-CCC \
             document first (--current-policy)."
        ));
    }
    if matches!(firmness, Firmness::Exact | Firmness::Minimum) {
        let note = "OCUDU (July 2026) takes a rRMPolicyDedicatedRatio of 0 for a missing one and refuses it: \
                    for it choose the firmness dedicated or both.";
        written.notes.push(note.to_owned());
    }
    Ok(())
}

/// What a cell has now, by its name or its identity.
fn current_of<'a>(
    current: &'a [CellPolicies],
    name: &str,
    identity: NrCellIdentity,
) -> Option<&'a CellPolicies> {
    let is_named = |cell: &&CellPolicies| cell.cell.as_deref() == Some(name);
    let is_it = |cell: &&CellPolicies| {
        let parsed = cell.cell.as_deref().map(|found| NrCellIdentity::parse("cell", found));
        parsed.and_then(Result::ok) == Some(identity)
    };
    current.iter().find(is_named).or_else(|| current.iter().find(is_it))
}

/// Reads the policies that cells have now from a document of `RRMPolicyRatio` or an E2SM-CCC message.
///
/// # Errors
/// Those of [`rrm_policy::read`] and [`e2sm_ccc::read`].
pub fn read_current(text: &str) -> Result<Vec<CellPolicies>, InputError> {
    match text.contains("\"controlMessageFormat\"") {
        true => e2sm_ccc::read(text),
        false => rrm_policy::read(text),
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// A name as part of a path: letters, digits, dots, underscores and hyphens.
fn in_path(name: &str) -> String {
    let plain = |character: char| match character {
        '.' | '_' | '-' => character,
        other if other.is_ascii_alphanumeric() => other,
        _ => '-',
    };
    name.chars().map(plain).collect()
}

/// Numbers documents whose names became the same.
fn part_paths(documents: &mut [Document]) {
    let mut taken = std::collections::BTreeSet::new();
    for (index, document) in documents.iter_mut().enumerate() {
        if !taken.insert(document.path.clone()) {
            document.path = format!("{index}-{}", document.path);
            taken.insert(document.path.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLICES: [SNssai; 2] = [SNssai { sst: 1, sd: Some(1) }, SNssai { sst: 3, sd: None }];

    /// Cells of these names, each with its own split.
    fn planned(names: &[&str]) -> PlannedCells {
        let mut batch = CellBatch::new(2 * HISTORY + 2);
        let mut plans = CellPlans { offsets: vec![0], ..CellPlans::default() };
        let (mut cells, mut slices) = (Vec::new(), Vec::new());
        for (index, name) in names.iter().enumerate() {
            cells.push((*name).to_owned());
            slices.extend(SLICES);
            let mut features = vec![1.0; 2 * HISTORY + 2];
            features[2 * HISTORY..].copy_from_slice(&[2.0, 100.0]);
            for _ in SLICES {
                batch.push_slice(&features, 1.0);
            }
            batch.end_cell();
            let share = 0.5 + 0.01 * index as f64;
            plans.shares.extend([share, 1.0 - share]);
            plans.satisfaction.extend([1.0, 1.0]);
            plans.offsets.push(2 * index as u32 + 2);
            plans.utilities.push(1.0);
            plans.bounds.push(1.0);
            plans.prices.push(0.0);
        }
        let mut planned = PlannedCells::default();
        planned.add(&cells, &slices, &batch, &plans).unwrap();
        planned
    }

    fn paths(written: &Documents) -> Vec<&str> {
        written.documents.iter().map(|document| document.path.as_str()).collect()
    }

    #[test]
    fn every_format_has_its_documents() {
        let cells = planned(&["000000001", "000000002", "000004001"]);
        let plmn = Plmn::of_tests();
        let settings = Settings::new(&plmn);
        for described in FORMATS {
            let written = cells.write(described.format, &settings);
            if described.format == Format::SrsRanCommand {
                assert_eq!(written.unwrap_err().field, "gNB 0");
                continue;
            }
            let written = written.unwrap();
            let expected: &[&str] = match described.format {
                Format::RrmPolicy => &["rrm-policy-ratio.json"],
                Format::E2smCcc => &[
                    "gNB-0-header.json",
                    "gNB-0-message.json",
                    "gNB-1-header.json",
                    "gNB-1-message.json",
                ],
                Format::A1(PolicyType::Current) => {
                    &["ORAN_SliceSLATarget_4.0.1/1-000001.json", "ORAN_SliceSLATarget_4.0.1/3.json"]
                }
                Format::A1(PolicyType::First) => {
                    &["ORAN_SliceSLATarget_1.0.0/1-000001.json", "ORAN_SliceSLATarget_1.0.0/3.json"]
                }
                Format::SrsRan => &["gNB-0.yml", "gNB-1.yml"],
                Format::OpenAirInterface(_) => &[
                    "000000001/rrmPolicy.json",
                    "000000002/rrmPolicy.json",
                    "000004001/rrmPolicy.json",
                ],
                Format::Netconf => &["gNB-0.xml", "gNB-1.xml"],
                Format::SrsRanCommand => &[],
            };
            assert_eq!(paths(&written), expected, "{}", described.name);
            assert!(
                described.note.contains("not checked against a receiver"),
                "{}",
                described.name
            );
        }
        let alone = planned(&["000004001"]).write(Format::SrsRanCommand, &settings).unwrap();
        assert_eq!(paths(&alone), ["gNB-1.jsonl"]);
    }

    #[test]
    fn what_needs_an_identity_names_the_cell_that_has_none_and_two_that_are_the_same() {
        let plmn = Plmn::of_tests();
        let settings = Settings::new(&plmn);
        let formats = [Format::E2smCcc, Format::A1(PolicyType::Current)];
        for format in formats {
            let error = planned(&["17", "north"]).write(format, &settings).unwrap_err().to_string();
            assert!(
                error.starts_with("cell north is north; allowed: an NR cell identity"),
                "{error}"
            );
            let twice = planned(&["6733824", "18", "00066C000"]);
            let error = twice.write(format, &settings).unwrap_err().to_string();
            assert!(
                error.starts_with("cells is 6733824 and 00066C000; allowed: one name"),
                "{error}"
            );
            let asked = planned(&["135282688"]).write(format, &settings).unwrap_err().to_string();
            assert!(asked.contains("--cell-identities"), "{asked}");
        }
        let twice = planned(&["6733824", "18", "00066C000"]);
        let written = twice.write(Format::RrmPolicy, &settings).unwrap();
        assert_eq!(written.notes, ["6733824 and 00066C000 name the same NR cell."]);
        let asked = planned(&["135282688"]).write(Format::RrmPolicy, &settings).unwrap();
        assert!(asked.notes[0].contains("decimal or hexadecimal"), "{:?}", asked.notes);
        let decimal = Settings { identities: Some(IdentityForm::Decimal), ..settings };
        let written = planned(&["135282688"]).write(Format::E2smCcc, &decimal).unwrap();
        assert_eq!(paths(&written)[0], "gNB-8257-header.json");
        assert!(written.documents[1].text.contains("\"008104000\""));
    }

    #[test]
    fn old_values_come_from_the_policy_that_was_written_before() {
        let plmn = Plmn::of_tests();
        let cells = planned(&["17", "18"]);
        let settings = Settings::new(&plmn);
        let without = cells.write(Format::E2smCcc, &settings).unwrap();
        assert!(without.notes[0].contains("for 4 of 4 slices"), "{:?}", without.notes);
        assert!(!without.documents[1].text.contains("oldValues"));
        let other = Settings { firmness: Firmness::Both, ..settings };
        let before = planned(&["000000011"]);
        for format in [Format::RrmPolicy, Format::E2smCcc] {
            let document = before.write(format, &other).unwrap().documents.pop().unwrap();
            let current = read_current(&document.text).unwrap();
            let with = Settings { current: &current, ..other };
            let written = cells.write(Format::E2smCcc, &with).unwrap();
            assert!(written.notes[0].contains("for 2 of 4 slices"), "{:?}", written.notes);
            assert_eq!(written.notes.len(), 1);
            assert_eq!(written.documents[1].text.matches("oldValues").count(), 2);
        }
    }

    #[test]
    fn names_become_paths_of_their_own() {
        let plmn = Plmn::of_tests();
        let cells = planned(&["a/b", "a b", "../x"]);
        let format = Format::OpenAirInterface(Dialect::OranSlice);
        let written = cells.write(format, &Settings::new(&plmn)).unwrap();
        let expected = ["a-b/rrmPolicy.json", "1-a-b/rrmPolicy.json", "..-x/rrmPolicy.json"];
        assert_eq!(paths(&written), expected);
        assert!(written.archive().unwrap().starts_with(b"PK"));
    }

    #[test]
    fn names_that_do_not_fit_the_plan_are_refused() {
        let names = ["A".to_owned()];
        let plans = CellPlans { offsets: vec![0], ..CellPlans::default() };
        let error =
            PlannedCells::default().add(&names, &[], &CellBatch::new(12), &plans).unwrap_err();
        assert_eq!(error.to_string(), "cells is 1 of them; allowed: 0, as in the plan");
    }

    #[test]
    fn what_an_engine_is_asked_for_is_checked_and_comes_as_one_file() {
        let mut batch = CellBatch::new(2 * HISTORY + 2);
        SLICES.iter().for_each(|_| batch.push_slice(&[1.0; 2 * HISTORY + 2], 1.0));
        batch.end_cell();
        let request = DocumentRequest {
            format: "rrm".to_owned(),
            plmn: Plmn::of_tests(),
            firmness: Firmness::default(),
            identities: None,
            gnb_bits: GNB_ID_BITS,
            current: String::new(),
            table: vec!["135282688".to_owned(), "00066c000".to_owned()],
            cells: vec!["135282688".to_owned()],
            slices: SLICES.to_vec(),
            batch,
            shares: vec![0.5; 2],
            satisfaction: vec![1.0; 2],
        };
        let one = answer(&request).unwrap();
        assert_eq!((one.name.as_str(), one.bytes[0]), ("rrm-policy-ratio.json", b'{'));
        // The table tells how its cell is meant.
        assert!(String::from_utf8(one.bytes).unwrap().contains("gNB-316576"));
        let several = answer(&DocumentRequest { format: "e2sm".to_owned(), ..request.clone() });
        assert!(several.unwrap().name.ends_with(".zip"));
        let error = |request: DocumentRequest| answer(&request).unwrap_err().field;
        let plmn = Plmn { mcc: "1".to_owned(), mnc: "01".to_owned() };
        assert_eq!(error(DocumentRequest { plmn, ..request.clone() }), "plmn");
        assert_eq!(error(DocumentRequest { format: "x".to_owned(), ..request.clone() }), "format");
        assert_eq!(error(DocumentRequest { gnb_bits: 9, ..request.clone() }), "gnb_bits");
        let current = "{".to_owned();
        assert_eq!(
            error(DocumentRequest { current, ..request.clone() }),
            "current policy.document"
        );
        assert_eq!(error(DocumentRequest { shares: vec![], ..request.clone() }), "shares");
        let offsets = CellBatch { offsets: vec![0, 9], ..request.batch.clone() };
        assert_eq!(error(DocumentRequest { batch: offsets, ..request }), "slices");
    }
}
