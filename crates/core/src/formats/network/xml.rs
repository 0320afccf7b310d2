//! XML, element by element, for the formats that are written in it.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use crate::error::InputError;

/// What stands in a file.
pub(super) enum Step<'a> {
    /// An element begins: its name without a prefix, and its attributes.
    Open(&'a str, &'a BytesStart<'a>),
    /// An element ends: its name without a prefix, and the text in it since the last element began or ended.
    Close(&'a str, &'a str),
}

/// Goes through a file.
///
/// # Errors
/// Says at which byte it is no XML, or that it was cut off.
pub(super) fn read(text: &str, take: &mut dyn FnMut(Step<'_>)) -> Result<(), InputError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().trim_text(false);
    let (mut inside, mut depth) = (String::new(), 0_usize);
    loop {
        let event = reader.read_event();
        let place = reader.buffer_position();
        let event = event
            .map_err(|error| InputError::new(format!("byte {place}"), error, "well-formed XML"))?;
        match event {
            Event::Start(start) => {
                depth += 1;
                inside.clear();
                take(Step::Open(start.local_name().as_ref(), &start));
            }
            Event::Empty(start) => {
                inside.clear();
                take(Step::Open(start.local_name().as_ref(), &start));
                take(Step::Close(start.local_name().as_ref(), ""));
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                take(Step::Close(end.local_name().as_ref(), inside.trim_ascii()));
                inside.clear();
            }
            Event::Text(text) => inside.push_str(&text.xml10_content()),
            Event::CData(text) => inside.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                inside.extend(reference.resolve_char_ref().ok().flatten());
                let named = quick_xml::escape::resolve_predefined_entity(&reference);
                inside.push_str(named.unwrap_or_default());
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    if depth > 0 {
        let allowed = format!("{depth} more elements closed");
        return Err(InputError::new("file", "cut off", allowed));
    }
    Ok(())
}

/// An attribute of an element, by its name without a prefix.
pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start.attributes().flatten().find(|a| a.key.local_name().as_ref() == name)?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(|value| value.into_owned())
}
