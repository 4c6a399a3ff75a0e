//! Threads registry, safepoints, quiescent-state reclamation, object lock and the atomics facade.
