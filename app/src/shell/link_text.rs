//! The state of a view as the text behind a link's `#`: a versioned prefix and the base64url of the
//! state's JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;
use slicewise_core::InputError;

use crate::shell::{base64url, json};

/// Longest text that is read; 16 slices with 16 levels each stay far below.
pub const LONGEST: usize = 256 * 1024;
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
    json::read(&base64url::decode(encoded)?)
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
