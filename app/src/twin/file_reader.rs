//! The reader of the visitor's files.

use std::cell::RefCell;

use slicewise_core::twin::Twin;

use crate::engine::reader::FileReader;

thread_local! {
    /// The page's reader, fetched with its first file.
    pub static READER: RefCell<FileReader<Twin>> = RefCell::default();
}
