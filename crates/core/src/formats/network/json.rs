//! JSON as people and their tools write it, and as it is written here: numbers are read to the last bit
//! and kept as they stand, so that identities are not rounded, and NaN and Infinity, which Python writes,
//! are read (RFC 8259 apart from these).

use std::borrow::Cow;

use crate::error::InputError;

/// The deepest nesting.
const DEEPEST: usize = 64;

/// A value of a document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    /// As it stands in the document.
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Object(Vec<(Cow<'a, str>, Self)>),
}

impl<'a> Json<'a> {
    /// Reads a document.
    ///
    /// # Errors
    /// Says at which line it is no JSON, or nested deeper than [`DEEPEST`].
    pub(super) fn read(text: &'a str) -> Result<Self, InputError> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(0)?;
        reader.blank();
        if reader.at < text.len() {
            return Err(reader.wrong("the end of the file"));
        }
        Ok(value)
    }

    /// The member `name`, the last of several; none where this is no object.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The member of this name, whatever module stands before it (RFC 7951, section 4).
    pub(super) fn of_module(&self, name: &str) -> Option<&Self> {
        let own = |key: &str| key.rsplit_once(':').map_or(key, |(_, own)| own) == name;
        self.members().iter().rev().find(|(key, _)| own(key)).map(|(_, value)| value)
    }

    /// The members of an object.
    pub(super) fn members(&self) -> &[(Cow<'a, str>, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The values of a list.
    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// A text, or a number or truth value as it stands.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(text) => Some(text),
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// A number, also one in quotes.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(text) => number(text),
            Self::Text(text) => number(text.trim_ascii()),
            _ => None,
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.next(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn wrong(&self, allowed: &str) -> InputError {
        let before = &self.text.as_bytes()[..self.at];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let found: String = rest.chars().take(20).collect();
        let found = if found.is_empty() { "the end of the file".to_owned() } else { found };
        InputError::new(format!("line {line}"), found, allowed)
    }

    /// Steps over blanks and `byte`; says whether it was there.
    fn takes(&mut self, byte: u8) -> bool {
        self.blank();
        let there = self.next() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn value(&mut self, depth: usize) -> Result<Json<'a>, InputError> {
        self.blank();
        if depth > DEEPEST {
            return Err(self.wrong("at most 64 brackets within one another"));
        }
        match self.next() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => Ok(Json::Text(self.string()?)),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, InputError> {
        self.at += 1;
        let mut members = Vec::new();
        if self.takes(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.blank();
            if self.next() != Some(b'"') {
                return Err(self.wrong("a name in quotes"));
            }
            let name = self.string()?;
            if !self.takes(b':') {
                return Err(self.wrong("a colon"));
            }
            members.push((name, self.value(depth + 1)?));
            if self.takes(b'}') {
                return Ok(Json::Object(members));
            }
            if !self.takes(b',') {
                return Err(self.wrong("a comma or a closing brace"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Json<'a>, InputError> {
        self.at += 1;
        let mut items = Vec::new();
        if self.takes(b']') {
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.takes(b']') {
                return Ok(Json::List(items));
            }
            if !self.takes(b',') {
                return Err(self.wrong("a comma or a closing bracket"));
            }
        }
    }

    fn word(&mut self) -> Result<Json<'a>, InputError> {
        let start = self.at;
        while matches!(
            self.next(),
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'+' | b'-' | b'.')
        ) {
            self.at += 1;
        }
        let word = &self.text[start..self.at];
        match word {
            "null" => Ok(Json::Null),
            "true" => Ok(Json::Bool(true)),
            "false" => Ok(Json::Bool(false)),
            _ if number(word).is_some() => Ok(Json::Number(word)),
            _ => {
                self.at = start;
                Err(self.wrong("a value of JSON"))
            }
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, InputError> {
        self.at += 1;
        let mut start = self.at;
        let mut unescaped = String::new();
        loop {
            match self.next() {
                Some(b'"') => {
                    let rest = &self.text[start..self.at];
                    self.at += 1;
                    if unescaped.is_empty() {
                        return Ok(Cow::Borrowed(rest));
                    }
                    unescaped.push_str(rest);
                    return Ok(Cow::Owned(unescaped));
                }
                Some(b'\\') => {
                    unescaped.push_str(&self.text[start..self.at]);
                    self.at += 1;
                    unescaped.push(self.escape()?);
                    start = self.at;
                }
                Some(_) => self.at += 1,
                None => return Err(self.wrong("a closing quote")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, InputError> {
        let letter = self.next();
        self.at += 1;
        Ok(match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => {
                self.at -= 1;
                return Err(self.wrong("an escape of JSON"));
            }
        })
    }

    /// A letter by its number, or by a pair of surrogates; half a pair is a letter that stands for none.
    fn unicode(&mut self) -> Result<char, InputError> {
        let first = self.hexadecimal()?;
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if (0xd800..0xdc00).contains(&first) && rest.starts_with(b"\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.hexadecimal()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hexadecimal(&mut self) -> Result<u32, InputError> {
        let digits = self.text.get(self.at..self.at + 4).unwrap_or_default();
        let is_digits = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code = u32::from_str_radix(digits, 16).ok().filter(|_| is_digits);
        let code = code.ok_or_else(|| self.wrong("four hexadecimal digits"))?;
        self.at += 4;
        Ok(code)
    }
}

/// `text` in quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    for letter in text.chars() {
        match letter {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            letter if u32::from(letter) < 0x20 => {
                written.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            letter => written.push(letter),
        }
    }
    written.push('"');
    written
}

/// Members of an object in one line.
#[derive(Default)]
pub(super) struct Line {
    text: String,
}

impl Line {
    /// Adds a member whose value is written as it stands.
    pub(super) fn raw(mut self, name: &str, value: &str) -> Self {
        self.text.push_str(if self.text.is_empty() { "{" } else { ", " });
        self.text.push_str(&quoted(name));
        self.text.push_str(": ");
        self.text.push_str(value);
        self
    }

    /// Adds a text.
    pub(super) fn text(self, name: &str, value: &str) -> Self {
        self.raw(name, &quoted(value))
    }

    /// Adds a number that reads back to the last bit.
    pub(super) fn number(self, name: &str, value: f64) -> Self {
        self.raw(name, &value.to_string())
    }

    /// Adds a number where there is one.
    pub(super) fn maybe(self, name: &str, value: Option<f64>) -> Self {
        match value {
            Some(value) => self.number(name, value),
            None => self,
        }
    }

    /// The object.
    pub(super) fn end(mut self) -> String {
        self.text.push_str(if self.text.is_empty() { "{}" } else { "}" });
        self.text
    }
}

/// A list with a line for each of its values.
pub(super) fn list(lines: impl Iterator<Item = String>, indent: &str) -> String {
    let lines: Vec<String> = lines.map(|line| format!("{indent}  {line}")).collect();
    if lines.is_empty() {
        return "[]".to_owned();
    }
    format!("[\n{}\n{indent}]", lines.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_serde_writes_is_read_as_serde_reads_it() {
        let texts =
            ["{\"a\": [1, -2.5e3, true, null, \"x\\u00e9\\ud83d\\ude00\\n\"], \"b\": {}}", "[]"];
        for text in texts {
            let own = Json::read(text).unwrap();
            let reference: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(as_serde(&own), reference, "{text}");
        }
    }

    fn as_serde(value: &Json<'_>) -> serde_json::Value {
        match value {
            Json::Null => serde_json::Value::Null,
            Json::Bool(value) => (*value).into(),
            Json::Number(text) => serde_json::from_str(text).unwrap(),
            Json::Text(text) => text.as_ref().into(),
            Json::List(items) => items.iter().map(as_serde).collect(),
            Json::Object(members) => {
                let members =
                    members.iter().map(|(name, value)| (name.to_string(), as_serde(value)));
                serde_json::Value::Object(members.collect())
            }
        }
    }

    #[test]
    fn numbers_that_python_writes_and_all_digits_are_read() {
        let read =
            Json::read("[NaN, Infinity, -Infinity, 0.58333333333333337, 12345678901234567890]");
        let read = read.unwrap();
        let numbers: Vec<f64> = read.items().iter().filter_map(Json::number).collect();
        assert!(numbers[0].is_nan() && numbers[1].is_infinite());
        assert_eq!(numbers[3], 7.0 / 12.0);
        assert_eq!(read.items()[4].text(), Some("12345678901234567890"));
    }

    #[test]
    fn what_is_no_json_is_told_with_its_line() {
        let told = |text: &str| Json::read(text).unwrap_err().to_string();
        assert_eq!(told("{\n\"a\": 1,\n}"), "line 3 is }; allowed: a name in quotes");
        assert!(told("{\"a\": [1, 2").starts_with("line 1 is the end of the file"));
        assert!(told("\"abc").contains("a closing quote"));
        assert!(told("[1] 2").contains("the end of the file"));
        assert!(told(&"[".repeat(1_000_000)).contains("at most 64"));
        for text in ["", "nul", "{a: 1}", "[1 2]", "\"\\x\"", "\"\\u12", "-", "\"\\u00é\""] {
            assert!(Json::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_quoted_is_read_back() {
        for text in ["", "a\"b\\c\n\t\r\u{1}\u{7f}", "Kraków 東京 😀"] {
            assert_eq!(Json::read(&quoted(text)).unwrap(), Json::Text(text.into()));
            assert_eq!(serde_json::from_str::<String>(&quoted(text)).unwrap(), text);
        }
    }
}
