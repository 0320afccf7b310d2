//! The Slice planner: cheapest CPU and bandwidth that keep a slice's QoS promise.
