//! The Twin planner's words: a network, what it carries, what is changed of it, and what it answers.
//!
//! Source: Almasan et al., "Digital Twin Network: Opportunities and Challenges" (2022), sections II and III.

pub mod answer;
pub mod card;
pub mod corrected;
pub mod diagnosis;
pub mod edit;
pub mod failures;
pub mod gravity;
pub mod growth;
pub mod improver;
pub mod intent;
pub mod job;
pub mod opening;
pub mod packed_scenario;
pub mod promise;
pub mod queueing;
pub mod scenario;
pub mod simulation;
pub mod topology;
pub mod traffic;

pub use answer::{Answer, FlowAnswers, FlowState, LinkAnswers};
pub use card::{GraphCard, PortsCard, RoutingAgentCard};
pub use corrected::CorrectedAnswer;
pub use edit::Edit;
pub use job::{Twin, TwinJob, TwinNews, TwinOutcome};
pub use promise::Promise;
pub use queueing::{Buffer, Policy, Queueing};
pub use scenario::Scenario;
pub use topology::{Link, Node, Place, RiskGroup, Topology};
pub use traffic::{Arrivals, Flow, PacketSize, PacketSizes};
