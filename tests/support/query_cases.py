"""Functions with legacy queries: every selection with every builder and every use, and random chains of them."""

from __future__ import annotations

import itertools
import random

from query_programs import MODELS

SELECTED = {
    "team": "db.query(Team)",
    "titles": "db.query(User.name, Post.title)",
    "reversed": "db.query(Post, User)",
    "labelled": "db.query(User.id.label('x'))",
    "largest": "db.query(func.max(User.age))",
    "joined_ids": "db.query(Post.id).join(User)",
    "entity": "db.query(User)",
    "post": "db.query(Post)",
    "alias": "db.query(UserAlias)",
    "column": "db.query(User.name)",
    "columns": "db.query(User.id, User.name)",
    "mixed": "db.query(User, Post)",
    "mixed_column": "db.query(User, Post.title)",
    "json": "db.query(User, User.data)",
    "count": "db.query(func.count(User.id))",
    "grouped": "db.query(User.age, func.count(User.id)).group_by(User.age)",
}
BUILDERS = {
    "plain": "",
    "filter": ".filter(User.age > 20)",
    "none": ".filter(User.id == 99)",
    "one": ".filter(User.id == 1)",
    "where": ".where(User.name.in_(['ann', 'bob']), User.age >= 30)",
    "filter_by": ".filter_by(name='ann')",
    "ordered": ".order_by(User.id.desc())",
    "limited": ".order_by(User.id).limit(2)",
    "offset": ".order_by(User.id).limit(3).offset(1)",
    "joined": ".join(User.posts).order_by(Post.id)",
    "joined_filter_by": ".join(Post, Post.author_id == User.id).filter_by(name='x')",
    "joined_relationship": ".join(User.posts).filter_by(name='x')",
    "outer": ".outerjoin(User.team).filter(or_(Team.id == None, Team.name == 'red'))",
    "distinct": ".distinct()",
    "options": ".options(selectinload(User.posts), joinedload(User.team))",
    "eager": ".options(joinedload(User.posts)).order_by(User.id)",
    "implicit": ".filter(User.id == Post.author_id)",
    "has": ".filter(User.posts.any(Post.title == 'p1'))",
    "subquery": ".filter(User.id.in_(db.query(Post.author_id)))",
    "populate": ".populate_existing()",
    "entities": ".with_entities(User.age)",
    "added": ".add_columns(User.age)",
    "added_entity": ".join(User.posts).add_entity(Team)",
    "union": ".union(db.query(User))",
    "having": ".group_by(User.id).having(func.count(User.id) > 0)",
    "streamed": ".order_by(User.id).yield_per(2)",
    "ternary": ".filter_by(name='ann' if db else 'bob')",
    "reset": ".join(User.posts).reset_joinpoint().filter_by(name='ann')",
    "from": ".select_from(User).join(Post, Post.author_id == User.id).filter_by(title='p1')",
    "after_limit": ".limit(1).filter(User.id == 1)",
    "no_eager": ".enable_eagerloads(False)",
    "cleared": ".order_by(None)",
    "other_table": ".filter(User.name != 'zz', Post.id > 0)",
    "label": ".add_columns(User.name.label('who'))",
    "distinct_on": ".distinct(User.age)",
    "lazy": ".options(lazyload('*'))",
    "contains": ".join(User.posts).options(contains_eager(User.posts))",
    "limited_subquery": ".filter(User.id.in_(db.query(User.id).limit(2)))",
    "correlated": ".filter(db.query(Post).filter(Post.author_id == User.id).exists())",
    "scalar_subquery": ".add_columns(db.query(func.count(Post.id)).filter(Post.author_id == User.id).scalar_subquery())",
    "both": ".with_entities(User, Post).join(Post, Post.author_id == User.id)",
    "counted": ".with_entities(func.count())",
    "by_age": ".with_entities(User.age, func.count(User.id)).group_by(User.age)",
    "team": ".join(User.team)",
    "sliced": ".slice(0, 2)",
    "missing": ".where(User.team_id.is_(None))",
    "by_id": ".filter_by(id=1)",
    "by_both": ".filter_by(age=30, name='ann')",
    "parent": ".with_parent(db.query(Team).get(1), Team.users)",
    "uncorrelated": ".correlate(None)",
    "locked": ".with_for_update()",
    "params": ".filter(text('users.age > :least')).params(least=20)",
    "statement": ".from_statement(text('SELECT * FROM users ORDER BY id'))",
}
TERMINALS = {
    "unpacked": "return [(a, b) for a, b in {}]",
    "sum": "total = {}.count()\nreturn total + 1",
    "dictionary": "return {{k: v for k, v in {}.all()}}",
    "generator": "return sum(1 for _ in {})",
    "twice": "rows = {}\nreturn [r for r in rows], rows.count()",
    "all": "return {}.all()",
    "first": "return {}.first()",
    "one": "return {}.one()",
    "one_or_none": "return {}.one_or_none()",
    "scalar": "return {}.scalar()",
    "count": "return {}.count()",
    "iterated": "return [each for each in {}]",
    "slice": "return {}[1:3]",
    "head": "return {}[:2]",
    "item": "return {}[1]",
    "variable": "query = {}\nreturn query.all()",
    "branches": "query = {}\nif db is not None:\n    query = query.filter(User.id < 3)\nreturn query.count(), query.first()",
    "loop": "found = []\nfor each in {}:\n    found.append(each)\nreturn found",
    "list": "return list({})",
    "star": "return [*{}, 1]",
    "test": "query = {}\nreturn 'yes' if query else 'no'",
    "tuples": "return tuple(each for each in {}.all())",
    "exists": "return db.query({}.exists()).scalar()",
    "text": 'return f"{{{}.count()}} rows"',
    "condition": "if {}.first() is None:\n    return 'none'\nreturn 'some'",
    "argument": "return len({}.all()), sorted(str(type(each)) for each in {}.all())",
    "lambda": "return (lambda rows: rows[:1])({}.all())",
    "subscript": "return {}.all()[0]",
    "negation": "return not {}.first()",
    "lines": "return (\n    {}\n    # the last\n    .first()\n)",
    "comprehension": "return {{str(each): 1 for each in {}.all() if each is not None}} and 1",
    "walrus": "if (found := {}.first()) is not None:\n    return found\nreturn 0",
    "delete": "return {}.delete(synchronize_session=False)",
    "update": "return {}.update({{'age': 77}}, synchronize_session=False)",
    "update_expression": "return {}.update({{User.age: User.age + 1}})",
    "named_delete": "query = {}\nfirst = query.first()\nreturn query.delete(synchronize_session=False), first",
    "named_update": "query = {}\nquery.update({{'age': 7}})\nreturn query.all()",
    "get": "return {}.get(2)",
    "membership": "found = db.query(User).get(1)\nreturn found in {}",
}
HELPERS = """

UserAlias = aliased(User)
"""


