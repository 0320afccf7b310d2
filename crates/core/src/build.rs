//! Which build of Slicewise this is.

/// The build's id where one was given, as `SLICEWISE_BUILD` when it was compiled; otherwise the
/// version.
pub const BUILD: &str = match option_env!("SLICEWISE_BUILD") {
    Some(build) => build,
    None => env!("CARGO_PKG_VERSION"),
};
