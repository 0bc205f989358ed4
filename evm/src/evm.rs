//! revm itself: built around a state for one call from Python, and never kept.

use std::{
    any::Any,
    cell::RefCell,
    ops::{Deref, DerefMut},
    panic::{AssertUnwindSafe, catch_unwind},
};

use revm::{
    context::{BlockEnv, CfgEnv, ContextSetters, Journal, TxEnv},
    context_interface::{
        ContextTr, FrameStack, JournalTr, LocalContextTr, Transaction,
        context::take_error,
        result::{EVMError, ExecutionResult, HaltReason, ResultGas},
    },
    handler::{
        EthFrame, EthPrecompiles, EvmTr, FrameResult, Handler, ItemOrResult, MainnetEvm,
        instructions::EthInstructions, post_execution,
    },
    interpreter::{interpreter::EthInterpreter, interpreter_action::FrameInit},
    state::EvmState,
};

use crate::{
    errors::Failure,
    hooks::{self, Hooks},
    reasons,
    source::Missing,
    state::Reader,
    stop::Stop,
    trace::Trace,
};

pub type Context<'a> =
    revm::Context<BlockEnv, TxEnv, CfgEnv, Reader<'a>, Journal<Reader<'a>>, Hooks<'a>>;
pub type Instructions<'a> = EthInstructions<EthInterpreter, Context<'a>>;
type MainEvm<'a> = MainnetEvm<Context<'a>>;
type Frames = FrameStack<EthFrame<EthInterpreter>>;
type Error = EVMError<Missing>;

const PREALLOCATED_FRAMES: usize = 8;

/// What a transaction did, or why it cannot be included.
pub type Included = Result<ExecutionResult, String>;

thread_local! {
    /// Frames with their stacks and memories, for the next machine of this thread: to make them
    /// costs more than a short call.
    static FRAMES: RefCell<Vec<Frames>> = const { RefCell::new(Vec::new()) };
}

/// revm's machine, which gives its frames back when it is done.
pub struct Evm<'a>(MainEvm<'a>);

impl<'a> Deref for Evm<'a> {
    type Target = MainEvm<'a>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Evm<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Drop for Evm<'_> {
    fn drop(&mut self) {
        // After a panic nobody knows what the frames hold.
        if !std::thread::panicking() {
            self.0.frame_stack.clear();
            let frames = std::mem::take(&mut self.0.frame_stack);
            FRAMES.with_borrow_mut(|pool| pool.push(frames));
        }
    }
}

pub fn build<'a>(
    state: Reader<'a>,
    config: CfgEnv,
    block: BlockEnv,
    stop: &'a Stop,
    wants_coverage: bool,
) -> Evm<'a> {
    let context = Context {
        tx: TxEnv::default(),
        block,
        journaled_state: new_journal(state, &config),
        cfg: config,
        chain: Hooks::new(stop, wants_coverage),
        local: Default::default(),
        error: Ok(()),
    };
    let spec = context.cfg.spec;
    let mut instruction = EthInstructions::new_mainnet_with_spec(spec);
    hooks::install(&mut instruction, wants_coverage);
    let pooled = FRAMES.with_borrow_mut(Vec::pop);
    Evm(MainEvm {
        ctx: context,
        inspector: (),
        instruction,
        precompiles: EthPrecompiles::new(spec),
        frame_stack: pooled.unwrap_or_else(|| Frames::new_prealloc(PREALLOCATED_FRAMES)),
    })
}

fn new_journal<'a>(state: Reader<'a>, config: &CfgEnv) -> Journal<Reader<'a>> {
    let mut journal = Journal::new(state);
    journal.set_spec_id(config.spec);
    journal.set_eip7708_config(
        config.amsterdam_eip7708_disabled,
        config.amsterdam_eip8246_delayed_clear_disabled,
    );
    journal
}

/// Runs single transactions in the mainnet's way, with frames written to a trace where there is one.
/// Without `KEEP` the journal stays as the transaction left it, to be read and discarded.
struct Runner<'t, 'a, const KEEP: bool> {
    trace: Option<&'t mut Trace>,
    evm: std::marker::PhantomData<MainEvm<'a>>,
}

