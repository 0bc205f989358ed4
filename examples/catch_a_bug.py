"""Break one line of the exchange and see the run stop in the block where its books go wrong."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from underwater import load_run, load_scenario, run_variants

reference = Path(__file__).resolve().parents[1] / "contracts" / "perps" / "MatchedPerp.vy"
source = reference.read_text(encoding="utf-8")
right = "self.margin[account] -= payment"
wrong = "self.margin[account] -= max(payment, 0)  # who is owed funding never gets it"
assert source.count(right) == 1

with TemporaryDirectory() as name:
    copy = Path(name) / "Broken.vy"
    copy.write_text(source.replace(right, wrong), encoding="utf-8")
    scenario = load_scenario("black-thursday").changed(
        {
            "contract": str(copy),
            "population.accounts": 40,
            "prices.start": datetime(2020, 3, 12, 10, tzinfo=UTC),
            "prices.hours": 1,
        }
    )
    done = run_variants(scenario, variants=("base",), seed=1, out=Path(name) / "broken")
    (run,) = done.runs
    print(f"the run is {run.status}: {run.message.split(' in block')[0]}")
    results = load_run(done.folder)
    blocks = results.query("SELECT count(*) AS n FROM system").n[0]
    print("everything until then is kept:", blocks == run.values["blocks"] and blocks > 0)
    print("and there is a report:", done.report.name)
