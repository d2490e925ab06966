"""Findings of whoever checks a NOEMIE return thoroughly (area N).

What rests on the dictionary of entities alone is UNVERIFIED, for one source of it was found and it is unconfirmed: it never fails
a return. Only what no reading of the dictionary could excuse is an error. N001-N009 fields, N010-N019 order, N020-N029 sums,
N030-N039 identities and dates. vgm:noemie-checking.
"""

from vaguemestre.tables.finding_codes.shape import Actor, FindingCode, Level

_ERROR, _WARNING, _UNVERIFIED = Level.ERROR, Level.WARNING, Level.UNVERIFIED
_PAYER = Actor.PAYER

_ASK_FR = "Comparez avec le retour tel que votre logiciel le lit ; en cas de doute, interrogez la caisse."
_ASK_EN = "Compare with the return as your software reads it; if in doubt, ask the fund."
_SUM_FR = "Comparez avec le virement reçu avant d'imputer ce retour."
_SUM_EN = "Compare with the transfer received before posting this return."
_AGAIN_FR = "Demandez à la caisse de renvoyer ce retour en entier."
_AGAIN_EN = "Ask the fund to send this whole return again."


def _field(code: str, name: str, fr: str, en: str, next_fr: str = _ASK_FR, next_en: str = _ASK_EN) -> FindingCode:
    return FindingCode(code, name, _UNVERIFIED, _PAYER, "vgm:noemie-checking", fr, en, next_fr, next_en)


