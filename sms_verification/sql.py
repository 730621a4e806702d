"""The flow's statements, as text that is made once and kept.

The ORM compiles a query anew each time, which for statements as small as these costs
as much as the database does (``benchmarks/``). All values go through the fields' own
conversions, so a row is the same on every database, and the same to the ORM. Nothing
else of the ORM's happens: no signal, no ``pre_save``, no default of the database's.

A condition is named by an attribute of the row (``user_id``), or that with ``__gt``
behind it; a ``None`` asks for NULL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connections
from django.db.models import BinaryField, Field, Model
from django.views.decorators.debug import sensitive_variables

M = TypeVar("M", bound=Model)
Values = Mapping[str, Any]
# A condition's attribute and its operator.
Condition = tuple[str, str]

_OPERATORS = {"": "= %s", "gt": "> %s"}


@sensitive_variables()
def insert(row: Model, using: str) -> None:
    """Insert a row whose key is known already."""
    model = type(row)
    values = [(name, getattr(row, name)) for name in _fields(model)]
    with connections[using].cursor() as cursor:
        cursor.execute(_insert(model, using), _prepared(model, values, using))
    row._state.adding, row._state.db = False, using  # noqa: SLF001  # documented


@sensitive_variables()
def update(model: type[Model], changes: Values, where: Values, using: str) -> bool:
    """Change the row that meets all conditions; return whether there was one."""
    conditions, operands = _conditions(where)
    text = _update(model, using, tuple(changes), conditions)
    values = [*changes.items(), *operands]
    with connections[using].cursor() as cursor:
        cursor.execute(text, _prepared(model, values, using))
        return bool(cursor.rowcount)


@sensitive_variables()
def select(model: type[M], where: Values, using: str, related: str = "") -> M | None:
    """Return the row that meets all conditions, with the one that it refers to."""
    conditions, operands = _conditions(where)
    text = _select(model, using, conditions, related)
    with connections[using].cursor() as cursor:
        cursor.execute(text, _prepared(model, operands, using))
        found = cursor.fetchone()
    if found is None:
        return None
    width = len(_fields(model))
    row = _built(model, found[:width], using)
    if related:
        setattr(row, related, _built(_target(model, related), found[width:], using))
    return row


@sensitive_variables()
def _conditions(where: Values) -> tuple[tuple[Condition, ...], list[tuple[str, Any]]]:
    conditions, operands = [], []
    for lookup, value in where.items():
        name, _, suffix = lookup.partition("__")
        if value is None:
            conditions.append((name, "IS NULL"))
        else:
            conditions.append((name, _OPERATORS[suffix]))
            operands.append((name, value))
    return tuple(conditions), operands


@sensitive_variables()
def _prepared(
    model: type[Model], values: Sequence[tuple[str, Any]], using: str
) -> list[Any]:
    connection, fields = connections[using], _fields(model)
    return [fields[name].get_db_prep_save(v, connection) for name, v in values]


@sensitive_variables()
def _built(model: type[M], values: Sequence[Any], using: str) -> M:
    connection = connections[using]
    row = list(values)
    for index, column in _converted(model, using):
        convert = connection.ops.get_db_converters(column)
        for conversion in convert + column.get_db_converters(connection):
            row[index] = conversion(row[index], column, connection)
    return model.from_db(using, list(_fields(model)), row)


@cache
def _fields(model: type[Model]) -> dict[str, Field[Any, Any]]:
    return {f.attname: f for f in model._meta.concrete_fields}  # noqa: SLF001  # public


@cache
def _converted(model: type[Model], using: str) -> list[tuple[int, Any]]:
    """Return the columns that the ORM runs through conversions when it reads them."""
    connection = connections[using]
    columns = [field.get_col("") for field in _fields(model).values()]
    return [
        (index, column)
        for index, column in enumerate(columns)
        if connection.ops.get_db_converters(column)
        or column.get_db_converters(connection)
    ]


def _target(model: type[Model], related: str) -> type[Model]:
    target = model._meta.get_field(related).related_model  # noqa: SLF001  # public
    assert isinstance(target, type)  # noqa: S101  # for the type checker
    return target


# The texts hold names alone, quoted; every value is a parameter.


@cache
def _insert(model: type[Model], using: str) -> str:
    columns = [_column(model, using, name) for name in _fields(model)]
    marks = ", ".join(_mark(model, using, name) for name in _fields(model))
    table = _table(model, using)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608


@cache
def _update(
    model: type[Model],
    using: str,
    changes: tuple[str, ...],
    conditions: tuple[Condition, ...],
) -> str:
    settings = ", ".join(f"{_column(model, using, name)} = %s" for name in changes)
    where = " AND ".join(f"{_column(model, using, n)} {op}" for n, op in conditions)
    return f"UPDATE {_table(model, using)} SET {settings} WHERE {where}"  # noqa: S608


@cache
def _select(
    model: type[Model], using: str, conditions: tuple[Condition, ...], related: str
) -> str:
    table = _table(model, using)
    columns = [f"{table}.{_column(model, using, name)}" for name in _fields(model)]
    source = table
    if related:
        target = _target(model, related)
        other = _table(target, using)
        key = f"{other}.{_column(target, using, 'id')}"
        source += (
            f" JOIN {other} ON {key} = {table}.{_column(model, using, related + '_id')}"
        )
        columns += [f"{other}.{_column(target, using, n)}" for n in _fields(target)]
    where = " AND ".join(
        f"{table}.{_column(model, using, name)} {op}" for name, op in conditions
    )
    return f"SELECT {', '.join(columns)} FROM {source} WHERE {where}"  # noqa: S608


def _mark(model: type[Model], using: str, name: str) -> str:
    # MariaDB takes bytes that are not marked for text in the connection's charset.
    binary = isinstance(_fields(model)[name], BinaryField)
    return "_binary %s" if binary and connections[using].vendor == "mysql" else "%s"


def _table(model: type[Model], using: str) -> str:
    return connections[using].ops.quote_name(model._meta.db_table)  # noqa: SLF001


def _column(model: type[Model], using: str, name: str) -> str:
    return connections[using].ops.quote_name(str(_fields(model)[name].column))
