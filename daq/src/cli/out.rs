//! What is said on standard output and standard error.
//!
//! Invariant: whoever closed the other end, a pager or a terminal that went away, misses what is
//! said, and nothing else comes of it. Nothing that a reader does may end a run or change an exit
//! code, which is what the standard library's macros would do.

/// Says a line on standard output.
macro_rules! outln {
    ($($told:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($told)*);
    }};
}

/// Says something on standard output.
macro_rules! out {
    ($($told:tt)*) => {{
        use std::io::Write as _;
        let _ = write!(std::io::stdout(), $($told)*);
    }};
}

/// Says a line on standard error.
macro_rules! errln {
    ($($told:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($told)*);
    }};
}

/// Says something on standard error.
macro_rules! err {
    ($($told:tt)*) => {{
        use std::io::Write as _;
        let _ = write!(std::io::stderr(), $($told)*);
    }};
}

pub(crate) use {err, errln, out, outln};
