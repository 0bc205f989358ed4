//! The limit for the engine's benchmark: revm alone, with every transaction ready in memory.
//!
//! `bare_loop FILE` reads a script (format: `benchmarks/engine_rows/bare.py`), runs its set-up, and
//! then for each line on standard input runs all blocks on a fresh copy of that state. It answers
//! with nanoseconds of processor time, gas, and how many transactions succeeded. Neither calldata,
//! nor outputs, nor logs are copied; receipts are not made.

use std::{
    env, fs,
    io::{self, BufRead, Write},
};

use revm::{
    Context, DatabaseCommit, ExecuteEvm, MainBuilder, MainContext,
    context::{BlockEnv, CfgEnv, TxEnv},
    database::CacheDB,
    database_interface::EmptyDB,
    primitives::{Address, Bytes, TxKind, U256, hardfork::SpecId},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type State = CacheDB<EmptyDB>;

struct Block {
    environment: BlockEnv,
    transactions: Vec<TxEnv>,
}

struct Outcome {
    gas: u64,
    succeeded: u64,
}

/// Little-endian numbers and raw bytes, in order.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (head, tail) = self.0.split_at(count);
        self.0 = tail;
        head
    }

    fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().expect("eight bytes"))
    }

    fn transaction(&mut self) -> TxEnv {
        let caller = Address::from_slice(self.take(20));
        let creates = self.take(1)[0] != 0;
        let target = Address::from_slice(self.take(20));
        let gas_limit = self.number();
        let length = self.number() as usize;
        TxEnv {
            tx_type: 2,
            caller,
            gas_limit,
            gas_price: 0,
            gas_priority_fee: Some(0),
            kind: if creates { TxKind::Create } else { TxKind::Call(target) },
            data: Bytes::copy_from_slice(self.take(length)),
            chain_id: Some(1),
            ..Default::default()
        }
    }

    fn block(&mut self) -> Block {
        let environment = BlockEnv {
            number: U256::from(self.number()),
            timestamp: U256::from(self.number()),
            gas_limit: u64::MAX,
            prevrandao: Some(Default::default()),
            ..Default::default()
        };
        let count = self.number();
        Block { environment, transactions: (0..count).map(|_| self.transaction()).collect() }
    }
}

fn config() -> CfgEnv {
    let mut config = CfgEnv::new();
    config.set_spec_and_mainnet_gas_params(SpecId::CANCUN);
    config.disable_nonce_check = true;
    config
}

/// One EVM for all blocks, one journal per block: nothing is built anew that need not be.
fn run(state: State, blocks: &[Block]) -> (State, Outcome) {
    let mut outcome = Outcome { gas: 0, succeeded: 0 };
    let mut evm = Context::mainnet().with_db(state).with_cfg(config()).build_mainnet();
    for block in blocks {
        evm.set_block(block.environment.clone());
        for transaction in &block.transactions {
            let result = evm.transact_one(transaction.clone()).expect("it can be included");
            outcome.gas += result.tx_gas_used();
            outcome.succeeded += u64::from(result.is_success());
        }
        let changes = evm.finalize();
        evm.ctx.journaled_state.database.commit(changes);
    }
    (evm.ctx.journaled_state.database, outcome)
}

fn processor_nanoseconds() -> u64 {
    #[repr(C)]
    struct TimeSpec {
        seconds: i64,
        nanoseconds: i64,
    }
    unsafe extern "C" {
        fn clock_gettime(clock: i32, time: *mut TimeSpec) -> i32;
    }
    const PROCESS_CLOCK: i32 = if cfg!(target_os = "macos") { 12 } else { 2 };
    let mut time = TimeSpec { seconds: 0, nanoseconds: 0 };
    // The pointer is valid, and on 64-bit systems the two fields are these.
    let failed = unsafe { clock_gettime(PROCESS_CLOCK, &mut time) };
    assert_eq!(failed, 0, "no clock of processor time");
    time.seconds as u64 * 1_000_000_000 + time.nanoseconds as u64
}

fn main() -> io::Result<()> {
    let path = env::args().nth(1).expect("usage: bare_loop FILE");
    let bytes = fs::read(path)?;
    let mut reader = Reader(&bytes);
    let count = reader.number();
    let mut blocks: Vec<Block> = (0..count).map(|_| reader.block()).collect();
    let scenario = blocks.split_off(1);
    let (start, made) = run(State::default(), &blocks);
    assert_eq!(made.succeeded as usize, blocks[0].transactions.len(), "the set-up failed");
    for _ in io::stdin().lock().lines() {
        let state = start.clone();
        let before = processor_nanoseconds();
        let (end, outcome) = run(state, &scenario);
        let nanoseconds = processor_nanoseconds() - before;
        drop(end);
        println!("{nanoseconds} {} {}", outcome.gas, outcome.succeeded);
        io::stdout().flush()?;
    }
    Ok(())
}
