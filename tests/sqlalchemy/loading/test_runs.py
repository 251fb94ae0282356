"""Programs that fail because something is loaded lazily, and run once the plan is applied."""

from __future__ import annotations

import pytest

from tests.sqlalchemy.loading.programs import fails_lazily, planned, program, result, rewritten

FIXED = {
    "query": (
        """
    async def main(session):
        users = (await session.scalars(select(User).order_by(User.id))).all()
        return [(user.name, [post.title for post in user.posts]) for user in users]
    """,
        [("Boss", []), ("Ann", ["First", "Second"])],
    ),
    "nested": (
        """
    async def main(session: AsyncSession):
        users = (await session.scalars(select(User).order_by(User.id))).all()
        return [tag.name for user in users for post in user.posts for tag in post.tags]
    """,
        ["red", "blue", "red"],
    ),
    "helper": (
        """
    async def find(session: AsyncSession, name: str):
        return (await session.scalars(select(User).where(User.name == name))).first()
    def names(user: User):
        return [post.title for post in user.posts], user.manager.name
    async def main(session: AsyncSession):
        return names(await find(session, "Ann"))
    """,
        (["First", "Second"], "Boss"),
    ),
    "property": (
        """
    async def main(session: AsyncSession):
        user = (await session.scalars(select(User).where(User.name == "Ann"))).one()
        return user.titles, user.tag_names()
    """,
        (["First", "Second"], ["blue", "red"]),
    ),
    "backref": (
        """
    async def main(session: AsyncSession):
        tags = (await session.scalars(select(Tag).order_by(Tag.id))).all()
        user = (await session.scalars(select(User).where(User.name == "Boss"))).one()
        return [len(tag.posts) for tag in tags], [report.name for report in user.reports]
    """,
        ([2, 1], ["Ann"]),
    ),
    "eager, but met before": (
        """
    async def main(session: AsyncSession):
        chess = (await session.scalars(select(Club).where(Club.id == 1))).one()
        return [[club.id for club in member.clubs] for member in chess.members]
    """,
        [[1], [1, 2]],
    ),
    "refreshed, met before": (
        """
    async def main(session: AsyncSession):
        chess = await session.get(Club, 1)
        return [[club.id for club in member.clubs] for member in chess.members]
    """,
        [[1], [1, 2]],
    ),
    "get": (
        """
    async def main(session: AsyncSession):
        post = await session.get(Post, 1)
        return post.author.name
    """,
        "Ann",
    ),
    "get guard": (
        """
    async def main(session: AsyncSession):
        post = await session.get(Post, 1)
        if post is None:
            raise KeyError(1)
        return post.author.manager.name
    """,
        "Boss",
    ),
    "get returned": (
        """
    async def find(session: AsyncSession, id: int) -> Post | None:
        return await session.get(Post, id)
    async def main(session: AsyncSession):
        assert await find(session, 99) is None
        post = await find(session, 1)
        return post.author.name, [tag.name for tag in post.tags]
    """,
        ("Ann", ["red", "blue"]),
    ),
    "get twice": (
        """
    async def main(session: AsyncSession):
        known = await session.get(Post, 1)
        post = await session.get(Post, 1)
        return post.author.name, known.title
    """,
        ("Ann", "First"),
    ),
    "new": (
        """
    async def create(session: AsyncSession, title: str):
        post = Post(title=title, author_id=2)
        session.add(post)
        await session.commit()
        await session.refresh(post)
        return post
    async def main(session: AsyncSession):
        post = await create(session, "Fourth")
        return post.author.name, post.tags, [c.text for c in post.comments]
    """,
        ("Ann", [], []),
    ),
    "new no refresh": (
        """
    async def create(session: AsyncSession, title: str):
        post = Post(title=title, author_id=2)
        session.add(post)
        await session.commit()
        return post
    async def main(session: AsyncSession):
        post = await create(session, "Fourth")
        return post.author.name, post.tags
    """,
        ("Ann", []),
    ),
    "update": (
        """
    async def update(session: AsyncSession, id: int, author_id):
        post = (await session.scalars(select(Post).where(Post.id == id))).first()
        if not post:
            return None
        post.author_id = author_id
        await session.commit()
        return post
    async def main(session: AsyncSession):
        post = await update(session, 1, 1)
        return post.author.name
    """,
        "Boss",
    ),
    "save helper": (
        """
    async def save(session: AsyncSession, obj: Post):
        session.add(obj)
        await session.commit()
        await session.refresh(obj)
        return obj
    async def main(session: AsyncSession):
        post = await save(session, Post(title="x", author_id=2))
        return post.author.name
    """,
        "Ann",
    ),
    "append": (
        """
    async def main(session: AsyncSession):
        post = (await session.scalars(select(Post).where(Post.id == 3))).one()
        tag = (await session.scalars(select(Tag).where(Tag.id == 2))).one()
        post.tags.append(tag)
        await session.commit()
        return [t.name for t in post.tags]
    """,
        ["blue"],
    ),
    "assign": (
        """
    async def main(session: AsyncSession):
        post = (await session.scalars(select(Post).where(Post.id == 1))).one()
        post.tags = []
        await session.commit()
        again = await session.get(Post, 1)
        return [t.name for t in again.tags]
    """,
        [],
    ),
    "existing joined": (
        """
    async def main(session: AsyncSession):
        posts = (await session.scalars(select(Post).options(joinedload(Post.author)).where(Post.author_id == 2))).unique().all()
        return [(p.author.name, p.author.manager.name) for p in posts]
    """,
        [("Ann", "Boss"), ("Ann", "Boss")],
    ),
    "rows": (
        """
    async def main(session: AsyncSession):
        rows = (await session.execute(select(Post, User).join(User, Post.author_id == User.id).order_by(Post.id))).all()
        return [(post.title, user.manager.name, [t.name for t in post.tags]) for post, user in rows]
    """,
        [("First", "Boss", ["red", "blue"]), ("Second", "Boss", ["red"])],
    ),
    "loop over several": (
        """
    async def main(session: AsyncSession):
        found = []
        for post in (await session.scalars(select(Post).where(Post.author_id == 2).order_by(Post.id))).all():
            found.append(post.author.profile.bio)
        return found
    """,
        ["painter", "painter"],
    ),
    "existing object": (
        """
    async def main(session: AsyncSession):
        first = await session.get(User, 2)
        user = (await session.scalars(select(User).where(User.id == 2))).one()
        return first is user, [post.title for post in user.posts]
    """,
        (True, ["First", "Second"]),
    ),
    "stale after commit": (
        """
    async def main(session: AsyncSession):
        user = (await session.scalars(select(User).where(User.id == 1))).one()
        before = len(user.posts)
        session.add(Post(title="New", author_id=1))
        await session.commit()
        return before, [post.title for post in user.posts]
    """,
        (0, ["New"]),
    ),
    "refresh forgets": (
        """
    async def main(session: AsyncSession):
        known = await session.get(Post, 1)
        post = (await session.scalars(select(Post).where(Post.id == 1))).one()
        await session.refresh(post)
        return post.author.name, known.title
    """,
        ("Ann", "First"),
    ),
    "conditional": (
        """
    async def main(session: AsyncSession):
        post = (await session.scalars(select(Post).where(Post.id == 3))).first()
        post.title = "Changed"
        await session.commit()
        return post.author.name if post.author else "nobody", len(post.tags)
    """,
        ("nobody", 0),
    ),
    "built step by step": (
        """
    async def main(session: AsyncSession):
        query = select(Post)
        if session is not None:
            query = query.where(Post.author_id == 2)
        query = query.order_by(Post.id)
        return [post.author.name for post in (await session.scalars(query)).all()]
    """,
        ["Ann", "Ann"],
    ),
    "method of a repository": (
        """
    class Posts:
        def __init__(self, session: AsyncSession):
            self.session = session
        async def find(self, id: int):
            return (await self.session.scalars(select(Post).where(Post.id == id))).first()
        async def rename(self, id: int, title: str):
            post = await self.find(id)
            post.title = title
            await self.session.commit()
            await self.session.refresh(post)
            return post
    async def main(session: AsyncSession):
        posts = Posts(session)
        post = await posts.rename(1, "New")
        return post.title, post.author.name, [comment.text for comment in post.comments]
    """,
        ("New", "Ann", ["nice"]),
    ),
    "self-referential collection": (
        """
    async def main(session: AsyncSession):
        user = User(name="New", manager_id=1)
        session.add(user)
        await session.flush()
        return user.manager.name, [each.name for each in user.manager.reports]
    """,
        ("Boss", ["Ann", "New"]),
    ),
    "new in a list": (
        """
    async def main(session: AsyncSession):
        posts = [Post(title=title, author_id=2) for title in ("a", "b")]
        session.add_all(posts)
        await session.commit()
        return [post.author.name for post in posts]
    """,
        ["Ann", "Ann"],
    ),
    "eager collection of a new object": (
        """
    async def main(session: AsyncSession):
        comment = Comment(text="new", post_id=1)
        session.add(comment)
        await session.commit()
        return comment.post.title, comment.post.author.name
    """,
        ("First", "Ann"),
    ),
    "getattr": (
        """
    async def main(session: AsyncSession):
        post = (await session.scalars(select(Post).where(Post.id == 1))).one()
        return getattr(post, "author").name
    """,
        "Ann",
    ),
    "existing option is continued": (
        """
    async def main(session: AsyncSession):
        query = select(Post).join(Post.author).options(contains_eager(Post.author)).where(Post.id == 1)
        post = (await session.scalars(query)).one()
        return post.author.manager.name
    """,
        "Boss",
    ),
    "shared helper": (
        """
    async def find(session: AsyncSession, id: int):
        return (await session.scalars(select(User).where(User.id == id))).first()
    async def name(session: AsyncSession):
        user = await find(session, 1)
        return user.name
    async def main(session: AsyncSession):
        user = await find(session, 2)
        if user is None:
            return None
        return await name(session), [post.title for post in user.posts]
    """,
        ("Boss", ["First", "Second"]),
    ),
    "generic, by its class": (
        """
    from typing import Generic, TypeVar
    M = TypeVar("M")
    class Repository(Generic[M]):
        def __init__(self, model: type[M]):
            self.model = model
        async def get(self, session: AsyncSession, id: int) -> M | None:
            return await session.get(self.model, id)
    class Posts(Repository[Post]):
        pass
    class Users(Repository[User]):
        pass
    posts, users = Posts(Post), Users(User)
    async def main(session: AsyncSession):
        post = await posts.get(session, 1)
        if not post:
            raise KeyError(1)
        return post.author.name, (await users.get(session, 1)).name
    """,
        ("Ann", "Boss"),
    ),
}

