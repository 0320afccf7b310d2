//! SNDlib's native format of networks and of demand matrices (Orlowski et al., "SNDlib 1.0", Networks 55,
//! 2010).
//!
//! - Rates are of the unit in the `META` section, else Mbit/s.
//! - Capacity: what is pre-installed; else the largest module that can be installed; unlimited ones and those
//!   without any get the assumed capacity. It holds in each direction.
//! - Weight: the routing cost where it is above 0.
//! - Coordinates are degrees where all of them can be, else pixels.
//! - Demands: each in both directions, unless some pair of nodes has one in each. Hop limits and admissible
//!   paths are not used.

use crate::error::InputError;

use super::assembly::counted;
use super::found::{FoundDemand, FoundLink, FoundNetwork, FoundNode};
use super::rate::{Rate, unit};

/// Whether a text is of this format: its first line says it, or the first section does, as in files without
/// that line.
pub(super) fn is_native(text: &str) -> bool {
    let first = lines(text).next().map_or("", |(_, line)| line);
    let has_section = |section: &str| {
        let rest = first.strip_prefix(section).map(str::trim_ascii_start);
        rest.is_some_and(|rest| rest.starts_with('('))
    };
    first.starts_with("?SNDlib")
        || ["META", "NODES", "LINKS", "DEMANDS"].into_iter().any(has_section)
}

/// Lines that hold something, counted from 1, without comments.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_ascii()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// What a link may carry.
#[derive(Default)]
pub(super) struct Modules {
    pub(super) pre_installed: Option<f64>,
    largest: f64,
    unlimited: bool,
    by_module: usize,
    without_limit: usize,
}

impl Modules {
    /// Begins with a link.
    pub(super) fn begin(&mut self) {
        (self.pre_installed, self.largest, self.unlimited) = (None, 0.0, false);
    }

    /// Adds the capacity of a module.
    pub(super) fn add(&mut self, capacity: &str) {
        match capacity.parse::<f64>() {
            Ok(capacity) if capacity.is_finite() => self.largest = self.largest.max(capacity),
            Ok(_) => self.unlimited = true,
            Err(_) => self.unlimited |= capacity.eq_ignore_ascii_case("UNLIMITED"),
        }
    }

    /// Gives the link its capacity.
    pub(super) fn end(&mut self, link: &mut FoundLink) {
        let pre_installed = self.pre_installed.filter(|capacity| *capacity > 0.0);
        let capacity = pre_installed.or((self.largest > 0.0).then_some(self.largest));
        self.by_module += usize::from(pre_installed.is_none() && self.largest > 0.0);
        self.without_limit += usize::from(capacity.is_none() && self.unlimited);
        link.capacity.given = capacity.map(Rate::bare);
    }

