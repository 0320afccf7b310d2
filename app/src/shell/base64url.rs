//! Text as base64url without padding (RFC 4648, section 5). In the browser its own coder does it, so
//! that the page's wasm carries none.

use slicewise_core::InputError;

/// `text` in the alphabet of addresses.
pub fn encode(text: &str) -> String {
    let plain = plain::encode(text.as_bytes());
    plain.trim_end_matches('=').replace('+', "-").replace('/', "_")
}

/// The text that `encoded` stands for; what is no UTF-8 is replaced.
///
/// # Errors
/// Names the first character that is none of the alphabet, or says that some are missing.
pub fn decode(encoded: &str) -> Result<String, InputError> {
    let is_digit = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if let Some((index, found)) = encoded.chars().enumerate().find(|(_, c)| !is_digit(*c)) {
        let value = format!("{found:?} at character {}", index + 1);
        return Err(InputError::new("link", value, "letters, digits, - and _"));
    }
    let bytes = plain::decode(&encoded.replace('-', "+").replace('_', "/"));
    Ok(String::from_utf8_lossy(&bytes.ok_or_else(cut_off)?).into_owned())
}

/// What is wrong with a link whose end is missing.
pub fn cut_off() -> InputError {
    InputError::new("link", "cut off", "the whole link, as “Copy link” gives it")
}

/// Plain base64; what is read needs no padding.
#[cfg(target_arch = "wasm32")]
mod plain {
    pub fn encode(bytes: &[u8]) -> String {
        let binary: String = bytes.iter().copied().map(char::from).collect();
        web_sys::window().and_then(|window| window.btoa(&binary).ok()).unwrap_or_default()
    }

    pub fn decode(text: &str) -> Option<Vec<u8>> {
        let binary = web_sys::window()?.atob(text).ok()?;
        Some(binary.chars().map(|c| c as u8).collect())
    }
}

/// Plain base64; what is read needs no padding.
#[cfg(not(target_arch = "wasm32"))]
mod plain {
    use base64::Engine;
    use base64::alphabet::STANDARD;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

    const BASE64: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );

    pub fn encode(bytes: &[u8]) -> String {
        BASE64.encode(bytes)
    }

    pub fn decode(text: &str) -> Option<Vec<u8>> {
        BASE64.decode(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_survives_the_encoding() {
        for length in 0..9 {
            let text: String = "aé€z~0".chars().cycle().take(length).collect();
            assert_eq!(decode(&encode(&text)).unwrap(), text);
        }
    }

    #[test]
    fn links_are_written_in_the_alphabet_of_addresses_without_padding() {
        // RFC 4648, section 10, and the two digits that differ from plain base64.
        assert_eq!(encode("foob"), "Zm9vYg");
        assert_eq!(encode("\u{3be}\u{fff}"), "zr7gv78");
        assert_eq!(encode("~\u{ffff}"), "fu-_vw");
    }
}
