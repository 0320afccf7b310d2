//! The one table of the planners: their programs, style sheets and networks, what each may weigh, and
//! the names that all of these have in the site. Builds, the page's start, the limits of sizes and the
//! browser tests are written from it.

/// Bytes per KB.
pub const KB: u64 = 1000;

/// Networks that a planner's engine fetches.
pub struct Networks {
    /// Fetched for the question that the page opens with.
    pub at_once: &'static [&'static str],
    /// Fetched for some questions, and kept beforehand for visits without a network.
    pub for_some_questions: &'static [&'static str],
    /// Fetched for some questions, and kept only from then on.
    pub once_opened: &'static [&'static str],
    /// What all of them may weigh after brotli, in bytes.
    pub limit: u64,
}

impl Networks {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &'static str> {
        self.at_once.iter().chain(self.for_some_questions).chain(self.once_opened).copied()
    }
}

/// One planner.
pub struct Planner {
    /// Its name in crates, folders, commands and addresses.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The title of its page.
    pub page_title: &'static str,
    /// What it does for its visitor, in a sentence for those who have not opened it.
    pub promise: &'static str,
    /// Whether it has a style sheet beside the one of all pages.
    pub has_styles: bool,
    /// What its engine fetches; none where the weights lie in the programs.
    pub networks: Option<Networks>,
    /// What script, wasm and styles of its page may weigh after brotli, in bytes.
    pub page_limit: u64,
    /// What script and wasm of its engine may weigh after brotli, in bytes.
    pub engine_limit: u64,
    /// What the one file with all that it needs on the processor may weigh as it is, in bytes.
    pub one_file_limit: u64,
}

/// All planners; the first one's page opens where the address asks for something but names none.
pub const PLANNERS: [Planner; 4] = [
    Planner {
        name: "slice",
        title: "Slice",
        page_title: "Slicewise: plan a 5G slice",
        promise: "Plans 5G network slices in the browser: the cheapest CPU and bandwidth that keep a slice's promise, with a proof.",
        has_styles: false,
        // The default lies in the engine.
        networks: Some(Networks {
            at_once: &[],
            for_some_questions: &["testbed-gaussian", "testbed-mixture", "delay-ensemble", "delay"],
            once_opened: &[],
            limit: 60 * KB,
        }),
        page_limit: 380 * KB,
        engine_limit: 350 * KB,
        one_file_limit: 3000 * KB,
    },
    Planner {
        name: "cells",
        title: "Cells",
        page_title: "Slicewise: plan the slices of 5G cells",
        promise: "Splits the radio of every 5G cell between its slices in the browser: the best split by a trained estimate, with a proof.",
        has_styles: true,
        networks: None,
        page_limit: 300 * KB,
        engine_limit: 250 * KB,
        one_file_limit: 3000 * KB,
    },
    Planner {
        name: "forecast",
        title: "Forecast",
        page_title: "Slicewise: reserve capacity for the next interval",
        promise: "Reserves capacity for 5G slices in the browser: networks that learn what decisions cost, not how far forecasts miss.",
        has_styles: true,
        networks: Some(Networks {
            at_once: &["video-streaming"],
            for_some_questions: &["web-browsing", "social-media", "cloud-gaming", "four-slices"],
            once_opened: &[
                "video-streaming-15min",
                "web-browsing-15min",
                "social-media-15min",
                "cloud-gaming-15min",
                "video-streaming-60min",
                "web-browsing-60min",
                "social-media-60min",
                "cloud-gaming-60min",
            ],
            limit: 1800 * KB,
        }),
        page_limit: 300 * KB,
        engine_limit: 250 * KB,
        // Its thirteen networks are 2100 KB of it.
        one_file_limit: 4800 * KB,
    },
    Planner {
        name: "twin",
        title: "Twin",
        page_title: "Slicewise: see a network answer before you touch it",
        promise: "Answers what a network will do, in the browser: delay, jitter and loss of every flow before anything is changed.",
        has_styles: true,
        // `ports`, which queues other than FIFO want, lies in the engine.
        networks: Some(Networks {
            at_once: &[],
            for_some_questions: &["fifo", "scheduling"],
            once_opened: &[],
            limit: 300 * KB,
        }),
        page_limit: 330 * KB,
        engine_limit: 280 * KB,
        one_file_limit: 3000 * KB,
    },
];

