//! Tables of any length: a page of rows at a time, in the order of a column that the visitor chooses, and
//! only those that hold what he types.

use std::cmp::Ordering;
use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::order::order;

use super::drawing::{Cell, DataTable};
use crate::controls::number_text;
use crate::shell::browser;
use crate::shell::live::{follow, live, on_change, on_click};

/// Rows of a page.
const PAGE: usize = 20;

/// The value of a row in a column.
pub type ReadCell = Arc<dyn Fn(usize, usize) -> Cell + Send + Sync>;

/// What is listed.
#[derive(Clone)]
pub struct Listing {
    /// Names of the columns, with units.
    pub columns: Vec<&'static str>,
    /// Number of rows.
    pub rows: usize,
    /// Reads them.
    pub read: ReadCell,
}

impl Listing {
    /// All rows in their own order.
    pub fn table(&self) -> DataTable {
        let columns = self.columns.len();
        let row = |row| (0..columns).map(|column| (self.read)(row, column)).collect();
        DataTable {
            columns: self.columns.iter().map(|name| (*name).to_owned()).collect(),
            rows: (0..self.rows).map(row).collect(),
        }
    }

    /// Rows of which a text holds `text`, whatever the case of its ASCII letters, in the order of `sort`;
    /// rows without a value there come last.
    pub fn ordered(&self, text: &str, sort: Option<Sort>) -> Vec<u32> {
        let mut rows: Vec<u32> = (0..self.rows as u32).collect();
        let text = text.trim_ascii();
        if !text.is_empty() {
            rows.retain(|row| self.holds(*row as usize, text.as_bytes()));
        }
        let Some(Sort { column, falls }) = sort.filter(|sort| sort.column < self.columns.len())
        else {
            return rows;
        };
        let cells: Vec<Cell> = rows.iter().map(|row| (self.read)(*row as usize, column)).collect();
        let places = order(rows.len(), &|a, b| compare(&cells[a], &cells[b], falls));
        places.into_iter().map(|place| rows[place]).collect()
    }

    fn holds(&self, row: usize, text: &[u8]) -> bool {
        let holds = |name: &str| {
            name.as_bytes().windows(text.len()).any(|part| part.eq_ignore_ascii_case(text))
        };
        (0..self.columns.len())
            .any(|column| matches!((self.read)(row, column), Cell::Text(name) if holds(&name)))
    }
}

/// An order of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The column.
    pub column: usize,
    /// Whether the largest comes first.
    pub falls: bool,
}