CODES: tuple[FindingCode, ...] = (
    _field(
        "N001",
        "noemie-not-numeric",
        "La zone {field} ({label}) devrait être numérique ; elle contient « {found} ».",
        'Field {field} ({label}) should be numeric; it holds "{found}".',
    ),
    _field(
        "N002",
        "noemie-characters",
        "La zone {field} ({label}) contient des caractères hors norme : « {found} ».",
        'Field {field} ({label}) holds characters outside the norm: "{found}".',
    ),
    _field(
        "N003",
        "noemie-numeric-blank",
        "La zone numérique {field} ({label}) est remplie d'espaces ; elle est lue comme des zéros.",
        "Numeric field {field} ({label}) is filled with spaces; it is read as zeros.",
    ),
    _field(
        "N004",
        "noemie-impossible-date",
        "La zone {field} ({label}) n'est pas une date AAMMJJ : « {found} ».",
        'Field {field} ({label}) is not a date YYMMDD: "{found}".',
    ),
    _field(
        "N005",
        "noemie-constant-differs",
        "La zone {field} ({label}) devrait contenir « {expected} » ; elle contient « {found} ».",
        'Field {field} ({label}) should hold "{expected}"; it holds "{found}".',
    ),
    _field(
        "N006",
        "noemie-code-unknown",
        "La zone {field} ({label}) contient « {found} », qui n'est pas dans sa liste ({expected}).",
        'Field {field} ({label}) holds "{found}", which is not in its list ({expected}).',
    ),
    _field(
        "N007",
        "noemie-mandatory-empty",
        "La zone obligatoire {field} ({label}) est vide.",
        "Mandatory field {field} ({label}) is empty.",
    ),
    FindingCode(
        "N010",
        "noemie-out-of-order",
        _UNVERIFIED,
        _PAYER,
        "vgm:noemie-order",
        "Une entité {found} n'est pas attendue ici : il faut d'abord une entité {expected}.",
        "An entity {found} is not expected here: an entity {expected} has to come first.",
        _ASK_FR,
        _ASK_EN,
    ),
    FindingCode(
        "N011",
        "noemie-unfinished",
        _ERROR,
        _PAYER,
        "noemie:999",
        "Le retour n'a pas d'enregistrement de fin (999) : il est coupé après l'entité {found}.",
        "The return has no end record (999): it is cut after entity {found}.",
        _AGAIN_FR,
        _AGAIN_EN,
    ),
    FindingCode(
        "N012",
        "noemie-without-start",
        _WARNING,
        _PAYER,
        "noemie:000",
        "Le retour ne commence pas par un enregistrement 000 mais par {found} : le début manque.",
        "The return does not start with a record 000 but with {found}: its start is missing.",
        _AGAIN_FR,
        _AGAIN_EN,
    ),
    FindingCode(
        "N013",
        "noemie-ends-disagree",
        _ERROR,
        _PAYER,
        "noemie:999",
        "La zone {field} ({label}) de la fin contient « {found} » ; celle du début contient « {expected} ».",
        'Field {field} ({label}) of the end holds "{found}"; that of the start holds "{expected}".',
        _AGAIN_FR,
        _AGAIN_EN,
    ),
    _field(
        "N020",
        "noemie-lines-do-not-add-up",
        "La part {part} de la facture ({field}) est de {found} centimes ; ses lignes en donnent {expected}.",
        "The {part} share of the invoice ({field}) is {found} cents; its lines give {expected}.",
        _SUM_FR,
        _SUM_EN,
    ),
    _field(
        "N021",
        "noemie-break-total",
        "Le cumul {field} est de {found} centimes ; les factures qu'il suit en donnent {expected}.",
        "Total {field} is {found} cents; the invoices before it give {expected}.",
        _SUM_FR,
        _SUM_EN,
    ),
    _field(
        "N022",
        "noemie-break-count",
        "Le compteur {field} est de {found} ; on compte avant lui {expected}.",
        "Counter {field} is {found}; before it there are {expected}.",
    ),
    _field(
        "N023",
        "noemie-record-count",
        "Le fichier annonce {found} enregistrements ({field}) ; on en compte {expected}.",
        "The file announces {found} records ({field}); there are {expected}.",
    ),
    _field(
        "N024",
        "noemie-lot-count",
        "Le fichier annonce {found} lots ({field}) ; on en compte {expected}.",
        "The file announces {found} lots ({field}); there are {expected}.",
    ),
    _field(
        "N025",
        "noemie-file-total",
        "Le total du fichier ({field}) est de {found} centimes ; ses factures en donnent {expected}.",
        "The file's total ({field}) is {found} cents; its invoices give {expected}.",
        _SUM_FR,
        _SUM_EN,
    ),
    _field(
        "N026",
        "noemie-state-contradicts",
        "L'état de paiement {state} contredit le montant payé ({field}) : {found} centimes.",
        "Payment state {state} contradicts the amount paid ({field}): {found} cents.",
        _SUM_FR,
        _SUM_EN,
    ),
    _field(
        "N027",
        "noemie-rejection-without-reason",
        "La facture est rejetée ({field}) sans qu'aucune entité 290 ou 294 ne dise pourquoi.",
        "The invoice is rejected ({field}) and no entity 290 or 294 says why.",
        "Demandez le motif du rejet à la caisse.",
        "Ask the fund for the reason of the rejection.",
    ),
    _field(
        "N028",
        "noemie-rejected-line-unknown",
        "Le rejet {field} vise la ligne {found} ; la facture a les lignes {expected}.",
        "Rejection {field} is about line {found}; the invoice has lines {expected}.",
    ),
    FindingCode(
        "N030",
        "noemie-nir-key-wrong",
        _WARNING,
        _PAYER,
        "fides:07-DICO",
        "La clé {field} ({label}) est {found} ; celle de ce NIR est {expected}.",
        "Key {field} ({label}) is {found}; that of this NIR is {expected}.",
        "Vérifiez le NIR dans le dossier du patient.",
        "Check the NIR in the patient's file.",
    ),
    _field(
        "N031",
        "noemie-identities-differ",
        "La zone {field} ({label}) contient « {found} » ; l'enregistrement {other} dit « {expected} » pour la même facture.",
        'Field {field} ({label}) holds "{found}"; record {other} says "{expected}" for the same invoice.',
    ),
    FindingCode(
        "N032",
        "noemie-invoice-twice",
        _WARNING,
        _PAYER,
        "noemie:102",
        "La facture {found} figure déjà à l'enregistrement {first} de ce retour.",
        "Invoice {found} already stands at record {first} of this return.",
        "Vérifiez qu'elle n'est imputée qu'une fois (une annulation suivie d'une reprise est normale).",
        "Check that it is posted once only (a cancellation followed by a new payment is usual).",
    ),
    FindingCode(
        "N033",
        "noemie-return-twice",
        _WARNING,
        _PAYER,
        "noemie:000",
        "Ce retour porte la même identification que {first} : même émetteur, même destinataire, même fichier, même date.",
        "This return bears the same identification as {first}: same sender, same recipient, same file, same date.",
        "N'imputez ce retour qu'une fois.",
        "Post this return once only.",
    ),
    _field(
        "N034",
        "noemie-date-after-file",
        "La date {field} ({label}), {found}, est postérieure à celle du fichier, {expected}.",
        "Date {field} ({label}), {found}, is after that of the file, {expected}.",
    ),
    _field(
        "N035",
        "noemie-period-reversed",
        "La date de fin {field} ({label}), {found}, est avant le début, {expected}.",
        "End date {field} ({label}), {found}, is before the start, {expected}.",
    ),
)
