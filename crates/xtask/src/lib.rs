//! The house-keeping behind `cargo xtask`, and the static file server that the browser tests share
//! with it.

pub mod bench;
pub mod build_files;
pub mod checks;
pub mod chromium;
pub mod commands;
pub mod fuzz;
pub mod licences;
pub mod one_file;
pub mod planners;
pub mod screenshots;
pub mod serve;
pub mod site;
pub mod site_server;
pub mod sizes;
pub mod soak;
pub mod start_page;
pub mod steps;
pub mod toolchain;
pub mod workspace;
