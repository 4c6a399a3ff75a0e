//! Benchmark driver.
