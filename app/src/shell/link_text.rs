//! The state of a view as the text behind a link's `#`: a versioned prefix and the base64url of the
//! state's JSON.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{DecodeError, Engine};
use serde::Serialize;
use serde::de::DeserializeOwned;
use slicewise_core::InputError;

use crate::shell::json;

/// Longest text that is read; 16 slices with 16 levels each stay far below.
pub const LONGEST: usize = 256 * 1024;
/// Above this a number does not cross into JavaScript exactly.
pub const LARGEST_SEED: u64 = (1 << 53) - 1;

/// `state` behind `prefix`, which names the planner and the version: `cells1=`.
pub fn write(prefix: &str, state: &impl Serialize) -> String {
    let json = json::write(state, 0).unwrap_or_default();
    format!("{prefix}{}", encode(json.as_bytes()))
}

/// Reads a hash without its `#`. What the numbers in it mean is left to check.
///
/// # Errors
/// Names the part of the link that cannot be used: its length, its prefix, a character or its JSON.
pub fn read<T: DeserializeOwned>(prefixes: &[&str], hash: &str) -> Result<T, InputError> {
    if hash.len() > LONGEST {
        return Err(InputError::new(
            "link",
            format!("{} characters", hash.len()),
            format!("at most {LONGEST} characters"),
        ));
    }
    let Some(encoded) = prefixes.iter().find_map(|prefix| hash.strip_prefix(prefix)) else {
        let allowed = format!("a link that starts with #{}", prefixes.join(" or #"));
        return Err(InputError::new("link version", hash, allowed));
    };
    let bytes = decode(encoded)?;
    json::read(&String::from_utf8_lossy(&bytes))
        .map_err(|error| InputError::new("link", error, "a state that this page wrote"))
}

/// Checks that `seed` survives a link.
///
/// # Errors
/// Says what is allowed.
pub fn check_seed(seed: u64) -> Result<(), InputError> {
    if seed > LARGEST_SEED {
        return Err(InputError::new("seed", seed, format!("0 to {LARGEST_SEED}")));
    }
    Ok(())
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &str) -> Result<Vec<u8>, InputError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|error| match error {
        DecodeError::InvalidByte(index, byte) | DecodeError::InvalidLastSymbol(index, byte) => {
            let value = format!("{:?} at character {}", char::from(byte), index + 1);
            InputError::new("link", value, "letters, digits, - and _")
        }
        DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => {
            InputError::new("link", "cut off", "a link as this page wrote it")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_reproduces_its_state() {
        let state = vec![("Vidéo".to_owned(), 0.25), (String::new(), -1.5)];
        let text = write("cells1=", &state);
        assert_eq!(read::<Vec<(String, f64)>>(&["cells1="], &text).unwrap(), state);
    }

    #[test]
    fn every_length_survives_the_encoding() {
        for length in 0..9_u8 {
            let bytes: Vec<u8> = (0..length).map(|b| b.wrapping_mul(91)).collect();
            assert_eq!(decode(&encode(&bytes)).unwrap(), bytes);
        }
    }

    #[test]
    fn links_are_written_in_the_alphabet_of_addresses_without_padding() {
        // RFC 4648, section 10, and the two digits that differ from plain base64.
        assert_eq!(encode(b"foob"), "Zm9vYg");
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn damaged_texts_are_named() {
        let message = |text: &str| read::<f64>(&["a1=", "a2="], text).unwrap_err().to_string();
        assert!(message("a3=abc").starts_with("link version is a3=abc"));
        assert!(message("a3=abc").ends_with("a link that starts with #a1= or #a2="));
        assert!(message("a1=ab!c").contains("'!' at character 3"));
        assert!(message("a1=abcde").starts_with("link is cut off"));
        assert!(message("a1=").starts_with("link is "));
        assert!(message(&"x".repeat(LONGEST + 1)).contains("at most"));
    }
}
