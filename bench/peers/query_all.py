"""Case c for `libcst.tool codemod`."""

import libcst
import libcst.matchers as m
from libcst.codemod import VisitorBasedCodemodCommand


class QueryAll(VisitorBasedCodemodCommand):
    """`$X.query($Y).all()` to `$X.execute(select($Y)).scalars().all()`."""

    def leave_Call(self, original_node: libcst.Call, updated_node: libcst.Call) -> libcst.BaseExpression:  # noqa: N802
        """Rewrite a call that matches."""
        query = m.Call(func=m.Attribute(attr=m.Name("query")), args=[m.Arg()])
        if not m.matches(updated_node, m.Call(func=m.Attribute(value=query, attr=m.Name("all")), args=[])):
            return updated_node
        inner = updated_node.func.value  # type: ignore[union-attr]
        select = libcst.Call(libcst.Name("select"), inner.args)
        execute = libcst.Call(inner.func.with_changes(attr=libcst.Name("execute")), [libcst.Arg(select)])
        scalars = libcst.Call(libcst.Attribute(execute, libcst.Name("scalars")))
        return updated_node.with_changes(func=updated_node.func.with_changes(value=scalars))
