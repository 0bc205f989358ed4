"""`underwater fork`: a script against a node, its capsule, and the replay with the node gone."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulator.chain.fork import load_recorded_json, open_capsule, read_capsule
from tests.fork.proxy import Handler, standing_before
from tests.fork.recorded import recorded_state
from tests.fork.upstream import HOLDER, RICH, RICH_WEI, TOKEN_ADDRESS, Node, text
from underwater.cli import app

pytestmark = pytest.mark.node

SCRIPT = f"""
TOKEN = "{text(TOKEN_ADDRESS)}"
HOLDER = "{text(HOLDER)}"

def replay(world):
    print("talk of the script")
    alice = world.new_account("alice", 10**18)
    world.send(HOLDER, TOKEN, "transfer(address,uint256)", alice, 300)
    left = world.call(TOKEN, "balances(address)(uint256)", HOLDER)
    wei = world.chain.balance(bytes.fromhex("{RICH.hex()}"))
    return {{"left": left, "alice": alice, "wei": wei}}
"""


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    stdout: str
    stderr: str


Command = Callable[..., Answer]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def fork(place: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Type `underwater fork ...` in an empty folder."""

    def type_in(*words: str) -> Answer:
        try:
            app(["fork", *words], prog_name="underwater")
        except SystemExit as ended:
            code = ended.code
        captured = capsys.readouterr()
        assert isinstance(code, int)
        return Answer(code, captured.out, captured.err)

    return type_in


def written(place: Path, text: str, name: str = "replay.py") -> str:
    (place / name).write_text(textwrap.dedent(text), encoding="utf-8")
    return name


def test_a_run_and_its_replay_offline_print_the_same_bytes(
    node: Node, fork: Command, place: Path
) -> None:
    script = written(place, SCRIPT)
    rpc = ("--rpc", node.url, "--block", "6")
    live = fork(*rpc, "--script", script, "--capsule", "out.capsule", "--json")
    assert live.code == 0, live.stderr
    assert "talk of the script" in live.stderr
    assert "chain 31337 at block 6, rules of cancun, every value proven" in live.stderr
    told = json.loads(live.stdout)
    assert told["result"] == {"left": 700, "alice": told["result"]["alice"], "wei": RICH_WEI}
    assert told["verification"] == "proof" and told["unknown_slots"] == []

    empty = place / "elsewhere"
    empty.mkdir()
    program = "from underwater.cli import main; main()"
    words = ["fork", "--capsule", "../out.capsule", "--script", "../replay.py", "--json"]
    before = (place / "out.capsule").read_bytes()
    replay = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=empty,
        capture_output=True,
        text=True,
        check=False,
    )
    assert replay.returncode == 0, replay.stderr
    assert replay.stdout == live.stdout
    assert list(empty.iterdir()) == [] and (place / "out.capsule").read_bytes() == before


def test_without_json_the_result_alone_is_on_stdout(node: Node, fork: Command, place: Path) -> None:
    script = written(place, "def replay(world):\n    return [1, (b'\\x01', None), {2: True}]\n")
    answer = fork("--rpc", node.url, "--script", script)
    assert answer.code == 0 and json.loads(answer.stdout) == [1, ["0x01", None], {"2": True}]


def test_without_a_script_the_capsule_is_summed_up(node: Node, fork: Command, place: Path) -> None:
    script = written(place, SCRIPT)
    fork("--rpc", node.url, "--block", "6", "--script", script, "--capsule", "out.capsule")
    plain = fork("--capsule", "out.capsule")
    assert plain.code == 0
    rows = dict(line.split("  ", 1) for line in plain.stdout.splitlines())
    assert rows["chain id"].strip() == "31337" and rows["slots"].strip() == "2"
    told = json.loads(fork("--capsule", "out.capsule", "--json").stdout)
    assert told["block"] == 6 and told["slots"] == 2 and "result" not in told


def test_several_endpoints_are_given_by_several_options(
    node: Node, fork: Command, place: Path
) -> None:
    with standing_before(node.url) as proxy:
        answer = fork("--rpc", proxy.url, "--rpc", node.url, "--capsule", "out.capsule")
        assert answer.code == 0, answer.stderr
        assert "eth_chainId" in proxy.methods