UNTOUCHED = {
    "columns only": """
    async def main(session: AsyncSession):
        post = (await session.scalars(select(Post).where(Post.id == 1))).one()
        return post.title, post.author_id
    """,
    "the class": """
    async def main(session: AsyncSession):
        query = select(User.name).where(User.posts.any(Post.title == "First")).join(User.posts)
        return (await session.scalars(query)).all()
    """,
    "not stored yet": """
    async def main(session: AsyncSession):
        post = Post(title="x", tags=[Tag(name="a")])
        post.tags.append(Tag(name="b"))
        return [tag.name for tag in post.tags], post.author
    """,
    "given to the constructor": """
    async def main(session: AsyncSession):
        author = (await session.scalars(select(User).where(User.id == 2))).one()
        post = Post(title="x", author=author)
        session.add(post)
        await session.commit()
        return post.author.name
    """,
    "assigned before it is stored": """
    async def main(session: AsyncSession):
        author = (await session.scalars(select(User).where(User.id == 2))).one()
        post = Post(title="x")
        post.author = author
        session.add(post)
        await session.flush()
        return post.author.name
    """,
    "one object is assigned": """
    async def main(session: AsyncSession):
        author = (await session.scalars(select(User).where(User.id == 1))).one()
        post = (await session.scalars(select(Post).where(Post.id == 3))).one()
        post.author = author
        await session.commit()
        return post.author_id
    """,
    "loaded by an option": """
    async def main(session: AsyncSession):
        query = select(Post).options(joinedload(Post.author).joinedload(User.manager)).where(Post.id == 1)
        post = (await session.scalars(query)).one()
        return post.author.manager.name
    """,
    "loaded by its declaration": """
    async def main(session: AsyncSession):
        comment = (await session.scalars(select(Comment))).first()
        profile = (await session.scalars(select(Profile))).first()
        return comment.post.title, profile.user.name
    """,
    "loaded by a refresh": """
    async def main(session: AsyncSession):
        post = Post(title="x", author_id=2)
        session.add(post)
        await session.commit()
        await session.refresh(post, ["author"])
        return post.author.name
    """,
    "a name that means something else": """
    class Basket:
        posts = ["a"]
        author = "b"
    async def main(session: AsyncSession):
        return Basket().posts, Basket().author
    """,
}


@pytest.mark.parametrize("name", FIXED)
def test_it_fails_before_and_runs_after(name: str) -> None:
    body, expected = FIXED[name]
    text = program(body)
    assert fails_lazily(text)
    assert result(rewritten({"program.py": text})["program.py"]) == expected


@pytest.mark.parametrize("name", UNTOUCHED)
def test_what_needs_nothing_gets_nothing(name: str) -> None:
    text = program(UNTOUCHED[name])
    assert not fails_lazily(text)
    plan = planned({"program.py": text})
    assert not plan.pieces
    assert not plan.declarations
