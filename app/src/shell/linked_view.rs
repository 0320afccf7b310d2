//! A view's state in the page's address: read as the page opens and when the visitor changes it, and
//! written once the controls rest.

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use slicewise_core::InputError;

use crate::shell::{browser, link_text};

/// How long the controls rest before the address follows them.
const HASH_DELAY_MS: u32 = 250;

/// A state that a link carries as the base64url of its JSON.
pub trait LinkedView: Default + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Stands before the state and names the planner and the version: `cells1=`.
    const PREFIX: &'static str;

    /// Checks every field.
    ///
    /// # Errors
    /// Names the first one that cannot be used.
    fn check(&self) -> Result<(), InputError>;
}

/// The hash, without `#`.
pub fn to_hash<S: LinkedView>(state: &S) -> String {
    link_text::write(S::PREFIX, state)
}

/// Reads a hash without its `#` and checks all of it.
///
/// # Errors
/// Names the part of the link that cannot be used.
pub fn from_hash<S: LinkedView>(hash: &str) -> Result<S, InputError> {
    let state: S = link_text::read(&[S::PREFIX], hash)?;
    state.check()?;
    Ok(state)
}

/// The state that the page's address asks for, or the opening one with why the link cannot be used;
/// nothing where the address asks for none.
pub fn asked<S: LinkedView>() -> Option<(S, Option<String>)> {
    let hash = browser::hash();
    let error = |error: InputError| {
        format!("The link cannot be used: {error}. The opening question is shown instead.")
    };
    (!hash.is_empty()).then(|| match from_hash(&hash) {
        Ok(state) => (state, None),
        Err(found) => (S::default(), Some(error(found))),
    })
}

/// Brings `state` to what an address asks for that the visitor has changed by hand, with why it cannot be
/// used in `error`; false where it asks for nothing that can be used.
pub fn load<S: LinkedView>(state: RwSignal<S>, error: RwSignal<Option<String>>) -> bool {
    let Some((asked, why)) = asked() else { return false };
    let usable = why.is_none();
    error.set(why);
    state.set(asked);
    usable
}

/// The address that reproduces `state`.
pub fn address<S: LinkedView>(state: RwSignal<S>) -> String {
    browser::address_with(&state.with_untracked(to_hash))
}

/// Lets the address follow `state`.
pub fn follow<S: LinkedView>(state: RwSignal<S>) {
    let timer = StoredValue::new_local(None);
    Effect::new(move |previous: Option<()>| {
        state.track();
        if previous.is_some() {
            let write = move || browser::replace_hash(&state.with_untracked(to_hash));
            timer.set_value(Some(Timeout::new(HASH_DELAY_MS, write)));
        }
    });
}
