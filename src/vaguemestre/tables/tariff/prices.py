"""Prices of metropolitan France, act by act (NGAP key letters and flat rates, CCAM acts), in cents.

Overseas prices differ and are not here: an act performed there is refused, never guessed (`tables.tariff.zones`).
CCAM regroupings and fields 25 were read in a public copy of the CCAM v67 (April 2021).
"""

from datetime import date

from vaguemestre.tables.tariff.professions import (
    DOCTORS,
    GENERAL_PRACTITIONERS,
    PSYCHIATRISTS,
    SPECIALISTS,
    SPECIALISTS_BUT_PSYCHIATRISTS,
)
from vaguemestre.tables.tariff.shape import Confidence, Price, PriceKind, Source

_LETTER, _CONSULTATION, _FLAT, _TECHNICAL = (
    PriceKind.LETTER,
    PriceKind.CONSULTATION,
    PriceKind.FLAT,
    PriceKind.TECHNICAL,
)
_MAJORATION, _TRAVEL, _KILOMETRE, _SUPPLEMENT = (
    PriceKind.MAJORATION,
    PriceKind.TRAVEL,
    PriceKind.KILOMETRE,
    PriceKind.SUPPLEMENT,
)
_B, _C = Confidence.ONE_SOURCE, Confidence.SECONDARY
_GP = GENERAL_PRACTITIONERS
_NURSES, _PHYSIOTHERAPISTS, _SPEECH, _MIDWIVES = ("24", "86"), ("26",), ("28",), ("21",)
_FILE = Source("ngap:values-2022-11")
_AMELI = Source("ngap:ameli-2024-12", _C)
_CCAM = Source("ccam:v81")
_PHYSIO_2012 = Source("ngap:physiotherapists-amendment-2011-11-30", _C)
_PHYSIO_2022_ON = Source(
    "ngap:physiotherapists-amendment-2011-11-30",
    _C,
    "montant de 2012 ; rien ne dit s'il a changé depuis 2024",
    "amount of 2012; nothing tells whether it changed since 2024",
)
_MOUNTAIN_2009 = Source(
    "ngap:order-2008-10-17-annex-1",
    Confidence.READ,
    "montant de 2009, relu en 2012 seulement",
    "amount of 2009, confirmed in 2012 only",
)
_UNKNOWN = None  # a first day that no source gives

