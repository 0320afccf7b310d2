//! GML (Himsolt, 1997), as the Topology Zoo and networkx write it: records within records, without a limit to
//! their nesting; letters beyond ASCII as `&#233;`.

use std::borrow::Cow;

use crate::error::InputError;

use super::found::{FoundLink, FoundNetwork, FoundNode, GraphUnits};

/// Whether a text begins as GML does: with keys and their values, up to the record `graph`.
pub(super) fn is_gml(text: &str) -> bool {
    let mut tokens = Tokens { text, at: 0 };
    // Creator, version and comments may stand before it.
    for _ in 0..50 {
        match tokens.next() {
            Some(Token::Word("graph")) => return matches!(tokens.next(), Some(Token::Open)),
            Some(Token::Word(_) | Token::Text(_)) => {}
            _ => return false,
        }
    }
    false
}

/// Reads a network.
///
/// # Errors
/// Says that the file was cut off, or at which line a value has no key.
pub(super) fn read(text: &str) -> Result<FoundNetwork, InputError> {
    let mut reader = Reader::default();
    let mut tokens = Tokens { text, at: 0 };
    let mut key = None;
    while let Some(token) = tokens.next() {
        match (key.take(), token) {
            (None, Token::Word(word)) => key = Some(word),
            (None, Token::Close) => {
                if reader.open.is_empty() {
                    return Err(tokens.wrong("]", "a bracket that closes one"));
                }
                reader.close();
            }
            (Some(key), Token::Open) => reader.open(key),
            (Some(key), Token::Word(value)) => reader.value(key, value),
            (Some(key), Token::Text(value)) => reader.value(key, &value),
            (None, Token::Open) => return Err(tokens.wrong("[", "a key before it")),
            (None, Token::Text(value)) => return Err(tokens.wrong(&value, "a key before it")),
            (Some(key), Token::Close) => return Err(tokens.wrong(key, "a value behind it")),
        }
    }
    if !reader.open.is_empty() || key.is_some() {
        let depth = reader.open.len();
        return Err(InputError::new("file", "cut off", format!("{depth} more closing brackets")));
    }
    Ok(reader.finish())
}

enum Token<'a> {
    Open,
    Close,
    Word(&'a str),
    Text(Cow<'a, str>),
}

struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at)? {
                byte if byte.is_ascii_whitespace() => self.at += 1,
                b'#' => self.at += end_of(&bytes[self.at..], |byte| byte == b'\n'),
                _ => break,
            }
        }
        let start = self.at;
        let rest = &bytes[start..];
        let length = match rest[0] {
            b'[' | b']' => 1,
            b'"' => 1 + end_of(&rest[1..], |byte| byte == b'"'),
            _ => end_of(rest, |byte| byte.is_ascii_whitespace() || b"[]\"".contains(&byte)),
        };
        self.at += length;
        Some(match rest[0] {
            b'[' => Token::Open,
            b']' => Token::Close,
            b'"' => {
                self.at = (self.at + 1).min(bytes.len());
                Token::Text(unescaped(&self.text[start + 1..start + length]))
            }
            _ => Token::Word(&self.text[start..self.at]),
        })
    }

    fn wrong(&self, found: &str, allowed: &str) -> InputError {
        let before = &self.text.as_bytes()[..self.at.min(self.text.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        InputError::new(format!("line {line}"), found, allowed)
    }
}

/// Bytes before the first that ends something.
fn end_of(bytes: &[u8], is_end: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| is_end(*byte)).unwrap_or(bytes.len())
}

/// A text with its entities resolved: `&#233;`, `&#xe9;`, `&quot;`.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        resolved.push_str(&rest[..start]);
        rest = &rest[start..];
        let entity = rest.find(';').filter(|end| *end < 12).and_then(|end| {
            let name = &rest[1..end];
            let code = name.strip_prefix('#')?;
            let code = match code.strip_prefix(['x', 'X']) {
                Some(code) => u32::from_str_radix(code, 16).ok(),
                None => code.parse().ok(),
            };
            Some((code.and_then(char::from_u32)?, end))
        });
        let named = || {
            let all =
                [("&amp;", '&'), ("&quot;", '"'), ("&lt;", '<'), ("&gt;", '>'), ("&apos;", '\'')];
            let found = all.into_iter().find(|(name, _)| rest.starts_with(name));
            found.map(|(name, letter)| (letter, name.len() - 1))
        };
        let (letter, end) = entity.or_else(named).unwrap_or(('&', 0));
        resolved.push(letter);
        rest = &rest[end + 1..];
    }
    resolved.push_str(rest);
    Cow::Owned(resolved)
}

