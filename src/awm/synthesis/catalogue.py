"""What the builtin author knows: domains, capabilities and common vocabulary, from its files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from awm.errors import UsageError
from awm.synthesis.blueprints import (
    Blueprint,
    CapabilityForm,
    Composition,
    DomainForm,
    ModuleForm,
    compose,
    merged,
    outline,
    read_domain,
    read_pools,
    read_yaml,
    rename,
    renamed,
    roles_in,
    with_roles,
)

__all__ = ["Catalogue", "Recipe", "every_part"]

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Recipe:
    """Which parts a blueprint is made of; the rest follows.

    Attributes:
        domain: The domain's name.
        modules: Which of its modules.
        capabilities: Which capabilities.
        options: The number for each option; the first that is listed where one is missing.
        flavour: The number of its flavour.
        synonyms: The number of its set of other words; None for the words as they are.
        form: The domain itself, where it is in no catalogue.
    """

    domain: str
    modules: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    options: tuple[tuple[str, int], ...] = ()
    flavour: int = 0
    synonyms: int | None = None
    form: DomainForm | None = None


class Catalogue:
    """Domains and capabilities on disk; each file is read when it is first asked for.

    Args:
        path: The folder with `domains`, `capabilities` and `vocabulary`; ours by default.
    """

    def __init__(self, path: Path = _HERE) -> None:
        self._path = path
        self._domains: dict[str, DomainForm] = {}
        self._elsewhere: dict[str, Path] = {}
        self._read: dict[str, Any] = {}
        self._fitted: dict[tuple[str, str], CapabilityForm] = {}
        self._needs: dict[str, frozenset[str]] = {}

    @cached_property
    def domains(self) -> tuple[str, ...]:
        """The names of all domains, in alphabetical order."""
        return tuple(sorted({*self._names("domains"), *self._elsewhere}))

    @cached_property
    def capabilities(self) -> tuple[str, ...]:
        """The names of all capabilities, in alphabetical order."""
        return self._names("capabilities")

    @cached_property
    def common(self) -> Mapping[str, tuple[str, ...]]:
        """Vocabulary that every domain can draw from."""
        return read_pools(self._path / "vocabulary" / "common.yaml")

    def domain(self, name: str) -> DomainForm:
        """A domain as it is written.

        Raises:
            UsageError: There is none of that name.
            BlueprintError: Its file is wrong.
        """
        if name not in self._domains:
            if name not in self.domains:
                known = ", ".join(self.domains)
                raise UsageError(f"There is no domain {name!r}.", f"There is {known}.")
            self._domains[name] = read_domain(self.domain_path(name))
        return self._domains[name]

    def domain_path(self, name: str) -> Path:
        """Where the file of a domain is."""
        return self._elsewhere.get(name, self._path / "domains" / f"{name}.yaml")

    def is_ours(self, name: str) -> bool:
        """Whether a domain is one of those that come with the package."""
        return name not in self._elsewhere

    def with_domain(self, path: Path) -> "Catalogue":
        """The same catalogue with a domain from elsewhere, in place of one of the same name."""
        other = Catalogue(self._path)
        other._elsewhere = {**self._elsewhere, path.stem: path}
        return other

    def with_domains(self, folder: Path) -> "Catalogue":
        """The same catalogue with the domains of a folder, its `*.yaml` files.

        Raises:
            UsageError: It is no folder.
        """
        if not folder.is_dir():
            raise UsageError(f"{folder} is no folder.", "Name a folder of domains' YAML files.")
        other = Catalogue(self._path)
        more = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
        other._elsewhere = {**self._elsewhere, **more}
        return other

    def with_form(self, form: DomainForm) -> "Catalogue":
        """The same catalogue with a domain that is in no file."""
        other = Catalogue(self._path)
        # Its file is never read, since the domain is known.
        other._elsewhere = {**self._elsewhere, form.domain: Path(f"{form.domain}.yaml")}
        other._domains = {form.domain: form}
        return other

    def capability(self, name: str, domain: DomainForm) -> CapabilityForm:
        """A capability for a domain, its roles filled in.

        Raises:
            UsageError: There is none of that name.
            BlueprintError: Its file is wrong, or the domain has not the roles that it needs.
        """
        if name not in self.capabilities:
            known = ", ".join(self.capabilities)
            raise UsageError(f"There is no capability {name!r}.", f"There is {known}.")
        key = name, domain.domain
        if self._domains.get(domain.domain) is not domain:
            return with_roles(self._written(name), _roles(domain), name)
        if key not in self._fitted:
            self._fitted[key] = with_roles(self._written(name), _roles(domain), name)
        return self._fitted[key]

    def _written(self, name: str) -> Any:
        """What is in the file of a capability: read once, for all domains."""
        if name not in self._read:
            text = (self._path / "capabilities" / f"{name}.yaml").read_text(encoding="utf-8")
            self._read[name] = read_yaml(text, name)
        return self._read[name]

    def needs(self, name: str) -> frozenset[str]:
        """The roles that a capability needs."""
        if name not in self._needs:
            text = (self._path / "capabilities" / f"{name}.yaml").read_text(encoding="utf-8")
            self._needs[name] = roles_in(text)
        return self._needs[name]

    def blueprint(self, recipe: Recipe) -> Blueprint:
        """The blueprint that a recipe makes.

        Raises:
            UsageError: Something in it is not known.
            BlueprintError: What comes of it is wrong.
        """
        final, domain = self._final(recipe), self._domain_of(recipe)
        names = self._synonyms(recipe)
        modules: dict[str, ModuleForm] = {name: domain.modules[name] for name in recipe.modules}
        capabilities = {name: self.capability(name, domain) for name in recipe.capabilities}
        return compose(
            final,
            Composition(
                options={rename(name, names): number for name, number in recipe.options},
                modules={name: rename(each.blurb, names) for name, each in modules.items()},
                capabilities={
                    name: rename(each.blurb, names) for name, each in capabilities.items()
                },
            ),
        )

    def outline(self, recipe: Recipe) -> Blueprint:
        """The same without rules, effects and questions, in a fraction of the time.

        Raises:
            UsageError: Something in it is not known.
            BlueprintError: An entity of what comes of it is wrong.
        """
        return outline(self._final(recipe))

    def _final(self, recipe: Recipe) -> DomainForm:
        """What is composed: the parts merged, with the flavour's vocabulary and other words."""
        whole = self._merged(recipe)
        flavour = whole.flavours[recipe.flavour]
        pools = {**self.common, **whole.pools, **flavour.pools}
        return renamed(whole.model_copy(update={"pools": pools}), self._synonyms(recipe))

    def _synonyms(self, recipe: Recipe) -> Mapping[str, str]:
        synonyms = self._domain_of(recipe).synonyms
        return {} if recipe.synonyms is None else synonyms[recipe.synonyms]

    def check(self, recipe: Recipe) -> None:
        """See that all of a recipe is known, before much is made of it.

        Raises:
            UsageError: Something in it is not known.
            BlueprintError: Its parts do not go together.
        """
        self._merged(recipe)

    def _domain_of(self, recipe: Recipe) -> DomainForm:
        return recipe.form or self.domain(recipe.domain)

    def _merged(self, recipe: Recipe) -> DomainForm:
        domain = self._domain_of(recipe)
        _check_parts(domain, recipe)
        modules = [domain.modules[name] for name in recipe.modules]
        capabilities = [self.capability(name, domain) for name in recipe.capabilities]
        whole = merged(domain, (*modules, *capabilities))
        _check_options(whole, recipe)
        return whole

    def blurbs(self, recipe: Recipe) -> list[str]:
        """Clauses that tell what a world of a recipe does, module by module.

        Raises:
            UsageError: Something in it is not known.
        """
        domain = self._domain_of(recipe)
        names = self._synonyms(recipe)
        forms = [
            *(domain.modules[name] for name in recipe.modules),
            *(self.capability(name, domain) for name in recipe.capabilities),
        ]
        return [rename(form.blurb, names) for form in forms]

    def _names(self, folder: str) -> tuple[str, ...]:
        return tuple(sorted(path.stem for path in (self._path / folder).glob("*.yaml")))


