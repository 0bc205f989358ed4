"""The command line. Nothing heavier than typer is imported until a command is typed.

Every option is taken as text and checked by `underwater.commands`, so that a refusal can name the
option, the value and what is allowed. stdout is the result, stderr the talk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NoReturn

import typer

from underwater import __version__, console
from underwater.commands.failures import guarded

app = typer.Typer(
    name="underwater",
    help="Find out when a leveraged DeFi protocol goes underwater, and who pays.",
    epilog="Exit codes: 0 good, 1 a property was violated, 2 bad input or a missing component, "
    "130 interrupted.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Text = str | None

Seed = Annotated[Text, typer.Option("--seed", metavar="N", help="Seed of every draw [1].")]
Accounts = Annotated[Text, typer.Option("--accounts", metavar="N", help="Number of accounts.")]
From = Annotated[
    Text, typer.Option("--from", metavar="TIME", help="Start, such as 2020-03-12T10:00Z.")
]
Hours = Annotated[
    Text, typer.Option("--hours", metavar="N", help="Length of the run [to the event's end].")
]
Variants = Annotated[
    Text,
    typer.Option("--variant", metavar="NAME[,NAME...]", help="Twins to run, such as no-impact."),
]
Chain = Annotated[Text, typer.Option("--chain", metavar="auto|revm|pyevm", help="Engine [auto].")]
Contract = Annotated[
    Text, typer.Option("--contract", metavar="NAME|PATH", help="Contract instead of the reference.")
]
Record = Annotated[
    Text, typer.Option("--record", metavar="accounts=all", help="Record all accounts every block.")
]
Out = Annotated[
    Text, typer.Option("--out", metavar="DIR", help="Folder of the results [a new one in runs/].")
]
Note = Annotated[
    Text,
    typer.Option("--note", metavar="TEXT", help="A sentence that manifest and report shall carry."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def main() -> None:
    """Entry point of the `underwater` command."""
    app()


def _finish(command: Callable[[], int]) -> NoReturn:
    raise typer.Exit(guarded(command))


def _print_version(wanted: bool) -> None:
    if wanted:
        console.print_result(f"underwater {__version__}")
        raise typer.Exit()


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Options of the program itself."""


@app.command()
def replay(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="Such as black-thursday.")],
    seed: Seed = None,
    accounts: Accounts = None,
    start: From = None,
    hours: Hours = None,
    variant: Variants = None,
    chain: Chain = None,
    contract: Contract = None,
    record: Record = None,
    out: Out = None,
    note: Note = None,
    json: Json = False,
) -> None:
    """Replay a historical crash against real protocol code."""

    def command() -> int:
        from underwater.commands import replay as work

        return work.replay(
            event,
            work.RunOptions(
                seed, accounts, start, hours, variant, chain, contract, record, out, note, json
            ),
        )

    _finish(command)


@app.command()
def run(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="A scenario or finding: a file or a name.")
    ],
    seed: Seed = None,
    accounts: Accounts = None,
    start: From = None,
    hours: Hours = None,
    variant: Variants = None,
    chain: Chain = None,
    contract: Contract = None,
    record: Record = None,
    out: Out = None,
    note: Note = None,
    json: Json = False,
) -> None:
    """Run a scenario, or replay the finding of an audit."""

    def command() -> int:
        from underwater.commands import replay as work

        return work.run(
            scenario,
            work.RunOptions(
                seed, accounts, start, hours, variant, chain, contract, record, out, note, json
            ),
        )

    _finish(command)


@app.command()
def audit(
    protocol: Annotated[str, typer.Argument(metavar="PROTOCOL", help="Such as matched-perp.")],
    contract: Contract = None,
    examples: Annotated[
        Text, typer.Option("--examples", metavar="N", help="Sequences of actions to try.")
    ] = None,
    seed: Seed = None,
    chain: Chain = None,
    json: Json = False,
) -> None:
    """Search for actions that break a property."""

    def command() -> int:
        from underwater.commands import audit as work

        return work.audit(protocol, work.AuditOptions(contract, examples, seed, chain, json))

    _finish(command)


