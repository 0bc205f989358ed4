//! The accounts of a world as revm's database, with the pokes that set-up code may do.
//!
//! Reading needs no exclusive access, so that threads can share one state; only commits and pokes
//! write. On a fork what is not in the layers is asked of the source.

use std::{collections::BTreeMap, sync::Arc};

use revm::{
    Database,
    bytecode::Bytecode,
    primitives::{Address, B256, Bytes, HashMap, KECCAK_EMPTY, U256},
    state::{AccountId, AccountInfo},
};

use crate::{
    commit::Change,
    history::made_hash,
    layers::{Layers, SlotKey},
    source::{Missing, Source, is_of_source},
};

/// BLOCKHASH looks back this far.
const REMEMBERED_HASHES: usize = 256;

#[derive(Clone, Debug, Default)]
pub struct State {
    layers: Layers,
    /// Which address owns the storage under a number; a number is used once.
    owners: Arc<Vec<Address>>,
    hashes: Arc<BTreeMap<u64, B256>>,
    source: Option<Arc<Source>>,
    /// Of a fork: the block it stands on. Later ones are simulated.
    fork_block: u64,
}

fn number(id: AccountId) -> u32 {
    // An AccountId is made of a u32, so nothing is cut off.
    id.get() as u32
}

fn slot_key(id: AccountId, slot: U256) -> SlotKey {
    SlotKey { number: number(id), slot }
}

impl State {
    pub fn over(source: Source) -> Self {
        let (layers, source) = (Layers::over_source(), Some(Arc::new(source)));
        Self { layers, source, ..Self::default() }
    }

    pub fn has_source(&self) -> bool {
        self.source.is_some()
    }

    pub fn fork(&mut self) -> Self {
        Self { layers: self.layers.fork(), ..self.clone_without_layers() }
    }

    fn clone_without_layers(&self) -> Self {
        Self {
            layers: Layers::default(),
            owners: Arc::clone(&self.owners),
            hashes: Arc::clone(&self.hashes),
            source: self.source.clone(),
            fork_block: self.fork_block,
        }
    }

    pub fn set_fork_block(&mut self, number: u64) {
        self.fork_block = number;
    }

    pub fn account(&self, address: &Address) -> Result<Option<AccountInfo>, Missing> {
        match (self.layers.account(address), &self.source) {
            (Some(known), _) => Ok(known.cloned()),
            (None, Some(source)) => source.account(address),
            (None, None) => Ok(None),
        }
    }

    pub fn account_id(&self, address: &Address) -> Result<Option<AccountId>, Missing> {
        match (self.layers.account(address), &self.source) {
            (Some(known), _) => Ok(known.and_then(|account| account.account_id)),
            (None, Some(source)) => Ok(source.account(address)?.and_then(|info| info.account_id)),
            (None, None) => Ok(None),
        }
    }

    pub fn slot(&self, address: &Address, slot: U256) -> Result<U256, Missing> {
        match self.account_id(address)? {
            Some(id) => self.slot_by_id(id, slot),
            None => Ok(U256::ZERO),
        }
    }

    pub fn slot_by_id(&self, id: AccountId, slot: U256) -> Result<U256, Missing> {
        let key = slot_key(id, slot);
        match (self.layers.slot(&key), &self.source) {
            (Some(value), _) => Ok(value),
            (None, Some(source)) if is_of_source(key.number) => source.slot(key.number, slot),
            (None, _) => Ok(U256::ZERO),
        }
    }

    /// What is known without asking the source: all that a batch has loaded, for its commit.
    pub fn known_slot(&self, id: AccountId, slot: U256) -> U256 {
        let known = self.layers.slot(&slot_key(id, slot));
        let source = self.source.as_ref().filter(|_| known.is_none());
        let loaded = source.and_then(|source| source.loaded_slot(number(id), slot));
        known.or(loaded).unwrap_or_default()
    }

