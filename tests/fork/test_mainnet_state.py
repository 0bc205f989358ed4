"""Aave v3 and Uniswap v3 as they were on mainnet, run from a recorded state with no node behind it.

The figures were measured from the same state by another engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from simulator.chain.fork import Capsule, CapsuleSource, ForkedWorld, load_recorded_json
from simulator.chain.fork.capsule_file import decode_capsule, encode_capsule
from simulator.chain.fork.open import open_capsule
from simulator.errors import NotInCapsule, RevertError
from simulator.types import Address
from tests.fork.recorded import NAME, recorded_state

pytest.importorskip("underwater_evm", reason="the engine is not built; `make engine` builds it")

POOL = "0x87870bca3f3fd6335c3f4ce8392d69350b4fa4e2"
ORACLE = "0x54586be62e3c3580375ae3723c145253060ca0c2"
ADMIN = "0x5300a1a15135ea4dc7ad5a167152c01efc9b192a"
WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
DAI = "0x6b175474e89094c44da98b954eedeac495271d0f"
DAI_MINT_ADMIN = "0x9759a6ac90977b93b58547b4a71c78317f391a28"
ROUTER = "0xe592427a0aece92de3edee1f18e0157c05861564"
FACTORY = "0x1f98431c8ad98523631ae4a59f267346ea31f984"
UNISWAP_POOL = "0xc2e9f25be6257c210d7adf0d4cd6e3e881ba25f8"

ETHER = 10**18
MAX = 2**256 - 1
VARIABLE = 2

AGGREGATOR = """
# pragma version 0.4.3

latestAnswer: public(int256)

@external
def set_answer(answer: int256):
    self.latestAnswer = answer