PRICES: tuple[Price, ...] = (
    # Doctors
    Price("G", "Consultation du généraliste", _CONSULTATION, 2500, date(2017, 5, 1), date(2024, 12, 21), ("01",), _FILE),
    Price("G", "Consultation du généraliste", _CONSULTATION, 3000, date(2024, 12, 22), None, ("01",), _AMELI),
    Price("GS", "Consultation du généraliste spécialiste", _CONSULTATION, 2500, date(2017, 5, 1), date(2024, 12, 21),
          _GP, _FILE),
    Price("GS", "Consultation du généraliste spécialiste", _CONSULTATION, 3000, date(2024, 12, 22), None, _GP, _AMELI),
    Price("MMG", "Majoration médecin généraliste", _MAJORATION, 150, date(2023, 11, 1), date(2024, 12, 21), _GP,
          Source("ngap:ameli-2023-11", _C, note="derived from the reference price going from 25.00 to 26.50")),
    Price("VG", "Visite du généraliste", _CONSULTATION, 2500, date(2017, 5, 1), date(2024, 12, 21), ("01",), _FILE),
    Price("VG", "Visite du généraliste", _CONSULTATION, 3000, date(2024, 12, 22), None, ("01",), _AMELI),
    Price("MD", "Majoration de déplacement", _TRAVEL, 1000, _UNKNOWN, None, DOCTORS, _FILE),
    Price("MEG", "Majoration enfant généraliste (0-6 ans)", _MAJORATION, 500, date(2017, 5, 1), None, _GP, _FILE),
    Price("MCG", "Majoration de coordination généraliste", _MAJORATION, 500, date(2017, 7, 1), None, _GP, _FILE),
    Price("CS", "Consultation du spécialiste", _CONSULTATION, 2300, _UNKNOWN, None, SPECIALISTS, _FILE),
    Price("MPC", "Majoration provisoire clinicien", _MAJORATION, 200, _UNKNOWN, date(2023, 10, 31),
          SPECIALISTS_BUT_PSYCHIATRISTS, _FILE),
    Price("MPC", "Majoration provisoire clinicien", _MAJORATION, 200, date(2023, 11, 1), None,
          SPECIALISTS_BUT_PSYCHIATRISTS,
          Source("ngap:values-2022-11", _B, "la hausse du 01/11/2023 est passée par cette majoration ; montant non retrouvé",
                 "the rise of 2023-11-01 went through this majoration; its amount was not found")),
    Price("MPC", "Majoration provisoire clinicien (psychiatrie)", _MAJORATION, 270, _UNKNOWN, date(2023, 10, 31),
          PSYCHIATRISTS, _FILE),
    Price("MPC", "Majoration provisoire clinicien (psychiatrie)", _MAJORATION, 270, date(2023, 11, 1), None, PSYCHIATRISTS,
          Source("ngap:values-2022-11", _B, "la hausse du 01/11/2023 est passée par cette majoration ; montant non retrouvé",
                 "the rise of 2023-11-01 went through this majoration; its amount was not found")),
    Price("TCG", "Téléconsultation du généraliste", _CONSULTATION, 2500, date(2018, 9, 15), None, ("01", "21", "22", "23"),
          _FILE),
    # Dentists
    Price("C", "Consultation du chirurgien-dentiste", _CONSULTATION, 2300, _UNKNOWN, None, ("19",), _FILE),
    # Nurses
    Price("AMI", "Acte médico-infirmier", _LETTER, 315, _UNKNOWN, None, _NURSES, _FILE),
    Price("AMX", "Acte médico-infirmier (dépendance)", _LETTER, 315, date(2020, 1, 1), None, ("24",), _FILE),
    Price("AIS", "Acte infirmier de soins", _LETTER, 265, _UNKNOWN, None, _NURSES, _FILE),
    Price("DI", "Démarche de soins infirmiers", _FLAT, 1000, _UNKNOWN, None, _NURSES, _FILE),
    Price("BSA", "Forfait dépendance légère", _FLAT, 1300, date(2020, 1, 1), None, _NURSES, _FILE),
    Price("BSB", "Forfait dépendance intermédiaire", _FLAT, 1820, date(2020, 1, 1), None, _NURSES, _FILE),
    Price("BSC", "Forfait dépendance lourde", _FLAT, 2870, date(2020, 1, 1), None, _NURSES, _FILE),
    Price("MAU", "Majoration acte unique infirmier", _MAJORATION, 135, _UNKNOWN, None, _NURSES, _FILE),
    Price("MCI", "Majoration de coordination infirmier", _MAJORATION, 500, _UNKNOWN, None, ("24",), _FILE),
    Price("IFA", "Indemnité forfaitaire de déplacement infirmier", _TRAVEL, 250, _UNKNOWN, date(2024, 1, 27), _NURSES,
          _FILE),
    Price("IFA", "Indemnité forfaitaire de déplacement infirmier", _TRAVEL, 275, date(2024, 1, 28), None, _NURSES,
          Source("ngap:ameli-2024-01", _C)),
    Price("IFD", "Indemnité forfaitaire de déplacement infirmier (autre écriture de IFA)", _TRAVEL, 250, _UNKNOWN,
          date(2024, 1, 27), _NURSES, _FILE),
    Price("IFD", "Indemnité forfaitaire de déplacement infirmier (autre écriture de IFA)", _TRAVEL, 275,
          date(2024, 1, 28), None, _NURSES, Source("ngap:ameli-2024-01", _C)),
    Price("IK", "Indemnité kilométrique infirmier, plaine", _KILOMETRE, 35, _UNKNOWN, None, _NURSES, _FILE),
    Price("IKM", "Indemnité kilométrique infirmier, montagne", _KILOMETRE, 50, date(2009, 4, 15), None, _NURSES,
          _MOUNTAIN_2009),
    Price("NUIT_INF", "Majoration de nuit infirmier", _SUPPLEMENT, 915, _UNKNOWN, None, _NURSES, _FILE),
    Price("FERIE_INF", "Majoration de dimanche et jour férié infirmier", _SUPPLEMENT, 850, _UNKNOWN, None, _NURSES,
          Source("ngap:values-2022-11", _B, "8,00 dans le fichier de 2022 pour AMI et AIS ; 8,50 depuis l'avenant 5 (août 2018)",
                 "8.00 in the file of 2022 for AMI and AIS; 8.50 since amendment 5 (August 2018)")),
    # Physiotherapists
    Price("AMK", "Acte de masso-kinésithérapie", _LETTER, 215, _UNKNOWN, date(2024, 2, 21), _PHYSIOTHERAPISTS, _FILE),
    Price("AMK", "Acte de masso-kinésithérapie", _LETTER, 221, date(2024, 2, 22), None, _PHYSIOTHERAPISTS,
          Source("ngap:ameli-2024-02", _C)),
    Price("AMS", "Acte de masso-kinésithérapie, ostéo-articulaire", _LETTER, 215, date(2012, 7, 15), date(2024, 2, 21),
          _PHYSIOTHERAPISTS, _PHYSIO_2012),
    Price("AMS", "Acte de masso-kinésithérapie, ostéo-articulaire", _LETTER, 221, date(2024, 2, 22), None,
          _PHYSIOTHERAPISTS, Source("ngap:ameli-2024-02", _C)),
    Price("AMC", "Acte de masso-kinésithérapie au cabinet", _LETTER, 215, date(2012, 7, 15), date(2024, 2, 21),
          _PHYSIOTHERAPISTS, _PHYSIO_2012),
    Price("AMC", "Acte de masso-kinésithérapie au cabinet", _LETTER, 221, date(2024, 2, 22), None, _PHYSIOTHERAPISTS,
          Source("ngap:ameli-2024-02", _C)),
    Price("IFD", "Indemnité forfaitaire de déplacement kinésithérapeute", _TRAVEL, 250, date(2012, 7, 15),
          date(2024, 2, 21), _PHYSIOTHERAPISTS, _PHYSIO_2012),
    Price("IFD", "Indemnité forfaitaire de déplacement kinésithérapeute", _TRAVEL, 250, date(2024, 2, 22), None,
          _PHYSIOTHERAPISTS, _PHYSIO_2022_ON),
    Price("IK", "Indemnité kilométrique kinésithérapeute, plaine", _KILOMETRE, 38, date(2003, 6, 21), None,
          _PHYSIOTHERAPISTS, Source("ngap:physiotherapists-amendment-2003-04-10", _C)),
    Price("IKM", "Indemnité kilométrique kinésithérapeute, montagne", _KILOMETRE, 61, date(2003, 6, 21), None,
          _PHYSIOTHERAPISTS, Source("ngap:physiotherapists-amendment-2003-04-10", _C)),
    Price("NUIT_MK", "Majoration de nuit kinésithérapeute", _SUPPLEMENT, 915, date(1998, 11, 5), None, _PHYSIOTHERAPISTS,
          Source("ngap:physiotherapists-amendment-1998-06-15", _C)),
    Price("FERIE_MK", "Majoration de dimanche et jour férié kinésithérapeute", _SUPPLEMENT, 762, date(1998, 11, 5), None,
          _PHYSIOTHERAPISTS, Source("ngap:physiotherapists-amendment-1998-06-15", _C)),
    # Speech therapists, orthoptists
    Price("AMO", "Acte d'orthophonie", _LETTER, 250, _UNKNOWN, date(2023, 12, 31), _SPEECH, _FILE),
    Price("AMO", "Acte d'orthophonie", _LETTER, 260, date(2024, 1, 1), None, _SPEECH,
          Source("ngap:speech-therapists-amendment-20", _C, "début 2024, jour exact non vérifié ; une page donne encore 2,50",
                 "early 2024, exact day not verified; one page still gives 2.50")),
    Price("FERIE_ORT", "Majoration de dimanche et jour férié orthophoniste", _SUPPLEMENT, 762, _UNKNOWN, None, _SPEECH,
          _FILE),
    Price("AMY", "Acte d'orthoptie", _LETTER, 260, _UNKNOWN, None, ("29",), _FILE),
    # Midwives
    Price("SF", "Acte de sage-femme", _LETTER, 280, _UNKNOWN, None, _MIDWIVES, _FILE),
    Price("SP", "Forfait sage-femme", _FLAT, 1855, _UNKNOWN, None, _MIDWIVES, _FILE),
    # CCAM
    Price("HBJD001", "Détartrage et polissage des dents", _TECHNICAL, 2892, _UNKNOWN, None, ("19", "36"),
          Source("ccam:v81", _B, "même prix imprimé depuis des années (v67 de 2021, v81 de 2026), premier jour inconnu",
                 "same price printed for years (v67 of 2021, v81 of 2026), first day unknown"), "AXI", "5-7"),
    Price("HBMD058", "Restauration d'une dent, 1 face", _TECHNICAL, 3047, date(2026, 1, 1), None, ("19", "36"), _CCAM,
          "SDE", "5-7"),
    Price("HBMD042", "Reconstitution coronaire avec ancrage radiculaire", _TECHNICAL, 10400, date(2026, 1, 1), None,
          ("19", "36"), _CCAM, "SDE", "5-7"),
    Price("HBQK002", "Radiographie panoramique", _TECHNICAL, 2000, date(2026, 1, 1), None, ("19", "36"),
          Source("ccam:v81", _B, "regroupement ADI déduit de l'imagerie dentaire, non lu pour ce code",
                 "regrouping ADI inferred from dental imaging, not read for this code"), "ADI", "2"),
    Price("HBBD005", "Scellement prophylactique", _TECHNICAL, 2603, date(2026, 1, 1), None, ("19", "36"), _CCAM, "AXI",
          "5-7"),
    Price("DEQP003", "Électrocardiographie sur 12 dérivations", _TECHNICAL, 1477, date(2026, 1, 1), None, DOCTORS,
          Source("ccam:v81", _B, note="sector 1; regrouping ATM and field 25 as for the neighbouring acts"), "ATM", "2"),
)  # fmt: skip
