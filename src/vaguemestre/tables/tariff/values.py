"""Single numbers of the law, each dated: thresholds, participations, caps, ages, retentions."""

from datetime import date

from vaguemestre.tables.tariff.shape import Confidence, LegalValue, Source, Unit

_CSS = Confidence.READ
_SECONDARY = Confidence.SECONDARY
_CAP_DOUBT = (
    "10,60 € est la valeur de 2023 ; celle de cette date n'a pas été trouvée",
    "10.60 EUR is the value of 2023; the one of this date was not found",
)
_BEFORE_2024 = (
    "plafond annuel d'avant 2024 lu dans des pages secondaires",
    "the yearly ceiling before 2024 comes from secondary pages",
)

VALUES: tuple[LegalValue, ...] = (
    LegalValue("full_rate", "Prise en charge intégrale", "Full rate", 100, Unit.PERCENT, None, None,
               Source("fides:05-VF", _CSS)),
    LegalValue("local_rate", "Régime local d'Alsace-Moselle", "Alsace-Moselle local scheme", 90, Unit.PERCENT, None, None,
               Source("fides:05-VF", _CSS)),
    LegalValue("solidarity_rate", "Allocation de solidarité (ASPA)", "Solidarity allowance (ASPA)", 80, Unit.PERCENT, None,
               None, Source("fides:05-VF", _CSS)),
    LegalValue("newborn_days", "Nouveau-né", "Newborn", 30, Unit.DAYS, None, None, Source("fides:05-VF", _CSS)),
    # Outside the care pathway
    LegalValue("pathway_decrease", "Baisse du taux hors parcours de soins", "Decrease outside the care pathway", 40,
               Unit.PERCENT, None, None, Source("css:R160-6", _CSS)),
    LegalValue("pathway_age", "Âge à partir duquel le parcours s'applique", "Age from which the pathway applies", 16,
               Unit.YEARS, None, None, Source("css:L162-5-3", _CSS)),
    LegalValue("pathway_cap", "Plafond de la baisse hors parcours", "Cap of the decrease outside the pathway", 1060,
               Unit.CENTS, None, date(2022, 12, 31), Source("fides:05-VF", _SECONDARY, *_CAP_DOUBT)),
    LegalValue("pathway_cap", "Plafond de la baisse hors parcours", "Cap of the decrease outside the pathway", 1060,
               Unit.CENTS, date(2023, 1, 1), date(2023, 12, 31), Source("fides:05-VF", _CSS)),
    LegalValue("pathway_cap", "Plafond de la baisse hors parcours", "Cap of the decrease outside the pathway", 1060,
               Unit.CENTS, date(2024, 1, 1), None, Source("fides:05-VF", _SECONDARY, *_CAP_DOUBT)),
    # Threshold and participation
    LegalValue("threshold_coefficient", "Seuil en coefficient", "Threshold as a coefficient", 6000, Unit.HUNDREDTHS, None,
               None, Source("css:R160-16", _CSS)),
    LegalValue("threshold_amount", "Seuil en montant", "Threshold as an amount", 12000, Unit.CENTS, None, None,
               Source("css:R160-16", _CSS)),
    LegalValue("threshold_participation", "Participation de l'assuré aux actes lourds", "Patient's share of heavy acts",
               2400, Unit.CENTS, None, None, Source("css:R160-16", _CSS)),
    LegalValue("authorised_overrun", "Dépassement autorisé, part de la base", "Authorised overrun, share of the base", 175,
               Unit.PER_MILLE, None, None, Source("fides:05-VF", _CSS)),
    # Several acts, single act, child
    LegalValue("second_act", "Part du coefficient du deuxième acte", "Share of the second act's coefficient", 50,
               Unit.PERCENT, None, None, Source("ngap:11B", _SECONDARY)),
    LegalValue("child_majoration_age", "Âge limite de la majoration enfant", "Age limit of the child majoration", 6,
               Unit.YEARS, None, None, Source("ngap:values-2022-11")),
    # Flat participation (participation forfaitaire)
    LegalValue("participation", "Participation forfaitaire par acte de médecin", "Flat participation by doctor's act", 100,
               Unit.CENTS, None, date(2024, 5, 14), Source("css:L160-13", _SECONDARY)),
    LegalValue("participation", "Participation forfaitaire par acte de médecin", "Flat participation by doctor's act", 200,
               Unit.CENTS, date(2024, 5, 15), None, Source("css:L160-13", _SECONDARY)),
    LegalValue("participation_day_count", "Participations par jour, professionnel et patient",
               "Participations by day, professional and patient", 4, Unit.COUNT, None, None, Source("css:D160-8", _CSS)),
    LegalValue("participation_year", "Plafond annuel des participations", "Yearly ceiling of participations", 5000,
               Unit.CENTS, None, date(2023, 12, 31), Source("css:D160-6", _SECONDARY, *_BEFORE_2024)),
    LegalValue("participation_year", "Plafond annuel des participations", "Yearly ceiling of participations", 5000,
               Unit.CENTS, date(2024, 1, 1), None, Source("css:D160-6", _CSS, note="25 participations of 2 EUR")),
    # Franchise
    LegalValue("franchise", "Franchise par acte d'auxiliaire médical", "Franchise by medical auxiliary's act", 50,
               Unit.CENTS, None, date(2024, 3, 30), Source("css:D160-9", _SECONDARY)),
    LegalValue("franchise", "Franchise par acte d'auxiliaire médical", "Franchise by medical auxiliary's act", 100,
               Unit.CENTS, date(2024, 3, 31), None, Source("css:D160-9", _CSS)),
    LegalValue("franchise_day", "Plafond journalier des franchises", "Daily ceiling of franchises", 200, Unit.CENTS, None,
               date(2024, 3, 30), Source("css:D160-11", _SECONDARY)),
    LegalValue("franchise_day", "Plafond journalier des franchises", "Daily ceiling of franchises", 400, Unit.CENTS,
               date(2024, 3, 31), None, Source("css:D160-11", _CSS)),
    LegalValue("franchise_year", "Plafond annuel des franchises", "Yearly ceiling of franchises", 5000, Unit.CENTS, None,
               date(2023, 12, 31), Source("css:D160-10", _SECONDARY, *_BEFORE_2024)),
    LegalValue("franchise_year", "Plafond annuel des franchises", "Yearly ceiling of franchises", 5000, Unit.CENTS,
               date(2024, 1, 1), None, Source("css:D160-10", _CSS)),
    # Who is exempt from both
    LegalValue("retention_age", "Âge d'exemption des retenues", "Age of exemption from retentions", 18, Unit.YEARS, None,
               None, Source("css:R160-20", _CSS)),
    LegalValue("pregnancy_months", "Mois de grossesse révolus avant l'exemption", "Completed months before the exemption",
               5, Unit.MONTHS, None, None, Source("css:L160-13", _SECONDARY)),
    LegalValue("pregnancy_length", "Durée de grossesse quand seule la date d'accouchement est connue",
               "Length of a pregnancy when only the delivery is known", 9, Unit.MONTHS, None, None,
               Source("vgm:maternity-window", _SECONDARY)),
    LegalValue("after_birth_days", "Jours d'exemption après l'accouchement", "Days of exemption after birth", 12, Unit.DAYS,
               None, None, Source("css:L160-13", _SECONDARY)),
)  # fmt: skip