def _check_parts(domain: DomainForm, recipe: Recipe) -> None:
    unknown = [name for name in recipe.modules if name not in domain.modules]
    if unknown:
        known = ", ".join(domain.modules)
        raise UsageError(
            f"The domain {domain.domain} has no module {unknown[0]!r}.", f"There is {known}."
        )
    if recipe.flavour not in range(len(domain.flavours)):
        raise UsageError(
            f"The domain {domain.domain} has no flavour {recipe.flavour}.",
            f"They are numbered from 0 to {len(domain.flavours) - 1}.",
        )
    if recipe.synonyms is not None and recipe.synonyms not in range(len(domain.synonyms)):
        raise UsageError(
            f"The domain {domain.domain} has no set of synonyms {recipe.synonyms}.",
            f"It has {len(domain.synonyms)}, numbered from 0.",
        )


def _check_options(whole: DomainForm, recipe: Recipe) -> None:
    """Numbers that nobody thought of could divide by zero, or forbid everything."""
    for name, number in recipe.options:
        if number not in whole.options.get(name, ()):
            known = ", ".join(map(str, whole.options.get(name, ()))) or "no such option"
            raise UsageError(
                f"The option {name!r} of {whole.domain} cannot be {number}.", f"There is {known}."
            )


def _roles(domain: DomainForm) -> dict[str, tuple[str, str]]:
    return {
        role: (name, domain.entities[name].plural or f"{name}s")
        for role, name in domain.roles.items()
        if name in domain.entities
    }


def every_part(domain: DomainForm, capabilities: Iterable[str]) -> Iterable[Recipe]:
    """Enough recipes of a domain to meet each of its parts alone, and all of them together."""
    yield Recipe(domain.domain)
    for name in domain.modules:
        yield Recipe(domain.domain, modules=(name,))
    for name in capabilities:
        yield Recipe(domain.domain, capabilities=(name,))
    for number in range(len(domain.synonyms)):
        yield Recipe(domain.domain, modules=tuple(domain.modules), synonyms=number)
    for number in range(len(domain.flavours)):
        yield Recipe(domain.domain, modules=tuple(domain.modules)[:1], flavour=number)
