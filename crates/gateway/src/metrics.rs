//! How long requests take, and how the text that Prometheus reads is written.
//!
//! Source: the text-based exposition format, version 0.0.4.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use crate::services::{Gauge, GaugeKind, Reading};

/// The upper ends of the histogram's buckets, in microseconds.
const BUCKETS_US: [u64; 14] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000,
];

/// The durations of all requests, by method, route and status. Routes are templates and methods
/// known ones, so there are no more series than the contract has answers.
#[derive(Default)]
pub(crate) struct Metrics {
    durations: Mutex<BTreeMap<Series, Histogram>>,
}

/// One request.
pub(crate) struct Observation<'a> {
    pub method: &'static str,
    pub route: &'a str,
    pub status: u16,
    pub duration_us: u64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Series {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Default)]
struct Histogram {
    /// How many were at most so long as the bucket's end, and longer than the one before it.
    counts: [u64; BUCKETS_US.len()],
    count: u64,
    sum_us: u64,
}

impl Metrics {
    pub(crate) fn observe(&self, seen: Observation<'_>) {
        let Observation { method, route, status, duration_us } = seen;
        let series = Series { route: route.to_owned(), method, status };
        let mut durations = self.durations.lock().unwrap_or_else(PoisonError::into_inner);
        let histogram = durations.entry(series).or_default();
        if let Some(bucket) = BUCKETS_US.iter().position(|end| duration_us <= *end) {
            histogram.counts[bucket] += 1;
        }
        histogram.count += 1;
        histogram.sum_us = histogram.sum_us.saturating_add(duration_us);
    }

    /// Everything, as Prometheus reads it.
    pub(crate) fn write(&self, gauges: &[(&Gauge, Vec<Reading>)]) -> String {
        let mut out = String::new();
        out.push_str("# HELP http_request_duration_seconds Time until an answer begins.\n");
        out.push_str("# TYPE http_request_duration_seconds histogram\n");
        let durations = self.durations.lock().unwrap_or_else(PoisonError::into_inner);
        for (series, histogram) in durations.iter() {
            histogram.write(series, &mut out);
        }
        drop(durations);
        for (gauge, readings) in gauges {
            write_gauge(gauge, readings, &mut out);
        }
        out
    }
}

impl Histogram {
    fn write(&self, series: &Series, out: &mut String) {
        const NAME: &str = "http_request_duration_seconds";
        let Series { route, method, status } = series;
        let labels = format!("method=\"{method}\",route=\"{}\",status=\"{status}\"", escape(route));
        let mut below = 0;
        for (end, count) in BUCKETS_US.iter().zip(self.counts) {
            below += count;
            let _ = writeln!(out, "{NAME}_bucket{{{labels},le=\"{}\"}} {below}", seconds(*end));
        }
        let _ = writeln!(out, "{NAME}_bucket{{{labels},le=\"+Inf\"}} {}", self.count);
        let _ = writeln!(out, "{NAME}_sum{{{labels}}} {}", seconds(self.sum_us));
        let _ = writeln!(out, "{NAME}_count{{{labels}}} {}", self.count);
    }
}

fn write_gauge(gauge: &Gauge, readings: &[Reading], out: &mut String) {
    let Gauge { name, help, .. } = gauge;
    let kind = match gauge.kind {
        GaugeKind::Gauge => "gauge",
        GaugeKind::Counter => "counter",
    };
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for reading in readings {
        let labels = reading.labels.iter();
        let labels: Vec<String> =
            labels.map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
        let labels = labels.join(",");
        let braces = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
        let _ = writeln!(out, "{name}{braces} {}", reading.value);
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Microseconds as seconds, exactly.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_prometheus_reads_them() {
        let metrics = Metrics::default();
        for duration_us in [400, 500, 501, 3_000_000, 20_000_000] {
            let (method, route) = ("GET", "/api/v1/books/{book}");
            metrics.observe(Observation { method, route, status: 200, duration_us });
        }
        let text = metrics.write(&[]);
        let labels = "method=\"GET\",route=\"/api/v1/books/{book}\",status=\"200\"";
        for (end, count) in [("0.0005", 2), ("0.001", 3), ("1", 3), ("5", 4), ("+Inf", 5)] {
            let line =
                format!("http_request_duration_seconds_bucket{{{labels},le=\"{end}\"}} {count}\n");
            assert!(text.contains(&line), "{line}\n{text}");
        }
        let line = format!("http_request_duration_seconds_sum{{{labels}}} 23.001401\n");
        assert!(text.contains(&line), "{text}");
        let line = format!("http_request_duration_seconds_count{{{labels}}} 5\n");
        assert!(text.contains(&line), "{text}");
    }

    #[test]
    fn gauges_show_their_labels() {
        let plain = Gauge::new("florin_open", "Open.", || 3);
        let log = Gauge::new("florin_log", "Log.", || 0);
        let log = Gauge { kind: GaugeKind::Counter, ..log };
        let reading = |stream: &str, value| {
            let labels = vec![("stream", stream.to_owned())];
            Reading { labels, value }
        };
        let readings = vec![reading("main", 7), reading("a\"b", -1)];
        let open = vec![Reading { labels: Vec::new(), value: 3 }];
        let text = Metrics::default().write(&[(&log, readings), (&plain, open)]);
        let expected = "# HELP florin_log Log.\n\
                        # TYPE florin_log counter\n\
                        florin_log{stream=\"main\"} 7\n\
                        florin_log{stream=\"a\\\"b\"} -1\n\
                        # HELP florin_open Open.\n\
                        # TYPE florin_open gauge\n\
                        florin_open 3\n";
        assert!(text.ends_with(expected), "{text}");
    }

    #[test]
    fn seconds_are_exact() {
        let cases = [(0, "0"), (1, "0.000001"), (500, "0.0005"), (10_000_000, "10")];
        for (micros, text) in cases {
            assert_eq!(seconds(micros), text);
        }
    }
}
