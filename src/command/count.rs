//! `nasc count`.

use nasc_compiler::emit::summary;
use serde_json::{Value, json};

use crate::cli::{Format, SpaceArgs};
use crate::exit::{Failure, NO_NETWORK, Outcome};
use crate::{load, print};

/// How many distinct networks a space has, before its limits and under them.
pub fn count(args: &SpaceArgs) -> Outcome {
    let (space, _) = load::space(args)?;
    let space = load::under_limits(space, args)?;
    let numbers = summary(&space);
    if args.format == Format::Json {
        let number = |text: &Option<String>| match text {
            Some(text) => text.parse::<u64>().map_or_else(
                |_| text.parse::<f64>().map_or(Value::Null, |value| json!(value)),
                |value| json!(value),
            ),
            None => Value::Null,
        };
        print::json(&json!({
            "count": number(&numbers.count),
            "count_str": numbers.count,
            "limits": numbers.limits,
            "count_under_limits": number(&numbers.count_under_limits),
            "count_under_limits_str": numbers.count_under_limits,
            "uncounted": numbers.uncounted,
        }));
    } else {
        match &numbers.count {
            Some(count) => print::line(&format!("{} networks", print::grouped(count))),
            None => print::line("too many networks to count exactly"),
        }
        if let Some(count) = &numbers.count_under_limits {
            let share = numbers.share_under_limits.unwrap_or(0.0) * 100.0;
            let limits = numbers.limits.join(", ");
            print::line(&format!("{} under {limits} ({share:.2} %)", print::grouped(count)));
        }
        if let Some(reason) = numbers.uncounted {
            let limits = numbers.limits.join(", ");
            print::line(&format!("not counted exactly under {limits}: {reason}"));
        }
    }
    if numbers.count_under_limits.as_deref() == Some("0") {
        let message = Some("no network meets the limits".to_owned());
        return Err(Failure { code: NO_NETWORK, message });
    }
    Ok(())
}
