"""The papers that go with or instead of an electronic sheet, as text to print. sans0420101x:3-2, sans0420101x:3-3, css:R161-47.

Two of them: the parallel sheet of the degraded mode, and the duplicate when transmission fails. Both bear the number of the
electronic sheet, so that the payer recognises one claim. Names are given by the practice at printing time; no sheet holds them.
"""

from datetime import date

from vaguemestre.core.caresheet import CareSheet, Settlement, SheetLine
from vaguemestre.core.money import shown
from vaguemestre.core.sheet.deadlines import duplicate_window, paper_deadline


def parallel_sheet(sheet: CareSheet, reason: str, patient: str = "", lang: str = "fr") -> str:
    """The paper sheet sent in parallel with a degraded electronic one. `reason`: why the card did not pass, in words."""
    if lang == "fr":
        head = ["FEUILLE DE SOINS PAPIER, envoyée en parallèle d'une feuille électronique en mode dégradé"]
        foot = ["Signature du patient :", "Signature du professionnel :"]
        labels = ("Motif", "Feuille électronique n°")
    else:
        head = ["PAPER CARE SHEET, sent in parallel with an electronic sheet in degraded mode"]
        foot = ["Patient's signature:", "Professional's signature:"]
        labels = ("Reason", "Electronic sheet no.")
    return _page([*head, *_pairs(labels, (reason, str(sheet.identity)), lang), "", *_body(sheet, patient, lang)], foot)


def duplicate(
    sheet: CareSheet, reason: str, lot_number: int | None, printed_on: date, patient: str = "", lang: str = "fr"
) -> str:
    """The paper duplicate when the sheet cannot be sent: marked as such, with the reason, the sheet's and the lot's numbers.

    When the patient paid it is given to the patient, who may claim with it within 15 to 90 days; under tiers payant the
    professional sends it to the patient's fund. `lot_number` None when the sheet is in no lot yet.
    """
    lot = "-" if lot_number is None else f"{lot_number:03d}"
    french = lang == "fr"
    labels = (
        ("Motif", "Feuille électronique n°", "Lot n°", "Imprimé le")
        if french
        else ("Reason", "Electronic sheet no.", "Lot no.", "Printed on")
    )
    head = ["DUPLICATA" if french else "DUPLICATE"]
    values = (reason, str(sheet.identity), lot, printed_on.isoformat())
    foot = [_addressee(sheet, french), "Signature du professionnel :" if french else "Professional's signature:"]
    if sheet.settlement is Settlement.TIERS_PAYANT:
        foot.append("Signature du patient, si possible :" if french else "Patient's signature, if possible:")
    return _page([*head, *_pairs(labels, values, lang), "", *_body(sheet, patient, lang)], foot)


def _addressee(sheet: CareSheet, french: bool) -> str:
    until = paper_deadline(sheet)
    if until is None:
        first, last = duplicate_window(sheet.completed_on)
        if french:
            return (
                f"Remis au patient, qui peut l'utiliser du {first} au {last} si la feuille électronique n'arrive pas."
            )
        return f"Given to the patient, who may use it from {first} to {last} if the electronic sheet does not arrive."
    if french:
        return f"Envoyé par le professionnel à la caisse {sheet.destination.code}, avant le {until} inclus."
    return f"Sent by the professional to fund {sheet.destination.code}, by {until} at the latest."


def _body(sheet: CareSheet, patient: str, lang: str) -> list[str]:
    french = lang == "fr"
    labels = (
        ("Patient", "NIR de l'assuré", "Naissance", "Caisse", "Exécutant")
        if french
        else ("Patient", "Insured's NIR", "Birth", "Fund", "Performer")
    )
    person = sheet.beneficiary
    values = (
        patient or "......................",
        f"{person.insured_nir} {person.insured_nir_key}",
        f"{person.birth_date.iso()} ({person.birth_rank})",
        sheet.destination.code,
        f"{sheet.performer.rpps} ({sheet.identity.billing_number})",
    )
    acts = [_act(line, french) for line in sheet.lines]
    paid = sheet.settlement is Settlement.PATIENT_PAID
    total = shown(sheet.total_charged_cents, "fr" if french else "en")
    if french:
        acts.append(f"Total : {total}, {'réglé par le patient' if paid else 'tiers payant'}")
    else:
        acts.append(f"Total: {total}, {'paid by the patient' if paid else 'tiers payant'}")
    return [*_pairs(labels, values, lang), "", *acts]


def _act(line: SheetLine, french: bool) -> str:
    amount = shown(line.charged_cents, "fr" if french else "en")
    return f"{line.performed_on}  {line.code}{line.majoration.value}  {line.quantity} x {line.coefficient}  {amount}"


def _pairs(labels: tuple[str, ...], values: tuple[str, ...], lang: str) -> list[str]:
    colon = " :" if lang == "fr" else ":"
    return [f"{label}{colon} {value}" for label, value in zip(labels, values, strict=True)]


def _page(lines: list[str], foot: list[str]) -> str:
    return "\n".join([*lines, "", *foot]) + "\n"
