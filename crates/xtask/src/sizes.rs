//! How large the site is on the wire: every file after brotli, against the limits of the project.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use walkdir::WalkDir;

use crate::build_files::{ON_DEMAND, is_picture, name_in_sources};
use crate::one_file::is_one_file;
use crate::planners::{
    ANNEXES, FIRST_VIEW_LIMIT, KB, PLANNERS, Planner, SHARED_ENGINES, engine_files, page_files,
};

/// What a static host compresses at best.
const BROTLI_QUALITY: i32 = 11;

/// Files that pages do not fetch, or only within pages of others.
const APART: [&str; 2] = ["slicewise-embed.js", "manifest.webmanifest"];

/// Which limit a file counts towards, beside that of the first view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The page of the planner at this place of the table; the first one's is what all pages need as
    /// well.
    Page(usize),
    /// The engine of the planner at this place.
    Engine(usize),
    /// The networks of the planner at this place.
    Networks(usize),
    /// The shared engine at this place.
    Shared(usize),
    /// The annex at this place.
    Annex(usize),
    /// Nothing but the first view.
    Other,
    /// Nothing: fetched by who reads the licences, shows links, installs or embeds the page.
    Apart,
}

impl Part {
    /// Whether the files are fetched later than the first view, if at all. Browser tests see to it that
    /// they are only fetched when they are wanted.
    fn is_on_demand(self) -> bool {
        !matches!(self, Self::Page(0) | Self::Engine(0) | Self::Other)
    }

    /// Its name and limit in bytes; none where it has no limit.
    fn limit(self) -> Option<(String, u64)> {
        match self {
            Self::Page(0) => Some(("page without engine".to_owned(), PLANNERS[0].page_limit)),
            Self::Engine(0) => Some(("CPU engine".to_owned(), PLANNERS[0].engine_limit)),
            Self::Page(at) => {
                Some((format!("{} page, on demand", PLANNERS[at].title), PLANNERS[at].page_limit))
            }
            Self::Engine(at) => {
                let planner = &PLANNERS[at];
                Some((format!("{} engine, on demand", planner.title), planner.engine_limit))
            }
            Self::Networks(at) => {
                let limit = PLANNERS[at].networks.as_ref()?.limit;
                Some((format!("{} networks, on demand", PLANNERS[at].title), limit))
            }
            Self::Shared(at) => {
                let engine = &SHARED_ENGINES[at];
                Some((format!("{}, on demand", engine.title), engine.limit?))
            }
            Self::Annex(at) => {
                Some((format!("{}, on demand", ANNEXES[at].title), ANNEXES[at].limit))
            }
            Self::Other | Self::Apart => None,
        }
    }

    /// All parts of the table, those of the first view first.
    fn all() -> impl Iterator<Item = Self> {
        let planners = (0..PLANNERS.len())
            .flat_map(|at| [Self::Page(at), Self::Engine(at), Self::Networks(at)]);
        let shared = (0..SHARED_ENGINES.len()).map(Self::Shared);
        planners.chain(shared).chain((0..ANNEXES.len()).map(Self::Annex))
    }
}

/// One file of the site.
struct SiteFile {
    name: String,
    part: Part,
    raw: u64,
    compressed: u64,
}

/// The measured site.
pub struct Sizes {
    files: Vec<SiteFile>,
}

impl Sizes {
    /// Compresses every file below `dist`.
    ///
    /// # Errors
    /// Names the file that cannot be read.
    pub fn measure(dist: &Path) -> Result<Self> {
        let mut files = Vec::new();
        for entry in WalkDir::new(dist).sort_by_file_name() {
            let entry = entry.with_context(|| format!("cannot list {}", dist.display()))?;
            let name = entry.path().strip_prefix(dist).unwrap_or(entry.path()).to_string_lossy();
            // These hold the site once more and have limits of their own.
            if entry.file_type().is_file() && !is_one_file(&name) {
                files.push(SiteFile::measure(dist, entry.path())?);
            }
        }
        Ok(Self { files })
    }

    /// The table: every file, then each sum with its limit.
    pub fn table(&self) -> String {
        let mut table = format!("{:<56} {:>10} {:>10}\n", "file", "bytes", "brotli");
        for file in &self.files {
            let _ = writeln!(table, "{:<56} {:>10} {:>10}", file.name, file.raw, file.compressed);
        }
        for (name, sum, limit) in self.sums() {
            let _ = writeln!(
                table,
                "{name:<56} {:>7.1} KB of {} KB",
                sum as f64 / KB as f64,
                limit / KB
            );
        }
        let _ = writeln!(
            table,
            "{:<56} {:>7.1} KB",
            "on demand, beside these",
            self.sum(Part::is_on_demand) as f64 / KB as f64
        );
        table
    }