"""


pytestmark = pytest.mark.skipif(
    not recorded_state().is_file(),
    reason=f"no recorded mainnet state; UNDERWATER_MAINNET names the folder of {NAME}",
)


@dataclass(frozen=True, slots=True)
class Market:
    """A world with price sources, and the accounts that act."""

    world: ForkedWorld
    weth_source: Address
    user: Address
    liquidator: Address

    def account_data(self) -> tuple[int, ...]:
        """Collateral, debt and room to borrow (1e-8 dollars), threshold, LTV (bp), health (wad)."""
        outputs = "(uint256,uint256,uint256,uint256,uint256,uint256)"
        data: tuple[int, ...] = self.world.call(
            POOL, f"getUserAccountData(address){outputs}", self.user
        )
        return data

    def balance(self, token: str, owner: Address) -> int:
        balance: int = self.world.call(token, "balanceOf(address)(uint256)", owner)
        return balance

    def wrap(self, owner: Address, wei: int) -> None:
        self.world.send(owner, WETH, "deposit()", value=wei)

    def approve(self, owner: Address, token: str, spender: str) -> None:
        self.world.send(owner, token, "approve(address,uint256)", spender, MAX)

    def set_weth_price(self, dollars: int) -> None:
        self.world.send(self.user, self.weth_source, "set_answer(int256)", dollars * 10**8)

    def supply(self, wei: int) -> None:
        self.wrap(self.user, wei)
        self.approve(self.user, WETH, POOL)
        function = "supply(address,uint256,address,uint16)"
        self.world.send(self.user, POOL, function, WETH, wei, self.user, 0)

    def borrow(self, amount: int) -> None:
        function = "borrow(address,uint256,uint256,uint16,address)"
        self.world.send(self.user, POOL, function, DAI, amount, VARIABLE, 0, self.user)


@pytest.fixture(scope="module")
def capsule() -> Capsule:
    return load_recorded_json(recorded_state())


@pytest.fixture(scope="module")
def aggregator() -> bytes:
    from vyper import compile_code
    from vyper.compiler.settings import Settings

    settings = Settings(evm_version="shanghai")
    code = compile_code(AGGREGATOR, output_formats=["bytecode"], settings=settings)["bytecode"]
    return bytes.fromhex(code.removeprefix("0x"))


@pytest.fixture
def market(capsule: Capsule, aggregator: bytes) -> Iterator[Market]:
    world = open_capsule(capsule, missing="zero")
    user = world.new_account("user", 100 * ETHER)
    liquidator = world.new_account("liquidator", 100 * ETHER)
    sources = [world.deploy(aggregator) for _ in range(2)]
    for source, price in zip(sources, (3_265, 1), strict=True):
        world.send(user, source, "set_answer(int256)", price * 10**8)
    # The administrator is a contract: only an engine that waives EIP-3607 lets it send.
    assert world.chain.code(bytes.fromhex(ADMIN[2:]))
    function = "setAssetSources(address[],address[])"
    world.send(ADMIN, ORACLE, function, [WETH, DAI], sources)
    yield Market(world, sources[0], user, liquidator)
    world.close()


def test_the_recorded_state_reads_as_it_was(market: Market, capsule: Capsule) -> None:
    world = market.world
    assert capsule.summary() == {
        "chain_id": 1,
        "block": 19_471_508,
        "block_hash": None,
        "timestamp": 1_710_884_183,
        "hardfork": "cancun",
        "verification": "off",
        "accounts": 33,
        "absent_accounts": 0,
        "codes": 24,
        "code_bytes": 231_921,
        "slots": 1_567,
        "block_hashes": 0,
    }
    price, tick, *rest = world.call(
        UNISWAP_POOL, "slot0()(uint160,int24,uint16,uint16,uint16,uint8,bool)"
    )
    assert (price, tick, rest[:2]) == (1_386_482_401_493_677_059_261_604_871, -80_916, [204, 1_500])
    assert world.call(UNISWAP_POOL, "liquidity()(uint128)") == 133_379_039_065_113_870_282_378
    # The simulation asked for this order only; the other one's slot is not known.
    get_pool = "getPool(address,address,uint24)(address)"
    assert world.call(FACTORY, get_pool, WETH, DAI, 3_000) == UNISWAP_POOL
    assert bytes.fromhex(FACTORY[2:]) not in {address for address, _ in _unknown(world)}
    assert int(world.call(FACTORY, get_pool, DAI, WETH, 3_000), 16) == 0
    assert bytes.fromhex(FACTORY[2:]) in {address for address, _ in _unknown(world)}
    assert world.call(DAI, "name()(string)") == "Dai Stablecoin"
    assert world.call(ORACLE, "getAssetPrice(address)(uint256)", WETH) == 3_265 * 10**8


def _unknown(world: ForkedWorld) -> tuple[tuple[Address, bytes], ...]:
    assert isinstance(world.source, CapsuleSource)
    return world.source.unknown_slots


def test_without_price_sources_the_oracle_reverts(capsule: Capsule) -> None:
    """The feeds of mainnet are not in the file."""
    world = open_capsule(capsule, missing="zero")
    with pytest.raises(RevertError):
        world.call(ORACLE, "getAssetPrice(address)(uint256)", WETH)
    assert isinstance(world.source, CapsuleSource)
    feed = bytes.fromhex("5f4ec3df9cbd43714fe2740f5e3616155c5b8419")
    assert feed in world.source.unknown_accounts


def test_supply_borrow_price_drop_and_liquidation_give_the_known_figures(market: Market) -> None:
    market.supply(10 * ETHER)
    assert market.account_data() == (3_265_000_000_000, 0, 2_628_325_000_000, 8_300, 8_050, MAX)

    market.borrow(20_000 * ETHER)
    assert market.balance(DAI, market.user) == 20_000 * ETHER
    assert market.account_data()[5] == 1_354_975_000_000_000_000

    market.set_weth_price(2_200)
    assert market.account_data()[5] == 913_000_000_000_000_000

    world, liquidator = market.world, market.liquidator
    world.send(DAI_MINT_ADMIN, DAI, "mint(address,uint256)", liquidator, 30_000 * ETHER)
    market.approve(liquidator, DAI, POOL)
    function = "liquidationCall(address,address,address,uint256,bool)"
    world.send(liquidator, POOL, function, WETH, DAI, market.user, MAX, False)
    assert market.balance(DAI, liquidator) == 10_000 * ETHER
    # 20,000 / 2,200 x 1.05 WETH less a tenth of the bonus is 9.5; the pool rounds a wei down.
    assert market.balance(WETH, liquidator) == 19 * ETHER // 2 - 1
    collateral, debt, *_ = market.account_data()
    assert (collateral, debt) == (1_000 * 10**8, 0)


def test_a_swap_gives_the_known_amount(market: Market) -> None:
    user = market.user
    market.wrap(user, 10 * ETHER)
    market.approve(user, WETH, ROUTER)
    terms = "(address,address,uint24,address,uint256,uint256,uint256,uint160)"
    swap = (WETH, DAI, 3_000, user, MAX, 10 * ETHER, 0, 0)
    bought = market.world.send(user, ROUTER, f"exactInputSingle({terms})(uint256)", swap)
    assert bought == market.balance(DAI, user)
    assert bought == 32_417_144_731_989_992_855_654 and bought / ETHER == 32417.144731989993


def test_a_healthy_position_cannot_be_liquidated(market: Market) -> None:
    market.supply(10 * ETHER)
    market.borrow(20_000 * ETHER)
    function = "liquidationCall(address,address,address,uint256,bool)"
    with pytest.raises(RevertError, match="45"):  # HEALTH_FACTOR_NOT_BELOW_THRESHOLD
        market.world.send(market.liquidator, POOL, function, WETH, DAI, market.user, MAX, False)


def test_unknown_slots_of_known_contracts_are_counted_and_listed(
    market: Market, capsule: Capsule
) -> None:
    market.supply(10 * ETHER)
    unknown, source = _unknown(market.world), market.world.source
    assert isinstance(source, CapsuleSource)
    assert len(unknown) == source.unknown_slot_reads > 0
    for address, slot in unknown:
        assert address in capsule.state.accounts
        assert slot not in capsule.state.slots.get(address, {})
    # The user's WETH balance is read when it is first credited; nobody recorded that slot.
    assert bytes.fromhex(WETH[2:]) in {address for address, _ in unknown}


def test_an_unknown_slot_raises_unless_zero_was_asked_for(capsule: Capsule) -> None:
    world = open_capsule(capsule)
    with pytest.raises(NotInCapsule) as caught:
        world.call(WETH, "balanceOf(address)(uint256)", "0x" + "11" * 20)
    assert caught.value.address == bytes.fromhex(WETH[2:])
    assert caught.value.slot is not None and len(caught.value.slot) == 32
    assert f"of account {WETH}" in str(caught.value)
    assert f"slot 0x{caught.value.slot.hex()}" in str(caught.value)


def test_the_state_passes_through_a_capsule_file_unchanged(capsule: Capsule) -> None:
    data = encode_capsule(capsule)
    assert decode_capsule(data) == capsule
    assert len(data) < recorded_state().stat().st_size / 2
