"""A letter as a PDF on A4: title block, text, signature lines with room for the stamp, basis, and the code to scan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from projections.paper.fonts import HEI, SONG, width
from projections.paper.layout import LEFT, RIGHT, Column, Flow, Rule, Span, Text
from projections.paper.letters.letter import Headline, Letter, LetterTable, PaperProof, Passage, Piece
from projections.paper.paint import Frame, painted
from projections.paper.qr import qr_blocks

_ALL = RIGHT - LEFT
_TEXT = 10.5
QR_SIDE = 92.0
_LABEL = 62.0
SCAN = "扫描二维码或打开“核验”页，可核对本件是否由本台账出具。"


def letter_pdf(letter: Letter, proof: PaperProof | None) -> bytes:
    """The letter on A4. The same letter and proof give the same bytes. Raises: FontMissing."""
    flow = Flow()
    _head(flow, letter)
    for piece in letter.pieces:
        _piece(flow, piece)
    _signatures(flow, letter)
    basis_block(flow, letter.basis.rows(), [*letter.notes], proof)
    frame = Frame(
        title=f"{letter.title}　{letter.about}",
        head=f"{letter.about}　{letter.kind}",
        foot=f"截至 {letter.basis.as_of}，按 {letter.basis.known_at} 所知；规则 {letter.basis.rulebook['id']} "
        f"{letter.basis.rulebook['sha256'][:12]}",
        made_from=letter.basis.known_at,
        demonstration=letter.basis.demonstration,
        code="" if proof is None else proof.code,
    )
    return painted(flow.pages, frame)


def _head(flow: Flow, letter: Letter) -> None:
    if letter.issuer:
        flow.paragraph(Span(letter.issuer, HEI, 12), centred=True, after=4)
    flow.paragraph(Span(letter.title, HEI, 17), centred=True, after=4)
    flow.paragraph(Span(f"编号：{letter.reference}", SONG, 9), centred=True, after=8)
    if letter.addressee:
        flow.paragraph(Span(f"{letter.addressee}：", SONG, _TEXT), after=4)


def _piece(flow: Flow, piece: Piece) -> None:
    if isinstance(piece, Headline):
        if piece.annex:
            flow.new_page()
        flow.heading(piece.text)
    elif isinstance(piece, Passage):
        lead, size = ("", 8.5) if piece.small else ("　　", _TEXT)
        flow.paragraph(Span(lead + piece.text, SONG, size, 0.2 if piece.small else 0.0), after=4)
    else:
        flow.table(columns_of(piece), _cells(piece))


def columns_of(grid: LetterTable) -> Sequence[Column]:
    """The columns of a table over the whole width."""
    unit = _ALL / sum(grid.shares)
    return [Column(name, share * unit) for name, share in zip(grid.headings, grid.shares, strict=True)]


def _cells(grid: LetterTable) -> Iterable[tuple[tuple[Span, ...], ...]]:
    last = len(grid.rows) - 1
    for place, row in enumerate(grid.rows):
        style = HEI if grid.sums and place == last else SONG
        yield tuple(tuple(Span(part, style, 8.5) for part in text.split("\n")) for text in row)


def _signatures(flow: Flow, letter: Letter) -> None:
    """Lines to sign at the left, the association and the day at the right, where the stamp goes."""
    flow.keep(110.0)
    flow.y += 14
    top = flow.y
    for number, who in enumerate(letter.signatures):
        base = top + 14 + number * 26
        flow.put(Text(LEFT, base, f"{who}：", SONG, _TEXT))
        begins = LEFT + width(f"{who}：", SONG, _TEXT)
        flow.put(Rule(begins, base + 3, begins + 138, base + 3))
    said = [letter.issuer or "　", "（盖章）", day_line(letter.dated)]
    for number, text in enumerate(said):
        for line in Span(text, SONG, _TEXT).lines(240)[:1]:
            x = RIGHT - 20 - width(line.text, SONG, _TEXT)
            flow.put(Text(x, top + 14 + number * 20, line.text, SONG, _TEXT))
    flow.y = top + max(len(letter.signatures) * 26, 66) + 14


def day_line(dated: str | None) -> str:
    """The day under the text, or room to fill it in."""
    return dated or "　　　　年　　月　　日"


def basis_block(flow: Flow, rows: Sequence[tuple[str, str]], notes: Sequence[str], proof: PaperProof | None) -> None:
    """What the paper rests on, with the code beside it; its text below, for who has no camera."""
    for note in notes:
        flow.paragraph(Span(note, SONG, 8.5, 0.2), after=2)
    flow.keep(QR_SIDE + 24)
    flow.put(Rule(LEFT, flow.y, RIGHT, flow.y, 0.5, 0.5))
    flow.y += 6
    top, room = flow.y, _ALL - _LABEL - (QR_SIDE + 8 if proof is not None else 0)
    for name, value in rows:
        lines = Span(value, SONG, 7.5, 0.2).lines(room)
        flow.lines(Span(name, HEI, 7.5, 0.2).lines(_LABEL), LEFT, flow.y, _LABEL)
        flow.lines(lines, LEFT + _LABEL, flow.y, room)
        flow.y += len(lines) * 7.5 * 1.42 + 1
    if proof is None:
        return
    flow.lines(Span(SCAN, SONG, 7.5, 0.2).lines(room), LEFT + _LABEL, flow.y, room)
    for one in qr_blocks(proof.address, RIGHT - QR_SIDE, top, QR_SIDE):
        flow.put(one)
    flow.y = max(flow.y + 14, top + QR_SIDE + 4)
    flow.paragraph(Span(f"核验码 {proof.code}", SONG, 5.5, 0.35), after=2)
