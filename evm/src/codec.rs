//! A world as bytes and back, for files and pickles: a header, accounts and slots in ascending
//! order, so that equal worlds give equal bytes, and a checksum over all of it.

use std::collections::BTreeMap;

use revm::{
    bytecode::Bytecode,
    context::BlockEnv,
    primitives::{Address, B256, Bytes, U256, keccak256},
};

use crate::{
    errors::Failure,
    fork,
    state::State,
    watch::WatchList,
    world::{Rules, World},
};

/// Format and its version.
const MAGIC: &[u8; 8] = b"UWWORLD1";
const CHECKSUM: usize = 32;

pub fn encode(world: &World) -> Result<Vec<u8>, Failure> {
    if world.state().has_source() {
        let message = "a forked world holds only what it has loaded; save it as a capsule instead";
        return Err(Failure::Engine(message.to_owned()));
    }
    let mut writer = Writer(MAGIC.to_vec());
    let rules = world.rules();
    writer.bytes(fork::name(rules.fork).as_bytes());
    writer.number(rules.chain_id);
    writer.number(u64::from(rules.limit_code_size) | u64::from(rules.check_senders) << 1);
    writer.block(world.block());
    writer.number(world.block_gas_used());
    writer.state(world.state());
    let watched = world.watch_list().entries();
    writer.number(watched.len() as u64);
    for (address, slot) in watched {
        writer.0.extend_from_slice(address.as_slice());
        writer.word(*slot);
    }
    let checksum = keccak256(&writer.0);
    writer.0.extend_from_slice(checksum.as_slice());
    Ok(writer.0)
}

pub fn decode(bytes: &[u8]) -> Result<World, Failure> {
    let broken = || wrong(bytes.len(), "is cut off or changed: its checksum does not fit");
    if !bytes.starts_with(MAGIC) {
        return Err(wrong(
            bytes.len(),
            "must begin with UWWORLD1: this is no world, or a newer one",
        ));
    }
    let (body, checksum) = bytes.split_last_chunk::<CHECKSUM>().ok_or_else(broken)?;
    if keccak256(body) != B256::from(*checksum) {
        return Err(broken());
    }
    let mut reader = Reader(&body[MAGIC.len()..]);
    reader.world().ok_or_else(|| wrong(bytes.len(), "is not what this version writes"))
}

fn wrong(size: usize, rule: &'static str) -> Failure {
    Failure::Argument("world", format!("{size} bytes"), rule)
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn word(&mut self, word: U256) {
        self.0.extend_from_slice(&word.to_be_bytes::<32>());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn block(&mut self, block: &BlockEnv) {
        self.word(block.number);
        self.word(block.timestamp);
        self.number(block.basefee);
        self.number(block.gas_limit);
        self.0.extend_from_slice(block.beneficiary.as_slice());
        self.0.extend_from_slice(block.prevrandao.unwrap_or_default().as_slice());
    }

    fn state(&mut self, state: &State) {
        self.number(state.remembered_hashes().len() as u64);
        for (number, hash) in state.remembered_hashes() {
            self.number(*number);
            self.0.extend_from_slice(hash.as_slice());
        }
        let (accounts, mut storage) = (state.accounts_with_storage(), state.storage());
        let codes: BTreeMap<B256, &[u8]> = accounts
            .iter()
            .filter_map(|(_, info)| {
                Some((info.code_hash, info.code.as_ref()?.original_byte_slice()))
            })
            .filter(|(_, code)| !code.is_empty())
            .collect();
        self.number(codes.len() as u64);
        codes.values().for_each(|code| self.bytes(code));
        let places: BTreeMap<B256, u64> = codes.keys().copied().zip(1..).collect();
        self.number(accounts.len() as u64);
        for (address, account) in &accounts {
            self.0.extend_from_slice(address.as_slice());
            self.word(account.balance);
            self.number(account.nonce);
            // 0 is no code.
            self.number(places.get(&account.code_hash).copied().unwrap_or(0));
            let number = account.account_id.map(|id| id.get() as u32);
            let slots = number.and_then(|number| storage.remove(&number));
            self.slots(slots.unwrap_or_default());
        }
    }

    fn slots(&mut self, mut slots: Vec<(U256, U256)>) {
        slots.sort_unstable();
        self.number(slots.len() as u64);
        for (slot, value) in slots {
            self.word(slot);
            self.word(value);
        }
    }
}

/// Every method gives None when the bytes end too early.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn chunk<const SIZE: usize>(&mut self) -> Option<[u8; SIZE]> {
        let (chunk, rest) = self.0.split_first_chunk::<SIZE>()?;
        self.0 = rest;
        Some(*chunk)
    }

    fn number(&mut self) -> Option<u64> {
        self.chunk().map(u64::from_le_bytes)
    }

    fn word(&mut self) -> Option<U256> {
        self.chunk().map(U256::from_be_bytes::<32>)
    }

    fn address(&mut self) -> Option<Address> {
        self.chunk().map(Address::new)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let size = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(bytes)
    }

    fn world(&mut self) -> Option<World> {
        let fork = fork::parse(std::str::from_utf8(self.bytes()?).ok()?)?;
        let (chain_id, flags) = (self.number()?, self.number()?);
        let (limit_code_size, check_senders) = (flags & 1 != 0, flags & 2 != 0);
        let rules = Rules { fork, chain_id, limit_code_size, check_senders };
        let block = self.block()?;
        let block_gas_used = self.number()?;
        let state = self.state()?;
        let mut watch = WatchList::default();
        for _ in 0..self.number()? {
            watch.add(self.address()?, [self.word()?].into_iter());
        }
        let mut world = World::of(rules, state, watch);
        world.resume(block, block_gas_used);
        self.0.is_empty().then_some(world)
    }

    fn block(&mut self) -> Option<BlockEnv> {
        Some(BlockEnv {
            number: self.word()?,
            timestamp: self.word()?,
            basefee: self.number()?,
            gas_limit: self.number()?,
            beneficiary: self.address()?,
            prevrandao: Some(B256::from(self.chunk::<32>()?)),
            ..Default::default()
        })
    }

    fn state(&mut self) -> Option<State> {
        let mut state = State::default();
        for _ in 0..self.number()? {
            let number = self.number()?;
            state.set_block_hash(number, Some(B256::from(self.chunk::<32>()?)));
        }
        let mut codes = vec![Bytecode::default()];
        for _ in 0..self.number()? {
            let code = Bytes::copy_from_slice(self.bytes()?);
            codes.push(Bytecode::new_raw_checked(code).ok()?);
        }
        for _ in 0..self.number()? {
            let (address, balance, nonce) = (self.address()?, self.word()?, self.number()?);
            let code = codes.get(usize::try_from(self.number()?).ok()?)?.clone();
            state.set_code(address, code).ok()?;
            let set = |account: &mut revm::state::AccountInfo| {
                (account.balance, account.nonce) = (balance, nonce);
            };
            state.update(address, set).ok()?;
            for _ in 0..self.number()? {
                let slot = self.word()?;
                state.set_slot(address, slot, self.word()?).ok()?;
            }
        }
        Some(state)
    }
}