fn compare(a: &Cell, b: &Cell, falls: bool) -> Ordering {
    let number = |cell: &Cell| match cell {
        Cell::Number(value) | Cell::Amount(value) if !value.is_nan() => Some(*value),
        _ => None,
    };
    let way = |order: Ordering| if falls { order.reverse() } else { order };
    match (a, b, number(a), number(b)) {
        (.., Some(a), Some(b)) => way(a.total_cmp(&b)),
        (Cell::Text(a), Cell::Text(b), ..) => way(a.cmp(b)),
        (.., Some(_), None) => Ordering::Less,
        (.., None, Some(_)) => Ordering::Greater,
        (Cell::Text(_), ..) => Ordering::Less,
        (_, Cell::Text(_), ..) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

/// What a listing is called, and what its rows open.
#[derive(Clone, Copy)]
pub struct ListingText {
    /// Short name, for tests and file names: `links`.
    pub name: &'static str,
    /// Title for people.
    pub title: &'static str,
    /// What a row is, for the search: `Find a link`.
    pub find: &'static str,
}

/// A listing behind a signal; equal when it is the same one.
#[derive(Clone)]
pub struct Listed(pub Arc<Listing>);

impl PartialEq for Listed {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Shows `listing`; the first cell of a row is a button that runs `open` with the row's index.
#[component]
pub fn ListingView(
    text: ListingText,
    listing: Memo<Option<Listed>>,
    open: Callback<usize>,
    /// The order in which it opens.
    sort: Option<Sort>,
    /// The row that is open.
    chosen: Signal<Option<usize>>,
) -> impl IntoView {
    let sort = RwSignal::new(sort);
    let wanted = RwSignal::new(String::new());
    let page = RwSignal::new(0_usize);
    let order = Memo::new(move |_| {
        let (wanted, sort) = (wanted.get(), sort.get());
        listing.with(|l| l.as_ref().map(|l| l.0.ordered(&wanted, sort)).unwrap_or_default())
    });
    let pages = Memo::new(move |_| order.with(|order| order.len().div_ceil(PAGE).max(1)));
    let shown = Memo::new(move |_| page.get().min(pages.get() - 1));
    let columns = Memo::new(move |_| {
        listing.with(|l| l.as_ref().map(|l| l.0.columns.clone()).unwrap_or_default())
    });
    let head = move || {
        let columns = columns.get().into_iter().enumerate();
        columns.map(|(column, title)| column_head(text.name, column, title, sort)).collect_view()
    };
    let body = move || {
        let first = shown.get() * PAGE;
        let rows = order.with(|order| {
            order.iter().skip(first).take(PAGE).map(|row| *row as usize).collect::<Vec<_>>()
        });
        let listing = listing.get();
        let row = |row| listing.as_ref().map(|l| row_view(text.name, &l.0, row, open, chosen));
        rows.into_iter().map(row).collect_view()
    };
    let count = move || {
        let (found, pages, page) = (order.with(Vec::len), pages.get(), shown.get() + 1);
        let found = number_text::rounded(found as f64);
        match pages {
            1 => format!("{found} rows"),
            _ => format!("{found} rows, page {page} of {}", number_text::rounded(pages as f64)),
        }
    };
    let save = move |_| {
        if let Some(listing) = listing.get_untracked() {
            let name = format!("slicewise-{}.csv", text.name);
            browser::download(&name, "text/csv", &listing.0.table().to_csv());
        }
    };
    view! {
        <section class="listing" data-test=format!("listing-{}", text.name) aria-label=text.title>
            <div class="batch-bar">
                <input type="search" placeholder=text.find aria-label=text.find data-test=format!("find-{}", text.name)
                    on:input=on_change(move |event| { wanted.set(event_target_value(&event)); page.set(0); })/>
                <span class="hint" role="status">{live(count)}</span>
                <span class="spring"></span>
                {step_button(text.name, "back", "Back", follow(move || shown.get() == 0), move || page.set(shown.get_untracked().saturating_sub(1)))}
                {step_button(text.name, "next", "Next", follow(move || shown.get() + 1 >= pages.get()), move || page.set(shown.get_untracked() + 1))}
                <button type="button" class="quiet" data-test=format!("save-csv-{}", text.name) on:click=on_click(save)
                    aria-label=format!("Save “{}” as CSV", text.title)>"CSV"</button>
            </div>
            <div class="scroll" tabindex="0" role="region" aria-label=text.title>
                <table data-test=format!("table-{}", text.name)>
                    <thead><tr>{live(head)}</tr></thead>
                    <tbody>{live(body)}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn step_button(
    name: &str,
    way: &'static str,
    title: &'static str,
    disabled: Signal<bool>,
    step: impl Fn() + 'static,
) -> AnyView {
    view! {
        <button type="button" data-test=format!("{name}-{way}") disabled=disabled on:click=on_click(move |_| step())>{title}</button>
    }
    .into_any()
}

/// The title of a column, which sorts by it: the largest first, then the other way, then not at all.
fn column_head(
    name: &str,
    column: usize,
    title: &'static str,
    sort: RwSignal<Option<Sort>>,
) -> AnyView {
    let own = move || sort.get().filter(|sort| sort.column == column);
    let order = follow(move || match own() {
        Some(Sort { falls: true, .. }) => "descending",
        Some(_) => "ascending",
        None => "none",
    });
    let turn = move |_| {
        sort.update(|sort| {
            *sort = match sort.filter(|sort| sort.column == column) {
                None => Some(Sort { column, falls: true }),
                Some(Sort { falls: true, .. }) => Some(Sort { column, falls: false }),
                Some(_) => None,
            }
        });
    };
    view! {
        <th scope="col" aria-sort=order>
            <button type="button" class="quiet sorts" data-test=format!("sort-{name}-{column}") on:click=on_click(turn)>{title}</button>
        </th>
    }
    .into_any()
}

fn row_view(
    name: &str,
    listing: &Listing,
    row: usize,
    open: Callback<usize>,
    chosen: Signal<Option<usize>>,
) -> AnyView {
    let cell = |column: usize| match (listing.read)(row, column) {
        Cell::Text(text) => view! { <td>{text}</td> }.into_any(),
        Cell::Number(value) | Cell::Amount(value) if value.is_finite() => {
            view! { <td class="number">{number_text::rounded(value)}</td> }.into_any()
        }
        _ => view! { <td class="number">"–"</td> }.into_any(),
    };
    let title = match (listing.read)(row, 0) {
        Cell::Number(value) | Cell::Amount(value) => number_text::rounded(value),
        cell => cell.exact(),
    };
    let cells = (1..listing.columns.len()).map(cell).collect_view();
    view! {
        <tr class:chosen=follow(move || chosen.get() == Some(row))>
            <th scope="row"><button type="button" class="quiet link" data-test=format!("open-{name}-{row}")
                on:click=on_click(move |_| open.run(row))>{title}</button></th>
            {cells}
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        let rows =
            [("Köln", Some(3.0)), ("Aachen", None), ("Bern", Some(-1.0)), ("Basel", Some(9.0))];
        let read = move |row: usize, column: usize| match column {
            0 => Cell::Text(rows[row].0.to_owned()),
            _ => Cell::from(rows[row].1),
        };
        Listing { columns: vec!["Town", "Value"], rows: 4, read: Arc::new(read) }
    }

    #[test]
    fn rows_without_a_value_come_last_whichever_way_it_is_sorted() {
        let sorted = |falls| listing().ordered("", Some(Sort { column: 1, falls }));
        assert_eq!(sorted(true), [3, 0, 2, 1]);
        assert_eq!(sorted(false), [2, 0, 3, 1]);
        assert_eq!(listing().ordered("", Some(Sort { column: 0, falls: false })), [1, 3, 2, 0]);
    }

    #[test]
    fn only_rows_that_hold_the_text_are_listed() {
        assert_eq!(listing().ordered("b", None), [2, 3]);
        assert_eq!(listing().ordered(" kö", None), [0]);
        assert!(listing().ordered("9", None).is_empty());
    }

    #[test]
    fn the_table_has_all_rows_in_their_own_order() {
        assert_eq!(
            listing().table().to_csv(),
            "Town,Value\r\nKöln,3\r\nAachen,\r\nBern,-1\r\nBasel,9\r\n"
        );
    }
}
