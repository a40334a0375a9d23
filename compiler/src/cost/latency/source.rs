//! From a key back to what it stands for: a network of that unit alone, as a text of the language.
//!
//! What is read besides the first operation's operand (the other side of an addition, what a bypass carries)
//! is an input of the network too. Biases stand for the normalisations that were folded into them.

use std::fmt::Write as _;

/// The text of a network `unit` that runs one unit of that key and nothing else.
///
/// # Errors
/// The text is no key: one lower-case sentence.
pub fn source(key: &str) -> Result<String, String> {
    written(key).ok_or_else(|| format!("`{key}` is no key of a unit"))
}

fn written(key: &str) -> Option<String> {
    let mut fields = key.split(';');
    let name = fields.next()?;
    let mut known: Vec<(&str, &str)> = Vec::new();
    for field in fields {
        known.push(field.split_once('=')?);
    }
    let field = |wanted: &str| known.iter().find(|(name, _)| *name == wanted).map(|(_, v)| *v);
    let mut inputs: Vec<Vec<u64>> = field("in")?.split(',').map(shape).collect::<Option<_>>()?;
    let mut given = shape(field("to")?)?;
    let mut lines = vec![format!("let y = {}", lead(name, &inputs, &given, &field)?)];
    for token in field("then").unwrap_or_default().split(',').filter(|token| !token.is_empty()) {
        let (word, argument) = match token.split_once(':') {
            Some((word, argument)) => (word, Some(argument)),
            None => (token, None),
        };
        let line = match (word, argument) {
            ("add", other) => {
                inputs.push(other.map_or_else(|| Some(given.clone()), shape)?);
                format!("y + x{}", inputs.len() - 1)
            }
            ("bypass", Some(carried)) => {
                let channels = given.first_mut()?;
                *channels = channels.checked_add(carried.parse().ok()?)?;
                inputs.push(given.clone());
                format!("bypass(y, x{})", inputs.len() - 1)
            }
            ("bn" | "gain" | "offset", None) => format!("y -> {word}"),
            ("scale", None) => "y -> scale(by: 2.0)".to_owned(),
            (_, None) if is_word(word) => format!("y -> act(\"{word}\")"),
            _ => return None,
        };
        lines.push(format!("y = {line}"));
    }
    let mut text = "network unit() {\n".to_owned();
    for (place, shape) in inputs.iter().enumerate() {
        let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "    input x{place}: [{}]", sizes.join(", "));
    }
    for line in lines {
        let _ = writeln!(text, "    {line}");
    }
    text.push_str("    output result = y\n}\n");
    Some(text)
}

/// The first operation on the first inputs.
fn lead<'a>(
    name: &str,
    inputs: &[Vec<u64>],
    given: &[u64],
    field: &dyn Fn(&str) -> Option<&'a str>,
) -> Option<String> {
    let space = given.get(1..)?;
    let axes = |text: &str| -> Option<String> {
        let sizes = shape(text)?;
        Some(match sizes.as_slice() {
            [one] => one.to_string(),
            _ => format!("{sizes:?}"),
        })
    };
    let moved = || -> Option<String> {
        let (k, s, p) = (axes(field("k")?)?, axes(field("s")?)?, axes(field("p")?)?);
        Some(format!("kernel: {k}, stride: {s}, pad: {p}"))
    };
    let bias = field("bias") == Some("1");
    let out = given.first()?;
    let groups = field("g").unwrap_or("1");
    Some(match name {
        "conv" | "binary_conv" => {
            let dilation = axes(field("d").unwrap_or("1"))?;
            format!(
                "x0 -> {name}({out}, {}, dilation: {dilation}, groups: {groups}, bias: {bias})",
                moved()?
            )
        }
        "conv_transpose" => {
            let more = axes(field("op").unwrap_or("0"))?;
            format!(
                "x0 -> conv_transpose({out}, {}, output_pad: {more}, groups: {groups}, bias: {bias})",
                moved()?
            )
        }
        "linear" => format!("x0 -> linear({out}, bias: {bias})"),
        "max_pool" => format!("x0 -> max_pool({})", moved()?),
        "avg_pool" => format!("x0 -> avg_pool({}, count_pad: {})", moved()?, field("count_pad")?),
        "adaptive_pool" => format!("x0 -> adaptive_pool({space:?})"),
        "resize" => format!(
            "x0 -> resize(size: {space:?}, mode: \"{}\", align_corners: {})",
            field("mode").filter(|mode| is_word(mode))?,
            field("align_corners")?
        ),
        "concat" => {
            let all: Vec<String> = (0..inputs.len()).map(|place| format!("x{place}")).collect();
            format!("concat({})", all.join(", "))
        }
        "add" => "x0 + x1".to_owned(),
        "mul" => "x0 * x1".to_owned(),
        "bypass" => format!("bypass(x0, x1, keep: {}, limit: {})", field("keep")?, field("until")?),
        "slice" => format!("x0[0..{out}]"),
        "deinterleave" => "(x0 -> deinterleave)[0]".to_owned(),
        "shuffle" | "gn" => format!("x0 -> {name}(groups: {groups})"),
        "scale" => "x0 -> scale(by: 2.0)".to_owned(),
        "act" => format!("x0 -> act(\"{}\")", field("kind").filter(|kind| is_word(kind))?),
        "softmax" => {
            let number = |name: &str| field(name)?.parse::<u32>().ok();
            format!("x0 -> softmax(axis: {}, runs: {})", number("axis")?, number("runs")?)
        }
        "temporal_shift" => {
            format!("x0 -> temporal_shift(div: {})", field("div")?.parse::<u32>().ok()?)
        }
        "global_pool" | "bn" | "gain" | "offset" => format!("x0 -> {name}"),
        _ => return None,
    })
}

/// `16x112x112` as numbers.
fn shape(text: &str) -> Option<Vec<u64>> {
    text.split('x').map(|size| size.parse().ok()).collect()
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
