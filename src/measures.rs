//! Measures by the names that people give them, and what a network costs by those that are shown with it.

use nasc_compiler::arch::Arch;
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::pass::Checked;
use serde_json::{Map, Value, json};

use crate::exit::{Failure, Outcome};
use crate::print::grouped;

/// The measure of a name: a rule, `latency("NAME")` by an attached table, or `latency` where there is one
/// table.
pub fn named(space: &Checked, name: &str) -> Outcome<Measure> {
    if let Some(measure) = Measure::named(name) {
        return Ok(measure);
    }
    let table = table_of(name).ok_or_else(|| Failure::input(unknown()))?;
    let (table, known) = match (table, space.tables()) {
        ("", [only]) => (&*only.name, true),
        ("", _) => return Err(Failure::input("`latency` takes a table: `--table NAME=FILE`")),
        (table, tables) => (table, tables.iter().any(|known| *known.name == *table)),
    };
    space.table_named(table).filter(|_| known).map(Measure::Latency).ok_or_else(|| {
        Failure::input(format!("`latency(\"{table}\")` needs its table: `--table {table}=FILE`"))
    })
}

/// Whether something is the name of a measure; what is there is known once there is a space.
pub fn is_name(name: &str) -> Result<String, String> {
    if Measure::named(name).is_some() || table_of(name).is_some() {
        Ok(name.to_owned())
    } else {
        Err(unknown())
    }
}

fn unknown() -> String {
    let known: Vec<&str> = Measure::ALL.into_iter().map(Measure::name).collect();
    format!("the measures are {}, and `latency(\"NAME\")` by a table", known.join(", "))
}

/// The name in `latency("name")`, empty for `latency`.
fn table_of(name: &str) -> Option<&str> {
    let rest = name.trim().strip_prefix("latency")?;
    if rest.is_empty() {
        return Some(rest);
    }
    let inside = rest.strip_prefix('(')?.strip_suffix(')')?.trim();
    Some(inside.trim_matches('"')).filter(|name| !name.is_empty())
}

/// What a measure of a space is called.
pub fn label(space: &Checked, measure: Measure) -> String {
    match measure {
        Measure::Latency(table) => latency(&space.table(table).name),
        _ => measure.name().to_owned(),
    }
}

/// What the latency by a table is called.
fn latency(table: &str) -> String {
    format!("latency(\"{table}\")")
}

/// The latencies by all tables of a space.
pub fn latencies(space: &Checked) -> Vec<Measure> {
    let tables = space.tables().iter();
    tables.filter_map(|table| space.table_named(&table.name)).map(Measure::Latency).collect()
}

/// A number of a measure: nanoseconds in the unit that people read.
pub fn amount(measure: Measure, number: u64) -> String {
    match measure {
        Measure::Latency(_) => format!("{} ns ({:.3} ms)", grouped(number), number as f64 / 1e6),
        _ => grouped(number),
    }
}

/// Multiply-adds, parameters and the latencies by all tables, ready to be looked up.
pub struct Shown(Vec<(String, Measure, Table)>);

impl Shown {
    /// Of a space.
    pub fn of(space: &Checked) -> Outcome<Self> {
        let measures = [Measure::Macs, Measure::Params].into_iter().chain(latencies(space));
        let tables = measures.map(|measure| {
            let label = label(space, measure);
            match Table::new(space, measure, None) {
                Ok(table) => Ok((label, measure, table)),
                Err(_) => Err(Failure::input("a cost does not fit 63 bits")),
            }
        });
        Ok(Self(tables.collect::<Outcome<_>>()?))
    }

    /// What a network costs, for people.
    pub fn text(&self, arch: &Arch) -> String {
        let costs = self.0.iter().map(|(label, measure, table)| {
            format!("{label} {}", amount(*measure, table.cost(arch)))
        });
        costs.collect::<Vec<_>>().join(", ")
    }

    /// What a network costs, for programs: numbers by their names.
    pub fn json(&self, arch: &Arch) -> Map<String, Value> {
        let costs = self.0.iter().map(|(label, _, table)| (label.clone(), json!(table.cost(arch))));
        costs.collect()
    }
}
