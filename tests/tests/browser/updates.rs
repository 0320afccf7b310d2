//! A site that changes while its pages are open: another build takes its place, or is not whole yet.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use slicewise_tests::page::Page;
use slicewise_tests::site;
use slicewise_xtask::build_files::name_in_sources;
use slicewise_xtask::one_file::is_one_file;
use slicewise_xtask::site_server::{SiteOptions, SiteServer};
use tempfile::TempDir;

use crate::{planner, wait_for_state, wait_until_kept};

/// What a page says once the site has another build.
const UPDATED: &str = "Slicewise was updated: reload";
/// The build of the page that is open.
const BUILD: &str = "return slicewiseBuild.id";

/// A copy of the built site, which tests may change, behind a server of its own.
pub struct Deployed {
    /// Where it lies.
    pub folder: TempDir,
    /// Serves it.
    pub server: SiteServer,
}

impl Deployed {
    /// A copy of the site without what `cargo xtask single` adds.
    pub fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let dist = site::dist()?;
        for file in files_below(&dist)? {
            let name = file.strip_prefix(&dist)?;
            if is_one_file(&name.to_string_lossy()) {
                continue;
            }
            let copy = folder.path().join(name);
            fs::create_dir_all(copy.parent().context("a file lies in a folder")?)?;
            fs::copy(&file, copy)?;
        }
        let server = SiteServer::start(folder.path(), 0, SiteOptions::default())?;
        Ok(Self { folder, server })
    }

    /// Puts another build of the same programs in place of this one: every file that is named by its
    /// content has another name.
    fn redeploy(&self) -> Result<()> {
        let files = files_below(self.folder.path())?;
        let hashes: Vec<String> = files.iter().filter_map(|file| hash(file)).collect();
        let renamed = |text: String| {
            hashes.iter().fold(text, |text, hash| text.replace(hash, &another(hash)))
        };
        for file in &files {
            let ending = file.extension().unwrap_or_default();
            if ending == "js" || ending == "html" {
                fs::write(file, renamed(fs::read_to_string(file)?))?;
            }
            let name = file.file_name().context("a file has a name")?;
            fs::rename(file, file.with_file_name(renamed(name.to_string_lossy().into_owned())))?;
        }
        Ok(())
    }

    /// The file that the sources call `name`.
    fn file(&self, name: &str) -> Result<PathBuf> {
        let files = files_below(self.folder.path())?;
        let found = files.into_iter().find(|file| {
            file.file_name().is_some_and(|own| name_in_sources(&own.to_string_lossy()) == name)
        });
        found.with_context(|| format!("the site has no {name}"))
    }
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => files.extend(files_below(&path)?),
            false => files.push(path),
        }
    }
    Ok(files)
}

/// The hash in the name of `file`, if there is one.
fn hash(file: &Path) -> Option<String> {
    let name = file.file_name()?.to_str()?;
    let stem = file.file_stem()?.to_str()?;
    (name_in_sources(name) != name).then(|| stem.rsplit('-').next().unwrap_or(stem).to_owned())
}

