//! The page around the data: its frame, style and scripts are files of this folder, built in.

/// Style, in the order of the page.
const STYLES: [&str; 3] = [include_str!("assets/page.css"), include_str!("assets/parts.css"), include_str!("assets/print.css")];

/// Scripts, each using only what stands before it; `d3.js` is made by `bundle/build.mjs`.
const SCRIPTS: [&str; 15] = [
    include_str!("assets/d3.js"),
    include_str!("assets/data.js"),
    include_str!("assets/words.js"),
    include_str!("assets/view.js"),
    include_str!("assets/grid.js"),
    include_str!("assets/brushes.js"),
    include_str!("assets/map.js"),
    include_str!("assets/charts.js"),
    include_str!("assets/atlas.js"),
    include_str!("assets/details.js"),
    include_str!("assets/wrong.js"),
    include_str!("assets/summary.js"),
    include_str!("assets/help.js"),
    include_str!("assets/know.js"),
    include_str!("assets/main.js"),
];

/// The frame: what stands before any script has run, with a mark where each part belongs.
const FRAME: &str = include_str!("assets/frame.html");

/// The page for a run of this name, with its data as JSON text.
///
/// The policy in its head lets nothing be loaded and no script run but the page's own, known by a number that depends on the whole
/// content: no name or text in the data can know it, and none can end the element that holds the data.
pub fn page(name: &str, data: &str) -> String {
    let data = inert(data);
    let style = STYLES.concat();
    let script = format!("(() => {{\n\"use strict\";\n{}}})();\n", SCRIPTS.concat());
    let mut hasher = blake3::Hasher::new();
    for part in [name, &data, &style, &script] {
        hasher.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let nonce: String = hasher.finalize().to_hex().chars().take(32).collect();
    let title = escaped(name);
    let parts = [("{{name}}", title.as_str()), ("{{nonce}}", &nonce), ("{{style}}", &style), ("{{data}}", &data), ("{{script}}", &script)];
    filled(FRAME, &parts)
}

/// The frame with its marks replaced, in one pass: what a part holds is never taken for a mark.
fn filled(frame: &str, parts: &[(&str, &str)]) -> String {
    let mut page = String::new();
    let mut rest = frame;
    while let Some(at) = rest.find("{{") {
        let (before, mark) = rest.split_at(at);
        page.push_str(before);
        match parts.iter().find_map(|(name, text)| Some((mark.strip_prefix(name)?, text))) {
            Some((after, text)) => {
                page.push_str(text);
                rest = after;
            }
            None => {
                page.push_str("{{");
                rest = mark.get(2..).unwrap_or("");
            }
        }
    }
    page.push_str(rest);
    page
}

/// JSON in which nothing can be taken for markup: `<`, `>` and `&` are in texts alone, where JSON has another way to write them.
fn inert(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            c => text.push(c),
        }
    }
    text
}

/// Text as HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_part_holds_is_no_mark() {
        assert_eq!(filled("a {{x}} {{y}} {{z}} b", &[("{{x}}", "{{y}}"), ("{{y}}", "2")]), "a {{y}} 2 {{z}} b");
    }

    #[test]
    fn markup_in_data_is_inert() {
        assert_eq!(inert("{\"a\":\"</script>&\u{2028}\"}"), "{\"a\":\"\\u003c/script\\u003e\\u0026\\u2028\"}");
        assert_eq!(escaped("<b a='1' c=\"2\">&"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;");
    }
}
