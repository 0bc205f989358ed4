//! One world: state, block, snapshots and watch list.

use std::sync::Arc;

use revm::{
    SystemCallEvm,
    bytecode::Bytecode,
    context::{BlockEnv, CfgEnv, TxEnv},
    context_interface::{block::BlobExcessGasAndPrice, result::EVMError},
    primitives::{B256, U256, hardfork::SpecId},
    state::EvmState,
};

use crate::{
    batch::Batch,
    commit::{Change, commit},
    errors::Failure,
    evm::{self, Included, build, guard},
    history, reasons,
    receipts::Receipts,
    run::{self, Wishes},
    source::Source,
    state::{Reader, State},
    stop::Stop,
    watch::WatchList,
};

#[derive(Clone, Debug)]
struct Saved {
    identifier: u64,
    state: State,
    block: BlockEnv,
    block_gas_used: u64,
}

/// All frames of a transaction together. No block's gas pays for a tenth of it; without a limit gas
/// that nobody pays for could take more memory than there is.
const MEMORY_LIMIT_BYTES: u64 = 256 << 20;

/// What a world is for its whole life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub fork: SpecId,
    pub chain_id: u64,
    pub limit_code_size: bool,
    /// Without it accounts with code may send (EIP-3607 is waived).
    pub check_senders: bool,
}

#[derive(Debug)]
pub struct World {
    state: State,
    rules: Rules,
    config: CfgEnv,
    block: BlockEnv,
    block_gas_used: u64,
    snapshots: Vec<Saved>,
    next_snapshot: u64,
    watch: Arc<WatchList>,
}

impl World {
    pub fn new(rules: Rules, source: Option<Source>) -> Self {
        let state = source.map_or_else(|| Self::first_state(rules.fork), State::over);
        Self::of(rules, state, WatchList::default())
    }

    pub fn of(rules: Rules, state: State, watch: WatchList) -> Self {
        let mut config = CfgEnv::new_with_spec(rules.fork).with_chain_id(rules.chain_id);
        // The sum of the block's gas is kept here: revm checks single transactions only.
        config.disable_block_gas_limit = true;
        config.disable_eip3607 = !rules.check_senders;
        config.memory_limit = MEMORY_LIMIT_BYTES;
        if !rules.limit_code_size {
            config.limit_contract_code_size = Some(usize::MAX);
        }
        Self {
            state,
            rules,
            config,
            block: BlockEnv::default(),
            block_gas_used: 0,
            snapshots: Vec::new(),
            next_snapshot: 0,
            watch: Arc::new(watch),
        }
    }

    fn first_state(fork: SpecId) -> State {
        let mut state = State::default();
        if fork >= SpecId::PRAGUE {
            let code = Bytecode::new_legacy(history::CODE);
            let set = state.set_code(history::ADDRESS, code);
            let set = set.and_then(|()| state.update(history::ADDRESS, |found| found.nonce = 1));
            set.expect("only a source can fail");
        }
        state
    }

