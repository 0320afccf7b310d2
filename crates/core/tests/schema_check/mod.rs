//! The part of JSON Schema in which the schemas beside are written. A keyword that is not known here
//! is a panic: nothing is passed over.

use serde_json::{Map, Value};

/// Checks `document` against `schema`; the error names the place and the keyword.
pub fn check(schema: &Value, document: &Value) -> Result<(), String> {
    check_at(schema, schema, document, "")
}

fn check_at(root: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    let keywords = schema.as_object().unwrap_or_else(|| panic!("{schema} is no schema"));
    for (keyword, argument) in keywords {
        if !keeps_to(root, keywords, keyword, argument, value, place)? {
            return Err(format!("{place}: {value} against {keyword}"));
        }
    }
    Ok(())
}

fn keeps_to(
    root: &Value,
    schema: &Map<String, Value>,
    keyword: &str,
    argument: &Value,
    value: &Value,
    place: &str,
) -> Result<bool, String> {
    let limit = || argument.as_f64().unwrap();
    // Keywords of one type say nothing of a value of another.
    let number = |holds: &dyn Fn(f64) -> bool| value.as_f64().is_none_or(holds);
    let items = |holds: &dyn Fn(f64) -> bool| {
        value.as_array().is_none_or(|items| holds(items.len() as f64))
    };
    Ok(match keyword {
        "$schema" | "$defs" | "title" | "description" => true,
        "$ref" => {
            let pointer = argument.as_str().unwrap().trim_start_matches('#');
            check_at(root, root.pointer(pointer).unwrap(), value, place)?;
            true
        }
        "type" => is_of_type(argument.as_str().unwrap(), value),
        "const" => value == argument,
        "enum" => argument.as_array().unwrap().contains(value),
        "minimum" => number(&|number| number >= limit()),
        "maximum" => number(&|number| number <= limit()),
        "exclusiveMinimum" => number(&|number| number > limit()),
        "minItems" => items(&|count| count >= limit()),
        "maxItems" => items(&|count| count <= limit()),
        "minLength" => value.as_str().is_none_or(|text| text.chars().count() as f64 >= limit()),
        "minProperties" => value.as_object().is_none_or(|object| object.len() as f64 >= limit()),
        "pattern" => value.as_str().is_none_or(|text| matches(argument.as_str().unwrap(), text)),
        "required" => value.as_object().is_none_or(|object| {
            let names = argument.as_array().unwrap();
            names.iter().all(|name| object.contains_key(name.as_str().unwrap()))
        }),
        "items" => {
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                check_at(root, argument, item, &format!("{place}/{index}"))?;
            }
            true
        }
        "properties" => {
            for (name, property) in argument.as_object().unwrap() {
                let Some(inner) = value.get(name) else { continue };
                check_at(root, property, inner, &format!("{place}/{name}"))?;
            }
            true
        }
        "additionalProperties" => {
            assert_eq!(argument, false, "only false is known");
            let known = schema.get("properties").and_then(Value::as_object).unwrap();
            value.as_object().is_none_or(|object| object.keys().all(|key| known.contains_key(key)))
        }
        keyword => panic!("{keyword} is not known here"),
    })
}

fn is_of_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        name => panic!("type {name} is not known here"),
    }
}

/// Matches `^[0-9A-F]{2,3}$`: one set of characters and how many of them.
fn matches(pattern: &str, text: &str) -> bool {
    let inner = pattern.strip_prefix("^[").and_then(|rest| rest.strip_suffix("}$"));
    let (set, counts) = inner.and_then(|inner| inner.split_once("]{")).unwrap();
    let (least, most) = counts.split_once(',').unwrap_or((counts, counts));
    let (least, most): (usize, usize) = (least.parse().unwrap(), most.parse().unwrap());
    let set: Vec<char> = set.chars().collect();
    assert!(set.chunks(3).all(|range| range.len() == 3 && range[1] == '-'), "{pattern}");
    let is_in = |found: char| set.chunks(3).any(|range| (range[0]..=range[2]).contains(&found));
    (least..=most).contains(&text.chars().count()) && text.chars().all(is_in)
}
