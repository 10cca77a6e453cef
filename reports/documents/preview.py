"""Head and foot of a document as a page draws them."""

from reports.documents.letterhead import Letterhead

_MARKS = {"b": "fw-bold", "i": "fst-italic", "u": "text-decoration-underline"}


def drawn(head: Letterhead) -> dict[str, list[dict[str, str]]]:
    """Return the lines of each block of a document: texts with the classes of their style."""

    def line(text: str, style: str) -> dict[str, str]:
        marks = head.layout.texts[style].marks
        marks += "u" * (style == "national" and len(head.layout.national) == 1)  # its rule
        css = " ".join(css for mark, css in _MARKS.items() if mark in marks)
        return {"text": text.replace("  ", "\u00a0 "), "css": css}

    return {
        "left": [line(*pair) for pair in head.left],
        "right": [line(*pair) for pair in head.right],
        "signing": [line(*pair) for pair in (*head.signing, (head.signer, "signer"))],
        "recipients": [line("Nơi nhận:", "recipients_head")]
        + [line(text, "recipients") for text in head.recipient_lines],
    }