    /// Checks every limit.
    ///
    /// # Errors
    /// Names the sums that are above their limits, or a site without page or engine.
    pub fn check(&self) -> Result<()> {
        for (part, name) in [(Part::Page(0), "page"), (Part::Engine(0), "engine")] {
            if !self.files.iter().any(|file| file.part == part) {
                bail!("the site has no {name}: no file of its own in dist/");
            }
        }
        let exceeded: Vec<String> = self
            .sums()
            .iter()
            .filter(|(_, sum, limit)| sum > limit)
            .map(|(name, sum, limit)| {
                format!("{name} is {sum} bytes after brotli; allowed: {limit}")
            })
            .collect();
        if !exceeded.is_empty() {
            bail!("the site is too large: {}", exceeded.join("; "));
        }
        Ok(())
    }

    fn sum(&self, wanted: impl Fn(Part) -> bool) -> u64 {
        self.files.iter().filter(|file| wanted(file.part)).map(|file| file.compressed).sum()
    }

    /// Names, sums and limits in bytes.
    fn sums(&self) -> Vec<(String, u64, u64)> {
        let of = |wanted: Part| self.sum(|part| part == wanted);
        let mut sums: Vec<(String, u64, u64)> = Part::all()
            .filter_map(|part| part.limit().map(|(name, limit)| (name, of(part), limit)))
            .collect();
        let first_view = self.sum(|part| !part.is_on_demand());
        sums.insert(2, ("first view in all".to_owned(), first_view, FIRST_VIEW_LIMIT));
        sums
    }
}

impl SiteFile {
    fn measure(dist: &Path, path: &Path) -> Result<Self> {
        let bytes =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.strip_prefix(dist).unwrap_or(path).to_string_lossy().replace('\\', "/");
        Ok(Self {
            part: part_of(&name),
            raw: bytes.len() as u64,
            compressed: brotli_size(&bytes)?,
            name,
        })
    }
}

/// The part that the file at `address` counts towards.
fn part_of(address: &str) -> Part {
    let name = name_in_sources(address);
    let place = |is_own: &dyn Fn(&Planner) -> bool| PLANNERS.iter().position(is_own);
    let engine = |program: &str| engine_files(program).contains(&name);
    if let Some(at) = place(&|planner| engine(&planner.engine())) {
        return Part::Engine(at);
    }
    if let Some(at) = place(&|planner| name.starts_with(&format!("models/{}/", planner.name))) {
        return Part::Networks(at);
    }
    if let Some(at) = SHARED_ENGINES.iter().position(|shared| engine(shared.program)) {
        return Part::Shared(at);
    }
    let is_annex = |program: &str| page_files(program).contains(&name);
    if let Some(at) = ANNEXES.iter().position(|annex| is_annex(annex.program)) {
        return Part::Annex(at);
    }
    let is_page = |planner: &Planner| {
        page_files(&planner.page()).contains(&name) || planner.styles().as_ref() == Some(&name)
    };
    if let Some(at) = place(&is_page) {
        return Part::Page(at);
    }
    let is_apart = |apart: &[&str]| apart.contains(&name.as_str());
    if is_apart(&APART) || is_apart(&ON_DEMAND) || name.ends_with(".txt") || is_picture(&name) {
        return Part::Apart;
    }
    if PLANNERS.iter().any(|planner| planner.page_file() == name) {
        return Part::Apart;
    }
    match name.rsplit('.').next() {
        Some("html" | "css" | "js" | "wasm") => Part::Page(0),
        _ => Part::Other,
    }
}

