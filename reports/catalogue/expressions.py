"""The one evaluator of stored rules and formulas: a small grammar of its own, never eval.

    rule       = condition ["=>" condition]          "GS08 = 0 => GS09 = 0"
    condition  = sum compare sum [compare sum]        "max(DT01, DT02) <= DT03 <= DT01 + DT02"
    sum        = product {("+" | "-") product}
    product    = atom {("*" | "/") atom}
    atom       = number | CODE["@" letter] | ("max" | "min") "(" sum {"," sum} ")" | "(" sum ")"

CODE is an indicator ("DT01", "GS01.MT") or UNITS, the number of reporting units; "@X" takes the figure of
one level. Blank is not zero: a sum or difference is blank only when all its terms are, a product or
quotient when one is; a comparison with a blank side does not apply, and neither does its rule.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Z]+\d*(?:\.[A-Z]+)?(?:@[XHTK])?)"
    r"|(?P<call>max|min)|(?P<sign>=>|<=|>=|!=|[=<>+\-*/(),]))"
)
_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
UNITS = "UNITS"
Lookup = Callable[[str], Decimal | None]


class ExpressionError(ValueError):
    """The text is not an expression; the message is Vietnamese and says where."""


@dataclass(frozen=True)
class Node:
    """A parsed expression: `op` with its operands; for "name" and "number" the operand is the leaf itself."""

    op: str
    args: tuple


@lru_cache(maxsize=2048)
def parse(text: str) -> Node:
    """Return the tree of `text`. Raises ExpressionError."""
    parser = _Parser(text)
    node = parser.rule()
    if parser.peek():
        raise ExpressionError(f"Thừa “{parser.peek()}” trong biểu thức.")
    return node


def names_in(node: Node) -> set[str]:
    """Return the indicator codes an expression reads, without their level marks and without UNITS."""
    return {name.partition("@")[0] for name in _names(node)} - {UNITS}


def references_in(node: Node) -> set[str]:
    """Return the names as written, level marks and UNITS included."""
    return set(_names(node))


def _names(node: Node) -> Iterator[str]:
    if node.op == "name":
        yield node.args[0]
    elif node.op != "number":
        for arg in node.args:
            yield from _names(arg)


def is_condition(node: Node) -> bool:
    """Return whether an expression is a condition ("DT01 <= DT03"); otherwise it is a number."""
    return node.op in _COMPARE or node.op in ("and", "=>")


def holds(node: Node, lookup: Lookup) -> bool | None:
    """Return whether a rule holds for the figures `lookup` gives; None where it does not apply (blanks)."""
    if node.op == "=>":
        condition, consequence = node.args
        return holds(consequence, lookup) if holds(condition, lookup) else None
    if node.op == "and":
        results = [holds(arg, lookup) for arg in node.args]
        return False if False in results else None if None in results else True
    if node.op in _COMPARE:
        left, right = (value(arg, lookup) for arg in node.args)
        return None if left is None or right is None else _COMPARE[node.op](left, right)
    raise ExpressionError("Biểu thức này là một số, không phải một điều kiện.")


def value(node: Node, lookup: Lookup) -> Decimal | None:
    """Return the number of an arithmetic expression, None for blank. Division by zero is blank."""
    if node.op == "number":
        return node.args[0]
    if node.op == "name":
        return lookup(node.args[0])
    operands = [value(arg, lookup) for arg in node.args]
    if node.op in ("max", "min"):
        known = [operand for operand in operands if operand is not None]
        return (max if node.op == "max" else min)(known) if known else None
    if node.op in ("+", "-"):
        if all(operand is None for operand in operands):
            return None
        first, second = (operand or Decimal(0) for operand in operands)
        return first + second if node.op == "+" else first - second
    if node.op in ("*", "/"):
        left, right = operands
        if left is None or right is None or (node.op == "/" and right == 0):
            return None
        return left * right if node.op == "*" else left / right
    raise ExpressionError("Biểu thức này là một điều kiện, không phải một số.")


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.tokens, self.at = self._split(text), 0
        self.depth = 0

    @staticmethod
    def _split(text: str) -> list[tuple[str, str]]:
        tokens, at = [], 0
        text = text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if not match:
                raise ExpressionError(f"Không hiểu “{text[at : at + 20].strip()}” trong biểu thức.")
            kind = str(match.lastgroup)
            tokens.append((kind, match[kind]))
            at = match.end()
        return tokens

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *signs: str) -> str:
        if self.peek() in signs and self.peek():
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def expect(self, sign: str) -> None:
        if not self.take(sign):
            raise ExpressionError(f"Thiếu “{sign}” trước “{self.peek() or 'hết biểu thức'}”.")

    def rule(self) -> Node:
        node = self.condition()
        if self.take("=>"):
            consequence = self.condition()
            if not (is_condition(node) and is_condition(consequence)):
                raise ExpressionError(
                    "Hai vế của “=>” phải là điều kiện, ví dụ GS08 = 0 => GS09 = 0."
                )
            node = Node("=>", (node, consequence))
        return node

    def condition(self) -> Node:
        first = self.sum()
        comparisons, left = [], first
        while sign := self.take(*_COMPARE):
            right = self.sum()
            comparisons.append(Node(sign, (left, right)))
            left = right
        if not comparisons:
            return first
        return comparisons[0] if len(comparisons) == 1 else Node("and", tuple(comparisons))

    def sum(self) -> Node:
        node = self.product()
        while sign := self.take("+", "-"):
            node = Node(sign, (node, self.product()))
        return node

    def product(self) -> Node:
        node = self.atom()
        while sign := self.take("*", "/"):
            node = Node(sign, (node, self.atom()))
        return node

    def atom(self) -> Node:
        if self.at >= len(self.tokens):
            raise ExpressionError("Biểu thức chưa hết: thiếu một chỉ tiêu hoặc một số ở cuối.")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return Node("number", (Decimal(text),))
        if kind == "name":
            return Node("name", (text,))
        if kind == "call":
            self.expect("(")
            return Node(text, self.nested(more=True))
        if text == "(":
            return self.nested()[0]
        raise ExpressionError(f"Không thể bắt đầu bằng “{text}”.")

    def nested(self, more: bool = False) -> tuple[Node, ...]:
        """Return what stands between brackets, to a bounded depth."""
        self.depth += 1
        if self.depth > 10:
            raise ExpressionError("Quá nhiều ngoặc lồng nhau.")
        nodes = [self.sum()]
        while more and self.take(","):
            nodes.append(self.sum())
        self.expect(")")
        self.depth -= 1
        return tuple(nodes)
