"""What a fork reads goes into its capsule, and the capsule gives the same answers with no node."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_hash.auto import keccak

from simulator.chain.abi import uint_word
from simulator.chain.fork import CapsuleSource, ForkedWorld, open_capsule, open_fork, read_capsule
from simulator.chain.fork.upstream import UpstreamOptions
from simulator.errors import CapsuleError, InputError, NotInCapsule, RevertError
from tests.differential.anvil import find_anvil
from tests.fork.proxy import standing_before
from tests.fork.upstream import (
    HASHES_ADDRESS,
    HOLDER,
    NOBODY,
    RICH,
    RICH_WEI,
    TOKEN_ADDRESS,
    Node,
    balance_of,
    populate,
    running,
    text,
)

pytestmark = pytest.mark.node

BALANCES = "balances(address)(uint256)"
TRANSFER = "transfer(address,uint256)(bool)"


def story(world: ForkedWorld) -> list[object]:
    """Reads and changes of every kind, and what came out of them."""
    alice = world.new_account("alice", 10**18)
    answers: list[object] = [
        world.chain.balance(RICH),
        world.chain.balance(NOBODY),
        world.send(HOLDER, TOKEN_ADDRESS, TRANSFER, alice, 300),
        world.send(alice, TOKEN_ADDRESS, TRANSFER, RICH, 100),
        world.call(TOKEN_ADDRESS, BALANCES, RICH),
        world.call(HASHES_ADDRESS, "hash_before(uint256)(bytes32)", 3),
    ]
    try:
        world.send(alice, TOKEN_ADDRESS, TRANSFER, RICH, 201)
    except RevertError as error:
        answers.append(str(error))
    world.next_block()
    created = world.deploy(bytes.fromhex("6001600c60003960016000f300"), sender=alice)
    answers += [created, world.chain.code(created), world.chain.nonce(alice)]
    answers.append(world.call(HASHES_ADDRESS, "hash_before(uint256)(bytes32)", 1))
    answers.append([world.call(TOKEN_ADDRESS, BALANCES, owner) for owner in (HOLDER, alice)])
    return answers


def test_a_capsule_replays_with_the_node_gone(tmp_path: Path, brisk: UpstreamOptions) -> None:
    program = find_anvil()
    if program is None:
        pytest.skip("no anvil; `npm ci` installs it")
    path = tmp_path / "out.capsule"
    with running(program, "prague") as node:
        populate(node)
        with open_fork(node.url, capsule=path, hardfork="prague", options=brisk) as live:
            told = story(live)
            newest = text(live.capsule().block_hash)
            assert newest == node.request("eth_getBlockByNumber", "latest", False)["hash"]
    assert told[:5] == [RICH_WEI, 0, True, True, 150]
    assert told[-2] == bytes.fromhex(newest[2:]), "the fork's block is the parent of the next one"
    assert story(open_capsule(path)) == told
    assert read_capsule(path).verification == "proof"


FIELDS = {"london": 16, "paris": 16, "shanghai": 17, "cancun": 20, "prague": 21, "osaka": 21}


@pytest.mark.parametrize("hardfork", FIELDS)
def test_the_header_of_every_hardfork_has_the_hash_that_the_node_gives(
    hardfork: str, brisk: UpstreamOptions
) -> None:
    program = find_anvil()
    if program is None:
        pytest.skip("no anvil; `npm ci` installs it")
    with running(program, hardfork) as node:
        node.mine(2)
        with open_fork(node.url, 1, hardfork=hardfork, options=brisk) as world:
            block = node.request("eth_getBlockByNumber", "0x1", False)
            assert text(world.capsule().block_hash) == block["hash"]
            header = world.capsule().header
            assert header is not None and len(header.items) == FIELDS[hardfork]
            assert world.chain.hardfork == hardfork
            environment = world.chain.block
            assert environment.timestamp == int(block["timestamp"], 16)
            assert environment.gas_limit == int(block["gasLimit"], 16)
            assert environment.parent_hash == bytes.fromhex(block["parentHash"][2:])


def test_a_call_answers_what_the_node_answers_at_that_block(
    node: Node, brisk: UpstreamOptions
) -> None:
    call = {"to": text(TOKEN_ADDRESS), "data": text(balance_of(RICH))}
    for number in (1, 2):
        with open_fork(node.url, number, options=brisk) as world:
            told = node.request("eth_call", call, hex(number))
            assert text(world.chain.call(TOKEN_ADDRESS, balance_of(RICH))) == told
            assert int(told, 16) == (50 if number == 2 else 0)


def test_equal_runs_give_equal_bytes_and_the_order_of_reads_does_not_matter(
    node: Node, brisk: UpstreamOptions, tmp_path: Path
) -> None:
    owners = [HOLDER, RICH, NOBODY]
    for name, order in (("one", owners), ("two", owners[::-1])):
        with open_fork(node.url, 6, capsule=tmp_path / name, options=brisk) as world:
            for owner in order:
                world.chain.balance(owner)
                world.call(TOKEN_ADDRESS, BALANCES, owner)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_what_a_script_changes_is_not_recorded(
    node: Node, brisk: UpstreamOptions, tmp_path: Path
) -> None:
    path = tmp_path / "out.capsule"
    with open_fork(node.url, 6, capsule=path, options=brisk) as world:
        world.chain.set_balance(RICH, 1)
        world.send(HOLDER, TOKEN_ADDRESS, TRANSFER, RICH, 1_000)
    replay = open_capsule(path)
    assert replay.chain.balance(RICH) == RICH_WEI
    assert replay.call(TOKEN_ADDRESS, BALANCES, HOLDER) == 1_000


@pytest.fixture
def small(node: Node, brisk: UpstreamOptions, tmp_path: Path) -> Path:
    """A capsule that knows one holder of the token, and that nobody is nobody."""
    path = tmp_path / "small.capsule"
    with open_fork(node.url, 6, capsule=path, options=brisk) as world:
        world.call(TOKEN_ADDRESS, BALANCES, HOLDER)
        world.chain.balance(NOBODY)
    return path


def test_an_unknown_slot_raises_with_its_address_and_slot(small: Path) -> None:
    world = open_capsule(small)
    assert world.call(TOKEN_ADDRESS, BALANCES, HOLDER) == 1_000
    with pytest.raises(NotInCapsule) as caught:
        world.call(TOKEN_ADDRESS, BALANCES, RICH)
    assert caught.value.address == TOKEN_ADDRESS
    assert caught.value.slot is not None and caught.value.slot.hex() in str(caught.value)
    assert world.call(TOKEN_ADDRESS, BALANCES, HOLDER) == 1_000, "the world goes on"


def test_an_unknown_account_and_an_unknown_block_hash_raise(small: Path) -> None:
    world = open_capsule(small)
    with pytest.raises(NotInCapsule, match=f"account {text(RICH)} is not in the capsule") as caught:
        world.chain.balance(RICH)
    assert (caught.value.address, caught.value.slot) == (RICH, None)
    with pytest.raises(NotInCapsule, match="the hash of block 4 is not in the capsule"):
        world.source.block_hash(4)
    assert world.source.block_hash(6) == world.capsule().block_hash


def test_missing_zero_counts_and_lists_what_was_read_as_zero(small: Path) -> None:
    world = open_capsule(small, missing="zero")
    source = world.source
    assert isinstance(source, CapsuleSource)
    assert world.call(TOKEN_ADDRESS, BALANCES, HOLDER) == 1_000
    assert (source.unknown_slots, source.unknown_slot_reads) == ((), 0)
    for owner in (RICH, NOBODY, RICH):
        assert world.call(TOKEN_ADDRESS, BALANCES, owner) == 0
    assert {address for address, _ in source.unknown_slots} == {TOKEN_ADDRESS}
    assert len(source.unknown_slots) == source.unknown_slot_reads == 2
    assert world.chain.balance(RICH) == 0 and world.chain.balance(NOBODY) == 0
    assert source.unknown_accounts == (RICH,)
    assert source.block_hash(4) == bytes(32) and source.unknown_block_hashes == (4,)


def test_other_ways_to_treat_what_is_missing_are_refused(small: Path) -> None:
    with pytest.raises(InputError, match="missing = 'nought': must be one of error, zero"):
        open_capsule(small, missing="nought")  # type: ignore[arg-type]


def test_every_slot_of_an_account_without_storage_is_known_to_be_zero(
    node: Node, brisk: UpstreamOptions, tmp_path: Path
) -> None:
    path = tmp_path / "out.capsule"
    with (
        standing_before(node.url) as proxy,
        open_fork(proxy.url, 6, capsule=path, options=brisk) as world,
    ):
        world.chain.balance(HASHES_ADDRESS)
        asked = len(proxy.methods)
        assert world.source.slot(HASHES_ADDRESS, uint_word(5)) == bytes(32)
        assert len(proxy.methods) == asked
    assert open_capsule(path).source.slot(HASHES_ADDRESS, uint_word(77)) == bytes(32)


def test_an_existing_capsule_of_the_block_is_extended_and_saves_requests(
    node: Node, brisk: UpstreamOptions, small: Path
) -> None:
    with (
        standing_before(node.url) as proxy,
        open_fork(proxy.url, 6, capsule=small, options=brisk) as world,
    ):
        before = len(proxy.methods)
        assert world.call(TOKEN_ADDRESS, BALANCES, HOLDER) == 1_000
        known = [item for item in proxy.parameters[before:] if item[0] == text(TOKEN_ADDRESS)]
        assert known == []
        assert world.call(TOKEN_ADDRESS, BALANCES, RICH) == 50
    replay = open_capsule(small)
    assert [replay.call(TOKEN_ADDRESS, BALANCES, owner) for owner in (HOLDER, RICH)] == [1_000, 50]


def test_an_existing_capsule_of_something_else_is_neither_used_nor_replaced(
    node: Node, brisk: UpstreamOptions, small: Path
) -> None:
    before = small.read_bytes()
    with pytest.raises(CapsuleError, match="exists with block 6 instead of 5"):
        open_fork(node.url, 5, capsule=small, options=brisk)
    with pytest.raises(CapsuleError, match="exists with verification proof instead of off"):
        open_fork(node.url, 6, capsule=small, verify="off", options=brisk)
    small.write_bytes(before[:-1])
    with pytest.raises(CapsuleError, match="cut short or was altered"):
        open_fork(node.url, 6, capsule=small, options=brisk)
    assert small.read_bytes() == before[:-1]


def test_a_place_that_cannot_hold_a_capsule_is_refused_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    url = "http://127.0.0.1:1"
    with pytest.raises(InputError, match="its folder is missing or cannot be written"):
        open_fork(url, capsule=tmp_path / "nowhere" / "out.capsule")
    with pytest.raises(InputError, match="is a folder"):
        open_fork(url, capsule=tmp_path)


def test_a_world_without_a_path_saves_where_it_is_told(
    node: Node, brisk: UpstreamOptions, tmp_path: Path
) -> None:
    with open_fork(node.url, 6, options=brisk) as world:
        world.chain.balance(RICH)
        with pytest.raises(InputError, match="give a path"):
            world.save()
        assert world.save(tmp_path / "here") == tmp_path / "here"
    assert open_capsule(tmp_path / "here").chain.balance(RICH) == RICH_WEI


def test_what_was_read_before_an_error_is_saved(
    node: Node, brisk: UpstreamOptions, tmp_path: Path
) -> None:
    path = tmp_path / "out.capsule"

    def fails() -> None:
        with open_fork(node.url, 6, capsule=path, options=brisk) as world:
            world.chain.balance(RICH)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    assert open_capsule(path).chain.balance(RICH) == RICH_WEI


def test_a_clone_of_a_fork_asks_the_same_source(node: Node, brisk: UpstreamOptions) -> None:
    with open_fork(node.url, 6, options=brisk) as world:
        twin = world.chain.clone()
        assert twin.balance(RICH) == RICH_WEI
        twin.set_balance(RICH, 3)
        assert world.chain.balance(RICH) == RICH_WEI


def test_what_a_contract_emits_of_time_and_number_is_the_forks(
    node: Node, brisk: UpstreamOptions
) -> None:
    with open_fork(node.url, 3, options=brisk) as world:
        first = world.chain.block
        later = world.next_block(60)
        assert (later.number, later.timestamp) == (4, first.timestamp + 60)
        assert later.parent_hash == world.capsule().block_hash
        assert world.next_block().parent_hash is None
        assert world.source.block_hash(5) == keccak(uint_word(5))


@pytest.mark.parametrize(
    ("block", "rule"),
    [("newest", "must be a block number or latest"), (-1, "must be"), (True, "must be"), (2.5, "")],
)
def test_a_block_that_is_none_is_refused(block: object, rule: str) -> None:
    with pytest.raises(InputError, match=f"block = .*{rule}"):
        open_fork("http://127.0.0.1:1", block)  # type: ignore[arg-type]


def test_other_wrong_arguments_are_refused(node: Node, brisk: UpstreamOptions) -> None:
    with pytest.raises(InputError, match="verify = 'maybe': must be one of proof"):
        open_fork(node.url, verify="maybe")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="block_hash = '0x01': must be 32 bytes"):
        open_fork(node.url, block_hash=b"\1")
    with pytest.raises(InputError, match="hardfork = 'byzantium'"):
        open_fork(node.url, hardfork="byzantium", options=brisk)
    with open_fork(node.url, 6, options=brisk) as world:
        with pytest.raises(InputError, match="address = '0x12': an address is 0x and 40 digits"):
            world.call("0x12", BALANCES, HOLDER)
        with pytest.raises(InputError, match="must be 1 values"):
            world.call(TOKEN_ADDRESS, BALANCES)
        with pytest.raises(InputError, match="a slot is 32 raw bytes"):
            world.prefetch(TOKEN_ADDRESS, [b"\1"])
        world.chain.balance(RICH)
        with pytest.raises(InputError, match="is an account of the real chain"):
            world.source.make_up(RICH)


def test_a_web3_script_runs_on_a_forked_world_and_on_its_capsule(
    node: Node, brisk: UpstreamOptions, tmp_path: Path
) -> None:
    from web3 import Web3

    def web3_script(world: ForkedWorld) -> list[object]:
        alice = Web3.to_checksum_address(world.new_account("alice", 10**18))
        connection = Web3(world.provider())
        token = connection.eth.contract(Web3.to_checksum_address(TOKEN_ADDRESS), abi=TOKEN_ABI)
        sent = token.functions.transfer(alice, 30).transact(
            {"from": Web3.to_checksum_address(HOLDER)}
        )
        receipt = connection.eth.wait_for_transaction_receipt(sent)
        created = connection.eth.send_transaction(
            {"from": alice, "data": b"\x60\x00\x60\x00\x53\x60\x01\x60\x00\xf3"}
        )
        place = connection.eth.get_transaction_receipt(created)["contractAddress"]
        assert place is not None
        return [
            receipt["status"],
            receipt["gasUsed"],
            token.functions.balances(alice).call(),
            connection.eth.chain_id,
            bytes(connection.eth.get_block(6)["hash"]),
            bytes(connection.eth.get_code(place)),
        ]

    path = tmp_path / "out.capsule"
    with open_fork(node.url, 6, capsule=path, options=brisk) as world:
        told = web3_script(world)
        assert told[0] == 1 and told[2:4] == [30, 31_337]
        assert told[4:] == [world.capsule().block_hash, b"\0"]
    assert web3_script(open_capsule(path)) == told


TOKEN_ABI = [
    {
        "type": "function",
        "name": "transfer",
        "stateMutability": "nonpayable",
        "inputs": [{"name": "to", "type": "address"}, {"name": "amount", "type": "uint256"}],
        "outputs": [{"name": "", "type": "bool"}],
    },
    {
        "type": "function",
        "name": "balances",
        "stateMutability": "view",
        "inputs": [{"name": "owner", "type": "address"}],
        "outputs": [{"name": "", "type": "uint256"}],
    },
]