/// What the first view may weigh after brotli, in bytes: everything but what is fetched on demand.
pub const FIRST_VIEW_LIMIT: u64 = 700 * KB;

/// What the one file with all planners may weigh as it is, in bytes.
pub const ONE_FILE_LIMIT: u64 = 9000 * KB;

/// An engine that is fetched when it is wanted, for several planners or beside a planner's own.
pub struct SharedEngine {
    /// Its program.
    pub program: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The feature of the engine's crate that it is built with, where it needs one.
    pub feature: Option<&'static str>,
    /// Names of the planners that it serves.
    pub planners: &'static [&'static str],
    /// What script and wasm may weigh after brotli, in bytes, if that is limited.
    pub limit: Option<u64>,
}

/// All engines that are fetched when they are wanted.
pub const SHARED_ENGINES: [SharedEngine; 5] = [
    SharedEngine {
        program: "slicewise-learning",
        title: "learning engine",
        feature: Some("burn"),
        planners: &["slice", "forecast"],
        limit: None,
    },
    SharedEngine {
        program: "slicewise-gpu",
        title: "GPU engine",
        feature: Some("gpu"),
        planners: &["slice", "cells", "forecast"],
        limit: Some(2000 * KB),
    },
    SharedEngine {
        program: "slicewise-reader",
        title: "reader of files",
        feature: None,
        planners: &["slice", "cells", "forecast", "twin"],
        // Measurements of networks are 7 KB of it: one more table with its columns and its words.
        limit: Some(390 * KB),
    },
    SharedEngine {
        program: "slicewise-slice-rivals",
        title: "Slice rivals",
        feature: None,
        planners: &["slice"],
        limit: Some(400 * KB),
    },
    SharedEngine {
        program: "slicewise-twin-improver",
        title: "Twin improver",
        feature: None,
        planners: &["twin"],
        limit: Some(350 * KB),
    },
];

/// A program that a planner's page opens within itself when it is wanted, such as some of its tabs.
pub struct Annex {
    /// Its program: `slicewise-`, the planner's name, its own and `-annex`.
    pub program: &'static str,
    /// Name of the planner.
    pub planner: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The program of its engine.
    pub engine: &'static str,
    /// Whether the one file with its planner holds it.
    pub in_one_file: bool,
    /// What script and wasm may weigh after brotli, in bytes.
    pub limit: u64,
}

/// All annexes.
pub const ANNEXES: [Annex; 2] = [
    Annex {
        program: "slicewise-slice-rivals-annex",
        planner: "slice",
        title: "Slice's Rivals",
        engine: "slicewise-slice-rivals",
        // With it and its engine the files would weigh 3.8 and 9.4 MB.
        in_one_file: false,
        limit: 250 * KB,
    },
    Annex {
        program: "slicewise-twin-improve-annex",
        planner: "twin",
        title: "Twin's Routing, Growth and Measurements",
        engine: "slicewise-twin-improver",
        in_one_file: true,
        limit: 300 * KB,
    },
];

impl Planner {
    /// The program of its page.
    pub fn page(&self) -> String {
        format!("slicewise-{}-page", self.name)
    }

    /// The program of its engine.
    pub fn engine(&self) -> String {
        format!("slicewise-{}-engine", self.name)
    }

    /// What its page opens within itself.
    pub fn annexes(&self) -> impl Iterator<Item = &'static Annex> {
        ANNEXES.iter().filter(|annex| annex.planner == self.name)
    }

    /// Its own style sheet.
    pub fn styles(&self) -> Option<String> {
        self.has_styles.then(|| format!("slicewise-{}.css", self.name))
    }

    /// The picture of its page.
    pub fn picture(&self) -> String {
        format!("picture-{}.jpg", self.name)
    }

    /// The HTML that opens its page and has its head.
    pub fn page_file(&self) -> String {
        format!("{}.html", self.name)
    }

    /// The files of its network `name`.
    pub fn network_files(&self, name: &str) -> [String; 2] {
        ["card.json", "weights.safetensors"]
            .map(|file| format!("models/{}/{name}/{file}", self.name))
    }

    /// The files of all its networks.
    pub fn all_network_files(&self) -> Vec<String> {
        let names = self.networks.iter().flat_map(Networks::all);
        names.flat_map(|name| self.network_files(name)).collect()
    }

    /// Everything that its page fetches for the question that it opens with, beside what all pages need.
    pub fn files(&self) -> Vec<String> {
        let at_once = self.networks.iter().flat_map(|networks| networks.at_once);
        page_files(&self.page())
            .into_iter()
            .chain(engine_files(&self.engine()))
            .chain(self.styles())
            .chain(at_once.flat_map(|name| self.network_files(name)))
            .collect()
    }
}

