//! Files of networks in and out: what is asked and what comes back.
//!
//! In: node-link JSON, GML, GraphML, SNDlib's native format and XML, REPETITA, tables of links and demands,
//! `ietf-network-topology` (RFC 8345) and our own scenario, each in a module of its own that says how it is
//! treated; all but the last are put together by the same rules, those of `assembly`. Out: scenario,
//! node-link JSON, RFC 8345, and tables of an answer.

mod answer_tables;
mod assembly;
mod found;
mod gml;
mod graphml;
mod ietf;
mod json;
pub(crate) mod measured;
mod node_link;
mod rate;
mod repetita;
mod scenario_json;
mod segment_table;
mod sndlib_native;
mod sndlib_xml;
mod tables;
mod upgrade_table;
mod xml;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::error::InputError;
use crate::formats::packed::unpacked;
use crate::formats::table::text::decoded;
use crate::reader::GivenFile;
use crate::twin::{Scenario, packed_scenario};

pub use answer_tables::{flows_csv, links_csv};
pub use measured::{measured_flows, measured_links};
pub use segment_table::segment_lists_csv;
pub use upgrade_table::{modules_now, upgrade_csv};

use found::FoundNetwork;
use json::Json;

/// The largest file of a network that is read, in bytes, packed or not: 100 MiB.
pub const LARGEST_NETWORK_BYTES: usize = 100 * 1024 * 1024;

/// What the visitor chooses of a file of a network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkForm {
    /// Capacity of links that have none, in bit/s.
    #[serde(default)]
    pub capacity_bit_per_s: Option<f64>,
    /// What one unit of capacities and demands without a unit is, in bit/s.
    #[serde(default)]
    pub unit_bit_per_s: Option<f64>,
    /// Demands, from a second file.
    #[serde(default)]
    pub demands: Option<GivenFile>,
    /// Demands where the file has none.
    #[serde(default)]
    pub gravity: Option<Gravity>,
}

/// Demands that follow what the nodes can send: a gravity model, seeded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gravity {
    /// All demands together, in bit/s; where none is given, as much as uses half of the busiest link.
    #[serde(default)]
    pub total_bit_per_s: Option<f64>,
    /// Whether all pairs have the same share.
    pub even: bool,
    /// Seed of the nodes' masses.
    pub seed: u64,
}

/// A network of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkRead {
    /// Name of the format.
    pub format: String,
    /// The network, or what is wrong with it.
    #[serde(with = "packed_scenario::or_error")]
    pub scenario: Result<Scenario, InputError>,
    /// What was counted, passed over and assumed, one phrase each.
    pub told: Vec<String>,
}

/// As what a network is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WriteNetwork {
    /// Our own scenario, as JSON.
    Scenario,
    /// Node-link JSON, as networkx reads it.
    NodeLink,
    /// `ietf-network-topology` (RFC 8345), as JSON.
    Ietf,
}

/// A written network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrittenNetwork {
    /// Its name.
    pub file_name: String,
    /// What it holds.
    pub text: String,
}

/// What a file is by its content.
enum Found {
    Network(FoundNetwork),
    Scenario(Box<Scenario>),
}

const SCENARIO: &str = "Slicewise scenario";
/// Formats that are read, for whoever has brought another.
const FORMATS: &str = "node-link JSON, GML, GraphML, SNDlib (native or XML), REPETITA, a CSV table of links, \
                       RFC 8345 JSON, or a Slicewise scenario";

/// Reads a network, whatever its format, from the bytes of a file. What is wrong with it stands in
/// [`NetworkRead::scenario`]; a scenario that is there passes [`Scenario::validate`].
pub fn read(bytes: &[u8], form: &NetworkForm) -> NetworkRead {
    let mut told = Vec::new();
    let mut format = String::new();
    let scenario = read_scenario(bytes, form, &mut format, &mut told);
    NetworkRead { format, scenario, told }
}

fn read_scenario(
    bytes: &[u8],
    form: &NetworkForm,
    format: &mut String,
    told: &mut Vec<String>,
) -> Result<Scenario, InputError> {
    assembly::check_form(form)?;
    let bytes = limited(bytes, "file")?;
    let mut demands = None;
    if let Some(file) = &form.demands {
        let bytes = limited(&file.bytes, "demands")?;
        demands = Some(read_demands(&bytes, told).map_err(|error| error.within("demands"))?);
    }
    match read_any(&bytes, format, told)? {
        Found::Network(network) => assembly::assemble(network, demands, form, told),
        Found::Scenario(mut scenario) => {
            scenario.validate()?;
            assembly::tell_scenario(&scenario, told);
            if let Some(demands) = demands {
                assembly::replace_flows(&mut scenario, &demands, form, told);
            }
            assembly::add_gravity(&mut scenario, form, told)?;
            scenario.validate()?;
            Ok(*scenario)
        }
    }
}

