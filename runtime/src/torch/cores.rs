//! Which cores the process may use.

/// Keeps the calling thread, and those that it starts later, to these cores. Gives whether the system did so; elsewhere
/// than on Linux nothing is done.
pub fn pin_to_cores(cores: &[usize]) -> bool {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: a set of cores is plain bits, of which none set is a value.
        #[expect(unsafe_code, reason = "the C library's own interface")]
        let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        for &core in cores.iter().filter(|&&core| core < libc::CPU_SETSIZE as usize) {
            // SAFETY: the core is within the set.
            #[expect(unsafe_code, reason = "the C library's own interface")]
            unsafe {
                libc::CPU_SET(core, &mut set);
            }
        }
        let size = size_of::<libc::cpu_set_t>();
        // SAFETY: the set lives through the call and has the size that is said; zero is the calling thread.
        #[expect(unsafe_code, reason = "the C library's own interface")]
        let refused = unsafe { libc::sched_setaffinity(0, size, &raw const set) };
        refused == 0
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = cores;
        false
    }
}
