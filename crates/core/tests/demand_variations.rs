//! The same quarter of a day of demand as many programs write it: whatever the spelling, the trace is the
//! same, or what it leaves open is asked.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use slicewise_core::InputError;
use slicewise_core::forecast::demand_table::{DemandChoices, DemandTable, STEP, TIME_COLUMN};
use slicewise_core::forecast::series::DemandSeries;
use slicewise_core::formats::table::Table;

/// Rows of every table below.
const ROWS: usize = 40;
/// Minutes from the first row's midnight to it: tables go on over midnight.
const FIRST_MINUTE: usize = 20 * 60;
/// Seconds since 1970 of 2026-11-20 20:00.
const FIRST_SECOND: i64 = 1_795_204_800;

/// A moment of a row: day of November 2026, hour and minute.
#[derive(Clone, Copy)]
struct Moment {
    row: usize,
    day: usize,
    hour: usize,
    minute: usize,
}

impl Moment {
    fn of(row: usize, step: usize) -> Self {
        let minutes = FIRST_MINUTE + row * step;
        Self { row, day: 20 + minutes / 1440, hour: minutes / 60 % 24, minute: minutes % 60 }
    }

    /// Hour of half a day, and AM or PM.
    fn half(self) -> (usize, &'static str) {
        ((self.hour + 11) % 12 + 1, if self.hour < 12 { "AM" } else { "PM" })
    }
}

fn demand(row: usize) -> usize {
    100 + row * row % 37
}

/// A table of `header` and of rows that `line` writes, `step` minutes apart.
fn table(header: &str, step: usize, line: impl Fn(Moment, usize) -> String) -> String {
    let rows = (0..ROWS).map(|row| line(Moment::of(row, step), demand(row)));
    rows.fold(format!("{header}\n"), |text, row| text + &row + "\n")
}

fn read(bytes: &[u8]) -> Result<Vec<DemandSeries>, InputError> {
    let table = Table::of_bytes(bytes, None)?;
    let demand = DemandTable::of(&table, DemandChoices::default())?;
    let series = |index| Ok(demand.series(index, DemandChoices::default())?.series);
    (0..demand.names().len()).map(series).collect()
}

/// What is wrong with what `text` is read as; nothing where it is the one trace.
fn check(name: &str, text: &str, step: u32, is_dated: bool) -> Option<String> {
    let found = match read(text.as_bytes()) {
        Ok(found) => found,
        Err(error) => return Some(format!("{name}: {error}")),
    };
    let names: Vec<&str> = found.iter().map(|series| &series.name[..]).collect();
    let [series] = &found[..] else { return Some(format!("{name}: {names:?}")) };
    let values: Vec<f64> = (0..ROWS).map(|row| demand(row) as f64).collect();
    if (series.step_minutes, &series.values) != (step, &values) {
        let first = &series.values[..series.values.len().min(5)];
        return Some(format!(
            "{name}: {} steps of {}: {first:?}",
            series.values.len(),
            series.step_minutes
        ));
    }
    let start = series.start_minute * 60;
    (is_dated && start != FIRST_SECOND).then(|| format!("{name}: begins at {start}"))
}

type Written = fn(Moment) -> String;
type Named = fn(usize) -> String;

