//! The page: one file without scripts, fonts or links, in light or dark as the reader's system is. Whatever comes from
//! models or rows is escaped.

use super::{Place, cells, summary};
use crate::model::Rule;
use crate::quality::{Judged, Quality, Sample, Verdict};
use crate::report::escape::one_line;

const STYLE: &str = "\
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; --dim: #777; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
h2 small, .dim { color: var(--dim); font-weight: normal; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .35rem .6rem; border-top: 1px solid var(--line); }
code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
.met { color: var(--good); } .broken { color: var(--bad); font-weight: 600; } .skipped { color: var(--dim); }
ul { margin: .3rem 0 0; padding-left: 1.2rem; }
";

/// The whole page.
pub(super) fn page(quality: &Quality, place: &dyn Fn(&Rule) -> Place) -> String {
    let state = if quality.is_good() { "met" } else { "broken" };
    let head = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Data quality</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n<h1>Data quality: <span class=\"{state}\">{}</span></h1>\n",
        escaped(&summary(quality))
    );
    let tables = quality.tables.iter().map(|table| section(table, place));
    std::iter::once(head).chain(tables).chain(["</body>\n</html>\n".to_owned()]).collect()
}

fn section(table: &Judged, place: &dyn Fn(&Rule) -> Place) -> String {
    let (name, rows) = (escaped(&table.table.for_people()), table.rows);
    let head = format!(
        "<h2>{name} <small>{rows} rows</small></h2>\n<table>\n\
         <tr><th>Rule</th><th>What the rows should be</th><th>State</th><th>Rows</th></tr>\n"
    );
    let rules = table.rules.iter().map(|(rule, verdict)| line(rule, verdict, &place(rule)));
    std::iter::once(head).chain(rules).chain(["</table>\n".to_owned()]).collect()
}

fn line(rule: &Rule, verdict: &Verdict, place: &Place) -> String {
    let (state, rows, samples) = match verdict {
        Verdict::Passed => ("met", String::new(), String::new()),
        Verdict::Skipped => ("skipped", String::new(), String::new()),
        Verdict::Failed { rows, samples } => {
            ("broken", rows.map_or_else(String::new, |rows| rows.to_string()), list(samples))
        }
    };
    let comment = rule.comment.as_deref().map_or_else(String::new, |text| format!("<br>{}", escaped(text)));
    let (name, file) = (escaped(&rule.name), escaped(&place.file));
    format!(
        "<tr><td>{name}<br><small class=\"dim\">{file}:{}</small></td><td><code>{}</code>{comment}{samples}</td>\
         <td class=\"{state}\">{state}</td><td>{rows}</td></tr>\n",
        place.line,
        escaped(&rule.demand.in_words())
    )
}

fn list(samples: &[Sample]) -> String {
    if samples.is_empty() {
        return String::new();
    }
    let item = |sample: &Sample| {
        let rows = sample.rows.map_or_else(String::new, |rows| format!(": {rows} rows"));
        let key =
            if sample.key.is_empty() { String::new() } else { format!("<b>{}</b> ", escaped(&cells(&sample.key))) };
        format!("<li><code>{key}{}{rows}</code></li>", escaped(&cells(&sample.found)))
    };
    format!("<ul>{}</ul>", samples.iter().map(item).collect::<String>())
}

/// Text that no browser takes for anything else, with what would turn or hide it spelled out.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in one_line(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_breaks_out() {
        let text = "<script>alert(\"a'&\")</script>\u{202e}";
        assert_eq!(escaped(text), "&lt;script&gt;alert(&quot;a&#39;&amp;&quot;)&lt;/script&gt;\\u{202e}");
    }
}
