//! The state in the address.

use anyhow::{Result, ensure};
use slicewise_tests::page::Page;

use crate::key;

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_link_reproduces_the_state_in_a_new_session() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    page.choose("traffic-kind", "normal").await?;
    page.press("slider-qos", key::ARROW_RIGHT, 3).await?;
    page.fill("number-degradation", "0.2").await?;
    page.click("add-slice").await?;
    page.press("slider-mean", key::ARROW_RIGHT, 4).await?;
    page.fill("number-price-bandwidth", "1.5").await?;
    page.wait_for_rest().await?;
    let (link, controls, plan) =
        (page.address().await?, page.control_values().await?, page.plan().await?);
    ensure!(link.contains("#v1="), "{link}");
    let other = Page::open(&link).await?;
    other.wait_for_rest().await?;
    ensure!(other.control_values().await? == controls, "{:?}", other.control_values().await?);
    let reproduced = other.plan().await?;
    ensure!(reproduced.is_near(&plan, 1e-6), "{plan:?} became {reproduced:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_tampered_link_is_named_and_the_default_plan_stands() -> Result<()> {
    let (server, page) = crate::visit("").await?;
    let (controls, plan) = (page.control_values().await?, page.plan().await?);
    page.press("slider-qos", key::ARROW_RIGHT, 2).await?;
    page.wait_for_rest().await?;
    let link = page.address().await?;
    let truncated = &link[..link.len() - 20];
    let unreadable = format!("{}#v1=%%%", server.url());
    let of_the_future = format!("{}#v9=abc", server.url());
    for address in [truncated, unreadable.as_str(), of_the_future.as_str()] {
        page.go(address).await?;
        page.wait_for("error").await?;
        let text = page.text("error").await?;
        ensure!(text.contains("link") && text.contains("allowed"), "{address}: {text}");
        page.wait_for_rest().await?;
        ensure!(page.control_values().await? == controls, "{address}");
        ensure!(page.plan().await?.is_near(&plan, 1e-6), "{address}");
    }
    Ok(())
}
