"""The register of specifications: every citation key used in code, tables and documentation resolves here.

A citation is `key:place` (`css:R161-47`, `b2:0412`, `rfc5652:6.1`). `support` says how far the project follows the text:
yes, partial, planned, no, or convention (the fact is missing in public material and the project defines its own, kept in
`vaguemestre.tables.conventions`, to be swapped for the official one).
"""

from dataclasses import dataclass
from enum import StrEnum


class Support(StrEnum):
    YES = "yes"
    PARTIAL = "partial"
    PLANNED = "planned"
    NO = "no"
    CONVENTION = "convention"


@dataclass(frozen=True, slots=True)
class Specification:
    """One text: its citation key, title, version read, where to get it, and how far it is supported."""

    key: str
    title: str
    version: str
    where: str
    support: Support
    note: str = ""


SPECIFICATIONS: tuple[Specification, ...] = (
    Specification("css", "Code de la sécurité sociale", "in force March 2026", "legifrance.gouv.fr", Support.PARTIAL),
    Specification(
        "mess9821497a",
        "Arrêté du 9 avril 1998 (content of the care sheet), NOR MESS9821497A",
        "1998",
        "legifrance.gouv.fr",
        Support.YES,
        "the record format of its annex was not found",
    ),
    Specification(
        "mess9821498a",
        "Arrêté du 9 avril 1998 (reception and conservation), NOR MESS9821498A",
        "1998",
        "legifrance.gouv.fr",
        Support.PARTIAL,
    ),
    Specification(
        "sans0420101x",
        "Orthoptists' agreement, JO 17 March 2004, NOR SANS0420101X (failure procedures)",
        "2004",
        "legifrance.gouv.fr",
        Support.PARTIAL,
    ),
    Specification(
        "sans0622889a",
        "Pharmacists' agreement, arrêté of 11 July 2006, NOR SANS0622889A (payment delay)",
        "2006, through a secondary source",
        "legifrance.gouv.fr",
        Support.PARTIAL,
    ),
    Specification(
        "ct",
        "Code du travail (public holidays: L3133-1, L3134-13, L3422-2)",
        "in force March 2026",
        "legifrance.gouv.fr",
        Support.PARTIAL,
    ),
    Specification(
        "iso3950", "Dentistry: designation system for teeth and areas of the mouth", "2016", "iso.org", Support.PARTIAL
    ),
    Specification(
        "etss1200585a",
        "Physiotherapists' agreement, annex 4 (supporting documents), NOR ETSS1200585A",
        "2012",
        "legifrance.gouv.fr",
        Support.PLANNED,
    ),
    Specification(
        "b2",
        "B2 invoice records: FIDES ACE functional specification, part 06-TF",
        "v06.09",
        "GIE SESAM-Vitale",
        Support.PARTIAL,
        "hospital specification; a table says what a self-employed practice writes",
    ),
    Specification(
        "fides",
        "FIDES ACE functional specification, parts 01-PG, 02-BS, 03-IP, 04-CF, 05-VF, 07-DICO",
        "v06.09",
        "GIE SESAM-Vitale",
        Support.PARTIAL,
    ),
    Specification(
        "b2file",
        "B2 file and lot records 000, 1, 6, 999",
        "one independent implementation, 2013-2016",
        "alcide (public repository)",
        Support.PARTIAL,
        "sub-fields of records 1 and 6 are not confirmed",
    ),
    Specification(
        "noemie",
        "NOEMIE return entities",
        "one independent implementation",
        "public repository",
        Support.PARTIAL,
        "the official sequence (908, 580/900) was not found",
    ),
    Specification(
        "etsdt001",
        "ETS-DT-001 transport conventions",
        "v1.1 as implemented by others",
        "GIE SESAM-Vitale",
        Support.PARTIAL,
    ),
    Specification(
        "ngap",
        "Nomenclature générale des actes professionnels",
        "values of November 2022 and later changes",
        "ameli.fr",
        Support.PARTIAL,
    ),
    Specification(
        "ccam", "Classification commune des actes médicaux", "v81, 1 January 2026", "ameli.fr", Support.PARTIAL
    ),
    Specification(
        "snds", "SNDS nomenclatures (schema-snds)", "December 2020", "public repository, MPL-2.0", Support.PARTIAL
    ),
    Specification("rfc5321", "Simple Mail Transfer Protocol", "2008", "rfc-editor.org", Support.PARTIAL),
    Specification("rfc1939", "Post Office Protocol version 3", "1996", "rfc-editor.org", Support.PARTIAL),
    Specification("rfc2449", "POP3 extension mechanism", "1998", "rfc-editor.org", Support.PARTIAL),
    Specification("rfc3206", "POP response codes SYS and AUTH", "2002", "rfc-editor.org", Support.YES),
    Specification("rfc1870", "SMTP message size declaration", "1995", "rfc-editor.org", Support.YES),
    Specification("rfc2920", "SMTP command pipelining", "2000", "rfc-editor.org", Support.YES),
    Specification("rfc3463", "Enhanced mail system status codes", "2003", "rfc-editor.org", Support.PARTIAL),
    Specification("rfc3464", "Delivery status notifications", "2003", "rfc-editor.org", Support.PARTIAL),
    Specification("rfc4954", "SMTP service extension for authentication", "2007", "rfc-editor.org", Support.PARTIAL),
    Specification("rfc5248", "Registry of enhanced status codes (BCP 138)", "2008", "iana.org", Support.PARTIAL),
    Specification("rfc7504", "SMTP 521 and 556 reply codes", "2015", "rfc-editor.org", Support.YES),
    Specification("rfc8314", "Cleartext considered obsolete: TLS for mail", "2018", "rfc-editor.org", Support.YES),
    Specification("rfc5652", "Cryptographic Message Syntax", "2009", "rfc-editor.org", Support.PARTIAL),
    Specification("rfc8551", "S/MIME 4.0 message specification", "2019", "rfc-editor.org", Support.PARTIAL),
    Specification("rfc5280", "X.509 certificate and CRL profile", "2008", "rfc-editor.org", Support.PARTIAL),
    Specification("rfc5083", "CMS AuthEnvelopedData", "2007", "rfc-editor.org", Support.PARTIAL, "read, not written"),
    Specification("rfc5035", "ESS signing certificate, version 2", "2007", "rfc-editor.org", Support.PARTIAL),
    Specification(
        "rfc4055", "RSA-PSS and RSA-OAEP in PKIX and CMS", "2005", "rfc-editor.org", Support.PARTIAL, "read only"
    ),
    Specification(
        "rfc5480", "Elliptic curve keys and signatures in PKIX", "2009", "rfc-editor.org", Support.PARTIAL, "P-256"
    ),
    Specification("rfc5322", "Internet message format", "2008", "rfc-editor.org", Support.PARTIAL),
    Specification("rfc2046", "MIME part two", "1996", "rfc-editor.org", Support.PARTIAL),
    Specification("rfc2045", "MIME part one", "1996", "rfc-editor.org", Support.YES),
    Specification("rfc8259", "The JSON data interchange format", "2017", "rfc-editor.org", Support.YES),
    Specification("rfc1952", "GZIP file format", "1996", "rfc-editor.org", Support.YES),
    Specification(
        "toml", "TOML configuration language", "1.0.0", "toml.io", Support.YES, "read by the standard library"
    ),
    Specification(
        "vgm",
        "Conventions of this project",
        "see vaguemestre.tables.conventions",
        "this repository",
        Support.CONVENTION,
    ),
)

BY_KEY: dict[str, Specification] = {entry.key: entry for entry in SPECIFICATIONS}
