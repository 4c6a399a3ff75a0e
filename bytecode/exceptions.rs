//! Exception handlers and the liveness of temporaries. Nothing here costs anything until an exception is raised.

/// A protected range. `start..end` are instruction indices in words, compared with the index of the raising instruction (its own word, not a
/// `Wide` before it). Handlers are sorted by `start`, outer before inner; the one to use is the *last* that contains the pc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// First protected word.
    pub start: u32,
    /// One past the last protected word.
    pub end: u32,
    /// Where the handler begins.
    pub target: u32,
    /// Live depth at the handler: temporaries from here up are dropped, then the exception goes into this register.
    pub depth: u16,
}

/// From instruction index `start` on (until the next run), the registers below `depth` are live before each instruction.
/// Locals always are, so `depth >= nlocals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveRun {
    /// First word of the run.
    pub start: u32,
    /// First dead register.
    pub depth: u16,
}

/// The handler for an exception raised at word `pc`.
pub fn find_handler(handlers: &[Handler], pc: u32) -> Option<&Handler> {
    let upper = handlers.partition_point(|h| h.start <= pc);
    handlers[..upper].iter().rev().find(|h| pc < h.end)
}

/// The live depth before the instruction at word `pc`.
pub fn live_depth(runs: &[LiveRun], pc: u32) -> u16 {
    let upper = runs.partition_point(|r| r.start <= pc);
    if upper == 0 { 0 } else { runs[upper - 1].depth }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn innermost_handler_wins() {
        let hs = [Handler { start: 0, end: 10, target: 20, depth: 1 }, Handler { start: 2, end: 6, target: 30, depth: 2 }];
        assert_eq!(find_handler(&hs, 3).map(|h| h.target), Some(30));
        assert_eq!(find_handler(&hs, 7).map(|h| h.target), Some(20));
        assert_eq!(find_handler(&hs, 10), None);
    }

    #[test]
    fn depth_of_runs() {
        let runs = [LiveRun { start: 0, depth: 2 }, LiveRun { start: 4, depth: 3 }];
        assert_eq!((live_depth(&runs, 3), live_depth(&runs, 4), live_depth(&runs, 99)), (2, 3, 3));
    }
}
