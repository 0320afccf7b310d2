//! Records of a text with separators, in place: no field is copied.
//!
//! A field that begins with a quote ends with the next one that is not doubled; elsewhere quotes are
//! letters (RFC 4180). Lines end with CR, LF or both, and empty ones are none.

use std::io::{self, Read};

use crate::error::InputError;

use super::field::Field;
use super::read::ReadError;
use crate::formats::table::wrong_length;

/// Bytes that are read at a time.
const BLOCK_BYTES: usize = 256 * 1024;
/// The longest record, in bytes.
const LONGEST_RECORD: usize = 64 * 1024 * 1024;

/// A text as blocks of whole records.
pub(super) struct Blocks<R> {
    input: R,
    separator: u8,
    /// What was read of the record that the last block did not hold.
    rest: Vec<u8>,
    is_read: bool,
    read: u64,
    block_bytes: usize,
}

impl<R: Read> Blocks<R> {
    pub fn new(input: R, separator: u8) -> Self {
        Self {
            input,
            separator,
            rest: Vec::new(),
            is_read: false,
            read: 0,
            block_bytes: BLOCK_BYTES,
        }
    }

    /// Bytes read so far.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// The next block; none at the end.
    ///
    /// # Errors
    /// Those of the input, or says that a record is too long.
    pub fn next(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        let mut block = std::mem::take(&mut self.rest);
        let mut wanted = self.block_bytes.max(2 * block.len());
        while !self.is_read {
            self.fill(&mut block, wanted)?;
            if self.is_read {
                break;
            }
            let end = last_end(&block, self.separator);
            if end > 0 {
                self.rest.extend_from_slice(&block[end..]);
                block.truncate(end);
                return Ok(Some(block));
            }
            if block.len() > LONGEST_RECORD {
                let found = format!("of {LONGEST_RECORD} bytes or more");
                let allowed = "shorter: a quote may never be closed";
                return Err(InputError::new("a row", found, allowed).into());
            }
            wanted = 2 * block.len();
        }
        Ok(if block.is_empty() { None } else { Some(block) })
    }

    fn fill(&mut self, block: &mut Vec<u8>, wanted: usize) -> io::Result<()> {
        let missing = wanted.saturating_sub(block.len());
        block.reserve(missing);
        let read = self.input.by_ref().take(missing as u64).read_to_end(block)?;
        self.is_read = read < missing;
        self.read += read as u64;
        Ok(())
    }
}

fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// The end of the last record that is whole; 0 where there is none.
pub(super) fn last_end(block: &[u8], separator: u8) -> usize {
    if !block.contains(&b'"') {
        return block.iter().rposition(|byte| ends_line(*byte)).map_or(0, |place| place + 1);
    }
    let (mut at, mut end) = (0, 0);
    while at < block.len() {
        if block[at] == b'"' {
            match closing_quote(block, at) {
                Some(quote) => at = quote + 1,
                None => return end,
            }
        }
        let rest = block[at..].iter();
        let Some(length) = rest.clone().position(|byte| ends_field(*byte, separator)) else {
            return end;
        };
        at += length + 1;
        if ends_line(block[at - 1]) {
            end = at;
        }
    }
    end
}