def program(cases: dict[str, str]) -> str:
    parts = [MODELS, HELPERS]
    for name, body in cases.items():
        lines = "\n".join(f"    {line}" for line in body.split("\n"))
        parts.append(f"\n\ndef {name}(db: Session):\n{lines}\n")
    return "".join(parts)


def generated() -> dict[str, str]:
    cases = {}
    for (selected, root), (builder, chain), (terminal, body) in itertools.product(
        SELECTED.items(), BUILDERS.items(), TERMINALS.items()
    ):
        cases[f"case_{selected}_{builder}_{terminal}"] = body.format(*[root + chain] * 3)
    return cases


def chosen(cases: dict[str, str], every: int, start: int = 0) -> dict[str, str]:
    """Each so many-th case."""
    return dict(itertools.islice(cases.items(), start, None, every))


def chains(seed: int, number: int) -> dict[str, str]:
    """Functions with chains of up to four methods."""
    chance = random.Random(seed)
    cases = {}
    for index in range(number):
        root = chance.choice(list(SELECTED.values()))
        methods = chance.sample(list(BUILDERS.values()), chance.choice((1, 2, 2, 3, 4)))
        cases[f"case_{index}_"] = chance.choice(list(TERMINALS.values())).format(*["".join((root, *methods))] * 3)
    return cases
