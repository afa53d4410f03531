//! Names of revision files.

/// The longest slug, in characters.
const LONGEST_SLUG: usize = 40;

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

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn slugs() {
        assert_eq!(slug("Add \"orders\" table!"), "add_orders_table");
        assert_eq!(slug("größe"), "gr_e");
        assert!(slug(&"word ".repeat(30)).len() <= 40);
        assert_eq!(slug(&"x".repeat(60)).len(), 40);
    }
}