/// Where a key stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Record {
    Graph,
    Node,
    Edge,
    /// `graphics` of a node: its place on a drawing.
    Graphics,
    Other,
}

#[derive(Default)]
struct Reader {
    open: Vec<Record>,
    network: FoundNetwork,
    node: FoundNode,
    link: FoundLink,
    units: GraphUnits,
    name: [String; 3],
}

impl Reader {
    fn open(&mut self, key: &str) {
        let record = match (self.open.last(), key) {
            (None, "graph") => Record::Graph,
            (Some(Record::Graph), "node") => Record::Node,
            (Some(Record::Graph), "edge") => Record::Edge,
            (Some(Record::Node), "graphics") => Record::Graphics,
            _ => Record::Other,
        };
        self.open.push(record);
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Record::Node) => self.network.nodes.push(std::mem::take(&mut self.node)),
            Some(Record::Edge) => self.network.links.push(std::mem::take(&mut self.link)),
            _ => {}
        }
    }

    fn value(&mut self, key: &str, value: &str) {
        match self.open.last() {
            Some(Record::Graph) => match key {
                "directed" => self.network.directed = value == "1",
                "label" => value.clone_into(&mut self.name[0]),
                "name" => value.clone_into(&mut self.name[1]),
                "Network" => value.clone_into(&mut self.name[2]),
                _ => self.units.take(key, value),
            },
            Some(Record::Node) => match key {
                "id" => value.clone_into(&mut self.node.id),
                _ => {
                    self.node.take(key, value);
                }
            },
            Some(Record::Edge) => match key {
                "source" => value.clone_into(&mut self.link.source),
                "target" => value.clone_into(&mut self.link.target),
                // What people call a link here is its colour or kind more often than a name of its own.
                "name" | "link" | "key" => {}
                _ => self.network.give(&mut self.link, (key, value), &self.units),
            },
            Some(Record::Graphics) => match key {
                // A drawing's y grows downwards.
                "x" => self.node.place.drawing.0 = value.parse().ok(),
                "y" => self.node.place.drawing.1 = value.parse().ok().map(|y: f64| -y),
                _ => {}
            },
            Some(Record::Other) | None => {}
        }
    }

    fn finish(mut self) -> FoundNetwork {
        let name = self.name.iter().find(|name| !name.is_empty());
        self.network.name = name.map(|name| name.trim_ascii().to_owned()).unwrap_or_default();
        self.network
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_letters_and_numbers_are_read_in_any_layout() {
        let text = "Creator \"x\"\ngraph[directed 1 label \"Net\" stats [ nodes 12 node [ id 9 ] ]\n\
                    node [ id 0 label \"Orl&#233;ans &amp; &quot;Tours&quot;\" graphics [ x 3 y 4 w 1 ] ]\n\
                    # a comment with ] in it\nnode\n[\nid 1 Longitude 2.5 Latitude -3e0\n]\n\
                    edge [ source 0 target 1 id \"e\" LinkLabel \"10 Gbps\" ] ]";
        assert!(is_gml(text));
        let network = read(text).unwrap();
        assert_eq!((&network.name[..], network.directed), ("Net", true));
        assert_eq!(network.nodes.len(), 2);
        assert_eq!(network.nodes[0].label, "Orléans & \"Tours\"");
        assert_eq!(network.nodes[0].place.drawing, (Some(3.0), Some(-4.0)));
        assert_eq!(network.nodes[1].place.latitude, Some(-3.0));
        let link = &network.links[0];
        assert_eq!((&link.source[..], &link.target[..], &link.id[..]), ("0", "1", "e"));
    }

    #[test]
    fn what_is_damaged_is_told_and_deep_records_do_no_harm() {
        let deep = format!("graph [ {} {} ]", "a [ ".repeat(200_000), "] ".repeat(200_000));
        assert!(read(&deep).unwrap().nodes.is_empty());
        let told = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(
            told("graph [\nnode [ id 1"),
            "file is cut off; allowed: 2 more closing brackets"
        );
        assert_eq!(told("graph [\n] ]"), "line 2 is ]; allowed: a bracket that closes one");
        assert_eq!(told("graph [ node ]"), "line 1 is node; allowed: a value behind it");
        assert_eq!(told("graph [\n\"x\" ]"), "line 2 is x; allowed: a key before it");
        for text in ["", "graph", "{\"graph\": 1}", "source,target\n1,2\n"] {
            assert!(!is_gml(text), "{text}");
        }
    }
}
