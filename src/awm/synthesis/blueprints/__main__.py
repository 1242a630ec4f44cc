"""For the time being: `python -m awm.synthesis.blueprints FILE...` checks domains and capabilities."""

import sys
from pathlib import Path

from awm.errors import AwmError, BlueprintError
from awm.synthesis.catalogue import Catalogue, every_part
from awm.synthesis.trying import try_domain

catalogue = Catalogue()
for name in sys.argv[1:]:
    path = Path(name)
    seen = set()
    if path.parent.name == "capabilities":
        found = 0
        for each in catalogue.domains:
            try:
                domain = catalogue.domain(each)
                catalogue.capability(path.stem, domain)
            except BlueprintError as error:
                seen |= {
                    str(p) + f" [{each}]" for p in error.problems if "plays the part" not in str(p)
                }
                continue
            found += 1
            try:
                catalogue.blueprint(
                    next(r for r in every_part(domain, [path.stem]) if r.capabilities)
                )
            except AwmError as error:
                seen |= {str(p) + f" [{each}]" for p in getattr(error, "problems", [error])}
        print(path.stem, "fits", found, "domains")
        for problem in sorted(seen)[:20]:
            print("  ", problem)
        continue
    trial = try_domain(catalogue, path.stem)
    for problem in trial.problems:
        print("  ", problem)
    print(path.stem, "tables with core and with each part:", trial.tables)
    print("  done in trials:", dict(sorted(trial.done.items(), key=lambda kv: kv[1])))
    print("  refused by:", dict(sorted(trial.refused.items(), key=lambda kv: kv[1])))
    print("  rows:", dict(sorted(trial.rows.items(), key=lambda kv: kv[1])))
    for sample in trial.samples:
        print("  ", sample)
