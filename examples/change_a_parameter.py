"""Load a scenario, change values at dotted paths, and see a value refused before anything runs."""

from decimal import Decimal

from underwater import InputError, load_scenario

scenario = load_scenario("black-thursday")
print(f"{scenario.title}: {scenario.blocks:,} blocks")

changes = {"parameters.maintenance_margin": Decimal("0.05"), "population.accounts": 500}
gentler = scenario.changed(changes)
for path, value in changes.items():
    print(f"{path} is now {value}; where it came from: {scenario.sources[path]}")
print(f"the loaded scenario is untouched: {scenario.parameters.maintenance_margin}")

twin = gentler.changed({"variant": "no-impact"})
print(f"variant {twin.variant}: impact.coefficient is {twin.impact.coefficient}")

try:
    scenario.changed({"parameters.maintenance_margin": Decimal("0.12")})
except InputError as error:
    print(f"refused: {error.rule}")
