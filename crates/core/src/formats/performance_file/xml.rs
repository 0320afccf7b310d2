//! Performance files as XML (3GPP TS 32.435, TS 28.532, and the form of TS 32.401 before them).

use std::io::{self, BufRead};

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::error::InputError;
use crate::formats::kpi_table::{Period, ReadError};

use super::measurements::{Measurements, Object, begin};

/// What is known at a place of a file.
#[derive(Default)]
struct State {
    /// Distinguished name of the managed element.
    element: String,
    /// When the file's collection began, in ms since 1970.
    file_begin: Option<i64>,
    duration: Option<String>,
    end: Option<String>,
    /// Names of what is measured, with their `p` where they have one.
    types: Vec<Item>,
    object: String,
    results: Vec<Item>,
    suspect: bool,
    /// `p` and text of the element that is open.
    p: Option<String>,
    text: String,
    values: u64,
}

struct Item {
    p: Option<String>,
    text: String,
}

/// Reads a file into `measurements`.
pub(super) fn read(input: impl BufRead, measurements: &mut Measurements) -> Result<(), ReadError> {
    let mut reader = Reader::from_reader(input);
    reader.config_mut().trim_text(false);
    let (mut state, mut buffer, mut depth) = (State::default(), Vec::new(), 0_usize);
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer);
        let place = reader.buffer_position();
        match event.map_err(|error| unreadable(place, error))? {
            Event::Start(start) => {
                depth += 1;
                state.open(&start);
            }
            Event::Empty(start) => {
                state.open(&start);
                state.close(start.local_name().as_ref(), measurements);
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                state.close(end.local_name().as_ref(), measurements);
            }
            Event::Text(text) => state.text.push_str(&text.xml10_content()),
            Event::CData(text) => state.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let letter = reference.resolve_char_ref().ok().flatten();
                let named = quick_xml::escape::resolve_predefined_entity(&reference);
                state.text.extend(letter);
                state.text.push_str(named.unwrap_or_default());
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    if depth > 0 {
        let allowed = "a file whose last element is closed";
        measurements.problems.push(InputError::new("file", "cut off", allowed));
    }
    if state.values == 0 {
        let allowed = "a performance file with measValue in measInfo (3GPP TS 32.435)";
        return Err(InputError::new("file", "without measurements", allowed).into());
    }
    Ok(())
}

fn unreadable(place: u64, error: quick_xml::Error) -> ReadError {
    match error {
        quick_xml::Error::Io(error) => io::Error::new(error.kind(), error.to_string()).into(),
        error => {
            let allowed = "a performance file as XML (3GPP TS 32.435)";
            InputError::new(format!("byte {place}"), error, allowed).into()
        }
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start.attributes().flatten().find(|a| a.key.local_name().as_ref() == name)?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(|value| value.into_owned())
}

impl State {
    fn open(&mut self, start: &BytesStart<'_>) {
        self.text.clear();
        match start.local_name().as_ref() {
            "fileSender" | "managedElement" | "measEntity" => {
                if let Some(name) = attribute(start, "localDn") {
                    self.element = name;
                }
            }
            "measCollec" => {
                let time = attribute(start, "beginTime");
                if let Some(Period::Time(time)) = time.and_then(|time| Period::parse(time.trim())) {
                    self.file_begin = Some(time);
                }
            }
            // Names behind a bar are those of the form before (3GPP TS 32.401, annex B).
            "measInfo" | "mi" => {
                self.types.clear();
                (self.duration, self.end) = (None, None);
            }
            "granPeriod" => {
                self.duration = attribute(start, "duration");
                self.end = attribute(start, "endTime");
            }
            "measType" | "r" => self.p = attribute(start, "p"),
            "measValue" | "mv" => {
                self.object = attribute(start, "measObjLdn").unwrap_or_default();
                self.results.clear();
                self.suspect = false;
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str, measurements: &mut Measurements) {
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        let list = || {
            let parts = text.split(|letter: char| letter == ',' || letter.is_whitespace());
            let parts = parts.filter(|part| !part.is_empty());
            parts.map(|part| Item { p: None, text: part.to_owned() })
        };
        match name {
            "measType" | "mt" => self.types.push(Item { p: self.p.take(), text: text.to_owned() }),
            "measTypes" => self.types.extend(list()),
            "r" => self.results.push(Item { p: self.p.take(), text: text.to_owned() }),
            "measResults" => self.results.extend(list()),
            "nedn" => text.clone_into(&mut self.element),
            "mts" => self.end = Some(text.to_owned()),
            "gp" => self.duration = Some(format!("PT{text}S")),
            "moid" => text.clone_into(&mut self.object),
            "suspect" | "sf" => self.suspect = text.eq_ignore_ascii_case("true") || text == "1",
            "measValue" | "mv" => self.hand_over(measurements),
            _ => {}
        }
    }

    /// Adds the results of an object.
    fn hand_over(&mut self, measurements: &mut Measurements) {
        let count = self.results.len() as u64;
        self.values += 1;
        let Some(object) = Object::of(&self.element, &self.object) else {
            measurements.elsewhere += count;
            return;
        };
        if self.suspect {
            measurements.suspect += count;
            return;
        }
        let end = self.end.as_deref();
        let time = end.and_then(|end| begin(end, self.duration.as_deref())).or(self.file_begin);
        let Some(time) = time else {
            let field = format!("granPeriod of {}", self.object);
            let found = self.end.as_deref().unwrap_or("without an end");
            let problem = InputError::new(field, found, "endTime such as 2026-11-21T07:15:00Z");
            measurements.problems.push(problem);
            return;
        };
        for (place, result) in self.results.iter().enumerate() {
            let name = match &result.p {
                Some(p) => {
                    self.types.iter().find(|name| name.p.as_ref() == Some(p)).or_else(|| {
                        // Names in one list have no number of their own: they are counted.
                        let place = p.parse::<usize>().ok()?.checked_sub(1)?;
                        self.types.get(place).filter(|name| name.p.is_none())
                    })
                }
                None => self.types.get(place),
            };
            let Some(name) = name else {
                let field = format!("result {} of {}", place + 1, self.object);
                let problem = InputError::new(field, &result.text, "one result per measType");
                measurements.problems.push(problem);
                continue;
            };
            measurements.add(time, &object, &name.text, &result.text);
        }
    }
}