/// The bytes of a file, unpacked, if they are not too many.
fn limited<'a>(bytes: &'a [u8], field: &str) -> Result<Cow<'a, [u8]>, InputError> {
    let too_large = || {
        let allowed = format!("at most {} MiB", LARGEST_NETWORK_BYTES / (1024 * 1024));
        InputError::new(field, format!("{} MiB", bytes.len() / (1024 * 1024)), allowed)
    };
    if bytes.len() > LARGEST_NETWORK_BYTES {
        return Err(too_large());
    }
    unpacked(bytes, LARGEST_NETWORK_BYTES as u64)
}

fn read_any(
    bytes: &[u8],
    format: &mut String,
    told: &mut Vec<String>,
) -> Result<Found, InputError> {
    let (text, encoding) = decoded(bytes);
    let mut is = |name: &str| name.clone_into(format);
    let network = match text.trim_ascii_start().as_bytes().first() {
        None => return Err(InputError::new("file", "empty", FORMATS)),
        Some(b'{' | b'[') => {
            is("JSON");
            let document = Json::read(&text)?;
            if scenario_json::is_scenario(&document) {
                is(SCENARIO);
                return Ok(Found::Scenario(Box::new(scenario_json::read(&document)?)));
            }
            if ietf::is_ietf(&document) {
                is("RFC 8345 JSON");
                ietf::read(&document)?
            } else if node_link::is_node_link(&document) {
                is("node-link JSON");
                node_link::read(&document)
            } else {
                return Err(unknown_document(&document));
            }
        }
        Some(b'<') if is_element(&text, "graphml") => {
            is("GraphML");
            graphml::read(&text)?
        }
        Some(b'<') if is_element(&text, "network") => {
            is("SNDlib XML");
            sndlib_xml::read(&text)?
        }
        Some(b'<') => {
            let found: String = text.trim_ascii_start().chars().take(60).collect();
            return Err(InputError::new("file", found, FORMATS));
        }
        _ if sndlib_native::is_native(&text) => {
            is("SNDlib native");
            sndlib_native::read(&text)?
        }
        _ if repetita::is_repetita(&text) => {
            is("REPETITA");
            repetita::read(&text)?
        }
        _ if gml::is_gml(&text) => {
            is("GML");
            gml::read(&text)?
        }
        _ => {
            is("CSV");
            return tables::read(bytes).map(Found::Network).map_err(|error| InputError {
                allowed: format!("{}; or another format: {FORMATS}", error.allowed),
                ..error
            });
        }
    };
    told.extend(encoding.told().map(str::to_owned));
    Ok(Found::Network(network))
}

fn unknown_document(document: &Json<'_>) -> InputError {
    let names: Vec<&str> = document.members().iter().take(5).map(|(name, _)| &name[..]).collect();
    let found = match document {
        Json::List(items) => format!("a list of {}", items.len()),
        _ if names.is_empty() => "an empty object".to_owned(),
        _ => names.join(", "),
    };
    let allowed = "nodes with links or edges, a list of links, elements of Cytoscape, \
                   ietf-network:networks, or a scenario's format";
    InputError::new("document", found, allowed)
}

/// Whether the first element of a file has this name.
fn is_element(text: &str, name: &str) -> bool {
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            let Some(end) = comment.find("-->") else { return false };
            rest = &comment[end..];
        } else if !rest.starts_with(['?', '!']) {
            let end = rest.find(|l: char| l.is_ascii_whitespace() || l == '>' || l == '/');
            let full = &rest[..end.unwrap_or(rest.len())];
            return full.rsplit_once(':').map_or(full, |(_, own)| own) == name;
        }
    }
    false
}

/// The demands of a second file.
fn read_demands(bytes: &[u8], told: &mut Vec<String>) -> Result<FoundNetwork, InputError> {
    let mut format = String::new();
    let text = decoded(bytes).0;
    let is_table = !matches!(text.trim_ascii_start().as_bytes().first(), Some(b'{' | b'[' | b'<'))
        && !sndlib_native::is_native(&text)
        && !repetita::is_repetita(&text);
    let found = if is_table {
        tables::read_as_demands(bytes)?
    } else {
        match read_any(bytes, &mut format, told)? {
            Found::Network(network) => network,
            Found::Scenario(_) => {
                return Err(InputError::new("file", SCENARIO, "a file of demands"));
            }
        }
    };
    if found.demands.is_empty() {
        return Err(InputError::new("file", "without a demand", "at least one demand"));
    }
    told.extend(found.told.iter().cloned());
    Ok(found)
}

/// Writes a scenario.
pub fn write(scenario: &Scenario, request: WriteNetwork) -> WrittenNetwork {
    let (kind, text) = match request {
        WriteNetwork::Scenario => ("scenario", scenario_json::write(scenario)),
        WriteNetwork::NodeLink => ("node-link", node_link::write(scenario)),
        WriteNetwork::Ietf => ("ietf-network-topology", ietf::write(scenario)),
    };
    let letters = scenario.topology.name.bytes().take(60).map(|byte| match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'-' => char::from(byte),
        b'A'..=b'Z' => char::from(byte.to_ascii_lowercase()),
        _ => '-',
    });
    let name: String = letters.collect();
    let name = name.trim_matches('-');
    let name = if name.is_empty() { "network" } else { name };
    WrittenNetwork { file_name: format!("{name}-{kind}.json"), text }
}