@app.command()
def sweep(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="A scenario: a file or a name.")
    ],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary",
            metavar="PATH=START:STOP:STEP|PATH=A,B,C",
            help="What varies; several make a grid. Stop is inclusive.",
        ),
    ] = None,
    seeds: Annotated[
        Text, typer.Option("--seeds", metavar="N", help="Seeds 1 to N for every value [1].")
    ] = None,
    jobs: Annotated[
        Text, typer.Option("--jobs", metavar="N", help="Processes [one per core].")
    ] = None,
    accounts: Accounts = None,
    start: From = None,
    hours: Hours = None,
    chain: Chain = None,
    contract: Contract = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """Compare values of parameters over many seeds."""

    def command() -> int:
        from underwater.commands import sweep as work

        return work.sweep(
            scenario,
            work.SweepOptions(
                tuple(vary or ()),
                seeds,
                jobs,
                accounts,
                start,
                hours,
                chain,
                contract,
                out,
                json,
            ),
        )

    _finish(command)


@app.command()
def fork(
    rpc: Annotated[
        list[str] | None,
        typer.Option(
            "--rpc", metavar="URL", help="A node; several must agree, the first is preferred."
        ),
    ] = None,
    block: Annotated[
        Text, typer.Option("--block", metavar="N|latest", help="Block to fork from [latest].")
    ] = None,
    block_hash: Annotated[
        Text, typer.Option("--block-hash", metavar="HASH", help="Hash that the block must have.")
    ] = None,
    script: Annotated[
        Text, typer.Option("--script", metavar="FILE", help="Python file with replay(world).")
    ] = None,
    capsule: Annotated[
        Text,
        typer.Option(
            "--capsule", metavar="FILE", help="Written with --rpc, replayed offline without."
        ),
    ] = None,
    verify: Annotated[
        Text,
        typer.Option("--verify", metavar="proof|hash-only|off", help="What nodes say [proof]."),
    ] = None,
    missing: Annotated[
        Text,
        typer.Option(
            "--missing", metavar="error|zero", help="Reads that the capsule lacks [error]."
        ),
    ] = None,
    hardfork: Annotated[
        Text, typer.Option("--hardfork", metavar="NAME", help="Rules [those of the block].")
    ] = None,
    chain: Chain = None,
    json: Json = False,
) -> None:
    """Run a script on a real chain's state, and replay it offline."""

    def command() -> int:
        from underwater.commands import fork as work

        return work.fork(
            work.ForkOptions(
                tuple(rpc or ()),
                block,
                block_hash,
                script,
                capsule,
                verify,
                missing,
                hardfork,
                chain,
                json,
            )
        )

    _finish(command)


@app.command()
def node(
    port: Annotated[
        Text, typer.Option("--port", metavar="P", help="Port on loopback, 0 for a free one [8545].")
    ] = None,
    capsule: Annotated[
        Text, typer.Option("--capsule", metavar="FILE", help="State of a real chain [empty].")
    ] = None,
    missing: Annotated[
        Text,
        typer.Option(
            "--missing", metavar="error|zero", help="Reads that the capsule lacks [error]."
        ),
    ] = None,
    hardfork: Annotated[
        Text, typer.Option("--hardfork", metavar="NAME", help="Rules [cancun, or the capsule's].")
    ] = None,
    chain_id: Annotated[
        Text, typer.Option("--chain-id", metavar="N", help="Chain id [31337, or the capsule's].")
    ] = None,
    chain: Chain = None,
    json: Json = False,
) -> None:
    """Serve a world as JSON-RPC on this machine."""

    def command() -> int:
        from underwater.commands import node as work

        return work.node(
            work.NodeCommandOptions(port, capsule, missing, hardfork, chain_id, chain, json)
        )

    _finish(command)


history = typer.Typer(
    help="Historical crashes: list, show, import your own files, plot.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(history, name="history")


@history.command("list")
def history_list(json: Json = False) -> None:
    """List the events that can be replayed."""

    def command() -> int:
        from underwater.commands import history as work

        return work.list_events(as_json=json)

    _finish(command)


@history.command("show")
def history_show(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="Such as black-thursday.")],
    json: Json = False,
) -> None:
    """Show what an event holds and where it comes from."""

    def command() -> int:
        from underwater.commands import history as work

        return work.show(event, as_json=json)

    _finish(command)


