//! What tests that span crates share: a browser with its driver, the page as a visitor sees it, and
//! the command line.
//!
//! The browser tests need dist/ and Chromium: `cargo xtask test` provides both.

pub mod chromedriver;
pub mod command_line;
pub mod contrast;
pub mod memory;
pub mod page;
pub mod site;

/// The README's Rust is run with the documentation's examples.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
