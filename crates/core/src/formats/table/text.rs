//! Bytes of a file as text.

use std::borrow::Cow;

/// How the bytes of a table stood for letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without its mark.
    #[default]
    Utf8,
    /// UTF-16, of either order of bytes, by its mark or by its zeros.
    Utf16,
    /// Windows-1252: what is no UTF-8.
    Windows1252,
}

impl Encoding {
    /// What to say of it; nothing of what everybody expects.
    pub fn told(self) -> Option<&'static str> {
        match self {
            Self::Utf8 => None,
            Self::Utf16 => Some("read as UTF-16"),
            Self::Windows1252 => Some("read as Windows-1252, since it is no UTF-8"),
        }
    }
}

/// The text that `bytes` hold, without a mark at its beginning, with line feeds where lines end with
/// carriage returns only, and how the bytes stood for letters.
pub fn decoded(bytes: &[u8]) -> (Cow<'_, str>, Encoding) {
    let (text, encoding) = match bytes {
        [0xff, 0xfe, rest @ ..] => (Cow::Owned(utf16(rest, u16::from_le_bytes)), Encoding::Utf16),
        [0xfe, 0xff, rest @ ..] => (Cow::Owned(utf16(rest, u16::from_be_bytes)), Encoding::Utf16),
        _ if unmarked(bytes).is_some() => {
            let unit = unmarked(bytes).unwrap_or(u16::from_le_bytes);
            (Cow::Owned(utf16(bytes, unit)), Encoding::Utf16)
        }
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => (Cow::Borrowed(text), Encoding::Utf8),
            Err(error) if cut_letter(bytes, &error) => {
                (String::from_utf8_lossy(&bytes[..error.valid_up_to()]), Encoding::Utf8)
            }
            Err(_) => {
                (bytes.iter().map(|byte| windows_1252(*byte)).collect(), Encoding::Windows1252)
            }
        },
    };
    (ended_by_line_feeds(without_mark(text)), encoding)
}

/// How UTF-16 without a mark is read, where every other byte of the beginning is 0, as in texts of mostly
/// Latin letters.
fn unmarked(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    const LOOKED_AT: usize = 512;
    let first = &bytes[..bytes.len().min(LOOKED_AT)];
    let zeros = |offset: usize| {
        let every_other = first.iter().skip(offset).step_by(2);
        every_other.filter(|byte| **byte == 0).count()
    };
    let most = |count: usize| first.len() >= 8 && 5 * count >= 2 * first.len();
    match (zeros(0), zeros(1)) {
        (0, odd) if most(odd) => Some(u16::from_le_bytes),
        (even, 0) if most(even) => Some(u16::from_be_bytes),
        _ => None,
    }
}

/// Whether only the last letter of UTF-8 is not whole, as where a file was cut.
fn cut_letter(bytes: &[u8], error: &std::str::Utf8Error) -> bool {
    error.error_len().is_none() && bytes[..error.valid_up_to()].iter().any(|byte| *byte >= 0x80)
}

fn without_mark(text: Cow<'_, str>) -> Cow<'_, str> {
    const MARK: char = '\u{feff}';
    if !text.starts_with(MARK) {
        return text;
    }
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches(MARK)),
        Cow::Owned(text) => Cow::Owned(text.trim_start_matches(MARK).to_owned()),
    }
}

fn ended_by_line_feeds(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\n') || !text.contains('\r') {
        text
    } else {
        Cow::Owned(text.replace('\r', "\n"))
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The letter of a byte (WHATWG Encoding Standard, index windows-1252).
fn windows_1252(byte: u8) -> char {
    const FROM_0X80: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => FROM_0X80[usize::from(byte) - 0x80],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_read_in_the_encodings_that_exports_have() {
        let text = "Zelle;Verkehr\nMünchen;1,5 €\n";
        let mut marked = vec![0xef, 0xbb, 0xbf];
        marked.extend(text.as_bytes());
        assert_eq!(decoded(&marked), (text.into(), Encoding::Utf8));
        for (mark, bytes) in [
            ([0xff, 0xfe], u16::to_le_bytes as fn(u16) -> [u8; 2]),
            ([0xfe, 0xff], u16::to_be_bytes),
        ] {
            let mut wide = mark.to_vec();
            wide.extend(text.encode_utf16().flat_map(bytes));
            assert_eq!(decoded(&wide), (text.into(), Encoding::Utf16));
            assert_eq!(decoded(&wide[2..]), (text.into(), Encoding::Utf16));
        }
        let narrow: Vec<u8> = text
            .chars()
            .map(|letter| match letter {
                '€' => 0x80,
                letter => letter as u8,
            })
            .collect();
        assert_eq!(decoded(&narrow), (text.into(), Encoding::Windows1252));
    }

    #[test]
    fn lines_that_end_with_carriage_returns_only_are_lines() {
        assert_eq!(decoded(b"a,b\r1,2\r").0, "a,b\n1,2\n");
        assert_eq!(decoded(b"a,b\r\n1,2\r\n").0, "a,b\r\n1,2\r\n");
    }

    #[test]
    fn a_letter_that_is_cut_at_the_end_does_not_change_the_others() {
        let cut = &"site,note\nA,ü\nB,ü".as_bytes()[..17];
        assert_eq!(decoded(cut), ("site,note\nA,ü\nB,".into(), Encoding::Utf8));
    }
}
