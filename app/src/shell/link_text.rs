//! The state of a view as the text behind a link's `#`: a versioned prefix and the base64url of the
//! state's JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;
use slicewise_core::InputError;

use crate::shell::{base64url, json};

/// Longest text that is read; 16 slices with 16 levels each stay far below.
pub const LONGEST: usize = 256 * 1024;
/// The longest address that mail and chat programs are trusted to carry whole, in characters.
pub const LONGEST_SURE: usize = 4000;
/// Above this a number does not cross into JavaScript exactly.
pub const LARGEST_SEED: u64 = (1 << 53) - 1;

/// `state` behind `prefix`, which names the planner and the version: `cells1=`.
pub fn write(prefix: &str, state: &impl Serialize) -> String {
    let json = json::write(state, 0).unwrap_or_default();
    format!("{prefix}{}", base64url::encode(&json))
}

/// Reads a hash without its `#`. What the numbers in it mean is left to check.
///
/// # Errors
/// Names the part of the link that cannot be used: its length, its prefix, a character or its JSON; or says
/// that it was cut.
pub fn read<T: DeserializeOwned>(prefixes: &[&str], hash: &str) -> Result<T, InputError> {
    if hash.len() > LONGEST {
        return Err(InputError::new(
            "link",
            format!("{} characters", hash.len()),
            format!("at most {LONGEST} characters"),
        ));
    }
    if prefixes.iter().any(|prefix| prefix.starts_with(hash)) {
        return Err(base64url::cut_off());
    }
    let Some(encoded) = prefixes.iter().find_map(|prefix| hash.strip_prefix(prefix)) else {
        let allowed = format!("a link that starts with #{}", prefixes.join(" or #"));
        return Err(InputError::new("link version", hash, allowed));
    };
    let text = base64url::decode(encoded)?;
    json::read(&text).map_err(|error| match is_cut(&text) {
        true => base64url::cut_off(),
        false => InputError::new("link", error, "a state that this page wrote"),
    })
}

/// Whether the end of a state's JSON is missing: the brace that opens it is closed by its last character.
fn is_cut(json: &str) -> bool {
    let count = |brace| json.bytes().filter(|byte| *byte == brace).count();
    count(b'{') > count(b'}')
}

/// A file that opens `address`, as a browser writes it, however long that is.
pub fn as_file(address: &str) -> String {
    [
        "<!doctype html><meta charset=\"utf-8\"><title>Slicewise</title><a href=\"",
        address,
        "\">Open this view in Slicewise</a>\n",
    ]
    .concat()
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
    fn a_link_that_was_cut_anywhere_says_so() {
        let state = serde_json::json!({ "slices": [{ "name": "Vidéo {a}" }, {}], "day": 3 });
        let whole = write("a1=", &state);
        for length in 1..whole.len() {
            let error = read::<serde_json::Value>(&["b1=", "a1="], &whole[..length]).unwrap_err();
            assert!(error.to_string().starts_with("link is cut off"), "{length}: {error}");
        }
        assert_eq!(read::<serde_json::Value>(&["b1=", "a1="], &whole).unwrap(), state);
    }

    #[test]
    fn a_file_opens_the_address_that_it_was_made_of() {
        let file = as_file("https://a.b/?planner=cells&theme=dark#cells1=ab-_");
        assert!(file.contains("href=\"https://a.b/?planner=cells&theme=dark#cells1=ab-_\""));
    }

    #[test]
    fn damaged_texts_are_named() {
        let message = |text: &str| read::<f64>(&["a1=", "a2="], text).unwrap_err().to_string();
        assert!(message("a3=abc").starts_with("link version is a3=abc"));
        assert!(message("a3=abc").ends_with("a link that starts with #a1= or #a2="));
        assert!(message("a1=ab!c").contains("'!' at character 3"));
        assert!(message("a1=abcde").starts_with("link is cut off"));
        assert!(message("a1=").starts_with("link is cut off"));
        assert!(message(&"x".repeat(LONGEST + 1)).contains("at most"));
    }
}