/// Script and wasm of the page or annex `program`.
pub fn page_files(program: &str) -> [String; 2] {
    [format!("{program}.js"), format!("{program}_bg.wasm")]
}

/// The files of the engine `program`: the script that a worker is started with, and what that one loads.
pub fn engine_files(program: &str) -> [String; 3] {
    [format!("{program}.js"), format!("{program}_bindgen.js"), format!("{program}_bg.wasm")]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::workspace::Workspace;

    /// A planner's own files, or one file of each of its folders, relative to the workspace.
    fn places(planner: &Planner) -> Vec<String> {
        let name = planner.name;
        [
            format!("crates/{name}/Cargo.toml"),
            format!("crates/core/src/{name}/mod.rs"),
            format!("crates/engine/src/planners/{name}.rs"),
            format!("crates/engine/src/bin/{}.rs", planner.engine()),
            format!("crates/cli/src/{name}/mod.rs"),
            format!("app/src/{name}/mod.rs"),
            format!("app/src/bin/{}.rs", planner.page()),
            format!("docs/{name}.md"),
        ]
        .into_iter()
        .chain(planner.styles().map(|styles| format!("www/{styles}")))
        .chain([format!("www/{}", planner.picture())])
        .chain(planner.all_network_files())
        .collect()
    }

    /// Files of all planners that name every one.
    const SHARED_PLACES: [&str; 8] = [
        "crates/xtask/src/planners.rs",
        "crates/engine/src/planners/mod.rs",
        "crates/engine/Cargo.toml",
        "crates/core/src/lib.rs",
        "app/src/lib.rs",
        "crates/cli/src/main.rs",
        "crates/cli/Cargo.toml",
        "Cargo.toml",
    ];

    fn text(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap_or_default()
    }

    #[test]
    fn every_planner_has_all_its_places() {
        let workspace = Workspace::locate().unwrap();
        let missing: Vec<String> = PLANNERS
            .iter()
            .flat_map(places)
            .filter(|place| !workspace.root().join(place).is_file())
            .collect();
        assert!(missing.is_empty(), "missing: {missing:#?}");
    }

    #[test]
    fn every_planner_is_named_where_all_are() {
        let workspace = Workspace::locate().unwrap();
        for place in SHARED_PLACES {
            let text = text(&workspace.root().join(place));
            for planner in &PLANNERS {
                assert!(text.contains(planner.name), "{place} lacks {}", planner.name);
            }
        }
    }

    #[test]
    fn the_guide_to_adding_a_planner_names_every_shared_place() {
        let guide = text(&Workspace::locate().unwrap().root().join("ARCHITECTURE.md"));
        let last = guide.rsplit("\n## ").next().unwrap_or_default();
        assert!(last.starts_with("Adding a planner"), "the last section is: {last}");
        let listed: Vec<&str> =
            last.lines().filter_map(|line| line.split_once(". `")?.1.split('`').next()).collect();
        assert_eq!(listed, SHARED_PLACES);
    }

    #[test]
    fn annexes_are_named_after_planners_of_the_table_and_have_their_programs() {
        let workspace = Workspace::locate().unwrap();
        let of_planners: usize = PLANNERS.iter().map(|planner| planner.annexes().count()).sum();
        assert_eq!(of_planners, ANNEXES.len());
        for Annex { program, planner, .. } in &ANNEXES {
            assert!(program.starts_with(&format!("slicewise-{planner}-")), "{program}");
            assert!(program.ends_with("-annex"), "{program}");
            assert!(workspace.root().join(format!("app/src/bin/{program}.rs")).is_file());
        }
    }

    #[test]
    fn shared_engines_serve_planners_of_the_table() {
        let known = |name: &&str| PLANNERS.iter().any(|planner| planner.name == *name);
        for engine in &SHARED_ENGINES {
            assert!(engine.planners.iter().all(known), "{}", engine.program);
        }
    }
}
