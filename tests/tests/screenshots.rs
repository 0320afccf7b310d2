//! The README's picture: `cargo xtask screenshots`.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use slicewise_tests::page::Page;
use slicewise_tests::site;
use slicewise_xtask::workspace::Workspace;

#[tokio::test]
#[ignore = "needs dist/ and Chromium, and writes docs/screenshot.png: cargo xtask screenshots"]
async fn the_page_on_a_laptop() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open(server.url()).await?;
    page.wait_for_rest().await?;
    // Charts fade in for at most 200 ms.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let docs = Workspace::locate()?.root().join("docs");
    fs::create_dir_all(&docs)?;
    let path = docs.join("screenshot.png");
    fs::write(&path, page.screenshot().await?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(())
}
