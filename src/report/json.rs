//! What all reports for programs share.

use serde_json::{Map, Value, json};

use crate::yaml::{self, Node, Tree};

/// One report: `"format": 1` and then these keys, in this order.
pub(crate) fn report(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let head = [("format".to_owned(), json!(1))];
    let all = head.into_iter().chain(entries.into_iter().map(|(key, value)| (key.to_owned(), value)));
    Value::Object(all.collect::<Map<String, Value>>())
}

/// A tree of a file format as JSON. A scalar that YAML would write bare is a number or a word only where JSON gives back
/// the same text: `10` and `true` are, `1.10` and `0012` stay texts.
pub(crate) fn of_tree(tree: &Tree) -> Value {
    match tree {
        Tree::Text(text) => json!(text),
        Tree::Bare(text) => match serde_json::from_str::<Value>(text) {
            Ok(value @ (Value::Null | Value::Bool(_))) => value,
            Ok(Value::Number(number)) if !number.is_f64() && !text.starts_with("-0") => Value::Number(number),
            _ => json!(text),
        },
        Tree::List(items) | Tree::FlowList(items) => Value::Array(items.iter().map(of_tree).collect()),
        Tree::Map(entries) | Tree::FlowMap(entries) => {
            Value::Object(entries.iter().map(|(key, value)| (key.clone(), of_tree(value))).collect())
        }
        Tree::Noted(_, inner) => of_tree(inner),
    }
}

/// What was read as JSON: a scalar is its text.
pub(crate) fn of_node(node: &Node) -> Value {
    match &node.value {
        yaml::Value::Null => Value::Null,
        yaml::Value::Scalar { text, .. } => json!(text),
        yaml::Value::List(items) => Value::Array(items.iter().map(of_node).collect()),
        yaml::Value::Map(entries) => {
            Value::Object(entries.iter().map(|(key, value)| (key.text.clone(), of_node(value))).collect())
        }
    }
}

/// Models as one report.
pub(crate) fn models(entries: &[(String, Tree)], not_modelled: &[&str]) -> Value {
    let mut keys = Map::from_iter([("format".to_owned(), json!(1))]);
    keys.extend(entries.iter().map(|(key, value)| (key.clone(), of_tree(value))));
    keys.insert("not_modelled".to_owned(), json!(not_modelled));
    Value::Object(keys)
}

#[cfg(test)]
mod tests {
    use super::of_tree;
    use crate::yaml::Tree;

    #[test]
    fn literals_keep_their_text() {
        let list = ["10", "true", "null", "1.10", "0012", "yes", "-3"].map(|text| Tree::Bare(text.to_owned()));
        let json = of_tree(&Tree::List(list.to_vec())).to_string();
        assert_eq!(json, r#"[10,true,null,"1.10","0012","yes",-3]"#);
    }
}
