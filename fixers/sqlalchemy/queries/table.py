"""What each method of a legacy `Query` is: the one table that following values and rewriting both read."""

from __future__ import annotations

import enum
from collections.abc import Mapping


class Role(enum.Enum):
    """What calling a method does."""

    BUILDS = "generative"
    """Returns another query, without I/O."""
    EXECUTES = "terminal"
    """Sends SQL."""
    EXPRESSES = "neither"
    """Makes an expression of the query, or tells something about it, without I/O."""


_BUILDS = (
    *("filter", "where", "filter_by", "order_by", "group_by", "having", "distinct", "limit", "offset", "slice"),
    *("options", "with_for_update", "execution_options", "params", "correlate", "join", "outerjoin", "select_from"),
    *("add_columns", "add_column", "add_entity", "with_entities", "with_parent", "reset_joinpoint", "from_statement"),
    *("populate_existing", "autoflush", "yield_per", "enable_eagerloads", "enable_assertions", "with_session"),
    *("set_label_style", "with_labels", "apply_labels", "only_return_tuples", "tuples", "with_transformation", "ext"),
    *("prefix_with", "suffix_with", "with_hint", "with_statement_hint"),
    *("union", "union_all", "intersect", "intersect_all", "except_", "except_all", "from_self", "select_entity_from"),
)
_EXECUTES = (
    *("all", "first", "one", "one_or_none", "scalar", "count", "get", "update", "delete", "value", "values", "instances"),
    "merge_result",
)
_EXPRESSES = ("subquery", "cte", "label", "scalar_subquery", "as_scalar", "exists")

ROLES: Mapping[str, Role] = {
    **dict.fromkeys(_BUILDS, Role.BUILDS),
    **dict.fromkeys(_EXECUTES, Role.EXECUTES),
    **dict.fromkeys(_EXPRESSES, Role.EXPRESSES),
}
"""By name. Source: `sqlalchemy.orm.Query` of 1.4 to 2.1."""

COMPOUNDS = frozenset(("union", "union_all", "intersect", "intersect_all", "except_", "except_all"))
"""Methods that make a compound of several queries or selects."""

SELECT_BUILDS = frozenset(
    (
        *("filter", "where", "filter_by", "order_by", "group_by", "having", "distinct", "limit", "offset", "slice", "fetch"),
        *("options", "with_for_update", "execution_options", "params", "correlate", "correlate_except", "join", "outerjoin"),
        *("join_from", "outerjoin_from", "select_from", "add_columns", "column", "with_only_columns", "reduce_columns"),
        *("set_label_style", "prefix_with", "suffix_with", "with_hint", "with_statement_hint", "ext", "from_statement"),
    )
)
"""Methods of `Select` that return a statement of the same kind; compounds and expressions are named as those of `Query`."""

SELECT_EXPRESSES = frozenset((*_EXPRESSES, "alias", "lateral", "self_group"))
