//! Checks of finished code: temporaries are a stack without holes on every path, agree with the liveness table and the
//! handlers, and every jump and constant index is in range. Tests run it over whole libraries.

use bytecode::encode::{KILL_A, KILL_B, KILL_C};
use bytecode::exceptions::{find_handler, live_depth};
use bytecode::ops::Operand;
use bytecode::{Code, Const, Op};

/// Checks `code` and the code objects in its constants. The error names the code object and the instruction.
pub fn verify(code: &Code) -> Result<(), String> {
    for c in &code.consts {
        if let Const::Code(inner) = c {
            verify(inner)?;
        }
    }
    one(code).map_err(|e| format!("{}: {e}", String::from_utf8_lossy(&code.qualname)))
}

fn one(code: &Code) -> Result<(), String> {
    let nlocals = code.local_count() as u16;
    let mut at = 0usize;
    let mut starts = vec![false; code.instrs.len() + 1];
    let mut list = Vec::new();
    while at < code.instrs.len() {
        starts[at] = true;
        let mut high = [0u16; 3];
        let mut own = at;
        let mut i = code.instrs[at];
        if i.op() == Some(Op::Wide) {
            high = [u16::from(i.a()) << 8, u16::from(i.b()) << 8, u16::from(i.c()) << 8];
            own += 1;
            i = *code.instrs.get(own).ok_or("Wide at the end")?;
        }
        let op = i.op().ok_or_else(|| format!("{own}: bad opcode"))?;
        let next = own + 1 + op.caches();
        list.push((at, own, next, i, high, op));
        at = next;
    }
    for &(start, own, next, i, high, op) in &list {
        let regs = [u16::from(i.a()) | high[0], u16::from(i.b()) | high[1], u16::from(i.c()) | high[2]];
        let kinds = op.info().operands;
        let fail = |what: &str| Err(format!("{own} {op:?}: {what}"));
        let depth = live_depth(&code.live, own as u32);
        if depth < nlocals || u32::from(depth) > code.registers {
            return fail("live depth out of range");
        }
        let d = i.index();
        match kinds[3] {
            Operand::Const | Operand::Name if d as usize >= code.consts.len() => return fail("constant index"),
            Operand::Name if !matches!(code.consts[d as usize], Const::Str { interned: true, .. }) => {
                return fail("not a name");
            }
            Operand::Free if d as usize >= code.freevars.len() => return fail("free index"),
            _ => {}
        }
        let b_count = u16::from(i.b());
        // Registers read, as (register, dies).
        let mut live: Vec<bool> = vec![false; code.registers as usize + 4];
        live[usize::from(nlocals)..usize::from(depth)].fill(true);
        let is_temp = |r: u16| r >= nlocals;
        let mut deaths: Vec<u16> = Vec::new();
        for (k, kill) in [KILL_A, KILL_B, KILL_C].into_iter().enumerate() {
            let r = regs[k];
            match kinds[k] {
                Operand::Use | Operand::Both => {
                    if absent(op, k, d) {
                        continue;
                    }
                    if is_temp(r) && !live[usize::from(r)] {
                        return fail("reads a dead temporary");
                    }
                    if i.flags() & kill != 0 {
                        if !is_temp(r) {
                            return fail("kills a local");
                        }
                        deaths.push(r);
                    }
                }
                Operand::Base => {
                    let n = base_count(op, b_count, d);
                    if n == 0 {
                        continue;
                    }
                    for j in 0..n {
                        let r = r + j;
                        if !is_temp(r) || !live[usize::from(r)] {
                            return fail("reads a dead temporary in a window");
                        }
                    }
                    if consumes_window(op) {
                        deaths.extend(r..r + n);
                    }
                }
                _ => {}
            }
        }
        if matches!(op, Op::Slide) {
            deaths.extend(regs[0]..regs[1]);
        }
        if matches!(op, Op::LeaveExc) {
            deaths.extend([regs[1], regs[1] + 1, regs[1] + 2]);
        }
        for r in deaths {
            if !live[usize::from(r)] {
                return fail("kills a register twice");
            }
            live[usize::from(r)] = false;
        }
        let before_write = live.clone();
        let mut written: Vec<u16> = Vec::new();
        match op {
            Op::UnpackSeq => written.extend(regs[2]..regs[2] + d as u16),
            Op::UnpackEx => {
                let n = (d & 0xfff) + (d >> 12) + 1;
                written.extend(regs[2]..regs[2] + n as u16);
            }
            Op::LeaveExc => written.push(regs[1]),
            _ => match kinds[0] {
                Operand::Dst => written.push(regs[0]),
                Operand::DstBase => {
                    let n = match op {
                        Op::BeforeWith | Op::BeforeAsyncWith => 3,
                        _ => 2,
                    };
                    written.extend(regs[0]..regs[0] + n);
                }
                Operand::Both if op == Op::Slide => written.push(regs[0]),
                _ => {}
            },
        }
        for &r in &written {
            if is_temp(r) {
                if live[usize::from(r)] {
                    return fail("writes over a live temporary");
                }
                live[usize::from(r)] = true;
            } else if i.flags() & bytecode::encode::DROP_A == 0 {
                return fail("writes a local without dropping its old value");
            }
        }
        if u32::from(written.iter().copied().max().unwrap_or(0)) >= code.registers.max(1) {
            return fail("register out of range");
        }
        let stack = |live: &[bool]| -> Option<u16> {
            let temps = &live[usize::from(nlocals)..];
            let n = temps.iter().take_while(|l| **l).count();
            temps[n..].iter().all(|l| !*l).then_some(nlocals + n as u16)
        };
        let ends = matches!(op, Op::Return | Op::ReturnK | Op::Raise | Op::Reraise | Op::ReraisePop | Op::StopIterationError);
        let mut successors: Vec<(usize, Vec<bool>)> = Vec::new();
        if !ends && !matches!(op, Op::Jump | Op::JumpBack) {
            successors.push((next, live.clone()));
        }
        if kinds[3] == Operand::Target {
            let target = next as i64 + i64::from(i.signed());
            let target = usize::try_from(target).map_err(|_| format!("{own} {op:?}: bad jump"))?;
            if target > code.instrs.len() || !starts[target] {
                return fail("jumps into the middle of an instruction");
            }
            if target <= own && op != Op::JumpBack {
                return fail("a backward jump that does not poll");
            }
            if target > own && op == Op::JumpBack {
                return fail("JumpBack forward");
            }
            let mut state = before_write;
            if op == Op::ForIter {
                state[usize::from(regs[1])] = false;
            }
            successors.push((target, state));
        }
        if matches!(op, Op::Return | Op::ReturnK) && live[usize::from(nlocals)..].iter().any(|l| *l) {
            return fail("returns with live temporaries");
        }
        for (to, state) in successors {
            if to >= code.instrs.len() {
                return fail("control falls off the end");
            }
            let Some(depth) = stack(&state) else { return fail("leaves a hole among the temporaries") };
            let mut word = to;
            if code.instrs[to].op() == Some(Op::Wide) {
                word += 1;
            }
            let expected = live_depth(&code.live, word as u32);
            if expected != depth {
                return Err(format!("{own} {op:?}: {} live at {to}, table says {}", depth - nlocals, expected - nlocals));
            }
        }
        if let Some(h) = find_handler(&code.handlers, own as u32) {
            if h.depth > depth {
                return fail("its handler keeps more than is live");
            }
            if !starts[h.target as usize] || live_depth(&code.live, h.target) != h.depth + 1 {
                return fail("its handler starts with another depth");
            }
        }
        let _ = start;
    }
    Ok(())
}

/// Operands that an opcode ignores for some values of d.
fn absent(op: Op, k: usize, d: u32) -> bool {
    op == Op::Raise && ((k == 1 && d < 1) || (k == 2 && d < 2))
}

/// Registers in the window of a `Base` operand.
fn base_count(op: Op, b: u16, d: u32) -> u16 {
    let d = d as u16;
    match op {
        Op::Call | Op::CallKw => b + 1,
        Op::CallMethod | Op::CallMethodKw => b + 2,
        Op::CallEx => 2 + b,
        Op::BuildMap => d * 2,
        Op::BuildInterpolation => 2 + (d & 1),
        Op::LoadSuperAttr | Op::LoadSuperMethod => 3,
        Op::GetSlice | Op::SetSlice | Op::MatchClass => 2,
        Op::YieldFrom => 2,
        Op::EndAsyncFor => 2,
        Op::MakeFunction => (b & 15).count_ones() as u16,
        Op::ReraisePop | Op::LeaveExc => 3,
        _ => d,
    }
}

fn consumes_window(op: Op) -> bool {
    op != Op::LeaveExc
}
