//! What stands around every planner: the frame, its bar, tabs and tour, files, links and the browser.

mod base64url;
pub mod browser;
pub mod build;
pub mod escape;
pub mod files;
pub mod frame;
pub mod json;
pub mod link_text;
pub mod linked_view;
pub mod live;
pub mod markup;
pub mod menu;
pub mod message;
pub mod narrow;
pub mod tabs;
pub mod top_bar;
pub mod tour;
pub mod view_flags;
