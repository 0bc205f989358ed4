"""Run an hour of Black Thursday with and without price impact, and question the results in SQL."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from underwater import load_run, load_scenario, run_variants

scenario = load_scenario("black-thursday").changed(
    {
        "population.accounts": 100,
        "prices.start": datetime(2020, 3, 12, 10, tzinfo=UTC),
        "prices.hours": 1,
    }
)

with TemporaryDirectory() as folder:
    done = run_variants(
        scenario, variants=("base", "no-impact"), seed=1, out=Path(folder) / "an-hour"
    )
    for run in done.runs:
        values = run.values
        print(
            f"{values['variant']}: {values['transactions']} transactions, "
            f"{values['liquidations']} liquidations, lowest basis {values['lowest_basis']:.2%}"
        )

    base = load_run(done.folder).variant("base")
    print("tables:", ", ".join(base.tables))
    lows = base.query(
        "SELECT round(min(index_eth) / 1e18, 2) AS eth, round(min(index_btc) / 1e18, 2) AS btc "
        "FROM system"
    )
    print(f"lowest index: ETH {lows.eth[0]:,} USD, BTC {lows.btc[0]:,} USD")
    taken_over = base.query(
        "SELECT kind, count(*) AS events, round(sum(notional) / 1e18) AS usd "
        "FROM liquidations GROUP BY kind ORDER BY kind"
    )
    for kind, events, usd in taken_over.itertuples(index=False):
        print(f"{kind}: {events} takeovers of {usd:,.0f} USD together")
