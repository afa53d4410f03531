//! Names of revision files.

/// `Add "orders" table!` → `add_orders_table`: words of letters and digits in lower case, cut at a word so that it has at
/// most `longest` characters.
pub(crate) fn slug(message: &str, longest: usize) -> String {
    let message = message.to_lowercase();
    let mut slug = String::new();
    let mut length = 0;
    for word in message.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let gap = usize::from(!slug.is_empty());
        let longer = length + gap + word.chars().count();
        if longer > longest {
            if slug.is_empty() {
                slug.extend(word.chars().take(longest));
            }
            break;
        }
        if gap > 0 {
            slug.push('_');
        }
        slug.push_str(word);
        length = longer;
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn slugs() {
        for (message, longest, expected) in [
            ("Add \"orders\" table!", 40, "add_orders_table"),
            ("Größe der user_ids", 40, "größe_der_user_ids"),
            ("add the big table", 12, "add_the_big"),
            ("add the big table", 11, "add_the_big"),
            ("add the big table", 10, "add_the"),
            ("überlang", 4, "über"),
            ("../../etc/passwd", 40, "etc_passwd"),
            ("a\u{0}b\nc\u{202e}d", 40, "a_b_c_d"),
            ("x", 0, ""),
            ("...", 40, ""),
        ] {
            assert_eq!(slug(message, longest), expected, "{message:?}");
        }
    }
}