@history.command("plot")
def history_plot(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="Such as black-thursday.")],
    out: Annotated[
        Text, typer.Option("--out", metavar="FILE", help="The page [EVENT-prices.html].")
    ] = None,
    json: Json = False,
) -> None:
    """Draw an event's prices as a self-contained page."""

    def command() -> int:
        from underwater.commands import history as work

        return work.plot(event, out, as_json=json)

    _finish(command)


@history.command("import")
def history_import(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Files or patterns, perhaps as ETH=FILE."),
    ],
    event: Annotated[
        Text, typer.Option("--event", metavar="NAME", help="Name of the event [from the files].")
    ] = None,
    title: Annotated[Text, typer.Option("--title", metavar="TEXT", help="Its title.")] = None,
    form: Annotated[
        Text,
        typer.Option(
            "--format",
            metavar="auto|binance|ccxt|freqtrade|kraken|coinbase|hyperliquid|csv|parquet",
            help="Format of the files [auto].",
        ),
    ] = None,
    kind: Annotated[
        Text,
        typer.Option(
            "--kind", metavar="trade|mark|index|point|funding|depth", help="What the rows are."
        ),
    ] = None,
    quote: Annotated[
        Text, typer.Option("--quote", metavar="NAME", help="Currency of the prices.")
    ] = None,
    venue: Annotated[
        Text, typer.Option("--venue", metavar="TEXT", help="Where they traded.")
    ] = None,
    zone: Annotated[
        Text, typer.Option("--zone", metavar="ZONE", help="Zone of times that name none.")
    ] = None,
    resolution: Annotated[
        Text, typer.Option("--resolution", metavar="5m", help="Length of the files' bars.")
    ] = None,
    bars: Annotated[
        Text,
        typer.Option("--bars", metavar="1m|3m|5m|15m|30m|1h", help="Bars of the event [as read]."),
    ] = None,
    start: Annotated[
        Text, typer.Option("--from", metavar="TIME", help="First hour [the files' first].")
    ] = None,
    until: Annotated[
        Text, typer.Option("--until", metavar="TIME", help="End [the files' last full hour].")
    ] = None,
    expect: Annotated[
        Text, typer.Option("--expect", metavar="LOW:HIGH", help="Prices must lie between.")
    ] = None,
    repair: Annotated[
        list[str] | None,
        typer.Option("--repair", metavar="RULE=WAY", help="Such as duplicate=first, gap=fill:3."),
    ] = None,
    override: Annotated[
        list[str] | None,
        typer.Option(
            "--override", metavar="RULE=REASON", help="Keep as is; the reason is recorded."
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in place of an imported event.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only look; write nothing.")] = False,
    json: Json = False,
) -> None:
    """Import files of your own as an event, after a sanity check."""

    def command() -> int:
        from underwater.commands import history as work

        return work.import_files(
            files,
            work.ImportOptions(
                event,
                title,
                form,
                kind,
                quote,
                venue,
                zone,
                resolution,
                bars,
                start,
                until,
                expect,
                tuple(repair or ()),
                tuple(override or ()),
                replace,
                check,
                json,
            ),
        )

    _finish(command)


paths = typer.Typer(
    help="Models of prices.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(paths, name="paths")


@paths.command("preview")
def paths_preview(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Such as heston or gbm.")],
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter, such as kappa=2."),
    ] = None,
    count: Annotated[
        Text, typer.Option("--paths", metavar="N", help="Number of paths [2000].")
    ] = None,
    days: Annotated[Text, typer.Option("--days", metavar="N", help="Length [30].")] = None,
    step_minutes: Annotated[
        Text, typer.Option("--step-minutes", metavar="N", help="Between two prices [60].")
    ] = None,
    spot: Annotated[
        Text, typer.Option("--spot", metavar="PRICE", help="First price [100; depeg 1].")
    ] = None,
    seed: Seed = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """Show what a model of prices does: its moments, and a page with the picture."""

    def command() -> int:
        from underwater.commands import paths as work

        return work.preview(
            model,
            work.PreviewOptions(
                tuple(values or ()), count, days, step_minutes, spot, seed, out, json
            ),
        )

    _finish(command)


@app.command()
def doctor(json: Json = False) -> None:
    """Say what is installed and what is missing."""

    def command() -> int:
        from underwater.doctor import doctor as work

        return work(as_json=json)

    _finish(command)
