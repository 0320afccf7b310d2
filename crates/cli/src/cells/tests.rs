//! Table files: read, written and damaged; many cells planned in pieces.

use std::path::{Path, PathBuf};

use slicewise_core::InputError;
use slicewise_core::cells::card::EstimatorForm;
use slicewise_core::cells::{CellBatch, CellPlans, FEATURES, HISTORY, SNssai};
use slicewise_core::formats::cell_plan_csv::COLUMNS;
use slicewise_core::formats::kpi_table::{KpiCells, KpiOptions, KpiRow, KpiTable, Period};
use slicewise_core::formats::nr_cell::GNB_ID_BITS;
use slicewise_core::formats::rrm_policy::{self, Firmness, Plmn};
use slicewise_nets::estimator::Estimator;
use tempfile::TempDir;

use super::findings::Findings;
use super::pieces::{CELLS_AT_A_TIME, plan_pieces};
use super::tables::{self, DocumentOptions, KpiFile, PlanFile, PlanFormat};

/// Files that pandas 3 and pyarrow 26 wrote: two cells, two slices, two periods.
const FOREIGN: [(&str, &[u8]); 4] = [
    ("pandas-snappy", include_bytes!("fixtures/pandas-snappy.parquet")),
    ("pyarrow-zstd", include_bytes!("fixtures/pyarrow-zstd.parquet")),
    ("spark-gzip", include_bytes!("fixtures/spark-gzip.parquet")),
    ("plain-micros", include_bytes!("fixtures/plain-micros.parquet")),
];

fn written(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn table(path: &Path) -> KpiTable {
    tables::read(&[path.to_owned()], &KpiOptions::default(), &mut |_, _| ()).unwrap()
}

fn refused(path: &Path) -> String {
    format!(
        "{:#}",
        tables::read(&[path.to_owned()], &KpiOptions::default(), &mut |_, _| ())
            .map(|_| ())
            .unwrap_err()
    )
}

/// The row of a slice of a cell in a period: every number differs.
fn row(cell: &str, slice: u8, step: i64) -> KpiRow<'_> {
    let value = cell.len() as f64 + f64::from(slice) / 7.0 + step as f64 / 3.0;
    KpiRow {
        period: Period::Time(1_764_000_000_000 + 900_000 * step),
        cell,
        snssai: SNssai { sst: slice, sd: slice.is_multiple_of(2).then_some(u32::from(slice)) },
        active_users: value,
        cqi: value % 15.0,
        prb_used: Some(value),
        prb_available: Some(51.0),
        throughput_mbps: (step != 2).then_some(value),
        delay_ms: Some(value * 1.3),
        required_throughput_mbps: 0.5 + f64::from(slice),
        required_delay_ms: 50.0,
        weight: Some(1.0 + f64::from(slice)),
        minimum_share: Some(0.05),
        share: Some(0.2),
    }
}

/// Cells `first..cells`, periods `0..periods`, in the order of time or of the cells.
fn write(path: &Path, cells: usize, periods: i64, by_time: bool) {
    let names: Vec<String> = (0..cells).map(|index| format!("{index:05}")).collect();
    let mut rows = Vec::new();
    for name in &names {
        for step in 0..periods {
            rows.extend((1..=4).map(|slice| row(name, slice, step)));
        }
    }
    if by_time {
        rows.sort_by_key(|row| row.period);
    }
    let mut file = KpiFile::create(path, rows[0].period).unwrap();
    rows.iter().for_each(|row| file.row(row).unwrap());
    file.commit().unwrap();
}

