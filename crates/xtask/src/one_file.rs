//! `single`: one HTML file with a planner, or with all of them, that opens from a disk, in a sandboxed
//! frame and under a strict policy, and asks nobody for anything.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::build_files::{AFTER_OPENING, ON_DEMAND, condensed, name_in_sources};
use crate::planners::{
    ANNEXES, Annex, KB, ONE_FILE_LIMIT, PLANNERS, Planner, SHARED_ENGINES, SharedEngine,
    engine_files, page_files,
};
use crate::site;
use crate::workspace::Workspace;

/// The program of the engine that computes on graphics processors.
const GPU_ENGINE: &str = "slicewise-gpu";

/// What lines of the page's head have that mean something to a site alone.
const SITE_ONLY: [&str; 4] =
    ["property=\"og:", "name=\"twitter:", "rel=\"manifest\"", "rel=\"apple-touch-icon\""];

/// Which planners a file holds.
#[derive(Clone, Copy)]
pub enum Choice {
    /// One of the table.
    One(&'static Planner),
    /// All of them.
    All,
}

impl Choice {
    /// A file of each planner, and the one with all.
    pub fn every() -> impl Iterator<Item = Self> {
        PLANNERS.iter().map(Self::One).chain([Self::All])
    }

    /// What `name` names: a planner, or `all`.
    ///
    /// # Errors
    /// Names what is allowed.
    pub fn named(name: &str) -> Result<Self> {
        if name == "all" {
            return Ok(Self::All);
        }
        let found = PLANNERS.iter().find(|planner| planner.name == name);
        let names: Vec<&str> = PLANNERS.iter().map(|planner| planner.name).collect();
        found
            .map(Self::One)
            .with_context(|| format!("--planner is {name}; allowed: {}, all", names.join(", ")))
    }

    /// The file's name in dist/.
    pub fn file_name(self) -> String {
        match self {
            Self::One(planner) => format!("slicewise-{}.html", planner.name),
            Self::All => "slicewise.html".to_owned(),
        }
    }

    /// What the file may weigh without the GPU engine, in bytes.
    fn limit(self) -> u64 {
        match self {
            Self::One(planner) => planner.one_file_limit,
            Self::All => ONE_FILE_LIMIT,
        }
    }

    fn planners(self) -> &'static [Planner] {
        match self {
            Self::One(planner) => std::slice::from_ref(planner),
            Self::All => &PLANNERS,
        }
    }

    /// Whether the planner `name` is inside.
    pub fn has_planner(self, name: &str) -> bool {
        self.planners().iter().any(|planner| planner.name == name)
    }

    fn has(self, engine: &SharedEngine) -> bool {
        let is_left_out =
            ANNEXES.iter().any(|annex| annex.engine == engine.program && !self.has_annex(annex));
        let serves = |planner: &Planner| engine.planners.contains(&planner.name);
        !is_left_out && self.planners().iter().any(serves)
    }

    fn has_annex(self, annex: &Annex) -> bool {
        annex.in_one_file && self.has_planner(annex.planner)
    }
}

/// Whether the file at `address` in the site is one of these.
pub fn is_one_file(address: &str) -> bool {
    Choice::every().any(|choice| choice.file_name() == address)
}

/// Writes the files of `choices` into the site `dist`, or into the workspace's, which then is built
/// where it is not up to date; prints what they weigh.
///
/// # Errors
/// Names the step that failed, or the file that is too large.
pub fn run(
    workspace: &Workspace,
    dist: Option<&Path>,
    choices: impl Iterator<Item = Choice>,
    with_gpu: bool,
) -> Result<()> {
    if dist.is_none() {
        site::ensure(workspace)?;
    }
    let dist = dist.map_or_else(|| workspace.dist(), Path::to_path_buf);
    write(workspace, &dist, choices, with_gpu)
}

/// Writes the files of `choices` into the built site `dist`; prints what they weigh.
///
/// # Errors
/// Names the file that cannot be written or is too large.
pub fn write(
    workspace: &Workspace,
    dist: &Path,
    choices: impl Iterator<Item = Choice>,
    with_gpu: bool,
) -> Result<()> {
    let mut site = BuiltSite::read(workspace, dist)?;
    for choice in choices {
        let html = site.one_file(choice, with_gpu)?;
        let path = dist.join(choice.file_name());
        fs::write(&path, &html).with_context(|| format!("cannot write {}", path.display()))?;
        let (bytes, limit) = (html.len() as u64, choice.limit());
        let kilobytes = bytes as f64 / KB as f64;
        if with_gpu {
            println!("{:<28} {kilobytes:>8.1} KB with the GPU engine", choice.file_name());
            continue;
        }
        println!("{:<28} {kilobytes:>8.1} KB of {} KB", choice.file_name(), limit / KB);
        if bytes > limit {
            bail!("{} is {bytes} bytes; allowed: {limit}", choice.file_name());
        }
    }
    Ok(())
}

