//! Indicators over bars: one registry describes each, batch and one bar at a time.