/// The quote that closes the one at `opening`.
fn closing_quote(block: &[u8], opening: usize) -> Option<usize> {
    let mut at = opening + 1;
    loop {
        at += block.get(at..)?.iter().position(|byte| *byte == b'"')?;
        if block.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

fn ends_field(byte: u8, separator: u8) -> bool {
    byte == separator || ends_line(byte)
}

/// The records of a block, in place.
pub(super) struct Records {
    text: Text,
    /// Where each field stands, record by record.
    fields: Vec<(u32, u32)>,
    /// Where the fields of each record end among [`Self::fields`].
    ends: Vec<u32>,
}

/// A block of text, which may be none.
enum Text {
    Whole(String),
    Damaged(Vec<u8>),
}

impl Records {
    /// Finds the records of a block; lines that hold blanks alone are none.
    pub fn of(mut block: Vec<u8>, separator: u8) -> Self {
        let (mut fields, mut ends) = (Vec::new(), Vec::new());
        let mut at = 0;
        loop {
            while block.get(at).is_some_and(|byte| ends_line(*byte)) {
                at += 1;
            }
            if at >= block.len() {
                break;
            }
            let first = fields.len();
            at = split(&mut block, at, separator, &mut fields);
            let is_blank = |(start, end): (u32, u32)| {
                block[start as usize..end as usize].trim_ascii().is_empty()
            };
            if fields.len() == first + 1 && is_blank(fields[first]) {
                fields.truncate(first);
            } else {
                ends.push(fields.len() as u32);
            }
        }
        let text = match String::from_utf8(block) {
            Ok(text) => Text::Whole(text),
            Err(error) => Text::Damaged(error.into_bytes()),
        };
        Self { text, fields, ends }
    }

    /// The records in their order.
    pub fn iter(&self) -> impl Iterator<Item = Record<'_>> {
        let mut first = 0;
        self.ends.iter().map(move |end| {
            let end = *end as usize;
            let fields = &self.fields[first..end];
            first = end;
            Record { text: &self.text, fields }
        })
    }
}

/// Where texts stand among the records, for threads that hand them on.
#[cfg(not(target_family = "wasm"))]
impl Records {
    /// The text at a place that a field of these records named.
    pub fn at(&self, place: std::ops::Range<usize>) -> &str {
        self.text.get(place.start as u32, place.end as u32)
    }

    /// Where `text` stands among the records; none where it is not a part of them.
    pub fn place_of(&self, text: &str) -> Option<std::ops::Range<usize>> {
        let bytes = match &self.text {
            Text::Whole(text) => text.as_bytes(),
            Text::Damaged(bytes) => bytes,
        };
        let start = (text.as_ptr() as usize).checked_sub(bytes.as_ptr() as usize)?;
        let end = start + text.len();
        (end <= bytes.len()).then_some(start..end)
    }
}

impl Text {
    /// What stands between two places, trimmed. What is no UTF-8 is no number either, and as a name it
    /// would be another one when written.
    fn get(&self, start: u32, end: u32) -> &str {
        let place = start as usize..end as usize;
        let text = match self {
            Self::Whole(text) => text.get(place),
            Self::Damaged(bytes) => {
                bytes.get(place).and_then(|part| std::str::from_utf8(part).ok())
            }
        };
        text.unwrap_or("\u{fffd}").trim_ascii()
    }
}

/// One record of a block.
pub(super) struct Record<'b> {
    text: &'b Text,
    fields: &'b [(u32, u32)],
}

impl<'b> Record<'b> {
    /// The field at `position`.
    pub fn field(&self, position: usize) -> Field<'b> {
        match self.fields.get(position) {
            Some((start, end)) if start < end => Field::Text(self.text.get(*start, *end)),
            _ => Field::Missing,
        }
    }

    /// All fields as texts.
    #[cfg(test)]
    pub fn texts(&self) -> Vec<String> {
        self.fields.iter().map(|(start, end)| self.text.get(*start, *end).to_owned()).collect()
    }

    /// What is wrong with a record that has not `width` fields; empty ones at its end do not count.
    pub fn wrong_length(&self, width: usize) -> Option<InputError> {
        let length = self.fields.len();
        let is_wrong = length != width
            && (length < width || self.fields[width..].iter().any(|(start, end)| start < end));
        is_wrong.then(|| wrong_length(length, width))
    }
}

/// The texts of the first record of a block, which begins with it, and where the next one begins.
pub(super) fn first_record(block: &[u8], separator: u8) -> (Vec<String>, usize) {
    let mut fields = Vec::new();
    let mut block = block.to_vec();
    let end = split(&mut block, 0, separator, &mut fields);
    let text = |(start, end): (u32, u32)| {
        String::from_utf8_lossy(block[start as usize..end as usize].trim_ascii()).into_owned()
    };
    (fields.into_iter().map(text).collect(), end)
}

