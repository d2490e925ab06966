"""The annotated specimens of docs/specimens: small files with invented people, made by the project's own encoder.

Each one is shown in French (some in English too) by `vaguemestre b2 show`; that text documents the format, and a test holds both.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import noemie_specimens

from vaguemestre.core.b2.checks import invoice_totals
from vaguemestre.core.b2.codec import B2_RECORDS, RECORD_BYTES, encode_record
from vaguemestre.core.b2.writing import FileHead, LotHead, build_file, build_lot
from vaguemestre.core.findings import Language
from vaguemestre.core.identifiers import make_nir, make_number, make_rpps
from vaguemestre.core.money import half_up, percent_of
from vaguemestre.core.parties import Destination
from vaguemestre.core.wire.records import Record
from vaguemestre.tables.b2_order import COMPLEMENTS, LINE_RECORDS
from vaguemestre.toolkit.b2.showing import show as show_lot
from vaguemestre.toolkit.noemie.showing import show as show_return
from vaguemestre.toolkit.page import plain
from vaguemestre.toolkit.rendering import ShowOptions, Tally
from vaguemestre.toolkit.source import Source

WIDTH = 100
DAY = date(2022, 4, 27)
FUND, OTHER_FUND = Destination("01", "751", "0000"), Destination("02", "920", "0000")
DOCTOR, DENTIST, NURSE, SPEECH, HOSPITAL = (
    make_number(body) for body in ("75199011", "75499012", "75699013", "75999014", "75099015")
)
RPPS = {number: make_rpps(rank) for rank, number in enumerate((DOCTOR, DENTIST, NURSE, SPEECH, HOSPITAL), start=101)}
WOMAN, MAN, CHILD = (
    make_nir(2, 1958, 4, "75", 990, 12),
    make_nir(1, 1971, 11, "2A", 991, 7),
    make_nir(1, 1985, 2, "93", 992, 43),
)

Values = Mapping[str, Any]
Piece = tuple[str, Values]


@dataclass(frozen=True, slots=True)
class Specimen:
    """One file: its name, what it is and what to look at in it, in both languages; how its bytes are made."""

    name: str
    title_fr: str
    title_en: str
    look_fr: str
    look_en: str
    make: Callable[[], bytes]
    english: bool = False

    @property
    def data(self) -> bytes:
        return self.make()

    @property
    def stem(self) -> str:
        """The name without what tells the norm."""
        return self.name.rpartition(".")[0]


# --- parts -----------------------------------------------------------------------------------------------------------


def invoice(number: str, issuer: str, person: tuple[str, str], head: Values, lines: Sequence[Piece]) -> bytes:
    """Records 2, 2S, the lines, and a 5 with true totals; `head` holds values of the 2 and, under `2S`, of the 2S."""
    nir, nir_key = person
    key = {"provider_number": issuer, "insured_nir": nir, "insured_nir_key": nir_key, "invoice_number": number}
    own = {name: value for name, value in head.items() if name != "2S"}
    first = {
        "admission_number": number,
        "scheme_code": FUND.scheme,
        "fund_code": FUND.fund,
        "centre_code": FUND.centre,
        "entitlement_proof_nature": "4",
        "insurance_nature": "10",
        "copay_exemption_code": "0",
        "hospitalisation_date": DAY,
        "birth_date": f"{nir[1:5]}14",
        "birth_rank": 1,
        "admission_date": DAY,
        "discharge_date": DAY,
        **own,
    }
    made = [
        encode_record("2", {**key, **first}),
        encode_record("2S", {**key, "sequence_number": 1, **head.get("2S", {})}),
    ]
    ranks: dict[str, int] = {}
    for name, values in lines:
        if name in LINE_RECORDS:
            ranks.clear()
        ranks[name] = ranks.get(name, 0) + 1
        rank = {} if name in LINE_RECORDS else {"sequence_number": ranks[name]}
        made.append(encode_record(name, {**key, **rank, **values}))
    records = [Record(plan, data) for data in made if (plan := B2_RECORDS.recognise(data)) is not None]
    counted = sum(record.name in (*LINE_RECORDS, *COMPLEMENTS) for record in records)
    made.append(encode_record("5", {**key, "line_record_count": counted, **invoice_totals(records)}))
    return b"".join(made)


def act(issuer: str, code: str, price_cents: int, rate: int, specialty: str, **more: Any) -> Piece:
    """A record 4 whose base and shares follow from price, coefficient and rate."""
    coefficient, quantity = more.get("coefficient", Decimal(1)), more.get("quantity", 1)
    base_cents = half_up(price_cents * quantity * int(coefficient * 100), 100)
    fund_cents = percent_of(base_cents, rate)
    return "4", {
        "prescriber_number": issuer,
        "performer_number": issuer,
        "performer_specialty": specialty,
        "care_date": DAY,
        "act_code": code,
        "quantity": quantity,
        "coefficient": coefficient,
        "act_count": quantity,
        "unit_price": price_cents,
        "reimbursement_base": base_cents,
        "reimbursement_rate": rate,
        "amount_payable_by_fund": fund_cents,
        "fee_total": base_cents,
        "copay_exemption_code": "0",
        **more,
    }


def executed(issuer: str, **more: Any) -> list[Piece]:
    """The 4S and 4E of a self-employed performer."""
    return [
        ("4S", {"performer_practice_mode": "L", "activity_domain": "M", **more}),
        ("4E", {"performer_rpps": RPPS[issuer]}),
    ]


def whole(issuer: str, name: str, invoices: Sequence[bytes], fund: Destination = FUND, eol: bytes = b"\n") -> bytes:
    """A file of one lot."""
    return _lines_of(
        build_file(_head_of(issuer, fund), [build_lot(LotHead(issuer, fund, 1, DAY, name), invoices)]), eol
    )


def _head_of(issuer: str, fund: Destination) -> FileHead:
    return FileHead(issuer, fund, f"S{issuer[:5]}", DAY, it_centre="100", message="SPECIMEN VAGUEMESTRE", test=True)


def _lines_of(data: bytes, eol: bytes) -> bytes:
    return b"".join(data[at : at + RECORD_BYTES] + eol for at in range(0, len(data), RECORD_BYTES))


# --- the ten ---------------------------------------------------------------------------------------------------------


def _patient_paid() -> bytes:
    doctor = {"attending_doctor_declared_flag": "O", "care_pathway_indicator": "T", "payment_recipient": "01"}
    own = invoice("221170001", DOCTOR, WOMAN, {"2S": doctor}, [act(DOCTOR, "G", 2500, 70, "01"), *executed(DOCTOR)])
    return whole(DOCTOR, "CABINET DU DOCTEUR KERGOAT", [own])


def _long_illness() -> bytes:
    doctor = {
        "attending_doctor_declared_flag": "O",
        "attending_doctor_last_name": "KERGOAT",
        "attending_doctor_first_name": "ANNE",
        "attending_doctor_number": DOCTOR,
        "care_pathway_indicator": "T",
    }
    lines = [act(DOCTOR, "G", 2500, 100, "01", copay_exemption_code="4"), *executed(DOCTOR)]
    own = invoice("221170002", DOCTOR, MAN, {"copay_exemption_code": "4", "2S": doctor}, lines)
    return whole(DOCTOR, "CABINET DU DOCTEUR KERGOAT", [own])


def _dentist() -> bytes:
    lines = [
        act(DENTIST, "CCAM", 3047, 70, "19", amount_payable_by_complementary=914),
        *executed(DENTIST),
        ("4M", {"ccam_code": "HBMD058", "activity_code": "1", "tooth_1": "26"}),
        act(DENTIST, "CCAM", 2892, 70, "19", amount_payable_by_complementary=868),
        *executed(DENTIST),
        ("4M", {"ccam_code": "HBJD001", "activity_code": "1"}),
    ]
    own = invoice("221170003", DENTIST, CHILD, {"complementary_body_number": "0099990042"}, lines)
    return whole(DENTIST, "CABINET DENTAIRE LE GALL", [own])


def _nurse() -> bytes:
    lines: list[Piece] = []
    for day in (DAY, date(2022, 4, 28)):
        asked = {"care_date": day, "prescriber_number": DOCTOR, "prescriber_specialty": "01"}
        lines += [act(NURSE, "AMI", 315, 60, "24", coefficient=Decimal(4), **asked), *executed(NURSE)]
        lines += [act(NURSE, "IFA", 250, 60, "24", **asked), *executed(NURSE)]
    days = {"discharge_date": date(2022, 4, 28)}
    own = invoice("221170004", NURSE, WOMAN, days, lines)
    file = build_lot(LotHead(NURSE, FUND, 1, date(2022, 4, 29), "CABINET INFIRMIER QUEFFELEC"), [own])
    head = FileHead(
        NURSE, FUND, "S75699", date(2022, 4, 29), it_centre="100", message="SPECIMEN VAGUEMESTRE", test=True
    )
    return _lines_of(build_file(head, [file]), b"\n")


def _speech_therapist() -> bytes:
    asked = {"prescriber_number": DOCTOR, "prescriber_specialty": "01", "amount_payable_by_complementary": 1220}
    lines = [
        act(SPEECH, "AMO", 250, 60, "28", coefficient=Decimal("12.2"), **asked),
        *executed(SPEECH, prior_approval_code="1"),
    ]
    own = invoice("221170005", SPEECH, CHILD, {"complementary_contract_type": "89"}, lines)
    return whole(SPEECH, "ORTHOPHONISTE LE BIHAN", [own])


def _stay() -> bytes:
    asked = {
        "prescriber_number": DOCTOR,
        "prescriber_practice_mode": "L",
        "prescription_date": DAY,
        "prescription_origin": "T",
    }
    emergency = {
        "treatment_mode": "10",
        "tariff_discipline": "406",
        "start_date": DAY,
        "end_date": DAY,
        "act_code": "ATU",
        "quantity": 1,
        "coefficient": Decimal(1),
        "unit_price": 2732,
        "reimbursement_base": 2732,
        "reimbursement_rate": 80,
        "amount_payable_by_fund": 2186,
        "total_charge": 2732,
        "activity_domain": "M",
        "amount_payable_by_complementary": 546,
    }
    supplies = {
        **emergency,
        "treatment_mode": "19",
        "tariff_discipline": "137",
        "act_code": "FFM",
        "unit_price": 1953,
        "reimbursement_base": 1953,
        "amount_payable_by_fund": 1562,
        "total_charge": 1953,
        "amount_payable_by_complementary": 391,
    }
    drug = {
        "ucd_code": "9999901",
        "split_coefficient": Decimal("0.5"),
        "purchase_unit_price": 4200,
        "quantity": 1,
        "total_charge": 2100,
    }
    lines: list[Piece] = [
        ("3", emergency),
        ("3S", asked),
        ("3E", {"prescriber_rpps": RPPS[DOCTOR]}),
        ("3", supplies),
        ("3S", asked),
        ("3H", drug),
    ]
    head = {"admission_number": "220001234", "discharge_hour": 18, "copay_exemption_code": "0"}
    own = invoice("220000871", HOSPITAL, MAN, head, lines)
    return whole(HOSPITAL, "CENTRE HOSPITALIER DE KERAVEL", [own], eol=b"\r\n")


def _external_care() -> bytes:
    asked = {
        "prescriber_number": DOCTOR,
        "prescription_origin": "T",
        "prescriber_specialty": "01",
        "performer_number": HOSPITAL,
        "performer_specialty": "",
    }
    done: list[Piece] = [
        ("4S", {"performer_practice_mode": "S", "activity_domain": "M"}),
        ("4E", {"prescriber_rpps": RPPS[DOCTOR]}),
    ]
    biology = {
        "act1_date": DAY,
        "act1_quantity": 1,
        "act1_nabm_code": "00001104",
        "act2_date": DAY,
        "act2_quantity": 1,
        "act2_nabm_code": "00000552",
    }
    sessions: list[Piece] = [
        ("4M", {"ccam_code": "ZCQM008", "activity_code": "1", "phase_code": "0", "session_date": day})
        for day in (date(2022, 4, 13), date(2022, 4, 20), DAY)
    ]
    drug = {
        "ucd_code": "9999902",
        "split_coefficient": Decimal(1),
        "unit_price": 1530,
        "quantity": 2,
        "total_charge": 3060,
    }
    lines: list[Piece] = [
        act(HOSPITAL, "B", 27, 60, "", coefficient=Decimal("34"), **asked),
        *done,
        ("4B", biology),
        act(HOSPITAL, "CCAM", 5402, 70, "", quantity=3, **{**asked, "care_date": date(2022, 4, 13)}),
        *done,
        *sessions,
        act(HOSPITAL, "CCAM", 3060, 70, "", **{**asked, "treatment_mode": "07", "tariff_discipline": "000"}),
        *done,
        ("4H", drug),
    ]
    head = {
        "admission_number": "220001301",
        "admission_date": date(2022, 4, 13),
        "hospitalisation_date": date(2022, 4, 13),
    }
    own = invoice("220000902", HOSPITAL, WOMAN, head, lines)
    return whole(HOSPITAL, "CENTRE HOSPITALIER DE KERAVEL", [own], eol=b"")


def _several_lots() -> bytes:
    first = invoice("221170006", DOCTOR, WOMAN, {}, [act(DOCTOR, "G", 2500, 70, "01"), *executed(DOCTOR)])
    second = invoice("221170007", DOCTOR, MAN, {}, [act(DOCTOR, "VG", 2500, 70, "01"), *executed(DOCTOR)])
    other = {"scheme_code": OTHER_FUND.scheme, "fund_code": OTHER_FUND.fund}
    third = invoice("221170008", DOCTOR, CHILD, other, [act(DOCTOR, "TCG", 2500, 70, "01"), *executed(DOCTOR)])
    lots = [
        build_lot(LotHead(DOCTOR, FUND, 1, DAY, "CABINET DU DOCTEUR KERGOAT"), [first, second]),
        build_lot(LotHead(DOCTOR, OTHER_FUND, 2, DAY, "CABINET DU DOCTEUR KERGOAT"), [third]),
    ]
    return _lines_of(build_file(_head_of(DOCTOR, FUND), lots), b"\n")


def _damaged() -> bytes:
    """The sound file of two invoices, spoiled: a wrong key, a date that is none, a total that lies, a record cut short."""
    one = invoice("221170009", DOCTOR, WOMAN, {}, [act(DOCTOR, "G", 2500, 70, "01"), *executed(DOCTOR)])
    two = invoice("221170010", DOCTOR, MAN, {}, [act(DOCTOR, "G", 2500, 70, "01"), *executed(DOCTOR)])
    three = invoice("221170011", DOCTOR, CHILD, {}, [act(DOCTOR, "G", 2500, 70, "01"), *executed(DOCTOR)])
    records = whole(DOCTOR, "CABINET DU DOCTEUR KERGOAT", [one, two, three]).split(b"\n")
    wrong_key = b"%02d" % (int(WOMAN[1]) % 97 + 1)
    for rank in range(2, 8):
        records[rank] = records[rank][:24] + wrong_key + records[rank][26:]
    records[10] = records[10][:69] + b"220230" + records[10][75:]
    records[12] = records[12][:100]
    records[19] = records[19][:57] + b"00009999" + records[19][65:]
    return b"\n".join(records)


SPECIMENS: tuple[Specimen, ...] = (
    Specimen(
        "01-general-practitioner-patient-paid.b2",
        "Consultation payée par le patient",
        "Consultation paid by the patient",
        "[2S48] dit que le règlement va au patient ; 70 % de 25,00 € font 17,50 € ([04108]) ; le 5 additionne.",
        "[2S48] says that the payment goes to the patient; 70 % of €25.00 is €17.50 ([04108]); the 5 adds up.",
        _patient_paid,
        english=True,
    ),
    Specimen(
        "02-general-practitioner-long-illness.b2",
        "Consultation en tiers payant, affection de longue durée",
        "Consultation under tiers payant, long-term illness",
        "La justification 4 ([0279], [0454]) va avec le taux 100 ([04105]) ; le médecin traitant est nommé dans le 2S.",
        "Ground 4 ([0279], [0454]) goes with rate 100 ([04105]); the attending doctor is named in the 2S.",
        _long_illness,
    ),
    Specimen(
        "03-dentist-ccam.b2",
        "Deux actes techniques d'un chirurgien-dentiste",
        "Two technical acts of a dentist",
        "Chaque acte CCAM a son 4M : code, activité, dents ; la part complémentaire est en [04123].",
        "Each CCAM act has its 4M: code, activity, teeth; the complementary share stands in [04123].",
        _dentist,
    ),
    Specimen(
        "04-nurse-with-travel.b2",
        "Soins infirmiers sur deux jours, avec déplacement",
        "Nursing over two days, with travel",
        "AMI 4 fait 4 x 3,15 € ; le déplacement (IFA) est une ligne à part ; le prescripteur est le médecin.",
        "AMI 4 is 4 x €3.15; travel (IFA) is a line of its own; the prescriber is the doctor.",
        _nurse,
    ),
    Specimen(
        "05-speech-therapist.b2",
        "Séance d'orthophonie, complémentaire santé solidaire",
        "Speech therapy session under the solidarity cover",
        "Coefficient 12,2 ; contrat 89 ([02117]) : la caisse et la part complémentaire couvrent tout.",
        "Coefficient 12.2; contract 89 ([02117]): the fund and the complementary share cover everything.",
        _speech_therapist,
    ),
    Specimen(
        "06-hospital-type-3.b2",
        "Passage aux urgences : lignes 3, 3S, 3E, 3H (fins de ligne CR LF)",
        "Emergency visit: lines 3, 3S, 3E, 3H (CR LF line ends)",
        "Les forfaits sont des lignes 3 avec discipline et mode de traitement ; le médicament est un 3H avec son fractionnement.",
        "Flat rates are lines 3 with discipline and mode of treatment; the drug is a 3H with its splitting.",
        _stay,
        english=True,
    ),
    Specimen(
        "07-hospital-external-care.b2",
        "Actes et consultations externes : 4B, série de 4M, 4H (sans fin de ligne)",
        "External care: 4B, a series of 4M, 4H (no line ends)",
        "La biologie regroupe ses actes dans un 4B ; une série a un 4M par séance, par dates ; un médicament a son 4H.",
        "Biology groups its acts in a 4B; a series has one 4M per session, in the order of dates; a drug has its 4H.",
        _external_care,
    ),
    Specimen(
        "08-several-lots.b2",
        "Deux lots pour deux caisses",
        "Two lots for two funds",
        "Chaque lot a sa caisse et son numéro ; le 6 additionne le lot, le 999 compte enregistrements et lots.",
        "Each lot has its fund and its number; the 6 adds up the lot, the 999 counts records and lots.",
        _several_lots,
    ),
    Specimen(
        "09-damaged.b2",
        "Un fichier abîmé, et ce qui en est dit",
        "A damaged file, and what is said of it",
        "Une clé de NIR fausse, une date impossible, un enregistrement coupé, un total faux : chaque anomalie est à sa place.",
        "A wrong NIR key, an impossible date, a record cut short, a total that lies: each finding is at its place.",
        _damaged,
        english=True,
    ),
)

RETURNS: tuple[Specimen, ...] = (
    Specimen(
        "10-return-to-a-practice.noemie",
        "Un retour NOEMIE à un cabinet : payé, rejeté, repris",
        "A NOEMIE return to a practice: paid, rejected, taken back",
        "198 donne la part de la caisse et son état, 199 celle de la complémentaire ; 294 dit pourquoi une facture est rejetée, "
        "295 que faire ; un montant repris porte le signe N ; 990 et 999 additionnent.",
        "198 gives the fund's share and its state, 199 the complementary one; 294 says why an invoice is rejected, 295 what to "
        "do; an amount taken back bears the sign N; 990 and 999 add up.",
        lambda: noemie_specimens.build(noemie_specimens.office()),
        english=True,
    ),
    Specimen(
        "11-return-to-a-hospital.noemie",
        "Un retour NOEMIE à un établissement, presque chaque entité du dictionnaire",
        "A NOEMIE return to a hospital, nearly every entity of the dictionary",
        "Le séjour est un 220 ; 250 est une retenue sur une dette, 261 et 262 sont des forfaits ; la suite des entités est une "
        "convention de ce projet, le dictionnaire n'est pas confirmé.",
        "The stay is a 220; 250 is a retention for a debt, 261 and 262 are lump payments; the sequence of entities is a convention "
        "of this project, the dictionary is unconfirmed.",
        lambda: noemie_specimens.build(noemie_specimens.hospital(), b"\n"),
    ),
)


# --- pages -----------------------------------------------------------------------------------------------------------


def shown(specimen: Specimen, lang: Language) -> str:
    """What `vaguemestre b2 show --width 100`, or `noemie show`, writes of it."""
    source = Source.of_bytes(specimen.data, specimen.name)
    show = show_return if specimen.name.endswith(".noemie") else show_lot
    return "\n".join(plain(line) for line in show(source, ShowOptions(lang, WIDTH), Tally())) + "\n"


def index_page(header: str) -> str:
    """The table of specimens, in both languages."""
    parts = [
        header,
        "# Specimens\n",
        "Small B2 files and NOEMIE returns about invented people, made by `tools/specimens.py` with the project's own encoder; "
        "each is shown beside it by `vaguemestre b2 show --width 100` or `noemie show`. Read them side by side to learn the "
        "format. Prices are those of April 2022 where the project knows them; hospital amounts and drug codes are invented.\n",
        "*Petits fichiers B2 et retours NOEMIE sur des personnes inventées, chacun avec ce que « vaguemestre b2 show » ou « noemie "
        "show » en montre : lisez-les côte à côte pour apprendre le format.*\n",
    ]
    for item in (*SPECIMENS, *RETURNS):
        stem = item.stem
        english = f", [shown in English]({stem}.en.txt)" if item.english else ""
        parts.append(
            f"## {item.title_en}\n\n[{item.name}]({item.name}), [montré en français]({stem}.fr.txt){english}\n\n"
            f"- {item.look_en}\n- *{item.title_fr}. {item.look_fr}*\n"
        )
    return "\n".join(parts)


def pages(header: str) -> dict[str, Callable[[], bytes]]:
    """Name in docs/ -> its bytes."""
    found: dict[str, Callable[[], bytes]] = {"specimens/README.md": lambda: index_page(header).encode()}
    for item in (*SPECIMENS, *RETURNS):
        stem = f"specimens/{item.stem}"
        found[f"specimens/{item.name}"] = item.make
        for lang in ("fr", "en") if item.english else ("fr",):
            found[f"{stem}.{lang}.txt"] = _shower(item, "fr" if lang == "fr" else "en")
    return found


def _shower(item: Specimen, lang: Language) -> Callable[[], bytes]:
    return lambda: shown(item, lang).encode()