SCRIPT_FAULTS = {
    "raises": ("def replay(world):\n    x = 1\n    return x / 0\n", ":3: ZeroDivisionError: div"),
    "in a helper": (
        "def help():\n    raise KeyError('x')\ndef replay(world):\n    help()\n",
        ":2: ",
    ),
    "bad syntax": ("def replay(world):\n    return (\n", ":2: SyntaxError"),
    "bad import": ("import nonexistent_module_x\n", ":1: ModuleNotFoundError"),
    "no function": ("x = 1\n", "must define a function replay(world)"),
    "no argument": ("def replay():\n    pass\n", "TypeError"),
    "bad call": ("def replay(world):\n    world.call('0x1', 'f()')\n", ":2: InputError: address"),
    "leaves": ("def replay(world):\n    raise SystemExit('enough')\n", ":2: SystemExit: enough"),
    "no JSON": ("def replay(world):\n    return {'a': [world]}\n", "['a'][0] = 'ForkedWorld'"),
    "no number": ("def replay(world):\n    return float('nan')\n", "JSON has no such number"),
    "endless": ("def replay(world):\n    x = []\n    x.append(x)\n    return x\n", "nested deeper"),
    "odd key": ("def replay(world):\n    return {None: 1}\n", "a key must be text"),
}


@pytest.mark.parametrize("fault", SCRIPT_FAULTS)
def test_a_fault_of_the_script_is_told_with_file_and_line(
    node: Node, fork: Command, place: Path, fault: str
) -> None:
    source, said = SCRIPT_FAULTS[fault]
    answer = fork("--rpc", node.url, "--script", written(place, source))
    assert answer.code == 2 and answer.stdout == ""
    line = answer.stderr.splitlines()[-1]
    assert line.startswith("underwater: ") and "replay.py" in line and said in line
    assert "Traceback" not in answer.stderr and "unexpected" not in answer.stderr


def test_a_violated_property_in_a_script_gives_exit_code_1(
    node: Node, fork: Command, place: Path
) -> None:
    script = written(
        place,
        """
        from simulator.errors import PropertyViolation
        def replay(world):
            raise PropertyViolation("the pool owes more than it has")
        """,
    )
    answer = fork("--rpc", node.url, "--script", script)
    assert answer.code == 1
    assert "replay.py:4: PropertyViolation: the pool owes more than it has" in answer.stderr


def test_what_was_read_before_the_fault_is_kept(node: Node, fork: Command, place: Path) -> None:
    script = written(
        place,
        f"""
        def replay(world):
            world.chain.balance(bytes.fromhex("{RICH.hex()}"))
            raise RuntimeError("too late")
        """,
    )
    answer = fork("--rpc", node.url, "--script", script, "--capsule", "out.capsule")
    assert answer.code == 2 and "replay.py:4: RuntimeError: too late" in answer.stderr
    assert "capsule out.capsule: " in answer.stderr
    assert open_capsule("out.capsule").chain.balance(RICH) == RICH_WEI


def test_a_script_may_import_what_lies_beside_it(node: Node, fork: Command, place: Path) -> None:
    written(place, "ANSWER = 42\n", "beside_the_replay.py")
    script = written(
        place, "from beside_the_replay import ANSWER\ndef replay(world):\n    return ANSWER\n"
    )
    answer = fork("--rpc", node.url, "--script", script)
    assert (answer.code, answer.stdout.strip()) == (0, "42")
    assert str(place) not in sys.path


def test_a_replay_that_reads_more_than_the_capsule_holds_says_what(
    node: Node, fork: Command, place: Path
) -> None:
    fork("--rpc", node.url, "--script", written(place, SCRIPT), "--capsule", "out.capsule")
    other = written(
        place,
        f"""
        def replay(world):
            function = "balances(address)(uint256)"
            return world.call("{text(TOKEN_ADDRESS)}", function, "{text(RICH)}")
        """,
        "other.py",
    )
    strict = fork("--capsule", "out.capsule", "--script", other)
    assert strict.code == 2 and "other.py:4: NotInCapsule: slot 0x" in strict.stderr
    lax = fork("--capsule", "out.capsule", "--script", other, "--missing", "zero")
    assert lax.code == 0 and lax.stdout.strip() == "0"
    assert "warning: 1 unknown slots were read as zero: 0x" in lax.stderr
    words = ("--capsule", "out.capsule", "--script", other, "--missing", "zero", "--json")
    listed = json.loads(fork(*words).stdout)["unknown_slots"]
    assert len(listed) == 1 and listed[0].startswith(text(TOKEN_ADDRESS))


