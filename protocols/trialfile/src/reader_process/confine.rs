//! What a reader process gives up before it touches the file.
//!
//! Invariants:
//! - Limits that every kernel has come first and must hold, or the process ends.
//! - What a kernel may lack (landlock, seccomp) is reported, never assumed.
//! - Nothing here can be taken back by the process itself.
//!
//! `unsafe` is needed for one call: `close_range`, which closes the descriptors that the parent's
//! libraries opened without close-on-exec. It is made before this process has opened anything of
//! its own beyond the standard three, so that no descriptor that an owner still counts on is closed.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::io::Error;
use std::os::fd::BorrowedFd;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, PathBeneath, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use super::message::{Confinement, Enforcement};
use super::{MAX_CPU_SECONDS, MAX_DESCRIPTORS, MAX_MEMORY_BYTES};

/// Closes every descriptor but the standard three.
pub(super) fn close_inherited() -> Result<(), Error> {
    // SAFETY: the call takes three integers. No descriptor above 2 has an owner in this process yet:
    // it is the first thing that `main` does.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) };
    if closed == 0 { Ok(()) } else { Err(Error::last_os_error()) }
}

/// Sets the limits that every kernel has.
pub(super) fn limit() -> Result<(), Error> {
    for (resource, limit) in [
        (Resource::As, MAX_MEMORY_BYTES),
        (Resource::Nofile, MAX_DESCRIPTORS),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
    ] {
        rustix::process::setrlimit(
            resource,
            Rlimit { current: Some(limit), maximum: Some(limit) },
        )?;
    }
    renew_time()?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}

/// Gives the next request its share of processor time: if the parent is gone and can't end a
/// request that doesn't end by itself, the kernel does.
pub(super) fn renew_time() -> Result<(), Error> {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let current = u64::try_from(used.tv_sec).unwrap_or_default() + MAX_CPU_SECONDS;
    let limit = Rlimit { current: Some(current), maximum: None };
    Ok(rustix::process::setrlimit(Resource::Cpu, limit)?)
}

/// Locks files and the network away, but for reading the one file; then all system calls that
/// reading does not need.
pub(super) fn lock_in(file: BorrowedFd<'_>) -> Confinement {
    let landlock = match lock_files(file) {
        Ok(RulesetStatus::FullyEnforced) => Enforcement::Full,
        Ok(RulesetStatus::PartiallyEnforced) => Enforcement::Partial,
        Ok(RulesetStatus::NotEnforced) | Err(_) => Enforcement::None,
    };
    Confinement { landlock, system_calls: lock_calls(&opening_rules()) }
}

fn lock_files(file: BorrowedFd<'_>) -> Result<RulesetStatus, RulesetError> {
    // The newest rights are asked for; what the kernel does not know is left out by the library.
    let newest = ABI::V6;
    let rules = Ruleset::default()
        .handle_access(AccessFs::from_all(newest))?
        .handle_access(AccessNet::from_all(newest))?
        .scope(Scope::from_all(newest))?
        .create()?
        .add_rule(PathBeneath::new(file, AccessFs::ReadFile))?;
    Ok(rules.restrict_self()?.ruleset)
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Calls that reading and answering need whatever their arguments.
const CALLS: &[i64] = &[
    libc::SYS_read,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_readlinkat,
    libc::SYS_getcwd,
    libc::SYS_flock,
    libc::SYS_fcntl,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_clock_gettime,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_exit,
    libc::SYS_exit_group,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lstat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
];

/// A rule that holds if the bits `mask` of an argument are `value`.
fn argument(index: u8, mask: u64, value: u64) -> Option<SeccompCondition> {
    SeccompCondition::new(index, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask), value).ok()
}

/// What is permitted until the file is open. `None` if a rule can't be expressed.
fn opening_rules() -> Option<(Rules, SeccompAction, SeccompAction)> {
    let mut rules: Rules = CALLS.iter().map(|call| (*call, Vec::new())).collect();
    let read_only = || {
        let access = libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC;
        Some(access as u64)
    };
    let opening = |index| SeccompRule::new(vec![argument(index, read_only()?, 0)?]).ok();
    rules.insert(libc::SYS_openat, vec![opening(2)?]);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, vec![opening(1)?]);
    // The limit of processor time, of this process alone, is renewed for each request.
    let time = vec![
        argument(0, u64::from(u32::MAX), 0)?,
        argument(1, u64::from(u32::MAX), u64::from(libc::RLIMIT_CPU))?,
    ];
    rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(time).ok()?]);
    // Memory becomes readable and writable, never executable.
    let execute = argument(2, libc::PROT_EXEC as u64, 0)?;
    rules.insert(libc::SYS_mprotect, vec![SeccompRule::new(vec![execute.clone()]).ok()?]);
    rules.insert(libc::SYS_mmap, vec![SeccompRule::new(vec![execute]).ok()?]);
    // The second filter is installed by these.
    rules.insert(libc::SYS_seccomp, Vec::new());
    let privileges = argument(0, u64::from(u32::MAX), libc::PR_SET_NO_NEW_PRIVS as u64)?;
    rules.insert(libc::SYS_prctl, vec![SeccompRule::new(vec![privileges]).ok()?]);
    Some((rules, SeccompAction::KillProcess, SeccompAction::Allow))
}

/// What is refused once the file is open: to open anything, and to change these rules.
fn open_rules() -> Option<(Rules, SeccompAction, SeccompAction)> {
    let calls = [
        libc::SYS_openat,
        libc::SYS_seccomp,
        libc::SYS_prctl,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_open,
    ];
    let rules = calls.iter().map(|call| (*call, Vec::new())).collect();
    Some((rules, SeccompAction::Allow, SeccompAction::Errno(libc::EACCES as u32)))
}

/// Locks away what only opening needed. `before` is what held until now.
pub(super) fn lock_opening(before: Confinement) -> Confinement {
    let system_calls = before.system_calls && lock_calls(&open_rules());
    Confinement { system_calls, ..before }
}

/// Whether the kernel took the rules.
fn lock_calls(rules: &Option<(Rules, SeccompAction, SeccompAction)>) -> bool {
    let Some((rules, mismatch, matched)) = rules else { return false };
    let Ok(architecture) = std::env::consts::ARCH.try_into() else { return false };
    SeccompFilter::new(rules.clone(), mismatch.clone(), matched.clone(), architecture)
        .and_then(BpfProgram::try_from)
        .is_ok_and(|program| seccompiler::apply_filter(&program).is_ok())
}