/// Finds the fields of the record that begins at `at`; gives its end. Doubled quotes become single in
/// the block itself.
fn split(block: &mut [u8], mut at: usize, separator: u8, fields: &mut Vec<(u32, u32)>) -> usize {
    loop {
        let start = at;
        if block.get(at) == Some(&b'"') {
            let (end, next) = unquote(block, at, separator);
            fields.push((start as u32 + 1, end as u32));
            at = next;
        } else {
            let rest = block[at..].iter();
            let length = rest.clone().position(|byte| ends_field(*byte, separator));
            at += length.unwrap_or(rest.len());
            fields.push((start as u32, at as u32));
        }
        let Some(byte) = block.get(at) else { return at };
        at += 1;
        if *byte != separator {
            return at;
        }
    }
}

/// Moves what stands between quotes together, and blanks behind it; gives its end, and where the field ends.
fn unquote(block: &mut [u8], opening: usize, separator: u8) -> (usize, usize) {
    let (mut to, mut from, mut inside) = (opening + 1, opening + 1, true);
    while from < block.len() {
        let byte = block[from];
        if inside && byte == b'"' {
            inside = block.get(from + 1) == Some(&b'"');
            from += 1;
            if !inside {
                continue;
            }
        } else if !inside && ends_field(byte, separator) {
            break;
        }
        block[to] = byte;
        to += 1;
        from += 1;
    }
    // What is left behind is no part of a letter.
    block[to..from].fill(b' ');
    (to, from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts with quotes, line ends and blanks in all places.
    const TEXTS: [&str; 12] = [
        "a,b\n1,2\n",
        "a,b\r\n1,2\r\n\r\n3,4",
        "\n\na,\"b\nc\",d\n\"x\"\"y\",\"\",z\n",
        "a,5\" disk,b\nc,d\"\"e,f\n",
        "\"a\"b,c\n\"d\" \"e\",f\n",
        " \"a\",b\n \n1, 2 \n",
        "a,\n,\nb,c",
        "a\rb\r\rc",
        "\"open,\nto the end\n",
        "\"a\"\"\n\"\"b\",c\n\"d\"",
        "\"\"\"\",a\n",
        "x,\"a,b\"\r\n",
    ];

    fn found(text: &str, block_bytes: usize) -> Vec<Vec<String>> {
        let mut blocks = Blocks::new(text.as_bytes(), b',');
        blocks.block_bytes = block_bytes;
        let mut records = Vec::new();
        while let Some(block) = blocks.next().unwrap() {
            records.extend(Records::of(block, b',').iter().map(|record| record.texts()));
        }
        records
    }

    /// The same by the crate that knows all of CSV.
    fn expected(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let records = reader.records().map(Result::unwrap);
        let texts = records.map(|record| record.iter().map(str::to_owned).collect::<Vec<_>>());
        texts.filter(|record| *record != [""]).collect()
    }

    #[test]
    fn records_are_those_of_csv_whatever_the_blocks() {
        for text in TEXTS {
            for block_bytes in [1, 2, 3, 5, 8, 1000] {
                assert_eq!(found(text, block_bytes), expected(text), "{text:?} by {block_bytes}");
            }
        }
    }

    #[test]
    fn random_texts_are_split_as_csv_does() {
        let mut state = 1_u64;
        let mut next = |count: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
            (state >> 33) % count
        };
        for _ in 0..3000 {
            let length = next(40);
            let text: String = (0..length)
                .map(|_| ['a', ',', '"', '\n', ' ', '\r', 'b', ','][next(8) as usize])
                .collect();
            for block_bytes in [1, 7, 1000] {
                assert_eq!(found(&text, block_bytes), expected(&text), "{text:?} by {block_bytes}");
            }
        }
    }
}