    pub fn rules(&self) -> Rules {
        self.rules
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    pub fn block_gas_used(&self) -> u64 {
        self.block_gas_used
    }

    /// Say which block it is without beginning it: for the first one of a world.
    pub fn place(&mut self, block: BlockEnv) {
        self.block = with_cheapest_blobs(block);
        self.block_gas_used = 0;
    }

    /// Go on within a block.
    pub fn resume(&mut self, block: BlockEnv, block_gas_used: u64) {
        self.place(block);
        self.block_gas_used = block_gas_used;
    }

    /// Begin a block. `parent_hash` None stands for the made hash of the parent's number. On failure
    /// the world stays in the block before.
    pub fn set_block(&mut self, block: BlockEnv, parent_hash: Option<B256>) -> Result<(), Failure> {
        let Some(parent) = block.number.checked_sub(U256::ONE).map(|number| number.to::<u64>())
        else {
            self.place(block);
            return Ok(());
        };
        let has_history = self.rules.fork >= SpecId::PRAGUE;
        let journal =
            has_history.then(|| self.call_history(&block, parent, parent_hash)).transpose()?;
        self.place(block);
        self.state.set_block_hash(parent, parent_hash);
        if let Some(journal) = journal {
            commit(&mut self.state, journal, &mut Vec::new());
        }
        Ok(())
    }

    fn call_history(
        &self,
        block: &BlockEnv,
        parent: u64,
        parent_hash: Option<B256>,
    ) -> Result<EvmState, Failure> {
        let hash = parent_hash.map_or_else(|| self.state.block_hash_unless_given(parent), Ok)?;
        let stop = Stop::after(None);
        let block = with_cheapest_blobs(block.clone());
        guard(|| {
            let reader = Reader::new(&self.state);
            let mut evm = build(reader, self.config.clone(), block, &stop, false);
            let called = evm.system_call_one(history::ADDRESS, hash.0.into());
            called.map_err(|error| match error {
                EVMError::Database(missing) => missing.into(),
                other => Failure::Engine(format!("the history contract: {other}")),
            })?;
            Ok(evm::finalize(evm))
        })
    }

    /// Run a batch in the current block, in its order. A failure within it (source, deadline,
    /// signal) ends it: what came before stays, and its receipts come with the failure.
    pub fn execute(
        &mut self,
        batch: &Batch,
        wishes: Wishes,
        stop: &Stop,
    ) -> Result<(Receipts, Option<Failure>), Failure> {
        batch.check()?;
        let config = self.transaction_config(batch.nonces.is_some());
        let (state, block) = (&self.state, self.block.clone());
        let (mut receipts, block_gas_used, journal, failure) = guard(|| {
            let mut evm = build(Reader::new(state), config, block, stop, wishes.coverage);
            let mut run = run::ordered(&mut evm, batch, self.block_gas_used, wishes);
            run.receipts.coverage = evm.ctx.chain.take_coverage();
            Ok((run.receipts, run.block_gas_used, evm::finalize(evm), run.failure))
        })?;
        self.block_gas_used = block_gas_used;
        let mut changes = Vec::new();
        commit(&mut self.state, journal, &mut changes);
        receipts.watched = self.watch.select(&changes);
        if wishes.diff {
            changes.sort_unstable_by_key(|change: &Change| (change.address, change.slot));
            receipts.changes = changes;
        }
        Ok((receipts, failure))
    }

    /// One transaction outside of the block's gas sum, for set-up code.
    pub fn transact(&mut self, transaction: TxEnv) -> Result<Included, Failure> {
        let (config, block) = (self.transaction_config(false), self.block.clone());
        let (state, stop) = (&self.state, Stop::after(None));
        let (outcome, journal) = guard(|| {
            let mut evm = build(Reader::new(state), config, block, &stop, false);
            let outcome = evm::transact(&mut evm, transaction, None)?;
            Ok((outcome, evm::finalize(evm)))
        })?;
        commit(&mut self.state, journal, &mut Vec::new());
        Ok(outcome)
    }

    /// Run without keeping anything and without the checks that only transactions have.
    pub fn call(&self, transaction: TxEnv) -> Result<Included, Failure> {
        let (config, block, stop) = (self.call_config(), self.block.clone(), Stop::after(None));
        guard(|| {
            let mut evm = build(Reader::new(&self.state), config, block, &stop, false);
            evm::transact(&mut evm, transaction, None)
        })
    }

    /// Read-only calls, each on the current state.
    pub fn call_many(
        &self,
        batch: &Batch,
        threads: usize,
        stop: &Stop,
    ) -> Result<Receipts, Failure> {
        batch.check()?;
        run::isolated(&self.state, &self.call_config(), &self.block, batch, threads, false, stop)
    }

    /// Each transaction on the current state, with its diff; nothing is kept.
    pub fn what_if_many(
        &self,
        batch: &Batch,
        threads: usize,
        stop: &Stop,
    ) -> Result<Receipts, Failure> {
        batch.check()?;
        let config = self.transaction_config(batch.nonces.is_some());
        run::isolated(&self.state, &config, &self.block, batch, threads, true, stop)
    }

    /// One transaction on the current state, with its diff where wanted; nothing is kept.
    pub fn what_if(
        &self,
        transaction: TxEnv,
        wants_diff: bool,
    ) -> Result<(Included, Vec<Change>), Failure> {
        if transaction.gas_limit > self.block.gas_limit {
            let reason = reasons::block_full(transaction.gas_limit, self.block.gas_limit);
            return Ok((Err(reason), Vec::new()));
        }
        let (config, block) = (self.transaction_config(false), self.block.clone());
        let stop = Stop::after(None);
        guard(|| {
            let mut evm = build(Reader::new(&self.state), config, block, &stop, false);
            let look = |evm: &evm::Evm<'_>| match wants_diff {
                true => run::changes(evm, &self.state),
                false => Vec::new(),
            };
            let (outcome, changes) = evm::try_out(&mut evm, transaction, look)?;
            Ok((outcome, changes.unwrap_or_default()))
        })
    }

