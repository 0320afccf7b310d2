//! Flags in the page's query that change what is shown, not what is planned.

use slicewise_core::InputError;
use slicewise_core::compute::Device;

use crate::PageOf;
use crate::shell::browser;

/// The most workers that the address can ask for.
const MOST_WORKERS: usize = 64;

/// What the query asks for: `?planner=cells&embed=1&controls=0&theme=dark&compute=cpu&workers=2&debug=1`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewFlags {
    /// `embed=1`: no top bar, no import and export.
    pub embed: bool,
    /// `controls=0`: the answer and the charts alone.
    pub hide_controls: bool,
    /// `theme=light|dark|auto`, stronger than the stored choice.
    pub theme: Option<String>,
    /// `debug=1`: buttons that crash the engine and run the benchmark.
    pub debug: bool,
    /// `compute=auto|cpu|gpu`, stronger than the stored choice.
    pub compute: Option<Device>,
    /// `workers=N`: workers for batches on the processor, 1 to 64.
    pub workers: Option<usize>,
    /// `planner=NAME` where there is no such planner.
    pub unknown_planner: Option<InputError>,
}

impl ViewFlags {
    /// Reads the flags from the page's own address.
    pub fn of_page() -> Self {
        Self::parse(&browser::query())
    }

    /// Reads the flags from a query with or without its question mark; unknown ones are ignored.
    pub fn parse(query: &str) -> Self {
        let mut flags = Self::default();
        for pair in query.trim_start_matches('?').split('&') {
            match pair {
                "embed=1" => flags.embed = true,
                "controls=0" => flags.hide_controls = true,
                "debug=1" => flags.debug = true,
                "theme=light" | "theme=dark" | "theme=auto" => {
                    flags.theme = pair.split_once('=').map(|(_, theme)| theme.to_owned());
                }
                _ => flags.parse_value(pair),
            }
        }
        flags
    }

    fn parse_value(&mut self, pair: &str) {
        match pair.split_once('=') {
            Some(("compute", name)) => self.compute = Device::named(name),
            Some(("workers", count)) => {
                let count = count.parse().ok();
                self.workers = count.filter(|count| (1..=MOST_WORKERS).contains(count));
            }
            Some(("planner", name)) => self.unknown_planner = unknown_planner(name),
            _ => {}
        }
    }
}

/// What is wrong with the planner's name, if anything.
fn unknown_planner(name: &str) -> Option<InputError> {
    let names = PageOf::ALL.map(PageOf::name);
    let known = names.contains(&name);
    (!known).then(|| InputError::new("planner", name, names.join(", ")))
}

/// `query` for the page of another planner: the other flags stay.
pub fn with_planner(query: &str, page: PageOf) -> String {
    let flags = query.trim_start_matches('?').split('&');
    let others = flags.filter(|pair| !pair.is_empty() && !pair.starts_with("planner="));
    others.fold(["?planner=", page.name()].concat(), |query, pair| [&query, "&", pair].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_flags_are_read_and_others_ignored() {
        let flags = ViewFlags::parse("?embed=1&theme=dark&colour=red&theme=sepia");
        assert!(flags.embed && !flags.hide_controls && !flags.debug);
        assert_eq!(flags.theme.as_deref(), Some("dark"));
        let flags = ViewFlags::parse("?compute=gpu&workers=3");
        assert_eq!((flags.compute, flags.workers), (Some(Device::Gpu), Some(3)));
        let flags = ViewFlags::parse("compute=fast&workers=0");
        assert_eq!((flags.compute, flags.workers), (None, None));
    }

    #[test]
    fn an_unknown_planner_is_named_and_a_known_one_is_not() {
        let error = ViewFlags::parse("?theme=dark&planner=sells").unknown_planner.unwrap();
        assert_eq!(error.to_string(), "planner is sells; allowed: slice, cells, forecast, twin");
        assert!(ViewFlags::parse("?planner=").unknown_planner.is_some());
        for query in ["", "?planner=slice", "?planner=cells", "?planner=forecast", "?planner=twin"]
        {
            assert_eq!(ViewFlags::parse(query).unknown_planner, None, "{query}");
        }
    }

    #[test]
    fn another_planner_keeps_the_flags() {
        assert_eq!(with_planner("", PageOf::Slice), "?planner=slice");
        assert_eq!(with_planner("", PageOf::Cells), "?planner=cells");
        let query = "?theme=dark&planner=cells&workers=2";
        assert_eq!(with_planner(query, PageOf::Slice), "?planner=slice&theme=dark&workers=2");
        assert_eq!(with_planner(query, PageOf::Cells), "?planner=cells&theme=dark&workers=2");
    }
}
