//! The files of one build of the site: named by their content, listed for the programs that fetch them,
//! and written so that no visitor meets half a build.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use walkdir::WalkDir;

use crate::planners::{PLANNERS, Planner, engine_files, page_files};
use crate::start_page::with_start_page;

/// Hexadecimal digits of the content's hash in a file's name.
const HASH_DIGITS: usize = 12;
/// The page, which names all others, so that it is written last.
const HOME: &str = "index.html";

/// Scripts of www/ that boot.js loads for some addresses alone.
pub const ON_DEMAND: [&str; 3] = ["framed.js", "demo.js", "view.js"];
/// Scripts of www/ that boot.js loads once the page is open.
pub const AFTER_OPENING: [&str; 1] = ["kept.js"];
/// What stands for the planners in files of www/.
const PLANNERS_MARK: &str = "[\"slicewise-planners\"]";

/// The files of a build by the names that the sources know, with their content.
#[derive(Default)]
pub struct BuildFiles {
    /// Style sheets, programs, networks: nothing in them names another file.
    pub plain: BTreeMap<String, Vec<u8>>,
    /// Engines: the script that a worker is started with is written from the name. With each, the
    /// beginnings of the names of what it fetches itself.
    pub engines: BTreeMap<String, Vec<String>>,
    /// The page's HTML, which names `boot.js` and plain files, with the first planner's head.
    pub html: String,
    /// Files that keep their names for those that know them from elsewhere, and may name plain ones.
    pub fixed: BTreeMap<String, String>,
    /// Where the site will lie, with a slash at the end: what shows a link's picture wants all of its
    /// address. Empty where that is not known.
    pub site_address: String,
    /// What starts the page, without the lists that it reads.
    pub boot: String,
    /// The service worker.
    pub service_worker: String,
}

/// A build whose files have their names in the site.
pub struct NamedFiles {
    /// Addresses relative to the site, with content.
    files: BTreeMap<String, Vec<u8>>,
}

