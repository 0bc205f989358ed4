"""Deployment, and what a contract given by the user must offer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.chain import open_chain
from simulator.errors import ChainError, InputError
from simulator.protocols.matched_perp import encode
from simulator.protocols.matched_perp.deployment import (
    PERP_SOURCE,
    TOKEN_SOURCE,
    Roles,
    check_interface,
    compile_exchange,
    deploy,
    fund_insurance,
    send_all,
)
from simulator.protocols.matched_perp.parameters import load_parameters
from simulator.protocols.matched_perp.session import address_of
from simulator.resources import contracts_folder
from simulator.units import WAD

ROLES = Roles(address_of("owner"), address_of("oracle keeper"), address_of("adl keeper"))


def changed_copy(folder: Path, old: str, new: str) -> str:
    text = (contracts_folder() / PERP_SOURCE).read_text(encoding="utf-8")
    assert old in text
    path = folder / "Changed.vy"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return str(path)


def test_a_copy_of_the_exchange_is_deployed_in_its_place(tmp_path: Path) -> None:
    path = changed_copy(tmp_path, '"healthy"', '"is healthy"')
    deployment = deploy(open_chain("auto"), load_parameters(), [("ETH", WAD)], ROLES, contract=path)
    assert deployment.perp_artifact.path == Path(path)
    assert deployment.markets == ("ETH",)


def test_a_contract_that_is_neither_a_name_nor_a_file_is_refused() -> None:
    with pytest.raises(InputError, match="must be matched-perp or the path"):
        compile_exchange("no-such-contract")


def test_a_contract_without_a_needed_function_is_refused() -> None:
    token = str(contracts_folder() / TOKEN_SOURCE)
    with pytest.raises(InputError, match=r"has no (function|event) "):
        compile_exchange(token)


def test_a_contract_with_another_storage_is_refused() -> None:
    reference = compile_exchange()
    layout = dict(reference.storage_layout)
    check_interface(reference, reference)
    del layout["markets"]
    with pytest.raises(InputError, match=r"needs the storage variable markets: Market\[8\]"):
        check_interface(replace(reference, storage_layout=layout), reference)


def test_a_contract_with_other_members_of_a_struct_is_refused() -> None:
    reference = compile_exchange()
    text = json.dumps(reference.abi).replace("loss_short", "loss_of_shorts")
    with pytest.raises(InputError, match="needs the storage variable markets"):
        check_interface(replace(reference, abi=tuple(json.loads(text))), reference)


@pytest.mark.parametrize("price", [0, -WAD, WAD + 1])
def test_a_market_needs_a_first_price_on_the_tick(price: int) -> None:
    with pytest.raises(InputError, match=r"markets\.ETH"):
        deploy(open_chain("auto"), load_parameters(), [("ETH", price)], ROLES)


@pytest.mark.parametrize("count", [0, 9])
def test_there_are_one_to_eight_markets(count: int) -> None:
    with pytest.raises(InputError, match="must be 1 to 8"):
        deploy(open_chain("auto"), load_parameters(), [("ETH", WAD)] * count, ROLES)


def test_a_failing_set_up_transaction_is_told_with_its_place_and_reason() -> None:
    chain = open_chain("auto")
    deployment = deploy(chain, load_parameters(), [("ETH", WAD)], ROLES)
    fund_insurance(chain, deployment, 0)
    calls = [encode.accrue(0), encode.accrue(1)]
    with pytest.raises(ChainError, match="set-up transaction 1 failed: market"):
        send_all(chain, [ROLES.owner] * 2, deployment.perp, calls)