    /// Tells what was taken in place of a capacity that is installed.
    pub(super) fn tell(&self, told: &mut Vec<String>) {
        if self.by_module > 0 {
            let links = counted(self.by_module, "link");
            told.push(format!("{links} without an installed capacity: the largest module taken"));
        }
        if self.without_limit > 0 {
            told.push(format!("{} of unlimited capacity", counted(self.without_limit, "link")));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Meta,
    Nodes,
    Links,
    Demands,
    Other,
}

/// Reads a network.
///
/// # Errors
/// Names the line that does not have the fields of its section, or the section that does not end.
pub(super) fn read(text: &str) -> Result<FoundNetwork, InputError> {
    let mut network =
        FoundNetwork { demands_may_be_mutual: true, unit: Some(1e6), ..FoundNetwork::default() };
    network.name = name(text);
    let (mut section, mut modules) = (None, Modules::default());
    for (number, line) in lines(text) {
        let tokens = tokens(line);
        let Some(open) = section else {
            if line.starts_with('?') {
                continue;
            }
            section = Some(match tokens[0] {
                "META" => Section::Meta,
                "NODES" => Section::Nodes,
                "LINKS" => Section::Links,
                "DEMANDS" => Section::Demands,
                _ => Section::Other,
            });
            // A section may end in the line in which it begins.
            if tokens.last() == Some(&")") {
                section = None;
            }
            continue;
        };
        if tokens[0] == ")" {
            section = None;
            continue;
        }
        let taken = match open {
            Section::Meta => {
                meta(&tokens, &mut network);
                Some(())
            }
            Section::Nodes => node(&tokens, &mut network),
            Section::Links => link(&tokens, &mut network, &mut modules),
            Section::Demands => demand(&tokens, &mut network),
            Section::Other => Some(()),
        };
        if taken.is_none() {
            let allowed = match open {
                Section::Nodes => "id ( x y )",
                Section::Links => {
                    "id ( source target ) capacity cost cost cost ( { capacity cost } )"
                }
                _ => "id ( source target ) unit value limit",
            };
            return Err(InputError::new(format!("line {number}"), line, allowed));
        }
    }
    if section.is_some() {
        return Err(InputError::new(
            "file",
            "cut off",
            "a closing bracket behind its last section",
        ));
    }
    modules.tell(&mut network.told);
    Ok(network)
}

/// The name of a comment `# network polska`.
fn name(text: &str) -> String {
    let is_name = |line: &&str| line.starts_with("# network ");
    let line = text.lines().take(20).find(is_name).unwrap_or_default();
    line.trim_start_matches("# network ").trim_ascii().to_owned()
}

/// Words, and brackets by themselves.
fn tokens(line: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    for word in line.split_ascii_whitespace() {
        let mut rest = word;
        while let Some(bracket) = rest.find(['(', ')']) {
            if bracket > 0 {
                tokens.push(&rest[..bracket]);
            }
            tokens.push(&rest[bracket..=bracket]);
            rest = &rest[bracket + 1..];
        }
        if !rest.is_empty() {
            tokens.push(rest);
        }
    }
    tokens
}

fn meta(tokens: &[&str], network: &mut FoundNetwork) {
    if let ["unit", "=", name, ..] = tokens {
        network.unit = unit(name).or(network.unit);
    }
}

fn node(tokens: &[&str], network: &mut FoundNetwork) -> Option<()> {
    let (id, pair) = match tokens {
        [id, "(", x, y, ")"] => (*id, Some((x.parse().ok()?, y.parse().ok()?))),
        [id] => (*id, None),
        _ => return None,
    };
    let mut node = FoundNode { id: id.to_owned(), label: id.to_owned(), ..FoundNode::default() };
    node.place.pair = pair;
    network.nodes.push(node);
    Some(())
}

fn link(tokens: &[&str], network: &mut FoundNetwork, modules: &mut Modules) -> Option<()> {
    let [id, "(", source, target, ")", rest @ ..] = tokens else { return None };
    let mut link = FoundLink {
        id: (*id).to_owned(),
        source: (*source).to_owned(),
        target: (*target).to_owned(),
        ..FoundLink::default()
    };
    modules.begin();
    if let [pre_installed, _, routing, _, rest @ ..] = rest {
        modules.pre_installed = Some(pre_installed.parse().ok()?);
        link.weight = routing.parse().ok().filter(|cost| *cost > 0.0);
        let inner = rest.strip_prefix(&["("])?.strip_suffix(&[")"])?;
        inner.chunks(2).for_each(|module| modules.add(module[0]));
    } else if !rest.is_empty() {
        return None;
    }
    modules.end(&mut link);
    network.links.push(link);
    Some(())
}

fn demand(tokens: &[&str], network: &mut FoundNetwork) -> Option<()> {
    let [_, "(", source, target, ")", _, value, ..] = tokens else { return None };
    let rate = Rate::bare(value.parse().ok()?);
    let (source, target) = ((*source).to_owned(), (*target).to_owned());
    network.demands.push(FoundDemand { source, target, rate, class: 0 });
    Some(())
}
