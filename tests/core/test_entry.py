"""Entering sheets from CSV and JSON: the columns, the two encodings, and every way in which a file may be broken."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheet_kit import (
    CHILD,
    DAY,
    FUND,
    GP,
    GP_NUMBER,
    NIR,
    NIR_KEY,
    NURSE,
    OTHER_FUND,
    PERSON,
    SERIAL,
    card,
    codes,
    holder,
)
from vaguemestre.core.card.passing import ComplementaryRight, MaternityRight, PatientCard, Period, RightsPeriod
from vaguemestre.core.caresheet import (
    BirthDate,
    CarePathway,
    CcamDetail,
    ChargeQualifier,
    Exemption,
    InsuranceNature,
    Majoration,
    SecurityMode,
    Settlement,
    SheetIdentity,
)
from vaguemestre.core.entry.csv_file import FAULTS_IN_A_ROW_MAX
from vaguemestre.core.entry.drafts import Entered, EntryDefaults, EntryFormat, read_entry
from vaguemestre.core.entry.json_file import RECORD_CHARACTERS_MAX, cut_records
from vaguemestre.core.entry.text import LINE_BYTES_MAX, read_lines
from vaguemestre.core.parties import Destination, PracticeMode
from vaguemestre.core.sheet.sheetchecks import check_draft
from vaguemestre.tables.entry_columns import BY_NAME, COLUMNS

DEFAULTS = EntryDefaults(GP_NUMBER, (GP, NURSE))
HEADER = "feuille;patient;nir_assure;date_naissance;regime;caisse;reglement;date_acte;acte;montant"
ROW = f"F1;Castaing Rose;{NIR}{NIR_KEY};09/03/1970;1;751;tp;27/04/2022;G;25,00"


def read_csv(text: str | bytes, defaults: EntryDefaults = DEFAULTS, **more: Any) -> list[Entered]:
    data = text.encode() if isinstance(text, str) else text
    return list(read_entry([data], EntryFormat.CSV, defaults, source="jour.csv", **more))


def read_json(text: str | bytes, defaults: EntryDefaults = DEFAULTS, **more: Any) -> list[Entered]:
    data = text.encode() if isinstance(text, str) else text
    return list(read_entry([data], EntryFormat.JSON, defaults, source="jour.json", **more))


def lines(*rows: str) -> str:
    return "".join(f"{row}\n" for row in (HEADER, *rows))


def test_one_line_is_one_sheet_and_the_name_stays_beside() -> None:
    (entered,) = read_csv(lines(ROW))
    draft = entered.draft
    assert entered.findings == ()
    assert (entered.reference, entered.patient_label, entered.line) == ("F1", "Castaing Rose", 2)
    assert draft is not None
    assert draft.beneficiary == PERSON
    assert draft.destination == FUND
    assert draft.settlement is Settlement.TIERS_PAYANT
    assert draft.completed_on == DAY
    assert draft.performer == GP
    assert draft.billing_number == GP_NUMBER
    assert draft.mode is SecurityMode.DEGRADED
    assert [act.code for act in draft.acts] == ["G"]
    assert draft.acts[0].charged_cents == 2500
    assert "Castaing" not in repr(draft)
    assert check_draft(draft, DAY) == ()


def test_lines_of_one_reference_are_one_sheet() -> None:
    second = "F1;;;;;;;2022-04-26;MEG;5"
    entered = read_csv(lines(ROW, second, ROW.replace("F1", "F2")))
    assert [item.reference for item in entered] == ["F1", "F2"]
    assert [len(item.draft.acts) for item in entered if item.draft] == [2, 1]
    assert entered[0].draft is not None
    assert entered[0].draft.completed_on == DAY


def test_without_reference_each_line_is_a_sheet() -> None:
    alone = ROW.replace("F1", "")
    assert len(read_csv(lines(alone, alone))) == 2
    header, row = HEADER.split(";", 1)[1], ROW.split(";", 1)[1]
    assert len(read_csv(f"{header}\n{row}\n{row}\n")) == 2


def test_commas_english_names_and_accents() -> None:
    text = (
        "Reference,Insured NIR,BIRTH-DATE,scheme,fund,settlement,performed_on,code,charged\n"
        f'a,{NIR} {NIR_KEY},1970-03-09,01,751,patient_paid,2022-04-27,g,"25,5"\n'
    )
    (entered,) = read_csv(text)
    assert entered.findings == ()
    assert entered.draft is not None
    assert entered.draft.acts[0].charged_cents == 2550
    assert BY_NAME["date_realisation"] is BY_NAME["completed_on"]
    (accented,) = read_csv(lines(ROW).replace("reglement", "Règlement"))
    assert accented.draft is not None


EVERY = {
    "feuille": "F9",
    "patient": "Delvincourt Inès",
    "numero_facturation": GP_NUMBER,
    "rpps_executant": NURSE.rpps,
    "condition_exercice": "S",
    "numero_structure": "2A0002689",
    "regime": "2",
    "caisse": "922",
    "centre": "12",
    "nir_assure": f"{NIR[:1]} {NIR[1:3]} {NIR[3:5]} {NIR[5:7]} {NIR[7:10]} {NIR[10:]} {NIR_KEY}",
    "date_naissance": "01/06/2014",
    "rang_naissance": "1",
    "nir_patient": f"{CHILD.nir}{CHILD.nir_key}",
    "rpps_prescripteur": GP.rpps,
    "numero_prescripteur": GP_NUMBER,
    "date_ordonnance": "20/04/2022",
    "condition_prescripteur": "s",
    "specialite_prescripteur": "1",
    "origine_prescription": "P",
    "reglement": "réglé",
    "date_realisation": "2022-04-27",
    "nature_assurance": "Accident du travail",
    "exoneration": "ALD",
    "date_accident_tiers": "2022-01-02",
    "prevention": "oui",
    "date_grossesse": "2022-01-03",
    "date_accouchement": "2022-01-04",
    "numero_accident": "210427018",
    "date_accident": "2022-01-05",
    "regime_local": "x",
    "c2s": "non",
    "parcours": "t",
    "medecin_traitant": "non",
    "mode": "sécurisé",
    "numero_carte": SERIAL,
    "date_accord_prealable": "2022-04-01",
    "numero_imagerie": "7",
    "appareil_imagerie": "IRM-1",
    "organisme_complementaire": "75000003",
    "complementaire_facturee": "1",
    "remplace": f"{GP_NUMBER}/2022-04-26/0012",
    "date_acte": "2022-04-27",
    "acte": "hbjd001",
    "coefficient": "1,5",
    "quantite": "2",
    "montant": "1 028,9 €",
    "majoration": "nuit",
    "qualificatif": "d",
    "motif_acte": "7",
    "dents": "16, 17+75",
    "activite_ccam": "4",
    "phase_ccam": "1",
    "modificateurs_ccam": "n f",
    "association_ccam": "2",
    "extension_ccam": "A",
    "remboursement_conditionnel": "R",
    "deplacement": "oui",
    "kilometres": "12",
    "montagne": "vrai",
    "pathologie": "dos",
    "seance": "2",
}


def test_every_column_is_read() -> None:
    assert set(EVERY) | {"carte", "numero_executant", "specialite"} == {column.name_fr for column in COLUMNS}
    (entered,) = read_csv(";".join(EVERY) + "\n" + ";".join(EVERY.values()) + "\n")
    assert codes(entered.findings) == []
    draft = entered.draft
    assert draft is not None
    assert draft.beneficiary == CHILD
    assert draft.destination == Destination("02", "922", "0012")
    assert (draft.performer.rpps, draft.performer.mode) == (NURSE.rpps, PracticeMode.SALARIED)
    assert draft.structure_number == "200102689"
    assert draft.prescriber is not None
    assert draft.prescriber.prescribed_on_iso == "2022-04-20"
    assert draft.prescriber.specialty == "01"
    assert draft.settlement is Settlement.PATIENT_PAID
    cover = draft.cover
    assert (cover.nature, cover.exemption) == (InsuranceNature.WORK_ACCIDENT, Exemption.LONG_TERM_ILLNESS)
    assert (cover.third_party_accident_on, cover.pregnancy_presumed_on) == (date(2022, 1, 2), date(2022, 1, 3))
    assert (cover.delivery_on, cover.work_accident_on) == (date(2022, 1, 4), date(2022, 1, 5))
    assert (cover.prevention_action, cover.local_scheme, cover.solidarity) == (True, True, False)
    assert cover.work_accident_number == "210427018"
    assert (draft.pathway, draft.attending_doctor_declared) == (CarePathway.ATTENDING_DOCTOR, False)
    assert (draft.mode, draft.card_serial) == (SecurityMode.SECURED, SERIAL)
    assert draft.prior_approval_requested_on == date(2022, 4, 1)
    assert (draft.imaging_serial, draft.imaging_device) == ("7", "IRM-1")
    assert (draft.complementary_body, draft.complementary_billed) == ("75000003", True)
    assert draft.replaces == SheetIdentity(GP_NUMBER, date(2022, 4, 26), 12)
    (act,) = draft.acts
    assert (act.code, act.coefficient, act.quantity, act.charged_cents) == ("HBJD001", Decimal("1.5"), 2, 102_890)
    assert (act.majoration, act.qualifier) == (Majoration.NIGHT, ChargeQualifier.PRIOR_AGREEMENT_OVERRUN)
    assert (act.ground, act.teeth) == (Exemption.PREVENTION, ("16", "17", "75"))
    assert act.ccam == CcamDetail("4", "1", ("N", "F"), "2", "A", "R")
    assert (act.travel, act.kilometres, act.mountain, act.pathology, act.sitting) == (True, 12, True, "dos", 2)


def test_json_says_the_same_as_csv() -> None:
    (from_csv,) = read_csv(";".join(EVERY) + "\n" + ";".join(EVERY.values()) + "\n")
    act_names = {column.name_fr for column in COLUMNS if column.per_act}
    sheet: dict[str, Any] = {name: value for name, value in EVERY.items() if name not in act_names}
    sheet |= {"prevention": True, "c2s": False, "rang_naissance": 1, "date_accord_prealable": "01/04/2022"}
    sheet["actes"] = [{name: EVERY[name] for name in act_names} | {"coefficient": 1.5, "dents": ["16", "17", "75"]}]
    for text in (json.dumps(sheet), json.dumps([sheet], indent=2), json.dumps({"feuilles": [sheet]})):
        (from_json,) = read_json(text)
        assert codes(from_json.findings) == []
        assert from_json.draft == from_csv.draft
        assert from_json.patient_label == "Delvincourt Inès"


def json_row(**changes: Any) -> dict[str, Any]:
    right = dict(zip(HEADER.split(";"), ROW.split(";"), strict=True))
    return right | changes


def test_a_flat_json_record_is_a_sheet_of_one_act() -> None:
    (entered,) = read_json(json.dumps(json_row(montant=25)))
    assert entered.draft is not None
    assert entered.draft.acts[0].charged_cents == 2500


def test_json_lines_and_a_list_over_many_chunks() -> None:
    rows = [json_row(feuille=f"F{number}", patient='a "b" {c} [d] \\') for number in range(50)]
    for text in ("\n".join(json.dumps(row) for row in rows), json.dumps(rows), json.dumps(rows, indent=1)):
        for size in (1, 7, 1000, 10**6):
            data = text.encode()
            chunks = [data[start : start + size] for start in range(0, len(data), size)]
            entered = list(read_entry(chunks, EntryFormat.JSON, DEFAULTS))
            assert [item.reference for item in entered if item.draft] == [row["feuille"] for row in rows]
            if size == 1:
                break


# what a broken file gives


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("nir_assure", "1,82E+14"),
        ("nir_assure", NIR),
        ("date_naissance", "1970"),
        ("regime", "ABC"),
        ("caisse", "75100"),
        ("reglement", "plus tard"),
        ("date_acte", "31/02/2022"),
        ("date_acte", "2022-04-27T10:00"),
        ("montant", "25,001"),
        ("montant", "-3"),
        ("montant", "1e3"),
    ],
)
def test_a_value_that_is_not_what_the_column_expects(column: str, value: str) -> None:
    row = ";".join(
        value if name == column else cell for name, cell in zip(HEADER.split(";"), ROW.split(";"), strict=True)
    )
    refused, accepted = read_csv(lines(row, ROW.replace("F1", "F2")))
    assert refused.draft is None
    (found,) = refused.findings
    assert found.code.code == "I107"
    assert found.place.line == 2
    assert found.place.field == BY_NAME[column].name
    assert value in found.message("fr")
    assert accepted.draft is not None


@pytest.mark.parametrize(
    "column", ["nir_assure", "date_naissance", "regime", "caisse", "reglement", "date_acte", "acte"]
)
def test_an_empty_cell_that_should_not_be(column: str) -> None:
    row = ";".join("" if name == column else cell for name, cell in zip(HEADER.split(";"), ROW.split(";"), strict=True))
    (entered,) = read_csv(lines(row))
    assert entered.draft is None
    assert codes(entered.findings) == ["I106"]
    assert entered.findings[0].place.field == BY_NAME[column].name


@pytest.mark.parametrize(
    "column", ["kilometres", "quantite", "coefficient", "dents", "medecin_traitant", "remplace", "numero_carte"]
)
def test_other_kinds_of_values(column: str) -> None:
    (entered,) = read_csv(f"{HEADER};{column}\n{ROW};peut-être\n")
    assert entered.draft is None
    assert codes(entered.findings) == ["I107"]


def test_a_practice_without_settings_needs_everything_on_the_line() -> None:
    (entered,) = read_csv(lines(ROW), EntryDefaults())
    assert {item.place.field for item in entered.findings} == {
        "performer_rpps",
        "performer_number",
        "specialty",
        "billing_number",
    }
    full = f"{HEADER};rpps_executant;numero_executant;specialite;numero_facturation"
    (entered,) = read_csv(f"{full}\n{ROW};{GP.rpps};{GP_NUMBER};1;{GP_NUMBER}\n", EntryDefaults())
    assert entered.draft is not None
    assert entered.draft.performer == GP


def test_all_mistakes_of_a_sheet_come_at_once() -> None:
    (entered,) = read_csv(f"{HEADER};kilometres\nF1;;x;y;z;;?;hier;;1,234;loin\n")
    assert sorted(codes(entered.findings)) == ["I106"] * 2 + ["I107"] * 7


def test_lines_that_disagree() -> None:
    (entered,) = read_csv(lines(ROW, ROW.replace(";751;", ";922;")))
    assert entered.draft is None
    assert codes(entered.findings) == ["I108"]
    assert (entered.findings[0].place.line, entered.findings[0].place.field) == (3, "fund")


def test_a_reference_that_comes_again() -> None:
    entered = read_csv(lines(ROW, ROW.replace("F1", "F2"), ROW))
    assert [codes(item.findings) for item in entered] == [[], [], ["I109"]]
    assert entered[2].draft is None


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ('F2;"Castaing;x;y', "I111"),
        ("F2;a;b", "I110"),
        (f"{ROW.replace('F1', 'F2')};une;de;trop", "I110"),
    ],
)
def test_a_line_that_cannot_be_cut(row: str, code: str) -> None:
    entered = read_csv(lines(ROW, row, ROW.replace("F1", "F3")))
    assert [codes(item.findings) for item in entered] == [[], [code], []]
    assert [item.draft is None for item in entered] == [False, True, False]
    assert entered[1].line == 3


def test_a_sheet_with_a_line_missing_is_not_recorded() -> None:
    entered = read_csv(lines(ROW, "F1;a;b", "F1;;;;;;;2022-04-27;MEG;5", ROW.replace("F1", "F2")))
    assert [item.draft is None for item in entered] == [True, False]
    assert codes(entered[0].findings) == ["I110"]


def test_a_line_of_nobody_spoils_the_sheets_around_it_only() -> None:
    long = "x" * (LINE_BYTES_MAX + 1)
    rows = [ROW, ROW.replace("F1", "F2"), long, ROW.replace("F1", "F3"), ROW.replace("F1", "F4")]
    entered = read_csv(lines(*rows))
    assert [item.draft is not None for item in entered] == [True, False, False, False, True]
    assert codes(entered[2].findings) == ["I103"]


def test_a_long_line_that_says_its_sheet_spoils_that_sheet_only() -> None:
    long = f"F2;{'x' * (LINE_BYTES_MAX + 1)}"
    entered = read_csv(lines(ROW, long, ROW.replace("F1", "F3")))
    assert [item.draft is not None for item in entered] == [True, False, True]


def test_an_endless_line_is_never_kept() -> None:
    def chunks() -> Iterator[bytes]:
        yield (HEADER + "\nF9;").encode()
        for _ in range(200):
            yield b"x" * 65_536
        yield b"\n" + ROW.encode() + b"\n"

    sizes = [len(line.text or "") for line in read_lines(chunks())]
    assert sizes == [len(HEADER), 0, len(ROW)]
    entered = list(read_entry(chunks(), EntryFormat.CSV, DEFAULTS))
    assert [codes(item.findings) for item in entered] == [["I103"], []]
    assert entered[1].draft is not None


def test_a_truncated_file_gives_what_comes_before() -> None:
    whole = lines(ROW, ROW.replace("F1", "F2"))
    entered = read_csv(whole[:-20])
    assert [codes(item.findings) for item in entered] == [[], ["I102"]]
    assert entered[0].draft is not None
    assert entered[1].draft is None
    (complete,) = read_csv(lines(ROW)[:-1])
    assert complete.draft is not None


def test_windows_1252_is_detected_and_said_once() -> None:
    rows = [ROW.replace("Rose", "Émile"), ROW.replace("F1", "F2").replace("Rose", "Zoé €")]
    entered = read_csv(lines(*rows).encode("cp1252"))
    assert [item.patient_label for item in entered] == ["Castaing Émile", "Castaing Zoé €"]
    assert [codes(item.findings) for item in entered] == [["I101"], []]
    assert all(item.draft is not None for item in entered)


def test_utf_8_with_its_mark() -> None:
    for rows in (lines(ROW), lines(ROW.replace("Rose", "Zoé"))):
        (entered,) = read_csv(rows.encode("utf-8-sig"))
        assert entered.findings == ()
        assert entered.draft is not None


@pytest.mark.parametrize("raw", [b"Ros\x81", b"Ros\x00e"])
def test_a_line_in_no_encoding(raw: bytes) -> None:
    bad = ROW.replace("F1", "F2").encode().replace(b"Rose", raw)
    entered = read_csv(b"\n".join([HEADER.encode(), ROW.encode(), bad, ROW.replace("F1", "F3").encode()]))
    assert [codes(item.findings) for item in entered] == [[], ["I100"], []]


def test_a_file_that_mixes_encodings() -> None:
    parts = [
        HEADER.encode(),
        ROW.replace("Rose", "Zoé").encode(),
        ROW.replace("F1", "F2").replace("Rose", "Zoé").encode("cp1252"),
    ]
    entered = read_csv(b"\n".join(parts))
    assert [codes(item.findings) for item in entered] == [[], ["I100"]]


def test_utf_16_is_refused_in_one_finding() -> None:
    (entered,) = read_csv(lines(ROW, ROW).encode("utf-16"))
    assert codes(entered.findings) == ["I100"]
    assert "UTF-16" in entered.findings[0].message("fr")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_every_line_end_in_every_chunk(end: str, size: int) -> None:
    data = lines(ROW, "", ROW.replace("F1", "F2")).replace("\n", end).encode()
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    entered = list(read_entry(chunks, EntryFormat.CSV, DEFAULTS))
    assert [(item.reference, item.line) for item in entered] == [("F1", 2), ("F2", 4)]
    assert all(item.draft for item in entered)


def test_columns_that_are_unknown_missing_or_twice() -> None:
    noted, entered = read_csv(f"{HEADER};couleur;acte\n{ROW};bleu;X\n")
    assert codes(noted.findings) == ["I104", "I104"]
    assert entered.draft is not None
    assert entered.draft.acts[0].code == "G"
    (refused,) = read_csv("feuille;patient\nF1;Rose\n")
    assert codes(refused.findings) == ["I105", "I105"]


@pytest.mark.parametrize("text", ["", "\n\n", "   \n"])
def test_an_empty_file(text: str) -> None:
    (entered,) = read_csv(text)
    assert codes(entered.findings) == ["I113"]
    (from_json,) = read_json(text)
    assert codes(from_json.findings) == ["I113"]


def test_a_file_of_something_else_stops_early() -> None:
    entered = read_csv(HEADER + "\n" + "a;b\n" * 5000)
    assert len(entered) < FAULTS_IN_A_ROW_MAX + 5
    assert "I115" in codes(entered[-2].findings) + codes(entered[-1].findings)


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ('{"feuille": "F2", "patient": "a\nb"}', "I112"),
        ('{"feuille": "F2", "patient": }', "I112"),
        ('{"feuille": "F2"', "I112"),
        ('{"feuille": ["F2"}', "I112"),
        ('{"feuille": "F2", "actes": 3}', "I112"),
        ('{"feuille": "F2", "actes": [3]}', "I112"),
        ('{"feuille": "F2", "actes": []}', "I050"),
        ('{"feuilles": [4]}', "I112"),
        ("bonjour", "I112"),
        ('"text"', "I112"),
        ("{" + '"a":[' * 60 + "1" + "]" * 60 + "}", "I112"),
    ],
)
def test_a_broken_record_never_takes_the_others(broken: str, code: str) -> None:
    text = "\n".join((json.dumps(json_row()), broken, json.dumps(json_row(feuille="F3"))))
    entered = read_json(text)
    assert [item.reference for item in entered if item.draft] == ["F1", "F3"]
    assert {found for item in entered if not item.draft for found in codes(item.findings)} == {code}


def test_a_truncated_json_file_gives_what_comes_before() -> None:
    text = json.dumps([json_row(), json_row(feuille="F2")])
    entered = read_json(text[:-30])
    assert [item.reference for item in entered if item.draft] == ["F1"]
    assert codes(entered[-1].findings) == ["I102"]


@pytest.mark.parametrize("filling", ['"note": "' + "x" * 100, '"note": ["' + 'a", "' * 30])
def test_a_record_too_long_is_said_once_and_let_go(filling: str) -> None:
    def chunks() -> Iterator[bytes]:
        yield (json.dumps(json_row()) + '\n{"feuille": "F2", ').encode()
        yield filling.encode()
        for _ in range(40):
            yield filling[9:].encode() * 800
        yield b'"]}\n' if "[" in filling else b'"}\n'
        yield json.dumps(json_row(feuille="F3")).encode()

    entered = list(read_entry(chunks(), EntryFormat.JSON, DEFAULTS))
    assert [item.reference for item in entered if item.draft] == ["F1", "F3"]
    said = [found for item in entered if not item.draft for found in codes(item.findings)]
    assert said.count("I103") == 1
    assert 40 * 800 * len(filling[9:]) > RECORD_CHARACTERS_MAX


def test_json_in_windows_1252_and_in_no_encoding() -> None:
    text = json.dumps(json_row(patient="Zoé"), ensure_ascii=False)
    (entered,) = read_json(text.encode("cp1252"))
    assert entered.patient_label == "Zoé"
    good = json.dumps(json_row(patient="Zoé"), ensure_ascii=False).encode()
    entered_all = list(read_entry([good, b"\n" + text.encode("cp1252")], EntryFormat.JSON, DEFAULTS))
    assert [codes(item.findings) for item in entered_all] == [[], ["I100"]]


def test_an_unknown_json_key_is_a_warning() -> None:
    (entered,) = read_json(json.dumps(json_row(couleur="bleu")))
    assert codes(entered.findings) == ["I104"]
    assert entered.draft is not None


@given(st.text(max_size=200), st.integers(1, 20))
def test_no_text_breaks_the_cutter(text: str, size: int) -> None:
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    for _, record, problem in cut_records(pieces):
        assert problem is not None or record.startswith("{")
    assert list(cut_records([text])) is not None


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    for form in EntryFormat:
        for entered in read_entry([HEADER.encode() + b"\n" + data], form, DEFAULTS):
            assert entered.draft is None or entered.draft.acts


@given(
    st.lists(
        st.dictionaries(st.sampled_from(sorted(BY_NAME)), st.text(max_size=12) | st.booleans() | st.integers()),
        max_size=3,
    )
)
def test_no_values_raise(rows: list[dict[str, Any]]) -> None:
    for entered in read_json(json.dumps(rows)):
        assert entered.draft is None or entered.draft.acts


# with the patient's card


def test_a_card_fills_what_the_line_left_empty() -> None:
    mother = holder(
        complementary=(ComplementaryRight("75000003", Period(date(2020, 1, 1))),),
        maternity=(MaternityRight(Period(date(2022, 1, 1), date(2022, 12, 1)), date(2022, 1, 3)),),
        solidarity=(Period(date(2022, 1, 1)),),
        local_scheme=True,
        attending_doctor_rpps=GP.rpps,
    )
    shown = card(beneficiaries=(mother, *card().beneficiaries[1:]))
    text = "carte;date_naissance;reglement;nature_assurance;date_acte;acte\nrose.card;1970-03-09;tp;30;2022-04-27;G\n"
    (entered,) = read_csv(text, cards=lambda handle: shown if handle == "rose.card" else None)
    assert entered.findings == ()
    assert entered.card_handle == "rose.card"
    draft = entered.draft
    assert draft is not None
    assert (draft.beneficiary, draft.destination) == (PERSON, FUND)
    assert (draft.mode, draft.card_serial) == (SecurityMode.SECURED, SERIAL)
    assert draft.cover.pregnancy_presumed_on == date(2022, 1, 3)
    assert (draft.cover.solidarity, draft.cover.local_scheme) == (True, True)
    assert (draft.complementary_body, draft.attending_doctor_declared) == ("75000003", True)
    assert draft.cover.exemption is Exemption.NONE


def lookup(shown: PatientCard) -> Any:
    return lambda handle: shown if handle == "c" else None


def test_a_card_of_one_person_needs_nothing_else() -> None:
    alone = card(beneficiaries=(holder(),))
    (entered,) = read_csv("carte;reglement;date_acte;acte\nc;tp;27/04/2022;G\n", cards=lookup(alone))
    assert entered.draft is not None
    assert entered.draft.beneficiary == PERSON


def test_a_card_of_several_people_needs_to_know_which_one() -> None:
    text = "carte;nir_patient;reglement;date_acte;acte\nc;{};tp;27/04/2022;G\n"
    (unknown,) = read_csv(text.format(""), cards=lookup(card()))
    assert unknown.draft is None
    assert set(codes(unknown.findings)) == {"I106"}
    (child,) = read_csv(text.format(CHILD.nir + CHILD.nir_key), cards=lookup(card()))
    assert child.draft is not None
    assert child.draft.beneficiary == CHILD


def test_the_fund_is_that_of_the_day_of_care_else_the_last_one_of_the_card() -> None:
    rights = (
        RightsPeriod(FUND, Period(date(2015, 1, 1), date(2022, 3, 31))),
        RightsPeriod(OTHER_FUND, Period(date(2022, 4, 1))),
    )
    text = "carte;reglement;date_acte;acte\nc;tp;{};G\n"
    for day, shown, expected in (
        ("2022-03-31", rights, FUND),
        ("2022-04-27", rights, OTHER_FUND),
        ("2022-04-27", rights[:1], FUND),
    ):
        alone = card(beneficiaries=(holder(rights=shown),))
        (entered,) = read_csv(text.format(day), cards=lookup(alone))
        assert entered.draft is not None
        assert entered.draft.destination == expected


def test_a_card_that_could_not_be_read_is_said_and_the_line_is_not_lost() -> None:
    (entered,) = read_csv(f"{HEADER};carte\n{ROW};lost\n", cards=lookup(card()))
    assert codes(entered.findings) == ["I114"]
    assert entered.draft is None
    assert entered.card_handle == "lost"
    (unread,) = read_csv(f"{HEADER};carte\n{ROW};lost\n")
    assert unread.draft is not None


def test_a_card_that_could_not_be_read_is_the_cause_of_what_it_would_have_filled() -> None:
    text = "carte;reglement;date_acte;acte\n{};{};27/04/2022;G\n"
    (entered,) = read_csv(text.format("lost", "tp"), cards=lookup(card()))
    assert codes(entered.findings) == ["I114"]
    (other,) = read_csv(text.format("lost", ""), cards=lookup(card()))
    assert [(item.code.code, item.place.field) for item in other.findings] == [("I114", ""), ("I106", "settlement")]


def test_what_the_line_says_wins_over_the_card() -> None:
    alone = card(beneficiaries=(holder(solidarity=(Period(date(2022, 1, 1)),)),))
    text = "carte;regime;caisse;c2s;mode;reglement;date_acte;acte\nc;2;922;non;degrade;tp;27/04/2022;G\n"
    (entered,) = read_csv(text, cards=lookup(alone))
    assert entered.draft is not None
    assert entered.draft.destination == OTHER_FUND
    assert not entered.draft.cover.solidarity
    assert entered.draft.mode is SecurityMode.DEGRADED


def test_a_lunar_birth_is_kept() -> None:
    (entered,) = read_csv(lines(ROW.replace("09/03/1970", "1970-42-31")))
    assert entered.draft is not None
    assert entered.draft.beneficiary.birth_date == BirthDate(1970, 42, 31)


def test_the_examples_of_the_table_are_one_right_sheet() -> None:
    examples = {column.name: column.example for column in COLUMNS if column.name != "card"}
    (entered,) = read_csv(";".join(examples) + "\n" + ";".join(examples.values()) + "\n", EntryDefaults())
    assert codes(entered.findings) == []
    assert entered.draft is not None
    assert codes(check_draft(entered.draft, DAY)) == []


def test_the_names_of_columns_are_plain_and_each_means_one_thing() -> None:
    from vaguemestre.core.entry.csv_file import plain_name

    assert all(plain_name(name) == name for name in BY_NAME)
    names = [name for column in COLUMNS for name in {column.name, column.name_fr}]
    assert len(names) == len(set(names))
