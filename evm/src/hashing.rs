//! KECCAK256 with a memory of its own. Mapping slots are hashes of 64 bytes, and a simulation asks
//! for the same few thousand again and again.
//!
//! Each run borrows a memory from a pool, so that threads neither share nor lock one. Which memory
//! it gets changes no result.

use std::sync::{Mutex, PoisonError};

use revm::{
    context_interface::Host,
    interpreter::{
        InstructionContext, InstructionExecResult, as_usize_or_fail, gas,
        interpreter::{EthInterpreter, resize_memory},
        popn_top,
    },
    primitives::{B256, KECCAK_EMPTY, alloy_primitives::keccak256_uncached},
};

use crate::{evm::Context, hooks};

/// What a mapping's slot is the hash of: two words.
const REMEMBERED: usize = 64;
/// To hash so many bytes takes as long as some jumps do.
const LARGE: usize = 1 << 12;
/// 8,192 hashes take 800 kB.
const CELLS: usize = 1 << 13;

#[derive(Clone, Copy, Debug)]
struct Cell {
    input: [u8; REMEMBERED],
    hash: B256,
}

/// Each input has one cell; the latest one stays.
#[derive(Debug)]
pub struct Hashes(Box<[Cell]>);

static POOL: Mutex<Vec<Hashes>> = Mutex::new(Vec::new());

impl Hashes {
    /// One from the pool, or a new one whose cells all hold the hash of zeros.
    pub fn borrow() -> Self {
        let pooled = POOL.lock().unwrap_or_else(PoisonError::into_inner).pop();
        pooled.unwrap_or_else(|| {
            let input = [0; REMEMBERED];
            Self(vec![Cell { input, hash: keccak256_uncached(input) }; CELLS].into())
        })
    }

    pub fn give_back(self) {
        POOL.lock().unwrap_or_else(PoisonError::into_inner).push(self);
    }

    #[inline]
    fn of(&mut self, input: &[u8]) -> B256 {
        let Ok(input) = <&[u8; REMEMBERED]>::try_from(input) else {
            return keccak256_uncached(input);
        };
        let cell = &mut self.0[place(input)];
        if cell.input != *input {
            *cell = Cell { input: *input, hash: keccak256_uncached(input) };
        }
        cell.hash
    }
}

fn place(input: &[u8; REMEMBERED]) -> usize {
    let (words, _) = input.as_chunks::<8>();
    let mixed = words.iter().fold(0_u64, |mixed, word| {
        (mixed.rotate_left(23) ^ u64::from_le_bytes(*word)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    });
    (mixed >> (64 - CELLS.ilog2())) as usize
}

/// The instruction, as revm's but for the memory.
pub fn keccak256(at: InstructionContext<'_, Context<'_>, EthInterpreter>) -> InstructionExecResult {
    let InstructionContext { interpreter, host } = at;
    popn_top!([offset], top, interpreter);
    let size = as_usize_or_fail!(interpreter, top);
    gas!(interpreter, host.gas_params().keccak256_cost(size));
    let hash = if size == 0 {
        KECCAK_EMPTY
    } else {
        let offset = as_usize_or_fail!(interpreter, offset);
        let (gas, memory) = (&mut interpreter.gas, &mut interpreter.memory);
        resize_memory(gas, memory, &host.cfg.gas_params, offset, size)?;
        if size > LARGE && host.chain.watch.must_stop((size / LARGE) as u32) {
            return hooks::stop(host);
        }
        host.chain.hashes().of(&memory.slice_len(offset, size))
    };
    *top = hash.into();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_right_when_asked_again_when_cells_collide_and_for_other_lengths() {
        let mut hashes = Hashes::borrow();
        for round in 0..2 {
            for number in 0..3 * CELLS as u64 {
                let mut input = [0_u8; REMEMBERED];
                input[..8].copy_from_slice(&number.to_le_bytes());
                input[60] = round;
                assert_eq!(hashes.of(&input), keccak256_uncached(input));
                assert_eq!(hashes.of(&input), keccak256_uncached(input));
            }
        }
        for size in [1, 32, 63, 65, 200] {
            assert_eq!(hashes.of(&vec![7; size]), keccak256_uncached(vec![7; size]));
        }
        hashes.give_back();
    }
}
