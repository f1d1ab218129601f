//! Build, recover, verify: the journal put together with the trial file and the verdicts.