/// The same for all of a cell: shares as its features say, no proof.
fn stand_in(batch: &CellBatch) -> anyhow::Result<CellPlans> {
    batch.validate(FEATURES)?;
    let mut plans = CellPlans { offsets: batch.offsets.clone(), ..CellPlans::default() };
    for cell in 0..batch.len() {
        let users = |slice: usize| 1.0 + batch.features_of(slice)[HISTORY - 1];
        let all: f64 = batch.range(cell).map(users).sum();
        plans.shares.extend(batch.range(cell).map(|slice| users(slice) / all));
        plans.satisfaction.extend(batch.range(cell).map(|_| 0.5));
        plans.utilities.push(all);
        plans.bounds.push(if cell % 2 == 0 { 1.25 * all } else { f64::NAN });
        plans.prices.push(f64::NAN);
    }
    plans.evaluations = 1;
    Ok(plans)
}

fn plan_file(output: &Path) -> PlanFile {
    let options = DocumentOptions {
        plmn: Plmn::of_tests(),
        firmness: Firmness::default(),
        identities: None,
        gnb_bits: GNB_ID_BITS,
        current: Vec::new(),
    };
    PlanFile::create(output, PlanFormat::of(None, output).unwrap(), options).unwrap()
}

fn plan(table: &KpiTable, workers: usize, output: &Path) -> Findings {
    let mut file = plan_file(output);
    let mut found = Findings::default();
    plan_pieces(table, workers, CELLS_AT_A_TIME, &stand_in, &mut |cells, plans| {
        found.add(plans);
        file.write(cells, plans)
    })
    .unwrap();
    file.commit().unwrap();
    found
}

#[test]
fn parquet_files_of_other_programs_are_read_like_the_same_csv() {
    let folder = tempfile::tempdir().unwrap();
    let header = "period_start,NRCellDU,SNSSAI,DRB.MeanActiveUeDl.SNSSAI,CARR.WBCQIMean.SNSSAI,\
                  dLThptPerUE,dLLatency\n";
    let mut csv = header.to_owned();
    for step in 0..2 {
        for cell in ["north", "south"] {
            for (slice, users) in [("1-000001", 2.5), ("3", 4.0)] {
                let time = format!("2026-11-21T07:{:02}:00Z", 15 * step);
                let (users, cqi) = (users + f64::from(step), 9 + step);
                csv += &format!("{time},{cell},{slice},{users},{cqi},2000,100\n");
            }
        }
    }
    let expected = table(&written(&folder, "expected.csv", csv.as_bytes())).cells(0..9);
    assert_eq!(expected.batch.len(), 2);
    for (name, bytes) in FOREIGN {
        let table = table(&written(&folder, &format!("{name}.parquet"), bytes));
        assert_eq!(table.report().problems, [], "{name}");
        assert_eq!(table.report().rows, 8, "{name}");
        let found = table.cells(0..9);
        assert_eq!((found.cells, found.batch), (expected.cells.clone(), expected.batch.clone()));
        let is_pandas = name == "pandas-snappy";
        assert_eq!(table.report().unknown_columns.contains(&"note".to_owned()), is_pandas);
        let steps = name == "pyarrow-zstd";
        assert_eq!(matches!(table.last_period(), Some(Period::Step(1))), steps, "{name}");
    }
}

/// Equal with NaN equal to itself.
fn check_same(one: &KpiCells, other: &KpiCells) {
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
}

#[test]
fn csv_and_parquet_in_both_orders_give_the_same_plan() {
    let folder = tempfile::tempdir().unwrap();
    let mut plans = Vec::new();
    let mut first: Option<KpiCells> = None;
    for (name, by_time) in [("a.csv", false), ("b.csv", true), ("a.parquet", false), ("b.pq", true)]
    {
        let path = folder.path().join(name);
        write(&path, 700, 7, by_time);
        let table = table(&path);
        assert_eq!(table.report().rows, 700 * 7 * 4);
        let cells = table.cells(0..700);
        check_same(first.get_or_insert(cells.clone()), &cells);
        for workers in [1, 3] {
            let output = folder.path().join("plan.csv");
            plan(&table, workers, &output);
            plans.push(std::fs::read_to_string(output).unwrap());
        }
    }
    assert!(plans.windows(2).all(|pair| pair[0] == pair[1]));
    let plan = &plans[0];
    assert_eq!(plan.lines().count(), 1 + 700 * 4);
    assert_eq!(plan.lines().next(), Some(COLUMNS.join(",").as_str()));
    assert!(plan.lines().nth(2).unwrap().starts_with("00000,2-000002,0.2"));
}