    pub fn gas_cap(&self) -> u64 {
        revm::context_interface::Cfg::tx_gas_limit_cap(&self.config)
    }

    /// The hash of the block before this one, where it was given.
    pub fn parent_hash(&self) -> Option<B256> {
        let parent = self.block.number.saturating_to::<u64>().checked_sub(1)?;
        self.state.remembered_hashes().get(&parent).copied()
    }

    pub fn block(&self) -> &BlockEnv {
        &self.block
    }

    pub fn chain_id(&self) -> u64 {
        self.config.chain_id
    }

    pub fn snapshot(&mut self) -> u64 {
        let identifier = self.next_snapshot;
        self.next_snapshot += 1;
        self.snapshots.push(Saved {
            identifier,
            state: self.state.fork(),
            block: self.block.clone(),
            block_gas_used: self.block_gas_used,
        });
        identifier
    }

    /// Return to a snapshot; it and all later ones are forgotten.
    pub fn revert(&mut self, identifier: u64) -> Result<(), Failure> {
        let position = self.position(identifier)?;
        if let Some(saved) = self.snapshots.drain(position..).next() {
            self.state = saved.state;
            self.block = saved.block;
            self.block_gas_used = saved.block_gas_used;
        }
        Ok(())
    }

    /// What is different now from a snapshot, which stays.
    pub fn diff_since(&self, identifier: u64) -> Result<Vec<Change>, Failure> {
        let saved = &self.snapshots[self.position(identifier)?];
        Ok(self.state.diff_since(&saved.state)?)
    }

    fn position(&self, identifier: u64) -> Result<usize, Failure> {
        let found = self.snapshots.binary_search_by_key(&identifier, |saved| saved.identifier);
        found.map_err(|_| {
            Failure::Engine(format!("snapshot {identifier} is unknown, or was already used"))
        })
    }

    /// An independent world with the same state, block and watch list, without the snapshots.
    pub fn fork(&mut self) -> Self {
        Self {
            state: self.state.fork(),
            rules: self.rules,
            config: self.config.clone(),
            block: self.block.clone(),
            block_gas_used: self.block_gas_used,
            snapshots: Vec::new(),
            next_snapshot: 0,
            watch: Arc::clone(&self.watch),
        }
    }

    pub fn watch(&mut self) -> &mut WatchList {
        Arc::make_mut(&mut self.watch)
    }

    pub fn watch_list(&self) -> &WatchList {
        &self.watch
    }

    pub fn watched(&self) -> Result<Vec<U256>, Failure> {
        let entries = self.watch.entries().iter();
        let values = entries.map(|(address, slot)| self.state.slot(address, *slot));
        Ok(values.collect::<Result<_, _>>()?)
    }

    fn transaction_config(&self, checks_nonces: bool) -> CfgEnv {
        let mut config = self.config.clone();
        config.disable_nonce_check = !checks_nonces;
        config
    }

    fn call_config(&self) -> CfgEnv {
        let mut config = self.transaction_config(false);
        config.disable_balance_check = true;
        config.disable_base_fee = true;
        config.disable_eip3607 = true;
        config.tx_gas_limit_cap = Some(u64::MAX);
        config
    }
}

/// Blobs are not simulated: their price stays at its minimum.
fn with_cheapest_blobs(mut block: BlockEnv) -> BlockEnv {
    let blob_gas = BlobExcessGasAndPrice { excess_blob_gas: 0, blob_gasprice: 1 };
    block.blob_excess_gas_and_price = Some(blob_gas);
    block
}
