//! How large the site is on the wire: every file after brotli, against the limits of the project.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use walkdir::WalkDir;

/// Bytes per KB.
const KB: u64 = 1000;
/// HTML, styles, scripts and wasm of the Slice page without an engine: all its views and the training
/// dialogue.
const PAGE_LIMIT: u64 = 360 * KB;
/// Script and wasm of the Slice planner's CPU engine.
const ENGINE_LIMIT: u64 = 350 * KB;
/// Everything in dist/ but what is fetched on demand.
const FIRST_VIEW_LIMIT: u64 = 700 * KB;
/// Script, wasm and styles of the Cells page, which `?planner=cells` opens.
const CELLS_PAGE_LIMIT: u64 = 300 * KB;
/// Script and wasm of the Cells planner's engine.
const CELLS_ENGINE_LIMIT: u64 = 250 * KB;
/// Script, wasm and styles of the Forecast page, which `?planner=forecast` opens.
const FORECAST_PAGE_LIMIT: u64 = 300 * KB;
/// Script and wasm of the Forecast planner's engine.
const FORECAST_ENGINE_LIMIT: u64 = 250 * KB;
/// All networks of the Forecast planner, each fetched when its trace is planned.
const FORECAST_MODELS_LIMIT: u64 = 1000 * KB;
/// Script and wasm of the GPU engine, which is fetched when it is chosen or worth its while.
const GPU_LIMIT: u64 = 2000 * KB;
/// What the names of the files of each part contain; the first match counts. Browser tests see to it
/// that those on demand are only fetched when they are wanted.
const MARKS: [(&str, Part); 10] = [
    ("slicewise-engine", Part::Engine),
    ("slicewise-cells-page", Part::CellsPage),
    ("slicewise-cells.css", Part::CellsPage),
    ("slicewise-cells", Part::CellsEngine),
    ("slicewise-forecast-page", Part::ForecastPage),
    ("slicewise-forecast.css", Part::ForecastPage),
    ("slicewise-forecast-models", Part::ForecastModels),
    ("slicewise-forecast", Part::ForecastEngine),
    ("slicewise-learning", Part::Learning),
    ("slicewise-gpu", Part::Gpu),
];
/// What a static host compresses at best.
const BROTLI_QUALITY: i32 = 11;

/// Which limit a file counts towards, beside that of the first view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Page,
    Engine,
    CellsPage,
    CellsEngine,
    ForecastPage,
    ForecastEngine,
    ForecastModels,
    Learning,
    Gpu,
    Other,
}

impl Part {
    /// Whether the files are fetched later than the first view, if at all.
    fn is_on_demand(self) -> bool {
        !matches!(self, Self::Page | Self::Engine | Self::Other)
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
            if entry.file_type().is_file() {
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
        for (part, name) in [(Part::Page, "page"), (Part::Engine, "engine")] {
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

    fn sums(&self) -> [(&'static str, u64, u64); 9] {
        let of = |wanted: Part| self.sum(|part| part == wanted);
        [
            ("page without engine", of(Part::Page), PAGE_LIMIT),
            ("CPU engine", of(Part::Engine), ENGINE_LIMIT),
            ("first view in all", self.sum(|part| !part.is_on_demand()), FIRST_VIEW_LIMIT),
            ("Cells page, on demand", of(Part::CellsPage), CELLS_PAGE_LIMIT),
            ("Cells engine, on demand", of(Part::CellsEngine), CELLS_ENGINE_LIMIT),
            ("Forecast page, on demand", of(Part::ForecastPage), FORECAST_PAGE_LIMIT),
            ("Forecast engine, on demand", of(Part::ForecastEngine), FORECAST_ENGINE_LIMIT),
            ("Forecast networks, on demand", of(Part::ForecastModels), FORECAST_MODELS_LIMIT),
            ("GPU engine, on demand", of(Part::Gpu), GPU_LIMIT),
        ]
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

fn part_of(name: &str) -> Part {
    if let Some((_, part)) = MARKS.iter().find(|(mark, _)| name.contains(mark)) {
        return *part;
    }
    match name.rsplit('.').next() {
        Some("html" | "css" | "js" | "wasm") => Part::Page,
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
        assert_eq!(part_of("slicewise-engine-cpu-1f_bg.wasm"), Part::Engine);
        assert_eq!(part_of("slicewise-learning_bg.wasm"), Part::Learning);
        assert_eq!(part_of("slicewise-gpu_loader.js"), Part::Gpu);
        assert_eq!(part_of("slicewise-cells-page_bg.wasm"), Part::CellsPage);
        assert_eq!(part_of("slicewise-cells.css"), Part::CellsPage);
        assert_eq!(part_of("slicewise-cells_bg.wasm"), Part::CellsEngine);
        assert_eq!(part_of("slicewise-cells.js"), Part::CellsEngine);
        assert_eq!(part_of("slicewise-forecast-page.js"), Part::ForecastPage);
        assert_eq!(part_of("slicewise-forecast.css"), Part::ForecastPage);
        assert_eq!(part_of("slicewise-forecast_bg.wasm"), Part::ForecastEngine);
        let weights = "slicewise-forecast-models/web-browsing/weights.safetensors";
        assert_eq!(part_of(weights), Part::ForecastModels);
        assert_eq!(part_of("snippets/inline0.js"), Part::Page);
        assert_eq!(part_of("icons/favicon.svg"), Part::Other);
    }

    #[test]
    fn repetitive_text_shrinks() {
        assert!(brotli_size(&b"slice ".repeat(1000)).unwrap() < 100);
    }

    #[test]
    fn a_site_beyond_a_limit_is_refused() {
        let files = vec![file("index.html", 100), file("slicewise-engine_bg.wasm", 350_001)];
        let message = Sizes { files }.check().unwrap_err().to_string();
        assert!(message.contains("CPU engine is 350001 bytes after brotli; allowed: 350000"));
        assert!(!message.contains("page"), "{message}");
    }

    #[test]
    fn what_is_fetched_on_demand_does_not_count_towards_the_first_view() {
        let names = ["index.html", "slicewise-engine.js", "slicewise-learning_bg.wasm"];
        let files = names.iter().zip([1, 1, 900_000]).map(|(name, size)| file(name, size));
        let sizes = Sizes { files: files.collect() };
        assert!(sizes.check().is_ok());
        assert!(sizes.table().contains("900.0 KB"), "{}", sizes.table());
    }

    #[test]
    fn a_cells_planner_beyond_its_limits_is_refused() {
        let names =
            ["index.html", "slicewise-engine.js", "slicewise-cells-page.js", "slicewise-cells.js"];
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
            "slicewise-engine.js",
            "slicewise-forecast-page.js",
            "slicewise-forecast.js",
            "slicewise-forecast-models/x/weights.safetensors",
        ];
        let sizes = [1, 1, 300_001, 250_001, 1_000_001];
        let files = names.iter().zip(sizes).map(|(name, size)| file(name, size));
        let message = Sizes { files: files.collect() }.check().unwrap_err().to_string();
        for part in ["page, on demand is 300001", "engine, on demand is 250001", "networks, on"] {
            assert!(message.contains(&format!("Forecast {part}")), "{message}");
        }
        assert!(!message.contains("first view"), "{message}");
    }

    #[test]
    fn a_gpu_engine_beyond_its_limit_is_refused() {
        let names = ["index.html", "slicewise-engine.js", "slicewise-gpu_bg.wasm"];
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
