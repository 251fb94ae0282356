"""The methods of `Query`, `Select` and `Result` by what they do, as releases 1.4 to 2.1 have them."""

from __future__ import annotations

# What a method that returns the same builder changes of its shape, where that is one flag whatever the arguments are.
FLAGS = {
    "filter": "is_filtered",
    "where": "is_filtered",
    "filter_by": "is_filtered",
    "with_parent": "is_filtered",
    "having": "is_grouped",
    "group_by": "is_grouped",
    "distinct": "is_distinct",
    "order_by": "is_ordered",
    "limit": "is_limited",
    "offset": "is_limited",
    "slice": "is_limited",
    "fetch": "is_limited",
    "yield_per": "streams",
    "union": "is_compound",
    "union_all": "is_compound",
    "intersect": "is_compound",
    "intersect_all": "is_compound",
    "except_": "is_compound",
    "except_all": "is_compound",
    "from_self": "is_compound",
}
# Their arguments may bring in other tables.
CRITERIA = frozenset(("filter", "where", "having", "group_by", "order_by", "distinct"))
JOINS = frozenset(("join", "outerjoin", "join_from", "outerjoin_from"))
# Those whose arguments a terminal has to know of.
SETTINGS = frozenset(("populate_existing", "with_for_update", "execution_options", "autoflush", "enable_eagerloads"))
UNCHANGED = frozenset(
    (
        *("params", "correlate", "correlate_except", "with_hint", "with_statement_hint", "prefix_with", "suffix_with"),
        *("set_label_style", "with_labels", "apply_labels", "enable_assertions", "tuples", "reduce_columns", "add_cte"),
        *("with_session",),
    )
)
# Part of a statement from now on.
EXPRESSIONS = frozenset(("exists", "scalar_subquery", "as_scalar", "label"))
SUBQUERIES = frozenset(("subquery", "cte", "alias", "lateral"))
COMPOUNDS = frozenset(("union", "union_all", "intersect", "intersect_all", "except_", "except_all"))

TERMINALS = frozenset(
    (
        *("all", "first", "one", "one_or_none", "scalar", "count", "get", "update", "delete", "value", "values"),
        *("instances", "merge_result"),
    )
)
"""The methods of `Query` that execute SQL."""

ROWS = frozenset(("first", "one", "one_or_none", "fetchone"))
MANY_ROWS = frozenset(("all", "fetchall", "fetchmany"))
VALUES = frozenset(("scalar", "scalar_one", "scalar_one_or_none"))
SAME_RESULT = frozenset(("unique", "yield_per", "tuples"))
EAGER = frozenset(("joinedload", "contains_eager", "joinedload_all", "subqueryload_all"))
# Loader options that load with statements of their own, or load nothing.
SEPARATE = frozenset(
    (
        *("selectinload", "subqueryload", "lazyload", "raiseload", "noload", "immediateload", "defer", "undefer", "load_only"),
        *("undefer_group", "with_expression", "with_loader_criteria", "selectin_polymorphic", "defaultload", "options"),
        *("Load", "set_relationship_strategy"),
    )
)