#[test]
fn stamps_of_many_programs_are_the_same_quarters_of_an_hour() {
    let forms: [(&str, Written); 43] = [
        ("iso", |m| format!("2026-11-{}T{:02}:{:02}:00Z", m.day, m.hour, m.minute)),
        ("iso basic", |m| format!("202611{}T{:02}{:02}00Z", m.day, m.hour, m.minute)),
        ("iso basic without seconds", |m| format!("202611{}T{:02}{:02}", m.day, m.hour, m.minute)),
        ("six decimals", |m| {
            format!("2026-11-{} {:02}:{:02}:00.000000+00:00", m.day, m.hour, m.minute)
        }),
        ("blank before offset", |m| {
            format!("2026-11-{} {:02}:{:02}:00 +0000", m.day, m.hour, m.minute)
        }),
        ("go", |m| format!("2026-11-{} {:02}:{:02}:00 +0000 UTC", m.day, m.hour, m.minute)),
        ("java", |m| {
            format!("2026-11-{}T{:02}:{:02}:00+00:00[Europe/London]", m.day, m.hour, m.minute)
        }),
        ("db2", |m| format!("2026-11-{}-{:02}.{:02}.00.000000", m.day, m.hour, m.minute)),
        ("underscores", |m| format!("2026_11_{}_{:02}_{:02}_00", m.day, m.hour, m.minute)),
        ("hyphens throughout", |m| format!("2026-11-{}-{:02}-{:02}-00", m.day, m.hour, m.minute)),
        ("compact date", |m| format!("202611{} {:02}:{:02}", m.day, m.hour, m.minute)),
        ("compact with hyphen", |m| format!("202611{}-{:02}{:02}", m.day, m.hour, m.minute)),
        ("compact with underscore", |m| format!("202611{}_{:02}{:02}00", m.day, m.hour, m.minute)),
        ("two digits of the year", |m| format!("2611{}{:02}{:02}", m.day, m.hour, m.minute)),
        ("german", |m| format!("{}.11.2026 {:02}:{:02}", m.day, m.hour, m.minute)),
        ("german, short", |m| format!("{}.11.26 {}:{:02}", m.day, m.hour, m.minute)),
        ("german, blanks", |m| format!("{}. 11. 2026 {}:{:02}", m.day, m.hour, m.minute)),
        ("german clock", |m| format!("{}.11.2026 {:02}:{:02} Uhr", m.day, m.hour, m.minute)),
        ("german month", |m| format!("{}. November 2026 {:02}:{:02}", m.day, m.hour, m.minute)),
        ("hungarian", |m| format!("2026. 11. {}. {}:{:02}", m.day, m.hour, m.minute)),
        ("british", |m| format!("{}/11/2026 {:02}:{:02}:00", m.day, m.hour, m.minute)),
        ("american", |m| {
            let (hour, half) = m.half();
            format!("11/{}/2026 {hour}:{:02}:00 {half}", m.day, m.minute)
        }),
        ("american with narrow blank", |m| {
            let (hour, half) = m.half();
            format!("\"11/{}/2026, {hour}:{:02}:00\u{202f}{half}\"", m.day, m.minute)
        }),
        ("american with points", |m| {
            let (hour, half) = m.half();
            let half = if half == "AM" { "a.m." } else { "p.m." };
            format!("11/{}/26 {hour}:{:02} {half}", m.day, m.minute)
        }),
        ("hyphens, day first", |m| format!("{}-11-2026 {:02}:{:02}", m.day, m.hour, m.minute)),
        ("oracle", |m| {
            let (hour, half) = m.half();
            format!("{}-NOV-26 {hour:02}.{:02}.00.000000 {half}", m.day, m.minute)
        }),
        ("month by name", |m| format!("{}-Nov-2026 {:02}:{:02}:00", m.day, m.hour, m.minute)),
        ("month first by name", |m| {
            format!("\"Nov {}, 2026 {:02}:{:02}\"", m.day, m.hour, m.minute)
        }),
        ("month first by name, commas", |m| {
            let (hour, half) = m.half();
            format!("\"November {}, 2026, {hour}:{:02}:00 {half}\"", m.day, m.minute)
        }),
        ("ctime", |m| format!("Fri Nov {} {:02}:{:02}:00 2026", m.day, m.hour, m.minute)),
        ("rfc 2822", |m| {
            format!("\"Fri, {} Nov 2026 {:02}:{:02}:00 GMT\"", m.day, m.hour, m.minute)
        }),
        ("unix date", |m| format!("Sat Nov {} {:02}:{:02}:00 UTC 2026", m.day, m.hour, m.minute)),
        ("long", |m| {
            let (hour, half) = m.half();
            format!("\"Friday, November {}, 2026 {hour}:{:02} {half}\"", m.day, m.minute)
        }),
        ("access log", |m| format!("{}/Nov/2026:{:02}:{:02}:00 +0000", m.day, m.hour, m.minute)),
        ("year first with slashes", |m| format!("2026/11/{} {}:{:02}", m.day, m.hour, m.minute)),
        ("from and to", |m| {
            let end = Moment::of(m.row + 1, 15);
            format!(
                "{}.11.2026 {:02}:{:02} - {}.11.2026 {:02}:{:02}",
                m.day, m.hour, m.minute, end.day, end.hour, end.minute
            )
        }),
        ("from and to of the clock", |m| {
            let end = Moment::of(m.row + 1, 15);
            format!(
                "2026-11-{} {:02}:{:02}-{:02}:{:02}",
                m.day, m.hour, m.minute, end.hour, end.minute
            )
        }),
        ("quotes within", |m| format!("'2026-11-{} {:02}:{:02}'", m.day, m.hour, m.minute)),
        ("seconds as decimals", |m| format!("{}.000", FIRST_SECOND + 900 * m.row as i64)),
        ("seconds as powers", |m| format!("{:e}", (FIRST_SECOND + 900 * m.row as i64) as f64)),
        ("milliseconds", |m| format!("{}", 1000 * (FIRST_SECOND + 900 * m.row as i64))),
        ("milliseconds as powers", |m| {
            format!("{:E}", 1000.0 * (FIRST_SECOND + 900 * m.row as i64) as f64)
        }),
        ("serials with commas", |m| {
            let days = 46_346.0 + (FIRST_MINUTE + 15 * m.row) as f64 / 1440.0;
            format!("\"{}\"", format!("{days:.6}").replace('.', ","))
        }),
    ];
    let mut problems = Vec::new();
    for (name, written) in forms {
        for separator in [",", ";", "\t"] {
            let text = table(&format!("Time{separator}Traffic (Mbps)"), 15, |moment, demand| {
                format!("{}{separator}{demand}", written(moment))
            });
            problems.extend(check(name, &text, 15, true));
        }
    }
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn dates_and_clocks_in_columns_of_their_own_are_stamps() {
    let mut problems = Vec::new();
    problems.extend(check(
        "date and hour",
        &table("Date,Hour,Traffic", 60, |m, demand| {
            format!("2026-11-{},{},{demand}", m.day, m.hour)
        }),
        60,
        true,
    ));
    problems.extend(check(
        "date and hour that ends",
        &table("date;hour ending;volume_gb", 60, |m, demand| {
            format!("{}.11.2026;{};{demand}", m.day, m.hour + 1)
        }),
        60,
        true,
    ));
    problems.extend(check(
        "date, hour, minute",
        &table("date,hour,minute,mbps", 15, |m, demand| {
            format!("202611{},{},{},{demand}", m.day, m.hour, m.minute)
        }),
        15,
        true,
    ));
    problems.extend(check(
        "clock without a colon",
        &table("Date,Time,mbps", 15, |m, demand| {
            format!("2026-11-{},{:02}{:02},{demand}", m.day, m.hour, m.minute)
        }),
        15,
        true,
    ));
    problems.extend(check(
        "clock with seconds without colons",
        &table("Date,Time,mbps", 15, |m, demand| {
            format!("202611{},{:02}{:02}00,{demand}", m.day, m.hour, m.minute)
        }),
        15,
        true,
    ));
    problems.extend(check(
        "a clock from and to",
        &table("Date,Time,mbps", 15, |m, demand| {
            let end = Moment::of(m.row + 1, 15);
            format!(
                "2026-11-{},{:02}:{:02}-{:02}:{:02},{demand}",
                m.day, m.hour, m.minute, end.hour, end.minute
            )
        }),
        15,
        true,
    ));
    problems.extend(check(
        "year, month, day, hour",
        &table("Year,Month,Day,Hour,demand", 60, |m, demand| {
            format!("2026,11,{},{},{demand}", m.day, m.hour)
        }),
        60,
        true,
    ));
    problems.extend(check(
        "year to minute",
        &table("year;month;day;hour;minute;demand", 15, |m, demand| {
            format!("2026;11;{};{};{};{demand}", m.day, m.hour, m.minute)
        }),
        15,
        true,
    ));
    problems.extend(check(
        "day without hour",
        &table("Year,Month,Day,demand", 1440, |m, demand| {
            let day = 20 + m.row;
            let (month, day) = if day > 30 { (12, day - 30) } else { (11, day) };
            format!("2026,{month},{day},{demand}")
        }),
        1440,
        false,
    ));
    problems.extend(check(
        "begin and end",
        &table("from,to,mbps", 15, |m, demand| {
            let end = Moment::of(m.row + 1, 15);
            format!(
                "2026-11-{} {:02}:{:02},2026-11-{} {:02}:{:02},{demand}",
                m.day, m.hour, m.minute, end.day, end.hour, end.minute
            )
        }),
        15,
        true,
    ));
    problems.extend(check(
        "universal and local time",
        &table("utc_timestamp,cet_cest_timestamp,load", 15, |m, demand| {
            let local = Moment::of(m.row + 4, 15);
            format!(
                "2026-11-{}T{:02}:{:02}:00Z,2026-11-{}T{:02}:{:02}:00+0100,{demand}",
                m.day, m.hour, m.minute, local.day, local.hour, local.minute
            )
        }),
        15,
        true,
    ));
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn a_row_without_its_hour_is_a_gap_and_not_another_midnight() {
    let gap = 7;
    let text = table("year,month,day,hour,traffic (Mbit/s)", 60, |moment, demand| {
        let hour = if moment.row == gap { String::new() } else { moment.hour.to_string() };
        format!("2026,11,{},{hour},{demand}", moment.day)
    });
    let [series] = &read(text.as_bytes()).unwrap()[..] else { panic!("one series") };
    assert_eq!((series.step_minutes, series.values.len()), (60, ROWS));
    assert_eq!(series.start_minute * 60, FIRST_SECOND);
    for row in (0..ROWS).filter(|row| *row != gap) {
        assert_eq!(series.values[row], demand(row) as f64, "row {row}");
    }
}

#[test]
fn a_row_per_day_with_a_column_for_each_time_is_a_trace() {
    let names: [(usize, Named); 5] = [
        (24, |hour| format!("{hour:02}:00")),
        (24, |hour| format!("{}", hour + 1)),
        (24, |hour| format!("h{hour}")),
        (24, |hour| format!("Hour {:02}", hour + 1)),
        (96, |quarter| format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15)),
    ];
    for (count, name) in names {
        let columns: String = (0..count).map(|place| format!(";{}", name(place))).collect();
        let row = |day: usize| {
            let values = (0..count).map(|place| format!(";{}", 100 + (day * place) % 37));
            format!("{day}.11.2026{}", values.collect::<String>())
        };
        let rows: Vec<String> = (10..25).map(row).collect();
        let text = format!("Date{columns}\n{}\n", rows.join("\n"));
        let found = read(text.as_bytes()).unwrap();
        assert_eq!((found.len(), &found[0].name[..]), (1, "demand"), "{columns}");
        assert_eq!(found[0].step_minutes as usize, 1440 / count, "{columns}");
        assert_eq!(found[0].values.len(), 15 * count);
        assert_eq!(found[0].values[count + 3], 133.0);
    }
}

#[test]
fn exports_of_monitors_are_read_with_their_frames() {
    let mut problems = Vec::new();
    let iso = |m: Moment| format!("2026-11-{} {:02}:{:02}:00", m.day, m.hour, m.minute);
    problems.extend(check(
        "influx",
        &format!(
            "#group,false,false,true,true,false,false,true,true\n\
             #datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string\n\
             #default,_result,,,,,,,\n{}",
            table(",result,table,_start,_stop,_time,_value,_field,_measurement", 15, |m, demand| {
                format!(
                    ",,0,2026-11-20T20:00:00Z,2026-11-21T06:00:00Z,2026-11-{}T{:02}:{:02}:00Z,{demand},rx,cell",
                    m.day, m.hour, m.minute
                )
            })
        ),
        15,
        true,
    ));
    problems.extend(check(
        "sums and averages below",
        &format!(
            "{}Sums (of 40 values),9999\nAverages (of 40 values),99\n",
            table("Date Time,Traffic", 15, |m, demand| format!("{},{demand}", iso(m)))
        ),
        15,
        true,
    ));
    problems.extend(check(
        "cacti",
        &format!(
            "\"Title:\",\"gNB 1 - Traffic\"\n\"Vertical Label:\",\"bits per second\"\n\
             \"Start Date:\",\"2026-11-20 20:00:00\"\n\"End Date:\",\"2026-11-21 06:00:00\"\n\"Step:\",\"900\"\n\
             \"Total Rows:\",\"40\"\n\"Graph ID:\",\"12\"\n\"Host ID:\",\"3\"\n\"\"\n{}",
            table("\"Date\",\"Inbound\"", 15, |m, demand| format!("\"{}\",\"{demand}\"", iso(m)))
        ),
        15,
        true,
    ));
    problems.extend(check(
        "comments",
        &format!(
            "# exported by a collector\n# unit: Mbit/s\n{}",
            table("time,demand", 15, |m, demand| format!("{},{demand}", iso(m)))
        ),
        15,
        true,
    ));
    problems.extend(check(
        "a line of units",
        &format!(
            "time,demand\n,Mbit/s\n{}",
            table("", 15, |m, demand| format!("{},{demand}", iso(m))).trim_start()
        ),
        15,
        true,
    ));
    problems.extend(check(
        "bars",
        &table("time|cell|demand", 15, |m, demand| format!("{}|A|{demand}", iso(m))),
        15,
        true,
    ));
    problems.extend(check(
        "blanks",
        &table("epoch traffic", 15, |m, demand| {
            format!("{} {demand}", FIRST_SECOND + 900 * m.row as i64)
        }),
        15,
        true,
    ));
    problems.extend(check(
        "columns in line by blanks",
        &table("date        time   mbps", 15, |m, demand| {
            format!("2026-11-{}  {:02}:{:02}  {demand:>5}", m.day, m.hour, m.minute)
        }),
        15,
        true,
    ));
    problems.extend(check(
        "rows from the newest on",
        &{
            let text = table("time,demand", 15, |m, demand| format!("{},{demand}", iso(m)));
            let (header, rows) = text.split_once('\n').unwrap();
            let mut rows: Vec<&str> = rows.lines().collect();
            rows.reverse();
            format!("{header}\n{}\n", rows.join("\n"))
        },
        15,
        true,
    ));
    problems.extend(check(
        "a header again amid the rows",
        &{
            let text = table("time,demand", 15, |m, demand| format!("{},{demand}", iso(m)));
            let lines: Vec<&str> = text.lines().collect();
            let (first, second) = lines.split_at(20);
            format!("{}\ntime,demand\n{}\n", first.join("\n"), second.join("\n"))
        },
        15,
        true,
    ));
    problems.extend(check(
        "empty columns at the end",
        &table("time,demand,,,", 15, |m, demand| format!("{},{demand},,,", iso(m))),
        15,
        true,
    ));
    problems.extend(check(
        "a separator behind each row",
        &table("time;demand", 15, |m, demand| format!("{};{demand};", iso(m))),
        15,
        true,
    ));
    problems.extend(check(
        "quotes around all",
        &table("\"time\";\"demand\"", 15, |m, demand| format!("\"{}\";\"{demand},00\"", iso(m))),
        15,
        true,
    ));
    problems.extend(check(
        "a unit behind each value",
        &table("Time,Traffic", 15, |m, demand| format!("{},{demand} Mb/s", iso(m))),
        15,
        true,
    ));
    problems.extend(check(
        "units that change",
        &table("Time,Traffic", 15, |m, demand| match demand > 120 {
            true => format!("{},{} Gb/s", iso(m), demand as f64 / 1000.0),
            false => format!("{},{demand} Mb/s", iso(m)),
        }),
        15,
        true,
    ));
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn words_for_nothing_are_gaps_in_any_spelling() {
    for word in [
        "", "-", "--", "NIL", "/0", "#DIV/0!", "\\N", "?", "null", "N/A", "NaN", "nan", "None",
        "NULL", "<NA>", "#N/A", "#REF!", "#NUM!", "#NAME?", "#VALUE!", "<null>", "missing", "–",
        "—", "n.a.", "n/d", "no data", "No Data", "-nan", "..", "*", "NaT", "undef", "N.A.",
        "1.#QNAN", "-1.#IND",
    ] {
        let text = table("time,demand", 15, |m, demand| {
            let value = if m.row == 7 { word.to_owned() } else { demand.to_string() };
            format!("2026-11-{} {:02}:{:02},{value}", m.day, m.hour, m.minute)
        });
        let found = read(text.as_bytes()).unwrap_or_else(|error| panic!("{word}: {error}"));
        assert_eq!((found[0].values.len(), found[0].filled.len()), (ROWS, 1), "{word}");
    }
}

#[test]
fn numbers_are_the_same_however_digits_are_grouped() {
    let written = [
        ("1234567.5", ','),
        ("1,234,567.5", ';'),
        ("1.234.567,5", ';'),
        ("1 234 567,5", ';'),
        ("1\u{a0}234\u{a0}567,5", ';'),
        ("1\u{202f}234\u{202f}567,5", ';'),
        ("1'234'567.5", ';'),
        ("1’234’567.5", ';'),
        ("12,34,567.5", ';'),
        ("1.2345675e6", ','),
        ("1.2345675E+06", ','),
        ("1,2345675E+06", ';'),
        ("+1234567.5", ','),
        ("\"1,234,567.5\"", ','),
        ("\"1234567,5\"", ','),
        ("01234567.50", ','),
    ];
    for (number, separator) in written {
        let text = table(&format!("time{separator}bps"), 15, |m, _| {
            format!("2026-11-{} {:02}:{:02}{separator}{number}", m.day, m.hour, m.minute)
        });
        let found = read(text.as_bytes()).unwrap_or_else(|error| panic!("{number}: {error}"));
        assert_eq!(found.len(), 1, "{number}");
        assert!(found[0].values.iter().all(|value| *value == 1_234_567.5), "{number}");
    }
}

#[test]
fn what_cannot_be_known_is_asked_for_and_never_planned_on_a_wrong_step() {
    let field = |text: &str| match read(text.as_bytes()) {
        Err(error) => error.field,
        Ok(found) => panic!("{} of {} minutes: {text}", found[0].name, found[0].step_minutes),
    };
    // Nothing says when.
    assert_eq!(field("cell,demand\nA,1\nA,2\nA,3\n"), STEP);
    // Two clocks that do not go together.
    let two = "created,updated,mbps\n2026-11-20 00:00,2026-11-20 00:07,1\n2026-11-20 00:15,2026-11-20 00:16,2\n\
               2026-11-20 00:30,2026-11-21 00:00,3\n";
    assert_eq!(field(two), TIME_COLUMN);
    // Days that come more than once with nothing beside them that tells the rows apart.
    let twice = "date,traffic\n2026-11-20,1\n2026-11-20,2\n2026-11-20,3\n2026-11-21,1\n2026-11-21,2\n2026-11-21,3\n";
    assert_eq!(field(twice), STEP);
    // So do hours of days that are not told.
    let hours: String = (0..96).map(|row| format!("{},{}\n", row % 24, 5 + row % 7)).collect();
    assert_eq!(field(&format!("hour,traffic\n{hours}")), STEP);
}

#[test]
fn encodings_and_ends_of_lines_do_not_matter() {
    let plain = table("Zeit;Verkehr (Mbit/s)", 15, |m, demand| {
        format!("{}.11.2026 {:02}:{:02};{demand},0", m.day, m.hour, m.minute)
    });
    let units: Vec<u16> = plain.encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    let umlaut = plain.replace("Verkehr", "Verkehr für Zürich");
    let narrow: Vec<u8> = umlaut.chars().map(|letter| letter as u8).collect();
    for (name, bytes) in [
        ("LF", plain.clone().into_bytes()),
        ("CRLF", plain.replace('\n', "\r\n").into_bytes()),
        ("CR", plain.replace('\n', "\r").into_bytes()),
        ("no last line end", plain.trim_end().as_bytes().to_vec()),
        ("BOM", [b"\xef\xbb\xbf", plain.as_bytes()].concat()),
        ("UTF-16 LE", [b"\xff\xfe", &little[..]].concat()),
        ("UTF-16 BE", [b"\xfe\xff", &big[..]].concat()),
        ("UTF-16 LE without mark", little),
        ("UTF-16 BE without mark", big),
        ("Windows-1252", narrow),
        ("blank lines between", plain.replace('\n', "\n\n").into_bytes()),
        ("end of file mark", [plain.as_bytes(), b"\x1a"].concat()),
        ("mixed ends", plain.replacen('\n', "\r\n", 7).into_bytes()),
    ] {
        let found = read(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((found.len(), found[0].step_minutes), (1, 15), "{name}");
        assert_eq!((found[0].values.len(), found[0].values[3]), (ROWS, demand(3) as f64), "{name}");
    }
}
