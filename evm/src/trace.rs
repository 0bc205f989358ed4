//! The calls within transactions, as columns, written down where frames begin and end.

use revm::{
    context_interface::CreateScheme,
    context_interface::result::HaltReason,
    handler::FrameResult,
    interpreter::{CallScheme, FrameInput, SuccessOrHalt, interpreter_action::FrameInit},
    primitives::{Address, U256},
};

use crate::{evm::Context, reasons, receipts};

/// `CALL_KINDS` in Python.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Call,
    CallCode,
    DelegateCall,
    StaticCall,
    Create,
    Create2,
}

#[derive(Clone, Debug, Default)]
pub struct Trace {
    pub transaction: Vec<i64>,
    pub depth: Vec<i64>,
    pub kind: Vec<u8>,
    pub caller: Vec<u8>,
    pub target: Vec<Address>,
    pub value: Vec<U256>,
    pub gas_limit: Vec<u64>,
    pub gas_used: Vec<u64>,
    pub input: Vec<u8>,
    pub input_offsets: Vec<i64>,
    /// Range of each output: frames end in another order than they begin.
    outputs: Vec<(usize, usize)>,
    output: Vec<u8>,
    pub status: Vec<u8>,
    pub reasons: Vec<(usize, String)>,
    open: Vec<usize>,
    current: i64,
}

impl Trace {
    pub fn begin_transaction(&mut self, index: usize) {
        self.current = index as i64;
        self.open.clear();
    }

    /// Forget the frames of a transaction that did not happen.
    pub fn drop_transaction(&mut self) {
        let keep = self.transaction.partition_point(|index| *index < self.current);
        self.transaction.truncate(keep);
        self.depth.truncate(keep);
        self.kind.truncate(keep);
        self.caller.truncate(20 * keep);
        self.target.truncate(keep);
        self.value.truncate(keep);
        self.gas_limit.truncate(keep);
        self.gas_used.truncate(keep);
        self.input_offsets.truncate(keep);
        self.input.truncate(self.input_offsets.last().map_or(0, |end| *end as usize));
        self.outputs.truncate(keep);
        self.status.truncate(keep);
        self.reasons.retain(|(frame, _)| *frame < keep);
    }

    pub fn enter(&mut self, frame: &FrameInit, context: &Context<'_>) {
        match &frame.frame_input {
            FrameInput::Call(call) => {
                let kind = match call.scheme {
                    CallScheme::Call => Kind::Call,
                    CallScheme::CallCode => Kind::CallCode,
                    CallScheme::DelegateCall => Kind::DelegateCall,
                    CallScheme::StaticCall => Kind::StaticCall,
                };
                let value = call.value.get();
                self.begin(kind, call.caller, call.bytecode_address, value, call.gas_limit);
                self.input.extend_from_slice(&call.input.as_bytes(context));
            }
            FrameInput::Create(create) => {
                let kind = match create.scheme() {
                    CreateScheme::Create2 { .. } => Kind::Create2,
                    _ => Kind::Create,
                };
                let gas_limit = create.gas_limit();
                self.begin(kind, create.caller(), Address::ZERO, create.value(), gas_limit);
                self.input.extend_from_slice(create.init_code());
            }
            FrameInput::Empty => return,
        }
        self.input_offsets.push(self.input.len() as i64);
    }

    fn begin(&mut self, kind: Kind, caller: Address, target: Address, value: U256, gas: u64) {
        self.transaction.push(self.current);
        self.depth.push(self.open.len() as i64);
        self.open.push(self.kind.len());
        self.kind.push(kind as u8);
        self.caller.extend_from_slice(caller.as_slice());
        self.target.push(target);
        self.value.push(value);
        self.gas_limit.push(gas);
        self.gas_used.push(0);
        self.outputs.push((0, 0));
        self.status.push(receipts::HALTED);
    }

    pub fn leave(&mut self, result: &FrameResult) {
        let Some(frame) = self.open.pop() else { return };
        let interpreter_result = result.interpreter_result();
        // A halt burns all of the frame's gas; what could not even begin burns none.
        self.gas_used[frame] = match interpreter_result.result {
            result if result.is_halt() => self.gas_limit[frame],
            _ => interpreter_result.gas.total_gas_spent(),
        };
        self.status[frame] = match SuccessOrHalt::<HaltReason>::from(interpreter_result.result) {
            SuccessOrHalt::Success(_) => receipts::SUCCESS,
            SuccessOrHalt::Revert => receipts::REVERTED,
            SuccessOrHalt::Halt(reason) => {
                self.reasons.push((frame, reasons::of_halt(&reason)));
                receipts::HALTED
            }
            SuccessOrHalt::FatalExternalError | SuccessOrHalt::Internal(_) => receipts::HALTED,
        };
        if self.status[frame] != receipts::HALTED {
            let start = self.output.len();
            self.output.extend_from_slice(&interpreter_result.output);
            self.outputs[frame] = (start, self.output.len());
        }
        if let FrameResult::Create(outcome) = result {
            self.target[frame] = outcome.address.unwrap_or_default();
        }
    }

    /// All outputs in the order of the frames, with their offsets.
    pub fn flat_outputs(&self) -> (Vec<u8>, Vec<i64>) {
        let mut flat = Vec::with_capacity(self.output.len());
        let mut offsets = vec![0];
        for (start, end) in &self.outputs {
            flat.extend_from_slice(&self.output[*start..*end]);
            offsets.push(flat.len() as i64);
        }
        (flat, offsets)
    }
}
