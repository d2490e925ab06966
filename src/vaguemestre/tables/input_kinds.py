"""What a file is when it is not what was asked for: its first bytes, and what to call it in French and in English."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InputKind:
    """One kind of file. `marks`: it bears one of these at `offset`. The names follow « c'est », "it is"."""

    name: str
    marks: tuple[bytes, ...]
    fr: str
    en: str
    offset: int = 0


KINDS: tuple[InputKind, ...] = (
    InputKind("pdf", (b"%PDF-",), "un document PDF", "a PDF document"),
    InputKind(
        "zip",
        (b"PK\x03\x04", b"PK\x05\x06"),
        "une archive ZIP ou un document de bureau (décompressez-la d'abord)",
        "a ZIP archive or an office document (unpack it first)",
    ),
    InputKind("7z", (b"7z\xbc\xaf\x27\x1c",), "une archive 7-Zip", "a 7-Zip archive"),
    InputKind("rar", (b"Rar!\x1a\x07",), "une archive RAR", "a RAR archive"),
    InputKind(
        "packed",
        (b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"\x1f\x9d"),
        "un fichier compressé autrement qu'en gzip",
        "a file compressed otherwise than by gzip",
    ),
    InputKind("gzip", (b"\x1f\x8b",), "un fichier gzip dans un fichier gzip", "a gzip file inside a gzip file"),
    InputKind("tar", (b"ustar",), "une archive TAR", "a TAR archive", 257),
    InputKind(
        "image",
        (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"BM"),
        "une image",
        "an image",
    ),
    InputKind("parquet", (b"PAR1",), "un fichier Parquet", "a Parquet file"),
    InputKind("sqlite", (b"SQLite format 3\x00",), "une base SQLite", "a SQLite database"),
    InputKind("office", (b"\xd0\xcf\x11\xe0",), "un ancien document de bureau", "an old office document"),
    InputKind("program", (b"\x7fELF", b"MZ"), "un programme", "a program"),
    InputKind("utf-32", (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"), "un texte en UTF-32", "a text in UTF-32"),
    InputKind("utf-16", (b"\xff\xfe", b"\xfe\xff"), "un texte en UTF-16", "a text in UTF-16"),
    InputKind("ebcdic", (b"\xf0\xf0\xf0",), "un fichier en EBCDIC", "a file in EBCDIC"),
    InputKind("pem", (b"-----BEGIN ",), "une clé ou un certificat PEM", "a PEM key or certificate"),
    InputKind(
        "der",
        (b"\x30\x80", b"\x30\x82", b"\x30\x83", b"\x30\x84"),
        "un objet DER : clé, certificat ou message scellé (CMS)",
        "a DER object: key, certificate or sealed message (CMS)",
    ),
    InputKind("xml", (b"<?xml",), "un document XML", "an XML document"),
    InputKind("html", (b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML"), "une page HTML", "an HTML page"),
    InputKind("xml", (b"<",), "un document XML ou HTML", "an XML or HTML document"),
    InputKind("json", (b"{", b"["), "un document JSON", "a JSON document"),
)
"""Tried in this order; a mark may follow a UTF-8 mark and blanks when it is text."""

EMPTY = InputKind("empty", (), "un fichier vide", "an empty file")
ZEROS = InputKind("zeros", (), "une suite d'octets nuls", "a run of NUL bytes")
TEXT = InputKind("text", (), "un texte", "a text")
BINARY = InputKind("binary", (), "un fichier binaire inconnu", "an unknown binary file")
B2_FILE = InputKind("b2", (), "un fichier B2 (voir « vaguemestre b2 »)", 'a B2 file (see "vaguemestre b2")')
NOEMIE_FILE = InputKind(
    "noemie", (), "un retour NOEMIE (voir « vaguemestre noemie »)", 'a NOEMIE return (see "vaguemestre noemie")'
)
FRAME = InputKind(
    "frame",
    (),
    "un enregistrement de début ou de fin (000, 999) et rien d'autre",
    "a record of start or end (000, 999) and nothing else",
)
ACKNOWLEDGEMENT = InputKind("arl", (), "un accusé de réception (ARL)", "an acknowledgement (ARL)")
