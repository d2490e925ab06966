"""What a practice is told of a finding of its payer: the short label that travels, and the professional's own next step.

An answer carries a finding's code in a field of its own and a label of a few words in French (ARL: A2 `detail`, 64 characters;
NOEMIE: 294 `rejection_label`). The label is written here for the professional; what stands between braces travels with it. The
practice knows the code: it shows the code's whole message in its user's language, filled with what the label brought (`fr`, `en`
where that message speaks to the payer or needs more than a label holds), and the next step of the professional.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LABEL_MAX: Final = 64
"""Characters that the shortest field of the wire has for a label: [A2:65]."""


@dataclass(frozen=True, slots=True)
class ToldToPractice:
    """One code as a practice is told of it. Texts left empty are those of the code itself."""

    code: str
    label: str  # French, at most LABEL_MAX characters once filled; free text is shortened at a word
    next_fr: str = ""
    next_en: str = ""
    fr: str = ""
    en: str = ""


_ENTRIES: Final[tuple[ToldToPractice, ...]] = (
    # --- the lot and its signatures -------------------------------------------------------------------------------------
    ToldToPractice(
        "S018",
        "Certificat révoqué le {revoked}, signature datée du {signed}",
        "Dites à la caisse si vous avez bien signé ce jour-là, avant la révocation ; renouvelez la carte ou le certificat.",
        "Tell the fund whether you did sign on that day, before the revocation; renew the card or certificate.",
        "Le certificat qui a signé a été révoqué le {revoked}, après la date de signature déclarée ({signed}) mais avant la "
        "réception.",
        "The certificate that signed was revoked on {revoked}, after the declared date of signing ({signed}) but before receipt.",
    ),
    ToldToPractice(
        "S022",
        "L'autorité du certificat n'était pas valide le {signed}",
        "Demandez à l'autorité qui a émis votre certificat un certificat fait avec sa clé en cours.",
        "Ask the authority that issued your certificate for one made with its current key.",
        "L'autorité qui a émis le certificat du signataire n'était pas valide à la signature ({signed}).",
        "The authority that issued the signer's certificate was not valid at signing time ({signed}).",
    ),
    ToldToPractice(
        "M001",
        "Aucun mandat du signataire pour le numéro {billing_number}",
        fr="Le signataire n'a aucun mandat pour agir au nom du numéro de facturation {billing_number}.",
        en="The signer has no mandate to act for billing number {billing_number}.",
    ),
    ToldToPractice(
        "M002",
        "Mandat pour {billing_number} pas en vigueur le {at}",
        fr="Le mandat du signataire pour le numéro de facturation {billing_number} n'était pas en vigueur le {at}.",
        en="The signer's mandate for billing number {billing_number} was not in force on {at}.",
    ),
    ToldToPractice(
        "M011",
        "Numéro {serial} hors de la plage du poste ({low} à {high})",
        fr="Le numéro d'ordre {serial} n'est pas de la plage du poste qui l'a envoyé ({low} à {high}).",
        en="Serial {serial} is not in the range of the station that sent it ({low} to {high}).",
    ),
    ToldToPractice(
        "A001",
        "Lot ou feuille pour une autre caisse",
        fr="Ce lot, ou cette feuille, est pour une autre caisse que celle qui l'a reçu.",
        en="This lot, or this sheet, is for another fund than the one that received it.",
    ),
    ToldToPractice(
        "A003",
        "Numéro de facturation autre que celui du lot",
        fr="Une facture porte un autre numéro de facturation que celui pour lequel le lot est signé.",
        en="An invoice bears another billing number than the one for which the lot is signed.",
    ),
    ToldToPractice("A004", "Les totaux du lot ne sont pas ceux de ses factures"),
    ToldToPractice(
        "A005",
        "Le lot n'a pas le nombre de feuilles qu'il annonce",
        fr="Le lot ne contient pas le nombre de feuilles qu'il annonce.",
        en="The lot does not hold the number of sheets that it announces.",
    ),
    ToldToPractice("A007", "Lot d'essai : il n'en est pas tenu compte"),
    ToldToPractice("A008", "Signée par {found}, exécutant nommé {expected}"),
    ToldToPractice("A009", "Carte nommée {expected}, signature de la carte {found}"),
    # --- registration ----------------------------------------------------------------------------------------------------
    ToldToPractice("A010", "Déjà enregistrée, reçue le {received_on}"),
    ToldToPractice("A011", "Numéro pris le {received_on} par un autre contenu"),
    ToldToPractice(
        "A012",
        "Double probable de {other}",
        "Si les deux feuilles disent les mêmes soins, une seule sera payée. Si l'acte a bien été fait deux fois ce jour-là, "
        "dites-le à la caisse en citant les deux numéros.",
        "If both sheets are about the same care, only one will be paid. If the act was really done twice on that day, tell the "
        "fund and quote both numbers.",
        "Une autre feuille ({other}) porte déjà, ce jour-là, le même acte du même professionnel pour le même patient.",
        "Another sheet ({other}) already bears, for that day, the same act by the same professional for the same patient.",
    ),
    ToldToPractice(
        "A013",
        "Corrige la feuille {other}, jamais reçue",
        "Vérifiez que la première feuille est bien partie, et dites à la caisse ce qu'elle est devenue.",
        "Check that the first sheet did leave, and tell the fund what became of it.",
    ),
    ToldToPractice(
        "A014",
        "Traitée il y a longtemps : seule son empreinte reste",
        fr="Cette feuille a été traitée il y a plus longtemps que le délai de conservation : seule son empreinte reste.",
        en="This sheet was dealt with longer ago than the keeping time: only its fingerprint remains.",
    ),
    ToldToPractice(
        "A015",
        "Corrige {other}, reçue sous deux contenus",
        "Dites à la caisse laquelle des deux feuilles de ce numéro celle-ci corrige.",
        "Tell the fund which of the two sheets of that number this one corrects.",
    ),
    ToldToPractice(
        "A017",
        "La date du lot n'est pas celle de son fichier B2",
        fr="Le lot n'est pas signé pour le jour que dit son fichier B2.",
        en="The lot is not signed for the day that its B2 file says.",
    ),
    ToldToPractice(
        "A018",
        "Numéro d'ordre {serial} de la plage d'aucun poste",
        "Si la plage de numéros de ce poste a changé, dites-le à la caisse ; sinon, appelez l'assistance de votre logiciel.",
        "If this station's range of numbers was changed, tell the fund; otherwise, call your software's support.",
        "Le numéro d'ordre {serial} n'est de la plage d'aucun poste que la caisse connaisse ici.",
        "Serial {serial} is in the range of no station that the fund knows here.",
    ),
    ToldToPractice("A019", "Reçue de la caisse {forwarder} ; celle-ci décide"),
    # --- decision: the whole sheet ---------------------------------------------------------------------------------------
    ToldToPractice("A020", "Refusée par {name} : {note}"),
    ToldToPractice("A021", "Demande déjà réglée par {other}"),
    ToldToPractice("A022", "Personne inconnue : NIR, date ou rang de naissance"),
    ToldToPractice("A025", "Carte en opposition depuis le {since}"),
    ToldToPractice("A026", "La carte ne porte pas la personne soignée"),
    ToldToPractice("A027", "Droits pas ouverts le {care_on}"),
    ToldToPractice("A028", "Dépendait de la caisse {fund} le {care_on}"),
    ToldToPractice("A029", "Transmise à la caisse {fund} (droits du {care_on})"),
    ToldToPractice("A030", "Professionnel inconnu de la caisse"),
    ToldToPractice("A031", "Soins du {care_on}, cessation le {closed_on}"),
    ToldToPractice("A032", "Spécialité {found} sur la feuille, {expected} à la caisse"),
    ToldToPractice("A033", "Transmise à la caisse {fund}, qui décide"),
    # --- decision: the basis of the amounts ------------------------------------------------------------------------------
    ToldToPractice("A040", "Exonération {ground} pas ouverte le {care_on}"),
    ToldToPractice("A041", "Maternité pas ouverte le {care_on}"),
    ToldToPractice("A042", "Complémentaire solidaire pas ouverte le {care_on}"),
    ToldToPractice("A043", "La personne ne relève pas du régime local"),
    ToldToPractice(
        "A044",
        "Un autre médecin traitant est déclaré",
        "Si vous êtes son médecin traitant, le patient le déclare à sa caisse ; sinon, indiquez le bon parcours la prochaine fois.",
        "If you are the attending doctor, the patient declares it to the fund; otherwise, give the right pathway next time.",
    ),
    # --- decision: the tariff --------------------------------------------------------------------------------------------
    ToldToPractice(
        "T090",
        "{act} : {claimed_fr} demandés, {due_fr} dus",
        "Comparez avec le tarif du jour des soins (vaguemestre tariff show) ; si la caisse se trompe, écrivez-lui en citant la "
        "feuille.",
        "Compare with the tariff of that day (vaguemestre tariff show); if the fund is wrong, write to it and quote the sheet.",
    ),
    ToldToPractice(
        "T091",
        "Majoration {letter} de {act} pas due le {on}",
        "Vérifiez le jour et l'heure des soins ; si la majoration est due, écrivez à la caisse en citant la feuille.",
        "Check the day and hour of the care; if the majoration is due, write to the fund and quote the sheet.",
    ),
    ToldToPractice(
        "T092",
        "Exonération {exemption} pas justifiée pour {act}",
        "Vérifiez le motif d'exonération ; si le droit existe, le patient le fait inscrire par sa caisse.",
        "Check the ground of exemption; if the right exists, the patient has the fund record it.",
    ),
)

TOLD: Final[Mapping[str, ToldToPractice]] = {entry.code: entry for entry in _ENTRIES}
"""Code -> what a practice is told. A code without entry travels with its own message, shortened at a word."""

NEVER_TOLD: Final[Mapping[str, str]] = {
    "A002": "nobody can be answered: the message is set aside",
    "A006": "our own fault: the message is set aside",
    "A016": "our own fault: the sheet was acknowledged before, and waits for a person",
    "A034": "between funds: the message is set aside",
    "A035": "the answer to a clerk who asks for returns again",
    "A036": "a reminder to the clerk",
    "A037": "the sheet was acknowledged before, and waits for a person",
    "A065": "a reminder to the clerk",
    "B070": "of an answer, found by the practice that reads it",
    "B071": "of an answer, found by the practice that reads it",
    "B072": "of an answer, found by the practice that reads it",
    "M003": "of the payer's bundle",
    "M010": "of the payer's register",
    "M012": "of the payer's register",
    "S023": "of the certificate to which an answer is sealed",
    "S024": "of the certificate to which an answer is sealed",
}
"""Codes that the modules which read and decide sheets may raise, and that no answer carries: why."""
