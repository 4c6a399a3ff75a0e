//! Memory for machine code: whole pages of its own for each function, written once and then made executable.
//!
//! Private mappings, so that a forked child has its own copy; never writable and executable at the same time.

/// Machine code in executable pages.
pub struct Memory {
    start: *mut libc::c_void,
    len: usize,
}

// SAFETY: the pages are read-only once made.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    /// Executable pages with this code; `None` when the system gives none.
    pub fn new(code: &[u8]) -> Option<Memory> {
        // SAFETY: an anonymous private mapping, written before it becomes executable; nobody else knows its address yet.
        unsafe {
            let page = libc::sysconf(libc::_SC_PAGESIZE).max(4096) as usize;
            let len = code.len().next_multiple_of(page);
            let start =
                libc::mmap(std::ptr::null_mut(), len, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0);
            if start == libc::MAP_FAILED {
                return None;
            }
            let memory = Memory { start, len };
            std::ptr::copy_nonoverlapping(code.as_ptr(), start.cast::<u8>(), code.len());
            if libc::mprotect(start, len, libc::PROT_READ | libc::PROT_EXEC) != 0 {
                return None;
            }
            Some(memory)
        }
    }
    /// Address of the first byte.
    pub fn start(&self) -> *const u8 {
        self.start.cast()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`; whoever drops it knows that no thread executes it.
        unsafe { libc::munmap(self.start, self.len) };
    }
}
