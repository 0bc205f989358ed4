//! One world: state, block, snapshots, watch list, and the ways to run code in it.

use std::sync::Arc;

use revm::{
    ExecuteEvm,
    context::{BlockEnv, CfgEnv, TxEnv},
    context_interface::block::BlobExcessGasAndPrice,
    primitives::{U256, hardfork::SpecId},
};

use crate::{
    batch::Batch,
    commit::{Change, commit},
    errors::Failure,
    evm::{Included, build, guard, included, run_batch},
    receipts::Receipts,
    state::State,
    watch::WatchList,
};

#[derive(Clone, Debug)]
struct Saved {
    identifier: u64,
    state: State,
    block: BlockEnv,
    block_gas_used: u64,
}

#[derive(Debug)]
pub struct World {
    state: State,
    config: CfgEnv,
    block: BlockEnv,
    block_gas_used: u64,
    snapshots: Vec<Saved>,
    next_snapshot: u64,
    watch: Arc<WatchList>,
}

impl World {
    pub fn new(fork: SpecId, chain_id: u64, limit_code_size: bool) -> Self {
        let mut config = CfgEnv::new_with_spec(fork).with_chain_id(chain_id);
        // The sum of the block's gas is kept here: revm checks single transactions only.
        config.disable_block_gas_limit = true;
        if !limit_code_size {
            config.limit_contract_code_size = Some(usize::MAX);
        }
        Self {
            state: State::default(),
            config,
            block: BlockEnv::default(),
            block_gas_used: 0,
            snapshots: Vec::new(),
            next_snapshot: 0,
            watch: Arc::default(),
        }
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

    /// Start a block. Blobs are not simulated: their price stays at its minimum.
    pub fn set_block(&mut self, mut block: BlockEnv) {
        let blob_gas = BlobExcessGasAndPrice { excess_blob_gas: 0, blob_gasprice: 1 };
        block.blob_excess_gas_and_price = Some(blob_gas);
        self.block = block;
        self.block_gas_used = 0;
    }

    /// Run a batch in the current block, in its order. On failure the world is as it was before.
    pub fn execute(&mut self, batch: &Batch, wants_diff: bool) -> Result<Receipts, Failure> {
        batch.check()?;
        let config = self.transaction_config(!batch.nonces.is_empty());
        let (block, block_gas_before) = (self.block.clone(), self.block_gas_used);
        let state = &mut self.state;
        let ran = guard(|| {
            let mut evm = build(state, config, block);
            let run = run_batch(&mut evm, batch, block_gas_before);
            run.map(|(receipts, block_gas)| (receipts, block_gas, evm.finalize()))
        });
        let (mut receipts, block_gas_used, journal) = ran?;
        self.block_gas_used = block_gas_used;
        let mut changes = Vec::new();
        commit(&mut self.state, journal, &mut changes);
        receipts.watched = self.watch.select(&changes);
        if wants_diff {
            changes.sort_unstable_by_key(|change: &Change| (change.address, change.slot));
            receipts.changes = changes;
        }
        Ok(receipts)
    }

    /// One transaction outside of the block's gas sum, for set-up code.
    pub fn transact(&mut self, transaction: TxEnv) -> Result<Included, Failure> {
        let (config, block) = (self.transaction_config(false), self.block.clone());
        let state = &mut self.state;
        let (outcome, journal) = guard(|| {
            let mut evm = build(state, config, block);
            let outcome = included(0, evm.transact_one(transaction))?;
            Ok((outcome, evm.finalize()))
        })?;
        commit(&mut self.state, journal, &mut Vec::new());
        Ok(outcome)
    }

    /// Run without keeping anything and without the checks that only transactions have.
    pub fn call(&mut self, transaction: TxEnv) -> Result<Included, Failure> {
        let mut config = self.transaction_config(false);
        config.disable_balance_check = true;
        config.disable_base_fee = true;
        config.disable_eip3607 = true;
        config.tx_gas_limit_cap = Some(u64::MAX);
        let (block, state) = (self.block.clone(), &mut self.state);
        guard(|| included(0, build(state, config, block).transact_one(transaction)))
    }

    pub fn gas_cap(&self) -> u64 {
        revm::context_interface::Cfg::tx_gas_limit_cap(&self.config)
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
        let position = self.snapshots.iter().position(|saved| saved.identifier == identifier);
        let saved = position.and_then(|position| self.snapshots.drain(position..).next());
        let saved = saved.ok_or_else(|| {
            Failure::Engine(format!("snapshot {identifier} is unknown, or was already used"))
        })?;
        self.state = saved.state;
        self.block = saved.block;
        self.block_gas_used = saved.block_gas_used;
        Ok(())
    }

    /// An independent world with the same state, block and watch list, without the snapshots.
    pub fn fork(&mut self) -> Self {
        Self {
            state: self.state.fork(),
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

    pub fn watched(&self) -> impl Iterator<Item = U256> + '_ {
        self.watch.entries().iter().map(|(address, slot)| self.state.slot(address, *slot))
    }

    fn transaction_config(&self, checks_nonces: bool) -> CfgEnv {
        let mut config = self.config.clone();
        config.disable_nonce_check = !checks_nonces;
        config
    }
}