REFUSALS = [
    ((), "--rpc = '': is needed, or --capsule"),
    (("--capsule", "no.capsule"), "capsule no.capsule: cannot be read: No such file"),
    (("--capsule", "x", "--block", "1"), "--block = '1': needs --rpc"),
    (("--capsule", "x", "--verify", "off"), "--verify = 'off': needs --rpc"),
    (("--capsule", "x", "--missing", "nil"), "--missing = 'nil': must be one of error, zero"),
    (("--rpc", "x", "--missing", "zero"), "--missing = 'zero': is for a replay without --rpc"),
    (("--rpc", "x"), "--rpc = 'x': must be the address of a node"),
    (
        ("--rpc", "http://127.0.0.1:1", "--block", "last"),
        "--block = 'last': must be a block number",
    ),
    (("--rpc", "http://127.0.0.1:1", "--block", "-1"), "--block = '-1': must be a block number"),
    (("--rpc", "http://127.0.0.1:1", "--verify", "yes"), "--verify = 'yes': must be one of proof"),
    (("--rpc", "http://127.0.0.1:1", "--block-hash", "0x1"), "--block-hash = '0x1': must be 0x"),
    (("--rpc", "http://127.0.0.1:1", "--script", "no.py"), "--script = 'no.py': cannot be read"),
    (("--rpc", "http://127.0.0.1:1", "--capsule", "no/x"), "--capsule = 'no/x': its folder"),
    (("--rpc", "http://127.0.0.1:1", "--chain", "geth"), "--chain = 'geth': must be one of"),
]


@pytest.mark.parametrize(("words", "said"), REFUSALS)
def test_a_bad_option_is_refused_in_one_line(
    fork: Command, place: Path, words: tuple[str, ...], said: str
) -> None:
    answer = fork(*words)
    assert answer.code == 2 and answer.stdout == ""
    assert answer.stderr.count("\n") == 1 and answer.stderr.startswith("underwater: ")
    assert said in answer.stderr
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_or_a_polite_kill_during_a_script_keeps_what_was_recorded(
    node: Node, place: Path, asked: signal.Signals
) -> None:
    """The script waits for an answer of the node that never comes."""
    script = written(
        place,
        f"""
        def replay(world):
            world.chain.balance(bytes.fromhex("{RICH.hex()}"))
            world.chain.balance(bytes.fromhex("{HOLDER.hex()}"))
        """,
    )

    def hangs_at_the_holder(handler: Handler, method: str, before: int) -> bool:
        if text(HOLDER) not in handler.server.parameters[-1][:1]:
            return False
        running.send_signal(asked)
        handler.server.closing.wait(20)
        handler.hang_up()
        return True

    with standing_before(node.url, misbehave=hangs_at_the_holder) as proxy:
        words = ["fork", "--rpc", proxy.url, "--script", script, "--capsule", "out.capsule"]
        running = subprocess.Popen(
            [sys.executable, "-c", "from underwater.cli import main; main()", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        stdout, stderr = running.communicate(timeout=60)
    assert running.returncode == 130, stderr
    assert stdout == "" and stderr.endswith("underwater: interrupted\n")
    assert open_capsule("out.capsule").chain.balance(RICH) == RICH_WEI
    assert HOLDER not in read_capsule(place / "out.capsule").state.accounts


@pytest.mark.skipif(not recorded_state().is_file(), reason="no recorded mainnet state")
def test_a_recorded_state_as_json_is_taken_as_a_capsule(fork: Command, place: Path) -> None:
    script = written(
        place,
        """
        def replay(world):
            dai = "0x6b175474e89094c44da98b954eedeac495271d0f"
            return world.call(dai, "name()(string)")
        """,
    )
    answer = fork("--capsule", str(recorded_state()), "--script", script, "--missing", "zero")
    assert (answer.code, json.loads(answer.stdout)) == (0, "Dai Stablecoin")
    assert "nothing verified" in answer.stderr
    assert load_recorded_json(recorded_state()).verification == "off"