impl BuildFiles {
    /// Adds the file at `path` under its name in the sources.
    ///
    /// # Errors
    /// Names the file if it cannot be read.
    pub fn add(&mut self, name: &str, path: &Path) -> Result<()> {
        let content = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let content = match String::from_utf8(content) {
            Ok(text) if name.ends_with(".js") || name.ends_with(".css") => {
                condensed(&text).into_bytes()
            }
            Ok(text) => text.into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        self.plain.insert(name.to_owned(), content);
        Ok(())
    }

    /// Adds the annex `program`, whose script and wasm lie in `folder`.
    ///
    /// # Errors
    /// Names the file that cannot be read.
    pub fn add_annex(&mut self, program: &str, folder: &Path) -> Result<()> {
        let [script, wasm] = page_files(program);
        self.add(&wasm, &folder.join(&wasm))?;
        self.add(&script, &folder.join(&script))?;
        if let Some(content) = self.plain.get_mut(&script) {
            *content = annex_script(program, &String::from_utf8_lossy(content)).into_bytes();
        }
        Ok(())
    }

    /// Names every file by its content and writes the names into the files that refer to others.
    pub fn named(mut self) -> NamedFiles {
        self.boot = condensed(&self.boot);
        self.service_worker = condensed(&self.service_worker);
        let mut addresses = BTreeMap::new();
        let mut files = BTreeMap::new();
        for (name, content) in self.plain {
            let address = hashed_name(&name, hash(&content));
            addresses.insert(name, address.clone());
            files.insert(address, content);
        }
        let planners = planner_list(&PLANNERS);
        let loaders = |id: &str| -> Vec<(String, String)> {
            let engines = self.engines.iter();
            engines.map(|(name, fetched)| loader(id, name, &addresses, fetched)).collect()
        };
        // What tells this build from all others: the names tell the content of plain files.
        let unnamed = loaders("").into_iter().map(|(_, text)| text);
        let sources = [&self.html, &self.boot, &self.service_worker, &planners].map(String::clone);
        let fixed = self.fixed.values().cloned();
        let told: Vec<String> =
            addresses.values().cloned().chain(unnamed).chain(sources).chain(fixed).collect();
        let id = digits(hash(told.join("\n").as_bytes()));
        for (name, text) in loaders(&id) {
            let address = hashed_name(&name, hash(text.as_bytes()));
            addresses.insert(name, address.clone());
            files.insert(address, text.into_bytes());
        }
        let page = |html: &str| {
            let html = refer(html, &addresses).replace("boot.js", &format!("boot-{id}.js"));
            html.replace("content=\"./", &format!("content=\"{}", self.site_address))
        };
        for planner in &PLANNERS {
            let html = page(&with_head_of(planner, &self.html));
            files.insert(planner.page_file(), html.into_bytes());
        }
        files.insert(HOME.to_owned(), page(&with_start_page(&self.html)).into_bytes());
        for (name, text) in &self.fixed {
            files.insert(name.clone(), refer(text, &addresses).into_bytes());
        }
        // What the page's HTML itself names is no business of the programs, nor are pictures.
        addresses.retain(|name, _| !self.html.contains(name.as_str()) && !is_picture(name));
        let boot = format!(
            "self.slicewiseBuild={};self.slicewisePlanners={};self.slicewiseOnceOpened={};\n{}",
            build_list(&id, addresses.iter()),
            planners,
            once_opened_list(&PLANNERS),
            self.boot
        );
        files.insert(format!("boot-{id}.js"), boot.into_bytes());
        let pages: Vec<String> = PLANNERS.iter().map(Planner::page_file).collect();
        let service_worker = format!("self.slicewisePages={pages:?};\n{}", self.service_worker);
        files.insert("service-worker.js".to_owned(), service_worker.into_bytes());
        NamedFiles { files }
    }
}

impl NamedFiles {
    /// Puts the build into `dist` in place of the one that is there: new files first, then the page,
    /// and at last files of the older build go.
    ///
    /// # Errors
    /// Names the file that cannot be written or removed.
    pub fn write(&self, dist: &Path) -> Result<()> {
        let hashed = self.files.keys().map(String::as_str).filter(|name| !is_fixed(name));
        let fixed = self.files.keys().map(String::as_str).filter(|name| is_fixed(name));
        let fixed = fixed.filter(|name| *name != HOME).chain([HOME]);
        for name in hashed.chain(fixed) {
            let Some(content) = self.files.get(name) else { continue };
            let path = dist.join(name);
            if is_fixed(name) || !path.is_file() {
                write_whole(&path, content)?;
            }
        }
        for entry in WalkDir::new(dist).contents_first(true).min_depth(1) {
            let entry = entry.with_context(|| format!("cannot list {}", dist.display()))?;
            let path = entry.path();
            let name = path.strip_prefix(dist)?.to_string_lossy().replace('\\', "/");
            let gone = if entry.file_type().is_dir() {
                // A folder that still holds files stays.
                let _ = fs::remove_dir(path);
                Ok(())
            } else if self.files.contains_key(&name) {
                Ok(())
            } else {
                fs::remove_file(path)
            };
            gone.with_context(|| format!("cannot remove {}", path.display()))?;
        }
        Ok(())
    }
}

/// Writes a file so that whoever reads it meanwhile gets the old or the new one.
fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    let write = || {
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        let unfinished = path.with_extension("unfinished");
        fs::write(&unfinished, content)?;
        fs::rename(&unfinished, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Whether the file at `address` keeps its name whatever it holds.
fn is_fixed(address: &str) -> bool {
    name_in_sources(address) == address
}

/// Whether the file is there for what shows links to the site and for those who install it.
pub fn is_picture(name: &str) -> bool {
    name.ends_with(".png") || name.ends_with(".jpg")
}

/// `html`, whose head is the first planner's, with that of `planner`.
pub fn with_head_of(planner: &Planner, html: &str) -> String {
    let [first, ..] = &PLANNERS;
    html.replace(first.page_title, planner.page_title)
        .replace(first.promise, planner.promise)
        .replace(&first.picture(), &planner.picture())
}

/// A script of www/ with the names of all planners where it wants them.
pub fn with_planner_names(script: &str) -> String {
    let names: Vec<&str> = PLANNERS.iter().map(|planner| planner.name).collect();
    script.replace(PLANNERS_MARK, &format!("{names:?}"))
}

/// The manifest of www/ with a shortcut to each planner.
pub fn with_shortcuts(manifest: &str) -> String {
    let shortcut = |planner: &Planner| {
        format!("{{ \"name\": {:?}, \"url\": \"./?planner={}\" }}", planner.title, planner.name)
    };
    let shortcuts: Vec<String> = PLANNERS.iter().map(shortcut).collect();
    manifest.replace(PLANNERS_MARK, &format!("[{}]", shortcuts.join(", ")))
}

/// The name that a file of the site has in the sources: without the content's hash.
pub fn name_in_sources(address: &str) -> String {
    let folder = address.rfind('/').map_or(0, |slash| slash + 1);
    let (stem, ending) = match address[folder..].find('.') {
        Some(dot) => address.split_at(folder + dot),
        None => (address, ""),
    };
    let is_hash =
        |text: &str| text.len() == HASH_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match stem.rsplit_once('-') {
        Some((start, end)) if is_hash(end) => format!("{start}{ending}"),
        _ => address.to_owned(),
    }
}

/// `name` with a hash before its ending.
fn hashed_name(name: &str, hash: u64) -> String {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    format!("{stem}-{}.{ending}", digits(hash))
}

fn digits(hash: u64) -> String {
    format!("{:0width$x}", hash >> (64 - 4 * HASH_DIGITS), width = HASH_DIGITS)
}

/// FNV-1a, the same on every machine.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A script or a style sheet without indentation, empty lines and lines of comments. One in which white
/// space may mean something, in text over several lines, stays as it is.
pub fn condensed(text: &str) -> String {
    if text.lines().any(|line| line.matches('`').count() % 2 == 1) {
        return text.to_owned();
    }
    let mut condensed = String::new();
    let mut in_comment = false;
    for line in text.lines().map(str::trim) {
        in_comment |= line.starts_with("/*");
        if !in_comment && !line.is_empty() && !line.starts_with("//") {
            condensed += line;
            condensed.push('\n');
        }
        in_comment &= !line.ends_with("*/");
    }
    condensed
}

/// The script of the annex `program` in a block of its own: the page's has taken the name that it would have
/// in the document. What starts it goes to who opens it.
fn annex_script(program: &str, script: &str) -> String {
    format!("{{\n{script}slicewiseBuild.annexes[{program:?}].start=wasm_bindgen;\n}}\n")
}

/// `html` with the addresses of the plain files that it names.
fn refer(html: &str, addresses: &BTreeMap<String, String>) -> String {
    addresses.iter().fold(html.to_owned(), |html, (name, address)| {
        html.replace(&format!("\"./{name}\""), &format!("\"./{address}\""))
    })
}

/// Name and content of the script that a worker of `engine` is started with.
fn loader(
    id: &str,
    engine: &str,
    addresses: &BTreeMap<String, String>,
    fetched: &[String],
) -> (String, String) {
    let own = |name: &str| fetched.iter().any(|start| name.starts_with(start.as_str()));
    let list = build_list(id, addresses.iter().filter(|(name, _)| own(name)));
    let [name, script, wasm] = engine_files(engine);
    let address = |name: String| addresses.get(&name).cloned().unwrap_or(name);
    // An error of a promise alone would not reach the page.
    let text = format!(
        "self.slicewiseBuild={list};importScripts({:?});wasm_bindgen({{module_or_path:{:?}}})\
         .catch(error=>setTimeout(()=>{{throw error}}));\n",
        address(script),
        address(wasm)
    );
    (name, text)
}

fn build_list<'a>(id: &str, files: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let files: Vec<String> = files.map(|(name, address)| format!("{name:?}:{address:?}")).collect();
    format!("{{\"id\":{id:?},\"files\":{{{}}}}}", files.join(","))
}

/// Of each planner its title, then where the networks lie that its page needs at once.
fn planner_list(planners: &[Planner]) -> String {
    let planners: Vec<String> = planners
        .iter()
        .map(|planner| {
            let networks = planner.networks.iter().flat_map(|networks| networks.at_once);
            let folders = networks.map(|name| format!("models/{}/{name}/", planner.name));
            let words: Vec<String> = std::iter::once(planner.title.to_owned())
                .chain(folders)
                .map(|word| format!("{word:?}"))
                .collect();
            format!("{:?}:[{}]", planner.name, words.join(","))
        })
        .collect();
    format!("{{{}}}", planners.join(","))
}

/// Where the networks lie that are kept only once they were opened.
fn once_opened_list(planners: &[Planner]) -> String {
    let folders = planners.iter().flat_map(|planner| {
        let networks = planner.networks.iter().flat_map(|networks| networks.once_opened);
        networks.map(|name| format!("\"models/{}/{name}/\"", planner.name))
    });
    format!("[{}]", folders.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = "<link href=\"./styles.css\"><script src=\"./boot.js\"></script>";

    fn build(styles: &str) -> BuildFiles {
        let plain = [
            ("styles.css", styles),
            ("slicewise-cells-engine_bindgen.js", "script"),
            ("slicewise-cells-engine_bg.wasm", "wasm"),
            ("models/cells/a/card.json", "{}"),
        ];
        BuildFiles {
            plain: plain.map(|(name, text)| (name.to_owned(), text.into())).into(),
            engines: [("slicewise-cells-engine".to_owned(), vec!["models/".to_owned()])].into(),
            html: HTML.to_owned(),
            boot: "start();\n".to_owned(),
            service_worker: "keep();".to_owned(),
            fixed: [("embed.js".to_owned(), "\"./styles.css\"".to_owned())].into(),
            site_address: String::new(),
        }
    }

    fn text<'a>(files: &'a NamedFiles, start: &str) -> (&'a str, String) {
        let (address, content) =
            files.files.iter().find(|(address, _)| address.starts_with(start)).unwrap();
        (address, String::from_utf8(content.clone()).unwrap())
    }

    #[test]
    fn hashes_match_the_published_fnv_1a_vectors() {
        assert_eq!(hash(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_name_is_found_again_behind_its_hash() {
        for name in ["boot.js", "slicewise-cells-page_bg.wasm", "models/forecast/a-b/card.json"] {
            let address = hashed_name(name, hash(b"content"));
            assert_ne!(address, name);
            assert_eq!(name_in_sources(&address), name);
            assert_eq!(name_in_sources(name), name);
        }
    }

    #[test]
    fn every_reference_is_to_a_file_of_the_build() {
        let files = build("a").named();
        let (boot, start) = text(&files, "boot-");
        let (_, html) = text(&files, "index.html");
        let (loader, engine) = text(&files, "slicewise-cells-engine-");
        assert!(html.contains(boot) && html.contains(text(&files, "styles-").0), "{html}");
        assert!(start.contains(&format!("\"slicewise-cells-engine.js\":\"{loader}\"")), "{start}");
        for name in ["slicewise-cells-engine_bindgen-", "slicewise-cells-engine_bg-", "models/"] {
            assert!(engine.contains(text(&files, name).0), "{engine}");
        }
        assert!(
            start.contains("\"cells\":[\"Cells\"]") && start.ends_with("start();\n"),
            "{start}"
        );
        assert!(
            start.contains("OnceOpened=[\"models/forecast/video-streaming-15min/\""),
            "{start}"
        );
    }

    #[test]
    fn files_that_keep_their_names_refer_to_those_that_do_not() {
        let files = build("a").named();
        let (styles, _) = text(&files, "styles-");
        assert_eq!(text(&files, "embed.js").1, format!("\"./{styles}\""));
        assert!(text(&files, "service-worker.js").1.starts_with("self.slicewisePages=[\"slice"));
    }

    #[test]
    fn every_planner_has_a_page_whose_head_and_picture_are_its_own() {
        let [first, second, ..] = &PLANNERS;
        let mut build = build("a");
        build.html = format!(
            "<title>{}</title><meta content=\"{}\"><meta content=\"./{}\">{HTML}",
            first.page_title,
            first.promise,
            first.picture()
        );
        for planner in &PLANNERS {
            build.plain.insert(planner.picture(), b"picture".to_vec());
        }
        build.site_address = "https://a.b/c/".to_owned();
        let files = build.named();
        let (picture, _) = text(&files, second.picture().trim_end_matches(".jpg"));
        let (_, html) = text(&files, &second.page_file());
        assert!(html.contains(&format!("content=\"https://a.b/c/{picture}\"")), "{html}");
        for words in [second.page_title, second.promise, text(&files, "boot-").0] {
            assert!(html.contains(words), "{html}");
        }
        assert!(!html.contains(first.promise) && !text(&files, "boot-").1.contains("picture"));
    }

    #[test]
    fn the_sources_of_the_page_have_the_first_planners_head() {
        let root = crate::workspace::Workspace::locate().unwrap();
        let html = fs::read_to_string(root.root().join("www/index.html")).unwrap();
        let [first, ..] = &PLANNERS;
        for (words, times) in [(first.page_title, 2), (first.promise, 2), (&*first.picture(), 1)] {
            assert_eq!(html.matches(words).count(), times, "{words}");
        }
    }

    #[test]
    fn the_element_and_the_manifest_know_every_planner() {
        let root = crate::workspace::Workspace::locate().unwrap();
        let www = |name: &str| fs::read_to_string(root.root().join("www").join(name)).unwrap();
        let script = with_planner_names(&www("slicewise-embed.js"));
        assert!(script.contains("const PLANNERS = [\"slice\", \"cells\""), "{script}");
        let manifest = with_shortcuts(&www("manifest.webmanifest"));
        for planner in &PLANNERS {
            let Planner { name, title, .. } = planner;
            let shortcut = format!("{{ \"name\": \"{title}\", \"url\": \"./?planner={name}\" }}");
            assert!(manifest.contains(&shortcut), "{manifest}");
        }
    }

    #[test]
    fn every_chart_that_is_there_without_a_training_can_be_shown_alone() {
        let root = crate::workspace::Workspace::locate().unwrap();
        let script = fs::read_to_string(root.root().join("www/view.js")).unwrap();
        let mut charts = 0;
        for planner in &PLANNERS {
            let listed = script.split(&format!("    {}: {{", planner.name)).nth(1).unwrap();
            let listed = listed.split('}').next().unwrap();
            for entry in WalkDir::new(root.root().join("app/src").join(planner.name)) {
                let entry = entry.unwrap();
                let source = fs::read_to_string(entry.path()).unwrap_or_default();
                for text in source.split(": FrameText = FrameText {\n    name: \"").skip(1) {
                    let name = text.split('"').next().unwrap();
                    let is_of_training =
                        name.starts_with("learning") || name.starts_with("training");
                    let is_listed = listed.split([' ', '\n', '"', ':']).any(|word| word == name);
                    assert_ne!(is_of_training, is_listed, "{name} of {}", planner.name);
                    charts += usize::from(is_listed);
                }
            }
        }
        assert!(charts > 20, "{charts} charts");
    }

    #[test]
    fn an_annex_takes_no_name_of_the_document() {
        let folder = tempfile::tempdir().unwrap();
        let program = "slicewise-cells-a-annex";
        for name in page_files(program) {
            fs::write(folder.path().join(name), "  let wasm_bindgen = 1;\n").unwrap();
        }
        let mut build = build("a");
        build.add_annex(program, folder.path()).unwrap();
        let files = build.named();
        let (address, script) = text(&files, "slicewise-cells-a-annex-");
        let ends = "slicewiseBuild.annexes[\"slicewise-cells-a-annex\"].start=wasm_bindgen;\n}\n";
        assert_eq!(script, format!("{{\nlet wasm_bindgen = 1;\n{ends}"));
        assert!(text(&files, "boot-").1.contains(address));
    }

    #[test]
    fn comments_and_indentation_are_not_shipped() {
        let script =
            "// Starts.\n/**\n * Says `so`.\n */\n  start(); // now\n\n  /* at once */\n  go();\n";
        assert_eq!(condensed(script), "start(); // now\ngo();\n");
        let text = "say(`a\n  b`);\n";
        assert_eq!(condensed(text), text);
    }

    #[test]
    fn a_change_of_one_file_leaves_the_names_of_others() {
        let (before, after) = (build("a").named(), build("b").named());
        let common = |name: &&String| before.files.contains_key(*name);
        let kept: Vec<_> = after.files.keys().filter(common).map(|n| name_in_sources(n)).collect();
        assert_eq!(
            kept,
            [
                "cells.html",
                "embed.js",
                "forecast.html",
                "index.html",
                "models/cells/a/card.json",
                "service-worker.js",
                "slice.html",
                "slicewise-cells-engine_bg.wasm",
                "slicewise-cells-engine_bindgen.js",
                "twin.html",
            ]
        );
    }

    #[test]
    fn a_written_build_leaves_nothing_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let mut with_more = build("a");
        with_more.plain.insert("models/cells/b/card.json".to_owned(), b"[]".to_vec());
        with_more.named().write(folder.path()).unwrap();
        assert!(folder.path().join("models/cells/b").is_dir());
        let files = build("b").named();
        files.write(folder.path()).unwrap();
        assert!(!folder.path().join("models/cells/b").exists());
        let written = WalkDir::new(folder.path()).into_iter().map(Result::unwrap);
        assert_eq!(written.filter(|e| e.file_type().is_file()).count(), files.files.len());
    }
}
