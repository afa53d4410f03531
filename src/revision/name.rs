//! Names of revision files.

/// The longest slug, in characters.
const LONGEST_SLUG: usize = 40;

/// The usual template: `2026_11_21_1530-ae1027a6acf3_add_orders`.
pub(crate) const USUAL_TEMPLATE: &str = "%Y_%m_%d_%H%M-<id>_<slug>";

/// `Add "orders" table!` → `add_orders_table`: ASCII words in lower case, cut at a word.
pub(crate) fn slug(message: &str) -> String {
    let mut slug = String::new();
    for word in message.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let longer = slug.len() + usize::from(!slug.is_empty()) + word.len();
        if longer > LONGEST_SLUG {
            if slug.is_empty() {
                slug.push_str(word.get(..LONGEST_SLUG).unwrap_or_default());
            }
            break;
        }
        if !slug.is_empty() {
            slug.push('_');
        }
        slug.push_str(word);
    }
    slug.to_lowercase()
}

/// The name without its ending. `dated` is the template with its date signs filled in already.
pub(crate) fn file_stem(dated: &str, id: &str, message: &str) -> String {
    let slug = slug(message);
    let name = dated.replace("<id>", id).replace("<slug>", &slug);
    name.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{file_stem, slug};

    #[test]
    fn slugs() {
        assert_eq!(slug("Add \"orders\" table!"), "add_orders_table");
        assert_eq!(slug("größe"), "gr_e");
        assert!(slug(&"word ".repeat(30)).len() <= 40);
        assert_eq!(slug(&"x".repeat(60)).len(), 40);
    }

    #[test]
    fn an_empty_message_leaves_no_trace() {
        assert_eq!(file_stem("2026-<id>_<slug>", "ab", ""), "2026-ab");
    }
}
