"""Why a card does not pass, and when a sheet may do without one.

The eight reasons follow the checklist drawn from the law (`css:R161-33-3`, `css:R161-33-10`, `css:L161-31`). What is broken, who
must act and what to do is in the finding; here stand what to do meanwhile and when it should be back.
"""

from dataclasses import dataclass

LAST_CHECKED = "2026-03-01"


@dataclass(frozen=True, slots=True)
class CardReasonEntry:
    """One reason. `fallback` is the security mode to take meanwhile: `secured`, `degraded`, or "" for a paper sheet only.

    `tiers_payant` tells whether the fund's share stays guaranteed in that mode.
    """

    number: int
    key: str
    finding: str
    fallback: str
    tiers_payant: bool
    citation: str
    meanwhile_fr: str
    meanwhile_en: str
    back_fr: str
    back_en: str


REASONS: tuple[CardReasonEntry, ...] = (
    CardReasonEntry(
        1,
        "rights-not-open",
        "C001",
        "degraded",
        False,
        "css:R161-33-3",
        "Feuille dégradée avec feuille papier ; le patient règle, et la caisse rembourse si ses droits sont rouverts.",
        "Degraded sheet with a paper sheet; the patient pays, and the fund pays back if the rights are opened again.",
        "Dès que la caisse a rouvert les droits et que la carte est mise à jour.",
        "As soon as the fund has opened the rights again and the card is updated.",
    ),
    CardReasonEntry(
        2,
        "not-updated",
        "C002",
        "degraded",
        False,
        "css:R161-33-10",
        "Feuille dégradée avec feuille papier ; sous C2S, l'attestation de droits avec la carte suffit.",
        "Degraded sheet with a paper sheet; under C2S, the certificate of rights with the card is enough.",
        "Tout de suite après la mise à jour : une minute à une borne, en pharmacie ou à la caisse.",
        "Right after the update: one minute at a terminal, in a pharmacy or at the fund.",
    ),
    CardReasonEntry(
        3,
        "on-opposition-list",
        "C003",
        "degraded",
        False,
        "css:L161-31",
        "Pas de tiers payant avec cette carte ; le patient règle, feuille dégradée avec feuille papier.",
        "No tiers payant with this card; the patient pays, degraded sheet with a paper sheet.",
        "À la réception d'une nouvelle carte ; celle-ci ne resservira pas.",
        "When a new card arrives; this one will not serve again.",
    ),
    CardReasonEntry(
        4,
        "chip-or-reader",
        "C004",
        "degraded",
        False,
        "sans0420101x:3-2",
        "Essayez une autre carte pour savoir si c'est le lecteur ; sinon feuille dégradée avec feuille papier.",
        "Try another card to know whether it is the reader; else degraded sheet with a paper sheet.",
        "Le lecteur : après nettoyage ou remplacement. La carte : à la réception d'une nouvelle.",
        "The reader: after cleaning or replacement. The card: when a new one arrives.",
    ),
    CardReasonEntry(
        5,
        "beneficiary-not-on-card",
        "C005",
        "degraded",
        False,
        "css:R161-33-1",
        "Demandez la carte de l'autre parent ou l'attestation de droits ; sinon feuille dégradée avec feuille papier.",
        "Ask for the other parent's card or the certificate of rights; else degraded sheet with a paper sheet.",
        "Après rattachement par la caisse et mise à jour de la carte.",
        "After the fund has attached the person and the card is updated.",
    ),
    CardReasonEntry(
        6,
        "professional-card",
        "C006",
        "",
        False,
        "css:R161-57",
        "La carte du patient n'y est pour rien. Feuille de soins papier signée à la main.",
        "The patient's card is not at fault. Paper care sheet signed by hand.",
        "Dès que la carte du professionnel est débloquée, ou remplacée par l'émetteur.",
        "As soon as the professional's card is unlocked, or replaced by its issuer.",
    ),
    CardReasonEntry(
        7,
        "app-offline",
        "C007",
        "degraded",
        False,
        "css:R161-33-11",
        "Demandez la carte physique ; sinon feuille dégradée avec feuille papier.",
        "Ask for the physical card; else degraded sheet with a paper sheet.",
        "Dès que le téléphone retrouve du réseau.",
        "As soon as the telephone finds a network again.",
    ),
    CardReasonEntry(
        8,
        "transmission-down",
        "C008",
        "secured",
        True,
        "css:R161-47",
        "La feuille est faite et signée normalement : elle attend et partira seule. Le patient n'a rien de plus à payer.",
        "The sheet is made and signed as usual: it waits and will leave by itself. The patient has nothing more to pay.",
        "Voir l'état des voies d'envoi ; chaque feuille montre son échéance, et un duplicata papier est proposé à temps.",
        "See the state of the ways out; each sheet shows its deadline, and a paper duplicate is proposed in time.",
    ),
)

REASON_BY_KEY: dict[str, CardReasonEntry] = {entry.key: entry for entry in REASONS}


@dataclass(frozen=True, slots=True)
class WithoutCardGround:
    """One case where the patient's signature is not required. css:R161-43-1.

    `specialties` and `act_codes` let software see the case in the sheet itself; both empty: the professional declares it.
    """

    key: str
    specialties: tuple[str, ...]
    act_codes: tuple[str, ...]
    citation: str
    fr: str
    en: str


WITHOUT_CARD_GROUNDS: tuple[WithoutCardGround, ...] = (
    WithoutCardGround(
        "remote-care",
        (),
        ("TCG", "TC", "TE2", "TMK"),
        "css:R161-43-1",
        "télémédecine ou télésoin",
        "remote care",
    ),
    WithoutCardGround(
        "laboratory",
        ("30", "37", "38", "39", "40"),
        (),
        "css:R161-43-1",
        "laboratoire ou anatomo-pathologiste envoyant directement à la caisse",
        "laboratory or pathologist sending directly to the fund",
    ),
    WithoutCardGround(
        "listed-product", (), (), "css:R161-43-1", "produit de la liste fixée par arrêté", "product listed by order"
    ),
    WithoutCardGround("telemonitoring", (), (), "css:R161-43-1", "télésurveillance médicale", "medical telemonitoring"),
    WithoutCardGround(
        "unable",
        (),
        (),
        "css:R161-43-1",
        "patient hors d'état de manifester sa volonté",
        "patient unable to express a will",
    ),
    WithoutCardGround(
        "housed-far",
        (),
        (),
        "css:R161-43-1",
        "bénéficiaire hébergé en établissement loin du domicile des parents ou du tuteur",
        "beneficiary housed in an establishment far from the parents' or guardian's home",
    ),
)
"""The act codes are those of remote care that public material names (`vgm:without-card`); a new one is added here."""
