//! From bytes to frames, points and samples, and from plans to requests; no input or output.
