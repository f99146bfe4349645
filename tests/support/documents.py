"""Office files and books as the programs that people have write them, in a few lines."""

from __future__ import annotations

import io
import zipfile

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"

RELATIONS = (
    f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
    "</Relationships>"
)
TYPES = f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'

STYLES = f"""<w:styles xmlns:w="{_WORD}">
<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
</w:styles>"""

NUMBERING = f"""<w:numbering xmlns:w="{_WORD}">
<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="*"/></w:lvl>
</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>"""


def packed(members: dict[str, str | bytes]) -> bytes:
    """An archive of these."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def core(title: str, created: str) -> str:
    """What an office file says of itself."""
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<dc:title>{title}</dc:title><dcterms:created xsi:type="dcterms:W3CDTF">{created}</dcterms:created>'
        '<dcterms:modified xsi:type="dcterms:W3CDTF">2026-06-06T10:00:00Z</dcterms:modified></cp:coreProperties>'
    )


def paragraph(text: str, properties: str = "") -> str:
    """A paragraph of Word."""
    return f'<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def docx(body: str, *, title: str = "Aurora opens", created: str = "2026-03-02T09:00:00Z", **others: str) -> bytes:
    """A file of Word with this body."""
    links = "".join(
        f'<Relationship Id="d{at}" Type="{_OFFICE}/{name}" Target="{name}.xml"/>' for at, name in enumerate(("styles", "numbering"))
    )
    return packed(
        {
            "[Content_Types].xml": TYPES,
            "_rels/.rels": RELATIONS,
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>',
            "word/styles.xml": STYLES,
            "word/numbering.xml": NUMBERING,
            "docProps/core.xml": core(title, created),
            **others,
        }
    )


def word_table(rows: list[list[str]]) -> str:
    """A table of Word, whose first row is its head."""
    cells = ["".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows]
    head = "<w:trPr><w:tblHeader/></w:trPr>"
    lines = "".join(f"<w:tr>{'' if at else head}{line}</w:tr>" for at, line in enumerate(cells))
    return f'<w:tbl><w:tblPr><w:tblLook w:firstRow="1"/></w:tblPr>{lines}</w:tbl>'


def pptx(*slides: str, title: str = "Aurora opens", created: str = "2026-03-02T09:00:00Z") -> bytes:
    """A file of PowerPoint; the last slide is stored first."""
    links = "".join(f'<Relationship Id="r{at}" Type="x" Target="slides/slide{len(slides) - at}.xml"/>' for at in range(len(slides)))
    listed = "".join(f'<p:sldId id="{256 + at}" r:id="r{at}"/>' for at in range(len(slides)))
    members = {
        f"ppt/slides/slide{len(slides) - at}.xml": f'<p:sld xmlns:p="{_SLIDES}" xmlns:a="{_DRAWING}"><p:cSld><p:spTree>{slide}'
        "</p:spTree></p:cSld></p:sld>"
        for at, slide in enumerate(slides)
    }
    return packed(
        {
            "[Content_Types].xml": TYPES,
            "docProps/core.xml": core(title, created),
            "ppt/presentation.xml": f'<p:presentation xmlns:p="{_SLIDES}" xmlns:r="{_OFFICE}"><p:sldIdLst>{listed}</p:sldIdLst>'
            "</p:presentation>",
            "ppt/_rels/presentation.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>',
            **members,
        }
    )


def shape(kind: str, *paragraphs: str) -> str:
    """A shape of a slide; a bar in a paragraph begins another run."""
    runs = ["".join(f"<a:r><a:t>{run}</a:t></a:r>" for run in text.split("|")) for text in paragraphs]
    body = "".join(f"<a:p>{text}</a:p>" for text in runs)
    return f'<p:sp><p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr><p:txBody>{body}</p:txBody></p:sp>'


def slide_table(rows: list[list[str]]) -> str:
    """A table of a slide, whose first row is its head."""
    cells = "".join(
        "<a:tr>" + "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{cell}</a:t></a:r></a:p></a:txBody></a:tc>" for cell in row) + "</a:tr>"
        for row in rows
    )
    return f'<p:graphicFrame><a:tbl><a:tblPr firstRow="1"/>{cells}</a:tbl></p:graphicFrame>'


def odt(body: str) -> bytes:
    """A file of LibreOffice with this body."""
    spaces = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
        'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"'
    )
    styles = "<office:font-face-decls/><office:styles/><office:automatic-styles/><office:master-styles/>"
    return packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"<office:document-content {spaces}><office:automatic-styles/><office:body>"
            f"<office:text>{body}</office:text></office:body></office:document-content>",
            "styles.xml": f"<office:document-styles {spaces}>{styles}</office:document-styles>",
            "meta.xml": f"<office:document-meta {spaces}><office:meta>"
            "<dc:date>2026-06-06T10:00:00</dc:date><dc:title>Aurora opens</dc:title>"
            "<meta:creation-date>2026-03-02T09:00:00</meta:creation-date></office:meta></office:document-meta>",
        }
    )


def epub(*chapters: str) -> bytes:
    """A book with these chapters."""
    listed = "".join(f'<item id="c{at}" href="c{at}.xhtml" media-type="application/xhtml+xml"/>' for at in range(len(chapters)))
    order = "".join(f'<itemref idref="c{at}"/>' for at in range(len(chapters)))
    texts = {
        f"OEBPS/c{at}.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>{text}</body></html>'
        for at, text in enumerate(chapters)
    }
    return packed(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
            '<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
            "OEBPS/content.opf": '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="u"><metadata '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Aurora opens</dc:title><dc:identifier id="u">1</dc:identifier>'
            "<dc:language>en</dc:language><dc:date>2026-03-02</dc:date><dc:publisher>Field Press</dc:publisher></metadata>"
            f"<manifest>{listed}</manifest><spine>{order}</spine></package>",
            **texts,
        }
    )
