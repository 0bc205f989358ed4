//! What the interpreter does beside executing: it looks for a stop at every jump, remembers hashes,
//! and where asked counts which jumps were taken. Replaced instructions cost far less than an
//! inspector on all of them.

use revm::{
    bytecode::opcode,
    context_interface::context::ContextError,
    interpreter::{
        Instruction, InstructionContext, InstructionExecResult, InstructionResult,
        instructions::control,
        interpreter::EthInterpreter,
        interpreter_types::{InputsTr, Jumps},
    },
    primitives::Address,
};

use crate::{
    evm::{Context, Instructions},
    hashing::{self, Hashes},
    stop::{Stop, Watch},
};

/// Cells of a coverage map; `COVERAGE_SIZE` in Python.
pub const COVERAGE_SIZE: usize = 1 << 16;

/// Static gas of the replaced instructions, the same in every fork.
const JUMP_GAS: u16 = 8;
const JUMPI_GAS: u16 = 10;
const KECCAK256_GAS: u16 = 30;

/// A frame counts as so many jumps, so that every other one looks at the clock: a precompile has no
/// jumps and may still do much.
const JUMPS_OF_A_FRAME: u32 = 128;

/// The part of revm's context that is ours.
#[derive(Debug)]
pub struct Hooks<'a> {
    pub watch: Watch<'a>,
    hashes: Option<Hashes>,
    coverage: Option<Box<[u8; COVERAGE_SIZE]>>,
}

impl<'a> Hooks<'a> {
    pub fn new(stop: &'a Stop, wants_coverage: bool) -> Self {
        let coverage = wants_coverage.then(|| Box::new([0; COVERAGE_SIZE]));
        Self { watch: Watch::new(stop), hashes: None, coverage }
    }

    /// The memory of hashes, borrowed when it is first needed.
    #[inline]
    pub fn hashes(&mut self) -> &mut Hashes {
        self.hashes.get_or_insert_with(Hashes::borrow)
    }

    pub fn take_coverage(&mut self) -> Option<Vec<u8>> {
        self.coverage.take().map(|map| map.to_vec())
    }

    pub fn must_stop_at_frame(&mut self) -> bool {
        self.watch.must_stop(JUMPS_OF_A_FRAME)
    }

    #[inline(always)]
    fn count(&mut self, code: Option<&Address>, from: usize, to: usize) {
        let Some(map) = &mut self.coverage else { return };
        let place = code.map_or(0, |address| {
            u64::from_le_bytes(*address.last_chunk::<8>().expect("an address has 20 bytes"))
        });
        // The same cells on every machine: two odd constants mix place, origin and target.
        let edge = (place ^ ((from as u64) << 32 | to as u64)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let edge = (edge ^ (edge >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let cell = &mut map[(edge >> 48) as usize];
        *cell = cell.saturating_add(1);
    }
}

impl Drop for Hooks<'_> {
    fn drop(&mut self) {
        if let Some(hashes) = self.hashes.take() {
            hashes.give_back();
        }
    }
}

/// Replace the jumps and the hash of an instruction table.
pub fn install(instructions: &mut Instructions<'_>, wants_coverage: bool) {
    let [jump, jumpi]: [Instruction<EthInterpreter, Context<'_>>; 2] = if wants_coverage {
        [Instruction::new(jump::<true>), Instruction::new(jumpi::<true>)]
    } else {
        [Instruction::new(jump::<false>), Instruction::new(jumpi::<false>)]
    };
    instructions.insert_instruction(opcode::JUMP, jump, JUMP_GAS);
    instructions.insert_instruction(opcode::JUMPI, jumpi, JUMPI_GAS);
    let keccak256 = Instruction::new(hashing::keccak256);
    instructions.insert_instruction(opcode::KECCAK256, keccak256, KECCAK256_GAS);
}

type At<'a, 'b> = InstructionContext<'a, Context<'b>, EthInterpreter>;

fn jump<const COUNT: bool>(at: At<'_, '_>) -> InstructionExecResult {
    around::<COUNT>(at, control::jump)
}

fn jumpi<const COUNT: bool>(at: At<'_, '_>) -> InstructionExecResult {
    around::<COUNT>(at, control::jumpi)
}

#[inline(always)]
fn around<'a, 'b, const COUNT: bool>(
    at: At<'a, 'b>,
    instruction: impl for<'c> FnOnce(At<'c, 'b>) -> InstructionExecResult,
) -> InstructionExecResult {
    let InstructionContext { interpreter, host } = at;
    if host.chain.watch.must_stop(1) {
        return stop(host);
    }
    if !COUNT {
        return instruction(InstructionContext { interpreter, host });
    }
    let from = interpreter.bytecode.pc();
    let result =
        instruction(InstructionContext { interpreter: &mut *interpreter, host: &mut *host });
    let to = interpreter.bytecode.pc();
    host.chain.count(interpreter.input.bytecode_address(), from, to);
    result
}

/// Ends the transaction at work; why is in the watch.
#[cold]
pub fn stop(host: &mut Context<'_>) -> InstructionExecResult {
    host.error = Err(ContextError::Custom("stopped".to_owned()));
    Err(InstructionResult::FatalExternalError)
}
