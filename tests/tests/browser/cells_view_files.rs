//! Files of the Cells view: splits out in the words of the standards, KPI tables in.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};
use slicewise_core::formats::{cell_plan_csv, kpi_table, rrm_policy};
use slicewise_tests::page::Page;

use crate::cells_view::visit;
use crate::{every_view, wait_for_state};

/// What one cell's slices get, in percent, wherever it was written.
type Percentages = BTreeMap<String, Vec<u8>>;

async fn saved(page: &Page, name: &str, ending: &str) -> Result<String> {
    let file = page.download(name, ending).await?;
    fs::read_to_string(&file).with_context(|| format!("{name} saved no text"))
}

/// What an archive holds: it is not compressed.
async fn archived(page: &Page, name: &str) -> Result<String> {
    let bytes = fs::read(page.download(name, ".zip").await?)?;
    ensure!(bytes.starts_with(b"PK"), "{name} saved no archive");
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Opens the table of all cells, whose plans the exports write.
async fn with_all_cells() -> Result<(slicewise_xtask::site_server::SiteServer, Page)> {
    let (server, page) = visit().await?;
    page.click("tab-table").await?;
    page.wait_for("cells-table").await?;
    Ok((server, page))
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn policies_leave_as_the_standard_wants_them() -> Result<()> {
    let (_server, page) = with_all_cells().await?;
    // The reader checks what 3GPP TS 28.541 demands: integers, dedicated <= min <= max, sums.
    let cells = rrm_policy::read(&saved(&page, "export-all-rrm", ".json").await?)?;
    ensure!(cells.len() == 12 && cells.iter().all(|cell| cell.policies.len() == 4));
    let one = rrm_policy::read(&saved(&page, "export-cell-rrm", ".json").await?)?;
    ensure!(one.len() == 1 && one[0].policies.len() == 4);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn every_format_has_the_same_percentages() -> Result<()> {
    let (_server, page) = with_all_cells().await?;
    let mut policies = Percentages::new();
    for cell in rrm_policy::read(&saved(&page, "export-all-rrm", ".json").await?)? {
        let shares = cell.policies.iter().map(|policy| policy.ratios.maximum).collect();
        policies.insert(cell.cell.context("a cell without a name")?, shares);
    }
    let csv = saved(&page, "export-all-csv", ".csv").await?;
    let mut lines = csv.lines();
    ensure!(lines.next() == Some(cell_plan_csv::COLUMNS.join(",").as_str()), "{csv}");
    let mut table = Percentages::new();
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        table.entry(fields[0].to_owned()).or_default().push(fields[3].parse()?);
    }
    ensure!(table == policies, "{table:?} and {policies:?}");
    // Several documents come as one archive, which holds them as they are.
    let message = archived(&page, "export-all-e2sm").await?;
    ensure!(message.contains("gNB-3-message.json") && message.contains("O-RRMPolicyRatio"));
    let targets = archived(&page, "export-all-a1").await?;
    ensure!(targets.matches("\"sliceSlaObjectives\"").count() == 4, "{targets}");
    let yaml = saved(&page, "export-cell-srsran", ".yml").await?;
    ensure!(yaml.contains("max_prb_policy_ratio"), "{yaml}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_days_kpis_leave_and_come_back_as_a_table() -> Result<()> {
    let (_server, page) = with_all_cells().await?;
    let file = page.download("save-kpis", ".csv").await?;
    let text = fs::read_to_string(&file)?;
    let table = kpi_table::read(&text)?;
    ensure!(table.len() == 12 && table.report().bad_rows == 0, "{:?}", table.report());
    page.upload("import-kpis", &file).await?;
    wait_for_state(&page, "table-status", "done").await?;
    ensure!(page.attribute("cells-table", "data-cells").await?.as_deref() == Some("12"));
    // The table's own answer stands at the head, not the simulated day's.
    let text = page.text("answer").await?;
    ensure!(text.contains("12 cells with 48 slices, none simulated: estimated"), "{text}");
    page.click("tab-network").await?;
    page.wait_until("the network's answer", async || {
        Ok(page.text("answer").await?.contains("in the simulation"))
    })
    .await?;
    page.click("tab-table").await?;
    page.wait_for("open-cell-3").await?;
    let name = format!("{}:", table.cells(3..4).cells[0]);
    page.click("open-cell-3").await?;
    page.wait_until("the imported cell", async || {
        let text = page.text("cell-sentence").await.unwrap_or_default();
        Ok(text.starts_with(&name))
    })
    .await?;
    page.click("tab-table").await?;
    page.click("drop-import").await?;
    wait_for_state(&page, "table-status", "network").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn bad_rows_are_listed_while_the_rest_is_planned() -> Result<()> {
    let (_server, page) = with_all_cells().await?;
    let header = "period_start,NRCellDU,SNSSAI,DRB.MeanActiveUeDl.SNSSAI,CARR.WBCQIMean.SNSSAI,\
                  dLThptPerUE,dLLatency,colour";
    let mut rows = vec![header.to_owned()];
    for cell in 0..60 {
        for slice in 1..=3 {
            rows.push(format!("0,cell-{cell},1-00000{slice},{slice},9.5,1000,100,red"));
        }
    }
    rows[5] = "0,cell-1,1-000002,many,9.5,1000,100,red".to_owned();
    rows[8] = "0,cell-2,1-000002,1,99,1000,100,red".to_owned();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("kpis.csv");
    fs::write(&file, rows.join("\n"))?;
    page.upload("import-file", &file).await?;
    wait_for_state(&page, "table-status", "done").await?;
    let problems = page.text("problems").await?;
    for part in ["row 6", "many", "row 9", "99", "2 bad rows", "colour"] {
        ensure!(problems.contains(part), "{part} is missing: {problems}");
    }
    ensure!(page.attribute("cells-table", "data-cells").await?.as_deref() == Some("60"));
    page.click("page-next").await?;
    page.wait_for("open-cell-15").await?;
    let policies = rrm_policy::read(&saved(&page, "export-all-rrm", ".json").await?)?;
    ensure!(policies.len() == 60, "{} cells", policies.len());
    Ok(())
}

/// A table of two periods of one cell, whose slice got `throughput`.
fn two_periods(dates: [&str; 2], throughput: &str) -> String {
    let header = "time,cell,slice,DRB.MeanActiveUeDl,cqi,DRB.UEThpDl,dLThptPerUE,dLLatency";
    let rows = dates.map(|date| format!("{date},A,1-000001,2,9,{throughput},2000,100\n"));
    format!("{header}\n{}", rows.concat())
}

/// Gives `text` to the page as a file called `name`.
async fn open_table(page: &Page, name: &str, text: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join(name);
    fs::write(&file, text)?;
    page.upload("import-file", &file).await?;
    page.wait_for("import-preview").await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_table_whose_dates_are_open_is_shown_and_planned_with_the_answer() -> Result<()> {
    let (_server, page) = with_all_cells().await?;
    let text = two_periods(["01/02/2026 00:00", "01/02/2026 00:15"], "1500");
    open_table(&page, "dates.csv", &text).await?;
    let question = page.text("import-question").await?;
    ensure!(question.starts_with("dates.csv: order of day and month is open"), "{question}");
    let preview = page.text("import-preview").await?;
    for part in ["01/02/2026 00:15", "start of the period", "throughput, kbit/s"] {
        ensure!(preview.contains(part), "{part} is missing: {preview}");
    }
    let state = page.attribute("table-status", "data-state").await?;
    ensure!(state.as_deref() == Some("network"), "planned all the same: {state:?}");
    page.choose("import-date-order", "day").await?;
    wait_for_state(&page, "table-status", "done").await?;
    ensure!(!page.has("import-question").await? && !page.has("error").await?);
    // The carrier's PRB are typed, and what is none is asked about.
    page.click("import-summary-of-preview").await?;
    page.fill("import-carrier-prb", "many").await?;
    page.wait_for("import-question").await?;
    let question = page.text("import-question").await?;
    ensure!(question.contains("1 to 10000 PRB"), "{question}");
    page.fill("import-carrier-prb", "106").await?;
    page.wait_for_end_of("import-question").await?;
    wait_for_state(&page, "table-status", "done").await?;
    page.click("drop-import").await?;
    page.wait_for_end_of("import-preview").await
}

/// What the preview holds, whether it is open or not.
async fn previewed(page: &Page) -> Result<String> {
    let script = "return document.querySelector('[data-test=import-preview]').textContent";
    page.evaluate(script, Vec::new()).await
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn rates_a_thousand_times_off_are_asked_about_beside_the_plan() -> Result<()> {
    let (_server, page) = with_all_cells().await?;
    let text = two_periods(["2026-02-01 00:00", "2026-02-01 00:15"], "1500000");
    open_table(&page, "rates.csv", &text).await?;
    wait_for_state(&page, "table-status", "done").await?;
    let question = page.text("import-question").await?;
    ensure!(question.contains("DRB.UEThpDl.SNSSAI is 1500000 kbit/s in the median"), "{question}");
    ensure!(question.contains("choose bit/s where it is in that"), "{question}");
    page.choose("import-throughput-unit", "bit/s").await?;
    page.wait_for_end_of("import-question").await?;
    wait_for_state(&page, "table-status", "done").await?;
    ensure!(previewed(&page).await?.contains("throughput, bit/s"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn events_are_shown_as_a_performance_file_with_the_choices_that_apply() -> Result<()> {
    let (_server, page) = with_all_cells().await?;
    let event = r#"{"event": {"commonEventHeader": {"domain": "measurement", "sourceName": "A",
        "startEpochMicrosec": 0, "lastEpochMicrosec": 900000000},
        "measurementFields": {"measurementInterval": 900, "additionalMeasurements": [{"name": "a",
        "hashMap": {"DRB.MeanActiveUeDl.1-000001": "2", "CARR.WBCQIMean": "9",
        "DRB.UEThpDl.1-000001": "1500"}}]}}}"#;
    open_table(&page, "events.json", event).await?;
    wait_for_state(&page, "table-status", "done").await?;
    ensure!(previewed(&page).await?.contains("performance file"));
    ensure!(page.has("import-delay-unit").await? && !page.has("import-date-order").await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_damaged_table_is_named_and_nothing_changes() -> Result<()> {
    let (_server, page) = with_all_cells().await?;
    let folder = tempfile::tempdir()?;
    let header = "period_start,NRCellDU,SNSSAI,DRB.MeanActiveUeDl.SNSSAI,CARR.WBCQIMean.SNSSAI,\
                  dLThptPerUE,dLLatency";
    for (name, text, named) in [
        ("empty.csv", String::new(), "empty.csv"),
        ("header.csv", format!("{header}\n"), "header.csv"),
        ("columns.csv", "time,cell,load\n0,a,1\n".to_owned(), "NRCellDU"),
        ("rows.csv", format!("{header}\n0,a,1,x,9,1000,100\n"), "row 2"),
        ("binary.csv", "\u{0}\u{1}PAR1\u{fffd}".repeat(40), "binary.csv"),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, text)?;
        every_view::upload_what_is_refused(&page, &file, named).await?;
        let text = page.text("error").await?;
        ensure!(text.contains("allowed"), "{text}");
        let state = page.attribute("table-status", "data-state").await?;
        ensure!(state.as_deref() == Some("network"), "{name}: {state:?}");
        page.click("dismiss").await?;
    }
    Ok(())
}
