//! What training makes of the formula's answer in the Twin view: intervals, and where not to trust the formula.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::every_view;
use crate::twin_view::visit;
use crate::wait_for_state;
use slicewise_tests::page::Page;

/// Titles of the columns of the list of flows.
async fn columns(page: &Page) -> Result<Vec<String>> {
    let script = "return [...document.querySelectorAll('[data-test=table-flows] thead th')]
        .map(head => head.innerText.trim())";
    page.evaluate(script, Vec::new()).await
}

/// Numbers of the first row from the column with that title on.
async fn first_row_from(page: &Page, title: &str) -> Result<Vec<f64>> {
    let place = columns(page).await?.iter().position(|column| column.starts_with(title));
    let script =
        "return [...document.querySelectorAll('[data-test=table-flows] tbody tr')[0].children]
        .slice(arguments[0]).map(cell => parseFloat(cell.innerText.replaceAll(',', '')) || 0)";
    page.evaluate(script, vec![Value::from(place.unwrap_or(usize::MAX))]).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn delays_come_with_intervals_beside_the_formula() -> Result<()> {
    let (_server, page) = visit().await?;
    page.wait_for("corrected").await?;
    let text = page.text("corrected").await?;
    ensure!(
        text.contains("corrected by training: at most ") && text.contains("90 % interval"),
        "{text}"
    );
    page.click("tab-flows").await?;
    page.wait_until("columns of corrected delays", async || {
        Ok(columns(&page).await?.iter().any(|column| column.starts_with("90 %: − ms")))
    })
    .await?;
    wait_for_state(&page, "corrected", "done").await?;
    page.wait_until("corrected delays", async || {
        Ok(first_row_from(&page, "Corrected mean").await?.first().is_some_and(|mean| *mean > 0.0))
    })
    .await?;
    let row = first_row_from(&page, "Corrected mean").await?;
    ensure!(row.len() == 3 && row[0] > 0.0, "{row:?}");
    // More than less: the interval is a factor, and of waits and transmission alone.
    ensure!(row[1] > 0.0 && row[1] <= row[2] && row[2] < 0.1 * row[0], "{row:?}");
    every_view::has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_trained_network_follows_the_queues_and_says_what_it_was_not_trained_on() -> Result<()>
{
    let (_server, page) = visit().await?;
    page.wait_for("corrected").await?;
    for (policy, model) in [("fifo", "fifo"), ("gnnet-wfq", "scheduling")] {
        page.choose("all-policy", policy).await?;
        wait_for_state(&page, "status", "done").await?;
        page.wait_until("the network that is meant for these queues", async || {
            Ok(page.attribute("corrected", "data-model").await?.as_deref() == Some(model))
        })
        .await?;
    }
    // Far above every load that was ever measured.
    page.fill("number-traffic", "50").await?;
    page.wait_until("a load that it was not trained on", async || {
        let is_told = page.has("outside-training").await?;
        Ok(is_told && page.text("outside-training").await?.contains("a load of "))
    })
    .await?;
    let text = page.text("outside-training").await?;
    ensure!(text.starts_with("beyond its training: "), "{text}");
    every_view::has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_map_shows_where_formula_and_training_part() -> Result<()> {
    let (_server, page) = visit().await?;
    page.wait_for("corrected").await?;
    page.choose("colour", "disagreement").await?;
    page.wait_until("the key of that colour", async || {
        Ok(page.text("map-key").await?.contains("Delay that training moves"))
    })
    .await?;
    every_view::has_no_complaint(&page).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn the_ten_failures_of_longest_delay_are_corrected() -> Result<()> {
    let (_server, page) = visit().await?;
    page.click("tab-failures").await?;
    page.click("failures-run").await?;
    let script =
        "const titles = [...document.querySelectorAll('[data-test=table-failures] thead th')]
            .map(head => head.innerText.trim());
        const place = titles.findIndex(title => title.startsWith('Corrected longest'));
        return [...document.querySelectorAll('[data-test=table-failures] tbody tr')]
            .filter(row => parseFloat(row.children[place]?.innerText) > 0).length";
    // The longest first: those are the ones.
    page.wait_for("sort-failures-8").await?;
    page.click("sort-failures-8").await?;
    page.wait_until("ten corrected failures", async || {
        Ok(page.evaluate::<usize>(script, Vec::new()).await? == 10)
    })
    .await?;
    every_view::has_no_complaint(&page).await
}
