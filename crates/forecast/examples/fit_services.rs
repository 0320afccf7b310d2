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
        let fitted = fit(series, mean)?;
        println!("{name} from {} ({} samples)\n{fitted:#?}", series.name, series.values.len());
        let days = series.values.len() / series.steps_per_day();
        let generated = fitted.generate(name, days, 1)?;
        println!("source: {}", summary(&series.values));
        // Compared at the source's step.
        let every = (series.step_minutes / generated.step_minutes) as usize;
        let thinned: Vec<f64> = generated.values.iter().copied().step_by(every).collect();
        println!("generated: {}", summary(&thinned));
    }
    Ok(())
}

fn summary(values: &[f64]) -> String {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let peak = values.iter().copied().fold(0.0, f64::max);
    let changes: Vec<f64> = values.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
    let square = changes.iter().map(|change| change * change).sum::<f64>() / count;
    let fourth = changes.iter().map(|change| change.powi(4)).sum::<f64>() / count;
    format!(
        "peak {:.2} means, change {:.3} (logarithm), kurtosis {:.1}",
        peak / mean,
        square.sqrt(),
        fourth / square / square
    )
}
