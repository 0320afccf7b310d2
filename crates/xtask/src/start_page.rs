//! What the site's bare address shows: every planner with a picture and a sentence, and where the visitor
//! was. It stands hidden in the home page's HTML, beside the place of the planners' pages, and boot.js shows
//! it where the address asks for nothing.

use crate::planners::{PLANNERS, Planner};

/// The title of the home page for those who have not opened it.
const TITLE: &str = "Slicewise: plan networks in a browser tab";
/// What it tells them.
const PROMISE: &str = "Plans 5G slices and cells, reserves capacity and answers what a network will do: in a browser tab, and nothing leaves it.";
/// What it stands before.
const PAGE: &str = "<div id=\"page\">";

/// `html`, whose head is the first planner's, with the start page and a head of its own.
pub fn with_start_page(html: &str) -> String {
    let [first, ..] = &PLANNERS;
    let planners: String = PLANNERS.iter().map(entry).collect();
    let start = format!(
        "<div id=\"start\" hidden><main>\n\
         <h1>Slicewise</h1>\n<p class=\"sentence\">{PROMISE}</p>\n\
         <ul class=\"start-planners\">\n{planners}</ul>\n\
         <section id=\"recent\" hidden><h2>Where you were</h2><ul class=\"kept\"></ul></section>\n\
         </main></div>\n    {PAGE}"
    );
    html.replace(first.page_title, TITLE).replace(first.promise, PROMISE).replace(PAGE, &start)
}

fn entry(planner: &Planner) -> String {
    let Planner { name, title, promise, .. } = planner;
    // A picture that is not shown is not fetched.
    format!(
        "<li><a href=\"./?planner={name}\" data-test=\"start-{name}\">\
         <img src=\"./{}\" alt=\"\" width=\"1200\" height=\"630\" loading=\"lazy\">\
         <h2>{title}</h2><p>{promise}</p></a></li>\n",
        planner.picture()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_planner_is_on_the_start_page_with_its_picture_and_promise() {
        let [first, ..] = &PLANNERS;
        let head =
            format!("<title>{}</title><meta content=\"{}\">", first.page_title, first.promise);
        let html = with_start_page(&format!("{head}<body>{PAGE}</div></body>"));
        assert!(html.starts_with(&format!("<title>{TITLE}</title><meta content=\"{PROMISE}\">")));
        assert!(html.ends_with(&format!("{PAGE}</div></body>")), "{html}");
        for planner in &PLANNERS {
            let link = format!("href=\"./?planner={}\"", planner.name);
            for part in [&link, planner.promise, &planner.picture()] {
                assert_eq!(html.matches(part).count(), 1, "{part} in {html}");
            }
        }
    }
}