#[test]
fn a_plan_in_columns_has_what_the_csv_has() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("kpis.parquet");
    write(&input, 600, 1, false);
    let table = table(&input);
    let (csv, parquet) = (folder.path().join("plan.csv"), folder.path().join("plan.parquet"));
    plan(&table, 2, &csv);
    plan(&table, 2, &parquet);
    let lines = std::fs::read_to_string(csv).unwrap();
    let rows = parquet_rows(&parquet);
    assert_eq!(rows.len(), 600 * 4);
    for (row, line) in rows.iter().zip(lines.lines().skip(1)) {
        assert_eq!(row, line);
    }
}

/// The rows of a plan in Parquet as lines of CSV, read by the crate's row reader.
fn parquet_rows(path: &Path) -> Vec<String> {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let field = |field: &Field| match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Long(number) => number.to_string(),
        Field::Double(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    let line = |row: parquet::record::Row| {
        row.get_column_iter().map(|(_, value)| field(value)).collect::<Vec<_>>().join(",")
    };
    reader.get_row_iter(None).unwrap().map(|row| line(row.unwrap())).collect()
}

#[test]
fn a_plan_of_policies_is_what_the_standard_demands() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("kpis.csv");
    write(&input, 3, 1, false);
    let output = folder.path().join("plan.json");
    plan(&table(&input), 2, &output);
    let cells = rrm_policy::read(&std::fs::read_to_string(&output).unwrap()).unwrap();
    assert_eq!(cells.len(), 3);
    assert!(cells.iter().all(|cell| cell.policies.len() == 4));
}

#[test]
fn findings_tell_of_the_proven_gaps_alone() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("kpis.csv");
    write(&input, 3, 1, false);
    let found = plan(&table(&input), 1, &folder.path().join("plan.csv"));
    assert_eq!((found.cells, found.slices, found.gaps.len()), (3, 12, 2));
    let (largest, median) = found.gaps().unwrap();
    assert!((largest - 0.2).abs() < 1e-12 && (median - 0.2).abs() < 1e-12);
    assert_eq!(Findings::default().gaps(), None);
}

#[test]
fn slices_outside_the_training_data_are_counted() {
    // The features of a random estimator were "trained" between 0 and 1.
    let card = Estimator::random(EstimatorForm::Plain, FEATURES, &[4], 1).unwrap().card;
    let outside = [&[0.5; FEATURES - 1][..], &[1.5]].concat();
    assert!(card.is_outside(&outside));
    assert!(!card.is_outside(&[0.0; FEATURES]) && !card.is_outside(&[1.0; FEATURES]));
    let mut found = Findings::default();
    found.add(&CellPlans { utilities: vec![1.0; 2], outside: vec![1, 2], ..nothing_proven(2) });
    assert_eq!(found.extrapolated, 3);
}

/// Plans of `cells` cells without a slice.
fn nothing_proven(cells: usize) -> CellPlans {
    CellPlans {
        offsets: vec![0; cells + 1],
        bounds: vec![f64::NAN; cells],
        prices: vec![f64::NAN; cells],
        ..CellPlans::default()
    }
}

