//! Fits the generator's named services: `DATA=shared/data cargo run --example fit_services`. The kaNSaaS
//! table is read from `KANSAAS`, decompressed.

use slicewise_core::forecast::published;
use slicewise_forecast::fit::fit;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::var("DATA")?;
    let read = std::fs::read_to_string;
    let kansaas = published::kansaas(&read(std::env::var("KANSAAS")?)?)?;
    let milan = published::milan(&read(format!("{data}/milan/internet_10min_2cells.csv"))?)?;
    let barcelona = read(format!("{data}/barcelona_lte/lte_10min.csv"))?;
    let cell = published::barcelona(&barcelona, "PobleSec")?.0;
    let column = |name: &str| kansaas.iter().find(|(series, _)| series.name == name);
    let sources = [
        ("video-streaming", column("emBB_1").map(|found| &found.0), 110.0),
        ("web-browsing", Some(&milan[0].0), 60.0),
        ("social-media", Some(&cell), 30.0),
        ("cloud-gaming", column("uRLLC_0").map(|found| &found.0), 40.0),
    ];
    for (name, series, mean) in sources {
        let series = series.ok_or("no such column")?;
        println!("{name} from {} ({} samples)\n{:#?}", series.name, series.values.len(), fit(series, mean)?);
    }
    Ok(())
}
