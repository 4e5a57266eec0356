//! What the steps of this process did, counted for Prometheus. No series names a customer: labels are lanes, classes,
//! kinds of steps, providers, currencies and codes of failures, of which there are few.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use handbill_domain::fault::Billed;
use handbill_queue::Class;

use crate::Event;

/// What is counted: name, type and what it means.
const FAMILIES: [(&str, &str, &str); 7] = [
    (
        WAIT,
        "histogram",
        "Seconds from the moment when a step could begin until it began, for its first attempt.",
    ),
    (DURATION, "histogram", "Seconds that an attempt of a step took, by how it ended."),
    (RETRIES, "counter", "Attempts that were put off, by the code of what was in the way."),
    (RECOVERED, "counter", "Steps that were taken over from workers that died."),
    (
        CALLS,
        "counter",
        "Questions to models: answered, kept (from before, not paid again), failed, ambiguous (may have been billed).",
    ),
    (LIST, "counter", "Millionths of the currency, at list price; rehearsed calls too."),
    (SPENT, "counter", "Millionths of the currency that were really spent."),
];

const WAIT: &str = "handbill_step_wait_seconds";
const DURATION: &str = "handbill_step_duration_seconds";
const RETRIES: &str = "handbill_step_retries_total";
const RECOVERED: &str = "handbill_steps_recovered_total";
const CALLS: &str = "handbill_calls_total";
const LIST: &str = "handbill_list_micros_total";
const SPENT: &str = "handbill_spent_micros_total";

/// Upper bounds of the histograms, in milliseconds.
const BOUNDS: [u64; 14] =
    [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 15_000, 60_000, 300_000, 1_200_000];

/// Name and labels of a series.
type Series = (&'static str, String);

/// What the steps of this process did.
#[derive(Debug, Default)]
pub struct Meter {
    all: Mutex<All>,
}

#[derive(Debug, Default)]
struct All {
    counts: BTreeMap<Series, u64>,
    times: BTreeMap<Series, Times>,
}

#[derive(Debug, Default)]
struct Times {
    buckets: [u64; BOUNDS.len()],
    count: u64,
    total: Duration,
}

impl Meter {
    /// A step began.
    pub(crate) fn began(&self, class: Class, waited: Option<Duration>) {
        if let Some(waited) = waited {
            self.time((WAIT, labels(&[("class", class.as_str())])), waited);
        }
    }

    /// An attempt ended.
    pub(crate) fn ended(&self, kind: &str, how: &str, took: Duration) {
        self.time((DURATION, labels(&[("kind", kind), ("outcome", how)])), took);
    }

    /// Steps were taken over.
    pub(crate) fn recovered(&self, steps: usize) {
        self.count((RECOVERED, String::new()), steps as u64);
    }

    /// A call gave nothing.
    pub(crate) fn failed(&self, provider: &str, billed: Billed) {
        let outcome = if billed == Billed::Maybe { "ambiguous" } else { "failed" };
        self.count((CALLS, labels(&[("provider", provider), ("outcome", outcome)])), 1);
    }

    /// Something happened in a run.
    pub(crate) fn hear(&self, event: &Event) {
        match event {
            Event::StepWaiting { reason, .. } => {
                self.count((RETRIES, labels(&[("reason", &reason.code)])), 1);
            }
            Event::CallMade { provider, cost, kept, rehearsed, .. } => {
                let outcome = if *kept { "kept" } else { "answered" };
                self.count((CALLS, labels(&[("provider", provider), ("outcome", outcome)])), 1);
                if !kept {
                    let money = labels(&[("provider", provider), ("currency", cost.currency.code())]);
                    let micros = cost.amount_micros.unsigned_abs();
                    self.count((LIST, money.clone()), micros);
                    self.count((SPENT, money), if *rehearsed { 0 } else { micros });
                }
            }
            _ => {}
        }
    }

    /// Everything in the text format of Prometheus (0.0.4).
    pub fn text(&self) -> String {
        let all = self.all();
        let mut out = String::new();
        for (name, kind, help) in FAMILIES {
            // Writing into a string cannot fail.
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for ((_, labels), count) in all.counts.iter().filter(|((of, _), _)| *of == name) {
                let _ = writeln!(out, "{name}{} {count}", braced(labels));
            }
            for ((_, labels), times) in all.times.iter().filter(|((of, _), _)| *of == name) {
                times.write(&mut out, name, labels);
            }
        }
        out
    }

    fn count(&self, series: Series, by: u64) {
        *self.all().counts.entry(series).or_default() += by;
    }

    fn time(&self, series: Series, took: Duration) {
        let mut all = self.all();
        let times = all.times.entry(series).or_default();
        times.count += 1;
        times.total += took;
        for (bucket, bound) in times.buckets.iter_mut().zip(BOUNDS) {
            *bucket += u64::from(took <= Duration::from_millis(bound));
        }
    }

    fn all(&self) -> MutexGuard<'_, All> {
        // Numbers are whole after every change, so a panic elsewhere does not spoil them.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Times {
    fn write(&self, out: &mut String, name: &str, labels: &str) {
        let comma = if labels.is_empty() { "" } else { "," };
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS) {
            let bound = Duration::from_millis(bound).as_secs_f64();
            let _ = writeln!(out, "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {bucket}");
        }
        let _ = writeln!(out, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {}", self.count);
        let _ = writeln!(out, "{name}_sum{} {}", braced(labels), self.total.as_secs_f64());
        let _ = writeln!(out, "{name}_count{} {}", braced(labels), self.count);
    }
}

fn labels(pairs: &[(&str, &str)]) -> String {
    let one = |(name, value): &(&str, &str)| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("{name}=\"{value}\"")
    };
    pairs.iter().map(one).collect::<Vec<_>>().join(",")
}

fn braced(labels: &str) -> String {
    if labels.is_empty() { String::new() } else { format!("{{{labels}}}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_what_prometheus_reads() {
        let meter = Meter::default();
        meter.ended("copy", "succeeded", Duration::from_millis(30));
        meter.ended("copy", "succeeded", Duration::from_secs(2));
        meter.failed("a \"b\"", Billed::Maybe);
        let text = meter.text();
        for line in [
            "# TYPE handbill_step_duration_seconds histogram",
            "handbill_step_duration_seconds_bucket{kind=\"copy\",outcome=\"succeeded\",le=\"0.025\"} 0",
            "handbill_step_duration_seconds_bucket{kind=\"copy\",outcome=\"succeeded\",le=\"0.05\"} 1",
            "handbill_step_duration_seconds_bucket{kind=\"copy\",outcome=\"succeeded\",le=\"+Inf\"} 2",
            "handbill_step_duration_seconds_sum{kind=\"copy\",outcome=\"succeeded\"} 2.03",
            "handbill_calls_total{provider=\"a \\\"b\\\"\",outcome=\"ambiguous\"} 1",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }
}