    /// As `known_slot`, for an account: outer None where there is none, inner one where it has no
    /// storage.
    pub fn known_id(&self, address: &Address) -> Option<Option<AccountId>> {
        match (self.layers.account(address), &self.source) {
            (Some(known), _) => known.map(|account| account.account_id),
            (None, Some(source)) => source.loaded_account(address).map(|info| info.account_id),
            (None, None) => None,
        }
    }

    pub fn set_slot_by_id(&mut self, id: AccountId, slot: U256, value: U256) {
        self.layers.set_slot(slot_key(id, slot), value);
    }

    /// Slots that are not zero; on a fork of those that were loaded.
    pub fn slots_of(&self, id: AccountId) -> Vec<(U256, U256)> {
        let mut slots = self.layers.slots_of(number(id));
        if let Some(source) = &self.source {
            let loaded = source.loaded_slots_of(number(id)).into_iter();
            let unknown =
                |(slot, _): &(U256, U256)| self.layers.slot(&slot_key(id, *slot)).is_none();
            slots.extend(loaded.filter(unknown).filter(|(_, value)| !value.is_zero()));
        }
        slots
    }

    /// All accounts that are not empty; on a fork of those that were loaded.
    pub fn accounts(&self) -> Vec<(Address, AccountInfo)> {
        let mut accounts = self.accounts_with_storage();
        accounts.retain(|(_, account)| !account.is_empty());
        accounts
    }

    /// As `accounts`, with those that set-up code gave storage and nothing else yet.
    pub fn accounts_with_storage(&self) -> Vec<(Address, AccountInfo)> {
        let mut accounts: Vec<_> =
            self.layers.accounts().into_iter().map(|(at, info)| (at, info.clone())).collect();
        if let Some(source) = &self.source {
            let loaded = source.loaded_accounts().into_iter();
            accounts.extend(loaded.filter(|(address, _)| self.layers.account(address).is_none()));
        }
        accounts.sort_unstable_by_key(|(address, _)| *address);
        accounts
    }

    /// All slots that are not zero, by account number, in any order. Not for forks.
    pub fn storage(&self) -> HashMap<u32, Vec<(U256, U256)>> {
        let mut storage: HashMap<u32, Vec<(U256, U256)>> = HashMap::default();
        for (key, value) in self.layers.slots() {
            storage.entry(key.number).or_default().push((key.slot, value));
        }
        storage
    }

    /// A number under which nothing is stored yet.
    pub fn new_id(&mut self, owner: Address) -> AccountId {
        let owners = Arc::make_mut(&mut self.owners);
        owners.push(owner);
        let id = AccountId::new(owners.len() - 1);
        id.expect("a world has fewer than 2^31 accounts with storage")
    }

    pub fn set_account(&mut self, address: Address, account: AccountInfo) {
        // Since EIP-161 an empty account and none are the same.
        let exists = !account.is_empty() || account.account_id.is_some();
        self.layers.set_account(address, exists.then_some(account));
    }

    pub fn remove_account(&mut self, address: Address) {
        self.layers.set_account(address, None);
    }

    pub fn update(
        &mut self,
        address: Address,
        change: impl FnOnce(&mut AccountInfo),
    ) -> Result<(), Missing> {
        let mut account = self.account(&address)?.unwrap_or_default();
        change(&mut account);
        self.set_account(address, account);
        Ok(())
    }

    pub fn set_code(&mut self, address: Address, code: Bytecode) -> Result<(), Missing> {
        self.update(address, |account| {
            account.code_hash = if code.is_empty() { KECCAK_EMPTY } else { code.hash_slow() };
            account.code = Some(code);
        })
    }

    pub fn set_slot(&mut self, address: Address, slot: U256, value: U256) -> Result<(), Missing> {
        let id = match self.account_id(&address)? {
            Some(id) => id,
            None => {
                let id = self.new_id(address);
                self.update(address, |account| account.account_id = Some(id))?;
                id
            }
        };
        self.set_slot_by_id(id, slot, value);
        Ok(())
    }

