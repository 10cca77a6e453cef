"""The URLconf as a list: what the permission matrix and the list of open URLs stand on."""

from dataclasses import dataclass

from django.urls import URLPattern, get_resolver


@dataclass(frozen=True)
class Route:
    """One URL pattern with the full name it is reversed by."""

    name: str
    path: str
    view: object
    arguments: tuple[str, ...]


def routes() -> list[Route]:
    """Return every URL pattern of the project, those of Django's admin included."""
    return list(_walk(get_resolver().url_patterns, (), "", ()))


def own_routes() -> list[Route]:
    """Return the URL patterns that are not Django's admin."""
    return [route for route in routes() if not route.name.startswith("admin:")]


def admin_routes() -> list[Route]:
    """Return the URL patterns of Django's admin."""
    return [route for route in routes() if route.name.startswith("admin:")]


def _walk(patterns, namespaces, prefix, arguments):
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        found = (*arguments, *pattern.pattern.converters, *_groups(pattern.pattern))
        if isinstance(pattern, URLPattern):
            name = ":".join([*namespaces, pattern.name or f"unnamed {path}"])
            yield Route(name, path, pattern.callback, found)
        else:
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from _walk(pattern.url_patterns, inner, path, found)


def _groups(pattern) -> tuple[str, ...]:
    regex = getattr(pattern, "regex", None)
    known = pattern.converters
    return tuple(name for name in regex.groupindex if name not in known) if regex else ()