fn brotli_size(bytes: &[u8]) -> Result<u64> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters)?;
    Ok(compressed.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, compressed: u64) -> SiteFile {
        SiteFile { part: part_of(name), name: name.to_owned(), raw: compressed, compressed }
    }

    #[test]
    fn files_count_towards_their_part() {
        for (address, part) in [
            ("slicewise-slice-engine_bg-0123456789ab.wasm", Part::Engine(0)),
            ("slicewise-slice-page-0123456789ab.js", Part::Page(0)),
            ("slicewise-learning_bg-0123456789ab.wasm", Part::Shared(0)),
            ("slicewise-gpu-0123456789ab.js", Part::Shared(1)),
            ("slicewise-cells-page_bg-0123456789ab.wasm", Part::Page(1)),
            ("slicewise-cells-0123456789ab.css", Part::Page(1)),
            ("slicewise-cells-engine_bg-0123456789ab.wasm", Part::Engine(1)),
            ("slicewise-cells-engine-0123456789ab.js", Part::Engine(1)),
            ("slicewise-forecast-page-0123456789ab.js", Part::Page(2)),
            ("slicewise-forecast-0123456789ab.css", Part::Page(2)),
            ("slicewise-forecast-engine_bindgen-0123456789ab.js", Part::Engine(2)),
            ("models/forecast/web-browsing/weights-0123456789ab.safetensors", Part::Networks(2)),
            ("slicewise-twin-improver_bg-0123456789ab.wasm", Part::Shared(4)),
            ("slicewise-twin-improve-annex-0123456789ab.js", Part::Annex(1)),
            ("slicewise-twin-improve-annex_bg-0123456789ab.wasm", Part::Annex(1)),
            ("boot-0123456789ab.js", Part::Page(0)),
            ("service-worker.js", Part::Page(0)),
            ("icon-0123456789ab.svg", Part::Other),
            ("icon-192-0123456789ab.png", Part::Apart),
            ("cells.html", Part::Apart),
            ("slicewise-embed.js", Part::Apart),
        ] {
            assert_eq!(part_of(address), part, "{address}");
        }
    }

    #[test]
    fn repetitive_text_shrinks() {
        assert!(brotli_size(&b"slice ".repeat(1000)).unwrap() < 100);
    }

    #[test]
    fn a_site_beyond_a_limit_is_refused() {
        let files = vec![file("index.html", 100), file("slicewise-slice-engine_bg.wasm", 350_001)];
        let message = Sizes { files }.check().unwrap_err().to_string();
        assert!(message.contains("CPU engine is 350001 bytes after brotli; allowed: 350000"));
        assert!(!message.contains("page"), "{message}");
    }

    #[test]
    fn what_is_fetched_on_demand_does_not_count_towards_the_first_view() {
        let names = ["index.html", "slicewise-slice-engine.js", "slicewise-learning_bg.wasm"];
        let files = names.iter().zip([1, 1, 900_000]).map(|(name, size)| file(name, size));
        let sizes = Sizes { files: files.collect() };
        assert!(sizes.check().is_ok());
        assert!(sizes.table().contains("900.0 KB"), "{}", sizes.table());
    }

    #[test]
    fn a_cells_planner_beyond_its_limits_is_refused() {
        let names = [
            "index.html",
            "slicewise-slice-engine.js",
            "slicewise-cells-page.js",
            "slicewise-cells-engine.js",
        ];
        let files = names.iter().zip([1, 1, 300_001, 250_001]).map(|(name, size)| file(name, size));
        let message = Sizes { files: files.collect() }.check().unwrap_err().to_string();
        assert!(message.contains("Cells page, on demand is 300001 bytes"), "{message}");
        assert!(message.contains("Cells engine, on demand is 250001 bytes"), "{message}");
        assert!(!message.contains("first view"), "{message}");
    }

    #[test]
    fn a_forecast_planner_beyond_its_limits_is_refused() {
        let names = [
            "index.html",
            "slicewise-slice-engine.js",
            "slicewise-forecast-page.js",
            "slicewise-forecast-engine.js",
            "models/forecast/x/weights.safetensors",
        ];
        let sizes = [1, 1, 300_001, 250_001, 1_800_001];
        let files = names.iter().zip(sizes).map(|(name, size)| file(name, size));
        let message = Sizes { files: files.collect() }.check().unwrap_err().to_string();
        for part in ["page, on demand is 300001", "engine, on demand is 250001", "networks, on"] {
            assert!(message.contains(&format!("Forecast {part}")), "{message}");
        }
        assert!(!message.contains("first view"), "{message}");
    }

    #[test]
    fn a_gpu_engine_beyond_its_limit_is_refused() {
        let names = ["index.html", "slicewise-slice-engine.js", "slicewise-gpu_bg.wasm"];
        let files = names.iter().zip([1, 1, 2_000_001]).map(|(name, size)| file(name, size));
        let message = Sizes { files: files.collect() }.check().unwrap_err().to_string();
        assert!(message.contains("GPU engine, on demand is 2000001 bytes"), "{message}");
        assert!(!message.contains("first view"), "{message}");
    }

    #[test]
    fn a_site_without_an_engine_is_refused() {
        let message = Sizes { files: vec![file("index.html", 1)] }.check().unwrap_err().to_string();
        assert!(message.contains("no engine"), "{message}");
    }
}