#[test]
fn damaged_files_are_named_with_their_column() {
    let folder = tempfile::tempdir().unwrap();
    let whole = FOREIGN[0].1;
    let of = |name: &str, bytes: &[u8]| refused(&written(&folder, name, bytes));
    assert!(
        of("cut.parquet", &whole[..whole.len() - 20])
            .contains("cut.parquet is no Parquet file, or cut off")
    );
    assert!(of("none.parquet", b"").contains("none.parquet is no Parquet file, or cut off"));
    assert!(of("text.parquet", b"period_start,NRCellDU\n1,A\n").contains("is no Parquet file"));
    let boolean = of("b.parquet", include_bytes!("fixtures/boolean-users.parquet"));
    assert!(
        boolean
            .contains("b.parquet: column DRB.MeanActiveUeDl.SNSSAI is BOOLEAN; allowed: texts or"),
        "{boolean}"
    );
    let nested = of("n.parquet", include_bytes!("fixtures/nested-cell.parquet"));
    assert!(nested.contains("n.parquet: column NRCellDU is missing among"), "{nested}");
    assert!(
        of("k.csv", b"a,b\n1,2\n").contains("k.csv: column period_start is missing among a, b")
    );
    assert!(of("e.csv", b"").contains("e.csv: header is empty"));
    assert!(of("k.xlsx", b"").starts_with("input is "));
    assert!(refused(&folder.path().join("absent.csv")).starts_with("cannot read "));
    assert!(refused(folder.path()).starts_with("input is "));
}

#[test]
fn performance_files_are_read_together_packed_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = |users: u32, end: &str| {
        format!(
            "<measCollecFile><measData><managedElement localDn=\"ManagedElement=1\"/><measInfo>\
             <granPeriod duration=\"PT900S\" endTime=\"2026-11-21T{end}:00Z\"/>\
             <measType p=\"1\">DRB.MeanActiveUeDl.1-000001</measType>\
             <measType p=\"2\">CARR.WBCQIDist.Bin9</measType>\
             <measValue measObjLdn=\"GNBDUFunction=1,NRCellDU=7\"><r p=\"1\">{users}</r>\
             <r p=\"2\">40</r></measValue></measInfo></measData></measCollecFile>"
        )
    };
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, file(3, "07:15").as_bytes()).unwrap();
    let paths = [
        written(&folder, "second.xml", file(4, "07:30").as_bytes()),
        written(&folder, "first.xml.gz", &packed.finish().unwrap()),
    ];
    let mut options = KpiOptions::default();
    options.requirements.add_option("1-000001=2Mbps,100ms").unwrap();
    let table = tables::read(&paths, &options, &mut |_, _| ()).unwrap();
    let found = table.cells(0..9);
    assert_eq!(found.cells, ["ManagedElement=1,GNBDUFunction=1,NRCellDU=7"]);
    assert_eq!(found.batch.features_of(0)[HISTORY - 2..=HISTORY], [3.0, 4.0, 9.0]);
    let table = written(&folder, "kpis.csv", b"");
    let both = [paths[0].clone(), table];
    let error = tables::read(&both, &options, &mut |_, _| ()).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("kpis.csv beside others"), "{error}");
    let error = refused(&paths[0]);
    assert!(error.contains("second.xml: requirement of slice 1-000001 is missing"), "{error}");
}

#[test]
fn parquet_files_with_any_byte_changed_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, whole) in FOREIGN {
        for place in (0..whole.len()).step_by(7) {
            let mut bytes = whole.to_vec();
            bytes[place] ^= 0x55;
            let path = written(&folder, &format!("{name}.parquet"), &bytes);
            let result = std::panic::catch_unwind(|| {
                tables::read(&[path], &KpiOptions::default(), &mut |_, _| ())
                    .map(|table| table.len())
            });
            assert!(result.is_ok(), "{name}, byte {place}");
        }
    }
}

#[test]
fn an_error_of_a_piece_ends_the_plan_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("kpis.csv");
    write(&input, 1200, 1, false);
    let table = table(&input);
    let output = folder.path().join("plan.csv");
    let mut file = plan_file(&output);
    let failing = |batch: &CellBatch| {
        if batch.len() < 512 {
            Err(InputError::new("batch", batch.len(), "512").into())
        } else {
            stand_in(batch)
        }
    };
    let result = plan_pieces(&table, 2, CELLS_AT_A_TIME, &failing, &mut |cells, plans| {
        file.write(cells, plans)
    });
    assert_eq!(result.unwrap_err().to_string(), "batch is 176; allowed: 512");
    drop(file);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
