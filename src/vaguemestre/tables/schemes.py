"""The compulsory schemes (grands régimes) that a destination may name. `b2:0249`."""

SCHEMES: dict[str, str] = {
    "01": "Régime général",
    "02": "Régime agricole",
    "03": "Travailleurs indépendants",
    "04": "SNCF",
    "05": "RATP",
    "06": "Marins (ENIM)",
    "07": "Mines",
    "08": "Militaires",
    "09": "Banque de France",
    "10": "Clercs et employés de notaires",
    "12": "Chambre de commerce de Paris",
    "14": "Assemblée nationale",
    "15": "Sénat",
    "16": "Port autonome de Bordeaux",
    "17": "Français de l'étranger",
    "80": "Anciens combattants",
    "90": "Cultes",
    "91": "MGEN",
    "92": "MG",
    "93": "Mutuelle de la police",
    "94": "SLI, MFP",
    "95": "Mutuelle nationale des hospitaliers",
    "96": "Aviation et marine",
    "99": "Autres",
}
"""Code -> short French name."""

SCHEME_EXEMPTION_SCHEMES = frozenset({"04", "07"})
"""Schemes whose insured are exempt as such (justification 6): SNCF and mines. b2:0279."""
