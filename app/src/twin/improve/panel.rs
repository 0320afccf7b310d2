//! The tab that is open.

use leptos::prelude::*;

use super::growth::Growth;
use super::measurements::Measuring;
use super::planner::Improve;
use super::routing::Routing;
use crate::annex::door::Door;
use crate::shell::live::live;
use crate::shell::message::message_of;

/// What fills the element that the page has left.
pub fn panel(door: Door) -> AnyView {
    let improve = Improve::new(door);
    let (routing, growth) = (Routing::new(improve), Growth::new(improve));
    let measuring = Measuring::new(improve);
    let open = move || match &improve.tab.get()[..] {
        "routing" => routing.panel(),
        "growth" => growth.panel(),
        "measurements" => measuring.panel(),
        _ => ().into_any(),
    };
    view! {
        {message_of(improve.message, "improve-engine")}
        {message_of(improve.link_error, "improve-link-error")}
        {live(open)}
    }
    .into_any()
}
