"""For the time being: `python -m awm.synthesis.blueprints FILE...` checks domains and capabilities."""

import sys
from pathlib import Path

from awm.errors import AwmError, BlueprintError
from awm.synthesis.catalogue import Catalogue, every_part

for name in sys.argv[1:]:
    path, catalogue, seen = Path(name), Catalogue(), set()
    try:
        if path.parent.name == "capabilities":
            found = 0
            for each in catalogue.domains:
                try:
                    domain = catalogue.domain(each)
                    needs = catalogue.capability(path.stem, domain).needs
                except BlueprintError as error:
                    for problem in error.problems:
                        seen.add(str(problem))
                    continue
                found += 1
                try:
                    catalogue.blueprint(
                        next(r for r in every_part(domain, [path.stem]) if r.capabilities)
                    )
                except BlueprintError as error:
                    seen |= {str(p) for p in error.problems}
            print(path.stem, "fits", found, "domains")
        else:
            domain = catalogue.domain(path.stem)
            for recipe in every_part(domain, []):
                try:
                    last = catalogue.blueprint(recipe)
                except BlueprintError as error:
                    for problem in error.problems:
                        if str(problem) not in seen:
                            seen.add(str(problem))
                            print(
                                f"{problem}   [{recipe.modules if len(recipe.modules) < 3 else 'all modules'}, synonyms {recipe.synonyms}]"
                            )
                else:
                    if len(recipe.modules) > 3 and recipe.synonyms == 0:
                        rules = {rule.name for _, rule in last.rules()}
                        print(
                            path.stem,
                            len(last.entities),
                            "entities",
                            len(last.actions),
                            "actions",
                            len(rules),
                            "rules",
                            len(last.questions),
                            "questions",
                            len(domain.modules),
                            "modules",
                            len(domain.flavours),
                            "flavours",
                        )
            seen = set()
    except BlueprintError as error:
        seen |= {str(p) for p in error.problems}
    except AwmError as error:
        seen.add(str(error))
    for problem in sorted(seen):  # type: ignore[assignment]
        print(problem)