fn another(hash: &str) -> String {
    hash.chars().rev().collect()
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_old_tab_whose_gpu_engine_is_gone_says_that_slicewise_was_updated() -> Result<()> {
    let site = Deployed::new()?;
    let page = Page::open(&crate::slice_at(&site.server)).await?;
    page.wait_for_rest().await?;
    let build: String = page.evaluate(BUILD, Vec::new()).await?;
    // A network that the GPU can plan.
    page.choose("model", "testbed-gaussian").await?;
    page.wait_for_rest().await?;
    site.redeploy()?;
    page.choose("compute", "gpu").await?;
    page.click("tab-what-if").await?;
    for axis in ["x", "y"] {
        page.fill(&format!("surface-{axis}-points"), "8").await?;
    }
    page.click("surface-run").await?;
    page.wait_for("updated").await?;
    ensure!(page.text("updated").await? == UPDATED, "{}", page.text("updated").await?);
    page.click("reload").await?;
    page.wait_until("the new build", async || {
        Ok(page.evaluate::<String>("return window.slicewiseBuild?.id ?? ''", vec![]).await?
            == another(&build))
    })
    .await?;
    page.wait_for_rest().await?;
    ensure!(!page.has("updated").await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_old_tab_whose_networks_are_gone_says_that_slicewise_was_updated() -> Result<()> {
    let site = Deployed::new()?;
    let page = Page::open(&format!("{}?planner=forecast", site.server.url())).await?;
    wait_for_state(&page, "status", "done").await?;
    site.redeploy()?;
    page.choose("service", "web-browsing").await?;
    page.wait_for("updated").await?;
    page.click("reload").await?;
    page.wait_for_end_of("updated").await?;
    wait_for_state(&page, "status", "done").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_engine_of_another_build_has_the_page_say_that_slicewise_was_updated() -> Result<()> {
    // The engine's own assignment has no effect on what cannot be written.
    let prologue = "Object.defineProperty(self, 'slicewiseBuild',
        { value: { id: 'another', files: {} } });";
    let prologues = vec![("slicewise-slice-engine-".to_owned(), prologue.to_owned())];
    let server = site::serve_with(SiteOptions { prologues, ..SiteOptions::default() })?;
    let page = Page::open(&crate::slice_at(&server)).await?;
    page.wait_for("updated").await?;
    ensure!(page.text("updated").await? == UPDATED);
    ensure!(page.attribute("status", "data-source").await?.as_deref() == Some("precomputed"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn without_a_network_the_newest_whole_build_opens() -> Result<()> {
    let site = Deployed::new()?;
    let url = crate::slice_at(&site.server);
    let page = Page::open(&url).await?;
    page.wait_for_rest().await?;
    wait_until_kept(&page, planner("slice")?).await?;
    let build: String = page.evaluate(BUILD, Vec::new()).await?;
    site.redeploy()?;
    fs::remove_file(site.file("slicewise-slice-page_bg.wasm")?)?;
    page.go(&url).await?;
    let other: String = page.evaluate(BUILD, Vec::new()).await?;
    ensure!(other == another(&build), "{other} after {build}");
    drop(site);
    let page = page.open_again(&url).await?;
    page.wait_for_rest().await?;
    ensure!(page.evaluate::<String>(BUILD, Vec::new()).await? == build);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn who_opens_only_a_planners_own_page_has_its_newest_build_kept() -> Result<()> {
    let site = Deployed::new()?;
    let url = format!("{}twin.html", site.server.url());
    let page = Page::open(&url).await?;
    wait_for_state(&page, "status", "done").await?;
    wait_until_kept(&page, planner("twin")?).await?;
    let build: String = page.evaluate(BUILD, Vec::new()).await?;
    site.redeploy()?;
    page.go(&url).await?;
    let newest = another(&build);
    let kept = "return caches.open('slicewise').then(store => store.match(new URL('./', location)))
        .then(page => page.text()).then(text => text.includes(arguments[0]))";
    page.wait_until("the newest build to be kept", async || {
        page.evaluate(kept, vec![newest.clone().into()]).await
    })
    .await?;
    drop(site);
    let page = page.open_again(&url).await?;
    wait_for_state(&page, "status", "done").await?;
    ensure!(page.evaluate::<String>(BUILD, Vec::new()).await? == newest);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_planner_that_is_still_being_built_opens_once_it_is_there() -> Result<()> {
    let site = Deployed::new()?;
    let boot = site.file("boot.js")?;
    let start = fs::read_to_string(&boot)?;
    fs::write(&boot, start.replace("\"slicewise-cells-page.js\"", "\"not-yet.js\""))?;
    let page = Page::open(&format!("{}?planner=cells", site.server.url())).await?;
    page.wait_until("the page to say so", async || {
        let text: String = page.evaluate("return document.body.innerText", Vec::new()).await?;
        Ok(text.contains("Cells is being built"))
    })
    .await?;
    fs::write(&boot, start)?;
    page.wait_for("cells-app").await
}