impl<'a, const KEEP: bool> Handler for Runner<'_, 'a, KEEP> {
    type Evm = MainEvm<'a>;
    type Error = Error;
    type HaltReason = HaltReason;

    fn run_exec_loop(
        &mut self,
        evm: &mut MainEvm<'a>,
        first: FrameInit,
    ) -> Result<FrameResult, Error> {
        let mut next = self.begin_frame(evm, first)?;
        loop {
            let result = match next {
                ItemOrResult::Item(()) => match evm.frame_run()? {
                    ItemOrResult::Item(inner) => {
                        next = self.begin_frame(evm, inner)?;
                        continue;
                    }
                    ItemOrResult::Result(result) => {
                        self.end_frame(&result);
                        result
                    }
                },
                ItemOrResult::Result(result) => result,
            };
            if evm.frame_stack.index().is_none() {
                return Ok(result);
            }
            if let Some(result) = evm.frame_return_result(result)? {
                return Ok(result);
            }
            next = ItemOrResult::Item(());
        }
    }

    fn execution_result(
        &mut self,
        evm: &mut MainEvm<'a>,
        result: FrameResult,
        result_gas: ResultGas,
    ) -> Result<ExecutionResult, Error> {
        take_error::<Error, _>(evm.ctx().error())?;
        let outcome = post_execution::output(evm.ctx(), result, result_gas);
        if KEEP {
            evm.ctx().journal_mut().commit_tx();
        }
        evm.ctx().local_mut().clear();
        evm.frame_stack().clear();
        Ok(outcome)
    }
}

impl<'a, const KEEP: bool> Runner<'_, 'a, KEEP> {
    /// A frame that runs now, or the result of one that did not need to run.
    fn begin_frame(
        &mut self,
        evm: &mut MainEvm<'a>,
        frame: FrameInit,
    ) -> Result<ItemOrResult<(), FrameResult>, Error> {
        if evm.ctx.chain.must_stop_at_frame() {
            return Err(Error::Custom("stopped".to_owned()));
        }
        if let Some(trace) = &mut self.trace {
            trace.enter(&frame, &evm.ctx);
        }
        match evm.frame_init(frame)? {
            ItemOrResult::Item(_) => Ok(ItemOrResult::Item(())),
            ItemOrResult::Result(result) => {
                self.end_frame(&result);
                Ok(ItemOrResult::Result(result))
            }
        }
    }

    fn end_frame(&mut self, result: &FrameResult) {
        if let Some(trace) = &mut self.trace {
            trace.leave(result);
        }
    }
}

/// Run a transaction and keep what it did in the journal.
pub fn transact(
    evm: &mut Evm<'_>,
    transaction: TxEnv,
    trace: Option<&mut Trace>,
) -> Result<Included, Failure> {
    run::<true>(evm, transaction, trace)
}

/// Run a transaction, look at the journal as it left it, and take everything back.
pub fn try_out<T>(
    evm: &mut Evm<'_>,
    transaction: TxEnv,
    look: impl FnOnce(&Evm<'_>) -> T,
) -> Result<(Included, Option<T>), Failure> {
    // Where balances are not checked, as in calls, revm relies on sums that fit into a word.
    if evm.ctx.cfg.disable_balance_check
        && let Err(reason) = transaction.max_balance_spending()
    {
        return Ok((Err(reasons::of_invalid(&reason)), None));
    }
    let outcome = run::<false>(evm, transaction, None)?;
    let seen = outcome.is_ok().then(|| look(evm));
    evm.ctx.journal_mut().discard_tx();
    Ok((outcome, seen))
}

fn run<const KEEP: bool>(
    evm: &mut Evm<'_>,
    transaction: TxEnv,
    trace: Option<&mut Trace>,
) -> Result<Included, Failure> {
    evm.ctx.set_tx(transaction);
    let mut runner = Runner::<KEEP> { trace, evm: std::marker::PhantomData };
    match runner.run(&mut evm.0) {
        Ok(result) => Ok(Ok(result)),
        Err(Error::Transaction(reason)) => Ok(Err(reasons::of_invalid(&reason))),
        Err(Error::Database(missing)) => Err(missing.into()),
        Err(_) if evm.ctx.chain.watch.stop().is_set() => Err(evm.ctx.chain.watch.stop().failure()),
        Err(other) => Err(Failure::Engine(other.to_string())),
    }
}

/// What all transactions so far did.
pub fn finalize(mut evm: Evm<'_>) -> EvmState {
    evm.ctx.journal_mut().finalize()
}

/// Wei per gas that the sender of the latest transaction pays.
pub fn gas_price(evm: &Evm<'_>) -> u64 {
    let price = evm.ctx.tx.effective_gas_price(evm.ctx.block.basefee.into());
    // Fees come as u64, so nothing is cut off.
    price as u64
}

/// A panic inside of revm must not reach Python as one: PyO3's escapes `except Exception`.
pub fn guard<T>(run: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(internal_error(&*panic)))
}

fn internal_error(panic: &(dyn Any + Send)) -> Failure {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
    Failure::Engine(format!("internal error of the engine, please report it: {text}"))
}
