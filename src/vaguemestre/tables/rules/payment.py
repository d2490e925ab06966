"""Rules of the payer's decision and payment, as a trace names them: what a patient and a clerk read, in plain words."""

from vaguemestre.tables.rules.shape import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "pay.claimed",
        "mess9821497a:item-12",
        "Part demandée à la caisse : {after}.",
        "Share claimed from the fund: {after}.",
    ),
    Rule(
        "pay.rights",
        "css:R161-33-3",
        "Vos droits étaient ouverts à la date des soins, à la caisse {value}.",
        "Your rights were open on the day of care, at fund {value}.",
    ),
    Rule(
        "pay.guarantee",
        "css:L161-36-3",
        "La carte présentée montrait des droits ouverts et n'était pas en opposition : le paiement est garanti.",
        "The card shown bore open rights and was not on the opposition list: payment is guaranteed.",
    ),
    Rule(
        "pay.forwarded",
        "mess9821498a:7",
        "La feuille a été transmise à la caisse {value}, dont vous dépendiez à la date des soins.",
        "The sheet was forwarded to fund {value}, on which you depended on the day of care.",
    ),
    Rule(
        "pay.hold_accepted",
        "vgm:hold",
        "Une personne de la caisse ({value}) a examiné cette feuille et l'a laissée passer.",
        "A person at the fund ({value}) examined this sheet and let it pass.",
    ),
    Rule(
        "pay.exemption_removed",
        "css:L160-14",
        "L'exonération {value} n'était pas ouverte : le taux ordinaire s'applique.",
        "Exemption {value} was not open: the ordinary rate applies.",
    ),
    Rule(
        "pay.maternity_removed",
        "css:L160-14",
        "L'assurance maternité n'était pas ouverte à cette date : le taux de l'assurance maladie s'applique.",
        "Maternity cover was not open at that date: the rate of illness cover applies.",
    ),
    Rule(
        "pay.solidarity_removed",
        "css:L861-3",
        "La complémentaire santé solidaire n'était pas ouverte à cette date.",
        "Solidarity complementary cover was not open at that date.",
    ),
    Rule(
        "pay.local_scheme_removed",
        "b2:0277",
        "Vous ne releviez pas du régime local à cette date : le taux ordinaire s'applique.",
        "You did not belong to the local scheme at that date: the ordinary rate applies.",
    ),
    Rule(
        "pay.outside_pathway",
        "css:L162-5-3",
        "Ce médecin n'est pas votre médecin traitant : le taux hors parcours de soins s'applique.",
        "This doctor is not your attending doctor: the rate outside the care path applies.",
    ),
    Rule(
        "pay.refused",
        "mess9821498a:5",
        "La feuille est refusée : {before} demandés, {after} accordés.",
        "The sheet is refused: {before} claimed, {after} granted.",
    ),
    Rule(
        "pay.granted",
        "mess9821498a:5",
        "La caisse accorde {after} sur {before} demandés.",
        "The fund grants {after} of {before} claimed.",
    ),
    Rule(
        "pay.retained",
        "css:L160-13",
        "{value} € sont retenus sur ce remboursement : {before} accordés, il reste {after}.",
        "€{value} is retained from this reimbursement: {before} granted, {after} is left.",
    ),
    Rule(
        "pay.recovered",
        "css:L160-13",
        "{value} € que vous deviez encore sont repris sur ce remboursement : il reste {after}.",
        "€{value} that you still owed is recovered from this reimbursement: {after} is left.",
    ),
    Rule(
        "pay.debt",
        "css:L160-13",
        "{value} € seront retenus sur un prochain remboursement, parce que la caisse a payé directement le professionnel.",
        "€{value} will be retained from a later reimbursement, because the fund paid the professional directly.",
    ),
)