    /// Remember a block's hash for BLOCKHASH, or forget it.
    pub fn set_block_hash(&mut self, number: u64, hash: Option<B256>) {
        let Some(hash) = hash else {
            if self.hashes.contains_key(&number) {
                Arc::make_mut(&mut self.hashes).remove(&number);
            }
            return;
        };
        let hashes = Arc::make_mut(&mut self.hashes);
        hashes.insert(number, hash);
        while hashes.len() > REMEMBERED_HASHES {
            hashes.pop_first();
        }
    }

    /// No headers are kept, so the hash of a block is the one that was given, the source's, or one
    /// made of its number: keccak256 of 32 bytes.
    pub fn block_hash(&self, number: u64) -> Result<B256, Missing> {
        let given = self.hashes.get(&number);
        given.map_or_else(|| self.block_hash_unless_given(number), |hash| Ok(*hash))
    }

    pub fn block_hash_unless_given(&self, number: u64) -> Result<B256, Missing> {
        match &self.source {
            Some(source) if number <= self.fork_block => source.block_hash(number),
            _ => Ok(made_hash(number)),
        }
    }

    pub fn remembered_hashes(&self) -> &BTreeMap<u64, B256> {
        &self.hashes
    }

    /// Slots that differ from an earlier state of the same world, by address and slot.
    pub fn diff_since(&self, before: &Self) -> Result<Vec<Change>, Missing> {
        let unshared = self.layers.unshared(&before.layers);
        let mut places: Vec<(Address, U256)> = Vec::with_capacity(unshared.slots.len());
        for key in unshared.slots.keys() {
            places.extend(self.owner(key.number).map(|owner| (owner, key.slot)));
        }
        for address in unshared.accounts.keys() {
            // An account that began anew has other slots even where no slot was written.
            let (old, new) = (before.account_id(address)?, self.account_id(address)?);
            if old != new {
                let slots = [(before, old), (self, new)]
                    .map(|(state, id)| id.map(|id| state.slots_of(id)).unwrap_or_default());
                places.extend(slots.iter().flatten().map(|(slot, _)| (*address, *slot)));
            }
        }
        places.sort_unstable();
        places.dedup();
        let mut changes = Vec::new();
        for (address, slot) in places {
            let (old, new) = (before.slot(&address, slot)?, self.slot(&address, slot)?);
            if old != new {
                changes.push(Change { address, slot, old, new });
            }
        }
        Ok(changes)
    }

    fn owner(&self, number: u32) -> Option<Address> {
        match &self.source {
            Some(source) if is_of_source(number) => source.address_of(number),
            _ => self.owners.get(number as usize).copied(),
        }
    }
}

/// A state as revm's database.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    state: &'a State,
    /// Each account gets a copy of its code: threads that share it would fight over its counter at
    /// every call.
    copies_code: bool,
}

impl<'a> Reader<'a> {
    pub fn new(state: &'a State) -> Self {
        Self { state, copies_code: false }
    }

    pub fn for_own_thread(state: &'a State) -> Self {
        Self { state, copies_code: true }
    }
}

impl Database for Reader<'_> {
    type Error = Missing;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Missing> {
        let mut account = self.state.account(&address)?;
        if self.copies_code
            && let Some(code) = account.as_mut().and_then(|found| found.code.as_mut())
        {
            let bytes = Bytes::copy_from_slice(code.original_byte_slice());
            // It was code before, so it is code again.
            *code = Bytecode::new_raw_checked(bytes).unwrap_or_default();
        }
        Ok(account)
    }

    /// Never asked: accounts carry their code.
    fn code_by_hash(&mut self, _code_hash: B256) -> Result<Bytecode, Missing> {
        Ok(Bytecode::default())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Missing> {
        self.state.slot(&address, slot)
    }

    fn storage_by_account_id(
        &mut self,
        _address: Address,
        id: AccountId,
        slot: U256,
    ) -> Result<U256, Missing> {
        self.state.slot_by_id(id, slot)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Missing> {
        self.state.block_hash(number)
    }
}
