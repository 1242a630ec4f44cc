"""Blueprints: the declarative, typed form of a world, and how it is read, merged and checked."""

from awm.synthesis.blueprints.blueprint import (
    Action,
    Blueprint,
    Effects,
    Entity,
    Expression,
    Field,
    FieldKind,
    Question,
    Rule,
    Template,
    Typical,
)
from awm.synthesis.blueprints.composing import Composition, compose, outline
from awm.synthesis.blueprints.form import CapabilityForm, DomainForm, Flavour, ModuleForm
from awm.synthesis.blueprints.merging import merged, rename, renamed
from awm.synthesis.blueprints.reading import (
    read_domain,
    read_pools,
    read_yaml,
    roles_in,
    with_roles,
)
from awm.synthesis.blueprints.types import Type
from awm.synthesis.blueprints.typical import narrowed, words_pattern
from awm.synthesis.blueprints.vocabulary import pool_of, reached, spelled

__all__ = [
    "Action",
    "Blueprint",
    "CapabilityForm",
    "Composition",
    "DomainForm",
    "Effects",
    "Entity",
    "Expression",
    "Field",
    "FieldKind",
    "Flavour",
    "ModuleForm",
    "Question",
    "Rule",
    "Template",
    "Type",
    "Typical",
    "compose",
    "merged",
    "narrowed",
    "outline",
    "pool_of",
    "reached",
    "read_domain",
    "read_pools",
    "read_yaml",
    "rename",
    "renamed",
    "roles_in",
    "spelled",
    "with_roles",
    "words_pattern",
]
