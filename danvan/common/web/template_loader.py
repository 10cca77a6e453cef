"""Our templates as the browser needs them: line breaks and indentation serve only those who read the file."""

import re
from collections.abc import Callable

from django.template import Template
from django.template.base import Node, TextNode
from django.template.defaulttags import CommentNode, LoadNode
from django.template.loaders import cached, filesystem

# Elements beside which a browser shows no white space (a form may stand in a line); beside all others a
# break counts as one space.
_BLOCKS = (
    "html|head|title|meta|link|script|body|header|footer|main|nav|section|article|aside|div|p|hr|br"
    "|h[1-6]|ul|ol|li|dl|dt|dd|table|caption|colgroup|col|thead|tbody|tfoot|tr|th|td"
    "|fieldset|legend|select|optgroup|option|details|summary|figure|figcaption"
)
_BREAK = r"\s*\n\s*"
_AFTER_BLOCK = re.compile(rf"(</?(?:{_BLOCKS})\b[^<>]*>|<button\b[^<>]*>){_BREAK}")
_BEFORE_BLOCK = re.compile(rf"{_BREAK}(?=</?(?:{_BLOCKS})\b|</button>|>)")
_OTHER_BREAK = re.compile(_BREAK)


class Loader(cached.Loader):
    """Django's cached loader; what stands in our own folder is trimmed once, when it is compiled.

    Only the literal text of a template changes, never a value, and packages' templates stay as they are.
    """

    def get_template(self, template_name: str, skip: list | None = None) -> Template:
        """Return the compiled template. Raises TemplateDoesNotExist."""
        is_known = self.cache_key(template_name, skip) in self.get_template_cache
        template = super().get_template(template_name, skip)
        if not is_known and type(template.origin.loader) is filesystem.Loader:
            trim(template)
        return template


def trim(template: Template) -> None:
    """Take the line breaks out of `template`, with the indentation around them."""
    for text in template.nodelist.get_nodes_by_type(TextNode):
        if isinstance(text, TextNode):
            text.s = trimmed(text.s)
    _strip_edge(template.nodelist, str.lstrip)
    _strip_edge(template.nodelist[::-1], str.rstrip)


def trimmed(text: str) -> str:
    """Return `text` with every line break gone: nothing beside a block or in a tag's end, else one space."""
    text = _AFTER_BLOCK.sub(r"\1", text)
    text = _BEFORE_BLOCK.sub("", text)
    return _OTHER_BREAK.sub(" ", text)


def _strip_edge(nodes: list[Node], strip: Callable[[str], str]) -> None:
    """Strip the first text of `nodes`: a partial begins and ends with its first and last mark."""
    for node in nodes:
        if isinstance(node, TextNode):
            node.s = strip(node.s)
            if node.s:
                return
        elif not isinstance(node, (CommentNode, LoadNode)):
            return