/// A site on the disk, from which such files are made.
pub struct BuiltSite {
    dist: PathBuf,
    /// Addresses in the site by the names that the sources know.
    addresses: BTreeMap<String, String>,
    /// What one-file.js and one-file-worker.js say.
    start: String,
    worker: String,
    /// Blocks by the addresses of their files: one file may go into several.
    blocks: BTreeMap<String, String>,
}

impl BuiltSite {
    /// Looks through the site in `dist`.
    ///
    /// # Errors
    /// Names the file or folder that cannot be read.
    pub fn read(workspace: &Workspace, dist: &Path) -> Result<Self> {
        let script = |name: &str| read(&workspace.root().join("www").join(name));
        let mut addresses = BTreeMap::new();
        for entry in WalkDir::new(dist) {
            let entry = entry.with_context(|| format!("cannot list {}", dist.display()))?;
            let relative = entry.path().strip_prefix(dist)?;
            let address = relative.to_string_lossy().replace('\\', "/");
            addresses.insert(name_in_sources(&address), address);
        }
        Ok(Self {
            dist: dist.to_owned(),
            addresses,
            start: condensed(&script("one-file.js")?),
            worker: condensed(&script("one-file-worker.js")?),
            blocks: BTreeMap::new(),
        })
    }

    /// The HTML of the one file with the planners of `choice`.
    ///
    /// # Errors
    /// Names the file that the site lacks, or the part of its page that is not as expected.
    pub fn one_file(&mut self, choice: Choice, with_gpu: bool) -> Result<String> {
        let mut hashes = PolicyHashes::default();
        let (styles, icon) = (self.text("styles.css")?, self.text("icon.svg")?);
        let mut blocks = Vec::new();
        for planner in choice.planners() {
            let [script, wasm] = page_files(&planner.page());
            hashes.scripts.push(hash_source(&self.text(&script)?));
            blocks.extend([self.block(&script)?, self.block(&wasm)?]);
            blocks.extend(self.engine_blocks(&planner.engine())?);
            for annex in planner.annexes().filter(|annex| choice.has_annex(annex)) {
                let [script, wasm] = page_files(annex.program);
                hashes.scripts.push(hash_source(&self.text(&script)?));
                blocks.extend([self.block(&script)?, self.block(&wasm)?]);
            }
            if let Some(name) = planner.styles() {
                hashes.styles.push(hash_source(&self.text(&name)?));
                blocks.push(self.block(&name)?);
            }
            for name in planner.all_network_files() {
                blocks.push(self.block(&name)?);
            }
        }
        for engine in &SHARED_ENGINES {
            if choice.has(engine) && (with_gpu || engine.program != GPU_ENGINE) {
                blocks.extend(self.engine_blocks(engine.program)?);
            }
        }
        for name in ON_DEMAND.into_iter().chain(AFTER_OPENING) {
            hashes.scripts.push(hash_source(&self.text(name)?));
            blocks.push(self.block(name)?);
        }
        blocks.push(self.block("licences.txt")?);
        // Boot.js as the site has it: its lists come before what it does.
        let boot = self.text("boot.js")?;
        let (lists, boot) = boot.split_once('\n').context("boot.js has no lists")?;
        let start = format!("{lists}\n{}{boot}", self.start);
        hashes.scripts.push(hash_source(&start));
        let styles = match choice {
            // The others' pages are not inside.
            Choice::One(_) => styles + ".planners{display:none}\n",
            Choice::All => styles,
        };
        hashes.styles.push(hash_source(&styles));
        let icon = format!("data:image/svg+xml;base64,{}", BASE64.encode(icon));
        // The home page's start page leads to pages of the site.
        let [first, ..] = choice.planners() else { bail!("no planner is chosen") };
        let html = read(&self.dist.join(first.page_file()))?;
        let mut page = Page(without_site(&html));
        page.replace("content=\"default-src", "\"", &format!("content=\"{}\"", hashes.policy()))?;
        page.replace("<link rel=\"icon\"", ">", &format!("<link rel=\"icon\" href=\"{icon}\">"))?;
        page.replace("<link rel=\"stylesheet\"", ">", &format!("<style>{styles}</style>"))?;
        page.replace("<script defer", "</script>", "")?;
        let scripts = format!("{}<script>{start}</script>\n  </body>", blocks.concat());
        page.replace("</body>", "", &scripts)?;
        Ok(page.0)
    }

    /// The address of the file that the sources call `name`.
    fn address(&self, name: &str) -> Result<&str> {
        let found = self.addresses.get(name).map(String::as_str);
        found.with_context(|| format!("{} has no {name}: build it anew", self.dist.display()))
    }

    fn text(&self, name: &str) -> Result<String> {
        read(&self.dist.join(self.address(name)?))
    }

    /// The block with the file `name`.
    fn block(&mut self, name: &str) -> Result<String> {
        let path = self.dist.join(self.address(name)?);
        self.block_of(name, || {
            fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
        })
    }

