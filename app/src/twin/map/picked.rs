//! What is picked of a network.

/// A node or a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picked {
    /// The node of this index.
    Node(u32),
    /// The link of this index, in its own direction.
    Link(u32),
}
