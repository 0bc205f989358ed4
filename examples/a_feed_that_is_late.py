"""How much of a shortfall is the feed's doing: one crash, with feeds that are later and later.

The delay is a fault of the scenario; its twin `fault-free` meets the same crowd and draws.
"""

from pathlib import Path

from underwater import load_run, load_scenario, run_variants

scenario = load_scenario("fault-delay")
fault = scenario.faults[0]
print(f"{scenario.title}: blocks {fault.start_block} to {fault.end_block - 1} of {scenario.blocks}")

for blocks in (25, 75, 150):
    late = scenario.changed({"faults.0.delay_blocks": blocks})
    out = Path(f"late-{blocks}")
    runs = run_variants(late, variants=("base", "fault-free"), seed=1, out=out).runs
    faulty, twin = (run.values for run in runs)
    print(
        f"{blocks * 12 // 60:3} min late: shortfall {faulty['shortfall']:8,.0f} USD, "
        f"{faulty['underwater_max']} accounts under water; without: {twin['shortfall']:,.0f} USD"
    )

# What the feed said beside what was true, at the end of the last delay.
last = load_run(Path("late-150") / "base").query(
    f"SELECT index_eth::DOUBLE / 1e18 AS said, price_eth AS truth FROM system "
    f"WHERE block = {fault.end_block - 1}"
)
print(f"ETH just before it caught up: the feed {last['said'][0]:.2f}, true {last['truth'][0]:.2f}")