    /// The blocks of the engine `program`: its wasm, and the script of a worker that waits for it.
    fn engine_blocks(&mut self, program: &str) -> Result<[String; 2]> {
        let [loader, script, wasm] = engine_files(program);
        let (started, bindgen) = (self.text(&loader)?, self.text(&script)?);
        // What the engine fetches itself is listed before it loads anything.
        let (list, _) = started
            .split_once(";importScripts(")
            .with_context(|| format!("{loader} does not begin with its list"))?;
        let worker = format!("{list};\n{bindgen}{}", self.worker);
        Ok([self.block_of(&loader, || Ok(worker.into_bytes()))?, self.block(&wasm)?])
    }

    /// The block with the file `name`, whose content is asked for once.
    fn block_of(
        &mut self,
        name: &str,
        content: impl FnOnce() -> Result<Vec<u8>>,
    ) -> Result<String> {
        let address = self.address(name)?.to_owned();
        if let Some(block) = self.blocks.get(&address) {
            return Ok(block.clone());
        }
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&content()?)?;
        let packed = BASE64.encode(gzip.finish()?);
        let block = format!(
            "<script type=\"application/gzip\" data-file=\"{address}\">{packed}</script>\n"
        );
        self.blocks.insert(address, block.clone());
        Ok(block)
    }
}

/// What the policy allows by its hash.
#[derive(Default)]
struct PolicyHashes {
    scripts: Vec<String>,
    styles: Vec<String>,
}

impl PolicyHashes {
    /// The policy: no request at all, no code but that of this file, no styles but its own.
    fn policy(&self) -> String {
        format!(
            "default-src 'none'; script-src {} 'wasm-unsafe-eval'; style-src {}; worker-src blob:; \
             img-src data:; base-uri 'none'; form-action 'none'",
            self.scripts.join(" "),
            self.styles.join(" ")
        )
    }
}

/// What a policy calls an inline script or style sheet with `text`.
fn hash_source(text: &str) -> String {
    format!("'sha256-{}'", BASE64.encode(Sha256::digest(text)))
}

/// `html` without what refers to other files of the site for those who show links or install it.
fn without_site(html: &str) -> String {
    let refers = |line: &&str| SITE_ONLY.iter().any(|mark| line.contains(mark));
    html.lines().filter(|line| !refers(line)).fold(String::new(), |html, line| html + line + "\n")
}

/// The page's HTML.
struct Page(String);

impl Page {
    /// Replaces the part from `start` to the `end` behind it.
    fn replace(&mut self, start: &str, end: &str, with: &str) -> Result<()> {
        let from = self.0.find(start).with_context(|| format!("the page has no {start}"))?;
        let behind = from + start.len();
        let length = self.0[behind..].find(end).with_context(|| format!("{start} has no end"))?;
        self.0.replace_range(from..behind + length + end.len(), with);
        Ok(())
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planner_that_is_not_there_is_named_with_those_that_are() {
        let error = Choice::named("sells").err().unwrap().to_string();
        assert_eq!(error, "--planner is sells; allowed: slice, cells, forecast, twin, all");
        assert_eq!(Choice::named("all").unwrap().file_name(), "slicewise.html");
        assert_eq!(Choice::named("twin").unwrap().file_name(), "slicewise-twin.html");
    }

    #[test]
    fn an_annex_that_is_left_out_takes_its_engine_along() {
        for annex in &ANNEXES {
            let own = Choice::named(annex.planner).unwrap();
            let engine = SHARED_ENGINES.iter().find(|engine| engine.program == annex.engine);
            let engine = engine.unwrap();
            for choice in [own, Choice::All] {
                assert_eq!(choice.has_annex(annex), annex.in_one_file);
                assert_eq!(choice.has(engine), annex.in_one_file);
            }
            let other = PLANNERS.iter().find(|planner| planner.name != annex.planner).unwrap();
            assert!(!Choice::One(other).has_annex(annex) && !Choice::One(other).has(engine));
        }
    }

    #[test]
    fn these_files_are_told_from_the_pages_of_the_site() {
        assert!(is_one_file("slicewise.html") && is_one_file("slicewise-forecast.html"));
        assert!(!is_one_file("index.html") && !is_one_file("nested/slicewise.html"));
    }

    /// The example of the policy's standard, CSP level 3, section 8.3.
    #[test]
    fn hashes_are_those_that_browsers_compute() {
        let hash = hash_source("alert('Hello, world.');");
        assert_eq!(hash, "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
    }

    #[test]
    fn a_part_of_the_page_is_replaced_and_a_missing_one_named() {
        let mut page = Page("<a href=\"x\">y</a><b>".to_owned());
        page.replace("<a ", "</a>", "z").unwrap();
        assert_eq!(page.0, "z<b>");
        let error = page.replace("<i>", ">", "").unwrap_err();
        assert_eq!(error.to_string(), "the page has no <i>");
    }
}
